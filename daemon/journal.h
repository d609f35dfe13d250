/* journal.h - a line of the log as an entry of systemd's journal, with fields.
 * SPDX-License-Identifier: ISC
 *
 * The native protocol (systemd's JOURNAL_NATIVE_PROTOCOL): a datagram an entry,
 * "NAME=value\n" a field, or, of a value with octets that are not printable,
 * "NAME\n", its length in eight octets, the least significant first, the value
 * and "\n".  MESSAGE is the whole line, as it would stand on stderr; behind that
 * IPSECD_EVENT, IPSECD_AREA and each fact as IPSECD_ and its key in capitals, not
 * escaped.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include "ikev2/facts.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* The longest value, and an entry of values that all are. */
enum { JOURNAL_VALUE = 1024, JOURNAL_ENTRY = 20480 };

/* priority is that of syslog(3), as a digit; message what ike_line_format() makes
 * of the line.  The length of the entry in out; what does not fit is left out, a
 * field at a time. */
size_t journal_format(char *out, size_t size, char priority, const char *area,
	const char *message, const struct ike_log *line);

/* A socket for journal_send(), which is closed by its owner; -1 if there is none. */
int journal_open(void);

/* Never waits; false: nobody is there at that path who takes it now. */
bool journal_send(int fd, const char *path, const char *entry, size_t len);

#endif

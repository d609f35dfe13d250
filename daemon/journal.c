/* journal.c - a line of the log as an entry of systemd's journal, with fields.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/journal.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* --- The entry ------------------------------------------------------------ */

struct entry {
	char *at;
	size_t size, len;
};

/* As text it ends at the next newline; and whoever looks at it is to see no
 * escape sequence: what is not plain goes by its length. */
static bool is_plain(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (value[i] < ' ' || value[i] > '~')
			return false;
	}
	return true;
}

static void put(struct entry *entry, const void *octets, size_t len)
{
	memcpy(entry->at + entry->len, octets, len);
	entry->len += len;
}

static void put_length(struct entry *entry, uint64_t len)
{
	uint8_t octets[8];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(len >> (8 * i));
	put(entry, octets, sizeof(octets));
}

/* most: the longest that it may be. */
static void put_field(
	struct entry *entry, const char *name, const char *value, size_t most)
{
	const size_t len = strnlen(value, most);
	const bool plain = is_plain(value, len);
	const size_t name_len = strlen(name);
	const size_t around = name_len + (plain ? 2 : 2 + sizeof(uint64_t));

	if (entry->size - entry->len < around + len)
		return;
	put(entry, name, name_len);
	put(entry, plain ? "=" : "\n", 1);
	if (!plain)
		put_length(entry, len);
	put(entry, value, len);
	put(entry, "\n", 1);
}

/* "spi_in" is IPSECD_SPI_IN. */
static void put_fact(struct entry *entry, const struct ike_value *fact)
{
	char name[64] = "IPSECD_";
	size_t len = strlen(name);

	for (const char *c = fact->key; *c && len + 1 < sizeof(name); c++)
		name[len++] = (char)toupper((unsigned char)*c);
	name[len] = '\0';
	put_field(entry, name, fact->text, JOURNAL_VALUE);
}

size_t journal_format(char *out, size_t size, char priority, const char *area,
	const char *message, const struct ike_log *line)
{
	const char level[] = { priority, '\0' };
	const char *word = line->event ? line->event->word : "note";
	struct entry entry = { out, size, 0 };
	struct ike_value fact;
	size_t at = 0;

	put_field(&entry, "PRIORITY", level, 1);
	put_field(&entry, "SYSLOG_IDENTIFIER", "ipsecd", JOURNAL_VALUE);
	put_field(&entry, "MESSAGE", message, SIZE_MAX);
	put_field(&entry, "IPSECD_EVENT", word, JOURNAL_VALUE);
	put_field(&entry, "IPSECD_AREA", area, JOURNAL_VALUE);
	while (ike_line_next(line, &at, &fact))
		put_fact(&entry, &fact);
	return entry.len;
}

/* --- Its socket ----------------------------------------------------------- */

int journal_open(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

bool journal_send(int fd, const char *path, const char *entry, size_t len)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, strlen(path));
	return sendto(fd, entry, len, MSG_NOSIGNAL | MSG_DONTWAIT,
		       (const struct sockaddr *)&to,
		       sizeof(to)) == (ssize_t)len;
}

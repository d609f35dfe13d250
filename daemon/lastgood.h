/* lastgood.h - kept copies of configurations that were accepted, and how they are read.
 * SPDX-License-Identifier: ISC
 *
 * A copy is one file in /var/lib/ipsecd, config-N: N counts up and is never used
 * again.  In it are the texts of all YAML files that were read, and no file that
 * these name.  It is written under another name, then synced, then renamed: who
 * looks sees copies that are whole, whatever ends us.
 *
 *	ipsecd kept configuration 1
 *	time 2026-11-29T04:21:52.123Z
 *	version 0.1.0
 *	files 1
 *	file 24 11              octets of the name, and of the text
 *	/etc/ipsecd/ipsecd.yaml
 *	peers: { }
 *
 *	end SHA-256             of all before this line, in hexadecimal
 */
#ifndef DAEMON_LASTGOOD_H
#define DAEMON_LASTGOOD_H

#include "config/config.h"
#include "daemon/report.h"

#define LASTGOOD_FOLDER "/var/lib/ipsecd"

enum {
	LASTGOOD_COPIES = 5,     /* that stay */
	LASTGOOD_LISTED = 64,    /* of those that somebody put there */
	LASTGOOD_MAX = 16 << 20, /* octets of a copy */
	LASTGOOD_MAX_NUMBER = 999999999,
};

/* --- Writing: the daemon -------------------------------------------------- */

struct lastgood;

/* Before the sandbox is entered.  NULL: nothing is kept, and the log says why:
 * there is no such folder, or others may write there. */
struct lastgood *lastgood_open(const char *folder);
void lastgood_close(struct lastgood *lastgood); /* NULL is fine */

/* Keep a copy, unless the newest one has the same texts; the oldest goes.  What
 * goes wrong is a line in the log and nothing else.  Forgets the texts in any
 * case. */
void lastgood_keep(struct lastgood *lastgood, struct config *config);

/* What was not started: the log says what could be used instead, if there is a
 * copy. */
void lastgood_suggest(const char *folder, const char *root, const char *config);

/* --- Reading: ipsec-ctl, too ---------------------------------------------- */

struct lastgood_list {
	uint32_t number[LASTGOOD_LISTED]; /* the newest first */
	size_t count;
};

/* The copies in a folder that is open: 0 or -errno. */
int lastgood_list(int folder, struct lastgood_list *list);

/* "config-17" */
enum { LASTGOOD_NAME = 32 };
void lastgood_name(uint32_t number, char out[LASTGOOD_NAME]);

/* What stands behind "end": a copy that a disk has damaged shows by it. */
enum { LASTGOOD_SUM = 65 };
void lastgood_sum(const char *octets, size_t len, char out[LASTGOOD_SUM]);

/* One file in a copy; borrowed from it. */
struct lastgood_file {
	const char *name;
	struct bytes text;
};

struct lastgood_copy {
	const char *time, *version;
	struct lastgood_file *files; /* the main file first; at least one */
	size_t count;
	uint32_t group; /* of the copy: the daemon's */
	char *octets;   /* all of it, with what is above in it */
	size_t size;
};

/* NULL, or why not; *copy is empty then. */
const char *lastgood_read(
	int folder, uint32_t number, struct lastgood_copy *copy);
void lastgood_clear(struct lastgood_copy *copy); /* wipes it */

#endif

/* log.h - lines for people: to the journal or to a terminal, by level and area.
 * SPDX-License-Identifier: ISC
 *
 * One log a process, on stderr, each line with the time, the level and the area;
 * or, where that is systemd's journal, as its entries (journal.h), and what it does
 * not take on stderr with the priority ("<6>").  Behind that it
 * is a line of ikev2/facts.h: an event, key=value, and the sentence; printable
 * ASCII alone, so a line is always one line.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include "daemon/log_events.h"

/* The level of each area: lines above it are left out. */
struct log_levels {
	enum ike_log_level area[LOG_AREAS];
};

/* "info" for all areas. */
struct log_levels log_levels_default(void);

/* "LEVEL[,AREA=LEVEL]..", as in `--log info,kernel=debug`: 0, or -1 and what is
 * wrong in words; levels is then as it was. */
int log_levels_parse(
	const char *text, struct log_levels *levels, char *error, size_t size);

/* The levels from now on.  Before, "info" for all. */
void log_set_levels(const struct log_levels *levels);

/* Whether such a line would be written: to save making it. */
bool log_wants(enum log_area area, enum ike_log_level level);

/* A line of the daemon's own, of its event's area and level; peer may be NULL. */
__attribute__((format(printf, 4, 5))) void log_event(enum log_event event,
	const char *peer, const struct ike_fact *facts, const char *format,
	...);

/* A line of the core's.  Those that strangers cause are limited, and so are
 * warnings, of which a peer can cause any number; errors are not. */
void log_core_line(const struct ike_log *line);
/* Whether it may be written now; *left_out is how many of its kind were not,
 * since the last that was. */
bool log_core_may(
	const struct ike_log *line, uint64_t mono_ms, uint32_t *left_out);

/* At most this many lines of one kind in ten seconds. */
enum { LOG_LIMIT_LINES = 5, LOG_LIMIT_PEERS = 100, LOG_LIMIT_MS = 10000 };

/* One kind of line that somebody outside can cause at will. */
struct log_limit {
	uint32_t most; /* 0: LOG_LIMIT_LINES */
	uint64_t since_ms;
	uint32_t lines;    /* written since */
	uint32_t left_out; /* since the last one written */
};

/* Whether such a line may be written now; *left_out is how many were not,
 * since the last that was. */
bool log_limit_take(
	struct log_limit *limit, uint64_t mono_ms, uint32_t *left_out);

/* log_event, limited. */
__attribute__((format(printf, 4, 5))) void log_limited(struct log_limit *limit,
	enum log_event event, const struct ike_fact *facts, const char *format,
	...);

/* The line as it is written, with its newline, into out; its length.  For a
 * journal: the priority, no time.  when_ms is since 1970. */
size_t log_line_format(char *out, size_t size, bool journal, uint64_t when_ms,
	enum log_area area, const struct ike_log *line);

/* From now on lines are entries of the journal that listens there (JOURNAL_SOCKET;
 * borrowed), and on stderr only if it takes them not at once; NULL: on stderr
 * alone, which false says, too. */
bool log_to_journal(const char *path);

/* Whether this stderr is systemd's: JOURNAL_STREAM names its device and inode. */
bool log_is_journal(int fd, const char *journal_stream);

#endif

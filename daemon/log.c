/* log.c - lines for people: to the journal or to a terminal, by level and area.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/log.h"

#include "daemon/journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LINE = 2048 };

static const char *const level_names[] = {
	[IKE_LOG_ERROR] = "error",
	[IKE_LOG_WARNING] = "warning",
	[IKE_LOG_INFO] = "info",
	[IKE_LOG_DEBUG] = "debug",
};

enum { LEVELS = sizeof(level_names) / sizeof(level_names[0]) };

/* Those of syslog(3). */
static const char level_priority[] = {
	[IKE_LOG_ERROR] = '3',
	[IKE_LOG_WARNING] = '4',
	[IKE_LOG_INFO] = '6',
	[IKE_LOG_DEBUG] = '7',
};

static const char *const area_names[] = {
	[LOG_AREA_DAEMON] = "daemon",
	[LOG_AREA_IKE] = "ike",
	[LOG_AREA_NET] = "net",
	[LOG_AREA_KERNEL] = "kernel",
	[LOG_AREA_CONFIG] = "config",
	[LOG_AREA_CONTROL] = "control",
};

static struct log_levels current = { {
	IKE_LOG_INFO,
	IKE_LOG_INFO,
	IKE_LOG_INFO,
	IKE_LOG_INFO,
	IKE_LOG_INFO,
	IKE_LOG_INFO,
} };

struct log_levels log_levels_default(void)
{
	struct log_levels levels;

	for (int i = 0; i < LOG_AREAS; i++)
		levels.area[i] = IKE_LOG_INFO;
	return levels;
}

/* The index of a name of len octets, or -1. */
static int find(const char *const *names, int count, const char *at, size_t len)
{
	for (int i = 0; i < count; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], at, len) == 0)
			return i;
	}
	return -1;
}

/* One word of a list: "debug" or "kernel=debug". */
static bool parse_word(
	const char *at, size_t len, bool first, struct log_levels *levels)
{
	const char *equals = memchr(at, '=', len);
	size_t area_len = equals ? (size_t)(equals - at) : 0;
	int area = -1, level;

	if (!equals && !first)
		return false;
	if (equals) {
		area = find(area_names, LOG_AREAS, at, area_len);
		if (area < 0)
			return false;
		at += area_len + 1;
		len -= area_len + 1;
	}
	level = find(level_names, LEVELS, at, len);
	if (level < 0)
		return false;
	for (int i = 0; i < LOG_AREAS; i++) {
		if (area < 0 || i == area)
			levels->area[i] = (enum ike_log_level)level;
	}
	return true;
}

int log_levels_parse(
	const char *text, struct log_levels *levels, char *error, size_t size)
{
	struct log_levels parsed = *levels;
	const char *at = text;

	for (;;) {
		size_t len = strcspn(at, ",");

		if (!parse_word(at, len, at == text, &parsed)) {
			snprintf(error, size,
				"'%.*s' is neither a level (error, warning, info, debug) "
				"nor AREA=LEVEL (daemon, ike, net, kernel, config, control)",
				(int)(len < 64 ? len : 64), at);
			return -1;
		}
		at += len;
		if (*at == '\0')
			break;
		at++;
	}
	*levels = parsed;
	return 0;
}

void log_set_levels(const struct log_levels *levels)
{
	current = *levels;
}

bool log_wants(enum log_area area, enum ike_log_level level)
{
	return level <= current.area[area];
}

bool log_is_journal(int fd, const char *journal_stream)
{
	struct stat stat;
	unsigned long device, inode;

	if (!journal_stream ||
		sscanf(journal_stream, "%lu:%lu", &device, &inode) != 2)
		return false;
	return fstat(fd, &stat) == 0 && stat.st_dev == device &&
	       stat.st_ino == inode;
}

/* "2026-11-22T18:44:07.123Z" */
static void format_time(char out[32], uint64_t when_ms)
{
	time_t seconds = (time_t)(when_ms / 1000);
	struct tm tm;
	size_t len;

	if (!gmtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	len = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, 32 - len, ".%03uZ", (unsigned)(when_ms % 1000));
}

size_t log_line_format(char *out, size_t size, bool journal, uint64_t when_ms,
	enum log_area area, const struct ike_log *line)
{
	char prefix[64], stamp[32];
	size_t len;
	int n;

	if (journal) {
		snprintf(prefix, sizeof(prefix), "<%c>",
			level_priority[line->level]);
	} else {
		format_time(stamp, when_ms);
		snprintf(prefix, sizeof(prefix), "%s %s %s: ", stamp,
			level_names[line->level], area_names[area]);
	}
	if (size < 2)
		return 0;
	n = snprintf(out, size - 1, "%s", prefix);
	len = (size_t)n < size - 1 ? (size_t)n : size - 2;
	len += ike_line_format(out + len, size - 1 - len, line);
	out[len] = '\n';
	out[len + 1] = '\0';
	return len + 1;
}

/* --- Where it goes -------------------------------------------------------- */

static struct {
	const char *path; /* NULL: no journal that takes fields */
	int fd;
} native = { NULL, -1 };

bool log_to_journal(const char *path)
{
	if (native.path)
		close(native.fd);
	native.fd = path ? journal_open() : -1;
	native.path = native.fd < 0 ? NULL : path;
	return native.path != NULL;
}

/* false: it is to be written on stderr instead. */
static bool put_native(enum log_area area, const struct ike_log *line)
{
	static char entry[JOURNAL_ENTRY];
	char message[MAX_LINE];
	size_t len;

	if (!native.path)
		return false;
	ike_line_format(message, sizeof(message), line);
	len = journal_format(entry, sizeof(entry), level_priority[line->level],
		area_names[area], message, line);
	return journal_send(native.fd, native.path, entry, len);
}

/* Systemd's stderr is a socket, of a journal that may have stopped to read.  Where
 * the log cannot be written there is nobody to tell. */
static void put_stderr(const char *out, size_t len, bool journal)
{
	if (journal && (send(STDERR_FILENO, out, len,
				MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
			       errno != ENOTSOCK))
		return;
	if (write(STDERR_FILENO, out, len) < 0)
		return;
}

static void put(enum log_area area, const struct ike_log *line)
{
	static int journal = -1;
	char out[MAX_LINE];
	struct timespec now;
	size_t len;

	if (!log_wants(area, line->level) || put_native(area, line))
		return;
	if (journal < 0)
		journal =
			log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM"));
	clock_gettime(CLOCK_REALTIME, &now);
	len = log_line_format(out, sizeof(out), journal,
		(uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000,
		area, line);
	put_stderr(out, len, journal);
}

__attribute__((format(printf, 4, 0))) static void put_format(
	const struct log_row *row, const char *peer,
	const struct ike_fact *facts, const char *format, va_list args)
{
	char text[MAX_LINE];
	const struct ike_log line = { .event = &row->event,
		.level = row->event.level,
		.peer = peer,
		.facts = facts,
		.text = text };

	vsnprintf(text, sizeof(text), format, args);
	put(row->area, &line);
}

void log_event(enum log_event event, const char *peer,
	const struct ike_fact *facts, const char *format, ...)
{
	const struct log_row *row = log_row_at(event);
	va_list args;

	if (!log_wants(row->area, row->event.level))
		return;
	va_start(args, format);
	put_format(row, peer, facts, format, args);
	va_end(args);
}

bool log_limit_take(
	struct log_limit *limit, uint64_t mono_ms, uint32_t *left_out)
{
	if (limit->lines == 0 || mono_ms - limit->since_ms >= LOG_LIMIT_MS) {
		limit->since_ms = mono_ms;
		limit->lines = 0;
	}
	if (limit->lines >= (limit->most ? limit->most : LOG_LIMIT_LINES)) {
		limit->left_out++;
		return false;
	}
	limit->lines++;
	*left_out = limit->left_out;
	limit->left_out = 0;
	return true;
}

static uint64_t mono_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void say_left_out(
	enum log_area area, enum ike_log_level level, uint32_t left_out)
{
	char text[64];
	const struct ike_log line = { .event = &log_row_at(LOG_LEFT_OUT)->event,
		.level = level,
		.facts = FACTS(fact_number("lines", left_out)),
		.text = text };

	snprintf(text, sizeof(text), "%u such lines were left out before",
		left_out);
	if (left_out > 0)
		put(area, &line);
}

void log_limited(struct log_limit *limit, enum log_event event,
	const struct ike_fact *facts, const char *format, ...)
{
	const struct log_row *row = log_row_at(event);
	const enum ike_log_level level = row->event.level;
	uint32_t left_out;
	va_list args;

	if (!log_wants(row->area, level) ||
		!log_limit_take(limit, mono_ms(), &left_out))
		return;
	va_start(args, format);
	put_format(row, NULL, facts, format, args);
	va_end(args);
	say_left_out(row->area, level, left_out);
}

bool log_core_may(
	const struct ike_log *line, uint64_t now_ms, uint32_t *left_out)
{
	static struct log_limit strangers[LEVELS];
	static struct log_limit peers = { .most = LOG_LIMIT_PEERS };
	struct log_limit *limit = NULL;

	*left_out = 0;
	if (line->level == IKE_LOG_WARNING && line->peer)
		limit = &peers;
	else if ((!line->peer || line->anybody) &&
		 line->level != IKE_LOG_ERROR && line->level != IKE_LOG_DEBUG)
		limit = &strangers[line->level];
	if (limit && !log_limit_take(limit, now_ms, left_out)) {
		limit->left_out += line->left_out;
		return false;
	}
	*left_out += line->left_out;
	return true;
}

void log_core_line(const struct ike_log *line)
{
	uint32_t left_out;

	if (!log_wants(LOG_AREA_IKE, line->level) ||
		!log_core_may(line, mono_ms(), &left_out))
		return;
	put(LOG_AREA_IKE, line);
	say_left_out(LOG_AREA_IKE, line->level, left_out);
}

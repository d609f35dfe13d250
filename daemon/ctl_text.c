/* ctl_text.c - texts for people: times, sizes, marks and aligned columns.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_text.h"

#include "config/errors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define RED    "\033[31m"
#define PLAIN  "\033[0m"

const char *style_mark(const struct style *style, enum mark mark)
{
	// clang-format off
	static const struct {
		const char *sign, *colored, *ascii, *ascii_colored;
	} marks[] = {
		[MARK_UP] = { "●", GREEN "●" PLAIN, "+", GREEN "+" PLAIN },
		[MARK_MIDDLE] = { "◐", YELLOW "◐" PLAIN, "~", YELLOW "~" PLAIN },
		[MARK_DOWN] = { "✗", RED "✗" PLAIN, "x", RED "x" PLAIN },
		[MARK_BOTH_WAYS] = { "⇄", "⇄", "<->", "<->" },
		[MARK_IN] = { "↓", "↓", "in ", "in " },
		[MARK_OUT] = { "↑", "↑", "out ", "out " },
		[MARK_THEREFORE] = { "→", "→", "->", "->" },
	};
	// clang-format on

	if (style->utf8)
		return style->color ? marks[mark].colored : marks[mark].sign;
	return style->color ? marks[mark].ascii_colored : marks[mark].ascii;
}

const char *text_duration(int64_t seconds, char out[TEXT_SHORT])
{
	long long s = seconds > 0 ? seconds : 0;

	if (s < MINUTE)
		snprintf(out, TEXT_SHORT, "%lld s", s);
	else if (s < HOUR)
		snprintf(out, TEXT_SHORT, "%lld min", s / MINUTE);
	else if (s < DAY && s % HOUR >= MINUTE)
		snprintf(out, TEXT_SHORT, "%lldh %lldm", s / HOUR,
			s % HOUR / MINUTE);
	else if (s < DAY)
		snprintf(out, TEXT_SHORT, "%lldh", s / HOUR);
	else if (s % DAY >= HOUR)
		snprintf(out, TEXT_SHORT, "%lldd %lldh", s / DAY,
			s % DAY / HOUR);
	else
		snprintf(out, TEXT_SHORT, "%lldd", s / DAY);
	return out;
}

const char *text_size(uint64_t bytes, char out[TEXT_SHORT])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB",
		"EiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(out, TEXT_SHORT, "%u B", (unsigned int)bytes);
		return out;
	}
	/* What would be printed as 1024 is one of the next unit. */
	while (value >= 1023.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	snprintf(out, TEXT_SHORT, value < 9.95 ? "%.1f %s" : "%.0f %s", value,
		units[unit]);
	return out;
}

const char *text_date(
	const struct style *style, int64_t unix_ms, char out[TEXT_SHORT])
{
	time_t then = (time_t)(unix_ms / 1000);
	time_t now = (time_t)(style->now_ms / 1000);
	struct tm then_tm, now_tm;

	if (!localtime_r(&then, &then_tm) || !localtime_r(&now, &now_tm)) {
		snprintf(out, TEXT_SHORT, "?");
		return out;
	}
	if (then_tm.tm_year == now_tm.tm_year &&
		then_tm.tm_yday == now_tm.tm_yday)
		strftime(out, TEXT_SHORT, "%H:%M:%S", &then_tm);
	else
		strftime(out, TEXT_SHORT, "%Y-%m-%d %H:%M:%S", &then_tm);
	return out;
}

static bool unit_of(const char *text, uint64_t *seconds, size_t *len)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = { { "s", 1 }, { "m", MINUTE }, { "h", HOUR },
		{ "d", DAY } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (*text == *units[i].name) {
			*seconds = units[i].seconds;
			*len = 1;
			return true;
		}
	}
	*seconds = 1;
	*len = 0;
	return *text == '\0';
}

bool text_parse_duration(const char *text, uint32_t *seconds)
{
	uint64_t sum = 0;

	if (!*text)
		return false;
	while (*text) {
		uint64_t value = 0, unit;
		size_t len;

		if (*text < '0' || *text > '9')
			return false;
		for (; *text >= '0' && *text <= '9'; text++) {
			value = value * 10 + (uint64_t)(*text - '0');
			if (value > UINT32_MAX)
				return false;
		}
		if (!unit_of(text, &unit, &len))
			return false;
		text += len;
		sum += value * unit;
		if (sum > UINT32_MAX)
			return false;
	}
	*seconds = (uint32_t)sum;
	return true;
}

bool text_parse_time(const char *text, int64_t *unix_ms)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int ms = 0, end = 0;

	if (!rest)
		return false;
	if (sscanf(rest, ".%3dZ%n", &ms, &end) != 1 || rest[end] != '\0' ||
		end == 0 || ms < 0)
		return false;
	*unix_ms = (int64_t)timegm(&tm) * 1000 + ms;
	return true;
}

/* --- Clean text ----------------------------------------------------------- */

static void *need(void *memory)
{
	if (!memory) {
		fputs("ipsec-ctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* Octets of the UTF-8 sequence at text and its character; 0 if it is none. */
static size_t decode(const unsigned char *text, uint32_t *character)
{
	size_t len = text[0] < 0x80                      ? 1
		     : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
		     : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
		     : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
							 : 0;

	if (len == 0)
		return 0;
	*character = len == 1 ? text[0] : text[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (text[i] & 0x3f);
	}
	return len;
}

char *text_clean(const struct style *style, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	/* An octet becomes \xHH, a character of 2 octets \u{HHHH}. */
	char *clean = need(malloc(strlen(text) * 4 + 1)), *end = clean;

	while (*at) {
		uint32_t character = 0;
		size_t len = decode(at, &character);

		if (len == 0 || (len == 1 && !utf8_is_shown(character))) {
			end += sprintf(end, "\\x%02x", *at);
			at++;
			continue;
		}
		if (utf8_is_shown(character) && (len == 1 || style->utf8)) {
			memcpy(end, at, len);
			end += len;
		} else if (utf8_is_shown(character)) {
			*end++ = '?';
		} else {
			end += sprintf(end, "\\u{%x}", (unsigned int)character);
		}
		at += len;
	}
	*end = '\0';
	return clean;
}

size_t text_width(const char *text)
{
	size_t width = 0;

	while (*text) {
		if (text[0] == '\033' && text[1] == '[') {
			while (*text && *text != 'm')
				text++;
			text += *text != '\0';
			continue;
		}
		/* All but the octets that go on with a character. */
		width += ((unsigned char)*text & 0xc0) != 0x80;
		text++;
	}
	return width;
}

/* --- Tables --------------------------------------------------------------- */

enum { MAX_COLUMNS = 12 };

struct row {
	char *cell[MAX_COLUMNS];
	size_t count;
	bool alone; /* cell[0] is a line by itself */
};

struct table {
	struct row *rows;
	size_t count, size;
	bool open; /* the last row is being written */
};

struct table *table_new(void)
{
	return need(calloc(1, sizeof(struct table)));
}

static struct row *open_row(struct table *table)
{
	if (table->open)
		return &table->rows[table->count - 1];
	if (table->count == table->size) {
		table->size = table->size ? 2 * table->size : 16;
		table->rows = need(reallocarray(
			table->rows, table->size, sizeof(*table->rows)));
	}
	table->open = true;
	table->rows[table->count] = (struct row){ .count = 0 };
	return &table->rows[table->count++];
}

void table_cell(struct table *table, const char *format, ...)
{
	struct row *row = open_row(table);
	va_list args;

	if (row->count == MAX_COLUMNS)
		return;
	va_start(args, format);
	if (vasprintf(&row->cell[row->count], format, args) < 0)
		row->cell[row->count] = NULL;
	va_end(args);
	need(row->cell[row->count]);
	row->count++;
}

void table_row_end(struct table *table)
{
	table->open = false;
}

void table_line(struct table *table, const char *format, ...)
{
	struct row *row;
	va_list args;

	table->open = false;
	row = open_row(table);
	row->alone = true;
	va_start(args, format);
	if (vasprintf(&row->cell[0], format, args) < 0)
		row->cell[0] = NULL;
	va_end(args);
	need(row->cell[0]);
	row->count = 1;
	table->open = false;
}

static void print_row(
	const struct row *row, const size_t *widths, FILE *out, int gap)
{
	size_t count = row->count;

	while (count > 0 && !row->cell[count - 1][0])
		count--;
	for (size_t i = 0; i < count; i++) {
		size_t width = text_width(row->cell[i]);

		fputs(row->cell[i], out);
		if (i + 1 < count) {
			fprintf(out, "%*s", (int)(widths[i] - width) + gap, "");
		}
	}
	fputc('\n', out);
}

void table_print(struct table *table, FILE *out, int indent, int gap)
{
	size_t widths[MAX_COLUMNS] = { 0 };

	for (size_t r = 0; r < table->count; r++) {
		const struct row *row = &table->rows[r];

		for (size_t i = 0; !row->alone && i + 1 < row->count; i++) {
			size_t width = text_width(row->cell[i]);

			if (width > widths[i])
				widths[i] = width;
		}
	}
	for (size_t r = 0; r < table->count; r++) {
		fprintf(out, "%*s", indent, "");
		print_row(&table->rows[r], widths, out, gap);
		for (size_t i = 0; i < table->rows[r].count; i++)
			free(table->rows[r].cell[i]);
	}
	free(table->rows);
	free(table);
}

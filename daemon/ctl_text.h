/* ctl_text.h - texts for people: times, sizes, marks and aligned columns.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_TEXT_H
#define DAEMON_CTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct style {
	bool utf8; /* else ASCII alone */
	bool color;
	int64_t now_ms; /* since 1970 */
};

enum mark {
	MARK_UP,
	MARK_MIDDLE, /* neither up nor down */
	MARK_DOWN,
	MARK_BOTH_WAYS, /* between the two ends of a tunnel */
	MARK_IN,
	MARK_OUT,
	MARK_THEREFORE, /* in front of a hint */
};

/* The sign, or its spelling in ASCII; up, middle and down in their colour. */
const char *style_mark(const struct style *style, enum mark mark);

enum { TEXT_SHORT = 32 };

/* "42 s", "3 min", "2h 11m", "3d 4h" */
const char *text_duration(int64_t seconds, char out[TEXT_SHORT]);
/* "512 B", "1.2 GiB", "310 MiB" */
const char *text_size(uint64_t bytes, char out[TEXT_SHORT]);
/* "16:09:31" of today, else "2026-11-22 16:09:31": local time. */
const char *text_date(
	const struct style *style, int64_t unix_ms, char out[TEXT_SHORT]);

/* From "90", "90s", "1h30m", "7d": seconds; false if it is none. */
bool text_parse_duration(const char *text, uint32_t *seconds);
/* From "2026-11-22T16:09:31.042Z"; false if it is none. */
bool text_parse_time(const char *text, int64_t *unix_ms);

/* A copy (free) in which nothing can lead a terminal astray: control characters
 * and changes of writing direction escaped, and all that is not ASCII if the
 * terminal may not show it.  Not NULL: without memory the program ends. */
char *text_clean(const struct style *style, const char *text);

/* Columns it takes: colours take none. */
size_t text_width(const char *text);

/* Rows of cells; each column as wide as its widest cell, where a row's last cell
 * does not count. */
struct table;
struct table *table_new(void);
void table_cell(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void table_row_end(struct table *table);
/* A row by itself, printed as it is. */
void table_line(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* With so many spaces between columns and in front; then frees it. */
void table_print(struct table *table, FILE *out, int indent, int gap);

#endif

/* ctl_text.c - durations, sizes, clean text and columns, to the letter.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_text.h"

#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct style unicode = { .utf8 = true };
static const struct style ascii = { .utf8 = false };

START_TEST(durations)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ -5, "0 s" },
		{ 0, "0 s" },
		{ 59, "59 s" },
		{ 60, "1 min" },
		{ 3599, "59 min" },
		{ 3600, "1h" },
		{ 7860, "2h 11m" },
		{ 86399, "23h 59m" },
		{ 86400, "1d" },
		{ 273600, "3d 4h" },
	};
	char text[TEXT_SHORT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_str_eq(
			text_duration(rows[i].seconds, text), rows[i].text);
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 10188, "9.9 KiB" },
		{ 10200, "10 KiB" },
		{ 1048575, "1.0 MiB" },
		{ 325058560, "310 MiB" },
		{ 1288490189, "1.2 GiB" },
		{ UINT64_MAX, "16 EiB" },
	};
	char text[TEXT_SHORT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_str_eq(text_size(rows[i].bytes, text), rows[i].text);
}
END_TEST

START_TEST(durations_are_read)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t seconds;
	} rows[] = {
		{ "90", true, 90 },
		{ "90s", true, 90 },
		{ "1h30m", true, 5400 },
		{ "7d", true, 604800 },
		{ "0", true, 0 },
		{ "", false, 0 },
		{ "h", false, 0 },
		{ "-1", false, 0 },
		{ "1.5h", false, 0 },
		{ "10 s", false, 0 },
		{ "5x", false, 0 },
		{ "99999999999", false, 0 },
		{ "99999d", false, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t seconds = 0;

		ck_assert_msg(text_parse_duration(rows[i].text, &seconds) ==
				      rows[i].good,
			"%s", rows[i].text);
		ck_assert_uint_eq(seconds, rows[i].seconds);
	}
}
END_TEST

START_TEST(times_are_read)
{
	int64_t ms = 0;

	ck_assert(text_parse_time("2026-11-22T16:09:31.042Z", &ms));
	ck_assert_int_eq(ms, 1795363771042);
	ck_assert(!text_parse_time("2026-11-22T16:09:31.042", &ms));
	ck_assert(!text_parse_time("2026-11-22 16:09:31.042Z", &ms));
	ck_assert(!text_parse_time("2026-11-22T16:09:31.042Zx", &ms));
	ck_assert(!text_parse_time("", &ms));
}
END_TEST

START_TEST(dates_of_today_are_short)
{
	const struct style now = { .now_ms = 1795363771042 };
	char text[TEXT_SHORT];

	setenv("TZ", "UTC", 1);
	tzset();
	ck_assert_str_eq(text_date(&now, 1795363771042, text), "16:09:31");
	ck_assert_str_eq(text_date(&now, 1795363771042 - 86400000, text),
		"2026-11-21 16:09:31");
}
END_TEST

/* What a daemon says must not move the cursor, ring the bell or turn the line
 * around. */
START_TEST(control_characters_are_escaped)
{
	static const struct {
		const char *text, *unicode, *ascii;
	} rows[] = {
		{ "plain", "plain", "plain" },
		{ "a\033[2Jb", "a\\x1b[2Jb", "a\\x1b[2Jb" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d", "a\\x0ab\\x09c\\x0d" },
		{ "\x7f", "\\x7f", "\\x7f" },
		{ "caf\xc3\xa9", "caf\xc3\xa9", "caf?" },
		{ "\xc2\x9b"
		  "2J",
			"\\u{9b}2J", "\\u{9b}2J" },
		{ "\xe2\x80\xae"
		  "abc",
			"\\u{202e}abc", "\\u{202e}abc" },
		{ "bad \xff\xc3", "bad \\xff\\xc3", "bad \\xff\\xc3" },
		{ "\xc0\x80", "\\xc0\\x80", "\\xc0\\x80" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *clean = text_clean(&unicode, rows[i].text);

		ck_assert_str_eq(clean, rows[i].unicode);
		free(clean);
		clean = text_clean(&ascii, rows[i].text);
		ck_assert_str_eq(clean, rows[i].ascii);
		free(clean);
	}
}
END_TEST

START_TEST(marks_have_an_ascii_spelling)
{
	const struct style colors = { .utf8 = true, .color = true };

	for (int mark = MARK_UP; mark <= MARK_THEREFORE; mark++) {
		const char *sign = style_mark(&ascii, (enum mark)mark);

		for (; *sign; sign++)
			ck_assert(*sign > 0x1f && *sign < 0x7f);
	}
	ck_assert_str_eq(style_mark(&unicode, MARK_UP), "●");
	ck_assert_str_eq(style_mark(&colors, MARK_UP), "\033[32m●\033[0m");
	ck_assert_uint_eq(text_width(style_mark(&colors, MARK_UP)), 1);
}
END_TEST

START_TEST(columns_are_as_wide_as_their_widest)
{
	struct table *table = table_new();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_cell(table, "a");
	table_cell(table, "⇄⇄⇄");
	table_cell(table, "x");
	table_row_end(table);
	table_cell(table, "bbb");
	table_cell(table, "the last cell of a row is as long as it likes");
	table_row_end(table);
	table_line(table, "a line by itself");
	table_cell(table, "\033[31mc\033[0m");
	table_cell(table, "d");
	table_cell(table, "y");
	table_row_end(table);
	table_print(table, out, 1, 2);
	fclose(out);
	ck_assert_str_eq(text, " a    ⇄⇄⇄  x\n"
			       " bbb  the last cell of a row is as long as it "
			       "likes\n"
			       " a line by itself\n"
			       " \033[31mc\033[0m    d    y\n");
	free(text);
}
END_TEST

SUITE(ctl_text)
{
	test(durations);
	test(sizes);
	test(durations_are_read);
	test(times_are_read);
	test(dates_of_today_are_short);
	test(control_characters_are_escaped);
	test(marks_have_an_ascii_spelling);
	test(columns_are_as_wide_as_their_widest);
}

/* log.c - levels and areas, limits, and that a line stays one line.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/log.h"

#include "tests/suite.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(parses_levels_and_areas)
{
	struct log_levels levels = log_levels_default();
	char error[256];

	ck_assert_int_eq(log_levels_parse("warning,kernel=debug,ike=error",
				 &levels, error, sizeof(error)),
		0);
	ck_assert_int_eq(levels.area[LOG_AREA_DAEMON], IKE_LOG_WARNING);
	ck_assert_int_eq(levels.area[LOG_AREA_KERNEL], IKE_LOG_DEBUG);
	ck_assert_int_eq(levels.area[LOG_AREA_IKE], IKE_LOG_ERROR);
	/* An area alone leaves the others alone. */
	ck_assert_int_eq(
		log_levels_parse("net=debug", &levels, error, sizeof(error)),
		0);
	ck_assert_int_eq(levels.area[LOG_AREA_NET], IKE_LOG_DEBUG);
	ck_assert_int_eq(levels.area[LOG_AREA_CONTROL], IKE_LOG_WARNING);
}
END_TEST

START_TEST(refuses_other_words)
{
	static const char *const wrong[] = { "", "loud", "info,", "info,debug",
		"kernel", "kernel=", "=info", "kernal=info",
		"info kernel=debug" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct log_levels levels = log_levels_default();
		char error[256] = "";

		ck_assert_msg(log_levels_parse(wrong[i], &levels, error,
				      sizeof(error)) < 0,
			"'%s' was taken", wrong[i]);
		ck_assert_int_gt((int)strlen(error), 0);
		for (int area = 0; area < LOG_AREAS; area++)
			ck_assert_int_eq(levels.area[area], IKE_LOG_INFO);
	}
}
END_TEST

START_TEST(lines_for_people_and_for_the_journal)
{
	const struct ike_log line = {
		.level = IKE_LOG_WARNING, .peer = "branch", .text = "no answer"
	};
	const struct ike_log alone = { .level = IKE_LOG_INFO, .text = "ready" };
	char out[128];

	log_line_format(out, sizeof(out), false, UINT64_C(1234567890123),
		LOG_AREA_IKE, &line);
	ck_assert_str_eq(out,
		"2009-02-13T23:31:30.123Z warning ike: branch: no answer\n");
	log_line_format(out, sizeof(out), true, 0, LOG_AREA_IKE, &line);
	ck_assert_str_eq(out, "<4>branch: no answer\n");
	log_line_format(out, sizeof(out), true, 0, LOG_AREA_DAEMON, &alone);
	ck_assert_str_eq(out, "<6>ready\n");
}
END_TEST

START_TEST(a_line_is_one_line)
{
	const struct ike_log line = { .level = IKE_LOG_ERROR,
		.text = "one\n<0>two\r\t\x1b[31m\x7f" };
	char out[64];

	log_line_format(out, sizeof(out), true, 0, LOG_AREA_IKE, &line);
	ck_assert_str_eq(out, "<3>one?<0>two???[31m?\n");
}
END_TEST

START_TEST(a_long_line_is_cut)
{
	const struct ike_log line = { .level = IKE_LOG_ERROR,
		.text = "0123456789" };

	for (size_t size = 2; size < 20; size++) {
		char out[32];
		size_t len, whole = strlen("<3>0123456789\n");

		memset(out, '#', sizeof(out));
		len = log_line_format(out, size, true, 0, LOG_AREA_IKE, &line);
		ck_assert_uint_eq(len, size - 1 < whole ? size - 1 : whole);
		ck_assert_int_eq(out[len - 1], '\n');
		ck_assert_int_eq(out[len], '\0');
		ck_assert_int_eq(out[size], '#');
	}
}
END_TEST

START_TEST(a_flood_is_limited_and_counted)
{
	struct log_limit limit = { 0 }, larger = { .most = 100 };
	uint32_t left_out = 77;

	for (int i = 0; i < LOG_LIMIT_LINES; i++) {
		ck_assert(log_limit_take(&limit, 1000, &left_out));
		ck_assert_uint_eq(left_out, 0);
	}
	for (int i = 0; i < 1000; i++)
		ck_assert(!log_limit_take(
			&limit, 1000 + LOG_LIMIT_MS - 1, &left_out));
	ck_assert(log_limit_take(&limit, 1000 + LOG_LIMIT_MS, &left_out));
	ck_assert_uint_eq(left_out, 1000);
	for (int i = 0; i < 100; i++)
		ck_assert(log_limit_take(&larger, 1000, &left_out));
	ck_assert(!log_limit_take(&larger, 1000, &left_out));
	ck_assert(log_limit_take(&limit, 1000 + LOG_LIMIT_MS, &left_out));
	ck_assert_uint_eq(left_out, 0);
}
END_TEST

/* N52: a million lines that anybody can cause, in a thousand seconds, of each
 * kind; each that is not written is counted in one that is. */
START_TEST(n52_a_million_lines)
{
	static const struct {
		struct ike_log line;
		unsigned most; /* in ten seconds */
	} rows[] = {
		{ { .level = IKE_LOG_INFO, .text = "x", .left_out = 2 }, 5 },
		{ { .level = IKE_LOG_WARNING, .text = "x" }, 5 },
		{ { .level = IKE_LOG_INFO,
			  .peer = "p",
			  .text = "x",
			  .anybody = true },
			5 },
		{ { .level = IKE_LOG_WARNING,
			  .peer = "p",
			  .text = "x",
			  .anybody = true,
			  .left_out = 7 },
			100 },
	};
	enum { LINES = 1000000, SPAN_MS = 1000000 };
	uint64_t start = UINT64_C(1) << 40; /* no test's time is later */

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t written = 0, left_out = 0;
		uint32_t more;

		/* what an earlier test left */
		start += SPAN_MS + LOG_LIMIT_MS;
		ck_assert(log_core_may(&rows[i].line, start, &more));
		start += LOG_LIMIT_MS;
		for (uint64_t n = 0; n < LINES; n++) {
			if (!log_core_may(&rows[i].line,
				    start + n * SPAN_MS / LINES, &more))
				continue;
			written++;
			left_out += more;
		}
		ck_assert_uint_eq(
			written, rows[i].most * (SPAN_MS / LOG_LIMIT_MS));
		/* The next one tells of the last ones. */
		ck_assert(log_core_may(
			&rows[i].line, start + SPAN_MS + LOG_LIMIT_MS, &more));
		left_out += more;
		written++;
		ck_assert_uint_eq(written + left_out,
			(uint64_t)(LINES + 1) * (1 + rows[i].line.left_out));
		start += SPAN_MS + LOG_LIMIT_MS;
	}
}
END_TEST

START_TEST(knows_the_journal_by_device_and_inode)
{
	struct stat stat;
	char name[64];

	ck_assert_int_eq(fstat(STDOUT_FILENO, &stat), 0);
	snprintf(name, sizeof(name), "%lu:%lu", (unsigned long)stat.st_dev,
		(unsigned long)stat.st_ino);
	ck_assert(log_is_journal(STDOUT_FILENO, name));
	snprintf(name, sizeof(name), "%lu:%lu", (unsigned long)stat.st_dev,
		(unsigned long)stat.st_ino + 1);
	ck_assert(!log_is_journal(STDOUT_FILENO, name));
	ck_assert(!log_is_journal(STDOUT_FILENO, NULL));
	ck_assert(!log_is_journal(STDOUT_FILENO, "journal"));
}
END_TEST

SUITE(log)
{
	test(parses_levels_and_areas);
	test(refuses_other_words);
	test(lines_for_people_and_for_the_journal);
	test(a_line_is_one_line);
	test(a_long_line_is_cut);
	test(a_flood_is_limited_and_counted);
	test(n52_a_million_lines);
	test(knows_the_journal_by_device_and_inode);
}

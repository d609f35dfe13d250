/* log.c - levels and areas, limits, and that a line stays one line.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/log.h"

#include "ikev2/events.h"

#include "tests/sim/said.h"
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

static const struct ike_event event = { "refused", IKE_LOG_WARNING,
	IKE_REPORT_REFUSED, { "id", "remote", "tries", "spi", "notify" } };

START_TEST(lines_for_people_and_for_the_journal)
{
	const struct ike_endpoint at = {
		{ 6, { 0x20, 1, 0x0d, 0xb8, [15] = 1 } }, 4500
	};
	/* In the order of the row, whatever that of the facts. */
	const struct ike_log line = { .event = &event,
		.level = IKE_LOG_WARNING,
		.peer = "branch",
		.child = "net",
		.cause = "FAILED",
		.facts = FACTS(fact_spi("spi", 0xc0ffee),
			fact_notify("notify", 24), fact_endpoint("remote", &at),
			fact_text("id", "a b"), fact_number("tries", 3),
			fact_text("other", "left out")),
		.text = "no answer" };
	const struct ike_log alone = { .level = IKE_LOG_INFO, .text = "ready" };
	char out[512];

	log_line_format(out, sizeof(out), false, UINT64_C(1234567890123),
		LOG_AREA_IKE, &line);
	ck_assert_str_eq(out,
		"2009-02-13T23:31:30.123Z warning ike: refused peer=branch "
		"child=net cause=FAILED id=\"a b\" remote=[2001:db8::1]:4500 "
		"tries=3 spi=00c0ffee notify=AUTHENTICATION_FAILED "
		"text=\"no answer\"\n");
	log_line_format(out, sizeof(out), true, 0, LOG_AREA_DAEMON, &alone);
	ck_assert_str_eq(out, "<6>note text=\"ready\"\n");
	ck_assert(!ike_line_fits(&line));
	ck_assert(ike_line_fits(&alone));
}
END_TEST

START_TEST(what_is_not_there_has_no_key)
{
	const struct ike_endpoint nowhere = { .port = 500 };
	const struct ike_log line = { .event = &event,
		.facts = FACTS(fact_spi("spi", 0), fact_notify("notify", 0),
			fact_endpoint("remote", &nowhere),
			fact_text("id", NULL)),
		.text = "" };
	char out[64];

	ike_line_format(out, sizeof(out), &line);
	ck_assert_str_eq(out, "refused text=\"\"");
}
END_TEST

/* N27: no value makes a line, a key, or an escape sequence. */
START_TEST(n27_a_value_stays_a_value)
{
	static const struct {
		const char *id, *written;
	} rows[] = {
		{ "gw.example", "gw.example" },
		{ "", "\"\"" },
		{ "a\n<0>ipsecd: all is well",
			"\"a\\x0a<0>ipsecd: all is well\"" },
		{ "x\" peer=\"admin", "\"x\\\" peer=\\\"admin\"" },
		{ "x peer=admin", "\"x peer=admin\"" },
		{ "a=b", "\"a=b\"" },
		{ "back\\", "\"back\\\\\"" },
		{ "\x1b[31m\x7f\t\r", "\"\\x1b[31m\\x7f\\x09\\x0d\"" },
		{ "\xe2\x80\xae\xc2\x9b", "\"\\xe2\\x80\\xae\\xc2\\x9b\"" },
		{ "%n%s$(reboot)", "%n%s$(reboot)" },
	};
	char out[512], wanted[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ike_log line = { .event = &event,
			.facts = FACTS(fact_text("id", rows[i].id)),
			.text = rows[i].id };

		ike_line_format(out, sizeof(out), &line);
		snprintf(wanted, sizeof(wanted), "refused id=%s text=%s%s%s",
			rows[i].written, rows[i].written[0] == '"' ? "" : "\"",
			rows[i].written, rows[i].written[0] == '"' ? "" : "\"");
		ck_assert_str_eq(out, wanted);
	}
}
END_TEST

/* Quotes that open are closed, at every length of the line and of a value. */
START_TEST(a_long_line_is_cut)
{
	char id[2000], out[4096];

	for (size_t i = 0; i < sizeof(id) - 1; i++)
		id[i] = "a\n\"\\="[i % 5];
	id[sizeof(id) - 1] = '\0';
	for (size_t size = 2; size < sizeof(out); size++) {
		const struct ike_log line = { .event = &event,
			.level = IKE_LOG_ERROR,
			.peer = "p",
			.facts = FACTS(fact_text("id", id + size % 1999)),
			.text = id };
		size_t len, quotes = 0;

		out[size < sizeof(out) ? size : 0] = '#';
		len = log_line_format(out, size, true, 0, LOG_AREA_IKE, &line);
		ck_assert_uint_lt(len, size);
		ck_assert_int_eq(out[len - 1], '\n');
		ck_assert_int_eq(out[len], '\0');
		ck_assert_int_eq(out[size], '#');
		for (size_t i = 0; i + 1 < len; i++) {
			ck_assert(out[i] >= ' ' && out[i] <= '~');
			if (out[i] == '\\')
				i++;
			else
				quotes += out[i] == '"';
		}
		ck_assert_uint_eq(quotes % 2, 0);
		ck_assert_uint_lt(len, 1200);
	}
	ck_assert_ptr_nonnull(strstr(out, "...\" text=\""));
	ck_assert_ptr_nonnull(strstr(out, "...\"\n"));
}
END_TEST

/* Both tables, as one; NULL past the end. */
static const struct ike_event *event_at(size_t i)
{
	const struct log_row *own =
		i < EVENT_COUNT ? NULL : log_row_at(i - EVENT_COUNT);

	return i < EVENT_COUNT ? ike_event_at(i) : own ? &own->event : NULL;
}

/* Words of small letters, keys that a journal takes as fields. */
START_TEST(the_tables_of_events_are_sound)
{
	static const char word_octets[] = "abcdefghijklmnopqrstuvwxyz-";
	static const char key_octets[] = "abcdefghijklmnopqrstuvwxyz_";
	static const char *const of_all[] = { "peer", "child", "cause",
		"text" };
	const struct ike_event *row;
	size_t rows = 0;

	for (; (row = event_at(rows)) != NULL; rows++) {
		ck_assert_ptr_nonnull(row->word);
		ck_assert_uint_eq(
			strspn(row->word, word_octets), strlen(row->word));
		for (size_t i = 0; i < rows; i++)
			ck_assert_str_ne(event_at(i)->word, row->word);
		for (size_t i = 0; i < EVENT_KEYS && row->keys[i]; i++) {
			ck_assert_uint_eq(strspn(row->keys[i], key_octets),
				strlen(row->keys[i]));
			for (size_t k = 0; k < 4; k++)
				ck_assert_str_ne(row->keys[i], of_all[k]);
			for (size_t k = 0; k < i; k++)
				ck_assert_str_ne(row->keys[i], row->keys[k]);
		}
	}
	ck_assert_uint_eq(rows, EVENT_COUNT + LOG_EVENTS);
	ck_assert_ptr_null(ike_event_at(EVENT_COUNT));
}
END_TEST

/* N27: in each event each value is what a stranger would like it to be, and a
 * program that reads the line sees that value and no other key. */
START_TEST(n27_every_line_is_read_as_it_was_meant)
{
	static const char *const bad[] = { "", " ", "a b", "\"", "\\", "a=b",
		"x\ntext=\"all is well\"", "x\" peer=\"admin",
		"\x1b]0;title\x07\x1b[31m", "\xff\xfe\x80", "\r\n<0>kernel: x",
		"\\x0a", "...", "%s%n" };
	static struct said_line read;
	const struct ike_event *row;
	char out[4096];

	for (size_t i = 0; (row = event_at(i)) != NULL; i++) {
		for (size_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++) {
			struct ike_fact facts[EVENT_KEYS + 1] = { 0 };
			const struct ike_log line = { .event = row,
				.peer = bad[b],
				.child = bad[b],
				.facts = facts,
				.text = bad[b] };
			size_t keys = 0;

			for (; keys < EVENT_KEYS && row->keys[keys]; keys++)
				facts[keys] =
					fact_text(row->keys[keys], bad[b]);
			ck_assert_ptr_null(strchr(row->word, ' '));
			ike_line_format(out, sizeof(out), &line);
			ck_assert_msg(said_parse(out, &read), "%s", out);
			ck_assert_str_eq(read.word, row->word);
			ck_assert_uint_eq(read.count, keys + 3);
			for (size_t k = 0; k < read.count; k++)
				ck_assert_str_eq(read.value[k].text, bad[b]);
			ck_assert_str_eq(read.value[keys + 2].key, "text");
		}
	}
}
END_TEST

/* What the form is not. */
START_TEST(other_lines_are_not_read)
{
	static const char *const rows[] = { "", " up", "up ", "up peer",
		"up peer=", "up peer=a=b", "up peer=\"a", "up peer=\"a\"b",
		"up peer=a  child=b", "up peer=a\nchild=b", "up =a",
		"UP peer=a", "up Peer=a", "up peer=\"\\n\"", "up peer=\"\\x0\"",
		"up peer=a\"", "up peer=\"\x1b\"" };
	static struct said_line read;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(!said_parse(rows[i], &read), "%s", rows[i]);
	ck_assert(said_parse("up", &read));
	ck_assert(said_parse("up peer=\"\\x0a\\\"\" text=b", &read));
	ck_assert_str_eq(read.value[0].text, "\n\"");
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
	test(what_is_not_there_has_no_key);
	test(n27_a_value_stays_a_value);
	test(the_tables_of_events_are_sound);
	test(n27_every_line_is_read_as_it_was_meant);
	test(other_lines_are_not_read);
	test(a_long_line_is_cut);
	test(a_flood_is_limited_and_counted);
	test(n52_a_million_lines);
	test(knows_the_journal_by_device_and_inode);
}

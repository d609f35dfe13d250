/* ctl_render.c - every kind of record as people read it, against tests/golden/.
 * SPDX-License-Identifier: ISC
 *
 * NAME.in holds records, one a line; what they must become stands in the file
 * that the row names.  With GOLDEN=write in the environment the files are
 * written anew: look at the difference before it is committed.
 */
#include "daemon/ctl_render.h"

#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FOLDER "tests/golden/"

static const struct golden {
	const char *in, *out;
	bool detail, utf8, color;
} rows[] = {
	{ "status.in", "status.txt", false, true, false },
	{ "status.in", "status.ascii", false, false, false },
	{ "status.in", "status.color", false, true, true },
	{ "status.in", "detail.txt", true, true, false },
	{ "status.in", "detail.ascii", true, false, false },
	{ "crowd.in", "crowd.txt", false, true, false },
	{ "crowd.in", "crowd.ascii", true, false, false },
	{ "events.in", "events.txt", false, true, false },
	{ "lists.in", "lists.txt", false, true, false },
	{ "certs.in", "certs.txt", false, true, false },
	{ "certs.in", "certs.ascii", false, false, false },
	{ "counters.in", "counters.txt", false, true, false },
	{ "counters.in", "counters.ascii", true, false, false },
	{ "metrics.in", "metrics.txt", false, true, false },
	{ "keylog.in", "keylog.txt", false, true, false },
	{ "errors.in", "errors.txt", false, true, false },
	{ "explain.in", "explain.txt", false, true, false },
	{ "explain.in", "explain.ascii", true, false, false },
	{ "reload.in", "reload.txt", false, true, false },
	{ "reload.in", "reload.ascii", false, false, false },
	{ "hostile.in", "hostile.txt", false, true, false },
	{ "hostile.in", "hostile.ascii", true, false, false },
	{ "newer.in", "newer.txt", false, true, false },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static FILE *open_golden(const char *name, const char *mode)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	file = fopen(path, mode);
	ck_assert_msg(file != NULL, "%s", path);
	return file;
}

static char *rendered(const struct golden *row)
{
	struct style style = { row->utf8, row->color, 1795363771042 };
	FILE *in = open_golden(row->in, "r");
	char *text = NULL, *line = NULL;
	size_t size, line_size = 0;
	FILE *out = open_memstream(&text, &size);
	struct render render;

	setenv("TZ", "UTC", 1);
	tzset();
	render_begin(&render, out, style, row->detail);
	while (getline(&line, &line_size, in) > 0) {
		json_t *record = json_loads(line, 0, NULL);

		ck_assert_msg(record != NULL, "%s: %s", row->in, line);
		render_record(&render, record);
		json_decref(record);
	}
	render_end(&render);
	free(line);
	fclose(in);
	fclose(out);
	return text;
}

static char *golden(const char *name)
{
	FILE *file = open_golden(name, "r");
	char *text = calloc(1, 65536);

	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, 65535, file), 65535);
	fclose(file);
	return text;
}

START_TEST(as_people_read_it)
{
	const struct golden *row = &rows[_i];
	const char *mode = getenv("GOLDEN");
	char *text = rendered(row), *expected;

	if (mode && strcmp(mode, "write") == 0) {
		FILE *file = open_golden(row->out, "w");

		fputs(text, file);
		fclose(file);
	}
	expected = golden(row->out);
	ck_assert_str_eq(text, expected);
	free(expected);
	free(text);
}
END_TEST

/* Whatever a daemon says, only line ends and (in colour) what sets and ends a
 * colour reach the terminal. */
START_TEST(no_control_character_gets_through)
{
	char *text = rendered(&rows[_i]);

	for (const char *at = text; *at; at++) {
		unsigned char c = (unsigned char)*at;

		if (rows[_i].color && c == 0x1b)
			continue;
		ck_assert_msg(c == '\n' || c >= 0x20, "octet %02x", c);
		ck_assert(c != 0x7f);
		ck_assert(rows[_i].utf8 || c < 0x7f);
	}
	free(text);
}
END_TEST

static bool has_kind(const char *file, const char *kind)
{
	FILE *in = open_golden(file, "r");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (!found && getline(&line, &size, in) > 0) {
		json_t *record = json_loads(line, 0, NULL);
		const char *is =
			json_string_value(json_object_get(record, "record"));

		found = is && strcmp(is, kind) == 0;
		json_decref(record);
	}
	free(line);
	fclose(in);
	return found;
}

/* The hostile records do not count: they show nothing of what is meant. */
START_TEST(every_kind_of_record_has_its_golden_text)
{
	const char *kind;

	for (size_t i = 0; (kind = render_kind(i)) != NULL; i++) {
		bool found = false;

		for (size_t j = 0; j < ROWS && !found; j++)
			found = strcmp(rows[j].in, "hostile.in") != 0 &&
				has_kind(rows[j].in, kind);
		ck_assert_msg(found, "no golden text for '%s'", kind);
	}
}
END_TEST

SUITE(ctl_render)
{
	loop_test(as_people_read_it, ROWS);
	loop_test(no_control_character_gets_through, ROWS);
	test(every_kind_of_record_has_its_golden_text);
}

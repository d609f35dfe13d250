/* records.c - every record that the tests see, against daemon/ipsecd-1.schema.json.
 * SPDX-License-Identifier: ISC
 *
 * The keywords of JSON Schema (draft 2020-12) that this schema uses, and one
 * rule more: an object has no keys but those of `properties`.  In the schema
 * itself that would forbid what a newer daemon adds; here it finds what nobody
 * has described.  A keyword that is not known here fails, so that none is
 * believed to be looked at and is not.
 */
#include "tests/unit/records.h"

#include "daemon/ctl_render.h"
#include "tests/suite.h"

#include <glob.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "daemon/ipsecd-1.schema.json"

struct check {
	const json_t *root;
	char path[128];
	size_t failures;
	char first[RECORDS_TEXT]; /* of them, in words */
};

static bool fits(struct check *c, const json_t *schema, const json_t *value);

static bool wrong(struct check *c, const char *what, const char *name)
{
	if (c->failures++ == 0)
		snprintf(c->first, sizeof(c->first), "%s: %s %s",
			c->path[0] ? c->path : "/", what, name);
	return false;
}

static bool fits_at(struct check *c, const char *step, const json_t *schema,
	const json_t *value)
{
	size_t len = strlen(c->path);
	bool fit;

	snprintf(c->path + len, sizeof(c->path) - len, "/%s", step);
	fit = fits(c, schema, value);
	c->path[len] = '\0';
	return fit;
}

/* What is done for every record asserts nothing: libcheck notes each time. */

/* --- Keywords ------------------------------------------------------------- */

static bool annotation(struct check *c, const json_t *word, const json_t *value)
{
	(void)c;
	(void)value;
	return json_is_string(word) || json_is_object(word);
}

/* "#/$defs/NAME", and no other. */
static bool reference(struct check *c, const json_t *word, const json_t *value)
{
	static const char head[] = "#/$defs/";
	const char *text = json_string_value(word);
	const json_t *there = NULL;

	if (strncmp(text, head, strlen(head)) == 0)
		there = json_object_get(
			json_object_get(c->root, "$defs"), text + strlen(head));
	if (!there)
		ck_abort_msg("%s leads nowhere", text);
	return fits(c, there, value);
}

static bool type(struct check *c, const json_t *word, const json_t *value)
{
	static const struct {
		const char *name;
		json_type type;
	} types[] = {
		{ "object", JSON_OBJECT },
		{ "array", JSON_ARRAY },
		{ "string", JSON_STRING },
		{ "integer", JSON_INTEGER },
		{ "null", JSON_NULL },
	};
	const char *name = json_string_value(word);

	if (strcmp(name, "boolean") == 0)
		return json_is_boolean(value) || wrong(c, "is no", name);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, name) == 0)
			return json_typeof(value) == types[i].type ||
			       wrong(c, "is no", name);
	}
	ck_abort_msg("no type '%s'", name);
}

static bool properties(struct check *c, const json_t *word, const json_t *value)
{
	const json_t *at;
	const char *key;
	bool fit = true;

	for (void *i = json_object_iter((json_t *)(uintptr_t)value); i;
		i = json_object_iter_next((json_t *)(uintptr_t)value, i)) {
		key = json_object_iter_key(i);
		at = json_object_get(word, key);
		if (!at)
			fit = wrong(c, "has the undescribed key", key);
		else
			fit &= fits_at(c, key, at, json_object_iter_value(i));
	}
	return fit;
}

static bool required(struct check *c, const json_t *word, const json_t *value)
{
	const json_t *name;
	bool fit = true;
	size_t i;

	json_array_foreach(word, i, name)
	{
		if (!json_object_get(value, json_string_value(name)))
			fit = wrong(c, "has no", json_string_value(name));
	}
	return fit;
}

static bool items(struct check *c, const json_t *word, const json_t *value)
{
	const json_t *item;
	bool fit = true;
	char step[24];
	size_t i;

	json_array_foreach(value, i, item)
	{
		snprintf(step, sizeof(step), "%zu", i);
		fit &= fits_at(c, step, word, item);
	}
	return fit;
}

static bool constant(struct check *c, const json_t *word, const json_t *value)
{
	const char *text = json_string_value(word);

	return json_equal(word, value) ||
	       wrong(c, "is not", text ? text : "as it must be");
}

static bool one_of_these(
	struct check *c, const json_t *word, const json_t *value)
{
	const char *text = json_string_value(value);
	const json_t *at;
	size_t i;

	json_array_foreach(word, i, at)
	{
		if (json_equal(at, value))
			return true;
	}
	return wrong(c, "may not be", text ? text : "that");
}

static bool pattern(struct check *c, const json_t *word, const json_t *value)
{
	const char *text = json_string_value(value);
	regex_t regex;
	bool fit;

	if (!text)
		return true;
	if (regcomp(&regex, json_string_value(word), REG_EXTENDED) != 0)
		ck_abort_msg("no pattern: %s", json_string_value(word));
	fit = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return fit || wrong(c, "does not look like that:", text);
}

static bool minimum(struct check *c, const json_t *word, const json_t *value)
{
	return json_number_value(value) >= json_number_value(word) ||
	       wrong(c, "is too", "small");
}

static bool maximum(struct check *c, const json_t *word, const json_t *value)
{
	return json_number_value(value) <= json_number_value(word) ||
	       wrong(c, "is too", "large");
}

/* Of several that do not fit, the one that is least wrong says why. */
static bool alternatives(
	struct check *c, const json_t *word, const json_t *value)
{
	struct check least = { .failures = SIZE_MAX };
	const json_t *at;
	size_t i, fit = 0;

	json_array_foreach(word, i, at)
	{
		struct check one = *c;

		one.failures = 0;
		if (fits(&one, at, value))
			fit++;
		else if (one.failures < least.failures)
			least = one;
	}
	if (fit == 1)
		return true;
	if (fit > 1)
		return wrong(c, "is several", "things");
	if (c->failures == 0)
		memcpy(c->first, least.first, sizeof(c->first));
	c->failures += least.failures;
	return false;
}

static const struct {
	const char *name;
	bool (*fits)(struct check *c, const json_t *word, const json_t *value);
} keywords[] = {
	{ "$schema", annotation },
	{ "$id", annotation },
	{ "$defs", annotation },
	{ "title", annotation },
	{ "description", annotation },
	{ "$ref", reference },
	{ "type", type },
	{ "properties", properties },
	{ "required", required },
	{ "items", items },
	{ "const", constant },
	{ "enum", one_of_these },
	{ "pattern", pattern },
	{ "minimum", minimum },
	{ "maximum", maximum },
	{ "oneOf", alternatives },
};

enum { KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };

static bool fits(struct check *c, const json_t *schema, const json_t *value)
{
	json_t *of = (json_t *)(uintptr_t)schema;
	bool fit = true;

	for (void *i = json_object_iter(of); i;
		i = json_object_iter_next(of, i)) {
		const char *name = json_object_iter_key(i);
		size_t k = 0;

		while (k < KEYWORDS && strcmp(keywords[k].name, name) != 0)
			k++;
		if (k == KEYWORDS)
			ck_abort_msg("unknown keyword '%s'", name);
		fit &= keywords[k].fits(c, json_object_iter_value(i), value);
	}
	return fit;
}

/* --- What tests call ------------------------------------------------------ */

static json_t *the_schema(void)
{
	json_error_t error;
	json_t *root = json_load_file(SCHEMA, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		ck_abort_msg("%s:%d: %s", SCHEMA, error.line, error.text);
	return root;
}

static const char *complaint(
	const json_t *root, const json_t *record, char out[RECORDS_TEXT])
{
	struct check c = { .root = root };

	if (fits(&c, root, record))
		return NULL;
	memcpy(out, c.first, RECORDS_TEXT);
	return out;
}

const char *records_complaint(const json_t *record, char out[RECORDS_TEXT])
{
	json_t *root = the_schema();
	const char *text = complaint(root, record, out);

	json_decref(root);
	return text;
}

static void check_one(const json_t *root, const json_t *record)
{
	char text[RECORDS_TEXT], *shown = json_dumps(record, JSON_COMPACT);
	const char *why = complaint(root, record, text);

	if (why)
		ck_abort_msg("%.400s is not in " SCHEMA ": %s", shown, why);
	free(shown);
}

void records_check_one(const json_t *record)
{
	json_t *root = the_schema();

	check_one(root, record);
	json_decref(root);
}

/* Records that are made to lead a terminal astray have times of that kind. */
static bool is_hostile(const char *line, size_t len)
{
	return memmem(line, len, "\\u001", 5) != NULL;
}

void records_check(const char *text)
{
	json_t *root = the_schema();

	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		json_t *record = json_loadb(line, len, 0, NULL);

		if (json_is_object(record) && !is_hostile(line, len))
			check_one(root, record);
		json_decref(record);
		line += len + (line[len] ? 1 : 0);
	}
	json_decref(root);
}

/* --- The golden records --------------------------------------------------- */

static char *contents(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);

	ck_assert_msg(file && text, "%s", path);
	ck_assert_uint_lt(fread(text, 1, 65535, file), 65535);
	fclose(file);
	return text;
}

/* What is hostile or newer is not as it should be, on purpose. */
static bool is_meant_so(const char *path)
{
	return !strstr(path, "/hostile.in") && !strstr(path, "/newer.in");
}

START_TEST(golden_records_are_as_the_schema_says)
{
	size_t seen = 0;
	glob_t found;

	ck_assert_int_eq(glob("tests/golden/*.in", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *text;

		if (!is_meant_so(found.gl_pathv[i]))
			continue;
		text = contents(found.gl_pathv[i]);
		records_check(text);
		free(text);
		seen++;
	}
	globfree(&found);
	ck_assert_uint_ge(seen, 5);
}
END_TEST

START_TEST(every_kind_that_is_shown_is_described)
{
	json_t *root = the_schema();
	const char *kind;

	for (size_t i = 0; (kind = render_kind(i)) != NULL; i++) {
		const json_t *there =
			json_object_get(json_object_get(root, "$defs"), kind);
		const char *is = json_string_value(json_object_get(
			json_object_get(
				json_object_get(there, "properties"), "record"),
			"const"));

		ck_assert_msg(is && strcmp(is, kind) == 0,
			"the record '%s' is not in " SCHEMA, kind);
	}
	json_decref(root);
}
END_TEST

/* --- What is wrong is seen ------------------------------------------------ */

static const struct wrong_row {
	const char *line, *why; /* NULL: nothing is */
} wrongs[] = {
	// clang-format off
	{ "{\"ok\":true}", NULL },
	{ "{\"ok\":true,\"code\":4}", "code" },
	{ "{\"ok\":false}", "/ok: is not" },
	{ "{\"ok\":false,\"code\":0,\"error\":\"x\"}", "/code: is too small" },
	{ "{\"ok\":false,\"code\":99,\"error\":\"x\"}", "/code: is too large" },
	{ "{\"ok\":false,\"code\":4,\"error\":\"x\"}", NULL },
	{ "{\"ok\":1}", "/ok: is not" },
	{ "[]", "is no object" },
	{ "7", "is no object" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"weather\"}", "" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"event\",\"time\":\"2026-11-22T16:09:31.042Z\",\"event\":\"ike-up\"}", NULL },
	{ "{\"schema\":\"ipsecd/2\",\"record\":\"event\",\"time\":\"2026-11-22T16:09:31.042Z\",\"event\":\"ike-up\"}", "/schema: is not ipsecd/1" },
	{ "{\"record\":\"event\",\"time\":\"2026-11-22T16:09:31.042Z\",\"event\":\"ike-up\"}", "has no schema" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"event\",\"time\":\"yesterday\",\"event\":\"ike-up\"}", "/time: does not look like that: yesterday" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"event\",\"time\":\"2026-11-22T16:09:31Z\",\"event\":\"ike-up\"}", "/time" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"event\",\"time\":\"2026-11-22T16:09:31.042Z\",\"event\":\"rain\"}", "/event: may not be rain" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"event\",\"time\":\"2026-11-22T16:09:31.042Z\",\"event\":\"ike-up\",\"wind\":1}", "undescribed key wind" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"algorithm\",\"type\":\"PRF\",\"name\":\"x\",\"id\":2,\"weak\":1}", "/weak: is no boolean" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"algorithm\",\"type\":\"PRF\",\"name\":\"x\",\"id\":2.5,\"weak\":true}", "/id: is no integer" },
	/* deep inside */
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"peer\",\"peer\":\"a\",\"state\":\"up\",\"remote\":\"any\",\"last_error\":null,\"tries\":0,\"ike\":[],"
		"\"children\":[{\"name\":\"a\",\"mode\":\"tunnel\",\"local_ts\":[\"dynamic\"],\"remote_ts\":[7]}],\"totals\":{\"failures\":0}}",
		"/children/0/remote_ts/0: is no string" },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"peer\",\"peer\":\"a\",\"state\":\"up\",\"remote\":\"any\",\"last_error\":{\"code\":20,\"name\":\"PEER_UNREACHABLE\"},\"tries\":0,\"ike\":[],"
		"\"children\":[],\"totals\":{\"failures\":0}}",
		"/last_error: has no text" },
	/* a file that is no certificate, and a certificate, but not both */
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"certificate\",\"file\":\"x\",\"error\":\"y\"}", NULL },
	{ "{\"schema\":\"ipsecd/1\",\"record\":\"certificate\",\"file\":\"x\"}", "has no" },
	// clang-format on
};

enum { WRONGS = sizeof(wrongs) / sizeof(wrongs[0]) };

START_TEST(a_wrong_record_is_refused)
{
	const struct wrong_row *row = &wrongs[_i];
	json_t *record = json_loads(row->line, JSON_DECODE_ANY, NULL);
	char text[RECORDS_TEXT];
	const char *why;

	ck_assert_msg(record != NULL, "%s", row->line);
	why = records_complaint(record, text);
	if (row->why)
		ck_assert_msg(why && strstr(why, row->why), "%s: %s", row->line,
			why ? why : "nothing is wrong");
	else
		ck_assert_msg(!why, "%s: %s", row->line, why);
	json_decref(record);
}
END_TEST

SUITE(records)
{
	test(golden_records_are_as_the_schema_says);
	test(every_kind_that_is_shown_is_described);
	loop_test(a_wrong_record_is_refused, WRONGS);
}

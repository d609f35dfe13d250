/* yaml.c - what a configuration file may not be.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct parsed {
	struct source source;
	struct node *root;
	struct config_errors errors;
	char *shown;
};

static struct parsed parse_bytes(const void *text, size_t len)
{
	struct parsed p = { .root = NULL };
	size_t shown_len;
	FILE *out;

	if (source_of_text("f", bytes_of(text, len), &p.source, &p.errors))
		p.root = node_parse(&p.source, &p.errors);
	out = open_memstream(&p.shown, &shown_len);
	config_errors_print(&p.errors, out);
	fclose(out);
	return p;
}

static struct parsed parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void forget(struct parsed *p)
{
	node_free(p->root);
	source_clear(&p->source);
	config_errors_clear(&p->errors);
	free(p->shown);
}

/* --- Errors, as people read them ------------------------------------------- */

/* clang-format off */
static const struct {
	const char *text, *shown;
} refused[] = {
	{ "peers:\n\tbranch:\n", "f:2:1: error: a tab in the indentation\n"
		"  2 |  branch:\n"
		"    | ^  YAML indents with spaces only\n" },
	{ "peers:\n  b:\n  \tremote: any\n", "f:3:3: error: a tab in the indentation\n"
		"  3 |    remote: any\n"
		"    |   ^  YAML indents with spaces only\n" },
	{ "peers:\n  b:\n    remote: %any\n", "f:3:13: error: a value cannot start so\n"
		"  3 |     remote: %any\n"
		"    |             ^  quote it; any address is 'any'\n" },
	{ "local_id: @east\n", "f:1:11: error: a value cannot start so\n"
		"  1 | local_id: @east\n"
		"    |           ^  quote it, or write fqdn:NAME\n" },
	{ "a: `b`\n", "f:1:4: error: a value cannot start so\n"
		"  1 | a: `b`\n"
		"    |    ^  quote it\n" },
	{ "remote_id: *.example.com\n", "f:1:12: error: a value cannot start so\n"
		"  1 | remote_id: *.example.com\n"
		"    |            ^  quote it: \"*.example.com\"\n" },
	{ "remote: *any\n", "f:1:9: error: an alias, '*any'\n"
		"  1 | remote: *any\n"
		"    |         ^~~~  write any without '*'\n" },
	{ "a: &x b\n", "f:1:4: error: an anchor, '&x'\n"
		"  1 | a: &x b\n"
		"    |    ^~~~  write it out, or use 'defaults'\n" },
	{ "a: !!binary b\n", "f:1:4: error: a tag, 'tag:yaml.org,2002:binary'\n"
		"  1 | a: !!binary b\n"
		"    |    ^~~~~~~~~~  quote it if it is text\n" },
	{ "<<: b\n", "f:1:1: error: a merge key\n"
		"  1 | <<: b\n"
		"    | ^~  write it out, or use 'defaults'\n" },
	{ "a: 1\nb: 2\na: 3\n", "f:3:1: error: duplicate key 'a'\n"
		"  3 | a: 3\n"
		"    | ^  it stands on line 1 already\n" },
	{ "a: 1\n---\nb: 2\n", "f:2:1: error: a second document\n"
		"  2 | ---\n"
		"    | ^~~  one document a file\n" },
	{ "- a\n", "f:1:1: error: a configuration is a map of keys\n"
		"  1 | - a\n"
		"    | ^  it starts like 'peers:'\n" },
	{ "? [a]\n: b\n", "f:1:3: error: a key must be a word\n"
		"  1 | ? [a]\n"
		"    |   ^  such as remote: 192.0.2.1\n" },
	{ "a: [::1]\n", "f:1:5: error: a value was expected\n"
		"  1 | a: [::1]\n"
		"    |     ^  quote it: \"::1\"\n" },
	{ "a: b: c\n", "f:1:5: error: a ':' that belongs to no key\n"
		"  1 | a: b: c\n"
		"    |     ^  quote values that hold ': '\n" },
	{ "a:\n  b:c\n  d: e\n", "f:3:4: error: a ':' that belongs to no key\n"
		"  3 |   d: e\n"
		"    |    ^  does the line before lack ': ' after its key?\n" },
	{ "a:\n   b: 1\n  c: 2\n", "f:3:3: error: this stands where a key was expected\n"
		"  3 |   c: 2\n"
		"    |   ^  the keys of one map start in one column\n" },
	{ "a: [b, c\nd: e\n", "f:1:4: error: a list without ',' or ']'\n"
		"  1 | a: [b, c\n"
		"    |    ^  quote values that hold ':', ',', '[' or '{'\n" },
	{ "a: \"b\nc: d\n", "f:1:4: error: a quotation mark without its end\n"
		"  1 | a: \"b\n"
		"    |    ^  quote all of the value, or nothing of it\n" },
	{ "a: \"b\\0c\"\n", "f:1:4: error: a NUL character\n"
		"  1 | a: \"b\\0c\"\n"
		"    |    ^~~~~~  no value can hold one\n" },
	{ "\xc3\xa4: \xff\n", "f:1:4: error: not UTF-8: octet 0xff\n"
		"  1 | \xc3\xa4: ?\n"
		"    |    ^  configuration files are UTF-8\n" },
	{ "\xc3\xa4: %any\n", "f:1:4: error: a value cannot start so\n"
		"  1 | \xc3\xa4: %any\n"
		"    |    ^  quote it; any address is 'any'\n" },
	{ "a: \xc0\xaf\n", "f:1:4: error: not UTF-8: octet 0xc0\n"
		"  1 | a: ??\n"
		"    |    ^  configuration files are UTF-8\n" },
	{ "a: b\x1b[2J\n", "f:1:5: error: a control character, U+001B\n"
		"  1 | a: b [2J\n"
		"    |     ^  delete it: it cannot be seen\n" },
	{ "a: b\rc: d\n", "f:1:5: error: a control character, U+000D\n"
		"  1 | a: b c: d\n"
		"    |     ^  lines end in LF, or CR and LF\n" },
	{ "a: \xe2\x80\xa8z\n", "f:1:4: error: a control character, U+2028\n"
		"  1 | a:  z\n"
		"    |    ^  delete it: it cannot be seen\n" },
	/* A secret is not shown with somebody else's error. */
	{ "a: {s: \"text:abc\", s: 2}\n", "f:1:20: error: duplicate key 's'\n"
		"  1 | a: {s: \"text:***********\n"
		"    |                    ^  it stands on line 1 already\n" },
};
/* clang-format on */

START_TEST(refuses_in_words)
{
	struct parsed p = parse(refused[_i].text);

	ck_assert_str_eq(p.shown, refused[_i].shown);
	forget(&p);
}
END_TEST

START_TEST(several_errors_are_all_reported)
{
	struct parsed p = parse(
		"a: &x 1\nb: *x\n<<: 3\nc: !t 4\nb: 5\nd: {e: 1, e: 2}\n");

	ck_assert_uint_eq(p.errors.errors, 6);
	ck_assert_ptr_nonnull(p.root);
	forget(&p);
}
END_TEST

START_TEST(keeps_fifty_errors)
{
	char text[4096] = "";

	for (int i = 0; i < 60; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"k%d: *a\n", i);
	struct parsed p = parse(text);

	ck_assert_uint_eq(p.errors.errors, 60);
	ck_assert_uint_eq(p.errors.count, CONFIG_MAX_ERRORS);
	ck_assert_ptr_nonnull(strstr(p.shown, "\nand 10 more, not shown\n"));
	forget(&p);
}
END_TEST

/* --- What is taken ----------------------------------------------------------- */

START_TEST(makes_a_tree)
{
	struct parsed p =
		parse("a: {b: [c, \"d\"], e: f}\ng:\n  h: |\n    i\n");
	struct node *list = node_get(node_get(p.root, "a"), "b");

	ck_assert_str_eq(p.shown, "");
	ck_assert_int_eq(list->kind, NODE_LIST);
	ck_assert_str_eq(list->first->text, "c");
	ck_assert(list->first->plain);
	ck_assert_str_eq(list->last->text, "d");
	ck_assert(!list->last->plain);
	ck_assert_uint_eq(list->last->at.line, 1);
	ck_assert_uint_eq(list->last->at.column, 12);
	ck_assert_uint_eq(list->last->at.width, 3);
	ck_assert_str_eq(node_get(node_get(p.root, "g"), "h")->text, "i\n");
	ck_assert_ptr_null(node_get(p.root, "h"));
	ck_assert_uint_eq(node_get(p.root, "g")->key_at.line, 2);
	forget(&p);
}
END_TEST

START_TEST(takes_nothing_and_line_ends)
{
	static const char *const texts[] = { "", "# comment\n", "---\n...\n",
		"\xef\xbb\xbfx: b\r\nc: d\r\n", "a:\n",
		"%YAML 1.1\n---\na: b\n", "a: b" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct parsed p = parse(texts[i]);

		ck_assert_str_eq(p.shown, "");
		ck_assert_int_eq(p.root->kind, NODE_MAP);
		forget(&p);
	}
}
END_TEST

START_TEST(places_parts_of_words)
{
	struct parsed p = parse("\xc3\xa4: one-two\nb: 'one-two'\n");
	struct place part = node_part(p.root->first, 4, 3);

	ck_assert_uint_eq(part.column, 8);
	ck_assert_uint_eq(part.width, 3);
	part = node_part(p.root->last, 4, 3); /* quoted: the whole */
	ck_assert_uint_eq(part.column, 4);
	ck_assert_uint_eq(part.width, 9);
	forget(&p);
}
END_TEST

START_TEST(survives_every_truncation)
{
	static const char text[] =
		"# a\npeers:\n  b: {c: [\"d\\x41\", 'e', &f g, *f], <<: h}\n"
		"  ? !i j\n  : |\n    k\n    l\n---\nm: >-\n  n\n\xc3\xa4: o\n";

	for (size_t i = 0; i < sizeof(text); i++) {
		struct parsed p = parse_bytes(text, i);

		forget(&p);
	}
}
END_TEST

/* --- N50: hostile files -------------------------------------------------------- */

static char *repeat(const char *what, size_t times, const char *end)
{
	size_t len = strlen(what);
	char *text = calloc(1, len * times + strlen(end) + 1);

	for (size_t i = 0; i < times; i++)
		memcpy(text + i * len, what, len);
	memcpy(text + len * times, end, strlen(end));
	return text;
}

#define TOO_DEEP "no key of a configuration is so deep"
#define SPLIT    "split it: peers.d/*.yaml and include are merged"

/* All of the first line, and the end: what is in between is a long line. */
static void refused_with(char *text, const char *beginning, const char *hint)
{
	struct parsed p = parse(text);

	ck_assert_msg(strncmp(p.shown, beginning, strlen(beginning)) == 0,
		"%.200s", p.shown);
	ck_assert_str_eq(p.errors.list[0].hint, hint);
	ck_assert_ptr_null(p.root);
	ck_assert_uint_eq(p.errors.errors, 1);
	free(text);
	forget(&p);
}

START_TEST(n50_nesting_of_100000)
{
	refused_with(repeat("[", 100000, ""),
		"f:1:17: error: nested more than 16 deep\n", TOO_DEEP);
	refused_with(repeat("{a: ", 100000, ""),
		"f:1:62: error: nested more than 16 deep\n", TOO_DEEP);
	refused_with(repeat("- ", 100000, ""),
		"f:1:33: error: nested more than 16 deep\n", TOO_DEEP);
	refused_with(repeat("? ", 100000, ""),
		"f:1:33: error: nested more than 16 deep\n", TOO_DEEP);
}
END_TEST

START_TEST(n50_alias_bomb)
{
	char text[2048] = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";

	for (int i = 1; i < 10; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n",
			i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
			i - 1);
	struct parsed p = parse(text);

	ck_assert_uint_eq(p.errors.errors, 10 + 9 * 8);
	ck_assert_uint_eq(p.errors.list[0].line, 1);
	forget(&p);
}
END_TEST

START_TEST(n50_alias_to_itself)
{
	struct parsed p = parse("a: &a [*a]\n");

	ck_assert_uint_eq(p.errors.errors, 2);
	forget(&p);
}
END_TEST

START_TEST(n50_huge_scalar)
{
	refused_with(repeat("x", (1 << 20) + 1, ""),
		"f:1:1048578: error: larger than 1024 KiB\n", SPLIT);
	refused_with(repeat("a: b\n", 300000, ""),
		"f:209716:3: error: larger than 1024 KiB\n", SPLIT);
}
END_TEST

START_TEST(n50_nul)
{
	struct parsed p = parse_bytes("a: b\nc: d\0e\n", 12);

	ck_assert_str_eq(p.shown, "f:2:5: error: a NUL character\n"
				  "  2 | c: d e\n"
				  "    |     ^  is it a text file?\n");
	ck_assert_ptr_null(p.root);
	forget(&p);
}
END_TEST

START_TEST(n50_many_values)
{
	char *list = repeat(" b,", 300000, "]\n");

	list[0] = '[';
	refused_with(
		list, "f:1:786424: error: more than 262144 values\n", SPLIT);
}
END_TEST

START_TEST(n50_duplicates)
{
	char *text = calloc(1, 1 << 20);
	size_t len = 0;
	time_t begin = time(NULL);

	for (unsigned int i = 0; i < 60000; i++)
		len += (size_t)snprintf(text + len, 32, "k%u: 1\n", i % 50000);
	struct parsed p = parse(text);

	ck_assert_uint_eq(p.errors.errors, 10000);
	ck_assert_uint_eq(p.errors.list[0].line, 50001);
	ck_assert(time(NULL) - begin < 60); /* hang guard */
	free(text);
	forget(&p);
}
END_TEST

SUITE(yaml)
{
	loop_test(refuses_in_words, sizeof(refused) / sizeof(refused[0]));
	test(several_errors_are_all_reported);
	test(keeps_fifty_errors);
	test(makes_a_tree);
	test(takes_nothing_and_line_ends);
	test(places_parts_of_words);
	test(survives_every_truncation);
	test(n50_nesting_of_100000);
	test(n50_alias_bomb);
	test(n50_alias_to_itself);
	test(n50_huge_scalar);
	test(n50_nul);
	test(n50_many_values);
	test(n50_duplicates);
}

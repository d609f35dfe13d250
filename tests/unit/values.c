/* values.c - words of the configuration as values.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/values.h"

#include <stdio.h>
#include <stdlib.h>

/* --- Plain values ---------------------------------------------------------- */

/* clang-format off */
static const struct { const char *text; uint64_t ms; } durations[] = {
	{ "0", 0 }, { "90", 90000 }, { "90s", 90000 }, { "1m", 60000 },
	{ "1h30m", 5400000 }, { "7d", 604800000 }, { "1w", 604800000 },
	{ "1d2h3m4s5ms", 93784005 }, { "500ms", 500 }, { "2s500ms", 2500 },
	{ "4294967295", 4294967295000 },
};
/* clang-format on */
static const char *const no_durations[] = { "", "s", "-1", "+1", "1.5s", "1 s",
	"1h30", "30m1h", "1s1s", "1x", "1ss", "never", "4294967296",
	"99999999999999999999999", "1m1ms1s" };

START_TEST(reads_durations)
{
	uint64_t ms;

	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		ck_assert_msg(value_duration(durations[i].text, &ms), "%s",
			durations[i].text);
		ck_assert_uint_eq(ms, durations[i].ms);
	}
	for (size_t i = 0; i < sizeof(no_durations) / sizeof(no_durations[0]);
		i++)
		ck_assert_msg(!value_duration(no_durations[i], &ms), "%s",
			no_durations[i]);
}
END_TEST

/* clang-format off */
static const struct { const char *text; uint64_t bytes; } sizes[] = {
	{ "0", 0 }, { "4096", 4096 }, { "1KiB", 1024 }, { "512MiB", 536870912 },
	{ "10GiB", 10737418240 }, { "2TiB", 2199023255552 },
	{ "1EiB", 1152921504606846976 }, { "15EiB", 17293822569102704640U },
};
/* clang-format on */
static const char *const no_sizes[] = { "", "KiB", "-1", "1.5GiB", "1 KiB",
	"1kiB", "1KB", "1K", "1Ki", "1KiBs", "1iB", "1B", "16EiB",
	"99999999999PiB", "99999999999999999999999" };

START_TEST(reads_sizes)
{
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ck_assert_msg(
			value_size(sizes[i].text, &bytes), "%s", sizes[i].text);
		ck_assert_uint_eq(bytes, sizes[i].bytes);
	}
	for (size_t i = 0; i < sizeof(no_sizes) / sizeof(no_sizes[0]); i++)
		ck_assert_msg(
			!value_size(no_sizes[i], &bytes), "%s", no_sizes[i]);
}
END_TEST

START_TEST(reads_numbers_and_truth)
{
	uint64_t n;
	bool yes = false;

	ck_assert(value_number("0", &n) && n == 0);
	ck_assert(value_number("007", &n) && n == 7);
	ck_assert(value_number("999999999999999999", &n));
	ck_assert(!value_number("1000000000000000000", &n));
	ck_assert(!value_number("", &n) && !value_number("-1", &n) &&
		  !value_number("0x10", &n) && !value_number("1 ", &n));
	ck_assert(value_bool("yes", &yes) && yes);
	ck_assert(value_bool("True", &yes) && yes);
	ck_assert(value_bool("OFF", &yes) && !yes);
	ck_assert(!value_bool("1", &yes) && !value_bool("", &yes) &&
		  !value_bool("y", &yes));
}
END_TEST

/* --- Lists ------------------------------------------------------------------- */

enum what { SELECTORS, PLACES, ADDRESSES };

static void show_selectors(
	const struct node *value, struct config_errors *errors, FILE *out)
{
	struct ike_selector list[MAX_SELECTORS];
	char text[IKE_SELECTOR_SIZE];
	uint8_t count;

	if (!value_selectors(value, list, &count, errors))
		return;
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s;", ike_selector_text(&list[i], text));
}

static void show_places(
	const struct node *value, struct config_errors *errors, FILE *out)
{
	char first[IKE_ADDR_SIZE], last[IKE_ADDR_SIZE];
	struct ike_side side = { 0 };

	if (!value_places(value, &side, errors))
		return;
	if (side.place_count == 0)
		fprintf(out, "any;");
	for (size_t i = 0; i < side.place_count; i++) {
		const struct ike_place *p = &side.places[i];

		if (p->kind == IKE_PLACE_NAME)
			fprintf(out, "name %s;", p->name);
		else
			fprintf(out, "%s-%s;", ike_addr_text(&p->first, first),
				ike_addr_text(&p->last, last));
	}
}

static void show_addresses(
	const struct node *value, struct config_errors *errors, FILE *out)
{
	struct ike_addr list[4];
	char text[IKE_ADDR_SIZE];
	uint8_t count;

	if (!value_addresses(value, list, 4, &count, errors))
		return;
	if (count == 0)
		fprintf(out, "any;");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s;", ike_addr_text(&list[i], text));
}

/* What "v: YAML" is as text, or its errors; to be freed. */
static char *read_as(enum what what, const char *yaml)
{
	struct config_errors errors = { 0 };
	struct source source;
	struct node *root;
	char text[1024], *shown;
	size_t len;
	FILE *out = open_memstream(&shown, &len);

	snprintf(text, sizeof(text), "v: %s\n", yaml);
	ck_assert(source_of_text(
		"f", bytes_of(text, strlen(text)), &source, &errors));
	root = node_parse(&source, &errors);
	ck_assert_ptr_nonnull(root);
	switch (what) {
	case SELECTORS:
		show_selectors(node_get(root, "v"), &errors, out);
		break;
	case PLACES:
		show_places(node_get(root, "v"), &errors, out);
		break;
	case ADDRESSES:
		show_addresses(node_get(root, "v"), &errors, out);
		break;
	}
	for (size_t i = 0; i < errors.count; i++)
		fprintf(out, "%u+%u %s%s%s;", errors.list[i].column,
			errors.list[i].width, errors.list[i].text,
			errors.list[i].hint ? " / " : "",
			errors.list[i].hint ? errors.list[i].hint : "");
	fclose(out);
	config_errors_clear(&errors);
	node_free(root);
	source_clear(&source);
	return shown;
}

#define FORTY     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG_WORD FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY

/* clang-format off */
static const struct {
	enum what what;
	const char *yaml, *shown;
} lists[] = {
	{ SELECTORS, "10.1.0.0/16", "10.1.0.0/16;" },
	{ SELECTORS, "[0.0.0.0/0, \"::/0\"]", "0.0.0.0/0;::/0;" },
	{ SELECTORS, "10.0.0.1", "10.0.0.1/32;" },
	{ SELECTORS, "10.0.0.1-10.0.0.9 udp", "10.0.0.1-10.0.0.9 udp;" },
	{ SELECTORS, "2001:db8::/32 tcp/80", "2001:db8::/32 tcp/80;" },
	{ SELECTORS, "10.0.0.0/8  tcp/80-90 ", "10.0.0.0/8 tcp/80-90;" },
	{ SELECTORS, "dynamic", "dynamic;" },
	{ SELECTORS, "dynamic TCP/22", "dynamic tcp/22;" },
	{ SELECTORS, "dynamic ipv6-icmp", "dynamic icmpv6;" },
	{ SELECTORS, "dynamic 47", "dynamic gre;" },
	{ SELECTORS, "dynamic 6/0", "dynamic tcp/0;" },
	{ SELECTORS, "dynamic tcp/0-65535", "dynamic tcp;" },
	{ SELECTORS, "10.1.2.3/16", "4+11 '10.1.2.3/16' has host bits set / did you mean '10.1.0.0/16'?;" },
	{ SELECTORS, "\"2001:db8::1/64\"", "4+16 '2001:db8::1/64' has host bits set / did you mean '2001:db8::/64'?;" },
	{ SELECTORS, "[10.0.0.1/0, 10.1.1.1/31]",
		"5+10 '10.0.0.1/0' has host bits set / did you mean '0.0.0.0/0'?;"
		"17+11 '10.1.1.1/31' has host bits set / did you mean '10.1.1.0/31'?;" },
	{ SELECTORS, "10.0.0.0/33", "4+11 '/33' is no prefix length / a number of bits, 0 to 32;" },
	{ SELECTORS, "fd00::/129", "4+10 '/129' is no prefix length / a number of bits, 0 to 128;" },
	{ SELECTORS, "10.0.0.0/", "4+9 '/' is no prefix length / a number of bits, 0 to 32;" },
	{ SELECTORS, "10.0.0.9-10.0.0.1", "4+17 the range ends before it begins / FIRST-LAST, both IPv4 or both IPv6;" },
	{ SELECTORS, "10.0.0.9-fd00::1", "4+16 a range from one family to the other / FIRST-LAST, both IPv4 or both IPv6;" },
	{ SELECTORS, "x-10.0.0.9", "4+10 'x' is no address / names do not go here;" },
	{ SELECTORS, "\"[fd00::1]\"", "4+11 '[fd00::1]' is no address / without the brackets;" },
	{ SELECTORS, "10.0.0.9-x", "4+10 'x' is no address / names do not go here;" },
	{ SELECTORS, "300.0.0.0/8", "4+11 '300.0.0.0' is no address;" },
	{ SELECTORS, "any", "4+3 'any' is no address / any address is 0.0.0.0/0 and \"::/0\";" },
	{ SELECTORS, "10.0.0.0/8 tpc/80", "15+6 unknown protocol 'tpc' / did you mean 'tcp'?;" },
	{ SELECTORS, "10.0.0.0/8 256", "15+3 unknown protocol '256';" },
	{ SELECTORS, "10.0.0.0/8 icmp/8", "15+6 this protocol has no ports / the protocol alone, without '/PORT';" },
	{ SELECTORS, "10.0.0.0/8 tcp/65536", "15+9 '65536' is no port / a port or a range, such as tcp/80-89;" },
	{ SELECTORS, "10.0.0.0/8 tcp/9-8", "15+7 '9-8' is no port / a port or a range, such as tcp/80-89;" },
	{ SELECTORS, "10.0.0.0/8 tcp/", "15+4 '' is no port / a port or a range, such as tcp/80-89;" },
	{ SELECTORS, "10.0.0.0/8 tcp 80", "4+17 more than a network and a protocol / NET [PROTO[/PORT[-PORT]]];" },
	{ SELECTORS, "[]", "4+1 the list is empty / or leave the key out;" },
	{ SELECTORS, "", "1+1 a value is missing / or leave the key out;" },
	{ SELECTORS, "[10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8,"
		" 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8, 10.0.0.9]",
		"165+8 more than 16 selectors / a range is one of them; or a second child;" },

	{ SELECTORS, LONG_WORD, "4+320 too long for an address / an address, a network, or FIRST-LAST;" },
	{ SELECTORS, "10.0.0.0/8 " LONG_WORD, "15+320 too long for a protocol / NET [PROTO[/PORT[-PORT]]];" },

	{ PLACES, "any", "any;" },
	{ PLACES, "192.0.2.1", "192.0.2.1-192.0.2.1;" },
	{ PLACES, "2001:db8::1", "2001:db8::1-2001:db8::1;" },
	{ PLACES, "192.0.2.0/24", "192.0.2.0-192.0.2.255;" },
	{ PLACES, "192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9;" },
	{ PLACES, "vpn.example.com", "name vpn.example.com;" },
	{ PLACES, "gate-1", "name gate-1;" },
	{ PLACES, "[a.example, 192.0.2.1]", "name a.example;192.0.2.1-192.0.2.1;" },
	{ PLACES, "[a, any]", "8+3 'any' in a list with others / alone it holds all others;" },
	{ PLACES, "0.0.0.0", "4+7 '0.0.0.0' is nobody's address / any address is 'any';" },
	{ PLACES, "\"%any\"", "4+6 '%any' is no address and no name / any address is 'any';" },
	{ PLACES, "\"[2001:db8::1]\"", "4+15 '[2001:db8::1]' is no address and no name / without the brackets;" },
	{ PLACES, "192.0.2.1:500", "4+13 '192.0.2.1:500' is no address and no name / a port goes into {address: .., port: ..};" },
	{ PLACES, "192.0.2", "4+7 '192.0.2' is no address and no name;" },
	{ PLACES, "\"a,b\"", "4+5 'a,b' is no address and no name / a list is [one, two];" },
	{ PLACES, "a..b", "4+4 'a..b' is no address and no name;" },
	{ PLACES, "-a", "4+2 '-a' is no address and no name;" },
	{ PLACES, "a b", "4+3 'a b' is no address and no name;" },
	{ PLACES, "192.0.2.7/24", "4+12 '192.0.2.7/24' has host bits set / did you mean '192.0.2.0/24'?;" },
	{ PLACES, "[a, b, c, d, e, f, g, h, i]", "29+1 more than 8 addresses or names / a network or a range is one of them;" },

	{ ADDRESSES, "any", "any;" },
	{ ADDRESSES, "[192.0.2.1, \"::1\"]", "192.0.2.1;::1;" },
	{ ADDRESSES, "a.example", "4+9 'a.example' is no address / names do not go here;" },
	{ ADDRESSES, "[1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5]", "41+7 more than 4 addresses / 'any' is all there are;" },
};
/* clang-format on */

START_TEST(reads_lists)
{
	char *shown = read_as(lists[_i].what, lists[_i].yaml);

	ck_assert_str_eq(shown, lists[_i].shown);
	free(shown);
}
END_TEST

START_TEST(long_words_are_refused)
{
	char text[700] = "";

	for (size_t len = 240; len < 600; len += 13) {
		memset(text, 'a', len);
		text[len] = '\0';
		for (enum what what = SELECTORS; what <= ADDRESSES; what++) {
			char *shown = read_as(what, text);

			ck_assert_msg(
				strncmp(shown, "name", 4) != 0, "%zu", len);
			free(shown);
		}
	}
}
END_TEST

SUITE(values)
{
	test(reads_durations);
	test(reads_sizes);
	test(reads_numbers_and_truth);
	loop_test(reads_lists, sizeof(lists) / sizeof(lists[0]));
	test(long_words_are_refused);
}

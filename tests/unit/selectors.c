/* selectors.c - tests of ikev2/selectors.c (RFC 7296 section 2.9).
 * SPDX-License-Identifier: ISC
 *
 * Selectors are written as ike_selector_text shows them: "10.1.0.0/16 tcp/80",
 * "10.0.0.1-10.0.0.9", and several with "," between them.
 */
#include "ikev2/selectors.h"

#include "ikev2/identity.h"
#include "tests/chain.h"
#include "tests/suite.h"

static void parse_ports(const char *text, struct ike_selector *s)
{
	unsigned int start = 0, end = 65535;
	char name[16] = "", opaque[16] = "";
	int n = sscanf(text, "%15[a-z0-9]/%u-%u", name, &start, &end);

	if (n == 2)
		end = start;
	if (sscanf(text, "%15[a-z0-9]/%15[a-z]", name, opaque) == 2) {
		start = 65535;
		end = 0;
	}
	s->protocol = strcmp(name, "tcp") == 0    ? 6
		      : strcmp(name, "udp") == 0  ? 17
		      : strcmp(name, "icmp") == 0 ? 1
						  : 0;
	s->start_port = (uint16_t)start;
	s->end_port = (uint16_t)end;
}

/* Set the octets of end beyond the prefix to ones. */
static void widen(struct ike_selector *s, unsigned int prefix)
{
	for (unsigned int i = prefix; i < 8 * ike_addr_len(s->family); i++)
		s->end[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static struct ike_selector one(const char *text)
{
	struct ike_selector s = { .end_port = 65535 };
	char start[64] = "", end[64] = "", ports[64] = "";
	struct ike_addr first, last;
	unsigned int prefix;

	if (sscanf(text, "dynamic %63[^,]", ports) == 1)
		parse_ports(ports, &s);
	if (strncmp(text, "dynamic", 7) == 0)
		return s;
	if (sscanf(text, "%63[0-9a-f.:]/%u %63[^,]", start, &prefix, ports) >=
		2) {
		ck_assert(identity_parse_addr(start, &first));
		last = first;
		s.family = first.family;
		memcpy(s.end, last.octets, sizeof(s.end));
		widen(&s, prefix);
	} else {
		ck_assert_int_ge(
			sscanf(text, "%63[0-9a-f.:]-%63[0-9a-f.:] %63[^,]",
				start, end, ports),
			2);
		ck_assert(identity_parse_addr(start, &first));
		ck_assert(identity_parse_addr(end, &last));
		s.family = first.family;
		memcpy(s.end, last.octets, sizeof(s.end));
	}
	memcpy(s.start, first.octets, sizeof(s.start));
	if (ports[0])
		parse_ports(ports, &s);
	return s;
}

static struct selectors several(const char *text)
{
	struct selectors list = { 0 };

	while (text && *text) {
		ck_assert_uint_lt(list.count, MAX_SELECTORS);
		text += strspn(text, " ");
		list.list[list.count++] = one(text);
		text = strchr(text, ',');
		text = text ? text + 1 : NULL;
	}
	return list;
}

static void say(const struct selectors *list, char *out, size_t size)
{
	char text[IKE_SELECTOR_SIZE];
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
			i ? ", " : "", ike_selector_text(&list->list[i], text));
}

/* --- Two selectors -------------------------------------------------------- */

START_TEST(what_two_have_in_common)
{
	static const struct {
		const char *a, *b, *both; /* NULL: nothing */
	} rows[] = {
		{ "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16" },
		{ "10.0.0.0/8", "11.0.0.0/8", NULL },
		{ "10.0.0.1-10.0.0.9", "10.0.0.5-10.0.0.20",
			"10.0.0.5-10.0.0.9" },
		{ "10.0.0.1-10.0.0.9", "10.0.0.9-10.0.0.20", "10.0.0.9/32" },
		{ "10.0.0.1-10.0.0.9", "10.0.0.10-10.0.0.20", NULL },
		{ "0.0.0.0/0", "::/0", NULL },
		{ "fd00::/8", "fd00:1::/32", "fd00:1::/32" },
		{ "::/0", "fd00::1-fd00::5", "fd00::1-fd00::5" },
		{ "10.0.0.0/8 tcp", "10.0.0.0/8", "10.0.0.0/8 tcp" },
		{ "10.0.0.0/8 tcp", "10.0.0.0/8 udp", NULL },
		{ "10.0.0.0/8 tcp/80", "10.0.0.0/8", "10.0.0.0/8 tcp/80" },
		{ "10.0.0.0/8 tcp/80", "10.0.0.0/8 tcp", "10.0.0.0/8 tcp/80" },
		{ "10.0.0.0/8 tcp/80", "10.0.0.0/8 tcp/81", NULL },
		{ "10.0.0.0/8 tcp/1-80", "10.0.0.0/8 tcp/80-90",
			"10.0.0.0/8 tcp/80" },
		{ "10.0.0.0/8 any/53", "10.0.0.0/8 udp", "10.0.0.0/8 udp/53" },
		{ "10.0.0.0/8 tcp/opaque", "10.0.0.0/8 tcp/opaque",
			"10.0.0.0/8 tcp/opaque" },
		{ "10.0.0.0/8 tcp/opaque", "10.0.0.0/8",
			"10.0.0.0/8 tcp/opaque" },
		{ "10.0.0.0/8 tcp/opaque", "10.0.0.0/8 tcp/80", NULL },
		{ "10.0.0.0/8 tcp/opaque", "10.0.0.0/8 tcp/0", NULL },
		{ "10.0.0.0/8 tcp/opaque", "10.0.0.0/8 tcp/1-65535", NULL },
		{ "dynamic", "10.0.0.0/8", NULL },
		{ "dynamic", "dynamic", NULL },
	};
	char text[IKE_SELECTOR_SIZE];

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const bool swap = i % 2;
		struct ike_selector a = one(rows[i / 2].a);
		struct ike_selector b = one(rows[i / 2].b);
		struct ike_selector both;
		bool met = selector_meet(swap ? &b : &a, swap ? &a : &b, &both);

		ck_assert_msg(met == (rows[i / 2].both != NULL), "%s and %s",
			rows[i / 2].a, rows[i / 2].b);
		if (met)
			ck_assert_str_eq(ike_selector_text(&both, text),
				rows[i / 2].both);
	}
}
END_TEST

START_TEST(one_within_another)
{
	static const struct {
		const char *a, *b;
		bool within;
	} rows[] = {
		{ "10.1.0.0/16", "10.0.0.0/8", true },
		{ "10.0.0.0/8", "10.1.0.0/16", false },
		{ "10.0.0.0/8", "10.0.0.0/8", true },
		{ "10.0.0.0/8 tcp", "10.0.0.0/8", true },
		{ "10.0.0.0/8", "10.0.0.0/8 tcp", false },
		{ "10.0.0.0/8 tcp/80", "10.0.0.0/8 tcp/1-100", true },
		{ "10.0.0.0/8 tcp/1-100", "10.0.0.0/8 tcp/80", false },
		{ "10.0.0.0/8 tcp/opaque", "10.0.0.0/8", true },
		{ "10.0.0.0/8", "10.0.0.0/8 tcp/opaque", false },
		{ "10.0.0.1/32", "::/0", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_selector a = one(rows[i].a), b = one(rows[i].b);

		ck_assert_msg(selector_within(&a, &b) == rows[i].within,
			"%s in %s", rows[i].a, rows[i].b);
		ck_assert(selector_equal(&a, &a) && selector_equal(&b, &b));
	}
}
END_TEST

/* --- On the wire ---------------------------------------------------------- */

static const char *wire_text;

static void build(struct chain *c)
{
	const struct selectors list = several(wire_text);

	selectors_write(c, PAYLOAD_TSR, &list);
}

START_TEST(reads_what_it_writes)
{
	static const char *const rows[] = {
		"10.1.0.0/16",
		"10.1.0.0/16, 10.2.0.0/16 tcp/80, fd00::/8 udp/1-9",
		"0.0.0.0/0 tcp/opaque, ::/0",
		"10.0.0.1-10.0.0.9, fd00::1-fd00::5 icmp",
	};
	struct selectors back, list;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message m;
		struct built b;

		wire_text = rows[i];
		b = build_of(build);
		ck_assert_int_eq(read_built(&m, &b), IKE_OK);
		selectors_read(&m.tsr, &back);
		list = several(rows[i]);
		ck_assert(selectors_equal(&list, &back));
		back.list[0].protocol ^= 1;
		ck_assert(!selectors_equal(&list, &back));
		back.count--;
		ck_assert(!selectors_equal(&list, &back));
		free(b.at);
	}
}
END_TEST

/* N30: 255 selectors: the first that we can keep; unknown types between. */
START_TEST(n30_more_than_we_keep)
{
	uint8_t body[4 + 255 * 16] = { 255 };
	struct selectors list;
	struct message m;
	struct built b;

	for (size_t i = 0; i < 255; i++) {
		uint8_t *at = body + 4 + 16 * i;

		memcpy(at, (uint8_t[]){ 7, 0, 0, 16, 0, 0, 255, 255 }, 8);
		at[0] = i % 3 == 0 ? 200 : 7;
		at[11] = at[15] = (uint8_t)i;
	}
	b = built_body(PAYLOAD_TSI, bytes_of(body, sizeof(body)));
	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	selectors_read(&m.tsi, &list);
	ck_assert_uint_eq(list.count, MAX_SELECTORS);
	ck_assert_uint_eq(list.list[0].start[3], 1);
	ck_assert_uint_eq(list.list[1].start[3], 2);
	ck_assert_uint_eq(list.list[2].start[3], 4);
	free(b.at);
}
END_TEST

/* N30: nothing but unknown types is nothing at all. */
START_TEST(n30_only_unknown_types)
{
	struct built b = built_body(PAYLOAD_TSI, hex("01000000 00000004"));
	struct selectors list, ours = several("0.0.0.0/0, ::/0"), out;
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	selectors_read(&m.tsi, &list);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_int_eq(selectors_narrow(&ours, &list, &out), TS_UNACCEPTABLE);
	ck_assert_int_eq(selectors_check(&ours, &list), TS_UNACCEPTABLE);
	free(b.at);
}
END_TEST

START_TEST(dynamic_becomes_the_address)
{
	const struct selectors configured =
		several("dynamic, 10.0.0.0/8 tcp, dynamic udp/1-9");
	struct ike_addr addr, none = { 0 };
	struct selectors out;
	char text[512];

	ck_assert(identity_parse_addr("192.0.2.1", &addr));
	selectors_resolve(configured.list, configured.count, &addr, &out);
	say(&out, text, sizeof(text));
	ck_assert_str_eq(
		text, "192.0.2.1/32, 10.0.0.0/8 tcp, 192.0.2.1/32 udp/1-9");
	ck_assert(identity_parse_addr("2001:db8::1", &addr));
	selectors_resolve(configured.list, 1, &addr, &out);
	say(&out, text, sizeof(text));
	ck_assert_str_eq(text, "2001:db8::1/128");
	selectors_resolve(configured.list, configured.count, &none, &out);
	say(&out, text, sizeof(text));
	ck_assert_str_eq(text, "10.0.0.0/8 tcp");
}
END_TEST

/* --- Narrowing ------------------------------------------------------------ */

START_TEST(narrowing)
{
	static const struct {
		const char *ours, *theirs, *out; /* NULL: unacceptable */
	} rows[] = {
		{ "10.1.0.0/16", "10.1.0.0/16", "10.1.0.0/16" },
		{ "10.1.0.0/16", "0.0.0.0/0", "10.1.0.0/16" },
		{ "0.0.0.0/0", "10.1.0.0/16", "10.1.0.0/16" },
		{ "10.1.0.0/16", "10.2.0.0/16", NULL },
		{ "10.1.0.0/16", "fd00::/8", NULL },
		{ "10.1.0.0/16, fd00::/8", "fd00::/8, 10.1.0.0/16",
			"fd00::/8, 10.1.0.0/16" },
		{ "::/0", "0.0.0.0/0, fd00::1-fd00::5", "fd00::1-fd00::5" },
		{ "10.1.0.0/16 tcp", "10.1.0.0/16", "10.1.0.0/16 tcp" },
		{ "10.1.0.0/16 tcp", "10.1.0.0/16 udp", NULL },
		/* the first is the packet's: what holds it comes first */
		{ "10.1.0.0/16", "10.1.0.5/32 tcp/80, 0.0.0.0/0",
			"10.1.0.0/16" },
		{ "10.2.0.0/16, 10.1.0.0/16", "10.1.0.5/32, 10.0.0.0/8",
			"10.1.0.0/16, 10.2.0.0/16" },
		{ "10.2.0.0/16 tcp, 10.1.0.0/16 tcp",
			"10.1.0.5/32, 10.1.0.5/32 tcp, 10.0.0.0/8",
			"10.1.0.0/16 tcp, 10.2.0.0/16 tcp" },
		{ "10.1.0.5/32 tcp, 10.2.0.0/16",
			"10.1.0.5/32 tcp/80, 10.2.0.0/16",
			"10.1.0.5/32 tcp/80, 10.2.0.0/16" },
		/* not allowed: then of the others what is (section 2.9) */
		{ "10.2.0.0/16", "10.1.0.5/32, 10.0.0.0/8", "10.2.0.0/16" },
		/* several, and those within others are dropped */
		{ "10.1.0.0/16, 10.3.0.0/16", "10.0.0.0/8",
			"10.1.0.0/16, 10.3.0.0/16" },
		{ "10.0.0.0/8, 10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/8" },
		{ "10.1.0.0/16, 10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8" },
		{ "10.1.0.0/24, 10.2.0.0/24, 10.1.1.0/24, 10.0.0.0/8",
			"10.0.0.0/8", "10.0.0.0/8" },
		{ "0.0.0.0/0 tcp/opaque", "0.0.0.0/0", "0.0.0.0/0 tcp/opaque" },
		{ "0.0.0.0/0 tcp/80", "0.0.0.0/0 tcp/opaque", NULL },
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct selectors ours = several(rows[i].ours);
		struct selectors theirs = several(rows[i].theirs), out;
		enum ike_error err = selectors_narrow(&ours, &theirs, &out);

		if (!rows[i].out) {
			ck_assert_msg(err == TS_UNACCEPTABLE, "%s of %s",
				rows[i].ours, rows[i].theirs);
			continue;
		}
		ck_assert_int_eq(err, IKE_OK);
		say(&out, text, sizeof(text));
		ck_assert_str_eq(text, rows[i].out);
		/* what we answer, the initiator accepts */
		ck_assert_int_eq(selectors_check(&theirs, &out), IKE_OK);
		ck_assert_int_eq(selectors_check(&ours, &out), IKE_OK);
	}
}
END_TEST

/* 16 by 16 single addresses and networks: what does not fit is left out, and
 * the packet's is not what is left out. */
START_TEST(narrowing_keeps_what_it_can)
{
	struct selectors ours = { .count = MAX_SELECTORS }, theirs, out;

	for (uint8_t i = 0; i < MAX_SELECTORS; i++) {
		ours.list[i] = one("10.0.0.0/8");
		ours.list[i].start[1] = (uint8_t)(2 * i);
		ours.list[i].end[1] = (uint8_t)(2 * i);
	}
	theirs = several("10.30.0.1/32, 10.0.0.0/15, 0.0.0.0/0 udp, 0.0.0.0/0");
	ck_assert_int_eq(selectors_narrow(&ours, &theirs, &out), IKE_OK);
	ck_assert_uint_eq(out.count, MAX_SELECTORS);
	ck_assert_uint_eq(out.list[0].start[1], 30);
	ck_assert_int_eq(selectors_check(&theirs, &out), IKE_OK);
	ck_assert_int_eq(selectors_check(&ours, &out), IKE_OK);
}
END_TEST

/* RFC 7296 section 2.9: never wider than what was asked for. */
START_TEST(widened_answers_are_refused)
{
	static const struct {
		const char *offered, *answer;
		bool ok;
	} rows[] = {
		{ "10.1.0.0/16", "10.1.0.0/16", true },
		{ "10.1.0.0/16", "10.1.2.0/24", true },
		{ "10.1.0.0/16, 10.3.0.0/16", "10.3.0.0/16, 10.1.2.0/24",
			true },
		{ "10.1.0.0/16", "10.0.0.0/8", false },
		{ "10.1.0.0/16", "0.0.0.0/0", false },
		{ "10.1.0.0/16", "10.1.0.0/16, 10.2.0.0/16", false },
		{ "10.1.0.0/16", "fd00::/8", false },
		{ "10.1.0.0/16 tcp", "10.1.0.0/16", false },
		{ "10.1.0.0/16 tcp/80", "10.1.0.0/16 tcp", false },
		{ "10.1.0.0/16 tcp/80", "10.1.0.0/16 tcp/80-81", false },
		{ "10.1.0.0/16", "", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct selectors offered = several(rows[i].offered);
		struct selectors answer = several(rows[i].answer);

		ck_assert_msg(selectors_check(&offered, &answer) ==
				      (rows[i].ok ? IKE_OK : TS_UNACCEPTABLE),
			"%s of %s", rows[i].answer, rows[i].offered);
	}
}
END_TEST

/* --- Prefixes ------------------------------------------------------------- */

START_TEST(prefix_of_a_selector)
{
	static const struct {
		const char *text;
		int prefix; /* -1: none */
	} rows[] = {
		{ "10.0.0.0/8", 8 },
		{ "0.0.0.0/0", 0 },
		{ "10.0.0.1/32", 32 },
		{ "10.0.0.0-10.0.0.255", 24 },
		{ "10.0.0.0-10.0.0.254", -1 },
		{ "10.0.0.1-10.0.0.255", -1 },
		{ "10.0.0.1-10.0.0.2", -1 },
		{ "10.0.0.255-10.0.1.0", -1 },
		{ "::/0", 0 },
		{ "fd00::/9", 9 },
		{ "fd00::1/128", 128 },
		{ "fd00::-fd00::3", 126 },
		{ "fd00::-fd00::2", -1 },
		{ "dynamic", -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_selector s = one(rows[i].text);
		uint8_t prefix = 255;
		bool is = selector_prefix(&s, &prefix);

		ck_assert_msg(is == (rows[i].prefix >= 0), "%s", rows[i].text);
		if (is)
			ck_assert_int_eq(prefix, rows[i].prefix);
	}
}
END_TEST

START_TEST(ranges_are_cut_into_prefixes)
{
	static const struct {
		const char *range, *parts;
	} rows[] = {
		{ "10.0.0.0/8 tcp/80", "10.0.0.0/8 tcp/80" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "10.0.0.1-10.0.0.9",
			"10.0.0.1/32, 10.0.0.2/31, 10.0.0.4/30, 10.0.0.8/31" },
		{ "10.0.0.255-10.0.1.0 udp", "10.0.0.255/32 udp, 10.0.1.0/32 "
					     "udp" },
		{ "255.255.255.254-255.255.255.255", "255.255.255.254/31" },
		{ "255.255.255.253-255.255.255.255",
			"255.255.255.253/32, 255.255.255.254/31" },
		{ "0.0.0.0-0.0.0.2", "0.0.0.0/31, 0.0.0.2/32" },
		{ "fd00::-fd00::ffff:ffff:ffff:ffff", "fd00::/64" },
		{ "fd00::1-fd00::4", "fd00::1/128, fd00::2/127, fd00::4/128" },
		{ "10.0.0.1-10.0.0.9 tcp/opaque",
			"10.0.0.1/32 tcp/opaque, 10.0.0.2/31 tcp/opaque, "
			"10.0.0.4/30 tcp/opaque, 10.0.0.8/31 tcp/opaque" },
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_selector range = one(rows[i].range);
		struct selectors parts;
		size_t n = selector_split(&range, parts.list, MAX_SELECTORS);

		parts.count = (uint8_t)n;
		say(&parts, text, sizeof(text));
		ck_assert_str_eq(text, rows[i].parts);
		ck_assert_uint_eq(selector_split(&range, parts.list, n), n);
		ck_assert_uint_eq(selector_split(&range, parts.list, n - 1), 0);
	}
}
END_TEST

START_TEST(widest_cuts)
{
	struct ike_selector range = one("0.0.0.1-255.255.255.254");
	struct ike_selector parts[256], none = { 0 };

	ck_assert_uint_eq(selector_split(&range, parts, 256), 62);
	range = one("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");
	ck_assert_uint_eq(selector_split(&range, parts, 256), 254);
	ck_assert_uint_eq(selector_split(&none, parts, 256), 0);
}
END_TEST

/* Any range: the parts are prefixes, adjoin, and cover it exactly. */
START_TEST(cuts_cover_exactly)
{
	struct ike_selector range = { .family = 4, .end_port = 65535 };
	struct ike_selector parts[16];

	for (unsigned int start = 0; start < 64; start++) {
		for (unsigned int end = start; end < 64; end++) {
			unsigned int next = start;
			size_t n;

			range.start[3] = (uint8_t)start;
			range.end[3] = (uint8_t)end;
			n = selector_split(&range, parts, 16);
			ck_assert_uint_gt(n, 0);
			for (size_t i = 0; i < n; i++) {
				uint8_t prefix;

				ck_assert(selector_prefix(&parts[i], &prefix));
				ck_assert_uint_eq(parts[i].start[3], next);
				next = parts[i].end[3] + 1u;
			}
			ck_assert_uint_eq(next, end + 1);
		}
	}
}
END_TEST

/* The packet first, if it may be there at all; its addresses alone. */
START_TEST(packets)
{
	static const struct {
		const char *list, *packet, *first, *only, *tidy;
	} rows[] = {
		{ "10.1.0.0/16, 10.2.0.0/16", "10.2.0.7/32 tcp/80",
			"10.2.0.7/32 tcp/80, 10.1.0.0/16, 10.2.0.0/16",
			"10.2.0.7/32", "10.2.0.0/16, 10.1.0.0/16" },
		{ "10.1.0.0/16 tcp", "10.1.0.7/32 tcp/80",
			"10.1.0.7/32 tcp/80, 10.1.0.0/16 tcp",
			"10.1.0.7/32 tcp", "10.1.0.0/16 tcp" },
		{ "10.1.0.0/16 tcp", "10.1.0.7/32 udp/53", "10.1.0.0/16 tcp",
			"10.1.0.0/16 tcp", "10.1.0.0/16 tcp" },
		{ "10.1.0.0/16", "10.2.0.7/32", "10.1.0.0/16", "10.1.0.0/16",
			"10.1.0.0/16" },
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct selectors first = several(rows[i].list), only = first;
		struct ike_selector packet = one(rows[i].packet);

		selectors_put_first(&first, &packet);
		say(&first, text, sizeof(text));
		ck_assert_str_eq(text, rows[i].first);
		selectors_only(&only, &packet);
		say(&only, text, sizeof(text));
		ck_assert_str_eq(text, rows[i].only);
		/* It is within one of the others. */
		selectors_tidy(&first);
		say(&first, text, sizeof(text));
		ck_assert_str_eq(text, rows[i].tidy);
	}
}
END_TEST

/* What is configured is never pushed out. */
START_TEST(no_room_for_a_packet)
{
	struct selectors full = { .count = MAX_SELECTORS }, before;
	struct ike_selector packet = one("10.0.0.7/32");

	for (uint8_t i = 0; i < MAX_SELECTORS; i++) {
		full.list[i] = one("10.0.0.0/16");
		full.list[i].start[1] = full.list[i].end[1] = i;
	}
	before = full;
	selectors_put_first(&full, &packet);
	ck_assert(selectors_equal(&full, &before));
}
END_TEST

SUITE(selectors)
{
	test(packets);
	test(no_room_for_a_packet);
	test(what_two_have_in_common);
	test(one_within_another);
	test(reads_what_it_writes);
	test(n30_more_than_we_keep);
	test(n30_only_unknown_types);
	test(dynamic_becomes_the_address);
	test(narrowing);
	test(narrowing_keeps_what_it_can);
	test(widened_answers_are_refused);
	test(prefix_of_a_selector);
	test(ranges_are_cut_into_prefixes);
	test(widest_cuts);
	test(cuts_cover_exactly);
}

/* payload_ts.c - tests of ikev2/wire/payload_ts.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

#define NET4 "07060010 0050 0050 0a010000 0a01ffff"
#define NET6                                                                   \
	"08000028 0000 ffff fd000000000000000000000000000000"                  \
	"fd00000000000000ffffffffffffffff"

static void build(struct chain *c)
{
	const struct wire_selector four = { TS_IPV4_ADDR_RANGE, 6, 80, 80,
		hex("0a010000"), hex("0a01ffff") };
	const struct wire_selector six = { TS_IPV6_ADDR_RANGE, 0, 0, 65535,
		hex("fd000000000000000000000000000000"),
		hex("fd00000000000000ffffffffffffffff") };
	struct ts_out ts;

	ts_begin(&ts, c, PAYLOAD_TSI);
	write_selector(&ts, &four);
	write_selector(&ts, &six);
	ts_end(&ts);
}

START_TEST(reads_what_it_writes)
{
	struct built b =
		writes(build, PAYLOAD_TSI, hex("00000040 02000000" NET4 NET6));
	struct wire_selector s;
	struct reader walk;
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.tsi.count, 2);
	walk = reader_of(m.tsi.selectors);
	ck_assert(next_selector(&walk, &s));
	ck_assert_uint_eq(s.type, TS_IPV4_ADDR_RANGE);
	ck_assert_uint_eq(s.protocol, 6);
	ck_assert_uint_eq(s.start_port, 80);
	ck_assert_uint_eq(s.end_port, 80);
	assert_bytes("start", s.start, hex("0a010000"));
	assert_bytes("end", s.end, hex("0a01ffff"));
	ck_assert(next_selector(&walk, &s));
	ck_assert_uint_eq(s.type, TS_IPV6_ADDR_RANGE);
	ck_assert_uint_eq(s.end_port, 65535);
	ck_assert_uint_eq(s.start.len, 16);
	ck_assert(!next_selector(&walk, &s));
	ck_assert(!walk.bad);
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build);
	refuses_every_body_below(build, 4);
	writes_all_or_is_bad(build);
}
END_TEST

/* RFC 7296 section 3.13.1: OPAQUE is 65535 to 0, and no reversed range. */
START_TEST(opaque_ports_are_in_order)
{
	struct built b = built_body(PAYLOAD_TSI,
		hex("01000000 07060010 ffff0000 0a000001 0a000001"));
	struct wire_selector s;
	struct reader walk;
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	walk = reader_of(m.tsi.selectors);
	ck_assert(next_selector(&walk, &s));
	ck_assert_uint_eq(s.start_port, 65535);
	ck_assert_uint_eq(s.end_port, 0);
	free(b.at);
}
END_TEST

START_TEST(unknown_types_are_skipped)
{
	struct built b = built_body(PAYLOAD_TSI,
		hex("03000000 09000004 ff11000a 010203040506" NET4));
	struct wire_selector s;
	struct reader walk;
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	walk = reader_of(m.tsi.selectors);
	ck_assert(next_selector(&walk, &s));
	ck_assert_uint_eq(s.type, 9);
	ck_assert_uint_eq(s.start.len, 0);
	ck_assert(next_selector(&walk, &s));
	ck_assert_uint_eq(s.type, 255);
	ck_assert(next_selector(&walk, &s));
	ck_assert_uint_eq(s.start.len, 4);
	free(b.at);
}
END_TEST

/* N30: what is wrong with a Traffic Selector payload by its form leaves none in
 * it, and is not the end of the message. */
START_TEST(n30_counts_lengths_and_order)
{
	static const struct {
		const char *what, *body;
	} rows[] = {
		{ "no selector", "00000000" },
		{ "count too high", "02000000" NET4 },
		{ "count too low", "01000000" NET4 NET4 },
		{ "count 0 with one", "00000000" NET4 },
		{ "count 255 with one", "ff000000" NET4 },
		{ "length 0", "01000000 07060000 00500050 0a010000 0a01ffff" },
		{ "length 3", "01000000 07060003 00500050 0a010000 0a01ffff" },
		{ "length 4", "01000000 07060004" },
		{ "length 15", "01000000 0706000f 00500050 0a010000 0a01ff" },
		{ "length 17",
			"01000000 07060011 00500050 0a010000 0a01ffff 00" },
		{ "length 40 for IPv4", "01000000 07000028 0000ffff"
					"fd000000000000000000000000000000"
					"fd00000000000000ffffffffffffffff" },
		{ "length 16 for IPv6",
			"01000000 08060010 00500050 0a010000 0a01ffff" },
		{ "length 65535",
			"01000000 0706ffff 00500050 0a010000 0a01ffff" },
		{ "unknown with length 3", "01000000 00000003" },
		{ "start after end",
			"01000000 07060010 00500050 0a020000 0a01ffff" },
		{ "port 81 to 80",
			"01000000 07060010 00510050 0a010000 0a01ffff" },
		{ "port 65535 to 1",
			"01000000 07060010 ffff0001 0a010000 0a01ffff" },
		{ "port 65534 to 0",
			"01000000 07060010 fffe0000 0a010000 0a01ffff" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message m;

		ck_assert_msg(
			read_body(&m, PAYLOAD_TSR, hex(rows[i].body)) == IKE_OK,
			"%s", rows[i].what);
		ck_assert_msg(m.tsr.count == 0 && m.tsr.selectors.len == 0,
			"%s", rows[i].what);
	}
}
END_TEST

static int selectors;

static void build_many(struct chain *c)
{
	const struct wire_selector one = { TS_IPV4_ADDR_RANGE, 6, 80, 80,
		hex("0a010000"), hex("0a01ffff") };
	struct ts_out ts;

	ts_begin(&ts, c, PAYLOAD_TSR);
	for (int i = 0; i < selectors; i++)
		write_selector(&ts, &one);
	ts_end(&ts);
}

/* N30: 255 selectors are legal. */
START_TEST(n30_255_selectors)
{
	struct message m;
	struct built b;
	uint8_t buffer[8192];
	struct built room = { buffer, sizeof(buffer) };

	selectors = 255;
	b = build_of(build_many);
	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.tsr.count, 255);
	free(b.at);
	selectors = 256;
	ck_assert(build_in(&room, build_many).bad);
}
END_TEST

SUITE(payload_ts)
{
	test(reads_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(opaque_ports_are_in_order);
	test(unknown_types_are_skipped);
	test(n30_counts_lengths_and_order);
	test(n30_255_selectors);
}

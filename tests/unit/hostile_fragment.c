/* hostile_fragment.c - N34: messages in fragments, honest and bent (RFC 7383).
 * SPDX-License-Identifier: ISC
 *
 * What comes in fragments is mostly CREATE_CHILD_SA for the child "second":
 * that it was put together right shows in the core's kernel.
 */
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/bent.h"

#include <stdlib.h>

static const struct core_setup plain = { .two_children = true,
	.fragments = true };
static const struct core_setup cbc = { .ike = "aes256-sha256-prfsha256-x25519",
	.two_children = true,
	.fragments = true };

static void close_core(void)
{
	if (core.ike)
		core_close();
}

/* --- A message, cut by the bent peer -------------------------------------- */

static struct parts parts;

static struct cut {
	struct ike_header header;
	uint16_t total;
	uint8_t first;
	uint8_t chain[MAX_PACKET];
	size_t len;
} cut;

static void cut_parts(uint8_t exchange, bool response, uint16_t total)
{
	const struct bytes chain = parts_chain(&parts, &cut.first);

	cut.header = bent_header(
		exchange, response, response ? bent.in_id : bent.out_id);
	cut.total = total;
	cut.len = chain.len;
	memcpy(cut.chain, chain.at, chain.len);
}

/* A request for the second child. */
static void cut_child(uint16_t total)
{
	bent_child_parts(&parts, false);
	cut_parts(CREATE_CHILD_SA, false, total);
}

/* Of an INFORMATIONAL request with a notify that says nothing. */
static void cut_notify(size_t len, uint16_t total)
{
	static const uint8_t zero[1000];

	parts.count = 0;
	parts_notify(&parts, 40000, bytes_of(zero, len));
	cut_parts(INFORMATIONAL, false, total);
}

/* Fragment number, of as many octets as the others, but for the last. */
static struct bytes fragment(uint16_t number)
{
	const size_t each = (cut.len + cut.total - 1) / cut.total;
	const size_t from = each * (number - 1u);
	const size_t at = from < cut.len ? from : cut.len;
	const size_t len = cut.len - at < each ? cut.len - at : each;
	const struct bent_fragment one = { .first = number == 1 ? cut.first : 0,
		.number = number,
		.total = cut.total,
		.plain = bytes_of(cut.chain + at, len) };

	return bent_fragment(&cut.header, &one);
}

static void give(uint16_t number)
{
	core_give(fragment(number));
}

/* The core is not through with it. */
static void give_in_vain(uint16_t number)
{
	give(number);
	bent_hears_nothing();
}

static void give_all(void)
{
	for (uint16_t n = 1; n < cut.total; n++)
		give_in_vain(n);
	give(cut.total);
}

/* The request is answered without an error; the next one has the next ID. */
static void answered(void)
{
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert(header_is_response(&bent.in.header));
	ck_assert_uint_eq(bent.in.header.message_id, bent.out_id);
	ck_assert_ptr_null(message_error(&bent.in));
	bent.out_id++;
}

static void second_child_is_up(void)
{
	answered();
	ck_assert_int_eq(core.sas, 4);
}

static void begin(const struct core_setup *setup)
{
	core_open(setup);
	bent_initiates();
	ck_assert_int_eq(core.sas, 2);
}

/* --- In any order --------------------------------------------------------- */

START_TEST(n34_in_any_order)
{
	static const uint8_t orders[][3] = { { 1, 2, 3 }, { 1, 3, 2 },
		{ 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } };

	for (size_t i = 0; i < 2 * sizeof(orders) / sizeof(orders[0]); i++) {
		const uint8_t *order = orders[i / 2];

		begin(i % 2 ? &cbc : &plain);
		cut_child(3);
		give_in_vain(order[0]);
		give_in_vain(order[1]);
		give(order[2]);
		second_child_is_up();
		core_recovers(true);
		core_close();
	}
}
END_TEST

/* As responder and as initiator, before anybody is authenticated. */
START_TEST(n34_ike_auth)
{
	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	cut_parts(IKE_AUTH, false, 4);
	give_all();
	ck_assert_int_eq(core_established(), 1);
	ck_assert(bent_open(0));
	core_recovers(false);
	core_close();

	core_open(&plain);
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	cut_parts(IKE_AUTH, true, 4);
	give_in_vain(4);
	give_in_vain(2);
	give_in_vain(3);
	ck_assert_int_eq(core_established(), 0);
	give(1);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.child_up, 1);
	core_recovers(true);
}
END_TEST

START_TEST(n34_one_is_the_whole)
{
	begin(&plain);
	cut_child(1);
	give(1);
	second_child_is_up();
	/* an empty message, in an empty fragment */
	parts.count = 0;
	cut_parts(INFORMATIONAL, false, 1);
	give(1);
	answered();
	core_recovers(true);
}
END_TEST

START_TEST(n34_one_octet_each)
{
	begin(&plain);
	cut_notify(56, 64);
	ck_assert_uint_eq(cut.len, 64);
	give_all();
	answered();
	core_recovers(true);
}
END_TEST

/* Only fragment 1 says what the first payload is. */
START_TEST(n34_next_payload_of_the_first)
{
	begin(&plain);
	cut_child(2);
	core_give(bent_fragment(
		&cut.header, &(struct bent_fragment){ PAYLOAD_DELETE, 2, 2,
				     bytes_of(cut.chain + 50, cut.len - 50), 0,
				     bytes_of(NULL, 0) }));
	core_give(bent_fragment(&cut.header,
		&(struct bent_fragment){ cut.first, 1, 2,
			bytes_of(cut.chain, 50), 0, bytes_of(NULL, 0) }));
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* --- Numbers -------------------------------------------------------------- */

/* Sealed with the right keys, each. */
START_TEST(n34_numbers_that_make_no_sense)
{
	static const uint16_t numbers[][2] = { { 0, 0 }, { 0, 1 }, { 1, 0 },
		{ 2, 1 }, { 65535, 1 }, { 1, 65 }, { 65, 65 }, { 1, 65535 },
		{ 65535, 65535 } };

	begin(&plain);
	cut_child(2);
	give_in_vain(1);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		core_give(bent_fragment(&cut.header,
			&(struct bent_fragment){ cut.first, numbers[i][0],
				numbers[i][1], bytes_of(cut.chain, cut.len), 0,
				bytes_of(NULL, 0) }));
		bent_hears_nothing();
	}
	give(2);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* The one that came first stays, whatever the other says. */
START_TEST(n34_duplicates)
{
	begin(&plain);
	cut_child(3);
	for (int i = 0; i < 100; i++) {
		give_in_vain(1);
		give_in_vain(3);
		core_give(bent_fragment(
			&cut.header, &(struct bent_fragment){ PAYLOAD_DELETE, 1,
					     3, hex("00000008 01000000"), 0,
					     bytes_of(NULL, 0) }));
		bent_hears_nothing();
	}
	give(2);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* RFC 7383 section 2.6: the peer has cut it anew, in smaller ones. */
START_TEST(n34_total_goes_up)
{
	begin(&plain);
	cut_child(3);
	give_in_vain(1);
	give_in_vain(2);
	cut.total = 5;
	give_in_vain(5);
	/* those of before are gone, and do not come back */
	cut.total = 3;
	give_in_vain(3);
	give_in_vain(2);
	cut.total = 5;
	give_in_vain(3);
	give_in_vain(4);
	give_in_vain(1);
	give(2);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

START_TEST(n34_total_goes_down)
{
	begin(&plain);
	cut_child(3);
	give_in_vain(1);
	give_in_vain(2);
	cut.total = 2;
	give_in_vain(1);
	give_in_vain(2);
	cut.total = 3;
	give(3);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* Somebody without keys cannot make it forget what it has. */
START_TEST(n34_forged_total_goes_up)
{
	uint8_t copy[MAX_PACKET];
	struct bytes sealed;

	begin(&plain);
	cut_child(2);
	give_in_vain(1);
	sealed = fragment(2);
	memcpy(copy, sealed.at, sealed.len);
	copy[35] = 3;
	core_give(bytes_of(copy, sealed.len));
	bent_hears_nothing();
	give(2);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* 64 fragments hold more than a message may. */
START_TEST(n34_too_long)
{
	static uint8_t zero[2000];
	struct bent_fragment one = { .first = PAYLOAD_VENDOR,
		.total = 64,
		.plain = bytes_of(zero, sizeof(zero)) };

	begin(&plain);
	cut_child(64);
	for (one.number = 1; one.number <= 33; one.number++) {
		core_give(bent_fragment(&cut.header, &one));
		bent_hears_nothing();
	}
	/* nothing is left of it: the same again, in octets that fit */
	give_all();
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* --- What is kept, and for how long ---------------------------------------- */

/* Each fragment with a wrong ICV, many times, before the good one. */
static void bad_and_then_good(int times)
{
	uint8_t copy[MAX_PACKET];
	struct bytes sealed;

	for (uint16_t n = 1; n <= cut.total; n++) {
		sealed = fragment(n);
		for (int i = 0; i < times; i++) {
			memcpy(copy, sealed.at, sealed.len);
			copy[sealed.len - 1 - (size_t)i % (sealed.len - 36)] ^=
				(uint8_t)(i | 1);
			core_give(bytes_of(copy, sealed.len));
			bent_hears_nothing();
		}
		if (n < cut.total)
			give_in_vain(n);
		else
			give(n);
	}
}

START_TEST(n34_wrong_icv)
{
	begin(&plain);
	cut_child(3);
	bad_and_then_good(200);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

START_TEST(n34_wrong_icv_in_ike_auth)
{
	const struct core_setup *setups[] = { &plain, &cbc };

	for (size_t i = 0; i < 2; i++) {
		core_open(setups[i]);
		bent_initiates_keys();
		bent_auth_parts(&parts);
		cut_parts(IKE_AUTH, false, 4);
		core.lines = 0;
		bad_and_then_good(250);
		ck_assert_int_eq(core_established(), 1);
		core_recovers(false);
		core_close();
	}
}
END_TEST

/* IDs that are not next, and responses to nothing: not even kept. */
START_TEST(n34_other_message_ids)
{
	static const int32_t away[] = { 1, 2, -2, INT32_MAX };

	begin(&plain);
	for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++) {
		cut_child(2);
		cut.header.message_id += (uint32_t)away[i];
		give_in_vain(1);
		give_in_vain(2);
		cut.header.flags |= FLAG_RESPONSE;
		give_in_vain(1);
		give_in_vain(2);
	}
	cut_notify(100, 2);
	cut.header.message_id++;
	give_in_vain(2);
	cut.header.message_id--;
	give_all();
	answered();
	cut.header = bent_header(INFORMATIONAL, false, bent.out_id);
	give_in_vain(1);
	give(2);
	answered();
	core_recovers(true);
}
END_TEST

/* One exchange begins, and another goes on. */
START_TEST(n34_other_exchange)
{
	begin(&plain);
	cut_child(2);
	give_in_vain(1);
	cut.header.exchange = INFORMATIONAL;
	give_in_vain(2);
	cut.header.exchange = CREATE_CHILD_SA;
	give(2);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* Whole, with the ID of what is in fragments: what was kept is of no use. */
START_TEST(n34_whole_instead)
{
	begin(&plain);
	cut_child(2);
	give_in_vain(1);
	bent_ask(CREATE_CHILD_SA, &parts);
	second_child_is_up();
	core.lines = 0;
	core_advance(29000);
	cut_notify(100, 2);
	give_in_vain(2);
	ck_assert_int_eq(core.lines, 0);
	give(1);
	answered();
	core_recovers(true);
}
END_TEST

/* The rest comes 30 s after the last one: too late, but not for all of it. */
START_TEST(n34_rest_too_late)
{
	begin(&plain);
	cut_child(3);
	give_in_vain(1);
	core_advance(20000);
	give_in_vain(2);
	core_advance(29000);
	/* a duplicate keeps nothing alive */
	give_in_vain(1);
	core_advance(1000);
	give_in_vain(3);
	give_in_vain(1);
	core_advance(29000);
	give(2);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* What is half-open is forgotten in time, with all its fragments. */
START_TEST(n34_half_open)
{
	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	cut_parts(IKE_AUTH, false, 4);
	for (uint16_t n = 1; n <= 3; n++) {
		core_advance(9000);
		give_in_vain(n);
	}
	core_advance(9000);
	ck_assert_int_eq(core_ike_sas(), 0);
	give_in_vain(4);
	core_is_clean();
	core_recovers(true);
}
END_TEST

/* A stranger with keys begins a set again and again: ten lines a second. */
START_TEST(n34_lines_are_few)
{
	core_open(&plain);
	bent_initiates_keys();
	core.lines = 0;
	for (uint16_t total = 2; total <= 64; total++) {
		const struct ike_header header =
			bent_header(IKE_AUTH, false, bent.out_id);

		core_give(bent_fragment(
			&header, &(struct bent_fragment){ PAYLOAD_IDI, 2, total,
					 hex("00"), 0, bytes_of(NULL, 0) }));
	}
	ck_assert_int_ge(core.lines, 1);
	ck_assert_int_le(core.lines, 10);
	core_recovers(true);
}
END_TEST

/* --- Where there are to be none -------------------------------------------- */

static const struct core_setup unannounced = { .ike = NULL };

START_TEST(n34_not_negotiated)
{
	static const char *const heads[] = { "00010001", "00010002", "00020001",
		"00000000", "ffffffff" };
	uint8_t copy[MAX_PACKET];
	struct ike_header header;
	struct bytes sealed;

	core_open(&unannounced);
	bent_initiates();
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		parts.count = 0;
		header = bent_header(INFORMATIONAL, false, bent.out_id);
		sealed = bent_sealed(&header, &parts);
		memcpy(copy, sealed.at, 32);
		memcpy(copy + 32, hex(heads[i]).at, 4);
		memcpy(copy + 36, sealed.at + 32, sealed.len - 32);
		copy[16] = PAYLOAD_SKF;
		copy[27] = (uint8_t)(copy[27] + 4);
		copy[31] = (uint8_t)(copy[31] + 4);
		core_give(bytes_of(copy, sealed.len + 4));
		bent_hears_nothing();
	}
	core_recovers(true);
}
END_TEST

/* Either side alone is not enough. */
START_TEST(n34_one_side_alone)
{
	static const struct core_setup setups[] = {
		{ .fragments = true,
			.no_fragments = true,
			.two_children = true,
			.fragment_size = 200 },
		{ .two_children = true, .fragment_size = 200 },
	};

	for (size_t i = 0; i < 4; i++) {
		core_open(&setups[i / 2]);
		if (i % 2) {
			core_dial();
			bent_responds_keys();
			ck_assert_uint_eq(core.sent[0].data[16], PAYLOAD_SK);
			bent_auth_parts(&parts);
			bent_answer(IKE_AUTH, &parts);
			bent.in_id++;
		} else {
			bent_initiates();
			ck_assert_uint_eq(core.sent_count, 1);
		}
		cut_child(2);
		give_in_vain(1);
		give_in_vain(2);
		bent_ask(CREATE_CHILD_SA, &parts);
		second_child_is_up();
		core_recovers(true);
		core_close();
	}
}
END_TEST

/* Behind a payload in clear, known or not; authentic all the same. */
START_TEST(n34_beside_other_payloads)
{
	static const struct {
		uint8_t type;
		const char *chain;
	} clear[] = { { PAYLOAD_NOTIFY, "00000008 00004000" },
		{ PAYLOAD_VENDOR, "00000008 01020304" },
		{ 200, "00000008 01020304" } };

	begin(&plain);
	cut_child(1);
	for (size_t i = 0; i < sizeof(clear) / sizeof(clear[0]); i++) {
		core_give(bent_fragment(&cut.header,
			&(struct bent_fragment){ cut.first, 1, 1,
				bytes_of(cut.chain, cut.len), clear[i].type,
				hex(clear[i].chain) }));
		bent_hears_nothing();
	}
	give(1);
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* Padding that lies, in one that is authentic. */
START_TEST(n34_padding_lies)
{
	struct ike_header header;
	struct bytes sealed;
	uint8_t copy[MAX_PACKET];

	begin(&plain);
	cut_child(2);
	/* an SK payload with the type of SKF: its IV is taken for numbers */
	header = cut.header;
	sealed = bent_sealed_padded(&header, cut.first, hex("00000000 ff"));
	memcpy(copy, sealed.at, sealed.len);
	copy[16] = PAYLOAD_SKF;
	core_give(bytes_of(copy, sealed.len));
	bent_hears_nothing();
	give_all();
	second_child_is_up();
	core_recovers(true);
}
END_TEST

/* --- Repeats --------------------------------------------------------------- */

static uint8_t reply[MAX_PACKET];
static size_t reply_len;

static void keep_reply(void)
{
	ck_assert_uint_eq(core.sent_count, 1);
	reply_len = core.sent[0].len;
	memcpy(reply, core.sent[0].data, reply_len);
}

static void same_reply(void)
{
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].len, reply_len);
	ck_assert_mem_eq(core.sent[0].data, reply, reply_len);
}

/* RFC 7383 section 2.6.1: the answer goes again on fragment 1, and on no other;
 * nothing is done twice. */
START_TEST(n34_repeated_request)
{
	uint8_t all[3][MAX_PACKET];
	size_t len[3];
	struct bytes sealed;

	begin(&plain);
	cut_child(3);
	for (uint16_t n = 0; n < 3; n++) {
		sealed = fragment((uint16_t)(n + 1));
		memcpy(all[n], sealed.at, sealed.len);
		len[n] = sealed.len;
	}
	core_give(bytes_of(all[2], len[2]));
	core_give(bytes_of(all[0], len[0]));
	core_give(bytes_of(all[1], len[1]));
	keep_reply();
	second_child_is_up();
	for (int i = 0; i < 10; i++) {
		core_give(bytes_of(all[1], len[1]));
		bent_hears_nothing();
		core_give(bytes_of(all[2], len[2]));
		bent_hears_nothing();
		core_give(bytes_of(all[0], len[0]));
		same_reply();
	}
	ck_assert_int_eq(core.sas, 4);
	/* cut anew, into more: other octets, and still the same request */
	cut.total = 5;
	give_in_vain(2);
	give(1);
	same_reply();
	/* but not of somebody without keys */
	all[0][len[0] - 1] ^= 1;
	core_give(bytes_of(all[0], len[0]));
	bent_hears_nothing();
	ck_assert_int_eq(core.sas, 4);
	core_recovers(true);
}
END_TEST

/* First whole, then, as no answer came, in fragments. */
START_TEST(n34_repeated_in_fragments)
{
	begin(&plain);
	cut_child(2);
	bent_ask(CREATE_CHILD_SA, &parts);
	keep_reply();
	second_child_is_up();
	give_in_vain(2);
	give(1);
	same_reply();
	ck_assert_int_eq(core.sas, 4);
	core_recovers(true);
}
END_TEST

/* --- What the core cuts ---------------------------------------------------- */

/* IP and UDP headers and the marker, as they count for IPv4. */
enum { AROUND = 20 + 8 + 4 };

/* IKE_AUTH as initiator and as responder: no datagram is longer than the limit,
 * none is cut that needs not be, no IV comes twice, and a peer reads them. */
static size_t core_says(bool core_initiates, const struct core_setup *setup)
{
	size_t packets;

	core_open(setup);
	if (core_initiates) {
		core_dial();
		bent_responds_keys();
	} else {
		bent_initiates();
	}
	packets = core.sent_count;
	for (size_t i = 0; i < packets; i++) {
		ck_assert_uint_le(
			core.sent[i].len + AROUND, setup->fragment_size);
		for (size_t k = 0; packets > 1 && k < i; k++)
			ck_assert_mem_ne(core.sent[i].data + 36,
				core.sent[k].data + 36, 8);
	}
	if (core_initiates) {
		bent_auth_parts(&parts);
		bent_answer(IKE_AUTH, &parts);
		bent.in_id++;
		ck_assert_int_eq(core_established(), 1);
	}
	core_recovers(true);
	core_close();
	return packets;
}

START_TEST(cuts_what_is_too_long)
{
	for (int i = 0; i < 4; i++) {
		struct core_setup setup = i / 2 ? cbc : plain;
		size_t before = 64, packets;
		bool whole = false;

		for (uint32_t size = 170; size < 500; size++) {
			setup.fragment_size = size;
			packets = core_says(i % 2, &setup);
			ck_assert_uint_le(packets, before);
			before = packets;
			whole = packets == 1;
		}
		ck_assert(whole);
	}
}
END_TEST

/* Exactly as long as the limit: whole.  One octet less: two. */
START_TEST(cuts_at_the_limit)
{
	struct core_setup setup = plain;
	size_t len;

	core_open(&setup);
	bent_initiates();
	len = core.sent[0].len;
	core_close();
	setup.fragment_size = (uint32_t)len + AROUND;
	ck_assert_uint_eq(core_says(false, &setup), 1);
	setup.fragment_size--;
	ck_assert_uint_eq(core_says(false, &setup), 2);
}
END_TEST

/* All of it again, as it was. */
START_TEST(repeats_all_fragments)
{
	static const struct core_setup small = { .fragments = true,
		.fragment_size = 200 };
	static struct sent before[MAX_SENT];
	size_t count;

	core_open(&small);
	core_dial();
	bent_responds_keys();
	count = core.sent_count;
	ck_assert_uint_gt(count, 1);
	memcpy(before, core.sent, sizeof(before));
	for (int i = 0; i < 2; i++) {
		core_advance(i == 0 ? 2000 : 3600);
		ck_assert_uint_eq(core.sent_count, count);
		for (size_t k = 0; k < count; k++)
			ck_assert_mem_eq(core.sent[k].data, before[k].data,
				before[k].len);
	}
	core_recovers(true);
}
END_TEST

/* What would be more than 64 fragments goes whole. */
START_TEST(limit_too_small_for_anything)
{
	static const uint32_t sizes[] = { 1, 32, 60, 90, 94 };
	struct core_setup setup = plain;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		setup.fragment_size = sizes[i];
		core_open(&setup);
		bent_initiates();
		ck_assert_uint_eq(core.sent_count, 1);
		core_recovers(true);
		core_close();
	}
}
END_TEST

SUITE(hostile_fragment)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n34_in_any_order);
	test(n34_ike_auth);
	test(n34_one_is_the_whole);
	test(n34_one_octet_each);
	test(n34_next_payload_of_the_first);
	test(n34_numbers_that_make_no_sense);
	test(n34_duplicates);
	test(n34_total_goes_up);
	test(n34_total_goes_down);
	test(n34_forged_total_goes_up);
	test(n34_too_long);
	test(n34_wrong_icv);
	test(n34_wrong_icv_in_ike_auth);
	test(n34_other_message_ids);
	test(n34_other_exchange);
	test(n34_whole_instead);
	test(n34_rest_too_late);
	test(n34_half_open);
	test(n34_lines_are_few);
	test(n34_not_negotiated);
	test(n34_one_side_alone);
	test(n34_beside_other_payloads);
	test(n34_padding_lies);
	test(n34_repeated_request);
	test(n34_repeated_in_fragments);
	test(cuts_what_is_too_long);
	test(cuts_at_the_limit);
	test(repeats_all_fragments);
	test(limit_too_small_for_anything);
}

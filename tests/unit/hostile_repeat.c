/* hostile_repeat.c - floods, repeats, and what must not grow: N35 to N39, N52.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

/* --- N35, N36: message IDs, repeats --------------------------------------- */

static void n35_with(bool bent_initiates_it)
{
	static const uint32_t offsets[] = { 1, 2, 100, 0x7fffffff, 0x80000000,
		0xfffffffe };
	struct ike_header header;
	uint8_t request[MAX_PACKET], reply[MAX_PACKET];
	size_t request_len, reply_len;
	struct bytes all;
	uint32_t id;

	core_open(&plain);
	if (bent_initiates_it) {
		bent_initiates();
	} else {
		core_dial();
		bent_responds();
	}
	id = bent.out_id;
	parts.count = 0;
	for (size_t i = 0; i < 6; i++) { /* in the future, or long ago */
		header = bent_header(INFORMATIONAL, false, id + offsets[i]);
		core_give(bent_sealed(&header, &parts));
		bent_hears_nothing();
	}
	header = bent_header(INFORMATIONAL, false, id);
	header.flags ^= FLAG_INITIATOR; /* the wrong role */
	core_give(bent_sealed(&header, &parts));
	bent_hears_nothing();
	for (uint32_t i = 0; i < 4; i++) { /* a response to nothing */
		header = bent_header(INFORMATIONAL, true, bent.in_id + i - 2);
		core_give(bent_sealed(&header, &parts));
		bent_hears_nothing();
	}

	header = bent_header(INFORMATIONAL, false, id);
	all = bent_sealed(&header, &parts);
	request_len = all.len;
	memcpy(request, all.at, request_len);
	core_give(bytes_of(request, request_len));
	ck_assert_uint_eq(core.sent_count, 1);
	reply_len = core.sent[0].len;
	memcpy(reply, core.sent[0].data, reply_len);
	for (int i = 0; i < 3; i++) { /* the same again: the same again */
		core_give(bytes_of(request, request_len));
		ck_assert_uint_eq(core.sent_count, 1);
		assert_bytes("kept reply",
			bytes_of(core.sent[0].data, core.sent[0].len),
			bytes_of(reply, reply_len));
	}
	/* the same ID, other octets */
	parts_add(&parts, PAYLOAD_DELETE, hex("01000000"));
	core_give(bent_sealed(&header, &parts));
	bent_hears_nothing();
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	/* the next one; the one before is then forgotten */
	parts.count = 0;
	header = bent_header(INFORMATIONAL, false, id + 1);
	core_give(bent_sealed(&header, &parts));
	ck_assert_uint_eq(core.sent_count, 1);
	core_give(bytes_of(request, request_len));
	bent_hears_nothing();
	core_recovers(bent_initiates_it);
	core_close();
}

START_TEST(n35_message_ids)
{
	n35_with(true);
	n35_with(false);
}
END_TEST

/* The kept reply, some twenty times; then no more, as the source may be forged:
 * no second SA, and the first one is not touched. */
START_TEST(n36_same_request_a_thousand_times)
{
	uint8_t reply[MAX_PACKET];
	size_t len;

	core_open(&plain);
	begin_request();
	init_accepted();
	len = core.sent[0].len;
	memcpy(reply, core.sent[0].data, len);
	for (int i = 0; i < 1000; i++) {
		core_give(bytes_of(bent.init_request, bent.init_request_len));
		ck_assert_uint_eq(core.sent_count, i < 20 ? 1 : 0);
		if (i >= 20)
			continue;
		assert_bytes("kept reply",
			bytes_of(core.sent[0].data, core.sent[0].len),
			bytes_of(reply, len));
	}
	ck_assert_int_eq(core_ike_sas(), 1);
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* The same SPI with another nonce, from another address or port: an SA of its
 * own, and the first one is not touched. */
START_TEST(n36_same_spi)
{
	const struct ike_endpoint there = { { 4, { 192, 0, 2, 2 } }, 501 };

	core_open(&plain);
	begin_request();
	init_accepted();
	bent_init_parts(&parts);
	part_of(&parts, PAYLOAD_NONCE)->body[0] ^= 1;
	{
		const struct ike_header header =
			bent_header(IKE_SA_INIT, false, 0);
		struct ike_header fresh = header;

		memset(fresh.spi_r, 0, IKE_SPI_LEN);
		core_give(bent_clear(&fresh, &parts));
		core_give_from(
			bytes_of(bent.init_request, bent.init_request_len),
			there);
	}
	ck_assert_int_le(core_ike_sas(), 3);
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* A retransmitted IKE_AUTH is answered from memory, its octets the same. */
START_TEST(n36_auth_again)
{
	uint8_t request[MAX_PACKET], reply[MAX_PACKET];
	struct ike_header header;
	size_t request_len, len;
	struct bytes all;

	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	header = bent_header(IKE_AUTH, false, 1);
	all = bent_sealed(&header, &parts);
	request_len = all.len;
	memcpy(request, all.at, request_len);
	core_give(bytes_of(request, request_len));
	len = core.sent[0].len;
	memcpy(reply, core.sent[0].data, len);
	for (int i = 0; i < 100; i++) {
		core_give(bytes_of(request, request_len));
		ck_assert_uint_eq(core.sent_count, 1);
		assert_bytes("kept reply",
			bytes_of(core.sent[0].data, core.sent[0].len),
			bytes_of(reply, len));
	}
	ck_assert_int_eq(core.ike_up, 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

/* --- N37 to N39: floods ---------------------------------------------------- */

/* The good IKE_AUTH request, not sent yet. */
static struct bytes good_auth(void)
{
	struct ike_header header;

	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	header = bent_header(IKE_AUTH, false, 1);
	return bent_sealed(&header, &parts);
}

static void give_bad(struct bytes good, int count)
{
	uint8_t copy[MAX_PACKET];

	for (int i = 0; i < count; i++) {
		memcpy(copy, good.at, good.len);
		copy[40 + i % 60] ^= (uint8_t)(i | 1);
		core_give(bytes_of(copy, good.len));
		bent_hears_nothing();
	}
}

START_TEST(n37_bad_ones_and_then_the_good_one)
{
	struct bytes sealed = good_auth();

	give_bad(sealed, 1000);
	core_give(sealed);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* Nobody opens forgeries for ever: the half-open SA goes, and with it the work. */
START_TEST(n37_bad_ones_are_bounded)
{
	struct bytes sealed = good_auth();

	give_bad(sealed, 1999);
	ck_assert_int_eq(core_ike_sas(), 1);
	give_bad(sealed, 1);
	ck_assert_int_eq(core_ike_sas(), 0);
	core_give(sealed);
	bent_hears_nothing();
	core_recovers(true);
}
END_TEST

/* 20,000 requests, each from a port of its own: so many SAs, then cookies. */
START_TEST(n38_requests_of_spoofed_sources)
{
	core_open(&plain);
	for (uint32_t i = 0; i < 20000; i++) {
		if (i % 100 == 0)
			begin_request();
		memcpy(bent.spi_i, &i, sizeof(i));
		bent.us.port = (uint16_t)(1000 + i);
		bent_send_init(&parts);
		ck_assert_uint_eq(core.sent_count, 1);
		if (core_ike_sas() < 30)
			continue;
		ck_assert_int_le(core_ike_sas(), 30);
		if (i >= 30)
			ck_assert_uint_le(
				core.sent[0].len, bent.init_request_len);
	}
	bent.us.port = 500;
	core_recovers(true);
}
END_TEST

/* Half of its five places are for whoever says that he is there; then for who
 * returns a cookie (see load.c). */
START_TEST(n39_half_open_of_one_source)
{
	static const struct core_setup daemons = { .limits = true };

	core_open(&daemons);
	for (int i = 0; i < 100; i++) {
		begin_request();
		bent_send_init(&parts);
		ck_assert_uint_eq(core.sent_count, 1);
		if (i >= 2)
			ck_assert_uint_le(
				core.sent[0].len, bent.init_request_len);
	}
	ck_assert_int_eq(core_ike_sas(), 2);
	core_recovers(true);
}
END_TEST

/* --- N52 at this level: lines that anybody can cause ----------------------- */

START_TEST(n52_a_flood_is_none_of_lines)
{
	const struct ike_endpoint stranger = { { 4, { 192, 0, 2, 9 } }, 500 };
	struct bytes all;

	core_open(&plain);
	begin_request();
	parts_set(&parts, PAYLOAD_SA,
		hex("00000024 01010003" GCM256 PRF256 "00000008 04000010"));
	all = honest_request();
	core.lines = 0;
	for (int i = 0; i < 10000; i++) {
		core_give(all);
		core_give_from(all, stranger);
	}
	ck_assert_int_le(core.lines, 10);
	ck_assert_int_le(core.turned_away, 10);
	ck_assert_int_ge(core.turned_away, 1);
	core_advance(1000);
	ck_assert_uint_eq(core.left_out, 0);
	core.lines = 0;
	core_give(all);
	ck_assert_int_eq(core.lines, 1);
	/* with which it is said how many were not said; after thirty nobody is
	 * refused without a cookie */
	ck_assert_uint_eq(core.left_out, 30 - 10);
	core_recovers(true);
}
END_TEST

/* --- (U): no memory is kept ----------------------------------------------- */

__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

/* One of each kind of bad message, each in an SA of its own or none. */
static void bad_messages(void)
{
	static const uint8_t zero[32];

	begin_request();
	parts_remove(&parts, PAYLOAD_KE);
	bent_send_init(&parts);
	begin_request();
	set_ke(KE_CURVE25519, bytes_of(zero, sizeof(zero)));
	bent_send_init(&parts);
	begin_request();
	add_unknown(0, 200, true);
	bent_send_init(&parts);
	bent_initiates_keys();
	for (int how = 0; how < FORGERIES; how++) {
		bent_initiates_keys();
		bent_auth_parts(&parts);
		forge_auth(how);
		bent_ask(IKE_AUTH, &parts);
	}
	for (size_t i = 0; i < SELECTORS; i++) {
		bent_initiates_keys();
		bent_auth_parts(&parts);
		parts_set(&parts, PAYLOAD_TSI, hex(selectors_sent[i].ts));
		bent_ask(IKE_AUTH, &parts);
	}
	core_recovers(true);
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	forge_auth(4);
	bent_answer(IKE_AUTH, &parts);
	core_recovers(false);
}

START_TEST(no_memory_is_kept)
{
	size_t before, after;

	if (!__sanitizer_get_current_allocated_bytes)
		SKIP("only the address sanitizer counts what is allocated");
	core_open(&plain);
	bad_messages(); /* tables and queues grow to their size */
	before = __sanitizer_get_current_allocated_bytes();
	for (int i = 0; i < 20; i++)
		bad_messages();
	after = __sanitizer_get_current_allocated_bytes();
	ck_assert_uint_eq(after, before);
}
END_TEST

SUITE(hostile_repeat)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n37_bad_ones_and_then_the_good_one);
	test(n37_bad_ones_are_bounded);
	test(n38_requests_of_spoofed_sources);
	test(n39_half_open_of_one_source);
	test(n35_message_ids);
	test(n36_same_request_a_thousand_times);
	test(n36_same_spi);
	test(n36_auth_again);
	test(n52_a_flood_is_none_of_lines);
	test(no_memory_is_kept);
}

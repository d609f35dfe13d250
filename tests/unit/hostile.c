/* hostile.c - a core against a peer that does not keep to the rules.
 * SPDX-License-Identifier: ISC
 *
 * A test is named after the row of the list of hostile inputs that it is of,
 * and says whether the core is responder or initiator in it where both exist.
 * After each, what is half-open times out, nothing is left in the core or its
 * kernel, and an honest exchange works (core_recovers).
 */
#include "ikev2/nat.h"
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/bent.h"

#include <stdlib.h>

static struct parts parts;
static const struct core_setup plain = { .ike = NULL };
static const struct core_setup two = { .two_children = true };
static const struct core_setup cbc = { .ike = "aes256-sha256-prfsha256-x25519",
	.two_children = true };

void bent_failed(const char *file, int line, const char *what)
{
	ck_abort_msg("%s:%d: not so: %s", file, line, what);
}

static void close_core(void)
{
	if (core.ike)
		core_close();
}

/* The request that an honest initiator would send first. */
static struct bytes honest_request(void)
{
	const struct ike_header header = bent_header(IKE_SA_INIT, false, 0);

	return bent_clear(&header, &parts);
}

static void begin_request(void)
{
	bent_begin(true);
	bent_init_parts(&parts);
}

/* An IKE_SA_INIT request made of parts leaves nothing behind; at most an error
 * without state comes back, and that is error, or 0: silence. */
static void init_refused(uint16_t error)
{
	bent_send_init(&parts);
	ck_assert_int_eq(core_ike_sas(), 0);
	if (error)
		bent_hears_error(error);
	else
		bent_hears_nothing();
}

static void init_accepted(void)
{
	bent_send_init(&parts);
	bent_hear_init();
	ck_assert_int_eq(core_ike_sas(), 1);
}

/* The core has asked, and the answer that was given has changed nothing: it
 * waits, and an honest answer completes. */
static void still_waits_for_init(void)
{
	ck_assert_int_eq(core_established(), 0);
	ck_assert_int_eq(core_ike_sas(), 1);
	bent_init_parts(&parts);
	bent_answer_init(&parts);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, IKE_AUTH);
}

/* --- N01 to N04: headers -------------------------------------------------- */

START_TEST(n01_short_datagrams)
{
	struct bytes all;

	core_open(&plain);
	begin_request();
	all = honest_request();
	for (size_t len = 0; len < IKE_HEADER_LEN; len++) {
		core_give(bytes_of(all.at, len));
		bent_hears_nothing();
	}
	core_give(hex("ff"));
	bent_hears_nothing();
	core_is_clean();
	core_recovers(true);
}
END_TEST

START_TEST(n02_length_lies)
{
	static const uint32_t lengths[] = { 0, 1, 27, 28, 0xffff, 0x10000,
		0x7fffffff, 0xffffffff };
	uint8_t copy[MAX_PACKET];
	struct bytes all;

	core_open(&plain);
	begin_request();
	all = honest_request();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]) + 2; i++) {
		uint32_t len = i == 0   ? (uint32_t)all.len + 1
			       : i == 1 ? (uint32_t)all.len - 1
					: lengths[i - 2];

		memcpy(copy, all.at, all.len);
		for (size_t n = 0; n < 4; n++)
			copy[24 + n] = (uint8_t)(len >> (24 - 8 * n));
		core_give(bytes_of(copy, all.len));
		bent_hears_nothing();
	}
	core_is_clean();
	core_recovers(true);
}
END_TEST

START_TEST(n03_major_versions)
{
	uint8_t copy[MAX_PACKET];
	struct bytes all;

	core_open(&plain);
	begin_request();
	all = honest_request();
	memcpy(copy, all.at, all.len);
	for (uint8_t major = 0; major < 16; major++) {
		if (major == 2)
			continue;
		copy[17] = (uint8_t)(major << 4 | 3);
		core_give(bytes_of(copy, all.len));
		if (major > 2)
			bent_hears_error(INVALID_MAJOR_VERSION);
		else
			bent_hears_nothing();
		copy[19] |= FLAG_RESPONSE; /* never an answer to an answer */
		core_give(bytes_of(copy, all.len));
		bent_hears_nothing();
		copy[19] = FLAG_INITIATOR;
	}
	core_is_clean();
	core_recovers(true);
}
END_TEST

START_TEST(n03_major_version_is_answered_at_a_limited_rate)
{
	struct bytes all;
	uint8_t copy[MAX_PACKET];
	size_t before;

	core_open(&plain);
	begin_request();
	all = honest_request();
	memcpy(copy, all.at, all.len);
	copy[17] = 0x30;
	before = core.sent_ever;
	for (int i = 0; i < 1000; i++)
		core_give(bytes_of(copy, all.len));
	ck_assert_uint_le(core.sent_ever - before, 100);
	core_advance(2000);
	core_give(bytes_of(copy, all.len));
	ck_assert_uint_eq(core.sent_count, 1);
	core_recovers(true);
}
END_TEST

START_TEST(n03_minor_versions)
{
	uint8_t copy[MAX_PACKET];
	struct bytes all;

	core_open(&plain);
	for (uint8_t minor = 0; minor < 16; minor++) {
		begin_request();
		all = honest_request();
		memcpy(copy, all.at, all.len);
		copy[17] = (uint8_t)(0x20 | minor);
		core_give(bytes_of(copy, all.len));
		bent_hear_init();
	}
	ck_assert_int_eq(core_ike_sas(), 16);
	core_recovers(true);
}
END_TEST

START_TEST(n04_spis_flags_and_ids)
{
	static const struct {
		size_t at;
		uint8_t octet;
	} rows[] = {
		{ 8, 1 }, /* a responder's SPI */
		{ 15, 0x80 },
		{ 19, 0x28 }, /* a response that nobody waits for */
		{ 19, 0x20 },
		{ 19, 0x00 }, /* not from the initiator */
		{ 23, 1 },    /* message ID 1 */
		{ 20, 0xff },
	};
	uint8_t copy[MAX_PACKET];
	struct bytes all;

	core_open(&plain);
	begin_request();
	all = honest_request();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(copy, all.at, all.len);
		copy[rows[i].at] = rows[i].octet;
		core_give(bytes_of(copy, all.len));
		bent_hears_nothing();
	}
	memcpy(copy, all.at, all.len);
	memset(copy, 0, IKE_SPI_LEN);
	core_give(bytes_of(copy, all.len));
	bent_hears_nothing();
	core_is_clean();
	core_recovers(true);
}
END_TEST

/* --- N05: lengths of payloads --------------------------------------------- */

/* Chains that lead nowhere; first is the type of the first payload. */
static const struct {
	uint8_t first;
	const char *chain;
} bad_chains[] = {
	{ PAYLOAD_VENDOR, "" },
	{ PAYLOAD_VENDOR, "00" },
	{ PAYLOAD_VENDOR, "000000" },
	{ PAYLOAD_VENDOR, "00000000" },
	{ PAYLOAD_VENDOR, "00000001" },
	{ PAYLOAD_VENDOR, "00000003" },
	{ PAYLOAD_VENDOR, "00000005" },
	{ PAYLOAD_VENDOR, "0000ffff" },
	{ PAYLOAD_VENDOR, "2b000000 00000004" },
	{ PAYLOAD_VENDOR, "2b000004" },
	{ PAYLOAD_VENDOR, "00000004 00" },
	{ PAYLOAD_VENDOR, "00000004 00000004" },
	{ 200, "00000003" },
	{ 200, "c8000004" },
	{ PAYLOAD_NONE, "00" },
};

enum { BAD_CHAINS = sizeof(bad_chains) / sizeof(bad_chains[0]) };

/* An honest header, and a chain as it is. */
static struct bytes raw_clear(
	const struct ike_header *header, uint8_t first, struct bytes chain)
{
	static uint8_t buffer[65000];
	struct message_out out;

	message_begin(&out, buffer, sizeof(buffer), header);
	patch_u8(&out.w, 16, first);
	write_bytes(&out.w, chain);
	return message_end(&out);
}

START_TEST(n05_in_clear_as_responder)
{
	core_open(&plain);
	begin_request();
	for (size_t i = 0; i < BAD_CHAINS; i++) {
		const struct ike_header header =
			bent_header(IKE_SA_INIT, false, 0);

		core_give(raw_clear(&header, bad_chains[i].first,
			hex(bad_chains[i].chain)));
		bent_hears_nothing();
	}
	core_is_clean();
	core_recovers(true);
}
END_TEST

START_TEST(n05_in_clear_as_initiator)
{
	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < BAD_CHAINS; i++) {
		const struct ike_header header =
			bent_header(IKE_SA_INIT, true, 0);

		core_give(raw_clear(&header, bad_chains[i].first,
			hex(bad_chains[i].chain)));
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

START_TEST(n05_ten_thousand_payloads)
{
	static uint8_t octets[40000];
	struct ike_header header;

	core_open(&plain);
	begin_request();
	header = bent_header(IKE_SA_INIT, false, 0);
	for (size_t i = 0; i < sizeof(octets); i += 4)
		memcpy(octets + i, (uint8_t[]){ 200, 0, 0, 4 }, 4);
	core_give(raw_clear(&header, 200, bytes_of(octets, sizeof(octets))));
	bent_hears_nothing();
	core_is_clean();
	core_recovers(true);
}
END_TEST

/* RFC 7296 section 2.21.2: authentic, so it is answered, and fatal. */
START_TEST(n05_in_sk_of_auth_as_responder)
{
	core_open(&plain);
	for (size_t i = 0; i < BAD_CHAINS; i++) {
		struct ike_header header;

		bent_initiates_keys();
		header = bent_header(IKE_AUTH, false, 1);
		core_give(bent_sealed_raw(&header, bad_chains[i].first,
			hex(bad_chains[i].chain)));
		bent_hears_error(INVALID_SYNTAX);
		ck_assert_int_eq(core_established(), 0);
		/* an honest one comes too late */
		bent_auth_parts(&parts);
		bent.out_id = 2;
		bent_ask(IKE_AUTH, &parts);
		bent_hears_nothing();
		ck_assert_int_eq(core_established() + core.sas, 0);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n05_in_sk_of_auth_as_initiator)
{
	core_open(&plain);
	for (size_t i = 0; i < BAD_CHAINS; i++) {
		struct ike_header header;

		core_dial();
		bent_responds_keys();
		header = bent_header(IKE_AUTH, true, 1);
		core_give(bent_sealed_raw(&header, bad_chains[i].first,
			hex(bad_chains[i].chain)));
		ck_assert_int_eq(core_established() + core.sas, 0);
		ck_assert_int_eq(core.failed, (int)i + 1);
		core_advance(400000);
		core_is_clean();
	}
	core_recovers(false);
}
END_TEST

START_TEST(n05_in_sk_of_an_established_sa)
{
	core_open(&two);
	bent_initiates();
	for (size_t i = 0; i < BAD_CHAINS; i++) {
		const struct ike_header header =
			bent_header(i % 2 ? INFORMATIONAL : CREATE_CHILD_SA,
				false, bent.out_id++);

		core_give(bent_sealed_raw(&header, bad_chains[i].first,
			hex(bad_chains[i].chain)));
		bent_hears_error(INVALID_SYNTAX);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
	}
	core_recovers(true);
}
END_TEST

/* --- N06: what must be there, and once ------------------------------------ */

enum bend { REMOVED, TWICE, EMPTY, BENDS };

static void bend(uint8_t type, enum bend how)
{
	switch (how) {
	case REMOVED:
		parts_remove(&parts, type);
		break;
	case TWICE:
		parts_repeat(&parts, type);
		break;
	case EMPTY:
		parts_set(&parts, type, hex(""));
		break;
	case BENDS:
		break;
	}
}

static const uint8_t in_init[] = { PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE };

START_TEST(n06_init_as_responder)
{
	core_open(&plain);
	for (size_t i = 0; i < sizeof(in_init) * BENDS; i++) {
		begin_request();
		bend(in_init[i / BENDS], (enum bend)(i % BENDS));
		bent_send_init(&parts);
		bent_hears_nothing();
		ck_assert_int_eq(core_ike_sas(), 0);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n06_init_as_initiator)
{
	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < sizeof(in_init) * BENDS; i++) {
		bent_init_parts(&parts);
		bend(in_init[i / BENDS], (enum bend)(i % BENDS));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

START_TEST(n06_auth_as_responder)
{
	static const uint8_t types[] = { PAYLOAD_IDI, PAYLOAD_SA, PAYLOAD_TSI,
		PAYLOAD_TSR, PAYLOAD_AUTH };

	core_open(&plain);
	for (size_t i = 0; i < sizeof(types) * BENDS; i++) {
		const bool eap = types[i / BENDS] == PAYLOAD_AUTH &&
				 i % BENDS == REMOVED;

		bent_initiates_keys();
		bent_auth_parts(&parts);
		bend(types[i / BENDS], (enum bend)(i % BENDS));
		bent_ask(IKE_AUTH, &parts);
		bent_hears_error(eap ? AUTHENTICATION_FAILED : INVALID_SYNTAX);
		ck_assert_int_eq(core_established(), 0);
		ck_assert_int_eq(core.sas + core.policies, 0);
	}
	core_recovers(true);
}
END_TEST

/* What is not there is no proof of identity, or no child; what is malformed
 * is no answer. */
START_TEST(n06_auth_as_initiator)
{
	static const uint8_t types[] = { PAYLOAD_IDR, PAYLOAD_AUTH, PAYLOAD_SA,
		PAYLOAD_TSI, PAYLOAD_TSR };

	core_open(&plain);
	for (size_t i = 0; i < sizeof(types) * BENDS; i++) {
		const bool child = i >= (size_t)2 * BENDS;
		const bool removed = i % BENDS == REMOVED;

		core_dial();
		bent_responds_keys();
		bent_auth_parts(&parts);
		bend(types[i / BENDS], (enum bend)(i % BENDS));
		core.failed = 0;
		bent_answer(IKE_AUTH, &parts);
		ck_assert_int_eq(core.failed, 1);
		ck_assert_int_eq(core.sas + core.policies, 0);
		ck_assert_int_eq(core_established(), child && removed);
		if (removed && !child) { /* section 2.21.2: it is told */
			ck_assert_uint_eq(core.sent_count, 1);
			ck_assert(bent_open(0));
			ck_assert_uint_eq(
				bent.in.header.exchange, INFORMATIONAL);
			ck_assert_ptr_nonnull(message_notify(
				&bent.in, AUTHENTICATION_FAILED));
		}
		core_recovers(false);
	}
}
END_TEST

static const uint8_t in_child[] = { PAYLOAD_SA, PAYLOAD_NONCE, PAYLOAD_TSI,
	PAYLOAD_TSR };

START_TEST(n06_child_as_responder)
{
	core_open(&two);
	bent_initiates();
	for (size_t i = 0; i < sizeof(in_child) * BENDS; i++) {
		bent_child_parts(&parts, false);
		bend(in_child[i / BENDS], (enum bend)(i % BENDS));
		bent_ask(CREATE_CHILD_SA, &parts);
		bent.out_id++;
		ck_assert_uint_eq(core.sent_count, 1);
		ck_assert(bent_open(0));
		ck_assert_ptr_nonnull(message_error(&bent.in));
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
	}
	bent_child_parts(&parts, false);
	bent_ask(CREATE_CHILD_SA, &parts);
	ck_assert_int_eq(core.child_up, 2);
	core_recovers(true);
}
END_TEST

/* Two children are wished for: the core asks for the second one. */
static void second_child_is_asked(void)
{
	core_dial();
	bent_responds();
	ck_assert_int_eq(core.child_up, 1);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, CREATE_CHILD_SA);
}

/* What the core says next is an INFORMATIONAL request or nothing; answer what
 * it asks until it is content. */
static void content_it(void)
{
	for (int i = 0; i < 8 && core.sent_count > 0; i++) {
		ck_assert(bent_open(0));
		if (header_is_response(&bent.in.header))
			return;
		bent.in_id = bent.in.header.message_id;
		parts.count = 0;
		bent_answer(bent.in.header.exchange, &parts);
		bent.in_id++;
	}
}

START_TEST(n06_child_as_initiator)
{
	for (size_t i = 0; i < sizeof(in_child) * BENDS; i++) {
		core_open(&two);
		second_child_is_asked();
		bent_child_parts(&parts, true);
		bend(in_child[i / BENDS], (enum bend)(i % BENDS));
		bent_answer(CREATE_CHILD_SA, &parts);
		bent.in_id++;
		content_it();
		ck_assert_int_eq(core.child_up, 1);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
		core_close();
	}
}
END_TEST

/* --- N07, N08: payloads that we do not know ------------------------------- */

static const uint8_t unknown_types[] = { 1, 13, 32, 49, 52, 54, 200, 255 };

static void add_unknown(size_t at, uint8_t type, bool critical)
{
	struct part *part = parts_insert(&parts, at, type, hex("0102"));

	part->flags = critical ? PAYLOAD_CRITICAL : 0;
}

START_TEST(n07_in_init_as_responder)
{
	core_open(&plain);
	for (size_t i = 0; i < sizeof(unknown_types); i++) {
		begin_request();
		add_unknown(i % 4, unknown_types[i], true);
		init_refused(UNSUPPORTED_CRITICAL_PAYLOAD);
		ck_assert_uint_eq(message_error(&bent.in)->data.len, 1);
		ck_assert_uint_eq(
			message_error(&bent.in)->data.at[0], unknown_types[i]);
	}
	for (size_t i = 0; i < sizeof(unknown_types); i++) {
		begin_request();
		add_unknown(i % 4, unknown_types[i], false);
		init_accepted();
		core_recovers(true);
	}
}
END_TEST

START_TEST(n07_critical_bit_of_known_types)
{
	core_open(&plain);
	begin_request();
	for (size_t i = 0; i < parts.count; i++)
		parts.at[i].flags = 0xff;
	init_accepted();
	core_recovers(true);
}
END_TEST

START_TEST(n07_in_init_as_initiator)
{
	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < sizeof(unknown_types); i++) {
		bent_init_parts(&parts);
		add_unknown(i % 4, unknown_types[i], true);
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

START_TEST(n07_in_sk_of_auth_as_responder)
{
	core_open(&plain);
	for (size_t i = 0; i < sizeof(unknown_types); i++) {
		bent_initiates_keys();
		bent_auth_parts(&parts);
		add_unknown(i % 6, unknown_types[i], true);
		bent_ask(IKE_AUTH, &parts);
		bent_hears_error(UNSUPPORTED_CRITICAL_PAYLOAD);
		ck_assert_uint_eq(message_error(&bent.in)->data.len, 1);
		ck_assert_uint_eq(
			message_error(&bent.in)->data.at[0], unknown_types[i]);
		ck_assert_int_eq(core_established() + core.sas, 0);
	}
	core_recovers(true);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	add_unknown(2, 200, false);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* A response with one: that exchange fails, and nothing is answered. */
START_TEST(n07_in_sk_of_auth_as_initiator)
{
	core_open(&plain);
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	add_unknown(0, 200, true);
	bent_answer(IKE_AUTH, &parts);
	bent.in_id++;
	ck_assert_int_eq(core.failed, 1);
	ck_assert_int_eq(core_established() + core.sas, 0);
	/* No answer, but the peer thinks that it is authenticated (RFC 7296
	 * section 2.21.2). */
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, INFORMATIONAL);
	ck_assert_uint_eq(message_error(&bent.in)->type, INVALID_SYNTAX);
	core_recovers(false);
}
END_TEST

/* RFC 7296 section 2.21.3: a peer that cannot read our request has ended the
 * IKE SA: nothing of it is left here either. */
START_TEST(invalid_syntax_is_fatal)
{
	core_open(&two);
	second_child_is_asked();
	parts.count = 0;
	parts_notify(&parts, INVALID_SYNTAX, bytes_of(NULL, 0));
	bent_answer(CREATE_CHILD_SA, &parts);
	bent.in_id++;
	ck_assert_int_eq(core_established() + core.sas, 0);
	ck_assert_uint_ge(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 1);
	core_recovers(false);
}
END_TEST

START_TEST(n07_outside_sk)
{
	struct ike_header header;
	struct bytes sealed;
	uint8_t copy[MAX_PACKET];

	core_open(&plain);
	for (int critical = 0; critical < 2; critical++) {
		bent_initiates_keys();
		bent_auth_parts(&parts);
		header = bent_header(IKE_AUTH, false, 1);
		sealed = bent_sealed(&header, &parts);
		/* an unknown payload between the header and SK */
		memcpy(copy, sealed.at, IKE_HEADER_LEN);
		memcpy(copy + IKE_HEADER_LEN,
			(uint8_t[]){ PAYLOAD_SK, critical ? 0x80 : 0, 0, 5, 7 },
			5);
		memcpy(copy + IKE_HEADER_LEN + 5, sealed.at + IKE_HEADER_LEN,
			sealed.len - IKE_HEADER_LEN);
		copy[16] = 200;
		copy[26] = (uint8_t)((sealed.len + 5) >> 8);
		copy[27] = (uint8_t)(sealed.len + 5);
		core_give(bytes_of(copy, sealed.len + 5));
		bent_hears_nothing(); /* its ICV covers other octets */
		core_give(sealed);
		ck_assert_uint_eq(core.sent_count, 1);
		ck_assert_int_eq(core_established(), 1);
		core_recovers(true);
	}
}
END_TEST

START_TEST(n07_in_an_established_sa)
{
	core_open(&two);
	bent_initiates();
	parts.count = 0;
	add_unknown(0, 200, true);
	bent_ask(INFORMATIONAL, &parts);
	bent.out_id++;
	bent_hears_error(UNSUPPORTED_CRITICAL_PAYLOAD);
	parts.at[0].flags = 0;
	bent_ask(INFORMATIONAL, &parts);
	bent.out_id++;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_ptr_null(message_error(&bent.in));
	bent_child_parts(&parts, false);
	add_unknown(1, 200, true);
	bent_ask(CREATE_CHILD_SA, &parts);
	bent_hears_error(UNSUPPORTED_CRITICAL_PAYLOAD);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

/* In the response to CREATE_CHILD_SA, and to a liveness check: only that
 * exchange fails. */
START_TEST(n07_in_a_response)
{
	core_open(&two);
	second_child_is_asked();
	bent_child_parts(&parts, true);
	add_unknown(0, 200, true);
	bent_answer(CREATE_CHILD_SA, &parts);
	bent.in_id++;
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.child_up, 1);
	for (int i = 0; i < 3 && core.sent_count == 0; i++)
		core_advance(31000);
	ck_assert_uint_gt(core.sent_count, 0);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, INFORMATIONAL);
	bent.in_id = bent.in.header.message_id;
	parts.count = 0;
	add_unknown(0, 200, true);
	bent_answer(INFORMATIONAL, &parts);
	bent_hears_nothing();
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	core_close();
}
END_TEST

START_TEST(n08_ikev1_payloads)
{
	core_open(&plain);
	for (uint8_t type = 1; type <= 32; type++) {
		begin_request();
		add_unknown(1, type, true);
		init_refused(UNSUPPORTED_CRITICAL_PAYLOAD);
	}
	begin_request();
	for (uint8_t type = 1; type <= 32; type++)
		add_unknown(type % 3, type, false);
	init_accepted();
	core_recovers(true);
}
END_TEST

/* --- N09, N10: proposals -------------------------------------------------- */

#define GCM256 "0300000c 01000014 800e0100"
#define PRF256 "03000008 02000005"
#define X25519 "00000008 0400001f"
#define GOOD   "00000024 01010003" GCM256 PRF256 X25519

/* error 0: silence; IKE_DEAD: accepted */
static const struct {
	const char *what, *sa;
	enum ike_error error;
} init_offers[] = {
	{ "good", GOOD, IKE_DEAD },
	{ "count too high", "00000024 01010004" GCM256 PRF256 X25519, IKE_OK },
	{ "count too low", "00000024 01010002" GCM256 PRF256 X25519, IKE_OK },
	{ "count 0", "00000008 01010000", NO_PROPOSAL_CHOSEN },
	{ "number 0", "00000024 00010003" GCM256 PRF256 X25519, IKE_OK },
	{ "number 2", "00000024 02010003" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "SPI size 1", "00000025 01010103 00" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "SPI size 255", "00000024 0101ff03" GCM256 PRF256 X25519, IKE_OK },
	{ "protocol 0", "00000024 01000003" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "protocol 4", "00000024 01040003" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "protocol 255", "00000024 01ff0003" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "no DH", "0000001c 01010002" GCM256 "00000008 02000005",
		NO_PROPOSAL_CHOSEN },
	{ "no PRF", "0000001c 01010002" GCM256 X25519, NO_PROPOSAL_CHOSEN },
	{ "no ENCR", "00000018 01010002" PRF256 X25519, NO_PROPOSAL_CHOSEN },
	{ "no key length", "00000020 01010003 03000008 01000014" PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "key length 0",
		"00000024 01010003 0300000c 01000014 800e0000" PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "key length 65535",
		"00000024 01010003 0300000c 01000014 800effff" PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "key length twice",
		"00000028 01010003 03000010 01000014 800e0100 800e0100" PRF256
			X25519,
		NO_PROPOSAL_CHOSEN },
	{ "key length as TLV",
		"00000026 01010003 0300000e 01000014 000e0002 0100" PRF256
			X25519,
		NO_PROPOSAL_CHOSEN },
	{ "TLV past the end",
		"00000026 01010003 0300000e 01000014 000effff 0100" PRF256
			X25519,
		IKE_OK },
	{ "unknown attribute",
		"00000028 01010003 03000010 01000014 800e0100 80630001" PRF256
			X25519,
		NO_PROPOSAL_CHOSEN },
	{ "unknown transform ID beside a good one",
		"0000002c 01010004" GCM256 "03000008 02000063" PRF256 X25519,
		IKE_DEAD },
	{ "unknown transform type",
		"0000002c 01010004" GCM256 PRF256 "03000008 06000001" X25519,
		NO_PROPOSAL_CHOSEN },
	{ "unknown transform type, then good",
		"0200002c 01010004" GCM256 PRF256 "03000008 06000001" X25519
		"00000024 02010003" GCM256 PRF256 X25519,
		IKE_DEAD },
	{ "AEAD with INTEG",
		"0000002c 01010004" GCM256 PRF256 "03000008 0300000c" X25519,
		NO_PROPOSAL_CHOSEN },
	{ "AEAD with INTEG NONE",
		"0000002c 01010004" GCM256 PRF256 "03000008 03000000" X25519,
		IKE_DEAD },
	{ "ENCR NULL",
		"0000002c 01010004 03000008 0100000b" PRF256
		"0300000c 0300000c 800e0100" X25519,
		NO_PROPOSAL_CHOSEN },
	{ "CBC with INTEG NONE",
		"0000002c 01010004 0300000c 0100000c 800e0100" PRF256
		"03000008 03000000" X25519,
		NO_PROPOSAL_CHOSEN },
	{ "INTEG alone", "00000020 01010003" PRF256 "03000008 0300000c" X25519,
		NO_PROPOSAL_CHOSEN },
};

enum { OFFERS = sizeof(init_offers) / sizeof(init_offers[0]) };

START_TEST(n09_n10_offers_to_a_responder)
{
	static const struct core_setup both = {
		.ike = "aes256gcm16-prfsha256-x25519|"
		       "aes256-sha256-prfsha256-x25519",
	};

	core_open(&both);
	for (size_t i = 0; i < OFFERS; i++) {
		begin_request();
		parts_set(&parts, PAYLOAD_SA, hex(init_offers[i].sa));
		bent_send_init(&parts);
		ck_assert_msg(
			core_ike_sas() == (init_offers[i].error == IKE_DEAD),
			"%s", init_offers[i].what);
		if (init_offers[i].error == IKE_DEAD)
			core_recovers(true);
		else if (init_offers[i].error)
			bent_hears_error((uint16_t)init_offers[i].error);
		else
			bent_hears_nothing();
	}
	core_recovers(true);
}
END_TEST

/* As answers they are none: only what was offered is taken. */
START_TEST(n09_n10_answers_to_an_initiator)
{
	static const char *const more[] = {
		"00000024 01010003 0300000c 01000014 800e0080" PRF256 X25519,
		"00000024 01010003" GCM256 "03000008 02000006" X25519,
		"00000024 01010003" GCM256 PRF256 "00000008 04000013",
		"0000002c 01010004" GCM256 GCM256 PRF256 X25519,
		"0000002c 01010004" GCM256 PRF256 "03000008 04000013" X25519,
		"02000024 01010003" GCM256 PRF256 X25519
		"00000024 02010003" GCM256 PRF256 X25519,
	};

	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 1; i < OFFERS; i++) {
		if (init_offers[i].error == IKE_DEAD)
			continue;
		bent_init_parts(&parts);
		parts_set(&parts, PAYLOAD_SA, hex(init_offers[i].sa));
		bent_answer_init(&parts);
		ck_assert_msg(core.sent_count == 0, "%s", init_offers[i].what);
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		bent_init_parts(&parts);
		parts_set(&parts, PAYLOAD_SA, hex(more[i]));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

/* 255 transforms in each of 4 proposals, none of them known, and a good one. */
START_TEST(n09_many_transforms)
{
	static uint8_t body[65000];
	struct writer w = writer_of(body, sizeof(body));
	struct ike_header header;
	uint8_t buffer[65000];
	struct message_out out;
	size_t sa;

	core_open(&plain);
	begin_request();
	for (uint8_t p = 1; p <= 4; p++) {
		write_bytes(&w, hex("02000000"));
		patch_u16(&w, w.len - 2, 8 + 255 * 8);
		write_bytes(&w, bytes_of((uint8_t[]){ p, 1, 0, 255 }, 4));
		for (int t = 1; t <= 255; t++)
			write_bytes(&w, t == 255 ? hex("00000008 0400ffff")
						 : hex("03000008 0400fffe"));
	}
	write_bytes(&w, hex("00000024 05010003" GCM256 PRF256 X25519));
	header = bent_header(IKE_SA_INIT, false, 0);
	message_begin(&out, buffer, sizeof(buffer), &header);
	sa = payload_begin(&out.c, PAYLOAD_SA);
	write_bytes(&out.w, written(&w));
	payload_end(&out.c, sa);
	write_ke(&out.c, KE_CURVE25519, dh_public(&bent.dh));
	write_nonce(&out.c, bytes_of(bent.nonce_i, NONCE_LEN));
	core_give(message_end(&out));
	ck_assert_int_eq(core_ike_sas(), 1);
	core_recovers(true);
}
END_TEST

/* The same in the child's proposals: the IKE SA comes up without it. */
START_TEST(n09_n10_offers_of_a_first_child)
{
#define ESP "c0ffee01"
#define ESN "00000008 05000000"
	static const struct {
		const char *sa;
		enum ike_error error;
	} rows[] = {
		{ "00000020 01030402" ESP GCM256 ESN, IKE_OK },
		{ "00000020 01010402" ESP GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000020 01020402" ESP GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000020 01ff0402" ESP GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "0000001c 01030002" GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "0000001e 01030202 0102" GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000024 01030802" ESP ESP GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000020 01030402 00000000" GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000028 01030403" ESP GCM256 "03000008 0300000c" ESN,
			NO_PROPOSAL_CHOSEN },
		{ "00000018 01030401" ESP "0000000c 01000014 800e0100",
			NO_PROPOSAL_CHOSEN },
		{ "00000028 01030403" ESP GCM256 "03000008 02000005" ESN,
			NO_PROPOSAL_CHOSEN },
	};

	core_open(&plain);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bent_initiates_keys();
		bent_auth_parts(&parts);
		parts_set(&parts, PAYLOAD_SA, hex(rows[i].sa));
		bent_ask(IKE_AUTH, &parts);
		ck_assert_uint_eq(core.sent_count, 1);
		ck_assert(bent_open(0));
		ck_assert(has_payload(&bent.in, PAYLOAD_AUTH));
		ck_assert_int_eq(core_established(), 1);
		if (rows[i].error)
			ck_assert_msg(message_notify(&bent.in,
					      (uint16_t)rows[i].error) != NULL,
				"row %zu", i);
		ck_assert_int_eq(core.sas, rows[i].error ? 0 : 2);
		core_recovers(true);
	}
}
END_TEST

/* --- N11, N12: key exchange ----------------------------------------------- */

static const struct core_setup groups = {
	.ike = "aes256gcm16-prfsha256-x25519-ecp256-modp2048",
};

static void set_ke(uint16_t group, struct bytes public)
{
	uint8_t body[1100] = { (uint8_t)(group >> 8), (uint8_t)group };

	memcpy(body + 4, public.at, public.len);
	parts_set(&parts, PAYLOAD_KE, bytes_of(body, public.len + 4));
}

START_TEST(n11_group_as_responder)
{
	static const uint16_t others[] = { 0, 1, 15, 19, 1025, 65535 };
	static const uint8_t octets[64] = { 9 };

	core_open(&groups);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin_request();
		set_ke(others[i], bytes_of(octets, sizeof(octets)));
		init_refused(INVALID_KE_PAYLOAD);
		assert_bytes(
			"wanted", message_error(&bent.in)->data, hex("001f"));
		/* and where no group is acceptable */
		parts_set(&parts, PAYLOAD_SA,
			hex("00000024 01010003" GCM256 PRF256
			    "00000008 0400000f"));
		init_refused(NO_PROPOSAL_CHOSEN);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n11_length_as_responder)
{
	static const size_t lens[] = { 0, 1, 31, 33, 64, 1000 };
	static const uint8_t octets[1000] = { 9 };

	core_open(&groups);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		begin_request();
		set_ke(KE_CURVE25519, bytes_of(octets, lens[i]));
		init_refused(0);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n11_as_initiator)
{
	static const size_t lens[] = { 0, 1, 31, 33, 64, 1000 };
	static const uint8_t octets[1000] = { 9 };

	core_open(&groups);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		bent_init_parts(&parts);
		set_ke(KE_CURVE25519, bytes_of(octets, lens[i]));
		bent_answer_init(&parts);
		bent_hears_nothing();
		bent_init_parts(&parts);
		set_ke(i % 2 ? KE_ECP_256 : 0, bytes_of(octets, 64));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

static const struct core_setup pfs = { .esp = "aes256gcm16-x25519-noesn",
	.two_children = true };

/* A child's CREATE_CHILD_SA with a key exchange of this group and octets. */
static void child_with_ke(uint16_t group, struct bytes public)
{
	uint8_t ke[1100] = { (uint8_t)(group >> 8), (uint8_t)group };

	bent_child_parts(&parts, false);
	parts_set(&parts, PAYLOAD_SA,
		hex("00000028 01030403" ESP GCM256 "03000008 0400001f" ESN));
	memcpy(ke + 4, public.at, public.len);
	parts_add(&parts, PAYLOAD_KE, bytes_of(ke, public.len + 4));
}

START_TEST(n11_child_as_responder)
{
	static const uint8_t octets[64] = { 9 };
	static const size_t lens[] = { 0, 1, 31, 33, 64 };

	core_open(&pfs);
	bent_initiates();
	child_with_ke(KE_ECP_256, bytes_of(octets, 64));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	bent_hears_error(INVALID_KE_PAYLOAD);
	assert_bytes("wanted", message_error(&bent.in)->data, hex("001f"));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		child_with_ke(KE_CURVE25519, bytes_of(octets, lens[i]));
		bent_ask(CREATE_CHILD_SA, &parts);
		bent.out_id++;
		bent_hears_error(INVALID_SYNTAX);
	}
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	child_with_ke(KE_CURVE25519, dh_public(&bent.dh));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert_int_eq(core.child_up, 2);
	core_recovers(true);
}
END_TEST

/* RFC 7748 section 6.1, and the points of low order that are published. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

enum { LOW_ORDER = sizeof(low_order) / sizeof(low_order[0]) };

START_TEST(n12_low_order_as_responder)
{
	core_open(&plain);
	for (size_t i = 0; i < LOW_ORDER; i++) {
		begin_request();
		set_ke(KE_CURVE25519, hex(low_order[i]));
		init_refused(0);
	}
	core_is_clean();
	core_recovers(true);
}
END_TEST

/* And what comes after it starts from where it was: with a cookie, the request
 * again has no responder's SPI. */
START_TEST(n12_low_order_as_initiator)
{
	static const uint8_t none[IKE_SPI_LEN];
	struct ike_header header;
	uint8_t cookie[20] = { 7 };

	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < LOW_ORDER; i++) {
		bent_init_parts(&parts);
		set_ke(KE_CURVE25519, hex(low_order[i]));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	parts.count = 0;
	parts_notify(&parts, COOKIE, bytes_of(cookie, sizeof(cookie)));
	header = bent_header(IKE_SA_INIT, true, 0);
	memset(header.spi_r, 0, IKE_SPI_LEN);
	core_give(bent_clear(&header, &parts));
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_mem_eq(core.sent[0].data + 8, none, IKE_SPI_LEN);
	bent_responds_keys();
	core_recovers(false);
}
END_TEST

START_TEST(n12_other_groups_as_responder)
{
	uint8_t prime[256], off_curve[64] = { 0 };
	struct bytes values[8];
	size_t count = 0;
	uint8_t zero[256] = { 0 }, one[256] = { 0 }, less[256], more[256];

	core_open(&groups);
	memcpy(prime,
		hex("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd1"
		    "29024e088a67cc74020bbea63b139b22514a08798e3404dd"
		    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245"
		    "e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
		    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3d"
		    "c2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
		    "83655d23dca3ad961c62f356208552bb9ed529077096966d"
		    "670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
		    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9"
		    "de2bcbf6955817183995497cea956ae515d2261898fa0510"
		    "15728e5a8aacaa68ffffffffffffffff")
			.at,
		256);
	one[255] = 1;
	memcpy(less, prime, 256);
	less[255]--;
	memset(more, 0xff, sizeof(more));
	values[count++] = bytes_of(zero, 256);
	values[count++] = bytes_of(one, 256);
	values[count++] = bytes_of(less, 256);
	values[count++] = bytes_of(prime, 256);
	values[count++] = bytes_of(more, 256);
	for (size_t i = 0; i < count; i++) {
		begin_request();
		parts_set(&parts, PAYLOAD_SA,
			hex("00000024 01010003" GCM256 PRF256
			    "00000008 0400000e"));
		set_ke(KE_MODP_2048, values[i]);
		init_refused(0);
	}
	for (int i = 0; i < 2; i++) {
		begin_request();
		parts_set(&parts, PAYLOAD_SA,
			hex("00000024 01010003" GCM256 PRF256
			    "00000008 04000013"));
		set_ke(KE_ECP_256, bytes_of(off_curve, sizeof(off_curve)));
		init_refused(0);
		off_curve[63] = 1;
	}
	core_recovers(true);
}
END_TEST

START_TEST(n12_child_as_responder)
{
	core_open(&pfs);
	bent_initiates();
	for (size_t i = 0; i < LOW_ORDER; i++) {
		child_with_ke(KE_CURVE25519, hex(low_order[i]));
		bent_ask(CREATE_CHILD_SA, &parts);
		bent.out_id++;
		bent_hears_error(INVALID_SYNTAX);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
	}
	core_recovers(true);
}
END_TEST

static void second_child_is_asked(void);
static void content_it(void);

/* The answer to a child with a key exchange: of another group, of no length
 * that fits, none at all, not on the curve; and an honest one. */
START_TEST(n11_n12_child_as_initiator)
{
	static const struct {
		const char *what, *ke; /* NULL: honest */
	} rows[] = {
		{ "another group", "00130000 00" },
		{ "no group", "00000000 00" },
		{ "one octet", "001f0000 09" },
		{ "of low order",
			"001f0000"
			"0100000000000000000000000000000000000000000000000000"
			"000000000000" },
		{ "none", "" },
		{ "honest", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool good = rows[i].ke == NULL;
		uint8_t ke[36] = { 0, KE_CURVE25519 };

		core_open(&pfs);
		second_child_is_asked();
		ck_assert_uint_eq(bent.in.ke.group, KE_CURVE25519);
		bent_child_parts(&parts, true);
		parts_set(&parts, PAYLOAD_SA,
			hex("00000028 01030403" ESP GCM256
			    "03000008 0400001f" ESN));
		memcpy(ke + 4, bent.dh.public, 32);
		if (good)
			parts_add(&parts, PAYLOAD_KE, bytes_of(ke, 36));
		else if (rows[i].ke[0])
			parts_add(&parts, PAYLOAD_KE, hex(rows[i].ke));
		bent_answer(CREATE_CHILD_SA, &parts);
		bent.in_id++;
		content_it();
		ck_assert_msg(
			core.child_up == (good ? 2 : 1), "%s", rows[i].what);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, good ? 4 : 2);
		core_close();
	}
}
END_TEST

/* --- N13: nonces ---------------------------------------------------------- */

static const size_t nonce_lens[] = { 0, 1, 15, 257, 1000 };

enum { NONCE_LENS = sizeof(nonce_lens) / sizeof(nonce_lens[0]) };

START_TEST(n13_length_as_responder)
{
	static const uint8_t octets[1000] = { 1 };

	core_open(&plain);
	for (size_t i = 0; i < NONCE_LENS; i++) {
		begin_request();
		parts_set(
			&parts, PAYLOAD_NONCE, bytes_of(octets, nonce_lens[i]));
		init_refused(0);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n13_length_as_initiator)
{
	static const uint8_t octets[1000] = { 1 };

	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < NONCE_LENS; i++) {
		bent_init_parts(&parts);
		parts_set(
			&parts, PAYLOAD_NONCE, bytes_of(octets, nonce_lens[i]));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

START_TEST(n13_length_of_a_childs)
{
	static const uint8_t octets[1000] = { 1 };

	core_open(&two);
	bent_initiates();
	for (size_t i = 0; i < NONCE_LENS; i++) {
		bent_child_parts(&parts, false);
		parts_set(
			&parts, PAYLOAD_NONCE, bytes_of(octets, nonce_lens[i]));
		bent_ask(CREATE_CHILD_SA, &parts);
		bent.out_id++;
		bent_hears_error(INVALID_SYNTAX);
	}
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

/* Our own request comes back, as it is and as a response. */
START_TEST(n13_reflection)
{
	uint8_t copy[MAX_PACKET];
	size_t len;

	core_open(&plain);
	core_dial();
	bent_hear_request();
	len = bent.init_request_len;
	memcpy(copy, bent.init_request, len);
	core_give(bytes_of(copy, len));
	bent_hears_nothing();
	ck_assert_int_eq(core_ike_sas(), 1);
	copy[19] = FLAG_RESPONSE;
	copy[8] = 1; /* a responder's SPI */
	core_give(bytes_of(copy, len));
	bent_hears_nothing();
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

/* --- N14, N15, N16: cookies, rounds, forged errors ------------------------ */

/* The request in parts gets a cookie and no state; the cookie is returned. */
static struct bytes asks_for_cookie(void)
{
	bent_send_init(&parts);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_int_eq(core_ike_sas(), 0);
	bent.in.notifies = 0;
	ck_assert(read_header(bytes_of(core.sent[0].data, core.sent[0].len),
		&bent.in.header));
	ck_assert_int_eq(message_read(&bent.in, bent.in.header.next,
				 bytes_of(core.sent[0].data + IKE_HEADER_LEN,
					 core.sent[0].len - IKE_HEADER_LEN),
				 IKE_HEADER_LEN),
		IKE_OK);
	ck_assert_uint_eq(bent.in.notifies, 1);
	ck_assert_uint_eq(bent.in.notify[0].type, COOKIE);
	return bent.in.notify[0].data;
}

static void put_cookie(struct bytes cookie)
{
	uint8_t body[128] = { 0, 0, COOKIE >> 8, COOKIE & 0xff };

	memcpy(body + 4, cookie.at, cookie.len);
	parts_insert(&parts, 0, PAYLOAD_NOTIFY, bytes_of(body, cookie.len + 4));
}

START_TEST(n14_cookies)
{
	static const struct core_setup flood = { .cookies = true };
	const struct ike_endpoint home = { { 4, { 192, 0, 2, 2 } }, 500 };
	uint8_t cookie[64];
	size_t len;

	core_open(&flood);
	begin_request();
	len = asks_for_cookie().len;
	ck_assert_uint_le(len, 64);
	memcpy(cookie, bent.in.notify[0].data.at, len);

	put_cookie(bytes_of(cookie, 0));
	(void)asks_for_cookie();
	for (size_t i = 0; i < len; i++) {
		cookie[i] ^= 1;
		memcpy(parts.at[0].body + 4, cookie, len);
		parts.at[0].len = len + 4;
		(void)asks_for_cookie();
		cookie[i] ^= 1;
	}
	memcpy(parts.at[0].body + 4, cookie, len);
	for (size_t longer = 65; longer < 100; longer += 7) {
		parts.at[0].len = 4 + longer;
		(void)asks_for_cookie();
	}
	parts.at[0].len = 4 + len;

	bent.us.port = 501; /* another port, another address */
	(void)asks_for_cookie();
	bent.us = home;
	bent.us.addr.octets[3] = 3;
	(void)asks_for_cookie();
	bent.us = home;
	bent.spi_i[0] ^= 1; /* another SPI, another nonce */
	(void)asks_for_cookie();
	bent.spi_i[0] ^= 1;
	part_of(&parts, PAYLOAD_NONCE)->body[0] ^= 1;
	(void)asks_for_cookie();
	part_of(&parts, PAYLOAD_NONCE)->body[0] ^= 1;

	put_cookie(bytes_of(cookie, len)); /* two of them */
	(void)asks_for_cookie();
	parts_remove(&parts, PAYLOAD_NOTIFY);
	parts_remove(&parts, PAYLOAD_NOTIFY);
	parts_notify(&parts, COOKIE, bytes_of(cookie, len)); /* as the last */
	(void)asks_for_cookie();
	parts_remove(&parts, PAYLOAD_NOTIFY);
	put_cookie(bytes_of(cookie, len));
	core_advance(3 * 60000); /* secrets have changed twice */
	(void)asks_for_cookie();
	memcpy(parts.at[0].body + 4, bent.in.notify[0].data.at, len);
	init_accepted();
	core_advance(400000);
	core_is_clean();
}
END_TEST

static const struct ike_header *reply_without_spi(void)
{
	static struct ike_header header;

	header = bent_header(IKE_SA_INIT, true, 0);
	memset(header.spi_r, 0, IKE_SPI_LEN);
	return &header;
}

/* How many new requests come of it when each is answered by parts. */
static int rounds(void)
{
	int count = 0;

	for (int i = 0; i < 50; i++) {
		core_give(bent_clear(reply_without_spi(), &parts));
		count += (int)core.sent_count;
	}
	return count;
}

START_TEST(n15_endless_cookies)
{
	static const uint8_t cookie[64] = { 1 };

	core_open(&plain);
	core_dial();
	bent_hear_request();
	parts.count = 0;
	parts_notify(&parts, COOKIE, bytes_of(cookie, sizeof(cookie)));
	ck_assert_int_le(rounds(), 3);
	parts.count = 0; /* of lengths that are no cookies' */
	parts_notify(&parts, COOKIE, hex(""));
	ck_assert_int_eq(rounds(), 0);
	core_advance(10000);
	ck_assert_uint_gt(core.sent_count, 0); /* it goes on trying */
	core.sent_count = 1;
	bent_hear_request();
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

START_TEST(n15_endless_groups)
{
	static const char *const wanted[] = { "0013", "000e", "001f" };
	int count = 0;

	core_open(&groups);
	core_dial();
	bent_hear_request();
	for (int i = 0; i < 60; i++) {
		parts.count = 0;
		parts_notify(&parts, INVALID_KE_PAYLOAD, hex(wanted[i % 3]));
		core_give(bent_clear(reply_without_spi(), &parts));
		count += (int)core.sent_count;
	}
	ck_assert_int_le(count, 3);
	ck_assert_int_ge(count, 1);
	core_recovers(false);
}
END_TEST

/* Groups that we did not offer, the one that we sent, and none at all. */
START_TEST(n15_groups_that_are_no_answer)
{
	static const char *const wanted[] = { "001f", "0000", "0001", "0401",
		"ffff", "00", "" };

	core_open(&groups);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		parts.count = 0;
		parts_notify(&parts, INVALID_KE_PAYLOAD, hex(wanted[i]));
		ck_assert_int_eq(rounds(), 0);
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

/* RFC 7296 sections 1.2 and 2.6.1: all proposals again, with the cookie. */
START_TEST(n15_cookie_then_group)
{
	static const uint8_t cookie[8] = { 1 };
	struct bytes sa;
	uint8_t first[1000];
	size_t len;

	core_open(&groups);
	core_dial();
	bent_hear_request();
	len = bent.in.sa.proposals.len;
	memcpy(first, bent.in.sa.proposals.at, len);
	parts.count = 0;
	parts_notify(&parts, COOKIE, bytes_of(cookie, sizeof(cookie)));
	core_give(bent_clear(reply_without_spi(), &parts));
	parts.count = 0;
	parts_notify(&parts, INVALID_KE_PAYLOAD, hex("0013"));
	core_give(bent_clear(reply_without_spi(), &parts));
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(read_header(bytes_of(core.sent[0].data, core.sent[0].len),
		&bent.in.header));
	ck_assert_int_eq(message_read(&bent.in, bent.in.header.next,
				 bytes_of(core.sent[0].data + IKE_HEADER_LEN,
					 core.sent[0].len - IKE_HEADER_LEN),
				 IKE_HEADER_LEN),
		IKE_OK);
	ck_assert_uint_eq(bent.in.header.next, PAYLOAD_NOTIFY);
	assert_bytes("cookie", bent.in.notify[0].data,
		bytes_of(cookie, sizeof(cookie)));
	ck_assert_uint_eq(bent.in.ke.group, KE_ECP_256);
	sa = bent.in.sa.proposals;
	assert_bytes("proposals", sa, bytes_of(first, len));
	core_recovers(false);
}
END_TEST

START_TEST(n16_forged_errors)
{
	static const uint16_t errors[] = { UNSUPPORTED_CRITICAL_PAYLOAD,
		INVALID_SYNTAX, NO_PROPOSAL_CHOSEN, AUTHENTICATION_FAILED,
		INVALID_MAJOR_VERSION, INVALID_IKE_SPI, TEMPORARY_FAILURE, 8,
		16383, INITIAL_CONTACT };

	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		parts.count = 0;
		parts_notify(&parts, errors[i], hex(""));
		core_give(bent_clear(reply_without_spi(), &parts));
		bent_hears_nothing();
	}
	core_advance(3000);
	ck_assert_uint_eq(core.sent_count, 1); /* it goes on trying */
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

/* A second response, after the one that was taken. */
START_TEST(n16_forged_second_response)
{
	uint8_t keep[MAX_PACKET];
	size_t len;

	core_open(&plain);
	core_dial();
	bent_responds_keys();
	len = core.sent[0].len;
	memcpy(keep, core.sent[0].data, len);
	bent_init_parts(&parts);
	part_of(&parts, PAYLOAD_NONCE)->body[0] ^= 1;
	core_give(bent_clear(&(struct ike_header){ .version = 0x20,
				     .exchange = IKE_SA_INIT,
				     .flags = FLAG_RESPONSE },
		&parts));
	bent_hears_nothing();
	{
		struct ike_header header = bent_header(IKE_SA_INIT, true, 0);

		core_give(bent_clear(&header, &parts));
		bent_hears_nothing();
		header.spi_r[0] ^= 1;
		core_give(bent_clear(&header, &parts));
		bent_hears_nothing();
	}
	bent_auth_parts(&parts);
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(false);
}
END_TEST

/* --- N17 to N19: notifies that nobody vouches for ------------------------- */

START_TEST(n17_unprotected_notifies)
{
	static const uint16_t errors[] = { INVALID_IKE_SPI, INVALID_SPI,
		AUTHENTICATION_FAILED, INVALID_SYNTAX, NO_PROPOSAL_CHOSEN };
	size_t before;

	core_open(&plain);
	for (int role = 0; role < 2; role++) {
		if (role == 0) {
			bent_initiates();
		} else {
			core_dial();
			bent_responds();
		}
		before = core.sent_ever;
		for (size_t i = 0; i < 5 * 2 * 3; i++) {
			const uint8_t exchange =
				i % 3 == 0 ? INFORMATIONAL : IKE_AUTH;
			struct ike_header header =
				bent_header(exchange, i / 3 % 2,
					i / 3 % 2 ? bent.in_id : bent.out_id);

			if (i % 3 == 2)
				header.exchange = IKE_SA_INIT;
			parts.count = 0;
			parts_notify(&parts, errors[i / 6], hex("01020304"));
			core_give(bent_clear(&header, &parts));
			ck_assert_int_eq(core_established(), 1);
			ck_assert_int_eq(core.sas, 2);
		}
		ck_assert_uint_le(core.sent_ever - before, 1);
		core_recovers(role == 0);
	}
}
END_TEST

START_TEST(n18_bogus_notifies)
{
	uint8_t octets[64] = { 0 };

	core_open(&plain);
	for (int i = 0; i < 9; i++) {
		begin_request();
		switch (i) {
		case 0:
			parts_notify(&parts, NAT_DETECTION_SOURCE_IP, hex(""));
			break;
		case 1:
			parts_notify(&parts, NAT_DETECTION_SOURCE_IP,
				bytes_of(octets, 19));
			parts_notify(&parts, NAT_DETECTION_DESTINATION_IP,
				bytes_of(octets, 21));
			break;
		case 2:
			for (int n = 0; n < 50; n++)
				parts_notify(&parts, NAT_DETECTION_SOURCE_IP,
					bytes_of(octets, 20));
			break;
		case 3:
			parts_notify(&parts, SIGNATURE_HASH_ALGORITHMS,
				hex("000200"));
			break;
		case 4:
			parts_notify(
				&parts, SIGNATURE_HASH_ALGORITHMS, hex(""));
			break;
		case 5:
			parts_notify(&parts, IKEV2_FRAGMENTATION_SUPPORTED,
				hex("0102"));
			break;
		case 6: /* an error in a request */
			parts_notify(&parts, NO_PROPOSAL_CHOSEN, hex(""));
			break;
		case 7: /* SPI size of a notify that has none */
			parts_add(&parts, PAYLOAD_NOTIFY,
				hex("ff04 4004 01020304"));
			break;
		default:
			parts_notify(&parts, 65535, hex("00"));
			break;
		}
		init_accepted();
		bent_auth_parts(&parts);
		bent_ask(IKE_AUTH, &parts);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_uint_eq(core.sent[0].remote.port, 500);
		core_recovers(true);
	}
}
END_TEST

START_TEST(n19_extensions_that_were_not_offered)
{
	static const uint16_t types[] = { 16438 /* INTERMEDIATE */,
		MOBIKE_SUPPORTED, IKEV2_FRAGMENTATION_SUPPORTED,
		16435 /* USE_PPK */, CHILDLESS_IKEV2_SUPPORTED,
		16406 /* REDIRECT_SUPPORTED */, 16407 /* REDIRECT */ };

	core_open(&plain);
	core_dial();
	bent_hear_request();
	bent_init_parts(&parts);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		parts_notify(&parts, types[i], hex("00"));
	bent_answer_init(&parts);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, IKE_AUTH);
	ck_assert_uint_eq(bent.in.header.message_id, 1);
	ck_assert(has_payload(&bent.in, PAYLOAD_SA));
	bent_auth_parts(&parts);
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(false);
}
END_TEST

/* --- N20, N21: the SK payload --------------------------------------------- */

/* Header and SK payload over the first octets of a body, lengths true. */
static void give_cut(struct bytes sealed, size_t cut)
{
	uint8_t copy[MAX_PACKET];
	const size_t len = sealed.len - cut;

	memcpy(copy, sealed.at, len);
	copy[26] = (uint8_t)(len >> 8);
	copy[27] = (uint8_t)len;
	copy[30] = (uint8_t)((len - IKE_HEADER_LEN) >> 8);
	copy[31] = (uint8_t)(len - IKE_HEADER_LEN);
	core_give(bytes_of(copy, len));
	bent_hears_nothing();
}

static void tamper(struct bytes sealed)
{
	uint8_t copy[MAX_PACKET];

	memcpy(copy, sealed.at, sealed.len);
	for (size_t i = 0; i < sealed.len; i++) {
		copy[i] ^= 0x10;
		core_give(bytes_of(copy, sealed.len));
		/* a version of 3 is said to be one, and that is all */
		if (core.sent_count > 0 && i == 17)
			bent_hears_error(INVALID_MAJOR_VERSION);
		else
			ck_assert_msg(core.sent_count == 0, "octet %zu", i);
		copy[i] ^= 0x10;
	}
	for (size_t cut = 1; cut <= sealed.len - 32; cut++)
		give_cut(sealed, cut);
}

static void n20_with(const struct core_setup *setup)
{
	struct ike_header header;
	uint8_t keep[MAX_PACKET];
	struct bytes sealed;
	size_t len;

	core_open(setup);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	header = bent_header(IKE_AUTH, false, 1);
	sealed = bent_sealed(&header, &parts);
	len = sealed.len;
	memcpy(keep, sealed.at, len);
	tamper(bytes_of(keep, len));
	ck_assert_int_eq(core_established() + core.sas, 0);
	core_give(bytes_of(keep, len));
	ck_assert_int_eq(core_established(), 1);
	bent.out_id++;

	bent_child_parts(&parts, false);
	header = bent_header(CREATE_CHILD_SA, false, bent.out_id);
	sealed = bent_sealed(&header, &parts);
	len = sealed.len;
	memcpy(keep, sealed.at, len);
	tamper(bytes_of(keep, len));
	ck_assert_int_eq(core.sas, 2);
	core_give(bytes_of(keep, len));
	ck_assert_int_eq(core.sas, 4);
	core_recovers(true);
	core_close();
}

START_TEST(n20_octets_changed_and_cut)
{
	n20_with(&two);
	n20_with(&cbc);
}
END_TEST

START_TEST(n20_response_changed_and_cut)
{
	struct ike_header header;
	uint8_t keep[MAX_PACKET];
	struct bytes sealed;
	size_t len;

	core_open(&plain);
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	header = bent_header(IKE_AUTH, true, bent.in_id);
	sealed = bent_sealed(&header, &parts);
	len = sealed.len;
	memcpy(keep, sealed.at, len);
	for (size_t i = 0; i < len; i++) {
		if (i == 17)
			continue; /* its version: n03 */
		keep[i] ^= 0x10;
		core_give(bytes_of(keep, len));
		ck_assert_msg(core.sent_count == 0, "octet %zu", i);
		keep[i] ^= 0x10;
	}
	for (size_t cut = 1; cut <= len - 32; cut++)
		give_cut(bytes_of(keep, len), cut);
	ck_assert_int_eq(core_established(), 0);
	core_give(bytes_of(keep, len));
	ck_assert_int_eq(core_established(), 1);
	core_recovers(false);
}
END_TEST

/* Authentic, but the Pad Length points before the payloads. */
START_TEST(n20_padding_lies)
{
	static const uint8_t lies[32] = { [31] = 255 }, one[16] = { [15] = 16 };
	struct ike_header header;

	core_open(&cbc);
	bent_initiates_keys();
	header = bent_header(IKE_AUTH, false, 1);
	core_give(bent_sealed_padded(
		&header, PAYLOAD_IDI, bytes_of(lies, sizeof(lies))));
	bent_hears_nothing();
	core_give(bent_sealed_padded(
		&header, PAYLOAD_IDI, bytes_of(one, sizeof(one))));
	bent_hears_nothing();
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	bent.out_id++;
	header = bent_header(INFORMATIONAL, false, bent.out_id);
	core_give(bent_sealed_padded(
		&header, PAYLOAD_NONE, bytes_of(one, sizeof(one))));
	bent_hears_nothing();
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* Padding may hold anything, and be longer than it has to (section 3.14). */
START_TEST(n20_padding_is_free)
{
	uint8_t plain_text[256];
	struct ike_header header;

	core_open(&cbc);
	bent_initiates();
	memset(plain_text, 0xa5, sizeof(plain_text));
	plain_text[255] = 255;
	header = bent_header(INFORMATIONAL, false, bent.out_id);
	core_give(bent_sealed_padded(&header, PAYLOAD_NONE,
		bytes_of(plain_text, sizeof(plain_text))));
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_ptr_null(message_error(&bent.in));
	core_recovers(true);
}
END_TEST

/* Octets in clear around SK: a Delete of the IKE SA, an error. */
START_TEST(n21_clear_payloads_beside_sk)
{
	static const char *const beside[] = { "01000000", "00000018" };
	uint8_t copy[MAX_PACKET], chain[MAX_PACKET];
	struct ike_header header;
	struct bytes sealed;

	core_open(&plain);
	bent_initiates();
	for (size_t i = 0; i < 4; i++) {
		const uint8_t type = i % 2 ? PAYLOAD_NOTIFY : PAYLOAD_DELETE;
		const struct bytes body = hex(beside[i % 2]);
		const size_t sk = i < 2 ? 8 : 0;
		size_t len;

		parts.count = 0;
		header = bent_header(INFORMATIONAL, false, bent.out_id);
		sealed = bent_sealed(&header, &parts);
		len = sealed.len - IKE_HEADER_LEN;
		memcpy(chain + sk, sealed.at + IKE_HEADER_LEN, len);
		memcpy(chain + (sk ? 0 : len),
			(uint8_t[]){ sk ? PAYLOAD_SK : 0, 0, 0, 8 }, 4);
		memcpy(chain + (sk ? 0 : len) + 4, body.at, 4);
		memcpy(copy, sealed.at, IKE_HEADER_LEN);
		memcpy(copy + IKE_HEADER_LEN, chain, len + 8);
		copy[16] = sk ? type : PAYLOAD_SK;
		if (!sk)
			copy[IKE_HEADER_LEN] = type;
		copy[26] = (uint8_t)((sealed.len + 8) >> 8);
		copy[27] = (uint8_t)(sealed.len + 8);
		core_give(bytes_of(copy, sealed.len + 8));
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
	}
	core_recovers(true);
}
END_TEST

/* All in clear, as if there were no keys. */
START_TEST(n21_all_in_clear)
{
	struct ike_header header;

	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	header = bent_header(IKE_AUTH, false, 1);
	core_give(bent_clear(&header, &parts));
	bent_hears_nothing();
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	bent.out_id++;
	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE, hex("01000000"));
	header = bent_header(INFORMATIONAL, false, bent.out_id);
	core_give(bent_clear(&header, &parts));
	bent_hears_nothing();
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* An SK payload inside SK is nothing; one of SKF is not negotiated. */
START_TEST(n21_sk_within_sk)
{
	struct ike_header header;

	core_open(&plain);
	bent_initiates();
	header = bent_header(INFORMATIONAL, false, bent.out_id++);
	core_give(
		bent_sealed_raw(&header, PAYLOAD_SK, hex("2a000008 01020304")));
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	header = bent_header(INFORMATIONAL, false, bent.out_id++);
	core_give(bent_sealed_raw(
		&header, PAYLOAD_SKF, hex("2a00000c 00010001 01020304")));
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

/* --- N22, N23, N24: before anybody is authenticated ----------------------- */

START_TEST(n22_other_exchanges_before_auth_as_responder)
{
	core_open(&plain);
	bent_initiates_keys();
	for (unsigned int type = 0; type <= 255; type++) {
		if (type == IKE_AUTH)
			continue;
		bent_auth_parts(&parts);
		bent_ask((uint8_t)type, &parts);
		bent_hears_nothing();
		parts.count = 0;
		bent_ask((uint8_t)type, &parts);
		bent_hears_nothing();
		ck_assert_int_eq(core_established() + core.sas, 0);
	}
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

START_TEST(n22_other_exchanges_before_auth_as_initiator)
{
	core_open(&plain);
	core_dial();
	bent_responds_keys();
	for (unsigned int type = 0; type <= 255; type++) {
		const struct message asked = bent.in;

		bent_auth_parts(&parts);
		bent_ask((uint8_t)type, &parts);
		bent_hears_nothing();
		bent.in = asked;
		if (type == IKE_AUTH)
			continue;
		bent_answer((uint8_t)type, &parts);
		bent_hears_nothing();
		ck_assert_int_eq(core_established() + core.sas, 0);
	}
	bent_auth_parts(&parts);
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(false);
}
END_TEST

/* After AUTH has failed nothing brings that SA up. */
START_TEST(n22_after_auth_has_failed)
{
	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	part_of(&parts, PAYLOAD_AUTH)->body[4] ^= 1;
	bent_ask(IKE_AUTH, &parts);
	bent_hears_error(AUTHENTICATION_FAILED);
	bent_auth_again(&parts);
	for (uint32_t id = 0; id < 4; id++) {
		bent.out_id = id;
		for (unsigned int type = 33; type < 50; type++) {
			bent_ask((uint8_t)type, &parts);
			ck_assert_int_eq(core_established(), 0);
			ck_assert_int_eq(core.sas + core.policies, 0);
		}
	}
	ck_assert_int_eq(core.ike_up, 0);
	core_recovers(true);
}
END_TEST

START_TEST(n23_no_auth)
{
	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	parts_remove(&parts, PAYLOAD_AUTH);
	bent_ask(IKE_AUTH, &parts);
	bent_hears_error(AUTHENTICATION_FAILED);
	bent.out_id++; /* AUTH in a second round, as after EAP */
	parts.count = 0;
	parts_add(&parts, PAYLOAD_EAP, hex("02010004"));
	bent_ask(IKE_AUTH, &parts);
	bent_hears_nothing();
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	bent_hears_nothing();
	ck_assert_int_eq(core_established() + core.sas, 0);
	core_recovers(true);
}
END_TEST

START_TEST(n23_auth_again_once_established)
{
	core_open(&plain);
	bent_initiates();
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.ike_up, 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

START_TEST(n23_auth_methods_as_responder)
{
	core_open(&plain);
	for (unsigned int method = 0; method < 256; method++) {
		if (method == AUTH_SHARED_KEY)
			continue;
		bent_initiates_keys();
		bent_auth_parts(&parts);
		part_of(&parts, PAYLOAD_AUTH)->body[0] = (uint8_t)method;
		bent_ask(IKE_AUTH, &parts);
		bent_hears_error(AUTHENTICATION_FAILED);
		ck_assert_int_eq(core_established() + core.sas, 0);
		if (method % 16 == 0) /* else cookies come in */
			core_advance(40000);
	}
	core_recovers(true);
}
END_TEST

/* The responder is told that it is not authenticated (section 2.21.2). */
static void initiator_rejects(void)
{
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 0);
	ck_assert_int_eq(core.sas + core.policies + core.ike_up, 0);
	ck_assert_int_eq(core.cause, IKE_CAUSE_REJECTED_PEER);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, INFORMATIONAL);
	ck_assert_ptr_nonnull(message_notify(&bent.in, AUTHENTICATION_FAILED));
	core_advance(400000);
	core_is_clean();
}

START_TEST(n23_as_initiator)
{
	static const uint8_t methods[] = { 0, 1, 9, 14, 255 };

	core_open(&plain);
	for (size_t i = 0; i < sizeof(methods); i++) {
		core_dial();
		bent_responds_keys();
		bent_auth_parts(&parts);
		part_of(&parts, PAYLOAD_AUTH)->body[0] = methods[i];
		initiator_rejects();
	}
	core_dial(); /* an EAP request instead of AUTH */
	bent_responds_keys();
	bent_auth_parts(&parts);
	parts_remove(&parts, PAYLOAD_AUTH);
	parts_add(&parts, PAYLOAD_EAP, hex("01010005 01"));
	initiator_rejects();
	core_recovers(false);
}
END_TEST

enum { FORGERIES = 9 };

/* AUTH data that proves nothing. */
static void forge_auth(int how)
{
	struct part *auth = part_of(&parts, PAYLOAD_AUTH);
	struct part *id =
		part_of(&parts, bent.initiator ? PAYLOAD_IDI : PAYLOAD_IDR);

	switch (how) {
	case 0:
		auth->len = 4;
		break;
	case 1:
		memset(auth->body + 4, 0, auth->len - 4);
		break;
	case 2:
		auth->len--;
		break;
	case 3:
		auth->body[auth->len++] = 0;
		break;
	case 4:
		auth->body[4] ^= 0x80;
		break;
	case 5:
		auth->body[auth->len - 1] ^= 1;
		break;
	case 6: /* over another first message */
		bent.init_request[bent.init_request_len - 1] ^= 1;
		bent.init_reply[bent.init_reply_len - 1] ^= 1;
		bent_auth_again(&parts);
		break;
	case 7: /* the ID's RESERVED octets are signed too */
		id->body[1] = 1;
		break;
	default: /* another ID than the one that was signed */
		id->body[7] ^= 1;
		break;
	}
}

START_TEST(n24_as_responder)
{
	core_open(&plain);
	for (int how = 0; how < FORGERIES; how++) {
		bent_initiates_keys();
		bent_auth_parts(&parts);
		forge_auth(how);
		bent_ask(IKE_AUTH, &parts);
		bent_hears_error(AUTHENTICATION_FAILED);
		ck_assert_int_eq(core_established(), 0);
		ck_assert_int_eq(core.sas + core.policies + core.ike_up, 0);
		ck_assert_int_eq(core.cause, IKE_CAUSE_REJECTED_PEER);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n24_as_initiator)
{
	core_open(&plain);
	for (int how = 0; how < FORGERIES; how++) {
		core_dial();
		bent_responds_keys();
		bent_auth_parts(&parts);
		forge_auth(how);
		initiator_rejects();
	}
	core_recovers(false);
}
END_TEST

/* The initiator's own AUTH and ID, sent back to it. */
START_TEST(n24_reflected)
{
	uint8_t auth[128], id[64];
	size_t auth_len, id_len;

	core_open(&plain);
	core_dial();
	bent_responds_keys();
	auth_len = bent.in.auth.data.len;
	memcpy(auth, bent.in.auth.data.at, auth_len);
	id_len = bent.in.idi.body.len;
	memcpy(id, bent.in.idi.body.at, id_len);
	bent_auth_parts(&parts);
	memcpy(part_of(&parts, PAYLOAD_AUTH)->body + 4, auth, auth_len);
	parts_set(&parts, PAYLOAD_IDR, bytes_of(id, id_len));
	initiator_rejects();
	core_recovers(false);
}
END_TEST

/* RFC 7296 section 2.15: RESERVED octets other than 0 are signed as sent. */
START_TEST(n24_reserved_octets_as_sent)
{
	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	memset(part_of(&parts, PAYLOAD_IDI)->body + 1, 0xff, 3);
	bent_auth_again(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	memset(part_of(&parts, PAYLOAD_IDR)->body + 1, 0xff, 3);
	bent_auth_again(&parts);
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(false);
}
END_TEST

static void name_id(struct ike_id *id, const char *name)
{
	id->type = ID_FQDN;
	id->len = (uint16_t)strlen(name);
	memcpy(id->data, name, id->len);
}

/* "strong" is at one address, and allows AES-GCM; "weak" may be anywhere, and
 * allows AES-CBC.  Both have one key. */
static void strong_and_weak(void)
{
	struct ike_peers both = { calloc(2, sizeof(struct ike_peer *)), NULL,
		2 };
	const struct ike_peer *like = core.peers.peer[0];

	for (int i = 0; i < 2; i++) {
		struct ike_peer *peer = ike_peer_new();

		both.peer[i] = peer;
		snprintf(peer->name, sizeof(peer->name), "%s",
			i ? "weak" : "strong");
		name_id(&peer->remote.id, peer->name);
		peer->remote.place_count = 1;
		peer->remote.places[0] = like->remote.places[0];
		peer->ike = like->ike;
		peer->psk_len = like->psk_len;
		memcpy(peer->psk, like->psk, like->psk_len);
		peer->children = calloc(1, sizeof(*peer->children));
		peer->children[0] = like->children[0];
		peer->child_count = 1;
	}
	both.peer[1]->remote.places[0].last.octets[3] = 255;
	both.peer[0]->ike.list[0].transforms[0] =
		transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	for (uint8_t t = 1; t < 3; t++) /* no INTEG between */
		both.peer[0]->ike.list[0].transforms[t] =
			both.peer[0]->ike.list[0].transforms[t + 1];
	both.peer[0]->ike.list[0].count = 3;
	ike_set_peers(core.ike, (struct ike_now){ core.now_ms, 0 }, &both);
	core_settle();
	ike_peers_clear(&both);
}

static void claim(const char *name)
{
	uint8_t body[32] = { ID_FQDN };

	memcpy(body + 4, name, strlen(name));
	bent_initiates_keys();
	ck_assert_uint_eq(bent.suite.encr->id, ENCR_AES_CBC);
	bent_auth_parts(&parts);
	parts_set(&parts, PAYLOAD_IDI, bytes_of(body, 4 + strlen(name)));
	bent_auth_again(&parts);
	bent_ask(IKE_AUTH, &parts);
}

/* The suite that one peer's configuration let in does not do for another's,
 * whatever AUTH proves. */
START_TEST(n24_suite_of_another_peer)
{
	static const struct core_setup weak = {
		.ike = "aes256-sha256-prfsha256-x25519",
	};

	core_open(&weak);
	strong_and_weak();
	claim("strong");
	bent_hears_error(AUTHENTICATION_FAILED);
	ck_assert_int_eq(core_established() + core.sas, 0);
	claim("weak");
	ck_assert_int_eq(core_established(), 1);
	claim("nobody");
	bent_hears_error(AUTHENTICATION_FAILED);
	ck_assert_int_eq(core_established(), 1);
}
END_TEST

/* --- N27 at this level: who it says it is --------------------------------- */

START_TEST(n27_identities)
{
	static const char *const ids[] = { "01000000", "01000000 c00002",
		"01000000 c000020200", "02000000", "02000000 1b5b324a",
		"02000000 00", "03000000 256e256e", "05000000 c0000202",
		"09000000 ffff", "0b000000", "0b000000 60696460", "00000000 61",
		"ff000000 61" };
	uint8_t many[1000];

	core_open(&plain);
	memset(many, 0x1b, sizeof(many));
	many[0] = ID_FQDN;
	for (size_t i = 0; i <= sizeof(ids) / sizeof(ids[0]); i++) {
		const bool last = i == sizeof(ids) / sizeof(ids[0]);

		bent_initiates_keys();
		bent_auth_parts(&parts);
		parts_set(&parts, PAYLOAD_IDI,
			last ? bytes_of(many, sizeof(many)) : hex(ids[i]));
		bent_auth_again(&parts);
		part_of(&parts, PAYLOAD_AUTH)->body[4] ^= 1;
		bent_ask(IKE_AUTH, &parts);
		bent_hears_error(AUTHENTICATION_FAILED);
		ck_assert_int_eq(core_established() + core.sas, 0);
	}
	core_recovers(true);
}
END_TEST

/* --- N30, N31: children that come to nothing ------------------------------ */

/* good: it is accepted; malformed: by its form. */
static const struct {
	const char *what, *ts;
	bool good, malformed;
} selectors_sent[] = {
	{ "good", "01000000 07000010 0000ffff 0a020000 0a02ffff", true, false },
	{ "none", "00000000", false, true },
	{ "count lies", "02000000 07000010 0000ffff 0a020000 0a02ffff", false,
		true },
	{ "length 15", "01000000 0700000f 0000ffff 0a020000 0a02ff", false,
		true },
	{ "length 17", "01000000 07000011 0000ffff 0a020000 0a02ffff 00", false,
		true },
	{ "start after end", "01000000 07000010 0000ffff 0a02ffff 0a020000",
		false, true },
	{ "ports reversed", "01000000 07060010 00510050 0a020000 0a02ffff",
		false, true },
	{ "type 0", "01000000 00000010 0000ffff 0a020000 0a02ffff", false,
		false },
	{ "another net", "01000000 07000010 0000ffff 0a090000 0a09ffff", false,
		false },
	{ "another family",
		"01000000 08000028 0000ffff"
		"fd000000000000000000000000000000"
		"fdffffffffffffffffffffffffffffff",
		false, false },
	{ "opaque ports", "01000000 07060010 ffff0000 0a020000 0a02ffff", true,
		false },
	{ "0 to 0", "01000000 07000010 0000ffff 00000000 00000000", false,
		false },
};

enum { SELECTORS = sizeof(selectors_sent) / sizeof(selectors_sent[0]) };

START_TEST(n30_first_child_as_responder)
{
	core_open(&plain);
	for (size_t i = 0; i < SELECTORS; i++) {
		bent_initiates_keys();
		bent_auth_parts(&parts);
		parts_set(&parts, PAYLOAD_TSI, hex(selectors_sent[i].ts));
		bent_ask(IKE_AUTH, &parts);
		ck_assert_uint_eq(core.sent_count, 1);
		ck_assert(bent_open(0));
		ck_assert_msg(
			core_established() == 1, "%s", selectors_sent[i].what);
		ck_assert_msg(core.sas == (selectors_sent[i].good ? 2 : 0),
			"%s", selectors_sent[i].what);
		if (!selectors_sent[i].good)
			ck_assert_uint_eq(
				message_error(&bent.in)->type, TS_UNACCEPTABLE);
		core_recovers(true);
	}
}
END_TEST

START_TEST(n30_child_as_responder)
{
	core_open(&plain);
	bent_initiates();
	for (size_t i = 0; i < SELECTORS; i++) {
		if (selectors_sent[i].good)
			continue;
		bent_child_parts(&parts, false);
		parts_set(&parts, i % 2 ? PAYLOAD_TSI : PAYLOAD_TSR,
			hex(selectors_sent[i].ts));
		bent_ask(CREATE_CHILD_SA, &parts);
		bent.out_id++;
		bent_hears_error(TS_UNACCEPTABLE);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
		ck_assert_int_eq(core.policies, 1);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n30_255_selectors)
{
	uint8_t body[4 + 255 * 16] = { 255 };
	struct ike_header header;
	uint8_t chain[MAX_PACKET];
	struct writer w = writer_of(chain, sizeof(chain));
	uint8_t first;
	struct bytes rest;

	core_open(&two);
	bent_initiates();
	for (size_t i = 0; i < 255; i++) {
		uint8_t *at = body + 4 + 16 * i;

		memcpy(at, (uint8_t[]){ 7, 0, 0, 16, 0, 0, 255, 255, 10, 4 },
			10);
		memcpy(at + 12, (uint8_t[]){ 10, 4 }, 2);
		at[10] = at[14] = (uint8_t)i;
	}
	bent_child_parts(&parts, false);
	parts_remove(&parts, PAYLOAD_TSI);
	rest = parts_chain(&parts, &first);
	write_u8(&w, first);
	write_u8(&w, 0);
	write_u16(&w, (uint16_t)(sizeof(body) + 4));
	write_bytes(&w, bytes_of(body, sizeof(body)));
	write_bytes(&w, rest);
	header = bent_header(CREATE_CHILD_SA, false, bent.out_id++);
	core_give(bent_sealed_raw(&header, PAYLOAD_TSI, written(&w)));
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_int_eq(core_established(), 1);
	if (!message_error(&bent.in))
		ck_assert_uint_le(bent.in.tsi.count, MAX_SELECTORS);
	core_recovers(true);
}
END_TEST

/* Answers that are wider than what was asked, empty, or of another family: the
 * child is refused and deleted, the IKE SA stays. */
START_TEST(n30_as_initiator)
{
	static const char *const wide[] = {
		"01000000 07000010 0000ffff 00000000 ffffffff",
		"01000000 07000010 0000ffff 0a000000 0affffff",
		"02000000 07000010 0000ffff 0a020000 0a02ffff"
		"07000010 0000ffff 0a030000 0a03ffff",
		"01000000 08000028 0000ffff"
		"fd000000000000000000000000000000"
		"fdffffffffffffffffffffffffffffff",
		"01000000 00000010 0000ffff 0a020000 0a02ffff",
	};

	core_open(&plain);
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		core.child_up = 0;
		core_dial();
		bent_responds_keys();
		bent_auth_parts(&parts);
		parts_set(&parts, PAYLOAD_TSR, hex(wide[i]));
		bent_answer(IKE_AUTH, &parts);
		bent.in_id++;
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas + core.child_up, 0);
		ck_assert_int_eq(core.cause, IKE_CAUSE_SELECTORS);
		ck_assert_uint_eq(core.sent_count, 1); /* it is told */
		ck_assert(bent_open(0));
		ck_assert_uint_eq(bent.in.deletes, 1);
		content_it();
		core_recovers(false);
	}
}
END_TEST

START_TEST(n30_malformed_answers_to_an_initiator)
{
	for (size_t i = 0; i < SELECTORS; i++) {
		if (!selectors_sent[i].malformed)
			continue;
		core_open(&two);
		second_child_is_asked();
		bent_child_parts(&parts, true);
		parts_set(&parts, PAYLOAD_TSR, hex(selectors_sent[i].ts));
		bent_answer(CREATE_CHILD_SA, &parts);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.child_up, 1);
		ck_assert_int_eq(core.sas, 2);
		core_close();
	}
}
END_TEST

/* By negotiation: as responder, in IKE_AUTH and later. */
START_TEST(n31_negotiation_as_responder)
{
	static const char *const esp =
		"00000020 01030402" ESP "0300000c 01000014 800e0080" ESN;

	core_open(&two);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	parts_set(&parts, PAYLOAD_SA, hex(esp));
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	ck_assert(bent_open(0));
	ck_assert(has_payload(&bent.in, PAYLOAD_AUTH));
	ck_assert_ptr_nonnull(message_notify(&bent.in, NO_PROPOSAL_CHOSEN));
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas + core.policies, 0);
	bent_child_parts(&parts, false);
	parts_set(&parts, PAYLOAD_SA, hex(esp));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	bent_hears_error(NO_PROPOSAL_CHOSEN);
	ck_assert_int_eq(core.sas + core.policies, 0);
	/* the IKE SA is of use: a child that fits comes up */
	bent_child_parts(&parts, false);
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert_int_eq(core.child_up, 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

START_TEST(n31_negotiation_as_initiator)
{
	static const struct {
		uint16_t error;
		enum ike_cause cause;
	} rows[] = {
		{ NO_PROPOSAL_CHOSEN, IKE_CAUSE_PROPOSAL },
		{ TS_UNACCEPTABLE, IKE_CAUSE_SELECTORS },
		{ INTERNAL_ADDRESS_FAILURE, IKE_CAUSE_FAILED },
		{ 16000, IKE_CAUSE_FAILED },
	};

	core_open(&plain);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		core_dial();
		bent_responds_keys();
		bent_auth_parts(&parts);
		parts_remove(&parts, PAYLOAD_SA);
		parts_remove(&parts, PAYLOAD_TSI);
		parts_remove(&parts, PAYLOAD_TSR);
		parts_notify(&parts, rows[i].error, hex(""));
		bent_answer(IKE_AUTH, &parts);
		bent.in_id++;
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas + core.policies, 0);
		ck_assert_int_eq(core.cause, rows[i].cause);
		core_recovers(false);
	}
}
END_TEST

/* By the kernel: SA in, SA out, policy; the reply as negotiated, then a Delete
 * of that child, and nothing is left of it. */
START_TEST(n31_kernel_as_responder)
{
	core_open(&plain);
	for (int i = 0; i < 3; i++) {
		bool deleted = false;

		bent_initiates_keys();
		bent_auth_parts(&parts);
		core.refuse = i < 2 ? IKE_SA_ADD : IKE_POLICY_ADD;
		core.refuse_skip = i == 1;
		core.refuse_left = 1;
		bent_ask(IKE_AUTH, &parts);
		bent.out_id++;
		ck_assert_int_eq(core.refused, i + 1);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_uint_ge(core.sent_count, 1);
		for (size_t n = 0; n < core.sent_count; n++) {
			ck_assert(bent_open(n));
			if (bent.in.header.exchange == IKE_AUTH)
				ck_assert(has_payload(&bent.in, PAYLOAD_SA));
			else
				deleted = bent.in.deletes == 1;
		}
		ck_assert(deleted);
		parts.count = 0;
		bent.in_id = 0;
		bent_answer(INFORMATIONAL, &parts);
		bent.in_id++;
		ck_assert_int_eq(core.sas, 0);
		ck_assert_int_eq(core.policies, 0);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.cause, IKE_CAUSE_KERNEL);
		core_recovers(true);
	}
}
END_TEST

START_TEST(n31_kernel_as_initiator)
{
	core_open(&plain);
	for (int i = 0; i < 2; i++) {
		core_dial();
		bent_responds_keys();
		bent_auth_parts(&parts);
		core.refuse = IKE_SA_ADD;
		core.refuse_skip = i == 1;
		core.refuse_left = 1;
		bent_answer(IKE_AUTH, &parts);
		bent.in_id++;
		ck_assert_int_eq(core.refused, i + 1);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_uint_eq(core.sent_count, 1);
		ck_assert(bent_open(0));
		ck_assert_uint_eq(bent.in.deletes, 1);
		content_it();
		ck_assert_int_eq(core.sas, 0);
		ck_assert_int_eq(core.policies, 0);
		ck_assert_int_eq(core.cause, IKE_CAUSE_KERNEL);
		core_recovers(false);
	}
}
END_TEST

/* --- N34: fragments that were not negotiated ------------------------------- */

START_TEST(n34_not_negotiated)
{
	static const char *const heads[] = { "00010001", "00010002", "00020001",
		"00000000", "ffffffff" };
	uint8_t copy[MAX_PACKET];
	struct ike_header header;
	struct bytes sealed;

	core_open(&plain);
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

/* --- N37 to N39: floods ---------------------------------------------------- */

START_TEST(n37_bad_ones_and_then_the_good_one)
{
	uint8_t copy[MAX_PACKET];
	struct ike_header header;
	struct bytes sealed;

	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	header = bent_header(IKE_AUTH, false, 1);
	sealed = bent_sealed(&header, &parts);
	memcpy(copy, sealed.at, sealed.len);
	for (int i = 0; i < 1000; i++) {
		copy[40 + i % 60] ^= (uint8_t)(i | 1);
		core_give(bytes_of(copy, sealed.len));
		bent_hears_nothing();
		memcpy(copy, sealed.at, sealed.len);
	}
	core_give(sealed);
	ck_assert_int_eq(core_established(), 1);
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

START_TEST(n39_half_open_of_one_source)
{
	static const struct core_setup daemons = { .limits = true };

	core_open(&daemons);
	for (int i = 0; i < 100; i++) {
		begin_request();
		bent_send_init(&parts);
		ck_assert_uint_eq(core.sent_count, i < 5);
	}
	ck_assert_int_eq(core_ike_sas(), 5);
	core_recovers(true);
}
END_TEST

/* --- N46: a secret that is not there --------------------------------------- */

/* An empty key is none: nobody is dialled, and nobody let in who has none. */
START_TEST(n46_no_secret)
{
	static const struct core_setup none = { .no_secret = true };
	const struct ike_wish wish = { "bent", NULL };

	core_open(&none);
	ck_assert_int_eq(
		ike_up(core.ike, (struct ike_now){ core.now_ms, 0 }, &wish),
		IKE_WISH_IMPOSSIBLE);
	begin_request();
	init_refused(NO_PROPOSAL_CHOSEN);
	core_is_clean();
}
END_TEST

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
		ck_assert_uint_eq(core.sent_count, 1);
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
	core.lines = 0;
	core_give(all);
	ck_assert_int_eq(core.lines, 1);
	core_recovers(true);
}
END_TEST

/* --- (U): no memory is kept ----------------------------------------------- */

__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

/* One of each kind of bad message, each in an SA of its own or none. */
static void bad_messages(void)
{
	begin_request();
	parts_remove(&parts, PAYLOAD_KE);
	bent_send_init(&parts);
	begin_request();
	set_ke(KE_CURVE25519, hex(low_order[0]));
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

SUITE(hostile)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n01_short_datagrams);
	test(n02_length_lies);
	test(n03_major_versions);
	test(n03_major_version_is_answered_at_a_limited_rate);
	test(n03_minor_versions);
	test(n04_spis_flags_and_ids);
	test(n05_in_clear_as_responder);
	test(n05_in_clear_as_initiator);
	test(n05_ten_thousand_payloads);
	test(n05_in_sk_of_auth_as_responder);
	test(n05_in_sk_of_auth_as_initiator);
	test(n05_in_sk_of_an_established_sa);
	test(n06_init_as_responder);
	test(n06_init_as_initiator);
	test(n06_auth_as_responder);
	test(n06_auth_as_initiator);
	test(n06_child_as_responder);
	test(n06_child_as_initiator);
	test(n07_in_init_as_responder);
	test(n07_critical_bit_of_known_types);
	test(n07_in_init_as_initiator);
	test(n07_in_sk_of_auth_as_responder);
	test(n07_in_sk_of_auth_as_initiator);
	test(invalid_syntax_is_fatal);
	test(n07_outside_sk);
	test(n07_in_an_established_sa);
	test(n07_in_a_response);
	test(n08_ikev1_payloads);
	test(n09_n10_offers_to_a_responder);
	test(n09_n10_answers_to_an_initiator);
	test(n09_many_transforms);
	test(n09_n10_offers_of_a_first_child);
	test(n11_group_as_responder);
	test(n11_length_as_responder);
	test(n11_as_initiator);
	test(n11_child_as_responder);
	test(n12_low_order_as_responder);
	test(n12_low_order_as_initiator);
	test(n12_other_groups_as_responder);
	test(n12_child_as_responder);
	test(n11_n12_child_as_initiator);
	test(n13_length_as_responder);
	test(n13_length_as_initiator);
	test(n13_length_of_a_childs);
	test(n13_reflection);
	test(n14_cookies);
	test(n15_endless_cookies);
	test(n15_endless_groups);
	test(n15_groups_that_are_no_answer);
	test(n15_cookie_then_group);
	test(n16_forged_errors);
	test(n16_forged_second_response);
	test(n17_unprotected_notifies);
	test(n18_bogus_notifies);
	test(n19_extensions_that_were_not_offered);
	test(n20_octets_changed_and_cut);
	test(n20_response_changed_and_cut);
	test(n20_padding_lies);
	test(n20_padding_is_free);
	test(n21_clear_payloads_beside_sk);
	test(n21_all_in_clear);
	test(n21_sk_within_sk);
	test(n22_other_exchanges_before_auth_as_responder);
	test(n22_other_exchanges_before_auth_as_initiator);
	test(n22_after_auth_has_failed);
	test(n23_no_auth);
	test(n23_auth_again_once_established);
	test(n23_auth_methods_as_responder);
	test(n23_as_initiator);
	test(n24_as_responder);
	test(n24_as_initiator);
	test(n24_reflected);
	test(n24_reserved_octets_as_sent);
	test(n24_suite_of_another_peer);
	test(n27_identities);
	test(n30_first_child_as_responder);
	test(n30_child_as_responder);
	test(n30_255_selectors);
	test(n30_as_initiator);
	test(n30_malformed_answers_to_an_initiator);
	test(n31_negotiation_as_responder);
	test(n31_negotiation_as_initiator);
	test(n31_kernel_as_responder);
	test(n31_kernel_as_initiator);
	test(n34_not_negotiated);
	test(n37_bad_ones_and_then_the_good_one);
	test(n38_requests_of_spoofed_sources);
	test(n39_half_open_of_one_source);
	test(n46_no_secret);
	test(n35_message_ids);
	test(n36_same_request_a_thousand_times);
	test(n36_same_spi);
	test(n36_auth_again);
	test(n52_a_flood_is_none_of_lines);
	test(no_memory_is_kept);
}

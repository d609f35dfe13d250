/* message.c - tests of ikev2/wire/message.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

#define NONCE "000102030405060708090a0b0c0d0e0f"

static void build_init(struct chain *c)
{
	struct sa_out sa;

	sa_begin(&sa, c);
	proposal_begin(&sa, 1, PROTOCOL_IKE, hex(""));
	write_transform(&sa, TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
	proposal_end(&sa);
	sa_end(&sa);
	write_ke(c, KE_CURVE25519, hex("01"));
	write_nonce(c, hex(NONCE));
	write_notify(c, INITIAL_CONTACT, hex(""));
	write_vendor(c, hex("01"));
}

static enum ike_error reads(struct message *m, uint8_t first, const char *text)
{
	struct built b = built_of(first, hex(text));
	enum ike_error err = read_built(m, &b);

	free(b.at);
	return err;
}

START_TEST(chain_names_what_comes_next)
{
	struct built b = build_of(build_init);
	struct message m;

	ck_assert_uint_eq(b.at[0], PAYLOAD_SA);
	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.present, payload_bit(PAYLOAD_SA) |
					     payload_bit(PAYLOAD_KE) |
					     payload_bit(PAYLOAD_NONCE) |
					     payload_bit(PAYLOAD_NOTIFY) |
					     payload_bit(PAYLOAD_VENDOR));
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build_init);
	writes_all_or_is_bad(build_init);
}
END_TEST

START_TEST(no_payload_is_a_message)
{
	struct message m = { .header.message_id = 7 };

	ck_assert_int_eq(
		message_read(&m, PAYLOAD_NONE, bytes_of(NULL, 0), 28), IKE_OK);
	ck_assert_uint_eq(m.present, 0);
	ck_assert_uint_eq(m.header.message_id, 7);
	ck_assert_int_eq(message_read(&m, PAYLOAD_NONCE, bytes_of(NULL, 0), 28),
		INVALID_SYNTAX);
}
END_TEST

START_TEST(whole_message_begins_and_ends)
{
	struct ike_header header = { .version = IKE_VERSION_OCTET,
		.exchange = INFORMATIONAL,
		.next = 99 };
	struct message_out out;
	struct bytes all;
	uint8_t buffer[64];

	message_begin(&out, buffer, sizeof(buffer), &header);
	write_notify(&out.c, INITIAL_CONTACT, hex(""));
	write_vendor(&out.c, hex("aa"));
	all = message_end(&out);
	assert_bytes("message", all,
		hex("0000000000000000 0000000000000000 29202500 00000000"
		    "00000029 2b000008 00004000 00000005 aa"));
	ck_assert(read_header(all, &header));
	for (size_t size = 0; size < all.len; size++) {
		uint8_t *less = malloc(size + 1);

		message_begin(&out, less, size, &header);
		write_notify(&out.c, INITIAL_CONTACT, hex(""));
		write_vendor(&out.c, hex("aa"));
		ck_assert_uint_eq(message_end(&out).len, 0);
		free(less);
	}
}
END_TEST

static void build_huge(struct chain *c)
{
	static const uint8_t zeros[65531];

	write_vendor(c, bytes_of(zeros, sizeof(zeros)));
}

static void build_too_huge(struct chain *c)
{
	static const uint8_t zeros[65532];

	write_vendor(c, bytes_of(zeros, sizeof(zeros)));
}

START_TEST(payload_is_no_longer_than_its_length_says)
{
	static uint8_t buffer[70000];
	struct built room = { buffer, sizeof(buffer) };

	ck_assert(!build_in(&room, build_huge).bad);
	ck_assert(build_in(&room, build_too_huge).bad);
}
END_TEST

/* N05: lengths that lead nowhere. */
START_TEST(n05_payload_length)
{
	struct message m;

	ck_assert_int_eq(reads(&m, PAYLOAD_VENDOR, "00000004"), IKE_OK);
	for (int len = 0; len < 4; len++) {
		char text[32];

		snprintf(text, sizeof(text), "2b00000%d", len);
		ck_assert_int_eq(
			reads(&m, PAYLOAD_VENDOR, text), INVALID_SYNTAX);
		ck_assert_int_eq(reads(&m, 200, text), INVALID_SYNTAX);
	}
	ck_assert_int_eq(reads(&m, PAYLOAD_VENDOR, "00000005"), INVALID_SYNTAX);
	ck_assert_int_eq(reads(&m, PAYLOAD_VENDOR, "0000ffff"), INVALID_SYNTAX);
	ck_assert_int_eq(reads(&m, 200, "0000ffff"), INVALID_SYNTAX);
}
END_TEST

/* N05: a Next Payload with nothing behind it, octets with no Next Payload. */
START_TEST(n05_chain_does_not_end_where_it_says)
{
	struct message m;

	ck_assert_int_eq(reads(&m, PAYLOAD_VENDOR, "2b000004"), INVALID_SYNTAX);
	ck_assert_int_eq(reads(&m, PAYLOAD_VENDOR, "c8000004"), INVALID_SYNTAX);
	ck_assert_int_eq(
		reads(&m, PAYLOAD_VENDOR, "00000004 00"), INVALID_SYNTAX);
	ck_assert_int_eq(
		reads(&m, PAYLOAD_VENDOR, "00000004 00000004"), INVALID_SYNTAX);
	ck_assert_int_eq(reads(&m, PAYLOAD_NONE, "00"), INVALID_SYNTAX);
}
END_TEST

/* N05: 10,000 payloads of four octets, known or not; 64 of them are read. */
START_TEST(n05_ten_thousand_payloads)
{
	static uint8_t octets[40000];
	struct message m;

	for (size_t i = 0; i < sizeof(octets); i += 4)
		memcpy(octets + i, (uint8_t[]){ 200, 0, 0, 4 }, 4);
	for (size_t n = 1; n <= 10000; n = n < 66 ? n + 1 : n * 12) {
		octets[4 * n - 4] = PAYLOAD_NONE;
		ck_assert_int_eq(
			message_read(&m, 200, bytes_of(octets, 4 * n), 28),
			n <= MAX_PAYLOADS ? IKE_OK : INVALID_SYNTAX);
		octets[4 * n - 4] = 200;
	}
	ck_assert_int_eq(
		message_read(&m, 200, bytes_of(octets, sizeof(octets)), 28),
		INVALID_SYNTAX);
}
END_TEST

static void build_64_notifies(struct chain *c)
{
	for (int i = 0; i < MAX_PAYLOADS; i++)
		write_notify(c, NAT_DETECTION_SOURCE_IP, hex("aa"));
}

/* N18: many notifies are legal (RFC 7296 section 2.23), and all are kept. */
START_TEST(n18_as_many_notifies_as_payloads)
{
	struct built b = build_of(build_64_notifies);
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.notifies, MAX_PAYLOADS);
	assert_bytes("last", m.notify[63].data, hex("aa"));
	free(b.at);
}
END_TEST

/* N06: those that may be there once, twice. */
START_TEST(n06_twice)
{
	static const struct {
		uint8_t type;
		const char *body;
		bool once;
	} rows[] = {
		{ PAYLOAD_SA, "00000010 01010001 00000008 02000005", true },
		{ PAYLOAD_KE, "001f0000 01", true },
		{ PAYLOAD_IDI, "02000000 61", true },
		{ PAYLOAD_IDR, "02000000 61", true },
		{ PAYLOAD_CERT, "04", false },
		{ PAYLOAD_CERTREQ, "04", false },
		{ PAYLOAD_AUTH, "02000000", true },
		{ PAYLOAD_NONCE, NONCE, true },
		{ PAYLOAD_NOTIFY, "00004000", false },
		{ PAYLOAD_DELETE, "01000000", false },
		{ PAYLOAD_VENDOR, "", false },
		{ PAYLOAD_TSI, "01000000 07000010 0000ffff 0a000000 0a0000ff",
			true },
		{ PAYLOAD_TSR, "01000000 07000010 0000ffff 0a000000 0a0000ff",
			true },
		{ PAYLOAD_CP, "01000000", true },
		{ PAYLOAD_EAP, "01000004", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct built one = built_body(rows[i].type, hex(rows[i].body));
		uint8_t two[256];
		struct message m;

		ck_assert_msg(read_built(&m, &one) == IKE_OK, "type %u",
			rows[i].type);
		memcpy(two, one.at + 1, one.len - 1);
		two[0] = rows[i].type;
		memcpy(two + one.len - 1, one.at + 1, one.len - 1);
		ck_assert_msg(message_read(&m, rows[i].type,
				      bytes_of(two, 2 * (one.len - 1)), 28) ==
				      (rows[i].once ? INVALID_SYNTAX : IKE_OK),
			"twice type %u", rows[i].type);
		free(one.at);
	}
}
END_TEST

/* N06: emptied. */
START_TEST(n06_empty)
{
	static const uint8_t types[] = { PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_IDI,
		PAYLOAD_IDR, PAYLOAD_CERT, PAYLOAD_CERTREQ, PAYLOAD_AUTH,
		PAYLOAD_NONCE, PAYLOAD_NOTIFY, PAYLOAD_DELETE, PAYLOAD_TSI,
		PAYLOAD_TSR, PAYLOAD_SKF };
	struct message m;

	for (size_t i = 0; i < sizeof(types); i++)
		ck_assert_msg(reads(&m, types[i], "00000004") == INVALID_SYNTAX,
			"type %u", types[i]);
}
END_TEST

/* N06: what must be there, and what is ignored where it has no place. */
START_TEST(n06_payloads_of_an_exchange)
{
	const struct payload_rule rule = {
		.must = payload_bit(PAYLOAD_SA) | payload_bit(PAYLOAD_NONCE),
		.may = payload_bit(PAYLOAD_KE),
	};
	struct message m = { .certs = 1, .deletes = 1, .notifies = 1 };
	const uint64_t fits = rule.must | rule.may |
			      payload_bit(PAYLOAD_NOTIFY) |
			      payload_bit(PAYLOAD_VENDOR);

	m.present = fits;
	ck_assert_int_eq(message_fits(&m, &rule), IKE_OK);
	ck_assert_uint_eq(m.present, fits);
	m.present = fits | payload_bit(PAYLOAD_CERT) |
		    payload_bit(PAYLOAD_DELETE) | payload_bit(PAYLOAD_TSI);
	ck_assert_int_eq(message_fits(&m, &rule), IKE_OK);
	ck_assert_uint_eq(m.present, fits);
	ck_assert_uint_eq(m.certs + m.deletes, 0);
	ck_assert_uint_eq(m.notifies, 1);
	m.present = fits & ~payload_bit(PAYLOAD_NONCE);
	ck_assert_int_eq(message_fits(&m, &rule), INVALID_SYNTAX);
	m.present = rule.must;
	ck_assert_int_eq(message_fits(&m, &rule), IKE_OK);
}
END_TEST

/* N07: types we do not know, with the critical bit and without. */
START_TEST(n07_unknown_payloads)
{
	struct message m;
	char text[64];

	for (unsigned int type = 1; type <= 255; type++) {
		if (type >= PAYLOAD_SA && type <= PAYLOAD_EAP)
			continue;
		if (type == PAYLOAD_SKF)
			continue;
		snprintf(text, sizeof(text), "28000006 ffff 00000014" NONCE);
		ck_assert_int_eq(reads(&m, (uint8_t)type, text), IKE_OK);
		ck_assert_uint_eq(m.present, payload_bit(PAYLOAD_NONCE));
		snprintf(text, sizeof(text), "28800006 ffff 00000014" NONCE);
		ck_assert_int_eq(reads(&m, (uint8_t)type, text),
			UNSUPPORTED_CRITICAL_PAYLOAD);
		ck_assert_uint_eq(m.critical, type);
	}
}
END_TEST

/* N07: it is the first one that is named, and a message that is malformed on
 * top of it is just malformed. */
START_TEST(n07_first_critical_is_named)
{
	struct message m;

	ck_assert_int_eq(reads(&m, 49, "c8000004 c9800004 00800004"),
		UNSUPPORTED_CRITICAL_PAYLOAD);
	ck_assert_uint_eq(m.critical, 200);
	ck_assert_int_eq(reads(&m, 49, "c8800004 00000003"), INVALID_SYNTAX);
}
END_TEST

/* N07: the critical bit of a type we know, and reserved bits, say nothing. */
START_TEST(n07_bits_that_are_ignored)
{
	struct message m;

	ck_assert_int_eq(reads(&m, PAYLOAD_NONCE, "00ff0014" NONCE), IKE_OK);
	ck_assert(has_payload(&m, PAYLOAD_NONCE));
	ck_assert_int_eq(reads(&m, 49, "007f0004"), IKE_OK);
}
END_TEST

/* N08: the payloads of IKEv1 are unknown ones. */
START_TEST(n08_ikev1_types)
{
	struct message m;

	for (uint8_t type = 1; type <= 32; type++) {
		ck_assert_int_eq(reads(&m, type, "00000004"), IKE_OK);
		ck_assert_uint_eq(m.present, 0);
		ck_assert_int_eq(reads(&m, type, "00800004"),
			UNSUPPORTED_CRITICAL_PAYLOAD);
	}
}
END_TEST

SUITE(message)
{
	test(chain_names_what_comes_next);
	test(is_refused_cut_and_is_bad_without_room);
	test(no_payload_is_a_message);
	test(whole_message_begins_and_ends);
	test(payload_is_no_longer_than_its_length_says);
	test(n05_payload_length);
	test(n05_chain_does_not_end_where_it_says);
	test(n05_ten_thousand_payloads);
	test(n18_as_many_notifies_as_payloads);
	test(n06_twice);
	test(n06_empty);
	test(n06_payloads_of_an_exchange);
	test(n07_unknown_payloads);
	test(n07_first_critical_is_named);
	test(n07_bits_that_are_ignored);
	test(n08_ikev1_types);
}

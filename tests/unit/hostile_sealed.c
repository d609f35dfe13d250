/* hostile_sealed.c - the SK payload: N20, N21.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

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

/* --- The longest ---------------------------------------------------------- */

/* A message of so many octets: a status notify that means nothing to anybody. */
static struct bytes message_of(size_t len)
{
	static uint8_t chain[MAX_MESSAGE_LEN];
	const struct ike_header header =
		bent_header(INFORMATIONAL, false, bent.out_id);
	/* SK's header, IV, Pad Length, ICV */
	const size_t inside = len - IKE_HEADER_LEN - 4 - 8 - 1 - 16;
	struct writer w = writer_of(chain, sizeof(chain));
	struct bytes sealed;

	write_u16(&w, PAYLOAD_NONE);
	write_u16(&w, (uint16_t)inside);
	write_u16(&w, 0);
	write_u16(&w, 40960);
	write_zero(&w, inside - w.len);
	sealed = bent_sealed_raw(&header, PAYLOAD_NOTIFY, written(&w));
	ck_assert_uint_eq(sealed.len, len);
	return sealed;
}

/* As long as a message may be is not too long; an octet more is, whoever sealed
 * it. */
START_TEST(n20_the_longest_message)
{
	static uint8_t longer[MAX_MESSAGE_LEN + 1];
	struct bytes sealed;

	core_open(&plain);
	bent_initiates();
	sealed = message_of(MAX_MESSAGE_LEN);
	memcpy(longer, sealed.at, sealed.len);
	longer[25] = 1; /* 65,536, of 65,535 */
	longer[26] = longer[27] = 0;
	core_give(bytes_of(longer, sizeof(longer)));
	bent_hears_nothing();
	core_give(message_of(MAX_MESSAGE_LEN));
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_ptr_null(message_error(&bent.in));
	ck_assert_uint_eq(bent.in.header.message_id, bent.out_id);
	bent.out_id++;
	core_recovers(true);
}
END_TEST

SUITE(hostile_sealed)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n20_octets_changed_and_cut);
	test(n20_response_changed_and_cut);
	test(n20_padding_lies);
	test(n20_padding_is_free);
	test(n21_clear_payloads_beside_sk);
	test(n21_all_in_clear);
	test(n21_sk_within_sk);
	test(n20_the_longest_message);
}

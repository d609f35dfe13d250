/* hostile_header.c - headers, and lengths of payloads: N01 to N05.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

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

SUITE(hostile_header)
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
}

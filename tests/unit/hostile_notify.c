/* hostile_notify.c - cookies, other groups, errors that nobody vouches for: N14 to N19.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

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

/* Failures of that cause, counted for the host and for the peer alike. */
static uint64_t failures(enum ike_cause cause)
{
	const struct ike_counts *all = ike_counts(core.ike);
	struct ike_peer_status peer;
	size_t i = 0;

	while (ike_cause_at(i) != cause)
		ck_assert_uint_lt(++i, IKE_CAUSES);
	ck_assert(ike_peer_at(core.ike, 0, &peer));
	ck_assert_uint_eq(peer.counts->failures[i], all->failures[i]);
	return all->failures[i];
}

/* If nothing better comes, the last of them is why it has failed. */
START_TEST(n16_an_error_that_stays_is_the_reason)
{
	static const struct {
		uint16_t type;
		enum ike_cause cause;
		const char *said;
	} errors[] = {
		{ NO_PROPOSAL_CHOSEN, IKE_CAUSE_PROPOSAL,
			"NO_PROPOSAL_CHOSEN: 192.0.2.2 accepts none" },
		{ INVALID_SYNTAX, IKE_CAUSE_REJECTED_US,
			"192.0.2.2 refused our IKE_SA_INIT: INVALID_SYNTAX" },
		{ 8191, IKE_CAUSE_REJECTED_US,
			"192.0.2.2 refused our IKE_SA_INIT: unknown error" },
	};

	core_open(&plain);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		core_dial();
		bent_hear_request();
		parts.count = 0;
		parts_notify(&parts, errors[i].type, hex(""));
		core_give(bent_clear(reply_without_spi(), &parts));
		core.failed = 0;
		ck_assert_uint_eq(failures(errors[i].cause), i / 2);
		core_advance(13000);
		ck_assert_uint_eq(failures(errors[i].cause), i / 2 + 1);
		ck_assert_int_eq(core.failed, 1);
		ck_assert_int_eq(core.cause, errors[i].cause);
		ck_assert_ptr_nonnull(strstr(core.complaint, errors[i].said));
		ck_assert_int_eq(core_ike_sas(), 0);
	}
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

SUITE(hostile_notify)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n14_cookies);
	test(n15_endless_cookies);
	test(n15_endless_groups);
	test(n15_groups_that_are_no_answer);
	test(n15_cookie_then_group);
	test(n16_forged_errors);
	test(n16_an_error_that_stays_is_the_reason);
	test(n16_forged_second_response);
	test(n17_unprotected_notifies);
	test(n18_bogus_notifies);
	test(n19_extensions_that_were_not_offered);
}

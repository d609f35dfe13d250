/* hostile_payload.c - payloads that are missing, twice or unknown: N06 to N08.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

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

SUITE(hostile_payload)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
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
}

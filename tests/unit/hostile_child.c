/* hostile_child.c - children that come to nothing: N30, N31.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

/* --- N30, N31: children that come to nothing ------------------------------ */

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

/* A child of this offer is refused beside a good AUTH, where the IKE SA stays
 * (RFC 7296 section 2.21.2), and then again by itself, with this error. */
static void is_refused_twice(const char *esp, uint16_t error)
{
	core_open(&two);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	parts_set(&parts, PAYLOAD_SA, hex(esp));
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	ck_assert(bent_open(0));
	ck_assert(has_payload(&bent.in, PAYLOAD_AUTH));
	ck_assert_ptr_null(message_notify(&bent.in, INVALID_SYNTAX));
	ck_assert_ptr_nonnull(message_notify(&bent.in, NO_PROPOSAL_CHOSEN));
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas + core.policies, 0);
	bent_child_parts(&parts, false);
	parts_set(&parts, PAYLOAD_SA, hex(esp));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	bent_hears_error(error);
	ck_assert_int_eq(core.sas + core.policies, 0);
}

/* By negotiation: as responder, in IKE_AUTH and later. */
START_TEST(n31_negotiation_as_responder)
{
	is_refused_twice("00000020 01030402" ESP
			 "0300000c 01000014 800e0080" ESN,
		NO_PROPOSAL_CHOSEN);
	/* the IKE SA is of use: a child that fits comes up */
	bent_child_parts(&parts, false);
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert_int_eq(core.child_up, 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

/* A proposal whose number is not 1 is INVALID_SYNTAX; beside an AUTH that is good
 * that would mean that there is no IKE SA. */
START_TEST(n31_first_child_that_is_no_syntax)
{
	is_refused_twice("00000020 02030402" ESP
			 "0300000c 01000014 800e0100" ESN,
		INVALID_SYNTAX);
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

SUITE(hostile_child)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n30_first_child_as_responder);
	test(n30_child_as_responder);
	test(n30_255_selectors);
	test(n30_as_initiator);
	test(n30_malformed_answers_to_an_initiator);
	test(n31_negotiation_as_responder);
	test(n31_first_child_that_is_no_syntax);
	test(n31_negotiation_as_initiator);
	test(n31_kernel_as_responder);
	test(n31_kernel_as_initiator);
}

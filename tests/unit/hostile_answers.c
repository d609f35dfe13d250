/* hostile_answers.c - what the core asked is answered badly, refused, or not possible.
 * SPDX-License-Identifier: ISC
 *
 * What is there stays as it is, nothing is left of what was asked for, and the
 * core asks again in its time.
 */
#include "ikev2/engine.h"
#include "ikev2/policy.h"
#include "tests/unit/hostile.h"

enum { RETRY_MS = 60000 };

static struct ike_now this_moment(void)
{
	return (struct ike_now){ core.now_ms, 0 };
}

static void up(const struct core_setup *setup)
{
	core_open(setup);
	core.peers.peer[0]->dpd_delay_ms = 0;
	core_dial();
	bent_responds();
	ck_assert_int_eq(core.child_up, 1);
	ck_assert_int_eq(core.sas, 2);
}

static void core_asks(uint8_t exchange)
{
	ck_assert_uint_ge(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert(!header_is_response(&bent.in.header));
	ck_assert_uint_eq(bent.in.header.exchange, exchange);
	bent.in_id = bent.in.header.message_id;
}

static void wished(void)
{
	ike_tick(core.ike, this_moment());
	core_settle();
	core_asks(CREATE_CHILD_SA);
}

static void core_rekeys_ike(void)
{
	core.sent_count = 0;
	ck_assert_int_eq(ike_rekey_sa(core.ike, this_moment(), "bent"),
		IKE_WISH_STARTED);
	wished();
	ck_assert_uint_eq(core.ike->sa_count, 2);
}

static void core_rekeys_child(void)
{
	const struct ike_wish wish = { "bent", "net" };

	core.sent_count = 0;
	ck_assert_int_eq(
		ike_rekey(core.ike, this_moment(), &wish), IKE_WISH_STARTED);
	wished();
}

/* --- The IKE SA is to be replaced ----------------------------------------- */

static void bad_ike(int how)
{
	uint8_t zero[32] = { 0 };

	bent_rekey_parts(&parts);
	switch (how) {
	case 0:
		parts_remove(&parts, PAYLOAD_SA);
		break;
	case 1:
		parts_remove(&parts, PAYLOAD_NONCE);
		break;
	case 2:
		parts_remove(&parts, PAYLOAD_KE);
		break;
	case 3: /* another group than the one that was chosen */
		part_of(&parts, PAYLOAD_KE)->body[1] = KE_ECP_256;
		break;
	case 4: /* a public value that the group forbids */
		set_ke(KE_CURVE25519, bytes_of(zero, sizeof(zero)));
		break;
	case 5: /* an SPI of 4 octets */
		parts_set(&parts, PAYLOAD_SA,
			hex("00000028 01010403 c0ffee01 " GCM256 PRF256
			    "00000008 0400001f"));
		break;
	case 6: /* a key length that was not offered */
		part_of(&parts, PAYLOAD_SA)->body[27] = 0x80;
		break;
	case 7: /* cannot be read */
		add_unknown(0, 200, true);
		break;
	default: /* nothing at all */
		parts.count = 0;
	}
}

enum { BAD_IKE = 9 };

START_TEST(an_ike_rekey_that_is_answered_badly)
{
	up(&plain);
	for (int how = 0; how < BAD_IKE; how++) {
		core_rekeys_ike();
		bad_ike(how);
		bent_answer(CREATE_CHILD_SA, &parts);
		ck_assert_msg(core_established() == 1 &&
				      core.ike->sa_count == 1 && core.sas == 2,
			"%d", how);
		core_advance(RETRY_MS - 1);
		ck_assert_uint_eq(core.sent_count, 0);
		core_advance(1);
		core_asks(CREATE_CHILD_SA);
		parts.count = 0;
		parts_notify(&parts, NO_ADDITIONAL_SAS, hex(""));
		bent_answer(CREATE_CHILD_SA, &parts);
		ck_assert_uint_eq(core.ike->sa_count, 1);
	}
	/* The same, good: it takes over, and the old one is deleted. */
	core_rekeys_ike();
	bent_rekey_parts(&parts);
	bent_answer(CREATE_CHILD_SA, &parts);
	core_asks(INFORMATIONAL);
	ck_assert_uint_eq(bent.in.delete[0].protocol, PROTOCOL_IKE);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_uint_eq(core.ike->sa_count, 2);
	ck_assert_int_eq(core.sas, 2);
	ck_assert_int_eq(core.child_down, 0);
}
END_TEST

/* RFC 7296 section 1.3: with the group that the peer wants, if that is one of
 * ours, and not for ever. */
START_TEST(an_ike_rekey_in_another_group)
{
	static const struct {
		uint16_t group;
		bool again;
	} rows[] = {
		{ KE_ECP_256, true },    /* one of ours */
		{ KE_CURVE25519, true }, /* and back */
		{ KE_ECP_256, false },   /* but enough */
	};

	up(&groups);
	core_rekeys_ike();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t group[2] = { 0, (uint8_t)rows[i].group };

		parts.count = 0;
		parts_notify(&parts, INVALID_KE_PAYLOAD, bytes_of(group, 2));
		bent_answer(CREATE_CHILD_SA, &parts);
		if (rows[i].again) {
			core_asks(CREATE_CHILD_SA);
			ck_assert_uint_eq(bent.in.ke.group, rows[i].group);
		} else {
			ck_assert_uint_eq(core.sent_count, 0);
		}
	}
	ck_assert_uint_eq(core.ike->sa_count, 1);
	/* One that is not ours, or no group: at once no more. */
	for (uint8_t len = 0; len <= 2; len++) {
		const uint8_t group[2] = { 0, KE_ECP_521 };

		core_rekeys_ike();
		parts.count = 0;
		parts_notify(&parts, INVALID_KE_PAYLOAD, bytes_of(group, len));
		bent_answer(CREATE_CHILD_SA, &parts);
		ck_assert_uint_eq(core.sent_count, 0);
		ck_assert_uint_eq(core.ike->sa_count, 1);
	}
	core_recovers(false);
}
END_TEST

/* --- A child -------------------------------------------------------------- */

/* The new one is known to the peer, so it is deleted there; the old one stays. */
START_TEST(a_child_rekey_that_is_answered_badly)
{
	static const char *const networks[] = {
		"01000000 07000010 0000ffff 0a090000 0a09ffff", /* another */
		"01000000 07000010 0000ffff 0a000000 0affffff", /* wider */
	};

	up(&plain);
	for (size_t i = 0; i < 2; i++) {
		core_rekeys_child();
		bent_child_parts(&parts, true);
		parts_set(&parts, PAYLOAD_TSI,
			hex("01000000 07000010 0000ffff 0a010000 0a01ffff"));
		parts_set(&parts, PAYLOAD_TSR, hex(networks[i]));
		bent_answer(CREATE_CHILD_SA, &parts);
		core_asks(INFORMATIONAL);
		ck_assert_uint_eq(bent.in.deletes, 1);
		ck_assert_uint_eq(bent.in.delete[0].protocol, PROTOCOL_ESP);
		parts.count = 0;
		bent_answer(INFORMATIONAL, &parts);
		ck_assert_int_eq(core.sas, 2);
		ck_assert_int_eq(core.child_down, 0);
	}
	core_recovers(false);
}
END_TEST

/* With half of what makes a child, or with nothing: there may be one at the peer,
 * under an SPI that we do not know. */
START_TEST(a_new_child_that_is_answered_with_half)
{
	static const uint8_t left_out[] = { PAYLOAD_SA, PAYLOAD_TSI,
		PAYLOAD_TSR };

	for (size_t i = 0; i < 4; i++) {
		struct ike_sa_status sa;
		uint64_t walk = 0;

		core_open(&two);
		core.peers.peer[0]->dpd_delay_ms = 0;
		second_child_is_asked();
		bent.in_id = bent.in.header.message_id;
		bent_child_parts(&parts, true);
		if (i < 3)
			parts_remove(&parts, left_out[i]);
		else
			parts.count = 0;
		bent_answer(CREATE_CHILD_SA, &parts);
		ck_assert_int_eq(core.failed, 1);
		ck_assert_int_eq(core.child_up, 1);
		ck_assert_int_eq(core.sas, 2);
		content_it();
		ck_assert(ike_next_sa(core.ike, &walk, &sa));
		ck_assert_uint_eq(sa.children, 1);
		close_core();
	}
}
END_TEST

START_TEST(a_child_in_another_group)
{
	static const struct core_setup pfs = {
		.esp = "aes256gcm16-x25519-ecp256-noesn",
		.two_children = true,
	};
	static const uint8_t group[2] = { 0, KE_ECP_256 };

	core_open(&pfs);
	second_child_is_asked();
	ck_assert_uint_eq(bent.in.ke.group, KE_CURVE25519);
	parts.count = 0;
	parts_notify(&parts, INVALID_KE_PAYLOAD, bytes_of(group, 2));
	bent_answer(CREATE_CHILD_SA, &parts);
	core_asks(CREATE_CHILD_SA);
	ck_assert_uint_eq(bent.in.ke.group, KE_ECP_256);
	ck_assert_int_eq(core.failed, 0);
	bent_answer(CREATE_CHILD_SA, &parts);
	ck_assert_uint_eq(core.sent_count, 0);
	ck_assert_int_eq(core.failed, 1);
	ck_assert_int_eq(core.cause, IKE_CAUSE_KEY_EXCHANGE);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(false);
}
END_TEST

/* --- The first request ---------------------------------------------------- */

/* A hint: we go on for a while, and then it is what people are told. */
START_TEST(n15_a_group_that_is_not_ours)
{
	static const uint8_t group[2] = { 0, KE_ECP_521 };

	core_open(&plain);
	core_dial();
	bent_hear_request();
	parts.count = 0;
	parts_notify(&parts, INVALID_KE_PAYLOAD, bytes_of(group, 2));
	bent_answer_init(&parts);
	bent_hears_nothing();
	still_waits_for_init();
	close_core();

	core_open(&plain);
	core_dial();
	bent_hear_request();
	parts.count = 0;
	parts_notify(&parts, INVALID_KE_PAYLOAD, bytes_of(group, 2));
	bent_answer_init(&parts);
	core_advance(400000);
	ck_assert_int_eq(core.failed, 1);
	ck_assert_int_eq(core.cause, IKE_CAUSE_KEY_EXCHANGE);
	core_is_clean();
}
END_TEST

/* A peer at several addresses is failed only after the last. */
START_TEST(the_next_address_is_tried)
{
	const struct ike_wish wish = { "bent", NULL };
	struct ike_address_pair pairs[2];
	struct ike_resolution found = {
		.peer = "bent", .pairs = pairs, .count = 2
	};
	struct ike_effect e;
	bool asked = false;

	core_open(&plain);
	pairs[0] = pairs[1] =
		(struct ike_address_pair){ bent.them.addr, bent.us.addr };
	pairs[0].remote.octets[3] = 66;
	ck_assert_int_eq(
		ike_up(core.ike, this_moment(), &wish), IKE_WISH_STARTED);
	while (!asked && ike_effect(core.ike, &e))
		asked = e.kind == IKE_RESOLVE;
	ck_assert(asked);
	core.sent_count = 0;
	ike_resolved(core.ike, this_moment(), &found);
	core_settle();
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].remote.addr.octets[3], 66);
	while (core.sent[0].remote.addr.octets[3] == 66)
		core_advance(1000);
	ck_assert_int_eq(core.failed, 0);
	ck_assert_uint_eq(core.sent[0].remote.addr.octets[3], 2);
	bent_responds();
	ck_assert_int_eq(core_established(), 1);
	core_recovers(false);
}
END_TEST

/* --- What cannot be ------------------------------------------------------- */

START_TEST(wishes_for_what_there_is_not)
{
	const struct ike_wish nobody = { "nobody", NULL };
	const struct ike_wish no_child = { "bent", "nothing" };
	const struct ike_wish wish = { "bent", NULL };
	const struct ike_now now = { 5000, 0 };

	core_open(&plain);
	ck_assert_int_eq(ike_up(core.ike, now, &nobody), IKE_WISH_NO_PEER);
	ck_assert_int_eq(ike_down(core.ike, now, &nobody), IKE_WISH_NO_PEER);
	ck_assert_int_eq(ike_rekey(core.ike, now, &nobody), IKE_WISH_NO_PEER);
	ck_assert_int_eq(
		ike_rekey_sa(core.ike, now, "nobody"), IKE_WISH_NO_PEER);
	ck_assert_int_eq(ike_up(core.ike, now, &no_child), IKE_WISH_NO_CHILD);
	ck_assert_int_eq(ike_down(core.ike, now, &no_child), IKE_WISH_NO_CHILD);
	ck_assert_int_eq(
		ike_rekey(core.ike, now, &no_child), IKE_WISH_NO_CHILD);
	core_settle();
	ck_assert_uint_eq(core.sent_ever, 0);
	ike_shutdown(core.ike, now);
	ck_assert_int_eq(ike_up(core.ike, now, &wish), IKE_WISH_IMPOSSIBLE);
	core_settle();
	ck_assert_uint_eq(core.sent_ever, 0);
}
END_TEST

/* When all numbers have been given once, the next is one that nobody has. */
START_TEST(a_reqid_is_not_given_twice)
{
	enum { RANGE = 0x01000000 };
	uint32_t used;

	up(&plain);
	used = core.ike->sas[0]->children->reqid;
	core.peers.peer[0]->children[0].reqid = used + 1;
	core.ike->policies.next_reqid =
		RANGE + (used - core.ike->limits.reqid_base);
	ck_assert_uint_eq(policy_new_reqid(core.ike), used + 2);
	ck_assert_uint_eq(policy_new_reqid(core.ike), used + 3);
}
END_TEST

SUITE(hostile_answers)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(an_ike_rekey_that_is_answered_badly);
	test(an_ike_rekey_in_another_group);
	test(a_child_rekey_that_is_answered_badly);
	test(a_new_child_that_is_answered_with_half);
	test(a_child_in_another_group);
	test(n15_a_group_that_is_not_ours);
	test(the_next_address_is_tried);
	test(wishes_for_what_there_is_not);
	test(a_reqid_is_not_given_twice);
}

/* hostile_auth.c - before anybody is authenticated, and who it says it is: N22 to N24, N27, N46.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

#include <stdio.h>
#include <stdlib.h>

struct trust *sim_trust(const char *authority, const char *name);

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

/* It proves who it is, and is not the one that was called. */
START_TEST(n24_another_peer_than_was_called)
{
	struct ike_id *id;

	core_open(&plain);
	id = &core.peers.peer[0]->remote.id;
	name_id(id, "vpn.branch.example");
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	initiator_rejects();
	memset(id, 0, sizeof(*id));
	core_recovers(false);
}
END_TEST

/* It asks for somebody (IDr) that we are not. */
START_TEST(n24_another_responder_is_asked_for)
{
	core_open(&plain);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	parts_insert(&parts, 1, PAYLOAD_IDR, hex("02000000 62 6f 62"));
	bent_ask(IKE_AUTH, &parts);
	bent_hears_error(AUTHENTICATION_FAILED);
	ck_assert_int_eq(core_established() + core.sas, 0);
	ck_assert_int_eq(core.cause, IKE_CAUSE_REJECTED_PEER);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	parts_insert(&parts, 1, PAYLOAD_IDR, hex("01000000 c0000201"));
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* RFC 7296 section 2.21.2: an error without AUTH is the end, whichever it is. */
START_TEST(n24_ike_auth_refused_with_any_error)
{
	static const uint16_t errors[] = { AUTHENTICATION_FAILED,
		TEMPORARY_FAILURE, NO_PROPOSAL_CHOSEN, INVALID_SYNTAX, 8191 };

	core_open(&plain);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		core_dial();
		bent_responds_keys();
		parts.count = 0;
		parts_notify(&parts, errors[i], hex(""));
		bent_answer(IKE_AUTH, &parts);
		ck_assert_int_eq(core.failed, (int)i + 1);
		ck_assert_int_eq(core.cause, IKE_CAUSE_REJECTED_US);
		ck_assert_int_eq(
			core_established() + core.ike_up + core.sas, 0);
		core_advance(400000);
		core_is_clean();
	}
	core_recovers(false);
}
END_TEST

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

/* Whoever of them it turns out to be is told how it may prove itself: the second
 * may sign, for the authority of its own. */
START_TEST(every_peer_that_fits_is_asked_for_its_proof)
{
	struct ike_peers both = { calloc(2, sizeof(struct ike_peer *)), NULL,
		2 };
	struct ike_header header;
	struct message in;
	struct bytes sent;

	core_open(&plain);
	ck_assert_ptr_nonnull(both.peer);
	both.peer[0] = ike_peer_ref(core.peers.peer[0]);
	both.peer[1] = ike_peer_new();
	ck_assert_ptr_nonnull(both.peer[1]);
	snprintf(both.peer[1]->name, MAX_NAME, "signer");
	both.peer[1]->remote.place_count = 1;
	both.peer[1]->remote.places[0] = both.peer[0]->remote.places[0];
	both.peer[1]->ike = both.peer[0]->ike;
	both.peer[1]->psk_len = 1;
	both.peer[1]->remote.auth = IKE_AUTH_CERT;
	name_id(&both.peer[1]->remote.id, "signer");
	both.peer[1]->trust = sim_trust("authority of signers", "signer");
	ike_set_peers(core.ike, (struct ike_now){ core.now_ms, 0 }, &both);
	core_settle();
	begin_request();
	bent_send_init(&parts);
	ck_assert_uint_eq(core.sent_count, 1);
	sent = bytes_of(core.sent[0].data, core.sent[0].len);
	ck_assert(read_header(sent, &header));
	ck_assert_int_eq(message_read(&in, header.next,
				 bytes_of(sent.at + IKE_HEADER_LEN,
					 sent.len - IKE_HEADER_LEN),
				 IKE_HEADER_LEN),
		IKE_OK);
	ck_assert_ptr_nonnull(message_notify(&in, SIGNATURE_HASH_ALGORITHMS));
	ck_assert(has_payload(&in, PAYLOAD_CERTREQ));
	ike_peers_clear(&both);
	core_close();
}
END_TEST

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
	ck_assert_int_eq(core.cause, IKE_CAUSE_REJECTED_PEER);
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
		memset(&core.explained, 0, sizeof(core.explained));
		bent_ask(IKE_AUTH, &parts);
		bent_hears_error(AUTHENTICATION_FAILED);
		ck_assert_int_eq(core_established() + core.sas, 0);
		if (i == 4) /* the next ones are more than are explained */
			ck_assert_str_eq(core.explained.text,
				"AUTHENTICATION_FAILED: we rejected "
				"'fqdn:\\x1b[2J' at 192.0.2.2: no peer is "
				"configured for it");
	}
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

SUITE(hostile_auth)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
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
	test(n24_another_peer_than_was_called);
	test(n24_another_responder_is_asked_for);
	test(n24_ike_auth_refused_with_any_error);
	test(n24_suite_of_another_peer);
	test(every_peer_that_fits_is_asked_for_its_proof);
	test(n27_identities);
	test(n46_no_secret);
}

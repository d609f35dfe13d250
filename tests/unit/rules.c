/* rules.c - rules of RFC 7296 that no other test would see broken.
 * SPDX-License-Identifier: ISC
 *
 * tests/requirements.tsv says which rule each is about.
 */
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/bent.h"

#include <stdlib.h>

static struct parts parts;
static const struct core_setup plain = { .ike = NULL };
static const struct core_setup two = { .two_children = true };

static void close_core(void)
{
	if (core.ike)
		core_close();
}

static void reverse(struct parts *p)
{
	for (size_t i = 0; i < p->count / 2; i++) {
		const struct part part = p->at[i];

		p->at[i] = p->at[p->count - 1 - i];
		p->at[p->count - 1 - i] = part;
	}
}

static void init_is_taken(void)
{
	bent_send_init(&parts);
	bent_hear_init();
	ck_assert_int_eq(core_ike_sas(), 1);
}

static void auth_is_taken(void)
{
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert(has_payload(&bent.in, PAYLOAD_AUTH));
	ck_assert_ptr_null(message_error(&bent.in));
	ck_assert_int_eq(core_established(), 1);
}

/* The core's one packet, in clear. */
static struct message said_in_clear(void)
{
	struct message in;

	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_int_eq(message_read(&in, core.sent[0].data[16],
				 bytes_of(core.sent[0].data + IKE_HEADER_LEN,
					 core.sent[0].len - IKE_HEADER_LEN),
				 IKE_HEADER_LEN),
		IKE_OK);
	return in;
}

/* RFC 7296 sections 1.7, 2.5: payloads come in any order. */
START_TEST(any_order_of_payloads_is_taken)
{
	core_open(&two);
	bent_begin(true);
	bent_init_parts(&parts);
	reverse(&parts);
	init_is_taken();
	bent_auth_parts(&parts);
	reverse(&parts);
	auth_is_taken();
	bent_child_parts(&parts, false);
	reverse(&parts);
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert_int_eq(core.child_up, 2);
	core_recovers(true);
}
END_TEST

START_TEST(any_order_of_payloads_is_taken_by_an_initiator)
{
	core_open(&plain);
	core_dial();
	bent_hear_request();
	bent_init_parts(&parts);
	reverse(&parts);
	bent_answer_init(&parts);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	bent_auth_parts(&parts);
	reverse(&parts);
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core.child_up, 1);
	core_recovers(false);
}
END_TEST

/* Every bit that is reserved in a request, set: in the header's flags (X and V),
 * and in the bodies of SA, KE, IDi, AUTH, TSi and TSr.  RFC 7296 sections 2.5,
 * 3.1, 3.3.1, 3.3.2, 3.4, 3.8, 3.13. */
static void set_reserved(uint8_t type, size_t at)
{
	struct part *part = part_of(&parts, type);

	ck_assert_uint_lt(at, part->len);
	part->body[at] = 0xff;
}

static void ask_with_flags(uint8_t exchange, uint8_t flags)
{
	struct ike_header header = bent_header(exchange, false, bent.out_id);

	header.flags |= flags;
	core_give(bent_sealed(&header, &parts));
}

START_TEST(reserved_bits_are_ignored_and_sent_as_zero)
{
	enum { X_AND_V = 0xd7 };
	struct ike_header header;
	struct bytes request;

	core_open(&plain);
	bent_begin(true);
	bent_init_parts(&parts);
	set_reserved(PAYLOAD_SA, 1); /* of the proposal */
	set_reserved(PAYLOAD_SA, 9); /* of its first transform */
	set_reserved(PAYLOAD_KE, 2);
	set_reserved(PAYLOAD_KE, 3);
	header = bent_header(IKE_SA_INIT, false, 0);
	header.flags |= X_AND_V;
	request = bent_clear(&header, &parts);
	memcpy(bent.init_request, request.at, request.len);
	bent.init_request_len = request.len;
	core_give(bytes_of(bent.init_request, request.len));
	bent_hear_init();
	ck_assert_uint_eq(core.sent[0].data[19], FLAG_RESPONSE);
	bent_auth_parts(&parts);
	set_reserved(PAYLOAD_IDI, 1);
	set_reserved(PAYLOAD_AUTH, 1);
	set_reserved(PAYLOAD_TSI, 1);
	set_reserved(PAYLOAD_TSR, 3);
	bent_auth_again(&parts);
	set_reserved(PAYLOAD_AUTH, 2);
	ask_with_flags(IKE_AUTH, X_AND_V);
	bent.out_id++;
	ck_assert_int_eq(core.child_up, 1);
	ck_assert_uint_eq(core.sent[0].data[19], FLAG_RESPONSE);
	core_recovers(true);
}
END_TEST

/* RFC 7296 section 2: up to 3000 octets in one message. */
START_TEST(messages_of_3000_octets_are_taken)
{
	static const uint8_t vendor[1000];

	core_open(&plain);
	bent_begin(true);
	bent_init_parts(&parts);
	for (int i = 0; i < 3; i++)
		parts_add(&parts, PAYLOAD_VENDOR, bytes_of(vendor, 1000));
	init_is_taken();
	bent_auth_parts(&parts);
	for (int i = 0; i < 3; i++)
		parts_add(&parts, PAYLOAD_VENDOR, bytes_of(vendor, 1000));
	auth_is_taken();
	core_recovers(true);
}
END_TEST

/* RFC 7296 section 1.2: INVALID_KE_PAYLOAD vouches for nothing, so that all is
 * offered again. */
START_TEST(all_is_offered_again_after_invalid_ke_payload)
{
	static const struct core_setup groups = {
		.ike = "aes256gcm16-prfsha256-ecp256-x25519",
	};
	struct ike_header header;
	uint8_t first[MAX_PACKET];
	struct proposal proposal;
	struct reader walk;
	struct message in;
	size_t len;

	core_open(&groups);
	core_dial();
	bent_hear_request();
	len = bent.in.sa.proposals.len;
	memcpy(first, bent.in.sa.proposals.at, len);
	parts.count = 0;
	parts_notify(&parts, INVALID_KE_PAYLOAD, hex("001f"));
	header = bent_header(IKE_SA_INIT, true, 0);
	memset(header.spi_r, 0, IKE_SPI_LEN);
	core_give(bent_clear(&header, &parts));
	in = said_in_clear();
	ck_assert_uint_eq(in.ke.group, KE_CURVE25519);
	walk = reader_of(in.sa.proposals);
	ck_assert(next_proposal(&walk, &proposal));
	ck_assert_uint_eq(proposal.spi.len, 0);
	assert_bytes("offer", in.sa.proposals, bytes_of(first, len));
	core_recovers(false);
}
END_TEST

/* RFC 7296 section 2.11: from any port, and back to it. */
START_TEST(answers_go_to_where_the_request_came_from)
{
	core_open(&plain);
	bent_begin(true);
	bent_init_parts(&parts);
	bent.us.port = 33333;
	init_is_taken();
	ck_assert_uint_eq(core.sent[0].remote.port, 33333);
	bent.us.port = 44444;
	bent_auth_parts(&parts);
	auth_is_taken();
	ck_assert_uint_eq(core.sent[0].remote.port, 44444);
	bent.us.port = 500;
	core_recovers(true);
}
END_TEST

/* RFC 7296 section 2.6: SPIs are unique, whatever is drawn. */
START_TEST(an_spi_that_is_in_use_is_drawn_anew)
{
	uint8_t first[IKE_SPI_LEN];
	uint64_t seed;

	core_open(&plain);
	bent_begin(true);
	bent_init_parts(&parts);
	seed = core.seed;
	init_is_taken();
	memcpy(first, bent.spi_r, IKE_SPI_LEN);
	bent_begin(true);
	bent_init_parts(&parts);
	core.seed = seed;
	bent_send_init(&parts);
	bent_hear_init();
	ck_assert_int_eq(core_ike_sas(), 2);
	ck_assert_mem_ne(first, bent.spi_r, IKE_SPI_LEN);
	core_recovers(true);
}
END_TEST

/* RFC 7296 sections 2.10, 3.9: a nonce is for one exchange. */
START_TEST(each_attempt_has_a_nonce_of_its_own)
{
	uint8_t first[NONCE_LEN];

	core_open(&plain);
	core_dial();
	bent_hear_request();
	ck_assert_uint_eq(bent.in.nonce.len, NONCE_LEN);
	memcpy(first, bent.in.nonce.at, NONCE_LEN);
	core_recovers(false);
	core_close();
	core_open(&plain);
	core.seed += 1;
	core_dial();
	bent_hear_request();
	ck_assert_mem_ne(first, bent.in.nonce.at, NONCE_LEN);
	core_recovers(false);
}
END_TEST

/* RFC 7296 section 3.10: without an SPI the protocol means nothing. */
START_TEST(protocol_of_a_notify_without_spi_is_ignored)
{
	static const struct core_setup flood = { .cookies = true };
	struct message in;

	core_open(&flood);
	bent_begin(true);
	bent_init_parts(&parts);
	bent_send_init(&parts);
	in = said_in_clear();
	ck_assert_ptr_nonnull(message_notify(&in, COOKIE));
	parts_notify(&parts, COOKIE, message_notify(&in, COOKIE)->data);
	reverse(&parts); /* a cookie comes first */
	parts.at[0].body[0] = PROTOCOL_ESP;
	init_is_taken();
	core_recovers(false);
}
END_TEST

/* RFC 7296 section 3.10.1: in a request what we do not know is passed over. */
START_TEST(unknown_notifies_in_a_request_are_ignored)
{
	core_open(&plain);
	bent_initiates();
	parts.count = 0;
	parts_notify(&parts, 8191, hex(""));
	parts_notify(&parts, 40959, hex("0102"));
	bent_ask(INFORMATIONAL, &parts);
	bent.out_id++;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_ptr_null(message_error(&bent.in));
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

/* .. but in a response an error is the end of what was asked, known or not. */
START_TEST(an_unknown_error_in_a_response_fails_the_request)
{
	core_open(&two);
	core_dial();
	bent_responds();
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, CREATE_CHILD_SA);
	bent_child_parts(&parts, true);
	parts_notify(&parts, 8191, hex(""));
	bent_answer(CREATE_CHILD_SA, &parts);
	bent.in_id++;
	ck_assert_int_eq(core.child_up, 1);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(false);
}
END_TEST

/* RFC 7296 section 2.18: an IKE SA is not rekeyed without a new key exchange. */
START_TEST(ike_sa_is_not_rekeyed_without_key_exchange)
{
	core_open(&plain);
	bent_initiates();
	bent_init_parts(&parts);
	parts_remove(&parts, PAYLOAD_KE);
	parts_set(&parts, PAYLOAD_SA,
		hex("0000002c 01010803 c0ffee01c0ffee02"
		    "0300000c 01000014 800e0100"
		    "03000008 02000005 00000008 0400001f"));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert(bent_open(0));
	ck_assert_ptr_nonnull(message_error(&bent.in));
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core_ike_sas(), 1);
	core_recovers(true);
}
END_TEST

/* RFC 7296 section 3.3.6: with NONE chosen, KEi is nothing, and KEr is not. */
START_TEST(key_exchange_that_was_not_chosen_is_ignored)
{
	uint8_t ke[36] = { 0, KE_CURVE25519 };

	core_open(&two);
	bent_initiates();
	bent_child_parts(&parts, false);
	memcpy(ke + 4, dh_public(&bent.dh).at, 32);
	parts_add(&parts, PAYLOAD_KE, bytes_of(ke, sizeof(ke)));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert_int_eq(core.child_up, 2);
	ck_assert(bent_open(0));
	ck_assert(has_payload(&bent.in, PAYLOAD_SA));
	ck_assert(!has_payload(&bent.in, PAYLOAD_KE));
	core_recovers(true);
}
END_TEST

/* RFC 7296 section 1.3.1: what was asked for in transport mode, and is answered
 * in tunnel mode, is deleted. */
START_TEST(tunnel_mode_is_no_answer_to_transport_mode)
{
	core_open(&plain);
	core.peers.peer[0]->children[0].mode = IKE_MODE_TRANSPORT;
	core.peers.peer[0]->children[0].local_ts[0].family = 0;
	core.peers.peer[0]->children[0].remote_ts[0].family = 0;
	core_dial();
	bent_responds_keys();
	ck_assert_ptr_nonnull(message_notify(&bent.in, USE_TRANSPORT_MODE));
	bent_auth_parts(&parts);
	parts_set(&parts, PAYLOAD_TSI,
		hex("01000000 07000010 0000ffff c0000201 c0000201"));
	parts_set(&parts, PAYLOAD_TSR,
		hex("01000000 07000010 0000ffff c0000202 c0000202"));
	bent_answer(IKE_AUTH, &parts);
	bent.in_id++;
	ck_assert_int_eq(core.child_up, 0);
	ck_assert_int_eq(core.sas, 0);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, INFORMATIONAL);
	ck_assert_uint_eq(bent.in.deletes, 1);
	ck_assert_uint_eq(bent.in.delete[0].protocol, PROTOCOL_ESP);
}
END_TEST

/* RFC 7296 section 1.2: the key is that of the identity which is claimed. */
static void name_id(struct ike_id *id, const char *name)
{
	id->type = ID_FQDN;
	id->len = (uint16_t)strlen(name);
	memcpy(id->data, name, id->len);
}

static struct ike_peer *named(const char *name, const char *key)
{
	const struct ike_peer *like = core.peers.peer[0];
	struct ike_peer *peer = ike_peer_new();

	ck_assert_ptr_nonnull(peer);
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	name_id(&peer->remote.id, name);
	peer->remote.place_count = 1;
	peer->remote.places[0] = like->remote.places[0];
	peer->ike = like->ike;
	peer->psk_len = (uint16_t)strlen(key);
	memcpy(peer->psk, key, strlen(key));
	peer->children = calloc(1, sizeof(*peer->children));
	peer->children[0] = like->children[0];
	peer->child_count = 1;
	return peer;
}

static void claim(const char *name)
{
	uint8_t body[32] = { ID_FQDN };

	memcpy(body + 4, name, strlen(name));
	bent_initiates_keys();
	bent_auth_parts(&parts);
	parts_set(&parts, PAYLOAD_IDI, bytes_of(body, 4 + strlen(name)));
	bent_auth_again(&parts);
	bent_ask(IKE_AUTH, &parts);
}

START_TEST(a_key_proves_its_own_identity_only)
{
	struct ike_peers both = { calloc(2, sizeof(struct ike_peer *)), NULL,
		2 };

	core_open(&plain);
	both.peer[0] = named("ours", "a secret of both");
	both.peer[1] = named("another", "a secret of others");
	ike_set_peers(core.ike, (struct ike_now){ core.now_ms, 0 }, &both);
	core_settle();
	ike_peers_clear(&both);
	claim("another");
	bent_hears_error(AUTHENTICATION_FAILED);
	ck_assert_int_eq(core_established() + core.sas, 0);
	claim("ours");
	ck_assert_int_eq(core_established(), 1);
}
END_TEST

/* RFC 7296 section 2.8: a peer that never lets us rekey.  When the lifetime is
 * over the SA is, too. */
static bool asked_to_delete(uint8_t protocol)
{
	for (size_t i = 0; i < bent.in.deletes; i++) {
		if (bent.in.delete[i].protocol == protocol)
			return true;
	}
	return false;
}

/* Refuse every CREATE_CHILD_SA, answer the rest, until the core asks to delete
 * an SA of that protocol; after how long. */
static uint64_t until_deleted(uint8_t protocol, uint64_t limit_ms)
{
	const uint64_t begin = core.now_ms;

	while (core.now_ms < begin + limit_ms) {
		core.sent_count = 0;
		core_advance(1000);
		if (core.sent_count == 0)
			continue;
		ck_assert(bent_open(0));
		ck_assert(!header_is_response(&bent.in.header));
		if (asked_to_delete(protocol))
			return core.now_ms - begin;
		parts.count = 0;
		if (bent.in.header.exchange == CREATE_CHILD_SA)
			parts_notify(&parts, NO_PROPOSAL_CHOSEN, hex(""));
		bent_answer(bent.in.header.exchange, &parts);
		bent.in_id++;
	}
	return UINT64_MAX;
}

static void short_lives(uint32_t ike_ms, uint32_t child_ms)
{
	core_open(&plain);
	core.peers.peer[0]->rekey_ms = ike_ms;
	core.peers.peer[0]->children[0].rekey_ms = child_ms;
	bent_initiates();
	ck_assert_int_eq(core.sas, 2);
}

START_TEST(a_child_ends_with_its_lifetime)
{
	uint64_t after;

	short_lives(0, 100000);
	after = until_deleted(PROTOCOL_ESP, 200000);
	ck_assert_uint_ge(after, 100000);
	ck_assert_uint_le(after, 112000);
	ck_assert_int_eq(core.outbound, 1); /* there was no other */
	ck_assert_int_le(core.sas, 1);
	ck_assert_int_eq(core.child_down, 1);
	ck_assert_int_eq(core_established(), 1);
}
END_TEST

START_TEST(an_ike_sa_ends_with_its_lifetime)
{
	uint64_t after;

	short_lives(100000, 0);
	after = until_deleted(PROTOCOL_IKE, 200000);
	ck_assert_uint_ge(after, 100000);
	ck_assert_uint_le(after, 112000);
	ck_assert_int_eq(core_established(), 0);
	ck_assert_int_eq(core.sas, 0);
}
END_TEST

/* RFC 4478 section 3: said by who was dialled, and meant. */
START_TEST(a_proof_that_is_not_renewed_ends_the_ike_sa)
{
	const struct payload_notify *said;
	uint64_t after;

	core_open(&plain);
	core.peers.peer[0]->reauth_ms = 100000;
	bent_initiates();
	said = message_notify(&bent.in, AUTH_LIFETIME);
	ck_assert_ptr_nonnull(said);
	assert_bytes("seconds", said->data, hex("00000064"));
	after = until_deleted(PROTOCOL_IKE, 200000);
	ck_assert_uint_ge(after, 110000);
	ck_assert_uint_le(after, 112000);
	ck_assert_int_eq(core_established() + core.sas, 0);
}
END_TEST

/* RFC 7296 section 2.8.3: the old one goes on while there is no new one. */
START_TEST(a_new_proof_that_is_refused_leaves_the_old_one)
{
	struct ike_header header;
	int asked = 0;

	core_open(&plain);
	core.peers.peer[0]->reauth_ms = 100000;
	core_dial();
	bent_responds();
	for (const uint64_t end = core.now_ms + 105000; core.now_ms < end;) {
		core_advance(1000);
		if (core.sent_count == 0)
			continue;
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
		ck_assert(read_header(
			bytes_of(core.sent[0].data, core.sent[0].len),
			&header));
		parts.count = 0;
		if (header.exchange == IKE_SA_INIT) {
			header.flags = FLAG_RESPONSE;
			parts_notify(&parts, NO_PROPOSAL_CHOSEN, hex(""));
			core_give(bent_clear(&header, &parts));
			asked++;
		} else {
			ck_assert(bent_open(0));
			bent_answer(header.exchange, &parts);
			bent.in_id++;
		}
	}
	ck_assert_int_gt(asked, 0);
	core_advance(10000);
	ck_assert_int_eq(core_established() + core.sas, 0);
}
END_TEST

/* .. and what the peer says counts, if we dialled. */
START_TEST(a_lifetime_that_the_peer_says_is_heeded)
{
	core_open(&plain);
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	parts_notify(&parts, AUTH_LIFETIME, hex("00000064"));
	bent_answer(IKE_AUTH, &parts);
	bent.in_id++;
	core.peers.peer[0]->dpd_delay_ms = 0;
	core_advance(79000);
	ck_assert_uint_eq(core.sent_count, 0);
	core_advance(2000);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].data[18], IKE_SA_INIT);
	ck_assert_int_eq(core_established(), 1);
}
END_TEST

/* RFC 7296 section 2.23: ESP is never in UDP on port 500, even for a peer that is
 * behind a NAT and has stayed there. */
START_TEST(no_esp_in_udp_on_port_500)
{
	static const uint8_t not_ours[NAT_DETECTION_LEN] = { 1 };

	core_open(&plain);
	bent_begin(true);
	bent_init_parts(&parts);
	parts_notify(&parts, NAT_DETECTION_SOURCE_IP,
		bytes_of(not_ours, sizeof(not_ours)));
	parts_notify(&parts, NAT_DETECTION_DESTINATION_IP,
		bytes_of(not_ours, sizeof(not_ours)));
	init_is_taken();
	bent_auth_parts(&parts);
	auth_is_taken();
	ck_assert_int_eq(core.sas, 2);
	ck_assert_int_eq(core.encapsulated, 0);
}
END_TEST

/* RFC 7296 section 2.9.2: what is in use stays, whatever is configured now. */
START_TEST(a_rekey_does_not_narrow_what_is_in_use)
{
	uint8_t body[8] = { PROTOCOL_ESP, ESP_SPI_LEN, REKEY_SA >> 8,
		REKEY_SA & 0xff };
	struct ike_child_policy *child;
	struct selectors ts;

	core_open(&plain);
	bent_initiates();
	child = &core.peers.peer[0]->children[0];
	child->local_ts[0].end[2] = 0;
	child->remote_ts[0].end[2] = 0;
	memcpy(body + 4, bent.esp_spi, ESP_SPI_LEN);
	bent_child_parts(&parts, false);
	parts_set(&parts, PAYLOAD_TSI,
		hex("01000000 07000010 0000ffff 0a020000 0a02ffff"));
	parts_set(&parts, PAYLOAD_TSR,
		hex("01000000 07000010 0000ffff 0a010000 0a01ffff"));
	parts_insert(&parts, 0, PAYLOAD_NOTIFY, bytes_of(body, sizeof(body)));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert(bent_open(0));
	ck_assert_ptr_null(message_error(&bent.in));
	selectors_read(&bent.in.tsr, &ts);
	ck_assert_uint_eq(ts.count, 1);
	ck_assert_mem_eq(ts.list[0].end, "\x0a\x01\xff\xff", 4);
	selectors_read(&bent.in.tsi, &ts);
	ck_assert_mem_eq(ts.list[0].end, "\x0a\x02\xff\xff", 4);
}
END_TEST

SUITE(rules)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(any_order_of_payloads_is_taken);
	test(any_order_of_payloads_is_taken_by_an_initiator);
	test(reserved_bits_are_ignored_and_sent_as_zero);
	test(messages_of_3000_octets_are_taken);
	test(all_is_offered_again_after_invalid_ke_payload);
	test(answers_go_to_where_the_request_came_from);
	test(an_spi_that_is_in_use_is_drawn_anew);
	test(each_attempt_has_a_nonce_of_its_own);
	test(protocol_of_a_notify_without_spi_is_ignored);
	test(unknown_notifies_in_a_request_are_ignored);
	test(an_unknown_error_in_a_response_fails_the_request);
	test(ike_sa_is_not_rekeyed_without_key_exchange);
	test(key_exchange_that_was_not_chosen_is_ignored);
	test(tunnel_mode_is_no_answer_to_transport_mode);
	test(a_key_proves_its_own_identity_only);
	test(a_child_ends_with_its_lifetime);
	test(an_ike_sa_ends_with_its_lifetime);
	test(no_esp_in_udp_on_port_500);
	test(a_rekey_does_not_narrow_what_is_in_use);
	test(a_proof_that_is_not_renewed_ends_the_ike_sa);
	test(a_new_proof_that_is_refused_leaves_the_old_one);
	test(a_lifetime_that_the_peer_says_is_heeded);
}

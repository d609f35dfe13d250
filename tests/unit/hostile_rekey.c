/* hostile_rekey.c - rekeys and deletes with a peer that does not keep to the rules.
 * SPDX-License-Identifier: ISC
 *
 * As in hostile.c; the core is responder of the IKE SA, and its child is in
 * place.  Whatever the peer does, one pair of SAs is left, or none if it has
 * deleted them all, and the core does not send into a void.
 */
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/bent.h"

#include <stdlib.h>

static struct parts parts;
static const struct core_setup plain = { .ike = NULL };
static const struct core_setup two = { .two_children = true };

/* Of the first child: what each side receives on. */
static uint8_t core_spi[ESP_SPI_LEN], old_spi[ESP_SPI_LEN];

enum {
	SOFT_MS = 100000,
	HARD_MS = 111000,
	RETIRE_MS = 1000,
	LOOK_MS = 1000,
	REDUNDANT_MS = 61000
};

static void close_core(void)
{
	if (core.ike)
		core_close();
}

/* The SPI of the proposal in the message that was opened last. */
static void spi_of_answer(uint8_t spi[ESP_SPI_LEN])
{
	struct reader walk = reader_of(bent.in.sa.proposals);
	struct proposal proposal;

	ck_assert(next_proposal(&walk, &proposal));
	ck_assert_uint_eq(proposal.spi.len, ESP_SPI_LEN);
	memcpy(spi, proposal.spi.at, ESP_SPI_LEN);
}

static void up_with(const struct core_setup *setup, uint32_t rekey_ms)
{
	core_open(setup);
	core.peers.peer[0]->dpd_delay_ms = 0;
	core.peers.peer[0]->children[0].rekey_ms = rekey_ms;
	bent_initiates();
	core.peers.peer[0]->children[0].rekey_ms = 0;
	memcpy(old_spi, bent.esp_spi, ESP_SPI_LEN);
	spi_of_answer(core_spi);
	ck_assert_int_eq(core.sas, 2);
}

static void up(void)
{
	up_with(&plain, 0);
}

static struct ike_now this_moment(void)
{
	return (struct ike_now){ core.now_ms, 0 };
}

/* --- What the peer says --------------------------------------------------- */

enum nonce { NONCE_LOW = 0x00, NONCE_HIGH = 0xff };

static void set_nonce(enum nonce octet)
{
	uint8_t nonce[NONCE_LEN];

	memset(nonce, (int)octet, sizeof(nonce));
	parts_set(&parts, PAYLOAD_NONCE, bytes_of(nonce, sizeof(nonce)));
}

/* The networks of the first child, seen from who asks. */
static void set_networks(bool bent_asks)
{
	struct bytes core_net = hex("01000000 07000010 0000ffff"
				    "0a010000 0a01ffff");

	parts_set(&parts, bent_asks ? PAYLOAD_TSR : PAYLOAD_TSI, core_net);
	parts_set(&parts, bent_asks ? PAYLOAD_TSI : PAYLOAD_TSR,
		hex("01000000 07000010 0000ffff 0a020000 0a02ffff"));
}

static void rekey_parts(const uint8_t spi[ESP_SPI_LEN], enum nonce nonce)
{
	uint8_t notify[8] = { 3, 4, REKEY_SA >> 8, REKEY_SA & 0xff };

	memcpy(notify + 4, spi, ESP_SPI_LEN);
	bent_child_parts(&parts, false);
	set_networks(true);
	set_nonce(nonce);
	parts_insert(&parts, 0, PAYLOAD_NOTIFY, bytes_of(notify, 8));
}

static void ask(uint8_t exchange)
{
	bent_ask(exchange, &parts);
	bent.out_id++;
}

static void answer(uint8_t exchange)
{
	bent_answer(exchange, &parts);
	bent.in_id++;
}

/* The peer rekeys the child it receives on this SPI of. */
static void peer_rekeys(const uint8_t spi[ESP_SPI_LEN], enum nonce nonce)
{
	rekey_parts(spi, nonce);
	ask(CREATE_CHILD_SA);
}

static void peer_deletes(const uint8_t spi[ESP_SPI_LEN])
{
	uint8_t body[8] = { 3, 4, 0, 1 };

	memcpy(body + 4, spi, ESP_SPI_LEN);
	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE, bytes_of(body, sizeof(body)));
	ask(INFORMATIONAL);
}

static void peer_is_silent_about_it(void)
{
	parts.count = 0;
	answer(INFORMATIONAL);
}

static void peer_refuses(uint16_t error)
{
	parts.count = 0;
	parts_notify(&parts, error, hex(""));
	answer(CREATE_CHILD_SA);
}

/* The peer rekeys the IKE SA. */
static void peer_rekeys_ike(void)
{
	uint8_t ke[36] = { 0, KE_CURVE25519, 0, 0, 9 };

	bent_child_parts(&parts, false);
	parts_remove(&parts, PAYLOAD_TSI);
	parts_remove(&parts, PAYLOAD_TSR);
	parts_set(&parts, PAYLOAD_SA,
		hex("0000002c 01010803 c0ffee01c0ffee02"
		    "0300000c 01000014 800e0100"
		    "03000008 02000005 00000008 0400001f"));
	parts_add(&parts, PAYLOAD_KE, bytes_of(ke, sizeof(ke)));
	ask(CREATE_CHILD_SA);
}

/* --- What the core says --------------------------------------------------- */

/* Its packet i is a request of that kind. */
static void core_asks(size_t i, uint8_t exchange)
{
	ck_assert_uint_gt(core.sent_count, i);
	ck_assert(bent_open(i));
	ck_assert(!header_is_response(&bent.in.header));
	ck_assert_uint_eq(bent.in.header.exchange, exchange);
}

static void core_rekeys(void)
{
	const struct ike_wish wish = { "bent", "net" };

	core.sent_count = 0;
	ck_assert_int_eq(
		ike_rekey(core.ike, this_moment(), &wish), IKE_WISH_STARTED);
	ike_tick(core.ike, this_moment());
	core_settle();
	core_asks(0, CREATE_CHILD_SA);
	ck_assert_ptr_nonnull(message_notify(&bent.in, REKEY_SA));
}

static void core_rekeys_ike(void)
{
	core.sent_count = 0;
	ck_assert_int_eq(ike_rekey_sa(core.ike, this_moment(), "bent"),
		IKE_WISH_STARTED);
	ike_tick(core.ike, this_moment());
	core_settle();
	core_asks(0, CREATE_CHILD_SA);
}

/* A good answer to its rekey of the child; made while the request is open. */
static void answer_parts(enum nonce nonce)
{
	bent_child_parts(&parts, true);
	set_networks(false);
	set_nonce(nonce);
}

static void core_answers_with_a_child(void)
{
	ck_assert_uint_gt(core.sent_count, 0);
	ck_assert(bent_open(0));
	ck_assert(header_is_response(&bent.in.header));
	ck_assert(!message_error(&bent.in));
	ck_assert(has_payload(&bent.in, PAYLOAD_SA));
}

/* Its packet i deletes the child it receives on this SPI of. */
static void core_deletes(size_t i, const uint8_t spi[ESP_SPI_LEN])
{
	core_asks(i, INFORMATIONAL);
	ck_assert_uint_eq(bent.in.deletes, 1);
	assert_bytes(
		"the SPI", bent.in.delete[0].spis, bytes_of(spi, ESP_SPI_LEN));
}

/* The same for what it has replaced itself: a moment later, not before. */
static void core_retires(const uint8_t spi[ESP_SPI_LEN])
{
	ck_assert_uint_eq(core.sent_count, 0);
	core_advance(RETIRE_MS - 1);
	ck_assert_uint_eq(core.sent_count, 0);
	core_advance(1);
	core_deletes(0, spi);
}

/* One pair, up and of use, and what lingers is gone by then. */
static void one_pair_is_left(void)
{
	core_advance(6000);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}

/* --- N32: REKEY_SA -------------------------------------------------------- */

/* CHILD_SA_NOT_FOUND has the SPI that was asked for, if it can be one. */
static void not_found(const char *what, bool named)
{
	const struct payload_notify *error;

	bent_hears_error(CHILD_SA_NOT_FOUND);
	error = message_error(&bent.in);
	ck_assert_msg(error->spi.len == (named ? ESP_SPI_LEN : 0U), "%s", what);
	ck_assert_msg(
		error->protocol == (named ? PROTOCOL_ESP : 0), "%s", what);
	ck_assert_int_eq(core.sas, 2);
	ck_assert_int_eq(core_established(), 1);
}

START_TEST(n32_what_cannot_be_rekeyed)
{
	static const struct {
		const char *what, *body;
		bool named;
	} rows[] = {
		{ "protocol 0", "00044009 c0ffee01", false },
		{ "protocol 1", "01044009 c0ffee01", false },
		{ "protocol 255", "ff044009 c0ffee01", false },
		{ "SPI size 0", "03004009", false },
		{ "SPI size 8", "03084009 c0ffee01c0ffee01", false },
		{ "IKE, SPI size 8", "01084009 c0ffee01c0ffee01", false },
		{ "unknown SPI", "03044009 c0ffee01", true },
		{ "SPI 0", "03044009 00000000", true },
	};

	up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rekey_parts(old_spi, NONCE_HIGH);
		parts_set(&parts, PAYLOAD_NOTIFY, hex(rows[i].body));
		ask(CREATE_CHILD_SA);
		not_found(rows[i].what, rows[i].named);
	}
	/* what the core receives on is not the one to name */
	peer_rekeys(core_spi, NONCE_HIGH);
	not_found("its own SPI", true);
	core_recovers(true);
}
END_TEST

/* A child of another IKE SA is none of this one's: neither to be rekeyed nor to
 * be deleted. */
START_TEST(n32_n33_child_of_another_ike_sa)
{
	core_open(&two);
	core.peers.peer[0]->unique = false;
	bent_initiates();
	memcpy(old_spi, bent.esp_spi, ESP_SPI_LEN);
	bent_initiates();
	ck_assert_int_eq(core_established(), 2);
	ck_assert_int_eq(core.sas, 4);
	peer_rekeys(old_spi, NONCE_HIGH);
	bent_hears_error(CHILD_SA_NOT_FOUND);
	peer_deletes(old_spi);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 0);
	ck_assert_int_eq(core.sas, 4);
	core_recovers(true);
}
END_TEST

/* Two of them: the first one counts. */
START_TEST(n32_two)
{
	const uint8_t unknown[ESP_SPI_LEN] = { 0xc0, 0xff, 0xee, 1 };

	up();
	rekey_parts(unknown, NONCE_HIGH);
	parts_add(&parts, PAYLOAD_NOTIFY, hex("03044009 c0ffee02"));
	ask(CREATE_CHILD_SA);
	not_found("two unknown", true);
	rekey_parts(old_spi, NONCE_HIGH);
	parts_add(&parts, PAYLOAD_NOTIFY, hex("03044009 c0ffee02"));
	ask(CREATE_CHILD_SA);
	core_answers_with_a_child();
	peer_deletes(old_spi);
	one_pair_is_left();
}
END_TEST

/* --- N33: Delete ---------------------------------------------------------- */

/* What names no SA of this peer's is ignored, and answered with nothing. */
START_TEST(n33_deletes_of_nothing)
{
	static const struct {
		const char *what, *body;
		bool malformed;
	} rows[] = {
		{ "protocol 0", "00040001 c0ffee01", false },
		{ "protocol 255", "ff040001 c0ffee01", false },
		{ "AH", "02040001 c0ffee01", false },
		{ "unknown SPI", "03040001 c0ffee01", false },
		{ "no SPI", "03040000", false },
		{ "SPI size 0", "03000000", false },
		{ "SPI size 0, many", "0300ffff", false },
		{ "SPI size 8", "03080001 c0ffee01c0ffee01", false },
		{ "SPI size 1", "03010002 c0ff", false },
		{ "count too high", "03040002 c0ffee01", true },
		{ "count too low", "03040000 c0ffee01", true },
	};

	core_open(&two);
	bent_initiates();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parts.count = 0;
		parts_add(&parts, PAYLOAD_DELETE, hex(rows[i].body));
		bent_ask(INFORMATIONAL, &parts);
		bent.out_id++;
		ck_assert_uint_eq(core.sent_count, 1);
		ck_assert(bent_open(0));
		ck_assert_msg(
			(message_error(&bent.in) != NULL) == rows[i].malformed,
			"%s", rows[i].what);
		ck_assert_uint_eq(bent.in.deletes, 0);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
	}
	core_recovers(true);
}
END_TEST

/* The same SPI twice in one payload and in two; the core's own inbound SPI,
 * which is not the one to name. */
START_TEST(n33_the_same_twice)
{
	uint8_t body[12] = { 3, 4, 0, 2 };
	struct sent *reply;
	uint8_t theirs[4];

	core_open(&two);
	bent_initiates_keys();
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	ck_assert(bent_open(0));
	{
		struct reader walk = reader_of(bent.in.sa.proposals);
		struct proposal proposal;

		ck_assert(next_proposal(&walk, &proposal));
		memcpy(theirs, proposal.spi.at, 4);
	}
	memcpy(body + 4, theirs, 4);
	memcpy(body + 8, theirs, 4);
	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE, bytes_of(body, sizeof(body)));
	bent_ask(INFORMATIONAL, &parts);
	bent.out_id++;
	ck_assert_int_eq(core.sas, 2);
	memcpy(body + 4, bent.esp_spi, 4);
	memcpy(body + 8, bent.esp_spi, 4);
	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE, bytes_of(body, sizeof(body)));
	parts_repeat(&parts, PAYLOAD_DELETE);
	bent_ask(INFORMATIONAL, &parts);
	bent.out_id++;
	reply = &core.sent[0];
	ck_assert_uint_gt(reply->len, 0);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 1);
	assert_bytes("its half", bent.in.delete[0].spis,
		bytes_of(theirs, sizeof(theirs)));
	ck_assert_int_eq(core.sas, 0);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* The IKE SA is deleted, whatever else stands there. */
START_TEST(n33_ike_and_more)
{
	core_open(&two);
	bent_initiates();
	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE, hex("03040001 c0ffee01"));
	parts_add(&parts, PAYLOAD_DELETE, hex("01000000"));
	parts_add(&parts, PAYLOAD_DELETE, hex("01000000"));
	parts_notify(&parts, INITIAL_CONTACT, hex(""));
	bent_ask(INFORMATIONAL, &parts);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_int_eq(core_established() + core.sas, 0);
	core_recovers(true);
}
END_TEST

/* N33: as many children as there can be, each a network of its own; then one
 * message ends them all. */
START_TEST(n33_every_child_at_once)
{
	uint8_t spis[4 * 256];

	for (int by_ike = 0; by_ike < 2; by_ike++) {
		int up = 0;

		core_open(&two);
		bent_initiates();
		for (int i = 0; i < 255; i++) {
			uint8_t ts[20] = { 1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 255,
				255, 10, 4, 0, 0, 10, 4, 0, 0 };

			ts[14] = ts[18] = (uint8_t)i;
			bent_child_parts(&parts, false);
			parts_set(&parts, PAYLOAD_TSI, bytes_of(ts, 20));
			bent_ask(CREATE_CHILD_SA, &parts);
			bent.out_id++;
			memcpy(spis + 4 * up, bent.esp_spi, 4);
			up++;
		}
		ck_assert_int_eq(core.child_up, 256);
		parts.count = 0;
		if (by_ike) {
			parts_add(&parts, PAYLOAD_DELETE, hex("01000000"));
		} else {
			struct part *part = parts_add(&parts, PAYLOAD_DELETE,
				bytes_of(spis, (size_t)(4 * up)));

			memmove(part->body + 4, part->body, part->len);
			memcpy(part->body, (uint8_t[]){ 3, 4, 0, 255 }, 4);
			part->len += 4;
		}
		bent_ask(INFORMATIONAL, &parts);
		ck_assert_int_eq(core.sas, by_ike ? 0 : 2);
		core_close();
	}
}
END_TEST

/* RFC 7296 section 1.4.1: both delete the same pair. The outbound SA goes with
 * the request, the inbound one with the response, and nothing is said of it. */
START_TEST(n33_both_at_once)
{
	const struct ike_wish wish = { "bent", "net" };

	up();
	core.sent_count = 0;
	ck_assert_int_eq(
		ike_down(core.ike, this_moment(), &wish), IKE_WISH_STARTED);
	core_settle();
	core_deletes(0, core_spi);
	ck_assert_int_eq(core.sas, 1);
	peer_deletes(old_spi);
	ck_assert(bent_open(0));
	ck_assert(header_is_response(&bent.in.header));
	ck_assert_uint_eq(bent.in.deletes, 0);
	ck_assert_int_eq(core.sas, 1);
	peer_is_silent_about_it();
	ck_assert_int_eq(core.sas, 0);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* --- N40: who deletes what after a rekey ---------------------------------- */

/* Never: at its hard end the old one goes, and the new one carries on. */
START_TEST(n40_old_is_never_deleted)
{
	up_with(&plain, SOFT_MS);
	peer_rekeys(old_spi, NONCE_HIGH);
	core_answers_with_a_child();
	ck_assert_int_eq(core.sas, 3);
	ck_assert_int_eq(core.outbound, 1);
	core_advance(HARD_MS);
	ck_assert_int_eq(core.outbound, 2);
	ck_assert_int_eq(core.child_down, 0);
	core_deletes(0, core_spi);
	peer_is_silent_about_it();
	one_pair_is_left();
}
END_TEST

/* Who never sends on the new one is not sent to on it before the last ten
 * seconds of the old one. */
START_TEST(n40_new_is_never_used)
{
	const uint64_t half = SOFT_MS / 2;

	up_with(&plain, SOFT_MS);
	core_advance(half); /* it ends ten seconds after the other half */
	peer_rekeys(old_spi, NONCE_HIGH);
	core_answers_with_a_child();
	core_advance(half);
	ck_assert_int_eq(core.outbound, 1);
	core_advance(LOOK_MS - 1);
	ck_assert_int_eq(core.outbound, 1);
	core_advance(1);
	ck_assert_int_eq(core.outbound, 2);
	core_advance(HARD_MS - SOFT_MS);
	core_deletes(0, core_spi);
	peer_is_silent_about_it();
	one_pair_is_left();
}
END_TEST

/* Before the answer that makes the new one, which then is all there is. */
START_TEST(n40_old_is_deleted_before_the_answer)
{
	struct parts kept;

	up();
	core_rekeys();
	answer_parts(NONCE_HIGH);
	kept = parts;
	peer_deletes(old_spi);
	ck_assert_int_eq(core.sas, 0);
	parts = kept;
	answer(CREATE_CHILD_SA);
	ck_assert_int_eq(core.sas, 2);
	one_pair_is_left();
}
END_TEST

/* The new one instead, by who asked for it: the old one stays in use, and can
 * be rekeyed again. */
START_TEST(n40_new_is_deleted_by_its_initiator)
{
	uint8_t new_spi[ESP_SPI_LEN];

	up();
	peer_rekeys(old_spi, NONCE_HIGH);
	core_answers_with_a_child();
	memcpy(new_spi, bent.esp_spi, ESP_SPI_LEN);
	peer_deletes(new_spi);
	ck_assert_int_eq(core.sas, 2);
	ck_assert_int_eq(core.child_down, 0);
	peer_rekeys(old_spi, NONCE_HIGH);
	core_answers_with_a_child();
	peer_deletes(old_spi);
	ck_assert_int_eq(core.child_down, 0);
	one_pair_is_left();
}
END_TEST

/* The new one instead, by its responder, while the old one is being deleted:
 * then there is none, and that is said. */
START_TEST(n40_new_is_deleted_by_its_responder)
{
	up();
	core_rekeys();
	answer_parts(NONCE_HIGH);
	answer(CREATE_CHILD_SA);
	core_retires(core_spi);
	peer_deletes(bent.esp_spi);
	ck_assert_int_eq(core.child_down, 1);
	peer_is_silent_about_it();
	ck_assert_int_eq(core.sas, 0);
	core_recovers(true);
}
END_TEST

/* The old one by the wrong side: both delete it. */
START_TEST(n40_old_is_deleted_by_its_responder)
{
	up();
	core_rekeys();
	answer_parts(NONCE_HIGH);
	answer(CREATE_CHILD_SA);
	core_retires(core_spi);
	peer_deletes(old_spi);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 0);
	peer_is_silent_about_it();
	ck_assert_int_eq(core.child_down, 0);
	one_pair_is_left();
}
END_TEST

/* The same before the core asks: answered as any Delete, and not asked for any
 * more; what is on its way is still taken. */
START_TEST(n40_old_is_deleted_before_we_ask)
{
	up();
	core_rekeys();
	answer_parts(NONCE_HIGH);
	answer(CREATE_CHILD_SA);
	peer_deletes(old_spi);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 1);
	assert_bytes("the SPI", bent.in.delete[0].spis,
		bytes_of(core_spi, ESP_SPI_LEN));
	ck_assert_int_eq(core.sas, 4);
	core_advance(2 * RETIRE_MS);
	ck_assert_uint_eq(core.sent_count, 0);
	ck_assert_int_eq(core.sas, 3);
	ck_assert_int_eq(core.child_down, 0);
	one_pair_is_left();
}
END_TEST

/* Both, the new one first: then there is none, and that is said once. */
START_TEST(n40_both_are_deleted_before_we_ask)
{
	up();
	core_rekeys();
	answer_parts(NONCE_HIGH);
	answer(CREATE_CHILD_SA);
	peer_deletes(bent.esp_spi);
	ck_assert_int_eq(core.child_down, 1);
	peer_deletes(old_spi);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 1);
	ck_assert_int_eq(core.child_down, 1);
	ck_assert_int_eq(core.sas, 0);
	core_advance(2 * RETIRE_MS);
	ck_assert_uint_eq(core.sent_count, 0);
	core_recovers(true);
}
END_TEST

/* The new one is replaced in its turn before the old one is deleted: packets of
 * the peer's may still be on their way on both. */
START_TEST(n40_two_rekeys_before_we_ask)
{
	uint8_t new_spi[ESP_SPI_LEN];

	up();
	core_rekeys();
	answer_parts(NONCE_HIGH);
	answer(CREATE_CHILD_SA);
	memcpy(new_spi, bent.esp_spi, ESP_SPI_LEN);
	peer_rekeys(new_spi, NONCE_HIGH);
	core_answers_with_a_child();
	peer_deletes(new_spi);
	core.sent_count = 0;
	core_retires(core_spi);
	peer_is_silent_about_it();
	/* three that receive, and the newest that sends */
	ck_assert_int_eq(core.sas, 4);
	ck_assert_int_eq(core.child_down, 0);
	one_pair_is_left();
}
END_TEST

/* The peer has lost it: it goes in silence, and another one is asked for. */
START_TEST(n40_peer_has_lost_the_child)
{
	up();
	core_rekeys();
	peer_refuses(CHILD_SA_NOT_FOUND);
	ck_assert_int_eq(core.sas, 0);
	core_asks(0, CREATE_CHILD_SA);
	ck_assert_ptr_null(message_notify(&bent.in, REKEY_SA));
	answer_parts(NONCE_HIGH);
	answer(CREATE_CHILD_SA);
	one_pair_is_left();
}
END_TEST

/* The peer takes no second one: the old one first, then another. */
START_TEST(n40_peer_allows_no_second_child)
{
	up();
	core_rekeys();
	peer_refuses(NO_ADDITIONAL_SAS);
	core_deletes(0, core_spi);
	peer_is_silent_about_it();
	core_asks(0, CREATE_CHILD_SA);
	ck_assert_ptr_null(message_notify(&bent.in, REKEY_SA));
	answer_parts(NONCE_HIGH);
	answer(CREATE_CHILD_SA);
	one_pair_is_left();
}
END_TEST

/* Authentic, but not to be read: what the peer may have made is deleted. */
START_TEST(n40_answer_cannot_be_read)
{
	struct ike_header header;
	uint8_t new_spi[ESP_SPI_LEN];

	up();
	core_rekeys();
	spi_of_answer(new_spi);
	header = bent_header(CREATE_CHILD_SA, true, bent.in_id);
	core_give(bent_sealed_raw(&header, PAYLOAD_SA, hex("2800ffff 00")));
	bent.in_id++;
	core_deletes(0, new_spi);
	peer_is_silent_about_it();
	ck_assert_int_eq(core.child_down, 0);
	one_pair_is_left();
}
END_TEST

/* --- N41: the same child twice -------------------------------------------- */

START_TEST(n41_second_rekey_before_the_delete)
{
	up();
	peer_rekeys(old_spi, NONCE_HIGH);
	core_answers_with_a_child();
	peer_rekeys(old_spi, NONCE_HIGH);
	bent_hears_error(TEMPORARY_FAILURE);
	ck_assert_int_eq(core.sas, 3);
	peer_deletes(old_spi);
	peer_rekeys(old_spi, NONCE_HIGH);
	bent_hears_error(CHILD_SA_NOT_FOUND);
	one_pair_is_left();
}
END_TEST

/* --- N42: collisions ------------------------------------------------------ */

/* Both have asked: the core's request is open, and the peer's is answered. */
static void collide(enum nonce in_request, enum nonce in_answer,
	struct parts *answer_to_core)
{
	up();
	core_rekeys();
	answer_parts(in_answer);
	*answer_to_core = parts;
	peer_rekeys(old_spi, in_request);
	core_answers_with_a_child();
	ck_assert_int_eq(core.sas, 3);
}

/* The peer loses, and deletes the old one instead of its own, which the core
 * does not send on, and deletes itself in the end. */
START_TEST(n42_loser_deletes_the_old_one)
{
	struct parts to_core;

	collide(NONCE_LOW, NONCE_HIGH, &to_core);
	parts = to_core;
	answer(CREATE_CHILD_SA);
	core_retires(core_spi);
	ck_assert_int_eq(core.outbound, 2);
	peer_deletes(old_spi);
	peer_is_silent_about_it();
	core_advance(REDUNDANT_MS);
	ck_assert_int_eq(core.outbound, 2);
	core_asks(0, INFORMATIONAL);
	ck_assert_uint_eq(bent.in.deletes, 1);
	peer_is_silent_about_it();
	ck_assert_int_eq(core.child_down, 0);
	one_pair_is_left();
}
END_TEST

/* The core loses: it deletes its own, and waits for the old one's Delete. */
START_TEST(n42_core_loses)
{
	struct parts to_core;

	collide(NONCE_HIGH, NONCE_LOW, &to_core);
	parts = to_core;
	answer(CREATE_CHILD_SA);
	core_asks(0, INFORMATIONAL);
	ck_assert_int_eq(core.sas, 3);
	peer_is_silent_about_it();
	ck_assert_int_eq(core.outbound, 1);
	peer_deletes(old_spi);
	ck_assert_int_eq(core.outbound, 2);
	ck_assert_int_eq(core.child_down, 0);
	one_pair_is_left();
}
END_TEST

/* One side is refused: the other one's stays, whatever the nonces say. */
START_TEST(n42_one_side_is_refused)
{
	static const uint16_t errors[] = { TS_UNACCEPTABLE, NO_PROPOSAL_CHOSEN,
		TEMPORARY_FAILURE };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct parts to_core;

		collide(NONCE_LOW, NONCE_HIGH, &to_core);
		peer_refuses(errors[i]);
		peer_deletes(old_spi);
		ck_assert_int_eq(core.outbound, 2);
		ck_assert_int_eq(core.child_down, 0);
		one_pair_is_left();
		core_close();
	}
}
END_TEST

/* --- N43: the IKE SA and a child at once ---------------------------------- */

START_TEST(n43_ike_rekey_while_a_child_is_rekeyed)
{
	struct parts to_core;

	up();
	core_rekeys();
	answer_parts(NONCE_HIGH);
	to_core = parts;
	peer_rekeys_ike();
	bent_hears_error(TEMPORARY_FAILURE);
	parts = to_core;
	answer(CREATE_CHILD_SA);
	core_retires(core_spi);
	peer_rekeys_ike();
	bent_hears_error(TEMPORARY_FAILURE);
	peer_is_silent_about_it();
	one_pair_is_left();
}
END_TEST

START_TEST(n43_ike_rekey_while_a_child_is_made)
{
	const struct ike_wish wish = { "bent", "second" };

	up_with(&two, 0);
	core.sent_count = 0;
	ck_assert_int_eq(
		ike_up(core.ike, this_moment(), &wish), IKE_WISH_STARTED);
	core_settle();
	core_asks(0, CREATE_CHILD_SA);
	peer_rekeys_ike();
	bent_hears_error(TEMPORARY_FAILURE);
	peer_refuses(TS_UNACCEPTABLE);
	one_pair_is_left();
}
END_TEST

/* A question whether the peer lives keeps nothing from being rekeyed. */
START_TEST(n43_ike_rekey_while_liveness_is_asked)
{
	core_open(&plain);
	core.peers.peer[0]->dpd_delay_ms = 10000;
	bent_initiates();
	core_advance(11500);
	core_asks(0, INFORMATIONAL);
	peer_rekeys_ike();
	ck_assert(bent_open(0));
	ck_assert_ptr_null(message_error(&bent.in));
	ck_assert(has_payload(&bent.in, PAYLOAD_KE));
}
END_TEST

START_TEST(n43_child_while_the_ike_sa_is_rekeyed)
{
	up_with(&two, 0);
	core_rekeys_ike();
	peer_rekeys(old_spi, NONCE_HIGH);
	bent_hears_error(TEMPORARY_FAILURE);
	bent_child_parts(&parts, false);
	ask(CREATE_CHILD_SA);
	bent_hears_error(TEMPORARY_FAILURE);
	peer_deletes(old_spi);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 1);
	ck_assert_int_eq(core.sas, 0);
	core_recovers(true);
}
END_TEST

START_TEST(n43_rekey_while_the_ike_sa_is_closed)
{
	const struct ike_wish wish = { "bent", NULL };

	up();
	core.sent_count = 0;
	ck_assert_int_eq(
		ike_down(core.ike, this_moment(), &wish), IKE_WISH_STARTED);
	core_settle();
	core_asks(0, INFORMATIONAL);
	peer_rekeys_ike();
	bent_hears_error(TEMPORARY_FAILURE);
	peer_rekeys(old_spi, NONCE_HIGH);
	bent_hears_error(TEMPORARY_FAILURE);
	peer_is_silent_about_it();
	core_recovers(true);
}
END_TEST

/* The peer has replaced the IKE SA, and neither uses the new one nor deletes the
 * old one: at its end the children go over all the same. */
START_TEST(n43_an_ike_sa_that_is_replaced_and_left)
{
	core_open(&plain);
	core.peers.peer[0]->dpd_delay_ms = 0;
	core.peers.peer[0]->rekey_ms = SOFT_MS;
	bent_initiates();
	core.peers.peer[0]->rekey_ms = 0;
	peer_rekeys_ike();
	ck_assert(bent_open(0));
	ck_assert_ptr_null(message_error(&bent.in));
	ck_assert_int_eq(core_established(), 2);
	core_advance(SOFT_MS + 5000);
	ck_assert_int_eq(core_established(), 2);
	ck_assert_uint_eq(core.sent_count, 0);
	core_advance(HARD_MS - SOFT_MS - 5000);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.child_down, 0);
	ck_assert_int_eq(core.sas, 2);
	core_asks(0, INFORMATIONAL);
	ck_assert_uint_eq(bent.in.delete[0].protocol, PROTOCOL_IKE);
	peer_is_silent_about_it();
	ck_assert_int_eq(core_ike_sas(), 1);
	core_recovers(true);
}
END_TEST

/* Of the core's n-th IKE SA. */
static size_t children_of(int n)
{
	struct ike_sa_status sa = { 0 };
	uint64_t walk = 0;

	for (; n >= 0; n--)
		ck_assert(ike_next_sa(core.ike, &walk, &sa));
	return sa.children;
}

/* The peer deletes the old child where it has begun, while the IKE SA is replaced:
 * what lingers goes in its time, with nothing else to wake for. */
START_TEST(n43_child_is_deleted_while_the_ike_sa_is_replaced)
{
	struct ike_sa_ref new = { 0 };
	struct reader r;

	up();
	peer_rekeys(old_spi, NONCE_HIGH);
	core_answers_with_a_child();
	spi_of_answer(core_spi);
	new.dst = bent.them.addr;
	r = reader_of(bytes_of(core_spi, ESP_SPI_LEN));
	new.spi = read_u32(&r);
	ike_traffic(core.ike, this_moment(), new,
		(struct ike_counters){ .packets = 1 });
	core_settle();
	ck_assert_int_eq(core.outbound, 2);
	core_rekeys_ike();
	bent.in_id = bent.in.header.message_id;
	bent_rekey_parts(&parts);
	answer(CREATE_CHILD_SA);
	core_asks(0, INFORMATIONAL);
	ck_assert_uint_eq(bent.in.delete[0].protocol, PROTOCOL_IKE);
	/* both have moved */
	ck_assert_uint_eq(children_of(0), 0);
	ck_assert_uint_eq(children_of(1), 2);
	peer_deletes(old_spi);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 1);
	ck_assert_int_eq(core.sas, 4);
	peer_is_silent_about_it();
	ck_assert_int_eq(core_ike_sas(), 1);
	one_pair_is_left();
}
END_TEST

/* --- N44: TEMPORARY_FAILURE without end ----------------------------------- */

/* The waits grow, and after some minutes the IKE SA is closed (RFC 7296 section
 * 2.25). */
static void refused_for_ever(void)
{
	uint64_t begun = core.now_ms, last = begun, wait;
	int tries = 1;

	for (;;) {
		peer_refuses(TEMPORARY_FAILURE);
		if (core.sent_count > 0)
			break;
		while (core.sent_count == 0)
			core_advance(100);
		wait = core.now_ms - last;
		last = core.now_ms;
		ck_assert_uint_ge(wait, 3000);
		ck_assert_int_lt(++tries, 20);
		core_asks(0, CREATE_CHILD_SA);
	}
	core_asks(0, INFORMATIONAL);
	ck_assert_uint_eq(bent.in.delete[0].protocol, PROTOCOL_IKE);
	ck_assert_uint_gt(core.now_ms - begun, 120000);
	ck_assert_uint_lt(core.now_ms - begun, 600000);
	ck_assert_int_gt(tries, 4);
	peer_is_silent_about_it();
	ck_assert_int_eq(core.sas + core_established(), 0);
	core_recovers(true);
}

START_TEST(n44_child)
{
	up();
	core_rekeys();
	refused_for_ever();
}
END_TEST

START_TEST(n44_ike_sa)
{
	up();
	core_rekeys_ike();
	refused_for_ever();
}
END_TEST

START_TEST(n44_new_child)
{
	const struct ike_wish wish = { "bent", "second" };

	up_with(&two, 0);
	core.sent_count = 0;
	ck_assert_int_eq(
		ike_up(core.ike, this_moment(), &wish), IKE_WISH_STARTED);
	core_settle();
	core_asks(0, CREATE_CHILD_SA);
	refused_for_ever();
}
END_TEST

SUITE(hostile_rekey)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n32_what_cannot_be_rekeyed);
	test(n32_n33_child_of_another_ike_sa);
	test(n32_two);
	test(n33_deletes_of_nothing);
	test(n33_the_same_twice);
	test(n33_ike_and_more);
	test(n33_every_child_at_once);
	test(n33_both_at_once);
	test(n40_old_is_never_deleted);
	test(n40_new_is_never_used);
	test(n40_old_is_deleted_before_the_answer);
	test(n40_new_is_deleted_by_its_initiator);
	test(n40_new_is_deleted_by_its_responder);
	test(n40_old_is_deleted_by_its_responder);
	test(n40_old_is_deleted_before_we_ask);
	test(n40_both_are_deleted_before_we_ask);
	test(n40_two_rekeys_before_we_ask);
	test(n40_peer_has_lost_the_child);
	test(n40_peer_allows_no_second_child);
	test(n40_answer_cannot_be_read);
	test(n41_second_rekey_before_the_delete);
	test(n42_loser_deletes_the_old_one);
	test(n42_core_loses);
	test(n42_one_side_is_refused);
	test(n43_ike_rekey_while_a_child_is_rekeyed);
	test(n43_ike_rekey_while_a_child_is_made);
	test(n43_an_ike_sa_that_is_replaced_and_left);
	test(n43_child_is_deleted_while_the_ike_sa_is_replaced);
	test(n43_ike_rekey_while_liveness_is_asked);
	test(n43_child_while_the_ike_sa_is_rekeyed);
	test(n43_rekey_while_the_ike_sa_is_closed);
	test(n44_child);
	test(n44_ike_sa);
	test(n44_new_child);
}

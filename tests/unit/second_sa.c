/* second_sa.c - what a peer may do in IKE_AUTH beside its first child: `unique`, `childless`.
 * SPDX-License-Identifier: ISC
 */
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/bent.h"

static const struct core_setup plain = { .ike = NULL };
static const struct core_setup two = { .two_children = true };
static struct parts parts;

static const uint8_t childless_notify[] = { 0, 0, 0x40, 0x22 };

static bool announces_childless(void)
{
	return memmem(core.sent[0].data, core.sent[0].len, childless_notify,
		       sizeof(childless_notify)) != NULL;
}

static void without_child(void)
{
	bent_auth_parts(&parts);
	parts_remove(&parts, PAYLOAD_SA);
	parts_remove(&parts, PAYLOAD_TSI);
	parts_remove(&parts, PAYLOAD_TSR);
}

/* RFC 6023 section 3: announced, accepted, and children come later. */
START_TEST(childless_as_responder)
{
	core_open(&two);
	bent_initiates_keys();
	without_child();
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert(has_payload(&bent.in, PAYLOAD_AUTH));
	ck_assert(!has_payload(&bent.in, PAYLOAD_SA));
	ck_assert(message_error(&bent.in) == NULL);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas + core.turned_away, 0);
	bent_child_parts(&parts, false);
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert_int_eq(core.sas, 2);
	core_close();
}
END_TEST

/* Half a child is none, and not childless either. */
START_TEST(half_a_child)
{
	static const uint8_t payloads[] = { PAYLOAD_SA, PAYLOAD_TSI,
		PAYLOAD_TSR };

	for (size_t i = 0; i < 3; i++) {
		core_open(&plain);
		bent_initiates_keys();
		bent_auth_parts(&parts);
		parts_remove(&parts, payloads[i]);
		bent_ask(IKE_AUTH, &parts);
		bent_hears_error(INVALID_SYNTAX);
		ck_assert_int_eq(core_established(), 0);
		core_close();
	}
}
END_TEST

/* Where it is not announced it is no syntax that we know. */
START_TEST(childless_off)
{
	core_open(&plain);
	core.peers.peer[0]->childless = false;
	bent_begin(true);
	bent_init_parts(&parts);
	bent_send_init(&parts);
	ck_assert(!announces_childless());
	bent_hear_init();
	without_child();
	bent_ask(IKE_AUTH, &parts);
	bent_hears_error(INVALID_SYNTAX);
	ck_assert_int_eq(core_established(), 0);
	core_close();
}
END_TEST

START_TEST(childless_announced)
{
	core_open(&plain);
	bent_begin(true);
	bent_init_parts(&parts);
	bent_send_init(&parts);
	ck_assert(announces_childless());
	core_close();
}
END_TEST

/* unique: a second IKE SA of the bent peer, which does not say that it has
 * started anew. */
static int second_with(enum ike_unique unique, bool initial_contact)
{
	core_open(&plain);
	core.peers.peer[0]->unique = unique;
	bent_initiates();
	bent_initiates_keys();
	bent_auth_parts(&parts);
	if (initial_contact)
		parts_notify(&parts, INITIAL_CONTACT, bytes_of(NULL, 0));
	bent_ask(IKE_AUTH, &parts);
	ck_assert_uint_ge(core.sent_count, 1);
	ck_assert(bent_open(0) || bent_open(1));
	return core_established();
}

START_TEST(unique_keep)
{
	ck_assert_int_eq(second_with(IKE_UNIQUE_KEEP, false), 1);
	ck_assert_uint_eq(message_error(&bent.in)->type, AUTHENTICATION_FAILED);
	/* It has asked the first one whether it is alive; it is not. */
	core_advance(400000);
	ck_assert_int_eq(core_established(), 0);
	core_close();
	ck_assert_int_eq(second_with(IKE_UNIQUE_KEEP, true), 1);
	ck_assert(message_error(&bent.in) == NULL);
	core_close();
}
END_TEST

START_TEST(unique_replace_and_no)
{
	ck_assert_int_eq(second_with(IKE_UNIQUE_REPLACE, false), 2);
	core_advance(60000);
	ck_assert_int_eq(core_established(), 1);
	core_close();
	ck_assert_int_eq(second_with(IKE_UNIQUE_NO, false), 2);
	core_advance(20000);
	ck_assert_int_eq(core_established(), 2);
	core_close();
}
END_TEST

/* IKE_SA_INIT requests of the core, until the first of its IKE SAs has to be
 * authenticated again. */
static int begins_anew(bool another)
{
	int begun = 0;

	core_open(&plain);
	core.peers.peer[0]->unique = IKE_UNIQUE_NO;
	core.peers.peer[0]->dpd_delay_ms = 0;
	core.peers.peer[0]->reauth_ms = 100000;
	core_dial();
	bent_responds();
	if (another)
		bent_initiates();
	ck_assert_int_eq(core_established(), another ? 2 : 1);
	core_advance(100000);
	for (size_t i = 0; i < core.sent_count; i++)
		begun += core.sent[i].data[18] == IKE_SA_INIT;
	core_close();
	return begun;
}

/* Beside a newer one it ends in its time, and nothing follows it. */
START_TEST(the_newest_is_authenticated_again)
{
	ck_assert_int_ge(begins_anew(false), 1);
	ck_assert_int_eq(begins_anew(true), 0);
}
END_TEST

/* The peer deletes the child of one IKE SA, and the other has none: it is lost,
 * and asked for again; but not where the other has it, too. */
START_TEST(a_child_is_lost_or_elsewhere)
{
	for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
		uint8_t body[8] = { PROTOCOL_ESP, ESP_SPI_LEN, 0, 1 };
		int asked = 0;

		core_open(&plain);
		core.peers.peer[0]->unique = IKE_UNIQUE_NO;
		core.peers.peer[0]->dpd_delay_ms = 0;
		core.peers.peer[0]->close_action = IKE_ACTION_RESTART;
		core.peers.peer[0]->keep_trying = false;
		bent_initiates_keys();
		if (elsewhere)
			bent_auth_parts(&parts);
		else
			without_child();
		bent_ask(IKE_AUTH, &parts);
		bent_initiates();
		ck_assert_int_eq(core_established(), 2);
		ck_assert_int_eq(core.child_up, 1 + elsewhere);
		memcpy(body + 4, bent.esp_spi, ESP_SPI_LEN);
		parts.count = 0;
		parts_add(&parts, PAYLOAD_DELETE, bytes_of(body, sizeof(body)));
		bent_ask(INFORMATIONAL, &parts);
		bent.out_id++;
		ck_assert_int_eq(core.child_down, 1);
		for (int i = 0; i < 20; i++) {
			core_advance(100);
			for (size_t n = 0; n < core.sent_count; n++)
				asked += core.sent[n].data[18] ==
					 CREATE_CHILD_SA;
		}
		ck_assert_int_eq(asked, !elsewhere);
		core_close();
	}
}
END_TEST

/* One that takes the place of another carries our traffic when that has gone, and
 * not before (RFC 7296 section 2.8). */
START_TEST(the_newer_carries_on)
{
	struct bent_peer first;

	core_open(&plain);
	core.peers.peer[0]->dpd_delay_ms = 0;
	bent_initiates();
	first = bent;
	bent_initiates();
	ck_assert_int_eq(core_established(), 2);
	ck_assert_int_eq(core.sas, 3);
	ck_assert_int_eq(core.outbound, 1);
	bent = first;
	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE,
		bytes_of((uint8_t[]){ PROTOCOL_IKE, 0, 0, 0 }, 4));
	bent_ask(INFORMATIONAL, &parts);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.outbound, 2);
	ck_assert_int_eq(core.sas, 2);
	core_close();
}
END_TEST

/* Another client of an entry that lets in anybody; what it asks for, in hex. */
static void client(uint8_t last, const char *tsi, const char *tsr)
{
	struct part *id;

	bent_initiates_keys();
	bent_auth_parts(&parts);
	id = part_of(&parts, PAYLOAD_IDI);
	id->body[id->len - 1] = last;
	bent_auth_again(&parts);
	parts_set(&parts, PAYLOAD_TSI, hex(tsi));
	parts_set(&parts, PAYLOAD_TSR, hex(tsr));
	bent_ask(IKE_AUTH, &parts);
}

#define NET       "01000000 07000010 0000ffff 0a010000 0a01ffff"
#define A_HOST    "01000000 07000010 0000ffff 0a010009 0a010009"
#define FIVE      "01000000 07000010 0000ffff 0a020005 0a020005"
#define FIVE_TCP  "01000000 07060010 0000ffff 0a020005 0a020005"
#define FIVE_PORT "01000000 07060010 00500050 0a020005 0a020005"
#define FIVE_SIX  "01000000 07060010 0000ffff 0a020005 0a020006"
#define SIX       "01000000 07000010 0000ffff 0a020006 0a020006"

/* What one client has, another does not get by asking for it more closely. */
START_TEST(no_client_takes_from_another)
{
	static const struct {
		const char *tsi, *tsr;
		bool gets;
	} rows[] = { { FIVE, NET, false }, { FIVE_TCP, NET, false },
		{ FIVE_PORT, NET, false }, { FIVE, A_HOST, false },
		{ FIVE_SIX, NET, false }, { SIX, NET, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		core_open(&plain);
		core.peers.peer[0]->remote.places[0].kind = IKE_PLACE_ANY;
		client(7, FIVE, NET);
		ck_assert_int_eq(core.sas, 2);
		client(8, rows[i].tsi, rows[i].tsr);
		ck_assert_int_eq(core_established(), 2);
		ck_assert_msg(core.sas == (rows[i].gets ? 4 : 2), "row %zu", i);
		/* but the first one itself does */
		client(7, FIVE_TCP, NET);
		ck_assert_int_gt(core.sas, rows[i].gets ? 4 : 2);
		core_close();
	}
}
END_TEST

SUITE(second_sa)
{
	test(childless_announced);
	test(childless_as_responder);
	test(childless_off);
	test(half_a_child);
	test(unique_keep);
	test(unique_replace_and_no);
	test(the_newest_is_authenticated_again);
	test(a_child_is_lost_or_elsewhere);
	test(the_newer_carries_on);
	test(no_client_takes_from_another);
}

/* memory.c - a core whose allocations fail, one after the other.
 * SPDX-License-Identifier: ISC
 *
 * The test program is linked with --wrap=calloc, and calloc is the only one
 * that ikev2/ calls.
 */
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/bent.h"
#include "tests/unit/heap.h"
#include "tests/unit/taken.h"
#include "tests/unit/waiting_fake.h"

#include <stdlib.h>

static long left;
static bool failed;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	void *at;

	if (left > 0 && --left == 0) {
		failed = true;
		return NULL;
	}
	at = __real_calloc(count, size);
	heap_note(at, count * size);
	taken_note(at);
	return at;
}

/* The n-th from now on fails, the first is 1; 0: none. */
static void fail_at(long n)
{
	left = n;
	failed = false;
}

static const struct core_setup plain = { .ike = NULL };
static const struct core_setup two = { .two_children = true };
static const struct core_setup cut = {
	.two_children = true, .fragments = true, .fragment_size = 250
};
static struct parts parts;

static void close_core(void)
{
	fail_at(0);
	fake = (struct fake){ 0 };
	if (core.ike)
		core_close();
}

/* What was not answered is sent again, as a peer would. */
static void give_until_answered(struct bytes data)
{
	uint8_t copy[MAX_PACKET];

	memcpy(copy, data.at, data.len);
	for (int i = 0; i < 3; i++) {
		core_give(bytes_of(copy, data.len));
		if (core.sent_count > 0)
			return;
	}
	ck_abort_msg("never answered");
}

/* The same for a request of what is in parts, in fragments if the peer can. */
static void ask_until_answered(uint8_t exchange)
{
	const struct ike_header header =
		bent_header(exchange, false, bent.out_id++);
	struct bent_fragment one = { .total = 2 };
	uint8_t copy[MAX_PACKET];
	struct bytes chain;
	uint8_t first;

	if (!bent.fragments) {
		give_until_answered(bent_sealed(&header, &parts));
		return;
	}
	chain = parts_chain(&parts, &first);
	memcpy(copy, chain.at, chain.len);
	for (int i = 0; i < 4; i++) {
		one.number = (uint16_t)(1 + i % 2);
		one.first = i % 2 ? PAYLOAD_NONE : first;
		one.plain = i % 2 ? bytes_of(copy + 4, chain.len - 4)
				  : bytes_of(copy, 4);
		core_give(bent_fragment(&header, &one));
		if (core.sent_count > 0)
			return;
	}
	ck_abort_msg("never answered");
}

/* IKE_SA_INIT, IKE_AUTH, a second child, a Delete; with the n-th allocation
 * failing in between, the peer gets there, or is told why not. */
static void bent_initiates_all(void)
{
	bent_begin(true);
	bent_init_parts(&parts);
	bent_send_init(&parts);
	if (core.sent_count == 0)
		give_until_answered(
			bytes_of(bent.init_request, bent.init_request_len));
	bent_hear_init();
	bent_auth_parts(&parts);
	ask_until_answered(IKE_AUTH);
	if (core_established() == 0)
		return;
	bent_child_parts(&parts, false);
	ask_until_answered(CREATE_CHILD_SA);
	/* not one more, of which the peer was not told */
	ck_assert_int_le(core.sas, 4);
	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE,
		bytes_of((uint8_t[]){ PROTOCOL_IKE, 0, 0, 0 }, 4));
	ask_until_answered(INFORMATIONAL);
	ck_assert_int_eq(core_established() + core.sas, 0);
}

static void as_responder(const struct core_setup *setup)
{
	long n = 0;

	do {
		core_open(setup);
		fake.runs = 0;
		fail_at(++n);
		bent_initiates_all();
		left = 0;
		core_recovers(true);
		core_close();
	} while (failed);
	ck_assert_int_gt(n, 5);
}

START_TEST(each_fails_once_as_responder)
{
	as_responder(&two);
	as_responder(&cut);
}
END_TEST

/* The core sends again what is not answered; an attempt that fails for want of
 * memory is one that failed. */
static void bent_responds_all(void)
{
	const struct ike_wish wish = { "bent", NULL };
	const struct ike_now now = { core.now_ms, 0 };

	core.sent_count = 0;
	if (ike_up(core.ike, now, &wish) == IKE_WISH_IMPOSSIBLE)
		return;
	core_advance(0);
	core_settle();
	for (int i = 0; i < 5 && core.sent_count == 0; i++)
		core_advance(3000);
	if (core.sent_count == 0)
		return;
	core.sent_count = 1;
	bent_hear_request();
	bent_init_parts(&parts);
	for (int i = 0; i < 3 && core.sent_count != 0; i++) {
		bent_answer_init(&parts);
		if (core.sent_count > 0 && bent_open(0))
			break;
		core_advance(3000);
	}
	if (core.sent_count == 0 || !bent_open(0) ||
		bent.in.header.exchange != IKE_AUTH)
		return;
	bent_auth_parts(&parts);
	for (int i = 0; i < 3 && core_established() == 0; i++)
		bent_answer(IKE_AUTH, &parts);
	bent.in_id++;
	if (core.sent_count == 0 || !bent_open(0) ||
		bent.in.header.exchange != CREATE_CHILD_SA)
		return;
	bent_child_parts(&parts, true);
	bent_answer(CREATE_CHILD_SA, &parts);
}

static void as_initiator(const struct core_setup *setup)
{
	long n = 0;

	do {
		core_open(setup);
		fake.runs = 0;
		fail_at(++n);
		bent_responds_all();
		left = 0;
		core_recovers(false);
		core_close();
	} while (failed);
	ck_assert_int_gt(n, 5);
}

START_TEST(each_fails_once_as_initiator)
{
	as_initiator(&two);
	as_initiator(&cut);
}
END_TEST

/* The same, when IKE_AUTH has to ask twice before it knows what to say. */
START_TEST(each_fails_once_while_it_waits)
{
	fake.questions = 2;
	fake.responder = true;
	as_responder(&two);
	as_responder(&cut);
	fake.responder = false;
	fake.initiator = true;
	as_initiator(&two);
	as_initiator(&cut);
	/* Not every one of them asked in vain. */
	ck_assert_uint_gt(fake.asked, 100);
	ck_assert_uint_gt(fake.refused_to_ask, 0);
}
END_TEST

/* Another IKE SA for the one that is up, asked for by the peer.  If it cannot be
 * made, the peer is told, and the old one stays with its child; one that the peer
 * was not told of goes (what is sent on that, the peer has no keys for). */
static void bent_rekeys_ike(void)
{
	const struct ike_header header =
		bent_header(CREATE_CHILD_SA, false, bent.out_id++);
	uint8_t copy[MAX_PACKET];
	struct bytes sealed;
	int tries = 0;

	bent_rekey_parts(&parts);
	sealed = bent_sealed(&header, &parts);
	memcpy(copy, sealed.at, sealed.len);
	do {
		ck_assert_int_lt(tries++, 3);
		core_give(bytes_of(copy, sealed.len));
	} while (core.sent_count == 0 || !bent_open(0));
	ck_assert(header_is_response(&bent.in.header));
	ck_assert_int_eq(core_established(), message_error(&bent.in) ? 1 : 2);
	ck_assert_int_eq(core.sas, 2);
	ck_assert_int_eq(core.child_down, 0);
}

/* The same for the child. */
static void bent_rekeys_child(void)
{
	const struct ike_header header =
		bent_header(CREATE_CHILD_SA, false, bent.out_id++);
	uint8_t rekey[8] = { PROTOCOL_ESP, ESP_SPI_LEN, REKEY_SA >> 8,
		REKEY_SA & 0xff };
	const struct payload_notify *error;
	uint8_t copy[MAX_PACKET];
	struct bytes sealed;
	int tries = 0;

	memcpy(rekey + 4, bent.esp_spi, ESP_SPI_LEN);
	bent_child_parts(&parts, false);
	parts_set(&parts, PAYLOAD_TSI,
		hex("01000000 07000010 0000ffff 0a020000 0a02ffff"));
	parts_set(&parts, PAYLOAD_TSR,
		hex("01000000 07000010 0000ffff 0a010000 0a01ffff"));
	parts_insert(&parts, 0, PAYLOAD_NOTIFY, bytes_of(rekey, sizeof(rekey)));
	sealed = bent_sealed(&header, &parts);
	memcpy(copy, sealed.at, sealed.len);
	do {
		ck_assert_int_lt(tries++, 3);
		core_give(bytes_of(copy, sealed.len));
	} while (core.sent_count == 0 || !bent_open(0));
	ck_assert(header_is_response(&bent.in.header));
	error = message_error(&bent.in);
	if (error)
		ck_assert(error->type == NO_ADDITIONAL_SAS ||
			  error->type == TEMPORARY_FAILURE);
	ck_assert_int_eq(core.sas, error ? 2 : 3);
	ck_assert_int_eq(core.child_down, 0);
}

/* .. and by the core, which the peer answers well. */
static void core_rekeys_ike(void)
{
	const struct ike_now now = { core.now_ms, 0 };

	core.sent_count = 0;
	(void)ike_rekey_sa(core.ike, now, "bent");
	core_advance(0);
	core_settle();
	for (int i = 0; i < 40 && core.sent_count == 0; i++)
		core_advance(3000);
	ck_assert_uint_gt(core.sent_count, 0);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, CREATE_CHILD_SA);
	bent.in_id = bent.in.header.message_id;
	bent_rekey_parts(&parts);
	bent_answer(CREATE_CHILD_SA, &parts);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	ck_assert_int_eq(core.child_down, 0);
}

static void while_up(void (*what)(void), bool bent_begins)
{
	long n = 0;

	do {
		core_open(&plain);
		core.peers.peer[0]->dpd_delay_ms = 0;
		if (bent_begins) {
			bent_initiates();
		} else {
			core_dial();
			bent_responds();
		}
		fail_at(++n);
		what();
		left = 0;
		core_recovers(bent_begins);
		core_close();
	} while (failed);
	ck_assert_int_gt(n, 3);
}

START_TEST(each_fails_once_while_the_ike_sa_is_rekeyed)
{
	while_up(bent_rekeys_ike, true);
	while_up(core_rekeys_ike, false);
}
END_TEST

START_TEST(each_fails_once_while_a_child_is_rekeyed)
{
	while_up(bent_rekeys_child, true);
}
END_TEST

/* A core is made, and made to know its peers, twice: traps, wishes, a reload.
 * What there is no memory for is not done, nothing is lost, and peers are in
 * force or refused. */
START_TEST(each_fails_once_at_the_start)
{
	const struct ike_now now = { 5000, 0 };
	struct ike_peer_status status;
	struct ike_effect effect;
	long n = 0;
	int refused = 0;

	core_open(&two);
	core.peers.peer[0]->children[0].start = IKE_START_NOW;
	core.peers.peer[0]->children[1].start = IKE_START_ON_DEMAND;
	do {
		struct ike *ike;

		fail_at(++n);
		ike = core_make(&two);
		for (int i = 0; ike && i < 2; i++) {
			bool taken = ike_set_peers(ike, now, &core.peers);

			if (i == 0)
				ck_assert(
					taken == ike_peer_at(ike, 0, &status));
			refused += !taken;
			while (ike_effect(ike, &effect))
				;
		}
		ike_free(ike);
		left = 0;
	} while (failed);
	ck_assert_int_gt(n, 10);
	ck_assert_int_gt(refused, 2);
	core_close();
}
END_TEST

SUITE(memory)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(each_fails_once_at_the_start);
	test(each_fails_once_as_responder);
	test(each_fails_once_as_initiator);
	test(each_fails_once_while_it_waits);
	test(each_fails_once_while_the_ike_sa_is_rekeyed);
	test(each_fails_once_while_a_child_is_rekeyed);
}

/* dials.c - which peer an address is taken for, names that are looked up, duplicates that are settled.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/dial.h"
#include "ikev2/identity.h"
#include "ikev2/sa.h"

#include "tests/suite.h"
#include "tests/unit/bent.h"
#include "tests/unit/sides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct parts parts;

/* --- Which peer fits better ----------------------------------------------- */

static struct ike_place from_to(uint8_t first, uint8_t last)
{
	return (struct ike_place){
		.kind = IKE_PLACE_RANGE,
		.first = { 4, { first, 0, 0, 0 } },
		.last = { 4, { last, 255, 255, 255 } },
	};
}

/* One that can prove itself, with nothing said of where it is. */
static struct ike_peer anywhere(void)
{
	return (struct ike_peer){
		.enabled = true, .psk_len = 1, .local.place_count = 0
	};
}

/* Anything, a name that is not looked up (our own), ranges from wide to narrow,
 * one address: each is preferred to those before it. */
START_TEST(narrower_fits_better)
{
	const struct ike_endpoint us = { { 4, { 127, 0, 0, 0 } }, 500 };
	struct ike_place places[] = {
		{ .kind = IKE_PLACE_ANY },
		{ .kind = IKE_PLACE_NAME },
		from_to(0, 255),
		from_to(0, 127),
		from_to(64, 127),
		from_to(127, 127),
		{ .kind = IKE_PLACE_RANGE, .first = us.addr, .last = us.addr },
	};
	struct ike_peer peer = anywhere();
	struct dial dial = { .peer = &peer };
	unsigned before = 0;

	peer.local.place_count = 1;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		unsigned fits;

		peer.local.places[0] = places[i];
		fits = dial_fits(&dial, &us, &us);
		ck_assert_msg(fits > before, "place %zu", i);
		before = fits;
	}
	/* Without any it is as with anything. */
	peer.local.places[0] = places[0];
	before = dial_fits(&dial, &us, &us);
	peer.local.place_count = 0;
	ck_assert_uint_eq(dial_fits(&dial, &us, &us), before);
}
END_TEST

/* Both ends of a range are in it, and nothing beyond, nor of another family. */
START_TEST(a_range_has_ends)
{
	static const struct {
		struct ike_addr addr;
		bool fits;
	} rows[] = {
		{ { 4, { 9, 255, 255, 255 } }, false },
		{ { 4, { 10, 0, 0, 0 } }, true },
		{ { 4, { 12, 255, 255, 255 } }, true },
		{ { 4, { 13, 0, 0, 0 } }, false },
		{ { 6, { 11, 0, 0, 0 } }, false },
	};
	const struct ike_endpoint us = { { 4, { 192, 0, 2, 1 } }, 500 };
	struct ike_peer peer = anywhere();
	struct dial dial = { .peer = &peer };

	peer.remote.place_count = 1;
	peer.remote.places[0] = from_to(10, 12);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ike_endpoint them = { rows[i].addr, 500 };

		ck_assert_msg(
			(dial_fits(&dial, &us, &them) > 0) == rows[i].fits,
			"row %zu", i);
	}
}
END_TEST

/* The remote side decides, the local side breaks a tie. */
START_TEST(remote_before_local)
{
	const struct ike_endpoint us = { { 4, { 10, 0, 0, 0 } }, 500 };
	const struct ike_endpoint them = { { 4, { 20, 0, 0, 0 } }, 500 };
	struct ike_peer wide = anywhere(), narrow = anywhere();
	struct dial a = { .peer = &wide }, b = { .peer = &narrow };

	wide.local.place_count = narrow.local.place_count = 1;
	wide.remote.place_count = narrow.remote.place_count = 1;
	wide.local.places[0] = (struct ike_place){
		.kind = IKE_PLACE_RANGE, .first = us.addr, .last = us.addr
	};
	narrow.local.places[0].kind = IKE_PLACE_ANY;
	wide.remote.places[0] = from_to(0, 255);
	narrow.remote.places[0] = from_to(0, 127);
	ck_assert_uint_lt(dial_fits(&a, &us, &them), dial_fits(&b, &us, &them));
	narrow.remote.places[0] = from_to(0, 255);
	ck_assert_uint_gt(dial_fits(&a, &us, &them), dial_fits(&b, &us, &them));
	/* Both have to fit. */
	wide.local.places[0].first = them.addr;
	wide.local.places[0].last = them.addr;
	ck_assert_uint_eq(dial_fits(&a, &us, &them), 0);
}
END_TEST

/* --- Names ---------------------------------------------------------------- */

enum { NAMES = 10, AT_ONCE = 8 };

static struct side stranger, host;

/* How many names the host wants to have looked up; nobody knows any of them. */
static int looks(uint64_t now_ms)
{
	struct ike_effect e;
	int count = 0;

	while (ike_effect(host.ike, &e)) {
		struct ike_resolution none = { .count = 0 };

		if (e.kind != IKE_RESOLVE)
			continue;
		none.peer = e.resolve->name;
		ike_resolved(host.ike, (struct ike_now){ now_ms, 0 }, &none);
		count++;
	}
	return count;
}

/* A host whose peers are all known by name, none of them looked up yet. */
static void open_named(void)
{
	const struct ike_wish up = { "to2", NULL };

	side_open(&stranger, 1, 2, "a key");
	side_open(&host, 2, 1, "a key");
	(void)looks(1000);
	ike_peers_clear(&host.peers);
	host.peers.peer = calloc(NAMES, sizeof(struct ike_peer *));
	ck_assert_ptr_nonnull(host.peers.peer);
	for (size_t i = 0; i < NAMES; i++) {
		struct ike_peer *peer = peer_to(2, (uint8_t)(10 + i), "a key");
		struct ike_place *place = &peer->remote.places[0];

		*place = (struct ike_place){ .kind = IKE_PLACE_NAME };
		snprintf(place->name, sizeof(place->name), "host%zu", i);
		host.peers.peer[host.peers.count++] = peer;
	}
	ike_set_peers(host.ike, (struct ike_now){ 1000, 0 }, &host.peers);
	ck_assert_int_eq(ike_up(stranger.ike, at, &up), IKE_WISH_STARTED);
}

static void close_named(void)
{
	side_close(&stranger);
	side_close(&host);
}

/* The stranger sends its IKE_SA_INIT request, once more. */
static int looks_for_a_stranger(uint64_t now_ms)
{
	ike_tick(stranger.ike, (struct ike_now){ now_ms, 0 });
	while (drain(&stranger, &host, 1, 2, now_ms))
		;
	return looks(now_ms);
}

/* A stranger may be one whose name leads there by now: they are looked up again,
 * but no more than eight at once and none twice in ten seconds, or strangers
 * would make us flood the name server. */
START_TEST(names_are_looked_up_for_a_stranger)
{
	open_named();
	ck_assert_int_eq(looks(1000), NAMES);
	ck_assert_int_eq(looks_for_a_stranger(10999), 0);
	close_named();
	open_named();
	ck_assert_int_eq(looks(1000), NAMES);
	ck_assert_int_eq(looks_for_a_stranger(11000), AT_ONCE);
	ck_assert_int_eq(looks_for_a_stranger(16000), NAMES - AT_ONCE);
	ck_assert_int_eq(looks_for_a_stranger(20900), 0);
	close_named();
}
END_TEST

/* All that it wants to have looked up by then have this address. */
static int looks_that_succeed(uint64_t now_ms)
{
	const struct ike_address_pair pair = { address(2), address(77) };
	struct ike_effect e;
	int count = 0;

	ike_tick(host.ike, (struct ike_now){ now_ms, 0 });
	while (ike_effect(host.ike, &e)) {
		struct ike_resolution found = { .pairs = &pair, .count = 1 };

		if (e.kind != IKE_RESOLVE)
			continue;
		found.peer = e.resolve->name;
		ike_resolved(host.ike, (struct ike_now){ now_ms, 0 }, &found);
		count++;
	}
	return count;
}

/* Who has an address is looked up for strangers alone, and keeps it if there is no
 * other. */
START_TEST(a_name_that_is_known_is_not_waited_for)
{
	open_named();
	ck_assert_int_eq(looks(1000), NAMES);
	ck_assert_int_eq(looks_that_succeed(3000), NAMES);
	ck_assert_int_eq(looks_that_succeed(15000), 0);
	ck_assert_int_eq(looks_for_a_stranger(20000), AT_ONCE);
	for (uint64_t ms = 21000; ms < 400000; ms += 1000)
		ck_assert_int_eq(looks_that_succeed(ms), 0);
	close_named();
}
END_TEST

/* It is no notify of the peer's, so none is told. */
START_TEST(no_address)
{
	const struct ike_wish up = { "to10", NULL };
	struct ike_peer_status status;

	open_named();
	ck_assert_int_eq(looks(1000), NAMES);
	ck_assert_int_eq(ike_up(host.ike, at, &up), IKE_WISH_STARTED);
	ck_assert_int_eq(looks(2000), 1);
	ck_assert(ike_peer_at(host.ike, 0, &status));
	ck_assert_int_eq(status.cause, IKE_CAUSE_NAME);
	ck_assert_int_eq(status.error, IKE_OK);
	ck_assert_str_eq(status.text, "no address to connect to");
	ck_assert_uint_eq(status.tries, 1);
	close_named();
}
END_TEST

/* --- Whom we called ------------------------------------------------------- */

/* The core connects to the wanted one, and is answered by somebody who has the
 * key and proves to be this one. */
static void answered_by(const char *wanted, struct bytes id)
{
	const struct core_setup plain = { .ike = NULL };

	core_open(&plain);
	if (wanted)
		ck_assert(identity_parse(
			wanted, &core.peers.peer[0]->remote.id, NULL));
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	parts_set(&parts, PAYLOAD_IDR, id);
	bent_auth_again(&parts);
	bent_answer(IKE_AUTH, &parts);
}

/* RFC 7296 section 2.21.2: the responder is told by an INFORMATIONAL of its own
 * that it is not who was meant. */
START_TEST(somebody_else_answers)
{
	static const uint8_t other[] = { ID_FQDN, 0, 0, 0, 'o', 't', 'h', 'e',
		'r', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e' };
	static const uint8_t unreadable[] = { ID_IPV4_ADDR, 0, 0, 0, 192, 0,
		2 };
	const struct bytes ids[] = { bytes_of(other, sizeof(other)),
		bytes_of(unreadable, sizeof(unreadable)) };

	for (size_t i = 0; i < 2; i++) {
		answered_by(i == 0 ? "one.example" : NULL, ids[i]);
		ck_assert_int_eq(core_established(), 0);
		ck_assert_int_eq(core.child_up, 0);
		ck_assert_int_eq(core.cause, IKE_CAUSE_REJECTED_PEER);
		ck_assert_uint_ge(core.sent_count, 1);
		ck_assert(bent_open(0));
		ck_assert_uint_eq(bent.in.header.exchange, INFORMATIONAL);
		ck_assert_uint_eq(
			message_error(&bent.in)->type, AUTHENTICATION_FAILED);
		core_close();
	}
	answered_by("other.example", ids[0]);
	ck_assert_int_eq(core_established(), 1);
	core_close();
}
END_TEST

/* --- Duplicates ----------------------------------------------------------- */

/* RFC 7296 section 2.8.1: octet by octet, whoever's it is. */
START_TEST(the_lower_nonce)
{
	static const struct {
		uint8_t first, last, other_first, other_last;
		bool lower; /* the one is */
	} rows[] = {
		{ 1, 9, 2, 8, true },
		{ 2, 8, 1, 9, false },
		{ 5, 6, 5, 7, true },
		{ 5, 7, 5, 6, false },
		{ 0x7f, 0, 0x80, 0, true },
		{ 0xff, 0, 0, 0xff, false },
	};
	struct sa_nonce one, other;
	uint8_t low[NONCE_LEN];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&one, 3, sizeof(one));
		memset(&other, 3, sizeof(other));
		one.len = other.len = NONCE_LEN;
		one.data[0] = rows[i].first;
		one.data[NONCE_LEN - 1] = rows[i].last;
		other.data[0] = rows[i].other_first;
		other.data[NONCE_LEN - 1] = rows[i].other_last;
		nonce_lower(&one, &other, low);
		ck_assert_mem_eq(
			low, rows[i].lower ? one.data : other.data, NONCE_LEN);
		nonce_lower(&other, &one, low);
		ck_assert_mem_eq(
			low, rows[i].lower ? one.data : other.data, NONCE_LEN);
	}
	/* The shorter one of two that begin alike. */
	memset(&one, 3, sizeof(one));
	memset(&other, 3, sizeof(other));
	one.len = NONCE_LEN_MIN;
	other.len = NONCE_LEN;
	nonce_lower(&one, &other, low);
	ck_assert_uint_eq(low[NONCE_LEN_MIN - 1], 3);
	ck_assert_uint_eq(low[NONCE_LEN_MIN], 0);
}
END_TEST

/* The core has connected; the peer connects, too, with a nonce that wins, so that
 * the core is to delete its own in 5 s (RFC 7296 section 2.8.1).  Gives the first
 * of the two as the peer knows it. */
static struct bent_peer both_connect(bool two_children)
{
	const struct core_setup setup = { .two_children = two_children };
	struct bent_peer first;

	core_open(&setup);
	core_dial();
	bent_responds();
	if (two_children) {
		ck_assert(bent_open(0));
		ck_assert_uint_eq(bent.in.header.exchange, CREATE_CHILD_SA);
		bent_child_parts(&parts, true);
		bent_answer(CREATE_CHILD_SA, &parts);
	}
	first = bent;
	bent_begin(true);
	memset(bent.nonce_i, 0xff, sizeof(bent.nonce_i));
	bent_init_parts(&parts);
	memset(part_of(&parts, PAYLOAD_NONCE)->body, 0xff, NONCE_LEN);
	bent_send_init(&parts);
	bent_hear_init();
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	ck_assert_int_eq(core_established(), 2);
	return first;
}

/* Requests of that exchange that the core has sent on the IKE SA in bent. */
static int asked(uint8_t exchange)
{
	int count = 0;

	for (size_t i = 0; i < core.sent_count; i++)
		count += bent_open(i) && bent.in.header.exchange == exchange;
	return count;
}

/* What it had, and the one that stays has not, is asked for there. */
START_TEST(duplicate_leaves_its_children)
{
	struct bent_peer first = both_connect(true), second = bent;

	core_advance(4900);
	ck_assert_int_eq(core_established(), 2);
	core_advance(200);
	ck_assert_int_eq(core_established(), 1);
	bent = first;
	ck_assert_int_eq(asked(INFORMATIONAL), 1);
	bent = second;
	ck_assert_int_eq(asked(CREATE_CHILD_SA), 1);
	core_close();
}
END_TEST

/* The other one has gone before: this one is needed, and no duplicate any more. */
START_TEST(the_other_has_gone)
{
	struct bent_peer first = both_connect(false);

	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE,
		bytes_of((uint8_t[]){ PROTOCOL_IKE, 0, 0, 0 }, 4));
	bent_ask(INFORMATIONAL, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_advance(6000);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_uint_eq(core.sent_count, 0);
	bent = first;
	ck_assert_int_eq(ike_rekey_sa(core.ike,
				 (struct ike_now){ core.now_ms, 0 }, "bent"),
		IKE_WISH_STARTED);
	core_settle();
	core_advance(1000);
	ck_assert_int_eq(asked(CREATE_CHILD_SA), 1);
	core_close();
}
END_TEST

/* --- How long until it is tried again ------------------------------------- */

/* Half a jitter, of a quarter at most. */
static void half(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0x80, len);
}

/* Twice as long each time, up to five minutes, and an eighth of it here. */
START_TEST(each_wait_is_twice_the_last)
{
	static const uint64_t seconds[] = { 1, 1, 2, 4, 8, 16, 32, 64, 128, 256,
		300, 300 };
	const struct ike_env env = { half, NULL, NULL };
	const struct ike_limits limits = ike_limits_default();
	struct ike *ike = ike_new(&env, &limits);

	ck_assert_ptr_nonnull(ike);
	for (uint32_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		ck_assert_uint_eq(dial_retry_ms(ike, i), seconds[i] * 1125);
	ck_assert_uint_eq(dial_retry_ms(ike, UINT32_MAX), 300 * 1125);
	ike_free(ike);
}
END_TEST

/* --- How fast it answers --------------------------------------------------- */

static struct ike_sa_status newest(const struct side *side)
{
	struct ike_sa_status sa, last = { 0 };
	uint64_t walk = 0;

	while (ike_next_sa(side->ike, &walk, &sa))
		last = sa;
	return last;
}

/* A request that was sent once measures it; of one that was repeated nobody knows
 * which copy has been answered.  Who only answers does not know. */
START_TEST(how_long_an_answer_takes)
{
	struct ike_now now = at;
	struct ike_effect lost;
	struct side a, b;
	uint64_t before;
	int sent = 0;

	connect_both(&a, &b);
	ck_assert(newest(&a).rtt_known);
	ck_assert_uint_eq(newest(&a).rtt_ms, 0);
	ck_assert(!newest(&b).rtt_known);
	now.mono_ms += 1000;
	ck_assert_int_eq(ike_rekey_sa(a.ike, now, "to2"), IKE_WISH_STARTED);
	ike_tick(a.ike, now);
	run(&a, &b, now.mono_ms + 42);
	/* The new IKE SA has it from the old one. */
	ck_assert_uint_eq(newest(&a).rtt_ms, 42);
	ck_assert(!newest(&b).rtt_known);
	now.mono_ms += 1000;
	ck_assert_int_eq(ike_rekey_sa(a.ike, now, "to2"), IKE_WISH_STARTED);
	ike_tick(a.ike, now);
	while (ike_effect(a.ike, &lost))
		sent += lost.kind == IKE_SEND;
	ck_assert_int_eq(sent, 1);
	before = newest(&b).sa;
	pass(&a, &b, now.mono_ms, now.mono_ms + 20000);
	ck_assert_uint_gt(newest(&b).sa, before);
	ck_assert_uint_eq(newest(&a).rtt_ms, 42);
	side_close(&a);
	side_close(&b);
}
END_TEST

SUITE(dials)
{
	test(narrower_fits_better);
	test(a_range_has_ends);
	test(remote_before_local);
	test(names_are_looked_up_for_a_stranger);
	test(a_name_that_is_known_is_not_waited_for);
	test(no_address);
	test(somebody_else_answers);
	test(the_lower_nonce);
	test(duplicate_leaves_its_children);
	test(the_other_has_gone);
	test(each_wait_is_twice_the_last);
	test(how_long_an_answer_takes);
}

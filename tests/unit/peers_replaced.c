/* peers_replaced.c - another configuration of a peer, and what there is goes on under it.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/sides.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY "a secret of both"

/* The peer of side a anew, under which the test changes something; set_again puts
 * it in force. */
static struct ike_peers again(enum ike_change change)
{
	struct ike_peers peers = { .count = 1 };

	peers.peer = calloc(1, sizeof(*peers.peer));
	peers.change = calloc(1, sizeof(*peers.change));
	ck_assert(peers.peer && peers.change);
	peers.peer[0] = peer_to(1, 2, KEY);
	peers.change[0] = change;
	return peers;
}

static void set_again(struct side *side, struct ike_peers *peers)
{
	ck_assert(ike_set_peers(side->ike, at, peers));
	ike_peers_clear(peers);
}

/* The one child of the one IKE SA. */
static struct ike_child_status child_of(const struct side *side)
{
	struct ike_child_status child;
	struct ike_sa_status sa;
	uint64_t walk = 0;

	ck_assert(ike_next_sa(side->ike, &walk, &sa));
	ck_assert(ike_child_at(side->ike, sa.sa, 0, &child));
	ck_assert(!ike_child_at(
		side->ike, sa.sa, 1, &(struct ike_child_status){ 0 }));
	return child;
}

/* While it is being connected: it comes up all the same. */
START_TEST(what_was_wished_for_comes)
{
	const struct ike_wish up = { "to2", "net" };
	struct ike_peers peers = again(IKE_CHANGE_NOTHING);
	struct side a, b;

	side_open(&a, 1, 2, KEY);
	side_open(&b, 2, 1, KEY);
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	set_again(&a, &peers);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.child_up, 1);
	ck_assert_int_eq(b.child_up, 1);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* What it is asked for next, as the daemon has it from DNS later. */
static uint64_t asked_of(struct side *side)
{
	struct ike_effect e;
	uint64_t asked = 0;

	while (ike_effect(side->ike, &e)) {
		if (e.kind == IKE_RESOLVE)
			asked = e.sa;
	}
	return asked;
}

static size_t packets_for(struct side *side, uint64_t asked, uint8_t there)
{
	const struct ike_address_pair pair = { address(1), address(there) };
	const struct ike_resolution found = {
		.peer = "to2", .asked = asked, .pairs = &pair, .count = 1
	};
	const struct ike_addr there_now = address(3);
	struct ike_effect e;
	size_t packets = 0;

	ike_resolved(side->ike, at, &found);
	while (ike_effect(side->ike, &e)) {
		if (e.kind != IKE_SEND)
			continue;
		ck_assert(ike_addr_equal(&e.send.remote.addr, &there_now));
		packets++;
	}
	return packets;
}

/* Time is up to prove ourselves again, and while the address for that is looked up
 * comes a reload: it is no wish of the past. */
START_TEST(an_answer_for_who_is_up_already)
{
	const struct ike_address_pair pair = { address(1), address(2) };
	const struct ike_wish up = { "to2", NULL };
	struct ike_resolution found = {
		.peer = "to2", .pairs = &pair, .count = 1
	};
	struct ike_peers peers = again(IKE_CHANGE_NOTHING);
	uint64_t now = at.mono_ms;
	struct ike_effect e;
	struct side a, b;
	size_t packets = 0;

	side_open(&a, 1, 2, KEY);
	side_open(&b, 2, 1, KEY);
	a.peers.peer[0]->reauth_ms = peers.peer[0]->reauth_ms = 40000;
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, now);
	for (; found.asked == 0 && now < 100000; now += 1000) {
		ike_tick(a.ike, (struct ike_now){ now, 0 });
		found.asked = asked_of(&a);
	}
	ck_assert_uint_ne(found.asked, 0);
	ck_assert(ike_set_peers(a.ike, (struct ike_now){ now, 0 }, &peers));
	ike_peers_clear(&peers);
	ck_assert_uint_eq(asked_of(&a), 0);
	ike_resolved(a.ike, (struct ike_now){ now, 0 }, &found);
	while (ike_effect(a.ike, &e))
		packets += e.kind == IKE_SEND;
	ck_assert_uint_eq(packets, 1);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* The address of the peer that was, which is found only now, is nobody to tell
 * who we are. */
START_TEST(an_answer_for_the_peer_that_was)
{
	const struct ike_wish up = { "to2", "net" };
	struct ike_peers peers = again(IKE_CHANGE_PEER);
	struct ike_place *place = &peers.peer[0]->remote.places[0];
	struct side a;
	uint64_t before, after;

	side_open(&a, 1, 2, KEY);
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	before = asked_of(&a);
	place->first = place->last = address(3);
	peers.peer[0]->children[0].start = IKE_START_NOW;
	set_again(&a, &peers);
	after = asked_of(&a);
	ck_assert_uint_ne(before, after);
	ck_assert_uint_eq(packets_for(&a, before, 2), 0);
	ck_assert_uint_eq(packets_for(&a, after, 3), 1);
	side_close(&a);
}
END_TEST

/* Asked for as a tunnel, and then it is to be none: the answer is too late. */
START_TEST(a_child_of_another_mode_does_not_come)
{
	const struct ike_wish up = { "to2", "net" };
	struct ike_peers peers = again(IKE_CHANGE_CHILD);
	struct side a, b;

	side_open(&a, 1, 2, KEY);
	side_open(&b, 2, 1, KEY);
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	drain(&a, &b, 1, 2, at.mono_ms);
	drain(&b, &a, 2, 1, at.mono_ms);
	/* IKE_AUTH is about to be sent */
	peers.peer[0]->children[0].mode = IKE_MODE_TRANSPORT;
	set_again(&a, &peers);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.child_up, 0);
	ck_assert_int_eq(a.adds, 0);
	ck_assert_int_eq(b.adds - b.deletes, 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* A child that is configured no more ends at once, and the peer is told; until it
 * has answered, what is left of the child goes by the name of one that is. */
START_TEST(a_child_that_is_gone_ends)
{
	struct ike_peers peers = again(IKE_CHANGE_CHILD);
	struct side a, b;
	size_t children;

	connect_both(&a, &b);
	snprintf(peers.peer[0]->children[0].name, MAX_NAME, "other");
	set_again(&a, &peers);
	ck_assert_str_eq(child_of(&a).name, "other");
	ck_assert_str_eq(child_of(&a).state, "closing");
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.child_down, 1);
	ck_assert_int_eq(b.child_down, 1);
	ck_assert_int_eq(a.adds - a.deletes, 0);
	ck_assert_int_eq(b.adds - b.deletes, 0);
	ck_assert_int_eq(a.policies + b.policies, 0);
	ck_assert_uint_eq(count_sas(&a, &children), 1);
	ck_assert_uint_eq(children, 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* One that is not changed stays, and has the new values. */
START_TEST(a_child_that_is_there_stays)
{
	struct ike_peers peers = again(IKE_CHANGE_REKEY);
	struct side a, b;

	connect_both(&a, &b);
	peers.peer[0]->children[0].rekey_ms = 60000;
	set_again(&a, &peers);
	run(&a, &b, at.mono_ms);
	ck_assert_str_eq(child_of(&a).name, "net");
	ck_assert(child_of(&a).up);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* Nor is it news that a peer is there. */
START_TEST(a_peer_is_there_since_it_was)
{
	struct ike_peers peers = again(IKE_CHANGE_NOTHING);
	struct ike_peer_status before, after;
	struct side a;

	side_open(&a, 1, 2, KEY);
	ck_assert(ike_peer_at(a.ike, 0, &before));
	set_again(&a, &peers);
	ck_assert(ike_peer_at(a.ike, 0, &after));
	ck_assert_uint_eq(before.since_ms, 1000);
	ck_assert_uint_eq(after.since_ms, 1000);
	side_close(&a);
}
END_TEST

static uint64_t since(const struct side *side, enum ike_peer_state state)
{
	struct ike_peer_status status;

	ck_assert(ike_peer_at(side->ike, 0, &status));
	ck_assert_int_eq(status.state, state);
	return status.since_ms;
}

/* Neither a rekey nor another configuration makes it another state; to be taken
 * down does. */
START_TEST(it_is_up_since_it_came_up)
{
	struct ike_peers peers = again(IKE_CHANGE_NOTHING);
	const struct ike_wish wish = { "to2", NULL };
	struct side a, b;
	struct ike_now later = at;
	uint64_t up;

	connect_both(&a, &b);
	up = since(&a, IKE_PEER_UP);
	later.mono_ms += 60000;
	ck_assert_int_eq(ike_rekey(a.ike, later, &wish), IKE_WISH_STARTED);
	run(&a, &b, later.mono_ms);
	ck_assert_uint_eq(since(&a, IKE_PEER_UP), up);
	ck_assert_uint_eq(since(&b, IKE_PEER_UP), up);
	set_again(&a, &peers);
	ck_assert_uint_eq(since(&a, IKE_PEER_UP), up);
	later.mono_ms += 60000;
	ck_assert_int_eq(ike_down(a.ike, later, &wish), IKE_WISH_STARTED);
	run(&a, &b, later.mono_ms);
	ck_assert_uint_eq(since(&a, IKE_PEER_DOWN), later.mono_ms);
	ck_assert_uint_eq(since(&b, IKE_PEER_DOWN), later.mono_ms);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* What is to be up from now on comes at once, beside what is. */
START_TEST(what_is_wanted_now_comes)
{
	const struct ike_wish up = { "to2", "net0" };
	struct side a, b, like_a;
	size_t children;

	side_open_with(&a, 1, 2, KEY, 2);
	side_open_with(&b, 2, 1, KEY, 2);
	side_open_with(&like_a, 1, 2, KEY, 2);
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.child_up, 1);
	like_a.peers.change = calloc(1, sizeof(*like_a.peers.change));
	ck_assert_ptr_nonnull(like_a.peers.change);
	like_a.peers.change[0] = IKE_CHANGE_CHILD;
	like_a.peers.peer[0]->children[1].start = IKE_START_NOW;
	ck_assert(ike_set_peers(a.ike, at, &like_a.peers));
	ike_tick(a.ike, at);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.child_up, 2);
	ck_assert_int_eq(a.child_down, 0);
	ck_assert_uint_eq(count_sas(&a, &children), 1);
	ck_assert_uint_eq(children, 2);
	side_close(&a);
	side_close(&b);
	side_close(&like_a);
}
END_TEST

/* What somebody took down stays down over a reload, and comes when he says so, or
 * when it is another child. */
START_TEST(what_was_taken_down_stays_down)
{
	static const struct ike_wish net = { "to2", "net" };
	struct side a, b;
	struct ike_peers peers;

	connect_both(&a, &b);
	peers = again(IKE_CHANGE_CHILD);
	peers.peer[0]->children[0].start = IKE_START_NOW;
	set_again(&a, &peers);
	ike_tick(a.ike, at);
	run(&a, &b, at.mono_ms);
	ck_assert(child_of(&a).up);
	ck_assert_int_eq(ike_down(a.ike, at, &net), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	for (uint32_t i = 0; i < 2; i++) {
		a.child_up = 0;
		peers = again(i ? IKE_CHANGE_REKEY : IKE_CHANGE_NOTHING);
		peers.peer[0]->children[0].start = IKE_START_NOW;
		peers.peer[0]->children[0].rekey_ms = 60000 * (i + 1);
		set_again(&a, &peers);
		ike_tick(a.ike, at);
		run(&a, &b, at.mono_ms);
		ck_assert_int_eq(a.child_up, 0);
	}
	if (_i == 0) {
		ck_assert_int_eq(ike_up(a.ike, at, &net), IKE_WISH_STARTED);
	} else if (_i == 1) {
		for (uint32_t i = 0; i < 2; i++) {
			peers = again(IKE_CHANGE_NOTHING);
			peers.peer[0]->children[0].start =
				i ? IKE_START_NOW : IKE_START_ON_DEMAND;
			set_again(&a, &peers);
			ike_tick(a.ike, at);
			ck_assert_int_eq(a.child_up, 0);
		}
	} else {
		peers = again(IKE_CHANGE_CHILD);
		peers.peer[0]->children[0].start = IKE_START_NOW;
		peers.peer[0]->children[0].priority = 77;
		set_again(&a, &peers);
		ike_tick(a.ike, at);
	}
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.child_up, 1);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* Nor is it forgotten that it came up again in between. */
START_TEST(what_came_up_again_is_not_down)
{
	static const struct ike_wish net = { "to2", "net" };
	struct ike_peers peers;
	struct side a, b;

	connect_both(&a, &b);
	ck_assert_int_eq(ike_down(a.ike, at, &net), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(ike_up(b.ike, at, &(struct ike_wish){ "to1", "net" }),
		IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	ck_assert(child_of(&a).up);
	ck_assert_int_eq(
		ike_down(b.ike, at, &(struct ike_wish){ "to1", "net" }),
		IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	a.child_up = 0;
	peers = again(IKE_CHANGE_NOTHING);
	peers.peer[0]->children[0].start = IKE_START_NOW;
	set_again(&a, &peers);
	ike_tick(a.ike, at);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.child_up, 1);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* How it starts is nothing of its SAs. */
START_TEST(another_start_touches_no_sa)
{
	struct ike_child_status before;
	struct ike_peers peers;
	struct side a, b;

	connect_both(&a, &b);
	before = child_of(&a);
	for (uint32_t i = 0; i < 3; i++) {
		peers = again(IKE_CHANGE_NOTHING);
		peers.peer[0]->children[0].start = (enum ike_start)i;
		set_again(&a, &peers);
		ike_tick(a.ike, at);
		run(&a, &b, at.mono_ms);
		ck_assert(child_of(&a).up);
		ck_assert_uint_eq(child_of(&a).in.spi, before.in.spi);
		ck_assert_uint_eq(child_of(&a).out.spi, before.out.spi);
	}
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

SUITE(peers_replaced)
{
	loop_test(what_was_taken_down_stays_down, 3);
	test(another_start_touches_no_sa);
	test(what_came_up_again_is_not_down);
	test(what_was_wished_for_comes);
	test(an_answer_for_the_peer_that_was);
	test(an_answer_for_who_is_up_already);
	test(a_child_of_another_mode_does_not_come);
	test(a_child_that_is_gone_ends);
	test(a_child_that_is_there_stays);
	test(a_peer_is_there_since_it_was);
	test(it_is_up_since_it_came_up);
	test(what_is_wanted_now_comes);
}

/* wider.c - a child that a reload gives more selectors: rekeyed with them, and what is up goes on (RFC 7296 section 2.9.2).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"
#include "tests/suite.h"
#include "tests/unit/sides.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY "a secret of both"

enum { ADDED = 30 }; /* 10.30.0.0/16 */

static struct ike_selector net(uint8_t second)
{
	return (struct ike_selector){ .family = 4,
		.end_port = 65535,
		.start = { 10, second, 0, 0 },
		.end = { 10, second, 255, 255 } };
}

/* The peer of side US, with 10.30.0.0/16 beside what is behind side 1. */
static struct ike_peers wider_peers(uint8_t us)
{
	struct ike_peers peers = { .count = 1 };
	struct ike_child_policy *child;

	peers.peer = calloc(1, sizeof(*peers.peer));
	peers.change = calloc(1, sizeof(*peers.change));
	ck_assert(peers.peer && peers.change);
	peers.peer[0] = peer_to(us, (uint8_t)(3 - us), KEY);
	peers.change[0] = IKE_CHANGE_CHILD;
	child = &peers.peer[0]->children[0];
	if (us == 1)
		child->local_ts[child->local_ts_count++] = net(ADDED);
	else
		child->remote_ts[child->remote_ts_count++] = net(ADDED);
	return peers;
}

static void reload(struct side *side, struct ike_peers peers, uint64_t now_ms)
{
	ck_assert(ike_set_peers(
		side->ike, (struct ike_now){ now_ms, 0 }, &peers));
	ike_peers_clear(&peers);
	ike_tick(side->ike, (struct ike_now){ now_ms, 0 });
}

static void widen(struct side *side, uint8_t us, uint64_t now_ms)
{
	reload(side, wider_peers(us), now_ms);
}

/* The newest that is up. */
static struct ike_child_status child_of(const struct side *side)
{
	struct ike_child_status child, found = { .name = NULL };
	struct ike_sa_status sa;
	uint64_t walk = 0;

	ck_assert(ike_next_sa(side->ike, &walk, &sa));
	for (size_t i = 0; ike_child_at(side->ike, sa.sa, i, &child); i++) {
		if (child.up)
			found = child;
	}
	ck_assert_ptr_nonnull(found.name);
	return found;
}

static size_t pairs_of(const struct side *side)
{
	const struct ike_child_status child = child_of(side);

	return child.local_ts_count * child.remote_ts_count;
}

/* All the kernel's policies of one side lead to one reqid. */
static void assert_policies(
	const struct side *side, size_t count, uint32_t reqid)
{
	struct ike_policy list[8];

	ck_assert_uint_eq(ike_policies(side->ike, list, 8), count);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(list[i].reqid, reqid);
}

static void close_both(struct side *a, struct side *b)
{
	side_close(a);
	side_close(b);
}

/* Both are configured so before either asks, or one after the other; either of
 * them first, and 0 to 2 seconds later the second. */
START_TEST(what_is_up_goes_on_and_more_comes)
{
	const bool second_first = _i & 1;
	const uint64_t apart = (uint64_t)(_i / 2) * 1000;
	struct side a, b;
	struct side *first = second_first ? &b : &a;
	struct side *last = second_first ? &a : &b;
	uint32_t reqid[2];
	uint64_t now = 3000;

	connect_both(&a, &b);
	reqid[0] = child_of(&a).reqid;
	reqid[1] = child_of(&b).reqid;
	widen(first, second_first ? 2 : 1, now);
	if (apart > 0) {
		run(&a, &b, now);
		pass(&a, &b, now + 1000, now + apart);
		now += apart;
	}
	widen(last, second_first ? 1 : 2, now);
	run(&a, &b, now);
	pass(&a, &b, now + 1000, now + 20000);
	ck_assert_int_eq(a.child_down + b.child_down, 0);
	ck_assert_uint_eq(pairs_of(&a), 2);
	ck_assert_uint_eq(pairs_of(&b), 2);
	ck_assert_uint_eq(child_of(&a).out.spi, child_of(&b).in.spi);
	ck_assert_uint_eq(child_of(&a).in.spi, child_of(&b).out.spi);
	ck_assert_int_eq(a.adds - a.deletes, 2);
	ck_assert_int_eq(b.adds - b.deletes, 2);
	ck_assert_uint_eq(child_of(&a).wider_at_ms, IKE_NEVER);
	ck_assert_uint_eq(child_of(&b).wider_at_ms, IKE_NEVER);
	/* What comes in by the old SA meets the policies of the new one. */
	assert_policies(&a, 2, reqid[0]);
	assert_policies(&b, 2, reqid[1]);
	close_both(&a, &b);
}
END_TEST

/* A peer that is not configured so yet narrows it to what there was: no less; it
 * is asked again after one minute, two, four; and has it then. */
START_TEST(a_peer_that_is_not_told_yet_is_asked_again)
{
	struct side a, b;
	uint64_t now = 3000;
	int asked = 1;

	connect_both(&a, &b);
	widen(&a, 1, now);
	run(&a, &b, now);
	pass(&a, &b, now, now + 5000);
	for (uint64_t wait = 60000; wait <= 240000; wait *= 2) {
		ck_assert_int_eq(a.rekeyed, asked++);
		ck_assert_uint_eq(pairs_of(&a), 1);
		ck_assert_uint_eq(pairs_of(&b), 1);
		ck_assert_uint_eq(child_of(&a).wider_at_ms, now + wait);
		now += wait;
		pass(&a, &b, now - wait + 6000, now + 5000);
	}
	ck_assert_int_eq(a.rekeyed, asked);
	ck_assert_str_eq(a.fix_there, "remote_ts: 10.1.0.0/16, 10.30.0.0/16");
	reload(&b, wider_peers(2), now + 6000);
	run(&a, &b, now + 6000);
	pass(&a, &b, now + 7000, now + 20000);
	ck_assert_uint_eq(pairs_of(&a), 2);
	ck_assert_uint_eq(pairs_of(&b), 2);
	ck_assert_int_eq(a.child_down + b.child_down + a.rekey_failed, 0);
	ck_assert_uint_eq(child_of(&a).wider_at_ms, IKE_NEVER);
	close_both(&a, &b);
}
END_TEST

/* Somebody who says `rekey` need not wait. */
START_TEST(a_rekey_by_command_asks_for_all)
{
	struct side a, b;
	struct ike_now later = { 9000, 0 };

	connect_both(&a, &b);
	widen(&a, 1, 3000);
	run(&a, &b, 3000);
	pass(&a, &b, 3000, 8000);
	ck_assert_uint_eq(pairs_of(&a), 1);
	/* As a peer that does not begin by itself. */
	b.peers.peer[0]->children[0].remote_ts[1] = net(ADDED);
	b.peers.peer[0]->children[0].remote_ts_count = 2;
	ck_assert_int_eq(
		ike_rekey(a.ike, later, &(struct ike_wish){ "to2", "net" }),
		IKE_WISH_STARTED);
	run(&a, &b, 9000);
	pass(&a, &b, 9000, 15000);
	ck_assert_uint_eq(pairs_of(&a), 2);
	ck_assert_uint_eq(pairs_of(&b), 2);
	ck_assert_int_eq(a.child_down + b.child_down, 0);
	close_both(&a, &b);
}
END_TEST

/* What it carries already does not wait: neither for a peer that refuses to add
 * anything, nor for its lifetime to be over. */
START_TEST(a_lifetime_asks_for_what_is_in_use)
{
	struct ike_peers peers = wider_peers(1);
	struct side a, b;
	int rekeyed;

	connect_both(&a, &b);
	peers.peer[0]->children[0].rekey_ms = 30000;
	reload(&a, peers, 3000);
	run(&a, &b, 3000);
	pass(&a, &b, 3000, 10000);
	rekeyed = a.rekeyed;
	ck_assert_int_eq(rekeyed, 1);
	pass(&a, &b, 11000, 40000);
	ck_assert_int_eq(a.rekeyed, 2);
	ck_assert_uint_eq(pairs_of(&a), 1);
	ck_assert_int_eq(a.child_down + a.rekey_failed, 0);
	close_both(&a, &b);
}
END_TEST

/* Less, or something else, is closed at once, as ever. */
START_TEST(what_is_configured_no_more_stops)
{
	struct ike_peers peers = wider_peers(1);
	struct side a, b;
	struct ike_child_policy *child = &peers.peer[0]->children[0];

	connect_both(&a, &b);
	if (_i == 0)
		child->local_ts[0] = net(ADDED + 1);
	else if (_i == 1)
		child->local_ts[0].end[2] = 127;
	else if (_i == 2)
		child->remote_ts[0].protocol = 6;
	else
		child->out.if_id = 7;
	reload(&a, peers, 3000);
	ck_assert_int_eq(a.child_down, 0);
	run(&a, &b, 3000);
	ck_assert_int_eq(a.child_down, 1);
	ck_assert_int_eq(b.child_down, 1);
	close_both(&a, &b);
}
END_TEST

/* A peer that refuses it, as it is to carry less than before there: what is up
 * stays, and nothing is told to be down. */
START_TEST(a_refusal_leaves_what_is_up)
{
	struct side a, b;
	uint32_t spi;

	connect_both(&a, &b);
	spi = child_of(&a).out.spi;
	/* Then it refuses whatever is asked for. */
	b.peers.peer[0]->children[0].esp.list[0].transforms[0] =
		transform_named(bytes_of("aes128gcm16", 11));
	widen(&a, 1, 3000);
	run(&a, &b, 3000);
	pass(&a, &b, 3000, 50000);
	ck_assert_int_eq(a.rekey_failed, 1);
	ck_assert_int_eq(a.child_down, 0);
	ck_assert_uint_eq(child_of(&a).out.spi, spi);
	ck_assert_uint_eq(child_of(&a).wider_at_ms, 63000);
	b.peers.peer[0]->children[0].esp.list[0].transforms[0] =
		transform_named(bytes_of("aes256gcm16", 11));
	widen(&b, 2, 51000);
	run(&a, &b, 51000);
	pass(&a, &b, 52000, 60000);
	ck_assert_uint_eq(pairs_of(&a), 2);
	ck_assert_int_eq(a.child_down + b.child_down, 0);
	close_both(&a, &b);
}
END_TEST

/* Packets for what was added find no SA that does not carry them. */
START_TEST(a_packet_for_what_is_added_asks_for_it)
{
	struct ike_peers peers = wider_peers(1);
	struct ike_flow flow = { .src = { 4, { 10, ADDED, 0, 1 } },
		.dst = { 4, { 10, 2, 0, 1 } } };
	struct ike_policy list[8];
	struct side a, b;
	uint32_t reqid, added = 0;
	size_t count, children;

	connect_both(&a, &b);
	reqid = child_of(&a).reqid;
	peers.peer[0]->children[0].start = IKE_START_ON_DEMAND;
	reload(&a, peers, 3000);
	run(&a, &b, 3000);
	pass(&a, &b, 3000, 8000);
	ck_assert_uint_eq(pairs_of(&a), 1);
	count = ike_policies(a.ike, list, 8);
	ck_assert_uint_eq(count, 2);
	for (size_t i = 0; i < count; i++) {
		if (list[i].local_ts.start[1] == ADDED)
			added = list[i].reqid;
		else
			ck_assert_uint_eq(list[i].reqid, reqid);
	}
	ck_assert_uint_ne(added, 0);
	ck_assert_uint_ne(added, reqid);
	b.peers.peer[0]->children[0].remote_ts[1] = net(ADDED);
	b.peers.peer[0]->children[0].remote_ts_count = 2;
	ike_acquire(a.ike, (struct ike_now){ 9000, 0 }, added, &flow);
	ike_tick(a.ike, (struct ike_now){ 9000, 0 });
	run(&a, &b, 9000);
	pass(&a, &b, 9000, 20000);
	ck_assert_uint_eq(pairs_of(&a), 2);
	ck_assert_uint_eq(count_sas(&a, &children), 1);
	ck_assert_uint_eq(children, 1);
	assert_policies(&a, 2, reqid);
	ck_assert_int_eq(a.child_down + b.child_down, 0);
	close_both(&a, &b);
}
END_TEST

/* Whether the reload comes before the answer to its first request, or to that of a
 * rekeying. */
START_TEST(one_that_is_asked_for_gets_all)
{
	const struct ike_wish wish = { "to2", "net" };
	struct side a, b;
	uint64_t now = 3000;

	if (_i == 0) {
		side_open(&a, 1, 2, KEY);
		side_open(&b, 2, 1, KEY);
		ck_assert_int_eq(ike_up(a.ike, at, &wish), IKE_WISH_STARTED);
		now = at.mono_ms;
		drain(&a, &b, 1, 2, now);
		drain(&b, &a, 2, 1, now);
		drain(&a, &b, 1, 2, now);
	} else {
		connect_both(&a, &b);
		ck_assert_int_eq(
			ike_rekey(a.ike, (struct ike_now){ now, 0 }, &wish),
			IKE_WISH_STARTED);
		ike_tick(a.ike, (struct ike_now){ now, 0 });
		drain(&a, &b, 1, 2, now);
	}
	widen(&a, 1, now);
	run(&a, &b, now);
	widen(&b, 2, now);
	run(&a, &b, now);
	pass(&a, &b, now + 1000, now + 20000);
	ck_assert_uint_eq(pairs_of(&a), 2);
	ck_assert_uint_eq(pairs_of(&b), 2);
	ck_assert_int_eq(a.child_down + b.child_down, 0);
	close_both(&a, &b);
}
END_TEST

/* When both sides prove themselves anew, what comes on the new IKE SA has all of it,
 * and what the old one still carries meets its policies. */
START_TEST(a_new_ike_sa_brings_all)
{
	const struct ike_wish up = { "to2", NULL };
	struct ike_peers peers = wider_peers(1);
	struct side a, b;
	uint32_t reqid;
	size_t children;

	side_open(&a, 1, 2, KEY);
	side_open(&b, 2, 1, KEY);
	a.peers.peer[0]->reauth_ms = 40000;
	peers.peer[0]->reauth_ms = 40000;
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	reqid = child_of(&a).reqid;
	reload(&a, peers, 3000);
	run(&a, &b, 3000);
	pass(&a, &b, 3000, 20000);
	ck_assert_uint_eq(pairs_of(&a), 1);
	b.peers.peer[0]->children[0].remote_ts[1] = net(ADDED);
	b.peers.peer[0]->children[0].remote_ts_count = 2;
	/* It would be asked again at 63000. */
	pass(&a, &b, 21000, 61000);
	ck_assert_uint_eq(count_sas(&a, &children), 1);
	ck_assert_int_eq(a.child_up, 2);
	ck_assert_uint_eq(pairs_of(&a), 2);
	assert_policies(&a, 2, reqid);
	close_both(&a, &b);
}
END_TEST

/* The peer's rekeying of the same child, with what there was, comes while ours, for
 * more, is waiting for another exchange to end: it is its successor's turn then. */
START_TEST(what_was_not_asked_is_asked_by_the_next)
{
	struct child old = { .wider = true, .wider_at_ms = 90000 };
	struct child child = { .wider = false };
	struct ike_sa sa = { .ike = NULL };
	struct side a;

	side_open(&a, 1, 2, KEY);
	sa.ike = a.ike;
	old.sa = child.sa = &sa;
	child_wider_inherit(&child, &old);
	ck_assert_uint_eq(child.wider_at_ms, a.ike->now.mono_ms);
	old.wider = false;
	child_wider_inherit(&child, &old);
	ck_assert_uint_eq(child.wider_at_ms, 90000);
	side_close(&a);
}
END_TEST

/* An answer that holds less than what is in use is not taken. */
START_TEST(less_than_what_is_in_use_is_no_answer)
{
	const struct selectors was = { 2, { net(1), net(2) } };
	struct selectors now = { 3, { net(3), net(2), net(1) } };

	ck_assert_int_eq(child_wider_take(&now, &was), IKE_OK);
	ck_assert_uint_eq(now.count, 3);
	now = (struct selectors){ 2, { net(2), net(1) } };
	ck_assert_int_eq(child_wider_take(&now, &was), IKE_OK);
	ck_assert(selectors_equal(&now, &was));
	now = (struct selectors){ 2, { net(1), net(3) } };
	ck_assert_int_eq(child_wider_take(&now, &was), TS_UNACCEPTABLE);
}
END_TEST

SUITE(wider)
{
	loop_test(what_is_up_goes_on_and_more_comes, 6);
	test(a_peer_that_is_not_told_yet_is_asked_again);
	test(a_rekey_by_command_asks_for_all);
	test(a_lifetime_asks_for_what_is_in_use);
	loop_test(what_is_configured_no_more_stops, 4);
	test(a_refusal_leaves_what_is_up);
	test(a_packet_for_what_is_added_asks_for_it);
	loop_test(one_that_is_asked_for_gets_all, 2);
	test(a_new_ike_sa_brings_all);
	test(what_was_not_asked_is_asked_by_the_next);
	test(less_than_what_is_in_use_is_no_answer);
}

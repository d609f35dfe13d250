/* shunts.c - pass and drop policies: there while they are configured, whatever IKE does.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/ikev2.h"
#include "ikev2/policy.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_EFFECTS = 32 };

/* What the core asked of the kernel since the last look. */
static struct {
	struct ike_effect list[MAX_EFFECTS];
	size_t count;
	size_t failed; /* reports */
} seen;

static struct ike *ike;
static struct ike_peers peers;
static uint64_t now_ms;

static void no_chance(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0x5a, len);
}

static struct ike_now now(void)
{
	return (struct ike_now){ now_ms, 0 };
}

static void look(void)
{
	struct ike_effect e;

	memset(&seen, 0, sizeof(seen));
	while (ike_effect(ike, &e)) {
		if (e.kind == IKE_REPORT && e.report.kind == IKE_REPORT_FAILED)
			seen.failed++;
		if (e.kind != IKE_POLICY_ADD && e.kind != IKE_POLICY_DELETE)
			continue;
		ck_assert_uint_lt(seen.count, MAX_EFFECTS);
		seen.list[seen.count++] = e;
	}
}

static struct ike_selector net(uint8_t second, uint8_t third, uint8_t bits)
{
	struct ike_selector out = { .family = 4,
		.end_port = 65535,
		.start = { 10, second, third, 0 },
		.end = { 10, second, third, 255 } };

	if (bits == 16)
		out.end[2] = 255;
	return out;
}

static struct ike_child_policy child(const char *name, enum ike_mode mode,
	struct ike_selector local, struct ike_selector remote)
{
	struct ike_child_policy out = { .mode = mode,
		.local_ts = { local },
		.remote_ts = { remote },
		.local_ts_count = 1,
		.remote_ts_count = 1 };

	snprintf(out.name, sizeof(out.name), "%s", name);
	return out;
}

static struct ike_peer *peer(
	const char *name, const struct ike_child_policy *children, size_t count)
{
	struct ike_peer *out = ike_peer_new();

	ck_assert_ptr_nonnull(out);
	snprintf(out->name, sizeof(out->name), "%s", name);
	out->children = calloc(count, sizeof(*children));
	ck_assert_ptr_nonnull(out->children);
	memcpy(out->children, children, count * sizeof(*children));
	out->child_count = count;
	out->psk_len = 1;
	return out;
}

/* The first peers, or the next; change: of each of them. */
static void configure(
	struct ike_peer *const *list, size_t count, enum ike_change change)
{
	ike_peers_clear(&peers);
	peers.peer = calloc(count + 1, sizeof(struct ike_peer *));
	peers.change = calloc(count + 1, sizeof(*peers.change));
	ck_assert(peers.peer && peers.change);
	for (size_t i = 0; i < count; i++) {
		peers.peer[i] = list[i];
		peers.change[i] = change;
	}
	peers.count = count;
	ike_set_peers(ike, now(), &peers);
	look();
}

static void open_core(void)
{
	const struct ike_env env = { no_chance, NULL, NULL };
	const struct ike_limits limits = ike_limits_default();

	now_ms = 1000;
	memset(&peers, 0, sizeof(peers));
	ike = ike_new(&env, &limits);
	ck_assert_ptr_nonnull(ike);
}

static void close_core(void)
{
	ike_free(ike);
	ike_peers_clear(&peers);
}

static enum ike_peer_state state(size_t i)
{
	struct ike_peer_status status;

	ck_assert(ike_peer_at(ike, i, &status));
	return status.state;
}

/* A tunnel with a hole, and a wall: from any address, so IKE cannot begin. */
static struct ike_peer *mixed(enum ike_mode wall)
{
	const struct ike_child_policy all[] = {
		child("net", IKE_MODE_TUNNEL, net(1, 0, 16), net(2, 0, 16)),
		child("hole", IKE_MODE_PASS, net(1, 7, 24), net(2, 0, 16)),
		child("wall", wall, net(1, 8, 24), net(2, 0, 16)),
	};

	return peer("mixed", all, 3);
}

START_TEST(they_stand_without_ike)
{
	struct ike_peer *list[] = { mixed(IKE_MODE_DROP) };
	const struct ike_policy *hole = &seen.list[0].policy;
	const struct ike_policy *wall = &seen.list[1].policy;

	open_core();
	configure(list, 1, IKE_CHANGE_PEER);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_ADD);
	ck_assert_int_eq(hole->mode, IKE_MODE_PASS);
	ck_assert_int_eq(wall->mode, IKE_MODE_DROP);
	/* In front of every tunnel, and the more exact the earlier. */
	ck_assert_uint_eq(
		hole->priority, policy_priority(POLICY_BAND_SHUNT,
					&hole->local_ts, &hole->remote_ts));
	ck_assert_uint_eq(hole->priority, 0x10000 + 4 * 24 + 3);
	ck_assert_uint_lt(hole->priority, POLICY_BAND_NARROWED);
	/* There is no tunnel that it could belong to. */
	ck_assert_uint_eq(hole->local.family, 0);
	ck_assert_uint_eq(hole->remote.family, 0);
	ck_assert(ike_child_in_place(ike, "mixed", 1));
	ck_assert(!ike_child_in_place(ike, "mixed", 0));
	ck_assert(!ike_child_in_place(ike, "mixed", 3));
	ck_assert(!ike_child_in_place(ike, "nobody", 0));
	ck_assert_int_eq(state(0), IKE_PEER_DOWN);
	close_core();
}
END_TEST

START_TEST(a_disabled_peer_has_none)
{
	struct ike_peer *list[] = { mixed(IKE_MODE_DROP) };

	open_core();
	list[0]->enabled = false;
	configure(list, 1, IKE_CHANGE_PEER);
	ck_assert_uint_eq(seen.count, 0);
	close_core();
}
END_TEST

START_TEST(wishes_are_answered)
{
	const struct ike_child_policy wall =
		child("wall", IKE_MODE_DROP, net(1, 8, 24), net(2, 0, 16));
	struct ike_peer *list[] = { mixed(IKE_MODE_DROP),
		peer("alone", &wall, 1) };
	const struct ike_wish hole = { "mixed", "hole" };
	const struct ike_wish all = { "alone", NULL };
	const struct ike_wish net_too = { "mixed", NULL };

	open_core();
	list[1]->children[0].local_ts[0] = net(3, 0, 24);
	configure(list, 2, IKE_CHANGE_PEER);
	ck_assert_int_eq(state(1), IKE_PEER_UP);
	ck_assert_int_eq(ike_up(ike, now(), &hole), IKE_WISH_ALREADY);
	ck_assert_int_eq(ike_down(ike, now(), &hole), IKE_WISH_SHUNT);
	ck_assert_int_eq(ike_rekey(ike, now(), &hole), IKE_WISH_SHUNT);
	ck_assert_int_eq(ike_up(ike, now(), &all), IKE_WISH_ALREADY);
	ck_assert_int_eq(ike_down(ike, now(), &all), IKE_WISH_SHUNT);
	/* With a tunnel beside them it is the tunnel that is meant. */
	ck_assert_int_eq(ike_up(ike, now(), &net_too), IKE_WISH_IMPOSSIBLE);
	ck_assert_int_eq(ike_down(ike, now(), &net_too), IKE_WISH_ALREADY);
	look();
	ck_assert_uint_eq(seen.count, 0);
	close_core();
}
END_TEST

START_TEST(a_reload_leaves_no_gap)
{
	struct ike_peer *first[] = { mixed(IKE_MODE_DROP) };
	struct ike_peer *same[] = { mixed(IKE_MODE_DROP) };
	struct ike_peer *opened[] = { mixed(IKE_MODE_PASS) };
	struct ike_peer *renamed[] = { mixed(IKE_MODE_PASS) };
	struct ike_peer *moved[] = { mixed(IKE_MODE_PASS) };
	struct ike_peer *gone[] = { mixed(IKE_MODE_PASS) };

	open_core();
	configure(first, 1, IKE_CHANGE_PEER);
	configure(same, 1, IKE_CHANGE_NOTHING);
	ck_assert_uint_eq(seen.count, 0);
	/* One that becomes another is replaced in its place. */
	configure(opened, 1, IKE_CHANGE_CHILD);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_ADD);
	ck_assert_int_eq(seen.list[0].policy.mode, IKE_MODE_PASS);
	/* So is one that has another name. */
	renamed[0]->children[2].mode = IKE_MODE_DROP;
	snprintf(renamed[0]->children[2].name, MAX_NAME, "fence");
	configure(renamed, 1, IKE_CHANGE_CHILD);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_ADD);
	ck_assert_int_eq(seen.list[0].policy.mode, IKE_MODE_DROP);
	/* New selectors come before the old ones go. */
	moved[0]->children[2].local_ts[0] = net(1, 9, 24);
	configure(moved, 1, IKE_CHANGE_CHILD);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_ADD);
	ck_assert_uint_eq(seen.list[0].policy.local_ts.start[2], 9);
	ck_assert_int_eq(seen.list[1].kind, IKE_POLICY_DELETE);
	ck_assert_uint_eq(seen.list[1].policy.local_ts.start[2], 8);
	gone[0]->child_count = 2;
	configure(gone, 1, IKE_CHANGE_CHILD);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_DELETE);
	configure(NULL, 0, IKE_CHANGE_NOTHING);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_DELETE);
	close_core();
}
END_TEST

/* A trap becomes a wall: at no moment is the network open. */
START_TEST(a_tunnel_becomes_a_shunt_in_its_place)
{
	struct ike_peer *first[] = { mixed(IKE_MODE_TUNNEL) };
	struct ike_peer *second[] = { mixed(IKE_MODE_DROP) };
	const struct ike_place place = { .kind = IKE_PLACE_RANGE,
		.first = { 4, { 192, 0, 2, 1 } },
		.last = { 4, { 192, 0, 2, 1 } } };

	open_core();
	first[0]->remote.places[0] = second[0]->remote.places[0] = place;
	first[0]->remote.place_count = second[0]->remote.place_count = 1;
	first[0]->children[2].start = IKE_START_ON_DEMAND;
	configure(first, 1, IKE_CHANGE_PEER);
	ck_assert_uint_eq(seen.count, 2);
	configure(second, 1, IKE_CHANGE_CHILD);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_ADD);
	ck_assert_int_eq(seen.list[0].policy.mode, IKE_MODE_DROP);
	close_core();
}
END_TEST

static void tick(void)
{
	ck_assert_uint_ne(ike_deadline(ike), IKE_NEVER);
	if (ike_deadline(ike) > now_ms)
		now_ms = ike_deadline(ike);
	ike_tick(ike, now());
	look();
}

START_TEST(refused_ones_are_tried_again)
{
	const struct ike_child_policy wall =
		child("wall", IKE_MODE_DROP, net(1, 8, 24), net(2, 0, 16));
	struct ike_peer *list[] = { peer("alone", &wall, 1) };
	struct ike_policy there[2];
	struct ike_effect refused;

	open_core();
	configure(list, 1, IKE_CHANGE_PEER);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_uint_eq(ike_policies(ike, there, 2), 1);
	ck_assert_int_eq(there[0].mode, IKE_MODE_DROP);
	refused = seen.list[0];
	ike_refused(ike, now(), &refused, IKE_REFUSAL_OTHER, "no memory");
	look();
	ck_assert_uint_eq(seen.failed, 1);
	ck_assert_int_eq(state(0), IKE_PEER_DOWN);
	ck_assert_uint_eq(ike_policies(ike, there, 2), 0);
	tick();
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_ADD);
	ck_assert_int_eq(state(0), IKE_PEER_UP);
	/* No room for any: they are counted all the same. */
	ck_assert_uint_eq(ike_policies(ike, there, 0), 1);
	close_core();
}
END_TEST

/* Two cannot have one policy: the second waits until the first is gone, and
 * says so once. */
START_TEST(taken_selectors_are_waited_for)
{
	const struct ike_child_policy one =
		child("one", IKE_MODE_PASS, net(1, 8, 24), net(2, 0, 16));
	const struct ike_child_policy two =
		child("two", IKE_MODE_DROP, net(1, 8, 24), net(2, 0, 16));
	struct ike_peer *both[] = { peer("a", &one, 1), peer("b", &two, 1) };
	struct ike_peer *second[] = { peer("b", &two, 1) };
	size_t said = 0;

	open_core();
	configure(both, 2, IKE_CHANGE_PEER);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(state(1), IKE_PEER_DOWN);
	for (int i = 0; i < 5; i++) {
		tick();
		ck_assert_uint_eq(seen.count, 0);
		said += seen.failed;
	}
	ck_assert_uint_eq(said, 1);
	configure(second, 1, IKE_CHANGE_NOTHING);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_DELETE);
	if (seen.count == 1)
		tick();
	ck_assert_int_eq(seen.list[seen.count - 1].kind, IKE_POLICY_ADD);
	ck_assert_int_eq(seen.list[seen.count - 1].policy.mode, IKE_MODE_DROP);
	ck_assert_int_eq(state(0), IKE_PEER_UP);
	close_core();
}
END_TEST

/* A packet has one protocol: what one side leaves open the other decides. */
START_TEST(a_protocol_on_one_side_is_that_of_both)
{
	struct ike_selector local = net(1, 7, 24), remote = net(2, 0, 16);
	struct ike_policy pairs[4];

	local.protocol = 6;
	local.start_port = local.end_port = 22;
	ck_assert_uint_eq(policy_pairs(&local, 1, &remote, 1, pairs, 4), 1);
	ck_assert_uint_eq(pairs[0].remote_ts.protocol, 6);
	ck_assert_uint_eq(pairs[0].remote_ts.end_port, 65535);
	ck_assert_uint_eq(policy_pairs(&remote, 1, &local, 1, pairs, 4), 1);
	ck_assert_uint_eq(pairs[0].local_ts.protocol, 6);
	remote.protocol = 17;
	ck_assert_uint_eq(policy_pairs(&local, 1, &remote, 1, pairs, 4), 0);
}
END_TEST

/* Of equal selectors, but for other packets: marked, or of an interface. */
START_TEST(labels_tell_equal_selectors_apart)
{
	struct ike_child_policy all[2] = {
		child("one", IKE_MODE_PASS, net(1, 8, 24), net(2, 0, 16)),
		child("two", IKE_MODE_DROP, net(1, 8, 24), net(2, 0, 16)),
	};
	struct ike_peer *first[1], *half[1], *same[1];

	open_core();
	all[0].in.if_id = all[0].out.if_id = 42;
	all[1].in.mark = all[1].out.mark = (struct ike_mark){ 1, 0xff };
	first[0] = peer("a", all, 2);
	configure(first, 1, IKE_CHANGE_PEER);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_uint_eq(seen.list[0].policy.in.if_id, 42);
	ck_assert_uint_eq(seen.list[0].policy.out.mark.mask, 0);
	ck_assert_uint_eq(seen.list[1].policy.out.mark.value, 1);
	ck_assert_uint_eq(seen.list[1].policy.in.if_id, 0);
	/* Another in one direction is another policy for the kernel. */
	all[0].out.if_id = 43;
	half[0] = peer("a", all, 2);
	configure(half, 1, IKE_CHANGE_CHILD);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_int_eq(seen.list[0].kind, IKE_POLICY_DELETE);
	ck_assert_uint_eq(seen.list[0].policy.out.if_id, 42);
	ck_assert_int_eq(seen.list[1].kind, IKE_POLICY_ADD);
	ck_assert_uint_eq(seen.list[1].policy.out.if_id, 43);
	/* One that is equal in one direction only has no place beside it. */
	all[1].in = all[0].in;
	same[0] = peer("a", all, 2);
	configure(same, 1, IKE_CHANGE_CHILD);
	ck_assert(ike_child_in_place(ike, "a", 0));
	ck_assert(!ike_child_in_place(ike, "a", 1));
	close_core();
}
END_TEST

SUITE(shunts)
{
	test(labels_tell_equal_selectors_apart);
	test(a_protocol_on_one_side_is_that_of_both);
	test(they_stand_without_ike);
	test(a_disabled_peer_has_none);
	test(wishes_are_answered);
	test(a_reload_leaves_no_gap);
	test(a_tunnel_becomes_a_shunt_in_its_place);
	test(refused_ones_are_tried_again);
	test(taken_selectors_are_waited_for);
}

/* engine.c - two engines wired to each other: a tunnel comes up, and goes.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/engine.h"
#include "tests/suite.h"
#include "tests/unit/sides.h"

#include <stdio.h>
#include <stdlib.h>

START_TEST(tunnel_comes_up_and_goes)
{
	const struct ike_wish up = { "to2", NULL };
	struct side a, b;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	ck_assert_int_eq(a.child_up, 1);
	ck_assert_int_eq(b.child_up, 1);
	ck_assert_int_eq(a.adds, 2);
	ck_assert_int_eq(b.adds, 2);
	ck_assert_int_eq(a.policies, 1);
	ck_assert_uint_eq(a.out.ref.spi, b.in.ref.spi);
	ck_assert_uint_eq(a.in.ref.spi, b.out.ref.spi);
	ck_assert(secret_equal(
		secret_bytes(&a.out.encr_key), secret_bytes(&b.in.encr_key)));
	ck_assert(secret_equal(
		secret_bytes(&a.in.encr_key), secret_bytes(&b.out.encr_key)));
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_ALREADY);

	ck_assert_int_eq(ike_down(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	ck_assert_int_eq(a.deletes, 2);
	ck_assert_int_eq(b.deletes, 2);
	ck_assert_int_eq(a.policies, 0);
	ck_assert_int_eq(b.policies, 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

static void set_one_peer(struct side *side, struct ike_peer *peer)
{
	struct ike_peers peers = { .count = 1 };

	peers.peer = calloc(1, sizeof(*peers.peer));
	ck_assert_ptr_nonnull(peers.peer);
	peers.peer[0] = peer;
	ck_assert(ike_set_peers(side->ike, at, &peers));
	ike_peers_clear(&peers);
}

/* Not with others at the same moment, but when its time has come. */
START_TEST(a_refused_child_is_asked_for_later)
{
	struct ike_peer *ours = peer_to(1, 2, "a secret of both");
	struct ike_peer *theirs = peer_to(2, 1, "a secret of both");
	struct side a, b;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	theirs->children[0].local_ts[0].start[1] = 9;
	theirs->children[0].local_ts[0].end[1] = 9;
	set_one_peer(&b, theirs);
	ours->children[0].start = IKE_START_NOW;
	ours->keep_trying = true;
	set_one_peer(&a, ours);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.cause, IKE_CAUSE_SELECTORS);
	ck_assert_int_eq(a.failed, 1);
	pass(&a, &b, at.mono_ms, at.mono_ms + 2000);
	ck_assert_int_eq(a.failed, 2);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(wrong_key_is_refused_on_both_sides)
{
	const struct ike_wish up = { "to2", NULL };
	struct side a, b;

	side_open(&a, 1, 2, "one secret");
	side_open(&b, 2, 1, "another secret");
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	ck_assert_int_eq(a.cause, IKE_CAUSE_REJECTED_US);
	ck_assert_int_eq(b.cause, IKE_CAUSE_REJECTED_PEER);
	ck_assert_int_eq(a.adds, 0);
	ck_assert_int_eq(b.adds, 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* RFC 7296 section 2.4: nobody is left to answer a Delete. */
START_TEST(initial_contact_ends_the_old_one_at_once)
{
	const struct ike_wish up = { "to2", NULL };
	struct ike_sa_status status;
	struct side a, again, b;
	uint64_t walk = 0;
	int count = 0;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	side_close(&a);
	side_open(&again, 1, 2, "a secret of both");
	again.seed = 77;
	ck_assert_int_eq(ike_up(again.ike, at, &up), IKE_WISH_STARTED);
	run(&again, &b, 2000);
	while (ike_next_sa(b.ike, &walk, &status))
		count++;
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(b.deletes, 2);
	ck_assert_int_eq(b.adds, 4);
	ck_assert_int_eq(b.policies, 1);
	side_close(&again);
	side_close(&b);
}
END_TEST

START_TEST(a_name_is_one_cause_and_no_way_another)
{
	const struct ike_wish up = { "to2", NULL };
	struct ike_resolution none = { .peer = "to2", .error = "no way" };
	struct ike_peer_status status;
	struct side a;

	side_open(&a, 1, 2, "a secret of both");
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	ike_resolved(a.ike, at, &none);
	ck_assert(ike_peer_at(a.ike, 0, &status));
	ck_assert_int_eq(status.cause, IKE_CAUSE_NAME);
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	none.cause = IKE_CAUSE_UNREACHABLE;
	ike_resolved(a.ike, at, &none);
	ck_assert(ike_peer_at(a.ike, 0, &status));
	ck_assert_int_eq(status.cause, IKE_CAUSE_UNREACHABLE);
	side_close(&a);
}
END_TEST

START_TEST(kernel_refusal_keeps_the_ike_sa)
{
	const struct ike_wish up = { "to2", NULL };
	struct ike_sa_status status;
	struct ike_effect e;
	struct side a, b;
	uint64_t walk = 0;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	/* As far as the first SA_ADD of a, which its kernel refuses. */
	for (;;) {
		struct ike_address_pair pair = { address(1), address(2) };
		struct ike_resolution found = {
			.peer = "to2", .pairs = &pair, .count = 1
		};
		struct ike_datagram d;

		if (!ike_effect(a.ike, &e)) {
			(void)drain(&b, &a, 2, 1, 2000);
			continue;
		}
		if (e.kind == IKE_RESOLVE)
			ike_resolved(a.ike, at, &found);
		if (e.kind == IKE_SA_ADD)
			break;
		if (e.kind != IKE_SEND)
			continue;
		d = (struct ike_datagram){ e.send.remote, e.send.local,
			e.send.data };
		ike_receive(b.ike, at, &d);
	}
	ike_refused(a.ike, at, &e, IKE_REFUSAL_OTHER, "no ESP");
	run(&a, &b, 2000);
	ck_assert_int_eq(a.cause, IKE_CAUSE_KERNEL);
	ck_assert_int_eq(a.child_up, 0);
	ck_assert_int_eq(a.adds, 0);
	ck_assert_int_eq(a.policies, 0);
	ck_assert_int_eq(b.policies, 0);
	ck_assert_int_eq(b.deletes, 2);
	ck_assert(ike_next_sa(a.ike, &walk, &status));
	ck_assert(status.established);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* More children than wishes fit into the queue of an IKE SA; and one input may
 * end them all: more effects than any other causes. */
START_TEST(many_children_come_and_go_at_once)
{
	enum { CHILDREN = 200 };
	const struct ike_wish up = { "to2", NULL };
	struct side a, b;

	for (int told = 0; told < 2; told++) {
		side_open_with(&a, 1, 2, "a secret of both", CHILDREN);
		side_open_with(&b, 2, 1, "a secret of both", CHILDREN);
		ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
		run(&a, &b, 2000);
		ck_assert_int_eq(a.child_up, CHILDREN);
		ck_assert_int_eq(b.adds, 2 * CHILDREN);
		if (told) {
			(void)ike_down(a.ike, at, &up);
			run(&a, &b, 2000);
			ck_assert_int_eq(a.deletes, 2 * CHILDREN);
			ck_assert_int_eq(b.deletes, 2 * CHILDREN);
			ck_assert_int_eq(b.policies, 0);
		}
		side_close(&a);
		side_close(&b);
	}
}
END_TEST

START_TEST(child_is_rekeyed)
{
	const struct ike_wish rekey = { "to2", "net" };
	struct side a, b;
	uint32_t before;

	connect_both(&a, &b);
	before = a.in.ref.spi;
	ck_assert_int_eq(ike_rekey(a.ike, at, &rekey), IKE_WISH_STARTED);
	pass(&a, &b, 2000, 20000);
	ck_assert_uint_ne(a.in.ref.spi, before);
	ck_assert_int_eq(a.adds, 4);
	ck_assert_int_eq(b.adds, 4);
	assert_one_pair(&a, &b);
	ck_assert_int_eq(a.child_up, 1);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(ike_sa_is_rekeyed)
{
	const struct ike_wish rekey = { "to2", NULL };
	const struct ike_wish down = { "to2", NULL };
	struct ike_sa_status before, after;
	struct side a, b;
	uint64_t walk = 0;

	connect_both(&a, &b);
	ck_assert(ike_next_sa(a.ike, &walk, &before));
	ck_assert_int_eq(ike_rekey(a.ike, at, &rekey), IKE_WISH_STARTED);
	pass(&a, &b, 2000, 60000);
	walk = 0;
	ck_assert(ike_next_sa(a.ike, &walk, &after));
	ck_assert_mem_ne(before.spi_i, after.spi_i, IKE_SPI_LEN);
	assert_one_pair(&a, &b);
	/* The new IKE SA carries requests in both directions. */
	ck_assert_int_eq(ike_down(a.ike, (struct ike_now){ 60000, 0 }, &down),
		IKE_WISH_STARTED);
	run(&a, &b, 60000);
	ck_assert_int_eq(b.policies, 0);
	ck_assert_int_eq(b.adds, b.deletes);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* Two of equal selectors, apart by mark and interface: each is asked for and
 * found once, with its own. */
START_TEST(equal_children_with_labels)
{
	const struct ike_wish up = { "to2", NULL };
	struct side a, b;
	struct ike_child_status child;
	struct ike_sa_status sa;
	uint64_t walk = 0;

	side_open_with(&a, 1, 2, "a secret of both", 2);
	side_open_with(&b, 2, 1, "a secret of both", 2);
	for (size_t i = 0; i < 2; i++) {
		struct ike_child_policy *mine = a.peers.peer[0]->children;
		struct ike_child_policy *theirs = b.peers.peer[0]->children;

		mine[i].local_ts[0] = mine[0].local_ts[0];
		mine[i].remote_ts[0] = mine[0].remote_ts[0];
		theirs[i].local_ts[0] = theirs[0].local_ts[0];
		theirs[i].remote_ts[0] = theirs[0].remote_ts[0];
		mine[i].in.if_id = mine[i].out.if_id = 42 + (uint32_t)i;
		theirs[i].in.mark = theirs[i].out.mark =
			(struct ike_mark){ 1 + (uint32_t)i, 0xff };
	}
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	ck_assert_int_eq(a.child_up, 2);
	ck_assert_int_eq(b.child_up, 2);
	ck_assert_int_eq(a.policies, 2);
	ck_assert_int_eq(b.policies, 2);
	ck_assert_uint_eq(a.out.if_id, 43);
	ck_assert_uint_eq(a.in.if_id, 43);
	ck_assert_uint_eq(a.out.ref.mark.mask, 0);
	/* A mark is on what sends alone: ESP comes without one. */
	ck_assert_uint_eq(b.out.ref.mark.value, 2);
	ck_assert_uint_eq(b.in.ref.mark.mask, 0);
	ck_assert(ike_next_sa(b.ike, &walk, &sa));
	ck_assert_uint_eq(sa.children, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(ike_child_at(b.ike, sa.sa, i, &child));
		ck_assert_str_eq(child.name, i == 0 ? "net0" : "net1");
		ck_assert_uint_eq(child.out.mark.value, i + 1);
	}
	side_close(&a);
	side_close(&b);
}
END_TEST

/* A shunt is nothing that a peer could ask for, or that we would. */
START_TEST(shunts_are_not_negotiated)
{
	const struct ike_wish up = { "to2", NULL };
	struct ike_child_status child;
	struct ike_sa_status sa;
	struct side a, b;
	uint64_t walk = 0;

	side_open_with(&a, 1, 2, "a secret of both", 2);
	side_open_with(&b, 2, 1, "a secret of both", 2);
	a.peers.peer[0]->children[0].mode = IKE_MODE_PASS;
	b.peers.peer[0]->children[0].mode = IKE_MODE_DROP;
	ike_set_peers(a.ike, at, &a.peers);
	ike_set_peers(b.ike, at, &b.peers);
	run(&a, &b, 2000);
	ck_assert_int_eq(a.policies, 1);
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	ck_assert_int_eq(a.child_up, 1);
	ck_assert_int_eq(b.child_up, 1);
	ck_assert_int_eq(a.failed + b.failed, 0);
	ck_assert(ike_next_sa(a.ike, &walk, &sa));
	ck_assert_uint_eq(sa.children, 1);
	ck_assert(ike_child_at(a.ike, sa.sa, 0, &child));
	ck_assert_str_eq(child.name, "net1");
	ck_assert_int_eq(a.policies, 2);
	/* One side alone thinks that it is a tunnel: it is told that it is not. */
	b.peers.peer[0]->children[1].mode = IKE_MODE_DROP;
	ck_assert_int_eq(ike_down(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, 2000);
	ck_assert_int_eq(a.cause, IKE_CAUSE_SELECTORS);
	ck_assert_int_eq(a.child_up, 1);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* Both ask at the same moment, each before it hears of the other. */
static void collide(const char *child)
{
	const struct ike_wish a_wish = { "to2", child };
	const struct ike_wish b_wish = { "to1", child };
	struct side a, b;

	connect_both(&a, &b);
	ck_assert_int_eq(ike_rekey(a.ike, at, &a_wish), IKE_WISH_STARTED);
	ck_assert_int_eq(ike_rekey(b.ike, at, &b_wish), IKE_WISH_STARTED);
	ike_tick(a.ike, at);
	ike_tick(b.ike, at);
	pass(&a, &b, 2000, 120000);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}

START_TEST(child_rekeys_collide)
{
	collide("net");
}
END_TEST

START_TEST(ike_rekeys_collide)
{
	collide(NULL);
}
END_TEST

/* --- SPIs ----------------------------------------------------------------- */

/* Of the numbers that are drawn, one after the other. */
static void in_turn(void *ctx, uint8_t *out, size_t len)
{
	static const uint32_t numbers[] = { 0, 1, 255, 256, 257 };
	size_t *next = ctx;

	memset(out, 0, len);
	if (len == sizeof(numbers[0]))
		memcpy(out, &numbers[(*next)++], len);
}

/* 1 to 255 are reserved, and 0 is none (RFC 4303 section 2.1). */
START_TEST(spis_begin_at_256)
{
	const struct ike_limits limits = ike_limits_default();
	size_t next = 0;
	const struct ike_env env = { in_turn, NULL, &next };
	struct ike *ike = ike_new(&env, &limits);

	ck_assert_ptr_nonnull(ike);
	ck_assert_uint_eq(ike_new_esp_spi(ike), 256);
	ck_assert_uint_eq(next, 4);
	ck_assert_uint_eq(ike_new_esp_spi(ike), 257);
	ike_free(ike);
}
END_TEST

/* --- Policies ------------------------------------------------------------- */

/* A child of several networks has a policy for each, all for the same SAs. */
START_TEST(every_network_has_its_policy)
{
	const struct ike_wish up = { "to2", NULL };
	struct side a, b;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	for (int i = 0; i < 2; i++) {
		struct ike_peer *peer = (i ? &b : &a)->peers.peer[0];
		struct ike_child_policy *child = &peer->children[0];
		struct ike_selector *list =
			i ? child->remote_ts : child->local_ts;

		list[1] = list[0];
		list[1].start[1] = list[1].end[1] = 77;
		*(i ? &child->remote_ts_count : &child->local_ts_count) = 2;
	}
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.policies, 2);
	ck_assert_int_eq(b.policies, 2);
	for (int i = 0; i < 2; i++) {
		const struct side *side = i ? &b : &a;

		/* the last: 10.77.0.0/16 of a's, 10.2.0.0/16 of b's */
		ck_assert_uint_eq(side->policy.local_ts.start[1], i ? 2 : 77);
		ck_assert_uint_eq(side->policy.remote_ts.start[1], i ? 77 : 2);
		ck_assert_uint_eq(side->policy.reqid, side->in.reqid);
		ck_assert_uint_ne(side->policy.reqid, 0);
		ck_assert(
			ike_addr_equal(&side->policy.local, &side->in.ref.dst));
		ck_assert_int_gt((int)side->policy.priority, 0);
	}
	side_close(&a);
	side_close(&b);
}
END_TEST

/* --- The queue ------------------------------------------------------------ */

static struct packet *packet_of(const char *text)
{
	struct packet *packet = packet_new(bytes_of(text, strlen(text)));

	ck_assert_ptr_nonnull(packet);
	return packet;
}

static void leaves(struct ike *ike, const char *text)
{
	struct ike_effect e;

	ck_assert(ike_effect(ike, &e));
	ck_assert_int_eq(e.kind, IKE_SEND);
	ck_assert(bytes_equal(e.send.data, bytes_of(text, strlen(text))));
}

/* A reply that has not left is replaced wherever it stands; nothing else is. */
START_TEST(another_packet_is_sent_instead)
{
	const struct ike_endpoint from = { address(1), 500 };
	const struct ike_endpoint to = { address(2), 500 };
	struct packet *packet[] = { packet_of("one"), packet_of("two"),
		packet_of("three"), packet_of("another") };
	struct ike_effect e;
	struct side a;

	side_open(&a, 1, 2, "a secret of both");
	while (ike_effect(a.ike, &e)) {
	}
	ck_assert(!ike_send_instead(a.ike, packet[0], packet[3]));
	for (size_t i = 0; i < 3; i++)
		ike_send(a.ike, &from, &to, packet[i]);
	ck_assert(!ike_send_instead(a.ike, packet[3], packet[0]));
	ck_assert(ike_send_instead(a.ike, packet[1], packet[3]));
	ck_assert(!ike_send_instead(a.ike, packet[1], packet[3]));
	for (size_t i = 0; i < 4; i++)
		packet_unref(packet[i]);
	leaves(a.ike, "one");
	leaves(a.ike, "another");
	leaves(a.ike, "three");
	ck_assert(!ike_effect(a.ike, &e));
	side_close(&a);
}
END_TEST

SUITE(engine)
{
	test(many_children_come_and_go_at_once);
	test(tunnel_comes_up_and_goes);
	test(a_refused_child_is_asked_for_later);
	test(wrong_key_is_refused_on_both_sides);
	test(initial_contact_ends_the_old_one_at_once);
	test(a_name_is_one_cause_and_no_way_another);
	test(kernel_refusal_keeps_the_ike_sa);
	test(child_is_rekeyed);
	test(ike_sa_is_rekeyed);
	test(equal_children_with_labels);
	test(shunts_are_not_negotiated);
	test(child_rekeys_collide);
	test(ike_rekeys_collide);
	test(spis_begin_at_256);
	test(every_network_has_its_policy);
	test(another_packet_is_sent_instead);
}

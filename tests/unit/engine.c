/* engine.c - two engines wired to each other: a tunnel comes up, and goes.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/ikev2.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_HELD = 64 };

struct side {
	struct ike *ike;
	struct ike_peers peers;
	uint64_t seed;
	int adds, deletes, policies, child_up, failed;
	enum ike_cause cause;
	struct ike_ipsec_sa in, out;
};

static void fake_random(void *ctx, uint8_t *out, size_t len)
{
	struct side *side = ctx;

	for (size_t i = 0; i < len; i++) {
		side->seed = side->seed * 6364136223846793005u +
			     1442695040888963407u;
		out[i] = (uint8_t)(side->seed >> 56);
	}
}

static void say(void *ctx, const struct ike_log *line)
{
	(void)ctx;
	if (getenv("IKE_TEST_LOG"))
		printf("  %s: %s\n", line->peer ? line->peer : "-", line->text);
}

static struct ike_addr address(uint8_t last)
{
	return (struct ike_addr){ 4, { 192, 0, 2, last } };
}

static void add_transform(struct ike_proposal *p, const char *name)
{
	p->transforms[p->count++] =
		transform_named(bytes_of(name, strlen(name)));
	ck_assert_ptr_nonnull(p->transforms[p->count - 1]);
}

static struct ike_selector net(uint8_t second)
{
	return (struct ike_selector){ .family = 4,
		.end_port = 65535,
		.start = { 10, second, 0, 0 },
		.end = { 10, second, 255, 255 } };
}

static struct ike_peer *peer_to(uint8_t us, uint8_t them, const char *key)
{
	struct ike_peer *peer = ike_peer_new();
	struct ike_child_policy *child;

	ck_assert_ptr_nonnull(peer);
	snprintf(peer->name, sizeof(peer->name), "to%u", them);
	peer->enabled = true;
	peer->remote.place_count = 1;
	peer->remote.places[0].kind = IKE_PLACE_RANGE;
	peer->remote.places[0].first = address(them);
	peer->remote.places[0].last = address(them);
	peer->ike.count = 1;
	add_transform(&peer->ike.list[0], "aes256gcm16");
	add_transform(&peer->ike.list[0], "prfsha256");
	add_transform(&peer->ike.list[0], "x25519");
	peer->psk_len = (uint16_t)strlen(key);
	memcpy(peer->psk, key, strlen(key));
	peer->children = calloc(1, sizeof(*child));
	peer->child_count = 1;
	child = &peer->children[0];
	snprintf(child->name, sizeof(child->name), "net");
	child->esp.count = 1;
	add_transform(&child->esp.list[0], "aes256gcm16");
	add_transform(&child->esp.list[0], "noesn");
	child->local_ts[0] = net(us);
	child->remote_ts[0] = net(them);
	child->local_ts_count = child->remote_ts_count = 1;
	return peer;
}

/* Each child has a network of its own: 10.US.i.0/24. */
static void give_children(struct ike_peer *peer, size_t count)
{
	struct ike_child_policy *all = calloc(count, sizeof(*all));

	ck_assert_ptr_nonnull(all);
	for (size_t i = 0; i < count; i++) {
		struct ike_child_policy *child = &all[i];

		*child = peer->children[0];
		snprintf(child->name, sizeof(child->name), "net%zu", i);
		child->local_ts[0].start[2] = (uint8_t)i;
		child->local_ts[0].end[2] = (uint8_t)i;
		child->remote_ts[0].start[2] = (uint8_t)i;
		child->remote_ts[0].end[2] = (uint8_t)i;
	}
	free(peer->children);
	peer->children = all;
	peer->child_count = count;
}

static void side_open_with(struct side *side, uint8_t us, uint8_t them,
	const char *key, size_t children)
{
	struct ike_limits limits = ike_limits_default();
	struct ike_env env = { fake_random, say, side };

	*side = (struct side){ .seed = us };
	side->ike = ike_new(&env, &limits);
	ck_assert_ptr_nonnull(side->ike);
	side->peers.peer = calloc(1, sizeof(struct ike_peer *));
	side->peers.peer[0] = peer_to(us, them, key);
	side->peers.count = 1;
	if (children > 1)
		give_children(side->peers.peer[0], children);
	ike_set_peers(side->ike, (struct ike_now){ 1000, 0 }, &side->peers);
}

static void side_open(
	struct side *side, uint8_t us, uint8_t them, const char *key)
{
	side_open_with(side, us, them, key, 1);
}

static void side_close(struct side *side)
{
	ike_free(side->ike);
	ike_peers_clear(&side->peers);
}

static void note_report(struct side *side, const struct ike_report *report)
{
	if (report->kind == IKE_REPORT_CHILD_UP)
		side->child_up++;
	if (report->kind == IKE_REPORT_FAILED ||
		report->kind == IKE_REPORT_REFUSED) {
		side->failed++;
		side->cause = report->cause;
	}
}

/* Carry out all effects of one side; packets go to the other at once. */
static bool drain(struct side *side, struct side *other, uint8_t us,
	uint8_t them, uint64_t now_ms)
{
	const struct ike_now now = { now_ms, 0 };
	struct ike_effect e;
	bool any = false;

	while (ike_effect(side->ike, &e)) {
		struct ike_address_pair pair = { address(us), address(them) };
		struct ike_resolution found = { .pairs = &pair, .count = 1 };
		struct ike_datagram d;

		any = true;
		switch (e.kind) {
		case IKE_SEND:
			d = (struct ike_datagram){ e.send.remote, e.send.local,
				e.send.data };
			ike_receive(other->ike, now, &d);
			break;
		case IKE_SA_ADD:
			side->adds++;
			*(e.add.out ? &side->out : &side->in) = e.add;
			break;
		case IKE_SA_DELETE:
			side->deletes++;
			break;
		case IKE_POLICY_ADD:
			side->policies++;
			break;
		case IKE_POLICY_DELETE:
			side->policies--;
			break;
		case IKE_RESOLVE:
			found.peer = e.resolve->name;
			ike_resolved(side->ike, now, &found);
			break;
		case IKE_REPORT:
			note_report(side, &e.report);
			break;
		case IKE_SA_MOVE:
		case IKE_SA_QUERY:
			break;
		}
	}
	return any;
}

static void run(struct side *a, struct side *b, uint64_t now_ms)
{
	bool more = true;

	while (more) {
		more = drain(a, b, 1, 2, now_ms);
		more |= drain(b, a, 2, 1, now_ms);
	}
}

static const struct ike_now at = { 2000, 0 };

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
	ike_refused(a.ike, at, &e, "no ESP");
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

/* Both sides up, and their first SAs remembered. */
static void connect_both(struct side *a, struct side *b)
{
	const struct ike_wish up = { "to2", NULL };

	side_open(a, 1, 2, "a secret of both");
	side_open(b, 2, 1, "a secret of both");
	ck_assert_int_eq(ike_up(a->ike, at, &up), IKE_WISH_STARTED);
	run(a, b, 2000);
}

/* Let time pass on both sides, a second at a time. */
static void pass(struct side *a, struct side *b, uint64_t from, uint64_t to)
{
	for (uint64_t t = from; t <= to; t += 1000) {
		ike_tick(a->ike, (struct ike_now){ t, 0 });
		ike_tick(b->ike, (struct ike_now){ t, 0 });
		run(a, b, t);
	}
}

static size_t count_sas(const struct side *side, size_t *children)
{
	struct ike_sa_status status;
	uint64_t walk = 0;
	size_t n = 0;

	*children = 0;
	while (ike_next_sa(side->ike, &walk, &status)) {
		n += status.established;
		*children += status.children;
	}
	return n;
}

static void assert_one_pair(const struct side *a, const struct side *b)
{
	size_t children;

	ck_assert_uint_eq(count_sas(a, &children), 1);
	ck_assert_uint_eq(children, 1);
	ck_assert_uint_eq(count_sas(b, &children), 1);
	ck_assert_uint_eq(children, 1);
	ck_assert_uint_eq(a->out.ref.spi, b->in.ref.spi);
	ck_assert_uint_eq(a->in.ref.spi, b->out.ref.spi);
	ck_assert(secret_equal(
		secret_bytes(&a->out.encr_key), secret_bytes(&b->in.encr_key)));
	ck_assert_int_eq(a->adds - a->deletes, 2);
	ck_assert_int_eq(b->adds - b->deletes, 2);
	ck_assert_int_eq(a->policies, 1);
	ck_assert_int_eq(b->policies, 1);
}

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

SUITE(engine)
{
	test(many_children_come_and_go_at_once);
	test(tunnel_comes_up_and_goes);
	test(wrong_key_is_refused_on_both_sides);
	test(initial_contact_ends_the_old_one_at_once);
	test(a_name_is_one_cause_and_no_way_another);
	test(kernel_refusal_keeps_the_ike_sa);
	test(child_is_rekeyed);
	test(ike_sa_is_rekeyed);
	test(shunts_are_not_negotiated);
	test(child_rekeys_collide);
	test(ike_rekeys_collide);
}

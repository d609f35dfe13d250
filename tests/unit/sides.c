/* sides.c - two engines wired to each other.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/sides.h"

#include "tests/sim/said.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

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
	const char *fault = said_fault(line);

	(void)ctx;
	ck_assert_msg(!fault, "%s: %s", fault, line->text);
	if (getenv("IKE_TEST_LOG"))
		printf("  %s: %s\n", line->peer ? line->peer : "-", line->text);
}

struct ike_addr address(uint8_t last)
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

struct ike_peer *peer_to(uint8_t us, uint8_t them, const char *key)
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

void side_open_with(struct side *side, uint8_t us, uint8_t them,
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

void side_open(struct side *side, uint8_t us, uint8_t them, const char *key)
{
	side_open_with(side, us, them, key, 1);
}

void side_close(struct side *side)
{
	ike_free(side->ike);
	ike_peers_clear(&side->peers);
}

static void note_report(struct side *side, const struct ike_report *report)
{
	if (report->kind == IKE_REPORT_CHILD_UP)
		side->child_up++;
	if (report->kind == IKE_REPORT_CHILD_DOWN)
		side->child_down++;
	if (report->kind == IKE_REPORT_REKEYED)
		side->rekeyed++;
	if (report->kind == IKE_REPORT_REKEY_FAILED)
		side->rekey_failed++;
	if (report->kind == IKE_REPORT_FAILED ||
		report->kind == IKE_REPORT_REFUSED) {
		side->failed++;
		side->cause = report->cause;
	}
}

/* Carry out all effects of one side; packets go to the other at once. */
/* True if its kernel refuses this effect. */
static bool refuses(
	struct side *side, const struct ike_effect *e, struct ike_now now)
{
	if (e->kind != IKE_SA_ADD || side->refuse_left == 0)
		return false;
	if (side->refuse_skip > 0) {
		side->refuse_skip--;
		return false;
	}
	side->refuse_left--;
	side->refused_spi = e->add.ref.spi;
	ike_refused(side->ike, now, e, side->refuse_why, "it is a test");
	return true;
}

bool drain(struct side *side, struct side *other, uint8_t us, uint8_t them,
	uint64_t now_ms)
{
	const struct ike_now now = { now_ms, 0 };
	struct ike_effect e;
	bool any = false;

	while (ike_effect(side->ike, &e)) {
		struct ike_address_pair pair = { address(us), address(them) };
		struct ike_resolution found = { .pairs = &pair, .count = 1 };
		struct ike_datagram d;

		any = true;
		if (refuses(side, &e, now))
			continue;
		switch (e.kind) {
		case IKE_SEND:
			if (side->deletes_nothing &&
				e.send.data.at[18] == INFORMATIONAL)
				break;
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
			side->policy = e.policy;
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
		case IKE_EXPLAIN:
			memcpy(side->fix_there, e.explain->fix_there,
				sizeof(side->fix_there));
			break;
		case IKE_SA_MOVE:
		case IKE_ROUTE:
		case IKE_FETCH:
		case IKE_KEYS:
		case IKE_SA_QUERY:
			break;
		}
	}
	return any;
}

void run(struct side *a, struct side *b, uint64_t now_ms)
{
	bool more = true;

	while (more) {
		more = drain(a, b, 1, 2, now_ms);
		more |= drain(b, a, 2, 1, now_ms);
	}
}

/* Both sides up, and their first SAs remembered. */
void connect_both(struct side *a, struct side *b)
{
	const struct ike_wish up = { "to2", NULL };

	side_open(a, 1, 2, "a secret of both");
	side_open(b, 2, 1, "a secret of both");
	ck_assert_int_eq(ike_up(a->ike, at, &up), IKE_WISH_STARTED);
	run(a, b, 2000);
}

/* Let time pass on both sides, a second at a time. */
void pass(struct side *a, struct side *b, uint64_t from, uint64_t to)
{
	for (uint64_t t = from; t <= to; t += 1000) {
		ike_tick(a->ike, (struct ike_now){ t, 0 });
		ike_tick(b->ike, (struct ike_now){ t, 0 });
		run(a, b, t);
	}
}

size_t count_sas(const struct side *side, size_t *children)
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

void assert_one_pair(const struct side *a, const struct side *b)
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

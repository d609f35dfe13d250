/* model_world.c - two sides, their datagrams, and all that may happen next.
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/model.h"

#include "tests/sim/digest.h"

#include <assert.h>
#include <stdlib.h>

enum {
	CONNECT_MS = 6000,
	SETTLE_MS = 200000,
	QUIET_MS = 60000,
	SAID_LEN = 1024,
};

unsigned world_pick(struct world *w, unsigned chosen, size_t of)
{
	assert(chosen < of && of < UINT16_MAX && w->at < MODEL_DEPTH);
	if (w->at >= w->depth)
		w->path[w->at] =
			(struct pick){ (uint16_t)chosen, (uint16_t)of };
	assert(w->path[w->at].of == of); /* else it is not deterministic */
	return w->path[w->at++].chosen;
}

/* --- Making it ------------------------------------------------------------ */

/* A nonce falls into one of the gaps between those that may still be compared:
 * so that all that may follow depends on their order alone, as the state's
 * number does.  A private key of Curve25519 is as long, and no worse for it.
 * Jitter is none, so that states are alike; but once all is left alone it is what
 * it is, as two sides that refuse each other need it (RFC 7296 section 2.25). */
static void draw(struct sim *sim, uint8_t *out, size_t len)
{
	struct world *w = sim->owner;
	struct writer begin = writer_of(out, len);
	nonce_number below, above;

	if (!sim->net.hold)
		return;
	if (len == 1)
		out[0] = 0;
	if (len != NONCE_LEN)
		return;
	if (w->draws == 0)
		w->gap = world_pick(w, w->gap, w->alive + 1);
	below = w->gap > 0 ? w->nonce[w->gap - 1].begins : 0;
	above = w->gap < w->alive ? w->nonce[w->gap].begins : ~(nonce_number)0;
	/* there must be room for so many more in each of the gaps left */
	assert(w->draws < MODEL_DRAWS && above - below > MODEL_DRAWS + 1);
	w->drawn[w->draws] =
		below + (above - below) / (MODEL_DRAWS + 1) * (w->draws + 1);
	write_u64(&begin, (uint64_t)(w->drawn[w->draws] >> 64));
	write_u64(&begin, (uint64_t)w->drawn[w->draws++]);
}

/* An IKE SA and a child, which both sides want. */
static void connect(struct world *w)
{
	struct sim *sim = w->sim;
	struct sim_link *link;

	sim_add_host(sim);
	sim_add_host(sim);
	link = sim_add_link(sim, 0, 1);
	link->base_ms = 500;
	link->tries = 3;
	link->dpd_ms = 30000;
	sim_add_child(sim, link, IKE_MODE_TUNNEL);
	link->child[0].start[0] = IKE_START_NOW;
	for (unsigned i = 2; i-- > 0;) {
		sim->host[i].config.present[0] = true;
		sim_start(sim, &sim->host[i]);
	}
	sim_run(sim, CONNECT_MS);
	/* only now, so that not both sides dial */
	link->child[0].start[1] = IKE_START_NOW;
	sim_configure(sim, &sim->host[1], &sim->host[1].config);
	assert(inside_wants(sim->host[1].ike, "a", "c1"));
	sim_run(sim, CONNECT_MS);
	oracle_pair(sim, &sim->host[0], &sim->host[1], "c1", 1);
	trace_clear(sim);
	sim->net.hold = true;
}

void world_make(struct world *w, FILE *to)
{
	w->sim = sim_new(1);
	assert(w->sim);
	w->sim->owner = w;
	w->sim->draw = draw;
	w->at = 0;
	w->left = (struct left){ { w->bounds.each[0], w->bounds.each[1] },
		w->bounds.losses, w->bounds.steps };
	w->taken_down = false;
	if (to)
		trace_start(w->sim, to);
	else
		trace_keys(w->sim);
	connect(w);
}

/* --- Its number ----------------------------------------------------------- */

static void put_policy(struct digest *d, const struct ike_policy *policy)
{
	digest_octets(d, policy->local_ts.start, 4);
	digest_octets(d, policy->remote_ts.start, 4);
	digest_number(d, policy->reqid);
	digest_number(d, policy->remote.family);
}

static int compare_policies(const void *left, const void *right)
{
	const struct ike_policy *a = *(const struct ike_policy *const *)left;
	const struct ike_policy *b = *(const struct ike_policy *const *)right;

	return memcmp(a->local_ts.start, b->local_ts.start, 4);
}

/* No packet fits two of them: so their order is nothing. */
static void put_policies(struct digest *d, const struct sim_kernel *kernel)
{
	const struct ike_policy *policy[SIM_SPD];

	for (size_t i = 0; i < kernel->spds; i++)
		policy[i] = &kernel->spd[i].policy;
	qsort(policy, kernel->spds, sizeof(policy[0]), compare_policies);
	digest_number(d, kernel->spds);
	for (size_t i = 0; i < kernel->spds; i++)
		put_policy(d, policy[i]);
}

/* The newest outbound SA is the one in use; inbound ones are found by SPI. */
static void put_kernel_sas(
	struct digest *d, const struct sim_kernel *kernel, bool out)
{
	for (size_t i = 0; i < kernel->sads; i++) {
		if (kernel->sad[i].sa.out != out)
			continue;
		digest_spi(d, kernel->sad[i].sa.ref.spi);
		digest_number(d, kernel->sad[i].sa.reqid);
	}
	digest_number(d, 0);
}

static void put_host(struct digest *d, const struct sim_host *host)
{
	const struct sim_kernel *kernel = &host->kernel;

	d->other = host->sim->host[1 - host->index].ike;
	digest_core(d, host->ike);
	put_kernel_sas(d, kernel, true);
	put_kernel_sas(d, kernel, false);
	put_policies(d, kernel);
}

static void put_hosts(struct digest *d, const struct world *w)
{
	for (unsigned i = 0; i < 2; i++)
		put_host(d, &w->sim->host[i]);
}

static void put_left(struct digest *d, const struct world *w)
{
	digest_number(d, w->left.operations[0]);
	digest_number(d, w->left.operations[1]);
	digest_number(d, w->left.losses);
	digest_number(d, w->left.steps);
	digest_number(d, w->taken_down);
}

static void put_datagram(
	struct digest *d, const struct world *w, const struct held *held)
{
	digest_number(d, held->sender);
	digest_message(d, w->sim->host[1 - held->sender].ike,
		held->packet->data, held->packet->len);
}

/* What one datagram says, if it were the first of all. */
struct said {
	size_t which, len;
	bool late;
	uint8_t octets[SAID_LEN];
};

/* Those that are late go last. */
static int compare_said(const void *left, const void *right)
{
	const struct said *a = left, *b = right;

	if (a->late != b->late)
		return a->late ? 1 : -1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->octets, b->octets, a->len);
}

static bool is_late(const struct world *w, const struct held *held)
{
	const struct sim *sim = w->sim;

	return inside_is_late(sim->host[1 - held->sender].ike,
		sim->host[held->sender].ike, held->packet->data,
		held->packet->len);
}

static void hear(
	const struct world *w, struct digest *d, size_t i, struct said *out)
{
	const struct held *held = &w->sim->net.held[i];
	size_t len = d->len, names = d->names;

	put_datagram(d, w, held);
	out->which = i;
	out->late = is_late(w, held);
	out->len = d->len - len;
	assert(out->len <= SAID_LEN);
	memcpy(out->octets, d->out + len, out->len);
	d->len = len;
	d->names = names;
}

static bool same_octets(const struct held *a, const struct held *b)
{
	return a->sender == b->sender &&
	       bytes_equal(bytes_of(a->packet->data, a->packet->len),
		       bytes_of(b->packet->data, b->packet->len));
}

/* Any may arrive next, so the order in which they were sent is nothing. */
static void put_held(struct digest *d, struct world *w)
{
	static struct said said[SIM_HELD];
	const struct held *held = w->sim->net.held;
	size_t count = w->sim->net.held_count;

	for (size_t i = 0; i < count; i++)
		hear(w, d, i, &said[i]);
	qsort(said, count, sizeof(said[0]), compare_said);
	w->late = 0;
	for (size_t i = 0; i < count; i++) {
		w->order[i] = said[i].which;
		w->late += said[i].late;
		w->twin[i] = false;
		if (i > 0 && compare_said(&said[i - 1], &said[i]) == 0 &&
			!same_octets(
				&held[w->order[i - 1]], &held[w->order[i]]))
			w->twin[i] = w->twin[i - 1] = true;
		put_datagram(d, w, &held[w->order[i]]);
	}
}

static void digest_begin(struct digest *d, const struct world *w)
{
	memset(d, 0, offsetof(struct digest, out));
	d->names = d->nonces = 0;
	d->now_ms = w->sim->now.mono_ms;
	d->open = memo_open;
	d->ctx = w->sim;
}

static int compare_nonces(const void *left, const void *right)
{
	const struct alive *a = left, *b = right;

	return a->begins == b->begins ? 0 : a->begins < b->begins ? -1 : 1;
}

/* The nonces that a digest has met.  That of IKE_SA_INIT is its first child's,
 * too, and so of both kinds. */
static void keep_nonces(const struct digest *d, struct world *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->nonces; i++) {
		struct reader r = reader_of(bytes_of(
			d->nonce[i].octets, sizeof(d->nonce[i].octets)));
		nonce_number begins = (nonce_number)read_u64(&r) << 64;

		w->nonce[i] = (struct alive){ .begins = begins | read_u64(&r) };
		w->nonce[i].kind[d->nonce[i].kind] = true;
	}
	qsort(w->nonce, d->nonces, sizeof(w->nonce[0]), compare_nonces);
	for (size_t i = 0; i < d->nonces; i++) {
		struct alive one = w->nonce[i];

		if (kept > 0 && w->nonce[kept - 1].begins == one.begins) {
			w->nonce[kept - 1].kind[0] |= one.kind[0];
			w->nonce[kept - 1].kind[1] |= one.kind[1];
		} else {
			w->nonce[kept++] = one;
		}
	}
	w->alive = kept;
}

/* Two states of one number would be taken for one: with a hundred million of
 * them that happens once in 3,000 times. */
uint64_t world_number(struct world *w)
{
	static struct digest d;
	const struct sim_network *net = &w->sim->net;

	assert(w->sim->events == 0);
	digest_begin(&d, w);
	put_hosts(&d, w);
	for (size_t i = 0; i < net->held_count; i++)
		put_datagram(&d, w, &net->held[i]);
	keep_nonces(&d, w);
	d.writing = true;
	put_left(&d, w);
	put_hosts(&d, w);
	put_held(&d, w);
	return digest_end(&d);
}

uint64_t world_lean_number(struct world *w)
{
	struct sim_network *net = &w->sim->net, kept = *net;
	uint64_t number;

	net->held_count = 0;
	for (size_t i = 0; i < kept.held_count; i++) {
		if (!is_late(w, &kept.held[i]))
			net->held[net->held_count++] = kept.held[i];
	}
	number = world_number(w);
	*net = kept;
	(void)world_number(w);
	return number;
}

/* Only nonces of one kind are compared with each other: a gap that begins behind
 * one of a kind of which none was drawn is as good as the gap before. */
uint64_t world_gaps(struct world *w, const struct alive *then, size_t n)
{
	bool drew[2] = { false, false };
	uint64_t gaps = 1;

	(void)world_number(w);
	for (size_t i = 0; i < w->alive * w->draws; i++) {
		const struct alive *one = &w->nonce[i / w->draws];

		if (one->begins != w->drawn[i % w->draws])
			continue;
		drew[0] |= one->kind[0];
		drew[1] |= one->kind[1];
	}
	for (size_t i = 0; i < n; i++) {
		if (drew[0] == drew[1] || (drew[0] && then[i].kind[0]) ||
			(drew[1] && then[i].kind[1]))
			gaps |= UINT64_C(2) << i;
	}
	return gaps;
}

/* The two cores and their kernels alone. */
static uint64_t hosts_number(const struct world *w)
{
	static struct digest d;

	digest_begin(&d, w);
	put_hosts(&d, w);
	d.writing = true;
	put_hosts(&d, w);
	return digest_end(&d);
}

/* --- What may happen ------------------------------------------------------ */

/* To the octet: it makes no difference which of them. */
static bool same_as_earlier(const struct world *w, size_t i)
{
	const struct held *held = w->sim->net.held;
	bool same = false;

	for (size_t k = 0; k < i && !same; k++)
		same = same_octets(&held[w->order[i]], &held[w->order[k]]);
	return same;
}

/* Losing one that is late is the same as leaving it. */
static size_t list_datagrams(const struct world *w, enum action_kind kind,
	size_t n, struct action out[MODEL_ACTIONS])
{
	const struct sim_network *net = &w->sim->net;
	size_t count = net->held_count;

	if (kind == ACTION_LOSE)
		count -= w->late;
	for (size_t i = 0; i < count; i++) {
		if (same_as_earlier(w, i))
			continue;
		assert(n < MODEL_ACTIONS);
		out[n++] = (struct action){ kind, (unsigned)w->order[i], 0,
			w->twin[i], net->held[w->order[i]].packet };
	}
	return n;
}

static bool time_may_pass(const struct world *w)
{
	return w->left.steps > 0 &&
	       (w->bounds.early || w->left.losses < w->bounds.losses);
}

size_t world_actions(const struct world *w, struct action out[MODEL_ACTIONS])
{
	size_t n = list_datagrams(w, ACTION_DELIVER, 0, out);

	for (unsigned side = 0; side < 2; side++) {
		for (const char *op = w->bounds.operations;
			*op && w->left.operations[side] > 0; op++) {
			assert(n < MODEL_ACTIONS - 2);
			out[n++] = (struct action){ .kind = ACTION_BEGIN,
				.which = side,
				.operation = *op };
		}
	}
	if (w->sim->net.held_count == 0)
		out[n++] = (struct action){ .kind = ACTION_JUDGE };
	if (time_may_pass(w))
		out[n++] = (struct action){ .kind = ACTION_TIME };
	return w->left.losses > 0 ? list_datagrams(w, ACTION_LOSE, n, out) : n;
}

/* The side that a step touches; 2: neither alone. */
static unsigned touches(const struct world *w, const struct action *action)
{
	switch (action->kind) {
	case ACTION_DELIVER:
		return 1 - w->sim->net.held[action->which].sender;
	case ACTION_BEGIN:
		return action->which;
	case ACTION_JUDGE:
	case ACTION_TIME:
	case ACTION_LOSE:
		break;
	}
	return 2;
}

/* A step of one side reads and alters that side, and adds to what is on its
 * way; it takes from there no more than its own datagram.  No time passes, and
 * each side has random numbers of its own. */
bool world_commute(
	const struct world *w, const struct action *a, const struct action *b)
{
	unsigned one = touches(w, a), other = touches(w, b);

	return one < 2 && other < 2 && one != other;
}

/* --- What must hold ------------------------------------------------------- */

/* Make before break: what a host would send now has somebody who hears it. */
static bool is_heard(struct sim_host *from, const struct sim_host *to,
	const struct sim_child *child, unsigned side)
{
	const struct ike_flow flow = sim_kernel_flow(
		&child->local[side][0], &child->remote[side][0]);
	const struct spd_entry *policy =
		sim_kernel_policy_out(&from->kernel, &flow);
	const struct sad_entry *newest = NULL;

	for (size_t i = 0; policy && i < from->kernel.sads; i++) {
		const struct sad_entry *entry = &from->kernel.sad[i];

		if (entry->sa.out && entry->sa.reqid == policy->policy.reqid &&
			(!newest || entry->born > newest->born))
			newest = entry;
	}
	return newest &&
	       sim_kernel_find(&to->kernel, newest->sa.ref, false) != NULL;
}

static void check_heard(struct world *w)
{
	struct sim *sim = w->sim;

	for (unsigned side = 0; side < 2 && !w->taken_down; side++) {
		if (!is_heard(&sim->host[side], &sim->host[1 - side],
			    &sim->link[0].child[0], side))
			sim_fail(sim, "make before break",
				"nobody hears what %c would send now",
				sim->host[side].letter);
	}
}

static void judge(struct world *w)
{
	struct sim *sim = w->sim;
	struct sim_host *a = &sim->host[0], *b = &sim->host[1];
	struct ike_child_status one;
	uint64_t end = sim->now.mono_ms + SETTLE_MS;
	size_t ike_a, ike_b, second;
	bool wanted;

	trace_line(sim, "all is left alone");
	network_release(sim);
	while (sim_step(sim, end))
		check_heard(w);
	if (sim->failed)
		return;
	wanted = inside_wants(a->ike, "b", "c1") ||
		 inside_wants(b->ike, "a", "c1");
	ike_a = oracle_ike_sas(sim, a, b);
	ike_b = oracle_ike_sas(sim, b, a);
	if (ike_a != ike_b || ike_a > 1)
		sim_fail(sim, "convergence",
			"a has %zu IKE SAs with b, which has %zu", ike_a,
			ike_b);
	oracle_pair(sim, a, b, "c1", wanted ? 1 : 0);
	second = oracle_children(sim, a, b, "c2", &one);
	oracle_pair(sim, a, b, "c2", second > 0 ? 1 : 0);
	if (!sim->failed)
		sim_down(sim, a, b, NULL);
	if (!sim->failed)
		sim_down(sim, b, a, NULL);
	if (!sim->failed)
		sim_run(sim, QUIET_MS);
	if (!sim->failed)
		oracle_silent(sim);
}

/* --- Happening ------------------------------------------------------------ */

static void begin(struct world *w, unsigned side, char operation)
{
	struct sim *sim = w->sim;
	struct sim_host *host = &sim->host[side];
	const struct sim_host *other = &sim->host[1 - side];
	const char peer[2] = { other->letter, '\0' };

	switch (operation) {
	case 'R':
		sim_rekey(sim, host, other, "c1");
		return;
	case 'C':
		sim_down(sim, host, other, "c1");
		return;
	case 'D':
		sim_down(sim, host, other, NULL);
		return;
	case 'U':
		sim_up(sim, host, other, "c2");
		return;
	case 'K':
		sim_rekey_ike(sim, host, other);
		return;
	default:
		trace_line(sim, "%c asks whether its peer lives", host->letter);
		sim_begin(sim, NULL);
		inside_liveness(host->ike, sim->now, peer);
		sim_pump(sim, host);
		return;
	}
}

/* Those that nobody will act upon any more: see that it is so, and be rid of
 * them.  An answer to one is such a one itself. */
static void clear_late(struct world *w)
{
	struct sim *sim = w->sim;

	for (size_t i = 0; i < sim->net.held_count && !sim->failed;) {
		uint64_t before;

		if (!is_late(w, &sim->net.held[i])) {
			i++;
			continue;
		}
		before = hosts_number(w);
		trace_line(sim, "what %c sent arrives late",
			sim->host[sim->net.held[i].sender].letter);
		network_deliver(sim, i);
		if (!sim->failed && hosts_number(w) != before)
			sim_fail(sim, "late", "it is acted upon all the same");
	}
}

void world_act(struct world *w, const struct action *action)
{
	struct sim *sim = w->sim;

	w->draws = 0;
	switch (action->kind) {
	case ACTION_DELIVER:
		trace_line(sim, "what %c sent arrives: %u of %zu",
			sim->host[sim->net.held[action->which].sender].letter,
			action->which + 1, sim->net.held_count);
		network_deliver(sim, action->which);
		break;
	case ACTION_BEGIN:
		w->left.operations[action->which]--;
		w->taken_down |=
			action->operation == 'C' || action->operation == 'D';
		begin(w, action->which, action->operation);
		break;
	case ACTION_TIME:
		w->left.steps--;
		(void)sim_step(sim, IKE_NEVER - 1);
		trace_line(sim, "time has passed");
		break;
	case ACTION_LOSE:
		w->left.losses--;
		network_lose(sim, action->which);
		break;
	case ACTION_JUDGE:
		judge(w);
		return;
	}
	/* what is due at once, as a wish is */
	sim_run(sim, 0);
	check_heard(w);
	if (!w->bounds.full)
		clear_late(w);
}

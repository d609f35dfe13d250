/* policy.c - which kernel policies are in place, and who needs them.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/engine.h"

#include <stdlib.h>

enum { REQID_RANGE = 0x01000000 };

struct policy_hold {
	struct policy_hold *below;
	uint64_t sa, child; /* birth numbers; 0: a trap */
	struct ike_policy as;
};

static uint64_t pair_hash(const struct ike *ike,
	const struct ike_selector *local, const struct ike_selector *remote)
{
	uint8_t buffer[2 * (2 + 4 + 32)];
	const struct ike_selector *both[] = { local, remote };
	struct writer w = writer_of(buffer, sizeof(buffer));

	for (size_t i = 0; i < 2; i++) {
		write_u8(&w, both[i]->family);
		write_u8(&w, both[i]->protocol);
		write_u16(&w, both[i]->start_port);
		write_u16(&w, both[i]->end_port);
		write_bytes(&w, bytes_of(both[i]->start, 16));
		write_bytes(&w, bytes_of(both[i]->end, 16));
	}
	return ike_hash(ike, buffer, w.len);
}

static uint64_t remote_hash(
	const struct ike *ike, const struct ike_selector *remote)
{
	uint8_t buffer[1 + 32];
	struct writer w = writer_of(buffer, sizeof(buffer));

	write_u8(&w, remote->family);
	write_bytes(&w, bytes_of(remote->start, 16));
	write_bytes(&w, bytes_of(remote->end, 16));
	return ike_hash(ike, buffer, w.len);
}

static bool same_place(const struct ike_policy *a, const struct ike_policy *b)
{
	return selector_equal(&a->local_ts, &b->local_ts) &&
	       selector_equal(&a->remote_ts, &b->remote_ts) &&
	       (ike_label_equal(&a->in, &b->in) ||
		       ike_label_equal(&a->out, &b->out));
}

struct policy *policy_find(
	const struct ike *ike, const struct ike_policy *wanted)
{
	struct table_node *node = table_first(&ike->policies.table,
		pair_hash(ike, &wanted->local_ts, &wanted->remote_ts));

	for (; node; node = table_next(node)) {
		struct policy *policy = HOLDER(node, struct policy, node);

		if (same_place(&policy->kernel, wanted))
			return policy;
	}
	return NULL;
}

static struct policy *towards(
	struct table_node *node, const struct ike_selector *remote)
{
	for (; node; node = table_next(node)) {
		struct policy *policy = HOLDER(node, struct policy, by_remote);

		if (selector_same_range(&policy->kernel.remote_ts, remote))
			return policy;
	}
	return NULL;
}

struct policy *policy_first_towards(
	const struct ike *ike, const struct ike_selector *remote)
{
	return towards(
		table_first(&ike->policies.by_remote, remote_hash(ike, remote)),
		remote);
}

struct policy *policy_next_towards(const struct policy *policy)
{
	return towards(
		table_next(&policy->by_remote), &policy->kernel.remote_ts);
}

static void emit(struct ike *ike, enum ike_effect_kind kind,
	const struct policy *policy, uint64_t sa, uint64_t child)
{
	struct ike_effect *effect = ike_emit(ike, kind);

	effect->sa = sa;
	effect->child = child;
	effect->policy = policy->kernel;
}

static bool same_labels(const struct ike_policy *a, const struct ike_policy *b)
{
	return ike_label_equal(&a->in, &b->in) &&
	       ike_label_equal(&a->out, &b->out);
}

static bool same_template(
	const struct ike_policy *a, const struct ike_policy *b)
{
	return ike_addr_equal(&a->local, &b->local) &&
	       ike_addr_equal(&a->remote, &b->remote) && a->mode == b->mode &&
	       a->reqid == b->reqid && a->priority == b->priority &&
	       same_labels(a, b);
}

static struct policy *add(
	struct ike *ike, const struct ike_policy *wanted, uint64_t owner)
{
	struct policies *all = &ike->policies;
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->kernel = *wanted;
	policy->owner = owner;
	policy->absent = true; /* until refresh() */
	policy->previous = all->last;
	if (all->last)
		all->last->next = policy;
	else
		all->first = policy;
	all->last = policy;
	table_add(&all->table, &policy->node,
		pair_hash(ike, &wanted->local_ts, &wanted->remote_ts));
	table_add(&all->by_remote, &policy->by_remote,
		remote_hash(ike, &wanted->remote_ts));
	return policy;
}

/* As whoever is on top wants it. */
static void refresh(struct ike *ike, struct policy *policy)
{
	const struct policy_hold *top = policy->top;

	if (!policy->absent && same_template(&policy->kernel, &top->as))
		return;
	/* With another label in one direction it is another one for the kernel:
	 * nothing would take the old away. */
	if (!policy->absent && !same_labels(&policy->kernel, &top->as))
		emit(ike, IKE_POLICY_DELETE, policy, 0, 0);
	policy->absent = false;
	policy->kernel = top->as;
	emit(ike, IKE_POLICY_ADD, policy, top->sa, top->child);
}

static void put(struct policy *policy, struct policy_hold *hold)
{
	struct policy_hold **at = &policy->top;

	while (hold->child == 0 && *at && (*at)->child != 0)
		at = &(*at)->below;
	hold->below = *at;
	*at = hold;
}

struct policy *policy_hold(struct ike *ike, const struct ike_policy *wanted,
	uint64_t owner, uint64_t sa, uint64_t child)
{
	struct policy *policy = policy_find(ike, wanted);
	struct policy_hold *hold;

	if (policy && policy->owner == 0)
		policy->owner = owner;
	if (policy && policy->owner != owner)
		return NULL;
	hold = calloc(1, sizeof(*hold));
	if (hold && !policy)
		policy = add(ike, wanted, owner);
	if (!hold || !policy) {
		free(hold);
		return NULL;
	}
	*hold = (struct policy_hold){ .sa = sa, .child = child, .as = *wanted };
	put(policy, hold);
	refresh(ike, policy);
	return policy;
}

void policy_move(struct ike *ike, struct policy *policy,
	const struct ike_addr *local, const struct ike_addr *remote,
	uint64_t sa, uint64_t child)
{
	if (ike_addr_equal(&policy->kernel.local, local) &&
		ike_addr_equal(&policy->kernel.remote, remote))
		return;
	policy->absent = false;
	policy->kernel.local = *local;
	policy->kernel.remote = *remote;
	emit(ike, IKE_POLICY_ADD, policy, sa, child);
}

void policy_refused(struct ike *ike, const struct ike_policy *refused)
{
	struct policy *policy = policy_find(ike, refused);

	if (policy)
		policy->absent = true;
}

void policy_disown(struct policy *policy)
{
	policy->owner = 0;
}

static void take_away(struct ike *ike, struct policy *policy)
{
	struct policies *all = &ike->policies;

	emit(ike, IKE_POLICY_DELETE, policy, 0, 0);
	table_remove(&all->table, &policy->node);
	table_remove(&all->by_remote, &policy->by_remote);
	if (policy->previous)
		policy->previous->next = policy->next;
	else
		all->first = policy->next;
	if (policy->next)
		policy->next->previous = policy->previous;
	else
		all->last = policy->previous;
	free(policy);
}

void policy_release(struct ike *ike, struct policy *policy, uint64_t child)
{
	struct policy_hold **at = &policy->top, **oldest = NULL, *gone;

	for (; *at; at = &(*at)->below) {
		if ((*at)->child == child)
			oldest = at;
	}
	if (!oldest)
		return;
	gone = *oldest;
	*oldest = gone->below;
	free(gone);
	if (policy->top)
		refresh(ike, policy);
	else
		take_away(ike, policy);
}

static uint32_t prefix_weight(const struct ike_selector *selector)
{
	uint8_t prefix = 0;

	(void)selector_prefix(selector, &prefix);
	return (uint32_t)prefix + (selector->family == 4 ? 96 : 0);
}

uint32_t policy_priority(enum policy_band band,
	const struct ike_selector *local, const struct ike_selector *remote)
{
	uint32_t weight = prefix_weight(local) + prefix_weight(remote);
	bool any_protocol = local->protocol == 0 && remote->protocol == 0;
	bool any_port = local->start_port == 0 && local->end_port == 65535 &&
			remote->start_port == 0 && remote->end_port == 65535;

	return (uint32_t)band + 4 * (256 - weight) + (any_protocol ? 2 : 0) +
	       (any_port ? 1 : 0);
}

/* Is there a packet from one to the other? */
static bool meet(const struct ike_selector *a, const struct ike_selector *b)
{
	return a->family == b->family &&
	       (a->protocol == b->protocol || a->protocol == 0 ||
		       b->protocol == 0);
}

/* A packet has one protocol, so what one side leaves open the other decides. */
static struct ike_policy pair_of(
	const struct ike_selector *local, const struct ike_selector *remote)
{
	struct ike_policy out = { .local_ts = *local, .remote_ts = *remote };

	if (local->protocol == 0)
		out.local_ts.protocol = remote->protocol;
	if (remote->protocol == 0)
		out.remote_ts.protocol = local->protocol;
	return out;
}

size_t policy_pairs(const struct ike_selector *local, size_t local_count,
	const struct ike_selector *remote, size_t remote_count,
	struct ike_policy *out, size_t size)
{
	struct ike_selector l[MAX_PAIRS], r[MAX_PAIRS];
	size_t ln = 0, rn = 0, n = 0;

	for (size_t i = 0; i < local_count; i++) {
		size_t got = selector_split(&local[i], l + ln, MAX_PAIRS - ln);

		if (got == 0)
			return 0;
		ln += got;
	}
	for (size_t i = 0; i < remote_count; i++) {
		size_t got = selector_split(&remote[i], r + rn, MAX_PAIRS - rn);

		if (got == 0)
			return 0;
		rn += got;
	}
	for (size_t i = 0; i < ln; i++) {
		for (size_t j = 0; j < rn; j++) {
			if (!meet(&l[i], &r[j]))
				continue;
			if (n == size)
				return 0;
			out[n++] = pair_of(&l[i], &r[j]);
		}
	}
	return n;
}

/* Is it anybody's?  Only asked when a number is needed, so a walk will do. */
static bool reqid_taken(const struct ike *ike, uint32_t reqid)
{
	for (const struct policy *p = ike->policies.first; p; p = p->next) {
		for (const struct policy_hold *h = p->top; h; h = h->below) {
			if (h->as.reqid == reqid)
				return true;
		}
	}
	for (size_t i = 0; i < ike->dials.count; i++) {
		const struct ike_peer *peer = ike->dials.dial[i]->peer;

		for (size_t c = 0; c < peer->child_count; c++) {
			if (peer->children[c].reqid == reqid)
				return true;
		}
	}
	return false;
}

uint32_t policy_new_reqid(struct ike *ike)
{
	struct policies *all = &ike->policies;
	uint32_t reqid;

	do {
		/* Fresh numbers are free; only after the range has been
		 * through once does anybody have to look. */
		bool fresh = all->next_reqid < REQID_RANGE;

		reqid = ike->limits.reqid_base +
			(uint32_t)(all->next_reqid % REQID_RANGE);
		all->next_reqid++;
		if (fresh)
			break;
	} while (reqid_taken(ike, reqid));
	return reqid;
}

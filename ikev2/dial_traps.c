/* dial_traps.c - the kernel policies of what is configured, whether it is up or not.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/engine.h"

#include <stdlib.h>

uint64_t dial_policy_owner(const struct ike *ike, const struct dial *dial,
	const char *child, const struct ike_id *remote_id)
{
	uint8_t buffer[8 + MAX_NAME + 3 + MAX_ID_LEN];
	struct writer w = writer_of(buffer, sizeof(buffer));

	write_u64(&w, dial->birth);
	write_bytes(&w, bytes_of(child, strlen(child) + 1));
	/* Many clients share a template's children; a peer has its own. */
	if (dial_is_template(dial) && remote_id) {
		write_u8(&w, remote_id->type);
		write_u16(&w, remote_id->len);
		write_bytes(&w, bytes_of(remote_id->data, remote_id->len));
	}
	return ike_hash(ike, buffer, w.len);
}

/* What each kernel policy of a child is before anything was negotiated. */
static void complete(const struct ike_child_policy *policy,
	const struct ike_address_pair *pair, struct ike_policy *out)
{
	bool shunt = ike_is_shunt(policy->mode);

	/* A shunt leads nowhere, so it has no ends. */
	if (!shunt) {
		out->local = pair->local;
		out->remote = pair->remote;
	}
	out->mode = policy->mode;
	out->in = policy->in;
	out->out = policy->out;
	out->reqid = policy->reqid;
	out->priority = policy->priority
				? policy->priority
				: policy_priority(shunt ? POLICY_BAND_SHUNT
							: POLICY_BAND_CHILD,
					  &out->local_ts, &out->remote_ts);
}

/* Somebody else has the selectors of a shunt: it comes as soon as they are
 * free.  Said once, and only if that takes longer than a reload that gives them
 * another name. */
static void note_blocked(struct ike *ike, struct dial *dial,
	const struct ike_child_policy *shunt)
{
	dial_retry_traps(ike, dial);
	if (++dial->blocked == 2)
		dial_failed(ike, dial, IKE_CAUSE_SELECTORS, IKE_OK, shunt->name,
			"child %s: another child has its selectors",
			shunt->name);
}

static void set_trap(struct ike *ike, struct dial *dial, size_t index,
	const struct ike_address_pair *pair)
{
	const struct ike_child_policy *policy = &dial->peer->children[index];
	uint64_t owner = dial_policy_owner(ike, dial, policy->name, NULL);
	struct ike_policy wanted[MAX_PAIRS];
	struct selectors local, remote;
	struct policy **held;
	size_t count, n = 0;

	selectors_resolve(
		policy->local_ts, policy->local_ts_count, &pair->local, &local);
	selectors_resolve(policy->remote_ts, policy->remote_ts_count,
		&pair->remote, &remote);
	count = policy_pairs(local.list, local.count, remote.list, remote.count,
		wanted, MAX_PAIRS);
	held = count ? calloc(count, sizeof(struct policy *)) : NULL;
	if (!held)
		return;
	for (size_t i = 0; i < count; i++) {
		struct policy *policy_held;

		complete(policy, pair, &wanted[i]);
		policy_held = policy_hold(ike, &wanted[i], owner, 0, 0);
		if (policy_held)
			held[n++] = policy_held;
	}
	/* Hold the new before letting go of the old: never a gap. */
	for (size_t i = 0; i < dial->trap_counts[index]; i++)
		policy_release(ike, dial->traps[index][i], 0);
	free(dial->traps[index]);
	dial->traps[index] = held;
	dial->trap_counts[index] = n;
	if (!ike_is_shunt(policy->mode))
		return;
	if (n < count)
		note_blocked(ike, dial, policy);
	else
		dial->blocked = 0;
}

/* Has the child policies although it is down?  A shunt always. */
static bool has_traps(const struct dial *dial, size_t i)
{
	const struct ike_child_policy *policy = &dial->peer->children[i];

	if (ike_is_shunt(policy->mode))
		return true;
	return !dial_is_template(dial) &&
	       (policy->start != IKE_START_WAIT || dial->asks[i].waits);
}

void dial_set_traps(struct ike *ike, struct dial *dial)
{
	static const struct ike_address_pair unknown;
	const struct ike_address_pair *pair =
		dial->pair_count ? &dial->pairs[0] : &unknown;

	if (!dial->peer->enabled)
		return;
	/* A child in use has the addresses of its SAs; leave it alone. */
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		const struct ike_child_policy *policy =
			&dial->peer->children[i];

		if (!has_traps(dial, i) ||
			(dial->trap_counts[i] &&
				dial_has_child(dial, policy->name)))
			continue;
		set_trap(ike, dial, i, pair);
	}
}

bool dial_in_place(const struct dial *dial, size_t index)
{
	for (size_t n = 0; n < dial->trap_counts[index]; n++) {
		if (dial->traps[index][n]->absent)
			return false;
	}
	return dial->trap_counts[index] > 0;
}

static void drop_trap(struct ike *ike, struct dial *dial, size_t i)
{
	for (size_t n = 0; n < dial->trap_counts[i]; n++)
		policy_release(ike, dial->traps[i][n], 0);
	free(dial->traps[i]);
	dial->traps[i] = NULL;
	dial->trap_counts[i] = 0;
}

void dial_drop_traps(struct ike *ike, struct dial *dial)
{
	for (size_t i = 0; i < dial->peer->child_count; i++)
		drop_trap(ike, dial, i);
}

void dial_stop_waiting(struct ike *ike, struct dial *dial, size_t i)
{
	dial->asks[i].waits = dial->asks[i].again = false;
	if (!has_traps(dial, i))
		drop_trap(ike, dial, i);
}

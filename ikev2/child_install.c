/* child_install.c - a child's selectors, keys, SAs and policies (RFC 7296 sections 2.9, 2.17).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"
#include "ikev2/identity.h"

#include <stdlib.h>

/* --- Selectors and policies ----------------------------------------------- */

void child_selectors(const struct ike_sa *sa,
	const struct ike_child_policy *policy, struct selectors *local,
	struct selectors *remote)
{
	selectors_resolve(policy->local_ts, policy->local_ts_count,
		&sa->local.addr, local);
	selectors_resolve(policy->remote_ts, policy->remote_ts_count,
		&sa->remote.addr, remote);
}

/* Has it these very selectors?  Or is it one of another IKE SA that was to be
 * widened to them, and this one is quicker, as both sides prove themselves anew? */
static bool is_twin(const struct child *child, const struct child *other)
{
	if (other->sa != child->sa && other->wider_at_ms != IKE_NEVER)
		return selectors_cover(&child->local_ts, &other->local_ts) &&
		       selectors_cover(&child->remote_ts, &other->remote_ts);
	return selectors_equal(&other->local_ts, &child->local_ts) &&
	       selectors_equal(&other->remote_ts, &child->remote_ts);
}

/* Another child with its selectors: the one that it replaces, or one of the same
 * time from the other side. */
static const struct child *twin_of(const struct child *child)
{
	struct ike_sa *sa = dial_next_alike(child->sa, NULL);

	for (; sa; sa = dial_next_alike(child->sa, sa)) {
		for (const struct child *c = sa->children; c; c = c->next) {
			if (c != child && c->held_count > 0 &&
				strcmp(c->policy->name, child->policy->name) ==
					0 &&
				identity_equal(&sa->remote_id,
					&child->sa->remote_id) &&
				is_twin(child, c))
				return c;
		}
	}
	return NULL;
}

bool child_is_whole(const struct child *child)
{
	struct selectors local, remote;

	child_selectors(child->sa, child->policy, &local, &remote);
	return selectors_cover(&child->local_ts, &local) &&
	       selectors_cover(&child->remote_ts, &remote);
}

/* A child with all its configured selectors uses the reqid of its trap; a
 * narrowed one goes in front of the trap, with a reqid of its own, so that the
 * trap's other packets do not meet its SA.  What takes over from another has
 * that one's: the kernel looks for it in what comes in by the old SA, too. */
static uint32_t choose_reqid(const struct child *child, bool whole)
{
	const struct child *old = child_find(child->sa, child->replaces);
	const struct child *twin = old ? old : twin_of(child);

	if (twin)
		return twin->reqid;
	if (whole && !dial_is_template(child->sa->dial))
		return child->policy->reqid;
	return policy_new_reqid(child->sa->ike);
}

/* The kernel policies that the child needs; what all of them share. */
static size_t kernel_policies(
	const struct child *child, struct ike_policy out[MAX_PAIRS])
{
	size_t count = policy_pairs(child->local_ts.list, child->local_ts.count,
		child->remote_ts.list, child->remote_ts.count, out, MAX_PAIRS);
	bool whole = child_is_whole(child);
	uint32_t reqid = choose_reqid(child, whole);

	for (size_t i = 0; i < count; i++) {
		out[i].local = child->local;
		out[i].remote = child->remote;
		out[i].mode = child->mode;
		out[i].reqid = reqid;
		out[i].in = child->policy->in;
		out[i].out = child->policy->out;
		out[i].priority =
			child->policy->priority
				? child->policy->priority
				: policy_priority(whole ? POLICY_BAND_CHILD
							: POLICY_BAND_NARROWED,
					  &out[i].local_ts, &out[i].remote_ts);
	}
	return count;
}

static bool ranges_meet(
	const struct ike_selector *a, const struct ike_selector *b)
{
	return a->family == b->family &&
	       memcmp(a->start, b->end, sizeof(a->start)) <= 0 &&
	       memcmp(b->start, a->end, sizeof(a->start)) <= 0;
}

/* One of this client's children? */
static bool is_of_client(const struct ike_sa *sa, const struct policy *policy)
{
	for (size_t i = 0; i < sa->peer->child_count; i++) {
		if (policy->owner == dial_policy_owner(sa->ike, sa->dial,
					     sa->peer->children[i].name,
					     &sa->remote_id))
			return true;
	}
	return false;
}

/* Would the new one take packets from the other, because it names a protocol,
 * ports, or less of our addresses? */
static bool goes_in_front(
	const struct ike_policy *wanted, const struct policy *there)
{
	const struct ike_policy *other = &there->kernel;

	return !ike_is_shunt(other->mode) && there->owner != 0 &&
	       ranges_meet(&wanted->local_ts, &other->local_ts) &&
	       (ike_label_equal(&wanted->in, &other->in) ||
		       ike_label_equal(&wanted->out, &other->out));
}

/* Many clients share a template's selectors, and each may have a part of them:
 * not what another, or a peer with selectors of its own, has already. */
static bool another_has(
	const struct ike_sa *sa, const struct ike_policy *wanted, size_t count)
{
	for (size_t i = 0; i < count && dial_is_template(sa->dial); i++) {
		const struct policy *there =
			policy_first_towards(sa->ike, &wanted[i].remote_ts);

		for (; there; there = policy_next_towards(there)) {
			if (goes_in_front(&wanted[i], there) &&
				!is_of_client(sa, there))
				return true;
		}
	}
	return false;
}

/* True if nobody else has any of these selectors. */
static bool policies_free(const struct ike *ike,
	const struct ike_policy *wanted, size_t count, uint64_t owner)
{
	for (size_t i = 0; i < count; i++) {
		const struct policy *there = policy_find(ike, &wanted[i]);

		if (there && there->owner != owner)
			return false;
	}
	return true;
}

bool child_can_hold(const struct child *child, const struct selectors *local,
	const struct selectors *remote)
{
	const struct ike_sa *sa = child->sa;
	struct ike_policy wanted[MAX_PAIRS];
	size_t count = policy_pairs(local->list, local->count, remote->list,
		remote->count, wanted, MAX_PAIRS);

	for (size_t i = 0; i < count; i++) {
		wanted[i].in = child->policy->in;
		wanted[i].out = child->policy->out;
	}
	return count > 0 && !another_has(sa, wanted, count) &&
	       policies_free(sa->ike, wanted, count,
		       dial_policy_owner(sa->ike, sa->dial, child->policy->name,
			       &sa->remote_id));
}

/* --- Where it stands ------------------------------------------------------ */

bool child_behind_nat(const struct ike_sa *sa)
{
	return sa->nat.supported && (sa->nat.local || sa->nat.remote);
}

/* As responder another peer's configuration may have decided what we announced
 * (who it is shows in IKE_AUTH): the other side goes by what was announced. */
void child_fix_endpoints(struct child *child)
{
	child->local = child->sa->local.addr;
	child->remote = child->sa->remote.addr;
	child->local_port = child->sa->local.port;
	child->remote_port = child->sa->remote.port;
	child->encap =
		child->sa->local.port == child->sa->ike->limits.nat_port &&
		child->sa->peer->encap != IKE_ENCAP_NO &&
		(child_behind_nat(child->sa) || child->sa->forced_encap);
}

/* --- Its keys ------------------------------------------------------------- */

/* KEYMAT of the first child: from the nonces of IKE_SA_INIT. */
enum ike_error child_first_keys(struct child *child, struct child_keys *keys)
{
	const struct ike_sa *sa = child->sa;
	const struct handshake *h = sa->handshake;

	memcpy(child->low_nonce, sa->low_nonce, NONCE_LEN);
	if (!keymat_child(sa->ike->crypto, sa->suite.prf, &sa->keys.sk_d,
		    &child->suite, bytes_of(NULL, 0), nonce_bytes(&h->nonce_i),
		    nonce_bytes(&h->nonce_r), keys))
		return TEMPORARY_FAILURE;
	return IKE_OK;
}

/* KEYMAT of a later child: from fresh nonces, and a key exchange if there is
 * one (RFC 7296 section 2.17).  dh is NULL without it. */
enum ike_error child_fresh_keys(struct child *child, const struct dh *dh,
	const struct message *in, const struct sa_nonce *ni,
	const struct sa_nonce *nr, struct child_keys *keys)
{
	struct ike_sa *sa = child->sa;
	struct shared_secret shared = { .len = 0 };
	enum ike_error err = IKE_OK;

	if (dh)
		err = dh_agree(sa->ike->crypto, dh, in->ke.public, &shared);
	if (err == IKE_DROP)
		err = TEMPORARY_FAILURE;
	nonce_lower(ni, nr, child->low_nonce);
	if (err == IKE_OK &&
		!keymat_child(sa->ike->crypto, sa->suite.prf, &sa->keys.sk_d,
			&child->suite, shared_bytes(&shared), nonce_bytes(ni),
			nonce_bytes(nr), keys))
		err = TEMPORARY_FAILURE;
	sodium_memzero(&shared, sizeof(shared));
	return err;
}

/* --- Into the kernel ------------------------------------------------------ */

static void emit_add(struct child *child, bool out, const struct secret *encr,
	const struct secret *integ_key)
{
	struct ike_sa *sa = child->sa;
	struct ike_effect *effect = ike_emit(sa->ike, IKE_SA_ADD);
	struct ike_ipsec_sa *add = &effect->add;

	effect->sa = sa->birth;
	effect->child = child->birth;
	add->ref = child_sa_ref(child, out);
	add->if_id = out ? child->policy->out.if_id : child->policy->in.if_id;
	add->src = out ? child->local : child->remote;
	add->out = out;
	add->src_port = out ? child->local_port : child->remote_port;
	add->dst_port = out ? child->remote_port : child->local_port;
	add->encap = child->encap;
	add->mode = child->mode;
	add->reqid = child->reqid;
	add->encr = child->suite.encr;
	add->integ = child->suite.integ;
	add->esn = child->suite.esn && child->suite.esn->id == ESN_YES;
	add->encr_key = *encr;
	add->integ_key = *integ_key;
	add->replay_window = child->policy->replay_window;
	child_limits(child, add);
	add->local_ts = child->local_ts.list[0];
	add->remote_ts = child->remote_ts.list[0];
}

/* The outbound half, with its two keys. */
static void emit_out(struct child *child, const struct secret keys[2])
{
	emit_add(child, true, &keys[0], &keys[1]);
	child->out_added = true;
}

static void hold_policies(struct child *child, const struct ike_policy *wanted,
	size_t count, uint64_t owner)
{
	struct ike_sa *sa = child->sa;

	for (size_t i = 0; i < count; i++) {
		struct policy *policy = policy_hold(
			sa->ike, &wanted[i], owner, sa->birth, child->birth);

		if (policy)
			child->held[child->held_count++] = policy;
	}
}

enum ike_error child_install(
	struct child *child, struct child_keys *keys, enum child_out out)
{
	struct ike_sa *sa = child->sa;
	const struct child *old = child_find(sa, child->replaces);
	uint64_t owner = dial_policy_owner(
		sa->ike, sa->dial, child->policy->name, &sa->remote_id);
	struct ike_policy wanted[MAX_PAIRS];
	size_t count = kernel_policies(child, wanted);
	bool i = child->ours;
	struct secret out_keys[2] = { i ? keys->encr_i : keys->encr_r,
		i ? keys->integ_i : keys->integ_r };

	/* A reload may have made a shunt of it while it was asked for. */
	if (ike_is_shunt(child->policy->mode))
		return TS_UNACCEPTABLE;
	if (count == 0 || !policies_free(sa->ike, wanted, count, owner) ||
		another_has(sa, wanted, count))
		return TS_UNACCEPTABLE;
	child->held = calloc(count, sizeof(struct policy *));
	if (out == CHILD_OUT_LATER)
		child->held_back = calloc(1, sizeof(out_keys));
	if (!child->held || (out == CHILD_OUT_LATER && !child->held_back)) {
		sodium_memzero(out_keys, sizeof(out_keys));
		return TEMPORARY_FAILURE;
	}
	child->reqid = wanted[0].reqid;
	child->mark = child->policy->out.mark;
	emit_add(child, false, i ? &keys->encr_r : &keys->encr_i,
		i ? &keys->integ_r : &keys->integ_i);
	child->in_added = true;
	child->look_ms = sa->ike->now.mono_ms;
	if (out == CHILD_OUT_LATER)
		memcpy(child->held_back, out_keys, sizeof(out_keys));
	else
		emit_out(child, out_keys);
	sodium_memzero(out_keys, sizeof(out_keys));
	hold_policies(child, wanted, count, owner);
	child->state = CHILD_UP;
	child->up_ms = sa->ike->now.mono_ms;
	child->used_ms = old ? old->used_ms : child->up_ms;
	child->rekey_at_ms = sa_soft_end(sa->ike, child->policy->rekey_ms);
	child->expire_at_ms = sa_hard_end(sa->ike, child->policy->rekey_ms);
	child_wider_settle(child);
	return IKE_OK;
}

void child_activate(struct child *child)
{
	if (!child->held_back)
		return;
	emit_out(child, child->held_back);
	sodium_memzero(child->held_back, 2 * sizeof(struct secret));
	free(child->held_back);
	child->held_back = NULL;
	ike_touch(child->sa);
}

/* oracle.c - what must always hold, checked after every event.
 * SPDX-License-Identifier: ISC
 *
 *  1 agreement    two ends of an SA hold the same keys, algorithms, mode and
 *                 mirrored selectors; a kernel holds what its core says
 *  2 black hole   an outbound SA without its counterpart does not last
 *  3 leak         what a policy shall protect never finds no policy, and what
 *                 shall pass or be dropped always finds that
 *  4 nonces       no (key, IV) twice; a protected request has one content
 *  5 replies      a request repeated gets the same octets, and is done once
 *  6 bounds       half-open SAs, effects and time itself stay within limits
 *  7 convergence  once healed: one IKE SA a pair, one child a configured child
 *  8 silence      once both ends are down: nothing but the configured traps
 *
 * and what an attacker without keys sends changes nothing.
 */
#include "tests/sim/oracle.h"

#include "tests/sim/digest.h"

#include "ikev2/selectors.h"

#include <assert.h>
#include <stdlib.h>

enum { SLACK_MS = 40000, CALM_HOLE_MS = 1500 };

struct oracle *oracle_new(void)
{
	return calloc(1, sizeof(struct oracle));
}

void oracle_free(struct oracle *oracle)
{
	free(oracle->slots);
	free(oracle->records);
	free(oracle);
}

void oracle_forget(struct sim *sim)
{
	struct oracle *oracle = sim->oracle;
	size_t kept = 0;

	for (size_t i = 0; i < oracle->count; i++) {
		if (oracle->records[i].live)
			oracle->records[kept++] = oracle->records[i];
	}
	oracle->count = kept;
	if (oracle->slots)
		memset(oracle->slots, 0, oracle->size * sizeof(*oracle->slots));
	oracle->used = 0;
}

/* --- SAs: agreement ------------------------------------------------------- */

static void compare(struct sim *sim, const struct ike_ipsec_sa *out,
	const struct ike_ipsec_sa *in)
{
	const char *differs = NULL;

	if (out->encr != in->encr || out->integ != in->integ)
		differs = "algorithms";
	else if (out->esn != in->esn)
		differs = "ESN";
	else if (out->mode != in->mode)
		differs = "modes";
	else if (out->encap != in->encap)
		differs = "encapsulation";
	else if (!secret_equal(secret_bytes(&out->encr_key),
			 secret_bytes(&in->encr_key)) ||
		 !secret_equal(secret_bytes(&out->integ_key),
			 secret_bytes(&in->integ_key)))
		differs = "keys";
	else if (out->mode == IKE_MODE_TRANSPORT &&
		 (!selector_equal(&out->local_ts, &in->remote_ts) ||
			 !selector_equal(&out->remote_ts, &in->local_ts)))
		differs = "selectors";
	if (differs)
		sim_fail(sim, "agreement", "the two ends of SA %08x have %s %s",
			out->ref.spi, "different", differs);
}

static bool pair_of(struct sim *sim, const struct sa_record *out,
	const struct sa_record *in)
{
	const struct sim_host *to = sim_host_ever_at(sim, &out->sa.ref.dst);

	return out->sa.out && !in->sa.out &&
	       out->sa.ref.spi == in->sa.ref.spi && to && to->index == in->host;
}

/* The initiator's outbound SA comes after the responder's inbound one: it was
 * added before the response left (RFC 7296 section 2.8). */
static void record_sa(struct sim *sim, struct sim_host *host,
	const struct ike_ipsec_sa *sa, bool refused)
{
	struct oracle *oracle = sim->oracle;
	const struct packet *cause = sim->batch.packet;
	struct sa_record *record;
	bool found = false;

	if (oracle->count == oracle->room) {
		oracle->room = oracle->room ? 2 * oracle->room : 64;
		oracle->records = realloc(oracle->records,
			oracle->room * sizeof(*oracle->records));
		assert(oracle->records);
	}
	record = &oracle->records[oracle->count++];
	*record = (struct sa_record){ .host = host->index,
		.life = host->life,
		.sa = *sa,
		.live = !refused };
	for (size_t i = 0; i + 1 < oracle->count; i++) {
		const struct sa_record *other = &oracle->records[i];

		if (pair_of(sim, record, other))
			compare(sim, &record->sa, &other->sa);
		else if (pair_of(sim, other, record))
			compare(sim, &other->sa, &record->sa);
		else
			continue;
		found = true;
	}
	if (sa->out && !found && cause && cause->len >= IKE_HEADER_LEN &&
		oracle_is_response(cause->data))
		sim_fail(sim, "black hole",
			"%c may use SA %08x, which its peer never added",
			host->letter, sa->ref.spi);
}

static void check_order(
	struct sim *sim, struct sim_host *host, const struct ike_effect *effect)
{
	for (unsigned i = 0; i < sim->batch.answers; i++) {
		if (sim->batch.answered[i] == effect->sa && effect->sa != 0)
			sim_fail(sim, "black hole",
				"%c adds an SA after it sent the response",
				host->letter);
	}
}

static void forget_record(
	struct sim *sim, const struct sim_host *host, struct ike_sa_ref ref)
{
	for (size_t i = 0; i < sim->oracle->count; i++) {
		struct sa_record *record = &sim->oracle->records[i];

		if (record->host == host->index &&
			record->sa.ref.spi == ref.spi &&
			ike_addr_equal(&record->sa.ref.dst, &ref.dst))
			record->live = false;
	}
}

/* The record goes with its SA; one that is refused is gone. */
static void move_record(struct sim *sim, const struct sim_host *host,
	const struct ike_sa_move *move, bool refused)
{
	if (refused) {
		forget_record(sim, host, move->ref);
		return;
	}
	for (size_t i = 0; i < sim->oracle->count; i++) {
		struct sa_record *record = &sim->oracle->records[i];

		if (!record->live || record->host != host->index ||
			record->sa.out != move->out ||
			record->sa.ref.spi != move->ref.spi ||
			!ike_addr_equal(&record->sa.ref.dst, &move->ref.dst))
			continue;
		record->sa.ref.dst = move->new_dst;
		record->sa.src = move->new_src;
		record->sa.encap = move->encap;
	}
}

static bool meets_any(const struct ike_selector *selector,
	const struct ike_selector *list, size_t count)
{
	struct ike_selector common;

	for (size_t i = 0; i < count; i++) {
		if (selector_meet(selector, &list[i], &common))
			return true;
	}
	return false;
}

static bool within_any(const struct ike_selector *selector,
	const struct ike_selector *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].family == 0 || selector_within(selector, &list[i]))
			return true;
	}
	return false;
}

/* Does this policy let packets into that child, and none other?  One whose
 * configuration has changed has left the policies of its earlier selectors; that
 * of one which was to be wider is not that of the old. */
static bool policy_serves(const struct sim_host *host,
	const struct sad_entry *entry, const struct ike_policy *policy)
{
	struct ike_sa_status sa;
	struct ike_child_status at;
	uint64_t walk = 0;

	while (ike_next_sa(host->ike, &walk, &sa)) {
		for (size_t i = 0; i < sa.children; i++) {
			if (ike_child_at(host->ike, sa.sa, i, &at) &&
				at.child == entry->child)
				return within_any(&policy->local_ts,
					       at.local_ts,
					       at.local_ts_count) &&
				       within_any(&policy->remote_ts,
					       at.remote_ts,
					       at.remote_ts_count);
		}
	}
	/* It is gone already, and its SA should be before its policies; those
	 * of another child of that IKE SA may go before. */
	return meets_any(&policy->local_ts, &entry->sa.local_ts, 1) &&
	       meets_any(&policy->remote_ts, &entry->sa.remote_ts, 1);
}

/* A child that was widened has a policy around it, which leads to the same SA. */
static bool wider_stays(
	const struct sim_kernel *kernel, const struct ike_policy *policy)
{
	for (size_t i = 0; i < kernel->spds; i++) {
		const struct ike_policy *other = &kernel->spd[i].policy;

		if (other->reqid == policy->reqid &&
			selector_within(&policy->local_ts, &other->local_ts) &&
			selector_within(
				&policy->remote_ts, &other->remote_ts) &&
			(!selector_equal(&policy->local_ts, &other->local_ts) ||
				!selector_equal(
					&policy->remote_ts, &other->remote_ts)))
			return true;
	}
	return false;
}

/* Never in clear between up and down: the SAs go before their policy. */
static void check_policy_goes(
	struct sim *sim, struct sim_host *host, const struct ike_policy *policy)
{
	if (wider_stays(&host->kernel, policy))
		return;
	for (size_t i = 0; i < host->kernel.sads; i++) {
		const struct sad_entry *entry = &host->kernel.sad[i];

		if (entry->sa.out && entry->sa.reqid == policy->reqid &&
			entry->life == host->life &&
			policy_serves(host, entry, policy))
			sim_fail(sim, "leak",
				"%c deletes a policy while its SA is in use",
				host->letter);
	}
}

void oracle_effect(struct sim *sim, struct sim_host *host,
	const struct ike_effect *effect, bool refused)
{
	switch (effect->kind) {
	case IKE_SA_ADD:
		sim->batch.sa_changes++;
		check_order(sim, host, effect);
		record_sa(sim, host, &effect->add, refused);
		return;
	case IKE_SA_MOVE:
		sim->batch.sa_changes++;
		move_record(sim, host, &effect->move, refused);
		return;
	case IKE_SA_DELETE:
		sim->batch.sa_changes++;
		forget_record(sim, host, effect->del.ref);
		return;
	case IKE_POLICY_DELETE:
		sim->batch.policy_changes++;
		check_policy_goes(sim, host, &effect->policy);
		return;
	case IKE_POLICY_ADD:
		sim->batch.policy_changes++;
		return;
	case IKE_SEND:
	case IKE_SA_QUERY:
	case IKE_RESOLVE:
	case IKE_ROUTE:
	case IKE_FETCH:
	case IKE_REPORT:
	case IKE_EXPLAIN:
	case IKE_KEYS:
		return;
	}
}

/* --- What a core says and what its kernel holds --------------------------- */

/* Calls see() for each child of a host; false from it ends the walk. */
static void each_child(struct sim *sim, struct sim_host *host,
	void (*see)(struct sim *, struct sim_host *,
		const struct ike_sa_status *, const struct ike_child_status *))
{
	struct ike_sa_status sa;
	struct ike_child_status child;
	uint64_t at = 0;

	while (ike_next_sa(host->ike, &at, &sa)) {
		for (size_t i = 0; i < sa.children && !sim->failed; i++) {
			if (ike_child_at(host->ike, sa.sa, i, &child))
				see(sim, host, &sa, &child);
		}
	}
}

static void check_no_leak(struct sim *sim, struct sim_host *host,
	const struct ike_selector *local, const struct ike_selector *remote,
	const char *what)
{
	const struct spd_entry *policy;
	struct ike_flow flow;

	if (local->family == 0 || remote->family == 0 ||
		local->family != remote->family ||
		(local->protocol != 0 && remote->protocol != 0 &&
			local->protocol != remote->protocol))
		return;
	flow = sim_kernel_flow(local, remote);
	policy = sim_kernel_policy_out(&host->kernel, &flow);
	/* No shunt of ours has what a flow of this kind has. */
	if (policy && ike_is_shunt(policy->policy.mode))
		sim_fail(sim, "leak", "%c: a shunt takes what %s protects",
			host->letter, what);
	if (!policy)
		sim_fail(sim, "leak", "%c would send in clear: %s",
			host->letter, what);
}

static const struct sim_link *link_between(
	const struct sim *sim, unsigned a, unsigned b)
{
	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];

		if ((link->host[0] == a && link->host[1] == b) ||
			(link->host[0] == b && link->host[1] == a))
			return link;
	}
	return NULL;
}

/* Whatever was negotiated lies within what this host configured. */
static void check_within(struct sim *sim, const struct sim_host *host,
	const struct ike_sa_status *sa, const struct ike_child_status *child)
{
	struct ike_selector local[SIM_SELECTORS], remote[SIM_SELECTORS];
	unsigned other = (unsigned)(sa->peer->name[0] - 'a');
	const struct sim_link *link = link_between(sim, host->index, other);
	size_t c = (size_t)(child->name[1] - '1');
	unsigned side = link->host[0] == host->index ? 0 : 1;
	bool within = true;

	sim_child_selectors(&link->child[c], side,
		sim_shape(c, host->config.variant[link - sim->link]), local,
		remote);
	for (size_t i = 0; i < child->local_ts_count; i++)
		within &= within_any(&child->local_ts[i], local,
			link->child[c].local_count[side]);
	for (size_t i = 0; i < child->remote_ts_count; i++)
		within &= within_any(&child->remote_ts[i], remote,
			link->child[c].remote_count[side]);
	if (!within)
		sim_fail(sim, "agreement", "%c lets %s have more than it may",
			host->letter, child->name);
}

static void check_child(struct sim *sim, struct sim_host *host,
	const struct ike_sa_status *sa, const struct ike_child_status *child)
{
	if (!child->up)
		return;
	if (sa->peer)
		check_within(sim, host, sa, child);
	if (!sim_kernel_find(&host->kernel, child->in, false) ||
		!sim_kernel_find(&host->kernel, child->out, true)) {
		sim_fail(sim, "agreement",
			"%c says that %s is up, and its kernel has no SA",
			host->letter, child->name);
		return;
	}
	if (host->kernel.policy_refused)
		return;
	for (size_t i = 0; i < child->local_ts_count; i++) {
		for (size_t k = 0; k < child->remote_ts_count; k++)
			check_no_leak(sim, host, &child->local_ts[i],
				&child->remote_ts[k], child->name);
	}
}

static bool has_child_of(
	const struct sim_host *host, const struct sad_entry *entry)
{
	struct ike_sa_status sa;
	struct ike_child_status child;
	uint64_t at = 0;

	while (ike_next_sa(host->ike, &at, &sa)) {
		for (size_t i = 0; i < sa.children; i++) {
			if (ike_child_at(host->ike, sa.sa, i, &child) &&
				child.child == entry->child)
				return true;
		}
	}
	return false;
}

static void check_kernel(struct sim *sim, struct sim_host *host)
{
	for (size_t i = 0; i < host->kernel.sads; i++) {
		const struct sad_entry *entry = &host->kernel.sad[i];

		if (entry->life == host->life && !has_child_of(host, entry))
			sim_fail(sim, "agreement",
				"%c has SA %08x in its kernel and knows no child for it",
				host->letter, entry->sa.ref.spi);
	}
	each_child(sim, host, check_child);
}

/* Pass and drop are first for what they are about, and stand while they are
 * configured. */
static void check_shunt(
	struct sim *sim, struct sim_host *host, const struct sim_link *link)
{
	unsigned side = link->host[0] == host->index ? 0 : 1;
	struct ike_selector local, remote;
	const struct spd_entry *policy;
	struct ike_flow flow;

	if (!ike_is_shunt(link->shunt[side]))
		return;
	sim_shunt_selectors(link, side, &local, &remote);
	flow = sim_kernel_flow(&local, &remote);
	policy = sim_kernel_policy_out(&host->kernel, &flow);
	if (!policy || policy->policy.mode != link->shunt[side])
		sim_fail(sim, "leak", "%c has lost its shunt", host->letter);
}

/* Children that start now or on demand hold their policies while they are
 * configured. */
static void check_traps(struct sim *sim, struct sim_host *host)
{
	struct ike_selector local[SIM_SELECTORS], remote[SIM_SELECTORS];

	if (host->kernel.policy_refused || host->stopping)
		return;
	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];
		unsigned side = link->host[0] == host->index ? 0 : 1;

		if (link->host[side] != host->index || !host->config.present[i])
			continue;
		check_shunt(sim, host, link);
		for (size_t c = 0; c < link->children; c++) {
			const struct sim_child *child = &link->child[c];

			if (child->start[side] == IKE_START_WAIT)
				continue;
			sim_child_selectors(child, side,
				sim_shape(c, host->config.variant[i]), local,
				remote);
			for (size_t l = 0; l < child->local_count[side]; l++) {
				for (size_t r = 0;
					r < child->remote_count[side]; r++)
					check_no_leak(sim, host, &local[l],
						&remote[r], child->name);
			}
		}
	}
}

static void check_half_open(struct sim *sim, struct sim_host *host)
{
	const struct ike_limits *limits = &host->limits;
	struct ike_sa_status sa;
	uint64_t at = 0;
	uint32_t open = 0;

	while (ike_next_sa(host->ike, &at, &sa)) {
		if (sa.initiator || strcmp(sa.phase, "auth") != 0)
			continue;
		open++;
		if (sa.since_ms + limits->half_open_ms + SLACK_MS <
			sim->now.mono_ms)
			sim_fail(sim, "bounds",
				"%c keeps a half-open SA for ever",
				host->letter);
	}
	if (open > limits->half_open_limit + 8)
		sim_fail(sim, "bounds", "%c has %u half-open SAs", host->letter,
			open);
}

/* `status` says since when a peer is as it is. */
static void check_states(struct sim *sim, const struct sim_host *host)
{
	const char *peer = inside_stale_state(host->ike);

	if (peer)
		sim_fail(sim, "bounds",
			"%c has not noticed that %s is in another state",
			host->letter, peer);
}

void oracle_after(struct sim *sim, struct sim_host *host)
{
	if (!host->ike)
		return;
	oracle_forged(sim, host);
	oracle_request(sim, host);
	check_kernel(sim, host);
	check_traps(sim, host);
	check_half_open(sim, host);
	check_states(sim, host);
}

/* --- Black holes ---------------------------------------------------------- */

/* How long an end may go on sending to a peer that has lost the SA: the peer
 * gives up its Delete, then we notice that it is silent. */
static uint64_t hole_bound(const struct sim *sim, const struct sim_link *link)
{
	uint64_t wait = link->base_ms, total = 0;

	if (sim->calm)
		return CALM_HOLE_MS;
	for (uint8_t i = 0; i <= link->tries; i++) {
		total += wait;
		wait = wait * 9 / 5 < 60000 ? wait * 9 / 5 : 60000;
	}
	if (sim->was_late)
		total += SIM_LATE_MS;
	return 2 * total + 2 * (uint64_t)link->dpd_ms + SLACK_MS;
}

static bool heard(struct sim *sim, const struct sa_record *out)
{
	const struct sim_host *to = sim_host_at(sim, &out->sa.ref.dst);

	if (!to)
		return false;
	for (size_t i = 0; i < to->kernel.sads; i++) {
		const struct ike_ipsec_sa *sa = &to->kernel.sad[i].sa;

		if (!sa->out && sa->ref.spi == out->sa.ref.spi)
			return true;
	}
	return false;
}

void oracle_time(struct sim *sim)
{
	for (size_t i = 0; i < sim->oracle->count; i++) {
		struct sa_record *record = &sim->oracle->records[i];
		const struct sim_host *host = &sim->host[record->host];
		const struct sim_host *to;
		const struct sim_link *link;

		if (!record->live || !record->sa.out)
			continue;
		if (record->life != host->life || !host->ike) {
			record->live = false;
			continue;
		}
		to = sim_host_ever_at(sim, &record->sa.ref.dst);
		/* Nobody can be told by a peer that has no address. */
		if (heard(sim, record) ||
			(to && sim_addr(to, record->sa.ref.dst.family).family ==
					0)) {
			record->hole_ms = 0;
			continue;
		}
		if (record->hole_ms == 0)
			record->hole_ms = sim->now.mono_ms;
		link = to ? link_between(sim, record->host, to->index) : NULL;
		if (link && record->hole_ms + hole_bound(sim, link) <
				    sim->now.mono_ms)
			sim_fail(sim, "black hole",
				"nobody hears what %c sends with SA %08x",
				host->letter, record->sa.ref.spi);
	}
}

/* status.c - what there is, for those who ask: SAs, children, peers.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"

static const char *phase_name(enum sa_phase phase)
{
	switch (phase) {
	case PHASE_INIT:
		return "init";
	case PHASE_AUTH:
		return "auth";
	case PHASE_ESTABLISHED:
		return "established";
	case PHASE_CLOSING:
	case PHASE_DISOWNED:
		return "closing";
	case PHASE_DEAD:
		return "dead";
	}
	return "";
}

static const char *child_state(const struct child *child)
{
	switch (child->state) {
	case CHILD_ASKED:
		return "connecting";
	case CHILD_UP:
		return child->held_back ? "rekeying" : "up";
	case CHILD_DELETING:
	case CHILD_GONE:
		return "closing";
	}
	return "";
}

bool ike_next_sa(const struct ike *ike, uint64_t *at, struct ike_sa_status *out)
{
	size_t low = 0, high = ike->sa_count;
	const struct ike_sa *sa;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ike->sas[middle]->birth <= *at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == ike->sa_count)
		return false;
	sa = ike->sas[low];
	*at = sa->birth;
	*out = (struct ike_sa_status){
		.sa = sa->birth,
		.peer = sa->peer,
		.phase = phase_name(sa->phase),
		.established = sa->phase == PHASE_ESTABLISHED,
		.initiator = sa->initiator,
		.local = sa->local,
		.remote = sa->remote,
		.local_id = sa->local_id,
		.remote_id = sa->remote_id,
		.local_auth = sa->local_auth,
		.remote_auth = sa->remote_auth,
		.nat_local = sa->nat.local,
		.nat_remote = sa->nat.remote,
		.fragmentation = sa->fragmentation,
		.mobike = sa->mobike.supported,
		.suite = sa->suite,
		.since_ms = sa->phase == PHASE_ESTABLISHED ? sa->established_ms
							   : sa->born_ms,
		.rekey_at_ms = sa->phase == PHASE_ESTABLISHED ? sa->rekey_at_ms
							      : IKE_NEVER,
		.rtt_known = sa->window.rtt_known,
		.rtt_ms = sa->window.rtt_ms,
		.children = sa->child_count,
	};
	vendor_words(&sa->vendor, &out->implementation);
	memcpy(out->spi_i, sa->spi_i, IKE_SPI_LEN);
	memcpy(out->spi_r, sa->spi_r, IKE_SPI_LEN);
	return true;
}

bool ike_child_at(const struct ike *ike, uint64_t sa_birth, size_t i,
	struct ike_child_status *out)
{
	const struct ike_sa *sa = ike_find_birth(ike, sa_birth);
	const struct child *c = sa ? sa->children : NULL;

	for (; c && i > 0; i--)
		c = c->next;
	if (!c)
		return false;
	*out = (struct ike_child_status){
		.child = c->birth,
		.name = c->policy->name,
		.up = c->state == CHILD_UP && !c->held_back,
		.state = child_state(c),
		.mode = c->mode,
		.encap = c->encap,
		.suite = c->suite,
		.local_ts = c->local_ts.list,
		.remote_ts = c->remote_ts.list,
		.local_ts_count = c->local_ts.count,
		.remote_ts_count = c->remote_ts.count,
		.in = child_sa_ref(c, false),
		.out = child_sa_ref(c, true),
		.has_in = c->in_added,
		.has_out = c->out_added,
		.local = c->local,
		.remote = c->remote,
		.reqid = c->reqid,
		.if_id_in = c->policy->in.if_id,
		.if_id_out = c->policy->out.if_id,
		.since_ms = c->up_ms,
		.rekey_at_ms =
			c->state == CHILD_UP ? c->rekey_at_ms : IKE_NEVER,
		.wider_at_ms =
			c->state == CHILD_UP ? c->wider_at_ms : IKE_NEVER,
	};
	return true;
}

static bool is_stopped(const struct dial *dial)
{
	bool stopped = false;

	for (size_t i = 0; i < dial->peer->child_count; i++) {
		if (ike_is_shunt(dial->peer->children[i].mode))
			continue;
		if (!dial->asks[i].down)
			return false;
		stopped = true;
	}
	return stopped;
}

bool ike_peer_at(const struct ike *ike, size_t i, struct ike_peer_status *out)
{
	const struct dial *dial;
	const struct ike_sa *best;

	if (i >= ike->dials.count)
		return false;
	dial = ike->dials.dial[i];
	best = dial_best(dial);
	*out = (struct ike_peer_status){
		.peer = dial->peer,
		.state = dial_state(dial),
		.since_ms = dial->since_ms,
		.tries = dial->tries,
		.next_try_ms = dial->next_try_ms,
		.remote = best ? best->remote.addr : dial->remote,
		.cause = dial->cause,
		.error = dial->error,
		.failed_ms = dial->failed_ms,
		.failures = dial->failures,
		.counts = &dial->counts,
		.stopped = is_stopped(dial),
	};
	memcpy(out->text, dial->text, sizeof(out->text));
	return true;
}

size_t ike_sa_count(const struct ike *ike)
{
	return ike->sa_count;
}

size_t ike_half_open_count(const struct ike *ike)
{
	return ike->half_open;
}

uint64_t ike_generation(const struct ike *ike)
{
	return ike->generation;
}

bool ike_child_in_place(const struct ike *ike, const char *peer, size_t child)
{
	const struct dial *dial = dial_named(ike, peer);

	return dial && child < dial->peer->child_count &&
	       dial_in_place(dial, child);
}

bool ike_child_waits(const struct ike *ike, const char *peer, size_t child)
{
	const struct dial *dial = dial_named(ike, peer);

	return dial && child < dial->peer->child_count && dial_usable(dial) &&
	       dial_waits(dial, child);
}

size_t ike_policies(const struct ike *ike, struct ike_policy *out, size_t size)
{
	size_t count = 0;

	for (const struct policy *p = ike->policies.first; p; p = p->next) {
		if (p->absent)
			continue;
		if (count < size)
			out[count] = p->kernel;
		count++;
	}
	return count;
}

void ike_tell_keys(struct ike *ike, bool tell)
{
	ike->tell_keys = tell;
}

bool ike_sa_keys_of(
	const struct ike *ike, uint64_t birth, struct ike_sa_keys *out)
{
	const struct ike_sa *sa = ike_find_birth(ike, birth);

	if (!sa || sa->phase == PHASE_INIT)
		return false;
	sa_keys(sa, sa->peer, out);
	return true;
}

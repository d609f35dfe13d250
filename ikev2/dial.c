/* dial.c - what keeps a configured peer connected: tries, failures, and what is wanted.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/exchange.h"
#include "ikev2/identity.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	RETRY_FIRST_MS = 1000,
	RETRY_MAX_MS = 300000,
	/* As responder: time for the peer to ask for the other children. */
	FILL_AS_RESPONDER_MS = 5000,
	/* A duplicate is left alone until both sides have seen both. */
	DUPLICATE_MS = 5000,
	/* Strangers must not make us flood a name server. */
	LOOK_AGAIN_MS = 10000,
	LOOKS_AT_ONCE = 8,
};

/* --- Birth and death ------------------------------------------------------ */

struct dial *dial_new(struct ike *ike, struct ike_peer *peer)
{
	struct dial *dial = calloc(1, sizeof(*dial));
	size_t n = peer->child_count ? peer->child_count : 1;

	if (!dial)
		return NULL;
	dial->wanted = calloc(n, sizeof(bool));
	dial->traps = calloc(n, sizeof(struct policy **));
	dial->trap_counts = calloc(n, sizeof(size_t));
	dial->birth = ++ike->births;
	if (!dial->wanted || !dial->traps || !dial->trap_counts ||
		!wake_join(&ike->wakes, &dial->wake, WAKE_DIAL, dial->birth)) {
		free(dial->wanted);
		free(dial->traps);
		free(dial->trap_counts);
		free(dial);
		return NULL;
	}
	dial->peer = ike_peer_ref(peer);
	dial->next_try_ms = IKE_NEVER;
	dial->since_ms = ike->now.mono_ms;
	return dial;
}

static void untouch(struct ike *ike, const struct dial *dial)
{
	struct dial **at = &ike->touched_dials;

	while (*at && *at != dial)
		at = &(*at)->touched_next;
	if (*at)
		*at = dial->touched_next;
}

void dial_free(struct ike *ike, struct dial *dial)
{
	while (dial->sas)
		dial_abandon(dial->sas);
	dial_drop_traps(ike, dial);
	untouch(ike, dial);
	wake_leave(&ike->wakes, &dial->wake);
	ike_peer_unref(dial->peer);
	free(dial->wanted);
	free(dial->traps);
	free(dial->trap_counts);
	free(dial);
}

void dials_free(struct ike *ike)
{
	for (size_t i = 0; i < ike->dials.count; i++) {
		/* No effects any more: the owner is going away. */
		struct dial *dial = ike->dials.dial[i];

		if (ike_reserve(ike, 4 * MAX_PAIRS))
			dial_free(ike, dial);
	}
	free(ike->dials.dial);
	ike->dials = (struct dials){ 0 };
}

struct dial *dial_named(const struct ike *ike, const char *name)
{
	for (size_t i = 0; i < ike->dials.count; i++) {
		if (strcmp(ike->dials.dial[i]->peer->name, name) == 0)
			return ike->dials.dial[i];
	}
	return NULL;
}

int dial_child_index(const struct dial *dial, const char *name)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		if (strcmp(dial->peer->children[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

/* --- Its IKE SAs ---------------------------------------------------------- */

void dial_adopt(struct dial *dial, struct ike_sa *sa)
{
	sa->dial = dial;
	sa->dial_newer = NULL;
	sa->dial_older = dial->sas;
	if (dial->sas)
		dial->sas->dial_newer = sa;
	dial->sas = sa;
	dial->remote = sa->remote.addr;
}

void dial_abandon(struct ike_sa *sa)
{
	struct dial *dial = sa->dial;

	if (!dial)
		return;
	if (dial->attempt == sa)
		dial->attempt = NULL;
	if (sa->dial_newer)
		sa->dial_newer->dial_older = sa->dial_older;
	else
		dial->sas = sa->dial_older;
	if (sa->dial_older)
		sa->dial_older->dial_newer = sa->dial_newer;
	sa->dial = NULL;
	sa->dial_newer = sa->dial_older = NULL;
}

struct ike_sa *dial_best(const struct dial *dial)
{
	struct ike_sa *sa =
		dial->sas; /* One that the peer has not used yet may still lose a collision. */
	while (sa && (sa->phase != PHASE_ESTABLISHED || sa->predecessor))
		sa = sa->dial_older;
	return sa;
}

bool dial_has_child(const struct dial *dial, const char *name)
{
	for (const struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		for (const struct child *c = sa->children; c; c = c->next) {
			if (c->state == CHILD_UP &&
				strcmp(c->policy->name, name) == 0)
				return true;
		}
	}
	return false;
}

bool dial_usable(const struct dial *dial)
{
	const struct ike_peer *peer = dial->peer;

	return peer->enabled && !peer->error[0] && peer->psk_len > 0;
}

bool dial_is_template(const struct dial *dial)
{
	const struct ike_side *remote = &dial->peer->remote;

	for (size_t i = 0; i < remote->place_count; i++) {
		const struct ike_place *place = &remote->places[i];

		if (place->kind == IKE_PLACE_NAME ||
			(place->kind == IKE_PLACE_RANGE &&
				ike_addr_equal(&place->first, &place->last)))
			return false;
	}
	return true;
}

/* --- Does it fit an address? ---------------------------------------------- */

enum { RANK_ANY = 1, RANK_NAME = 2, RANK_RANGE = 3, RANK_ADDRESS = 256 };

/* How many leading bits first and last have in common, plus RANK_RANGE. */
static unsigned range_rank(const struct ike_place *place)
{
	size_t len = ike_addr_len(place->first.family);
	unsigned bits = 0;

	if (ike_addr_equal(&place->first, &place->last))
		return RANK_ADDRESS;
	for (size_t i = 0; i < len * 8; i++) {
		unsigned shift = 7 - (unsigned)(i % 8);

		if ((place->first.octets[i / 8] >> shift & 1) !=
			(place->last.octets[i / 8] >> shift & 1))
			break;
		bits++;
	}
	return RANK_RANGE + bits;
}

static unsigned place_rank(const struct ike_place *place,
	const struct ike_addr *addr, const struct dial *resolved)
{
	switch (place->kind) {
	case IKE_PLACE_ANY:
		return RANK_ANY;
	case IKE_PLACE_RANGE:
		if (place->first.family != addr->family ||
			ike_addr_compare(addr, &place->first) < 0 ||
			ike_addr_compare(addr, &place->last) > 0)
			return 0;
		return range_rank(place);
	case IKE_PLACE_NAME:
		/* As it was resolved last; our own names fit anything. */
		for (size_t i = 0; resolved && i < resolved->pair_count; i++) {
			if (ike_addr_equal(&resolved->pairs[i].remote, addr))
				return RANK_ADDRESS;
		}
		return resolved ? 0 : RANK_NAME;
	}
	return 0;
}

static unsigned side_rank(const struct ike_side *side,
	const struct ike_addr *addr, const struct dial *resolved)
{
	unsigned best = side->place_count == 0 ? RANK_ANY : 0;

	for (size_t i = 0; i < side->place_count; i++) {
		unsigned rank = place_rank(&side->places[i], addr, resolved);

		if (rank > best)
			best = rank;
	}
	return best;
}

unsigned dial_fits(const struct dial *dial, const struct ike_endpoint *local,
	const struct ike_endpoint *remote)
{
	const struct ike_peer *peer = dial->peer;
	unsigned there, here;

	if (!dial_usable(dial))
		return 0;
	here = side_rank(&peer->local, &local->addr, NULL);
	there = side_rank(&peer->remote, &remote->addr, dial);
	/* The remote side decides, the local side breaks a tie. */
	return here && there ? there * 1024 + here : 0;
}

/* --- Failures and tries --------------------------------------------------- */

/* Kept in the dial, where those who report it find its text. */
__attribute__((format(printf, 5, 0))) static void note(struct dial *dial,
	uint64_t now_ms, enum ike_cause cause, enum ike_error error,
	const char *format, va_list args)
{
	dial->cause = cause;
	dial->error = error;
	dial->failed_ms = now_ms;
	dial->failures++;
	vsnprintf(dial->text, sizeof(dial->text), format, args);
}

void dial_failed(struct ike *ike, struct dial *dial, enum ike_cause cause,
	enum ike_error error, const char *child, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(dial, ike->now.mono_ms, cause, error, format, args);
	va_end(args);
	ike_tell(ike, IKE_REPORT_FAILED, cause, dial->peer->name, child, "%s",
		dial->text);
}

void dial_refused(struct ike *ike, struct dial *dial, enum ike_cause cause,
	enum ike_error error, const char *child, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(dial, ike->now.mono_ms, cause, error, format, args);
	va_end(args);
	if (!ike_may_complain(ike))
		return;
	ike_tell(ike, IKE_REPORT_REFUSED, cause, dial->peer->name, child, "%s",
		dial->text);
}

static bool wants_anything(const struct dial *dial)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		if (dial->wanted[i])
			return true;
	}
	return false;
}

/* What was asked for once, by hand or by a packet, is not asked for again by
 * itself.  child NULL: none of them. */
static void forget_once_wanted(struct dial *dial, const char *child)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		const struct ike_child_policy *policy =
			&dial->peer->children[i];

		if (child && strcmp(policy->name, child) != 0)
			continue;
		if (policy->start != IKE_START_NOW || !dial->peer->keep_trying)
			dial->wanted[i] = false;
	}
}

/* 1 s, doubled each time up to 5 minutes, and up to a quarter more. */
static uint64_t retry_ms(struct ike *ike, uint32_t tries)
{
	uint64_t wait = RETRY_FIRST_MS;
	uint8_t jitter;

	for (uint32_t i = 1; i < tries && wait < RETRY_MAX_MS; i++)
		wait *= 2;
	if (wait > RETRY_MAX_MS)
		wait = RETRY_MAX_MS;
	ike->env.random(ike->env.ctx, &jitter, 1);
	return wait + wait * jitter / 1024;
}

void dial_retry(struct ike *ike, struct dial *dial, const char *child)
{
	ike_touch_dial(ike, dial);
	dial->tries++;
	forget_once_wanted(dial, child);
	if (wants_anything(dial) && !ike->stopping)
		dial->next_try_ms =
			ike->now.mono_ms + retry_ms(ike, dial->tries);
}

static void try_next_address(struct ike *ike, struct dial *dial);

void dial_attempt_failed(struct ike_sa *sa, enum ike_cause cause,
	enum ike_error error, const char *format, ...)
{
	struct dial *dial = sa->dial;
	struct ike *ike = sa->ike;
	va_list args;

	if (!dial)
		return;
	va_start(args, format);
	note(dial, ike->now.mono_ms, cause, error, format, args);
	va_end(args);
	dial_abandon(sa);
	if (dial->pair_next < dial->pair_count) {
		ike_tell(ike, IKE_REPORT_PROGRESS, cause, dial->peer->name,
			NULL, "%s; trying the next address", dial->text);
		try_next_address(ike, dial);
		return;
	}
	ike_tell(ike, IKE_REPORT_FAILED, cause, dial->peer->name, NULL, "%s",
		dial->text);
	dial_retry(ike, dial, NULL);
}

/* --- Connecting ----------------------------------------------------------- */

static void try_next_address(struct ike *ike, struct dial *dial)
{
	const struct ike_address_pair *pair = &dial->pairs[dial->pair_next++];
	const struct work init = { .exchange = &exchange_init };
	uint16_t port = dial->peer->remote.port ? dial->peer->remote.port
						: ike->limits.port;
	const struct ike_endpoint local = { pair->local, ike->limits.port };
	const struct ike_endpoint remote = { pair->remote, port };
	struct ike_sa *sa = sa_new(ike, true, &local, &remote);
	char addr[IKE_ADDR_SIZE];

	if (!sa) {
		dial_retry(ike, dial, NULL);
		return;
	}
	sa->peer = ike_peer_ref(dial->peer);
	dial_adopt(dial, sa);
	dial->attempt = sa;
	ike_tell(ike, IKE_REPORT_PROGRESS, IKE_CAUSE_NONE, dial->peer->name,
		NULL, "connecting to %s port %u",
		ike_addr_text(&remote.addr, addr), port);
	(void)sa_want(sa, &init);
}

void dial_start(struct ike *ike, struct dial *dial)
{
	ike_touch_dial(ike, dial);
	dial->next_try_ms = IKE_NEVER;
	if (dial->attempt || dial->resolving || ike->stopping ||
		!dial_usable(dial) || dial_is_template(dial))
		return;
	ike_tell(ike, IKE_REPORT_CONNECTING, IKE_CAUSE_NONE, dial->peer->name,
		NULL, "connecting");
	dial->resolving = true;
	ike_emit(ike, IKE_RESOLVE)->resolve = dial->peer;
}

void dial_look(struct ike *ike, struct dial *dial)
{
	bool needed = dial_usable(dial) && !dial_is_template(dial);

	if (!needed || dial->resolving)
		return;
	dial->looked_ms = ike->now.mono_ms;
	ike_emit(ike, IKE_RESOLVE)->resolve = dial->peer;
}

static bool has_name(const struct dial *dial)
{
	const struct ike_side *remote = &dial->peer->remote;

	for (size_t i = 0; i < remote->place_count; i++) {
		if (remote->places[i].kind == IKE_PLACE_NAME)
			return true;
	}
	return false;
}

/* Until its name is known a peer cannot be told from a stranger. */
static void look_later(struct ike *ike, struct dial *dial)
{
	if (dial->next_try_ms != IKE_NEVER || ike->stopping)
		return;
	dial->looks_failed++;
	dial->next_try_ms =
		ike->now.mono_ms + retry_ms(ike, dial->looks_failed);
}

void dial_look_again(struct ike *ike)
{
	size_t looks = 0;

	for (size_t i = 0; i < ike->dials.count && looks < LOOKS_AT_ONCE; i++) {
		struct dial *dial = ike->dials.dial[i];

		if (!has_name(dial) ||
			ike->now.mono_ms - dial->looked_ms < LOOK_AGAIN_MS)
			continue;
		dial_look(ike, dial);
		looks++;
	}
}

void ike_resolved(struct ike *ike, struct ike_now now,
	const struct ike_resolution *resolution)
{
	struct dial *dial = dial_named(ike, resolution->peer);
	size_t count = resolution->count;

	bool connect;

	if (!dial || !ike_begin(ike, now))
		return;
	connect = dial->resolving;
	dial->resolving = false;
	ike_touch_dial(ike, dial);
	if (count > MAX_ADDRESS_PAIRS)
		count = MAX_ADDRESS_PAIRS;
	if (count == 0 && connect) {
		dial_failed(ike, dial,
			resolution->cause ? resolution->cause : IKE_CAUSE_NAME,
			IKE_OK, NULL, "%s",
			resolution->error ? resolution->error
					  : "no address to connect to");
		dial_retry(ike, dial, NULL);
	} else if (count == 0) {
		look_later(ike, dial);
	} else {
		dial->looks_failed = 0;
		memcpy(dial->pairs, resolution->pairs,
			count * sizeof(dial->pairs[0]));
		dial->pair_count = count;
		dial->pair_next = connect ? 0 : count;
		dial_set_traps(ike, dial);
		/* The peer may have been faster than its name server. */
		if (connect && dial_best(dial))
			dial_fill(ike, dial);
		else if (connect)
			try_next_address(ike, dial);
	}
	ike_end(ike);
}

void dial_cancel(struct ike *ike, struct dial *dial)
{
	struct ike_sa *attempt = dial->attempt;

	ike_touch_dial(ike, dial);
	dial->resolving = false;
	dial->next_try_ms = IKE_NEVER;
	dial->pair_next = dial->pair_count;
	if (attempt)
		sa_die(attempt, IKE_CAUSE_NONE, NULL);
}

/* --- Being connected ------------------------------------------------------ */

/* Two IKE SAs of one pair of identities, each begun by another side: the one
 * with the lowest nonce is closed by its initiator, as in a collision of
 * rekeys (RFC 7296 section 2.8.1), once both sides must have seen both. */
static void settle_duplicate(struct ike_sa *a, struct ike_sa *b)
{
	struct ike_sa *loser =
		memcmp(a->low_nonce, b->low_nonce, NONCE_LEN) < 0 ? a : b;

	if (!loser->initiator)
		return;
	loser->redundant = true;
	loser->close_ms = loser->ike->now.mono_ms + DUPLICATE_MS;
	ike_touch(loser);
}

/* The SAs that this one makes superfluous. */
static void settle_others(struct ike_sa *sa, bool others_gone)
{
	struct ike_sa *old = ike_same_id(sa->ike, sa, NULL), *next;

	for (; old; old = next) {
		next = ike_same_id(sa->ike, sa, old);
		if (old == sa || old->dial != sa->dial ||
			old->phase != PHASE_ESTABLISHED ||
			!identity_equal(&old->remote_id, &sa->remote_id) ||
			!identity_equal(&old->local_id, &sa->local_id))
			continue;
		/* Nobody is left there to answer a Delete (RFC 7296 section
		 * 2.4). */
		if (others_gone)
			sa_die(old, IKE_CAUSE_NONE,
				"the peer has started anew");
		else if (!sa->peer->unique)
			continue;
		else if (old->initiator == sa->initiator)
			sa_close(old, "replaced by a newer IKE SA");
		else
			settle_duplicate(old, sa);
	}
}

void dial_ike_up(struct ike_sa *sa, bool others_gone)
{
	struct dial *dial = sa->dial;
	struct ike *ike = sa->ike;

	ike_touch_dial(ike, dial);
	dial->tries = 0;
	dial->remote = sa->remote.addr;
	if (dial->attempt == sa)
		dial->attempt = NULL;
	settle_others(sa, others_gone);
	if (sa->initiator || dial_is_template(dial))
		return;
	/* Ours has not been answered yet, so nobody will miss it. */
	if (dial->attempt && dial->attempt->phase == PHASE_INIT)
		dial_cancel(ike, dial);
	dial->next_try_ms = ike->now.mono_ms + FILL_AS_RESPONDER_MS;
}

void dial_child_up(struct ike_sa *sa)
{
	sa->dial->tries = 0;
	ike_touch_dial(sa->ike, sa->dial);
}

void dial_fill(struct ike *ike, struct dial *dial)
{
	struct ike_sa *sa = dial_best(dial);

	ike_touch_dial(ike, dial);
	if (!sa || ike->stopping)
		return;
	for (size_t i = 0; i < sa->peer->child_count; i++) {
		const struct ike_child_policy *policy = &sa->peer->children[i];
		struct work work = { .exchange = &exchange_child_new };
		const struct child *c = sa->children;
		struct child *child;

		while (c && (c->policy != policy || c->state == CHILD_DELETING))
			c = c->next;
		if (c || !dial->wanted[i] || dial_has_child(dial, policy->name))
			continue;
		child = child_new(sa, policy, true);
		if (!child)
			return;
		work.child = child->birth;
		if (!sa_want(sa, &work)) {
			child_free(child);
			return;
		}
	}
}

void dial_lost(struct ike *ike, struct dial *dial)
{
	ike_touch_dial(ike, dial);
	forget_once_wanted(dial, NULL);
	if (!wants_anything(dial) || ike->stopping)
		return;
	dial->next_try_ms = ike->now.mono_ms + retry_ms(ike, 1);
}

void dial_retry_traps(struct ike *ike, struct dial *dial)
{
	ike_touch_dial(ike, dial);
	if (dial->next_try_ms == IKE_NEVER && !ike->stopping)
		dial->next_try_ms = ike->now.mono_ms + retry_ms(ike, 1);
}

uint64_t dial_deadline(const struct dial *dial)
{
	return dial->next_try_ms;
}

void dial_wake(struct ike *ike, struct dial *dial)
{
	if (dial->next_try_ms > ike->now.mono_ms)
		return;
	dial->next_try_ms = IKE_NEVER;
	/* The kernel may have refused one, and take it now. */
	dial_set_traps(ike, dial);
	if (dial_best(dial))
		dial_fill(ike, dial);
	else if (wants_anything(dial))
		dial_start(ike, dial);
	else if (dial->pair_count == 0 && has_name(dial))
		dial_look(ike, dial);
}

enum ike_peer_state dial_state(const struct dial *dial)
{
	bool on_demand = false;

	for (const struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		if (sa->phase != PHASE_ESTABLISHED)
			continue;
		for (const struct child *c = sa->children; c; c = c->next) {
			if (c->state == CHILD_UP)
				return IKE_PEER_UP;
		}
	}
	if (dial->attempt || dial->resolving)
		return IKE_PEER_CONNECTING;
	for (size_t i = 0; i < dial->peer->child_count; i++)
		on_demand |=
			dial->peer->children[i].start == IKE_START_ON_DEMAND;
	return on_demand && dial_usable(dial) ? IKE_PEER_ON_DEMAND
					      : IKE_PEER_DOWN;
}

/* --- Traps ---------------------------------------------------------------- */

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

		wanted[i].local = pair->local;
		wanted[i].remote = pair->remote;
		wanted[i].mode = policy->mode;
		wanted[i].reqid = policy->reqid;
		wanted[i].priority =
			policy->priority ? policy->priority
					 : policy_priority(POLICY_BAND_CHILD,
						   &wanted[i].local_ts,
						   &wanted[i].remote_ts);
		policy_held = policy_hold(ike, &wanted[i], owner, 0, 0);
		if (policy_held)
			held[n++] = policy_held;
	}
	/* Hold the new before letting go of the old: never a gap. */
	for (size_t i = 0; i < dial->trap_counts[index]; i++)
		policy_release(ike, dial->traps[index][i]);
	free(dial->traps[index]);
	dial->traps[index] = held;
	dial->trap_counts[index] = n;
}

void dial_set_traps(struct ike *ike, struct dial *dial)
{
	static const struct ike_address_pair unknown;
	const struct ike_address_pair *pair =
		dial->pair_count ? &dial->pairs[0] : &unknown;

	if (!dial->peer->enabled || dial_is_template(dial))
		return;
	/* A child in use has the addresses of its SAs; leave it alone. */
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		const struct ike_child_policy *policy =
			&dial->peer->children[i];

		if (policy->start == IKE_START_WAIT ||
			(dial->trap_counts[i] &&
				dial_has_child(dial, policy->name)))
			continue;
		set_trap(ike, dial, i, pair);
	}
}

void dial_drop_traps(struct ike *ike, struct dial *dial)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		for (size_t n = 0; n < dial->trap_counts[i]; n++)
			policy_release(ike, dial->traps[i][n]);
		free(dial->traps[i]);
		dial->traps[i] = NULL;
		dial->trap_counts[i] = 0;
	}
}

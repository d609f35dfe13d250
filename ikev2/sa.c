/* sa.c - birth, phase changes and death of an IKE SA; the one place that wipes.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"
#include "ikev2/exchange.h"
#include "ikev2/strangers.h"
#include "ikev2/verify.h"

#include <stdlib.h>

static void new_spi(struct ike *ike, uint8_t spi[static IKE_SPI_LEN])
{
	static const uint8_t none[IKE_SPI_LEN];

	do
		ike->env.random(ike->env.ctx, spi, IKE_SPI_LEN);
	while (memcmp(spi, none, IKE_SPI_LEN) == 0 || ike_find_sa(ike, spi));
}

struct ike_sa *sa_new(struct ike *ike, bool initiator,
	const struct ike_endpoint *local, const struct ike_endpoint *remote)
{
	struct ike_sa *sa = calloc(1, sizeof(*sa));

	if (!sa)
		return NULL;
	sa->ike = ike;
	sa->birth = ++ike->births;
	sa->initiator = initiator;
	sa->phase = PHASE_INIT;
	sa->local = *local;
	sa->remote = *remote;
	sa->born_ms = ike->now.mono_ms;
	new_spi(ike, initiator ? sa->spi_i : sa->spi_r);
	sa->handshake = calloc(1, sizeof(*sa->handshake));
	if (!sa->handshake || !ike_enter(sa)) {
		free(sa->handshake);
		free(sa);
		return NULL;
	}
	ike_touch(sa);
	return sa;
}

void sa_handshake_done(struct ike_sa *sa)
{
	struct handshake *h = sa->handshake;

	if (!h)
		return;
	packet_unref(h->init_request);
	packet_unref(h->init_reply);
	sodium_memzero(h, sizeof(*h));
	free(h);
	sa->handshake = NULL;
}

uint64_t sa_soft_end(struct ike *ike, uint32_t soft_ms)
{
	uint8_t jitter;

	if (soft_ms == 0)
		return IKE_NEVER;
	ike->env.random(ike->env.ctx, &jitter, 1);
	return ike->now.mono_ms + soft_ms -
	       (uint64_t)soft_ms * jitter / (10 * 255);
}

uint64_t sa_hard_end(const struct ike *ike, uint32_t soft_ms)
{
	if (soft_ms == 0)
		return IKE_NEVER;
	return ike->now.mono_ms + soft_ms + soft_ms / 10;
}

/* Enough of a nonce to tell which is lower: two that agree in 32 random octets
 * are the same. */
static void nonce_head(const struct sa_nonce *nonce, uint8_t out[NONCE_LEN])
{
	memset(out, 0, NONCE_LEN);
	memcpy(out, nonce->data,
		nonce->len < NONCE_LEN ? nonce->len : NONCE_LEN);
}

void nonce_lower(const struct sa_nonce *a, const struct sa_nonce *b,
	uint8_t out[NONCE_LEN])
{
	uint8_t other[NONCE_LEN];

	nonce_head(a, out);
	nonce_head(b, other);
	if (memcmp(other, out, NONCE_LEN) < 0)
		memcpy(out, other, NONCE_LEN);
}

void sa_keyed(struct ike_sa *sa)
{
	sa->phase = PHASE_AUTH;
	if (sa->peer)
		sa_tell_keys(sa, sa->peer);
}

void sa_keys(const struct ike_sa *sa, const struct ike_peer *peer,
	struct ike_sa_keys *out)
{
	*out = (struct ike_sa_keys){
		.encr = sa->suite.encr,
		.integ = sa->suite.integ,
		.sk_ei = sa->keys.sk_ei,
		.sk_er = sa->keys.sk_er,
		.sk_ai = sa->keys.sk_ai,
		.sk_ar = sa->keys.sk_ar,
	};
	if (peer)
		memcpy(out->peer, peer->name, MAX_NAME);
	memcpy(out->spi_i, sa->spi_i, IKE_SPI_LEN);
	memcpy(out->spi_r, sa->spi_r, IKE_SPI_LEN);
}

void sa_tell_keys(const struct ike_sa *sa, const struct ike_peer *peer)
{
	struct ike_effect *effect;

	if (!sa->ike->tell_keys)
		return;
	effect = ike_emit(sa->ike, IKE_KEYS);
	effect->sa = sa->birth;
	sa_keys(sa, peer, &effect->keys);
}

void sa_establish(struct ike_sa *sa, struct verified *proof)
{
	verified_spend(proof, sa);
	nonce_lower(&sa->handshake->nonce_i, &sa->handshake->nonce_r,
		sa->low_nonce);
	sa->phase = PHASE_ESTABLISHED;
	sa->established_ms = sa->ike->now.mono_ms;
	sa->heard_ms = sa->ike->now.mono_ms;
	strangers_leave(sa);
	sa->rekey_at_ms = sa_soft_end(sa->ike, sa->peer->rekey_ms);
	sa->expire_at_ms = sa_hard_end(sa->ike, sa->peer->rekey_ms);
	ike_enter_id(sa);
	ike_touch(sa);
}

void sa_remove_children(struct ike_sa *sa, const char *why)
{
	while (sa->children) {
		struct child *child = sa->children;

		if (child->state == CHILD_UP)
			child_down(child, why);
		child_free(child);
	}
}

void sa_tell_down(
	const struct ike_sa *sa, enum ike_cause cause, const char *why)
{
	ike_report(sa->ike, EVENT_IKE_DOWN, cause, sa->peer->name, NULL,
		FACTS(fact_endpoint("remote", &sa->remote),
			fact_text("why", why)),
		"IKE SA down: %s", why);
}

void sa_die(struct ike_sa *sa, enum ike_cause cause, const char *why)
{
	bool was_up = sa->phase == PHASE_ESTABLISHED;
	struct dial *dial = sa->dial;

	if (sa->phase == PHASE_DEAD)
		return;
	rekey_forget(sa);
	if (rekey_heir(sa)) {
		rekey_take_over(rekey_heir(sa));
		was_up = false;
	}
	if (was_up && cause == IKE_CAUSE_UNREACHABLE)
		dial_lose_children(sa, sa->peer->dpd_action);
	sa->phase = PHASE_DEAD;
	sa_remove_children(sa, why ? why : "IKE SA ended");
	if (was_up && sa->peer)
		sa_tell_down(sa, cause, why ? why : "ended");
	dial_abandon(sa);
	ike_touch(sa);
	if (dial && was_up)
		dial_lost(sa->ike, dial);
}

void sa_linger(struct ike_sa *sa)
{
	sa_remove_children(sa, "IKE SA ended");
	if (sa->phase == PHASE_AUTH)
		strangers_refuse(sa);
	sa->phase = sa->phase == PHASE_AUTH ? PHASE_DISOWNED : PHASE_CLOSING;
	sa->queue_count = 0;
	sa->redundant = false;
	sa->close_ms = sa->ike->now.mono_ms + sa->ike->limits.half_open_ms;
	ike_touch(sa);
}

void sa_disown(struct ike_sa *sa, enum ike_error error, const char *why)
{
	const struct work tell = { .exchange = &exchange_delete,
		.error = error };

	sa_remove_children(sa, why);
	sa->phase = PHASE_DISOWNED;
	(void)sa_want(sa, &tell);
}

void sa_close_quietly(struct ike_sa *sa)
{
	const struct work work = { .exchange = &exchange_delete };

	if (sa_is_over(sa))
		return;
	/* One that the peer makes already has to be deleted, too. */
	if (!rekey_is_asked(sa))
		rekey_forget(sa);
	sa->phase = PHASE_CLOSING;
	sa->queue_count = 0;
	sa->redundant = false;
	sa->close_ms = 0;
	dial_abandon(sa);
	(void)sa_want(sa, &work);
}

void sa_close(struct ike_sa *sa, const char *why)
{
	if (sa_is_over(sa))
		return;
	if (sa->phase != PHASE_ESTABLISHED) {
		sa_die(sa, IKE_CAUSE_NONE, why);
		return;
	}
	sa_remove_children(sa, why);
	sa_tell_down(sa, IKE_CAUSE_NONE, why);
	sa_close_quietly(sa);
}

void sa_free(struct ike_sa *sa)
{
	while (sa->children)
		child_free(sa->children);
	dial_abandon(sa);
	strangers_leave(sa);
	sa_handshake_done(sa);
	window_free(sa);
	waiting_end(sa);
	fragment_forget(sa, false);
	fragment_forget(sa, true);
	ike_leave(sa);
	ike_peer_unref(sa->peer);
	sodium_memzero(sa, sizeof(*sa));
	free(sa);
}

bool sa_wants(
	const struct ike_sa *sa, const struct exchange *row, uint64_t child)
{
	const struct work *flight = &sa->window.work;

	if (sa->window.request && flight->exchange == row &&
		flight->child == child)
		return true;
	for (size_t i = 0; i < sa->queue_count; i++) {
		if (sa->queue[i].exchange == row && sa->queue[i].child == child)
			return true;
	}
	return false;
}

bool sa_want(struct ike_sa *sa, const struct work *work)
{
	if (sa_wants(sa, work->exchange, work->child) ||
		sa->queue_count == MAX_WORK)
		return false;
	sa->queue[sa->queue_count++] = *work;
	ike_touch(sa);
	return true;
}

void sa_want_first(struct ike_sa *sa, const struct work *work)
{
	if (!sa_want(sa, work))
		return;
	memmove(&sa->queue[1], &sa->queue[0],
		(sa->queue_count - 1U) * sizeof(sa->queue[0]));
	sa->queue[0] = *work;
}

void sa_forget_work(struct ike_sa *sa, uint64_t child)
{
	size_t kept = 0;

	for (size_t i = 0; i < sa->queue_count; i++) {
		if (sa->queue[i].child != child)
			sa->queue[kept++] = sa->queue[i];
	}
	sa->queue_count = (uint8_t)kept;
}

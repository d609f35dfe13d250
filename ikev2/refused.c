/* refused.c - what the kernel says no to, and what it says is used up.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/counts.h"
#include "ikev2/engine.h"
#include "ikev2/exchange.h"

enum { SPI_TRIES = 3, SPI_TRIES_MS = 60000 };

/* Effects that were not given out yet, and now never will be. */
static void withdraw(struct ike *ike,
	bool (*unwanted)(const struct queued *queued, void *ctx), void *ctx)
{
	struct effects *effects = &ike->effects;
	size_t kept = 0;

	for (size_t i = 0; i < effects->count; i++) {
		struct queued *q =
			&effects->ring[(effects->first + i) % effects->size];

		if (unwanted(q, ctx)) {
			sodium_memzero(q, sizeof(*q));
			continue;
		}
		effects->ring[(effects->first + kept++) % effects->size] = *q;
	}
	effects->count = kept;
}

static bool is_good_news(const struct ike_effect *e)
{
	return e->kind == IKE_REPORT &&
	       (e->report.kind == IKE_REPORT_CHILD_UP ||
		       e->report.kind == IKE_REPORT_REKEYED);
}

/* SAs of this child, the word that it is up, and what follows from that.  What
 * goes to the peer stays: the window counts on it. */
static bool is_of_child(const struct queued *queued, void *ctx)
{
	const struct ike_effect *e = &queued->effect;
	struct child *child = ctx;

	if (e->child != child->birth)
		return false;
	if (e->kind == IKE_SA_ADD && e->add.out)
		child->out_added = false;
	if (e->kind == IKE_SA_ADD && !e->add.out)
		child->in_added = false;
	return e->kind == IKE_SA_ADD || queued->then || is_good_news(e);
}

/* A child that ended before its SA was refused: what was not added is not
 * deleted either, as it could be somebody else's. */
static bool is_its_delete(const struct queued *queued, void *ctx)
{
	const struct ike_effect *refused = ctx, *e = &queued->effect;

	return e->kind == IKE_SA_DELETE && e->child == refused->child &&
	       e->del.ref.spi == refused->add.ref.spi &&
	       ike_addr_equal(&e->del.ref.dst, &refused->add.ref.dst);
}

/* SPIs are random, so one that is there already is bad luck; but not more often
 * than this. */
static bool at_once(struct child *child, enum ike_refusal why)
{
	struct dial *dial = child->sa->dial;
	uint64_t now = child->sa->ike->now.mono_ms;

	if (why != IKE_REFUSAL_EXISTS || !dial)
		return false;
	if (dial->spi_tries == 0 || now - dial->spi_since_ms > SPI_TRIES_MS) {
		dial->spi_since_ms = now;
		dial->spi_tries = 0;
	}
	return dial->spi_tries++ < SPI_TRIES;
}

static void child_fails(struct ike *ike, struct child *child,
	enum ike_refusal why, const char *text)
{
	const bool again = at_once(child, why);
	struct ike_sa *sa = child->sa;
	const char *name = child->policy->name;

	withdraw(ike, is_of_child, child);
	ike_touch(sa);
	if (child_rekey_undo(child, again)) {
		if (!again)
			count_rekey_failed(sa);
		ike_report(ike, again ? EVENT_SPI_TAKEN : EVENT_REKEY_FAILED,
			IKE_CAUSE_KERNEL, sa->peer->name, name,
			FACTS(fact_text("why", text)),
			"child %s is not rekeyed: the kernel refused it: %s",
			name, text);
		return;
	}
	child_close(child);
	if (!sa->dial)
		return;
	if (again) {
		ike_report(ike, EVENT_SPI_TAKEN, IKE_CAUSE_KERNEL,
			sa->peer->name, name, FACTS(fact_text("why", text)),
			"child %s: once more: %s", name, text);
		dial_fill(ike, sa->dial);
		return;
	}
	dial_failed(ike, sa->dial, IKE_CAUSE_KERNEL, IKE_OK, name,
		"child %s: the kernel refused it: %s", name, text);
	dial_retry(ike, sa->dial, name);
}

static void trap_fails(
	struct ike *ike, const struct ike_policy *policy, const char *text)
{
	for (size_t i = 0; i < ike->dials.count; i++) {
		struct dial *dial = ike->dials.dial[i];

		for (size_t c = 0; c < dial->peer->child_count; c++) {
			const struct ike_child_policy *child =
				&dial->peer->children[c];

			if (child->reqid != policy->reqid)
				continue;
			dial_failed(ike, dial, IKE_CAUSE_KERNEL, IKE_OK,
				child->name,
				"child %s: the kernel refused its "
				"policy: %s",
				child->name, text);
			dial_retry_traps(ike, dial);
		}
	}
}

void ike_refused(struct ike *ike, struct ike_now now,
	const struct ike_effect *effect, enum ike_refusal why, const char *text)
{
	struct ike_sa *sa;
	struct child *child;

	/* A packet that cannot be sent is a packet lost; what cannot be deleted
	 * is no longer ours, and the owner's to take away. */
	if (effect->kind != IKE_SA_ADD && effect->kind != IKE_SA_MOVE &&
		effect->kind != IKE_POLICY_ADD)
		return;
	if (!ike_begin(ike, now))
		return;
	if (effect->kind == IKE_POLICY_ADD)
		policy_refused(ike, &effect->policy);
	sa = ike_find_birth(ike, effect->sa);
	child = sa ? child_find(sa, effect->child) : NULL;
	if (effect->kind == IKE_SA_ADD) {
		struct ike_effect refused = *effect;

		withdraw(ike, is_its_delete, &refused);
		sodium_memzero(&refused, sizeof(refused));
	}
	if (child && effect->kind == IKE_SA_ADD && effect->add.out)
		child->out_added = false;
	if (child && effect->kind == IKE_SA_ADD && !effect->add.out)
		child->in_added = false;
	if (child && effect->kind == IKE_SA_MOVE && effect->move.out)
		child->out_added = false;
	if (child && effect->kind == IKE_SA_MOVE && !effect->move.out)
		child->in_added = false;
	if (child && child->state == CHILD_UP) {
		child_fails(ike, child, why, text);
	} else if (effect->kind == IKE_POLICY_ADD && effect->child == 0) {
		trap_fails(ike, &effect->policy, text);
	}
	ike_end(ike);
}

/* Inbound SPIs are ours, and unique; outbound ones are rarely asked for, and then
 * it matters more to be right than fast. */
static struct child *child_of_ref(struct ike *ike, const struct ike_sa_ref *ref)
{
	struct child *child = ike_find_child(ike, ref->spi);

	if (child && ike_addr_equal(&child->local, &ref->dst))
		return child;
	for (size_t i = 0; i < ike->sa_count; i++) {
		child = child_by_spi_out(ike->sas[i], ref->spi);
		if (child && ike_addr_equal(&child->remote, &ref->dst))
			return child;
	}
	return NULL;
}

void ike_expire(
	struct ike *ike, struct ike_now now, struct ike_sa_ref ref, bool hard)
{
	struct child *child = child_of_ref(ike, &ref);
	struct ike_sa *sa;

	if (!child || child->state != CHILD_UP || !ike_begin(ike, now))
		return;
	sa = child->sa;
	/* Packets come in on it: so the peer uses it, too. */
	if (ref.spi == child->spi_in && !child->redundant)
		child_activate(child);
	if (hard)
		child_expire(child, "its bytes or packets are used up");
	else
		child->rekey_at_ms = ike->now.mono_ms;
	ike_touch(sa);
	ike_end(ike);
}

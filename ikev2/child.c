/* child.c - a child SA's life, whoever asked for it (RFC 7296 section 1.4.1).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"

#include "ikev2/exchange.h"

#include <stdlib.h>

enum {
	/* What the peer had sent before it deleted the SA may still arrive. */
	GONE_MS = 5000,
	/* A packet that is just being sealed would be lost with its SA; all
	 * others take the new one, as the kernel prefers the newest. */
	OUT_GONE_MS = 1000,
	/* Between the steps of child_retire. */
	RETIRE_MS = 500,
};

/* --- Finding, birth, death ------------------------------------------------ */

struct child *child_find(const struct ike_sa *sa, uint64_t birth)
{
	struct child *c = sa->children;

	while (c && c->birth != birth)
		c = c->next;
	return c;
}

struct child *child_by_spi_out(const struct ike_sa *sa, uint32_t spi)
{
	struct child *c = sa->children;

	while (c && (c->state == CHILD_ASKED || c->state == CHILD_GONE ||
			    c->spi_out != spi))
		c = c->next;
	return c;
}

struct child *child_up_like(const struct ike_sa *sa,
	const struct ike_child_policy *policy, const struct child *but)
{
	struct child *c = sa->children;

	while (c && (c == but || c->state != CHILD_UP || c->policy != policy))
		c = c->next;
	return c;
}

struct child *child_new(
	struct ike_sa *sa, const struct ike_child_policy *policy, bool ours)
{
	struct child *child, **at = &sa->children;

	if (sa->child_count >= MAX_CHILDREN)
		return NULL;
	child = calloc(1, sizeof(*child));
	if (!child)
		return NULL;
	child->sa = sa;
	child->birth = ++sa->ike->births;
	child->policy = policy;
	child->mode = policy->mode;
	child->rekey_at_ms = IKE_NEVER;
	child->expire_at_ms = IKE_NEVER;
	child->wider_at_ms = IKE_NEVER;
	child->ours = ours;
	child->spi_in = ike_new_esp_spi(sa->ike);
	table_add(&sa->ike->by_child_spi, &child->by_spi, child->spi_in);
	while (*at)
		at = &(*at)->next;
	*at = child;
	sa->child_count++;
	return child;
}

void child_drop_asking(struct child *child)
{
	if (child->dh) {
		dh_wipe(child->dh);
		free(child->dh);
	}
	free(child->nonce);
	free(child->packet);
	child->dh = NULL;
	child->nonce = NULL;
	child->packet = NULL;
}

struct ike_sa_ref child_sa_ref(const struct child *child, bool out)
{
	struct ike_sa_ref ref = { .dst = out ? child->remote : child->local,
		.spi = out ? child->spi_out : child->spi_in };

	if (out)
		ref.mark = child->mark;
	return ref;
}

static void emit_delete(struct child *child, bool out)
{
	struct ike_sa *sa = child->sa;
	struct ike_effect *effect = ike_emit(sa->ike, IKE_SA_DELETE);

	effect->sa = sa->birth;
	effect->child = child->birth;
	effect->del.ref = child_sa_ref(child, out);
	effect->del.src = out ? child->local : child->remote;
}

/* SAs before policies: a policy without an SA lets nothing out in clear. */
static void remove_policies(struct child *child)
{
	for (size_t i = 0; i < child->held_count; i++)
		policy_release(child->sa->ike, child->held[i], child->birth);
	free(child->held);
	child->held = NULL;
	child->held_count = 0;
}

void child_remove_out(struct child *child)
{
	if (child->out_added)
		emit_delete(child, true);
	child->out_added = false;
	remove_policies(child);
}

void child_free(struct child *child)
{
	struct ike_sa *sa = child->sa;
	struct child **at = &sa->children;

	if (child->out_added)
		emit_delete(child, true);
	child->out_added = false;
	if (child->in_added)
		emit_delete(child, false);
	if (child->held_back)
		sodium_memzero(child->held_back, 2 * sizeof(struct secret));
	free(child->held_back);
	remove_policies(child);
	child_drop_asking(child);
	sa_forget_work(sa, child->birth);
	table_remove(&sa->ike->by_child_spi, &child->by_spi);
	while (*at != child)
		at = &(*at)->next;
	*at = child->next;
	sa->child_count--;
	sodium_memzero(child, sizeof(*child));
	free(child);
}

void child_down(struct child *child, const char *why)
{
	struct ike_sa *sa = child->sa;
	struct ike_effect *effect;

	effect = ike_report(sa->ike, EVENT_CHILD_DOWN, IKE_CAUSE_NONE,
		sa->peer->name, child->policy->name,
		FACTS(fact_spi("spi_in", child->spi_in),
			fact_spi("spi_out", child->spi_out),
			fact_text("why", why)),
		"child %s down: %s", child->policy->name, why);
	effect->sa = sa->birth;
	effect->child = child->birth;
}

void child_close(struct child *child)
{
	const struct work work = { .exchange = &exchange_delete,
		.child = child->birth };

	if (child->state != CHILD_UP)
		return;
	child->state = CHILD_DELETING;
	child_remove_out(child);
	(void)sa_want(child->sa, &work);
}

void child_obey(struct child *child)
{
	const struct dial *dial = child->sa->dial;
	int index = dial ? dial_child_index(dial, child->policy->name) : -1;

	/* Somebody may want it again by now. */
	if (!child->unwanted || child->state != CHILD_UP ||
		(index >= 0 && dial->wanted[index]))
		return;
	child_down(child, "by command");
	child_close(child);
}

/* A peer may take its SA away as soon as our Delete is there (Libreswan does),
 * and what we have sent on it would be lost: a Delete may overtake that by
 * another queue.  Nor do we know that the kernel has left the old one: of two
 * with a reqid it takes the one that was added later by the seconds of the day's
 * clock, so either of two of the same second, and the old one if that clock was
 * set back.  So the old outbound SA goes a moment after the new one came, and
 * the Delete a moment after that; RFC 7296 section 2.8 does not say when. */
void child_retire(struct child *child)
{
	if (child->state != CHILD_UP)
		return;
	child->state = CHILD_DELETING;
	child->replaced = true;
	child->retire_ms = child->sa->ike->now.mono_ms + RETIRE_MS;
	ike_touch(child->sa);
}

void child_retire_step(struct child *child)
{
	const struct work work = { .exchange = &exchange_delete,
		.child = child->birth };

	if (!child->out_added && sa_want(child->sa, &work)) {
		child->retire_ms = 0;
		return;
	}
	child_remove_out(child);
	child->retire_ms = child->sa->ike->now.mono_ms + RETIRE_MS;
}

void child_linger(struct child *child)
{
	uint64_t now = child->sa->ike->now.mono_ms;

	child->state = CHILD_GONE;
	child->out_gone_ms = now + OUT_GONE_MS;
	child->gone_ms = now + GONE_MS;
	ike_touch(child->sa);
}

/* --- Telling people ------------------------------------------------------- */

static void tell_up(const struct child *child)
{
	struct ike_sa *sa = child->sa;
	char suite[SUITE_NAME_SIZE], local[IKE_SELECTOR_SIZE],
		remote[IKE_SELECTOR_SIZE];
	struct ike_effect *effect;

	suite_name(&child->suite, suite, sizeof(suite));
	ike_selector_text(&child->local_ts.list[0], local);
	ike_selector_text(&child->remote_ts.list[0], remote);
	effect = ike_report(sa->ike, EVENT_CHILD_UP, IKE_CAUSE_NONE,
		sa->peer->name, child->policy->name,
		FACTS(fact_spi("spi_in", child->spi_in),
			fact_spi("spi_out", child->spi_out),
			fact_text("local_ts", local),
			fact_text("remote_ts", remote),
			fact_endpoint("remote", &sa->remote),
			fact_text("suite", suite)),
		"child %s up: %s to %s%s, %s%s, SPIs %08x in, %08x out",
		child->policy->name, local, remote,
		child->local_ts.count * child->remote_ts.count > 1 ? " .." : "",
		suite, child->encap ? " in UDP" : "", child->spi_in,
		child->spi_out);
	effect->sa = sa->birth;
	effect->child = child->birth;
	dial_child_up(sa, child->policy->name);
}

/* What a child's failure is called, for people and as exit code. */
enum ike_cause child_cause(uint16_t error)
{
	return error == NO_PROPOSAL_CHOSEN     ? IKE_CAUSE_PROPOSAL
	       : error == TS_UNACCEPTABLE      ? IKE_CAUSE_SELECTORS
	       : error == SINGLE_PAIR_REQUIRED ? IKE_CAUSE_SELECTORS
	       : error == INVALID_KE_PAYLOAD   ? IKE_CAUSE_KEY_EXCHANGE
					       : IKE_CAUSE_FAILED;
}

const char *child_words(uint16_t error)
{
	return error == NO_PROPOSAL_CHOSEN   ? "no ESP proposal in common"
	       : error == TS_UNACCEPTABLE    ? "no traffic selectors in common"
	       : error == INVALID_KE_PAYLOAD ? "no key exchange in common"
	       : error == TEMPORARY_FAILURE  ? "not at the moment"
	       : error == NO_ADDITIONAL_SAS  ? "no more SAs are allowed"
	       : error == SINGLE_PAIR_REQUIRED
		       ? "it takes one pair of addresses at a time (start: "
			 "on-demand asks so)"
		       : "refused";
}

/* --- Duplicates ----------------------------------------------------------- */

static bool is_same(const struct child *a, const struct child *b)
{
	return a != b && b->state == CHILD_UP && a->policy == b->policy &&
	       selectors_equal(&a->local_ts, &b->local_ts) &&
	       selectors_equal(&a->remote_ts, &b->remote_ts);
}

/* Both sides made the same child at once: the one whose exchange has the lowest
 * nonce is closed by its initiator (the rule of RFC 7296 section 2.8.1, used
 * for what is not a rekey).  One that we asked for, and that only has what an
 * earlier one of ours has, is of no use. */
static void settle_duplicate(struct child *child, struct child *other)
{
	struct child *loser =
		memcmp(child->low_nonce, other->low_nonce, NONCE_LEN) < 0
			? child
			: other;

	if (other->ours == child->ours)
		loser = child;
	if (!loser->ours)
		return;
	child_down(loser, "duplicate");
	child_close(loser);
}

/* There may be several: one that the peer has not deleted yet hides no other. */
static void drop_duplicates(struct child *child)
{
	for (struct child *c = child->sa->children;
		c && child->state == CHILD_UP; c = c->next) {
		if (is_same(child, c))
			settle_duplicate(child, c);
	}
}

void child_came_up(struct child *child)
{
	struct ike_sa *sa = child->sa;

	if (child->state != CHILD_UP || !sa->dial)
		return;
	sa->busy_ms = 0;
	tell_up(child);
	if (child->ours)
		dial_forget_packet(sa->dial, child->policy->name);
	drop_duplicates(child);
	child_obey(child);
}

/* child_rekey.c - CREATE_CHILD_SA that replaces a child: make before break, and collisions (RFC 7296 sections 1.3.3, 2.8, 2.8.1, 2.25.1).
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, SK {N(REKEY_SA), SA, Ni,
 *	    [KEi,] TSi, TSr}           -->
 *	                              <--  HDR, SK {SA, Nr, [KEr,]
 *	                                       TSi, TSr}
 *	then: HDR, SK {D(old)}         -->
 *	                              <--  HDR, SK {D(old)}
 *
 * The initiator sends on the new SA as soon as the reply is in: the responder
 * receives on it since before it replied.  The responder sends on it when the
 * old one is deleted, or when the peer has used it.
 *
 * If both sides rekey the same child, both answer as usual.  When both replies
 * are in, the new child whose exchange has the lowest of the four nonces is
 * deleted by its initiator, and the initiator of the other one deletes the old.
 *
 * Births may be those of children that are gone: who replaces whom is looked
 * up each time.
 */
#include "ikev2/child.h"
#include "ikev2/counts.h"
#include "ikev2/exchange.h"
#include "ikev2/explain.h"
#include "ikev2/wire/names.h"

enum {
	RETRY_MS = 5000,          /* the peer deleted it before it was made */
	RETRY_REFUSED_MS = 60000, /* after an error that stays */
	LOOK_MS = 1000,           /* is the new SA used already? */
	ACTIVATE_BEFORE_END_MS = 10000,
	/* The peer has time to delete its one that lost a collision. */
	REDUNDANT_MS = 60000,
};

/* --- Who replaces whom ---------------------------------------------------- */

static bool is_up(const struct child *child)
{
	return child && child->state == CHILD_UP && !child->redundant;
}

struct child *child_heir(const struct child *child)
{
	struct child *ours = child_find(child->sa, child->successor);
	struct child *theirs = child_find(child->sa, child->peer_successor);

	return is_up(ours) ? ours : is_up(theirs) ? theirs : NULL;
}

bool child_is_spare(const struct child *child)
{
	const struct child *old = child_find(child->sa, child->replaces);

	return child->held_back &&
	       (child->redundant || (old && old->state == CHILD_UP));
}

/* --- Initiator ------------------------------------------------------------ */

/* The new child, made at the first try; it has the old one's selectors, whether it
 * asks for more or not. */
static struct child *successor_of(struct ike_sa *sa, struct work *work)
{
	struct child *old = child_find(sa, work->child);
	struct child *child;

	if (!old || old->state == CHILD_ASKED)
		return old;
	if (old->state != CHILD_UP || old->held_back || child_heir(old) ||
		!sa->dial)
		return NULL;
	child = child_new(sa, old->policy, true);
	if (!child)
		return NULL;
	child->mode = old->mode;
	child->replaces = old->birth;
	child->local_ts = old->local_ts;
	child->remote_ts = old->remote_ts;
	child->wider = old->wider;
	old->wider = false;
	child_wider_inherit(child, old);
	old->successor = child->birth;
	work->child = child->birth;
	child_idle_rekey(old);
	return child;
}

/*
 *	HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr}  -->
 */
bool child_rekey_ask(
	struct ike_sa *sa, struct work *work, struct message_out *out)
{
	struct child *child = successor_of(sa, work);
	const struct child *old =
		child ? child_find(sa, child->replaces) : NULL;
	uint8_t spi[ESP_SPI_LEN];

	sa->early_deletes = 0;
	if (!old)
		return false;
	/* Named by the SPI that its initiator of this exchange receives on. */
	child_spi_octets(old->spi_in, spi);
	write_notify_spi(&out->c, PROTOCOL_ESP, bytes_of(spi, sizeof(spi)),
		REKEY_SA, bytes_of(NULL, 0));
	return child_offer(child, work, out, false) == IKE_OK;
}

static void try_later(struct child *old, uint64_t after_ms)
{
	if (!old)
		return;
	old->refused_ms = 0;
	old->rekey_at_ms = old->sa->ike->now.mono_ms + after_ms;
}

/* Another one of that policy, made from scratch. */
static void make_anew(struct ike_sa *sa, const struct ike_child_policy *policy)
{
	struct child *child = sa->dial ? child_new(sa, policy, true) : NULL;
	const struct work work = { .exchange = &exchange_child_new,
		.child = child ? child->birth : 0 };

	if (child && !sa_want(sa, &work))
		child_free(child);
}

/* The peer has not got the old one: it is no use to us either (RFC 7296 section
 * 2.25). */
static void not_found(struct child *old)
{
	const struct ike_child_policy *policy = old->policy;
	struct ike_sa *sa = old->sa;

	child_down(old, "the peer does not know it");
	child_free(old);
	make_anew(sa, policy);
}

/* RFC 7296 section 2.8: then the old one goes first. */
static void replace_anew(struct child *old)
{
	child_down(old, "the peer allows no second one to replace it");
	child_close(old);
	make_anew(old->sa, old->policy);
}

/* The old one stays; for an error that passes it is not a failure yet, and for
 * one that has an heir, or is gone, it is none at all. */
static void tell_refused(const struct child *child, const struct child *old,
	uint16_t error, const struct message *in)
{
	const struct ike_sa *sa = child->sa;
	const char *name = notify_name(error);
	bool passes = error == TEMPORARY_FAILURE || !old ||
		      old->state != CHILD_UP || child_heir(old);

	const struct explain_child why = { .sa = sa,
		.policy = child->policy,
		.in = in,
		.error = error,
		.old = old };
	char text[EXPLAIN_TEXT_SIZE];

	snprintf(text, sizeof(text), "child %s is not rekeyed: %s",
		child->policy->name, name ? name : "unknown error");
	if (!passes) {
		count_rekey_failed(sa);
		explain_next(sa->ike, explain_child_asked, &why);
		explain_tell(sa->ike, child_cause(error), (enum ike_error)error,
			sa->peer->name, child->policy->name, text);
	}
	ike_report(sa->ike, passes ? EVENT_ASKED_LATER : EVENT_REKEY_FAILED,
		child_cause(error), sa->peer->name, child->policy->name,
		FACTS(fact_notify("notify", error)), "%s", text);
}

static void refused(struct ike_sa *sa, struct child *child, uint16_t error,
	const struct message *in)
{
	struct child *old = child_find(sa, child->replaces);
	const bool wider = child->wider; /* it is asked again by its own time */

	tell_refused(child, old, error, in);
	child_free(child);
	if (!old || old->state != CHILD_UP || child_heir(old))
		return;
	if (error == TEMPORARY_FAILURE) {
		old->wider = wider;
		sa_not_now(sa, &old->refused_ms, &old->rekey_at_ms);
	} else if (error == CHILD_SA_NOT_FOUND) {
		not_found(old);
	} else if (error == NO_ADDITIONAL_SAS) {
		replace_anew(old);
	} else if (!wider) {
		try_later(old, RETRY_REFUSED_MS);
	} else if (error == SINGLE_PAIR_REQUIRED) {
		child_wider_forget(old);
	}
}

static void tell_rekeyed(struct child *child, const struct child *old)
{
	struct ike_sa *sa = child->sa;
	struct ike_effect *effect = ike_report(sa->ike, EVENT_REKEYED,
		IKE_CAUSE_NONE, sa->peer->name, child->policy->name,
		FACTS(fact_spi("spi_in", child->spi_in),
			fact_spi("spi_out", child->spi_out),
			fact_spi("old_spi_in", old ? old->spi_in : 0),
			fact_spi("old_spi_out", old ? old->spi_out : 0)),
		"child %s rekeyed: SPIs %08x in, %08x out replace %08x, %08x",
		child->policy->name, child->spi_in, child->spi_out,
		old ? old->spi_in : 0, old ? old->spi_out : 0);

	effect->sa = sa->birth;
	effect->child = child->birth;
	count_rekey(sa, true);
}

/* The kernel has it: so it carries on, and the old one is ours to delete. */
static void take_over(struct child *child)
{
	struct child *old = child_find(child->sa, child->replaces);
	struct child *theirs =
		old ? child_find(child->sa, old->peer_successor) : NULL;

	if (child->state != CHILD_UP)
		return;
	tell_rekeyed(child, old);
	if (theirs && theirs->state == CHILD_UP) {
		theirs->redundant = true;
		theirs->gone_ms = child->up_ms + REDUNDANT_MS;
	}
	if (old)
		child_retire(old);
	child_wider_tell(child);
	child_obey(child);
}

/* RFC 7296 section 2.8.1 */
static bool lost(const struct child *child)
{
	return child->rival &&
	       memcmp(child->low_nonce, child->rival_nonce, NONCE_LEN) < 0;
}

/* The reply is good.  Alone, or as winner of a collision, the new child takes
 * over; as loser it is deleted itself, and so is one whose predecessor we have
 * closed meanwhile. */
static enum ike_error settle(struct child *child, const struct message *in)
{
	struct child *old = child_find(child->sa, child->replaces);
	bool closed = old && old->state == CHILD_DELETING;
	const bool wider = child->wider;
	struct child_keys keys;
	enum ike_error err = child_take_reply(child, in, false, &keys);
	bool spare = child_deleted_early(child) || lost(child) || closed;

	if (err == IKE_OK && !spare)
		err = child_install(child, &keys, CHILD_OUT_NOW);
	sodium_memzero(&keys, sizeof(keys));
	child_drop_asking(child);
	if (err != IKE_OK)
		tell_refused(child, old, (uint16_t)err, in);
	if (err == IKE_OK && !spare) {
		ike_then(child, take_over);
	} else if (child_deleted_early(child)) {
		child_free(child);
		try_later(old, RETRY_MS);
	} else {
		child_disown(child);
		if (!wider)
			try_later(old, RETRY_REFUSED_MS);
	}
	return err;
}

/*
 *	                              <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 */
enum ike_error child_rekey_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	struct child *child = child_find(sa, work->child);
	uint16_t error;

	if (!child)
		return IKE_OK;
	switch (child_read_reply(child, work, in, &error)) {
	case CHILD_REPLY_MADE:
		return settle(child, in);
	case CHILD_REPLY_REFUSED:
		refused(sa, child, error, in);
		return IKE_OK;
	case CHILD_REPLY_AGAIN:
		return IKE_OK;
	case CHILD_REPLY_UNREADABLE:
		break;
	}
	child_rekey_unreadable(sa, work);
	return INVALID_SYNTAX;
}

/* The peer may have made it, and with what is not known: so it goes again. */
void child_rekey_unreadable(struct ike_sa *sa, struct work *work)
{
	struct child *child = child_find(sa, work->child);
	struct child *old = child ? child_find(sa, child->replaces) : NULL;

	if (!child)
		return;
	tell_refused(child, old, INVALID_SYNTAX, NULL);
	child_disown(child);
	try_later(old, RETRY_REFUSED_MS);
}

/* Not asked at all, or without an answer: then the IKE SA ends. */
void child_rekey_give_up(struct ike_sa *sa, struct work *work)
{
	struct child *child = child_find(sa, work->child);

	if (!child || child->state != CHILD_ASKED)
		return;
	try_later(child_find(sa, child->replaces), RETRY_REFUSED_MS);
	child_free(child);
}

/* The old one as if nothing had been: the kernel has not taken the new one.  As
 * responder the peer is told so too, if it has not got our reply yet. */
bool child_rekey_undo(struct child *child, bool again)
{
	struct ike_sa *sa = child->sa;
	struct child *old = child_find(sa, child->replaces);

	if (!old || old->state != CHILD_UP)
		return false;
	try_later(old, again ? 0 : RETRY_REFUSED_MS);
	if (!child->ours)
		old->peer_successor = 0;
	if (child->ours ||
		!exchange_take_back(sa, CREATE_CHILD_SA, TEMPORARY_FAILURE))
		child_close(child);
	else
		child_free(child);
	return true;
}

/* --- Responder ------------------------------------------------------------ */

/* RFC 7296 section 2.25.1: what we answer while something else is going on with
 * that child. */
static enum ike_error may_rekey(
	const struct ike_sa *sa, const struct child *old)
{
	if (sa_is_rekeying(sa))
		return TEMPORARY_FAILURE;
	/* It may be the one that we are asking for: the peer has made it, and
	 * its reply is still on its way. */
	if (!old && sa->window.request &&
		sa->window.work.exchange->type == CREATE_CHILD_SA)
		return TEMPORARY_FAILURE;
	if (!old)
		return CHILD_SA_NOT_FOUND;
	if (old->state == CHILD_DELETING || child_heir(old))
		return TEMPORARY_FAILURE;
	return sa->dial ? IKE_OK : NO_ADDITIONAL_SAS;
}

/*
 *	                              <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 */
enum ike_error child_rekey_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	const struct payload_notify *rekey = message_notify(in, REKEY_SA);
	struct child *old, *ours, *theirs;
	enum ike_error err;

	if (!has_payload(in, PAYLOAD_TSI) || !has_payload(in, PAYLOAD_TSR))
		return INVALID_SYNTAX;
	if (rekey->protocol != PROTOCOL_ESP || rekey->spi.len != ESP_SPI_LEN)
		return CHILD_SA_NOT_FOUND;
	old = child_by_spi_out(sa, child_spi_number(rekey->spi));
	err = may_rekey(sa, old);
	if (err == IKE_OK)
		err = child_accept_rekey(old, in, out);
	if (err != IKE_OK)
		return err;
	theirs = child_find(sa, old->peer_successor);
	child_idle_rekey(old);
	tell_rekeyed(theirs, old);
	/* Ours is still being asked for: its reply will decide. */
	ours = child_find(sa, old->successor);
	if (ours && ours->state == CHILD_ASKED) {
		ours->rival = true;
		memcpy(ours->rival_nonce, theirs->low_nonce, NONCE_LEN);
	}
	return IKE_OK;
}

/* --- Time ----------------------------------------------------------------- */

static bool can_rekey(const struct child *child)
{
	const struct child *ours = child_find(child->sa, child->successor);

	return is_up(child) && !child->held_back && !child_heir(child) &&
	       !(ours && ours->state == CHILD_ASKED);
}

uint64_t child_deadline(const struct child *child)
{
	uint64_t at = IKE_NEVER;

	if (child->state == CHILD_GONE)
		return child->out_added ? child->out_gone_ms : child->gone_ms;
	if (child->state == CHILD_DELETING && child->retire_ms)
		return child->retire_ms;
	if (child->state != CHILD_UP)
		return IKE_NEVER;
	if (child->redundant)
		return sooner(child->gone_ms, child->expire_at_ms);
	if (can_rekey(child))
		at = sooner(child->rekey_at_ms, child->wider_at_ms);
	if (child->held_back)
		at = sooner(at, child->look_ms + LOOK_MS);
	at = sooner(at, child_idle_deadline(child));
	return sooner(at, child->expire_at_ms);
}

/* Does the peer send on the new SA already?  Then it receives on it, too. */
static void look(struct child *child)
{
	struct ike_sa *sa = child->sa;
	const struct child *old = child_find(sa, child->replaces);
	uint64_t now = sa->ike->now.mono_ms;

	if (!old || old->expire_at_ms < now + ACTIVATE_BEFORE_END_MS) {
		child_activate(child);
		return;
	}
	child->look_ms = now;
	child_query(child, false);
}

/* The peer that rekeyed it need not have deleted it by now.  One that is being
 * rekeyed leaves its successor to come up by itself. */
void child_expire(struct child *child, const char *why)
{
	struct child *heir = child_heir(child);
	struct child *asked = child_find(child->sa, child->successor);
	struct ike_sa *sa = child->sa;

	if (child_is_spare(child)) {
		child_disown(child);
		return;
	}
	if (heir) {
		child_activate(heir);
		child_retire(child);
		return;
	}
	if (asked && asked->state == CHILD_ASKED)
		asked->replaces = 0;
	child_down(child, why);
	child_close(child);
	if (sa->dial)
		dial_lost(sa->ike, sa->dial);
}

/* Because of its lifetime, or as more is configured than it carries. */
static void rekey_if_due(struct child *child)
{
	const struct work work = { .exchange = &exchange_child_rekey,
		.child = child->birth };
	uint64_t now = child->sa->ike->now.mono_ms;
	bool due = child->rekey_at_ms <= now;

	/* Asked again if this one does not come to anything. */
	if (due)
		child->rekey_at_ms = now + RETRY_REFUSED_MS;
	if (child->wider_at_ms <= now)
		due |= child_wider_begin(child);
	if (due)
		(void)sa_want(child->sa, &work);
}

void child_wake(struct child *child)
{
	uint64_t now = child->sa->ike->now.mono_ms;

	if (child_deadline(child) > now)
		return;
	if (child->state == CHILD_GONE) {
		if (child->gone_ms <= now)
			child_free(child);
		else
			child_remove_out(child);
		return;
	}
	if (child->state == CHILD_DELETING) {
		child_retire_step(child);
		return;
	}
	if (child->redundant) {
		child_disown(child);
		return;
	}
	if (child->expire_at_ms <= now) {
		child_expire(child, "its lifetime is over");
		return;
	}
	child_idle_wake(child);
	if (child->held_back)
		look(child);
	if (can_rekey(child))
		rekey_if_due(child);
}

/* inform.c - INFORMATIONAL: delete, liveness, errors (RFC 7296 sections 1.4, 2.4, 2.21).
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, SK {[N,] [D,] ..}         -->
 *	                              <--  HDR, SK {[N,] [D,] ..}
 *
 * An empty request asks whether the peer is alive.
 */
#include "ikev2/child.h"
#include "ikev2/exchange.h"
#include "ikev2/explain.h"
#include "ikev2/wire/names.h"

/* --- DELETE --------------------------------------------------------------- */

static void write_spi_delete(struct chain *c, uint32_t spi)
{
	uint8_t octets[ESP_SPI_LEN];
	struct writer w = writer_of(octets, sizeof(octets));

	write_u32(&w, spi);
	write_delete(c, PROTOCOL_ESP, ESP_SPI_LEN, 1, written(&w));
}

/*
 *	HDR, SK {[N(error),] D}        -->
 *
 * RFC 7296 section 2.21.2: the error alone ends the IKE SA, but not for everybody
 * (Libreswan answers it, and keeps the IKE SA that it believes in and its
 * children); the Delete does.
 */
bool delete_ask(struct ike_sa *sa, struct work *work, struct message_out *out)
{
	const struct child *child;

	if (work->error != IKE_OK)
		write_notify(&out->c, (uint16_t)work->error, bytes_of(NULL, 0));
	if (work->child == 0) {
		write_delete(&out->c, PROTOCOL_IKE, 0, 0, bytes_of(NULL, 0));
		return true;
	}
	/* RFC 7296 section 1.4.1: by the SPI we receive on. */
	child = child_find(sa, work->child);
	if (child)
		write_spi_delete(&out->c, child->spi_in);
	return child != NULL;
}

/* Its successor carries our traffic, or the one that has replaced that. */
static bool is_replaced(const struct child *child)
{
	return child->replaced &&
	       child_up_like(child->sa, child->policy, child);
}

static void deleted(struct ike_sa *sa, const struct work *work)
{
	struct child *child;

	if (work->child == 0) {
		sa_die(sa, IKE_CAUSE_NONE, NULL);
		return;
	}
	child = child_find(sa, work->child);
	if (child && child->in_added && is_replaced(child))
		child_linger(child);
	else if (child)
		child_free(child);
}

/*
 *	                              <--  HDR, SK {[D]}
 */
enum ike_error delete_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	(void)in;
	deleted(sa, work);
	return IKE_OK;
}

void delete_give_up(struct ike_sa *sa, struct work *work)
{
	deleted(sa, work);
}

/* --- Answering ------------------------------------------------------------ */

/* The peer has ended the IKE SA: nothing is left but to say so once more if it
 * asks again. */
static void ended(struct ike_sa *sa, enum ike_cause cause, const char *why)
{
	struct dial *dial = sa->dial;
	bool was_up = sa->phase == PHASE_ESTABLISHED;

	rekey_forget(sa);
	/* Replaced, as agreed: nobody is to notice. */
	if (rekey_heir(sa)) {
		rekey_take_over(rekey_heir(sa));
		was_up = false;
	} else if (sa->predecessor) {
		was_up = false;
	}
	window_free(sa);
	if (was_up) {
		dial_lose_children(sa, sa->peer->close_action);
		sa_remove_children(sa, why);
		sa_tell_down(sa, cause, why);
	}
	dial_abandon(sa);
	sa_linger(sa);
	if (dial)
		dial_carry_on(dial);
	if (dial && was_up)
		dial_lost(sa->ike, dial);
}

/* The answer that names this SPI may have been lost or overtaken: then the
 * child must not come up when it arrives after all. */
static void delete_early(struct ike_sa *sa, uint32_t spi)
{
	if (!sa->window.request ||
		sa->window.work.exchange->type != CREATE_CHILD_SA ||
		sa->early_deletes == MAX_EARLY_DELETES)
		return;
	sa->early_delete[sa->early_deletes++] = spi;
}

/* The child that the peer sends to by this SPI.  If we have just replaced the
 * IKE SA it has moved on, and the peer, who asked before it knew, will not ask
 * again (RFC 7296 section 2.25.2). */
static struct child *named(const struct ike_sa *sa, uint32_t spi)
{
	struct child *child = child_by_spi_out(sa, spi);
	const struct ike_sa *heir;

	heir = ike_find_birth(sa->ike, sa->successor);
	return child || !heir ? child : child_by_spi_out(heir, spi);
}

/* RFC 7296 section 1.4.1: the SPI is the one we send to; answered with ours of
 * the same pair.  If we have asked to delete the pair ourselves, only its
 * outbound half goes now, and nothing is said about it. */
static void delete_one(struct ike_sa *sa, uint32_t spi, struct writer *answer)
{
	struct child *child = named(sa, spi);
	struct child *heir = child ? child_heir(child) : NULL;
	struct dial *dial;

	if (!child) {
		delete_early(sa, spi);
		return;
	}
	if (child->state == CHILD_DELETING && !child->retire_ms) {
		child_remove_out(child);
		return;
	}
	write_u32(answer, child->spi_in);
	/* It was rekeyed: from here on its heir carries our traffic, and this
	 * one only receives for a while. */
	if (heir)
		child_activate(heir);
	if (heir || is_replaced(child)) {
		child_linger(child);
		return;
	}
	if (child_is_spare(child) || child->replaced) {
		child_free(child);
		return;
	}
	child_declined(child);
	dial = child->sa->dial;
	dial_lose_child(child, child->sa->peer->close_action);
	child_down(child, "deleted by the peer");
	child_free(child);
	if (dial)
		dial_lost(sa->ike, dial);
}

static void delete_children(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	uint8_t spis[MAX_CHILDREN * ESP_SPI_LEN];
	struct writer answer = writer_of(spis, sizeof(spis));

	for (size_t i = 0; i < in->deletes; i++) {
		const struct payload_delete *d = &in->delete[i];
		struct reader r = reader_of(d->spis);

		if (d->protocol != PROTOCOL_ESP || d->spi_size != ESP_SPI_LEN)
			continue;
		while (reader_more(&r))
			delete_one(sa, read_u32(&r), &answer);
	}
	if (answer.len == 0)
		return;
	write_delete(&out->c, PROTOCOL_ESP, ESP_SPI_LEN,
		(uint16_t)(answer.len / ESP_SPI_LEN), written(&answer));
}

bool inform_ends_ike(const struct message *in)
{
	for (size_t i = 0; i < in->deletes; i++) {
		if (in->delete[i].protocol == PROTOCOL_IKE)
			return true;
	}
	return false;
}

/* RFC 7296 section 2.21.2: the initiator did not accept our AUTH, or one side
 * could not read the other: fatal without a Delete. */
static bool is_fatal(const struct payload_notify *error)
{
	return error && (error->type == AUTHENTICATION_FAILED ||
				error->type == INVALID_SYNTAX ||
				error->type == UNSUPPORTED_CRITICAL_PAYLOAD);
}

/*
 *	                              <--  HDR, SK {[D]}
 */
enum ike_error inform_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	const struct payload_notify *error = message_error(in);
	struct dial *dial = sa->dial;

	if (is_fatal(error)) {
		if (dial && error->type == AUTHENTICATION_FAILED)
			explain_next(sa->ike, explain_rejected, sa);
		if (dial && error->type == AUTHENTICATION_FAILED)
			dial_refused(sa->ike, dial, IKE_CAUSE_REJECTED_US,
				AUTHENTICATION_FAILED, NULL,
				"AUTHENTICATION_FAILED: the peer rejected our "
				"key or identity");
		ended(sa, IKE_CAUSE_REJECTED_US, notify_name(error->type));
	} else if (inform_ends_ike(in)) {
		ended(sa, IKE_CAUSE_NONE, "deleted by the peer");
	} else {
		delete_children(sa, in, out);
		return mobike_answer(sa, in, out);
	}
	return IKE_OK;
}

/* --- LIVENESS ------------------------------------------------------------- */

/*
 *	HDR, SK {}                     -->
 */
bool liveness_ask(struct ike_sa *sa, struct work *work, struct message_out *out)
{
	(void)work;
	return mobike_ask_seen(sa, out);
}

/*
 *	                              <--  HDR, SK {}
 */
enum ike_error liveness_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	(void)work;
	mobike_take_seen(sa, in);
	return IKE_OK;
}

/* A peer that does not answer at all is gone (exchange_give_up); one whose
 * answer cannot be read is alive. */
void liveness_give_up(struct ike_sa *sa, struct work *work)
{
	(void)sa;
	(void)work;
}

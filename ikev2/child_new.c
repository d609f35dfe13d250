/* child_new.c - CREATE_CHILD_SA for a new child (RFC 7296 section 1.3.1).
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, SK {SA, Ni, [KEi,]
 *	    TSi, TSr}                  -->
 *	                              <--  HDR, SK {SA, Nr, [KEr,]
 *	                                       TSi, TSr}
 */
#include "ikev2/child.h"
#include "ikev2/exchange.h"

/*
 *	HDR, SK {SA, Ni, [KEi,] TSi, TSr}  -->
 */
bool child_ask(struct ike_sa *sa, struct work *work, struct message_out *out)
{
	struct child *child = child_find(sa, work->child);

	sa->early_deletes = 0;
	if (!child || child->state != CHILD_ASKED || !sa->dial)
		return false;
	/* The peer was faster: there is one already. */
	if (dial_is_served(sa->dial, child->policy->name))
		return false;
	if (child_impossible(sa, child->policy)) {
		dial_failed(sa->ike, sa->dial, IKE_CAUSE_FAILED, IKE_OK,
			child->policy->name, "child %s: %s",
			child->policy->name,
			child_impossible(sa, child->policy));
		return false;
	}
	return child_offer(child, work, out, false) == IKE_OK;
}

/*
 *	                              <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 */
enum ike_error child_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	if (!has_payload(in, PAYLOAD_TSI) || !has_payload(in, PAYLOAD_TSR))
		return INVALID_SYNTAX;
	/* RFC 7296 section 2.25.2 */
	if (sa_is_rekeying(sa))
		return TEMPORARY_FAILURE;
	return child_accept(sa, in, out, false);
}

enum ike_error child_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	struct child *child = child_find(sa, work->child);
	enum ike_error err;
	uint16_t error;

	if (!child)
		return IKE_OK;
	switch (child_read_reply(child, work, in, &error)) {
	case CHILD_REPLY_MADE:
		err = child_settle(child, in, false);
		/* There may be more than the queue of wishes could hold. */
		if (err == IKE_OK && sa->dial)
			dial_fill(sa->ike, sa->dial);
		return err;
	case CHILD_REPLY_REFUSED:
		child_refused(child, error, in, false);
		return IKE_OK;
	case CHILD_REPLY_AGAIN:
		return IKE_OK;
	case CHILD_REPLY_UNREADABLE:
		break;
	}
	child_unreadable(sa, work);
	return INVALID_SYNTAX;
}

/* The peer may have made it, and with what is not known: so it goes again. */
void child_unreadable(struct ike_sa *sa, struct work *work)
{
	struct child *child = child_find(sa, work->child);

	if (child)
		child_reject(child, INVALID_SYNTAX, NULL, false);
}

void child_give_up(struct ike_sa *sa, struct work *work)
{
	struct child *child = child_find(sa, work->child);

	if (child && child->state == CHILD_ASKED)
		child_free(child);
}

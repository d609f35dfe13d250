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
#include "ikev2/negotiate.h"

enum { RETRIES_KE = 2 };

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
	if (child_up_like(sa, child->policy, child))
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
	enum ike_error err;
	struct child *child;

	/* RFC 7296 section 1.3.2, 1.3.3: rekeying.  NO_ADDITIONAL_SAS makes the
	 * peer close the old one and set up anew (section 2.8). */
	if (message_notify(in, REKEY_SA) || !has_payload(in, PAYLOAD_TSI) ||
		!has_payload(in, PAYLOAD_TSR))
		return NO_ADDITIONAL_SAS;
	err = child_accept(sa, in, out, false);
	if (err != IKE_OK)
		return err;
	for (child = sa->children; child->next; child = child->next)
		;
	child_drop_duplicate(child);
	return IKE_OK;
}

/* RFC 7296 section 1.3.1: the same again, with the group the peer wants. */
static bool ask_with_group(
	struct child *child, const struct work *work, struct bytes data)
{
	struct reader r = reader_of(data);
	uint16_t id = read_u16(&r);
	const struct transform *group =
		r.bad ? NULL : negotiate_group(&child->policy->esp, id);
	struct work again = *work;

	if (!group || work->tries >= RETRIES_KE ||
		(child->dh && child->dh->group == group))
		return false;
	child_drop_asking(child);
	again.group = group;
	again.tries++;
	return sa_want(child->sa, &again);
}

enum ike_error child_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	struct child *child = child_find(sa, work->child);
	const struct payload_notify *error = message_error(in);
	enum ike_error err;

	if (!child)
		return IKE_OK;
	if (error && error->type == INVALID_KE_PAYLOAD &&
		ask_with_group(child, work, error->data))
		return IKE_OK;
	if (error || !has_payload(in, PAYLOAD_SA) ||
		!has_payload(in, PAYLOAD_TSI) ||
		!has_payload(in, PAYLOAD_TSR)) {
		child_refused(child, error ? error->type : INVALID_SYNTAX);
		return IKE_OK;
	}
	err = child_settle(child, in, false);
	/* There may be more than the queue of wishes could hold. */
	if (err == IKE_OK && sa->dial)
		dial_fill(sa->ike, sa->dial);
	return err;
}

void child_give_up(struct ike_sa *sa, struct work *work)
{
	struct child *child = child_find(sa, work->child);

	if (child && child->state == CHILD_ASKED)
		child_free(child);
}

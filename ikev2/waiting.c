/* waiting.c - what an exchange waits for outside of us: whether a certificate is still good (RFC 5280 section 6.3, RFC 6960).
 * SPDX-License-Identifier: ISC
 *
 * The core fetches nothing.  Where it has to know what is at a URL before it can
 * judge a message, it keeps the message as it was, opened, asks its owner, and
 * runs the message again through the same function when the answer is there:
 * nothing has changed in between but what revocation_check knows.  Meanwhile
 *
 *  - as responder there is no reply, and the request is ignored when it comes
 *    again;
 *  - as initiator the exchange is open, but nothing is sent again, as the peer
 *    has answered.
 *
 * One exchange waits for 10 s in all, and asks 8 questions at most.  What has not
 * been answered by then counts as unanswered, for everybody and for a while.
 */
#include "ikev2/engine.h"
#include "ikev2/exchange.h"

#include <stdlib.h>

enum {
	WAIT_MS = 10000,
	MAX_QUESTIONS = 8,
};

struct waiting {
	struct revocation_question question;
	bool on;      /* it has been asked */
	bool over;    /* .. and is answered, or will not be */
	bool no_more; /* the time is up: nothing is asked any more */
	uint8_t asked;
	uint64_t until_ms; /* of all questions; 0: there was none yet */
	struct work work;  /* none: the message is a request */
	struct ike_endpoint local, remote; /* it came from there */
	uint64_t hash; /* of its datagram, or of that of its first fragment */
	struct ike_header header;
	uint8_t first; /* its payloads, opened: secret */
	size_t len;
	uint8_t chain[];
};

static struct waiting *waiting_new(
	const struct ike *ike, const struct message *in)
{
	const struct ike_datagram *datagram = ike->datagram;
	struct waiting *w = calloc(1, sizeof(*w) + in->chain.len);

	if (!w)
		return NULL;
	w->local = datagram->local;
	w->remote = datagram->remote;
	w->hash = ike->first_fragment ? ike->first_fragment
				      : ike_hash(ike, datagram->data.at,
						datagram->data.len);
	w->header = in->header;
	w->first = in->first;
	w->len = in->chain.len;
	memcpy(w->chain, in->chain.at, in->chain.len);
	return w;
}

struct revocation_question *waiting_question(
	struct ike_sa *sa, const struct message *in)
{
	if (!sa->waiting)
		sa->waiting = waiting_new(sa->ike, in);
	if (!sa->waiting || sa->waiting->no_more ||
		sa->waiting->asked == MAX_QUESTIONS)
		return NULL;
	return &sa->waiting->question;
}

bool waiting_is_on(const struct ike_sa *sa)
{
	return sa->waiting && sa->waiting->on;
}

bool waiting_is_over(const struct ike_sa *sa)
{
	return waiting_is_on(sa) && sa->waiting->over;
}

static bool waits_for(
	const struct ike_sa *sa, const struct revocation_question *question)
{
	return waiting_is_on(sa) && !sa->waiting->over &&
	       revocation_question_equal(&sa->waiting->question, question);
}

/* Has it been asked already, for another SA? */
static bool is_asked(
	const struct ike *ike, const struct revocation_question *question)
{
	for (size_t i = 0; i < ike->sa_count; i++) {
		if (waits_for(ike->sas[i], question))
			return true;
	}
	return false;
}

/* For who is watching. */
static void tell(struct ike_sa *sa)
{
	const char *url = sa->waiting->question.url;

	if (sa->peer)
		ike_report(sa->ike, EVENT_REVOCATION_ASKED, IKE_CAUSE_NONE,
			sa->peer->name, NULL, FACTS(fact_text("url", url)),
			"is the peer's certificate revoked? asking %s", url);
	else
		ike_note(sa->ike, EVENT_REVOCATION_ASKED, NULL,
			FACTS(fact_text("url", url)),
			"is the peer's certificate revoked? asking %s", url);
}

void waiting_begin(struct ike_sa *sa, const struct work *work)
{
	struct ike *ike = sa->ike;
	struct waiting *w = sa->waiting;
	bool asked = is_asked(ike, &w->question);

	if (work)
		w->work = *work;
	if (w->until_ms == 0)
		w->until_ms = ike->now.mono_ms + WAIT_MS;
	w->asked++;
	w->on = true;
	w->over = false;
	tell(sa);
	/* Without memory nobody is asked, and nobody will answer. */
	if (!asked && !ike_fetch(ike, &w->question))
		w->no_more = w->over = true;
	ike_touch(sa);
}

struct work waiting_message(struct ike_sa *sa, struct message *in,
	struct ike_datagram *origin, uint64_t *hash)
{
	struct waiting *w = sa->waiting;

	w->on = false;
	in->header = w->header;
	/* It could be read the first time, and has not changed. */
	if (message_read(in, w->first, bytes_of(w->chain, w->len),
		    IKE_HEADER_LEN) != IKE_OK)
		*in = (struct message){ .header = w->header };
	*origin =
		(struct ike_datagram){ w->local, w->remote, bytes_of(NULL, 0) };
	*hash = w->hash;
	return w->work;
}

void waiting_end(struct ike_sa *sa)
{
	struct waiting *w = sa->waiting;

	sa->waiting = NULL;
	if (w)
		sodium_memzero(w, sizeof(*w) + w->len);
	free(w);
}

uint64_t waiting_deadline(const struct ike_sa *sa)
{
	return waiting_is_on(sa) && !sa->waiting->over ? sa->waiting->until_ms
						       : IKE_NEVER;
}

void waiting_expire(struct ike_sa *sa)
{
	struct waiting *w = sa->waiting;

	revocations_answer(sa->ike->revocations, &w->question,
		bytes_of(NULL, 0), sa->ike->now.unix_s);
	if (ike_may_complain(sa->ike))
		ike_note(sa->ike, EVENT_REVOCATION_SILENT, sa_peer_name(sa),
			FACTS(fact_text("url", w->question.url),
				fact_number("seconds", WAIT_MS / 1000)),
			"%s has not answered within %d s", w->question.url,
			WAIT_MS / 1000);
	w->no_more = true;
	w->over = true;
	ike_touch(sa);
}

void ike_fetched(struct ike *ike, struct ike_now now,
	const struct revocation_question *question, struct bytes data)
{
	if (!ike_begin(ike, now))
		return;
	revocations_answer(ike->revocations, question, data, ike->now.unix_s);
	/* The last one touched is the first one to go on: the oldest. */
	for (size_t i = ike->sa_count; i-- > 0;) {
		struct ike_sa *sa = ike->sas[i];

		if (!waits_for(sa, question))
			continue;
		sa->waiting->over = true;
		ike_touch(sa);
	}
	ike_end(ike);
}

/* window.c - message IDs, retransmission and cached replies (RFC 7296 sections 2.1 to 2.3).
 * SPDX-License-Identifier: ISC
 *
 * The window is one request in each direction.  Only requests are ever sent
 * again by themselves; a reply is kept, and sent again, octet for octet, when
 * its request comes again.
 */
#include "ikev2/counts.h"
#include "ikev2/engine.h"
#include "ikev2/exchange.h"

#include <stdlib.h>

enum {
	DEFAULT_TRIES = 5,
	DEFAULT_BASE_MS = 2000,
	DEFAULT_MAX_MS = 60000,
	HASTENED_TRIES = 2, /* after an answer that nobody vouches for */
};

struct packet *packet_blank(size_t len)
{
	struct packet *packet = calloc(1, sizeof(*packet) + len);

	if (!packet)
		return NULL;
	packet->refs = 1;
	packet->len = len;
	return packet;
}

struct packet *packet_new(struct bytes data)
{
	struct packet *packet = packet_blank(data.len);

	if (packet)
		memcpy(packet->data, data.at, data.len);
	return packet;
}

struct packet *packet_ref(struct packet *packet)
{
	packet->refs++;
	return packet;
}

void packet_unref(struct packet *packet)
{
	while (packet && --packet->refs == 0) {
		struct packet *next = packet->next;

		free(packet);
		packet = next;
	}
}

static uint64_t datagram_hash(const struct ike *ike)
{
	return ike_hash(ike, ike->datagram->data.at, ike->datagram->data.len);
}

static enum window_verdict judge_request(
	struct ike_sa *sa, const struct ike_header *header)
{
	const struct window *w = &sa->window;
	const struct ike_datagram *datagram = sa->ike->datagram;

	if (header->message_id == w->in_id)
		return WINDOW_NEXT;
	/* RFC 7296 section 2.1: the same octets get the same octets back, to
	 * where they came from; anything else with an old ID is no request.
	 * Of one in fragments it is fragment 1 that counts, also when the peer
	 * has cut it anew (RFC 7383 section 2.6.1). */
	if (!w->reply || header->message_id + 1 != w->in_id ||
		(datagram_hash(sa->ike) != w->request_hash &&
			!protect_is_first_fragment(sa, header, datagram->data)))
		return WINDOW_DROP;
	ike_send(sa->ike, &datagram->local, &datagram->remote, w->reply);
	count_repeated(sa->ike, sa);
	return WINDOW_REPEAT;
}

enum window_verdict window_judge(
	struct ike_sa *sa, const struct ike_header *header)
{
	const struct window *w = &sa->window;

	if (!header_is_response(header))
		return judge_request(sa, header);
	if (!w->request || header->message_id != w->out_id ||
		header->exchange != w->work.exchange->type)
		return WINDOW_DROP;
	return WINDOW_REPLY;
}

static void transmit(struct ike_sa *sa)
{
	ike_send(sa->ike, &sa->local, &sa->remote, sa->window.request);
	sa->sent_ms = sa->ike->now.mono_ms;
	sa->window.due_ms = sa->ike->now.mono_ms + sa->window.wait_ms;
}

void window_ask(
	struct ike_sa *sa, const struct work *work, struct packet *request)
{
	struct window *w = &sa->window;

	w->request = packet_ref(request);
	w->work = *work;
	w->tries = 0;
	w->hastened = false;
	w->wait_ms = sa->peer ? sa->peer->retransmit_base_ms : DEFAULT_BASE_MS;
	w->asked_ms = sa->ike->now.mono_ms;
	transmit(sa);
}

void window_measure(struct ike_sa *sa)
{
	struct window *w = &sa->window;

	/* Which of several copies has been answered nobody knows. */
	if (w->tries > 0)
		return;
	w->rtt_ms = sa->ike->now.mono_ms - w->asked_ms;
	w->rtt_known = true;
}

struct work window_answered(struct ike_sa *sa)
{
	struct window *w = &sa->window;
	struct work work = w->work;

	packet_unref(w->request);
	w->request = NULL;
	w->work = (struct work){ 0 };
	w->out_id++;
	return work;
}

void window_restart(struct ike_sa *sa)
{
	(void)window_answered(sa);
	sa->window.out_id--;
}

void window_reply(struct ike_sa *sa, struct packet *reply)
{
	struct window *w = &sa->window;
	const struct ike_datagram *datagram = sa->ike->datagram;

	packet_unref(w->reply);
	w->reply = packet_ref(reply);
	w->request_hash = sa->ike->first_fragment ? sa->ike->first_fragment
						  : datagram_hash(sa->ike);
	w->in_id++;
	/* RFC 7296 section 2.11: back to where the request came from. */
	ike_send(sa->ike, &datagram->local, &datagram->remote, reply);
	sa->sent_ms = sa->ike->now.mono_ms;
}

void window_hasten(struct ike_sa *sa)
{
	struct window *w = &sa->window;
	uint8_t tries = sa->peer ? sa->peer->retransmit_tries : DEFAULT_TRIES;

	if (w->hastened)
		return;
	w->hastened = true;
	if (tries > HASTENED_TRIES && w->tries < tries - HASTENED_TRIES)
		w->tries = (uint8_t)(tries - HASTENED_TRIES);
}

void window_again(struct ike_sa *sa)
{
	struct window *w = &sa->window;

	if (!w->request || !sa->peer)
		return;
	w->tries = 0;
	w->hastened = false;
	w->wait_ms = sa->peer->retransmit_base_ms;
	w->asked_ms = sa->ike->now.mono_ms;
	transmit(sa);
	count_resent(sa);
}

/* For who is watching: the silence of a peer is news, too. */
static void tell_retransmit(struct ike_sa *sa, uint8_t tries)
{
	char addr[IKE_ADDR_SIZE];

	if (sa->peer)
		ike_report(sa->ike, EVENT_RETRANSMIT, IKE_CAUSE_NONE,
			sa->peer->name, NULL,
			FACTS(fact_endpoint("remote", &sa->remote),
				fact_number("try", sa->window.tries),
				fact_number("tries", tries)),
			"no answer from %s port %u yet: sent again (%u of %u)",
			ike_addr_text(&sa->remote.addr, addr), sa->remote.port,
			sa->window.tries, tries);
}

bool window_retransmit(struct ike_sa *sa)
{
	struct window *w = &sa->window;
	uint8_t tries = sa->peer ? sa->peer->retransmit_tries : DEFAULT_TRIES;
	uint32_t max = sa->peer ? sa->peer->retransmit_max_ms : DEFAULT_MAX_MS;
	uint64_t wait = (uint64_t)w->wait_ms * 9 / 5;

	if (w->tries >= tries && !mobike_is_patient(sa))
		return false;
	if (w->tries < tries)
		w->tries++;
	w->wait_ms = wait < max ? (uint32_t)wait : max;
	mobike_unanswered(sa);
	transmit(sa);
	count_resent(sa);
	tell_retransmit(sa, tries);
	return true;
}

void window_free(struct ike_sa *sa)
{
	packet_unref(sa->window.request);
	packet_unref(sa->window.reply);
	sa->window.request = NULL;
	sa->window.reply = NULL;
}

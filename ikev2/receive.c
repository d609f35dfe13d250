/* receive.c - a datagram finds its SA, or does not (RFC 7296 sections 2.1, 2.5, 2.6, 2.21).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/counts.h"
#include "ikev2/engine.h"
#include "ikev2/exchange.h"
#include "ikev2/strangers.h"
#include "ikev2/wire/names.h"

enum {
	STATELESS_A_SECOND = 100,
	COMPLAINTS_A_SECOND = 10,
	STATELESS_LEN = 128,
	/* Within half_open_ms an honest initiator comes again some six times. */
	REPEATS_ANSWERED = 20,
};

static bool within(struct rate *rate, uint64_t now_ms, uint32_t a_second)
{
	if (now_ms - rate->since_ms >= 1000)
		*rate = (struct rate){ now_ms, 0 };
	if (rate->count == a_second)
		return false;
	rate->count++;
	return true;
}

static bool is_used_up(
	const struct rate *rate, uint64_t now_ms, uint32_t a_second)
{
	return now_ms - rate->since_ms < 1000 && rate->count >= a_second;
}

bool ike_may_complain(struct ike *ike)
{
	ike->complaining =
		within(&ike->complaints, ike->now.mono_ms, COMPLAINTS_A_SECOND);
	if (!ike->complaining)
		ike->complaints_left_out++;
	return ike->complaining;
}

void ike_reply_stateless(struct ike *ike, const struct ike_header *request,
	uint16_t notify, struct bytes data)
{
	uint8_t buffer[STATELESS_LEN];
	struct ike_header header = *request;
	struct message_out out;
	struct bytes reply;
	struct packet *packet;

	if (notify != COOKIE &&
		!within(&ike->stateless, ike->now.mono_ms, STATELESS_A_SECOND))
		return;
	header.version = IKE_VERSION_OCTET;
	header.flags = FLAG_RESPONSE;
	message_begin(&out, buffer, sizeof(buffer), &header);
	write_notify(&out.c, notify, data);
	reply = message_end(&out);
	/* Nobody is to be flooded through us. */
	if (reply.len == 0 || reply.len > ike->datagram->data.len)
		return;
	packet = packet_new(reply);
	if (!packet)
		return;
	ike_send(ike, &ike->datagram->local, &ike->datagram->remote, packet);
	packet_unref(packet);
}

/* --- IKE_SA_INIT requests ------------------------------------------------- */

/* The octets and where they came from: a repeat is known by both. */
static uint64_t init_hash(
	const struct ike *ike, const struct ike_datagram *datagram)
{
	const struct ike_endpoint *from = &datagram->remote;
	uint64_t parts[2] = { ike_hash(ike, datagram->data.at,
				      datagram->data.len),
		ike_hash(ike, from->addr.octets, sizeof(from->addr.octets)) ^
			from->port };

	return ike_hash(ike, parts, sizeof(parts));
}

static struct ike_sa *find_init(const struct ike *ike, uint64_t hash)
{
	const struct ike_datagram *datagram = ike->datagram;
	struct table_node *node = table_first(&ike->by_init, hash);

	for (; node; node = table_next(node)) {
		struct ike_sa *sa = HOLDER(node, struct ike_sa, by_init);
		const struct packet *first =
			sa->handshake ? sa->handshake->init_request : NULL;

		if (first && bytes_equal(bytes_of(first->data, first->len),
				     datagram->data))
			return sa;
	}
	return NULL;
}

/* --- Strangers ------------------------------------------------------------ */

/* One that is refused keeps nothing, and so never makes many half-open SAs; but
 * to find nobody for it costs a look at all peers. */
static bool needs_cookie(const struct ike *ike, const struct strangers *there)
{
	return is_used_up(&ike->declined, ike->now.mono_ms,
		       ike->limits.cookie_threshold) ||
	       strangers_need_cookie(ike, there);
}

/* RFC 7296 section 2.6: with many half-open SAs, only who can hear us. */
static bool cookie_passes(struct ike *ike, const struct message *in)
{
	uint8_t cookie[OUR_COOKIE_LEN];

	cookies_renew(
		&ike->cookies, ike->now.mono_ms, ike->env.random, ike->env.ctx);
	if (cookie_valid(&ike->cookies, in, &ike->datagram->remote))
		return true;
	count_dropped(ike, NULL, IKE_DROPPED_COOKIE);
	cookie_make(&ike->cookies, in, &ike->datagram->remote, cookie);
	ike_reply_stateless(
		ike, &in->header, COOKIE, bytes_of(cookie, sizeof(cookie)));
	return false;
}

/* Read it, and ask for what every such request must have: nothing is kept, and
 * nothing is computed, for one that has not. */
static bool init_readable(struct ike *ike, struct message *in)
{
	static const struct payload_rule nothing;
	struct bytes chain = { ike->datagram->data.at + IKE_HEADER_LEN,
		ike->datagram->data.len - IKE_HEADER_LEN };
	struct payload_rule rule = nothing;
	enum ike_error err;

	rule.must = payload_bit(PAYLOAD_SA) | payload_bit(PAYLOAD_KE) |
		    payload_bit(PAYLOAD_NONCE);
	err = message_read(in, in->header.next, chain, IKE_HEADER_LEN);
	if (err == UNSUPPORTED_CRITICAL_PAYLOAD)
		ike_reply_stateless(ike, &in->header, (uint16_t)err,
			bytes_of(&in->critical, 1));
	if (err != IKE_OK)
		return false;
	return message_fits(in, &rule) == IKE_OK;
}

/* Our reply may be longer than the request, whose source nobody has proven: it
 * is not to be had any number of times. */
static void answer_again(struct ike_sa *sa)
{
	const struct ike_datagram *datagram = sa->ike->datagram;
	struct handshake *h = sa->handshake;

	count_repeated(sa->ike, sa);
	if (!h->init_reply || h->repeats == REPEATS_ANSWERED)
		return;
	h->repeats++;
	ike_send(sa->ike, &datagram->local, &datagram->remote, h->init_reply);
}

static void receive_init(struct ike *ike, struct message *in)
{
	const struct ike_datagram *datagram = ike->datagram;
	static const uint8_t none[IKE_SPI_LEN];
	uint64_t hash = init_hash(ike, datagram);
	struct ike_sa *sa = find_init(ike, hash);
	struct strangers there;

	if (sa) {
		answer_again(sa);
		return;
	}
	/* Our own request, come back to us (N13). */
	sa = ike_find_sa(ike, in->header.spi_i);
	if (ike->stopping) {
		count_dropped(ike, NULL, IKE_DROPPED_RESOURCES);
		return;
	}
	if (in->header.message_id != 0 ||
		memcmp(in->header.spi_r, none, IKE_SPI_LEN) != 0 ||
		(sa && sa->initiator) || !init_readable(ike, in)) {
		count_dropped(ike, NULL, IKE_DROPPED_MALFORMED);
		return;
	}
	there = strangers_near(ike, &datagram->remote.addr);
	if (needs_cookie(ike, &there) && !cookie_passes(ike, in))
		return;
	if (strangers_too_many(ike, &there))
		return;
	sa = sa_new(ike, false, &datagram->local, &datagram->remote);
	if (!sa) {
		count_dropped(ike, NULL, IKE_DROPPED_RESOURCES);
		return;
	}
	memcpy(sa->spi_i, in->header.spi_i, IKE_SPI_LEN);
	strangers_enter(sa, hash);
	exchange_request_clear(sa, in);
	if (sa->phase == PHASE_DEAD)
		(void)within(&ike->declined, ike->now.mono_ms,
			ike->limits.cookie_threshold);
}

/* --- Everything else ------------------------------------------------------ */

/* The SA that a header names, if SPIs and the Initiator flag fit it. */
static struct ike_sa *find_sa(
	const struct ike *ike, const struct ike_header *header)
{
	bool from_initiator = header_from_initiator(header);
	struct ike_sa *sa = ike_find_sa(
		ike, from_initiator ? header->spi_r : header->spi_i);

	if (!sa || sa->initiator == from_initiator)
		return NULL;
	if (memcmp(sa->spi_i, header->spi_i, IKE_SPI_LEN) != 0)
		return NULL;
	/* The responder's SPI is not known before its first reply. */
	if (sa->phase != PHASE_INIT &&
		memcmp(sa->spi_r, header->spi_r, IKE_SPI_LEN) != 0)
		return NULL;
	return sa;
}

static void receive_known(struct ike_sa *sa, const struct ike_header *header)
{
	ike_touch(sa);
	switch (window_judge(sa, header)) {
	case WINDOW_DROP:
		count_dropped(sa->ike, sa, IKE_DROPPED_WINDOW);
		return;
	case WINDOW_REPEAT:
		return;
	case WINDOW_NEXT:
		exchange_request(sa, header);
		return;
	case WINDOW_REPLY:
		exchange_reply(sa, header);
		return;
	}
}

void ike_receive(struct ike *ike, struct ike_now now,
	const struct ike_datagram *datagram)
{
	static const uint8_t none[IKE_SPI_LEN];
	struct message in;
	struct ike_sa *sa;

	if (!read_header(datagram->data, &in.header)) {
		count_dropped(ike, NULL, IKE_DROPPED_MALFORMED);
		return;
	}
	if (!ike_begin(ike, now)) {
		count_dropped(ike, NULL, IKE_DROPPED_RESOURCES);
		return;
	}
	ike->datagram = datagram;
	if (in.header.version >> 4 > IKE_VERSION_MAJOR) {
		count_dropped(ike, NULL, IKE_DROPPED_VERSION);
		if (!header_is_response(&in.header))
			ike_reply_stateless(ike, &in.header,
				INVALID_MAJOR_VERSION, bytes_of(NULL, 0));
	} else if (in.header.version >> 4 < IKE_VERSION_MAJOR ||
		   memcmp(in.header.spi_i, none, IKE_SPI_LEN) == 0) {
		/* IKEv1, or nothing at all: silence. */
		count_dropped(ike, NULL, IKE_DROPPED_VERSION);
	} else if (in.header.exchange == IKE_SA_INIT &&
		   !header_is_response(&in.header)) {
		if (header_from_initiator(&in.header))
			receive_init(ike, &in);
		else
			count_dropped(ike, NULL, IKE_DROPPED_MALFORMED);
	} else {
		sa = find_sa(ike, &in.header);
		if (sa)
			receive_known(sa, &in.header);
		else
			count_dropped(ike, NULL, IKE_DROPPED_UNKNOWN);
	}
	ike_end(ike);
}

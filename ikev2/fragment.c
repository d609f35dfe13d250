/* fragment.c - protected messages in several datagrams: cut, and put together again (RFC 7383).
 * SPDX-License-Identifier: ISC
 *
 * Cutting: a message is cut when the IP datagram that would carry it is longer
 * than limits.fragment_size; then no fragment's is.  What counts is
 *
 *	IP header (20 or 40) + UDP header (8) + non-ESP marker (4) + message
 *
 * and the marker counts on port 500, too: a kept packet may leave by the other
 * port.  The size of the path is not looked for.  What would be more than
 * MAX_FRAGMENTS goes whole: IP may bring it there.
 *
 * Putting together: one message at a time for an SA and direction, the one that
 * the window waits for.  A fragment is kept only if its ICV is right, so what a
 * stranger sends changes nothing; a peer that has keys can make us keep at most
 * MAX_FRAGMENTS of one message and as many octets as one message may have.
 */
#include "ikev2/engine.h"
#include "ikev2/exchange.h"

#include <stdlib.h>

enum {
	/* At 576 octets a datagram, the least that IPv4 hosts must take, that
	 * is a message of 32 KiB; at 1280 it is the longest one. */
	MAX_FRAGMENTS = 64,
	MAX_WHOLE = MAX_MESSAGE_LEN - IKE_HEADER_LEN,
	SKF_BODY_AT = IKE_HEADER_LEN + PAYLOAD_HEADER_LEN + 4,
	IPV4_LEN = 20,
	IPV6_LEN = 40,
	UDP_LEN = 8,
	MARKER_LEN = 4,
};

/* The plaintext of one fragment. */
struct piece {
	size_t len;
	uint8_t data[];
};

struct fragments {
	uint32_t message_id;
	uint8_t exchange;
	uint8_t first;       /* Next Payload of fragment 1: of the whole */
	uint64_t first_hash; /* of the datagram that was fragment 1 */
	uint64_t kept_ms;    /* the last new one came */
	uint16_t total, count;
	size_t len; /* of all pieces */
	struct piece *piece[MAX_FRAGMENTS];
};

/* --- Cutting -------------------------------------------------------------- */

static size_t longest(const struct ike_sa *sa)
{
	const size_t around =
		UDP_LEN + MARKER_LEN +
		(sa->remote.addr.family == 6 ? IPV6_LEN : IPV4_LEN);
	const size_t size = sa->ike->limits.fragment_size;

	return size > around ? size - around : 0;
}

bool fragment_is_long(const struct ike_sa *sa, size_t len)
{
	return len > longest(sa);
}

bool fragment_needed(const struct ike_sa *sa, size_t len)
{
	return sa->fragmentation && fragment_is_long(sa, len) &&
	       len <= MAX_FRAGMENTS * protect_fragment_room(sa, longest(sa));
}

struct packet *fragment_split(struct ike_sa *sa,
	const struct ike_header *header, uint8_t first, struct bytes chain)
{
	const size_t room = protect_fragment_room(sa, longest(sa));
	const size_t total = (chain.len + room - 1) / room;
	struct packet *all = NULL, **end = &all;
	struct payload_sk sk = { .first = first, .total = (uint16_t)total };

	while (sk.fragment < total) {
		sk.fragment++;
		sk.body =
			bytes_of(chain.at, chain.len < room ? chain.len : room);
		*end = protect_fragment(sa, header, &sk);
		if (!*end) {
			packet_unref(all);
			return NULL;
		}
		end = &(*end)->next;
		chain = bytes_of(
			chain.at + sk.body.len, chain.len - sk.body.len);
		sk.first = PAYLOAD_NONE;
	}
	return all;
}

/* --- Putting together ----------------------------------------------------- */

/* A line for people, who are not to be flooded by strangers. */
static void say(
	struct ike_sa *sa, const struct fragments *set, const char *what)
{
	if (sa->phase == PHASE_ESTABLISHED || ike_may_complain(sa->ike))
		ike_note(sa->ike, EVENT_FRAGMENTS, sa_peer_name(sa),
			FACTS(fact_number("message_id", set->message_id),
				fact_number("have", set->count),
				fact_number("total", set->total)),
			"message %u: %u of %u fragments: %s", set->message_id,
			set->count, set->total, what);
}

static void set_free(struct fragments *set)
{
	for (size_t i = 0; i < set->total; i++) {
		struct piece *piece = set->piece[i];

		if (piece)
			sodium_memzero(piece, sizeof(*piece) + piece->len);
		free(piece);
	}
	free(set);
}

void fragment_forget(struct ike_sa *sa, bool response)
{
	struct fragments *set = sa->fragments[response];

	sa->fragments[response] = NULL;
	if (set)
		set_free(set);
}

static void drop(struct ike_sa *sa, bool response, const char *why)
{
	say(sa, sa->fragments[response], why);
	fragment_forget(sa, response);
}

bool fragment_wanted(const struct ike_sa *sa, const struct ike_header *header,
	const struct payload_sk *sk)
{
	const struct fragments *set = sa->fragments[header_is_response(header)];

	/* Beside other payloads it would be at another place. */
	if (!sa->fragmentation || sk->body_at != SKF_BODY_AT ||
		sk->total > MAX_FRAGMENTS)
		return false;
	if (!set || set->message_id != header->message_id)
		return true;
	if (set->exchange != header->exchange || sk->total < set->total)
		return false;
	return sk->total > set->total || !set->piece[sk->fragment - 1];
}

/* The set that a fragment belongs to, or NULL without memory.  A larger total
 * says that the peer has cut the message anew (RFC 7383 section 2.6). */
static struct fragments *set_for(struct ike_sa *sa,
	const struct ike_header *header, const struct payload_sk *sk)
{
	const bool response = header_is_response(header);
	struct fragments *set = sa->fragments[response];

	if (set && set->message_id == header->message_id &&
		set->total == sk->total)
		return set;
	if (set)
		drop(sa, response, "dropped, the message comes anew");
	set = calloc(1, sizeof(*set));
	if (!set)
		return NULL;
	set->message_id = header->message_id;
	set->exchange = header->exchange;
	set->total = sk->total;
	set->kept_ms = sa->ike->now.mono_ms;
	sa->fragments[response] = set;
	return set;
}

static bool add_piece(struct ike_sa *sa, struct fragments *set,
	const struct payload_sk *sk, struct bytes plain)
{
	struct piece *piece = calloc(1, sizeof(*piece) + plain.len);

	if (!piece)
		return false;
	piece->len = plain.len;
	memcpy(piece->data, plain.at, plain.len);
	set->piece[sk->fragment - 1] = piece;
	set->count++;
	set->len += plain.len;
	set->kept_ms = sa->ike->now.mono_ms;
	if (sk->fragment == 1) {
		set->first = sk->first;
		set->first_hash = ike_hash(sa->ike, sa->ike->datagram->data.at,
			sa->ike->datagram->data.len);
	}
	return true;
}

bool fragment_keep(struct ike_sa *sa, const struct ike_header *header,
	struct payload_sk *sk, struct bytes *plain)
{
	const bool response = header_is_response(header);
	struct fragments *set = set_for(sa, header, sk);
	struct writer whole = writer_of(sa->ike->scratch_in, SCRATCH_LEN);

	if (!set)
		return false;
	if (set->len + plain->len > MAX_WHOLE) {
		drop(sa, response, "dropped, the message is too long");
		return false;
	}
	if (!add_piece(sa, set, sk, *plain) || set->count < set->total)
		return false;
	for (size_t i = 0; i < set->total; i++)
		write_bytes(&whole,
			bytes_of(set->piece[i]->data, set->piece[i]->len));
	*plain = written(&whole);
	sk->first = set->first;
	sa->ike->first_fragment = set->first_hash;
	drop(sa, response, "whole");
	return true;
}

/* --- Waiting -------------------------------------------------------------- */

static uint64_t set_deadline(const struct ike_sa *sa, bool response)
{
	const struct fragments *set = sa->fragments[response];

	return set ? set->kept_ms + sa->ike->limits.half_open_ms : IKE_NEVER;
}

uint64_t fragment_deadline(const struct ike_sa *sa)
{
	return sooner(set_deadline(sa, false), set_deadline(sa, true));
}

void fragment_expire(struct ike_sa *sa)
{
	for (int response = 0; response < 2; response++) {
		if (set_deadline(sa, response) <= sa->ike->now.mono_ms)
			drop(sa, response, "dropped, the rest does not come");
	}
}

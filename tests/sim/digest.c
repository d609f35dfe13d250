/* digest.c - the state of a simulation as one number, and what no wish can cause.
 * SPDX-License-Identifier: ISC
 *
 * This file looks into the core on purpose: a state is the same only if all is
 * the same that the core will ever act upon.  A new member of struct ike_sa,
 * child, window or dial that decides something belongs here too.
 */
#include "tests/sim/digest.h"

#include "ikev2/child.h"
#include "ikev2/engine.h"
#include "ikev2/exchange.h"

#include <assert.h>

/* --- Writing -------------------------------------------------------------- */

void digest_octets(struct digest *d, const void *at, size_t len)
{
	if (!d->writing)
		return;
	assert(d->len + len <= DIGEST_SIZE);
	memcpy(d->out + d->len, at, len);
	d->len += len;
}

void digest_number(struct digest *d, uint64_t number)
{
	uint8_t octets[9];
	size_t len = 1;

	/* its length, then as many octets as it needs */
	for (; number > 0; number >>= 8)
		octets[len++] = (uint8_t)number;
	octets[0] = (uint8_t)len;
	digest_octets(d, octets, len);
}

void digest_time(struct digest *d, uint64_t at_ms)
{
	if (at_ms == 0 || at_ms == IKE_NEVER)
		digest_number(d, at_ms == 0 ? 1 : 2);
	else
		digest_number(d, at_ms - d->now_ms + (UINT64_C(1) << 40));
}

void digest_name(struct digest *d, const void *octets, size_t len)
{
	size_t i = 0;

	assert(len <= IKE_SPI_LEN);
	if (!d->writing)
		return;
	while (i < d->names && (d->name[i].len != len ||
				       memcmp(d->name[i].octets, octets, len)))
		i++;
	if (i == d->names) {
		assert(d->names < DIGEST_NAMES);
		d->name[i].len = (uint8_t)len;
		memcpy(d->name[i].octets, octets, len);
		d->names++;
	}
	digest_number(d, i);
}

void digest_spi(struct digest *d, uint32_t spi)
{
	const uint8_t octets[4] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16),
		(uint8_t)(spi >> 8), (uint8_t)spi };

	digest_name(d, octets, sizeof(octets));
}

void digest_nonce(
	struct digest *d, enum digest_nonce kind, const uint8_t *octets)
{
	size_t rank = 0;
	bool known = false;

	for (size_t i = 0; i < d->nonces; i++) {
		const struct digest_rank *other = &d->nonce[i];
		int order;

		if (other->kind != kind)
			continue;
		order = memcmp(other->octets, octets, NONCE_LEN);
		known |= order == 0;
		rank += order < 0;
	}
	if (d->writing) {
		digest_number(d, rank);
		return;
	}
	if (known)
		return;
	assert(d->nonces < DIGEST_NONCES);
	d->nonce[d->nonces].kind = kind;
	memcpy(d->nonce[d->nonces++].octets, octets, NONCE_LEN);
}

uint64_t digest_end(const struct digest *d)
{
	static const uint8_t key[crypto_shorthash_KEYBYTES] = "one number";
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(out, d->out, d->len, key);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

/* --- Messages ------------------------------------------------------------- */

/* Transforms are the same each time; SPIs are not. */
static void put_proposals(struct digest *d, const struct message *m)
{
	struct reader walk = reader_of(m->sa.proposals);
	struct proposal proposal;

	while (next_proposal(&walk, &proposal)) {
		digest_number(d, proposal.protocol);
		if (proposal.spi.len > 0)
			digest_name(d, proposal.spi.at, proposal.spi.len);
	}
}

static void put_notify(struct digest *d, const struct payload_notify *n)
{
	bool random = n->type == NAT_DETECTION_SOURCE_IP ||
		      n->type == NAT_DETECTION_DESTINATION_IP ||
		      n->type == COOKIE;

	digest_number(d, n->type);
	digest_number(d, n->protocol);
	if (n->spi.len > 0)
		digest_name(d, n->spi.at, n->spi.len);
	digest_number(d, n->data.len);
	if (!random)
		digest_octets(d, n->data.at, n->data.len);
}

static void put_delete(struct digest *d, const struct payload_delete *del)
{
	struct reader r = reader_of(del->spis);

	digest_number(d, del->protocol);
	while (del->spi_size == ESP_SPI_LEN && reader_more(&r))
		digest_spi(d, read_u32(&r));
}

/* A message taken apart; m points into copy. */
struct opened {
	uint8_t copy[4096];
	struct message m;
};

static void open_packet(const struct digest *d, const uint8_t *message,
	size_t len, struct opened *out)
{
	size_t begin = IKE_HEADER_LEN, end = len;
	uint8_t first = message[16];
	enum ike_error err;
	bool opened;

	assert(len <= sizeof(out->copy));
	if (first == PAYLOAD_SK) {
		opened = d->open(d->ctx, message, len, out->copy, &begin, &end);
		assert(opened);
		first = message[IKE_HEADER_LEN];
	} else {
		memcpy(out->copy, message, len);
	}
	err = message_read(&out->m, first,
		bytes_of(out->copy + begin, end - begin), begin);
	assert(err == IKE_OK);
}

/* Of the two nonces of an exchange only the lower one is ever compared with
 * others (RFC 7296 section 2.8.1).  So once there are two, both stand for it. */
static void lower_nonce(const struct digest *d, const struct packet *request,
	const uint8_t *nonce, uint8_t out[NONCE_LEN])
{
	static struct opened asked;

	memcpy(out, nonce, NONCE_LEN);
	if (!request)
		return;
	open_packet(d, request->data, request->len, &asked);
	if (has_payload(&asked.m, PAYLOAD_NONCE) &&
		memcmp(asked.m.nonce.at, nonce, NONCE_LEN) < 0)
		memcpy(out, asked.m.nonce.at, NONCE_LEN);
}

static void put_message_nonce(
	struct digest *d, const struct message *m, const struct packet *request)
{
	uint8_t nonce[NONCE_LEN];

	lower_nonce(d, request, m->nonce.at, nonce);
	digest_nonce(d,
		has_payload(m, PAYLOAD_TSI) ? NONCE_OF_CHILD : NONCE_OF_IKE,
		nonce);
}

/* request: what it answers, if that is known. */
static void put_payloads(
	struct digest *d, const struct message *m, const struct packet *request)
{
	digest_number(d, m->present);
	if (has_payload(m, PAYLOAD_SA))
		put_proposals(d, m);
	if (has_payload(m, PAYLOAD_KE))
		digest_number(d, m->ke.group);
	if (has_payload(m, PAYLOAD_NONCE))
		put_message_nonce(d, m, request);
	if (has_payload(m, PAYLOAD_TSI)) {
		digest_octets(d, m->tsi.selectors.at, m->tsi.selectors.len);
		digest_octets(d, m->tsr.selectors.at, m->tsr.selectors.len);
	}
	digest_number(d, m->notifies);
	for (size_t i = 0; i < m->notifies; i++)
		put_notify(d, &m->notify[i]);
	digest_number(d, m->deletes);
	for (size_t i = 0; i < m->deletes; i++)
		put_delete(d, &m->delete[i]);
}

/* The SA of `to` that it is for, or NULL. */
static const struct ike_sa *receiver(
	const struct ike *to, const struct ike_header *header)
{
	return to ? ike_find_sa(to, header_from_initiator(header)
					    ? header->spi_r
					    : header->spi_i)
		  : NULL;
}

/* Message IDs are only compared with what a window expects: so it is the
 * distance that counts, not how many there were before. */
static void put_id(struct digest *d, uint32_t id, uint32_t expected)
{
	digest_number(d, id - expected);
}

void digest_message(struct digest *d, const struct ike *to,
	const uint8_t *message, size_t len)
{
	struct opened opened;
	struct ike_header header;
	const struct ike_sa *sa;
	const struct packet *request = NULL;
	bool readable = read_header(bytes_of(message, len), &header);

	assert(readable);
	digest_name(d, header.spi_i, IKE_SPI_LEN);
	digest_name(d, header.spi_r, IKE_SPI_LEN);
	sa = receiver(to, &header);
	digest_number(d, header.exchange);
	digest_number(d, header.flags);
	put_id(d, header.message_id,
		!sa                           ? header.message_id
		: header_is_response(&header) ? sa->window.out_id
					      : sa->window.in_id);
	/* A request that was received is known again by its hash alone. */
	if (sa && !header_is_response(&header) &&
		sa->window.in_id > header.message_id)
		return;
	if (sa && header_is_response(&header) &&
		sa->window.out_id == header.message_id)
		request = sa->window.request;
	open_packet(d, message, len, &opened);
	put_payloads(d, &opened.m, request);
}

/* --- The core ------------------------------------------------------------- */

/* The other end of this IKE SA, or NULL. */
static const struct ike_sa *other_end(
	const struct digest *d, const struct ike_sa *sa)
{
	return d->other ? ike_find_sa(d->other,
				  sa->initiator ? sa->spi_r : sa->spi_i)
			: NULL;
}

/* It is closed and waits for nothing but its end, and nobody will ask it for
 * anything again: it only counts as one of many. */
static bool is_ghost(const struct digest *d, const struct ike_sa *sa)
{
	return sa_is_over(sa) && !sa->window.request && sa->queue_count == 0 &&
	       sa->child_count == 0 && !other_end(d, sa);
}

/* A birth number is 0, or who it names, or somebody who is dead. */
static void put_sa_birth(
	struct digest *d, const struct ike *ike, uint64_t birth)
{
	const struct ike_sa *sa = ike_find_birth(ike, birth);
	bool ghost = sa && is_ghost(d, sa);

	digest_number(d, birth == 0 ? 0U : ghost ? 1U : 2U);
	if (sa && !ghost)
		digest_name(d, sa_own_spi(sa), IKE_SPI_LEN);
}

static void put_child_birth(
	struct digest *d, const struct ike *ike, uint64_t birth)
{
	digest_number(d, birth != 0);
	for (size_t i = 0; i < ike->sa_count && birth != 0; i++) {
		const struct child *c = child_find(ike->sas[i], birth);

		if (c)
			digest_spi(d, c->spi_in);
	}
}

static void put_group(struct digest *d, const struct transform *group)
{
	digest_number(d, group ? group->id : 0);
}

static void put_work(
	struct digest *d, const struct ike *ike, const struct work *work)
{
	digest_octets(
		d, work->exchange->name, strlen(work->exchange->name) + 1);
	put_child_birth(d, ike, work->child);
	put_group(d, work->group);
	digest_number(d, work->tries);
	digest_number(d, work->any_prf);
	digest_number(d, (uint64_t)work->error);
}

static void put_packet(struct digest *d, const struct packet *packet)
{
	digest_number(d, packet != NULL);
	if (packet)
		digest_message(d, d->other, packet->data, packet->len);
}

/* What is sent again matters as long as somebody has use for it. */
static void put_repeats(struct digest *d, const struct ike_sa *sa)
{
	const struct window *w = &sa->window;
	const struct ike_sa *other = other_end(d, sa);
	bool gone = !other && sa->phase >= PHASE_ESTABLISHED;
	bool answered = other && other->window.out_id >= w->in_id;

	digest_number(d, w->request != NULL);
	if (!gone)
		put_packet(d, w->request);
	digest_number(d, w->reply != NULL);
	if (!gone && !answered)
		put_packet(d, w->reply);
}

static void put_window(struct digest *d, const struct ike_sa *sa)
{
	const struct window *w = &sa->window;
	const struct ike_sa *other = other_end(d, sa);

	/* without another end there is nothing to compare them with */
	put_id(d, w->out_id, other ? other->window.in_id : w->out_id);
	put_id(d, w->in_id, other ? other->window.out_id : w->in_id);
	put_repeats(d, sa);
	if (w->request) {
		digest_number(d, w->hastened);
		put_work(d, sa->ike, &w->work);
		digest_time(d, w->due_ms);
		digest_number(d, w->wait_ms);
		digest_number(d, w->tries);
	}
	digest_number(d, sa->queue_count);
	for (size_t i = 0; i < sa->queue_count; i++)
		put_work(d, sa->ike, &sa->queue[i]);
}

/* The answer that the other end has to what we ask there, or NULL. */
static const struct packet *answer_to(
	const struct digest *d, const struct ike_sa *sa)
{
	const struct ike_sa *other = other_end(d, sa);

	return other && sa->window.request &&
			       other->window.in_id == sa->window.out_id + 1
		       ? other->window.reply
		       : NULL;
}

/* One of ours; asked: the SA that asks with it, or NULL. */
static void put_own_nonce(struct digest *d, enum digest_nonce kind,
	const struct sa_nonce *nonce, const struct ike_sa *asked)
{
	uint8_t lower[NONCE_LEN];

	digest_number(d, nonce && nonce->len > 0);
	if (!nonce || nonce->len == 0)
		return;
	lower_nonce(d, asked ? answer_to(d, asked) : NULL, nonce->data, lower);
	digest_nonce(d, kind, lower);
}

/* The SA that asks for this one in its place, or NULL. */
static const struct ike_sa *asks_for(const struct ike_sa *fresh)
{
	const struct ike *ike = fresh->ike;

	for (size_t i = 0; i < ike->sa_count; i++) {
		if (ike->sas[i]->successor == fresh->birth &&
			rekey_is_asked(ike->sas[i]))
			return ike->sas[i];
	}
	return NULL;
}

static void put_handshake(struct digest *d, const struct ike_sa *sa)
{
	const struct handshake *h = sa->handshake;

	digest_number(d, h != NULL);
	if (!h)
		return;
	put_group(d, h->dh.group);
	put_group(d, h->group);
	put_own_nonce(d, NONCE_OF_IKE, &h->nonce_i, asks_for(sa));
	put_own_nonce(d, NONCE_OF_IKE, &h->nonce_r, NULL);
	digest_number(d, h->cookie_len);
	digest_number(d, h->cookies);
	digest_number(d, h->regroups);
	digest_number(d, (uint64_t)h->hint);
	digest_number(d, h->forged);
	digest_number(d, h->repeats);
}

static void put_child(struct digest *d, const struct child *c)
{
	const struct ike *ike = c->sa->ike;

	digest_octets(d, c->policy->name, strlen(c->policy->name) + 1);
	digest_number(d, (uint64_t)c->state);
	digest_number(d, c->ours);
	digest_number(d, c->unwanted);
	digest_number(d, c->bent);
	digest_number(d, c->in_added);
	digest_number(d, c->out_added);
	digest_number(d, c->held_back != NULL);
	digest_number(d, c->held_count);
	digest_spi(d, c->spi_in);
	if (c->state != CHILD_ASKED)
		digest_spi(d, c->spi_out);
	if (c->state == CHILD_UP)
		digest_nonce(d, NONCE_OF_CHILD, c->low_nonce);
	put_own_nonce(d, NONCE_OF_CHILD, c->nonce,
		c->sa->window.work.child == c->birth ? c->sa : NULL);
	put_child_birth(d, ike, c->replaces);
	put_child_birth(d, ike, c->successor);
	put_child_birth(d, ike, c->peer_successor);
	/* it is looked at when the reply comes */
	digest_number(d, c->nonce && c->rival);
	if (c->nonce && c->rival)
		digest_nonce(d, NONCE_OF_CHILD, c->rival_nonce);
	digest_number(d, c->in_packets);
	digest_time(d, c->rekey_at_ms);
	digest_time(d, c->expire_at_ms);
	digest_number(d, c->wider);
	digest_time(d, c->wider_at_ms);
	digest_number(d, c->wider_at_ms == IKE_NEVER ? 0 : c->wider_wait_ms);
	digest_time(d, c->refused_ms);
	digest_number(d, c->redundant);
	digest_number(d, c->replaced);
	digest_time(d, c->retire_ms);
	digest_time(d, c->gone_ms);
	digest_time(d, c->state == CHILD_GONE ? c->out_gone_ms : 0);
	digest_time(d, c->held_back ? c->look_ms : 0);
}

static void put_sa(struct digest *d, const struct ike_sa *sa)
{
	const struct ike *ike = sa->ike;
	bool rival;

	digest_number(d, (uint64_t)sa->phase);
	digest_number(d, sa->initiator);
	digest_name(d, sa->spi_i, IKE_SPI_LEN);
	digest_name(d, sa->spi_r, IKE_SPI_LEN);
	digest_number(d, sa->peer != NULL);
	digest_number(d, sa->dial != NULL);
	/* low_nonce is done with when it is established, but for its children */
	if (sa->phase == PHASE_ESTABLISHED)
		digest_nonce(d, NONCE_OF_IKE, sa->first_nonce);
	put_handshake(d, sa);
	put_window(d, sa);
	put_child_birth(d, ike, sa->first_child);
	digest_number(d, sa->early_deletes);
	for (size_t i = 0; i < sa->early_deletes; i++)
		digest_spi(d, sa->early_delete[i]);
	put_sa_birth(d, ike, sa->successor);
	put_sa_birth(d, ike, sa->peer_successor);
	put_sa_birth(d, ike, sa->predecessor);
	put_sa_birth(d, ike, sa->replaces);
	/* one that is closed is not replaced any more */
	rival = sa->rival && sa->phase == PHASE_ESTABLISHED;
	digest_number(d, rival);
	if (rival)
		digest_nonce(d, NONCE_OF_IKE, sa->rival_nonce);
	digest_number(d, sa->dialled);
	digest_number(d, sa->outgoing);
	digest_time(d, sa->reauth_at_ms);
	digest_time(d, sa->reauth_end_ms);
	digest_number(d, sa->half_open);
	digest_number(d, sa->refused);
	digest_number(d, sa->redundant);
	digest_time(d, sa->half_open ? sa->born_ms : 0);
	digest_time(d, sa->phase == PHASE_ESTABLISHED ? sa->heard_ms : 0);
	digest_time(d, sa->probe_ms);
	digest_time(d, sa->close_ms);
	digest_time(d, sa->rekey_at_ms);
	digest_time(d, sa->expire_at_ms);
	digest_time(d, sa->refused_ms);
	digest_time(d, sa->busy_ms);
	digest_number(d, sa->child_count);
	for (const struct child *c = sa->children; c; c = c->next)
		put_child(d, c);
}

static void put_dial(
	struct digest *d, const struct ike *ike, const struct dial *dial)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		digest_number(d, dial->wanted[i]);
		digest_number(d, dial->asks[i].down);
		digest_number(d, dial->asks[i].later);
	}
	digest_number(d, dial->resolving);
	digest_number(d, dial->again);
	digest_number(d, dial->tries);
	digest_time(d, dial->next_try_ms);
	digest_number(d, dial->pair_count);
	digest_number(d, dial->pair_next);
	put_sa_birth(d, ike, dial->attempt ? dial->attempt->birth : 0);
	/* the newest first: not always by birth */
	for (const struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older)
		put_sa_birth(d, ike, sa->birth);
	digest_number(d, 0);
}

/* When they will end, which is in the order of their closing: the sum of what a
 * clock would see. */
static void put_ghosts(struct digest *d, const struct ike *ike)
{
	size_t ghosts = 0;

	for (size_t i = 0; i < ike->sa_count; i++)
		ghosts += is_ghost(d, ike->sas[i]);
	digest_number(d, ike->sa_count - ghosts);
	digest_number(d, ghosts);
	for (size_t i = 0; i < ike->sa_count; i++) {
		if (is_ghost(d, ike->sas[i]))
			digest_time(d, ike->sas[i]->close_ms);
	}
}

void digest_core(struct digest *d, const struct ike *ike)
{
	put_ghosts(d, ike);
	for (size_t i = 0; i < ike->sa_count; i++) {
		if (!is_ghost(d, ike->sas[i]))
			put_sa(d, ike->sas[i]);
	}
	for (size_t i = 0; i < ike->dials.count; i++)
		put_dial(d, ike, ike->dials.dial[i]);
}

/* --- What no wish can cause ----------------------------------------------- */

static struct ike_sa *best(const struct ike *ike, const char *peer)
{
	const struct dial *dial = dial_named(ike, peer);

	return dial ? dial_best(dial) : NULL;
}

void inside_liveness(struct ike *ike, struct ike_now now, const char *peer)
{
	const struct work ask = { .exchange = &exchange_liveness };
	struct ike_sa *sa = best(ike, peer);

	if (!sa || !ike_begin(ike, now))
		return;
	(void)sa_want(sa, &ask);
	ike_touch(sa);
	ike_end(ike);
}

bool inside_wants(const struct ike *ike, const char *peer, const char *child)
{
	const struct dial *dial = dial_named(ike, peer);
	int index = dial ? dial_child_index(dial, child) : -1;

	return index >= 0 && dial->wanted[index];
}

const char *inside_stale_state(const struct ike *ike)
{
	for (size_t i = 0; i < ike->dials.count; i++) {
		const struct dial *dial = ike->dials.dial[i];

		if (dial->shown != dial_state(dial))
			return dial->peer->name;
	}
	return NULL;
}

/* Message IDs only go up, and SPIs that are gone do not come back. */
bool inside_is_late(const struct ike *to, const struct ike *from,
	const uint8_t *message, size_t len)
{
	struct ike_header header;
	const struct ike_sa *sa, *theirs;
	bool from_initiator;

	if (!read_header(bytes_of(message, len), &header) ||
		(header.exchange == IKE_SA_INIT &&
			!header_is_response(&header)))
		return false;
	from_initiator = header_from_initiator(&header);
	sa = ike_find_sa(to, from_initiator ? header.spi_r : header.spi_i);
	if (!sa)
		return true;
	if (header_is_response(&header))
		return header.message_id < sa->window.out_id;
	if (header.message_id + 1 != sa->window.in_id)
		return header.message_id + 1 < sa->window.in_id;
	theirs =
		ike_find_sa(from, from_initiator ? header.spi_i : header.spi_r);
	return !theirs || theirs->window.out_id > header.message_id;
}

/* mobike.c - RFC 4555: paths that are tried, addresses that are updated, and who is told about them.
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, SK {N(UPDATE_SA_ADDRESSES),
 *	    N(NAT_DETECTION_*_IP)}     -->
 *	                              <--  HDR, SK {N(NAT_DETECTION_*_IP)}
 *	                              <--  HDR, SK {N(COOKIE2)}
 *	HDR, SK {N(COOKIE2)}           -->
 *
 * "Initiator" is who dialled (section 1.3): he alone chooses the addresses.
 * The owner tells when addresses or routes of this host have changed; each IKE
 * SA then asks by which of our addresses its peer can be reached.  The IKE SA
 * goes to a new pair at once, with whatever is in flight, and each time that it
 * has to be sent again to the next one; the children follow when the peer has
 * agreed.  The responder lets them follow when the other has shown that he hears
 * what is sent there.
 *
 * Without MOBIKE there is nothing but to begin anew from the new address.
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"
#include "ikev2/exchange.h"

enum {
	PATIENCE_MS = 300000,
	/* Longer away, the peer has probably given us up. */
	LONG_AWAY_MS = 60000,
	LOOK_AT_TRY = 2, /* unanswered so often, another path may be better */
	COOKIE2_MIN = 8,
	COOKIE2_MAX = 64,
};

static bool same_endpoint(
	const struct ike_endpoint *a, const struct ike_endpoint *b)
{
	return a->port == b->port && ike_addr_equal(&a->addr, &b->addr);
}

/* --- What both sides say in IKE_AUTH -------------------------------------- */

bool mobike_wanted(const struct ike_sa *sa, const struct ike_peer *peer)
{
	return peer->mobike && sa->nat.supported;
}

static void write_address(struct chain *c, const struct ike_addr *addr)
{
	write_notify(c,
		addr->family == 4 ? ADDITIONAL_IP4_ADDRESS
				  : ADDITIONAL_IP6_ADDRESS,
		bytes_of(addr->octets, ike_addr_len(addr->family)));
}

/* Is it one of those behind us, that no peer can reach from outside? */
static bool is_inside(const struct ike_peer *peer, const struct ike_addr *addr)
{
	const size_t len = ike_addr_len(addr->family);

	for (size_t i = 0; i < peer->child_count; i++) {
		const struct ike_child_policy *child = &peer->children[i];

		for (size_t n = 0; n < child->local_ts_count; n++) {
			const struct ike_selector *ts = &child->local_ts[n];

			if (ts->family == addr->family &&
				memcmp(addr->octets, ts->start, len) >= 0 &&
				memcmp(addr->octets, ts->end, len) <= 0)
				return true;
		}
	}
	return false;
}

static size_t write_others(const struct ike_sa *sa, struct chain *c)
{
	const struct ike *ike = sa->ike;
	size_t written = 0;

	for (size_t i = 0; i < ike->address_count; i++) {
		const struct ike_addr *addr = &ike->address[i];

		if (ike_addr_equal(addr, &sa->local.addr) ||
			is_inside(sa->peer, addr))
			continue;
		write_address(c, addr);
		written++;
	}
	return written;
}

/* Only the responder's other addresses are of use to anybody (section 3.4). */
void mobike_announce(const struct ike_sa *sa, struct message_out *out)
{
	write_notify(&out->c, MOBIKE_SUPPORTED, bytes_of(NULL, 0));
	if (!sa->initiator)
		(void)write_others(sa, &out->c);
}

static bool is_address(const struct payload_notify *n, struct ike_addr *out)
{
	memset(out, 0, sizeof(*out));
	out->family = n->type == ADDITIONAL_IP4_ADDRESS   ? 4
		      : n->type == ADDITIONAL_IP6_ADDRESS ? 6
							  : 0;
	if (out->family == 0 || n->data.len != ike_addr_len(out->family))
		return false;
	memcpy(out->octets, n->data.at, n->data.len);
	return true;
}

/* The whole list each time (section 3.6); beyond our room the rest is left. */
static void take_others(struct ike_sa *sa, const struct message *in)
{
	struct mobike *m = &sa->mobike;

	m->peers = 0;
	for (size_t i = 0; i < in->notifies; i++) {
		if (m->peers < MAX_PEER_ADDRESSES &&
			is_address(&in->notify[i], &m->peer[m->peers]))
			m->peers++;
	}
}

void mobike_agree(struct ike_sa *sa, const struct message *in)
{
	if (!mobike_wanted(sa, sa->peer) ||
		!message_notify(in, MOBIKE_SUPPORTED))
		return;
	sa->mobike.supported = true;
	take_others(sa, in);
}

void mobike_inherit(struct ike_sa *to, const struct ike_sa *from)
{
	to->mobike = from->mobike;
	to->mobike.seen_known = false; /* the hash has other SPIs */
}

void mobike_go_on(struct ike_sa *to, const struct ike_sa *from)
{
	const struct exchange *const rows[] = { &exchange_address_update,
		&exchange_address_check, &exchange_address_list };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct work work = { .exchange = rows[i] };

		if (sa_wants(from, rows[i], 0))
			sa_want_first(to, &work);
	}
}

/* --- Our own addresses and routes change ---------------------------------- */

/* By which of our addresses can the peer be reached, wherever it is? */
static void ask_route(struct ike_sa *sa)
{
	struct ike_effect *effect = ike_emit(sa->ike, IKE_ROUTE);
	const struct mobike *m = &sa->mobike;

	effect->sa = sa->birth;
	effect->route.peer = sa->peer;
	/* Only who chooses may leave an address that is still his. */
	if (!m->supported || !sa->dialled)
		effect->route.keep = sa->local.addr;
	effect->route.remote[effect->route.count++] = sa->remote.addr;
	for (size_t i = 0; sa->dialled && i < m->peers; i++) {
		if (!ike_addr_equal(&m->peer[i], &sa->remote.addr))
			effect->route.remote[effect->route.count++] =
				m->peer[i];
	}
}

_Static_assert(
	(int)MAX_PEER_ADDRESSES < (int)IKE_ROUTES, "all of a peer's addresses");

void ike_addresses(struct ike *ike, struct ike_now now,
	const struct ike_addr *list, size_t count)
{
	if (!ike_begin(ike, now) || !ike_reserve(ike, ike->sa_count))
		return;
	ike->address_count = count < MAX_ADDRESSES ? count : MAX_ADDRESSES;
	if (count > 0)
		memcpy(ike->address, list,
			ike->address_count * sizeof(ike->address[0]));
	/* One that is replaced says nothing any more, and moves with its heir. */
	for (size_t i = 0; i < ike->sa_count; i++) {
		if (ike->sas[i]->phase == PHASE_ESTABLISHED &&
			!rekey_heir(ike->sas[i]))
			ask_route(ike->sas[i]);
	}
	/* What was out of reach may not be any more. */
	for (size_t i = 0; i < ike->dials.count; i++)
		dial_hasten(ike, ike->dials.dial[i]);
	ike_end(ike);
}

/* The IKE SA goes to this pair, and what is in flight with it. */
static void take_path(struct ike_sa *sa, const struct ike_address_pair *pair)
{
	bool same = ike_addr_equal(&pair->remote, &sa->remote.addr);
	const struct ike_endpoint local = { pair->local, sa->local.port };
	const struct ike_endpoint remote = { pair->remote,
		same ? sa->remote.port : sa->ike->limits.nat_port };

	sa_readdress(sa, &local, &remote);
}

static void want_update(struct ike_sa *sa)
{
	const struct work update = { .exchange = &exchange_address_update };

	sa_want_first(sa, &update);
}

static void try_paths(
	struct ike_sa *sa, const struct ike_address_pair *pairs, size_t count)
{
	struct mobike *m = &sa->mobike;
	char from[IKE_ADDR_SIZE], to[IKE_ADDR_SIZE];

	m->paths = (uint8_t)(count < MAX_PATHS ? count : MAX_PATHS);
	memcpy(m->path, pairs, m->paths * sizeof(m->path[0]));
	m->path_next = 0;
	take_path(sa, &m->path[0]);
	ike_report(sa->ike, EVENT_PATH_TRIED, IKE_CAUSE_NONE, sa_peer_name(sa),
		NULL,
		FACTS(fact_endpoint("local", &sa->local),
			fact_endpoint("remote", &sa->remote)),
		"trying the path from %s to %s",
		ike_addr_text(&sa->local.addr, from),
		ike_addr_text(&sa->remote.addr, to));
	want_update(sa);
	window_again(sa);
}

/* The peer begins nothing; it is told where we are, and decides (section 3.6). */
static void tell_original(
	struct ike_sa *sa, const struct ike_address_pair *pair)
{
	const struct work list = { .exchange = &exchange_address_list };

	take_path(sa, pair);
	sa_want_first(sa, &list);
	window_again(sa);
}

/* Without MOBIKE: another IKE SA from the new address, which replaces this. */
static void begin_anew(struct ike_sa *sa, const struct ike_address_pair *pair)
{
	struct dial *dial = sa->dial;

	if (!dial || dial_is_template(dial) || sa->mobike.stranded)
		return;
	take_path(sa, pair);
	sa->mobike.stranded = true;
	ike_report(sa->ike, EVENT_ADDRESS_CHANGED, IKE_CAUSE_NONE,
		sa_peer_name(sa), NULL,
		FACTS(fact_endpoint("local", &sa->local),
			fact_endpoint("remote", &sa->remote)),
		"our address has changed: connecting anew");
	/* If our address is our name, the peer takes us for somebody else, who
	 * may not have the networks of the first while that is there. */
	if (sa->peer->local.id.type == ID_NONE)
		sa_close(sa, "our address has changed");
	dial_start(sa->ike, dial);
}

static bool is_at(const struct ike_sa *sa, const struct ike_address_pair *pair)
{
	return ike_addr_equal(&pair->local, &sa->local.addr) &&
	       ike_addr_equal(&pair->remote, &sa->remote.addr);
}

/* The way that was lost is there again, as it was. */
static void found_again(struct ike_sa *sa)
{
	struct mobike *m = &sa->mobike;
	bool long_ago = sa->ike->now.mono_ms - m->lost_ms > LONG_AWAY_MS;

	if (!m->lost)
		return;
	m->lost = false;
	window_again(sa);
	if (long_ago)
		window_hasten(sa);
}

static void judge_paths(
	struct ike_sa *sa, const struct ike_address_pair *pairs, size_t count)
{
	struct mobike *m = &sa->mobike;
	bool silent = sa->window.request && sa->window.tries >= LOOK_AT_TRY;

	if (count == 0) {
		if (!m->lost)
			m->lost_ms = sa->ike->now.mono_ms;
		m->lost = true;
		return;
	}
	if (is_at(sa, &pairs[0]) && !(silent && count > 1)) {
		found_again(sa);
		return;
	}
	m->lost = false;
	if (!m->supported)
		begin_anew(sa, &pairs[0]);
	else if (sa->dialled)
		try_paths(sa, pairs, count);
	else if (!is_at(sa, &pairs[0]))
		tell_original(sa, &pairs[0]);
}

void ike_routed(struct ike *ike, struct ike_now now, uint64_t sa,
	const struct ike_address_pair *pairs, size_t count)
{
	struct ike_sa *of = ike_find_birth(ike, sa);

	if (!of || of->phase != PHASE_ESTABLISHED || !ike_begin(ike, now))
		return;
	judge_paths(of, pairs, count);
	ike_touch(of);
	ike_end(ike);
}

/* --- Which path works ----------------------------------------------------- */

void mobike_unanswered(struct ike_sa *sa)
{
	struct mobike *m = &sa->mobike;

	if (m->paths > 1) {
		m->path_next = (uint8_t)((m->path_next + 1) % m->paths);
		take_path(sa, &m->path[m->path_next]);
	} else if (sa->phase == PHASE_ESTABLISHED && m->supported &&
		   sa->dialled && sa->window.tries == LOOK_AT_TRY) {
		ask_route(sa);
	}
}

bool mobike_is_patient(const struct ike_sa *sa)
{
	const struct mobike *m = &sa->mobike;

	return sa->phase == PHASE_ESTABLISHED && m->lost &&
	       sa->ike->now.mono_ms < m->lost_ms + PATIENCE_MS;
}

void mobike_heard(struct ike_sa *sa)
{
	const struct ike_datagram *in = sa->ike->datagram;
	const struct ike_address_pair pair = { in->local.addr,
		in->remote.addr };
	struct mobike *m = &sa->mobike;

	m->lost = false;
	/* What comes along the old path still, says nothing of the new ones. */
	for (size_t i = 0; i < m->paths; i++) {
		if (!ike_addr_equal(&m->path[i].local, &pair.local) ||
			!ike_addr_equal(&m->path[i].remote, &pair.remote))
			continue;
		take_path(sa, &pair);
		m->paths = 0;
		return;
	}
}

/* --- ADDRESS_UPDATE: we move ---------------------------------------------- */

static bool announce_nat(struct ike_sa *sa, struct message_out *out)
{
	struct ike_header header = { 0 };

	memcpy(header.spi_i, sa->spi_i, IKE_SPI_LEN);
	memcpy(header.spi_r, sa->spi_r, IKE_SPI_LEN);
	return nat_announce(sa->ike->crypto, &out->c, &header, &sa->local,
		&sa->remote, sa->forced_encap);
}

/* Was the last request made for where the IKE SA is still? */
static void note_asked(struct ike_sa *sa)
{
	sa->mobike.asked_local = sa->local;
	sa->mobike.asked_remote = sa->remote;
}

static bool still_there(const struct ike_sa *sa)
{
	return same_endpoint(&sa->mobike.asked_local, &sa->local) &&
	       same_endpoint(&sa->mobike.asked_remote, &sa->remote);
}

/*
 *	HDR, SK {N(UPDATE_SA_ADDRESSES), N(NAT_DETECTION_*_IP)}  -->
 */
bool address_update_ask(
	struct ike_sa *sa, struct work *work, struct message_out *out)
{
	(void)work;
	note_asked(sa);
	write_notify(&out->c, UPDATE_SA_ADDRESSES, bytes_of(NULL, 0));
	return announce_nat(sa, out);
}

static void refused(struct ike_sa *sa, const char *why)
{
	struct dial *dial = sa->dial;

	ike_note(sa->ike, EVENT_PATH_REFUSED, sa_peer_name(sa),
		FACTS(fact_text("why", why)),
		"the peer does not accept our new addresses: %s", why);
	sa_close(sa, why);
	if (dial)
		dial_lost(sa->ike, dial);
}

/*
 *	                              <--  HDR, SK {N(NAT_DETECTION_*_IP)}
 */
enum ike_error address_update_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	struct nat_found nat;

	(void)work;
	if (sa->phase != PHASE_ESTABLISHED)
		return IKE_OK;
	/* Sent along several paths, or moved on since: what the peer has seen
	 * may not be what is now. */
	if (!still_there(sa) || sa->mobike.paths > 0) {
		want_update(sa);
		return IKE_OK;
	}
	if (message_notify(in, UNACCEPTABLE_ADDRESSES)) {
		refused(sa, "UNACCEPTABLE_ADDRESSES");
		return IKE_OK;
	}
	if (message_notify(in, UNEXPECTED_NAT_DETECTED)) {
		refused(sa, "UNEXPECTED_NAT_DETECTED");
		return IKE_OK;
	}
	if (nat_detect(sa->ike->crypto, in, &sa->local, &sa->remote, &nat) &&
		nat.supported)
		sa->nat = nat;
	sa->mobike.seen_known = false;
	sa_move(sa, &sa->local, &sa->remote);
	return IKE_OK;
}

/* --- ADDRESS_CHECK: does the peer hear us there? (section 3.7) ------------- */

/*
 *	HDR, SK {N(COOKIE2)}           -->
 */
bool address_check_ask(
	struct ike_sa *sa, struct work *work, struct message_out *out)
{
	struct mobike *m = &sa->mobike;
	struct ike *ike = sa->ike;

	(void)work;
	note_asked(sa);
	ike->env.random(ike->env.ctx, m->cookie, sizeof(m->cookie));
	write_notify(&out->c, COOKIE2, bytes_of(m->cookie, sizeof(m->cookie)));
	return true;
}

/*
 *	                              <--  HDR, SK {N(COOKIE2)}
 */
enum ike_error address_check_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	const struct payload_notify *cookie = message_notify(in, COOKIE2);
	const struct mobike *m = &sa->mobike;
	struct dial *dial = sa->dial;

	if (sa->phase != PHASE_ESTABLISHED)
		return IKE_OK;
	/* A request that went to several addresses shows nothing. */
	if (!still_there(sa)) {
		sa_want_first(sa, work);
		return IKE_OK;
	}
	if (cookie && secret_equal(cookie->data,
			      bytes_of(m->cookie, sizeof(m->cookie)))) {
		sa_move(sa, &sa->local, &sa->remote);
		return IKE_OK;
	}
	sa_close(sa, "the peer did not return our COOKIE2");
	if (dial)
		dial_lost(sa->ike, dial);
	return IKE_OK;
}

/* --- ADDRESS_LIST: where we are to be found ------------------------------- */

/*
 *	HDR, SK {N(ADDITIONAL_*_ADDRESS)+ or N(NO_ADDITIONAL_ADDRESSES)}  -->
 */
bool address_list_ask(
	struct ike_sa *sa, struct work *work, struct message_out *out)
{
	(void)work;
	if (write_others(sa, &out->c) == 0)
		write_notify(
			&out->c, NO_ADDITIONAL_ADDRESSES, bytes_of(NULL, 0));
	return true;
}

/*
 *	                              <--  HDR, SK {}
 */
enum ike_error address_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	(void)sa;
	(void)work;
	(void)in;
	return IKE_OK;
}

/* Whoever does not answer at all is given up by exchange_give_up. */
void address_give_up(struct ike_sa *sa, struct work *work)
{
	(void)sa;
	(void)work;
}

/* --- Answering ------------------------------------------------------------ */

/* A network in `remote` says where a peer may be; an address or a name, where it
 * is found first. */
static bool is_acceptable(const struct ike_sa *sa, const struct ike_addr *addr)
{
	const struct ike_side *side = &sa->peer->remote;
	bool bounded = false;

	for (size_t i = 0; i < side->place_count; i++) {
		const struct ike_place *place = &side->places[i];

		if (place->kind != IKE_PLACE_RANGE ||
			ike_addr_equal(&place->first, &place->last))
			return true;
		bounded = true;
		if (place->first.family == addr->family &&
			ike_addr_compare(&place->first, addr) <= 0 &&
			ike_addr_compare(addr, &place->last) <= 0)
			return true;
	}
	return !bounded;
}

/* Source address, destination address, source port, destination port, as the
 * peer sent it (section 4.2.6). */
static bool header_unchanged(const struct ike_sa *sa, struct bytes said)
{
	const struct ike_datagram *in = sa->ike->datagram;
	const size_t len = ike_addr_len(in->remote.addr.family);
	uint8_t buffer[36];
	struct writer w = writer_of(buffer, sizeof(buffer));

	write_bytes(&w, bytes_of(in->remote.addr.octets, len));
	write_bytes(&w, bytes_of(in->local.addr.octets, len));
	write_u16(&w, in->remote.port);
	write_u16(&w, in->local.port);
	return bytes_equal(written(&w), said);
}

static bool has_nat_detection(const struct message *in)
{
	return message_notify(in, NAT_DETECTION_SOURCE_IP) &&
	       message_notify(in, NAT_DETECTION_DESTINATION_IP);
}

/* The children stay where they are until the peer has shown that it hears us at
 * its new address; another port or another address of ours needs no proof. */
static void follow(struct ike_sa *sa)
{
	const struct work check = { .exchange = &exchange_address_check };

	for (const struct child *c = sa->children; c; c = c->next) {
		if (c->state != CHILD_ASKED &&
			!ike_addr_equal(&c->remote, &sa->remote.addr)) {
			sa_want_first(sa, &check);
			return;
		}
	}
	sa_move(sa, &sa->local, &sa->remote);
}

static enum ike_error take_update(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	const struct ike_datagram *from = sa->ike->datagram;
	struct nat_found nat;

	if (!is_acceptable(sa, &from->remote.addr)) {
		write_notify(
			&out->c, UNACCEPTABLE_ADDRESSES, bytes_of(NULL, 0));
		return IKE_OK;
	}
	if (has_nat_detection(in)) {
		if (!nat_detect(sa->ike->crypto, in, &from->local,
			    &from->remote, &nat))
			return TEMPORARY_FAILURE;
		sa->nat = nat;
	}
	if (!same_endpoint(&sa->local, &from->local) ||
		!same_endpoint(&sa->remote, &from->remote)) {
		sa_readdress(sa, &from->local, &from->remote);
		window_again(sa);
	}
	follow(sa);
	return IKE_OK;
}

/* The responder has other addresses now; if not that which is in use, we have to
 * move (section 3.5). */
static void take_list(struct ike_sa *sa, const struct message *in)
{
	const struct ike_addr *at = &sa->ike->datagram->remote.addr;
	struct mobike *m = &sa->mobike;
	bool stays = ike_addr_equal(at, &sa->remote.addr);

	take_others(sa, in);
	for (size_t i = 0; i < m->peers; i++)
		stays |= ike_addr_equal(&m->peer[i], &sa->remote.addr);
	if (stays || !sa->dialled)
		return;
	sa_readdress(sa, &sa->local, &sa->ike->datagram->remote);
	want_update(sa);
	window_again(sa);
}

static bool says_addresses(const struct message *in)
{
	return message_notify(in, ADDITIONAL_IP4_ADDRESS) ||
	       message_notify(in, ADDITIONAL_IP6_ADDRESS) ||
	       message_notify(in, NO_ADDITIONAL_ADDRESSES);
}

enum ike_error mobike_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	const struct payload_notify *cookie = message_notify(in, COOKIE2);
	const struct payload_notify *fixed =
		message_notify(in, NO_NATS_ALLOWED);
	bool update = message_notify(in, UPDATE_SA_ADDRESSES) != NULL;

	if (!sa->mobike.supported || sa->phase != PHASE_ESTABLISHED)
		return IKE_OK;
	if (cookie && cookie->data.len >= COOKIE2_MIN &&
		cookie->data.len <= COOKIE2_MAX)
		write_notify(&out->c, COOKIE2, cookie->data);
	if (fixed && (update || says_addresses(in)) &&
		!header_unchanged(sa, fixed->data)) {
		write_notify(
			&out->c, UNEXPECTED_NAT_DETECTED, bytes_of(NULL, 0));
		return IKE_OK;
	}
	if (says_addresses(in))
		take_list(sa, in);
	/* Who began chooses: from the other side it means nothing. */
	if (update && !sa->dialled) {
		enum ike_error err = take_update(sa, in, out);

		if (err != IKE_OK)
			return err;
	}
	if (has_nat_detection(in)) {
		struct ike_header header = in->header;
		const struct ike_datagram *d = sa->ike->datagram;

		if (!nat_announce(sa->ike->crypto, &out->c, &header, &d->local,
			    &d->remote, sa->forced_encap))
			return TEMPORARY_FAILURE;
	}
	return IKE_OK;
}

/* --- Has our NAT changed? (section 3.8) ------------------------------------ */

bool mobike_ask_seen(struct ike_sa *sa, struct message_out *out)
{
	if (!sa->mobike.supported || !sa->dialled || !sa->nat.local)
		return true;
	return announce_nat(sa, out);
}

void mobike_take_seen(struct ike_sa *sa, const struct message *in)
{
	const struct payload_notify *said =
		message_notify(in, NAT_DETECTION_DESTINATION_IP);
	struct mobike *m = &sa->mobike;
	bool same;

	if (!m->supported || !sa->dialled || !sa->nat.local || !said ||
		said->data.len != NAT_DETECTION_LEN)
		return;
	same = m->seen_known &&
	       memcmp(m->seen, said->data.at, NAT_DETECTION_LEN) == 0;
	memcpy(m->seen, said->data.at, NAT_DETECTION_LEN);
	if (!same)
		want_update(sa);
	m->seen_known = true;
}

/* exchange.c - the table of exchanges; the one place that asks, answers, and turns an error into a notify.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/exchange.h"

#include "ikev2/child.h"
#include "ikev2/counts.h"
#include "ikev2/ms_status.h"
#include "ikev2/wire/names.h"

enum { FORGED_MAX = 2000 }; /* N37 */

#define BIT(type) (UINT64_C(1) << (type))

static const uint64_t child_payloads =
	BIT(PAYLOAD_SA) | BIT(PAYLOAD_TSI) | BIT(PAYLOAD_TSR);

/* CREATE_CHILD_SA for a child, a new one or another for an old one. */
#define CHILD_REQUEST                                                          \
	{                                                                      \
		BIT(PAYLOAD_SA) | BIT(PAYLOAD_NONCE),                          \
			BIT(PAYLOAD_KE) | child_payloads                       \
	}
#define CHILD_RESPONSE                                                         \
	{                                                                      \
		0, BIT(PAYLOAD_NONCE) | BIT(PAYLOAD_KE) | child_payloads       \
	}

/* To add an exchange: its row, and a file with the four functions. */
const struct exchange exchange_init = {
	.name = "IKE_SA_INIT",
	.type = IKE_SA_INIT,
	.counts_as = IKE_EXCHANGE_INIT,
	.request = { BIT(PAYLOAD_SA) | BIT(PAYLOAD_KE) | BIT(PAYLOAD_NONCE),
		0 },
	.response = { 0, BIT(PAYLOAD_SA) | BIT(PAYLOAD_KE) |
				 BIT(PAYLOAD_NONCE) | BIT(PAYLOAD_CERTREQ) },
	.ask = init_ask,
	.answer = init_answer,
	.finish = init_finish,
	.give_up = init_give_up,
	.unreadable = init_give_up,
};

const struct exchange exchange_auth = {
	.name = "IKE_AUTH",
	.type = IKE_AUTH,
	.counts_as = IKE_EXCHANGE_AUTH,
	.request = { BIT(PAYLOAD_IDI),
		child_payloads | BIT(PAYLOAD_IDR) | BIT(PAYLOAD_AUTH) |
			BIT(PAYLOAD_CERT) | BIT(PAYLOAD_CERTREQ) },
	.response = { 0, BIT(PAYLOAD_IDR) | BIT(PAYLOAD_AUTH) |
				 BIT(PAYLOAD_CERT) | child_payloads },
	.ask = auth_ask,
	.answer = auth_answer,
	.finish = auth_finish,
	.give_up = auth_give_up,
	.unreadable = auth_unreadable,
};

const struct exchange exchange_child_new = {
	.name = "CREATE_CHILD_SA",
	.type = CREATE_CHILD_SA,
	.counts_as = IKE_EXCHANGE_CHILD,
	.request = CHILD_REQUEST,
	.response = CHILD_RESPONSE,
	.ask = child_ask,
	.answer = child_answer,
	.finish = child_finish,
	.give_up = child_give_up,
	.unreadable = child_unreadable,
};

const struct exchange exchange_child_rekey = {
	.name = "CREATE_CHILD_SA (rekey child)",
	.type = CREATE_CHILD_SA,
	.counts_as = IKE_EXCHANGE_CHILD_REKEY,
	.request = CHILD_REQUEST,
	.response = CHILD_RESPONSE,
	.ask = child_rekey_ask,
	.answer = child_rekey_answer,
	.finish = child_rekey_finish,
	.give_up = child_rekey_give_up,
	.unreadable = child_rekey_unreadable,
};

const struct exchange exchange_rekey = {
	.name = "CREATE_CHILD_SA (rekey IKE SA)",
	.type = CREATE_CHILD_SA,
	.counts_as = IKE_EXCHANGE_REKEY,
	.request = { BIT(PAYLOAD_SA) | BIT(PAYLOAD_NONCE) | BIT(PAYLOAD_KE),
		0 },
	.response = { 0,
		BIT(PAYLOAD_SA) | BIT(PAYLOAD_NONCE) | BIT(PAYLOAD_KE) },
	.ask = rekey_ask,
	.answer = rekey_answer,
	.finish = rekey_finish,
	.give_up = rekey_give_up,
	.unreadable = rekey_unreadable,
};

const struct exchange exchange_delete = {
	.name = "INFORMATIONAL (delete)",
	.type = INFORMATIONAL,
	.counts_as = IKE_EXCHANGE_INFORM,
	.request = { 0, BIT(PAYLOAD_DELETE) },
	.response = { 0, BIT(PAYLOAD_DELETE) },
	.ask = delete_ask,
	.answer = inform_answer,
	.finish = delete_finish,
	.give_up = delete_give_up,
	.unreadable = delete_give_up,
};

const struct exchange exchange_liveness = {
	.name = "INFORMATIONAL (liveness)",
	.type = INFORMATIONAL,
	.counts_as = IKE_EXCHANGE_INFORM,
	.request = { 0, 0 },
	.response = { 0, BIT(PAYLOAD_DELETE) },
	.ask = liveness_ask,
	.answer = NULL,
	.finish = liveness_finish,
	.give_up = liveness_give_up,
	.unreadable = liveness_give_up,
};

const struct exchange exchange_address_update = {
	.name = "INFORMATIONAL (address update)",
	.type = INFORMATIONAL,
	.counts_as = IKE_EXCHANGE_INFORM,
	.request = { 0, 0 },
	.response = { 0, BIT(PAYLOAD_DELETE) },
	.ask = address_update_ask,
	.answer = NULL,
	.finish = address_update_finish,
	.give_up = address_give_up,
};

const struct exchange exchange_address_check = {
	.name = "INFORMATIONAL (address check)",
	.type = INFORMATIONAL,
	.counts_as = IKE_EXCHANGE_INFORM,
	.request = { 0, 0 },
	.response = { 0, BIT(PAYLOAD_DELETE) },
	.ask = address_check_ask,
	.answer = NULL,
	.finish = address_check_finish,
	.give_up = address_give_up,
};

const struct exchange exchange_address_list = {
	.name = "INFORMATIONAL (address list)",
	.type = INFORMATIONAL,
	.counts_as = IKE_EXCHANGE_INFORM,
	.request = { 0, 0 },
	.response = { 0, BIT(PAYLOAD_DELETE) },
	.ask = address_list_ask,
	.answer = NULL,
	.finish = address_finish,
	.give_up = address_give_up,
};

/* RFC 7296 section 2.25.2: we have asked to delete the IKE SA, and the peer does
 * not know it yet. */
static const struct exchange exchange_too_late = {
	.name = "CREATE_CHILD_SA (too late)",
	.type = CREATE_CHILD_SA,
	.counts_as = IKE_EXCHANGE_CHILD,
	.refusal = TEMPORARY_FAILURE,
};

/* It is the peer's, who is not to wait for an answer in vain. */
static const struct exchange exchange_unknown = {
	.name = "unknown exchange",
	.counts_as = IKE_EXCHANGE_OTHER,
	.refusal = INVALID_SYNTAX,
};

/* --- What is possible ----------------------------------------------------- */

/* THE table of what may happen when: in which phases of an IKE SA we may ask for
 * an exchange, answer it, and take its answer, as responder and as initiator of
 * the SA.  What is not here is not possible (RFC 7296 sections 1.2 to 1.4, 2.25;
 * N22, N23).  Sent again, once it has been answered, is nothing that happens:
 * see window.c. */
enum {
	NO = 0,
	I = PHASE_INIT,
	A = PHASE_AUTH,
	E = PHASE_ESTABLISHED,
	C = PHASE_CLOSING,
	D = PHASE_DISOWNED,
};

enum part { ASK, ANSWER, TAKE };

static const struct possible {
	const struct exchange *exchange;
	uint8_t phases[2][3]; /* [are we the initiator?][enum part] */
} possible[] = {
	/* clang-format off */
	/*                              responder             initiator
	 *                              ask  answer take      ask    answer take */
	{ &exchange_init,           { { NO,  I,     NO  }, { I,     NO,    I     } } },
	{ &exchange_auth,           { { NO,  A,     NO  }, { A,     NO,    A     } } },
	{ &exchange_child_new,      { { E,   E,     E|C }, { E,     E,     E|C   } } },
	{ &exchange_child_rekey,    { { E,   E,     E|C }, { E,     E,     E|C   } } },
	{ &exchange_rekey,          { { E,   E,     E|C }, { E,     E,     E|C   } } },
	{ &exchange_too_late,       { { NO,  C,     NO  }, { NO,    C,     NO    } } },
	/* delete answers whatever an INFORMATIONAL request says */
	{ &exchange_delete,         { { E|C, E|C,   E|C }, { E|C|D, E|C,   E|C|D } } },
	{ &exchange_liveness,       { { E,   NO,    E|C }, { E,     NO,    E|C   } } },
	{ &exchange_address_update, { { E,   NO,    E|C }, { E,     NO,    E|C   } } },
	{ &exchange_address_check,  { { E,   NO,    E|C }, { E,     NO,    E|C   } } },
	{ &exchange_address_list,   { { E,   NO,    E|C }, { E,     NO,    E|C   } } },
	/* of any other type: the last one */
	{ &exchange_unknown,        { { NO,  E,     NO  }, { NO,    E,     NO    } } },
	/* clang-format on */
};

static bool is_in_phase(
	const struct ike_sa *sa, const struct possible *row, enum part part)
{
	return (row->phases[sa->initiator][part] & sa->phase) != 0;
}

static bool is_possible(const struct ike_sa *sa,
	const struct exchange *exchange, enum part part)
{
	const struct possible *row = possible;

	while (row->exchange != exchange)
		row++;
	return is_in_phase(sa, row, part);
}

/* What may be asked of us now, or NULL. */
static const struct exchange *row_to_answer(
	const struct ike_sa *sa, uint8_t type)
{
	for (size_t i = 0; i < sizeof(possible) / sizeof(possible[0]); i++) {
		const struct exchange *exchange = possible[i].exchange;

		if ((exchange->type == type || exchange == &exchange_unknown) &&
			is_in_phase(sa, &possible[i], ANSWER))
			return exchange;
	}
	return NULL;
}

/* Three exchanges share one type; what is asked for tells them apart (RFC 7296
 * sections 1.3.1 to 1.3.3). */
static const struct exchange *row_of_request(
	const struct exchange *row, const struct message *in)
{
	struct reader walk = reader_of(in->sa.proposals);
	struct proposal first;

	if (row != &exchange_child_new)
		return row;
	if (message_notify(in, REKEY_SA))
		return &exchange_child_rekey;
	if (has_payload(in, PAYLOAD_SA) && next_proposal(&walk, &first) &&
		first.protocol == PROTOCOL_IKE)
		return &exchange_rekey;
	return row;
}

/* --- Asking --------------------------------------------------------------- */

static struct packet *build_request(
	struct ike_sa *sa, const struct exchange *row, struct work *work)
{
	struct ike_header header =
		protect_header(sa, row->type, false, sa->window.out_id);
	struct message_out out;
	struct packet *packet;

	if (row == &exchange_init) {
		message_begin(&out, sa->ike->scratch_out, SCRATCH_LEN, &header);
		if (!row->ask(sa, work, &out))
			return NULL;
		packet = packet_new(message_end(&out));
		packet_unref(sa->handshake->init_request);
		sa->handshake->init_request =
			packet ? packet_ref(packet) : NULL;
		return packet;
	}
	protect_begin(sa, &out, &header);
	if (!row->ask(sa, work, &out))
		return NULL;
	return protect_end(sa, &out);
}

static struct work take_work(struct ike_sa *sa)
{
	struct work work = sa->queue[0];

	sa->queue_count--;
	memmove(&sa->queue[0], &sa->queue[1],
		sa->queue_count * sizeof(sa->queue[0]));
	return work;
}

/* The peer has replaced this SA, and will soon use the new one: what is to be
 * asked goes there.  But its Delete of this one may never come, so whether it
 * still lives is asked here. */
static bool is_left(const struct ike_sa *sa)
{
	return sa->phase == PHASE_ESTABLISHED && rekey_heir(sa) &&
	       sa->queue[0].exchange != &exchange_liveness;
}

void exchange_next(struct ike_sa *sa)
{
	while (sa->phase != PHASE_DEAD && !sa->window.request &&
		!waiting_is_on(sa) && sa->queue_count > 0 && !is_left(sa)) {
		struct work work = take_work(sa);
		const struct exchange *row = work.exchange;
		struct packet *packet;

		if (!is_possible(sa, row, ASK))
			continue;
		packet = build_request(sa, row, &work);
		if (!packet) {
			row->give_up(sa, &work);
			continue;
		}
		ike_note(sa->ike, EVENT_REQUEST_SENT, sa_peer_name(sa),
			FACTS(fact_text("exchange", row->name),
				fact_number("message_id", sa->window.out_id)),
			"%s request %u sent", row->name, sa->window.out_id);
		window_ask(sa, &work, packet);
		count_asked(sa, row);
		packet_unref(packet);
	}
}

void exchange_give_up(struct ike_sa *sa)
{
	struct work work = sa->window.work;

	ike_note(sa->ike, EVENT_REQUEST_UNANSWERED, sa_peer_name(sa),
		FACTS(fact_text("exchange", work.exchange->name),
			fact_number("message_id", sa->window.out_id)),
		"%s request %u: no answer, giving up", work.exchange->name,
		sa->window.out_id);
	work.exchange->give_up(sa, &work);
	/* RFC 7296 section 2.4: a peer that does not answer is gone, also when
	 * our Delete still waits for this answer. */
	sa_die(sa, IKE_CAUSE_UNREACHABLE, "the peer does not answer");
}

/* Is there an authentic message now, whole? */
static bool opens(struct ike_sa *sa, const struct ike_header *header,
	struct message *in, enum ike_error *err)
{
	const enum protect_verdict verdict =
		protect_open(sa, header, sa->ike->datagram->data, in, err);

	if (verdict == PROTECT_FORGED)
		count_dropped(sa->ike, sa, IKE_DROPPED_FORGED);
	return verdict == PROTECT_OK || verdict == PROTECT_BAD;
}

/* What does not open is nobody's, and the peer's own may still come: the keys
 * are kept for it.  But not for any number of forgeries; then who means it begins
 * anew, and pays for it (RFC 8019). */
static void note_forged(struct ike_sa *sa)
{
	if (sa->phase != PHASE_AUTH || sa->initiator || !sa->handshake)
		return;
	if (++sa->handshake->forged >= FORGED_MAX)
		sa_die(sa, IKE_CAUSE_NONE, NULL);
}

/* --- Answering ------------------------------------------------------------ */

static struct bytes error_data(struct ike *ike, enum ike_error error,
	const struct message *in, uint8_t room[2])
{
	if (error == UNSUPPORTED_CRITICAL_PAYLOAD)
		return bytes_of(&in->critical, 1);
	if (error == INVALID_KE_PAYLOAD) {
		room[0] = (uint8_t)(ike->wanted_group >> 8);
		room[1] = (uint8_t)ike->wanted_group;
		return bytes_of(room, 2);
	}
	return bytes_of(NULL, 0);
}

void exchange_request_clear(struct ike_sa *sa, const struct message *in)
{
	const struct exchange *row = row_to_answer(sa, IKE_SA_INIT);
	struct ike *ike = sa->ike;
	struct ike_header header;
	struct message_out out;
	struct packet *reply;
	enum ike_error err;
	uint8_t room[2];

	header = protect_header(sa, IKE_SA_INIT, true, 0);
	message_begin(&out, ike->scratch_out, SCRATCH_LEN, &header);
	err = row ? row->answer(sa, in, &out) : IKE_DROP;
	if (err != IKE_OK) {
		if (err < IKE_DROP) {
			count_answered(sa, row, err);
			ike_reply_stateless(ike, &in->header, (uint16_t)err,
				error_data(ike, err, in, room));
		}
		sa_die(sa, IKE_CAUSE_NONE, NULL);
		return;
	}
	reply = packet_new(message_end(&out));
	sa->handshake->init_request = packet_new(ike->datagram->data);
	if (!reply || !sa->handshake->init_request) {
		packet_unref(reply);
		sa_die(sa, IKE_CAUSE_NONE, NULL);
		return;
	}
	sa->handshake->init_reply = packet_ref(reply);
	window_reply(sa, reply);
	count_answered(sa, row, IKE_OK);
	packet_unref(reply);
}

/* RFC 7296 section 2.25: with the SPI that was asked for, if it can be one. */
static bool write_not_found(struct chain *c, const struct message *in)
{
	const struct payload_notify *asked = message_notify(in, REKEY_SA);

	if (!asked || asked->protocol != PROTOCOL_ESP ||
		asked->spi.len != ESP_SPI_LEN)
		return false;
	write_notify_spi(c, asked->protocol, asked->spi, CHILD_SA_NOT_FOUND,
		bytes_of(NULL, 0));
	return true;
}

/* Only an error in it: what an answer had written so far is dropped. */
static struct packet *error_reply(struct ike_sa *sa,
	const struct ike_header *header, enum ike_error error,
	const struct message *in)
{
	struct message_out out;
	uint8_t room[2];

	protect_begin(sa, &out, header);
	if (error != CHILD_SA_NOT_FOUND || !write_not_found(&out.c, in))
		write_notify(&out.c, (uint16_t)error,
			error_data(sa->ike, error, in, room));
	return protect_end(sa, &out);
}

enum { EXCHANGE_AT = 18 }; /* in the header */

bool exchange_take_back(
	struct ike_sa *sa, uint8_t exchange, enum ike_error error)
{
	struct packet *was = sa->window.reply, *packet;
	const struct ike_header header =
		protect_header(sa, exchange, true, sa->window.in_id - 1);

	/* One in fragments is let go: the Delete follows it. */
	if (!was || was->next || was->data[EXCHANGE_AT] != exchange)
		return false;
	packet = error_reply(sa, &header, error, NULL);
	if (!packet || packet->next ||
		!ike_send_instead(sa->ike, was, packet)) {
		packet_unref(packet);
		return false;
	}
	packet_unref(was);
	sa->window.reply = packet;
	return true;
}

static struct packet *build_reply(struct ike_sa *sa, const struct exchange *row,
	struct message *in, enum ike_error *err)
{
	struct ike_header header = protect_header(
		sa, in->header.exchange, true, in->header.message_id);
	struct message_out out;

	if (*err == IKE_OK)
		*err = row->refusal;
	if (*err == IKE_OK)
		*err = message_fits(in, &row->request);
	/* The peer uses the new SA: so that is the one that stays. */
	if (*err == IKE_OK && sa->predecessor && !inform_ends_ike(in))
		rekey_take_over(sa);
	if (*err == IKE_OK) {
		protect_begin(sa, &out, &header);
		*err = row->answer(sa, in, &out);
		if (*err == IKE_OK)
			return protect_end(sa, &out);
	}
	if (*err >= IKE_DROP)
		return NULL;
	return error_reply(sa, &header, *err, in);
}

/* An authentic request, or what is wrong inside it, gets its reply. */
static void answer(struct ike_sa *sa, const struct exchange *row,
	struct message *in, enum ike_error err)
{
	struct ike *ike = sa->ike;
	enum sa_phase before = sa->phase;
	uint64_t birth = ike->births;
	struct packet *reply = build_reply(sa, row, in, &err);

	if (err == IKE_WAIT) {
		waiting_begin(sa, NULL);
		return;
	}
	waiting_end(sa);
	if (!reply && err == IKE_OK && row == &exchange_rekey)
		rekey_unsaid(sa);
	else if (!reply && err == IKE_OK && row->type == CREATE_CHILD_SA)
		child_unsaid(sa, birth);
	if (!reply)
		return;
	if (err != IKE_OK && ike_may_complain(ike))
		ike_note(ike, EVENT_REQUEST_REFUSED, sa_peer_name(sa),
			FACTS(fact_text("exchange", row->name),
				fact_number(
					"message_id", in->header.message_id),
				fact_notify("notify", (uint16_t)err)),
			"%s request %u answered with %s", row->name,
			in->header.message_id, notify_name((uint16_t)err));
	window_reply(sa, reply);
	count_answered(sa, row, err);
	packet_unref(reply);
	/* RFC 7296 section 2.21.2: an IKE_AUTH that fails ends the IKE SA. */
	if (err != IKE_OK && before == PHASE_AUTH)
		sa_linger(sa);
}

/* Windows says there why it says no. */
static void note_ms_status(
	struct ike_sa *sa, const struct message *in, enum ike_error err)
{
	char text[MS_STATUS_SIZE];

	sa->ms_status = err == IKE_OK ? ms_status_read(in) : 0;
	if (sa->ms_status && ike_may_complain(sa->ike))
		ike_report(sa->ike, EVENT_MS_STATUS, IKE_CAUSE_NONE,
			sa_peer_name(sa), NULL,
			FACTS(fact_number("status", sa->ms_status)),
			"the peer says MS_STATUS %s",
			ms_status_text(sa->ms_status, text));
}

void exchange_request(struct ike_sa *sa, const struct ike_header *header)
{
	const struct exchange *row = row_to_answer(sa, header->exchange);
	enum ike_error err = IKE_OK;
	struct message in;

	/* Or it is the request that waits, come again, or no request at all. */
	if (!row || waiting_is_on(sa)) {
		count_dropped(sa->ike, sa, IKE_DROPPED_PHASE);
		return;
	}
	if (!opens(sa, header, &in, &err)) {
		note_forged(sa);
		return;
	}
	sa->heard_ms = sa->ike->now.mono_ms;
	sa->probe_ms = 0;
	sa_follow_nat(sa);
	note_ms_status(sa, &in, err);
	if (err == IKE_OK)
		row = row_of_request(row, &in);
	answer(sa, row, &in, err);
}

/* --- The reply to our request --------------------------------------------- */

static void reply_clear(struct ike_sa *sa, const struct ike_header *header)
{
	const struct bytes *data = &sa->ike->datagram->data;
	struct work work = sa->window.work;
	struct message in;

	in.header = *header;
	if (message_read(&in, header->next,
		    bytes_of(data->at + IKE_HEADER_LEN,
			    data->len - IKE_HEADER_LEN),
		    IKE_HEADER_LEN) != IKE_OK)
		return;
	/* Nobody vouches for it yet: unless it completes the exchange it
	 * changes nothing, and we keep waiting (RFC 7296 section 2.21.1). */
	if (init_finish(sa, &work, &in) == IKE_OK)
		(void)window_answered(sa);
}

/* RFC 7296 section 2.21.3: fatal for both sides; a Delete is not needed, but
 * helps where the peer does not see it so. */
static void start_anew(struct ike_sa *sa)
{
	struct dial *dial = sa->dial;

	sa_close(sa, "the peer cannot read our request (INVALID_SYNTAX)");
	if (dial)
		dial_lost(sa->ike, dial);
}

static bool says_unreadable(const struct ike_sa *sa, const struct message *in)
{
	const struct payload_notify *error = message_error(in);

	return sa->phase == PHASE_ESTABLISHED && error &&
	       error->type == INVALID_SYNTAX;
}

/* An authentic reply, or what is wrong inside it, ends the exchange. */
static void settle(struct ike_sa *sa, struct work *work, struct message *in,
	enum ike_error err)
{
	if (err == IKE_OK)
		err = message_fits(in, &work->exchange->response);
	if (err == IKE_OK && says_unreadable(sa, in)) {
		work->exchange->give_up(sa, work);
		start_anew(sa);
	} else if (err == IKE_OK) {
		err = work->exchange->finish(sa, work, in);
	} else {
		work->exchange->unreadable(sa, work);
	}
	if (err == IKE_WAIT) {
		waiting_begin(sa, work);
		return;
	}
	waiting_end(sa);
	if (err != IKE_OK && err < IKE_DROP)
		ike_note(sa->ike, EVENT_REPLY_REFUSED, sa_peer_name(sa),
			FACTS(fact_text("exchange", work->exchange->name),
				fact_notify("notify", (uint16_t)err)),
			"%s: %s", work->exchange->name,
			notify_name((uint16_t)err));
}

void exchange_reply(struct ike_sa *sa, const struct ike_header *header)
{
	enum ike_error err = IKE_OK;
	struct message in;
	struct work work;

	if (!is_possible(sa, sa->window.work.exchange, TAKE)) {
		count_dropped(sa->ike, sa, IKE_DROPPED_PHASE);
		return;
	}
	if (sa->window.work.exchange == &exchange_init) {
		reply_clear(sa, header);
		return;
	}
	if (!opens(sa, header, &in, &err))
		return;
	sa->heard_ms = sa->ike->now.mono_ms;
	sa->probe_ms = 0;
	sa_follow_nat(sa);
	mobike_heard(sa);
	note_ms_status(sa, &in, err);
	window_measure(sa);
	work = window_answered(sa);
	settle(sa, &work, &in, err);
}

/* --- What waited ---------------------------------------------------------- */

void exchange_resume(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	const struct ike_datagram *datagram = ike->datagram;
	uint64_t first_fragment = ike->first_fragment;
	struct ike_datagram origin;
	struct message in;
	struct work work =
		waiting_message(sa, &in, &origin, &ike->first_fragment);

	const struct exchange *row = row_to_answer(sa, in.header.exchange);

	ike->datagram = &origin;
	if (work.exchange)
		settle(sa, &work, &in, IKE_OK);
	else if (row)
		answer(sa, row, &in, IKE_OK);
	ike->datagram = datagram;
	ike->first_fragment = first_fragment;
}

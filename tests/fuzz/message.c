/* message.c - fuzz target: a chain of payloads, read, acted on, written and read again.
 * SPDX-License-Identifier: ISC
 *
 * Octet 0 is the type of the first payload, the rest the chain.  The whole is
 * also read as a datagram with its header.
 */
#include "ikev2/wire/message.h"
#include "ikev2/cookie.h"
#include "ikev2/identity.h"
#include "ikev2/ms_status.h"
#include "ikev2/negotiate.h"
#include "ikev2/selectors.h"
#include "ikev2/vendor.h"
#include "ikev2/wire/names.h"
#include "tests/fuzz/fuzz.h"

/* --- The walks ------------------------------------------------------------ */

/* Everything that read_sa accepted can be walked to its end. */
static void walk_sa(const struct payload_sa *sa)
{
	struct reader proposals = reader_of(sa->proposals);
	struct wire_transform transform;
	struct proposal proposal;
	size_t count = 0;

	while (next_proposal(&proposals, &proposal)) {
		struct reader walk = reader_of(proposal.transforms);
		size_t transforms = 0;

		while (next_transform(&walk, &transform))
			transforms++;
		HOLDS(!walk.bad && walk.left == 0);
		HOLDS(transforms == proposal.transform_count);
		count++;
	}
	HOLDS(!proposals.bad && proposals.left == 0);
	HOLDS(count > 0 && count <= MAX_PROPOSALS);
}

static void walk_ts(const struct payload_ts *ts)
{
	struct reader walk = reader_of(ts->selectors);
	struct wire_selector selector;
	size_t count = 0;

	while (next_selector(&walk, &selector)) {
		HOLDS(selector.start.len == selector.end.len);
		HOLDS(selector.start.len == 0 || selector.start.len == 4 ||
			selector.start.len == 16);
		count++;
	}
	HOLDS(!walk.bad && walk.left == 0 && count == ts->count);
}

/* --- Written again -------------------------------------------------------- */

static void rewrite_sa(struct chain *c, const struct payload_sa *sa)
{
	struct reader proposals = reader_of(sa->proposals);
	struct wire_transform transform;
	struct proposal proposal;
	struct sa_out out;

	sa_begin(&out, c);
	while (next_proposal(&proposals, &proposal)) {
		struct reader walk = reader_of(proposal.transforms);

		proposal_begin(
			&out, proposal.number, proposal.protocol, proposal.spi);
		while (next_transform(&walk, &transform))
			write_transform(&out, transform.type, transform.id,
				transform.key_bits);
		proposal_end(&out);
	}
	sa_end(&out);
}

/* False if there is no selector that we can write. */
static bool rewrite_ts(
	struct chain *c, uint8_t which, const struct payload_ts *ts)
{
	struct reader walk = reader_of(ts->selectors);
	struct wire_selector selector;
	struct ts_out out;
	bool any = false;

	ts_begin(&out, c, which);
	while (next_selector(&walk, &selector)) {
		if (selector.start.len == 0)
			continue;
		write_selector(&out, &selector);
		any = true;
	}
	ts_end(&out);
	return any;
}

/* In the order of RFC 7296 section 3, whatever order it came in; false if it
 * holds what cannot be written. */
static bool rewrite(struct chain *c, const struct message *m)
{
	if (has_payload(m, PAYLOAD_SA))
		rewrite_sa(c, &m->sa);
	if (has_payload(m, PAYLOAD_KE))
		write_ke(c, m->ke.group, m->ke.public);
	if (has_payload(m, PAYLOAD_IDI))
		write_id(c, PAYLOAD_IDI, m->idi.type, m->idi.data);
	if (has_payload(m, PAYLOAD_IDR))
		write_id(c, PAYLOAD_IDR, m->idr.type, m->idr.data);
	for (size_t i = 0; i < m->certs; i++)
		write_cert(
			c, PAYLOAD_CERT, m->cert[i].encoding, m->cert[i].data);
	if (has_payload(m, PAYLOAD_AUTH))
		write_auth(c, m->auth.method, m->auth.data);
	if (has_payload(m, PAYLOAD_NONCE))
		write_nonce(c, m->nonce);
	for (size_t i = 0; i < m->notifies; i++)
		write_notify_spi(c, m->notify[i].protocol, m->notify[i].spi,
			m->notify[i].type, m->notify[i].data);
	for (size_t i = 0; i < m->deletes; i++)
		write_delete(c, m->delete[i].protocol, m->delete[i].spi_size,
			m->delete[i].count, m->delete[i].spis);
	if (has_payload(m, PAYLOAD_TSI) && !rewrite_ts(c, PAYLOAD_TSI, &m->tsi))
		return false;
	return !has_payload(m, PAYLOAD_TSR) ||
	       rewrite_ts(c, PAYLOAD_TSR, &m->tsr);
}

/* --- Compared ------------------------------------------------------------- */

static void same_sa(const struct payload_sa *a, const struct payload_sa *b)
{
	struct reader in_a = reader_of(a->proposals);
	struct reader in_b = reader_of(b->proposals);
	struct wire_transform ta, tb;
	struct proposal pa, pb;

	while (next_proposal(&in_a, &pa)) {
		struct reader walk_a = reader_of(pa.transforms), walk_b;

		HOLDS(next_proposal(&in_b, &pb));
		HOLDS(pa.number == pb.number && pa.protocol == pb.protocol);
		HOLDS(bytes_equal(pa.spi, pb.spi));
		HOLDS(pa.transform_count == pb.transform_count);
		walk_b = reader_of(pb.transforms);
		while (next_transform(&walk_a, &ta)) {
			HOLDS(next_transform(&walk_b, &tb));
			HOLDS(ta.type == tb.type && ta.id == tb.id);
			HOLDS(ta.key_bits == tb.key_bits);
		}
	}
	HOLDS(!next_proposal(&in_b, &pb));
}

/* Selectors of unknown types were left out of b. */
static void same_ts(const struct payload_ts *a, const struct payload_ts *b)
{
	struct reader in_a = reader_of(a->selectors);
	struct reader in_b = reader_of(b->selectors);
	struct wire_selector sa, sb;

	while (next_selector(&in_a, &sa)) {
		if (sa.start.len == 0)
			continue;
		HOLDS(next_selector(&in_b, &sb));
		HOLDS(sa.type == sb.type && sa.protocol == sb.protocol);
		HOLDS(sa.start_port == sb.start_port);
		HOLDS(sa.end_port == sb.end_port);
		HOLDS(bytes_equal(sa.start, sb.start));
		HOLDS(bytes_equal(sa.end, sb.end));
	}
	HOLDS(!next_selector(&in_b, &sb));
}

static void same_notify(
	const struct payload_notify *a, const struct payload_notify *b)
{
	HOLDS(a->protocol == b->protocol && a->type == b->type);
	HOLDS(bytes_equal(a->spi, b->spi) && bytes_equal(a->data, b->data));
}

static void same_delete(
	const struct payload_delete *a, const struct payload_delete *b)
{
	HOLDS(a->protocol == b->protocol && a->count == b->count);
	HOLDS(a->spi_size == b->spi_size && bytes_equal(a->spis, b->spis));
}

static void same_id(const struct payload_id *a, const struct payload_id *b)
{
	HOLDS(a->type == b->type && bytes_equal(a->data, b->data));
	HOLDS(b->body.len == b->data.len + 4);
}

static void same(const struct message *a, const struct message *b)
{
	if (has_payload(a, PAYLOAD_SA))
		same_sa(&a->sa, &b->sa);
	HOLDS(a->ke.group == b->ke.group);
	HOLDS(bytes_equal(a->ke.public, b->ke.public));
	if (has_payload(a, PAYLOAD_IDI))
		same_id(&a->idi, &b->idi);
	if (has_payload(a, PAYLOAD_IDR))
		same_id(&a->idr, &b->idr);
	HOLDS(a->auth.method == b->auth.method);
	HOLDS(bytes_equal(a->auth.data, b->auth.data));
	HOLDS(bytes_equal(a->nonce, b->nonce));
	HOLDS(a->certs == b->certs && a->notifies == b->notifies &&
		a->deletes == b->deletes);
	for (size_t i = 0; i < a->certs; i++) {
		HOLDS(a->cert[i].encoding == b->cert[i].encoding);
		HOLDS(bytes_equal(a->cert[i].data, b->cert[i].data));
	}
	for (size_t i = 0; i < a->notifies; i++)
		same_notify(&a->notify[i], &b->notify[i]);
	for (size_t i = 0; i < a->deletes; i++)
		same_delete(&a->delete[i], &b->delete[i]);
	if (has_payload(a, PAYLOAD_TSI))
		same_ts(&a->tsi, &b->tsi);
	if (has_payload(a, PAYLOAD_TSR))
		same_ts(&a->tsr, &b->tsr);
}

static void round_trip(const struct message *m)
{
	static uint8_t buffer[2 * MAX_MESSAGE_LEN];
	struct writer w = writer_of(buffer, sizeof(buffer));
	struct chain c = { &w, 0 };
	static struct message again;

	write_u8(&w, PAYLOAD_NONE);
	if (!rewrite(&c, m))
		return;
	HOLDS(!w.bad);
	HOLDS(message_read(&again, buffer[0], bytes_of(buffer + 1, w.len - 1),
		      28) == IKE_OK);
	same(m, &again);
}

/* --- Acted on ------------------------------------------------------------- */

static const struct transform *row(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

static struct ike_proposals ours(void)
{
	static const char *const names[2][11] = {
		{ "aes256gcm16", "aes128gcm16", "chacha20poly1305", "prfsha256",
			"prfsha384", "x25519", "ecp256", "esn", "noesn" },
		{ "aes256", "aes128", "sha256", "sha512", "prfsha256",
			"prfsha512", "modp2048", "modp4096", "esn", "noesn" },
	};
	struct ike_proposals ours = { .count = 2 };

	for (size_t i = 0; i < 2; i++) {
		struct ike_proposal *p = &ours.list[i];

		for (size_t j = 0; names[i][j]; j++)
			p->transforms[p->count++] = row(names[i][j]);
	}
	return ours;
}

/* What was chosen is whole, and our own answer to it is one that we accept. */
static void choose(const struct payload_sa *sa, uint8_t protocol)
{
	const struct ike_proposals proposals = ours();
	struct negotiated got;

	for (int ke = NEGOTIATE_KE; ke <= NEGOTIATE_WITHOUT_KE; ke++) {
		if (negotiate_choose(&proposals, sa, protocol,
			    (enum negotiate_ke)ke, &got) == IKE_OK) {
			HOLDS(got.suite.encr != NULL && got.number > 0);
			HOLDS(got.suite.encr->aead == !got.suite.integ);
			HOLDS((protocol == PROTOCOL_IKE) ==
				(got.suite.prf != NULL));
			HOLDS((protocol == PROTOCOL_ESP) ==
				(got.suite.esn != NULL));
			HOLDS((ke == NEGOTIATE_KE) == (got.suite.ke != NULL));
		}
		if (negotiate_check(&proposals, sa, protocol,
			    (enum negotiate_ke)ke, &got) == IKE_OK)
			HOLDS(got.number == 1 || got.number == 2);
	}
}

static void narrow(
	const struct payload_ts *ts, const struct payload_ts *ours_ts)
{
	struct selectors theirs, mine, both;
	struct ike_selector parts[256];
	char text[IKE_SELECTOR_SIZE];

	selectors_read(ts, &theirs);
	selectors_read(ours_ts, &mine);
	if (selectors_narrow(&mine, &theirs, &both) != IKE_OK)
		return;
	HOLDS(selectors_check(&theirs, &both) == IKE_OK);
	HOLDS(selectors_check(&mine, &both) == IKE_OK);
	for (size_t i = 0; i < both.count; i++) {
		HOLDS(selector_split(&both.list[i], parts, 256) > 0);
		HOLDS(strlen(ike_selector_text(&both.list[i], text)) <
			IKE_SELECTOR_SIZE - 1);
	}
}

static void print_id(const struct payload_id *payload)
{
	char text[IKE_ID_SIZE];
	struct ike_id id, parsed;
	bool wildcard;

	if (!identity_read(payload, &id))
		return;
	HOLDS(identity_equal(&id, &id));
	identity_text(&id, text);
	HOLDS(strlen(text) < sizeof(text));
	for (const char *c = text; *c; c++)
		HOLDS(*c >= ' ' && *c < 0x7f);
	if (!strchr(text, ':') && identity_parse(text, &parsed, &wildcard))
		HOLDS(identity_equal(&id, &parsed));
}

static void is_plain(const char *text)
{
	for (; *text; text++)
		HOLDS(*text >= ' ' && *text <= '~');
}

/* Whatever a stranger says of itself is printable, and bounded (N27). */
static void name_it(const struct message *m)
{
	struct ike_implementation is;
	char text[MS_STATUS_SIZE];
	struct vendor_seen seen;

	vendor_look(m, true, &seen);
	vendor_words(&seen, &is);
	is_plain(is.unknown);
	HOLDS(!is.says || !is.unknown[0]);
	is_plain(ms_status_text(ms_status_read(m), text));
}

static void act_on(struct message *m)
{
	static const struct cookies cookies = { .version = 1 };
	const struct ike_endpoint from = { { 4, { 192, 0, 2, 1 } }, 500 };
	const struct payload_rule rule = {
		.must = payload_bit(PAYLOAD_SA),
	};

	if (has_payload(m, PAYLOAD_SA)) {
		walk_sa(&m->sa);
		choose(&m->sa, PROTOCOL_IKE);
		choose(&m->sa, PROTOCOL_ESP);
	}
	if (has_payload(m, PAYLOAD_TSI))
		walk_ts(&m->tsi);
	if (has_payload(m, PAYLOAD_TSR))
		walk_ts(&m->tsr);
	if (has_payload(m, PAYLOAD_TSI) && has_payload(m, PAYLOAD_TSR))
		narrow(&m->tsi, &m->tsr);
	if (has_payload(m, PAYLOAD_IDI))
		print_id(&m->idi);
	name_it(m);
	(void)cookie_valid(&cookies, m, &from);
	for (size_t i = 0; i < m->notifies; i++) {
		HOLDS(message_notify(m, m->notify[i].type) != NULL);
		(void)notify_name(m->notify[i].type);
	}
	(void)message_error(m);
	HOLDS((message_fits(m, &rule) == IKE_OK) == has_payload(m, PAYLOAD_SA));
}

void fuzz_message(const uint8_t *data, size_t size)
{
	static struct message m;
	struct ike_header header;
	enum ike_error err;

	if (read_header(bytes_of(data, size), &header))
		m.header = header;
	if (size == 0)
		return;
	err = message_read(&m, data[0], bytes_of(data + 1, size - 1), 28);
	HOLDS(err == IKE_OK || err == INVALID_SYNTAX ||
		err == UNSUPPORTED_CRITICAL_PAYLOAD);
	HOLDS((err == UNSUPPORTED_CRITICAL_PAYLOAD) == (m.critical != 0) ||
		err == INVALID_SYNTAX);
	if (err != IKE_OK)
		return;
	round_trip(&m);
	act_on(&m);
}

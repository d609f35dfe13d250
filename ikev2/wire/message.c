/* message.c - the chain of payloads: decoded whole or not at all, written in one pass (RFC 7296 section 3.2).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/message.h"

#include "ikev2/wire/payload_sk.h"

enum { NEXT_AT = 16, LENGTH_AT = 24 }; /* in the header */

/* Bits of the payloads that one message may hold several of. */
static const uint64_t repeatable =
	UINT64_C(1) << PAYLOAD_CERT | UINT64_C(1) << PAYLOAD_CERTREQ |
	UINT64_C(1) << PAYLOAD_NOTIFY | UINT64_C(1) << PAYLOAD_DELETE |
	UINT64_C(1) << PAYLOAD_VENDOR;

/* Where the next element of an array goes; one too many goes nowhere. */
#define NEXT_OF(R, ARRAY, COUNT)                                               \
	((COUNT) < sizeof(ARRAY) / sizeof((ARRAY)[0])                          \
			? &(ARRAY)[(COUNT)++]                                  \
			: (no_room(R), &(ARRAY)[0]))

static void no_room(struct reader *r)
{
	r->bad = true;
}

static void read_one_cert(struct message *m, struct reader *r)
{
	struct payload_cert cert;

	read_cert(r, &cert);
	if (m->certs < MAX_CERTS)
		m->cert[m->certs++] = cert;
	else
		m->certs_left_off++;
}

/* Which authorities is of no use to us: our certificate goes out anyway. */
static void read_request(struct message *m, struct reader *r)
{
	struct payload_cert request;

	read_cert(r, &request);
	if (request.encoding < 32)
		m->requested |= UINT32_C(1) << request.encoding;
}

static void read_one_vendor(struct message *m, struct reader *r)
{
	if (m->vendors < MAX_VENDORS)
		m->vendor[m->vendors++] = bytes_of(r->at, r->left);
}

/* False for a type that we do not know. */
static bool read_known(struct message *m, uint8_t type, struct reader *r)
{
	switch ((enum payload_type)type) {
	case PAYLOAD_SA:
		read_sa(r, &m->sa);
		return true;
	case PAYLOAD_KE:
		read_ke(r, &m->ke);
		return true;
	case PAYLOAD_IDI:
		read_id(r, &m->idi);
		return true;
	case PAYLOAD_IDR:
		read_id(r, &m->idr);
		return true;
	case PAYLOAD_CERT:
		read_one_cert(m, r);
		return true;
	case PAYLOAD_CERTREQ:
		read_request(m, r);
		return true;
	case PAYLOAD_AUTH:
		read_auth(r, &m->auth);
		return true;
	case PAYLOAD_NONCE:
		read_nonce(r, &m->nonce);
		return true;
	case PAYLOAD_NOTIFY:
		read_notify(r, NEXT_OF(r, m->notify, m->notifies));
		return true;
	case PAYLOAD_DELETE:
		read_delete(r, NEXT_OF(r, m->delete, m->deletes));
		return true;
	case PAYLOAD_TSI:
		read_ts(r, &m->tsi);
		return true;
	case PAYLOAD_TSR:
		read_ts(r, &m->tsr);
		return true;
	case PAYLOAD_VENDOR:
		read_one_vendor(m, r);
		return true;
	case PAYLOAD_CP:
	case PAYLOAD_EAP:
		return true; /* their presence is all that is kept */
	case PAYLOAD_NONE:
	case PAYLOAD_SK:
	case PAYLOAD_SKF:
		break; /* the loop below does not bring them here */
	}
	return false;
}

static bool ends_chain(uint8_t type)
{
	return type == PAYLOAD_SK || type == PAYLOAD_SKF;
}

static bool twice(const struct message *m, uint8_t type)
{
	return has_payload(m, type) && !(payload_bit(type) & repeatable);
}

enum ike_error message_read(
	struct message *m, uint8_t first, struct bytes chain, size_t at)
{
	struct reader r = reader_of(chain);
	struct reader body;
	uint8_t type, next, flags;
	uint16_t len;

	*m = (struct message){
		.header = m->header,
		.first = first,
		.chain = chain,
	};
	for (unsigned int n = 0; first != PAYLOAD_NONE; n++, first = next) {
		type = first;
		next = read_u8(&r);
		flags = read_u8(&r);
		len = read_u16(&r);
		if (len < PAYLOAD_HEADER_LEN || n == MAX_PAYLOADS)
			return INVALID_SYNTAX;
		body = read_part(&r, (size_t)len - PAYLOAD_HEADER_LEN);
		if (body.bad || twice(m, type))
			return INVALID_SYNTAX;
		if (ends_chain(type)) {
			read_sk(&body, type, next,
				at + (size_t)(body.at - chain.at), &m->sk);
			next = PAYLOAD_NONE;
		} else if (!read_known(m, type, &body)) {
			if ((flags & PAYLOAD_CRITICAL) && m->critical == 0)
				m->critical = type;
			continue;
		}
		if (body.bad)
			return INVALID_SYNTAX;
		m->present |= payload_bit(type);
	}
	if (r.left > 0)
		return INVALID_SYNTAX;
	return m->critical ? UNSUPPORTED_CRITICAL_PAYLOAD : IKE_OK;
}

enum ike_error message_fits(struct message *m, const struct payload_rule *rule)
{
	m->present &= rule->must | rule->may | payload_bit(PAYLOAD_NOTIFY) |
		      payload_bit(PAYLOAD_VENDOR);
	if (!has_payload(m, PAYLOAD_CERT))
		m->certs = m->certs_left_off = 0;
	if (!has_payload(m, PAYLOAD_CERTREQ))
		m->requested = 0;
	if (!has_payload(m, PAYLOAD_DELETE))
		m->deletes = 0;
	return (m->present & rule->must) == rule->must ? IKE_OK
						       : INVALID_SYNTAX;
}

const struct payload_notify *message_notify(
	const struct message *m, uint16_t type)
{
	for (size_t i = 0; i < m->notifies; i++) {
		if (m->notify[i].type == type)
			return &m->notify[i];
	}
	return NULL;
}

const struct payload_notify *message_error(const struct message *m)
{
	for (size_t i = 0; i < m->notifies; i++) {
		if (m->notify[i].type < NOTIFY_FIRST_STATUS)
			return &m->notify[i];
	}
	return NULL;
}

/* --- Writing -------------------------------------------------------------- */

size_t payload_begin(struct chain *c, uint8_t type)
{
	const size_t begun = c->w->len;

	patch_u8(c->w, c->next_at, type);
	c->next_at = begun;
	write_u8(c->w, PAYLOAD_NONE);
	write_u8(c->w, 0);
	write_u16(c->w, 0);
	return begun;
}

void payload_end(struct chain *c, size_t begun)
{
	patch_u16(c->w, begun + 2, c->w->len - begun);
}

void message_begin(struct message_out *out, uint8_t *buffer, size_t size,
	const struct ike_header *header)
{
	out->header = *header;
	out->w = writer_of(buffer, size);
	out->c = (struct chain){ &out->w, NEXT_AT };
	write_header(&out->w, header);
}

struct bytes message_end(struct message_out *out)
{
	const size_t len = out->w.len;

	patch_u16(&out->w, LENGTH_AT, len >> 16);
	patch_u16(&out->w, LENGTH_AT + 2, len & UINT16_MAX);
	return written(&out->w);
}

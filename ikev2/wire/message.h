/* message.h - a message: decoded whole or not at all, written in one pass (RFC 7296 section 3.2).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_WIRE_MESSAGE_H
#define IKEV2_WIRE_MESSAGE_H

#include "ikev2/wire/header.h"
#include "ikev2/wire/payload.h"

/* Everything points into the packet; there is no allocation.  Payloads that
 * may repeat are small arrays; what does not fit is refused, and that is no
 * legal message (iana.h has the limits). */
struct message {
	struct ike_header header;
	uint8_t first;      /* what message_read was given, .. */
	struct bytes chain; /* .. to read it again */
	uint64_t present;   /* bit t: payload type t (below 64) is there */
	struct payload_sa sa;
	struct payload_ke ke;
	struct payload_id idi, idr;
	struct payload_auth auth;
	struct bytes nonce;
	struct payload_ts tsi, tsr;
	struct payload_sk sk;
	struct payload_cert cert[MAX_CERTS];
	size_t certs;
	size_t certs_left_off; /* after those: nobody needs so many (N28) */
	uint32_t requested;    /* CERTREQ: 1 << encoding, for those below 32 */
	struct bytes vendor[MAX_VENDORS]; /* what follows is passed over */
	size_t vendors;
	struct payload_notify notify[MAX_PAYLOADS];
	size_t notifies;
	struct payload_delete delete[MAX_DELETES];
	size_t deletes;
	uint8_t critical; /* the type that UNSUPPORTED_CRITICAL_PAYLOAD is about */
};

static inline uint64_t payload_bit(uint8_t type)
{
	return type < 64 ? UINT64_C(1) << type : 0;
}

static inline bool has_payload(const struct message *m, uint8_t type)
{
	return (m->present & payload_bit(type)) != 0;
}

/* Decode a chain of payloads.  first is the type of the first one, chain the
 * octets; at is the offset of chain in its message, for payload_sk.body_at.
 * header stays as it is; all other members are set anew.
 *
 * IKE_OK, or INVALID_SYNTAX (nothing in *m is to be used), or
 * UNSUPPORTED_CRITICAL_PAYLOAD (m->critical says which).  Unknown payloads
 * without the critical bit are skipped; the bit of known types is ignored
 * (RFC 7296 section 2.5).  Payloads that may be there only once and are there
 * twice are INVALID_SYNTAX.  SK and SKF end the chain: octets after them are
 * INVALID_SYNTAX, and their Next Payload is the first type inside.  Types 1 to
 * 32 are unknown ones. */
enum ike_error message_read(struct message *m, uint8_t first,
	struct bytes chain, size_t at) __attribute__((warn_unused_result));

/* Which payloads an exchange's message must and may hold, as bit sets.  Notify
 * and Vendor ID are always allowed, and need not be named. */
struct payload_rule {
	uint64_t must, may;
};

/* INVALID_SYNTAX if one that must be there is missing.  One that is known but
 * out of place is ignored: its bit is cleared. */
enum ike_error message_fits(struct message *m, const struct payload_rule *rule)
	__attribute__((warn_unused_result));

/* The first notify of a type, or NULL. */
const struct payload_notify *message_notify(
	const struct message *m, uint16_t type);

/* The first notify with an error type (below NOTIFY_FIRST_STATUS), or NULL. */
const struct payload_notify *message_error(const struct message *m);

/* A message being written into a buffer of the caller's. */
struct message_out {
	struct ike_header header; /* as message_begin got it */
	struct writer w;
	struct chain c;
};

/* Header first, Next Payload none, Length 0. */
void message_begin(struct message_out *out, uint8_t *buffer, size_t size,
	const struct ike_header *header);

/* Patches Length.  The message, or nothing if it did not fit. */
struct bytes message_end(struct message_out *out);

#endif

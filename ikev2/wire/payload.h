/* payload.h - the payloads of RFC 7296 section 3, in its order, read and written side by side.
 * SPDX-License-Identifier: ISC
 *
 * Each read_x takes a reader over the payload's body (what follows the generic
 * header) and sets the reader bad if the body is malformed, or longer than it
 * should be; what it fills in points into the packet.  Each write_x appends a
 * whole payload to a chain.
 */
#ifndef IKEV2_WIRE_PAYLOAD_H
#define IKEV2_WIRE_PAYLOAD_H

#include "ikev2/bytes.h"
#include "ikev2/iana.h"

/* A chain being written: each payload patches its own type into the Next
 * Payload octet before it, so that no writer names what comes after.
 *
 *                      1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | Next Payload  |C|  RESERVED   |         Payload Length        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
struct chain {
	struct writer *w;
	size_t next_at; /* where the Next Payload octet to patch stands */
};

size_t payload_begin(struct chain *c, uint8_t type);
void payload_end(struct chain *c, size_t begun);

/* --- RFC 7296 section 3.3: Security Association ---------------------------
 *
 * Proposals and transforms are walked in place, never stored in arrays: a
 * legal SA payload can hold more of them than any array of ours.
 *
 * | Last/More | RESERVED | Proposal Length |
 * | Proposal Num | Protocol ID | SPI Size | Num Transforms |
 * | SPI (variable) | transforms |
 */
struct payload_sa {
	struct bytes proposals; /* checked: the walks below cannot fail on it */
};

struct proposal {
	uint8_t number;
	uint8_t protocol;
	struct bytes spi;
	uint8_t transform_count;
	struct bytes transforms;
};

/* | Last/More | RESERVED | Transform Length |
 * | Type | RESERVED | Transform ID | attributes | */
struct wire_transform {
	uint8_t type;
	uint16_t id;
	uint16_t key_bits;      /* Key Length attribute, 0 if there is none */
	bool unknown_attribute; /* then this transform is unusable (section 3.3.6) */
};

/* Checks the whole structure: lengths, Last/More, counts, numbering from 1 in
 * steps of 1; a single proposal may have any number but 0, as an answer has that
 * of the offer.  Anything a walk could trip over makes the reader bad. */
void read_sa(struct reader *r, struct payload_sa *sa);

/* Over the proposals of an SA payload that read_sa accepted:
 *	struct reader walk = reader_of(sa->proposals);
 *	while (next_proposal(&walk, &proposal)) ..  */
bool next_proposal(struct reader *walk, struct proposal *proposal);
bool next_transform(struct reader *walk, struct wire_transform *transform);

/* Writing: sa_begin, then for each proposal proposal_begin, write_transform..,
 * proposal_end, then sa_end.  Counts, lengths, and Last/More are patched. */
struct sa_out {
	struct chain *c;
	size_t sa_at;
	size_t proposal_at;  /* 0: none yet */
	size_t transform_at; /* 0: none yet */
	uint8_t transforms;
};

void sa_begin(struct sa_out *out, struct chain *c);
void proposal_begin(
	struct sa_out *out, uint8_t number, uint8_t protocol, struct bytes spi);
void write_transform(
	struct sa_out *out, uint8_t type, uint16_t id, uint16_t key_bits);
void proposal_end(struct sa_out *out);
void sa_end(struct sa_out *out);

/* --- RFC 7296 section 3.4: Key Exchange -----------------------------------
 * | Diffie-Hellman Group Num | RESERVED | Key Exchange Data | */
struct payload_ke {
	uint16_t group;
	struct bytes public;
};

void read_ke(struct reader *r, struct payload_ke *ke);
void write_ke(struct chain *c, uint16_t group, struct bytes public);

/* --- RFC 7296 section 3.5: Identification ---------------------------------
 * | ID Type | RESERVED | Identification Data |
 * body is the whole, RESERVED as it was sent: AUTH covers it (section 2.15). */
struct payload_id {
	uint8_t type;
	struct bytes data;
	struct bytes body;
};

void read_id(struct reader *r, struct payload_id *id);
/* which is PAYLOAD_IDI or PAYLOAD_IDR. */
void write_id(struct chain *c, uint8_t which, uint8_t type, struct bytes data);

/* --- RFC 7296 sections 3.6, 3.7: Certificate, Certificate Request ---------
 * | Cert Encoding | data | */
struct payload_cert {
	uint8_t encoding;
	struct bytes data;
};

void read_cert(struct reader *r, struct payload_cert *cert);
/* which is PAYLOAD_CERT or PAYLOAD_CERTREQ. */
void write_cert(
	struct chain *c, uint8_t which, uint8_t encoding, struct bytes data);

/* --- RFC 7296 section 3.8: Authentication ---------------------------------
 * | Auth Method | RESERVED | Authentication Data | */
struct payload_auth {
	uint8_t method;
	struct bytes data;
};

void read_auth(struct reader *r, struct payload_auth *auth);
void write_auth(struct chain *c, uint8_t method, struct bytes data);

/* --- RFC 7296 section 3.9: Nonce; 16 to 256 octets, else bad (section 2.10) */
void read_nonce(struct reader *r, struct bytes *nonce);
void write_nonce(struct chain *c, struct bytes nonce);

/* --- RFC 7296 section 3.10: Notify ----------------------------------------
 * | Protocol ID | SPI Size | Notify Message Type | SPI | Notification Data | */
struct payload_notify {
	uint8_t protocol;
	uint16_t type;
	struct bytes spi;
	struct bytes data;
};

void read_notify(struct reader *r, struct payload_notify *notify);
/* About the IKE SA: no protocol, no SPI. */
void write_notify(struct chain *c, uint16_t type, struct bytes data);
void write_notify_spi(struct chain *c, uint8_t protocol, struct bytes spi,
	uint16_t type, struct bytes data);

/* --- RFC 7296 section 3.11: Delete ----------------------------------------
 * | Protocol ID | SPI Size | Num of SPIs | SPIs |
 * The IKE SA: SPI size and count 0.  AH and ESP: SPI size 4. */
struct payload_delete {
	uint8_t protocol;
	uint8_t spi_size;
	uint16_t count;
	struct bytes spis; /* count * spi_size octets */
};

void read_delete(struct reader *r, struct payload_delete *delete);
void write_delete(struct chain *c, uint8_t protocol, uint8_t spi_size,
	uint16_t count, struct bytes spis);

/* --- RFC 7296 section 3.12: Vendor ID ------------------------------------- */
void write_vendor(struct chain *c, struct bytes id);

/* --- RFC 7296 section 3.13: Traffic Selector ------------------------------
 * | Number of TSs | RESERVED (3) | selectors |
 * selector: | TS Type | IP Protocol ID | Selector Length | Start Port |
 *           | End Port | Starting Address | Ending Address | */
struct payload_ts {
	uint8_t count;
	struct bytes selectors; /* checked: next_selector cannot fail on it */
};

struct wire_selector {
	uint8_t type;                  /* one we do not know: to be skipped */
	uint8_t protocol;              /* 0: any */
	uint16_t start_port, end_port; /* OPAQUE is 65535 to 0 */
	struct bytes start, end;       /* 4 or 16 octets, none if unknown */
};

/* Bad only if it is too short for a count.  When a length or the count lies, or
 * addresses or ports are reversed (OPAQUE is not), there is no selector in it,
 * so that the child alone fails (N30). */
void read_ts(struct reader *r, struct payload_ts *ts);
bool next_selector(struct reader *walk, struct wire_selector *selector);

struct ts_out {
	struct chain *c;
	size_t at;
	uint8_t count;
};

/* which is PAYLOAD_TSI or PAYLOAD_TSR. */
void ts_begin(struct ts_out *out, struct chain *c, uint8_t which);
void write_selector(struct ts_out *out, const struct wire_selector *selector);
void ts_end(struct ts_out *out);

/* --- RFC 7296 section 3.14: Encrypted, and RFC 7383 section 2.5: Encrypted
 * Fragment; layout only, keys are protect.c's.
 * | Initialization Vector | encrypted payloads, padding, pad length | ICV |
 * SKF has Fragment Number and Total Fragments (16 bits each) before the IV. */
struct payload_sk {
	uint8_t first;            /* type of the first payload inside */
	size_t body_at;           /* where the body starts in the message */
	struct bytes body;        /* SK: from the IV; SKF: from the IV too */
	uint16_t fragment, total; /* 0, 0 for SK */
};

/* Begins an Encrypted Fragment up to its IV; payload_end ends it.  first is the
 * type of the first payload inside, PAYLOAD_NONE but for fragment 1. */
size_t skf_begin(
	struct chain *c, uint8_t first, uint16_t fragment, uint16_t total);

#endif

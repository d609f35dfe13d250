/* identity.h - identities: from text, to text, compared (RFC 7296 section 3.5).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_IDENTITY_H
#define IKEV2_IDENTITY_H

#include "ikev2/peer.h"
#include "ikev2/wire/payload.h"

/* From configuration text: "vpn.example.com" FQDN, "u@h" e-mail, IP addresses,
 * "C=CH, O=.., CN=.." a distinguished name; "fqdn:", "email:", "ip:", "dn:",
 * "keyid:" in front force the kind.  wildcard (may be NULL: then none is
 * allowed) is set for "*.example.com", "*@example.com", and for a
 * distinguished name with a value "*".  False if the text is no identity (too
 * long, empty, a bad address, an attribute that nobody knows). */
bool identity_parse(const char *text, struct ike_id *id, bool *wildcard);

/* Also used for "remote" and "local": "192.0.2.1" or "2001:db8::1". */
bool identity_parse_addr(const char *text, struct ike_addr *addr);

struct ike_id identity_of_addr(const struct ike_addr *addr);

/* From the wire; false if it is malformed for its type (an IPV4_ADDR of other
 * than 4 octets ..) or longer than we keep: such an identity matches nothing. */
bool identity_read(const struct payload_id *payload, struct ike_id *id);

bool identity_equal(const struct ike_id *a, const struct ike_id *b);

/* Does what the peer says fit what is configured?  ID_NONE in wanted is any;
 * wildcard: "*.example.com" fits one or more labels in front, no case;
 * "*@example.com" any user; a value "*" of a distinguished name any value. */
bool identity_match(
	const struct ike_id *wanted, bool wildcard, const struct ike_id *said);

/* For logs and status: always terminated, every octet outside printable ASCII
 * escaped as \xHH, so that no terminal or log is led astray. */
const char *identity_text(const struct ike_id *id, char out[IKE_ID_SIZE]);

#endif

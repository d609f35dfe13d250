/* dn.h - distinguished names: from text, to text, compared (RFC 5280 section 4.1.2.4, RFC 4514).
 * SPDX-License-Identifier: ISC
 *
 * In text as the field writes them, in the order of the certificate:
 * "C=CH, O=strongSwan, CN=moon.strongswan.org".  A comma, plus or backslash
 * inside a value stands behind a backslash, as do a space at its edge and
 * "#" at its front; "\0A" is an octet.  A plus joins attributes of one RDN:
 * "CN=moon+OU=vpn".  In octets: the DER of a Name, of at most 4096.
 */
#ifndef IKEV2_CRYPTO_DN_H
#define IKEV2_CRYPTO_DN_H

#include "ikev2/bytes.h"

/* "C=CH, O=.., CN=.." to DER; spaces around commas are no part of it; CN, C, O,
 * OU, ST, L, DC, SN, GN, UID, E (emailAddress), serialNumber, T, or an OID in
 * dots.  The length, 0 if it is none or does not fit. */
size_t dn_parse(const char *text, uint8_t *out, size_t size);
/* To text: controls, and what hides or turns the text around it, escaped; always
 * terminated, "..." at the end if it was cut.  False: it is no Name. */
bool dn_text(struct bytes der, char *out, size_t size);
/* Is it a Name, whole, nothing behind it? */
bool dn_is(struct bytes der);
/* The same name (RFC 5280 section 7.1: case and spaces of text do not matter). */
bool dn_equal(struct bytes a, struct bytes b);
/* The same, but a value "*" in wanted stands for any value of that attribute. */
bool dn_match(struct bytes wanted, struct bytes said);

#endif

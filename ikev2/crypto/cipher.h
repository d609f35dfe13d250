/* cipher.h - sealing and opening the octets of an SK payload (RFC 7296 section 3.14, RFC 5282, RFC 7634).
 * SPDX-License-Identifier: ISC
 *
 * Both work in place on one message:
 *
 *	| head (header .. SK generic header) | IV | plaintext, padded | ICV |
 *
 * An AEAD authenticates head and plaintext; otherwise the plaintext is
 * encrypted with CBC and INTEG covers all that stands before the ICV.  Padding
 * and the Pad Length octet are part of the plaintext here: protect.c adds and
 * strips them.
 */
#ifndef IKEV2_CRYPTO_CIPHER_H
#define IKEV2_CRYPTO_CIPHER_H

#include "ikev2/crypto/prf.h"

/* Octets of the ICV of a suite. */
size_t cipher_icv_len(const struct suite *suite);

/* Seal message[0 .. total): head_len octets of head, then the IV's room (the
 * caller has put the IV there), plaintext up to total - ICV, ICV.  The
 * plaintext's length must be a multiple of the cipher's block.  sk_a is empty
 * with an AEAD. */
bool cipher_seal(struct crypto *crypto, const struct suite *suite,
	const struct secret *sk_e, const struct secret *sk_a, uint8_t *message,
	size_t head_len, size_t total) __attribute__((warn_unused_result));

/* The reverse: true and the plaintext in its place if the ICV is right.  On
 * false the message's octets are undefined, and nobody may look at them: the
 * ICV is checked first, so that padding tells nothing. */
bool cipher_open(struct crypto *crypto, const struct suite *suite,
	const struct secret *sk_e, const struct secret *sk_a, uint8_t *message,
	size_t head_len, size_t total) __attribute__((warn_unused_result));

#endif

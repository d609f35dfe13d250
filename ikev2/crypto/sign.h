/* sign.h - what AUTH proves: the shared key method (RFC 7296 section 2.15).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_SIGN_H
#define IKEV2_CRYPTO_SIGN_H

#include "ikev2/crypto/prf.h"

/* The octets that one side's AUTH covers: its own first message as sent, the
 * other side's nonce, and prf(SK_p, its ID payload after the generic header,
 * RESERVED octets as they were on the wire). */
struct auth_octets {
	struct bytes message;
	struct bytes nonce;
	struct bytes sk_p;
	struct bytes id;
};

/* AUTH = prf(prf(Shared Secret, "Key Pad for IKEv2"), octets), output_len of
 * the PRF long. */
bool auth_shared_key(struct crypto *crypto, const struct transform *prf,
	struct bytes key, const struct auth_octets *octets, uint8_t *out)
	__attribute__((warn_unused_result));

#endif

/* keymat.h - SKEYSEED, SK_* and KEYMAT (RFC 7296 sections 2.14, 2.17, 2.18).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_KEYMAT_H
#define IKEV2_CRYPTO_KEYMAT_H

#include "ikev2/crypto/prf.h"

/* The keys of one IKE SA, in RFC spelling. */
struct keymat {
	struct secret sk_d;
	struct secret sk_ai, sk_ar; /* empty with an AEAD */
	struct secret sk_ei, sk_er; /* the salt, if any, after the key */
	struct secret sk_pi, sk_pr;
};

/* The keys of one pair of ESP SAs: _i protects what the initiator of the
 * exchange that made them sends. */
struct child_keys {
	struct secret encr_i, integ_i;
	struct secret encr_r, integ_r;
};

/* RFC 7296 section 2.14: SKEYSEED = prf(Ni | Nr, g^ir), then the seven keys
 * from prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr). */
bool keymat_ike(struct crypto *crypto, const struct suite *suite,
	struct bytes ni, struct bytes nr, struct bytes shared,
	const uint8_t spi_i[static 8], const uint8_t spi_r[static 8],
	struct keymat *out) __attribute__((warn_unused_result));

/* RFC 7296 section 2.18: SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr) with
 * the old SA's PRF; the keys then with the new suite's. */
bool keymat_ike_rekey(struct crypto *crypto, const struct transform *old_prf,
	const struct secret *old_sk_d, const struct suite *suite,
	struct bytes ni, struct bytes nr, struct bytes shared,
	const uint8_t spi_i[static 8], const uint8_t spi_r[static 8],
	struct keymat *out) __attribute__((warn_unused_result));

/* RFC 7296 section 2.17: KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr); shared is empty
 * without a key exchange.  prf is that of the IKE SA, suite that of the child. */
bool keymat_child(struct crypto *crypto, const struct transform *prf,
	const struct secret *sk_d, const struct suite *suite,
	struct bytes shared, struct bytes ni, struct bytes nr,
	struct child_keys *out) __attribute__((warn_unused_result));

void keymat_wipe(struct keymat *keymat);

#endif

/* sign.c - the shared key method (RFC 7296 section 2.15).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/sign.h"

bool auth_shared_key(struct crypto *crypto, const struct transform *prf_row,
	struct bytes key, const struct auth_octets *octets, uint8_t *out)
{
	static const char pad[] =
		"Key Pad for IKEv2"; /* sent without its NUL */
	const struct bytes pad_bytes = bytes_of(pad, sizeof(pad) - 1);
	uint8_t padded_key[MAX_PRF], maced_id[MAX_PRF];
	const struct bytes parts[] = {
		octets->message,
		octets->nonce,
		bytes_of(maced_id, prf_row->output_len),
	};
	bool done;

	done = prf(crypto, prf_row, octets->sk_p, &octets->id, 1, maced_id) &&
	       prf(crypto, prf_row, key, &pad_bytes, 1, padded_key) &&
	       prf(crypto, prf_row, bytes_of(padded_key, prf_row->output_len),
		       parts, 3, out);
	sodium_memzero(padded_key, sizeof(padded_key));
	sodium_memzero(maced_id, sizeof(maced_id));
	return done;
}

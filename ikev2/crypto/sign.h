/* sign.h - what AUTH proves: shared key and signatures (RFC 7296 section 2.15, RFC 7427, RFC 4754, RFC 8420).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_SIGN_H
#define IKEV2_CRYPTO_SIGN_H

#include "ikev2/crypto/key.h"
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

/* How RSA signs, where the peer leaves it to us. */
enum auth_rsa {
	AUTH_RSA_PSS,
	AUTH_RSA_PKCS1,
};

/* What one direction may use.  hashes: a bit 1 << enum hash_id for each that
 * the side that verifies has announced (SIGNATURE_HASH_ALGORITHMS); 0: it has
 * announced none, and RFC 7427 is not to be used.  sha1: the one that verifies
 * takes SHA-1, because somebody configured it so; with RFC 7427 it must have
 * announced it too. */
struct auth_rules {
	uint32_t hashes;
	bool sha1;
	enum auth_rsa rsa;
};

/* The longest AUTH data we make: an RSA-8192 signature behind the
 * AlgorithmIdentifier of PSS. */
enum { AUTH_MAX_SIGNATURE = 1024 + 128 };

struct auth_signature {
	uint8_t method; /* enum auth_method */
	size_t len;
	uint8_t data[AUTH_MAX_SIGNATURE]; /* the Authentication Data */
};

/* Sign the octets.  With RFC 7427 (method 14) whenever the peer speaks it and
 * has a hash that goes with the key; else by the key's own method: ECDSA with
 * 9, 10, 11; RSA with 1, PKCS#1 v1.5 and SHA-1, only if rules->sha1 says so;
 * Ed25519 and Ed448 have none.  False: *why is a constant text. */
bool auth_sign(struct crypto *crypto, const struct private_key *key,
	const struct transform *prf, const struct auth_octets *octets,
	const struct auth_rules *rules, struct auth_signature *out,
	const char **why) __attribute__((warn_unused_result));

/* Is it the signature of these octets, by an algorithm that rules allow?  Costs
 * at most one operation with the public key, and none if the AUTH data is not
 * in the one form that it can have: AlgorithmIdentifier to the octet as in
 * RFC 7427 appendix A (parameters of RSA NULL or absent), PSS with the salt as
 * long as the hash and MGF1 with the same hash, DigestInfo of PKCS#1 v1.5 to
 * the octet, nothing behind it, ECDSA numbers in range.  Method 1 is taken with
 * SHA-2, and with SHA-1 if rules->sha1.  False: *why is a constant text. */
bool auth_verify(struct crypto *crypto, const struct public_key *key,
	const struct transform *prf, const struct auth_octets *octets,
	const struct auth_rules *rules, uint8_t method, struct bytes data,
	const char **why) __attribute__((warn_unused_result));

/* What we announce: all that we can verify but SHA-1 (RFC 7427 section 4). */
uint32_t auth_hashes(void);
/* The hashes of a peer's SIGNATURE_HASH_ALGORITHMS: 0 if its length is odd or it
 * is empty (N18); those that we do not know are passed over. */
uint32_t auth_read_hashes(struct bytes data);

#endif

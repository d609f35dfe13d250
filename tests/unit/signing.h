/* signing.h - keys of each kind, how each signs for a peer, and libcrypto as the judge.
 * SPDX-License-Identifier: ISC
 *
 * What is signed is AUTH over the octets in struct signing (RFC 7296 section
 * 2.15).  A SUITE begins with signing_fixtures(tcase).  Whatever is returned as
 * struct bytes lasts until the next call of that function.
 */
#ifndef TESTS_UNIT_SIGNING_H
#define TESTS_UNIT_SIGNING_H

#include "ikev2/crypto/sign.h"
#include "ikev2/crypto/signature.h"
#include "ikev2/iana.h"
#include "tests/suite.h"

#include <openssl/evp.h>

#define BIT(HASH) (1u << (HASH))
#define SHA2      (BIT(HASH_SHA2_256) | BIT(HASH_SHA2_384) | BIT(HASH_SHA2_512))

/* The parameters of RSA-PSS as DER, by the hash's last octet and the salt's length. */
#define PSS_PARAMETERS(HASH, SALT)                                             \
	"304106092a864886f70d01010a3034"                                       \
	"a00f300d060960864801650304020" HASH "0500"                            \
	"a11c301a06092a864886f70d010108300d060960864801650304020" HASH "0500"  \
	"a2030201" SALT

extern struct signing {
	struct crypto *crypto;
	uint8_t message[200], nonce[32], sk_p[MAX_PRF], id[13];
	const char *why; /* the last was refused; NULL: it was not */
} signing;

/* Two keys of each enum key_kind, ours and another, as libcrypto and as we have
 * them. */
enum { SIGNING_KEYS = 6 };
extern struct signing_key {
	const char *type, *group;
	EVP_PKEY *evp[2];
	struct private_key *key[2];
} signing_keys[SIGNING_KEYS];

/* What one side has announced, and how a key of that kind signs for it; the
 * octets of RFC 7427 appendix A are written out. */
struct use {
	enum key_kind kind;
	uint32_t hashes;
	bool sha1;
	enum auth_rsa rsa;
	const char *scheme;
	uint8_t method;
	const char *md; /* libcrypto's */
	const char *algorithm;
};

enum { SIGNING_USES = 19 };
extern const struct use signing_uses[SIGNING_USES];

void signing_fixtures(TCase *tcase);

const struct transform *signing_row(const char *name);
struct public_key *signing_public(enum key_kind kind);
struct auth_octets signing_octets(void);
struct auth_rules signing_rules(const struct use *use);

/* Our key signs; the second fails the test if it cannot. */
bool signing_try(const struct use *use, struct auth_signature *out);
struct auth_signature signing_sign(const struct use *use);
/* Is that AUTH data right?  It is given in memory of exactly its size. */
bool signing_verify_with(const struct public_key *key, struct auth_rules rules,
	uint8_t method, struct bytes data);
bool signing_verify(const struct use *use, struct bytes data);
/* It must not be, and for that reason, where it is not NULL. */
void signing_refused(
	const struct use *use, struct bytes data, const char *because);

struct bytes signing_data(const struct auth_signature *s);
/* The signature itself, behind the AlgorithmIdentifier where there is one. */
struct bytes signing_signature(const struct auth_signature *s);
/* AUTH data of method 14. */
struct bytes signing_framed(struct bytes algorithm, struct bytes signature);
/* The octets that AUTH covers, in one. */
struct bytes signing_covered(void);
/* r | s in DER, by libcrypto. */
struct bytes signing_der(struct bytes fixed);
bool signing_is_pss(const struct use *use);
/* A context of libcrypto's that signs or verifies the whole text; the caller
 * frees it. */
EVP_MD_CTX *signing_judge(const struct use *use, bool signs);

#endif

/* key.c - public and private keys (RFC 5280 section 4.1.2.7, RFC 3279, RFC 5480, RFC 8410).
 * SPDX-License-Identifier: ISC
 *
 * A SubjectPublicKeyInfo is judged octet by octet before libcrypto sees it: the
 * AlgorithmIdentifier is one of a few constants, and what follows has the size
 * that goes with it.  A private key is parsed by libcrypto, and then its public
 * half is judged in the same way.
 */
#include "ikev2/crypto/key.h"

#include "ikev2/crypto/der.h"
#include "ikev2/crypto/openssl.h"

#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>

enum {
	RSA_MIN_BITS = 2048,
	RSA_MAX_BITS = 8192,
	RSA_MAX_EXPONENT = 8, /* octets: a verification stays cheap */
	MAX_PRIVATE_DER = 16384,
};

#define OID_EC 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01

static const uint8_t rsa[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
static const uint8_t p256[] = { 0x30, 0x13, OID_EC, 0x06, 0x08, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t p384[] = { 0x30, 0x10, OID_EC, 0x06, 0x05, 0x2b, 0x81,
	0x04, 0x00, 0x22 };
static const uint8_t p521[] = { 0x30, 0x10, OID_EC, 0x06, 0x05, 0x2b, 0x81,
	0x04, 0x00, 0x23 };
static const uint8_t ed25519[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };
static const uint8_t ed448[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71 };

/* What a kind of key looks like.  A new row wants its enum key_kind and rows of
 * signatures (sign.c). */
struct shape {
	enum key_kind kind;
	const char *name;
	const char *type, *group; /* libcrypto's words for it */
	struct bytes algorithm;   /* AlgorithmIdentifier */
	size_t len;               /* of the key itself; 0: RSA, it depends */
	unsigned int bits;
};

#define OCTETS(ARRAY)                                                          \
	{                                                                      \
		ARRAY, sizeof(ARRAY)                                           \
	}

/* clang-format off */
static const struct shape shapes[] = {
	{ KEY_RSA, "RSA", "RSA", NULL, OCTETS(rsa), 0, 0 },
	{ KEY_P256, "ECDSA P-256", "EC", "P-256", OCTETS(p256), 65, 256 },
	{ KEY_P384, "ECDSA P-384", "EC", "P-384", OCTETS(p384), 97, 384 },
	{ KEY_P521, "ECDSA P-521", "EC", "P-521", OCTETS(p521), 133, 521 },
	{ KEY_ED25519, "Ed25519", "ED25519", NULL, OCTETS(ed25519), 32, 256 },
	{ KEY_ED448, "Ed448", "ED448", NULL, OCTETS(ed448), 57, 448 },
};
/* clang-format on */

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static const struct shape *shape_of(enum key_kind kind)
{
	size_t i = 0;

	while (i + 1 < SHAPES && shapes[i].kind != kind)
		i++;
	return &shapes[i];
}

static const struct shape *shape_by_algorithm(struct bytes algorithm)
{
	for (size_t i = 0; i < SHAPES; i++) {
		if (bytes_equal(shapes[i].algorithm, algorithm))
			return &shapes[i];
	}
	return NULL;
}

/* Named by another curve, by parameters in full, or of another kind. */
static const char *why_no_shape(struct bytes algorithm)
{
	static const uint8_t ec[] = { OID_EC };
	struct reader outer = reader_of(algorithm), r;
	struct bytes oid;

	r = reader_of(read_der(&outer, DER_SEQUENCE));
	oid = read_der_item(&r, DER_OID);
	if (bytes_equal(oid, bytes_of(ec, sizeof(ec))))
		return "an elliptic curve that is not P-256, P-384 or P-521 by "
		       "name";
	return "a kind of key that is not RSA, ECDSA, Ed25519 or Ed448";
}

static unsigned int bits_of(struct bytes number)
{
	unsigned int bits = 0;

	if (number.len == 0)
		return 0;
	for (unsigned int top = number.at[0]; top > 0; top >>= 1)
		bits++;
	return (unsigned int)(number.len - 1) * 8 + bits;
}

static bool is_odd(struct bytes number)
{
	return number.len > 0 && number.at[number.len - 1] & 1;
}

/* RSAPublicKey (RFC 8017 appendix A.1.1): NULL, or why not. */
static const char *judge_rsa(struct bytes key, unsigned int *bits)
{
	struct reader outer = reader_of(key), r;
	struct bytes modulus, exponent;

	r = reader_of(read_der(&outer, DER_SEQUENCE));
	modulus = read_der_number(&r);
	exponent = read_der_number(&r);
	if (!reader_done(&outer) || !reader_done(&r))
		return "no RSA key in DER";
	*bits = bits_of(modulus);
	if (*bits < RSA_MIN_BITS)
		return "an RSA key of less than 2048 bits";
	if (*bits > RSA_MAX_BITS)
		return "an RSA key of more than 8192 bits";
	if (!is_odd(modulus))
		return "an RSA key with an even modulus";
	if (!is_odd(exponent) || bits_of(exponent) < 2)
		return "an RSA exponent that is even or less than 3";
	if (exponent.len > RSA_MAX_EXPONENT)
		return "an RSA exponent of more than 64 bits";
	return NULL;
}

/* A point of an elliptic curve (RFC 5480 section 2.2) or a key of EdDSA. */
static const char *judge_point(const struct shape *shape, struct bytes key)
{
	if (shape->kind == KEY_ED25519) {
		if (key.len != shape->len)
			return "an Ed25519 key of the wrong length";
		if (crypto_core_ed25519_is_valid_point(key.at) != 1)
			return "an Ed25519 key that is no point of its curve";
		return NULL;
	}
	if (shape->kind == KEY_ED448)
		return key.len == shape->len
			       ? NULL
			       : "an Ed448 key of the wrong length";
	if (key.len > 0 && key.at[0] != 4) /* SEC 1 section 2.3.3 */
		return "a point that is compressed, or none";
	return key.len == shape->len ? NULL : "a point of the wrong length";
}

/* SubjectPublicKeyInfo: its shape, or NULL and why not. */
static const struct shape *judge(
	struct bytes spki, unsigned int *bits, const char **why)
{
	struct reader outer = reader_of(spki), r;
	struct bytes algorithm, key;
	const struct shape *shape;

	r = reader_of(read_der(&outer, DER_SEQUENCE));
	algorithm = read_der_item(&r, DER_SEQUENCE);
	key = read_der(&r, DER_BIT_STRING);
	*why = "no public key in DER";
	if (!reader_done(&outer) || !reader_done(&r) || key.len < 2 ||
		key.at[0] != 0)
		return NULL;
	key = bytes_of(key.at + 1, key.len - 1); /* no unused bits */
	shape = shape_by_algorithm(algorithm);
	if (!shape) {
		*why = why_no_shape(algorithm);
		return NULL;
	}
	*bits = shape->bits;
	*why = shape->kind == KEY_RSA ? judge_rsa(key, bits)
				      : judge_point(shape, key);
	return *why ? NULL : shape;
}

struct public_key *public_key_read(struct bytes spki, const char **why)
{
	const uint8_t *at = spki.at;
	const struct shape *shape;
	struct public_key *key;
	unsigned int bits;

	shape = judge(spki, &bits, why);
	if (!shape)
		return NULL;
	key = calloc(1, sizeof(*key) + spki.len);
	if (!key) {
		*why = "no memory";
		return NULL;
	}
	key->refs = 1;
	key->kind = shape->kind;
	key->bits = bits;
	key->len = spki.len;
	memcpy(key->der, spki.at, spki.len);
	key->evp = d2i_PUBKEY(NULL, &at, (long)spki.len);
	if (!key->evp) {
		ERR_clear_error();
		public_key_unref(key);
		*why = shape->group ? "a point that is not on its curve, or no "
				      "memory"
				    : "no memory";
		return NULL;
	}
	return key;
}

struct public_key *public_key_ref(struct public_key *key)
{
	key->refs++;
	return key;
}

void public_key_unref(struct public_key *key)
{
	if (!key || --key->refs > 0)
		return;
	EVP_PKEY_free(key->evp);
	free(key);
}

enum key_kind public_key_kind(const struct public_key *key)
{
	return key->kind;
}

unsigned int public_key_bits(const struct public_key *key)
{
	return key->bits;
}

const char *public_key_name(const struct public_key *key, char out[24])
{
	const char *name = shape_of(key->kind)->name;

	if (key->kind == KEY_RSA)
		snprintf(out, 24, "%s-%u", name, key->bits);
	else
		snprintf(out, 24, "%s", name);
	return out;
}

struct bytes public_key_der(const struct public_key *key)
{
	return bytes_of(key->der, key->len);
}

/* There is one way to write a key that was read. */
bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
	return bytes_equal(public_key_der(a), public_key_der(b));
}

static struct public_key *public_half(EVP_PKEY *evp, const char **why)
{
	struct public_key *key;
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(evp, &der);

	if (len <= 0) {
		*why = "a private key without its public half";
		return NULL;
	}
	key = public_key_read(bytes_of(der, (size_t)len), why);
	OPENSSL_free(der);
	return key;
}

/* By a signature, as libcrypto's own check would look for the primes again. */
static bool rsa_agrees(const struct private_key *key)
{
	static const uint8_t hash[32] = { 1 };
	uint8_t signature[RSA_MAX_BITS / 8];
	size_t len = sizeof(signature);
	AUTO(EVP_PKEY_CTX) *sign = EVP_PKEY_CTX_new(key->evp, NULL);
	AUTO(EVP_PKEY_CTX) *verify = EVP_PKEY_CTX_new(key->public->evp, NULL);

	return sign && verify && EVP_PKEY_sign_init(sign) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(sign, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_sign(sign, signature, &len, hash, sizeof(hash)) == 1 &&
	       EVP_PKEY_verify_init(verify) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(verify, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_verify(verify, signature, len, hash, sizeof(hash)) == 1;
}

static bool ed25519_agrees(struct private_key *key)
{
	uint8_t seed[crypto_sign_SEEDBYTES], public[crypto_sign_PUBLICKEYBYTES];
	size_t len = sizeof(seed);
	bool agrees;

	agrees = EVP_PKEY_get_raw_private_key(key->evp, seed, &len) == 1 &&
		 len == sizeof(seed) &&
		 crypto_sign_seed_keypair(public, key->ed25519, seed) == 0 &&
		 memcmp(public,
			 key->public->der + key->public->len - sizeof(public),
			 sizeof(public)) == 0;
	sodium_memzero(seed, sizeof(seed));
	return agrees;
}

/* Do the two halves go together? */
static bool agrees(struct private_key *key)
{
	switch (key->public->kind) {
	case KEY_RSA:
		return rsa_agrees(key);
	case KEY_P256:
	case KEY_P384:
	case KEY_P521:
	case KEY_ED448: {
		AUTO(EVP_PKEY_CTX) *check = EVP_PKEY_CTX_new(key->evp, NULL);

		return check && EVP_PKEY_pairwise_check(check) == 1;
	}
	case KEY_ED25519:
		return ed25519_agrees(key);
	}
	return false;
}

/* Takes evp, also when it fails. */
static struct private_key *private_key_of(EVP_PKEY *evp, const char **why)
{
	struct private_key *key = calloc(1, sizeof(*key));

	if (!key) {
		EVP_PKEY_free(evp);
		*why = "no memory";
		return NULL;
	}
	key->evp = evp;
	key->public = public_half(evp, why);
	if (key->public && !agrees(key)) {
		*why = "a private key whose parts do not go together";
		public_key_unref(key->public);
		key->public = NULL;
	}
	if (!key->public) {
		private_key_free(key);
		ERR_clear_error();
		return NULL;
	}
	return key;
}

/* All three forms begin with a number, the version; with a password it is an
 * AlgorithmIdentifier, and libcrypto would ask for the password. */
static const char *judge_private(struct bytes der)
{
	struct reader outer = reader_of(der), r;

	r = reader_of(read_der(&outer, DER_SEQUENCE));
	if (!reader_done(&outer))
		return "no private key in DER";
	if (der.len > MAX_PRIVATE_DER)
		return "a private key of more than 16384 octets";
	if (reader_more(&r) && r.at[0] == DER_SEQUENCE)
		return "a private key with a password, or none";
	(void)read_der_number(&r);
	return r.bad ? "no private key in DER" : NULL;
}

struct private_key *private_key_read(struct bytes der, const char **why)
{
	const uint8_t *at = der.at;
	EVP_PKEY *evp;

	*why = judge_private(der);
	if (*why)
		return NULL;
	evp = d2i_AutoPrivateKey(NULL, &at, (long)der.len);
	if (!evp || at != der.at + der.len) {
		EVP_PKEY_free(evp);
		ERR_clear_error();
		*why = "no private key in PKCS#8, PKCS#1 or SEC 1";
		return NULL;
	}
	return private_key_of(evp, why);
}

struct private_key *private_key_generate(
	enum key_kind kind, unsigned int bits, const char **why)
{
	const struct shape *shape = shape_of(kind);
	EVP_PKEY *evp;

	if (kind == KEY_RSA && (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS)) {
		*why = "RSA keys have 2048 to 8192 bits";
		return NULL;
	}
	if (kind == KEY_RSA)
		evp = EVP_PKEY_Q_keygen(NULL, NULL, shape->type, (size_t)bits);
	else
		evp = EVP_PKEY_Q_keygen(NULL, NULL, shape->type, shape->group);
	if (!evp) {
		ERR_clear_error();
		*why = "libcrypto made no key";
		return NULL;
	}
	return private_key_of(evp, why);
}

void private_key_free(struct private_key *key)
{
	if (!key)
		return;
	public_key_unref(key->public);
	EVP_PKEY_free(key->evp);
	sodium_memzero(key, sizeof(*key));
	free(key);
}

struct public_key *private_key_public(const struct private_key *key)
{
	return key->public;
}

static size_t pem(EVP_PKEY *evp, int selection, const char *structure,
	char out[KEY_PEM_SIZE])
{
	OSSL_ENCODER_CTX *encoder = OSSL_ENCODER_CTX_new_for_pkey(
		evp, selection, "PEM", structure, NULL);
	unsigned char *text = NULL;
	size_t len = 0;

	out[0] = '\0';
	if (!encoder || OSSL_ENCODER_to_data(encoder, &text, &len) != 1)
		len = 0;
	OSSL_ENCODER_CTX_free(encoder);
	if (len > 0 && len < KEY_PEM_SIZE) {
		memcpy(out, text, len);
		out[len] = '\0';
	}
	OPENSSL_clear_free(text, len);
	ERR_clear_error();
	return len < KEY_PEM_SIZE ? len : 0;
}

size_t private_key_pem(const struct private_key *key, char out[KEY_PEM_SIZE])
{
	return pem(key->evp, EVP_PKEY_KEYPAIR, "PrivateKeyInfo", out);
}

size_t public_key_pem(const struct public_key *key, char out[KEY_PEM_SIZE])
{
	return pem(key->evp, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo", out);
}

/* signature.c - signatures made and verified: RSA (RFC 8017), ECDSA (FIPS 186), EdDSA (RFC 8032).
 * SPDX-License-Identifier: ISC
 *
 * Form by form, then the table of all schemes.  Before the one operation with a
 * public key stands a look at the signature's form, and the text is hashed in
 * parts but for EdDSA.
 */
#include "ikev2/crypto/signature.h"

#include "ikev2/crypto/der.h"
#include "ikev2/crypto/openssl.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

enum {
	MAX_HASH = 64,
	MAX_INFO = 20,          /* octets of a DigestInfo before its hash */
	MAX_RSA = 1024,         /* octets of a signature */
	MAX_ECDSA = 3 + 2 * 69, /* ECDSA-Sig-Value for P-521 */
	ED448_LEN = 114,
};

/* How a signature is made and looked at; verify gives NULL, or why not. */
struct signature_form {
	bool (*sign)(const struct signed_text *text,
		const struct signature_scheme *scheme,
		const struct private_key *key, struct writer *out);
	const char *(*verify)(const struct signed_text *text,
		const struct signature_scheme *scheme,
		const struct public_key *key, struct bytes signature);
};

static const char rsa_length[] =
	"an RSA signature that is not as long as the modulus";
static const char wrong[] = "a signature of something else, or by another key";
static const char failed[] = "libcrypto failed";

#define BYTES(...)                                                             \
	{                                                                      \
		(const uint8_t[]){ __VA_ARGS__ },                              \
			sizeof((const uint8_t[]){ __VA_ARGS__ })               \
	}
#define NULL_DER     0x05, 0x00
#define PKCS1_OID(N) 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, N
#define SHA1_OID     0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a
#define SHA2_OID(N)  0x06, 0x09, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, N

/* --- hashes ----------------------------------------------------------------- */

/* What stands before the hash in a DigestInfo (RFC 8017 section 9.2, note 1). */
struct hash {
	enum hash_id id;
	size_t len;
	struct bytes info;
};

static const struct hash hashes[] = {
	{ HASH_SHA1, 20,
		BYTES(0x30, 0x21, 0x30, 0x09, SHA1_OID, NULL_DER, 0x04, 20) },
	{ HASH_SHA2_256, 32,
		BYTES(0x30, 0x31, 0x30, 0x0d, SHA2_OID(1), NULL_DER, 0x04,
			32) },
	{ HASH_SHA2_384, 48,
		BYTES(0x30, 0x41, 0x30, 0x0d, SHA2_OID(2), NULL_DER, 0x04,
			48) },
	{ HASH_SHA2_512, 64,
		BYTES(0x30, 0x51, 0x30, 0x0d, SHA2_OID(3), NULL_DER, 0x04,
			64) },
};

enum { HASHES = sizeof(hashes) / sizeof(hashes[0]) };

static const struct hash *hash_of(enum hash_id id)
{
	size_t i = 0;

	while (i + 1 < HASHES && hashes[i].id != id)
		i++;
	return &hashes[i];
}

static const EVP_MD *md_of(const struct crypto *crypto, enum hash_id id)
{
	return id == HASH_SHA1 ? crypto->sha1
			       : crypto->sha2[id - HASH_SHA2_256];
}

static bool digest(
	const struct signed_text *text, enum hash_id id, uint8_t out[MAX_HASH])
{
	EVP_MD_CTX *context = text->crypto->digest;

	if (EVP_DigestInit_ex2(context, md_of(text->crypto, id), NULL) != 1)
		return false;
	for (size_t i = 0; i < text->count; i++) {
		if (EVP_DigestUpdate(context, text->parts[i].at,
			    text->parts[i].len) != 1)
			return false;
	}
	return EVP_DigestFinal_ex(context, out, NULL) == 1;
}

/* All parts in one, for EdDSA, which reads its text twice; for wipe_text(). */
static uint8_t *joined(const struct signed_text *text, size_t *len)
{
	struct writer w;
	size_t size = 0;
	uint8_t *at;

	for (size_t i = 0; i < text->count; i++)
		size += text->parts[i].len;
	at = calloc(1, size + 1);
	if (!at)
		return NULL;
	w = writer_of(at, size);
	for (size_t i = 0; i < text->count; i++)
		write_bytes(&w, text->parts[i]);
	*len = size;
	return at;
}

/* A part of it was made with SK_p. */
static void wipe_text(uint8_t *at, size_t len)
{
	if (at)
		sodium_memzero(at, len);
	free(at);
}

/* init: EVP_PKEY_sign_init or one of its kind. */
static EVP_PKEY_CTX *context_for(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

	if (!context || init(context) != 1) {
		EVP_PKEY_CTX_free(context);
		return NULL;
	}
	return context;
}

/* The signature of a hash, appended.  Without memory for DER, libcrypto says
 * that it is done, and (unsigned int)-1 octets long. */
static bool sign_hash(
	EVP_PKEY_CTX *context, struct bytes hash, struct writer *out)
{
	size_t room = out->size - out->len, len = room;

	if (EVP_PKEY_sign(context, out->at + out->len, &len, hash.at,
		    hash.len) != 1 ||
		len > room)
		return false;
	out->len += len;
	return true;
}

/* Is it the signature of the text's hash?  Takes the context; NULL: failed. */
static const char *verify_hash(const struct signed_text *text,
	const struct signature_scheme *scheme, struct bytes signature,
	EVP_PKEY_CTX *made)
{
	AUTO(EVP_PKEY_CTX) *context = made;
	size_t len = hash_of(scheme->hash)->len;
	uint8_t hash[MAX_HASH];

	if (!context || !digest(text, scheme->hash, hash))
		return failed;
	return EVP_PKEY_verify(
		       context, signature.at, signature.len, hash, len) == 1
		       ? NULL
		       : wrong;
}

/* --- RSA -------------------------------------------------------------------- */

static size_t rsa_len(const struct public_key *key)
{
	return (key->bits + 7) / 8;
}

static EVP_PKEY_CTX *rsa_context(
	EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *), int padding)
{
	EVP_PKEY_CTX *context = context_for(key, init);

	if (context && EVP_PKEY_CTX_set_rsa_padding(context, padding) != 1) {
		EVP_PKEY_CTX_free(context);
		return NULL;
	}
	return context;
}

static bool sign_pkcs1(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct private_key *key,
	struct writer *out)
{
	AUTO(EVP_PKEY_CTX) *context =
		rsa_context(key->evp, EVP_PKEY_sign_init, RSA_PKCS1_PADDING);
	const struct hash *hash = hash_of(scheme->hash);
	uint8_t info[MAX_INFO + MAX_HASH];

	memcpy(info, hash->info.at, hash->info.len);
	return context && digest(text, scheme->hash, info + hash->info.len) &&
	       sign_hash(context, bytes_of(info, hash->info.len + hash->len),
		       out);
}

/* The hash whose DigestInfo it is, to the octet and to the end. */
static const struct hash *hash_of_info(struct bytes info)
{
	for (size_t i = 0; i < HASHES; i++) {
		struct bytes start = hashes[i].info;

		if (info.len == start.len + hashes[i].len &&
			memcmp(info.at, start.at, start.len) == 0)
			return &hashes[i];
	}
	return NULL;
}

/* What the signature holds behind its padding; of length 0: it has none.  The
 * padding is right then, as it is all octets 0xff up to where that begins. */
static struct bytes recover(
	EVP_PKEY *key, struct bytes signature, uint8_t out[MAX_RSA])
{
	AUTO(EVP_PKEY_CTX) *context = rsa_context(
		key, EVP_PKEY_verify_recover_init, RSA_PKCS1_PADDING);
	size_t len = MAX_RSA;

	if (!context || EVP_PKEY_verify_recover(context, out, &len,
				signature.at, signature.len) != 1)
		return bytes_of(NULL, 0);
	return bytes_of(out, len);
}

static const char *verify_pkcs1(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature)
{
	uint8_t recovered[MAX_RSA], expected[MAX_HASH];
	const struct hash *hash;
	struct bytes info;

	if (signature.len != rsa_len(key))
		return rsa_length;
	info = recover(key->evp, signature, recovered);
	if (info.len == 0)
		return "no padding of PKCS#1 v1.5 in the signature";
	hash = hash_of_info(info);
	if (!hash)
		return "no DigestInfo of SHA-2 or SHA-1 in the signature";
	if (hash->id != scheme->hash && !(scheme->also & 1u << hash->id))
		return "a signature with another hash than is allowed or said";
	if (!digest(text, hash->id, expected))
		return failed;
	return memcmp(info.at + hash->info.len, expected, hash->len) == 0
		       ? NULL
		       : wrong;
}

static EVP_PKEY_CTX *pss_context(const struct signed_text *text,
	const struct signature_scheme *scheme, EVP_PKEY *key,
	int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *context = rsa_context(key, init, RSA_PKCS1_PSS_PADDING);
	const EVP_MD *md = md_of(text->crypto, scheme->hash);

	/* MGF1 has the same hash, if nothing else is said. */
	if (!context || EVP_PKEY_CTX_set_signature_md(context, md) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(
			context, RSA_PSS_SALTLEN_DIGEST) != 1) {
		EVP_PKEY_CTX_free(context);
		return NULL;
	}
	return context;
}

static bool sign_pss(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct private_key *key,
	struct writer *out)
{
	AUTO(EVP_PKEY_CTX) *context =
		pss_context(text, scheme, key->evp, EVP_PKEY_sign_init);
	size_t len = hash_of(scheme->hash)->len;
	uint8_t hash[MAX_HASH];

	return context && digest(text, scheme->hash, hash) &&
	       sign_hash(context, bytes_of(hash, len), out);
}

static const char *verify_pss(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature)
{
	if (signature.len != rsa_len(key))
		return rsa_length;
	return verify_hash(text, scheme, signature,
		pss_context(text, scheme, key->evp, EVP_PKEY_verify_init));
}

/* --- ECDSA ------------------------------------------------------------------ */

/* The order of the curve's base point, which r and s are below. */
struct curve {
	enum key_kind kind;
	struct bytes order;
};

static const struct curve curves[] = {
	{ KEY_P256, BYTES(0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff,
			    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
			    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3,
			    0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51) },
	{ KEY_P384, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7,
			    0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58,
			    0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec,
			    0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73) },
	{ KEY_P521,
		BYTES(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x51, 0x86,
			0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01,
			0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8,
			0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91,
			0x38, 0x64, 0x09) },
};

enum { CURVES = sizeof(curves) / sizeof(curves[0]) };

static struct bytes order_of(const struct public_key *key)
{
	size_t i = 0;

	while (i + 1 < CURVES && curves[i].kind != key->kind)
		i++;
	return curves[i].order;
}

/* Numbers here have no leading zeros: 0 has no octets. */
struct ecdsa {
	struct bytes r, s;
};

static bool is_in_range(struct bytes number, struct bytes order)
{
	if (number.len != order.len)
		return number.len > 0 && number.len < order.len;
	return memcmp(number.at, order.at, order.len) < 0;
}

/* ECDSA-Sig-Value (RFC 3279 section 2.2.3), strictly. */
static bool read_ecdsa(struct bytes der, struct ecdsa *numbers)
{
	struct reader outer = reader_of(der), r;

	r = reader_of(read_der(&outer, DER_SEQUENCE));
	numbers->r = read_der_number(&r);
	numbers->s = read_der_number(&r);
	return reader_done(&outer) && reader_done(&r);
}

static void write_number(struct writer *w, struct bytes number)
{
	bool sign = number.len > 0 && number.at[0] >= 0x80;

	write_u8(w, DER_INTEGER);
	write_u8(w, (uint8_t)(number.len + sign));
	write_zero(w, sign);
	write_bytes(w, number);
}

static struct bytes write_ecdsa(
	const struct ecdsa *numbers, uint8_t out[MAX_ECDSA])
{
	uint8_t inner[MAX_ECDSA];
	struct writer in = writer_of(inner, sizeof(inner));
	struct writer w = writer_of(out, MAX_ECDSA);

	write_number(&in, numbers->r);
	write_number(&in, numbers->s);
	write_u8(&w, DER_SEQUENCE);
	if (in.len >= 0x80)
		write_u8(&w, 0x81);
	write_u8(&w, (uint8_t)in.len);
	write_bytes(&w, written(&in));
	return written(&w);
}

static bool sign_ecdsa(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct private_key *key,
	struct writer *out)
{
	AUTO(EVP_PKEY_CTX) *context = context_for(key->evp, EVP_PKEY_sign_init);
	size_t len = hash_of(scheme->hash)->len;
	uint8_t hash[MAX_HASH];

	return context && digest(text, scheme->hash, hash) &&
	       sign_hash(context, bytes_of(hash, len), out);
}

static const char *verify_numbers(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	const struct ecdsa *numbers)
{
	uint8_t der[MAX_ECDSA];

	if (!is_in_range(numbers->r, order_of(key)) ||
		!is_in_range(numbers->s, order_of(key)))
		return "an ECDSA signature with r or s out of range";
	return verify_hash(text, scheme, write_ecdsa(numbers, der),
		context_for(key->evp, EVP_PKEY_verify_init));
}

static const char *verify_ecdsa(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature)
{
	struct ecdsa numbers;

	if (!read_ecdsa(signature, &numbers))
		return "no ECDSA-Sig-Value in DER, or something behind it";
	return verify_numbers(text, scheme, key, &numbers);
}

/* r | s, each as long as the order (RFC 4754 section 7). */
static bool sign_ecdsa_fixed(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct private_key *key,
	struct writer *out)
{
	size_t len = order_of(key->public).len;
	uint8_t der[MAX_ECDSA];
	struct writer w = writer_of(der, sizeof(der));
	struct ecdsa numbers;

	if (!sign_ecdsa(text, scheme, key, &w) ||
		!read_ecdsa(written(&w), &numbers) || numbers.r.len > len ||
		numbers.s.len > len)
		return false;
	write_zero(out, len - numbers.r.len);
	write_bytes(out, numbers.r);
	write_zero(out, len - numbers.s.len);
	write_bytes(out, numbers.s);
	return !out->bad;
}

static struct bytes without_zeros(struct bytes number)
{
	while (number.len > 0 && number.at[0] == 0)
		number = bytes_of(number.at + 1, number.len - 1);
	return number;
}

static const char *verify_ecdsa_fixed(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature)
{
	size_t len = order_of(key).len;
	struct ecdsa numbers;

	if (signature.len != 2 * len)
		return "an ECDSA signature that is not r | s of the curve's "
		       "length";
	numbers.r = without_zeros(bytes_of(signature.at, len));
	numbers.s = without_zeros(bytes_of(signature.at + len, len));
	return verify_numbers(text, scheme, key, &numbers);
}

/* --- EdDSA ------------------------------------------------------------------ */

static bool sign_ed25519(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct private_key *key,
	struct writer *out)
{
	uint8_t *room = write_room(out, crypto_sign_BYTES);
	size_t len = 0;
	uint8_t *at = joined(text, &len);
	bool done;

	(void)scheme;
	done = room && at &&
	       crypto_sign_detached(room, NULL, at, len, key->ed25519) == 0;
	wipe_text(at, len);
	return done;
}

static const char *verify_ed25519(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature)
{
	const uint8_t *public =
		key->der + key->len - crypto_sign_PUBLICKEYBYTES;
	const char *why;
	uint8_t *at;
	size_t len;

	(void)scheme;
	if (signature.len != crypto_sign_BYTES)
		return "an Ed25519 signature of the wrong length";
	at = joined(text, &len);
	if (!at)
		return failed;
	why = crypto_sign_verify_detached(signature.at, at, len, public) == 0
		      ? NULL
		      : wrong;
	wipe_text(at, len);
	return why;
}

static bool sign_ed448(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct private_key *key,
	struct writer *out)
{
	AUTO(EVP_MD_CTX) *context = EVP_MD_CTX_new();
	uint8_t *room = write_room(out, ED448_LEN);
	size_t len = 0, room_len = ED448_LEN;
	uint8_t *at = joined(text, &len);
	bool done;

	(void)scheme;
	done = context && room && at &&
	       EVP_DigestSignInit(context, NULL, NULL, NULL, key->evp) == 1 &&
	       EVP_DigestSign(context, room, &room_len, at, len) == 1 &&
	       room_len == ED448_LEN;
	wipe_text(at, len);
	return done;
}

static bool is_ed448(
	EVP_PKEY *key, struct bytes signature, const uint8_t *at, size_t len)
{
	AUTO(EVP_MD_CTX) *context = EVP_MD_CTX_new();

	return context &&
	       EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
	       EVP_DigestVerify(
		       context, signature.at, signature.len, at, len) == 1;
}

static const char *verify_ed448(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature)
{
	const char *why;
	uint8_t *at;
	size_t len;

	(void)scheme;
	if (signature.len != ED448_LEN)
		return "an Ed448 signature of the wrong length";
	at = joined(text, &len);
	if (!at)
		return failed;
	why = is_ed448(key->evp, signature, at, len) ? NULL : wrong;
	wipe_text(at, len);
	return why;
}

/* --- the schemes ----------------------------------------------------------- */

static const struct signature_form pkcs1 = { sign_pkcs1, verify_pkcs1 };
static const struct signature_form pss = { sign_pss, verify_pss };
static const struct signature_form ecdsa = { sign_ecdsa, verify_ecdsa };
static const struct signature_form ecdsa_fixed = { sign_ecdsa_fixed,
	verify_ecdsa_fixed };
static const struct signature_form ed25519 = { sign_ed25519, verify_ed25519 };
static const struct signature_form ed448 = { sign_ed448, verify_ed448 };

enum {
	FOR_RSA = 1u << KEY_RSA,
	FOR_P256 = 1u << KEY_P256,
	FOR_P384 = 1u << KEY_P384,
	FOR_P521 = 1u << KEY_P521,
	FOR_ECDSA = FOR_P256 | FOR_P384 | FOR_P521,
	FOR_ED25519 = 1u << KEY_ED25519,
	FOR_ED448 = 1u << KEY_ED448,
	SHA2 = 1u << HASH_SHA2_256 | 1u << HASH_SHA2_384 | 1u << HASH_SHA2_512,
};

/* The octets of RFC 7427 appendix A.  The parameters of RSA, NULL, may be missing (A.1), and
 * those of the hashes inside the ones of PSS (RFC 4055 section 2.1). */
#define PKCS1(N)      BYTES(0x30, 0x0d, PKCS1_OID(N), NULL_DER)
#define PKCS1_BARE(N) BYTES(0x30, 0x0b, PKCS1_OID(N))
#define PSS_SHA1      BYTES(0x30, 0x0d, PKCS1_OID(10), 0x30, 0x00)
#define PSS(HASH, SALT)                                                        \
	BYTES(0x30, 0x41, PKCS1_OID(10), 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d,   \
		SHA2_OID(HASH), NULL_DER, 0xa1, 0x1c, 0x30, 0x1a,              \
		PKCS1_OID(8), 0x30, 0x0d, SHA2_OID(HASH), NULL_DER, 0xa2,      \
		0x03, 0x02, 0x01, SALT)
#define PSS_BARE(HASH, SALT)                                                   \
	BYTES(0x30, 0x3d, PKCS1_OID(10), 0x30, 0x30, 0xa0, 0x0d, 0x30, 0x0b,   \
		SHA2_OID(HASH), 0xa1, 0x1a, 0x30, 0x18, PKCS1_OID(8), 0x30,    \
		0x0b, SHA2_OID(HASH), 0xa2, 0x03, 0x02, 0x01, SALT)
#define ECDSA_SHA2(N)                                                          \
	BYTES(0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, N)
#define EDDSA(N) BYTES(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, N)
#define NONE                                                                   \
	{                                                                      \
		NULL, 0                                                        \
	}

#define NEW AUTH_DIGITAL_SIGNATURE

/* In the order in which we choose.  A new row wants a form, and a line in
 * tests/unit/sign.c. */
/* clang-format off */
const struct signature_scheme signature_schemes[SIGNATURE_SCHEMES] = {
	{ "ECDSA with SHA2-256", &ecdsa, NEW, FOR_ECDSA, FOR_P256,
	  HASH_SHA2_256, 0, false, false, ECDSA_SHA2(2), NONE },
	{ "ECDSA with SHA2-384", &ecdsa, NEW, FOR_ECDSA, FOR_P384,
	  HASH_SHA2_384, 0, false, false, ECDSA_SHA2(3), NONE },
	{ "ECDSA with SHA2-512", &ecdsa, NEW, FOR_ECDSA, FOR_P521,
	  HASH_SHA2_512, 0, false, false, ECDSA_SHA2(4), NONE },
	{ "Ed25519", &ed25519, NEW, FOR_ED25519, FOR_ED25519,
	  HASH_IDENTITY, 0, false, false, EDDSA(0x70), NONE },
	{ "Ed448", &ed448, NEW, FOR_ED448, FOR_ED448,
	  HASH_IDENTITY, 0, false, false, EDDSA(0x71), NONE },
	{ "RSA-PSS with SHA2-256", &pss, NEW, FOR_RSA, FOR_RSA,
	  HASH_SHA2_256, 0, false, true, PSS(1, 32), PSS_BARE(1, 32) },
	{ "RSA-PSS with SHA2-384", &pss, NEW, FOR_RSA, 0,
	  HASH_SHA2_384, 0, false, true, PSS(2, 48), PSS_BARE(2, 48) },
	{ "RSA-PSS with SHA2-512", &pss, NEW, FOR_RSA, 0,
	  HASH_SHA2_512, 0, false, true, PSS(3, 64), PSS_BARE(3, 64) },
	{ "RSA-PSS with SHA-1", &pss, NEW, FOR_RSA, 0,
	  HASH_SHA1, 0, false, true, PSS_SHA1, NONE },
	{ "RSA with SHA2-256", &pkcs1, NEW, FOR_RSA, FOR_RSA,
	  HASH_SHA2_256, 0, false, false, PKCS1(11), PKCS1_BARE(11) },
	{ "RSA with SHA2-384", &pkcs1, NEW, FOR_RSA, 0,
	  HASH_SHA2_384, 0, false, false, PKCS1(12), PKCS1_BARE(12) },
	{ "RSA with SHA2-512", &pkcs1, NEW, FOR_RSA, 0,
	  HASH_SHA2_512, 0, false, false, PKCS1(13), PKCS1_BARE(13) },
	{ "RSA with SHA-1", &pkcs1, NEW, FOR_RSA, 0,
	  HASH_SHA1, 0, false, false, PKCS1(5), PKCS1_BARE(5) },
	{ "ECDSA P-256, method 9", &ecdsa_fixed, AUTH_ECDSA_256, FOR_P256, 0,
	  HASH_SHA2_256, 0, false, false, NONE, NONE },
	{ "ECDSA P-384, method 10", &ecdsa_fixed, AUTH_ECDSA_384, FOR_P384, 0,
	  HASH_SHA2_384, 0, false, false, NONE, NONE },
	{ "ECDSA P-521, method 11", &ecdsa_fixed, AUTH_ECDSA_521, FOR_P521, 0,
	  HASH_SHA2_512, 0, false, false, NONE, NONE },
	{ "RSA, method 1", &pkcs1, AUTH_RSA, FOR_RSA, 0,
	  HASH_SHA1, SHA2, false, false, NONE, NONE },
	{ "RSA, method 1 without SHA-1", &pkcs1, AUTH_RSA, FOR_RSA, 0,
	  HASH_SHA2_256, SHA2, true, false, NONE, NONE },
};
/* clang-format on */

const struct signature_scheme *signature_scheme_named(const char *name)
{
	for (size_t i = 0; i < SIGNATURE_SCHEMES; i++) {
		if (strcmp(signature_schemes[i].name, name) == 0)
			return &signature_schemes[i];
	}
	return NULL;
}

/* A wrong signature of RSA gives the key away, if it is half of one by CRT; and
 * libcrypto's blinding, where memory ran out in it, is wrong for the next 31.
 * The look at it is cheap with RSA alone. */
static bool is_right(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature)
{
	return key->kind != KEY_RSA ||
	       !scheme->form->verify(text, scheme, key, signature);
}

bool signature_make(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct private_key *key,
	struct writer *out)
{
	size_t before = out->len;

	if (scheme->keys & 1u << key->public->kind &&
		scheme->form->sign(text, scheme, key, out) && !out->bad &&
		is_right(text, scheme, key->public,
			bytes_of(out->at + before, out->len - before)))
		return true;
	ERR_clear_error();
	return false;
}

bool signature_verify(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature, const char **why)
{
	*why = "a signature of another kind than the key";
	if (!(scheme->keys & 1u << key->kind))
		return false;
	*why = scheme->form->verify(text, scheme, key, signature);
	if (*why)
		ERR_clear_error();
	return !*why;
}

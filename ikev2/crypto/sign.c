/* sign.c - what AUTH proves: the shared key method (RFC 7296 section 2.15), and signatures.
 * SPDX-License-Identifier: ISC
 *
 * Which signature: RFC 7427 section 3 where the other side speaks it, RFC 4754
 * or RSA by a method of its own where not.  How: signature.c.
 */
#include "ikev2/crypto/sign.h"

#include "ikev2/crypto/signature.h"
#include "ikev2/iana.h"

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

static const char failed[] = "libcrypto failed";

enum { AUTH_PARTS = 3 };

/* The octets in parts; maced_id is where the last one stands. */
static bool auth_parts(struct crypto *crypto, const struct transform *prf_row,
	const struct auth_octets *octets, uint8_t maced_id[MAX_PRF],
	struct bytes parts[AUTH_PARTS])
{
	parts[0] = octets->message;
	parts[1] = octets->nonce;
	parts[2] = bytes_of(maced_id, prf_row->output_len);
	return prf(crypto, prf_row, octets->sk_p, &octets->id, 1, maced_id);
}

/* By the one that verifies: what it has announced, where that is asked for. */
static bool is_allowed(
	const struct signature_scheme *scheme, const struct auth_rules *rules)
{
	if (scheme->hash == HASH_SHA1 && !rules->sha1)
		return false;
	return scheme->method != AUTH_DIGITAL_SIGNATURE ||
	       rules->hashes & 1u << scheme->hash;
}

static bool may_sign(const struct signature_scheme *scheme,
	const struct public_key *key, const struct auth_rules *rules)
{
	bool new = scheme->method == AUTH_DIGITAL_SIGNATURE;

	if (!(scheme->keys & 1u << public_key_kind(key)) ||
		!is_allowed(scheme, rules) || scheme->only_taken)
		return false;
	return !new || public_key_kind(key) != KEY_RSA ||
	       scheme->pss == (rules->rsa == AUTH_RSA_PSS);
}

/* The first choice of the key, else the first that may be. */
static const struct signature_scheme *choose(
	const struct public_key *key, const struct auth_rules *rules)
{
	const struct signature_scheme *any = NULL;

	for (size_t i = 0; i < SIGNATURE_SCHEMES; i++) {
		if (!may_sign(&signature_schemes[i], key, rules))
			continue;
		if (signature_schemes[i].prefers & 1u << public_key_kind(key))
			return &signature_schemes[i];
		if (!any)
			any = &signature_schemes[i];
	}
	return any;
}

static const char *why_none(const struct public_key *key)
{
	if (public_key_kind(key) == KEY_RSA)
		return "the peer has announced no hash for RSA, and SHA-1 is "
		       "not allowed";
	return "the peer has not announced that it takes EdDSA";
}

bool auth_sign(struct crypto *crypto, const struct private_key *key,
	const struct transform *prf_row, const struct auth_octets *octets,
	const struct auth_rules *rules, struct auth_signature *out,
	const char **why)
{
	const struct signature_scheme *scheme =
		choose(private_key_public(key), rules);
	struct writer w = writer_of(out->data, sizeof(out->data));
	struct bytes parts[AUTH_PARTS];
	uint8_t maced_id[MAX_PRF];
	const struct signed_text text = { crypto, parts, AUTH_PARTS };
	bool done;

	if (!scheme) {
		*why = why_none(private_key_public(key));
		return false;
	}
	if (scheme->method == AUTH_DIGITAL_SIGNATURE) {
		write_u8(&w, (uint8_t)scheme->algorithm.len);
		write_bytes(&w, scheme->algorithm);
	}
	done = auth_parts(crypto, prf_row, octets, maced_id, parts) &&
	       signature_make(&text, scheme, key, &w) && !w.bad;
	sodium_memzero(maced_id, sizeof(maced_id));
	if (!done) {
		*why = failed;
		return false;
	}
	out->method = (uint8_t)scheme->method;
	out->len = w.len;
	return true;
}

/* RFC 7427 section 3: the octets of the AlgorithmIdentifier, counted, before
 * the signature. */
static const struct signature_scheme *read_scheme(
	struct bytes data, struct bytes *signature)
{
	struct reader r = reader_of(data);
	struct bytes algorithm = read_bytes(&r, read_u8(&r));

	*signature = read_rest(&r);
	for (size_t i = 0; !r.bad && algorithm.len > 0 && i < SIGNATURE_SCHEMES;
		i++) {
		if (bytes_equal(algorithm, signature_schemes[i].algorithm) ||
			bytes_equal(algorithm, signature_schemes[i].other))
			return &signature_schemes[i];
	}
	return NULL;
}

/* The other methods have no word about the algorithm: the first of them that is
 * allowed. */
static const struct signature_scheme *scheme_of_method(
	uint8_t method, const struct auth_rules *rules)
{
	for (size_t i = 0; i < SIGNATURE_SCHEMES; i++) {
		if (signature_schemes[i].method == method &&
			is_allowed(&signature_schemes[i], rules))
			return &signature_schemes[i];
	}
	return NULL;
}

bool auth_verify(struct crypto *crypto, const struct public_key *key,
	const struct transform *prf_row, const struct auth_octets *octets,
	const struct auth_rules *rules, uint8_t method, struct bytes data,
	const char **why)
{
	const struct signature_scheme *scheme;
	struct bytes parts[AUTH_PARTS];
	struct bytes signature = data;
	uint8_t maced_id[MAX_PRF];
	const struct signed_text text = { crypto, parts, AUTH_PARTS };
	bool done;

	if (method == AUTH_DIGITAL_SIGNATURE) {
		scheme = read_scheme(data, &signature);
		*why = "an AlgorithmIdentifier that is none of ours";
	} else {
		scheme = scheme_of_method(method, rules);
		*why = "an authentication method that is no signature of ours";
	}
	if (!scheme)
		return false;
	*why = "a signature algorithm that we have not announced";
	if (!is_allowed(scheme, rules))
		return false;
	*why = failed;
	done = auth_parts(crypto, prf_row, octets, maced_id, parts) &&
	       signature_verify(&text, scheme, key, signature, why);
	sodium_memzero(maced_id, sizeof(maced_id));
	return done;
}

uint32_t auth_hashes(void)
{
	return 1u << HASH_SHA2_256 | 1u << HASH_SHA2_384 | 1u << HASH_SHA2_512 |
	       1u << HASH_IDENTITY;
}

uint32_t auth_read_hashes(struct bytes data)
{
	struct reader r = reader_of(data);
	uint32_t found = 0;

	while (reader_more(&r)) {
		uint16_t id = read_u16(&r);

		if (id >= HASH_SHA1 && id <= HASH_IDENTITY)
			found |= 1u << id;
	}
	return r.bad ? 0 : found;
}

/* credential.c - what we prove ourselves with: a private key and the certificates that go with it.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/credential.h"

#include <stdlib.h>

struct credential {
	size_t references;
	struct private_key *key;
	struct certificate *chain[CREDENTIAL_MAX_CHAIN];
	size_t count;
};

static const char *refused(const struct private_key *key,
	struct certificate *const *chain, size_t count)
{
	if (count > CREDENTIAL_MAX_CHAIN)
		return "more than 8 certificates";
	if (count > 0 && !public_key_equal(private_key_public(key),
				 certificate_key(chain[0])))
		return "the key is not that of the certificate";
	return NULL;
}

struct credential *credential_new(struct private_key *key,
	struct certificate *const *chain, size_t count, const char **why)
{
	struct credential *credential;

	*why = refused(key, chain, count);
	credential = *why ? NULL : calloc(1, sizeof(*credential));
	if (!credential) {
		*why = *why ? *why : "no memory";
		private_key_free(key);
		return NULL;
	}
	credential->references = 1;
	credential->key = key;
	for (size_t i = 0; i < count; i++)
		credential->chain[i] = certificate_ref(chain[i]);
	credential->count = count;
	return credential;
}

struct credential *credential_ref(struct credential *credential)
{
	credential->references++;
	return credential;
}

void credential_unref(struct credential *credential)
{
	if (!credential || --credential->references > 0)
		return;
	for (size_t i = 0; i < credential->count; i++)
		certificate_unref(credential->chain[i]);
	private_key_free(credential->key);
	free(credential);
}

const struct private_key *credential_key(const struct credential *credential)
{
	return credential->key;
}

struct certificate *credential_certificate(
	const struct credential *credential, size_t i)
{
	return i < credential->count ? credential->chain[i] : NULL;
}

bool credential_equal(const struct credential *a, const struct credential *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->count != b->count ||
		!public_key_equal(
			private_key_public(a->key), private_key_public(b->key)))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!bytes_equal(certificate_der(a->chain[i]),
			    certificate_der(b->chain[i])))
			return false;
	}
	return true;
}

/* credentials.c - certificates of simulated hosts: Ed25519, the same octets in every run.
 * SPDX-License-Identifier: ISC
 *
 * One authority a key of a link; a host's certificate has its name.  Ed25519 is
 * the one kind of signature whose octets depend on nothing but key and message.
 */
#include "ikev2/crypto/authority.h"
#include "tests/sim/sim.h"

#include <assert.h>

/* PKCS#8 of an Ed25519 key is this and 32 octets (RFC 8410 section 7). */
static const uint8_t pkcs8[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
	0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };

static struct private_key *key_of(const char *whose)
{
	uint8_t der[sizeof(pkcs8) + crypto_generichash_BYTES];
	struct private_key *key;
	const char *why;

	memcpy(der, pkcs8, sizeof(pkcs8));
	crypto_generichash(der + sizeof(pkcs8), crypto_generichash_BYTES,
		(const uint8_t *)whose, strlen(whose), NULL, 0);
	key = private_key_read(bytes_of(der, sizeof(der)), &why);
	assert(key);
	return key;
}

static struct certificate *certificate_of(const struct private_key *signer,
	const struct certificate *issuer, struct authority_request *request)
{
	const struct bytes by =
		issuer ? certificate_der(issuer) : bytes_of(NULL, 0);
	struct certificate *certificate;
	struct authority_made made;
	const char *why;
	bool ok;

	request->serial[AUTHORITY_SERIAL - 1] = 1;
	request->not_before = 0;
	request->not_after = INT64_C(7258118400); /* the year 2200 */
	ok = authority_certificate(signer, by, request, &made, &why);
	assert(ok);
	certificate = certificate_read(bytes_of(made.der, made.len), &why);
	assert(certificate);
	authority_clear(&made);
	return certificate;
}

static struct certificate *root_of(
	const char *authority, const struct private_key *key)
{
	struct authority_request request = {
		.common_name = authority,
		.key = private_key_public(key),
		.ca = true,
		.path_len = AUTHORITY_NO_LIMIT,
	};

	return certificate_of(key, NULL, &request);
}

struct credential *sim_credential(const char *authority, const char *name)
{
	struct private_key *signer = key_of(authority), *key = key_of(name);
	struct certificate *root = root_of(authority, signer);
	const struct authority_name san = { ID_FQDN,
		bytes_of(name, strlen(name)) };
	struct authority_request request = {
		.common_name = name,
		.key = private_key_public(key),
		.names = &san,
		.name_count = 1,
	};
	struct certificate *certificate =
		certificate_of(signer, root, &request);
	struct credential *credential;
	const char *why;

	credential = credential_new(key, &certificate, 1, &why);
	assert(credential);
	certificate_unref(certificate);
	certificate_unref(root);
	private_key_free(signer);
	return credential;
}

struct trust *sim_trust(const char *authority, const char *name)
{
	struct private_key *signer = key_of(authority), *key = key_of(name);
	struct certificate *root = root_of(authority, signer);
	struct trust *trust = trust_new();
	bool ok;

	assert(trust);
	ok = trust_add_root(trust, root) &&
	     trust_add_key(trust, private_key_public(key));
	assert(ok);
	certificate_unref(root);
	private_key_free(signer);
	private_key_free(key);
	return trust;
}

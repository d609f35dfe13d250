/* credentials_keys.c - private keys, public keys, certificates, CRLs: from files (RFC 7468).
 * SPDX-License-Identifier: ISC
 */
#include "config/credentials_files.h"

#include "ikev2/crypto/pem.h"

#include <stdio.h>
#include <stdlib.h>

/* What is looked for in a file. */
struct search {
	const char *path;
	const char *what; /* "certificate": of which none was found */
	size_t found;
	struct why why;
	/* Take an item, or pass it over.  False: why says why. */
	bool (*take)(struct search *search, const struct pem_item *item);
	struct private_key *key;
	struct public_key *public_key;
	struct credentials_certificates *certificates;
	struct trust *trust;
};

/* --- One item after the other ------------------------------------------------------ */

static bool refuse(struct search *s, const char *reason)
{
	if (s->found > 0)
		why_say(s->why.error, "'%s', %s %zu: %s", s->path, s->what,
			s->found + 1, reason);
	else
		why_say(s->why.error, "'%s': %s", s->path, reason);
	return false;
}

static bool take_item(struct search *s, const struct pem_item *item)
{
	if (item->kind == PEM_BROKEN)
		return refuse(s, "a PEM block that has no end, or no base64");
	return s->take(s, item);
}

static bool take_items(struct search *s, const struct file_text *text)
{
	struct bytes rest = bytes_of(text->at, text->len);
	struct pem_item item;
	bool ok = true;

	while (ok && pem_next(&rest, &item)) {
		ok = take_item(s, &item);
		pem_clear(&item);
	}
	if (ok && s->found == 0) {
		why_say(s->why.error, "'%s' holds no %s", s->path, s->what);
		why_say(s->why.hint, "it must be PEM (-----BEGIN ..) or DER");
	}
	return ok && s->found > 0;
}

static enum credentials_result search_file(const char *name, const char *folder,
	const struct file_kind *kind, struct search *s)
{
	enum credentials_result result;
	struct file_text text;
	char path[PATH_MAX];
	bool ok;

	*s->why.error = *s->why.hint = '\0';
	result = file_path(name, folder, path, s->why);
	if (result == CREDENTIALS_OK)
		result = file_read(path, kind, &text, s->why);
	if (result != CREDENTIALS_OK)
		return result;
	s->path = path;
	ok = take_items(s, &text);
	s->path = NULL;
	file_clear(&text);
	return ok ? CREDENTIALS_OK : CREDENTIALS_BAD_FILE;
}

/* --- Private keys -------------------------------------------------------------------- */

static bool take_key(struct search *s, const struct pem_item *item)
{
	const char *reason = "";

	if (item->kind == PEM_ENCRYPTED_KEY) {
		why_say(s->why.hint,
			"openssl pkey -in %s -out NEW, or cred:NAME with "
			"LoadCredentialEncrypted= in the unit",
			s->path);
		return refuse(s, "the key is encrypted, and nobody is there "
				 "to be asked for its password");
	}
	if (item->kind != PEM_PRIVATE_KEY && item->kind != PEM_DER)
		return true;
	if (s->found > 0)
		return refuse(s, "one is enough");
	s->key = private_key_read(bytes_of(item->der, item->len), &reason);
	if (!s->key)
		return refuse(s, reason);
	s->found++;
	return true;
}

enum credentials_result credentials_read_key(const char *name,
	const char *folder, struct private_key **out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT])
{
	static const struct file_kind kind = { .secret = true,
		.max = CREDENTIALS_MAX_KEY };
	struct search s = {
		.what = "private key", .why = { error, hint }, .take = take_key
	};
	enum credentials_result result = search_file(name, folder, &kind, &s);

	if (result != CREDENTIALS_OK) {
		private_key_free(s.key);
		s.key = NULL;
	}
	*out = s.key;
	return result;
}

/* --- Certificates --------------------------------------------------------------------- */

static const struct file_kind certificate_files = {
	.max = CREDENTIALS_MAX_CERTIFICATES
};

/* Takes the certificate. */
static bool append(
	struct credentials_certificates *to, struct certificate *certificate)
{
	struct certificate **list = realloc(
		to->list, (to->count + 1) * sizeof(struct certificate *));

	if (!list) {
		certificate_unref(certificate);
		return false;
	}
	list[to->count++] = certificate;
	to->list = list;
	return true;
}

static bool take_certificate(struct search *s, const struct pem_item *item)
{
	struct certificate *certificate;
	const char *reason = "";

	if (item->kind != PEM_CERTIFICATE && item->kind != PEM_DER)
		return true;
	certificate = certificate_read(bytes_of(item->der, item->len), &reason);
	if (!certificate)
		return refuse(s, reason);
	if (!append(s->certificates, certificate))
		return refuse(s, "out of memory");
	s->found++;
	return true;
}

enum credentials_result credentials_read_certificates(const char *name,
	const char *folder, struct credentials_certificates *out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT])
{
	struct search s = { .what = "certificate",
		.why = { error, hint },
		.take = take_certificate,
		.certificates = out };
	enum credentials_result result;

	*out = (struct credentials_certificates){ NULL, 0 };
	result = search_file(name, folder, &certificate_files, &s);
	if (result != CREDENTIALS_OK)
		credentials_certificates_clear(out);
	return result;
}

void credentials_certificates_clear(struct credentials_certificates *list)
{
	for (size_t i = 0; i < list->count; i++)
		certificate_unref(list->list[i]);
	free(list->list);
	*list = (struct credentials_certificates){ NULL, 0 };
}

/* --- Public keys ----------------------------------------------------------------------- */

/* The key of a certificate, or a key by itself; reason: that of the latter. */
static struct public_key *public_key_of(
	const struct pem_item *item, const char **reason)
{
	struct bytes der = bytes_of(item->der, item->len);
	struct public_key *key = NULL;
	struct certificate *certificate;
	const char *other;

	if (item->kind != PEM_CERTIFICATE)
		key = public_key_read(der, reason);
	if (key || item->kind == PEM_PUBLIC_KEY)
		return key;
	certificate = certificate_read(
		der, item->kind == PEM_CERTIFICATE ? reason : &other);
	if (certificate)
		key = public_key_ref(certificate_key(certificate));
	certificate_unref(certificate);
	return key;
}

/* The first: what follows a certificate is its chain. */
static bool take_public_key(struct search *s, const struct pem_item *item)
{
	const char *reason = "";

	if (item->kind == PEM_PRIVATE_KEY || item->kind == PEM_ENCRYPTED_KEY)
		return refuse(s, "a private key, where the public one of the "
				 "peer is expected");
	if ((item->kind != PEM_PUBLIC_KEY && item->kind != PEM_CERTIFICATE &&
		    item->kind != PEM_DER) ||
		s->found > 0)
		return true;
	s->public_key = public_key_of(item, &reason);
	if (!s->public_key)
		return refuse(s, reason);
	s->found++;
	return true;
}

enum credentials_result credentials_read_public_key(const char *name,
	const char *folder, struct public_key **out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT])
{
	struct search s = { .what = "public key",
		.why = { error, hint },
		.take = take_public_key };
	enum credentials_result result =
		search_file(name, folder, &certificate_files, &s);

	if (result != CREDENTIALS_OK) {
		public_key_unref(s.public_key);
		s.public_key = NULL;
	}
	*out = s.public_key;
	return result;
}

/* --- CRLs -------------------------------------------------------------------------------- */

static bool take_crl(struct search *s, const struct pem_item *item)
{
	const char *reason = "";

	if (item->kind != PEM_CRL && item->kind != PEM_DER)
		return true;
	if (!trust_add_crl(s->trust, bytes_of(item->der, item->len), &reason))
		return refuse(s, reason);
	s->found++;
	return true;
}

enum credentials_result credentials_read_crls(const char *name,
	const char *folder, struct trust *trust, char error[CREDENTIALS_TEXT],
	char hint[CREDENTIALS_TEXT])
{
	static const struct file_kind kind = { .max = CREDENTIALS_MAX_CRLS };
	struct search s = { .what = "CRL",
		.why = { error, hint },
		.take = take_crl,
		.trust = trust };

	return search_file(name, folder, &kind, &s);
}

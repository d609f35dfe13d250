/* authorities.c - what certificates must lead to: files in ca/, the section `authorities`, CRLs.
 * SPDX-License-Identifier: ISC
 */
#include "config/store.h"

#include "config/credentials_files.h"
#include "config/schema.h"
#include "config/values.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

static bool fails(struct outcome *outcome)
{
	*outcome = (struct outcome){ .result = CREDENTIALS_BAD_FILE };
	why_say(outcome->error, "out of memory");
	return false;
}

/* --- The certificates of a file ---------------------------------------------------- */

static bool is_self_issued(const struct certificate *certificate)
{
	return certificate_is_issued_by(certificate, certificate);
}

static bool has_root(const struct credentials_certificates *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (is_self_issued(list->list[i]))
			return true;
	}
	return false;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The one in these files of ca/ that may have issued it; NULL: none. */
static const struct certificate *issuer_among(struct store *store,
	const glob_t *files, const struct certificate *certificate)
{
	const struct credentials_certificates *list;
	struct outcome ignored; /* complained of where it is added */

	for (size_t i = 0; i < files->gl_pathc; i++) {
		list = store_certificates(store, FOLDER_CA,
			base_name(files->gl_pathv[i]), store->file, &ignored);
		for (size_t n = 0; list && n < list->count; n++) {
			if (list->list[n] != certificate &&
				certificate_is_issued_by(
					certificate, list->list[n]))
				return list->list[n];
		}
	}
	return NULL;
}

/* Is there a root among these files that it leads to? */
static bool leads_up(struct store *store, const glob_t *files,
	const struct certificate *certificate)
{
	for (int steps = 0; certificate && steps < TRUST_MAX_PATH; steps++) {
		if (is_self_issued(certificate))
			return true;
		certificate = issuer_among(store, files, certificate);
	}
	return false;
}

/* Roots, and beside a root those that it has issued are steps on the way, so
 * that it can revoke them; one that stands without its root is trusted itself.
 * beside: the files that count with this one, or NULL. */
static bool add_certificates(struct store *store, struct trust *trust,
	const char *name, const struct credentials_certificates *list,
	const glob_t *beside, struct outcome *outcome)
{
	const bool root = has_root(list);
	char subject[X509_TEXT];

	for (size_t i = 0; i < list->count; i++) {
		struct certificate *one = list->list[i];
		bool step;

		if (!certificate_is_ca(one)) {
			(void)fails(outcome);
			why_say(outcome->error,
				"'%s', certificate %zu is none of an "
				"authority: '%.100s'",
				name, i + 1,
				certificate_subject_text(one, subject));
			return false;
		}
		step = !is_self_issued(one) &&
		       (root || (beside && leads_up(store, beside, one)));
		if (!(step ? trust_add_step(trust, one)
			   : trust_add_root(trust, one)))
			return fails(outcome);
	}
	return true;
}

static bool add_file(struct store *store, struct trust *trust, const char *name,
	struct place at, const glob_t *beside, struct outcome *outcome)
{
	const struct credentials_certificates *list =
		store_certificates(store, FOLDER_CA, name, at, outcome);

	return list &&
	       add_certificates(store, trust, name, list, beside, outcome);
}

/* --- Authorities with a name ---------------------------------------------------------- */

static bool add_uris(const struct store *store, struct trust *trust,
	const struct credentials_certificates *list, const struct node *uris,
	enum trust_source source)
{
	const struct node *word = NULL;

	while (uris && (word = value_next(uris, word, store->errors))) {
		for (size_t i = 0; i < list->count; i++) {
			if (!trust_add_uri(
				    trust, list->list[i], source, word->text))
				return false;
		}
	}
	return true;
}

static bool add_authority(struct store *store, struct trust *trust,
	const struct node *authority, const glob_t *beside,
	struct outcome *outcome)
{
	const struct node *ca = node_get(authority, "ca"), *word = NULL;
	const struct credentials_certificates *list;

	while (ca && (word = value_next(ca, word, store->errors))) {
		list = store_certificates(
			store, FOLDER_CA, word->text, word->at, outcome);
		if (!list || !add_certificates(store, trust, word->text, list,
				     beside, outcome))
			return false;
		if (!add_uris(store, trust, list,
			    node_get(authority, "crl_uris"), TRUST_CRL) ||
			!add_uris(store, trust, list,
				node_get(authority, "ocsp_uris"), TRUST_OCSP))
			return fails(outcome);
	}
	return true;
}

static bool add_crl(const struct store *store, struct trust *trust,
	const char *name, struct outcome *outcome)
{
	store_saw(store, FOLDER_CRLS, name);
	outcome->result =
		credentials_read_crls(name, store->folder[FOLDER_CRLS], trust,
			outcome->error, outcome->hint);
	return outcome->result == CREDENTIALS_OK;
}

static bool add_crl_files(const struct store *store, struct trust *trust,
	const struct node *authority, struct outcome *outcome)
{
	const struct node *crl = node_get(authority, "crl"), *word = NULL;

	while (crl && (word = value_next(crl, word, store->errors))) {
		if (!add_crl(store, trust, word->text, outcome))
			return false;
	}
	return true;
}

/* Can all that it names be had? */
static bool try_authority(struct store *store, const struct node *authority,
	struct outcome *outcome)
{
	struct trust *trust = trust_new();
	bool ok;

	if (!trust)
		return fails(outcome);
	ok = add_authority(store, trust, authority, NULL, outcome) &&
	     add_crl_files(store, trust, authority, outcome);
	trust_unref(trust);
	return ok;
}

static bool check_authority(
	const struct store *store, const struct node *authority)
{
	size_t before = store->errors->errors;
	const struct schema_row *row;

	if (authority->bad || !schema_is_map(authority, store->errors))
		return false;
	schema_check_keys(authority, 1u << SCOPE_AUTHORITY, store->errors);
	for (size_t i = 0; (row = schema_at(i)); i++) {
		const struct node *value = node_get(authority, row->key);

		if (row->scope == SCOPE_AUTHORITY && value && !value->bad)
			schema_read(row, value, NULL, NULL, store->errors);
	}
	if (!node_get(authority, "ca"))
		complain(store->errors, authority->key_at,
			"'ca: FILE', from ca/", "authority '%s' has no 'ca'",
			authority->key);
	return store->errors->errors == before;
}

/* Whoever names one that cannot be had is left out; who takes all goes on
 * without it. */
void store_authorities(struct store *store, struct node *authorities)
{
	for (struct node *n = authorities->first; n; n = n->next) {
		struct outcome outcome = { .result = CREDENTIALS_OK };

		if (!check_authority(store, n) ||
			try_authority(store, n, &outcome))
			continue;
		n->bad = true;
		complain_as(store->errors, CONFIG_LEFT_OUT, n->key_at,
			outcome.hint, "authority '%s' is left out: %s", n->key,
			outcome.error);
	}
	store->authorities = authorities;
}

/* --- Folders --------------------------------------------------------------------------- */

static void left_out(const struct store *store, const struct outcome *outcome)
{
	complain_as(store->errors, CONFIG_LEFT_OUT, store->file, outcome->hint,
		"left out: %s", outcome->error);
}

/* The folder is no pattern itself. */
static bool pattern_in(
	const char *folder, const char *pattern, char out[PATH_MAX])
{
	size_t used = 0;

	for (; *folder && used + 2 < PATH_MAX; folder++) {
		if (strchr("\\*?[]", *folder))
			out[used++] = '\\';
		out[used++] = *folder;
	}
	if (used + strlen(pattern) + 2 > PATH_MAX)
		return false;
	snprintf(out + used, PATH_MAX - used, "/%s", pattern);
	return true;
}

/* A folder that is not there holds nothing; one that cannot be read may. */
static int stop_at(const char *folder, int why)
{
	(void)folder;
	return why != ENOENT && why != ENOTDIR;
}

/* The files of a folder, by name in the C locale: globfree. */
static void look_through(const struct store *store, enum store_folder folder,
	const char *pattern, glob_t *found)
{
	char path[PATH_MAX];
	int result;

	*found = (glob_t){ 0 };
	saw_folder(store->errors, store->folder[folder]);
	if (!pattern_in(store->folder[folder], pattern, path))
		return;
	result = glob(path, 0, stop_at, found);
	if (result == GLOB_ABORTED || result == GLOB_NOSPACE)
		complain_as(store->errors, CONFIG_LEFT_OUT, store->file,
			"may user ipsecd read the folder?",
			"left out: '%s' cannot be looked through", path);
}

/* Then it is the authority's, with all else that is known of it. */
static bool is_of_authority(const struct store *store, const char *name)
{
	const struct node *n =
		store->authorities ? store->authorities->first : NULL;

	for (; n; n = n->next) {
		const struct node *ca = node_get(n, "ca"), *word = NULL;

		while (ca && (word = value_next(ca, word, store->errors))) {
			if (strcmp(word->text, name) == 0)
				return true;
		}
	}
	return false;
}

static void add_all_files(
	struct store *store, struct trust *trust, const glob_t *found)
{
	struct outcome outcome;

	for (size_t i = 0; i < found->gl_pathc; i++) {
		const char *name = base_name(found->gl_pathv[i]);

		if (!is_of_authority(store, name) &&
			!add_file(store, trust, name, store->file, found,
				&outcome))
			left_out(store, &outcome);
	}
}

static void add_crl_folder(struct store *store, struct trust *trust)
{
	struct outcome outcome = { .result = CREDENTIALS_OK };
	glob_t found;

	look_through(store, FOLDER_CRLS, "*", &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (!add_crl(store, trust, base_name(found.gl_pathv[i]),
			    &outcome))
			left_out(store, &outcome);
	}
	globfree(&found);
}

/* --- All that a peer trusts ----------------------------------------------------------- */

static void add_all(struct store *store, struct trust *trust)
{
	const struct node *n =
		store->authorities ? store->authorities->first : NULL;
	struct outcome outcome;
	glob_t found;

	look_through(store, FOLDER_CA, "*.pem", &found);
	add_all_files(store, trust, &found);
	for (; n; n = n->next) {
		if (!n->bad)
			(void)add_authority(store, trust, n, &found, &outcome);
	}
	globfree(&found);
}

/* A CRL is believed for its signature, wherever it was: so all, for each.
 * Those of authorities may lie elsewhere than in the folder. */
static void add_all_crls(struct store *store, struct trust *trust)
{
	const struct node *n =
		store->authorities ? store->authorities->first : NULL;
	struct outcome ignored; /* complained of already */

	add_crl_folder(store, trust);
	for (; n; n = n->next) {
		const struct node *crl = node_get(n, "crl"), *word = NULL;

		while (crl && (word = value_next(crl, word, store->errors))) {
			if (strchr(word->text, '/'))
				(void)add_crl(
					store, trust, word->text, &ignored);
		}
	}
}

static bool add_named(struct store *store, struct trust *trust,
	const struct node *ca, struct outcome *outcome)
{
	const struct node *word = NULL, *authority;
	char error[CREDENTIALS_TEXT];

	while ((word = value_next(ca, word, store->errors))) {
		authority = node_get(store->authorities, word->text);
		if (!authority) {
			if (!add_file(store, trust, word->text, word->at, NULL,
				    outcome))
				return false;
			continue;
		}
		if (authority->bad ? try_authority(store, authority, outcome)
				   : add_authority(store, trust, authority,
					     NULL, outcome))
			continue;
		memcpy(error, outcome->error, sizeof(error));
		why_say(outcome->error, "'%.63s': %.180s", authority->key,
			error);
		return false;
	}
	return true;
}

static bool fill(struct store *store, struct trust *trust,
	const struct node *ca, struct outcome *outcome)
{
	if (ca && !add_named(store, trust, ca, outcome))
		return false;
	if (!ca)
		add_all(store, trust);
	add_all_crls(store, trust);
	if (trust_has_roots(trust))
		return true;
	outcome->result = CREDENTIALS_BAD_FILE;
	why_say(outcome->error, "in '%s': there is none",
		store->folder[FOLDER_CA]);
	why_say(outcome->hint, "put it there as NAME.pem");
	return false;
}

struct trust *store_new_trust(
	struct store *store, const struct node *ca, struct outcome *outcome)
{
	struct trust *trust = trust_new();

	*outcome = (struct outcome){ .result = CREDENTIALS_OK };
	if (!trust) {
		(void)fails(outcome);
		return NULL;
	}
	if (fill(store, trust, ca, outcome))
		return trust;
	trust_unref(trust);
	return NULL;
}

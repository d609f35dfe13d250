/* store.c - files of keys and certificates, read once for all peers that name them.
 * SPDX-License-Identifier: ISC
 */
#include "config/store.h"

#include "config/credentials_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Names of what is kept: what it is, and of what, a newline between. */
enum { NAME_SIZE = 2 * PATH_MAX };

/* What was read under a name, or why not. */
struct kept {
	struct kept *next;
	char *name;
	struct outcome outcome;
	struct credentials_certificates certificates;
	struct credential *credential;
	struct trust *trust;
};

/* --- The folders ------------------------------------------------------------------ */

bool store_open(struct store *store, const char *file, const char *root)
{
	static const char *const names[STORE_FOLDERS] = {
		[FOLDER_SECRETS] = "secrets",
		[FOLDER_CERTS] = "certs",
		[FOLDER_CA] = "ca",
		[FOLDER_CRLS] = "crls",
	};
	const char *slash = strrchr(file, '/');
	int len, beside = slash ? (int)(slash - file) + 1 : 0;

	for (size_t i = 0; i < STORE_FOLDERS; i++) {
		if (root && *root)
			len = snprintf(store->folder[i], PATH_MAX,
				"%s/etc/ipsecd/%s", root, names[i]);
		else
			len = snprintf(store->folder[i], PATH_MAX, "%.*s%s",
				beside, file, names[i]);
		if (len < 0 || len >= PATH_MAX)
			return false;
		/* The folder above them: they may be made later. */
		saw_file(store->errors, store->folder[i]);
	}
	return true;
}

void store_saw(
	const struct store *store, enum store_folder folder, const char *name)
{
	char path[PATH_MAX], error[CREDENTIALS_TEXT], hint[CREDENTIALS_TEXT];

	if (file_path(name, store->folder[folder], path,
		    (struct why){ error, hint }) == CREDENTIALS_OK)
		saw_file(store->errors, path);
}

/* --- What is kept ------------------------------------------------------------------- */

/* FNV-1a */
static size_t bucket_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash % STORE_BUCKETS;
}

static struct kept *find_kept(const struct store *store, const char *name)
{
	struct kept *kept = store->kept[bucket_of(name)];

	while (kept && strcmp(kept->name, name) != 0)
		kept = kept->next;
	return kept;
}

static struct kept *new_kept(struct store *store, const char *name)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	size_t bucket = bucket_of(name);

	if (!kept)
		return NULL;
	kept->name = strdup(name);
	if (!kept->name) {
		free(kept);
		return NULL;
	}
	kept->next = store->kept[bucket];
	store->kept[bucket] = kept;
	return kept;
}

void store_close(struct store *store)
{
	for (size_t i = 0; i < STORE_BUCKETS; i++) {
		while (store->kept[i]) {
			struct kept *kept = store->kept[i];

			store->kept[i] = kept->next;
			credentials_certificates_clear(&kept->certificates);
			credential_unref(kept->credential);
			trust_unref(kept->trust);
			free(kept->name);
			free(kept);
		}
	}
}

bool store_once(struct store *store, const char *text)
{
	if (find_kept(store, text))
		return false;
	(void)new_kept(store, text);
	return true;
}

static void fail(struct outcome *outcome, const char *error)
{
	*outcome = (struct outcome){ .result = CREDENTIALS_BAD_FILE };
	why_say(outcome->error, "%s", error);
}

/* --- Certificates ---------------------------------------------------------------------- */

const char *store_date(int64_t unix_s, char out[STORE_DATE])
{
	const time_t time = (time_t)unix_s;
	struct tm tm;

	if (!gmtime_r(&time, &tm) ||
		strftime(out, STORE_DATE, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(out, STORE_DATE, "a day that no calendar has");
	return out;
}

/* The other side may have another opinion of the time, so it is no error. */
static void warn_of_validity(const struct store *store, struct place at,
	const char *file, const struct certificate *certificate)
{
	char subject[X509_TEXT], date[STORE_DATE];
	int64_t not_before, not_after;

	certificate_validity(certificate, &not_before, &not_after);
	if (store->unix_s >= not_before && store->unix_s <= not_after)
		return;
	complain_as(store->errors, CONFIG_WARNING, at, NULL,
		store->unix_s > not_after
			? "certificate '%.200s' in '%s' expired on %s"
			: "certificate '%.200s' in '%s' is not valid before %s",
		certificate_subject_text(certificate, subject), file,
		store_date(store->unix_s > not_after ? not_after : not_before,
			date));
}

static void read_certificates(const struct store *store,
	enum store_folder folder, const char *name, struct place at,
	struct kept *kept)
{
	struct outcome *outcome = &kept->outcome;

	store_saw(store, folder, name);
	outcome->result =
		credentials_read_certificates(name, store->folder[folder],
			&kept->certificates, outcome->error, outcome->hint);
	for (size_t i = 0; i < kept->certificates.count; i++)
		warn_of_validity(store, at, name, kept->certificates.list[i]);
}

const struct credentials_certificates *store_certificates(struct store *store,
	enum store_folder folder, const char *name, struct place at,
	struct outcome *outcome)
{
	char key[NAME_SIZE];
	struct kept *kept;

	snprintf(key, sizeof(key), "certificates\n%d\n%s", (int)folder, name);
	kept = find_kept(store, key);
	if (!kept) {
		kept = new_kept(store, key);
		if (kept)
			read_certificates(store, folder, name, at, kept);
	}
	if (!kept) {
		fail(outcome, "out of memory");
		return NULL;
	}
	*outcome = kept->outcome;
	return kept->outcome.result == CREDENTIALS_OK ? &kept->certificates
						      : NULL;
}

/* --- Our own ------------------------------------------------------------------------------ */

/* Ours first; files that begin with the root are about. */
static bool sort_chain(const struct credentials_certificates *from,
	const struct private_key *key, struct certificate **chain)
{
	const struct public_key *wanted = private_key_public(key);
	size_t ours = 0, count = 0;

	while (ours < from->count &&
		!public_key_equal(certificate_key(from->list[ours]), wanted))
		ours++;
	if (ours == from->count)
		return false;
	chain[count++] = from->list[ours];
	for (size_t i = 0; i < from->count; i++) {
		if (i != ours)
			chain[count++] = from->list[i];
	}
	return true;
}

/* Takes the key. */
static struct credential *join(const struct credentials_certificates *from,
	const char *cert, const char *key_name, struct private_key *key,
	struct outcome *outcome)
{
	struct certificate *chain[CREDENTIAL_MAX_CHAIN] = { NULL };
	struct credential *credential;
	const char *reason = "";

	if (from && from->count > CREDENTIAL_MAX_CHAIN) {
		fail(outcome, "");
		why_say(outcome->error,
			"'%s': its certificate is one of more than %d in '%s'",
			key_name, CREDENTIAL_MAX_CHAIN, cert);
	} else if (from && !sort_chain(from, key, chain)) {
		fail(outcome, "");
		why_say(outcome->error,
			"'%s' does not fit: it is not the key of '%s'",
			key_name, cert);
	} else {
		credential = credential_new(
			key, chain, from ? from->count : 0, &reason);
		if (!credential) {
			fail(outcome, "");
			why_say(outcome->error, "'%s': %s", key_name, reason);
		}
		return credential;
	}
	private_key_free(key);
	return NULL;
}

static struct credential *read_own(struct store *store, const char *cert,
	const char *key_name, struct place at, struct outcome *outcome)
{
	const struct credentials_certificates *from = NULL;
	struct private_key *key;

	if (cert) {
		from = store_certificates(
			store, FOLDER_CERTS, cert, at, outcome);
		if (!from)
			return NULL;
	}
	store_saw(store, FOLDER_SECRETS, key_name);
	outcome->result =
		credentials_read_key(key_name, store->folder[FOLDER_SECRETS],
			&key, outcome->error, outcome->hint);
	if (outcome->result != CREDENTIALS_OK)
		return NULL;
	return join(from, cert, key_name, key, outcome);
}

struct credential *store_credential(struct store *store, const char *cert,
	const char *key, struct place at, struct outcome *outcome)
{
	char name[NAME_SIZE];
	struct kept *kept;

	snprintf(name, sizeof(name), "own\n%zu:%s\n%s", cert ? strlen(cert) : 0,
		cert ? cert : "", key);
	kept = find_kept(store, name);
	if (!kept) {
		kept = new_kept(store, name);
		if (kept)
			kept->credential =
				read_own(store, cert, key, at, &kept->outcome);
	}
	if (!kept) {
		fail(outcome, "out of memory");
		return NULL;
	}
	*outcome = kept->outcome;
	return kept->credential ? credential_ref(kept->credential) : NULL;
}

/* --- What others must lead to ------------------------------------------------------------- */

/* False: too many words to be worth it. */
static bool name_of(const struct node *ca, char out[NAME_SIZE])
{
	const struct node *n = ca && ca->kind == NODE_LIST ? ca->first : ca;
	size_t len = (size_t)snprintf(out, NAME_SIZE, "trust");

	for (; n; n = ca->kind == NODE_LIST ? n->next : NULL) {
		if (n->kind != NODE_WORD)
			continue;
		if (len + strlen(n->text) + 16 > NAME_SIZE)
			return false;
		len += (size_t)snprintf(out + len, NAME_SIZE - len, "\n%zu:%s",
			strlen(n->text), n->text);
	}
	return true;
}

struct trust *store_trust(
	struct store *store, const struct node *ca, struct outcome *outcome)
{
	char name[NAME_SIZE];
	struct kept *kept;

	if (!name_of(ca, name))
		return store_new_trust(store, ca, outcome);
	kept = find_kept(store, name);
	if (!kept) {
		kept = new_kept(store, name);
		if (kept)
			kept->trust =
				store_new_trust(store, ca, &kept->outcome);
	}
	if (!kept) {
		fail(outcome, "out of memory");
		return NULL;
	}
	*outcome = kept->outcome;
	return kept->trust ? trust_ref(kept->trust) : NULL;
}

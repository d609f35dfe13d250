/* store.h - files of keys and certificates, read once for all peers that name them.
 * SPDX-License-Identifier: ISC
 *
 * Inside config/ only.  It lives as long as a configuration is loaded; what the
 * peers take of it is counted, and stays.
 */
#ifndef CONFIG_STORE_H
#define CONFIG_STORE_H

#include "config/credentials.h"
#include "config/yaml.h"

#include <limits.h>

/* Of /etc/ipsecd. */
enum store_folder {
	FOLDER_SECRETS,
	FOLDER_CERTS,
	FOLDER_CA,
	FOLDER_CRLS,
	STORE_FOLDERS,
};

enum { STORE_BUCKETS = 1024 };

struct kept;

/* Start with all zero but what is said here. */
struct store {
	struct config_errors *errors; /* set */
	struct place file;            /* set: of the main file, no line */
	int64_t unix_s;               /* set: for what is valid */
	char folder[STORE_FOLDERS][PATH_MAX]; /* store_open */
	const struct node *authorities;       /* store_authorities */
	struct kept *kept[STORE_BUCKETS];
};

/* Why something could not be had. */
struct outcome {
	enum credentials_result result;
	char error[CREDENTIALS_TEXT], hint[CREDENTIALS_TEXT];
};

/* The folders: below ROOT/etc/ipsecd, or without a root beside the file.
 * False: the name is too long. */
bool store_open(struct store *store, const char *file, const char *root);
void store_close(struct store *store);

/* A file of that folder, or where its name says, is read: saw_file of it. */
void store_saw(
	const struct store *store, enum store_folder folder, const char *name);

/* Certificates of a file, at least one; borrowed, or NULL.  When they are read
 * first, those that are not valid now are warned of at `at`. */
const struct credentials_certificates *store_certificates(struct store *store,
	enum store_folder folder, const char *name, struct place at,
	struct outcome *outcome);

/* Our private key, with the certificate that it belongs to in front of the
 * others of that file; cert NULL: a key alone.  A reference, or NULL. */
struct credential *store_credential(struct store *store, const char *cert,
	const char *key, struct place at, struct outcome *outcome);

/* Read the section `authorities` (a map).  Those that cannot be had are
 * complained of here. */
void store_authorities(struct store *store, struct node *authorities);

/* What certificates must lead to: the files and authorities that `ca` (a word
 * or a list) names, all that there are without it, and all CRLs.  A reference
 * to one that is shared, or NULL. */
struct trust *store_trust(
	struct store *store, const struct node *ca, struct outcome *outcome);
/* The same, but nobody else's: more can be added. */
struct trust *store_new_trust(
	struct store *store, const struct node *ca, struct outcome *outcome);

/* True the first time for that text. */
bool store_once(struct store *store, const char *text);

/* "2026-01-31 12:00 UTC" */
enum { STORE_DATE = 32 };
const char *store_date(int64_t unix_s, char out[STORE_DATE]);

#endif

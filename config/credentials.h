/* credentials.h - shared keys, private keys, certificates: from files, from systemd, made anew.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_CREDENTIALS_H
#define CONFIG_CREDENTIALS_H

#include "ikev2/peer.h"

#include <sys/types.h>

enum { CREDENTIALS_TEXT = 256 };

enum credentials_result {
	CREDENTIALS_OK,
	CREDENTIALS_BAD_TEXT, /* what stands in the YAML is wrong */
	CREDENTIALS_BAD_FILE, /* the file it names is */
};

/* A shared key: the octets that RFC 7296 section 2.15 puts into the PRF. */
struct credentials_psk {
	uint16_t len;
	uint8_t data[MAX_PSK_LEN];
	bool in_text; /* stands in the YAML itself */
};

/* What `secret:` names: FILE (relative to folder), "cred:NAME" (a file of that
 * name in $CREDENTIALS_DIRECTORY), "hex:..", "base64:..", "text:..".
 *
 * A file must be regular, at most MAX_PSK_LEN octets beside its line end, not
 * for others to read, and stand in a folder that others cannot write; both must
 * belong to somebody who may have secrets (credentials_may_own).  One line
 * end after the key is no part of it; nothing else in it has a meaning.  If it
 * fails, error says why and hint (may end up empty) what would help. */
enum credentials_result credentials_read_psk(const char *secret,
	const char *folder, struct credentials_psk *out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT]);

/* Root and we ourselves; for root also accounts of the system, as the daemon has
 * one of these, but no person's. */
bool credentials_may_own(uid_t owner);

enum { CREDENTIALS_NEW_PSK = 45 }; /* 44 characters and their NUL */

/* A new shared key of 256 bits, as base64 text: the text is the key. */
void credentials_new_psk(char out[CREDENTIALS_NEW_PSK]);

/* A secret into a new file, never over one that is there: mode 0600, or 0640
 * with the group of the folder if that is another than ours. */
bool credentials_write_new(
	const char *file, struct bytes text, char error[CREDENTIALS_TEXT]);
/* The same with a new shared key. */
bool credentials_write_new_psk(const char *file, char error[CREDENTIALS_TEXT]);

/* --- Keys and certificates (credentials_keys.c) ---------------------------- */

enum {
	CREDENTIALS_MAX_KEY = 65536,            /* octets of a file */
	CREDENTIALS_MAX_CERTIFICATES = 1 << 20, /* the same */
	CREDENTIALS_MAX_CRLS = 1 << 22,         /* the same */
};

/* All read FILE (relative to folder) or "cred:NAME", with PEM or one DER in it;
 * what they do not look for in a PEM file they pass over.  Files must be as
 * those of shared keys; only a private key must not be readable for others.  If
 * they fail, error and hint are as above, and nothing is owned. */

/* Our private key, the only one in its file; private_key_free. */
enum credentials_result credentials_read_key(const char *name,
	const char *folder, struct private_key **out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT]);

/* A public key, or that of a certificate; public_key_unref. */
enum credentials_result credentials_read_public_key(const char *name,
	const char *folder, struct public_key **out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT]);

/* At least one certificate, in the order of the file. */
struct credentials_certificates {
	struct certificate **list; /* owned, each counted */
	size_t count;
};

enum credentials_result credentials_read_certificates(const char *name,
	const char *folder, struct credentials_certificates *out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT]);
void credentials_certificates_clear(struct credentials_certificates *list);

/* Add the CRLs of a file, at least one, to what is trusted. */
enum credentials_result credentials_read_crls(const char *name,
	const char *folder, struct trust *trust, char error[CREDENTIALS_TEXT],
	char hint[CREDENTIALS_TEXT]);

#endif

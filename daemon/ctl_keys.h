/* ctl_keys.h - ipsec-ctl keygen: pre-shared keys and key pairs.
 * SPDX-License-Identifier: ISC
 *
 * Functions that return an int have said what went wrong, and return the exit
 * code.
 */
#ifndef DAEMON_CTL_KEYS_H
#define DAEMON_CTL_KEYS_H

#include "daemon/ctl.h"
#include "ikev2/crypto/key.h"

struct key_choice {
	enum key_kind kind;
	unsigned int bits; /* of RSA */
};

/* "ed25519", "ecdsa" (P-256), "ecdsa:384", "rsa" (3072 bits), "rsa:4096", ..;
 * NULL: ECDSA P-256, which every peer takes. */
int keys_choose(
	const struct ctl *ctl, const char *text, struct key_choice *choice);
/* private_key_free is the caller's. */
int keys_make(const struct ctl *ctl, const struct key_choice *choice,
	struct private_key **key);

/* As PEM by one of: files_new_secret (ctl_files.h), keys_private. */
int keys_save(const struct ctl *ctl, const struct private_key *key,
	const char *path,
	int (*save)(const struct ctl *, const char *, struct bytes));
/* For its owner alone, not even the daemon. */
int keys_private(const struct ctl *ctl, const char *path, struct bytes text);

/* keygen: "psk", or the kind of a key pair. */
int ctl_keygen(struct ctl *ctl, const char *kind);

#endif

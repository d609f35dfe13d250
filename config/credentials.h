/* credentials.h - shared keys: from files, from systemd, made anew.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_CREDENTIALS_H
#define CONFIG_CREDENTIALS_H

#include "ikev2/peer.h"

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
 * for others to read, and stand in a folder that others cannot write.  One line
 * end after the key is no part of it; nothing else in it has a meaning.  If it
 * fails, error says why and hint (may end up empty) what would help. */
enum credentials_result credentials_read_psk(const char *secret,
	const char *folder, struct credentials_psk *out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT]);

enum { CREDENTIALS_NEW_PSK = 45 }; /* 44 characters and their NUL */

/* A new shared key of 256 bits, as base64 text: the text is the key. */
void credentials_new_psk(char out[CREDENTIALS_NEW_PSK]);

/* A secret into a new file, never over one that is there: mode 0600, or 0640
 * with the group of the folder if that is another than ours. */
bool credentials_write_new(
	const char *file, struct bytes text, char error[CREDENTIALS_TEXT]);
/* The same with a new shared key. */
bool credentials_write_new_psk(const char *file, char error[CREDENTIALS_TEXT]);

#endif

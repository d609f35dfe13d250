/* credentials_files.h - one file with a key or a certificate, read with care.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_CREDENTIALS_FILES_H
#define CONFIG_CREDENTIALS_FILES_H

#include "config/credentials.h"

#include <limits.h>

/* Where the reason goes, and what would help; CREDENTIALS_TEXT each. */
struct why {
	char *error, *hint;
};

void why_say(char *into, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A kind of files: which octets there may be, and who may do what. */
struct file_kind {
	bool secret;      /* others may not even read it */
	size_t max;       /* octets, and */
	size_t slack;     /* so many more that are none of it: a line's end */
	const char *make; /* a command that would make one, or NULL */
};

/* What stood in a file. */
struct file_text {
	uint8_t *at; /* owned */
	size_t len;
};

/* FILE (relative to folder, which ends in no '/') or "cred:NAME" (a file of that
 * name in $CREDENTIALS_DIRECTORY) as a path. */
enum credentials_result file_path(const char *name, const char *folder,
	char out[PATH_MAX], struct why why);

/* Read a regular file of that kind, which stands in a folder that others cannot
 * write.  After CREDENTIALS_OK file_clear gives it back. */
enum credentials_result file_read(const char *path,
	const struct file_kind *kind, struct file_text *out, struct why why);
void file_clear(struct file_text *text); /* wipes it */

/* The folder that a file stands in. */
bool file_folder(const char *path, char out[PATH_MAX]);

#endif

/* errors.h - places in configuration files, and what is wrong there.
 * SPDX-License-Identifier: ISC
 *
 * Inside config/ only: everybody else reads struct config_errors.
 */
#ifndef CONFIG_ERRORS_H
#define CONFIG_ERRORS_H

#include "config/config.h"

/* A file as it was read. */
struct source {
	char *name;
	char *text; /* valid UTF-8 as far as anybody looks, and a NUL */
	size_t len;
};

struct place {
	const struct source *source;
	unsigned int line, column; /* from 1, in characters; 0: the file */
	unsigned int width;
};

/* hint may be NULL or empty.  The same text at the same place counts once, as
 * a default that many peers share is read for each of them. */
void complain(struct config_errors *errors, struct place at, const char *hint,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
void complain_as(struct config_errors *errors, enum config_severity severity,
	struct place at, const char *hint, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* A file is read, there or not: the folder that holds it, and if it is a
 * symbolic link that of the file itself, joins errors->folders.  Without memory
 * it does not. */
void saw_file(struct config_errors *errors, const char *path);
/* The same for a folder. */
void saw_folder(struct config_errors *errors, const char *path);

/* The length of the UTF-8 character at `at`, and itself; 0 if it is none
 * (RFC 3629: no overlong forms, no surrogates). */
size_t utf8_character(const char *at, size_t left, uint32_t *out);
/* May a terminal have it?  What controls it, and what makes it show characters in
 * another order than they are in, it may not. */
bool utf8_is_shown(uint32_t c);

/* How much of a line may be shown: up to an inline secret, which goes neither to
 * logs nor to terminals. */
size_t open_part(const char *line, size_t len);

/* A hint with something in it. */
enum { HINT_SIZE = 256 };
const char *hint_text(char out[HINT_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Which of several names did they mean?  Begin with nearest_to, try each name;
 * `name` is then the nearest that is near enough, or NULL. */
struct nearest {
	const char *written;
	const char *name;
	unsigned int distance;
};

struct nearest nearest_to(const char *written);
void nearest_try(struct nearest *nearest, const char *name);
/* "did you mean 'NAME'?", or empty */
const char *nearest_hint(const struct nearest *nearest, char out[HINT_SIZE]);

#endif

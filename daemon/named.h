/* named.h - rows that are found by their name, sorted by it.
 * SPDX-License-Identifier: ISC
 *
 * A row begins with char name[MAX_NAME], and stays where it is in memory until
 * named_clear().  There are as many as the configuration has, and has had.
 */
#ifndef DAEMON_NAMED_H
#define DAEMON_NAMED_H

#include <stddef.h>

struct named {
	void **rows; /* sorted, owned */
	size_t count, size;
};

/* NULL: there is none of that name. */
void *named_find(const struct named *all, const char *name);

/* The row of that name; if there is none, it is made, of that size, with zeros
 * behind its name.  NULL without memory, or if the name is too long. */
void *named_make(struct named *all, const char *name, size_t size);

/* The i-th; NULL past the end. */
void *named_at(const struct named *all, size_t i);

/* Frees the rows; what they own, the caller has freed. */
void named_clear(struct named *all);

#endif

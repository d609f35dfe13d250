/* reading.h - a peer's maps while they are read: whose key counts.
 * SPDX-License-Identifier: ISC
 *
 * Inside config/ only.  A key counts where it stands nearest: in the child, then
 * in the peer, then in `defaults`, then what the schema says.
 */
#ifndef CONFIG_READING_H
#define CONFIG_READING_H

#include "config/schema.h"

enum { MAX_LEVELS = 3 };

/* Maps to look into, the nearest first. */
struct levels {
	const struct node *map[MAX_LEVELS];
	size_t count;
};

struct reading {
	struct levels levels;
	const struct node *own; /* the child's own map, or NULL */
	const struct node *allow_weak;
	struct place at; /* of the peer, for what stands nowhere */
	bool partial;    /* of defaults: what is not there is not missed */
	bool alone;      /* pass and drop only: there is nobody to speak to */
	struct config_errors *errors;
};

const struct node *reading_find(const struct reading *r, const char *key);

/* One setting that can be written in several places of one map: `remote_id`
 * and `remote: {id}`.  paths: pairs of outer (or NULL) and inner key. */
const struct node *reading_find_any(
	const struct reading *r, const char *const paths[][2], size_t count);

/* The maps of that key at every level. */
struct reading reading_inner(const struct reading *r, const char *key);

/* Read the value, or without one the default, into *into.  What cannot be read
 * becomes the default, so that no check complains about a value that nobody
 * wrote; false then. */
bool reading_row(const struct reading *r, const struct schema_row *row,
	const struct node *value, void *into);

#endif

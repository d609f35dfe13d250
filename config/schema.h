/* schema.h - what keys there are, and what becomes of them.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/yaml.h"

/* Which map a key stands in, and what its value is kept in. */
enum schema_scope {
	SCOPE_TOP,        /* nothing: the sections */
	SCOPE_DAEMON,     /* struct config_daemon */
	SCOPE_CONTROL,    /* struct config_daemon */
	SCOPE_PEER,       /* struct ike_peer */
	SCOPE_SIDE,       /* struct ike_side */
	SCOPE_RETRANSMIT, /* struct ike_peer */
	SCOPE_CHILD,      /* struct ike_child_policy */
	SCOPE_AUTHORITY,  /* nothing: files and URIs */
	SCHEMA_SCOPES,
};

enum schema_kind {
	KIND_BOOL,
	KIND_NUMBER,
	KIND_NUMBER_AUTO,    /* or `auto`: 0 */
	KIND_SIZE_AUTO,      /* octets, or `auto`: 0 */
	KIND_DURATION,       /* in milliseconds */
	KIND_DURATION_NEVER, /* or `never`: 0 */
	KIND_CHOICE,
	KIND_ADDRESSES, /* struct config_daemon listen */
	KIND_LOG,
	KIND_WORD,
	KIND_LOOPBACK, /* struct ike_endpoint: PORT or ADDRESS:PORT, or `off` */
	KIND_PLACES,   /* struct ike_side: its places */
	KIND_LOCAL_ID, /* struct ike_side: its identity */
	KIND_REMOTE_ID,  /* or `any`, or with a wildcard */
	KIND_AUTH,       /* methods, as bits of enum ike_auth */
	KIND_LOCAL_AUTH, /* one of them */
	KIND_SECRET,
	KIND_FILE,  /* a key or certificate */
	KIND_FILES, /* or several */
	KIND_URIS,  /* http://.., where revocation is asked for */
	KIND_IKE,   /* struct ike_proposals */
	KIND_ESP,
	KIND_SELECTORS, /* and their number at count_at */
	KIND_MARK,      /* struct ike_mark: VALUE or VALUE/MASK */
	KIND_WEAK,      /* bool: is SHA-1 among them? */
	KIND_CHILDREN,
	KIND_SECTION, /* read by who owns it: a map, or a list of files */
	KIND_LATER,   /* not supported yet by this version */
};

struct schema_choice {
	const char *word;
	int value; /* CHOICE_LATER: not supported yet */
};

enum { CHOICE_LATER = -1 };

struct schema_row {
	enum schema_scope scope;
	const char *key;
	enum schema_kind kind;
	size_t at, size, count_at; /* of what it is kept in; size 0: nowhere */
	uint64_t min, max;
	const struct schema_choice *choices;
	const char *standard; /* its default, as one would write it */
	enum ike_change on_change;
	bool shunt; /* of a child: has a meaning for pass and drop, too */
	const char *help;
};

/* The i-th row, NULL past the end. */
const struct schema_row *schema_at(size_t i);
const struct schema_row *schema_find(enum schema_scope scope, const char *key);

/* Complain about keys of a map that none of the scopes (bit 1 << scope) has,
 * and about those that come later.  `x-*` is anybody's. */
void schema_check_keys(const struct node *map, unsigned int scopes,
	struct config_errors *errors);

/* Is it a map (or nothing)?  Complains if not. */
bool schema_is_map(const struct node *value, struct config_errors *errors);

/* Put a value where its row says in *into.  allow_weak is for proposals.  False
 * with errors.  Of files and URIs only the form is looked at.  Not for
 * KIND_SECRET, KIND_CHILDREN and KIND_SECTION. */
bool schema_read(const struct schema_row *row, const struct node *value,
	const struct node *allow_weak, void *into,
	struct config_errors *errors);

/* Is the value the same in both? */
bool schema_equal(const struct schema_row *row, const void *a, const void *b);

#endif

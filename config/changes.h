/* changes.h - what a reload changes: which peers, which of their keys, and what becomes of their SAs.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_CHANGES_H
#define CONFIG_CHANGES_H

#include "config/config.h"

/* What becomes of a peer or a child, from least to most. */
enum config_effect {
	CONFIG_EFFECT_NOTHING,   /* in force at once; no SA is touched */
	CONFIG_EFFECT_REKEY,     /* in force at the next negotiation */
	CONFIG_EFFECT_REKEY_NOW, /* children are rekeyed at once */
	CONFIG_EFFECT_CHILD,     /* children anew; the IKE SA stays */
	CONFIG_EFFECT_PEER,      /* all anew */
	CONFIG_EFFECT_ADDED,     /* was not there, or disabled */
	CONFIG_EFFECT_REMOVED,   /* is not there, or disabled */
	CONFIG_EFFECT_DAEMON,    /* in force when the daemon starts next */
};

/* "nothing", "rekey", "rekey-now", "child", "peer", "added", "removed", "daemon" */
const char *config_effect_name(enum config_effect effect);

/* One peer that is not the same, each side counted; NULL: not there. */
struct config_change {
	struct ike_peer *before, *after;
	bool own_differs, trust_differs; /* by content */
};

struct config_changes {
	struct config_change *list; /* owned; in the order of the new file, then
				     * those that are removed */
	size_t count;
	size_t unchanged; /* peers that are equal in both */
	struct config_daemon before, after;
};

/* From the running configuration to the new one, by parsed values, and for files
 * by their content.  False without memory: *out is empty then. */
bool config_changes_find(const struct config *running, const struct config *new,
	struct config_changes *out);
void config_changes_clear(struct config_changes *changes);

enum { CONFIG_KEY_SIZE = 32, CONFIG_VALUE_SIZE = 1024 };

/* One key whose value differs. */
struct config_key {
	const char *child;          /* NULL: not of a child */
	char name[CONFIG_KEY_SIZE]; /* "dpd_delay", "retransmit.tries" */
	bool content; /* a secret or a file: its values are not shown */
	/* As one would write them; empty: not written */
	char before[CONFIG_VALUE_SIZE], after[CONFIG_VALUE_SIZE];
};

/* Both may be NULL for who does not want to know. */
struct config_listener {
	void (*key)(void *ctx, const struct config_key *key);
	/* Of each child that is not the same.  NOTHING, REKEY: it stays;
	 * REKEY_NOW: another replaces it, make before break; CHILD: it is
	 * closed, and made anew. */
	void (*child)(void *ctx, const char *name, enum config_effect effect);
	void *ctx;
};

/* Tells all that differs, keys in the order of the schema, a child after its
 * keys, and gives the effect on the peer: what the core does when it gets the
 * new peer. */
enum config_effect config_change_tell(const struct config_change *change,
	const struct config_listener *listener);

/* Of the section `daemon`, tells those keys that differ and are in force at once,
 * or those that have to wait for the daemon's next start: how many. */
size_t config_changes_tell_daemon(const struct config_changes *changes,
	bool at_once, const struct config_listener *listener);

#endif

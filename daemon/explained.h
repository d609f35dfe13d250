/* explained.h - why exchanges failed, the last few of each peer, for `explain`.
 * SPDX-License-Identifier: ISC
 *
 * Bounded by the configuration, whoever sends what: a few for each configured
 * peer, a few for all strangers together.  The same failure again counts on in
 * its place; what anybody can cause never takes the place of what we began
 * ourselves, nor that of another before a minute is over (N52).
 */
#ifndef DAEMON_EXPLAINED_H
#define DAEMON_EXPLAINED_H

#include "daemon/report.h"

enum {
	EXPLAINED_OURS = 4,      /* of a peer, that we began .. */
	EXPLAINED_THEIRS = 4,    /* .. and that it, or somebody, began */
	EXPLAINED_STRANGERS = 8, /* that fit no peer */
	EXPLAINED_KEPT = 8,
	EXPLAINED_HINT = 640,
	EXPLAINED_ROOM_MS = 60000,
};

struct explained;

struct explained *explained_new(void); /* NULL without memory */
void explained_free(struct explained *explained);

/* To be called with each IKE_EXPLAIN.  True: it is not one of those known
 * already, and hint is what to do about it (empty: nobody knows).  Without
 * memory it is forgotten. */
bool explained_keep(struct explained *explained,
	const struct ike_explanation *why, int64_t unix_ms,
	char hint[EXPLAINED_HINT]);

/* The i-th of a peer (NULL: of the strangers), the newest first: its record;
 * NULL past the end. */
json_t *explained_record(
	const struct explained *explained, const char *peer, size_t i);

/* The i-th peer that has any; NULL past the end. */
const char *explained_peer(const struct explained *explained, size_t i);

/* How many that strangers caused found no room. */
uint64_t explained_left_out(const struct explained *explained);

/* What to do about the failure of that text; false: it is not known. */
bool explained_hint(const struct explained *explained, const char *peer,
	const char *text, char hint[EXPLAINED_HINT]);

/* One explanation as a record, without its time. */
json_t *explained_report(const struct ike_explanation *why);

#endif

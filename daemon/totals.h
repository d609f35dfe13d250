/* totals.h - what each peer's children have carried since the daemon started.
 * SPDX-License-Identifier: ISC
 *
 * The kernel counts for as long as an SA lives.  Here the last count of each
 * child is kept, so that a peer's total never goes back when a child goes.
 */
#ifndef DAEMON_TOTALS_H
#define DAEMON_TOTALS_H

#include "ikev2/ikev2.h"

struct totals;
struct totals_peer;

/* NULL without memory. */
struct totals *totals_new(void);
void totals_free(struct totals *totals); /* NULL is fine */

/* The row of a peer, made if there is none; NULL without memory.  It lives as
 * long as totals. */
struct totals_peer *totals_of(struct totals *totals, const char *peer);

/* A child (its birth number) of that name is up: what its SAs have counted when
 * they are deleted will be told.  in: its inbound SA. */
void totals_up(struct totals *totals, const char *peer, const char *name,
	uint64_t child, struct ike_sa_ref in);
/* An SA of a child is about to be deleted, the inbound one last; false if
 * nothing is known of such a child, and its counters need not be asked for. */
bool totals_knows(const struct totals *totals, uint64_t child);
/* One of its SAs has another destination now. */
void totals_moved(struct totals *totals, uint64_t child, struct ike_sa_ref was,
	const struct ike_addr *dst);
void totals_last(struct totals *totals, uint64_t child, struct ike_sa_ref ref,
	uint64_t bytes);

/* One of its SAs has been replaced. */
void totals_rekeyed(struct totals *totals, const char *peer);

/* Between begin and end stands a count for every child that lives; a child that
 * is not among them, and whose last count nobody will tell, is gone. */
void totals_begin(struct totals_peer *peer);
void totals_count(struct totals_peer *peer, const char *name, uint64_t child,
	uint64_t in_bytes, uint64_t out_bytes);
void totals_end(struct totals_peer *peer);

uint64_t totals_in(const struct totals_peer *peer);
uint64_t totals_out(const struct totals_peer *peer);
uint64_t totals_rekeys(const struct totals_peer *peer);

/* The same by the names of children: the i-th that there ever was, and what all
 * of that name have carried.  NULL past the end. */
const char *totals_child(const struct totals_peer *peer, size_t i,
	uint64_t *in_bytes, uint64_t *out_bytes);

#endif

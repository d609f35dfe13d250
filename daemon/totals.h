/* totals.h - what each peer's children have carried since the daemon started.
 * SPDX-License-Identifier: ISC
 *
 * The kernel counts for as long as an SA lives.  Here the last known count of
 * each child is kept, so that a peer's total never goes back when a child goes:
 * only what it carried after it was last asked is missing.
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

/* Between begin and end stands a count for every child that lives (its birth
 * number); a child that is not among them is gone, and its last count stays. */
void totals_begin(struct totals_peer *peer);
void totals_count(struct totals_peer *peer, uint64_t child, uint64_t in_bytes,
	uint64_t out_bytes);
void totals_end(struct totals_peer *peer);

uint64_t totals_in(const struct totals_peer *peer);
uint64_t totals_out(const struct totals_peer *peer);

#endif

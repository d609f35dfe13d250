/* events.h - what has happened to each peer lately, for `status PEER`.
 * SPDX-License-Identifier: ISC
 *
 * Bounded by the configuration: a few for each peer that has ever been in it, so
 * that a peer with much to tell takes nothing from one that is quiet.  What
 * anybody can cause (IKE_REPORT_REFUSED) is kept apart, and takes nothing from
 * what has happened to the peer itself.
 */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

#include "ikev2/ikev2.h"

#include <jansson.h>

enum {
	EVENTS_OWN = 16,    /* of a peer .. */
	EVENTS_REFUSED = 8, /* .. and of those that claim to be it */
};

struct events;

struct events *events_new(void); /* NULL without memory */
void events_free(struct events *events);

/* To be called with each report; that of no peer is passed over.  Without memory
 * it is forgotten. */
void events_keep(struct events *events, const struct ike_report *report,
	int64_t unix_ms);

/* The records of a peer, the oldest first: an array that the caller owns. */
json_t *events_of(const struct events *events, const char *peer);

#endif

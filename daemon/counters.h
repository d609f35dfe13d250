/* counters.h - what the core and the kernel have counted: names, and the record.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include "daemon/totals.h"

#include <jansson.h>

/* "init", "auth", "child", "child-rekey", "ike-rekey", "informational", "other" */
const char *counters_exchange(enum ike_exchange exchange);
/* "malformed", "version", .. */
const char *counters_dropped(enum ike_dropped why);

/* The record `counters`: of a peer, or of the daemon (peer NULL).  totals: of
 * that peer; NULL if nobody can tell.  NULL without memory. */
json_t *counters_record(const char *peer, const struct ike_counts *counts,
	const struct totals_peer *totals);

#endif

/* survey.h - what the kernel has counted for every child, asked for in pieces.
 * SPDX-License-Identifier: ISC
 *
 * Each answer is a round trip, and there may be tens of thousands of SAs: so
 * whoever wants to know asks for some, lets the loop go on, and asks again.
 */
#ifndef DAEMON_SURVEY_H
#define DAEMON_SURVEY_H

#include "ikev2/ikev2.h"

struct daemon;
struct totals;
struct totals_peer;

/* Start with all zero.  SAs that come and go meanwhile do no harm. */
struct survey {
	uint64_t at; /* the core's cursor over SAs */
	uint64_t sa; /* whose children are asked about; 0: none */
	size_t child;
	struct totals_peer *of;
};

/* The next few, of this peer alone (NULL: of all), into totals; true when there
 * are no more. */
bool survey_step(struct survey *survey, const struct daemon *daemon,
	struct totals *totals, const char *peer);

/* Is there anything to be learned?  Not from a kernel that is none. */
bool survey_needed(const struct daemon *daemon);

#endif

/* counts.h - what has happened, counted: for the host, and for the peer if it is known.
 * SPDX-License-Identifier: ISC
 *
 * Nothing is ever decided by a count.
 */
#ifndef IKEV2_COUNTS_H
#define IKEV2_COUNTS_H

#include "ikev2/engine.h"

struct exchange;

/* We have asked, or answered; error: with that. */
void count_asked(struct ike_sa *sa, const struct exchange *row);
void count_answered(
	struct ike_sa *sa, const struct exchange *row, enum ike_error error);

/* A request has been sent again; one that we have had has come again (sa may be
 * NULL). */
void count_resent(struct ike_sa *sa);
void count_repeated(struct ike *ike, struct ike_sa *sa);

/* The datagram in hand came to nothing; sa may be NULL. */
void count_dropped(struct ike *ike, struct ike_sa *sa, enum ike_dropped why);

void count_failure(struct ike *ike, struct dial *dial, enum ike_cause cause);

/* The IKE SA, or a child of it. */
void count_rekey(const struct ike_sa *sa, bool child);
void count_rekey_failed(const struct ike_sa *sa);

#endif

/* strangers.h - IKE SAs of peers who have not proven who they are: how many, and from where.
 * SPDX-License-Identifier: ISC
 *
 * As responder.  One is half-open until its IKE_AUTH is answered.  If we refuse
 * that, it is over, and kept only to answer the same request once more: it takes
 * no place of a half-open one, so that who has tried with a wrong key may try
 * again at once.  But each has cost a key exchange, and costs memory for half a
 * minute: so there is a wider limit for those, too.
 */
#ifndef IKEV2_STRANGERS_H
#define IKEV2_STRANGERS_H

#include "ikev2/engine.h"

enum {
	/* Who has one address has its neighbours, too, or can seem to: a
	 * network may have so many SAs as so many sources. */
	SOURCES_A_NETWORK = 8,
	/* So many that were refused as may be half-open at once. */
	REFUSED_A_PLACE = 4,
};

/* They are of an address (IPv6: a /64), and of its network. */
struct strangers {
	uint64_t open[2],
		refused[2]; /* [0] of the address, [1] of the network */
};

struct strangers strangers_near(
	const struct ike *ike, const struct ike_addr *addr);

/* Does a request from there have to return a cookie?  Before half of the places
 * of an address or of its network are taken, by whomever, the others are kept
 * for who can hear us there: nobody is locked out by packets that only seem to
 * come from him. */
bool strangers_need_cookie(
	const struct ike *ike, const struct strangers *there);

/* Is there no place for the IKE_SA_INIT in hand?  Then it has been counted, and
 * told which limit it is, if that may be said now. */
bool strangers_too_many(struct ike *ike, const struct strangers *there);

/* A new one, known by the hash of its first request. */
void strangers_enter(struct ike_sa *sa, uint64_t init_hash);
/* We have refused its IKE_AUTH.  Where there are too many such the oldest of all
 * is freed. */
void strangers_refuse(struct ike_sa *sa);
/* IKE_AUTH has not come, and will not be waited for: explained, if it is a
 * peer's by its address; and the SA dies. */
void strangers_expire(struct ike_sa *sa);
/* It has proven itself, or is freed. */
void strangers_leave(struct ike_sa *sa);

#endif

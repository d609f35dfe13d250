/* resolve.h - where a peer may be reached: its places to pairs of addresses, never blocking.
 * SPDX-License-Identifier: ISC
 *
 * Names are asked for with DNS, after /etc/hosts; the source address is the one
 * that routing gives, unless the configuration names one.
 */
#ifndef DAEMON_RESOLVE_H
#define DAEMON_RESOLVE_H

#include "ikev2/ikev2.h"

struct event_base;
struct resolver;

/* From the event loop, never from within resolver_ask(). */
typedef void resolver_done(void *ctx, const struct ike_resolution *resolution);

/* Borrowed as long as the resolver lives.  The files are for tests; NULL:
 * /etc/resolv.conf and /etc/hosts. */
struct resolver_places {
	const char *resolv_conf, *hosts;
	const struct ike_addr *listen; /* where we have sockets */
	size_t listen_count;           /* 0: on every address */
};

/* NULL without memory.  base and ctx are borrowed as long as it lives; places are
 * copied, NULL: the usual, on every address. */
struct resolver *resolver_new(struct event_base *base, resolver_done *done,
	void *ctx, const struct resolver_places *places);

/* Questions under way are dropped without an answer. */
void resolver_free(struct resolver *resolver);

/* Ask for a peer's pairs, in the order of its remote places, IPv6 before IPv4
 * where a name has both.  Ranges and `any` name no address to start from, and
 * give no pair.  Copies what it needs of the peer; asked comes back with the
 * answer.  False without memory: no answer will come. */
bool resolver_ask(
	struct resolver *resolver, const struct ike_peer *peer, uint64_t asked);

/* The answer to IKE_ROUTE, at once: routing is asked, and nobody else.  The count
 * of pairs. */
size_t resolver_route(const struct resolver *resolver,
	const struct ike_route *route,
	struct ike_address_pair pairs[IKE_ROUTES]);

#endif

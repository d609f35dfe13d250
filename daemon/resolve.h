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

/* The files of DNS, for tests; NULL: /etc/resolv.conf and /etc/hosts. */
struct resolver_files {
	const char *resolv_conf, *hosts;
};

struct resolver *resolver_new(struct event_base *base, resolver_done *done,
	void *ctx, const struct resolver_files *files);

/* Questions under way are dropped without an answer. */
void resolver_free(struct resolver *resolver);

/* Ask for a peer's pairs, in the order of its remote places, IPv6 before IPv4
 * where a name has both.  Ranges and `any` name no address to start from, and
 * give no pair.  Copies what it needs of the peer. */
void resolver_ask(struct resolver *resolver, const struct ike_peer *peer);

/* The address that packets to remote leave from; among local's places if it has
 * any.  False: there is no route, or no such address here; *error is then
 * errno. */
bool resolve_source(const struct ike_side *local, const struct ike_addr *remote,
	struct ike_addr *out, int *error);

#endif

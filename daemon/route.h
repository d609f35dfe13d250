/* route.h - this host's addresses and routes: told when they change.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_ROUTE_H
#define DAEMON_ROUTE_H

#include "ikev2/ikev2.h"

struct event_base;
struct route_watch;

enum { ROUTE_MAX_ADDRESSES = 16 };

/* The addresses of this host that others may reach it at, those of loopback and
 * of one link left out: once at start, and a moment after each change of an
 * address or a route. */
typedef void route_changed(
	void *ctx, const struct ike_addr *list, size_t count);

/* listen: where we have sockets (borrowed); count 0: on every address.  NULL
 * with errno. */
struct route_watch *route_watch_new(struct event_base *base,
	const struct ike_addr *listen, size_t listen_count,
	route_changed *changed, void *ctx);
void route_watch_free(struct route_watch *watch); /* NULL is fine */

#endif

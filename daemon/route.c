/* route.c - this host's addresses and routes: told when they change (rtnetlink).
 * SPDX-License-Identifier: ISC
 *
 * What a message says is not looked at: that something has changed is enough, and
 * what is, is read afresh.  So a message that is lost costs nothing, as the next
 * one, or the overrun itself, says the same.
 */
#include "daemon/route.h"

#include "daemon/sockaddr.h"

#include <errno.h>
#include <event2/event.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	/* An address that is replaced is two changes and several of routes. */
	SETTLE_MS = 100,
	/* Where routes come and go all the time. */
	APART_MS = 1000,
	MESSAGES_A_WAKEUP = 64,
};

struct route_watch {
	const struct ike_addr *listen;
	size_t listen_count;
	route_changed *changed;
	void *ctx;
	int fd;
	struct event *readable, *settled;
	bool waiting; /* settled is armed: to tell, or to end the peace .. */
	bool peace;   /* .. that follows what was told */
	bool changes; /* something has changed meanwhile */
};

static bool listens_on(
	const struct route_watch *watch, const struct ike_addr *addr)
{
	for (size_t i = 0; i < watch->listen_count; i++) {
		if (ike_addr_equal(&watch->listen[i], addr))
			return true;
	}
	return watch->listen_count == 0;
}

/* An address that others can use; false: it is none. */
static bool read_address(const struct ifaddrs *from, struct ike_addr *out)
{
	struct ike_endpoint at;
	struct in6_addr in6;

	if (!from->ifa_addr || !(from->ifa_flags & IFF_UP) ||
		from->ifa_flags & IFF_LOOPBACK ||
		!sockaddr_read(from->ifa_addr, &at))
		return false;
	memcpy(&in6, at.addr.octets, sizeof(in6));
	*out = at.addr;
	return at.addr.family == 4 || !IN6_IS_ADDR_LINKLOCAL(&in6);
}

/* False: they cannot be read just now. */
static bool tell(struct route_watch *watch)
{
	struct ike_addr list[ROUTE_MAX_ADDRESSES];
	struct ifaddrs *all;
	size_t count = 0;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (count < ROUTE_MAX_ADDRESSES &&
			read_address(i, &list[count]) &&
			listens_on(watch, &list[count]))
			count++;
	}
	freeifaddrs(all);
	watch->changed(watch->ctx, list, count);
	return true;
}

static void arm(struct route_watch *watch, long ms)
{
	const struct timeval in = { ms / 1000, ms % 1000 * 1000 };

	watch->waiting = event_add(watch->settled, &in) == 0;
}

/* After a change a second of peace follows, in which one more is only noted. */
static void settled(evutil_socket_t fd, short what, void *ctx)
{
	struct route_watch *watch = ctx;

	(void)fd;
	(void)what;
	watch->waiting = false;
	if (watch->peace && !watch->changes) {
		watch->peace = false;
		return;
	}
	watch->peace = true;
	watch->changes = !tell(watch);
	arm(watch, APART_MS);
}

static void readable(evutil_socket_t fd, short what, void *ctx)
{
	struct route_watch *watch = ctx;
	uint8_t buffer[8192];
	bool any = false;

	(void)what;
	for (int i = 0; i < MESSAGES_A_WAKEUP; i++) {
		ssize_t len = recv(fd, buffer, sizeof(buffer), 0);

		if (len < 0 && errno != ENOBUFS && errno != EINTR)
			break;
		any = true;
	}
	watch->changes |= any;
	if (any && !watch->waiting)
		arm(watch, SETTLE_MS);
}

static int open_socket(void)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_ROUTE);
	int error;

	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&local, sizeof(local)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct route_watch *route_watch_new(struct event_base *base,
	const struct ike_addr *listen, size_t listen_count,
	route_changed *changed, void *ctx)
{
	struct route_watch *watch = calloc(1, sizeof(*watch));
	int error;

	if (!watch)
		return NULL;
	watch->listen = listen;
	watch->listen_count = listen_count;
	watch->changed = changed;
	watch->ctx = ctx;
	watch->fd = open_socket();
	if (watch->fd >= 0) {
		watch->settled = evtimer_new(base, settled, watch);
		watch->readable = event_new(
			base, watch->fd, EV_READ | EV_PERSIST, readable, watch);
	}
	if (watch->settled && watch->readable &&
		event_add(watch->readable, NULL) == 0)
		arm(watch, 0);
	if (watch->waiting)
		return watch;
	error = watch->fd < 0 ? errno : ENOMEM;
	route_watch_free(watch);
	errno = error;
	return NULL;
}

void route_watch_free(struct route_watch *watch)
{
	if (!watch)
		return;
	if (watch->readable)
		event_free(watch->readable);
	if (watch->settled)
		event_free(watch->settled);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
}

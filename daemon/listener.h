/* listener.h - a listening socket that pauses when there is nothing left to accept with.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include <stdbool.h>

struct event;
struct event_base;
struct evconnlistener;

/* Whom it has accepted: the descriptor is the callee's, and does not block. */
typedef void listener_accepted(void *ctx, int fd);

/* All zero: it listens nowhere. */
struct listener {
	struct evconnlistener *accepting;
	struct event *resume; /* after a pause */
	listener_accepted *accepted;
	void *ctx;
};

/* On fd, which is bound and does not block, and is the listener's from here on.
 * False, with errno: it is closed. */
bool listener_open(struct listener *listener, struct event_base *base, int fd,
	int backlog);
void listener_close(struct listener *listener);

#endif

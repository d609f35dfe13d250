/* listener.c - a listening socket that pauses when there is nothing left to accept with.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <unistd.h>

enum { PAUSE_S = 1 };

static void on_accept(struct evconnlistener *accepting, evutil_socket_t fd,
	struct sockaddr *from, int from_len, void *ctx)
{
	const struct listener *listener = ctx;

	(void)accepting;
	(void)from;
	(void)from_len;
	listener->accepted(listener->ctx, fd);
}

static void on_resume(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval pause = { PAUSE_S, 0 };
	struct listener *listener = ctx;

	(void)fd;
	(void)what;
	/* Without memory: later. */
	if (evconnlistener_enable(listener->accepting) < 0)
		event_add(listener->resume, &pause);
}

/* Out of descriptors: the socket would stay readable and the loop spin. */
static void on_error(struct evconnlistener *accepting, void *ctx)
{
	const struct timeval pause = { PAUSE_S, 0 };
	struct listener *listener = ctx;

	evconnlistener_disable(accepting);
	if (event_add(listener->resume, &pause) < 0)
		evconnlistener_enable(accepting);
}

bool listener_open(
	struct listener *listener, struct event_base *base, int fd, int backlog)
{
	listener->resume = evtimer_new(base, on_resume, listener);
	if (!listener->resume) {
		close(fd);
		errno = ENOMEM;
		return false;
	}
	listener->accepting = evconnlistener_new(base, on_accept, listener,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
			LEV_OPT_DISABLED,
		backlog, fd);
	if (!listener->accepting) {
		const int why = errno;

		close(fd);
		listener_close(listener);
		errno = why;
		return false;
	}
	evconnlistener_set_error_cb(listener->accepting, on_error);
	if (evconnlistener_enable(listener->accepting) == 0)
		return true;
	listener_close(listener);
	errno = ENOMEM;
	return false;
}

void listener_close(struct listener *listener)
{
	if (listener->accepting)
		evconnlistener_free(listener->accepting);
	if (listener->resume)
		event_free(listener->resume);
	listener->accepting = NULL;
	listener->resume = NULL;
}

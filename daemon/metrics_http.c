/* metrics_http.c - metrics over HTTP, on loopback.
 * SPDX-License-Identifier: ISC
 *
 * This is less than libevent's evhttp, which bounds neither how many connect nor
 * how long they take: a head is read as far as its first line and Host, the
 * answer ends with the connection, and "# EOF" tells whether it is whole.
 */
#include "daemon/metrics_http.h"

#include "daemon/daemon.h"
#include "daemon/listener.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/sockaddr.h"
#include "ikev2/identity.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { BACKLOG = 16, MAX_HOST = 64 };

struct scraper {
	struct metrics_http *http;
	struct scraper *next;
	struct bufferevent *stream;
	struct event *turn;  /* its next piece is made */
	struct event *limit; /* its time is over */
	struct metrics_walk walk;
	bool asked;   /* the answer has begun */
	bool closing; /* it ends when its output has gone */
	bool dead;    /* to be reaped */
};

struct metrics_http {
	struct daemon *daemon;
	struct totals *totals;
	struct listener listener;
	struct event *reaper;
	struct scraper *scrapers; /* the newest first */
	uint32_t ask_ms, answer_ms;
	uint16_t port;
};

/* --- What is asked for ---------------------------------------------------- */

/* A page that has let its own name lead here (DNS rebinding) says that name. */
bool metrics_http_is_here(const char *host)
{
	char name[MAX_HOST];
	struct ike_addr addr;
	const char *end = strrchr(host, ':');
	size_t len =
		end && !strchr(end, ']') ? (size_t)(end - host) : strlen(host);

	if (host[0] == '[' && len > 2 && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return strcasecmp(name, "localhost") == 0 ||
	       identity_parse_addr(name, &addr);
}

/* The value of the first Host header up to the line's end; NULL: there is none. */
static const char *host_of(const char *head, char out[MAX_HOST])
{
	const char *line = head;
	size_t len;

	while ((line = strchr(line, '\n')) != NULL) {
		line++;
		if (strncasecmp(line, "host:", 5) != 0)
			continue;
		line += 5;
		line += strspn(line, " \t");
		len = strcspn(line, " \t\r\n");
		if (len >= MAX_HOST)
			len = MAX_HOST - 1; /* none of ours */
		memcpy(out, line, len);
		out[len] = '\0';
		return out;
	}
	return NULL;
}

/* "GET /metrics HTTP/1.1" */
static int judge_line(const char *line)
{
	const size_t method = strcspn(line, " \r\n");
	const char *target = line + method + 1;
	size_t len;

	if (method == 0 || line[method] != ' ')
		return 400;
	len = strcspn(target, " \r\n");
	if (len == 0 || target[len] != ' ' ||
		strncmp(target + len, " HTTP/1.", 8) != 0)
		return 400;
	if (method != 3 || strncmp(line, "GET", 3) != 0)
		return 405;
	len = strcspn(target, " ?");
	return len == 8 && strncmp(target, "/metrics", 8) == 0 ? 200 : 404;
}

int metrics_http_judge(const char *head)
{
	char host[MAX_HOST];
	const int status = judge_line(head);
	const char *there = host_of(head, host);

	if (status != 200)
		return status;
	return there && !metrics_http_is_here(there) ? 403 : 200;
}

/* --- Scrapers ------------------------------------------------------------- */

static void scraper_free(struct scraper *scraper)
{
	if (scraper->turn)
		event_free(scraper->turn);
	if (scraper->limit)
		event_free(scraper->limit);
	if (scraper->stream)
		bufferevent_free(scraper->stream);
	free(scraper);
}

static void reap(evutil_socket_t fd, short what, void *ctx)
{
	struct metrics_http *http = ctx;
	struct scraper **at = &http->scrapers;

	(void)fd;
	(void)what;
	while (*at) {
		struct scraper *scraper = *at;

		if (!scraper->dead) {
			at = &scraper->next;
			continue;
		}
		*at = scraper->next;
		scraper_free(scraper);
	}
}

static void drop(struct scraper *scraper)
{
	if (scraper->dead)
		return;
	scraper->dead = true;
	event_del(scraper->turn);
	event_del(scraper->limit);
	bufferevent_disable(scraper->stream, EV_READ | EV_WRITE);
	event_active(scraper->http->reaper, 0, 0);
}

static struct evbuffer *output_of(const struct scraper *scraper)
{
	return bufferevent_get_output(scraper->stream);
}

static void set_limit(struct scraper *scraper, uint32_t ms)
{
	const struct timeval limit = { ms / 1000, ms % 1000 * 1000 };

	if (event_add(scraper->limit, &limit) < 0)
		drop(scraper);
}

/* As soon as the loop has seen to others. */
static void take_turn(struct scraper *scraper)
{
	const struct timeval now = { 0, 0 };

	if (event_add(scraper->turn, &now) < 0)
		drop(scraper);
}

static const char *reason_of(int status)
{
	return status == 400   ? "Bad Request"
	       : status == 403 ? "Forbidden"
	       : status == 404 ? "Not Found"
	       : status == 405 ? "Method Not Allowed"
			       : "Request Header Fields Too Large";
}

static void refuse(struct scraper *scraper, int status)
{
	const char *reason = reason_of(status);

	scraper->closing = true;
	if (evbuffer_add_printf(output_of(scraper),
		    "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\n"
		    "Content-Length: %zu\r\n%sConnection: close\r\n\r\n%s\n",
		    status, reason, strlen(reason) + 1,
		    status == 405 ? "Allow: GET\r\n" : "", reason) < 0)
		drop(scraper);
}

static void begin_answer(struct scraper *scraper)
{
	if (evbuffer_add_printf(output_of(scraper),
		    "HTTP/1.1 200 OK\r\nContent-Type: " METRICS_TYPE "\r\n"
		    "Cache-Control: no-store\r\nConnection: close\r\n\r\n") <
		0) {
		drop(scraper);
		return;
	}
	take_turn(scraper);
}

/* 0: the head has not come whole; else the status that it gets. */
static int status_of(struct evbuffer *input)
{
	char head[METRICS_HTTP_HEAD + 1];
	const size_t len = evbuffer_get_length(input);
	ssize_t got = evbuffer_copyout(input, head, METRICS_HTTP_HEAD);

	head[got > 0 ? got : 0] = '\0';
	if (got > 0 && strlen(head) < (size_t)got)
		return 400; /* a zero in it */
	if (strstr(head, "\r\n\r\n") || strstr(head, "\n\n"))
		return metrics_http_judge(head);
	return len > METRICS_HTTP_HEAD ? 431 : 0;
}

static void on_read(struct bufferevent *stream, void *ctx)
{
	struct evbuffer *input = bufferevent_get_input(stream);
	struct scraper *scraper = ctx;
	int status;

	if (scraper->dead || scraper->asked)
		return;
	status = status_of(input);
	if (status == 0)
		return;
	scraper->asked = true;
	/* What else it says is not read. */
	bufferevent_disable(stream, EV_READ);
	evbuffer_drain(input, evbuffer_get_length(input));
	set_limit(scraper, scraper->http->answer_ms);
	if (status == 200)
		begin_answer(scraper);
	else
		refuse(scraper, status);
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
	struct scraper *scraper = ctx;
	struct metrics_text text;
	enum metrics_step step;

	(void)fd;
	(void)what;
	if (scraper->dead)
		return;
	step = metrics_next(&scraper->walk, scraper->http->daemon,
		scraper->http->totals, &text);
	/* Without its end nobody takes it for the whole. */
	if (step == METRICS_STALE ||
		evbuffer_add(output_of(scraper), text.at, text.len) < 0) {
		drop(scraper);
		return;
	}
	scraper->closing = step == METRICS_END;
	if (!scraper->closing &&
		evbuffer_get_length(output_of(scraper)) < METRICS_HTTP_OUTPUT)
		take_turn(scraper);
}

/* What there was has been read. */
static void on_written(struct bufferevent *stream, void *ctx)
{
	struct scraper *scraper = ctx;

	(void)stream;
	if (scraper->closing)
		drop(scraper);
	else if (scraper->asked && !scraper->dead)
		take_turn(scraper);
}

static void on_event(struct bufferevent *stream, short what, void *ctx)
{
	struct scraper *scraper = ctx;

	(void)stream;
	(void)what;
	drop(scraper);
}

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	drop(ctx);
}

/* --- Taking them in ------------------------------------------------------- */

/* When all places are taken, who has not asked for longest makes room. */
static bool make_room(struct metrics_http *http)
{
	struct scraper *oldest = NULL;
	size_t alive = 0;

	for (struct scraper *s = http->scrapers; s; s = s->next) {
		if (s->dead)
			continue;
		alive++;
		if (!s->asked)
			oldest = s;
	}
	if (alive < METRICS_HTTP_CLIENTS)
		return true;
	if (!oldest)
		return false;
	drop(oldest);
	return true;
}

static bool scraper_start(struct scraper *scraper, int fd)
{
	struct event_base *base = scraper->http->daemon->base;

	scraper->turn = evtimer_new(base, on_turn, scraper);
	scraper->limit = evtimer_new(base, on_limit, scraper);
	if (!scraper->turn || !scraper->limit)
		return false;
	scraper->stream =
		bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!scraper->stream)
		return false;
	bufferevent_setcb(
		scraper->stream, on_read, on_written, on_event, scraper);
	/* Where that fails its time is soon over. */
	bufferevent_enable(scraper->stream, EV_READ | EV_WRITE);
	return true;
}

static void accepted(void *ctx, int fd)
{
	struct metrics_http *http = ctx;
	struct scraper *scraper =
		make_room(http) ? calloc(1, sizeof(*scraper)) : NULL;

	if (!scraper) {
		close(fd);
		return;
	}
	scraper->http = http;
	if (!scraper_start(scraper, fd)) {
		close(fd);
		scraper_free(scraper);
		return;
	}
	scraper->next = http->scrapers;
	http->scrapers = scraper;
	set_limit(scraper, http->ask_ms);
}

/* --- Opening -------------------------------------------------------------- */

/* The bound socket, or -1 and errno. */
static int bind_at(struct metrics_http *http, const struct ike_endpoint *at)
{
	struct sockaddr_storage name;
	socklen_t len = sockaddr_of(&at->addr, at->port, &name);
	struct ike_endpoint bound;
	const int on = 1, unread = METRICS_HTTP_OUTPUT;
	int fd = socket(
		name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Whom it accepts has the same: in the sandbox nothing is set. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &unread, sizeof(unread));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&name, len) < 0 ||
		getsockname(fd, (struct sockaddr *)&name, &len) < 0) {
		const int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	(void)sockaddr_read((const struct sockaddr *)&name, &bound);
	http->port = bound.port;
	return fd;
}

static bool start_listening(
	struct metrics_http *http, const struct ike_endpoint *at)
{
	struct event_base *base = http->daemon->base;
	int fd;

	http->reaper = event_new(base, -1, 0, reap, http);
	if (!http->reaper) {
		errno = ENOMEM;
		return false;
	}
	fd = bind_at(http, at);
	if (fd < 0)
		return false;
	http->listener.accepted = accepted;
	http->listener.ctx = http;
	return listener_open(&http->listener, base, fd, BACKLOG);
}

void metrics_http_set_patience(
	struct metrics_http *http, uint32_t ask_ms, uint32_t answer_ms)
{
	http->ask_ms = ask_ms;
	http->answer_ms = answer_ms;
}

struct metrics_http *metrics_http_open(struct daemon *daemon,
	struct totals *totals, const struct ike_endpoint *at,
	char error[METRICS_HTTP_TEXT])
{
	struct metrics_http *http = calloc(1, sizeof(*http));
	char addr[IKE_ADDR_SIZE];

	errno = ENOMEM;
	if (http) {
		http->daemon = daemon;
		http->totals = totals;
		metrics_http_set_patience(
			http, METRICS_HTTP_ASK_MS, METRICS_HTTP_ANSWER_MS);
		if (start_listening(http, at))
			return http;
	}
	snprintf(error, METRICS_HTTP_TEXT, "metrics at %s port %u: %s",
		ike_addr_text(&at->addr, addr), at->port, strerror(errno));
	metrics_http_close(http);
	return NULL;
}

uint16_t metrics_http_port(const struct metrics_http *http)
{
	return http->port;
}

void metrics_http_close(struct metrics_http *http)
{
	if (!http)
		return;
	while (http->scrapers) {
		struct scraper *scraper = http->scrapers;

		http->scrapers = scraper->next;
		scraper_free(scraper);
	}
	listener_close(&http->listener);
	if (http->reaper)
		event_free(http->reaper);
	free(http);
}

/* fetch.c - CRLs and OCSP answers from http servers, bounded in every way, never blocking.
 * SPDX-License-Identifier: ISC
 *
 * The name is resolved first, as in resolve.c, and each of its addresses is then
 * tried.  Libevent calls back from the midst of its own work, so what has come
 * is put aside there, and the fetch goes on in the next round of the loop.
 */
#include "daemon/fetch.h"

#include "daemon/dns.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	MAX_HOST = 253, /* of a name in DNS */
	MAX_HEAD = 8192,
	MAX_ADDRESSES = 4,
	HTTP_PORT = 80,
	OK = 200,
};

/* Where a URL leads. */
struct place {
	char host[MAX_HOST + 3];         /* an IPv6 address in brackets */
	char target[REVOCATION_URL + 1]; /* path and query */
	uint16_t port;
};

struct fetch {
	struct fetcher *fetcher; /* NULL: nobody waits any more */
	struct fetch *next;
	struct revocation_question question;
	struct place place;
	struct event *step, *limit;
	struct evdns_base *dns;
	struct evdns_getaddrinfo_request *resolving;
	char address[MAX_ADDRESSES][INET6_ADDRSTRLEN];
	size_t address_count, tried;
	struct evhttp_connection *connection;
	bool over;
	uint8_t *data;
	size_t len;
	char reason[FETCH_REASON]; /* the last thing that went wrong */
};

struct fetcher {
	struct event_base *base;
	fetcher_done *done;
	void *ctx;
	struct fetcher_options options;
	size_t active, count; /* the first so many of the list are under way */
	struct fetch *fetches;
};

/* --- The URL -------------------------------------------------------------- */

/* Spaces, controls and what is no ASCII have no place in a URL, and could end a
 * line of the request. */
static bool is_visible(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

static bool is_host(const char *host)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	const size_t len = strlen(host);

	if (len == 0 || len > MAX_HOST)
		return false;
	return host[0] == '[' ? host[len - 1] == ']'
			      : strspn(host, name) == len;
}

/* NULL, or why not. */
static const char *split(const struct evhttp_uri *uri, struct place *out)
{
	const char *scheme = evhttp_uri_get_scheme(uri);
	const char *host = evhttp_uri_get_host(uri);
	const char *path = evhttp_uri_get_path(uri);
	const char *query = evhttp_uri_get_query(uri);
	const int port = evhttp_uri_get_port(uri);
	int len;

	if (!scheme || evutil_ascii_strcasecmp(scheme, "http") != 0)
		return "only http is fetched";
	if (evhttp_uri_get_userinfo(uri))
		return "a URL with a user is not fetched";
	if (!host || !is_host(host))
		return "the URL has no proper host";
	if (port == 0 || port > UINT16_MAX)
		return "the URL has no proper port";
	out->port = port < 0 ? HTTP_PORT : (uint16_t)port;
	snprintf(out->host, sizeof(out->host), "%s", host);
	len = snprintf(out->target, sizeof(out->target), "%s%s%s",
		path && *path ? path : "/", query ? "?" : "",
		query ? query : "");
	return len < (int)sizeof(out->target) ? NULL : "the URL is too long";
}

static const char *read_url(const char *url, struct place *out)
{
	struct evhttp_uri *uri;
	const char *why;

	if (memchr(url, '\0', REVOCATION_URL) == NULL)
		return "the URL is too long";
	if (!is_visible(url))
		return "the URL holds what no URL may hold";
	uri = evhttp_uri_parse(url);
	if (!uri)
		return "it is no URL";
	why = split(uri, out);
	evhttp_uri_free(uri);
	return why;
}

/* --- One fetch ------------------------------------------------------------ */

/* Libevent's own way of saying "in the next round". */
static void go_on(struct fetch *fetch)
{
	event_active(fetch->step, EV_TIMEOUT, 1);
}

static void fetch_free(struct fetch *fetch)
{
	if (fetch->connection)
		evhttp_connection_free(fetch->connection);
	if (fetch->dns)
		evdns_base_free(fetch->dns, 0);
	if (fetch->step)
		event_free(fetch->step);
	if (fetch->limit)
		event_free(fetch->limit);
	free(fetch->data);
	free(fetch);
}

/* Evdns answers a cancelled question too, in a later round of the loop; until
 * then the fetch stays, alone. */
static void let_go(struct fetch *fetch)
{
	fetch->fetcher = NULL;
	event_del(fetch->limit);
	if (fetch->resolving)
		evdns_getaddrinfo_cancel(fetch->resolving);
	else
		fetch_free(fetch);
}

static void start_waiting(struct fetcher *fetcher)
{
	const uint32_t ms = fetcher->options.limit_ms;
	const struct timeval limit = { ms / 1000, ms % 1000 * 1000 };
	struct fetch *fetch = fetcher->fetches;

	for (size_t i = 0; i < fetcher->active && fetch; i++)
		fetch = fetch->next;
	while (fetch && fetcher->active < FETCH_ACTIVE) {
		fetcher->active++;
		event_add(fetch->limit, &limit);
		go_on(fetch);
		fetch = fetch->next;
	}
}

/* Never from within a callback of evhttp or evdns. */
static void finish(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	struct fetch **at = &fetcher->fetches;

	while (*at != fetch)
		at = &(*at)->next;
	*at = fetch->next;
	fetcher->active--;
	fetcher->count--;
	start_waiting(fetcher);
	fetcher->done(fetcher->ctx, &fetch->question,
		bytes_of(fetch->data, fetch->len),
		fetch->len > 0 ? NULL : fetch->reason);
	let_go(fetch);
}

__attribute__((format(printf, 2, 3))) static void failed(
	struct fetch *fetch, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fetch->reason, sizeof(fetch->reason), format, args);
	va_end(args);
}

static void too_late(evutil_socket_t fd, short what, void *ctx)
{
	struct fetch *fetch = ctx;

	(void)fd;
	(void)what;
	if (fetch->over) /* it has come, in this very round */
		return;
	failed(fetch, "no whole answer within %u ms",
		fetch->fetcher->options.limit_ms);
	finish(fetch);
}

/* --- The answer ----------------------------------------------------------- */

static void broken(enum evhttp_request_error error, void *ctx)
{
	struct fetch *fetch = ctx;

	switch (error) {
	case EVREQ_HTTP_TIMEOUT:
		failed(fetch, "%s does not answer",
			fetch->address[fetch->tried - 1]);
		return;
	case EVREQ_HTTP_EOF:
		failed(fetch, "the server closed the connection too early");
		return;
	case EVREQ_HTTP_INVALID_HEADER:
		failed(fetch, "the server does not speak http");
		return;
	case EVREQ_HTTP_BUFFER_ERROR:
		failed(fetch, "the connection broke");
		return;
	case EVREQ_HTTP_DATA_TOO_LONG:
		failed(fetch, "the answer is longer than %d octets",
			REVOCATION_MAX_CRL);
		fetch->over = true;
		return;
	case EVREQ_HTTP_REQUEST_CANCEL:
		return;
	}
}

static void take(struct fetch *fetch, struct evbuffer *body)
{
	const size_t len = evbuffer_get_length(body);

	if (len == 0 || len > REVOCATION_MAX_CRL) {
		failed(fetch, len == 0 ? "the answer is empty"
				       : "the answer is too long");
		return;
	}
	fetch->data = malloc(len);
	if (!fetch->data) {
		failed(fetch, "out of memory");
		return;
	}
	evbuffer_copyout(body, fetch->data, len);
	fetch->len = len;
}

static void answered(struct evhttp_request *request, void *ctx)
{
	struct fetch *fetch = ctx;
	const int code =
		request ? evhttp_request_get_response_code(request) : 0;

	if (code == OK)
		take(fetch, evhttp_request_get_input_buffer(request));
	else if (code != 0)
		failed(fetch, "the server says %d%s", code,
			code / 100 == 3 ? ", and we follow no redirect" : "");
	else if (fetch->reason[0] == '\0')
		failed(fetch, "no connection to %s port %u",
			fetch->address[fetch->tried - 1], fetch->place.port);
	fetch->over |= code != 0;
	go_on(fetch);
}

/* --- The request ---------------------------------------------------------- */

static bool write_request(
	const struct fetch *fetch, struct evhttp_request *request)
{
	struct evkeyvalq *head = evhttp_request_get_output_headers(request);
	const struct revocation_question *question = &fetch->question;
	char host[sizeof(fetch->place.host) + 8];

	snprintf(host, sizeof(host),
		fetch->place.port == HTTP_PORT ? "%s" : "%s:%u",
		fetch->place.host, fetch->place.port);
	if (evhttp_add_header(head, "Host", host) < 0 ||
		evhttp_add_header(head, "User-Agent", "ipsecd") < 0 ||
		evhttp_add_header(head, "Connection", "close") < 0)
		return false;
	if (question->body_len == 0)
		return true;
	return evhttp_add_header(
		       head, "Content-Type", "application/ocsp-request") == 0 &&
	       evbuffer_add(evhttp_request_get_output_buffer(request),
		       question->body, question->body_len) == 0;
}

/* A silent address leaves time for the next one. */
static struct timeval patience(const struct fetch *fetch)
{
	uint32_t ms = fetch->fetcher->options.limit_ms;

	if (fetch->tried + 1 < fetch->address_count)
		ms /= 3;
	return (struct timeval){ ms / 1000, ms % 1000 * 1000 };
}

static bool ask(struct fetch *fetch)
{
	const struct timeval timeout = patience(fetch);
	struct evhttp_request *request;

	if (fetch->connection)
		evhttp_connection_free(fetch->connection);
	fetch->reason[0] = '\0';
	fetch->connection = evhttp_connection_base_new(fetch->fetcher->base,
		NULL, fetch->address[fetch->tried++], fetch->place.port);
	request = evhttp_request_new(answered, fetch);
	if (!fetch->connection || !request || !write_request(fetch, request)) {
		if (request)
			evhttp_request_free(request);
		return false;
	}
	evhttp_connection_set_timeout_tv(fetch->connection, &timeout);
	evhttp_connection_set_max_headers_size(fetch->connection, MAX_HEAD);
	evhttp_connection_set_max_body_size(
		fetch->connection, REVOCATION_MAX_CRL);
	evhttp_request_set_error_cb(request, broken);
	/* The request is the connection's from here on, also if this fails. */
	return evhttp_make_request(fetch->connection, request,
		       fetch->question.body_len > 0 ? EVHTTP_REQ_POST
						    : EVHTTP_REQ_GET,
		       fetch->place.target) == 0;
}

/* --- The name ------------------------------------------------------------- */

static void add_family(
	struct fetch *fetch, const struct evutil_addrinfo *results, int family)
{
	for (; results; results = results->ai_next) {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;

		if (results->ai_family != family ||
			fetch->address_count == MAX_ADDRESSES)
			continue;
		if (family == AF_INET) {
			memcpy(&in, results->ai_addr, sizeof(in));
			evutil_inet_ntop(AF_INET, &in.sin_addr,
				fetch->address[fetch->address_count++],
				INET6_ADDRSTRLEN);
		} else {
			memcpy(&in6, results->ai_addr, sizeof(in6));
			evutil_inet_ntop(AF_INET6, &in6.sin6_addr,
				fetch->address[fetch->address_count++],
				INET6_ADDRSTRLEN);
		}
	}
}

static void resolved(int result, struct evutil_addrinfo *results, void *ctx)
{
	struct fetch *fetch = ctx;

	fetch->resolving = NULL;
	if (result == 0) {
		add_family(fetch, results, AF_INET6);
		add_family(fetch, results, AF_INET);
	} else {
		failed(fetch, "%s does not resolve: %s", fetch->place.host,
			evutil_gai_strerror(result));
	}
	if (results)
		evutil_freeaddrinfo(results);
	fetch->over = fetch->address_count == 0;
	go_on(fetch);
}

static bool open_dns(struct fetch *fetch)
{
	const struct fetcher_options *files = &fetch->fetcher->options;

	fetch->dns = dns_open(
		fetch->fetcher->base, files->resolv_conf, files->hosts);
	return fetch->dns != NULL;
}

static bool resolve(struct fetch *fetch)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	char name[sizeof(fetch->place.host)];
	struct evdns_getaddrinfo_request *request;

	if (!open_dns(fetch))
		return false;
	snprintf(name, sizeof(name), "%s",
		fetch->place.host + (fetch->place.host[0] == '['));
	name[strcspn(name, "]")] = '\0';
	/* May call resolved() at once, and gives NULL then. */
	request = evdns_getaddrinfo(
		fetch->dns, name, NULL, &hints, resolved, fetch);
	if (request)
		fetch->resolving = request;
	return true;
}

static void step(evutil_socket_t fd, short what, void *ctx)
{
	struct fetch *fetch = ctx;
	bool going = false;

	(void)fd;
	(void)what;
	if (!fetch->fetcher) {
		fetch_free(fetch);
		return;
	}
	if (!fetch->over && !fetch->dns)
		going = resolve(fetch);
	else if (!fetch->over && fetch->tried < fetch->address_count)
		going = ask(fetch);
	if (going)
		return;
	if (fetch->len == 0 && fetch->reason[0] == '\0')
		failed(fetch, "out of memory");
	finish(fetch);
}

/* --- All of them ---------------------------------------------------------- */

struct fetcher *fetcher_new(struct event_base *base, fetcher_done *done,
	void *ctx, const struct fetcher_options *options)
{
	struct fetcher *fetcher = calloc(1, sizeof(*fetcher));

	if (!fetcher)
		return NULL;
	fetcher->base = base;
	fetcher->done = done;
	fetcher->ctx = ctx;
	if (options)
		fetcher->options = *options;
	if (fetcher->options.limit_ms == 0)
		fetcher->options.limit_ms = FETCH_MS;
	return fetcher;
}

void fetcher_free(struct fetcher *fetcher)
{
	struct fetch *fetch, *next;

	if (!fetcher)
		return;
	for (fetch = fetcher->fetches; fetch; fetch = next) {
		next = fetch->next;
		let_go(fetch);
	}
	free(fetcher);
}

static struct fetch *fetch_new(
	struct fetcher *fetcher, const struct revocation_question *question)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch)
		return NULL;
	fetch->fetcher = fetcher;
	fetch->question = *question;
	fetch->step = event_new(fetcher->base, -1, 0, step, fetch);
	fetch->limit = evtimer_new(fetcher->base, too_late, fetch);
	if (fetch->step && fetch->limit)
		return fetch;
	fetch_free(fetch);
	return NULL;
}

bool fetcher_ask(struct fetcher *fetcher,
	const struct revocation_question *question, const char **reason)
{
	struct fetch **end = &fetcher->fetches, *fetch;
	struct place place;

	*reason = read_url(question->url, &place);
	if (!*reason && question->body_len > sizeof(question->body))
		*reason = "the question is too long";
	if (*reason)
		return false;
	for (; *end; end = &(*end)->next) {
		if (revocation_question_equal(&(*end)->question, question))
			return true;
	}
	*reason = "too many fetches are waiting";
	if (fetcher->count == FETCH_ACTIVE + FETCH_QUEUE)
		return false;
	*reason = "out of memory";
	fetch = fetch_new(fetcher, question);
	if (!fetch)
		return false;
	*reason = NULL;
	fetch->place = place;
	*end = fetch;
	fetcher->count++;
	start_waiting(fetcher);
	return true;
}

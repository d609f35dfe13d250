/* fetch.c - CRLs and OCSP answers from http servers, of which some are hostile.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/fetch.h"

#include "tests/suite.h"
#include "tests/temporary.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	GUARD_S = 20,
	SOON_MS = 300,    /* for those who wait in vain */
	NEVER_MS = 60000, /* for those who must not wait at all */
	LIMIT = REVOCATION_MAX_CRL,
	MAX_CLIENTS = 64,
};

/* What the server does when it has read a request. */
enum manner {
	REPLY_CLOSE, /* says what it has to say, and closes */
	REPLY_KEEP,  /* .. and does not */
	DRIP,        /* .. and then an octet at a time, for ever */
	FLOOD,       /* .. and then as much as is taken, for ever */
	SILENT,
	HANG_UP, /* closes at once */
};

struct client {
	struct bufferevent *at;
	struct event *drip;
	bool asked;
};

static struct {
	struct evconnlistener *listener;
	uint16_t port;
	enum manner manner;
	const char *reply, *more; /* more: what FLOOD repeats */
	size_t reply_len;
	struct client client[MAX_CLIENTS];
	size_t clients;
	char request[4096];
	size_t requests;
} server;

static struct event_base *base;
static struct fetcher *fetcher;
static char hosts[32], resolv_conf[32];
static int wanted;

static struct {
	int count;
	struct revocation_question question;
	size_t len;
	uint8_t head[64];
	char reason[FETCH_REASON];
	int good;
} got;

/* --- The server ----------------------------------------------------------- */

/* All that was to be said has been said. */
static void on_drained(struct bufferevent *at, void *ctx)
{
	const struct client *client = ctx;

	if (!client->asked)
		return;
	if (server.manner == REPLY_CLOSE)
		shutdown(bufferevent_getfd(at), SHUT_WR);
	for (int i = 0; server.manner == FLOOD && i < 1000; i++)
		bufferevent_write(at, server.more, strlen(server.more));
}

static void drip(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	bufferevent_write(ctx, "x", 1);
}

static void answer(struct client *client)
{
	const struct timeval often = { 0, 5000 };

	client->asked = true;
	server.requests++;
	if (server.manner == HANG_UP)
		shutdown(bufferevent_getfd(client->at), SHUT_RDWR);
	if (server.manner >= SILENT)
		return;
	if (server.reply_len > 0)
		bufferevent_write(client->at, server.reply, server.reply_len);
	else
		on_drained(client->at, client);
	if (server.manner != DRIP)
		return;
	client->drip = event_new(base, -1, EV_PERSIST, drip, client->at);
	event_add(client->drip, &often);
}

static void on_read(struct bufferevent *from, void *ctx)
{
	struct evbuffer *input = bufferevent_get_input(from);
	struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
	const size_t len = evbuffer_get_length(input);
	size_t body = 0;
	const char *at;

	if (end.pos < 0)
		return;
	ck_assert_uint_lt(len, sizeof(server.request));
	evbuffer_copyout(input, server.request, len);
	server.request[len] = '\0';
	at = strstr(server.request, "Content-Length: ");
	if (at)
		body = (size_t)atoi(at + 16);
	if (len < (size_t)end.pos + 4 + body)
		return;
	evbuffer_drain(input, len);
	answer(ctx);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
	struct sockaddr *from, int len, void *ctx)
{
	struct client *client = &server.client[server.clients++];

	(void)listener;
	(void)from;
	(void)len;
	(void)ctx;
	ck_assert_uint_le(server.clients, MAX_CLIENTS);
	client->at = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(client->at, on_read, on_drained, NULL, client);
	bufferevent_enable(client->at, EV_READ | EV_WRITE);
}

static void serve(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(&server, 0, sizeof(server));
	server.listener = evconnlistener_new_bind(base, on_accept, NULL,
		LEV_OPT_CLOSE_ON_FREE, 64, (const struct sockaddr *)&at,
		sizeof(at));
	ck_assert_ptr_nonnull(server.listener);
	ck_assert_int_eq(getsockname(evconnlistener_get_fd(server.listener),
				 (struct sockaddr *)&at, &len),
		0);
	server.port = ntohs(at.sin_port);
}

/* --- The client ----------------------------------------------------------- */

static void on_done(void *ctx, const struct revocation_question *question,
	struct bytes data, const char *reason)
{
	(void)ctx;
	got.count++;
	got.good += data.len > 0;
	got.question = *question;
	got.len = data.len;
	memset(got.head, 0, sizeof(got.head));
	if (data.len > 0)
		memcpy(got.head, data.at,
			data.len < sizeof(got.head) ? data.len
						    : sizeof(got.head));
	ck_assert((reason == NULL) == (data.len > 0));
	snprintf(got.reason, sizeof(got.reason), "%s", reason ? reason : "");
	if (got.count == wanted)
		event_base_loopbreak(base);
}

static void start_with(uint32_t limit_ms)
{
	struct fetcher_options options = { resolv_conf, hosts, limit_ms };

	memset(&got, 0, sizeof(got));
	signal(SIGPIPE, SIG_IGN); /* as in the daemon */
	/* Nobody listens at the first address. */
	temporary_file(hosts, "127.0.0.98 crl.example\n"
			      "127.0.0.1 crl.example\n");
	/* Nobody answers there. */
	temporary_file(resolv_conf, "nameserver 127.0.0.99\n"
				    "options timeout:1 attempts:1\n");
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	serve();
	fetcher = fetcher_new(base, on_done, NULL, &options);
	ck_assert_ptr_nonnull(fetcher);
}

static void stop(void)
{
	fetcher_free(fetcher);
	event_base_loop(base, EVLOOP_NONBLOCK);
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		if (server.client[i].drip)
			event_free(server.client[i].drip);
		if (server.client[i].at)
			bufferevent_free(server.client[i].at);
	}
	evconnlistener_free(server.listener);
	event_base_free(base);
	unlink(hosts);
	unlink(resolv_conf);
}

static void start(enum manner manner, const char *reply)
{
	start_with(NEVER_MS);
	server.manner = manner;
	server.reply = reply;
	server.reply_len = reply ? strlen(reply) : 0;
}

static void wait_for(int count)
{
	const struct timeval guard = { GUARD_S, 0 };

	wanted = count;
	ck_assert_int_lt(got.count, count);
	event_base_loopexit(base, &guard);
	event_base_dispatch(base);
	ck_assert_int_eq(got.count, count);
}

static struct revocation_question question_at(const char *host, int i)
{
	struct revocation_question question = { .source = TRUST_CRL };

	snprintf(question.url, sizeof(question.url), "http://%s:%u/%d.crl?a=b",
		host, server.port, i);
	return question;
}

static void ask(const struct revocation_question *question)
{
	const char *reason;

	ck_assert_msg(fetcher_ask(fetcher, question, &reason), "%s", reason);
	ck_assert_ptr_null(reason);
}

static void fetch_one(void)
{
	const struct revocation_question question = question_at("127.0.0.1", 1);

	ask(&question);
	ck_assert_int_eq(got.count, 0);
	wait_for(1);
}

static void expect_none(const char *why)
{
	ck_assert_uint_eq(got.len, 0);
	ck_assert_msg(strstr(got.reason, why) != NULL, "'%s' is not '%s'",
		got.reason, why);
}

/* --- Servers that mean well ----------------------------------------------- */

START_TEST(gets_what_is_there)
{
	char host[64];

	start(REPLY_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	fetch_one();
	ck_assert_uint_eq(got.len, 5);
	ck_assert_mem_eq(got.head, "hello", 5);
	ck_assert_int_eq(
		strncmp(server.request, "GET /1.crl?a=b HTTP/1.1\r\n", 25), 0);
	snprintf(host, sizeof(host), "\r\nHost: 127.0.0.1:%u\r\n", server.port);
	ck_assert_ptr_nonnull(strstr(server.request, host));
	ck_assert_ptr_nonnull(strstr(server.request, "Connection: close"));
	stop();
}
END_TEST

START_TEST(posts_a_request)
{
	struct revocation_question question;

	start(REPLY_KEEP, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	question = question_at("127.0.0.1", 1);
	question.source = TRUST_OCSP;
	memcpy(question.body, "question", 8);
	question.body_len = 8;
	ask(&question);
	wait_for(1);
	ck_assert_uint_eq(got.len, 2);
	ck_assert_mem_eq(&got.question.body, "question", 8);
	ck_assert_int_eq(strncmp(server.request, "POST /1.crl", 11), 0);
	ck_assert_ptr_nonnull(strstr(server.request,
		"\r\nContent-Type: application/ocsp-request\r\n"));
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nquestion"));
	stop();
}
END_TEST

/* In the ways that http knows to say where a body ends. */
START_TEST(reads_every_kind_of_body)
{
	static const struct {
		enum manner manner;
		const char *reply;
	} cases[] = {
		{ REPLY_KEEP, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
			      "\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" },
		{ REPLY_CLOSE, "HTTP/1.1 200 OK\r\n\r\nhello" },
		{ REPLY_CLOSE, "HTTP/1.0 200 OK\r\n\r\nhello" },
		{ REPLY_KEEP, "HTTP/1.1 100 Continue\r\n\r\n"
			      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
			      "hello" },
		/* What is behind it is not looked at. */
		{ REPLY_KEEP, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
			      "hello, world" },
	};

	start(cases[_i].manner, cases[_i].reply);
	fetch_one();
	ck_assert_msg(got.len == 5, "%zu octets: %s", got.len, got.reason);
	ck_assert_mem_eq(got.head, "hello", 5);
	stop();
}
END_TEST

/* By /etc/hosts; the first address is dead. */
START_TEST(tries_every_address_of_a_name)
{
	struct revocation_question question;
	char host[64];

	start(REPLY_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	question = question_at("crl.example", 1);
	ask(&question);
	wait_for(1);
	ck_assert_msg(got.len == 5, "%s", got.reason);
	snprintf(host, sizeof(host), "\r\nHost: crl.example:%u\r\n",
		server.port);
	ck_assert_ptr_nonnull(strstr(server.request, host));
	stop();
}
END_TEST

START_TEST(a_name_that_does_not_resolve)
{
	struct revocation_question question;

	start(REPLY_CLOSE, NULL);
	question = question_at("nobody.example", 1);
	ask(&question);
	wait_for(1);
	expect_none("nobody.example does not resolve");
	stop();
}
END_TEST

START_TEST(nobody_listens)
{
	struct revocation_question question;

	start(REPLY_CLOSE, NULL);
	question = question_at("127.0.0.98", 1);
	ask(&question);
	wait_for(1);
	expect_none("no connection to 127.0.0.98 port");
	stop();
}
END_TEST

/* --- Limits --------------------------------------------------------------- */

START_TEST(as_long_as_may_be_and_no_longer)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	const size_t len = sizeof(head) - 1 + LIMIT + (size_t)_i;
	char *reply = malloc(len);

	ck_assert_ptr_nonnull(reply);
	memset(reply, 'a', len);
	memcpy(reply, head, sizeof(head) - 1);
	start(REPLY_CLOSE, NULL);
	server.reply = reply;
	server.reply_len = len;
	fetch_one();
	if (_i == 0)
		ck_assert_msg(got.len == LIMIT, "%s", got.reason);
	else
		expect_none("longer than 1048576 octets");
	stop();
	free(reply);
}
END_TEST

START_TEST(an_endless_body)
{
	static const struct {
		const char *head, *more;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\n\r\n", "for ever and ever" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			"10\r\n0123456789abcdef\r\n" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n", "a" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807"
		  "\r\n\r\n",
			"a" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "7fffffffffffffff\r\n",
			"a" },
	};

	start(FLOOD, cases[_i].head);
	server.more = cases[_i].more;
	fetch_one();
	expect_none("longer than 1048576 octets");
	stop();
}
END_TEST

/* Head or lines without an end, or what is no http at all. */
START_TEST(garbage)
{
	static const struct {
		enum manner manner;
		const char *head, *more;
	} cases[] = {
		{ FLOOD, "HTTP/1.1 200 OK\r\n", "X-Header: yes\r\n" },
		{ FLOOD, "HTTP/1.1 200 ", "OK" },
		{ FLOOD, NULL, "\x01\x02\x03" },
		{ FLOOD, NULL, "\r\n" },
		{ FLOOD, "HTTP/1.1 100 Continue\r\n\r\n",
			"HTTP/1.1 100 Continue\r\n\r\n" },
		{ FLOOD, NULL, "HTTP/9.9 -200 OK\r\n" },
		{ REPLY_CLOSE, "SSH-2.0-OpenSSH_9.2\r\n", NULL },
		{ REPLY_CLOSE, "HTTP/1.1 200 OK\r\nno colon\r\n\r\nhello",
			NULL },
		{ REPLY_CLOSE,
			"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
			NULL },
		{ REPLY_CLOSE,
			"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
			NULL },
		{ REPLY_CLOSE,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
			"\r\n\r\nxyz\r\nhello",
			NULL },
		{ REPLY_CLOSE,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
			"\r\n\r\n-5\r\nhello",
			NULL },
	};

	start_with(cases[_i].manner == FLOOD ? SOON_MS : NEVER_MS);
	server.manner = cases[_i].manner;
	server.reply = cases[_i].head;
	server.reply_len = cases[_i].head ? strlen(cases[_i].head) : 0;
	server.more = cases[_i].more;
	fetch_one();
	expect_none("");
	ck_assert_str_ne(got.reason, "");
	stop();
}
END_TEST

/* Each octet comes in good time, and the whole never. */
START_TEST(a_slow_drip)
{
	static const char *const heads[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX-Header: ",
		"HTTP",
	};

	start_with(SOON_MS);
	server.manner = DRIP;
	server.reply = heads[_i];
	server.reply_len = strlen(heads[_i]);
	fetch_one();
	expect_none("no whole answer within 300 ms");
	stop();
}
END_TEST

START_TEST(silence)
{
	start_with(SOON_MS);
	server.manner = SILENT;
	fetch_one();
	expect_none("");
	ck_assert(strstr(got.reason, "no whole answer") ||
		  strstr(got.reason, "does not answer"));
	stop();
}
END_TEST

START_TEST(a_connection_that_ends_too_early)
{
	static const struct {
		enum manner manner;
		const char *reply;
	} cases[] = {
		{ HANG_UP, NULL },
		{ REPLY_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
			       "hello" },
		{ REPLY_CLOSE, "HTTP/1.1 200 OK\r\nContent-Le" },
		{ REPLY_CLOSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
			       "\r\n\r\n5\r\nhello\r\n" },
	};

	start(cases[_i].manner, cases[_i].reply);
	fetch_one();
	expect_none("");
	ck_assert_str_ne(got.reason, "");
	stop();
}
END_TEST

START_TEST(anything_but_200_is_no_answer)
{
	static const struct {
		const char *reply, *why;
	} cases[] = {
		{ "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\n"
		  "Content-Length: 5\r\n\r\nhello",
			"the server says 301, and we follow no redirect" },
		{ "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello",
			"the server says 404" },
		{ "HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\nhello",
			"the server says 500" },
		{ "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n"
		  "hello",
			"the server says 206" },
		{ "HTTP/1.1 204 No Content\r\n\r\n", "the server says 204" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
			"the answer is empty" },
	};

	start(REPLY_KEEP, cases[_i].reply);
	fetch_one();
	expect_none(cases[_i].why);
	ck_assert_uint_eq(server.requests, 1);
	stop();
}
END_TEST

/* --- Several -------------------------------------------------------------- */

START_TEST(the_same_at_once_is_one_fetch)
{
	struct revocation_question a, b, post;

	start(REPLY_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	a = question_at("127.0.0.1", 1);
	b = question_at("127.0.0.1", 2);
	post = a;
	post.body_len = 1;
	for (int i = 0; i < 5; i++)
		ask(&a);
	ask(&b);
	ask(&post);
	wait_for(3);
	ck_assert_uint_eq(server.requests, 3);
	/* And anew when the first is over. */
	ask(&a);
	wait_for(4);
	ck_assert_uint_eq(server.requests, 4);
	ck_assert_int_eq(got.good, 4);
	stop();
}
END_TEST

START_TEST(a_full_queue)
{
	struct revocation_question question;
	const char *reason;

	start(REPLY_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	for (int i = 0; i < FETCH_ACTIVE + FETCH_QUEUE; i++) {
		question = question_at("127.0.0.1", i);
		ask(&question);
	}
	question = question_at("127.0.0.1", 99);
	ck_assert(!fetcher_ask(fetcher, &question, &reason));
	ck_assert_str_eq(reason, "too many fetches are waiting");
	wait_for(FETCH_ACTIVE + FETCH_QUEUE);
	ck_assert_int_eq(got.good, FETCH_ACTIVE + FETCH_QUEUE);
	ck_assert_uint_eq(server.clients, FETCH_ACTIVE + FETCH_QUEUE);
	ask(&question);
	wait_for(FETCH_ACTIVE + FETCH_QUEUE + 1);
	stop();
}
END_TEST

START_TEST(only_so_many_at_once)
{
	struct revocation_question question;

	start_with(SOON_MS);
	server.manner = SILENT;
	for (int i = 0; i < 2 * FETCH_ACTIVE; i++) {
		question = question_at("127.0.0.1", i);
		ask(&question);
	}
	/* No place is free before the first ones are over. */
	wait_for(1);
	ck_assert_uint_le(server.clients, FETCH_ACTIVE);
	wait_for(2 * FETCH_ACTIVE);
	ck_assert_uint_eq(server.requests, 2 * FETCH_ACTIVE);
	ck_assert_int_eq(got.good, 0);
	stop();
}
END_TEST

/* At whatever point it is: asked, resolving, connected, half answered. */
START_TEST(stopping_forgets_what_is_under_way)
{
	struct revocation_question question;

	start(DRIP, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
	for (int i = 0; i < FETCH_ACTIVE + FETCH_QUEUE; i++) {
		question =
			question_at(i % 2 ? "127.0.0.1" : "nobody.example", i);
		ask(&question);
	}
	for (int i = 0; i < _i; i++)
		event_base_loop(base, EVLOOP_ONCE);
	stop();
	ck_assert_int_eq(got.good, 0);
}
END_TEST

/* --- URLs ----------------------------------------------------------------- */

START_TEST(only_plain_http_urls)
{
	static const struct {
		const char *url, *why;
	} cases[] = {
		{ "https://127.0.0.1/a", "only http is fetched" },
		{ "ldap://127.0.0.1/a", "only http is fetched" },
		{ "file:///etc/passwd", "only http is fetched" },
		{ "/etc/passwd", "only http is fetched" },
		{ "ftp://127.0.0.1/", "only http is fetched" },
		{ "gopher://127.0.0.1/", "only http is fetched" },
		{ "", "only http is fetched" },
		{ "http:///a", "the URL has no proper host" },
		{ "http:a", "the URL has no proper host" },
		{ "http://", "the URL has no proper host" },
		{ "http://user@127.0.0.1/",
			"a URL with a user is not fetched" },
		{ "http://a:b@127.0.0.1/", "a URL with a user is not fetched" },
		{ "http://127.0.0.1:0/", "the URL has no proper port" },
		{ "http://127.0.0.1:65536/", "it is no URL" },
		{ "http://127.0.0.1:-1/", "it is no URL" },
		{ "http://a%0d%0a/", "the URL has no proper host" },
		{ "http://a;b/", "the URL has no proper host" },
		{ "http://[::1/", "it is no URL" },
		{ "http://127.0.0.1/a b", "the URL holds what" },
		{ "http://127.0.0.1/a\r\nX: y", "the URL holds what" },
		{ "http://127.0.0.1/a\x7f", "the URL holds what" },
		{ "http://127.0.0.1/\xc3\xa4", "the URL holds what" },
		{ " http://127.0.0.1/", "the URL holds what" },
	};
	struct revocation_question question = { .source = TRUST_CRL };
	const char *reason;

	start(REPLY_CLOSE, NULL);
	snprintf(question.url, sizeof(question.url), "%s", cases[_i].url);
	ck_assert(!fetcher_ask(fetcher, &question, &reason));
	ck_assert_msg(strstr(reason, cases[_i].why) != NULL, "%s: '%s'",
		cases[_i].url, reason);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(got.count, 0);
	ck_assert_uint_eq(server.clients, 0);
	stop();
}
END_TEST

START_TEST(overlong_urls)
{
	struct revocation_question question = { .source = TRUST_CRL };
	const char *reason;

	start(REPLY_CLOSE, NULL);
	memset(question.url, 'a', sizeof(question.url));
	ck_assert(!fetcher_ask(fetcher, &question, &reason));
	ck_assert_str_eq(reason, "the URL is too long");
	/* A host of 254 octets. */
	memset(question.url, 0, sizeof(question.url));
	memset(question.url, 'a', 7 + 254);
	memcpy(question.url, "http://", 7);
	ck_assert(!fetcher_ask(fetcher, &question, &reason));
	ck_assert_str_eq(reason, "the URL has no proper host");
	question = question_at("127.0.0.1", 1);
	question.body_len = REVOCATION_MAX_REQUEST + 1;
	ck_assert(!fetcher_ask(fetcher, &question, &reason));
	ck_assert_str_eq(reason, "the question is too long");
	stop();
}
END_TEST

SUITE(fetch)
{
	test(gets_what_is_there);
	test(posts_a_request);
	loop_test(reads_every_kind_of_body, 5);
	test(tries_every_address_of_a_name);
	test(a_name_that_does_not_resolve);
	test(nobody_listens);
	loop_test(as_long_as_may_be_and_no_longer, 2);
	loop_test(an_endless_body, 5);
	loop_test(garbage, 12);
	loop_test(a_slow_drip, 4);
	test(silence);
	loop_test(a_connection_that_ends_too_early, 4);
	loop_test(anything_but_200_is_no_answer, 6);
	test(the_same_at_once_is_one_fetch);
	test(a_full_queue);
	test(only_so_many_at_once);
	loop_test(stopping_forgets_what_is_under_way, 12);
	loop_test(only_plain_http_urls, 23);
	test(overlong_urls);
}

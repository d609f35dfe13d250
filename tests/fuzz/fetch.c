/* fetch.c - fuzz target: what an http server says to the fetcher of CRLs and OCSP answers, and URLs of certificates.
 * SPDX-License-Identifier: ISC
 *
 * Octet 0: even, the rest is the answer of a server on the loopback interface, in
 * pieces as long as octet 1 says; odd, it is a URL, which is asked for and given
 * up again before anything is sent.
 */
#include "daemon/fetch.h"

#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOW_URL = 1, HOW_POST = 2, MAX_ROUNDS = 2000000, LIMIT_MS = 20000 };

static const struct fetcher_options options = { "/dev/null", "/dev/null",
	LIMIT_MS };

static struct event_base *base;
static int answers;

static void done(void *ctx, const struct revocation_question *question,
	struct bytes data, const char *reason)
{
	(void)ctx;
	(void)question;
	answers++;
	HOLDS((data.len == 0) == (reason != NULL));
	HOLDS(data.len <= REVOCATION_MAX_CRL);
	for (const char *at = reason; at && *at; at++)
		HOLDS(*at >= ' ' && *at < 0x7f);
}

/* --- A server --------------------------------------------------------------- */

struct server {
	int listener, client;
	uint16_t port;
	struct bytes left; /* to say */
	size_t piece;
};

static void listen_on(struct server *server)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->client = -1;
	server->listener =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	HOLDS(server->listener >= 0);
	HOLDS(bind(server->listener, (struct sockaddr *)&at, sizeof(at)) == 0);
	HOLDS(listen(server->listener, 1) == 0);
	HOLDS(getsockname(server->listener, (struct sockaddr *)&at, &len) == 0);
	server->port = ntohs(at.sin_port);
}

/* A piece a round; when all is said it says no more. */
static void serve(struct server *server)
{
	const size_t len = server->left.len < server->piece ? server->left.len
							    : server->piece;
	ssize_t sent;

	if (server->client < 0) {
		server->client =
			accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
		return;
	}
	if (server->piece == 0)
		return;
	sent = send(server->client, server->left.at, len,
		MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return;
	server->left = bytes_of(
		server->left.at + sent, server->left.len - (size_t)sent);
	if (server->left.len > 0)
		return;
	shutdown(server->client, SHUT_WR);
	server->piece = 0;
}

static void an_answer(struct bytes data, size_t piece, bool post)
{
	struct server server = { .left = data, .piece = piece };
	struct revocation_question question = { .source = TRUST_CRL };
	struct fetcher *fetcher = fetcher_new(base, done, NULL, &options);
	const char *reason;

	HOLDS(fetcher != NULL);
	listen_on(&server);
	snprintf(question.url, sizeof(question.url), "http://127.0.0.1:%u/a",
		server.port);
	if (post) {
		question.source = TRUST_OCSP;
		question.body_len = 4;
		memcpy(question.body, "body", question.body_len);
	}
	HOLDS(fetcher_ask(fetcher, &question, &reason));
	for (int i = 0; i < MAX_ROUNDS && answers == 0; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		serve(&server);
	}
	HOLDS(answers == 1);
	if (server.client >= 0)
		close(server.client);
	close(server.listener);
	fetcher_free(fetcher);
}

/* --- A URL ------------------------------------------------------------------ */

static void a_url(struct bytes text)
{
	struct revocation_question question = { .source = TRUST_CRL };
	struct fetcher *fetcher = fetcher_new(base, done, NULL, &options);
	const char *reason = NULL;

	HOLDS(fetcher != NULL);
	memcpy(question.url, text.at,
		text.len < REVOCATION_URL ? text.len : REVOCATION_URL);
	if (!fetcher_ask(fetcher, &question, &reason))
		HOLDS(reason != NULL);
	fetcher_free(fetcher);
	HOLDS(answers == 0);
}

void fuzz_fetch(const uint8_t *data, size_t size)
{
	if (size < 2)
		return;
	answers = 0;
	base = event_base_new();
	HOLDS(base != NULL);
	if (data[0] & HOW_URL)
		a_url(bytes_of(data + 1, size - 1));
	else
		an_answer(bytes_of(data + 2, size - 2),
			data[1] ? 16 * (size_t)data[1] : 1,
			(data[0] & HOW_POST) != 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
}

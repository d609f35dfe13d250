/* metrics_http.h - metrics over HTTP, on loopback.
 * SPDX-License-Identifier: ISC
 *
 * One request a connection, GET /metrics and nothing else.  Whoever has an
 * account on this machine can come here, and pages in its browsers may try to: so
 * heads, clients and their time are bounded, and a request for another host's
 * name is refused.
 */
#ifndef DAEMON_METRICS_HTTP_H
#define DAEMON_METRICS_HTTP_H

#include "ikev2/ikev2.h"

struct daemon;
struct metrics_http;
struct totals;

enum {
	METRICS_HTTP_TEXT = 256,
	METRICS_HTTP_CLIENTS = 8,        /* at once */
	METRICS_HTTP_HEAD = 8 * 1024,    /* octets of a request's head */
	METRICS_HTTP_OUTPUT = 64 * 1024, /* unread, until it goes on */
	METRICS_HTTP_ASK_MS = 5000,      /* until the request is whole */
	METRICS_HTTP_ANSWER_MS = 60000,  /* until the answer is read */
};

/* Listen there (port 0: any) on daemon->base.  NULL: error says why in words. */
struct metrics_http *metrics_http_open(struct daemon *daemon,
	struct totals *totals, const struct ike_endpoint *at,
	char error[METRICS_HTTP_TEXT]);
void metrics_http_close(struct metrics_http *http); /* NULL is fine */

/* For tests, which do not wait so long. */
void metrics_http_set_patience(
	struct metrics_http *http, uint32_t ask_ms, uint32_t answer_ms);

uint16_t metrics_http_port(const struct metrics_http *http);

/* Is this, of a Host header, one of loopback's names? */
bool metrics_http_is_here(const char *host);

/* The status that this head of a request gets: 200 or what is wrong.  head ends
 * with 0 and holds all up to the empty line. */
int metrics_http_judge(const char *head);

#endif

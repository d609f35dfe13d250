/* metrics_http.c - metrics over HTTP: what is answered, and what hostile clients cannot do.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/metrics_http.h"

#include "daemon/control.h"
#include "tests/daemon_fixture.h"
#include "tests/suite.h"
#include "tests/unit/openmetrics.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- Heads ---------------------------------------------------------------- */

#define GET "GET /metrics HTTP/1.1\r\n"

static const struct {
	const char *head;
	int status;
} heads[] = {
	{ GET "\r\n", 200 }, { "GET /metrics HTTP/1.0\n\n", 200 },
	{ "GET /metrics?x=/y HTTP/1.1\r\n\r\n", 200 },
	{ GET "Host: 127.0.0.1:9466\r\n\r\n", 200 },
	{ GET "Accept: */*\r\nHOST:\tlocalhost \r\n\r\n", 200 },
	{ GET "Host: [::1]:9466\r\n\r\n", 200 },
	{ GET "Host: evil.example\r\n\r\n", 403 },
	{ GET "Host: evil.example:9466\r\n\r\n", 403 },
	{ GET "Host: localhost.evil.example\r\n\r\n", 403 },
	{ GET "Host: 127.0.0.1.evil.example\r\n\r\n", 403 },
	{ GET "Host: \r\n\r\n", 403 },
	{ GET "Host: evil.example\r\nHost: localhost\r\n\r\n", 403 },
	{ GET "Host: "
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "\r\n\r\n",
		403 },
	{ "GET / HTTP/1.1\r\n\r\n", 404 },
	{ "GET /metric HTTP/1.1\r\n\r\n", 404 },
	{ "GET /metricsx HTTP/1.1\r\n\r\n", 404 },
	{ "GET /metrics/ HTTP/1.1\r\n\r\n", 404 },
	{ "GET /../metrics HTTP/1.1\r\n\r\n", 404 },
	{ "GET http://evil.example/metrics HTTP/1.1\r\n\r\n", 404 },
	{ "POST /metrics HTTP/1.1\r\n\r\n", 405 },
	{ "HEAD /metrics HTTP/1.1\r\n\r\n", 405 },
	{ "GETT /metrics HTTP/1.1\r\n\r\n", 405 },
	{ "get /metrics HTTP/1.1\r\n\r\n", 405 },
	{ "GET /metrics\r\n\r\n", 400 }, { "GET /metrics HTTP/2\r\n\r\n", 400 },
	{ "GET  HTTP/1.1\r\n\r\n", 400 }, { "GET\r\n\r\n", 400 },
	{ " /metrics HTTP/1.1\r\n\r\n", 400 }, { "\r\n\r\n", 400 },
	{ "\x16\x03\x01\x02\n\n", 400 }, /* TLS */
};

enum { HEADS = sizeof(heads) / sizeof(heads[0]) };

START_TEST(a_head_gets_its_status)
{
	ck_assert_int_eq(metrics_http_judge(heads[_i].head), heads[_i].status);
}
END_TEST

/* --- Over TCP ------------------------------------------------------------- */

struct scene {
	struct fixture f;
	struct metrics_http *http;
};

static void scene_open(struct scene *s, size_t peers)
{
	const struct ike_endpoint at = { { 4, { 127, 0, 0, 1 } }, 0 };
	char error[METRICS_HTTP_TEXT];

	fixture_open(&s->f, peers);
	s->http = metrics_http_open(
		&s->f.daemon, control_totals(s->f.daemon.control), &at, error);
	ck_assert_msg(s->http != NULL, "%s", error);
}

static void scene_close(struct scene *s)
{
	metrics_http_close(s->http);
	fixture_close(&s->f);
}

static int dial(const struct scene *s)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(metrics_http_port(s->http)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
		connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static const char *answer(struct scene *s, int fd)
{
	return fixture_rest(&s->f, fd);
}

static const char *get(struct scene *s, int fd)
{
	fixture_send(fd, GET "\r\n", strlen(GET "\r\n"));
	return answer(s, fd);
}

/* The whole text is there, and it is OpenMetrics. */
static void is_whole(const char *text)
{
	const char *body = strstr(text, "\r\n\r\n");
	char why[OPENMETRICS_TEXT];

	ck_assert_msg(
		strncmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0, "%.200s", text);
	ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Type: "
					   "application/openmetrics-text; "
					   "version=1.0.0; charset=utf-8\r\n"));
	ck_assert_ptr_nonnull(body);
	ck_assert_msg(!openmetrics_complaint(body + 4, why), "%s", why);
}

START_TEST(metrics_are_served)
{
	struct scene s;
	double value;
	const char *text;
	int fd;

	scene_open(&s, 3);
	for (int i = 0; i < 3; i++) {
		fd = dial(&s);
		text = get(&s, fd);
		is_whole(text);
		ck_assert(openmetrics_value(
			text, "ipsecd_peer_up{peer=\"peer-2\"}", &value));
		close(fd);
	}
	scene_close(&s);
}
END_TEST

START_TEST(a_refusal_says_why)
{
	static const char post[] = "POST /metrics HTTP/1.1\r\n\r\n";
	struct scene s;
	int fd;

	scene_open(&s, 1);
	fd = dial(&s);
	fixture_send(fd, post, strlen(post));
	ck_assert_str_eq(answer(&s, fd),
		"HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain\r\n"
		"Content-Length: 19\r\nAllow: GET\r\nConnection: close\r\n\r\n"
		"Method Not Allowed\n");
	close(fd);
	scene_close(&s);
}
END_TEST

START_TEST(n49_a_head_may_come_octet_by_octet)
{
	static const char head[] = GET "Host: localhost\r\n\r\n";
	struct scene s;
	int fd;

	scene_open(&s, 1);
	fd = dial(&s);
	for (size_t i = 0; i < strlen(head); i++) {
		fixture_send(fd, head + i, 1);
		fixture_turn(&s.f);
	}
	is_whole(answer(&s, fd));
	close(fd);
	scene_close(&s);
}
END_TEST

/* As long as the loop has something to do at once. */
static void settle(struct scene *s)
{
	for (int i = 0; i < 20; i++)
		fixture_turn(&s->f);
}

START_TEST(n49_a_head_that_does_not_end)
{
	static const char line[] = "X-Filler: 0123456789abcdef\r\n";
	struct scene s;
	int fd;

	scene_open(&s, 1);
	fd = dial(&s);
	fixture_send(fd, GET, strlen(GET));
	for (size_t sent = 0; sent <= METRICS_HTTP_HEAD; sent += strlen(line))
		fixture_send(fd, line, strlen(line));
	ck_assert_ptr_nonnull(strstr(answer(&s, fd), "HTTP/1.1 431 "));
	close(fd);
	scene_close(&s);
}
END_TEST

START_TEST(n49_zeros_are_no_head)
{
	static const char zeros[64];
	struct scene s;
	int fd;

	scene_open(&s, 1);
	fd = dial(&s);
	fixture_send(fd, zeros, sizeof(zeros));
	ck_assert_ptr_nonnull(strstr(answer(&s, fd), "HTTP/1.1 400 "));
	close(fd);
	scene_close(&s);
}
END_TEST

/* Who says nothing keeps nobody out. */
START_TEST(n49_idle_clients_make_room)
{
	int idle[100], fd;
	struct scene s;

	scene_open(&s, 1);
	for (size_t i = 0; i < 100; i++) {
		idle[i] = dial(&s);
		settle(&s);
	}
	fd = dial(&s);
	is_whole(get(&s, fd));
	close(fd);
	for (size_t i = 0; i < 100; i++)
		close(idle[i]);
	scene_close(&s);
}
END_TEST

/* Who asks and does not read has a place, but no more; then nobody else gets
 * one, until its time is over. */
START_TEST(n49_clients_that_never_read)
{
	int busy[METRICS_HTTP_CLIENTS], fd;
	struct scene s;

	scene_open(&s, 8000);
	metrics_http_set_patience(s.http, 100000, 100000);
	for (size_t i = 0; i < METRICS_HTTP_CLIENTS; i++) {
		busy[i] = dial(&s);
		fixture_send(busy[i], GET "\r\n", strlen(GET "\r\n"));
		settle(&s);
	}
	fd = dial(&s);
	ck_assert_str_eq(answer(&s, fd), "");
	close(fd);
	/* The first begins to read, and misses nothing. */
	is_whole(answer(&s, busy[0]));
	fd = dial(&s);
	fixture_send(fd, GET "\r\n", strlen(GET "\r\n"));
	is_whole(answer(&s, fd));
	close(fd);
	for (size_t i = 0; i < METRICS_HTTP_CLIENTS; i++)
		close(busy[i]);
	scene_close(&s);
}
END_TEST

/* In the middle of their question, or of its answer. */
START_TEST(n49_clients_that_leave)
{
	struct scene s;
	char some[100];
	int fd;

	scene_open(&s, 2000);
	for (size_t i = 0; i < 10 * METRICS_HTTP_CLIENTS; i++) {
		const struct linger at_once = { .l_onoff = 1 };

		fd = dial(&s);
		fixture_send(fd, GET "\r\n", strlen(GET "\r\n") - i % 3);
		settle(&s);
		if (i % 3 == 0)
			ck_assert_int_gt(
				recv(fd, some, sizeof(some), MSG_DONTWAIT), 0);
		if (i % 2)
			ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER,
						 &at_once, sizeof(at_once)),
				0);
		close(fd);
		settle(&s);
	}
	fd = dial(&s);
	is_whole(get(&s, fd));
	close(fd);
	scene_close(&s);
}
END_TEST

START_TEST(n49_time_is_limited)
{
	struct scene s;
	int slow, deaf;

	scene_open(&s, 8000);
	metrics_http_set_patience(s.http, 1, 1);
	slow = dial(&s);
	fixture_send(slow, "GET", 3);
	ck_assert_str_eq(answer(&s, slow), "");
	metrics_http_set_patience(s.http, 100000, 1);
	deaf = dial(&s);
	fixture_send(deaf, GET "\r\n", strlen(GET "\r\n"));
	settle(&s);
	ck_assert_ptr_null(strstr(answer(&s, deaf), "# EOF"));
	close(slow);
	close(deaf);
	scene_close(&s);
}
END_TEST

/* A text of two configurations would be none. */
START_TEST(a_reload_cuts_the_answer_short)
{
	struct ike_peers none = { .count = 0 };
	struct scene s;
	int fd;

	scene_open(&s, 8000);
	fd = dial(&s);
	fixture_send(fd, GET "\r\n", strlen(GET "\r\n"));
	for (int i = 0; i < 10; i++)
		event_base_loop(s.f.daemon.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	ck_assert(ike_set_peers(s.f.daemon.ike, daemon_now(), &none));
	ck_assert_ptr_nonnull(strstr(answer(&s, fd), "# TYPE"));
	ck_assert_ptr_null(strstr(s.f.text, "# EOF"));
	close(fd);
	scene_close(&s);
}
END_TEST

START_TEST(a_port_that_is_taken_is_said)
{
	struct ike_endpoint at = { { 4, { 127, 0, 0, 1 } }, 0 };
	char error[METRICS_HTTP_TEXT], expected[METRICS_HTTP_TEXT];
	struct scene s;

	scene_open(&s, 1);
	at.port = metrics_http_port(s.http);
	ck_assert_ptr_null(metrics_http_open(
		&s.f.daemon, control_totals(s.f.daemon.control), &at, error));
	snprintf(expected, sizeof(expected),
		"metrics at 127.0.0.1 port %u: Address already in use",
		at.port);
	ck_assert_str_eq(error, expected);
	scene_close(&s);
}
END_TEST

/* --- Without memory ------------------------------------------------------- */

static size_t left; /* allocations of libevent that succeed */

static void *scarce(size_t size)
{
	if (left == 0)
		return NULL;
	left--;
	return malloc(size);
}

static void *scarce_again(void *block, size_t size)
{
	if (left == 0)
		return NULL;
	left--;
	return realloc(block, size);
}

/* Whatever libevent cannot have, the client is let go or served, and the next
 * one is served. */
START_TEST(without_memory_nothing_breaks)
{
	char text[65536];
	struct scene s;
	size_t whole = 0;
	ssize_t got;
	int fd;

	scene_open(&s, 3);
	for (size_t n = 0; n < 60; n++) {
		/* A read that has no memory is tried again until then. */
		metrics_http_set_patience(s.http, 500, 100000);
		fd = dial(&s);
		fixture_send(fd, GET "\r\n", strlen(GET "\r\n"));
		left = n;
		event_set_mem_functions(scarce, scarce_again, free);
		for (int i = 0; i < 20; i++)
			fixture_turn(&s.f);
		event_set_mem_functions(NULL, NULL, NULL);
		settle(&s);
		got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
		text[got > 0 ? got : 0] = '\0';
		whole += strstr(text, "# EOF") ? 1 : 0;
		close(fd);
		metrics_http_set_patience(s.http, 100000, 100000);
		fd = dial(&s);
		is_whole(get(&s, fd));
		close(fd);
	}
	ck_assert_uint_gt(whole, 0);
	ck_assert_uint_lt(whole, 60);
	scene_close(&s);
}
END_TEST

SUITE(metrics_http)
{
	loop_test(a_head_gets_its_status, HEADS);
	test(metrics_are_served);
	test(a_refusal_says_why);
	test(n49_a_head_may_come_octet_by_octet);
	test(n49_a_head_that_does_not_end);
	test(n49_zeros_are_no_head);
	test(n49_idle_clients_make_room);
	test(n49_clients_that_never_read);
	test(n49_clients_that_leave);
	test(n49_time_is_limited);
	test(a_reload_cuts_the_answer_short);
	test(a_port_that_is_taken_is_said);
	test(without_memory_nothing_breaks);
}

/* core.c - the core alone: messages decoded, cookies, set-ups, memory, and that nothing grows.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/message.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { FEW = 10, SOME = 1000, MANY = 10000, GROUP = 20, GROUPS = 20 };
enum { SLICE = GROUP * GROUPS, MESSAGE_ID_LOW = 23 };

static const struct ike_endpoint *server_at(struct ike_endpoint *out)
{
	*out = bench_endpoint(0x0ac80001, 500);
	return out;
}

static struct ike_limits generous(void)
{
	struct ike_limits limits = ike_limits_default();

	limits.cookie_threshold = UINT32_MAX;
	limits.half_open_limit = UINT32_MAX;
	limits.half_open_per_source = UINT32_MAX;
	return limits;
}

/* The first message that an initiator sends. */
static void first_mail(const struct bench_suite *suite, struct bench_mail *out)
{
	struct ike_endpoint server, at = bench_endpoint(0x0ac80002, 500);
	struct bench_node client;

	bench_initiator(&client, suite, 1, &at, server_at(&server));
	bench_dial(&client);
	bench_must(client.mails == 1, "no IKE_SA_INIT");
	*out = client.out[0];
	bench_node_free(&client);
}

/* --- Decoding ------------------------------------------------------------- */

static void decode(void *ctx)
{
	const struct bench_mail *mail = ctx;
	struct bytes all = bytes_of(mail->data, mail->len);
	struct reader r = reader_of(all);
	struct ike_header header;
	static struct message message;

	read_skip(&r, IKE_HEADER_LEN);
	bench_must(read_header(all, &header) &&
			   message_read(&message, header.next, read_rest(&r),
				   IKE_HEADER_LEN) == IKE_OK,
		"the message does not decode");
}

static void bench_decode(void)
{
	struct bench_cost cost;
	struct bench_mail mail;

	first_mail(&bench_suites[0], &mail);
	cost = bench_measure(decode, &mail, 15, 20000);
	printf("decode: IKE_SA_INIT request of %zu octets %7.0f ns best, %.0f median\n",
		mail.len, cost.best, cost.median);
}

/* --- Cookies -------------------------------------------------------------- */

struct flood {
	struct bench_node server;
	struct bench_mail mail;
};

/* Another initiator SPI and another port each time, as in a flood. */
static void flood_one(void *ctx)
{
	struct flood *flood = ctx;

	randombytes_buf(flood->mail.data, IKE_SPI_LEN);
	flood->mail.local.port++;
	bench_receive(&flood->server, &flood->mail);
	bench_must(flood->server.mails == 1, "no cookie");
	flood->server.mails = 0;
}

static void bench_cookies(void)
{
	struct ike_limits limits = generous();
	struct flood flood;
	struct bench_cost cost;

	limits.cookie_threshold = 0;
	bench_responder(&flood.server, &bench_suites[0], &limits);
	first_mail(&bench_suites[0], &flood.mail);
	cost = bench_measure(flood_one, &flood, 15, 5000);
	printf("cookie: an answer in a flood %7.2f us best, %.2f median\n",
		cost.best / 1e3, cost.median / 1e3);
	bench_node_free(&flood.server);
}

/* --- Set-ups, memory, and growth ------------------------------------------ */

/* An initiator that stays for the whole run, for the traffic of an SA. */
struct steady {
	struct bench_node client;
	/* Its IKE_AUTH request: repeated, it gets the kept reply. */
	struct bench_mail last;
	/* The same with the next message ID: its ICV is wrong then. */
	struct bench_mail forged;
};

static void setup_with(struct bench_node *server, struct bench_node *client,
	struct bench_mail *auth)
{
	bench_dial(client);
	while (client->mails > 0) {
		struct bench_mail mail = client->out[0];

		bench_must(client->mails == 1, "more than one message");
		client->mails = 0;
		if (auth)
			*auth = mail;
		bench_receive(server, &mail);
		bench_must(server->mails == 1, "no answer");
		mail = server->out[0];
		server->mails = 0;
		bench_receive(client, &mail);
	}
	bench_must(client->up, "the child is not up");
}

/* A client comes, connects and is heard of no more; the server keeps its SA. */
static void setup_one(struct bench_node *server,
	const struct bench_suite *suite, uint32_t number)
{
	struct ike_endpoint at =
		bench_endpoint(0x0ac80002 + number, server->at.port);
	struct bench_node client;

	bench_initiator(&client, suite, number, &at, &server->at);
	setup_with(server, &client, NULL);
	bench_node_free(&client);
}

struct repeat {
	struct bench_node *server;
	const struct bench_mail *mail;
	size_t answers;
};

static void repeat_one(void *ctx)
{
	struct repeat *repeat = ctx;

	bench_receive(repeat->server, repeat->mail);
	bench_must(repeat->server->mails == repeat->answers, "wrong answer");
	repeat->server->mails = 0;
}

static void idle_one(void *ctx)
{
	struct bench_node *server = ctx;

	bench_tick(server, server->now_ms);
}

/* What packets cost while so many SAs are there. */
static void packets(struct bench_node *server, struct steady *steady, int sas)
{
	struct repeat again = { server, &steady->last, 1 };
	struct repeat forged = { server, &steady->forged, 0 };
	struct bench_cost repeated, refused, idle;

	repeated = bench_measure(repeat_one, &again, 15, 2000);
	refused = bench_measure(repeat_one, &forged, 15, 2000);
	idle = bench_measure(idle_one, server, 15, 2000);
	printf("at %5d SAs: repeated request %5.2f us, forged %5.2f us, tick %5.2f us\n",
		sas, repeated.best / 1e3, refused.best / 1e3, idle.best / 1e3);
}

struct growth {
	struct bench_node server;
	const struct bench_suite *suite;
	struct bench_crypto *crypto;
	uint32_t made;    /* set-ups so far */
	uint32_t weighed; /* of them, how many the heap was looked at for */
};

static void grow_open(struct growth *g, const struct bench_suite *suite)
{
	const struct ike_limits limits = generous();

	*g = (struct growth){ .suite = suite,
		.crypto = bench_crypto_open(suite) };
	bench_responder(&g->server, suite, &limits);
}

static void grow_close(struct growth *g)
{
	bench_crypto_close(g->crypto);
	bench_node_free(&g->server);
}

static void keep_best(double *best, double ns)
{
	if (*best == 0 || ns < *best)
		*best = ns;
}

/* A SLICE of set-ups, and in turn with them as many times the cryptography
 * alone: whatever else the machine does, both have their share of it. */
static void time_slice(struct growth *g)
{
	double core = 0, alone = 0;

	for (int group = 0; group < GROUPS; group++) {
		double begin = bench_cpu_ns();

		for (int i = 0; i < GROUP; i++)
			bench_crypto_one(g->crypto);
		keep_best(&alone, (bench_cpu_ns() - begin) / GROUP);
		g->server.ns = 0;
		for (int i = 0; i < GROUP; i++)
			setup_one(&g->server, g->suite, g->made++);
		keep_best(&core, g->server.ns / GROUP);
	}
	printf("set-up: %-8s %7.1f us, cryptography alone %7.1f us, at %u SAs\n",
		g->suite->name, core / 1e3, alone / 1e3, g->made);
}

/* Set-ups up to so many: all but the last SLICE for the heap, those for the
 * clock. */
static void grow(struct growth *g, uint32_t sas)
{
	for (g->server.count_heap = true; g->made + SLICE < sas; g->weighed++)
		setup_one(&g->server, g->suite, g->made++);
	g->server.count_heap = false;
	time_slice(g);
	if (g->weighed > 0)
		printf("memory: %.2f KiB of heap per IKE SA with a child, at %u\n",
			(double)g->server.heap / g->weighed / 1024, g->made);
}

static void bench_growth(void)
{
	struct ike_endpoint at = bench_endpoint(0x0ac80002, 500);
	struct steady steady;
	struct growth g;

	grow_open(&g, &bench_suites[0]);
	bench_initiator(&steady.client, g.suite, g.made++, &at, &g.server.at);
	setup_with(&g.server, &steady.client, &steady.last);
	steady.forged = steady.last;
	steady.forged.data[MESSAGE_ID_LOW] = 2;
	while (g.made < FEW)
		setup_one(&g.server, g.suite, g.made++);
	packets(&g.server, &steady, FEW);
	grow(&g, FEW + SLICE);
	grow(&g, SOME);
	grow(&g, MANY);
	packets(&g.server, &steady, MANY);
	bench_node_free(&steady.client);
	grow_close(&g);
}

static void bench_others(void)
{
	for (int i = 1; i < BENCH_SUITES; i++) {
		struct growth g;

		grow_open(&g, &bench_suites[i]);
		grow(&g, SLICE);
		grow_close(&g);
	}
}

void bench_core(void)
{
	bench_decode();
	bench_cookies();
	bench_growth();
	bench_others();
}

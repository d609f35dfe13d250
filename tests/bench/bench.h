/* bench.h - what the parts of the bench share: suites, the CPU's clock, rounds.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include "ikev2/ikev2.h"

/* The three suites that are measured, each named by its key exchange. */
struct bench_suite {
	const char *name;
	const char *encr, *integ, *prf, *ke;
};

enum { BENCH_SUITES = 3 };

extern const struct bench_suite bench_suites[BENCH_SUITES];

struct suite bench_ike_suite(const struct bench_suite *from);
struct suite bench_esp_suite(const struct bench_suite *from);
const struct bench_suite *bench_suite_named(const char *name);
const struct transform *bench_row(const char *name);

/* CPU time of this process in nanoseconds. */
double bench_cpu_ns(void);

/* Nanoseconds of CPU that one call of work(ctx) takes: the best round and the
 * one in the middle.  On a machine with other work best is what compares. */
struct bench_cost {
	double best, median;
};

struct bench_cost bench_measure(
	void (*work)(void *ctx), void *ctx, int rounds, int calls);

/* Stop with a message: a bench that fails has measured nothing. */
void bench_die(const char *what) __attribute__((noreturn));
void bench_must(bool done, const char *what);

void bench_random(void *ctx, uint8_t *out, size_t len);

/* --- The parts: each prints its lines ------------------------------------- */

/* Decoding, cookies, set-ups beside their cryptography alone, memory, cost by
 * the number of SAs. */
void bench_core(void);
/* alone SUITE: nanoseconds of the cryptography of one set-up. */
int bench_alone(int argc, char **argv);
/* load SUITE FIRST COUNT SERVER CLIENTS: set-ups over UDP with an ipsecd, from
 * so many addresses in 10.200.0.0/16 at once. */
int bench_load(int argc, char **argv);
/* flood COUNT SERVER: requests that are answered with cookies at best. */
int bench_flood(int argc, char **argv);
/* spoof COUNT SERVER A_SECOND: requests that seem to come from anywhere in
 * 10.201.0.0/16; 0: as fast as can be. */
int bench_spoof(int argc, char **argv);
/* asked SOCKET REQUEST: how long an ipsecd takes for the answer, and how long
 * somebody else has to wait meanwhile. */
int bench_asked(int argc, char **argv);

/* --- crypto.c: the cryptography of one set-up as responder ---------------- */

struct bench_crypto;

struct bench_crypto *bench_crypto_open(const struct bench_suite *suite);
void bench_crypto_one(void *bench_crypto);
void bench_crypto_close(struct bench_crypto *bench_crypto);

/* --- nodes.c: a responder and its initiators in one process --------------- */

enum { MAX_MAIL = 8, MAX_MAIL_LEN = 4096 };

struct bench_mail {
	struct ike_endpoint local, remote;
	size_t len;
	uint8_t data[MAX_MAIL_LEN];
};

struct bench_node {
	struct ike *ike;
	struct ike_peers peers;
	struct ike_endpoint at;
	struct ike_endpoint other; /* whom an initiator talks to */
	struct bench_mail out[MAX_MAIL];
	size_t mails;
	uint64_t now_ms;
	bool up;        /* an initiator's child is there */
	double ns;      /* CPU that its calls took */
	long long heap; /* octets that its calls left allocated */
	bool count_heap;
};

/* A gateway that lets in whoever is called *.bench and has the key. */
void bench_responder(struct bench_node *node, const struct bench_suite *suite,
	const struct ike_limits *limits);
/* Client number i, which wants a tunnel for an address of its own. */
void bench_initiator(struct bench_node *node, const struct bench_suite *suite,
	uint32_t number, const struct ike_endpoint *at,
	const struct ike_endpoint *server);
void bench_node_free(struct bench_node *node);

/* Begin to connect: mail waits. */
void bench_dial(struct bench_node *node);
void bench_receive(struct bench_node *node, const struct bench_mail *mail);
void bench_tick(struct bench_node *node, uint64_t now_ms);
/* Mail to and fro until there is none. */
void bench_exchange(struct bench_node *a, struct bench_node *b);

struct ike_endpoint bench_endpoint(uint32_t ipv4, uint16_t port);

#endif

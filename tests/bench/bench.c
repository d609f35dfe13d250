/* bench.c - the figures of the README.
 * SPDX-License-Identifier: ISC
 *
 *	bench			what needs no second process
 *	bench alone ..		the cryptography of a set-up alone
 *	bench load ..		a client for an ipsecd that is measured from outside
 *	bench flood ..		a flood for one
 *	bench asked ..		a client of its control socket
 *
 * scripts/bench runs all of it.
 */
#include "tests/bench/bench.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_ROUNDS = 64 };

const struct bench_suite bench_suites[BENCH_SUITES] = {
	{ "x25519", "chacha20poly1305", NULL, "prfsha256", "x25519" },
	{ "modp2048", "aes256", "sha256", "prfsha256", "modp2048" },
	{ "ecp256", "aes256gcm16", NULL, "prfsha256", "ecp256" },
};

void bench_die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(EXIT_FAILURE);
}

void bench_must(bool done, const char *what)
{
	if (!done)
		bench_die(what);
}

void bench_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len);
}

const struct bench_suite *bench_suite_named(const char *name)
{
	for (int i = 0; i < BENCH_SUITES; i++) {
		if (strcmp(bench_suites[i].name, name) == 0)
			return &bench_suites[i];
	}
	bench_die("no such suite");
}

const struct transform *bench_row(const char *name)
{
	return name ? transform_named(bytes_of(name, strlen(name))) : NULL;
}

struct suite bench_ike_suite(const struct bench_suite *from)
{
	return (struct suite){
		.encr = bench_row(from->encr),
		.integ = bench_row(from->integ),
		.prf = bench_row(from->prf),
		.ke = bench_row(from->ke),
	};
}

struct suite bench_esp_suite(const struct bench_suite *from)
{
	return (struct suite){
		.encr = bench_row(from->encr),
		.integ = bench_row(from->integ),
		.esn = bench_row("esn"),
	};
}

double bench_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct bench_cost bench_measure(
	void (*work)(void *ctx), void *ctx, int rounds, int calls)
{
	double took[MAX_ROUNDS];

	if (rounds > MAX_ROUNDS)
		rounds = MAX_ROUNDS;
	for (int i = 0; i < rounds; i++) {
		double begin = bench_cpu_ns();

		for (int j = 0; j < calls; j++)
			work(ctx);
		took[i] = (bench_cpu_ns() - begin) / calls;
	}
	qsort(took, (size_t)rounds, sizeof(took[0]), by_size);
	return (struct bench_cost){ took[0], took[rounds / 2] };
}

int main(int argc, char **argv)
{
	const char *part = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_must(sodium_init() >= 0, "libsodium does not start");
	if (strcmp(part, "load") == 0)
		return bench_load(argc - 2, argv + 2);
	if (strcmp(part, "flood") == 0)
		return bench_flood(argc - 2, argv + 2);
	if (strcmp(part, "spoof") == 0)
		return bench_spoof(argc - 2, argv + 2);
	if (strcmp(part, "asked") == 0)
		return bench_asked(argc - 2, argv + 2);
	if (strcmp(part, "alone") == 0)
		return bench_alone(argc - 2, argv + 2);
	bench_must(argc == 1,
		"usage: bench [alone .. | load .. | flood .. | asked ..]");
	bench_core();
	return EXIT_SUCCESS;
}

/* test_swarm.c - the simulator in small: some seeds, seeds that once failed, and proofs that the oracle sees.
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"

#include <stdlib.h>

enum { SEEDS = 40, TWICE = 7 };

static void run_seed(uint64_t seed)
{
	struct sim *sim = sim_new(seed);

	ck_assert_ptr_nonnull(sim);
	scenario_run(sim);
	ck_assert_msg(!sim->failed, "%s (make sim SEED=%llu SEEDS=1)",
		sim->failure, (unsigned long long)seed);
	sim_free(sim);
}

START_TEST(first_seeds)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_seed(seed);
}
END_TEST

/* One seed a line; what stands after it says what it found. */
START_TEST(seeds_that_once_failed)
{
	FILE *file = fopen("tests/sim/regress.txt", "r");
	char line[256];

	ck_assert_msg(file != NULL,
		"tests/sim/regress.txt: run me from the top of the tree");
	while (fgets(line, sizeof(line), file)) {
		uint64_t seed = strtoull(line, NULL, 10);

		if (seed != 0)
			run_seed(seed);
	}
	fclose(file);
}
END_TEST

static char *traced(uint64_t seed, uint64_t *hash)
{
	struct sim *sim = sim_new(seed);
	char *text;

	ck_assert_ptr_nonnull(sim);
	trace_start(sim, NULL);
	scenario_run(sim);
	*hash = trace_hash(sim);
	text = strdup(trace_text(sim));
	ck_assert_ptr_nonnull(text);
	sim_free(sim);
	return text;
}

/* The hash is for comparing what different compilers made. */
START_TEST(one_seed_twice_is_the_same)
{
	uint64_t first, second;
	char *a = traced(TWICE, &first), *b = traced(TWICE, &second);

	ck_assert_uint_gt(strlen(a), 1000);
	ck_assert_str_eq(a, b);
	ck_assert_uint_eq(first, second);
	printf("sim: trace of seed %d: %016llx\n", TWICE,
		(unsigned long long)first);
	free(a);
	free(b);
}
END_TEST

START_TEST(another_seed_differs)
{
	uint64_t first, second;
	char *a = traced(TWICE, &first), *b = traced(TWICE + 1, &second);

	ck_assert_str_ne(a, b);
	ck_assert_uint_ne(first, second);
	free(a);
	free(b);
}
END_TEST

/* --- The oracle sees ------------------------------------------------------ */

/* Two hosts with a tunnel that is up. */
static struct sim *connected(enum ike_start start)
{
	struct sim *sim = sim_new(1);
	struct sim_link *link;

	ck_assert_ptr_nonnull(sim);
	sim->calm = true;
	sim_add_host(sim);
	sim_add_host(sim);
	link = sim_add_link(sim, 0, 1);
	link->child[0].start[0] = start;
	sim_start_both(sim);
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 10000);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert_uint_eq(sim->host[0].kernel.sads, 2);
	ck_assert_uint_eq(sim->host[1].kernel.sads, 2);
	return sim;
}

static void ck_sees(struct sim *sim, const char *invariant)
{
	ck_assert_msg(sim->failed, "nothing seen");
	ck_assert_msg(strncmp(sim->failure, invariant, strlen(invariant)) == 0,
		"%s", sim->failure);
	sim_free(sim);
}

START_TEST(oracle_is_content)
{
	struct sim *sim = connected(IKE_START_NOW);

	oracle_converged(sim);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	sim_free(sim);
}
END_TEST

START_TEST(oracle_sees_an_sa_that_is_gone)
{
	struct sim *sim = connected(IKE_START_NOW);

	sim->host[1].kernel.sads = 0;
	oracle_after(sim, &sim->host[1]);
	ck_sees(sim, "agreement");
}
END_TEST

START_TEST(oracle_sees_an_sa_that_nobody_knows)
{
	struct sim *sim = connected(IKE_START_NOW);
	struct sim_kernel *kernel = &sim->host[1].kernel;

	kernel->sad[kernel->sads] = kernel->sad[0];
	kernel->sad[kernel->sads].child += 1000;
	kernel->sad[kernel->sads++].sa.ref.spi++;
	oracle_after(sim, &sim->host[1]);
	ck_sees(sim, "agreement");
}
END_TEST

START_TEST(oracle_sees_a_black_hole)
{
	struct sim *sim = connected(IKE_START_NOW);

	sim->host[1].kernel.sads = 0;
	oracle_time(sim);
	sim->now.mono_ms += 10000;
	oracle_time(sim);
	ck_sees(sim, "black hole");
}
END_TEST

START_TEST(oracle_sees_a_leak)
{
	struct sim *sim = connected(IKE_START_NOW);

	sim->host[0].kernel.spds = 0;
	oracle_after(sim, &sim->host[0]);
	ck_sees(sim, "leak");
}
END_TEST

START_TEST(oracle_sees_other_keys)
{
	struct sim *sim = connected(IKE_START_NOW);
	struct sim_kernel *kernel = &sim->host[1].kernel;

	for (size_t i = 0; i < kernel->sads; i++)
		kernel->sad[i].sa.encr_key.data[0] ^= 1;
	oracle_converged(sim);
	ck_sees(sim, "agreement");
}
END_TEST

static void sends(struct sim *sim, uint8_t octet)
{
	uint8_t message[64] = { [16] = PAYLOAD_SK, [18] = INFORMATIONAL };
	struct ike_effect e = { .kind = IKE_SEND, .sa = 1 };

	message[60] = octet;
	e.send.local = (struct ike_endpoint){ sim->host[0].addr[0], 500 };
	e.send.remote = (struct ike_endpoint){ sim->host[1].addr[0], 500 };
	e.send.data = bytes_of(message, sizeof(message));
	oracle_send(sim, &sim->host[0], &e);
}

START_TEST(oracle_sees_an_iv_twice)
{
	struct sim *sim = connected(IKE_START_NOW);

	sends(sim, 1);
	sends(sim, 1); /* a retransmission may */
	ck_assert(!sim->failed);
	sends(sim, 2);
	ck_sees(sim, "nonces");
}
END_TEST

START_TEST(oracle_sees_a_child_too_few)
{
	struct sim *sim = connected(IKE_START_WAIT);

	sim_down(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 60000);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	oracle_converged(sim);
	ck_sees(sim, "convergence");
}
END_TEST

START_TEST(oracle_sees_noise_after_silence)
{
	struct sim *sim = connected(IKE_START_NOW);

	oracle_silent(sim);
	ck_sees(sim, "silence");
}
END_TEST

SUITE(swarm)
{
	test(first_seeds);
	test(seeds_that_once_failed);
	test(one_seed_twice_is_the_same);
	test(another_seed_differs);
	test(oracle_is_content);
	test(oracle_sees_an_sa_that_is_gone);
	test(oracle_sees_an_sa_that_nobody_knows);
	test(oracle_sees_a_black_hole);
	test(oracle_sees_a_leak);
	test(oracle_sees_other_keys);
	test(oracle_sees_an_iv_twice);
	test(oracle_sees_a_child_too_few);
	test(oracle_sees_noise_after_silence);
}

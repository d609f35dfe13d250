/* swarm.c - main of `make sim`: many seeds on all cores, the first failure told so that it can be repeated.
 * SPDX-License-Identifier: ISC
 *
 * sim SEED SEEDS	runs the seeds SEED .. SEED + SEEDS - 1
 * sim SEED 1 -v	runs one and prints its trace as it happens
 * sim SEED 1 -p	runs one, prints its trace and writes its capture, as for one
 *			that fails: sim-SEED.pcap, and sim-SEED.wireshark, which
 *			opens it decrypted
 * sim SEED SEEDS -t	prints a hash of each trace: builds of two compilers agree
 * sim collisions	plays all cases of all stories of collisions.c
 * sim collisions NAME [ROLE ORDER NTH LATE_MS]	.. of one, or one case and its trace
 *
 * A worker is a process, so that a crash or a loop is a failure with a seed like
 * any other.  What a failing seed did is run again, with its trace, in a process
 * of its own.
 */
#include "tests/sim/sim.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_WORKERS = 64,
	SECONDS_A_SEED =
		60, /* of CPU: a loop without end, not a slow machine */
	LAST_LINES = 40,
};

/* Shared with the workers. */
struct work {
	uint64_t seed; /* that it is at; 0: none */
	uint64_t done, steps;
	bool failed;
	char failure[512];
};

struct board {
	volatile sig_atomic_t stop;
	struct work work[MAX_WORKERS];
};

static void limit_cpu(int seconds)
{
	const struct itimerval limit = { .it_value = { seconds, 0 } };

	setitimer(ITIMER_PROF, &limit, NULL); /* SIGPROF ends the process */
}

static void work_through(struct board *board, unsigned me, uint64_t from,
	uint64_t end, unsigned by)
{
	struct work *work = &board->work[me];

	for (uint64_t seed = from; seed < end && !board->stop; seed += by) {
		struct sim *sim;

		work->seed = seed;
		limit_cpu(SECONDS_A_SEED);
		sim = sim_new(seed);
		if (!sim)
			_exit(1);
		scenario_run(sim);
		work->steps += sim->steps;
		if (sim->failed) {
			memcpy(work->failure, sim->failure,
				sizeof(work->failure));
			work->failed = true;
			board->stop = 1;
			_exit(0);
		}
		sim_free(sim);
		work->done++;
	}
	work->seed = 0;
	_exit(0);
}

/* --- A failure ------------------------------------------------------------ */

static void print_tail(FILE *file)
{
	char line[1100];
	long lines = 0, n = 0;

	rewind(file);
	while (fgets(line, sizeof(line), file))
		lines++;
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (n++ >= lines - LAST_LINES)
			fputs(line, stdout);
	}
}

/* Its capture. */
enum keep {
	KEEP_NOT,
	KEEP_FAILED,
	KEEP_ALWAYS,
};

/* In a process of its own: it may crash again. */
static void run_traced(uint64_t seed, FILE *to, enum keep keep)
{
	pid_t pid = fork();
	struct sim *sim;
	char name[64];

	if (pid != 0) {
		if (pid > 0)
			waitpid(pid, NULL, 0);
		return;
	}
	limit_cpu(SECONDS_A_SEED);
	sim = sim_new(seed);
	if (!sim)
		_exit(1);
	trace_start(sim, to);
	scenario_run(sim);
	snprintf(name, sizeof(name), "sim-%llu", (unsigned long long)seed);
	if (keep == KEEP_ALWAYS || (keep == KEEP_FAILED && sim->failed))
		(void)trace_pcap(sim, name, to);
	fflush(to);
	_exit(sim->failed ? 1 : 0);
}

static void tell(uint64_t seed, const char *what, enum keep keep)
{
	FILE *file = tmpfile();

	printf("\n");
	if (file) {
		fflush(stdout);
		run_traced(seed, file, keep);
		print_tail(file);
		fclose(file);
	}
	printf("\nFAILED %s\nmake sim SEED=%llu SEEDS=1\n", what,
		(unsigned long long)seed);
}

/* --- The workers ---------------------------------------------------------- */

static uint64_t sum_done(const struct board *board, unsigned workers)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < workers; i++)
		done += board->work[i].done;
	return done;
}

static void collect(struct board *board, unsigned workers, uint64_t seeds)
{
	uint64_t told = 0, done;

	for (unsigned left = workers; left > 0;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid > 0) {
			left--;
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
				board->stop = 1;
			continue;
		}
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
		done = sum_done(board, workers);
		if (seeds >= 1000 && done * 10 / seeds > told) {
			told = done * 10 / seeds;
			printf("sim: %llu of %llu seeds\n",
				(unsigned long long)done,
				(unsigned long long)seeds);
			fflush(stdout);
		}
	}
}

/* The lowest seed that failed; a worker that ends well is at none. */
static const struct work *worst(const struct board *board, unsigned workers)
{
	const struct work *first = NULL;

	for (unsigned i = 0; i < workers; i++) {
		const struct work *work = &board->work[i];

		if (work->seed != 0 && (!first || work->seed < first->seed))
			first = work;
	}
	return first;
}

static struct board *board_new(void)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return board == MAP_FAILED ? NULL : board;
}

static int run_all(uint64_t seed, uint64_t seeds)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned workers = cores < 1             ? 1
			   : cores > MAX_WORKERS ? MAX_WORKERS
						 : (unsigned)cores;
	struct board *board = board_new();
	const struct work *bad;
	time_t begun = time(NULL);

	if (!board)
		return EXIT_FAILURE;
	if (workers > seeds)
		workers = (unsigned)seeds;
	for (unsigned i = 0; i < workers; i++) {
		if (fork() == 0)
			work_through(board, i, seed + i, seed + seeds, workers);
	}
	collect(board, workers, seeds);
	bad = worst(board, workers);
	if (!bad) {
		uint64_t steps = 0;

		for (unsigned i = 0; i < workers; i++)
			steps += board->work[i].steps;
		printf("sim: %llu seeds, %llu steps, no violation, %lld s\n",
			(unsigned long long)sum_done(board, workers),
			(unsigned long long)steps,
			(long long)(time(NULL) - begun));
		return EXIT_SUCCESS;
	}
	tell(bad->seed,
		bad->failed ? bad->failure : "a crash, or a loop without end",
		seeds == 1 ? KEEP_FAILED : KEEP_NOT);
	return EXIT_FAILURE;
}

static int print_hashes(uint64_t seed, uint64_t seeds)
{
	for (uint64_t end = seed + seeds; seed < end; seed++) {
		struct sim *sim = sim_new(seed);

		if (!sim)
			return EXIT_FAILURE;
		trace_start(sim, NULL);
		scenario_run(sim);
		printf("%llu %016llx\n", (unsigned long long)seed,
			(unsigned long long)trace_hash(sim));
		sim_free(sim);
	}
	return EXIT_SUCCESS;
}

/* --- Collisions ----------------------------------------------------------- */

static int print_case(size_t which, const struct collision_case *how)
{
	struct sim *sim = sim_new(1);
	bool failed;

	if (!sim)
		return EXIT_FAILURE;
	trace_start(sim, stdout);
	(void)collision_run(sim, which, how);
	failed = sim->failed;
	sim_free(sim);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_story(size_t which)
{
	const char *name = collision_name(which);
	struct collision_sum sum;

	if (collision_run_all(which, true, &sum)) {
		printf("%s: %u cases\n", name, sum.cases);
		return EXIT_SUCCESS;
	}
	printf("FAILED %s\nsim collisions %s %u %u %u %u\n", sum.failure, name,
		sum.failed.role, sum.failed.order, sum.failed.nth,
		sum.failed.late_ms);
	return EXIT_FAILURE;
}

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static int run_collisions(int argc, char **argv)
{
	for (size_t i = 0; collision_name(i); i++) {
		if (argc > 0 && strcmp(argv[0], collision_name(i)) != 0)
			continue;
		if (argc == 5) {
			const struct collision_case how = { number(argv[1]),
				number(argv[2]), number(argv[3]),
				number(argv[4]) };

			return print_case(i, &how);
		}
		if (run_story(i) != EXIT_SUCCESS)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t seeds = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;

	if (argc > 1 && strcmp(argv[1], "collisions") == 0)
		return sodium_init() < 0 ? EXIT_FAILURE
					 : run_collisions(argc - 2, argv + 2);
	if (sodium_init() < 0 || seed == 0 || seeds == 0 || argc > 4) {
		fprintf(stderr, "usage: sim SEED SEEDS [-v|-t|-p]\n");
		return 2;
	}
	if (argc == 4 && strcmp(argv[3], "-t") == 0)
		return print_hashes(seed, seeds);
	if (argc == 4 && strcmp(argv[3], "-v") == 0)
		run_traced(seed, stdout, KEEP_NOT);
	if (argc == 4 && strcmp(argv[3], "-p") == 0) {
		run_traced(seed, stdout, KEEP_ALWAYS);
		return EXIT_SUCCESS;
	}
	return run_all(seed, seeds);
}

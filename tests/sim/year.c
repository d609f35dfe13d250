/* year.c - main of `make year`: one tunnel for a virtual year, over a network that loses two of a hundred.
 * SPDX-License-Identifier: ISC
 *
 * year [DAYS]	default 365
 *
 * Every 20 s a packet goes through the tunnel each way, so that nobody has to
 * ask whether the other lives; but on the 15th of each month there is silence.
 * Both lifetimes are the default ones: an hour for the child, a day for the IKE
 * SA.  At the end the tunnel must be up, as one pair of SAs; every packet that
 * the network did not lose must have arrived; and there must be no more memory
 * in use than after the first month (or half of the time, if it is less than
 * two months).
 */
#include "tests/sim/sim.h"

#include <malloc.h>
#include <stdlib.h>
#include <time.h>

enum {
	DAY_MS = 86400000,
	MONTH = 30,
	PACKET_MS = 20000,
	LOSS = 20, /* per mille */
	/* a message or two under way, a child in the middle of its rekey */
	MEMORY_SLACK = 16384,
};

static struct sim *make_sim(void)
{
	struct sim *sim = sim_new(1);
	struct sim_link *link;

	if (!sim)
		exit(EXIT_FAILURE);
	sim->max_steps = UINT64_MAX;
	sim_add_host(sim);
	sim_add_host(sim);
	link = sim_add_link(sim, 0, 1);
	link->rekey_ms = DAY_MS;
	link->child[0].rekey_ms = 3600000;
	link->child[0].start[0] = link->child[0].start[1] = IKE_START_NOW;
	sim_start_both(sim);
	sim_run(sim, 60000);
	sim->net.loss = LOSS;
	return sim;
}

static void one_day(struct sim *sim, bool silent)
{
	const struct sim_child *child = &sim->link[0].child[0];
	struct ike_flow flow[2];

	for (unsigned i = 0; i < 2; i++)
		flow[i] = sim_kernel_flow(
			&child->local[i][0], &child->remote[i][0]);
	for (unsigned n = 0; n < DAY_MS / PACKET_MS && !sim->failed; n++) {
		for (unsigned i = 0; i < 2 && !silent; i++)
			sim_kernel_packet(sim, &sim->host[i], &flow[i], false);
		sim_run(sim, PACKET_MS);
	}
}

static void check_packets(struct sim *sim)
{
	if (sim->packets != sim->packets_arrived + sim->packets_lost)
		sim_fail(sim, "packets",
			"of %llu packets the network lost %llu, and %llu arrived",
			(unsigned long long)sim->packets,
			(unsigned long long)sim->packets_lost,
			(unsigned long long)sim->packets_arrived);
}

static size_t memory(struct sim *sim)
{
	oracle_forget(sim);
	return mallinfo2().uordblks;
}

static void check_end(struct sim *sim, size_t then, size_t now)
{
	sim->net.loss = 0;
	sim_run(sim, 120000);
	if (!sim->failed)
		oracle_converged(sim);
	if (now > then + MEMORY_SLACK)
		sim_fail(sim, "memory", "%zu octets became %zu", then, now);
}

int main(int argc, char **argv)
{
	unsigned days = argc > 1 ? (unsigned)atoi(argv[1]) : 365;
	unsigned half = days < 2 * MONTH ? days / 2 : MONTH;
	size_t then = 0, now = 0;
	clock_t begun = clock();
	struct sim *sim;

	if (sodium_init() < 0 || days < 2)
		return 2;
	sim = make_sim();
	for (unsigned day = 1; day <= days && !sim->failed; day++) {
		one_day(sim, day % MONTH == 15);
		check_packets(sim);
		now = memory(sim);
		if (day == half)
			then = now;
	}
	if (!sim->failed)
		check_end(sim, then, now);
	printf("year: %u days, %llu packets each way, %llu lost by the network, "
	       "%zu octets in use after day %u, %zu at the end, %lld s of CPU: %s\n",
		days, (unsigned long long)sim->packets / 2,
		(unsigned long long)sim->packets_lost, then, half, now,
		(long long)((clock() - begun) / CLOCKS_PER_SEC),
		sim->failed ? sim->failure : "up");
	if (sim->failed)
		return EXIT_FAILURE;
	sim_free(sim);
	return EXIT_SUCCESS;
}

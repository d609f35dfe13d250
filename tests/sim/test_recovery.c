/* test_recovery.c - stories of what comes back by itself: restarts, a link that is down, a clock that steps.
 * SPDX-License-Identifier: ISC
 *
 * Host a keeps its tunnel up (start: now); b waits, or does the same.
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"

enum { RETRY_AT_MOST_MS = 400000 };

static struct sim *tunnel(bool both)
{
	struct sim *sim = sim_new(1);
	struct sim_link *link;

	ck_assert_ptr_nonnull(sim);
	sim_add_host(sim);
	sim_add_host(sim);
	link = sim_add_link(sim, 0, 1);
	link->dpd_ms = 10000;
	link->tries = 3;
	link->child[0].start[0] = IKE_START_NOW;
	link->child[0].start[1] = both ? IKE_START_NOW : IKE_START_WAIT;
	trace_start(sim, NULL);
	sim_start_both(sim);
	sim_run(sim, 20000);
	oracle_converged(sim);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	return sim;
}

static void comes_back(struct sim *sim)
{
	sim_run(sim, RETRY_AT_MOST_MS);
	oracle_converged(sim);
	ck_assert_msg(!sim->failed, "%s\n%s", sim->failure, trace_text(sim));
	sim_free(sim);
}

/* Either side, or both at once, killed or stopped; with either or both dialling. */
START_TEST(restarts)
{
	for (unsigned row = 0; row < 12; row++) {
		struct sim *sim = tunnel(row / 6 > 0);
		const unsigned who = row % 3; /* 2: both */
		const bool killed = row / 3 % 2 > 0;

		for (unsigned i = 0; i < 2; i++) {
			if (who != i && who != 2)
				continue;
			if (killed)
				sim_kill(sim, &sim->host[i]);
			else
				sim_stop(sim, &sim->host[i]);
		}
		sim_run(sim, 5000);
		for (unsigned i = 0; i < 2; i++) {
			if (!sim->host[i].ike)
				sim_start(sim, &sim->host[i]);
		}
		comes_back(sim);
	}
}
END_TEST

/* Away for longer than the peer is waited for, or only for a moment: then
 * nothing is lost at all. */
START_TEST(link_down)
{
	static const uint64_t away_ms[] = { 3000, 60000, 600000 };

	for (size_t i = 0; i < sizeof(away_ms) / sizeof(away_ms[0]); i++) {
		struct sim *sim = tunnel(i % 2 > 0);

		sim->net.cut[0][1] = sim->net.cut[1][0] = true;
		sim_run(sim, away_ms[i]);
		sim->net.cut[0][1] = sim->net.cut[1][0] = false;
		if (i == 0)
			ck_assert_uint_eq(sim->host[0].downs, 0);
		else
			ck_assert_uint_gt(sim->host[0].downs, 0);
		comes_back(sim);
	}
}
END_TEST

/* The clock on the wall is set: only certificates look at it. */
START_TEST(clock_steps)
{
	static const int64_t steps_s[] = { 86400 * 365, -86400 * 365, 3600 };
	struct sim *sim = tunnel(true);
	unsigned downs = sim->host[0].downs;

	trace_clear(sim);
	for (size_t i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]); i++) {
		struct ike_now now = sim->now;

		now.unix_s += steps_s[i];
		ike_tick(sim->host[0].ike, now);
		sim_pump(sim, &sim->host[0]);
	}
	ck_assert_str_eq(trace_text(sim), "");
	ck_assert_uint_eq(sim->host[0].downs, downs);
	comes_back(sim);
}
END_TEST

SUITE(recovery)
{
	test(restarts);
	test(link_down);
	test(clock_steps);
}

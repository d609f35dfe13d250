/* test_moves.c - stories of addresses that change under a tunnel.
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"

/* Two hosts with a tunnel that is up; the first is behind a NAT if natted. */
static struct sim *tunnel(bool natted)
{
	struct sim *sim = sim_new(1);

	ck_assert_ptr_nonnull(sim);
	sim_add_host(sim);
	sim_add_host(sim);
	if (natted) {
		sim->net.nat = true;
		sim->host[0].natted = true;
		sim->host[0].addr[0] =
			(struct ike_addr){ 4, { 10, 255, 0, 2 } };
	}
	sim_add_link(sim, 0, 1);
	sim->link[0].any = natted;
	for (unsigned i = 0; i < 2; i++) {
		sim->host[i].config.present[0] = true;
		sim_start(sim, &sim->host[i]);
	}
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 1000);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert_uint_eq(sim->host[0].ups, 1);
	ck_assert_uint_eq(sim->host[1].ups, 1);
	return sim;
}

/* One packet through the tunnel arrives. */
static bool arrives(struct sim *sim, unsigned from)
{
	struct sim_host *host = &sim->host[from];
	struct ike_child_status child;
	uint64_t before = sim->pings_arrived;
	struct ike_flow flow;

	if (oracle_children(sim, host, &sim->host[1 - from], "c1", &child) != 1)
		return false;
	flow = sim_kernel_flow(&child.local_ts[0], &child.remote_ts[0]);
	sim_kernel_packet(sim, host, &flow, true);
	sim_run(sim, 100);
	return sim->pings_arrived != before;
}

/* Nothing was made anew, and nothing is lost any more. */
static void still_up(struct sim *sim)
{
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert(arrives(sim, 0));
	ck_assert(arrives(sim, 1));
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(sim->host[i].ups, 1);
		ck_assert_uint_eq(sim->host[i].downs, 0);
		ck_assert_uint_eq(sim->host[i].kernel.sads, 2);
	}
	sim_free(sim);
}

/* RFC 7296 section 2.23: ESP shows where the peer is now. */
static void rebound_esp(bool moved)
{
	struct sim *sim = tunnel(true);

	ck_assert(arrives(sim, 0));
	ck_assert(arrives(sim, 1));
	sim_nat_rebind(sim, moved);
	ck_assert(!arrives(sim, 1));
	ck_assert(arrives(sim, 0));
	still_up(sim);
}

START_TEST(a_nat_forgets_and_esp_goes_on)
{
	rebound_esp(false);
}
END_TEST

START_TEST(a_nat_moves_and_esp_goes_on)
{
	rebound_esp(true);
}
END_TEST

/* Without ESP it is the next message of IKE: here a liveness probe. */
START_TEST(a_nat_forgets_and_ike_tells)
{
	struct sim *sim = tunnel(true);

	sim_nat_rebind(sim, false);
	ck_assert(!arrives(sim, 1));
	sim_rekey(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 3000);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert(arrives(sim, 1));
	ck_assert(arrives(sim, 0));
	ck_assert_uint_eq(sim->host[0].downs, 0);
	ck_assert_uint_eq(sim->host[1].downs, 0);
	sim_free(sim);
}
END_TEST

SUITE(moves)
{
	test(a_nat_forgets_and_esp_goes_on);
	test(a_nat_moves_and_esp_goes_on);
	test(a_nat_forgets_and_ike_tells);
}

/* test_moves.c - stories of addresses that change under a tunnel.
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"

enum { NATTED = 1, MOBIKE = 2, RESPONDS = 4, ANYWHERE = 8, NO_DPD = 16 };

/* Two hosts with a tunnel that is up; the first begins it, unless it responds. */
static struct sim *tunnel(unsigned how)
{
	unsigned begins = how & RESPONDS ? 1 : 0;
	struct sim *sim = sim_new(1);

	ck_assert_ptr_nonnull(sim);
	sim_add_host(sim);
	sim_add_host(sim);
	if (how & NATTED) {
		sim->net.nat = true;
		sim->host[0].natted = true;
		sim->host[0].addr[0] =
			(struct ike_addr){ 4, { 10, 255, 0, 2 } };
	}
	sim_add_link(sim, 0, 1);
	sim->link[0].any = how & (NATTED | ANYWHERE);
	if (how & NO_DPD)
		sim->link[0].dpd_ms = 0;
	sim->link[0].mobike[0] = sim->link[0].mobike[1] = how & MOBIKE;
	sim_start_both(sim);
	sim_up(sim, &sim->host[begins], &sim->host[1 - begins], NULL);
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
static void rebound_esp(unsigned how, bool moved)
{
	struct sim *sim = tunnel(how | NATTED);

	ck_assert(arrives(sim, 0));
	ck_assert(arrives(sim, 1));
	sim_nat_rebind(sim, moved);
	ck_assert(!arrives(sim, 1));
	ck_assert(arrives(sim, 0));
	still_up(sim);
}

START_TEST(a_nat_forgets_and_esp_goes_on)
{
	rebound_esp(0, false);
}
END_TEST

START_TEST(a_nat_moves_and_esp_goes_on)
{
	rebound_esp(0, true);
}
END_TEST

/* Without ESP it is the next message of IKE: here a liveness probe. */
START_TEST(a_nat_forgets_and_ike_tells)
{
	struct sim *sim = tunnel(NATTED);

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

/* RFC 4555 section 3.8: ESP may be followed with MOBIKE, too. */
START_TEST(mobike_a_nat_forgets_and_esp_goes_on)
{
	rebound_esp(MOBIKE, false);
	rebound_esp(MOBIKE, true);
}
END_TEST

/* .. and without ESP liveness asks what our address is. */
START_TEST(mobike_a_nat_forgets_and_liveness_finds_out)
{
	struct sim *sim = tunnel(NATTED | MOBIKE);

	sim_nat_rebind(sim, true);
	ck_assert(!arrives(sim, 1));
	sim_run(sim, sim->link[0].dpd_ms + 5000);
	ck_assert(arrives(sim, 1));
	still_up(sim);
}
END_TEST

/* --- RFC 4555 ------------------------------------------------------------- */

static const struct ike_addr elsewhere = { 4, { 198, 51, 100, 77 } };
static const struct ike_addr nowhere = { 0, { 0 } };

START_TEST(the_initiator_moves)
{
	struct sim *sim = tunnel(MOBIKE);

	sim_readdress(sim, &sim->host[0], 4, elsewhere);
	sim_run(sim, 200);
	still_up(sim);
}
END_TEST

START_TEST(the_responder_moves)
{
	struct sim *sim = tunnel(MOBIKE | RESPONDS);

	sim_readdress(sim, &sim->host[0], 4, elsewhere);
	sim_run(sim, 300);
	still_up(sim);
}
END_TEST

/* Nothing else is said than this, and the children follow with the last word. */
START_TEST(the_initiator_moves_word_by_word)
{
	struct sim *sim = tunnel(MOBIKE);

	trace_start(sim, NULL);
	sim_readdress(sim, &sim->host[0], 4, elsewhere);
	sim_run(sim, 200);
	ck_assert_str_eq(trace_text(sim),
		"[1000] a has the address 198.51.100.77 now\n"
		"[1000] a > INFORMATIONAL request 2: SK{ N(UPDATE_SA_ADDRESSES) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP) } (from port 4500)\n"
		"[1010] b > INFORMATIONAL response 2: SK{ N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP) } (from port 4500)\n"
		"[1010] b > INFORMATIONAL request 0: SK{ N(COOKIE2) } (from port 4500)\n"
		"[1020] a > INFORMATIONAL response 0: SK{ N(COOKIE2) } (from port 4500)\n");
	still_up(sim);
}
END_TEST

/* Twice, before the first is agreed; and then back. */
START_TEST(the_initiator_moves_on_and_back)
{
	struct sim *sim = tunnel(MOBIKE);
	struct ike_addr home = sim_addr(&sim->host[0], 4), third = elsewhere;

	third.octets[3]++;
	sim_readdress(sim, &sim->host[0], 4, elsewhere);
	sim_run(sim, 5);
	sim_readdress(sim, &sim->host[0], 4, third);
	sim_run(sim, 10000);
	ck_assert(arrives(sim, 0));
	ck_assert(arrives(sim, 1));
	sim_readdress(sim, &sim->host[0], 4, home);
	sim_run(sim, 10000);
	still_up(sim);
}
END_TEST

/* The answer to the update is lost, or the update, or the check. */
START_TEST(a_move_on_a_bad_path)
{
	for (unsigned lost = 0; lost < 4; lost++) {
		struct sim *sim = tunnel(MOBIKE);

		sim->net.lose_next[lost % 2] = 1 + lost / 2;
		sim_readdress(sim, &sim->host[0], 4, elsewhere);
		sim_run(sim, 20000);
		still_up(sim);
	}
}
END_TEST

/* For four minutes there is no address at all, and something to be said. */
START_TEST(without_an_address_it_waits)
{
	struct sim *sim = tunnel(MOBIKE | NO_DPD);

	sim_readdress(sim, &sim->host[0], 4, nowhere);
	sim_rekey(sim, &sim->host[0], &sim->host[1], "c1");
	sim_run(sim, 240000);
	ck_assert(!arrives(sim, 0));
	sim_readdress(sim, &sim->host[0], 4, elsewhere);
	sim_run(sim, 8000);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert(arrives(sim, 0));
	ck_assert(arrives(sim, 1));
	ck_assert_uint_eq(sim->host[0].downs + sim->host[1].downs, 0);
	sim_free(sim);
}
END_TEST

/* A rekeyed IKE SA may move as the first one. */
START_TEST(a_move_after_rekeys_by_the_other_side)
{
	struct sim *sim = tunnel(MOBIKE);

	for (unsigned i = 0; i < 3; i++) {
		sim_rekey(sim, &sim->host[1], &sim->host[0], NULL);
		sim_run(sim, 10000);
	}
	sim_readdress(sim, &sim->host[0], 4, elsewhere);
	sim_run(sim, 3000);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert(arrives(sim, 0));
	ck_assert(arrives(sim, 1));
	ck_assert_uint_eq(sim->host[0].downs + sim->host[1].downs, 0);
	sim_free(sim);
}
END_TEST

/* In the midst of a rekey, of either side. */
START_TEST(a_move_during_a_rekey)
{
	for (unsigned who = 0; who < 2; who++) {
		for (uint64_t ms = 0; ms < 60; ms += 5) {
			struct sim *sim = tunnel(MOBIKE);

			sim_rekey(sim, &sim->host[who], &sim->host[1 - who],
				NULL);
			sim_run(sim, ms);
			sim_readdress(sim, &sim->host[0], 4, elsewhere);
			sim_run(sim, 20000);
			ck_assert_msg(!sim->failed, "%s", sim->failure);
			ck_assert(arrives(sim, 0));
			ck_assert(arrives(sim, 1));
			ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[0],
						  &sim->host[1]),
				1);
			ck_assert_uint_eq(
				sim->host[0].downs + sim->host[1].downs, 0);
			sim_free(sim);
		}
	}
}
END_TEST

/* Without MOBIKE: a new IKE SA, and the old one goes, on both sides. */
START_TEST(without_mobike_it_begins_anew)
{
	struct sim *sim = tunnel(ANYWHERE);

	sim_readdress(sim, &sim->host[0], 4, elsewhere);
	sim_run(sim, 3000);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert(arrives(sim, 0));
	ck_assert(arrives(sim, 1));
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(
			oracle_ike_sas(sim, &sim->host[i], &sim->host[1 - i]),
			1);
		ck_assert_uint_eq(sim->host[i].kernel.sads, 2);
	}
	sim_free(sim);
}
END_TEST

SUITE(moves)
{
	test(a_nat_forgets_and_esp_goes_on);
	test(a_nat_moves_and_esp_goes_on);
	test(a_nat_forgets_and_ike_tells);
	test(mobike_a_nat_forgets_and_esp_goes_on);
	test(mobike_a_nat_forgets_and_liveness_finds_out);
	test(the_initiator_moves);
	test(the_responder_moves);
	test(the_initiator_moves_word_by_word);
	test(the_initiator_moves_on_and_back);
	test(a_move_on_a_bad_path);
	test(without_an_address_it_waits);
	test(a_move_after_rekeys_by_the_other_side);
	test(a_move_during_a_rekey);
	test(without_mobike_it_begins_anew);
}

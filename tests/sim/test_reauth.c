/* test_reauth.c - stories of both sides proving themselves again (RFC 7296 section 2.8.3, RFC 4478).
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"

#include <string.h>

enum { MINUTE = 60000, HOUR = 60 * MINUTE };

/* Two hosts with a tunnel, a's lifetime of a proof and b's. */
static struct sim *tunnel(uint32_t a_ms, uint32_t b_ms)
{
	struct sim *sim = sim_new(1);
	struct sim_link *link;

	ck_assert_ptr_nonnull(sim);
	sim->calm = true;
	sim_add_host(sim);
	sim_add_host(sim);
	link = sim_add_link(sim, 0, 1);
	(void)sim_add_child(sim, link, IKE_MODE_TUNNEL);
	link->child[0].start[0] = link->child[1].start[0] = IKE_START_NOW;
	link->reauth_ms[0] = a_ms;
	link->reauth_ms[1] = b_ms;
	trace_start(sim, NULL);
	sim_start_both(sim);
	sim_run(sim, 1000);
	trace_clear(sim);
	return sim;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* Both children are up on both sides, under one IKE SA. */
static bool has_one_of_each(struct sim *sim)
{
	struct ike_child_status one;
	bool all = true;

	for (unsigned i = 0; i < 2; i++) {
		const struct sim_host *host = &sim->host[i];
		const struct sim_host *other = &sim->host[1 - i];

		all = all && oracle_ike_sas(sim, host, other) == 1 &&
		      oracle_children(sim, host, other, "c1", &one) == 1 &&
		      oracle_children(sim, host, other, "c2", &one) == 1;
	}
	return all;
}

static void one_of_each(struct sim *sim)
{
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert(has_one_of_each(sim));
}

/* Packets both ways, a hundred a second. */
static void traffic(struct sim *sim, uint64_t span_ms)
{
	struct sim_child *child = &sim->link[0].child[0];

	for (uint64_t at = 0; at < span_ms && !sim->failed; at += 10) {
		for (unsigned side = 0; side < 2; side++) {
			const struct ike_flow flow =
				sim_kernel_flow(&child->local[side][0],
					&child->remote[side][0]);

			sim_kernel_packet(sim, &sim->host[side], &flow, true);
		}
		sim_run(sim, 10);
	}
}

START_TEST(who_dialled_proves_itself_again)
{
	struct sim *sim = tunnel(10 * MINUTE, 0);

	sim_run(sim, 8 * MINUTE);
	ck_assert_uint_eq(count(trace_text(sim), "IKE_AUTH request"), 0);
	traffic(sim, 3 * MINUTE);
	one_of_each(sim);
	ck_assert_uint_eq(count(trace_text(sim), "a > IKE_AUTH request"), 1);
	ck_assert_uint_eq(count(trace_text(sim), "b > IKE_AUTH request"), 0);
	ck_assert_uint_eq(count(trace_text(sim), "INITIAL_CONTACT"), 0);
	sim_free(sim);
}
END_TEST

START_TEST(who_was_dialled_says_how_long_a_proof_holds)
{
	struct sim *sim = tunnel(0, 10 * MINUTE);

	traffic(sim, 10 * MINUTE);
	one_of_each(sim);
	ck_assert_uint_eq(count(trace_text(sim), "a > IKE_AUTH request"), 1);
	ck_assert_uint_eq(count(trace_text(sim), "N(AUTH_LIFETIME)"), 1);
	sim_free(sim);
}
END_TEST

START_TEST(a_rekey_does_not_make_a_proof_younger)
{
	struct sim *sim = tunnel(10 * MINUTE, 0);

	sim_run(sim, 5 * MINUTE);
	sim_rekey(sim, &sim->host[1], &sim->host[0], NULL);
	sim_run(sim, 3 * MINUTE);
	ck_assert_uint_eq(count(trace_text(sim), "IKE_AUTH request"), 0);
	sim_run(sim, 3 * MINUTE);
	one_of_each(sim);
	ck_assert_uint_eq(count(trace_text(sim), "a > IKE_AUTH request"), 1);
	sim_free(sim);
}
END_TEST

/* A minute's proof each, on bad links: whenever the network heals, all is there
 * once, but for the moments of the next change. */
START_TEST(again_and_again_on_bad_links)
{
	struct sim *sim = tunnel(MINUTE, MINUTE);
	unsigned good = 0;

	sim->calm = false;
	sim->net.loss = 50 + 10 * (uint32_t)_i;
	sim->net.duplicate = sim->net.reorder = 100;
	sim->net.jitter_ms = 200;
	sim_run(sim, HOUR);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	network_heal(sim);
	sim_run(sim, 10 * MINUTE);
	for (unsigned i = 0; i < 60 && !sim->failed; i++) {
		good += has_one_of_each(sim);
		sim_run(sim, 1000);
	}
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	ck_assert_uint_ge(good, 30);
	sim_free(sim);
}
END_TEST

SUITE(reauth)
{
	test(who_dialled_proves_itself_again);
	test(who_was_dialled_says_how_long_a_proof_holds);
	test(a_rekey_does_not_make_a_proof_younger);
	loop_test(again_and_again_on_bad_links, 20);
}

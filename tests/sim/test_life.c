/* test_life.c - stories of what keeps a peer as its administrator wants it: packets that ask, ends, silence.
 * SPDX-License-Identifier: ISC
 *
 * Two hosts, a and b, 10 ms apart; each story looks at what is up and at what
 * the two kernels hold.
 */
#include "tests/sim/sim.h"

#include "ikev2/selectors.h"
#include "tests/suite.h"

static struct sim *life(void)
{
	struct sim *sim = sim_new(1);

	ck_assert_ptr_nonnull(sim);
	sim->calm = true;
	sim_add_host(sim);
	sim_add_host(sim);
	sim_add_link(sim, 0, 1);
	sim->link[0].dpd_ms = 10000;
	sim->link[0].tries = 2;
	trace_start(sim, NULL);
	return sim;
}

static void begin(struct sim *sim)
{
	sim_start_both(sim);
	sim_run(sim, 1000);
}

static void end(struct sim *sim)
{
	ck_assert_msg(!sim->failed, "%s\n%s", sim->failure, trace_text(sim));
	sim_free(sim);
}

/* Children of that name that are up at one host; the last of them in *one. */
static size_t children(struct sim *sim, unsigned host, const char *name,
	struct ike_child_status *one)
{
	struct ike_child_status unused;

	return oracle_children(sim, &sim->host[host], &sim->host[1 - host],
		name, one ? one : &unused);
}

/* A packet of host a, UDP, and a second for what comes of it. */
static void packet(struct sim *sim, unsigned host, struct ike_selector from,
	struct ike_selector to)
{
	struct ike_flow flow = sim_kernel_flow(&from, &to);

	flow.src_port = 1234;
	flow.dst_port = 53;
	sim_kernel_packet(sim, &sim->host[host], &flow, false);
	sim_run(sim, 2000);
}

static uint32_t policy_reqid(struct sim *sim, unsigned host,
	struct ike_selector local, struct ike_selector remote)
{
	struct ike_flow flow = sim_kernel_flow(&local, &remote);
	struct spd_entry *entry =
		sim_kernel_policy_out(&sim->host[host].kernel, &flow);

	ck_assert_ptr_nonnull(entry);
	return entry->policy.reqid;
}

/* --- On demand ------------------------------------------------------------ */

/* b has two children where a has one, which waits for packets. */
static struct sim *one_to_two(void)
{
	struct sim *sim = life();
	struct sim_child *c2 =
		sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);

	sim->link[0].child[0].start[0] = IKE_START_ON_DEMAND;
	sim->link[0].child[0].local[1][0] = sim_net4(10, 4, 1, 0, 24);
	c2->local[1][0] = sim_net4(10, 4, 2, 0, 24);
	c2->remote[1][0] = sim->link[0].child[0].remote[1][0];
	return sim;
}

/* RFC 7296 section 2.9: the packet comes first, so the responder knows which of
 * its children is meant. */
START_TEST(packet_comes_first)
{
	struct sim *sim = one_to_two();
	struct ike_child_status child;

	begin(sim);
	packet(sim, 0, sim_net4(10, 0, 0, 9, 32), sim_net4(10, 4, 2, 9, 32));
	ck_assert_uint_eq(children(sim, 1, "c1", NULL), 0);
	ck_assert_uint_eq(children(sim, 1, "c2", NULL), 1);
	ck_assert_uint_eq(children(sim, 0, "c1", &child), 1);
	ck_assert_uint_eq(child.remote_ts_count, 1);
	ck_assert_uint_eq(child.remote_ts[0].start[2], 2);
	end(sim);
}
END_TEST

/* What the narrowed child does not cover asks for a further one, and each has
 * its own traffic. */
START_TEST(further_child)
{
	struct sim *sim = one_to_two();
	const struct ike_selector from = sim_net4(10, 0, 0, 9, 32);
	const struct ike_selector one = sim_net4(10, 4, 1, 9, 32);
	const struct ike_selector two = sim_net4(10, 4, 2, 9, 32);
	const struct ike_selector none = sim_net4(10, 4, 9, 9, 32);

	begin(sim);
	packet(sim, 0, from, two);
	packet(sim, 0, from, one);
	ck_assert_uint_eq(children(sim, 0, "c1", NULL), 2);
	ck_assert_uint_eq(children(sim, 1, "c1", NULL), 1);
	ck_assert_uint_eq(children(sim, 1, "c2", NULL), 1);
	ck_assert_uint_ne(policy_reqid(sim, 0, from, one),
		policy_reqid(sim, 0, from, two));
	ck_assert_uint_ne(policy_reqid(sim, 0, from, one),
		policy_reqid(sim, 0, from, none));
	/* Covered: nobody asks for anything. */
	trace_clear(sim);
	packet(sim, 0, from, one);
	packet(sim, 0, from, two);
	ck_assert_str_eq(trace_text(sim), "");
	end(sim);
}
END_TEST

/* What the peer does not allow gets no SA, and no heap of them either. */
START_TEST(packet_that_nobody_takes)
{
	struct sim *sim = one_to_two();

	begin(sim);
	for (unsigned i = 0; i < 5; i++)
		packet(sim, 0, sim_net4(10, 0, 0, 9, 32),
			sim_net4(10, 4, 9, 9, 32));
	ck_assert_uint_le(children(sim, 0, "c1", NULL), 2);
	ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[0], &sim->host[1]), 1);
	sim_run(sim, 60000);
	ck_assert_uint_eq(
		sim->host[0].kernel.sads, 2 * children(sim, 0, "c1", NULL));
	end(sim);
}
END_TEST

/* A child narrowed to exactly one pair of its trap has a reqid of its own: what
 * the trap's other pairs hold back does not leave by its SA; and the trap is as
 * before when the child has gone. */
START_TEST(narrowed_to_one_pair)
{
	struct sim *sim = life();
	struct sim_child *c1 = &sim->link[0].child[0];
	const struct ike_selector from = sim_net4(10, 0, 0, 9, 32);
	const struct ike_selector to = sim_net4(10, 4, 0, 9, 32);
	const struct ike_selector other = sim_net4(10, 7, 0, 9, 32);
	uint32_t trap;

	c1->start[0] = IKE_START_ON_DEMAND;
	c1->remote[0][1] = sim_net4(10, 7, 0, 0, 16);
	c1->remote_count[0] = 2;
	begin(sim);
	trap = policy_reqid(sim, 0, from, to);
	ck_assert_uint_eq(policy_reqid(sim, 0, from, other), trap);
	packet(sim, 0, from, to);
	ck_assert_uint_eq(children(sim, 0, "c1", NULL), 1);
	ck_assert_uint_eq(policy_reqid(sim, 0, from, other), trap);
	ck_assert_uint_ne(policy_reqid(sim, 0, from, to), trap);
	ck_assert_uint_eq(sim->host[0].kernel.sad[0].sa.reqid,
		policy_reqid(sim, 0, from, to));
	sim_down(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 2000);
	ck_assert_uint_eq(policy_reqid(sim, 0, from, to), trap);
	ck_assert_uint_eq(sim->host[0].kernel.spds, 2);
	end(sim);
}
END_TEST

/* The packet's network is the second of two: the child has both, so it is the
 * trap's own, whatever their order. */
START_TEST(packet_for_the_second_network)
{
	struct sim *sim = life();
	struct sim_child *c1 = &sim->link[0].child[0];
	const struct ike_selector from = sim_net4(10, 0, 0, 9, 32);
	const struct ike_selector to = sim_net4(10, 7, 0, 9, 32);
	uint32_t trap;

	c1->start[0] = IKE_START_ON_DEMAND;
	c1->remote[0][1] = c1->local[1][1] = sim_net4(10, 7, 0, 0, 16);
	c1->remote_count[0] = c1->local_count[1] = 2;
	begin(sim);
	trap = policy_reqid(sim, 0, from, to);
	packet(sim, 0, from, to);
	ck_assert_uint_eq(children(sim, 0, "c1", NULL), 1);
	ck_assert_uint_eq(policy_reqid(sim, 0, from, to), trap);
	ck_assert_uint_eq(sim->host[0].kernel.sad[0].sa.reqid, trap);
	end(sim);
}
END_TEST

/* --- Ends that nobody here wished for ------------------------------------- */

static enum ike_peer_state state_of(struct sim *sim, unsigned host)
{
	struct ike_peer_status status;

	ck_assert(ike_peer_at(sim->host[host].ike, 0, &status));
	return status.state;
}

static bool has_trap(struct sim *sim)
{
	struct ike_selector from = sim_net4(10, 0, 0, 9, 32);
	struct ike_selector to = sim_net4(10, 4, 0, 9, 32);
	struct ike_flow flow = sim_kernel_flow(&from, &to);

	return sim_kernel_policy_out(&sim->host[0].kernel, &flow) != NULL;
}

/* What a does, by its start and the action, when its child has ended. */
static const struct {
	enum ike_start start;
	enum ike_action action;
	enum ike_peer_state then; /* UP: it comes back by itself */
	bool trap;
} ends[] = {
	{ IKE_START_WAIT, IKE_ACTION_START, IKE_PEER_DOWN, false },
	{ IKE_START_WAIT, IKE_ACTION_CLEAR, IKE_PEER_DOWN, false },
	{ IKE_START_WAIT, IKE_ACTION_ON_DEMAND, IKE_PEER_ON_DEMAND, true },
	{ IKE_START_WAIT, IKE_ACTION_RESTART, IKE_PEER_UP, false },
	{ IKE_START_NOW, IKE_ACTION_START, IKE_PEER_UP, true },
	{ IKE_START_NOW, IKE_ACTION_CLEAR, IKE_PEER_DOWN, true },
	{ IKE_START_NOW, IKE_ACTION_ON_DEMAND, IKE_PEER_ON_DEMAND, true },
	{ IKE_START_ON_DEMAND, IKE_ACTION_START, IKE_PEER_ON_DEMAND, true },
	{ IKE_START_ON_DEMAND, IKE_ACTION_RESTART, IKE_PEER_UP, true },
};

enum { ENDS = sizeof(ends) / sizeof(ends[0]) };

static struct sim *up_with(size_t i, bool dead)
{
	struct sim *sim = life();
	struct sim_link *link = &sim->link[0];

	link->child[0].start[0] = ends[i].start;
	if (dead)
		link->dpd_action = ends[i].action;
	else
		link->close_action = ends[i].action;
	begin(sim);
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 1000);
	ck_assert_uint_eq(children(sim, 0, "c1", NULL), 1);
	return sim;
}

/* Time goes by, and a packet tries whether it is one that is waited for. */
static void ends_as(struct sim *sim, size_t i)
{
	bool up = ends[i].then == IKE_PEER_UP;

	sim_run(sim, 400000);
	ck_assert_msg(state_of(sim, 0) == ends[i].then, "row %zu: %d\n%s", i,
		(int)state_of(sim, 0), trace_text(sim));
	ck_assert_msg(children(sim, 0, "c1", NULL) == up, "row %zu", i);
	if (up)
		return;
	ck_assert_msg(has_trap(sim) == ends[i].trap, "row %zu", i);
	packet(sim, 0, sim_net4(10, 0, 0, 9, 32), sim_net4(10, 4, 0, 9, 32));
	ck_assert_msg(children(sim, 0, "c1", NULL) ==
			      (ends[i].then == IKE_PEER_ON_DEMAND),
		"row %zu", i);
}

START_TEST(dpd_action)
{
	for (size_t i = 0; i < ENDS; i++) {
		struct sim *sim = up_with(i, true);

		sim_kill(sim, &sim->host[1]);
		sim_run(sim, 60000);
		ck_assert_msg(children(sim, 0, "c1", NULL) == 0, "%s",
			trace_text(sim));
		/* Never a gap where a trap is wanted. */
		ck_assert_msg(ends[i].then == IKE_PEER_UP ||
				      has_trap(sim) == ends[i].trap,
			"row %zu", i);
		sim_start(sim, &sim->host[1]);
		ends_as(sim, i);
		end(sim);
	}
}
END_TEST

START_TEST(close_action_for_the_ike_sa)
{
	for (size_t i = 0; i < ENDS; i++) {
		struct sim *sim = up_with(i, false);

		sim_down(sim, &sim->host[1], &sim->host[0], NULL);
		ends_as(sim, i);
		end(sim);
	}
}
END_TEST

START_TEST(close_action_for_a_child)
{
	for (size_t i = 0; i < ENDS; i++) {
		struct sim *sim = up_with(i, false);

		sim_down(sim, &sim->host[1], &sim->host[0], "c1");
		ends_as(sim, i);
		end(sim);
	}
}
END_TEST

/* Each action is for its own end. */
START_TEST(actions_are_apart)
{
	struct sim *sim = life();

	sim->link[0].dpd_action = IKE_ACTION_RESTART;
	sim->link[0].close_action = IKE_ACTION_CLEAR;
	begin(sim);
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 1000);
	sim_down(sim, &sim->host[1], &sim->host[0], NULL);
	sim_run(sim, 400000);
	ck_assert_int_eq(state_of(sim, 0), IKE_PEER_DOWN);
	end(sim);
}
END_TEST

/* "down" is a wish: nothing comes back, and what waited does not any more. */
START_TEST(down_is_no_end_of_theirs)
{
	struct sim *sim = up_with(2, false);

	sim_down(sim, &sim->host[1], &sim->host[0], NULL);
	sim_run(sim, 1000);
	ck_assert(has_trap(sim));
	sim_down(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 400000);
	ck_assert(!has_trap(sim));
	ck_assert_int_eq(state_of(sim, 0), IKE_PEER_DOWN);
	end(sim);
}
END_TEST

/* --- Nobody uses it ------------------------------------------------------- */

enum { IDLE_MS = 30000 };

static struct sim *idle_after(enum ike_start start)
{
	struct sim *sim = life();

	sim->link[0].child[0].start[0] = start;
	sim->link[0].child[0].inactivity_ms = IDLE_MS;
	begin(sim);
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 1000);
	ck_assert_uint_eq(children(sim, 0, "c1", NULL), 1);
	return sim;
}

static void packet_from(struct sim *sim, unsigned host)
{
	struct ike_selector a = sim_net4(10, 0, 0, 9, 32);
	struct ike_selector b = sim_net4(10, 4, 0, 9, 32);

	packet(sim, host, host == 0 ? a : b, host == 0 ? b : a);
}

/* Down after that time, and what is left is as its start says; the next packet
 * brings it back where there is a trap. */
START_TEST(idle_child_ends)
{
	static const struct {
		enum ike_start start;
		enum ike_peer_state then;
		size_t ike_sas;
	} rows[] = {
		{ IKE_START_ON_DEMAND, IKE_PEER_ON_DEMAND, 0 },
		{ IKE_START_NOW, IKE_PEER_ON_DEMAND, 1 },
		{ IKE_START_WAIT, IKE_PEER_DOWN, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *sim = idle_after(rows[i].start);

		sim_run(sim, IDLE_MS - 2000);
		ck_assert_uint_eq(children(sim, 0, "c1", NULL), 1);
		sim_run(sim, 4000);
		ck_assert_uint_eq(children(sim, 0, "c1", NULL), 0);
		ck_assert_uint_eq(children(sim, 1, "c1", NULL), 0);
		sim_run(sim, 400000);
		ck_assert_int_eq(state_of(sim, 0), rows[i].then);
		ck_assert_uint_eq(
			oracle_ike_sas(sim, &sim->host[0], &sim->host[1]),
			rows[i].ike_sas);
		packet_from(sim, 0);
		ck_assert_uint_eq(children(sim, 0, "c1", NULL),
			rows[i].start != IKE_START_WAIT);
		end(sim);
	}
}
END_TEST

/* A packet of either direction is use. */
START_TEST(used_child_stays)
{
	for (unsigned host = 0; host < 2; host++) {
		struct sim *sim = idle_after(IKE_START_ON_DEMAND);

		for (unsigned i = 0; i < 20; i++) {
			packet_from(sim, host);
			sim_run(sim, IDLE_MS - 3000);
			ck_assert_uint_eq(children(sim, 0, "c1", NULL), 1);
		}
		ck_assert_uint_eq(sim->host[0].downs, 0);
		sim_run(sim, 2 * IDLE_MS);
		ck_assert_uint_eq(children(sim, 0, "c1", NULL), 0);
		end(sim);
	}
}
END_TEST

/* Other children keep the IKE SA. */
START_TEST(idle_child_beside_another)
{
	struct sim *sim = life();

	sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);
	sim->link[0].child[0].start[0] = IKE_START_ON_DEMAND;
	sim->link[0].child[0].inactivity_ms = IDLE_MS;
	begin(sim);
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 2 * IDLE_MS);
	ck_assert_uint_eq(children(sim, 0, "c1", NULL), 0);
	ck_assert_uint_eq(children(sim, 0, "c2", NULL), 1);
	end(sim);
}
END_TEST

/* Rekeying is no use, from whichever side; but what was used before it, was. */
START_TEST(rekeyed_child_is_idle_too)
{
	for (unsigned host = 0; host < 2; host++) {
		struct sim *sim = idle_after(IKE_START_ON_DEMAND);
		uint64_t begun = sim->now.mono_ms;

		for (unsigned i = 0; i < 3; i++) {
			sim_run(sim, 9000);
			sim_rekey(sim, &sim->host[host], &sim->host[1 - host],
				"c1");
			sim_run(sim, 1000);
		}
		sim_run(sim, begun + IDLE_MS + 2000 - sim->now.mono_ms);
		ck_assert_uint_eq(children(sim, 0, "c1", NULL), 0);
		end(sim);

		sim = idle_after(IKE_START_ON_DEMAND);
		sim_run(sim, IDLE_MS - 10000);
		packet_from(sim, host);
		sim_rekey(sim, &sim->host[host], &sim->host[1 - host], "c1");
		sim_run(sim, IDLE_MS - 5000);
		ck_assert_uint_eq(children(sim, 0, "c1", NULL), 1);
		sim_run(sim, 10000);
		ck_assert_uint_eq(children(sim, 0, "c1", NULL), 0);
		end(sim);
	}
}
END_TEST

/* --- More than one IKE SA of a peer --------------------------------------- */

/* b has lost its side, and begins anew. */
static void b_begins_another(struct sim *sim)
{
	begin(sim);
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 1000);
	ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[0], &sim->host[1]), 1);
	sim_kill(sim, &sim->host[1]);
	sim_start(sim, &sim->host[1]);
	sim_up(sim, &sim->host[1], &sim->host[0], NULL);
	sim_run(sim, 3000);
}

/* INITIAL_CONTACT ends what the peer has lost, whatever `unique` says. */
START_TEST(initial_contact)
{
	static const enum ike_unique all[] = { IKE_UNIQUE_NO,
		IKE_UNIQUE_REPLACE, IKE_UNIQUE_KEEP };

	for (size_t i = 0; i < 3; i++) {
		struct sim *sim = life();

		sim->link[0].unique = all[i];
		b_begins_another(sim);
		ck_assert_uint_eq(
			oracle_ike_sas(sim, &sim->host[0], &sim->host[1]), 1);
		ck_assert_ptr_nonnull(
			strstr(trace_text(sim), "the peer has started anew"));
		end(sim);
	}
}
END_TEST

/* --- Trying on ------------------------------------------------------------ */

/* For ever, further and further apart up to 5 minutes and a quarter, not all at
 * once, and the next try can be seen. */
START_TEST(keeps_trying)
{
	struct sim *sim = life();
	uint64_t last = 0, now = 1000, step = 0, gap[2] = { 0, 0 };
	struct ike_peer_status status;

	sim->link[0].child[0].start[0] = IKE_START_NOW;
	begin(sim);
	sim_kill(sim, &sim->host[1]);
	while (now < 24 * UINT64_C(3600000)) {
		sim_run(sim, 500);
		now = sim->now.mono_ms;
		ck_assert(ike_peer_at(sim->host[0].ike, 0, &status));
		if (status.next_try_ms == IKE_NEVER || status.failures == 0 ||
			status.next_try_ms == last)
			continue;
		last = status.next_try_ms;
		gap[step++ % 2] = last - status.failed_ms;
		ck_assert_uint_gt(last, now);
		ck_assert_uint_le(last - status.failed_ms, 375000);
		if (status.failures > 12)
			ck_assert_uint_ge(last - status.failed_ms, 300000);
	}
	ck_assert_uint_gt(status.failures, 200);
	ck_assert_uint_eq(status.tries, status.failures);
	ck_assert_uint_ne(gap[0], gap[1]);
	sim_start(sim, &sim->host[1]);
	sim_run(sim, 400000);
	ck_assert_int_eq(state_of(sim, 0), IKE_PEER_UP);
	ck_assert(ike_peer_at(sim->host[0].ike, 0, &status));
	ck_assert_uint_eq(status.next_try_ms, IKE_NEVER);
	end(sim);
}
END_TEST

/* --- Without a child (RFC 6023) ------------------------------------------- */

/* The only child is impossible behind a NAT: the IKE SA comes up without it,
 * where both sides know how. */
START_TEST(childless)
{
	for (unsigned knows = 0; knows < 2; knows++) {
		struct sim *sim = life();
		struct sim_child *c1 = &sim->link[0].child[0];

		sim->net.nat = sim->host[0].natted = true;
		sim->host[0].addr[0] =
			(struct ike_addr){ 4, { 10, 255, 0, 2 } };
		sim->link[0].childless = knows;
		c1->mode = IKE_MODE_TRANSPORT;
		begin(sim);
		sim_up(sim, &sim->host[0], &sim->host[1], NULL);
		sim_run(sim, 2000);
		ck_assert_uint_eq(
			oracle_ike_sas(sim, &sim->host[0], &sim->host[1]),
			knows);
		ck_assert_uint_eq(
			oracle_ike_sas(sim, &sim->host[1], &sim->host[0]),
			knows);
		ck_assert_uint_eq(children(sim, 0, "c1", NULL), 0);
		ck_assert_ptr_nonnull(strstr(trace_text(sim),
			"child c1: transport mode behind a NAT"));
		end(sim);
	}
}
END_TEST

/* --- Half-open IKE SAs ---------------------------------------------------- */

static bool is_half_open(const struct sim_host *host)
{
	struct ike_sa_status sa;
	uint64_t at = 0;

	while (ike_next_sa(host->ike, &at, &sa)) {
		if (strcmp(sa.phase, "auth") == 0)
			return true;
	}
	return false;
}

/* At the limit nobody else is answered, until the one that is half open is
 * forgotten. */
START_TEST(half_open_limit)
{
	struct sim *sim = life();

	sim_add_host(sim);
	sim_add_link(sim, 0, 2)->base_ms = 4000;
	sim->host[0].limits.half_open_limit = 1;
	sim->host[0].config.present[1] = sim->host[2].config.present[1] = true;
	begin(sim);
	sim_start(sim, &sim->host[2]);
	sim_up(sim, &sim->host[1], &sim->host[0], NULL);
	for (unsigned i = 0; i < 100 && !is_half_open(&sim->host[0]); i++)
		sim_run(sim, 1);
	ck_assert(is_half_open(&sim->host[0]));
	sim_kill(sim, &sim->host[1]);
	sim_up(sim, &sim->host[2], &sim->host[0], NULL);
	sim_run(sim, 25000);
	ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[0], &sim->host[2]), 0);
	sim_run(sim, 60000);
	ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[0], &sim->host[2]), 1);
	end(sim);
}
END_TEST

SUITE(life)
{
	test(half_open_limit);
	test(initial_contact);
	test(keeps_trying);
	test(childless);
	test(idle_child_ends);
	test(used_child_stays);
	test(idle_child_beside_another);
	test(rekeyed_child_is_idle_too);
	test(dpd_action);
	test(close_action_for_the_ike_sa);
	test(close_action_for_a_child);
	test(actions_are_apart);
	test(down_is_no_end_of_theirs);
	test(packet_for_the_second_network);
	test(packet_comes_first);
	test(further_child);
	test(packet_that_nobody_takes);
	test(narrowed_to_one_pair);
}

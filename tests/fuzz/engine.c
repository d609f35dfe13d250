/* engine.c - fuzz target: whole exchanges as a program over the simulator, whose invariants are the crash condition.
 * SPDX-License-Identifier: ISC
 *
 * Three octets make two hosts and a link between them, and seed what they draw.
 * What follows are operations: wishes, reloads, datagrams that arrive, are lost, doubled or bent,
 * time, a kernel that refuses, a host that dies.  Nothing arrives by itself but
 * after OP_FLOW.  If the first octet says so, the network heals in the end, and
 * then everything must come up, and go.
 */
#include "ikev2/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/sim/sim.h"

enum {
	WORLD_STARTS = 1, /* side 0 connects by itself */
	WORLD_DEMAND = 2, /* side 1 does when there are packets */
	WORLD_NARROW = 4, /* the path takes short datagrams alone */
	WORLD_SIGNS = 8,  /* Ed25519 instead of shared keys, which is slow: with
	                   * MORE_PFS alone */
	WORLD_NAT = 16,   /* side 0 is behind one */
	WORLD_COOKIES = 32,
	WORLD_AGES = 64, /* SAs are rekeyed by time and by packets */
	WORLD_HEALS = 128,

	MORE_GROUPS = 1,    /* the first group of side 0 is not side 1's */
	MORE_CHILDLESS = 2, /* IKE SAs may be without a child */
	MORE_PFS = 4,
	MORE_RESTART = 8, /* side 0 restarts what the peer closed */
	MORE_RANKS = 4,   /* from this bit on: how the nonces begin */

	MAX_OPERATIONS = 120,
	MAX_ON_THE_WAY = 20,
	MAX_STEPS = 100000,
	NARROW = 300,
	MOMENT_MS = 20,
};

/* --- The world ------------------------------------------------------------ */

static void make_children(
	struct sim *sim, struct sim_link *link, uint8_t how, uint8_t more)
{
	sim_add_child(sim, link,
		how & WORLD_NAT ? IKE_MODE_TUNNEL : IKE_MODE_TRANSPORT);
	if (how & WORLD_STARTS)
		link->child[0].start[0] = IKE_START_NOW;
	if ((how & WORLD_DEMAND) && link->dials[1])
		link->child[0].start[1] = IKE_START_ON_DEMAND;
	for (size_t i = 0; i < link->children; i++) {
		struct sim_child *child = &link->child[i];

		if (more & MORE_PFS)
			child->esp[0] = child->esp[1] =
				"aes128gcm16-x25519-noesn";
		if (how & WORLD_AGES)
			child->rekey_packets = 20;
	}
}

static void make_link(struct sim *sim, uint8_t how, uint8_t more)
{
	struct sim_link *link = sim_add_link(sim, 0, 1);

	link->tries = 3;
	link->mobike[0] = link->mobike[1] = true;
	if (how & WORLD_NAT)
		link->dials[1] = false;
	if ((how & WORLD_SIGNS) && (more & MORE_PFS)) {
		link->auth[0] = IKE_AUTH_CERT;
		link->auth[1] = IKE_AUTH_PUBKEY;
	}
	if (how & WORLD_AGES)
		link->rekey_ms = 300000;
	if (more & MORE_GROUPS) {
		link->ike[0] = "aes128gcm16-prfsha256-ecp256-x25519";
		link->ike[1] = "aes128gcm16-prfsha256-x25519";
	}
	link->childless = (more & MORE_CHILDLESS) != 0;
	if ((more & MORE_RESTART) && link->dials[0])
		link->close_action = IKE_ACTION_RESTART;
	make_children(sim, link, how, more);
}

static void make_host(struct sim *sim, uint8_t how, uint8_t rank)
{
	struct sim_host *host = sim_add_host(sim);

	host->ranked = true;
	host->rank[0] = (uint8_t)(64 * (rank & 1));
	host->rank[1] = (uint8_t)(128 * (rank >> 1 & 1));
	if (how & WORLD_COOKIES)
		host->limits.cookie_threshold = 0;
	if (how & WORLD_NARROW)
		host->limits.fragment_size = NARROW;
}

static void make_world(struct sim *sim, uint8_t how, uint8_t more)
{
	sim->max_steps = how & WORLD_HEALS ? 10 * MAX_STEPS : MAX_STEPS;
	sim->was_late = true; /* what is held back is */
	sim->net.hold = true;
	sim->net.mtu = how & WORLD_NARROW ? NARROW : 0;
	make_host(sim, how, more >> MORE_RANKS);
	make_host(sim, how, more >> (MORE_RANKS + 2));
	if (how & WORLD_NAT) {
		sim->net.nat = true;
		sim->host[0].natted = true;
		sim->host[0].addr[0] =
			(struct ike_addr){ 4, { 10, 255, 0, 2 } };
	}
	make_link(sim, how, more);
	sim_start_both(sim);
}

/* --- What happens --------------------------------------------------------- */

struct operands {
	struct sim_host *host;
	const struct sim_host *other;
	const char *child; /* or NULL: all */
	size_t held;       /* a datagram on its way, if there is one */
	uint8_t octet;
};

static void op_deliver(struct sim *sim, const struct operands *of)
{
	if (sim->net.held_count > 0)
		network_deliver(sim, of->held);
}

static void op_lose(struct sim *sim, const struct operands *of)
{
	if (sim->net.held_count > 0)
		network_lose(sim, of->held);
}

static void op_double(struct sim *sim, const struct operands *of)
{
	if (sim->net.held_count > 0)
		network_repeat(sim, of->held, 0, 0);
}

/* A bit anywhere in the first 32 octets, which are the header, and now and then
 * behind it; the copy goes first. */
static void op_bend(struct sim *sim, const struct operands *of)
{
	if (sim->net.held_count == 0)
		return;
	network_repeat(sim, of->held, of->octet >> 3,
		(uint8_t)(1U << (of->octet & 7)));
	network_deliver(sim, sim->net.held_count - 1);
}

static void op_bend_far(struct sim *sim, const struct operands *of)
{
	if (sim->net.held_count == 0)
		return;
	network_repeat(sim, of->held, 28U + of->octet, 0x11);
	network_deliver(sim, sim->net.held_count - 1);
}

static void op_all_arrive(struct sim *sim, const struct operands *of)
{
	(void)of;
	for (size_t n = sim->net.held_count; n > 0 && !sim->failed; n--) {
		if (sim->net.held_count > 0)
			network_deliver(sim, 0);
	}
}

static void op_time(struct sim *sim, const struct operands *of)
{
	sim_run(sim, of->octet < 128 ? 20 * of->octet
				     : 1000 * (uint64_t)(of->octet - 127));
}

static void op_flow(struct sim *sim, const struct operands *of)
{
	network_release(sim);
	sim_run(sim, 20 * of->octet);
	sim->net.hold = true;
}

static void op_up(struct sim *sim, const struct operands *of)
{
	sim_up(sim, of->host, of->other, of->child);
}

static void op_down(struct sim *sim, const struct operands *of)
{
	sim_down(sim, of->host, of->other, of->child);
}

static void op_rekey(struct sim *sim, const struct operands *of)
{
	sim_rekey(sim, of->host, of->other, of->child);
}

static void op_rekey_ike(struct sim *sim, const struct operands *of)
{
	sim_rekey_ike(sim, of->host, of->other);
}

/* Who has differing groups keeps them: what is in the first proposal of both is
 * what the simulator takes for agreed. */
static void op_reload(struct sim *sim, const struct operands *of)
{
	const struct sim_link *link = &sim->link[0];
	struct sim_config config = of->host->config;

	config.present[0] = (of->octet & VARIANTS) == 0;
	config.variant[0] = of->octet % VARIANTS;
	if (link->ike[0] != link->ike[1])
		config.variant[0] &= (uint8_t)~VARIANT_SUITE;
	if (!of->host->stopping)
		sim_configure(sim, of->host, &config);
}

static void op_packet(struct sim *sim, const struct operands *of)
{
	const struct sim_link *link = &sim->link[0];
	const unsigned side = of->host->index;
	struct ike_selector local[SIM_SELECTORS], remote[SIM_SELECTORS];
	struct ike_flow flow;

	sim_child_selectors(&link->child[0], side,
		(of->host->config.variant[0] & VARIANT_SELECTORS) != 0, local,
		remote);
	if (!of->host->config.present[0])
		return;
	flow = sim_kernel_flow(&local[0], &remote[0]);
	for (uint8_t n = 0; n <= of->octet % 4; n++)
		sim_kernel_packet(sim, of->host, &flow, false);
}

static void op_kernel(struct sim *sim, const struct operands *of)
{
	struct sim_kernel *kernel = &of->host->kernel;

	(void)sim;
	kernel->refuse_sa = of->octet & 1 ? 1000 : of->octet & 2 ? 400 : 0;
	kernel->refuse_policy = of->octet & 4 ? 1000 : of->octet & 8 ? 400 : 0;
	kernel->no_esp = (of->octet & 16) != 0;
}

static void op_host(struct sim *sim, const struct operands *of)
{
	if (!of->host->ike)
		sim_start(sim, of->host);
	else if (of->octet & 1)
		sim_kill(sim, of->host);
	else
		sim_stop(sim, of->host);
}

static void op_nat(struct sim *sim, const struct operands *of)
{
	if (sim->net.nat)
		sim_nat_rebind(sim, (of->octet & 1) != 0);
}

static void (*const operations[])(struct sim *, const struct operands *) = {
	op_deliver,
	op_all_arrive,
	op_lose,
	op_double,
	op_bend,
	op_bend_far,
	op_time,
	op_flow,
	op_up,
	op_down,
	op_rekey,
	op_rekey_ike,
	op_reload,
	op_packet,
	op_kernel,
	op_host,
	op_nat,
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

/* --- The program ---------------------------------------------------------- */

static void operation(struct sim *sim, struct reader *r)
{
	const uint8_t which = read_u8(r), what = read_u8(r);
	const struct operands of = {
		.host = &sim->host[what & 1],
		.other = &sim->host[~what & 1],
		.child = what & 2   ? NULL
			 : what & 4 ? sim->link[0].child[1].name
				    : sim->link[0].child[0].name,
		.held = sim->net.held_count ? what % sim->net.held_count : 0,
		.octet = which < 128 ? what : read_u8(r),
	};

	operations[which % 128 % OPERATIONS](sim, &of);
	if (!sim->failed)
		sim_run(sim, MOMENT_MS); /* a name server answers */
	while (sim->net.held_count > MAX_ON_THE_WAY)
		network_lose(sim, 0);
}

static void check(const struct sim *sim)
{
	if (sim->failed)
		fprintf(stderr, "%s\n", sim->failure);
	HOLDS(!sim->failed);
}

void fuzz_engine(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(bytes_of(data, size));
	const uint8_t how = read_u8(&r), more = read_u8(&r);
	struct sim *sim = sim_new(read_u8(&r));

	HOLDS(sim != NULL);
	if (getenv("FUZZ_TRACE"))
		trace_start(sim, stderr);
	make_world(sim, how, more);
	for (int i = 0; i < MAX_OPERATIONS && r.left > 0 && !sim->failed; i++)
		operation(sim, &r);
	if (!sim->failed)
		network_release(sim);
	if (!sim->failed && (how & WORLD_HEALS))
		scenario_heal(sim);
	check(sim);
	sim_free(sim);
}

/* scenario.c - a seed becomes hosts, links and misfortunes: faults first, then healing.
 * SPDX-License-Identifier: ISC
 *
 * In the first phase everything that can go wrong may, and only the invariants
 * of safety are checked.  In the second the network heals, and within a bounded
 * virtual time everything that is configured must be up exactly once; then both
 * ends take it down, and nothing may be left.
 */
#include "tests/sim/sim.h"

enum {
	SETTLE_MS = 600000, /* the back-off's longest, a dial and liveness */
	DIAL_MS = 400000,
	QUIET_MS = 300000,
	STOP_MS = 5000,
	AUTH_STREAM = 1000,
};

static const char *const ike_suites[] = {
	"aes128gcm16-prfsha256-x25519",
	"chacha20poly1305-prfsha256-x25519",
	"aes256-sha256-prfsha256-x25519",
	"aes256gcm16-prfsha384-x25519",
	"aes128-sha1-prfsha1-x25519",
	"aes256gcm16-prfsha512-x25519 aes128-sha512-prfsha256-x25519",
};

static const char *const esp_suites[] = {
	"aes128gcm16-noesn",
	"aes256gcm16-esn-noesn",
	"chacha20poly1305-x25519-esn",
	"aes256-sha256-noesn",
	"aes256gcm16-aes128gcm16-x25519-noesn aes128-sha256-noesn",
	"aes128-sha1-esn-noesn",
};

#define PICK(SIM, TABLE)                                                       \
	TABLE[prng_below(&(SIM)->prng, sizeof(TABLE) / sizeof(TABLE[0]))]

/* --- The world ------------------------------------------------------------ */

/* Further selectors of a tunnel: more networks of both families. */
static void widen(struct sim *sim, struct sim_link *link,
	struct sim_child *child, unsigned number)
{
	uint8_t base = (uint8_t)((link - sim->link) * 32 + (long)number * 8);

	for (unsigned side = 0; side < 2; side++) {
		unsigned more = prng_below(&sim->prng, SIM_SELECTORS);
		uint8_t net = (uint8_t)(base + 4 * side);

		for (unsigned i = 1; i <= more; i++) {
			struct ike_selector add;

			add = prng_chance(&sim->prng, 400)
				      ? sim_net6(net, (uint16_t)i, 48)
				      : sim_net4(10, net, (uint8_t)(16 * i), 0,
						20);
			child->local[side][i] = child->remote[1 - side][i] =
				add;
		}
		child->local_count[side] = (uint8_t)(more + 1);
		child->remote_count[1 - side] = (uint8_t)(more + 1);
	}
}

static void only_v6(struct sim_link *link, struct sim *sim,
	struct sim_child *child, unsigned number)
{
	uint16_t base = (uint16_t)((link - sim->link) * 32 + (long)number * 8);

	for (unsigned side = 0; side < 2; side++) {
		struct ike_selector net =
			sim_net6((uint16_t)(base + 4 * side), 0, 48);

		child->local[side][0] = child->remote[1 - side][0] = net;
	}
}

/* The two sides do not quite say the same. */
static void disagree(struct sim *sim, struct sim_link *link,
	struct sim_child *child, unsigned number)
{
	uint8_t net = (uint8_t)((link - sim->link) * 32 + (long)number * 8);

	switch (prng_below(&sim->prng, 4)) {
	case 0: /* side 1 allows less of its own network */
		child->local[1][0] = sim_net4(10, (uint8_t)(net + 4), 1, 0, 24);
		break;
	case 1: /* side 0 asks for one protocol */
		child->remote[0][0].protocol = 17;
		break;
	case 2: /* nothing in common */
		child->local[1][0] =
			sim_net4(10, 250, (uint8_t)(net + number), 0, 24);
		child->fits = false;
		break;
	default: /* no proposal in common */
		child->esp[0] = "aes128gcm16-noesn";
		child->esp[1] = "chacha20poly1305-noesn";
		child->fits = false;
		break;
	}
}

static enum ike_start pick_start(struct sim *sim, bool dials)
{
	if (!dials)
		return IKE_START_WAIT;
	switch (prng_below(&sim->prng, 4)) {
	case 0:
		return IKE_START_WAIT;
	case 1:
		return IKE_START_ON_DEMAND;
	default:
		return IKE_START_NOW;
	}
}

/* encap: ESP may go in UDP, and transport mode may not (another peer from
 * anywhere may force it before we know who it is). */
static void make_child(
	struct sim *sim, struct sim_link *link, unsigned number, bool encap)
{
	struct sim_child *child;

	if (number == 0)
		child = &link->child[0];
	else
		child = sim_add_child(sim, link,
			!encap && prng_chance(&sim->prng, 250)
				? IKE_MODE_TRANSPORT
				: IKE_MODE_TUNNEL);
	child->esp[0] = child->esp[1] = PICK(sim, esp_suites);
	for (unsigned side = 0; side < 2; side++)
		child->start[side] = pick_start(sim, link->dials[side]);
	if (!sim->calm && prng_chance(&sim->prng, 100))
		child->rekey_packets = 3 + prng_below(&sim->prng, 30);
	if (child->mode == IKE_MODE_TRANSPORT)
		return;
	if (prng_chance(&sim->prng, 200))
		only_v6(link, sim, child, number);
	else if (prng_chance(&sim->prng, 300))
		widen(sim, link, child, number);
	else if (prng_chance(&sim->prng, 250))
		disagree(sim, link, child, number);
}

/* The suites: mostly one for both; or the first group differs; or none. */
static void make_suites(struct sim *sim, struct sim_link *link)
{
	link->ike[0] = link->ike[1] = PICK(sim, ike_suites);
	/* Of peers from anywhere the first decides the suite of all: whoever
	 * configures them differently is told so in IKE_AUTH. */
	if (link->any) {
		link->ike[0] = link->ike[1] = ike_suites[0];
		link->fits = prng_chance(&sim->prng, 950);
		return;
	}
	if (prng_chance(&sim->prng, 150)) {
		unsigned side = prng_below(&sim->prng, 2);

		link->ike[side] = "aes128gcm16-prfsha256-ecp256-x25519";
		link->ike[1 - side] = "aes128gcm16-prfsha256-x25519";
		return;
	}
	if (prng_chance(&sim->prng, 920))
		return;
	link->fits = false;
	if (prng_chance(&sim->prng, 500)) {
		link->ike[0] = ike_suites[0];
		link->ike[1] = ike_suites[1];
	}
}

/* From a stream of its own: what else is drawn of a seed stays as it was. */
static void make_auths(struct sim *sim, struct sim_link *link)
{
	static const enum ike_auth kinds[] = { IKE_AUTH_PSK, IKE_AUTH_PSK,
		IKE_AUTH_PSK, IKE_AUTH_CERT, IKE_AUTH_PUBKEY };
	struct prng prng;

	prng_seed(&prng, sim->seed, AUTH_STREAM + (uint64_t)(link - sim->link));
	if (!prng_chance(&prng, 300))
		return;
	for (unsigned side = 0; side < 2; side++)
		link->auth[side] = kinds[prng_below(
			&prng, sizeof(kinds) / sizeof(kinds[0]))];
}

static void make_link(struct sim *sim, unsigned a, unsigned b)
{
	struct sim_link *link = sim_add_link(sim, a, b);
	bool natted = sim->host[a].natted || sim->host[b].natted;
	unsigned children = 1 + prng_below(&sim->prng, SIM_CHILDREN);

	if (!natted && prng_chance(&sim->prng, 250))
		link->family = 6;
	if (sim->host[a].natted)
		link->dials[1] = false;
	else if (prng_chance(&sim->prng, 150))
		link->any = true;
	if (link->any)
		link->dials[1] = false;
	link->by_name = !natted && prng_chance(&sim->prng, 300);
	if (natted)
		link->any = prng_chance(&sim->prng, 500);
	if (prng_chance(&sim->prng, 100))
		link->encap = IKE_ENCAP_FORCE;
	link->dpd_ms = 5000 + 1000 * prng_below(&sim->prng, 30);
	link->base_ms = 500 + 500 * prng_below(&sim->prng, 4);
	link->tries = (uint8_t)(3 + prng_below(&sim->prng, 3));
	for (unsigned side = 0; side < 2; side++)
		link->mobike[side] = prng_chance(&sim->prng, 800);
	make_suites(sim, link);
	make_auths(sim, link);
	for (unsigned i = 0; i < children; i++)
		make_child(sim, link, i,
			natted || link->any || link->encap == IKE_ENCAP_FORCE);
}

/* Each side for itself, as the other knows nothing of it.  From a stream of its
 * own: what else happens under a seed stays. */
static void make_shunts(struct sim *sim)
{
	struct prng prng;

	prng_seed(&prng, sim->seed, 3);
	for (size_t i = 0; i < 2 * sim->links; i++) {
		if (prng_chance(&prng, 200))
			sim->link[i / 2].shunt[i % 2] = prng_chance(&prng, 500)
								? IKE_MODE_PASS
								: IKE_MODE_DROP;
	}
}

static void make_network(struct sim *sim)
{
	struct sim_network *net = &sim->net;

	net->delay_ms = 1 + prng_below(&sim->prng, 100);
	if (sim->calm)
		return;
	net->jitter_ms = prng_below(&sim->prng, 4) * net->delay_ms;
	if (prng_chance(&sim->prng, 700))
		net->loss = prng_below(&sim->prng, 400);
	if (prng_chance(&sim->prng, 500))
		net->duplicate = prng_below(&sim->prng, 300);
	if (prng_chance(&sim->prng, 500))
		net->reorder = prng_below(&sim->prng, 300);
	if (prng_chance(&sim->prng, 500))
		net->hostile = prng_below(&sim->prng, 700);
}

/* In every fourth world the path is narrow, and both ends know it: what can be
 * cut into fragments is. */
static void make_path(struct sim *sim)
{
	struct prng prng;

	prng_seed(&prng, sim->seed, 'p');
	if (!prng_chance(&prng, 250))
		return;
	sim->net.mtu = 200 + prng_below(&prng, 300);
	for (unsigned i = 0; i < sim->hosts; i++)
		sim->host[i].limits.fragment_size = sim->net.mtu;
	trace_line(
		sim, "the path takes IP datagrams of %u octets", sim->net.mtu);
}

/* Each of what follows is in every third world or so, and drawn apart from all
 * else, so that a seed's world is what it is without it. */
static void make_harsh(struct sim *sim)
{
	struct prng prng;

	prng_seed(&prng, sim->seed, 'h');
	if (!sim->calm && prng_chance(&prng, 300)) {
		sim->net.late = 1 + prng_below(&prng, 100);
		sim->was_late = true;
	}
	sim->clock_steps = prng_chance(&prng, 300);
	for (size_t i = 0; i < sim->links; i++) {
		struct sim_link *link = &sim->link[i];

		if (prng_chance(&prng, 300))
			link->rekey_ms = 200000 + prng_below(&prng, 600000);
		/* Refused twice, a child may come to its end before it is
		 * rekeyed: then it must be one that comes back. */
		for (size_t c = 0; c < link->children; c++) {
			struct sim_child *child = &link->child[c];

			if (prng_chance(&prng, 500) &&
				(child->start[0] == IKE_START_NOW ||
					child->start[1] == IKE_START_NOW))
				child->rekey_ms =
					100000 + prng_below(&prng, 300000);
		}
	}
}

static void make_world(struct sim *sim)
{
	unsigned hosts = prng_chance(&sim->prng, 700)
				 ? 2
				 : 3 + prng_below(&sim->prng, SIM_HOSTS - 2);

	sim->calm = prng_chance(&sim->prng, 150);
	make_network(sim);
	for (unsigned i = 0; i < hosts; i++) {
		struct sim_host *host = sim_add_host(sim);

		if (prng_chance(&sim->prng, 200))
			host->limits.cookie_threshold =
				prng_below(&sim->prng, 2);
		if (!sim->calm && prng_chance(&sim->prng, 100))
			host->limits.half_open_limit =
				2 + prng_below(&sim->prng, 8);
	}
	make_path(sim);
	if (prng_chance(&sim->prng, 200)) {
		sim->net.nat = true;
		sim->host[0].natted = true;
		sim->host[0].addr[0] =
			(struct ike_addr){ 4, { 10, 255, 0, 2 } };
	}
	for (unsigned a = 0; a < hosts; a++) {
		for (unsigned b = a + 1; b < hosts; b++) {
			if (hosts == 2 || prng_chance(&sim->prng, 600))
				make_link(sim, a, b);
		}
	}
	for (unsigned i = 0; i < hosts; i++) {
		for (size_t l = 0; l < sim->links; l++)
			sim->host[i].config.present[l] = true;
	}
	make_shunts(sim);
	make_harsh(sim);
}

static void tell_link(struct sim *sim, const struct sim_link *link)
{
	static const char *const start[] = { "wait", "now", "on-demand" };
	static const char *const shunt[] = { "none", "", "pass", "drop" };

	static const char *const auth[] = { "", "psk", "cert", "", "pubkey" };

	trace_line(sim, "link %c-%c: IPv%u%s%s%s, %s | %s, %s | %s%s",
		sim->host[link->host[0]].letter,
		sim->host[link->host[1]].letter, link->family,
		link->by_name ? ", by name" : "",
		link->any ? ", from anywhere" : "",
		link->encap == IKE_ENCAP_FORCE ? ", encap: force" : "",
		link->ike[0], link->ike[1], auth[link->auth[0]],
		auth[link->auth[1]], link->fits ? "" : ", does not fit");
	for (size_t i = 0; i < link->children; i++) {
		const struct sim_child *child = &link->child[i];

		trace_line(sim, "child %s: %s, start %s | %s, %s | %s%s",
			child->name,
			child->mode == IKE_MODE_TUNNEL ? "tunnel" : "transport",
			start[child->start[0]], start[child->start[1]],
			child->esp[0], child->esp[1],
			child->fits ? "" : ", does not fit");
	}
	if (ike_is_shunt(link->shunt[0]) || ike_is_shunt(link->shunt[1]))
		trace_line(sim, "shunt: %s | %s", shunt[link->shunt[0]],
			shunt[link->shunt[1]]);
}

/* --- Misfortunes ---------------------------------------------------------- */

static struct sim_host *any_host(struct sim *sim)
{
	return &sim->host[prng_below(&sim->prng, sim->hosts)];
}

static struct sim_link *any_link(struct sim *sim)
{
	if (sim->links == 0)
		return NULL;
	return &sim->link[prng_below(&sim->prng, (uint32_t)sim->links)];
}

static void do_rekey(struct sim *sim, struct sim_host *host,
	const struct sim_host *other, const char *child)
{
	if (!child && prng_chance(&sim->prng, 500))
		sim_rekey_ike(sim, host, other);
	else
		sim_rekey(sim, host, other, child);
}

static void do_wish(struct sim *sim, struct sim_link *link)
{
	unsigned side = prng_below(&sim->prng, 2);
	struct sim_host *host = &sim->host[link->host[side]];
	const struct sim_host *other = &sim->host[link->host[1 - side]];
	const struct sim_child *child =
		&link->child[prng_below(&sim->prng, (uint32_t)link->children)];
	const char *name = prng_chance(&sim->prng, 400) ? child->name : NULL;

	if (prng_chance(&sim->prng, 500)) {
		do_rekey(sim, host, other, name);
		if (prng_chance(&sim->prng, 500))
			do_rekey(sim, &sim->host[link->host[1 - side]], host,
				name);
	} else if (prng_chance(&sim->prng, 600))
		sim_up(sim, host, other, name);
	else
		sim_down(sim, host, other, name);
}

static void do_reload(struct sim *sim, struct sim_link *link)
{
	size_t i = (size_t)(link - sim->link);
	uint8_t variant = (uint8_t)prng_below(&sim->prng, VARIANTS);
	bool present = prng_chance(&sim->prng, 800);

	if (!link->fits || strcmp(link->ike[0], link->ike[1]) != 0)
		variant &= (uint8_t)~VARIANT_SUITE;
	for (unsigned side = 0; side < 2; side++) {
		struct sim_host *host = &sim->host[link->host[side]];
		struct sim_config config = host->config;

		if (prng_chance(&sim->prng, 300))
			continue;
		trace_line(sim, "%c reloads: %c is %s, variant %u",
			host->letter, sim->host[link->host[1 - side]].letter,
			present ? "there" : "not there", variant);
		config.present[i] = present;
		config.variant[i] = variant;
		if (!host->stopping)
			sim_configure(sim, host, &config);
		if (sim->failed)
			return;
	}
}

static void do_packets(struct sim *sim, struct sim_link *link)
{
	unsigned side = prng_below(&sim->prng, 2), i;
	struct sim_host *host = &sim->host[link->host[side]];
	size_t l = (size_t)(link - sim->link);
	struct ike_selector local[SIM_SELECTORS], remote[SIM_SELECTORS];
	const struct sim_child *child;
	struct ike_flow flow;

	i = prng_below(&sim->prng, (uint32_t)link->children);
	child = &link->child[i];
	if (child->mode == IKE_MODE_TRANSPORT || !host->config.present[l])
		return;
	sim_child_selectors(child, side, sim_shape(i, host->config.variant[l]),
		local, remote);
	if (local[0].family != remote[0].family)
		return;
	flow = sim_kernel_flow(&local[0], &remote[0]);
	for (unsigned n = 1 + prng_below(&sim->prng, 10); n > 0; n--)
		sim_kernel_packet(sim, host, &flow, false);
}

static void do_kernel(struct sim *sim)
{
	struct sim_kernel *kernel = &any_host(sim)->kernel;

	kernel->refuse_sa = kernel->refuse_policy = 0;
	kernel->no_esp = false;
	switch (prng_below(&sim->prng, 5)) {
	case 0:
		kernel->no_esp = true;
		break;
	case 1:
		kernel->refuse_policy = 200;
		break;
	case 2:
		kernel->refuse_sa = 300;
		break;
	default:
		break;
	}
}

static void do_partition(struct sim *sim)
{
	unsigned a = prng_below(&sim->prng, sim->hosts);
	unsigned b = prng_below(&sim->prng, sim->hosts);
	bool cut = prng_chance(&sim->prng, 500);

	trace_line(sim, "the way from %c to %c is %s", 'a' + (int)a,
		'a' + (int)b, cut ? "cut" : "open");
	sim->net.cut[a][b] = cut;
	if (prng_chance(&sim->prng, 500))
		sim->net.cut[b][a] = cut;
}

static void do_host(struct sim *sim)
{
	struct sim_host *host = any_host(sim);

	if (!host->ike)
		sim_start(sim, host);
	else if (prng_chance(&sim->prng, 700))
		sim_kill(sim, host);
	else
		sim_stop(sim, host);
}

/* It judges certificates, and drives nothing. */
static void step_clock(struct sim *sim)
{
	int64_t by = (int64_t)prng_below(&sim->prng, 100000000) - 50000000;

	sim->wall_s += by;
	trace_line(sim, "the clock steps by %lld s", (long long)by);
}

static void misfortune(struct sim *sim)
{
	struct sim_link *link = any_link(sim);
	uint32_t dice = prng_below(&sim->prng, 100);

	if (!link || dice < 25)
		return;
	if (sim->net.nat && prng_chance(&sim->prng, 100))
		sim_nat_rebind(sim, prng_chance(&sim->prng, 300));
	if (sim->clock_steps && prng_chance(&sim->prng, 100))
		step_clock(sim);
	if (dice < 50)
		do_packets(sim, link);
	else if (dice < 64)
		do_wish(sim, link);
	else if (dice < 72)
		do_reload(sim, link);
	else if (dice < 80)
		do_host(sim);
	else if (dice < 86)
		do_partition(sim);
	else if (dice < 90)
		do_kernel(sim);
	else if (dice < 92)
		sim_nat_rebind(sim, prng_chance(&sim->prng, 300));
	else if (sim->net.hostile > 0)
		network_noise(sim);
}

static void phase_faults(struct sim *sim)
{
	unsigned rounds = 10 + prng_below(&sim->prng, 60);

	for (unsigned i = 0; i < sim->hosts && !sim->failed; i++) {
		if (sim->calm || prng_chance(&sim->prng, 950))
			sim_start(sim, &sim->host[i]);
		if (!sim->calm && prng_chance(&sim->prng, 300))
			sim_run(sim, prng_below(&sim->prng, 3000));
	}
	for (unsigned i = 0; i < rounds && !sim->failed; i++) {
		sim_run(sim, prng_below(&sim->prng, 15000));
		if (!sim->failed && !sim->calm)
			misfortune(sim);
		else if (!sim->failed && sim->links > 0)
			do_packets(sim, any_link(sim));
	}
}

/* --- Healing -------------------------------------------------------------- */

/* Both ends of a link get the same configuration again. */
static void agree(struct sim *sim)
{
	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];
		struct sim_host *a = &sim->host[link->host[0]];
		struct sim_host *b = &sim->host[link->host[1]];
		struct sim_config config = a->config;
		uint8_t variant = config.variant[i];
		bool present = sim->calm || prng_chance(&sim->prng, 850);

		config.present[i] = present;
		sim_configure(sim, a, &config);
		if (sim->failed)
			return;
		config = b->config;
		config.present[i] = present;
		config.variant[i] = variant;
		sim_configure(sim, b, &config);
		if (sim->failed)
			return;
	}
}

static void heal(struct sim *sim)
{
	trace_line(sim, "the network heals");
	network_heal(sim);
	for (unsigned i = 0; i < sim->hosts && !sim->failed; i++) {
		struct sim_kernel *kernel = &sim->host[i].kernel;

		kernel->no_esp = false;
		kernel->refuse_sa = kernel->refuse_policy = 0;
	}
	sim_run(sim, STOP_MS);
	for (unsigned i = 0; i < sim->hosts && !sim->failed; i++) {
		if (!sim->host[i].ike)
			sim_start(sim, &sim->host[i]);
	}
	if (!sim->failed && !sim->calm)
		agree(sim);
}

static bool starts_by_itself(const struct sim_link *link)
{
	for (size_t i = 0; i < link->children; i++) {
		if (link->child[i].start[0] != IKE_START_NOW &&
			link->child[i].start[1] != IKE_START_NOW)
			return false;
	}
	return true;
}

/* "up" where somebody has to say it. */
static void dial(struct sim *sim)
{
	for (size_t i = 0; i < sim->links && !sim->failed; i++) {
		const struct sim_link *link = &sim->link[i];
		struct sim_host *a = &sim->host[link->host[0]];
		const struct sim_host *b = &sim->host[link->host[1]];

		if (sim->calm && starts_by_itself(link))
			continue;
		if (a->config.present[i])
			sim_up(sim, a, b, NULL);
	}
}

static void hang_up(struct sim *sim)
{
	for (size_t i = 0; i < sim->links && !sim->failed; i++) {
		const struct sim_link *link = &sim->link[i];
		struct sim_host *a = &sim->host[link->host[0]];
		struct sim_host *b = &sim->host[link->host[1]];

		if (a->config.present[i])
			sim_down(sim, a, b, NULL);
		if (!sim->failed && b->config.present[i])
			sim_down(sim, b, a, NULL);
	}
}

void scenario_heal(struct sim *sim)
{
	heal(sim);
	if (!sim->failed)
		sim_run(sim, SETTLE_MS);
	if (!sim->failed)
		dial(sim);
	if (!sim->failed)
		sim_run(sim, DIAL_MS);
	if (!sim->failed)
		oracle_converged(sim);
	if (sim->failed)
		return;
	hang_up(sim);
	if (!sim->failed)
		sim_run(sim, QUIET_MS);
	if (!sim->failed)
		oracle_silent(sim);
	for (unsigned i = 0; i < sim->hosts && !sim->failed; i++)
		sim_stop(sim, &sim->host[i]);
	if (!sim->failed)
		sim_run(sim, STOP_MS);
	for (unsigned i = 0; i < sim->hosts && !sim->failed; i++) {
		if (sim->host[i].ike)
			sim_fail(sim, "silence", "%c does not stop",
				sim->host[i].letter);
	}
}

void scenario_run(struct sim *sim)
{
	make_world(sim);
	for (size_t i = 0; i < sim->links; i++)
		tell_link(sim, &sim->link[i]);
	if (sim->net.nat)
		trace_line(sim, "a is behind a NAT");
	phase_faults(sim);
	if (!sim->failed)
		scenario_heal(sim);
}

/* oracle_settled.c - hosts in the end: healed, they agree; stopped, they are silent.
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/oracle.h"

#include "ikev2/selectors.h"

enum { REKEYS_END_MS = 70000 };

size_t oracle_ike_sas(struct sim *sim, const struct sim_host *host,
	const struct sim_host *other)
{
	struct ike_sa_status sa;
	uint64_t at = 0;
	size_t count = 0;

	(void)sim;
	while (host->ike && ike_next_sa(host->ike, &at, &sa)) {
		if (sa.established && sa.peer &&
			sa.peer->name[0] == other->letter)
			count++;
	}
	return count;
}

size_t oracle_children(struct sim *sim, const struct sim_host *host,
	const struct sim_host *other, const char *child,
	struct ike_child_status *one)
{
	struct ike_sa_status sa;
	struct ike_child_status found;
	uint64_t at = 0;
	size_t count = 0;

	(void)sim;
	while (host->ike && ike_next_sa(host->ike, &at, &sa)) {
		if (!sa.established || !sa.peer ||
			sa.peer->name[0] != other->letter)
			continue;
		for (size_t i = 0; i < sa.children; i++) {
			if (!ike_child_at(host->ike, sa.sa, i, &found) ||
				!found.up || strcmp(found.name, child) != 0)
				continue;
			count++;
			*one = found;
		}
	}
	return count;
}

/* The pointers in a status are the core's: fetch what is needed of both ends
 * before it moves on. */
static bool mirrored(
	const struct ike_child_status *a, const struct ike_child_status *b)
{
	if (a->local_ts_count != b->remote_ts_count ||
		a->remote_ts_count != b->local_ts_count)
		return false;
	for (size_t i = 0; i < a->local_ts_count; i++) {
		if (!selector_equal(&a->local_ts[i], &b->remote_ts[i]))
			return false;
	}
	for (size_t i = 0; i < a->remote_ts_count; i++) {
		if (!selector_equal(&a->remote_ts[i], &b->local_ts[i]))
			return false;
	}
	return true;
}

/* A packet of the child each way must arrive; the network is healed. */
static void ping(struct sim *sim, struct sim_host *from,
	const struct ike_child_status *child)
{
	struct ike_flow flow =
		sim_kernel_flow(&child->local_ts[0], &child->remote_ts[0]);
	uint64_t before = sim->pings_arrived;

	for (size_t i = 0; i < child->remote_ts_count; i++) {
		if (child->remote_ts[i].family == child->local_ts[0].family) {
			flow = sim_kernel_flow(
				&child->local_ts[0], &child->remote_ts[i]);
			break;
		}
	}
	sim_kernel_packet(sim, from, &flow, true);
	sim_run(sim, 2000);
	if (!sim->failed && sim->pings_arrived == before)
		sim_fail(sim, "convergence",
			"a packet of %c for child %s does not arrive",
			from->letter, child->name);
}

static void check_pair(struct sim *sim, struct sim_host *a, struct sim_host *b,
	const char *child, size_t expected)
{
	struct ike_child_status at_a = { 0 }, at_b = { 0 };
	size_t in_a = oracle_children(sim, a, b, child, &at_a);
	size_t in_b = oracle_children(sim, b, a, child, &at_b);

	if (in_a != expected || in_b != in_a) {
		sim_fail(sim, "convergence",
			"child %s is up %zu times at %c, %zu times at %c, and should be %s",
			child, in_a, a->letter, in_b, b->letter,
			expected ? "once" : "down");
		return;
	}
	if (in_a == 0)
		return;
	if (at_a.out.spi != at_b.in.spi || at_a.in.spi != at_b.out.spi)
		sim_fail(sim, "convergence", "child %s of %c is not that of %c",
			child, a->letter, b->letter);
	else if (at_a.mode != at_b.mode || !mirrored(&at_a, &at_b))
		sim_fail(sim, "agreement",
			"%c and %c differ about the selectors of %s", a->letter,
			b->letter, child);
}

static void ping_pair(struct sim *sim, struct sim_host *a, struct sim_host *b,
	const char *child)
{
	struct ike_child_status status = { 0 };

	if (sim->failed || oracle_children(sim, a, b, child, &status) != 1)
		return;
	ping(sim, a, &status);
}

void oracle_pair(struct sim *sim, struct sim_host *a, struct sim_host *b,
	const char *child, size_t expected)
{
	check_pair(sim, a, b, child, expected);
	ping_pair(sim, a, b, child);
	ping_pair(sim, b, a, child);
}

/* One IKE SA, and each child as often as it should be, with the same SAs. */
static bool is_settled(struct sim *sim, const struct sim_link *link)
{
	const struct sim_host *a = &sim->host[link->host[0]];
	const struct sim_host *b = &sim->host[link->host[1]];
	struct ike_child_status at_a = { 0 }, at_b = { 0 };

	if (oracle_ike_sas(sim, a, b) != 1 || oracle_ike_sas(sim, b, a) != 1)
		return false;
	for (size_t c = 0; c < link->children; c++) {
		const struct sim_child *child = &link->child[c];
		size_t expected = child->fits ? 1 : 0;

		if (oracle_children(sim, a, b, child->name, &at_a) !=
				expected ||
			oracle_children(sim, b, a, child->name, &at_b) !=
				expected ||
			(expected && at_a.in.spi != at_b.out.spi))
			return false;
	}
	return true;
}

/* While something is rekeyed there are the old one and the new for a moment; one
 * that lost a collision, and whose initiator has not heard of it, for a minute. */
static void wait_for_rekeys(struct sim *sim, const struct sim_link *link)
{
	for (unsigned i = 0; i < REKEYS_END_MS / 100 && !sim->failed; i++) {
		if (is_settled(sim, link))
			return;
		sim_run(sim, 100);
	}
}

static void check_link(struct sim *sim, const struct sim_link *link)
{
	struct sim_host *a = &sim->host[link->host[0]];
	struct sim_host *b = &sim->host[link->host[1]];
	size_t i = (size_t)(link - sim->link);
	bool wanted =
		link->fits && a->config.present[i] && b->config.present[i];
	size_t at_a, at_b;

	if (wanted)
		wait_for_rekeys(sim, link);
	at_a = oracle_ike_sas(sim, a, b);
	at_b = oracle_ike_sas(sim, b, a);
	if (at_a != at_b || (at_a != 1 && wanted) || (at_a != 0 && !wanted)) {
		sim_fail(sim, "convergence",
			"%c has %zu IKE SAs with %c, which has %zu; it should be %s",
			a->letter, at_a, b->letter, at_b,
			wanted ? "one" : "none");
		return;
	}
	if (!wanted)
		return;
	for (size_t c = 0; c < link->children && !sim->failed; c++) {
		wait_for_rekeys(sim, link);
		oracle_pair(sim, a, b, link->child[c].name,
			link->child[c].fits ? 1 : 0);
	}
}

void oracle_converged(struct sim *sim)
{
	for (size_t i = 0; i < sim->links && !sim->failed; i++)
		check_link(sim, &sim->link[i]);
}

static size_t traps_of(struct sim *sim, const struct sim_host *host)
{
	size_t traps = 0;

	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];
		unsigned side = link->host[0] == host->index ? 0 : 1;

		if (link->host[side] != host->index || !host->config.present[i])
			continue;
		traps += ike_is_shunt(link->shunt[side]);
		for (size_t c = 0; c < link->children; c++) {
			if (link->child[c].start[side] != IKE_START_WAIT)
				traps += (size_t)link->child[c]
						 .local_count[side] *
					 link->child[c].remote_count[side];
		}
	}
	return traps;
}

void oracle_silent(struct sim *sim)
{
	for (unsigned i = 0; i < sim->hosts && !sim->failed; i++) {
		struct sim_host *host = &sim->host[i];
		struct ike_sa_status sa;
		uint64_t at = 0;

		if (!host->ike)
			continue;
		if (ike_next_sa(host->ike, &at, &sa))
			sim_fail(sim, "silence", "%c still has an IKE SA (%s)",
				host->letter, sa.phase);
		if (host->kernel.sads > 0)
			sim_fail(sim, "silence", "%c still has %zu SAs",
				host->letter, host->kernel.sads);
		if (host->kernel.spds > traps_of(sim, host))
			sim_fail(sim, "silence",
				"%c has %zu policies and should have at most %zu",
				host->letter, host->kernel.spds,
				traps_of(sim, host));
		if (ike_deadline(host->ike) != IKE_NEVER)
			sim_fail(sim, "silence", "%c has a deadline in %llu ms",
				host->letter,
				(unsigned long long)(ike_deadline(host->ike) -
						     sim->now.mono_ms));
	}
}

/* A clean stop leaves the traps, which its owner sweeps. */
void oracle_gone(struct sim *sim, struct sim_host *host)
{
	struct ike_sa_status sa;
	uint64_t at = 0;

	if (host->kernel.sads > 0 || host->kernel.spds > traps_of(sim, host))
		sim_fail(sim, "silence",
			"%c has stopped and leaves %zu SAs and %zu policies",
			host->letter, host->kernel.sads, host->kernel.spds);
	while (ike_next_sa(host->ike, &at, &sa)) {
		if (sa.established)
			sim_fail(sim, "silence",
				"%c has stopped with an IKE SA", host->letter);
	}
}

/* kernel.c - a kernel that records: SAs and policies in lists, packets that only pretend.
 * SPDX-License-Identifier: ISC
 *
 * It behaves as Linux does where a core could notice: one SA a (destination,
 * SPI), one policy a pair of selectors, the lowest priority first, an acquire
 * for a policy without an SA, the newest SA of a reqid in use.
 */
#include "tests/sim/sim.h"

#include <assert.h>
#include <stdlib.h>

enum { ACQUIRE_EVERY_MS = 1000 };

static bool ref_equal(struct ike_sa_ref a, struct ike_sa_ref b)
{
	return a.spi == b.spi && ike_addr_equal(&a.dst, &b.dst);
}

static bool same_selector(
	const struct ike_selector *a, const struct ike_selector *b)
{
	return a->family == b->family && a->protocol == b->protocol &&
	       a->start_port == b->start_port && a->end_port == b->end_port &&
	       memcmp(a->start, b->start, sizeof(a->start)) == 0 &&
	       memcmp(a->end, b->end, sizeof(a->end)) == 0;
}

const struct sad_entry *sim_kernel_find(
	const struct sim_kernel *kernel, struct ike_sa_ref ref, bool out)
{
	for (size_t i = 0; i < kernel->sads; i++) {
		const struct sad_entry *entry = &kernel->sad[i];

		if (entry->sa.out == out && ref_equal(entry->sa.ref, ref))
			return entry;
	}
	return NULL;
}

/* --- Effects -------------------------------------------------------------- */

static const char *add_sa(
	struct sim *sim, struct sim_host *host, const struct ike_effect *e)
{
	struct sim_kernel *kernel = &host->kernel;
	struct sad_entry *entry;

	if (kernel->no_esp)
		return "this kernel has no ESP";
	if (prng_chance(&sim->weather, kernel->refuse_sa))
		return prng_chance(&sim->weather, 500)
			       ? "File exists"
			       : "Cannot allocate memory";
	if (sim_kernel_find(kernel, e->add.ref, false) ||
		sim_kernel_find(kernel, e->add.ref, true))
		return "File exists";
	if (kernel->sads == SIM_SAD) {
		sim_fail(sim, "bounds", "%c has too many SAs", host->letter);
		return "No buffer space available";
	}
	entry = &kernel->sad[kernel->sads++];
	*entry = (struct sad_entry){ .sa = e->add,
		.child = e->child,
		.born = ++kernel->births,
		.born_ms = sim->now.mono_ms,
		.life = host->life };
	return NULL;
}

static void drop_sa(struct sim_kernel *kernel, size_t i)
{
	memmove(&kernel->sad[i], &kernel->sad[i + 1],
		(--kernel->sads - i) * sizeof(kernel->sad[0]));
}

static void delete_sa(struct sim_kernel *kernel, struct ike_sa_ref ref)
{
	for (size_t i = 0; i < kernel->sads; i++) {
		if (ref_equal(kernel->sad[i].sa.ref, ref)) {
			drop_sa(kernel, i);
			return;
		}
	}
}

static struct sad_entry *sad_of(
	struct sim_kernel *kernel, struct ike_sa_ref ref, bool out)
{
	const struct sad_entry *found = sim_kernel_find(kernel, ref, out);

	return found ? &kernel->sad[found - kernel->sad] : NULL;
}

/* One that is refused is gone. */
static const char *move_sa(
	struct sim *sim, struct sim_host *host, const struct ike_sa_move *move)
{
	struct sim_kernel *kernel = &host->kernel;
	struct sad_entry *entry = sad_of(kernel, move->ref, move->out);
	const struct ike_sa_ref moved = { .dst = move->new_dst,
		.spi = move->ref.spi };

	if (!entry)
		return "No such process";
	if (prng_chance(&sim->weather, kernel->refuse_sa)) {
		delete_sa(kernel, move->ref);
		return "Cannot allocate memory";
	}
	if (!ref_equal(moved, move->ref) &&
		(sad_of(kernel, moved, false) || sad_of(kernel, moved, true))) {
		delete_sa(kernel, move->ref);
		return "File exists";
	}
	entry->sa.ref = moved;
	entry->sa.src = move->new_src;
	entry->sa.src_port = move->src_port;
	entry->sa.dst_port = move->dst_port;
	entry->sa.encap = move->encap;
	return NULL;
}

static struct spd_entry *find_policy(
	struct sim_kernel *kernel, const struct ike_policy *policy)
{
	for (size_t i = 0; i < kernel->spds; i++) {
		struct spd_entry *entry = &kernel->spd[i];

		if (same_selector(&entry->policy.local_ts, &policy->local_ts) &&
			same_selector(
				&entry->policy.remote_ts, &policy->remote_ts) &&
			ike_label_equal(&entry->policy.in, &policy->in) &&
			ike_label_equal(&entry->policy.out, &policy->out))
			return entry;
	}
	return NULL;
}

static const char *add_policy(
	struct sim *sim, struct sim_host *host, const struct ike_policy *policy)
{
	struct sim_kernel *kernel = &host->kernel;
	struct spd_entry *entry = find_policy(kernel, policy);

	if (prng_chance(&sim->weather, kernel->refuse_policy)) {
		kernel->policy_refused = true;
		return "Cannot allocate memory";
	}
	if (!entry) {
		if (kernel->spds == SIM_SPD) {
			sim_fail(sim, "bounds", "%c has too many policies",
				host->letter);
			return "No buffer space available";
		}
		entry = &kernel->spd[kernel->spds++];
		memset(entry, 0, sizeof(*entry));
	}
	entry->policy = *policy;
	entry->life = host->life;
	return NULL;
}

static void drop_policy(struct sim_kernel *kernel, size_t i)
{
	memmove(&kernel->spd[i], &kernel->spd[i + 1],
		(--kernel->spds - i) * sizeof(kernel->spd[0]));
}

const char *sim_kernel_apply(
	struct sim *sim, struct sim_host *host, const struct ike_effect *e)
{
	struct spd_entry *entry;

	switch (e->kind) {
	case IKE_SA_ADD:
		return add_sa(sim, host, e);
	case IKE_SA_MOVE:
		return move_sa(sim, host, &e->move);
	case IKE_SA_DELETE:
		delete_sa(&host->kernel, e->del.ref);
		return NULL;
	case IKE_POLICY_ADD:
		return add_policy(sim, host, &e->policy);
	case IKE_POLICY_DELETE:
		entry = find_policy(&host->kernel, &e->policy);
		if (entry)
			drop_policy(&host->kernel,
				(size_t)(entry - host->kernel.spd));
		return NULL;
	case IKE_SEND:
	case IKE_SA_QUERY:
	case IKE_RESOLVE:
	case IKE_ROUTE:
	case IKE_FETCH:
	case IKE_REPORT:
	case IKE_EXPLAIN:
	case IKE_KEYS:
		break;
	}
	return NULL;
}

void sim_kernel_sweep(struct sim_host *host)
{
	struct sim_kernel *kernel = &host->kernel;

	for (size_t i = kernel->spds; i-- > 0;) {
		if (kernel->spd[i].life != host->life)
			drop_policy(kernel, i);
	}
	for (size_t i = kernel->sads; i-- > 0;) {
		if (kernel->sad[i].life != host->life)
			drop_sa(kernel, i);
	}
}

/* --- Packets -------------------------------------------------------------- */

bool selector_holds(const struct ike_selector *selector,
	const struct ike_addr *addr, uint8_t protocol, uint16_t port)
{
	size_t len = ike_addr_len(addr->family);

	if (selector->family != addr->family ||
		memcmp(addr->octets, selector->start, len) < 0 ||
		memcmp(addr->octets, selector->end, len) > 0)
		return false;
	if (selector->protocol != 0 && selector->protocol != protocol)
		return false;
	return port >= selector->start_port && port <= selector->end_port;
}

struct ike_flow sim_kernel_flow(
	const struct ike_selector *local, const struct ike_selector *remote)
{
	struct ike_flow flow = { .family = local->family,
		.protocol = local->protocol    ? local->protocol
			    : remote->protocol ? remote->protocol
					       : 17,
		.src_port = local->start_port,
		.dst_port = remote->start_port };

	flow.src.family = flow.dst.family = local->family;
	memcpy(flow.src.octets, local->start, ike_addr_len(local->family));
	memcpy(flow.dst.octets, remote->start, ike_addr_len(local->family));
	return flow;
}

static struct spd_entry *policy_for(
	struct sim_kernel *kernel, const struct ike_flow *flow, bool out)
{
	struct spd_entry *best = NULL;

	for (size_t i = 0; i < kernel->spds; i++) {
		struct spd_entry *entry = &kernel->spd[i];
		const struct ike_selector *src = out ? &entry->policy.local_ts
						     : &entry->policy.remote_ts;
		const struct ike_selector *dst = out ? &entry->policy.remote_ts
						     : &entry->policy.local_ts;

		if (!selector_holds(
			    src, &flow->src, flow->protocol, flow->src_port) ||
			!selector_holds(dst, &flow->dst, flow->protocol,
				flow->dst_port))
			continue;
		if (!best || entry->policy.priority < best->policy.priority)
			best = entry;
	}
	return best;
}

struct spd_entry *sim_kernel_policy_out(
	struct sim_kernel *kernel, const struct ike_flow *flow)
{
	return policy_for(kernel, flow, true);
}

static struct sad_entry *newest(
	struct sim_kernel *kernel, const struct ike_policy *policy)
{
	struct sad_entry *best = NULL;

	for (size_t i = 0; i < kernel->sads; i++) {
		struct sad_entry *entry = &kernel->sad[i];

		if (entry->sa.out && entry->sa.reqid == policy->reqid &&
			(!best || entry->born > best->born))
			best = entry;
	}
	return best;
}

static void expire(struct sim *sim, struct event *event, bool hard)
{
	struct sim_host *host = &sim->host[event->host];
	struct ike_sa_ref ref = { .dst = event->flow.dst, .spi = event->reqid };

	if (!host->ike || host->life != event->life)
		return;
	sim_begin(sim, NULL);
	trace_line(sim, "%c: the kernel says that an SA %s used up",
		host->letter, hard ? "is" : "will soon be");
	if (hard)
		delete_sa(&host->kernel, ref);
	ike_expire(host->ike, sim->now, ref, hard);
	sim_pump(sim, host);
}

static void expire_soft(struct sim *sim, struct event *event)
{
	expire(sim, event, false);
}

static void expire_hard(struct sim *sim, struct event *event)
{
	expire(sim, event, true);
}

static void acquire(struct sim *sim, struct event *event)
{
	struct sim_host *host = &sim->host[event->host];

	if (!host->ike || host->life != event->life || host->stopping)
		return;
	sim_begin(sim, NULL);
	trace_line(sim, "%c: a packet asks for an SA", host->letter);
	ike_acquire(host->ike, sim->now, event->reqid, &event->flow);
	sim_pump(sim, host);
}

static void mapping(struct sim *sim, struct event *event)
{
	struct sim_host *host = &sim->host[event->host];
	struct ike_sa_ref ref = { .dst = event->flow.dst, .spi = event->reqid };

	if (!host->ike || host->life != event->life)
		return;
	sim_begin(sim, NULL);
	trace_line(sim, "%c: the kernel says that ESP comes from elsewhere",
		host->letter);
	ike_mapping(host->ike, sim->now, ref, &event->from);
	sim_pump(sim, host);
}

/* ESP in UDP that is new shows where the peer is. */
static void look_at_source(struct sim *sim, struct sim_host *host,
	struct sad_entry *entry, const struct packet *packet)
{
	struct event *event;

	if (packet->sequence <= entry->sequence)
		return;
	entry->sequence = packet->sequence;
	if (!entry->sa.encap || !packet->encap ||
		(entry->sa.src_port == packet->from.port &&
			ike_addr_equal(&entry->sa.src, &packet->from.addr)))
		return;
	event = sim_event(sim, 0, mapping, host->index);
	event->life = host->life;
	event->reqid = entry->sa.ref.spi;
	event->flow.dst = entry->sa.ref.dst;
	event->from = packet->from;
}

static void count(
	struct sim *sim, struct sim_host *host, struct sad_entry *entry)
{
	struct event *event;

	entry->used.packets++;
	entry->used.bytes += 100;
	if (entry->used.packets == entry->sa.hard_packets)
		event = sim_event(sim, 0, expire_hard, host->index);
	else if (entry->used.packets == entry->sa.soft_packets)
		event = sim_event(sim, 0, expire_soft, host->index);
	else
		return;
	event->life = host->life;
	event->reqid = entry->sa.ref.spi;
	event->flow.dst = entry->sa.ref.dst;
}

static struct packet *seal(struct sim *sim, struct sad_entry *entry,
	const struct ike_flow *flow, bool strict)
{
	struct packet *packet = calloc(1, sizeof(*packet));
	const struct ike_ipsec_sa *sa = &entry->sa;

	assert(packet);
	packet->kind = PACKET_ESP;
	packet->from = (struct ike_endpoint){ sa->src, sa->src_port };
	packet->to = (struct ike_endpoint){ sa->ref.dst, sa->dst_port };
	packet->spi = sa->ref.spi;
	packet->encap = sa->encap;
	packet->encr_key = sa->encr_key;
	packet->integ_key = sa->integ_key;
	packet->flow = *flow;
	packet->sequence = ++entry->sequence;
	packet->strict = strict;
	packet->ping = strict ? ++sim->order : 0;
	trace_esp(sim, sa, flow, packet->sequence);
	return packet;
}

void sim_kernel_packet(struct sim *sim, struct sim_host *host,
	const struct ike_flow *flow, bool strict)
{
	struct spd_entry *policy = sim_kernel_policy_out(&host->kernel, flow);
	struct sad_entry *entry;
	struct event *event;

	if (!policy)
		return; /* in clear: the oracle knows whether it may */
	if (ike_is_shunt(policy->policy.mode))
		return; /* in clear, or nowhere: as configured */
	sim->packets++;
	entry = newest(&host->kernel, &policy->policy);
	if (entry) {
		network_send_esp(sim, host, seal(sim, entry, flow, strict));
		if (!strict)
			count(sim, host, entry);
		return;
	}
	if (policy->asked_ms &&
		policy->asked_ms + ACQUIRE_EVERY_MS > sim->now.mono_ms)
		return;
	policy->asked_ms = sim->now.mono_ms;
	event = sim_event(sim, 0, acquire, host->index);
	event->life = host->life;
	event->reqid = policy->policy.reqid;
	event->flow = *flow;
}

void sim_kernel_receive_esp(
	struct sim *sim, struct sim_host *host, const struct packet *packet)
{
	struct ike_sa_ref ref = { .dst = packet->to.addr, .spi = packet->spi };
	struct sim_kernel *kernel = &host->kernel;
	struct spd_entry *policy;
	struct sad_entry *entry;

	for (size_t i = 0; i < kernel->sads; i++) {
		entry = &kernel->sad[i];
		if (entry->sa.out || !ref_equal(entry->sa.ref, ref))
			continue;
		if (!secret_equal(secret_bytes(&entry->sa.encr_key),
			    secret_bytes(&packet->encr_key)) ||
			!secret_equal(secret_bytes(&entry->sa.integ_key),
				secret_bytes(&packet->integ_key))) {
			sim_fail(sim, "agreement",
				"%c cannot open the ESP packet %08x",
				host->letter, packet->spi);
			return;
		}
		look_at_source(sim, host, entry, packet);
		policy = policy_for(kernel, &packet->flow, false);
		if (!packet->strict)
			count(sim, host, entry);
		if (!policy || policy->policy.reqid != entry->sa.reqid)
			return;
		sim->packets_arrived++;
		if (packet->ping > 0)
			sim->pings_arrived = packet->ping;
		return;
	}
}

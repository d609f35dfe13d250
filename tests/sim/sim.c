/* sim.c - virtual time: hosts, events in order, effects carried out.
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/sim.h"

#include "tests/sim/said.h"

#include "ikev2/wire/header.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
	MAX_STEPS = 3000000,
	MAX_STUCK = 5000, /* steps without a millisecond going by */
	MAX_EFFECTS = 4096,
	STOP_MS = 2000,
};

/* --- Random numbers ------------------------------------------------------- */

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void prng_seed(struct prng *prng, uint64_t seed, uint64_t stream)
{
	uint64_t state = seed * UINT64_C(0x2545f4914f6cdd1d) + stream;

	for (size_t i = 0; i < 4; i++)
		prng->state[i] = splitmix(&state);
}

static uint64_t rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

uint64_t prng_next(struct prng *prng)
{
	uint64_t *s = prng->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint32_t prng_below(struct prng *prng, uint32_t below)
{
	return below == 0 ? 0 : (uint32_t)((prng_next(prng) >> 32) % below);
}

bool prng_chance(struct prng *prng, uint32_t per_mille)
{
	return per_mille > 0 && prng_below(prng, 1000) < per_mille;
}

uint64_t hash_more(uint64_t hash, const void *at, size_t len)
{
	const uint8_t *octet = at;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ octet[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* --- The simulation ------------------------------------------------------- */

void sim_fail(struct sim *sim, const char *invariant, const char *format, ...)
{
	va_list args;
	int len;

	if (sim->failed)
		return;
	sim->failed = true;
	len = snprintf(sim->failure, sizeof(sim->failure),
		"%s at %llu ms: ", invariant,
		(unsigned long long)sim->now.mono_ms);
	va_start(args, format);
	if (len > 0 && (size_t)len < sizeof(sim->failure))
		vsnprintf(sim->failure + len,
			sizeof(sim->failure) - (size_t)len, format, args);
	va_end(args);
	trace_line(sim, "VIOLATED %s", sim->failure);
}

struct sim *sim_new(uint64_t seed)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (!sim)
		return NULL;
	sim->seed = seed;
	sim->now.mono_ms = 1000;
	sim->max_steps = MAX_STEPS;
	sim->wall_s = 1700000000;
	sim->now.unix_s = sim->wall_s;
	prng_seed(&sim->prng, seed, 1);
	prng_seed(&sim->weather, seed, 2);
	sim->net.delay_ms = 10;
	sim->net.next_port = 20000;
	sim->net.nat_addr = (struct ike_addr){ 4, { 203, 0, 113, 1 } };
	sim->oracle = oracle_new();
	assert(sim->oracle);
	return sim;
}

static void event_free(struct event *event)
{
	free(event->packet);
	free(event->question);
	free(event);
}

void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	for (unsigned i = 0; i < sim->hosts; i++)
		ike_free(sim->host[i].ike);
	for (size_t i = 0; i < sim->events; i++)
		event_free(sim->heap[i]);
	free(sim->heap);
	network_free(sim);
	oracle_free(sim->oracle);
	trace_free(sim);
	free(sim);
}

/* --- Events: a heap by time, then by order of birth ----------------------- */

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct event **a, struct event **b)
{
	struct event *kept = *a;

	*a = *b;
	*b = kept;
}

struct event *sim_event(struct sim *sim, uint64_t delay_ms,
	void (*run)(struct sim *sim, struct event *event), unsigned host)
{
	struct event *event = calloc(1, sizeof(*event));
	size_t at = sim->events;

	assert(event);
	if (sim->events == sim->events_size) {
		sim->events_size = sim->events_size ? sim->events_size * 2 : 64;
		sim->heap = realloc(
			sim->heap, sim->events_size * sizeof(struct event *));
		assert(sim->heap);
	}
	event->at = sim->now.mono_ms + delay_ms;
	event->order = ++sim->order;
	event->run = run;
	event->host = host;
	sim->heap[sim->events++] = event;
	while (at > 0 && before(sim->heap[at], sim->heap[(at - 1) / 2])) {
		swap(&sim->heap[at], &sim->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	return event;
}

static struct event *event_take(struct sim *sim)
{
	struct event *first = sim->heap[0];
	size_t at = 0;

	sim->heap[0] = sim->heap[--sim->events];
	for (;;) {
		size_t least = at, child = 2 * at + 1;

		for (size_t i = child; i < child + 2 && i < sim->events; i++) {
			if (before(sim->heap[i], sim->heap[least]))
				least = i;
		}
		if (least == at)
			return first;
		swap(&sim->heap[at], &sim->heap[least]);
		at = least;
	}
}

/* --- Hosts ---------------------------------------------------------------- */

/* Is it the answer to a request that the host works on? */
static bool answers(const struct sim_host *host)
{
	const struct packet *cause = host->sim->batch.packet;

	return cause && cause->len >= IKE_HEADER_LEN &&
	       !(cause->data[19] & FLAG_RESPONSE);
}

static void host_random(void *ctx, uint8_t *out, size_t len)
{
	struct sim_host *host = ctx;

	for (size_t i = 0; i < len; i += 8) {
		uint64_t value = prng_next(&host->random);

		/* octet by octet: the same on every machine */
		for (size_t k = 0; k < 8 && i + k < len; k++)
			out[i + k] = (uint8_t)(value >> (8 * k));
	}
	if (host->sim->draw)
		host->sim->draw(host->sim, out, len);
	/* Private keys of that length may begin with anything, too. */
	if (host->ranked && len == NONCE_LEN)
		out[0] = host->rank[answers(host)];
}

static void host_log(void *ctx, const struct ike_log *line)
{
	static const char *const level[] = { "error", "warning", "info",
		"debug" };
	struct sim_host *host = ctx;
	const char *fault = said_fault(line);
	char text[4096];

	for (const char *at = line->text; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			sim_fail(host->sim, "log",
				"%c logs an octet that is not printable",
				host->letter);
	}
	if (fault)
		sim_fail(host->sim, "log", "of a line that %c logs: %s: %s",
			host->letter, fault, line->text);
	if (line->level == IKE_LOG_DEBUG)
		return;
	ike_line_format(text, sizeof(text), line);
	trace_line(host->sim, "%c: %s%s%s", host->letter,
		line->level <= IKE_LOG_WARNING ? level[line->level] : "",
		line->level <= IKE_LOG_WARNING ? ": " : "", text);
}

struct sim_host *sim_add_host(struct sim *sim)
{
	struct sim_host *host = &sim->host[sim->hosts];
	uint8_t last = (uint8_t)(sim->hosts + 1);

	assert(sim->hosts < SIM_HOSTS);
	host->sim = sim;
	host->index = sim->hosts++;
	host->letter = (char)('a' + host->index);
	host->addr[0] = (struct ike_addr){ 4, { 192, 0, 2, last } };
	host->addr[1] =
		(struct ike_addr){ 6, { 0x20, 1, 0x0d, 0xb8, [15] = last } };
	host->limits = ike_limits_default();
	prng_seed(&host->random, sim->seed, 16 + host->index);
	return host;
}

struct ike_addr sim_addr(const struct sim_host *host, uint8_t family)
{
	return host->addr[family == 4 ? 0 : 1];
}

struct sim_host *sim_host_at(struct sim *sim, const struct ike_addr *addr)
{
	for (unsigned i = 0; i < sim->hosts; i++) {
		struct sim_host *host = &sim->host[i];

		if (ike_addr_equal(addr, &host->addr[0]) ||
			ike_addr_equal(addr, &host->addr[1]))
			return host;
		if (host->natted && ike_addr_equal(addr, &sim->net.nat_addr))
			return host;
	}
	return NULL;
}

static bool was_nat_addr(
	const struct sim_network *net, const struct ike_addr *addr)
{
	struct ike_addr was = net->nat_addr;

	for (unsigned i = 0; i < net->nat_moves; i++) {
		was.octets[3]--;
		if (ike_addr_equal(&was, addr))
			return true;
	}
	return false;
}

struct sim_host *sim_host_ever_at(struct sim *sim, const struct ike_addr *addr)
{
	struct sim_host *host = sim_host_at(sim, addr);

	for (unsigned i = 0; !host && i < sim->hosts; i++) {
		if (sim->host[i].natted && was_nat_addr(&sim->net, addr))
			host = &sim->host[i];
		for (unsigned k = 0; k < sim->host[i].formers; k++) {
			if (ike_addr_equal(&sim->host[i].former[k], addr))
				host = &sim->host[i];
		}
	}
	return host;
}

void sim_begin(struct sim *sim, const struct packet *packet)
{
	memset(&sim->batch, 0, offsetof(struct batch, query));
	sim->batch.packet = packet;
}

void sim_start(struct sim *sim, struct sim_host *host)
{
	const struct ike_env env = { host_random, host_log, host };
	struct sim_config config = host->config;

	host->life++;
	host->stopping = false;
	host->kernel.policy_refused = false;
	host->ike = ike_new(&env, &host->limits);
	assert(host->ike);
	trace_line(sim, "%c starts", host->letter);
	memset(&host->config, 0, sizeof(host->config));
	sim_configure(sim, host, &config);
	if (sim->failed)
		return;
	sim_kernel_sweep(host);
	oracle_after(sim, host);
}

void sim_start_both(struct sim *sim)
{
	for (unsigned i = 0; i < 2; i++) {
		sim->host[i].config.present[0] = true;
		sim_start(sim, &sim->host[i]);
	}
}

void sim_kill(struct sim *sim, struct sim_host *host)
{
	trace_line(sim, "%c is killed", host->letter);
	ike_free(host->ike);
	host->ike = NULL;
	host->stopping = false;
	host->life++;
}

static void stopped(struct sim *sim, struct sim_host *host)
{
	trace_line(sim, "%c has stopped", host->letter);
	oracle_gone(sim, host);
	ike_free(host->ike);
	host->ike = NULL;
	host->stopping = false;
	host->life++;
	sim_kernel_sweep(host);
}

/* The daemon does not wait for ever. */
static void stop_at_last(struct sim *sim, struct event *event)
{
	struct sim_host *host = &sim->host[event->host];

	if (host->ike && host->life == event->life)
		stopped(sim, host);
}

void sim_stop(struct sim *sim, struct sim_host *host)
{
	if (!host->ike || host->stopping)
		return;
	trace_line(sim, "%c stops", host->letter);
	host->stopping = true;
	sim_event(sim, STOP_MS, stop_at_last, host->index)->life = host->life;
	sim_begin(sim, NULL);
	ike_shutdown(host->ike, sim->now);
	sim_pump(sim, host);
}

void sim_configure(
	struct sim *sim, struct sim_host *host, const struct sim_config *config)
{
	struct sim_config old = host->config;
	struct ike_peers peers;

	host->config = *config;
	if (!host->ike)
		return;
	assert(sim_peers(sim, host, config, &old, &peers));
	sim_begin(sim, NULL);
	ike_set_peers(host->ike, sim->now, &peers);
	ike_peers_clear(&peers);
	sim_pump(sim, host);
}

struct wish_row {
	const char *name;
	enum ike_wish_result (*say)(
		struct ike *, struct ike_now, const struct ike_wish *);
};

static enum ike_wish_result wish(struct sim *sim, struct sim_host *host,
	const struct sim_host *other, const char *child,
	const struct wish_row *row)
{
	const char name[2] = { other->letter, '\0' };
	const struct ike_wish asked = { name, child };
	enum ike_wish_result result;

	if (!host->ike || host->stopping)
		return IKE_WISH_IMPOSSIBLE;
	trace_line(sim, "%c is told: %s %s%s%s", host->letter, row->name, name,
		child ? "/" : "", child ? child : "");
	sim_begin(sim, NULL);
	result = row->say(host->ike, sim->now, &asked);
	sim_pump(sim, host);
	return result;
}

enum ike_wish_result sim_up(struct sim *sim, struct sim_host *host,
	const struct sim_host *other, const char *child)
{
	static const struct wish_row up = { "up", ike_up };

	return wish(sim, host, other, child, &up);
}

enum ike_wish_result sim_down(struct sim *sim, struct sim_host *host,
	const struct sim_host *other, const char *child)
{
	static const struct wish_row down = { "down", ike_down };

	return wish(sim, host, other, child, &down);
}

enum ike_wish_result sim_rekey(struct sim *sim, struct sim_host *host,
	const struct sim_host *other, const char *child)
{
	static const struct wish_row rekey = { "rekey", ike_rekey };

	return wish(sim, host, other, child, &rekey);
}

static enum ike_wish_result rekey_ike(
	struct ike *ike, struct ike_now now, const struct ike_wish *asked)
{
	return ike_rekey_sa(ike, now, asked->peer);
}

enum ike_wish_result sim_rekey_ike(
	struct sim *sim, struct sim_host *host, const struct sim_host *other)
{
	static const struct wish_row rekey = { "rekey the IKE SA with",
		rekey_ike };

	return wish(sim, host, other, NULL, &rekey);
}

/* --- Effects -------------------------------------------------------------- */

/* The daemon asks the resolver, which here knows every host, and asks routing
 * for its own address. */
static void resolved(struct sim *sim, struct event *event)
{
	struct sim_host *host = &sim->host[event->host];
	struct ike_address_pair pair = { { 0 }, { 0 } };
	struct ike_resolution answer = {
		.peer = event->peer, .asked = event->asked, .pairs = &pair
	};
	unsigned other = (unsigned)(event->peer[0] - 'a');

	if (!host->ike || host->life != event->life || other >= sim->hosts)
		return;
	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];

		if ((link->host[0] != host->index || link->host[1] != other) &&
			(link->host[1] != host->index ||
				link->host[0] != other))
			continue;
		pair.local = sim_addr(host, link->family);
		pair.remote =
			sim->host[other].natted
				? sim->net.nat_addr
				: sim_addr(&sim->host[other], link->family);
		answer.count = 1;
	}
	if (!sim->calm && sim->net.loss > 0 &&
		prng_chance(&sim->weather, sim->net.loss)) {
		answer.count = 0;
		answer.error = "the name server does not answer";
	}
	sim_begin(sim, NULL);
	ike_resolved(host->ike, sim->now, &answer);
	sim_pump(sim, host);
}

static bool has_address(
	const struct sim_host *host, const struct ike_addr *addr)
{
	return ike_addr_equal(addr, &host->addr[0]) ||
	       ike_addr_equal(addr, &host->addr[1]);
}

/* There is one address of each family, and so it is what routing gives. */
static void perform_route(
	struct sim *sim, struct sim_host *host, const struct ike_effect *e)
{
	struct ike_address_pair pairs[IKE_ROUTES];
	size_t count = 0;

	for (size_t i = 0; i < e->route.count; i++) {
		pairs[count].remote = e->route.remote[i];
		pairs[count].local = sim_addr(host, pairs[count].remote.family);
		count += pairs[count].local.family != 0;
	}
	ike_routed(host->ike, sim->now, e->sa, pairs, count);
}

void sim_readdress(struct sim *sim, struct sim_host *host, uint8_t family,
	struct ike_addr addr)
{
	char text[IKE_ADDR_SIZE];

	trace_line(sim, "%c has the address %s now", host->letter,
		addr.family ? ike_addr_text(&addr, text) : "(none)");
	assert(host->formers < SIM_FORMER);
	host->former[host->formers++] = sim_addr(host, family);
	host->addr[family == 4 ? 0 : 1] = addr;
	if (!host->ike)
		return;
	sim_begin(sim, NULL);
	ike_addresses(host->ike, sim->now, host->addr, 2);
	sim_pump(sim, host);
}

static void perform_resolve(
	struct sim *sim, struct sim_host *host, const struct ike_effect *effect)
{
	struct event *event;

	event = sim_event(sim,
		sim->net.hold ? 0 : prng_below(&sim->weather, 20), resolved,
		host->index);
	event->life = host->life;
	event->asked = effect->sa;
	snprintf(event->peer, sizeof(event->peer), "%s", effect->resolve->name);
}

static void fetched(struct sim *sim, struct event *event)
{
	struct sim_host *host = &sim->host[event->host];
	struct bytes data = bytes_of(NULL, 0);

	if (!host->ike || host->life != event->life)
		return;
	if (sim->web.serve)
		data = sim->web.serve(sim, event->question);
	trace_line(sim, "%c has %zu octets from %s", host->letter, data.len,
		event->question->url);
	sim_begin(sim, NULL);
	ike_fetched(host->ike, sim->now, event->question, data);
	sim_pump(sim, host);
}

static void perform_fetch(struct sim *sim, struct sim_host *host,
	const struct revocation_question *question)
{
	struct event *event;

	sim->web.asked++;
	if (sim->web.delay_ms == SIM_LOST)
		return;
	event = sim_event(sim, sim->web.delay_ms, fetched, host->index);
	event->life = host->life;
	event->question = malloc(sizeof(*question));
	assert(event->question);
	*event->question = *question;
}

/* Its text is a log line too, so the trace has it. */
static void perform_report(
	struct sim *sim, struct sim_host *host, const struct ike_report *report)
{
	switch (report->kind) {
	case IKE_REPORT_CHILD_UP:
		host->ups++;
		break;
	case IKE_REPORT_FAILED:
		oracle_gave_up(sim, host, report);
		host->last_cause = report->cause;
		memcpy(host->last_cause_text, report->text,
			sizeof(host->last_cause_text));
		sim->batch.bad_news++;
		break;
	case IKE_REPORT_CHILD_DOWN:
		host->downs++;
		sim->batch.bad_news++;
		break;
	case IKE_REPORT_IKE_DOWN:
		host->ike_downs++;
		sim->batch.bad_news++;
		break;
	case IKE_REPORT_REFUSED:
		host->last_cause = report->cause;
		memcpy(host->last_cause_text, report->text,
			sizeof(host->last_cause_text));
		break;
	case IKE_REPORT_CONNECTING:
	case IKE_REPORT_PROGRESS:
	case IKE_REPORT_IKE_UP:
	case IKE_REPORT_TAKEN_DOWN:
	case IKE_REPORT_REKEYED:
	case IKE_REPORT_REKEY_FAILED:
		break;
	}
}

static void perform(
	struct sim *sim, struct sim_host *host, const struct ike_effect *e)
{
	const char *refusal;

	switch (e->kind) {
	case IKE_SEND:
		/* From an address that it has no more nothing leaves. */
		if (host->formers > 0 &&
			!has_address(host, &e->send.local.addr))
			return;
		oracle_send(sim, host, e);
		trace_send(sim, host, &e->send);
		network_send(sim, host, &e->send);
		return;
	case IKE_SA_QUERY:
		if (sim->batch.queries < BATCH_QUERIES)
			sim->batch.query[sim->batch.queries++] = *e;
		return;
	case IKE_RESOLVE:
		perform_resolve(sim, host, e);
		return;
	case IKE_ROUTE:
		perform_route(sim, host, e);
		return;
	case IKE_FETCH:
		perform_fetch(sim, host, e->fetch);
		return;
	case IKE_REPORT:
		perform_report(sim, host, &e->report);
		return;
	case IKE_EXPLAIN:
		if (sim->explained)
			sim->explained(sim, host, e->explain);
		return;
	case IKE_KEYS:
		return;
	case IKE_SA_ADD:
	case IKE_SA_MOVE:
	case IKE_SA_DELETE:
	case IKE_POLICY_ADD:
	case IKE_POLICY_DELETE:
		break;
	}
	refusal = sim_kernel_apply(sim, host, e);
	oracle_effect(sim, host, e, refusal != NULL);
	if (refusal)
		ike_refused(host->ike, sim->now, e,
			strcmp(refusal, "File exists") == 0 ? IKE_REFUSAL_EXISTS
							    : IKE_REFUSAL_OTHER,
			refusal);
}

static void answer_queries(struct sim *sim, struct sim_host *host)
{
	unsigned queries = sim->batch.queries;

	sim->batch.queries = 0;
	for (unsigned i = 0; i < queries; i++) {
		struct ike_sa_ref ref = sim->batch.query[i].query.ref;
		const struct sad_entry *in, *out;

		in = sim_kernel_find(&host->kernel, ref, false);
		out = in ? in : sim_kernel_find(&host->kernel, ref, true);
		if (out)
			ike_traffic(host->ike, sim->now, ref, out->used);
	}
}

void sim_pump(struct sim *sim, struct sim_host *host)
{
	struct ike_effect e;

	do {
		answer_queries(sim, host);
		while (!sim->failed && ike_effect(host->ike, &e)) {
			if (++sim->batch.effects > MAX_EFFECTS)
				sim_fail(sim, "bounds",
					"%c emits effects without end",
					host->letter);
			perform(sim, host, &e);
		}
	} while (!sim->failed && sim->batch.queries > 0);
	if (trace_on(sim))
		trace_secrets(sim, host);
	if (!sim->failed)
		oracle_after(sim, host);
	if (!sim->failed && host->stopping && ike_idle(host->ike))
		stopped(sim, host);
}

/* --- Time ----------------------------------------------------------------- */

static struct sim_host *next_deadline(struct sim *sim, uint64_t *when)
{
	struct sim_host *first = NULL;

	*when = IKE_NEVER;
	for (unsigned i = 0; i < sim->hosts; i++) {
		struct sim_host *host = &sim->host[i];
		uint64_t at = host->ike ? ike_deadline(host->ike) : IKE_NEVER;

		if (at < *when) {
			*when = at;
			first = host;
		}
	}
	return first;
}

static void go_to(struct sim *sim, uint64_t when)
{
	if (when <= sim->now.mono_ms) {
		if (++sim->stuck > MAX_STUCK)
			sim_fail(sim, "bounds", "time stands still");
		return;
	}
	sim->stuck = 0;
	sim->now.mono_ms = when;
	sim->now.unix_s = sim->wall_s + (int64_t)(when / 1000);
}

bool sim_step(struct sim *sim, uint64_t until_ms)
{
	uint64_t when;
	struct sim_host *host = next_deadline(sim, &when);
	bool event = sim->events > 0 && sim->heap[0]->at <= when;
	struct event *taken;

	if (event)
		when = sim->heap[0]->at;
	/* what is due goes first, so that a datagram causes only its own */
	if (event && host && ike_deadline(host->ike) <= when)
		event = false;
	if (sim->failed || when > until_ms || when == IKE_NEVER)
		return false;
	if (++sim->steps > sim->max_steps)
		sim_fail(sim, "bounds", "the simulation does not end");
	go_to(sim, when);
	if (event) {
		taken = event_take(sim);
		taken->run(sim, taken);
		event_free(taken);
	} else {
		sim_begin(sim, NULL);
		ike_tick(host->ike, sim->now);
		sim_pump(sim, host);
	}
	if (!sim->failed)
		oracle_time(sim);
	return !sim->failed;
}

void sim_run(struct sim *sim, uint64_t span_ms)
{
	uint64_t until = sim->now.mono_ms + span_ms;

	while (sim_step(sim, until))
		;
	if (!sim->failed && sim->now.mono_ms < until)
		go_to(sim, until);
}

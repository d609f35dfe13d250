/* far.c - the peers: cores of our own, with memory, and a kernel that takes all.
 * SPDX-License-Identifier: ISC
 */
#include "tests/faults/faults.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_WAITING = 64 };

static struct far {
	struct ike *ike;
	struct ike_addr addr;
	unsigned rekeyed;
	uint64_t random;
} fars[FARS];

/* What is on its way to them. */
static struct waiting {
	struct ike_datagram datagram;
	uint8_t *data;
} waiting[MAX_WAITING];
static size_t waiting_count;

static struct ike_now now(void)
{
	return (struct ike_now){ world_ms(), world_unix_s() };
}

/* Each octet of a series of its own: the same in each run. */
static void draw(void *ctx, uint8_t *out, size_t len)
{
	struct far *far = ctx;

	for (size_t i = 0; i < len; i++) {
		far->random = far->random * UINT64_C(6364136223846793005) +
			      UINT64_C(1442695040888963407);
		out[i] = (uint8_t)(far->random >> 56);
	}
}

void far_open(void)
{
	static const char *const files[FARS] = { "there.yaml", "caller.yaml" };

	for (uint8_t i = 0; i < FARS; i++) {
		const struct ike_limits limits = ike_limits_default();
		const struct ike_env env = { draw, NULL, &fars[i] };
		struct config_errors errors;
		struct config *config;

		memset(&errors, 0, sizeof(errors));
		config = config_load(files[i], NULL, &errors);
		config_errors_print(&errors, stderr);
		config_errors_clear(&errors);
		fars[i] = (struct far){ .addr = world_addr(2 + i),
			.random = 1 + i };
		fars[i].ike = ike_new(&env, &limits);
		if (!config || !fars[i].ike)
			abort();
		ike_set_peers(fars[i].ike, now(), &config->peers);
		config_free(config);
	}
}

void far_close(void)
{
	for (int i = 0; i < FARS; i++)
		ike_free(fars[i].ike);
	while (waiting_count > 0)
		free(waiting[--waiting_count].data);
}

void far_hear(const struct ike_datagram *datagram)
{
	struct waiting *at = &waiting[waiting_count];

	if (waiting_count == MAX_WAITING || datagram->data.len == 0)
		return;
	waiting_count++;
	at->datagram = *datagram;
	at->data = malloc(datagram->data.len);
	memcpy(at->data, datagram->data.at, datagram->data.len);
	at->datagram.data.at = at->data;
}

static void perform(struct far *far, const struct ike_effect *effect)
{
	struct ike_address_pair pair = { far->addr, world_addr(1) };
	struct ike_resolution found = { .pairs = &pair, .count = 1 };
	struct ike_datagram sent;

	switch (effect->kind) {
	case IKE_SEND:
		sent = effect->send;
		sent.local = effect->send.remote;
		sent.remote = effect->send.local;
		net_deliver(&sent);
		return;
	case IKE_RESOLVE:
		found.peer = effect->resolve->name;
		ike_resolved(far->ike, now(), &found);
		return;
	case IKE_ROUTE:
		pair.remote = effect->route.remote[0];
		ike_routed(far->ike, now(), effect->sa, &pair, 1);
		return;
	case IKE_SA_QUERY:
		ike_traffic(far->ike, now(), effect->query.ref,
			(struct ike_counters){ 0 });
		return;
	case IKE_FETCH:
		ike_fetched(far->ike, now(), effect->fetch, bytes_of(NULL, 0));
		return;
	case IKE_REPORT:
		far->rekeyed += effect->report.kind == IKE_REPORT_REKEYED;
		if (getenv("FAULTS_TALK"))
			fprintf(stderr, "peer %td: %s %s\n", far - fars,
				effect->report.child, effect->report.text);
		return;
	case IKE_SA_ADD:
	case IKE_SA_MOVE:
	case IKE_SA_DELETE:
	case IKE_POLICY_ADD:
	case IKE_POLICY_DELETE:
	case IKE_EXPLAIN:
	case IKE_KEYS:
		return;
	}
}

static void take(void)
{
	struct waiting first = waiting[0];
	struct ike_datagram datagram = { .local = first.datagram.remote,
		.remote = first.datagram.local,
		.data = first.datagram.data };

	waiting_count--;
	memmove(waiting, waiting + 1, waiting_count * sizeof(waiting[0]));
	for (int i = 0; i < FARS; i++) {
		if (ike_addr_equal(&fars[i].addr, &datagram.local.addr))
			ike_receive(fars[i].ike, now(), &datagram);
	}
	free(first.data);
}

bool far_turn(void)
{
	struct ike_effect effect;
	bool any = waiting_count > 0;

	if (any)
		take();
	for (int i = 0; i < FARS; i++) {
		while (ike_effect(fars[i].ike, &effect)) {
			perform(&fars[i], &effect);
			any = true;
		}
	}
	return any;
}

uint64_t far_deadline(void)
{
	uint64_t next = IKE_NEVER;

	for (int i = 0; i < FARS; i++) {
		uint64_t at = ike_deadline(fars[i].ike);

		next = at < next ? at : next;
	}
	return next;
}

void far_tick(void)
{
	for (int i = 0; i < FARS; i++) {
		if (ike_deadline(fars[i].ike) <= world_ms())
			ike_tick(fars[i].ike, now());
	}
}

/* --- For the script ------------------------------------------------------- */

size_t far_established(int i)
{
	struct ike_sa_status sa;
	uint64_t at = 0;
	size_t count = 0;

	while (ike_next_sa(fars[i].ike, &at, &sa))
		count += sa.established;
	return count;
}

size_t far_children(int i)
{
	struct ike_child_status child;
	struct ike_sa_status sa;
	uint64_t at = 0;
	size_t count = 0;

	while (ike_next_sa(fars[i].ike, &at, &sa)) {
		for (size_t c = 0; ike_child_at(fars[i].ike, sa.sa, c, &child);
			c++)
			count += child.up;
	}
	return count;
}

unsigned far_rekeyed(int i)
{
	return fars[i].rekeyed;
}

void far_up(int i)
{
	const struct ike_wish wish = { "near", NULL };

	ike_up(fars[i].ike, now(), &wish);
}

void far_down(int i)
{
	const struct ike_wish wish = { "near", NULL };

	ike_down(fars[i].ike, now(), &wish);
}

void far_rekey(int i, bool ike)
{
	const struct ike_wish wish = { "near", "net" };

	if (ike)
		ike_rekey_sa(fars[i].ike, now(), "near");
	else
		ike_rekey(fars[i].ike, now(), &wish);
}

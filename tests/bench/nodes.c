/* nodes.c - a responder and its initiators in one process, mail between them.
 * SPDX-License-Identifier: ISC
 */
#include "tests/bench/bench.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static const char key[] = "a key that both sides have";

struct ike_endpoint bench_endpoint(uint32_t ipv4, uint16_t port)
{
	return (struct ike_endpoint){
		.addr = { .family = 4,
			.octets = { (uint8_t)(ipv4 >> 24),
				(uint8_t)(ipv4 >> 16), (uint8_t)(ipv4 >> 8),
				(uint8_t)ipv4 } },
		.port = port,
	};
}

static struct ike_selector network(uint32_t first, uint32_t last)
{
	struct ike_selector net = { .family = 4, .end_port = UINT16_MAX };

	memcpy(net.start, bench_endpoint(first, 0).addr.octets, 4);
	memcpy(net.end, bench_endpoint(last, 0).addr.octets, 4);
	return net;
}

static struct ike_id name_id(const char *name)
{
	struct ike_id id = { .type = ID_FQDN, .len = (uint16_t)strlen(name) };

	memcpy(id.data, name, id.len);
	return id;
}

static void propose(
	struct ike_proposals *out, const struct suite *suite, bool esp)
{
	struct ike_proposal *p = &out->list[0];

	*out = (struct ike_proposals){ .count = 1 };
	p->transforms[p->count++] = suite->encr;
	if (suite->integ)
		p->transforms[p->count++] = suite->integ;
	if (suite->prf)
		p->transforms[p->count++] = suite->prf;
	if (suite->ke)
		p->transforms[p->count++] = suite->ke;
	if (esp) {
		p->transforms[p->count++] = suite->esn;
		p->transforms[p->count++] = bench_row("noesn");
	}
}

/* One peer with one child; the caller says who and where. */
static struct ike_peer *add_peer(
	struct bench_node *node, const struct bench_suite *from)
{
	const struct suite ike = bench_ike_suite(from);
	const struct suite esp = bench_esp_suite(from);
	struct ike_peer *peer = ike_peer_new();
	struct ike_child_policy *child = calloc(1, sizeof(*child));

	bench_must(peer && child, "no memory");
	node->peers.peer = calloc(1, sizeof(*node->peers.peer));
	bench_must(node->peers.peer != NULL, "no memory");
	node->peers.peer[0] = peer;
	node->peers.count = 1;
	strcpy(peer->name, "bench");
	peer->psk_len = sizeof(key) - 1;
	memcpy(peer->psk, key, sizeof(key) - 1);
	peer->dpd_delay_ms = 0;
	peer->keep_trying = false;
	propose(&peer->ike, &ike, false);
	peer->children = child;
	peer->child_count = 1;
	strcpy(child->name, "net");
	propose(&child->esp, &esp, true);
	child->local_ts_count = child->remote_ts_count = 1;
	child->replay_window = 128;
	return peer;
}

static void start(struct bench_node *node, const struct ike_limits *limits)
{
	const struct ike_env env = { .random = bench_random };

	node->ike = ike_new(&env, limits);
	bench_must(node->ike != NULL, "no memory");
	ike_set_peers(
		node->ike, (struct ike_now){ node->now_ms, 0 }, &node->peers);
}

void bench_responder(struct bench_node *node, const struct bench_suite *suite,
	const struct ike_limits *limits)
{
	struct ike_peer *peer;

	*node = (struct bench_node){ .now_ms = 1000,
		.at = bench_endpoint(0x0ac80001, limits->port) };
	peer = add_peer(node, suite);
	peer->local.id = name_id("gateway.bench");
	peer->remote.id = name_id("*.bench");
	peer->remote.id_wildcard = true;
	peer->children[0].local_ts[0] = network(0xc0a80000, 0xc0a8ffff);
	peer->children[0].remote_ts[0] = network(0x0a000000, 0x0affffff);
	start(node, limits);
	bench_tick(node, node->now_ms);
	node->mails = 0;
}

void bench_initiator(struct bench_node *node, const struct bench_suite *suite,
	uint32_t number, const struct ike_endpoint *at,
	const struct ike_endpoint *server)
{
	struct ike_limits limits = ike_limits_default();
	struct ike_peer *peer;
	char name[32];

	*node = (struct bench_node){
		.now_ms = 1000, .at = *at, .other = *server
	};
	limits.port = server->port;
	limits.nat_port = (uint16_t)(server->port + 4000);
	peer = add_peer(node, suite);
	snprintf(name, sizeof(name), "c%u.bench", number);
	peer->local.id = name_id(name);
	peer->remote.id = name_id("gateway.bench");
	peer->remote.place_count = 1;
	peer->remote.places[0] = (struct ike_place){
		.kind = IKE_PLACE_RANGE,
		.first = server->addr,
		.last = server->addr,
	};
	peer->children[0].local_ts[0] =
		network(0x0a000000 + number, 0x0a000000 + number);
	peer->children[0].remote_ts[0] = network(0xc0a80000, 0xc0a8ffff);
	start(node, &limits);
}

void bench_node_free(struct bench_node *node)
{
	ike_free(node->ike);
	ike_peers_clear(&node->peers);
}

static void resolved(struct bench_node *node, const struct ike_peer *peer)
{
	const struct ike_address_pair pair = { node->at.addr,
		node->other.addr };
	const struct ike_resolution answer = {
		.peer = peer->name, .pairs = &pair, .count = 1
	};

	ike_resolved(node->ike, (struct ike_now){ node->now_ms, 0 }, &answer);
}

static void post(struct bench_node *node, const struct ike_datagram *send)
{
	struct bench_mail *mail = &node->out[node->mails];

	bench_must(node->mails < MAX_MAIL && send->data.len <= MAX_MAIL_LEN,
		"more mail than fits");
	node->mails++;
	mail->local = send->local;
	mail->remote = send->remote;
	mail->len = send->data.len;
	memcpy(mail->data, send->data.at, send->data.len);
}

static void carry_out(struct bench_node *node)
{
	struct ike_effect effect;

	while (ike_effect(node->ike, &effect)) {
		if (effect.kind == IKE_SEND)
			post(node, &effect.send);
		if (effect.kind == IKE_RESOLVE)
			resolved(node, effect.resolve);
		if (effect.kind != IKE_REPORT)
			continue;
		if (effect.report.kind == IKE_REPORT_CHILD_UP)
			node->up = true;
		if (effect.report.kind == IKE_REPORT_FAILED)
			bench_die(effect.report.text);
	}
}

/* Around a call: the CPU it takes, and what it leaves on the heap. */
struct gauge {
	double ns;
	size_t heap;
};

static struct gauge before(const struct bench_node *node)
{
	return (struct gauge){
		.heap = node->count_heap ? mallinfo2().uordblks : 0,
		.ns = bench_cpu_ns(),
	};
}

static void after(struct bench_node *node, const struct gauge *gauge)
{
	node->ns += bench_cpu_ns() - gauge->ns;
	if (node->count_heap)
		node->heap += (long long)mallinfo2().uordblks -
			      (long long)gauge->heap;
}

void bench_receive(struct bench_node *node, const struct bench_mail *mail)
{
	const struct ike_datagram datagram = {
		.local = mail->remote,
		.remote = mail->local,
		.data = bytes_of(mail->data, mail->len),
	};
	struct gauge gauge = before(node);

	ike_receive(node->ike, (struct ike_now){ node->now_ms, 0 }, &datagram);
	carry_out(node);
	after(node, &gauge);
}

void bench_tick(struct bench_node *node, uint64_t now_ms)
{
	struct gauge gauge = before(node);

	node->now_ms = now_ms;
	ike_tick(node->ike, (struct ike_now){ now_ms, 0 });
	carry_out(node);
	after(node, &gauge);
}

void bench_dial(struct bench_node *node)
{
	const struct ike_wish wish = { .peer = "bench" };

	bench_must(ike_up(node->ike, (struct ike_now){ node->now_ms, 0 },
			   &wish) == IKE_WISH_STARTED,
		"the initiator does not start");
	carry_out(node);
}

static bool deliver(struct bench_node *from, struct bench_node *to)
{
	struct bench_mail mail[MAX_MAIL];
	size_t count = from->mails;

	memcpy(mail, from->out, count * sizeof(mail[0]));
	from->mails = 0;
	for (size_t i = 0; i < count; i++)
		bench_receive(to, &mail[i]);
	return count > 0;
}

void bench_exchange(struct bench_node *a, struct bench_node *b)
{
	while (deliver(a, b) || deliver(b, a))
		;
}

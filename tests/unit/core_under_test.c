/* core_under_test.c - one core, its kernel and its clock, for a peer that a test plays.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/bent.h"

#include "tests/sim/said.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONG_MS = 400000 };

struct core_under_test core;

static const struct ike_endpoint core_end = { { 4, { 192, 0, 2, 1 } }, 500 };
static const struct ike_endpoint bent_end = { { 4, { 192, 0, 2, 2 } }, 500 };

__attribute__((weak)) void must_failed(
	const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

void core_draw(void *ctx, uint8_t *out, size_t len)
{
	uint64_t *seed = ctx;

	for (size_t i = 0; i < len; i++) {
		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		out[i] = (uint8_t)(*seed >> 56);
	}
}

/* N27: no octet of the peer's unescaped, whatever it has sent. */
static void is_for_people(const char *text)
{
	for (; *text; text++)
		MUST(*text >= ' ' && *text < 0x7f);
}

static void all_is_for_people(const struct ike_explanation *e)
{
	const struct explain_proposals *lists[] = { &e->theirs, &e->ours };

	is_for_people(e->text);
	is_for_people(e->fix_here);
	is_for_people(e->fix_there);
	is_for_people(e->look);
	is_for_people(e->implementation.unknown);
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < lists[i]->count; j++)
			is_for_people(lists[i]->list[j]);
	}
	for (size_t i = 0; i < e->row_count; i++) {
		is_for_people(e->rows[i].theirs);
		is_for_people(e->rows[i].ours);
	}
	for (size_t i = 0; i < e->tried_count; i++)
		is_for_people(e->tried[i].why);
}

static void say(void *ctx, const struct ike_log *line)
{
	(void)ctx;
	core.lines++;
	core.left_out += line->left_out;
	/* What somebody causes who is nobody yet is limited (N52). */
	if (core.ike && bent.initiator && !core.wished && core.ike_up == 0 &&
		line->level <= IKE_LOG_INFO && core_established() == 0)
		MUST(line->anybody);
	if (line->level <= IKE_LOG_INFO) {
		core.told++;
		core.told_level = line->level;
		snprintf(core.told_text, sizeof(core.told_text), "%s",
			line->text);
	}
	if (line->level <= IKE_LOG_WARNING)
		snprintf(core.complaint, sizeof(core.complaint), "%s",
			line->text);
	is_for_people(line->text);
	MUST(said_fault(line) == NULL);
	if (getenv("IKE_TEST_LOG"))
		fprintf(stderr, "  %s: %s\n", line->peer ? line->peer : "-",
			line->text);
}

static struct ike_proposals proposals_of(const char *text)
{
	struct ike_proposals all = { .count = 1 };

	while (*text) {
		struct ike_proposal *at = &all.list[all.count - 1];
		const size_t len = strcspn(text, "-|");
		const struct transform *row =
			transform_named(bytes_of(text, len));

		MUST(row != NULL);
		at->transforms[at->count++] = row;
		text += len;
		if (*text == '|')
			all.count++;
		if (*text)
			text++;
	}
	return all;
}

struct ike_selector core_net(uint8_t second)
{
	return (struct ike_selector){ .family = 4,
		.end_port = 65535,
		.start = { 10, second, 0, 0 },
		.end = { 10, second, 255, 255 } };
}

static void fill_child(
	struct ike_child_policy *child, const char *name, uint8_t second)
{
	snprintf(child->name, sizeof(child->name), "%s", name);
	child->esp = bent.esp;
	child->local_ts[0] = core_net(second);
	child->remote_ts[0] = core_net((uint8_t)(second + 1));
	child->local_ts_count = child->remote_ts_count = 1;
}

static struct ike_peer *peer_of(bool two_children)
{
	struct ike_peer *peer = ike_peer_new();
	struct ike_place *place;

	MUST(peer);
	snprintf(peer->name, sizeof(peer->name), "bent");
	place = &peer->remote.places[peer->remote.place_count++];
	place->kind = IKE_PLACE_RANGE;
	place->first = place->last = bent_end.addr;
	peer->ike = bent.ike;
	peer->psk_len = (uint16_t)strlen(CORE_SECRET);
	memcpy(peer->psk, CORE_SECRET, strlen(CORE_SECRET));
	peer->child_count = two_children ? 2 : 1;
	peer->children = calloc(peer->child_count, sizeof(*peer->children));
	fill_child(&peer->children[0], "net", 1);
	if (two_children)
		fill_child(&peer->children[1], "second", 3);
	return peer;
}

static void note_report(const struct ike_report *report)
{
	core.ike_up += report->kind == IKE_REPORT_IKE_UP;
	core.child_up += report->kind == IKE_REPORT_CHILD_UP;
	core.child_down += report->kind == IKE_REPORT_CHILD_DOWN;
	core.failed += report->kind == IKE_REPORT_FAILED;
	core.turned_away += report->kind == IKE_REPORT_REFUSED;
	if (report->kind == IKE_REPORT_FAILED ||
		report->kind == IKE_REPORT_REFUSED)
		core.cause = report->cause;
}

static void note_sent(const struct ike_datagram *send)
{
	struct sent *to = &core.sent[core.sent_count];

	core.sent_ever++;
	if (core.sent_count == MAX_SENT)
		return;
	MUST(send->data.len <= MAX_PACKET);
	core.sent_count++;
	to->local = send->local;
	to->remote = send->remote;
	to->len = send->data.len;
	memcpy(to->data, send->data.at, send->data.len);
}

static struct ike_now now(void)
{
	return (struct ike_now){ core.now_ms, core.unix_s };
}

/* True if its kernel refuses this effect. */
static bool refuses(const struct ike_effect *e)
{
	if (core.refuse_left == 0 || e->kind != core.refuse)
		return false;
	if (core.refuse_skip > 0) {
		core.refuse_skip--;
		return false;
	}
	core.refuse_left--;
	core.refused++;
	/* It will be asked to delete it all the same, and finds nothing. */
	core.policies += e->kind == IKE_POLICY_ADD;
	ike_refused(core.ike, now(), e, IKE_REFUSAL_OTHER, "it is a test");
	return true;
}

static void carry_out(const struct ike_effect *e)
{
	const struct ike_address_pair pair = { core_end.addr, bent_end.addr };
	struct ike_resolution found = { .pairs = &pair, .count = 1 };

	switch (e->kind) {
	case IKE_SEND:
		note_sent(&e->send);
		break;
	case IKE_SA_ADD:
		core.sas++;
		core.outbound += e->add.out;
		core.encapsulated += e->add.encap;
		break;
	case IKE_SA_MOVE:
		core.moved++;
		core.move = e->move;
		break;
	case IKE_SA_DELETE:
		core.sas--;
		break;
	case IKE_POLICY_ADD:
		core.policies++;
		break;
	case IKE_POLICY_DELETE:
		core.policies--;
		break;
	case IKE_RESOLVE:
		found.peer = e->resolve->name;
		ike_resolved(core.ike, now(), &found);
		break;
	case IKE_ROUTE:
		core.asked = *e;
		ike_routed(
			core.ike, now(), e->sa, core.routes, core.route_count);
		break;
	case IKE_REPORT:
		is_for_people(e->report.text);
		note_report(&e->report);
		break;
	case IKE_EXPLAIN:
		all_is_for_people(e->explain);
		core.explained = *e->explain;
		break;
	case IKE_FETCH:
		ike_fetched(core.ike, now(), e->fetch, bytes_of(NULL, 0));
		break;
	case IKE_SA_QUERY:
	case IKE_KEYS:
		break;
	}
	MUST(core.sas >= 0);
	MUST(core.policies >= 0);
}

void core_settle(void)
{
	struct ike_effect e;

	while (ike_effect(core.ike, &e)) {
		if (!refuses(&e))
			carry_out(&e);
	}
}

struct ike *core_make(const struct core_setup *setup)
{
	struct ike_limits limits = ike_limits_default();
	struct ike_env env = { core_draw, say, &core.seed };

	if (!setup->limits)
		limits.half_open_per_source = 1000;
	if (setup->cookies)
		limits.cookie_threshold = 0;
	if (setup->fragment_size)
		limits.fragment_size = setup->fragment_size;
	return ike_new(&env, &limits);
}

static void use_signatures(
	struct ike_peer *peer, const struct core_signatures *how)
{
	peer->local.auth = how->core_auth;
	peer->remote.auth = how->bent_auth;
	peer->sha1 = how->sha1;
	if (how->from_anywhere)
		peer->remote.place_count = 0;
	peer->own = how->core_own ? credential_ref(how->core_own) : NULL;
	peer->trust = how->core_trust ? trust_ref(how->core_trust) : NULL;
	bent.own = how->bent_own;
	bent.hashes = auth_hashes();
}

void core_open(const struct core_setup *setup)
{
	memset(&core, 0, sizeof(core));
	memset(&bent, 0, sizeof(bent));
	core.seed = 1;
	core.now_ms = 5000;
	bent.iv = 1;
	bent.fragments = setup->fragments;
	bent.us = bent_end;
	bent.them = core_end;
	bent.crypto = crypto_new();
	bent.ike = proposals_of(
		setup->ike ? setup->ike : "aes256gcm16-prfsha256-x25519");
	bent.esp = proposals_of(setup->esp ? setup->esp : "aes256gcm16-noesn");
	core.ike = core_make(setup);
	MUST(core.ike);
	core.peers.peer = calloc(1, sizeof(struct ike_peer *));
	core.peers.peer[0] = peer_of(setup->two_children);
	if (setup->no_secret)
		core.peers.peer[0]->psk_len = 0;
	if (setup->signatures)
		use_signatures(core.peers.peer[0], setup->signatures);
	core.peers.peer[0]->fragmentation = !setup->no_fragments;
	core.peers.count = 1;
	ike_set_peers(core.ike, now(), &core.peers);
	core_settle();
}

void core_close(void)
{
	ike_free(core.ike);
	ike_peers_clear(&core.peers);
	crypto_free(bent.crypto);
	core.ike = NULL;
	bent.crypto = NULL;
}

void core_dial(void)
{
	const struct ike_wish wish = { "bent", NULL };

	core.sent_count = 0;
	bent.initiator = false;
	MUST(ike_up(core.ike, now(), &wish) == IKE_WISH_STARTED);
	core_settle();
}

/* Whatever keeps no state is not longer than what it answers (U). */
void core_give_from(struct bytes data, struct ike_endpoint from)
{
	uint8_t *copy = malloc(data.len ? data.len : 1);
	const struct ike_datagram datagram = { bent.them, from,
		bytes_of(copy, data.len) };
	const int before = core_ike_sas();

	if (data.len > 0)
		memcpy(copy, data.at, data.len);
	core.sent_count = 0;
	ike_receive(core.ike, now(), &datagram);
	free(copy);
	core_settle();
	if (before == 0 && core_ike_sas() == 0 && core.sent_count > 0) {
		MUST(core.sent_count == 1);
		MUST(core.sent[0].len <= data.len);
	}
}

void core_give(struct bytes data)
{
	core_give_from(data, bent.us);
}

void core_advance(uint64_t ms)
{
	const uint64_t end = core.now_ms + ms;
	int wakes = 0;

	core.sent_count = 0;
	while (ike_deadline(core.ike) <= end) {
		if (ike_deadline(core.ike) > core.now_ms)
			core.now_ms = ike_deadline(core.ike);
		ike_tick(core.ike, now());
		core_settle();
		MUST(++wakes < 10000);
	}
	core.now_ms = end;
}

int core_ike_sas(void)
{
	struct ike_sa_status status;
	uint64_t at = 0;
	int count = 0;

	while (ike_next_sa(core.ike, &at, &status))
		count++;
	return count;
}

int core_established(void)
{
	struct ike_sa_status status;
	uint64_t at = 0;
	int count = 0;

	while (ike_next_sa(core.ike, &at, &status))
		count += status.established;
	return count;
}

void core_is_clean(void)
{
	MUST(core_ike_sas() == 0);
	MUST(core.sas == 0);
	MUST(core.policies == 0);
	MUST(ike_deadline(core.ike) == IKE_NEVER);
}

void core_recovers(bool bent_initiates_it)
{
	const struct ike_wish wish = { "bent", NULL };

	(void)ike_down(core.ike, now(), &wish);
	core_settle();
	core_advance(LONG_MS);
	core_is_clean();
	core.child_up = 0;
	if (bent_initiates_it) {
		bent_initiates();
	} else {
		core_dial();
		bent_responds();
	}
	MUST(core_established() == 1);
	MUST(core.child_up == 1);
	MUST(core.sas == 2);
	MUST(ike_down(core.ike, now(), &wish) == IKE_WISH_STARTED);
	core_settle();
	core_advance(LONG_MS);
	core_is_clean();
}

/* crowd.c - a gateway with thousands of IKE SAs at one peer is looked at a piece in each turn of the loop.
 * SPDX-License-Identifier: ISC
 *
 * Counted is what one turn does: how often it asks the kernel, how much it says.
 * No clock is looked at.
 */
#include "daemon/control.h"
#include "daemon/kernel_ops.h"
#include "daemon/totals.h"
#include "tests/daemon_fixture.h"
#include "tests/suite.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CROWD = 2000, /* more than fit into what a client may leave unread */
	ASKS_MOST = 1024, /* of the kernel, in one turn */
	OCTETS_MOST = CONTROL_OUTPUT_LOW + 100000, /* said in one turn */
};

/* It has all SAs, of 1,000 octets each, and counts who asks. */
struct counting {
	struct kernel kernel;
	size_t asked;
};

static int query(struct kernel *kernel, struct ike_sa_ref ref,
	const struct ike_addr *src, struct ike_counters *counters)
{
	(void)ref;
	(void)src;
	((struct counting *)kernel)->asked++;
	*counters = (struct ike_counters){ .bytes = 1000, .packets = 10 };
	return 0;
}

struct scene {
	struct fixture f;
	struct kernel *none; /* the fixture's own */
	struct counting kernel;
	struct ike *others;
	uint64_t ahead_ms;
};

static void draw(void *ctx, uint8_t *out, size_t len)
{
	uint64_t *state = ctx;

	for (size_t i = 0; i < len; i++) {
		*state = *state * 6364136223846793005u + 1442695040888963407u;
		out[i] = (uint8_t)(*state >> 56);
	}
}

static struct ike_now now(const struct scene *s)
{
	struct ike_now at = daemon_now();

	at.mono_ms += s->ahead_ms;
	return at;
}

static struct ike_id fqdn(const char *name)
{
	struct ike_id id = { .type = ID_FQDN, .len = (uint16_t)strlen(name) };

	memcpy(id.data, name, id.len);
	return id;
}

static void propose(
	struct ike_proposal *proposal, uint8_t type, uint16_t id, uint16_t bits)
{
	proposal->transforms[proposal->count] = transform_find(type, id, bits);
	ck_assert_ptr_nonnull(proposal->transforms[proposal->count]);
	proposal->count++;
}

static struct ike_selector network(const uint8_t from[4], const uint8_t to[4])
{
	struct ike_selector out = { .family = 4, .end_port = UINT16_MAX };

	memcpy(out.start, from, 4);
	memcpy(out.end, to, 4);
	return out;
}

static struct ike_peer *make_peer(const char *name)
{
	struct ike_peer *peer = ike_peer_new();
	struct ike_child_policy *child = calloc(2, sizeof(*child));

	ck_assert_ptr_nonnull(peer);
	ck_assert_ptr_nonnull(child);
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	peer->enabled = true;
	peer->psk_len = 6;
	memcpy(peer->psk, "secret", 6);
	peer->ike.count = 1;
	propose(&peer->ike.list[0], TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0);
	propose(&peer->ike.list[0], TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
	propose(&peer->ike.list[0], TRANSFORM_KE, KE_CURVE25519, 0);
	peer->children = child;
	peer->child_count = 1;
	strcpy(child->name, "net");
	child->esp.count = 1;
	propose(&child->esp.list[0], TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	propose(&child->esp.list[0], TRANSFORM_ESN, ESN_NO, 0);
	child->local_ts_count = child->remote_ts_count = 1;
	return peer;
}

static const uint8_t any4[2][4] = { { 10, 0, 0, 0 }, { 10, 255, 255, 255 } };

/* Whoever is called *.crowd, and a peer that nobody is. */
static void gateway_peers(struct scene *s)
{
	struct ike_peers peers = { .count = 2 };
	struct ike_peer *crowd = make_peer("crowd"), *nobody;

	nobody = make_peer("nobody");
	crowd->local.id = fqdn("gateway");
	crowd->remote.id = fqdn("*.crowd");
	crowd->remote.id_wildcard = true;
	crowd->children[0].local_ts[0] = network(any4[0], any4[1]);
	crowd->children[0].remote_ts[0] = network(any4[0], any4[1]);
	/* One more, which none of them asks for. */
	crowd->children[1] = crowd->children[0];
	strcpy(crowd->children[1].name, "spare");
	crowd->child_count = 2;
	nobody->remote.id = fqdn("nobody");
	peers.peer = calloc(2, sizeof(*peers.peer));
	ck_assert_ptr_nonnull(peers.peer);
	peers.peer[0] = crowd;
	peers.peer[1] = nobody;
	ike_set_peers(s->f.daemon.ike, now(s), &peers);
	ike_peers_clear(&peers);
}

static void client_peers(struct scene *s, size_t count)
{
	struct ike_peers peers = { .count = count };
	char name[32];

	peers.peer = calloc(count, sizeof(*peers.peer));
	ck_assert_ptr_nonnull(peers.peer);
	for (size_t i = 0; i < count; i++) {
		const uint8_t own[4] = { 10, 1, (uint8_t)(i >> 8), (uint8_t)i };
		struct ike_peer *peer;

		snprintf(name, sizeof(name), "c%zu", i);
		peer = make_peer(name);
		snprintf(name, sizeof(name), "c%zu.crowd", i);
		peer->local.id = fqdn(name);
		peer->remote.id = fqdn("gateway");
		peer->remote.place_count = 1;
		peer->remote.places[0].kind = IKE_PLACE_RANGE;
		peer->remote.places[0].first =
			(struct ike_addr){ 4, { 192, 0, 2, 1 } };
		peer->remote.places[0].last = peer->remote.places[0].first;
		peer->children[0].local_ts[0] = network(own, own);
		peer->children[0].remote_ts[0] = network(any4[0], any4[1]);
		peers.peer[i] = peer;
	}
	ike_set_peers(s->others, now(s), &peers);
	ike_peers_clear(&peers);
}

/* Each of the clients has an address of its own. */
static void resolve(const struct scene *s, const struct ike_effect *effect)
{
	unsigned number = 0;
	struct ike_address_pair pair = { .remote = { 4, { 192, 0, 2, 1 } } };
	const struct ike_resolution resolution = {
		.peer = effect->resolve->name, .pairs = &pair, .count = 1
	};

	ck_assert_int_eq(sscanf(effect->resolve->name, "c%u", &number), 1);
	pair.local = (struct ike_addr){ 4,
		{ 172, 16, (uint8_t)(number >> 8), (uint8_t)number } };
	ike_resolved(s->others, now(s), &resolution);
}

static bool carry_out(const struct scene *s, bool gateway)
{
	struct ike *from = gateway ? s->f.daemon.ike : s->others;
	struct ike *to = gateway ? s->others : s->f.daemon.ike;
	struct control *control = s->f.daemon.control;
	struct ike_effect effect;
	bool any = false;

	for (; ike_effect(from, &effect); any = true) {
		if (gateway)
			control_effect(control, &effect);
		if (effect.kind == IKE_RESOLVE && !gateway) {
			resolve(s, &effect);
		} else if (effect.kind == IKE_SEND) {
			const struct ike_datagram datagram = {
				effect.send.remote, effect.send.local,
				effect.send.data
			};

			ike_receive(to, now(s), &datagram);
		} else if (effect.kind == IKE_REPORT && gateway) {
			control_report(control, &effect.report);
		}
	}
	return any;
}

static void pump(const struct scene *s)
{
	bool any;

	do {
		any = carry_out(s, true);
		any |= carry_out(s, false);
	} while (any);
}

static void scene_open(struct scene *s, size_t count)
{
	static uint64_t dice;
	const struct ike_env env = { .random = draw, .ctx = &dice };
	const struct ike_limits limits = ike_limits_default();
	char name[32];

	dice = 1;
	*s = (struct scene){ .kernel.kernel.query = query };
	fixture_open(&s->f, 1);
	s->f.options.kernel = DAEMON_KERNEL_XFRM;
	s->none = s->f.daemon.kernel;
	s->f.daemon.kernel = &s->kernel.kernel;
	s->others = ike_new(&env, &limits);
	ck_assert_ptr_nonnull(s->others);
	gateway_peers(s);
	client_peers(s, count);
	pump(s);
	for (size_t i = 0; i < count; i++) {
		const struct ike_wish up = { name, NULL };

		snprintf(name, sizeof(name), "c%zu", i);
		ck_assert_int_eq(
			(int)ike_up(s->others, now(s), &up), IKE_WISH_STARTED);
		pump(s);
	}
	ck_assert_uint_eq(ike_sa_count(s->f.daemon.ike), count);
	s->kernel.asked = 0;
}

static void scene_close(struct scene *s)
{
	s->f.daemon.kernel = s->none;
	ike_free(s->others);
	fixture_close(&s->f);
}

/* One turn of the loop and no more, where fixture_turn() goes on for as long as
 * there is something to do. */
static void one_turn(const struct scene *s)
{
	event_base_loop(s->f.daemon.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* What has come for a client, appended: how much. */
static size_t read_on(int fd, char *text, size_t *len, size_t size)
{
	const size_t before = *len;
	ssize_t got;

	while (*len + 1 < size && (got = recv(fd, text + *len, size - *len - 1,
					   MSG_DONTWAIT)) > 0)
		*len += (size_t)got;
	text[*len] = '\0';
	ck_assert_uint_lt(*len + 1, size);
	return *len - before;
}

static size_t occurrences(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part)) != NULL) {
		count++;
		text += strlen(part);
	}
	return count;
}

/* One row a request: what its answer has, and how often. */
static const struct {
	const char *request;
	const char *part;
	size_t count;
	size_t turns; /* at least: it is not done in fewer */
} rows[] = {
	// clang-format off
	{ "\"status\"", "\"ike_count\":2000", 1, 30 },
	{ "\"status\",\"params\":{\"peer\":\"crowd\"}", "\"ike_count\":2000", 1, 30 },
	{ "\"status\",\"params\":{\"peer\":\"crowd\"}", "\"in_bytes\":2000000,", 1, 30 },
	{ "\"status\",\"params\":{\"peer\":\"crowd\"}", "\"record\":\"sa\"", 64, 30 },
	{ "\"status\",\"params\":{\"peer\":\"nobody\"}", "\"ike_count\":0", 1, 8 },
	{ "\"list\",\"params\":{\"what\":\"sas\"}", "\"record\":\"sa\"", CROWD, 20 },
	{ "\"list\",\"params\":{\"what\":\"sas\",\"peer\":\"crowd\"}", "\"record\":\"sa\"", CROWD, 20 },
	{ "\"list\",\"params\":{\"what\":\"sas\",\"peer\":\"nobody\"}", "\"record\":\"sa\"", 0, 8 },
	{ "\"list\",\"params\":{\"what\":\"children\"}", "\"state\":\"up\"", CROWD, 16 },
	{ "\"list\",\"params\":{\"what\":\"children\"}", "\"state\":\"down\"", 2, 16 },
	{ "\"list\",\"params\":{\"what\":\"peers\"}", "\"record\":\"peer-config\"", 2, 0 },
	{ "\"counters\"", "\"record\":\"counters\"", 3, 30 },
	{ "\"metrics\"", "# EOF\\n", 1, 30 },
	// clang-format on
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* One client asks for much; another asks for little, and has its answer in the
 * next turns, again and again before the long answer ends. */
static void whole_and_in_pieces(struct scene *s, size_t row)
{
	enum { TURNS_MOST = 5000, ANSWERED_IN = 4, SAID = 4 << 20 };
	static const char little[] = "{\"method\":\"-\"}\n";
	static char said[SAID], answers[SAID];
	const char *what = rows[row].request;
	int much = fixture_client(&s->f), few = fixture_client(&s->f);
	size_t turns = 0, asked, len = 0, answered = 0, waited = 0, seen = 0;
	char line[256];

	fixture_turn(&s->f);
	snprintf(line, sizeof(line), "{\"method\":%s}\n", what);
	fixture_send(much, line, strlen(line));
	fixture_send(few, little, strlen(little));
	for (; !strstr(said + seen, "{\"ok\":true}\n"); turns++) {
		ck_assert_uint_lt(turns, TURNS_MOST);
		seen = len > 20 ? len - 20 : 0;
		asked = s->kernel.asked;
		one_turn(s);
		ck_assert_msg(s->kernel.asked - asked <= ASKS_MOST,
			"%s: %zu questions in one turn", what,
			s->kernel.asked - asked);
		ck_assert_msg(read_on(much, said, &len, SAID) <= OCTETS_MOST,
			"%s: too much in one turn", what);
		ck_assert_msg(waited++ < ANSWERED_IN, "%s: others wait", what);
		if (read_on(few, answers, &answered, SAID) > 0) {
			waited = 0;
			fixture_send(few, little, strlen(little));
		}
	}
	ck_assert_uint_eq(occurrences(said, "\"ok\":false"), 0);
	ck_assert_msg(occurrences(said, rows[row].part) == rows[row].count,
		"%s: %zu times %s", what, occurrences(said, rows[row].part),
		rows[row].part);
	ck_assert_msg(turns >= rows[row].turns, "%s: %zu turns", what, turns);
	ck_assert_msg(occurrences(answers, "\"code\":2") >=
			      rows[row].turns / ANSWERED_IN,
		"%s: others wait", what);
	close(much);
	close(few);
	fixture_turn(&s->f);
	said[0] = '\0';
}

START_TEST(long_answers_are_whole_and_hold_nobody_up)
{
	struct scene *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	scene_open(s, CROWD);
	for (size_t row = 0; row < ROWS; row++)
		whole_and_in_pieces(s, row);
	scene_close(s);
	free(s);
}
END_TEST

SUITE(crowd)
{
	test(long_answers_are_whole_and_hold_nobody_up);
}

/* commands.c - every method, against a core that talks to another core.
 * SPDX-License-Identifier: ISC
 *
 * Two engines in one process, their datagrams handed over in memory; the first
 * is the daemon that is asked.
 */
#include "daemon/commands.h"

#include "daemon/daemon.h"
#include "daemon/kernel.h"
#include "daemon/totals.h"
#include "ikev2/identity.h"
#include "tests/suite.h"
#include "tests/unit/records.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT = 1 << 18 };

struct pair {
	struct daemon daemon; /* first: the pump gets only this */
	struct daemon_options options;
	struct ike *other;
	struct commands all;
	struct request request;
	uint64_t ahead_ms; /* of the clock */
	bool no_route;
	bool silent; /* what we send is lost */
	bool full;   /* no room in the output */
	int fill_at; /* .. after so many records; 0: never */
	int said;
	char text[TEXT];
	size_t len;
};

static struct pair *pair; /* one a test */

static void draw(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len);
}

static struct ike_now now(void)
{
	struct ike_now at = daemon_now();

	at.mono_ms += pair->ahead_ms;
	return at;
}

static void say(void *ctx, json_t *line)
{
	struct pair *p = ctx;
	char *text = json_dumps(line, JSON_COMPACT);

	p->full |= ++p->said == p->fill_at;
	ck_assert_ptr_nonnull(text);
	records_check_one(line);
	p->len += (size_t)snprintf(
		p->text + p->len, sizeof(p->text) - p->len, "%s\n", text);
	ck_assert_uint_lt(p->len, sizeof(p->text));
	free(text);
	json_decref(line);
}

static void say_secret(void *ctx, char *line, size_t len)
{
	json_t *record = json_loadb(line, len, 0, NULL);

	ck_assert_ptr_nonnull(record);
	free(line);
	say(ctx, record);
}

static bool room(void *ctx)
{
	return !((struct pair *)ctx)->full;
}

/* Names resolve, datagrams arrive at once, reports reach the request. */
static bool carry_out(struct ike *from, struct ike *to, bool report)
{
	char error[KERNEL_TEXT];
	struct ike_effect effect;
	bool any = false;

	while (ike_effect(from, &effect)) {
		any = true;
		if (report) {
			commands_account(&pair->all, &effect);
			request_effect(&pair->request, &effect);
		}
		if (effect.kind == IKE_RESOLVE) {
			struct ike_address_pair addresses = { { 4, { 10 } },
				effect.resolve->remote.places[0].first };
			struct ike_resolution resolution = {
				.peer = effect.resolve->name,
				.pairs = &addresses,
				.count = 1,
			};

			addresses.local.octets[3] = report ? 1 : 2;
			if (pair->no_route) {
				resolution.count = 0;
				resolution.error = "no way there";
				resolution.cause = IKE_CAUSE_UNREACHABLE;
			}
			ike_resolved(from, now(), &resolution);
		} else if (effect.kind == IKE_SEND && !pair->silent) {
			const struct ike_datagram datagram = {
				effect.send.remote, effect.send.local,
				effect.send.data
			};

			ike_receive(to, now(), &datagram);
		} else if (effect.kind == IKE_REPORT && report) {
			commands_remember(&pair->all, &effect.report);
			request_report(&pair->request, &effect.report);
		} else if (report && (effect.kind == IKE_SA_ADD ||
					     effect.kind == IKE_SA_DELETE)) {
			kernel_apply(pair->daemon.kernel, &effect, error);
		}
	}
	return any;
}

static void pump(struct daemon *daemon)
{
	bool any;

	(void)daemon;
	do {
		any = carry_out(pair->daemon.ike, pair->other, true);
		any |= carry_out(pair->other, pair->daemon.ike, false);
	} while (any);
}

/* Time passes until the request is over. */
static void run_until_idle(void)
{
	for (int i = 0; i < 100; i++) {
		uint64_t at = ike_deadline(pair->daemon.ike);

		if (pair->request.state == REQUEST_IDLE || at == IKE_NEVER)
			return;
		if (at > now().mono_ms)
			pair->ahead_ms += at - now().mono_ms;
		ike_tick(pair->daemon.ike, now());
		pump(&pair->daemon);
	}
}

static void add_transform(
	struct ike_proposal *proposal, uint8_t type, uint16_t id, uint16_t bits)
{
	proposal->transforms[proposal->count] = transform_find(type, id, bits);
	ck_assert_ptr_nonnull(proposal->transforms[proposal->count]);
	proposal->count++;
}

static struct ike_peer *make_peer(
	const char *name, uint8_t remote, uint8_t from, uint8_t to)
{
	struct ike_peer *peer = ike_peer_new();
	struct ike_child_policy *child = calloc(1, sizeof(*child));

	ck_assert_ptr_nonnull(peer);
	ck_assert_ptr_nonnull(child);
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	peer->enabled = true;
	peer->psk_len = 6;
	memcpy(peer->psk, "secret", 6);
	peer->remote.place_count = 1;
	peer->remote.places[0].kind = IKE_PLACE_RANGE;
	peer->remote.places[0].first =
		(struct ike_addr){ 4, { 10, 0, 0, remote } };
	peer->remote.places[0].last = peer->remote.places[0].first;
	peer->ike.count = 1;
	add_transform(
		&peer->ike.list[0], TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0);
	add_transform(&peer->ike.list[0], TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
	add_transform(&peer->ike.list[0], TRANSFORM_KE, KE_CURVE25519, 0);
	snprintf(child->name, sizeof(child->name), "net");
	child->esp.count = 1;
	add_transform(
		&child->esp.list[0], TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	add_transform(&child->esp.list[0], TRANSFORM_ESN, ESN_NO, 0);
	child->local_ts_count = child->remote_ts_count = 1;
	child->local_ts[0] = (struct ike_selector){ .family = 4,
		.end_port = UINT16_MAX,
		.start = { 10, from },
		.end = { 10, from, 255, 255 } };
	child->remote_ts[0] = (struct ike_selector){ .family = 4,
		.end_port = UINT16_MAX,
		.start = { 10, to },
		.end = { 10, to, 255, 255 } };
	peer->children = child;
	peer->child_count = 1;
	return peer;
}

/* Takes the peers over. */
static void set_peers(struct ike *ike, struct ike_peer *first,
	struct ike_peer *second, struct ike_peer *third)
{
	struct ike_peers peers = { .count = third ? 3 : second ? 2 : 1 };

	peers.peer = calloc(3, sizeof(*peers.peer));
	ck_assert_ptr_nonnull(peers.peer);
	peers.peer[0] = first;
	peers.peer[1] = second;
	peers.peer[2] = third;
	ike_set_peers(ike, daemon_now(), &peers);
	ike_peers_clear(&peers);
}

static void pair_open(struct ike_peer *there)
{
	const struct ike_env env = { .random = draw };
	const struct ike_limits limits = ike_limits_default();
	struct ike_peer *partner = make_peer("partner", 3, 1, 3);
	struct ike_peer *any = make_peer("anybody", 0, 1, 4);

	pair = calloc(1, sizeof(*pair));
	ck_assert_ptr_nonnull(pair);
	pair->options = (struct daemon_options){ .kernel = DAEMON_KERNEL_NONE,
		.config = "/nonexistent/file" };
	pair->daemon.options = &pair->options;
	pair->daemon.started_ms = daemon_now().mono_ms;
	pair->daemon.ike = ike_new(&env, &limits);
	pair->daemon.kernel = kernel_open_none();
	pair->other = ike_new(&env, &limits);
	ck_assert(commands_init(&pair->all, &pair->daemon));
	pair->all.pump = pump;
	request_init(&pair->request, &pair->all);
	pair->request.say = say;
	pair->request.say_secret = say_secret;
	pair->request.uid = 0;
	pair->request.room = room;
	pair->request.ctx = pair;
	strcpy(partner->error, "secret 'partner.psk': no such file");
	partner->psk_len = 0;
	any->remote.place_count = 0;
	any->remote.id.type = ID_FQDN;
	any->remote.id.len = 1;
	any->remote.id.data[0] = 'x';
	set_peers(pair->daemon.ike, make_peer("branch", 2, 1, 2), partner, any);
	set_peers(pair->other, there, NULL, NULL);
	pump(&pair->daemon);
}

static void pair_close(void)
{
	request_clear(&pair->request, "done");
	commands_clear(&pair->all);
	ike_free(pair->daemon.ike);
	ike_free(pair->other);
	kernel_close(pair->daemon.kernel);
	free(pair);
	pair = NULL;
}

static struct ike_peer *mirror(void)
{
	return make_peer("hq", 1, 2, 1);
}

/* Ask; what has been said by the time nothing moves any more. */
static const char *ask(const char *line)
{
	pair->len = 0;
	pair->text[0] = '\0';
	request_start(&pair->request, line, strlen(line));
	while (pair->request.state == REQUEST_MORE && !pair->full)
		request_more(&pair->request);
	return pair->text;
}

static void has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no '%s' in %s", part, text);
}

static void has_not(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) == NULL, "'%s' in %s", part, text);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static uint64_t newest_child(void)
{
	struct ike_child_status child;
	struct ike_sa_status sa;
	uint64_t newest = 0, at = 0;

	while (ike_next_sa(pair->daemon.ike, &at, &sa)) {
		for (size_t i = 0;
			ike_child_at(pair->daemon.ike, sa.sa, i, &child); i++)
			newest = child.child > newest ? child.child : newest;
	}
	return newest;
}

#define UP   "{\"method\":\"up\",\"params\":{\"peer\":\"branch\"}}"
#define DOWN "{\"method\":\"down\",\"params\":{\"peer\":\"branch\"}}"
#define OK   "{\"ok\":true}\n"

/* --- Verdicts that need no exchange --------------------------------------- */

/* One row a method at least; what it must say. */
static const struct row {
	const char *method; /* that the row is about */
	const char *line, *part, *end;
} rows[] = {
	// clang-format off
	{ "status", "{\"method\":\"status\"}", "\"peers\":{\"total\":3", OK },
	{ "status", "{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}",
		"\"peer\":\"branch\",\"state\":\"down\"", OK },
	{ "status", "{\"method\":\"status\",\"params\":{\"peer\":\"brnch\"}}", "",
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'brnch'\",\"hint\":\"did you mean 'branch'?\"}\n" },
	{ "status", "{\"method\":\"status\",\"params\":{\"peer\":\"\"}}", "",
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named ''\"}\n" },
	{ "status", "{\"method\":\"status\",\"params\":{\"peer\":7}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"'peer' is not a text\"}\n" },
	{ "status", "{\"method\":\"status\",\"params\":{\"pear\":\"b\"}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"'status' has no parameter 'pear'\",\"hint\":\"did you mean 'peer'?\"}\n" },
	{ "explain", "{\"method\":\"explain\"}",
		"\"peer\":\"partner\",\"code\":5,\"name\":\"CONFIGURATION\",\"text\":\"secret 'partner.psk': no such file\"", OK },
	{ "explain", "{\"method\":\"explain\",\"params\":{\"peer\":\"partner\"}}",
		"{\"schema\":\"ipsecd/1\",\"record\":\"explanation\",\"peer\":\"partner\",\"code\":5,", OK },
	{ "explain", "{\"method\":\"explain\",\"params\":{\"peer\":\"branch\"}}",
		"{\"schema\":\"ipsecd/1\",\"record\":\"peer\",\"peer\":\"branch\",\"state\":\"down\"", OK },
	{ "explain", "{\"method\":\"explain\",\"params\":{\"peer\":\"brnch\"}}", "",
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'brnch'\",\"hint\":\"did you mean 'branch'?\"}\n" },
	{ "list", "{\"method\":\"list\",\"params\":{\"what\":\"peers\"}}",
		"\"record\":\"peer-config\",\"peer\":\"branch\"", OK },
	{ "list", "{\"method\":\"list\",\"params\":{\"what\":\"sas\"}}", "", OK },
	{ "list", "{\"method\":\"list\",\"params\":{\"what\":\"children\",\"peer\":\"branch\"}}",
		"\"name\":\"net\",\"mode\":\"tunnel\",\"start\":\"wait\"", OK },
	{ "list", "{\"method\":\"list\",\"params\":{\"what\":\"policies\"}}", "", OK },
	{ "list", "{\"method\":\"list\",\"params\":{\"what\":\"quux\"}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"there is no list of 'quux'\",\"hint\":\"peers, sas, children, policies, certs or algorithms\"}\n" },
	{ "list", "{\"method\":\"list\",\"params\":{\"what\":\"algorithms\"}}",
		"\"name\":\"x25519\"", OK },
	{ "list", "{\"method\":\"list\",\"params\":{\"what\":\"peer\"}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"there is no list of 'peer'\",\"hint\":\"did you mean 'peers'?\"}\n" },
	{ "list", "{\"method\":\"list\"}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"'list' needs the parameter 'what'\"}\n" },
	{ "up", "{\"method\":\"up\",\"params\":{\"peer\":\"branch/nte\"}}", "",
		"{\"ok\":false,\"code\":4,\"error\":\"peer 'branch' has no child named 'nte'\",\"hint\":\"did you mean 'net'?\"}\n" },
	{ "up", "{\"method\":\"up\",\"params\":{\"peer\":\"partner\"}}", "",
		"{\"ok\":false,\"code\":5,\"error\":\"'partner' is left out: secret 'partner.psk': no such file\",\"hint\":\"'ipsec-ctl check' says what to do; then: ipsec-ctl reload\"}\n" },
	{ "up", "{\"method\":\"up\",\"params\":{\"peer\":\"anybody\"}}", "",
		"{\"ok\":false,\"code\":1,\"error\":\"'anybody' has no address to connect to\",\"hint\":\"it can only be started from the other side\"}\n" },
	{ "up", "{\"method\":\"up\",\"params\":{\"peer\":\"branch\",\"timeout_s\":\"1\"}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"'timeout_s' is not a number of seconds\"}\n" },
	{ "up", "{\"method\":\"up\",\"params\":{\"peer\":\"branch\",\"timeout_s\":-1}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"'timeout_s' is not a number of seconds\"}\n" },
	{ "down", DOWN, "\"event\":\"already\"", OK },
	{ "rekey", "{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\"}}", "",
		"{\"ok\":false,\"code\":3,\"error\":\"'branch' is not up: nothing to rekey\",\"hint\":\"ipsec-ctl up branch\"}\n" },
	{ "rekey", "{\"method\":\"rekey\",\"params\":{\"peer\":\"branch/net\"}}", "",
		"{\"ok\":false,\"code\":3,\"error\":\"'branch/net' is not up: nothing to rekey\",\"hint\":\"ipsec-ctl up branch/net\"}\n" },
	{ "rekey", "{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\",\"ike\":true}}", "",
		"{\"ok\":false,\"code\":3,\"error\":\"'branch' is not up: nothing to rekey\",\"hint\":\"ipsec-ctl up branch\"}\n" },
	{ "rekey", "{\"method\":\"rekey\",\"params\":{\"peer\":\"branch/net\",\"ike\":true}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"a child and the IKE SA alone: one or the other\"}\n" },
	{ "rekey", "{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\",\"ike\":1}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"'ike' is not true or false\"}\n" },
	{ "rekey", "{\"method\":\"rekey\",\"params\":{\"peer\":\"x\"}}", "",
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'x'\"}\n" },
	{ "wait", "{\"method\":\"wait\",\"params\":{\"peer\":\"branch\",\"for\":\"down\"}}", "", OK },
	{ "wait", "{\"method\":\"wait\",\"params\":{\"peer\":\"branch\",\"for\":\"rain\"}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"cannot wait for 'rain'\",\"hint\":\"'up' or 'down'\"}\n" },
	{ "monitor", "{\"method\":\"monitor\",\"params\":{\"peer\":\"x\"}}", "",
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'x'\"}\n" },
	{ "keylog", "{\"method\":\"keylog\",\"params\":{\"peer\":\"branch\",\"for_s\":86401}}", "",
		"keylog takes from a second to 24 hours\"}\n" },
	{ "counters", "{\"method\":\"counters\"}", "\"record\":\"counters\",\"peer\":\"anybody\"", OK },
	{ "counters", "{\"method\":\"counters\",\"params\":{\"peer\":\"x\"}}", "",
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'x'\"}\n" },
	{ "metrics", "{\"method\":\"metrics\",\"params\":{\"peer\":\"branch\"}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"'metrics' has no parameter 'peer'\"}\n" },
	{ "reload", "{\"method\":\"reload\"}", "", "the configuration stays as it was\"}\n" },
	{ "reload", "{\"method\":\"reload\",\"params\":{\"dry_run\":true}}", "", "the configuration stays as it was\"}\n" },
	{ "reload", "{\"method\":\"reload\",\"params\":{\"dry_run\":true,\"keep\":true}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"one of dry_run, confirm_s, keep and undo\"}\n" },
	{ "reload", "{\"method\":\"reload\",\"params\":{\"confirm_s\":0}}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"a trial takes a second or more\"}\n" },
	{ "reload", "{\"method\":\"reload\",\"params\":{\"keep\":true}}", "",
		"{\"ok\":false,\"code\":1,\"error\":\"no configuration is on trial\"}\n" },
	{ "reload", "{\"method\":\"reload\",\"params\":{\"undo\":true}}", "",
		"{\"ok\":false,\"code\":1,\"error\":\"no configuration is on trial\"}\n" },
	{ NULL, "{\"method\":\"stauts\"}", "",
		"{\"ok\":false,\"code\":2,\"error\":\"no method named 'stauts'\",\"hint\":\"did you mean 'status'?\"}\n" },
	// clang-format on
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

START_TEST(a_method)
{
	const char *text;

	pair_open(mirror());
	text = ask(rows[_i].line);
	has(text, rows[_i].part);
	ck_assert_msg(ends_with(text, rows[_i].end), "%s", text);
	ck_assert_int_eq((int)pair->request.state, REQUEST_IDLE);
	pair_close();
}
END_TEST

START_TEST(every_method_has_its_row)
{
	const char *name;

	for (size_t i = 0; (name = command_name(i)) != NULL; i++) {
		bool found = false;

		for (size_t j = 0; j < ROWS && !found; j++)
			found = rows[j].method &&
				strcmp(rows[j].method, name) == 0;
		ck_assert_msg(found, "no test for the method '%s'", name);
	}
}
END_TEST

/* --- Verdicts that take an exchange --------------------------------------- */

START_TEST(up_says_what_happens_until_it_is_up)
{
	const char *text;

	pair_open(mirror());
	text = ask(UP);
	has(text, "\"event\":\"connecting\",\"peer\":\"branch\"");
	has(text, "\"event\":\"ike-up\",\"peer\":\"branch\"");
	has(text,
		"\"event\":\"child-up\",\"peer\":\"branch\",\"child\":\"net\"");
	ck_assert(ends_with(text, OK));
	text = ask(UP);
	has(text, "\"event\":\"already\"");
	ck_assert(ends_with(text, OK));
	pair_close();
}
END_TEST

START_TEST(status_shows_the_sa_and_its_child)
{
	const char *text;

	pair_open(mirror());
	ask(UP);
	text = ask("{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}");
	has(text, "\"state\":\"up\"");
	has(text, "\"initiator\":true");
	has(text, "\"remote\":\"10.0.0.2\"");
	has(text, "\"suite\":\"chacha20poly1305-prfsha256-x25519\"");
	has(text, "\"local_ts\":[\"10.1.0.0/16\"]");
	has(text, "\"remote_ts\":[\"10.2.0.0/16\"]");
	has(text, "\"in\":{\"bytes\":0,\"packets\":0}");
	has(text, "\"spi_in\":\"");
	has(text, "\"events\":[{");
	text = ask("{\"method\":\"list\",\"params\":{\"what\":\"sas\"}}");
	has(text, "\"record\":\"sa\",\"peer\":\"branch\","
		  "\"state\":\"established\"");
	text = ask("{\"method\":\"list\",\"params\":{\"what\":\"children\"}}");
	has(text, "\"name\":\"net\",\"state\":\"up\"");
	has(text, "\"state\":\"down\",\"peer\":\"partner\"");
	text = ask("{\"method\":\"list\",\"params\":{\"what\":\"policies\"}}");
	has(text, "\"record\":\"policy\",\"peer\":\"branch\",\"child\":\"net\","
		  "\"mode\":\"tunnel\",\"local_ts\":[\"10.1.0.0/16\"],"
		  "\"remote_ts\":[\"10.2.0.0/16\"],\"local\":\"10.0.0.1\","
		  "\"remote\":\"10.0.0.2\",\"reqid\":");
	pair_close();
}
END_TEST

START_TEST(down_takes_it_down)
{
	const char *text;

	pair_open(mirror());
	ask(UP);
	text = ask(DOWN);
	has(text, "\"event\":\"ike-down\",\"peer\":\"branch\"");
	ck_assert(ends_with(text, OK));
	text = ask("{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}");
	has(text, "\"state\":\"down\"");
	has(text, "\"ike\":[]");
	/* The other side has heard of it. */
	text = ask("{\"method\":\"wait\",\"params\":{\"peer\":\"branch\","
		   "\"for\":\"down\"}}");
	ck_assert_str_eq(text, OK);
	pair_close();
}
END_TEST

START_TEST(down_of_a_child_leaves_the_ike_sa)
{
	const char *text;

	pair_open(mirror());
	ask(UP);
	text = ask(
		"{\"method\":\"down\",\"params\":{\"peer\":\"branch/net\"}}");
	has(text, "\"event\":\"child-down\"");
	ck_assert(ends_with(text, OK));
	/* The attempt is over: nothing is tried next. */
	text = ask("{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}");
	has(text, "\"state\":\"established\"");
	has_not(text, "next_try");
	text = ask("{\"method\":\"list\",\"params\":{\"what\":\"sas\"}}");
	has(text, "\"state\":\"established\"");
	text = ask("{\"method\":\"up\",\"params\":{\"peer\":\"branch/net\"}}");
	has(text, "\"event\":\"child-up\"");
	ck_assert(ends_with(text, OK));
	pair_close();
}
END_TEST

static size_t times(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		count++;
	return count;
}

#define REKEYED "\"event\":\"rekeyed\",\"peer\":\"branch\""

START_TEST(rekey_replaces_the_ike_sa_and_its_child)
{
	uint64_t child;

	pair_open(mirror());
	ask(UP);
	child = newest_child();
	ask("{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\"}}");
	run_until_idle();
	ck_assert_uint_eq(times(pair->text, REKEYED ",\"text\""), 1);
	ck_assert_uint_eq(times(pair->text, REKEYED ",\"child\":\"net\""), 1);
	ck_assert_msg(ends_with(pair->text, OK), "%s", pair->text);
	has_not(pair->text, "down");
	/* The old child is still there for what is on its way. */
	ask("{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}");
	ck_assert_uint_eq(times(pair->text, "\"record\":\"child\""), 1);
	has(pair->text, "\"rekeys\":2,");
	ask("{\"method\":\"list\",\"params\":{\"what\":\"children\","
	    "\"peer\":\"branch\"}}");
	ck_assert_uint_eq(times(pair->text, "\"state\":\"up\""), 1);
	ck_assert_uint_eq(times(pair->text, "\"state\":\"closing\""), 1);
	ck_assert_uint_ne(newest_child(), child);
	pair_close();
}
END_TEST

START_TEST(rekey_of_a_child_leaves_the_ike_sa)
{
	pair_open(mirror());
	ask(UP);
	ask("{\"method\":\"rekey\",\"params\":{\"peer\":\"branch/net\"}}");
	run_until_idle();
	ck_assert_uint_eq(times(pair->text, REKEYED), 1);
	has(pair->text, REKEYED ",\"child\":\"net\"");
	ck_assert_msg(ends_with(pair->text, OK), "%s", pair->text);
	pair_close();
}
END_TEST

START_TEST(rekey_of_the_ike_sa_leaves_its_child)
{
	uint64_t child;

	pair_open(mirror());
	ask(UP);
	child = newest_child();
	ask("{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\","
	    "\"ike\":true}}");
	run_until_idle();
	ck_assert_uint_eq(times(pair->text, REKEYED), 1);
	has(pair->text, REKEYED ",\"text\"");
	ck_assert_msg(ends_with(pair->text, OK), "%s", pair->text);
	ck_assert_uint_eq(newest_child(), child);
	pair_close();
}
END_TEST

START_TEST(a_peer_that_rekeys_is_shown)
{
	const struct ike_wish wish = { "hq", NULL };

	pair_open(mirror());
	ask(UP);
	ask("{\"method\":\"monitor\"}");
	ck_assert_int_eq(
		(int)ike_rekey(pair->other, now(), &wish), IKE_WISH_STARTED);
	ike_tick(pair->other, now());
	pump(&pair->daemon);
	has(pair->text, REKEYED ",\"text\"");
	has(pair->text, REKEYED ",\"child\":\"net\"");
	pair_close();
}
END_TEST

/* The other side's next negotiations are by another proposal. */
START_TEST(a_rekey_that_is_refused_leaves_the_old_one)
{
	enum ike_change change = IKE_CHANGE_REKEY;
	struct ike_peer *changed = mirror();
	const struct ike_peers peers = { &changed, &change, 1 };
	uint64_t child;

	pair_open(mirror());
	ask(UP);
	child = newest_child();
	changed->children[0].esp.list[0].transforms[0] =
		transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 128);
	ike_set_peers(pair->other, now(), &peers);
	ike_peer_unref(changed);
	ask("{\"method\":\"rekey\",\"params\":{\"peer\":\"branch/net\"}}");
	run_until_idle();
	has(pair->text, "\"event\":\"rekey-failed\",\"peer\":\"branch\","
			"\"child\":\"net\",\"code\":22");
	has(pair->text, "{\"ok\":false,\"code\":22,");
	ck_assert_uint_eq(newest_child(), child);
	has(ask("{\"method\":\"list\",\"params\":{\"what\":\"children\"}}"),
		"\"state\":\"up\"");
	pair_close();
}
END_TEST

START_TEST(rekey_of_a_silent_peer_is_20)
{
	pair_open(mirror());
	ask(UP);
	pair->silent = true;
	ask("{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\"}}");
	run_until_idle();
	has(pair->text, "\"event\":\"ike-down\"");
	has(pair->text, "{\"ok\":false,\"code\":20,");
	pair_close();
}
END_TEST

START_TEST(a_wrong_key_is_24)
{
	struct ike_peer *there = mirror();
	const char *text;

	there->psk[0] ^= 1;
	pair_open(there);
	text = ask(UP);
	has(text, "\"event\":\"failed\",\"peer\":\"branch\",\"code\":24,"
		  "\"name\":\"AUTHENTICATION_FAILED\"");
	has(text, "{\"ok\":false,\"code\":24,");
	/* One name for one failure, wherever it is told. */
	text = ask("{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}");
	has_not(text, "REJECTED_BY_PEER");
	has(text, "\"last_error\":{\"code\":24,"
		  "\"name\":\"AUTHENTICATION_FAILED\"");
	has(text, "\"failures\":1");
	pair_close();
}
END_TEST

START_TEST(no_proposal_in_common_is_22)
{
	struct ike_peer *there = mirror();

	there->ike.list[0].transforms[0] =
		transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 128);
	pair_open(there);
	ask(UP);
	/* Anybody could have said so: the attempt goes on to its end. */
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	run_until_idle();
	has(pair->text, "the peer answers NO_PROPOSAL_CHOSEN, but anybody");
	has(pair->text, "{\"ok\":false,\"code\":22,");
	pair_close();
}
END_TEST

START_TEST(a_silent_peer_is_20)
{
	pair_open(mirror());
	pair->silent = true;
	ask(UP);
	run_until_idle();
	has(pair->text, "yet: sent again (1 of 5)");
	has(pair->text, "yet: sent again (5 of 5)");
	has(pair->text, "{\"ok\":false,\"code\":20,");
	pair_close();
}
END_TEST

/* The address is there, the way to it is not: no matter of names. */
START_TEST(no_route_is_20)
{
	pair_open(mirror());
	pair->no_route = true;
	has(ask(UP), "{\"ok\":false,\"code\":20,\"error\":\"no way there\"");
	pair_close();
}
END_TEST

START_TEST(no_selectors_in_common_is_26)
{
	const char *text;

	pair_open(make_peer("hq", 1, 2, 7));
	text = ask(UP);
	has(text, "\"event\":\"failed\",\"peer\":\"branch\",\"child\":\"net\","
		  "\"code\":26");
	has(text, "{\"ok\":false,\"code\":26,");
	pair_close();
}
END_TEST

START_TEST(up_ends_when_its_time_is_up)
{
	const char *text;

	pair_open(mirror());
	pair->silent = true;
	text = ask("{\"method\":\"up\",\"params\":{\"peer\":\"branch\","
		   "\"timeout_s\":0.5}}");
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	ck_assert_uint_le(
		pair->request.deadline_ms, daemon_now().mono_ms + 500);
	has_not(text, "\"ok\"");
	request_expired(&pair->request);
	has(text, "{\"ok\":false,\"code\":8,");
	ck_assert_int_eq((int)pair->request.state, REQUEST_IDLE);
	pair_close();
}
END_TEST

/* A name server may take its time. */
START_TEST(up_says_what_is_looked_up)
{
	struct ike_peer *peer = make_peer("branch", 2, 1, 2);

	pair_open(mirror());
	peer->remote.places[0].kind = IKE_PLACE_NAME;
	strcpy(peer->remote.places[0].name, "vpn.branch.example");
	set_peers(pair->daemon.ike, peer, NULL, NULL);
	pump(&pair->daemon);
	has(ask(UP), "\"event\":\"connecting\",\"peer\":\"branch\",\"text\":"
		     "\"connecting: looking up vpn.branch.example\"");
	ck_assert(ends_with(pair->text, OK));
	pair_close();
}
END_TEST

/* Who comes later is told that something is going on. */
START_TEST(up_joins_an_attempt)
{
	pair_open(mirror());
	pair->silent = true;
	has_not(ask(UP), "already");
	request_clear(&pair->request, "done");
	has(ask(UP), "\"event\":\"already\",\"peer\":\"branch\","
		     "\"text\":\"branch is connecting already\"");
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	pair_close();
}
END_TEST

START_TEST(rekey_ends_when_its_time_is_up)
{
	pair_open(mirror());
	ask(UP);
	pair->silent = true;
	ask("{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\","
	    "\"timeout_s\":0.5}}");
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	has_not(pair->text, "\"ok\"");
	request_expired(&pair->request);
	has(pair->text, "{\"ok\":false,\"code\":8,");
	ck_assert_int_eq((int)pair->request.state, REQUEST_IDLE);
	pair_close();
}
END_TEST

/* What stands as long as it is configured, and what does not as it is not. */
START_TEST(shunts_and_disabled_peers)
{
	static const struct {
		const char *line, *part, *end;
	} said[] = {
		{ "{\"method\":\"up\",\"params\":{\"peer\":\"local\"}}",
			"\"event\":\"already\"", OK },
		{ "{\"method\":\"down\",\"params\":{\"peer\":\"local\"}}",
			"{\"ok\":false,\"code\":1,\"error\":\"'local' is a pass "
			"or drop policy",
			"then reload\"}\n" },
		{ "{\"method\":\"rekey\",\"params\":{\"peer\":\"local/net\"}}",
			"{\"ok\":false,\"code\":1,\"error\":\"'local/net' is a "
			"pass or drop policy",
			"then reload\"}\n" },
		{ "{\"method\":\"up\",\"params\":{\"peer\":\"off\"}}",
			"{\"ok\":false,\"code\":1,\"error\":\"'off' is disabled",
			"then: ipsec-ctl reload\"}\n" },
		{ "{\"method\":\"status\",\"params\":{\"peer\":\"off\"}}",
			"\"state\":\"down\",\"enabled\":false,", OK },
		{ "{\"method\":\"status\"}",
			"\"total\":3,\"up\":1,\"connecting\":0,\"on_demand\":1,"
			"\"down\":1,\"disabled\":1}",
			OK },
		{ "{\"method\":\"list\",\"params\":{\"what\":\"policies\","
		  "\"peer\":\"local/net\"}}",
			"\"peer\":\"local\",\"child\":\"net\",\"mode\":\"drop\"",
			OK },
		{ "{\"method\":\"explain\",\"params\":{\"peer\":\"off\"}}",
			"\"record\":\"peer\",\"peer\":\"off\",", OK },
	};
	struct ike_peer *local = make_peer("local", 4, 1, 5);
	struct ike_peer *off = make_peer("off", 5, 1, 6);
	struct ike_peer *lazy = make_peer("lazy", 6, 1, 7);
	const char *children;

	pair_open(mirror());
	local->children[0].mode = IKE_MODE_DROP;
	off->enabled = false;
	off->children[0].start = lazy->children[0].start = IKE_START_ON_DEMAND;
	set_peers(pair->daemon.ike, local, off, lazy);
	pump(&pair->daemon);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		const char *text = ask(said[i].line);

		has(text, said[i].part);
		ck_assert_msg(ends_with(text, said[i].end), "%s", text);
	}
	ck_assert_str_eq(ask("{\"method\":\"list\",\"params\":{\"what\":"
			     "\"policies\",\"peer\":\"off\"}}"),
		OK);
	children =
		ask("{\"method\":\"list\",\"params\":{\"what\":\"children\"}}");
	has(children, "\"state\":\"up\",\"peer\":\"local\"");
	has(children, "\"state\":\"down\",\"peer\":\"off\"");
	has(children, "\"state\":\"on-demand\",\"peer\":\"lazy\"");
	pair_close();
}
END_TEST

START_TEST(down_ends_an_attempt)
{
	const char *text;

	pair_open(mirror());
	pair->silent = true;
	ask("{\"method\":\"up\",\"params\":{\"peer\":\"branch\"}}");
	request_clear(&pair->request, "done");
	text = ask(DOWN);
	ck_assert_msg(ends_with(text, OK), "%s", text);
	has(ask("{\"method\":\"status\"}"), "\"stopped\":true");
	/* Another wish ends that. */
	ask("{\"method\":\"up\",\"params\":{\"peer\":\"branch\"}}");
	request_clear(&pair->request, "done");
	has_not(ask("{\"method\":\"status\"}"), "\"stopped\"");
	pair_close();
}
END_TEST

/* Who waits for what somebody else takes down does not wait for ever. */
static void taken_down_meanwhile(
	const char *up, const struct ike_wish *down, const char *verdict)
{
	pair_open(mirror());
	pair->silent = true;
	ask(up);
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	ck_assert_int_eq(ike_down(pair->daemon.ike, daemon_now(), down),
		IKE_WISH_STARTED);
	pump(&pair->daemon);
	has(pair->text, "\"event\":\"taken-down\"");
	ck_assert_msg(ends_with(pair->text, verdict), "%s", pair->text);
	has(ask("{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}"),
		"by command");
	pair_close();
}

START_TEST(down_ends_an_up)
{
	static const struct ike_wish peer = { "branch", NULL };
	static const struct ike_wish child = { "branch", "net" };

	taken_down_meanwhile(UP, &peer,
		"{\"ok\":false,\"code\":1,\"error\":\"taken down: by "
		"command\"}\n");
	taken_down_meanwhile(
		"{\"method\":\"up\",\"params\":{\"peer\":\"branch/net\"}}",
		&child,
		"{\"ok\":false,\"code\":1,\"error\":\"child net taken down: "
		"by command\"}\n");
}
END_TEST

/* So does a reload that takes away what was tried; but not one that has it tried
 * again. */
START_TEST(a_reload_ends_an_up)
{
	struct ike_peer *peer = make_peer("branch", 2, 1, 2);

	pair_open(mirror());
	pair->silent = true;
	peer->children[0].start = IKE_START_NOW;
	ask(UP);
	peer->psk[0] ^= 1;
	set_peers(pair->daemon.ike, peer, NULL, NULL);
	pump(&pair->daemon);
	has(pair->text, "\"event\":\"taken-down\"");
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	peer = make_peer("branch", 2, 1, 2);
	peer->enabled = false;
	set_peers(pair->daemon.ike, peer, NULL, NULL);
	pump(&pair->daemon);
	has(pair->text, "\"code\":1,\"error\":\"'branch' is disabled\"");
	set_peers(pair->daemon.ike, make_peer("branch", 2, 1, 2), NULL, NULL);
	pump(&pair->daemon);
	ask(UP);
	set_peers(pair->daemon.ike, make_peer("office", 3, 1, 2), NULL, NULL);
	pump(&pair->daemon);
	has(pair->text, "\"code\":4,\"error\":\"'branch' is no longer "
			"configured\"");
	ike_up(pair->daemon.ike, daemon_now(),
		&(struct ike_wish){ "office", NULL });
	pump(&pair->daemon);
	ask("{\"method\":\"wait\",\"params\":{\"peer\":\"office\"}}");
	set_peers(pair->daemon.ike, make_peer("branch", 2, 1, 2), NULL, NULL);
	pump(&pair->daemon);
	has(pair->text, "\"code\":4,\"error\":\"'office' is no longer");
	pair_close();
}
END_TEST

/* PEER/CHILD is that child alone. */
START_TEST(one_child_of_two)
{
	struct ike_peer *peer = make_peer("branch", 2, 1, 2);
	struct ike_child_policy *children = calloc(2, sizeof(*children));
	const char *text;

	pair_open(mirror());
	ck_assert_ptr_nonnull(children);
	children[0] = children[1] = peer->children[0];
	free(peer->children);
	strcpy(children[1].name, "other");
	children[1].remote_ts[0].start[1] = 7;
	children[1].remote_ts[0].end[1] = 7;
	peer->children = children;
	peer->child_count = 2;
	set_peers(pair->daemon.ike, peer, NULL, NULL);
	text = ask("{\"method\":\"list\",\"params\":{\"what\":\"children\","
		   "\"peer\":\"branch/other\"}}");
	has(text, "\"name\":\"other\"");
	has_not(text, "\"name\":\"net\"");
	ask(UP);
	run_until_idle();
	text = ask("{\"method\":\"list\",\"params\":{\"what\":\"children\","
		   "\"peer\":\"branch/net\"}}");
	has(text, "\"name\":\"net\",\"state\":\"up\"");
	has_not(text, "\"name\":\"other\"");
	text = ask("{\"method\":\"monitor\",\"params\":{\"peer\":"
		   "\"branch/other\"}}");
	ck_assert_int_eq((int)ike_down(pair->daemon.ike, daemon_now(),
				 &(struct ike_wish){ "branch", NULL }),
		IKE_WISH_STARTED);
	pump(&pair->daemon);
	has_not(text, "\"child\":\"net\"");
	has(text, "\"event\":\"ike-down\"");
	pair_close();
}
END_TEST

START_TEST(wait_sees_it_come_up)
{
	const struct ike_wish wish = { "hq", NULL };
	const char *text;

	pair_open(mirror());
	text = ask("{\"method\":\"wait\",\"params\":{\"peer\":\"branch\"}}");
	ck_assert_str_eq(text, "");
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	/* From the other side. */
	ck_assert_int_eq((int)ike_up(pair->other, daemon_now(), &wish),
		IKE_WISH_STARTED);
	pump(&pair->daemon);
	has(text, "\"event\":\"ike-up\"");
	ck_assert(ends_with(text, OK));
	pair_close();
}
END_TEST

START_TEST(wait_says_why_it_timed_out)
{
	struct ike_peer *there = mirror();
	const char *text;

	there->psk[0] ^= 1;
	pair_open(there);
	ask(UP);
	text = ask("{\"method\":\"wait\",\"params\":{\"peer\":\"branch\","
		   "\"timeout_s\":5}}");
	request_expired(&pair->request);
	has(text, "\"code\":8,\"error\":\"timed out: 'branch' is down; last "
		  "failure: ");
	pair_close();
}
END_TEST

/* Nobody tries: no failure is why. */
START_TEST(wait_says_that_nobody_tries)
{
	struct ike_peer *off = make_peer("off", 2, 1, 2);

	pair_open(mirror());
	ask(UP);
	ask(DOWN);
	ask("{\"method\":\"wait\",\"params\":{\"peer\":\"branch\"}}");
	request_expired(&pair->request);
	has(pair->text, "\"error\":\"timed out: 'branch' is taken down\","
			"\"hint\":\"see: ipsec-ctl status branch\"");
	ask("{\"method\":\"wait\",\"params\":{\"peer\":\"partner\"}}");
	request_expired(&pair->request);
	has(pair->text, "timed out: 'partner' is left out\"");
	off->enabled = false;
	set_peers(pair->daemon.ike, off, NULL, NULL);
	pump(&pair->daemon);
	ask("{\"method\":\"wait\",\"params\":{\"peer\":\"off\"}}");
	request_expired(&pair->request);
	has(pair->text, "timed out: 'off' is disabled\"");
	pair_close();
}
END_TEST

START_TEST(monitor_shows_what_others_do)
{
	const struct ike_wish wish = { "branch", NULL };
	const char *text;

	pair_open(mirror());
	text = ask("{\"method\":\"monitor\"}");
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	ck_assert_int_eq((int)ike_up(pair->daemon.ike, daemon_now(), &wish),
		IKE_WISH_STARTED);
	pump(&pair->daemon);
	has(text, "\"event\":\"connecting\"");
	has(text, "\"event\":\"child-up\"");
	has_not(text, "\"ok\"");
	request_clear(&pair->request, "done");
	/* Of another peer: nothing. */
	text = ask(
		"{\"method\":\"monitor\",\"params\":{\"peer\":\"partner\"}}");
	ck_assert_int_eq((int)ike_down(pair->daemon.ike, daemon_now(), &wish),
		IKE_WISH_STARTED);
	pump(&pair->daemon);
	ck_assert_str_eq(text, "");
	pair_close();
}
END_TEST

START_TEST(a_full_output_is_waited_for)
{
	const char *text;

	pair_open(mirror());
	pair->full = true;
	text = ask("{\"method\":\"status\"}");
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq((int)pair->request.state, REQUEST_MORE);
		request_more(&pair->request);
	}
	has_not(text, "\"record\":\"peer\"");
	pair->full = false;
	request_more(&pair->request);
	has(text, "\"record\":\"peer\"");
	ck_assert(ends_with(text, OK));
	pair_close();
}
END_TEST

START_TEST(a_reload_amid_the_peers_is_said)
{
	static const struct {
		const char *line;
		int records;
	} asked[] = {
		{ "{\"method\":\"status\"}", 2 },
		{ "{\"method\":\"list\",\"params\":{\"what\":\"peers\"}}", 1 },
		{ "{\"method\":\"list\",\"params\":{\"what\":\"children\"}}",
			2 },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const char *text;

		pair_open(mirror());
		pair->fill_at = asked[i].records;
		text = ask(asked[i].line);
		ck_assert_int_eq((int)pair->request.state, REQUEST_MORE);
		set_peers(pair->daemon.ike, make_peer("a", 5, 1, 6),
			make_peer("b", 6, 1, 7), make_peer("c", 7, 1, 8));
		pump(&pair->daemon);
		pair->full = false;
		request_more(&pair->request);
		ck_assert_int_eq((int)pair->request.state, REQUEST_IDLE);
		has(text, "\"code\":1,\"error\":\"another configuration");
		has_not(text, "\"peer\":\"c\"");
		pair_close();
	}
}
END_TEST

START_TEST(an_sa_tells_what_both_sides_can_do)
{
	struct ike_peer *there = mirror();

	there->mobike = false;
	pair_open(there);
	ask(UP);
	has(ask("{\"method\":\"list\",\"params\":{\"what\":\"sas\"}}"),
		"\"extensions\":[\"fragmentation\"]");
	pair_close();
	there = mirror();
	there->fragmentation = false;
	pair_open(there);
	ask(UP);
	has(ask("{\"method\":\"list\",\"params\":{\"what\":\"sas\"}}"),
		"\"extensions\":[\"mobike\"]");
	pair_close();
}
END_TEST

/* More events than are kept: the newest stay.  Neither another peer's nor what
 * anybody can cause takes their place. */
START_TEST(the_last_events_are_remembered)
{
	struct ike_report report = { .kind = IKE_REPORT_PROGRESS,
		.child = "net" };
	const char *text;

	pair_open(mirror());
	for (size_t i = 0; i < 100; i++) {
		strcpy(report.peer, "branch");
		report.kind = IKE_REPORT_PROGRESS;
		snprintf(report.text, sizeof(report.text), "number %zu.", i);
		commands_remember(&pair->all, &report);
	}
	for (size_t i = 0; i < 1000; i++) {
		strcpy(report.peer, i % 2 ? "branch" : "partner");
		report.kind = i % 2 ? IKE_REPORT_REFUSED : IKE_REPORT_PROGRESS;
		snprintf(report.text, sizeof(report.text), "other %zu.", i);
		commands_remember(&pair->all, &report);
	}
	text = ask("{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}");
	has(text, "\"number 99.\"");
	has(text, "\"number 84.\"");
	has_not(text, "\"number 83.\"");
	has(text, "\"other 999.\"");
	has(text, "\"other 985.\"");
	has_not(text, "\"other 983.\"");
	has(text, "\"child\":\"net\"");
	ck_assert(strstr(text, "number 99.") < strstr(text, "other 985."));
	text = ask("{\"method\":\"status\",\"params\":{\"peer\":\"partner\"}}");
	has(text, "\"other 998.\"");
	has(text, "\"other 968.\"");
	has_not(text, "\"other 966.\"");
	has_not(text, "number");
	pair_close();
}
END_TEST

/* With a kernel that counts: its answer is what the fake one has. */
START_TEST(totals_outlive_their_children)
{
	struct totals_peer *totals;
	int rounds = 3;

	pair_open(mirror());
	pair->options.kernel = DAEMON_KERNEL_XFRM;
	totals = totals_of(pair->all.totals, "branch");
	while (rounds-- > 0) {
		ask(UP);
		totals_begin(totals);
		totals_count(totals, "net", newest_child(), 100, 7);
		totals_end(totals);
		ask(DOWN);
	}
	has(ask("{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}"),
		"\"totals\":{\"in_bytes\":300,\"out_bytes\":21,");
	pair_close();
}
END_TEST

START_TEST(totals_do_not_go_back_at_a_rekey)
{
	struct totals_peer *totals;

	pair_open(mirror());
	pair->options.kernel = DAEMON_KERNEL_XFRM;
	totals = totals_of(pair->all.totals, "branch");
	ask(UP);
	for (int i = 1; i <= 3; i++) {
		totals_begin(totals);
		totals_count(totals, "net", newest_child(), 100, 7);
		totals_end(totals);
		ask("{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\"}}");
		run_until_idle();
		ck_assert_msg(ends_with(pair->text, OK), "%s", pair->text);
		ck_assert_uint_eq(totals_in(totals), 100 * (uint64_t)i);
		ck_assert_uint_eq(totals_out(totals), 7 * (uint64_t)i);
	}
	/* Nobody has asked, and nothing is forgotten. */
	ask(DOWN);
	ck_assert_uint_eq(totals_in(totals), 300);
	ck_assert_uint_eq(totals_rekeys(totals), 6);
	pair_close();
}
END_TEST

#define COUNTERS "{\"method\":\"counters\",\"params\":{\"peer\":\"branch\"}}"

/* Both ends of an exchange count it, each its own part. */
START_TEST(counters_tell_both_parts_of_an_exchange)
{
	const char *text;

	pair_open(mirror());
	ask(UP);
	text = ask(COUNTERS);
	has(text, "\"init\":{\"asked\":1,\"answered\":0,\"refused\":0}");
	has(text, "\"auth\":{\"asked\":1,\"answered\":0,\"refused\":0}");
	has_not(text, "in_bytes");
	ck_assert_uint_eq(
		ike_counts(pair->other)->answered[IKE_EXCHANGE_INIT], 1);
	ck_assert_uint_eq(
		ike_counts(pair->other)->answered[IKE_EXCHANGE_AUTH], 1);
	ask("{\"method\":\"rekey\",\"params\":{\"peer\":\"branch\"}}");
	run_until_idle();
	text = ask(COUNTERS);
	has(text, "\"ike-rekey\":{\"asked\":1,");
	has(text, "\"child-rekey\":{\"asked\":1,");
	has(text, "\"rekeys\":{\"ike\":1,\"children\":1,\"failed\":0}");
	ck_assert_uint_eq(ike_counts(pair->other)->rekeys, 1);
	pair_close();
}
END_TEST

/* What the kernel says takes turns of the loop, which are the request's. */
START_TEST(counters_have_the_octets_of_each_child)
{
	struct totals_peer *totals;
	int turns = 0;

	pair_open(mirror());
	pair->options.kernel = DAEMON_KERNEL_XFRM;
	totals = totals_of(pair->all.totals, "branch");
	ask(UP);
	totals_count(totals, "net", newest_child(), 100, 7);
	ask(DOWN);
	ask(UP);
	ask(COUNTERS);
	ck_assert_str_eq(pair->text, "");
	for (; pair->request.state == REQUEST_WATCHING; turns++) {
		ck_assert_uint_eq(pair->request.deadline_ms, 0);
		request_expired(&pair->request);
	}
	ck_assert_int_gt(turns, 0);
	request_more(&pair->request);
	has(pair->text, "\"in_bytes\":100,\"out_bytes\":7,\"children\":"
			"[{\"name\":\"net\",\"in_bytes\":100,"
			"\"out_bytes\":7}]}");
	ck_assert(ends_with(pair->text, OK));
	pair_close();
}
END_TEST

START_TEST(counters_know_a_failure_by_its_cause)
{
	const char *text;

	pair_open(mirror());
	pair->silent = true;
	ask(UP);
	run_until_idle();
	text = ask(COUNTERS);
	has(text, "\"PEER_UNREACHABLE\":1,");
	has(text, "\"retransmits\":{\"sent\":5,\"received\":0}");
	pair_close();
}
END_TEST

static void time_passes(void)
{
	for (int i = 0; i < 8; i++) {
		pair->ahead_ms += 500;
		ike_tick(pair->daemon.ike, now());
		ike_tick(pair->other, now());
		pump(&pair->daemon);
	}
}

static void branch_comes_up(void)
{
	const struct ike_wish wish = { "branch", NULL };

	ck_assert_int_eq(
		(int)ike_up(pair->daemon.ike, now(), &wish), IKE_WISH_STARTED);
	pump(&pair->daemon);
}

static const char keylog_branch[] =
	"{\"method\":\"keylog\",\"params\":{\"peer\":\"branch\"}}";

START_TEST(keylog_has_the_keys_from_the_beginning)
{
	const struct ike_wish net = { "branch", "net" };

	pair_open(mirror());
	ask(keylog_branch);
	has(pair->text, "\"until\":");
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	branch_comes_up();
	ck_assert_uint_eq(times(pair->text, "cannot open this IKE SA"), 1);
	ck_assert_uint_eq(times(pair->text, "\"esp_sa\",\"line"), 2);
	ck_assert_int_eq((int)ike_rekey_sa(pair->daemon.ike, now(), "branch"),
		IKE_WISH_STARTED);
	time_passes();
	ck_assert_uint_eq(times(pair->text, "cannot open this IKE SA"), 2);
	ck_assert_int_eq((int)ike_rekey(pair->daemon.ike, now(), &net),
		IKE_WISH_STARTED);
	time_passes();
	ck_assert_uint_eq(times(pair->text, "\"esp_sa\",\"line"), 4);
	request_expired(&pair->request);
	ck_assert_int_eq((int)pair->request.state, REQUEST_IDLE);
	ck_assert(ends_with(pair->text, "{\"ok\":true}\n"));
	ck_assert_uint_eq(pair->all.keylogs, 0);
	pair_close();
}
END_TEST

START_TEST(keylog_of_what_is_up_already)
{
	pair_open(mirror());
	branch_comes_up();
	ask(keylog_branch);
	ck_assert_uint_eq(times(pair->text, "cannot open this IKE SA"), 1);
	has(pair->text, "the kernel alone has its keys");
	request_clear(&pair->request, "the client left");
	ck_assert_uint_eq(pair->all.keylogs, 0);
	pair_close();
}
END_TEST

/* Another's keys are not given, nor any to who may only use the socket. */
START_TEST(keylog_is_of_one_peer_and_for_root)
{
	pair_open(mirror());
	ask("{\"method\":\"keylog\",\"params\":{\"peer\":\"anybody\"}}");
	branch_comes_up();
	ck_assert_uint_eq(times(pair->text, "\"line\""), 0);
	request_clear(&pair->request, "done");
	pair->request.uid = 12345;
	ask(keylog_branch);
	ck_assert_int_eq((int)pair->request.state, REQUEST_IDLE);
	has(pair->text, "\"code\":7");
	ck_assert_uint_eq(times(pair->text, "\"line\""), 0);
	pair_close();
}
END_TEST

/* What the log says while that is done. */
static const char *log_of(void (*what)(void), char *text, size_t size)
{
	FILE *file = tmpfile();
	const int before = dup(STDERR_FILENO);
	size_t len;

	ck_assert_ptr_nonnull(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	what();
	fflush(stderr);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static void its_time_is_over(void)
{
	request_expired(&pair->request);
}

static void its_client_left(void)
{
	request_clear(&pair->request, "the client left");
}

static void its_peer_is_gone(void)
{
	set_peers(pair->daemon.ike, make_peer("other", 2, 1, 2), NULL, NULL);
	request_news(&pair->request, "reloaded", "another");
}

static const struct {
	void (*what)(void);
	const char *why;
} keylog_ends[] = {
	{ its_time_is_over, "why=\"the time is over\" text=" },
	{ its_client_left, "why=\"the client left\" text=" },
	{ its_peer_is_gone,
		"why=\"peer 'branch' is no longer configured\" text=" },
};

START_TEST(keylog_says_why_it_ends)
{
	char text[1024];

	pair_open(mirror());
	ask(keylog_branch);
	log_of(keylog_ends[_i].what, text, sizeof(text));
	ck_assert_uint_eq(times(text, "the keys of peer 'branch' are no "
				      "longer given to uid"),
		1);
	has(text, keylog_ends[_i].why);
	ck_assert_int_eq((int)pair->request.state, REQUEST_IDLE);
	pair_close();
}
END_TEST

START_TEST(keylog_ends_with_its_peer)
{
	pair_open(mirror());
	ask(keylog_branch);
	request_news(&pair->request, "reloaded", "the same");
	ck_assert_int_eq((int)pair->request.state, REQUEST_WATCHING);
	set_peers(pair->daemon.ike, make_peer("other", 2, 1, 2), NULL, NULL);
	request_news(&pair->request, "reloaded", "another");
	ck_assert_int_eq((int)pair->request.state, REQUEST_IDLE);
	has(pair->text, "no longer configured");
	ck_assert_uint_eq(pair->all.keylogs, 0);
	pair_close();
}
END_TEST

SUITE(commands)
{
	test(keylog_has_the_keys_from_the_beginning);
	test(keylog_of_what_is_up_already);
	test(keylog_is_of_one_peer_and_for_root);
	test(keylog_ends_with_its_peer);
	loop_test(keylog_says_why_it_ends,
		sizeof(keylog_ends) / sizeof(keylog_ends[0]));
	test(counters_tell_both_parts_of_an_exchange);
	test(counters_have_the_octets_of_each_child);
	test(counters_know_a_failure_by_its_cause);
	loop_test(a_method, ROWS);
	test(every_method_has_its_row);
	test(up_says_what_happens_until_it_is_up);
	test(status_shows_the_sa_and_its_child);
	test(down_takes_it_down);
	test(down_of_a_child_leaves_the_ike_sa);
	test(rekey_replaces_the_ike_sa_and_its_child);
	test(rekey_of_a_child_leaves_the_ike_sa);
	test(rekey_of_the_ike_sa_leaves_its_child);
	test(a_peer_that_rekeys_is_shown);
	test(a_rekey_that_is_refused_leaves_the_old_one);
	test(rekey_of_a_silent_peer_is_20);
	test(a_wrong_key_is_24);
	test(no_proposal_in_common_is_22);
	test(a_silent_peer_is_20);
	test(no_route_is_20);
	test(no_selectors_in_common_is_26);
	test(up_ends_when_its_time_is_up);
	test(up_says_what_is_looked_up);
	test(up_joins_an_attempt);
	test(rekey_ends_when_its_time_is_up);
	test(shunts_and_disabled_peers);
	test(down_ends_an_attempt);
	test(down_ends_an_up);
	test(a_reload_ends_an_up);
	test(one_child_of_two);
	test(wait_sees_it_come_up);
	test(wait_says_why_it_timed_out);
	test(wait_says_that_nobody_tries);
	test(monitor_shows_what_others_do);
	test(a_full_output_is_waited_for);
	test(a_reload_amid_the_peers_is_said);
	test(an_sa_tells_what_both_sides_can_do);
	test(the_last_events_are_remembered);
	test(totals_outlive_their_children);
	test(totals_do_not_go_back_at_a_rekey);
}

/* resolve.c - addresses, names and the addresses that packets leave from.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/resolve.h"

#include "tests/suite.h"
#include "tests/temporary.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GUARD_S = 20 };

static struct event_base *base;
static struct resolver *resolver;
static char hosts[32], resolv_conf[32];
static int wanted;

static struct {
	int count;
	size_t pairs;
	struct ike_address_pair pair[8];
	char peer[MAX_NAME];
	char error[256];
	enum ike_cause cause;
} got;

static void on_done(void *ctx, const struct ike_resolution *resolution)
{
	(void)ctx;
	got.count++;
	ck_assert_uint_eq(resolution->asked, 7);
	got.pairs = resolution->count;
	ck_assert_uint_le(got.pairs, 8);
	if (got.pairs > 0)
		memcpy(got.pair, resolution->pairs,
			got.pairs * sizeof(got.pair[0]));
	snprintf(got.peer, sizeof(got.peer), "%s", resolution->peer);
	snprintf(got.error, sizeof(got.error), "%s",
		resolution->error ? resolution->error : "");
	got.cause = resolution->cause;
	if (got.count == wanted)
		event_base_loopbreak(base);
}

static struct ike_addr addr(const char *text)
{
	struct ike_addr out = { 0, { 0 } };

	out.family = strchr(text, ':') ? 6 : 4;
	ck_assert_int_eq(inet_pton(out.family == 6 ? AF_INET6 : AF_INET, text,
				 out.octets),
		1);
	return out;
}

static void start_listening(const struct ike_addr *listen, size_t count)
{
	const struct resolver_places places = { resolv_conf, hosts, listen,
		count };

	memset(&got, 0, sizeof(got));
	temporary_file(hosts, "127.0.0.7 gate.example\n"
			      "127.0.0.8 gate.example\n"
			      "203.0.113.1 other.example\n");
	/* Nobody answers there, and nobody waits for long. */
	temporary_file(resolv_conf, "nameserver 127.0.0.99\n"
				    "options timeout:1 attempts:1\n");
	base = event_base_new();
	resolver = resolver_new(base, on_done, NULL, &places);
	ck_assert_ptr_nonnull(resolver);
}

static void start(void)
{
	start_listening(NULL, 0);
}

static void stop(void)
{
	resolver_free(resolver);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
	unlink(hosts);
	unlink(resolv_conf);
}

static void wait_for(int count)
{
	const struct timeval guard = { GUARD_S, 0 };

	wanted = count;
	ck_assert_int_lt(got.count, count);
	event_base_loopexit(base, &guard);
	event_base_dispatch(base);
	ck_assert_int_eq(got.count, count);
}

static struct ike_peer *peer_with(const char *name)
{
	struct ike_peer *peer = ike_peer_new();

	ck_assert_ptr_nonnull(peer);
	strcpy(peer->name, name);
	return peer;
}

static void add_addr(struct ike_side *side, const char *first, const char *last)
{
	struct ike_place *place = &side->places[side->place_count++];

	place->kind = IKE_PLACE_RANGE;
	place->first = addr(first);
	place->last = addr(last);
}

static void add_name(struct ike_side *side, const char *name)
{
	struct ike_place *place = &side->places[side->place_count++];

	place->kind = IKE_PLACE_NAME;
	snprintf(place->name, sizeof(place->name), "%s", name);
}

static void expect_pair(size_t i, const char *local, const char *remote)
{
	struct ike_addr from = addr(local), to = addr(remote);

	ck_assert_uint_lt(i, got.pairs);
	ck_assert_mem_eq(&got.pair[i].local, &from, sizeof(from));
	ck_assert_mem_eq(&got.pair[i].remote, &to, sizeof(to));
}

START_TEST(an_address_needs_no_dns)
{
	struct ike_peer *peer = peer_with("branch");

	start();
	add_addr(&peer->remote, "127.0.0.5", "127.0.0.5");
	resolver_ask(resolver, peer, 7);
	ike_peer_unref(peer);
	/* Never from within the question. */
	ck_assert_int_eq(got.count, 0);
	wait_for(1);
	ck_assert_str_eq(got.peer, "branch");
	ck_assert_uint_eq(got.pairs, 1);
	expect_pair(0, "127.0.0.1", "127.0.0.5");
	ck_assert_str_eq(got.error, "");
	stop();
}
END_TEST

START_TEST(places_keep_their_order)
{
	struct ike_peer *peer = peer_with("branch");

	start();
	add_addr(&peer->remote, "127.0.0.9", "127.0.0.9");
	add_name(&peer->remote, "gate.example");
	add_addr(&peer->remote, "127.0.1.0", "127.0.1.255"); /* no start */
	add_addr(&peer->remote, "127.0.0.7", "127.0.0.7");   /* again */
	add_addr(&peer->remote, "127.0.0.6", "127.0.0.6");
	resolver_ask(resolver, peer, 7);
	ike_peer_unref(peer);
	wait_for(1);
	ck_assert_uint_eq(got.pairs, 4);
	expect_pair(0, "127.0.0.1", "127.0.0.9");
	ck_assert(got.pair[1].remote.octets[3] == 7 ||
		  got.pair[1].remote.octets[3] == 8);
	expect_pair(3, "127.0.0.1", "127.0.0.6");
	stop();
}
END_TEST

START_TEST(the_source_is_among_ours)
{
	struct ike_peer *peer = peer_with("branch");

	start();
	add_addr(&peer->local, "127.0.0.33", "127.0.0.33");
	add_addr(&peer->remote, "127.0.0.5", "127.0.0.5");
	resolver_ask(resolver, peer, 7);
	wait_for(1);
	expect_pair(0, "127.0.0.33", "127.0.0.5");
	/* A range is a condition on what routing gives. */
	peer->local.place_count = 0;
	add_addr(&peer->local, "127.0.0.2", "127.0.0.255");
	resolver_ask(resolver, peer, 7);
	wait_for(2);
	ck_assert_uint_eq(got.pairs, 0);
	ck_assert_ptr_nonnull(strstr(got.error, "'local'"));
	add_addr(&peer->local, "127.0.0.0", "127.255.255.255");
	resolver_ask(resolver, peer, 7);
	wait_for(3);
	expect_pair(0, "127.0.0.1", "127.0.0.5");
	/* An address that is not ours (RFC 5737). */
	peer->local.place_count = 0;
	add_addr(&peer->local, "192.0.2.77", "192.0.2.77");
	resolver_ask(resolver, peer, 7);
	wait_for(4);
	ck_assert_uint_eq(got.pairs, 0);
	ck_assert_ptr_nonnull(strstr(got.error, "'local'"));
	ck_assert_int_eq(got.cause, IKE_CAUSE_UNREACHABLE);
	ike_peer_unref(peer);
	stop();
}
END_TEST

START_TEST(the_source_has_a_socket)
{
	const struct ike_addr listen[] = { { 6, { 0xfd } },
		{ 4, { 192, 0, 2, 1 } }, { 4, { 127, 0, 0, 44 } } };
	struct ike_peer *peer = peer_with("branch");

	start_listening(listen, 3);
	add_addr(&peer->remote, "127.0.0.5", "127.0.0.5");
	resolver_ask(resolver, peer, 7);
	wait_for(1);
	expect_pair(0, "127.0.0.44", "127.0.0.5");
	stop();
	/* None that could: an error. */
	start_listening(listen, 2);
	resolver_ask(resolver, peer, 7);
	wait_for(1);
	ck_assert_uint_eq(got.pairs, 0);
	ck_assert_ptr_nonnull(strstr(got.error, "'listen'"));
	stop();
	ike_peer_unref(peer);
}
END_TEST

START_TEST(nothing_to_start_from)
{
	struct ike_peer *peer = peer_with("any");

	start();
	resolver_ask(resolver, peer, 7);
	ike_peer_unref(peer);
	wait_for(1);
	ck_assert_uint_eq(got.pairs, 0);
	ck_assert_int_gt((int)strlen(got.error), 0);
	stop();
}
END_TEST

START_TEST(a_name_without_an_answer)
{
	struct ike_peer *peer = peer_with("lost");

	start();
	add_name(&peer->remote, "nowhere.invalid");
	resolver_ask(resolver, peer, 7);
	ike_peer_unref(peer);
	wait_for(1);
	ck_assert_uint_eq(got.pairs, 0);
	ck_assert_ptr_nonnull(
		strstr(got.error, "nowhere.invalid does not resolve"));
	ck_assert_int_eq(got.cause, IKE_CAUSE_NAME);
	stop();
}
END_TEST

START_TEST(many_at_once_are_all_answered)
{
	start();
	for (int i = 0; i < 300; i++) {
		struct ike_peer *peer = peer_with("many");

		add_name(&peer->remote, "gate.example");
		resolver_ask(resolver, peer, 7);
		ike_peer_unref(peer);
	}
	wait_for(300);
	ck_assert_uint_eq(got.pairs, 2);
	stop();
}
END_TEST

START_TEST(freed_with_questions_under_way)
{
	start();
	for (int i = 0; i < 100; i++) {
		struct ike_peer *peer = peer_with("lost");

		add_name(&peer->remote, "nowhere.invalid");
		resolver_ask(resolver, peer, 7);
		ike_peer_unref(peer);
	}
	event_base_loop(base, EVLOOP_NONBLOCK);
	stop();
	ck_assert_int_eq(got.count, 0);
}
END_TEST

SUITE(resolve)
{
	test(an_address_needs_no_dns);
	test(places_keep_their_order);
	test(the_source_is_among_ours);
	test(the_source_has_a_socket);
	test(nothing_to_start_from);
	test(a_name_without_an_answer);
	test(many_at_once_are_all_answered);
	test(freed_with_questions_under_way);
}

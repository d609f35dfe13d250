/* peer.c - tests of ikev2/peer.c.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/peer.h"

#include "ikev2/identity.h"
#include "tests/hex.h"
#include "tests/suite.h"

#include <stdlib.h>

static struct ike_addr addr_of(const char *octets)
{
	const struct bytes b = hex(octets);
	struct ike_addr addr = { .family = b.len == 4 ? 4 : 6 };

	memcpy(addr.octets, b.at, b.len);
	return addr;
}

START_TEST(has_the_defaults_of_the_manual)
{
	struct ike_peer *peer = ike_peer_new();

	ck_assert(peer->enabled && !peer->keep_trying);
	ck_assert_int_eq(peer->unique, IKE_UNIQUE_REPLACE);
	ck_assert(peer->childless);
	ck_assert_uint_eq(peer->dpd_delay_ms, 30000);
	ck_assert_uint_eq(peer->retransmit_tries, 5);
	ck_assert_uint_eq(peer->retransmit_base_ms, 2000);
	ck_assert_uint_eq(peer->retransmit_max_ms, 60000);
	ck_assert_int_eq(peer->encap, IKE_ENCAP_AUTO);
	ike_peer_unref(peer);
	ike_peer_unref(NULL);
}
END_TEST

/* The leak sanitizer and ASan are the judges here. */
START_TEST(is_counted)
{
	struct ike_peer *peer = ike_peer_new();
	struct ike_peers set = { calloc(1, sizeof(struct ike_peer *)),
		calloc(1, sizeof(enum ike_change)), 1 };

	peer->children = calloc(2, sizeof(*peer->children));
	peer->child_count = 2;
	set.peer[0] = ike_peer_ref(peer);
	ck_assert_uint_eq(peer->refs, 2);
	ike_peers_clear(&set);
	ck_assert_uint_eq(set.count, 0);
	ck_assert_ptr_null(set.peer);
	ck_assert_uint_eq(peer->refs, 1);
	ike_peer_unref(peer);
	ike_peers_clear(&set);
}
END_TEST

START_TEST(addresses_compare)
{
	struct ike_addr a = addr_of("c0000201"), b = addr_of("c0000202");
	struct ike_addr none = { 0 };

	ck_assert(ike_addr_equal(&a, &a) && !ike_addr_equal(&a, &b));
	ck_assert(!ike_addr_equal(&a, &none) && ike_addr_equal(&none, &none));
	ck_assert_int_lt(ike_addr_compare(&a, &b), 0);
	ck_assert_int_gt(ike_addr_compare(&b, &a), 0);
	ck_assert_int_eq(ike_addr_compare(&a, &a), 0);
	b = a;
	b.family = 6;
	ck_assert(!ike_addr_equal(&a, &b));
}
END_TEST

/* RFC 5952 section 4: the one spelling of each. */
START_TEST(addresses_have_one_spelling)
{
	static const struct {
		const char *octets, *text;
	} rows[] = {
		{ "c0000201", "192.0.2.1" },
		{ "ffffffff", "255.255.255.255" },
		{ "00000000", "0.0.0.0" },
		{ "00000000000000000000000000000000", "::" },
		{ "00000000000000000000000000000001", "::1" },
		{ "00010000000000000000000000000000", "1::" },
		{ "20010db8000000000000000000000001", "2001:db8::1" },
		{ "20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1" },
		{ "20010db8000000000001000000000001", "2001:db8::1:0:0:1" },
		{ "20010000000000010000000000000001", "2001:0:0:1::1" },
		{ "fe80000000000000aabbccddeeff0011",
			"fe80::aabb:ccdd:eeff:11" },
		{ "00000001000200030004000500060000", "0:1:2:3:4:5:6:0" },
		{ "00010002000300040005000600000000", "1:2:3:4:5:6::" },
		{ "00000000000300040005000600070008", "::3:4:5:6:7:8" },
		{ "ffffffffffffffffffffffffffffffff",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char text[IKE_ADDR_SIZE];
	struct ike_addr none = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_addr addr = addr_of(rows[i].octets), back;

		ck_assert_str_eq(ike_addr_text(&addr, text), rows[i].text);
		ck_assert(identity_parse_addr(text, &back));
		ck_assert(ike_addr_equal(&addr, &back));
	}
	ck_assert_str_eq(ike_addr_text(&none, text), "any");
}
END_TEST

START_TEST(selectors_as_text)
{
	static const struct {
		const char *start, *end;
		uint8_t protocol;
		uint16_t start_port, end_port;
		const char *text;
	} rows[] = {
		{ "0a010000", "0a01ffff", 0, 0, 65535, "10.1.0.0/16" },
		{ "00000000", "ffffffff", 0, 0, 65535, "0.0.0.0/0" },
		{ "0a000001", "0a000001", 0, 0, 65535, "10.0.0.1/32" },
		{ "0a000001", "0a000009", 0, 0, 65535, "10.0.0.1-10.0.0.9" },
		{ "fd000000000000000000000000000000",
			"fdffffffffffffffffffffffffffffff", 6, 80, 80,
			"fd00::/8 tcp/80" },
		{ "00000000000000000000000000000000",
			"ffffffffffffffffffffffffffffffff", 58, 0, 65535,
			"::/0 icmpv6" },
		{ "0a010000", "0a01ffff", 17, 100, 200,
			"10.1.0.0/16 udp/100-200" },
		{ "0a010000", "0a01ffff", 17, 0, 1023,
			"10.1.0.0/16 udp/0-1023" },
		{ "0a010000", "0a01ffff", 17, 1024, 65535,
			"10.1.0.0/16 udp/1024-65535" },
		{ "0a010000", "0a01ffff", 17, 65535, 0,
			"10.1.0.0/16 udp/opaque" },
		{ "0a010000", "0a01ffff", 0, 53, 53, "10.1.0.0/16 any/53" },
		{ "0a010000", "0a01ffff", 250, 0, 65535, "10.1.0.0/16 250" },
		{ "fffffffffffffffffffffffffffffff1",
			"fffffffffffffffffffffffffffffff4", 250, 10001, 65534,
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1-"
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff4 "
			"250/10001-65534" },
	};
	char text[IKE_SELECTOR_SIZE];
	struct ike_selector dynamic = { .end_port = 65535 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes start = hex(rows[i].start), end = hex(rows[i].end);
		struct ike_selector s = {
			.family = start.len == 4 ? 4 : 6,
			.protocol = rows[i].protocol,
			.start_port = rows[i].start_port,
			.end_port = rows[i].end_port,
		};

		memcpy(s.start, start.at, start.len);
		memcpy(s.end, end.at, end.len);
		ck_assert_str_eq(ike_selector_text(&s, text), rows[i].text);
	}
	ck_assert_str_eq(ike_selector_text(&dynamic, text), "dynamic");
	dynamic.protocol = 6;
	ck_assert_str_eq(ike_selector_text(&dynamic, text), "dynamic tcp");
}
END_TEST

/* A shared key on either side needs the key. */
START_TEST(a_shared_key_is_needed)
{
	struct ike_peer *peer = ike_peer_new();

	ck_assert_ptr_nonnull(peer);
	for (int sides = 1; sides < 4; sides++) {
		peer->local.auth = sides & 1 ? IKE_AUTH_PSK : 0;
		peer->remote.auth = sides & 2 ? IKE_AUTH_PSK : 0;
		peer->psk_len = 0;
		ck_assert(!ike_peer_can_prove(peer));
		peer->psk_len = 1;
		ck_assert(ike_peer_can_prove(peer));
	}
	/* and signatures need what is not there */
	peer->remote.auth = IKE_AUTH_CERT;
	ck_assert(!ike_peer_can_prove(peer));
	peer->remote.auth = IKE_AUTH_PSK;
	peer->local.auth = IKE_AUTH_CERT;
	ck_assert(!ike_peer_can_prove(peer));
	ike_peer_unref(peer);
}
END_TEST

SUITE(peer)
{
	test(has_the_defaults_of_the_manual);
	test(is_counted);
	test(addresses_compare);
	test(addresses_have_one_spelling);
	test(selectors_as_text);
	test(a_shared_key_is_needed);
}

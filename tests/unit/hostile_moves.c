/* hostile_moves.c - N47: who may move an SA to other addresses, and who may not.
 * SPDX-License-Identifier: ISC
 *
 * As in hostile.c, a core against a peer that does not keep to the rules.
 */
#include "ikev2/nat.h"
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/bent.h"

static struct parts parts;
static const struct core_setup plain = { .ike = NULL };

/* The bent peer's address and port behind its NAT are not those that show. */
static void announce_nat(const struct ike_header *header, bool natted)
{
	struct ike_endpoint inside = bent.us;
	uint8_t source[NAT_DETECTION_LEN], destination[NAT_DETECTION_LEN];

	if (natted)
		inside.addr.octets[0] = 10;
	ck_assert(nat_hash(bent.crypto, header, &inside, source));
	ck_assert(nat_hash(bent.crypto, header, &bent.them, destination));
	parts_notify(&parts, NAT_DETECTION_SOURCE_IP,
		bytes_of(source, sizeof(source)));
	parts_notify(&parts, NAT_DETECTION_DESTINATION_IP,
		bytes_of(destination, sizeof(destination)));
}

/* Up, begun by the bent peer, which floats to 4500. */
static void up(bool natted)
{
	struct ike_header header;

	core_open(&plain);
	bent_begin(true);
	header = bent_header(IKE_SA_INIT, false, 0);
	bent_init_parts(&parts);
	announce_nat(&header, natted);
	bent_send_init(&parts);
	bent_hear_init();
	bent.us.port = 61000;
	bent.them.port = 4500;
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_int_eq(core.child_up, 1);
}

static struct bytes empty_request(void)
{
	const struct ike_header header =
		bent_header(INFORMATIONAL, false, bent.out_id);

	parts.count = 0;
	return bent_sealed(&header, &parts);
}

/* Where the core sends its own requests. */
static uint16_t asks_at(void)
{
	const struct ike_wish wish = { "bent", NULL };
	const struct ike_now now = { core.now_ms, 0 };
	uint16_t port;

	core.sent_count = 0;
	ck_assert_int_eq(ike_rekey(core.ike, now, &wish), IKE_WISH_STARTED);
	core_settle();
	core_advance(0);
	ck_assert_uint_ge(core.sent_count, 1);
	port = core.sent[0].remote.port;
	return port;
}

static void done(void)
{
	core_close();
}

/* RFC 7296 section 2.23: the newest authentic message from another port of a
 * peer behind a NAT moves IKE and ESP. */
START_TEST(a_peer_behind_a_nat_is_followed)
{
	up(true);
	bent.us.port = 61001;
	core_give(empty_request());
	bent.out_id++;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].remote.port, 61001);
	ck_assert_int_eq(core.moved, 2);
	ck_assert(!core.move.out);
	ck_assert(core.move.encap);
	ck_assert_uint_eq(core.move.src_port, 61001);
	ck_assert_uint_eq(core.move.dst_port, 4500);
	ck_assert_uint_eq(asks_at(), 61001);
	done();
}
END_TEST

/* Replies go to where the request came from, and nothing else does. */
START_TEST(n47_without_a_nat_nobody_is_followed)
{
	up(false);
	bent.us.port = 61001;
	core_give(empty_request());
	bent.out_id++;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].remote.port, 61001);
	ck_assert_int_eq(core.moved, 0);
	ck_assert_uint_eq(asks_at(), 61000);
	done();
}
END_TEST

START_TEST(n47_what_is_not_authentic_moves_nothing)
{
	struct ike_endpoint elsewhere;
	uint8_t copy[MAX_PACKET];
	struct bytes sealed;

	up(true);
	elsewhere = bent.us;
	elsewhere.addr.octets[3] = 99;
	sealed = empty_request();
	memcpy(copy, sealed.at, sealed.len);
	copy[sealed.len - 1] ^= 1;
	core_give_from(bytes_of(copy, sealed.len), elsewhere);
	bent_hears_nothing();
	ck_assert_int_eq(core.moved, 0);
	ck_assert_uint_eq(asks_at(), 61000);
	done();
}
END_TEST

/* A copy, caught and sent again, is authentic but not new. */
START_TEST(n47_a_repetition_moves_nothing)
{
	struct ike_endpoint elsewhere;
	uint8_t copy[MAX_PACKET];
	struct bytes sealed;

	up(true);
	elsewhere = bent.us;
	elsewhere.addr.octets[3] = 99;
	sealed = empty_request();
	memcpy(copy, sealed.at, sealed.len);
	core_give(bytes_of(copy, sealed.len));
	ck_assert_uint_eq(core.sent_count, 1);
	core_give_from(bytes_of(copy, sealed.len), elsewhere);
	/* its answer goes there once more, and that is all */
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].remote.addr.octets[3], 99);
	bent.out_id++;
	/* and one that is older gets nothing at all */
	core_give(empty_request());
	bent.out_id++;
	core_give_from(bytes_of(copy, sealed.len), elsewhere);
	bent_hears_nothing();
	ck_assert_int_eq(core.moved, 0);
	ck_assert_uint_eq(asks_at(), 61000);
	done();
}
END_TEST

/* What the kernel says of ESP that was authentic and new. */
START_TEST(esp_from_elsewhere_is_followed)
{
	struct ike_now now = { 0, 0 };
	struct ike_endpoint from;
	struct ike_child_status child;
	struct ike_sa_status sa;
	struct ike_sa_ref wrong;
	uint64_t at = 0;

	up(true);
	now.mono_ms = core.now_ms;
	ck_assert(ike_next_sa(core.ike, &at, &sa));
	ck_assert(ike_child_at(core.ike, sa.sa, 0, &child));
	from = bent.us;
	from.port = 61002;
	wrong = child.in;
	wrong.spi++;
	ike_mapping(core.ike, now, wrong, &from);
	core_settle();
	wrong = child.in;
	wrong.dst.octets[3]++;
	ike_mapping(core.ike, now, wrong, &from);
	core_settle();
	ck_assert_int_eq(core.moved, 0);
	ike_mapping(core.ike, now, child.in, &from);
	core_settle();
	ck_assert_int_eq(core.moved, 2);
	/* as often as packets come before the kernel knows */
	ike_mapping(core.ike, now, child.in, &from);
	core_settle();
	ck_assert_int_eq(core.moved, 2);
	ck_assert_uint_eq(asks_at(), 61002);
	done();
}
END_TEST

START_TEST(esp_of_a_peer_that_is_not_behind_a_nat_is_not_followed)
{
	struct ike_now now = { 0, 0 };
	struct ike_endpoint from;
	struct ike_child_status child;
	struct ike_sa_status sa;
	uint64_t at = 0;

	up(false);
	now.mono_ms = core.now_ms;
	ck_assert(ike_next_sa(core.ike, &at, &sa));
	ck_assert(ike_child_at(core.ike, sa.sa, 0, &child));
	from = bent.us;
	from.port = 61002;
	ike_mapping(core.ike, now, child.in, &from);
	core_settle();
	ck_assert_int_eq(core.moved, 0);
	done();
}
END_TEST

/* The kernel cannot move it: the child goes, and the peer is told. */
START_TEST(a_move_that_the_kernel_refuses_ends_the_child)
{
	up(true);
	core.refuse = IKE_SA_MOVE;
	core.refuse_left = 1;
	bent.us.port = 61001;
	core_give(empty_request());
	bent.out_id++;
	ck_assert_int_eq(core.refused, 1);
	ck_assert_int_eq(core.failed, 1);
	ck_assert_int_eq(core.cause, IKE_CAUSE_KERNEL);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_uint_eq(core.sent_count, 2);
	ck_assert(bent_open(1) || bent_open(0));
	done();
}
END_TEST

SUITE(hostile_moves)
{
	test(a_peer_behind_a_nat_is_followed);
	test(n47_without_a_nat_nobody_is_followed);
	test(n47_what_is_not_authentic_moves_nothing);
	test(n47_a_repetition_moves_nothing);
	test(esp_from_elsewhere_is_followed);
	test(esp_of_a_peer_that_is_not_behind_a_nat_is_not_followed);
	test(a_move_that_the_kernel_refuses_ends_the_child);
}

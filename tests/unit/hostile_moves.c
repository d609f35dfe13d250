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

/* Begun by the bent peer, which floats to 4500, and says MOBIKE_SUPPORTED if
 * mobike. */
static void connect_as(bool natted, bool mobike)
{
	struct ike_header header;

	bent_begin(true);
	header = bent_header(IKE_SA_INIT, false, 0);
	bent_init_parts(&parts);
	announce_nat(&header, natted);
	bent_send_init(&parts);
	bent_hear_init();
	bent.us.port = 61000;
	bent.them.port = 4500;
	bent_auth_parts(&parts);
	if (mobike)
		parts_notify(&parts, MOBIKE_SUPPORTED, hex(""));
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_int_eq(
		message_notify(&bent.in, MOBIKE_SUPPORTED) != NULL, mobike);
}

static void up_as(bool natted, bool mobike)
{
	core_open(&plain);
	connect_as(natted, mobike);
	ck_assert_int_eq(core.child_up, 1);
}

static void up(bool natted)
{
	up_as(natted, false);
}

static void empty(void)
{
	parts.count = 0;
}

/* Sent from there, as the next request; the core answers, which is opened. */
static void ask_from(struct ike_endpoint from)
{
	const struct ike_header header =
		bent_header(INFORMATIONAL, false, bent.out_id++);
	struct bytes sealed = bent_sealed(&header, &parts);

	core_give_from(sealed, from);
	ck_assert_uint_ge(core.sent_count, 1);
	ck_assert(ike_addr_equal(&core.sent[0].remote.addr, &from.addr));
	ck_assert_uint_eq(core.sent[0].remote.port, from.port);
	ck_assert(bent_open(0));
	ck_assert(header_is_response(&bent.in.header));
}

static struct ike_endpoint elsewhere(void)
{
	struct ike_endpoint out = bent.us;

	out.addr.octets[3] = 99;
	return out;
}

/* The core's request in its second packet: a check of the new address. */
static struct bytes cookie_asked(void)
{
	static uint8_t kept[64];
	const struct payload_notify *cookie;

	ck_assert_uint_eq(core.sent_count, 2);
	ck_assert(bent_open(1));
	cookie = message_notify(&bent.in, COOKIE2);
	ck_assert_ptr_nonnull(cookie);
	ck_assert_uint_eq(cookie->data.len, 16);
	memcpy(kept, cookie->data.at, cookie->data.len);
	return bytes_of(kept, cookie->data.len);
}

static struct bytes empty_request(void)
{
	const struct ike_header header =
		bent_header(INFORMATIONAL, false, bent.out_id);

	empty();
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

/* Another IKE SA of the same peer stays where it is. */
START_TEST(a_move_is_of_one_ike_sa)
{
	const struct ike_wish wish = { "bent", NULL };
	bool stayed = false, moved = false;

	core_open(&plain);
	core.peers.peer[0]->unique = IKE_UNIQUE_NO;
	connect_as(true, false);
	bent.us.port = 500;
	bent.them.port = 500;
	connect_as(true, false);
	ck_assert_int_eq(core_established(), 2);
	bent.us.port = 61001;
	core_give(empty_request());
	core.sent_count = 0;
	ck_assert_int_eq(
		ike_down(core.ike, (struct ike_now){ core.now_ms, 0 }, &wish),
		IKE_WISH_STARTED);
	core_settle();
	for (size_t i = 0; i < core.sent_count; i++) {
		stayed |= core.sent[i].remote.port == 61000;
		moved |= core.sent[i].remote.port == 61001;
	}
	ck_assert(stayed && moved);
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
	struct ike_endpoint thief;
	uint8_t copy[MAX_PACKET];
	struct bytes sealed;

	up(true);
	thief = elsewhere();
	sealed = empty_request();
	memcpy(copy, sealed.at, sealed.len);
	copy[sealed.len - 1] ^= 1;
	core_give_from(bytes_of(copy, sealed.len), thief);
	bent_hears_nothing();
	ck_assert_int_eq(core.moved, 0);
	ck_assert_uint_eq(asks_at(), 61000);
	done();
}
END_TEST

/* A copy, caught and sent again, is authentic but not new. */
START_TEST(n47_a_repetition_moves_nothing)
{
	struct ike_endpoint thief;
	uint8_t copy[MAX_PACKET];
	struct bytes sealed;

	up(true);
	thief = elsewhere();
	sealed = empty_request();
	memcpy(copy, sealed.at, sealed.len);
	core_give(bytes_of(copy, sealed.len));
	ck_assert_uint_eq(core.sent_count, 1);
	core_give_from(bytes_of(copy, sealed.len), thief);
	/* its answer goes there once more, and that is all */
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].remote.addr.octets[3], 99);
	bent.out_id++;
	/* and one that is older gets nothing at all */
	core_give(empty_request());
	bent.out_id++;
	core_give_from(bytes_of(copy, sealed.len), thief);
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

/* --- RFC 4555 ------------------------------------------------------------- */

/* Without MOBIKE_SUPPORTED none of its notifies means anything. */
START_TEST(n47_mobike_that_was_not_negotiated)
{
	up(false);
	empty();
	parts_notify(&parts, UPDATE_SA_ADDRESSES, hex(""));
	parts_notify(&parts, COOKIE2, hex("0102030405060708"));
	parts_notify(&parts, ADDITIONAL_IP4_ADDRESS, hex("c6336401"));
	parts_notify(&parts, NO_NATS_ALLOWED, hex("00"));
	ask_from(elsewhere());
	ck_assert_uint_eq(bent.in.notifies, 0);
	ck_assert_int_eq(core.moved, 0);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(asks_at(), 61000);
	ck_assert_uint_eq(core.sent[0].remote.addr.octets[3], 2);
	done();
}
END_TEST

/* An update: IKE goes there at once, ESP when the peer has shown that it hears
 * what is sent there. */
START_TEST(an_update_is_checked_before_esp_follows)
{
	struct ike_endpoint there;
	struct bytes cookie;

	up_as(false, true);
	there = elsewhere();
	empty();
	parts_notify(&parts, UPDATE_SA_ADDRESSES, hex(""));
	ask_from(there);
	ck_assert_int_eq(core.moved, 0);
	ck_assert_uint_eq(core.sent[1].remote.addr.octets[3], 99);
	cookie = cookie_asked();
	bent.us = there;
	empty();
	parts_notify(&parts, COOKIE2, cookie);
	bent_answer(INFORMATIONAL, &parts);
	bent.in_id++;
	ck_assert_int_eq(core.moved, 2);
	ck_assert_uint_eq(core.move.new_src.octets[3], 99);
	ck_assert_int_eq(core_established(), 1);
	done();
}
END_TEST

/* RFC 4555 section 3.7: another value, or none, ends the IKE SA. */
START_TEST(n47_a_cookie_that_is_not_returned)
{
	static const char *const answers[] = { "", "00",
		"00000000000000000000000000000000" };

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		up_as(false, true);
		empty();
		parts_notify(&parts, UPDATE_SA_ADDRESSES, hex(""));
		ask_from(elsewhere());
		(void)cookie_asked();
		bent.us = elsewhere();
		empty();
		if (i > 0)
			parts_notify(&parts, COOKIE2, hex(answers[i]));
		bent_answer(INFORMATIONAL, &parts);
		ck_assert_int_eq(core.moved, 0);
		ck_assert_int_eq(core_established(), 0);
		done();
	}
}
END_TEST

/* RFC 4555 section 3.8: without an update a path may be tried. */
START_TEST(n47_with_mobike_only_an_update_moves)
{
	up_as(true, true);
	empty();
	ask_from(elsewhere());
	ck_assert_int_eq(core.moved, 0);
	ck_assert_uint_eq(asks_at(), 61000);
	ck_assert_uint_eq(core.sent[0].remote.addr.octets[3], 2);
	done();
}
END_TEST

START_TEST(cookies_and_nat_detection_come_back)
{
	const struct payload_notify *cookie;

	up_as(false, true);
	empty();
	parts_notify(&parts, COOKIE2, hex("0102030405060708"));
	parts_notify(&parts, NAT_DETECTION_SOURCE_IP,
		hex("0000000000000000000000000000000000000000"));
	parts_notify(&parts, NAT_DETECTION_DESTINATION_IP,
		hex("0000000000000000000000000000000000000000"));
	ask_from(bent.us);
	cookie = message_notify(&bent.in, COOKIE2);
	ck_assert_ptr_nonnull(cookie);
	ck_assert(bytes_equal(cookie->data, hex("0102030405060708")));
	ck_assert_ptr_nonnull(
		message_notify(&bent.in, NAT_DETECTION_SOURCE_IP));
	ck_assert_ptr_nonnull(
		message_notify(&bent.in, NAT_DETECTION_DESTINATION_IP));
	/* and one of a forbidden length does not */
	empty();
	parts_notify(&parts, COOKIE2, hex("01020304050607"));
	ask_from(bent.us);
	ck_assert_ptr_null(message_notify(&bent.in, COOKIE2));
	ck_assert_int_eq(core.moved, 0);
	done();
}
END_TEST

/* RFC 4555 section 3.9 */
START_TEST(n47_nats_that_are_not_allowed)
{
	struct ike_endpoint there;

	up_as(false, true);
	there = elsewhere();
	empty();
	parts_notify(&parts, UPDATE_SA_ADDRESSES, hex(""));
	parts_notify(&parts, NO_NATS_ALLOWED, hex("c0000202c0000201ee481194"));
	ask_from(there);
	ck_assert_ptr_nonnull(
		message_notify(&bent.in, UNEXPECTED_NAT_DETECTED));
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_int_eq(core.moved, 0);
	/* as it was sent: 61000 to 4500 */
	empty();
	parts_notify(&parts, UPDATE_SA_ADDRESSES, hex(""));
	parts_notify(&parts, NO_NATS_ALLOWED, hex("c0000263c0000201ee481194"));
	ask_from(there);
	ck_assert_ptr_null(message_notify(&bent.in, UNEXPECTED_NAT_DETECTED));
	ck_assert_uint_eq(core.sent_count, 2);
	done();
}
END_TEST

/* A NAT on the new path: ESP goes in UDP from now on, and back out of it. */
START_TEST(an_update_turns_encapsulation_on_and_off)
{
	struct ike_header header;

	for (int natted = 1; natted >= 0; natted--) {
		struct ike_endpoint there;

		up_as(natted == 0, true);
		there = bent.us;
		there.port = 61007;
		bent.us = there;
		header = bent_header(INFORMATIONAL, false, bent.out_id);
		empty();
		parts_notify(&parts, UPDATE_SA_ADDRESSES, hex(""));
		announce_nat(&header, natted == 1);
		ask_from(there);
		ck_assert_int_eq(core.moved, 2);
		ck_assert_int_eq(core.move.encap, natted == 1);
		done();
	}
}
END_TEST

/* Up, begun by the core, both with MOBIKE; the bent peer is also at .7. */
static void core_begins(void)
{
	struct ike_header header;

	core_open(&plain);
	core.peers.peer[0]->dpd_delay_ms = 0;
	core_dial();
	bent_hear_request();
	bent_init_parts(&parts);
	header = bent_header(IKE_SA_INIT, true, 0);
	announce_nat(&header, false);
	bent_answer_init(&parts);
	bent.us.port = bent.them.port = 4500;
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].remote.port, 4500);
	ck_assert(bent_open(0));
	ck_assert_ptr_nonnull(message_notify(&bent.in, MOBIKE_SUPPORTED));
	bent_auth_parts(&parts);
	parts_notify(&parts, MOBIKE_SUPPORTED, hex(""));
	parts_notify(&parts, ADDITIONAL_IP4_ADDRESS, hex("c0000207"));
	bent_answer(IKE_AUTH, &parts);
	bent.in_id++;
	ck_assert_int_eq(core.child_up, 1);
}

/* Who did not begin the IKE SA has nothing to choose. */
START_TEST(n47_an_update_from_the_responder)
{
	core_begins();
	empty();
	parts_notify(&parts, UPDATE_SA_ADDRESSES, hex(""));
	ask_from(elsewhere());
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_int_eq(core.moved, 0);
	/* our address changes: each of the peer's is asked for */
	ike_addresses(
		core.ike, (struct ike_now){ core.now_ms, 0 }, &bent.us.addr, 1);
	core_settle();
	ck_assert_uint_eq(core.asked.route.count, 2);
	ck_assert_uint_eq(core.asked.route.remote[0].octets[3], 2);
	ck_assert_uint_eq(core.asked.route.remote[1].octets[3], 7);
	done();
}
END_TEST

/* Without MOBIKE, where our address is our name: the old IKE SA goes, told from
 * the new address, and a new one is begun.  An address that is still ours is
 * kept to. */
START_TEST(without_mobike_another_name_begins_anew)
{
	const struct ike_addr ours = { 4, { 192, 0, 2, 1 } };
	const struct ike_addr moved = { 4, { 192, 0, 2, 88 } };
	struct ike_now now = { 0, 0 };

	up(false);
	now.mono_ms = core.now_ms;
	core.sent_count = 0;
	core.routes[0] = (struct ike_address_pair){ ours, bent.us.addr };
	core.route_count = 1;
	ike_addresses(core.ike, now, &ours, 1);
	core_settle();
	ck_assert(ike_addr_equal(&core.asked.route.keep, &ours));
	ck_assert_uint_eq(core.sent_count, 0);
	core.routes[0].local = moved;
	ike_addresses(core.ike, now, &moved, 1);
	core_settle();
	ck_assert_int_eq(core.child_down, 1);
	ck_assert_uint_eq(core.sent_count, 2);
	ck_assert(ike_addr_equal(&core.sent[0].local.addr, &moved));
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.deletes, 1);
	ck_assert_uint_eq(core.sent[1].data[18], IKE_SA_INIT);
	done();
}
END_TEST

/* The core is at address .LAST now, and is told of ways from there to each of
 * these addresses of the peer's. */
static void core_moves(uint8_t last, const uint8_t *peer, size_t count)
{
	const struct ike_now now = { core.now_ms, 0 };
	struct ike_addr ours = { 4, { 192, 0, 2, last } };

	for (size_t i = 0; i < count; i++) {
		core.routes[i].local = ours;
		core.routes[i].remote =
			(struct ike_addr){ 4, { 192, 0, 2, peer[i] } };
	}
	core.route_count = count;
	core.sent_count = 0;
	ike_addresses(core.ike, now, &ours, 1);
	core_settle();
	bent.them.addr = ours;
}

/* Its packet i is a request between these two, which holds that notify. */
static void core_says(size_t i, uint8_t from, uint8_t to, uint16_t notify)
{
	ck_assert_uint_gt(core.sent_count, i);
	ck_assert_uint_eq(core.sent[i].local.addr.octets[3], from);
	ck_assert_uint_eq(core.sent[i].remote.addr.octets[3], to);
	ck_assert(bent_open(i));
	ck_assert(!header_is_response(&bent.in.header));
	ck_assert_ptr_nonnull(message_notify(&bent.in, notify));
}

static const uint8_t one_way[] = { 2 }, two_ways[] = { 2, 7 };

/* RFC 4555 section 3.5 and 3.9: then it cannot go on from there. */
START_TEST(an_update_that_the_peer_refuses_ends_the_ike_sa)
{
	static const struct {
		uint16_t type;
		const char *name;
	} errors[] = {
		{ UNACCEPTABLE_ADDRESSES, "UNACCEPTABLE_ADDRESSES" },
		{ UNEXPECTED_NAT_DETECTED, "UNEXPECTED_NAT_DETECTED" },
	};

	for (size_t i = 0; i < 2; i++) {
		core_begins();
		core_moves(88, one_way, 1);
		core_says(0, 88, 2, UPDATE_SA_ADDRESSES);
		empty();
		parts_notify(&parts, errors[i].type, hex(""));
		bent_answer(INFORMATIONAL, &parts);
		ck_assert_ptr_nonnull(strstr(core.complaint, errors[i].name));
		ck_assert_int_eq(core_established(), 0);
		ck_assert_int_eq(core.sas, 0);
		ck_assert_int_eq(core.moved, 0);
		ck_assert_int_eq(core.child_down, 1);
		done();
	}
}
END_TEST

/* Each try goes another way (section 3.5); the one that is answered stays. */
START_TEST(paths_are_tried_in_turn)
{
	core_begins();
	core_moves(88, two_ways, 2);
	core_says(0, 88, 2, UPDATE_SA_ADDRESSES);
	core_advance(2000);
	core_says(0, 88, 7, UPDATE_SA_ADDRESSES);
	core_advance(3600);
	core_says(0, 88, 2, UPDATE_SA_ADDRESSES);
	bent.us.addr.octets[3] = 7;
	empty();
	bent_answer(INFORMATIONAL, &parts);
	bent.in_id++;
	core_says(0, 88, 7, UPDATE_SA_ADDRESSES);
	bent_answer(INFORMATIONAL, &parts);
	ck_assert_int_eq(core.moved, 2);
	ck_assert_uint_eq(
		core.move.new_src.octets[3] + core.move.new_dst.octets[3],
		88 + 7);
	done();
}
END_TEST

/* The Delete of an IKE SA that was just replaced goes from there, too. */
START_TEST(the_replaced_ike_sa_moves_too)
{
	const struct ike_now now = { 5000, 0 };
	size_t i = 0;

	core_begins();
	ck_assert_int_eq(ike_rekey_sa(core.ike, now, "bent"), IKE_WISH_STARTED);
	ike_tick(core.ike, now);
	core_settle();
	ck_assert(bent_open(core.sent_count - 1));
	bent.in_id = bent.in.header.message_id;
	bent_rekey_parts(&parts);
	bent_answer(CREATE_CHILD_SA, &parts);
	bent.in_id++;
	ck_assert_int_eq(core_established(), 1);
	core_moves(88, one_way, 1);
	while (i < core.sent_count && !bent_open(i))
		i++;
	ck_assert_uint_lt(i, core.sent_count);
	ck_assert_uint_eq(bent.in.header.exchange, INFORMATIONAL);
	ck_assert_uint_eq(bent.in.deletes, 1);
	ck_assert_uint_eq(bent.in.delete[0].protocol, PROTOCOL_IKE);
	ck_assert_uint_eq(core.sent[i].local.addr.octets[3], 88);
	ck_assert_uint_eq(core.sent[i].remote.addr.octets[3], 2);
	done();
}
END_TEST

START_TEST(no_path_that_works_is_the_end)
{
	core_begins();
	core_moves(88, two_ways, 2);
	core_advance(400000);
	ck_assert_int_eq(core_established() + core.sas, 0);
	ck_assert_int_eq(core.child_down, 1);
	done();
}
END_TEST

/* Without a way there is nothing to be learnt from silence; when it is back the
 * request goes out at once. */
START_TEST(a_way_that_is_lost_and_found)
{
	const struct ike_wish wish = { "bent", "net" };
	const struct ike_now now = { 5000, 0 };

	core_begins();
	ck_assert_uint_eq(core.now_ms, now.mono_ms);
	core_moves(1, NULL, 0);
	ck_assert_int_eq(ike_rekey(core.ike, now, &wish), IKE_WISH_STARTED);
	ike_tick(core.ike, now);
	core_settle();
	core_advance(290000);
	ck_assert_int_eq(core_established(), 1);
	core_moves(1, one_way, 1);
	core_says(0, 1, 2, REKEY_SA);
	ck_assert_uint_eq(core.sent_count, 1);
	/* away for so long, the peer may have given up: a few tries are left */
	core_advance(13000);
	ck_assert_int_eq(core_established(), 0);
	done();
}
END_TEST

/* A minute is not long: it is tried as often as ever. */
START_TEST(a_way_that_is_lost_for_a_minute)
{
	const struct ike_wish wish = { "bent", "net" };
	const struct ike_now now = { 5000, 0 };

	for (uint64_t more = 0; more < 2; more++) {
		core_begins();
		core_moves(1, NULL, 0);
		ck_assert_int_eq(
			ike_rekey(core.ike, now, &wish), IKE_WISH_STARTED);
		ike_tick(core.ike, now);
		core_settle();
		core_advance(60000 + more);
		core_moves(1, one_way, 1);
		core_says(0, 1, 2, REKEY_SA);
		core_advance(13000);
		ck_assert_int_eq(core_established(), more == 0);
		done();
	}
}
END_TEST

START_TEST(a_way_that_is_never_found)
{
	const struct ike_wish wish = { "bent", "net" };
	const struct ike_now now = { 5000, 0 };

	core_begins();
	core_moves(1, NULL, 0);
	ck_assert_int_eq(ike_rekey(core.ike, now, &wish), IKE_WISH_STARTED);
	ike_tick(core.ike, now);
	core_settle();
	core_advance(400000);
	ck_assert_int_eq(core_established() + core.sas, 0);
	done();
}
END_TEST

/* A network in `remote` bounds where the peer may go. */
START_TEST(n47_an_update_to_outside_of_remote)
{
	struct ike_endpoint there;
	struct ike_place *place;

	up_as(false, true);
	place = &core.peers.peer[0]->remote.places[0];
	place->first.octets[3] = 0;
	place->last.octets[3] = 127;
	there = elsewhere();
	there.addr.octets[3] = 128;
	empty();
	parts_notify(&parts, UPDATE_SA_ADDRESSES, hex(""));
	ask_from(there);
	ck_assert_ptr_nonnull(message_notify(&bent.in, UNACCEPTABLE_ADDRESSES));
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_int_eq(core.moved, 0);
	there.addr.octets[3] = 127;
	ask_from(there);
	ck_assert_ptr_null(message_notify(&bent.in, UNACCEPTABLE_ADDRESSES));
	(void)cookie_asked();
	done();
}
END_TEST

/* What lies behind us is nowhere to be found from outside (section 3.4). */
START_TEST(addresses_behind_us_are_not_announced)
{
	const struct ike_addr ours[] = { { 4, { 192, 0, 2, 88 } },
		{ 4, { 10, 1, 0, 1 } }, { 4, { 192, 0, 2, 50 } } };
	const struct ike_now now = { 5000, 0 };
	size_t others = 0;

	up_as(false, true);
	ck_assert_uint_eq(core.now_ms, now.mono_ms);
	core.routes[0] = (struct ike_address_pair){ ours[0], bent.us.addr };
	core.route_count = 1;
	core.sent_count = 0;
	ike_addresses(core.ike, now, ours, 3);
	core_settle();
	core_says(0, 88, 2, ADDITIONAL_IP4_ADDRESS);
	for (size_t i = 0; i < bent.in.notifies; i++) {
		const struct payload_notify *notify = &bent.in.notify[i];

		ck_assert_uint_ne(notify->type, NO_ADDITIONAL_ADDRESSES);
		if (notify->type != ADDITIONAL_IP4_ADDRESS)
			continue;
		others++;
		ck_assert(bytes_equal(notify->data, hex("c0000232")));
	}
	ck_assert_uint_eq(others, 1);
	done();
}
END_TEST

/* Who did not begin says where it is, and that there is nothing else. */
START_TEST(the_responder_tells_its_address)
{
	up_as(false, true);
	core_moves(88, one_way, 1);
	core_says(0, 88, 2, NO_ADDITIONAL_ADDRESSES);
	empty();
	bent.in_id = bent.in.header.message_id;
	bent_answer(INFORMATIONAL, &parts);
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.moved, 0);
	done();
}
END_TEST

SUITE(hostile_moves)
{
	test(an_update_that_the_peer_refuses_ends_the_ike_sa);
	test(paths_are_tried_in_turn);
	test(the_replaced_ike_sa_moves_too);
	test(no_path_that_works_is_the_end);
	test(a_way_that_is_lost_and_found);
	test(a_way_that_is_lost_for_a_minute);
	test(a_way_that_is_never_found);
	test(n47_an_update_to_outside_of_remote);
	test(addresses_behind_us_are_not_announced);
	test(the_responder_tells_its_address);
	test(without_mobike_another_name_begins_anew);
	test(a_peer_behind_a_nat_is_followed);
	test(a_move_is_of_one_ike_sa);
	test(n47_without_a_nat_nobody_is_followed);
	test(n47_what_is_not_authentic_moves_nothing);
	test(n47_a_repetition_moves_nothing);
	test(esp_from_elsewhere_is_followed);
	test(esp_of_a_peer_that_is_not_behind_a_nat_is_not_followed);
	test(a_move_that_the_kernel_refuses_ends_the_child);
	test(n47_mobike_that_was_not_negotiated);
	test(an_update_is_checked_before_esp_follows);
	test(n47_a_cookie_that_is_not_returned);
	test(n47_with_mobike_only_an_update_moves);
	test(cookies_and_nat_detection_come_back);
	test(n47_nats_that_are_not_allowed);
	test(an_update_turns_encapsulation_on_and_off);
	test(n47_an_update_from_the_responder);
}

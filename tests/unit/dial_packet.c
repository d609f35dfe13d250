/* dial_packet.c - what is asked for when a packet asks (RFC 7296 section 2.9).
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/bent.h"

static struct parts parts;

/* The child "net" (10.1.0.0/16 to 10.2.0.0/16) waits for packets. */
static uint32_t open_on_demand(void)
{
	static const struct core_setup plain = { .ike = NULL };
	const struct ike_now now = { 5000, 0 };
	struct ike_child_policy *child;

	core_open(&plain);
	child = &core.peers.peer[0]->children[0];
	child->start = IKE_START_ON_DEMAND;
	ike_set_peers(core.ike, now, &core.peers);
	core_settle();
	core.sent_count = 0;
	return child->reqid;
}

static void acquire(uint32_t reqid, uint8_t protocol, uint16_t port)
{
	const struct ike_flow flow = { .family = 4,
		.protocol = protocol,
		.src = { 4, { 10, 1, 0, 9 } },
		.dst = { 4, { 10, 2, 0, 7 } },
		.src_port = 1024,
		.dst_port = port };

	core.sent_count = 0;
	ike_acquire(core.ike, (struct ike_now){ core.now_ms, 0 }, reqid, &flow);
	core_settle();
}

static void asks(uint8_t payload, const char *first, const char *second)
{
	const char *expected[] = { first, second };
	char text[IKE_SELECTOR_SIZE];
	struct selectors got;

	selectors_read(
		payload == PAYLOAD_TSI ? &bent.in.tsi : &bent.in.tsr, &got);
	ck_assert_uint_eq(got.count, second ? 2 : 1);
	for (size_t i = 0; i < got.count; i++)
		ck_assert_str_eq(
			ike_selector_text(&got.list[i], text), expected[i]);
}

START_TEST(packet_is_asked_for_first)
{
	acquire(open_on_demand(), 6, 80);
	bent_responds_keys();
	asks(PAYLOAD_TSI, "10.1.0.9/32 tcp/1024", "10.1.0.0/16");
	asks(PAYLOAD_TSR, "10.2.0.7/32 tcp/80", "10.2.0.0/16");
	bent_auth_parts(&parts);
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core.child_up, 1);
	core_close();
}
END_TEST

/* The type of an ICMP message would shut out the answer to it. */
START_TEST(icmp_has_no_ports)
{
	acquire(open_on_demand(), 1, 0);
	bent_responds_keys();
	asks(PAYLOAD_TSI, "10.1.0.9/32 icmp", "10.1.0.0/16");
	asks(PAYLOAD_TSR, "10.2.0.7/32 icmp", "10.2.0.0/16");
	core_close();
}
END_TEST

/* By hand no packet is preferred to others, not even the last that asked. */
START_TEST(no_packet_by_hand)
{
	const uint32_t reqid = open_on_demand();
	const struct ike_wish wish = { "bent", NULL };

	acquire(reqid, 6, 80);
	bent_responds_keys();
	bent_auth_parts(&parts);
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core.child_up, 1);
	ike_down(core.ike, (struct ike_now){ core.now_ms, 0 }, &wish);
	core_settle();
	core_advance(400000);
	core_dial();
	bent_responds_keys();
	asks(PAYLOAD_TSI, "10.1.0.0/16", NULL);
	core_close();
}
END_TEST

/* The answer names the packet too: it is within the rest, so one policy does. */
START_TEST(answer_is_tidied)
{
	struct ike_child_status child;
	uint64_t at = 0;
	struct ike_sa_status sa;

	acquire(open_on_demand(), 6, 80);
	bent_responds_keys();
	bent_auth_parts(&parts);
	parts_set(&parts, PAYLOAD_TSI,
		bytes_of("\2\0\0\0\7\6\0\20\4\0\4\0\12\1\0\11\12\1\0\11"
			 "\7\0\0\20\0\0\377\377\12\1\0\0\12\1\377\377",
			36));
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core.child_up, 1);
	ck_assert(ike_next_sa(core.ike, &at, &sa));
	ck_assert(ike_child_at(core.ike, sa.sa, 0, &child));
	ck_assert_uint_eq(child.local_ts_count, 1);
	core_close();
}
END_TEST

/* RFC 7296 section 2.9: SINGLE_PAIR_REQUIRED is answered with the addresses of
 * the packet, and remembered. */
START_TEST(single_pair)
{
	const uint32_t reqid = open_on_demand();

	acquire(reqid, 6, 80);
	bent_responds_keys();
	bent_auth_parts(&parts);
	parts_remove(&parts, PAYLOAD_SA);
	parts_remove(&parts, PAYLOAD_TSI);
	parts_remove(&parts, PAYLOAD_TSR);
	parts_notify(&parts, SINGLE_PAIR_REQUIRED, bytes_of(NULL, 0));
	bent_answer(IKE_AUTH, &parts);
	bent.in_id++;
	ck_assert_int_eq(core.failed, 0);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	asks(PAYLOAD_TSI, "10.1.0.9/32 tcp/1024", "10.1.0.9/32");
	asks(PAYLOAD_TSR, "10.2.0.7/32 tcp/80", "10.2.0.7/32");
	/* Again: then there is nothing more specific to ask for. */
	parts.count = 0;
	parts_notify(&parts, SINGLE_PAIR_REQUIRED, bytes_of(NULL, 0));
	bent_answer(CREATE_CHILD_SA, &parts);
	bent.in_id++;
	ck_assert_int_eq(core.failed, 1);
	ck_assert_int_eq(core.cause, IKE_CAUSE_SELECTORS);
	ck_assert_int_eq(core_established(), 1);
	acquire(reqid, 17, 53);
	ck_assert(bent_open(0));
	asks(PAYLOAD_TSR, "10.2.0.7/32 udp/53", "10.2.0.7/32");
	/* No wider than that (RFC 7296 section 2.9). */
	bent_child_parts(&parts, true);
	parts_set(&parts, PAYLOAD_TSI,
		bytes_of("\1\0\0\0\7\0\0\20\0\0\377\377\12\1\0\0\12\1\377\377",
			20));
	parts_set(&parts, PAYLOAD_TSR,
		bytes_of("\1\0\0\0\7\0\0\20\0\0\377\377\12\2\0\0\12\2\377\377",
			20));
	bent_answer(CREATE_CHILD_SA, &parts);
	ck_assert_int_eq(core.child_up, 0);
	ck_assert_int_eq(core.failed, 2);
	core_close();
}
END_TEST

SUITE(dial_packet)
{
	test(packet_is_asked_for_first);
	test(icmp_has_no_ports);
	test(no_packet_by_hand);
	test(answer_is_tidied);
	test(single_pair);
}

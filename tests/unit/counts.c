/* counts.c - what becomes of a datagram is counted once, under its own reason.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/sides.h"

#include <string.h>

/* A header as of a request by an initiator, with a body of no use. */
static void header(uint8_t out[40], uint8_t spi, uint8_t version,
	uint8_t exchange, uint8_t flags)
{
	memset(out, 0, 40);
	memset(out, spi, 8);
	out[16] = 41; /* a Notify .. */
	out[17] = version;
	out[18] = exchange;
	out[19] = flags;
	out[27] = 40;
	out[31] = 12; /* .. of 12 octets */
}

enum { INIT = 34, AUTH = 35, INITIATOR = 0x08, RESPONSE = 0x20 };

static const struct {
	uint8_t spi, version, exchange, flags;
	size_t len;
	enum ike_dropped why;
} rows[] = {
	{ 7, 0x20, INIT, INITIATOR, 27, IKE_DROPPED_MALFORMED },
	{ 7, 0x20, INIT, INITIATOR, 39, IKE_DROPPED_MALFORMED },
	{ 7, 0x20, INIT, INITIATOR, 40, IKE_DROPPED_MALFORMED },
	{ 7, 0x20, INIT, 0, 40, IKE_DROPPED_MALFORMED },
	{ 7, 0x10, INIT, INITIATOR, 40, IKE_DROPPED_VERSION },
	{ 7, 0x30, INIT, INITIATOR, 40, IKE_DROPPED_VERSION },
	{ 0, 0x20, INIT, INITIATOR, 40, IKE_DROPPED_VERSION },
	{ 7, 0x20, AUTH, INITIATOR, 40, IKE_DROPPED_UNKNOWN },
	{ 7, 0x20, INIT, RESPONSE, 40, IKE_DROPPED_UNKNOWN },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static uint64_t sum(const struct ike_counts *counts)
{
	uint64_t all = 0;

	for (size_t i = 0; i < IKE_DROPPEDS; i++)
		all += counts->dropped[i];
	return all;
}

static void give(struct side *side, const uint8_t *octets, size_t len)
{
	const struct ike_datagram datagram = { { address(1), 500 },
		{ address(9), 500 }, bytes_of(octets, len) };

	ike_receive(side->ike, at, &datagram);
}

START_TEST(a_stranger_is_counted_by_its_reason)
{
	const struct ike_counts *counts;
	uint8_t octets[40];
	struct side a;

	side_open(&a, 1, 2, "key");
	counts = ike_counts(a.ike);
	header(octets, rows[_i].spi, rows[_i].version, rows[_i].exchange,
		rows[_i].flags);
	for (uint64_t n = 1; n <= 3; n++) {
		give(&a, octets, rows[_i].len);
		ck_assert_uint_eq(counts->dropped[rows[_i].why], n);
		ck_assert_uint_eq(sum(counts), n);
	}
	side_close(&a);
}
END_TEST

/* Of its peer, too. */
START_TEST(a_forgery_is_counted_with_its_peer)
{
	struct ike_peer_status status;
	struct ike_sa_status sa;
	struct side a, b;
	uint8_t octets[40];
	uint64_t walk = 0;

	connect_both(&a, &b);
	ck_assert(ike_next_sa(b.ike, &walk, &sa));
	header(octets, 0, 0x20, 37, sa.initiator ? 0 : INITIATOR);
	memcpy(octets, sa.spi_i, 8);
	memcpy(octets + 8, sa.spi_r, 8);
	octets[23] = 9; /* a message ID that is not due */
	give(&b, octets, 40);
	ck_assert(ike_peer_at(b.ike, 0, &status));
	ck_assert_uint_eq(status.counts->dropped[IKE_DROPPED_WINDOW], 1);
	octets[23] = sa.initiator ? 0 : 2; /* and one that is */
	give(&b, octets, 40);
	ck_assert_uint_eq(status.counts->dropped[IKE_DROPPED_FORGED], 1);
	ck_assert_uint_eq(sum(status.counts), 2);
	ck_assert_uint_eq(sum(ike_counts(b.ike)), 2);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* What one side asks the other answers, and nobody has repeated anything. */
START_TEST(both_sides_count_the_same)
{
	const struct ike_counts *asking, *answering;
	const struct ike_wish wish = { "to2", NULL };
	struct ike_now now = at;
	uint64_t asked = 0;
	struct side a, b;

	connect_both(&a, &b);
	for (int i = 0; i < 10; i++) {
		now.mono_ms += 100000;
		ck_assert_int_eq(
			(int)ike_rekey(a.ike, now, &wish), IKE_WISH_STARTED);
		pass(&a, &b, now.mono_ms, now.mono_ms + 90000);
	}
	asking = ike_counts(a.ike);
	answering = ike_counts(b.ike);
	for (size_t i = 0; i < IKE_EXCHANGES; i++) {
		ck_assert_uint_eq(asking->asked[i], answering->answered[i]);
		ck_assert_uint_eq(answering->asked[i], asking->answered[i]);
		asked += asking->asked[i] + answering->asked[i];
	}
	ck_assert_uint_gt(asked, 40);
	ck_assert_uint_eq(asking->child_rekeys, answering->child_rekeys);
	ck_assert_uint_eq(asking->child_rekeys, 10);
	ck_assert_uint_eq(asking->rekeys, 10);
	ck_assert_uint_eq(answering->rekeys, 10);
	ck_assert_uint_eq(sum(asking) + sum(answering), 0);
	ck_assert_uint_eq(asking->resent + asking->repeated, 0);
	ck_assert_uint_eq(answering->resent + answering->repeated, 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

SUITE(counts)
{
	loop_test(a_stranger_is_counted_by_its_reason, ROWS);
	test(a_forgery_is_counted_with_its_peer);
	test(both_sides_count_the_same);
}

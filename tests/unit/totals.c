/* totals.c - totals of a peer never go back.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/totals.h"
#include "tests/suite.h"

#include <stdio.h>

START_TEST(children_add_up)
{
	struct totals *totals = totals_new();
	struct totals_peer *peer = totals_of(totals, "branch");

	totals_begin(peer);
	totals_count(peer, 1, 100, 10);
	totals_count(peer, 2, 200, 20);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 300);
	ck_assert_uint_eq(totals_out(peer), 30);
	totals_begin(peer);
	totals_count(peer, 1, 150, 15);
	totals_count(peer, 2, 200, 20);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 350);
	ck_assert_uint_eq(totals_out(peer), 35);
	totals_free(totals);
}
END_TEST

START_TEST(a_child_that_went_stays_counted)
{
	struct totals *totals = totals_new();
	struct totals_peer *peer = totals_of(totals, "branch");

	totals_begin(peer);
	totals_count(peer, 1, 100, 10);
	totals_end(peer);
	totals_begin(peer);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 100);
	totals_begin(peer);
	totals_count(peer, 7, 5, 50);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 105);
	ck_assert_uint_eq(totals_out(peer), 60);
	totals_free(totals);
}
END_TEST

START_TEST(a_counter_that_went_back_is_a_new_one)
{
	struct totals *totals = totals_new();
	struct totals_peer *peer = totals_of(totals, "branch");

	totals_begin(peer);
	totals_count(peer, 1, 100, 10);
	totals_count(peer, 1, 3, 12);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 103);
	ck_assert_uint_eq(totals_out(peer), 12);
	totals_free(totals);
}
END_TEST

START_TEST(each_peer_has_its_own)
{
	struct totals *totals = totals_new();
	char name[MAX_NAME];

	for (unsigned int i = 0; i < 100; i++) {
		struct totals_peer *peer;

		snprintf(name, sizeof(name), "peer-%u", i * 37 % 100);
		peer = totals_of(totals, name);
		totals_begin(peer);
		totals_count(peer, 1, i * 37 % 100, 0);
		totals_end(peer);
	}
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "peer-%u", i);
		ck_assert_uint_eq(totals_in(totals_of(totals, name)), i);
	}
	totals_free(totals);
}
END_TEST

SUITE(totals)
{
	test(children_add_up);
	test(a_child_that_went_stays_counted);
	test(a_counter_that_went_back_is_a_new_one);
	test(each_peer_has_its_own);
}

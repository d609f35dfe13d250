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
	totals_count(peer, "net", 1, 100, 10);
	totals_count(peer, "net", 2, 200, 20);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 300);
	ck_assert_uint_eq(totals_out(peer), 30);
	totals_begin(peer);
	totals_count(peer, "net", 1, 150, 15);
	totals_count(peer, "net", 2, 200, 20);
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
	totals_count(peer, "net", 1, 100, 10);
	totals_end(peer);
	totals_begin(peer);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 100);
	totals_begin(peer);
	totals_count(peer, "net", 7, 5, 50);
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
	totals_count(peer, "net", 1, 100, 10);
	totals_count(peer, "net", 1, 3, 12);
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
		totals_count(peer, "net", 1, i * 37 % 100, 0);
		totals_end(peer);
	}
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "peer-%u", i);
		ck_assert_uint_eq(totals_in(totals_of(totals, name)), i);
	}
	totals_free(totals);
}
END_TEST

START_TEST(the_last_count_is_told_when_the_sas_go)
{
	const struct ike_sa_ref in = { .dst = { 4, { 10 } }, .spi = 1 };
	const struct ike_sa_ref out = { .dst = { 4, { 11 } }, .spi = 1 };
	struct totals *totals = totals_new();
	struct totals_peer *peer = totals_of(totals, "branch");

	ck_assert(!totals_knows(totals, 7));
	totals_up(totals, "branch", "net", 7, in);
	ck_assert(totals_knows(totals, 7));
	totals_begin(peer);
	totals_count(peer, "net", 7, 100, 10);
	totals_end(peer);
	totals_last(totals, 7, out, 20);
	/* Between the two, somebody asks; the child is listed no more. */
	totals_begin(peer);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 100);
	ck_assert_uint_eq(totals_out(peer), 20);
	totals_last(totals, 7, in, 150);
	ck_assert(!totals_knows(totals, 7));
	ck_assert_uint_eq(totals_in(peer), 150);
	ck_assert_uint_eq(totals_out(peer), 20);
	totals_begin(peer);
	totals_end(peer);
	ck_assert_uint_eq(totals_in(peer), 150);
	ck_assert_uint_eq(totals_out(peer), 20);
	totals_free(totals);
}
END_TEST

/* Replaced before it was used, it has no outbound SA. */
START_TEST(a_child_with_one_sa_goes_with_it)
{
	const struct ike_sa_ref in = { .dst = { 4, { 10 } }, .spi = 7 };
	struct totals *totals = totals_new();

	totals_up(totals, "branch", "net", 7, in);
	totals_last(totals, 7, in, 3);
	ck_assert(!totals_knows(totals, 7));
	ck_assert_uint_eq(totals_in(totals_of(totals, "branch")), 3);
	totals_free(totals);
}
END_TEST

START_TEST(rekeys_are_counted)
{
	struct totals *totals = totals_new();

	totals_rekeyed(totals, "branch");
	totals_rekeyed(totals, "branch");
	ck_assert_uint_eq(totals_rekeys(totals_of(totals, "branch")), 2);
	ck_assert_uint_eq(totals_rekeys(totals_of(totals, "lab")), 0);
	totals_free(totals);
}
END_TEST

START_TEST(an_sa_that_moves_is_still_known)
{
	const struct ike_sa_ref in = { .dst = { 4, { 10 } }, .spi = 1 };
	const struct ike_sa_ref out = { .dst = { 4, { 11 } }, .spi = 1 };
	const struct ike_sa_ref in_moved = { .dst = { 4, { 12 } }, .spi = 1 };
	struct totals *totals = totals_new();

	totals_up(totals, "branch", "net", 7, in);
	totals_moved(totals, 8, in, &out.dst);
	totals_moved(totals, 7, out, &out.dst);
	totals_moved(totals, 7, in, &in_moved.dst);
	totals_last(totals, 7, out, 20);
	ck_assert(totals_knows(totals, 7));
	totals_last(totals, 7, in_moved, 150);
	ck_assert(!totals_knows(totals, 7));
	ck_assert_uint_eq(totals_in(totals_of(totals, "branch")), 150);
	ck_assert_uint_eq(totals_out(totals_of(totals, "branch")), 20);
	totals_free(totals);
}
END_TEST

START_TEST(children_nobody_asks_about_leave_only_their_sum)
{
	struct totals *totals = totals_new();

	for (uint32_t child = 1; child <= 1000; child++) {
		const struct ike_sa_ref in = { .dst = { 4, { 10 } },
			.spi = child };
		const struct ike_sa_ref out = { .dst = { 4, { 11 } },
			.spi = child };

		totals_up(totals, child % 2 ? "odd" : "even", "net", child, in);
		if (child > 10) {
			totals_last(totals, child - 10,
				(struct ike_sa_ref){ .dst = { 4, { 11 } },
					.spi = child - 10 },
				1);
			totals_last(totals, child - 10,
				(struct ike_sa_ref){ .dst = { 4, { 10 } },
					.spi = child - 10 },
				2);
		}
		/* Twice is once; of what is not known, nothing is kept. */
		totals_up(totals, "odd", "net", child, in);
		totals_last(totals, child + 5000, out, 1000);
	}
	ck_assert_uint_eq(totals_in(totals_of(totals, "odd")), 990);
	ck_assert_uint_eq(totals_out(totals_of(totals, "odd")), 495);
	ck_assert_uint_eq(totals_in(totals_of(totals, "even")), 990);
	totals_free(totals);
}
END_TEST

/* Each name keeps its own, over rekeys and restarts. */
START_TEST(a_name_keeps_what_its_children_carried)
{
	const struct ike_sa_ref in = { .dst = { 4, { 10 } }, .spi = 1 };
	struct totals *totals = totals_new();
	struct totals_peer *peer = totals_of(totals, "branch");
	uint64_t received, sent;

	ck_assert_ptr_null(totals_child(peer, 0, &received, &sent));
	totals_up(totals, "branch", "net", 1, in);
	totals_count(peer, "net", 1, 100, 10);
	totals_count(peer, "lan", 2, 7, 70);
	/* Its successor, while the old one is still there. */
	totals_count(peer, "net", 3, 1000, 0);
	totals_last(totals, 1, in, 130);
	ck_assert_str_eq(totals_child(peer, 0, &received, &sent), "net");
	ck_assert_uint_eq(received, 1130);
	ck_assert_uint_eq(sent, 10);
	ck_assert_str_eq(totals_child(peer, 1, &received, &sent), "lan");
	ck_assert_uint_eq(received, 7);
	ck_assert_uint_eq(sent, 70);
	ck_assert_ptr_null(totals_child(peer, 2, &received, &sent));
	/* 3 is gone without a last count, 2 is a new one's that has none. */
	totals_begin(peer);
	totals_count(peer, "lan", 2, 1, 70);
	totals_end(peer);
	ck_assert_str_eq(totals_child(peer, 0, &received, &sent), "net");
	ck_assert_uint_eq(received, 1130);
	ck_assert_str_eq(totals_child(peer, 1, &received, &sent), "lan");
	ck_assert_uint_eq(received, 8);
	ck_assert_uint_eq(totals_in(peer), 1138);
	ck_assert_uint_eq(totals_out(peer), 80);
	totals_free(totals);
}
END_TEST

SUITE(totals)
{
	test(a_name_keeps_what_its_children_carried);
	test(children_add_up);
	test(a_child_that_went_stays_counted);
	test(a_counter_that_went_back_is_a_new_one);
	test(each_peer_has_its_own);
	test(the_last_count_is_told_when_the_sas_go);
	test(a_child_with_one_sa_goes_with_it);
	test(rekeys_are_counted);
	test(an_sa_that_moves_is_still_known);
	test(children_nobody_asks_about_leave_only_their_sum);
}

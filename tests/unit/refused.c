/* refused.c - the kernel says no: what was in use stays, and what was not is taken back.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/sides.h"

static const struct ike_wish wish_up = { "to2", NULL };
static const struct ike_wish wish_rekey = { "to2", "net" };

/* The outbound SPI of its one child that is up. */
static uint32_t spi_in_use(const struct side *side)
{
	struct ike_child_status child;
	struct ike_sa_status sa;
	uint32_t spi = 0;
	uint64_t walk = 0;

	while (ike_next_sa(side->ike, &walk, &sa)) {
		for (size_t i = 0; ike_child_at(side->ike, sa.sa, i, &child);
			i++) {
			if (!child.up)
				continue;
			ck_assert_uint_eq(spi, 0);
			spi = child.out.spi;
		}
	}
	return spi;
}

static void refuse(struct side *side, int skip, int times, enum ike_refusal why)
{
	side->refuse_skip = skip;
	side->refuse_left = times;
	side->refuse_why = why;
}

static void nothing_went_down(const struct side *a, const struct side *b)
{
	ck_assert_int_eq(a->child_down, 0);
	ck_assert_int_eq(b->child_down, 0);
	ck_assert_int_eq(a->failed, 0);
	ck_assert_int_eq(b->failed, 0);
}

/* --- An SPI that is there --------------------------------------------------------------- */

/* In either half. */
START_TEST(n45_an_spi_that_is_there_is_another_at_once)
{
	struct side a, b;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	refuse(&a, _i, 3, IKE_REFUSAL_EXISTS);
	ck_assert_int_eq(ike_up(a.ike, at, &wish_up), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.refuse_left, 0);
	ck_assert_int_eq(a.child_up, 1);
	ck_assert_int_eq(a.failed, 0);
	ck_assert_uint_ne(a.in.ref.spi, a.refused_spi);
	pass(&a, &b, 2000, 10000);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(n45_but_not_for_ever)
{
	struct side a, b;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	refuse(&a, 0, 100, IKE_REFUSAL_EXISTS);
	ck_assert_int_eq(ike_up(a.ike, at, &wish_up), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.refuse_left, 96);
	ck_assert_int_eq(a.failed, 1);
	ck_assert_int_eq(a.cause, IKE_CAUSE_KERNEL);
	ck_assert_int_eq(a.adds, a.deletes);
	ck_assert_int_eq(b.adds, b.deletes);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(n45_another_reason_is_a_failure)
{
	struct side a, b;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	refuse(&a, 0, 1, IKE_REFUSAL_OTHER);
	ck_assert_int_eq(ike_up(a.ike, at, &wish_up), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(a.failed, 1);
	ck_assert_int_eq(a.child_up, 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(n45_in_a_rekey_too)
{
	struct side a, b;

	connect_both(&a, &b);
	refuse(&a, _i, 1, IKE_REFUSAL_EXISTS);
	ck_assert_int_eq(ike_rekey(a.ike, at, &wish_rekey), IKE_WISH_STARTED);
	pass(&a, &b, 2000, 20000);
	ck_assert_int_eq(a.refuse_left, 0);
	ck_assert_int_eq(a.rekeyed, 1);
	ck_assert_int_eq(a.rekey_failed, 0);
	nothing_went_down(&a, &b);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* A no that comes late, when the peer was answered: nobody is told that it is up. */
START_TEST(a_late_refusal_is_no_good_news)
{
	struct ike_effect e, add = { .kind = IKE_SEND };
	struct side a, b;
	int up = 0, failed = 0;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	ck_assert_int_eq(ike_up(a.ike, at, &wish_up), IKE_WISH_STARTED);
	(void)drain(&b, &a, 2, 1, at.mono_ms);
	(void)drain(&a, &b, 1, 2, at.mono_ms);
	(void)drain(&b, &a, 2, 1, at.mono_ms);
	(void)drain(&a, &b, 1, 2, at.mono_ms); /* IKE_AUTH is asked */
	while (ike_effect(b.ike, &e)) {
		if (e.kind == IKE_SA_ADD)
			add = e;
		if (e.kind == IKE_SEND && add.kind == IKE_SA_ADD) {
			ike_refused(b.ike, at, &add, IKE_REFUSAL_OTHER,
				"it is a test");
			add.kind = IKE_SEND;
		}
		up += e.kind == IKE_REPORT &&
		      e.report.kind == IKE_REPORT_CHILD_UP;
		failed += e.kind == IKE_REPORT &&
			  e.report.kind == IKE_REPORT_FAILED;
	}
	ck_assert_int_eq(failed, 1);
	ck_assert_int_eq(up, 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* --- In the middle of a rekey --------------------------------------------- */

/* Either half: the old child carries on, and is rekeyed a minute later. */
START_TEST(a_rekey_of_ours_is_rolled_back)
{
	struct side a, b;
	uint32_t before;

	connect_both(&a, &b);
	before = a.out.ref.spi;
	refuse(&a, _i, 1, IKE_REFUSAL_OTHER);
	ck_assert_int_eq(ike_rekey(a.ike, at, &wish_rekey), IKE_WISH_STARTED);
	pass(&a, &b, 2000, 30000);
	ck_assert_int_eq(a.refuse_left, 0);
	ck_assert_int_eq(a.rekey_failed, 1);
	ck_assert_int_eq(a.rekeyed, 0);
	ck_assert_uint_eq(spi_in_use(&a), before);
	ck_assert_int_eq(a.adds - a.deletes, 2);
	ck_assert_int_eq(b.adds - b.deletes, 2);
	nothing_went_down(&a, &b);
	pass(&a, &b, 31000, 90000);
	ck_assert_int_eq(a.rekeyed, 1);
	ck_assert_uint_ne(spi_in_use(&a), before);
	nothing_went_down(&a, &b);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* The responder's answer has not left yet, so it says that it is not so. */
START_TEST(a_rekey_of_the_peers_is_answered_otherwise)
{
	struct side a, b;
	uint32_t before;

	connect_both(&a, &b);
	before = a.out.ref.spi;
	refuse(&b, 0, 1, IKE_REFUSAL_OTHER);
	ck_assert_int_eq(ike_rekey(a.ike, at, &wish_rekey), IKE_WISH_STARTED);
	ike_tick(a.ike, at);
	run(&a, &b, at.mono_ms);
	ck_assert_int_eq(b.refuse_left, 0);
	ck_assert_int_eq(b.rekey_failed, 1);
	ck_assert_int_eq(a.rekeyed + b.rekeyed, 0);
	ck_assert_int_eq(b.adds, 2);
	ck_assert_uint_eq(spi_in_use(&a), before);
	pass(&a, &b, 2000, 20000);
	ck_assert_int_eq(a.rekeyed, 1);
	nothing_went_down(&a, &b);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* The outbound half that was held back: the peer is on the new child by then, so
 * that only a new one helps. */
START_TEST(a_held_back_half_that_is_refused_is_down_and_up_again)
{
	struct side a, b;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	a.peers.peer[0]->keep_trying = true;
	a.peers.peer[0]->children[0].start = IKE_START_NOW;
	ck_assert_int_eq(ike_up(a.ike, at, &wish_up), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	refuse(&b, 1, 1, IKE_REFUSAL_OTHER);
	ck_assert_int_eq(ike_rekey(a.ike, at, &wish_rekey), IKE_WISH_STARTED);
	pass(&a, &b, 2000, 120000);
	ck_assert_int_eq(b.refuse_left, 0);
	assert_one_pair(&a, &b);
	ck_assert_uint_ne(spi_in_use(&a), 0);
	ck_assert_uint_ne(spi_in_use(&b), 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

SUITE(refused)
{
	loop_test(n45_an_spi_that_is_there_is_another_at_once, 2);
	test(n45_but_not_for_ever);
	test(n45_another_reason_is_a_failure);
	test(a_late_refusal_is_no_good_news);
	loop_test(n45_in_a_rekey_too, 2);
	loop_test(a_rekey_of_ours_is_rolled_back, 2);
	test(a_rekey_of_the_peers_is_answered_otherwise);
	test(a_held_back_half_that_is_refused_is_down_and_up_again);
}

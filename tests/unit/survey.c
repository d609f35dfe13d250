/* survey.c - the kernel is asked about each child once, and about few at a time.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/survey.h"

#include "daemon/daemon.h"
#include "daemon/kernel_ops.h"
#include "daemon/totals.h"
#include "tests/suite.h"
#include "tests/unit/sides.h"

#include <errno.h>

enum { CHILDREN = 100 };

/* It has all SAs, of 1,000 octets each, and counts who asks. */
struct counting {
	struct kernel kernel;
	size_t asked;
	bool fails;
};

static int query(struct kernel *kernel, struct ike_sa_ref ref,
	const struct ike_addr *src, struct ike_counters *counters)
{
	struct counting *counting = (struct counting *)kernel;

	(void)ref;
	(void)src;
	counting->asked++;
	*counters = (struct ike_counters){ .bytes = 1000 };
	return counting->fails ? -ESRCH : 0;
}

struct scene {
	struct side a, b;
	struct counting kernel;
	struct daemon daemon;
	struct daemon_options options;
	struct totals *totals;
};

static void scene_open(struct scene *s)
{
	const struct ike_wish up = { "to2", NULL };
	size_t children = 0;

	*s = (struct scene){ .kernel.kernel.query = query,
		.totals = totals_new() };
	ck_assert_ptr_nonnull(s->totals);
	side_open_with(&s->a, 1, 2, "key", CHILDREN);
	side_open_with(&s->b, 2, 1, "key", CHILDREN);
	ck_assert_int_eq((int)ike_up(s->a.ike, at, &up), IKE_WISH_STARTED);
	pass(&s->a, &s->b, 3000, 60000);
	ck_assert_uint_eq(count_sas(&s->a, &children), 1);
	ck_assert_uint_eq(children, CHILDREN);
	s->daemon.options = &s->options;
	s->daemon.ike = s->a.ike;
	s->daemon.kernel = &s->kernel.kernel;
}

static void scene_close(struct scene *s)
{
	totals_free(s->totals);
	side_close(&s->a);
	side_close(&s->b);
}

/* How many steps it takes; none asks for much. */
static size_t steps(struct scene *s, const char *peer)
{
	struct survey survey = { .at = 0 };
	size_t count = 0, before;
	bool over;

	do {
		before = s->kernel.asked;
		over = survey_step(&survey, &s->daemon, s->totals, peer);
		ck_assert_uint_le(s->kernel.asked - before, 128);
		count++;
	} while (!over);
	return count;
}

START_TEST(each_child_is_asked_about_once)
{
	uint64_t in, out;
	struct scene s;

	scene_open(&s);
	ck_assert_uint_gt(steps(&s, NULL), 1);
	ck_assert_uint_eq(s.kernel.asked, 2 * CHILDREN);
	ck_assert_uint_eq(
		totals_in(totals_of(s.totals, "to2")), 1000 * CHILDREN);
	for (size_t i = 0; i < CHILDREN; i++) {
		ck_assert_ptr_nonnull(
			totals_child(totals_of(s.totals, "to2"), i, &in, &out));
		ck_assert_uint_eq(in, 1000);
		ck_assert_uint_eq(out, 1000);
	}
	/* Once more counts nothing twice. */
	steps(&s, "to2");
	ck_assert_uint_eq(
		totals_out(totals_of(s.totals, "to2")), 1000 * CHILDREN);
	scene_close(&s);
}
END_TEST

START_TEST(of_another_peer_nothing_is_asked)
{
	struct scene s;

	scene_open(&s);
	steps(&s, "to3");
	ck_assert_uint_eq(s.kernel.asked, 0);
	s.kernel.fails = true;
	steps(&s, "to2");
	ck_assert_uint_eq(s.kernel.asked, CHILDREN);
	ck_assert_uint_eq(totals_in(totals_of(s.totals, "to2")), 0);
	scene_close(&s);
}
END_TEST

/* Two of them at once, and the SA goes in between: what was counted stays, and
 * once. */
START_TEST(they_do_not_disturb_each_other)
{
	struct survey first = { .at = 0 }, second = { .at = 0 };
	const struct ike_wish wish = { "to2", NULL };
	const struct ike_now later = { 70000, 0 };
	struct scene s;
	uint64_t before;

	scene_open(&s);
	ck_assert(!survey_step(&first, &s.daemon, s.totals, NULL));
	ck_assert(!survey_step(&second, &s.daemon, s.totals, NULL));
	before = totals_in(totals_of(s.totals, "to2"));
	ck_assert_uint_gt(before, 0);
	ck_assert_uint_lt(before, 1000 * CHILDREN);
	ike_down(s.a.ike, later, &wish);
	pass(&s.a, &s.b, later.mono_ms, later.mono_ms + 60000);
	ck_assert(survey_step(&first, &s.daemon, s.totals, NULL));
	ck_assert(survey_step(&second, &s.daemon, s.totals, NULL));
	ck_assert_uint_eq(totals_in(totals_of(s.totals, "to2")), before);
	scene_close(&s);
}
END_TEST

START_TEST(no_kernel_has_nothing_to_tell)
{
	struct daemon_options options = { .kernel = DAEMON_KERNEL_NONE };
	struct counting kernel = { .kernel.query = query };
	struct daemon daemon = { .options = &options,
		.kernel = &kernel.kernel };

	ck_assert(!survey_needed(&daemon));
	options.kernel = DAEMON_KERNEL_XFRM;
	ck_assert(survey_needed(&daemon));
	daemon.kernel = NULL;
	ck_assert(!survey_needed(&daemon));
}
END_TEST

SUITE(survey)
{
	test(each_child_is_asked_about_once);
	test(of_another_peer_nothing_is_asked);
	test(they_do_not_disturb_each_other);
	test(no_kernel_has_nothing_to_tell);
}

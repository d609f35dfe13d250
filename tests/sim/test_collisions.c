/* test_collisions.c - every story of collisions.c, in some of its cases (make collisions: in all).
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"

START_TEST(story_ends_well)
{
	size_t which = (size_t)_i;
	struct collision_sum sum;

	ck_assert_msg(collision_run_all(which, false, &sum),
		"%s: %s (build/release/sim collisions %s %u %u %u %u)",
		collision_name(which), sum.failure, collision_name(which),
		sum.failed.role, sum.failed.order, sum.failed.nth,
		sum.failed.late_ms);
}
END_TEST

static int stories(void)
{
	int count = 0;

	while (collision_name((size_t)count))
		count++;
	return count;
}

SUITE(collisions)
{
	loop_test(story_ends_well, stories());
}

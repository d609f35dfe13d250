/* hostile_ike_rekeys.c - a peer that rekeys the IKE SA over and over, and deletes none (N40).
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/sides.h"

START_TEST(n40_old_ike_sas_do_not_pile_up)
{
	struct side a, b;
	size_t children;

	connect_both(&a, &b);
	a.deletes_nothing = true;
	for (int i = 0; i < 20; i++) {
		(void)ike_rekey_sa(a.ike, at, "to2");
		ike_tick(a.ike, at);
		run(&a, &b, at.mono_ms);
	}
	ck_assert_uint_eq(count_sas(&b, &children), 2);
	ck_assert_uint_eq(children, 1);
	ck_assert_int_eq(b.adds - b.deletes, 2);
	ck_assert_int_eq(b.policies, 1);
	side_close(&a);
	side_close(&b);
}
END_TEST

SUITE(hostile_ike_rekeys)
{
	test(n40_old_ike_sas_do_not_pile_up);
}

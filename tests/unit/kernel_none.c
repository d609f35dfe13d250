/* kernel_none.c - all succeeds, nothing counts, and what is not there is not there.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/kernel.h"

#include "tests/suite.h"

#include <errno.h>

START_TEST(remembers_its_sas)
{
	struct kernel *kernel = kernel_open_none();
	struct ike_counters counters = { 1, 1 };
	char text[KERNEL_TEXT];
	struct ike_effect effect;
	struct ike_addr src = { 4, { 10, 0, 0, 1 } };

	ck_assert_ptr_nonnull(kernel);
	memset(&effect, 0, sizeof(effect));
	effect.kind = IKE_SA_ADD;
	effect.add.ref.dst = src;
	for (uint32_t spi = 256; spi < 356; spi++) {
		effect.add.ref.spi = spi;
		ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
		ck_assert_int_eq(kernel_apply(kernel, &effect, text), -EEXIST);
	}
	/* The same SPI to another destination is another SA. */
	effect.add.ref.dst.octets[3] = 2;
	ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
	ck_assert_int_eq(
		kernel_query(kernel, effect.add.ref, &src, &counters), 0);
	ck_assert_uint_eq(counters.packets, 0);

	effect.kind = IKE_SA_DELETE;
	effect.del.ref.dst = src;
	effect.del.ref.spi = 300;
	ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
	ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
	ck_assert_int_eq(
		kernel_query(kernel, effect.del.ref, &src, &counters), -ESRCH);
	kernel_close(kernel);
}
END_TEST

START_TEST(an_sa_moves)
{
	struct kernel *kernel = kernel_open_none();
	struct ike_addr src = { 4, { 10, 0, 0, 1 } };
	struct ike_sa_ref ref = { .dst = { 4, { 10, 0, 0, 2 } }, .spi = 256 };
	struct ike_counters counters;
	struct ike_effect effect;
	char text[KERNEL_TEXT];

	ck_assert_ptr_nonnull(kernel);
	memset(&effect, 0, sizeof(effect));
	effect.kind = IKE_SA_ADD;
	effect.add.ref = ref;
	ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
	memset(&effect, 0, sizeof(effect));
	effect.kind = IKE_SA_MOVE;
	effect.move.ref = ref;
	effect.move.new_dst = (struct ike_addr){ 4, { 10, 0, 0, 3 } };
	ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
	ck_assert_int_eq(kernel_query(kernel, ref, &src, &counters), -ESRCH);
	ck_assert_int_eq(kernel_apply(kernel, &effect, text), -ESRCH);
	ref.dst = effect.move.new_dst;
	ck_assert_int_eq(kernel_query(kernel, ref, &src, &counters), 0);
	kernel_close(kernel);
}
END_TEST

SUITE(kernel_none)
{
	test(an_sa_moves);
	test(remembers_its_sas);
}

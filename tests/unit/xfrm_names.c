/* xfrm_names.c - every transform that ESP may use has a kernel name that fits.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm_names.h"

#include "tests/suite.h"

#include <linux/xfrm.h>

START_TEST(every_esp_transform_has_a_name)
{
	const struct transform *row;
	int named = 0;

	for (size_t i = 0; (row = transform_at(i)); i++) {
		const char *name = xfrm_name(row);
		bool esp = row->type == TRANSFORM_ENCR ||
			   row->type == TRANSFORM_INTEG;

		ck_assert_msg(!!name == esp, "%s", row->name);
		if (!name)
			continue;
		named++;
		ck_assert_uint_lt(strlen(name),
			sizeof(((struct xfrm_algo *)NULL)->alg_name));
	}
	ck_assert_int_ge(named, 7);
}
END_TEST

START_TEST(names_are_the_kernels)
{
	ck_assert_str_eq(
		xfrm_name(transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256)),
		"rfc4106(gcm(aes))");
	ck_assert_str_eq(
		xfrm_name(transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 128)),
		"cbc(aes)");
	ck_assert_str_eq(xfrm_name(transform_find(
				 TRANSFORM_INTEG, AUTH_HMAC_SHA2_384_192, 0)),
		"hmac(sha384)");
}
END_TEST

SUITE(xfrm_names)
{
	test(every_esp_transform_has_a_name);
	test(names_are_the_kernels);
}

/* names.c - tests of ikev2/wire/names.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "ikev2/iana.h"
#include "ikev2/wire/names.h"

START_TEST(numbers_have_the_names_of_the_rfc)
{
	ck_assert_str_eq(exchange_name(IKE_SA_INIT), "IKE_SA_INIT");
	ck_assert_str_eq(exchange_name(INFORMATIONAL), "INFORMATIONAL");
	ck_assert_str_eq(payload_name(PAYLOAD_TSI), "TSi");
	ck_assert_str_eq(payload_name(PAYLOAD_SKF), "SKF");
	ck_assert_str_eq(notify_name(NO_PROPOSAL_CHOSEN), "NO_PROPOSAL_CHOSEN");
	ck_assert_str_eq(notify_name(COOKIE), "COOKIE");
	ck_assert_str_eq(protocol_name(PROTOCOL_ESP), "ESP");
	ck_assert_str_eq(auth_method_name(AUTH_SHARED_KEY), "shared key");
}
END_TEST

START_TEST(other_numbers_have_none)
{
	ck_assert_ptr_null(exchange_name(33));
	ck_assert_ptr_null(payload_name(0));
	ck_assert_ptr_null(payload_name(1));
	ck_assert_ptr_null(payload_name(255));
	ck_assert_ptr_null(notify_name(0));
	ck_assert_ptr_null(notify_name(65535));
	ck_assert_ptr_null(protocol_name(4));
	ck_assert_ptr_null(auth_method_name(0));
}
END_TEST

SUITE(names)
{
	test(numbers_have_the_names_of_the_rfc);
	test(other_numbers_have_none);
}

/* names.c - tests of ikev2/wire/names.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "ikev2/iana.h"
#include "ikev2/wire/names.h"

#include <stdio.h>

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

/* How many of all numbers have a name, and none but those of its table. */
static unsigned named(const char *(*name)(uint8_t), char names[256])
{
	unsigned count = 0;

	*names = '\0';
	for (unsigned n = 0; n < 256; n++) {
		const char *text = name((uint8_t)n);
		const size_t len = strlen(names);

		if (!text)
			continue;
		snprintf(names + len, 256 - len, "%s%u %s", count ? ", " : "",
			n, text);
		count++;
	}
	return count;
}

START_TEST(every_number_is_tried)
{
	unsigned notifies = 0;
	char names[256];

	ck_assert_uint_eq(named(exchange_name, names), 7);
	ck_assert_str_eq(names,
		"34 IKE_SA_INIT, 35 IKE_AUTH, 36 CREATE_CHILD_SA, "
		"37 INFORMATIONAL, 38 IKE_SESSION_RESUME, "
		"43 IKE_INTERMEDIATE, 44 IKE_FOLLOWUP_KE");
	ck_assert_uint_eq(named(payload_name, names), 17);
	ck_assert_str_eq(names,
		"33 SA, 34 KE, 35 IDi, 36 IDr, 37 CERT, 38 CERTREQ, 39 AUTH, "
		"40 Nonce, 41 N, 42 D, 43 V, 44 TSi, 45 TSr, 46 SK, 47 CP, "
		"48 EAP, 53 SKF");
	ck_assert_uint_eq(named(protocol_name, names), 3);
	ck_assert_str_eq(names, "1 IKE, 2 AH, 3 ESP");
	ck_assert_uint_eq(named(auth_method_name, names), 6);
	ck_assert_str_eq(names,
		"1 RSA digital signature, 2 shared key, 9 ECDSA with P-256, "
		"10 ECDSA with P-384, 11 ECDSA with P-521, "
		"14 digital signature");
	for (unsigned n = 0; n <= UINT16_MAX; n++)
		notifies += notify_name((uint16_t)n) != NULL;
	ck_assert_uint_eq(notifies, 43);
}
END_TEST

SUITE(names)
{
	test(numbers_have_the_names_of_the_rfc);
	test(other_numbers_have_none);
	test(every_number_is_tried);
}

/* ms_status.c - tests of ikev2/ms_status.c: the notify of Windows, of any length, and what comes of it.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/ms_status.h"

#include "ikev2/explain.h"
#include "tests/unit/hostile.h"

static uint32_t read_from(struct bytes data)
{
	struct message in = { .notifies = 1,
		.notify = { { .type = MS_STATUS, .data = data } } };

	return ms_status_read(&in);
}

START_TEST(only_four_octets_are_a_code)
{
	static const uint8_t zeros[5000];
	const struct message none = { .notifies = 0 };

	ck_assert_uint_eq(read_from(hex("000035e9")), 13801);
	ck_assert_uint_eq(read_from(hex("ffffffff")), UINT32_MAX);
	ck_assert_uint_eq(read_from(hex("")), 0);
	ck_assert_uint_eq(read_from(hex("0035e9")), 0);
	ck_assert_uint_eq(read_from(hex("000035e900")), 0);
	ck_assert_uint_eq(read_from(bytes_of(zeros, sizeof(zeros))), 0);
	ck_assert_uint_eq(ms_status_read(&none), 0);
}
END_TEST

START_TEST(each_code_once_in_words_that_fit)
{
	char text[MS_STATUS_SIZE];
	uint32_t found = 0;

	for (uint32_t code = 1; code < 20000; code++) {
		const struct ms_status *row = ms_status_find(code);

		ms_status_text(code, text);
		ck_assert_uint_lt(strlen(text), MS_STATUS_SIZE - 1);
		if (!row)
			continue;
		found++;
		ck_assert_int_eq(strncmp(row->name, "ERROR_", 6), 0);
		ck_assert(strstr(text, row->words) != NULL);
		ck_assert(!row->look || strlen(row->look) < EXPLAIN_TEXT_SIZE);
	}
	ck_assert_uint_eq(found, 33);
	ck_assert_str_eq(ms_status_text(13801, text),
		"13801 (ERROR_IPSEC_IKE_AUTH_FAIL): it does not accept our "
		"proof of who we are");
	ck_assert_str_eq(ms_status_text(4294967295u, text), "4294967295");
}
END_TEST

/* As initiator: whatever its data, an error without AUTH is the end. */
START_TEST(n27_ike_auth_refused_with_ms_status)
{
	static const uint8_t octets[1800] = { 0, 0, 0x35, 0xe9 };
	static const size_t lengths[] = { 0, 3, 4, 5, sizeof(octets) };

	core_open(&plain);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		core_dial();
		bent_responds_keys();
		parts.count = 0;
		parts_notify(&parts, MS_STATUS, bytes_of(octets, lengths[i]));
		bent_answer(IKE_AUTH, &parts);
		ck_assert_int_eq(core.failed, (int)i + 1);
		ck_assert_int_eq(core.cause, IKE_CAUSE_REJECTED_US);
		ck_assert_uint_eq(
			core.explained.ms_status, lengths[i] == 4 ? 13801 : 0);
		ck_assert_int_eq(strncmp(core.explained.look,
					 "our certificate must", 20) == 0,
			lengths[i] == 4);
		core_advance(400000);
		core_is_clean();
	}
	core_recovers(false);
}
END_TEST

SUITE(ms_status)
{
	test(only_four_octets_are_a_code);
	test(each_code_once_in_words_that_fit);
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n27_ike_auth_refused_with_ms_status);
}

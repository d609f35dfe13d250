/* der.c - tests of ikev2/crypto/der.c.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/der.h"

#include "tests/hex.h"
#include "tests/suite.h"

START_TEST(only_the_one_encoding_passes)
{
	static const struct {
		const char *what, *octets;
		bool right;
	} rows[] = {
		{ "an integer", "020105", true },
		{ "an empty sequence", "3000", true },
		{ "a boolean", "0101ff", true },
		{ "another one", "010100", true },
		{ "in each other", "3007 3005 a003 020102", true },
		{ "a set in context", "3105 8101aa 0500", true },
		{ "nothing", "", false },
		{ "no length", "02", false },
		{ "cut", "020200", false },
		{ "more behind it", "02010500", false },
		{ "more inside than fits", "3003020205", false },
		{ "an indefinite length", "30800000", false },
		{ "a length that is longer than it has to be", "02810105",
			false },
		{ "a length with zeros", "0482000100", false },
		{ "a length past everything", "0484ffffffff00", false },
		{ "a length of lengths", "04ff00", false },
		{ "a string in parts", "2403040161", false },
		{ "a sequence that is none", "1000", false },
		{ "TRUE as 1", "010101", false },
		{ "a tag in two octets", "1f2a00", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(der_is_one(hex(rows[i].octets)) == rows[i].right,
			"%s", rows[i].what);
}
END_TEST

/* 200 sequences, each the only thing in the one around it. */
START_TEST(depth_has_an_end)
{
	uint8_t nest[1024];
	size_t at = sizeof(nest), len = 0;

	for (int depth = 0; depth < 200; depth++) {
		if (len < 0x80) {
			nest[--at] = (uint8_t)len;
		} else {
			nest[--at] = (uint8_t)len;
			nest[--at] = len < 0x100 ? 0x81 : (uint8_t)(len >> 8);
			if (len >= 0x100)
				nest[--at] = 0x82;
		}
		nest[--at] = 0x30;
		len = sizeof(nest) - at;
		ck_assert_int_eq(
			der_is_one(bytes_of(nest + at, len)), depth < 24);
	}
}
END_TEST

START_TEST(lengths_of_two_and_three_octets)
{
	static uint8_t text[70000] = { 0x04, 0x82, 0x01, 0x00 };

	ck_assert(der_is_one(bytes_of(text, 4 + 256)));
	ck_assert(!der_is_one(bytes_of(text, 4 + 255)));
	memcpy(text, "\x04\x81\x80", 3);
	ck_assert(der_is_one(bytes_of(text, 3 + 128)));
	memcpy(text, "\x04\x83\x01\x00\x00", 5);
	ck_assert(der_is_one(bytes_of(text, 5 + 65536)));
	memcpy(text, "\x04\x84\x00\x01\x00\x00", 6);
	ck_assert(!der_is_one(bytes_of(text, 6 + 65536)));
}
END_TEST

SUITE(der)
{
	test(only_the_one_encoding_passes);
	test(depth_has_an_end);
	test(lengths_of_two_and_three_octets);
}

/* errors.c - collecting errors, and what somebody may have meant.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/errors.h"

#include <stdio.h>
#include <stdlib.h>

static const char *nearest(const char *written)
{
	static const char *const names[] = { "remote_ts", "remote", "local_ts",
		"esp", "ike", "dpd_delay", "retransmit", "no" };
	struct nearest near = nearest_to(written);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		nearest_try(&near, names[i]);
	return near.name ? near.name : "";
}

START_TEST(finds_what_was_meant)
{
	ck_assert_str_eq(nearest("remtoe"), "remote");
	ck_assert_str_eq(nearest("dpd_dealy"), "dpd_delay");
	ck_assert_str_eq(nearest("dpddelay"), "dpd_delay");
	ck_assert_str_eq(nearest("esb"), "esp");
	ck_assert_str_eq(nearest("retransmits"), "retransmit");
	ck_assert_str_eq(nearest("remotets"), "remote_ts");
	ck_assert_str_eq(nearest("unlike anything"), "");
	ck_assert_str_eq(nearest("x"), "");
	ck_assert_str_eq(nearest(""), "");
	ck_assert_str_eq(
		nearest("a very long key that is longer than any key we have"),
		"");
}
END_TEST

/* A default that many peers share is one error. */
START_TEST(the_same_error_counts_once)
{
	char name[] = "f", text[] = "a: b\n";
	struct source source = { name, text, 5 };
	struct config_errors errors = { 0 };
	struct place at = { &source, 1, 4, 1 };

	for (int i = 0; i < 3; i++)
		complain(&errors, at, NULL, "wrong");
	complain(&errors, at, NULL, "wrong, too");
	complain_as(&errors, CONFIG_WARNING, at, "hint", "strange");
	complain_as(&errors, CONFIG_LEFT_OUT, at, "", "missing");
	ck_assert_uint_eq(errors.count, 4);
	ck_assert_uint_eq(errors.errors, 2);
	ck_assert_uint_eq(errors.warnings, 1);
	ck_assert_uint_eq(errors.left_out, 1);
	ck_assert_ptr_null(errors.list[3].hint);
	config_errors_clear(&errors);
	ck_assert_uint_eq(errors.count, 0);
}
END_TEST

START_TEST(nothing_reaches_the_terminal_unescaped)
{
	char name[] = "f\x1b", text[] = "\x1b[2J \x7f \xc2\x9b \xff\n";
	struct source source = { name, text, sizeof(text) - 1 };
	struct config_errors errors = { 0 };
	char *shown;
	size_t len;
	FILE *out = open_memstream(&shown, &len);

	complain(&errors, (struct place){ &source, 1, 1, 4 }, "\x1b",
		"a\nb\xc2\x9b\xff\xc3\xa4");
	config_errors_print(&errors, out);
	fclose(out);
	ck_assert_str_eq(shown,
		"f\\x1b:1:1: error: a\\x0ab\\xc2\\x9b\\xff\xc3\xa4\n"
		"  1 |  [2J     ?\n"
		"    | ^~~~  \\x1b\n");
	free(shown);
	config_errors_clear(&errors);
}
END_TEST

START_TEST(long_lines_are_cut)
{
	char name[] = "f", text[1000];
	struct source source = { name, text, sizeof(text) - 1 };
	struct config_errors errors = { 0 };

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	/* A character of two octets across the cut. */
	text[159] = '\xc3';
	text[160] = '\xa4';
	complain(&errors, (struct place){ &source, 1, 1, 900 }, NULL, "long");
	ck_assert_uint_eq(strlen(errors.list[0].source), 159);
	config_errors_clear(&errors);
}
END_TEST

SUITE(errors)
{
	test(finds_what_was_meant);
	test(the_same_error_counts_once);
	test(nothing_reaches_the_terminal_unescaped);
	test(long_lines_are_cut);
}

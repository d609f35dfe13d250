/* hex.h - octets written as text in a test.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include "ikev2/bytes.h"

#include <check.h>
#include <stdio.h>

#ifndef HEX_SIZE /* octets; a file may want longer ones */
#define HEX_SIZE 2048
#endif

enum { HEX_SLOTS = 32 };

static inline int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at && c != ' ' ? (int)(at - digits) : -1;
}

/* The octets of text, blanks between them left out; they last until HEX_SLOTS
 * further calls from the same file. */
__attribute__((unused)) static struct bytes hex(const char *text)
{
	static uint8_t slots[HEX_SLOTS][HEX_SIZE];
	static unsigned next;
	uint8_t *out = slots[next++ % HEX_SLOTS];
	size_t len = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		ck_assert_msg(hex_digit(text[0]) >= 0 &&
				      hex_digit(text[1]) >= 0 && len < HEX_SIZE,
			"bad hex at '%.20s'", text);
		out[len++] =
			(uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
	}
	return bytes_of(out, len);
}

/* Fails with both in hex, and what they are of. */
__attribute__((unused)) static void assert_bytes(
	const char *what, struct bytes got, struct bytes expected)
{
	char text[2][129];
	struct bytes both[2] = { got, expected };

	if (bytes_equal(got, expected))
		return;
	for (int i = 0; i < 2; i++) {
		text[i][0] = '\0';
		for (size_t at = 0; at < both[i].len && at < 64; at++)
			snprintf(text[i] + 2 * at, 3, "%02x", both[i].at[at]);
	}
	ck_abort_msg("%s: got %zu octets %s.., expected %zu octets %s..", what,
		got.len, text[0], expected.len, text[1]);
}

#endif

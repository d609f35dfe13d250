/* payload_nonce.c - tests of ikev2/wire/payload_nonce.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

#define SIXTEEN "000102030405060708090a0b0c0d0e0f"

static void build(struct chain *c)
{
	write_nonce(c, hex(SIXTEEN));
}

START_TEST(reads_what_it_writes)
{
	struct built b = writes(build, PAYLOAD_NONCE, hex("00000014" SIXTEEN));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	assert_bytes("nonce", m.nonce, hex(SIXTEEN));
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build);
	writes_all_or_is_bad(build);
}
END_TEST

/* N13: 16 to 256 octets (RFC 7296 section 2.10). */
START_TEST(n13_length)
{
	static const uint8_t zeros[65000];
	static const struct {
		size_t len;
		enum ike_error err;
	} rows[] = {
		{ 0, INVALID_SYNTAX },
		{ 15, INVALID_SYNTAX },
		{ 16, IKE_OK },
		{ 256, IKE_OK },
		{ 257, INVALID_SYNTAX },
		{ 65000, INVALID_SYNTAX },
	};
	struct message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
			read_body(&m, PAYLOAD_NONCE,
				bytes_of(zeros, rows[i].len)) == rows[i].err,
			"%zu octets", rows[i].len);
	refuses_every_body_below(build, 16);
}
END_TEST

SUITE(payload_nonce)
{
	test(reads_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(n13_length);
}

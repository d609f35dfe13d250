/* payload_auth.c - tests of ikev2/wire/payload_auth.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

static void build(struct chain *c)
{
	write_auth(c, AUTH_SHARED_KEY, hex("aabbccdd"));
}

START_TEST(reads_what_it_writes)
{
	struct built b =
		writes(build, PAYLOAD_AUTH, hex("0000000c 02000000 aabbccdd"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.auth.method, AUTH_SHARED_KEY);
	assert_bytes("data", m.auth.data, hex("aabbccdd"));
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build);
	refuses_every_body_below(build, 4);
	writes_all_or_is_bad(build);
}
END_TEST

/* N24: AUTH without data is read, and then fails to authenticate. */
START_TEST(n24_empty_is_read)
{
	struct message m;

	ck_assert_int_eq(read_body(&m, PAYLOAD_AUTH, hex("02000000")), IKE_OK);
	ck_assert_uint_eq(m.auth.data.len, 0);
}
END_TEST

SUITE(payload_auth)
{
	test(reads_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(n24_empty_is_read);
}

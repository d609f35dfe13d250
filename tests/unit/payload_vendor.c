/* payload_vendor.c - tests of ikev2/wire/payload_vendor.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

static void build(struct chain *c)
{
	write_vendor(c, hex("0102"));
	write_vendor(c, hex(""));
}

START_TEST(is_written_and_noticed)
{
	struct built b =
		writes(build, PAYLOAD_VENDOR, hex("2b000006 0102 00000004"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert(has_payload(&m, PAYLOAD_VENDOR));
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build);
	writes_all_or_is_bad(build);
}
END_TEST

SUITE(payload_vendor)
{
	test(is_written_and_noticed);
	test(is_refused_cut_and_is_bad_without_room);
}

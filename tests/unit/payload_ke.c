/* payload_ke.c - tests of ikev2/wire/payload_ke.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

static void build(struct chain *c)
{
	write_ke(c, KE_CURVE25519, hex("0102030405"));
}

START_TEST(reads_what_it_writes)
{
	struct built b =
		writes(build, PAYLOAD_KE, hex("0000000d 001f0000 0102030405"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert(has_payload(&m, PAYLOAD_KE));
	ck_assert_uint_eq(m.ke.group, KE_CURVE25519);
	assert_bytes("public", m.ke.public, hex("0102030405"));
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build);
	writes_all_or_is_bad(build);
}
END_TEST

/* N11: group 0 and 65535 are read, as negotiation refuses them; no octet of
 * Key Exchange Data is no key exchange. */
START_TEST(n11_no_key_exchange_data)
{
	struct message m;

	refuses_every_body_below(build, 5);
	ck_assert_int_eq(read_body(&m, PAYLOAD_KE, hex("ffffffff 01")), IKE_OK);
	ck_assert_uint_eq(m.ke.group, 65535);
}
END_TEST

SUITE(payload_ke)
{
	test(reads_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(n11_no_key_exchange_data);
}

/* payload_id.c - tests of ikev2/wire/payload_id.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

static void build(struct chain *c)
{
	write_id(c, PAYLOAD_IDI, ID_FQDN, bytes_of("east", 4));
}

static void build_both(struct chain *c)
{
	build(c);
	write_id(c, PAYLOAD_IDR, ID_KEY_ID, bytes_of("w", 1));
}

START_TEST(reads_what_it_writes)
{
	struct built b = writes(build_both, PAYLOAD_IDI,
		hex("2400000c 02000000 65617374 00000009 0b000000 77"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.idi.type, ID_FQDN);
	assert_bytes("IDi", m.idi.data, hex("65617374"));
	ck_assert_uint_eq(m.idr.type, ID_KEY_ID);
	assert_bytes("IDr", m.idr.data, hex("77"));
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build_both);
	refuses_every_body_below(build, 4);
	writes_all_or_is_bad(build_both);
}
END_TEST

/* RFC 7296 section 2.15: AUTH covers RESERVED as it was sent. */
START_TEST(keeps_reserved_octets_in_the_body)
{
	struct built b = built_body(PAYLOAD_IDR, hex("02 aabbcc 6162"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	assert_bytes("body", m.idr.body, hex("02 aabbcc 6162"));
	assert_bytes("data", m.idr.data, hex("6162"));
	free(b.at);
}
END_TEST

/* N27: an identity without data, or of no known type, is read; it matches
 * nobody (identity.c). */
START_TEST(n27_empty_and_unknown_are_read)
{
	struct message m;

	ck_assert_int_eq(read_body(&m, PAYLOAD_IDI, hex("02000000")), IKE_OK);
	ck_assert_uint_eq(m.idi.data.len, 0);
	ck_assert_int_eq(
		read_body(&m, PAYLOAD_IDI, hex("ff000000 00")), IKE_OK);
	ck_assert_uint_eq(m.idi.type, 255);
}
END_TEST

SUITE(payload_id)
{
	test(reads_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(keeps_reserved_octets_in_the_body);
	test(n27_empty_and_unknown_are_read);
}

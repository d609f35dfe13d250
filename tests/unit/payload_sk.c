/* payload_sk.c - tests of ikev2/wire/payload_sk.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

/* Next Payload of SK is the first type inside, so nothing follows it. */
static struct built built_sk(uint8_t type, uint8_t first, struct bytes body)
{
	struct built all = built_body(type, body);

	all.at[1] = first;
	return all;
}

START_TEST(says_what_is_inside_and_where)
{
	struct built b = built_sk(PAYLOAD_SK, PAYLOAD_IDI, hex("0102030405"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert(has_payload(&m, PAYLOAD_SK));
	ck_assert_uint_eq(m.sk.first, PAYLOAD_IDI);
	ck_assert_uint_eq(m.sk.body_at, 28 + 4);
	ck_assert_uint_eq(m.sk.fragment | m.sk.total, 0);
	assert_bytes("body", m.sk.body, hex("0102030405"));
	free(b.at);
}
END_TEST

START_TEST(fragment_is_read_with_its_numbers)
{
	struct built b =
		built_sk(PAYLOAD_SKF, PAYLOAD_IDI, hex("00010003 aabb"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert(has_payload(&m, PAYLOAD_SKF));
	ck_assert_uint_eq(m.sk.first, PAYLOAD_IDI);
	ck_assert_uint_eq(m.sk.body_at, 28 + 4 + 4);
	ck_assert_uint_eq(m.sk.fragment, 1);
	ck_assert_uint_eq(m.sk.total, 3);
	assert_bytes("body", m.sk.body, hex("aabb"));
	free(b.at);
}
END_TEST

/* RFC 7383 section 2.5: fragment 1 of 3 names the first payload inside. */
START_TEST(fragment_is_written_as_it_is_read)
{
	uint8_t buffer[64];
	struct writer w = writer_of(buffer, sizeof(buffer));
	struct chain c = { &w, 0 };
	size_t begun;

	write_u8(&w, 0);
	begun = skf_begin(&c, PAYLOAD_IDI, 1, 3);
	write_bytes(&w, hex("aabb"));
	payload_end(&c, begun);
	assert_bytes("SKF", written(&w), hex("35 2300000a 00010003 aabb"));
}
END_TEST

/* RFC 7383 section 2.6; N34. */
START_TEST(n34_fragment_numbers_must_make_sense)
{
	static const char *const bodies[] = { "", "00", "000100", "00000000",
		"00000001", "00020001 aa", "ffff0001 aa", "00010000 aa" };
	struct message m;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		ck_assert_msg(read_body(&m, PAYLOAD_SKF, hex(bodies[i])) ==
				      INVALID_SYNTAX,
			"%s", bodies[i]);
	ck_assert_int_eq(
		read_body(&m, PAYLOAD_SKF, hex("ffffffff aa")), IKE_OK);
}
END_TEST

/* N21: octets after SK, whatever they are. */
START_TEST(n21_sk_is_the_last)
{
	struct message m;
	struct built b = built_of(
		PAYLOAD_SK, hex("29000008 01020304 00000008 00004000"));

	ck_assert_int_eq(read_built(&m, &b), INVALID_SYNTAX);
	free(b.at);
	b = built_of(PAYLOAD_SK, hex("00000008 01020304 00"));
	ck_assert_int_eq(read_built(&m, &b), INVALID_SYNTAX);
	free(b.at);
}
END_TEST

/* N21: payloads in clear before SK are read; who reads the outer chain asks
 * for nothing but SK of it. */
START_TEST(n21_clear_payloads_beside_it)
{
	struct built b = built_of(
		PAYLOAD_NOTIFY, hex("2e000008 00004000 23000008 01020304"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.sk.body_at, 28 + 8 + 4);
	ck_assert_uint_eq(m.sk.first, PAYLOAD_IDI);
	free(b.at);
}
END_TEST

SUITE(payload_sk)
{
	test(says_what_is_inside_and_where);
	test(fragment_is_read_with_its_numbers);
	test(fragment_is_written_as_it_is_read);
	test(n34_fragment_numbers_must_make_sense);
	test(n21_sk_is_the_last);
	test(n21_clear_payloads_beside_it);
}

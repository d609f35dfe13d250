/* payload_delete.c - tests of ikev2/wire/payload_delete.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

static void build(struct chain *c)
{
	write_delete(c, PROTOCOL_ESP, 4, 2, hex("c0ffee01 c0ffee02"));
}

static void build_ike(struct chain *c)
{
	write_delete(c, PROTOCOL_IKE, 0, 0, hex(""));
}

START_TEST(reads_what_it_writes)
{
	struct built b = writes(build, PAYLOAD_DELETE,
		hex("00000010 03040002 c0ffee01 c0ffee02"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.deletes, 1);
	ck_assert_uint_eq(m.delete[0].protocol, PROTOCOL_ESP);
	ck_assert_uint_eq(m.delete[0].spi_size, 4);
	ck_assert_uint_eq(m.delete[0].count, 2);
	assert_bytes("spis", m.delete[0].spis, hex("c0ffee01 c0ffee02"));
	free(b.at);
	b = writes(build_ike, PAYLOAD_DELETE, hex("00000008 01000000"));
	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.delete[0].protocol, PROTOCOL_IKE);
	ck_assert_uint_eq(m.delete[0].spis.len, 0);
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build);
	refuses_every_shorter_body(build);
	writes_all_or_is_bad(build);
}
END_TEST

START_TEST(count_must_be_true)
{
	static const char *const bodies[] = { "03040002 c0ffee01",
		"03040000 c0ffee01", "03040001 c0ffee0102", "03ffffff 00",
		"01000000 00" };
	struct message m;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		ck_assert_msg(read_body(&m, PAYLOAD_DELETE, hex(bodies[i])) ==
				      INVALID_SYNTAX,
			"%s", bodies[i]);
}
END_TEST

static void build_lie(struct chain *c)
{
	write_delete(c, PROTOCOL_ESP, 4, 2, hex("c0ffee01"));
}

START_TEST(does_not_write_a_lie)
{
	uint8_t buffer[64];
	struct built room = { buffer, sizeof(buffer) };

	ck_assert(build_in(&room, build_lie).bad);
}
END_TEST

static int deletes;

static void build_many(struct chain *c)
{
	for (int i = 0; i < deletes; i++)
		build(c);
}

START_TEST(keeps_so_many_and_refuses_more)
{
	struct message m;

	for (deletes = 1; deletes <= MAX_DELETES + 1; deletes++) {
		struct built b = build_of(build_many);

		ck_assert_int_eq(read_built(&m, &b),
			deletes <= MAX_DELETES ? IKE_OK : INVALID_SYNTAX);
		free(b.at);
	}
}
END_TEST

SUITE(payload_delete)
{
	test(reads_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(count_must_be_true);
	test(does_not_write_a_lie);
	test(keeps_so_many_and_refuses_more);
}

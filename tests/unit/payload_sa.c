/* payload_sa.c - tests of ikev2/wire/payload_sa.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

/* Transforms, the last one and one that is not. */
#define GCM256       "0000000c 01000014 800e0100"
#define GCM256_MORE  "0300000c 01000014 800e0100"
#define X25519       "00000008 0400001f"
#define PRF256_MORE  "03000008 02000005"
#define FIRST_BODY   "01030402 c0ffee01" GCM256_MORE X25519
#define SECOND_BODY  "02030401 c0ffee01" GCM256
#define ONE_PROPOSAL "00000020" FIRST_BODY

static void build(struct chain *c)
{
	struct sa_out sa;

	sa_begin(&sa, c);
	proposal_begin(&sa, 1, PROTOCOL_ESP, hex("c0ffee01"));
	write_transform(&sa, TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	write_transform(&sa, TRANSFORM_KE, KE_CURVE25519, 0);
	proposal_end(&sa);
	proposal_begin(&sa, 2, PROTOCOL_ESP, hex("c0ffee01"));
	write_transform(&sa, TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	proposal_end(&sa);
	sa_end(&sa);
}

START_TEST(writes_last_and_more_counts_and_lengths)
{
	struct built b = writes(build, PAYLOAD_SA,
		hex("0000003c"
		    "02000020" FIRST_BODY "00000018" SECOND_BODY));

	free(b.at);
}
END_TEST

START_TEST(walks_what_it_writes)
{
	struct built b = build_of(build);
	struct wire_transform t;
	struct reader proposals, transforms;
	struct proposal p;
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	proposals = reader_of(m.sa.proposals);
	ck_assert(next_proposal(&proposals, &p));
	ck_assert_uint_eq(p.number, 1);
	ck_assert_uint_eq(p.protocol, PROTOCOL_ESP);
	ck_assert_uint_eq(p.transform_count, 2);
	assert_bytes("spi", p.spi, hex("c0ffee01"));
	transforms = reader_of(p.transforms);
	ck_assert(next_transform(&transforms, &t));
	ck_assert_uint_eq(t.type, TRANSFORM_ENCR);
	ck_assert_uint_eq(t.id, ENCR_AES_GCM_16);
	ck_assert_uint_eq(t.key_bits, 256);
	ck_assert(!t.unknown_attribute);
	ck_assert(next_transform(&transforms, &t));
	ck_assert_uint_eq(t.type, TRANSFORM_KE);
	ck_assert_uint_eq(t.id, KE_CURVE25519);
	ck_assert_uint_eq(t.key_bits, 0);
	ck_assert(!next_transform(&transforms, &t));
	ck_assert(next_proposal(&proposals, &p));
	ck_assert_uint_eq(p.number, 2);
	ck_assert(!next_proposal(&proposals, &p));
	ck_assert(!proposals.bad && !transforms.bad);
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

static enum ike_error reads(const char *body)
{
	struct message m;

	return read_body(&m, PAYLOAD_SA, hex(body));
}

/* N09: what is wrong with an SA payload by its structure. */
START_TEST(n09_structure)
{
	static const struct {
		const char *what, *body;
	} rows[] = {
		{ "no proposal", "" },
		{ "more proposals, but none", "02000020" FIRST_BODY },
		{ "last proposal, but one more",
			"00000020" FIRST_BODY "00000018" SECOND_BODY },
		{ "Last of no meaning", "01000020" FIRST_BODY },
		{ "proposal length 0", "00000000" FIRST_BODY },
		{ "proposal length 7", "00000007 010304" },
		{ "proposal length too long", "00000021" FIRST_BODY },
		{ "proposal length too short", "0000001f" FIRST_BODY },
		{ "octets after the proposals", ONE_PROPOSAL "00" },
		{ "one transform less",
			"00000020 01030403 c0ffee01" GCM256_MORE X25519 },
		{ "one transform more",
			"00000020 01030401 c0ffee01" GCM256_MORE X25519 },
		{ "transforms, but count 0",
			"00000018 01030400 c0ffee01" GCM256 },
		{ "SPI past the end", "00000018 0103ff01 c0ffee01" GCM256 },
		{ "SPI size 1", "00000018 01030101 c0ffee01" GCM256 },
		{ "SPI size 0", "00000018 01030001 c0ffee01" GCM256 },
		{ "more transforms, but none",
			"00000018 01030401 c0ffee01" GCM256_MORE },
		{ "last transform, but one more",
			"00000020 01030402 c0ffee01" GCM256 X25519 },
		{ "transform length 0",
			"00000014 01030401 c0ffee01 00000000 0400001f" },
		{ "transform length 7",
			"00000013 01030401 c0ffee01 00000007 040000" },
		{ "transform length too long",
			"00000014 01030401 c0ffee01 00000009 0400001f" },
		{ "attribute cut",
			"00000016 01030401 c0ffee01 0000000a 01000014 800e" },
		{ "attribute value past the end",
			"00000018 01030401 c0ffee01"
			"0000000c 01000014 000e0002" },
	};

	ck_assert_int_eq(reads(ONE_PROPOSAL), IKE_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(reads(rows[i].body) == INVALID_SYNTAX, "%s",
			rows[i].what);
}
END_TEST

/* N09: numbers begin with 1 and grow by 1; an answer is a single proposal with
 * the number of the one that was chosen. */
START_TEST(n09_proposal_numbers)
{
	static const struct {
		uint8_t count, numbers[3];
		enum ike_error err;
	} rows[] = {
		{ 1, { 1 }, IKE_OK },
		{ 1, { 2 }, IKE_OK },
		{ 1, { 255 }, IKE_OK },
		{ 1, { 0 }, INVALID_SYNTAX },
		{ 2, { 1, 2 }, IKE_OK },
		{ 3, { 1, 2, 3 }, IKE_OK },
		{ 2, { 0, 1 }, INVALID_SYNTAX },
		{ 2, { 2, 3 }, INVALID_SYNTAX },
		{ 2, { 1, 1 }, INVALID_SYNTAX },
		{ 2, { 1, 3 }, INVALID_SYNTAX },
		{ 3, { 1, 2, 1 }, INVALID_SYNTAX },
	};
	struct message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t buffer[256] = { 0 };
		struct writer w = writer_of(buffer, sizeof(buffer));
		struct chain c = { &w, 0 };
		struct built all = { buffer, 0 };
		struct sa_out sa;

		write_u8(&w, 0);
		sa_begin(&sa, &c);
		for (uint8_t n = 0; n < rows[i].count; n++) {
			proposal_begin(
				&sa, rows[i].numbers[n], 1, bytes_of(NULL, 0));
			write_transform(&sa, TRANSFORM_PRF, 5, 0);
			proposal_end(&sa);
		}
		sa_end(&sa);
		all.len = w.len;
		ck_assert_msg(
			read_built(&m, &all) == rows[i].err, "row %zu", i);
	}
}
END_TEST

/* N09: attributes that make one transform unusable, and no more than that (RFC
 * 7296 section 3.3.6). */
START_TEST(n09_attributes)
{
	static const struct {
		const char *what, *transform;
		uint16_t key_bits;
		bool unknown;
	} rows[] = {
		{ "none", "00000008 0100000c", 0, false },
		{ "128", "0000000c 0100000c 800e0080", 128, false },
		{ "65535", "0000000c 0100000c 800effff", 65535, false },
		{ "length 0", "0000000c 0100000c 800e0000", 0, true },
		{ "twice the same", "00000010 0100000c 800e0080 800e0080", 128,
			true },
		{ "twice", "00000010 0100000c 800e0080 800e0100", 128, true },
		{ "0 and 128", "00000010 0100000c 800e0000 800e0080", 128,
			true },
		{ "as TLV", "0000000e 0100000c 000e0002 0080", 0, true },
		{ "as empty TLV", "0000000c 0100000c 000e0000", 0, true },
		{ "another beside it", "00000010 0100000c 80110001 800e0080",
			128, true },
	};
	char text[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes body;
		struct wire_transform t;
		struct reader walk;
		struct proposal p;
		struct message m;
		struct built b;

		body = hex(rows[i].transform);
		snprintf(text, sizeof(text), "000000%02x 01010001 %s",
			(unsigned int)(body.len + 8), rows[i].transform);
		b = built_body(PAYLOAD_SA, hex(text));
		ck_assert_msg(read_built(&m, &b) == IKE_OK, "%s", rows[i].what);
		walk = reader_of(m.sa.proposals);
		ck_assert(next_proposal(&walk, &p));
		walk = reader_of(p.transforms);
		ck_assert(next_transform(&walk, &t));
		ck_assert_msg(t.key_bits == rows[i].key_bits &&
				      t.unknown_attribute == rows[i].unknown,
			"%s: %u bits", rows[i].what, t.key_bits);
		free(b.at);
	}
}
END_TEST

static int proposals, transforms;

static void build_many(struct chain *c)
{
	struct sa_out sa;

	sa_begin(&sa, c);
	for (int i = 1; i <= proposals; i++) {
		proposal_begin(&sa, (uint8_t)i, 1, bytes_of(NULL, 0));
		for (int j = 0; j < transforms; j++)
			write_transform(&sa, TRANSFORM_PRF, 5, 0);
		proposal_end(&sa);
	}
	sa_end(&sa);
}

static void build_long_spi(struct chain *c)
{
	static const uint8_t octets[256];
	struct sa_out sa;

	sa_begin(&sa, c);
	proposal_begin(&sa, 1, 1, bytes_of(octets, sizeof(octets)));
	write_transform(&sa, TRANSFORM_PRF, 5, 0);
	proposal_end(&sa);
	sa_end(&sa);
}

START_TEST(spi_has_at_most_255_octets)
{
	uint8_t buffer[1024];
	struct built room = { buffer, sizeof(buffer) };

	ck_assert(build_in(&room, build_long_spi).bad);
}
END_TEST

/* N09: 64 proposals are read, 255 transforms in one of them; the writer does
 * not wrap its count. */
START_TEST(n09_many)
{
	static uint8_t buffer[MAX_MESSAGE_LEN];
	struct built room = { buffer, sizeof(buffer) };
	struct message m;
	struct built b;

	for (proposals = 63, transforms = 1; proposals <= 65; proposals++) {
		b = build_of(build_many);
		ck_assert_int_eq(read_built(&m, &b),
			proposals <= MAX_PROPOSALS ? IKE_OK : INVALID_SYNTAX);
		free(b.at);
	}
	proposals = 2;
	transforms = 255;
	b = build_of(build_many);
	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	free(b.at);
	transforms = 256;
	ck_assert(build_in(&room, build_many).bad);
}
END_TEST

SUITE(payload_sa)
{
	test(writes_last_and_more_counts_and_lengths);
	test(walks_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(n09_structure);
	test(n09_proposal_numbers);
	test(n09_attributes);
	test(spi_has_at_most_255_octets);
	test(n09_many);
}

/* bytes.c - the cursors at every capacity and every truncation.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/bytes.h"

#include "tests/suite.h"

/* One of each read, 1 + 2 + 4 + 8 + 3 + 2 octets. */
enum { ALL = 20 };

static const uint8_t octets[ALL] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
	0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13,
	0x14 };

static void write_all(struct writer *w)
{
	write_u8(w, 0x01);
	write_u16(w, 0x0203);
	write_u32(w, 0x04050607);
	write_u64(w, 0x08090a0b0c0d0e0f);
	write_bytes(w, bytes_of(octets + 15, 3));
	write_zero(w, 2);
}

START_TEST(writer_at_every_capacity)
{
	for (size_t size = 0; size <= ALL + 2; size++) {
		uint8_t room[ALL + 3];
		struct writer w = writer_of(room, size);

		memset(room, 0x5a, sizeof(room));
		write_all(&w);
		ck_assert(w.bad == (size < ALL));
		ck_assert_uint_le(w.len, size);
		ck_assert_uint_eq(written(&w).len, size < ALL ? 0 : ALL);
		for (size_t i = size; i < sizeof(room); i++)
			ck_assert_uint_eq(room[i], 0x5a);
		if (size < ALL)
			continue;
		ck_assert_mem_eq(room, octets, 18);
		ck_assert_uint_eq(room[18], 0);
		ck_assert_uint_eq(room[19], 0);
	}
}
END_TEST

START_TEST(a_bad_writer_stays_bad)
{
	uint8_t room[4] = { 0x5a, 0x5a, 0x5a, 0x5a };
	struct writer w = writer_of(room, sizeof(room));

	write_u64(&w, 1);
	ck_assert(w.bad);
	write_u8(&w, 1);
	write_bytes(&w, bytes_of(NULL, 0));
	ck_assert_ptr_null(write_room(&w, 0));
	patch_u8(&w, 0, 1);
	patch_u16(&w, 0, 1);
	ck_assert(w.bad);
	ck_assert_uint_eq(w.len, 0);
	ck_assert_uint_eq(written(&w).len, 0);
	ck_assert_uint_eq(room[0], 0x5a);
}
END_TEST

START_TEST(a_length_that_wraps_is_no_room)
{
	uint8_t room[4];
	struct writer w = writer_of(room, sizeof(room));
	struct reader r = reader_of(bytes_of(room, sizeof(room)));

	write_u8(&w, 1);
	ck_assert_ptr_null(write_room(&w, SIZE_MAX));
	ck_assert(w.bad);
	ck_assert_ptr_null(read_bytes(&r, SIZE_MAX).at);
	ck_assert(r.bad);
}
END_TEST

START_TEST(reader_at_every_truncation)
{
	for (size_t len = 0; len <= ALL; len++) {
		struct reader r = reader_of(bytes_of(octets, len));

		ck_assert_uint_eq(read_u8(&r), len < 1 ? 0 : 0x01);
		ck_assert_uint_eq(read_u16(&r), len < 3 ? 0 : 0x0203);
		ck_assert_uint_eq(read_u32(&r), len < 7 ? 0 : 0x04050607);
		ck_assert_uint_eq(
			read_u64(&r), len < 15 ? 0 : 0x08090a0b0c0d0e0f);
		ck_assert_uint_eq(read_bytes(&r, 3).len, len < 18 ? 0 : 3);
		read_skip(&r, 2);
		ck_assert(r.bad == (len < ALL));
		ck_assert(!reader_more(&r));
	}
}
END_TEST

START_TEST(a_bad_reader_stays_bad)
{
	struct reader r = reader_of(bytes_of(octets, ALL));

	read_skip(&r, ALL + 1);
	ck_assert(r.bad);
	ck_assert(!reader_more(&r));
	ck_assert_uint_eq(read_u8(&r), 0);
	ck_assert_uint_eq(read_u16(&r), 0);
	ck_assert_uint_eq(read_u32(&r), 0);
	ck_assert_uint_eq(read_u64(&r), 0);
	ck_assert_ptr_null(read_bytes(&r, 0).at);
	ck_assert_uint_eq(read_rest(&r).len, 0);
	ck_assert(read_part(&r, 0).bad);
	ck_assert(r.bad);
}
END_TEST

START_TEST(a_part_ends_where_it_was_cut)
{
	for (size_t len = 0; len <= ALL + 1; len++) {
		struct reader r = reader_of(bytes_of(octets, ALL));
		struct reader part = read_part(&r, len);
		size_t count = 0;

		while (reader_more(&part)) {
			ck_assert_uint_eq(read_u8(&part), octets[count]);
			count++;
		}
		ck_assert(part.bad == (len > ALL));
		ck_assert(r.bad == (len > ALL));
		ck_assert_uint_eq(count, len > ALL ? 0 : len);
		ck_assert_uint_eq(read_rest(&r).len, len > ALL ? 0 : ALL - len);
	}
}
END_TEST

/* What is left is read, and an empty rest is no error. */
START_TEST(rest_is_all_that_is_left)
{
	struct reader r = reader_of(bytes_of(octets, ALL));

	read_skip(&r, 5);
	ck_assert(bytes_equal(read_rest(&r), bytes_of(octets + 5, ALL - 5)));
	ck_assert_uint_eq(read_rest(&r).len, 0);
	ck_assert(!r.bad);
	ck_assert(!reader_more(&r));
}
END_TEST

START_TEST(patches_reach_only_what_is_written)
{
	for (size_t at = 0; at < 6; at++) {
		uint8_t room[8] = { 0 };
		struct writer w = writer_of(room, sizeof(room));

		write_zero(&w, 4);
		patch_u16(&w, at, 0x0102);
		ck_assert(w.bad == (at > 2));
		ck_assert_uint_eq(room[at], at > 2 ? 0 : 1);
		ck_assert_uint_eq(room[at + 1], at > 2 ? 0 : 2);

		w = writer_of(room, sizeof(room));
		write_zero(&w, 4);
		patch_u8(&w, at, 7);
		ck_assert(w.bad == (at > 3));
		ck_assert_uint_eq(room[at], at > 3 ? 0 : 7);
	}
}
END_TEST

START_TEST(a_length_over_65535_is_no_length)
{
	uint8_t room[2];
	struct writer w = writer_of(room, sizeof(room));

	write_zero(&w, 2);
	patch_u16(&w, 0, UINT16_MAX);
	ck_assert(!w.bad);
	ck_assert_uint_eq(room[0], 0xff);
	ck_assert_uint_eq(room[1], 0xff);
	patch_u16(&w, 0, UINT16_MAX + 1);
	ck_assert(w.bad);
}
END_TEST

START_TEST(equal_bytes)
{
	ck_assert(bytes_equal(bytes_of(NULL, 0), bytes_of(octets, 0)));
	ck_assert(bytes_equal(bytes_of("abc", 3), bytes_of("abcd", 3)));
	ck_assert(!bytes_equal(bytes_of("abc", 3), bytes_of("abc", 2)));
	ck_assert(!bytes_equal(bytes_of("abc", 3), bytes_of("abd", 3)));
}
END_TEST

SUITE(bytes)
{
	test(writer_at_every_capacity);
	test(a_bad_writer_stays_bad);
	test(a_length_that_wraps_is_no_room);
	test(reader_at_every_truncation);
	test(a_bad_reader_stays_bad);
	test(a_part_ends_where_it_was_cut);
	test(rest_is_all_that_is_left);
	test(patches_reach_only_what_is_written);
	test(a_length_over_65535_is_no_length);
	test(equal_bytes);
}

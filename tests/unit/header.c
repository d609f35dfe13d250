/* header.c - tests of ikev2/wire/header.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/hex.h"
#include "tests/suite.h"

#include "ikev2/wire/message.h"

#include <stdlib.h>

#define SPI_I "0102030405060708"
#define SPI_R "1112131415161718"

static bool reads(const char *text, struct ike_header *header)
{
	const struct bytes all = hex(text);
	uint8_t *copy = malloc(all.len + 1);
	bool ok;

	memcpy(copy, all.at, all.len);
	ok = read_header(bytes_of(copy, all.len), header);
	free(copy);
	return ok;
}

START_TEST(reads_every_field)
{
	struct ike_header h;

	ck_assert(reads(SPI_I SPI_R "21 20 22 08 01020304 0000001c", &h));
	assert_bytes("spi_i", bytes_of(h.spi_i, 8), hex(SPI_I));
	assert_bytes("spi_r", bytes_of(h.spi_r, 8), hex(SPI_R));
	ck_assert_uint_eq(h.next, PAYLOAD_SA);
	ck_assert_uint_eq(h.version, IKE_VERSION_OCTET);
	ck_assert_uint_eq(h.exchange, IKE_SA_INIT);
	ck_assert_uint_eq(h.message_id, 0x01020304);
	ck_assert_uint_eq(h.length, 28);
	ck_assert(header_from_initiator(&h) && !header_is_response(&h));
}
END_TEST

START_TEST(writes_what_it_reads)
{
	const char *text = SPI_I SPI_R "00 2f 25 20 fffffffe 0000001c";
	struct message_out out;
	struct ike_header h;
	uint8_t buffer[28];

	ck_assert(reads(text, &h));
	ck_assert(!header_from_initiator(&h) && header_is_response(&h));
	h.next = 77;
	h.length = 99; /* neither is taken over */
	message_begin(&out, buffer, sizeof(buffer), &h);
	assert_bytes("header", message_end(&out), hex(text));
}
END_TEST

START_TEST(does_not_fit_into_less)
{
	const struct ike_header h = { 0 };
	struct message_out out;

	for (size_t size = 0; size < IKE_HEADER_LEN; size++) {
		uint8_t *buffer = malloc(size + 1);

		message_begin(&out, buffer, size, &h);
		ck_assert_uint_eq(message_end(&out).len, 0);
		free(buffer);
	}
}
END_TEST

/* N01: datagrams of 0 to 27 octets. */
START_TEST(n01_shorter_than_a_header)
{
	const struct bytes all =
		hex(SPI_I SPI_R "21 20 22 08 00000000 0000001c");
	struct ike_header h;

	for (size_t len = 0; len < all.len; len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy, all.at, len);
		ck_assert(!read_header(bytes_of(copy, len), &h));
		free(copy);
	}
}
END_TEST

/* N02: a Length that is not the datagram's. */
START_TEST(n02_length_is_not_the_datagrams)
{
	static const char *const lengths[] = { "00000000", "00000001",
		"0000001b", "0000001d", "00010000", "0001001c", "ffffffff",
		"8000001c" };
	char text[128];
	struct ike_header h;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		snprintf(text, sizeof(text), "%s%s 00202508 00000000 %s", SPI_I,
			SPI_R, lengths[i]);
		ck_assert_msg(!reads(text, &h), "length %s", lengths[i]);
	}
}
END_TEST

/* N03: the version is for the engine to judge, so any is read. */
START_TEST(n03_any_version_is_read)
{
	struct ike_header h;

	ck_assert(reads(SPI_I SPI_R "21 f5 22 08 00000000 0000001c", &h));
	ck_assert_uint_eq(h.version, 0xf5);
}
END_TEST

SUITE(header)
{
	test(reads_every_field);
	test(writes_what_it_reads);
	test(does_not_fit_into_less);
	test(n01_shorter_than_a_header);
	test(n02_length_is_not_the_datagrams);
	test(n03_any_version_is_read);
}

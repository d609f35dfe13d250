/* payload_notify.c - tests of ikev2/wire/payload_notify.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

static void build(struct chain *c)
{
	write_notify_spi(c, PROTOCOL_ESP, hex("c0ffee01"), REKEY_SA, hex("aa"));
}

static void build_two(struct chain *c)
{
	build(c);
	write_notify(c, INITIAL_CONTACT, hex(""));
}

START_TEST(reads_what_it_writes)
{
	struct built b = writes(build_two, PAYLOAD_NOTIFY,
		hex("2900000d 03044009 c0ffee01 aa 00000008 00004000"));
	const struct payload_notify *n;
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(m.notifies, 2);
	n = message_notify(&m, REKEY_SA);
	ck_assert_ptr_eq(n, &m.notify[0]);
	ck_assert_uint_eq(n->protocol, PROTOCOL_ESP);
	assert_bytes("spi", n->spi, hex("c0ffee01"));
	assert_bytes("data", n->data, hex("aa"));
	n = message_notify(&m, INITIAL_CONTACT);
	ck_assert_ptr_eq(n, &m.notify[1]);
	ck_assert_uint_eq(n->spi.len + n->data.len, 0);
	ck_assert_ptr_null(message_notify(&m, COOKIE));
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	refuses_every_cut(build_two);
	refuses_every_body_below(build, 8); /* down from the SPI's end */
	writes_all_or_is_bad(build_two);
}
END_TEST

static void build_errors(struct chain *c)
{
	write_notify(c, INITIAL_CONTACT, hex(""));
	write_notify(c, TS_UNACCEPTABLE, hex(""));
	write_notify(c, 16383, hex(""));
}

/* Types below 16384 are errors, also those that we do not know (RFC 7296
 * section 3.10.1). */
START_TEST(errors_are_found_among_status_types)
{
	struct built b = build_of(build_errors);
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert_uint_eq(message_error(&m)->type, TS_UNACCEPTABLE);
	m.notify[1].type = NOTIFY_FIRST_STATUS;
	ck_assert_uint_eq(message_error(&m)->type, 16383);
	m.notifies = 2;
	ck_assert_ptr_null(message_error(&m));
	free(b.at);
}
END_TEST

static void build_long_spi(struct chain *c)
{
	static const uint8_t spi[256];

	write_notify_spi(c, 1, bytes_of(spi, 255), 1, bytes_of(NULL, 0));
}

static void build_too_long_spi(struct chain *c)
{
	static const uint8_t spi[256];

	write_notify_spi(c, 1, bytes_of(spi, 256), 1, bytes_of(NULL, 0));
}

START_TEST(spi_has_at_most_255_octets)
{
	uint8_t buffer[1024];
	struct built room = { buffer, sizeof(buffer) };
	struct writer w = build_in(&room, build_long_spi);

	ck_assert(!w.bad);
	w = build_in(&room, build_too_long_spi);
	ck_assert(w.bad);
}
END_TEST

/* N18: what a notify has to look like is known to who acts on it. */
START_TEST(n18_bogus_notifies_are_read)
{
	struct message m;

	ck_assert_int_eq(
		read_body(&m, PAYLOAD_NOTIFY, hex("00004004 aa")), IKE_OK);
	ck_assert_int_eq(
		read_body(&m, PAYLOAD_NOTIFY, hex("ff00ffff")), IKE_OK);
	ck_assert_int_eq(
		read_body(&m, PAYLOAD_NOTIFY, hex("0000402e 0102")), IKE_OK);
}
END_TEST

SUITE(payload_notify)
{
	test(reads_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(errors_are_found_among_status_types);
	test(spi_has_at_most_255_octets);
	test(n18_bogus_notifies_are_read);
}

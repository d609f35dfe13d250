/* inform.c - what the core says when it deletes (RFC 7296 sections 1.4.1, 3.11).
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/bent.h"

static const struct core_setup plain = { .ike = NULL };
static struct parts parts;

static void down(const char *child)
{
	const struct ike_wish wish = { "bent", child };

	core.sent_count = 0;
	ck_assert_int_eq(
		ike_down(core.ike, (struct ike_now){ core.now_ms, 0 }, &wish),
		IKE_WISH_STARTED);
	core_settle();
}

/* An IKE SA is deleted by the message that says so: no SPI, and none of them. */
START_TEST(ike_sa_has_no_spi)
{
	core_open(&plain);
	bent_initiates();
	down(NULL);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, INFORMATIONAL);
	ck_assert(!header_is_response(&bent.in.header));
	ck_assert_uint_eq(bent.in.deletes, 1);
	ck_assert_uint_eq(bent.in.delete[0].protocol, PROTOCOL_IKE);
	ck_assert_uint_eq(bent.in.delete[0].spi_size, 0);
	ck_assert_uint_eq(bent.in.delete[0].count, 0);
	parts.count = 0;
	bent_answer(INFORMATIONAL, &parts);
	ck_assert_int_eq(core_ike_sas(), 0);
	core_close();
}
END_TEST

SUITE(inform)
{
	test(ike_sa_has_no_spi);
}

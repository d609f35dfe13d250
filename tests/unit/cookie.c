/* cookie.c - tests of ikev2/cookie.c; rows N14 of the hostile inputs.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/cookie.h"

#include "tests/chain.h"
#include "tests/suite.h"

enum { START_MS = 5000 };

static const struct ike_endpoint from = { { 4, { 192, 0, 2, 1 } }, 500 };

/* Counts up: secrets differ, and a test knows how many were drawn. */
static void count(void *ctx, uint8_t *out, size_t len)
{
	uint8_t *drawn = ctx;

	memset(out, ++*drawn, len);
}

struct flood {
	struct cookies cookies;
	uint8_t drawn;
	uint8_t nonce[NONCE_LEN_MAX];
	struct message request;
	uint8_t cookie[OUR_COOKIE_LEN];
};

static void flood_begin(struct flood *f)
{
	*f = (struct flood){ .nonce = { 7 } };
	f->request.header.spi_i[0] = 1;
	f->request.nonce = bytes_of(f->nonce, 32);
	cookies_renew(&f->cookies, START_MS, count, &f->drawn);
	cookie_make(&f->cookies, &f->request, &from, f->cookie);
}

static void carry(struct flood *f, struct bytes cookie)
{
	f->request.header.next = PAYLOAD_NOTIFY;
	f->request.notifies = 1;
	f->request.notify[0] =
		(struct payload_notify){ .type = COOKIE, .data = cookie };
}

static bool valid(struct flood *f)
{
	return cookie_valid(&f->cookies, &f->request, &from);
}

START_TEST(ours_is_valid)
{
	struct flood f;

	flood_begin(&f);
	carry(&f, bytes_of(f.cookie, sizeof(f.cookie)));
	ck_assert(valid(&f));
	ck_assert_uint_eq(f.drawn, 1);
}
END_TEST

/* Of its own octets, all of them, and of no more. */
START_TEST(every_octet_is_made)
{
	uint8_t room[2][OUR_COOKIE_LEN + 2];
	struct flood f;

	flood_begin(&f);
	for (int i = 0; i < 2; i++) {
		memset(room[i], i ? 0x5a : 0xa5, sizeof(room[i]));
		cookie_make(&f.cookies, &f.request, &from, room[i] + 1);
		ck_assert_mem_eq(room[i] + 1, f.cookie, OUR_COOKIE_LEN);
		ck_assert_uint_eq(room[i][0], i ? 0x5a : 0xa5);
		ck_assert_uint_eq(room[i][OUR_COOKIE_LEN + 1], i ? 0x5a : 0xa5);
	}
}
END_TEST

START_TEST(nothing_is_valid_before_the_first_secret)
{
	static const uint8_t zeros[OUR_COOKIE_LEN];
	struct flood f;

	flood_begin(&f);
	f.cookies = (struct cookies){ 0 };
	carry(&f, bytes_of(zeros, sizeof(zeros)));
	ck_assert(!valid(&f));
}
END_TEST

START_TEST(n14_bound_to_address_port_spi_and_nonce)
{
	struct ike_endpoint other = from;
	struct flood f;

	flood_begin(&f);
	carry(&f, bytes_of(f.cookie, sizeof(f.cookie)));
	other.addr.octets[3]++;
	ck_assert(!cookie_valid(&f.cookies, &f.request, &other));
	other = from;
	other.addr.family = 6;
	ck_assert(!cookie_valid(&f.cookies, &f.request, &other));
	other = from;
	other.port++;
	ck_assert(!cookie_valid(&f.cookies, &f.request, &other));
	other.port = (uint16_t)(from.port ^ 0x100);
	ck_assert(!cookie_valid(&f.cookies, &f.request, &other));
	f.request.header.spi_i[7]++;
	ck_assert(!valid(&f));
	f.request.header.spi_i[7]--;
	f.nonce[31]++;
	ck_assert(!valid(&f));
	f.nonce[31]--;
	f.request.nonce.len = 33;
	ck_assert(!valid(&f));
	f.request.nonce.len = 32;
	ck_assert(valid(&f));
	f.request.header.message_id = 1; /* not bound to the rest */
	ck_assert(valid(&f));
}
END_TEST

/* N14: 0 octets, more than 64, and every single octet changed. */
START_TEST(n14_mangled)
{
	uint8_t longer[70] = { 0 };
	struct flood f;

	flood_begin(&f);
	memcpy(longer, f.cookie, sizeof(f.cookie));
	for (size_t len = 0; len <= sizeof(longer); len++) {
		carry(&f, bytes_of(longer, len));
		ck_assert(valid(&f) == (len == OUR_COOKIE_LEN));
	}
	for (size_t i = 0; i < sizeof(f.cookie); i++) {
		for (int bit = 0; bit < 8; bit++) {
			carry(&f, bytes_of(f.cookie, sizeof(f.cookie)));
			f.cookie[i] ^= (uint8_t)(1 << bit);
			ck_assert_msg(!valid(&f), "octet %zu bit %d", i, bit);
			f.cookie[i] ^= (uint8_t)(1 << bit);
		}
	}
}
END_TEST

START_TEST(n14_stale_secret)
{
	struct flood f;

	flood_begin(&f);
	carry(&f, bytes_of(f.cookie, sizeof(f.cookie)));
	cookies_renew(
		&f.cookies, START_MS + COOKIE_SECRET_MS - 1, count, &f.drawn);
	ck_assert_uint_eq(f.drawn, 1);
	cookies_renew(&f.cookies, START_MS + COOKIE_SECRET_MS, count, &f.drawn);
	ck_assert_uint_eq(f.drawn, 2);
	ck_assert_msg(valid(&f), "not valid after one renewal");
	cookies_renew(
		&f.cookies, START_MS + 2 * COOKIE_SECRET_MS, count, &f.drawn);
	ck_assert_uint_eq(f.drawn, 3);
	ck_assert_msg(!valid(&f), "valid after two renewals");
}
END_TEST

/* Two periods without a request: the secret before is too old as well. */
START_TEST(n14_stale_after_a_pause)
{
	struct flood f;

	flood_begin(&f);
	carry(&f, bytes_of(f.cookie, sizeof(f.cookie)));
	cookies_renew(
		&f.cookies, START_MS + 2 * COOKIE_SECRET_MS, count, &f.drawn);
	ck_assert(!valid(&f));
}
END_TEST

START_TEST(secrets_go_on_for_ever)
{
	uint64_t now = START_MS;
	struct flood f;

	flood_begin(&f);
	for (int i = 0; i < 600; i++) {
		cookie_make(&f.cookies, &f.request, &from, f.cookie);
		carry(&f, bytes_of(f.cookie, sizeof(f.cookie)));
		ck_assert(valid(&f));
		now += COOKIE_SECRET_MS;
		cookies_renew(&f.cookies, now, count, &f.drawn);
		ck_assert_msg(valid(&f), "renewal %d", i);
		now += COOKIE_SECRET_MS;
		cookies_renew(&f.cookies, now, count, &f.drawn);
		ck_assert_msg(!valid(&f), "renewal %d", i);
	}
}
END_TEST

START_TEST(n14_not_the_first_payload)
{
	struct flood f;

	flood_begin(&f);
	carry(&f, bytes_of(f.cookie, sizeof(f.cookie)));
	f.request.header.next = PAYLOAD_SA;
	ck_assert(!valid(&f));
	f.request.header.next = PAYLOAD_NOTIFY;
	f.request.notify[1] = f.request.notify[0];
	f.request.notify[0].type = NAT_DETECTION_SOURCE_IP;
	f.request.notifies = 2;
	ck_assert(!valid(&f));
	f.request.notifies = 0;
	ck_assert(!valid(&f));
}
END_TEST

START_TEST(n14_two_cookies)
{
	struct flood f;

	flood_begin(&f);
	carry(&f, bytes_of(f.cookie, sizeof(f.cookie)));
	f.request.notify[1] = f.request.notify[0];
	f.request.notifies = 2;
	ck_assert(!valid(&f));
	f.request.notify[1].type = NAT_DETECTION_SOURCE_IP;
	ck_assert(valid(&f));
	f.request.notify[2] = f.request.notify[0]; /* of another message */
	ck_assert(valid(&f));
}
END_TEST

SUITE(cookie)
{
	test(ours_is_valid);
	test(every_octet_is_made);
	test(nothing_is_valid_before_the_first_secret);
	test(n14_bound_to_address_port_spi_and_nonce);
	test(n14_mangled);
	test(n14_stale_secret);
	test(n14_stale_after_a_pause);
	test(secrets_go_on_for_ever);
	test(n14_not_the_first_payload);
	test(n14_two_cookies);
}

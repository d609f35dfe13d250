/* keylog.c - lines of Wireshark's two tables, as Wireshark 4.0 takes them.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/keylog.h"

#include "tests/suite.h"

static struct secret key_of(uint8_t octet, uint8_t len)
{
	struct secret key = { .len = len };

	memset(key.data, octet, len);
	return key;
}

START_TEST(an_ike_sa)
{
	struct ike_sa_keys keys = {
		.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 128),
		.integ = transform_find(
			TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, 0),
		.spi_i = { 1 },
		.spi_r = { 2 },
		.sk_ei = key_of(0xe1, 2),
		.sk_er = key_of(0xe2, 2),
		.sk_ai = key_of(0xa1, 2),
		.sk_ar = key_of(0xa2, 2),
	};
	char line[KEYLOG_LINE];

	ck_assert(keylog_ike_line(&keys, line));
	ck_assert_str_eq(line, "0100000000000000,0200000000000000,e1e1,e2e2,"
			       "\"AES-CBC-128 [RFC3602]\",a1a1,a2a2,"
			       "\"HMAC_SHA2_256_128 [RFC4868]\"");
	keys.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	keys.integ = NULL;
	keys.sk_ai.len = keys.sk_ar.len = 0;
	ck_assert(keylog_ike_line(&keys, line));
	ck_assert_str_eq(line, "0100000000000000,0200000000000000,e1e1,e2e2,"
			       "\"AES-GCM-256 with 16 octet ICV [RFC5282]\",,,"
			       "\"NONE [RFC4306]\"");
	keys.encr = transform_find(TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0);
	ck_assert(!keylog_ike_line(&keys, line));
}
END_TEST

START_TEST(a_child)
{
	struct ike_ipsec_sa sa = {
		.ref = { .dst = { 4, { 192, 0, 2, 1 } }, .spi = 0x0a0b },
		.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 128),
		.encr_key = key_of(0xe1, 2),
	};
	char line[KEYLOG_LINE];

	ck_assert(keylog_esp_line(&sa, NULL, line));
	ck_assert_str_eq(line,
		"\"IPv4\",\"*\",\"*\",\"0x00000a0b\","
		"\"AES-GCM with 16 octet ICV [RFC4106]\",\"0xe1e1\","
		"\"NULL\",\"\"");
	sa.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 256);
	sa.integ = transform_find(TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0);
	sa.integ_key = key_of(0xa1, 2);
	ck_assert(keylog_esp_line(&sa, &sa.ref.dst, line));
	ck_assert_str_eq(line, "\"IPv4\",\"*\",\"192.0.2.1\",\"0x00000a0b\","
			       "\"AES-CBC [RFC3602]\",\"0xe1e1\","
			       "\"HMAC-SHA-1-96 [RFC2404]\",\"0xa1a1\"");
	sa.encr = transform_find(TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0);
	ck_assert(!keylog_esp_line(&sa, NULL, line));
}
END_TEST

SUITE(keylog)
{
	test(a_child);
	test(an_ike_sa);
}

/* sockaddr.c - addresses to those of sockets, and back the same.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/sockaddr.h"

#include "tests/suite.h"
#include "tests/unit/xfrm_samples.h"

#include <netinet/in.h>
#include <string.h>

START_TEST(there_and_back)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1",
		"0.0.0.0", "::" };
	static const socklen_t lens[] = { sizeof(struct sockaddr_in),
		sizeof(struct sockaddr_in6) };
	struct sockaddr_storage storage;
	struct ike_endpoint back;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct ike_addr addr = sample_addr(texts[i]);

		memset(&storage, 0xff, sizeof(storage));
		ck_assert_uint_eq(
			sockaddr_of(&addr, 0x1234, &storage), lens[i % 2]);
		ck_assert(sockaddr_read(
			(const struct sockaddr *)&storage, &back));
		ck_assert(ike_addr_equal(&back.addr, &addr));
		ck_assert_uint_eq(back.port, 0x1234);
	}
}
END_TEST

/* 192.0.2.1 port 500 as it is in memory, whatever the machine. */
START_TEST(octets_are_in_the_network_order)
{
	static const uint8_t expected[] = { 0x01, 0xf4, 192, 0, 2, 1 };
	const struct ike_addr addr = sample_addr("192.0.2.1");
	struct sockaddr_storage storage;

	(void)sockaddr_of(&addr, 500, &storage);
	ck_assert_mem_eq(
		(const uint8_t *)&storage + 2, expected, sizeof(expected));
}
END_TEST

START_TEST(other_families_are_none)
{
	const struct sockaddr local = { .sa_family = AF_UNIX };
	struct ike_endpoint out = { { 4, { 1 } }, 1 };

	ck_assert(!sockaddr_read(&local, &out));
	ck_assert_uint_eq(out.addr.family, 0);
	ck_assert_uint_eq(out.port, 0);
}
END_TEST

SUITE(sockaddr)
{
	test(there_and_back);
	test(octets_are_in_the_network_order);
	test(other_families_are_none);
}

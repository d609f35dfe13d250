/* nat.c - tests of ikev2/nat.c.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/nat.h"

#include "tests/chain.h"
#include "tests/suite.h"
#include "tests/unit/allocations.h"

/* printf .. | sha1sum: SPIi 1 to 8, SPIr 0, 192.0.2.1 port 500; 2001:db8::1 port 4500. */
#define HASH4 "644b4575455bd6fcc1efe2be8162a9218e448e5f"
#define HASH6 "98c75483db80168697635aa7844504963e87de33"

static const struct ike_header header = {
	.spi_i = { 1, 2, 3, 4, 5, 6, 7, 8 },
};
static const struct ike_endpoint east = { { 4, { 192, 0, 2, 1 } }, 500 };
static const struct ike_endpoint west = { { 4, { 198, 51, 100, 2 } }, 500 };
static const struct ike_endpoint router = { { 4, { 203, 0, 113, 9 } }, 1025 };

static struct crypto *crypto;

/* A chain that a test writes, read back as the other side's message. */
struct said {
	uint8_t buffer[4096];
	struct writer w;
	struct chain c;
	struct message m;
};

static void said_begin(struct said *said)
{
	said->w = writer_of(said->buffer, sizeof(said->buffer));
	said->c = (struct chain){ &said->w, 0 };
	write_u8(&said->w, 0);
}

static void said_end(struct said *said)
{
	const struct bytes all = written(&said->w);

	ck_assert_uint_gt(all.len, 0);
	said->m.header = header;
	ck_assert_int_eq(message_read(&said->m, said->buffer[0],
				 bytes_of(all.at + 1, all.len - 1), 28),
		IKE_OK);
}

/* East sends to west; west sees from and to. */
static struct nat_found found(const struct ike_endpoint *from,
	const struct ike_endpoint *to, bool forced)
{
	struct nat_found found;
	struct said said;

	said_begin(&said);
	ck_assert(nat_announce(crypto, &said.c, &header, &east, &west, forced));
	said_end(&said);
	ck_assert(nat_detect(crypto, &said.m, to, from, &found));
	return found;
}

/* SHA-1 over SPIs, address and port in network order (sha1sum is the judge). */
START_TEST(hash_is_that_of_the_rfc)
{
	static const struct ike_endpoint six = { { 6, { 0x20, 1, 0x0d, 0xb8, 0,
							      0, 0, 0, 0, 0, 0,
							      0, 0, 0, 0, 1 } },
		4500 };
	uint8_t hash[NAT_DETECTION_LEN];

	crypto = crypto_new();
	ck_assert(nat_hash(crypto, &header, &east, hash));
	assert_bytes("IPv4", bytes_of(hash, sizeof(hash)), hex(HASH4));
	ck_assert(nat_hash(crypto, &header, &six, hash));
	assert_bytes("IPv6", bytes_of(hash, sizeof(hash)), hex(HASH6));
	crypto_free(crypto);
}
END_TEST

START_TEST(no_nat)
{
	struct nat_found f;

	crypto = crypto_new();
	f = found(&east, &west, false);
	ck_assert(f.supported && !f.local && !f.remote);
	crypto_free(crypto);
}
END_TEST

START_TEST(the_side_that_is_behind_a_nat)
{
	struct ike_endpoint moved = east;
	struct nat_found f;

	crypto = crypto_new();
	f = found(&router, &west, false);
	ck_assert(f.supported && f.remote && !f.local);
	f = found(&east, &router, false);
	ck_assert(f.supported && !f.remote && f.local);
	f = found(&router, &router, false);
	ck_assert(f.supported && f.remote && f.local);
	moved.port = 501; /* the address alone does not do */
	f = found(&moved, &west, false);
	ck_assert(f.remote && !f.local);
	crypto_free(crypto);
}
END_TEST

START_TEST(forced_encapsulation_looks_like_a_nat)
{
	struct nat_found f;

	crypto = crypto_new();
	f = found(&east, &west, true);
	ck_assert(f.supported && f.remote && !f.local);
	crypto_free(crypto);
}
END_TEST

START_TEST(one_kind_alone_is_no_support)
{
	const uint16_t kinds[] = { NAT_DETECTION_SOURCE_IP,
		NAT_DETECTION_DESTINATION_IP, INITIAL_CONTACT };
	uint8_t hash[NAT_DETECTION_LEN] = { 0 };
	struct nat_found f;
	struct said said;

	crypto = crypto_new();
	for (size_t i = 0; i < 3; i++) {
		said_begin(&said);
		write_notify(&said.c, kinds[i], bytes_of(hash, sizeof(hash)));
		said_end(&said);
		ck_assert(nat_detect(crypto, &said.m, &west, &east, &f));
		ck_assert(!f.supported && !f.local && !f.remote);
	}
	crypto_free(crypto);
}
END_TEST

/* N18: of 50 source hashes one that fits is enough, wherever it stands. */
START_TEST(n18_fifty_source_hashes)
{
	uint8_t source[NAT_DETECTION_LEN], other[NAT_DETECTION_LEN] = { 0 };
	uint8_t destination[NAT_DETECTION_LEN];
	struct nat_found f;
	struct said said;

	crypto = crypto_new();
	ck_assert(nat_hash(crypto, &header, &east, source));
	ck_assert(nat_hash(crypto, &header, &west, destination));
	for (int fits = 0; fits <= 50; fits++) { /* 50: none does */
		said_begin(&said);
		for (int i = 0; i < 50; i++)
			write_notify(&said.c, NAT_DETECTION_SOURCE_IP,
				bytes_of(i == fits ? source : other,
					NAT_DETECTION_LEN));
		write_notify(&said.c, NAT_DETECTION_DESTINATION_IP,
			bytes_of(destination, sizeof(destination)));
		said_end(&said);
		ck_assert(nat_detect(crypto, &said.m, &west, &east, &f));
		ck_assert(f.supported && !f.local);
		ck_assert(f.remote == (fits == 50));
	}
	crypto_free(crypto);
}
END_TEST

/* N18: hashes of a wrong length are not there. */
START_TEST(n18_wrong_length)
{
	uint8_t hash[NAT_DETECTION_LEN + 1] = { 0 };
	struct nat_found f;
	struct said said;

	crypto = crypto_new();
	for (size_t len = 0; len <= sizeof(hash); len++) {
		if (len == NAT_DETECTION_LEN)
			continue;
		said_begin(&said);
		write_notify(
			&said.c, NAT_DETECTION_SOURCE_IP, bytes_of(hash, len));
		write_notify(&said.c, NAT_DETECTION_DESTINATION_IP,
			bytes_of(hash, len));
		said_end(&said);
		ck_assert(nat_detect(crypto, &said.m, &west, &east, &f));
		ck_assert(!f.supported);
		/* beside one that fits it does not count either */
		ck_assert(nat_announce(
			crypto, &said.c, &header, &east, &west, false));
		said_end(&said);
		ck_assert(nat_detect(crypto, &said.m, &west, &east, &f));
		ck_assert(f.supported && !f.local && !f.remote);
	}
	crypto_free(crypto);
}
END_TEST

/* Without memory for a hash nothing is said, and nothing is found. */
START_TEST(out_of_memory)
{
	const struct nat_found before = { true, false, true };
	struct nat_found f = before;
	struct said said;
	bool done = false;

	crypto = crypto_new();
	for (size_t left = 0; !done; left++) {
		ck_assert_uint_lt(left, 100);
		said_begin(&said);
		allocations_left = left;
		done = nat_announce(
			crypto, &said.c, &header, &east, &west, false);
		allocations_left = SIZE_MAX;
		ck_assert_uint_eq(said.w.len, done ? 1 + 2 * 28 : 1);
	}
	said_end(&said);
	done = false;
	for (size_t left = 0; !done; left++) {
		ck_assert_uint_lt(left, 100);
		allocations_left = left;
		done = nat_detect(crypto, &said.m, &west, &east, &f);
		allocations_left = SIZE_MAX;
		if (!done)
			ck_assert_mem_eq(&f, &before, sizeof(f));
	}
	ck_assert(f.supported && !f.local && !f.remote);
	crypto_free(crypto);
}
END_TEST

SUITE(nat)
{
	test(hash_is_that_of_the_rfc);
	test(no_nat);
	test(the_side_that_is_behind_a_nat);
	test(forced_encapsulation_looks_like_a_nat);
	test(one_kind_alone_is_no_support);
	test(n18_fifty_source_hashes);
	test(n18_wrong_length);
	test(out_of_memory);
}

/* crypto.c - the library out of memory, at every allocation in turn.
 * SPDX-License-Identifier: ISC
 *
 * Whatever fails, fails as a whole: false, no crash, no leak (ASan tells), and
 * the same call made again succeeds.
 */
#include "ikev2/crypto/cipher.h"
#include "ikev2/crypto/dh.h"
#include "ikev2/crypto/wipe.h"

#include "tests/suite.h"
#include "tests/unit/allocations.h"
#include "tests/unit/heap.h"

#include <openssl/crypto.h>
#include <stdlib.h>

size_t allocations;
size_t allocations_left = SIZE_MAX;

/* What libcrypto has now. */
static size_t live;

static bool may_allocate(void)
{
	allocations++;
	if (allocations_left == SIZE_MAX)
		return true;
	if (allocations_left == 0)
		return false;
	allocations_left--;
	return true;
}

/* What free() gives back is looked at and forgotten there (heap.c). */
static void *noted(void *at, size_t size)
{
	heap_note(at, size);
	return at;
}

static void *counted_malloc(size_t size, const char *file, int line)
{
	void *made = may_allocate() ? noted(wipe_malloc(size, file, line), size)
				    : NULL;

	live += made != NULL;
	return made;
}

static void *counted_realloc(void *at, size_t size, const char *file, int line)
{
	void *made = may_allocate()
			     ? noted(wipe_realloc(at, size, file, line), size)
			     : NULL;

	live += !at && made;
	return made;
}

static void counted_free(void *at, const char *file, int line)
{
	live -= at != NULL;
	wipe_free(at, file, line);
}

/* libcrypto asks for its functions once, before first use. */
__attribute__((constructor)) static void count_allocations(void)
{
	CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free);
}

START_TEST(allocations_are_counted)
{
	size_t before = allocations;

	OPENSSL_free(OPENSSL_malloc(1));
	ck_assert_uint_gt(allocations, before);
}
END_TEST

static const struct transform *row(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

static void draw(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0x42, len);
}

static bool new_handle(const struct transform *unused, struct crypto *crypto)
{
	struct crypto *other = crypto_new();

	(void)unused;
	(void)crypto;
	crypto_free(other);
	return other != NULL;
}

static bool exchange(const struct transform *ke, struct crypto *crypto)
{
	struct shared_secret shared;
	enum ike_error err;
	struct dh dh;

	if (!dh_new(crypto, &dh, ke, draw, NULL))
		return false;
	err = dh_agree(crypto, &dh, dh_public(&dh), &shared);
	if (err == INVALID_SYNTAX) /* libcrypto does not tell the reason */
		ck_assert(ke->id >= KE_ECP_256 && ke->id <= KE_ECP_521);
	ck_assert(err == IKE_OK || shared.len == 0);
	return err == IKE_OK;
}

static bool expand(const struct transform *prf_row, struct crypto *crypto)
{
	const struct bytes seed = bytes_of("seed", 4);
	uint8_t out[200];

	return prf_plus(crypto, prf_row, bytes_of("key", 3), &seed, 1, out,
		sizeof(out));
}

static bool check(const struct transform *integ_row, struct crypto *crypto)
{
	const struct bytes text = bytes_of("text", 4);
	uint8_t out[MAX_PRF];

	return integ(crypto, integ_row, bytes_of("key", 3), &text, 1, out);
}

static bool seal_and_open(const struct transform *encr, struct crypto *crypto)
{
	const struct suite suite = { .encr = encr, .integ = row("sha384") };
	const struct secret sk_e = { .len = (uint8_t)(encr->key_len +
						      encr->salt_len) };
	const struct secret sk_a = { .len = 48 };
	uint8_t message[160] = { 0 };

	return cipher_seal(crypto, &suite, &sk_e, &sk_a, message, 32,
		       48 + 64 + cipher_icv_len(&suite)) &&
	       cipher_open(crypto, &suite, &sk_e, &sk_a, message, 32,
		       48 + 64 + cipher_icv_len(&suite));
}

static bool sha1(const struct transform *unused, struct crypto *crypto)
{
	const struct bytes text = bytes_of("text", 4);
	uint8_t out[20];

	(void)unused;
	return hash_sha1(crypto, &text, 1, out);
}

static const struct {
	const char *row;
	bool (*work)(const struct transform *row, struct crypto *crypto);
} works[] = {
	{ "x25519", new_handle },
	{ "modp2048", exchange },
	{ "modp8192", exchange },
	{ "ecp256", exchange },
	{ "ecp384", exchange },
	{ "ecp521", exchange },
	{ "x25519", exchange },
	{ "prfsha1", expand },
	{ "prfsha256", expand },
	{ "prfsha384", expand },
	{ "prfsha512", expand },
	{ "sha1", check },
	{ "sha384", check },
	{ "aes128", seal_and_open },
	{ "aes256gcm16", seal_and_open },
	{ "chacha20poly1305", seal_and_open },
	{ "prfsha1", sha1 },
};

enum { WORKS = sizeof(works) / sizeof(works[0]), MOST = 10000 };

START_TEST(memory_runs_out_anywhere)
{
	const struct transform *of = row(works[_i].row);
	bool done = false;

	/* What libcrypto sets up for itself, once, is not the question. */
	for (int warm = 0; warm < 2; warm++) {
		struct crypto *crypto = crypto_new();

		ck_assert(works[_i].work(of, crypto));
		crypto_free(crypto);
	}
	for (size_t left = 0; !done; left++) {
		struct crypto *crypto = crypto_new();

		ck_assert_uint_lt(left, MOST);
		allocations_left = left;
		done = works[_i].work(of, crypto);
		allocations_left = SIZE_MAX;
		ck_assert(works[_i].work(of, crypto));
		crypto_free(crypto);
	}
}
END_TEST

/* Whatever it was used for, a handle gives all of it back. */
START_TEST(handle_gives_all_back)
{
	const struct transform *of = row(works[_i].row);
	size_t before = 0;

	for (int i = 0; i < 4; i++) {
		struct crypto *crypto = crypto_new();

		ck_assert(works[_i].work(of, crypto));
		crypto_free(crypto);
		/* What libcrypto sets up for itself, it keeps. */
		if (i >= 2)
			ck_assert_uint_eq(live, before);
		before = live;
	}
}
END_TEST

static void teardown(void)
{
	allocations_left = SIZE_MAX;
}

SUITE(crypto)
{
	tcase_add_checked_fixture(tcase, NULL, teardown);
	test(allocations_are_counted);
	loop_test(handle_gives_all_back, WORKS);
	loop_test(memory_runs_out_anywhere, WORKS);
}

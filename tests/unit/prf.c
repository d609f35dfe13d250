/* prf.c - HMAC with keys and data of every kind, prf+, SHA-1.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/prf.h"

#include "tests/hex.h"
#include "tests/suite.h"

static struct crypto *crypto;

static const struct transform *row(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

static const char *const prfs[] = { "prfsha1", "prfsha256", "prfsha384",
	"prfsha512" };

enum { PRFS = sizeof(prfs) / sizeof(prfs[0]) };

/* RFC 4231 sections 4.5 to 4.8 (and RFC 2202 section 3, cases 4 and 6): data
 * of several blocks, a key longer than a block. */
struct sample {
	const char *prf;
	uint8_t key_octet;
	size_t key_len;
	const char *text;
	const char *out;
};

#define LONG_KEY_TEXT "Test Using Larger Than Block-Size Key - Hash Key First"
#define LONG_BOTH_TEXT                                                         \
	"This is a test using a larger than block-size key and a larger t"     \
	"han block-size data. The key needs to be hashed before being use"     \
	"d by the HMAC algorithm."

/* clang-format off */
static const struct sample samples[] = {
	{ "prfsha1", 0xaa, 80, LONG_KEY_TEXT, "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
	{ "prfsha256", 0xaa, 131, LONG_KEY_TEXT,
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ "prfsha384", 0xaa, 131, LONG_KEY_TEXT,
	  "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952" },
	{ "prfsha512", 0xaa, 131, LONG_KEY_TEXT,
	  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
	{ "prfsha256", 0xaa, 131, LONG_BOTH_TEXT,
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	{ "prfsha384", 0xaa, 131, LONG_BOTH_TEXT,
	  "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e" },
	{ "prfsha512", 0xaa, 131, LONG_BOTH_TEXT,
	  "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
	  "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58" },
};
/* clang-format on */

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

START_TEST(long_keys_are_hashed_first)
{
	const struct sample *s = &samples[_i];
	struct bytes text = bytes_of(s->text, strlen(s->text));
	uint8_t key[256], out[MAX_PRF];

	memset(key, s->key_octet, sizeof(key));
	ck_assert(prf(
		crypto, row(s->prf), bytes_of(key, s->key_len), &text, 1, out));
	assert_bytes(
		s->prf, bytes_of(out, row(s->prf)->output_len), hex(s->out));
}
END_TEST

static void fill(uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(7 * i + 3);
}

/* Cut anywhere, with empty parts between, the data is the same. */
START_TEST(parts_are_one_text)
{
	const struct transform *p = row(prfs[_i]);
	uint8_t data[300], whole[MAX_PRF], out[MAX_PRF];
	struct bytes all = bytes_of(data, sizeof(data));

	fill(data, sizeof(data));
	ck_assert(prf(crypto, p, bytes_of("key", 3), &all, 1, whole));
	for (size_t cut = 0; cut <= sizeof(data); cut++) {
		const struct bytes parts[] = {
			bytes_of(NULL, 0),
			bytes_of(data, cut),
			bytes_of(data, 0),
			bytes_of(data + cut, sizeof(data) - cut),
		};

		ck_assert(prf(crypto, p, bytes_of("key", 3), parts, 4, out));
		ck_assert_mem_eq(out, whole, p->output_len);
	}
}
END_TEST

/* HMAC of nothing with no key is defined; libraries differ in how they take
 * a NULL. */
START_TEST(empty_keys_and_texts)
{
	static const char *const expected[PRFS] = {
		"fbdb1d1b18aa6c08324b7d64b71fb76370690e1d",
		"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
		"6c1f2ee938fad2e24bd91298474382ca218c75db3d83e114b3d4367776d14d35"
		"51289e75e8209cd4b792302840234adc",
		"b936cee86c9f87aa5d3c6f2e84cb5a4239a5fe50480a6ec66b70ab5b1f4ac673"
		"0c6c515421b327ec1d69402e53dfb49ad7381eb067b338fd7b0cb22247225d47",
	};
	const struct transform *p = row(prfs[_i]);
	uint8_t out[MAX_PRF];

	ck_assert(prf(crypto, p, bytes_of(NULL, 0), NULL, 0, out));
	assert_bytes(p->name, bytes_of(out, p->output_len), hex(expected[_i]));
}
END_TEST

/* The contexts are shared: a key must not reach into the next call. */
START_TEST(calls_do_not_touch_each_other)
{
	const struct bytes text = bytes_of("text", 4);
	uint8_t first[MAX_PRF], again[MAX_PRF], other[MAX_PRF];
	const struct transform *p = row(prfs[_i]);
	uint8_t stream[1000];

	ck_assert(prf(crypto, p, bytes_of("one", 3), &text, 1, first));
	for (int i = 0; i < PRFS; i++) {
		ck_assert(prf(crypto, row(prfs[i]), bytes_of("two", 3), &text,
			1, other));
		ck_assert(prf_plus(crypto, row(prfs[i]), bytes_of("three", 5),
			&text, 1, stream, sizeof(stream)));
		ck_assert(prf(crypto, p, bytes_of("one", 3), &text, 1, again));
		ck_assert_mem_eq(first, again, p->output_len);
	}
}
END_TEST

/* RFC 7296 section 2.13, step by step with prf alone. */
static void by_hand(const struct transform *p, struct bytes key,
	struct bytes seed, uint8_t *out, size_t blocks)
{
	struct bytes previous = bytes_of(NULL, 0);

	for (size_t i = 0; i < blocks; i++) {
		const uint8_t n = (uint8_t)(i + 1);
		const struct bytes parts[] = { previous, seed,
			bytes_of(&n, 1) };

		ck_assert(prf(crypto, p, key, parts, 3, out));
		previous = bytes_of(out, p->output_len);
		out += p->output_len;
	}
}

START_TEST(prf_plus_is_prf_again_and_again)
{
	static uint8_t expected[MAX_PRF_PLUS], out[MAX_PRF_PLUS + 1];
	const struct transform *p = row(prfs[_i]);
	const struct bytes key = bytes_of("a key", 5),
			   seed = bytes_of("seed", 4);
	size_t most = 255u * p->output_len;

	by_hand(p, key, seed, expected, 255);
	for (size_t len = 0; len <= most; len += len < 200 ? 1 : 997) {
		out[len] = 0x5a;
		ck_assert(prf_plus(crypto, p, key, &seed, 1, out, len));
		ck_assert(memcmp(out, expected, len) == 0);
		ck_assert_uint_eq(out[len], 0x5a);
	}
	ck_assert(prf_plus(crypto, p, key, &seed, 1, out, most));
	ck_assert_mem_eq(out, expected, most);
}
END_TEST

START_TEST(integ_is_a_prf_cut_short)
{
	static const char *const integs[] = { "sha1", "sha256", "sha384",
		"sha512" };
	const struct transform *i = row(integs[_i]);
	const struct bytes text = bytes_of("what do ya want", 15);
	uint8_t whole[MAX_PRF], out[MAX_PRF + 1];

	memset(out, 0x5a, sizeof(out));
	ck_assert(prf(
		crypto, row(prfs[_i]), bytes_of("key", 3), &text, 1, whole));
	ck_assert(integ(crypto, i, bytes_of("key", 3), &text, 1, out));
	ck_assert_mem_eq(out, whole, i->icv_len);
	ck_assert_uint_eq(out[i->icv_len], 0x5a);
}
END_TEST

/* FIPS 180, by way of NIST's example values. */
START_TEST(sha1_is_nists)
{
	static const char *const pairs[][2] = {
		{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
	};
	uint8_t out[20];

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(pairs[i][0]);

		for (size_t cut = 0; cut <= len; cut++) {
			const struct bytes parts[] = {
				bytes_of(pairs[i][0], cut),
				bytes_of(pairs[i][0] + cut, len - cut),
			};

			ck_assert(hash_sha1(crypto, parts, 2, out));
			assert_bytes(
				"SHA-1", bytes_of(out, 20), hex(pairs[i][1]));
		}
	}
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
	crypto_free(NULL);
}
END_TEST

static void setup(void)
{
	crypto = crypto_new();
	ck_assert_ptr_nonnull(crypto);
}

static void teardown(void)
{
	crypto_free(crypto);
}

SUITE(prf)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	loop_test(long_keys_are_hashed_first, SAMPLES);
	loop_test(parts_are_one_text, PRFS);
	loop_test(empty_keys_and_texts, PRFS);
	loop_test(calls_do_not_touch_each_other, PRFS);
	loop_test(prf_plus_is_prf_again_and_again, PRFS);
	loop_test(integ_is_a_prf_cut_short, PRFS);
	test(sha1_is_nists);
	test(freeing_nothing_is_allowed);
}

/* cipher.c - sealing and opening, and everything that must not open (RFC 7296 section 3.14).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/cipher.h"

#include "tests/suite.h"
#include "tests/unit/allocations.h"

enum { HEAD = 32, MESSAGE = HEAD + 16 + 256 + MAX_PRF };

static struct crypto *crypto;

/* Every ENCR row, those without AEAD with every INTEG row. */
struct pair {
	const struct transform *encr, *integ;
};

static struct pair pairs[64];
static int pair_count;

__attribute__((constructor)) static void make_pairs(void)
{
	const struct transform *encr, *integ;

	for (size_t i = 0; (encr = transform_at(i)); i++) {
		if (encr->type != TRANSFORM_ENCR)
			continue;
		if (encr->aead) {
			pairs[pair_count++] = (struct pair){ encr, NULL };
			continue;
		}
		for (size_t j = 0; (integ = transform_at(j)); j++) {
			if (integ->type == TRANSFORM_INTEG)
				pairs[pair_count++] =
					(struct pair){ encr, integ };
		}
	}
}

/* One message under one suite. */
struct sample {
	struct suite suite;
	struct secret sk_e, sk_a;
	uint8_t octets[MESSAGE];
	size_t text_len;
	size_t total;
};

static size_t text_at(const struct sample *s)
{
	return HEAD + (size_t)s->suite.encr->iv_len;
}

static void prepare(struct sample *s, int pair, size_t text_len)
{
	const struct transform *encr = pairs[pair].encr;

	*s = (struct sample){
		.suite = { .encr = encr, .integ = pairs[pair].integ },
		.text_len = text_len,
	};
	s->sk_e.len = (uint8_t)(encr->key_len + encr->salt_len);
	s->sk_a.len = (uint8_t)(encr->aead ? 0 : s->suite.integ->key_len);
	for (uint8_t i = 0; i < MAX_SECRET; i++) {
		s->sk_e.data[i] = i;
		s->sk_a.data[i] = (uint8_t)(0x80 + i);
	}
	for (size_t i = 0; i < MESSAGE; i++)
		s->octets[i] = (uint8_t)(3 * i + 1);
	s->total = text_at(s) + text_len + cipher_icv_len(&s->suite);
}

static bool seal(struct sample *s)
{
	return cipher_seal(crypto, &s->suite, &s->sk_e, &s->sk_a, s->octets,
		HEAD, s->total);
}

/* On a copy, so that the sample may be opened again. */
static bool opens(const struct sample *s, size_t head, size_t total)
{
	struct sample copy = *s;

	return cipher_open(crypto, &copy.suite, &copy.sk_e, &copy.sk_a,
		copy.octets, head, total);
}

START_TEST(what_is_sealed_opens)
{
	const size_t block = pairs[_i].encr->block_len;

	for (size_t len = 0; len <= 256; len += block) {
		struct sample plain, s;

		prepare(&plain, _i, len);
		s = plain;
		ck_assert(seal(&s));
		ck_assert_mem_eq(s.octets, plain.octets, text_at(&s));
		ck_assert_mem_eq(s.octets + s.total, plain.octets + s.total,
			MESSAGE - s.total);
		if (len > 8)
			ck_assert(
				memcmp(s.octets + text_at(&s),
					plain.octets + text_at(&s), len) != 0);
		ck_assert(cipher_open(crypto, &s.suite, &s.sk_e, &s.sk_a,
			s.octets, HEAD, s.total));
		ck_assert_mem_eq(s.octets, plain.octets, text_at(&s) + len);
	}
}
END_TEST

START_TEST(the_largest_message)
{
	static uint8_t plain[MAX_MESSAGE_LEN + 1], octets[MAX_MESSAGE_LEN + 1];
	struct sample s;
	size_t text, overhead;

	prepare(&s, _i, 0);
	overhead = s.total;
	text = MAX_MESSAGE_LEN - overhead;
	text -= text % s.suite.encr->block_len;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i + 5);
	memcpy(octets, plain, sizeof(plain));
	ck_assert(cipher_seal(crypto, &s.suite, &s.sk_e, &s.sk_a, octets, HEAD,
		overhead + text));
	ck_assert(cipher_open(crypto, &s.suite, &s.sk_e, &s.sk_a, octets, HEAD,
		overhead + text));
	ck_assert(memcmp(octets, plain, text_at(&s) + text) == 0);
	ck_assert(!cipher_open(crypto, &s.suite, &s.sk_e, &s.sk_a, octets, HEAD,
		MAX_MESSAGE_LEN + 1));
}
END_TEST

/* Every bit of head, IV, ciphertext and ICV. */
START_TEST(n20_any_bit_flipped)
{
	struct sample s;

	prepare(&s, _i, 48);
	ck_assert(seal(&s));
	ck_assert(opens(&s, HEAD, s.total));
	for (size_t i = 0; i < 8 * s.total; i++) {
		s.octets[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert(!opens(&s, HEAD, s.total));
		s.octets[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ck_assert(opens(&s, HEAD, s.total));
}
END_TEST

/* Among them: no IV or ICV, one cut short, part of a block. */
START_TEST(n20_every_truncation)
{
	struct sample s;

	prepare(&s, _i, 48);
	ck_assert(seal(&s));
	for (size_t total = 0; total < s.total; total++)
		ck_assert(!opens(&s, HEAD, total));
	ck_assert(!opens(&s, HEAD, s.total + 1));
	if (!s.suite.encr->aead)
		return; /* its ICV does not tell head from text */
	for (size_t head = 0; head <= s.total; head++)
		ck_assert(opens(&s, head, s.total) == (head == HEAD));
}
END_TEST

/* An ICV that is right does not help text that is no whole number of blocks. */
START_TEST(n20_part_of_a_block_with_a_right_icv)
{
	struct bytes covered;
	struct sample s;

	prepare(&s, _i, 47);
	if (s.suite.encr->aead)
		return;
	ck_assert(!seal(&s));
	covered = bytes_of(s.octets, text_at(&s) + 47);
	ck_assert(integ(crypto, s.suite.integ, secret_bytes(&s.sk_a), &covered,
		1, s.octets + covered.len));
	ck_assert(!opens(&s, HEAD, s.total));
}
END_TEST

START_TEST(another_key_does_not_open)
{
	struct sample s;

	prepare(&s, _i, 32);
	ck_assert(seal(&s));
	for (size_t i = 0; i < s.sk_e.len && s.suite.encr->aead; i++) {
		s.sk_e.data[i] ^= 1;
		ck_assert(!opens(&s, HEAD, s.total));
		s.sk_e.data[i] ^= 1;
	}
	for (size_t i = 0; i < s.sk_a.len; i++) {
		s.sk_a.data[i] ^= 1;
		ck_assert(!opens(&s, HEAD, s.total));
		s.sk_a.data[i] ^= 1;
	}
	ck_assert(opens(&s, HEAD, s.total));
}
END_TEST

/* Contexts are shared between SAs: neither a message of another suite nor one
 * that was refused may reach into the next. */
START_TEST(messages_do_not_touch_each_other)
{
	struct sample s, sealed, other;

	prepare(&s, _i, 64);
	sealed = s;
	ck_assert(seal(&sealed));
	for (int i = 0; i < pair_count; i++) {
		struct sample again = s;

		prepare(&other, i, 16);
		other.sk_e.data[3] ^= 0xff;
		ck_assert(seal(&other));
		other.octets[other.total - 1] ^= 1;
		ck_assert(!opens(&other, HEAD, other.total));
		ck_assert(seal(&again));
		ck_assert_mem_eq(again.octets, sealed.octets, s.total);
		ck_assert(opens(&again, HEAD, again.total));
	}
}
END_TEST

START_TEST(an_aead_message_allocates_nothing)
{
	struct sample s, other;
	size_t before;

	if (!pairs[_i].encr->aead)
		return;
	prepare(&s, _i, 64);
	prepare(&other, _i, 64);
	other.sk_e.data[0] ^= 0xff;
	ck_assert(seal(&s));
	before = allocations;
	ck_assert(seal(&other));
	ck_assert(opens(&s, HEAD, s.total));
	ck_assert(opens(&other, HEAD, other.total));
	s.octets[0] ^= 1;
	ck_assert(!opens(&s, HEAD, s.total));
	ck_assert_uint_eq(allocations, before);
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

SUITE(cipher)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	loop_test(what_is_sealed_opens, pair_count);
	loop_test(the_largest_message, pair_count);
	loop_test(n20_any_bit_flipped, pair_count);
	loop_test(n20_every_truncation, pair_count);
	loop_test(n20_part_of_a_block_with_a_right_icv, pair_count);
	loop_test(another_key_does_not_open, pair_count);
	loop_test(messages_do_not_touch_each_other, pair_count);
	loop_test(an_aead_message_allocates_nothing, pair_count);
}

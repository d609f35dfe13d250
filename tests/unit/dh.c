/* dh.c - key exchange: MODP against bignums of its own, bad public values, one seed twice.
 * SPDX-License-Identifier: ISC
 *
 * ECP and X25519 are proved by published vectors in transform.c.  RFC 3526
 * prints none, so here its primes are computed from its formula and its
 * agreements by plain exponentiation.
 */
#include "ikev2/crypto/dh.h"

#include "ikev2/crypto/cipher.h"
#include "ikev2/crypto/keymat.h"
#include "ikev2/crypto/sign.h"
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/heap.h"

#include <openssl/bn.h>

static struct crypto *crypto;

static const struct transform *row(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

/* RFC 3526: p = 2^bits - 2^(bits-64) - 1 + 2^64 * ([2^(bits-130) pi] + c) */
static const struct {
	const char *name;
	int bits;
	BN_ULONG c;
	size_t private_len;
} modps[] = {
	{ "modp2048", 2048, 124476, 29 },
	{ "modp3072", 3072, 1690314, 35 },
	{ "modp4096", 4096, 240904, 41 },
	{ "modp6144", 6144, 929484, 47 },
	{ "modp8192", 8192, 4743158, 50 },
};

enum { MODPS = sizeof(modps) / sizeof(modps[0]), GUARD_BITS = 64 };

static const char *const kes[] = { "modp2048", "modp3072", "modp4096",
	"modp6144", "modp8192", "ecp256", "ecp384", "ecp521", "x25519" };

enum { KES = sizeof(kes) / sizeof(kes[0]) };

/* unit * arctan(1/x) = unit/x - unit/(3 x^3) + unit/(5 x^5) - ... */
static BIGNUM *arctan(const BIGNUM *unit, BN_ULONG x)
{
	BIGNUM *sum = BN_new(), *power = BN_dup(unit), *term = BN_new();
	bool minus = false;

	ck_assert(BN_div_word(power, x) != (BN_ULONG)-1);
	BN_zero(sum);
	for (BN_ULONG n = 1; !BN_is_zero(power); n += 2) {
		ck_assert_ptr_nonnull(BN_copy(term, power));
		ck_assert(BN_div_word(term, n) != (BN_ULONG)-1);
		ck_assert(minus ? BN_sub(sum, sum, term)
				: BN_add(sum, sum, term));
		ck_assert(BN_div_word(power, x * x) != (BN_ULONG)-1);
		minus = !minus;
	}
	BN_free(power);
	BN_free(term);
	return sum;
}

/* [2^bits pi], by Machin: pi = 16 arctan(1/5) - 4 arctan(1/239). */
static BIGNUM *pi_times_2_to(int bits)
{
	BIGNUM *unit = BN_new(), *pi, *minus;

	ck_assert(BN_set_bit(unit, bits + GUARD_BITS));
	pi = arctan(unit, 5);
	minus = arctan(unit, 239);
	ck_assert(BN_lshift(pi, pi, 4));
	ck_assert(BN_lshift(minus, minus, 2));
	ck_assert(BN_sub(pi, pi, minus));
	ck_assert(BN_rshift(pi, pi, GUARD_BITS));
	BN_free(unit);
	BN_free(minus);
	return pi;
}

static BIGNUM *formula_prime(int group)
{
	int bits = modps[group].bits;
	BIGNUM *p = pi_times_2_to(bits - 130), *power = BN_new();

	ck_assert(BN_add_word(p, modps[group].c));
	ck_assert(BN_lshift(p, p, 64));
	ck_assert(BN_set_bit(power, bits));
	ck_assert(BN_add(p, p, power));
	BN_zero(power);
	ck_assert(BN_set_bit(power, bits - 64));
	ck_assert(BN_sub(p, p, power));
	ck_assert(BN_sub_word(p, 1));
	BN_free(power);
	return p;
}

/* base ^ exponent mod p by BN_mod_exp_simple, which the product never calls. */
static struct bytes power(struct bytes base, struct bytes exponent,
	const BIGNUM *p, uint8_t *out, int len)
{
	BN_CTX *context = BN_CTX_new();
	BIGNUM *b = BN_bin2bn(base.at, (int)base.len, NULL);
	BIGNUM *e = BN_bin2bn(exponent.at, (int)exponent.len, NULL);
	BIGNUM *result = BN_new();

	ck_assert(BN_mod_exp_simple(result, b, e, p, context));
	ck_assert_int_eq(BN_bn2binpad(result, out, len), len);
	BN_free(b);
	BN_free(e);
	BN_free(result);
	BN_CTX_free(context);
	return bytes_of(out, (size_t)len);
}

/* A fixed private value of a group, the top octet small. */
static struct bytes fixed(uint8_t *out, size_t len, uint8_t seed)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(seed + 29 * i);
	out[0] = 1;
	return bytes_of(out, len);
}

START_TEST(modp_is_the_formulas_prime_and_plain_arithmetic)
{
	static const uint8_t two = 2;
	const struct transform *group = row(modps[_i].name);
	BIGNUM *p = formula_prime(_i);
	uint8_t a[MAX_DH_PRIVATE], b[MAX_DH_PRIVATE];
	struct bytes private_a = fixed(a, modps[_i].private_len, 3);
	struct bytes private_b = fixed(b, modps[_i].private_len, 101);
	uint8_t expected[MAX_SHARED];
	struct shared_secret ab, ba;
	struct dh dh_a, dh_b;
	int len = group->public_len;

	ck_assert_int_eq(BN_num_bits(p), modps[_i].bits);
	ck_assert(dh_from_private(crypto, &dh_a, group, private_a));
	ck_assert(dh_from_private(crypto, &dh_b, group, private_b));
	assert_bytes(modps[_i].name, dh_public(&dh_a),
		power(bytes_of(&two, 1), private_a, p, expected, len));
	assert_bytes(modps[_i].name, dh_public(&dh_b),
		power(bytes_of(&two, 1), private_b, p, expected, len));
	ck_assert_int_eq(
		dh_agree(crypto, &dh_a, dh_public(&dh_b), &ab), IKE_OK);
	ck_assert_int_eq(
		dh_agree(crypto, &dh_b, dh_public(&dh_a), &ba), IKE_OK);
	assert_bytes(modps[_i].name, shared_bytes(&ab), shared_bytes(&ba));
	assert_bytes(modps[_i].name, shared_bytes(&ab),
		power(dh_public(&dh_b), private_a, p, expected, len));
	BN_free(p);
}
END_TEST

/* A bad value gives no secret, and the error that goes on the wire. */
static void refused(const struct dh *dh, struct bytes peer)
{
	static const struct shared_secret nothing;
	struct shared_secret shared;

	memset(&shared, 0xff, sizeof(shared));
	ck_assert_int_eq(dh_agree(crypto, dh, peer, &shared), INVALID_SYNTAX);
	ck_assert_uint_eq(shared.len, 0);
	if (peer.len == dh->group->public_len)
		ck_assert(memcmp(&shared, &nothing, sizeof(shared)) == 0);
}

static void accepted(const struct dh *dh, struct bytes peer)
{
	struct shared_secret shared;

	ck_assert_int_eq(dh_agree(crypto, dh, peer, &shared), IKE_OK);
	ck_assert_uint_eq(shared.len, dh->group->shared_len);
	ck_assert(!sodium_is_zero(shared.data, shared.len));
}

static struct bytes number(const BIGNUM *n, uint8_t *out, int len)
{
	ck_assert_int_eq(BN_bn2binpad(n, out, len), len);
	return bytes_of(out, (size_t)len);
}

static void modp_pair(struct dh *dh, int i)
{
	uint8_t private[MAX_DH_PRIVATE];

	ck_assert(dh_from_private(crypto, dh, row(modps[i].name),
		fixed(private, modps[i].private_len, 7)));
}

/* RFC 6989 section 2.1 */
START_TEST(n12_modp_0_1_and_about_p)
{
	BIGNUM *n = BN_new(), *p = formula_prime(_i);
	uint8_t octets[MAX_DH_PUBLIC];
	int len = modps[_i].bits / 8;
	struct dh dh;

	modp_pair(&dh, _i);
	for (BN_ULONG small = 0; small < 2; small++) {
		ck_assert(BN_set_word(n, small));
		refused(&dh, number(n, octets, len));
	}
	ck_assert(BN_set_word(n, 2));
	accepted(&dh, number(n, octets, len));
	ck_assert(BN_copy(n, p) && BN_sub_word(n, 2));
	accepted(&dh, number(n, octets, len));
	for (int i = 0; i < 3; i++) { /* p - 1, p, p + 1 */
		ck_assert(BN_add_word(n, 1));
		refused(&dh, number(n, octets, len));
	}
	memset(octets, 0xff, sizeof(octets));
	refused(&dh, bytes_of(octets, (size_t)len));
	BN_free(n);
	BN_free(p);
}
END_TEST

START_TEST(n12_wrong_length)
{
	const struct transform *group = row(kes[_i]);
	uint8_t octets[MAX_DH_PUBLIC + 2] = { 0 };
	size_t len = group->public_len;
	struct dh dh, peer;
	uint8_t private[MAX_DH_PRIVATE];
	size_t private_len =
		_i < MODPS ? modps[_i].private_len : group->shared_len;

	ck_assert(dh_from_private(
		crypto, &dh, group, fixed(private, private_len, 7)));
	ck_assert(dh_from_private(
		crypto, &peer, group, fixed(private, private_len, 9)));
	memcpy(octets, peer.public, len);
	accepted(&dh, bytes_of(octets, len));
	for (size_t wrong = 0; wrong <= len + 2; wrong++) {
		if (wrong != len && wrong <= sizeof(octets))
			refused(&dh, bytes_of(octets, wrong));
	}
	/* Right, with a zero more in front. */
	octets[0] = 0;
	memcpy(octets + 1, peer.public, len);
	refused(&dh, bytes_of(octets, len + 1));
}
END_TEST

static void ecp_pairs(struct dh *dh, struct dh *peer, const char *name)
{
	uint8_t private[MAX_DH_PRIVATE];
	size_t len = row(name)->shared_len;

	ck_assert(
		dh_from_private(crypto, dh, row(name), fixed(private, len, 7)));
	ck_assert(dh_from_private(
		crypto, peer, row(name), fixed(private, len, 9)));
}

/* RFC 6989 section 2.3; any bit of a point flipped takes it off the curve. */
START_TEST(n12_ecp_off_the_curve)
{
	const char *name = kes[MODPS + _i];
	struct dh dh, peer;
	size_t len = row(name)->public_len;

	ecp_pairs(&dh, &peer, name);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		peer.public[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused(&dh, bytes_of(peer.public, len));
		peer.public[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	accepted(&dh, bytes_of(peer.public, len));
	memset(peer.public, 0xff, len); /* x and y over p */
	refused(&dh, bytes_of(peer.public, len));
}
END_TEST

/* Infinity is one zero octet in SEC 1, and (0, 0) in some programs; neither
 * it nor a compressed or marked point is what RFC 5903 section 7 asks for. */
START_TEST(n12_ecp_infinity_compressed_marked)
{
	const char *name = kes[MODPS + _i];
	uint8_t octets[2 + 2 * MAX_DH_PRIVATE] = { 0 };
	struct dh dh, peer;
	size_t len = row(name)->public_len;

	ecp_pairs(&dh, &peer, name);
	refused(&dh, bytes_of(octets, 1));
	refused(&dh, bytes_of(octets, len));
	memcpy(octets + 1, peer.public, len);
	for (uint8_t mark = 2; mark <= 4; mark++) {
		octets[0] = mark;
		refused(&dh, bytes_of(octets, 1 + len / 2));
		refused(&dh, bytes_of(octets, 1 + len));
		refused(&dh, bytes_of(octets, len));
	}
}
END_TEST

/* RFC 7748 section 6.1, RFC 8031 section 2: 0, 1, the two points of order 8,
 * p - 1, p, p + 1, and those with the unused top bit. */
START_TEST(n12_x25519_zero_and_low_order)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t private[32], point[32];
	struct dh dh;

	ck_assert(dh_from_private(
		crypto, &dh, row("x25519"), fixed(private, 32, 7)));
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		memcpy(point, hex(points[i]).at, 32);
		refused(&dh, bytes_of(point, 32));
		point[31] |= 0x80;
		refused(&dh, bytes_of(point, 32));
	}
}
END_TEST

/* RFC 7296 section 2.14: the secret is as long as the group's prime. */
static void leading_zero(const char *name, size_t private_len)
{
	const struct transform *group = row(name);
	uint8_t private[MAX_DH_PRIVATE] = { 0 }, other[MAX_DH_PRIVATE];
	struct shared_secret ours, theirs;
	bool found_public = false, found_shared = false;
	struct dh dh, peer;

	ck_assert(dh_from_private(
		crypto, &peer, group, fixed(other, private_len, 9)));
	for (unsigned x = 2; !found_public || !found_shared; x++) {
		ck_assert_uint_lt(x, 10000);
		private[private_len - 2] = (uint8_t)(x >> 8);
		private[private_len - 1] = (uint8_t)x;
		ck_assert(dh_from_private(
			crypto, &dh, group, bytes_of(private, private_len)));
		ck_assert_int_eq(
			dh_agree(crypto, &dh, dh_public(&peer), &ours), IKE_OK);
		if (dh.public[0] != 0 && ours.data[0] != 0)
			continue;
		found_public |= dh.public[0] == 0;
		found_shared |= ours.data[0] == 0;
		ck_assert_int_eq(
			dh_agree(crypto, &peer, dh_public(&dh), &theirs),
			IKE_OK);
		ck_assert_uint_eq(ours.len, group->shared_len);
		assert_bytes(name, shared_bytes(&ours), shared_bytes(&theirs));
	}
}

START_TEST(leading_zeros_stay)
{
	leading_zero("modp2048", 29);
	leading_zero("ecp256", 32);
}
END_TEST

/* The same by arithmetic of its own: small exponents, a zero octet in front. */
START_TEST(a_leading_zero_is_where_arithmetic_puts_it)
{
	static const uint8_t two = 2;
	const struct transform *group = row("modp2048");
	BIGNUM *p = formula_prime(0);
	uint8_t private[29] = { 0 }, expected[MAX_SHARED];
	struct dh dh;
	unsigned x = 2047; /* 2^x, x < 2048, is no number mod p yet */

	do {
		x++;
		private[27] = (uint8_t)(x >> 8);
		private[28] = (uint8_t)x;
		power(bytes_of(&two, 1), bytes_of(private, 29), p, expected,
			256);
	} while (expected[0] != 0);
	ck_assert(dh_from_private(crypto, &dh, group, bytes_of(private, 29)));
	assert_bytes("modp2048", dh_public(&dh), bytes_of(expected, 256));
	BN_free(p);
}
END_TEST

/* A source of random octets that a test can read: a counter, hashed. */
struct source {
	uint64_t seed, count;
	size_t drawn;
};

static void draw(void *ctx, uint8_t *out, size_t len)
{
	struct source *source = ctx;
	uint8_t block[crypto_hash_sha256_BYTES];

	source->drawn += len;
	while (len > 0) {
		size_t take = len < sizeof(block) ? len : sizeof(block);

		source->count++;
		(void)crypto_hash_sha256(block, (const uint8_t *)source, 16);
		memcpy(out, block, take);
		out += take;
		len -= take;
	}
}

START_TEST(two_sides_agree)
{
	const struct transform *group = row(kes[_i]);
	struct source source = { .seed = 1 };
	struct shared_secret ab, ba, again;
	struct dh a, b, c;

	ck_assert(dh_new(crypto, &a, group, draw, &source));
	ck_assert(dh_new(crypto, &b, group, draw, &source));
	ck_assert(dh_new(crypto, &c, group, draw, &source));
	ck_assert_int_eq(dh_agree(crypto, &a, dh_public(&b), &ab), IKE_OK);
	ck_assert_int_eq(dh_agree(crypto, &b, dh_public(&a), &ba), IKE_OK);
	assert_bytes(group->name, shared_bytes(&ab), shared_bytes(&ba));
	ck_assert_uint_eq(ab.len, group->shared_len);
	ck_assert_int_eq(dh_agree(crypto, &a, dh_public(&c), &again), IKE_OK);
	ck_assert(!bytes_equal(shared_bytes(&ab), shared_bytes(&again)));
	ck_assert_uint_eq(source.drawn, 3u * a.private_len);
}
END_TEST

static void draw_zero(void *ctx, uint8_t *out, size_t len)
{
	(*(int *)ctx)++;
	memset(out, 0, len);
}

static void draw_ones_first(void *ctx, uint8_t *out, size_t len)
{
	memset(out, (*(int *)ctx)++ == 0 ? 0xff : 0x11, len);
}

/* RFC 5903 section 9: a scalar is in [1, n - 1]; one that is not is drawn anew,
 * not reduced, which would favour the small ones. */
START_TEST(ecp_scalars_outside_the_order_are_drawn_anew)
{
	const struct transform *group = row(kes[MODPS + _i]);
	uint8_t expected[MAX_DH_PRIVATE];
	struct dh dh;
	int calls = 0;

	memset(expected, 0x11, sizeof(expected));
	if (group->id == KE_ECP_521)
		expected[0] = 0x01;
	ck_assert(dh_new(crypto, &dh, group, draw_ones_first, &calls));
	ck_assert_int_eq(calls, 2);
	ck_assert_mem_eq(dh.private, expected, dh.private_len);
}
END_TEST

START_TEST(a_source_of_zeros_is_given_up)
{
	const struct transform *group = row(kes[_i]);
	static const struct dh nothing;
	struct dh dh;
	int calls = 0;

	if (group->id == KE_CURVE25519)
		return; /* which takes any octets */
	ck_assert(!dh_new(crypto, &dh, group, draw_zero, &calls));
	ck_assert_int_gt(calls, 1);
	ck_assert(memcmp(&dh, &nothing, sizeof(dh)) == 0);
}
END_TEST

/* RFC 3526 section 8: twice the strength of the group, no more. */
START_TEST(modp_exponents_have_their_size)
{
	static const uint16_t bits[MODPS] = { 225, 275, 325, 375, 400 };
	struct dh dh;
	int calls = 0, spare = (int)modps[_i].private_len * 8 - bits[_i];

	ck_assert(dh_new(
		crypto, &dh, row(modps[_i].name), draw_ones_first, &calls));
	ck_assert_uint_eq(dh.private_len, modps[_i].private_len);
	ck_assert_uint_eq(dh.private[0], 0xff >> spare);
	ck_assert_uint_eq(dh.private[1], 0xff);
}
END_TEST

START_TEST(private_values_that_no_group_has)
{
	static const uint8_t zero[MAX_DH_PRIVATE];
	/* The order of P-256, and the one below it. */
	uint8_t order[32];
	struct dh dh;

	memcpy(order,
		hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
			.at,
		32);
	ck_assert(!dh_from_private(
		crypto, &dh, row("ecp256"), bytes_of(zero, 32)));
	ck_assert(!dh_from_private(
		crypto, &dh, row("ecp256"), bytes_of(order, 32)));
	order[31]--;
	ck_assert(dh_from_private(
		crypto, &dh, row("ecp256"), bytes_of(order, 32)));
	ck_assert(!dh_from_private(
		crypto, &dh, row("ecp256"), bytes_of(order, 31)));
	ck_assert(!dh_from_private(
		crypto, &dh, row("modp2048"), bytes_of(zero, 29)));
	ck_assert(!dh_from_private(
		crypto, &dh, row("modp2048"), bytes_of(order, 28)));
	ck_assert(!dh_from_private(
		crypto, &dh, row("x25519"), bytes_of(order, 33)));
}
END_TEST

/* All that a set-up computes, into one hash. */
static void run(uint64_t seed, uint8_t out[crypto_hash_sha256_BYTES])
{
	const struct suite suite = { .encr = row("aes256gcm16"),
		.prf = row("prfsha384"),
		.ke = row("x25519") };
	struct crypto *own = crypto_new();
	struct source source = { .seed = seed };
	crypto_hash_sha256_state hash;
	struct shared_secret shared;
	uint8_t message[128], nonce[32];
	struct keymat keys;

	ck_assert_ptr_nonnull(own);
	(void)crypto_hash_sha256_init(&hash);
	for (int i = 0; i < KES; i++) {
		struct dh a, b;

		ck_assert(dh_new(own, &a, row(kes[i]), draw, &source));
		ck_assert(dh_new(own, &b, row(kes[i]), draw, &source));
		ck_assert_int_eq(
			dh_agree(own, &a, dh_public(&b), &shared), IKE_OK);
		(void)crypto_hash_sha256_update(
			&hash, a.public, a.group->public_len);
		(void)crypto_hash_sha256_update(&hash, shared.data, shared.len);
	}
	draw(&source, nonce, sizeof(nonce));
	draw(&source, message, sizeof(message));
	ck_assert(keymat_ike(own, &suite, bytes_of(nonce, 32),
		bytes_of(nonce, 32), shared_bytes(&shared), nonce, nonce + 8,
		&keys));
	ck_assert(cipher_seal(own, &suite, &keys.sk_ei, &keys.sk_ai, message,
		32, sizeof(message)));
	(void)crypto_hash_sha256_update(&hash, message, sizeof(message));
	(void)crypto_hash_sha256_final(&hash, out);
	crypto_free(own);
}

/* Nothing draws from libcrypto's or libsodium's own generator. */
START_TEST(one_seed_twice_is_the_same_to_the_octet)
{
	uint8_t first[crypto_hash_sha256_BYTES], again[sizeof(first)];
	uint8_t other[sizeof(first)];

	run(1, first);
	run(1, again);
	run(2, other);
	ck_assert_mem_eq(first, again, sizeof(first));
	ck_assert(memcmp(first, other, sizeof(first)) != 0);
}
END_TEST

START_TEST(a_wiped_pair_is_gone)
{
	static const struct dh nothing;
	struct source source = { .seed = 1 };
	struct dh dh;

	ck_assert(dh_new(crypto, &dh, row("x25519"), draw, &source));
	dh_wipe(&dh);
	ck_assert(memcmp(&dh, &nothing, sizeof(dh)) == 0);
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

/* What a handle made ready for a group goes with the handle. */
START_TEST(a_handle_gives_its_groups_back)
{
	struct source source = { .seed = 1 };
	size_t kept = 0;

	for (int i = 0; i < 4; i++) {
		struct crypto *other;
		struct dh dh;

		heap_watch();
		other = crypto_new();
		ck_assert_ptr_nonnull(other);
		ck_assert(dh_new(other, &dh, row(kes[_i]), draw, &source));
		dh_wipe(&dh);
		crypto_free(other);
		/* What libcrypto sets up for itself, once, it keeps. */
		if (i >= 2)
			ck_assert_uint_eq(heap_blocks(), kept);
		kept = heap_blocks();
		heap_unwatch();
	}
	ck_assert_uint_eq(kept, 0);
}
END_TEST

SUITE(dh)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	loop_test(modp_is_the_formulas_prime_and_plain_arithmetic, MODPS);
	loop_test(n12_modp_0_1_and_about_p, MODPS);
	loop_test(n12_wrong_length, KES);
	loop_test(n12_ecp_off_the_curve, 3);
	loop_test(n12_ecp_infinity_compressed_marked, 3);
	test(n12_x25519_zero_and_low_order);
	test(leading_zeros_stay);
	test(a_leading_zero_is_where_arithmetic_puts_it);
	loop_test(two_sides_agree, KES);
	loop_test(a_handle_gives_its_groups_back, KES);
	loop_test(ecp_scalars_outside_the_order_are_drawn_anew, 3);
	loop_test(a_source_of_zeros_is_given_up, KES);
	loop_test(modp_exponents_have_their_size, MODPS);
	test(private_values_that_no_group_has);
	test(one_seed_twice_is_the_same_to_the_octet);
	test(a_wiped_pair_is_gone);
}

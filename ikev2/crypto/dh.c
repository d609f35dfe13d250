/* dh.c - X25519 (libsodium); ECP and MODP (libcrypto's curves and bignums).
 * SPDX-License-Identifier: ISC
 *
 * Private values come from our own source of random octets alone, so key
 * generation by libcrypto is out.  EVP_PKEY could still derive from a private
 * value brought in, but not give its public value, and it validates a MODP
 * peer with a full exponentiation unless told not to; so both halves are done
 * here with the same constant-time calls that EVP_PKEY itself ends in:
 * EC_POINT_mul with one scalar (a ladder) and BN_mod_exp_mont_consttime.
 */
#include "ikev2/crypto/dh.h"

#include "ikev2/crypto/openssl.h"

#include <assert.h>
#include <openssl/obj_mac.h>

/* Bits of a private value: RFC 3526 section 8 for MODP (twice the strength of
 * the group), the group order's length for ECP. */
struct shape {
	uint16_t id;
	uint16_t private_bits;
	int curve;                   /* ECP */
	BIGNUM *(*prime)(BIGNUM *p); /* MODP */
};

/* clang-format off */
static const struct shape shapes[DH_GROUPS] = {
	{ KE_MODP_2048,  225, NID_undef, BN_get_rfc3526_prime_2048 },
	{ KE_MODP_3072,  275, NID_undef, BN_get_rfc3526_prime_3072 },
	{ KE_MODP_4096,  325, NID_undef, BN_get_rfc3526_prime_4096 },
	{ KE_MODP_6144,  375, NID_undef, BN_get_rfc3526_prime_6144 },
	{ KE_MODP_8192,  400, NID_undef, BN_get_rfc3526_prime_8192 },
	{ KE_ECP_256,    256, NID_X9_62_prime256v1, NULL },
	{ KE_ECP_384,    384, NID_secp384r1, NULL },
	{ KE_ECP_521,    521, NID_secp521r1, NULL },
	{ KE_CURVE25519, 256, NID_undef, NULL },
};
/* clang-format on */

/* A draw is refused with a chance of 2^-32 at most; a source that fails so
 * often is broken. */
enum { MAX_DRAWS = 16 };

static size_t shape_of(const struct transform *row)
{
	size_t i = 0;

	while (shapes[i].id != row->id) {
		i++;
		assert(i < DH_GROUPS);
	}
	return i;
}

static bool load_modp(struct dh_group *group, const struct shape *shape)
{
	AUTO(BN_CTX) *context = BN_CTX_new();

	group->prime = shape->prime(NULL);
	group->last = shape->prime(NULL);
	group->mont = BN_MONT_CTX_new();
	return context && group->prime && group->last && group->mont &&
	       BN_sub_word(group->last, 1) == 1 &&
	       BN_MONT_CTX_set(group->mont, group->prime, context) == 1;
}

static bool load_ecp(struct dh_group *group, const struct shape *shape)
{
	group->curve = EC_GROUP_new_by_curve_name(shape->curve);
	if (!group->curve)
		return false;
	group->order = BN_dup(EC_GROUP_get0_order(group->curve));
	return group->order != NULL;
}

void dh_group_unload(struct dh_group *group)
{
	EC_GROUP_free(group->curve);
	BN_free(group->order);
	BN_free(group->prime);
	BN_free(group->last);
	BN_MONT_CTX_free(group->mont);
	*group = (struct dh_group){ 0 };
}

/* The group made ready, or NULL. */
static const struct dh_group *group_of(
	struct crypto *crypto, const struct transform *row)
{
	size_t i = shape_of(row);
	struct dh_group *group = &crypto->groups[i];
	bool loaded;

	if (group->prime || group->curve)
		return group;
	loaded = shapes[i].prime ? load_modp(group, &shapes[i])
				 : load_ecp(group, &shapes[i]);
	if (!loaded) {
		dh_group_unload(group);
		return NULL;
	}
	return group;
}

/* out = base ^ private mod p; NULL is the generator, 2. */
static bool modp_power(const struct dh_group *group, const struct dh *dh,
	const BIGNUM *base, uint8_t *out)
{
	AUTO(BN_CTX) *context = BN_CTX_new();
	AUTO(BIGNUM) *exponent = BN_bin2bn(dh->private, dh->private_len, NULL);
	AUTO(BIGNUM) *two = BN_new();
	AUTO(BIGNUM) *power = BN_new();

	if (!context || !exponent || !two || !power || !BN_set_word(two, 2))
		return false;
	BN_set_flags(exponent, BN_FLG_CONSTTIME);
	if (!BN_mod_exp_mont_consttime(power, base ? base : two, exponent,
		    group->prime, context, group->mont))
		return false;
	return BN_bn2binpad(power, out, dh->group->public_len) > 0;
}

/* RFC 6989 section 2.1: for a safe prime, 1 < y < p - 1 is all there is to
 * check. */
static bool modp_allowed(const struct dh_group *group, const BIGNUM *y)
{
	return BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, group->last) < 0;
}

static enum ike_error modp_agree(const struct dh_group *group,
	const struct dh *dh, struct bytes peer, uint8_t *out)
{
	AUTO(BIGNUM) *y = BN_bin2bn(peer.at, (int)peer.len, NULL);

	if (!y)
		return IKE_DROP;
	if (!modp_allowed(group, y))
		return INVALID_SYNTAX;
	return modp_power(group, dh, y, out) ? IKE_OK : IKE_DROP;
}

/* out = x, or x | y, of private * point; NULL is the generator. */
static bool ecp_multiply(const struct dh_group *group, const struct dh *dh,
	const EC_POINT *point, uint8_t *out_x, uint8_t *out_y)
{
	int len = dh->group->shared_len;
	AUTO(BN_CTX) *context = BN_CTX_new();
	AUTO(EC_POINT) *product = EC_POINT_new(group->curve);
	AUTO(BIGNUM) *scalar = BN_bin2bn(dh->private, dh->private_len, NULL);
	AUTO(BIGNUM) *x = BN_new();
	AUTO(BIGNUM) *y = BN_new();
	bool done;

	if (!context || !product || !scalar || !x || !y)
		return false;
	BN_set_flags(scalar, BN_FLG_CONSTTIME);
	done = point ? EC_POINT_mul(group->curve, product, NULL, point, scalar,
			       context)
		     : EC_POINT_mul(group->curve, product, scalar, NULL, NULL,
			       context);
	/* Infinity has no coordinates: an error here. */
	if (!done || EC_POINT_get_affine_coordinates(
			     group->curve, product, x, y, context) != 1)
		return false;
	if (out_y && BN_bn2binpad(y, out_y, len) < 0)
		return false;
	return BN_bn2binpad(x, out_x, len) > 0;
}

/* RFC 6989 section 2.3: both coordinates below the prime, the point on the
 * curve.  Infinity cannot be written as x | y; the cofactor is 1. */
static enum ike_error ecp_agree(const struct dh_group *group,
	const struct dh *dh, struct bytes peer, uint8_t *out)
{
	uint8_t encoded[1 + 2 * MAX_DH_PRIVATE];
	AUTO(BN_CTX) *context = BN_CTX_new();
	AUTO(EC_POINT) *point = EC_POINT_new(group->curve);

	if (!context || !point)
		return IKE_DROP;
	encoded[0] = POINT_CONVERSION_UNCOMPRESSED;
	memcpy(encoded + 1, peer.at, peer.len);
	if (EC_POINT_oct2point(
		    group->curve, point, encoded, 1 + peer.len, context) != 1)
		return INVALID_SYNTAX;
	return ecp_multiply(group, dh, point, out, NULL) ? IKE_OK : IKE_DROP;
}

static bool make_public(struct crypto *crypto, struct dh *dh)
{
	const struct dh_group *group;

	if (dh->group->id == KE_CURVE25519)
		return crypto_scalarmult_curve25519_base(
			       dh->public, dh->private) == 0;
	group = group_of(crypto, dh->group);
	if (!group)
		return false;
	if (group->curve)
		return ecp_multiply(group, dh, NULL, dh->public,
			dh->public + dh->group->shared_len);
	return modp_power(group, dh, NULL, dh->public);
}

/* A private value is in [1, order - 1] for ECP, not 0 for MODP; X25519 takes
 * any 32 octets. */
static bool private_allowed(struct crypto *crypto, const struct dh *dh)
{
	const struct dh_group *group;
	AUTO(BIGNUM) *value = NULL;

	if (dh->group->id == KE_CURVE25519)
		return true;
	if (sodium_is_zero(dh->private, dh->private_len))
		return false;
	group = group_of(crypto, dh->group);
	if (!group)
		return false;
	if (!group->order)
		return true;
	value = BN_bin2bn(dh->private, dh->private_len, NULL);
	return value && BN_cmp(value, group->order) < 0;
}

static void prepare(struct dh *dh, const struct transform *row)
{
	*dh = (struct dh){ .group = row };
	dh->private_len =
		(uint16_t)((shapes[shape_of(row)].private_bits + 7) / 8);
}

/* A private value alone. */
static bool draw(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx)
{
	uint16_t spare_bits;
	int draws = 0;

	prepare(dh, group);
	spare_bits = (uint16_t)(8 * dh->private_len -
				shapes[shape_of(group)].private_bits);
	do {
		if (draws++ == MAX_DRAWS) {
			dh_wipe(dh);
			return false;
		}
		random(ctx, dh->private, dh->private_len);
		dh->private[0] &= (uint8_t)(0xff >> spare_bits);
	} while (!private_allowed(crypto, dh));
	return true;
}

bool dh_new(struct crypto *crypto, struct dh *dh, const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx)
{
	if (!draw(crypto, dh, group, random, ctx))
		return false;
	if (!make_public(crypto, dh)) {
		dh_wipe(dh);
		return false;
	}
	return true;
}

bool dh_from_private(struct crypto *crypto, struct dh *dh,
	const struct transform *group, struct bytes private)
{
	prepare(dh, group);
	if (private.len != dh->private_len)
		return false;
	memcpy(dh->private, private.at, private.len);
	if (!private_allowed(crypto, dh) || !make_public(crypto, dh)) {
		dh_wipe(dh);
		return false;
	}
	return true;
}

enum ike_error dh_agree(struct crypto *crypto, const struct dh *dh,
	struct bytes peer_public, struct shared_secret *shared)
{
	const struct dh_group *group;
	enum ike_error err;

	shared->len = 0;
	if (peer_public.len != dh->group->public_len)
		return INVALID_SYNTAX;
	if (dh->group->id == KE_CURVE25519) {
		/* RFC 8031 section 2: an all-zero result is refused. */
		err = crypto_scalarmult_curve25519(
			      shared->data, dh->private, peer_public.at) == 0
			      ? IKE_OK
			      : INVALID_SYNTAX;
	} else {
		group = group_of(crypto, dh->group);
		if (!group)
			return IKE_DROP;
		err = group->curve
			      ? ecp_agree(group, dh, peer_public, shared->data)
			      : modp_agree(
					group, dh, peer_public, shared->data);
	}
	if (err != IKE_OK) {
		sodium_memzero(shared, sizeof(*shared));
		return err;
	}
	shared->len = dh->group->shared_len;
	return IKE_OK;
}

enum ike_error dh_answer(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx,
	struct bytes peer_public, struct shared_secret *shared)
{
	enum ike_error err;

	if (!draw(crypto, dh, group, random, ctx))
		return IKE_DROP;
	err = dh_agree(crypto, dh, peer_public, shared);
	if (err == IKE_OK && !make_public(crypto, dh)) {
		sodium_memzero(shared, sizeof(*shared));
		err = IKE_DROP;
	}
	if (err != IKE_OK)
		dh_wipe(dh);
	return err;
}

void dh_wipe(struct dh *dh)
{
	sodium_memzero(dh, sizeof(*dh));
}

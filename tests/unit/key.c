/* key.c - keys of every kind read, written and compared; those that are none, each with its reason.
 * SPDX-License-Identifier: ISC
 *
 * libcrypto makes the good ones and, by hand of DER here, the odd ones.
 */
#include "ikev2/crypto/key.h"

#include "ikev2/crypto/pem.h"
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/allocations.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <stdlib.h>

static const struct {
	enum key_kind kind;
	unsigned int bits;
	const char *name;
	const char *type, *group; /* libcrypto's */
} kinds[] = {
	{ KEY_RSA, 2048, "RSA-2048", "RSA", NULL },
	{ KEY_P256, 256, "ECDSA P-256", "EC", "P-256" },
	{ KEY_P384, 384, "ECDSA P-384", "EC", "P-384" },
	{ KEY_P521, 521, "ECDSA P-521", "EC", "P-521" },
	{ KEY_ED25519, 256, "Ed25519", "ED25519", NULL },
	{ KEY_ED448, 448, "Ed448", "ED448", NULL },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), ROOM = 24000 };

static uint8_t der[ROOM];
static const char *why;

/* In DER, of libcrypto's making: "PrivateKeyInfo", "SubjectPublicKeyInfo",
 * "type-specific". */
static struct bytes encode(EVP_PKEY *key, int selection, const char *structure)
{
	OSSL_ENCODER_CTX *encoder = OSSL_ENCODER_CTX_new_for_pkey(
		key, selection, "DER", structure, NULL);
	unsigned char *at = der;
	size_t left = sizeof(der);

	ck_assert_int_eq(OSSL_ENCODER_to_data(encoder, &at, &left), 1);
	OSSL_ENCODER_CTX_free(encoder);
	return bytes_of(der, sizeof(der) - left);
}

static EVP_PKEY *make(int i)
{
	EVP_PKEY *key = kinds[i].group
				? EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].type,
					  kinds[i].group)
				: EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].type,
					  (size_t)kinds[i].bits);

	ck_assert_ptr_nonnull(key);
	return key;
}

/* tag, length, content, behind what w has. */
static void item(struct writer *w, uint8_t tag, struct bytes content)
{
	write_u8(w, tag);
	if (content.len >= 0x100) {
		write_u8(w, 0x82);
		write_u16(w, (uint16_t)content.len);
	} else {
		if (content.len >= 0x80)
			write_u8(w, 0x81);
		write_u8(w, (uint8_t)content.len);
	}
	write_bytes(w, content);
	ck_assert(!w->bad);
}

/* SubjectPublicKeyInfo of an AlgorithmIdentifier and a key. */
static struct bytes spki(struct bytes algorithm, struct bytes key)
{
	static uint8_t inner[ROOM], bits[ROOM];
	struct writer b = writer_of(bits, sizeof(bits));
	struct writer in = writer_of(inner, sizeof(inner));
	struct writer out = writer_of(der, sizeof(der));

	write_u8(&b, 0);
	write_bytes(&b, key);
	write_bytes(&in, algorithm);
	item(&in, 0x03, written(&b));
	item(&out, 0x30, written(&in));
	return written(&out);
}

static const char rsa_algorithm[] = "300d06092a864886f70d0101010500";

/* An RSA key whose modulus has so many bits, all of them ones; exponent as the
 * content of its INTEGER. */
static struct bytes rsa(unsigned int bits, const char *exponent)
{
	static uint8_t inner[ROOM], outer[ROOM], modulus[ROOM];
	struct writer in = writer_of(inner, sizeof(inner));
	struct writer out = writer_of(outer, sizeof(outer));
	size_t len = bits / 8 + 1;

	memset(modulus, 0xff, len);
	modulus[0] = (uint8_t)((1u << bits % 8) - 1);
	if (bits % 8 == 0)
		modulus[0] = 0;
	item(&in, 0x02, bytes_of(modulus, len));
	item(&in, 0x02, hex(exponent));
	item(&out, 0x30, written(&in));
	return spki(hex(rsa_algorithm), written(&out));
}

static void refused(struct bytes from, const char *because)
{
	struct public_key *key;

	why = NULL;
	key = public_key_read(from, &why);
	ck_assert_ptr_null(key);
	ck_assert_str_eq(why, because);
}

static struct public_key *accepted(struct bytes from)
{
	struct public_key *key = public_key_read(from, &why);

	ck_assert_msg(key != NULL, "%s", why);
	return key;
}

START_TEST(a_public_key_is_read)
{
	EVP_PKEY *made = make(_i);
	struct bytes from =
		encode(made, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo");
	struct public_key *key = accepted(from), *again = accepted(from);
	char name[24];

	ck_assert_int_eq(public_key_kind(key), kinds[_i].kind);
	ck_assert_uint_eq(public_key_bits(key), kinds[_i].bits);
	ck_assert_str_eq(public_key_name(key, name), kinds[_i].name);
	assert_bytes("der", public_key_der(key), from);
	ck_assert(public_key_equal(key, again));
	public_key_unref(again);
	ck_assert_ptr_eq(public_key_ref(key), key);
	public_key_unref(key);
	ck_assert_str_eq(public_key_name(key, name), kinds[_i].name);
	public_key_unref(key);
	public_key_unref(NULL);
	EVP_PKEY_free(made);
}
END_TEST

START_TEST(two_keys_differ)
{
	struct public_key *keys[2];

	for (int i = 0; i < 2; i++) {
		EVP_PKEY *made = make(_i);

		keys[i] = accepted(encode(
			made, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo"));
		EVP_PKEY_free(made);
	}
	ck_assert(!public_key_equal(keys[0], keys[1]));
	public_key_unref(keys[0]);
	public_key_unref(keys[1]);
}
END_TEST

/* Nothing shorter is a key, nothing longer, and no octet of what frames it may
 * be another one. */
START_TEST(n28_der_cut_at_every_octet)
{
	EVP_PKEY *made = make(_i);
	struct bytes from =
		encode(made, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo");

	for (size_t len = 0; len < from.len; len++) {
		uint8_t *cut = malloc(len + 1); /* ASan sees the end */

		memcpy(cut, from.at, len);
		cut = realloc(cut, len ? len : 1);
		refused(bytes_of(cut, len), "no public key in DER");
		free(cut);
	}
	der[from.len] = 0;
	refused(bytes_of(der, from.len + 1), "no public key in DER");
	EVP_PKEY_free(made);
}
END_TEST

START_TEST(n28_der_changed_at_every_octet)
{
	EVP_PKEY *made = make(_i);
	struct bytes from =
		encode(made, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo");
	struct public_key *right = accepted(from);

	for (size_t at = 0; at < from.len; at++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			struct public_key *key;

			der[at] ^= (uint8_t)(1u << bit);
			key = public_key_read(from, &why);
			if (key)
				ck_assert(!public_key_equal(key, right));
			public_key_unref(key);
			der[at] ^= (uint8_t)(1u << bit);
		}
	}
	public_key_unref(right);
	EVP_PKEY_free(made);
}
END_TEST

static const struct {
	unsigned int bits;
	const char *exponent;
	const char *why; /* NULL: it is one */
} moduli[] = {
	{ 2048, "010001", NULL },
	{ 2049, "010001", NULL },
	{ 8192, "010001", NULL },
	{ 2048, "03", NULL },
	{ 2048, "00ffffffffffffffff", NULL },
	{ 512, "010001", "an RSA key of less than 2048 bits" },
	{ 2047, "010001", "an RSA key of less than 2048 bits" },
	{ 8193, "010001", "an RSA key of more than 8192 bits" },
	{ 32768, "010001", "an RSA key of more than 8192 bits" },
	{ 2048, "00", "an RSA exponent that is even or less than 3" },
	{ 2048, "01", "an RSA exponent that is even or less than 3" },
	{ 2048, "02", "an RSA exponent that is even or less than 3" },
	{ 2048, "010000", "an RSA exponent that is even or less than 3" },
	{ 2048, "01ffffffffffffffff", "an RSA exponent of more than 64 bits" },
	{ 2048, "ff", "no RSA key in DER" },
	{ 2048, "0003", "no RSA key in DER" },
	{ 2048, "", "no RSA key in DER" },
};

enum { MODULI = sizeof(moduli) / sizeof(moduli[0]) };

START_TEST(n28_rsa_sizes_and_exponents)
{
	struct bytes from = rsa(moduli[_i].bits, moduli[_i].exponent);

	if (moduli[_i].why) {
		refused(from, moduli[_i].why);
	} else {
		struct public_key *key = accepted(from);

		ck_assert_uint_eq(public_key_bits(key), moduli[_i].bits);
		public_key_unref(key);
	}
}
END_TEST

START_TEST(n28_rsa_with_an_even_modulus)
{
	struct bytes from = rsa(2048, "010001");

	der[from.len - 6] ^= 1; /* before 02 03 01 00 01 */
	refused(from, "an RSA key with an even modulus");
}
END_TEST

static const char point[] =
	"04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
static const char off_curve[] =
	"04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f4";
static const char above_p[] =
	"04 ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
	"66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4";
static const char compressed[] =
	"03 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
static const char hybrid[] =
	"07 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
static const char small_order[] =
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";

#define OFF_CURVE "a point that is not on its curve, or no memory"
#define PARTS     "a private key whose parts do not go together"
#define P256      "301306072a8648ce3d020106082a8648ce3d030107"
#define CURVE     "an elliptic curve that is not P-256, P-384 or P-521 by name"
#define KIND      "a kind of key that is not RSA, ECDSA, Ed25519 or Ed448"

static const struct {
	const char *what;
	const char *algorithm, *key;
	const char *why;
} odd[] = {
	{ "off its curve", P256, off_curve, OFF_CURVE },
	{ "x not below p", P256, above_p, OFF_CURVE },
	{ "compressed", P256, compressed,
		"a point that is compressed, or none" },
	{ "hybrid", P256, hybrid, "a point that is compressed, or none" },
	{ "infinity", P256, "00", "a point that is compressed, or none" },
	{ "one octet more", P256,
		"04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945"
		"d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6"
		"406837bf51f500",
		"a point of the wrong length" },
	{ "of the larger curve", "301006072a8648ce3d020106052b81040022", point,
		"a point of the wrong length" },
	{ "secp256k1", "301006072a8648ce3d020106052b8104000a", point, CURVE },
	{ "P-192", "301306072a8648ce3d020106082a8648ce3d030101", point, CURVE },
	{ "P-224", "301006072a8648ce3d020106052b81040021", point, CURVE },
	{ "brainpoolP256r1", "301406072a8648ce3d020106092b2403030208010107",
		point, CURVE },
	{ "parameters, or so",
		"301606072a8648ce3d0201300b0201013006060100020100", point,
		CURVE },
	{ "implicit curve", "300b06072a8648ce3d02010500", point, CURVE },
	{ "no curve", "300906072a8648ce3d0201", point, CURVE },
	{ "X25519", "300506032b656e", small_order, KIND },
	{ "RSA for PSS alone", "300b06092a864886f70d01010a", point, KIND },
	{ "RSA without NULL", "300b06092a864886f70d010101", point, KIND },
	{ "DSA", "300906072a8648ce380401", point, KIND },
	{ "Ed25519 with NULL", "300706032b65700500", small_order, KIND },
	{ "Ed25519 short", "300506032b6570", "00",
		"an Ed25519 key of the wrong length" },
	{ "Ed25519 of small order", "300506032b6570", small_order,
		"an Ed25519 key that is no point of its curve" },
	{ "Ed448 short", "300506032b6571", small_order,
		"an Ed448 key of the wrong length" },
	{ "RSA of nothing", "300d06092a864886f70d0101010500", "00",
		"no RSA key in DER" },
	{ "no algorithm", "3000", point, KIND },
};

enum { ODD = sizeof(odd) / sizeof(odd[0]) };

START_TEST(n28_odd_keys)
{
	struct public_key *right = accepted(spki(hex(P256), hex(point)));

	public_key_unref(right);
	refused(spki(hex(odd[_i].algorithm), hex(odd[_i].key)), odd[_i].why);
}
END_TEST

/* A curve that is P-256, in the words of explicit parameters. */
START_TEST(n28_explicit_parameters)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string("group", (char[]){ "P-256" }, 0),
		OSSL_PARAM_utf8_string("encoding", (char[]){ "explicit" }, 0),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	struct private_key *private;
	EVP_PKEY *key = NULL;

	ck_assert_int_eq(EVP_PKEY_keygen_init(context), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_params(context, params), 1);
	ck_assert_int_eq(EVP_PKEY_generate(context, &key), 1);
	refused(encode(key, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo"),
		CURVE);
	private = private_key_read(
		encode(key, EVP_PKEY_KEYPAIR, "PrivateKeyInfo"), &why);
	ck_assert_ptr_null(private);
	ck_assert_str_eq(why, CURVE);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(context);
}
END_TEST

START_TEST(lengths_have_one_form)
{
	static const char *const forms[] = {
		/* SEQUENCE { SEQUENCE { OID Ed25519 }, BIT STRING }: indefinite,
		 * one and two octets too many, a length past everything */
		"3080 300506032b6570 032100",
		"30812a 300506032b6570 032100",
		"3082002a 300506032b6570 032100",
		"30ff 300506032b6570 032100",
		"3084ffffffff 300506032b6570 032100",
		"3085000000002a 300506032b6570 032100",
		/* the number of unused bits is not 0 */
		"302a 300506032b6570 032101",
		/* a NULL behind the BIT STRING's place */
		"302a 300506032b6570 052100",
	};
	static const char rest[] = "d75a980182b10ab7d54bfed3c964073a"
				   "0ee172f3daa62325af021a68f707511a";
	char text[200];

	snprintf(text, sizeof(text), "302a300506032b6570032100%s", rest);
	public_key_unref(accepted(hex(text)));
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", forms[i], rest);
		refused(hex(text), "no public key in DER");
	}
}
END_TEST

static struct private_key *private_accepted(struct bytes from)
{
	struct private_key *key = private_key_read(from, &why);

	ck_assert_msg(key != NULL, "%s", why);
	return key;
}

static void private_refused(struct bytes from, const char *because)
{
	struct private_key *key = private_key_read(from, &why);

	ck_assert_ptr_null(key);
	ck_assert_str_eq(why, because);
}

/* PKCS#8, and PKCS#1 or SEC 1 where there is such a form. */
START_TEST(a_private_key_is_read)
{
	static const char *const forms[] = { "PrivateKeyInfo",
		"type-specific" };
	EVP_PKEY *made = make(_i);
	struct public_key *public = accepted(
		encode(made, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo"));

	for (int form = 0; form < (kinds[_i].kind < KEY_ED25519 ? 2 : 1);
		form++) {
		struct private_key *key = private_accepted(
			encode(made, EVP_PKEY_KEYPAIR, forms[form]));

		ck_assert(public_key_equal(private_key_public(key), public));
		private_key_free(key);
	}
	private_key_free(NULL);
	public_key_unref(public);
	EVP_PKEY_free(made);
}
END_TEST

START_TEST(a_private_key_cut_at_every_octet)
{
	EVP_PKEY *made = make(_i);
	struct bytes from = encode(made, EVP_PKEY_KEYPAIR, "PrivateKeyInfo");

	for (size_t len = 0; len < from.len; len++)
		private_refused(
			bytes_of(from.at, len), "no private key in DER");
	der[from.len] = 0;
	private_refused(bytes_of(der, from.len + 1), "no private key in DER");
	EVP_PKEY_free(made);
}
END_TEST

/* RFC 8410 section 10.3 */
START_TEST(the_ed25519_key_of_rfc_8410)
{
	static const char seed[] = "d4ee72dbf913584ad5b6d8f1f769f8ad"
				   "3afe7c28cbf1d4fbe097a88f44755842";
	static const char public[] = "19bf44096984cdfe8541bac167dc3b96"
				     "c85086aa30b6b6cb0c5c38ad703166e1";
	struct private_key *key;
	struct bytes spki_der;
	char text[200];

	snprintf(
		text, sizeof(text), "302e020100300506032b657004220420%s", seed);
	key = private_accepted(hex(text));
	spki_der = public_key_der(private_key_public(key));
	assert_bytes("public", bytes_of(spki_der.at + 12, 32), hex(public));
	private_key_free(key);
}
END_TEST

/* The end of a private key of a curve is its public point, in both forms. */
START_TEST(a_point_of_another_key)
{
	EVP_PKEY *made = make(_i), *other = make(_i);
	struct bytes from =
		encode(other, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo");
	size_t len = (kinds[_i].bits + 7) / 8 * 2;
	uint8_t y[132];

	memcpy(y, from.at + from.len - len, len);
	from = encode(made, EVP_PKEY_KEYPAIR, "PrivateKeyInfo");
	memcpy(der + from.len - len, y, len);
	private_refused(from, PARTS);
	EVP_PKEY_free(made);
	EVP_PKEY_free(other);
}
END_TEST

/* A signature shows it: the modulus of another key. */
START_TEST(a_modulus_of_another_key)
{
	EVP_PKEY *made = make(0), *other = make(0);
	struct bytes from = encode(made, EVP_PKEY_KEYPAIR, "type-specific");
	BIGNUM *mine = NULL, *others = NULL;
	uint8_t octets[256];
	uint8_t *at;

	EVP_PKEY_get_bn_param(made, OSSL_PKEY_PARAM_RSA_N, &mine);
	EVP_PKEY_get_bn_param(other, OSSL_PKEY_PARAM_RSA_N, &others);
	ck_assert_int_eq(BN_bn2binpad(mine, octets, sizeof(octets)), 256);
	at = memmem(der, from.len, octets, sizeof(octets));
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(BN_bn2binpad(others, at, sizeof(octets)), 256);
	private_refused(from, PARTS);
	BN_free(mine);
	BN_free(others);
	EVP_PKEY_free(made);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(n28_private_rsa_of_512_bits)
{
	EVP_PKEY *made = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)512);

	private_refused(encode(made, EVP_PKEY_KEYPAIR, "PrivateKeyInfo"),
		"an RSA key of less than 2048 bits");
	EVP_PKEY_free(made);
}
END_TEST

START_TEST(private_keys_of_other_kinds)
{
	EVP_PKEY *made = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

	private_refused(encode(made, EVP_PKEY_KEYPAIR, "PrivateKeyInfo"), KIND);
	EVP_PKEY_free(made);
	made = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
	private_refused(
		encode(made, EVP_PKEY_KEYPAIR, "PrivateKeyInfo"), CURVE);
	EVP_PKEY_free(made);
}
END_TEST

/* SEQUENCE of sizes and beginnings that are no key's. */
START_TEST(private_keys_that_are_none)
{
	static uint8_t big[20000] = { 0x30, 0x82, 0x4e, 0x1c, 0x02, 0x01 };

	private_refused(bytes_of(big, sizeof(big)),
		"a private key of more than 16384 octets");
	/* PBES2, as `openssl genpkey -aes256` has it */
	private_refused(hex("300f 300906092a864886f70d01050d 0402 0000"),
		"no private key in DER");
	private_refused(hex("300f 300b06092a864886f70d01050d 0400"),
		"a private key with a password, or none");
	private_refused(hex("3000"), "no private key in DER");
	private_refused(hex("3003 0201ff"), "no private key in DER");
	private_refused(hex("3003 020100"),
		"no private key in PKCS#8, PKCS#1 or SEC 1");
	private_refused(bytes_of("", 0), "no private key in DER");
}
END_TEST

/* What keygen writes: read again it is the same, and libcrypto says so too. */
START_TEST(a_made_key_is_written_and_read)
{
	struct private_key *key =
		private_key_generate(kinds[_i].kind, kinds[_i].bits, &why);
	char text[KEY_PEM_SIZE];
	struct private_key *again;
	struct public_key *public;
	struct pem_item pem;
	struct bytes rest;

	ck_assert_ptr_nonnull(key);
	memset(text, 'x', sizeof(text));
	rest = bytes_of(text, private_key_pem(key, text));
	ck_assert_uint_eq(rest.len, strlen(text));
	ck_assert_int_eq(strncmp(text, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
	ck_assert(pem_next(&rest, &pem));
	ck_assert_int_eq(pem.kind, PEM_PRIVATE_KEY);
	again = private_accepted(bytes_of(pem.der, pem.len));
	ck_assert(public_key_equal(
		private_key_public(key), private_key_public(again)));
	private_key_free(again);
	pem_clear(&pem);
	ck_assert(!pem_next(&rest, &pem));

	memset(text, 'x', sizeof(text));
	rest = bytes_of(text, public_key_pem(private_key_public(key), text));
	ck_assert_uint_eq(rest.len, strlen(text));
	ck_assert_int_eq(strncmp(text, "-----BEGIN PUBLIC KEY-----\n", 27), 0);
	ck_assert(pem_next(&rest, &pem));
	ck_assert_int_eq(pem.kind, PEM_PUBLIC_KEY);
	public = accepted(bytes_of(pem.der, pem.len));
	ck_assert(public_key_equal(private_key_public(key), public));
	public_key_unref(public);
	pem_clear(&pem);
	private_key_free(key);
}
END_TEST

START_TEST(rsa_keys_of_other_sizes_are_not_made)
{
	static const unsigned int bits[] = { 0, 512, 1024, 2047, 8193, 32768 };

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		ck_assert_ptr_null(
			private_key_generate(KEY_RSA, bits[i], &why));
		ck_assert_str_eq(why, "RSA keys have 2048 to 8192 bits");
	}
}
END_TEST

/* Without memory there is no key, and none of it is left (ASan tells). */
START_TEST(memory_runs_out_for_a_public_key)
{
	EVP_PKEY *made = make(_i);
	struct bytes from =
		encode(made, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo");
	struct public_key *key = NULL;

	for (size_t left = 0; !key; left++) {
		allocations_left = left;
		key = public_key_read(from, &why);
		allocations_left = SIZE_MAX;
	}
	public_key_unref(key);
	EVP_PKEY_free(made);
}
END_TEST

/* In growing strides: libcrypto tries one decoder after the other, thousands of
 * allocations in all. */
START_TEST(memory_runs_out_for_a_private_key)
{
	EVP_PKEY *made = make(_i);
	struct bytes from = encode(made, EVP_PKEY_KEYPAIR, "PrivateKeyInfo");
	struct private_key *key = NULL;

	for (size_t left = 0; !key; left += 1 + left / 32) {
		allocations_left = left;
		key = private_key_read(from, &why);
		allocations_left = SIZE_MAX;
	}
	private_key_free(key);
	EVP_PKEY_free(made);
}
END_TEST

static void teardown(void)
{
	allocations_left = SIZE_MAX;
}

SUITE(key)
{
	tcase_add_checked_fixture(tcase, NULL, teardown);
	loop_test(a_public_key_is_read, KINDS);
	loop_test(two_keys_differ, KINDS);
	loop_test(n28_der_cut_at_every_octet, KINDS);
	loop_test(n28_der_changed_at_every_octet, KINDS);
	loop_test(n28_rsa_sizes_and_exponents, MODULI);
	test(n28_rsa_with_an_even_modulus);
	loop_test(n28_odd_keys, ODD);
	test(n28_explicit_parameters);
	test(lengths_have_one_form);
	loop_test(a_private_key_is_read, KINDS);
	loop_test(a_private_key_cut_at_every_octet, KINDS);
	test(the_ed25519_key_of_rfc_8410);
	tcase_add_loop_test(tcase, a_point_of_another_key, 1, 4);
	test(a_modulus_of_another_key);
	test(n28_private_rsa_of_512_bits);
	test(private_keys_of_other_kinds);
	test(private_keys_that_are_none);
	loop_test(a_made_key_is_written_and_read, KINDS);
	test(rsa_keys_of_other_sizes_are_not_made);
	loop_test(memory_runs_out_for_a_public_key, KINDS);
	loop_test(memory_runs_out_for_a_private_key, KINDS);
}

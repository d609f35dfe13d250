/* sign_wrong.c - AUTH by signature that is wrong by its form, its scheme or its key: N25.
 * SPDX-License-Identifier: ISC
 *
 * Where there can be one, the signature inside is right.
 */
#include "tests/hex.h"
#include "tests/unit/allocations.h"
#include "tests/unit/signing.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#define UNKNOWN     "an AlgorithmIdentifier that is none of ours"
#define UNANNOUNCED "a signature algorithm that we have not announced"

START_TEST(n25_lengths_of_asn1)
{
	static const uint8_t wrong[] = { 0, 1, 127, 128, 255 };
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);

	if (use->method != 14)
		return;
	/* The octet that counts the AlgorithmIdentifier: anything else. */
	for (unsigned int len = 0; len < 256; len++) {
		uint8_t right = s.data[0];

		if (len == right)
			continue;
		s.data[0] = (uint8_t)len;
		signing_refused(use, signing_data(&s), UNKNOWN);
		s.data[0] = right;
	}
	/* The lengths in it, of the SEQUENCE and of the OID. */
	for (size_t at = 2; at <= 4; at += 2) {
		uint8_t right = s.data[at];

		for (size_t i = 0; i < sizeof(wrong); i++) {
			s.data[at] = wrong[i];
			signing_refused(use, signing_data(&s), UNKNOWN);
		}
		s.data[at] = right;
	}
	/* AUTH data cut anywhere. */
	for (size_t len = 0; len < s.len; len++)
		signing_refused(use, bytes_of(s.data, len),
			len <= s.data[0] ? UNKNOWN : NULL);
	ck_assert(signing_verify(use, signing_data(&s)));
}
END_TEST

START_TEST(n25_algorithm_not_announced)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);
	const struct signature_scheme *scheme =
		signature_scheme_named(use->scheme);
	struct auth_rules rules = { ~BIT(scheme->hash), true, AUTH_RSA_PSS };

	if (use->method != 14)
		return;
	ck_assert(!signing_verify_with(
		signing_public(use->kind), rules, 14, signing_data(&s)));
	ck_assert_str_eq(signing.why, UNANNOUNCED);
	rules.hashes = 0;
	ck_assert(!signing_verify_with(
		signing_public(use->kind), rules, 14, signing_data(&s)));
	ck_assert_str_eq(signing.why, UNANNOUNCED);
	rules.hashes = BIT(scheme->hash);
	ck_assert(signing_verify_with(
		signing_public(use->kind), rules, 14, signing_data(&s)));
}
END_TEST

START_TEST(n25_sha1_that_is_not_allowed)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);
	struct auth_rules rules = { ~0u, false, AUTH_RSA_PSS };

	if (!use->md || strcmp(use->md, "SHA1") != 0)
		return;
	ck_assert(!signing_verify_with(
		signing_public(use->kind), rules, s.method, signing_data(&s)));
	ck_assert_str_eq(signing.why,
		use->method == 14
			? UNANNOUNCED
			: "a signature with another hash than is allowed or "
			  "said");
	rules.sha1 = true;
	ck_assert(signing_verify_with(
		signing_public(use->kind), rules, s.method, signing_data(&s)));
}
END_TEST

START_TEST(n25_ecdsa_with_sha1_is_none_of_ours)
{
	const struct use use = { KEY_P256, ~0u, true, AUTH_RSA_PSS, "ECDSA", 14,
		"SHA1", "300906072a8648ce3d0401" };
	EVP_MD_CTX *context = signing_judge(&use, true);
	struct bytes text = signing_covered();
	uint8_t out[160];
	size_t len = sizeof(out);

	ck_assert_int_eq(
		EVP_DigestSign(context, out, &len, text.at, text.len), 1);
	EVP_MD_CTX_free(context);
	signing_refused(&use,
		signing_framed(hex(use.algorithm), bytes_of(out, len)),
		UNKNOWN);
}
END_TEST

/* Other forms of PSS, each with a signature that would be right. */
START_TEST(n25_pss_with_other_parameters)
{
#define START  "06092a864886f70d01010a"
#define SHA256 "300d06096086480165030402010500"
#define MGF1   "06092a864886f70d010108"
	static const char *const wrong[] = {
		/* a salt of 2^31, of 2^31 - 1, of -2^31, of 31, 33 and 0 */
		"3045" START "3038 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a207 0205 0080000000",
		"3044" START "3037 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a206 0204 7fffffff",
		"3044" START "3037 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a206 0204 80000000",
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 1f",
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 21",
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 00",
		/* 32 in two octets */
		"3042" START "3035 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a204 0202 0020",
		/* the trailer field, which is its default */
		"3046" START "3039 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 20 a303 0201 01",
		/* MGF1 with SHA-512, and with SHA-1 by default */
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1
		"300d06096086480165030402030500 a203 0201 20",
		"3023" START "3016 a00f" SHA256 "a203 0201 20",
		/* no parameters at all, NULL */
		"300b" START,
		"300d" START "0500",
		/* one octet behind the SEQUENCE */
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 20 00",
	};
	const struct use use = { KEY_RSA, ~0u, false, AUTH_RSA_PSS,
		"RSA-PSS with SHA2-256", 14, "SHA256",
		PSS_PARAMETERS("1", "20") };
	struct auth_signature s = signing_sign(&use);

	ck_assert(signing_verify(&use,
		signing_framed(hex(use.algorithm), signing_signature(&s))));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		signing_refused(&use,
			signing_framed(hex(wrong[i]), signing_signature(&s)),
			UNKNOWN);
}
END_TEST

/* The right parameters, and a signature with other ones. */
START_TEST(n25_pss_with_another_salt_or_mask)
{
	static const struct {
		int salt;
		const char *mgf1;
		bool good;
	} made[] = {
		{ 32, "SHA256", true },
		{ 0, "SHA256", false },
		{ 31, "SHA256", false },
		{ 33, "SHA256", false },
		{ 222, "SHA256", false },
		{ 32, "SHA512", false },
		{ 32, "SHA1", false },
	};
	const struct use use = { KEY_RSA, ~0u, false, AUTH_RSA_PSS,
		"RSA-PSS with SHA2-256", 14, "SHA256",
		PSS_PARAMETERS("1", "20") };
	struct bytes text = signing_covered();

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		EVP_MD_CTX *context = signing_judge(&use, true);
		EVP_PKEY_CTX *options = EVP_MD_CTX_get_pkey_ctx(context);
		uint8_t out[256];
		size_t len = sizeof(out);

		ck_assert_int_eq(
			EVP_PKEY_CTX_set_rsa_pss_saltlen(options, made[i].salt),
			1);
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_mgf1_md_name(
					 options, made[i].mgf1, NULL),
			1);
		ck_assert_int_eq(
			EVP_DigestSign(context, out, &len, text.at, text.len),
			1);
		EVP_MD_CTX_free(context);
		ck_assert(signing_verify(&use,
				  signing_framed(hex(use.algorithm),
					  bytes_of(out, len))) == made[i].good);
	}
}
END_TEST

/* As RFC 4055 sections 2.1 and 5 want it taken: without NULL. */
START_TEST(parameters_of_rsa_may_be_absent)
{
	static const struct {
		enum auth_rsa rsa;
		const char *algorithm;
	} bare[] = {
		{ AUTH_RSA_PKCS1, "300b06092a864886f70d01010b" },
		{ AUTH_RSA_PSS, "303d06092a864886f70d01010a3030"
				"a00d300b0609608648016503040201"
				"a11a301806092a864886f70d010108"
				"300b0609608648016503040201"
				"a203020120" },
	};

	for (int i = 0; i < 2; i++) {
		const struct use use = { KEY_RSA, SHA2, false, bare[i].rsa,
			"bare", 14, "SHA256", bare[i].algorithm };
		struct auth_signature s = signing_sign(&use);

		ck_assert_msg(signing_verify(&use,
				      signing_framed(hex(bare[i].algorithm),
					      signing_signature(&s))),
			"%s", signing.why);
	}
}
END_TEST

/* What comes before the private operation, made by hand. */
static struct bytes raw_rsa(struct bytes block)
{
	static uint8_t out[256];
	EVP_PKEY_CTX *context =
		EVP_PKEY_CTX_new(signing_keys[KEY_RSA].evp[0], NULL);
	size_t len = sizeof(out);

	ck_assert_uint_eq(block.len, sizeof(out));
	ck_assert_int_eq(EVP_PKEY_sign_init(context), 1);
	ck_assert_int_eq(
		EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
	ck_assert_int_eq(
		EVP_PKEY_sign(context, out, &len, block.at, block.len), 1);
	EVP_PKEY_CTX_free(context);
	return bytes_of(out, len);
}

#define INFO    "3031300d060960864801650304020105000420"
#define NO_PAD  "no padding of PKCS#1 v1.5 in the signature"
#define NO_INFO "no DigestInfo of SHA-2 or SHA-1 in the signature"
#define WRONG   "a signature of something else, or by another key"

START_TEST(n25_blocks_of_pkcs1)
{
	/* 256 octets: start, so many octets 0xff (-1: what is missing), then a
	 * DigestInfo, the hash less some octets, and octets behind. */
	static const struct {
		const char *what;
		const char *start;
		int padding;
		const char *info;
		size_t hash_len;
		const char *behind;
		const char *why; /* NULL: right */
	} blocks[] = {
		{ "right", "0001", -1, "00" INFO, 32, "", NULL },
		{ "garbage behind", "0001", 8, "00" INFO, 32, "*", NO_INFO },
		{ "garbage behind, 0x00", "0001", -1, "00" INFO, 32, "00",
			NO_INFO },
		{ "garbage in the padding", "0001", 100, "*00" INFO, 32, "",
			NO_PAD },
		{ "hash short by 1", "0001", -1, "00" INFO, 31, "", NO_INFO },
		{ "hash short by 1, and said so", "0001", -1,
			"00 3030300d06096086480165030402010500041f", 31, "",
			NO_INFO },
		{ "no hash", "0001", -1, "00" INFO, 0, "", NO_INFO },
		{ "no DigestInfo", "0001", -1, "00", 32, "", NO_INFO },
		{ "nothing", "0001", -1, "00", 0, "", NO_PAD },
		{ "no end of the padding", "0001", -1, "", 0, "", NO_PAD },
		{ "block type 0", "0000", -1, "00" INFO, 32, "", NO_PAD },
		{ "block type 2", "0002", -1, "00" INFO, 32, "", NO_PAD },
		{ "not 0 first", "0101", -1, "00" INFO, 32, "", NO_PAD },
		{ "padding of 7", "0001", 7, "00" INFO, 32, "*", NO_PAD },
		{ "padding that is not 0xff", "0001fe", -1, "00" INFO, 32, "",
			NO_PAD },
		{ "without NULL", "0001", -1,
			"00 302f300b060960864801650304020104 20", 32, "",
			NO_INFO },
		{ "BER: a long length", "0001", -1,
			"00 308131300d060960864801650304020105000420", 32, "",
			NO_INFO },
		{ "NULL with content", "0001", -1,
			"00 3033300f06096086480165030402010502 0000 0420", 32,
			"", NO_INFO },
		{ "SHA-224", "0001", -1,
			"00 302d300d06096086480165030402040500041c", 28, "",
			NO_INFO },
		{ "SHA-512 said of this hash", "0001", -1,
			"00 3051300d060960864801650304020305000440", 32,
			"0000000000000000000000000000000000000000000000000000"
			"000000000000",
			"a signature with another hash than is allowed or "
			"said" },
		{ "SHA3-256", "0001", -1,
			"00 3031300d060960864801650304020805000420", 32, "",
			NO_INFO },
	};
	const struct use use = { KEY_RSA, SHA2, false, AUTH_RSA_PKCS1,
		"RSA with SHA2-256", 14, "SHA256",
		"300d06092a864886f70d01010b0500" };
	struct bytes text = signing_covered();
	uint8_t hash[32], out[512];

	ck_assert_int_eq(crypto_hash_sha256(hash, text.at, text.len), 0);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		bool starred = blocks[i].info[0] == '*';
		bool filled = blocks[i].behind[0] == '*';
		struct bytes info = hex(blocks[i].info + starred);
		struct bytes behind = hex(filled ? "" : blocks[i].behind);
		struct writer w = writer_of(out, sizeof(out));
		size_t end = info.len + blocks[i].hash_len + behind.len;
		size_t padding;

		write_bytes(&w, hex(blocks[i].start));
		padding = blocks[i].padding < 0 ? 256 - w.len - end
						: (size_t)blocks[i].padding;
		memset(write_room(&w, padding), 0xff, padding);
		padding = starred ? 256 - w.len - end : 0;
		if (starred)
			memset(write_room(&w, padding), 0x41, padding);
		write_bytes(&w, info);
		write_bytes(&w, bytes_of(hash, blocks[i].hash_len));
		write_bytes(&w, behind);
		if (w.len < 256)
			memset(out + w.len, 0x41, 256 - w.len);
		signing_verify(&use, signing_framed(hex(use.algorithm),
					     raw_rsa(bytes_of(out, 256))));
		if (blocks[i].why || signing.why)
			ck_assert_msg(
				blocks[i].why && signing.why &&
					strcmp(signing.why, blocks[i].why) == 0,
				"%s: %s", blocks[i].what,
				signing.why ? signing.why : "taken");
	}
}
END_TEST

START_TEST(n25_trailing_octets)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);

	for (size_t more = 1; more <= 8; more++) {
		memset(s.data + s.len, 0, more);
		signing_refused(use, bytes_of(s.data, s.len + more), NULL);
		ck_assert_str_ne(signing.why, WRONG); /* by its form */
	}
	/* And before it. */
	memmove(s.data + s.len - signing_signature(&s).len + 1,
		signing_signature(&s).at, signing_signature(&s).len);
	s.data[s.len - signing_signature(&s).len] = 0;
	signing_refused(use, bytes_of(s.data, s.len + 1), NULL);
	ck_assert_str_ne(signing.why, WRONG);
}
END_TEST

/* An RSA signature is a number below the modulus, as long as that. */
START_TEST(n25_rsa_numbers)
{
	const struct use *use = &signing_uses[_i];
	uint8_t out[257] = { 0 };
	BIGNUM *n = NULL;

	if (use->kind != KEY_RSA)
		return;
	ck_assert_int_eq(EVP_PKEY_get_bn_param(signing_keys[KEY_RSA].evp[0],
				 OSSL_PKEY_PARAM_RSA_N, &n),
		1);
	for (int i = 0; i < 6; i++) {
		struct bytes s = bytes_of(out, 256);

		memset(out, 0, sizeof(out));
		switch (i) {
		case 0: /* 0 */
			break;
		case 1: /* 1 */
			out[255] = 1;
			break;
		case 2: /* n - 1 */
		case 3: /* n */
			ck_assert_int_gt(BN_bn2binpad(n, out, 256), 0);
			out[255] &= (uint8_t)(i == 2 ? 0xfe : 0xff);
			break;
		case 4:
			memset(out, 0xff, 256);
			break;
		case 5: /* nothing */
			s.len = 0;
			break;
		}
		signing_refused(use,
			use->method == 14
				? signing_framed(hex(use->algorithm), s)
				: s,
			NULL);
	}
	BN_free(n);
}
END_TEST

/* r and s of a right signature, with one of them made something else. */
START_TEST(n25_r_and_s_out_of_range)
{
#define RANGE "an ECDSA signature with r or s out of range"
	static const struct {
		enum key_kind kind;
		uint8_t method;
		size_t len;
		const char *order;
	} curves[] = {
		{ KEY_P256, 9, 32,
			"ffffffff00000000ffffffffffffffff"
			"bce6faada7179e84f3b9cac2fc632551" },
		{ KEY_P384, 10, 48,
			"ffffffffffffffffffffffffffffffffffffffffffffffff"
			"c7634d81f4372ddf581a0db248b0a77aecec196accc52973" },
		{ KEY_P521, 11, 66,
			"01ffffffffffffffffffffffffffffffffffffffffffffffff"
			"fffffffffffffffffa51868783bf2f966b7fcc0148f709a5d0"
			"3bb5c9b8899c47aebb6fb71e91386409" },
	};
	struct bytes order = hex(curves[_i].order);
	size_t len = curves[_i].len;
	const struct use old = { curves[_i].kind, 0, false, AUTH_RSA_PSS, "old",
		curves[_i].method, NULL, "" };
	const struct use new = { curves[_i].kind, SHA2, false, AUTH_RSA_PSS,
		"new", 14, NULL, signing_uses[_i].algorithm };
	struct auth_signature right = signing_sign(&old);
	BIGNUM *n = NULL;
	uint8_t theirs[66];

	/* The order is libcrypto's too. */
	ck_assert_int_eq(EVP_PKEY_get_bn_param(signing_keys[old.kind].evp[0],
				 OSSL_PKEY_PARAM_EC_ORDER, &n),
		1);
	ck_assert_int_eq(BN_bn2binpad(n, theirs, (int)len), (int)len);
	assert_bytes("order", bytes_of(theirs, len), order);
	BN_free(n);

	ck_assert(signing_verify(&old, signing_data(&right)));
	ck_assert(signing_verify(
		&new, signing_framed(hex(new.algorithm),
			      signing_der(signing_data(&right)))));
	for (int which = 0; which < 3; which++) {
		for (int value = 0; value < 5; value++) {
			struct auth_signature s = right;
			uint8_t number[66];

			memset(number, 0, sizeof(number));
			if (value >= 1 && value <= 3)
				memcpy(number, order.at, len);
			if (value == 2) /* n + 1 or more */
				number[len - 1] |= 0x0e;
			if (value == 3) { /* n - 1, which may be one */
				number[len - 1]--;
			}
			if (value == 4)
				memset(number, 0xff, len);
			if (which != 1)
				memcpy(s.data, number, len);
			if (which != 0)
				memcpy(s.data + len, number, len);
			signing_refused(&old, signing_data(&s),
				value == 3 ? WRONG : RANGE);
			signing_refused(&new,
				signing_framed(hex(new.algorithm),
					signing_der(signing_data(&s))),
				value == 3 ? WRONG : RANGE);
		}
	}
	signing_refused(&old, bytes_of(right.data, right.len - 1),
		"an ECDSA signature that is not r | s of the curve's length");
	signing_refused(&old, signing_der(signing_data(&right)),
		"an ECDSA signature that is not r | s of the curve's length");
	signing_refused(&new,
		signing_framed(hex(new.algorithm), signing_data(&right)), NULL);
}
END_TEST

/* Signatures of ECDSA that are none in DER, of whatever numbers. */
START_TEST(n25_forms_of_ecdsa)
{
	static const char *const forms[] = {
		"",
		"30",
		"3000",
		"3003020101",
		"30060201010201",
		"05 00",
		"3080 020101 020101 0000",
		"308106 020101 020101",
		"3006 020101 020101 00",
		"3007 020101 020101 00",
		"3009 020101 020101 020101",
		"3006 0201ff 020101",
		"3006 020101 020181",
		"3007 02020001 020101",
		"3007 020101 02020001",
		"3005 0200 020101",
		"3005 020101 0200",
		"3006 030101 020101",
		"3106 020101 020101",
		"3006 020101 0281ff",
		"30ff 020101 020101",
		"3006 0280 01 020101",
		"3084ffffffff 020101 020101",
	};
	struct use use = signing_uses[0];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		signing_refused(&use,
			signing_framed(hex(use.algorithm), hex(forms[i])),
			"no ECDSA-Sig-Value in DER, or something behind it");
	signing_refused(&use,
		signing_framed(hex(use.algorithm), hex("3006 020101 020101")),
		WRONG);
	signing_refused(&use,
		signing_framed(hex(use.algorithm), hex("3006 020100 020101")),
		RANGE);
}
END_TEST

/* Right in itself, but the key at hand is of another kind. */
START_TEST(n25_a_key_of_another_kind)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);
	struct auth_rules rules = { ~0u, true, AUTH_RSA_PSS };

	for (size_t kind = 0; kind < SIGNING_KEYS; kind++) {
		bool ecdsa = use->kind >= KEY_P256 && use->kind <= KEY_P521 &&
			     kind >= KEY_P256 && kind <= KEY_P521 &&
			     use->method == 14;

		if (kind == use->kind)
			continue;
		ck_assert(!signing_verify_with(
			signing_public((enum key_kind)kind), rules, s.method,
			signing_data(&s)));
		if (!ecdsa)
			ck_assert_str_eq(signing.why,
				"a signature of another kind than the key");
	}
}
END_TEST

START_TEST(n25_methods_that_are_none_of_ours)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);
	struct auth_rules rules = { ~0u, true, AUTH_RSA_PSS };

	for (unsigned int method = 0; method < 256; method++) {
		if (method == s.method)
			continue;
		ck_assert(!signing_verify_with(signing_public(use->kind), rules,
			(uint8_t)method, signing_data(&s)));
		ck_assert(!signing_verify_with(signing_public(use->kind), rules,
			(uint8_t)method, bytes_of("", 0)));
		if (method != 1 && method != 14 && (method < 9 || method > 11))
			ck_assert_str_eq(signing.why,
				"an authentication method that "
				"is no signature of ours");
	}
}
END_TEST

/* What is wrong by its form costs nothing of libcrypto, which would allocate
 * for the least it does with a key. */
START_TEST(n25_wrong_forms_cost_no_operation)
{
	static const uint8_t zeros[1024];
	const struct use *use = &signing_uses[_i];
	struct auth_octets o = signing_octets();
	struct auth_rules rules = signing_rules(use);
	struct auth_signature s = signing_sign(use);
	size_t before;

	for (size_t len = 0; len < 1024; len++) {
		struct bytes data = bytes_of(zeros, len);

		if (len == signing_signature(&s).len &&
			use->kind >= KEY_ED25519)
			continue; /* any octets are a form of EdDSA's */
		if (len == signing_signature(&s).len && use->kind == KEY_RSA)
			continue; /* .. and of RSA's */
		if (use->method == 14)
			data = signing_framed(hex(use->algorithm), data);
		before = allocations;
		ck_assert(!auth_verify(signing.crypto,
			signing_public(use->kind), signing_row("prfsha256"), &o,
			&rules, use->method, data, &signing.why));
		ck_assert_uint_eq(allocations, before);
	}
	before = allocations;
	ck_assert(!auth_verify(signing.crypto, signing_public(use->kind),
		signing_row("prfsha256"), &o, &rules, 14,
		bytes_of(zeros, sizeof(zeros)), &signing.why));
	ck_assert_uint_eq(allocations, before);
}
END_TEST

SUITE(sign_wrong)
{
	signing_fixtures(tcase);
	loop_test(n25_lengths_of_asn1, SIGNING_USES);
	loop_test(n25_algorithm_not_announced, SIGNING_USES);
	loop_test(n25_sha1_that_is_not_allowed, SIGNING_USES);
	test(n25_ecdsa_with_sha1_is_none_of_ours);
	test(n25_pss_with_other_parameters);
	test(n25_pss_with_another_salt_or_mask);
	test(parameters_of_rsa_may_be_absent);
	test(n25_blocks_of_pkcs1);
	loop_test(n25_trailing_octets, SIGNING_USES);
	loop_test(n25_rsa_numbers, SIGNING_USES);
	loop_test(n25_r_and_s_out_of_range, 3);
	test(n25_forms_of_ecdsa);
	loop_test(n25_a_key_of_another_kind, SIGNING_USES);
	loop_test(n25_methods_that_are_none_of_ours, SIGNING_USES);
	loop_test(n25_wrong_forms_cost_no_operation, SIGNING_USES);
}

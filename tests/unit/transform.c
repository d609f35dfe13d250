/* transform.c - no row without a proof: every transform against a published vector.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/transform.h"

#include "ikev2/crypto/cipher.h"
#include "ikev2/crypto/dh.h"
#include "tests/hex.h"
#include "tests/suite.h"

/* One published example of a row.
 *
 *		ENCR			PRF, INTEG	KE
 *	key	key and salt		key		our private value
 *	iv	as the message shows it
 *	head	what is authenticated			our public value
 *	in	plaintext		data		the peer's public value
 *	out	ciphertext and ICV	output		shared secret
 */
struct vector {
	const char *row;
	const char *from;
	const char *key;
	const char *iv;
	const char *head;
	const char *in;
	const char *out;
};

#define GCM_KEY  "feffe9928665731c6d6a8f9467308308"
#define GCM_SALT "cafebabe"
#define GCM_IV   "facedbaddecaf888"
#define GCM_HEAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_IN                                                                 \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"     \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define CBC_IV "000102030405060708090a0b0c0d0e0f"
#define CBC_IN                                                                 \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"     \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define HI_THERE   "4869205468657265"
#define WHAT_DO_YA "7768617420646f2079612077616e7420666f72206e6f7468696e673f"
#define KEY_0B_20  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define KEY_0B_16  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"

/* clang-format off */
static const struct vector vectors[] = {
	{ "aes128", "RFC 3602 section 4, case 1",
	  "06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41", "",
	  "53696e676c6520626c6f636b206d7367", "e353779c1079aeb82708942dbe77181a" },
	{ "aes128", "RFC 3602 section 4, case 2",
	  "c286696d887c9aa0611bbb3e2025a45a", "562e17996d093d28ddb3ba695a2e6f58", "",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1" },
	{ "aes192", "NIST SP 800-38A F.2.3",
	  "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", CBC_IV, "", CBC_IN,
	  "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
	  "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd" },
	{ "aes256", "NIST SP 800-38A F.2.5",
	  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", CBC_IV, "", CBC_IN,
	  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
	  "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
	{ "aes128gcm16", "GCM specification, case 4", GCM_KEY GCM_SALT, GCM_IV, GCM_HEAD, GCM_IN,
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ "aes192gcm16", "GCM specification, case 10",
	  GCM_KEY "feffe9928665731c" GCM_SALT, GCM_IV, GCM_HEAD, GCM_IN,
	  "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
	  "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710"
	  "2519498e80f1478f37ba55bd6d27618c" },
	{ "aes256gcm16", "GCM specification, case 16",
	  GCM_KEY GCM_KEY GCM_SALT, GCM_IV, GCM_HEAD, GCM_IN,
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
	{ "chacha20poly1305", "RFC 8439 section 2.8.2",
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f" "07000000",
	  "4041424344454647", "50515253c0c1c2c3c4c5c6c7",
	  "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
	  "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
	  "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	  "637265656e20776f756c642062652069742e",
	  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	  "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	  "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	  "3ff4def08e4b7a9de576d26586cec64b6116"
	  "1ae10b594f09e26a7e902ecbd0600691" },

	{ "prfsha1", "RFC 2202 section 3, case 1", KEY_0B_20, "", "", HI_THERE,
	  "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ "prfsha1", "RFC 2202 section 3, case 2", "4a656665", "", "", WHAT_DO_YA,
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ "prfsha256", "RFC 4231 section 4.2", KEY_0B_20, "", "", HI_THERE,
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "prfsha256", "RFC 4231 section 4.3", "4a656665", "", "", WHAT_DO_YA,
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "prfsha384", "RFC 4231 section 4.2", KEY_0B_20, "", "", HI_THERE,
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	  "faea9ea9076ede7f4af152e8b2fa9cb6" },
	{ "prfsha384", "RFC 4231 section 4.3", "4a656665", "", "", WHAT_DO_YA,
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649" },
	{ "prfsha512", "RFC 4231 section 4.2", KEY_0B_20, "", "", HI_THERE,
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
	{ "prfsha512", "RFC 4231 section 4.3", "4a656665", "", "", WHAT_DO_YA,
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },

	{ "sha1", "RFC 2202 section 3, case 1", KEY_0B_20, "", "", HI_THERE,
	  "b617318655057264e28bc0b6" },
	{ "sha256", "RFC 4868 section 2.7.2.1", KEY_0B_16 KEY_0B_16, "", "", HI_THERE,
	  "198a607eb44bfbc69903a0f1cf2bbdc5" },
	{ "sha384", "RFC 4868 section 2.7.2.2", KEY_0B_16 KEY_0B_16 KEY_0B_16, "", "", HI_THERE,
	  "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973" },
	{ "sha512", "RFC 4868 section 2.7.2.3", KEY_0B_16 KEY_0B_16 KEY_0B_16 KEY_0B_16, "", "", HI_THERE,
	  "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8" },

	{ "ecp256", "RFC 5903 section 8.1",
	  "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433", "",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
	  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
	{ "ecp384", "RFC 5903 section 8.2",
	  "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194", "",
	  "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa"
	  "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
	  "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571"
	  "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
	  "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746" },
	{ "ecp521", "RFC 5903 section 8.3",
	  "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f595"
	  "7b2639bab072462f68c27a57382d4a52", "",
	  "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e380aeae57c2d1075649418"
	  "85942af5a7f4601723c4195d176ced3e"
	  "017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10ad8a788015ac405d7799dc75e7b7d5b6cf226"
	  "1a6a7f1507438bf01beb6ca3926f9582",
	  "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64a6c291"
	  "2d4ef2d0433ced2b6171640012d9460f"
	  "015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2aebb8e86d678ae49cb"
	  "57091f4732296579ab44fcd17f0fc56a",
	  "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06b3c7"
	  "15a3a8cc3151f2bee417996d19f3ddea" },
	{ "x25519", "RFC 7748 section 6.1",
	  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", "",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
};
/* clang-format on */

enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]) };

static struct secret secret_of(struct bytes from)
{
	struct secret secret = { .len = (uint8_t)from.len };

	ck_assert_uint_le(from.len, MAX_SECRET);
	memcpy(secret.data, from.at, from.len);
	return secret;
}

static void prove_encr(struct crypto *crypto, const struct transform *row,
	const struct vector *v)
{
	const struct suite suite = {
		.encr = row,
		.integ = row->aead ? NULL
				   : transform_named(bytes_of("sha256", 6)),
	};
	struct secret sk_e = secret_of(hex(v->key)), sk_a = { .len = 32 };
	struct bytes in = hex(v->in), head = hex(v->head);
	uint8_t message[512];
	struct writer w = writer_of(message, sizeof(message));
	size_t text;

	write_bytes(&w, head);
	write_bytes(&w, hex(v->iv));
	text = w.len;
	write_bytes(&w, in);
	write_zero(&w, cipher_icv_len(&suite));
	ck_assert(!w.bad);
	ck_assert(cipher_seal(
		crypto, &suite, &sk_e, &sk_a, message, head.len, w.len));
	assert_bytes(v->from,
		bytes_of(message + text, row->aead ? w.len - text : in.len),
		hex(v->out));
	ck_assert(cipher_open(
		crypto, &suite, &sk_e, &sk_a, message, head.len, w.len));
	assert_bytes(v->from, bytes_of(message + text, in.len), in);
}

static void prove_prf(struct crypto *crypto, const struct transform *row,
	const struct vector *v)
{
	uint8_t out[MAX_PRF];
	struct bytes in = hex(v->in);

	ck_assert(prf(crypto, row, hex(v->key), &in, 1, out));
	assert_bytes(v->from, bytes_of(out, row->output_len), hex(v->out));
}

static void prove_integ(struct crypto *crypto, const struct transform *row,
	const struct vector *v)
{
	uint8_t out[MAX_PRF];
	struct bytes in = hex(v->in);

	ck_assert(integ(crypto, row, hex(v->key), &in, 1, out));
	assert_bytes(v->from, bytes_of(out, row->icv_len), hex(v->out));
}

static void prove_ke(struct crypto *crypto, const struct transform *row,
	const struct vector *v)
{
	struct shared_secret shared;
	struct dh dh;

	ck_assert(dh_from_private(crypto, &dh, row, hex(v->key)));
	assert_bytes(v->from, dh_public(&dh), hex(v->head));
	ck_assert_int_eq(dh_agree(crypto, &dh, hex(v->in), &shared), IKE_OK);
	assert_bytes(v->from, shared_bytes(&shared), hex(v->out));
}

static void prove(struct crypto *crypto, const struct transform *row,
	const struct vector *v)
{
	switch ((enum transform_type)row->type) {
	case TRANSFORM_ENCR:
		prove_encr(crypto, row, v);
		return;
	case TRANSFORM_PRF:
		prove_prf(crypto, row, v);
		return;
	case TRANSFORM_INTEG:
		prove_integ(crypto, row, v);
		return;
	case TRANSFORM_KE:
		prove_ke(crypto, row, v);
		return;
	case TRANSFORM_ESN:
	case TRANSFORM_TYPES:
		break;
	}
	ck_abort_msg("%s: a row of a type without algorithm", row->name);
}

/* RFC 3526 prints primes, no agreements: tests/unit/dh.c computes both anew.
 * Extended sequence numbers are no algorithm. */
static bool proved_elsewhere(const struct transform *row)
{
	return row->type == TRANSFORM_ESN ||
	       (row->type == TRANSFORM_KE && row->id <= KE_MODP_8192);
}

START_TEST(every_row_has_its_vector)
{
	struct crypto *crypto = crypto_new();
	const struct transform *row;

	ck_assert_ptr_nonnull(crypto);
	for (size_t i = 0; (row = transform_at(i)); i++) {
		int found = 0;

		for (size_t j = 0; j < VECTORS; j++) {
			if (strcmp(vectors[j].row, row->name) != 0)
				continue;
			prove(crypto, row, &vectors[j]);
			found++;
		}
		ck_assert_msg(found > 0 || proved_elsewhere(row),
			"%s: a row without a published vector", row->name);
	}
	crypto_free(crypto);
}
END_TEST

START_TEST(every_vector_has_its_row)
{
	for (size_t i = 0; i < VECTORS; i++) {
		const char *name = vectors[i].row;

		ck_assert_msg(
			transform_named(bytes_of(name, strlen(name))) != NULL,
			"%s: no such row", name);
	}
}
END_TEST

/* The figures of the RFCs, written down a second time. */
/* clang-format off */
static const struct transform published[] = {
	/* RFC 3602 section 2, RFC 5282 sections 3 and 7, RFC 7634 section 2 */
	{ 1, 12, 128, "aes128", 16, 0, 16, 16, 0, 0, 0, 0, false, false, UINT64_C(16) << 34 },
	{ 1, 12, 192, "aes192", 24, 0, 16, 16, 0, 0, 0, 0, false, false, UINT64_C(16) << 34 },
	{ 1, 12, 256, "aes256", 32, 0, 16, 16, 0, 0, 0, 0, false, false, UINT64_C(16) << 34 },
	{ 1, 20, 128, "aes128gcm16", 16, 4, 8, 1, 16, 0, 0, 0, true, false, UINT64_C(16) << 34 },
	{ 1, 20, 192, "aes192gcm16", 24, 4, 8, 1, 16, 0, 0, 0, true, false, UINT64_C(16) << 34 },
	{ 1, 20, 256, "aes256gcm16", 32, 4, 8, 1, 16, 0, 0, 0, true, false, UINT64_C(16) << 34 },
	{ 1, 28, 0, "chacha20poly1305", 32, 4, 8, 1, 16, 0, 0, 0, true, false, 0 },
	/* RFC 7296 section 3.3.2, RFC 4868 section 2.3 */
	{ 2, 2, 0, "prfsha1", 20, 0, 0, 0, 0, 20, 0, 0, false, true, 0 },
	{ 2, 5, 0, "prfsha256", 32, 0, 0, 0, 0, 32, 0, 0, false, false, 0 },
	{ 2, 6, 0, "prfsha384", 48, 0, 0, 0, 0, 48, 0, 0, false, false, 0 },
	{ 2, 7, 0, "prfsha512", 64, 0, 0, 0, 0, 64, 0, 0, false, false, 0 },
	{ 3, 2, 0, "sha1", 20, 0, 0, 0, 12, 0, 0, 0, false, true, 0 },
	{ 3, 12, 0, "sha256", 32, 0, 0, 0, 16, 0, 0, 0, false, false, 0 },
	{ 3, 13, 0, "sha384", 48, 0, 0, 0, 24, 0, 0, 0, false, false, 0 },
	{ 3, 14, 0, "sha512", 64, 0, 0, 0, 32, 0, 0, 0, false, false, 0 },
	/* RFC 3526, RFC 5903 section 7, RFC 8031 section 2 */
	{ 4, 14, 0, "modp2048", 0, 0, 0, 0, 0, 0, 256, 256, false, false, 0 },
	{ 4, 15, 0, "modp3072", 0, 0, 0, 0, 0, 0, 384, 384, false, false, 0 },
	{ 4, 16, 0, "modp4096", 0, 0, 0, 0, 0, 0, 512, 512, false, false, 0 },
	{ 4, 17, 0, "modp6144", 0, 0, 0, 0, 0, 0, 768, 768, false, false, 0 },
	{ 4, 18, 0, "modp8192", 0, 0, 0, 0, 0, 0, 1024, 1024, false, false, 0 },
	{ 4, 19, 0, "ecp256", 0, 0, 0, 0, 0, 0, 64, 32, false, false, 0 },
	{ 4, 20, 0, "ecp384", 0, 0, 0, 0, 0, 0, 96, 48, false, false, 0 },
	{ 4, 21, 0, "ecp521", 0, 0, 0, 0, 0, 0, 132, 66, false, false, 0 },
	{ 4, 31, 0, "x25519", 0, 0, 0, 0, 0, 0, 32, 32, false, false, 0 },
	/* RFC 7296 section 3.3.2 */
	{ 5, 1, 0, "esn", 0, 0, 0, 0, 0, 0, 0, 0, false, false, 0 },
	{ 5, 0, 0, "noesn", 0, 0, 0, 0, 0, 0, 0, 0, false, false, 0 },
};
/* clang-format on */

enum { PUBLISHED = sizeof(published) / sizeof(published[0]) };

static const struct transform *row_named(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

START_TEST(rows_say_what_the_rfcs_say)
{
	for (size_t i = 0; i < PUBLISHED; i++) {
		const struct transform *p = &published[i];
		const struct transform *row = transform_at(i);

		ck_assert_ptr_nonnull(row);
		ck_assert_str_eq(row->name, p->name);
		ck_assert_uint_eq(row->type, p->type);
		ck_assert_uint_eq(row->id, p->id);
		ck_assert_uint_eq(row->key_bits, p->key_bits);
		ck_assert_uint_eq(row->key_len, p->key_len);
		ck_assert_uint_eq(row->salt_len, p->salt_len);
		ck_assert_uint_eq(row->iv_len, p->iv_len);
		ck_assert_uint_eq(row->block_len, p->block_len);
		ck_assert_uint_eq(row->icv_len, p->icv_len);
		ck_assert_uint_eq(row->output_len, p->output_len);
		ck_assert_uint_eq(row->public_len, p->public_len);
		ck_assert_uint_eq(row->shared_len, p->shared_len);
		ck_assert(row->aead == p->aead);
		ck_assert(row->weak == p->weak);
		ck_assert_uint_eq(row->max_bytes, p->max_bytes);
	}
	ck_assert_ptr_null(transform_at(PUBLISHED));
	ck_assert_ptr_null(transform_at(SIZE_MAX));
}
END_TEST

START_TEST(each_row_is_found_by_number_and_by_name)
{
	const struct transform *row;

	for (size_t i = 0; (row = transform_at(i)); i++) {
		ck_assert_ptr_eq(
			transform_find(row->type, row->id, row->key_bits), row);
		ck_assert_ptr_eq(row_named(row->name), row);
	}
	ck_assert_ptr_null(transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 0));
	ck_assert_ptr_null(transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 129));
	ck_assert_ptr_null(
		transform_find(TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 256));
	ck_assert_ptr_null(transform_find(TRANSFORM_PRF, 1, 0));
	ck_assert_ptr_null(transform_find(0, 0, 0));
	ck_assert_ptr_null(row_named(""));
	ck_assert_ptr_null(row_named("aes"));
	ck_assert_ptr_null(row_named("aes2566"));
	ck_assert_ptr_null(transform_named(bytes_of("aes256\0", 7)));
	ck_assert_ptr_null(transform_named(bytes_of(NULL, 0)));
}
END_TEST

START_TEST(aliases_name_their_row)
{
	static const char *const pairs[][2] = {
		{ "curve25519", "x25519" },
		{ "nistp256", "ecp256" },
		{ "nistp384", "ecp384" },
		{ "nistp521", "ecp521" },
		{ "sha1_96", "sha1" },
		{ "sha2_256", "sha256" },
		{ "sha2_384", "sha384" },
		{ "sha2_512", "sha512" },
		{ "prfsha2_256", "prfsha256" },
		{ "prfsha2_384", "prfsha384" },
		{ "prfsha2_512", "prfsha512" },
		{ "aes128gcm128", "aes128gcm16" },
		{ "aes192gcm128", "aes192gcm16" },
		{ "aes256gcm128", "aes256gcm16" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		ck_assert_ptr_nonnull(row_named(pairs[i][0]));
		ck_assert_ptr_eq(
			row_named(pairs[i][0]), row_named(pairs[i][1]));
	}
}
END_TEST

START_TEST(suites_have_names)
{
	const struct suite aead = {
		.encr = row_named("aes256gcm16"),
		.prf = row_named("prfsha256"),
		.ke = row_named("x25519"),
	};
	const struct suite cbc = {
		.encr = row_named("aes128"),
		.prf = row_named("prfsha256"),
		.integ = row_named("sha256"),
		.ke = row_named("modp2048"),
	};
	const struct suite esp = {
		.encr = row_named("aes128"),
		.integ = row_named("sha256"),
		.esn = row_named("esn"),
	};
	const struct suite esp_noesn = {
		.encr = row_named("chacha20poly1305"),
		.esn = row_named("noesn"),
	};
	const struct suite none = { 0 };
	char name[SUITE_NAME_SIZE];

	suite_name(&aead, name, sizeof(name));
	ck_assert_str_eq(name, "aes256gcm16-prfsha256-x25519");
	suite_name(&cbc, name, sizeof(name));
	ck_assert_str_eq(name, "aes128-sha256-prfsha256-modp2048");
	suite_name(&esp, name, sizeof(name));
	ck_assert_str_eq(name, "aes128-sha256-esn");
	suite_name(&esp_noesn, name, sizeof(name));
	ck_assert_str_eq(name, "chacha20poly1305");
	suite_name(&none, name, sizeof(name));
	ck_assert_str_eq(name, "");
}
END_TEST

START_TEST(a_suite_name_is_cut_to_any_size)
{
	const struct suite suite = {
		.encr = row_named("aes128"),
		.prf = row_named("prfsha256"),
		.integ = row_named("sha256"),
		.ke = row_named("modp2048"),
		.esn = row_named("esn"),
	};
	char whole[SUITE_NAME_SIZE], cut[SUITE_NAME_SIZE];

	suite_name(&suite, whole, sizeof(whole));
	for (size_t size = 0; size < sizeof(cut); size++) {
		memset(cut, 'x', sizeof(cut));
		suite_name(&suite, cut, size);
		ck_assert_int_eq(cut[size], 'x');
		if (size == 0)
			continue;
		ck_assert_uint_lt(strlen(cut), size);
		ck_assert(strncmp(cut, whole, strlen(cut)) == 0);
	}
}
END_TEST

SUITE(transform)
{
	test(every_row_has_its_vector);
	test(every_vector_has_its_row);
	test(rows_say_what_the_rfcs_say);
	test(each_row_is_found_by_number_and_by_name);
	test(aliases_name_their_row);
	test(suites_have_names);
	test(a_suite_name_is_cut_to_any_size);
}

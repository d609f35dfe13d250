/* keymat.c - key derivation against NIST's samples (RFC 7296 sections 2.14, 2.17, 2.18).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/keymat.h"

#include "tests/hex.h"
#include "tests/suite.h"

/* One sample.  Its nonces are as short as 8 octets, which the protocol does
 * not allow and the derivation does not mind. */
struct kdf {
	const char *from;
	const char *prf;
	const char *ni, *nr, *gir, *spii, *spir;
	const char *skeyseed;
	const char *dkm;      /* SK_d | SK_ai | ... */
	const char *child;    /* KEYMAT, NULL where the sample has none */
	const char *child_dh; /* KEYMAT with gir_new, likewise */
	const char *gir_new;
	const char *rekeyed; /* SKEYSEED of the rekeyed IKE SA */
};

/* clang-format off */
static const struct kdf samples[] = {
	{ .from = "NIST CAVS sample, SHA-1", .prf = "prfsha1",
		.ni = "32b50d5f4a3763f3",
		.nr = "9206a04b26564cb1",
		.gir = "4b2c1f971981a8ad8d0abeafabf38cf75fc8349c148142465ed9c8b516b8be52",
		.spii = "34c9e7c188868785",
		.spir = "3ff77d760d2b2199",
		.skeyseed = "a9a7b222b59f8f48645f28a1db5b5f5d7479cba7",
		.dkm = "a14293677cc80ff8f9cc0eee30d895da9d8f405666e30ef0dfcb63c634a46002a2a63080e514a062768b76606f9fa5e9"
		  "92204fc5a670bde3f10d6b027113936a5c55b648a194ae587b0088d52204b702c979fa280870d2ed41efa9c549fd1119"
		  "8af1670b143d384bd275c5f594cf266b05ebadca855e4249520a441a81157435a7a56cc4",
		.gir_new = "863f3c9d06efd39d2b907b97f8699e5dd5251ef64a2a176f36ee40c87d4f9330",
		.rekeyed = "63e81194946ebd05df7df5ebf5d8750056bf1f1d",
	},
	{ .from = "NIST ACVP self-test, SHA2-256", .prf = "prfsha256",
		.ni = "3651fef5c9c35e93",
		.nr = "c09a8b90a3f04d59",
		.gir = "d084a30166a50fb7325c3960874a839449ef9741c2f4f947d0201dd8c1269273d79509f37e3ca3eb4fa2fe2a28254e28"
		  "9cd3f34dad4eb4df1a07685a4b8a94fa61e2491f7598b3ce65547ff133b3f63d1ac4175eaa695033f3cedb026a6873a3"
		  "6455172a8540b8a5d23a0143bed0390ee49b168269d75fffee9fb62be965993c",
		.spii = "8e5c3ae507221684",
		.spir = "b1f201bb155c3acd",
		.skeyseed = "efaa7ab0eaa85a3d0be2100cd4b6fe00ff5025a9eafddb3ef518e9f0d3fe60e6",
		.dkm = "462b9dd525d4fd71169174272779e704baf62c6231779ae9efe8c58b21916b42010164af2111ebd762f6916ca9a6f0ee"
		  "05c8b320e4ee27705521de2589adea1878f1a551738af7c88dc4f0bb0c096a3f7d1f1a670fc79f49f678d60d665bb371"
		  "0c8657f03ba9f62b9a818d7a228968c506e237ae9502aa6db395c61ea6a3e79504f86b7368bfb5423df79e48809bbccd"
		  "49fd826d024f63d7c2a5566400a12e736aa034510428f5ea008fe2fc16886fa388274ea6c2b4fcfc6141bf04f8207ef8"
		  "afc224ea1059cb220dc0b23ac0e4ccda495a4e131b1d56e223aba5a48e8ed1f5",
		.child = "23647677e7d403fa1e3006f19840aee18ad9fecc4215814c4131bdeba98433d8b0e31bfbbddf822abcce5e06486aa388"
		  "022b75e27e1e68aa5983028b65282c730c5d49ef7606770376cfdec41f7cc435d816029989bc353d3b67b9fd1168ddcb"
		  "8978850da9b752aee6a30d0086d2c4d74ec0e03648a0dad334faf5fe88084e67b0f3e8fee8b5e1bd3850db540f1fb8cf"
		  "fe23c9e92cda209373f354880c246c753e2a0eca9cb73b9910a8531c4010e6768fa29f909e60af777fed6e739c3cfda0"
		  "3467e915d6f03fce9c41f5f9d578f8912d66a75457e79ee1d5bcc2be5c2f9bae",
		.child_dh = "6a919387a5fa2835fe8a8237e4a14845bd2b9930db87eff7adf268f62186004902dba9aa942d0259a0edc4120b932a50"
		  "3865b57ba8fb88117ef5df7b26799cd8ba37aa5438108cb1a4fe117907c9d0597b708c3f11151fefd624d2317202b7c8"
		  "1430600e6fcbb6e1a8df2b4861ef2363d53de1be69057b0cf6634a7e7bfa97b3c2810623e2bd6757738777177036e9c3"
		  "a39794456954bd41fc444a12507ab9cac69a0540d13c29db8510f566a691691baa2d9569dacc990d56a454bb444bcbbe"
		  "8751b0550a5278812fc5ab4f28990dd6d608538d7ddde24dc81bdaaca7751fde",
		.gir_new = "52f00ab174c25d5b7139ae5ff4e8e9eddee5992d2e36adf8a559ffd90dab1442e4fbe429d320c0f33552a17d1557fa41"
		  "ea70e8fb916c4fa27ed52b5f8ebd8461afa78f1159159a64055ac5f6319e29c28eae58cbc6847770f32c3fed1d047504"
		  "84f854790f95e9ec01bc5bc461f24966462e359511329305038e94deb6dd42c2",
		.rekeyed = "90722c42bd849e9b72d240fc254174270fa8295de6f0338dafc303a9ec104f12",
	},
	{ .from = "NIST CAVS sample, SHA2-384", .prf = "prfsha384",
		.ni = "fd1b572a8e735591",
		.nr = "6013b0ef88dacd3d",
		.gir = "d3288cd87565101e88fe3bad918f31939d8dd26ff1071f8b2d7f447524e58d7c",
		.spii = "2116ad07ce61f749",
		.spir = "24880e55f11a65b7",
		.skeyseed = "69fe7a1ac94adaeb711295f5fe004b1a8d6a0b65d05692758ce8ad2f7a45f59d7d0b596f51f7dfcf3330061888f6a94f",
		.dkm = "4f904c2025c90c817ea5ff9b662a6fdb445a73b57cdf09eacd379b95e1f03cacb04cd6deeda4f952191dd9bc1f7a9502"
		  "471a648d74dc06d38112de48a42501f6b1a3ad55c2099cd9a648e5f17e5bf3e34bf9b5953decb768a34f875fe2b78dca"
		  "0c2fcca81ec1a412006dfaed38fa06882e61f4c148105fb8e231fdb33c4d484c001721d4",
		.gir_new = "3358f620539473aee8d07e779764c4c6a9aabddc79a28e136b3bac021dbde44a",
		.rekeyed = "e0548c1682e13bce454026b3b1bdf42985b24e4e7408095a7c529de38c3d1fcb04c9fe6868042a34c9614c6c99e3fcea",
	},
	{ .from = "NIST ACVP sample, SHA2-512", .prf = "prfsha512",
		.ni = "834ea4753e9a06832072fa15e89e799035a1285ce241caf3b5c724ece8ecd0d2d1ac46fab3d9d86bf2ebf4cc8f93e06c"
		  "5342415e14dfcbc949574e1606f96f143e8aa8c80bccd376ff3d3bae0b134a04dd2ae557010e5d7a7552c6864fd8a82d"
		  "99ffdfda97be97389a426d7259411b10dd9eefae2709141e654087a2056eb86daf95ef262328a2cdd90c61152dc2bbfc"
		  "f4ccf4084557c3892603023a8b7045fc589a35143e10dcd1a73406ea923b21687a12134b6a1007e4aa2e37fffa4901df"
		  "f6f3514e2b350f08175e194d3c6db75e03fd838d503cefa9e9604a4e18f330c08142574a992465fea063875abaf144f4"
		  "7c50f32a0a83224e3eea739033af6b9f",
		.nr = "f833709de457fb58abe1d26e8decc8fe889d503954c4812ac0f41271394af7c148b15a241c2d6d6502c3c57dae854a97"
		  "bfb3ccdcec650153578ccb51bdfe1c715e81f3d78488b1547a3c9e5617d9b78b46d06f56bb56423c88deaccd82e7a2a1"
		  "1add56651091682f0987332ea28a32045a4d39609f364eb5e70468ecb7bbdcad6b41e04add11d97f300e8d0a0c2941f1"
		  "cb64885f940ee2fa273477e910983e96913f58e37bfd68e3adcd6e813176e95fee7985f5526eedc3245c4746f5864d9e"
		  "90bf80f6882f6a505adacd81d106576f7a6c705e37ce551235e012e64ec3be7b4f3f8889e664cc5ed7bcc4a88022a437"
		  "439609b3019cde1948665a548e420d1e",
		.gir = "9566a04bf95f433c6497b3ae8cb0f600043f8438eb2b9e97e912af1c5ace9a73a8884bf1ff80a895eb97a6f5494b6cea"
		  "5b1c3123c3a9cbe057a0cba2f52fd40a8dfdf9f99b521d356347e2b70cf637b5b4a44c2ed92770a281e6431cb50bddce"
		  "4fb2ec8100218fa84b0a4a344c4dc79bbc81add2fd23bc797efa1b2afa6840ad7b2e04d391f33662774a5296a0ef9c9c"
		  "113e84f5b958fd54857e75378406f29da1eb23e9e9d9d94177672bfa7742f7f4319f31ed06e1999e17eeac6b35adc9a2"
		  "45cad998e3ce3c422b8ad752f7144332e9aae44ea837677a8406b7261c04cb4eb9230fba75e09e16eeda246d5b1da5cf"
		  "14c96f00fc83c555854e7982e52a1d4f",
		.spii = "6e5f49d279f4fbbb",
		.spir = "ff7ae472aa4dd7af",
		.skeyseed = "3daa296c25dd8cbde8e9f5fe85498cb06339fc7aaa93f60987831a0fa79829e244afe92bd66590d8c7f1bc281badc619"
		  "ed2c9762fdb913b052842e50e3989863",
		.dkm = "2bd66826c397a19618e3133ace96f6168a04ef9afa53f2f07cecda9e0f6139c37cc6512551f523006b74d501c5dd1ae5"
		  "02689ece8a43ce7b3d866c7372176b1d5bc4a0b863f642351fd4822c79f0a8d97b03b09fa1393679149432798bea545f"
		  "70c663675e751a68aeeb7b238ca790229c7775e6a074becdfaad324ac546eeb5d0a9480b1aa06b6f225cbfac7447de3d"
		  "8d292b0beb7d9a5b709c02946a10f8799dd4e4b18c6d10ceda39a82b9dae01efebe6c31735590ef7d44e1c8dbbad98da"
		  "fe620843065e5141d7c57770234128599e3223139656dbb3d0c494faba482ae9740faa3d3957efd9d90fd24144bc9b31"
		  "7c7955722426a6719d0095d068fd0b63469140d1ef9ddefc43b2bcfff971a08a7e67e75b8f0ded8c4737175abf04c32b"
		  "906fe7d53e8c3b11b3829db0082b73f44c042c285f079a3bd6c33f91559f31043e23bb0a79b83c93aaf1cfeaf6c5996e"
		  "717869c2d7f6528c8acae6656a8430164886385441484107261de0d9a9b6b39a24812ccfa24c1f964aeac69ce6d00541",
		.child = "0b0d01a13515ac0727f7d90456d3d2fd9c1172096cded4a20bda43fc796184baeb3a7f34ffc09c584dd9beebc7629a36"
		  "a5d143dfb1c2931f369e6702769b6a01aa20b7b955c30481d7894df2aebab0dd669c3e1e168be5f122f8a9d8a589f3c6"
		  "c48efc031129481e2dea1f6fc10e07f3e39a1fcc3d660e289778458e752802501dbde1eb0ede3d2227de7fae3f265d66"
		  "986b1ae4cf407edc3a5168a6179ed8ca2006acc2d9104749c3e2231482374e5f0ce3da3c8b8520d37f37092669fbb78e",
		.child_dh = "48e185dc18e52193e01eca3c0d739c3070a73b89a4d0fac7b40e4d51250eeae7232c2031daa700e3a2d570ba67eca56f"
		  "1dbe5de5b96cd718faf2fcc7ebca08d1fefa2db5b024cc9a03f50ef310d43a3e66d53912af846cff6bb039cbff37bdd1"
		  "c2d329993a98d3faf9026a32ebf6747e347115aa3c604d187a25204407db7e3fd4e1d28300e898028542c4b8d3c4eb26"
		  "bd0adf87439ccb7c0230351d38c92772ca234b887ca8f7667b4fbb9619151d75fecb2c30f570bc0eedd5c6d89f39de1a",
		.gir_new = "f34450ec9f4b07881ff17db4ae1681b26f2fc8cbecdb7ef0463b09c4fe79f8414fbea9fd3e7c18c845d04e283e1eeb78"
		  "24484c72354a7a9c418e69b8134d596e1abcd2998ea5fabca1fd156678bf7fb0f31c1158e812fd215837a23938bac55b"
		  "37c6e8becedf9435a03484326cd2d4e3c7a273d8a99135027aa17823da9bf0263082394ca3475266f5bae91d1577c3d1"
		  "5a7dd429e1f5de70138b05214589ef8a519aa930a42f609ccc54ce8701488e80c2beacca2542c0d9b2dd7c04e41ebbc3"
		  "41eb65a3f786900747fa6ca2cf914e908fea40014d3175b73da1b63437a89638f69e184fd91e6a02c0f9fc9afafe7b68"
		  "11b3ac7a57b2615a3b3fc26289500143",
		.rekeyed = "1cc9237ebb1704d703952b6edbe275ca51ac17e2e224f13e38f4c49f5fa9af00f8ecb96fa0ecd6ff282c08a29d3e313a"
		  "b4a4ee1022580118b8deff0cd8432a00",
	},
};
/* clang-format on */

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

/* With and without AEAD, and with and without a salt after the key. */
static const char *const ciphers[][2] = {
	{ "aes128", "sha1" },
	{ "aes192", "sha384" },
	{ "aes256", "sha512" },
	{ "aes128gcm16", NULL },
	{ "aes256gcm16", NULL },
	{ "chacha20poly1305", NULL },
};

enum { CIPHERS = sizeof(ciphers) / sizeof(ciphers[0]) };

static struct crypto *crypto;

static const struct transform *row(const char *name)
{
	return name ? transform_named(bytes_of(name, strlen(name))) : NULL;
}

static struct suite suite_of(const struct kdf *kdf, int cipher)
{
	return (struct suite){
		.encr = row(ciphers[cipher][0]),
		.integ = row(ciphers[cipher][1]),
		.prf = row(kdf->prf),
	};
}

static void add(struct writer *w, const struct secret *key, size_t len)
{
	ck_assert_uint_eq(key->len, len);
	write_bytes(w, secret_bytes(key));
}

/* The keys put back in their order, cut to what the sample shows. */
static void assert_stream(
	const char *from, struct writer *w, struct bytes expected)
{
	struct bytes got = written(w);
	size_t len = got.len < expected.len ? got.len : expected.len;

	ck_assert(!w->bad);
	assert_bytes(from, bytes_of(got.at, len), bytes_of(expected.at, len));
}

static size_t encr_len(const struct suite *suite)
{
	return (size_t)suite->encr->key_len + suite->encr->salt_len;
}

static size_t integ_len(const struct suite *suite)
{
	return suite->integ ? suite->integ->key_len : 0;
}

static void assert_keymat(const char *from, const struct suite *suite,
	const struct keymat *k, struct bytes expected)
{
	uint8_t all[7 * MAX_SECRET];
	struct writer w = writer_of(all, sizeof(all));

	add(&w, &k->sk_d, suite->prf->key_len);
	add(&w, &k->sk_ai, integ_len(suite));
	add(&w, &k->sk_ar, integ_len(suite));
	add(&w, &k->sk_ei, encr_len(suite));
	add(&w, &k->sk_er, encr_len(suite));
	add(&w, &k->sk_pi, suite->prf->key_len);
	add(&w, &k->sk_pr, suite->prf->key_len);
	assert_stream(from, &w, expected);
}

START_TEST(skeyseed_is_nists)
{
	const struct kdf *s = &samples[_i];
	uint8_t nonces[512], out[MAX_PRF];
	struct writer w = writer_of(nonces, sizeof(nonces));
	struct bytes gir = hex(s->gir);

	write_bytes(&w, hex(s->ni));
	write_bytes(&w, hex(s->nr));
	ck_assert(prf(crypto, row(s->prf), written(&w), &gir, 1, out));
	assert_bytes(s->from, bytes_of(out, row(s->prf)->output_len),
		hex(s->skeyseed));
}
END_TEST

START_TEST(ike_keys_are_nists)
{
	const struct kdf *s = &samples[_i];

	for (int i = 0; i < CIPHERS; i++) {
		const struct suite suite = suite_of(s, i);
		struct keymat k;

		ck_assert(keymat_ike(crypto, &suite, hex(s->ni), hex(s->nr),
			hex(s->gir), hex(s->spii).at, hex(s->spir).at, &k));
		assert_keymat(s->from, &suite, &k, hex(s->dkm));
	}
}
END_TEST

/* The sample ends with SKEYSEED; what follows it is prf+ as before. */
START_TEST(rekeyed_ike_keys_are_nists)
{
	const struct kdf *s = &samples[_i];
	const struct suite suite = suite_of(s, 2);
	const struct bytes seed[] = { hex(s->ni), hex(s->nr),
		hex("a1a2a3a4a5a6a7a8"), hex("b1b2b3b4b5b6b7b8") };
	struct secret sk_d = { .len = (uint8_t)suite.prf->key_len };
	uint8_t expected[384];
	struct keymat k;

	memcpy(sk_d.data, hex(s->dkm).at, sk_d.len);
	ck_assert(prf_plus(crypto, suite.prf, hex(s->rekeyed), seed, 4,
		expected, sizeof(expected)));
	ck_assert(keymat_ike_rekey(crypto, suite.prf, &sk_d, &suite, hex(s->ni),
		hex(s->nr), hex(s->gir_new), seed[2].at, seed[3].at, &k));
	assert_keymat(s->from, &suite, &k, bytes_of(expected, 384));
}
END_TEST

/* RFC 7296 section 2.18: SKEYSEED with the old SA's PRF, the keys with the
 * new one's. */
START_TEST(a_rekey_may_change_the_prf)
{
	const struct kdf *s = &samples[1], *other = &samples[3];
	const struct suite suite = suite_of(other, 2);
	const struct bytes seed[] = { hex(s->ni), hex(s->nr), hex(s->spii),
		hex(s->spir) };
	struct secret sk_d = { .len = 32 };
	uint8_t expected[384];
	struct keymat k;

	memcpy(sk_d.data, hex(s->dkm).at, sk_d.len);
	ck_assert(prf_plus(crypto, row("prfsha512"), hex(s->rekeyed), seed, 4,
		expected, sizeof(expected)));
	ck_assert(keymat_ike_rekey(crypto, row("prfsha256"), &sk_d, &suite,
		seed[0], seed[1], hex(s->gir_new), seed[2].at, seed[3].at, &k));
	assert_keymat(s->from, &suite, &k, bytes_of(expected, 384));
}
END_TEST

static void assert_child(
	const struct kdf *s, struct bytes gir, const char *expected, int cipher)
{
	struct suite suite = suite_of(s, cipher);
	struct secret sk_d = { .len = (uint8_t)suite.prf->key_len };
	uint8_t all[4 * MAX_SECRET];
	struct writer w = writer_of(all, sizeof(all));
	struct child_keys k;

	memcpy(sk_d.data, hex(s->dkm).at, sk_d.len);
	suite.prf = NULL;
	ck_assert(keymat_child(crypto, row(s->prf), &sk_d, &suite, gir,
		hex(s->ni), hex(s->nr), &k));
	add(&w, &k.encr_i, encr_len(&suite));
	add(&w, &k.integ_i, integ_len(&suite));
	add(&w, &k.encr_r, encr_len(&suite));
	add(&w, &k.integ_r, integ_len(&suite));
	assert_stream(s->from, &w, hex(expected));
}

START_TEST(child_keys_are_nists)
{
	const struct kdf *s = &samples[_i];

	for (int i = 0; i < CIPHERS && s->child; i++) {
		assert_child(s, bytes_of(NULL, 0), s->child, i);
		assert_child(s, hex(s->gir_new), s->child_dh, i);
	}
}
END_TEST

START_TEST(nonces_past_the_protocols_limit_are_refused)
{
	static const uint8_t nonce[NONCE_LEN_MAX + 1];
	const struct suite suite = suite_of(&samples[1], 0);
	struct bytes longest = bytes_of(nonce, NONCE_LEN_MAX);
	struct keymat k;

	ck_assert(keymat_ike(
		crypto, &suite, longest, longest, hex("00"), nonce, nonce, &k));
	ck_assert(!keymat_ike(crypto, &suite, longest,
		bytes_of(nonce, NONCE_LEN_MAX + 1), hex("00"), nonce, nonce,
		&k));
}
END_TEST

START_TEST(wiped_keys_are_gone)
{
	static const struct keymat nothing;
	const struct suite suite = suite_of(&samples[1], 0);
	const struct kdf *s = &samples[1];
	struct keymat k;

	ck_assert(keymat_ike(crypto, &suite, hex(s->ni), hex(s->nr),
		hex(s->gir), hex(s->spii).at, hex(s->spir).at, &k));
	keymat_wipe(&k);
	ck_assert_mem_eq(&k, &nothing, sizeof(k));
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

SUITE(keymat)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	loop_test(skeyseed_is_nists, SAMPLES);
	loop_test(ike_keys_are_nists, SAMPLES);
	loop_test(rekeyed_ike_keys_are_nists, SAMPLES);
	test(a_rekey_may_change_the_prf);
	loop_test(child_keys_are_nists, SAMPLES);
	test(nonces_past_the_protocols_limit_are_refused);
	test(wiped_keys_are_gone);
}

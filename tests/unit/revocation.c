/* revocation.c - CRLs and OCSP responses: what is believed, what is asked, what is kept.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/revocation.h"

#include "tests/suite.h"
#include "tests/unit/pki_ocsp.h"

#include <stdio.h>
#include <stdlib.h>

#define CRL_URL  "http://crl.example/ca.crl"
#define OCSP_URL "http://ocsp.example"

/* A root, an authority under it, one that the authority vouches for. */
static struct {
	struct pki_cert *root, *ca, *leaf;
	struct certificate *step[3];
	struct trust_path path;
	struct trust *trust;
	struct revocations *known;
	struct revocation_question ask;
	char why[X509_WHY];
} t;

static struct certificate *read(const struct pki_cert *cert)
{
	const char *why;
	struct certificate *certificate = certificate_read(cert->der, &why);

	ck_assert_msg(certificate != NULL, "%s", why);
	return certificate;
}

static void begin_with(const struct pki_want *ca, const struct pki_want *leaf)
{
	memset(&t, 0, sizeof(t));
	t.root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Root", .ca = true });
	t.ca = pki_issue(t.root, ca);
	t.leaf = pki_issue(t.ca, leaf);
	t.step[0] = read(t.leaf);
	t.step[1] = read(t.ca);
	t.step[2] = read(t.root);
	t.path.count = 3;
	memcpy(t.path.step, t.step, sizeof(t.step));
	t.trust = trust_new();
	t.known = revocations_new();
	ck_assert_ptr_nonnull(t.trust);
	ck_assert_ptr_nonnull(t.known);
}

static const struct pki_want plain_ca = { .subject = "CN=CA", .ca = true };
static const struct pki_want plain_leaf = { .subject = "CN=vpn" };
static const struct pki_want leaf_with_uris = {
	.subject = "CN=vpn", .crl = "URI:" CRL_URL, .ocsp = "OCSP;URI:" OCSP_URL
};

static void begin(void)
{
	begin_with(&plain_ca, &plain_leaf);
	/* About the authority itself nothing is asked in most tests. */
	t.path.count = 2;
}

static void end(void)
{
	revocations_free(t.known);
	trust_unref(t.trust);
	for (size_t i = 0; i < 3; i++)
		certificate_unref(t.step[i]);
	pki_end();
}

/* The last question that there was is in t.ask. */
static enum revocation_verdict check_at(enum revocation_rule rule,
	const struct bytes *stapled, size_t count, int64_t unix_s, bool may_ask)
{
	struct revocation_question ask;
	enum revocation_verdict verdict;

	memset(&ask, 0xaa, sizeof(ask));
	verdict = revocation_check(t.trust, &t.path, stapled, count, rule,
		t.known, unix_s, may_ask ? &ask : NULL, t.why);
	ck_assert(may_ask || verdict != REVOCATION_ASK);
	if (verdict == REVOCATION_ASK)
		t.ask = ask;
	return verdict;
}

static enum revocation_verdict check(enum revocation_rule rule)
{
	return check_at(rule, NULL, 0, PKI_NOW, true);
}

static enum revocation_verdict check_stapled(struct bytes one)
{
	return check_at(REVOCATION_STRICT, &one, 1, PKI_NOW, true);
}

static void expect(enum revocation_verdict got, enum revocation_verdict wanted,
	const char *why)
{
	ck_assert_msg(
		got == wanted, "%d, not %d: %s", (int)got, (int)wanted, t.why);
	ck_assert_msg(
		strstr(t.why, why) != NULL, "'%s' is not '%s'", t.why, why);
}

static void add_crl(struct bytes der)
{
	const char *why;

	ck_assert_msg(trust_add_crl(t.trust, der, &why), "%s", why);
}

static void expect_question(
	enum trust_source source, const char *url, bool has_body)
{
	ck_assert_int_eq((int)t.ask.source, (int)source);
	ck_assert_str_eq(t.ask.url, url);
	ck_assert((t.ask.body_len > 0) == has_body);
}

static void answer_at(struct bytes data, int64_t unix_s)
{
	const struct revocation_question asked = t.ask;

	revocations_answer(t.known, &asked, data, unix_s);
}

static void answer(struct bytes data)
{
	answer_at(data, PKI_NOW);
}

static const struct bytes nothing = { NULL, 0 };

/* --- CRLs ----------------------------------------------------------------- */

#define OID_IDP   "2.5.29.28"
#define OID_DELTA "2.5.29.27"
#define CRITICAL(OID, LITERAL)                                                 \
	{                                                                      \
		{                                                              \
			(OID), true,                                           \
			{                                                      \
				(const uint8_t *)(LITERAL),                    \
					sizeof(LITERAL) - 1                    \
			}                                                      \
		}                                                              \
	}

/* .from and .until are what is added to PKI_NOW. */
static const struct crl_case {
	struct pki_crl_want want;
	bool lists; /* the certificate */
	enum revocation_verdict verdict;
	const char *why;
} crl_cases[] = {
	{ { .number = 0 }, false, REVOCATION_GOOD, "" },
	{ { .number = 0 }, true, REVOCATION_REVOKED,
		"vpn' was revoked on 2025-12-31 23:00:00 UTC: no reason" },
	{ { .reason = 1 }, true, REVOCATION_REVOKED, "key is compromised" },
	{ { .reason = 6 }, true, REVOCATION_REVOKED, "it is on hold" },
	{ { .serials = { 77 } }, false, REVOCATION_GOOD, "" },
	/* When */
	{ { .from = 299 }, false, REVOCATION_GOOD, "" },
	{ { .from = 301 }, false, REVOCATION_UNKNOWN, "is of the future" },
	{ { .from = -9999, .until = -299 }, false, REVOCATION_GOOD, "" },
	{ { .from = -9999, .until = -301 }, false, REVOCATION_UNKNOWN,
		"is out of date" },
	{ { .from = -9999, .until = -301 }, true, REVOCATION_REVOKED,
		"was revoked" },
	{ { .from = -9999, .until = -301, .reason = 6 }, true,
		REVOCATION_UNKNOWN, "is out of date" },
	{ { .until = -1 - PKI_NOW }, false, REVOCATION_UNKNOWN,
		"does not say when the next one comes" },
	/* Who */
	{ { .issuer = "CN=Root" }, true, REVOCATION_UNKNOWN,
		"there is no CRL" },
	{ { .bad_signature = true }, true, REVOCATION_UNKNOWN,
		"is not signed by its issuer" },
	{ { .digest = "SHA1" }, true, REVOCATION_UNKNOWN,
		"is signed with a weak algorithm" },
	/* What */
	{ { .extensions = CRITICAL("1.2.3.4.5", "\x05\x00") }, true,
		REVOCATION_UNKNOWN, "critical extension that is not known" },
	{ { .extensions = CRITICAL(OID_DELTA, "\x02\x01\x01") }, true,
		REVOCATION_UNKNOWN, "is a delta CRL" },
	{ { .extensions = CRITICAL(OID_IDP, "\x30\x03\x84\x01\xff") }, true,
		REVOCATION_UNKNOWN, "is an indirect one" },
	{ { .extensions = CRITICAL(OID_IDP, "\x30\x03\x81\x01\xff") }, false,
		REVOCATION_GOOD, "" }, /* only users */
	{ { .extensions = CRITICAL(OID_IDP, "\x30\x03\x82\x01\xff") }, false,
		REVOCATION_UNKNOWN,
		"covers other certificates" }, /* only CAs */
	{ { .extensions = CRITICAL(OID_IDP, "\x30\x03\x82\x01\xff") }, true,
		REVOCATION_REVOKED, "was revoked" },
	{ { .extensions = CRITICAL(OID_IDP, "\x30\x03\x85\x01\xff") }, false,
		REVOCATION_UNKNOWN, "covers only some reasons" },
	{ { .extensions = CRITICAL(OID_IDP, "\x30\x04\x83\x02\x06\x40") },
		false, REVOCATION_UNKNOWN, "covers only some reasons" },
	{ { .extensions = CRITICAL(OID_IDP, "\x30\x12\xa0\x10\xa0\x0e\x86\x0c"
					    "http://crl.a") },
		false, REVOCATION_UNKNOWN, "covers other certificates" },
	{ { .extensions = CRITICAL(OID_IDP, "\x30\x03") }, false,
		REVOCATION_UNKNOWN, "does not say what it covers" },
};

static struct bytes crl_of(const struct crl_case *c)
{
	struct pki_crl_want want = c->want;

	want.from += PKI_NOW - (want.from ? 0 : 3600);
	want.until += want.until ? PKI_NOW : 0;
	if (c->lists)
		want.revoked[0] = t.leaf;
	return pki_crl(t.ca, &want);
}

START_TEST(configured_crls)
{
	const struct crl_case *c = &crl_cases[_i];

	begin();
	add_crl(crl_of(c));
	expect(check(REVOCATION_STRICT), c->verdict, c->why);
	if (c->verdict != REVOCATION_REVOKED)
		expect(check(REVOCATION_SOFT), REVOCATION_GOOD, "");
	else
		expect(check(REVOCATION_SOFT), REVOCATION_REVOKED, c->why);
	expect(check(REVOCATION_OFF), REVOCATION_GOOD, "");
	end();
}
END_TEST

/* The same, when it was fetched. */
START_TEST(fetched_crls)
{
	const struct crl_case *c = &crl_cases[_i];
	const char *why = c->why;

	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .crl = "URI:" CRL_URL });
	t.path.count = 2;
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	expect_question(TRUST_CRL, CRL_URL, false);
	answer(crl_of(c));
	expect(check(REVOCATION_STRICT), c->verdict, why);
	end();
}
END_TEST

/* A part of a CRL says something about who names that part. */
START_TEST(a_part_of_a_crl)
{
	static const struct crl_case part = {
		.want.extensions = CRITICAL(OID_IDP,
			"\x30\x12\xa0\x10\xa0\x0e\x86\x0chttp://crl.a"),
	};

	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .crl = "URI:http://crl.a" });
	t.path.count = 2;
	add_crl(crl_of(&part));
	expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
	end();
}
END_TEST

START_TEST(a_crl_by_one_of_the_same_name)
{
	struct pki_cert *other;

	begin();
	other = pki_issue(t.root, &plain_ca);
	add_crl(pki_crl(
		other, &(struct pki_crl_want){ .revoked = { t.leaf } }));
	expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN,
		"is not signed by its issuer");
	end();
}
END_TEST

START_TEST(a_crl_by_one_that_may_not)
{
	begin_with(&(struct pki_want){ .subject = "CN=CA",
			   .ca = true,
			   .usage = "critical,keyCertSign" },
		&plain_leaf);
	t.path.count = 2;
	add_crl(pki_crl(t.ca, &(struct pki_crl_want){ .revoked = { t.leaf } }));
	expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN,
		"its issuer may not sign CRLs");
	end();
}
END_TEST

/* An entry with a critical extension: here its certificate's issuer. */
START_TEST(a_crl_with_an_entry_that_is_not_known)
{
	struct pki_crl_want want = { .serials = { 77 } };
	struct bytes der;
	X509_CRL *crl;
	X509_REVOKED *entry;
	const uint8_t *at;
	uint8_t *out = NULL;
	int len;

	begin();
	der = pki_crl(t.ca, &want);
	at = der.at;
	crl = d2i_X509_CRL(NULL, &at, (long)der.len);
	entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
	{
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		X509_EXTENSION *extension;

		ASN1_OCTET_STRING_set(value, (const uint8_t *)"\x05\x00", 2);
		extension = X509_EXTENSION_create_by_NID(
			NULL, NID_invalidity_date, 1, value);
		X509_REVOKED_add_ext(entry, extension, -1);
		X509_EXTENSION_free(extension);
		ASN1_OCTET_STRING_free(value);
	}
	ck_assert_int_gt(X509_CRL_sign(crl, t.ca->key, EVP_sha256()), 0);
	len = i2d_X509_CRL(crl, &out);
	ck_assert_int_gt(len, 0);
	add_crl(bytes_of(out, (size_t)len));
	expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN,
		"an entry of its CRL has a critical extension");
	OPENSSL_free(out);
	X509_CRL_free(crl);
	end();
}
END_TEST

/* --- OCSP ----------------------------------------------------------------- */

/* .from and .until are what is added to PKI_NOW. */
static const struct ocsp_case {
	struct pki_ocsp_want want;
	enum revocation_verdict verdict;
	const char *why;
} ocsp_cases[] = {
	{ { .status = 0 }, REVOCATION_GOOD, "" },
	{ { .by_key = true }, REVOCATION_GOOD, "" },
	{ { .bare = true }, REVOCATION_GOOD, "" },
	{ { .id = "SHA256" }, REVOCATION_GOOD, "" },
	{ { .id = "SHA512" }, REVOCATION_GOOD, "" },
	{ { .id = "MD5" }, REVOCATION_UNKNOWN, "no OCSP response is about it" },
	{ { .status = V_OCSP_CERTSTATUS_REVOKED }, REVOCATION_REVOKED,
		"vpn' was revoked on 2025-12-31 23:00:00 UTC: no reason" },
	{ { .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 4 },
		REVOCATION_REVOKED, "it is superseded" },
	{ { .status = V_OCSP_CERTSTATUS_UNKNOWN }, REVOCATION_UNKNOWN,
		"the OCSP responder does not know it" },
	/* When */
	{ { .from = 299 }, REVOCATION_GOOD, "" },
	{ { .from = 301 }, REVOCATION_UNKNOWN, "is of the future" },
	{ { .from = -9999, .until = -299 }, REVOCATION_GOOD, "" },
	{ { .from = -9999, .until = -301 }, REVOCATION_UNKNOWN,
		"is out of date" },
	{ { .from = -9999, .until = -301, .status = V_OCSP_CERTSTATUS_REVOKED },
		REVOCATION_REVOKED, "was revoked" },
	{ { .from = -9999,
		  .until = -301,
		  .status = V_OCSP_CERTSTATUS_REVOKED,
		  .reason = 6 },
		REVOCATION_UNKNOWN, "is out of date" },
	{ { .from = -3899, .until = -1 - PKI_NOW }, REVOCATION_GOOD, "" },
	{ { .from = -3901, .until = -1 - PKI_NOW }, REVOCATION_UNKNOWN,
		"is out of date" },
	/* Who */
	{ { .bad_signature = true }, REVOCATION_UNKNOWN, "is not signed by" },
	{ { .digest = "SHA1" }, REVOCATION_UNKNOWN, "a weak algorithm" },
	/* What */
	{ { .critical = true }, REVOCATION_UNKNOWN, "critical extension" },
	{ { .critical_single = true }, REVOCATION_UNKNOWN,
		"critical extension" },
	{ { .error = OCSP_RESPONSE_STATUS_TRYLATER }, REVOCATION_UNKNOWN,
		"there is no CRL, and nobody to ask" },
	{ { .error = OCSP_RESPONSE_STATUS_UNAUTHORIZED }, REVOCATION_UNKNOWN,
		"there is no CRL, and nobody to ask" },
};

static struct bytes ocsp_of(const struct ocsp_case *c)
{
	struct pki_ocsp_want want = c->want;

	want.from += PKI_NOW - (want.from ? 0 : 3600);
	want.until += want.until ? PKI_NOW : 0;
	return pki_ocsp(t.ca, t.leaf, &want);
}

START_TEST(stapled_responses)
{
	begin();
	expect(check_stapled(ocsp_of(&ocsp_cases[_i])), ocsp_cases[_i].verdict,
		ocsp_cases[_i].why);
	end();
}
END_TEST

START_TEST(fetched_responses)
{
	const struct ocsp_case *c = &ocsp_cases[_i];

	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .ocsp = "OCSP;URI:" OCSP_URL });
	t.path.count = 2;
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	expect_question(TRUST_OCSP, OCSP_URL, true);
	answer(ocsp_of(c));
	expect(check(REVOCATION_STRICT), c->verdict,
		c->want.error ? "does not answer" : c->why);
	end();
}
END_TEST

/* Who may speak for the issuer (RFC 6960 section 4.2.2.2). */
static const struct delegate_case {
	struct pki_want want;
	bool by_root; /* certified by the issuer's own issuer */
	bool bare;
	bool good;
} delegate_cases[] = {
	{ .want.extended = "OCSPSigning", .good = true },
	{ .want = { .extended = "OCSPSigning,serverAuth", .key = PKI_RSA_2048 },
		.good = true },
	{ .want.extended = "OCSPSigning", .by_root = true },
	{ .want.extended = "OCSPSigning", .bare = true },
	{ .want.extended = NULL },
	{ .want.extended = "anyExtendedKeyUsage" },
	{ .want.extended = "serverAuth,clientAuth" },
	{ .want = { .extended = "OCSPSigning",
		  .usage = "critical,keyEncipherment" } },
	{ .want = { .extended = "OCSPSigning",
		  .from = PKI_NOW - 2 * PKI_DAY,
		  .until = PKI_NOW - PKI_DAY } },
	{ .want = { .extended = "OCSPSigning", .from = PKI_NOW + PKI_DAY } },
	{ .want = { .extended = "OCSPSigning", .bad_signature = true } },
	{ .want = { .extended = "OCSPSigning", .digest = "SHA1" } },
	{ .want = { .extended = "OCSPSigning", .key = PKI_RSA_1024 } },
	{ .want = { .extended = "OCSPSigning",
		  .extensions = CRITICAL("1.2.3.4.5", "\x05\x00") } },
};

START_TEST(delegated_responders)
{
	const struct delegate_case *c = &delegate_cases[_i];
	struct pki_want want = c->want;
	struct pki_ocsp_want response = { .bare = c->bare };

	begin();
	want.subject = "CN=responder";
	if (c->by_root) /* which bears the issuer's name, even */
		want.issuer = "CN=CA";
	response.responder = pki_issue(c->by_root ? t.root : t.ca, &want);
	expect(check_stapled(pki_ocsp(t.ca, t.leaf, &response)),
		c->good ? REVOCATION_GOOD : REVOCATION_UNKNOWN,
		c->good ? "" : "is not signed by its issuer, nor by");
	/* Nor can it revoke what it may not speak for. */
	response.status = V_OCSP_CERTSTATUS_REVOKED;
	expect(check_stapled(pki_ocsp(t.ca, t.leaf, &response)),
		c->good ? REVOCATION_REVOKED : REVOCATION_UNKNOWN, "");
	end();
}
END_TEST

/* The peer itself, the issuer's name with another key, the issuer's issuer. */
START_TEST(responders_that_are_not_its_issuer)
{
	struct pki_cert *same_name;

	begin();
	same_name = pki_issue(t.root, &plain_ca);
	expect(check_stapled(pki_ocsp(t.ca, t.leaf,
		       &(struct pki_ocsp_want){ .responder = t.leaf })),
		REVOCATION_UNKNOWN, "is not signed by");
	expect(check_stapled(pki_ocsp(t.ca, t.leaf,
		       &(struct pki_ocsp_want){ .responder = same_name })),
		REVOCATION_UNKNOWN, "is not signed by");
	expect(check_stapled(pki_ocsp(t.ca, t.leaf,
		       &(struct pki_ocsp_want){ .signer = same_name })),
		REVOCATION_UNKNOWN, "is not signed by");
	expect(check_stapled(pki_ocsp(t.ca, t.leaf,
		       &(struct pki_ocsp_want){ .responder = t.root })),
		REVOCATION_UNKNOWN, "is not signed by");
	/* The issuer has signed it, but says that somebody else has. */
	expect(check_stapled(pki_ocsp(t.ca, t.leaf,
		       &(struct pki_ocsp_want){
			       .responder = t.leaf, .signer = t.ca })),
		REVOCATION_UNKNOWN, "is not signed by");
	end();
}
END_TEST

START_TEST(responses_about_others)
{
	struct pki_cert *other;

	begin();
	other = pki_issue(t.ca, &plain_leaf);
	expect(check_stapled(
		       pki_ocsp(t.ca, other, &(struct pki_ocsp_want){ 0 })),
		REVOCATION_UNKNOWN, "no OCSP response is about it");
	/* The same serial of another issuer. */
	expect(check_stapled(pki_ocsp(t.root, t.leaf,
		       &(struct pki_ocsp_want){ .responder = t.ca })),
		REVOCATION_UNKNOWN, "no OCSP response is about it");
	end();
}
END_TEST

/* Cut at every octet, with one more, and with each octet altered: never good. */
START_TEST(responses_of_any_octets)
{
	struct bytes whole;
	uint8_t *copy;

	begin();
	whole = pki_ocsp(t.ca, t.leaf, &(struct pki_ocsp_want){ .bare = true });
	copy = calloc(1, whole.len + 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, whole.at, whole.len);
	ck_assert(check_stapled(bytes_of(copy, whole.len + 1)) ==
		  REVOCATION_UNKNOWN);
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		ck_assert_ptr_nonnull(cut);
		memcpy(cut, whole.at, len);
		ck_assert(check_stapled(bytes_of(cut, len)) ==
			  REVOCATION_UNKNOWN);
		free(cut);
		copy[len] ^= 0x55;
		ck_assert(check_stapled(bytes_of(copy, whole.len)) ==
			  REVOCATION_UNKNOWN);
		copy[len] ^= 0x55;
	}
	ck_assert(check_stapled(bytes_of(copy, whole.len)) == REVOCATION_GOOD);
	free(copy);
	end();
}
END_TEST

/* The same of a fetched CRL. */
START_TEST(crls_of_any_octets)
{
	struct bytes whole;
	uint8_t *copy;

	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .crl = "URI:" CRL_URL });
	t.path.count = 2;
	whole = pki_crl(t.ca, &(struct pki_crl_want){ .serials = { 5 } });
	copy = calloc(1, whole.len + 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, whole.at, whole.len);
	for (size_t len = 0; len < whole.len; len++) {
		ck_assert(check(REVOCATION_STRICT) == REVOCATION_ASK);
		answer(bytes_of(copy, len));
		ck_assert(check_at(REVOCATION_STRICT, NULL, 0, PKI_NOW,
				  false) == REVOCATION_UNKNOWN);
		copy[len] ^= 0x55;
		answer(bytes_of(copy, whole.len));
		copy[len] ^= 0x55;
		ck_assert(check_at(REVOCATION_STRICT, NULL, 0, PKI_NOW,
				  false) == REVOCATION_UNKNOWN);
		revocations_free(t.known);
		t.known = revocations_new();
	}
	ck_assert(check(REVOCATION_STRICT) == REVOCATION_ASK);
	answer(bytes_of(copy, whole.len + 1));
	expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN, "");
	answer(bytes_of(copy, whole.len));
	expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
	free(copy);
	end();
}
END_TEST

/* --- Several sources ------------------------------------------------------ */

START_TEST(revoked_beats_good)
{
	struct pki_crl_want lists = { .number = 2 };
	struct bytes good, bad;

	begin_with(&plain_ca, &leaf_with_uris);
	t.path.count = 2;
	lists.revoked[0] = t.leaf;
	good = pki_ocsp(t.ca, t.leaf, &(struct pki_ocsp_want){ 0 });
	bad = pki_ocsp(t.ca, t.leaf,
		&(struct pki_ocsp_want){ .status = V_OCSP_CERTSTATUS_REVOKED });
	/* Stapled good, and nothing is asked. */
	expect(check_stapled(good), REVOCATION_GOOD, "");
	/* Two stapled. */
	expect(check_at(REVOCATION_SOFT, (struct bytes[]){ good, bad }, 2,
		       PKI_NOW, true),
		REVOCATION_REVOKED, "was revoked");
	/* What was fetched, against what is stapled. */
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	answer(bad);
	expect(check_stapled(good), REVOCATION_REVOKED, "was revoked");
	/* What is configured, against both. */
	answer(good);
	expect(check_stapled(good), REVOCATION_GOOD, "");
	add_crl(pki_crl(t.ca, &lists));
	expect(check_stapled(good), REVOCATION_REVOKED, "was revoked");
	end();
}
END_TEST

START_TEST(nobody_to_ask)
{
	begin();
	expect(check(REVOCATION_SOFT), REVOCATION_GOOD,
		"nobody says whether the certificate of");
	expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN,
		"nobody says whether the certificate of");
	expect(check(REVOCATION_OFF), REVOCATION_GOOD, "");
	/* The root is not asked about; nor is one that is trusted by itself. */
	t.path.count = 1;
	expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
	ck_assert_str_eq(t.why, "");
	end();
}
END_TEST

START_TEST(one_question_after_the_other)
{
	begin_with(&plain_ca, &leaf_with_uris);
	t.path.count = 2;
	trust_add_uri(t.trust, t.step[1], TRUST_CRL, "http://own.example/crl");
	trust_add_uri(t.trust, t.step[1], TRUST_OCSP, "HTTP://own.example/");
	/* What is not plain http, and what is there twice, is no question. */
	trust_add_uri(t.trust, t.step[1], TRUST_OCSP, OCSP_URL);
	trust_add_uri(t.trust, t.step[1], TRUST_CRL, "https://own.example/b");
	trust_add_uri(t.trust, t.step[1], TRUST_CRL, "ldap://own.example/c");
	expect(check(REVOCATION_SOFT), REVOCATION_ASK, "");
	expect_question(TRUST_OCSP, "HTTP://own.example/", true);
	answer(nothing);
	expect(check(REVOCATION_SOFT), REVOCATION_ASK, "");
	expect_question(TRUST_OCSP, OCSP_URL, true);
	answer(bytes_of("garbage", 7));
	expect(check(REVOCATION_SOFT), REVOCATION_ASK, "");
	expect_question(TRUST_CRL, "http://own.example/crl", false);
	answer(bytes_of("garbage", 7));
	expect(check(REVOCATION_SOFT), REVOCATION_ASK, "");
	expect_question(TRUST_CRL, CRL_URL, false);
	/* Enough is asked. */
	expect(check_at(REVOCATION_STRICT, NULL, 0, PKI_NOW, false),
		REVOCATION_UNKNOWN, "does not answer");
	answer(nothing);
	expect(check(REVOCATION_SOFT), REVOCATION_GOOD, "");
	expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN, "does not answer");
	end();
}
END_TEST

/* Hostile or odd names in a certificate of our authority. */
START_TEST(urls_that_are_none)
{
	static const char *const urls[] = {
		"URI:https://crl.example/",
		"URI:ldap://crl.example/",
		"URI:file:///etc/passwd",
		"URI:http://crl.example/a b",
		"URI:http://crl.example/\r\nX: y",
		"URI:http://",
		"URI:xhttp://crl.example/",
		"DNS:crl.example",
		"email:crl@example",
	};

	begin_with(&plain_ca,
		&(struct pki_want){ .subject = "CN=vpn", .crl = urls[_i] });
	t.path.count = 2;
	expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN,
		"there is no CRL, and nobody to ask");
	end();
}
END_TEST

/* Four places are looked at, whatever they are for. */
START_TEST(a_responder_behind_many_places)
{
#define ISSUERS                                                                \
	"caIssuers;URI:http://a.example/1,caIssuers;URI:http://a.example/2,"   \
	"caIssuers;URI:http://a.example/3,"
	static const char *const places[] = {
		ISSUERS "OCSP;URI:http://ocsp.example/late",
		ISSUERS "caIssuers;URI:http://a.example/4,"
			"OCSP;URI:http://ocsp.example/late",
	};

	begin_with(&plain_ca,
		&(struct pki_want){ .subject = "CN=vpn", .ocsp = places[_i] });
	t.path.count = 2;
	if (_i == 0) {
		expect(check(REVOCATION_SOFT), REVOCATION_ASK, "");
		expect_question(TRUST_OCSP, "http://ocsp.example/late", true);
	} else {
		expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN,
			"there is no CRL, and nobody to ask");
	}
	end();
}
END_TEST

START_TEST(an_overlong_url)
{
	char url[REVOCATION_URL + 32] = "URI:http://crl.example/";

	for (size_t len = REVOCATION_URL - 1; len <= REVOCATION_URL; len++) {
		memset(url + strlen(url), 'a', 4 + len - strlen(url));
		url[4 + len] = '\0';
		begin_with(&plain_ca,
			&(struct pki_want){ .subject = "CN=vpn", .crl = url });
		t.path.count = 2;
		expect(check(REVOCATION_STRICT),
			len < REVOCATION_URL ? REVOCATION_ASK
					     : REVOCATION_UNKNOWN,
			"");
		end();
	}
}
END_TEST

/* Of the whole path, from the root down. */
START_TEST(every_certificate_of_the_path)
{
	begin_with(&(struct pki_want){ .subject = "CN=CA",
			   .ca = true,
			   .crl = "URI:http://crl.example/root.crl" },
		&leaf_with_uris);
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	expect_question(TRUST_CRL, "http://crl.example/root.crl", false);
	answer(pki_crl(t.root, &(struct pki_crl_want){ 0 }));
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	expect_question(TRUST_OCSP, OCSP_URL, true);
	answer(pki_ocsp(t.ca, t.leaf, &(struct pki_ocsp_want){ 0 }));
	expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
	/* The authority is revoked: its own word about the other is nothing. */
	add_crl(pki_crl(t.root, &(struct pki_crl_want){ .revoked = { t.ca } }));
	expect(check(REVOCATION_SOFT), REVOCATION_REVOKED,
		"CA' was revoked on");
	end();
}
END_TEST

/* What is revoked needs no further question. */
START_TEST(revoked_before_a_question)
{
	begin_with(&(struct pki_want){ .subject = "CN=CA",
			   .ca = true,
			   .crl = "URI:http://crl.example/root.crl" },
		&plain_leaf);
	add_crl(pki_crl(t.ca, &(struct pki_crl_want){ .revoked = { t.leaf } }));
	expect(check(REVOCATION_SOFT), REVOCATION_REVOKED,
		"vpn' was revoked on");
	end();
}
END_TEST

/* --- What is kept --------------------------------------------------------- */

START_TEST(no_answer_is_remembered_for_a_minute)
{
	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .crl = "URI:" CRL_URL });
	t.path.count = 2;
	expect(check(REVOCATION_SOFT), REVOCATION_ASK, "");
	answer(nothing);
	expect(check_at(REVOCATION_SOFT, NULL, 0, PKI_NOW + 59, true),
		REVOCATION_GOOD, "");
	expect(check_at(REVOCATION_SOFT, NULL, 0, PKI_NOW + 60, true),
		REVOCATION_ASK, "");
	/* The clock was set back. */
	expect(check_at(REVOCATION_SOFT, NULL, 0, PKI_NOW - 1, true),
		REVOCATION_ASK, "");
	end();
}
END_TEST

START_TEST(a_good_answer_is_renewed_after_an_hour)
{
	const int64_t later = PKI_NOW + 3600;

	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .crl = "URI:" CRL_URL });
	t.path.count = 2;
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	answer(pki_crl(t.ca, &(struct pki_crl_want){ 0 }));
	expect(check_at(REVOCATION_STRICT, NULL, 0, later - 1, true),
		REVOCATION_GOOD, "");
	expect(check_at(REVOCATION_STRICT, NULL, 0, later, true),
		REVOCATION_ASK, "");
	/* No answer: the old one goes on until it is out of date. */
	answer_at(nothing, later);
	expect(check_at(REVOCATION_STRICT, NULL, 0, later, true),
		REVOCATION_GOOD, "");
	expect(check_at(REVOCATION_STRICT, NULL, 0, later + 3600, true),
		REVOCATION_ASK, "");
	answer_at(bytes_of("garbage", 7), later + 3600);
	expect(check_at(REVOCATION_STRICT, NULL, 0, later + 3600, true),
		REVOCATION_GOOD, "");
	expect(check_at(REVOCATION_STRICT, NULL, 0, PKI_NOW + 8 * PKI_DAY,
		       false),
		REVOCATION_UNKNOWN, "is out of date");
	/* A new one takes its place. */
	answer_at(
		pki_crl(t.ca, &(struct pki_crl_want){ .revoked = { t.leaf } }),
		later + 3600);
	expect(check_at(REVOCATION_STRICT, NULL, 0, later + 3600, true),
		REVOCATION_REVOKED, "was revoked");
	end();
}
END_TEST

/* Of 65 answers the oldest goes. */
START_TEST(so_many_answers)
{
	struct bytes crl;
	struct revocation_question first;

	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .crl = "URI:" CRL_URL });
	t.path.count = 2;
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	first = t.ask;
	crl = pki_crl(t.ca, &(struct pki_crl_want){ 0 });
	answer(crl);
	for (int i = 0; i < 63; i++) {
		snprintf(t.ask.url, sizeof(t.ask.url), "http://other/%d", i);
		answer(i % 2 ? crl : nothing);
	}
	expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
	/* Answered once more, it is the newest. */
	t.ask = first;
	answer(crl);
	for (int i = 63; i < 126; i++) {
		snprintf(t.ask.url, sizeof(t.ask.url), "http://other/%d", i);
		answer(crl);
	}
	expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
	snprintf(t.ask.url, sizeof(t.ask.url), "http://other/126");
	answer(crl);
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	end();
}
END_TEST

/* Dead servers do not push out what is of use. */
START_TEST(so_many_dead_servers)
{
	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .crl = "URI:" CRL_URL });
	t.path.count = 2;
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	answer(pki_crl(t.ca, &(struct pki_crl_want){ .number = 3 }));
	for (int i = 0; i < 200; i++) {
		snprintf(t.ask.url, sizeof(t.ask.url), "http://other/%d", i);
		answer(nothing);
	}
	expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
	end();
}
END_TEST

/* Four of a mebibyte and a little one do not fit; one of more is none. */
START_TEST(so_many_octets)
{
	const size_t large = REVOCATION_MAX_CRL - 1024;
	uint8_t *padding = calloc(1, large + 2048);
	struct pki_crl_want want = {
		.extensions = { { "1.2.3.4.5", false, { padding, large } } },
	};
	struct bytes crl, too_large;

	ck_assert_ptr_nonnull(padding);
	begin_with(&plain_ca, &(struct pki_want){ .subject = "CN=vpn",
				      .crl = "URI:" CRL_URL });
	t.path.count = 2;
	crl = pki_crl(t.ca, &want);
	want.extensions[0].value.len = large + 2048;
	too_large = pki_crl(t.ca, &want);
	ck_assert_uint_le(crl.len, REVOCATION_MAX_CRL);
	ck_assert_uint_gt(too_large.len, REVOCATION_MAX_CRL);
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	answer(too_large);
	expect(check(REVOCATION_STRICT), REVOCATION_UNKNOWN, "");
	answer(crl);
	expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
	for (int i = 0; i < 4; i++) {
		expect(check(REVOCATION_STRICT), REVOCATION_GOOD, "");
		snprintf(t.ask.url, sizeof(t.ask.url), "http://other/%d", i);
		answer(crl);
	}
	expect(check(REVOCATION_STRICT), REVOCATION_ASK, "");
	free(padding);
	end();
}
END_TEST

SUITE(revocation)
{
	loop_test(configured_crls, sizeof(crl_cases) / sizeof(crl_cases[0]));
	loop_test(fetched_crls, sizeof(crl_cases) / sizeof(crl_cases[0]));
	test(a_part_of_a_crl);
	test(a_crl_by_one_of_the_same_name);
	test(a_crl_by_one_that_may_not);
	test(a_crl_with_an_entry_that_is_not_known);
	loop_test(
		stapled_responses, sizeof(ocsp_cases) / sizeof(ocsp_cases[0]));
	loop_test(
		fetched_responses, sizeof(ocsp_cases) / sizeof(ocsp_cases[0]));
	loop_test(delegated_responders,
		sizeof(delegate_cases) / sizeof(delegate_cases[0]));
	test(responders_that_are_not_its_issuer);
	test(responses_about_others);
	test(responses_of_any_octets);
	test(crls_of_any_octets);
	test(revoked_beats_good);
	test(nobody_to_ask);
	test(one_question_after_the_other);
	loop_test(urls_that_are_none, 9);
	loop_test(a_responder_behind_many_places, 2);
	test(an_overlong_url);
	test(every_certificate_of_the_path);
	test(revoked_before_a_question);
	test(no_answer_is_remembered_for_a_minute);
	test(a_good_answer_is_renewed_after_an_hour);
	test(so_many_answers);
	test(so_many_dead_servers);
	test(so_many_octets);
}

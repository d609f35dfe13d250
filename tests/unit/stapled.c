/* stapled.c - OCSP responses that come along in IKE_AUTH (RFC 4806).
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"
#include "tests/unit/pki_ocsp.h"

static struct {
	struct pki_cert *root, *core, *bent;
	struct bytes response;
} pki;

static struct core_signatures signatures;
static const struct core_setup setup = { .signatures = &signatures };

static struct credential *credential(const struct pki_cert *cert)
{
	const char *why = "";
	struct certificate *certificate = certificate_read(cert->der, &why);
	struct credential *made;

	ck_assert_msg(certificate != NULL, "%s", why);
	made = credential_new(
		private_key_read(cert->key_der, &why), &certificate, 1, &why);
	ck_assert_msg(made != NULL, "%s", why);
	certificate_unref(certificate);
	return made;
}

/* Core and bent peer with certificates of one root, at PKI_NOW. */
static void world(const struct pki_ocsp_want *want)
{
	const char *why = "";
	struct certificate *root;

	pki.root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Root", .ca = true });
	pki.core = pki_issue(pki.root, &(struct pki_want){ .subject = "CN=core",
					       .san = "IP:192.0.2.1" });
	pki.bent = pki_issue(pki.root, &(struct pki_want){ .subject = "CN=bent",
					       .san = "IP:192.0.2.2" });
	pki.response = pki_ocsp(pki.root, pki.bent, want);
	root = certificate_read(pki.root->der, &why);
	ck_assert_msg(root != NULL, "%s", why);
	signatures = (struct core_signatures){
		.core_auth = IKE_AUTH_CERT,
		.bent_auth = IKE_AUTH_CERT,
		.core_own = credential(pki.core),
		.core_trust = trust_new(),
		.bent_own = credential(pki.bent),
	};
	ck_assert(trust_add_root(signatures.core_trust, root));
	certificate_unref(root);
	core_open(&setup);
	core.unix_s = PKI_NOW;
}

static void end(void)
{
	close_core();
	credential_unref(signatures.core_own);
	credential_unref(signatures.bent_own);
	trust_unref(signatures.core_trust);
	signatures = (struct core_signatures){ 0 };
	pki_end();
}

static void staple(void)
{
	uint8_t body[1024] = { CERT_OCSP };

	ck_assert_uint_lt(pki.response.len, sizeof(body));
	memcpy(body + 1, pki.response.at, pki.response.len);
	parts_add(&parts, PAYLOAD_CERT, bytes_of(body, 1 + pki.response.len));
}

static void expect_in_both_roles(int established)
{
	bent_initiates_keys();
	bent_auth_parts(&parts);
	staple();
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), established);
	if (established == 0)
		ck_assert_int_eq(core.cause, IKE_CAUSE_CERTIFICATE);
	core_recovers(true);
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	staple();
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), established);
	if (established == 0)
		ck_assert_int_eq(core.cause, IKE_CAUSE_CERTIFICATE);
}

START_TEST(a_good_one)
{
	world(&(struct pki_ocsp_want){ .bare = true });
	expect_in_both_roles(1);
}
END_TEST

/* The rule is "soft": that it is revoked is known. */
START_TEST(a_revoked_one)
{
	world(&(struct pki_ocsp_want){
		.bare = true, .status = V_OCSP_CERTSTATUS_REVOKED });
	expect_in_both_roles(0);
}
END_TEST

/* One that is signed by somebody else says nothing, and does not harm. */
START_TEST(a_forged_one)
{
	world(&(struct pki_ocsp_want){ .bare = true,
		.status = V_OCSP_CERTSTATUS_REVOKED,
		.bad_signature = true });
	expect_in_both_roles(1);
}
END_TEST

SUITE(stapled)
{
	tcase_add_checked_fixture(tcase, NULL, end);
	test(a_good_one);
	test(a_revoked_one);
	test(a_forged_one);
}

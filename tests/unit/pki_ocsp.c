/* pki_ocsp.c - OCSP responses of every shape, for tests.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/pki_ocsp.h"

#include <check.h>

static ASN1_GENERALIZEDTIME *time_of(int64_t unix_s)
{
	ASN1_GENERALIZEDTIME *time = ASN1_GENERALIZEDTIME_set(NULL, unix_s);

	ck_assert_ptr_nonnull(time);
	return time;
}

static X509_EXTENSION *critical_extension(void)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4.5", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *made;

	ASN1_OCTET_STRING_set(value, (const uint8_t *)"\x05\x00", 2);
	made = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
	ck_assert_ptr_nonnull(made);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
	return made;
}

static void add_answer(OCSP_BASICRESP *basic, const struct pki_cert *issuer,
	const struct pki_cert *certificate, const struct pki_ocsp_want *want)
{
	const int64_t from = want->from ? want->from : PKI_NOW - 3600;
	OCSP_CERTID *id = OCSP_cert_to_id(
		EVP_get_digestbyname(want->id ? want->id : "SHA1"),
		certificate->x509, issuer->x509);
	ASN1_GENERALIZEDTIME *this_update = time_of(from);
	ASN1_GENERALIZEDTIME *next_update =
		time_of(want->until > 0 ? want->until : from + PKI_DAY);
	ASN1_GENERALIZEDTIME *revoked =
		time_of(want->revoked_at ? want->revoked_at : PKI_NOW - 3600);
	OCSP_SINGLERESP *single = OCSP_basic_add1_status(basic, id,
		want->status,
		want->reason ? want->reason : OCSP_REVOKED_STATUS_NOSTATUS,
		revoked, this_update, want->until < 0 ? NULL : next_update);

	ck_assert_ptr_nonnull(single);
	if (want->critical_single) {
		X509_EXTENSION *extension = critical_extension();

		OCSP_SINGLERESP_add_ext(single, extension, -1);
		X509_EXTENSION_free(extension);
	}
	OCSP_CERTID_free(id);
	ASN1_GENERALIZEDTIME_free(this_update);
	ASN1_GENERALIZEDTIME_free(next_update);
	ASN1_GENERALIZEDTIME_free(revoked);
}

static void sign(OCSP_BASICRESP *basic, const struct pki_cert *issuer,
	const struct pki_ocsp_want *want)
{
	const struct pki_cert *responder =
		want->responder ? want->responder : issuer;
	const struct pki_cert *signer = want->signer ? want->signer : responder;
	/* libcrypto signs only with the key of the certificate it names, so
	 * that is given the other's. */
	X509 *named = X509_dup(responder->x509);
	const uint8_t *der = responder->der.at;

	ck_assert_ptr_nonnull(named);
	if (want->signer)
		X509_set_pubkey(named, signer->key);
	ck_assert_int_eq(
		OCSP_basic_sign(basic, named, signer->key,
			EVP_get_digestbyname(
				want->digest ? want->digest : "SHA256"),
			NULL,
			OCSP_NOCERTS | (want->by_key ? OCSP_RESPID_KEY : 0)),
		1);
	X509_free(named);
	if (want->bare)
		return;
	/* As its octets are, which may be spoilt. */
	named = d2i_X509(NULL, &der, (long)responder->der.len);
	ck_assert_ptr_nonnull(named);
	OCSP_basic_add1_cert(basic, named);
	X509_free(named);
}

struct bytes pki_ocsp(const struct pki_cert *issuer,
	const struct pki_cert *certificate, const struct pki_ocsp_want *want)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_RESPONSE *response;
	uint8_t *der = NULL;
	struct bytes kept;
	int len;

	ck_assert_ptr_nonnull(basic);
	add_answer(basic, issuer, certificate, want);
	if (want->critical) {
		X509_EXTENSION *extension = critical_extension();

		OCSP_BASICRESP_add_ext(basic, extension, -1);
		X509_EXTENSION_free(extension);
	}
	sign(basic, issuer, want);
	if (want->bad_signature) {
		/* Its octets are libcrypto's own, and not const there. */
		const ASN1_OCTET_STRING *signature =
			OCSP_resp_get0_signature(basic);
		const uint8_t *octets = ASN1_STRING_get0_data(signature);

		((uint8_t *)(uintptr_t)
				octets)[ASN1_STRING_length(signature) - 1] ^= 1;
	}
	response =
		OCSP_response_create(want->error, want->error ? NULL : basic);
	len = i2d_OCSP_RESPONSE(response, &der);
	ck_assert_int_gt(len, 0);
	kept = pki_keep(bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	return kept;
}

/* certs.c - fuzz target: certificates, CRLs, OCSP responses, keys, names and identities.
 * SPDX-License-Identifier: ISC
 *
 * Octet 0 says what the rest is.  Some are octets as they came (a file, a
 * certificate, a name).  Of others there is a good one, made by an authority of
 * our own, in which the input changes octets; then it is signed again, so that
 * what stands behind the signature is reached: or it is not, and then nobody may
 * believe it.
 */
#include "ikev2/crypto/authority.h"
#include "ikev2/crypto/der.h"
#include "ikev2/crypto/dn.h"
#include "ikev2/crypto/pem.h"
#include "ikev2/crypto/revocation_private.h"
#include "ikev2/crypto/sign.h"
#include "ikev2/crypto/transform.h"
#include "ikev2/identity.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

enum {
	HOW_BROKEN = 1, /* the signature, of what has one */
	HOW_CA = 2,     /* the authority is changed, not the leaf */
	HOW_STRICT = 4,
	HOW_REVOKED = 8,

	MAX_DER = 8192,
	ED25519_TAIL = 74, /* AlgorithmIdentifier and signature */
	NOW_S = 1767225600,
	DAY_S = 86400,
};

static const char url[] = "http://crl.example/a.crl";

/* --- An authority --------------------------------------------------------- */

/* PKCS#8 of an Ed25519 key is this and 32 octets (RFC 8410 section 7). */
static const uint8_t pkcs8[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
	0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };

struct signer {
	struct private_key *key;
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

/* Made once: the root, an authority below it, a peer; with a CRL of the
 * authority's and an OCSP response about the peer, each good and revoking. */
static struct world {
	bool made;
	struct signer root, ca, leaf;
	struct authority_made root_der, ca_der, leaf_der, crl[2];
	struct bytes ocsp[2]; /* BasicOCSPResponse */
	struct certificate *root_cert, *ca_cert, *leaf_cert;
} w;

static void make_signer(struct signer *signer, uint8_t number)
{
	uint8_t der[sizeof(pkcs8) + 32], public[crypto_sign_PUBLICKEYBYTES];
	const char *why;

	memcpy(der, pkcs8, sizeof(pkcs8));
	memset(der + sizeof(pkcs8), number, 32);
	signer->key = private_key_read(bytes_of(der, sizeof(der)), &why);
	HOLDS(signer->key != NULL);
	crypto_sign_seed_keypair(public, signer->secret, der + sizeof(pkcs8));
}

static struct certificate *taken(struct bytes der)
{
	const char *why;

	return certificate_read(der, &why);
}

static struct certificate *issue(const struct signer *by, struct bytes issuer,
	const struct signer *whose, const char *name, bool ca,
	struct authority_made *made)
{
	const struct authority_name names[] = {
		{ ID_FQDN, { (const uint8_t *)"vpn.example", 11 } },
		{ ID_IPV4_ADDR, { (const uint8_t *)"\300\000\002\001", 4 } },
		{ ID_RFC822_ADDR, { (const uint8_t *)"u@example", 9 } },
	};
	const struct authority_request request = {
		.common_name = name,
		.key = private_key_public(whose->key),
		.serial = { [AUTHORITY_SERIAL - 1] = 7 },
		.not_before = NOW_S - DAY_S,
		.not_after = NOW_S + 100 * DAY_S,
		.ca = ca,
		.path_len = ca ? 1 : 0,
		.names = names,
		.name_count = ca ? 0 : 3,
	};
	struct certificate *certificate;
	const char *why;

	HOLDS(authority_certificate(by->key, issuer, &request, made, &why));
	certificate = taken(bytes_of(made->der, made->len));
	HOLDS(certificate != NULL);
	return certificate;
}

static void make_crl(struct authority_made *out, bool revoked)
{
	const struct authority_revoked row = {
		.serial = { [AUTHORITY_SERIAL - 1] = 7 }, .at = NOW_S - 3600
	};
	const struct authority_list list = {
		.number = 1,
		.this_update = NOW_S - 3600,
		.next_update = NOW_S + DAY_S,
		.revoked = &row,
		.count = revoked ? 1 : 0,
	};
	const char *why;

	HOLDS(authority_crl(w.ca.key, bytes_of(w.ca_der.der, w.ca_der.len),
		&list, out, &why));
}

static struct bytes make_ocsp(bool revoked)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(),
		certificate_x509(w.leaf_cert), certificate_x509(w.ca_cert));
	ASN1_TIME *from = ASN1_TIME_set(NULL, NOW_S - 3600);
	ASN1_TIME *until = ASN1_TIME_set(NULL, NOW_S + DAY_S);
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, w.ca.secret, 32);
	uint8_t *der = NULL;
	int len;

	HOLDS(basic && id && from && until && key);
	HOLDS(OCSP_basic_add1_status(basic, id,
		revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD,
		OCSP_REVOKED_STATUS_NOSTATUS, revoked ? from : NULL, from,
		until));
	HOLDS(OCSP_basic_sign(basic, certificate_x509(w.ca_cert), key, NULL,
		      NULL, OCSP_NOCERTS | OCSP_NOTIME) == 1);
	len = i2d_OCSP_BASICRESP(basic, &der);
	HOLDS(len > ED25519_TAIL);
	EVP_PKEY_free(key);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	return bytes_of(der, (size_t)len);
}

static void make_world(void)
{
	if (w.made)
		return;
	w.made = true;
	make_signer(&w.root, 1);
	make_signer(&w.ca, 2);
	make_signer(&w.leaf, 3);
	w.root_cert = issue(
		&w.root, bytes_of(NULL, 0), &w.root, "Root", true, &w.root_der);
	w.ca_cert = issue(&w.root, bytes_of(w.root_der.der, w.root_der.len),
		&w.ca, "CA", true, &w.ca_der);
	w.leaf_cert = issue(&w.ca, bytes_of(w.ca_der.der, w.ca_der.len),
		&w.leaf, "vpn.example", false, &w.leaf_der);
	for (int revoked = 0; revoked < 2; revoked++) {
		make_crl(&w.crl[revoked], revoked == 1);
		w.ocsp[revoked] = make_ocsp(revoked == 1);
	}
}

/* --- Changed and signed again --------------------------------------------- */

/* A SEQUENCE of these octets. */
static struct bytes wrap(
	uint8_t tag, struct bytes content, uint8_t out[MAX_DER])
{
	struct writer to = writer_of(out, MAX_DER);

	write_u8(&to, tag);
	if (content.len < 128) {
		write_u8(&to, (uint8_t)content.len);
	} else if (content.len < 256) {
		write_u8(&to, 0x81);
		write_u8(&to, (uint8_t)content.len);
	} else {
		write_u8(&to, 0x82);
		write_u16(&to, (uint16_t)content.len);
	}
	write_bytes(&to, content);
	HOLDS(!to.bad);
	return written(&to);
}

/* Octets replaced, at offset .. by value, as the input says. */
static void edit(uint8_t *tbs, size_t len, struct reader *r)
{
	while (r->left >= 3) {
		const size_t at = read_u16(r) % len;

		tbs[at] = read_u8(r);
	}
}

/* Any of the SIGNED things of X.509: its first part edited, or the input itself
 * in its place, and a signature over it. */
static struct bytes sign_again(struct bytes der, const struct signer *by,
	struct reader *r, bool broken, uint8_t out[MAX_DER])
{
	static uint8_t content[MAX_DER];
	struct reader outer = reader_of(der), inner;
	uint8_t *const tail = content;
	struct bytes tbs, rest;
	size_t len;

	inner = reader_of(read_der(&outer, DER_SEQUENCE));
	tbs = read_der_item(&inner, DER_SEQUENCE);
	rest = bytes_of(inner.at, inner.left);
	HOLDS(!inner.bad && rest.len >= ED25519_TAIL);
	len = tbs.len;
	memcpy(content, tbs.at, len);
	if (read_u8(r) & 1) {
		len = r->left < 2048 ? r->left : 2048;
		memcpy(content, read_bytes(r, len).at, len);
	} else {
		edit(content, len, r);
	}
	memcpy(tail + len, rest.at, ED25519_TAIL);
	crypto_sign_detached(content + len + ED25519_TAIL - 64, NULL, content,
		len, by->secret);
	if (broken)
		content[len + ED25519_TAIL - 30] ^= 1;
	return wrap(DER_SEQUENCE, bytes_of(content, len + ED25519_TAIL), out);
}

static struct bytes as_response(struct bytes basic, uint8_t out[MAX_DER])
{
	static const uint8_t head[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x05,
		0x05, 0x07, 0x30, 0x01, 0x01 };
	static uint8_t a[MAX_DER], b[MAX_DER];
	struct bytes inner = wrap(DER_OCTET_STRING, basic, a);

	memcpy(b, head, sizeof(head));
	memcpy(b + sizeof(head), inner.at, inner.len);
	inner = wrap(DER_SEQUENCE, bytes_of(b, sizeof(head) + inner.len), a);
	inner = wrap(0xa0, inner, b);
	memcpy(a, (const uint8_t[]){ 0x0a, 0x01, 0x00 }, 3);
	memcpy(a + 3, inner.at, inner.len);
	return wrap(DER_SEQUENCE, bytes_of(a, 3 + inner.len), out);
}

/* --- What holds for a certificate ----------------------------------------- */

static void check_line(const char *text, size_t size)
{
	HOLDS(memchr(text, 0, size));
	for (const char *at = text; *at; at++)
		HOLDS((unsigned char)*at >= ' ' && *at != 0x7f);
}

static void examine(const struct certificate *certificate)
{
	const char *complaints[16];
	char text[X509_TEXT], why[X509_WHY] = "";
	int64_t from, until;
	struct bytes data;
	struct ike_id id;
	uint8_t type;

	HOLDS(der_is_one(certificate_der(certificate)));
	HOLDS(dn_is(certificate_subject(certificate)));
	check_line(certificate_subject_text(certificate, text), sizeof(text));
	check_line(certificate_issuer_text(certificate, text), sizeof(text));
	certificate_validity(certificate, &from, &until);
	(void)certificate_complaints(certificate, complaints, 16);
	if (!certificate_may_prove(certificate, NOW_S, why))
		check_line(why, sizeof(why));
	else
		HOLDS(from <= NOW_S && NOW_S <= until);
	for (size_t i = 0; certificate_alt_name(certificate, i, &type, &data);
		i++) {
		const struct payload_id payload = { .type = type,
			.data = data };

		HOLDS(i < X509_MAX_DER);
		if (identity_read(&payload, &id))
			(void)certificate_names(certificate, id.type,
				bytes_of(id.data, id.len));
	}
	HOLDS(certificate_names(certificate, ID_DER_ASN1_DN,
		      certificate_subject(certificate)) ||
		certificate_subject(certificate).len <= 2);
}

static void a_certificate(struct reader *r, uint8_t how)
{
	struct certificate *certificate = taken(read_bytes(r, r->left));

	(void)how;
	if (certificate)
		examine(certificate);
	certificate_unref(certificate);
}

/* --- Files ---------------------------------------------------------------- */

static void check_private(struct private_key *key)
{
	char pem[KEY_PEM_SIZE], name[24];
	struct bytes rest;
	struct pem_item item;
	struct private_key *again;
	const char *why;

	public_key_name(private_key_public(key), name);
	if (private_key_pem(key, pem) == 0)
		return;
	rest = bytes_of(pem, strlen(pem));
	HOLDS(pem_next(&rest, &item) && item.kind == PEM_PRIVATE_KEY);
	again = private_key_read(bytes_of(item.der, item.len), &why);
	HOLDS(again && public_key_equal(private_key_public(again),
			       private_key_public(key)));
	private_key_free(again);
	pem_clear(&item);
}

static void check_item(const struct pem_item *item)
{
	const struct bytes der = bytes_of(item->der, item->len);
	struct trust *trust = trust_new();
	struct certificate *certificate;
	struct private_key *key;
	struct public_key *public;
	const char *why = NULL;

	HOLDS(trust != NULL);
	certificate = certificate_read(der, &why);
	HOLDS(certificate || why);
	if (certificate)
		examine(certificate);
	certificate_unref(certificate);
	public = public_key_read(der, &why);
	if (public)
		HOLDS(trust_add_key(trust, public) &&
			trust_has_key(trust, public));
	public_key_unref(public);
	key = private_key_read(der, &why);
	if (key)
		check_private(key);
	private_key_free(key);
	(void)trust_add_crl(trust, der, &why);
	trust_unref(trust);
}

static void a_file(struct reader *r, uint8_t how)
{
	const size_t size = r->left;
	struct bytes rest = read_bytes(r, r->left);
	struct pem_item item;
	size_t items = 0;

	(void)how;
	while (pem_next(&rest, &item)) {
		HOLDS(++items <= size + 1);
		HOLDS(item.len <= size);
		if (item.kind != PEM_BROKEN)
			check_item(&item);
		pem_clear(&item);
	}
}

/* --- A chain -------------------------------------------------------------- */

static struct trust *make_trust(void)
{
	struct trust *trust = trust_new();

	HOLDS(trust && trust_add_root(trust, w.root_cert));
	return trust;
}

static void a_chain(struct reader *r, uint8_t how)
{
	static uint8_t out[MAX_DER];
	const bool ca = (how & HOW_CA) != 0, broken = (how & HOW_BROKEN) != 0;
	const struct authority_made *was = ca ? &w.ca_der : &w.leaf_der;
	struct certificate *bent =
		taken(sign_again(bytes_of(was->der, was->len),
			ca ? &w.root : &w.ca, r, broken, out));
	struct cert_chain chain = { .leaf = w.leaf_cert, .count = 1 };
	struct trust_path path = { .count = 0 };
	struct trust *trust;
	char why[X509_WHY] = "";

	if (!bent)
		return;
	examine(bent);
	trust = make_trust();
	chain.others[0] = ca ? bent : w.ca_cert;
	if (!ca)
		chain.leaf = bent;
	if (trust_check(trust, &chain, NOW_S, false, &path, why)) {
		HOLDS(!broken);
		HOLDS(path.count == 3 && path.step[0] == chain.leaf);
		HOLDS(path.step[2] == w.root_cert);
		HOLDS(certificate_may_prove(chain.leaf, NOW_S, why));
		HOLDS(certificate_is_ca(path.step[1]));
		HOLDS(trust_may_lead(trust, &chain, why));
	} else {
		HOLDS(*why != '\0');
		check_line(why, sizeof(why));
	}
	trust_unref(trust);
	certificate_unref(bent);
}

/* --- Revocation ----------------------------------------------------------- */

static void judge(const struct trust *trust, const struct bytes *stapled,
	const struct revocations *known, uint8_t how)
{
	const struct trust_path path = { { w.leaf_cert, w.ca_cert }, 2 };
	struct revocation_question ask;
	char why[X509_WHY] = "";
	const enum revocation_verdict verdict =
		revocation_check(trust, &path, stapled, stapled ? 1 : 0,
			how & HOW_STRICT ? REVOCATION_STRICT : REVOCATION_SOFT,
			known, NOW_S, how & HOW_CA ? &ask : NULL, why);

	check_line(why, sizeof(why));
	if (how & HOW_BROKEN) {
		HOLDS(verdict != REVOCATION_REVOKED);
		HOLDS(verdict != REVOCATION_GOOD || !(how & HOW_STRICT));
	}
}

static void a_crl(struct reader *r, uint8_t how)
{
	static uint8_t out[MAX_DER];
	const struct authority_made *was = &w.crl[(how & HOW_REVOKED) != 0];
	const struct bytes der = sign_again(bytes_of(was->der, was->len), &w.ca,
		r, (how & HOW_BROKEN) != 0, out);
	struct revocation_question question = { .source = TRUST_CRL };
	struct revocations *known = revocations_new();
	struct trust *trust = make_trust();
	const char *why;

	memcpy(question.url, url, sizeof(url));
	HOLDS(known && trust_add_uri(trust, w.ca_cert, TRUST_CRL, url));
	revocations_answer(known, &question, der, NOW_S);
	judge(trust, NULL, known, how);
	revocations_free(known);
	known = revocations_new();
	HOLDS(known != NULL);
	if (trust_add_crl(trust, der, &why))
		judge(trust, NULL, known, how);
	revocations_free(known);
	trust_unref(trust);
}

static void staple(struct bytes der, uint8_t how)
{
	struct revocations *known = revocations_new();
	struct trust *trust = make_trust();

	HOLDS(known != NULL);
	judge(trust, &der, known, how);
	revocations_free(known);
	trust_unref(trust);
}

static void an_ocsp(struct reader *r, uint8_t how)
{
	static uint8_t basic[MAX_DER], out[MAX_DER];
	const struct bytes der =
		as_response(sign_again(w.ocsp[(how & HOW_REVOKED) != 0], &w.ca,
				    r, (how & HOW_BROKEN) != 0, basic),
			out);

	staple(der, how);
}

/* Not signed by us: nobody may believe it. */
static void raw_ocsp(struct reader *r, uint8_t how)
{
	const struct bytes der = read_bytes(r, r->left);

	if (!memmem(der.at, der.len, w.ocsp[0].at + w.ocsp[0].len - 64, 64) &&
		!memmem(der.at, der.len, w.ocsp[1].at + w.ocsp[1].len - 64, 64))
		how |= HOW_BROKEN;
	staple(der, how);
}

/* --- Names and identities -------------------------------------------------- */

static void check_name(struct bytes name)
{
	char text[2 * MAX_DER];

	HOLDS(dn_is(name));
	HOLDS(dn_text(name, text, sizeof(text)));
	check_line(text, sizeof(text));
	HOLDS(dn_equal(name, name) && dn_match(name, name));
	HOLDS(dn_text(name, text, 20) && strlen(text) < 20);
}

static const char *text_of(struct reader *r, char out[MAX_DER])
{
	const size_t len = r->left < MAX_DER - 1 ? r->left : MAX_DER - 1;

	memcpy(out, read_bytes(r, len).at, len);
	out[len] = '\0';
	return out;
}

/* What was parsed can be shown; and what is shown, read again. */
static void a_name_in_words(struct reader *r, uint8_t how)
{
	static char text[MAX_DER], shown[4 * MAX_DER];
	static uint8_t name[MAX_DER], again[MAX_DER];
	const size_t len = dn_parse(text_of(r, text), name, sizeof(name));
	size_t len_again;

	(void)how;
	HOLDS(len <= sizeof(name));
	if (len == 0)
		return;
	check_name(bytes_of(name, len));
	HOLDS(dn_text(bytes_of(name, len), shown, sizeof(shown)));
	len_again = dn_parse(shown, again, sizeof(again));
	HOLDS(len_again == 0 ||
		dn_equal(bytes_of(name, len), bytes_of(again, len_again)));
}

static void two_names(struct reader *r, uint8_t how)
{
	const size_t half = read_u8(r);
	const struct bytes a = read_bytes(r, half < r->left ? half : r->left);
	const struct bytes b = read_bytes(r, r->left);
	char text[64];

	(void)how;
	if (dn_is(a))
		check_name(a);
	else
		HOLDS(!dn_text(a, text, sizeof(text)));
	HOLDS(dn_equal(a, b) == dn_equal(b, a));
	(void)dn_match(a, b);
	if (dn_is(a) && dn_equal(a, b))
		HOLDS(dn_match(a, b));
}

static void an_identity_in_words(struct reader *r, uint8_t how)
{
	static char text[MAX_DER];
	char shown[IKE_ID_SIZE];
	bool wildcard = false;
	struct ike_addr addr;
	struct ike_id id;

	memset(&id, 0, sizeof(id));
	text_of(r, text);
	if (identity_parse_addr(text, &addr))
		HOLDS(addr.family == 4 || addr.family == 6);
	if (!identity_parse(text, &id, how & HOW_CA ? &wildcard : NULL))
		return;
	HOLDS(id.len > 0 && id.len <= MAX_ID_LEN);
	check_line(identity_text(&id, shown), sizeof(shown));
	HOLDS(identity_equal(&id, &id));
	HOLDS(wildcard || identity_match(&id, false, &id));
	(void)certificate_names(
		w.leaf_cert, id.type, bytes_of(id.data, id.len));
}

static void an_identity(struct reader *r, uint8_t how)
{
	struct payload_id payload = { .type = read_u8(r) };
	char shown[IKE_ID_SIZE];
	struct ike_id id, wanted;
	bool wildcard = false;

	(void)how;
	payload.data = read_bytes(r, r->left);
	if (!identity_read(&payload, &id))
		return;
	check_line(identity_text(&id, shown), sizeof(shown));
	HOLDS(identity_equal(&id, &id) && identity_match(&id, false, &id));
	HOLDS(identity_parse("*.example", &wanted, &wildcard) && wildcard);
	HOLDS(!identity_match(&wanted, true, &id) || id.type == ID_FQDN);
	(void)certificate_names(
		w.leaf_cert, id.type, bytes_of(id.data, id.len));
}

/* AUTH that the key's owner has not made. */
static void a_signature(struct reader *r, uint8_t how)
{
	static const char hash[] = "prfsha256";
	const struct auth_octets octets = { bytes_of("message", 7),
		bytes_of("nonce", 5), bytes_of("key", 3), bytes_of("id", 2) };
	const struct auth_rules rules = { .hashes = auth_hashes(),
		.sha1 = (how & HOW_STRICT) != 0 };
	struct crypto *crypto = crypto_new();
	const uint8_t method = read_u8(r);
	const char *why = NULL;

	HOLDS(crypto != NULL);
	HOLDS(!auth_verify(crypto, private_key_public(w.leaf.key),
		transform_named(bytes_of(hash, sizeof(hash) - 1)), &octets,
		&rules, method, read_bytes(r, r->left), &why));
	HOLDS(why != NULL);
	(void)auth_read_hashes(bytes_of(r->at, r->left));
	crypto_free(crypto);
}

static void (*const kinds[])(struct reader *, uint8_t how) = {
	a_file,
	a_certificate,
	a_chain,
	a_crl,
	an_ocsp,
	raw_ocsp,
	a_name_in_words,
	two_names,
	an_identity_in_words,
	an_identity,
	a_signature,
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

void fuzz_certs(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(bytes_of(data, size));
	const uint8_t kind = read_u8(&r), how = read_u8(&r);

	if (r.bad)
		return;
	make_world();
	kinds[kind % KINDS](&r, how);
}

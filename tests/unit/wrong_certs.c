/* wrong_certs.c - certificates and chains that are refused, each for its own reason: N28, N29.
 * SPDX-License-Identifier: ISC
 *
 * Root, Sub and leaf are as a careful authority makes them but for what the row
 * says.  Whose a certificate is, and is not, is in x509.c; revoked ones are in
 * revocation.c.
 */
#include "ikev2/crypto/trust.h"

#include "tests/unit/hostile.h"
#include "tests/unit/pki.h"

#include <openssl/core_names.h>
#include <openssl/x509v3.h>

struct scene {
	struct pki_cert *root, *sub, *leaf;
	struct bytes der; /* the leaf's, as it comes */
	struct trust *trust;
	struct cert_chain chain;
};

struct wrong {
	const char *what;
	struct pki_want root, sub, leaf;
	EVP_PKEY *(*key)(void); /* of the leaf */
	void (*bend)(struct scene *s);
	const char *why;
	const char
		*in_ike; /* what a peer gets, if not that: names come first */
};

#define OCTETS(ARRAY)                                                          \
	{                                                                      \
		ARRAY, sizeof(ARRAY)                                           \
	}

/* --- Keys that are none for us -------------------------------------------- */

static EVP_PKEY *rsa_512(void)
{
	return pki_rsa_public(512, 65537);
}

static EVP_PKEY *rsa_32768(void)
{
	return pki_rsa_public(32768, 65537);
}

static EVP_PKEY *rsa_e0(void)
{
	return pki_rsa_public(2048, 0);
}

static EVP_PKEY *rsa_e1(void)
{
	return pki_rsa_public(2048, 1);
}

static EVP_PKEY *p256_with(const char *param, const char *value)
{
	EVP_PKEY *key = pki_key(PKI_P256);

	ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(key, param, value), 1);
	return key;
}

static EVP_PKEY *compressed(void)
{
	return p256_with(
		OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed");
}

static EVP_PKEY *explicit_curve(void)
{
	return p256_with(OSSL_PKEY_PARAM_EC_ENCODING, "explicit");
}

/* --- Bent as DER ---------------------------------------------------------- */

static uint8_t bent_der[X509_MAX_DER];

/* The leaf's DER, to be changed; where the pattern stands in it. */
static uint8_t *find(struct scene *s, struct bytes pattern)
{
	uint8_t *at;

	ck_assert_uint_lt(s->der.len, sizeof(bent_der));
	memcpy(bent_der, s->der.at, s->der.len);
	s->der.at = bent_der;
	at = memmem(bent_der, s->der.len, pattern.at, pattern.len);
	ck_assert_ptr_nonnull(at);
	return at;
}

static void trailing_octet(struct scene *s)
{
	find(s, bytes_of(s->der.at, 1));
	bent_der[s->der.len++] = 0;
}

static void a_crl(struct scene *s)
{
	s->der = pki_crl(s->root, &(struct pki_crl_want){ 0 });
}

static void off_the_curve(struct scene *s)
{
	find(s, hex("034200 04"))[4] ^= 1;
}

static void version_6(struct scene *s)
{
	find(s, hex("a003020102"))[4] = 5;
}

static void version_1(struct scene *s)
{
	find(s, hex("a003020102"))[4] = 0;
}

static void local_time(struct scene *s)
{
	find(s, hex("301e170d"))[16] = '0'; /* for Z */
}

static void many_extensions(struct scene *s)
{
	X509 *copy = X509_dup(s->leaf->x509);
	uint8_t *der = NULL;
	int len;

	for (int i = 0; i < 65; i++) {
		char oid[32];
		ASN1_OBJECT *object;
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		X509_EXTENSION *extension;

		snprintf(oid, sizeof(oid), "1.2.3.%d", i);
		object = OBJ_txt2obj(oid, 1);
		extension =
			X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
		X509_add_ext(copy, extension, -1);
		X509_EXTENSION_free(extension);
		ASN1_OCTET_STRING_free(value);
		ASN1_OBJECT_free(object);
	}
	ck_assert_int_gt(i2d_re_X509_tbs(copy, NULL), 0); /* forget the old */
	len = i2d_X509(copy, &der);
	s->der = pki_keep(bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	X509_free(copy);
}

/* --- Bent as a chain ------------------------------------------------------ */

static void only(struct scene *s, struct pki_cert *root)
{
	trust_unref(s->trust);
	s->trust = trust_new();
	if (root)
		ck_assert(trust_add_root(s->trust, pki_certificate(root)));
}

static struct pki_cert *authority(
	const struct pki_cert *issuer, const char *subject)
{
	return pki_issue(
		issuer, &(struct pki_want){ .subject = subject, .ca = true });
}

static void no_root(struct scene *s)
{
	only(s, NULL);
}

static void other_root(struct scene *s)
{
	only(s, authority(NULL, "CN=Other"));
}

static void root_of_the_same_name(struct scene *s)
{
	only(s, authority(NULL, "CN=Root"));
}

static void root_of_the_same_name_and_no_key_id(struct scene *s)
{
	only(s, pki_issue(NULL, &(struct pki_want){ .subject = "CN=Root",
					.ca = true,
					.skid = "" }));
}

static void root_of_another_kind(struct scene *s)
{
	only(s, pki_issue(NULL, &(struct pki_want){ .subject = "CN=Root",
					.ca = true,
					.key = PKI_ED25519,
					.skid = "" }));
}

static void sub_is_not_sent(struct scene *s)
{
	s->chain.count = 0;
}

/* Not under any authority, and not known. */
static void signs_itself(struct scene *s)
{
	s->leaf = pki_issue(NULL, &(struct pki_want){ .subject = "CN=self" });
	s->der = s->leaf->der;
}

/* Of version 1, and not by itself: whoever wrote it in a file is mistaken. */
static void root_of_version_1(struct scene *s)
{
	struct pki_cert *old = pki_issue(
		s->root, &(struct pki_want){ .subject = "CN=Old", .v1 = true });

	only(s, old);
	s->leaf = pki_issue(old, &(struct pki_want){ .subject = "CN=leaf" });
	s->der = s->leaf->der;
}

/* Below so many steps, which the peer sends and we know. */
static void below(struct scene *s, int steps)
{
	struct pki_cert *last = s->root;

	s->chain.count = 0;
	for (int i = 0; i < steps; i++) {
		char name[32];

		snprintf(name, sizeof(name), "CN=Step %d", i);
		last = authority(last, name);
		ck_assert(trust_add_step(s->trust, pki_certificate(last)));
	}
	s->leaf = pki_issue(last, &(struct pki_want){ .subject = "CN=leaf" });
	s->der = s->leaf->der;
}

static void eleven_long(struct scene *s)
{
	below(s, 9);
}

/* Sub was issued by One, and that by Sub. */
static void loop(struct scene *s)
{
	struct pki_cert *one = authority(NULL, "CN=One");
	struct pki_cert *sub = pki_issue(one,
		&(struct pki_want){
			.subject = "CN=Sub", .ca = true, .key_of = s->sub });
	struct pki_cert *again = pki_issue(
		sub, &(struct pki_want){
			     .subject = "CN=One", .ca = true, .key_of = one });

	s->chain.count = 2;
	s->chain.others[0] = pki_certificate(sub);
	s->chain.others[1] = pki_certificate(again);
}

/* Sixty that are configured, and eight that are sent, may all have issued each
 * other. */
static void sixty(struct scene *s)
{
	const struct pki_want want = {
		.subject = "CN=A", .ca = true, .skid = "", .akid = ""
	};
	struct pki_cert *last = NULL;

	for (size_t i = 0; i < 68; i++) {
		last = pki_issue(NULL, &want);
		if (i < 60)
			ck_assert(trust_add_step(
				s->trust, pki_certificate(last)));
		else
			s->chain.others[i - 60] = pki_certificate(last);
	}
	s->chain.count = 8;
	s->leaf = pki_issue(
		last, &(struct pki_want){ .subject = "CN=leaf", .akid = "" });
	s->der = s->leaf->der;
}

/* --- The tables ----------------------------------------------------------- */

#define MINUTE_BEFORE_NOW "2025-12-31 23:59:00 UTC"
#define MINUTE_FROM_NOW   "2026-01-01 00:01:00 UTC"
#define NOW               "2026-01-01 00:00:00 UTC"
#define NO_AUTHORITY                                                           \
	"is no authority (CA is not set in its basic constraints) and cannot " \
	"have issued"

static const uint8_t zeros[65536], null[] = { 5, 0 };
static const uint8_t usage[] = { 3, 2, 7, 0x80 };
/* RFC 3820: inherit all */
static const uint8_t proxy[] = { 0x30, 0x0c, 0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5,
	7, 0x15, 1 };
/* permitted: DNS "a", minimum 1 */
static const uint8_t minimum[] = { 0x30, 10, 0xa0, 8, 0x30, 6, 0x82, 1, 'a',
	0x80, 1, 1 };
/* 1.2.3 twice */
static const uint8_t policies[] = { 0x30, 12, 0x30, 4, 6, 2, 0x2a, 3, 0x30, 4,
	6, 2, 0x2a, 3 };
/* RFC 3779: 10.0.0.0/8 */
static const uint8_t addresses[] = { 0x30, 12, 0x30, 10, 4, 2, 0, 1, 0x30, 4, 3,
	2, 0, 10 };

/* Each has a reason that no other row has. */
static const struct wrong wrongs[] = {
	/* It cannot be read. */
	{ "of 64 KiB",
		.leaf = { .extensions = { { "1.2.3", false, OCTETS(zeros) } } },
		.why = "longer than 16384 octets" },
	{ "with an octet behind it", .bend = trailing_octet,
		.why = "no DER, or octets behind it" },
	{ "a CRL", .bend = a_crl, .why = "no certificate" },
	{ "RSA of 512 bits", .key = rsa_512,
		.why = "an RSA key of less than 2048 bits" },
	{ "RSA of 32768 bits", .key = rsa_32768,
		.why = "an RSA key of more than 8192 bits" },
	{ "RSA with e = 1", .key = rsa_e1,
		.why = "an RSA exponent that is even or less than 3" },
	{ "another curve", .leaf = { .key = PKI_SECP256K1 },
		.why = "an elliptic curve that is not P-256, P-384 or P-521 by "
		       "name" },
	{ "a key that cannot sign", .leaf = { .key = PKI_X25519 },
		.why = "a kind of key that is not RSA, ECDSA, Ed25519 or "
		       "Ed448" },
	{ "half a point", .key = compressed,
		.why = "a point that is compressed, or none" },
	{ "no point", .bend = off_the_curve,
		.why = "a point that is not on its curve, or no memory" },
	{ "version 6", .bend = version_6,
		.why = "a version that we do not know" },
	{ "version 1 with extensions", .bend = version_1,
		.why = "extensions in a certificate before version 3" },
	{ "another algorithm outside than inside",
		.leaf = { .resigned_as = NID_ecdsa_with_SHA512 },
		.why = "two algorithms of one signature" },
	{ "issued by nobody", .leaf = { .issuer = "" },
		.why = "no name of an issuer" },
	{ "valid until some local time", .bend = local_time,
		.why = "a malformed validity" },
	{ "many extensions", .bend = many_extensions,
		.why = "more than 64 extensions" },
	{ "two key usages",
		.leaf = { .extensions = { { "2.5.29.15", false,
				  OCTETS(usage) } } },
		.why = "an extension that stands twice" },
	{ "garbled basic constraints",
		.leaf = { .basic = "",
			.extensions = { { "2.5.29.19", true, OCTETS(null) } } },
		.why = "a malformed extension" },

	/* It proves nobody. */
	{ "expired", .leaf = { .until = PKI_NOW - 60 },
		.why = "CN=leaf expired on " MINUTE_BEFORE_NOW
		       " (now it is " NOW ")" },
	{ "not yet valid", .leaf = { .from = PKI_NOW + 60 },
		.why = "CN=leaf is not valid before " MINUTE_FROM_NOW
		       " (now it is " NOW ")" },
	{ "an authority", .leaf = { .ca = true },
		.why = "CN=leaf is that of an authority and proves no peer" },
	{ "a proxy",
		.leaf = { .extensions = { { "1.3.6.1.5.5.7.1.14", true,
				  OCTETS(proxy) } } },
		.why = "CN=leaf is a proxy certificate (RFC 3820)",
		.in_ike = "CN=leaf was issued by CN=Sub" },
	{ "an extension that is critical and unknown",
		.leaf = { .extensions = { { "1.2.3", true, OCTETS(null) } } },
		.why = "CN=leaf has a critical extension that we do not know" },
	{ "no use for signatures", .leaf = { .usage = "keyEncipherment" },
		.why = "CN=leaf has no digitalSignature in its key usage" },
	{ "for e-mail only", .leaf = { .extended = "emailProtection" },
		.why = "CN=leaf has neither serverAuth nor clientAuth nor "
		       "ipsecIKE in its extended key usage" },

	/* It leads nowhere. */
	{ "no authority at all", .bend = no_root,
		.why = "CN=leaf is not configured, and neither is any "
		       "authority" },
	{ "an authority that is not ours", .bend = other_root,
		.why = "CN=Sub was issued by CN=Root, which is not "
		       "configured" },
	{ "signed by itself", .bend = signs_itself,
		.why = "CN=self is self-signed and not configured" },
	{ "an authority of the same name", .bend = root_of_the_same_name,
		.why = "CN=Sub was issued by another key of CN=Root than is "
		       "configured" },
	{ "a way of eleven", .bend = eleven_long,
		.why = "CN=Step 0 is the tenth on its way, and no root" },
	{ "sixty that all could have issued each other", .bend = sixty,
		.why = "CN=A is on one of too many ways to nowhere" },

	/* The way is no good. */
	{ "issued by no authority", .sub = { .basic = "CA:FALSE" },
		.why = "CN=Sub " NO_AUTHORITY },
	{ "issued with a key for other things",
		.sub = { .usage = "digitalSignature,cRLSign" },
		.why = "CN=Sub has no keyCertSign in its key usage and cannot "
		       "have issued" },
	{ "signed with SHA-1", .leaf = { .digest = "SHA1" },
		.why = "CN=leaf is signed with SHA-1" },
	{ "signed with MD5", .sub = { .key = PKI_RSA_2048 },
		.leaf = { .digest = "MD5" },
		.why = "CN=leaf is signed with MD5" },
	{ "signed with RIPEMD-160", .sub = { .key = PKI_RSA_2048 },
		.leaf = { .digest = "RIPEMD160" },
		.why = "CN=leaf is signed with an algorithm that we do not "
		       "know" },
	{ "a forged signature", .leaf = { .bad_signature = true },
		.why = "CN=leaf has a signature that is not of CN=Sub" },
	{ "more steps than the path length allows",
		.root = { .basic = "critical,CA:TRUE,pathlen:0" },
		.why = "CN=Root has more authorities below itself than its "
		       "path length allows" },
	{ "a name outside of what is permitted",
		.sub = { .constraints = "critical,permitted;DNS:example.com" },
		.leaf = { .san = "DNS:vpn.example.org" },
		.why = "CN=leaf has a name that the name constraints of an "
		       "authority above it do not permit" },
	{ "a name that is excluded",
		.sub = { .constraints = "critical,excluded;IP:192.0.2.0/"
					"255.255.255.0" },
		.leaf = { .san = "IP:192.0.2.7" },
		.why = "CN=leaf has a name that the name constraints of an "
		       "authority above it exclude" },
	{ "constraints with a minimum",
		.sub = { .extensions = { { "2.5.29.30", true,
				 OCTETS(minimum) } } },
		.leaf = { .san = "DNS:a" },
		.why = "CN=leaf is under name constraints with a minimum or "
		       "maximum" },
	{ "constraints of another kind",
		.sub = { .constraints = "critical,permitted;RID:1.2.3" },
		.leaf = { .san = "RID:1.2.3.4" },
		.why = "CN=leaf is under name constraints of a kind that we "
		       "do not know" },
	{ "a name that no constraint can judge",
		.sub = { .constraints = "critical,permitted;email:a.example" },
		.leaf = { .san = "email:nobody" },
		.why = "CN=leaf has a name, or is under a name constraint, "
		       "that is malformed" },
	{ "without the policy that is required",
		.sub = { .policies = "1.2.3.4",
			.policy_constraints = "critical,"
					      "requireExplicitPolicy:0" },
		.why = "CN=leaf has no policy, and an authority above it "
		       "requires one" },
	{ "garbled policies",
		.leaf = { .extensions = { { "2.5.29.32", false,
				  OCTETS(policies) } } },
		.why = "CN=leaf has malformed policies" },
	{ "addresses that are not its authority's",
		.leaf = { .extensions = { { "1.3.6.1.5.5.7.1.7", true,
				  OCTETS(addresses) } } },
		.why = "CN=Sub has not all addresses of those below it (RFC "
		       "3779)" },
};

/* The same reasons, elsewhere. */
static const struct wrong others[] = {
	{ "RSA with e = 0", .key = rsa_e0,
		.why = "an RSA exponent that is even or less than 3" },
	{ "a curve in full", .key = explicit_curve,
		.why = "an elliptic curve that is not P-256, P-384 or P-521 by "
		       "name" },
	{ "an authority that has expired", .sub = { .until = PKI_NOW - 60 },
		.why = "CN=Sub expired on " MINUTE_BEFORE_NOW " (now it is " NOW
		       ")" },
	{ "a root that has expired", .root = { .until = PKI_NOW - 60 },
		.why = "CN=Root expired on " MINUTE_BEFORE_NOW
		       " (now it is " NOW ")" },
	{ "an authority that is not yet one", .sub = { .from = PKI_NOW + 60 },
		.why = "CN=Sub is not valid before " MINUTE_FROM_NOW
		       " (now it is " NOW ")" },
	{ "a root that is not yet one", .root = { .from = PKI_NOW + 60 },
		.why = "CN=Root is not valid before " MINUTE_FROM_NOW
		       " (now it is " NOW ")" },
	{ "no basic constraints", .sub = { .basic = "" },
		.why = "CN=Sub " NO_AUTHORITY },
	{ "an authority of version 1", .sub = { .v1 = true },
		.why = "CN=Sub " NO_AUTHORITY },
	{ "a root without basic constraints", .root = { .basic = "" },
		.why = "CN=Root " NO_AUTHORITY },
	{ "a root of version 1 that is not self-signed",
		.bend = root_of_version_1, .why = "CN=Old " NO_AUTHORITY },
	{ "a root with a key for other things", .root = { .usage = "cRLSign" },
		.why = "CN=Root has no keyCertSign in its key usage and cannot "
		       "have issued" },
	{ "a critical extension of an authority",
		.sub = { .extensions = { { "1.2.3", true, OCTETS(null) } } },
		.why = "CN=Sub has a critical extension that we do not know" },
	{ "a critical extension of a root",
		.root = { .extensions = { { "1.2.3", true, OCTETS(null) } } },
		.why = "CN=Root has a critical extension that we do not know" },
	{ "an authority signed with SHA-1", .sub = { .digest = "SHA1" },
		.why = "CN=Sub is signed with SHA-1" },
	{ "SHA-1 in RSA-PSS", .sub = { .key = PKI_RSA_2048 },
		.leaf = { .digest = "SHA1", .pss = true },
		.why = "CN=leaf is signed with SHA-1" },
	{ "an authority with a forged signature",
		.sub = { .bad_signature = true },
		.why = "CN=Sub has a signature that is not of CN=Root" },
	{ "an authority of another one of that name", .sub = { .akid = "" },
		.bend = root_of_the_same_name_and_no_key_id,
		.why = "CN=Sub has a signature that is not of CN=Root" },
	{ "a root with a key of another kind", .sub = { .akid = "" },
		.bend = root_of_another_kind,
		.why = "CN=Sub was issued by another key of CN=Root than is "
		       "configured" },
	{ "an authority that is not sent", .bend = sub_is_not_sent,
		.why = "CN=leaf was issued by CN=Sub, which is not "
		       "configured" },
	{ "a loop", .bend = loop,
		.why = "CN=One was issued by CN=Sub, which is not "
		       "configured" },
	{ "a subject outside of what is permitted",
		.sub = { .constraints = "critical,permitted;DNS:example.com" },
		.leaf = { .subject = "CN=vpn.example.org" },
		.why = "CN=vpn.example.org has a name that the name "
		       "constraints of an authority above it do not permit" },
	{ "an e-mail outside of what is permitted",
		.root = { .constraints = "critical,permitted;email:a.example" },
		.leaf = { .san = "email:u@b.example" },
		.why = "CN=leaf has a name that the name constraints of an "
		       "authority above it do not permit" },
	{ "no subject, and expired",
		.leaf = { .subject = "", .until = PKI_NOW - 60 },
		.why = "the certificate without a subject expired on " MINUTE_BEFORE_NOW
		       " (now it is " NOW ")" },
	{ "a terminal's escape in its name",
		.leaf = { .subject = "CN=\x1b[2Jleaf", .until = PKI_NOW - 60 },
		.why = "CN=\\1B[2Jleaf expired on " MINUTE_BEFORE_NOW
		       " (now it is " NOW ")" },
};

enum {
	WRONGS = sizeof(wrongs) / sizeof(wrongs[0]),
	OTHERS = sizeof(others) / sizeof(others[0]),
};

/* --- Refused -------------------------------------------------------------- */

static struct pki_want named(
	const struct pki_want *want, const char *subject, bool ca)
{
	struct pki_want made = *want;

	if (!made.subject)
		made.subject = subject;
	made.ca |= ca;
	return made;
}

static void build(struct scene *s, const struct wrong *row)
{
	const struct pki_want root = named(&row->root, "CN=Root", true);
	const struct pki_want sub = named(&row->sub, "CN=Sub", true);
	struct pki_want leaf = named(&row->leaf, "CN=leaf", false);

	*s = (struct scene){ .trust = trust_new() };
	if (row->key)
		leaf.public_key = row->key();
	s->root = pki_issue(NULL, &root);
	s->sub = pki_issue(s->root, &sub);
	s->leaf = pki_issue(s->sub, &leaf);
	EVP_PKEY_free(leaf.public_key);
	ck_assert(trust_add_root(s->trust, pki_certificate(s->root)));
	s->chain.others[s->chain.count++] = pki_certificate(s->sub);
	s->der = s->leaf->der;
	if (row->bend)
		row->bend(s);
}

/* Why, or an empty text if it passes. */
static void reason_of(const struct wrong *row, char why[X509_WHY])
{
	const char *unread = NULL;
	struct trust_path path;
	struct scene s;

	build(&s, row);
	why[0] = '\0';
	s.chain.leaf = certificate_read(s.der, &unread);
	if (!s.chain.leaf)
		snprintf(why, X509_WHY, "%s", unread);
	else if (trust_check(s.trust, &s.chain, PKI_NOW, false, &path, why))
		why[0] = '\0';
	certificate_unref(s.chain.leaf);
	trust_unref(s.trust);
}

static void is_refused(const struct wrong *row)
{
	char why[X509_WHY];

	reason_of(row, why);
	ck_assert_msg(strcmp(why, row->why) == 0, "%s: '%s' in place of '%s'",
		row->what, why, row->why);
}

START_TEST(n29_is_refused)
{
	is_refused(&wrongs[_i]);
}
END_TEST

START_TEST(n29_is_refused_elsewhere)
{
	is_refused(&others[_i]);
}
END_TEST

/* --- What a peer gets for it ---------------------------------------------- */

/* The leaf and what is behind it, in front of AUTH, with the name that it has. */
static void show(const struct scene *s, const struct certificate *leaf)
{
	const struct bytes name =
		leaf ? certificate_subject(leaf) : bytes_of("leaf", 4);
	const struct bytes certs[] = { s->der, s->sub->der };

	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++) {
		struct part *part = parts_insert(&parts, 1 + i, PAYLOAD_CERT,
			bytes_of((const uint8_t[]){ CERT_X509_SIGNATURE }, 1));

		ck_assert_uint_lt(certs[i].len, sizeof(part->body));
		memcpy(part->body + 1, certs[i].at, certs[i].len);
		part->len = 1 + certs[i].len;
	}
	part_of(&parts, PAYLOAD_IDI)->body[0] = leaf ? ID_DER_ASN1_DN : ID_FQDN;
	memcpy(part_of(&parts, PAYLOAD_IDI)->body + 4, name.at, name.len);
	part_of(&parts, PAYLOAD_IDI)->len = 4 + name.len;
	bent_auth_again(&parts);
}

static struct credential *key_alone(struct bytes der)
{
	const char *why = "";
	struct credential *made =
		credential_new(private_key_read(der, &why), NULL, 0, &why);

	ck_assert_msg(made != NULL, "%s", why);
	return made;
}

/* Of the row, by what status and log say. */
static void is_told(const struct wrong *row)
{
	const char *why = row->in_ike ? row->in_ike : row->why;
	struct ike_peer_status status;

	ck_assert(ike_peer_at(core.ike, 0, &status));
	ck_assert_int_eq(status.error, AUTHENTICATION_FAILED);
	ck_assert_int_eq(status.cause, IKE_CAUSE_CERTIFICATE);
	ck_assert_msg(strstr(status.text, why) != NULL,
		"%s: '%s' in place of '%s'", row->what, status.text, why);
	ck_assert_msg(strstr(core.complaint, why) != NULL,
		"%s: '%s' in place of '%s'", row->what, core.complaint, why);
}

/* It has the key, and signs as it must: only the certificate is wrong. */
START_TEST(n29_is_refused_in_ike_auth)
{
	const struct wrong *row = &wrongs[_i];
	struct core_signatures signatures = { .core_auth = IKE_AUTH_PSK,
		.bent_auth = IKE_AUTH_CERT,
		.from_anywhere = true };
	const struct core_setup setup = { .signatures = &signatures };
	struct certificate *leaf;
	const char *unread;
	struct scene s;

	build(&s, row);
	if (s.der.len >= sizeof(parts.at[0].body)) {
		trust_unref(s.trust); /* no message of this peer holds it */
		return;
	}
	leaf = certificate_read(s.der, &unread);
	signatures.core_trust = s.trust;
	signatures.bent_own = key_alone(
		leaf && s.leaf->key ? s.leaf->key_der : s.root->key_der);
	core_open(&setup);
	core.unix_s = PKI_NOW;
	bent_initiates_keys();
	bent_auth_parts(&parts);
	show(&s, leaf);
	bent_ask(IKE_AUTH, &parts);
	bent_hears_error(AUTHENTICATION_FAILED);
	ck_assert_int_eq(core_established() + core.sas + core.ike_up, 0);
	is_told(row);
	core_close();
	certificate_unref(leaf);
	credential_unref(signatures.bent_own);
	trust_unref(s.trust);
}
END_TEST

/* An authority that may name hosts below branch.example alone, and a certificate
 * of it whose CN is another one: libcrypto looks only at a CN that is a host's
 * name of two labels or more. */
static const struct {
	const char *cn, *san, *said;
	const char *constraints;
	bool taken;
} bound[] = {
	{ "CN=*.main.example", NULL, "vpn.main.example",
		"critical,permitted;DNS:branch.example", false },
	{ "CN=vpn", NULL, "vpn", "critical,permitted;DNS:branch.example",
		false },
	{ "CN=*.main.example", NULL, "vpn.main.example",
		"critical,excluded;DNS:main.example", false },
	{ "CN=*.main.example", "DNS:a.branch.example", "a.branch.example",
		"critical,permitted;DNS:branch.example", true },
	{ "CN=*.main.example", NULL, "vpn.main.example", NULL, true },
	{ "CN=vpn", NULL, "vpn", NULL, true },
};

enum { BOUND = sizeof(bound) / sizeof(bound[0]) };

START_TEST(n29_a_cn_that_no_constraint_binds)
{
	const struct wrong row = {
		.what = bound[_i].cn,
		.sub = { .constraints = bound[_i].constraints },
		.leaf = { .subject = bound[_i].cn, .san = bound[_i].san },
		.why = "an authority above it",
	};
	struct core_signatures signatures = { .core_auth = IKE_AUTH_PSK,
		.bent_auth = IKE_AUTH_CERT,
		.from_anywhere = true };
	const struct core_setup setup = { .signatures = &signatures };
	struct certificate *leaf;
	const char *unread;
	struct part *id;
	struct scene s;

	build(&s, &row);
	leaf = certificate_read(s.der, &unread);
	ck_assert_ptr_nonnull(leaf);
	signatures.core_trust = s.trust;
	signatures.bent_own = key_alone(s.leaf->key_der);
	core_open(&setup);
	core.unix_s = PKI_NOW;
	bent_initiates_keys();
	bent_auth_parts(&parts);
	show(&s, leaf);
	id = part_of(&parts, PAYLOAD_IDI);
	id->body[0] = ID_FQDN;
	id->len = 4 + strlen(bound[_i].said);
	memcpy(id->body + 4, bound[_i].said, id->len - 4);
	bent_auth_again(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), bound[_i].taken);
	if (!bound[_i].taken) {
		bent_hears_error(AUTHENTICATION_FAILED);
		is_told(&row);
	}
	core_close();
	certificate_unref(leaf);
	credential_unref(signatures.bent_own);
	trust_unref(s.trust);
}
END_TEST

/* Without the names: "CN=leaf is ..", "issued by CN=Root, ..". */
static void without_names(const char *why, char out[X509_WHY])
{
	size_t len = 0;

	while (*why) {
		if (strncmp(why, "CN=", 3) == 0)
			why += strcspn(why, " ,");
		else
			out[len++] = *why++;
	}
	out[len] = '\0';
}

START_TEST(n29_each_has_a_reason_of_its_own)
{
	char one[X509_WHY], other[X509_WHY];

	ck_assert_int_ge(WRONGS, 40);
	for (size_t i = 0; i < WRONGS; i++) {
		without_names(wrongs[i].why, one);
		for (size_t j = 0; j < i; j++) {
			without_names(wrongs[j].why, other);
			ck_assert_str_ne(one, other);
		}
	}
}
END_TEST

/* What the rows are bent from is good. */
START_TEST(n29_unbent_it_passes)
{
	char why[X509_WHY];

	reason_of(&(struct wrong){ .what = "nothing" }, why);
	ck_assert_str_eq(why, "");
}
END_TEST

/* --- Octet by octet ------------------------------------------------------- */

static void leaf_alone(struct scene *s)
{
	build(s, &(struct wrong){ .leaf = { .san = "DNS:vpn.example.com" } });
}

START_TEST(n28_cut_at_every_octet)
{
	const char *why;
	struct scene s;

	leaf_alone(&s);
	for (size_t len = 0; len < s.der.len; len++) {
		uint8_t *exact = malloc(len ? len : 1); /* for ASan */

		memcpy(exact, s.der.at, len);
		why = NULL;
		ck_assert_ptr_null(
			certificate_read(bytes_of(exact, len), &why));
		ck_assert_ptr_nonnull(why);
		free(exact);
	}
	trust_unref(s.trust);
}
END_TEST

START_TEST(n28_changed_at_every_octet)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff };
	struct trust_path path;
	char refused[X509_WHY];
	const char *why;
	struct scene s;

	leaf_alone(&s);
	memcpy(bent_der, s.der.at, s.der.len);
	for (size_t at = 0; at < s.der.len; at++) {
		for (size_t i = 0; i < sizeof(changes); i++) {
			bent_der[at] ^= changes[i];
			s.chain.leaf = certificate_read(
				bytes_of(bent_der, s.der.len), &why);
			if (s.chain.leaf)
				ck_assert_msg(
					!trust_check(s.trust, &s.chain, PKI_NOW,
						false, &path, refused),
					"octet %zu", at);
			certificate_unref(s.chain.leaf);
			bent_der[at] ^= changes[i];
		}
	}
	trust_unref(s.trust);
}
END_TEST

SUITE(wrong_certs)
{
	tcase_add_checked_fixture(tcase, NULL, pki_end);
	loop_test(n29_is_refused, WRONGS);
	loop_test(n29_is_refused_elsewhere, OTHERS);
	loop_test(n29_a_cn_that_no_constraint_binds, BOUND);
	loop_test(n29_is_refused_in_ike_auth, WRONGS);
	test(n29_each_has_a_reason_of_its_own);
	test(n29_unbent_it_passes);
	test(n28_cut_at_every_octet);
	test(n28_changed_at_every_octet);
}

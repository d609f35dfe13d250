/* pki.h - keys, certificates and CRLs of every shape, right and wrong, for tests.
 * SPDX-License-Identifier: ISC
 *
 *	struct pki_cert *root = pki_issue(NULL,
 *		&(struct pki_want){ .subject = "CN=Root", .ca = true });
 *	struct pki_cert *vpn = pki_issue(root,
 *		&(struct pki_want){ .subject = "C=CH, CN=vpn",
 *			.san = "DNS:vpn.example.com, IP:192.0.2.1" });
 *
 *	pki_certificate(vpn)
 *	private_key_read(vpn->key_der, &why)
 *	...
 *	pki_end();
 *
 * What is left out of a want is as a careful authority does it: P-256, SHA-256,
 * valid from a day before PKI_NOW for a year, key identifiers, key usage.  All
 * that is made lives until pki_end(), which a teardown calls.  Nothing looks at
 * the clock, and no file is read.
 */
#ifndef TESTS_UNIT_PKI_H
#define TESTS_UNIT_PKI_H

#include "ikev2/crypto/x509.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* 2026-01-01 00:00:00 UTC, the present of these tests. */
#define PKI_NOW INT64_C(1767225600)
enum { PKI_DAY = 86400, PKI_MAX_EXTENSIONS = 4, PKI_MAX_REVOKED = 8 };

enum pki_key {
	PKI_P256,
	PKI_P384,
	PKI_P521,
	PKI_SECP256K1, /* a curve that is not for us */
	PKI_ED25519,
	PKI_ED448,
	PKI_X25519, /* cannot sign */
	PKI_RSA_1024,
	PKI_RSA_2048,
	PKI_RSA_3072,
	PKI_RSA_4096,
};

/* An extension that libcrypto has no text for, or a broken one. */
struct pki_extension {
	const char *oid; /* in dots */
	bool critical;
	struct bytes value; /* of the OCTET STRING */
};

struct pki_cert {
	X509 *x509;
	EVP_PKEY *key; /* NULL: pki_want.public_key had no private part */
	struct bytes der;
	struct bytes key_der; /* PKCS#8 */
	const char *pem, *key_pem;
};

/* Texts of extensions are as in openssl.cnf, "critical," in front if need be;
 * NULL is the default, "" leaves the extension out. */
struct pki_want {
	const char *subject; /* "C=CH, O=Test, CN=vpn"; NULL or "": none */
	const char *issuer;  /* NULL: the subject of the one that signs */
	int64_t serial;      /* 0: the next number */
	int64_t from;        /* Unix time; 0: PKI_NOW - PKI_DAY */
	int64_t until;       /* 0: from + 365 days */
	bool v1;             /* no extensions at all */

	bool ca;              /* what the defaults below depend on */
	const char *basic;    /* "critical,CA:TRUE", "CA:FALSE" */
	const char *usage;    /* "critical,keyCertSign,cRLSign" or
			      * "critical,digitalSignature" */
	const char *extended; /* none; "serverAuth,clientAuth" */
	const char *san;      /* none; "DNS:a.example, email:u@example, IP:::1,
			      * URI:.." */
	const char *constraints; /* none; "critical,permitted;DNS:example" */
	const char *policies;    /* none; "2.5.29.32.0" */
	const char *policy_constraints; /* none; "requireExplicitPolicy:0" */
	const char *crl;  /* none; "URI:http://crl.example/a.crl" */
	const char *ocsp; /* none; "OCSP;URI:http://ocsp.example" */
	const char *skid; /* "hash" */
	const char *akid; /* "keyid" */
	struct pki_extension extensions[PKI_MAX_EXTENSIONS];

	enum pki_key key;              /* of which kind */
	const struct pki_cert *key_of; /* the same key as this one's */
	EVP_PKEY *public_key;          /* this one; stays the caller's;
			      * what it would have to sign, another key does */

	const char *digest; /* "SHA256"; ignored for Ed25519 and Ed448 */
	bool pss;           /* RSA-PSS */
	bool bad_signature;
	int resigned_as; /* NID of a signature algorithm that only the
			      * outer field says; 0: none */
};

/* Signed by issuer; NULL: by itself. */
struct pki_cert *pki_issue(
	const struct pki_cert *issuer, const struct pki_want *want);

/* The same as one of two of a kind: an RSA key costs a second, so each kind has
 * four of them, made once a process and used in turn; the others are new. */
EVP_PKEY *pki_key(enum pki_key kind); /* the caller frees it */

/* A public RSA key of so many bits with this exponent, its modulus any odd
 * number: for what is never to be used. */
EVP_PKEY *pki_rsa_public(unsigned int bits, uint64_t e); /* likewise */

struct pki_crl_want {
	const struct pki_cert *revoked[PKI_MAX_REVOKED];
	int64_t serials[PKI_MAX_REVOKED]; /* more of them; 0 ends */
	int64_t revoked_at;               /* 0: PKI_NOW - 3600 */
	int reason;         /* CRLReason and its number; 0: none is said */
	int64_t from;       /* thisUpdate; 0: PKI_NOW - 3600 */
	int64_t until;      /* nextUpdate; 0: from + 7 days; -1: none */
	int64_t number;     /* CRL number; 0: 1 */
	const char *issuer; /* NULL: the subject of the one that signs */
	const char *digest; /* "SHA256" */
	bool bad_signature;
	struct pki_extension extensions[PKI_MAX_EXTENSIONS];
};

/* In DER. */
struct bytes pki_crl(
	const struct pki_cert *issuer, const struct pki_crl_want *want);

/* As the product reads it, who must like it; borrowed. */
struct certificate *pki_certificate(const struct pki_cert *cert);

/* A copy of der that is freed with the rest. */
struct bytes pki_keep(struct bytes der);
/* Anything of libcrypto's, likewise. */
void pki_keep_x509(X509 *x509);

void pki_end(void);

#endif

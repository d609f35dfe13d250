/* pem.h - what stands in a file of certificates or keys: PEM (RFC 7468) or plain DER.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_PEM_H
#define IKEV2_CRYPTO_PEM_H

#include "ikev2/bytes.h"

enum pem_kind {
	PEM_CERTIFICATE,
	PEM_CRL,
	PEM_PUBLIC_KEY,    /* SubjectPublicKeyInfo */
	PEM_PRIVATE_KEY,   /* PKCS#8, PKCS#1 or SEC 1 */
	PEM_ENCRYPTED_KEY, /* with a password: not for us */
	PEM_OTHER,         /* EC PARAMETERS and the like: passed over */
	PEM_DER,           /* the file has no PEM in it: all of it is one DER */
	PEM_BROKEN,        /* no end, or no base64 */
};

struct pem_item {
	enum pem_kind kind;
	uint8_t *der; /* owned: pem_clear */
	size_t len;
};

/* The next item of a file; *rest is what is left to look at.  Text between
 * items is passed over.  A file that begins as DER does (0x30) is one PEM_DER.
 * False: there is none any more, or no memory. */
bool pem_next(struct bytes *rest, struct pem_item *item);
void pem_clear(struct pem_item *item); /* wipes it */

#endif

/* ctl_issued.h - what our authorities have issued and revoked: ca/issued.tsv.
 * SPDX-License-Identifier: ISC
 *
 * One row a line, columns parted by tabs, which people may read and scripts may
 * cut:
 *
 *	cert  AUTHORITY  SERIAL  NAME  MADE  UNTIL  REVOKED or -
 *	ca    the same, of an authority below another
 *	crl   AUTHORITY  NUMBER  -     MADE  UNTIL  -
 */
#ifndef DAEMON_CTL_ISSUED_H
#define DAEMON_CTL_ISSUED_H

#include "daemon/ctl.h"
#include "ikev2/crypto/authority.h"

enum {
	ISSUED_NAME = AUTHORITY_MAX_CN + 1,
	ISSUED_SERIAL = 2 * AUTHORITY_SERIAL + 1, /* in hexadecimal */
};

enum issued_kind {
	ISSUED_CERT,
	ISSUED_CA,
	ISSUED_CRL,
};

struct issued_row {
	enum issued_kind kind;
	char authority[ISSUED_NAME];
	uint8_t serial[AUTHORITY_SERIAL];   /* of certificates */
	uint64_t number;                    /* of the authority's last CRL */
	char name[ISSUED_NAME];             /* of certificates */
	int64_t made_s, until_s, revoked_s; /* Unix time; 0: not revoked */
};

/* Start with all zero. */
struct issued {
	struct issued_row *rows; /* owned */
	size_t count, size;
};

/* In hexadecimal, as in the file: out. */
const char *issued_serial(
	const struct issued_row *row, char out[ISSUED_SERIAL]);

/* Read ca/issued.tsv; a file that is not there is an empty one, a line that is
 * none is an error.  Save it anew, whole or not at all.  An exit code each. */
int issued_load(const struct ctl *ctl, struct issued *issued);
int issued_save(const struct ctl *ctl, const struct issued *issued);
void issued_free(struct issued *issued);

/* A row more, all zero, borrowed until the next; NULL without memory. */
struct issued_row *issued_add(struct issued *issued);
/* The row of the authority's CRL, a new one with number 0 if there is none;
 * NULL without memory. */
struct issued_row *issued_crl(struct issued *issued, const char *authority);
/* The authority above that one, or NULL: it is a root. */
const char *issued_parent(const struct issued *issued, const char *authority);

#endif

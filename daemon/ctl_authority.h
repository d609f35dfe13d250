/* ctl_authority.h - an authority of one's own: its files, its key, what it has issued.
 * SPDX-License-Identifier: ISC
 *
 * An authority called NAME is ca/NAME.pem and secrets/NAME.key; what it issues
 * is certs/NAME.pem and secrets/NAME.key, what it revoked crls/NAME.crl, and
 * what there is of all that is a row of ca/issued.tsv (ctl_issued.h).  Nothing
 * is written over but the last two.
 *
 * Functions that return an int have said what went wrong, and return the exit
 * code.
 */
#ifndef DAEMON_CTL_AUTHORITY_H
#define DAEMON_CTL_AUTHORITY_H

#include "config/credentials_files.h"
#include "daemon/ctl_files.h"
#include "daemon/ctl_issued.h"
#include "daemon/report.h"
#include "ikev2/crypto/authority.h"

enum { CA_SLACK = 3600 }; /* seconds: clocks of others may be late */

/* "2026-11-22" */
const char *ca_day(int64_t unix_s, char out[REPORT_TIME_SIZE]);
/* --days or what is usual, in seconds. */
int64_t ca_days(const struct ctl *ctl, int usual);

/* May a file be called that, with at most max characters, and may an authority? */
int ca_file_name(
	const struct ctl *ctl, const char *name, size_t max, const char *hint);
int ca_name(const struct ctl *ctl, const char *name);

/* All folders that there may not be yet. */
int ca_folders(const struct ctl *ctl);

struct ca {
	const char *name;
	char file[FILES_PATH];
	struct credentials_certificates certificates; /* its own is the first */
	struct private_key *key;
};

/* The one that --ca names.  Then ca_close, also when it fails. */
int ca_open(const struct ctl *ctl, struct ca *ca);
void ca_close(struct ca *ca);
struct bytes ca_der(const struct ca *ca);
/* Signed by itself, so that no other is above it. */
bool ca_is_root(const struct ca *ca);

/* The rows of issued.tsv while nobody else writes there.  ca_book_close also
 * when opening fails. */
struct ca_book {
	struct issued issued;
	int lock;
};

int ca_book_open(const struct ctl *ctl, struct ca_book *book);
void ca_book_close(struct ca_book *book);
/* What is issued is on record before there is any of it; and struck out again if
 * it came to nothing. */
int ca_book_write(const struct ctl *ctl, struct ca_book *book,
	enum issued_kind kind, const char *authority, const char *name,
	const struct authority_request *request);
void ca_book_strike(const struct ctl *ctl, struct ca_book *book);

/* From now for --days; or what is usual, but no longer than the authority above
 * (NULL: there is none).  With a new serial number. */
struct authority_request ca_request(const struct ctl *ctl,
	const struct ca *above, const char *common_name,
	const struct private_key *key, int usual);

/* What was made: the record that `list certs` has, and the key's file. */
int ca_tell(const struct ctl *ctl, const char *file, const char *key_file,
	const struct authority_made *made);
/* why: of authority_certificate. */
int ca_refused(const struct ctl *ctl, const char *why);

#endif

/* ctl_trial.h - ipsec-ctl run in a folder of its own, and what it leaves there.
 * SPDX-License-Identifier: ISC
 *
 *	struct trial t = trial_new();
 *
 *	RUN(&t, "ca", "init");
 *	FAILS(&t, 1, "already", "ca", "init");
 *	trial_remove(&t);
 *
 * Names of files are relative to that folder; what is not as asked fails the test.
 */
#ifndef TESTS_UNIT_CTL_TRIAL_H
#define TESTS_UNIT_CTL_TRIAL_H

#include "tests/suite.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* 2026-11-22 16:09:31 UTC */
#define NOW     INT64_C(1795363771)
#define MISSING ((mode_t)-1)
#define ETC     "etc/ipsecd/"

enum { DAY = 86400, PATH = 512 };

struct trial {
	char root[64];
	int64_t now;     /* seconds since 1970 */
	char *out, *err; /* of the last run */
};

/* The kinds of keys that it makes. */
enum { TRIAL_KINDS = 7 };
extern const struct trial_kind {
	const char *kind, *name;
	int id, bits;
} trial_kinds[TRIAL_KINDS];

struct trial trial_new(void);
void trial_remove(struct trial *trial);
/* What the last run said. */
void trial_forget(struct trial *trial);

/* ipsec-ctl with these words, up to NULL, and --root: the exit code.  In what it
 * said, the folder is left out. */
int trial_run(struct trial *trial, ...);

/* It gave code; it should be expected, with that text in what it said. */
void trial_failed(
	const struct trial *trial, int code, int expected, const char *text);

/* What must go well. */
#define RUN(TRIAL, ...)                                                        \
	do {                                                                   \
		int code_ = trial_run(TRIAL, __VA_ARGS__, NULL);               \
		ck_assert_msg(code_ == 0, "%d: %s", code_, (TRIAL)->err);      \
		ck_assert_str_eq((TRIAL)->err, "");                            \
	} while (0)

/* What must not, with that code, and a text in what is said of it. */
#define FAILS(TRIAL, CODE, TEXT, ...)                                          \
	trial_failed(TRIAL, trial_run(TRIAL, __VA_ARGS__, NULL), CODE, TEXT)

/* In memory that the next call uses again. */
const char *trial_path(const struct trial *trial, const char *name);
/* Its permissions, or MISSING. */
mode_t trial_mode(const struct trial *trial, const char *name);
/* To be freed. */
char *trial_text(const struct trial *trial, const char *name);
/* In the place of what is there. */
void trial_write(const struct trial *trial, const char *name, const char *text,
	mode_t mode);
bool trial_holds(const struct trial *trial, const char *name, const char *what);

/* The index-th certificate of a file, NULL past the last; to be freed. */
X509 *trial_certificate(const struct trial *trial, const char *name, int index);
/* To be freed. */
EVP_PKEY *trial_key(const struct trial *trial, const char *name);
/* Is it that certificate's key? */
bool trial_fits(
	const struct trial *trial, const char *certificate, const char *key);
bool trial_issued_by(
	const struct trial *trial, const char *certificate, const char *issuer);
/* It must be from an hour ago, so many days long. */
void trial_valid(
	const struct trial *trial, const char *certificate, int64_t days);

/* The first record of that kind in what was said, for the caller to give back;
 * and text in it, "" without that key. */
json_t *trial_record(const char *text, const char *kind);
const char *trial_string(const json_t *record, const char *key);

#endif

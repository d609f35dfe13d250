/* ctl_verbs.h - ipsec-ctl's verbs and exit codes (ipsec-ctl(8)).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_VERBS_H
#define DAEMON_CTL_VERBS_H

#include "daemon/ctl_text.h"

#include <jansson.h>

enum { CTL_MAX_SANS = 30 };

/* What reload is to do. */
struct ctl_trial {
	bool dry_run, keep, undo;
	uint32_t confirm_s; /* 0: for good */
};

/* One run of the program. */
struct ctl {
	FILE *out, *err;
	struct style style;
	bool terminal; /* out is one: colours, unless told otherwise */
	int fd;        /* a connected socket to use, for tests; -1: none */

	/* From the command line. */
	const char *socket, *root, *wait_for, *output;
	bool json, quiet, verbose, ike, help;
	bool has_timeout;
	uint32_t timeout_s;
	/* --key, --ca, --out, --san; --days, 0: not given */
	const char *key, *authority, *out_folder, *san[CTL_MAX_SANS];
	size_t san_count;
	uint32_t days;
	const char *from, *config; /* simulate, doctor */
	struct ctl_trial trial;
};

/* The whole program: its exit code. */
int ctl_run(struct ctl *ctl, int argc, char **argv);

/* What went wrong, to people or as the verdict's JSON; hint may be NULL or
 * empty.  Both return code. */
int ctl_complain(
	const struct ctl *ctl, int code, const char *error, const char *hint);
int ctl_fail(const struct ctl *ctl, int code, const char *hint,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Seconds since 1970 */
static inline int64_t ctl_now(const struct ctl *ctl)
{
	return ctl->style.now_ms / 1000;
}

/* To people, that is. */
static inline bool ctl_speaks(const struct ctl *ctl)
{
	return !ctl->quiet && !ctl->json;
}

/* To scripts, if they are listening; takes the reference to record. */
void ctl_record(const struct ctl *ctl, json_t *record);

/* Asks the daemon, with the method's name as the verb's, and waits for its
 * verdict as long as it takes: the exit code.  Takes the reference to params.
 * take gets each record; NULL: they are printed. */
int ctl_ask(struct ctl *ctl, const char *method, json_t *params,
	void (*take)(void *ctx, const json_t *record), void *ctx);

/* The i-th verb, NULL past the end. */
const char *ctl_verb(size_t i);

#endif

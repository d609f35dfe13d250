/* ctl.h - one run of ipsec-ctl: what it was told, and how it speaks (ipsec-ctl(8)).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_H
#define DAEMON_CTL_H

#include "daemon/ctl_text.h"

#include <jansson.h>

enum { CTL_MAX_SANS = 30 };

/* What ipsecd.service has, unless told otherwise. */
#define CTL_CONFIG "/etc/ipsecd/ipsecd.yaml"
#define CTL_SOCKET "/run/ipsecd/control.sock"

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
	bool json, quiet, verbose, ike;
	bool has_timeout;
	uint32_t timeout_s;
	/* --key, --ca, --out, --san; --days, 0: not given */
	const char *key, *authority, *out_folder, *san[CTL_MAX_SANS];
	size_t san_count;
	uint32_t days;
	const char *from, *config; /* simulate, doctor */
	struct ctl_trial trial;
	bool help, version; /* that is all that is wanted */
	uint32_t given;     /* the rows of ctl_options.c, as bits */
};

/* What went wrong, to people or as the verdict's JSON; hint may be NULL or
 * empty.  Both return code. */
int ctl_complain(
	const struct ctl *ctl, int code, const char *error, const char *hint);
int ctl_fail(const struct ctl *ctl, int code, const char *hint,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The path that was given, or if NULL the usual one, below --root. */
void ctl_path(const struct ctl *ctl, const char *given, const char *usual,
	char *out, size_t size);

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

#endif

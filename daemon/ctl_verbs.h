/* ctl_verbs.h - ipsec-ctl's verbs and exit codes (interface.md section 3).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_VERBS_H
#define DAEMON_CTL_VERBS_H

#include "daemon/ctl_text.h"

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
};

/* The whole program: its exit code. */
int ctl_run(struct ctl *ctl, int argc, char **argv);

/* The i-th verb, NULL past the end. */
const char *ctl_verb(size_t i);

#endif

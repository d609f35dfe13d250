/* ctl_options.h - THE table of ipsec-ctl's options: read, and refused where a verb takes none (ipsec-ctl(8)).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_OPTIONS_H
#define DAEMON_CTL_OPTIONS_H

#include "daemon/ctl.h"

/* Which options a verb takes beyond those of all. */
enum {
	TAKES_FOR = 1,
	TAKES_TIMEOUT = 2,
	TAKES_OUTPUT = 4,
	TAKES_IKE = 8,
	TAKES_KEY = 16,
	TAKES_DAYS = 32,
	TAKES_AUTHORITY = 64,
	TAKES_SAN = 128,
	TAKES_OUT = 256,
	TAKES_FROM = 512,
	TAKES_CONFIG = 1024,
	TAKES_TRIAL = 2048,
};

/* Takes the options of a command line, up to its end or to --version:
 * *rest is where its words begin.  What is wrong is said: the exit code. */
int options_read(struct ctl *ctl, int argc, char **argv, int *rest);

/* The verb does not pass over what it does not know; takes: of the above.  What is
 * wrong is said: the exit code. */
int options_fit(const struct ctl *ctl, const char *verb, unsigned int takes);

/* Those that a line of help is needed for: the others stand beside their verb. */
void options_help(FILE *out);

#endif

/* ctl_verbs.h - ipsec-ctl's verbs: the whole program (ipsec-ctl(8)).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_VERBS_H
#define DAEMON_CTL_VERBS_H

#include "daemon/ctl.h"

/* The whole program: its exit code. */
int ctl_run(struct ctl *ctl, int argc, char **argv);

/* The i-th verb, NULL past the end. */
const char *ctl_verb(size_t i);

#endif

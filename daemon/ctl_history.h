/* ctl_history.h - the kept copies of good configurations: which, what has changed since, put back.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_HISTORY_H
#define DAEMON_CTL_HISTORY_H

#include "daemon/ctl.h"

struct verb;

/* history [N] [--out DIR] */
int ctl_history(
	struct ctl *ctl, const struct verb *verb, char **args, int count);

#endif

/* ctl_keylog.h - `ipsec-ctl keylog`: the keys of a peer's SAs, printed or into Wireshark's files.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_KEYLOG_H
#define DAEMON_CTL_KEYLOG_H

#include "daemon/ctl.h"

struct verb;

/* keylog PEER [--for D] [-o DIR] */
int ctl_keylog(
	struct ctl *ctl, const struct verb *verb, char **args, int count);

#endif

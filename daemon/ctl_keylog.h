/* ctl_keylog.h - `ipsec-ctl keylog`: where the keys go.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_KEYLOG_H
#define DAEMON_CTL_KEYLOG_H

#include "daemon/ctl_verbs.h"

/* Wireshark's tables in a folder. */
struct keylog_files {
	const struct ctl *ctl;
	int fd[2];
	bool failed;
};

/* Both, for more at their end; said if not: an exit code. */
int keylog_open(const struct ctl *ctl, struct keylog_files *files);
/* A record of the daemon; ctx: struct keylog_files. */
void keylog_take(void *ctx, const json_t *record);
/* Returns code, or that of a failure, which is said. */
int keylog_close(struct keylog_files *files, int code);

#endif

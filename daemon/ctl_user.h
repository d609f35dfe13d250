/* ctl_user.h - what root reads as the daemon's user, to see what that may not.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_USER_H
#define DAEMON_CTL_USER_H

#include "daemon/ctl.h"

#include <sys/types.h>

enum { CTL_USER_GROUPS = 64 };

/* Who we were. */
struct ctl_user {
	bool other;
	gid_t group, groups[CTL_USER_GROUPS];
	int count;
};

/* From here to ctl_user_end() files are opened as that user, with his groups; if
 * we are not root, or there is nobody of that name, as before. */
void ctl_user_begin(struct ctl_user *user, const char *name);
/* The same as the daemon's user, if path is what the daemon will read. */
void ctl_user_begin_for(
	struct ctl_user *user, const struct ctl *ctl, const char *path);
void ctl_user_end(const struct ctl_user *user);

#endif

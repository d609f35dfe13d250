/* ctl_user.c - root for a while as the user that the daemon runs as.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_user.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The groups first, as who is not root any more may not. */
static bool become(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid) == 0 &&
	       setegid(user->pw_gid) == 0 && seteuid(user->pw_uid) == 0;
}

/* What could be done on the way there can be undone: anything else would leave us
 * somebody whom nobody has asked for. */
static void become_root(const struct ctl_user *user)
{
	if (seteuid(0) < 0 || setegid(user->group) < 0 ||
		setgroups((size_t)user->count, user->groups) < 0)
		abort();
}

void ctl_user_begin(struct ctl_user *user, const char *name)
{
	const struct passwd *entry = geteuid() == 0 ? getpwnam(name) : NULL;

	*user = (struct ctl_user){ .group = getegid() };
	if (!entry)
		return;
	user->count = getgroups(CTL_USER_GROUPS, user->groups);
	if (user->count < 0)
		return;
	user->other = become(entry);
	/* A container may have no such user: its groups are there alone. */
	if (!user->other && setgroups((size_t)user->count, user->groups) == 0)
		become_root(user);
}

void ctl_user_begin_for(
	struct ctl_user *user, const struct ctl *ctl, const char *path)
{
	*user = (struct ctl_user){ .other = false };
	if (!ctl->root && strcmp(path, CTL_CONFIG) == 0)
		ctl_user_begin(user, "ipsecd"); /* as ipsecd.service has it */
}

void ctl_user_end(const struct ctl_user *user)
{
	if (user->other)
		become_root(user);
}

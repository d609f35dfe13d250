/* ctl_user.c - root is somebody else for a while, and root again.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_user.h"

#include "tests/suite.h"
#include "tests/unit/config_folder.h"

#include <string.h>
#include <unistd.h>

#define PEER "peers:\n  office:\n    remote: 192.0.2.1\n    auth: psk\n"

/* What only root may read is left out for the daemon. */
START_TEST(what_the_daemon_may_not_read)
{
	struct ctl_user user;
	gid_t groups[CTL_USER_GROUPS];
	struct folder f;
	char path[128], folder[128], hint[400];
	int count;

	if (geteuid() != 0)
		SKIP("not root");
	f = folder_new();
	folder_file(&f, "ipsecd.yaml", PEER);
	snprintf(path, sizeof(path), "%s/ipsecd.yaml", f.path);
	ck_assert_int_eq(chmod(f.path, 0755), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
	count = getgroups(CTL_USER_GROUPS, groups);
	ck_assert_int_ge(count, 0);
	snprintf(folder, sizeof(folder), "%s/peers.d", f.path);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	snprintf(folder, sizeof(folder), "%s/secrets", f.path);
	for (mode_t mode = 0700; mode <= 0755; mode += 055) {
		ck_assert_int_eq(chmod(folder, mode), 0);
		ctl_user_begin(&user, "nobody");
		ck_assert_uint_ne(geteuid(), 0);
		f.config = config_load(path, NULL, &f.errors);
		ctl_user_end(&user);
		ck_assert_uint_eq(geteuid(), 0);
		ck_assert_uint_eq(f.errors.left_out, 1);
		ck_assert_msg(strstr(f.errors.list[0].text,
				      "office.psk': Permission denied"),
			"%s", f.errors.list[0].text);
		if (mode == 0700)
			snprintf(hint, sizeof(hint),
				"chgrp ipsecd %s; chmod 0750 %s", folder,
				folder);
		else
			snprintf(hint, sizeof(hint),
				"chgrp ipsecd %s/office.psk; "
				"chmod 0640 %s/office.psk",
				folder, folder);
		ck_assert_str_eq(f.errors.list[0].hint, hint);
		folder_forget(&f);
	}
	ck_assert_int_eq(getgroups(CTL_USER_GROUPS, user.groups), count);
	ck_assert_int_eq(
		memcmp(groups, user.groups, (size_t)count * sizeof(groups[0])),
		0);
	folder_remove(&f);
}
END_TEST

START_TEST(nobody_of_that_name)
{
	const uid_t before = geteuid();
	struct ctl_user user;

	ctl_user_begin(&user, "no such user");
	ck_assert(!user.other);
	ck_assert_uint_eq(geteuid(), before);
	ctl_user_end(&user);
	ck_assert_uint_eq(geteuid(), before);
}
END_TEST

SUITE(ctl_user)
{
	test(what_the_daemon_may_not_read);
	test(nobody_of_that_name);
}

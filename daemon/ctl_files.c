/* ctl_files.c - files that ipsec-ctl makes: never over another, or whole or not at all.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_files.h"

#include "config/credentials.h"
#include "config/octets.h"
#include "daemon/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LOCK_TRIES = 40,
	LOCK_NAP_MS = 50,
};

static int failed(const struct ctl *ctl, const char *path, int error)
{
	if (error == EACCES || error == EPERM)
		return ctl_fail(ctl, REPORT_PERMISSION,
			"as root, or with --root DIR for a trial", "'%s': %s",
			path, strerror(error));
	if (error == EEXIST)
		return ctl_fail(ctl, REPORT_FAILED, NULL,
			"'%s' is there already; nothing was written over it",
			path);
	return ctl_fail(
		ctl, REPORT_FAILED, NULL, "'%s': %s", path, strerror(error));
}

int files_path(const struct ctl *ctl, char out[FILES_PATH], const char *folder,
	const char *name, const char *suffix)
{
	int len = snprintf(out, FILES_PATH, "%s/etc/ipsecd%s%s%s%s%s",
		ctl->root ? ctl->root : "", *folder ? "/" : "", folder,
		*name ? "/" : "", name, suffix);

	if (len > 0 && len < FILES_PATH)
		return REPORT_OK;
	return ctl_fail(ctl, REPORT_USAGE, NULL, "a path that is too long");
}

int files_below(const struct ctl *ctl, char out[FILES_PATH], const char *parent,
	const char *name, const char *suffix)
{
	int len = snprintf(out, FILES_PATH, "%s/%s%s", parent, name, suffix);

	if (len > 0 && len < FILES_PATH)
		return REPORT_OK;
	return ctl_fail(ctl, REPORT_USAGE, NULL, "a path that is too long");
}

/* --- Folders ---------------------------------------------------------------- */

/* "." if there is no slash in it. */
static void parent_of(const char *path, char out[FILES_PATH])
{
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) : 0;

	if (!slash)
		snprintf(out, FILES_PATH, ".");
	else
		snprintf(out, FILES_PATH, "%.*s", len ? len : 1, path);
}

/* What was made in it is there after the power went. */
static void sync_parent(const char *path)
{
	char parent[FILES_PATH];
	int fd;

	parent_of(path, parent);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int files_folder(const struct ctl *ctl, const char *path, mode_t mode)
{
	char parent[FILES_PATH];
	struct stat st, above;

	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? REPORT_OK
					   : failed(ctl, path, ENOTDIR);
	parent_of(path, parent);
	if (mkdir(path, 0700) < 0)
		return failed(ctl, path, errno);
	/* Without the right to give it that group it stays as it is; the mode
	 * is after chown, which takes bits away. */
	if (stat(parent, &above) == 0)
		(void)!chown(path, (uid_t)-1, above.st_gid);
	if (chmod(path, mode) < 0)
		return failed(ctl, path, errno);
	sync_parent(path);
	return REPORT_OK;
}

/* --- Files ------------------------------------------------------------------ */

int files_absent(const struct ctl *ctl, const char *path, const char *hint)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? REPORT_OK : failed(ctl, path, errno);
	return ctl_fail(
		ctl, REPORT_FAILED, hint, "'%s' is there already", path);
}

int files_new(
	const struct ctl *ctl, const char *path, struct bytes text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;
	int error;

	if (fd < 0)
		return failed(ctl, path, errno);
	/* Not every file system has modes: then it stays as it is. */
	if (mode != 0600)
		(void)!fchmod(fd, mode);
	ok = write_all(fd, text);
	error = errno;
	if (!ok)
		unlink(path);
	close(fd);
	if (!ok)
		return failed(ctl, path, error);
	sync_parent(path);
	return REPORT_OK;
}

int files_new_secret(const struct ctl *ctl, const char *path, struct bytes text)
{
	char error[CREDENTIALS_TEXT];

	errno = 0;
	if (!credentials_write_new(path, text, error))
		return failed(ctl, path, errno);
	sync_parent(path);
	return REPORT_OK;
}

int files_replace(
	const struct ctl *ctl, const char *path, struct bytes text, mode_t mode)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char temporary[FILES_PATH + 9];
	int fd, error;
	bool ok;

	/* Hidden, as all that is in crls/ is read as a CRL, also what is left
	 * of us where we are killed. */
	snprintf(temporary, sizeof(temporary), "%.*s.%s.XXXXXX",
		(int)(name - path), path, name);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return failed(ctl, path, errno);
	ok = fchmod(fd, mode) == 0 && write_all(fd, text) &&
	     rename(temporary, path) == 0;
	error = errno;
	if (!ok)
		unlink(temporary);
	close(fd);
	if (!ok)
		return failed(ctl, path, error);
	sync_parent(path);
	return REPORT_OK;
}

/* --- One at a time ---------------------------------------------------------- */

int files_lock(const struct ctl *ctl, const char *folder, int *fd)
{
	const struct timespec nap = { .tv_nsec = LOCK_NAP_MS * 1000000L };
	int error = 0;

	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return failed(ctl, folder, errno);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
			return REPORT_OK;
		error = errno;
		if (error != EWOULDBLOCK && error != EINTR)
			break;
		nanosleep(&nap, NULL);
	}
	close(*fd);
	*fd = -1;
	if (error != EWOULDBLOCK)
		return failed(ctl, folder, error);
	return ctl_fail(ctl, REPORT_FAILED, "try again when that has ended",
		"another ipsec-ctl is at work in '%s'", folder);
}

/* credentials_files.c - one file with a key or a certificate, read with care.
 * SPDX-License-Identifier: ISC
 */
#include "config/credentials_files.h"

#include "config/octets.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_PERSON = 1000 }; /* UID_MIN: accounts below are the system's */

void why_say(char *into, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(into, CREDENTIALS_TEXT, format, args);
	va_end(args);
}

/* --- Where it is ----------------------------------------------------------------- */

static enum credentials_result credential_path(
	const char *name, char out[PATH_MAX], struct why why)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (!*name || strchr(name, '/') || name[0] == '.') {
		why_say(why.error, "'%s' is no name of a credential", name);
		why_say(why.hint, "LoadCredential=NAME:FILE in the unit");
		return CREDENTIALS_BAD_TEXT;
	}
	if (!folder || !*folder) {
		why_say(why.error, "systemd gave no credentials");
		why_say(why.hint, "LoadCredential=%s:FILE in the unit", name);
		return CREDENTIALS_BAD_FILE;
	}
	if (snprintf(out, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
		return CREDENTIALS_OK;
	why_say(why.error, "the name of the credential is too long");
	return CREDENTIALS_BAD_TEXT;
}

enum credentials_result file_path(const char *name, const char *folder,
	char out[PATH_MAX], struct why why)
{
	int len;

	if (strncmp(name, "cred:", 5) == 0)
		return credential_path(name + 5, out, why);
	if (name[0] == '/')
		len = snprintf(out, PATH_MAX, "%s", name);
	else
		len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
	if (len >= 0 && len < PATH_MAX)
		return CREDENTIALS_OK;
	why_say(why.error, "the name of the file is too long");
	return CREDENTIALS_BAD_TEXT;
}

bool file_folder(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) : 1;

	len = snprintf(
		out, PATH_MAX, "%.*s", len ? len : 1, slash ? path : ".");
	return len > 0 && len < PATH_MAX;
}

/* --- Who may do what --------------------------------------------------------------- */

bool credentials_may_own(uid_t owner)
{
	const uid_t we = geteuid();

	return owner == 0 || owner == we || (we == 0 && owner < FIRST_PERSON);
}

/* Whose a secret is can read it and put another in its place, whatever its
 * mode. */
static bool is_ours(const char *path, uid_t owner, struct why why)
{
	if (credentials_may_own(owner))
		return true;
	why_say(why.error, "'%s' belongs to another user (uid %u)", path,
		(unsigned int)owner);
	why_say(why.hint, "chown root %s", path);
	return false;
}

/* A secret: 0600 or 0640, or stricter.  A certificate is for all to read, but
 * who may write it says whom we trust. */
static bool is_guarded(const char *path, const struct stat *st,
	const struct file_kind *kind, struct why why)
{
	mode_t open = kind->secret ? 0037 : S_IWOTH;
	const char *verb = !kind->secret             ? "write"
			   : (st->st_mode & S_IROTH) ? "read"
						     : "use";

	if (!S_ISREG(st->st_mode)) {
		why_say(why.error, "'%s' is not a regular file", path);
		return false;
	}
	if (st->st_mode & open) {
		why_say(why.error, "'%s' has mode %04o: others can %s it", path,
			(unsigned int)(st->st_mode & 07777), verb);
		why_say(why.hint, "chmod %s %s", kind->secret ? "0640" : "o-w",
			path);
		return false;
	}
	return !kind->secret || is_ours(path, st->st_uid, why);
}

static bool is_in_safe_folder(
	const char *path, const struct file_kind *kind, struct why why)
{
	char folder[PATH_MAX];
	struct stat st;

	if (!file_folder(path, folder) || stat(folder, &st) < 0) {
		why_say(why.error, "'%s': %s", path, strerror(errno));
		return false;
	}
	if (st.st_mode & S_IWOTH) {
		why_say(why.error, "folder '%s' can be written by others",
			folder);
		why_say(why.hint, "chmod o-w %s", folder);
		return false;
	}
	return !kind->secret || is_ours(folder, st.st_uid, why);
}

/* --- What is in it ------------------------------------------------------------------ */

/* One more octet than there may be, so that more of them shows. */
static bool read_text(int fd, const char *path, const struct file_kind *kind,
	struct file_text *out, struct why why)
{
	size_t size = kind->max + kind->slack + 1;
	ssize_t len;

	out->len = size;
	out->at = calloc(1, size);
	if (!out->at) {
		why_say(why.error, "'%s': out of memory", path);
		return false;
	}
	len = read_up_to(fd, out->at, size);
	if (len < 0)
		why_say(why.error, "'%s': %s", path, strerror(errno));
	else if ((size_t)len == size)
		why_say(why.error, "'%s' is longer than %zu octets", path,
			kind->max);
	else if (len == 0)
		why_say(why.error, "'%s' is empty", path);
	if (*why.error) {
		file_clear(out);
		return false;
	}
	out->len = (size_t)len;
	return true;
}

enum credentials_result file_read(const char *path,
	const struct file_kind *kind, struct file_text *out, struct why why)
{
	char folder[PATH_MAX];
	struct stat st;
	bool ok;
	int fd;

	*out = (struct file_text){ NULL, 0 };
	/* To open a device can mean something, so look before. */
	if (stat(path, &st) < 0) {
		why_say(why.error, "'%s': %s", path, strerror(errno));
		if (errno == ENOENT && kind->make)
			why_say(why.hint, "%s %s", kind->make, path);
		else if (errno == EACCES && file_folder(path, folder))
			why_say(why.hint, "chgrp ipsecd %s; chmod 0750 %s",
				folder, folder);
		return CREDENTIALS_BAD_FILE;
	}
	if (!is_guarded(path, &st, kind, why) ||
		!is_in_safe_folder(path, kind, why))
		return CREDENTIALS_BAD_FILE;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		why_say(why.error, "'%s': %s", path, strerror(errno));
		if (fd < 0 && errno == EACCES)
			why_say(why.hint, "chgrp ipsecd %s; chmod 0640 %s",
				path, path);
		ok = false;
	} else {
		ok = is_guarded(path, &st, kind, why) &&
		     read_text(fd, path, kind, out, why);
	}
	if (fd >= 0)
		close(fd);
	return ok ? CREDENTIALS_OK : CREDENTIALS_BAD_FILE;
}

void file_clear(struct file_text *text)
{
	if (text->at)
		sodium_memzero(text->at, text->len);
	free(text->at);
	*text = (struct file_text){ NULL, 0 };
}

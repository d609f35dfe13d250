/* credentials.c - shared keys: from files, from systemd, made anew.
 * SPDX-License-Identifier: ISC
 */
#include "config/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEW_PSK_LEN = 32 };

struct why {
	char *error, *hint; /* CREDENTIALS_TEXT each */
};

__attribute__((format(printf, 2, 3))) static void say(
	char *into, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(into, CREDENTIALS_TEXT, format, args);
	va_end(args);
}

/* --- In the text ------------------------------------------------------------------ */

static enum credentials_result take_text(
	const char *text, struct credentials_psk *out, struct why why)
{
	size_t len = strlen(text);

	if (len > MAX_PSK_LEN) {
		say(why.error, "the secret is longer than %d octets",
			MAX_PSK_LEN);
		return CREDENTIALS_BAD_TEXT;
	}
	memcpy(out->data, text, len);
	out->len = (uint16_t)len;
	return CREDENTIALS_OK;
}

static enum credentials_result take_hex(
	const char *text, struct credentials_psk *out, struct why why)
{
	size_t len = 0;
	const char *end;

	if (sodium_hex2bin(out->data, sizeof(out->data), text, strlen(text),
		    ": ", &len, &end) != 0 ||
		*end) {
		say(why.error, "not hexadecimal, or longer than %d octets",
			MAX_PSK_LEN);
		return CREDENTIALS_BAD_TEXT;
	}
	out->len = (uint16_t)len;
	return CREDENTIALS_OK;
}

static enum credentials_result take_base64(
	const char *text, struct credentials_psk *out, struct why why)
{
	static const int variants[] = { sodium_base64_VARIANT_ORIGINAL,
		sodium_base64_VARIANT_ORIGINAL_NO_PADDING };
	const char *end;
	size_t len = 0;

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		if (sodium_base642bin(out->data, sizeof(out->data), text,
			    strlen(text), " \n", &len, &end,
			    variants[i]) == 0 &&
			!*end) {
			out->len = (uint16_t)len;
			return CREDENTIALS_OK;
		}
	}
	say(why.error, "not base64, or longer than %d octets", MAX_PSK_LEN);
	return CREDENTIALS_BAD_TEXT;
}

/* --- In a file ---------------------------------------------------------------------- */

/* 0600 or 0640, or stricter. */
static bool is_private(const char *path, const struct stat *st, struct why why)
{
	if (!S_ISREG(st->st_mode)) {
		say(why.error, "'%s' is not a regular file", path);
		return false;
	}
	if (st->st_mode & 0037) {
		say(why.error, "'%s' has mode %04o: others can %s it", path,
			(unsigned int)(st->st_mode & 07777),
			st->st_mode & 0004 ? "read" : "use");
		say(why.hint, "chmod 0640 %s", path);
		return false;
	}
	return true;
}

static bool folder_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) : 1;

	len = snprintf(
		out, PATH_MAX, "%.*s", len ? len : 1, slash ? path : ".");
	return len > 0 && len < PATH_MAX;
}

static bool is_in_safe_folder(const char *path, struct why why)
{
	char folder[PATH_MAX];
	struct stat st;

	if (!folder_of(path, folder) || stat(folder, &st) < 0) {
		say(why.error, "'%s': %s", path, strerror(errno));
		return false;
	}
	if (st.st_mode & S_IWOTH) {
		say(why.error, "folder '%s' can be written by others", folder);
		say(why.hint, "chmod o-w %s", folder);
		return false;
	}
	return true;
}

/* The key is what stands there, without one line end: editors add that, and
 * it is no octet of the key (RFC 7296 section 2.15 adds none either). */
static bool read_key(
	int fd, const char *path, struct credentials_psk *out, struct why why)
{
	uint8_t text[MAX_PSK_LEN + 3];
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(text)) {
		got = read(fd, text + len, sizeof(text) - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			say(why.error, "'%s': %s", path, strerror(errno));
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (len > 0 && len <= MAX_PSK_LEN) {
		memcpy(out->data, text, len);
		out->len = (uint16_t)len;
	} else if (!*why.error) {
		say(why.error,
			len ? "'%s' is longer than %d octets" : "'%s' is empty",
			path, MAX_PSK_LEN);
	}
	sodium_memzero(text, sizeof(text));
	return !*why.error;
}

static enum credentials_result take_file(
	const char *path, struct credentials_psk *out, struct why why)
{
	struct stat st;
	bool ok;
	int fd;

	/* To open a device can mean something, so look before. */
	if (stat(path, &st) < 0) {
		say(why.error, "'%s': %s", path, strerror(errno));
		if (errno == ENOENT)
			say(why.hint, "ipsec-ctl keygen psk -o %s", path);
		return CREDENTIALS_BAD_FILE;
	}
	if (!is_private(path, &st, why) || !is_in_safe_folder(path, why))
		return CREDENTIALS_BAD_FILE;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		say(why.error, "'%s': %s", path, strerror(errno));
		if (fd < 0 && errno == EACCES)
			say(why.hint, "chgrp ipsecd %s; chmod 0640 %s", path,
				path);
		ok = false;
	} else {
		ok = is_private(path, &st, why) && read_key(fd, path, out, why);
	}
	if (fd >= 0)
		close(fd);
	return ok ? CREDENTIALS_OK : CREDENTIALS_BAD_FILE;
}

static enum credentials_result take_credential(
	const char *name, struct credentials_psk *out, struct why why)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (!*name || strchr(name, '/') || name[0] == '.') {
		say(why.error, "'%s' is no name of a credential", name);
		return CREDENTIALS_BAD_TEXT;
	}
	if (!folder || !*folder) {
		say(why.error, "systemd gave no credentials");
		say(why.hint, "LoadCredential=%s:FILE in the unit", name);
		return CREDENTIALS_BAD_FILE;
	}
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
		(int)sizeof(path)) {
		say(why.error, "the name of the credential is too long");
		return CREDENTIALS_BAD_TEXT;
	}
	return take_file(path, out, why);
}

static enum credentials_result take_named_file(const char *name,
	const char *folder, struct credentials_psk *out, struct why why)
{
	char path[PATH_MAX];
	int len;

	if (name[0] == '/')
		len = snprintf(path, sizeof(path), "%s", name);
	else
		len = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (len < 0 || len >= (int)sizeof(path)) {
		say(why.error, "the name of the file is too long");
		return CREDENTIALS_BAD_TEXT;
	}
	return take_file(path, out, why);
}

/* --- All of them --------------------------------------------------------------------- */

/* What follows the prefix, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

enum credentials_result credentials_read_psk(const char *secret,
	const char *folder, struct credentials_psk *out,
	char error[CREDENTIALS_TEXT], char hint[CREDENTIALS_TEXT])
{
	struct why why = { error, hint };
	enum credentials_result result;
	const char *rest;

	*error = *hint = '\0';
	memset(out, 0, sizeof(*out));
	if ((rest = after(secret, "cred:")))
		return take_credential(rest, out, why);
	out->in_text = true;
	if ((rest = after(secret, "hex:"))) {
		result = take_hex(rest, out, why);
	} else if ((rest = after(secret, "base64:"))) {
		result = take_base64(rest, out, why);
	} else if ((rest = after(secret, "text:"))) {
		result = take_text(rest, out, why);
	} else {
		out->in_text = false;
		return take_named_file(secret, folder, out, why);
	}
	if (result == CREDENTIALS_OK && out->len == 0) {
		say(error, "the secret is empty");
		return CREDENTIALS_BAD_TEXT;
	}
	return result;
}

void credentials_new_psk(char out[CREDENTIALS_NEW_PSK])
{
	uint8_t key[NEW_PSK_LEN];

	randombytes_buf(key, sizeof(key));
	sodium_bin2base64(out, CREDENTIALS_NEW_PSK, key, sizeof(key),
		sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(key, sizeof(key));
}

/* The group of the folder may read it, too, if that is another one than ours:
 * root makes keys in /etc/ipsecd/secrets for a daemon that is not root. */
static void share_with_group(int fd, const char *file)
{
	char folder[PATH_MAX];
	struct stat at, st;

	if (!folder_of(file, folder) || stat(folder, &at) < 0 ||
		fstat(fd, &st) < 0 || at.st_gid == st.st_gid ||
		(at.st_mode & S_IWOTH))
		return;
	if (fchown(fd, (uid_t)-1, at.st_gid) == 0)
		(void)fchmod(fd, 0640);
}

static bool write_new_psk(int fd, const char *file)
{
	char line[CREDENTIALS_NEW_PSK];
	bool ok;

	credentials_new_psk(line);
	line[CREDENTIALS_NEW_PSK - 1] = '\n';
	ok = write(fd, line, sizeof(line)) == (ssize_t)sizeof(line) &&
	     fsync(fd) == 0;
	sodium_memzero(line, sizeof(line));
	if (ok)
		share_with_group(fd, file);
	return ok;
}

bool credentials_write_new_psk(const char *file, char error[CREDENTIALS_TEXT])
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write_new_psk(fd, file);

	*error = '\0';
	if (!ok)
		say(error, "'%s': %s", file, strerror(errno));
	if (fd >= 0 && !ok)
		unlink(file);
	if (fd >= 0)
		close(fd);
	return ok;
}

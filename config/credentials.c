/* credentials.c - shared keys: from files, from systemd, made anew.
 * SPDX-License-Identifier: ISC
 */
#include "config/credentials_files.h"
#include "config/octets.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEW_PSK_LEN = 32 };

/* --- In the text ------------------------------------------------------------------ */

static enum credentials_result take_text(
	const char *text, struct credentials_psk *out, struct why why)
{
	size_t len = strlen(text);

	if (len > MAX_PSK_LEN) {
		why_say(why.error, "the secret is longer than %d octets",
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
		why_say(why.hint, "hex: and an even number of 0-9 and a-f");
		why_say(why.error, "not hexadecimal, or longer than %d octets",
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
	why_say(why.hint, "text: takes any characters");
	why_say(why.error, "not base64, or longer than %d octets", MAX_PSK_LEN);
	return CREDENTIALS_BAD_TEXT;
}

/* --- In a file ---------------------------------------------------------------------- */

/* The key is what stands there, without one line end: editors add that, and
 * it is no octet of the key (RFC 7296 section 2.15 adds none either). */
static enum credentials_result take_octets(const char *path,
	const struct file_text *text, struct credentials_psk *out,
	struct why why)
{
	size_t len = text->len;

	if (len > 0 && text->at[len - 1] == '\n')
		len--;
	if (len > 0 && text->at[len - 1] == '\r')
		len--;
	if (len == 0 || len > MAX_PSK_LEN) {
		why_say(why.error,
			len ? "'%s' is longer than %d octets" : "'%s' is empty",
			path, MAX_PSK_LEN);
		return CREDENTIALS_BAD_FILE;
	}
	memcpy(out->data, text->at, len);
	out->len = (uint16_t)len;
	return CREDENTIALS_OK;
}

static enum credentials_result take_file(const char *name, const char *folder,
	struct credentials_psk *out, struct why why)
{
	static const struct file_kind kind = { true, MAX_PSK_LEN, 2,
		"ipsec-ctl keygen psk -o" };
	enum credentials_result result;
	char path[PATH_MAX];
	struct file_text text;

	result = file_path(name, folder, path, why);
	if (result == CREDENTIALS_OK)
		result = file_read(path, &kind, &text, why);
	if (result != CREDENTIALS_OK)
		return result;
	result = take_octets(path, &text, out, why);
	file_clear(&text);
	return result;
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
	out->in_text = true;
	if ((rest = after(secret, "hex:"))) {
		result = take_hex(rest, out, why);
	} else if ((rest = after(secret, "base64:"))) {
		result = take_base64(rest, out, why);
	} else if ((rest = after(secret, "text:"))) {
		result = take_text(rest, out, why);
	} else {
		out->in_text = false;
		return take_file(secret, folder, out, why);
	}
	if (result == CREDENTIALS_OK && out->len == 0) {
		why_say(hint, "ipsec-ctl keygen psk -o FILE");
		why_say(error, "the secret is empty");
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

	if (!file_folder(file, folder) || stat(folder, &at) < 0 ||
		fstat(fd, &st) < 0 || at.st_gid == st.st_gid ||
		(at.st_mode & S_IWOTH))
		return;
	if (fchown(fd, (uid_t)-1, at.st_gid) == 0)
		(void)fchmod(fd, 0640);
}

static bool write_new(int fd, const char *file, struct bytes text)
{
	if (!write_all(fd, text))
		return false;
	share_with_group(fd, file);
	return true;
}

bool credentials_write_new(
	const char *file, struct bytes text, char error[CREDENTIALS_TEXT])
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write_new(fd, file, text);

	*error = '\0';
	if (!ok)
		why_say(error, "'%s': %s", file, strerror(errno));
	if (fd >= 0 && !ok)
		unlink(file);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool credentials_write_new_psk(const char *file, char error[CREDENTIALS_TEXT])
{
	char line[CREDENTIALS_NEW_PSK];
	bool ok;

	credentials_new_psk(line);
	line[CREDENTIALS_NEW_PSK - 1] = '\n';
	ok = credentials_write_new(file, bytes_of(line, sizeof(line)), error);
	sodium_memzero(line, sizeof(line));
	return ok;
}

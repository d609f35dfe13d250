/* lastgood_read.c - kept copies of configurations: which there are, and one of them taken apart.
 * SPDX-License-Identifier: ISC
 *
 * ipsec-ctl reads as root what another user can write: no link is followed, no
 * pipe waited for, and nothing believed that does not add up.
 */
#include "daemon/lastgood.h"

#include "config/octets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Which there are ------------------------------------------------------ */

void lastgood_name(uint32_t number, char out[LASTGOOD_NAME])
{
	snprintf(out, LASTGOOD_NAME, "config-%u", number);
}

/* A number as we write it, at most that; *end is behind it.  False: none. */
static bool read_number(
	const char *text, uint32_t most, uint32_t *out, const char **end)
{
	uint32_t value = 0;

	if (*text < '0' || *text > '9' || (text[0] == '0' && text[1] >= '0'))
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		value = value * 10 + (uint32_t)(*text - '0');
		if (value > most)
			return false;
	}
	*out = value;
	*end = text;
	return true;
}

/* 0: not one of ours */
static uint32_t number_of(const char *name)
{
	const char *end = name;
	uint32_t number;

	if (strncmp(name, "config-", 7) != 0 ||
		!read_number(name + 7, LASTGOOD_MAX_NUMBER, &number, &end) ||
		*end)
		return 0;
	return number;
}

static void add(struct lastgood_list *list, uint32_t number)
{
	size_t at = list->count;

	if (at == LASTGOOD_LISTED) {
		if (list->number[at - 1] > number)
			return;
		at--;
	} else {
		list->count++;
	}
	for (; at > 0 && list->number[at - 1] < number; at--)
		list->number[at] = list->number[at - 1];
	list->number[at] = number;
}

/* Names from one call's worth of entries. */
static void add_all(struct lastgood_list *list, const char *at, size_t len)
{
	const struct dirent64 *entry;

	for (size_t used = 0; used < len; used += entry->d_reclen) {
		uint32_t number;

		entry = (const void *)(at + used);
		number = number_of(entry->d_name);
		if (number > 0)
			add(list, number);
	}
}

/* Not by fdopendir(), which wants more of the sandbox. */
int lastgood_list(int folder, struct lastgood_list *list)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char entries[4096];
	ssize_t len = fd;
	int error;

	list->count = 0;
	while (len >= 0 && (len = getdents64(fd, entries, sizeof(entries))) > 0)
		add_all(list, entries, (size_t)len);
	error = len < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

/* --- One of them ---------------------------------------------------------- */

/* False with errno. */
static bool read_octets(int fd, size_t size, struct lastgood_copy *copy)
{
	ssize_t got;

	copy->octets = malloc(size + 1);
	if (!copy->octets)
		return false;
	copy->size = size; /* to be wiped, wherever it ends */
	got = read_up_to(fd, copy->octets, size);
	if (got < 0)
		return false;
	copy->octets[size] = '\0';
	errno = EIO;
	return (size_t)got == size;
}

static const char *read_all(
	int folder, uint32_t number, struct lastgood_copy *copy)
{
	char name[LASTGOOD_NAME];
	const char *error = NULL;
	struct stat st;
	int fd;

	lastgood_name(number, name);
	fd = openat(folder, name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) < 0)
		error = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		error = "no file";
	else if (st.st_size > LASTGOOD_MAX)
		error = "too large";
	else if (!read_octets(fd, (size_t)st.st_size, copy))
		error = strerror(errno);
	copy->group = st.st_gid;
	close(fd);
	return error;
}

struct cursor {
	char *at;
	size_t left;
};

/* The rest of a line that begins so, with a NUL for its end; or NULL. */
static char *take_line(struct cursor *cursor, const char *head)
{
	const size_t len = strlen(head);
	char *line = cursor->at;
	char *end = memchr(line, '\n', cursor->left);

	if (!end || (size_t)(end - line) < len || memcmp(line, head, len) != 0)
		return NULL;
	*end = '\0';
	cursor->left -= (size_t)(end + 1 - line);
	cursor->at = end + 1;
	return strlen(line) == (size_t)(end - line) ? line + len : NULL;
}

static bool take_octets(struct cursor *cursor, size_t len)
{
	if (cursor->left <= len || cursor->at[len] != '\n')
		return false;
	cursor->at[len] = '\0';
	cursor->at += len + 1;
	cursor->left -= len + 1;
	return true;
}

static bool take_file(struct cursor *cursor, struct lastgood_file *file)
{
	const char *line = take_line(cursor, "file ");
	uint32_t name_len, len;
	char *text;

	if (!line || !read_number(line, PATH_MAX, &name_len, &line) ||
		*line != ' ' ||
		!read_number(line + 1, LASTGOOD_MAX, &len, &line) || *line)
		return false;
	file->name = cursor->at;
	if (!take_octets(cursor, name_len) || name_len == 0 ||
		strlen(file->name) != name_len)
		return false;
	text = cursor->at;
	if (!take_octets(cursor, len))
		return false;
	file->text = bytes_of(text, len);
	return true;
}

void lastgood_sum(const char *octets, size_t len, char out[LASTGOOD_SUM])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const unsigned char *)octets, len);
	sodium_bin2hex(out, LASTGOOD_SUM, hash, sizeof(hash));
}

/* What cannot be true of that many octets, or anything else. */
static bool take_apart(struct lastgood_copy *copy)
{
	const size_t last = strlen("end ") + LASTGOOD_SUM;
	struct cursor cursor = { copy->octets, copy->size };
	const char *files, *end;
	char sum[LASTGOOD_SUM];
	uint32_t count;

	if (copy->size < last)
		return false;
	lastgood_sum(copy->octets, copy->size - last, sum);
	if (!take_line(&cursor, "ipsecd kept configuration 1"))
		return false;
	copy->time = take_line(&cursor, "time ");
	copy->version = copy->time ? take_line(&cursor, "version ") : NULL;
	files = copy->version ? take_line(&cursor, "files ") : NULL;
	if (!files || !read_number(files, LASTGOOD_MAX, &count, &end) || *end ||
		count == 0 || count > copy->size / strlen("file 0 0\n"))
		return false;
	copy->files = calloc(count, sizeof(*copy->files));
	for (; copy->files && copy->count < count; copy->count++) {
		if (!take_file(&cursor, &copy->files[copy->count]))
			return false;
	}
	end = copy->files ? take_line(&cursor, "end ") : NULL;
	return end && strcmp(end, sum) == 0 && cursor.left == 0;
}

const char *lastgood_read(
	int folder, uint32_t number, struct lastgood_copy *copy)
{
	const char *error;

	*copy = (struct lastgood_copy){ .count = 0 };
	error = read_all(folder, number, copy);
	if (!error && !take_apart(copy))
		error = "it is not what ipsecd has written";
	if (error)
		lastgood_clear(copy);
	return error;
}

void lastgood_clear(struct lastgood_copy *copy)
{
	if (copy->octets)
		sodium_memzero(copy->octets, copy->size);
	free(copy->octets);
	free(copy->files);
	*copy = (struct lastgood_copy){ .count = 0 };
}

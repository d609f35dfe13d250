/* lastgood.c - a copy of each configuration that was accepted, for the day when none is.
 * SPDX-License-Identifier: ISC
 *
 * All is done relative to the folder's descriptor, by four kinds of calls that
 * the sandbox knows; no file that is there is ever written to.
 */
#include "daemon/lastgood.h"

#include "config/octets.h"
#include "daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NEW "config.new"

struct lastgood {
	int folder;
	char *path; /* for the log */
	char *cwd;  /* what relative names are relative to, and a slash */
};

/* --- The folder ----------------------------------------------------------- */

void lastgood_close(struct lastgood *lastgood)
{
	if (!lastgood)
		return;
	if (lastgood->folder >= 0)
		close(lastgood->folder);
	free(lastgood->path);
	free(lastgood->cwd);
	free(lastgood);
}

static void not_kept(const char *path, const char *what, const char *why)
{
	log_event(LOG_COPY_NOT_KEPT, NULL,
		FACTS(fact_text("folder", path), fact_text("why", why)),
		"no copy of the configuration is kept in %s: %s%s%s", path,
		what, *what ? ": " : "", why);
}

/* Who else could write there could make us read what he likes, and ipsec-ctl
 * put it back. */
static const char *unsafe(int folder)
{
	struct stat st;

	if (fstat(folder, &st) < 0)
		return strerror(errno);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return "it belongs to another user";
	return st.st_mode & (S_IWGRP | S_IWOTH) ? "others may write there"
						: NULL;
}

static bool know_places(struct lastgood *lastgood, const char *folder)
{
	char cwd[PATH_MAX];
	int len = -1;

	lastgood->path = strdup(folder);
	if (getcwd(cwd, sizeof(cwd)))
		len = asprintf(&lastgood->cwd, "%s/", cwd);
	if (len < 0)
		lastgood->cwd = NULL;
	return lastgood->path && lastgood->cwd;
}

struct lastgood *lastgood_open(const char *folder)
{
	struct lastgood *lastgood;
	const char *why;
	int error;

	if (!folder)
		return NULL;
	lastgood = calloc(1, sizeof(*lastgood));
	if (!lastgood || !know_places(lastgood, folder)) {
		if (lastgood)
			lastgood->folder = -1;
		lastgood_close(lastgood);
		not_kept(folder, "", "out of memory");
		return NULL;
	}
	lastgood->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = lastgood->folder < 0 ? errno : 0;
	why = error ? strerror(error) : unsafe(lastgood->folder);
	if (!why)
		return lastgood;
	if (error == ENOENT)
		log_event(LOG_COPY_OFF, NULL,
			FACTS(fact_text("folder", folder)),
			"there is no %s: no copy of the configuration is kept",
			folder);
	else
		not_kept(folder, "", why);
	lastgood_close(lastgood);
	return NULL;
}

/* --- What is in a copy ---------------------------------------------------- */

struct copy {
	char *octets;
	size_t len;
};

static const char *before_name(
	const struct lastgood *lastgood, const struct config_text *text)
{
	return text->name[0] == '/' ? "" : lastgood->cwd;
}

/* With room for the numbers; 0: too much. */
static size_t size_of(
	const struct lastgood *lastgood, const struct config *config)
{
	size_t size = 256;

	for (size_t i = 0; i < config->text_count && size < LASTGOOD_MAX; i++) {
		const struct config_text *text = &config->texts[i];

		size += strlen(before_name(lastgood, text)) +
			strlen(text->name) + text->len + 64;
	}
	return size < LASTGOOD_MAX ? size : 0;
}

static void put_file(const struct lastgood *lastgood,
	const struct config_text *text, struct copy *copy, size_t room)
{
	const char *before = before_name(lastgood, text);

	copy->len += (size_t)snprintf(copy->octets + copy->len,
		room - copy->len, "file %zu %zu\n%s%s\n",
		strlen(before) + strlen(text->name), text->len, before,
		text->name);
	memcpy(copy->octets + copy->len, text->text, text->len);
	copy->len += text->len;
	copy->octets[copy->len++] = '\n';
}

static const char *now_text(char out[REPORT_TIME_SIZE])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return report_time(
		(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, out);
}

/* NULL, or why there is none. */
static const char *make_copy(const struct lastgood *lastgood,
	const struct config *config, struct copy *copy)
{
	const size_t room = size_of(lastgood, config);
	char time[REPORT_TIME_SIZE], sum[LASTGOOD_SUM];

	if (room == 0)
		return "it is too large";
	copy->octets = malloc(room);
	if (!copy->octets)
		return "out of memory";
	copy->len = (size_t)snprintf(copy->octets, room,
		"ipsecd kept configuration 1\ntime %s\nversion %s\nfiles %zu\n",
		now_text(time), IPSECD_VERSION, config->text_count);
	for (size_t i = 0; i < config->text_count; i++)
		put_file(lastgood, &config->texts[i], copy, room);
	lastgood_sum(copy->octets, copy->len, sum);
	copy->len += (size_t)snprintf(
		copy->octets + copy->len, room - copy->len, "end %s\n", sum);
	return NULL;
}

static void clear_copy(struct copy *copy)
{
	if (copy->octets)
		sodium_memzero(copy->octets, copy->len);
	free(copy->octets);
}

/* --- Is it another one? --------------------------------------------------- */

static bool same_file(const struct lastgood_file *kept, const char *before,
	const struct config_text *text)
{
	const size_t len = strlen(before);

	return strncmp(kept->name, before, len) == 0 &&
	       strcmp(kept->name + len, text->name) == 0 &&
	       kept->text.len == text->len &&
	       sodium_memcmp(kept->text.at, text->text, text->len) == 0;
}

/* One that cannot be read is another. */
static bool is_newest(const struct lastgood *lastgood, uint32_t newest,
	const struct config *config)
{
	struct lastgood_copy kept;
	bool same;

	if (newest == 0 || lastgood_read(lastgood->folder, newest, &kept))
		return false;
	same = kept.count == config->text_count;
	for (size_t i = 0; same && i < kept.count; i++)
		same = same_file(&kept.files[i],
			before_name(lastgood, &config->texts[i]),
			&config->texts[i]);
	lastgood_clear(&kept);
	return same;
}

/* --- Writing it ----------------------------------------------------------- */

/* NULL, or the call that failed, with errno. */
static const char *write_new(
	const struct lastgood *lastgood, const struct copy *copy)
{
	int fd, error;
	bool ok;

	/* What we did not come to rename when we were killed. */
	if (unlinkat(lastgood->folder, NEW, 0) < 0 && errno != ENOENT)
		return "unlinkat";
	fd = openat(lastgood->folder, NEW,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return "openat";
	ok = write_all(fd, bytes_of(copy->octets, copy->len));
	error = errno;
	close(fd);
	errno = error;
	return ok ? NULL : "write";
}

static const char *write_as(const struct lastgood *lastgood, uint32_t number,
	const struct copy *copy)
{
	char name[LASTGOOD_NAME];
	const char *failed = write_new(lastgood, copy);
	int error;

	lastgood_name(number, name);
	if (!failed &&
		renameat(lastgood->folder, NEW, lastgood->folder, name) < 0)
		failed = "renameat";
	if (!failed) {
		/* Without it the older copy may be there after the power went. */
		(void)fsync(lastgood->folder);
		return NULL;
	}
	error = errno;
	(void)unlinkat(lastgood->folder, NEW, 0);
	errno = error;
	return failed;
}

static void remove_old(
	const struct lastgood *lastgood, const struct lastgood_list *before)
{
	char name[LASTGOOD_NAME];

	for (size_t i = LASTGOOD_COPIES - 1; i < before->count; i++) {
		lastgood_name(before->number[i], name);
		(void)unlinkat(lastgood->folder, name, 0);
	}
}

static void keep(const struct lastgood *lastgood, const struct config *config)
{
	struct copy copy = { .len = 0 };
	struct lastgood_list before;
	int error = lastgood_list(lastgood->folder, &before);
	const uint32_t newest = before.count > 0 ? before.number[0] : 0;
	const char *why =
		error < 0 ? strerror(-error) : unsafe(lastgood->folder);

	/* It may have been opened to others since we have begun. */
	if (why) {
		not_kept(lastgood->path, "", why);
		return;
	}
	if (is_newest(lastgood, newest, config))
		return;
	why = newest < LASTGOOD_MAX_NUMBER ? make_copy(lastgood, config, &copy)
					   : "its last number is used up";
	if (why) {
		not_kept(lastgood->path, "", why);
	} else if ((why = write_as(lastgood, newest + 1, &copy))) {
		not_kept(lastgood->path, why, strerror(errno));
	} else {
		log_event(LOG_COPY_KEPT, NULL,
			FACTS(fact_text("folder", lastgood->path),
				fact_number("number", newest + 1)),
			"a copy of the configuration is kept: %s/config-%u",
			lastgood->path, newest + 1);
		remove_old(lastgood, &before);
	}
	clear_copy(&copy);
}

void lastgood_keep(struct lastgood *lastgood, struct config *config)
{
	if (lastgood && config->text_count > 0)
		keep(lastgood, config);
	config_forget_texts(config);
}

/* --- When nothing was started --------------------------------------------- */

void lastgood_suggest(const char *folder, const char *root, const char *config)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct lastgood_copy copy;
	struct lastgood_list list;
	const char *slash = strrchr(config, '/');
	char ctl[PATH_MAX + 32];

	if (fd < 0)
		return;
	snprintf(ctl, sizeof(ctl), "ipsec-ctl %s%s%shistory",
		root ? "--root " : "", root ? root : "", root ? " " : "");
	if (lastgood_list(fd, &list) == 0 && list.count > 0 &&
		!lastgood_read(fd, list.number[0], &copy)) {
		log_event(LOG_COPY_AT_HAND, NULL,
			FACTS(fact_number("number", list.number[0]),
				fact_text("time", copy.time)),
			"a copy of %s is kept that was good: '%s %u' shows what "
			"has changed since, and '%s %u --out %.*s' puts it back",
			copy.time, ctl, list.number[0], ctl, list.number[0],
			slash ? (int)(slash - config) : 1,
			slash ? config : ".");
		lastgood_clear(&copy);
	}
	close(fd);
}

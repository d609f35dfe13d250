/* ctl_history.c - the kept copies of good configurations: which, what has changed since, put back.
 * SPDX-License-Identifier: ISC
 *
 * Needs no daemon, as it is for the day when none starts.  Nothing is lost by it:
 * a file that another one comes in the place of stays beside it, as NAME~.
 */
#include "daemon/ctl_history.h"

#include "config/errors.h"
#include "config/octets.h"
#include "config/yaml.h"
#include "daemon/ctl_difference.h"
#include "daemon/ctl_files.h"
#include "daemon/ctl_record.h"
#include "daemon/lastgood.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MODE = 0640, /* of a new file, whose group is the daemon's */
	FOLDER_MODE = 0750,
	MAX_ASIDE = 99, /* NAME~, NAME~2, .. */
};

/* --- The folder ----------------------------------------------------------- */

static int open_state(const struct ctl *ctl, int *fd)
{
	char path[FILES_PATH];

	snprintf(path, sizeof(path), "%s" LASTGOOD_FOLDER,
		ctl->root ? ctl->root : "");
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd >= 0)
		return REPORT_OK;
	return ctl_fail(ctl,
		errno == EACCES ? REPORT_PERMISSION : REPORT_FAILED,
		errno == EACCES   ? "as root"
		: errno == ENOENT ? "ipsecd keeps copies there, if it is there "
				    "when it is started; systemd makes it"
				  : NULL,
		"'%s': %s", path, strerror(errno));
}

/* --- Which there are ------------------------------------------------------ */

static json_t *kept_record(
	const struct lastgood_copy *copy, uint32_t number, const char *error)
{
	json_t *record = report_head("kept");
	json_t *files = json_array();

	json_object_set_new(record, "number", json_integer(number));
	if (error) {
		report_set_text(record, "error", error);
		json_decref(files);
		return record;
	}
	report_set_text(record, "time", copy->time);
	report_set_text(record, "version", copy->version);
	for (size_t i = 0; i < copy->count; i++) {
		json_t *file = json_object();

		report_set_text(file, "file", copy->files[i].name);
		json_object_set_new(file, "bytes",
			json_integer((json_int_t)copy->files[i].text.len));
		json_array_append_new(files, file);
	}
	json_object_set_new(record, "files", files);
	return record;
}

static void print_kept(
	const struct ctl *ctl, struct table *table, const json_t *record)
{
	const struct render r = { .style = ctl->style };
	const json_t *files = record_get(record, "files");
	const size_t others =
		json_array_size(files) > 1 ? json_array_size(files) - 1 : 0;
	AUTO_FREE char *error = record_text(&r, record, "error");
	AUTO_FREE char *file =
		record_text(&r, json_array_get(files, 0), "file");
	char date[TEXT_SHORT] = "?", more[64] = "";
	int64_t unix_ms;

	if (record_time(record, "time", &unix_ms))
		text_date(&ctl->style, unix_ms, date);
	if (others > 0)
		snprintf(more, sizeof(more), " and %zu other%s", others,
			others > 1 ? "s" : "");
	table_cell(table, "%lld", record_number(record, "number"));
	table_cell(table, "%s", date);
	table_cell(table, "%s%s%s", error, file, more);
	table_row_end(table);
}

/* Of what lastgood_read() says. */
static bool is_forbidden(const char *error)
{
	return error && strcmp(error, strerror(EACCES)) == 0;
}

static int list(
	const struct ctl *ctl, int folder, const struct lastgood_list *numbers)
{
	struct table *table = table_new();
	bool forbidden = false;

	for (size_t i = 0; i < numbers->count; i++) {
		struct lastgood_copy copy;
		const char *error =
			lastgood_read(folder, numbers->number[i], &copy);
		json_t *record = kept_record(&copy, numbers->number[i], error);

		forbidden |= is_forbidden(error);

		if (ctl_speaks(ctl))
			print_kept(ctl, table, record);
		ctl_record(ctl, record);
		lastgood_clear(&copy);
	}
	if (ctl_speaks(ctl) && numbers->count == 0)
		fputs("no copies are kept yet\n", ctl->out);
	table_print(table, ctl->out, 0, 3);
	return forbidden ? ctl_fail(ctl, REPORT_PERMISSION, "as root",
				   "history: you may not read the copies")
			 : REPORT_OK;
}

/* --- Files as they are now ------------------------------------------------ */

/* A file's text, to be wiped and freed, or NULL with errno.  What is no file, or
 * longer than a configuration may be, has none. */
static char *read_now(const char *path, size_t *len, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *text = NULL;
	ssize_t got;

	*len = 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, st) == 0 && !S_ISREG(st->st_mode))
		errno = EINVAL;
	else
		text = malloc(YAML_MAX_SIZE + 1);
	got = text ? read_up_to(fd, text, YAML_MAX_SIZE + 1) : -1;
	if (text && (got < 0 || got > YAML_MAX_SIZE)) {
		errno = got < 0 ? errno : EFBIG;
		sodium_memzero(text, YAML_MAX_SIZE + 1);
		free(text);
		text = NULL;
	}
	if (text)
		*len = (size_t)got;
	close(fd);
	return text;
}

static void forget(char *text, size_t len)
{
	if (text)
		sodium_memzero(text, len);
	free(text);
}

/* Octets of a path up to its last slash, that with it. */
static size_t folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool has_file(const struct lastgood_copy *copy, const char *name)
{
	for (size_t i = 0; i < copy->count; i++) {
		if (strcmp(copy->files[i].name, name) == 0)
			return true;
	}
	return false;
}

/* What would be read beside the copy's files: each in FOLDER/peers.d (the path
 * ends in a slash, or is empty).  The first code that is not 0. */
static int each_extra(const struct ctl *ctl, const struct lastgood_copy *copy,
	const char *folder,
	int (*act)(const struct ctl *ctl, const struct lastgood_copy *copy,
		const char *path))
{
	const size_t len = folder_len(copy->files[0].name);
	char peers[FILES_PATH], path[FILES_PATH], name[FILES_PATH];
	const struct dirent *entry;
	int code = REPORT_OK;
	DIR *entries;

	snprintf(peers, sizeof(peers), "%speers.d", folder);
	entries = opendir(peers);
	while (entries && code == REPORT_OK && (entry = readdir(entries))) {
		const char *end = strrchr(entry->d_name, '.');

		if (entry->d_name[0] == '.' || !end ||
			strcmp(end, ".yaml") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*speers.d/%s", (int)len,
			copy->files[0].name, entry->d_name);
		if (has_file(copy, name))
			continue;
		code = files_below(ctl, path, peers, entry->d_name, "");
		if (code == REPORT_OK)
			code = act(ctl, copy, path);
	}
	if (entries)
		closedir(entries);
	return code;
}

/* --- What has changed since ----------------------------------------------- */

struct told {
	const struct ctl *ctl;
	json_t *lines;
};

/* An inline secret is in none of them. */
static void tell_line(void *ctx, const struct difference_line *line)
{
	const struct told *told = ctx;
	const char *at = (const char *)line->text.at;
	const size_t open = open_part(at, line->text.len);
	json_t *object = json_object();
	char *text;

	if (asprintf(&text, "%.*s%s", (int)open, at,
		    open < line->text.len ? "***" : "") < 0)
		abort();
	report_set_text(object, "sign", line->added ? "+" : "-");
	json_object_set_new(
		object, "line", json_integer((json_int_t)line->number));
	report_set_text(object, "text", text);
	json_array_append_new(told->lines, object);
	free(text);
}

static void print_difference(const struct ctl *ctl, const json_t *record)
{
	const struct render r = { .style = ctl->style };
	AUTO_FREE char *file = record_text(&r, record, "file");
	AUTO_FREE char *state = record_text(&r, record, "state");
	const json_t *line;
	size_t i;

	fprintf(ctl->out, "%s: %s\n", file, state);
	json_array_foreach(record_get(record, "lines"), i, line)
	{
		AUTO_FREE char *sign = record_text(&r, line, "sign");
		AUTO_FREE char *text = record_text(&r, line, "text");

		fprintf(ctl->out, "%5lld %s %s\n", record_number(line, "line"),
			sign, text);
	}
}

/* Takes the reference to lines, which may be NULL. */
static void say_difference(const struct ctl *ctl, const char *file,
	const char *state, json_t *lines)
{
	json_t *record = report_head("difference");

	report_set_text(record, "file", file);
	report_set_text(record, "state", state);
	if (lines)
		json_object_set_new(record, "lines", lines);
	if (ctl_speaks(ctl))
		print_difference(ctl, record);
	ctl_record(ctl, record);
}

/* True: it is as it was. */
static bool compare(const struct ctl *ctl, const struct lastgood_file *file)
{
	struct told told = { ctl, NULL };
	struct stat st;
	size_t len;
	char *now = read_now(file->name, &len, &st);
	bool equal = false;

	if (!now) {
		say_difference(ctl, file->name,
			errno == ENOENT ? "is not there any more"
					: strerror(errno),
			NULL);
		return false;
	}
	told.lines = json_array();
	equal = difference(file->text, bytes_of(now, len), tell_line, &told);
	if (equal)
		json_decref(told.lines);
	else
		say_difference(ctl, file->name, "changed", told.lines);
	forget(now, len);
	return equal;
}

static int say_new(const struct ctl *ctl, const struct lastgood_copy *copy,
	const char *path)
{
	(void)copy;
	say_difference(ctl, path, "is new", NULL);
	return REPORT_OK;
}

static int compare_all(const struct ctl *ctl, const struct lastgood_copy *copy)
{
	const int len = (int)folder_len(copy->files[0].name);
	char folder[FILES_PATH];
	size_t equal = 0;
	int code;

	for (size_t i = 0; i < copy->count; i++)
		equal += compare(ctl, &copy->files[i]);
	snprintf(folder, sizeof(folder), "%.*s", len, copy->files[0].name);
	code = each_extra(ctl, copy, folder, say_new);
	if (ctl_speaks(ctl) && equal > 0)
		fprintf(ctl->out, "%zu file%s as in the copy\n", equal,
			equal == 1 ? " is" : "s are");
	return code;
}

/* --- Put back ------------------------------------------------------------- */

static void say_restored(const struct ctl *ctl, const char *path,
	const char *action, const char *aside)
{
	json_t *record = report_head("restored");

	report_set_text(record, "file", path);
	report_set_text(record, "action", action);
	if (aside)
		report_set_text(record, "aside", aside);
	if (ctl_speaks(ctl)) {
		char *clean = text_clean(&ctl->style, path);
		char *beside = text_clean(&ctl->style, aside ? aside : "");

		fprintf(ctl->out, "%s: %s%s%s%s\n", clean, action,
			aside ? " (what was there is " : "", beside,
			aside ? ")" : "");
		free(clean);
		free(beside);
	}
	ctl_record(ctl, record);
}

/* The same file under a name beside it that nothing has. */
static int set_aside(
	const struct ctl *ctl, const char *path, char aside[FILES_PATH])
{
	int len = snprintf(aside, FILES_PATH, "%s~", path);
	int error = ENAMETOOLONG;

	for (int i = 2; len > 0 && len < FILES_PATH; i++) {
		if (link(path, aside) == 0)
			return REPORT_OK;
		error = errno;
		if (error != EEXIST || i > MAX_ASIDE)
			break;
		len = snprintf(aside, FILES_PATH, "%s~%d", path, i);
	}
	return ctl_fail(ctl, REPORT_FAILED, NULL,
		"'%s' cannot be set aside: %s", path, strerror(error));
}

static int replace(const struct ctl *ctl, const char *path, struct bytes text,
	const struct stat *st)
{
	char aside[FILES_PATH];
	int code = set_aside(ctl, path, aside);

	if (code == REPORT_OK)
		code = files_replace(ctl, path, text, st->st_mode & 07777);
	if (code != REPORT_OK)
		return code;
	(void)!chown(path, st->st_uid, st->st_gid);
	say_restored(ctl, path, "written", aside);
	return code;
}

static int write_new(const struct ctl *ctl, const char *path, struct bytes text,
	uint32_t group)
{
	int code = files_new(ctl, path, text, MODE);

	if (code != REPORT_OK)
		return code;
	/* Who is not root has a copy for himself. */
	(void)!chown(path, (uid_t)-1, group);
	say_restored(ctl, path, "written", NULL);
	return code;
}

/* The folders of a file below out. */
static int make_folders(const struct ctl *ctl, const char *path, size_t from)
{
	char folder[FILES_PATH];
	int code = REPORT_OK;

	for (size_t i = from; path[i] && code == REPORT_OK; i++) {
		if (path[i] != '/' || i == 0)
			continue;
		snprintf(folder, sizeof(folder), "%.*s", (int)i, path);
		code = files_folder(ctl, folder, FOLDER_MODE);
	}
	return code;
}

/* No way out of the folder that it is to be in. */
static bool is_below(const char *name)
{
	while (*name) {
		const size_t len = strcspn(name, "/");

		if (len == 0 || (len == 1 && name[0] == '.') ||
			(len == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		name += len;
		if (*name == '/' && *++name == '\0')
			return false;
	}
	return true;
}

static int put_back(const struct ctl *ctl, const struct lastgood_copy *copy,
	const struct lastgood_file *file)
{
	const size_t len = folder_len(copy->files[0].name);
	char path[FILES_PATH];
	struct stat st;
	size_t now_len;
	char *now;
	int code;

	if (strncmp(file->name, copy->files[0].name, len) != 0 ||
		!is_below(file->name + len)) {
		if (compare(ctl, file))
			return REPORT_OK;
		return ctl_fail(ctl, REPORT_FAILED, NULL,
			"'%s' is not below the folder of the main file, and is "
			"left as it is",
			file->name);
	}
	code = files_below(ctl, path, ctl->out_folder, file->name + len, "");
	if (code == REPORT_OK)
		code = make_folders(ctl, path, strlen(ctl->out_folder));
	if (code != REPORT_OK)
		return code;
	now = read_now(path, &now_len, &st);
	if (!now && errno == ENOENT)
		return write_new(ctl, path, file->text, copy->group);
	if (!now)
		return ctl_fail(ctl, REPORT_FAILED, NULL, "'%s': %s", path,
			strerror(errno));
	if (now_len == file->text.len &&
		sodium_memcmp(now, file->text.at, now_len) == 0)
		say_restored(ctl, path, "unchanged", NULL);
	else
		code = replace(ctl, path, file->text, &st);
	forget(now, now_len);
	return code;
}

static int take_away(const struct ctl *ctl, const struct lastgood_copy *copy,
	const char *path)
{
	char aside[FILES_PATH];
	int code = set_aside(ctl, path, aside);

	(void)copy;
	if (code != REPORT_OK)
		return code;
	if (unlink(path) < 0)
		return ctl_fail(ctl, REPORT_FAILED, NULL, "'%s': %s", path,
			strerror(errno));
	say_restored(ctl, path, "taken away", aside);
	return code;
}

/* One that cannot be written does not keep the others from it. */
static int restore(const struct ctl *ctl, const struct lastgood_copy *copy)
{
	char folder[FILES_PATH];
	int result = files_folder(ctl, ctl->out_folder, FOLDER_MODE), code;

	if (result != REPORT_OK)
		return result;
	for (size_t i = 0; i < copy->count; i++) {
		code = put_back(ctl, copy, &copy->files[i]);
		if (result == REPORT_OK)
			result = code;
	}
	snprintf(folder, sizeof(folder), "%s/", ctl->out_folder);
	code = each_extra(ctl, copy, folder, take_away);
	return result == REPORT_OK ? code : result;
}

/* Elsewhere than where it came from it can be looked at. */
static void say_next(const struct ctl *ctl, const struct lastgood_copy *copy)
{
	const char *name = copy->files[0].name;
	const int len = (int)folder_len(name);
	char folder[FILES_PATH];
	struct stat there, here;

	snprintf(folder, sizeof(folder), "%.*s", len, name);
	if (stat(folder, &there) == 0 && stat(ctl->out_folder, &here) == 0 &&
		there.st_dev == here.st_dev && there.st_ino == here.st_ino) {
		fputs("in force after: ipsec-ctl reload, or systemctl start "
		      "ipsecd\n",
			ctl->out);
		return;
	}
	fprintf(ctl->out, "to look at it: ipsec-ctl --root %s check %s/%s\n",
		ctl->root ? ctl->root : "/", ctl->out_folder, name + len);
}

/* --- The verb ------------------------------------------------------------- */

static int with_copy(const struct ctl *ctl, int folder, const char *argument)
{
	struct lastgood_copy copy;
	const char *error;
	char *end;
	unsigned long number = strtoul(argument, &end, 10);
	int code;

	if (*argument < '0' || *argument > '9' || *end || number == 0 ||
		number > LASTGOOD_MAX_NUMBER)
		return ctl_fail(ctl, REPORT_USAGE,
			"ipsec-ctl history lists them",
			"'%s' is no number of a copy", argument);
	error = lastgood_read(folder, (uint32_t)number, &copy);
	if (is_forbidden(error))
		return ctl_fail(ctl, REPORT_PERMISSION, "as root",
			"copy %lu: %s", number, error);
	if (error)
		return ctl_fail(ctl, REPORT_FAILED,
			"ipsec-ctl history lists them", "copy %lu: %s", number,
			strcmp(error, strerror(ENOENT)) == 0 ? "there is none"
							     : error);
	code = ctl->out_folder ? restore(ctl, &copy) : compare_all(ctl, &copy);
	if (code == REPORT_OK && ctl->out_folder && ctl_speaks(ctl))
		say_next(ctl, &copy);
	lastgood_clear(&copy);
	return code;
}

int ctl_history(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	struct lastgood_list numbers;
	int folder, error, code;

	(void)verb;
	if (count == 0 && ctl->out_folder)
		return ctl_fail(ctl, REPORT_USAGE,
			"ipsec-ctl history lists them",
			"--out: of which copy?");
	code = open_state(ctl, &folder);
	if (code != REPORT_OK)
		return code;
	error = lastgood_list(folder, &numbers);
	if (error < 0)
		code = ctl_fail(ctl, REPORT_FAILED, NULL,
			LASTGOOD_FOLDER ": %s", strerror(-error));
	else if (count == 0)
		code = list(ctl, folder, &numbers);
	else
		code = with_copy(ctl, folder, args[0]);
	close(folder);
	return code;
}

/* ctl_keylog.c - `ipsec-ctl keylog`: the keys of a peer's SAs, printed or into Wireshark's files.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_keylog.h"

#include "daemon/ctl_ask.h"
#include "daemon/ctl_record.h"
#include "daemon/keylog.h"
#include "daemon/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const tables[2] = { "ikev2_decryption_table", "esp_sa" };

/* A line of Wireshark's is behind the name of its file, which is a comment. */
void render_keylog(const struct render *r, const json_t *record)
{
	AUTO_FREE char *table = record_text(r, record, "table");
	AUTO_FREE char *line = record_text(r, record, "line");
	AUTO_FREE char *text = record_text(r, record, "text");
	AUTO_FREE char *until = record_text(r, record, "until");

	if (until[0])
		fprintf(r->out, "# until %s\n", until);
	else if (line[0])
		fprintf(r->out, "# %s\n%s\n", table, line);
	else
		fprintf(r->out, "# %s: %s\n", table, text);
}

/* --- The files ------------------------------------------------------------ */

/* Wireshark's tables in a folder. */
struct keylog_files {
	const struct ctl *ctl;
	int fd[2];
	bool failed;
};

/* Ours alone, and no link to somewhere else. */
static int open_table(int folder, const char *name)
{
	int fd = openat(folder, name,
		O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat there;

	if (fd < 0)
		return -1;
	if (fstat(fd, &there) < 0 || !S_ISREG(there.st_mode) ||
		there.st_uid != geteuid() || there.st_mode & 077) {
		close(fd);
		errno = EACCES;
		return -1;
	}
	return fd;
}

/* Both, for more at their end; said if not: an exit code. */
static int open_files(const struct ctl *ctl, struct keylog_files *files)
{
	int folder;

	*files = (struct keylog_files){ ctl, { -1, -1 }, false };
	if (mkdir(ctl->output, 0700) < 0 && errno != EEXIST)
		return ctl_fail(ctl, REPORT_FAILED, NULL, "keylog: %s: %s",
			ctl->output, strerror(errno));
	folder = open(ctl->output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < 2 && folder >= 0; i++) {
		files->fd[i] = open_table(folder, tables[i]);
		if (files->fd[i] < 0)
			files->failed = true;
	}
	if (folder < 0 || files->failed) {
		int error = errno;

		if (folder >= 0)
			close(folder);
		for (size_t i = 0; i < 2; i++) {
			if (files->fd[i] >= 0)
				close(files->fd[i]);
		}
		return ctl_fail(ctl, REPORT_FAILED,
			"its files must be yours, with mode 0600, and no links",
			"keylog: %s: %s", ctl->output, strerror(error));
	}
	close(folder);
	return REPORT_OK;
}

static bool add_line(int fd, const char *line)
{
	const size_t len = strlen(line);
	char *text = malloc(len + 2);
	ssize_t written = -1;

	if (text) {
		memcpy(text, line, len);
		text[len] = '\n';
		written = write(fd, text, len + 1);
		explicit_bzero(text, len + 1);
	}
	free(text);
	return written == (ssize_t)len + 1;
}

/* A record of the daemon; ctx: struct keylog_files. */
static void take(void *ctx, const json_t *record)
{
	struct keylog_files *files = ctx;
	const char *line = record_raw(record, "line");
	const char *text = record_raw(record, "text");

	for (size_t i = 0; i < 2 && *line; i++) {
		if (record_is(record, "table", tables[i]) &&
			!add_line(files->fd[i], line))
			files->failed = true;
	}
	if (*text && !files->ctl->quiet) {
		char *clean = text_clean(&files->ctl->style, text);

		fprintf(files->ctl->err, "%s\n", clean ? clean : "");
		free(clean);
	}
}

/* Returns code, or that of a failure, which is said. */
static int close_files(struct keylog_files *files, int code)
{
	for (size_t i = 0; i < 2; i++) {
		if (close(files->fd[i]) < 0)
			files->failed = true;
	}
	if (files->failed)
		return ctl_fail(files->ctl, REPORT_FAILED, NULL,
			"keylog: %s: not all could be written",
			files->ctl->output);
	return code;
}

/* --- The verb ------------------------------------------------------------- */

static void say_what_it_is(const struct ctl *ctl, uint32_t seconds)
{
	fprintf(ctl->err,
		"keys are secret: who has them reads what is in the tunnel. "
		"Ends by itself after %u s.\n"
		"The lines belong into ikev2_decryption_table and esp_sa of a "
		"Wireshark profile;\n"
		"there, set esp.enable_encryption_decode: TRUE\n",
		seconds);
}

int ctl_keylog(struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	uint32_t seconds = KEYLOG_S;
	struct keylog_files files;
	json_t *params;
	int code;

	(void)verb;
	(void)count;
	if (ctl->wait_for && !text_parse_duration(ctl->wait_for, &seconds))
		return ctl_fail(ctl, REPORT_USAGE, "such as 90, 30s or 1m30s",
			"--for: '%s' is no duration", ctl->wait_for);
	if (ctl->output && (code = open_files(ctl, &files)) != REPORT_OK)
		return code;
	if (ctl_speaks(ctl))
		say_what_it_is(ctl, seconds);
	params = json_object();
	report_set_text(params, "peer", args[0]);
	json_object_set_new(params, "for_s", json_integer(seconds));
	code = ctl_ask(ctl,
		&(struct ctl_question){
			.method = "keylog",
			.params = params,
			.patience_ms = -1,
			.take = ctl->output ? take : NULL,
			.ctx = &files,
		},
		NULL);
	return ctl->output ? close_files(&files, code) : code;
}

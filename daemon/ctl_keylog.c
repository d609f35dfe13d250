/* ctl_keylog.c - `ipsec-ctl keylog`: where the keys go.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_keylog.h"

#include "daemon/ctl_record.h"
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

int keylog_open(const struct ctl *ctl, struct keylog_files *files)
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

void keylog_take(void *ctx, const json_t *record)
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

int keylog_close(struct keylog_files *files, int code)
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

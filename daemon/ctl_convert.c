/* ctl_convert.c - ipsec-ctl convert: another daemon's configuration as ours.
 * SPDX-License-Identifier: ISC
 *
 * What comes of it is loaded by our own config/ before it is given out, so that
 * nobody gets a file that does not even load.
 */
#include "daemon/ctl_convert.h"

#include "config/credentials.h"
#include "daemon/ctl_files.h"
#include "daemon/report.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- Whose is it? --------------------------------------------------------- */

struct format {
	const char *file; /* what it is called where it is used */
	bool (*convert)(struct convert *c);
	const char
		*words[8]; /* that a line of it begins with, and no other's */
};

static const struct format formats[] = {
	{ "swanctl.conf", convert_swanctl, { NULL } },
	{ "iked.conf", convert_iked, { "ikev2", "set", "user" } },
	{ "ipsec.conf", convert_ipsec, { "conn", "config", "version", "ca" } },
};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

static const struct format *by_name(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;

	for (size_t i = 0; i < FORMATS; i++) {
		if (strcmp(name, formats[i].file) == 0)
			return &formats[i];
	}
	return NULL;
}

static bool begins(const char *line, size_t len, const char *word)
{
	const size_t word_len = strlen(word);

	return len > word_len && strncmp(line, word, word_len) == 0 &&
	       strchr(" \t", line[word_len]);
}

/* At the begin of the line, or else by a brace, which only swanctl.conf has
 * where no such word is. */
static const struct format *by_line(const char *line, size_t len)
{
	size_t comment = 0;

	for (size_t i = 0; i < FORMATS; i++) {
		for (size_t k = 0; k < 8 && formats[i].words[k]; k++) {
			if (begins(line, len, formats[i].words[k]))
				return &formats[i];
		}
	}
	while (comment < len && line[comment] != '#')
		comment++;
	return memchr(line, '{', comment) ? &formats[0] : NULL;
}

/* By the first line that only one of them can have. */
static const struct format *by_text(struct bytes text)
{
	const char *at = (const char *)text.at, *end = at + text.len;
	const struct format *format = NULL;

	while (at < end && !format) {
		const char *next = memchr(at, '\n', (size_t)(end - at));

		if (!next)
			next = end;
		format = by_line(at, (size_t)(next - at));
		at = next + 1;
	}
	return format;
}

/* --- What must be known --------------------------------------------------- */

static void say_note(const struct ctl *ctl, const struct note *note)
{
	char *file, *key, *text;
	json_t *record;

	if (ctl->json) {
		record = report_head("note");
		report_set_text(record, "file", note->at.file);
		json_object_set_new(
			record, "line", json_integer(note->at.line));
		report_set_text(record, "key", note->key);
		report_set_text(record, "text", note->text);
		ctl_record(ctl, record);
		return;
	}
	file = text_clean(&ctl->style, note->at.file);
	key = text_clean(&ctl->style, note->key);
	text = text_clean(&ctl->style, note->text);
	fprintf(ctl->err, "%s:%u: %s: %s\n", file, note->at.line, key, text);
	free(file);
	free(key);
	free(text);
}

/* What several peers have from one line is said once. */
static bool is_first(const struct convert *c, const struct note *note)
{
	const struct note *n = c->notes;

	while (n != note && !convert_same_note(n, note))
		n = n->next;
	return n == note;
}

static void say_notes(const struct convert *c)
{
	if (c->ctl->quiet)
		return;
	for (const struct note *note = c->notes; note; note = note->next) {
		if (is_first(c, note))
			say_note(c->ctl, note);
	}
}

/* --- Does it load? -------------------------------------------------------- */

/* A hint that names the file by its path means the line. */
static const char *without_path(
	char out[CREDENTIALS_TEXT], const char *hint, const char *path)
{
	const char *at = hint ? strstr(hint, path) : NULL;

	if (!at)
		return hint;
	snprintf(out, CREDENTIALS_TEXT, "%.*sline %s", (int)(at - hint), hint,
		at + strlen(path) + (at[strlen(path)] == ':'));
	return out;
}

static int say_errors(const struct ctl *ctl, const char *path,
	const struct config_errors *errors)
{
	char hint[CREDENTIALS_TEXT];

	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *error = &errors->list[i];

		if (error->severity == CONFIG_ERROR)
			ctl_fail(ctl, REPORT_CONFIG,
				without_path(hint, error->hint, path),
				"convert: line %u of what came of it: %s",
				error->line, error->text);
	}
	return errors->errors > 0 ? REPORT_CONFIG : REPORT_OK;
}

/* Files that it names are not looked for: they are yet to be copied. */
static int load(const struct ctl *ctl, const char *yaml, size_t len)
{
	struct config_errors errors = { 0 };
	int fd = memfd_create("converted", MFD_CLOEXEC), code;
	char path[64];

	if (fd < 0 || write(fd, yaml, len) != (ssize_t)len) {
		if (fd >= 0)
			close(fd);
		return ctl_fail(ctl, REPORT_FAILED, NULL,
			"convert: what came of it could not be checked");
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config_free(config_load(path, "/nonexistent", &errors));
	close(fd);
	code = say_errors(ctl, path, &errors);
	config_errors_clear(&errors);
	return code;
}

/* --- Out with it ---------------------------------------------------------- */

/* The key and a line end; one that ends as lines do needs both characters of
 * it (config/credentials.h: one line end is no part of the key). */
static int write_secret(
	const struct convert *c, const struct new_peer *peer, const char *path)
{
	const struct bytes value = peer->secret->value;
	uint8_t text[MAX_PSK_LEN + 2];
	size_t len = value.len;
	int code;

	memcpy(text, value.at, len);
	if (value.at[len - 1] == '\r')
		text[len++] = '\r';
	text[len++] = '\n';
	code = files_new_secret(c->ctl, path, bytes_of(text, len));
	sodium_memzero(text, sizeof(text));
	return code;
}

/* Before anything is written: is there room for all of it?  Then write. */
static int each_secret(const struct convert *c, const char *folder, bool write)
{
	char path[FILES_PATH];
	int code = REPORT_OK;

	for (const struct new_peer *peer = c->peers; peer && code == REPORT_OK;
		peer = peer->next) {
		if (!peer->secret || peer->secret->value.len == 0)
			continue;
		code = files_below(c->ctl, path, folder, peer->name, ".psk");
		if (code == REPORT_OK)
			code = write ? write_secret(c, peer, path)
				     : files_absent(c->ctl, path, NULL);
	}
	return code;
}

static int write_out(const struct convert *c, struct bytes yaml)
{
	const struct ctl *ctl = c->ctl;
	char file[FILES_PATH], secrets[FILES_PATH];
	int code = files_below(ctl, file, ctl->out_folder, "ipsecd", ".yaml");

	if (code == REPORT_OK)
		code = files_below(
			ctl, secrets, ctl->out_folder, "secrets", "");
	if (code == REPORT_OK)
		code = files_absent(
			ctl, file, "another --out, or move it away");
	if (code == REPORT_OK)
		code = each_secret(c, secrets, false);
	if (code == REPORT_OK)
		code = files_folder(ctl, ctl->out_folder, 0750);
	if (code == REPORT_OK)
		code = files_folder(ctl, secrets, 0750);
	if (code == REPORT_OK)
		code = each_secret(c, secrets, true);
	if (code == REPORT_OK)
		code = files_new(ctl, file, yaml, 0640);
	return code;
}

static int give_out(const struct convert *c, struct bytes yaml)
{
	const struct ctl *ctl = c->ctl;
	json_t *record;

	if (ctl->out_folder)
		return write_out(c, yaml);
	if (!ctl->json) {
		fwrite(yaml.at, 1, yaml.len, ctl->out);
		return REPORT_OK;
	}
	record = report_head("converted");
	report_set_text(record, "yaml", (const char *)yaml.at);
	ctl_record(ctl, record);
	return REPORT_OK;
}

static int finish(struct convert *c)
{
	size_t len;
	char *yaml;
	FILE *out = open_memstream(&yaml, &len);
	int loaded, code;

	convert_finish(c);
	convert_yaml(c, out);
	fclose(out);
	say_notes(c);
	loaded = load(c->ctl, yaml, len);
	code = give_out(c, bytes_of(yaml, len));
	free(yaml);
	return code == REPORT_OK ? loaded : code;
}

int ctl_convert(struct ctl *ctl, const char *file)
{
	struct convert c = { .ctl = ctl, .file = file };
	const struct format *format = by_name(file);
	struct bytes text;
	int code = REPORT_CONFIG;

	if (!convert_read(&c, file, NULL, &text))
		code = REPORT_FAILED;
	else if (!format && !(format = by_text(text)))
		ctl_fail(ctl, REPORT_CONFIG,
			"swanctl.conf, ipsec.conf and iked.conf can be converted",
			"convert: '%s' is no configuration that is known",
			file);
	else if (format->convert(&c))
		code = finish(&c);
	convert_clear(&c);
	return code;
}

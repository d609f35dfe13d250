/* ctl_issued.c - what our authorities have issued and revoked: ca/issued.tsv.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_issued.h"

#include "config/credentials_files.h"
#include "daemon/ctl_files.h"
#include "daemon/report.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_FILE = 64 * 1024 * 1024, /* a few hundred thousand rows */
	COLUMNS = 7,
};

static const char heading[] =
	"# kind\tauthority\tserial\tname\tmade\tuntil\trevoked\n";

static const char *const kinds[] = {
	[ISSUED_CERT] = "cert",
	[ISSUED_CA] = "ca",
	[ISSUED_CRL] = "crl",
};

/* --- Rows ------------------------------------------------------------------- */

const char *issued_serial(const struct issued_row *row, char out[ISSUED_SERIAL])
{
	return sodium_bin2hex(
		out, ISSUED_SERIAL, row->serial, sizeof(row->serial));
}

void issued_free(struct issued *issued)
{
	free(issued->rows);
	*issued = (struct issued){ 0 };
}

struct issued_row *issued_add(struct issued *issued)
{
	if (issued->count == issued->size) {
		size_t size = issued->size ? 2 * issued->size : 16;
		struct issued_row *rows =
			reallocarray(issued->rows, size, sizeof(*rows));

		if (!rows)
			return NULL;
		issued->rows = rows;
		issued->size = size;
	}
	issued->rows[issued->count] = (struct issued_row){ 0 };
	return &issued->rows[issued->count++];
}

struct issued_row *issued_crl(struct issued *issued, const char *authority)
{
	struct issued_row *row;

	for (size_t i = 0; i < issued->count; i++) {
		row = &issued->rows[i];
		if (row->kind == ISSUED_CRL &&
			strcmp(row->authority, authority) == 0)
			return row;
	}
	row = issued_add(issued);
	if (!row)
		return NULL;
	row->kind = ISSUED_CRL;
	snprintf(row->authority, sizeof(row->authority), "%s", authority);
	return row;
}

/* The last one of that name: there may have been others before. */
const char *issued_parent(const struct issued *issued, const char *authority)
{
	for (size_t i = issued->count; i > 0; i--) {
		const struct issued_row *row = &issued->rows[i - 1];

		if (row->kind == ISSUED_CA && strcmp(row->name, authority) == 0)
			return row->authority;
	}
	return NULL;
}

/* --- From text -------------------------------------------------------------- */

static bool take_text(const char *text, char out[ISSUED_NAME])
{
	return *text && snprintf(out, ISSUED_NAME, "%s", text) < ISSUED_NAME;
}

static bool take_time(const char *text, int64_t *unix_s)
{
	if (!text_parse_time(text, unix_s))
		return false;
	*unix_s /= 1000;
	return *unix_s > 0;
}

static bool take_kind(const char *text, enum issued_kind *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i], text) == 0) {
			*kind = (enum issued_kind)i;
			return true;
		}
	}
	return false;
}

static bool take_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && errno == 0;
}

static bool take_serial(const char *text, uint8_t out[AUTHORITY_SERIAL])
{
	size_t len = 0;
	const char *end;

	return sodium_hex2bin(out, AUTHORITY_SERIAL, text, strlen(text), NULL,
		       &len, &end) == 0 &&
	       !*end && len == AUTHORITY_SERIAL;
}

static bool take_row(char *line, struct issued_row *row)
{
	char *cell[COLUMNS], *rest = line;

	for (size_t i = 0; i < COLUMNS; i++)
		cell[i] = strsep(&rest, "\t");
	if (rest || !cell[COLUMNS - 1])
		return false;
	if (!take_kind(cell[0], &row->kind) ||
		!take_text(cell[1], row->authority) ||
		!take_time(cell[4], &row->made_s) ||
		!take_time(cell[5], &row->until_s))
		return false;
	if (row->kind == ISSUED_CRL)
		return take_number(cell[2], &row->number);
	return take_serial(cell[2], row->serial) &&
	       take_text(cell[3], row->name) &&
	       (strcmp(cell[6], "-") == 0 ||
		       take_time(cell[6], &row->revoked_s));
}

static int take_rows(const struct ctl *ctl, const char *path, char *text,
	struct issued *issued)
{
	char *line;

	for (size_t number = 1; (line = strsep(&text, "\n")); number++) {
		struct issued_row *row;

		if (!*line || *line == '#')
			continue;
		row = issued_add(issued);
		if (!row)
			return ctl_fail(
				ctl, REPORT_FAILED, NULL, "out of memory");
		if (!take_row(line, row))
			return ctl_fail(ctl, REPORT_FAILED,
				"put it right, or take the line out",
				"%s:%zu: that is no row of it", path, number);
	}
	return REPORT_OK;
}

int issued_load(const struct ctl *ctl, struct issued *issued)
{
	static const struct file_kind kind = { .max = MAX_FILE };
	char path[FILES_PATH], error[CREDENTIALS_TEXT] = "";
	char hint[CREDENTIALS_TEXT] = "", *copy;
	struct file_text text;
	int code = files_path(ctl, path, "ca", "issued", ".tsv");

	*issued = (struct issued){ 0 };
	if (code != REPORT_OK || access(path, F_OK) < 0)
		return code;
	if (file_read(path, &kind, &text, (struct why){ error, hint }) !=
		CREDENTIALS_OK)
		return ctl_fail(ctl, REPORT_FAILED, hint, "%s", error);
	copy = strndup((const char *)text.at, text.len);
	file_clear(&text);
	if (!copy)
		return ctl_fail(ctl, REPORT_FAILED, NULL, "out of memory");
	code = take_rows(ctl, path, copy, issued);
	free(copy);
	if (code != REPORT_OK)
		issued_free(issued);
	return code;
}

/* --- To text ---------------------------------------------------------------- */

static void put_row(FILE *out, const struct issued_row *row)
{
	char serial[ISSUED_SERIAL], made[REPORT_TIME_SIZE];
	char until[REPORT_TIME_SIZE], revoked[REPORT_TIME_SIZE] = "-";

	report_time(row->made_s * 1000, made);
	report_time(row->until_s * 1000, until);
	if (row->revoked_s)
		report_time(row->revoked_s * 1000, revoked);
	fprintf(out, "%s\t%s\t", kinds[row->kind], row->authority);
	if (row->kind == ISSUED_CRL)
		fprintf(out, "%llu\t-", (unsigned long long)row->number);
	else
		fprintf(out, "%s\t%s", issued_serial(row, serial), row->name);
	fprintf(out, "\t%s\t%s\t%s\n", made, until, revoked);
}

int issued_save(const struct ctl *ctl, const struct issued *issued)
{
	char path[FILES_PATH], *text = NULL;
	size_t len = 0;
	FILE *out;
	int code = files_path(ctl, path, "ca", "issued", ".tsv");

	if (code != REPORT_OK)
		return code;
	out = open_memstream(&text, &len);
	if (out) {
		fputs(heading, out);
		for (size_t i = 0; i < issued->count; i++)
			put_row(out, &issued->rows[i]);
	}
	if (!out || fclose(out) != 0 || !text) {
		free(text);
		return ctl_fail(ctl, REPORT_FAILED, NULL, "out of memory");
	}
	code = files_replace(ctl, path, bytes_of(text, len), 0600);
	free(text);
	return code;
}

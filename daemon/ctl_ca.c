/* ctl_ca.c - ipsec-ctl ca init, revoke and crl.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_ca.h"

#include "daemon/ctl_authority.h"
#include "daemon/ctl_files.h"
#include "daemon/ctl_keys.h"
#include "daemon/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	AUTHORITY_DAYS = 3650,
	CRL_DAYS = 30,
};

/* --- ca init ---------------------------------------------------------------- */

struct authority_files {
	char certificate[FILES_PATH], key[FILES_PATH];
};

static int place_authority(
	const struct ctl *ctl, const char *name, struct authority_files *files)
{
	static const char hint[] =
		"another NAME makes another authority beside it";
	int code = files_path(ctl, files->certificate, "ca", name, ".pem");

	if (code == REPORT_OK)
		code = files_path(ctl, files->key, "secrets", name, ".key");
	if (code == REPORT_OK)
		code = files_absent(ctl, files->certificate, hint);
	if (code == REPORT_OK)
		code = files_absent(ctl, files->key, hint);
	return code;
}

static int save_authority(const struct ctl *ctl,
	const struct authority_files *files, const struct private_key *key,
	const struct authority_made *made)
{
	int code = keys_save(ctl, key, files->key, keys_private);

	if (code != REPORT_OK)
		return code;
	code = files_new(ctl, files->certificate,
		bytes_of(made->pem, made->pem_len), 0644);
	if (code != REPORT_OK)
		unlink(files->key);
	return code;
}

/* What is usual for all would be longer than what is left of the one above. */
static void shorten(const struct ctl *ctl, const struct ca *parent,
	struct authority_request *request)
{
	int64_t begin, end;

	certificate_validity(parent->certificates.list[0], &begin, &end);
	if (!ctl->days && request->not_after > end)
		request->not_after = end;
}

/* parent: NULL for a root. */
static int init_with(struct ctl *ctl, const char *name, struct ca_book *book,
	const struct private_key *key, const struct ca *parent)
{
	struct authority_files files;
	struct authority_made made;
	char subject[AUTHORITY_MAX_CN + 1];
	struct authority_request request =
		ca_request(ctl, parent, subject, key, AUTHORITY_DAYS);
	const char *why;
	int code = place_authority(ctl, name, &files);

	if (code != REPORT_OK)
		return code;
	if (parent)
		shorten(ctl, parent, &request);
	request.ca = true;
	/* One step below a root, and no further. */
	request.path_len = parent ? 0 : AUTHORITY_NO_LIMIT;
	/* Another one of that name is another issuer. */
	snprintf(subject, sizeof(subject), "ipsecd %s %02x%02x%02x%02x", name,
		request.serial[0], request.serial[1], request.serial[2],
		request.serial[3]);
	if (!authority_certificate(parent ? parent->key : key,
		    parent ? ca_der(parent) : bytes_of(NULL, 0), &request,
		    &made, &why))
		return ca_refused(ctl, why);
	if (parent)
		code = ca_book_write(
			ctl, book, ISSUED_CA, parent->name, name, &request);
	if (code == REPORT_OK) {
		code = save_authority(ctl, &files, key, &made);
		if (code != REPORT_OK && parent)
			ca_book_strike(ctl, book);
	}
	if (code == REPORT_OK)
		code = ca_tell(ctl, files.certificate, files.key, &made);
	authority_clear(&made);
	return code;
}

/* Below another authority, or by itself. */
static int init_below(
	struct ctl *ctl, const char *name, const struct private_key *key)
{
	struct ca parent = { 0 };
	struct ca_book book;
	int code = ctl->authority ? ca_open(ctl, &parent) : REPORT_OK;

	if (code == REPORT_OK)
		code = ca_folders(ctl);
	if (code == REPORT_OK) {
		code = ca_book_open(ctl, &book);
		if (code == REPORT_OK)
			code = init_with(ctl, name, &book, key,
				ctl->authority ? &parent : NULL);
		ca_book_close(&book);
	}
	ca_close(&parent);
	return code;
}

int ctl_ca_init(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *name = count > 0 ? args[0] : "ca";
	struct key_choice choice;
	struct private_key *key;
	int code = ca_name(ctl, name);

	(void)verb;
	if (code == REPORT_OK)
		code = keys_choose(ctl, ctl->key, &choice);
	if (code == REPORT_OK)
		code = keys_make(ctl, &choice, &key);
	if (code != REPORT_OK)
		return code;
	code = init_below(ctl, name, key);
	private_key_free(key);
	return code;
}

/* --- ca revoke, ca crl ------------------------------------------------------ */

/* All that the authority has revoked; owned by the caller. */
static struct authority_revoked *revoked_of(
	const struct issued *issued, const char *authority, size_t *count)
{
	struct authority_revoked *list =
		calloc(issued->count + 1, sizeof(*list));

	*count = 0;
	for (size_t i = 0; list && i < issued->count; i++) {
		const struct issued_row *row = &issued->rows[i];

		if (row->kind == ISSUED_CRL || row->revoked_s == 0 ||
			strcmp(row->authority, authority) != 0)
			continue;
		memcpy(list[*count].serial, row->serial, sizeof(row->serial));
		list[(*count)++].at = row->revoked_s;
	}
	return list;
}

static void tell_crl(const struct ctl *ctl, const char *file,
	const struct authority_list *list)
{
	char time[REPORT_TIME_SIZE];
	json_t *record = report_head("crl");

	report_set_text(record, "file", file);
	json_object_set_new(
		record, "number", json_integer((json_int_t)list->number));
	json_object_set_new(
		record, "revoked", json_integer((json_int_t)list->count));
	report_set_text(record, "next_update",
		report_time(list->next_update * 1000, time));
	ctl_record(ctl, record);
	if (ctl_speaks(ctl))
		fprintf(ctl->out,
			"%s: number %llu, %zu revoked, until %s; the peers "
			"need it before\n",
			file, (unsigned long long)list->number, list->count,
			ca_day(list->next_update, time));
}

/* The number is on record before the CRL is there, so that none has it twice. */
static int save_crl(const struct ctl *ctl, struct ca_book *book,
	const struct ca *ca, const struct authority_made *made,
	const struct authority_list *list)
{
	char path[FILES_PATH];
	int code = files_path(ctl, path, "crls", ca->name, ".crl");

	if (code == REPORT_OK)
		code = issued_save(ctl, &book->issued);
	if (code == REPORT_OK)
		code = files_replace(
			ctl, path, bytes_of(made->pem, made->pem_len), 0644);
	if (code == REPORT_OK)
		tell_crl(ctl, path, list);
	return code;
}

static int write_crl(
	const struct ctl *ctl, struct ca_book *book, const struct ca *ca)
{
	struct issued_row *row = issued_crl(&book->issued, ca->name);
	struct authority_list list = { .this_update = ctl_now(ctl) - CA_SLACK,
		.next_update = ctl_now(ctl) + ca_days(ctl, CRL_DAYS) };
	struct authority_revoked *revoked =
		revoked_of(&book->issued, ca->name, &list.count);
	struct authority_made made;
	const char *why;
	int code;

	list.revoked = revoked;
	if (!row || !revoked) {
		free(revoked);
		return ctl_fail(ctl, REPORT_FAILED, NULL, "out of memory");
	}
	list.number = ++row->number;
	row->made_s = ctl_now(ctl);
	row->until_s = list.next_update;
	if (authority_crl(ca->key, ca_der(ca), &list, &made, &why)) {
		code = save_crl(ctl, book, ca, &made, &list);
		authority_clear(&made);
	} else {
		code = ctl_fail(ctl, REPORT_FAILED, NULL, "no CRL: %s", why);
	}
	free(revoked);
	return code;
}

static bool is_meant(const struct issued_row *row, const char *what)
{
	char serial[ISSUED_SERIAL];

	return row->kind != ISSUED_CRL &&
	       (strcmp(row->name, what) == 0 ||
		       strcasecmp(issued_serial(row, serial), what) == 0);
}

static void tell_revoked(const struct ctl *ctl, const struct issued_row *row)
{
	char serial[ISSUED_SERIAL], time[REPORT_TIME_SIZE];
	json_t *record = report_head("revoked");

	issued_serial(row, serial);
	report_set_text(record, "name", row->name);
	report_set_text(record, "serial", serial);
	report_set_text(
		record, "time", report_time(row->revoked_s * 1000, time));
	ctl_record(ctl, record);
	if (ctl_speaks(ctl))
		fprintf(ctl->out, "%s: revoked, serial number %s\n", row->name,
			serial);
}

/* Why nothing was revoked. */
static int none_meant(const struct ctl *ctl, const struct issued *issued,
	const char *authority, const char *what)
{
	char hint[256];

	for (size_t i = 0; i < issued->count; i++) {
		const struct issued_row *row = &issued->rows[i];

		if (!is_meant(row, what))
			continue;
		if (strcmp(row->authority, authority) == 0)
			return ctl_fail(ctl, REPORT_FAILED,
				"ipsec-ctl ca crl writes anew the CRL that "
				"says so",
				"'%s' is revoked already", what);
		snprintf(hint, sizeof(hint), "--ca %s", row->authority);
		return ctl_fail(ctl, REPORT_FAILED, hint,
			"'%s' was issued by '%s'", what, row->authority);
	}
	return ctl_fail(ctl, REPORT_FAILED,
		"ca/issued.tsv has their names and serial numbers",
		"'%s' has issued nothing to '%s'", authority, what);
}

/* Of one name all there are: the person is meant, or the machine. */
static int revoke_named(const struct ctl *ctl, struct ca_book *book,
	const struct ca *ca, const char *what)
{
	size_t revoked = 0;
	int code;

	for (size_t i = 0; i < book->issued.count; i++) {
		struct issued_row *row = &book->issued.rows[i];

		if (!is_meant(row, what) || row->revoked_s != 0 ||
			strcmp(row->authority, ca->name) != 0)
			continue;
		row->revoked_s = ctl_now(ctl);
		revoked++;
	}
	if (revoked == 0)
		return none_meant(ctl, &book->issued, ca->name, what);
	/* The word counts, also if the CRL cannot be written. */
	code = issued_save(ctl, &book->issued);
	for (size_t i = 0; code == REPORT_OK && i < book->issued.count; i++) {
		const struct issued_row *row = &book->issued.rows[i];

		if (is_meant(row, what) && row->revoked_s == ctl_now(ctl))
			tell_revoked(ctl, row);
	}
	return code == REPORT_OK ? write_crl(ctl, book, ca) : code;
}

/* what: NULL for a CRL alone. */
static int change_crl(struct ctl *ctl, const char *what)
{
	struct ca_book book;
	struct ca ca;
	int code = ca_open(ctl, &ca);

	if (code == REPORT_OK)
		code = ca_folders(ctl);
	if (code == REPORT_OK) {
		code = ca_book_open(ctl, &book);
		if (code == REPORT_OK)
			code = what ? revoke_named(ctl, &book, &ca, what)
				    : write_crl(ctl, &book, &ca);
		ca_book_close(&book);
	}
	ca_close(&ca);
	return code;
}

int ctl_ca_revoke(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	(void)verb;
	(void)count;
	return change_crl(ctl, args[0]);
}

int ctl_ca_crl(struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	(void)verb;
	(void)args;
	(void)count;
	return change_crl(ctl, NULL);
}

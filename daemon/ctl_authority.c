/* ctl_authority.c - an authority of one's own: its files, its key, what it has issued.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_authority.h"

#include "daemon/ctl_certs.h"
#include "daemon/ctl_files.h"
#include "daemon/report.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum {
	DAY = 86400,
	MAX_CA_NAME = 40, /* its subject has more in it */
};

const char *ca_day(int64_t unix_s, char out[REPORT_TIME_SIZE])
{
	report_time(unix_s * 1000, out);
	out[strcspn(out, "T")] = '\0';
	return out;
}

int64_t ca_days(const struct ctl *ctl, int standard)
{
	return (int64_t)(ctl->days ? ctl->days : (uint32_t)standard) * DAY;
}

/* --- The authority ---------------------------------------------------------- */

/* Names of files, and of nothing else. */
int ca_file_name(
	const struct ctl *ctl, const char *name, size_t max, const char *hint)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789"
				  "._@:+-";

	if (strlen(name) > max)
		return ctl_fail(ctl, REPORT_USAGE, hint,
			"'%.80s..': longer than %zu characters", name, max);
	if (!*name || !strchr(letters, *name) ||
		strspn(name, set) != strlen(name) || strstr(name, ".."))
		return ctl_fail(ctl, REPORT_USAGE, hint,
			"'%s' is no name for a file here", name);
	return REPORT_OK;
}

static const char *authority_of(const struct ctl *ctl)
{
	return ctl->authority ? ctl->authority : "ca";
}

int ca_name(const struct ctl *ctl, const char *name)
{
	return ca_file_name(ctl, name, MAX_CA_NAME,
		"letters, digits and . _ - make the name of an authority");
}

void ca_close(struct ca *ca)
{
	credentials_certificates_clear(&ca->certificates);
	private_key_free(ca->key);
}

struct bytes ca_der(const struct ca *ca)
{
	return certificate_der(ca->certificates.list[0]);
}

bool ca_is_root(const struct ca *ca)
{
	const struct certificate *own = ca->certificates.list[0];

	return certificate_is_issued_by(own, own);
}

static int open_key(const struct ctl *ctl, struct ca *ca)
{
	char error[CREDENTIALS_TEXT], hint[CREDENTIALS_TEXT], name[64];
	char folder[FILES_PATH];
	int code = files_path(ctl, folder, "secrets", "", "");

	if (code != REPORT_OK)
		return code;
	snprintf(name, sizeof(name), "%s.key", ca->name);
	if (credentials_read_key(name, folder, &ca->key, error, hint) ==
		CREDENTIALS_OK)
		return REPORT_OK;
	return ctl_fail(
		ctl, REPORT_FAILED, hint, "the authority's key: %s", error);
}

/* After it, ca_close, also when it fails. */
int ca_open(const struct ctl *ctl, struct ca *ca)
{
	char error[CREDENTIALS_TEXT], hint[CREDENTIALS_TEXT], name[64];
	char folder[FILES_PATH];
	int code;

	*ca = (struct ca){ .name = authority_of(ctl) };
	code = ca_name(ctl, ca->name);
	if (code == REPORT_OK)
		code = files_path(ctl, ca->file, "ca", ca->name, ".pem");
	if (code == REPORT_OK)
		code = files_path(ctl, folder, "ca", "", "");
	if (code != REPORT_OK)
		return code;
	if (access(ca->file, F_OK) < 0 && errno == ENOENT)
		return ctl_fail(ctl, REPORT_FAILED,
			ctl->authority ? "ipsec-ctl ca init NAME makes one"
				       : "ipsec-ctl ca init makes one",
			"there is no authority '%s': no '%s'", ca->name,
			ca->file);
	snprintf(name, sizeof(name), "%s.pem", ca->name);
	if (credentials_read_certificates(name, folder, &ca->certificates,
		    error, hint) != CREDENTIALS_OK)
		return ctl_fail(ctl, REPORT_FAILED, hint, "%s", error);
	return open_key(ctl, ca);
}

/* --- What it has issued ------------------------------------------------------ */

int ca_book_open(const struct ctl *ctl, struct ca_book *book)
{
	char folder[FILES_PATH];
	int code = files_path(ctl, folder, "ca", "", "");

	*book = (struct ca_book){ .lock = -1 };
	if (code == REPORT_OK)
		code = files_lock(ctl, folder, &book->lock);
	if (code == REPORT_OK)
		code = issued_load(ctl, &book->issued);
	return code;
}

void ca_book_close(struct ca_book *book)
{
	issued_free(&book->issued);
	if (book->lock >= 0)
		close(book->lock);
}

/* What is issued under that name is on record before there is any of it. */
int ca_book_write(const struct ctl *ctl, struct ca_book *book,
	enum issued_kind kind, const char *authority, const char *name,
	const struct authority_request *request)
{
	struct issued_row *row = issued_add(&book->issued);

	if (!row)
		return ctl_fail(ctl, REPORT_FAILED, NULL, "out of memory");
	row->kind = kind;
	snprintf(row->authority, sizeof(row->authority), "%s", authority);
	snprintf(row->name, sizeof(row->name), "%s", name);
	memcpy(row->serial, request->serial, sizeof(row->serial));
	row->made_s = ctl_now(ctl);
	row->until_s = request->not_after;
	return issued_save(ctl, &book->issued);
}

/* It came to nothing. */
void ca_book_strike(const struct ctl *ctl, struct ca_book *book)
{
	book->issued.count--;
	issued_save(ctl, &book->issued);
}

struct authority_request ca_request(const struct ctl *ctl,
	const struct ca *above, const char *common_name,
	const struct private_key *key, int days)
{
	struct authority_request request = {
		.common_name = common_name,
		.key = private_key_public(key),
		.not_before = ctl_now(ctl) - CA_SLACK,
		.not_after = ctl_now(ctl) - CA_SLACK + ca_days(ctl, days),
	};

	if (above && ctl->days == 0) {
		int64_t begin, end;

		certificate_validity(above->certificates.list[0], &begin, &end);
		if (end < request.not_after)
			request.not_after = end;
	}
	randombytes_buf(request.serial, sizeof(request.serial));
	request.serial[0] &= 0x7f; /* positive */
	return request;
}

/* The same record as `list certs` has, and the key's file. */
int ca_tell(const struct ctl *ctl, const char *file, const char *key_file,
	const struct authority_made *made)
{
	const char *why;
	struct certificate *certificate =
		certificate_read(bytes_of(made->der, made->len), &why);
	char subject[X509_TEXT], key[24], day[REPORT_TIME_SIZE];
	int64_t begin, end;
	json_t *record;

	if (!certificate)
		return ctl_fail(ctl, REPORT_FAILED, NULL,
			"'%s' cannot be read back: %s", file, why);
	record = certs_record(file, certificate, ctl_now(ctl));
	report_set_text(record, "key_file", key_file);
	ctl_record(ctl, record);
	certificate_validity(certificate, &begin, &end);
	if (ctl_speaks(ctl))
		fprintf(ctl->out, "%s: %s '%s', %s, until %s\n%s: its key\n",
			file,
			certificate_is_ca(certificate) ? "authority"
						       : "certificate of",
			certificate_subject_text(certificate, subject),
			public_key_name(certificate_key(certificate), key),
			ca_day(end, day), key_file);
	certificate_unref(certificate);
	return REPORT_OK;
}

int ca_refused(const struct ctl *ctl, const char *why)
{
	return ctl_fail(ctl, REPORT_FAILED,
		strstr(why, "longer") ? "fewer --days, or a new authority"
				      : NULL,
		"not issued: %s", why);
}

/* --- Folders ------------------------------------------------------------------ */

int ca_folders(const struct ctl *ctl)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = {
		{ "", 0750 },
		{ "ca", 0755 },
		{ "certs", 0755 },
		{ "crls", 0755 },
		{ "secrets", 0750 },
	};
	char path[FILES_PATH];
	int code =
		files_below(ctl, path, ctl->root ? ctl->root : "", "etc", "");

	if (code == REPORT_OK)
		code = files_folder(ctl, path, 0755);
	for (size_t i = 0;
		code == REPORT_OK && i < sizeof(folders) / sizeof(folders[0]);
		i++) {
		code = files_path(ctl, path, folders[i].name, "", "");
		if (code == REPORT_OK)
			code = files_folder(ctl, path, folders[i].mode);
	}
	return code;
}

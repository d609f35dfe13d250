/* ctl_certs.c - certificates as records, and ipsec-ctl list certs.
 * SPDX-License-Identifier: ISC
 *
 * Without a daemon: from the files, as `check` reads them.
 */
#include "daemon/ctl_certs.h"

#include "config/config.h"
#include "config/credentials.h"
#include "daemon/ctl_files.h"
#include "daemon/ctl_render.h"
#include "daemon/report.h"
#include "ikev2/identity.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	DAY = 86400,
	SOON = 30 * DAY,
	MAX_COMPLAINTS = 8,
};

/* --- One ---------------------------------------------------------------------- */

static const char *state_of(int64_t begin, int64_t end, int64_t now)
{
	if (now < begin)
		return "not-yet";
	if (now > end)
		return "expired";
	return end - now < SOON ? "expiring" : "valid";
}

static json_t *names_of(const struct certificate *certificate)
{
	json_t *names = json_array();
	struct ike_id id;
	struct bytes data;

	for (size_t i = 0;
		certificate_alt_name(certificate, i, &id.type, &data); i++) {
		char text[IKE_ID_SIZE];

		if (data.len > MAX_ID_LEN)
			continue;
		id.len = (uint16_t)data.len;
		memcpy(id.data, data.at, data.len);
		json_array_append_new(
			names, json_string(identity_text(&id, text)));
	}
	return names;
}

static json_t *complaints_of(const struct certificate *certificate)
{
	const char *texts[MAX_COMPLAINTS];
	json_t *complaints = json_array();
	size_t count =
		certificate_complaints(certificate, texts, MAX_COMPLAINTS);

	for (size_t i = 0; i < count && i < MAX_COMPLAINTS; i++)
		json_array_append_new(complaints, json_string(texts[i]));
	return complaints;
}

json_t *certs_record(
	const char *file, const struct certificate *certificate, int64_t now_s)
{
	char text[X509_TEXT], key[24], time[REPORT_TIME_SIZE];
	json_t *record = report_head("certificate");
	int64_t begin, end;

	certificate_validity(certificate, &begin, &end);
	if (file)
		report_set_text(record, "file", file);
	report_set_text(
		record, "subject", certificate_subject_text(certificate, text));
	report_set_text(
		record, "issuer", certificate_issuer_text(certificate, text));
	json_object_set_new(record, "alt_names", names_of(certificate));
	report_set_text(record, "key",
		public_key_name(certificate_key(certificate), key));
	json_object_set_new(
		record, "ca", json_boolean(certificate_is_ca(certificate)));
	report_set_text(record, "not_before", report_time(begin * 1000, time));
	report_set_text(record, "not_after", report_time(end * 1000, time));
	json_object_set_new(record, "expires_in_s", json_integer(end - now_s));
	report_set_text(record, "state", state_of(begin, end, now_s));
	if (!certificate_is_ca(certificate))
		json_object_set_new(
			record, "complaints", complaints_of(certificate));
	return record;
}

/* --- All ---------------------------------------------------------------------- */

struct listed {
	json_t *record;
	struct certificate *certificate; /* NULL: of a file that is none */
};

struct listing {
	const struct ctl *ctl;
	struct listed *list;
	size_t count, size;
	bool failed; /* a file could not be read */
};

/* Takes the reference to record; false without memory. */
static bool add(struct listing *listing, json_t *record,
	struct certificate *certificate)
{
	if (listing->count == listing->size) {
		size_t size = listing->size ? 2 * listing->size : 16;
		struct listed *list =
			reallocarray(listing->list, size, sizeof(*list));

		if (!list) {
			json_decref(record);
			listing->failed = true;
			return false;
		}
		listing->list = list;
		listing->size = size;
	}
	listing->list[listing->count++] = (struct listed){ record,
		certificate ? certificate_ref(certificate) : NULL };
	return true;
}

static void listing_clear(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		json_decref(listing->list[i].record);
		certificate_unref(listing->list[i].certificate);
	}
	free(listing->list);
}

static int64_t now_of(const struct listing *listing)
{
	return listing->ctl->style.now_ms / 1000;
}

static void list_error(struct listing *listing, const char *file,
	const char *error, const char *hint)
{
	json_t *record = report_head("certificate");

	report_set_text(record, "file", file);
	report_set_text(record, "error", error);
	if (*hint)
		report_set_text(record, "hint", hint);
	add(listing, record, NULL);
	listing->failed = true;
}

static void list_file(
	struct listing *listing, const char *folder, const char *name)
{
	struct credentials_certificates certificates;
	char error[CREDENTIALS_TEXT], hint[CREDENTIALS_TEXT], path[FILES_PATH];

	if (files_below(listing->ctl, path, folder, name, "") != REPORT_OK)
		return;
	if (credentials_read_certificates(name, folder, &certificates, error,
		    hint) != CREDENTIALS_OK) {
		list_error(listing, path, error, hint);
		return;
	}
	for (size_t i = 0; i < certificates.count; i++)
		add(listing,
			certs_record(
				path, certificates.list[i], now_of(listing)),
			certificates.list[i]);
	credentials_certificates_clear(&certificates);
}

/* What else is in the folder is none of ours. */
static int is_certificate_file(const struct dirent *entry)
{
	static const char *const ends[] = { ".pem", ".crt", ".cer", ".der" };
	const char *dot = strrchr(entry->d_name, '.');

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (dot && entry->d_name[0] != '.' && strcmp(dot, ends[i]) == 0)
			return 1;
	}
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int list_folder(struct listing *listing, const char *kind)
{
	char folder[FILES_PATH];
	struct dirent **entries;
	int code = files_path(listing->ctl, folder, kind, "", ""), count;

	if (code != REPORT_OK)
		return code;
	count = scandir(folder, &entries, is_certificate_file, by_name);
	if (count < 0 && errno == ENOENT)
		return REPORT_OK;
	if (count < 0)
		return ctl_fail(listing->ctl,
			errno == EACCES ? REPORT_PERMISSION : REPORT_FAILED,
			NULL, "'%s': %s", folder, strerror(errno));
	for (int i = 0; i < count; i++) {
		list_file(listing, folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return REPORT_OK;
}

/* --- Who uses them ------------------------------------------------------------ */

static json_t *record_of(
	const struct listing *listing, const struct certificate *certificate)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct listed *at = &listing->list[i];

		if (at->certificate &&
			bytes_equal(certificate_der(at->certificate),
				certificate_der(certificate)))
			return at->record;
	}
	return NULL;
}

/* One of the peer's, in a listed file or from elsewhere. */
static void used_by(struct listing *listing, struct certificate *certificate,
	const char *peer)
{
	json_t *record = record_of(listing, certificate), *peers;

	if (!record) {
		record = certs_record(NULL, certificate, now_of(listing));
		if (!add(listing, record, certificate))
			return;
	}
	peers = json_object_get(record, "peers");
	if (!peers) {
		peers = json_array();
		json_object_set_new(record, "peers", peers);
	}
	json_array_append_new(peers, json_string(peer));
}

static void list_peer(struct listing *listing, const struct ike_peer *peer)
{
	struct certificate *certificate;

	for (size_t i = 0; peer->own; i++) {
		certificate = credential_certificate(peer->own, i);
		if (!certificate)
			break;
		used_by(listing, certificate, peer->name);
	}
	for (size_t i = 0; peer->trust; i++) {
		certificate = trust_leaf_at(peer->trust, i);
		if (!certificate)
			break;
		used_by(listing, certificate, peer->name);
	}
}

/* What is wrong with the configuration is for `check` to say. */
static int list_peers(struct listing *listing)
{
	struct config_errors errors = { 0 };
	struct config *config;
	char path[FILES_PATH];
	int code = files_path(listing->ctl, path, "", "ipsecd", ".yaml");

	if (code != REPORT_OK)
		return code;
	config = config_load(path, listing->ctl->root, &errors);
	for (size_t i = 0; config && i < config->peers.count; i++)
		list_peer(listing, config->peers.peer[i]);
	config_errors_clear(&errors);
	config_free(config);
	return REPORT_OK;
}

static void print(const struct listing *listing)
{
	const struct ctl *ctl = listing->ctl;
	struct render render;

	render_begin(&render, ctl->out, ctl->style, false);
	for (size_t i = 0; i < listing->count; i++) {
		const json_t *record = listing->list[i].record;

		if (ctl->json && !ctl->quiet) {
			json_dumpf(record, ctl->out, JSON_COMPACT);
			fputc('\n', ctl->out);
		} else if (!ctl->quiet) {
			render_record(&render, record);
		}
	}
	render_end(&render);
	if (listing->count == 0 && !ctl->json && !ctl->quiet)
		fputs("no certs\n", ctl->out);
}

int ctl_list_certs(struct ctl *ctl)
{
	struct listing listing = { .ctl = ctl };
	int code = list_folder(&listing, "ca");

	if (code == REPORT_OK)
		code = list_folder(&listing, "certs");
	if (code == REPORT_OK)
		code = list_peers(&listing);
	if (code == REPORT_OK)
		print(&listing);
	if (code == REPORT_OK && listing.failed)
		code = REPORT_FAILED;
	listing_clear(&listing);
	return code;
}

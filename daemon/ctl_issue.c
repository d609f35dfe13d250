/* ctl_issue.c - ipsec-ctl ca issue: a key and its certificate, for here or for another machine.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_ca.h"

#include "config/credentials_files.h"
#include "daemon/ctl_authority.h"
#include "daemon/ctl_files.h"
#include "daemon/ctl_keys.h"
#include "daemon/report.h"
#include "ikev2/identity.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	/* Phones refuse more than 825 days. */
	CERTIFICATE_DAYS = 730,
	MAX_IDS = 2 * (CTL_MAX_SANS + 1), /* an address stands there twice */
};

/* --- Names ------------------------------------------------------------------ */

/* The whole of what is to be issued. */
struct order {
	const char *name;
	struct key_choice choice;
	struct ike_id ids[MAX_IDS];
	struct authority_name names[MAX_IDS]; /* into ids */
	size_t count;
};

/* The same name twice counts once. */
static void order_name(struct order *order, const struct ike_id *id)
{
	size_t at = order->count;

	for (size_t i = 0; i < at; i++) {
		if (identity_equal(&order->ids[i], id))
			return;
	}
	order->ids[at] = *id;
	order->names[at] = (struct authority_name){ id->type,
		bytes_of(order->ids[at].data, id->len) };
	order->count++;
}

/* RFC 1034 section 3.5, and the underscore, which is out there. */
static bool is_host_name(const struct ike_id *id)
{
	char before = '.';

	for (size_t i = 0; i < id->len; i++) {
		char c = (char)id->data[i];
		bool letter = (c >= 'a' && c <= 'z') ||
			      (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9') || c == '-' || c == '_';

		if (!letter && (c != '.' || before == '.'))
			return false;
		before = c;
	}
	return before != '.' && id->len <= 253;
}

static bool is_mail(const struct ike_id *id)
{
	size_t signs = 0;

	for (size_t i = 0; i < id->len; i++) {
		if (id->data[i] <= ' ' || id->data[i] >= 0x7f)
			return false;
		signs += id->data[i] == '@';
	}
	return signs == 1 && id->len <= 255;
}

/* An address stands there as a dNSName, too: Windows looks for it there
 * (RFC 5280 section 4.2.1.6 has iPAddress for it). */
static void order_address(struct order *order, const struct ike_id *id)
{
	struct ike_id name = { .type = ID_FQDN };
	char text[IKE_ID_SIZE];

	order_name(order, id);
	identity_text(id, text);
	name.len = (uint16_t)strlen(text);
	memcpy(name.data, text, name.len);
	order_name(order, &name);
}

static bool order_identity(struct order *order, const char *text)
{
	struct ike_id id;
	char fqdn[300];

	/* As certificates call it. */
	if (strncmp(text, "dns:", 4) == 0) {
		if (snprintf(fqdn, sizeof(fqdn), "fqdn:%s", text + 4) >=
			(int)sizeof(fqdn))
			return false;
		text = fqdn;
	}
	if (!identity_parse(text, &id, NULL))
		return false;
	if (id.type == ID_IPV4_ADDR || id.type == ID_IPV6_ADDR) {
		order_address(order, &id);
		return true;
	}
	if (!(id.type == ID_FQDN && is_host_name(&id)) &&
		!(id.type == ID_RFC822_ADDR && is_mail(&id)))
		return false;
	order_name(order, &id);
	return true;
}

static int take_order(
	const struct ctl *ctl, const char *name, struct order *order)
{
	static const char hint[] =
		"a host name, u@host or an address; further ones with --san";
	int code = ca_file_name(ctl, name, AUTHORITY_MAX_CN, hint);

	*order = (struct order){ .name = name };
	if (code == REPORT_OK)
		code = keys_choose(ctl, ctl->key, &order->choice);
	if (code != REPORT_OK)
		return code;
	/* Kinds have no place in a name that is the subject, too. */
	if (!order_identity(order, name) ||
		(strchr(name, ':') && order->ids[0].type != ID_IPV6_ADDR))
		return ctl_fail(ctl, REPORT_USAGE, hint,
			"'%s' is no name that a certificate could have", name);
	for (size_t i = 0; i < ctl->san_count; i++) {
		if (!order_identity(order, ctl->san[i]))
			return ctl_fail(ctl, REPORT_USAGE,
				"such as vpn.example.com, u@example.com, "
				"192.0.2.1 or ip:192.0.2.1",
				"--san: '%s' is no name that a certificate "
				"could have",
				ctl->san[i]);
	}
	return REPORT_OK;
}

/* --- ca issue --------------------------------------------------------------- */

/* Where it goes: certificates stay here in any case, keys of others do not. */
struct places {
	char certificate[FILES_PATH], key[FILES_PATH];
	/* In --out. */
	char copy[FILES_PATH], root_from[FILES_PATH], root[FILES_PATH];
};

static int place_bundle(const struct ctl *ctl, const struct order *order,
	const char *root, struct places *places)
{
	static const struct {
		const char *folder;
		mode_t mode;
	} folders[] = {
		{ "", 0700 },
		{ "/ca", 0755 },
		{ "/certs", 0755 },
		{ "/secrets", 0700 },
	};
	char path[4][FILES_PATH];
	int code = REPORT_OK;

	for (size_t i = 0; code == REPORT_OK && i < 4; i++) {
		int len = snprintf(path[i], FILES_PATH, "%s%s", ctl->out_folder,
			folders[i].folder);

		if (len <= 0 || len >= FILES_PATH)
			return ctl_fail(ctl, REPORT_USAGE, NULL,
				"--out: a path that is too long");
		code = files_folder(ctl, path[i], folders[i].mode);
	}
	if (code == REPORT_OK)
		code = files_below(ctl, places->root, path[1], root, ".pem");
	if (code == REPORT_OK)
		code = files_below(
			ctl, places->copy, path[2], order->name, ".pem");
	if (code == REPORT_OK)
		code = files_below(
			ctl, places->key, path[3], order->name, ".key");
	if (code == REPORT_OK)
		code = files_path(ctl, places->root_from, "ca", root, ".pem");
	return code;
}

static int place(const struct ctl *ctl, const struct order *order,
	const char *root, struct places *places)
{
	static const char hint[] = "move it away first; who has it can use it "
				   "until ipsec-ctl ca revoke";
	int code = files_path(
		ctl, places->certificate, "certs", order->name, ".pem");

	if (code == REPORT_OK)
		code = files_absent(ctl, places->certificate, hint);
	if (code == REPORT_OK && ctl->out_folder)
		code = place_bundle(ctl, order, root, places);
	else if (code == REPORT_OK)
		code = files_path(
			ctl, places->key, "secrets", order->name, ".key");
	if (code == REPORT_OK)
		code = files_absent(ctl, places->key, hint);
	if (code == REPORT_OK && ctl->out_folder)
		code = files_absent(ctl, places->copy, hint);
	return code;
}

/* A root that is there already, from another certificate's bundle, stays. */
static int copy_root(const struct ctl *ctl, const struct places *places)
{
	static const struct file_kind kind = {
		.max = CREDENTIALS_MAX_CERTIFICATES,
	};
	char error[CREDENTIALS_TEXT] = "", hint[CREDENTIALS_TEXT] = "";
	struct why why = { error, hint };
	struct file_text from, there;
	bool same;
	int code;

	if (file_read(places->root_from, &kind, &from, why) != CREDENTIALS_OK)
		return ctl_fail(ctl, REPORT_FAILED, hint, "%s", error);
	if (access(places->root, F_OK) == 0 &&
		file_read(places->root, &kind, &there, why) == CREDENTIALS_OK) {
		same = bytes_equal(bytes_of(from.at, from.len),
			bytes_of(there.at, there.len));
		file_clear(&there);
		code = same ? REPORT_OK
			    : ctl_fail(ctl, REPORT_FAILED, "another --out DIR",
				      "'%s' is that of another authority",
				      places->root);
	} else {
		code = files_new(
			ctl, places->root, bytes_of(from.at, from.len), 0644);
	}
	file_clear(&from);
	return code;
}

/* All of it, or nothing. */
static int save_issued(const struct ctl *ctl, const struct places *places,
	const struct private_key *key, struct bytes pem)
{
	bool away = ctl->out_folder != NULL;
	int code = away ? copy_root(ctl, places) : REPORT_OK;

	if (code == REPORT_OK)
		code = keys_save(ctl, key, places->key,
			away ? keys_private : files_new_secret);
	if (code != REPORT_OK)
		return code;
	code = files_new(ctl, places->certificate, pem, 0644);
	if (code == REPORT_OK && away) {
		code = files_new(ctl, places->copy, pem, 0644);
		if (code != REPORT_OK)
			unlink(places->certificate);
	}
	if (code != REPORT_OK)
		unlink(places->key);
	return code;
}

/* What proves a peer, and the authorities on the way to the root. */
static int with_chain(const struct ctl *ctl, const struct ca *ca,
	const struct authority_made *made, char **text, size_t *len)
{
	char error[CREDENTIALS_TEXT] = "", hint[CREDENTIALS_TEXT] = "";
	static const struct file_kind kind = {
		.max = CREDENTIALS_MAX_CERTIFICATES,
	};
	struct file_text chain = { NULL, 0 };

	if (!ca_is_root(ca) &&
		file_read(ca->file, &kind, &chain,
			(struct why){ error, hint }) != CREDENTIALS_OK)
		return ctl_fail(ctl, REPORT_FAILED, hint, "%s", error);
	*len = made->pem_len + chain.len;
	*text = malloc(*len);
	if (*text) {
		memcpy(*text, made->pem, made->pem_len);
		if (chain.len > 0)
			memcpy(*text + made->pem_len, chain.at, chain.len);
	}
	file_clear(&chain);
	return *text ? REPORT_OK
		     : ctl_fail(ctl, REPORT_FAILED, NULL, "out of memory");
}

static int issue_made(const struct ctl *ctl, struct ca_book *book,
	const struct ca *ca, const struct places *places,
	const struct private_key *key, const struct order *order,
	const struct authority_request *request,
	const struct authority_made *made)
{
	char *text = NULL;
	size_t len = 0;
	int code = with_chain(ctl, ca, made, &text, &len);

	if (code == REPORT_OK)
		code = ca_book_write(
			ctl, book, ISSUED_CERT, ca->name, order->name, request);
	if (code == REPORT_OK) {
		code = save_issued(ctl, places, key, bytes_of(text, len));
		if (code != REPORT_OK)
			ca_book_strike(ctl, book);
	}
	free(text);
	return code;
}

static int issue_with(const struct ctl *ctl, struct ca_book *book,
	const struct ca *ca, const struct private_key *key,
	const struct order *order)
{
	struct authority_request request =
		ca_request(ctl, ca, order->name, key, CERTIFICATE_DAYS);
	const char *root = ca->name, *why;
	struct authority_made made;
	struct places places;
	int code;

	if (!ca_is_root(ca) && issued_parent(&book->issued, ca->name))
		root = issued_parent(&book->issued, ca->name);
	code = place(ctl, order, root, &places);
	if (code != REPORT_OK)
		return code;
	request.names = order->names;
	request.name_count = order->count;
	if (!authority_certificate(ca->key, ca_der(ca), &request, &made, &why))
		return ca_refused(ctl, why);
	code = issue_made(ctl, book, ca, &places, key, order, &request, &made);
	if (code == REPORT_OK)
		code = ca_tell(ctl, places.certificate, places.key, &made);
	if (code == REPORT_OK && ctl->out_folder && ctl_speaks(ctl))
		fprintf(ctl->out,
			"%s: both, and the authority; copy what is in it to "
			"/etc/ipsecd there, unseen by others\n",
			ctl->out_folder);
	authority_clear(&made);
	return code;
}

int ctl_ca_issue(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	struct private_key *key = NULL;
	struct order order;
	struct ca_book book;
	struct ca ca;
	int code = take_order(ctl, args[0], &order);

	(void)verb;
	(void)count;
	if (code != REPORT_OK)
		return code;
	code = ca_open(ctl, &ca);
	if (code == REPORT_OK)
		code = ca_folders(ctl);
	if (code == REPORT_OK)
		code = keys_make(ctl, &order.choice, &key);
	if (code == REPORT_OK) {
		code = ca_book_open(ctl, &book);
		if (code == REPORT_OK)
			code = issue_with(ctl, &book, &ca, key, &order);
		ca_book_close(&book);
	}
	private_key_free(key);
	ca_close(&ca);
	return code;
}

/* ctl_keys.c - ipsec-ctl keygen: pre-shared keys and key pairs.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_keys.h"

#include "config/credentials.h"
#include "daemon/ctl_files.h"
#include "daemon/report.h"

#include <sodium.h>
#include <string.h>

enum { RSA_BITS = 3072 };

static bool parse_key(const char *text, struct key_choice *choice)
{
	static const struct {
		const char *text;
		enum key_kind kind;
	} kinds[] = {
		{ "ed25519", KEY_ED25519 },
		{ "ecdsa", KEY_P256 },
		{ "ecdsa:256", KEY_P256 },
		{ "ecdsa:384", KEY_P384 },
		{ "ecdsa:521", KEY_P521 },
		{ "rsa", KEY_RSA },
	};
	unsigned int bits;
	int end = 0;

	choice->bits = RSA_BITS;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].text, text) == 0) {
			choice->kind = kinds[i].kind;
			return true;
		}
	}
	if (sscanf(text, "rsa:%4u%n", &bits, &end) != 1 || text[end] ||
		bits < 2048 || bits > 8192 || bits % 8 != 0)
		return false;
	*choice = (struct key_choice){ KEY_RSA, bits };
	return true;
}

int keys_choose(
	const struct ctl *ctl, const char *text, struct key_choice *choice)
{
	if (parse_key(text ? text : "ecdsa", choice))
		return REPORT_OK;
	return ctl_fail(ctl, REPORT_USAGE,
		"ed25519, ecdsa, ecdsa:384, ecdsa:521, rsa, or rsa:2048 to "
		"rsa:8192",
		"no keys of kind '%s'", text);
}

int keys_make(const struct ctl *ctl, const struct key_choice *choice,
	struct private_key **key)
{
	const char *why;

	*key = private_key_generate(choice->kind, choice->bits, &why);
	if (*key)
		return REPORT_OK;
	return ctl_fail(ctl, REPORT_FAILED, NULL, "no new key: %s", why);
}

int keys_save(const struct ctl *ctl, const struct private_key *key,
	const char *path,
	int (*save)(const struct ctl *, const char *, struct bytes))
{
	char pem[KEY_PEM_SIZE];
	size_t len = private_key_pem(key, pem);
	int code = len ? save(ctl, path, bytes_of(pem, len))
		       : ctl_fail(ctl, REPORT_FAILED, NULL, "out of memory");

	sodium_memzero(pem, sizeof(pem));
	return code;
}

/* For nobody else, not even the daemon. */
int keys_private(const struct ctl *ctl, const char *path, struct bytes text)
{
	return files_new(ctl, path, text, 0600);
}

static int print_out(const struct ctl *ctl, const char *path, struct bytes text)
{
	(void)path;
	fwrite(text.at, 1, text.len, ctl->out);
	return REPORT_OK;
}

/* The other side's configuration wants the public half. */
static void tell_key(const struct ctl *ctl, const struct public_key *key)
{
	char pem[KEY_PEM_SIZE], name[24];
	json_t *record = report_head("key");

	public_key_pem(key, pem);
	public_key_name(key, name);
	report_set_text(record, "file", ctl->output);
	report_set_text(record, "key", name);
	report_set_text(record, "public_key", pem);
	ctl_record(ctl, record);
	if (ctl_speaks(ctl))
		fprintf(ctl->out,
			"%s: a new key, %s; the other side needs its public "
			"half:\n%s",
			ctl->output, name, pem);
}

static int keygen_psk(const struct ctl *ctl)
{
	char error[CREDENTIALS_TEXT] = "", key[CREDENTIALS_NEW_PSK];
	json_t *record;

	if (!ctl->output)
		return ctl_fail(ctl, REPORT_USAGE,
			"for a peer named branch: -o "
			"/etc/ipsecd/secrets/branch.psk",
			"keygen psk: -o FILE says where the key goes");
	if (strcmp(ctl->output, "-") == 0) {
		credentials_new_psk(key);
		fprintf(ctl->out, "%s\n", key);
		explicit_bzero(key, sizeof(key));
		return REPORT_OK;
	}
	if (!credentials_write_new_psk(ctl->output, error))
		return ctl_fail(
			ctl, REPORT_FAILED, NULL, "keygen psk: %s", error);
	record = report_head("key");
	report_set_text(record, "file", ctl->output);
	report_set_text(record, "key", "psk");
	ctl_record(ctl, record);
	if (ctl_speaks(ctl))
		fprintf(ctl->out,
			"%s: a new key of 256 bits; the other side needs the "
			"same file\n",
			ctl->output);
	return REPORT_OK;
}

int ctl_keygen(struct ctl *ctl, const char *kind)
{
	struct key_choice choice;
	struct private_key *key;
	int code;

	if (strcmp(kind, "psk") == 0)
		return keygen_psk(ctl);
	if (!parse_key(kind, &choice))
		return ctl_fail(ctl, REPORT_USAGE,
			"psk, ed25519, ecdsa, ecdsa:384, ecdsa:521, rsa, or "
			"rsa:2048 to rsa:8192",
			"keygen: no keys of kind '%s'", kind);
	if (!ctl->output)
		return ctl_fail(ctl, REPORT_USAGE,
			"such as -o /etc/ipsecd/secrets/main.key",
			"keygen %s: -o FILE says where the key goes", kind);
	code = keys_make(ctl, &choice, &key);
	if (code != REPORT_OK)
		return code;
	if (strcmp(ctl->output, "-") == 0) {
		code = keys_save(ctl, key, ctl->output, print_out);
	} else {
		code = keys_save(ctl, key, ctl->output, files_new_secret);
		if (code == REPORT_OK)
			tell_key(ctl, private_key_public(key));
	}
	private_key_free(key);
	return code;
}

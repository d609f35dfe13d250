/* ctl_trial.c - ipsec-ctl run in a folder of its own, and what it leaves there.
 * SPDX-License-Identifier: ISC
 *
 * What the files hold is read back by libcrypto itself.
 */
#include "tests/unit/ctl_trial.h"

#include "daemon/ctl_verbs.h"
#include "tests/unit/records.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_ARGS = 24 };

const struct trial_kind trial_kinds[TRIAL_KINDS] = {
	{ "ed25519", "Ed25519", EVP_PKEY_ED25519, 256 },
	{ "ecdsa", "ECDSA P-256", EVP_PKEY_EC, 256 },
	{ "ecdsa:256", "ECDSA P-256", EVP_PKEY_EC, 256 },
	{ "ecdsa:384", "ECDSA P-384", EVP_PKEY_EC, 384 },
	{ "ecdsa:521", "ECDSA P-521", EVP_PKEY_EC, 521 },
	{ "rsa", "RSA-3072", EVP_PKEY_RSA, 3072 },
	{ "rsa:2048", "RSA-2048", EVP_PKEY_RSA, 2048 },
};

struct trial trial_new(void)
{
	struct trial trial = { .root = "/tmp/ipsec-ctl-ca-XXXXXX", .now = NOW };

	setenv("TZ", "UTC", 1);
	ck_assert_ptr_nonnull(mkdtemp(trial.root));
	return trial;
}

void trial_forget(struct trial *trial)
{
	free(trial->out);
	free(trial->err);
	trial->out = trial->err = NULL;
}

void trial_remove(struct trial *trial)
{
	char command[128];

	trial_forget(trial);
	snprintf(command, sizeof(command), "rm -r %s", trial->root);
	ck_assert_int_eq(system(command), 0);
}

static void take_out(char *text, const char *what)
{
	char *at;

	while ((at = strstr(text, what)))
		memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
}

int trial_run(struct trial *trial, ...)
{
	struct ctl ctl = { .fd = -1, .style.now_ms = trial->now * 1000 };
	char *argv[MAX_ARGS + 4] = { strdup("ipsec-ctl"), strdup("--root"),
		strdup(trial->root) };
	size_t out_size, err_size;
	int argc = 3, code;
	const char *word;
	va_list words;

	va_start(words, trial);
	while ((word = va_arg(words, const char *)) && argc < MAX_ARGS)
		argv[argc++] = strdup(word);
	va_end(words);
	trial_forget(trial);
	ctl.out = open_memstream(&trial->out, &out_size);
	ctl.err = open_memstream(&trial->err, &err_size);
	code = ctl_run(&ctl, argc, argv);
	fclose(ctl.out);
	fclose(ctl.err);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	take_out(trial->out, trial->root);
	take_out(trial->err, trial->root);
	records_check(trial->out);
	records_check(trial->err);
	return code;
}

void trial_failed(
	const struct trial *trial, int code, int expected, const char *text)
{
	ck_assert_msg(code == expected, "%d: %s", code, trial->err);
	ck_assert_str_eq(trial->out, "");
	ck_assert_msg(strstr(trial->err, text) != NULL, "no '%s' in: %s", text,
		trial->err);
}

const char *trial_path(const struct trial *trial, const char *name)
{
	static char path[PATH];

	snprintf(path, sizeof(path), "%s/%s", trial->root, name);
	return path;
}

mode_t trial_mode(const struct trial *trial, const char *name)
{
	struct stat st;

	if (lstat(trial_path(trial, name), &st) < 0)
		return MISSING;
	return st.st_mode & 07777;
}

char *trial_text(const struct trial *trial, const char *name)
{
	FILE *file = fopen(trial_path(trial, name), "r");
	char *text = calloc(1, 65536);

	ck_assert_msg(file != NULL, "%s", name);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, 65535, file), 65535);
	fclose(file);
	return text;
}

void trial_write(const struct trial *trial, const char *name, const char *text,
	mode_t mode)
{
	const char *path = trial_path(trial, name);
	FILE *file;

	unlink(path);
	file = fopen(path, "w");
	ck_assert_msg(file != NULL, "%s", name);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

bool trial_holds(const struct trial *trial, const char *name, const char *what)
{
	char *text = trial_text(trial, name);
	bool found = strstr(text, what) != NULL;

	free(text);
	return found;
}

X509 *trial_certificate(const struct trial *trial, const char *name, int index)
{
	FILE *file = fopen(trial_path(trial, name), "r");
	X509 *x509 = NULL;

	ck_assert_msg(file != NULL, "%s", name);
	for (int i = 0; i <= index; i++) {
		X509_free(x509);
		x509 = PEM_read_X509(file, NULL, NULL, NULL);
	}
	fclose(file);
	return x509;
}

EVP_PKEY *trial_key(const struct trial *trial, const char *name)
{
	FILE *file = fopen(trial_path(trial, name), "r");
	EVP_PKEY *key;

	ck_assert_msg(file != NULL, "%s", name);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	ck_assert_msg(key != NULL, "%s", name);
	return key;
}

bool trial_fits(
	const struct trial *trial, const char *certificate, const char *key)
{
	X509 *x509 = trial_certificate(trial, certificate, 0);
	EVP_PKEY *pkey = trial_key(trial, key);
	bool fits = X509_check_private_key(x509, pkey) == 1;

	X509_free(x509);
	EVP_PKEY_free(pkey);
	return fits;
}

bool trial_issued_by(
	const struct trial *trial, const char *certificate, const char *issuer)
{
	X509 *x509 = trial_certificate(trial, certificate, 0);
	X509 *from = trial_certificate(trial, issuer, 0);
	bool by = X509_verify(x509, X509_get0_pubkey(from)) == 1 &&
		  X509_check_issued(from, x509) == X509_V_OK;

	X509_free(x509);
	X509_free(from);
	return by;
}

void trial_valid(
	const struct trial *trial, const char *certificate, int64_t days)
{
	X509 *x509 = trial_certificate(trial, certificate, 0);
	int64_t from = trial->now - 3600;

	ck_assert_int_eq(
		ASN1_TIME_cmp_time_t(X509_get0_notBefore(x509), (time_t)from),
		0);
	ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notAfter(x509),
				 (time_t)(from + days * DAY)),
		0);
	X509_free(x509);
}

json_t *trial_record(const char *text, const char *kind)
{
	json_t *record = NULL;

	for (; *text; text = strchr(text, '\n') + 1) {
		json_decref(record);
		record = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
		ck_assert_ptr_nonnull(record);
		ck_assert_str_eq(
			json_string_value(json_object_get(record, "schema")),
			"ipsecd/1");
		if (strcmp(json_string_value(json_object_get(record, "record")),
			    kind) == 0)
			return record;
	}
	ck_abort_msg("no record '%s'", kind);
	return NULL;
}

const char *trial_string(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text ? text : "";
}

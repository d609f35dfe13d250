/* ctl_ca.c - ipsec-ctl keygen, ca and list certs, in a folder of their own.
 * SPDX-License-Identifier: ISC
 *
 * What the files hold is read back by libcrypto itself.
 */
#include "daemon/ctl_verbs.h"

#include "daemon/report.h"
#include "tests/suite.h"
#include "tests/unit/records.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* 2026-11-22 16:09:31 UTC */
#define NOW     INT64_C(1795363771)
#define MISSING ((mode_t)-1)

#define TEN    "1234567890"
#define SIXTY4 TEN TEN TEN TEN TEN TEN "1234"

enum { MAX_ARGS = 24, DAY = 86400, PATH = 512 };

struct trial {
	char root[64];
	int64_t now;
	char *out, *err; /* of the last run */
};

static struct trial trial_new(void)
{
	struct trial trial = { .root = "/tmp/ipsec-ctl-ca-XXXXXX", .now = NOW };

	setenv("TZ", "UTC", 1);
	ck_assert_ptr_nonnull(mkdtemp(trial.root));
	return trial;
}

static void trial_forget(struct trial *trial)
{
	free(trial->out);
	free(trial->err);
	trial->out = trial->err = NULL;
}

static void trial_remove(struct trial *trial)
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

/* ipsec-ctl with these words, up to NULL, and --root: the exit code.  In what it
 * said, the folder is left out. */
static int run(struct trial *trial, ...)
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

/* What must go well. */
#define RUN(TRIAL, ...)                                                        \
	do {                                                                   \
		int code_ = run(TRIAL, __VA_ARGS__, NULL);                     \
		ck_assert_msg(code_ == 0, "%d: %s", code_, (TRIAL)->err);      \
		ck_assert_str_eq((TRIAL)->err, "");                            \
	} while (0)

static void failed(
	const struct trial *trial, int code, int expected, const char *text)
{
	ck_assert_msg(code == expected, "%d: %s", code, trial->err);
	ck_assert_str_eq(trial->out, "");
	ck_assert_msg(strstr(trial->err, text) != NULL, "no '%s' in: %s", text,
		trial->err);
}

/* What must not, with that code, and a text in what is said of it. */
#define FAILS(TRIAL, CODE, TEXT, ...)                                          \
	failed(TRIAL, run(TRIAL, __VA_ARGS__, NULL), CODE, TEXT)

static const char *path_of(const struct trial *trial, const char *name)
{
	static char path[PATH];

	snprintf(path, sizeof(path), "%s/%s", trial->root, name);
	return path;
}

#define ETC "etc/ipsecd/"

/* Its permissions, or MISSING. */
static mode_t mode_of(const struct trial *trial, const char *name)
{
	struct stat st;

	if (lstat(path_of(trial, name), &st) < 0)
		return MISSING;
	return st.st_mode & 07777;
}

/* To be freed. */
static char *text_of(const struct trial *trial, const char *name)
{
	FILE *file = fopen(path_of(trial, name), "r");
	char *text = calloc(1, 65536);

	ck_assert_msg(file != NULL, "%s", name);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, 65535, file), 65535);
	fclose(file);
	return text;
}

static void write_text(const struct trial *trial, const char *name,
	const char *text, mode_t mode)
{
	const char *path = path_of(trial, name);
	FILE *file;

	unlink(path);
	file = fopen(path, "w");
	ck_assert_msg(file != NULL, "%s", name);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static bool holds(const struct trial *trial, const char *name, const char *what)
{
	char *text = text_of(trial, name);
	bool found = strstr(text, what) != NULL;

	free(text);
	return found;
}

/* The index-th certificate of a file, NULL past the last. */
static X509 *certificate_in(
	const struct trial *trial, const char *name, int index)
{
	FILE *file = fopen(path_of(trial, name), "r");
	X509 *x509 = NULL;

	ck_assert_msg(file != NULL, "%s", name);
	for (int i = 0; i <= index; i++) {
		X509_free(x509);
		x509 = PEM_read_X509(file, NULL, NULL, NULL);
	}
	fclose(file);
	return x509;
}

static EVP_PKEY *key_in(const struct trial *trial, const char *name)
{
	FILE *file = fopen(path_of(trial, name), "r");
	EVP_PKEY *key;

	ck_assert_msg(file != NULL, "%s", name);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	ck_assert_msg(key != NULL, "%s", name);
	return key;
}

static bool goes_with(
	const struct trial *trial, const char *certificate, const char *key)
{
	X509 *x509 = certificate_in(trial, certificate, 0);
	EVP_PKEY *pkey = key_in(trial, key);
	bool fits = X509_check_private_key(x509, pkey) == 1;

	X509_free(x509);
	EVP_PKEY_free(pkey);
	return fits;
}

static bool issued_by(
	const struct trial *trial, const char *certificate, const char *issuer)
{
	X509 *x509 = certificate_in(trial, certificate, 0);
	X509 *from = certificate_in(trial, issuer, 0);
	bool by = X509_verify(x509, X509_get0_pubkey(from)) == 1 &&
		  X509_check_issued(from, x509) == X509_V_OK;

	X509_free(x509);
	X509_free(from);
	return by;
}

/* From an hour ago, so many days long. */
static void valid_for(
	const struct trial *trial, const char *certificate, int64_t days)
{
	X509 *x509 = certificate_in(trial, certificate, 0);
	int64_t from = trial->now - 3600;

	ck_assert_int_eq(
		ASN1_TIME_cmp_time_t(X509_get0_notBefore(x509), (time_t)from),
		0);
	ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notAfter(x509),
				 (time_t)(from + days * DAY)),
		0);
	X509_free(x509);
}

/* --- keygen -------------------------------------------------------------------- */

static const struct {
	const char *kind, *name;
	int id, bits;
} kinds[] = {
	{ "ed25519", "Ed25519", EVP_PKEY_ED25519, 256 },
	{ "ecdsa", "ECDSA P-256", EVP_PKEY_EC, 256 },
	{ "ecdsa:256", "ECDSA P-256", EVP_PKEY_EC, 256 },
	{ "ecdsa:384", "ECDSA P-384", EVP_PKEY_EC, 384 },
	{ "ecdsa:521", "ECDSA P-521", EVP_PKEY_EC, 521 },
	{ "rsa", "RSA-3072", EVP_PKEY_RSA, 3072 },
	{ "rsa:2048", "RSA-2048", EVP_PKEY_RSA, 2048 },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

START_TEST(keygen_makes_each_kind)
{
	struct trial t = trial_new();
	char file[PATH], expected[PATH], *text;
	EVP_PKEY *key, *half;
	BIO *said;

	snprintf(file, sizeof(file), "%s/k", t.root);
	RUN(&t, "keygen", kinds[_i].kind, "-o", file);
	ck_assert_uint_eq(mode_of(&t, "k"), 0600);
	ck_assert(holds(&t, "k", "-----BEGIN PRIVATE KEY-----\n"));
	key = key_in(&t, "k");
	ck_assert_int_eq(EVP_PKEY_get_base_id(key), kinds[_i].id);
	if (kinds[_i].id == EVP_PKEY_RSA)
		ck_assert_int_eq(EVP_PKEY_get_bits(key), kinds[_i].bits);
	/* What is said is a file with the public half. */
	snprintf(expected, sizeof(expected),
		"/k: a new key, %s; the other side needs its public half:\n"
		"-----BEGIN PUBLIC KEY-----\n",
		kinds[_i].name);
	ck_assert_msg(
		strncmp(t.out, expected, strlen(expected)) == 0, "%s", t.out);
	said = BIO_new_mem_buf(t.out, -1);
	half = PEM_read_bio_PUBKEY(said, NULL, NULL, NULL);
	ck_assert_int_eq(EVP_PKEY_eq(half, key), 1);
	EVP_PKEY_free(half);
	EVP_PKEY_free(key);
	BIO_free(said);
	/* Never over one that is there. */
	text = text_of(&t, "k");
	FAILS(&t, 1, "'/k' is there already", "keygen", kinds[_i].kind, "-o",
		file);
	ck_assert(holds(&t, "k", text));
	free(text);
	trial_remove(&t);
}
END_TEST

START_TEST(keygen_elsewhere)
{
	struct trial t = trial_new();
	char file[PATH];
	json_t *record;

	RUN(&t, "keygen", "ed25519", "-o", "-");
	ck_assert(strncmp(t.out, "-----BEGIN PRIVATE KEY-----\n", 28) == 0);
	snprintf(file, sizeof(file), "%s/nowhere/k", t.root);
	FAILS(&t, 1, "No such file", "keygen", "ed25519", "-o", file);
	FAILS(&t, 2, "-o FILE says where", "keygen", "ed25519");
	snprintf(file, sizeof(file), "%s/k", t.root);
	RUN(&t, "-j", "keygen", "ed25519", "-o", file);
	record = json_loads(t.out, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(record, "schema")),
		"ipsecd/1");
	ck_assert_str_eq(
		json_string_value(json_object_get(record, "key")), "Ed25519");
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_object_get(record, "public_key")),
			"BEGIN PUBLIC KEY"));
	/* The key itself stands in the file alone. */
	ck_assert_ptr_null(strstr(t.out, "PRIVATE"));
	json_decref(record);
	snprintf(file, sizeof(file), "%s/q", t.root);
	RUN(&t, "-q", "keygen", "ecdsa", "-o", file);
	ck_assert_str_eq(t.out, "");
	trial_remove(&t);
}
END_TEST

START_TEST(keys_that_are_none)
{
	static const char *const bad[] = { "", "dsa", "rsa:", "rsa:1024",
		"rsa:2047", "rsa:2049", "rsa:8200", "rsa:99999", "rsa:4096x",
		"rsa:-4096", "ecdsa:", "ecdsa:255", "ecdsa:p256", "Ed25519",
		"ed448 " };
	struct trial t = trial_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FAILS(&t, 2, "no keys of kind", "keygen", bad[i], "-o", "/x/y");
		FAILS(&t, 2, "no keys of kind", "ca", "init", "--key", bad[i]);
	}
	ck_assert_uint_eq(mode_of(&t, "etc"), MISSING);
	trial_remove(&t);
}
END_TEST

/* --- ca init ------------------------------------------------------------------- */

START_TEST(init_makes_an_authority)
{
	static const struct {
		const char *name;
		mode_t mode;
	} made[] = {
		{ "etc", 0755 },
		{ ETC, 0750 },
		{ ETC "ca", 0755 },
		{ ETC "certs", 0755 },
		{ ETC "crls", 0755 },
		{ ETC "secrets", 0750 },
		{ ETC "ca/ca.pem", 0644 },
		{ ETC "secrets/ca.key", 0600 },
	};
	struct trial t = trial_new();
	char *certificate, *key, cn[80];
	unsigned int number;
	X509 *x509;
	int end = 0;

	umask(077);
	RUN(&t, "ca", "init");
	umask(022);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		ck_assert_msg(mode_of(&t, made[i].name) == made[i].mode, "%s",
			made[i].name);
	ck_assert(goes_with(&t, ETC "ca/ca.pem", ETC "secrets/ca.key"));
	ck_assert(issued_by(&t, ETC "ca/ca.pem", ETC "ca/ca.pem"));
	valid_for(&t, ETC "ca/ca.pem", 3650);
	x509 = certificate_in(&t, ETC "ca/ca.pem", 0);
	ck_assert_int_eq(X509_check_ca(x509), 1);
	ck_assert_int_eq(EVP_PKEY_get_bits(X509_get0_pubkey(x509)), 256);
	X509_NAME_get_text_by_NID(
		X509_get_subject_name(x509), NID_commonName, cn, sizeof(cn));
	ck_assert_int_eq(sscanf(cn, "ipsecd ca %8x%n", &number, &end), 1);
	ck_assert_int_eq(cn[end], '\0');
	X509_free(x509);
	ck_assert_ptr_nonnull(strstr(t.out, "/etc/ipsecd/ca/ca.pem: "));
	ck_assert_ptr_nonnull(strstr(t.out, cn));
	ck_assert_ptr_nonnull(strstr(t.out, "ECDSA P-256, until 2036-11-19\n"));
	ck_assert_ptr_nonnull(
		strstr(t.out, "/etc/ipsecd/secrets/ca.key: its key\n"));

	/* A second time it is as it was. */
	certificate = text_of(&t, ETC "ca/ca.pem");
	key = text_of(&t, ETC "secrets/ca.key");
	FAILS(&t, 1, "'/etc/ipsecd/ca/ca.pem' is there already", "ca", "init");
	unlink(path_of(&t, ETC "ca/ca.pem"));
	FAILS(&t, 1, "'/etc/ipsecd/secrets/ca.key' is there already", "ca",
		"init");
	ck_assert_uint_eq(mode_of(&t, ETC "ca/ca.pem"), MISSING);
	ck_assert(holds(&t, ETC "secrets/ca.key", key));
	free(certificate);
	free(key);
	trial_remove(&t);
}
END_TEST

START_TEST(where_nobody_may_write)
{
	const uid_t nobody = 65534, me = geteuid();
	struct trial t = trial_new();
	int init, keygen;

	ck_assert_int_eq(chmod(t.root, 0555), 0);
	if (me == 0)
		ck_assert_int_eq(seteuid(nobody), 0);
	init = run(&t, "ca", "init", NULL);
	keygen = run(&t, "keygen", "ed25519", "-o", path_of(&t, "k"), NULL);
	if (me == 0)
		ck_assert_int_eq(seteuid(me), 0);
	ck_assert_int_eq(init, REPORT_PERMISSION);
	ck_assert_int_eq(keygen, REPORT_PERMISSION);
	ck_assert_ptr_nonnull(strstr(t.err, "'/k': Permission denied"));
	ck_assert_uint_eq(mode_of(&t, "etc"), MISSING);
	ck_assert_int_eq(chmod(t.root, 0700), 0);
	trial_remove(&t);
}
END_TEST

START_TEST(authorities_of_each_kind)
{
	struct trial t = trial_new();
	X509 *x509;

	RUN(&t, "ca", "init", "Mine_2.x", "--key", kinds[_i].kind, "--days",
		"1000");
	valid_for(&t, ETC "ca/Mine_2.x.pem", 1000);
	RUN(&t, "ca", "issue", "a.example", "--ca", "Mine_2.x", "--key",
		kinds[_i].kind);
	ck_assert(issued_by(
		&t, ETC "certs/a.example.pem", ETC "ca/Mine_2.x.pem"));
	ck_assert(goes_with(
		&t, ETC "certs/a.example.pem", ETC "secrets/a.example.key"));
	x509 = certificate_in(&t, ETC "certs/a.example.pem", 0);
	ck_assert_int_eq(
		EVP_PKEY_get_base_id(X509_get0_pubkey(x509)), kinds[_i].id);
	X509_free(x509);
	trial_remove(&t);
}
END_TEST

START_TEST(authorities_that_are_none)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "../a", "a..b",
		"-a", ".a", "a b", "a\nb", "\xc3\xa4",
		"12345678901234567890123456789012345678901" };
	struct trial t = trial_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FAILS(&t, 2, "", "ca", "init", "--", bad[i]);
		ck_assert_uint_eq(mode_of(&t, "etc"), MISSING);
		FAILS(&t, 2, "", "ca", "issue", "a", "--ca", bad[i]);
	}
	FAILS(&t, 2, "usage: ipsec-ctl ca init [NAME]", "ca", "init", "a", "b");
	FAILS(&t, 2, "--days: not '0'", "ca", "init", "--days", "0");
	FAILS(&t, 2, "--days: not '-1'", "ca", "init", "--days=-1");
	FAILS(&t, 2, "--days: not '9d'", "ca", "init", "--days", "9d");
	FAILS(&t, 2, "--days: not '36501'", "ca", "init", "--days", "36501");
	FAILS(&t, 2, "ca init does not take --san", "ca", "init", "--san", "a");
	FAILS(&t, 2, "ca init, ca issue, ca revoke or ca crl", "ca");
	FAILS(&t, 2, "did you mean 'ca issue'", "ca", "isue");
	ck_assert_uint_eq(mode_of(&t, "etc"), MISSING);
	trial_remove(&t);
}
END_TEST

START_TEST(an_authority_below_another)
{
	struct trial t = trial_new();
	X509 *step, *third;

	RUN(&t, "ca", "init");
	RUN(&t, "ca", "init", "step", "--ca", "ca", "--days", "3000");
	ck_assert(issued_by(&t, ETC "ca/step.pem", ETC "ca/ca.pem"));
	step = certificate_in(&t, ETC "ca/step.pem", 0);
	ck_assert_int_eq(X509_check_ca(step), 1);
	ck_assert_int_eq(X509_get_pathlen(step), 0);
	X509_free(step);
	FAILS(&t, 1, "that authority may not make another one", "ca", "init",
		"third", "--ca", "step", "--days", "9");
	ck_assert_uint_eq(mode_of(&t, ETC "ca/third.pem"), MISSING);
	ck_assert_uint_eq(mode_of(&t, ETC "secrets/third.key"), MISSING);
	FAILS(&t, 1, "it would be valid longer than its authority", "ca",
		"init", "third", "--ca", "ca", "--days", "3651");

	/* By itself no longer than the one above. */
	t.now += 60;
	RUN(&t, "ca", "init", "usual", "--ca", "ca");
	ck_assert(issued_by(&t, ETC "ca/usual.pem", ETC "ca/ca.pem"));

	/* What it issues brings it along. */
	RUN(&t, "ca", "issue", "a", "--ca", "step");
	ck_assert(issued_by(&t, ETC "certs/a.pem", ETC "ca/step.pem"));
	step = certificate_in(&t, ETC "certs/a.pem", 1);
	ck_assert_ptr_nonnull(step);
	ck_assert_int_eq(X509_check_ca(step), 1);
	X509_free(step);
	third = certificate_in(&t, ETC "certs/a.pem", 2);
	ck_assert_ptr_null(third);
	RUN(&t, "ca", "issue", "b", "--ca", "step", "--out",
		path_of(&t, "bundle"));
	ck_assert_uint_eq(mode_of(&t, "bundle/ca/step.pem"), MISSING);
	ck_assert(issued_by(&t, "bundle/ca/ca.pem", ETC "ca/ca.pem"));
	/* The other by itself. */
	RUN(&t, "ca", "issue", "c");
	third = certificate_in(&t, ETC "certs/c.pem", 1);
	ck_assert_ptr_null(third);

	RUN(&t, "ca", "revoke", "step");
	ck_assert(holds(&t, ETC "crls/ca.crl", "BEGIN X509 CRL"));
	trial_remove(&t);
}
END_TEST

/* --- ca issue ------------------------------------------------------------------ */

START_TEST(issue_makes_what_proves_a_peer)
{
	struct trial t = trial_new();
	char *text, *line;
	X509 *x509;

	RUN(&t, "ca", "init");
	RUN(&t, "ca", "issue", "vpn.example.com", "--san", "192.0.2.1", "--san",
		"dns:other.example", "--san", "u@example.com", "--san",
		"2001:db8::1", "--san", "192.0.2.1");
	ck_assert_uint_eq(mode_of(&t, ETC "certs/vpn.example.com.pem"), 0644);
	ck_assert_uint_eq(mode_of(&t, ETC "secrets/vpn.example.com.key"), 0600);
	ck_assert(issued_by(
		&t, ETC "certs/vpn.example.com.pem", ETC "ca/ca.pem"));
	ck_assert(goes_with(&t, ETC "certs/vpn.example.com.pem",
		ETC "secrets/vpn.example.com.key"));
	valid_for(&t, ETC "certs/vpn.example.com.pem", 730);
	ck_assert_str_eq(t.out,
		"/etc/ipsecd/certs/vpn.example.com.pem: certificate of "
		"'CN=vpn.example.com', ECDSA P-256, until 2028-11-21\n"
		"/etc/ipsecd/secrets/vpn.example.com.key: its key\n");
	x509 = certificate_in(&t, ETC "certs/vpn.example.com.pem", 0);
	ck_assert_int_eq(
		X509_check_host(x509, "vpn.example.com", 0, 0, NULL), 1);
	ck_assert_int_eq(X509_check_host(x509, "other.example", 0, 0, NULL), 1);
	ck_assert_int_eq(X509_check_email(x509, "u@example.com", 0, 0), 1);
	ck_assert_int_eq(X509_check_ip_asc(x509, "192.0.2.1", 0), 1);
	ck_assert_int_eq(X509_check_ip_asc(x509, "2001:db8::1", 0), 1);
	/* Windows looks for an address there. */
	ck_assert_int_eq(X509_check_host(x509, "192.0.2.1", 0, 0, NULL), 1);
	ck_assert_int_eq(X509_check_host(x509, "2001:db8::1", 0, 0, NULL), 1);
	X509_free(x509);

	ck_assert_uint_eq(mode_of(&t, ETC "ca/issued.tsv"), 0600);
	text = text_of(&t, ETC "ca/issued.tsv");
	line = strchr(text, '\n') + 1;
	ck_assert_msg(strncmp(line, "cert\tca\t", 8) == 0, "%s", line);
	ck_assert_str_eq(line + 8 + 32,
		"\tvpn.example.com\t2026-11-22T16:09:31.000Z\t"
		"2028-11-21T15:09:31.000Z\t-\n");
	free(text);

	/* A second time nothing changes. */
	text = text_of(&t, ETC "ca/issued.tsv");
	FAILS(&t, 1, "is there already", "ca", "issue", "vpn.example.com");
	unlink(path_of(&t, ETC "certs/vpn.example.com.pem"));
	FAILS(&t, 1, "vpn.example.com.key' is there already", "ca", "issue",
		"vpn.example.com");
	ck_assert_uint_eq(
		mode_of(&t, ETC "certs/vpn.example.com.pem"), MISSING);
	ck_assert(holds(&t, ETC "ca/issued.tsv", text));
	free(text);
	trial_remove(&t);
}
END_TEST

START_TEST(names_of_every_kind)
{
	static const struct {
		const char *name;
		int type;
	} good[] = {
		{ "vpn", GEN_DNS },
		{ "a_b-c.example", GEN_DNS },
		{ "u@example.com", GEN_EMAIL },
		{ "u+v@example.com", GEN_EMAIL },
		{ "192.0.2.1", GEN_IPADD },
		{ "2001:db8::1", GEN_IPADD },
		{ SIXTY4, GEN_DNS },
	};
	struct trial t = trial_new();
	char file[PATH], cn[80];

	RUN(&t, "ca", "init");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		GENERAL_NAMES *alt;
		X509 *x509;

		RUN(&t, "ca", "issue", good[i].name);
		snprintf(file, sizeof(file), ETC "certs/%s.pem", good[i].name);
		x509 = certificate_in(&t, file, 0);
		X509_NAME_get_text_by_NID(X509_get_subject_name(x509),
			NID_commonName, cn, sizeof(cn));
		ck_assert_str_eq(cn, good[i].name);
		alt = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
		ck_assert_int_eq(sk_GENERAL_NAME_num(alt),
			good[i].type == GEN_IPADD ? 2 : 1);
		ck_assert_int_eq(
			sk_GENERAL_NAME_value(alt, 0)->type, good[i].type);
		GENERAL_NAMES_free(alt);
		X509_free(x509);
	}
	trial_remove(&t);
}
END_TEST

START_TEST(names_that_are_none)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "../ca",
		"a..b", ".a", "-a", "a b", "a\tb", "a\nb", "\xc3\xa4.example",
		"a,b", "*.example.com", "CN=a", "dns:a", "fqdn:a", "keyid:a",
		"ip:1", "a.", "a@b@c", "a@", "any", "a:b", "192.0.2.1:500",
		(SIXTY4 "5") };
	static const char *const bad_san[] = { "", "a b", "*.example.com",
		"a..b", ".a", "a.", "dns:", "dns:a b", "dns:a:b", "email:a",
		"email:a@b@c", "email:a b@c", "ip:192.0.2.256", "ip:vpn",
		"keyid:abc", "C=CH, CN=a", "a/b", "\xc3\xa4.example",
		"u@\xc3\xa4.example" };
	struct trial t = trial_new();
	char longest[300] = "dns:";

	RUN(&t, "ca", "init");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(&t, 2, "", "ca", "issue", "--", bad[i]);
	for (size_t i = 0; i < sizeof(bad_san) / sizeof(bad_san[0]); i++)
		FAILS(&t, 2, "is no name that a certificate could have", "ca",
			"issue", "a", "--san", bad_san[i]);
	memset(longest + 4, 'a', 254);
	FAILS(&t, 2, "is no name", "ca", "issue", "a", "--san", longest);
	memset(longest + 4, 'a', sizeof(longest) - 5);
	FAILS(&t, 2, "is no name", "ca", "issue", "a", "--san", longest);
	/* Nothing came of any of them. */
	ck_assert_uint_eq(mode_of(&t, ETC "ca/issued.tsv"), MISSING);
	ck_assert_uint_eq(mode_of(&t, ETC "secrets/a.key"), MISSING);
	trial_remove(&t);
}
END_TEST

START_TEST(many_names)
{
	struct ctl ctl = { .fd = -1, .style.now_ms = NOW * 1000 };
	struct trial t = trial_new();
	char *argv[CTL_MAX_SANS * 2 + 16] = { strdup("ipsec-ctl"),
		strdup("--root"), strdup(t.root), strdup("ca"), strdup("issue"),
		strdup("a") };
	GENERAL_NAMES *alt;
	int argc = 6;
	size_t size;
	X509 *x509;

	RUN(&t, "ca", "init");
	for (int i = 0; i <= CTL_MAX_SANS; i++) {
		argv[argc++] = strdup("--san");
		ck_assert_int_ge(asprintf(&argv[argc++], "192.0.2.%d", i), 0);
	}
	trial_forget(&t);
	ctl.out = open_memstream(&t.out, &size);
	ctl.err = ctl.out;
	ck_assert_int_eq(ctl_run(&ctl, argc, argv), 2);
	fclose(ctl.out);
	ck_assert_ptr_nonnull(strstr(t.out, "--san: more than 30 of them"));
	free(t.out);
	ctl = (struct ctl){ .fd = -1, .style.now_ms = NOW * 1000 };
	ctl.out = open_memstream(&t.out, &size);
	ctl.err = ctl.out;
	ck_assert_int_eq(ctl_run(&ctl, argc - 2, argv), 0);
	fclose(ctl.out);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	x509 = certificate_in(&t, ETC "certs/a.pem", 0);
	alt = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	ck_assert_int_eq(sk_GENERAL_NAME_num(alt), 1 + 2 * CTL_MAX_SANS);
	GENERAL_NAMES_free(alt);
	X509_free(x509);
	trial_remove(&t);
}
END_TEST

START_TEST(a_bundle_for_another_machine)
{
	static const struct {
		const char *name;
		mode_t mode;
	} made[] = {
		{ "away", 0700 },
		{ "away/ca", 0755 },
		{ "away/certs", 0755 },
		{ "away/secrets", 0700 },
		{ "away/ca/ca.pem", 0644 },
		{ "away/certs/b.pem", 0644 },
		{ "away/secrets/b.key", 0600 },
		{ ETC "certs/b.pem", 0644 },
	};
	struct trial t = trial_new(), other;
	char away[PATH];

	snprintf(away, sizeof(away), "%s/away", t.root);
	RUN(&t, "ca", "init");
	RUN(&t, "ca", "issue", "b", "--out", away);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		ck_assert_msg(mode_of(&t, made[i].name) == made[i].mode, "%s",
			made[i].name);
	/* The key is there alone. */
	ck_assert_uint_eq(mode_of(&t, ETC "secrets/b.key"), MISSING);
	ck_assert(goes_with(&t, "away/certs/b.pem", "away/secrets/b.key"));
	ck_assert(issued_by(&t, "away/certs/b.pem", "away/ca/ca.pem"));
	ck_assert_ptr_nonnull(strstr(t.out, "copy what is in it to"));
	/* A second one beside it, but none over it. */
	RUN(&t, "ca", "issue", "c", "--out", away);
	FAILS(&t, 1, "certs/b.pem' is there already", "ca", "issue", "b",
		"--out", away);
	unlink(path_of(&t, ETC "certs/b.pem"));
	FAILS(&t, 1, "secrets/b.key' is there already", "ca", "issue", "b",
		"--out", away);
	unlink(path_of(&t, "away/secrets/b.key"));
	FAILS(&t, 1, "away/certs/b.pem' is there already", "ca", "issue", "b",
		"--out", away);
	/* Nor beside what another authority has issued. */
	other = trial_new();
	RUN(&other, "ca", "init");
	FAILS(&other, 1, "is that of another authority", "ca", "issue", "d",
		"--out", away);
	ck_assert_uint_eq(mode_of(&t, "away/secrets/d.key"), MISSING);
	ck_assert_uint_eq(mode_of(&other, ETC "certs/d.pem"), MISSING);
	ck_assert(!holds(&other, ETC "ca/issued.tsv", "\td\t"));
	/* A file in its way. */
	write_text(&other, "file", "", 0600);
	snprintf(away, sizeof(away), "%s/file", other.root);
	FAILS(&other, 1, "Not a directory", "ca", "issue", "d", "--out", away);
	trial_remove(&other);
	trial_remove(&t);
}
END_TEST

START_TEST(no_authority_nothing_issued)
{
	struct trial t = trial_new(), other = trial_new();
	char *text;

	FAILS(&t, 1, "ipsec-ctl ca init makes one", "ca", "issue", "a");
	FAILS(&t, 1, "there is no authority 'b'", "ca", "issue", "a", "--ca",
		"b");
	FAILS(&t, 1, "there is no authority", "ca", "crl");
	FAILS(&t, 1, "there is no authority", "ca", "revoke", "a");
	FAILS(&t, 1, "there is no authority", "ca", "init", "a", "--ca", "b");
	ck_assert_uint_eq(mode_of(&t, "etc"), MISSING);

	RUN(&t, "ca", "init");
	RUN(&other, "ca", "init");
	RUN(&other, "ca", "issue", "x");
	/* Its key is not there, open to all, another, none. */
	ck_assert_int_eq(chmod(path_of(&t, ETC "secrets/ca.key"), 0644), 0);
	FAILS(&t, 1, "others can read it", "ca", "issue", "a");
	text = text_of(&other, ETC "secrets/ca.key");
	write_text(&t, ETC "secrets/ca.key", text, 0600);
	free(text);
	FAILS(&t, 1, "the key is not that of the authority's certificate", "ca",
		"issue", "a");
	FAILS(&t, 1, "the key is not that of the authority's certificate", "ca",
		"crl");
	write_text(&t, ETC "secrets/ca.key", "nothing", 0600);
	FAILS(&t, 1, "the authority's key: ", "ca", "issue", "a");
	unlink(path_of(&t, ETC "secrets/ca.key"));
	FAILS(&t, 1, "the authority's key: ", "ca", "issue", "a");
	/* Its certificate is none, or not one of an authority. */
	text = text_of(&other, ETC "secrets/x.key");
	write_text(&t, ETC "secrets/ca.key", text, 0600);
	free(text);
	text = text_of(&other, ETC "certs/x.pem");
	write_text(&t, ETC "ca/ca.pem", text, 0644);
	free(text);
	FAILS(&t, 1, "not one of an authority", "ca", "issue", "a");
	write_text(&t, ETC "ca/ca.pem", "nothing", 0644);
	FAILS(&t, 1, "ca.pem", "ca", "issue", "a");
	ck_assert_uint_eq(mode_of(&t, ETC "certs/a.pem"), MISSING);
	ck_assert_uint_eq(mode_of(&t, ETC "secrets/a.key"), MISSING);
	ck_assert_uint_eq(mode_of(&t, ETC "ca/issued.tsv"), MISSING);
	trial_remove(&other);
	trial_remove(&t);
}
END_TEST

START_TEST(nothing_lives_longer_than_its_authority)
{
	struct trial t = trial_new();

	RUN(&t, "ca", "init", "--days", "100");
	FAILS(&t, 1, "fewer --days", "ca", "issue", "a", "--days", "101");
	ck_assert_uint_eq(mode_of(&t, ETC "secrets/a.key"), MISSING);
	/* What nobody asked for is as long as can be. */
	t.now += DAY;
	RUN(&t, "ca", "issue", "c");
	valid_for(&t, ETC "certs/c.pem", 99);
	RUN(&t, "ca", "init", "step", "--ca", "ca");
	valid_for(&t, ETC "ca/step.pem", 99);
	t.now -= DAY;
	RUN(&t, "ca", "issue", "a", "--days", "100");
	t.now += 1;
	FAILS(&t, 1, "longer than its authority", "ca", "issue", "b", "--days",
		"100");
	trial_remove(&t);
}
END_TEST

/* Room for the row, but not for what it is about. */
START_TEST(a_full_disk_leaves_nothing)
{
	const struct rlimit little = { 200, RLIM_INFINITY };
	struct trial t = trial_new();
	struct rlimit before;
	int code;

	RUN(&t, "ca", "init");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	code = run(&t, "ca", "issue", "a", NULL);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	ck_assert_int_eq(code, 1);
	ck_assert_ptr_nonnull(strstr(t.err, "File too large"));
	ck_assert_uint_eq(mode_of(&t, ETC "secrets/a.key"), MISSING);
	ck_assert_uint_eq(mode_of(&t, ETC "certs/a.pem"), MISSING);
	ck_assert(!holds(&t, ETC "ca/issued.tsv", "cert"));
	RUN(&t, "ca", "issue", "a");
	trial_remove(&t);
}
END_TEST

START_TEST(one_at_a_time)
{
	struct trial t = trial_new();
	int fd;

	RUN(&t, "ca", "init");
	fd = open(path_of(&t, ETC "ca"), O_RDONLY);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	FAILS(&t, 1, "another ipsec-ctl is at work", "ca", "issue", "a");
	ck_assert_uint_eq(mode_of(&t, ETC "secrets/a.key"), MISSING);
	close(fd);
	RUN(&t, "ca", "issue", "a");
	trial_remove(&t);
}
END_TEST

/* --- What was issued ----------------------------------------------------------- */

#define SERIAL "00112233445566778899aabbccddeeff"
#define TIMES  "2026-11-22T16:09:31.000Z\t2028-11-22T16:09:31.000Z"

START_TEST(rows_that_are_none)
{
	static const char *const bad[] = {
		"x",
		"cert\tca",
		"cert\tca\t" SERIAL "\ta\t" TIMES,
		"cert\tca\t" SERIAL "\ta\t" TIMES "\t-\t-",
		"cert\tca\t" SERIAL "\ta\t" TIMES "\t",
		"cert\tca\t" SERIAL "\ta\t" TIMES "\tx",
		"cert\t\t" SERIAL "\ta\t" TIMES "\t-",
		"cert\tca\t" SERIAL "\t\t" TIMES "\t-",
		"cert\tca\t00\ta\t" TIMES "\t-",
		"cert\tca\t" SERIAL "00\ta\t" TIMES "\t-",
		"cert\tca\tx0112233445566778899aabbccddeeff\ta\t" TIMES "\t-",
		"cert\tca\t" SERIAL "\ta\t2026-11-22\t2028-11-22\t-",
		"other\tca\t" SERIAL "\ta\t" TIMES "\t-",
		"crl\tca\t\t-\t" TIMES "\t-",
		"crl\tca\t-1\t-\t" TIMES "\t-",
		"crl\tca\t1x\t-\t" TIMES "\t-",
		"crl\tca\t99999999999999999999\t-\t" TIMES "\t-",
		"cert\t1234567890123456789012345678901234567890"
		"1234567890123456789012345\t" SERIAL "\ta\t" TIMES "\t-",
	};
	struct trial t = trial_new();
	char text[1024];

	RUN(&t, "ca", "init");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
			"# kind\ncert\tca\t" SERIAL "\told\t" TIMES "\t-\n%s\n",
			bad[i]);
		write_text(&t, ETC "ca/issued.tsv", text, 0600);
		FAILS(&t, 1, "issued.tsv:3: that is no row of it", "ca",
			"issue", "a");
		FAILS(&t, 1, "issued.tsv:3:", "ca", "revoke", "old");
		ck_assert(holds(&t, ETC "ca/issued.tsv", text));
		ck_assert_uint_eq(mode_of(&t, ETC "secrets/a.key"), MISSING);
		ck_assert_uint_eq(mode_of(&t, ETC "crls/ca.crl"), MISSING);
	}
	trial_remove(&t);
}
END_TEST

/* What stood there stays, to the octet. */
START_TEST(rows_are_kept)
{
	static const char text[] =
		"# kind\tauthority\tserial\tname\tmade\tuntil\trevoked\n"
		"ca\tca\t" SERIAL "\tstep\t" TIMES "\t-\n"
		"cert\tstep\t" SERIAL "\ta\t" TIMES
		"\t2026-11-23T00:00:00.000Z\n"
		"crl\tstep\t18446744073709551614\t-\t" TIMES "\t-\n";
	struct trial t = trial_new();
	char *after;

	RUN(&t, "ca", "init");
	write_text(&t, ETC "ca/issued.tsv", text, 0600);
	RUN(&t, "ca", "issue", "b");
	after = text_of(&t, ETC "ca/issued.tsv");
	ck_assert_msg(strncmp(after, text, strlen(text)) == 0, "%s", after);
	free(after);
	trial_remove(&t);
}
END_TEST

/* --- ca revoke, ca crl --------------------------------------------------------- */

static X509_CRL *crl_in(const struct trial *trial, const char *name)
{
	FILE *file = fopen(path_of(trial, name), "r");
	X509_CRL *crl;

	ck_assert_msg(file != NULL, "%s", name);
	crl = PEM_read_X509_CRL(file, NULL, NULL, NULL);
	fclose(file);
	ck_assert_ptr_nonnull(crl);
	return crl;
}

static void crl_is(const struct trial *trial, const char *ca, uint64_t number,
	int revoked, int64_t days)
{
	char crl_name[PATH], ca_name[PATH];
	ASN1_INTEGER *value;
	X509_CRL *crl;
	uint64_t is;
	X509 *x509;

	snprintf(crl_name, sizeof(crl_name), ETC "crls/%s.crl", ca);
	snprintf(ca_name, sizeof(ca_name), ETC "ca/%s.pem", ca);
	crl = crl_in(trial, crl_name);
	x509 = certificate_in(trial, ca_name, 0);
	ck_assert_int_eq(X509_CRL_verify(crl, X509_get0_pubkey(x509)), 1);
	value = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	ck_assert_int_eq(ASN1_INTEGER_get_uint64(&is, value), 1);
	ck_assert_uint_eq(is, number);
	ck_assert_int_eq(
		sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), revoked);
	ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(crl),
				 (time_t)(trial->now + days * DAY)),
		0);
	ASN1_INTEGER_free(value);
	X509_free(x509);
	X509_CRL_free(crl);
}

static bool is_revoked(const struct trial *trial, const char *certificate)
{
	X509_CRL *crl = crl_in(trial, ETC "crls/ca.crl");
	X509 *x509 = certificate_in(trial, certificate, 0);
	X509_REVOKED *entry;
	bool found = X509_CRL_get0_by_cert(crl, &entry, x509) == 1;

	X509_free(x509);
	X509_CRL_free(crl);
	return found;
}

/* The serial number of the last row. */
static void last_serial(const struct trial *trial, char out[33])
{
	char *text = text_of(trial, ETC "ca/issued.tsv");
	char *row = strrchr(text, '\n');

	*row = '\0';
	row = strrchr(text, '\n') + 1;
	ck_assert_int_eq(sscanf(row, "cert\tca\t%32s", out), 1);
	free(text);
}

START_TEST(revoked_by_name_and_by_number)
{
	struct trial t = trial_new();
	char serial[33];

	RUN(&t, "ca", "init");
	RUN(&t, "ca", "issue", "a");
	RUN(&t, "ca", "issue", "b");
	last_serial(&t, serial);
	RUN(&t, "ca", "issue", "c");
	RUN(&t, "ca", "revoke", "a");
	ck_assert_uint_eq(mode_of(&t, ETC "crls/ca.crl"), 0644);
	crl_is(&t, "ca", 1, 1, 30);
	ck_assert_ptr_nonnull(strstr(t.out, "a: revoked, serial number "));
	ck_assert_ptr_nonnull(strstr(t.out,
		"/etc/ipsecd/crls/ca.crl: number 1, 1 revoked, until "
		"2026-12-22"));
	ck_assert(is_revoked(&t, ETC "certs/a.pem"));
	ck_assert(!is_revoked(&t, ETC "certs/b.pem"));
	ck_assert(holds(&t, ETC "ca/issued.tsv",
		"\ta\t2026-11-22T16:09:31.000Z\t2028-11-21T15:09:31.000Z\t"
		"2026-11-22T16:09:31.000Z\n"));
	t.now += 5 * DAY;
	for (char *c = serial; *c; c++)
		*c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
	RUN(&t, "ca", "revoke", serial, "--days", "7");
	crl_is(&t, "ca", 2, 2, 7);
	ck_assert(is_revoked(&t, ETC "certs/b.pem"));
	ck_assert(!is_revoked(&t, ETC "certs/c.pem"));

	FAILS(&t, 1, "'a' is revoked already", "ca", "revoke", "a");
	ck_assert_ptr_nonnull(strstr(t.err, "ipsec-ctl ca crl"));
	FAILS(&t, 1, "has issued nothing to 'd'", "ca", "revoke", "d");
	FAILS(&t, 1, "has issued nothing to 'ca'", "ca", "revoke", "ca");
	FAILS(&t, 2, "usage:", "ca", "revoke");
	crl_is(&t, "ca", 2, 2, 7);
	/* A new one of that name is another one. */
	unlink(path_of(&t, ETC "certs/a.pem"));
	unlink(path_of(&t, ETC "secrets/a.key"));
	RUN(&t, "ca", "issue", "a");
	ck_assert(!is_revoked(&t, ETC "certs/a.pem"));
	RUN(&t, "ca", "revoke", "a");
	crl_is(&t, "ca", 3, 3, 30);
	ck_assert(is_revoked(&t, ETC "certs/a.pem"));
	trial_remove(&t);
}
END_TEST

START_TEST(each_authority_has_its_own)
{
	struct trial t = trial_new();

	RUN(&t, "ca", "init");
	RUN(&t, "ca", "init", "two");
	RUN(&t, "ca", "issue", "a", "--ca", "two");
	FAILS(&t, 1, "--ca two", "ca", "revoke", "a");
	ck_assert_uint_eq(mode_of(&t, ETC "crls/ca.crl"), MISSING);
	RUN(&t, "ca", "revoke", "a", "--ca", "two");
	crl_is(&t, "two", 1, 1, 30);
	RUN(&t, "ca", "crl");
	crl_is(&t, "ca", 1, -1, 30);
	RUN(&t, "ca", "crl", "--days", "90");
	crl_is(&t, "ca", 2, -1, 90);
	RUN(&t, "ca", "crl", "--ca", "two");
	crl_is(&t, "two", 2, 1, 30);
	trial_remove(&t);
}
END_TEST

/* The word counts, even where the CRL cannot be written. */
START_TEST(revoked_without_a_crl)
{
	struct trial t = trial_new();

	RUN(&t, "ca", "init");
	RUN(&t, "ca", "issue", "a");
	ck_assert_int_eq(mkdir(path_of(&t, ETC "crls/ca.crl"), 0700), 0);
	ck_assert_int_eq(run(&t, "ca", "revoke", "a", NULL), 1);
	ck_assert_ptr_nonnull(strstr(t.err, "crls/ca.crl"));
	ck_assert_int_eq(rmdir(path_of(&t, ETC "crls/ca.crl")), 0);
	FAILS(&t, 1, "ipsec-ctl ca crl", "ca", "revoke", "a");
	RUN(&t, "ca", "crl");
	crl_is(&t, "ca", 2, 1, 30);
	ck_assert(is_revoked(&t, ETC "certs/a.pem"));
	trial_remove(&t);
}
END_TEST

/* --- JSON ---------------------------------------------------------------------- */

static json_t *record_in(const char *text, const char *kind)
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

static const char *string_in(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text ? text : "";
}

START_TEST(scripts_read_records)
{
	struct trial t = trial_new();
	json_t *record;

	RUN(&t, "-j", "ca", "init");
	record = record_in(t.out, "certificate");
	ck_assert(json_is_true(json_object_get(record, "ca")));
	ck_assert_ptr_nonnull(strstr(string_in(record, "key_file"), "ca.key"));
	json_decref(record);
	RUN(&t, "-j", "ca", "issue", "a");
	record = record_in(t.out, "certificate");
	ck_assert(json_is_false(json_object_get(record, "ca")));
	ck_assert_str_eq(string_in(record, "subject"), "CN=a");
	ck_assert_str_eq(string_in(record, "key"), "ECDSA P-256");
	ck_assert_str_eq(string_in(record, "state"), "valid");
	ck_assert_str_eq(
		string_in(record, "not_after"), "2028-11-21T15:09:31.000Z");
	json_decref(record);
	RUN(&t, "-j", "ca", "revoke", "a");
	record = record_in(t.out, "revoked");
	ck_assert_str_eq(string_in(record, "name"), "a");
	ck_assert_uint_eq(strlen(string_in(record, "serial")), 32);
	json_decref(record);
	record = record_in(t.out, "crl");
	ck_assert_int_eq(
		json_integer_value(json_object_get(record, "number")), 1);
	ck_assert_int_eq(
		json_integer_value(json_object_get(record, "revoked")), 1);
	json_decref(record);
	RUN(&t, "-q", "ca", "issue", "b");
	ck_assert_str_eq(t.out, "");
	RUN(&t, "-q", "ca", "crl");
	ck_assert_str_eq(t.out, "");
	RUN(&t, "-q", "-j", "list", "certs");
	ck_assert_str_eq(t.out, "");
	FAILS(&t, 1, "\"code\":1", "-j", "ca", "init");
	trial_remove(&t);
}
END_TEST

/* --- list certs ---------------------------------------------------------------- */

START_TEST(lists_what_there_is)
{
	struct trial t = trial_new();
	json_t *record;

	RUN(&t, "list", "certs");
	ck_assert_str_eq(t.out, "no certs\n");
	RUN(&t, "ca", "init");
	RUN(&t, "ca", "issue", "a", "--days", "31");
	RUN(&t, "list", "certs");
	ck_assert_ptr_nonnull(strstr(t.out, "+ /etc/ipsecd/ca/ca.pem "));
	ck_assert_ptr_nonnull(strstr(t.out, "+ /etc/ipsecd/certs/a.pem "));
	ck_assert_ptr_nonnull(strstr(t.out, "2026-12-23, in 30 days"));
	t.now += 2 * DAY;
	RUN(&t, "list", "certs");
	ck_assert_ptr_nonnull(strstr(t.out, "~ /etc/ipsecd/certs/a.pem "));
	ck_assert_ptr_nonnull(strstr(t.out, "expires soon"));
	t.now += 40 * DAY;
	RUN(&t, "list", "certs");
	ck_assert_ptr_nonnull(strstr(t.out, "x /etc/ipsecd/certs/a.pem "));
	ck_assert_ptr_nonnull(strstr(t.out, "EXPIRED 11d"));
	t.now = NOW - 2 * 3600;
	RUN(&t, "-j", "list", "certs");
	record = record_in(t.out, "certificate");
	ck_assert_str_eq(string_in(record, "state"), "not-yet");
	ck_assert_str_eq(
		string_in(record, "subject"), string_in(record, "issuer"));
	json_decref(record);
	trial_remove(&t);
}
END_TEST

START_TEST(lists_who_uses_them)
{
	struct trial t = trial_new();
	char yaml[1024], *text;
	json_t *record;

	RUN(&t, "ca", "init");
	RUN(&t, "ca", "issue", "a");
	RUN(&t, "ca", "issue", "b", "--out", path_of(&t, "away"));
	/* Known to the configuration alone. */
	text = text_of(&t, ETC "certs/b.pem");
	write_text(&t, "elsewhere.pem", text, 0644);
	unlink(path_of(&t, ETC "certs/b.pem"));
	free(text);
	snprintf(yaml, sizeof(yaml),
		"peers:\n"
		"  one:\n"
		"    remote: { address: 192.0.2.1, cert: %s/elsewhere.pem }\n"
		"    remote_id: b\n"
		"    auth: cert\n"
		"    local: { cert: a.pem }\n"
		"  two:\n"
		"    remote: 192.0.2.2\n"
		"    auth: cert\n"
		"    local: { cert: a.pem }\n",
		t.root);
	write_text(&t, ETC "ipsecd.yaml", yaml, 0640);
	RUN(&t, "check");
	RUN(&t, "list", "certs");
	text = strstr(t.out, "/etc/ipsecd/certs/a.pem ");
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "    used by one, two\n"));
	text = strstr(t.out, "(no file here)");
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "    used by one\n"));
	RUN(&t, "-j", "list", "certs");
	text = strrchr(t.out, '\n');
	*text = '\0';
	record = json_loads(strrchr(t.out, '\n') + 1, 0, NULL);
	ck_assert_str_eq(string_in(record, "subject"), "CN=b");
	ck_assert_ptr_null(json_object_get(record, "file"));
	ck_assert_uint_eq(json_array_size(json_object_get(record, "peers")), 1);
	json_decref(record);
	/* What is wrong with the configuration is for `check` to say. */
	write_text(&t, ETC "ipsecd.yaml", "peers: [", 0640);
	RUN(&t, "list", "certs");
	ck_assert_ptr_null(strstr(t.out, "used by"));
	trial_remove(&t);
}
END_TEST

START_TEST(lists_past_what_is_none)
{
	struct trial t = trial_new();
	char *large = calloc(1, (1 << 20) + 2), *text;

	ck_assert_ptr_nonnull(large);
	RUN(&t, "ca", "init");
	RUN(&t, "ca", "issue", "z");
	/* Not of its kind, and so passed over. */
	write_text(&t, ETC "certs/README", "hello", 0644);
	write_text(&t, ETC "certs/.hidden.pem", "hello", 0644);
	RUN(&t, "list", "certs");
	/* Each of these says why, and the good one is there all the same. */
	write_text(&t, ETC "certs/a.pem", "hello", 0644);
	write_text(&t, ETC "certs/b.pem", "", 0644);
	memset(large, 'x', (1 << 20) + 1);
	write_text(&t, ETC "certs/c.pem", large, 0644);
	ck_assert_int_eq(mkdir(path_of(&t, ETC "certs/d.pem"), 0700), 0);
	ck_assert_int_eq(mkfifo(path_of(&t, ETC "certs/e.pem"), 0600), 0);
	ck_assert_int_eq(symlink("f.pem", path_of(&t, ETC "certs/f.pem")), 0);
	text = text_of(&t, ETC "certs/z.pem");
	text[strlen(text) / 2] ^= 1;
	write_text(&t, ETC "certs/g.pem", text, 0644);
	write_text(&t, ETC "certs/h.crt", "\x30\x03\x02\x01\x01", 0644);
	ck_assert_int_eq(run(&t, "list", "certs", NULL), 1);
	for (char c = 'a'; c <= 'h'; c++) {
		char row[64];

		snprintf(row, sizeof(row), "/etc/ipsecd/certs/%c.%s\n", c,
			c == 'h' ? "crt" : "pem");
		/* g.pem may differ in its signature alone, which nobody has
		 * looked at. */
		if (c != 'g')
			ck_assert_msg(
				strstr(t.out, row) != NULL, "%s%s", row, t.out);
	}
	ck_assert_ptr_nonnull(strstr(t.out, "+ /etc/ipsecd/certs/z.pem "));
	ck_assert_ptr_nonnull(strstr(t.out, "not a regular file"));
	ck_assert_ptr_nonnull(strstr(t.out, "longer than"));
	free(text);
	free(large);
	trial_remove(&t);
}
END_TEST

SUITE(ctl_ca)
{
	loop_test(keygen_makes_each_kind, KINDS);
	test(keygen_elsewhere);
	test(keys_that_are_none);
	test(init_makes_an_authority);
	test(where_nobody_may_write);
	loop_test(authorities_of_each_kind, KINDS);
	test(authorities_that_are_none);
	test(an_authority_below_another);
	test(issue_makes_what_proves_a_peer);
	test(names_of_every_kind);
	test(names_that_are_none);
	test(many_names);
	test(a_bundle_for_another_machine);
	test(no_authority_nothing_issued);
	test(nothing_lives_longer_than_its_authority);
	test(a_full_disk_leaves_nothing);
	test(one_at_a_time);
	test(rows_that_are_none);
	test(rows_are_kept);
	test(revoked_by_name_and_by_number);
	test(each_authority_has_its_own);
	test(revoked_without_a_crl);
	test(scripts_read_records);
	test(lists_what_there_is);
	test(lists_who_uses_them);
	test(lists_past_what_is_none);
}

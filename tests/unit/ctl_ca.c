/* ctl_ca.c - ipsec-ctl ca init, revoke and crl, and what scripts read of them.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/ctl_trial.h"

#include "daemon/report.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
		ck_assert_msg(trial_mode(&t, made[i].name) == made[i].mode,
			"%s", made[i].name);
	ck_assert(trial_fits(&t, ETC "ca/ca.pem", ETC "secrets/ca.key"));
	ck_assert(trial_issued_by(&t, ETC "ca/ca.pem", ETC "ca/ca.pem"));
	trial_valid(&t, ETC "ca/ca.pem", 3650);
	x509 = trial_certificate(&t, ETC "ca/ca.pem", 0);
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
	certificate = trial_text(&t, ETC "ca/ca.pem");
	key = trial_text(&t, ETC "secrets/ca.key");
	FAILS(&t, 1, "'/etc/ipsecd/ca/ca.pem' is there already", "ca", "init");
	unlink(trial_path(&t, ETC "ca/ca.pem"));
	FAILS(&t, 1, "'/etc/ipsecd/secrets/ca.key' is there already", "ca",
		"init");
	ck_assert_uint_eq(trial_mode(&t, ETC "ca/ca.pem"), MISSING);
	ck_assert(trial_holds(&t, ETC "secrets/ca.key", key));
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
	init = trial_run(&t, "ca", "init", NULL);
	keygen = trial_run(
		&t, "keygen", "ed25519", "-o", trial_path(&t, "k"), NULL);
	if (me == 0)
		ck_assert_int_eq(seteuid(me), 0);
	ck_assert_int_eq(init, REPORT_PERMISSION);
	ck_assert_int_eq(keygen, REPORT_PERMISSION);
	ck_assert_ptr_nonnull(strstr(t.err, "'/k': Permission denied"));
	ck_assert_uint_eq(trial_mode(&t, "etc"), MISSING);
	ck_assert_int_eq(chmod(t.root, 0700), 0);
	trial_remove(&t);
}
END_TEST

START_TEST(authorities_of_each_kind)
{
	struct trial t = trial_new();
	X509 *x509;

	RUN(&t, "ca", "init", "Mine_2.x", "--key", trial_kinds[_i].kind,
		"--days", "1000");
	trial_valid(&t, ETC "ca/Mine_2.x.pem", 1000);
	RUN(&t, "ca", "issue", "a.example", "--ca", "Mine_2.x", "--key",
		trial_kinds[_i].kind);
	ck_assert(trial_issued_by(
		&t, ETC "certs/a.example.pem", ETC "ca/Mine_2.x.pem"));
	ck_assert(trial_fits(
		&t, ETC "certs/a.example.pem", ETC "secrets/a.example.key"));
	x509 = trial_certificate(&t, ETC "certs/a.example.pem", 0);
	ck_assert_int_eq(EVP_PKEY_get_base_id(X509_get0_pubkey(x509)),
		trial_kinds[_i].id);
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
		ck_assert_uint_eq(trial_mode(&t, "etc"), MISSING);
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
	ck_assert_uint_eq(trial_mode(&t, "etc"), MISSING);
	trial_remove(&t);
}
END_TEST

START_TEST(an_authority_below_another)
{
	struct trial t = trial_new();
	X509 *step, *third;

	RUN(&t, "ca", "init");
	RUN(&t, "ca", "init", "step", "--ca", "ca", "--days", "3000");
	ck_assert(trial_issued_by(&t, ETC "ca/step.pem", ETC "ca/ca.pem"));
	step = trial_certificate(&t, ETC "ca/step.pem", 0);
	ck_assert_int_eq(X509_check_ca(step), 1);
	ck_assert_int_eq(X509_get_pathlen(step), 0);
	X509_free(step);
	FAILS(&t, 1, "that authority may not make another one", "ca", "init",
		"third", "--ca", "step", "--days", "9");
	ck_assert_uint_eq(trial_mode(&t, ETC "ca/third.pem"), MISSING);
	ck_assert_uint_eq(trial_mode(&t, ETC "secrets/third.key"), MISSING);
	FAILS(&t, 1, "it would be valid longer than its authority", "ca",
		"init", "third", "--ca", "ca", "--days", "3651");

	/* By itself no longer than the one above. */
	t.now += 60;
	RUN(&t, "ca", "init", "usual", "--ca", "ca");
	ck_assert(trial_issued_by(&t, ETC "ca/usual.pem", ETC "ca/ca.pem"));

	/* What it issues brings it along. */
	RUN(&t, "ca", "issue", "a", "--ca", "step");
	ck_assert(trial_issued_by(&t, ETC "certs/a.pem", ETC "ca/step.pem"));
	step = trial_certificate(&t, ETC "certs/a.pem", 1);
	ck_assert_ptr_nonnull(step);
	ck_assert_int_eq(X509_check_ca(step), 1);
	X509_free(step);
	third = trial_certificate(&t, ETC "certs/a.pem", 2);
	ck_assert_ptr_null(third);
	RUN(&t, "ca", "issue", "b", "--ca", "step", "--out",
		trial_path(&t, "bundle"));
	ck_assert_uint_eq(trial_mode(&t, "bundle/ca/step.pem"), MISSING);
	ck_assert(trial_issued_by(&t, "bundle/ca/ca.pem", ETC "ca/ca.pem"));
	/* The other by itself. */
	RUN(&t, "ca", "issue", "c");
	third = trial_certificate(&t, ETC "certs/c.pem", 1);
	ck_assert_ptr_null(third);

	RUN(&t, "ca", "revoke", "step");
	ck_assert(trial_holds(&t, ETC "crls/ca.crl", "BEGIN X509 CRL"));
	trial_remove(&t);
}
END_TEST

/* --- ca revoke, ca crl --------------------------------------------------------- */

static X509_CRL *crl_in(const struct trial *trial, const char *name)
{
	FILE *file = fopen(trial_path(trial, name), "r");
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
	x509 = trial_certificate(trial, ca_name, 0);
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
	X509 *x509 = trial_certificate(trial, certificate, 0);
	X509_REVOKED *entry;
	bool found = X509_CRL_get0_by_cert(crl, &entry, x509) == 1;

	X509_free(x509);
	X509_CRL_free(crl);
	return found;
}

/* The serial number of the last row. */
static void last_serial(const struct trial *trial, char out[33])
{
	char *text = trial_text(trial, ETC "ca/issued.tsv");
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
	ck_assert_uint_eq(trial_mode(&t, ETC "crls/ca.crl"), 0644);
	crl_is(&t, "ca", 1, 1, 30);
	ck_assert_ptr_nonnull(strstr(t.out, "a: revoked, serial number "));
	ck_assert_ptr_nonnull(strstr(t.out,
		"/etc/ipsecd/crls/ca.crl: number 1, 1 revoked, until "
		"2026-12-22"));
	ck_assert(is_revoked(&t, ETC "certs/a.pem"));
	ck_assert(!is_revoked(&t, ETC "certs/b.pem"));
	ck_assert(trial_holds(&t, ETC "ca/issued.tsv",
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
	unlink(trial_path(&t, ETC "certs/a.pem"));
	unlink(trial_path(&t, ETC "secrets/a.key"));
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
	ck_assert_uint_eq(trial_mode(&t, ETC "crls/ca.crl"), MISSING);
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
	ck_assert_int_eq(mkdir(trial_path(&t, ETC "crls/ca.crl"), 0700), 0);
	ck_assert_int_eq(trial_run(&t, "ca", "revoke", "a", NULL), 1);
	ck_assert_ptr_nonnull(strstr(t.err, "crls/ca.crl"));
	ck_assert_int_eq(rmdir(trial_path(&t, ETC "crls/ca.crl")), 0);
	FAILS(&t, 1, "ipsec-ctl ca crl", "ca", "revoke", "a");
	RUN(&t, "ca", "crl");
	crl_is(&t, "ca", 2, 1, 30);
	ck_assert(is_revoked(&t, ETC "certs/a.pem"));
	trial_remove(&t);
}
END_TEST

START_TEST(scripts_read_records)
{
	struct trial t = trial_new();
	json_t *record;

	RUN(&t, "-j", "ca", "init");
	record = trial_record(t.out, "certificate");
	ck_assert(json_is_true(json_object_get(record, "ca")));
	ck_assert_ptr_nonnull(
		strstr(trial_string(record, "key_file"), "ca.key"));
	json_decref(record);
	RUN(&t, "-j", "ca", "issue", "a");
	record = trial_record(t.out, "certificate");
	ck_assert(json_is_false(json_object_get(record, "ca")));
	ck_assert_str_eq(trial_string(record, "subject"), "CN=a");
	ck_assert_str_eq(trial_string(record, "key"), "ECDSA P-256");
	ck_assert_str_eq(trial_string(record, "state"), "valid");
	ck_assert_str_eq(
		trial_string(record, "not_after"), "2028-11-21T15:09:31.000Z");
	json_decref(record);
	RUN(&t, "-j", "ca", "revoke", "a");
	record = trial_record(t.out, "revoked");
	ck_assert_str_eq(trial_string(record, "name"), "a");
	ck_assert_uint_eq(strlen(trial_string(record, "serial")), 32);
	json_decref(record);
	record = trial_record(t.out, "crl");
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

SUITE(ctl_ca)
{
	test(init_makes_an_authority);
	test(where_nobody_may_write);
	loop_test(authorities_of_each_kind, TRIAL_KINDS);
	test(authorities_that_are_none);
	test(an_authority_below_another);
	test(revoked_by_name_and_by_number);
	test(each_authority_has_its_own);
	test(revoked_without_a_crl);
	test(scripts_read_records);
}

/* ctl_issue.c - ipsec-ctl ca issue, and the list of what was issued.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/ctl_trial.h"

#include "daemon/ctl_verbs.h"

#include <fcntl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEN    "1234567890"
#define SIXTY4 TEN TEN TEN TEN TEN TEN "1234"

START_TEST(issue_makes_what_proves_a_peer)
{
	struct trial t = trial_new();
	char *text, *line;
	X509 *x509;

	RUN(&t, "ca", "init");
	RUN(&t, "ca", "issue", "vpn.example.com", "--san", "192.0.2.1", "--san",
		"dns:other.example", "--san", "u@example.com", "--san",
		"2001:db8::1", "--san", "192.0.2.1");
	ck_assert_uint_eq(
		trial_mode(&t, ETC "certs/vpn.example.com.pem"), 0644);
	ck_assert_uint_eq(
		trial_mode(&t, ETC "secrets/vpn.example.com.key"), 0600);
	ck_assert(trial_issued_by(
		&t, ETC "certs/vpn.example.com.pem", ETC "ca/ca.pem"));
	ck_assert(trial_fits(&t, ETC "certs/vpn.example.com.pem",
		ETC "secrets/vpn.example.com.key"));
	trial_valid(&t, ETC "certs/vpn.example.com.pem", 730);
	ck_assert_str_eq(t.out,
		"/etc/ipsecd/certs/vpn.example.com.pem: certificate of "
		"'CN=vpn.example.com', ECDSA P-256, until 2028-11-21\n"
		"/etc/ipsecd/secrets/vpn.example.com.key: its key\n");
	x509 = trial_certificate(&t, ETC "certs/vpn.example.com.pem", 0);
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

	ck_assert_uint_eq(trial_mode(&t, ETC "ca/issued.tsv"), 0600);
	text = trial_text(&t, ETC "ca/issued.tsv");
	line = strchr(text, '\n') + 1;
	ck_assert_msg(strncmp(line, "cert\tca\t", 8) == 0, "%s", line);
	ck_assert_str_eq(line + 8 + 32,
		"\tvpn.example.com\t2026-11-22T16:09:31.000Z\t"
		"2028-11-21T15:09:31.000Z\t-\n");
	free(text);

	/* A second time nothing changes. */
	text = trial_text(&t, ETC "ca/issued.tsv");
	FAILS(&t, 1, "is there already", "ca", "issue", "vpn.example.com");
	unlink(trial_path(&t, ETC "certs/vpn.example.com.pem"));
	FAILS(&t, 1, "vpn.example.com.key' is there already", "ca", "issue",
		"vpn.example.com");
	ck_assert_uint_eq(
		trial_mode(&t, ETC "certs/vpn.example.com.pem"), MISSING);
	ck_assert(trial_holds(&t, ETC "ca/issued.tsv", text));
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
		x509 = trial_certificate(&t, file, 0);
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
	ck_assert_uint_eq(trial_mode(&t, ETC "ca/issued.tsv"), MISSING);
	ck_assert_uint_eq(trial_mode(&t, ETC "secrets/a.key"), MISSING);
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
	x509 = trial_certificate(&t, ETC "certs/a.pem", 0);
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
		ck_assert_msg(trial_mode(&t, made[i].name) == made[i].mode,
			"%s", made[i].name);
	/* The key is there alone. */
	ck_assert_uint_eq(trial_mode(&t, ETC "secrets/b.key"), MISSING);
	ck_assert(trial_fits(&t, "away/certs/b.pem", "away/secrets/b.key"));
	ck_assert(trial_issued_by(&t, "away/certs/b.pem", "away/ca/ca.pem"));
	ck_assert_ptr_nonnull(strstr(t.out, "copy what is in it to"));
	/* A second one beside it, but none over it. */
	RUN(&t, "ca", "issue", "c", "--out", away);
	FAILS(&t, 1, "certs/b.pem' is there already", "ca", "issue", "b",
		"--out", away);
	unlink(trial_path(&t, ETC "certs/b.pem"));
	FAILS(&t, 1, "secrets/b.key' is there already", "ca", "issue", "b",
		"--out", away);
	unlink(trial_path(&t, "away/secrets/b.key"));
	FAILS(&t, 1, "away/certs/b.pem' is there already", "ca", "issue", "b",
		"--out", away);
	/* Nor beside what another authority has issued. */
	other = trial_new();
	RUN(&other, "ca", "init");
	FAILS(&other, 1, "is that of another authority", "ca", "issue", "d",
		"--out", away);
	ck_assert_uint_eq(trial_mode(&t, "away/secrets/d.key"), MISSING);
	ck_assert_uint_eq(trial_mode(&other, ETC "certs/d.pem"), MISSING);
	ck_assert(!trial_holds(&other, ETC "ca/issued.tsv", "\td\t"));
	/* A file in its way. */
	trial_write(&other, "file", "", 0600);
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
	ck_assert_uint_eq(trial_mode(&t, "etc"), MISSING);

	RUN(&t, "ca", "init");
	RUN(&other, "ca", "init");
	RUN(&other, "ca", "issue", "x");
	/* Its key is not there, open to all, another, none. */
	ck_assert_int_eq(chmod(trial_path(&t, ETC "secrets/ca.key"), 0644), 0);
	FAILS(&t, 1, "others can read it", "ca", "issue", "a");
	text = trial_text(&other, ETC "secrets/ca.key");
	trial_write(&t, ETC "secrets/ca.key", text, 0600);
	free(text);
	FAILS(&t, 1, "the key is not that of the authority's certificate", "ca",
		"issue", "a");
	FAILS(&t, 1, "the key is not that of the authority's certificate", "ca",
		"crl");
	trial_write(&t, ETC "secrets/ca.key", "nothing", 0600);
	FAILS(&t, 1, "the authority's key: ", "ca", "issue", "a");
	unlink(trial_path(&t, ETC "secrets/ca.key"));
	FAILS(&t, 1, "the authority's key: ", "ca", "issue", "a");
	/* Its certificate is none, or not one of an authority. */
	text = trial_text(&other, ETC "secrets/x.key");
	trial_write(&t, ETC "secrets/ca.key", text, 0600);
	free(text);
	text = trial_text(&other, ETC "certs/x.pem");
	trial_write(&t, ETC "ca/ca.pem", text, 0644);
	free(text);
	FAILS(&t, 1, "not one of an authority", "ca", "issue", "a");
	trial_write(&t, ETC "ca/ca.pem", "nothing", 0644);
	FAILS(&t, 1, "ca.pem", "ca", "issue", "a");
	ck_assert_uint_eq(trial_mode(&t, ETC "certs/a.pem"), MISSING);
	ck_assert_uint_eq(trial_mode(&t, ETC "secrets/a.key"), MISSING);
	ck_assert_uint_eq(trial_mode(&t, ETC "ca/issued.tsv"), MISSING);
	trial_remove(&other);
	trial_remove(&t);
}
END_TEST

START_TEST(nothing_lives_longer_than_its_authority)
{
	struct trial t = trial_new();

	RUN(&t, "ca", "init", "--days", "100");
	FAILS(&t, 1, "fewer --days", "ca", "issue", "a", "--days", "101");
	ck_assert_uint_eq(trial_mode(&t, ETC "secrets/a.key"), MISSING);
	/* What nobody asked for is as long as can be. */
	t.now += DAY;
	RUN(&t, "ca", "issue", "c");
	trial_valid(&t, ETC "certs/c.pem", 99);
	RUN(&t, "ca", "init", "step", "--ca", "ca");
	trial_valid(&t, ETC "ca/step.pem", 99);
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
	code = trial_run(&t, "ca", "issue", "a", NULL);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	ck_assert_int_eq(code, 1);
	ck_assert_ptr_nonnull(strstr(t.err, "File too large"));
	ck_assert_uint_eq(trial_mode(&t, ETC "secrets/a.key"), MISSING);
	ck_assert_uint_eq(trial_mode(&t, ETC "certs/a.pem"), MISSING);
	ck_assert(!trial_holds(&t, ETC "ca/issued.tsv", "cert"));
	RUN(&t, "ca", "issue", "a");
	trial_remove(&t);
}
END_TEST

START_TEST(one_at_a_time)
{
	struct trial t = trial_new();
	int fd;

	RUN(&t, "ca", "init");
	fd = open(trial_path(&t, ETC "ca"), O_RDONLY);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	FAILS(&t, 1, "another ipsec-ctl is at work", "ca", "issue", "a");
	ck_assert_uint_eq(trial_mode(&t, ETC "secrets/a.key"), MISSING);
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
		trial_write(&t, ETC "ca/issued.tsv", text, 0600);
		FAILS(&t, 1, "issued.tsv:3: that is no row of it", "ca",
			"issue", "a");
		FAILS(&t, 1, "issued.tsv:3:", "ca", "revoke", "old");
		ck_assert(trial_holds(&t, ETC "ca/issued.tsv", text));
		ck_assert_uint_eq(trial_mode(&t, ETC "secrets/a.key"), MISSING);
		ck_assert_uint_eq(trial_mode(&t, ETC "crls/ca.crl"), MISSING);
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
	trial_write(&t, ETC "ca/issued.tsv", text, 0600);
	RUN(&t, "ca", "issue", "b");
	after = trial_text(&t, ETC "ca/issued.tsv");
	ck_assert_msg(strncmp(after, text, strlen(text)) == 0, "%s", after);
	free(after);
	trial_remove(&t);
}
END_TEST

SUITE(ctl_issue)
{
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
}

/* ctl_certs.c - ipsec-ctl list certs.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/ctl_trial.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	record = trial_record(t.out, "certificate");
	ck_assert_str_eq(trial_string(record, "state"), "not-yet");
	ck_assert_str_eq(trial_string(record, "subject"),
		trial_string(record, "issuer"));
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
	RUN(&t, "ca", "issue", "b", "--out", trial_path(&t, "away"));
	/* Known to the configuration alone. */
	text = trial_text(&t, ETC "certs/b.pem");
	trial_write(&t, "elsewhere.pem", text, 0644);
	unlink(trial_path(&t, ETC "certs/b.pem"));
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
	trial_write(&t, ETC "ipsecd.yaml", yaml, 0640);
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
	ck_assert_str_eq(trial_string(record, "subject"), "CN=b");
	ck_assert_ptr_null(json_object_get(record, "file"));
	ck_assert_uint_eq(json_array_size(json_object_get(record, "peers")), 1);
	json_decref(record);
	/* What is wrong with the configuration is for `check` to say. */
	trial_write(&t, ETC "ipsecd.yaml", "peers: [", 0640);
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
	trial_write(&t, ETC "certs/README", "hello", 0644);
	trial_write(&t, ETC "certs/.hidden.pem", "hello", 0644);
	RUN(&t, "list", "certs");
	/* Each of these says why, and the good one is there all the same. */
	trial_write(&t, ETC "certs/a.pem", "hello", 0644);
	trial_write(&t, ETC "certs/b.pem", "", 0644);
	memset(large, 'x', (1 << 20) + 1);
	trial_write(&t, ETC "certs/c.pem", large, 0644);
	ck_assert_int_eq(mkdir(trial_path(&t, ETC "certs/d.pem"), 0700), 0);
	ck_assert_int_eq(mkfifo(trial_path(&t, ETC "certs/e.pem"), 0600), 0);
	ck_assert_int_eq(
		symlink("f.pem", trial_path(&t, ETC "certs/f.pem")), 0);
	text = trial_text(&t, ETC "certs/z.pem");
	text[strlen(text) / 2] ^= 1;
	trial_write(&t, ETC "certs/g.pem", text, 0644);
	trial_write(&t, ETC "certs/h.crt", "\x30\x03\x02\x01\x01", 0644);
	ck_assert_int_eq(trial_run(&t, "list", "certs", NULL), 1);
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

SUITE(ctl_certs)
{
	test(lists_what_there_is);
	test(lists_who_uses_them);
	test(lists_past_what_is_none);
}

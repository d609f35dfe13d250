/* convert.c - ipsec-ctl convert: tests/golden/convert/, and files that are malformed.
 * SPDX-License-Identifier: ISC
 *
 * GOLDEN=write writes what comes of each: look at the difference.
 */
#include "daemon/ctl_verbs.h"

#include "config/config.h"
#include "tests/suite.h"
#include "tests/unit/records.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "tests/golden/convert/"

enum { MAX_ARGS = 10, TEXT = 1 << 18 };

struct said {
	char *out, *err;
	int code;
};

static struct said run(const char *word, ...)
{
	struct ctl ctl = { .fd = -1 };
	char *argv[MAX_ARGS] = { strdup("ipsec-ctl") };
	size_t out_size, err_size;
	struct said said;
	int argc = 1;
	va_list words;

	va_start(words, word);
	for (; word; word = va_arg(words, const char *))
		argv[argc++] = strdup(word);
	va_end(words);
	ctl.out = open_memstream(&said.out, &out_size);
	ctl.err = open_memstream(&said.err, &err_size);
	said.code = ctl_run(&ctl, argc, argv);
	fclose(ctl.out);
	fclose(ctl.err);
	records_check(said.out);
	records_check(said.err);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return said;
}

static void forget(struct said *said)
{
	free(said->out);
	free(said->err);
}

/* --- What stands in the tree ------------------------------------------------ */

/* code: the exit code; whole: with its secrets alone it loads (no certificates
 * are missing). */
static const struct golden {
	const char *name;
	int code;
	bool whole;
} goldens[] = {
	{ "swanctl-lab-psk.conf", 0, true },
	{ "swanctl-lab-cert.conf", 0, false },
	{ "swanctl-lab-raw.conf", 0, false },
	{ "swanctl-templates.conf", 0, true },
	{ "swanctl-clients.conf", 0, false },
	{ "swanctl-odd.conf", 5, false },
	{ "swanctl-shunts.conf", 0, true },
	{ "ipsec-lab/ipsec.conf", 0, true },
	{ "ipsec-lab-cert/ipsec.conf", 0, false },
	{ "ipsec-libreswan/ipsec.conf", 0, false },
	{ "ipsec-strongswan/ipsec.conf", 0, false },
	{ "ipsec-odd/ipsec.conf", 0, false },
	{ "iked-lab.conf", 0, true },
	{ "iked-lab-cert.conf", 0, false },
	{ "iked-gateway.conf", 0, false },
};

enum { GOLDENS = sizeof(goldens) / sizeof(goldens[0]) };

static const char *path_of(const char *name, const char *suffix)
{
	static char path[256];

	snprintf(path, sizeof(path), FOLDER "%s%s", name, suffix);
	return path;
}

static void compare(const char *name, const char *suffix, const char *text)
{
	const char *mode = getenv("GOLDEN"), *path = path_of(name, suffix);
	char *expected = calloc(1, TEXT);
	FILE *file;

	if (mode && strcmp(mode, "write") == 0) {
		file = fopen(path, "w");
		ck_assert_msg(file != NULL, "%s", path);
		fputs(text, file);
		fclose(file);
	}
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_uint_lt(fread(expected, 1, TEXT - 1, file), TEXT - 1);
	fclose(file);
	ck_assert_str_eq(text, expected);
	free(expected);
}

/* What is known to load is YAML that our own check takes. */
START_TEST(as_it_should_be)
{
	const struct golden *row = &goldens[_i];
	struct said said = run("convert", path_of(row->name, ""), NULL);

	ck_assert_msg(said.code == row->code, "%s: %d: %s", row->name,
		said.code, said.err);
	compare(row->name, ".yaml", said.out);
	compare(row->name, ".said", said.err);
	forget(&said);
}
END_TEST

/* Into a folder, and what is there is a whole configuration. */
START_TEST(written_and_loaded)
{
	const struct golden *row = &goldens[_i];
	char folder[] = "/tmp/ipsecd-convert-XXXXXX", out[64], yaml[96];
	char command[128];
	struct said said;
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(out, sizeof(out), "%s/new", folder);
	snprintf(yaml, sizeof(yaml), "%s/ipsecd.yaml", out);
	said = run("-q", "convert", path_of(row->name, ""), "--out", out, NULL);
	ck_assert_int_eq(said.code, row->code);
	ck_assert_str_eq(said.out, "");
	forget(&said);
	ck_assert_int_eq(stat(yaml, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	said = run("check", yaml, NULL);
	ck_assert_msg(
		said.code == 0 || !row->whole, "%s: %s", row->name, said.err);
	forget(&said);
	/* Nothing is written over what is there. */
	said = run("-q", "convert", path_of(row->name, ""), "--out", out, NULL);
	ck_assert_msg(
		strstr(said.err, "is there already") != NULL, "%s", said.err);
	forget(&said);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* --- Secrets ----------------------------------------------------------------- */

struct trial {
	char folder[32], file[64], out[64];
};

static struct trial trial_new(const char *name, const char *text)
{
	struct trial t = { .folder = "/tmp/ipsecd-convert-XXXXXX" };
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(t.folder));
	snprintf(t.file, sizeof(t.file), "%s/%s", t.folder, name);
	snprintf(t.out, sizeof(t.out), "%s/out", t.folder);
	file = fopen(t.file, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	return t;
}

static void trial_end(const struct trial *t)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", t->folder);
	ck_assert_int_eq(system(command), 0);
}

static void holds(const struct trial *t, const char *name, const char *text)
{
	char path[128], found[64] = "";
	struct stat st;
	FILE *file;

	snprintf(path, sizeof(path), "%s/secrets/%s", t->out, name);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	(void)!fread(found, 1, sizeof(found) - 1, file);
	ck_assert_int_eq(fstat(fileno(file), &st), 0);
	fclose(file);
	ck_assert_str_eq(found, text);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
}

#define PSK "local { auth = psk }\nremote { auth = psk }\n"
#define NET "children { n { remote_ts = 10.0.0.0/8 } }\n"

/* The one that fits the other side best, then us. */
static const char three_keys[] =
	"connections {\n"
	"a { remote_addrs = 192.0.2.1\n" PSK NET "}\n"
	"b { remote_addrs = 192.0.2.2\n" PSK NET "}\n"
	"c { remote_addrs = 192.0.2.3\n" PSK NET "}\n"
	"}\n"
	"secrets {\n"
	"ike-1 { secret = \"of-anybody\" }\n"
	"ike-2 { id = 192.0.2.2\nsecret = 0x736563726574746f62 }\n"
	"ike-3 { id-1 = 192.0.2.3\nid-2 = %any\nsecret = 0sc2VjcmV0dG9j\n}\n"
	"}\n";

START_TEST(secrets_go_into_files_alone)
{
	struct trial t = trial_new("swanctl.conf", three_keys);
	struct said said = run("convert", t.file, "--out", t.out, NULL);

	ck_assert_msg(said.code == 0, "%s", said.err);
	ck_assert_str_eq(said.out, "");
	ck_assert_ptr_null(strstr(said.err, "secretto"));
	forget(&said);
	holds(&t, "a.psk", "of-anybody\n");
	holds(&t, "b.psk", "secrettob\n");
	holds(&t, "c.psk", "secrettoc\n");
	said = run("convert", t.file, NULL);
	ck_assert_int_eq(said.code, 0);
	ck_assert_ptr_null(strstr(said.out, "secretto"));
	ck_assert_ptr_null(strstr(said.out, "of-anybody"));
	ck_assert_ptr_null(strstr(said.err, "of-anybody"));
	ck_assert_ptr_nonnull(strstr(said.err, "secrets/b.psk"));
	forget(&said);
	trial_end(&t);
}
END_TEST

/* Where a shared key is not where it should be, nobody reads it in an error. */
START_TEST(no_secret_in_an_error)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "swanctl.conf",
			"secrets {\nike {\nsecret = a\nhidden word\n}\n}\n" },
		{ "swanctl.conf", "secrets {\nike {\nsecret \"hidden\"\n}\n" },
		{ "swanctl.conf",
			"secrets {\nike {\nsecret = \"hidden\n}\n}\n" },
		{ "iked.conf",
			"ikev2 from any to any peer 192.0.2.1 psk a hidden\n" },
		{ "iked.conf",
			"ikev2 from any to any peer 192.0.2.1 psk $hidden\n" },
		{ "iked.conf", "user \"hidden\" \"hidden\"\n" },
		{ "iked.conf",
			"ikev2 from any to any peer 192.0.2.1 psk 0xhidden\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trial t = trial_new(rows[i].name, rows[i].text);
		struct said said = run("convert", t.file, NULL);

		ck_assert_str_ne(said.err, "");
		ck_assert_msg(!strstr(said.err, "hidden"), "%s", said.err);
		ck_assert_msg(!strstr(said.out, "hidden"), "%s", said.out);
		forget(&said);
		trial_end(&t);
	}
}
END_TEST

/* The key of a policy is nobody else's, also where one lacks its own. */
START_TEST(keys_of_policies)
{
	struct trial t = trial_new("iked.conf",
		"ikev2 a from 10.0.0.0/8 to 10.1.0.0/16 peer 192.0.2.1 "
		"psk \"of a\"\n"
		"ikev2 b from 10.0.0.0/8 to 10.1.0.0/16 peer 192.0.2.2 "
		"psk file \"/etc/iked/b\"\n"
		"ikev2 c from 10.0.0.0/8 to 10.1.0.0/16 peer 192.0.2.3 "
		"psk 0x636f6d\n");
	struct said said = run("convert", t.file, "--out", t.out, NULL);
	char path[96];

	ck_assert_msg(said.code == 0, "%s", said.err);
	ck_assert_ptr_nonnull(strstr(said.err, "copy '/etc/iked/b'"));
	forget(&said);
	holds(&t, "a.psk", "of a\n");
	holds(&t, "c.psk", "com\n");
	snprintf(path, sizeof(path), "%s/secrets/b.psk", t.out);
	ck_assert_int_ne(access(path, F_OK), 0);
	trial_end(&t);
}
END_TEST

START_TEST(told_to_scripts)
{
	struct trial t = trial_new("swanctl.conf", three_keys);
	struct said said = run("-j", "convert", t.file, NULL);

	ck_assert_int_eq(said.code, 0);
	ck_assert_str_eq(said.err, "");
	ck_assert_ptr_nonnull(strstr(said.out,
		"{\"schema\":\"ipsecd/1\",\"record\":\"note\",\"file\":"));
	ck_assert_ptr_nonnull(strstr(said.out,
		"{\"schema\":\"ipsecd/1\",\"record\":\"converted\",\"yaml\":"));
	ck_assert_ptr_null(strstr(said.out, "of-anybody"));
	forget(&said);
	trial_end(&t);
}
END_TEST

/* --- Malformed, and worse ------------------------------------------------------ */

#define DEEP "a { a { a { a { a { a { a { a { a {\n"

static const struct bad {
	const char *name, *text;
	int code;
	const char *said;
} bads[] = {
	// clang-format off
	{ "swanctl.conf", "connections {\n\ta {\n", 5, ":3:1: the file ends, but 'a' of line 2 is still open" },
	{ "swanctl.conf", "}\n", 5, ":1:1: the name of a key or section is expected here" },
	{ "swanctl.conf", "connections {\n\ta b\n}\n", 5, ":2:4: '=' or '{' is expected here" },
	{ "swanctl.conf", "a {\n b = \"x\n\n}\n", 5, ":2:6: a string without its end" },
	{ "swanctl.conf", "a {\n b = \"x\\", 5, ":2:6: a string without its end" },
	{ "swanctl.conf", "a : { }\n", 5, ":1:5: the name of a section is expected here" },
	{ "swanctl.conf", "a : b { }\n", 5, ":1:3: there is no section 'b'" },
	{ "swanctl.conf", "a { b : a { } }\n", 5, ":1:7: 'a' is around this section" },
	{ "swanctl.conf", "a : b { }\nb : a { }\n", 0, "" },
	{ "swanctl.conf", DEEP, 5, "sections more than 8 deep" },
	{ "swanctl.conf", "include\n", 5, ":1:1: include: a file is expected here" },
	{ "swanctl.conf", "include swanctl.conf\n", 5, ":1:1: includes more than 8 deep" },
	{ "swanctl.conf", "include /dev/null\n", 5, ":1:1: include '/dev/null': not a regular file" },
	{ "swanctl.conf", "connections { a {\n\xff = 1\nversion = \xff\nchildren { c { } } } }\n", 0, ":3: version: left out: its value is no text" },
	{ "swanctl.conf", "", 0, "" },
	{ "ipsec.conf", "x=1\n", 5, ":1:1: 'conn NAME', 'config setup', 'ca NAME' or 'include FILE' is expected here" },
	{ "ipsec.conf", " x=1\n", 5, ":1:2: 'x' is in no section" },
	{ "ipsec.conf", "conn\n", 5, ":1:5: a name is expected behind 'conn'" },
	{ "ipsec.conf", "conn a\n left\n", 5, ":2:6: '=' is expected behind 'left'" },
	{ "ipsec.conf", "conn a\n =x\n", 5, ":2:2: '=' is expected behind ''" },
	{ "ipsec.conf", "conn a\n left=\"x\n\n", 5, ":2:7: a string without its end" },
	{ "ipsec.conf", "conn a\n left=\"x\" y\n", 5, ":2:11: the end of the line is expected here" },
	{ "ipsec.conf", "conn a\n also=b\n", 5, ":2:2: there is no 'conn b'" },
	{ "ipsec.conf", "conn a\n also=b\nconn b\n also=a\n", 5, ":2:2: also more than 8 deep" },
	{ "ipsec.conf", "include ipsec.conf\n", 5, ":1:1: includes more than 8 deep" },
	{ "ipsec.conf", "conn a\n", 0, "" },
	{ "ipsec.conf", "", 0, "" },
	{ "some.conf", "\nconn a\n\n", 0, "" },
	{ "iked.conf", "ikev2 \"x\n", 5, ":1:7: a string without its end" },
	{ "iked.conf", "ikev2 from\n", 5, ":1:11: an address or a network is expected here" },
	{ "iked.conf", "ikev2 esp from 10.0.0.0/8 nonsense\n", 5, ":1:27: a keyword of a policy is expected here" },
	{ "iked.conf", "ikev2 esp \\\n from 10.0.0.1 port\n", 5, ":2:20: a port is expected here" },
	{ "iked.conf", "ikev2 esp from 10.0.0.1 (10.0.0.2\n", 5, ":1:34: ')' is expected here" },
	{ "iked.conf", "ikev2 esp proto { tcp\n", 5, ":1:22: a protocol is expected here" },
	{ "iked.conf", "ikev2 esp from $x\n", 5, ":1:16: there is no macro of that name" },
	{ "iked.conf", "ikev2 esp \"x\"\n", 5, ":1:11: a keyword is expected here, no string" },
	{ "iked.conf", "ikev2 esp from 10.0.0.1 psk\n", 5, ":1:28: the shared key is expected here" },
	{ "iked.conf", "flow esp\n", 5, ":1:1: 'ikev2', 'set', 'user', 'include', or NAME = VALUE is expected here" },
	{ "iked.conf", "set\n", 5, ":1:4: what to set is expected here" },
	{ "iked.conf", "set nosuch\n", 0, ":1: nosuch: left out: unknown, in 'set'" },
	{ "iked.conf", "a = \"$a $a\"\nikev2 from $a\n", 5, ":2:12: a keyword of a policy is expected here" },
	{ "iked.conf", "include \"iked.conf\"\n", 5, ":1:1: includes more than 8 deep" },
	{ "iked.conf", "ikev2 from any to any peer 192.0.2.1 psk \"\"\n", 0, ": psk: is no shared key" },
	{ "some.conf", "x = \"1\"\nikev2 from any to any peer 192.0.2.1\n", 0, "" },
	{ "some.conf", "# nothing\n", 5, "is no configuration that is known" },
	{ "some.conf", "\n  connections {\n}\n", 0, "" },
	// clang-format on
};

enum { BADS = sizeof(bads) / sizeof(bads[0]) };

START_TEST(malformed)
{
	const struct bad *row = &bads[_i];
	struct trial t = trial_new(row->name, row->text);
	struct said said = run("convert", t.file, NULL);

	ck_assert_msg(said.code == row->code, "%d: %s", said.code, said.err);
	ck_assert_msg(strstr(said.err, row->said) != NULL, "no '%s' in: %s",
		row->said, said.err);
	if (row->code != 0)
		ck_assert_str_eq(said.out, "");
	forget(&said);
	trial_end(&t);
}
END_TEST

static const struct bad bad_secrets[] = {
	// clang-format off
	{ NULL, "@a @b\n", 5, "ipsec.secrets:1:6: a colon and 'PSK' are expected here" },
	{ NULL, ":\n", 5, "ipsec.secrets:1:2: 'PSK' is expected here" },
	{ NULL, ": PSK\n", 5, "ipsec.secrets:1:6: the shared key is expected here, in quotes" },
	{ NULL, ": PSK \"x\n", 5, "ipsec.secrets:1:7: a string without its end" },
	{ NULL, ": PSK 'one' 'two'\n", 5, "ipsec.secrets:1:13: the end of the entry is expected here" },
	{ NULL, ": PSK 0x\n", 0, "ipsec.secrets:1: PSK: is no shared key" },
	{ NULL, ": PSK ''\n", 0, "ipsec.secrets:1: PSK: is no shared key" },
	{ NULL, ": KEY x\n", 0, "ipsec.secrets:1: KEY: left out: no secrets of that kind are known" },
	{ NULL, "include ipsec.secrets\n", 5, "ipsec.secrets:1:1: includes more than 8 deep" },
	// clang-format on
};

enum { BAD_SECRETS = sizeof(bad_secrets) / sizeof(bad_secrets[0]) };

START_TEST(malformed_secrets)
{
	const struct bad *row = &bad_secrets[_i];
	struct trial t = trial_new("ipsec.conf",
		"conn a\n right=192.0.2.1\n authby=secret\n auto=add\n");
	struct said said;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/ipsec.secrets", t.folder);
	file = fopen(path, "w");
	fputs(row->text, file);
	fclose(file);
	said = run("convert", t.file, NULL);
	ck_assert_msg(said.code == row->code, "%d: %s", said.code, said.err);
	ck_assert_msg(strstr(said.err, row->said) != NULL, "no '%s' in: %s",
		row->said, said.err);
	forget(&said);
	trial_end(&t);
}
END_TEST

/* Libreswan's own: in quotes each octet counts, also one that looks like hex. */
START_TEST(secrets_of_libreswan)
{
	struct trial t = trial_new("ipsec.conf",
		"conn a\n left=192.0.2.9\n right=192.0.2.1\n"
		" authby=secret\n auto=add\n"
		"conn b\n left=192.0.2.9\n right=192.0.2.2\n"
		" authby=secret\n auto=add\n");
	struct said said;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/ipsec.secrets", t.folder);
	file = fopen(path, "w");
	fputs("192.0.2.9 192.0.2.1 : PSK \"0x41\"\n"
	      "192.0.2.9 192.0.2.2: PSK 0x42\n",
		file);
	fclose(file);
	said = run("convert", t.file, "--out", t.out, NULL);
	ck_assert_msg(said.code == 0, "%s", said.err);
	forget(&said);
	holds(&t, "a.psk", "0x41\n");
	holds(&t, "b.psk", "B\n");
	trial_end(&t);
}
END_TEST

START_TEST(not_there)
{
	struct said said = run("convert", "/nonexistent/swanctl.conf", NULL);

	ck_assert_int_eq(said.code, 1);
	ck_assert_str_eq(said.err,
		"ipsec-ctl: convert: '/nonexistent/swanctl.conf': No such file "
		"or directory\n");
	forget(&said);
}
END_TEST

/* As our own configuration may. */
START_TEST(a_byte_order_mark_is_passed_over)
{
	struct trial t = trial_new("ipsec.conf",
		"\xef\xbb\xbf"
		"conn a\n\tleft=192.0.2.1\n\tright=192.0.2.2\n"
		"\tauthby=secret\n");
	struct said said = run("convert", t.file, NULL);

	ck_assert_msg(strstr(said.out, "    remote: 192.0.2.2\n") != NULL, "%s",
		said.err);
	forget(&said);
	trial_end(&t);
}
END_TEST

/* What has no end is cut off, and said so. */
START_TEST(too_much)
{
	static const struct {
		const char *part;
		size_t count;
		const char *said;
	} rows[] = {
		{ "0123456789abcdef", 1 << 17, "File too large" },
		{ "# 0123456789abcdef", 1000, ":1:1: longer than 8192 octets" },
		{ "a { }\n", 1, "" },
		{ "x = 1\n", 5000, "" },
	};
	char *text = calloc(1, 3 << 20);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trial t;
		struct said said;

		*text = '\0';
		for (size_t k = 0, at = 0; k < rows[i].count; k++)
			at += (size_t)sprintf(text + at, "%s", rows[i].part);
		t = trial_new("swanctl.conf", text);
		said = run("convert", t.file, NULL);
		ck_assert_msg(
			strstr(said.err, rows[i].said) != NULL, "%s", said.err);
		forget(&said);
		trial_end(&t);
	}
	free(text);
}
END_TEST

static void write_many(FILE *out, const char *rest, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		fprintf(out, "n%u %s\n", i, rest);
}

START_TEST(too_many)
{
	static const struct {
		const char *rest;
		const char *said;
	} rows[] = {
		{ "= 1", ":4097:1: more than 4096 settings" },
		{ "{ }", ":2048:1: more than 2048 sections" },
	};

	for (size_t i = 0; i < 2; i++) {
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);
		struct trial t;
		struct said said;

		write_many(out, rows[i].rest, 5000);
		fclose(out);
		t = trial_new("swanctl.conf", text);
		said = run("convert", t.file, NULL);
		ck_assert_int_eq(said.code, 5);
		ck_assert_msg(
			strstr(said.err, rows[i].said) != NULL, "%s", said.err);
		forget(&said);
		free(text);
		trial_end(&t);
	}
}
END_TEST

/* Eight conns, each with the next one thirty times: 30^7 ways, and one that
 * matters. */
START_TEST(also_over_and_over)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct trial t;
	struct said said;

	for (int conn = 0; conn < 7; conn++) {
		fprintf(out, "conn c%d\n also=", conn);
		for (int i = 0; i < 30; i++)
			fprintf(out, "c%d ", conn + 1);
		fprintf(out, "\n");
	}
	fprintf(out, "conn c7\n left=192.0.2.1\n right=192.0.2.2\n"
		     " authby=secret\n auto=add\n");
	fclose(out);
	t = trial_new("ipsec.conf", text);
	said = run("convert", t.file, NULL);
	ck_assert_msg(strstr(said.out, "192.0.2.2") != NULL, "%s", said.err);
	forget(&said);
	free(text);
	trial_end(&t);
}
END_TEST

SUITE(convert)
{
	loop_test(as_it_should_be, GOLDENS);
	loop_test(written_and_loaded, GOLDENS);
	test(secrets_go_into_files_alone);
	test(no_secret_in_an_error);
	test(keys_of_policies);
	test(told_to_scripts);
	loop_test(malformed, BADS);
	loop_test(malformed_secrets, BAD_SECRETS);
	test(secrets_of_libreswan);
	test(not_there);
	test(a_byte_order_mark_is_passed_over);
	test(too_much);
	test(too_many);
	test(also_over_and_over);
}

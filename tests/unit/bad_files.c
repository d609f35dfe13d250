/* bad_files.c - configurations of files that are none, or not for us.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "tests/unit/config_folder.h"
#include "tests/unit/pki.h"

#include <limits.h>

#define PEERS "defaults: {auth: psk}\npeers:\n"
/* The second has a secret that is as it should be, whatever happens to the first. */
#define TWO                                                                    \
	PEERS "  lab: {remote: 10.0.0.2, secret: bad}\n"                       \
	      "  office: {remote: 10.0.0.1}\n"

static const char *path_of(const struct folder *f, const char *name)
{
	static char path[2][256];
	static unsigned int turn;
	char *out = path[turn++ % 2];

	snprintf(out, sizeof(path[0]), "%s/%s", f->path, name);
	return out;
}

/* --- What stands there instead --------------------------------------------------- */

static void pipe_at(struct folder *f, const char *name)
{
	ck_assert_int_eq(mkfifo(path_of(f, name), 0600), 0);
}

static void link_at(struct folder *f, const char *name, const char *to)
{
	ck_assert_int_eq(symlink(to, path_of(f, name)), 0);
}

/* It never ends, and never says that it has. */
static void device_at(struct folder *f, const char *name)
{
	link_at(f, name, "/dev/zero");
}

static void loop_at(struct folder *f, const char *name)
{
	link_at(f, name, "loop");
	link_at(f, "loop", "loop");
	link_at(f, "secrets/loop", "loop");
	link_at(f, "peers.d/loop", "loop");
}

static void nothing_at(struct folder *f, const char *name)
{
	link_at(f, name, "gone");
}

static void folder_at(struct folder *f, const char *name)
{
	folder_make(f, name, 0700);
}

/* It has no length, but octets. */
static void proc_at(struct folder *f, const char *name)
{
	link_at(f, name, "/proc/self/status");
}

static void large_at(struct folder *f, const char *name)
{
	folder_file(f, name, "");
	ck_assert_int_eq(truncate(path_of(f, name), (off_t)1 << 40), 0);
}

static void empty_at(struct folder *f, const char *name)
{
	folder_file(f, name, "");
}

static void line_end_at(struct folder *f, const char *name)
{
	folder_file(f, name, "\r\n");
}

static void longer_at(struct folder *f, const char *name)
{
	char text[514]; /* two more are for a line end */

	memset(text, 'x', sizeof(text));
	folder_write(f, name, text, sizeof(text), 0600);
}

static void nul_at(struct folder *f, const char *name)
{
	folder_write(f, name, "a: b\0c\n", 7, 0600);
}

static void latin_at(struct folder *f, const char *name)
{
	folder_file(f, name, "# caf\xe9\na: b\n");
}

/* --- The configuration itself ---------------------------------------------------- */

/* clang-format off */
static const struct {
	void (*put)(struct folder *f, const char *name);
	const char *main, *other; /* what is said if it is ipsecd.yaml, peers.d/a.yaml */
} configurations[] = {
	{ pipe_at, "ipsecd.yaml: error: cannot be read: not a regular file\n",
		"peers.d/a.yaml: error: cannot be read: not a regular file\n" },
	{ device_at, "ipsecd.yaml: error: cannot be read: not a regular file\n",
		"peers.d/a.yaml: error: cannot be read: not a regular file\n" },
	{ loop_at, "ipsecd.yaml: error: cannot be read: Too many levels of symbolic links\n",
		"ipsecd.yaml: error: peers.d/a.yaml: Too many levels of symbolic links\n" },
	{ nothing_at, "ipsecd.yaml: error: cannot be read: No such file or directory\n",
		"ipsecd.yaml: error: peers.d/a.yaml: No such file or directory\n" },
	{ folder_at, "ipsecd.yaml: error: cannot be read: Is a directory\n",
		"peers.d/a.yaml: error: cannot be read: Is a directory\n" },
	{ large_at, "ipsecd.yaml:1:1048578: error: larger than 1024 KiB\n"
		"    split it: peers.d/*.yaml and include are merged\n",
		"peers.d/a.yaml:1:1048578: error: larger than 1024 KiB\n"
		"    split it: peers.d/*.yaml and include are merged\n" },
	{ nul_at, "ipsecd.yaml:1:5: error: a NUL character\n"
		"  1 | a: b c\n"
		"    |     ^  is it a text file?\n",
		"peers.d/a.yaml:1:5: error: a NUL character\n"
		"  1 | a: b c\n"
		"    |     ^  is it a text file?\n" },
	{ latin_at, "ipsecd.yaml:1:6: error: not UTF-8: octet 0xe9\n"
		"  1 | # caf?\n"
		"    |      ^  configuration files are UTF-8\n",
		"peers.d/a.yaml:1:6: error: not UTF-8: octet 0xe9\n"
		"  1 | # caf?\n"
		"    |      ^  configuration files are UTF-8\n" },
};
/* clang-format on */

START_TEST(n50_configurations_that_are_no_files)
{
	struct folder f = folder_new();

	configurations[_i].put(&f, "ipsecd.yaml");
	folder_load(&f);
	ck_assert_str_eq(f.shown, configurations[_i].main);
	ck_assert_ptr_null(f.config);
	folder_remove(&f);
	f = folder_new();
	configurations[_i].put(&f, "peers.d/a.yaml");
	folder_load_text(&f, PEERS);
	ck_assert_str_eq(f.shown, configurations[_i].other);
	ck_assert_ptr_null(f.config);
	folder_remove(&f);
}
END_TEST

/* Included by name: the line that names it is told. */
START_TEST(n50_included_files_that_are_none)
{
	struct folder f = folder_new();

	loop_at(&f, "a.yaml");
	folder_load_text(&f, "include: [a.yaml, gone.yaml]\n");
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:1:11: error: 'a.yaml': Too many levels of "
		"symbolic links\n"
		"  1 | include: [a.yaml, gone.yaml]\n"
		"    |           ^~~~~~\n"
		"ipsecd.yaml:1:19: error: 'gone.yaml': no such file\n"
		"  1 | include: [a.yaml, gone.yaml]\n"
		"    |                   ^~~~~~~~~  a pattern such as "
		"sites/*.yaml may match nothing\n");
	folder_load_text(&f, "include: [[a.yaml], {b: c}]\n");
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:1:11: error: 'include' is a list of files\n"
		"  1 | include: [[a.yaml], {b: c}]\n"
		"    |           ^  such as [sites/*.yaml]\n"
		"ipsecd.yaml:1:21: error: 'include' is a list of files\n"
		"  1 | include: [[a.yaml], {b: c}]\n"
		"    |                     ^  such as [sites/*.yaml]\n");
	folder_remove(&f);
}
END_TEST

START_TEST(n50_an_octet_too_many)
{
	enum { LARGEST = 1 << 20 };
	struct folder f = folder_new();
	char *text = malloc(LARGEST + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, '#', LARGEST + 1);
	folder_write(&f, "ipsecd.yaml", text, LARGEST, 0600);
	folder_load(&f);
	ck_assert_ptr_nonnull(f.config);
	text[LARGEST - 1] = '\n';
	folder_write(&f, "ipsecd.yaml", text, LARGEST + 1, 0600);
	folder_load(&f);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:2:2: error: larger than 1024 KiB\n"
		"  2 | #\n"
		"    |  ^  split it: peers.d/*.yaml and include are merged\n");
	free(text);
	folder_remove(&f);
}
END_TEST

/* All together, though no file is too large. */
START_TEST(n50_octets_of_all_files)
{
	enum { LARGEST = 1 << 20, FILES = 66 };
	struct folder f = folder_new();
	char *text = malloc(LARGEST), name[32];

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', LARGEST);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "peers.d/%02d.yaml", i);
		folder_write(&f, name, text, LARGEST, 0600);
	}
	folder_load_text(&f, PEERS);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: error: more than 65536 files or 64 MiB\n");
	ck_assert_ptr_null(f.config);
	free(text);
	folder_remove(&f);
}
END_TEST

START_TEST(n50_names_of_files_that_are_too_long)
{
	struct folder f = folder_new();
	char name[PATH_MAX + 1], yaml[PATH_MAX + 256];
	struct config_errors errors = { 0 };

	memset(name, 'x', PATH_MAX);
	name[PATH_MAX] = '\0';
	name[PATH_MAX - 3] = '/'; /* of the folder, with /secrets */
	ck_assert_ptr_null(config_load(name, NULL, &errors));
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_str_eq(
		errors.list[0].text, "the name of the file is too long");
	config_errors_clear(&errors);
	name[PATH_MAX - 3] = 'x';
	snprintf(yaml, sizeof(yaml), "include: %s\n", name);
	folder_load_text(&f, yaml);
	ck_assert_uint_eq(f.errors.count, 1);
	ck_assert_str_eq(f.errors.list[0].text, "the name is too long");
	ck_assert_ptr_null(f.config);
	snprintf(yaml, sizeof(yaml),
		TWO "  long: {remote: 10.0.0.3, secret: %s}\n", name);
	folder_file(&f, "secrets/bad", "key");
	folder_load_text(&f, yaml);
	ck_assert_uint_eq(f.errors.count, 1);
	ck_assert_str_eq(
		f.errors.list[0].text, "the name of the file is too long");
	folder_remove(&f);
}
END_TEST

/* --- A secret: its peer is left out, the others run ---------------------------------- */

#define SECRET(WHY, HINT)                                                      \
	"ipsecd.yaml:3:35: error: peer 'lab' is left out: secret " WHY "\n"    \
	"  3 |   lab: {remote: 10.0.0.2, secret: bad}\n"                       \
	"    |                                   ^~~" HINT "\n"

static const struct {
	void (*put)(struct folder *f, const char *name);
	const char *shown;
} secrets[] = {
	{ pipe_at, SECRET("'secrets/bad' is not a regular file", "") },
	{ device_at, SECRET("'secrets/bad' is not a regular file", "") },
	{ folder_at, SECRET("'secrets/bad' is not a regular file", "") },
	{ loop_at, SECRET("'secrets/bad': Too many levels of symbolic links",
			   "") },
	{ nothing_at, SECRET("'secrets/bad': No such file or directory",
			      "  ipsec-ctl keygen psk -o secrets/bad") },
	{ proc_at, SECRET("'secrets/bad' has mode 0444: others can read it",
			   "  chmod 0640 secrets/bad") },
	{ large_at, SECRET("'secrets/bad' is longer than 512 octets", "") },
	{ longer_at, SECRET("'secrets/bad' is longer than 512 octets", "") },
	{ empty_at, SECRET("'secrets/bad' is empty", "") },
	{ line_end_at, SECRET("'secrets/bad' is empty", "") },
};

START_TEST(n50_secrets_that_are_no_files)
{
	struct folder f = folder_new();

	secrets[_i].put(&f, "secrets/bad");
	folder_load_text(&f, TWO);
	ck_assert_str_eq(f.shown, secrets[_i].shown);
	ck_assert_uint_eq(f.errors.left_out, 1);
	ck_assert_str_ne(folder_peer(&f, "lab")->error, "");
	ck_assert_uint_eq(folder_peer(&f, "lab")->psk_len, 0);
	ck_assert_str_eq(folder_peer(&f, "office")->error, "");
	ck_assert_uint_eq(folder_peer(&f, "office")->psk_len, 12);
	folder_remove(&f);
}
END_TEST

START_TEST(n50_a_folder_of_secrets_that_others_can_write)
{
	struct folder f = folder_new();

	folder_file(&f, "secrets/bad", "key");
	ck_assert_int_eq(chmod(path_of(&f, "secrets"), 01777), 0);
	folder_load_text(&f, TWO);
	ck_assert_str_eq(f.shown,
		SECRET("folder 'secrets' can be written by others",
			"  chmod o-w secrets") "ipsecd.yaml:4:3: error: peer 'office' is left out: secret "
					       "folder 'secrets' can be written by others\n"
					       "  4 |   office: {remote: 10.0.0.1}\n"
					       "    |   ^~~~~~  chmod o-w secrets\n");
	ck_assert_uint_eq(f.errors.left_out, 2);
	folder_remove(&f);
}
END_TEST

/* --- Files of somebody else ------------------------------------------------------- */

/* Root may read everything, so be nobody. */
static void be_nobody(struct folder *f)
{
	char command[160];

	if (geteuid() != 0)
		return;
	snprintf(command, sizeof(command), "chown -R 65534 %.64s", f->path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(seteuid(65534), 0);
}

static void be_root_again(void)
{
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}

#define NOT_OURS                                                               \
	SECRET("'secrets/bad': Permission denied",                             \
		"  chgrp ipsecd secrets/bad; chmod 0640 secrets/bad")

START_TEST(n50_files_that_we_may_not_read)
{
	struct folder f = folder_new();

	folder_write(&f, "secrets/bad", "key", 3, 0);
	folder_file(&f, "ipsecd.yaml", TWO);
	be_nobody(&f);
	folder_load(&f);
	ck_assert_str_eq(f.shown, NOT_OURS);
	ck_assert_str_eq(folder_peer(&f, "office")->error, "");
	ck_assert_int_eq(chmod(path_of(&f, "peers.d"), 0), 0);
	folder_load(&f);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: error: 'peers.d/*.yaml' cannot be looked "
		"through\n"
		"    may user ipsecd read the folder?\n" NOT_OURS);
	ck_assert_ptr_null(f.config);
	ck_assert_int_eq(chmod(path_of(&f, "peers.d"), 0700), 0);
	ck_assert_int_eq(chmod(path_of(&f, "ipsecd.yaml"), 0), 0);
	folder_load(&f);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: error: cannot be read: Permission denied\n"
		"    chgrp ipsecd ipsecd.yaml; chmod 0640 ipsecd.yaml\n");
	be_root_again();
	folder_remove(&f);
}
END_TEST

/* --- Certificates and authorities ------------------------------------------------- */

#define CORP                                                                   \
	PEERS "  corp: {remote: 10.0.0.3, auth: cert, local: {cert: us.pem}}\n"

static struct folder folder_with_pki(void)
{
	struct pki_cert *ca = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=ca", .ca = true });
	struct pki_cert *us = pki_issue(
		ca, &(struct pki_want){ .subject = "CN=us", .san = "DNS:us" });
	struct folder f = folder_new();

	f.unix_s = PKI_NOW;
	folder_make(&f, "ca", 0700);
	folder_make(&f, "certs", 0700);
	folder_make(&f, "crls", 0700);
	folder_file(&f, "ca/one.pem", ca->pem);
	folder_file(&f, "certs/us.pem", us->pem);
	folder_file(&f, "secrets/us.key", us->key_pem);
	return f;
}

/* They belong to nobody in particular: each is left out, and said once. */
START_TEST(n50_authorities_that_are_no_files)
{
	struct folder f = folder_with_pki();

	pipe_at(&f, "ca/a.pem");
	device_at(&f, "ca/b.pem");
	link_at(&f, "ca/c.pem", "c.pem");
	large_at(&f, "ca/d.pem");
	folder_make(&f, "ca/e.pem", 0700);
	pipe_at(&f, "crls/a");
	empty_at(&f, "crls/b");
	folder_load_text(&f, CORP);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: error: left out: 'ca/a.pem' is not a regular file\n"
		"ipsecd.yaml: error: left out: 'ca/b.pem' is not a regular file\n"
		"ipsecd.yaml: error: left out: 'ca/c.pem': Too many levels of symbolic links\n"
		"ipsecd.yaml: error: left out: 'ca/d.pem' is longer than 1048576 octets\n"
		"ipsecd.yaml: error: left out: 'ca/e.pem' is not a regular file\n"
		"ipsecd.yaml: error: left out: 'crls/a' is not a regular file\n"
		"ipsecd.yaml: error: left out: 'crls/b' is empty\n");
	ck_assert_str_eq(folder_peer(&f, "corp")->error, "");
	folder_remove(&f);
	pki_end();
}
END_TEST

START_TEST(n50_a_folder_of_authorities_that_we_may_not_read)
{
	struct folder f = folder_with_pki();

	folder_file(&f, "ipsecd.yaml", CORP);
	be_nobody(&f);
	ck_assert_int_eq(chmod(path_of(&f, "ca"), 0), 0);
	folder_load(&f);
	be_root_again();
	ck_assert_int_eq(chmod(path_of(&f, "ca"), 0700), 0);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: error: left out: 'ca/*.pem' cannot be looked through\n"
		"    may user ipsecd read the folder?\n"
		"ipsecd.yaml:3:3: error: peer 'corp' is left out: authority in 'ca': there is none\n"
		"  3 |   corp: {remote: 10.0.0.3, auth: cert, local: {cert: us.pem}}\n"
		"    |   ^~~~  put it there as NAME.pem\n");
	folder_remove(&f);
	pki_end();
}
END_TEST

/* One key and more certificates than a chain may have. */
START_TEST(n50_a_chain_that_is_too_long)
{
	struct folder f = folder_with_pki();
	char text[65536];
	size_t len;
	FILE *in = fopen(path_of(&f, "certs/us.pem"), "r");

	ck_assert_ptr_nonnull(in);
	len = fread(text, 1, sizeof(text), in);
	fclose(in);
	for (size_t i = 1; i < 20; i++)
		memcpy(text + i * len, text, len);
	folder_write(&f, "certs/us.pem", text, 20 * len, 0600);
	folder_load_text(&f, CORP);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:3:54: error: peer 'corp' is left out: key 'us.key': its certificate is one of more than 8 in 'us.pem'\n"
		"  3 |   corp: {remote: 10.0.0.3, auth: cert, local: {cert: us.pem}}\n"
		"    |                                                      ^~~~~~\n");
	folder_remove(&f);
	pki_end();
}
END_TEST

SUITE(bad_files)
{
	loop_test(n50_configurations_that_are_no_files,
		sizeof(configurations) / sizeof(configurations[0]));
	test(n50_included_files_that_are_none);
	test(n50_an_octet_too_many);
	test(n50_octets_of_all_files);
	test(n50_names_of_files_that_are_too_long);
	loop_test(n50_secrets_that_are_no_files,
		sizeof(secrets) / sizeof(secrets[0]));
	test(n50_a_folder_of_secrets_that_others_can_write);
	test(n50_files_that_we_may_not_read);
	test(n50_authorities_that_are_no_files);
	test(n50_a_folder_of_authorities_that_we_may_not_read);
	test(n50_a_chain_that_is_too_long);
}

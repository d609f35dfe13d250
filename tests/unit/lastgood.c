/* lastgood.c - copies of good configurations: kept, as many as there may be, read, put back; and folders of an enemy's.
 * SPDX-License-Identifier: ISC
 *
 * tests/faults fails each call on the way, and looks whether what is there is whole.
 */
#include "daemon/lastgood.h"

#include "daemon/ctl_difference.h"
#include "daemon/ctl_verbs.h"
#include "tests/suite.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/records.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static struct folder f;
static char state[128];

#define PEER "peers:\n  office:\n    remote: 192.0.2.1\n    auth: psk\n"

/* ROOT/etc/ipsecd and ROOT/var/lib/ipsecd, where ROOT is f.path. */
static void set_up(void)
{
	f = folder_new();
	folder_make(&f, "etc", 0700);
	folder_make(&f, "etc/ipsecd", 0700);
	folder_make(&f, "etc/ipsecd/secrets", 0700);
	folder_make(&f, "etc/ipsecd/peers.d", 0700);
	folder_make(&f, "var", 0700);
	folder_make(&f, "var/lib", 0700);
	folder_make(&f, "var/lib/ipsecd", 0700);
	folder_file(&f, "etc/ipsecd/secrets/office.psk", "a shared key\n");
	snprintf(state, sizeof(state), "%s/var/lib/ipsecd", f.path);
}

static void write_main(const char *text)
{
	folder_file(&f, "etc/ipsecd/ipsecd.yaml", text);
}

static struct config *load(void)
{
	static struct config_errors errors;
	char path[128];
	struct config *config;

	snprintf(path, sizeof(path), "%s/etc/ipsecd/ipsecd.yaml", f.path);
	config = config_load(path, f.path, &errors);
	config_errors_clear(&errors);
	errors = (struct config_errors){ .count = 0 };
	ck_assert_ptr_nonnull(config);
	return config;
}

/* As a start or a reload does. */
static void keep(void)
{
	struct lastgood *lastgood = lastgood_open(state);
	struct config *config = load();

	ck_assert_uint_gt(config->text_count, 0);
	lastgood_keep(lastgood, config);
	ck_assert_uint_eq(config->text_count, 0);
	ck_assert_ptr_null(config->texts);
	config_free(config);
	lastgood_close(lastgood);
}

static struct lastgood_list there(void)
{
	int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct lastgood_list list;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(lastgood_list(fd, &list), 0);
	close(fd);
	return list;
}

/* NULL: it can be read. */
static const char *complaint(uint32_t number)
{
	int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct lastgood_copy copy;
	const char *error = lastgood_read(fd, number, &copy);

	ck_assert(error || copy.count > 0);
	lastgood_clear(&copy);
	close(fd);
	return error;
}

/* --- Keeping -------------------------------------------------------------- */

START_TEST(a_copy_is_kept_when_the_text_is_another)
{
	int fd;
	struct lastgood_copy copy;
	struct stat st;

	set_up();
	write_main(PEER);
	keep();
	keep();
	ck_assert_uint_eq(there().count, 1);
	folder_file(&f, "etc/ipsecd/peers.d/b.yaml", "x-note: here\n");
	keep();
	ck_assert_uint_eq(there().count, 2);
	ck_assert_uint_eq(there().number[0], 2);

	fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_ptr_null(lastgood_read(fd, 2, &copy));
	ck_assert_uint_eq(copy.count, 2);
	ck_assert_str_eq(copy.version, IPSECD_VERSION);
	ck_assert_uint_eq(copy.files[0].text.len, strlen(PEER));
	ck_assert_mem_eq(copy.files[0].text.at, PEER, strlen(PEER));
	ck_assert_ptr_nonnull(strstr(copy.files[1].name, "/peers.d/b.yaml"));
	lastgood_clear(&copy);
	/* Also what is only in a file of keys is in none. */
	ck_assert_int_eq(fstatat(fd, "config-2", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	close(fd);
	folder_remove(&f);
}
END_TEST

START_TEST(only_the_last_five_stay)
{
	char text[128];

	set_up();
	for (int i = 1; i <= 9; i++) {
		snprintf(text, sizeof(text), PEER "# %d\n", i);
		write_main(text);
		keep();
	}
	ck_assert_uint_eq(there().count, LASTGOOD_COPIES);
	ck_assert_uint_eq(there().number[0], 9);
	ck_assert_uint_eq(there().number[4], 5);
	folder_remove(&f);
}
END_TEST

/* What we were killed over, and what else may stand there. */
START_TEST(what_is_in_the_way_is_passed_by)
{
	char path[256], other[256];
	struct stat st;

	set_up();
	write_main(PEER);
	snprintf(other, sizeof(other), "%s/other", f.path);
	folder_file(&f, "other", "as it was\n");
	snprintf(path, sizeof(path), "%s/config.new", state);
	ck_assert_int_eq(symlink(other, path), 0);
	snprintf(path, sizeof(path), "%s/config-7", state);
	ck_assert_int_eq(symlink(other, path), 0);
	folder_make(&f, "var/lib/ipsecd/config-8", 0700);
	snprintf(path, sizeof(path), "%s/config-9", state);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	folder_file(&f, "var/lib/ipsecd/config-010", "not ours\n");
	folder_file(&f, "var/lib/ipsecd/config-9999999999", "not ours\n");
	keep();
	ck_assert_uint_eq(there().count, 4);
	ck_assert_uint_eq(there().number[0], 10);
	ck_assert_ptr_null(complaint(10));
	ck_assert_ptr_nonnull(complaint(9));
	ck_assert_ptr_nonnull(complaint(8));
	ck_assert_ptr_nonnull(complaint(7));
	ck_assert_int_eq(stat(other, &st), 0);
	ck_assert_int_eq(st.st_size, 10);
	folder_remove(&f);
}
END_TEST

/* It says so in the log, and nothing comes of it. */
START_TEST(where_nothing_can_be_kept_nothing_is)
{
	struct config *config;

	set_up();
	write_main(PEER);
	config = load();
	ck_assert_ptr_null(lastgood_open(NULL));
	ck_assert_ptr_null(lastgood_open("/nonexistent/ipsecd"));
	ck_assert_ptr_null(lastgood_open("/etc/passwd"));
	ck_assert_int_eq(chmod(state, 0770), 0);
	ck_assert_ptr_null(lastgood_open(state));
	ck_assert_int_eq(chmod(state, 0702), 0);
	ck_assert_ptr_null(lastgood_open(state));
	lastgood_keep(NULL, config);
	ck_assert_ptr_null(config->texts);
	config_free(config);
	folder_remove(&f);
}
END_TEST

/* Also when it was ours alone at the start. */
START_TEST(where_others_may_write_by_now_nothing_is_kept)
{
	struct lastgood *lastgood;
	struct config *config;

	set_up();
	write_main(PEER);
	lastgood = lastgood_open(state);
	ck_assert_ptr_nonnull(lastgood);
	ck_assert_int_eq(chmod(state, 0777), 0);
	config = load();
	lastgood_keep(lastgood, config);
	config_free(config);
	ck_assert_uint_eq(there().count, 0);
	ck_assert_int_eq(chmod(state, 0700), 0);
	config = load();
	lastgood_keep(lastgood, config);
	config_free(config);
	ck_assert_uint_eq(there().count, 1);
	lastgood_close(lastgood);
	folder_remove(&f);
}
END_TEST

START_TEST(what_is_too_large_is_not_kept)
{
	enum { FILES = 17, SIZE = 1000000 };
	char *text = malloc(SIZE + 1), name[64];

	set_up();
	write_main(PEER);
	text[0] = '#';
	memset(text + 1, 'x', SIZE - 2);
	text[SIZE - 1] = '\n';
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "etc/ipsecd/peers.d/%d.yaml", i);
		folder_write(&f, name, text, SIZE, 0600);
	}
	keep();
	ck_assert_uint_eq(there().count, 0);
	folder_remove(&f);
	free(text);
}
END_TEST

/* --- Reading what somebody else may have written -------------------------- */

#define HEAD "ipsecd kept configuration 1\ntime T\nversion V\n"

/* What is said to end where "end" stands alone gets its sum there. */
static size_t with_sum(const char *text, char *to, size_t size)
{
	const char *end = strstr(text, "\nend\n");
	char sum[LASTGOOD_SUM];
	const size_t len = end ? (size_t)(end + 1 - text) : strlen(text);

	lastgood_sum(text, len, sum);
	return (size_t)(end ? snprintf(to, size, "%.*send %s%s", (int)len, text,
				      sum, end + 4)
			    : snprintf(to, size, "%s", text));
}

static void write_copy(const char *text)
{
	char summed[512];

	with_sum(text, summed, sizeof(summed));
	folder_file(&f, "var/lib/ipsecd/config-1", summed);
}

static const struct {
	const char *text;
	bool good;
} texts[] = {
	{ HEAD "files 1\nfile 2 3\n/a\nx: \nend\n", true },
	{ HEAD "files 2\nfile 2 0\n/a\n\nfile 2 1\n/b\n\n\nend\n", true },
	{ "", false },
	{ HEAD, false },
	{ HEAD "files 0\nend\n", false },
	{ HEAD "files 2\nfile 2 3\n/a\nx: \nend\n", false },
	{ HEAD "files 1\nfile 2 3\n/a\nx: \nend\n\n", false },
	{ HEAD "files 1\nfile 2 3\n/a\nx: \n", false },
	{ HEAD "files 1\nfile 2 4\n/a\nx: \nend\n", false },
	{ HEAD "files 1\nfile 2 16777216\n/a\nx: \nend\n", false },
	{ HEAD "files 1\nfile 2 99999999999\n/a\nx: \nend\n", false },
	{ HEAD "files 1\nfile 0 3\n\nx: \nend\n", false },
	{ HEAD "files 1\nfile -2 3\n/a\nx: \nend\n", false },
	{ HEAD "files 1\nfile 2 3 \n/a\nx: \nend\n", false },
	{ HEAD "files 4294967297\nfile 2 3\n/a\nx: \nend\n", false },
	{ HEAD "files 16777216\nfile 2 3\n/a\nx: \nend\n", false },
	{ "ipsecd kept configuration 2\ntime T\nversion V\nfiles 1\nfile 2 3\n/a\nx: \nend\n",
		false },
};

START_TEST(a_copy_that_does_not_add_up_is_none)
{
	set_up();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_copy(texts[i].text);
		ck_assert_msg(
			(complaint(1) == NULL) == texts[i].good, "text %zu", i);
	}
	folder_file(&f, "var/lib/ipsecd/config-1", texts[0].text);
	ck_assert_ptr_nonnull(complaint(1));
	folder_remove(&f);
}
END_TEST

/* However it is cut, and whichever octet is another. */
START_TEST(a_damaged_copy_is_none)
{
	char whole[256], text[256];
	const size_t len = with_sum(texts[1].text, whole, sizeof(whole));

	set_up();
	for (size_t i = 0; i < len; i++) {
		folder_write(&f, "var/lib/ipsecd/config-1", whole, i, 0600);
		ck_assert_ptr_nonnull(complaint(1));
		memcpy(text, whole, len);
		text[i] = '\0';
		folder_write(&f, "var/lib/ipsecd/config-1", text, len, 0600);
		ck_assert_ptr_nonnull(complaint(1));
		text[i] = (char)(whole[i] ^ 1);
		folder_write(&f, "var/lib/ipsecd/config-1", text, len, 0600);
		ck_assert_ptr_nonnull(complaint(1));
	}
	folder_remove(&f);
}
END_TEST

/* --- ipsec-ctl history ---------------------------------------------------- */

static char *out, *err;

static int history(const char *number, const char *folder, bool json)
{
	struct ctl ctl = { .fd = -1, .style = { true, false, 1795363771042 } };
	char *words[10] = { strdup("ipsec-ctl"), strdup("--root"),
		strdup(f.path), strdup("history") };
	size_t out_size, err_size;
	int argc = 4, code;

	if (json)
		words[argc++] = strdup("-j");
	if (number)
		words[argc++] = strdup(number);
	if (folder) {
		words[argc++] = strdup("--out");
		words[argc++] = strdup(folder);
	}
	free(out);
	free(err);
	ctl.out = open_memstream(&out, &out_size);
	ctl.err = open_memstream(&err, &err_size);
	code = ctl_run(&ctl, argc, words);
	fclose(ctl.out);
	fclose(ctl.err);
	for (int i = 0; i < argc; i++)
		free(words[i]);
	take_out(out, f.path);
	take_out(err, f.path);
	return code;
}

static void clean_up(void)
{
	free(out);
	free(err);
	out = err = NULL;
	folder_remove(&f);
}

/* What is in a file below the root; static. */
static const char *content(const char *name)
{
	static char text[1024];
	char path[256];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", f.path, name);
	file = fopen(path, "r");
	if (!file)
		return "(none)";
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

START_TEST(history_shows_what_has_changed)
{
	set_up();
	ck_assert_int_eq(history(NULL, NULL, false), 0);
	ck_assert_str_eq(out, "no copies are kept yet\n");
	write_main(PEER "    secret: 'text:who reads this knows it'\n");
	folder_file(&f, "etc/ipsecd/peers.d/b.yaml", "x-note: here\n");
	keep();
	ck_assert_int_eq(history(NULL, NULL, false), 0);
	ck_assert_ptr_nonnull(
		strstr(out, "/etc/ipsecd/ipsecd.yaml and 1 other\n"));
	ck_assert_int_eq(history("1", NULL, false), 0);
	ck_assert_str_eq(out, "2 files are as in the copy\n");

	write_main("peers:\n  office:\n    remote: [\n    auth: psk\n"
		   "    secret: 'text:who reads that knows it'\n");
	folder_file(&f, "etc/ipsecd/peers.d/c.yaml", "x-note: there\n");
	folder_file(&f, "etc/ipsecd/peers.d/c.yaml~", "not read\n");
	ck_assert_int_eq(history("1", NULL, false), 0);
	ck_assert_str_eq(out, "/etc/ipsecd/ipsecd.yaml: changed\n"
			      "    3 -     remote: 192.0.2.1\n"
			      "    3 +     remote: [\n"
			      "    5 -     secret: 'text:***\n"
			      "    5 +     secret: 'text:***\n"
			      "/etc/ipsecd/peers.d/c.yaml: is new\n"
			      "1 file is as in the copy\n");
	ck_assert_int_eq(history("1", NULL, true), 0);
	records_check(out);
	ck_assert_ptr_null(strstr(out, "knows it"));
	ck_assert_int_eq(history(NULL, NULL, true), 0);
	records_check(out);
	folder_file(&f, "var/lib/ipsecd/config-2", "nonsense");
	ck_assert_int_eq(history(NULL, NULL, true), 0);
	records_check(out);
	ck_assert_int_eq(history("2", NULL, false), 1);
	ck_assert_int_eq(history("3", NULL, false), 1);
	ck_assert_int_eq(history("0", NULL, false), 2);
	ck_assert_int_eq(history("1x", NULL, false), 2);
	clean_up();
}
END_TEST

/* What the file has become need not be a configuration, nor a text. */
START_TEST(n27_history_of_what_is_no_text)
{
	static const char now[] = "peers:\n# \x1b[2J\r\xff\xe2\x80\xae\n"
				  "# a\0b\n# \"\\\x07\n";

	set_up();
	write_main("peers:\n");
	keep();
	folder_write(&f, "etc/ipsecd/ipsecd.yaml", now, sizeof(now) - 1, 0600);
	ck_assert_int_eq(history("1", NULL, false), 0);
	ck_assert_str_eq(out, "/etc/ipsecd/ipsecd.yaml: changed\n"
			      "    2 + # \\x1b[2J\\x0d\\xff\\xe2\\x80\\xae\n"
			      "    3 + # a\n"
			      "    4 + # \"\\\\x07\n");
	ck_assert_int_eq(history("1", NULL, true), 0);
	records_check(out);
	for (const char *at = out; *at; at++)
		ck_assert(*at == '\n' || (unsigned char)*at >= ' ');
	clean_up();
}
END_TEST

START_TEST(history_puts_back_and_loses_nothing)
{
	char folder[128];

	set_up();
	snprintf(folder, sizeof(folder), "%s/etc/ipsecd", f.path);
	write_main(PEER);
	folder_file(&f, "etc/ipsecd/peers.d/b.yaml", "x-note: here\n");
	keep();
	folder_write(&f, "etc/ipsecd/ipsecd.yaml", "broken: [", 9, 0640);
	folder_file(&f, "etc/ipsecd/ipsecd.yaml~", "older\n");
	folder_file(&f, "etc/ipsecd/peers.d/c.yaml", "x-note: there\n");
	ck_assert_int_eq(history("1", folder, false), 0);
	ck_assert_ptr_nonnull(strstr(out, "in force after: ipsec-ctl reload"));
	ck_assert_str_eq(content("etc/ipsecd/ipsecd.yaml"), PEER);
	ck_assert_str_eq(content("etc/ipsecd/ipsecd.yaml~"), "older\n");
	ck_assert_str_eq(content("etc/ipsecd/ipsecd.yaml~2"), "broken: [");
	ck_assert_str_eq(content("etc/ipsecd/peers.d/c.yaml"), "(none)");
	ck_assert_str_eq(
		content("etc/ipsecd/peers.d/c.yaml~"), "x-note: there\n");
	/* What it gives is what was kept. */
	keep();
	ck_assert_uint_eq(there().count, 1);
	ck_assert_int_eq(history("1", folder, true), 0);
	records_check(out);
	ck_assert_ptr_null(strstr(out, "written"));
	clean_up();
}
END_TEST

/* Another folder, whose keys are still where they were. */
START_TEST(history_writes_a_folder_that_can_be_checked)
{
	static struct config_errors errors;
	struct config *config;
	char folder[128], path[256];
	struct stat st;

	set_up();
	write_main(PEER);
	folder_file(&f, "etc/ipsecd/peers.d/b.yaml", "x-note: here\n");
	keep();
	snprintf(folder, sizeof(folder), "%s/old", f.path);
	ck_assert_int_eq(history("1", folder, true), 0);
	records_check(out);
	ck_assert_str_eq(content("old/peers.d/b.yaml"), "x-note: here\n");
	ck_assert_int_eq(history("1", folder, false), 0);
	ck_assert_ptr_null(strstr(out, "in force after"));
	ck_assert_ptr_nonnull(strstr(out, "old/ipsecd.yaml\n"));
	ck_assert_int_eq(history("7", folder, false), 1);
	ck_assert_ptr_nonnull(strstr(err, "copy 7: there is none\n"));
	snprintf(path, sizeof(path), "%s/ipsecd.yaml", folder);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	config = config_load(path, f.path, &errors);
	ck_assert_ptr_nonnull(config);
	ck_assert_uint_eq(errors.left_out, 0);
	ck_assert_uint_eq(config->peers.peer[0]->psk_len, 12);
	config_free(config);
	config_errors_clear(&errors);
	clean_up();
}
END_TEST

/* Nothing is written where the names of a copy would lead. */
START_TEST(a_copy_leads_nowhere_else)
{
	static const char *const names[] = { "/a/../../x.yaml", "/a/./x.yaml",
		"/a//x.yaml", "/b/x.yaml", "/a/..", "/a/x/" };
	char folder[128], text[256];

	set_up();
	snprintf(folder, sizeof(folder), "%s/old", f.path);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text),
			HEAD
			"files 2\nfile 9 3\n/a/m.yaml\nm: \nfile %zu 3\n%s\nx: \nend\n",
			strlen(names[i]), names[i]);
		write_copy(text);
		ck_assert_msg(history("1", folder, false) == 1, "%s: %s",
			names[i], out);
		ck_assert_str_eq(content("old/m.yaml"), "m: ");
		ck_assert_str_eq(content("old/x.yaml"), "(none)");
		ck_assert_str_eq(content("x.yaml"), "(none)");
	}
	clean_up();
}
END_TEST

/* --- Lines ---------------------------------------------------------------- */

static char told[256];

static void tell(void *ctx, const struct difference_line *line)
{
	const size_t len = strlen(told);

	(void)ctx;
	snprintf(told + len, sizeof(told) - len, "%c%zu%.*s ",
		line->added ? '+' : '-', line->number, (int)line->text.len,
		(const char *)line->text.at);
}

static const struct {
	const char *before, *after, *told;
} differences[] = {
	{ "", "", "" },
	{ "a\nb\n", "a\nb\n", "" },
	{ "", "a\n", "+1a " },
	{ "a\n", "", "-1a " },
	{ "a\nb\nc\n", "a\nc\n", "-2b " },
	{ "a\nc\n", "a\nb\nc\n", "+2b " },
	{ "a\nb\nc\nd\n", "a\nx\nc\ny\n", "-2b +2x -4d +4y " },
	{ "a\na\n", "a\n", "-2a " },
	{ "a\nb\n", "b\na\n", "-1a +2a " },
};

START_TEST(as_few_lines_as_there_are)
{
	const char *before = differences[_i].before;
	const char *after = differences[_i].after;
	bool same;

	told[0] = '\0';
	same = difference(bytes_of(before, strlen(before)),
		bytes_of(after, strlen(after)), tell, NULL);
	ck_assert_str_eq(told, differences[_i].told);
	ck_assert_int_eq(same, strcmp(before, after) == 0);
}
END_TEST

SUITE(lastgood)
{
	test(a_copy_is_kept_when_the_text_is_another);
	test(only_the_last_five_stay);
	test(what_is_in_the_way_is_passed_by);
	test(where_nothing_can_be_kept_nothing_is);
	test(where_others_may_write_by_now_nothing_is_kept);
	test(what_is_too_large_is_not_kept);
	test(a_copy_that_does_not_add_up_is_none);
	test(a_damaged_copy_is_none);
	test(history_shows_what_has_changed);
	test(n27_history_of_what_is_no_text);
	test(history_puts_back_and_loses_nothing);
	test(history_writes_a_folder_that_can_be_checked);
	test(a_copy_leads_nowhere_else);
	loop_test(as_few_lines_as_there_are,
		sizeof(differences) / sizeof(differences[0]));
}

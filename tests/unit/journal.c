/* journal.c - entries of the journal, and a journal of our own that reads them.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/journal.h"

#include "daemon/log.h"

#include "ikev2/events.h"

#include "tests/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* --- An entry as the journal reads it ------------------------------------- */

enum { MAX_FIELDS = 24 };

static struct {
	size_t count;
	struct {
		char name[65];
		const char *value;
		size_t len;
	} field[MAX_FIELDS];
} entry;

/* systemd's JOURNAL_NATIVE_PROTOCOL; where it ends. */
static size_t read_field(const char *at, size_t len)
{
	static const char octets[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	const char *end = memchr(at, '\n', len);
	const char *equals = end ? memchr(at, '=', (size_t)(end - at)) : NULL;
	const size_t name = end ? (size_t)((equals ? equals : end) - at) : 0;
	size_t size = 0, i = entry.count++;

	ck_assert_ptr_nonnull(end);
	ck_assert_uint_lt(i, MAX_FIELDS);
	ck_assert_uint_gt(name, 0);
	ck_assert_uint_lt(name, sizeof(entry.field[0].name));
	memcpy(entry.field[i].name, at, name);
	entry.field[i].name[name] = '\0';
	ck_assert_uint_eq(strspn(entry.field[i].name, octets), name);
	ck_assert_int_ne(at[0], '_');
	if (equals) {
		entry.field[i].value = equals + 1;
		entry.field[i].len = (size_t)(end - equals - 1);
		return (size_t)(end - at) + 1;
	}
	ck_assert_uint_ge(len, name + 1 + 8);
	for (size_t k = 8; k-- > 0;)
		size = size << 8 | (uint8_t)at[name + 1 + k];
	ck_assert_uint_ge(len, name + 1 + 8 + size + 1);
	ck_assert_int_eq(at[name + 1 + 8 + size], '\n');
	entry.field[i].value = at + name + 1 + 8;
	entry.field[i].len = size;
	return name + 1 + 8 + size + 1;
}

static void read_entry(const char *at, size_t len)
{
	entry.count = 0;
	for (size_t i = 0; i < len;)
		i += read_field(at + i, len - i);
}

static void has(size_t i, const char *name, const char *value)
{
	ck_assert_uint_lt(i, entry.count);
	ck_assert_str_eq(entry.field[i].name, name);
	ck_assert_uint_eq(entry.field[i].len, strlen(value));
	ck_assert_mem_eq(entry.field[i].value, value, strlen(value));
}

/* --- Its form ------------------------------------------------------------- */

static const struct ike_event event = { "refused", IKE_LOG_WARNING,
	IKE_REPORT_REFUSED, { "id", "spi_in", "notify" } };

START_TEST(an_entry_has_every_fact)
{
	const struct ike_log line = { .event = &event,
		.level = IKE_LOG_WARNING,
		.peer = "branch",
		.cause = "FAILED",
		.facts = FACTS(fact_text("id", "a b\nc"),
			fact_spi("spi_in", 0xc0ffee), fact_notify("notify", 0)),
		.text = "no" };
	static const char wanted[] = "PRIORITY=4\n"
				     "SYSLOG_IDENTIFIER=ipsecd\n"
				     "MESSAGE=refused peer=branch\n"
				     "IPSECD_EVENT=refused\n"
				     "IPSECD_AREA=ike\n"
				     "IPSECD_PEER=branch\n"
				     "IPSECD_CAUSE=FAILED\n"
				     "IPSECD_ID\n\5\0\0\0\0\0\0\0a b\nc\n"
				     "IPSECD_SPI_IN=00c0ffee\n"
				     "IPSECD_TEXT=no\n";
	char out[1024];
	size_t len = journal_format(
		out, sizeof(out), '4', "ike", "refused peer=branch", &line);

	ck_assert_uint_eq(len, sizeof(wanted) - 1);
	ck_assert_mem_eq(out, wanted, len);
}
END_TEST

static const char *name_of(const char *key)
{
	static char name[64];
	size_t len = (size_t)snprintf(name, sizeof(name), "IPSECD_%s", key);

	for (size_t i = 0; i < len; i++) {
		if (name[i] >= 'a' && name[i] <= 'z')
			name[i] = (char)(name[i] - 'a' + 'A');
	}
	return name;
}

/* Both tables, as one; NULL past the end. */
static const struct ike_event *event_at(size_t i)
{
	const struct log_row *own =
		i < EVENT_COUNT ? NULL : log_row_at(i - EVENT_COUNT);

	return i < EVENT_COUNT ? ike_event_at(i) : own ? &own->event : NULL;
}

/* The same value in each fact of the event, which must come back as is. */
static void comes_back(const struct ike_event *row, const char *value,
	const char *wanted, char *out, size_t size)
{
	struct ike_fact facts[EVENT_KEYS + 1] = { 0 };
	const struct ike_log line = { .event = row,
		.peer = value,
		.child = value,
		.cause = "FAILED",
		.facts = facts,
		.text = value };
	size_t keys = 0;

	for (; keys < EVENT_KEYS && row->keys[keys]; keys++)
		facts[keys] = fact_text(row->keys[keys], value);
	read_entry(out, journal_format(out, size, '6', "daemon", "m", &line));
	ck_assert_uint_eq(entry.count, 5 + 3 + keys + 1);
	has(3, "IPSECD_EVENT", row->word);
	has(5, "IPSECD_PEER", wanted);
	for (size_t i = 0; i < keys; i++)
		has(8 + i, name_of(row->keys[i]), wanted);
	has(8 + keys, "IPSECD_TEXT", wanted);
}

/* N27: no value is another field, or less than itself. */
START_TEST(n27_a_value_is_no_field)
{
	static const char *const bad[] = { "", " ", "=", "\n", "\n\n",
		"x\nPRIORITY=0\nMESSAGE=all is well",
		"x\nMESSAGE\n\1\0\0\0\0\0\0\0y\n", "\x1b[31m\x07", "\r\nx",
		"\"quoted\" \\", "\xff\xfe", "_PID=1", "%n%s" };
	static char out[JOURNAL_ENTRY];
	const struct ike_event *row;

	for (size_t i = 0; (row = event_at(i)) != NULL; i++) {
		for (size_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++)
			comes_back(row, bad[b], bad[b], out, sizeof(out));
	}
}
END_TEST

/* Cut, and there is always room for all of them. */
START_TEST(overlong_values_are_cut)
{
	static char out[JOURNAL_ENTRY], value[100000], cut[JOURNAL_VALUE + 1];
	const struct ike_event *row;

	for (int octet = '\n'; octet <= 'x'; octet += 'x' - '\n') {
		memset(value, octet, sizeof(value) - 1);
		memset(cut, octet, sizeof(cut) - 1);
		for (size_t i = 0; (row = event_at(i)) != NULL; i++)
			comes_back(row, value, cut, out, sizeof(out) - 2048);
	}
}
END_TEST

START_TEST(a_sentence_alone)
{
	const struct ike_log line = { .text = "ready" };
	char out[256];

	read_entry(out, journal_format(out, sizeof(out), '6', "ike",
				"note text=ready", &line));
	ck_assert_uint_eq(entry.count, 6);
	has(3, "IPSECD_EVENT", "note");
	has(5, "IPSECD_TEXT", "ready");
}
END_TEST

/* Whatever the room, what is written is whole fields. */
START_TEST(what_does_not_fit_is_left_out)
{
	const struct ike_log line = { .event = &event,
		.peer = "branch",
		.facts = FACTS(fact_text("id", "a\nb"), fact_spi("spi_in", 1)),
		.text = "no" };
	char out[512];

	for (size_t size = 0; size < 400; size++) {
		size_t len;

		memset(out, '#', sizeof(out));
		len = journal_format(out, size, '4', "ike", "refused", &line);
		ck_assert_uint_le(len, size);
		ck_assert_int_eq(out[len], '#');
		read_entry(out, len);
	}
	ck_assert_uint_eq(entry.count, 9);
}
END_TEST

/* --- A journal of our own ------------------------------------------------- */

static char folder[64], path[96];
static int journal, was_stderr, said_fd;

static void open_journal(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	strcpy(folder, "/tmp/ipsecd-journal-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/journal", folder);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(journal, 0);
	ck_assert_int_eq(
		bind(journal, (const struct sockaddr *)&at, sizeof(at)), 0);
}

static void remove_journal(void)
{
	unlink(path);
	rmdir(folder);
}

/* What is written on stderr meanwhile goes to a file. */
static void catch_stderr(void)
{
	char name[96];

	snprintf(name, sizeof(name), "%s/stderr", folder);
	said_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	was_stderr = dup(STDERR_FILENO);
	ck_assert_int_ge(said_fd, 0);
	ck_assert_int_ge(dup2(said_fd, STDERR_FILENO), 0);
	unlink(name);
}

static void let_stderr_go(char *out, size_t size)
{
	ssize_t len = pread(said_fd, out, size - 1, 0);

	ck_assert_int_ge(len, 0);
	out[len] = '\0';
	dup2(was_stderr, STDERR_FILENO);
	close(was_stderr);
	close(said_fd);
}

static void say(const char *file)
{
	log_event(LOG_NOT_STARTED, NULL, FACTS(fact_text("file", file)),
		"%s: not started", file);
}

static size_t heard(char *out, size_t size)
{
	ssize_t len = recv(journal, out, size, MSG_DONTWAIT);

	return len < 0 ? 0 : (size_t)len;
}

START_TEST(a_line_is_sent_to_the_journal)
{
	static char out[JOURNAL_ENTRY];
	char said[256];

	open_journal();
	catch_stderr();
	ck_assert(log_to_journal(path));
	say("a\nb");
	log_event(LOG_DNS, NULL, NO_FACTS, "at debug");
	let_stderr_go(said, sizeof(said));
	ck_assert_str_eq(said, "");
	read_entry(out, heard(out, sizeof(out)));
	ck_assert_uint_eq(entry.count, 7);
	has(0, "PRIORITY", "3");
	has(1, "SYSLOG_IDENTIFIER", "ipsecd");
	has(2, "MESSAGE",
		"not-started file=\"a\\x0ab\" text=\"a\\x0ab: not started\"");
	has(3, "IPSECD_EVENT", "not-started");
	has(4, "IPSECD_AREA", "config");
	has(5, "IPSECD_FILE", "a\nb");
	has(6, "IPSECD_TEXT", "a\nb: not started");
	ck_assert_uint_eq(heard(out, sizeof(out)), 0);
	ck_assert(!log_to_journal(NULL));
	close(journal);
	remove_journal();
}
END_TEST

/* Nothing waits, and nothing is lost: a journal that does not read. */
START_TEST(a_journal_that_is_full)
{
	static char out[JOURNAL_ENTRY];
	char said[256];
	int sent = 0, read = 0;

	open_journal();
	ck_assert(log_to_journal(path));
	catch_stderr();
	while (lseek(said_fd, 0, SEEK_CUR) == 0) {
		say("file");
		sent++;
		ck_assert_int_lt(sent, 100000);
	}
	let_stderr_go(said, sizeof(said));
	ck_assert_ptr_nonnull(strstr(said, "not-started file=file text="));
	while (heard(out, sizeof(out)) > 0)
		read++;
	ck_assert_int_gt(read, 0);
	ck_assert_int_eq(read, sent - 1);
	/* When it reads again, it has the next. */
	say("file");
	ck_assert_uint_gt(heard(out, sizeof(out)), 0);
	log_to_journal(NULL);
	close(journal);
	remove_journal();
}
END_TEST

/* One that ends, and one that was never there. */
START_TEST(a_journal_that_is_gone)
{
	static const char *const nowhere[] = { NULL, "/nonexistent/journal",
		"/a/path/that/is/longer/than/the/address/of/a/socket/may/be/and/"
		"so/nobody/can/ever/listen/there/whatever/he/does/about/it" };
	char said[256];

	open_journal();
	close(journal);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(log_to_journal(nowhere[i] ? nowhere[i] : path));
		catch_stderr();
		say("file");
		let_stderr_go(said, sizeof(said));
		ck_assert_ptr_nonnull(
			strstr(said, "not-started file=file text="));
	}
	log_to_journal(NULL);
	remove_journal();
}
END_TEST

SUITE(journal)
{
	test(an_entry_has_every_fact);
	test(n27_a_value_is_no_field);
	test(overlong_values_are_cut);
	test(a_sentence_alone);
	test(what_does_not_fit_is_left_out);
	test(a_line_is_sent_to_the_journal);
	test(a_journal_that_is_full);
	test(a_journal_that_is_gone);
}

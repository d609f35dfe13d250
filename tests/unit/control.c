/* control.c - the control socket against clients that mean no good (N49 of tests/hostile.tsv).
 * SPDX-License-Identifier: ISC
 *
 * A real event loop, a real core, socket pairs; the loop runs until what is
 * expected has come, with a limit that only a hang meets.
 */
#include "daemon/control.h"

#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/report.h"
#include "tests/daemon_fixture.h"
#include "tests/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char status_request[] = "{\"method\":\"status\"}\n";
static const char monitor_request[] = "{\"method\":\"monitor\"}\n";

__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

/* Octets on the heap; without the address sanitizer nobody counts them. */
static size_t allocated(void)
{
	return __sanitizer_get_current_allocated_bytes
		       ? __sanitizer_get_current_allocated_bytes()
		       : 0;
}

/* What everybody must be able to do, whatever others are up to. */
static void still_serves(struct fixture *f)
{
	int fd = fixture_client(f);

	fixture_send(fd, status_request, strlen(status_request));
	ck_assert_ptr_nonnull(strstr(fixture_answer(f, fd), "{\"ok\":true}"));
	close(fd);
}

START_TEST(a_request_gets_its_records_and_its_verdict)
{
	struct fixture f;
	int fd;
	const char *answer;

	fixture_open(&f, 2);
	fd = fixture_client(&f);
	fixture_send(fd, status_request, strlen(status_request));
	answer = fixture_answer(&f, fd);
	ck_assert_ptr_nonnull(strstr(answer, "\"record\":\"daemon\""));
	ck_assert_ptr_nonnull(strstr(answer, "\"peer\":\"peer-0\""));
	ck_assert_ptr_nonnull(strstr(answer, "\"peer\":\"peer-1\""));
	/* The same client may ask again. */
	fixture_send(fd, status_request, strlen(status_request));
	ck_assert_ptr_nonnull(strstr(fixture_answer(&f, fd), "{\"ok\":true}"));
	close(fd);
	fixture_close(&f);
}
END_TEST

/* The socket says that this is us; and a line with a secret arrives whole. */
START_TEST(keylog_is_given_to_our_own_user)
{
	static const char request[] = "{\"method\":\"keylog\",\"params\":{"
				      "\"peer\":\"peer-0\"}}\n";
	struct ike_effect effect = { .kind = IKE_KEYS };
	struct fixture f;
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	fixture_send(fd, request, strlen(request));
	fixture_until(&f, fd, "\"until\":");
	strcpy(effect.keys.peer, "peer-0");
	effect.keys.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	control_effect(f.daemon.control, &effect);
	fixture_until(&f, fd, "\\\"NONE [RFC4306]\\\"\"}\n");
	close(fd);
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

START_TEST(requests_in_one_write_are_answered_in_order)
{
	static const char both[] = "{\"method\":\"list\",\"params\":{\"what\":"
				   "\"sas\"}}\n{\"method\":\"x\"}\n";
	struct fixture f;
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	fixture_send(fd, both, strlen(both));
	fixture_until(&f, fd, "no method named 'x'");
	ck_assert_int_eq(strncmp(f.text, "{\"ok\":true}\n", 12), 0);
	close(fd);
	fixture_close(&f);
}
END_TEST

START_TEST(a_request_in_pieces)
{
	struct fixture f;
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	for (size_t i = 0; i < strlen(status_request); i++) {
		fixture_send(fd, status_request + i, 1);
		fixture_turn(&f);
	}
	ck_assert_ptr_nonnull(strstr(fixture_answer(&f, fd), "{\"ok\":true}"));
	close(fd);
	fixture_close(&f);
}
END_TEST

/* `echo .. | nc -N`: no more to say, but it reads on. */
START_TEST(who_only_stops_writing_is_answered)
{
	struct fixture f;
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	fixture_send(fd, status_request, strlen(status_request));
	shutdown(fd, SHUT_WR);
	ck_assert_ptr_nonnull(strstr(fixture_answer(&f, fd), "{\"ok\":true}"));
	ck_assert(fixture_gone(&f, fd));
	close(fd);
	fixture_close(&f);
}
END_TEST

START_TEST(n49_garbage_is_refused)
{
	static const char *const lines[] = {
		"\n",
		"hello\n",
		"{\n",
		"[]\n",
		"7\n",
		"null\n",
		"{}\n",
		"{\"method\":7}\n",
		"{\"method\":\"\"}\n",
		"{\"method\":\"status\",\"params\":7}\n",
		"{\"method\":\"status\",\"method\":\"down\"}\n",
		"{\"method\":\"status\\u0000\"}\n",
		"{\"method\":\"status\"} {}\n",
		"{\"method\":\"\xff\xfe\"}\n",
		"\x16\x03\x01\x02\n",
		"GET / HTTP/1.1\r\n",
	};
	struct fixture f;
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *answer;

		fixture_send(fd, lines[i], strlen(lines[i]));
		answer = fixture_answer(&f, fd);
		ck_assert_msg(
			strncmp(answer, "{\"ok\":false,\"code\":2,", 21) == 0,
			"%s: %s", lines[i], answer);
	}
	/* It is the line that is refused, not the client. */
	fixture_send(fd, status_request, strlen(status_request));
	ck_assert_ptr_nonnull(strstr(fixture_answer(&f, fd), "{\"ok\":true}"));
	close(fd);
	fixture_close(&f);
}
END_TEST

/* jansson descends by calling itself. */
START_TEST(n49_deep_nesting_is_refused)
{
	static char line[CONTROL_LINE_MAX];
	struct fixture f;
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	memset(line, '[', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	fixture_send(fd, line, sizeof(line));
	ck_assert_ptr_nonnull(
		strstr(fixture_answer(&f, fd), "\"ok\":false,\"code\":2"));
	still_serves(&f);
	close(fd);
	fixture_close(&f);
}
END_TEST

/* With its line end, and without one at all. */
START_TEST(n49_ten_megabytes_in_one_line)
{
	static char block[65536];
	struct fixture f;
	size_t before;
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	before = allocated();
	memset(block, _i == 0 ? 'x' : ' ', sizeof(block));
	for (size_t sent = 0; sent < 10 * 1024 * 1024;) {
		ssize_t n = send(
			fd, block, sizeof(block), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		fixture_turn(&f);
		ck_assert_uint_le(allocated(), before + 4 * CONTROL_LINE_MAX);
	}
	fixture_until(&f, fd, "the line is too long");
	ck_assert(fixture_gone(&f, fd));
	close(fd);
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

START_TEST(n49_the_longest_line_is_still_read)
{
	static char line[CONTROL_LINE_MAX + 1];
	struct fixture f;
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	memset(line, ' ', sizeof(line));
	memcpy(line, status_request, strlen(status_request) - 1);
	line[CONTROL_LINE_MAX] = '\n';
	fixture_send(fd, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(fixture_answer(&f, fd), "{\"ok\":true}"));
	close(fd);
	fixture_close(&f);
}
END_TEST

/* Idle clients keep nobody out: who has been silent for longest makes room. */
START_TEST(n49_a_thousand_idle_clients)
{
	enum { IDLE = 1000, AN_IDLE_ONE = 8192 };
	static int fds[IDLE];
	struct fixture f;
	size_t before;

	fixture_open(&f, 1);
	before = allocated();
	for (size_t i = 0; i < IDLE; i++) {
		fds[i] = fixture_client(&f);
		fixture_turn(&f);
		/* Ends that the daemon has dropped need not stay open here. */
		if (i >= 100) {
			close(fds[i - 100]);
			fds[i - 100] = -1;
		}
		ck_assert_uint_le(
			allocated(), before + CONTROL_CLIENTS * AN_IDLE_ONE);
	}
	still_serves(&f);
	for (size_t i = 0; i < IDLE; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	fixture_turn(&f);
	fixture_close(&f);
}
END_TEST

START_TEST(n49_places_that_are_in_use_are_not_taken)
{
	int fds[CONTROL_CLIENTS], more;
	struct fixture f;

	fixture_open(&f, 1);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		fds[i] = fixture_client(&f);
		fixture_send(fds[i], monitor_request, strlen(monitor_request));
		fixture_turn(&f);
	}
	more = fixture_client_or_none(&f);
	ck_assert_ptr_nonnull(strstr(fixture_answer(&f, more),
		"\"ok\":false,\"code\":1,\"error\":\"too many clients\""));
	close(more);
	/* One leaves, and there is a place again. */
	close(fds[7]);
	fixture_turn(&f);
	still_serves(&f);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (i != 7)
			close(fds[i]);
	}
	fixture_turn(&f);
	fixture_close(&f);
}
END_TEST

/* It watches, and never reads what it is told: it is dropped, others are not. */
/* `echo .. | nc -N`, which is then ended: it watches for nobody. */
START_TEST(n49_who_has_left_keeps_no_place)
{
	struct fixture f;

	fixture_open(&f, 1);
	for (size_t i = 0; i < 2 * CONTROL_CLIENTS; i++) {
		const int fd = fixture_client(&f);

		fixture_send(fd, monitor_request, strlen(monitor_request));
		shutdown(fd, SHUT_WR);
		fixture_turn(&f);
		close(fd);
		fixture_turn(&f);
	}
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

START_TEST(n49_a_client_that_never_reads)
{
	struct ike_report report = { .kind = IKE_REPORT_PROGRESS,
		.peer = "peer-0" };
	struct fixture f;
	int deaf, reader;
	size_t before;

	fixture_open(&f, 1);
	deaf = fixture_client(&f);
	reader = fixture_client(&f);
	fixture_send(deaf, monitor_request, strlen(monitor_request));
	fixture_send(reader, monitor_request, strlen(monitor_request));
	fixture_turn(&f);
	memset(report.text, 'x', sizeof(report.text) - 1);
	fixture_drain(&f, reader);
	before = allocated();
	for (size_t i = 0; i < 20000; i++) {
		control_report(f.daemon.control, &report);
		ck_assert_uint_le(allocated(), before + 4 * CONTROL_OUTPUT_MAX);
		if (i % 100 == 0) {
			fixture_turn(&f);
			fixture_drain(&f, reader);
		}
	}
	fixture_turn(&f);
	ck_assert(fixture_gone(&f, deaf));
	close(deaf);
	fixture_drain(&f, reader);
	report.text[0] = '\0';
	report.kind = IKE_REPORT_IKE_UP;
	control_report(f.daemon.control, &report);
	fixture_until(&f, reader, "\"event\":\"ike-up\"");
	close(reader);
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

/* A long answer waits for its reader instead of piling up, and is whole. */
START_TEST(a_long_answer_comes_piece_by_piece)
{
	enum { PEERS = 2000 };
	struct fixture f;
	size_t records = 0;
	int fd;

	fixture_open(&f, PEERS);
	fd = fixture_client(&f);
	fixture_send(fd, status_request, strlen(status_request));
	for (size_t i = 0; i < 100; i++)
		fixture_turn(&f);
	still_serves(&f);
	fixture_until(&f, fd, "{\"ok\":true}\n");
	for (const char *at = f.text; (at = strstr(at, "\"record\":\"peer\""));
		at++)
		records++;
	ck_assert_uint_eq(records, PEERS);
	close(fd);
	fixture_close(&f);
}
END_TEST

/* Nothing is read while the answer before is not taken. */
START_TEST(n49_requests_without_reading_answers)
{
	static char line[512];
	size_t sent = 0, before;
	struct fixture f;
	int fd;

	fixture_open(&f, 200);
	fd = fixture_client(&f);
	before = allocated();
	for (size_t i = 0; i < 100000; i++) {
		snprintf(line, sizeof(line), "%s", status_request);
		if (send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) <
			0) {
			if (errno != EAGAIN)
				break;
			fixture_turn(&f);
			if (i > 50000)
				break;
		} else {
			sent++;
		}
		ck_assert_uint_le(allocated(),
			before + 4 * (CONTROL_LINE_MAX + CONTROL_OUTPUT_LOW));
	}
	ck_assert_uint_gt(sent, 0);
	still_serves(&f);
	close(fd);
	fixture_turn(&f);
	fixture_close(&f);
}
END_TEST

/* What has a record for each of 2000 peers, or more. */
static const char *const long_answers[] = {
	"{\"method\":\"status\"}\n",
	"{\"method\":\"counters\"}\n",
	"{\"method\":\"metrics\"}\n",
	"{\"method\":\"list\",\"params\":{\"what\":\"peers\"}}\n",
	"{\"method\":\"list\",\"params\":{\"what\":\"children\"}}\n",
};
enum { LONG_ANSWERS = sizeof(long_answers) / sizeof(long_answers[0]) };

/* Others are served between any two octets that a slow reader takes, and what
 * waits for it is not more than a part of its answer. */
START_TEST(n49_a_slow_reader_of_a_long_list)
{
	enum { PEERS = 2000, OCTETS = 80, TURNS_AT_MOST = 10 };
	struct fixture f;
	size_t before;
	char octet;
	int slow;

	fixture_open(&f, PEERS);
	still_serves(&f); /* the fixture's buffer has its size */
	before = allocated();
	slow = fixture_client(&f);
	fixture_send(slow, long_answers[_i], strlen(long_answers[_i]));
	for (int i = 0; i < OCTETS; i++) {
		const char list[] = "{\"method\":\"list\",\"params\":{"
				    "\"what\":\"sas\"}}\n";
		int other = fixture_client(&f), turns = 0;
		char answer[64] = "";

		fixture_turn(&f);
		ck_assert_int_eq(recv(slow, &octet, 1, MSG_DONTWAIT), 1);
		fixture_send(other, list, strlen(list));
		while (recv(other, answer, sizeof(answer) - 1, MSG_DONTWAIT) <=
			0) {
			ck_assert_int_lt(turns, TURNS_AT_MOST);
			turns++;
			fixture_turn(&f);
		}
		ck_assert_str_eq(answer, "{\"ok\":true}\n");
		close(other);
		ck_assert_uint_le(allocated(), before + CONTROL_OUTPUT_MAX);
	}
	close(slow);
	fixture_turn(&f);
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

/* It asks for a long list, takes some of it, and is gone: so is all that was
 * kept for it. */
START_TEST(n49_a_client_that_leaves_amid_its_answer)
{
	enum { PEERS = 2000 };
	struct fixture f;
	size_t before = 0;
	char some[1000];

	fixture_open(&f, PEERS);
	for (int i = 0; i < 20; i++) {
		int fd = fixture_client(&f);

		fixture_send(fd, long_answers[_i], strlen(long_answers[_i]));
		fixture_turn(&f);
		ck_assert_int_gt(recv(fd, some, sizeof(some), MSG_DONTWAIT), 0);
		if (i % 2)
			shutdown(fd, SHUT_RD);
		close(fd);
		for (int turn = 0; turn < 10; turn++)
			fixture_turn(&f);
		if (i == 1)
			before = allocated();
	}
	ck_assert_uint_le(allocated(), before);
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

/* Each parameter of any method, with what is none, is refused in words; and the
 * client may go on. */
START_TEST(n49_no_parameter_takes_anything)
{
	static const char *const params[] = { "peer", "what", "for", "for_s",
		"timeout_s", "ike", "dry_run", "confirm_s", "keep", "undo",
		"weather", "", "\\u001b[2J\\n", "\\ud83d\\ude00", "%s%n" };
	static const char *const values[] = { "null", "[]", "{}", "[[[[{}]]]]",
		"{\"peer\":\"peer-0\"}", "-1", "1e300", "99999999999999999999",
		"1e999", "\"\\u0000\"", "\"\\ud800\"", "\"\xff\"", "tru",
		"'peer-0'" };
	enum {
		PARAMS = sizeof(params) / sizeof(params[0]),
		VALUES = sizeof(values) / sizeof(values[0]),
	};
	struct fixture f;
	char line[512];
	int fd;

	fixture_open(&f, 1);
	fd = fixture_client(&f);
	for (size_t m = 0; command_name(m); m++) {
		for (size_t i = 0; i < PARAMS * VALUES; i++) {
			const char *answer;

			snprintf(line, sizeof(line),
				"{\"method\":\"%s\",\"params\":{\"%s\":%s}}\n",
				command_name(m), params[i % PARAMS],
				values[i / PARAMS]);
			fixture_send(fd, line, strlen(line));
			answer = fixture_answer(&f, fd);
			ck_assert_msg(strncmp(answer,
					      "{\"ok\":false,\"code\":2,"
					      "\"error\":\"",
					      30) == 0,
				"%s: %s", line, answer);
		}
	}
	fixture_send(fd, status_request, strlen(status_request));
	ck_assert_ptr_nonnull(strstr(fixture_answer(&f, fd), "{\"ok\":true}"));
	close(fd);
	fixture_close(&f);
}
END_TEST

/* Half of a request of any method keeps nobody waiting, and neither does its
 * client's end. */
START_TEST(n49_half_a_request_of_each_method)
{
	struct fixture f;
	char line[128];

	fixture_open(&f, 1);
	for (size_t m = 0; command_name(m); m++) {
		int len = snprintf(line, sizeof(line),
			"{\"method\":\"%s\",\"params\":{\"peer\":\"peer-0\"}}",
			command_name(m));

		for (int cut = 1; cut <= len; cut += 7) {
			int fd = fixture_client(&f);

			fixture_send(fd, line, (size_t)cut);
			fixture_turn(&f);
			if (cut % 2)
				shutdown(fd, SHUT_WR);
			if (cut % 3 == 0)
				still_serves(&f);
			close(fd);
		}
		fixture_turn(&f);
	}
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

static const char keylog_request[] =
	"{\"method\":\"keylog\",\"params\":{\"peer\":\"peer-0\"}}\n";

/* It asks for keys and never reads them: it is dropped, and what waited for it
 * is not kept; who reads has all of them. */
START_TEST(n49_keys_that_nobody_reads)
{
	struct ike_effect effect = { .kind = IKE_KEYS };
	struct fixture f;
	int deaf, reader;
	size_t before;

	fixture_open(&f, 1);
	deaf = fixture_client(&f);
	reader = fixture_client(&f);
	fixture_send(deaf, keylog_request, strlen(keylog_request));
	fixture_send(reader, keylog_request, strlen(keylog_request));
	fixture_turn(&f);
	fixture_drain(&f, reader);
	strcpy(effect.keys.peer, "peer-0");
	effect.keys.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	before = allocated();
	for (size_t i = 0; i < 5000; i++) {
		control_effect(f.daemon.control, &effect);
		ck_assert_uint_le(allocated(), before + 2 * CONTROL_OUTPUT_MAX);
		if (i % 100 == 0) {
			fixture_turn(&f);
			fixture_drain(&f, reader);
		}
	}
	fixture_turn(&f);
	ck_assert(fixture_gone(&f, deaf));
	close(deaf);
	fixture_drain(&f, reader);
	control_effect(f.daemon.control, &effect);
	fixture_until(&f, reader, "\\\"NONE [RFC4306]\\\"\"}\n");
	close(reader);
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

/* Keys are told to nobody for whom there is nobody left. */
START_TEST(n49_clients_that_leave_amid_their_keys)
{
	struct ike_effect effect = { .kind = IKE_KEYS };
	struct fixture f;
	size_t before = 0;

	fixture_open(&f, 1);
	strcpy(effect.keys.peer, "peer-0");
	effect.keys.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	for (int i = 0; i < 20; i++) {
		int fd = fixture_client(&f);

		fixture_send(fd, keylog_request, strlen(keylog_request));
		if (i % 2)
			fixture_turn(&f);
		control_effect(f.daemon.control, &effect);
		close(fd);
		control_effect(f.daemon.control, &effect);
		for (int turn = 0; turn < 10; turn++)
			fixture_turn(&f);
		if (i == 1)
			before = allocated();
	}
	ck_assert_uint_le(allocated(), before);
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

/* The places of clients are as many as ever after thousands of them. */
START_TEST(n49_thousands_come_and_go)
{
	struct fixture f;
	size_t before = 0;

	fixture_open(&f, 1);
	for (size_t i = 0; i < 5000; i++) {
		int fd = fixture_client(&f);
		const char *line = long_answers[i % LONG_ANSWERS];

		fixture_send(fd, line, strlen(line) - i % 2);
		if (i % 3)
			fixture_turn(&f);
		close(fd);
		if (i % 7 == 0)
			fixture_turn(&f);
		if (i % 1000 == 999) {
			for (int turn = 0; turn < 10; turn++)
				fixture_turn(&f);
			still_serves(&f);
			if (i == 999)
				before = allocated();
			ck_assert_uint_le(allocated(), before);
		}
	}
	fixture_close(&f);
}
END_TEST

START_TEST(a_client_that_leaves_while_it_watches)
{
	const struct ike_report report = { .kind = IKE_REPORT_IKE_UP,
		.peer = "peer-0" };
	struct fixture f;
	int fd;

	fixture_open(&f, 1);
	for (size_t i = 0; i < 10; i++) {
		fd = fixture_client(&f);
		fixture_send(fd, monitor_request, strlen(monitor_request));
		if (i % 2 == 0)
			fixture_turn(&f);
		close(fd);
		control_report(f.daemon.control, &report);
		if (i % 3 == 0)
			fixture_turn(&f);
	}
	still_serves(&f);
	fixture_close(&f);
}
END_TEST

START_TEST(n49_only_who_may)
{
	static const struct {
		uid_t uid;
		gid_t groups[3];
		bool allowed;
	} rows[] = {
		{ 0, { 500, 0, 0 }, true },
		{ 100, { 500, 0, 0 }, true },
		{ 200, { 500, 0, 0 }, false },
		{ 200, { 300, 500, 501 }, true },
		{ 200, { 500, 501, 300 }, true },
		{ 200, { 0, 1, 2 }, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct control_caller caller = { rows[i].uid,
			rows[i].groups, 3 };

		ck_assert_int_eq(
			control_allows(&caller, 100, 300), rows[i].allowed);
	}
}
END_TEST

/* --- The socket in the file system ---------------------------------------- */

struct place {
	char folder[32];
	char path[96];
};

static void place_make(struct place *place)
{
	strcpy(place->folder, "/tmp/ipsecd-control.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/run/ipsecd/sock",
		place->folder);
}

static void place_remove(const struct place *place)
{
	char path[96];

	unlink(place->path);
	snprintf(path, sizeof(path), "%s/run/ipsecd", place->folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/run", place->folder);
	rmdir(path);
	ck_assert_int_eq(rmdir(place->folder), 0);
}

static int connect_at(const char *path)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(where.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&where, sizeof(where)) == 0)
		return fd;
	close(fd);
	return -1;
}

static struct control *reopen(struct fixture *f, const char *path, char *error)
{
	control_close(f->daemon.control);
	f->daemon.control =
		control_open(&f->daemon, path, "no-such-group", error);
	return f->daemon.control;
}

START_TEST(the_socket_is_made_and_removed)
{
	char error[CONTROL_TEXT];
	struct place place;
	struct fixture f;
	struct stat made;
	int fd;

	place_make(&place);
	fixture_open(&f, 1);
	ck_assert_msg(reopen(&f, place.path, error) != NULL, "%s", error);
	ck_assert_int_eq(stat(place.path, &made), 0);
	ck_assert(S_ISSOCK(made.st_mode));
	ck_assert_uint_eq(made.st_mode & 07777, 0660);
	fd = connect_at(place.path);
	fixture_send(fd, status_request, strlen(status_request));
	ck_assert_ptr_nonnull(strstr(fixture_answer(&f, fd), "{\"ok\":true}"));
	close(fd);
	fixture_close(&f);
	ck_assert_int_lt(stat(place.path, &made), 0);
	place_remove(&place);
}
END_TEST

/* Who the other side is, the kernel says (SO_PEERCRED): here nobody. */
START_TEST(n49_another_user_is_refused)
{
	char error[CONTROL_TEXT], said[512] = "";
	struct place place;
	struct fixture f;
	int ends[2], state;
	pid_t child;

	if (geteuid() != 0)
		SKIP("only root can be somebody else");
	place_make(&place);
	fixture_open(&f, 1);
	ck_assert_msg(reopen(&f, place.path, error) != NULL, "%s", error);
	/* The file's mode keeps others out already; this is about the rest. */
	ck_assert_int_eq(chmod(place.path, 0666), 0);
	ck_assert_int_eq(chmod(place.folder, 0755), 0);
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		ssize_t got = 0;
		int fd = -1;

		if (setgroups(0, NULL) == 0 && setgid(65534) == 0 &&
			setuid(65534) == 0)
			fd = connect_at(place.path);
		if (fd >= 0)
			(void)!send(fd, status_request, strlen(status_request),
				MSG_NOSIGNAL);
		if (fd >= 0)
			got = recv(fd, said, sizeof(said) - 1, MSG_WAITALL);
		(void)!write(ends[1], said, got > 0 ? (size_t)got : 0);
		_exit(0);
	}
	close(ends[1]);
	while (waitpid(child, &state, WNOHANG) == 0)
		fixture_turn(&f);
	ck_assert_int_gt(read(ends[0], said, sizeof(said) - 1), 0);
	close(ends[0]);
	ck_assert_msg(strncmp(said, "{\"ok\":false,\"code\":7,", 21) == 0, "%s",
		said);
	ck_assert_ptr_null(strstr(said, "record"));
	still_serves(&f);
	fixture_close(&f);
	place_remove(&place);
}
END_TEST

START_TEST(the_socket_of_a_dead_daemon_is_replaced)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	char error[CONTROL_TEXT];
	struct place place;
	struct fixture f;
	int fd;

	place_make(&place);
	fixture_open(&f, 1);
	ck_assert_msg(reopen(&f, place.path, error) != NULL, "%s", error);
	control_close(f.daemon.control);
	f.daemon.control = NULL;
	/* Bound, and its owner gone. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(where.sun_path, place.path);
	ck_assert_int_eq(
		bind(fd, (const struct sockaddr *)&where, sizeof(where)), 0);
	close(fd);
	ck_assert_msg(reopen(&f, place.path, error) != NULL, "%s", error);
	fd = connect_at(place.path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	fixture_close(&f);
	place_remove(&place);
}
END_TEST

START_TEST(the_socket_of_a_live_daemon_is_left_alone)
{
	char error[CONTROL_TEXT];
	struct control *second;
	struct place place;
	struct fixture f;
	int fd;

	place_make(&place);
	fixture_open(&f, 1);
	ck_assert_msg(reopen(&f, place.path, error) != NULL, "%s", error);
	second = control_open(&f.daemon, place.path, NULL, error);
	ck_assert_ptr_null(second);
	ck_assert_ptr_nonnull(strstr(error, "another ipsecd answers at"));
	fd = connect_at(place.path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	fixture_close(&f);
	place_remove(&place);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
	char error[CONTROL_TEXT], text[8] = "";
	struct place place;
	struct fixture f;
	FILE *file;

	place_make(&place);
	fixture_open(&f, 1);
	ck_assert_msg(reopen(&f, place.path, error) != NULL, "%s", error);
	control_close(f.daemon.control);
	file = fopen(place.path, "w");
	fputs("mine", file);
	fclose(file);
	f.daemon.control = control_open(&f.daemon, place.path, NULL, error);
	ck_assert_ptr_null(f.daemon.control);
	ck_assert_ptr_nonnull(strstr(error, "is no socket"));
	file = fopen(place.path, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, "mine");
	fixture_close(&f);
	place_remove(&place);
}
END_TEST

START_TEST(a_path_that_is_too_long)
{
	char error[CONTROL_TEXT], path[200];
	struct fixture f;

	fixture_open(&f, 1);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	ck_assert_ptr_null(control_open(&f.daemon, path, NULL, error));
	ck_assert_ptr_nonnull(strstr(error, "longer than"));
	fixture_close(&f);
}
END_TEST

SUITE(control)
{
	test(keylog_is_given_to_our_own_user);
	test(a_request_gets_its_records_and_its_verdict);
	test(requests_in_one_write_are_answered_in_order);
	test(a_request_in_pieces);
	test(who_only_stops_writing_is_answered);
	test(n49_garbage_is_refused);
	test(n49_deep_nesting_is_refused);
	loop_test(n49_ten_megabytes_in_one_line, 2);
	test(n49_the_longest_line_is_still_read);
	test(n49_a_thousand_idle_clients);
	test(n49_places_that_are_in_use_are_not_taken);
	test(n49_who_has_left_keeps_no_place);
	test(n49_a_client_that_never_reads);
	test(a_long_answer_comes_piece_by_piece);
	test(n49_requests_without_reading_answers);
	loop_test(n49_a_slow_reader_of_a_long_list, LONG_ANSWERS);
	test(n49_no_parameter_takes_anything);
	test(n49_half_a_request_of_each_method);
	test(n49_keys_that_nobody_reads);
	test(n49_clients_that_leave_amid_their_keys);
	test(n49_thousands_come_and_go);
	loop_test(n49_a_client_that_leaves_amid_its_answer, LONG_ANSWERS);
	test(a_client_that_leaves_while_it_watches);
	test(n49_only_who_may);
	test(the_socket_is_made_and_removed);
	test(n49_another_user_is_refused);
	test(the_socket_of_a_dead_daemon_is_replaced);
	test(the_socket_of_a_live_daemon_is_left_alone);
	test(what_is_no_socket_is_left_alone);
	test(a_path_that_is_too_long);
}

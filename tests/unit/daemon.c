/* daemon.c - a whole daemon: starts once, reloads all or nothing, tells systemd, stops.
 * SPDX-License-Identifier: ISC
 *
 * Each runs as a process of its own, without a kernel and on ports of the
 * kernel's choice.
 */
#include "daemon/daemon.h"

#include "config/config.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "tests/suite.h"
#include "tests/unit/records.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUARD_MS = 20000, LEAKED = 99 };

static char root[64];
static int told = -1; /* what systemd would read */

static const char peerless[] = "peers: {}\n";

static const char one_peer[] = "peers:\n"
			       "  branch:\n"
			       "    remote: 127.0.0.9\n"
			       "    auth: psk\n"
			       "    secret: 'text:a key of this test'\n"
			       "    local_ts: 10.1.0.0/16\n"
			       "    remote_ts: 10.2.0.0/16\n"
			       "    start: now\n";

static const char *at(const char *name)
{
	static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void write_file(const char *text)
{
	FILE *file = fopen(at("ipsecd.yaml"), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	fclose(file);
}

/* On an address of the loopback for this process alone. */
static void configure(const char *peers)
{
	int pid = (int)getpid();
	char text[1024];

	snprintf(text, sizeof(text),
		"daemon:\n"
		"  listen: 127.%d.%d.1\n"
		"  port: 20500\n"
		"  nat_port: 24500\n"
		"%s",
		1 + pid / 250 % 250, 1 + pid % 250, peers);
	write_file(text);
}

static void start(const char *text)
{
	struct sockaddr_un here = { .sun_family = AF_UNIX };

	strcpy(root, "/tmp/ipsecd-daemon-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	configure(text);
	told = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(here.sun_path, sizeof(here.sun_path), "%s", at("notify"));
	ck_assert_int_eq(
		bind(told, (const struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", at("notify"), 1), 0);
}

static void stop(void)
{
	close(told);
	unsetenv("NOTIFY_SOCKET");
	unlink(at("notify"));
	unlink(at("ipsecd.yaml"));
	unlink(at("log"));
	ck_assert_int_eq(rmdir(root), 0);
}

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* The daemon itself: what it would exit with. */
static int live(const char *control)
{
	static struct config_errors errors;
	const struct daemon_options options = {
		.config = at("ipsecd.yaml"),
		.control = control,
		.kernel = DAEMON_KERNEL_NONE,
		.no_sandbox = sandbox_unfit(),
		.readable = &errors.folders,
	};
	struct config *config = daemon_load(&options, &errors);
	int result;

	if (!config)
		return 5;
	result = daemon_run(&options, config);
	config_errors_clear(&errors);
	if (__lsan_do_recoverable_leak_check &&
		__lsan_do_recoverable_leak_check())
		return LEAKED;
	return result;
}

static pid_t spawn(void)
{
	char control[128];
	pid_t pid;

	snprintf(control, sizeof(control), "%s", at("control.sock"));
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	/* A test that fails leaves none behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)!freopen(at("log"), "a", stderr);
	_exit(live(control));
}

/* How many lines of its log have this text. */
static int logged(const char *text)
{
	FILE *log = fopen(at("log"), "r");
	char line[1024];
	int lines = 0;

	while (log && fgets(line, sizeof(line), log))
		lines += strstr(line, text) != NULL;
	if (log)
		fclose(log);
	return lines;
}

static void expect_logged(const char *text, int lines)
{
	for (int i = 0; i < GUARD_MS / 10 && logged(text) < lines; i++)
		poll(NULL, 0, 10);
	ck_assert_int_eq(logged(text), lines);
}

/* What the daemon ends with; ended by force if it does not. */
static int ending(pid_t pid)
{
	int status;

	for (int i = 0; i < GUARD_MS / 10; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		poll(NULL, 0, 10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -2;
}

static void expect_told(const char *text)
{
	struct pollfd wait = { .fd = told, .events = POLLIN };
	char line[128] = "";

	ck_assert_int_eq(poll(&wait, 1, GUARD_MS), 1);
	ck_assert_int_gt((int)recv(told, line, sizeof(line) - 1, 0), 0);
	ck_assert_msg(strncmp(line, text, strlen(text)) == 0, "%s", line);
}

static bool is_there(const char *name)
{
	struct stat stat_of;

	return stat(at(name), &stat_of) == 0;
}

START_TEST(starts_and_stops)
{
	pid_t pid;

	start(peerless);
	pid = spawn();
	expect_told("READY=1");
	ck_assert(is_there("control.sock"));
	kill(pid, SIGTERM);
	expect_told("STOPPING=1");
	ck_assert_int_eq(ending(pid), 0);
	ck_assert(!is_there("control.sock"));
	stop();
}
END_TEST

START_TEST(stops_while_a_peer_is_silent)
{
	pid_t pid;

	start(one_peer);
	pid = spawn();
	expect_told("READY=1");
	kill(pid, SIGINT);
	expect_told("STOPPING=1");
	ck_assert_int_eq(ending(pid), 0);
	stop();
}
END_TEST

START_TEST(does_not_start_twice)
{
	pid_t pid, second;

	start(peerless);
	pid = spawn();
	expect_told("READY=1");
	second = spawn();
	ck_assert_int_eq(ending(second), 1);
	ck_assert(is_there("control.sock"));
	kill(pid, SIGTERM);
	expect_told("STOPPING=1");
	ck_assert_int_eq(ending(pid), 0);
	/* After a crash its socket is no obstacle. */
	pid = spawn();
	expect_told("READY=1");
	kill(pid, SIGKILL);
	ck_assert_int_eq(ending(pid), -1);
	ck_assert(is_there("control.sock"));
	pid = spawn();
	expect_told("READY=1");
	kill(pid, SIGTERM);
	expect_told("STOPPING=1");
	ck_assert_int_eq(ending(pid), 0);
	stop();
}
END_TEST

START_TEST(reloads_all_or_nothing)
{
	pid_t pid;

	start(peerless);
	pid = spawn();
	expect_told("READY=1");
	configure(one_peer);
	kill(pid, SIGHUP);
	expect_told("RELOADING=1\nMONOTONIC_USEC=");
	expect_told("READY=1");
	/* Refused: nothing is said, and the daemon lives on. */
	configure("peers: [\n");
	kill(pid, SIGHUP);
	expect_logged("reload refused", 1);
	configure("peers: {a: {remote: 192.0.2.1}}\n");
	kill(pid, SIGHUP);
	expect_logged("reload refused", 2);
	unlink(at("ipsecd.yaml"));
	kill(pid, SIGHUP);
	expect_logged("reload refused", 3);
	expect_logged("ipsecd.yaml: cannot be read", 1);
	expect_logged(":0:0: ", 0);
	expect_logged("line=0", 0);
	configure(peerless);
	kill(pid, SIGHUP);
	expect_told("RELOADING=1");
	expect_told("READY=1");
	kill(pid, SIGTERM);
	expect_told("STOPPING=1");
	ck_assert_int_eq(ending(pid), 0);
	stop();
}
END_TEST

/* The client's end, which has said this. */
static int send_request(const char *request)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(where.sun_path, sizeof(where.sun_path), "%s",
		at("control.sock"));
	ck_assert_int_eq(
		connect(fd, (const struct sockaddr *)&where, sizeof(where)), 0);
	ck_assert_int_eq(
		send(fd, request, strlen(request), 0), (int)strlen(request));
	return fd;
}

/* Asks over the control socket: all up to the verdict. */
static const char *asked(const char *request)
{
	static char answer[16384];
	int fd = send_request(request);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	do {
		ssize_t got;

		ck_assert_int_eq(poll(&wait, 1, GUARD_MS), 1);
		got = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);
		ck_assert_int_gt(got, 0);
		len += (size_t)got;
		answer[len] = '\0';
	} while (!strstr(answer, "{\"ok\":") || answer[len - 1] != '\n');
	close(fd);
	records_check(answer);
	return answer;
}

static void says(const char *request, const char *text)
{
	const char *answer = asked(request);

	ck_assert_msg(strstr(answer, text) != NULL, "%s\n%s", request, answer);
}

#define RELOAD(PARAMS) "{\"method\":\"reload\",\"params\":{" PARAMS "}}\n"
#define STATUS         "{\"method\":\"status\"}\n"

static const char other_peer[] = "peers:\n"
				 "  branch:\n"
				 "    remote: 127.0.0.10\n"
				 "    auth: psk\n"
				 "    secret: 'text:another key'\n"
				 "    local_ts: 10.1.0.0/16\n"
				 "    remote_ts: 10.2.0.0/16\n"
				 "    start: now\n";

static const char other_told[] =
	"\"record\":\"change\",\"peer\":\"branch\",\"effect\":\"peer\","
	"\"children\":[],\"keys\":[{\"key\":\"remote\",\"before\":"
	"\"127.0.0.9\",\"after\":\"127.0.0.10\"},{\"key\":\"secret\","
	"\"content\":true}]}";

static pid_t run_with(const char *text)
{
	pid_t pid;

	start(text);
	pid = spawn();
	expect_told("READY=1");
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGTERM);
	ck_assert_int_eq(ending(pid), 0);
	stop();
}

START_TEST(a_dry_run_changes_nothing)
{
	pid_t pid = run_with(one_peer);

	says(RELOAD("\"dry_run\":true"),
		"\"dry_run\":true,\"peers\":{\"changed\":0,\"added\":0,"
		"\"removed\":0,\"unchanged\":1}}\n{\"ok\":true}");
	configure(other_peer);
	says(RELOAD("\"dry_run\":true"), other_told);
	says(STATUS, "\"remote\":\"127.0.0.9\"");
	says(RELOAD("\"dry_run\":true"), other_told);
	says(RELOAD(""), other_told);
	says(STATUS, "\"remote\":\"127.0.0.10\"");
	says(RELOAD(""), "\"unchanged\":1");
	configure("peers: {a: {remote: 192.0.2.1}, b: {auth: psk}}\n");
	says(RELOAD("\"dry_run\":true"),
		" errors: the configuration stays as it was");
	ck_assert_int_eq(logged("configuration reloaded"), 2);
	/* A refused one leaves the log's levels as they were, too. */
	configure("  log: debug\npeers: {a: {remote: 192.0.2.1}}\n");
	says(RELOAD(""), "\"ok\":false");
	configure("  log: debug\n"
		  "peers: {}\n");
	says(RELOAD("\"dry_run\":true"), "\"effect\":\"removed\"");
	ck_assert_int_eq(logged(" debug "), 0);
	end(pid);
}
END_TEST

START_TEST(a_trial_goes_back_by_itself)
{
	pid_t pid = run_with(one_peer);

	configure(other_peer);
	says(RELOAD("\"confirm_s\":1"), other_told);
	expect_logged("configuration not kept", 1);
	says(STATUS, "\"remote\":\"127.0.0.9\"");
	says(STATUS, "\"went_back\":\"");
	says(RELOAD("\"keep\":true"), "no configuration is on trial");
	/* The file has still what was not kept. */
	says(RELOAD(""), other_told);
	says(STATUS, "\"remote\":\"127.0.0.10\"");
	ck_assert_ptr_null(strstr(asked(STATUS), "went_back"));
	end(pid);
}
END_TEST

/* Who began the trial need not see its end; it goes back all the same. */
START_TEST(n49_who_asks_for_a_trial_leaves)
{
	pid_t pid = run_with(one_peer);

	configure(other_peer);
	close(send_request(RELOAD("\"confirm_s\":1")));
	expect_logged("configuration not kept", 1);
	says(STATUS, "\"remote\":\"127.0.0.9\"");
	says(RELOAD("\"keep\":true"), "\"hint\":\"the last one went back; ");
	close(send_request(RELOAD("\"confirm_s\":3600")));
	expect_logged("configuration reloaded, on trial", 2);
	close(send_request(RELOAD("\"undo\":true")));
	expect_logged("configuration not kept", 2);
	says(STATUS, "\"remote\":\"127.0.0.9\"");
	end(pid);
}
END_TEST

static void to_nothing(const char *name)
{
	(void)name;
}

static void to_a_pipe(const char *name)
{
	ck_assert_int_eq(mkfifo(name, 0600), 0);
}

static void to_a_device(const char *name)
{
	ck_assert_int_eq(symlink("/dev/zero", name), 0);
}

static void to_itself(const char *name)
{
	ck_assert_int_eq(symlink(name, name), 0);
}

static void to_terabytes(const char *name)
{
	write_file("");
	ck_assert_int_eq(truncate(name, (off_t)1 << 40), 0);
}

static void to_no_text(const char *name)
{
	(void)name;
	write_file("peers: \x1b[2J\xff\n");
}

/* The file becomes something else while the daemon runs: it says so, and what is
 * in force stays. */
START_TEST(n50_a_reload_of_what_is_no_configuration)
{
	static void (*const turns[])(const char *name) = { to_nothing,
		to_a_pipe, to_a_device, to_itself, to_terabytes, to_no_text };
	pid_t pid = run_with(one_peer);

	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		unlink(at("ipsecd.yaml"));
		turns[i](at("ipsecd.yaml"));
		says(RELOAD("\"dry_run\":true"),
			"1 error: the configuration stays as it was");
		says(RELOAD(""), "1 error: the configuration stays as it was");
		says(STATUS, "\"remote\":\"127.0.0.9\"");
	}
	unlink(at("ipsecd.yaml"));
	configure(other_peer);
	says(RELOAD(""), other_told);
	end(pid);
}
END_TEST

/* IKE over TCP (RFC 9329) is not there: nothing that it could be sent to. */
START_TEST(n48_nobody_listens_over_tcp)
{
	static const uint16_t ports[] = { 20500, 24500 };
	int own = (int)getpid();
	pid_t pid = run_with(one_peer);

	for (size_t i = 0; i < 2; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET,
			.sin_port = htons(ports[i]) };
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		to.sin_addr.s_addr = htonl(
			127u << 24 | (uint32_t)(1 + own / 250 % 250) << 16 |
			(uint32_t)(1 + own % 250) << 8 | 1);
		ck_assert_int_eq(
			connect(fd, (const struct sockaddr *)&to, sizeof(to)),
			-1);
		ck_assert_int_eq(errno, ECONNREFUSED);
		close(fd);
	}
	end(pid);
}
END_TEST

START_TEST(a_trial_is_kept_or_undone)
{
	pid_t pid = run_with(one_peer);

	configure(other_peer);
	says(RELOAD("\"confirm_s\":3600"), "\"trial_s\":3600");
	says(STATUS, "\"goes_back\":\"");
	/* Another one has to wait; what is not put in force has not, and a
	 * second trial goes back to the same. */
	says(RELOAD(""), "a configuration is on trial");
	kill(pid, SIGHUP);
	expect_logged("reload refused, all stays as it was: a configuration "
		      "is on trial",
		1);
	says(RELOAD("\"dry_run\":true"), "\"unchanged\":1");
	configure(peerless);
	says(RELOAD("\"confirm_s\":3600"), "\"removed\":1");
	says(RELOAD("\"undo\":true"), "\"added\":1");
	says(STATUS, "\"remote\":\"127.0.0.9\"");
	configure(other_peer);
	says(RELOAD("\"confirm_s\":3600"), other_told);
	says(RELOAD("\"keep\":true"), "{\"ok\":true}");
	ck_assert_ptr_null(strstr(asked(STATUS), "goes_back"));
	says(STATUS, "\"remote\":\"127.0.0.10\"");
	says(RELOAD("\"undo\":true"), "no configuration is on trial");
	/* It ends while one is on trial: nothing of it is left. */
	configure(one_peer);
	says(RELOAD("\"confirm_s\":3600"), "\"effect\":\"peer\"");
	end(pid);
}
END_TEST

START_TEST(a_log_that_names_no_area_is_an_error)
{
	static struct config_errors errors;
	const struct daemon_options options = { .config = root };
	struct daemon_options real = options;
	struct config *config;
	char file[128];

	start(peerless);
	snprintf(file, sizeof(file), "%s", at("ipsecd.yaml"));
	real.config = file;
	config = daemon_load(&real, &errors);
	ck_assert_ptr_nonnull(config);
	config_free(config);
	write_file("daemon: {log: 'info,colour=debug'}\npeers: {}\n");
	config = daemon_load(&real, &errors);
	ck_assert_ptr_null(config);
	ck_assert_uint_eq(errors.errors, 1);
	ck_assert_ptr_nonnull(strstr(errors.list[0].text, "colour=debug"));
	config_errors_clear(&errors);
	stop();
}
END_TEST

START_TEST(the_clock_goes_on)
{
	struct ike_now before = daemon_now(), after;

	poll(NULL, 0, 5);
	after = daemon_now();
	ck_assert_uint_ge(after.mono_ms, before.mono_ms + 4);
	ck_assert_int_ge(after.unix_s, before.unix_s);
}
END_TEST

SUITE(daemon)
{
	test(starts_and_stops);
	test(stops_while_a_peer_is_silent);
	test(does_not_start_twice);
	test(reloads_all_or_nothing);
	test(a_dry_run_changes_nothing);
	test(a_trial_goes_back_by_itself);
	test(a_trial_is_kept_or_undone);
	test(n49_who_asks_for_a_trial_leaves);
	test(n50_a_reload_of_what_is_no_configuration);
	test(n48_nobody_listens_over_tcp);
	test(a_log_that_names_no_area_is_an_error);
	test(the_clock_goes_on);
}

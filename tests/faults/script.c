/* script.c - a daemon's life, step by step: what is done, and what must have come of it.
 * SPDX-License-Identifier: ISC
 *
 * A step begins when the one before is done, or has had its time.  With a fault
 * a step may fail, but for those marked `must`: by then nothing fails any more,
 * and all is as if nothing had.
 */
#include "tests/faults/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { THERE, CALLER, ANSWER = 65536 };

/* --- Files ---------------------------------------------------------------- */

#define NEAR_HEAD                                                              \
	"peers:\n"                                                             \
	"  there:\n"                                                           \
	"    remote: there.example\n"                                          \
	"    auth: psk\n"                                                      \
	"    secret: 'text:the key of the one'\n"                              \
	"    local_ts: 10.1.0.0/16\n"                                          \
	"    children:\n"                                                      \
	"      net: {remote_ts: 10.2.0.0/16, start: now}\n"                    \
	"      lan: {remote_ts: 10.3.0.0/16, start: on-demand}\n"              \
	"  caller:\n"                                                          \
	"    remote: 192.0.2.3\n"                                              \
	"    auth: psk\n"                                                      \
	"    secret: 'text:the key of the other'\n"                            \
	"    local_ts: 10.1.0.0/16\n"                                          \
	"    children:\n"                                                      \
	"      net: {remote_ts: 10.4.0.0/16, start: wait}\n"                   \
	"      six:\n"                                                         \
	"        local_ts: 'fd01::/64'\n"                                      \
	"        remote_ts: 'fd04::/64'\n"

#define FAR(ADDR, KEY)                                                         \
	"peers:\n"                                                             \
	"  near:\n"                                                            \
	"    local: " ADDR "\n"                                                \
	"    remote: 192.0.2.1\n"                                              \
	"    auth: psk\n"                                                      \
	"    secret: 'text:" KEY "'\n"                                         \
	"    remote_ts: 10.1.0.0/16\n"                                         \
	"    children:\n"

static const char near_text[] = NEAR_HEAD;
static const char other_text[] =
	NEAR_HEAD "  more:\n"
		  "    remote: 192.0.2.9\n"
		  "    auth: psk\n"
		  "    secret: 'text:a third key of this'\n"
		  "    local_ts: 10.1.0.0/16\n"
		  "    remote_ts: 10.9.0.0/16\n"
		  "    start: on-demand\n";
static const char wrong_text[] =
	NEAR_HEAD "  wrong:\n    remote: [\n    remotes: 1\n";

static const struct {
	const char *name, *text;
} files[] = {
	{ "ipsecd.yaml", near_text },
	{ "hosts", "192.0.2.2 there.example\n" },
	{ "resolv.conf", "nameserver 192.0.2.8\n" },
	{ "there.yaml",
		FAR("192.0.2.2",
			"the key of the one") "      net: {local_ts: 10.2.0.0/16, start: wait}\n"
					      "      lan: {local_ts: 10.3.0.0/16, start: wait}\n" },
	{ "caller.yaml",
		FAR("192.0.2.3",
			"the key of the other") "      net: {local_ts: 10.4.0.0/16, start: wait}\n"
						"      six: {local_ts: 'fd04::/64', remote_ts: 'fd01::/64', start: wait}\n" },
};

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
	(void)chmod(name, 0600);
}

/* --- The state ------------------------------------------------------------ */

static struct {
	bool strict, failed;
	char failure[1024];
	size_t step;
	uint64_t limit_ms;
	int client, watcher, keeper; /* who asks, watches, is given keys */
	char answer[ANSWER];
	size_t len;
	unsigned rekeyed;
} script = { .client = -1, .watcher = -1, .keeper = -1 };

void script_fail(const char *format, ...)
{
	va_list args;

	if (script.failed)
		return;
	script.failed = true;
	va_start(args, format);
	vsnprintf(script.failure, sizeof(script.failure), format, args);
	va_end(args);
}

const char *script_failure(void)
{
	return script.failed ? script.failure : NULL;
}

/* --- The control socket --------------------------------------------------- */

static int dial(const char *line)
{
	const struct sockaddr_un at = { .sun_family = AF_UNIX,
		.sun_path = "run/ipsecd/control.sock" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
		send(fd, line, strlen(line), MSG_NOSIGNAL) < 0 ||
		send(fd, "\n", 1, MSG_NOSIGNAL) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* More of the answer is there: true.  At its end the client is gone. */
static bool hear(void)
{
	ssize_t got = -1;

	if (script.client >= 0)
		got = recv(script.client, script.answer + script.len,
			sizeof(script.answer) - 1 - script.len, 0);
	if (got < 0)
		return false;
	if (got == 0)
		hang_up(&script.client);
	script.len += (size_t)got;
	script.answer[script.len] = '\0';
	return true;
}

static bool drain(int fd)
{
	char text[4096];

	return fd >= 0 && recv(fd, text, sizeof(text), 0) > 0;
}

static const char *verdict(void)
{
	return strstr(script.answer, "{\"ok\":");
}

/* --- What is done --------------------------------------------------------- */

static void nothing(const char *arg)
{
	(void)arg;
}

static void ask(const char *line)
{
	hang_up(&script.client);
	script.len = 0;
	script.answer[0] = '\0';
	script.client = dial(line);
}

static void monitor(const char *line)
{
	script.watcher = dial(line);
}

static void keep_keys(const char *line)
{
	script.keeper = dial(line);
}

static void far_acts(const char *what)
{
	int far = what[0] == 't' ? THERE : CALLER;

	script.rekeyed = far_rekeyed(far);
	if (what[1] == 'u')
		far_up(far);
	else if (what[1] == 'd')
		far_down(far);
	else if (what[1] != ' ')
		far_rekey(far, what[1] == 'i');
}

static void soft_expire(const char *arg)
{
	(void)arg;
	script.rekeyed = far_rekeyed(THERE);
	kernel_soft_expire(2);
}

static void acquire(const char *arg)
{
	(void)arg;
	kernel_acquire(3);
}

static void overrun(const char *arg)
{
	(void)arg;
	netlink_overrun();
}

static void move(const char *last)
{
	net_move((uint8_t)(last[0] - '0'));
}

static void configure(const char *text)
{
	write_file("ipsecd.yaml", text);
}

static void signal_up(const char *text)
{
	configure(text);
	raise(SIGHUP);
}

static void pause_faults(const char *arg)
{
	(void)arg;
	faults_pause();
}

static void stop(const char *arg)
{
	(void)arg;
	faults_go_on();
	hang_up(&script.client);
	hang_up(&script.watcher);
	hang_up(&script.keeper);
	raise(SIGTERM);
}

/* --- What must have come of it -------------------------------------------- */

static bool at_once(void)
{
	return true;
}

static bool later(void)
{
	return false;
}

static bool there_is_up(void)
{
	return far_established(THERE) == 1 && far_children(THERE) >= 1;
}

static bool there_is_whole(void)
{
	return far_established(THERE) == 1 && far_children(THERE) == 2;
}

static bool caller_is_up(void)
{
	return far_established(CALLER) == 1 && far_children(CALLER) == 2;
}

static bool there_is_gone(void)
{
	return far_established(THERE) == 0;
}

static bool caller_is_gone(void)
{
	return far_established(CALLER) == 0;
}

static bool there_has_moved(void)
{
	return kernel_sas_to(4) > 0;
}

static bool there_is_back(void)
{
	return kernel_sas_to(4) == 0;
}

static bool there_rekeyed(void)
{
	return far_rekeyed(THERE) > script.rekeyed;
}

static bool caller_rekeyed(void)
{
	return far_rekeyed(CALLER) > script.rekeyed;
}

static bool said_yes(void)
{
	return verdict() && strncmp(verdict(), "{\"ok\":true", 10) == 0;
}

static bool said_no(void)
{
	return verdict() && strncmp(verdict(), "{\"ok\":false", 11) == 0;
}

static bool said(void)
{
	return verdict() || script.client < 0;
}

static bool kernel_is_free(void)
{
	return kernel_sas() == 0;
}

/* Four children, with three policies each, and six more that let neighbours be
 * found in IPv6. */
static bool kernel_has_all(void)
{
	return far_children(THERE) + far_children(CALLER) == 4 &&
	       kernel_sas() == 8 && kernel_policies() == 18;
}

/* --- The steps ------------------------------------------------------------ */

#define ASK(METHOD, PARAMS)                                                    \
	"{\"method\":\"" METHOD "\",\"params\":{" PARAMS "}}"

static const struct step {
	const char *name;
	void (*act)(const char *arg);
	const char *arg;
	bool (*done)(void);
	unsigned limit_s;
	bool must; /* also after a fault */
} steps[] = {
	// clang-format off
	{ "start", nothing, NULL, there_is_up, 400, false },
	{ "monitor", monitor, ASK("monitor", ""), at_once, 1, false },
	{ "keylog", keep_keys, ASK("keylog", "\"peer\":\"there\""), at_once, 1, false },
	{ "keylog for a while", ask, ASK("keylog", "\"peer\":\"there\",\"for_s\":2"), said_yes, 10, false },
	{ "status", ask, ASK("status", ""), said_yes, 10, false },
	{ "list peers", ask, ASK("list", "\"what\":\"peers\""), said_yes, 10, false },
	{ "list sas", ask, ASK("list", "\"what\":\"sas\""), said_yes, 10, false },
	{ "list children", ask, ASK("list", "\"what\":\"children\""), said_yes, 10, false },
	{ "list algorithms", ask, ASK("list", "\"what\":\"algorithms\""), said_yes, 10, false },
	{ "counters", ask, ASK("counters", ""), said_yes, 10, false },
	{ "metrics", ask, ASK("metrics", ""), said_yes, 10, false },
	{ "nonsense", ask, ASK("statsu", "\"pear\":1"), said_no, 10, false },
	{ "a caller", far_acts, "cup", caller_is_up, 400, false },
	{ "rekey a child", ask, ASK("rekey", "\"peer\":\"there/net\""), said_yes, 400, false },
	{ "rekey the SA", ask, ASK("rekey", "\"peer\":\"there\",\"ike\":true"), said_yes, 400, false },
	{ "its peer rekeys a child", far_acts, "cchild", caller_rekeyed, 400, false },
	{ "its peer rekeys the SA", far_acts, "cike", caller_rekeyed, 400, false },
	{ "a moment", nothing, NULL, later, 3, false },
	{ "a soft limit", soft_expire, NULL, there_rekeyed, 400, false },
	{ "a packet", acquire, NULL, there_is_whole, 400, false },
	{ "lost events", overrun, NULL, later, 1, false },
	{ "another address", move, "4", there_has_moved, 25, false },
	{ "the first again", move, "1", there_is_back, 25, false },
	{ "a moment", nothing, NULL, later, 3, false },
	{ "another configuration", configure, other_text, at_once, 1, false },
	{ "a dry run", ask, ASK("reload", "\"dry_run\":true"), said_yes, 10, false },
	{ "a trial", ask, ASK("reload", "\"confirm_s\":20"), said_yes, 10, false },
	{ "undone", ask, ASK("reload", "\"undo\":true"), said_yes, 10, false },
	{ "another trial", ask, ASK("reload", "\"confirm_s\":2"), said_yes, 10, false },
	{ "it goes back", nothing, NULL, later, 4, false },
	{ "reload", ask, ASK("reload", ""), said_yes, 10, false },
	{ "a wrong configuration", configure, wrong_text, at_once, 1, false },
	{ "reload of it", ask, ASK("reload", ""), said_no, 10, false },
	{ "SIGHUP", signal_up, near_text, later, 1, false },
	{ "its peer goes", far_acts, "cdown", caller_is_gone, 400, false },
	{ "down", ask, ASK("down", "\"peer\":\"there\""), there_is_gone, 400, false },
	{ "up", ask, ASK("up", "\"peer\":\"there\""), said_yes, 400, false },
	{ "peace", nothing, NULL, later, 60, false },
	/* No more faults: everything works, and nothing was left behind. */
	{ "the end of faults", pause_faults, NULL, later, 700, true },
	{ "the right configuration", signal_up, near_text, later, 1, true },
	{ "all down", ask, ASK("down", "\"peer\":\"there\""), said_yes, 900, true },
	{ "all gone", far_acts, "td", there_is_gone, 900, true },
	{ "the other gone", far_acts, "cd", caller_is_gone, 900, true },
	{ "the other down", ask, ASK("down", "\"peer\":\"caller\""), said, 900, true },
	{ "no SA is left", nothing, NULL, kernel_is_free, 60, true },
	{ "up again", ask, ASK("up", "\"peer\":\"there\""), said_yes, 900, true },
	{ "the caller again", far_acts, "cup", caller_is_up, 900, true },
	{ "all in the kernel", nothing, NULL, kernel_has_all, 60, true },
	{ "stop", stop, NULL, later, 10, false },
	// clang-format on
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static void begin_step(void)
{
	const struct step *step = &steps[script.step];

	script.limit_ms = world_ms() + UINT64_C(1000) * step->limit_s;
	if (getenv("FAULTS_TALK"))
		fprintf(stderr, "-- %s\n", step->name);
	step->act(step->arg);
}

static void next_step(bool in_time)
{
	const struct step *step = &steps[script.step];

	if (!in_time && step->done != later && (step->must || script.strict))
		script_fail("'%s' did not come to pass, with %zu SAs and %zu "
			    "policies in the kernel: %.800s",
			step->name, kernel_sas(), kernel_policies(),
			script.answer);
	script.step++;
	if (script.step < STEPS)
		begin_step();
}

bool script_turn(void)
{
	if (hear() || drain(script.watcher) || drain(script.keeper))
		return true;
	if (script.step == STEPS)
		return false;
	if (steps[script.step].done())
		next_step(true);
	else if (world_ms() >= script.limit_ms)
		next_step(false);
	else
		return false;
	return true;
}

uint64_t script_deadline(void)
{
	return script.step < STEPS ? script.limit_ms : IKE_NEVER;
}

bool script_over(void)
{
	return script.step >= STEPS - 1;
}

void script_begin(const char *folder, bool strict)
{
	if (chdir(folder) < 0)
		abort();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		write_file(files[i].name, files[i].text);
	net_move(1);
	script.strict = strict;
	script.failed = false;
	script.step = 0;
	begin_step();
}

void script_end(void)
{
	hang_up(&script.client);
	hang_up(&script.watcher);
	hang_up(&script.keeper);
}

/* sandbox.c - what is refused ends the process, what is allowed goes on; paths; what a load names.
 * SPDX-License-Identifier: ISC
 *
 * There is no way back out of a sandbox, so each case is a process of its own.
 */
#include "daemon/sandbox.h"

#include "config/config.h"
#include "tests/suite.h"

#include "tests/unit/config_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOT_ENTERED = 90, WRONG = 91, RIGHT = 0 };

/* _exit(), before which AddressSanitizer makes a call of its own, as before all
 * that does not return. */
static void end(int status)
{
	(void)syscall(SYS_exit_group, status);
}

/* The waitpid() status of a process that has entered and then does that. */
static int in_sandbox(int (*what)(void))
{
	static const struct rlimit none = { 0, 0 };
	char error[SANDBOX_TEXT];
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		if (sandbox_restrict_calls(error) < 0)
			end(NOT_ENTERED);
		end(what());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* --- What ends the process ------------------------------------------------ */

static int run_program(void)
{
	char name[] = "/bin/true";
	char *const args[] = { name, NULL };

	return execve(name, args, NULL);
}

static int trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int make_process(void)
{
	return (int)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static int write_file(void)
{
	return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static int change_file(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int make_file(void)
{
	return open("/tmp/ipsecd-never-made", O_RDONLY | O_CREAT, 0600);
}

static int make_file_anyway(void)
{
	return open(
		"/tmp/ipsecd-never-made", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int remove_folder(void)
{
	return unlinkat(AT_FDCWD, "/tmp/ipsecd-never-made", AT_REMOVEDIR);
}

static int make_nameless_file(void)
{
	return open("/tmp", O_TMPFILE | O_RDWR, 0600);
}

static int make_memory_file(void)
{
	return (int)syscall(SYS_memfd_create, "code", 0);
}

static int make_link(void)
{
	return symlink("/etc/shadow", "/tmp/ipsecd-never-made");
}

static int move_file(void)
{
	return rename("/tmp/ipsecd-never-made", "/tmp/ipsecd-never-made-2");
}

static int change_mode(void)
{
	return chmod("/tmp/ipsecd-never-made", 0777);
}

static int map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static int make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int open_packets(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int open_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int open_sctp(void)
{
	return socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
}

static int open_another_xfrm(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_XFRM);
}

static int open_netfilter(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
}

static int open_stream_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int open_crypto(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static int listen_somewhere(void)
{
	return listen(0, 1);
}

static int set_option(void)
{
	return setsockopt(0, SOL_SOCKET, SO_RCVBUFFORCE, "none", 4);
}

static int stuff_terminal(void)
{
	return ioctl(0, TIOCSTI, "x");
}

static int change_interface(void)
{
	struct ifreq request = { .ifr_flags = 0 };

	return ioctl(0, SIOCSIFFLAGS, &request);
}

static int end_another(void)
{
	return kill(getppid(), 0);
}

static int signal_ourselves(void)
{
	return (int)syscall(SYS_tgkill, getpid(), getpid(), SIGTERM);
}

static int take_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static int be_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1);
}

static int become_another(void)
{
	return setuid(0);
}

static int read_another(void)
{
	return (int)syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
}

static int load_program(void)
{
	return (int)syscall(SYS_bpf, 0, NULL, 0);
}

static int open_ring(void)
{
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int wait_on_lock(void)
{
	int lock = 0;

	return (int)syscall(SYS_futex, &lock, 0, 1, NULL, NULL, 0);
}

static int lease_file(void)
{
	return fcntl(0, F_SETLEASE, F_RDLCK);
}

static int unheard_of(void)
{
	return (int)syscall(9999);
}

#ifdef __x86_64__
/* The same kernel by the numbers of x32. */
static int other_numbers(void)
{
	return (int)syscall(0x40000000 + SYS_getpid);
}
#endif

static int (*const refused[])(void) = {
	run_program,
	trace,
	make_process,
	write_file,
	change_file,
	make_file,
	make_file_anyway,
	remove_folder,
	make_nameless_file,
	make_memory_file,
	make_link,
	move_file,
	change_mode,
	map_code,
	make_code,
	open_packets,
	open_raw,
	open_sctp,
	open_another_xfrm,
	open_netfilter,
	open_stream_unix,
	open_crypto,
	listen_somewhere,
	set_option,
	stuff_terminal,
	change_interface,
	end_another,
	signal_ourselves,
	take_namespace,
	be_dumpable,
	become_another,
	read_another,
	load_program,
	open_ring,
	wait_on_lock,
	lease_file,
	unheard_of,
#ifdef __x86_64__
	other_numbers,
#endif
};

enum { REFUSED = sizeof(refused) / sizeof(refused[0]) };

START_TEST(what_is_not_needed_ends_it)
{
	int status = in_sandbox(refused[_i]);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
		"case %d: status 0x%x", _i, (unsigned int)status);
}
END_TEST

/* --- What goes on --------------------------------------------------------- */

static int use_memory(void)
{
	size_t size = 1 << 20;
	char *block = malloc(size), *larger;

	if (!block)
		return WRONG;
	memset(block, 1, size);
	larger = realloc(block, 64 * size);
	if (!larger || larger[size - 1] != 1)
		return WRONG;
	free(larger);
	return RIGHT;
}

static bool opens(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	/* A machine may be without a family, but we live. */
	if (fd < 0)
		return errno == EAFNOSUPPORT;
	return fcntl(fd, F_GETFL) >= 0 && close(fd) == 0;
}

static int use_sockets(void)
{
	struct ifaddrs *all;

	if (!opens(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) ||
		!opens(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) ||
		!opens(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0) ||
		!opens(AF_INET, SOCK_STREAM, 0) ||
		!opens(AF_INET6, SOCK_STREAM, 0) || getifaddrs(&all) < 0)
		return WRONG;
	freeifaddrs(all);
	return RIGHT;
}

static int connect_out(void)
{
	const struct sockaddr_in nobody = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = 0;
	socklen_t len = sizeof(error);

	(void)connect(fd, (const struct sockaddr *)&nobody, sizeof(nobody));
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return WRONG;
	(void)getpeername(fd, NULL, NULL);
	(void)shutdown(fd, SHUT_WR);
	return RIGHT;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int read_files(void)
{
	char octets[16];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *real;

	if (fd < 0 || fstat(fd, &st) < 0 ||
		read(fd, octets, sizeof(octets)) <= 0 || close(fd) < 0 ||
		lstat("/", &st) < 0)
		return WRONG;
	real = realpath("/proc/self", NULL);
	free(real);
	return real ? RIGHT : WRONG;
}

/* Of such paths realpath() asks whether it is a folder that they go through: of
 * peers.d/ at each reload, and where an include leads upwards. */
static int find_folders(void)
{
	char *plain = realpath("/proc/", NULL);
	char *upwards = realpath("/proc/../proc", NULL);
	bool found = plain && upwards && strcmp(plain, upwards) == 0;

	free(plain);
	free(upwards);
	return found ? RIGHT : WRONG;
}

/* A new file, and none that is there; never where a link leads. */
static int keep_copy(void)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = openat(AT_FDCWD, "/dev/null", flags, 0600);

	if (fd >= 0 || errno != EEXIST || fsync(-1) == 0)
		return WRONG;
	return renameat(-1, "a", -1, "b") < 0 && unlinkat(-1, "a", 0) < 0
		       ? RIGHT
		       : WRONG;
}

/* The C library of Debian 12 looks how much memory there is. */
static int sort_much(void)
{
	static int numbers[4096];

	for (size_t i = 0; i < 4096; i++)
		numbers[i] = (int)(4096 - i);
	qsort(numbers, 4096, sizeof(numbers[0]), by_number);
	return numbers[0] == 1 ? RIGHT : WRONG;
}

/* As where the vDSO has no clock. */
static int ask_the_time(void)
{
	struct timespec now;
	struct timeval then;

	return syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now) == 0 &&
			       syscall(SYS_gettimeofday, &then, NULL) == 0
		       ? RIGHT
		       : WRONG;
}

/* As another C library does, or this one when it wakes somebody. */
static int ask_otherwise(void)
{
	struct stat st;
	int lock = 0;

	(void)syscall(SYS_restart_syscall);
#ifdef SYS_stat
	if (syscall(SYS_stat, "/", &st) < 0 || syscall(SYS_lstat, "/", &st) < 0)
		return WRONG;
#endif
	return syscall(SYS_fstat, 0, &st) == 0 &&
			       syscall(SYS_futex, &lock, FUTEX_WAKE_PRIVATE, 1,
				       NULL, NULL, 0) == 0
		       ? RIGHT
		       : WRONG;
}

static int wait_a_moment(void)
{
	return poll(NULL, 0, 1) == 0 ? RIGHT : WRONG;
}

static int (*const allowed[])(void) = {
	use_memory,
	use_sockets,
	connect_out,
	read_files,
	find_folders,
	keep_copy,
	sort_much,
	ask_the_time,
	ask_otherwise,
	wait_a_moment,
};

enum { ALLOWED = sizeof(allowed) / sizeof(allowed[0]) };

START_TEST(what_is_needed_goes_on)
{
	int status = in_sandbox(allowed[_i]);

	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == RIGHT,
		"case %d: status 0x%x", _i, (unsigned int)status);
}
END_TEST

extern void __stack_chk_fail(void);

/* Through pointers that are not known not to return. */
static int notice_a_bug(void)
{
	void (*volatile bug)(void) = abort;

	bug();
	return WRONG;
}

static int notice_a_smashed_stack(void)
{
	void (*volatile bug)(void) = __stack_chk_fail;

	bug();
	return WRONG;
}

/* A bug that was noticed shows as what it is. */
START_TEST(abort_is_seen_as_abort)
{
	int status = in_sandbox(notice_a_bug);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	status = in_sandbox(notice_a_smashed_stack);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
}
END_TEST

/* Every call with a reason, one line each. */
START_TEST(the_table_gives_a_reason_for_each)
{
	char *text, *line;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int rows = 0;

	sandbox_help(out);
	fclose(out);
	line = strstr(text, "\n\n");
	ck_assert_ptr_nonnull(line);
	for (line = strtok(line, "\n"); line; line = strtok(NULL, "\n")) {
		ck_assert_msg(strstr(line, "  ") != NULL, "%s", line);
		rows++;
	}
	ck_assert_int_ge(rows, 40);
	free(text);
}
END_TEST

/* --- Paths ---------------------------------------------------------------- */

static struct folder inside, outside;
static char control[128], state[128];

static const char *in(const struct folder *folder, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	return path;
}

/* 0, or the errno. */
static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* In the one folder where it may write: a file comes, gets its name, goes. */
static int keep_copies(void)
{
	char from[256], to[256];

	snprintf(from, sizeof(from), "%s/config.new", state);
	snprintf(to, sizeof(to), "%s/config-2", state);
	if (try_open(from, O_WRONLY | O_CREAT | O_EXCL) != 0)
		return 20;
	if (renameat(AT_FDCWD, from, AT_FDCWD, to) != 0 || unlink(to) != 0)
		return 21;
	if (try_open(in(&outside, "state/config-1"), O_RDONLY) != 0)
		return 22;
	if (try_open(state, O_RDONLY | O_DIRECTORY) != 0)
		return 23;
	if (mkdir(from, 0700) == 0 || symlink("/", from) == 0)
		return 24;
	if (renameat(AT_FDCWD, in(&outside, "state/config-1"), AT_FDCWD,
		    control) == 0)
		return 25;
	return 0;
}

/* 0, or which expectation was wrong. */
static int look_around(void)
{
	if (try_open(in(&inside, "secrets/office.psk"), O_RDONLY) != 0)
		return 1;
	if (try_open(in(&inside, "secrets"), O_RDONLY | O_DIRECTORY) != 0)
		return 2;
	if (try_open(in(&inside, "secrets/office.psk"), O_WRONLY) != EACCES)
		return 3;
	if (try_open(in(&inside, "new"), O_RDWR | O_CREAT) != EACCES)
		return 4;
	if (try_open(in(&outside, "secrets/office.psk"), O_RDONLY) != EACCES)
		return 5;
	if (try_open(in(&outside, "secrets"), O_RDONLY | O_DIRECTORY) != EACCES)
		return 6;
	if (try_open("/proc/self/maps", O_RDONLY) != EACCES)
		return 7;
	if (try_open("/etc/hosts", O_RDONLY) == EACCES)
		return 8;
	if (unlink(control) != 0)
		return 9;
	if (try_open(control, O_RDWR | O_CREAT) != EACCES)
		return 10;
	if (unlink(in(&inside, "secrets/office.psk")) == 0)
		return 11;
	if (mkdir(in(&inside, "more"), 0700) == 0)
		return 12;
	return keep_copies();
}

/* TCP is for asking, not for listening (Landlock 4). */
static int bind_tcp(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 &&
			       errno == EACCES
		       ? 0
		       : 13;
}

enum { NO_LANDLOCK = 92 };

static int restricted(const struct sandbox_places *places)
{
	char error[SANDBOX_TEXT];
	int version, result;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return NOT_ENTERED;
	version = sandbox_restrict_paths(places, error);
	if (version <= 0)
		return version < 0 ? NOT_ENTERED : NO_LANDLOCK;
	result = look_around();
	return result == 0 && version >= 4 ? bind_tcp() : result;
}

/* What a process of its own ends with. */
static int apart(int (*what)(const struct sandbox_places *),
	const struct sandbox_places *places)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		end(what(places));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "status 0x%x", (unsigned int)status);
	return WEXITSTATUS(status);
}

static void two_folders(void)
{
	inside = folder_new();
	outside = folder_new();
	folder_make(&outside, "run", 0700);
	folder_file(&outside, "run/control.sock", "");
	folder_make(&outside, "state", 0700);
	folder_file(&outside, "state/config-1", "");
	snprintf(control, sizeof(control), "%s/run/control.sock", outside.path);
	snprintf(state, sizeof(state), "%s/state", outside.path);
}

START_TEST(only_named_paths_are_open)
{
	char *list[] = { inside.path };
	const struct config_folders folders = { list, 1 };
	const struct sandbox_places places = { control, &folders, state };
	int result;

	two_folders();
	result = apart(restricted, &places);
	folder_remove(&inside);
	folder_remove(&outside);
	if (result == NO_LANDLOCK)
		SKIP("this kernel has no Landlock");
	ck_assert_int_eq(result, 0);
}
END_TEST

/* All of it at once, and what it says of a folder afterwards. */
static int enter(const struct sandbox_places *places)
{
	char error[SANDBOX_TEXT];
	struct sandbox *sandbox = sandbox_enter(places, error);
	char below[128], beside[128];
	bool paths;

	if (!sandbox)
		return NOT_ENTERED;
	snprintf(below, sizeof(below), "%s/a/b", inside.path);
	snprintf(beside, sizeof(beside), "%s-2", inside.path);
	if (!sandbox_covers(NULL, beside) ||
		!sandbox_covers(sandbox, inside.path) ||
		!sandbox_covers(sandbox, below))
		return WRONG;
	paths = try_open(in(&outside, "secrets/office.psk"), O_RDONLY) != 0;
	if (sandbox_covers(sandbox, beside) == paths ||
		sandbox_covers(sandbox, "/") == paths)
		return WRONG;
	sandbox_free(sandbox);
	return RIGHT;
}

START_TEST(it_knows_what_it_covers)
{
	char *list[] = { inside.path };
	const struct config_folders folders = { list, 1 };
	const struct sandbox_places places = { control, &folders, state };
	int result;

	two_folders();
	result = apart(enter, &places);
	folder_remove(&inside);
	folder_remove(&outside);
	ck_assert_int_eq(result, RIGHT);
}
END_TEST

/* --- Under somebody else's filter ------------------------------------------ */

/* Calls that answer with an error, as a unit's SystemCallFilter= makes them. */
static bool hide(int landlock_error, bool seccomp)
{
	const struct scmp_arg_cmp load = { 0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0 };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool done =
		filter && seccomp_rule_add(filter,
				  SCMP_ACT_ERRNO((unsigned int)landlock_error),
				  SCMP_SYS(landlock_create_ruleset), 0) == 0;

	if (done && seccomp)
		done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
			       SCMP_SYS(seccomp), 0) == 0 &&
		       seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
			       SCMP_SYS(prctl), 1, load) == 0;
	done = done && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done;
}

static int without_landlock(const struct sandbox_places *places)
{
	char error[SANDBOX_TEXT];

	if (!hide(ENOSYS, false))
		return NOT_ENTERED;
	return sandbox_restrict_paths(places, error) == 0 ? RIGHT : WRONG;
}

static int landlock_refused(const struct sandbox_places *places)
{
	char error[SANDBOX_TEXT] = "";

	if (!hide(EPERM, false))
		return NOT_ENTERED;
	return sandbox_enter(places, error) == NULL &&
			       strcmp(error,
				       "Landlock: Operation not permitted") == 0
		       ? RIGHT
		       : WRONG;
}

static int seccomp_refused(const struct sandbox_places *places)
{
	char error[SANDBOX_TEXT] = "";

	if (!hide(ENOSYS, true))
		return NOT_ENTERED;
	return sandbox_restrict_calls(error) < 0 &&
			       strncmp(error, "seccomp: ", 9) == 0 &&
			       sandbox_enter(places, error) == NULL
		       ? RIGHT
		       : WRONG;
}

/* A kernel without Landlock is one thing, one that hides it another. */
START_TEST(nothing_is_missed_in_silence)
{
	const struct sandbox_places places = { NULL, NULL, NULL };

	ck_assert_int_eq(apart(without_landlock, &places), RIGHT);
	ck_assert_int_eq(apart(landlock_refused, &places), RIGHT);
	ck_assert_int_eq(apart(seccomp_refused, &places), RIGHT);
}
END_TEST

/* --- Memory --------------------------------------------------------------- */

static int guard(const struct sandbox_places *places)
{
	struct rlimit core;

	(void)places;
	sandbox_guard_memory();
	if (prctl(PR_GET_DUMPABLE) != 0 || getrlimit(RLIMIT_CORE, &core) < 0)
		return WRONG;
	return core.rlim_cur == 0 && core.rlim_max == 0 ? RIGHT : WRONG;
}

START_TEST(a_crash_leaves_nothing)
{
	ck_assert_int_eq(apart(guard, NULL), RIGHT);
}
END_TEST

/* --- What a configuration names ------------------------------------------- */

static bool named(const struct folder *of, const char *folder)
{
	const struct config_folders *folders = &of->errors.folders;
	char *real = realpath(folder, NULL);
	bool found = false;

	ck_assert_ptr_nonnull(real);
	for (size_t i = 0; i < folders->count; i++)
		found |= strcmp(folders->list[i], real) == 0;
	free(real);
	return found;
}

/* A link's own folder and the one it leads to, what a pattern looks through,
 * and where an absolute path says; each once, also of a peer left out. */
START_TEST(a_load_names_its_folders)
{
	char text[1024];

	two_folders();
	ck_assert_int_eq(
		symlink(control, in(&inside, "secrets/linked.psk")), 0);
	folder_make(&outside, "more", 0700);
	snprintf(text, sizeof(text),
		"include: %s/more/*.yaml\n"
		"defaults: { remote_ts: 10.2.0.0/16 }\n"
		"peers:\n"
		"  a: { remote: 192.0.2.1, auth: psk, secret: linked.psk }\n"
		"  b: { remote: 192.0.2.2, auth: psk, secret: %s/secrets/office.psk }\n"
		"  c: { remote: 192.0.2.3, auth: psk, secret: office.psk }\n",
		outside.path, outside.path);
	folder_load_text(&inside, text);
	ck_assert_msg(inside.config, "%s", inside.shown);
	ck_assert(named(&inside, inside.path));
	ck_assert(named(&inside, in(&inside, "peers.d")));
	ck_assert(named(&inside, in(&inside, "secrets")));
	ck_assert(named(&inside, in(&outside, "run")));
	ck_assert(named(&inside, in(&outside, "more")));
	ck_assert(named(&inside, in(&outside, "secrets")));
	ck_assert(!named(&inside, outside.path));
	ck_assert_uint_eq(inside.errors.folders.count, 6);
	folder_remove(&inside);
	folder_remove(&outside);
}
END_TEST

SUITE(sandbox)
{
	loop_test(what_is_not_needed_ends_it, REFUSED);
	loop_test(what_is_needed_goes_on, ALLOWED);
	test(abort_is_seen_as_abort);
	test(the_table_gives_a_reason_for_each);
	test(only_named_paths_are_open);
	test(it_knows_what_it_covers);
	test(nothing_is_missed_in_silence);
	test(a_crash_leaves_nothing);
	test(a_load_names_its_folders);
}

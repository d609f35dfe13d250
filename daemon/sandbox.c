/* sandbox.c - no_new_privs, Landlock, and THE table of system calls that are
 * allowed. SPDX-License-Identifier: ISC
 */
#include "daemon/sandbox.h"

#include "daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* --- Memory --------------------------------------------------------------- */

enum {
	/* Locking less than this would starve malloc at a thousand SAs. */
	MIN_LOCK = 64 << 20,
};

/* Under a small limit later allocations would fail, so then it is left out. */
static void lock_memory(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
		limit.rlim_cur < MIN_LOCK && geteuid() != 0)
		errno = ENOMEM;
	else if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
		return;
	log_event(LOG_MEMORY_NOT_LOCKED, NULL,
		FACTS(fact_text("error", strerror(errno))),
		"memory with keys may be swapped out (LimitMEMLOCK): %s",
		strerror(errno));
}

void sandbox_guard_memory(void)
{
	static const struct rlimit none = { 0, 0 };

	/* One of them is enough; with core_pattern a pipe, only the first. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		log_event(LOG_CORE_NOT_OFF, NULL,
			FACTS(fact_text("error", strerror(errno))),
			"a crash may leave keys in a core file: %s",
			strerror(errno));
	lock_memory();
}

/* --- Builds that cannot --------------------------------------------------- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ADDRESS_SANITIZER
#endif

/* There when a file was compiled with --coverage, by gcc and by clang. */
extern void __gcov_init(void *) __attribute__((weak));
extern void llvm_gcov_init(void *, void *) __attribute__((weak));

const char *sandbox_unfit(void)
{
	/* It starts a symbolizer, and a thread to look for leaks. */
#ifdef WITH_ADDRESS_SANITIZER
	return "built with AddressSanitizer";
#endif
	/* It writes its counters at the end. */
	return __gcov_init || llvm_gcov_init ? "built to measure coverage"
					     : NULL;
}

/* --- System calls --------------------------------------------------------- */

/* An argument that must be what the row says.  The kernel takes most of them as
 * int, so only that much is looked at. */
struct argument {
	unsigned int index;
	scmp_datum_t mask, value;
	const char *shown;
};

#define IS(INDEX, VALUE)                                                       \
	{                                                                      \
		INDEX, 0xffffffff, (scmp_datum_t)(VALUE), #VALUE               \
	}
/* SOCK_STREAM.. with or without SOCK_CLOEXEC and SOCK_NONBLOCK. */
#define OF_TYPE(INDEX, TYPE)                                                   \
	{                                                                      \
		INDEX, 0xf, TYPE, #TYPE                                        \
	}
#define WITHOUT(INDEX, BITS)                                                   \
	{                                                                      \
		INDEX, BITS, 0, "no " #BITS                                    \
	}

enum { MAX_ARGUMENTS = 3 };

struct row {
	const char *name;
	int number;
	bool rare; /* not in every run: a crash, an old C library, much load */
	const char *reason;
	struct argument argument[MAX_ARGUMENTS]; /* until shown is NULL */
};

/* None that is there is written to. */
#define NEW_FILE (O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)

#define CALL(NAME) .name = #NAME, .number = SCMP_SYS(NAME)
#define WHY(TEXT)  .reason = TEXT
#define RARE(TEXT) .rare = true, .reason = TEXT
#define WHEN(...)  .argument = { __VA_ARGS__ }

/* Several rows of one call: one of them must fit.  `ipsecd --help-sandbox`
 * shows it, and tests/lab/test-sandbox.sh that each row is used unless it is
 * rare. Architectures like arm64 have only the newer of two calls. */
static const struct row rows[] = {
	/* Memory. */
	{ CALL(brk), WHY("malloc") },
	{ CALL(mmap), WHY("malloc"), WHEN(WITHOUT(2, PROT_EXEC)) },
	{ CALL(munmap), WHY("malloc") },
	{ CALL(mremap), RARE("realloc of large blocks") },
	{ CALL(madvise), RARE("malloc") },
	{ CALL(mprotect), RARE("malloc"), WHEN(WITHOUT(2, PROT_EXEC)) },
	{ CALL(futex), RARE("locks of libraries; nobody waits"),
		WHEN(IS(1, FUTEX_WAKE_PRIVATE)) },

	/* The loop. */
	{ CALL(epoll_ctl), WHY("what the loop waits for") },
#ifdef __NR_epoll_wait
	{ CALL(epoll_wait), WHY("the loop") },
#else
	{ CALL(epoll_pwait), WHY("the loop") },
#endif
#ifdef __NR_poll
	{ CALL(poll), WHY("answers of the kernel, clients that hang up") },
#else
	{ CALL(ppoll), WHY("answers of the kernel, clients that hang up") },
#endif
	{ CALL(restart_syscall), RARE("poll after SIGSTOP and SIGCONT") },
	{ CALL(timerfd_settime), WHY("the core's timer") },
	{ CALL(clock_gettime), RARE("clocks that the vDSO cannot read") },
	{ CALL(gettimeofday), RARE("clocks that the vDSO cannot read") },
	{ CALL(rt_sigreturn), WHY("the end of a signal") },
	{ CALL(rt_sigaction), WHY("signals are let go at the end") },
	{ CALL(rt_sigprocmask), RARE("abort") },
	{ CALL(getrandom), WHY("keys, nonces, cookies") },
	{ CALL(getpid), WHY("the random generators see whether we forked") },
	{ CALL(exit_group), WHY("the end") },

	/* Sockets.  Those of UDP 500 and 4500, XFRM and control are open. */
	{ CALL(socket), WHY("systemd is told of our state"),
		WHEN(IS(0, AF_UNIX), OF_TYPE(1, SOCK_DGRAM), IS(2, 0)) },
	{ CALL(socket), WHY("DNS; the way to a peer"),
		WHEN(IS(0, AF_INET), OF_TYPE(1, SOCK_DGRAM), IS(2, 0)) },
	{ CALL(socket), WHY("DNS; the way to a peer"),
		WHEN(IS(0, AF_INET6), OF_TYPE(1, SOCK_DGRAM), IS(2, 0)) },
	{ CALL(socket), WHY("CRLs and OCSP over http"),
		WHEN(IS(0, AF_INET), OF_TYPE(1, SOCK_STREAM), IS(2, 0)) },
	{ CALL(socket), WHY("CRLs and OCSP over http"),
		WHEN(IS(0, AF_INET6), OF_TYPE(1, SOCK_STREAM), IS(2, 0)) },
	{ CALL(socket), WHY("getifaddrs"),
		WHEN(IS(0, AF_NETLINK), OF_TYPE(1, SOCK_RAW),
			IS(2, NETLINK_ROUTE)) },
	{ CALL(bind), WHY("a source address; getifaddrs") },
	{ CALL(connect), WHY("DNS; http; the way to a peer") },
	{ CALL(accept4), WHY("clients of the control socket, and of metrics") },
	{ CALL(getsockname), WHY("the way to a peer; getifaddrs") },
	{ CALL(getpeername), WHY("has a connection come about") },
	{ CALL(getsockopt), WHY("has a connection come about"),
		WHEN(IS(1, SOL_SOCKET), IS(2, SO_ERROR)) },
	{ CALL(getsockopt), WHY("who is at the control socket"),
		WHEN(IS(1, SOL_SOCKET), IS(2, SO_PEERCRED)) },
	{ CALL(getsockopt), WHY("who is at the control socket"),
		WHEN(IS(1, SOL_SOCKET), IS(2, SO_PEERGROUPS)) },
	{ CALL(shutdown), WHY("the end of a connection") },
	{ CALL(ioctl), WHY("how much there is to read"),
		WHEN(IS(1, FIONREAD)) },
	{ CALL(fcntl), WHY("does a socket block"), WHEN(IS(1, F_GETFL)) },
	{ CALL(recvmmsg), WHY("IKE") },
	{ CALL(recvmsg), WHY("netlink") },
	{ CALL(recvfrom), WHY("DNS, netlink, signals") },
	{ CALL(sendmsg), WHY("IKE") },
	{ CALL(sendto), WHY("DNS, netlink, signals, systemd, the journal") },
	{ CALL(readv), WHY("control, http, metrics") },
	{ CALL(writev), WHY("control, http, metrics") },
	{ CALL(geteuid), WHY("who may use the control socket") },

	/* Files: Landlock says which. */
	{ CALL(openat), WHY("configuration, keys, resolv.conf"),
		WHEN(WITHOUT(2, O_ACCMODE | O_CREAT | O_TRUNC)) },
	{ CALL(openat), WHY("a copy of the configuration"),
		WHEN(IS(2, NEW_FILE)) },
	{ CALL(read), WHY("files, timer, http") },
	{ CALL(write), WHY("the log, the copy") },
	{ CALL(fsync), WHY("the copy is on the disk") },
#ifdef __NR_renameat
	{ CALL(renameat), WHY("a copy that is whole gets its name") },
#else
	{ CALL(renameat2), WHY("a copy that is whole gets its name"),
		WHEN(IS(4, 0)) },
#endif
	{ CALL(close), WHY("whatever is open") },
	{ CALL(newfstatat), WHY("stat, lstat, fstat") },
	{ CALL(fstat), RARE("another C library") },
#ifdef __NR_stat
	{ CALL(stat), RARE("another C library") },
	{ CALL(lstat), RARE("another C library") },
#endif
	{ CALL(getdents64), WHY("which files a folder has") },
#ifdef __NR_readlink
	{ CALL(readlink), WHY("where a symbolic link leads") },
#else
	{ CALL(readlinkat), WHY("where a symbolic link leads") },
#endif
	{ CALL(faccessat2),
		RARE("is a path with .. or a / at its end a folder's") },
#ifdef __NR_unlink
	{ CALL(unlink), WHY("the control socket goes") },
#endif
	{ CALL(unlinkat), WHY("old copies go; the control socket"),
		WHEN(IS(2, 0)) },
	{ CALL(uname), WHY("DNS: the domain that names are searched in") },
	{ CALL(sysinfo), RARE("qsort of more than a KiB") },

	/* A bug that was noticed ends us by SIGABRT and no other way. */
	{ CALL(gettid), RARE("abort") },
	{ CALL(tgkill), RARE("abort"), WHEN(IS(2, SIGABRT)) },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* The row as a rule of the filter: 0 or -errno. */
static int add_row(scmp_filter_ctx filter, const struct row *row)
{
	struct scmp_arg_cmp compare[MAX_ARGUMENTS];
	unsigned int count = 0;

	for (; count < MAX_ARGUMENTS && row->argument[count].shown; count++) {
		const struct argument *argument = &row->argument[count];

		compare[count] = (struct scmp_arg_cmp){ argument->index,
			SCMP_CMP_MASKED_EQ, argument->mask, argument->value };
	}
	return seccomp_rule_add_array(
		filter, SCMP_ACT_ALLOW, row->number, count, compare);
}

static int load_filter(scmp_filter_ctx filter)
{
	/* Of another architecture's calls none is allowed. */
	int error = seccomp_attr_set(
		filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	/* A tree: no call waits for a comparison with each row. */
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	for (size_t i = 0; error == 0 && i < ROWS; i++)
		error = add_row(filter, &rows[i]);
	return error ? error : seccomp_load(filter);
}

int sandbox_restrict_calls(char error[SANDBOX_TEXT])
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = filter ? load_filter(filter) : -ENOMEM;

	seccomp_release(filter);
	if (result == 0)
		return 0;
	snprintf(error, SANDBOX_TEXT, "seccomp: %s", strerror(-result));
	return -1;
}

void sandbox_help(FILE *out)
{
	fputs("System calls that ipsecd may make once it runs; any other ends it.\n"
	      "'rare' are those that not every run makes.\n\n",
		out);
	for (const struct row *row = rows; row < rows + ROWS; row++) {
		int column = fprintf(out, "%s", row->name);

		for (size_t i = 0; i < MAX_ARGUMENTS && row->argument[i].shown;
			i++)
			column += fprintf(out, " %s", row->argument[i].shown);
		fprintf(out, "%*s%s%s\n", column < 44 ? 44 - column : 1, "",
			row->rare ? "rare: " : "", row->reason);
	}
}

/* --- Paths ---------------------------------------------------------------- */

/* As in linux/landlock.h, of which Debian 12 has an early version. */
enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_FILE = 1 << 8,
	FS_VERSION_1 = (1 << 13) - 1,
	FS_VERSION_2 = (1 << 14) - 1, /* and links between folders */
	FS_VERSION_3 = (1 << 15) - 1, /* and truncate */
	FS_VERSION_5 = (1 << 16) - 1, /* and ioctl on devices */
	NET_BIND_TCP = 1 << 0,
	SCOPE_ABSTRACT_UNIX = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,
	RULE_PATH_BENEATH = 1,
	CREATE_RULESET_VERSION = 1 << 0,
};

/* What is refused unless a rule allows it. */
struct ruleset {
	uint64_t fs, net, scoped;
};

struct __attribute__((packed)) rule {
	uint64_t access;
	int32_t folder;
};

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

/* All that this version of Landlock can refuse and that we do without. */
static struct ruleset handled_by(int version)
{
	const char *notify = getenv("NOTIFY_SOCKET");
	struct ruleset handled = { FS_VERSION_1, 0, 0 };

	if (version >= 2)
		handled.fs = FS_VERSION_2;
	if (version >= 3)
		handled.fs = FS_VERSION_3;
	if (version >= 4)
		handled.net = NET_BIND_TCP;
	if (version >= 5)
		handled.fs = FS_VERSION_5;
	if (version >= 6)
		handled.scoped = SCOPE_SIGNAL;
	/* systemd may have its socket in the abstract namespace. */
	if (version >= 6 && (!notify || notify[0] != '@'))
		handled.scoped |= SCOPE_ABSTRACT_UNIX;
	return handled;
}

/* Each version's structure is longer than the one before, or as long. */
static size_t ruleset_size(int version)
{
	if (version < 4)
		return offsetof(struct ruleset, net);
	return version < 6 ? offsetof(struct ruleset, scoped)
			   : sizeof(struct ruleset);
}

/* A folder that is not there needs no rule. */
static int allow(int ruleset, const char *folder, uint64_t access)
{
	struct rule rule = { .access = access,
		.folder = open(folder, O_PATH | O_CLOEXEC | O_DIRECTORY) };
	int error = 0;

	if (rule.folder < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule,
		    0) < 0)
		error = -errno;
	close(rule.folder);
	return error;
}

/* The folder that a path's file is in, links followed. */
static int allow_around(int ruleset, const char *path, uint64_t access)
{
	char *file = strdup(path), *slash = file ? strrchr(file, '/') : NULL;
	int error = file ? 0 : -ENOMEM;

	if (slash) {
		slash[slash == file] = '\0';
		error = allow(ruleset, file, access);
	} else if (file) {
		error = allow(ruleset, ".", access);
	}
	free(file);
	return error;
}

/* Both are read anew for each name.  Who renews them often puts a new file in
 * the place of the old one, so a rule for the file would hold only once. */
static const char *const name_files[] = { "/etc/resolv.conf", "/etc/hosts" };

static int allow_names(int ruleset)
{
	int error = allow(ruleset, "/etc", FS_READ_FILE);

	for (size_t i = 0;
		error == 0 && i < sizeof(name_files) / sizeof(name_files[0]);
		i++) {
		char *real = realpath(name_files[i], NULL);

		if (real)
			error = allow_around(ruleset, real, FS_READ_FILE);
		free(real);
	}
	return error;
}

static int allow_all(int ruleset, const struct sandbox_places *places)
{
	const struct config_folders *readable = places->readable;
	int error = allow_names(ruleset);

	for (size_t i = 0; error == 0 && readable && i < readable->count; i++)
		error = allow(
			ruleset, readable->list[i], FS_READ_FILE | FS_READ_DIR);
	if (error == 0 && places->control)
		error = allow_around(ruleset, places->control, FS_REMOVE_FILE);
	if (error == 0 && places->state)
		error = allow(ruleset, places->state,
			FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE |
				FS_MAKE_FILE | FS_REMOVE_FILE);
	return error;
}

static int restrict_to(int version, const struct sandbox_places *places)
{
	struct ruleset handled = handled_by(version);
	int error, ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled,
			   ruleset_size(version), 0);

	if (ruleset < 0)
		return -errno;
	error = allow_all(ruleset, places);
	if (error == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		error = -errno;
	close(ruleset);
	return error;
}

int sandbox_restrict_paths(
	const struct sandbox_places *places, char error[SANDBOX_TEXT])
{
	int result, version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			    CREATE_RULESET_VERSION);

	/* ENOSYS: not built in; EOPNOTSUPP: off since boot (lsm=).  Any other
   * error is somebody's filter that hides what there is. */
	if (version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return 0;
	result = version < 0 ? -errno : restrict_to(version, places);
	if (result == 0)
		return version;
	snprintf(error, SANDBOX_TEXT, "Landlock: %s", strerror(-result));
	return -1;
}

/* --- All of it ------------------------------------------------------------ */

struct sandbox {
	bool paths; /* Landlock is in force */
	struct config_folders readable;
};

void sandbox_free(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	for (size_t i = 0; i < sandbox->readable.count; i++)
		free(sandbox->readable.list[i]);
	free(sandbox->readable.list);
	free(sandbox);
}

static struct sandbox *remember(const struct config_folders *readable)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	size_t count = readable ? readable->count : 0;

	if (!sandbox)
		return NULL;
	sandbox->readable.list = calloc(count + 1, sizeof(char *));
	for (size_t i = 0; sandbox->readable.list && i < count; i++) {
		sandbox->readable.list[i] = strdup(readable->list[i]);
		if (!sandbox->readable.list[i])
			break;
		sandbox->readable.count++;
	}
	if (sandbox->readable.list && sandbox->readable.count == count)
		return sandbox;
	sandbox_free(sandbox);
	return NULL;
}

struct sandbox *sandbox_enter(
	const struct sandbox_places *places, char error[SANDBOX_TEXT])
{
	struct sandbox *sandbox = remember(places->readable);
	char paths[64] = "no Landlock in this kernel: any path";
	int version;

	snprintf(error, SANDBOX_TEXT, "%s", strerror(ENOMEM));
	if (!sandbox)
		return NULL;
	/* gmtime_r() reads the zone's file once, though it makes no use of it. */
	tzset();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		snprintf(error, SANDBOX_TEXT, "no_new_privs: %s",
			strerror(errno));
		version = -1;
	} else {
		version = sandbox_restrict_paths(places, error);
	}
	if (version < 0 || sandbox_restrict_calls(error) < 0) {
		sandbox_free(sandbox);
		return NULL;
	}
	sandbox->paths = version > 0;
	if (version > 0)
		snprintf(paths, sizeof(paths), "Landlock %d", version);
	log_event(LOG_SANDBOX, NULL,
		FACTS(fact_number("rules", ROWS), fact_text("paths", paths)),
		"sandbox: seccomp with %d rules, %s", ROWS, paths);
	return sandbox;
}

bool sandbox_covers(const struct sandbox *sandbox, const char *folder)
{
	if (!sandbox || !sandbox->paths)
		return true;
	for (size_t i = 0; i < sandbox->readable.count; i++) {
		const char *allowed = sandbox->readable.list[i];
		size_t len = strlen(allowed);

		if (strncmp(allowed, folder, len) == 0 &&
			(folder[len] == '\0' || folder[len] == '/' ||
				allowed[len - 1] == '/'))
			return true;
	}
	return false;
}

/* main.c - one life of the daemon for each thing that can fail, each in a process of its own.
 * SPDX-License-Identifier: ISC
 *
 *	faults			all of all kinds
 *	faults KIND		all of one: alloc, allocs, call, kernel
 *	faults KIND N		the N-th, with its log
 *	faults sample EVERY SEED	of all kinds every EVERY-th
 *
 * FAULTS_TALK=1 shows where it failed, and what happens to the peers.  As many at
 * once as there are processors, or JOBS.
 */
#include "tests/faults/faults.h"

#include "daemon/lastgood.h"
#include "ikev2/crypto/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GUARD_S = 120, /* only what hangs takes so long */
	GOOD = 0,
	BAD = 1,
	MAX_ARGS = 10,
	MAX_JOBS = 64,
	ENOUGH = 20, /* failures: then it says no more */
};

static const struct {
	const char *name;
	enum fault_kind kind;
} kinds[] = {
	{ "alloc", FAULT_ALLOC },
	{ "allocs", FAULT_ALLOCS },
	{ "call", FAULT_CALL },
	{ "kernel", FAULT_KERNEL },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* What a process of its own says of its life. */
struct outcome {
	bool given, refused;
	long seen;
	char what[64];
	char failure[1024];
};

/* --- The daemon's random numbers, the same in each life -------------------- */

static uint64_t random_state;

static uint32_t random_word(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 32);
}

static void random_buffer(void *const out, const size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)(random_word() >> 24);
}

static const char *random_name(void)
{
	return "the same each time";
}

static struct randombytes_implementation same_randomness = {
	.implementation_name = random_name,
	.random = random_word,
	.buf = random_buffer,
};

/* --- One life ------------------------------------------------------------- */

/* From main() to its end: the exit code. */
static int live(const char *folder, bool strict)
{
	char words[][64] = { "ipsecd", "-c", "ipsecd.yaml", "--control",
		"run/ipsecd/control.sock", "-f", "--log", "debug", "--root",
		"." };
	char *argv[MAX_ARGS + 1] = { NULL };
	int code;

	for (int i = 0; i < MAX_ARGS; i++)
		argv[i] = words[i];
	random_state = 1;
	optind = 0;
	world_begin();
	outside_begin();
	script_begin(folder, strict);
	far_open();
	outside_end();
	code = ipsecd_main(MAX_ARGS, argv);
	outside_begin();
	script_end();
	far_close();
	outside_end();
	world_end();
	return code;
}

extern int __lsan_do_recoverable_leak_check(void);

static bool is_of_removal(const char *given)
{
	return given && (strncmp(given, "lstat: ", 7) == 0 ||
				strncmp(given, "unlink: ", 8) == 0);
}

/* Whatever failed, those that are there are whole. */
static void look_at_copies(void)
{
	int folder = open("var/lib/ipsecd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct lastgood_copy copy;
	struct lastgood_list list;
	const char *error;

	if (folder < 0 || lastgood_list(folder, &list) < 0)
		abort();
	for (size_t i = 0; i < list.count; i++) {
		error = lastgood_read(folder, list.number[i], &copy);
		if (error)
			script_fail("copy %u of the configuration: %s",
				list.number[i], error);
		lastgood_clear(&copy);
	}
	if (list.count == 0 && !faults_given())
		script_fail("no copy of the configuration was kept");
	close(folder);
}

/* What must be true after any life. */
static void look_back(int fds)
{
	struct stat there;

	if (descriptors() != fds)
		script_fail("%d descriptors are open, and were %d",
			descriptors(), fds);
	if (kernel_sas() + kernel_policies() > 0)
		script_fail("%zu SAs and %zu policies are left in the kernel",
			kernel_sas(), kernel_policies());
	/* Where removing it is what failed, the next start does. */
	if (stat("run/ipsecd/control.sock", &there) == 0 &&
		!is_of_removal(faults_given()))
		script_fail("the control socket is left");
	look_at_copies();
	if (__lsan_do_recoverable_leak_check())
		script_fail("memory is lost");
}

/* Does the log say why?  A line of the level error, or one for a person at the
 * terminal. */
static bool has_words(void)
{
	FILE *log = fopen("log", "r");
	char line[2048];
	bool found = false;

	while (log && fgets(line, sizeof(line), log))
		found |= strstr(line, " error ") != NULL ||
			 strncmp(line, "ipsecd: ", 8) == 0;
	if (log)
		fclose(log);
	return found;
}

static void live_with(enum fault_kind kind, long n, const char *folder,
	struct outcome *outcome)
{
	int fds = descriptors(), code;

	faults_arm(kind, n);
	code = live(folder, n == 0);
	faults_pause();
	outcome->seen = faults_seen();
	outcome->given = faults_given() != NULL;
	if (outcome->given)
		strcpy(outcome->what, faults_given());
	outcome->refused = code != 0;
	if (code == 0 && !script_over() && !script_failure())
		script_fail("it ended by itself");
	if (code != 0 && !outcome->given)
		script_fail("it did not start");
	if (code != 0 && !has_words())
		script_fail("exit code %d, and not a word", code);
	look_back(fds);
	if (code == 0 || script_failure())
		return;
	/* The next start is one like any. */
	kernel_clear();
	faults_arm(FAULT_NONE, 0);
	if (live(folder, true) != 0)
		script_fail("after a refusal it does not start either");
	look_back(fds);
}

/* --- In a process of its own ---------------------------------------------- */

/* Copies of the configuration are kept in it, and there are none yet. */
static void empty_state(void)
{
	static const char *const folders[] = { "var", "var/lib",
		"var/lib/ipsecd" };
	char path[64];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		(void)mkdir(folders[i], 0700);
	for (int i = 1; i < 20; i++) {
		snprintf(path, sizeof(path), "var/lib/ipsecd/config-%d", i);
		(void)unlink(path);
	}
	(void)unlink("var/lib/ipsecd/config.new");
}

static void run_child(enum fault_kind kind, long n, const char *folder, int to)
{
	struct outcome outcome;
	int log;

	memset(&outcome, 0, sizeof(outcome));
	if (chdir(folder) < 0)
		_Exit(BAD);
	(void)unlink("run/ipsecd/control.sock");
	empty_state();
	log = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	dup2(log, STDERR_FILENO);
	close(log);
	alarm(GUARD_S);
	live_with(kind, n, folder, &outcome);
	if (script_failure())
		strcpy(outcome.failure, script_failure());
	if (write(to, &outcome, sizeof(outcome)) != sizeof(outcome))
		_Exit(BAD);
	_Exit(outcome.failure[0] ? BAD : GOOD);
}

static void show_log(const char *folder, bool whole)
{
	char command[256];

	snprintf(command, sizeof(command), "%s %s/log | sed 's/^/    /'",
		whole ? "cat" : "tail -n 60", folder);
	fflush(stdout);
	(void)!system(command);
}

/* A process under way, in a folder that the next one has, too. */
struct running {
	char folder[32];
	pid_t pid;
	int from;
	long n;
};

static struct running slots[MAX_JOBS];
static size_t jobs;

static void open_slots(void)
{
	const char *wanted = getenv("JOBS");
	long count = wanted ? atol(wanted) : sysconf(_SC_NPROCESSORS_ONLN);

	jobs = count < 1 ? 1 : count > MAX_JOBS ? MAX_JOBS : (size_t)count;
	for (size_t i = 0; i < jobs; i++) {
		strcpy(slots[i].folder, "/tmp/ipsecd-faults-XXXXXX");
		if (!mkdtemp(slots[i].folder))
			abort();
	}
}

static void close_slots(void)
{
	char command[64];

	for (size_t i = 0; i < jobs; i++) {
		snprintf(command, sizeof(command), "rm -r %s", slots[i].folder);
		(void)!system(command);
	}
}

static void begin(struct running *running, size_t kind, long n)
{
	int ends[2];

	if (pipe(ends) < 0)
		abort();
	fflush(NULL);
	running->n = n;
	running->from = ends[0];
	running->pid = fork();
	if (running->pid == 0) {
		close(ends[0]);
		run_child(kinds[kind].kind, n, running->folder, ends[1]);
	}
	close(ends[1]);
}

/* True: it was as it must be. */
static bool end(const struct running *running, size_t kind, bool talk,
	struct outcome *outcome)
{
	bool good;
	int status;

	memset(outcome, 0, sizeof(*outcome));
	if (read(running->from, outcome, sizeof(*outcome)) != sizeof(*outcome))
		strcpy(outcome->failure, "it said nothing in the end");
	close(running->from);
	waitpid(running->pid, &status, 0);
	good = WIFEXITED(status) && WEXITSTATUS(status) == GOOD;
	if (WIFSIGNALED(status))
		snprintf(outcome->failure, sizeof(outcome->failure), "%s",
			WTERMSIG(status) == SIGALRM
				? "it hangs"
				: strsignal(WTERMSIG(status)));
	if (!good)
		printf("FAILED faults %s %ld (%s): %s\n", kinds[kind].name,
			running->n, outcome->what, outcome->failure);
	if (talk || !good)
		show_log(running->folder, talk);
	return good;
}

static bool try(size_t kind, long n, bool talk, struct outcome *outcome)
{
	begin(&slots[0], kind, n);
	return end(&slots[0], kind, talk, outcome);
}

/* --- All of them ---------------------------------------------------------- */

static int passed, failed;

/* Every n-th from the first on, until nothing is left that could fail; several
 * at once, and told in their order. */
static void loop(size_t kind, long first, long every)
{
	long n = first, refused = 0, count = 0;
	size_t oldest = 0, busy = 0;
	struct outcome outcome;
	bool more = true;

	if (!try(kind, 0, false, &outcome)) {
		failed++;
		return;
	}
	printf("%s: %ld\n", kinds[kind].name, outcome.seen);
	do {
		bool good;

		for (; more && busy < jobs; busy++, n += every)
			begin(&slots[(oldest + busy) % jobs], kind, n);
		good = end(&slots[oldest], kind, false, &outcome);
		oldest = (oldest + 1) % jobs;
		busy--;
		more &= outcome.given || outcome.failure[0];
		more &= failed < ENOUGH;
		passed += good && outcome.given;
		failed += !good;
		refused += outcome.refused;
		count += outcome.given;
	} while (busy > 0 || more);
	printf("%s: %ld tried, of which %ld kept it from starting\n",
		kinds[kind].name, count, refused);
}

static size_t kind_named(const char *name)
{
	size_t i;

	for (i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			break;
	}
	return i;
}

static int usage(void)
{
	fputs("Usage: faults [KIND [N]] | faults sample EVERY SEED\n"
	      "KIND is alloc, allocs, call or kernel\n",
		stderr);
	return 2;
}

static int one(size_t kind, long n)
{
	struct outcome outcome;
	bool good = try(kind, n, true, &outcome);

	printf("%s: %s\n", outcome.given ? outcome.what : "nothing failed",
		good ? outcome.refused ? "refused to start" : "lived on"
		     : "FAILED");
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool sample = argc == 4 && strcmp(argv[1], "sample") == 0;
	long every = sample ? atol(argv[2]) : 1;
	unsigned long seed = sample ? strtoul(argv[3], NULL, 10) : 0;
	size_t kind = argc > 1 && !sample ? kind_named(argv[1]) : 0;
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!crypto_wipes())
		abort();
	randombytes_set_implementation(&same_randomness);
	if (argc > 3 && !sample)
		return usage();
	if (kind == KINDS || every < 1)
		return usage();
	open_slots();
	if (argc == 3) {
		status = one(kind, atol(argv[2]));
		close_slots();
		return status;
	}
	if (sample)
		printf("every %ld-th, seed %lu: from %lu on\n", every, seed,
			1 + seed % (unsigned long)every);
	for (size_t i = 0; i < KINDS; i++) {
		if (argc == 1 || sample || i == kind)
			loop(i, 1 + (long)(seed % (unsigned long)every), every);
	}
	close_slots();
	printf("%d passed, %d failed, 0 skipped\n", passed, failed);
	return failed == 0 ? 0 : 1;
}

/* fault.c - which of them fails: memory, system calls, the kernel's answers, counted.
 * SPDX-License-Identifier: ISC
 *
 * The functions here and in calls.c have the names of the C library's, and stand
 * before them for every library in this process.
 */
#include "tests/faults/faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
	enum fault_kind kind;
	long n, seen;
	int paused, outside;
	bool given;
	char what[64];
} state = { .paused = 1 };

void faults_arm(enum fault_kind kind, long n)
{
	state.kind = kind;
	state.n = n;
	state.seen = 0;
	state.given = false;
	state.paused = 0;
}

void faults_pause(void)
{
	state.paused = 1;
}

void faults_go_on(void)
{
	state.paused = 0;
}

const char *faults_given(void)
{
	return state.given ? state.what : NULL;
}

long faults_seen(void)
{
	return state.seen;
}

void outside_begin(void)
{
	state.outside++;
}

void outside_end(void)
{
	state.outside--;
}

bool is_outside(void)
{
	return state.outside > 0 || !world_runs();
}

extern void __sanitizer_print_stack_trace(void);

/* It happens now. */
static void give(const char *what)
{
	state.given = true;
	snprintf(state.what, sizeof(state.what), "%s", what);
	if (!getenv("FAULTS_TALK"))
		return;
	outside_begin();
	fprintf(stderr, "-- %s\n", what);
	__sanitizer_print_stack_trace();
	outside_end();
}

static bool counts(void)
{
	return state.paused == 0 && state.outside == 0;
}

/* --- System calls --------------------------------------------------------- */

enum { MAX_ERRORS = 7 };

/* What each call may give for reasons that are not ours: interrupted, nothing
 * there after all, no memory, no descriptors, a firewall, no way. */
static const struct call_row {
	const char *name;
	int errors[MAX_ERRORS];
} call_rows[] = {
	{ "socket", { EMFILE, ENOBUFS, EPERM } },
	{ "socketpair", { EMFILE, ENOMEM } },
	{ "pipe2", { EMFILE } },
	{ "bind", { EADDRINUSE, ENOMEM, EACCES } },
	{ "listen", { EADDRINUSE } },
	{ "connect", { ENETUNREACH, EAGAIN, EPERM } },
	{ "accept4", { EINTR, EAGAIN, EMFILE, ENOBUFS, ENOMEM, EPERM,
			     ECONNABORTED } },
	{ "getsockname", { ENOBUFS } },
	{ "setsockopt", { ENOMEM, EPERM } },
	{ "getsockopt", { ENOMEM } },
	{ "sendmsg", { EINTR, EAGAIN, ENOBUFS, ENOMEM, EPERM, ENETUNREACH } },
	{ "recvmmsg", { EINTR, EAGAIN, ENOMEM, ECONNREFUSED } },
	{ "send", { EINTR, EAGAIN, ENOBUFS, ENOMEM, EPERM } },
	{ "recvmsg", { EINTR, EAGAIN, ENOBUFS, ENOMEM } },
	{ "recv", { EINTR, EAGAIN, ENOBUFS, ENOMEM } },
	{ "sendto", { EINTR, EAGAIN, ENOBUFS, ECONNREFUSED } },
	{ "read", { EINTR, EAGAIN } }, /* sockets and events */
	{ "read of a file", { EINTR, EIO, FAULT_SHORT } },
	{ "readv", { EINTR, EAGAIN, ECONNRESET, FAULT_SHORT } },
	{ "write", { EINTR, EAGAIN, EIO, FAULT_SHORT } },
	{ "writev", { EINTR, EAGAIN, EPIPE, FAULT_SHORT } },
	{ "open", { EINTR, EMFILE, ENOMEM, EPERM } },
	{ "openat", { EINTR, EMFILE, ENOSPC, EACCES } },
	{ "renameat", { EIO, ENOSPC } },
	{ "unlinkat", { EIO } },
	{ "fsync", { EIO, ENOSPC } },
	{ "fopen", { EINTR, EMFILE, ENOMEM, EPERM } },
	{ "stat", { ENOMEM, EACCES } },
	{ "lstat", { ENOMEM, EACCES } },
	{ "fstat", { ENOMEM } },
	{ "mkdir", { ENOMEM, EPERM } },
	{ "unlink", { ENOMEM, EPERM } },
	{ "chmod", { EPERM } },
	{ "chown", { EPERM } },
	{ "poll", { EINTR, ENOMEM } },
	{ "epoll_create1", { EMFILE, ENOMEM } },
	{ "epoll_ctl", { ENOMEM, ENOSPC } },
	{ "epoll_wait", { EINTR } },
	{ "timerfd_create", { EMFILE, ENOMEM } },
	{ "getifaddrs", { EMFILE, ENOMEM, ENOBUFS } },
	{ "mlockall", { ENOMEM, EPERM } },
	{ "prctl", { EPERM } },
};

static const struct call_row *find_row(const char *call)
{
	for (size_t i = 0; i < sizeof(call_rows) / sizeof(call_rows[0]); i++) {
		if (strcmp(call_rows[i].name, call) == 0)
			return &call_rows[i];
	}
	fprintf(stderr, "no row for %s\n", call);
	abort();
}

static const char *error_name(int error)
{
	return error == FAULT_SHORT ? "short" : strerrorname_np(error);
}

int fault_of_call(const char *call)
{
	const struct call_row *row;
	char text[64];

	if (state.kind != FAULT_CALL || !counts())
		return 0;
	row = find_row(call);
	for (size_t i = 0; i < MAX_ERRORS && row->errors[i] != 0; i++) {
		if (++state.seen != state.n)
			continue;
		snprintf(text, sizeof(text), "%s: %s", call,
			error_name(row->errors[i]));
		give(text);
		if (row->errors[i] > 0)
			errno = row->errors[i];
		return row->errors[i];
	}
	return 0;
}

int fault_of_kernel(void)
{
	static const int errors[] = { ENOMEM, ENOBUFS, EPERM };
	char text[64];

	if (state.kind != FAULT_KERNEL || state.paused != 0)
		return 0;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (++state.seen != state.n)
			continue;
		snprintf(text, sizeof(text), "the kernel says %s",
			error_name(errors[i]));
		give(text);
		return -errors[i];
	}
	return 0;
}

/* --- Memory --------------------------------------------------------------- */

extern void *__interceptor_malloc(size_t size);
extern void *__interceptor_calloc(size_t count, size_t size);
extern void *__interceptor_realloc(void *old, size_t size);
extern void *__interceptor_reallocarray(void *old, size_t count, size_t size);

static bool no_memory(void)
{
	bool burst = state.kind == FAULT_ALLOCS;

	if ((state.kind != FAULT_ALLOC && !burst) || !counts())
		return false;
	state.seen++;
	if (burst ? state.n == 0 || state.seen < state.n
		  : state.seen != state.n)
		return false;
	if (!state.given)
		give(burst ? "no memory from here on" : "no memory");
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return no_memory() ? NULL : __interceptor_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return no_memory() ? NULL : __interceptor_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return no_memory() ? NULL : __interceptor_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	return no_memory() ? NULL
			   : __interceptor_reallocarray(old, count, size);
}

/* ASan's own would not come by here. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

char *strndup(const char *text, size_t most)
{
	size_t len = strnlen(text, most);
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	copy[len] = '\0';
	return memcpy(copy, text, len);
}

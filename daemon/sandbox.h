/* sandbox.h - what the daemon gives up before it listens to anybody.
 * SPDX-License-Identifier: ISC
 *
 * Whoever takes the process over through a message finds that it can start no
 * program, write to no file that is there and read few, open no kind of socket but its own, and
 * make no memory executable.  Four things see to that: no_new_privs(prctl(2)),
 * seccomp(2) with a list of what is allowed (all else ends the process),
 * landlock(7) for paths, and limits that keep keys out of core files and swap.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include "config/config.h"

enum { SANDBOX_TEXT = 256 };

struct sandbox; /* the folders that stay readable */

/* Keys stay in memory and out of what a crash leaves: not dumpable, no core,
 * memory locked.  What cannot be had is said in the log.  To be called before
 * the first secret is read. */
void sandbox_guard_memory(void);

/* Why this build cannot be run in the sandbox ("built with AddressSanitizer"),
 * or NULL. */
const char *sandbox_unfit(void);

struct sandbox_places {
	const char *control; /* the control socket; may be NULL */
	const struct config_folders *readable; /* of the configuration */
	const char *state; /* where copies are kept; NULL: nowhere */
};

/* Enter it, after all that is opened only once.  There is no way back.  NULL
 * and why not: then nothing may be heard or sent.  A kernel without Landlock is
 * no such reason, and said in the log. */
struct sandbox *sandbox_enter(
	const struct sandbox_places *places, char error[SANDBOX_TEXT]);
void sandbox_free(
	struct sandbox *sandbox); /* forgets, does not leave; NULL is fine */

/* May files of this folder (absolute, without symbolic links) be read?  Without
 * a sandbox (NULL) they may. */
bool sandbox_covers(const struct sandbox *sandbox, const char *folder);

/* The two halves of sandbox_enter, for tests.  The first gives Landlock's
 * version that is in force, 0 without; -1 and why not. */
int sandbox_restrict_paths(
	const struct sandbox_places *places, char error[SANDBOX_TEXT]);
int sandbox_restrict_calls(char error[SANDBOX_TEXT]);

/* The table of system calls that are allowed, with reasons, for people. */
void sandbox_help(FILE *out);

#endif

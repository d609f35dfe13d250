/* reload.h - another configuration in force: whole, on trial, or only looked at.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "config/changes.h"

struct daemon;

enum reload_result {
	RELOAD_DONE,
	RELOAD_REFUSED, /* errors says why; all is as it was */
	RELOAD_WAITS,   /* another one is on trial; all is as it was */
	RELOAD_STOPPING,
};

/* Start with all zero, and what is wanted. */
struct reload {
	bool dry_run;
	uint64_t trial_ms; /* until it goes back by itself; 0: it stays */
	struct config_errors errors;   /* warnings, too */
	struct config_changes changes; /* of what was in force before */
};

/* Read the configuration again and put it in force, whole or not at all
 * (architecture.md 10.4).  Peers that did not change keep their SAs.  dry_run:
 * read and compare alone.  On trial, it is in force until daemon_keep(), or else
 * what was in force before the first of the trials is so again.  The caller
 * clears *reload, in all cases. */
enum reload_result daemon_reload(struct daemon *daemon, struct reload *reload);
void reload_clear(struct reload *reload);

/* What is on trial stays; false: nothing is. */
bool daemon_keep(struct daemon *daemon);

/* What was in force before the trial is so again, now.  DONE, or WAITS: nothing
 * is on trial, or REFUSED: no memory, and it is tried again soon. */
enum reload_result daemon_go_back(
	struct daemon *daemon, struct config_changes *changes);

/* To be called when time has gone by. */
void reload_tick(struct daemon *daemon, uint64_t mono_ms);

#endif

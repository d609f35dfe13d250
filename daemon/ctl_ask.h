/* ctl_ask.h - a question to the daemon, and all of its answer (control.h).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_ASK_H
#define DAEMON_CTL_ASK_H

#include "daemon/ctl.h"

enum { CTL_ANSWER_MS = 30000 }; /* for what the daemon answers at once */

struct ctl_question {
	const char *method; /* of the daemon (commands.c) */
	const char *about;  /* "up office", for errors; NULL: the method */
	json_t *params;     /* the reference is taken */
	int patience_ms;    /* between two lines of the answer; -1: for ever */
	bool detail;        /* all there is to say, where records are printed */
	const char *unknown; /* hint at an unknown name that is near no other;
			      * NULL: none */
	void (*take)(void *ctx, const json_t *record); /* NULL: print them */
	void *ctx;
};

/* What came of it, beyond the verdict. */
struct ctl_answer {
	size_t records;
	bool seen_peer;   /* a record of kind "peer" .. */
	bool peer_up;     /* .. whose state was up */
	bool peer_failed; /* .. with a last failure */
};

/* Asks, prints or gives away what comes, and waits for the verdict.  What went
 * wrong is said: the exit code.  answer may be NULL. */
int ctl_ask(struct ctl *ctl, const struct ctl_question *question,
	struct ctl_answer *answer);

/* {"peer": .., "timeout_s": ..}: the name, unless NULL, and --timeout if given. */
json_t *ctl_params(const struct ctl *ctl, const char *peer);

/* The daemon keeps the time of --timeout itself; this, in ms, is for one that
 * hangs.  -1: none was given. */
int ctl_patience(const struct ctl *ctl);

#endif

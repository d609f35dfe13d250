/* ctl_doctor.h - ipsec-ctl doctor: what on this host is in the way, and the command that mends it.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_DOCTOR_H
#define DAEMON_CTL_DOCTOR_H

#include "daemon/ctl_facts.h"

enum level {
	LEVEL_OK,
	LEVEL_WARNING,
	LEVEL_PROBLEM,
	LEVEL_UNKNOWN,
};

enum { FINDING_TEXT = 768, MAX_FINDINGS = 160 };

struct finding {
	const char *check;
	enum level level;
	char text[FINDING_TEXT];
	char fix[FINDING_TEXT]; /* empty: none */
};

struct findings {
	const char *check; /* that is looked at */
	size_t count;
	struct finding list[MAX_FINDINGS];
};

/* Pure: all checks over these facts, in the order of the table. */
void doctor_judge(const struct facts *facts, struct findings *findings);

/* The i-th check, NULL past the end. */
const char *doctor_check(size_t i);

/* To people or as records: 0, or 1 if one is a problem. */
int doctor_tell(const struct ctl *ctl, const struct findings *findings);

struct verb;

/* A row of the table of verbs. */
int ctl_doctor(
	struct ctl *ctl, const struct verb *verb, char **args, int count);

#endif

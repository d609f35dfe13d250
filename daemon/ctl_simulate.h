/* ctl_simulate.h - ipsec-ctl simulate: what a known client would negotiate with the configuration.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_SIMULATE_H
#define DAEMON_CTL_SIMULATE_H

#include "daemon/ctl.h"

struct verb;

/* A row of the table of verbs: with the peer of that name, or each of them.  0 if
 * one of them and the client would agree in all; else the code of what fails
 * first with the last of them: 22 no proposal, 24 the client would reject us, 25
 * we it; 2, 4 and 5 as for all verbs. */
int ctl_simulate(
	struct ctl *ctl, const struct verb *verb, char **args, int count);

#endif

/* ctl_ca.h - the verbs ipsec-ctl ca: a small authority of one's own.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_CA_H
#define DAEMON_CTL_CA_H

#include "daemon/ctl.h"

struct verb;

int ctl_ca_init(
	struct ctl *ctl, const struct verb *verb, char **args, int count);
int ctl_ca_issue(
	struct ctl *ctl, const struct verb *verb, char **args, int count);
int ctl_ca_revoke(
	struct ctl *ctl, const struct verb *verb, char **args, int count);
int ctl_ca_crl(
	struct ctl *ctl, const struct verb *verb, char **args, int count);

#endif

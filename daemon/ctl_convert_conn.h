/* ctl_convert_conn.h - what becomes of the sections of ipsec.conf.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_CONVERT_CONN_H
#define DAEMON_CTL_CONVERT_CONN_H

#include "daemon/ctl_convert.h"

/* c->root has sections "conn NAME", "config setup", "ca NAME". */
bool convert_conns(struct convert *c);

#endif

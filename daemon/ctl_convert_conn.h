/* ctl_convert_conn.h - what becomes of the sections of ipsec.conf.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_CONVERT_CONN_H
#define DAEMON_CTL_CONVERT_CONN_H

#include "daemon/ctl_convert.h"

enum dialect { DIALECT_EITHER, DIALECT_LIBRESWAN, DIALECT_STRONGSWAN };

/* A conn that is being taken: the state of its struct taking. */
struct conn {
	const struct section *section;
	enum dialect dialect;
	bool swapped;                       /* right is our side */
	const char *uniqueids, *revocation; /* of config setup */
};

/* Each conn gets what those have that it names by also or alsoflip, and then what
 * conn %default has.  False: it was said what is wrong (ctl_convert_also.c). */
bool convert_resolve(struct convert *c);
/* Does any conn name this one by also? */
bool conn_is_named(const struct section *root, const char *name);

/* The conn's settings that are a child's, one by one, into t->map
 * (ctl_convert_conn.c). */
void conn_take_childs(struct taking *t);

/* Once each setting has been taken: what several say together, the children, and
 * the other daemon's defaults.  A peer that only passes or drops is left with no
 * sides (ctl_convert_conn_finish.c). */
void conn_finish(struct taking *t, const char *name);

/* c->root has sections "conn NAME", "config setup", "ca NAME". */
bool convert_conns(struct convert *c);

#endif

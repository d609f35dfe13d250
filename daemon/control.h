/* control.h - the control socket: JSON lines for ipsec-ctl and scripts.
 * SPDX-License-Identifier: ISC
 *
 * One JSON object a line: a request, its records, its verdict (the objects stand
 * in ipsecd-1.schema.json; the methods are the table in commands.c).
 * Nothing a client does or leaves undone holds up the loop: lines, clients and
 * what waits to be sent are bounded.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include "ikev2/ikev2.h"

#include <sys/types.h>

struct control;
struct daemon;
struct totals;

enum {
	CONTROL_TEXT = 256,
	CONTROL_LINE_MAX = 64 * 1024,     /* longer ones end the client */
	CONTROL_CLIENTS = 64,             /* at once */
	CONTROL_OUTPUT_LOW = 64 * 1024,   /* long answers go on below it */
	CONTROL_OUTPUT_MAX = 1024 * 1024, /* unread beyond it ends the client */
	/* .. with keys in it, each of which waits in four times its room */
	CONTROL_SECRETS_MAX = CONTROL_OUTPUT_MAX / 4,
	CONTROL_STALL_S = 30, /* so long may a client with output not read */
};

/* Listen at path on daemon->base, 0660 and of that group (NULL or one that does
 * not exist: the daemon's own); missing folders above it are made.  The socket
 * of a daemon that is gone is replaced, that of one that answers is not.  path
 * NULL: listen nowhere, for tests.  NULL: error says why in words. */
struct control *control_open(struct daemon *daemon, const char *path,
	const char *group, char error[CONTROL_TEXT]);

/* Ends every client, removes the socket.  NULL is fine. */
void control_close(struct control *control);

/* What an IKE_REPORT effect says, to whoever watches.  NULL is fine. */
void control_report(struct control *control, const struct ike_report *report);

/* Something that is of no peer has happened, to whoever watches all.  NULL is
 * fine. */
void control_news(struct control *control, const char *event, const char *text);

/* An effect that is about to be carried out: the totals of `status` want to know
 * which children come up, and what an SA has counted before it is deleted.  NULL
 * is fine. */
void control_effect(struct control *control, const struct ike_effect *effect);

/* Serve this connected socket as if it had been accepted; takes fd over.  False
 * (and closed) if its owner may not, or there are too many. */
bool control_adopt(struct control *control, int fd);

/* What has been counted for `status`, for who tells it elsewhere; lives as long as
 * control. */
struct totals *control_totals(struct control *control);

/* May this caller?  Root, the daemon's own user, or a member of group. */
struct control_caller {
	uid_t uid;
	const gid_t *groups; /* the primary and the supplementary ones */
	size_t group_count;
};

bool control_allows(
	const struct control_caller *caller, uid_t own, gid_t group);

#endif

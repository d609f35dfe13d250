/* xfrm.h - what the files of the XFRM side share: its sockets, its policies, its sweep (only they include this).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_XFRM_H
#define DAEMON_XFRM_H

#include "daemon/kernel_ops.h"
#include "daemon/log.h"
#include "daemon/xfrm_message.h"

#include <event2/event.h>

enum { XFRM_RECEIVE_SIZE = 65536 };

struct xfrm {
	struct kernel kernel; /* first */
	struct kernel_events events;
	int requests, multicast;
	struct event *readable;
	uint32_t sequence;
	struct log_limit overflow;
	bool lost;        /* events, or an SA that should be gone: nobody has
	                   * been told */
	void *neighbours; /* tree of struct pair: policies for which neighbour
	                   * discovery must be let through */
	_Alignas(uint64_t) uint8_t out[XFRM_MESSAGE_SIZE];
	_Alignas(uint64_t) uint8_t in[XFRM_RECEIVE_SIZE];
};

/* --- Requests (xfrm_request.c) -------------------------------------------- */

/* What becomes of the messages that answer a request. */
struct xfrm_answer {
	void (*visit)(void *ctx, const struct nlmsghdr *message); /* or NULL */
	void *ctx;
	bool dump;
	bool done;
	bool again; /* the dump was interrupted by a change */
	int error;
	char said[XFRM_TEXT];
};

/* A socket of ours that hears of these groups, or -1 with errno. */
int xfrm_open_socket(uint32_t groups);

/* One datagram of the kernel's into xfrm->in: its length, or -errno; 0 for one
 * to ignore, because it is cut or comes from another process. */
ssize_t xfrm_receive(struct xfrm *xfrm, int fd);

/* Sends a request, wipes xfrm->out, where it was made, and takes all of its
 * answer: 0 or -errno. */
int xfrm_transact(struct xfrm *xfrm, struct nlmsghdr *message,
	struct xfrm_answer *answer);

/* A request whose answer is yes or no: 0 or -errno, and what the kernel said to
 * it (XFRM_TEXT octets, or NULL). */
int xfrm_ask(struct xfrm *xfrm, struct nlmsghdr *message, char *said);

/* All that there is of a kind, each message once or more often: a dump during
 * which something changed begins anew.  0 or -errno. */
int xfrm_dump(struct xfrm *xfrm, struct nlmsghdr *(*make)(void *),
	void (*visit)(void *ctx, const struct nlmsghdr *message), void *ctx);

/* --- Policies (xfrm_policy.c) --------------------------------------------- */

enum { XFRM_DIRECTIONS = 3 };
extern const uint8_t xfrm_directions[XFRM_DIRECTIONS];

/* What is in transport mode is never forwarded. */
bool xfrm_has_direction(const struct ike_policy *policy, uint8_t direction);

/* All or nothing: 0, or -errno and why.  With the first that covers an IPv6 link
 * come the policies that let neighbour discovery through, and go with the last. */
int xfrm_install_policy(struct xfrm *xfrm, const struct ike_policy *policy,
	char text[KERNEL_TEXT]);
int xfrm_remove_policy(struct xfrm *xfrm, const struct ike_policy *policy,
	char text[KERNEL_TEXT]);

/* At the end: no policy of ours needs neighbour discovery any more. */
void xfrm_forget_policies(struct xfrm *xfrm);

/* --- After a crash (xfrm_sweep.c) ----------------------------------------- */

/* As kernel_resync(). */
int xfrm_resync(struct xfrm *xfrm, uint32_t reqid_base,
	const struct kernel_owned *owned);

#endif

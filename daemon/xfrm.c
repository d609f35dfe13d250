/* xfrm.c - the kernel's SAs over netlink, and its events.
 * SPDX-License-Identifier: ISC
 *
 * Two sockets.  Requests are answered within sendmsg, and their answers are
 * read at once; acquires and expires come over the other, so that a flood of
 * them never loses an answer.
 */
#include "daemon/xfrm.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_A_WAKEUP = 64 };

/* --- SAs ------------------------------------------------------------------ */

static int add_sa(struct xfrm *xfrm, const struct ike_ipsec_sa *sa,
	char text[KERNEL_TEXT])
{
	struct nlmsghdr *message = xfrm_sa_add(xfrm->out, sa);
	char said[XFRM_TEXT];
	int error;

	if (!message) {
		sodium_memzero(xfrm->out, sizeof(xfrm->out));
		snprintf(text, KERNEL_TEXT,
			"the kernel has no name for these algorithms");
		return -EINVAL;
	}
	error = xfrm_ask(xfrm, message, said);
	if (error < 0)
		xfrm_error_text(error, said, sa, text);
	return error;
}

static int delete_sa(struct xfrm *xfrm, const struct ike_sa_ref *ref,
	const struct ike_addr *src, char text[KERNEL_TEXT])
{
	char said[XFRM_TEXT];
	int error = xfrm_ask(xfrm, xfrm_sa_delete(xfrm->out, ref, src), said);

	if (error == -ESRCH)
		return 0;
	if (error < 0)
		xfrm_error_text(error, said, NULL, text);
	return error;
}

/* Where an SA goes to other addresses it is read, and made once more from what
 * the kernel tells: numbers and window go on, and nobody but the kernel has to
 * keep its keys.  Not XFRM_MSG_MIGRATE: it takes the first SA of a reqid, when
 * after a rekey there are two, needs a policy that names the same addresses, and
 * cannot end the use of UDP.  What arrives between the end of the old and the
 * new one is lost; so the old one ends last where both can be there at once, and
 * is changed in place where only its ports differ. */
struct moving {
	const struct ike_sa_move *move;
	_Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];
	struct nlmsghdr *message;
};

/* One that stays is found by who looks for what should not be there. */
static void end_old(struct xfrm *xfrm, const struct ike_sa_move *move)
{
	char text[KERNEL_TEXT];

	if (delete_sa(xfrm, &move->ref, &move->src, text) == 0)
		return;
	log_event(LOG_NOT_MOVED, NULL, FACTS(fact_text("why", text)),
		"an SA that has moved is still in its old place: %s", text);
	xfrm->lost = true;
	event_active(xfrm->readable, EV_READ, 0);
}

static void read_moving(void *ctx, const struct nlmsghdr *message)
{
	struct moving *moving = ctx;

	moving->message = xfrm_sa_moved(moving->buffer, message, moving->move);
}

static int put_moved(struct xfrm *xfrm, struct moving *moving, char *said)
{
	const struct ike_sa_move *move = moving->move;
	bool beside = !ike_addr_equal(&move->ref.dst, &move->new_dst);
	int error;

	if (moving->message->nlmsg_type == XFRM_MSG_UPDSA)
		return xfrm_ask(xfrm, moving->message, said);
	if (!beside)
		end_old(xfrm, move);
	error = xfrm_ask(xfrm, moving->message, said);
	if (beside)
		end_old(xfrm, move);
	return error;
}

static int move_sa(struct xfrm *xfrm, const struct ike_sa_move *move,
	char text[KERNEL_TEXT])
{
	struct moving moving = { .move = move };
	struct xfrm_answer answer = { .visit = read_moving, .ctx = &moving };
	char said[XFRM_TEXT] = "";
	int error = xfrm_transact(
		xfrm, xfrm_sa_get(xfrm->out, &move->ref, &move->src), &answer);

	if (error == 0 && !moving.message)
		error = -ENOMSG;
	if (error == 0)
		error = put_moved(xfrm, &moving, said);
	else
		end_old(xfrm, move);
	/* The kernel's answer held the keys, too. */
	sodium_memzero(xfrm->in, sizeof(xfrm->in));
	sodium_memzero(&moving, sizeof(moving));
	if (error < 0)
		xfrm_error_text(error, said, NULL, text);
	return error;
}

static void take_counters(void *ctx, const struct nlmsghdr *message)
{
	struct ike_counters *counters = ctx;
	struct xfrm_seen_sa sa;

	if (xfrm_read_sa(message, &sa))
		*counters = sa.counters;
}

static int xfrm_query(struct kernel *kernel, struct ike_sa_ref ref,
	const struct ike_addr *src, struct ike_counters *counters)
{
	struct xfrm *xfrm = (struct xfrm *)kernel;
	struct xfrm_answer answer = { .visit = take_counters, .ctx = counters };

	memset(counters, 0, sizeof(*counters));
	return xfrm_transact(xfrm, xfrm_sa_get(xfrm->out, &ref, src), &answer);
}

/* --- What kernel.h gives -------------------------------------------------- */

static int xfrm_apply(struct kernel *kernel, const struct ike_effect *effect,
	char text[KERNEL_TEXT])
{
	struct xfrm *xfrm = (struct xfrm *)kernel;

	switch (effect->kind) {
	case IKE_SA_ADD:
		return add_sa(xfrm, &effect->add, text);
	case IKE_SA_MOVE:
		return move_sa(xfrm, &effect->move, text);
	case IKE_SA_DELETE:
		return delete_sa(
			xfrm, &effect->del.ref, &effect->del.src, text);
	case IKE_POLICY_ADD:
		return xfrm_install_policy(xfrm, &effect->policy, text);
	case IKE_POLICY_DELETE:
		return xfrm_remove_policy(xfrm, &effect->policy, text);
	case IKE_SEND:
	case IKE_SA_QUERY:
	case IKE_RESOLVE:
	case IKE_ROUTE:
	case IKE_FETCH:
	case IKE_REPORT:
	case IKE_EXPLAIN:
	case IKE_KEYS:
		break;
	}
	return -EINVAL;
}

static int sweep_kernel(struct kernel *kernel, uint32_t reqid_base,
	const struct ike_policy *keep, size_t count)
{
	const struct kernel_owned owned = { .policies = keep,
		.policy_count = count };

	return xfrm_resync((struct xfrm *)kernel, reqid_base, &owned);
}

static int resync_kernel(struct kernel *kernel, uint32_t reqid_base,
	const struct kernel_owned *owned)
{
	return xfrm_resync((struct xfrm *)kernel, reqid_base, owned);
}

/* --- Events --------------------------------------------------------------- */

static void take_event(struct xfrm *xfrm, const struct nlmsghdr *message)
{
	const struct kernel_events *events = &xfrm->events;
	struct ike_endpoint from;
	struct xfrm_seen_sa sa;
	struct ike_sa_ref ref;
	struct ike_flow flow;
	uint32_t reqid;
	bool hard;

	if (xfrm_read_acquire(message, &reqid, &flow))
		events->acquire(events->ctx, reqid, &flow);
	else if (xfrm_read_expire(message, &sa, &hard) &&
		 sa.protocol == IPPROTO_ESP && sa.ref.spi != 0)
		events->expire(events->ctx, sa.ref, hard);
	else if (xfrm_read_mapping(message, &ref, &from))
		events->mapping(events->ctx, ref, &from);
}

/* The callbacks make requests, whose answers are read into xfrm->in: so each
 * datagram is copied first. */
static void take_events(struct xfrm *xfrm, size_t len)
{
	const struct nlmsghdr *message;
	void *copy = malloc(len);
	struct bytes datagram = bytes_of(copy, len);

	/* Lost, as those that the kernel had no room for. */
	if (!copy) {
		xfrm->lost = true;
		return;
	}
	memcpy(copy, xfrm->in, len);
	while ((message = xfrm_next(&datagram)))
		take_event(xfrm, message);
	free(copy);
}

/* All that was not lost has been read. */
static void tell_overrun(struct xfrm *xfrm)
{
	if (!xfrm->lost)
		return;
	xfrm->lost = false;
	if (xfrm->events.overrun)
		xfrm->events.overrun(xfrm->events.ctx);
}

static void events_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct xfrm *xfrm = ctx;

	(void)what;
	for (int i = 0; i < EVENTS_A_WAKEUP; i++) {
		ssize_t len = xfrm_receive(xfrm, fd);

		if (len == -ENOBUFS) {
			xfrm->lost = true;
			log_limited(&xfrm->overflow, LOG_EVENTS_LOST, NO_FACTS,
				"the kernel had more events than we could read");
		} else if (len < 0) {
			tell_overrun(xfrm);
			return;
		} else if (len > 0) {
			take_events(xfrm, (size_t)len);
		}
	}
}

/* --- Opening and closing -------------------------------------------------- */

static uint32_t group(unsigned int number)
{
	return UINT32_C(1) << (number - 1);
}

static void xfrm_close(struct kernel *kernel)
{
	struct xfrm *xfrm = (struct xfrm *)kernel;

	xfrm_forget_policies(xfrm);
	if (xfrm->readable)
		event_free(xfrm->readable);
	if (xfrm->requests >= 0)
		close(xfrm->requests);
	if (xfrm->multicast >= 0)
		close(xfrm->multicast);
	free(xfrm);
}

static void open_failed(int error, char text[KERNEL_TEXT])
{
	if (error == EPROTONOSUPPORT || error == EAFNOSUPPORT)
		snprintf(text, KERNEL_TEXT,
			"this kernel has no IPsec (CONFIG_XFRM_USER)");
	else if (error == EPERM || error == EACCES)
		snprintf(text, KERNEL_TEXT,
			"no permission to hear of the kernel's SAs "
			"(CAP_NET_ADMIN)");
	else
		snprintf(text, KERNEL_TEXT, "netlink: %s", strerror(error));
}

struct kernel *kernel_open_xfrm(struct event_base *base,
	const struct kernel_events *events, char error[KERNEL_TEXT])
{
	struct xfrm *xfrm = calloc(1, sizeof(*xfrm));

	if (!xfrm) {
		open_failed(ENOMEM, error);
		return NULL;
	}
	xfrm->kernel.apply = xfrm_apply;
	xfrm->kernel.query = xfrm_query;
	xfrm->kernel.sweep = sweep_kernel;
	xfrm->kernel.resync = resync_kernel;
	xfrm->kernel.close = xfrm_close;
	xfrm->events = *events;
	xfrm->multicast = -1;
	xfrm->requests = xfrm_open_socket(0);
	if (xfrm->requests >= 0)
		xfrm->multicast = xfrm_open_socket(group(XFRMNLGRP_ACQUIRE) |
						   group(XFRMNLGRP_EXPIRE) |
						   group(XFRMNLGRP_MAPPING));
	if (xfrm->multicast < 0) {
		open_failed(errno, error);
		xfrm_close(&xfrm->kernel);
		return NULL;
	}
	xfrm->readable = event_new(base, xfrm->multicast, EV_READ | EV_PERSIST,
		events_readable, xfrm);
	if (!xfrm->readable || event_add(xfrm->readable, NULL) < 0) {
		open_failed(ENOMEM, error);
		xfrm_close(&xfrm->kernel);
		return NULL;
	}
	return &xfrm->kernel;
}

/* --- IKE itself ----------------------------------------------------------- */

int kernel_bypass(int fd, int family)
{
	static const uint8_t both[] = { XFRM_POLICY_OUT, XFRM_POLICY_IN };
	struct xfrm_userpolicy_info policy;

	memset(&policy, 0, sizeof(policy));
	policy.action = XFRM_POLICY_ALLOW;
	policy.sel.family = (uint16_t)family;
	for (size_t i = 0; i < sizeof(both); i++) {
		policy.dir = both[i];
		if (setsockopt(fd,
			    family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
			    family == AF_INET6 ? IPV6_XFRM_POLICY
					       : IP_XFRM_POLICY,
			    &policy, sizeof(policy)) < 0)
			return -errno;
	}
	return 0;
}

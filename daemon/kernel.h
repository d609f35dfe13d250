/* kernel.h - the kernel as this daemon sees it: effects in, four events out.
 * SPDX-License-Identifier: ISC
 *
 * The core speaks in single SAs and policies already, so an effect is the
 * argument as it stands.
 */
#ifndef DAEMON_KERNEL_H
#define DAEMON_KERNEL_H

#include "ikev2/ikev2.h"

struct event_base;

enum { KERNEL_TEXT = 256 };

/* What the kernel tells: called from the event loop. */
struct kernel_events {
	void (*acquire)(void *ctx, uint32_t reqid, const struct ike_flow *flow);
	void (*expire)(void *ctx, struct ike_sa_ref ref, bool hard);
	/* ike_mapping */
	void (*mapping)(void *ctx, struct ike_sa_ref ref,
		const struct ike_endpoint *from);
	/* Events were lost, and all that were not have been told: see
	 * kernel_resync.  May be NULL. */
	void (*overrun)(void *ctx);
	void *ctx;
};

struct kernel;

/* xfrm: over netlink.  none: nothing is installed, all succeeds, counters stay
 * zero.  NULL if it cannot be opened; error says why in words. */
struct kernel *kernel_open_xfrm(struct event_base *base,
	const struct kernel_events *events, char error[KERNEL_TEXT]);
struct kernel *kernel_open_none(void);
void kernel_close(struct kernel *kernel);

/* Carry out IKE_SA_ADD, IKE_SA_MOVE, IKE_SA_DELETE, IKE_POLICY_ADD or
 * IKE_POLICY_DELETE: 0 or -errno, text then says why in words (extended ACK;
 * "this kernel has no ESP").  Deleting what is not there is success; an SA whose
 * move is refused is gone.  A policy is all of its directions or
 * none. */
int kernel_apply(struct kernel *kernel, const struct ike_effect *effect,
	char text[KERNEL_TEXT]);

int kernel_query(struct kernel *kernel, struct ike_sa_ref ref,
	const struct ike_addr *src, struct ike_counters *counters);

/* What a crash of ours left: SAs and policies of our reqid range [base,
 * base + 0x01000000).  First policies that are not in `keep` (as the core's
 * first policies have just been put in place over the old ones), and all SAs
 * whose reqid is ours. */
int kernel_sweep(struct kernel *kernel, uint32_t reqid_base,
	const struct ike_policy *keep, size_t count);

/* What the core believes to be in the kernel. */
struct kernel_owned {
	const struct ike_policy *policies;
	size_t policy_count;
	const struct ike_sa_ref *sas;
	size_t sa_count;
};

/* After events were lost: as kernel_sweep, and each SA of `owned` that is not
 * there is told to events->expire (hard), or (soft) if it is past its soft
 * limit.  -errno: nothing is told. */
int kernel_resync(struct kernel *kernel, uint32_t reqid_base,
	const struct kernel_owned *owned);

/* Let this UDP socket's own packets pass every policy (IKE itself). */
int kernel_bypass(int fd, int family);

#endif

/* xfrm_message.h - SAs and policies as netlink octets, and back: pure.
 * SPDX-License-Identifier: ISC
 *
 * Writers fill a buffer of XFRM_MESSAGE_SIZE octets, aligned as a uint64_t,
 * and set nlmsg_flags but no sequence number.  A message of an SA
 * holds keys: the caller wipes it.
 */
#ifndef DAEMON_XFRM_MESSAGE_H
#define DAEMON_XFRM_MESSAGE_H

#include "ikev2/ikev2.h"

#include <linux/netlink.h>
#include <linux/xfrm.h>

enum { XFRM_MESSAGE_SIZE = 4096, XFRM_TEXT = 256 };

/* --- Selectors: xfrm_selectors.c ------------------------------------------ */

/* A kernel selector matches port & mask; a range is a handful of such blocks. */
struct xfrm_ports {
	uint16_t port, mask; /* in host order */
};

enum { XFRM_MAX_BLOCKS = 30 };

/* The blocks that make up start..end, their count.  OPAQUE (65535 to 0) is any:
 * the kernel has no such thing (RFC 7296 section 3.13.1). */
size_t xfrm_port_blocks(
	uint16_t start, uint16_t end, struct xfrm_ports out[XFRM_MAX_BLOCKS]);

/* One kernel policy's part of a policy of ours. */
struct xfrm_piece {
	struct xfrm_ports local, remote; /* ICMP: type and code, whatever the
	                                  * direction */
	bool icmp;
};

/* Calls visit for each piece of these selectors, until it returns non-zero,
 * which is then the result; 0 after all of them.  -EINVAL: the kernel cannot
 * express them (addresses that are no prefix, a range of ICMP codes). */
int xfrm_pieces(const struct ike_selector *local,
	const struct ike_selector *remote,
	int (*visit)(void *ctx, const struct xfrm_piece *piece), void *ctx);

/* --- Requests: xfrm_message.c, xfrm_moved.c ------------------------------- */

/* XFRM_MSG_NEWSA.  NULL: a transform that the kernel has no name for, or keys
 * whose length is not the transform's. */
struct nlmsghdr *xfrm_sa_add(void *buffer, const struct ike_ipsec_sa *sa);
/* The same SA between other addresses: XFRM_MSG_NEWSA with what the kernel told
 * of it (was), or XFRM_MSG_UPDSA where only the ports of its UDP differ, which
 * the kernel changes in place.  NULL: was is no whole SA.  It holds its keys. */
struct nlmsghdr *xfrm_sa_moved(void *buffer, const struct nlmsghdr *was,
	const struct ike_sa_move *move);
struct nlmsghdr *xfrm_sa_delete(
	void *buffer, const struct ike_sa_ref *ref, const struct ike_addr *src);
struct nlmsghdr *xfrm_sa_get(
	void *buffer, const struct ike_sa_ref *ref, const struct ike_addr *src);
struct nlmsghdr *xfrm_sa_dump(void *buffer);

/* direction: XFRM_POLICY_OUT, _IN or _FWD.  type: XFRM_MSG_NEWPOLICY (refused
 * if it is there) or XFRM_MSG_UPDPOLICY. */
struct nlmsghdr *xfrm_policy_put(void *buffer, uint16_t type,
	const struct ike_policy *policy, const struct xfrm_piece *piece,
	uint8_t direction);
struct nlmsghdr *xfrm_policy_delete(void *buffer,
	const struct ike_policy *policy, const struct xfrm_piece *piece,
	uint8_t direction);
struct nlmsghdr *xfrm_policy_dump(void *buffer);

/* The mark and the interface of a policy in one direction. */
const struct ike_label *xfrm_policy_label(
	const struct ike_policy *policy, uint8_t direction);

/* The selector that xfrm_policy_put writes. */
struct xfrm_selector xfrm_policy_selector(const struct ike_policy *policy,
	const struct xfrm_piece *piece, uint8_t direction);

/* IPv6 neighbour discovery passes: ICMPv6 133 to 136 (RFC 4861), in three
 * policies a direction. */
enum { XFRM_NEIGHBOUR_POLICIES = 3, XFRM_NEIGHBOUR_PRIORITY = 0x10000 };

struct xfrm_selector xfrm_neighbour_selector(size_t i);
struct nlmsghdr *xfrm_neighbour_put(void *buffer, size_t i, uint8_t direction);

/* A policy by the selector and the label that the kernel told; NULL: none. */
struct nlmsghdr *xfrm_selector_delete(void *buffer,
	const struct xfrm_selector *selector, const struct ike_label *label,
	uint8_t direction);

/* --- Answers and events: xfrm_answers.c; false if it is not whole --------- */

/* The next whole message of a datagram (aligned as a struct nlmsghdr), and what
 * is behind it; NULL: none. */
const struct nlmsghdr *xfrm_next(struct bytes *datagram);

struct xfrm_seen_sa {
	struct ike_sa_ref ref;
	struct ike_addr src;
	uint8_t protocol;
	uint32_t reqid;
	struct ike_counters counters;
	bool used_up; /* its soft limit is reached */
};

bool xfrm_read_sa(const struct nlmsghdr *message, struct xfrm_seen_sa *out);

struct xfrm_seen_policy {
	struct xfrm_selector selector;
	uint8_t direction;
	uint8_t action;
	uint32_t priority;
	size_t templates;
	uint32_t reqid; /* of the first template */
	struct ike_label label;
};

bool xfrm_read_policy(
	const struct nlmsghdr *message, struct xfrm_seen_policy *out);

/* Is it as ours of `mode: pass` and `mode: drop` are?  They have no template that
 * could name us, but a priority that follows from their selectors, in a band of
 * their own. */
enum { XFRM_SHUNT_PRIORITY = 0x10000 };

bool xfrm_is_shunt(const struct xfrm_seen_policy *policy);

bool xfrm_read_acquire(
	const struct nlmsghdr *message, uint32_t *reqid, struct ike_flow *flow);
/* ESP in UDP of an SA of ours came from another address or port than its own. */
bool xfrm_read_mapping(const struct nlmsghdr *message, struct ike_sa_ref *ref,
	struct ike_endpoint *from);
bool xfrm_read_expire(
	const struct nlmsghdr *message, struct xfrm_seen_sa *out, bool *hard);

/* NLMSG_ERROR: *error is 0 or -errno; text is the extended ACK, or empty. */
bool xfrm_read_error(
	const struct nlmsghdr *message, int *error, char text[XFRM_TEXT]);

/* Why the kernel refused, for people.  error: -errno; said: its own words, may
 * be empty.  sa: what was to be added, or NULL. */
void xfrm_error_text(int error, const char *said, const struct ike_ipsec_sa *sa,
	char out[XFRM_TEXT]);

#endif

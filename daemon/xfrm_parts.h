/* xfrm_parts.h - parts of the kernel's messages that are both written and read.
 * SPDX-License-Identifier: ISC
 *
 * Shared by xfrm_selectors.c, xfrm_message.c, xfrm_answers.c and xfrm_moved.c.
 */
#ifndef DAEMON_XFRM_PARTS_H
#define DAEMON_XFRM_PARTS_H

#include "daemon/xfrm_message.h"

/* --- Addresses and selectors: xfrm_selectors.c ---------------------------- */

/* 4 or 6 as the kernel has it; AF_UNSPEC for any other. */
uint16_t xfrm_family(uint8_t family);
xfrm_address_t xfrm_address(const struct ike_addr *addr);
/* false: of another family than the two. */
bool xfrm_read_address(
	struct ike_addr *out, const xfrm_address_t *from, uint16_t family);

/* For a piece of these selectors, by direction. */
struct xfrm_selector xfrm_piece_selector(const struct ike_selector *local,
	const struct ike_selector *remote, const struct xfrm_piece *piece,
	bool out);

/* --- Writing: xfrm_message.c ---------------------------------------------- */

/* A message's header, into a buffer of XFRM_MESSAGE_SIZE. */
struct nlmsghdr *xfrm_request(void *buffer, uint16_t type, uint16_t flags);
/* ESP in UDP between these ports (RFC 3948). */
void xfrm_put_encap(
	struct nlmsghdr *message, uint16_t src_port, uint16_t dst_port);

/* --- Reading: xfrm_answers.c ---------------------------------------------- */

enum { XFRM_HEADER = NLMSG_ALIGN(sizeof(struct nlmsghdr)) };

/* The fixed part of a message of this type, copied, as messages are aligned to
 * four octets only; false if it is not all there. */
bool xfrm_read_fixed(
	const struct nlmsghdr *message, uint16_t type, void *out, size_t size);

/* The attribute that begins *at octets into the message, and *at moved past it;
 * NULL if none does, whole. */
const struct nlattr *xfrm_next_attribute(
	const struct nlmsghdr *message, size_t *at);

/* What the first attribute of this type and of at least size octets holds,
 * behind a fixed part of fixed octets; NULL: there is none. */
const void *xfrm_attribute(const struct nlmsghdr *message, size_t fixed,
	uint16_t type, size_t size);

/* All but the label. */
bool xfrm_read_info(
	const struct xfrm_usersa_info *info, struct xfrm_seen_sa *out);

#endif

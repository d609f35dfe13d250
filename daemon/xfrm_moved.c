/* xfrm_moved.c - an SA between other addresses, made of what the kernel tells of it: pure.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm_parts.h"

#include <libmnl/libmnl.h>

/* What may leave on the old SA between reading it and its end: its numbers are
 * left out, as the peer would take them for repeats.  Few, as what is late on
 * the old way must still be within the peer's window. */
enum { SEQUENCE_GAP = 16 };

static void skip_sequence(uint32_t *low, uint32_t *high)
{
	uint32_t next = *low + SEQUENCE_GAP;

	if (next < *low && !high)
		return;
	if (next < *low)
		(*high)++;
	*low = next;
}

/* An attribute of the old SA, into the new one. */
static bool keep_attribute(struct nlmsghdr *message, const struct nlattr *attr,
	const struct ike_sa_move *move)
{
	uint16_t type = mnl_attr_get_type(attr);
	uint16_t len = mnl_attr_get_payload_len(attr);
	struct xfrm_replay_state_esn *esn;
	struct xfrm_replay_state *replay;
	void *copy;

	switch (type) {
	case XFRMA_ENCAP:         /* as the move says */
	case XFRMA_MTIMER_THRESH: /* goes with it */
	case XFRMA_LASTUSED:
	case XFRMA_PAD:
		return true;
	default:
		break;
	}
	if (!mnl_attr_put_check(message, XFRM_MESSAGE_SIZE, type, len,
		    mnl_attr_get_payload(attr)))
		return false;
	copy = (uint8_t *)mnl_nlmsg_get_payload_tail(message) -
	       NLMSG_ALIGN((size_t)len);
	replay = copy;
	esn = copy;
	if (move->out && type == XFRMA_REPLAY_VAL && len >= sizeof(*replay))
		skip_sequence(&replay->oseq, NULL);
	if (move->out && type == XFRMA_REPLAY_ESN_VAL && len >= sizeof(*esn))
		skip_sequence(&esn->oseq, &esn->oseq_hi);
	return true;
}

/* What it has carried counts on. */
static void put_counted(
	struct nlmsghdr *message, const struct xfrm_lifetime_cur *counted)
{
	mnl_attr_put(message, XFRMA_LTIME_VAL, sizeof(*counted), counted);
}

/* Its numbers as they are, its addresses as they will be. */
static void move_info(
	struct xfrm_usersa_info *info, const struct ike_sa_move *move)
{
	info->id.daddr = xfrm_address(&move->new_dst);
	info->saddr = xfrm_address(&move->new_src);
	info->family = xfrm_family(move->new_dst.family);
	info->seq = 0;
	/* The kernel sets it by itself, and later ones refuse it for an SA that
	 * receives. */
	info->flags &= (uint8_t)~XFRM_STATE_NOPMTUDISC;
}

struct nlmsghdr *xfrm_sa_moved(void *buffer, const struct nlmsghdr *was,
	const struct ike_sa_move *move)
{
	const size_t fixed = sizeof(struct xfrm_usersa_info);
	size_t at = XFRM_HEADER + NLMSG_ALIGN(fixed);
	struct xfrm_usersa_info info, *moved;
	struct nlmsghdr *message;
	const struct nlattr *attr;
	struct xfrm_seen_sa seen;
	bool in_place;

	if (!xfrm_read_fixed(was, XFRM_MSG_NEWSA, &info, fixed) ||
		!xfrm_read_info(&info, &seen))
		return NULL;
	in_place = ike_addr_equal(&seen.ref.dst, &move->new_dst) &&
		   ike_addr_equal(&seen.src, &move->new_src) && move->encap &&
		   xfrm_attribute(was, fixed, XFRMA_ENCAP, 0);
	message = in_place ? xfrm_request(buffer, XFRM_MSG_UPDSA, NLM_F_ACK)
			   : xfrm_request(buffer, XFRM_MSG_NEWSA,
				     NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	moved = mnl_nlmsg_put_extra_header(message, fixed);
	*moved = info;
	move_info(moved, move);
	while ((attr = xfrm_next_attribute(was, &at))) {
		if (!keep_attribute(message, attr, move))
			return NULL;
	}
	if (message->nlmsg_len + 128 > XFRM_MESSAGE_SIZE)
		return NULL;
	put_counted(message, &info.curlft);
	if (move->encap)
		xfrm_put_encap(message, move->src_port, move->dst_port);
	return message;
}

/* xfrm_message.c - what the kernel is asked for, SAs and policies, as netlink octets: pure.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm_message.h"

#include "daemon/xfrm_names.h"
#include "daemon/xfrm_parts.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>

/* --- SAs ------------------------------------------------------------------ */

struct nlmsghdr *xfrm_request(void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return message;
}

static void put_mark(struct nlmsghdr *message, const struct ike_mark *mark)
{
	const struct xfrm_mark out = { .v = mark->value, .m = mark->mask };

	if (mark->mask != 0)
		mnl_attr_put(message, XFRMA_MARK, sizeof(out), &out);
}

static void put_if_id(struct nlmsghdr *message, uint32_t if_id)
{
	if (if_id != 0)
		mnl_attr_put_u32(message, XFRMA_IF_ID, if_id);
}

static void put_label(struct nlmsghdr *message, const struct ike_label *label)
{
	put_mark(message, &label->mark);
	put_if_id(message, label->if_id);
}

/* Room for an attribute with a name and a key, to be filled in. */
static void *put_room(struct nlmsghdr *message, uint16_t type, size_t size)
{
	struct nlattr *attr = mnl_attr_nest_start(message, type);
	void *room = mnl_nlmsg_put_extra_header(message, size);

	attr->nla_type = type; /* no nest */
	attr->nla_len = (uint16_t)(sizeof(*attr) + size);
	return room;
}

static bool put_aead(struct nlmsghdr *message, const struct ike_ipsec_sa *sa)
{
	size_t len = sa->encr_key.len;
	struct xfrm_algo_aead *algo;

	if (len != (size_t)sa->encr->key_len + sa->encr->salt_len)
		return false;
	algo = put_room(message, XFRMA_ALG_AEAD, sizeof(*algo) + len);
	strcpy(algo->alg_name, xfrm_name(sa->encr));
	algo->alg_key_len = (unsigned int)len * 8;
	algo->alg_icv_len = sa->encr->icv_len * 8U;
	memcpy(algo->alg_key, sa->encr_key.data, len);
	return true;
}

static bool put_crypt(struct nlmsghdr *message, const struct ike_ipsec_sa *sa)
{
	size_t len = sa->encr_key.len;
	struct xfrm_algo *algo;

	if (len != sa->encr->key_len)
		return false;
	algo = put_room(message, XFRMA_ALG_CRYPT, sizeof(*algo) + len);
	strcpy(algo->alg_name, xfrm_name(sa->encr));
	algo->alg_key_len = (unsigned int)len * 8;
	memcpy(algo->alg_key, sa->encr_key.data, len);
	return true;
}

/* Always with the length of its truncation: without, the kernel takes 96 bits
 * for SHA-256. */
static bool put_auth_trunc(
	struct nlmsghdr *message, const struct ike_ipsec_sa *sa)
{
	size_t len = sa->integ_key.len;
	struct xfrm_algo_auth *algo;

	if (len != sa->integ->key_len)
		return false;
	algo = put_room(message, XFRMA_ALG_AUTH_TRUNC, sizeof(*algo) + len);
	strcpy(algo->alg_name, xfrm_name(sa->integ));
	algo->alg_key_len = (unsigned int)len * 8;
	algo->alg_trunc_len = sa->integ->icv_len * 8U;
	memcpy(algo->alg_key, sa->integ_key.data, len);
	return true;
}

static bool put_algorithms(
	struct nlmsghdr *message, const struct ike_ipsec_sa *sa)
{
	if (!sa->encr || !xfrm_name(sa->encr))
		return false;
	if (sa->encr->aead)
		return !sa->integ && put_aead(message, sa);
	if (!sa->integ || !xfrm_name(sa->integ))
		return false;
	return put_auth_trunc(message, sa) && put_crypt(message, sa);
}

void xfrm_put_encap(
	struct nlmsghdr *message, uint16_t src_port, uint16_t dst_port)
{
	struct xfrm_encap_tmpl encap;

	memset(&encap, 0, sizeof(encap));
	encap.encap_type = UDP_ENCAP_ESPINUDP;
	encap.encap_sport = htons(src_port);
	encap.encap_dport = htons(dst_port);
	mnl_attr_put(message, XFRMA_ENCAP, sizeof(encap), &encap);
}

/* Packets of the window: what a window means when sending is nothing, but with
 * extended sequence numbers the kernel refuses one of zero. */
static uint32_t window_of(const struct ike_ipsec_sa *sa)
{
	uint32_t window = sa->out ? 0 : sa->replay_window;

	if (window > XFRMA_REPLAY_ESN_MAX)
		window = XFRMA_REPLAY_ESN_MAX;
	return sa->esn && window == 0 ? 1 : window;
}

/* The classic window has 32 packets; a larger one, and extended sequence
 * numbers, are in an attribute of their own. */
static void put_replay(struct nlmsghdr *message, struct xfrm_usersa_info *info,
	const struct ike_ipsec_sa *sa)
{
	uint32_t window = window_of(sa), words = (window + 31) / 32;
	struct xfrm_replay_state_esn *state;

	if (!sa->esn && window <= 32) {
		info->replay_window = (uint8_t)window;
		return;
	}
	if (sa->esn)
		info->flags |= XFRM_STATE_ESN;
	state = put_room(message, XFRMA_REPLAY_ESN_VAL,
		sizeof(*state) + words * sizeof(state->bmp[0]));
	state->bmp_len = words;
	state->replay_window = window;
}

static uint64_t limit(uint64_t most)
{
	return most > 0 ? most : XFRM_INF;
}

/* Bytes and packets only: time is the core's. */
static void put_limits(
	struct xfrm_lifetime_cfg *limits, const struct ike_ipsec_sa *sa)
{
	limits->soft_byte_limit = limit(sa->soft_bytes);
	limits->hard_byte_limit = limit(sa->hard_bytes);
	limits->soft_packet_limit = limit(sa->soft_packets);
	limits->hard_packet_limit = limit(sa->hard_packets);
}

static int first_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct xfrm_piece *out = ctx;

	*out = *piece;
	return 1;
}

/* In transport mode the SA has a selector of its own.  One the kernel cannot
 * express is left to the policies, which are exact. */
static void put_selector(
	struct xfrm_usersa_info *info, const struct ike_ipsec_sa *sa)
{
	const struct ike_selector *local = &sa->local_ts;
	struct xfrm_ports ports[XFRM_MAX_BLOCKS];
	struct xfrm_piece piece;

	if (sa->mode == IKE_MODE_TUNNEL) {
		/* Inner packets of either family, whatever the outer one. */
		info->flags |= XFRM_STATE_AF_UNSPEC;
		return;
	}
	info->sel.family = info->family;
	if (local->family == 0 || xfrm_family(local->family) != info->family)
		return;
	if (xfrm_pieces(local, &sa->remote_ts, first_piece, &piece) < 0)
		return;
	if (!piece.icmp && (xfrm_port_blocks(local->start_port, local->end_port,
				    ports) > 1 ||
				   xfrm_port_blocks(sa->remote_ts.start_port,
					   sa->remote_ts.end_port, ports) > 1))
		return;
	info->sel = xfrm_piece_selector(local, &sa->remote_ts, &piece, sa->out);
}

struct nlmsghdr *xfrm_sa_add(void *buffer, const struct ike_ipsec_sa *sa)
{
	struct nlmsghdr *message = xfrm_request(
		buffer, XFRM_MSG_NEWSA, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct xfrm_usersa_info *info =
		mnl_nlmsg_put_extra_header(message, sizeof(*info));

	info->id.daddr = xfrm_address(&sa->ref.dst);
	info->id.spi = htonl(sa->ref.spi);
	info->id.proto = IPPROTO_ESP;
	info->saddr = xfrm_address(&sa->src);
	info->family = xfrm_family(sa->ref.dst.family);
	info->reqid = sa->reqid;
	info->mode = sa->mode == IKE_MODE_TUNNEL ? XFRM_MODE_TUNNEL
						 : XFRM_MODE_TRANSPORT;
	put_selector(info, sa);
	put_limits(&info->lft, sa);
	if (!put_algorithms(message, sa))
		return NULL;
	if (sa->encap)
		xfrm_put_encap(message, sa->src_port, sa->dst_port);
	put_replay(message, info, sa);
	put_mark(message, &sa->ref.mark);
	put_if_id(message, sa->if_id);
	return message;
}

static struct nlmsghdr *sa_id(void *buffer, uint16_t type, uint16_t flags,
	const struct ike_sa_ref *ref, const struct ike_addr *src)
{
	struct nlmsghdr *message = xfrm_request(buffer, type, flags);
	struct xfrm_usersa_id *id =
		mnl_nlmsg_put_extra_header(message, sizeof(*id));
	xfrm_address_t saddr = xfrm_address(src);

	id->daddr = xfrm_address(&ref->dst);
	id->spi = htonl(ref->spi);
	id->family = xfrm_family(ref->dst.family);
	id->proto = IPPROTO_ESP;
	if (src->family != 0)
		mnl_attr_put(message, XFRMA_SRCADDR, sizeof(saddr), &saddr);
	put_mark(message, &ref->mark);
	return message;
}

struct nlmsghdr *xfrm_sa_delete(
	void *buffer, const struct ike_sa_ref *ref, const struct ike_addr *src)
{
	return sa_id(buffer, XFRM_MSG_DELSA, NLM_F_ACK, ref, src);
}

struct nlmsghdr *xfrm_sa_get(
	void *buffer, const struct ike_sa_ref *ref, const struct ike_addr *src)
{
	return sa_id(buffer, XFRM_MSG_GETSA, 0, ref, src);
}

struct nlmsghdr *xfrm_sa_dump(void *buffer)
{
	struct nlmsghdr *message =
		xfrm_request(buffer, XFRM_MSG_GETSA, NLM_F_DUMP);

	mnl_nlmsg_put_extra_header(message, sizeof(struct xfrm_usersa_id));
	return message;
}

/* --- Policies ------------------------------------------------------------- */

/* An address that is not known yet is any: with it packets find no SA, so they
 * are held back (an acquire) or dropped, and never pass in clear. */
static void put_template(struct nlmsghdr *message,
	const struct ike_policy *policy, uint8_t direction)
{
	bool out = direction == XFRM_POLICY_OUT;
	const struct ike_addr *src = out ? &policy->local : &policy->remote;
	const struct ike_addr *dst = out ? &policy->remote : &policy->local;
	struct xfrm_user_tmpl tmpl;

	memset(&tmpl, 0, sizeof(tmpl));
	tmpl.id.proto = IPPROTO_ESP;
	tmpl.id.daddr = xfrm_address(dst);
	tmpl.saddr = xfrm_address(src);
	tmpl.family = xfrm_family(src->family ? src->family : dst->family);
	if (tmpl.family == AF_UNSPEC || policy->mode == IKE_MODE_TRANSPORT)
		tmpl.family = xfrm_family(policy->local_ts.family);
	tmpl.reqid = policy->reqid;
	tmpl.mode = policy->mode == IKE_MODE_TUNNEL ? XFRM_MODE_TUNNEL
						    : XFRM_MODE_TRANSPORT;
	tmpl.share = XFRM_SHARE_ANY;
	tmpl.aalgos = tmpl.ealgos = tmpl.calgos = UINT32_MAX;
	mnl_attr_put(message, XFRMA_TMPL, sizeof(tmpl), &tmpl);
}

/* The fixed part, without a template: such a policy lets packets pass, or
 * blocks them. */
static struct nlmsghdr *put_policy(void *buffer, uint16_t type,
	const struct xfrm_selector *selector, uint8_t direction,
	uint32_t priority, uint8_t action)
{
	struct nlmsghdr *message = xfrm_request(buffer, type, NLM_F_ACK);
	struct xfrm_userpolicy_info *info =
		mnl_nlmsg_put_extra_header(message, sizeof(*info));

	info->sel = *selector;
	info->lft.soft_byte_limit = info->lft.hard_byte_limit = XFRM_INF;
	info->lft.soft_packet_limit = info->lft.hard_packet_limit = XFRM_INF;
	info->priority = priority;
	info->dir = direction;
	info->action = action;
	info->share = XFRM_SHARE_ANY;
	return message;
}

struct nlmsghdr *xfrm_policy_put(void *buffer, uint16_t type,
	const struct ike_policy *policy, const struct xfrm_piece *piece,
	uint8_t direction)
{
	struct xfrm_selector selector =
		xfrm_policy_selector(policy, piece, direction);
	struct nlmsghdr *message =
		put_policy(buffer, type, &selector, direction, policy->priority,
			policy->mode == IKE_MODE_DROP ? XFRM_POLICY_BLOCK
						      : XFRM_POLICY_ALLOW);

	if (!ike_is_shunt(policy->mode))
		put_template(message, policy, direction);
	put_label(message, xfrm_policy_label(policy, direction));
	return message;
}

struct nlmsghdr *xfrm_selector_delete(void *buffer,
	const struct xfrm_selector *selector, const struct ike_label *label,
	uint8_t direction)
{
	struct nlmsghdr *message =
		xfrm_request(buffer, XFRM_MSG_DELPOLICY, NLM_F_ACK);
	struct xfrm_userpolicy_id *id =
		mnl_nlmsg_put_extra_header(message, sizeof(*id));

	id->sel = *selector;
	id->dir = direction;
	if (label)
		put_label(message, label);
	return message;
}

struct nlmsghdr *xfrm_policy_delete(void *buffer,
	const struct ike_policy *policy, const struct xfrm_piece *piece,
	uint8_t direction)
{
	struct xfrm_selector selector =
		xfrm_policy_selector(policy, piece, direction);

	return xfrm_selector_delete(buffer, &selector,
		xfrm_policy_label(policy, direction), direction);
}

struct nlmsghdr *xfrm_policy_dump(void *buffer)
{
	struct nlmsghdr *message =
		xfrm_request(buffer, XFRM_MSG_GETPOLICY, NLM_F_DUMP);

	mnl_nlmsg_put_extra_header(message, sizeof(struct xfrm_userpolicy_id));
	return message;
}

struct xfrm_selector xfrm_neighbour_selector(size_t i)
{
	/* Router solicitation; router advertisement and neighbour
	 * solicitation, in one block; neighbour advertisement. */
	static const struct xfrm_ports types[XFRM_NEIGHBOUR_POLICIES] = {
		{ 133, 0xffff },
		{ 134, 0xfffe },
		{ 136, 0xffff },
	};
	struct xfrm_selector out;

	memset(&out, 0, sizeof(out));
	out.family = AF_INET6;
	out.proto = IPPROTO_ICMPV6;
	out.sport = htons(types[i].port);
	out.sport_mask = htons(types[i].mask);
	return out;
}

struct nlmsghdr *xfrm_neighbour_put(void *buffer, size_t i, uint8_t direction)
{
	struct xfrm_selector selector = xfrm_neighbour_selector(i);

	return put_policy(buffer, XFRM_MSG_UPDPOLICY, &selector, direction,
		XFRM_NEIGHBOUR_PRIORITY, XFRM_POLICY_ALLOW);
}

/* xfrm_message.c - SAs and policies as netlink octets, and back: pure.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm_message.h"

#include "daemon/xfrm_names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stdio.h>

/* --- Addresses and selectors ---------------------------------------------- */

static uint16_t family_of(uint8_t family)
{
	return family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
}

static xfrm_address_t address_of(const struct ike_addr *addr)
{
	xfrm_address_t out;

	memset(&out, 0, sizeof(out));
	memcpy(&out, addr->octets, ike_addr_len(addr->family));
	return out;
}

static bool read_address(
	struct ike_addr *out, const xfrm_address_t *from, uint16_t family)
{
	memset(out, 0, sizeof(*out));
	if (family != AF_INET && family != AF_INET6)
		return false;
	out->family = family == AF_INET ? 4 : 6;
	memcpy(out->octets, from, ike_addr_len(out->family));
	return true;
}

/* The length of the prefix that start..end is, or -1. */
static int prefix_len(const struct ike_selector *ts)
{
	size_t len = ike_addr_len(ts->family);
	int bits = 0;
	size_t i = 0;

	while (i < len && ts->start[i] == ts->end[i])
		i++;
	bits = (int)i * 8;
	if (i < len) {
		uint8_t differ = ts->start[i] ^ ts->end[i];

		/* Low bits only: all zero in start, all one in end. */
		if (differ & (differ + 1) || ts->start[i] & differ)
			return -1;
		for (uint8_t mask = 0x80; mask && !(differ & mask); mask >>= 1)
			bits++;
		i++;
	}
	for (; i < len; i++) {
		if (ts->start[i] != 0 || ts->end[i] != 0xff)
			return -1;
	}
	return bits;
}

size_t xfrm_port_blocks(
	uint16_t start, uint16_t end, struct xfrm_ports out[XFRM_MAX_BLOCKS])
{
	uint32_t at = start;
	size_t count = 0;

	if (start > end)
		return xfrm_port_blocks(0, UINT16_MAX, out);
	while (at <= end) {
		uint32_t size = 1;

		while (at % (size * 2) == 0 && at + size * 2 - 1 <= end)
			size *= 2;
		out[count].port = (uint16_t)at;
		out[count].mask = (uint16_t) ~(size - 1);
		count++;
		at += size;
	}
	return count;
}

static bool any_port(const struct ike_selector *ts)
{
	return ts->start_port > ts->end_port ||
	       (ts->start_port == 0 && ts->end_port == UINT16_MAX);
}

static bool is_icmp(const struct ike_selector *ts)
{
	return ts->protocol == IPPROTO_ICMP || ts->protocol == IPPROTO_ICMPV6;
}

/* Type and code stand in one number (RFC 7296 section 3.13.1); the kernel has
 * the type where others have the source port, the code for the destination. */
static int icmp_piece(const struct ike_selector *ts, struct xfrm_piece *out)
{
	uint8_t first = (uint8_t)ts->start_port, last = (uint8_t)ts->end_port;

	if (any_port(ts))
		return 0;
	if (ts->start_port >> 8 != ts->end_port >> 8)
		return -EINVAL;
	out->local.port = ts->start_port >> 8;
	out->local.mask = UINT16_MAX;
	if (first == 0 && last == 0xff)
		return 0;
	if (first != last)
		return -EINVAL;
	out->remote.port = first;
	out->remote.mask = UINT16_MAX;
	return 0;
}

int xfrm_pieces(const struct ike_selector *local,
	const struct ike_selector *remote,
	int (*visit)(void *ctx, const struct xfrm_piece *piece), void *ctx)
{
	struct xfrm_ports mine[XFRM_MAX_BLOCKS], theirs[XFRM_MAX_BLOCKS];
	struct xfrm_piece piece = { { 0, 0 }, { 0, 0 },
		is_icmp(local->protocol ? local : remote) };
	size_t mine_count, theirs_count;
	int result;

	if (ike_addr_len(local->family) == 0 ||
		local->family != remote->family || prefix_len(local) < 0 ||
		prefix_len(remote) < 0)
		return -EINVAL;
	if (piece.icmp) {
		result = icmp_piece(any_port(local) ? remote : local, &piece);
		return result < 0 ? result : visit(ctx, &piece);
	}
	mine_count = xfrm_port_blocks(local->start_port, local->end_port, mine);
	theirs_count =
		xfrm_port_blocks(remote->start_port, remote->end_port, theirs);
	for (size_t i = 0; i < mine_count; i++) {
		for (size_t j = 0; j < theirs_count; j++) {
			piece.local = mine[i];
			piece.remote = theirs[j];
			result = visit(ctx, &piece);
			if (result != 0)
				return result;
		}
	}
	return 0;
}

static void put_side(
	xfrm_address_t *address, uint8_t *prefix, const struct ike_selector *ts)
{
	int bits = prefix_len(ts);

	*prefix = (uint8_t)(bits < 0 ? 0 : bits);
	memset(address, 0, sizeof(*address));
	if (bits > 0)
		memcpy(address, ts->start, ike_addr_len(ts->family));
}

/* Packets from one selector to the other. */
static struct xfrm_selector selector_of(const struct ike_selector *src,
	const struct ike_selector *dst, struct xfrm_ports src_ports,
	struct xfrm_ports dst_ports)
{
	struct xfrm_selector out;

	memset(&out, 0, sizeof(out));
	out.family = family_of(src->family);
	/* A packet has to fit both. */
	out.proto = src->protocol ? src->protocol : dst->protocol;
	put_side(&out.saddr, &out.prefixlen_s, src);
	put_side(&out.daddr, &out.prefixlen_d, dst);
	out.sport = htons(src_ports.port);
	out.sport_mask = htons(src_ports.mask);
	out.dport = htons(dst_ports.port);
	out.dport_mask = htons(dst_ports.mask);
	return out;
}

/* For a piece of these selectors, by direction. */
static struct xfrm_selector piece_selector(const struct ike_selector *local,
	const struct ike_selector *remote, const struct xfrm_piece *piece,
	bool out)
{
	if (out)
		return selector_of(local, remote, piece->local, piece->remote);
	if (piece->icmp)
		return selector_of(remote, local, piece->local, piece->remote);
	return selector_of(remote, local, piece->remote, piece->local);
}

const struct ike_label *xfrm_policy_label(
	const struct ike_policy *policy, uint8_t direction)
{
	return direction == XFRM_POLICY_OUT ? &policy->out : &policy->in;
}

struct xfrm_selector xfrm_policy_selector(const struct ike_policy *policy,
	const struct xfrm_piece *piece, uint8_t direction)
{
	return piece_selector(&policy->local_ts, &policy->remote_ts, piece,
		direction == XFRM_POLICY_OUT);
}

/* --- SAs ------------------------------------------------------------------ */

static struct nlmsghdr *request(void *buffer, uint16_t type, uint16_t flags)
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

static void put_encap(
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
	if (local->family == 0 || family_of(local->family) != info->family)
		return;
	if (xfrm_pieces(local, &sa->remote_ts, first_piece, &piece) < 0)
		return;
	if (!piece.icmp && (xfrm_port_blocks(local->start_port, local->end_port,
				    ports) > 1 ||
				   xfrm_port_blocks(sa->remote_ts.start_port,
					   sa->remote_ts.end_port, ports) > 1))
		return;
	info->sel = piece_selector(local, &sa->remote_ts, &piece, sa->out);
}

struct nlmsghdr *xfrm_sa_add(void *buffer, const struct ike_ipsec_sa *sa)
{
	struct nlmsghdr *message = request(
		buffer, XFRM_MSG_NEWSA, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct xfrm_usersa_info *info =
		mnl_nlmsg_put_extra_header(message, sizeof(*info));

	info->id.daddr = address_of(&sa->ref.dst);
	info->id.spi = htonl(sa->ref.spi);
	info->id.proto = IPPROTO_ESP;
	info->saddr = address_of(&sa->src);
	info->family = family_of(sa->ref.dst.family);
	info->reqid = sa->reqid;
	info->mode = sa->mode == IKE_MODE_TUNNEL ? XFRM_MODE_TUNNEL
						 : XFRM_MODE_TRANSPORT;
	put_selector(info, sa);
	put_limits(&info->lft, sa);
	if (!put_algorithms(message, sa))
		return NULL;
	if (sa->encap)
		put_encap(message, sa->src_port, sa->dst_port);
	put_replay(message, info, sa);
	put_mark(message, &sa->ref.mark);
	put_if_id(message, sa->if_id);
	return message;
}

static struct nlmsghdr *sa_id(void *buffer, uint16_t type, uint16_t flags,
	const struct ike_sa_ref *ref, const struct ike_addr *src)
{
	struct nlmsghdr *message = request(buffer, type, flags);
	struct xfrm_usersa_id *id =
		mnl_nlmsg_put_extra_header(message, sizeof(*id));
	xfrm_address_t saddr = address_of(src);

	id->daddr = address_of(&ref->dst);
	id->spi = htonl(ref->spi);
	id->family = family_of(ref->dst.family);
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
	struct nlmsghdr *message = request(buffer, XFRM_MSG_GETSA, NLM_F_DUMP);

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
	tmpl.id.daddr = address_of(dst);
	tmpl.saddr = address_of(src);
	tmpl.family = family_of(src->family ? src->family : dst->family);
	if (tmpl.family == AF_UNSPEC || policy->mode == IKE_MODE_TRANSPORT)
		tmpl.family = family_of(policy->local_ts.family);
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
	struct nlmsghdr *message = request(buffer, type, NLM_F_ACK);
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
		request(buffer, XFRM_MSG_DELPOLICY, NLM_F_ACK);
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
		request(buffer, XFRM_MSG_GETPOLICY, NLM_F_DUMP);

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

/* --- Answers and events --------------------------------------------------- */

enum { HEADER = NLMSG_ALIGN(sizeof(struct nlmsghdr)) };

/* Not mnl_nlmsg_ok(), which takes a length above INT_MAX for a negative one, and
 * so for whole. */
const struct nlmsghdr *xfrm_next(struct bytes *datagram)
{
	const struct nlmsghdr *message = (const void *)datagram->at;
	size_t len;

	if (datagram->len < sizeof(*message) ||
		message->nlmsg_len < sizeof(*message) ||
		message->nlmsg_len > datagram->len)
		return NULL;
	len = NLMSG_ALIGN((size_t)message->nlmsg_len);
	if (len > datagram->len)
		len = datagram->len;
	datagram->at += len;
	datagram->len -= len;
	return message;
}

/* The fixed part of a message of this type, copied, as messages are aligned to
 * four octets only; false if it is not all there. */
static bool read_fixed(
	const struct nlmsghdr *message, uint16_t type, void *out, size_t size)
{
	if (message->nlmsg_type != type || message->nlmsg_len < HEADER + size)
		return false;
	memcpy(out, mnl_nlmsg_get_payload(message), size);
	return true;
}

/* The attribute that begins *at octets into the message, and *at moved past it;
 * NULL if none does, whole. */
static const struct nlattr *next_attribute(
	const struct nlmsghdr *message, size_t *at)
{
	size_t left = message->nlmsg_len - *at;
	const struct nlattr *attr;

	if (*at > message->nlmsg_len || left < sizeof(*attr))
		return NULL;
	attr = (const void *)((const uint8_t *)message + *at);
	if (attr->nla_len < sizeof(*attr) || attr->nla_len > left)
		return NULL;
	*at += NLMSG_ALIGN((size_t)attr->nla_len);
	return attr;
}

/* What the first attribute of this type and of at least size octets holds,
 * behind a fixed part of fixed octets; NULL: there is none. */
static const void *attribute(const struct nlmsghdr *message, size_t fixed,
	uint16_t type, size_t size)
{
	size_t at = HEADER + NLMSG_ALIGN(fixed);
	const struct nlattr *attr;

	while ((attr = next_attribute(message, &at))) {
		if (mnl_attr_get_type(attr) == type &&
			mnl_attr_get_payload_len(attr) >= size)
			return mnl_attr_get_payload(attr);
	}
	return NULL;
}

static bool read_info(
	const struct xfrm_usersa_info *info, struct xfrm_seen_sa *out)
{
	out->ref.mark = (struct ike_mark){ 0, 0 };
	out->ref.spi = ntohl(info->id.spi);
	out->protocol = info->id.proto;
	out->reqid = info->reqid;
	out->counters.bytes = info->curlft.bytes;
	out->counters.packets = info->curlft.packets;
	out->used_up = info->curlft.bytes >= info->lft.soft_byte_limit ||
		       info->curlft.packets >= info->lft.soft_packet_limit;
	return read_address(&out->ref.dst, &info->id.daddr, info->family) &&
	       read_address(&out->src, &info->saddr, info->family);
}

static void read_label(
	const struct nlmsghdr *message, size_t fixed, struct ike_label *out)
{
	const struct xfrm_mark *mark =
		attribute(message, fixed, XFRMA_MARK, sizeof(*mark));
	const uint32_t *if_id =
		attribute(message, fixed, XFRMA_IF_ID, sizeof(*if_id));

	memset(out, 0, sizeof(*out));
	if (mark)
		out->mark = (struct ike_mark){ mark->v, mark->m };
	if (if_id)
		out->if_id = *if_id;
}

bool xfrm_read_sa(const struct nlmsghdr *message, struct xfrm_seen_sa *out)
{
	struct xfrm_usersa_info info;
	struct ike_label label;

	if (!read_fixed(message, XFRM_MSG_NEWSA, &info, sizeof(info)) ||
		!read_info(&info, out))
		return false;
	read_label(message, sizeof(info), &label);
	out->ref.mark = label.mark;
	return true;
}

bool xfrm_read_expire(
	const struct nlmsghdr *message, struct xfrm_seen_sa *out, bool *hard)
{
	struct xfrm_user_expire expire;

	if (!read_fixed(message, XFRM_MSG_EXPIRE, &expire, sizeof(expire)))
		return false;
	*hard = expire.hard != 0;
	return read_info(&expire.state, out);
}

bool xfrm_read_policy(
	const struct nlmsghdr *message, struct xfrm_seen_policy *out)
{
	const size_t fixed = sizeof(struct xfrm_userpolicy_info);
	const struct xfrm_user_tmpl *tmpl;
	struct xfrm_userpolicy_info info;

	if (!read_fixed(message, XFRM_MSG_NEWPOLICY, &info, sizeof(info)))
		return false;
	tmpl = attribute(message, fixed, XFRMA_TMPL, sizeof(*tmpl));
	out->selector = info.sel;
	out->direction = info.dir;
	out->action = info.action;
	out->priority = info.priority;
	out->templates = tmpl ? 1 : 0;
	out->reqid = tmpl ? tmpl->reqid : 0;
	read_label(message, fixed, &out->label);
	return true;
}

bool xfrm_read_acquire(
	const struct nlmsghdr *message, uint32_t *reqid, struct ike_flow *flow)
{
	struct xfrm_user_acquire acquire;
	const struct xfrm_selector *sel = &acquire.sel;
	const struct xfrm_user_tmpl *tmpl;

	if (!read_fixed(message, XFRM_MSG_ACQUIRE, &acquire, sizeof(acquire)))
		return false;
	tmpl = attribute(message, sizeof(acquire), XFRMA_TMPL, sizeof(*tmpl));
	if (!tmpl)
		return false;
	*reqid = tmpl->reqid;
	if (!read_address(&flow->src, &sel->saddr, sel->family) ||
		!read_address(&flow->dst, &sel->daddr, sel->family))
		return false;
	flow->family = flow->src.family;
	flow->protocol = sel->proto;
	flow->src_port = ntohs(sel->sport);
	flow->dst_port = ntohs(sel->dport);
	return true;
}

/* Band + 4 x (256 - both prefix lengths, IPv4 counted + 96) + 2 if any protocol
 * + 1 if any port, as ikev2/policy.c has it; but one number stands for opaque
 * ports and for any here, so the last bit is not looked at. */
bool xfrm_is_shunt(const struct xfrm_seen_policy *policy)
{
	const struct xfrm_selector *sel = &policy->selector;
	uint32_t family = sel->family == AF_INET ? 2 * 96 : 0;
	uint32_t weight = sel->prefixlen_s + sel->prefixlen_d + family;

	if (policy->templates > 0 || weight > 256)
		return false;
	return (policy->priority & ~UINT32_C(1)) ==
	       XFRM_SHUNT_PRIORITY + 4 * (256 - weight) +
		       (sel->proto == 0 ? 2 : 0);
}

/* What the kernel wrote as a string, which need not end. */
static void copy_text(char out[XFRM_TEXT], const struct nlattr *attr)
{
	size_t len = mnl_attr_get_payload_len(attr);

	len = strnlen(mnl_attr_get_payload(attr), len);
	if (len >= XFRM_TEXT)
		len = XFRM_TEXT - 1;
	memcpy(out, mnl_attr_get_payload(attr), len);
	out[len] = '\0';
}

bool xfrm_read_error(
	const struct nlmsghdr *message, int *error, char text[XFRM_TEXT])
{
	struct nlmsgerr answer;
	size_t at = HEADER + sizeof(answer);
	const struct nlattr *attr;

	text[0] = '\0';
	if (!read_fixed(message, NLMSG_ERROR, &answer, sizeof(answer)))
		return false;
	/* Nothing else is an errno. */
	*error = answer.error > 0 || answer.error < -4095 ? -EPROTO
							  : answer.error;
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return true;
	/* Without a cap the request stands before the attributes. */
	if (!(message->nlmsg_flags & NLM_F_CAPPED)) {
		if (answer.msg.nlmsg_len < HEADER)
			return true;
		at += NLMSG_ALIGN((size_t)answer.msg.nlmsg_len) - HEADER;
	}
	while ((attr = next_attribute(message, &at))) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			copy_text(text, attr);
	}
	return true;
}

/* --- Moving an SA --------------------------------------------------------- */

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
	info->id.daddr = address_of(&move->new_dst);
	info->saddr = address_of(&move->new_src);
	info->family = family_of(move->new_dst.family);
	info->seq = 0;
	/* The kernel sets it by itself, and later ones refuse it for an SA that
	 * receives. */
	info->flags &= (uint8_t)~XFRM_STATE_NOPMTUDISC;
}

struct nlmsghdr *xfrm_sa_moved(void *buffer, const struct nlmsghdr *was,
	const struct ike_sa_move *move)
{
	const size_t fixed = sizeof(struct xfrm_usersa_info);
	size_t at = HEADER + NLMSG_ALIGN(fixed);
	struct xfrm_usersa_info info, *moved;
	struct nlmsghdr *message;
	const struct nlattr *attr;
	struct xfrm_seen_sa seen;
	bool in_place;

	if (!read_fixed(was, XFRM_MSG_NEWSA, &info, fixed) ||
		!read_info(&info, &seen))
		return NULL;
	in_place = ike_addr_equal(&seen.ref.dst, &move->new_dst) &&
		   ike_addr_equal(&seen.src, &move->new_src) && move->encap &&
		   attribute(was, fixed, XFRMA_ENCAP, 0);
	message = in_place ? request(buffer, XFRM_MSG_UPDSA, NLM_F_ACK)
			   : request(buffer, XFRM_MSG_NEWSA,
				     NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	moved = mnl_nlmsg_put_extra_header(message, fixed);
	*moved = info;
	move_info(moved, move);
	while ((attr = next_attribute(was, &at))) {
		if (!keep_attribute(message, attr, move))
			return NULL;
	}
	if (message->nlmsg_len + 128 > XFRM_MESSAGE_SIZE)
		return NULL;
	put_counted(message, &info.curlft);
	if (move->encap)
		put_encap(message, move->src_port, move->dst_port);
	return message;
}

bool xfrm_read_mapping(const struct nlmsghdr *message, struct ike_sa_ref *ref,
	struct ike_endpoint *from)
{
	struct xfrm_user_mapping mapping;

	if (!read_fixed(message, XFRM_MSG_MAPPING, &mapping, sizeof(mapping)))
		return false;
	ref->spi = ntohl(mapping.id.spi);
	from->port = ntohs(mapping.new_sport);
	return read_address(&ref->dst, &mapping.id.daddr, mapping.id.family) &&
	       read_address(&from->addr, &mapping.new_saddr, mapping.id.family);
}

/* --- Words ---------------------------------------------------------------- */

/* A kernel without ESP stumbles over the algorithms first, or over the type. */
static bool refused_sa_text(int error, const char *said,
	const struct ike_ipsec_sa *sa, char out[XFRM_TEXT])
{
	const char *encr = sa->encr ? xfrm_name(sa->encr) : NULL;
	const char *integ = sa->integ ? xfrm_name(sa->integ) : NULL;

	if (strstr(said, "type not found") || error == -EPROTONOSUPPORT) {
		snprintf(out, XFRM_TEXT, "this kernel has no ESP (%s)",
			said[0] ? said : "Protocol not supported");
		return true;
	}
	if (strstr(said, "algorithm not found") || error == -ENOSYS) {
		snprintf(out, XFRM_TEXT,
			"this kernel has no ESP with %s%s%s (%s)",
			encr ? encr : "that encryption", integ ? " and " : "",
			integ ? integ : "",
			said[0] ? said : "Function not implemented");
		return true;
	}
	if (error == -EEXIST) {
		snprintf(out, XFRM_TEXT,
			"the kernel has an SA with this SPI already (%08x)",
			sa->ref.spi);
		return true;
	}
	return false;
}

void xfrm_error_text(int error, const char *said, const struct ike_ipsec_sa *sa,
	char out[XFRM_TEXT])
{
	if (error == -EPERM) {
		snprintf(out, XFRM_TEXT,
			"no permission to change SAs and policies (CAP_NET_ADMIN)");
		return;
	}
	if (sa && refused_sa_text(error, said, sa, out))
		return;
	snprintf(out, XFRM_TEXT, "the kernel refused: %s%s%s%s",
		strerror(-error), said[0] ? " (" : "", said,
		said[0] ? ")" : "");
}

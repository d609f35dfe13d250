/* xfrm_selectors.c - addresses and selectors as the kernel has them: pure.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

uint16_t xfrm_family(uint8_t family)
{
	return family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
}

xfrm_address_t xfrm_address(const struct ike_addr *addr)
{
	xfrm_address_t out;

	memset(&out, 0, sizeof(out));
	memcpy(&out, addr->octets, ike_addr_len(addr->family));
	return out;
}

bool xfrm_read_address(
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
	out.family = xfrm_family(src->family);
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

struct xfrm_selector xfrm_piece_selector(const struct ike_selector *local,
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
	return xfrm_piece_selector(&policy->local_ts, &policy->remote_ts, piece,
		direction == XFRM_POLICY_OUT);
}

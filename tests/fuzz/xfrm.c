/* xfrm.c - fuzz target: what the kernel says, read; selectors and SAs, written.
 * SPDX-License-Identifier: ISC
 *
 * Octet 0 chooses: even, the rest is a netlink datagram; odd, it is the octets
 * of two selectors and of an SA's numbers.
 */
#include "daemon/xfrm_message.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>

enum { MAX_DATAGRAM = 65536 };

/* --- Read ----------------------------------------------------------------- */

static void read_one(const struct nlmsghdr *message)
{
	struct xfrm_seen_policy policy;
	struct xfrm_seen_sa sa;
	struct ike_flow flow;
	char text[XFRM_TEXT], words[XFRM_TEXT];
	uint32_t reqid;
	bool hard;
	int error;

	if (xfrm_read_sa(message, &sa) ||
		xfrm_read_expire(message, &sa, &hard)) {
		HOLDS(sa.ref.dst.family == sa.src.family);
		HOLDS(sa.src.family == 4 || sa.src.family == 6);
	}
	if (xfrm_read_acquire(message, &reqid, &flow))
		HOLDS(flow.family == 4 || flow.family == 6);
	if (xfrm_read_policy(message, &policy))
		HOLDS(policy.templates <= 1);
	if (xfrm_read_error(message, &error, text)) {
		HOLDS(memchr(text, 0, sizeof(text)));
		HOLDS(error <= 0);
		xfrm_error_text(error, text, NULL, words);
		HOLDS(memchr(words, 0, sizeof(words)));
	}
}

static void read_datagram(const uint8_t *data, size_t size)
{
	const struct nlmsghdr *message;
	void *copy = malloc(size ? size : 1);
	struct bytes datagram = bytes_of(copy, size);

	if (!copy)
		return;
	memcpy(copy, data, size);
	while ((message = xfrm_next(&datagram)))
		read_one(message);
	free(copy);
}

/* --- Written -------------------------------------------------------------- */

struct written {
	const struct ike_policy *policy;
	size_t pieces;
};

static struct ike_selector take_selector(struct reader *r)
{
	struct ike_selector out;

	memset(&out, 0, sizeof(out));
	out.family = read_u8(r);
	out.protocol = read_u8(r);
	out.start_port = read_u16(r);
	out.end_port = read_u16(r);
	for (size_t i = 0; i < 16; i++)
		out.start[i] = read_u8(r);
	for (size_t i = 0; i < 16; i++)
		out.end[i] = read_u8(r);
	return out;
}

/* Both ways in: what was written is what is read. */
static int write_piece(void *ctx, const struct xfrm_piece *piece)
{
	_Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];
	struct written *written = ctx;
	struct xfrm_selector selector;
	struct xfrm_seen_policy seen;
	struct nlmsghdr *message;

	written->pieces++;
	for (uint8_t direction = 0; direction < XFRM_POLICY_MAX; direction++) {
		message = xfrm_policy_put(buffer, XFRM_MSG_NEWPOLICY,
			written->policy, piece, direction);
		HOLDS(message->nlmsg_len <= XFRM_MESSAGE_SIZE);
		HOLDS(xfrm_read_policy(message, &seen));
		selector =
			xfrm_policy_selector(written->policy, piece, direction);
		HOLDS(memcmp(&seen.selector, &selector, sizeof(selector)) == 0);
		HOLDS(seen.templates == 1 && seen.direction == direction);
		HOLDS(seen.reqid == written->policy->reqid);
	}
	return 0;
}

static void write_all(const uint8_t *data, size_t size)
{
	_Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];
	struct reader r = reader_of(bytes_of(data, size));
	struct ike_policy policy;
	struct written written = { &policy, 0 };
	struct nlmsghdr *message;
	struct xfrm_seen_sa seen;
	struct ike_ipsec_sa sa;
	int result;

	memset(&policy, 0, sizeof(policy));
	memset(&sa, 0, sizeof(sa));
	policy.local_ts = sa.local_ts = take_selector(&r);
	policy.remote_ts = sa.remote_ts = take_selector(&r);
	policy.mode = sa.mode =
		read_u8(&r) & 1 ? IKE_MODE_TRANSPORT : IKE_MODE_TUNNEL;
	policy.reqid = sa.reqid = read_u32(&r);
	result = xfrm_pieces(
		&policy.local_ts, &policy.remote_ts, write_piece, &written);
	HOLDS(result == 0 || (result == -EINVAL && written.pieces == 0));
	HOLDS(written.pieces <= XFRM_MAX_BLOCKS * XFRM_MAX_BLOCKS);

	sa.ref.dst.family = sa.src.family = read_u8(&r) & 1 ? 4 : 6;
	sa.ref.spi = read_u32(&r);
	sa.out = read_u8(&r) & 1;
	sa.esn = read_u8(&r) & 1;
	sa.encap = read_u8(&r) & 1;
	sa.replay_window = read_u32(&r);
	sa.soft_bytes = read_u64(&r);
	sa.soft_packets = read_u64(&r);
	sa.hard_bytes = read_u64(&r);
	sa.hard_packets = read_u64(&r);
	sa.encr = transform_at(read_u8(&r));
	sa.integ = transform_at(read_u8(&r));
	sa.encr_key.len = read_u8(&r) % (MAX_SECRET + 1);
	sa.integ_key.len = read_u8(&r) % (MAX_SECRET + 1);
	message = xfrm_sa_add(buffer, &sa);
	if (!message)
		return;
	HOLDS(message->nlmsg_len <= XFRM_MESSAGE_SIZE);
	HOLDS(message->nlmsg_len % 4 == 0);
	message->nlmsg_type = XFRM_MSG_NEWSA;
	HOLDS(xfrm_read_sa(message, &seen));
	HOLDS(seen.ref.spi == sa.ref.spi && seen.reqid == sa.reqid);
}

void fuzz_xfrm(const uint8_t *data, size_t size)
{
	if (size == 0 || size > MAX_DATAGRAM)
		return;
	if (data[0] & 1)
		write_all(data + 1, size - 1);
	else
		read_datagram(data + 1, size - 1);
}

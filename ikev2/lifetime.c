/* lifetime.c - how much a child's keys may protect: octets and packets.
 * SPDX-License-Identifier: ISC
 *
 * Time is another matter: sa_soft_end.  The kernel counts, and tells us at the
 * soft limit, when we negotiate anew, and at the hard one, when it stops.
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"

/* Without extended sequence numbers a packet's number has 32 bits, and must not
 * come round (RFC 4303 section 3.3.3).  Three quarters of them leave time. */
#define PACKETS_32_BITS (UINT64_C(3) << 30)

/* What is configured, but never more than what the cipher allows; 0: none. */
static uint64_t lower(uint64_t configured, uint64_t allowed)
{
	if (configured == 0)
		return allowed;
	return allowed != 0 && allowed < configured ? allowed : configured;
}

/* Up to a tenth earlier, so that not all come at once, nor both sides. */
static uint64_t earlier(struct ike *ike, uint64_t limit)
{
	uint64_t draw;

	ike->env.random(ike->env.ctx, (uint8_t *)&draw, sizeof(draw));
	return limit - draw % (limit / 10 + 1);
}

static uint64_t later(uint64_t limit)
{
	return limit + (limit + 9) / 10;
}

static uint64_t hard_limit(const struct ike_ipsec_sa *sa, uint64_t limit)
{
	return sa->out ? later(limit) : later(later(limit));
}

/* Who sends replaces its keys in time; the receiver only steps in if it does
 * not, so its soft limit is the limit itself.  Its hard limit is a tenth behind
 * the sender's: a responder sends on the old SA until it is deleted, a second
 * after the new one came (child_rekey.c), and all of that is to be received. */
void child_limits(const struct child *child, struct ike_ipsec_sa *sa)
{
	const struct ike_child_policy *policy = child->policy;
	struct ike *ike = child->sa->ike;
	uint64_t bytes = lower(policy->rekey_bytes, sa->encr->max_bytes);
	uint64_t packets =
		lower(policy->rekey_packets, sa->esn ? 0 : PACKETS_32_BITS);

	if (bytes > 0) {
		sa->soft_bytes = sa->out ? earlier(ike, bytes) : bytes;
		sa->hard_bytes = hard_limit(sa, bytes);
	}
	if (packets > 0) {
		sa->soft_packets = sa->out ? earlier(ike, packets) : packets;
		sa->hard_packets = hard_limit(sa, packets);
	}
}

/* dial_packet.c - the packet that asks for a child, and whether one that is up serves it (RFC 7296 section 2.9).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/engine.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_SCTP = 132 };

/* The answers to an ICMP message have another type: those of one packet would
 * be of no use. */
static bool has_ports(uint8_t protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP ||
	       protocol == PROTOCOL_SCTP;
}

static struct ike_selector selector_of(
	const struct ike_addr *addr, uint8_t protocol, uint16_t port)
{
	struct ike_selector s = { .family = addr->family,
		.protocol = protocol,
		.end_port = UINT16_MAX };

	if (has_ports(protocol))
		s.start_port = s.end_port = port;
	memcpy(s.start, addr->octets, sizeof(s.start));
	memcpy(s.end, addr->octets, sizeof(s.end));
	return s;
}

bool dial_waits(const struct dial *dial, size_t i)
{
	return dial->peer->children[i].start == IKE_START_ON_DEMAND ||
	       dial->asks[i].waits;
}

void dial_note_packet(
	struct dial *dial, const char *child, const struct ike_flow *flow)
{
	int i = dial_child_index(dial, child);

	if (i < 0)
		return;
	dial->asks[i].packet.local =
		selector_of(&flow->src, flow->protocol, flow->src_port);
	dial->asks[i].packet.remote =
		selector_of(&flow->dst, flow->protocol, flow->dst_port);
}

void dial_forget_packet(struct dial *dial, const char *child)
{
	int i = dial_child_index(dial, child);

	if (i >= 0)
		dial->asks[i].packet.local.family =
			dial->asks[i].packet.remote.family = 0;
}

const struct dial_packet *dial_packet_of(
	const struct dial *dial, const char *child)
{
	int i = dial_child_index(dial, child);

	return i >= 0 && dial->asks[i].packet.local.family != 0
		       ? &dial->asks[i].packet
		       : NULL;
}

bool dial_is_served(const struct dial *dial, const char *child)
{
	const struct dial_packet *packet = dial_packet_of(dial, child);

	for (const struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		if (sa->outgoing)
			continue;
		for (const struct child *c = sa->children; c; c = c->next) {
			if (c->state != CHILD_UP ||
				strcmp(c->policy->name, child) != 0)
				continue;
			if (!packet || (selectors_around(
						&c->local_ts, &packet->local) &&
					       selectors_around(&c->remote_ts,
						       &packet->remote)))
				return true;
		}
	}
	return false;
}

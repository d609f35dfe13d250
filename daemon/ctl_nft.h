/* ctl_nft.h - would the rules of nftables let a packet pass?
 * SPDX-License-Identifier: ISC
 *
 * Pure: over what `nft -j list ruleset` prints.  Much in a rule depends on what
 * is not known here (addresses, interfaces, limits): then the answer is "maybe",
 * never a guess.
 */
#ifndef DAEMON_CTL_NFT_H
#define DAEMON_CTL_NFT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum nft_hook {
	NFT_INPUT,
	NFT_OUTPUT,
	NFT_FORWARD,
	NFT_NAT, /* postrouting: dropped means that it gets another source */
};

/* The first packet of a flow. */
struct nft_packet {
	enum nft_hook hook;
	uint8_t family;    /* 4 or 6 */
	uint8_t protocol;  /* of IP; 0: not known */
	uint16_t src, dst; /* ports; 0: not known */
	/* It came out of a tunnel, it will go into one. */
	bool from_tunnel, to_tunnel;
};

enum nft_verdict {
	NFT_PASSES,
	NFT_MAYBE,
	NFT_DROPPED,
};

enum { NFT_WHERE = 160 };

/* where: "table inet filter, chain input, policy drop": what decides, unless the
 * packet passes. */
enum nft_verdict nft_judge(const json_t *ruleset,
	const struct nft_packet *packet, char where[NFT_WHERE]);

#endif

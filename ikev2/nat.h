/* nat.h - NAT detection (RFC 7296 section 2.23).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_NAT_H
#define IKEV2_NAT_H

#include "ikev2/crypto/prf.h"
#include "ikev2/peer.h"
#include "ikev2/wire/message.h"

struct nat_found {
	bool supported; /* the peer sent both kinds of notify */
	bool local;     /* we are behind a NAT */
	bool remote;    /* the peer is */
};

/* SHA-1(SPIi | SPIr | address | port) */
bool nat_hash(struct crypto *crypto, const struct ike_header *header,
	const struct ike_endpoint *end, uint8_t out[static NAT_DETECTION_LEN])
	__attribute__((warn_unused_result));

/* Append both notifies.  forced: the source hash is made not to fit, so that
 * the peer encapsulates (`encap: force`). */
bool nat_announce(struct crypto *crypto, struct chain *c,
	const struct ike_header *header, const struct ike_endpoint *local,
	const struct ike_endpoint *remote, bool forced)
	__attribute__((warn_unused_result));

/* Compare what the message holds with the addresses it came from and to.
 * There may be many NAT_DETECTION_SOURCE_IP: one that fits is enough; one of a
 * wrong length is ignored (N18).  False, and nothing found, if the library
 * fails. */
bool nat_detect(struct crypto *crypto, const struct message *in,
	const struct ike_endpoint *local, const struct ike_endpoint *remote,
	struct nat_found *found) __attribute__((warn_unused_result));

#endif

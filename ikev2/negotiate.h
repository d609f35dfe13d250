/* negotiate.h - choosing one proposal whole (RFC 7296 sections 2.7 and 3.3.6).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_NEGOTIATE_H
#define IKEV2_NEGOTIATE_H

#include "ikev2/peer.h"
#include "ikev2/wire/payload.h"

/* What was chosen, and how the offer that holds it was named. */
struct negotiated {
	struct suite suite;
	uint8_t number;   /* of the chosen proposal, to be echoed */
	struct bytes spi; /* of the chosen proposal; points into the packet */
};

/* What the key exchange of a child may be. */
enum negotiate_ke {
	NEGOTIATE_KE, /* as configured and offered */
	NEGOTIATE_WITHOUT_KE /* first child: KE transforms on either side are left out */
};

/* Our offer as an SA payload: all proposals, numbered from 1.  ESN transforms
 * only for ESP.  Equal proposals that only differ in left-out KE are sent once. */
void negotiate_propose(struct chain *c, const struct ike_proposals *ours,
	uint8_t protocol, struct bytes spi, enum negotiate_ke ke);

/* As responder: the first of our proposals, in our order, that one of theirs
 * satisfies whole; within it the first of our transforms of each type that
 * theirs has.  An offered transform we do not know, or with an attribute we do
 * not know, does not exist; a proposal with an unknown transform type, without
 * a mandatory type, or with the wrong protocol or SPI size does not exist.  An
 * AEAD goes with no INTEG, or NONE; any other ENCR needs one.  For ESP a
 * missing ESN type in the offer does not satisfy; group NONE counts as none.
 * An SPI of an IKE SA has 0 or 8 octets: which of them it must be is for the
 * caller, who also looks whether the KE payload is of the chosen group.
 * INVALID_SYNTAX if their numbers do not begin with 1 (RFC 7296 section
 * 3.3.1), NO_PROPOSAL_CHOSEN if there is none. */
enum ike_error negotiate_choose(const struct ike_proposals *ours,
	const struct payload_sa *theirs, uint8_t protocol, enum negotiate_ke ke,
	struct negotiated *out) __attribute__((warn_unused_result));

/* The chosen one as an SA payload, with our SPI (empty for IKE). */
void negotiate_answer(struct chain *c, const struct negotiated *chosen,
	uint8_t protocol, struct bytes spi);

/* As initiator: the answer must be exactly one proposal, with the number of
 * one of ours, one transform of each type, all of them offered in that
 * proposal, attributes unmodified (RFC 7296 section 3.3.6).  Else
 * NO_PROPOSAL_CHOSEN. */
enum ike_error negotiate_check(const struct ike_proposals *ours,
	const struct payload_sa *answer, uint8_t protocol, enum negotiate_ke ke,
	struct negotiated *out) __attribute__((warn_unused_result));

/* Those of ours that have this PRF, with no other; all as they are if none has.
 * For rekeys of an IKE SA: what expands the new keys when the PRF changes (RFC
 * 7296 section 2.18), other implementations see differently. */
void negotiate_keep_prf(const struct ike_proposals *ours,
	const struct transform *prf, struct ike_proposals *out);

/* Do we offer this group anywhere?  For INVALID_KE_PAYLOAD. */
const struct transform *negotiate_group(
	const struct ike_proposals *ours, uint16_t group);

/* The group of our first proposal, for the first KE payload; NULL if none. */
const struct transform *negotiate_first_group(const struct ike_proposals *ours);

#endif

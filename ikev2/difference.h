/* difference.h - why two sides found no proposal in common, in words.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_DIFFERENCE_H
#define IKEV2_DIFFERENCE_H

#include "ikev2/negotiate.h"

enum { DIFFERENCE_SIZE = 224, TRANSFORM_NAME_SIZE = 20 };

/* What a peer offers, as we call it: "aes256", "3des", "number 77". */
void name_transform(
	const struct wire_transform *transform, char out[TRANSFORM_NAME_SIZE]);

/* The first type of transform that the two have nothing of in common, with a few
 * of each: "no key exchange in common: they offer modp1024; we accept x25519,
 * ecp256, .."; always terminated, of names that are ours alone. */
const char *proposals_difference(const struct ike_proposals *ours,
	const struct payload_sa *theirs, uint8_t protocol, enum negotiate_ke ke,
	char out[DIFFERENCE_SIZE]);

#endif

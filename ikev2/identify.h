/* identify.h - as responder: which of the configured peers has sent this IKE_AUTH (RFC 7296 section 2.15).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_IDENTIFY_H
#define IKEV2_IDENTIFY_H

#include "ikev2/sa.h"

/* The one who has proven to be a configured peer: sa->remote_id is then who it
 * is, and proof is for sa_establish.  AUTHENTICATION_FAILED: the reason has been
 * told; or IKE_WAIT. */
enum ike_error identify(struct ike_sa *sa, const struct message *in,
	struct sa_proof *proof, struct dial **found);

#endif

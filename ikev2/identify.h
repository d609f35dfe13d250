/* identify.h - as responder: which of the configured peers has sent this IKE_AUTH (RFC 7296 section 2.15).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_IDENTIFY_H
#define IKEV2_IDENTIFY_H

#include "ikev2/sa.h"

/* The one who has proven to be a configured peer; the proof is the caller's, for
 * sa_establish.  AUTHENTICATION_FAILED: the reason has been told; or IKE_WAIT. */
enum ike_error identify(struct ike_sa *sa, const struct message *in,
	struct verified **proof, struct dial **found);

#endif

/* payload_sk.h - the layout of SK and SKF, reading is for message.c only (RFC 7296 section 3.14).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_WIRE_PAYLOAD_SK_H
#define IKEV2_WIRE_PAYLOAD_SK_H

#include "ikev2/wire/payload.h"

/* type is PAYLOAD_SK or PAYLOAD_SKF, first the payload's Next Payload, at the
 * offset of the payload's body in the message.  A fragment number that RFC
 * 7383 section 2.6 calls invalid makes the reader bad. */
void read_sk(struct reader *r, uint8_t type, uint8_t first, size_t at,
	struct payload_sk *sk);

#endif

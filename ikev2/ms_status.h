/* ms_status.h - the notify by which Windows says why it says no, in words.
 * SPDX-License-Identifier: ISC
 *
 * [MS-IKEE], its section on the Notify payload: type 0x3039 (12345), of the
 * private errors of RFC 7296 section 3.10.1, tells the peer "a private failure
 * reason".  The data are four octets in network order, a Windows error code, as
 * strongSwan reads them (interop/microsoftStatusNotify).
 */
#ifndef IKEV2_MS_STATUS_H
#define IKEV2_MS_STATUS_H

#include "ikev2/wire/message.h"

enum { MS_STATUS_SIZE = 160 };

struct ms_status {
	uint32_t code;
	const char *name;  /* as Windows' winerror.h has it */
	const char *words; /* what it means */
	const char *look;  /* what to do about it; NULL: nobody knows */
};

/* The code in the message; 0 if it says none, or not in four octets. */
uint32_t ms_status_read(const struct message *in);

/* Its row, or NULL. */
const struct ms_status *ms_status_find(uint32_t code);

/* "13801 (ERROR_IPSEC_IKE_AUTH_FAIL): .."; always terminated. */
const char *ms_status_text(uint32_t code, char out[MS_STATUS_SIZE]);

#endif

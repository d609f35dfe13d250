/* der.h - is it DER at all (X.690 sections 8, 10 and 11)?
 * SPDX-License-Identifier: ISC
 *
 * libcrypto reads BER, too, and keeps what it has read as it was: a certificate
 * that two readers read as two different ones is none for us.
 */
#ifndef IKEV2_CRYPTO_DER_H
#define IKEV2_CRYPTO_DER_H

#include "ikev2/bytes.h"

/* One value, nothing behind it; all lengths definite and as short as they can
 * be; no string in parts; TRUE is 0xff.  What an OCTET STRING or BIT STRING
 * has in it is not looked at. */
bool der_is_one(struct bytes der);

#endif

/* xfrm_names.h - what the kernel calls the transforms of ESP.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_XFRM_NAMES_H
#define DAEMON_XFRM_NAMES_H

#include "ikev2/crypto/transform.h"

/* The kernel's name of a row of transform.c, whatever its key length; NULL:
 * ESP has no use for it. */
const char *xfrm_name(const struct transform *transform);

#endif

/* names.h - numbers of the registry to their names, for people.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_WIRE_NAMES_H
#define IKEV2_WIRE_NAMES_H

#include <stdint.h>

/* RFC spelling, or NULL for a number without a name here. */
const char *exchange_name(uint8_t exchange);
const char *payload_name(uint8_t type);
const char *notify_name(uint16_t type); /* errors and status types */
const char *protocol_name(uint8_t protocol);
const char *auth_method_name(uint8_t method);

#endif

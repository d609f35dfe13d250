/* sockaddr.h - the core's addresses as the calls of sockets have them, and back.
 * SPDX-License-Identifier: ISC
 *
 * Ports are in the host's order.
 */
#ifndef DAEMON_SOCKADDR_H
#define DAEMON_SOCKADDR_H

#include "ikev2/ikev2.h"

#include <sys/socket.h>

/* Its length.  The address is of IPv4 or IPv6; what else is in out is zero. */
socklen_t sockaddr_of(const struct ike_addr *addr, uint16_t port,
	struct sockaddr_storage *out);

/* False, and all of out zero: it is of another family. */
bool sockaddr_read(const struct sockaddr *from, struct ike_endpoint *out);

#endif

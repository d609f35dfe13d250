/* sockaddr.c - the core's addresses as the calls of sockets have them, and back.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_of(const struct ike_addr *addr, uint16_t port,
	struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };

	memset(out, 0, sizeof(*out));
	if (addr->family == 4) {
		memcpy(&in.sin_addr, addr->octets, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, addr->octets, 16);
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

bool sockaddr_read(const struct sockaddr *from, struct ike_endpoint *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(out, 0, sizeof(*out));
	if (from->sa_family == AF_INET) {
		memcpy(&in, from, sizeof(in));
		out->addr.family = 4;
		memcpy(out->addr.octets, &in.sin_addr, 4);
		out->port = ntohs(in.sin_port);
		return true;
	}
	if (from->sa_family == AF_INET6) {
		memcpy(&in6, from, sizeof(in6));
		out->addr.family = 6;
		memcpy(out->addr.octets, &in6.sin6_addr, 16);
		out->port = ntohs(in6.sin6_port);
		return true;
	}
	return false;
}

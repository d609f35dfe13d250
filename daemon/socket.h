/* socket.h - UDP 500 and 4500: datagrams with the address they came to (RFC 7296 sections 2.11, 2.23; RFC 3948).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_SOCKET_H
#define DAEMON_SOCKET_H

#include "ikev2/ikev2.h"

struct event_base;
struct sockets;

enum { SOCKET_TEXT = 256 };

struct sockets_options {
	uint16_t port, nat_port; /* 0: the kernel chooses */
	const struct ike_addr *listen;
	size_t listen_count; /* 0: on every address */
	bool ipsec;          /* bypass IPsec policies, and let the kernel
	                      * take the ESP in UDP */
	void (*receive)(void *ctx, const struct ike_datagram *datagram);
	void *ctx;
};

/* Open, bind, and call receive() from the event loop, one datagram at a time,
 * the non-ESP marker taken off.  NULL, and why in words, if a port cannot be
 * had. */
struct sockets *sockets_open(struct event_base *base,
	const struct sockets_options *options, char error[SOCKET_TEXT]);
void sockets_close(struct sockets *sockets);

/* The ports in use. */
uint16_t sockets_port(const struct sockets *sockets);
uint16_t sockets_nat_port(const struct sockets *sockets);

/* Send from datagram->local (its port decides about the marker): 0 or -errno,
 * logged; the datagram is then one the network has lost. */
int sockets_send(struct sockets *sockets, const struct ike_datagram *datagram);

/* What a UDP payload is to IKE: false for what is not (a NAT keepalive, ESP, a
 * datagram too short for an IKE header).  nat: came to the NAT port, so *out is
 * behind the marker (RFC 3948 section 2.2). */
bool socket_strip(bool nat, struct bytes payload, struct bytes *out);

#endif

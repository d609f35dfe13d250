/* xfrm_samples.h - SAs and policies for the tests of netlink, and looks into messages.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_XFRM_SAMPLES_H
#define TESTS_UNIT_XFRM_SAMPLES_H

#include "daemon/xfrm_message.h"

/* "192.0.2.1", "2001:db8::1" */
struct ike_addr sample_addr(const char *text);
/* All protocols and ports from one address to another; and of it these only. */
struct ike_selector sample_range(const char *first, const char *last);
struct ike_selector sample_ports(
	struct ike_selector ts, uint8_t protocol, uint16_t start, uint16_t end);

/* The octets first, first + 1, .. */
struct secret sample_key(uint8_t len, uint8_t first);

/* Inbound, tunnel mode, AES-GCM, IPv4; outbound, transport mode, AES-CBC, IPv6,
 * in UDP and with limits; a tunnel's policy. */
struct ike_ipsec_sa sample_gcm(void);
struct ike_ipsec_sa sample_cbc(void);
struct ike_policy sample_policy(void);

/* The octets must be those, in hexadecimal; on machines with another layout
 * than x86-64 and arm64 nothing is compared. */
void sample_expect(const struct nlmsghdr *message, const char *golden);
/* The value of the first attribute of that type behind so many octets, and its
 * length; NULL: there is none.  It points into the message. */
const void *sample_find(const struct nlmsghdr *message, size_t fixed,
	uint16_t type, size_t *len);
/* A message as the kernel might send it, cut to len, in memory of exactly that
 * size, to be freed. */
struct nlmsghdr *sample_exact(const struct nlmsghdr *from, size_t len);

#endif

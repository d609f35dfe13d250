/* capture.h - what was sent, for Wireshark, which opens it decrypted.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_SIM_CAPTURE_H
#define TESTS_SIM_CAPTURE_H

#include "ikev2/ikev2.h"

#include <stdio.h>

struct capture;
struct crypto;

/* Without memory the program ends, here and below. */
struct capture *capture_new(void);
void capture_free(struct capture *capture);
uint64_t capture_hash(const struct capture *capture, uint64_t hash);

/* A datagram as its sender sends it, so before any NAT. */
void capture_ike(struct capture *capture, uint64_t at_ms,
	const struct ike_datagram *datagram);
/* A packet of a user through an outbound SA, sealed with its keys: an IP packet
 * (in transport mode, what stands in it) with eight octets of UDP header, or
 * of zeros for another protocol. */
void capture_esp(struct capture *capture, struct crypto *crypto, uint64_t at_ms,
	const struct ike_ipsec_sa *sa, const struct ike_flow *flow,
	uint64_t sequence);
void capture_ike_keys(struct capture *capture, const struct ike_sa_keys *keys);

/* NAME.pcap, and NAME.wireshark: a script that opens it with the keys (with
 * another program too, as `NAME.wireshark tshark -V`).  Says so to `to`. */
bool capture_write(const struct capture *capture, const char *name, FILE *to);

#endif

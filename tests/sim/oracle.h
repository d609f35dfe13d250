/* oracle.h - what the parts of the oracle share: what has been seen so far.
 * SPDX-License-Identifier: ISC
 *
 * oracle.c has the list of what must always hold; oracle_messages.c looks at
 * datagrams (4, 5 and the attacker), oracle_settled.c at hosts in the end (7, 8).
 */
#ifndef TESTS_SIM_ORACLE_H
#define TESTS_SIM_ORACLE_H

#include "tests/sim/sim.h"

struct slot {
	uint64_t key; /* 0: free */
	uint64_t value;
	uint8_t spi_r[IKE_SPI_LEN];
};

/* An SA as it was put into a kernel, also after it has gone. */
struct sa_record {
	unsigned host;
	uint32_t life;
	struct ike_ipsec_sa sa;
	bool live;
	uint64_t hole_ms; /* outbound: since when nobody hears it; 0: heard */
};

struct oracle {
	struct slot *slots;
	size_t used, size;
	struct sa_record *records;
	size_t count, room;
};

/* Of a message of at least a header's length. */
bool oracle_is_response(const uint8_t *message);

/* After a batch of effects: is what came of a request that arrived again, or of a
 * forged datagram, what may come of it? */
void oracle_request(struct sim *sim, const struct sim_host *host);
void oracle_forged(struct sim *sim, const struct sim_host *host);

#endif

/* digest.h - the state of a simulation as one number: equal for two states that go on alike.
 * SPDX-License-Identifier: ISC
 *
 * What is random is written by the order of its first appearance (SPIs), by
 * its rank among its like (nonces, which are compared), or not at all (keys,
 * key exchange values); times are written as distances from now.  So two ways
 * that lead to the same state, with other SPIs and half a second later, are
 * found to be one.
 *
 * A state is walked twice: first to collect the nonces, then to write.
 */
#ifndef TESTS_SIM_DIGEST_H
#define TESTS_SIM_DIGEST_H

#include "ikev2/ikev2.h"

enum { DIGEST_SIZE = 32768, DIGEST_NAMES = 256, DIGEST_NONCES = 64 };

/* Only nonces of one kind are ever compared with each other. */
enum digest_nonce {
	NONCE_OF_IKE,
	NONCE_OF_CHILD,
};

struct digest_name {
	uint8_t len;
	uint8_t octets[IKE_SPI_LEN];
};

struct digest_rank {
	enum digest_nonce kind;
	uint8_t octets[NONCE_LEN];
};

struct digest {
	uint64_t now_ms;
	bool writing; /* the second walk */
	size_t len;
	uint8_t out[DIGEST_SIZE];
	struct digest_name name[DIGEST_NAMES];
	size_t names;
	struct digest_rank nonce[DIGEST_NONCES];
	size_t nonces;
	/* Opens what stands in the SK payload of a message, into copy (4,096
	 * octets); its first octet and its end, false: the keys are unknown. */
	bool (*open)(void *ctx, const uint8_t *message, size_t len,
		uint8_t *copy, size_t *begin, size_t *end);
	void *ctx;
	/* The core at the other end of all IKE SAs, where digest_core looks what
	 * it still needs. */
	const struct ike *other;
};

void digest_octets(struct digest *d, const void *at, size_t len);
void digest_number(struct digest *d, uint64_t number);
/* A point in time: 0 and IKE_NEVER are themselves. */
void digest_time(struct digest *d, uint64_t at_ms);
/* An SPI of 4 or 8 octets. */
void digest_name(struct digest *d, const void *octets, size_t len);
void digest_spi(struct digest *d, uint32_t spi);
void digest_nonce(
	struct digest *d, enum digest_nonce kind, const uint8_t *octets);
/* An IKE message for `to`: what stands in it and may matter there, not its octets. */
void digest_message(struct digest *d, const struct ike *to,
	const uint8_t *message, size_t len);
/* All that a core holds and will act upon. */
void digest_core(struct digest *d, const struct ike *ike);
/* When both walks are done. */
uint64_t digest_end(const struct digest *d);

/* What no wish does, but time: it is so far now. */
void inside_liveness(struct ike *ike, struct ike_now now, const char *peer);
/* Does this side want that child to be up? */
bool inside_wants(const struct ike *ike, const char *peer, const char *child);
/* The first peer of which ike_peer_at() says another state than it has noted the
 * time of; NULL: none. */
const char *inside_stale_state(const struct ike *ike);
/* Will `to` never act upon this datagram of `from` any more, whatever happens?
 * Such is one for an IKE SA that is gone, a request before the last one, the
 * last one once its answer has arrived, and an answer to what was answered.
 * May be false although it is so. */
bool inside_is_late(const struct ike *to, const struct ike *from,
	const uint8_t *message, size_t len);

#endif

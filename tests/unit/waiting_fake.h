/* waiting_fake.h - an IKE_AUTH that has questions, as many as a test wants.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_WAITING_FAKE_H
#define TESTS_UNIT_WAITING_FAKE_H

#include "ikev2/ikev2.h"

enum { FAKE_MAX_RUNS = 64 };

/* Who asks, and what comes of it. */
struct fake {
	bool responder, initiator;
	unsigned questions; /* one after the other: http://web/1 .. */
	bool refuse;        /* as responder, when all is known */
	unsigned asked;
	unsigned refused_to_ask; /* how often nothing was to be asked */
	/* How often the message of each IKE SA was looked at. */
	struct {
		const struct ike *ike;
		uint64_t birth;
		unsigned times;
	} run[FAKE_MAX_RUNS];
	size_t runs;
};

extern struct fake fake;

/* What a core has. */
struct fake_look {
	size_t sas, half_open;
	size_t waiting; /* IKE SAs that wait for an answer */
	size_t kept;    /* .. that keep a message for that */
};

struct fake_look fake_look(const struct ike *ike);

#endif

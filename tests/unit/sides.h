/* sides.h - two engines wired to each other: packets arrive at once, kernels do as told.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_SIDES_H
#define TESTS_SIDES_H

#include "ikev2/ikev2.h"

struct side {
	struct ike *ike;
	struct ike_peers peers;
	uint64_t seed;
	int adds, deletes, policies;
	int child_up, child_down, rekeyed, rekey_failed, failed;
	enum ike_cause cause;
	struct ike_ipsec_sa in, out;  /* the last that were added */
	struct ike_policy policy;     /* .. and the last of its policies */
	int refuse_skip, refuse_left; /* SA_ADDs: after so many, how often .. */
	enum ike_refusal refuse_why;  /* .. and why */
	uint32_t refused_spi;         /* the last one */
	bool deletes_nothing;         /* its INFORMATIONAL messages get lost */
	/* of the last explanation: the edit that would do at the other side */
	char fix_there[EXPLAIN_TEXT_SIZE];
};

static const struct ike_now at = { 2000, 0 };

/* 192.0.2.LAST */
struct ike_addr address(uint8_t last);

/* Side US, 192.0.2.US, with a peer "toTHEM" and children between 10.US.0.0/16
 * and 10.THEM.0.0/16: "net", or "net0" .. for more than one. */
struct ike_peer *peer_to(uint8_t us, uint8_t them, const char *key);
void side_open_with(struct side *side, uint8_t us, uint8_t them,
	const char *key, size_t children);
void side_open(struct side *side, uint8_t us, uint8_t them, const char *key);
void side_close(struct side *side);

/* Carry out all effects of one side; packets go to the other at once. */
bool drain(struct side *side, struct side *other, uint8_t us, uint8_t them,
	uint64_t now_ms);
/* Until neither wants anything more. */
void run(struct side *a, struct side *b, uint64_t now_ms);
/* Let time pass on both sides, a second at a time. */
void pass(struct side *a, struct side *b, uint64_t from, uint64_t to);

/* Both sides up, at `at`. */
void connect_both(struct side *a, struct side *b);
/* Established IKE SAs, and children of any state. */
size_t count_sas(const struct side *side, size_t *children);
/* One IKE SA, one child, and the kernels agree about its SAs. */
void assert_one_pair(const struct side *a, const struct side *b);

#endif

/* core_under_test.h - one core, its kernel and its clock, for a peer that a test plays.
 * SPDX-License-Identifier: ISC
 *
 * It is reached by its public interface alone.
 */
#ifndef TESTS_UNIT_CORE_UNDER_TEST_H
#define TESTS_UNIT_CORE_UNDER_TEST_H

#include "ikev2/ikev2.h"
#include "tests/unit/parts.h"

#include <stddef.h>

enum { MAX_SENT = 64 };

struct sent {
	struct ike_endpoint local, remote;
	size_t len;
	uint8_t data[MAX_PACKET];
};

struct core_under_test {
	struct ike *ike;
	struct ike_peers peers;
	uint64_t seed, now_ms;
	int64_t unix_s;    /* its wall clock */
	int sas, policies; /* in its kernel */
	int ike_up, child_up, child_down, failed;
	bool wished; /* its own user has: what follows is no stranger's doing */
	int turned_away;      /* what the bent peer began, and was refused */
	enum ike_cause cause; /* of the last failure or refusal */
	size_t sent_count;    /* packets since the last input of a test's */
	struct sent sent[MAX_SENT];
	size_t sent_ever;
	int told; /* lines of its log that are no debugging, the last .. */
	enum ike_log_level told_level;
	char told_text[512];
	unsigned left_out;            /* .. and those that were not said */
	int lines;                    /* of its log .. */
	char complaint[512];          /* .. and the last that is a warning */
	enum ike_effect_kind refuse;  /* what its kernel refuses .. */
	int refuse_skip, refuse_left; /* .. after so many, and how often */
	int refused;
	int outbound;     /* of the SA_ADDs that came */
	int encapsulated; /* in UDP, of them */
	int moved;        /* SA_MOVEs, and the last of them */
	struct ike_sa_move move;
	struct ike_explanation explained;           /* the last */
	struct ike_effect asked;                    /* the last IKE_ROUTE .. */
	struct ike_address_pair routes[IKE_ROUTES]; /* .. and its answer */
	size_t route_count;
};

extern struct core_under_test core;

/* The shared key of both, and the network 10.SECOND.0.0/16. */
#define CORE_SECRET "a secret of both"
struct ike_selector core_net(uint8_t second);
/* Octets that follow from the seed. */
void core_draw(void *seed, uint8_t *out, size_t len);

/* Signatures instead of a shared key, in the direction that says so; borrowed
 * for as long as the core is open. */
struct core_signatures {
	uint8_t core_auth, bent_auth; /* enum ike_auth; bent_auth: what the
	                               * core takes, any of several */
	struct credential *core_own;
	struct trust *core_trust;
	struct credential *bent_own; /* NULL: it has the shared key */
	bool sha1;
	bool from_anywhere; /* the core does not know where the bent peer is */
};

/* Transforms as in the configuration, "|" between two proposals. */
struct core_setup {
	const char *ike, *esp;
	bool two_children;      /* "net" and "second" */
	bool cookies;           /* from the first request on */
	bool no_secret;         /* its configuration has none */
	bool limits;            /* of half-open SAs as in the daemon */
	bool fragments;         /* the bent peer says that it can */
	bool no_fragments;      /* the core's configuration says no */
	uint32_t fragment_size; /* of the core; 0: as in the daemon */
	const struct core_signatures *signatures; /* NULL: none */
};

void core_open(const struct core_setup *setup);
/* Another one like it, for the caller to free; NULL without memory. */
struct ike *core_make(const struct core_setup *setup);
void core_close(void);
/* Wish for it, and carry out what comes of it. */
void core_dial(void);
/* A datagram from the bent peer, or from elsewhere; what comes of it is in
 * core.sent.  The octets are given in a buffer of their exact size. */
void core_give(struct bytes data);
void core_give_from(struct bytes data, struct ike_endpoint from);
/* Carry out what it wants; after an input that the functions here do not give. */
void core_settle(void);
/* Time goes by, and every deadline in it. */
void core_advance(uint64_t ms);
int core_ike_sas(void);
int core_established(void);

/* Neither SA nor policy, and nothing to come. */
void core_is_clean(void);
/* Half-open SAs time out, nothing is left, and an honest exchange works. */
void core_recovers(bool bent_initiates);

#endif

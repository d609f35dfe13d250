/* model.h - the world that the model searches: two sides, what may happen to them, what must hold.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H

#include "tests/sim/digest.h"
#include "tests/sim/sim.h"

enum {
	MODEL_DEPTH = 512,
	MODEL_DRAWS = 7, /* at most, of nonces and private keys, in one step */
	MODEL_ACTIONS = 64, /* at most, in one state: bits of a word */
};

struct bounds {
	const char *operations; /* of each side, a letter each (model.c) */
	unsigned each[2], losses, steps;
	bool early; /* time passes also before a datagram is lost */
	bool full;  /* datagrams that are late wait like others */
};

enum action_kind {
	ACTION_DELIVER,
	ACTION_BEGIN,
	ACTION_JUDGE,
	ACTION_TIME,
	ACTION_LOSE,
};

struct action {
	enum action_kind kind;
	unsigned which; /* the datagram, or the side */
	char operation;
	bool twin; /* another datagram looks the same, but is not */
	const struct packet *packet;
};

/* One choice of several. */
struct pick {
	uint16_t chosen, of;
};

/* What is still allowed, and what else belongs to a point of a path. */
struct left {
	unsigned operations[2], losses, steps;
};

/* How a nonce begins, as a number. */
__extension__ typedef unsigned __int128 nonce_number;

struct alive {
	nonce_number begins;
	bool kind[2]; /* by enum digest_nonce */
};

struct world {
	struct bounds bounds;
	struct sim *sim;
	struct left left;
	bool taken_down;        /* the child, by somebody's wish */
	size_t order[SIM_HELD]; /* of the datagrams, by what they say .. */
	bool twin[SIM_HELD];    /* .. which some of them share */
	size_t late;            /* so many of them are (world_number) */
	/* nonces that may still be compared, lowest first */
	struct alive nonce[DIGEST_NONCES];
	size_t alive;
	unsigned gap;   /* where those of this step will fall, if .. */
	unsigned draws; /* .. it draws any */
	nonce_number drawn[MODEL_DRAWS];
	/* the choices up to here; of a path that is told, all */
	struct pick path[MODEL_DEPTH];
	size_t depth, at;
};

/* The next choice, noted; or as it is noted already. */
unsigned world_pick(struct world *w, unsigned chosen, size_t of);

/* An IKE SA and a child, which both sides want.  to: where the story goes; NULL:
 * nowhere. */
void world_make(struct world *w, FILE *to);
/* The number of the state: that of two states is equal if they go on alike.
 * Sets the order of the datagrams. */
uint64_t world_number(struct world *w);
/* The same, if there were none that are late. */
uint64_t world_lean_number(struct world *w);
/* What may happen now, in an order that depends on the number alone (but for
 * twins).  Needs the order of the datagrams. */
size_t world_actions(const struct world *w, struct action out[MODEL_ACTIONS]);
/* Which gaps between the nonces before the step (`then`, n of them) make a
 * difference, seen from how it went: a bit each. */
uint64_t world_gaps(struct world *w, const struct alive *then, size_t n);
/* Do both orders lead to the same state? */
bool world_commute(
	const struct world *w, const struct action *a, const struct action *b);
/* It happens.  A violation is in sim->failed. */
void world_act(struct world *w, const struct action *action);

/* --- model_memo.c --------------------------------------------------------- */

/* For struct digest: with what was opened before remembered.  ctx: the sim. */
bool memo_open(void *ctx, const uint8_t *message, size_t len, uint8_t *copy,
	size_t *begin, size_t *end);

#endif

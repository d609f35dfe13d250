/* world.c - time, and whose turn it is while the daemon waits.
 * SPDX-License-Identifier: ISC
 */
#include "tests/faults/faults.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	BEGIN_MS = 1000000,
	/* Turns in which no time passes: only what hangs takes so many. */
	MAX_TURNS = 100000,
};

/* 2026-11-28 */
#define BEGIN_S INT64_C(1795824000)

static struct {
	bool runs;
	uint64_t ms;
	int turns;
} world = { .ms = BEGIN_MS };

uint64_t world_ms(void)
{
	return world.ms;
}

int64_t world_unix_s(void)
{
	return BEGIN_S + (int64_t)(world.ms - BEGIN_MS) / 1000;
}

bool world_runs(void)
{
	return world.runs;
}

void world_begin(void)
{
	world.runs = true;
	world.ms = BEGIN_MS;
	world.turns = 0;
}

void world_end(void)
{
	world.runs = false;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* To whatever comes first. */
static bool pass_time(uint64_t until_ms)
{
	uint64_t next = earlier(earlier(timers_next(), far_deadline()),
		earlier(script_deadline(), until_ms));

	if (next > world.ms && next != IKE_NEVER) {
		world.ms = next;
		world.turns = 0;
	}
	timers_fire();
	far_tick();
	return world.ms < until_ms;
}

void world_rolls(void)
{
	if (++world.turns < MAX_TURNS)
		return;
	fputs("it goes round and round\n", stderr);
	abort();
}

bool world_turn(uint64_t until_ms)
{
	bool on;

	outside_begin();
	world_rolls();
	on = far_turn() || script_turn() || pass_time(until_ms);
	outside_end();
	return on;
}

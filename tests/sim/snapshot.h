/* snapshot.h - the memory of a simulation, kept and put back: so a search need not play each path from the start.
 * SPDX-License-Identifier: ISC
 *
 * In a program that is linked with snapshot.c, all that the core and the
 * simulator allocate lies in one arena, and whatever a simulation is, pointers
 * and all, is the octets of that arena.  Putting them back at the same place is
 * putting the simulation back.
 *
 * Not in it: what the libraries allocate themselves (contexts of libcrypto,
 * which hold nothing from one call to the next), and static variables, of
 * which the core has none.  Nothing may close over a context between a save
 * and a restore: cores live as long as the search.
 */
#ifndef TESTS_SIM_SNAPSHOT_H
#define TESTS_SIM_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed by its owner at first; used again and again, so it keeps its room. */
struct snapshot {
	size_t used;    /* octets of the arena */
	uint32_t *page; /* those that are not blank, in order */
	uint8_t *octets;
	size_t pages, room;
};

void snapshot_save(struct snapshot *snapshot);
void snapshot_restore(const struct snapshot *snapshot);

#endif

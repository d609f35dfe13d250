/* taken.h - what the project's own code has taken from the heap.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_TAKEN_H
#define TESTS_UNIT_TAKEN_H

#include <stdbool.h>
#include <stddef.h>

/* Blocks from calloc(), which is all that ikev2/ uses, and not yet freed. */
size_t taken_count(void);

/* calloc() gave this out; NULL: nothing. */
void taken_note(const void *block);
/* It is given back; false if it is none of those. */
bool taken_back(const void *block);

#endif

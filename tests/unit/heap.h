/* heap.h - what the project's own code has on the heap.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_HEAP_H
#define TESTS_UNIT_HEAP_H

#include "ikev2/bytes.h"

/* Blocks from calloc(), which is all that ikev2/ uses, and not yet freed. */
size_t heap_live(void);

/* From now on each block that is freed is searched for this secret, which lasts
 * until heap_forget(); up to 32 of them. */
void heap_watch(struct bytes secret);
/* How many blocks held one; the first of them that was, by its place in the
 * order of heap_watch(), is in *which. */
size_t heap_forget(size_t *which);

/* calloc() gave this out. */
void heap_took(const void *block);

#endif

/* heap.h - what our code keeps on the heap, and what it leaves there; secrets as they are derived.
 * SPDX-License-Identifier: ISC
 *
 * The test program is linked with --wrap=calloc,free and the functions that
 * derive secrets: each secret is known as soon as it exists, and each block is
 * looked at before it is given back.
 */
#ifndef TESTS_UNIT_HEAP_H
#define TESTS_UNIT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- derived.c ------------------------------------------------------------ */

/* Scalar multiplications on Curve25519 that were carried out, so far. */
extern unsigned long x25519_operations;

/* --- heap.c --------------------------------------------------------------- */

/* From here on blocks of calloc() are known, and secrets are remembered. */
void heap_watch(void);
void heap_unwatch(void);

/* What is known and has not been given back. */
size_t heap_blocks(void);
size_t heap_octets(void);

/* One more, for what is not derived: shared keys, private values. */
void heap_secret(const char *what, const void *at, size_t len);
/* From now on no other is: what was remembered is forgotten, blocks are not. */
void heap_only(const char *what, const void *at, size_t len);
/* How many are remembered: a test that expects none would see nothing. */
size_t heap_secrets(void);

/* A block that was given back had this in it, since heap_watch(); NULL: none
 * had. */
const char *heap_leaked(void);
/* One that is still there has; NULL: none has. */
const char *heap_holds(void);
/* These octets do. */
const char *heap_search(const void *at, size_t len);

/* Called by calloc() of memory.c, and by those that give blocks back. */
void heap_note(void *block, size_t len);
void heap_look(const void *block, size_t len);

#endif

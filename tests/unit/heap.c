/* heap.c - what our code keeps on the heap, and what it leaves there.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/heap.h"

#include "ikev2/crypto/dh.h"
#include "tests/unit/taken.h"

#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a secret this many octets, from its beginning and from its end: nothing
 * else has them by chance, and who keeps less keeps a part. */
enum { PIECE = 16, PIECES = 65536, BLOCKS = 65536, FILTER = 1 << 16 };

struct block {
	struct block *next;
	const uint8_t *at;
	size_t len;
};

struct piece {
	uint8_t octets[PIECE];
	const char *what;
};

static bool watching, only;
static struct block *blocks[BLOCKS];
static size_t block_count, octet_count;
static struct piece pieces[PIECES];
static size_t piece_count;
static uint8_t filter[FILTER / 8]; /* by the first two octets */
static const char *leaked;

void __real_free(void *at);
void __wrap_free(void *at);

/* --- Secrets -------------------------------------------------------------- */

static unsigned head_of(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static const char *known(const uint8_t *at)
{
	for (size_t i = 0; i < piece_count; i++) {
		if (memcmp(pieces[i].octets, at, PIECE) == 0)
			return pieces[i].what;
	}
	return NULL;
}

static void add_piece(const char *what, const uint8_t *at)
{
	const unsigned head = head_of(at);

	if (known(at) || piece_count == PIECES)
		return;
	memcpy(pieces[piece_count].octets, at, PIECE);
	pieces[piece_count++].what = what;
	filter[head / 8] |= (uint8_t)(1 << head % 8);
}

void heap_secret(const char *what, const void *at, size_t len)
{
	const uint8_t *octets = at;
	uint8_t reversed[MAX_SHARED];

	if (!watching || only || len < PIECE || len > sizeof(reversed))
		return;
	add_piece(what, octets);
	add_piece(what, octets + len - PIECE);
	/* as a bignum holds it */
	for (size_t i = 0; i < len; i++)
		reversed[i] = octets[len - 1 - i];
	add_piece(what, reversed);
	add_piece(what, reversed + len - PIECE);
}

size_t heap_secrets(void)
{
	return piece_count;
}

const char *heap_search(const void *at, size_t len)
{
	const uint8_t *octets = at;
	const char *what;

	for (size_t i = 0; i + PIECE <= len; i++) {
		const unsigned head = head_of(octets + i);

		if (!(filter[head / 8] & 1 << head % 8))
			continue;
		what = known(octets + i);
		if (what)
			return what;
	}
	return NULL;
}

/* --- Blocks --------------------------------------------------------------- */

static struct block **place_of(const void *at)
{
	return &blocks[((uintptr_t)at >> 4) % BLOCKS];
}

static struct block **find(const void *at)
{
	struct block **link = place_of(at);

	while (*link && (*link)->at != at)
		link = &(*link)->next;
	return link;
}

void heap_note(void *at, size_t len)
{
	struct block *block;

	if (!watching || !at)
		return;
	block = malloc(sizeof(*block));
	if (!block)
		abort();
	*block = (struct block){ *place_of(at), at, len };
	*place_of(at) = block;
	block_count++;
	octet_count += len;
}

void heap_look(const void *at, size_t len)
{
	const char *what;

	if (!watching || leaked)
		return;
	what = heap_search(at, len);
	if (what && getenv("IKE_TEST_LOG"))
		fprintf(stderr, "a block of %zu octets had: %s\n", len, what);
	leaked = what;
}

static void forget(struct block **link)
{
	struct block *block = *link;

	*link = block->next;
	block_count--;
	octet_count -= block->len;
	__real_free(block);
}

void __wrap_free(void *at)
{
	struct block **link;

	taken_back(at);
	if (watching && at) {
		link = find(at);
		heap_look(at, *link ? (*link)->len : malloc_usable_size(at));
		if (*link)
			forget(link);
	}
	__real_free(at);
}

static void forget_secrets(void)
{
	sodium_memzero(pieces, piece_count * sizeof(pieces[0]));
	piece_count = 0;
	memset(filter, 0, sizeof(filter));
	only = false;
}

void heap_only(const char *what, const void *at, size_t len)
{
	forget_secrets();
	heap_secret(what, at, len);
	only = true;
}

void heap_unwatch(void)
{
	watching = false;
	for (size_t i = 0; i < BLOCKS; i++) {
		while (blocks[i])
			forget(&blocks[i]);
	}
	forget_secrets();
}

void heap_watch(void)
{
	heap_unwatch();
	leaked = NULL;
	watching = true;
}

size_t heap_blocks(void)
{
	return block_count;
}

size_t heap_octets(void)
{
	return octet_count;
}

const char *heap_leaked(void)
{
	return leaked;
}

const char *heap_holds(void)
{
	const char *what = NULL;

	for (size_t i = 0; !what && i < BLOCKS; i++) {
		for (struct block *b = blocks[i]; !what && b; b = b->next)
			what = heap_search(b->at, b->len);
	}
	return what;
}

/* snapshot.c - malloc and its kin in an arena whose octets can be kept and put back.
 * SPDX-License-Identifier: ISC
 *
 * Linked with -Wl,--wrap=malloc and so on, which turns the calls in our own
 * objects to here; memory that a library gave is known by its address.
 *
 * A page that nobody ever wrote to is not resident, and need not be copied: of
 * the big, sparse structures only what is in use is.
 */
#include "tests/sim/snapshot.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

enum {
	ARENA = 64 << 20,
	PAGE = 4096,
	GRAIN = 16,
	EXACT = 256, /* sizes of up to so many grains have lists of their own */
	CLASSES = EXACT + 28, /* then powers of two */
};

/* In front of what a caller gets. */
struct block {
	size_t size; /* of what follows, as rounded */
	struct block *next_free;
};

/* The first octets of the arena: so it is kept and put back with the rest. */
struct arena {
	size_t used;
	struct block *free[CLASSES];
	_Alignas(GRAIN) uint8_t rest[];
};

static struct arena *arena;
static size_t highest; /* no octet from here on was ever given out */

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);

static void open_arena(void)
{
	void *at = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert(at != MAP_FAILED);
	/* a huge page would be resident as a whole */
	(void)madvise(at, ARENA, MADV_NOHUGEPAGE);
	arena = at;
	arena->used = highest = sizeof(*arena);
}

static bool is_ours(const void *at)
{
	const uint8_t *octet = at, *begin = (const uint8_t *)arena;

	return arena && octet >= begin && octet < begin + ARENA;
}

/* Rounds the size up to that of its class. */
static size_t class_of(size_t *size)
{
	size_t grains = *size ? (*size + GRAIN - 1) / GRAIN : 1, power = 0;

	if (grains < EXACT) {
		*size = grains * GRAIN;
		return grains;
	}
	while (((size_t)EXACT << power) < grains)
		power++;
	*size = ((size_t)EXACT << power) * GRAIN;
	return EXACT + power;
}

/* blank: how much of it is known to be zero. */
static struct block *take(size_t size, bool *blank)
{
	size_t which = class_of(&size);
	struct block *block;

	if (!arena)
		open_arena();
	block = arena->free[which];
	*blank = !block && arena->used >= highest;
	if (block) {
		arena->free[which] = block->next_free;
	} else {
		block = (struct block *)(void *)((uint8_t *)arena +
						 arena->used);
		arena->used += sizeof(*block) + size;
		assert(arena->used <= ARENA);
		if (arena->used > highest)
			highest = arena->used;
	}
	block->size = size;
	block->next_free = NULL;
	return block;
}

void *__wrap_malloc(size_t size)
{
	bool blank;

	return take(size, &blank) + 1;
}

void *__wrap_calloc(size_t count, size_t size)
{
	struct block *block;
	bool blank;

	assert(size == 0 || count <= ARENA / size);
	block = take(count * size, &blank);
	if (!blank)
		memset(block + 1, 0, count * size);
	return block + 1;
}

void __wrap_free(void *old)
{
	struct block *block = old;
	size_t which;

	if (!is_ours(old)) {
		__real_free(old);
		return;
	}
	block--;
	which = class_of(&block->size);
	block->next_free = arena->free[which];
	arena->free[which] = block;
}

void *__wrap_realloc(void *old, size_t size)
{
	const struct block *block = old;
	void *fresh;

	if (old && !is_ours(old))
		return __real_realloc(old, size);
	if (old && block[-1].size >= size)
		return old;
	fresh = __wrap_malloc(size);
	if (old) {
		memcpy(fresh, old, block[-1].size);
		__wrap_free(old);
	}
	return fresh;
}

/* --- Keeping and putting back --------------------------------------------- */

static uint8_t *page_at(size_t number)
{
	return (uint8_t *)arena + number * PAGE;
}

static size_t pages_of(size_t used)
{
	return (used + PAGE - 1) / PAGE;
}

static void make_room(struct snapshot *s, size_t pages)
{
	if (pages <= s->room)
		return;
	__real_free(s->page);
	__real_free(s->octets);
	s->room = pages + pages / 2;
	s->page = __real_malloc(s->room * sizeof(*s->page));
	s->octets = __real_malloc(s->room * PAGE);
	assert(s->page && s->octets);
}

/* Which pages are resident, of those in use; how many. */
static size_t look(unsigned char *resident, size_t pages)
{
	size_t count = 0;
	int failed = mincore(arena, pages * PAGE, resident);

	assert(!failed);
	for (size_t i = 0; i < pages; i++)
		count += resident[i] & 1;
	return count;
}

void snapshot_save(struct snapshot *s)
{
	static unsigned char resident[ARENA / PAGE];
	size_t pages = pages_of(arena->used);

	make_room(s, look(resident, pages));
	s->used = arena->used;
	s->pages = 0;
	for (size_t i = 0; i < pages; i++) {
		if (!(resident[i] & 1))
			continue;
		s->page[s->pages] = (uint32_t)i;
		memcpy(s->octets + s->pages++ * PAGE, page_at(i), PAGE);
	}
}

void snapshot_restore(const struct snapshot *s)
{
	static unsigned char resident[ARENA / PAGE];
	size_t pages = pages_of(s->used), next = 0;

	(void)look(resident, pages);
	for (size_t i = 0; i < pages; i++) {
		if (next < s->pages && s->page[next] == i)
			memcpy(page_at(i), s->octets + next++ * PAGE, PAGE);
		else if (resident[i] & 1)
			memset(page_at(i), 0, PAGE); /* blank then */
	}
}

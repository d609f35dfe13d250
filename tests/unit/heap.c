/* heap.c - blocks that are counted, and searched for secrets when they are freed.
 * SPDX-License-Identifier: ISC
 *
 * The test program is linked with --wrap=calloc (memory.c), free and realloc,
 * so this sees what the project's own code does, and not the libraries.
 */
#include "tests/unit/heap.h"

#include "tests/suite.h"

#include <malloc.h>
#include <stdlib.h>

enum { MAX_WATCHED = 32 };

/* Open addressing; 0 is free.  A slot is no pointer, or it would hide from LSan
 * what is lost; volatile, as the compiler believes that calloc() and free()
 * change nothing here. */
static volatile struct {
	uintptr_t *slot;
	size_t size, used;
} live;

static volatile struct {
	struct bytes secret[MAX_WATCHED];
	size_t count, found, which;
} watched;

void __real_free(void *block);
void __wrap_free(void *block);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__real_calloc(size_t count, size_t size);

static uintptr_t key_of(const void *block)
{
	return ~(uintptr_t)block;
}

static size_t home(uintptr_t key)
{
	return (key >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20 &
	       (live.size - 1);
}

static size_t find(uintptr_t key)
{
	size_t i = home(key);

	while (live.slot[i] && live.slot[i] != key)
		i = (i + 1) & (live.size - 1);
	return i;
}

static void grow(void)
{
	uintptr_t *old = live.slot;
	size_t size = live.size;

	live.size = size ? 2 * size : 1024;
	live.slot = __real_calloc(live.size, sizeof(*live.slot));
	if (!live.slot)
		abort();
	for (size_t i = 0; i < size; i++) {
		if (old[i])
			live.slot[find(old[i])] = old[i];
	}
	__real_free(old);
}

void heap_took(const void *block)
{
	size_t i;

	if (!block)
		return;
	if (2 * live.used >= live.size)
		grow();
	i = find(key_of(block));
	live.used += !live.slot[i];
	live.slot[i] = key_of(block);
}

/* What follows moves up, where the gap would cut it off from its home. */
static void remove_at(size_t gap)
{
	const size_t mask = live.size - 1;

	live.used--;
	for (size_t i = (gap + 1) & mask; live.slot[i]; i = (i + 1) & mask) {
		if (((i - home(live.slot[i])) & mask) >= ((i - gap) & mask)) {
			live.slot[gap] = live.slot[i];
			gap = i;
		}
	}
	live.slot[gap] = 0;
}

size_t heap_live(void)
{
	return live.used;
}

void heap_watch(struct bytes secret)
{
	ck_assert_uint_lt(watched.count, MAX_WATCHED);
	ck_assert_uint_ge(secret.len, 16);
	watched.secret[watched.count++] = secret;
}

size_t heap_forget(size_t *which)
{
	size_t found = watched.found;

	*which = watched.which;
	watched.count = watched.found = 0;
	return found;
}

static void search(const void *block)
{
	size_t size = malloc_usable_size((void *)(uintptr_t)block);

	for (size_t i = 0; i < watched.count; i++) {
		if (!memmem(block, size, watched.secret[i].at,
			    watched.secret[i].len))
			continue;
		if (watched.found++ == 0)
			watched.which = i;
	}
}

/* It is not ours any more; false if it never was. */
static bool gave(const void *block)
{
	size_t i;

	if (!block || live.size == 0)
		return false;
	i = find(key_of(block));
	if (!live.slot[i])
		return false;
	remove_at(i);
	return true;
}

void __wrap_free(void *block)
{
	if (gave(block))
		search(block);
	__real_free(block);
}

void *__wrap_realloc(void *block, size_t size)
{
	bool ours = gave(block);
	void *moved = __real_realloc(block, size);

	if (ours)
		heap_took(moved);
	return moved;
}

/* --- It sees -------------------------------------------------------------- */

START_TEST(counts_and_searches)
{
	static const char secret[] = "sixteen octets of it and more";
	const struct bytes watch = bytes_of(secret, sizeof(secret));
	size_t before = heap_live(), which;
	char *blocks[3000];

	for (size_t i = 0; i < 3000; i++)
		blocks[i] = calloc(1, 100);
	ck_assert_uint_eq(heap_live(), before + 3000);
	heap_watch(bytes_of("another sixteen octets", 22));
	heap_watch(watch);
	memcpy(blocks[2000] + 7, secret, sizeof(secret));
	__asm__ volatile("" ::: "memory"); /* or it would not be written */
	for (size_t i = 0; i < 3000; i += 2)
		free(blocks[i]);
	ck_assert_uint_eq(heap_live(), before + 1500);
	for (size_t i = 1; i < 3000; i += 2)
		free(blocks[i]);
	ck_assert_uint_eq(heap_live(), before);
	ck_assert_uint_eq(heap_forget(&which), 1);
	ck_assert_uint_eq(which, 1);
}
END_TEST

SUITE(heap)
{
	test(counts_and_searches);
}

/* taken.c - blocks that are counted until they are given back.
 * SPDX-License-Identifier: ISC
 *
 * The test program is linked with --wrap=calloc (memory.c), free (heap.c) and
 * realloc, so this sees what the project's own code does, and not the libraries.
 */
#include "tests/unit/taken.h"

#include "tests/suite.h"

#include <stdlib.h>

/* Open addressing; 0 is free.  A slot is no pointer, or it would hide from LSan
 * what is lost; volatile, as the compiler believes that calloc() and free()
 * change nothing here. */
static volatile struct {
	uintptr_t *slot;
	size_t size, used;
} live;

void __real_free(void *block);
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

void taken_note(const void *block)
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

size_t taken_count(void)
{
	return live.used;
}

bool taken_back(const void *block)
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

void *__wrap_realloc(void *block, size_t size)
{
	bool ours = taken_back(block);
	void *moved = __real_realloc(block, size);

	if (ours)
		taken_note(moved);
	return moved;
}

/* --- It sees -------------------------------------------------------------- */

START_TEST(counts)
{
	size_t before = taken_count();
	char *blocks[3000];

	for (size_t i = 0; i < 3000; i++)
		blocks[i] = calloc(1, 100);
	ck_assert_uint_eq(taken_count(), before + 3000);
	for (size_t i = 0; i < 3000; i += 2)
		free(blocks[i]);
	ck_assert_uint_eq(taken_count(), before + 1500);
	blocks[1] = realloc(blocks[1], 100000);
	ck_assert_uint_eq(taken_count(), before + 1500);
	for (size_t i = 1; i < 3000; i += 2)
		free(blocks[i]);
	ck_assert_uint_eq(taken_count(), before);
}
END_TEST

SUITE(taken)
{
	test(counts);
}

/* wipe.c - tests of ikev2/crypto/wipe.c: what is given back is wiped, and it is given back.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/wipe.h"

#include "tests/suite.h"
#include "tests/unit/heap.h"

#include <string.h>

#define SECRET "nobody is to find this again"

/* A block that heap.c knows, with the secret in it. */
static char *secret_block(size_t size)
{
	char *at = wipe_malloc(size, "", 0);

	ck_assert_ptr_nonnull(at);
	heap_note(at, size);
	memcpy(at, SECRET, sizeof(SECRET));
	return at;
}

static void watch(void)
{
	heap_watch();
	heap_secret("the secret", SECRET, sizeof(SECRET));
}

static void all_is_gone(void)
{
	ck_assert_uint_eq(heap_blocks(), 0);
	ck_assert_ptr_null(heap_leaked());
	heap_unwatch();
}

START_TEST(what_is_freed_is_wiped)
{
	watch();
	wipe_free(secret_block(100), "", 0);
	all_is_gone();
	wipe_free(NULL, "", 0);
}
END_TEST

/* Longer, shorter: the old block is wiped, and what fits is in the new one. */
START_TEST(what_moves_leaves_nothing_behind)
{
	static const size_t sizes[] = { 1000, 100, sizeof(SECRET) };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *old, *moved;

		watch();
		old = secret_block(100);
		moved = wipe_realloc(old, sizes[i], "", 0);
		ck_assert_ptr_nonnull(moved);
		ck_assert_ptr_ne(moved, old);
		ck_assert_str_eq(moved, SECRET);
		ck_assert_uint_eq(heap_blocks(), 0);
		ck_assert_ptr_null(heap_leaked());
		heap_note(moved, sizes[i]);
		wipe_free(moved, "", 0);
		all_is_gone();
	}
}
END_TEST

/* As malloc() and realloc() may have it, and libcrypto expects it. */
START_TEST(nothing_and_no_size)
{
	char *at;

	ck_assert_ptr_null(wipe_malloc(0, "", 0));
	at = wipe_realloc(NULL, 10, "", 0);
	ck_assert_ptr_nonnull(at);
	wipe_free(at, "", 0);
	ck_assert_ptr_null(wipe_realloc(NULL, 0, "", 0));
	watch();
	ck_assert_ptr_null(wipe_realloc(secret_block(100), 0, "", 0));
	all_is_gone();
}
END_TEST

SUITE(wipe)
{
	test(what_is_freed_is_wiped);
	test(what_moves_leaves_nothing_behind);
	test(nothing_and_no_size);
}

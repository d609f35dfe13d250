/* wipe.c - what libcrypto gives back is wiped.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/wipe.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void *wipe_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size > 0 ? malloc(size) : NULL;
}

void wipe_free(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!at)
		return;
	sodium_memzero(at, malloc_usable_size(at));
	free(at);
}

/* Never in place: where it moves to is the allocator's choice, and what it
 * leaves behind would be, too. */
void *wipe_realloc(void *at, size_t size, const char *file, int line)
{
	size_t before = at ? malloc_usable_size(at) : 0;
	void *moved;

	if (size == 0) {
		wipe_free(at, file, line);
		return NULL;
	}
	moved = wipe_malloc(size, file, line);
	if (!moved)
		return NULL;
	if (at)
		memcpy(moved, at, before < size ? before : size);
	wipe_free(at, file, line);
	return moved;
}

bool crypto_wipes(void)
{
	return CRYPTO_set_mem_functions(wipe_malloc, wipe_realloc, wipe_free) ==
	       1;
}

/* named.c - rows that are found by their name, sorted by it.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/named.h"

#include "ikev2/ikev2.h"

#include <stdlib.h>
#include <string.h>

/* The place of a name: where it is, or where it belongs. */
static size_t place_of(const struct named *all, const char *name)
{
	size_t low = 0, high = all->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(all->rows[middle], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void *row_at(const struct named *all, size_t at, const char *name)
{
	return at < all->count && strcmp(all->rows[at], name) == 0
		       ? all->rows[at]
		       : NULL;
}

void *named_find(const struct named *all, const char *name)
{
	return row_at(all, place_of(all, name), name);
}

/* Room for one more; false without memory. */
static bool grow(struct named *all)
{
	size_t more = all->size ? 2 * all->size : 4;
	void **grown;

	if (all->count < all->size)
		return true;
	grown = reallocarray(all->rows, more, sizeof(*grown));
	if (!grown)
		return false;
	all->rows = grown;
	all->size = more;
	return true;
}

void *named_make(struct named *all, const char *name, size_t size)
{
	const size_t at = place_of(all, name);
	void *row = row_at(all, at, name);

	if (row)
		return row;
	if (strlen(name) >= MAX_NAME || !grow(all))
		return NULL;
	row = calloc(1, size);
	if (!row)
		return NULL;
	memcpy(row, name, strlen(name));
	memmove(all->rows + at + 1, all->rows + at,
		(all->count - at) * sizeof(*all->rows));
	all->rows[at] = row;
	all->count++;
	return row;
}

void *named_at(const struct named *all, size_t i)
{
	return i < all->count ? all->rows[i] : NULL;
}

void named_clear(struct named *all)
{
	for (size_t i = 0; i < all->count; i++)
		free(all->rows[i]);
	free(all->rows);
	*all = (struct named){ .count = 0 };
}

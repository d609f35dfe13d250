/* reading.c - a peer's maps while they are read: whose key counts.
 * SPDX-License-Identifier: ISC
 */
#include "config/reading.h"

const struct node *reading_find(const struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->levels.count; i++) {
		const struct node *n = node_get(r->levels.map[i], key);

		if (n)
			return n;
	}
	return NULL;
}

const struct node *reading_find_any(
	const struct reading *r, const char *const paths[][2], size_t count)
{
	for (size_t i = 0; i < r->levels.count; i++) {
		const struct node *found = NULL;

		for (size_t j = 0; j < count; j++) {
			const struct node *map = r->levels.map[i];
			const struct node *n;

			if (paths[j][0])
				map = node_get(map, paths[j][0]);
			n = node_get(map, paths[j][1]);
			if (n && found)
				complain(r->errors, n->key_at,
					"leave one of them out",
					"given twice, as '%s' too", found->key);
			else if (n)
				found = n;
		}
		if (found)
			return found;
	}
	return NULL;
}

bool reading_row(const struct reading *r, const struct schema_row *row,
	const struct node *value, void *into)
{
	struct node standard;

	if (value && !value->bad &&
		schema_read(row, value, r->allow_weak, into, r->errors))
		return true;
	if (row->size > 0 && row->standard && !r->partial) {
		standard = node_word(row->standard, r->at);
		schema_read(row, &standard, NULL, into, r->errors);
	}
	return !value;
}

struct reading reading_inner(const struct reading *r, const char *key)
{
	struct reading inner = *r;

	inner.levels.count = 0;
	for (size_t i = 0; i < r->levels.count; i++) {
		const struct node *n = node_get(r->levels.map[i], key);

		if (n && n->kind == NODE_MAP)
			inner.levels.map[inner.levels.count++] = n;
	}
	return inner;
}

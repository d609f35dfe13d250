/* table.c - a hash table of things that carry their own node.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/table.h"

#include <stdlib.h>

enum { FIRST_SIZE = 16 };

bool table_init(struct table *table)
{
	table->buckets = calloc(FIRST_SIZE, sizeof(*table->buckets));
	table->size = FIRST_SIZE;
	table->count = 0;
	return table->buckets != NULL;
}

void table_free(struct table *table)
{
	free(table->buckets);
}

static struct table_node **bucket(const struct table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->size - 1)];
}

/* In order of arrival within a bucket, so that nothing depends on sizes. */
static void append(struct table *table, struct table_node *node)
{
	struct table_node **at = bucket(table, node->hash);

	while (*at)
		at = &(*at)->next;
	node->next = NULL;
	*at = node;
}

static void grow(struct table *table)
{
	struct table old = *table;

	table->buckets = calloc(old.size * 2, sizeof(*table->buckets));
	if (!table->buckets) {
		*table = old;
		return;
	}
	table->size = old.size * 2;
	for (size_t i = 0; i < old.size; i++) {
		struct table_node *node = old.buckets[i];

		while (node) {
			struct table_node *next = node->next;

			append(table, node);
			node = next;
		}
	}
	free(old.buckets);
}

void table_add(struct table *table, struct table_node *node, uint64_t hash)
{
	if (table->count >= table->size)
		grow(table);
	node->hash = hash;
	append(table, node);
	table->count++;
}

void table_remove(struct table *table, struct table_node *node)
{
	struct table_node **at = bucket(table, node->hash);

	while (*at && *at != node)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = node->next;
	node->next = NULL;
	table->count--;
}

static struct table_node *same_hash(struct table_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct table_node *table_first(const struct table *table, uint64_t hash)
{
	return same_hash(*bucket(table, hash), hash);
}

struct table_node *table_next(const struct table_node *node)
{
	return same_hash(node->next, node->hash);
}

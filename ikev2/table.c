/* table.c - a hash table of things that carry their own node.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/table.h"

#include <stdlib.h>

void table_free(struct table *table)
{
	free(table->grown);
}

static size_t size_of(const struct table *table)
{
	return table->grown ? table->size : TABLE_FIRST;
}

static size_t place_of(const struct table *table, uint64_t hash)
{
	return hash & (size_of(table) - 1);
}

static struct table_node **bucket(struct table *table, uint64_t hash)
{
	return (table->grown ? table->grown : table->first) +
	       place_of(table, hash);
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
	const size_t before = size_of(table);
	struct table_node **old = table->grown ? table->grown : table->first;
	struct table bigger = {
		.grown = calloc(before * 2, sizeof(struct table_node *)),
		.size = before * 2,
		.count = table->count,
	};

	if (!bigger.grown)
		return;
	for (size_t i = 0; i < before; i++) {
		struct table_node *node = old[i];

		while (node) {
			struct table_node *next = node->next;

			append(&bigger, node);
			node = next;
		}
	}
	free(table->grown);
	*table = bigger;
}

void table_add(struct table *table, struct table_node *node, uint64_t hash)
{
	if (table->count >= size_of(table))
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
	const size_t at = place_of(table, hash);

	return same_hash(
		table->grown ? table->grown[at] : table->first[at], hash);
}

struct table_node *table_next(const struct table_node *node)
{
	return same_hash(node->next, node->hash);
}

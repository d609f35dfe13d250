/* table.h - a hash table of things that carry their own node.
 * SPDX-License-Identifier: ISC
 *
 * The caller hashes (keyed, where a stranger picks the key) and compares; the
 * table only finds what has the same hash.
 */
#ifndef IKEV2_TABLE_H
#define IKEV2_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;
	uint64_t hash;
};

enum { TABLE_FIRST = 16 };

/* With all members 0 it is empty.  May be copied, if the copy is used instead. */
struct table {
	struct table_node *first[TABLE_FIRST]; /* the buckets, until it grows */
	struct table_node **grown;             /* .. and after that */
	size_t size;                           /* of those: a power of two */
	size_t count;
};

void table_free(struct table *table); /* the nodes are the caller's */

/* Never fails: a table that cannot grow gets slower. */
void table_add(struct table *table, struct table_node *node, uint64_t hash);
/* A node that is not in the table is left as it is. */
void table_remove(struct table *table, struct table_node *node);

/* The first node with this hash, and the next one after it; NULL at the end. */
struct table_node *table_first(const struct table *table, uint64_t hash);
struct table_node *table_next(const struct table_node *node);

/* The thing that holds a node. */
#define HOLDER(node, type, member)                                             \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif

/* yaml.h - a YAML file as a tree of nodes that know their places.
 * SPDX-License-Identifier: ISC
 *
 * YAML as people write configurations: maps, lists and words.  Of the rest
 * (anchors, aliases, tags, merge keys, several documents, keys that are no
 * words) each is an error, since each can mean what nobody meant.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "config/errors.h"

enum {
	YAML_MAX_SIZE = 1 << 20,   /* octets of a file */
	YAML_MAX_EVENTS = 1 << 18, /* of libyaml, in a file */
	YAML_MAX_DEPTH = 16,
};

enum node_kind { NODE_WORD, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool bad;   /* has been complained about: say nothing more */
	bool plain; /* a word on one line, not quoted */
	struct place at;
	char *key; /* in a map: its name there, and the place of that */
	struct place key_at;
	char *text;         /* of a word; no NUL inside */
	struct node *first; /* of a list or map, in the order of the file */
	struct node *last;
	struct node *next; /* in the list or map it is in */
};

/* Read the file into *source.  False with an error, which may be one of its
 * text (a NUL, bad UTF-8, a tab where only spaces may stand). */
bool source_read(
	const char *name, struct source *source, struct config_errors *errors);
/* The same from memory: takes a copy. */
bool source_of_text(const char *name, struct bytes text, struct source *source,
	struct config_errors *errors);
void source_clear(struct source *source); /* wipes it */

/* The tree of a source, whose root is a map (empty for an empty file); NULL
 * without memory or after a syntax error.  Nodes point to the source.  There
 * may be errors beside a tree, too: duplicate keys, anchors .. */
struct node *node_parse(
	const struct source *source, struct config_errors *errors);
void node_free(struct node *node); /* wipes it; NULL is fine */

/* The member of a map, or NULL (also if node is NULL or no map). */
struct node *node_get(const struct node *map, const char *key);

/* A node for a word that stands nowhere, such as a default. */
struct node node_word(const char *text, struct place at);

/* The place of a part of a word. */
struct place node_part(const struct node *word, size_t offset, size_t len);

#endif

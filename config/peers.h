/* peers.h - from nodes to peers, and the checks across them.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_PEERS_H
#define CONFIG_PEERS_H

#include "config/store.h"

/* A peer and where it stands, until all checks are done. */
struct peer_source {
	struct ike_peer *peer;
	const struct node *node;     /* its map */
	const struct node *remote;   /* the value of `remote`; NULL: bad */
	const struct node *children; /* may be NULL: one is implied */
};

/* Peers' names and children's. */
bool is_name(const char *text);

/* Read one peer, and the files it needs.  defaults may be NULL.  The peer may be
 * incomplete after errors; NULL only without memory. */
struct ike_peer *peer_read(const struct node *node, const struct node *defaults,
	struct store *store, struct peer_source *source,
	struct config_errors *errors);

/* Look at defaults by themselves, as perhaps nobody uses one. */
void peer_check_defaults(const struct node *defaults, struct store *store,
	struct config_errors *errors);

/* What one peer alone can have wrong across its keys. */
void peer_check(const struct peer_source *source, struct config_errors *errors);

/* No two peers may be such that nothing can tell them apart. */
void peers_check_apart(const struct peer_source *sources, size_t count,
	struct config_errors *errors);

#endif

/* peers.c - from nodes to peers: whose key counts, what is implied.
 * SPDX-License-Identifier: ISC
 */
#include "config/peers.h"

#include "config/proofs.h"

#include <stdlib.h>

bool is_name(const char *text)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t len = strlen(text);

	return len > 0 && len < MAX_NAME && strspn(text, set) == len;
}

/* --- Rows -------------------------------------------------------------------------- */

/* Kinds whose value stands under the key itself. */
static bool is_plain(enum schema_kind kind)
{
	switch (kind) {
	case KIND_BOOL:
	case KIND_NUMBER:
	case KIND_NUMBER_AUTO:
	case KIND_SIZE_AUTO:
	case KIND_DURATION:
	case KIND_DURATION_NEVER:
	case KIND_CHOICE:
	case KIND_IKE:
	case KIND_ESP:
	case KIND_SELECTORS:
	case KIND_MARK:
		return true;
	case KIND_ADDRESSES:
	case KIND_LOG:
	case KIND_WORD:
	case KIND_LOOPBACK:
	case KIND_PLACES:
	case KIND_LOCAL_ID:
	case KIND_REMOTE_ID:
	case KIND_AUTH:
	case KIND_LOCAL_AUTH:
	case KIND_SECRET:
	case KIND_FILE:
	case KIND_FILES:
	case KIND_URIS:
	case KIND_WEAK:
	case KIND_CHILDREN:
	case KIND_SECTION:
	case KIND_LATER:
		break;
	}
	return false;
}

/* A child's key may stand in its peer, for all its children; but not one that
 * means the peer itself there. */
static const struct node *find_plain(
	const struct reading *r, const struct schema_row *row)
{
	if (row->scope == SCOPE_CHILD && schema_find(SCOPE_PEER, row->key))
		return r->own ? node_get(r->own, row->key) : NULL;
	return reading_find(r, row->key);
}

static void read_plain(
	const struct reading *r, enum schema_scope scope, void *into)
{
	const struct schema_row *row;

	for (size_t i = 0; (row = schema_at(i)); i++) {
		if (row->scope == scope && is_plain(row->kind))
			reading_row(r, row, find_plain(r, row), into);
	}
}

static void read_retransmit(const struct reading *r, struct ike_peer *peer)
{
	const struct node *map = reading_find(r, "retransmit");
	struct reading inner = reading_inner(r, "retransmit");

	if (map)
		schema_is_map(map, r->errors);
	for (size_t i = 0; i < inner.levels.count; i++)
		schema_check_keys(
			inner.levels.map[i], 1u << SCOPE_RETRANSMIT, r->errors);
	read_plain(&inner, SCOPE_RETRANSMIT, peer);
	if (peer->retransmit_max_ms < peer->retransmit_base_ms && map)
		complain(r->errors, map->at,
			"'base' is the first wait, 'max' the longest",
			"'max' is shorter than 'base'");
}

/* --- Sides -------------------------------------------------------------------------- */

/* `remote: PLACE` or `remote: {address: PLACE}`. */
static const struct node *find_place(const struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->levels.count; i++) {
		const struct node *n = node_get(r->levels.map[i], key);

		if (n && n->kind == NODE_MAP)
			n = node_get(n, "address");
		if (n)
			return n;
	}
	return NULL;
}

static bool read_side(const struct reading *r, const char *key,
	struct ike_peer *peer, struct ike_side *side)
{
	const struct schema_row *port = schema_find(SCOPE_SIDE, "port");
	struct reading inner = reading_inner(r, key);
	bool ok;

	ok = reading_row(
		r, schema_find(SCOPE_PEER, key), find_place(r, key), peer);
	for (size_t i = 0; i < inner.levels.count; i++)
		schema_check_keys(
			inner.levels.map[i], 1u << SCOPE_SIDE, r->errors);
	return reading_row(&inner, port, reading_find(&inner, "port"), side) &&
	       ok;
}

static void read_ids(const struct reading *r, struct ike_peer *peer)
{
	static const char *const local[][2] = { { NULL, "local_id" },
		{ "local", "id" } };
	static const char *const remote[][2] = { { NULL, "remote_id" },
		{ "remote", "id" } };

	reading_row(r, schema_find(SCOPE_PEER, "local_id"),
		reading_find_any(r, local, 2), peer);
	reading_row(r, schema_find(SCOPE_PEER, "remote_id"),
		reading_find_any(r, remote, 2), peer);
}

/* Our port is that of the daemon's socket. */
static void refuse_local_port(const struct reading *r)
{
	struct reading inner = reading_inner(r, "local");
	const struct node *port = reading_find(&inner, "port");

	if (port)
		complain(r->errors, port->key_at, "'port' in 'daemon'",
			"a port of our own for one peer is not supported yet "
			"by this version");
}

static void read_sides(const struct reading *r, struct ike_peer *peer,
	struct peer_source *source)
{
	const struct node *remote = reading_find(r, "remote");

	read_side(r, "local", peer, &peer->local);
	refuse_local_port(r);
	source->remote = find_place(r, "remote");
	if (!source->remote && !r->partial && !r->alone)
		complain(r->errors, remote ? remote->key_at : r->at,
			"an address, a name, or any", "peer '%s' has no %s",
			peer->name,
			remote ? "'address' in 'remote'" : "'remote'");
	if (!read_side(r, "remote", peer, &peer->remote))
		source->remote = NULL;
	read_ids(r, peer);
}

/* --- Children ------------------------------------------------------------------------- */

static void name_child(struct ike_child_policy *child, const char *name)
{
	snprintf(child->name, sizeof(child->name), "%s", name);
}

/* What a pass or drop policy has inherited from its peer means nothing there;
 * what stands in its own map is an error (checks.c). */
static void clear_tunnel(struct ike_child_policy *child)
{
	child->start = IKE_START_WAIT;
	child->priority = 0;
	child->rekey_ms = 0;
}

static void read_child(const struct reading *r, const struct node *map,
	struct ike_child_policy *child)
{
	struct reading inner = *r;

	inner.own = map;
	if (map) {
		inner.levels.map[0] = map;
		inner.levels.count = 1;
		for (size_t i = 0; i < r->levels.count; i++)
			inner.levels.map[inner.levels.count++] =
				r->levels.map[i];
	}
	read_plain(&inner, SCOPE_CHILD, child);
	if (ike_is_shunt(child->mode))
		clear_tunnel(child);
}

static size_t count_members(const struct node *map)
{
	size_t count = 0;

	for (const struct node *n = map->first; n; n = n->next)
		count++;
	return count;
}

static void read_children(
	const struct reading *r, const struct node *map, struct ike_peer *peer)
{
	struct ike_child_policy *child = peer->children;

	for (const struct node *n = map->first; n; n = n->next) {
		if (n->bad)
			continue;
		if (!is_name(n->key)) {
			complain(r->errors, n->key_at,
				"[A-Za-z0-9_.-], at most 63 characters",
				"'%s' is no name for a child", n->key);
			continue;
		}
		if (!schema_is_map(n, r->errors))
			continue;
		schema_check_keys(n, 1u << SCOPE_CHILD, r->errors);
		name_child(child, n->key);
		read_child(r, n, child++);
	}
	peer->child_count = (size_t)(child - peer->children);
}

/* Child keys in the peer are looked at even if every child has its own. */
static void check_shared_child_keys(const struct reading *r)
{
	struct ike_child_policy scratch = { 0 };
	struct reading shared = *r;

	shared.partial = true;
	read_child(&shared, NULL, &scratch);
}

static bool make_children(const struct reading *r, struct ike_peer *peer,
	struct peer_source *source)
{
	const struct node *map = node_get(source->node, "children");
	size_t count = 1;

	source->children = map;
	if (map && !schema_is_map(map, r->errors))
		return true;
	if (map && !map->first)
		complain(r->errors, map->at,
			"without 'children' there is one, named as the peer",
			"peer '%s' has no children", peer->name);
	if (map)
		count = count_members(map);
	if (count > MAX_CHILDREN) {
		complain(r->errors, map->at,
			"a child may have several networks: a list",
			"more than %d children", MAX_CHILDREN);
		return true;
	}
	peer->children = calloc(count + 1, sizeof(*peer->children));
	if (!peer->children)
		return false;
	if (map) {
		check_shared_child_keys(r);
		read_children(r, map, peer);
		return true;
	}
	name_child(&peer->children[0], peer->name);
	read_child(r, NULL, &peer->children[0]);
	peer->child_count = 1;
	return true;
}

static void share_if_id(struct ike_peer *peer)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		struct ike_child_policy *child = &peer->children[i];

		if (child->in.if_id == 0)
			child->in.if_id = peer->if_id;
		if (child->out.if_id == 0)
			child->out.if_id = peer->if_id;
	}
}

/* --- A peer ------------------------------------------------------------------------------ */

static bool dials(const struct ike_peer *peer)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		if (peer->children[i].start != IKE_START_WAIT)
			return true;
	}
	return false;
}

/* Everything but the children. */
static void read_own(const struct reading *r, struct ike_peer *peer,
	struct peer_source *source, struct store *store)
{
	if (r->allow_weak)
		reading_row(r, schema_find(SCOPE_PEER, "allow_weak"),
			r->allow_weak, peer);
	read_plain(r, SCOPE_PEER, peer);
	read_retransmit(r, peer);
	read_sides(r, peer, source);
	proofs_read(r, peer, store);
}

struct ike_peer *peer_read(const struct node *node, const struct node *defaults,
	struct store *store, struct peer_source *source,
	struct config_errors *errors)
{
	struct reading r = { .at = node->key_at, .errors = errors };
	struct ike_peer *peer = ike_peer_new();

	*source = (struct peer_source){ .peer = peer, .node = node };
	if (!peer)
		return NULL;
	snprintf(peer->name, sizeof(peer->name), "%s", node->key);
	schema_check_keys(node, 1u << SCOPE_PEER | 1u << SCOPE_CHILD, errors);
	r.levels.map[r.levels.count++] = node;
	if (defaults)
		r.levels.map[r.levels.count++] = defaults;
	r.allow_weak = reading_find(&r, "allow_weak");
	if (!make_children(&r, peer, source)) {
		ike_peer_unref(peer);
		return NULL;
	}
	r.alone = ike_peer_only_shunts(peer);
	read_own(&r, peer, source, store);
	share_if_id(peer);
	if (!reading_find(&r, "keep_trying"))
		peer->keep_trying = dials(peer) ||
				    peer->dpd_action == IKE_ACTION_RESTART ||
				    peer->close_action == IKE_ACTION_RESTART;
	return peer;
}

void peer_check_defaults(const struct node *defaults, struct store *store,
	struct config_errors *errors)
{
	struct reading r = { .errors = errors, .partial = true };
	const struct node *children = node_get(defaults, "children");
	struct ike_child_policy child = { 0 };
	struct peer_source source = { 0 };
	struct ike_peer *peer;

	if (!defaults)
		return;
	schema_check_keys(
		defaults, 1u << SCOPE_PEER | 1u << SCOPE_CHILD, errors);
	if (children)
		complain(errors, children->key_at,
			"the keys of children may stand here",
			"children are no default");
	peer = ike_peer_new();
	if (!peer)
		return;
	r.levels = (struct levels){ { defaults }, 1 };
	r.allow_weak = node_get(defaults, "allow_weak");
	read_own(&r, peer, &source, store);
	read_child(&r, NULL, &child);
	ike_peer_unref(peer);
}

/* peers.c - from nodes to peers: whose key counts, what is implied.
 * SPDX-License-Identifier: ISC
 *
 * A key counts where it stands nearest: in the child, then in the peer, then in
 * `defaults`, then what the schema says.
 */
#include "config/peers.h"

#include "config/credentials.h"
#include "config/schema.h"
#include "ikev2/identity.h"

#include <sodium.h>
#include <stdlib.h>

enum { MAX_LEVELS = 3 };

/* Maps to look into, the nearest first. */
struct levels {
	const struct node *map[MAX_LEVELS];
	size_t count;
};

struct reading {
	struct levels levels;
	const struct node *own; /* the child's own map, or NULL */
	const struct node *allow_weak;
	struct place at; /* of the peer, for what stands nowhere */
	bool partial;    /* of defaults: what is not there is not missed */
	bool alone;      /* pass and drop only: there is nobody to speak to */
	struct config_errors *errors;
};

bool is_name(const char *text)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t len = strlen(text);

	return len > 0 && len < MAX_NAME && strspn(text, set) == len;
}

/* --- Which node counts ----------------------------------------------------------- */

static const struct node *find(const struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->levels.count; i++) {
		const struct node *n = node_get(r->levels.map[i], key);

		if (n)
			return n;
	}
	return NULL;
}

/* One setting that can be written in several places of one map: `remote_id`
 * and `remote: {id}`.  paths: pairs of outer (or NULL) and inner key. */
static const struct node *find_any(
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
				complain(r->errors, n->key_at, NULL,
					"given twice, as '%s' too", found->key);
			else if (n)
				found = n;
		}
		if (found)
			return found;
	}
	return NULL;
}

/* --- Rows -------------------------------------------------------------------------- */

/* What cannot be read becomes the default, so that no check complains about a
 * value that nobody wrote. */
static bool read_row(const struct reading *r, const struct schema_row *row,
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
	case KIND_PLACES:
	case KIND_LOCAL_ID:
	case KIND_REMOTE_ID:
	case KIND_AUTH:
	case KIND_SECRET:
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
	return find(r, row->key);
}

static void read_plain(
	const struct reading *r, enum schema_scope scope, void *into)
{
	const struct schema_row *row;

	for (size_t i = 0; (row = schema_at(i)); i++) {
		if (row->scope == scope && is_plain(row->kind))
			read_row(r, row, find_plain(r, row), into);
	}
}

/* The maps of that key at every level. */
static struct levels inner_levels(const struct reading *r, const char *key)
{
	struct levels inner = { .count = 0 };

	for (size_t i = 0; i < r->levels.count; i++) {
		const struct node *n = node_get(r->levels.map[i], key);

		if (n && n->kind == NODE_MAP)
			inner.map[inner.count++] = n;
	}
	return inner;
}

static void read_retransmit(const struct reading *r, struct ike_peer *peer)
{
	const struct node *map = find(r, "retransmit");
	struct reading inner = *r;

	if (map)
		schema_is_map(map, r->errors);
	inner.levels = inner_levels(r, "retransmit");
	for (size_t i = 0; i < inner.levels.count; i++)
		schema_check_keys(
			inner.levels.map[i], 1u << SCOPE_RETRANSMIT, r->errors);
	read_plain(&inner, SCOPE_RETRANSMIT, peer);
	if (peer->retransmit_max_ms < peer->retransmit_base_ms && map)
		complain(r->errors, map->at, NULL,
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
	struct reading inner = *r;
	bool ok;

	ok = read_row(
		r, schema_find(SCOPE_PEER, key), find_place(r, key), peer);
	inner.levels = inner_levels(r, key);
	for (size_t i = 0; i < inner.levels.count; i++)
		schema_check_keys(
			inner.levels.map[i], 1u << SCOPE_SIDE, r->errors);
	return read_row(&inner, port, find(&inner, "port"), side) && ok;
}

static void read_ids(const struct reading *r, struct ike_peer *peer)
{
	static const char *const local[][2] = { { NULL, "local_id" },
		{ "local", "id" } };
	static const char *const remote[][2] = { { NULL, "remote_id" },
		{ "remote", "id" } };

	read_row(r, schema_find(SCOPE_PEER, "local_id"), find_any(r, local, 2),
		peer);
	read_row(r, schema_find(SCOPE_PEER, "remote_id"),
		find_any(r, remote, 2), peer);
}

static void read_auths(const struct reading *r, struct ike_peer *peer)
{
	static const char *const local[][2] = { { NULL, "local_auth" },
		{ "local", "auth" } };
	static const char *const remote[][2] = { { NULL, "remote_auth" },
		{ "remote", "auth" } };
	const struct node *both = find(r, "auth");
	const struct node *l = find_any(r, local, 2);
	const struct node *m = find_any(r, remote, 2);

	read_row(r, schema_find(SCOPE_PEER, "auth"), both, peer);
	read_row(r, schema_find(SCOPE_PEER, "local_auth"), l, peer);
	read_row(r, schema_find(SCOPE_PEER, "remote_auth"), m, peer);
	if (!both && (!l || !m) && !r->partial && !r->alone)
		complain(r->errors, r->at, "add 'auth: psk'",
			"peer '%s' has no 'auth'", peer->name);
}

/* The name in `local`, if it is one (architecture: identities left out). */
static void imply_local_id(struct ike_peer *peer)
{
	if (peer->local.id.type == ID_NONE && peer->local.place_count == 1 &&
		peer->local.places[0].kind == IKE_PLACE_NAME)
		identity_parse(
			peer->local.places[0].name, &peer->local.id, NULL);
}

/* Our port is that of the daemon's socket. */
static void refuse_local_port(const struct reading *r)
{
	struct reading inner = *r;
	const struct node *port;

	inner.levels = inner_levels(r, "local");
	port = find(&inner, "port");
	if (port)
		complain(r->errors, port->key_at, "'port' in 'daemon'",
			"a port of our own for one peer is not supported yet "
			"by this version");
}

static void read_sides(const struct reading *r, struct ike_peer *peer,
	struct peer_source *source)
{
	const struct node *remote = find(r, "remote");

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
	read_auths(r, peer);
	imply_local_id(peer);
}

/* --- The secret ---------------------------------------------------------------------- */

static void take_secret(const struct reading *r, struct ike_peer *peer,
	const struct node *node, const char *text, const char *secrets)
{
	char error[CREDENTIALS_TEXT], hint[CREDENTIALS_TEXT];
	struct place at = node ? node->at : r->at;
	struct credentials_psk psk;

	switch (credentials_read_psk(text, secrets, &psk, error, hint)) {
	case CREDENTIALS_OK:
		memcpy(peer->psk, psk.data, sizeof(peer->psk));
		peer->psk_len = psk.len;
		if (psk.in_text)
			complain_as(r->errors, CONFIG_WARNING, at,
				"better in a file under secrets/",
				"the secret of peer '%s' stands in the "
				"configuration",
				peer->name);
		break;
	case CREDENTIALS_BAD_TEXT:
		complain(r->errors, at, hint, "%s", error);
		break;
	case CREDENTIALS_BAD_FILE:
		snprintf(peer->error, sizeof(peer->error), "secret %.240s",
			error);
		complain_as(r->errors, CONFIG_LEFT_OUT, at, hint,
			"peer '%s' is left out: secret %s", peer->name, error);
		break;
	}
	sodium_memzero(&psk, sizeof(psk));
}

static void read_secret(
	const struct reading *r, struct ike_peer *peer, const char *secrets)
{
	static const char *const paths[][2] = { { NULL, "secret" },
		{ "local", "secret" }, { "remote", "secret" } };
	const struct node *node = find_any(r, paths, 3);
	char standard[MAX_NAME + 4];

	if (node && (node->bad || node->kind != NODE_WORD || !*node->text)) {
		if (!node->bad)
			complain(r->errors, node->at, NULL,
				"a file, cred:NAME, or hex:.. base64:.. "
				"text:..");
		return;
	}
	/* Nobody needs the key of a peer that is not there. */
	if (r->partial || r->alone || !peer->enabled)
		return;
	snprintf(standard, sizeof(standard), "%s.psk", peer->name);
	take_secret(r, peer, node, node ? node->text : standard, secrets);
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
		complain(r->errors, map->at, NULL, "more than %d children",
			MAX_CHILDREN);
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
	struct peer_source *source, const char *secrets)
{
	if (r->allow_weak)
		read_row(r, schema_find(SCOPE_PEER, "allow_weak"),
			r->allow_weak, peer);
	read_plain(r, SCOPE_PEER, peer);
	read_retransmit(r, peer);
	read_sides(r, peer, source);
	read_secret(r, peer, secrets);
}

struct ike_peer *peer_read(const struct node *node, const struct node *defaults,
	const char *secrets, struct peer_source *source,
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
	r.allow_weak = find(&r, "allow_weak");
	if (!make_children(&r, peer, source)) {
		ike_peer_unref(peer);
		return NULL;
	}
	r.alone = ike_peer_only_shunts(peer);
	read_own(&r, peer, source, secrets);
	share_if_id(peer);
	if (!find(&r, "keep_trying"))
		peer->keep_trying = dials(peer) ||
				    peer->dpd_action == IKE_ACTION_RESTART ||
				    peer->close_action == IKE_ACTION_RESTART;
	return peer;
}

void peer_check_defaults(
	const struct node *defaults, struct config_errors *errors)
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
	read_own(&r, peer, &source, "");
	read_child(&r, NULL, &child);
	ike_peer_unref(peer);
}

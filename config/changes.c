/* changes.c - what a reload changes: which peers, which of their keys, and what becomes of their SAs.
 * SPDX-License-Identifier: ISC
 *
 * The core decides what becomes of SAs (ikev2/reload.c) by two things: the
 * schema's on_change says whether the peer is begun anew, ike_child_same() and
 * ike_child_replaceable() whether a child is rekeyed or made anew.  What is told
 * here is made of the same.
 */
#include "config/changes.h"

#include "config/schema.h"
#include "config/schema_text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

const char *config_effect_name(enum config_effect effect)
{
	switch (effect) {
	case CONFIG_EFFECT_NOTHING:
		return "nothing";
	case CONFIG_EFFECT_REKEY:
		return "rekey";
	case CONFIG_EFFECT_REKEY_NOW:
		return "rekey-now";
	case CONFIG_EFFECT_CHILD:
		return "child";
	case CONFIG_EFFECT_PEER:
		return "peer";
	case CONFIG_EFFECT_ADDED:
		return "added";
	case CONFIG_EFFECT_REMOVED:
		return "removed";
	case CONFIG_EFFECT_DAEMON:
		return "daemon";
	}
	return "nothing";
}

static enum config_effect more(enum config_effect a, enum config_effect b)
{
	return a > b ? a : b;
}

/* --- Telling -------------------------------------------------------------- */

/* The keys that differ, one after the other, and the most that one of them asks
 * for. */
struct telling {
	const struct config_listener *to;
	const char *child;
	size_t keys;
	enum ike_change change;
};

static void tell(
	struct telling *t, const struct config_key *key, enum ike_change change)
{
	t->keys++;
	if (change > t->change)
		t->change = change;
	if (t->to && t->to->key)
		t->to->key(t->to->ctx, key);
}

static void tell_content(
	struct telling *t, const char *name, enum ike_change change)
{
	struct config_key key = { .child = t->child, .content = true };

	snprintf(key.name, sizeof(key.name), "%s", name);
	tell(t, &key, change);
}

static void tell_row(struct telling *t, const struct schema_row *row,
	const char *name, const void *a, const void *b)
{
	struct config_key key = { .child = t->child };

	snprintf(key.name, sizeof(key.name), "%s%s",
		row->scope == SCOPE_RETRANSMIT ? "retransmit."
		: row->scope == SCOPE_CONTROL  ? "control."
					       : "",
		name);
	if (t->to && t->to->key) {
		schema_text(row, a, key.before, sizeof(key.before));
		schema_text(row, b, key.after, sizeof(key.after));
	}
	tell(t, &key, row->on_change);
}

/* --- Keys of a peer ------------------------------------------------------- */

/* The port is compared with the place, but is a key of its own. */
static void tell_places(struct telling *t, const struct schema_row *row,
	const struct ike_peer *a, const struct ike_peer *b)
{
	const bool local = strcmp(row->key, "local") == 0;
	const struct ike_side *x = local ? &a->local : &a->remote;
	const struct ike_side *y = local ? &b->local : &b->remote;
	struct ike_peer with = { .local = b->local, .remote = b->remote };
	struct config_key key = { .child = NULL };

	(local ? &with.local : &with.remote)->port = x->port;
	if (!schema_equal(row, a, &with))
		tell_row(t, row, row->key, a, b);
	if (x->port == y->port)
		return;
	snprintf(key.name, sizeof(key.name), "%s.port", row->key);
	if (x->port)
		snprintf(key.before, sizeof(key.before), "%u", x->port);
	if (y->port)
		snprintf(key.after, sizeof(key.after), "%u", y->port);
	tell(t, &key, row->on_change);
}

/* One of the two, or both by their one spelling. */
static void tell_auth(struct telling *t, const struct schema_row *row,
	const struct ike_peer *a, const struct ike_peer *b)
{
	const struct schema_row *l = schema_find(SCOPE_PEER, "local_auth");
	const struct schema_row *r = schema_find(SCOPE_PEER, "remote_auth");

	if (a->local.auth == a->remote.auth &&
		b->local.auth == b->remote.auth) {
		tell_row(t, row, row->key, a, b);
		return;
	}
	if (a->local.auth != b->local.auth)
		tell_row(t, l, l->key, a, b);
	if (a->remote.auth != b->remote.auth)
		tell_row(t, r, r->key, a, b);
}

/* The shared key, which of a peer that is disabled is not read; and whether a peer
 * was left out for want of a file, which counts as one. */
static void tell_secret(struct telling *t, const struct schema_row *row,
	const struct ike_peer *a, const struct ike_peer *b)
{
	struct config_key key = { .name = "left_out" };

	if (a->enabled && b->enabled &&
		(a->psk_len != b->psk_len ||
			sodium_memcmp(a->psk, b->psk, sizeof(a->psk)) != 0))
		tell_content(t, row->key, row->on_change);
	if (strcmp(a->error, b->error) == 0)
		return;
	snprintf(key.before, sizeof(key.before), "%s", a->error);
	snprintf(key.after, sizeof(key.after), "%s", b->error);
	tell(t, &key, row->on_change);
}

static void tell_peer_row(struct telling *t, const struct schema_row *row,
	const struct ike_peer *a, const struct ike_peer *b)
{
	if (row->kind == KIND_PLACES)
		tell_places(t, row, a, b);
	else if (row->kind == KIND_SECRET)
		tell_secret(t, row, a, b);
	else if (row->kind != KIND_AUTH)
		tell_row(t, row, row->key, a, b);
	else if (strcmp(row->key, "auth") == 0)
		tell_auth(t, row, a, b);
}

static void tell_rows(struct telling *t, enum schema_scope scope, const void *a,
	const void *b)
{
	const struct schema_row *row;

	for (size_t i = 0; (row = schema_at(i)); i++) {
		if (row->scope != scope || row->size == 0 ||
			schema_equal(row, a, b))
			continue;
		if (scope == SCOPE_PEER)
			tell_peer_row(t, row, a, b);
		else
			tell_row(t, row, row->key, a, b);
	}
}

/* --- Keys and certificates ------------------------------------------------ */

static bool same_leaves(const struct trust *a, const struct trust *b)
{
	for (size_t i = 0;; i++) {
		struct certificate *x = trust_leaf_at(a, i);
		struct certificate *y = trust_leaf_at(b, i);

		if (!x || !y)
			return !x && !y;
		if (!bytes_equal(certificate_der(x), certificate_der(y)))
			return false;
	}
}

static bool same_keys(const struct trust *a, const struct trust *b)
{
	for (size_t i = 0;; i++) {
		struct public_key *x = trust_key_at(a, i);
		struct public_key *y = trust_key_at(b, i);

		if (!x || !y)
			return !x && !y;
		if (!public_key_equal(x, y))
			return false;
	}
}

static bool same_chain(const struct credential *a, const struct credential *b)
{
	for (size_t i = 0;; i++) {
		struct certificate *x = credential_certificate(a, i);
		struct certificate *y = credential_certificate(b, i);

		if (!x || !y)
			return !x && !y;
		if (!bytes_equal(certificate_der(x), certificate_der(y)))
			return false;
	}
}

/* Who proves itself in another way has all of it anew: the method says so.
 * What is renewed is used from the next authentication on. */
static void tell_files(struct telling *t, const struct config_change *change)
{
	const struct ike_peer *a = change->before, *b = change->after;

	if (change->own_differs && a->own && b->own) {
		if (!same_chain(a->own, b->own))
			tell_content(t, "local.cert", IKE_CHANGE_NOTHING);
		if (!public_key_equal(
			    private_key_public(credential_key(a->own)),
			    private_key_public(credential_key(b->own))))
			tell_content(t, "local.key", IKE_CHANGE_NOTHING);
	}
	if (change->trust_differs && a->trust && b->trust) {
		const size_t before = t->keys;

		if (!same_leaves(a->trust, b->trust))
			tell_content(t, "remote.cert", IKE_CHANGE_NOTHING);
		if (!same_keys(a->trust, b->trust))
			tell_content(t, "remote.pubkey", IKE_CHANGE_NOTHING);
		/* Roots, CRLs, and where these are to be had. */
		if (t->keys == before)
			tell_content(t, "remote.ca", IKE_CHANGE_NOTHING);
	}
}

/* --- Children ------------------------------------------------------------- */

static const struct ike_child_policy *child_named(
	const struct ike_peer *peer, const char *name)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		if (strcmp(peer->children[i].name, name) == 0)
			return &peer->children[i];
	}
	return NULL;
}

static void say_child(const struct config_listener *to, const char *name,
	enum config_effect effect)
{
	if (to && to->child)
		to->child(to->ctx, name, effect);
}

static enum config_effect child_effect(const struct ike_child_policy *was,
	const struct ike_child_policy *now, enum ike_change change)
{
	if (!ike_child_replaceable(now, was))
		return CONFIG_EFFECT_CHILD;
	if (!ike_child_same(now, was))
		return CONFIG_EFFECT_REKEY_NOW;
	return change == IKE_CHANGE_REKEY ? CONFIG_EFFECT_REKEY
					  : CONFIG_EFFECT_NOTHING;
}

/* Gives the effect on the child; *differs is set if there is one. */
static enum config_effect tell_child(const struct config_listener *to,
	const struct ike_child_policy *a, const struct ike_child_policy *b,
	bool *differs)
{
	struct telling t = { .to = to, .child = b->name };
	enum config_effect effect;

	tell_rows(&t, SCOPE_CHILD, a, b);
	effect = child_effect(a, b, t.change);
	if (t.keys > 0) {
		*differs = true;
		say_child(to, b->name, effect);
	}
	return effect;
}

static enum config_effect tell_children(const struct config_listener *to,
	const struct ike_peer *a, const struct ike_peer *b, bool *differs)
{
	enum config_effect effect = CONFIG_EFFECT_NOTHING;

	for (size_t i = 0; i < b->child_count; i++) {
		const struct ike_child_policy *now = &b->children[i];
		const struct ike_child_policy *was = child_named(a, now->name);

		if (was) {
			effect =
				more(effect, tell_child(to, was, now, differs));
			continue;
		}
		say_child(to, now->name, CONFIG_EFFECT_ADDED);
		effect = more(effect, CONFIG_EFFECT_CHILD);
		*differs = true;
	}
	for (size_t i = 0; i < a->child_count; i++) {
		if (child_named(b, a->children[i].name))
			continue;
		say_child(to, a->children[i].name, CONFIG_EFFECT_REMOVED);
		effect = more(effect, CONFIG_EFFECT_CHILD);
		*differs = true;
	}
	return effect;
}

/* --- Peers ---------------------------------------------------------------- */

/* `enabled: no` is as if the peer were not there. */
static bool is_there(const struct ike_peer *peer)
{
	return peer && peer->enabled;
}

static enum config_effect tell_change(const struct config_change *change,
	const struct config_listener *to, bool *differs)
{
	const struct ike_peer *a = change->before, *b = change->after;
	enum config_effect effect = CONFIG_EFFECT_NOTHING, children;
	struct telling t = { .to = to };

	*differs = true;
	if (!a)
		return is_there(b) ? CONFIG_EFFECT_ADDED
				   : CONFIG_EFFECT_NOTHING;
	if (!b)
		return CONFIG_EFFECT_REMOVED;
	*differs = false;
	tell_rows(&t, SCOPE_PEER, a, b);
	tell_rows(&t, SCOPE_RETRANSMIT, a, b);
	tell_files(&t, change);
	children = tell_children(to, a, b, differs);
	*differs |= t.keys > 0;
	if (!is_there(a) || !is_there(b))
		return is_there(b)   ? CONFIG_EFFECT_ADDED
		       : is_there(a) ? CONFIG_EFFECT_REMOVED
				     : CONFIG_EFFECT_NOTHING;
	/* Of the peer's own keys those with this effect on its children have
	 * it only where the children differ by it. */
	if (t.change == IKE_CHANGE_PEER)
		effect = CONFIG_EFFECT_PEER;
	else if (t.change == IKE_CHANGE_REKEY)
		effect = CONFIG_EFFECT_REKEY;
	return more(effect, children);
}

enum config_effect config_change_tell(const struct config_change *change,
	const struct config_listener *listener)
{
	bool differs;

	return tell_change(change, listener, &differs);
}

/* The log alone is nothing that was opened at the start. */
static bool is_at_once(const struct schema_row *row)
{
	return row->kind == KIND_LOG;
}

size_t config_changes_tell_daemon(const struct config_changes *changes,
	bool at_once, const struct config_listener *listener)
{
	const void *a = &changes->before, *b = &changes->after;
	struct telling t = { .to = listener };
	const struct schema_row *row;

	for (size_t i = 0; (row = schema_at(i)); i++) {
		if ((row->scope == SCOPE_DAEMON ||
			    row->scope == SCOPE_CONTROL) &&
			row->size > 0 && is_at_once(row) == at_once &&
			!schema_equal(row, a, b))
			tell_row(&t, row, row->key, a, b);
	}
	return t.keys;
}

/* --- Finding them --------------------------------------------------------- */

static int by_peer_name(const void *a, const void *b)
{
	const struct ike_peer *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static struct ike_peer **sorted(const struct ike_peers *peers)
{
	struct ike_peer **list = calloc(peers->count + 1, sizeof(*list));

	if (!list)
		return NULL;
	for (size_t i = 0; i < peers->count; i++)
		list[i] = peers->peer[i];
	qsort(list, peers->count, sizeof(*list), by_peer_name);
	return list;
}

static struct ike_peer *find(struct ike_peer *const *list, size_t count,
	struct ike_peer *const *like)
{
	struct ike_peer *const *at =
		bsearch(like, list, count, sizeof(*list), by_peer_name);

	return at ? *at : NULL;
}

/* Most peers share what they trust: compared once. */
struct memo {
	const struct trust *before, *after;
	bool equal;
};

static bool same_trust(
	struct memo *memo, const struct trust *a, const struct trust *b)
{
	if (a == b)
		return true;
	if (!a || !b)
		return false;
	if (memo->before != a || memo->after != b)
		*memo = (struct memo){ a, b, trust_equal(a, b) };
	return memo->equal;
}

/* Takes the change, unless there is none. */
static void take(struct config_changes *out, struct config_change change)
{
	bool differs;

	tell_change(&change, NULL, &differs);
	if (!differs) {
		out->unchanged++;
		return;
	}
	if (change.before)
		ike_peer_ref(change.before);
	if (change.after)
		ike_peer_ref(change.after);
	out->list[out->count++] = change;
}

static void find_all(const struct config *running, const struct config *new,
	struct ike_peer *const *old_names, struct ike_peer *const *new_names,
	struct config_changes *out)
{
	const struct ike_peers *old = &running->peers, *now = &new->peers;
	struct memo memo = { NULL, NULL, false };

	for (size_t i = 0; i < now->count; i++) {
		struct config_change change = { .after = now->peer[i] };

		change.before = find(old_names, old->count, &now->peer[i]);
		if (change.before) {
			change.own_differs = !credential_equal(
				change.before->own, change.after->own);
			change.trust_differs = !same_trust(&memo,
				change.before->trust, change.after->trust);
		}
		take(out, change);
	}
	for (size_t i = 0; i < old->count; i++) {
		if (!find(new_names, now->count, &old->peer[i]))
			take(out, (struct config_change){
					  .before = old->peer[i] });
	}
}

bool config_changes_find(const struct config *running, const struct config *new,
	struct config_changes *out)
{
	struct ike_peer **old_names = sorted(&running->peers);
	struct ike_peer **new_names = sorted(&new->peers);

	*out = (struct config_changes){ .before = running->daemon,
		.after = new->daemon };
	out->list = calloc(running->peers.count + new->peers.count + 1,
		sizeof(*out->list));
	if (out->list && old_names && new_names)
		find_all(running, new, old_names, new_names, out);
	else
		config_changes_clear(out);
	free(old_names);
	free(new_names);
	return out->list != NULL;
}

void config_changes_clear(struct config_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		ike_peer_unref(changes->list[i].before);
		ike_peer_unref(changes->list[i].after);
	}
	free(changes->list);
	*changes = (struct config_changes){ .list = NULL };
}

/* ctl_convert_finish.c - converted peers beside each other: same ones, contradictions, shared keys.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert.h"

#include "ikev2/crypto/secret.h"
#include "ikev2/identity.h"

#include <string.h>

/* --- What our configuration would refuse ----------------------------------- */

/* An address or a name, among others perhaps. */
static bool can_be_dialled(const struct new_peer *peer)
{
	const struct entry *remote = map_get(&peer->remote, "address");
	struct ike_addr addr;

	for (size_t i = 0; remote && i < remote->count; i++) {
		const char *word = remote->word[i];

		if (identity_parse_addr(word, &addr))
			return true;
		if (strcmp(word, "any") != 0 && !strchr(word, '/') &&
			!strchr(word, ':') &&
			word[strspn(word, "0123456789.-")])
			return true;
	}
	return false;
}

/* Any address, and `start: now`: nobody to dial. */
static void check_dialling(struct convert *c, struct new_peer *peer)
{
	static const char *const actions[] = { "dpd_action", "close_action" };

	if (can_be_dialled(peer))
		return;
	for (struct new_child *child = peer->children; child;
		child = child->next) {
		if (!map_get(&child->map, "start"))
			continue;
		map_remove(&child->map, "start");
		convert_note(c, &child->map, child->at, child->name,
			"waits for the other side: nobody can be dialled "
			"without an address");
	}
	for (size_t i = 0; i < 2; i++) {
		const char *word = map_word(&peer->map, actions[i]);

		if (!word || strcmp(word, "clear") == 0)
			continue;
		map_set(c, &peer->map, actions[i], "clear");
		convert_note(c, &peer->map, peer->at, peer->name,
			"'%s: clear': nobody can be dialled without an address",
			actions[i]);
	}
}

static bool is_shunt(const struct new_child *child)
{
	const char *mode = map_word(&child->map, "mode");

	return mode && (strcmp(mode, "pass") == 0 || strcmp(mode, "drop") == 0);
}

/* Without IKE there is nobody on the other side, and nothing to agree on. */
static void strip_shunt(struct convert *c, struct new_child *child)
{
	struct entry *entry = child->map.entries, *next;

	for (; entry; entry = next) {
		const struct schema_row *row =
			schema_find(SCOPE_CHILD, entry->key);

		next = entry->next;
		if (!row || row->shunt)
			continue;
		/* It is there from the beginning, as `trap` has it. */
		if (!entry->remark &&
			(strcmp(entry->key, "start") != 0 ||
				strcmp(entry->word[0], "on-demand") != 0))
			convert_note(c, &child->map, child->at, child->name,
				"'%s: %s' is left out: it means nothing with "
				"'mode: %s', which is always in force",
				entry->key, entry->word[0],
				map_word(&child->map, "mode"));
		map_remove(&child->map, entry->key);
	}
}

bool convert_only_shunts(const struct new_peer *peer)
{
	for (const struct new_child *child = peer->children; child;
		child = child->next) {
		if (!is_shunt(child))
			return false;
	}
	return peer->children != NULL;
}

static void check_peer(struct convert *c, struct new_peer *peer)
{
	if (peer->left_out)
		return;
	if (!peer->children) {
		convert_note(c, &peer->map, peer->at, peer->name,
			"left out: it has no children, so there is nothing "
			"that it would protect");
		peer->left_out = true;
		return;
	}
	for (struct new_child *child = peer->children; child;
		child = child->next) {
		if (is_shunt(child))
			strip_shunt(c, child);
	}
	if (!convert_only_shunts(peer))
		check_dialling(c, peer);
}

/* --- The same peer several times ------------------------------------------- */

static bool same_entry(const struct entry *a, const struct entry *b)
{
	if (!b || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->word[i], b->word[i]) != 0)
			return false;
	}
	return true;
}

static bool same_map(const struct map *a, const struct map *b)
{
	size_t count = 0;

	for (const struct entry *e = a->entries; e; e = e->next, count++) {
		if (!same_entry(e, map_get(b, e->key)))
			return false;
	}
	for (const struct entry *e = b->entries; e; e = e->next)
		count--;
	return count == 0;
}

/* Of iked's, which stand in the policies themselves. */
static bool same_key(const struct new_secret *a, const struct new_secret *b)
{
	if (!a || !b)
		return a == b;
	return secret_equal(a->value, b->value);
}

static bool same_peer(const struct new_peer *a, const struct new_peer *b)
{
	return same_key(a->secret, b->secret) &&
	       same_map(&a->remote, &b->remote) &&
	       same_map(&a->local, &b->local) && same_map(&a->map, &b->map);
}

static bool has_note(const struct map *map, const struct note *note)
{
	const struct note *n = map->notes;

	while (n && !convert_same_note(n, note))
		n = n->next_here;
	return n != NULL;
}

/* Two peers of one remote side could not be told apart; one IKE SA can have the
 * children of both, as theirs do. */
static void merge(
	struct convert *c, struct new_peer *into, struct new_peer *peer)
{
	for (struct new_child *child = peer->children, *next; child;
		child = next) {
		struct new_child *copy =
			convert_child(c, into, child->name, child->at);

		next = child->next;
		copy->map.entries = child->map.entries;
		copy->map.notes = child->map.notes;
		copy->map.notes_last = child->map.notes_last;
	}
	convert_note(c, &into->map, peer->at, peer->name,
		"has the same other side as '%s', so its children are there",
		into->name);
	for (struct note *note = peer->map.notes, *next; note; note = next) {
		next = note->next_here;
		note->next_here = NULL;
		if (has_note(&into->map, note))
			continue;
		into->map.notes_last->next_here = note;
		into->map.notes_last = note;
	}
}

static void merge_all(struct convert *c)
{
	for (struct new_peer *a = c->peers; a; a = a->next) {
		if (a->left_out || !a->remote.entries)
			continue;
		for (struct new_peer **at = &a->next; *at;) {
			struct new_peer *b = *at;

			if (b->left_out || !same_peer(a, b)) {
				at = &b->next;
				continue;
			}
			*at = b->next;
			merge(c, a, b);
		}
	}
}

/* --- Shared keys ----------------------------------------------------------- */

static bool needs_psk(const struct new_peer *peer)
{
	static const char *const keys[] = { "auth", "local_auth",
		"remote_auth" };

	for (size_t i = 0; i < 3 && !peer->left_out; i++) {
		const char *word = map_word(&peer->map, keys[i]);

		if (word && strcmp(word, "psk") == 0)
			return true;
	}
	return false;
}

static bool same_id(const char *a, const char *b)
{
	struct ike_id x, y;

	return identity_parse(a, &x, NULL) && identity_parse(b, &y, NULL) &&
	       identity_equal(&x, &y);
}

/* How well an owner fits a side: 2 by what it is called, 1 as any, 0 not. */
static unsigned int owner_fits(const char *owner, const struct map *side)
{
	const char *id = map_word(side, "id");
	const struct entry *address = map_get(side, "address");

	if (!*owner)
		return 1;
	if (id)
		return same_id(owner, id) ? 2 : 0;
	for (size_t i = 0; address && i < address->count; i++) {
		if (strcasecmp(owner, address->word[i]) == 0 ||
			same_id(owner, address->word[i]))
			return 2;
	}
	return 0;
}

static unsigned int fit(
	const struct new_secret *candidate, const struct map *side)
{
	unsigned int best = candidate->owners == 0;

	for (size_t i = 0; i < candidate->owners; i++) {
		unsigned int now = owner_fits(candidate->owner[i], side);

		best = now > best ? now : best;
	}
	return best;
}

/* As theirs do: who fits the other side best, then ours. */
static struct new_secret *choose_secret(
	const struct convert *c, const struct new_peer *peer)
{
	struct new_secret *chosen = NULL;
	unsigned int best = 0;

	for (struct new_secret *s = c->secrets; s; s = s->next) {
		if (s->value.len == 0 || s->bound)
			continue;

		unsigned int now =
			4 * fit(s, &peer->remote) + fit(s, &peer->local);

		if (now > best) {
			best = now;
			chosen = s;
		}
	}
	return chosen;
}

static void give_secret(struct convert *c, struct new_peer *peer)
{
	struct new_secret *chosen;

	if (!needs_psk(peer))
		return;
	chosen = peer->secret ? peer->secret : choose_secret(c, peer);
	peer->secret = chosen;
	if (!chosen) {
		convert_note(c, &peer->map, peer->at, peer->name,
			"its shared key was not found: put it into "
			"secrets/%s.psk, mode 0600",
			peer->name);
		return;
	}
	chosen->used = true;
	if (!c->ctl->out_folder)
		convert_note(c, &peer->map, chosen->at, chosen->key,
			"put this shared key into secrets/%s.psk, mode 0600; "
			"--out DIR writes it there",
			peer->name);
}

void convert_finish(struct convert *c)
{
	for (struct new_peer *peer = c->peers; peer; peer = peer->next)
		check_peer(c, peer);
	merge_all(c);
	for (struct new_peer *peer = c->peers; peer; peer = peer->next)
		give_secret(c, peer);
	for (const struct new_secret *s = c->secrets; s; s = s->next) {
		if (!s->used && !s->bound)
			convert_note(c, &c->top, s->at, s->key,
				"left out: no peer here needs this key");
	}
}

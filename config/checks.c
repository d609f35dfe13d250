/* checks.c - what only shows when keys, children and peers stand side by side.
 * SPDX-License-Identifier: ISC
 */
#include "config/peers.h"

#include "config/schema.h"
#include "ikev2/identity.h"
#include "ikev2/selectors.h"

#include <ctype.h>
#include <stdlib.h>

/* --- One peer ----------------------------------------------------------------------- */

static const char *start_name(enum ike_start start)
{
	switch (start) {
	case IKE_START_WAIT:
		return "wait";
	case IKE_START_NOW:
		return "now";
	case IKE_START_ON_DEMAND:
		return "on-demand";
	}
	return "";
}

static bool can_be_dialled(const struct ike_side *remote)
{
	for (size_t i = 0; i < remote->place_count; i++) {
		const struct ike_place *place = &remote->places[i];

		if (place->kind == IKE_PLACE_NAME ||
			(place->kind == IKE_PLACE_RANGE &&
				ike_addr_equal(&place->first, &place->last)))
			return true;
	}
	return false;
}

static struct place child_place(
	const struct peer_source *source, const struct ike_child_policy *child)
{
	const struct node *node = node_get(source->children, child->name);

	return node ? node->key_at : source->node->key_at;
}

/* Where the key of the child stands, or the child itself. */
static struct place key_place(const struct peer_source *source,
	const struct ike_child_policy *child, const char *key)
{
	const struct node *node =
		node_get(node_get(source->children, child->name), key);

	if (!node)
		node = node_get(source->node, key);
	return node ? node->at : child_place(source, child);
}

static void check_start(const struct peer_source *source,
	const struct ike_child_policy *child, struct config_errors *errors)
{
	if (child->start == IKE_START_WAIT || !source->remote ||
		can_be_dialled(&source->peer->remote))
		return;
	complain(errors, key_place(source, child, "start"),
		"'start: wait', or an address or a name in 'remote'",
		"'start: %s', but 'remote' is nothing that could be dialled",
		start_name(child->start));
}

/* One that stands in `defaults` is for those that can be dialled. */
static void check_action(const struct peer_source *source, const char *key,
	enum ike_action action, struct config_errors *errors)
{
	const struct node *node = node_get(source->node, key);

	if (!node || !source->remote ||
		(action != IKE_ACTION_RESTART &&
			action != IKE_ACTION_ON_DEMAND) ||
		can_be_dialled(&source->peer->remote))
		return;
	complain(errors, node->at,
		"'clear', or an address or a name in 'remote'",
		"'%s: %s', but 'remote' is nothing that could be dialled", key,
		action == IKE_ACTION_RESTART ? "restart" : "on-demand");
}

/* Transport mode is between the two endpoints (RFC 4301 section 4.1). */
static bool is_one_host(const struct ike_selector *selector)
{
	return selector->family == 0 ||
	       memcmp(selector->start, selector->end,
		       ike_addr_len(selector->family)) == 0;
}

static void check_transport(const struct peer_source *source,
	const struct ike_child_policy *child, struct config_errors *errors)
{
	const char *key = NULL;

	if (child->mode != IKE_MODE_TRANSPORT)
		return;
	for (size_t i = 0; i < child->remote_ts_count; i++) {
		if (!is_one_host(&child->remote_ts[i]))
			key = "remote_ts";
	}
	for (size_t i = 0; i < child->local_ts_count; i++) {
		if (!is_one_host(&child->local_ts[i]))
			key = "local_ts";
	}
	if (key)
		complain(errors, key_place(source, child, key),
			"leave it out, 'dynamic tcp/80', or 'mode: tunnel'",
			"transport mode is between the two hosts alone");
}

/* RFC 4303 section 2.2.1: the high half of an extended sequence number is
 * known from the window only. */
static void check_window(const struct peer_source *source,
	const struct ike_child_policy *child, struct config_errors *errors)
{
	if (child->replay_window > 0 || ike_is_shunt(child->mode))
		return;
	for (size_t i = 0; i < child->esp.count; i++) {
		const struct ike_proposal *p = &child->esp.list[i];

		for (size_t j = 0; j < p->count; j++) {
			if (p->transforms[j]->type != TRANSFORM_ESN ||
				p->transforms[j]->id != ESN_YES)
				continue;
			complain(errors,
				key_place(source, child, "replay_window"),
				"end the proposals in 'esp' with -noesn",
				"no replay window, but 'esp' has extended "
				"sequence numbers");
			return;
		}
	}
}

/* Does it stand in the child's own map?  The one child of a peer without
 * `children` has the peer's, but for what means the peer itself there. */
static bool is_own_key(
	const struct peer_source *source, const struct schema_row *row)
{
	return source->children || !schema_find(SCOPE_PEER, row->key);
}

/* Without SAs nothing is negotiated, kept, or started. */
static void check_shunt(const struct peer_source *source,
	const struct ike_child_policy *child, struct config_errors *errors)
{
	const char *mode = child->mode == IKE_MODE_PASS ? "pass" : "drop";
	const struct node *map =
		source->children ? node_get(source->children, child->name)
				 : source->node;
	const struct schema_row *row;

	if (!ike_is_shunt(child->mode))
		return;
	for (const struct node *n = map->first; n; n = n->next) {
		row = schema_find(SCOPE_CHILD, n->key);
		if (row && !row->shunt && is_own_key(source, row))
			complain(errors, n->key_at, "leave it out",
				"'%s' means nothing with 'mode: %s'", n->key,
				mode);
	}
	for (size_t i = 0; i < child->local_ts_count; i++) {
		if (child->local_ts[i].family == 0)
			complain(errors, key_place(source, child, "local_ts"),
				"addresses, such as 10.1.0.0/16 or 0.0.0.0/0",
				"'mode: %s' has no endpoint that 'local_ts' "
				"could be",
				mode);
	}
	for (size_t i = 0; i < child->remote_ts_count; i++) {
		if (child->remote_ts[i].family == 0)
			complain(errors, key_place(source, child, "remote_ts"),
				"addresses, such as 10.2.0.0/16 or 0.0.0.0/0",
				"'mode: %s' has no endpoint that 'remote_ts' "
				"could be",
				mode);
	}
}

/* One pair of selectors is one policy in the kernel, unless marks or interfaces
 * tell two apart in both directions. */
static bool share_policy(
	const struct ike_child_policy *a, const struct ike_child_policy *b)
{
	bool local = false, remote = false;

	for (size_t i = 0; i < a->local_ts_count && !local; i++) {
		for (size_t j = 0; j < b->local_ts_count && !local; j++)
			local = selector_equal(
				&a->local_ts[i], &b->local_ts[j]);
	}
	for (size_t i = 0; i < a->remote_ts_count && !remote; i++) {
		for (size_t j = 0; j < b->remote_ts_count && !remote; j++)
			remote = selector_equal(
				&a->remote_ts[i], &b->remote_ts[j]);
	}
	return local && remote &&
	       (ike_label_equal(&a->in, &b->in) ||
		       ike_label_equal(&a->out, &b->out));
}

static void check_children_apart(
	const struct peer_source *source, struct config_errors *errors)
{
	const struct ike_peer *peer = source->peer;
	char hint[HINT_SIZE];

	for (size_t i = 0; i < peer->child_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!share_policy(
				    &peer->children[j], &peer->children[i]))
				continue;
			complain(errors,
				child_place(source, &peer->children[i]),
				hint_text(hint, "'%s' stands on line %u",
					peer->children[j].name,
					child_place(source, &peer->children[j])
						.line),
				"children '%s' and '%s' have equal selectors",
				peer->children[j].name, peer->children[i].name);
			break;
		}
	}
}

void peer_check(const struct peer_source *source, struct config_errors *errors)
{
	const struct ike_peer *peer = source->peer;

	for (size_t i = 0; i < peer->child_count; i++) {
		check_start(source, &peer->children[i], errors);
		check_transport(source, &peer->children[i], errors);
		check_window(source, &peer->children[i], errors);
		check_shunt(source, &peer->children[i], errors);
	}
	check_action(source, "dpd_action", peer->dpd_action, errors);
	check_action(source, "close_action", peer->close_action, errors);
	check_children_apart(source, errors);
}

/* --- Two peers ------------------------------------------------------------------------ */

static bool places_overlap(const struct ike_place *a, const struct ike_place *b)
{
	if (a->kind == IKE_PLACE_ANY || b->kind == IKE_PLACE_ANY)
		return true;
	if (a->kind != b->kind)
		return false; /* where a name is shows only when it is dialled */
	if (a->kind == IKE_PLACE_NAME)
		return strcasecmp(a->name, b->name) == 0;
	return a->first.family == b->first.family &&
	       ike_addr_compare(&a->first, &b->last) <= 0 &&
	       ike_addr_compare(&b->first, &a->last) <= 0;
}

static bool sides_overlap(const struct ike_side *a, const struct ike_side *b)
{
	if (a->place_count == 0 || b->place_count == 0)
		return true;
	for (size_t i = 0; i < a->place_count; i++) {
		for (size_t j = 0; j < b->place_count; j++) {
			if (places_overlap(&a->places[i], &b->places[j]))
				return true;
		}
	}
	return false;
}

/* Whom a certificate must be for, if `remote_id` does not say it: `remote`. */
static struct ike_id certificate_id(const struct ike_side *remote)
{
	const struct ike_place *place = &remote->places[0];
	struct ike_id id = remote->id;

	if (id.type != ID_NONE || remote->place_count != 1)
		return id;
	if (place->kind == IKE_PLACE_NAME)
		identity_parse(place->name, &id, NULL);
	else if (place->kind == IKE_PLACE_RANGE &&
		 ike_addr_equal(&place->first, &place->last))
		id = identity_of_addr(&place->first);
	return id;
}

/* A shared key of a peer with any identity is that of its address, so nobody
 * else with a shared key may come from there.
 * Signatures are looked at for the most exact identity first, any comes last. */
static bool ids_tell_apart(
	const struct ike_side *a, const struct ike_side *b, uint8_t methods)
{
	const struct ike_id x = certificate_id(a), y = certificate_id(b);

	if ((methods & IKE_AUTH_PSK) &&
		(a->id.type == ID_NONE || b->id.type == ID_NONE ||
			identity_equal(&a->id, &b->id)))
		return false;
	return !(methods & IKE_AUTH_SIGNATURE) || !identity_equal(&x, &y);
}

/* A raw key may come without saying so: the two kinds of signatures are one. */
static uint8_t methods_of(const struct ike_side *remote)
{
	return remote->auth & IKE_AUTH_SIGNATURE
		       ? remote->auth | IKE_AUTH_SIGNATURE
		       : remote->auth;
}

static bool tells_apart(const struct ike_side *a, const struct ike_side *b)
{
	const uint8_t methods = methods_of(a) & methods_of(b);

	return methods == 0 || ids_tell_apart(a, b, methods);
}

static void complain_pair(const struct peer_source *first,
	const struct peer_source *second, struct config_errors *errors)
{
	struct place at = first->node->key_at;
	bool any = first->peer->remote.id.type == ID_NONE ||
		   second->peer->remote.id.type == ID_NONE;
	char hint[HINT_SIZE];

	complain(errors, second->node->key_at,
		hint_text(hint, "give each a 'remote_id'; '%s' stands at %s:%u",
			first->peer->name, at.source ? at.source->name : "-",
			at.line),
		"nothing can tell peers '%s' and '%s' apart: their 'remote' "
		"overlaps, and %s",
		first->peer->name, second->peer->name,
		any ? "one has no 'remote_id'" : "their 'remote_id' is equal");
}

/* A peer and a range of its remote; `any` is all there is. */
struct span {
	const struct peer_source *source;
	struct ike_addr first, last; /* family 0: any, or a name */
	uint32_t id;                 /* of the remote identity; 0: any */
};

/* Of letters and digits alone, as equal names may be written in several ways. */
static uint32_t hash_of_dn(const struct ike_id *id)
{
	uint32_t hash = 2166136261u ^ id->type;
	char text[IKE_ID_SIZE];

	identity_text(id, text);
	for (const char *c = text; *c; c++) {
		if (isalnum((unsigned char)*c))
			hash = (hash ^ (uint32_t)tolower((unsigned char)*c)) *
			       16777619u;
	}
	return hash | 1;
}

/* Unequal for most unequal identities, so that ten thousand peers are soon
 * told apart (FNV-1a; host names have no case). */
static uint32_t hash_of(const struct ike_id *id)
{
	uint32_t hash = 2166136261u ^ id->type;

	if (id->type == ID_NONE)
		return 0;
	if (id->type == ID_DER_ASN1_DN)
		return hash_of_dn(id);
	for (size_t i = 0; i < id->len; i++) {
		uint8_t c = id->data[i];

		if (id->type == ID_FQDN && c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		hash = (hash ^ c) * 16777619u;
	}
	return hash | 1;
}

static int by_first(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int order;

	if (x->first.family != y->first.family)
		return x->first.family < y->first.family ? -1 : 1;
	order = ike_addr_compare(&x->first, &y->first);
	if (order != 0)
		return order;
	return x->source < y->source ? -1 : x->source > y->source;
}

static bool in_question(const struct peer_source *a)
{
	return a->remote && a->peer->enabled && !ike_peer_only_shunts(a->peer);
}

static void check_pair(const struct peer_source *a, const struct peer_source *b,
	struct config_errors *errors)
{
	if (a > b) {
		check_pair(b, a, errors);
		return;
	}
	if (a != b && !tells_apart(&a->peer->remote, &b->peer->remote) &&
		sides_overlap(&a->peer->remote, &b->peer->remote) &&
		sides_overlap(&a->peer->local, &b->peer->local))
		complain_pair(a, b, errors);
}

static size_t count_spans(const struct peer_source *sources, size_t count)
{
	size_t spans = 0;

	for (size_t i = 0; i < count; i++) {
		uint8_t places = sources[i].peer->remote.place_count;

		spans += places ? places : 1;
	}
	return spans;
}

static size_t fill_spans(
	const struct peer_source *sources, size_t count, struct span *spans)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct ike_side *remote = &sources[i].peer->remote;
		const struct ike_id id = remote->auth & IKE_AUTH_PSK
						 ? remote->id
						 : certificate_id(remote);
		struct span span = { .source = &sources[i],
			.id = hash_of(&id) };

		if (!in_question(&sources[i]))
			continue;
		if (remote->place_count == 0)
			spans[used++] = span;
		for (size_t j = 0; j < remote->place_count; j++) {
			span.first = remote->places[j].first;
			span.last = remote->places[j].last;
			spans[used++] = span;
		}
	}
	return used;
}

static bool out_of_reach(const struct span *a, const struct span *b)
{
	return a->first.family != 0 &&
	       (b->first.family != a->first.family ||
		       ike_addr_compare(&b->first, &a->last) > 0);
}

/* In the order of their first address only neighbours need to be compared;
 * `any` and names, which come first, are compared with all. */
void peers_check_apart(const struct peer_source *sources, size_t count,
	struct config_errors *errors)
{
	struct span *spans =
		calloc(count_spans(sources, count) + 1, sizeof(struct span));
	size_t used;

	if (!spans) {
		complain(errors, (struct place){ 0 }, NULL, "out of memory");
		return;
	}
	used = fill_spans(sources, count, spans);
	qsort(spans, used, sizeof(struct span), by_first);
	for (size_t i = 0; i < used; i++) {
		for (size_t j = i + 1; j < used; j++) {
			if (out_of_reach(&spans[i], &spans[j]))
				break;
			if (spans[i].id == 0 || spans[j].id == 0 ||
				spans[i].id == spans[j].id)
				check_pair(spans[i].source, spans[j].source,
					errors);
		}
	}
	free(spans);
}

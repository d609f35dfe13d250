/* explained.c - why exchanges failed, the last few of each peer, for `explain`.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/explained.h"

#include "config/proposal.h"
#include "daemon/named.h"
#include "ikev2/explain.h"

#include <stdlib.h>
#include <string.h>

/* What makes it the same failure again: but of strangers only from where. */
struct sameness {
	bool initiator;
	enum ike_cause cause;
	enum ike_error error;
	char child[MAX_NAME];
	char key[24];
	struct ike_addr remote;
};

struct entry {
	struct sameness is;
	int64_t first_ms, last_ms;
	uint64_t count, order;
	char *record; /* JSON, owned */
};

/* Of one peer, or of all strangers. */
struct shelf {
	char name[MAX_NAME]; /* of the peer */
	struct entry entry[EXPLAINED_KEPT];
	size_t count;
};

struct explained {
	struct named shelves;
	struct shelf strangers;
	uint64_t order, left_out;
};

struct explained *explained_new(void)
{
	return calloc(1, sizeof(struct explained));
}

static void clear_shelf(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		free(shelf->entry[i].record);
}

void explained_free(struct explained *explained)
{
	if (!explained)
		return;
	clear_shelf(&explained->strangers);
	for (size_t i = 0; i < explained->shelves.count; i++)
		clear_shelf(named_at(&explained->shelves, i));
	named_clear(&explained->shelves);
	free(explained);
}

/* --- The shelf of a peer -------------------------------------------------- */

static const struct shelf *find_shelf(
	const struct explained *explained, const char *peer)
{
	return peer ? named_find(&explained->shelves, peer)
		    : &explained->strangers;
}

static struct shelf *shelf_of(struct explained *explained, const char *peer)
{
	return named_make(&explained->shelves, peer, sizeof(struct shelf));
}

/* --- Keeping -------------------------------------------------------------- */

static struct sameness sameness_of(
	const struct ike_explanation *why, bool stranger)
{
	struct sameness is = { .remote = why->remote.addr };

	if (stranger)
		return is;
	is.initiator = why->initiator;
	is.cause = why->cause;
	is.error = why->error;
	memcpy(is.child, why->child, sizeof(is.child));
	memcpy(is.key, why->key, sizeof(is.key));
	return is;
}

static bool is_same(const struct sameness *a, const struct sameness *b)
{
	return a->initiator == b->initiator && a->cause == b->cause &&
	       a->error == b->error && strcmp(a->child, b->child) == 0 &&
	       strcmp(a->key, b->key) == 0 &&
	       ike_addr_equal(&a->remote, &b->remote);
}

/* Where it may stand: with those like it, in a free place, or instead of the
 * oldest of its kind; NULL: nowhere. */
static struct entry *place_for(struct shelf *shelf, const struct sameness *is,
	size_t most, int64_t unix_ms)
{
	struct entry *oldest = NULL;
	size_t of_kind = 0;

	for (size_t i = 0; i < shelf->count; i++) {
		struct entry *entry = &shelf->entry[i];

		if (is_same(&entry->is, is))
			return entry;
		if (entry->is.initiator != is->initiator)
			continue;
		of_kind++;
		if (!oldest || entry->order < oldest->order)
			oldest = entry;
	}
	if (of_kind < most && shelf->count < EXPLAINED_KEPT)
		return &shelf->entry[shelf->count++];
	if (!is->initiator && oldest &&
		unix_ms - oldest->last_ms < EXPLAINED_ROOM_MS)
		return NULL;
	return oldest;
}

/* True: it is new. */
static bool put(struct explained *explained, struct shelf *shelf,
	const struct ike_explanation *why, const char *record, int64_t unix_ms)
{
	const bool stranger = shelf == &explained->strangers;
	const struct sameness is = sameness_of(why, stranger);
	char *copy = strdup(record);
	struct entry *entry;
	bool again;

	if (!copy)
		return false;
	entry = place_for(shelf, &is,
		stranger       ? EXPLAINED_STRANGERS
		: is.initiator ? EXPLAINED_OURS
			       : EXPLAINED_THEIRS,
		unix_ms);
	if (!entry) {
		explained->left_out++;
		free(copy);
		return false;
	}
	again = entry->record && is_same(&entry->is, &is);
	free(entry->record);
	*entry = (struct entry){ .is = is,
		.first_ms = again ? entry->first_ms : unix_ms,
		.last_ms = unix_ms,
		.count = again ? entry->count + 1 : 1,
		.order = ++explained->order,
		.record = copy };
	return !again;
}

/* For the peer that it is about, and for all those that it could have been. */
static bool put_all(struct explained *explained,
	const struct ike_explanation *why, const char *record, int64_t unix_ms)
{
	struct shelf *shelf;
	bool new;

	if (!why->peer[0])
		return put(
			explained, &explained->strangers, why, record, unix_ms);
	shelf = shelf_of(explained, why->peer);
	new = shelf &&put(explained, shelf, why, record, unix_ms);
	for (uint8_t i = 0; i < why->tried_count; i++) {
		if (strcmp(why->tried[i].peer, why->peer) == 0)
			continue;
		shelf = shelf_of(explained, why->tried[i].peer);
		if (shelf)
			(void)put(explained, shelf, why, record, unix_ms);
	}
	return new;
}

static void copy_hint(const json_t *record, char hint[EXPLAINED_HINT])
{
	const char *text = json_string_value(json_object_get(record, "hint"));

	snprintf(hint, EXPLAINED_HINT, "%s", text ? text : "");
}

bool explained_keep(struct explained *explained,
	const struct ike_explanation *why, int64_t unix_ms,
	char hint[EXPLAINED_HINT])
{
	json_t *record = explained_report(why);
	char *text = json_dumps(record, JSON_COMPACT);
	bool new = false;

	if (text)
		new = put_all(explained, why, text, unix_ms);
	copy_hint(record, hint);
	free(text);
	json_decref(record);
	return new;
}

/* --- Reading -------------------------------------------------------------- */

static const struct entry *entry_at(const struct shelf *shelf, size_t i)
{
	const struct entry *found = NULL;
	uint64_t below = UINT64_MAX;

	if (!shelf || i >= shelf->count)
		return NULL;
	for (size_t n = 0; n <= i; n++) {
		found = NULL;
		for (size_t e = 0; e < shelf->count; e++) {
			const struct entry *entry = &shelf->entry[e];

			if (entry->order < below &&
				(!found || entry->order > found->order))
				found = entry;
		}
		below = found ? found->order : 0;
	}
	return found;
}

static void set_time(json_t *record, const char *key, int64_t unix_ms)
{
	char text[REPORT_TIME_SIZE];

	json_object_set_new(
		record, key, json_string(report_time(unix_ms, text)));
}

json_t *explained_record(
	const struct explained *explained, const char *peer, size_t i)
{
	const struct shelf *shelf = find_shelf(explained, peer);
	const struct entry *entry = entry_at(shelf, i);
	json_t *record = entry ? json_loads(entry->record, 0, NULL) : NULL;

	if (!record)
		return NULL;
	if (peer)
		report_set_text(record, "peer", peer);
	set_time(record, "time", entry->last_ms);
	if (entry->count > 1) {
		set_time(record, "first", entry->first_ms);
		json_object_set_new(record, "count",
			json_integer((json_int_t)entry->count));
	}
	return record;
}

const char *explained_peer(const struct explained *explained, size_t i)
{
	const struct shelf *shelf = named_at(&explained->shelves, i);

	return shelf ? shelf->name : NULL;
}

uint64_t explained_left_out(const struct explained *explained)
{
	return explained->left_out;
}

bool explained_hint(const struct explained *explained, const char *peer,
	const char *text, char hint[EXPLAINED_HINT])
{
	json_t *record;

	hint[0] = '\0';
	for (size_t i = 0;
		!hint[0] && (record = explained_record(explained, peer, i));
		i++) {
		const char *is =
			json_string_value(json_object_get(record, "text"));

		if (is && strcmp(is, text) == 0)
			copy_hint(record, hint);
		json_decref(record);
	}
	return hint[0] != '\0';
}

/* --- As a record ---------------------------------------------------------- */

static void set_end(
	json_t *record, const char *key, const struct ike_endpoint *end)
{
	char text[IKE_ADDR_SIZE];
	json_t *object;

	if (end->addr.family == 0)
		return;
	object = json_object();
	report_set_text(object, "addr", ike_addr_text(&end->addr, text));
	json_object_set_new(object, "port", json_integer(end->port));
	json_object_set_new(record, key, object);
}

static void set_some(json_t *record, const char *key, const char *text)
{
	if (text[0])
		report_set_text(record, key, text);
}

static void set_proposals(json_t *record, const char *key,
	const struct explain_proposals *proposals, uint8_t nearest)
{
	json_t *array;

	if (proposals->count == 0)
		return;
	array = json_array();
	for (uint8_t i = 0; i < proposals->count; i++) {
		json_t *one = json_object();

		report_set_text(one, "proposal", proposals->list[i]);
		if (i + 1 == nearest)
			json_object_set_new(one, "nearest", json_true());
		json_array_append_new(array, one);
	}
	if (proposals->more)
		json_array_append_new(
			array, json_pack("{s:s}", "proposal", ".."));
	json_object_set_new(record, key, array);
}

static void set_rows(json_t *record, const struct ike_explanation *why)
{
	json_t *array = json_array();

	for (uint8_t i = 0; i < why->row_count; i++) {
		const struct explain_row *row = &why->rows[i];
		json_t *one = json_object();

		report_set_text(one, "what", row->what);
		set_some(one, "theirs", row->theirs);
		set_some(one, "ours", row->ours);
		json_object_set_new(one, "differs", json_boolean(row->differs));
		json_array_append_new(array, one);
	}
	json_object_set_new(record, "rows", array);
}

static void set_tried(json_t *record, const struct ike_explanation *why)
{
	json_t *array;

	if (why->tried_count == 0)
		return;
	array = json_array();
	for (uint8_t i = 0; i < why->tried_count; i++) {
		json_t *one = json_object();

		report_set_text(one, "peer", why->tried[i].peer);
		report_set_text(one, "why", why->tried[i].why);
		json_array_append_new(array, one);
	}
	json_object_set_new(record, "tried", array);
}

static bool same_proposals(
	const struct explain_proposals *a, const struct explain_proposals *b)
{
	for (uint8_t i = 0; i < a->count && i < b->count; i++) {
		if (strcmp(a->list[i], b->list[i]) != 0)
			return false;
	}
	return a->count == b->count;
}

/* Are these what a peer has that names none? */
static bool is_preset(const struct explain_proposals *ours, uint8_t protocol)
{
	static const enum negotiate_ke kes[] = { NEGOTIATE_KE,
		NEGOTIATE_WITHOUT_KE };
	const struct node word = node_word("default", (struct place){ 0 });
	struct config_errors errors = { 0 };
	struct ike_proposals preset;
	bool is = false;

	if (!proposal_parse(&word, protocol, NULL, &preset, &errors)) {
		config_errors_clear(&errors);
		return false;
	}
	for (size_t i = 0; !is && i < sizeof(kes) / sizeof(kes[0]); i++) {
		struct ike_explanation like = { .row_count = 0 };

		explain_offer(&like, &preset, NULL, protocol, kes[i]);
		is = same_proposals(&like.ours, ours);
	}
	return is;
}

/* As one would write it: what is added to a key that is not there would take the
 * place of its default. */
static void fix_here(
	const struct ike_explanation *why, char out[EXPLAIN_TEXT_SIZE])
{
	const bool ike = strcmp(why->key, "ike") == 0;
	char suite[EXPLAIN_VALUE_SIZE];
	const char *rest = strchr(why->fix_here, ',');

	snprintf(out, EXPLAIN_TEXT_SIZE, "%s", why->fix_here);
	if (sscanf(why->fix_here, "add %159s to '", suite) == 1 &&
		is_preset(&why->ours, ike ? PROTOCOL_IKE : PROTOCOL_ESP))
		snprintf(out, EXPLAIN_TEXT_SIZE, "%s: [default, %s]%.60s",
			why->key, suite, rest ? rest : "");
}

/* One sentence: what to do, else where to look. */
static void set_hint(
	json_t *record, const struct ike_explanation *why, const char *here)
{
	const char *general = report_cause_hint(why->cause);
	char hint[EXPLAINED_HINT] = "";

	if (here[0] && why->fix_there[0])
		snprintf(hint, sizeof(hint), "here: %s; or there: %s", here,
			why->fix_there);
	else if (here[0] || why->fix_there[0])
		snprintf(hint, sizeof(hint), "%s: %s",
			here[0] ? "here" : "there",
			here[0] ? here : why->fix_there);
	else if (why->look[0])
		snprintf(hint, sizeof(hint), "%s", why->look);
	else if (general)
		snprintf(hint, sizeof(hint), "%s", general);
	set_some(record, "hint", hint);
}

json_t *explained_report(const struct ike_explanation *why)
{
	json_t *record = report_head("explanation");
	char here[EXPLAIN_TEXT_SIZE];

	fix_here(why, here);
	set_some(record, "peer", why->peer);
	set_some(record, "child", why->child);
	report_set_text(
		record, "role", why->initiator ? "initiator" : "responder");
	json_object_set_new(record, "code", json_integer((int)why->cause));
	report_set_text(
		record, "name", report_cause_name(why->cause, why->error));
	set_end(record, "local", &why->local);
	set_end(record, "remote", &why->remote);
	report_implementation(record, &why->implementation,
		why->cause == IKE_CAUSE_PROPOSAL ||
			why->cause == IKE_CAUSE_KEY_EXCHANGE);
	report_set_text(record, "text", why->text);
	set_some(record, "key", why->key);
	set_proposals(record, "theirs", &why->theirs, why->nearest_theirs);
	set_proposals(record, "ours", &why->ours, why->nearest_ours);
	set_rows(record, why);
	set_tried(record, why);
	set_some(record, "fix_there", why->fix_there);
	set_some(record, "fix_here", here);
	set_some(record, "look", why->look);
	set_hint(record, why, here);
	return record;
}

/* command_reload.c - the method reload: looked at, put in force, on trial, kept, taken back.
 * SPDX-License-Identifier: ISC
 *
 * What changes is said peer by peer, as the client reads it: the list holds the
 * peers of both configurations until then.
 */
#include "daemon/command.h"

#include "daemon/daemon.h"
#include "daemon/reload.h"

#include <stdlib.h>

enum { MAX_KEYS = 256 }; /* of one record */

/* What has been found, and is being said. */
struct change_list {
	struct config_changes changes;
	size_t changed, added, removed; /* of those said so far */
	bool dry_run;
	uint64_t trial_ms;
};

void change_list_free(struct change_list *list)
{
	if (!list)
		return;
	config_changes_clear(&list->changes);
	free(list);
}

/* --- Records -------------------------------------------------------------- */

struct record {
	json_t *keys, *children;
	size_t left_off;
};

static void add_key(void *ctx, const struct config_key *key)
{
	struct record *record = ctx;
	json_t *object;

	if (json_array_size(record->keys) == MAX_KEYS) {
		record->left_off++;
		return;
	}
	object = json_object();
	if (key->child)
		report_set_text(object, "child", key->child);
	report_set_text(object, "key", key->name);
	if (key->content)
		json_object_set_new(object, "content", json_true());
	if (key->before[0])
		report_set_text(object, "before", key->before);
	if (key->after[0])
		report_set_text(object, "after", key->after);
	json_array_append_new(record->keys, object);
}

static void add_child(void *ctx, const char *name, enum config_effect effect)
{
	struct record *record = ctx;
	json_t *object = json_object();

	report_set_text(object, "name", name);
	report_set_text(object, "effect", config_effect_name(effect));
	json_array_append_new(record->children, object);
}

static json_t *finish(
	struct record *parts, json_t *record, enum config_effect effect)
{
	report_set_text(record, "effect", config_effect_name(effect));
	json_object_set_new(record, "children", parts->children);
	json_object_set_new(record, "keys", parts->keys);
	if (parts->left_off > 0)
		json_object_set_new(record, "left_off",
			json_integer((json_int_t)parts->left_off));
	return record;
}

static json_t *change_record(
	const struct config_change *change, struct change_list *list)
{
	const struct ike_peer *peer =
		change->after ? change->after : change->before;
	struct record parts = { json_array(), json_array(), 0 };
	const struct config_listener listener = { add_key, add_child, &parts };
	enum config_effect effect = config_change_tell(change, &listener);
	json_t *record = report_head("change");

	report_set_text(record, "peer", peer->name);
	if (effect == CONFIG_EFFECT_ADDED)
		list->added++;
	else if (effect == CONFIG_EFFECT_REMOVED)
		list->removed++;
	else
		list->changed++;
	return finish(&parts, record, effect);
}

/* Of the section, what is in force at once, or what is not; if there is any. */
static void say_section(struct request *request,
	const struct config_changes *changes, bool at_once)
{
	struct record parts = { json_array(), json_array(), 0 };
	const struct config_listener listener = { add_key, NULL, &parts };
	json_t *record = report_head("change");

	report_set_text(record, "section", "daemon");
	if (config_changes_tell_daemon(changes, at_once, &listener) > 0) {
		request_say(request, finish(&parts, record,
					     at_once ? CONFIG_EFFECT_NOTHING
						     : CONFIG_EFFECT_DAEMON));
		return;
	}
	json_decref(parts.keys);
	json_decref(parts.children);
	json_decref(record);
}

static json_t *summary(const struct change_list *list)
{
	json_t *record = report_head("reload");

	json_object_set_new(record, "dry_run", json_boolean(list->dry_run));
	if (list->trial_ms > 0)
		json_object_set_new(record, "trial_s",
			json_integer((json_int_t)(list->trial_ms / 1000)));
	json_object_set_new(record, "peers",
		json_pack("{s:I, s:I, s:I, s:I}", "changed",
			(json_int_t)list->changed, "added",
			(json_int_t)list->added, "removed",
			(json_int_t)list->removed, "unchanged",
			(json_int_t)list->changes.unchanged));
	return record;
}

/* --- Saying it ------------------------------------------------------------ */

void reload_more(struct request *request)
{
	struct change_list *list = request->changes;

	while (request->room(request->ctx)) {
		if (request->next == list->changes.count) {
			say_section(request, &list->changes, true);
			say_section(request, &list->changes, false);
			request_say(request, summary(list));
			request_succeed(request);
			return;
		}
		request_say(request,
			change_record(
				&list->changes.list[request->next], list));
		request->next++;
	}
}

static void say_changes(struct request *request, struct change_list *list,
	struct config_changes *changes)
{
	list->changes = *changes;
	*changes = (struct config_changes){ .list = NULL };
	request->changes = list;
	request->next = 0;
	request->state = REQUEST_MORE;
}

static void say_errors(
	struct request *request, const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		request_say(request, report_config_error(&errors->list[i]));
}

static void fail_stopping(struct request *request)
{
	request_fail(request, REPORT_FAILED, NULL, "the daemon is stopping");
}

/* --- What was asked for --------------------------------------------------- */

static void refuse(struct request *request, const struct config_errors *errors)
{
	const size_t wrong = errors->errors + errors->left_out;

	request_fail(request, REPORT_CONFIG, NULL,
		"%zu error%s: the configuration stays as it was", wrong,
		wrong == 1 ? "" : "s");
}

static void read_again(struct request *request, struct change_list *list)
{
	struct reload reload = { .dry_run = list->dry_run,
		.trial_ms = list->trial_ms };
	enum reload_result result =
		daemon_reload(request->all->daemon, &reload);

	say_errors(request, &reload.errors);
	switch (result) {
	case RELOAD_DONE:
		say_changes(request, list, &reload.changes);
		list = NULL;
		break;
	case RELOAD_REFUSED:
		refuse(request, &reload.errors);
		break;
	case RELOAD_WAITS:
		request_fail(request, REPORT_FAILED,
			"ipsec-ctl reload --keep, or --undo, or once more with "
			"--confirm",
			"a configuration is on trial, and waits to be kept");
		break;
	case RELOAD_STOPPING:
		fail_stopping(request);
		break;
	}
	change_list_free(list);
	reload_clear(&reload);
}

/* It may have been in time for nothing. */
static void fail_no_trial(struct request *request)
{
	request_fail(request, REPORT_FAILED,
		request->all->daemon->went_back_ms > 0
			? "the last one went back; what the files have is put "
			  "in force by: ipsec-ctl reload"
			: NULL,
		"no configuration is on trial");
}

static void keep(struct request *request)
{
	if (daemon_keep(request->all->daemon))
		request_succeed(request);
	else
		fail_no_trial(request);
}

static void undo(struct request *request, struct change_list *list)
{
	struct config_changes changes;

	switch (daemon_go_back(request->all->daemon, &changes)) {
	case RELOAD_DONE:
		say_changes(request, list, &changes);
		return;
	case RELOAD_WAITS:
		fail_no_trial(request);
		break;
	case RELOAD_REFUSED:
		request_fail(request, REPORT_FAILED, NULL,
			"out of memory: it is tried again in a moment");
		break;
	case RELOAD_STOPPING:
		fail_stopping(request);
		break;
	}
	change_list_free(list);
}

static bool is_given(const json_t *params, const char *name)
{
	return json_is_true(json_object_get(params, name));
}

void reload_start(struct request *request, const json_t *params)
{
	const json_t *confirm = json_object_get(params, "confirm_s");
	const bool dry_run = is_given(params, "dry_run");
	const bool keeps = is_given(params, "keep");
	const bool undoes = is_given(params, "undo");
	struct change_list *list;

	if (dry_run + keeps + undoes + (confirm != NULL) > 1) {
		request_fail(request, REPORT_USAGE, NULL,
			"one of dry_run, confirm_s, keep and undo");
		return;
	}
	if (confirm && json_number_value(confirm) < 1) {
		request_fail(request, REPORT_USAGE, NULL,
			"a trial takes a second or more");
		return;
	}
	if (keeps) {
		keep(request);
		return;
	}
	list = calloc(1, sizeof(*list));
	if (!list) {
		request_fail(request, REPORT_FAILED, NULL, "out of memory");
		return;
	}
	list->dry_run = dry_run;
	list->trial_ms = (uint64_t)(json_number_value(confirm) * 1000);
	if (undoes)
		undo(request, list);
	else
		read_again(request, list);
}

/* --- status --------------------------------------------------------------- */

static void set_moment(json_t *object, const char *key, uint64_t mono_ms,
	struct report_clock clock)
{
	char text[REPORT_TIME_SIZE];

	json_object_set_new(object, key,
		json_string(report_time(
			clock.unix_ms + (int64_t)(mono_ms - clock.mono_ms),
			text)));
}

void reload_status(const struct daemon *daemon, json_t *record)
{
	const struct report_clock clock = command_clock();
	json_t *object = json_object();

	if (daemon->loaded_ms > 0)
		set_moment(object, "loaded", daemon->loaded_ms, clock);
	if (daemon->fallback)
		set_moment(object, "goes_back", daemon->fallback_ms, clock);
	if (daemon->went_back_ms > 0)
		set_moment(object, "went_back", daemon->went_back_ms, clock);
	if (json_object_size(object) > 0)
		json_object_set(record, "configuration", object);
	json_decref(object);
}

/* commands.c - THE table of methods of the control protocol (ipsecd-1.schema.json).
 * SPDX-License-Identifier: ISC
 */
#include "daemon/commands.h"

#include "config/errors.h"
#include "daemon/command.h"
#include "daemon/daemon.h"
#include "daemon/events.h"
#include "daemon/explained.h"
#include "daemon/totals.h"

enum { MAX_PARAMS = 5, LONGEST_TIMEOUT_S = 366 * 86400 };

enum param_kind {
	PARAM_NONE,
	PARAM_TEXT,
	PARAM_SECONDS,
	PARAM_YES_NO,
};

struct param {
	const char *name;
	enum param_kind kind;
	bool required;
};

struct command {
	const char *name;
	struct param params[MAX_PARAMS]; /* ends with a name of NULL */
	/* Leaves the request idle, with its verdict said, or not. */
	void (*start)(struct request *request, const json_t *params);
	void (*more)(struct request *request);
	void (*report)(
		struct request *request, const struct ike_report *report);
	void (*expired)(struct request *request);
};

#define PEER                                                                   \
	{                                                                      \
		"peer", PARAM_TEXT, false                                      \
	}
#define TIMEOUT                                                                \
	{                                                                      \
		"timeout_s", PARAM_SECONDS, false                              \
	}

/* To add a method: a row here, one in tests/unit/commands.c (which fails without
 * it), and a verb in ctl_verbs.c if people want it. */
static const struct command commands[] = {
	// clang-format off
	{ "status",  { PEER },
		status_start, status_more, NULL, request_survey_step },
	{ "explain", { PEER },
		explain_start, explain_more, NULL, NULL },
	{ "list",    { { "what", PARAM_TEXT, true }, PEER },
		list_start, list_more, NULL, NULL },
	{ "up",      { { "peer", PARAM_TEXT, true }, TIMEOUT },
		up_start, NULL, up_report, up_expired },
	{ "down",    { { "peer", PARAM_TEXT, true }, TIMEOUT },
		down_start, NULL, down_report, down_expired },
	{ "rekey",   { { "peer", PARAM_TEXT, true }, { "ike", PARAM_YES_NO, false }, TIMEOUT },
		rekey_start, NULL, rekey_report, rekey_expired },
	{ "wait",    { { "peer", PARAM_TEXT, true }, { "for", PARAM_TEXT, false }, TIMEOUT },
		wait_start, NULL, wait_report, wait_expired },
	{ "monitor", { PEER, TIMEOUT },
		monitor_start, NULL, monitor_report, request_succeed },
	{ "keylog",  { { "peer", PARAM_TEXT, true }, { "for_s", PARAM_SECONDS, false } },
		keylog_start, keylog_more, NULL, keylog_expired },
	{ "counters", { PEER },
		counters_start, counters_more, NULL, request_survey_step },
	{ "metrics", { { NULL, PARAM_NONE, false } },
		metrics_start, metrics_more, NULL, metrics_step },
	{ "reload",  { { "dry_run", PARAM_YES_NO, false }, { "confirm_s", PARAM_SECONDS, false },
			{ "keep", PARAM_YES_NO, false }, { "undo", PARAM_YES_NO, false } },
		reload_start, reload_more, NULL, NULL },
	// clang-format on
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

const char *command_name(size_t i)
{
	return i < COMMANDS ? commands[i].name : NULL;
}

static bool kind_fits(enum param_kind kind, const json_t *value)
{
	double seconds;

	switch (kind) {
	case PARAM_NONE:
		return false;
	case PARAM_TEXT:
		return json_is_string(value);
	case PARAM_SECONDS:
		seconds = json_number_value(value);
		return json_is_number(value) && seconds >= 0 &&
		       seconds <= LONGEST_TIMEOUT_S;
	case PARAM_YES_NO:
		return json_is_boolean(value);
	}
	return false;
}

static const char *kind_words(enum param_kind kind)
{
	return kind == PARAM_TEXT      ? "a text"
	       : kind == PARAM_SECONDS ? "a number of seconds"
				       : "true or false";
}

/* Only parameters of the row, each of its kind; nothing is passed over. */
static bool params_fit(
	struct request *request, const struct command *command, json_t *params)
{
	const struct param *param;
	char hint[HINT_SIZE];
	const char *key;
	json_t *value;

	for (param = command->params; param->name; param++) {
		if (param->required && !json_object_get(params, param->name)) {
			request_fail(request, REPORT_USAGE, NULL,
				"'%s' needs the parameter '%s'", command->name,
				param->name);
			return false;
		}
	}
	json_object_foreach(params, key, value)
	{
		struct nearest nearest = nearest_to(key);

		for (param = command->params; param->name; param++) {
			nearest_try(&nearest, param->name);
			if (strcmp(param->name, key) == 0)
				break;
		}
		if (!param->name) {
			request_fail(request, REPORT_USAGE,
				nearest_hint(&nearest, hint),
				"'%s' has no parameter '%.100s'", command->name,
				key);
			return false;
		}
		if (!kind_fits(param->kind, value)) {
			request_fail(request, REPORT_USAGE, NULL,
				"'%s' is not %s", key, kind_words(param->kind));
			return false;
		}
	}
	return true;
}

static void start_method(
	struct request *request, const char *method, json_t *params)
{
	struct nearest nearest = nearest_to(method);
	char hint[HINT_SIZE];

	for (size_t i = 0; i < COMMANDS; i++) {
		nearest_try(&nearest, commands[i].name);
		if (strcmp(commands[i].name, method) != 0)
			continue;
		if (!params_fit(request, &commands[i], params))
			return;
		request->command = &commands[i];
		commands[i].start(request, params);
		return;
	}
	request_fail(request, REPORT_USAGE, nearest_hint(&nearest, hint),
		"no method named '%.100s'", method);
}

void request_start(struct request *request, const char *line, size_t len)
{
	json_error_t error;
	json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	const char *method = json_string_value(json_object_get(root, "method"));
	json_t *params = json_object_get(root, "params"), *none = NULL;

	request->cause = IKE_CAUSE_NONE;
	request->text[0] = '\0';
	request->deadline_ms = IKE_NEVER;
	if (!root) {
		request_fail(request, REPORT_USAGE, NULL,
			"not JSON: %s at column %d", error.text, error.column);
		return;
	}
	if (!method) {
		request_fail(request, REPORT_USAGE,
			"{\"method\":\"status\",\"params\":{\"peer\":\"branch\"}}",
			"a request is an object with a 'method'");
	} else if (params && !json_is_object(params)) {
		request_fail(request, REPORT_USAGE, NULL,
			"'params' is not an object");
	} else {
		if (!params)
			params = none = json_object();
		start_method(request, method, params);
	}
	json_decref(none);
	json_decref(root);
}

void request_more(struct request *request)
{
	if (request->state == REQUEST_MORE)
		request->command->more(request);
}

void request_expired(struct request *request)
{
	if (request->state == REQUEST_WATCHING && request->command->expired)
		request->command->expired(request);
}

void request_report(struct request *request, const struct ike_report *report)
{
	if (request->state == REQUEST_WATCHING && request->command->report)
		request->command->report(request, report);
}

void request_news(struct request *request, const char *event, const char *text)
{
	keylog_news(request);
	if (request->state == REQUEST_WATCHING &&
		request->command->report == monitor_report)
		monitor_news(request, event, text);
}

void request_init(struct request *request, struct commands *all)
{
	*request = (struct request){
		.all = all, .uid = (uid_t)-1, .deadline_ms = IKE_NEVER
	};
}

bool commands_init(struct commands *all, struct daemon *daemon)
{
	*all = (struct commands){
		.daemon = daemon,
		.pump = daemon_pump,
		.totals = totals_new(),
		.explained = explained_new(),
		.events = events_new(),
	};
	if (all->totals && all->explained && all->events)
		return true;
	commands_clear(all);
	return false;
}

void commands_clear(struct commands *all)
{
	totals_free(all->totals);
	explained_free(all->explained);
	events_free(all->events);
	all->totals = NULL;
	all->explained = NULL;
	all->events = NULL;
}

void commands_remember(struct commands *all, const struct ike_report *report)
{
	events_keep(all->events, report, command_clock().unix_ms);
	if (report->kind == IKE_REPORT_REKEYED)
		totals_rekeyed(all->totals, report->peer);
}

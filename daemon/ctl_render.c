/* ctl_render.c - records of the control protocol as people read them.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_render.h"

#include "config/config.h"
#include "daemon/ctl_record.h"

#include <string.h>

/* --- Events and errors, as they come -------------------------------------- */

/* For events without a text. */
static const char *event_words(const char *event)
{
	static const struct {
		const char *event, *words;
	} words[] = {
		{ "connecting", "connecting" },
		{ "ike-up", "IKE SA up" },
		{ "child-up", "child up" },
		{ "child-down", "child down" },
		{ "ike-down", "IKE SA down" },
		{ "rekeyed", "rekeyed" },
		{ "rekey-failed", "not rekeyed" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].event, event) == 0)
			return words[i].words;
	}
	return event;
}

void render_event(const struct render *r, const json_t *event)
{
	AUTO_FREE char *peer = record_text(r, event, "peer");
	AUTO_FREE char *child = record_text(r, event, "child");
	AUTO_FREE char *text = record_text(r, event, "text");
	AUTO_FREE char *kind = record_text(r, event, "event");
	AUTO_FREE char *name = record_text(r, event, "name");
	bool failed = strcmp(kind, "failed") == 0 ||
		      strcmp(kind, "refused") == 0 ||
		      strcmp(kind, "rekey-failed") == 0;
	char date[TEXT_SHORT] = "";
	int64_t when = 0;

	if (record_time(event, "time", &when))
		text_date(&r->style, when, date);
	fprintf(r->out, "%s.%03d  ", date, (int)(when % 1000));
	if (failed)
		fprintf(r->out, "%s ", render_mark(r, MARK_DOWN));
	else if (strcmp(kind, "child-up") == 0)
		fprintf(r->out, "%s ", render_mark(r, MARK_UP));
	else
		fputs("  ", r->out);
	fprintf(r->out, "%s%s%s  ", peer, child[0] ? "/" : "", child);
	fprintf(r->out, "%s\n",
		text[0]   ? text
		: name[0] ? name
			  : event_words(kind));
}

static void print_error(const struct render *r, const json_t *record)
{
	AUTO_FREE char *file = record_text(r, record, "file");
	AUTO_FREE char *text = record_text(r, record, "text");
	AUTO_FREE char *hint = record_text(r, record, "hint");
	AUTO_FREE char *source = record_text(r, record, "source");
	struct config_error error = {
		.severity = record_is(record, "severity", "warning")
				    ? CONFIG_WARNING
			    : record_is(record, "severity", "left-out")
				    ? CONFIG_LEFT_OUT
				    : CONFIG_ERROR,
		.file = file,
		.line = (unsigned int)record_number(record, "line"),
		.column = (unsigned int)record_number(record, "column"),
		.width = (unsigned int)record_number(record, "width"),
		.text = text,
		.hint = hint[0] ? hint : NULL,
		.source = source[0] ? source : NULL,
	};

	config_error_print(&error, r->out);
}

/* --- The table of records ------------------------------------------------- */

/* To add a kind of record: a row here, and its golden text in
 * tests/unit/ctl_render.c, which fails without it. */
static const struct {
	const char *kind;
	void (*now)(const struct render *r, const json_t *record);
	void (*row)(const struct render *r, struct table *table,
		const json_t *record);
	const char *head[10];
} kinds[] = {
	// clang-format off
	{ "daemon", render_daemon, NULL, { NULL } },
	{ "event", render_event, NULL, { NULL } },
	{ "error", print_error, NULL, { NULL } },
	{ "explanation", render_explanation, NULL, { NULL } },
	{ "change", render_change, NULL, { NULL } },
	{ "reload", render_reload, NULL, { NULL } },
	{ "peer", NULL, NULL, { NULL } }, /* render_peers, render_peer */
	{ "peer-config", NULL, render_list_peer_config,
		{ "  PEER", "STATE", "LOCAL", "REMOTE", "LOCAL ID", "REMOTE ID", "AUTH" } },
	{ "sa", NULL, render_list_sa,
		{ "  PEER", "STATE", "SPI I", "SPI R", "LOCAL", "REMOTE", "SUITE", "AGE", "CHILDREN" } },
	{ "child", NULL, render_list_child,
		{ "  PEER/CHILD", "STATE", "MODE", "SELECTORS", "ESP", "SPI IN", "SPI OUT", "IN", "OUT" } },
	{ "certificate", NULL, render_list_certificate,
		{ "  FILE", "SUBJECT", "NAMES", "ISSUER", "KEY", "EXPIRES" } },
	{ "counters", render_counters, render_list_counters,
		{ "PEER", "ASKED", "ANSWERED", "REPEATED", "DROPPED", "FAILED", "REKEYS", "IN", "OUT" } },
	{ "metrics", render_metrics, NULL, { NULL } },
	{ "keylog", render_keylog, NULL, { NULL } },
	{ "algorithm", NULL, render_list_algorithm,
		{ "TYPE", "NAME", "NUMBER", "KEY", "" } },
	// clang-format on
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const char *render_kind(size_t i)
{
	return i < KINDS ? kinds[i].kind : NULL;
}

void render_begin(
	struct render *render, FILE *out, struct style style, bool detail)
{
	*render = (struct render){ .out = out,
		.style = style,
		.detail = detail,
		.held = json_array() };
}

void render_record(struct render *render, const json_t *record)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (!record_is(record, "record", kinds[i].kind))
			continue;
		if (kinds[i].now)
			kinds[i].now(render, record);
		else if (strcmp(kinds[i].kind, "peer") == 0 && render->detail)
			render_peer(render, record);
		else
			json_array_append_new(
				render->held, json_deep_copy(record));
		fflush(render->out);
		return;
	}
}

static bool holds(const struct render *render, const char *kind)
{
	const json_t *record;
	size_t i;

	json_array_foreach(render->held, i, record)
	{
		if (record_is(record, "record", kind))
			return true;
	}
	return false;
}

static void head(struct table *table, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_cell(table, "%s", names[i]);
	table_row_end(table);
}

static void print_list(const struct render *render, size_t kind)
{
	struct table *table;
	const json_t *record;
	size_t columns = 0, i;

	if (!holds(render, kinds[kind].kind))
		return;
	table = table_new();
	while (kinds[kind].head[columns])
		columns++;
	head(table, kinds[kind].head, columns);
	json_array_foreach(render->held, i, record)
	{
		if (record_is(record, "record", kinds[kind].kind))
			kinds[kind].row(render, table, record);
	}
	table_print(table, render->out, 0, 2);
}

void render_end(struct render *render)
{
	render_peers(render);
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].row)
			print_list(render, i);
	}
	json_decref(render->held);
	render->held = NULL;
}

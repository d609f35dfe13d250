/* ctl_render_counters.c - counters: of the daemon, of one peer, and a row each of all peers.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_record.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *key, *name;
} exchanges[] = {
	{ "init", "IKE_SA_INIT" },
	{ "auth", "IKE_AUTH" },
	{ "child", "CREATE_CHILD_SA" },
	{ "child-rekey", "CREATE_CHILD_SA, rekey child" },
	{ "ike-rekey", "CREATE_CHILD_SA, rekey IKE SA" },
	{ "informational", "INFORMATIONAL" },
	{ "other", "unknown" },
};

enum { EXCHANGES = sizeof(exchanges) / sizeof(exchanges[0]) };

/* As it is, line by line: for Prometheus, not for people. */
void render_metrics(const struct render *r, const json_t *record)
{
	const char *text = record_raw(record, "text");

	while (*text) {
		const size_t len = strcspn(text, "\n");
		char *line = strndup(text, len), *clean;

		if (!line)
			return;
		clean = text_clean(&r->style, line);
		fprintf(r->out, "%s\n", clean);
		render_free(&clean);
		free(line);
		text += len + (text[len] ? 1 : 0);
	}
}

static uint64_t number(const json_t *object, const char *key)
{
	long long value = record_number(object, key);

	return value > 0 ? (uint64_t)value : 0;
}

/* Of all its values, or of this key in each of them. */
static uint64_t sum(const json_t *object, const char *key)
{
	json_t *of = (json_t *)(uintptr_t)object;
	uint64_t all = 0;

	for (void *i = json_object_iter(of); i;
		i = json_object_iter_next(of, i)) {
		if (key)
			all += number(json_object_iter_value(i), key);
		else
			all += number(of, json_object_iter_key(i));
	}
	return all;
}

static void print_exchanges(const struct render *r, const json_t *record)
{
	const json_t *all = record_get(record, "exchanges");
	struct table *table;

	if (sum(all, "asked") + sum(all, "answered") == 0) {
		fputs("  no exchanges\n", r->out);
		return;
	}
	table = table_new();
	table_cell(table, "exchanges");
	table_cell(table, "we asked");
	table_cell(table, "we answered");
	table_cell(table, "with an error");
	table_row_end(table);
	for (size_t i = 0; i < EXCHANGES; i++) {
		const json_t *one = record_get(all, exchanges[i].key);

		if (number(one, "asked") == 0 && number(one, "answered") == 0)
			continue;
		table_cell(table, "  %s", exchanges[i].name);
		table_cell(table, "%llu",
			(unsigned long long)number(one, "asked"));
		table_cell(table, "%llu",
			(unsigned long long)number(one, "answered"));
		table_cell(table, "%llu",
			(unsigned long long)number(one, "refused"));
		table_row_end(table);
	}
	table_print(table, r->out, 2, 3);
}

/* Those that are not 0, by their keys. */
static void print_some(const struct render *r, const json_t *object,
	const char *title, const char *none)
{
	json_t *of = (json_t *)(uintptr_t)object;
	bool any = false;

	fprintf(r->out, "  %s", title);
	for (void *i = json_object_iter(of); i;
		i = json_object_iter_next(of, i)) {
		const char *key = json_object_iter_key(i);
		char *clean;

		if (number(object, key) == 0)
			continue;
		clean = text_clean(&r->style, key);
		fprintf(r->out, "%s %s %llu", any ? "," : "", clean,
			(unsigned long long)number(object, key));
		render_free(&clean);
		any = true;
	}
	fprintf(r->out, "%s\n", any ? "" : none);
}

static void print_traffic(
	const struct render *r, const char *name, const json_t *of)
{
	char in[TEXT_SHORT], out[TEXT_SHORT];

	fprintf(r->out, "  %s: %s%s %s%s\n", name, render_mark(r, MARK_IN),
		text_size(number(of, "in_bytes"), in), render_mark(r, MARK_OUT),
		text_size(number(of, "out_bytes"), out));
}

static void print_all_traffic(const struct render *r, const json_t *record)
{
	const json_t *child;
	size_t i;

	if (!record_get(record, "in_bytes"))
		return;
	print_traffic(r, "traffic", record);
	json_array_foreach(record_get(record, "children"), i, child)
	{
		AUTO_FREE char *name = record_text(r, child, "name");

		fputs("  ", r->out);
		print_traffic(r, name, child);
	}
}

void render_counters(const struct render *r, const json_t *record)
{
	const json_t *again = record_get(record, "retransmits");
	AUTO_FREE char *peer = record_text(r, record, "peer");

	if (peer[0] && !r->detail) {
		json_array_append_new(r->held, json_deep_copy(record));
		return;
	}
	fprintf(r->out, "%s\n", peer[0] ? peer : "ipsecd");
	print_exchanges(r, record);
	fprintf(r->out, "  requests repeated: %llu by us, %llu by others\n",
		(unsigned long long)number(again, "sent"),
		(unsigned long long)number(again, "received"));
	print_some(r, record_get(record, "dropped"), "dropped:", " nothing");
	print_some(r, record_get(record, "failures"), "failures:", " none");
	print_some(r, record_get(record, "rekeys"), "rekeys:", " none");
	print_all_traffic(r, record);
}

static void cell_number(struct table *table, uint64_t value)
{
	table_cell(table, "%llu", (unsigned long long)value);
}

static void cell_size(
	struct table *table, const json_t *record, const char *key)
{
	char text[TEXT_SHORT];

	if (!record_get(record, key))
		table_cell(table, "-");
	else
		table_cell(table, "%s", text_size(number(record, key), text));
}

void render_list_counters(
	const struct render *r, struct table *table, const json_t *record)
{
	const json_t *all = record_get(record, "exchanges");
	const json_t *rekeys = record_get(record, "rekeys");
	AUTO_FREE char *peer = record_text(r, record, "peer");

	table_cell(table, "%s", peer);
	cell_number(table, sum(all, "asked"));
	cell_number(table, sum(all, "answered"));
	cell_number(table, number(record_get(record, "retransmits"), "sent"));
	cell_number(table, sum(record_get(record, "dropped"), NULL));
	cell_number(table, sum(record_get(record, "failures"), NULL));
	cell_number(table, number(rekeys, "ike") + number(rekeys, "children"));
	cell_size(table, record, "in_bytes");
	cell_size(table, record, "out_bytes");
	table_row_end(table);
}

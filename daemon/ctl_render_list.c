/* ctl_render_list.c - rows of tables: SAs, children, peers, certificates, algorithms.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_record.h"

#include <string.h>

static void cell_text(const struct render *r, struct table *table,
	const json_t *object, const char *key)
{
	AUTO_FREE char *text = record_text(r, object, key);

	table_cell(table, "%s", text[0] ? text : "-");
}

static void cell_list(const struct render *r, struct table *table,
	const json_t *object, const char *key)
{
	AUTO_FREE char *text = record_join(r, record_get(object, key));

	table_cell(table, "%s", text[0] ? text : "-");
}

void render_list_peer_config(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *name = record_text(r, record, "peer");
	AUTO_FREE char *error = record_text(r, record, "error");
	const char *state = json_is_false(record_get(record, "enabled"))
				    ? "disabled"
				    : record_raw(record, "state");
	AUTO_FREE char *shown = text_clean(&r->style, render_state(state));
	const json_t *child;
	size_t i;

	table_cell(table, "%s %s", render_state_mark(r, state), name);
	table_cell(table, "%s", shown);
	cell_list(r, table, record, "local");
	cell_list(r, table, record, "remote");
	cell_text(r, table, record, "local_id");
	cell_text(r, table, record, "remote_id");
	cell_text(r, table, record, "auth");
	table_row_end(table);
	if (error[0])
		table_line(table, "    %s left out: %s",
			render_mark(r, MARK_THEREFORE), error);
	json_array_foreach(record_get(record, "children"), i, child)
	{
		AUTO_FREE char *child_name = record_text(r, child, "name");
		AUTO_FREE char *mode = record_text(r, child, "mode");
		AUTO_FREE char *start = record_text(r, child, "start");
		AUTO_FREE char *selectors = record_selectors(r, child);

		table_line(table, "    %s: %s, %s%s%s", child_name, selectors,
			mode, record_get(child, "start") ? ", start " : "",
			start);
	}
}

void render_list_sa(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *state = record_text(r, record, "state");
	AUTO_FREE char *peer = record_text(r, record, "peer");
	char local[96], remote[96], how_long[TEXT_SHORT];

	table_cell(table, "%s %s", render_state_mark(r, state),
		peer[0] ? peer : "(not known yet)");
	table_cell(table, "%s", state);
	cell_text(r, table, record, "spi_i");
	cell_text(r, table, record, "spi_r");
	record_endpoint(r, record_get(record, "local"), local, sizeof(local));
	record_endpoint(
		r, record_get(record, "remote"), remote, sizeof(remote));
	table_cell(table, "%s", local);
	table_cell(table, "%s", remote);
	cell_text(r, table, record, "suite");
	table_cell(table, "%s",
		record_since(r, record, "established", false, how_long)
			? how_long
			: "-");
	table_cell(
		table, "%zu", json_array_size(record_get(record, "children")));
	table_row_end(table);
}

static void cell_counted(
	struct table *table, const json_t *record, const char *direction)
{
	const json_t *counters = record_get(record, direction);
	char size[TEXT_SHORT];

	table_cell(table, "%s",
		counters ? text_size(record_bytes(counters), size) : "-");
}

void render_list_child(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *state = record_text(r, record, "state");
	AUTO_FREE char *peer = record_text(r, record, "peer");
	AUTO_FREE char *name = record_text(r, record, "name");
	AUTO_FREE char *selectors = record_selectors(r, record);

	table_cell(table, "%s %s/%s", render_state_mark(r, state), peer, name);
	table_cell(table, "%s", render_state(state));
	cell_text(r, table, record, "mode");
	table_cell(table, "%s", selectors);
	cell_text(r, table, record, "suite");
	cell_text(r, table, record, "spi_in");
	cell_text(r, table, record, "spi_out");
	cell_counted(table, record, "in");
	cell_counted(table, record, "out");
	table_row_end(table);
}

void render_list_algorithm(
	const struct render *r, struct table *table, const json_t *record)
{
	cell_text(r, table, record, "type");
	cell_text(r, table, record, "name");
	table_cell(table, "%lld", record_number(record, "id"));
	if (record_number(record, "key_bits") > 0)
		table_cell(
			table, "%lld bits", record_number(record, "key_bits"));
	else
		table_cell(table, "%s", "");
	table_cell(table, "%s",
		json_is_true(record_get(record, "weak"))
			? "weak: only where a peer's configuration names it"
			: "");
	table_row_end(table);
}

/* "CN=vpn.example.com" is what people call vpn.example.com. */
static char *bare_name(
	const struct render *r, const json_t *record, const char *key)
{
	const char *text = record_raw(record, key);

	if (strncmp(text, "CN=", 3) == 0 && !strchr(text, ','))
		text += 3;
	return text_clean(&r->style, text[0] ? text : "-");
}

/* "2026-11-22, in 29 days" */
static void cell_expiry(
	const struct render *r, struct table *table, const json_t *record)
{
	enum { DAY = 86400 };
	AUTO_FREE char *date = record_text(r, record, "not_after");
	long long left = record_number(record, "expires_in_s");
	char how_long[TEXT_SHORT];

	date[strcspn(date, "T")] = '\0';
	if (left >= 2 * DAY)
		table_cell(table, "%s, in %lld days", date, left / DAY);
	else if (left >= 0)
		table_cell(table, "%s, in %s", date,
			text_duration(left, how_long));
	else
		table_cell(table, "%s, EXPIRED %s ago", date,
			text_duration(-left, how_long));
}

static enum mark certificate_mark(const json_t *record)
{
	if (record_is(record, "state", "valid"))
		return MARK_UP;
	return record_is(record, "state", "expiring") ? MARK_MIDDLE : MARK_DOWN;
}

static void certificate_notes(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *peers = record_join(r, record_get(record, "peers"));
	AUTO_FREE char *since_when = record_text(r, record, "not_before");
	const json_t *complaint;
	size_t i;

	since_when[strcspn(since_when, "T")] = '\0';
	if (record_is(record, "state", "expiring"))
		table_line(table, "    %s expires soon",
			render_mark(r, MARK_THEREFORE));
	if (record_is(record, "state", "not-yet"))
		table_line(table, "    %s not valid before %s",
			render_mark(r, MARK_THEREFORE), since_when);
	json_array_foreach(record_get(record, "complaints"), i, complaint)
	{
		const char *value = json_string_value(complaint);
		AUTO_FREE char *text =
			text_clean(&r->style, value ? value : "");

		table_line(table, "    %s %s", render_mark(r, MARK_THEREFORE),
			text);
	}
	if (peers[0])
		table_line(table, "    used by %s", peers);
}

void render_list_certificate(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *file = record_text(r, record, "file");
	AUTO_FREE char *error = record_text(r, record, "error");
	AUTO_FREE char *hint = record_text(r, record, "hint");
	AUTO_FREE char *subject = bare_name(r, record, "subject");
	AUTO_FREE char *issuer = bare_name(r, record, "issuer");
	bool own = strcmp(record_raw(record, "subject"),
			   record_raw(record, "issuer")) == 0;

	table_cell(table, "%s %s", render_mark(r, certificate_mark(record)),
		file[0] ? file : "(no file here)");
	if (error[0]) {
		table_row_end(table);
		table_line(table, "    %s %s%s%s",
			render_mark(r, MARK_THEREFORE), error,
			hint[0] ? ": " : "", hint);
		return;
	}
	table_cell(table, "%s%s", subject,
		json_is_true(record_get(record, "ca")) ? " (authority)" : "");
	cell_list(r, table, record, "alt_names");
	table_cell(table, "%s", own ? "itself" : issuer);
	cell_text(r, table, record, "key");
	cell_expiry(r, table, record);
	table_row_end(table);
	certificate_notes(r, table, record);
}

/* ctl_render_explain.c - why an exchange failed: both sides beside each other, and what would mend it.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_record.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN = 34, PIECES = 64 };

/* A proposal in lines that a column can hold, cut behind '-' or '+'. */
struct folded {
	char *text; /* owned */
	const char *line[PIECES];
	int len[PIECES];
	size_t count;
};

static void fold(struct folded *folded, char *text)
{
	const char *at = text;

	*folded = (struct folded){ .text = text };
	while (*at && folded->count < PIECES) {
		size_t rest = strlen(at), len = rest;

		if (rest > COLUMN) {
			for (len = COLUMN;
				len > 1 && !strchr("-+, ", at[len - 1]); len--)
				;
			if (len == 1)
				len = COLUMN;
			/* never within a character */
			while (len > 1 &&
				((unsigned char)at[len] & 0xc0) == 0x80)
				len--;
		}
		folded->line[folded->count] = at;
		folded->len[folded->count++] = (int)len;
		at += len;
	}
}

/* All of a side's proposals, folded. */
static size_t fold_all(const struct render *r, const json_t *list,
	struct folded *out, size_t most)
{
	size_t count = 0, i;
	const json_t *one;

	json_array_foreach(list, i, one)
	{
		if (count == most)
			break;
		fold(&out[count++], record_text(r, one, "proposal"));
	}
	return count;
}

enum { PROPOSALS = 9 };

/* Its n-th line; what goes on is moved in. */
static void line_cell(
	struct table *table, const struct folded *folded, size_t n)
{
	if (!folded || n >= folded->count)
		table_cell(table, "%s", "");
	else
		table_cell(table, "%s%.*s", n > 0 ? "  " : "", folded->len[n],
			folded->line[n]);
}

/* Line by line: of the i-th of their proposals and the i-th of ours. */
static void print_pairs(const struct render *r, struct table *table,
	const json_t *theirs, const json_t *ours)
{
	struct folded left[PROPOSALS], right[PROPOSALS];
	const size_t lefts = fold_all(r, theirs, left, PROPOSALS);
	const size_t rights = fold_all(r, ours, right, PROPOSALS);

	for (size_t i = 0; i < lefts || i < rights; i++) {
		const size_t a = i < lefts ? left[i].count : 0;
		const size_t b = i < rights ? right[i].count : 0;

		for (size_t n = 0; n < a || n < b; n++) {
			if (lefts > 0)
				line_cell(
					table, i < lefts ? &left[i] : NULL, n);
			line_cell(table, i < rights ? &right[i] : NULL, n);
			table_row_end(table);
		}
	}
	for (size_t i = 0; i < lefts; i++)
		free(left[i].text);
	for (size_t i = 0; i < rights; i++)
		free(right[i].text);
}

static void print_proposals(const struct render *r, const json_t *record)
{
	const json_t *theirs = record_get(record, "theirs");
	const json_t *ours = record_get(record, "ours");
	const bool began = record_is(record, "role", "initiator");
	struct table *table;

	if (json_array_size(theirs) + json_array_size(ours) == 0)
		return;
	table = table_new();
	if (json_array_size(theirs) > 0)
		table_cell(table, began ? "they answer" : "they offer");
	table_cell(table, began ? "we offer" : "we accept");
	table_row_end(table);
	print_pairs(r, table, theirs, ours);
	table_print(table, r->out, 2, 3);
}

/* What differs is marked. */
static void print_rows(const struct render *r, const json_t *record)
{
	const json_t *rows = record_get(record, "rows"), *row;
	struct table *table;
	size_t i;

	if (json_array_size(rows) == 0)
		return;
	table = table_new();
	table_cell(table, " ");
	table_cell(table, "they say");
	table_cell(table, "we have");
	table_row_end(table);
	json_array_foreach(rows, i, row)
	{
		AUTO_FREE char *what = record_text(r, row, "what");
		AUTO_FREE char *theirs = record_text(r, row, "theirs");
		AUTO_FREE char *ours = record_text(r, row, "ours");
		const bool differs = json_is_true(record_get(row, "differs"));

		table_cell(table, "%s %s",
			differs ? render_mark(r, MARK_DOWN) : " ", what);
		table_cell(table, "%s", theirs[0] ? theirs : "?");
		table_cell(table, "%s", ours[0] ? ours : "?");
		table_row_end(table);
	}
	table_print(table, r->out, 2, 3);
}

static void print_tried(const struct render *r, const json_t *record)
{
	const json_t *tried = record_get(record, "tried"), *one;
	struct table *table;
	size_t i;

	/* With one, that is what all of this is about. */
	if (json_array_size(tried) == 0 ||
		(json_array_size(tried) == 1 && record_get(record, "peer")))
		return;
	fputs("  peers that it could have been\n", r->out);
	table = table_new();
	json_array_foreach(tried, i, one)
	{
		AUTO_FREE char *peer = record_text(r, one, "peer");
		AUTO_FREE char *why = record_text(r, one, "why");

		table_cell(table, "%s", peer);
		table_cell(table, "%s", why);
		table_row_end(table);
	}
	table_print(table, r->out, 4, 2);
}

static void print_line(const struct render *r, const json_t *record,
	const char *key, const char *label)
{
	AUTO_FREE char *text = record_text(r, record, key);

	if (text[0])
		fprintf(r->out, "  %-11s %s\n", label, text);
}

static void print_head(const struct render *r, const json_t *record)
{
	AUTO_FREE char *peer = record_text(r, record, "peer");
	AUTO_FREE char *child = record_text(r, record, "child");
	AUTO_FREE char *name = record_text(r, record, "name");
	AUTO_FREE char *addr =
		record_text(r, record_get(record, "remote"), "addr");
	char date[TEXT_SHORT] = "";
	int64_t when;

	if (record_time(record, "time", &when))
		text_date(&r->style, when, date);
	if (peer[0])
		fprintf(r->out, "%s%s%s: ", peer, child[0] ? "/" : "", child);
	else
		fprintf(r->out, "somebody at %s: ", addr);
	/* No exchange has failed: it is so since then. */
	fprintf(r->out, "%s %s: %s",
		record_is(record, "name", "CONFIGURATION")   ? "since"
		: json_is_true(record_get(record, "latest")) ? "last failure"
							     : "before that",
		date, name);
	if (!record_is(record, "name", "CONFIGURATION"))
		fprintf(r->out, " (we are %s)",
			record_is(record, "role", "initiator") ? "initiator"
							       : "responder");
	if (record_number(record, "count") > 1)
		fprintf(r->out, ", %lld times", record_number(record, "count"));
	if (record_is(record, "state", "up"))
		fputs("; it is up now", r->out);
	fputc('\n', r->out);
}

void render_explanation(const struct render *r, const json_t *record)
{
	AUTO_FREE char *text = record_text(r, record, "text");
	AUTO_FREE char *name = record_text(r, record, "name");

	print_head(r, record);
	fprintf(r->out, "  %s\n", render_without_name(text, name));
	if (!json_is_true(record_get(record, "latest")) && !r->detail) {
		print_line(r, record, "hint", "then:");
		return;
	}
	print_proposals(r, record);
	print_rows(r, record);
	print_tried(r, record);
	print_line(
		r, record_get(record, "implementation"), "text", "the peer:");
	print_line(r, record, "fix_there", "fix there:");
	print_line(
		r, record_get(record, "implementation"), "there", "there, as:");
	print_line(r, record, "fix_here", "fix here:");
	print_line(r, record, "look", "look:");
}

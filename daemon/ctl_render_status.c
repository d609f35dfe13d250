/* ctl_render_status.c - the daemon and its peers: a line each, or one with all there is to say.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_record.h"

#include <string.h>

static const char *plural(long long count)
{
	return count == 1 ? "" : "s";
}

/* --- The daemon and its peers, one line each ------------------------------ */

void render_daemon(const struct render *r, const json_t *record)
{
	AUTO_FREE char *version = record_text(r, record, "version");
	const json_t *peers = record_get(record, "peers");
	static const struct {
		const char *key, *words;
	} states[] = {
		{ "up", "up" },
		{ "connecting", "connecting" },
		{ "on_demand", "on demand" },
		{ "down", "DOWN" },
		{ "disabled", "disabled" },
	};
	const char *separator = ": ";
	char up[TEXT_SHORT];

	fprintf(r->out, "ipsecd %s  up %s   %lld peer%s", version,
		text_duration(record_number(record, "uptime_s"), up),
		record_number(peers, "total"),
		record_number(peers, "total") == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		long long count = record_number(peers, states[i].key);

		/* They are among those that are down. */
		if (strcmp(states[i].key, "down") == 0)
			count -= record_number(peers, "disabled");
		if (count <= 0)
			continue;
		fprintf(r->out, "%s%lld %s", separator, count, states[i].words);
		separator = ", ";
	}
	if (record_is(record, "kernel", "none"))
		fprintf(r->out, "   (--kernel none: nothing is encrypted)");
	fputc('\n', r->out);
	render_configuration(r, record);
}

/* How many IKE SAs there are beyond those that a record holds. */
static size_t more_sas(const json_t *peer)
{
	long long all = record_number(peer, "ike_count");
	long long here = (long long)json_array_size(record_get(peer, "ike"));

	return all > here ? (size_t)(all - here) : 0;
}

/* The children to speak of: those that live, else those configured. */
static const json_t *first_child(const json_t *peer, size_t *count)
{
	const json_t *sa, *first = NULL;
	size_t i;

	*count = 0;
	json_array_foreach(record_get(peer, "ike"), i, sa)
	{
		if (!first)
			first = json_array_get(record_get(sa, "children"), 0);
		*count += json_array_size(record_get(sa, "children"));
	}
	if (first)
		return first;
	*count = json_array_size(record_get(peer, "children"));
	return json_array_get(record_get(peer, "children"), 0);
}

static long long bytes_of_children(
	const json_t *peer, const char *direction, bool *known)
{
	const json_t *sa, *child;
	long long sum = 0;
	size_t i, j;

	json_array_foreach(record_get(peer, "ike"), i, sa)
	{
		json_array_foreach(record_get(sa, "children"), j, child)
		{
			if (!record_get(child, direction))
				continue;
			sum += record_number(
				record_get(child, direction), "bytes");
			*known = true;
		}
	}
	return sum;
}

/* "↓1.2 GiB ↑310 MiB", or empty if nobody knows. */
static void traffic_of(
	const struct render *r, const json_t *peer, char *out, size_t size)
{
	const json_t *totals = record_get(peer, "totals");
	char in_text[TEXT_SHORT], out_text[TEXT_SHORT];
	bool known = record_get(totals, "in_bytes") != NULL;
	long long in = record_number(totals, "in_bytes");
	long long sent = record_number(totals, "out_bytes");

	if (!known) {
		in = bytes_of_children(peer, "in", &known);
		sent = bytes_of_children(peer, "out", &known);
	}
	out[0] = '\0';
	if (!known)
		return;
	snprintf(out, size, "%s%s %s%s", render_mark(r, MARK_IN),
		text_size((uint64_t)in, in_text), render_mark(r, MARK_OUT),
		text_size((uint64_t)sent, out_text));
}

/* When the first IKE SA with a time for it is rekeyed. */
static bool rekey_of(
	const struct render *r, const json_t *peer, char out[TEXT_SHORT])
{
	const json_t *sa;
	size_t i;

	json_array_foreach(record_get(peer, "ike"), i, sa)
	{
		if (record_since(r, sa, "rekey_at", true, out))
			return true;
	}
	return false;
}

static void cell_selectors(
	const struct render *r, struct table *table, const json_t *peer)
{
	size_t count;
	const json_t *child = first_child(peer, &count);
	AUTO_FREE char *text = record_selectors(r, child);

	if (!child)
		table_cell(table, "no child");
	else if (more_sas(peer) > 0)
		table_cell(table, "%s, %lld IKE SAs", text,
			record_number(peer, "ike_count"));
	else if (count > 1)
		table_cell(table, "%s +%zu", text, count - 1);
	else
		table_cell(table, "%s", text);
}

/* "(5 tries, next in 42 s)", or what of it is known. */
static void tries_of(
	const struct render *r, const json_t *peer, char *out, size_t size)
{
	char next[TEXT_SHORT];
	bool has_next = record_since(r, peer, "next_try", true, next);
	long long tries = record_number(peer, "tries");

	out[0] = '\0';
	if (tries > 0 && has_next)
		snprintf(out, size, " (%lld %s, next in %s)", tries,
			tries == 1 ? "try" : "tries", next);
	else if (has_next)
		snprintf(out, size, " (next try in %s)", next);
	else if (tries > 1)
		snprintf(out, size, " (%lld tries)", tries);
}

/* "disabled" is no state of its own in the record. */
static char *state_of(const struct render *r, const json_t *peer)
{
	if (json_is_false(record_get(peer, "enabled")))
		return text_clean(&r->style, "disabled");
	return record_text(r, peer, "state");
}

/* Nobody wants it to be up: what failed before is no trouble. */
static bool is_at_rest(const json_t *peer)
{
	return json_is_false(record_get(peer, "enabled")) ||
	       json_is_true(record_get(peer, "stopped"));
}

static void failure_cell(
	const struct render *r, struct table *table, const json_t *peer)
{
	const json_t *error = record_get(peer, "last_error");
	AUTO_FREE char *name = record_text(r, error, "name");
	AUTO_FREE char *about = record_text(r, peer, "peer");
	char ago[TEXT_SHORT], tries[96];

	tries_of(r, peer, tries, sizeof(tries));
	if (json_is_false(record_get(peer, "enabled")))
		table_cell(table, "enabled: no");
	else if (json_is_true(record_get(peer, "stopped")))
		table_cell(table, "taken down; again: ipsec-ctl up %s", about);
	else if (!json_is_object(error) &&
		 json_array_size(record_get(peer, "ike")) > 0)
		table_cell(table, "IKE SA without a child%s", tries);
	else if (!json_is_object(error))
		table_cell(table, "not started%s", tries);
	else if (record_since(r, error, "time", false, ago))
		table_cell(table, "%s %s ago%s", name, ago, tries);
	else
		table_cell(table, "%s%s", name, tries);
}

static void peer_line(
	const struct render *r, struct table *table, const json_t *peer)
{
	AUTO_FREE char *name = record_text(r, peer, "peer");
	AUTO_FREE char *remote = record_text(r, peer, "remote");
	AUTO_FREE char *state = state_of(r, peer);
	char traffic[3 * TEXT_SHORT], how_long[TEXT_SHORT];
	bool rekeys;

	table_cell(table, "%s %s", render_state_mark(r, state), name);
	table_cell(table, "%s", render_state(state));
	table_cell(table, "%s", remote);
	traffic_of(r, peer, traffic, sizeof(traffic));
	if (strcmp(state, "up") == 0) {
		cell_selectors(r, table, peer);
		if (record_since(r, peer, "since", false, how_long))
			table_cell(table, "%s", how_long);
		rekeys = rekey_of(r, peer, how_long);
		if (traffic[0] || rekeys)
			table_cell(table, "%s", traffic);
		if (rekeys)
			table_cell(table, "rekey in %s", how_long);
	} else if (strcmp(state, "on-demand") == 0) {
		cell_selectors(r, table, peer);
		table_cell(table, "%s",
			record_number(record_get(peer, "totals"), "in_bytes") >
					0
				? "idle"
				: "no traffic yet");
	} else if (strcmp(state, "connecting") == 0 &&
		   !json_is_object(record_get(peer, "last_error"))) {
		cell_selectors(r, table, peer);
	} else {
		failure_cell(r, table, peer);
	}
	table_row_end(table);
}

/* Under a peer that has trouble: what it is. */
static void peer_trouble(const struct render *r, struct table *table,
	const json_t *peer, size_t indent)
{
	AUTO_FREE char *text =
		record_text(r, record_get(peer, "last_error"), "text");
	AUTO_FREE char *cause =
		record_text(r, record_get(peer, "last_error"), "name");
	AUTO_FREE char *name = record_text(r, peer, "peer");

	if (record_is(peer, "state", "up") || is_at_rest(peer) || !text[0])
		return;
	table_line(table, "%*s%s %s; see: ipsec-ctl explain %s", (int)indent,
		"", render_mark(r, MARK_THEREFORE),
		render_without_name(text, cause), name);
}

void render_peers(const struct render *r)
{
	struct table *table = table_new();
	const json_t *record;
	size_t indent = 0, i;

	json_array_foreach(r->held, i, record)
	{
		size_t width = strlen(record_raw(record, "peer"));

		if (record_is(record, "record", "peer") && width > indent)
			indent = width;
	}
	json_array_foreach(r->held, i, record)
	{
		if (!record_is(record, "record", "peer"))
			continue;
		peer_line(r, table, record);
		peer_trouble(r, table, record, indent + 5);
	}
	table_print(table, r->out, 0, 3);
}

/* --- One peer in detail --------------------------------------------------- */

enum { LABEL = 15 };

static void label(const struct render *r, const char *text)
{
	fprintf(r->out, "  %-*s", LABEL - 2, text);
}

static void print_counters(const struct render *r, const json_t *child,
	const char *direction, const char *spi_key, enum mark sign)
{
	const json_t *counters = record_get(child, direction);
	AUTO_FREE char *spi = record_text(r, child, spi_key);
	char size[TEXT_SHORT];

	if (!counters && !spi[0])
		return;
	fprintf(r->out, "%*s%s", LABEL, "", render_mark(r, sign));
	if (counters) {
		fprintf(r->out, "%s (%lld packet%s)",
			text_size(record_bytes(counters), size),
			record_number(counters, "packets"),
			plural(record_number(counters, "packets")));
	}
	if (spi[0])
		fprintf(r->out, "%sSPI %s", counters ? "  " : "", spi);
	fputc('\n', r->out);
}

static void detail_child(const struct render *r, const json_t *child)
{
	AUTO_FREE char *name = record_text(r, child, "name");
	AUTO_FREE char *state = record_text(r, child, "state");
	AUTO_FREE char *mode = record_text(r, child, "mode");
	AUTO_FREE char *suite = record_text(r, child, "suite");
	AUTO_FREE char *selectors = record_selectors(r, child);
	char how_long[TEXT_SHORT];

	label(r, "child");
	fprintf(r->out, "%s: %s", name, render_state(state));
	if (record_since(r, child, "since", false, how_long))
		fprintf(r->out, " %s", how_long);
	fprintf(r->out, ", %s mode", mode);
	if (suite[0])
		fprintf(r->out, ", ESP %s", suite);
	if (json_is_true(record_get(child, "encap")))
		fprintf(r->out, ", in UDP");
	if (record_since(r, child, "rekey_at", true, how_long))
		fprintf(r->out, ", rekey in %s", how_long);
	if (record_since(r, child, "wider_at", true, how_long))
		fprintf(r->out, ", more asked for in %s", how_long);
	fprintf(r->out, "\n%*s%s\n", LABEL, "", selectors);
	print_counters(r, child, "in", "spi_in", MARK_IN);
	print_counters(r, child, "out", "spi_out", MARK_OUT);
}

static void print_end(const struct render *r, const json_t *end)
{
	AUTO_FREE char *addr = record_text(r, end, "addr");
	AUTO_FREE char *id = record_text(r, end, "id");
	AUTO_FREE char *auth = record_text(r, end, "auth");
	char text[96];

	record_endpoint(r, end, text, sizeof(text));
	fputs(text, r->out);
	if (id[0] && strcmp(id, addr) != 0)
		fprintf(r->out, " '%s'", id);
	if (auth[0])
		fprintf(r->out, " by %s", auth);
	if (json_is_true(record_get(end, "nat")))
		fprintf(r->out, " (behind NAT)");
}

static void detail_sa(const struct render *r, const json_t *sa)
{
	AUTO_FREE char *state = record_text(r, sa, "state");
	AUTO_FREE char *suite = record_text(r, sa, "suite");
	AUTO_FREE char *spi_i = record_text(r, sa, "spi_i");
	AUTO_FREE char *spi_r = record_text(r, sa, "spi_r");
	AUTO_FREE char *is =
		record_text(r, record_get(sa, "implementation"), "text");
	char how_long[TEXT_SHORT];
	const json_t *child;
	size_t i;

	label(r, "IKE SA");
	fprintf(r->out, "%s", state);
	if (record_since(r, sa, "established", false, how_long))
		fprintf(r->out, " %s ago", how_long);
	fprintf(r->out, ", %s began",
		json_is_true(record_get(sa, "initiator")) ? "we" : "the peer");
	if (suite[0])
		fprintf(r->out, ", %s", suite);
	if (record_since(r, sa, "rekey_at", true, how_long))
		fprintf(r->out, ", rekey in %s", how_long);
	fprintf(r->out, "\n%*s", LABEL, "");
	print_end(r, record_get(sa, "local"));
	fprintf(r->out, " %s ", render_mark(r, MARK_BOTH_WAYS));
	print_end(r, record_get(sa, "remote"));
	fprintf(r->out, "\n%*sSPIs %s %s", LABEL, "", spi_i,
		spi_r[0] ? spi_r : "-");
	if (record_get(sa, "rtt_ms"))
		fprintf(r->out, ", answers in %lld ms",
			record_number(sa, "rtt_ms"));
	fputc('\n', r->out);
	if (is[0])
		fprintf(r->out, "%*sthe peer %s\n", LABEL, "", is);
	json_array_foreach(record_get(sa, "children"), i, child)
		detail_child(r, child);
}

static void detail_failure(const struct render *r, const json_t *peer)
{
	const json_t *error = record_get(peer, "last_error");
	AUTO_FREE char *name = record_text(r, error, "name");
	AUTO_FREE char *text = record_text(r, error, "text");
	AUTO_FREE char *hint = record_text(r, error, "hint");
	char date[TEXT_SHORT], ago[TEXT_SHORT];
	int64_t when;

	if (!json_is_object(error))
		return;
	label(r, "last failure");
	if (record_time(error, "time", &when) &&
		record_since(r, error, "time", false, ago))
		fprintf(r->out,
			"%s (%s ago): ", text_date(&r->style, when, date), ago);
	fprintf(r->out, "%s (%lld)\n", name, record_number(error, "code"));
	if (text[0])
		fprintf(r->out, "%*s%s\n", LABEL, "",
			render_without_name(text, name));
	if (hint[0])
		fprintf(r->out, "%*s%s %s\n", LABEL, "",
			render_mark(r, MARK_THEREFORE), hint);
}

static void detail_events(const struct render *r, const json_t *peer)
{
	const json_t *events = record_get(peer, "events"), *event;
	size_t count = json_array_size(events), i;

	if (count == 0)
		return;
	fputs("  last events\n", r->out);
	json_array_foreach(events, i, event)
	{
		if (i + 20 < count)
			continue;
		fputs("    ", r->out);
		render_event(r, event);
	}
}

void render_peer(const struct render *r, const json_t *peer)
{
	AUTO_FREE char *name = record_text(r, peer, "peer");
	AUTO_FREE char *state = state_of(r, peer);
	AUTO_FREE char *remote = record_text(r, peer, "remote");
	char text[96], how_long[TEXT_SHORT];
	const json_t *item;
	size_t i;

	fprintf(r->out, "%s %s  %s", render_state_mark(r, state), name,
		render_state(state));
	if (record_since(r, peer, "since", false, how_long))
		fprintf(r->out, " %s", how_long);
	tries_of(r, peer, text, sizeof(text));
	fprintf(r->out, "%s%s%s\n", remote[0] ? "  " : "", remote, text);
	if (json_is_false(record_get(peer, "enabled"))) {
		label(r, "configured");
		fputs("enabled: no\n", r->out);
	} else if (json_is_true(record_get(peer, "stopped"))) {
		label(r, "taken down");
		fprintf(r->out, "by command; again: ipsec-ctl up %s\n", name);
	}
	json_array_foreach(record_get(peer, "ike"), i, item) detail_sa(r, item);
	if (more_sas(peer) > 0) {
		label(r, "IKE SAs");
		fprintf(r->out, "%zu more; see: ipsec-ctl list sas %s\n",
			more_sas(peer), name);
	}
	if (json_array_size(record_get(peer, "ike")) == 0) {
		json_array_foreach(record_get(peer, "children"), i, item)
		{
			AUTO_FREE char *child = record_text(r, item, "name");
			AUTO_FREE char *selectors = record_selectors(r, item);

			label(r, "child");
			fprintf(r->out, "%s: %s", child, selectors);
			if (record_is(item, "mode", "pass") ||
				record_is(item, "mode", "drop"))
				fprintf(r->out, ", %s",
					record_raw(item, "mode"));
			fputc('\n', r->out);
		}
	}
	traffic_of(r, peer, text, sizeof(text));
	if (text[0]) {
		label(r, "in all");
		fprintf(r->out, "%s, %lld rekey%s, %lld failure%s\n", text,
			record_number(record_get(peer, "totals"), "rekeys"),
			plural(record_number(
				record_get(peer, "totals"), "rekeys")),
			record_number(record_get(peer, "totals"), "failures"),
			plural(record_number(
				record_get(peer, "totals"), "failures")));
	}
	detail_failure(r, peer);
	detail_events(r, peer);
}

/* ctl_render.c - records of the control protocol as people read them.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_render.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

/* --- Reading records ------------------------------------------------------ */

#define AUTO_FREE __attribute__((cleanup(free_text)))

static void free_text(char **text)
{
	free(*text);
}

static const json_t *get(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

/* The text of a key, clean; empty if there is none.  To be freed. */
static char *text_of(
	const struct render *r, const json_t *object, const char *key)
{
	const char *text = json_string_value(get(object, key));

	return text_clean(&r->style, text ? text : "");
}

static const char *raw(const json_t *object, const char *key)
{
	const char *text = json_string_value(get(object, key));

	return text ? text : "";
}

static bool is(const json_t *object, const char *key, const char *value)
{
	return strcmp(raw(object, key), value) == 0;
}

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(get(object, key));
}

static uint64_t bytes_in(const json_t *counters)
{
	long long bytes = number(counters, "bytes");

	return bytes > 0 ? (uint64_t)bytes : 0;
}

/* "192.0.2.1:500", "[2001:db8::1]:500" */
static void endpoint_text(
	const struct render *r, const json_t *end, char *out, size_t size)
{
	AUTO_FREE char *addr = text_of(r, end, "addr");
	bool bracket = strchr(addr, ':') != NULL;

	if (!addr[0])
		snprintf(out, size, "?");
	else
		snprintf(out, size, "%s%s%s:%lld", bracket ? "[" : "", addr,
			bracket ? "]" : "", number(end, "port"));
}

static bool time_of(const json_t *object, const char *key, int64_t *unix_ms)
{
	return text_parse_time(raw(object, key), unix_ms);
}

/* How long ago (or how long until, if ahead); false if not known. */
static bool since(const struct render *r, const json_t *object, const char *key,
	bool ahead, char out[TEXT_SHORT])
{
	int64_t when;

	if (!time_of(object, key, &when))
		return false;
	when = ahead ? when - r->style.now_ms : r->style.now_ms - when;
	text_duration(when / 1000, out);
	return true;
}

static const char *plural(long long count)
{
	return count == 1 ? "" : "s";
}

static const char *mark(const struct render *r, enum mark which)
{
	return style_mark(&r->style, which);
}

static const char *state_mark(const struct render *r, const char *state)
{
	if (strcmp(state, "up") == 0 || strcmp(state, "established") == 0)
		return mark(r, MARK_UP);
	if (strcmp(state, "down") == 0)
		return mark(r, MARK_DOWN);
	return mark(r, MARK_MIDDLE);
}

/* Down is what people look for. */
static const char *state_words(const char *state)
{
	if (strcmp(state, "down") == 0)
		return "DOWN";
	if (strcmp(state, "on-demand") == 0)
		return "on demand";
	return state;
}

/* "10.1.0.0/16, 10.3.0.0/16"; to be freed */
static char *join(const struct render *r, const json_t *array)
{
	const json_t *item;
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return text_clean(&r->style, "");
	json_array_foreach(array, i, item)
	{
		const char *value = json_string_value(item);

		fprintf(out, "%s%s", i == 0 ? "" : ", ", value ? value : "?");
	}
	fclose(out);
	if (text) {
		char *clean = text_clean(&r->style, text);

		free(text);
		return clean;
	}
	return text_clean(&r->style, "");
}

/* "10.1.0.0/16 ⇄ 10.2.0.0/16"; to be freed */
static char *selectors_of(const struct render *r, const json_t *child)
{
	AUTO_FREE char *local = join(r, get(child, "local_ts"));
	AUTO_FREE char *remote = join(r, get(child, "remote_ts"));
	char *text = NULL;

	if (asprintf(&text, "%s %s %s", local, mark(r, MARK_BOTH_WAYS),
		    remote) < 0)
		return text_clean(&r->style, "");
	return text;
}

/* A text often begins with the name that stands in front of it already. */
static const char *without_name(const char *text, const char *name)
{
	size_t len = strlen(name);

	if (len > 0 && strncmp(text, name, len) == 0 &&
		strncmp(text + len, ": ", 2) == 0)
		return text + len + 2;
	return text;
}

/* --- The daemon and its peers, one line each ------------------------------ */

static void print_daemon(const struct render *r, const json_t *record)
{
	AUTO_FREE char *version = text_of(r, record, "version");
	const json_t *peers = get(record, "peers");
	static const struct {
		const char *key, *words;
	} states[] = {
		{ "up", "up" },
		{ "connecting", "connecting" },
		{ "on_demand", "on demand" },
		{ "down", "DOWN" },
	};
	const char *separator = ": ";
	char up[TEXT_SHORT];

	fprintf(r->out, "ipsecd %s  up %s   %lld peer%s", version,
		text_duration(number(record, "uptime_s"), up),
		number(peers, "total"), number(peers, "total") == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (number(peers, states[i].key) == 0)
			continue;
		fprintf(r->out, "%s%lld %s", separator,
			number(peers, states[i].key), states[i].words);
		separator = ", ";
	}
	if (is(record, "kernel", "none"))
		fprintf(r->out, "   (--kernel none: nothing is encrypted)");
	fputc('\n', r->out);
}

/* The children to speak of: those that live, else those configured. */
static const json_t *first_child(const json_t *peer, size_t *count)
{
	const json_t *sa, *first = NULL;
	size_t i;

	*count = 0;
	json_array_foreach(get(peer, "ike"), i, sa)
	{
		if (!first)
			first = json_array_get(get(sa, "children"), 0);
		*count += json_array_size(get(sa, "children"));
	}
	if (first)
		return first;
	*count = json_array_size(get(peer, "children"));
	return json_array_get(get(peer, "children"), 0);
}

static long long bytes_of_children(
	const json_t *peer, const char *direction, bool *known)
{
	const json_t *sa, *child;
	long long sum = 0;
	size_t i, j;

	json_array_foreach(get(peer, "ike"), i, sa)
	{
		json_array_foreach(get(sa, "children"), j, child)
		{
			if (!get(child, direction))
				continue;
			sum += number(get(child, direction), "bytes");
			*known = true;
		}
	}
	return sum;
}

/* "↓1.2 GiB ↑310 MiB", or empty if nobody knows. */
static void traffic_of(
	const struct render *r, const json_t *peer, char *out, size_t size)
{
	const json_t *totals = get(peer, "totals");
	char in_text[TEXT_SHORT], out_text[TEXT_SHORT];
	bool known = get(totals, "in_bytes") != NULL;
	long long in = number(totals, "in_bytes");
	long long sent = number(totals, "out_bytes");

	if (!known) {
		in = bytes_of_children(peer, "in", &known);
		sent = bytes_of_children(peer, "out", &known);
	}
	out[0] = '\0';
	if (!known)
		return;
	snprintf(out, size, "%s%s %s%s", mark(r, MARK_IN),
		text_size((uint64_t)in, in_text), mark(r, MARK_OUT),
		text_size((uint64_t)sent, out_text));
}

/* When the first IKE SA with a time for it is rekeyed. */
static bool rekey_of(
	const struct render *r, const json_t *peer, char out[TEXT_SHORT])
{
	const json_t *sa;
	size_t i;

	json_array_foreach(get(peer, "ike"), i, sa)
	{
		if (since(r, sa, "rekey_at", true, out))
			return true;
	}
	return false;
}

static void cell_selectors(
	const struct render *r, struct table *table, const json_t *peer)
{
	size_t count;
	const json_t *child = first_child(peer, &count);
	AUTO_FREE char *text = selectors_of(r, child);

	if (!child)
		table_cell(table, "no child");
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
	bool has_next = since(r, peer, "next_try", true, next);
	long long tries = number(peer, "tries");

	out[0] = '\0';
	if (tries > 0 && has_next)
		snprintf(out, size, " (%lld %s, next in %s)", tries,
			tries == 1 ? "try" : "tries", next);
	else if (has_next)
		snprintf(out, size, " (next try in %s)", next);
	else if (tries > 1)
		snprintf(out, size, " (%lld tries)", tries);
}

static void failure_cell(
	const struct render *r, struct table *table, const json_t *peer)
{
	const json_t *error = get(peer, "last_error");
	AUTO_FREE char *name = text_of(r, error, "name");
	char ago[TEXT_SHORT], tries[96];

	tries_of(r, peer, tries, sizeof(tries));
	if (!json_is_object(error) && json_array_size(get(peer, "ike")) > 0)
		table_cell(table, "IKE SA without a child%s", tries);
	else if (!json_is_object(error))
		table_cell(table, "not started%s", tries);
	else if (since(r, error, "time", false, ago))
		table_cell(table, "%s %s ago%s", name, ago, tries);
	else
		table_cell(table, "%s%s", name, tries);
}

static void peer_line(
	const struct render *r, struct table *table, const json_t *peer)
{
	AUTO_FREE char *name = text_of(r, peer, "peer");
	AUTO_FREE char *remote = text_of(r, peer, "remote");
	AUTO_FREE char *state = text_of(r, peer, "state");
	char traffic[3 * TEXT_SHORT], how_long[TEXT_SHORT];
	bool rekeys;

	table_cell(table, "%s %s", state_mark(r, state), name);
	table_cell(table, "%s", state_words(state));
	table_cell(table, "%s", remote);
	traffic_of(r, peer, traffic, sizeof(traffic));
	if (strcmp(state, "up") == 0) {
		cell_selectors(r, table, peer);
		if (since(r, peer, "since", false, how_long))
			table_cell(table, "%s", how_long);
		rekeys = rekey_of(r, peer, how_long);
		if (traffic[0] || rekeys)
			table_cell(table, "%s", traffic);
		if (rekeys)
			table_cell(table, "rekey in %s", how_long);
	} else if (strcmp(state, "on-demand") == 0) {
		cell_selectors(r, table, peer);
		table_cell(table, "%s",
			number(get(peer, "totals"), "in_bytes") > 0
				? "idle"
				: "no traffic yet");
	} else if (strcmp(state, "connecting") == 0 &&
		   !json_is_object(get(peer, "last_error"))) {
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
	AUTO_FREE char *text = text_of(r, get(peer, "last_error"), "text");
	AUTO_FREE char *cause = text_of(r, get(peer, "last_error"), "name");
	AUTO_FREE char *name = text_of(r, peer, "peer");

	if (is(peer, "state", "up") || !text[0])
		return;
	table_line(table, "%*s%s %s; see: ipsec-ctl status %s", (int)indent, "",
		mark(r, MARK_THEREFORE), without_name(text, cause), name);
}

static void print_peers(const struct render *r)
{
	struct table *table = table_new();
	const json_t *record;
	size_t indent = 0, i;

	json_array_foreach(r->held, i, record)
	{
		size_t width = strlen(raw(record, "peer"));

		if (is(record, "record", "peer") && width > indent)
			indent = width;
	}
	json_array_foreach(r->held, i, record)
	{
		if (!is(record, "record", "peer"))
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
	const json_t *counters = get(child, direction);
	AUTO_FREE char *spi = text_of(r, child, spi_key);
	char size[TEXT_SHORT];

	if (!counters && !spi[0])
		return;
	fprintf(r->out, "%*s%s", LABEL, "", mark(r, sign));
	if (counters) {
		fprintf(r->out, "%s (%lld packet%s)",
			text_size(bytes_in(counters), size),
			number(counters, "packets"),
			plural(number(counters, "packets")));
	}
	if (spi[0])
		fprintf(r->out, "%sSPI %s", counters ? "  " : "", spi);
	fputc('\n', r->out);
}

static void detail_child(const struct render *r, const json_t *child)
{
	AUTO_FREE char *name = text_of(r, child, "name");
	AUTO_FREE char *state = text_of(r, child, "state");
	AUTO_FREE char *mode = text_of(r, child, "mode");
	AUTO_FREE char *suite = text_of(r, child, "suite");
	AUTO_FREE char *selectors = selectors_of(r, child);
	char how_long[TEXT_SHORT];

	label(r, "child");
	fprintf(r->out, "%s: %s", name, state_words(state));
	if (since(r, child, "since", false, how_long))
		fprintf(r->out, " %s", how_long);
	fprintf(r->out, ", %s mode", mode);
	if (suite[0])
		fprintf(r->out, ", ESP %s", suite);
	if (json_is_true(get(child, "encap")))
		fprintf(r->out, ", in UDP");
	if (since(r, child, "rekey_at", true, how_long))
		fprintf(r->out, ", rekey in %s", how_long);
	fprintf(r->out, "\n%*s%s\n", LABEL, "", selectors);
	print_counters(r, child, "in", "spi_in", MARK_IN);
	print_counters(r, child, "out", "spi_out", MARK_OUT);
}

static void print_end(const struct render *r, const json_t *end)
{
	AUTO_FREE char *addr = text_of(r, end, "addr");
	AUTO_FREE char *id = text_of(r, end, "id");
	AUTO_FREE char *auth = text_of(r, end, "auth");
	char text[96];

	endpoint_text(r, end, text, sizeof(text));
	fputs(text, r->out);
	if (id[0] && strcmp(id, addr) != 0)
		fprintf(r->out, " '%s'", id);
	if (auth[0])
		fprintf(r->out, " by %s", auth);
	if (json_is_true(get(end, "nat")))
		fprintf(r->out, " (behind NAT)");
}

static void detail_sa(const struct render *r, const json_t *sa)
{
	AUTO_FREE char *state = text_of(r, sa, "state");
	AUTO_FREE char *suite = text_of(r, sa, "suite");
	AUTO_FREE char *spi_i = text_of(r, sa, "spi_i");
	AUTO_FREE char *spi_r = text_of(r, sa, "spi_r");
	char how_long[TEXT_SHORT];
	const json_t *child;
	size_t i;

	label(r, "IKE SA");
	fprintf(r->out, "%s", state);
	if (since(r, sa, "established", false, how_long))
		fprintf(r->out, " %s ago", how_long);
	fprintf(r->out, ", %s began",
		json_is_true(get(sa, "initiator")) ? "we" : "the peer");
	if (suite[0])
		fprintf(r->out, ", %s", suite);
	if (since(r, sa, "rekey_at", true, how_long))
		fprintf(r->out, ", rekey in %s", how_long);
	fprintf(r->out, "\n%*s", LABEL, "");
	print_end(r, get(sa, "local"));
	fprintf(r->out, " %s ", mark(r, MARK_BOTH_WAYS));
	print_end(r, get(sa, "remote"));
	fprintf(r->out, "\n%*sSPIs %s %s\n", LABEL, "", spi_i,
		spi_r[0] ? spi_r : "-");
	json_array_foreach(get(sa, "children"), i, child)
		detail_child(r, child);
}

static void detail_failure(const struct render *r, const json_t *peer)
{
	const json_t *error = get(peer, "last_error");
	AUTO_FREE char *name = text_of(r, error, "name");
	AUTO_FREE char *text = text_of(r, error, "text");
	AUTO_FREE char *hint = text_of(r, error, "hint");
	char date[TEXT_SHORT], ago[TEXT_SHORT];
	int64_t when;

	if (!json_is_object(error))
		return;
	label(r, "last failure");
	if (time_of(error, "time", &when) &&
		since(r, error, "time", false, ago))
		fprintf(r->out,
			"%s (%s ago): ", text_date(&r->style, when, date), ago);
	fprintf(r->out, "%s (%lld)\n", name, number(error, "code"));
	if (text[0])
		fprintf(r->out, "%*s%s\n", LABEL, "", without_name(text, name));
	if (hint[0])
		fprintf(r->out, "%*s%s %s\n", LABEL, "",
			mark(r, MARK_THEREFORE), hint);
}

static void print_event(const struct render *r, const json_t *event);

static void detail_events(const struct render *r, const json_t *peer)
{
	const json_t *events = get(peer, "events"), *event;
	size_t count = json_array_size(events), i;

	if (count == 0)
		return;
	fputs("  last events\n", r->out);
	json_array_foreach(events, i, event)
	{
		if (i + 20 < count)
			continue;
		fputs("    ", r->out);
		print_event(r, event);
	}
}

static void print_detail(const struct render *r, const json_t *peer)
{
	AUTO_FREE char *name = text_of(r, peer, "peer");
	AUTO_FREE char *state = text_of(r, peer, "state");
	AUTO_FREE char *remote = text_of(r, peer, "remote");
	char text[96], how_long[TEXT_SHORT];
	const json_t *item;
	size_t i;

	fprintf(r->out, "%s %s  %s", state_mark(r, state), name,
		state_words(state));
	if (since(r, peer, "since", false, how_long))
		fprintf(r->out, " %s", how_long);
	tries_of(r, peer, text, sizeof(text));
	fprintf(r->out, "%s%s%s\n", remote[0] ? "  " : "", remote, text);
	json_array_foreach(get(peer, "ike"), i, item) detail_sa(r, item);
	if (json_array_size(get(peer, "ike")) == 0) {
		json_array_foreach(get(peer, "children"), i, item)
		{
			AUTO_FREE char *child = text_of(r, item, "name");
			AUTO_FREE char *selectors = selectors_of(r, item);

			label(r, "child");
			fprintf(r->out, "%s: %s\n", child, selectors);
		}
	}
	traffic_of(r, peer, text, sizeof(text));
	if (text[0]) {
		label(r, "in all");
		fprintf(r->out, "%s, %lld rekey%s, %lld failure%s\n", text,
			number(get(peer, "totals"), "rekeys"),
			plural(number(get(peer, "totals"), "rekeys")),
			number(get(peer, "totals"), "failures"),
			plural(number(get(peer, "totals"), "failures")));
	}
	detail_failure(r, peer);
	detail_events(r, peer);
}

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

static void print_event(const struct render *r, const json_t *event)
{
	AUTO_FREE char *peer = text_of(r, event, "peer");
	AUTO_FREE char *child = text_of(r, event, "child");
	AUTO_FREE char *text = text_of(r, event, "text");
	AUTO_FREE char *kind = text_of(r, event, "event");
	AUTO_FREE char *name = text_of(r, event, "name");
	bool failed = strcmp(kind, "failed") == 0 ||
		      strcmp(kind, "refused") == 0 ||
		      strcmp(kind, "rekey-failed") == 0;
	char date[TEXT_SHORT] = "";
	int64_t when = 0;

	if (time_of(event, "time", &when))
		text_date(&r->style, when, date);
	fprintf(r->out, "%s.%03d  ", date, (int)(when % 1000));
	if (failed)
		fprintf(r->out, "%s ", mark(r, MARK_DOWN));
	else if (strcmp(kind, "child-up") == 0)
		fprintf(r->out, "%s ", mark(r, MARK_UP));
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
	AUTO_FREE char *file = text_of(r, record, "file");
	AUTO_FREE char *text = text_of(r, record, "text");
	AUTO_FREE char *hint = text_of(r, record, "hint");
	AUTO_FREE char *source = text_of(r, record, "source");
	struct config_error error = {
		.severity = is(record, "severity", "warning") ? CONFIG_WARNING
			    : is(record, "severity", "left-out")
				    ? CONFIG_LEFT_OUT
				    : CONFIG_ERROR,
		.file = file,
		.line = (unsigned int)number(record, "line"),
		.column = (unsigned int)number(record, "column"),
		.width = (unsigned int)number(record, "width"),
		.text = text,
		.hint = hint[0] ? hint : NULL,
		.source = source[0] ? source : NULL,
	};

	config_error_print(&error, r->out);
}

/* --- Lists ---------------------------------------------------------------- */

static void head(struct table *table, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_cell(table, "%s", names[i]);
	table_row_end(table);
}

static void cell_text(const struct render *r, struct table *table,
	const json_t *object, const char *key)
{
	AUTO_FREE char *text = text_of(r, object, key);

	table_cell(table, "%s", text[0] ? text : "-");
}

static void cell_list(const struct render *r, struct table *table,
	const json_t *object, const char *key)
{
	AUTO_FREE char *text = join(r, get(object, key));

	table_cell(table, "%s", text[0] ? text : "-");
}

static void list_peer_config(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *name = text_of(r, record, "peer");
	AUTO_FREE char *state = text_of(r, record, "state");
	AUTO_FREE char *error = text_of(r, record, "error");
	const json_t *child;
	size_t i;

	table_cell(table, "%s %s", state_mark(r, state), name);
	table_cell(table, "%s",
		json_is_false(get(record, "enabled")) ? "disabled"
						      : state_words(state));
	cell_list(r, table, record, "local");
	cell_list(r, table, record, "remote");
	cell_text(r, table, record, "local_id");
	cell_text(r, table, record, "remote_id");
	cell_text(r, table, record, "auth");
	table_row_end(table);
	if (error[0])
		table_line(table, "    %s left out: %s",
			mark(r, MARK_THEREFORE), error);
	json_array_foreach(get(record, "children"), i, child)
	{
		AUTO_FREE char *child_name = text_of(r, child, "name");
		AUTO_FREE char *mode = text_of(r, child, "mode");
		AUTO_FREE char *start = text_of(r, child, "start");
		AUTO_FREE char *selectors = selectors_of(r, child);

		table_line(table, "    %s: %s, %s%s%s", child_name, selectors,
			mode, get(child, "start") ? ", start " : "", start);
	}
}

static void list_sa(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *state = text_of(r, record, "state");
	AUTO_FREE char *peer = text_of(r, record, "peer");
	char local[96], remote[96], how_long[TEXT_SHORT];

	table_cell(table, "%s %s", state_mark(r, state),
		peer[0] ? peer : "(not known yet)");
	table_cell(table, "%s", state);
	cell_text(r, table, record, "spi_i");
	cell_text(r, table, record, "spi_r");
	endpoint_text(r, get(record, "local"), local, sizeof(local));
	endpoint_text(r, get(record, "remote"), remote, sizeof(remote));
	table_cell(table, "%s", local);
	table_cell(table, "%s", remote);
	cell_text(r, table, record, "suite");
	table_cell(table, "%s",
		since(r, record, "established", false, how_long) ? how_long
								 : "-");
	table_cell(table, "%zu", json_array_size(get(record, "children")));
	table_row_end(table);
}

static void cell_counted(
	struct table *table, const json_t *record, const char *direction)
{
	const json_t *counters = get(record, direction);
	char size[TEXT_SHORT];

	table_cell(table, "%s",
		counters ? text_size(bytes_in(counters), size) : "-");
}

static void list_child(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *state = text_of(r, record, "state");
	AUTO_FREE char *peer = text_of(r, record, "peer");
	AUTO_FREE char *name = text_of(r, record, "name");
	AUTO_FREE char *selectors = selectors_of(r, record);

	table_cell(table, "%s %s/%s", state_mark(r, state), peer, name);
	table_cell(table, "%s", state_words(state));
	cell_text(r, table, record, "mode");
	table_cell(table, "%s", selectors);
	cell_text(r, table, record, "suite");
	cell_text(r, table, record, "spi_in");
	cell_text(r, table, record, "spi_out");
	cell_counted(table, record, "in");
	cell_counted(table, record, "out");
	table_row_end(table);
}

static void list_algorithm(
	const struct render *r, struct table *table, const json_t *record)
{
	cell_text(r, table, record, "type");
	cell_text(r, table, record, "name");
	table_cell(table, "%lld", number(record, "id"));
	if (number(record, "key_bits") > 0)
		table_cell(table, "%lld bits", number(record, "key_bits"));
	else
		table_cell(table, "%s", "");
	table_cell(table, "%s",
		json_is_true(get(record, "weak"))
			? "weak: only where a peer's configuration names it"
			: "");
	table_row_end(table);
}

/* "CN=vpn.example.com" is what people call vpn.example.com. */
static char *bare_name(
	const struct render *r, const json_t *record, const char *key)
{
	const char *text = raw(record, key);

	if (strncmp(text, "CN=", 3) == 0 && !strchr(text, ','))
		text += 3;
	return text_clean(&r->style, text[0] ? text : "-");
}

/* "2026-11-22, in 29 days" */
static void cell_expiry(
	const struct render *r, struct table *table, const json_t *record)
{
	enum { DAY = 86400 };
	AUTO_FREE char *date = text_of(r, record, "not_after");
	long long left = number(record, "expires_in_s");
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
	if (is(record, "state", "valid"))
		return MARK_UP;
	return is(record, "state", "expiring") ? MARK_MIDDLE : MARK_DOWN;
}

static void certificate_notes(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *peers = join(r, get(record, "peers"));
	AUTO_FREE char *since_when = text_of(r, record, "not_before");
	const json_t *complaint;
	size_t i;

	since_when[strcspn(since_when, "T")] = '\0';
	if (is(record, "state", "expiring"))
		table_line(
			table, "    %s expires soon", mark(r, MARK_THEREFORE));
	if (is(record, "state", "not-yet"))
		table_line(table, "    %s not valid before %s",
			mark(r, MARK_THEREFORE), since_when);
	json_array_foreach(get(record, "complaints"), i, complaint)
	{
		const char *value = json_string_value(complaint);
		AUTO_FREE char *text =
			text_clean(&r->style, value ? value : "");

		table_line(table, "    %s %s", mark(r, MARK_THEREFORE), text);
	}
	if (peers[0])
		table_line(table, "    used by %s", peers);
}

static void list_certificate(
	const struct render *r, struct table *table, const json_t *record)
{
	AUTO_FREE char *file = text_of(r, record, "file");
	AUTO_FREE char *error = text_of(r, record, "error");
	AUTO_FREE char *hint = text_of(r, record, "hint");
	AUTO_FREE char *subject = bare_name(r, record, "subject");
	AUTO_FREE char *issuer = bare_name(r, record, "issuer");
	bool own = strcmp(raw(record, "subject"), raw(record, "issuer")) == 0;

	table_cell(table, "%s %s", mark(r, certificate_mark(record)),
		file[0] ? file : "(no file here)");
	if (error[0]) {
		table_row_end(table);
		table_line(table, "    %s %s%s%s", mark(r, MARK_THEREFORE),
			error, hint[0] ? ": " : "", hint);
		return;
	}
	table_cell(table, "%s%s", subject,
		json_is_true(get(record, "ca")) ? " (authority)" : "");
	cell_list(r, table, record, "alt_names");
	table_cell(table, "%s", own ? "itself" : issuer);
	cell_text(r, table, record, "key");
	cell_expiry(r, table, record);
	table_row_end(table);
	certificate_notes(r, table, record);
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
	{ "daemon", print_daemon, NULL, { NULL } },
	{ "event", print_event, NULL, { NULL } },
	{ "error", print_error, NULL, { NULL } },
	{ "peer", NULL, NULL, { NULL } }, /* print_peers, print_detail */
	{ "peer-config", NULL, list_peer_config,
		{ "  PEER", "STATE", "LOCAL", "REMOTE", "LOCAL ID", "REMOTE ID", "AUTH" } },
	{ "sa", NULL, list_sa,
		{ "  PEER", "STATE", "SPI I", "SPI R", "LOCAL", "REMOTE", "SUITE", "AGE", "CHILDREN" } },
	{ "child", NULL, list_child,
		{ "  PEER/CHILD", "STATE", "MODE", "SELECTORS", "ESP", "SPI IN", "SPI OUT", "IN", "OUT" } },
	{ "certificate", NULL, list_certificate,
		{ "  FILE", "SUBJECT", "NAMES", "ISSUER", "KEY", "EXPIRES" } },
	{ "algorithm", NULL, list_algorithm,
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
		if (!is(record, "record", kinds[i].kind))
			continue;
		if (kinds[i].now)
			kinds[i].now(render, record);
		else if (strcmp(kinds[i].kind, "peer") == 0 && render->detail)
			print_detail(render, record);
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
		if (is(record, "record", kind))
			return true;
	}
	return false;
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
		if (is(record, "record", kinds[kind].kind))
			kinds[kind].row(render, table, record);
	}
	table_print(table, render->out, 0, 2);
}

void render_end(struct render *render)
{
	print_peers(render);
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].row)
			print_list(render, i);
	}
	json_decref(render->held);
	render->held = NULL;
}

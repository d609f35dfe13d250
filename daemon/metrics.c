/* metrics.c - THE table of metrics; all that is counted as OpenMetrics text.
 * SPDX-License-Identifier: ISC
 *
 * A family's samples must stand together, so each is a walk over the peers.  What
 * a peer has never counted is left out, as there may be many thousands of them.
 */
#include "daemon/metrics.h"

#include "daemon/counters.h"
#include "daemon/daemon.h"
#include "daemon/report.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	UNITS_A_PIECE = 500,
	UNIT_MOST = 4096, /* octets that one may have: 14 samples */
	LABELS = 3,
};

/* --- Text ----------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void put(
	struct metrics_text *out, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(
		out->at + out->len, sizeof(out->at) - out->len, format, args);
	va_end(args);
	if (len > 0 && (size_t)len < sizeof(out->at) - out->len)
		out->len += (size_t)len;
	out->at[out->len] = '\0';
}

/* Nothing else than printable ASCII is in our names; if it were, no line would
 * end where it should not. */
static void put_value(struct metrics_text *out, const char *text)
{
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '\n')
			put(out, "\\n");
		else if (c == '"' || c == '\\')
			put(out, "\\%c", c);
		else
			put(out, "%c", c < 0x20 || c > 0x7e ? '?' : c);
	}
}

struct label {
	const char *name, *value; /* name NULL: none */
};

static void sample(struct metrics_text *out, const char *name,
	const char *suffix, const struct label labels[LABELS], uint64_t value)
{
	put(out, "%s%s", name, suffix);
	for (size_t i = 0; i < LABELS && labels && labels[i].name; i++) {
		put(out, "%c%s=\"", i == 0 ? '{' : ',', labels[i].name);
		put_value(out, labels[i].value);
		put(out, "\"");
	}
	put(out, "%s %llu\n", labels && labels[0].name ? "}" : "",
		(unsigned long long)value);
}

/* --- Where they come from ------------------------------------------------- */

struct source {
	const struct daemon *daemon;
	struct totals *totals;
	struct ike_peer_status peer; /* the one that it is about */
	const char *name;            /* of the family */
	struct metrics_text *out;
};

static void counter(const struct source *s, struct label a, struct label b,
	struct label c, uint64_t value)
{
	const struct label labels[LABELS] = { a, b, c };

	sample(s->out, s->name, "_total", labels, value);
}

static void gauge(const struct source *s, const char *label, const char *is,
	uint64_t value)
{
	const struct label labels[LABELS] = { { label, is } };

	sample(s->out, s->name, "", labels, value);
}

static const struct label nothing = { NULL, NULL };

static struct label of(const struct source *s)
{
	return (struct label){ "peer", s->peer.peer->name };
}

/* --- Of the daemon -------------------------------------------------------- */

static void build(const struct source *s)
{
	const struct daemon_options *options = s->daemon->options;
	const struct label labels[LABELS] = { { "version", IPSECD_VERSION },
		{ "kernel", options && options->kernel == DAEMON_KERNEL_NONE
				    ? "none"
				    : "xfrm" } };

	sample(s->out, s->name, "_info", labels, 1);
}

static void start_time(const struct source *s)
{
	gauge(s, NULL, NULL,
		s->daemon->started_unix_s > 0
			? (uint64_t)s->daemon->started_unix_s
			: 0);
}

static void peers(const struct source *s)
{
	uint64_t count[IKE_PEER_UP + 1] = { 0 };
	struct ike_peer_status status;

	for (size_t i = 0; ike_peer_at(s->daemon->ike, i, &status); i++)
		count[status.state]++;
	for (unsigned int state = 0; state <= IKE_PEER_UP; state++)
		gauge(s, "state", report_state((enum ike_peer_state)state),
			count[state]);
}

static void ike_sas(const struct source *s)
{
	gauge(s, NULL, NULL, ike_sa_count(s->daemon->ike));
}

static void half_open(const struct source *s)
{
	gauge(s, NULL, NULL, ike_half_open_count(s->daemon->ike));
}

static void exchanges(const struct source *s)
{
	const struct ike_counts *counts = ike_counts(s->daemon->ike);

	for (unsigned int i = 0; i < IKE_EXCHANGES; i++) {
		const struct label which = { "exchange",
			counters_exchange((enum ike_exchange)i) };

		counter(s, which, (struct label){ "role", "asked" }, nothing,
			counts->asked[i]);
		counter(s, which, (struct label){ "role", "answered" }, nothing,
			counts->answered[i]);
	}
}

static void refusals(const struct source *s)
{
	const struct ike_counts *counts = ike_counts(s->daemon->ike);

	for (unsigned int i = 0; i < IKE_EXCHANGES; i++)
		counter(s,
			(struct label){ "exchange",
				counters_exchange((enum ike_exchange)i) },
			nothing, nothing, counts->refused[i]);
}

static void dropped(const struct source *s)
{
	const struct ike_counts *counts = ike_counts(s->daemon->ike);

	for (unsigned int i = 0; i < IKE_DROPPEDS; i++)
		counter(s,
			(struct label){ "reason",
				counters_dropped((enum ike_dropped)i) },
			nothing, nothing, counts->dropped[i]);
}

static void put_repetitions(const struct source *s,
	const struct ike_counts *counts, struct label peer)
{
	struct label labels[2][LABELS] = {
		{ { "direction", "sent" }, peer },
		{ { "direction", "received" }, peer },
	};

	sample(s->out, s->name, "_total", labels[0], counts->resent);
	sample(s->out, s->name, "_total", labels[1], counts->repeated);
}

static void repetitions(const struct source *s)
{
	put_repetitions(s, ike_counts(s->daemon->ike), nothing);
}

static const char *cause_at(size_t i)
{
	return report_cause_name(ike_cause_at(i), IKE_OK);
}

static void failures(const struct source *s)
{
	const struct ike_counts *counts = ike_counts(s->daemon->ike);

	for (size_t i = 0; i < IKE_CAUSES; i++)
		counter(s, (struct label){ "cause", cause_at(i) }, nothing,
			nothing, counts->failures[i]);
}

static void put_rekeys(const struct source *s, const struct ike_counts *counts,
	struct label peer)
{
	struct label labels[2][LABELS] = {
		{ { "of", "ike" }, peer },
		{ { "of", "child" }, peer },
	};

	sample(s->out, s->name, "_total", labels[0], counts->rekeys);
	sample(s->out, s->name, "_total", labels[1], counts->child_rekeys);
}

static void rekeys(const struct source *s)
{
	put_rekeys(s, ike_counts(s->daemon->ike), nothing);
}

static void rekey_failures(const struct source *s)
{
	counter(s, nothing, nothing, nothing,
		ike_counts(s->daemon->ike)->rekeys_failed);
}

/* --- Of each peer --------------------------------------------------------- */

static void peer_up(const struct source *s)
{
	gauge(s, "peer", s->peer.peer->name, s->peer.state == IKE_PEER_UP);
}

static void peer_tries(const struct source *s)
{
	gauge(s, "peer", s->peer.peer->name, s->peer.tries);
}

static void peer_exchanges(const struct source *s)
{
	const struct ike_counts *counts = s->peer.counts;

	for (unsigned int i = 0; i < IKE_EXCHANGES; i++) {
		const struct label which = { "exchange",
			counters_exchange((enum ike_exchange)i) };

		if (counts->asked[i] > 0)
			counter(s, of(s), which,
				(struct label){ "role", "asked" },
				counts->asked[i]);
		if (counts->answered[i] > 0)
			counter(s, of(s), which,
				(struct label){ "role", "answered" },
				counts->answered[i]);
	}
}

static void peer_repetitions(const struct source *s)
{
	const struct ike_counts *counts = s->peer.counts;

	if (counts->resent + counts->repeated > 0)
		put_repetitions(s, counts, of(s));
}

static void peer_dropped(const struct source *s)
{
	for (unsigned int i = 0; i < IKE_DROPPEDS; i++) {
		if (s->peer.counts->dropped[i] > 0)
			counter(s, of(s),
				(struct label){ "reason",
					counters_dropped((enum ike_dropped)i) },
				nothing, s->peer.counts->dropped[i]);
	}
}

static void peer_failures(const struct source *s)
{
	for (size_t i = 0; i < IKE_CAUSES; i++) {
		if (s->peer.counts->failures[i] > 0)
			counter(s, of(s),
				(struct label){ "cause", cause_at(i) }, nothing,
				s->peer.counts->failures[i]);
	}
}

static void peer_rekeys(const struct source *s)
{
	const struct ike_counts *counts = s->peer.counts;

	if (counts->rekeys + counts->child_rekeys > 0)
		put_rekeys(s, counts, of(s));
}

/* --- Of each child -------------------------------------------------------- */

/* False: there is no such child. */
static bool child_bytes(const struct source *s, size_t child)
{
	const struct totals_peer *totals =
		survey_needed(s->daemon)
			? totals_of(s->totals, s->peer.peer->name)
			: NULL;
	uint64_t in, out;
	const char *name =
		totals ? totals_child(totals, child, &in, &out) : NULL;

	if (!name)
		return false;
	counter(s, of(s), (struct label){ "child", name },
		(struct label){ "direction", "in" }, in);
	counter(s, of(s), (struct label){ "child", name },
		(struct label){ "direction", "out" }, out);
	return true;
}

/* --- The table ------------------------------------------------------------ */

/* One of the three functions: of the daemon, of each peer, of each child. */
static const struct family {
	const char *name, *type, *unit, *help;
	void (*once)(const struct source *s);
	void (*peer)(const struct source *s);
	bool (*child)(const struct source *s, size_t child);
} families[] = {
	// clang-format off
	{ "ipsecd_build", "info", NULL, "What is running.", build, NULL, NULL },
	{ "ipsecd_start_time_seconds", "gauge", "seconds", "When it has started, since 1970.", start_time, NULL, NULL },
	{ "ipsecd_peers", "gauge", NULL, "Configured peers by state.", peers, NULL, NULL },
	{ "ipsecd_ike_sas", "gauge", NULL, "IKE SAs, half-open ones and those that are closing included.", ike_sas, NULL, NULL },
	{ "ipsecd_half_open", "gauge", NULL, "IKE SAs that strangers have begun, and not proven who they are.", half_open, NULL, NULL },
	{ "ipsecd_exchanges", "counter", NULL, "Requests that we have sent, and that we have answered.", exchanges, NULL, NULL },
	{ "ipsecd_refusals", "counter", NULL, "Requests that we have answered with an error.", refusals, NULL, NULL },
	{ "ipsecd_retransmissions", "counter", NULL, "Requests sent again, and such as came again.", repetitions, NULL, NULL },
	{ "ipsecd_dropped_datagrams", "counter", NULL, "Datagrams that came to nothing, by reason.", dropped, NULL, NULL },
	{ "ipsecd_failures", "counter", NULL, "Failures of what we began, and what we refused, by cause.", failures, NULL, NULL },
	{ "ipsecd_rekeys", "counter", NULL, "IKE SAs and children replaced, by either side.", rekeys, NULL, NULL },
	{ "ipsecd_rekey_failures", "counter", NULL, "IKE SAs and children that could not be replaced at once.", rekey_failures, NULL, NULL },
	{ "ipsecd_peer_up", "gauge", NULL, "Is it up, with a child if one is wanted?", NULL, peer_up, NULL },
	{ "ipsecd_peer_tries", "gauge", NULL, "Failed attempts to connect in a row.", NULL, peer_tries, NULL },
	{ "ipsecd_peer_exchanges", "counter", NULL, "Requests sent to that peer, and answered.", NULL, peer_exchanges, NULL },
	{ "ipsecd_peer_retransmissions", "counter", NULL, "Requests sent again to that peer, and such as came again.", NULL, peer_repetitions, NULL },
	{ "ipsecd_peer_dropped_datagrams", "counter", NULL, "Datagrams for its IKE SAs that came to nothing.", NULL, peer_dropped, NULL },
	{ "ipsecd_peer_failures", "counter", NULL, "Failures with that peer, by cause.", NULL, peer_failures, NULL },
	{ "ipsecd_peer_rekeys", "counter", NULL, "Its IKE SAs and children replaced, by either side.", NULL, peer_rekeys, NULL },
	{ "ipsecd_child_traffic_bytes", "counter", "bytes", "What the children of that name have carried.", NULL, NULL, child_bytes },
	// clang-format on
};

enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

/* --- The walk ------------------------------------------------------------- */

static void put_head(struct metrics_text *out, const struct family *family)
{
	put(out, "# TYPE %s %s\n", family->name, family->type);
	if (family->unit)
		put(out, "# UNIT %s %s\n", family->name, family->unit);
	put(out, "# HELP %s %s\n", family->name, family->help);
}

static void next_family(struct metrics_walk *walk)
{
	walk->family++;
	walk->at = walk->inner = 0;
	walk->headed = false;
}

static void one_unit(struct metrics_walk *walk, struct source *s)
{
	const struct family *family = &families[walk->family];

	s->name = family->name;
	if (!walk->headed) {
		put_head(s->out, family);
		walk->headed = true;
	}
	if (family->once) {
		family->once(s);
		next_family(walk);
	} else if (!ike_peer_at(s->daemon->ike, walk->at, &s->peer)) {
		next_family(walk);
	} else if (family->child && family->child(s, walk->inner)) {
		walk->inner++;
	} else {
		if (family->peer)
			family->peer(s);
		walk->at++;
		walk->inner = 0;
	}
}

/* The kernel is asked before the first line. */
static bool still_asking(struct metrics_walk *walk, const struct daemon *daemon,
	struct totals *totals)
{
	if (!walk->surveyed)
		walk->surveyed =
			!survey_needed(daemon) ||
			survey_step(&walk->survey, daemon, totals, NULL);
	return !walk->surveyed;
}

enum metrics_step metrics_next(struct metrics_walk *walk,
	const struct daemon *daemon, struct totals *totals,
	struct metrics_text *out)
{
	struct source source = {
		.daemon = daemon, .totals = totals, .out = out
	};

	out->len = 0;
	out->at[0] = '\0';
	if (!walk->begun)
		walk->generation = ike_generation(daemon->ike);
	walk->begun = true;
	if (walk->generation != ike_generation(daemon->ike))
		return METRICS_STALE;
	if (still_asking(walk, daemon, totals))
		return METRICS_MORE;
	for (int i = 0; i < UNITS_A_PIECE && walk->family < FAMILIES &&
			out->len + UNIT_MOST < sizeof(out->at);
		i++)
		one_unit(walk, &source);
	if (walk->family < FAMILIES)
		return METRICS_MORE;
	put(out, "# EOF\n");
	return METRICS_END;
}

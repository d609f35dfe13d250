/* command_look.c - the methods that look: status, list.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/command.h"

#include "config/errors.h"
#include "daemon/daemon.h"
#include "daemon/explained.h"
#include "daemon/kernel.h"
#include "daemon/log.h"
#include "daemon/totals.h"

#include <stdlib.h>

/* --- Records of SAs ------------------------------------------------------- */

static bool count(const struct request *request, struct ike_sa_ref ref,
	const struct ike_addr *src, struct ike_counters *out)
{
	struct kernel *kernel = request->all->daemon->kernel;

	return kernel && ref.spi != 0 &&
	       kernel_query(kernel, ref, src, out) == 0;
}

static json_t *child_record(const struct request *request,
	const struct ike_child_status *child, struct totals_peer *totals,
	struct report_clock clock)
{
	struct ike_counters in = { 0 }, out = { 0 };
	bool has_in = count(request, child->in, &child->remote, &in);
	bool has_out = count(request, child->out, &child->local, &out);

	if (totals && has_in && has_out)
		totals_count(
			totals, child->name, child->child, in.bytes, out.bytes);
	return report_child(
		child, has_in ? &in : NULL, has_out ? &out : NULL, clock);
}

static json_t *sa_record(const struct request *request,
	const struct ike_sa_status *sa, struct totals_peer *totals,
	struct report_clock clock)
{
	json_t *record = report_sa(sa, clock);
	json_t *children = json_object_get(record, "children");
	struct ike_child_status child;

	for (size_t i = 0; i < sa->children; i++) {
		json_t *one;

		if (!ike_child_at(request_core(request), sa->sa, i, &child))
			continue;
		/* What has been replaced still counts, but is of no interest:
		 * `list children` has it. */
		one = child_record(request, &child, totals, clock);
		if (strcmp(child.state, "closing") == 0)
			json_decref(one);
		else
			json_array_append_new(children, one);
	}
	return record;
}

static int compare_sa_of(const void *left, const void *right)
{
	const struct sa_of *a = left, *b = right;
	int by_name = strcmp(a->peer, b->peer);

	return by_name != 0 ? by_name : a->sa < b->sa ? -1 : a->sa > b->sa;
}

/* Which SAs does each peer have?  Asked once for the whole answer. */
static bool index_sas(struct request *request)
{
	struct ike_sa_status sa;
	size_t size = 0, have = 0;
	uint64_t at = 0;

	while (ike_next_sa(request_core(request), &at, &sa))
		size += sa.peer ? 1 : 0;
	request->sas = calloc(size + 1, sizeof(*request->sas));
	if (!request->sas)
		return false;
	for (at = 0;
		have < size && ike_next_sa(request_core(request), &at, &sa);) {
		if (!sa.peer || (request->peer[0] &&
					!command_is_of(&sa, request->peer)))
			continue;
		memcpy(request->sas[have].peer, sa.peer->name, MAX_NAME);
		request->sas[have++].sa = sa.sa;
	}
	request->sa_count = have;
	qsort(request->sas, have, sizeof(*request->sas), compare_sa_of);
	return true;
}

/* The i-th SA of a peer, as it is now. */
static bool sa_of_peer(const struct request *request, const char *peer,
	size_t i, struct ike_sa_status *out)
{
	size_t low = 0, high = request->sa_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(request->sas[middle].peer, peer) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	low += i;
	if (low >= request->sa_count ||
		strcmp(request->sas[low].peer, peer) != 0)
		return false;
	if (!command_find_sa(request_core(request), request->sas[low].sa, out))
		*out = (struct ike_sa_status){ 0 };
	return true;
}

/* --- status --------------------------------------------------------------- */

static json_t *daemon_record(const struct request *request)
{
	const struct daemon *daemon = request->all->daemon;
	struct report_daemon out = { .version = IPSECD_VERSION,
		.started_ms = daemon->started_ms };
	struct ike_peer_status status;
	json_t *record;

	out.kernel =
		daemon->options && daemon->options->kernel == DAEMON_KERNEL_NONE
			? "none"
			: "xfrm";
	for (size_t i = 0; ike_peer_at(daemon->ike, i, &status); i++) {
		out.peers++;
		out.up += status.state == IKE_PEER_UP;
		out.connecting += status.state == IKE_PEER_CONNECTING;
		out.on_demand += status.state == IKE_PEER_ON_DEMAND;
		out.down += status.state == IKE_PEER_DOWN;
	}
	record = report_daemon(&out, command_clock());
	reload_status(daemon, record);
	return record;
}

/* What was found out about this very failure is better than what may be said of
 * all of its kind. */
static void set_hint(const struct request *request,
	const struct ike_peer_status *status, json_t *record)
{
	json_t *error = json_object_get(record, "last_error");
	char hint[EXPLAINED_HINT];

	if (json_is_object(error) && status->text[0] &&
		explained_hint(request->all->explained, status->peer->name,
			status->text, hint))
		report_set_text(error, "hint", hint);
}

static json_t *peer_record(
	const struct request *request, const struct ike_peer_status *status)
{
	const struct daemon *daemon = request->all->daemon;
	const char *name = status->peer->name;
	struct totals_peer *totals = totals_of(request->all->totals, name);
	struct report_totals sums = { 0 };
	struct report_clock clock = command_clock();
	json_t *sas = json_array(), *record;
	struct ike_sa_status sa;
	bool established = false;

	if (totals)
		totals_begin(totals);
	for (size_t i = 0; sa_of_peer(request, name, i, &sa); i++) {
		if (sa.peer && !command_is_over(&sa)) {
			established |= sa.established;
			json_array_append_new(
				sas, sa_record(request, &sa, totals, clock));
		}
	}
	if (totals) {
		totals_end(totals);
		sums.known = !daemon->options ||
			     daemon->options->kernel == DAEMON_KERNEL_XFRM;
		sums.in_bytes = totals_in(totals);
		sums.out_bytes = totals_out(totals);
		sums.rekeys = totals_rekeys(totals);
	}
	record = report_peer(status, &sums, clock);
	set_hint(request, status, record);
	/* With an IKE SA what the core does next is no attempt. */
	if (established)
		json_object_del(record, "next_try");
	if (json_array_size(sas) > 0) {
		json_object_set(record, "initiator",
			json_object_get(json_array_get(sas, 0), "initiator"));
	}
	json_object_set_new(record, "ike", sas);
	return record;
}

static json_t *past_events(const struct request *request)
{
	const struct event_ring *ring = &request->all->ring;
	uint64_t first = ring->count > COMMANDS_EVENTS
				 ? ring->count - COMMANDS_EVENTS
				 : 0;
	json_t *array = json_array();

	for (uint64_t i = first; i < ring->count; i++) {
		const struct ike_report *report =
			&ring->event[i % COMMANDS_EVENTS].report;

		if (strcmp(report->peer, request->peer) != 0)
			continue;
		json_array_append_new(array,
			report_event(report,
				ring->event[i % COMMANDS_EVENTS].unix_ms));
	}
	return array;
}

static bool begin_walk(struct request *request)
{
	if (index_sas(request)) {
		request->state = REQUEST_MORE;
		request->next = 0;
		request->at = 0;
		return true;
	}
	request_fail(request, REPORT_FAILED, NULL, "out of memory");
	return false;
}

void status_start(struct request *request, const json_t *params)
{
	struct ike_peer_status status;
	json_t *record;

	if (!request_take_peer(request, params) || !begin_walk(request))
		return;
	if (!request->peer[0]) {
		request_say(request, daemon_record(request));
		return;
	}
	if (command_find_peer(request_core(request), request->peer, &status)) {
		record = peer_record(request, &status);
		json_object_set_new(record, "events", past_events(request));
		request_say(request, record);
	}
	request_succeed(request);
}

void status_more(struct request *request)
{
	struct ike_peer_status status;

	while (request->room(request->ctx)) {
		if (!ike_peer_at(
			    request_core(request), request->next, &status)) {
			request_succeed(request);
			return;
		}
		request->next++;
		request_say(request, peer_record(request, &status));
	}
}

/* --- list ----------------------------------------------------------------- */

/* Says the next piece; false at the end. */
static bool list_peer(struct request *request)
{
	struct ike_peer_status status;

	if (!ike_peer_at(request_core(request), request->next++, &status))
		return false;
	if (!request->peer[0] || strcmp(status.peer->name, request->peer) == 0)
		request_say(request, report_peer_config(&status));
	return true;
}

static bool list_sa(struct request *request)
{
	struct ike_sa_status sa;

	if (!ike_next_sa(request_core(request), &request->at, &sa))
		return false;
	if (!request->peer[0] || command_is_of(&sa, request->peer))
		request_say(request,
			sa_record(request, &sa, NULL, command_clock()));
	return true;
}

static void list_children_of_sa(
	struct request *request, const struct ike_sa_status *sa)
{
	struct ike_child_status child;

	for (size_t i = 0; i < sa->children; i++) {
		json_t *record;

		if (!ike_child_at(request_core(request), sa->sa, i, &child))
			continue;
		record = child_record(request, &child, NULL, command_clock());
		report_set_text(record, "peer", sa->peer->name);
		request_say(request, record);
	}
}

/* The children of one peer: those that live, then those that do not. */
static bool list_child(struct request *request)
{
	struct ike_peer_status status;
	struct ike_sa_status sa;
	const char *name;

	if (!ike_peer_at(request_core(request), request->next++, &status))
		return false;
	name = status.peer->name;
	if (request->peer[0] && strcmp(name, request->peer) != 0)
		return true;
	for (size_t i = 0; sa_of_peer(request, name, i, &sa); i++) {
		if (sa.peer)
			list_children_of_sa(request, &sa);
	}
	for (size_t i = 0; i < status.peer->child_count; i++) {
		const struct ike_child_policy *child =
			&status.peer->children[i];
		const char *state = "down";
		json_t *record;
		bool live = false;

		for (size_t j = 0; sa_of_peer(request, name, j, &sa); j++) {
			if (sa.peer &&
				command_has_child_in(request_core(request), &sa,
					child->name, false))
				live = true;
		}
		if (live)
			continue;
		if (child->start == IKE_START_ON_DEMAND)
			state = "on-demand";
		else if (ike_is_shunt(child->mode) &&
			 ike_child_in_place(request_core(request), name, i))
			state = "up";
		record = report_child_config(child, state);
		report_set_text(record, "peer", name);
		request_say(request, record);
	}
	return true;
}

static bool list_algorithm(struct request *request)
{
	const struct transform *transform = transform_at(request->next++);

	if (!transform)
		return false;
	request_say(request, report_algorithm(transform));
	return true;
}

/* One row a thing that can be listed. */
static const struct {
	const char *what;
	bool (*next)(struct request *request);
} lists[] = {
	{ "peers", list_peer },
	{ "sas", list_sa },
	{ "children", list_child },
	{ "algorithms", list_algorithm },
};

enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

void list_start(struct request *request, const json_t *params)
{
	const char *what = json_string_value(json_object_get(params, "what"));
	struct nearest nearest = nearest_to(what);
	char hint[HINT_SIZE];

	for (size_t i = 0; i < LISTS; i++) {
		nearest_try(&nearest, lists[i].what);
		if (strcmp(lists[i].what, what) != 0)
			continue;
		request->what = (int)i;
		if (request_take_peer(request, params))
			begin_walk(request);
		return;
	}
	request_fail(request, REPORT_USAGE, nearest_hint(&nearest, hint),
		"there is no list of '%.100s'", what);
}

void list_more(struct request *request)
{
	while (request->room(request->ctx)) {
		if (!lists[request->what].next(request)) {
			request_succeed(request);
			return;
		}
	}
}

/* --- Totals --------------------------------------------------------------- */

/* A child that is new, or one that replaces another: a peer's request for it
 * is answered before it is used. */
static void account_up(
	const struct commands *all, const struct ike_effect *effect)
{
	const struct ike *ike = all->daemon->ike;
	struct ike_child_status child;

	for (size_t i = 0; ike_child_at(ike, effect->sa, i, &child); i++) {
		if (child.child == effect->child) {
			totals_up(all->totals, effect->report.peer, child.name,
				child.child, child.in);
			return;
		}
	}
}

/* With the SA its counters go. */
static void account_last(
	const struct commands *all, const struct ike_effect *effect)
{
	struct ike_counters counters = { 0 };

	if (!totals_knows(all->totals, effect->child))
		return;
	/* One that is gone already has counted nothing since it was asked. */
	if (kernel_query(all->daemon->kernel, effect->del.ref, &effect->del.src,
		    &counters) < 0)
		counters.bytes = 0;
	totals_last(
		all->totals, effect->child, effect->del.ref, counters.bytes);
}

/* The log has the failure already; what to do about it is said once. */
static void account_explanation(
	const struct commands *all, const struct ike_explanation *why)
{
	char hint[EXPLAINED_HINT];
	const struct ike_log line = { .level = IKE_LOG_INFO,
		.peer = why->peer[0] ? why->peer : NULL,
		.text = hint,
		.anybody = !why->initiator };

	if (explained_keep(
		    all->explained, why, command_clock().unix_ms, hint) &&
		hint[0])
		log_core_line(&line);
}

void commands_account(struct commands *all, const struct ike_effect *effect)
{
	const struct daemon *daemon = all->daemon;

	if (effect->kind == IKE_EXPLAIN) {
		account_explanation(all, effect->explain);
		return;
	}
	/* What counts nothing need not be asked. */
	if (daemon->options && daemon->options->kernel == DAEMON_KERNEL_NONE)
		return;
	if (effect->kind == IKE_SA_DELETE)
		account_last(all, effect);
	else if (effect->kind == IKE_SA_MOVE)
		totals_moved(all->totals, effect->child, effect->move.ref,
			&effect->move.new_dst);
	else if (effect->kind == IKE_REPORT &&
		 (effect->report.kind == IKE_REPORT_CHILD_UP ||
			 effect->report.kind == IKE_REPORT_REKEYED))
		account_up(all, effect);
}

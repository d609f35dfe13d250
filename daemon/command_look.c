/* command_look.c - the methods that look: status, list.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/command.h"

#include "config/errors.h"
#include "daemon/daemon.h"
#include "daemon/events.h"
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

/* --- The SAs of each peer ------------------------------------------------- */

/* There may be tens of thousands of SAs and peers, and others wait meanwhile: so
 * many are looked at in one turn of the loop, and if they are said no more than
 * there is room for. */
enum { A_PIECE = 256 };

static int compare_sa_of(const void *left, const void *right)
{
	const struct sa_of *a = left, *b = right;
	int by_name = strcmp(a->peer, b->peer);

	return by_name != 0 ? by_name : a->sa < b->sa ? -1 : a->sa > b->sa;
}

static bool index_one(struct request *request, const struct ike_sa_status *sa)
{
	size_t size = request->sa_size ? 2 * request->sa_size : 16;
	struct sa_of *grown, *row;

	if (!sa->peer ||
		(request->peer[0] && !command_is_of(sa, request->peer)))
		return true;
	if (request->sa_count == request->sa_size) {
		grown = reallocarray(request->sas, size, sizeof(*grown));
		if (!grown)
			return false;
		request->sas = grown;
		request->sa_size = size;
	}
	row = &request->sas[request->sa_count++];
	*row = (struct sa_of){ .sa = sa->sa,
		.children = sa->children,
		.over = command_is_over(sa) };
	memcpy(row->peer, sa->peer->name, MAX_NAME);
	return true;
}

/* Which SAs does each peer have?  The next piece of it; true when it is known. */
static bool index_sas(struct request *request)
{
	struct ike_sa_status sa;

	for (int i = 0; i < A_PIECE && !request->indexed; i++) {
		if (!ike_next_sa(request_core(request), &request->at, &sa)) {
			request->indexed = true;
		} else if (!index_one(request, &sa)) {
			request_fail(
				request, REPORT_FAILED, NULL, "out of memory");
			return false;
		}
		if (request->indexed && request->sa_count > 0)
			qsort(request->sas, request->sa_count,
				sizeof(*request->sas), compare_sa_of);
	}
	return request->indexed;
}

/* A peer's rows of the index. */
struct span {
	const struct sa_of *rows;
	size_t count;
};

/* The first row that is not before this name, or with past behind it. */
static size_t place_of(
	const struct request *request, const char *peer, bool past)
{
	size_t low = 0, high = request->sa_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(request->sas[middle].peer, peer);

		if (order < 0 || (past && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct span span_of(const struct request *request, const char *peer)
{
	size_t first = place_of(request, peer, false);
	size_t count = place_of(request, peer, true) - first;

	return (struct span){ count > 0 ? request->sas + first : NULL, count };
}

/* An SA of the index, as it is now; false: it is gone. */
static bool sa_at(const struct request *request, const struct sa_of *row,
	struct ike_sa_status *out)
{
	return command_find_sa(request_core(request), row->sa, out) &&
	       out->peer;
}

static void begin_walk(struct request *request)
{
	request->state = REQUEST_MORE;
	request->next = request->within = 0;
	request->at = 0;
	request->tally = (struct report_daemon){ .version = IPSECD_VERSION };
}

/* After a reload peers have other places, so that some would be left out and some
 * said twice: then the request fails, unless it is still at the first. */
static bool peers_have_moved(struct request *request)
{
	const uint64_t generation = ike_generation(request_core(request));

	if (request->next == 0 && request->within == 0)
		request->generation = generation;
	if (request->generation == generation)
		return false;
	request_fail(request, REPORT_FAILED, "ask again",
		"another configuration came into force meanwhile");
	return true;
}

/* --- status --------------------------------------------------------------- */

/* A record has so many IKE SAs and children at most: who lets ten thousand in at
 * one peer finds them in `list sas`. */
enum { RECORD_SAS = 64, RECORD_CHILDREN = 256 };

static json_t *daemon_record(struct request *request)
{
	const struct daemon *daemon = request->all->daemon;
	json_t *record;

	request->tally.started_ms = daemon->started_ms;
	request->tally.kernel =
		daemon->options && daemon->options->kernel == DAEMON_KERNEL_NONE
			? "none"
			: "xfrm";
	record = report_daemon(&request->tally, command_clock());
	reload_status(daemon, record);
	return record;
}

/* How many peers are in which state?  The next piece of it; true when that has
 * been said. */
static bool tally_peers(struct request *request)
{
	struct report_daemon *tally = &request->tally;
	struct ike_peer_status status;

	for (int i = 0; i < A_PIECE && !request->tallied; i++) {
		if (!ike_peer_at(
			    request_core(request), request->next, &status)) {
			request->tallied = true;
			request->next = 0;
			request_say(request, daemon_record(request));
			break;
		}
		request->next++;
		tally->peers++;
		tally->up += status.state == IKE_PEER_UP;
		tally->connecting += status.state == IKE_PEER_CONNECTING;
		tally->on_demand += status.state == IKE_PEER_ON_DEMAND;
		tally->down += status.state == IKE_PEER_DOWN;
		tally->disabled += !status.peer->enabled;
	}
	return request->tallied;
}

/* More than a record holds, or than the kernel can be asked about at once. */
static bool is_crowd(struct span span)
{
	size_t children = 0;

	if (span.count > RECORD_SAS)
		return true;
	for (size_t i = 0; i < span.count; i++)
		children += span.rows[i].children;
	return children > RECORD_CHILDREN;
}

static bool has_crowd(const struct request *request)
{
	struct span span;

	for (size_t i = 0; i < request->sa_count; i += span.count) {
		span = span_of(request, request->sas[i].peer);
		if (is_crowd(span))
			return true;
	}
	return false;
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

/* Its IKE SAs as far as they fit, those that are over left out; established:
 * one is.  totals: what the children have carried is counted there. */
static json_t *sa_records(const struct request *request, struct span span,
	struct totals_peer *totals, bool *established)
{
	struct report_clock clock = command_clock();
	json_t *sas = json_array();
	struct ike_sa_status sa;
	size_t children = 0;

	for (size_t i = 0; i < span.count && json_array_size(sas) < RECORD_SAS;
		i++) {
		if (!sa_at(request, &span.rows[i], &sa) || command_is_over(&sa))
			continue;
		children += sa.children;
		if (children > RECORD_CHILDREN)
			break;
		*established |= sa.established;
		json_array_append_new(
			sas, sa_record(request, &sa, totals, clock));
	}
	return sas;
}

static size_t count_sas(struct span span)
{
	size_t count = 0;

	for (size_t i = 0; i < span.count; i++)
		count += !span.rows[i].over;
	return count;
}

static void sum_up(const struct request *request, struct totals_peer *totals,
	struct report_totals *sums)
{
	const struct daemon *daemon = request->all->daemon;

	if (!totals)
		return;
	sums->known = !daemon->options ||
		      daemon->options->kernel == DAEMON_KERNEL_XFRM;
	sums->in_bytes = totals_in(totals);
	sums->out_bytes = totals_out(totals);
	sums->rekeys = totals_rekeys(totals);
}

static json_t *peer_record(
	const struct request *request, const struct ike_peer_status *status)
{
	const char *name = status->peer->name;
	const struct span span = span_of(request, name);
	/* What a crowd has carried is asked for beforehand, in pieces. */
	const bool crowd = is_crowd(span);
	struct totals_peer *totals = totals_of(request->all->totals, name);
	struct report_totals sums = { 0 };
	bool established = false;
	json_t *sas, *record;

	if (totals && !crowd)
		totals_begin(totals);
	sas = sa_records(request, span, totals, &established);
	if (totals && !crowd)
		totals_end(totals);
	sum_up(request, totals, &sums);
	record = report_peer(status, &sums, command_clock());
	set_hint(request, status, record);
	/* With an IKE SA what the core does next is an attempt only for a child
	 * that was refused. */
	if (established && status->tries == 0)
		json_object_del(record, "next_try");
	if (json_array_size(sas) > 0) {
		json_object_set(record, "initiator",
			json_object_get(json_array_get(sas, 0), "initiator"));
	}
	json_object_set_new(record, "ike_count",
		json_integer((json_int_t)(crowd ? count_sas(span)
						: json_array_size(sas))));
	json_object_set_new(record, "ike", sas);
	return record;
}

void status_start(struct request *request, const json_t *params)
{
	if (request_take_peer(request, params))
		begin_walk(request);
}

static void status_of_one(struct request *request)
{
	struct ike_peer_status status;
	json_t *record;

	/* A reload may have taken it away meanwhile. */
	if (!command_find_peer(request_core(request), request->peer, &status)) {
		request_fail_no_peer(request, request->peer);
		return;
	}
	record = peer_record(request, &status);
	json_object_set_new(record, "events",
		events_of(request->all->events, request->peer));
	request_say(request, record);
	request_succeed(request);
}

static void status_of_all(struct request *request)
{
	struct ike_peer_status status;

	for (int i = 0; i < A_PIECE && request->room(request->ctx); i++) {
		if (!ike_peer_at(
			    request_core(request), request->next, &status)) {
			request_succeed(request);
			return;
		}
		request->next++;
		request_say(request, peer_record(request, &status));
	}
}

/* What crowds have carried is asked for in pieces; false: not all of it yet. */
static bool survey_crowds(struct request *request)
{
	if (request->surveyed)
		return true;
	request->surveyed = true;
	if (!has_crowd(request) || !survey_needed(request->all->daemon))
		return true;
	request_survey(request);
	return false;
}

void status_more(struct request *request)
{
	if (!index_sas(request) || !survey_crowds(request))
		return;
	if (request->peer[0])
		status_of_one(request);
	else if (!peers_have_moved(request) && tally_peers(request))
		status_of_all(request);
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

static void mark_live(
	struct request *request, const struct ike_peer *peer, const char *child)
{
	for (size_t i = 0; i < peer->child_count && i < request->live_count;
		i++) {
		if (strcmp(peer->children[i].name, child) == 0)
			request->live[i] = true;
	}
}

static void list_children_of_sa(struct request *request,
	const struct ike_peer *peer, const struct ike_sa_status *sa)
{
	struct ike_child_status child;

	for (size_t i = 0; i < sa->children; i++) {
		json_t *record;

		if (!ike_child_at(request_core(request), sa->sa, i, &child) ||
			!request_is_about(request, child.name))
			continue;
		mark_live(request, peer, child.name);
		record = child_record(request, &child, NULL, command_clock());
		report_set_text(record, "peer", sa->peer->name);
		request_say(request, record);
	}
}

static const char *idle_state(
	const struct ike *ike, const struct ike_peer *peer, size_t child)
{
	if (ike_is_shunt(peer->children[child].mode))
		return ike_child_in_place(ike, peer->name, child) ? "up"
								  : "down";
	return ike_child_waits(ike, peer->name, child) ? "on-demand" : "down";
}

static void list_other_children(
	struct request *request, const struct ike_peer *peer)
{
	const struct ike *ike = request_core(request);

	for (size_t i = 0; i < peer->child_count; i++) {
		json_t *record;

		if ((i < request->live_count && request->live[i]) ||
			!request_is_about(request, peer->children[i].name))
			continue;
		record = report_child_config(
			&peer->children[i], idle_state(ike, peer, i));
		report_set_text(record, "peer", peer->name);
		request_say(request, record);
	}
}

/* No child of this peer has been seen yet.  False without memory. */
static bool forget_live(struct request *request, const struct ike_peer *peer)
{
	free(request->live);
	request->live_count = peer->child_count;
	request->live = calloc(peer->child_count + 1, sizeof(*request->live));
	return request->live != NULL;
}

/* The children of one IKE SA of a peer, or those that none of them has. */
static bool list_child(struct request *request)
{
	struct ike_peer_status status;
	struct ike_sa_status sa;
	struct span span;

	if (!ike_peer_at(request_core(request), request->next, &status))
		return false;
	if (request->peer[0] && strcmp(status.peer->name, request->peer) != 0) {
		request->next++;
		return true;
	}
	if (request->within == 0 && !forget_live(request, status.peer)) {
		request_fail(request, REPORT_FAILED, NULL, "out of memory");
		return true;
	}
	span = span_of(request, status.peer->name);
	if (request->within < span.count) {
		if (sa_at(request, &span.rows[request->within], &sa))
			list_children_of_sa(request, status.peer, &sa);
		request->within++;
		return true;
	}
	list_other_children(request, status.peer);
	request->next++;
	request->within = 0;
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
	bool indexed; /* it wants to know the SAs of each peer */
	bool places;  /* it goes by the peers' places */
} lists[] = {
	{ "peers", list_peer, false, true },
	{ "sas", list_sa, false, false },
	{ "children", list_child, true, true },
	{ "policies", list_policy, false, false },
	{ "algorithms", list_algorithm, false, false },
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
	request_fail(request, REPORT_USAGE,
		nearest.name
			? nearest_hint(&nearest, hint)
			: "peers, sas, children, policies, certs or algorithms",
		"there is no list of '%.100s'", what);
}

void list_more(struct request *request)
{
	if (lists[request->what].indexed && !index_sas(request))
		return;
	if (lists[request->what].places && peers_have_moved(request))
		return;
	for (int i = 0; i < A_PIECE && request->state == REQUEST_MORE &&
			request->room(request->ctx);
		i++) {
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
	const struct ike_log line = { .event = &log_row_at(LOG_HINT)->event,
		.level = IKE_LOG_INFO,
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

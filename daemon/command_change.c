/* command_change.c - the methods that change something, or wait until it has: up, down, rekey, wait, monitor.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/command.h"

#include "config/config.h"
#include "daemon/daemon.h"
#include "daemon/explained.h"

#include <stdio.h>
#include <stdlib.h>

enum { UP_TIMEOUT_S = 300 }; /* more than any attempt takes */

/* --- Verdicts that are still out ------------------------------------------ */

/* All children that are wished for, and are up, or are not. */
static bool note_pending(
	struct request *request, const struct ike_peer *peer, bool up)
{
	request->pending =
		calloc(peer->child_count + 1, sizeof(*request->pending));
	if (!request->pending)
		return false;
	for (size_t i = 0; i < peer->child_count; i++) {
		const char *name = peer->children[i].name;

		if (!request_is_about(request, name))
			continue;
		if (ike_is_shunt(peer->children[i].mode))
			continue;
		if (command_has_child(
			    request_core(request), peer->name, name) != up)
			continue;
		memcpy(request->pending[request->pending_count++], name,
			MAX_NAME);
	}
	return true;
}

/* False: nobody waits for this child. */
static bool drop_pending(struct request *request, const char *child)
{
	for (size_t i = 0; i < request->pending_count; i++) {
		if (strcmp(request->pending[i], child) != 0)
			continue;
		request->pending_count--;
		memmove(request->pending[i],
			request->pending[request->pending_count], MAX_NAME);
		return true;
	}
	return false;
}

/* What was found out about this very failure, else what may be said of all of
 * its kind; NULL: nothing. */
static const char *hint_of(const struct request *request, enum ike_cause cause,
	const char *text, char hint[EXPLAINED_HINT])
{
	return explained_hint(
		       request->all->explained, request->peer, text, hint)
		       ? hint
		       : report_cause_hint(cause);
}

static void fail_with_cause(
	struct request *request, enum ike_cause cause, const char *text)
{
	char hint[EXPLAINED_HINT];

	request_fail(request,
		cause == IKE_CAUSE_NONE ? REPORT_FAILED : (int)cause,
		hint_of(request, cause, text, hint), "%s",
		*text ? text : report_cause_name(cause, IKE_OK));
}

/* All have had their say. */
static void pending_verdict(struct request *request)
{
	char text[sizeof(request->text)];

	if (request->cause == IKE_CAUSE_NONE) {
		request_succeed(request);
		return;
	}
	memcpy(text, request->text, sizeof(text));
	fail_with_cause(request, request->cause, text);
}

/* The verdict will be this one, if no worse one comes. */
static void note_failure(
	struct request *request, const struct ike_report *report)
{
	request->cause = report->cause == IKE_CAUSE_NONE ? IKE_CAUSE_FAILED
							 : report->cause;
	memcpy(request->text, report->text, sizeof(request->text));
}

/* --- up ------------------------------------------------------------------- */

static void fail_gone(struct request *request)
{
	request_fail(request, REPORT_UNKNOWN, NULL,
		"'%s' is no longer configured", request->peer);
}

static void fail_impossible(struct request *request)
{
	struct ike_peer_status status;

	if (!command_find_peer(request_core(request), request->peer, &status)) {
		request_fail_no_peer(request, request->peer);
		return;
	}
	if (status.peer->error[0]) {
		request_fail(request, REPORT_CONFIG, REPORT_LEFT_OUT_HINT,
			"'%s' is left out: %s", request->peer,
			status.peer->error);
		return;
	}
	if (!status.peer->enabled) {
		request_fail(request, REPORT_FAILED,
			"set 'enabled: yes', then: ipsec-ctl reload",
			"'%s' is disabled", request->peer);
		return;
	}
	request_fail(request, REPORT_FAILED,
		"it can only be started from the other side",
		"'%s' has no address to connect to", request->peer);
}

/* Somebody has said down, or a reload has changed what was being tried: there is
 * nothing left to wait for, unless it is tried again. */
static void up_taken_down(
	struct request *request, const struct ike_report *report)
{
	struct ike_peer_status status;

	if (report->child[0]) {
		if (!drop_pending(request, report->child))
			return;
		note_failure(request, report);
		if (request->pending_count == 0)
			pending_verdict(request);
		return;
	}
	if (!command_find_peer(request_core(request), request->peer, &status)) {
		fail_gone(request);
		return;
	}
	if (status.peer->error[0] || !status.peer->enabled)
		fail_impossible(request);
	else if (status.state != IKE_PEER_UP &&
		 status.state != IKE_PEER_CONNECTING &&
		 status.next_try_ms == IKE_NEVER)
		request_fail(request, REPORT_FAILED, NULL, "%s", report->text);
}

static void up_failed(struct request *request, const struct ike_report *report)
{
	if (!report->child[0]) {
		fail_with_cause(request, report->cause, report->text);
		return;
	}
	if (!drop_pending(request, report->child))
		return;
	note_failure(request, report);
	if (request->pending_count == 0)
		pending_verdict(request);
}

void up_report(struct request *request, const struct ike_report *report)
{
	struct ike_peer_status status;

	if (strcmp(report->peer, request->peer) != 0)
		return;
	request_say_event(request, report);
	switch (report->kind) {
	case IKE_REPORT_CONNECTING:
	case IKE_REPORT_PROGRESS:
	case IKE_REPORT_CHILD_DOWN:
	case IKE_REPORT_REFUSED: /* what the peer began: not ours */
	case IKE_REPORT_REKEYED:
	case IKE_REPORT_REKEY_FAILED:
		break;
	case IKE_REPORT_IKE_UP:
		if (request->pending_count == 0)
			pending_verdict(request);
		break;
	case IKE_REPORT_CHILD_UP:
		if (drop_pending(request, report->child) &&
			request->pending_count == 0)
			pending_verdict(request);
		break;
	case IKE_REPORT_IKE_DOWN:
		if (command_has_sa(request_core(request), request->peer))
			break;
		if (command_find_peer(
			    request_core(request), request->peer, &status) &&
			status.state == IKE_PEER_CONNECTING)
			break;
		fail_with_cause(request, report->cause, report->text);
		break;
	case IKE_REPORT_TAKEN_DOWN:
		up_taken_down(request, report);
		break;
	case IKE_REPORT_FAILED:
		up_failed(request, report);
		break;
	}
}

void up_expired(struct request *request)
{
	char hint[2 * MAX_NAME + 48];

	snprintf(hint, sizeof(hint), "it goes on; see: ipsec-ctl status %s",
		request->peer);
	request_fail(request, REPORT_TIMEOUT, hint, "'%s' is not up yet",
		request->peer);
}

/* Events of our own making: for what needs no exchange. */
static void say_already(struct request *request, const char *state)
{
	json_t *record = report_head("event");
	char text[2 * MAX_NAME + 32], date[REPORT_TIME_SIZE];

	snprintf(text, sizeof(text), "%s%s%s is %s already", request->peer,
		request->child[0] ? "/" : "", request->child, state);
	report_set_text(
		record, "time", report_time(command_clock().unix_ms, date));
	report_set_text(record, "event", "already");
	report_set_text(record, "peer", request->peer);
	if (request->child[0])
		report_set_text(record, "child", request->child);
	report_set_text(record, "text", text);
	request_say(request, record);
}

/* What the core thinks of a wish, as far as it is no success: true if reports
 * will follow. */
static bool wish_taken(struct request *request, enum ike_wish_result result,
	const char *already)
{
	struct ike_peer_status status;

	switch (result) {
	case IKE_WISH_STARTED:
		return true;
	case IKE_WISH_ALREADY:
		say_already(request, already);
		request_succeed(request);
		return false;
	case IKE_WISH_NO_PEER:
		request_fail_no_peer(request, request->peer);
		return false;
	case IKE_WISH_NO_CHILD:
		if (command_find_peer(
			    request_core(request), request->peer, &status))
			request_fail_no_child(
				request, status.peer, request->child);
		else
			request_fail_no_peer(request, request->peer);
		return false;
	case IKE_WISH_IMPOSSIBLE:
		fail_impossible(request);
		return false;
	case IKE_WISH_SHUNT:
		request_fail(request, REPORT_FAILED,
			"take it out of the configuration, then reload",
			"'%s%s%s' is a pass or drop policy, which stands as "
			"long as it is configured",
			request->peer, request->child[0] ? "/" : "",
			request->child);
		return false;
	}
	request_fail(request, REPORT_FAILED, NULL, "no such result");
	return false;
}

static struct ike_wish wish_of(const struct request *request)
{
	return (struct ike_wish){ request->peer,
		request->child[0] ? request->child : NULL };
}

void up_start(struct request *request, const json_t *params)
{
	struct daemon *daemon = request->all->daemon;
	struct ike_peer_status status;
	struct ike_wish wish;
	bool joins;

	if (!request_take_peer(request, params))
		return;
	if (!command_find_peer(daemon->ike, request->peer, &status) ||
		!note_pending(request, status.peer, false)) {
		request_fail(request, REPORT_FAILED, NULL, "out of memory");
		return;
	}
	joins = status.state == IKE_PEER_CONNECTING;
	wish = wish_of(request);
	if (!wish_taken(
		    request, ike_up(daemon->ike, daemon_now(), &wish), "up")) {
		request->all->pump(daemon);
		return;
	}
	/* What has been said of it before is not said again. */
	if (joins)
		say_already(request, "connecting");
	/* Before the effects are carried out, as reports are among them. */
	request->state = REQUEST_WATCHING;
	request_take_timeout(request, params, UP_TIMEOUT_S);
	request->all->pump(daemon);
}

/* --- down ----------------------------------------------------------------- */

static bool is_down(const struct request *request)
{
	struct ike_peer_status status;

	if (request->child[0])
		return !command_has_child(
			request_core(request), request->peer, request->child);
	if (command_has_sa(request_core(request), request->peer))
		return false;
	return !command_find_peer(
		       request_core(request), request->peer, &status) ||
	       (status.state != IKE_PEER_UP &&
		       status.state != IKE_PEER_CONNECTING);
}

void down_report(struct request *request, const struct ike_report *report)
{
	if (strcmp(report->peer, request->peer) != 0)
		return;
	request_say_event(request, report);
	/* Its children's reports come before the one that ends it all. */
	if (!request->child[0] && report->kind == IKE_REPORT_CHILD_DOWN)
		return;
	if (is_down(request))
		request_succeed(request);
}

void down_expired(struct request *request)
{
	request_fail(request, REPORT_TIMEOUT, NULL, "'%s' is not down yet",
		request->peer);
}

void down_start(struct request *request, const json_t *params)
{
	struct daemon *daemon = request->all->daemon;
	struct ike_wish wish;

	if (!request_take_peer(request, params))
		return;
	wish = wish_of(request);
	if (!wish_taken(request, ike_down(daemon->ike, daemon_now(), &wish),
		    "down")) {
		request->all->pump(daemon);
		return;
	}
	request->state = REQUEST_WATCHING;
	request_take_timeout(request, params, UP_TIMEOUT_S);
	request->all->pump(daemon);
	/* An attempt that had not sent anything ends without a report. */
	if (request->state == REQUEST_WATCHING && is_down(request))
		request_succeed(request);
}

/* --- rekey ---------------------------------------------------------------- */

static void fail_not_up(struct request *request)
{
	char hint[2 * MAX_NAME + 32];

	snprintf(hint, sizeof(hint), "ipsec-ctl up %s%s%s", request->peer,
		request->child[0] ? "/" : "", request->child);
	request_fail(request, REPORT_NOT_UP, hint,
		"'%s%s%s' is not up: nothing to rekey", request->peer,
		request->child[0] ? "/" : "", request->child);
}

/* True if this was one of those that we wait for. */
static bool rekey_had_its_say(
	struct request *request, const struct ike_report *report)
{
	bool waited = request->ike_pending;

	if (report->child[0])
		return drop_pending(request, report->child);
	request->ike_pending = false;
	return waited;
}

void rekey_report(struct request *request, const struct ike_report *report)
{
	if (strcmp(report->peer, request->peer) != 0)
		return;
	request_say_event(request, report);
	switch (report->kind) {
	case IKE_REPORT_CONNECTING:
	case IKE_REPORT_PROGRESS:
	case IKE_REPORT_IKE_UP:
	case IKE_REPORT_CHILD_UP:
	case IKE_REPORT_TAKEN_DOWN:
	case IKE_REPORT_FAILED:
	case IKE_REPORT_REFUSED:
		return;
	case IKE_REPORT_REKEYED:
		if (!rekey_had_its_say(request, report))
			return;
		break;
	case IKE_REPORT_REKEY_FAILED:
	case IKE_REPORT_CHILD_DOWN:
		if (!rekey_had_its_say(request, report))
			return;
		note_failure(request, report);
		break;
	case IKE_REPORT_IKE_DOWN:
		if (command_has_sa(request_core(request), request->peer))
			return;
		fail_with_cause(request, report->cause, report->text);
		return;
	}
	if (request->pending_count == 0 && !request->ike_pending)
		pending_verdict(request);
}

void rekey_expired(struct request *request)
{
	request_fail(request, REPORT_TIMEOUT, NULL, "'%s' is not rekeyed yet",
		request->peer);
}

/* Which verdicts are to come; false: the request is over. */
static bool rekey_note(struct request *request, bool ike_alone)
{
	struct ike_peer_status status;

	request->ike_pending = !request->child[0];
	if (ike_alone && request->child[0]) {
		request_fail(request, REPORT_USAGE, NULL,
			"a child and the IKE SA alone: one or the other");
		return false;
	}
	if (ike_alone)
		return true;
	if (command_find_peer(request_core(request), request->peer, &status) &&
		note_pending(request, status.peer, true))
		return true;
	request_fail(request, REPORT_FAILED, NULL, "out of memory");
	return false;
}

void rekey_start(struct request *request, const json_t *params)
{
	bool ike_alone = json_is_true(json_object_get(params, "ike"));
	struct daemon *daemon = request->all->daemon;
	enum ike_wish_result result;
	struct ike_wish wish;

	if (!request_take_peer(request, params) ||
		!rekey_note(request, ike_alone))
		return;
	wish = wish_of(request);
	result = ike_alone ? ike_rekey_sa(daemon->ike, daemon_now(), wish.peer)
			   : ike_rekey(daemon->ike, daemon_now(), &wish);
	if (result == IKE_WISH_IMPOSSIBLE) {
		fail_not_up(request);
	} else if (wish_taken(request, result, "rekeyed")) {
		request->state = REQUEST_WATCHING;
		request_take_timeout(request, params, UP_TIMEOUT_S);
	}
	request->all->pump(daemon);
}

/* --- wait ----------------------------------------------------------------- */

enum { WAIT_UP, WAIT_DOWN };

static bool is_up(const struct request *request)
{
	struct ike_peer_status status;

	if (request->child[0])
		return command_has_child(
			request_core(request), request->peer, request->child);
	return command_find_peer(
		       request_core(request), request->peer, &status) &&
	       status.state == IKE_PEER_UP;
}

static bool wait_over(const struct request *request)
{
	return request->what == WAIT_UP ? is_up(request) : is_down(request);
}

void wait_report(struct request *request, const struct ike_report *report)
{
	struct ike_peer_status status;

	if (strcmp(report->peer, request->peer) != 0)
		return;
	request_say_event(request, report);
	if (wait_over(request))
		request_succeed(request);
	else if (!command_find_peer(
			 request_core(request), request->peer, &status))
		fail_gone(request);
}

/* Why it does not even try; NULL: it may, or has its reasons in the last failure. */
static const char *why_idle(const struct ike_peer_status *status)
{
	return status->peer->error[0]   ? "left out"
	       : !status->peer->enabled ? "disabled"
	       : status->stopped        ? "taken down"
					: NULL;
}

void wait_expired(struct request *request)
{
	struct ike_peer_status status;
	const char *hint = NULL, *idle = NULL;
	char text[sizeof(status.text) + 64] = "", room[EXPLAINED_HINT];

	if (wait_over(request)) {
		request_succeed(request);
		return;
	}
	if (!command_find_peer(request_core(request), request->peer, &status)) {
		fail_gone(request);
		return;
	}
	if (request->what == WAIT_UP)
		idle = why_idle(&status);
	if (idle) {
		snprintf(room, sizeof(room), "see: ipsec-ctl status %s",
			request->peer);
		hint = room;
	} else if (request->what == WAIT_UP && status.cause != IKE_CAUSE_NONE) {
		hint = hint_of(request, status.cause, status.text, room);
		snprintf(text, sizeof(text), "; last failure: %s", status.text);
	}
	request_fail(request, REPORT_TIMEOUT, hint, "timed out: '%s' is %s%s",
		request->peer, idle ? idle : report_state(status.state), text);
}

void wait_start(struct request *request, const json_t *params)
{
	const char *state = json_string_value(json_object_get(params, "for"));

	request->what = WAIT_UP;
	if (state && strcmp(state, "down") == 0) {
		request->what = WAIT_DOWN;
	} else if (state && strcmp(state, "up") != 0) {
		request_fail(request, REPORT_USAGE, "'up' or 'down'",
			"cannot wait for '%.100s'", state);
		return;
	}
	if (!request_take_peer(request, params))
		return;
	if (wait_over(request)) {
		request_succeed(request);
		return;
	}
	request->state = REQUEST_WATCHING;
	request_take_timeout(request, params, 0);
}

/* --- monitor -------------------------------------------------------------- */

void monitor_start(struct request *request, const json_t *params)
{
	if (!request_take_peer(request, params))
		return;
	request->state = REQUEST_WATCHING;
	request_take_timeout(request, params, 0);
}

void monitor_report(struct request *request, const struct ike_report *report)
{
	/* What befalls the whole peer befalls its child. */
	if (request->child[0] && report->child[0] &&
		strcmp(report->child, request->child) != 0)
		return;
	if (!request->peer[0] || strcmp(report->peer, request->peer) == 0)
		request_say_event(request, report);
}

void monitor_news(struct request *request, const char *event, const char *text)
{
	if (!request->peer[0])
		request_say(request,
			report_news(event, text, command_clock().unix_ms));
}

/* command.c - what the methods of the control protocol share.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/command.h"

#include "config/errors.h"
#include "daemon/daemon.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- Time ----------------------------------------------------------------- */

struct report_clock command_clock(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct report_clock){ daemon_now().mono_ms,
		(int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000 };
}

/* --- Verdicts ------------------------------------------------------------- */

void request_clear(struct request *request, const char *why)
{
	if (request->keylog)
		keylog_end(request, why);
	free(request->sas);
	free(request->live);
	policy_list_free(request->policies);
	request->policies = NULL;
	free(request->pending);
	change_list_free(request->changes);
	request->changes = NULL;
	request->sas = NULL;
	request->live = NULL;
	request->pending = NULL;
	request->sa_count = request->sa_size = request->pending_count = 0;
	request->live_count = 0;
	request->indexed = request->surveyed = request->tallied = false;
	request->ike_pending = false;
	request->state = REQUEST_IDLE;
	request->command = NULL;
	request->deadline_ms = IKE_NEVER;
}

void request_succeed(struct request *request)
{
	request_clear(request, "done");
	request->say(request->ctx, report_verdict(REPORT_OK, NULL, NULL));
}

void request_fail(struct request *request, int code, const char *hint,
	const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	request_clear(request, text);
	request->say(request->ctx,
		report_verdict(code, text, hint && *hint ? hint : NULL));
}

void request_say(struct request *request, json_t *record)
{
	request->say(request->ctx, record);
}

void request_say_event(struct request *request, const struct ike_report *report)
{
	request_say(request, report_event(report, command_clock().unix_ms));
}

/* --- Asking the kernel ---------------------------------------------------- */

void request_survey(struct request *request)
{
	request->survey = (struct survey){ .at = 0 };
	request->next = 0;
	request->state = REQUEST_MORE;
	if (!survey_needed(request->all->daemon))
		return;
	/* Its time is up at once: as soon as the loop has seen to others. */
	request->state = REQUEST_WATCHING;
	request->deadline_ms = 0;
}

void request_survey_step(struct request *request)
{
	const char *peer = request->peer[0] ? request->peer : NULL;

	if (survey_step(&request->survey, request->all->daemon,
		    request->all->totals, peer))
		request->state = REQUEST_MORE;
}

/* --- Peers and their SAs -------------------------------------------------- */

const struct ike *request_core(const struct request *request)
{
	return request->all->daemon->ike;
}

bool command_find_peer(
	const struct ike *ike, const char *name, struct ike_peer_status *out)
{
	for (size_t i = 0; ike_peer_at(ike, i, out); i++) {
		if (strcmp(out->peer->name, name) == 0)
			return true;
	}
	return false;
}

bool command_find_sa(
	const struct ike *ike, uint64_t birth, struct ike_sa_status *out)
{
	uint64_t at = birth - 1;

	return birth > 0 && ike_next_sa(ike, &at, out) && out->sa == birth;
}

bool command_is_of(const struct ike_sa_status *sa, const char *peer)
{
	return sa->peer && strcmp(sa->peer->name, peer) == 0;
}

bool command_is_over(const struct ike_sa_status *sa)
{
	return strcmp(sa->phase, "closing") == 0 ||
	       strcmp(sa->phase, "dead") == 0;
}

bool command_has_sa(const struct ike *ike, const char *peer)
{
	struct ike_sa_status sa;
	uint64_t at = 0;

	while (ike_next_sa(ike, &at, &sa)) {
		if (command_is_of(&sa, peer) && !command_is_over(&sa))
			return true;
	}
	return false;
}

bool command_has_child_in(const struct ike *ike, const struct ike_sa_status *sa,
	const char *name, bool up)
{
	struct ike_child_status child;

	for (size_t i = 0; i < sa->children; i++) {
		if (ike_child_at(ike, sa->sa, i, &child) && (child.up || !up) &&
			strcmp(child.name, name) == 0)
			return true;
	}
	return false;
}

bool command_has_child(
	const struct ike *ike, const char *peer, const char *name)
{
	struct ike_sa_status sa;
	uint64_t at = 0;

	while (ike_next_sa(ike, &at, &sa)) {
		if (command_is_of(&sa, peer) &&
			command_has_child_in(ike, &sa, name, true))
			return true;
	}
	return false;
}

void request_fail_no_peer(struct request *request, const char *name)
{
	struct nearest nearest = nearest_to(name);
	struct ike_peer_status status;
	char hint[HINT_SIZE];

	for (size_t i = 0; ike_peer_at(request_core(request), i, &status); i++)
		nearest_try(&nearest, status.peer->name);
	request_fail(request, REPORT_UNKNOWN, nearest_hint(&nearest, hint),
		"no peer named '%s'", name);
}

void request_fail_no_child(
	struct request *request, const struct ike_peer *peer, const char *name)
{
	struct nearest nearest = nearest_to(name);
	char hint[HINT_SIZE];

	for (size_t i = 0; i < peer->child_count; i++)
		nearest_try(&nearest, peer->children[i].name);
	request_fail(request, REPORT_UNKNOWN, nearest_hint(&nearest, hint),
		"peer '%s' has no child named '%s'", peer->name, name);
}

bool request_take_peer(struct request *request, const json_t *params)
{
	const char *name = json_string_value(json_object_get(params, "peer"));
	const char *slash = name ? strchr(name, '/') : NULL;
	struct ike_peer_status status;
	size_t len;

	request->peer[0] = request->child[0] = '\0';
	if (!name)
		return true;
	len = slash ? (size_t)(slash - name) : strlen(name);
	if (len == 0 || len >= MAX_NAME ||
		(slash && strlen(slash + 1) >= MAX_NAME)) {
		request_fail(request, REPORT_UNKNOWN, NULL,
			"no peer named '%.100s'", name);
		return false;
	}
	memcpy(request->peer, name, len);
	request->peer[len] = '\0';
	if (slash)
		memcpy(request->child, slash + 1, strlen(slash + 1) + 1);
	if (!command_find_peer(request_core(request), request->peer, &status)) {
		request_fail_no_peer(request, request->peer);
		return false;
	}
	for (size_t i = 0; slash && i < status.peer->child_count; i++) {
		if (strcmp(status.peer->children[i].name, request->child) == 0)
			return true;
	}
	if (!slash)
		return true;
	request_fail_no_child(request, status.peer, request->child);
	return false;
}

bool request_is_about(const struct request *request, const char *child)
{
	return !request->child[0] || strcmp(child, request->child) == 0;
}

void request_take_timeout(
	struct request *request, const json_t *params, uint32_t otherwise_s)
{
	const json_t *seconds = json_object_get(params, "timeout_s");
	uint64_t now = daemon_now().mono_ms;

	if (seconds)
		request->deadline_ms =
			now + (uint64_t)(json_number_value(seconds) * 1000.0);
	else if (otherwise_s > 0)
		request->deadline_ms = now + (uint64_t)otherwise_s * 1000;
}

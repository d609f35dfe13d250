/* command_explain.c - the method `explain`: why the last exchanges failed.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/command.h"

#include "daemon/explained.h"

enum { A_PIECE = 256 }; /* peers that are looked at in one turn of the loop */

/* All of one peer, or of the strangers (NULL), the newest first. */
static void say_all(struct request *request, const char *peer)
{
	const struct explained *explained = request->all->explained;
	struct ike_peer_status status;
	json_t *record;

	for (size_t i = 0; (record = explained_record(explained, peer, i));
		i++) {
		json_object_set_new(record, "latest", json_boolean(i == 0));
		if (peer &&
			command_find_peer(request_core(request), peer, &status))
			report_set_text(
				record, "state", report_state(status.state));
		request_say(request, record);
	}
}

/* A file that a peer needs cannot be used: no exchange has failed, as there is none. */
static json_t *left_out_record(const struct ike_peer_status *status)
{
	json_t *record = report_head("explanation");
	char since[REPORT_TIME_SIZE];

	report_set_text(record, "peer", status->peer->name);
	json_object_set_new(record, "code", json_integer(REPORT_CONFIG));
	report_set_text(record, "name", "CONFIGURATION");
	report_set_text(record, "text", status->peer->error);
	json_object_set_new(record, "rows", json_array());
	report_set_text(record, "look", REPORT_LEFT_OUT_HINT);
	report_set_text(record, "hint", REPORT_LEFT_OUT_HINT);
	report_set_text(record, "time",
		report_when(status->since_ms, command_clock(), since));
	json_object_set_new(record, "latest", json_true());
	report_set_text(record, "state", report_state(status->state));
	return record;
}

void explain_start(struct request *request, const json_t *params)
{
	if (!request_take_peer(request, params))
		return;
	request->next = request->within = 0;
	request->state = REQUEST_MORE;
}

/* The peer that was asked for, if nothing of it has failed: how it is. */
static void say_how_it_is(struct request *request)
{
	struct ike_peer_status status;
	json_t *record =
		explained_record(request->all->explained, request->peer, 0);

	if (!record &&
		command_find_peer(
			request_core(request), request->peer, &status) &&
		!status.peer->error[0])
		request_say(
			request, report_peer(&status, NULL, command_clock()));
	json_decref(record);
}

/* False: they have not all been looked at. */
static bool say_left_out(struct request *request)
{
	struct ike_peer_status status;

	for (int i = 0; i < A_PIECE && request->room(request->ctx); i++) {
		if (!ike_peer_at(
			    request_core(request), request->within, &status))
			return true;
		request->within++;
		if (status.peer->error[0] &&
			(!request->peer[0] ||
				strcmp(status.peer->name, request->peer) == 0))
			request_say(request, left_out_record(&status));
	}
	return false;
}

/* Those who are left out, then the peers by name, then those who were none of
 * them: also for one peer, as a stranger may be a peer that has moved. */
void explain_more(struct request *request)
{
	const struct explained *explained = request->all->explained;
	const char *peer;

	if (!say_left_out(request))
		return;
	while (request->room(request->ctx)) {
		peer = explained_peer(explained, request->next++);
		if (!peer) {
			if (request->peer[0])
				say_how_it_is(request);
			say_all(request, NULL);
			request_succeed(request);
			return;
		}
		if (!request->peer[0] || strcmp(peer, request->peer) == 0)
			say_all(request, peer);
	}
}

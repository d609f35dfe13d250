/* command_explain.c - the method `explain`: why the last exchanges failed.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/command.h"

#include "daemon/explained.h"

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

void explain_start(struct request *request, const json_t *params)
{
	if (!request_take_peer(request, params))
		return;
	request->next = 0;
	request->state = REQUEST_MORE;
}

/* The peers by name, then those who were none of them: also for one peer, as a
 * stranger may be a peer that has moved. */
void explain_more(struct request *request)
{
	const struct explained *explained = request->all->explained;
	const char *peer;

	while (request->room(request->ctx)) {
		peer = explained_peer(explained, request->next++);
		if (!peer) {
			say_all(request, NULL);
			request_succeed(request);
			return;
		}
		if (!request->peer[0] || strcmp(peer, request->peer) == 0)
			say_all(request, peer);
	}
}

/* command_counters.c - the method that tells what has been counted: counters.
 * SPDX-License-Identifier: ISC
 *
 * First the kernel is asked, some SAs in each turn of the loop; then the records
 * are made as the client reads them.
 */
#include "daemon/command.h"
#include "daemon/counters.h"
#include "daemon/daemon.h"
#include "daemon/totals.h"

static const struct totals_peer *totals_for(
	const struct request *request, const char *peer)
{
	return survey_needed(request->all->daemon)
		       ? totals_of(request->all->totals, peer)
		       : NULL;
}

static void one_peer(struct request *request)
{
	struct ike_peer_status status;

	/* A reload may have taken it away meanwhile. */
	if (!command_find_peer(request_core(request), request->peer, &status)) {
		request_fail_no_peer(request, request->peer);
		return;
	}
	request_say(request, counters_record(request->peer, status.counts,
				     totals_for(request, request->peer)));
	request_succeed(request);
}

void counters_start(struct request *request, const json_t *params)
{
	if (request_take_peer(request, params))
		request_survey(request);
}

void counters_more(struct request *request)
{
	const struct ike *ike = request_core(request);
	struct ike_peer_status status;

	if (request->peer[0]) {
		one_peer(request);
		return;
	}
	if (request->next == 0) {
		request_say(
			request, counters_record(NULL, ike_counts(ike), NULL));
		request->next = 1;
	}
	while (request->room(request->ctx)) {
		if (!ike_peer_at(ike, request->next - 1, &status)) {
			request_succeed(request);
			return;
		}
		request->next++;
		request_say(request,
			counters_record(status.peer->name, status.counts,
				totals_for(request, status.peer->name)));
	}
}

/* command_metrics.c - the method that gives OpenMetrics text: metrics.
 * SPDX-License-Identifier: ISC
 *
 * A piece in each turn of the loop, while the client reads: a record has some
 * lines of the text, and those of all records are the whole of it.
 */
#include "daemon/command.h"
#include "daemon/daemon.h"

void metrics_start(struct request *request, const json_t *params)
{
	(void)params;
	request->metrics = (struct metrics_walk){ .begun = false };
	metrics_more(request);
}

/* There is room: so as soon as the loop has seen to others. */
void metrics_more(struct request *request)
{
	request->state = REQUEST_WATCHING;
	request->deadline_ms = 0;
}

static void say_text(struct request *request, const struct metrics_text *text)
{
	json_t *record;

	if (text->len == 0)
		return;
	record = report_head("metrics");
	report_set_text(record, "text", text->at);
	request_say(request, record);
}

void metrics_step(struct request *request)
{
	struct metrics_text text;
	const enum metrics_step step = metrics_next(&request->metrics,
		request->all->daemon, request->all->totals, &text);

	if (step == METRICS_STALE) {
		request_fail(request, REPORT_FAILED, "ask again",
			"the configuration has changed meanwhile");
		return;
	}
	say_text(request, &text);
	if (step == METRICS_END)
		request_succeed(request);
	else
		request->state = REQUEST_MORE;
}

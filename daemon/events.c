/* events.c - what has happened to each peer lately, for `status PEER`.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/events.h"

#include "daemon/named.h"
#include "daemon/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct event {
	uint64_t number; /* counts all: their order */
	int64_t unix_ms;
	enum ike_report_kind kind;
	enum ike_cause cause;
	enum ike_error error;
	char *child; /* owned: with its NUL, and the text behind it */
};

struct peer_events {
	char name[MAX_NAME]; /* of the peer */
	struct event own[EVENTS_OWN], refused[EVENTS_REFUSED];
	uint64_t own_count, refused_count;
};

struct events {
	struct named peers;
	uint64_t number;
};

struct events *events_new(void)
{
	return calloc(1, sizeof(struct events));
}

static void forget(const struct event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(events[i].child);
}

void events_free(struct events *events)
{
	if (!events)
		return;
	for (size_t i = 0; i < events->peers.count; i++) {
		const struct peer_events *row = named_at(&events->peers, i);

		forget(row->own, EVENTS_OWN);
		forget(row->refused, EVENTS_REFUSED);
	}
	named_clear(&events->peers);
	free(events);
}

/* "child\0text", in one piece; NULL without memory. */
static char *texts_of(const struct ike_report *report)
{
	const size_t child = strnlen(report->child, sizeof(report->child) - 1);
	const size_t text = strnlen(report->text, sizeof(report->text) - 1);
	char *out = calloc(1, child + text + 2);

	if (!out)
		return NULL;
	memcpy(out, report->child, child);
	memcpy(out + child + 1, report->text, text);
	return out;
}

void events_keep(
	struct events *events, const struct ike_report *report, int64_t unix_ms)
{
	const bool refused = report->kind == IKE_REPORT_REFUSED;
	struct peer_events *row;
	struct event *event;
	char *texts;

	if (report->peer[0] == '\0')
		return;
	texts = texts_of(report);
	row = texts ? named_make(&events->peers, report->peer, sizeof(*row))
		    : NULL;
	if (!row) {
		free(texts);
		return;
	}
	event = refused ? &row->refused[row->refused_count++ % EVENTS_REFUSED]
			: &row->own[row->own_count++ % EVENTS_OWN];
	free(event->child);
	*event = (struct event){ ++events->number, unix_ms, report->kind,
		report->cause, report->error, texts };
}

static int by_number(const void *left, const void *right)
{
	const struct event *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static json_t *record_of(const struct event *event, const char *peer)
{
	struct ike_report report = { .kind = event->kind,
		.cause = event->cause,
		.error = event->error };
	const char *text = event->child + strlen(event->child) + 1;

	snprintf(report.peer, sizeof(report.peer), "%s", peer);
	snprintf(report.child, sizeof(report.child), "%s", event->child);
	snprintf(report.text, sizeof(report.text), "%s", text);
	return report_event(&report, event->unix_ms);
}

json_t *events_of(const struct events *events, const char *peer)
{
	const struct peer_events *row = named_find(&events->peers, peer);
	struct event all[EVENTS_OWN + EVENTS_REFUSED];
	json_t *array = json_array();

	if (!row)
		return array;
	memcpy(all, row->own, sizeof(row->own));
	memcpy(all + EVENTS_OWN, row->refused, sizeof(row->refused));
	qsort(all, EVENTS_OWN + EVENTS_REFUSED, sizeof(*all), by_number);
	for (size_t i = 0; i < EVENTS_OWN + EVENTS_REFUSED; i++) {
		if (all[i].child)
			json_array_append_new(array, record_of(&all[i], peer));
	}
	return array;
}

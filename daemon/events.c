/* events.c - what has happened to each peer lately, for `status PEER`.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/events.h"

#include "daemon/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct event {
	uint64_t number; /* counts all: their order */
	int64_t unix_ms;
	enum ike_report_kind kind;
	enum ike_cause cause;
	char *child; /* owned: with its NUL, and the text behind it */
};

struct peer_events {
	char peer[MAX_NAME];
	struct event own[EVENTS_OWN], refused[EVENTS_REFUSED];
	uint64_t own_count, refused_count;
};

struct events {
	struct peer_events **peers; /* sorted by name */
	size_t count, size;
	uint64_t number;
};

struct events *events_new(void)
{
	return calloc(1, sizeof(struct events));
}

static void forget(struct event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(events[i].child);
}

void events_free(struct events *events)
{
	if (!events)
		return;
	for (size_t i = 0; i < events->count; i++) {
		forget(events->peers[i]->own, EVENTS_OWN);
		forget(events->peers[i]->refused, EVENTS_REFUSED);
		free(events->peers[i]);
	}
	free(events->peers);
	free(events);
}

/* The place of a name: where it is, or where it belongs. */
static size_t place_of(const struct events *events, const char *peer)
{
	size_t low = 0, high = events->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(events->peers[middle]->peer, peer) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct peer_events *find(const struct events *events, const char *peer)
{
	size_t at = place_of(events, peer);

	return at < events->count && strcmp(events->peers[at]->peer, peer) == 0
		       ? events->peers[at]
		       : NULL;
}

/* The peer's row, made if there is none; NULL without memory. */
static struct peer_events *row_of(struct events *events, const char *peer)
{
	struct peer_events *row = find(events, peer), **peers = events->peers;
	size_t at = place_of(events, peer);
	size_t size = events->size ? 2 * events->size : 4;

	if (row)
		return row;
	if (events->count == events->size) {
		peers = reallocarray(peers, size, sizeof(*peers));
		if (!peers)
			return NULL;
		events->peers = peers;
		events->size = size;
	}
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	snprintf(row->peer, sizeof(row->peer), "%s", peer);
	memmove(peers + at + 1, peers + at,
		(events->count - at) * sizeof(*peers));
	peers[at] = row;
	events->count++;
	return row;
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
	row = texts ? row_of(events, report->peer) : NULL;
	if (!row) {
		free(texts);
		return;
	}
	event = refused ? &row->refused[row->refused_count++ % EVENTS_REFUSED]
			: &row->own[row->own_count++ % EVENTS_OWN];
	free(event->child);
	*event = (struct event){ ++events->number, unix_ms, report->kind,
		report->cause, texts };
}

static int by_number(const void *left, const void *right)
{
	const struct event *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static json_t *record_of(const struct event *event, const char *peer)
{
	struct ike_report report = { .kind = event->kind,
		.cause = event->cause };
	const char *text = event->child + strlen(event->child) + 1;

	snprintf(report.peer, sizeof(report.peer), "%s", peer);
	snprintf(report.child, sizeof(report.child), "%s", event->child);
	snprintf(report.text, sizeof(report.text), "%s", text);
	return report_event(&report, event->unix_ms);
}

json_t *events_of(const struct events *events, const char *peer)
{
	const struct peer_events *row = find(events, peer);
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

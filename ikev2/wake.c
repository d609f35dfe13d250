/* wake.c - who wants to be woken when: a heap of deadlines.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wake.h"

#include <stdlib.h>
#include <string.h>

static bool before(const struct wake *a, const struct wake *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->birth < b->birth;
}

static void put(struct wakes *wakes, size_t slot, struct wake *wake)
{
	wakes->heap[slot] = wake;
	wake->slot = slot;
}

static void rise(struct wakes *wakes, struct wake *wake)
{
	size_t slot = wake->slot;

	while (slot > 0 && before(wake, wakes->heap[(slot - 1) / 2])) {
		put(wakes, slot, wakes->heap[(slot - 1) / 2]);
		slot = (slot - 1) / 2;
	}
	put(wakes, slot, wake);
}

static void sink(struct wakes *wakes, struct wake *wake)
{
	size_t slot = wake->slot;

	for (;;) {
		size_t child = slot * 2 + 1;

		if (child >= wakes->count)
			break;
		if (child + 1 < wakes->count &&
			before(wakes->heap[child + 1], wakes->heap[child]))
			child++;
		if (!before(wakes->heap[child], wake))
			break;
		put(wakes, slot, wakes->heap[child]);
		slot = child;
	}
	put(wakes, slot, wake);
}

static bool reserve(struct wakes *wakes)
{
	size_t size = wakes->size ? wakes->size * 2 : 16;
	struct wake **heap;

	if (wakes->count < wakes->size)
		return true;
	heap = calloc(size, sizeof(struct wake *));
	if (!heap)
		return false;
	if (wakes->count)
		memcpy(heap, wakes->heap, wakes->count * sizeof(*heap));
	free(wakes->heap);
	wakes->heap = heap;
	wakes->size = size;
	return true;
}

bool wake_join(struct wakes *wakes, struct wake *wake, enum wake_kind kind,
	uint64_t birth)
{
	if (!reserve(wakes))
		return false;
	wake->kind = kind;
	wake->birth = birth;
	wake->at_ms = UINT64_MAX;
	put(wakes, wakes->count++, wake);
	rise(wakes, wake);
	return true;
}

void wake_leave(struct wakes *wakes, struct wake *wake)
{
	struct wake *last = wakes->heap[--wakes->count];

	if (last == wake)
		return;
	put(wakes, wake->slot, last);
	rise(wakes, last);
	sink(wakes, last);
}

void wake_set(struct wakes *wakes, struct wake *wake, uint64_t at_ms)
{
	if (wake->at_ms == at_ms)
		return;
	wake->at_ms = at_ms;
	rise(wakes, wake);
	sink(wakes, wake);
}

struct wake *wake_first(const struct wakes *wakes)
{
	return wakes->count ? wakes->heap[0] : NULL;
}

void wakes_free(struct wakes *wakes)
{
	free(wakes->heap);
	*wakes = (struct wakes){ 0 };
}

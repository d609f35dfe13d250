/* wake.h - who wants to be woken when: a heap of deadlines.
 * SPDX-License-Identifier: ISC
 *
 * Equal times are ordered by birth number, so that no order depends on an
 * address.
 */
#ifndef IKEV2_WAKE_H
#define IKEV2_WAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wake_kind { WAKE_SA, WAKE_DIAL };

/* Embedded in what is woken. */
struct wake {
	enum wake_kind kind;
	uint64_t at_ms; /* IKE_NEVER: sleeps */
	uint64_t birth;
	size_t slot;
};

struct wakes {
	struct wake **heap;
	size_t count, size;
};

/* False without memory.  Joins asleep. */
bool wake_join(struct wakes *wakes, struct wake *wake, enum wake_kind kind,
	uint64_t birth);
void wake_leave(struct wakes *wakes, struct wake *wake);
void wake_set(struct wakes *wakes, struct wake *wake, uint64_t at_ms);

static inline uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The first to wake, or NULL if there is nobody at all. */
struct wake *wake_first(const struct wakes *wakes);
void wakes_free(struct wakes *wakes);

#endif

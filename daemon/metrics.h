/* metrics.h - all that is counted as OpenMetrics text, made in pieces.
 * SPDX-License-Identifier: ISC
 *
 * Labels are names of the configuration, and words of ours: never an SPI, and
 * nothing that a stranger has said.
 */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include "daemon/survey.h"

enum { METRICS_PIECE = 16 * 1024 };

#define METRICS_TYPE                                                           \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Start with all zero. */
struct metrics_walk {
	bool begun, surveyed, headed;
	uint64_t generation; /* of the peers */
	struct survey survey;
	size_t family, at, inner;
};

struct metrics_text {
	size_t len;
	char at[METRICS_PIECE]; /* ends with 0 */
};

enum metrics_step {
	METRICS_MORE,  /* the text, which may be empty, goes on */
	METRICS_END,   /* it is the last */
	METRICS_STALE, /* the peers are others than when it began: there is no
	                * rest that would fit */
};

/* The next piece: as much as may be done in one turn of the loop. */
enum metrics_step metrics_next(struct metrics_walk *walk,
	const struct daemon *daemon, struct totals *totals,
	struct metrics_text *out);

#endif

/* ctl_render.h - records of the control protocol as people read them.
 * SPDX-License-Identifier: ISC
 *
 * Events are printed as they come; what belongs into a table is held until the
 * end.  Unknown records and keys are passed over: a daemon may be newer.
 */
#ifndef DAEMON_CTL_RENDER_H
#define DAEMON_CTL_RENDER_H

#include "daemon/ctl_text.h"

#include <jansson.h>

struct render {
	FILE *out;
	struct style style;
	bool detail; /* peers one by one, with all there is to say */
	json_t *held;
};

void render_begin(
	struct render *render, FILE *out, struct style style, bool detail);
void render_record(struct render *render, const json_t *record);
void render_end(struct render *render); /* prints what was held */

/* The i-th kind of record that is known, NULL past the end. */
const char *render_kind(size_t i);

#endif

/* ctl_difference.h - which lines of a text are not in another one.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_DIFFERENCE_H
#define DAEMON_CTL_DIFFERENCE_H

#include "ikev2/bytes.h"

/* A line without its end; its number from 1, in its own text. */
struct difference_line {
	bool added; /* in the second text, else taken from the first */
	size_t number;
	struct bytes text;
};

/* Tells them in the order of the texts, what was taken away before what came in
 * its place: as few as there are, unless so much differs that this would take
 * long.  True: the texts are the same. */
bool difference(struct bytes before, struct bytes after,
	void (*tell)(void *ctx, const struct difference_line *line), void *ctx);

#endif

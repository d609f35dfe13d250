/* said.h - lines of the log as a program reads them, and which events were said.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_SIM_SAID_H
#define TESTS_SIM_SAID_H

#include "ikev2/facts.h"

enum { SAID_VALUES = 16, SAID_TEXT = 1024 };

struct said_line {
	char word[32];
	size_t count;
	struct {
		char key[32];
		char text[SAID_TEXT]; /* not escaped */
	} value[SAID_VALUES];
};

/* A line without its newline and what stands before its word; false: it is not in
 * the form of ikev2/facts.h. */
bool said_parse(const char *text, struct said_line *out);

/* What is wrong with a line of the core's, or NULL: it must be read as it was
 * meant, and have no fact that its event does not name.  Counts its event. */
const char *said_fault(const struct ike_log *line);

/* The i-th event of the core's table, if it was never given to said_fault() in
 * this process. */
const char *said_never(size_t i);

#endif

/* must.h - what must be so in a test, or in a fuzz target, whichever is linked.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_MUST_H
#define TESTS_UNIT_MUST_H

/* Something here is not as it must be: the fuzzer stops, hostile.c fails its
 * test. */
void must_failed(const char *file, int line, const char *what);

#define MUST(WHAT)                                                             \
	do {                                                                   \
		if (!(WHAT))                                                   \
			must_failed(__FILE__, __LINE__, #WHAT);                \
	} while (0)

#endif

/* fuzz.h - what a fuzz target is.
 * SPDX-License-Identifier: ISC
 *
 * tests/fuzz/NAME.c has one function, fuzz_NAME.  `make fuzz FUZZ=NAME TIME=60`
 * drives it with libFuzzer; the unit tests give it each file of
 * tests/fuzz/corpus/NAME, so that what was found once stays found.  A new target
 * is a file, a line below, a row in tests/unit/corpus.c, and some inputs, each
 * named for what it is; words that it understands may stand in dict/NAME.
 * plants/ has faults that the targets must find: scripts/fuzz-plants.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void fuzz_certs(const uint8_t *data, size_t size);
void fuzz_config(const uint8_t *data, size_t size);
void fuzz_control(const uint8_t *data, size_t size);
void fuzz_convert(const uint8_t *data, size_t size);
void fuzz_engine(const uint8_t *data, size_t size);
void fuzz_fetch(const uint8_t *data, size_t size);
void fuzz_fragment(const uint8_t *data, size_t size);
void fuzz_message(const uint8_t *data, size_t size);
void fuzz_proposal(const uint8_t *data, size_t size);
void fuzz_sealed(const uint8_t *data, size_t size);
void fuzz_xfrm(const uint8_t *data, size_t size);

/* What must be so for any input. */
#define HOLDS(WHAT)                                                            \
	do {                                                                   \
		if (!(WHAT)) {                                                 \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, \
				__LINE__, #WHAT);                              \
			abort();                                               \
		}                                                              \
	} while (0)

#endif

/* allocations.h - what libcrypto allocates, counted, and made to fail.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_ALLOCATIONS_H
#define TESTS_UNIT_ALLOCATIONS_H

#include <stddef.h>

/* So far. */
extern size_t allocations;
/* The allocation after so many more fails, and every one after it; SIZE_MAX:
 * none does. */
extern size_t allocations_left;

#endif

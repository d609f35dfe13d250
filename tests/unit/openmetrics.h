/* openmetrics.h - is a text OpenMetrics, to the letter?
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_OPENMETRICS_H
#define TESTS_UNIT_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>

enum { OPENMETRICS_TEXT = 400 };

/* NULL, or what is wrong, in out. */
const char *openmetrics_complaint(const char *text, char out[OPENMETRICS_TEXT]);

/* The value of the sample that is written like that ("NAME{..}"); false if there
 * is none. */
bool openmetrics_value(const char *text, const char *sample, double *value);

#endif

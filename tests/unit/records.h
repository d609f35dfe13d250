/* records.h - is a line what daemon/ipsecd-1.schema.json says a line is?
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_RECORDS_H
#define TESTS_UNIT_RECORDS_H

#include <jansson.h>

/* Every line of text that is a JSON object, against the schema, and closed: a
 * key that the schema does not name is a failure of the test. */
void records_check(const char *text);
void records_check_one(const json_t *record);

enum { RECORDS_TEXT = 512 };

/* NULL, or what is wrong with it, in out. */
const char *records_complaint(const json_t *record, char out[RECORDS_TEXT]);

#endif

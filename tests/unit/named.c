/* named.c - rows by name: sorted, found, never moved.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/named.h"

#include "ikev2/ikev2.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

enum { ROWS = 300 };

struct row {
	char name[MAX_NAME];
	int number;
};

START_TEST(rows_are_sorted_and_stay)
{
	struct named all = { .count = 0 };
	struct row *rows[ROWS];
	char name[MAX_NAME];

	for (int i = 0; i < ROWS; i++) {
		snprintf(name, sizeof(name), "peer-%03d", i * 7 % ROWS);
		ck_assert_ptr_null(named_find(&all, name));
		rows[i] = named_make(&all, name, sizeof(struct row));
		ck_assert_ptr_nonnull(rows[i]);
		ck_assert_int_eq(rows[i]->number, 0);
		rows[i]->number = i;
	}
	ck_assert_uint_eq(all.count, ROWS);
	for (int i = 0; i < ROWS; i++) {
		snprintf(name, sizeof(name), "peer-%03d", i);
		ck_assert_str_eq(
			((struct row *)named_at(&all, (size_t)i))->name, name);
		snprintf(name, sizeof(name), "peer-%03d", i * 7 % ROWS);
		ck_assert_ptr_eq(named_find(&all, name), rows[i]);
		ck_assert_ptr_eq(
			named_make(&all, name, sizeof(struct row)), rows[i]);
		ck_assert_int_eq(rows[i]->number, i);
	}
	ck_assert_ptr_null(named_at(&all, ROWS));
	named_clear(&all);
	ck_assert_ptr_null(named_find(&all, "peer-000"));
}
END_TEST

START_TEST(a_name_may_be_as_long_as_a_name)
{
	struct named all = { .count = 0 };
	char name[MAX_NAME + 1];
	const struct row *row;

	memset(name, 'x', sizeof(name));
	name[MAX_NAME] = '\0';
	ck_assert_ptr_null(named_make(&all, name, sizeof(struct row)));
	name[MAX_NAME - 1] = '\0';
	row = named_make(&all, name, sizeof(struct row));
	ck_assert_ptr_nonnull(row);
	ck_assert_str_eq(row->name, name);
	named_clear(&all);
}
END_TEST

SUITE(named)
{
	test(rows_are_sorted_and_stay);
	test(a_name_may_be_as_long_as_a_name);
}

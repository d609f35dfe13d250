/* suite.h - how a test file joins the one test program.
 * SPDX-License-Identifier: ISC
 *
 * A file writes
 *
 *	SUITE(nonce)
 *	{
 *		test(reads_what_it_writes);
 *	}
 *
 * and is in: SUITE registers itself before main, so no list can forget it.
 * A test that cannot run here calls skip("why") and returns; it is counted and
 * said at the end, never passed over in silence.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

struct test_suite {
	const char *name;
	void (*fill)(TCase *);
	struct test_suite *next;
};

void suite_join(struct test_suite *suite);
void skip(const char *test, const char *why);

#define SUITE(NAME)                                                            \
	static void NAME##_fill(TCase *tcase);                                 \
	static struct test_suite NAME##_suite = { #NAME, NAME##_fill, NULL };  \
	__attribute__((constructor)) static void NAME##_join(void)             \
	{                                                                      \
		suite_join(&NAME##_suite);                                     \
	}                                                                      \
	static void NAME##_fill(TCase *tcase)

#define test(NAME)             tcase_add_test(tcase, NAME)
#define loop_test(NAME, COUNT) tcase_add_loop_test(tcase, NAME, 0, (COUNT))
#define SKIP(WHY)                                                              \
	do {                                                                   \
		skip(__func__, (WHY));                                         \
		return;                                                        \
	} while (0)

#endif

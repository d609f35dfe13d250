/* main.c - every Check suite of the project, in one program.
 * SPDX-License-Identifier: ISC
 *
 * unit [SUITE]...	runs all suites, or those named
 */
#include "tests/suite.h"

#include "ikev2/events.h"

#include "tests/sim/said.h"
#include "tests/unit/taken.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_A_TEST = 600 };

static struct test_suite *suites;
static int skipped;

void suite_join(struct test_suite *suite)
{
	struct test_suite **at = &suites;

	while (*at && strcmp((*at)->name, suite->name) < 0)
		at = &(*at)->next;
	suite->next = *at;
	*at = suite;
}

void skip(const char *test, const char *why)
{
	skipped++;
	printf("SKIPPED %s: %s\n", test, why);
}

static bool wanted(const char *name, int argc, char **argv)
{
	if (argc < 2)
		return true;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return false;
}

/* What a test took it has to give back. */
static size_t taken;

static void remember_heap(void)
{
	taken = taken_count();
}

static void compare_heap(void)
{
	ck_assert_uint_eq(taken_count(), taken);
}

static Suite *make(struct test_suite *from)
{
	Suite *suite = suite_create(from->name);
	TCase *tcase = tcase_create(from->name);

	tcase_set_timeout(tcase, SECONDS_A_TEST);
	tcase_add_checked_fixture(tcase, remember_heap, compare_heap);
	from->fill(tcase);
	suite_add_tcase(suite, tcase);
	return suite;
}

/* An event that no test says is dead, or untested: only all of them together can
 * tell. */
static int events_never_said(int argc)
{
	int count = 0;

	if (argc > 1 || getenv("CK_RUN_SUITE") || getenv("CK_RUN_CASE"))
		return 0;
	for (size_t i = 0; i < EVENT_COUNT; i++) {
		const char *word = said_never(i);

		if (!word)
			continue;
		printf("unit: no test says the event '%s'\n", word);
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	int run, failed;

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test_suite *s = suites; s; s = s->next) {
		if (wanted(s->name, argc, argv))
			srunner_add_suite(runner, make(s));
	}
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	run = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	printf("unit: %d passed, %d failed, %d skipped\n",
		run - failed - skipped, failed, skipped);
	return failed == 0 && run > 0 && events_never_said(argc) == 0
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}

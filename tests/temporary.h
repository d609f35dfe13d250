/* temporary.h - a file of a test's own, for what is read from files.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_TEMPORARY_H
#define TESTS_TEMPORARY_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With that text in it; whoever reads it unlinks path afterwards. */
static inline void temporary_file(char path[32], const char *text)
{
	int fd;

	strcpy(path, "/tmp/ipsecd-test-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

#endif

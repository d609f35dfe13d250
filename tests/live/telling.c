/* telling.c - an ipsecd that writes each secret it derives into the file TELLING, in hex.
 * SPDX-License-Identifier: ISC
 *
 * The other side of the one that is looked into: what both derive is known so.
 */
#include "tests/unit/heap.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *file;

/* Before the daemon gives up the right to open files. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("TELLING");

	if (path)
		file = fopen(path, "a");
}

void heap_secret(const char *what, const void *at, size_t len)
{
	const unsigned char *octets = at;

	if (!file || len < 16)
		return;
	fprintf(file, "%s\t", what);
	for (size_t i = 0; i < len; i++)
		fprintf(file, "%02x", octets[i]);
	fprintf(file, "\n");
	fflush(file);
}

/* telling.c - an ipsecd that writes each secret it derives into the file TELLING, in hex.
 * SPDX-License-Identifier: ISC
 *
 * The other side of the one that is looked into: what both derive is known so.
 */
#include "tests/unit/heap.h"

#include <stdio.h>
#include <stdlib.h>

void heap_secret(const char *what, const void *at, size_t len)
{
	static FILE *file;
	const unsigned char *octets = at;
	const char *path = getenv("TELLING");

	if (!file && path)
		file = fopen(path, "a");
	if (!file || len < 16)
		return;
	fprintf(file, "%s\t", what);
	for (size_t i = 0; i < len; i++)
		fprintf(file, "%02x", octets[i]);
	fprintf(file, "\n");
	fflush(file);
}

/* corpus.c - each fuzz target, over the inputs kept for it.
 * SPDX-License-Identifier: ISC
 */
#include "tests/fuzz/fuzz.h"
#include "tests/suite.h"

#include <dirent.h>

/* Read into a buffer of its exact size, for the sanitizer's sake. */
static void give_file(const char *path, void (*target)(const uint8_t *, size_t))
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;

	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	ck_assert_int_ge(size, 0);
	rewind(file);
	data = malloc((size_t)size + 1);
	ck_assert_uint_eq(fread(data, 1, (size_t)size, file), (size_t)size);
	fclose(file);
	data = realloc(data, size > 0 ? (size_t)size : 1);
	target(data, (size_t)size);
	free(data);
}

/* The number of files; the tests run at the top of the tree. */
static int give_all(const char *folder, void (*target)(const uint8_t *, size_t))
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[512];
	int files = 0;

	ck_assert_msg(dir != NULL, "no %s: run at the top of the tree", folder);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		give_file(path, target);
		files++;
	}
	closedir(dir);
	return files;
}

START_TEST(config)
{
	ck_assert_int_gt(give_all("tests/fuzz/corpus/config", fuzz_config), 0);
}
END_TEST

START_TEST(message)
{
	ck_assert_int_gt(
		give_all("tests/fuzz/corpus/message", fuzz_message), 0);
}
END_TEST

START_TEST(sealed)
{
	ck_assert_int_gt(give_all("tests/fuzz/corpus/sealed", fuzz_sealed), 0);
}
END_TEST

START_TEST(xfrm)
{
	ck_assert_int_gt(give_all("tests/fuzz/corpus/xfrm", fuzz_xfrm), 0);
}
END_TEST

SUITE(corpus)
{
	test(config);
	test(message);
	test(sealed);
	test(xfrm);
}

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

static const struct target {
	const char *name;
	void (*give)(const uint8_t *, size_t);
} targets[] = {
	{ "certs", fuzz_certs },
	{ "config", fuzz_config },
	{ "control", fuzz_control },
	{ "convert", fuzz_convert },
	{ "engine", fuzz_engine },
	{ "fetch", fuzz_fetch },
	{ "fragment", fuzz_fragment },
	{ "message", fuzz_message },
	{ "proposal", fuzz_proposal },
	{ "sealed", fuzz_sealed },
	{ "xfrm", fuzz_xfrm },
};

enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };

START_TEST(kept_inputs)
{
	char folder[64];

	snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s",
		targets[_i].name);
	ck_assert_int_gt(give_all(folder, targets[_i].give), 0);
}
END_TEST

/* What a target makes once and keeps is there before blocks are counted. */
static void make_once(void)
{
	static const uint8_t least[2];

	for (size_t i = 0; i < TARGETS; i++)
		targets[i].give(least, sizeof(least));
}

SUITE(corpus)
{
	tcase_add_unchecked_fixture(tcase, make_once, NULL);
	loop_test(kept_inputs, TARGETS);
}

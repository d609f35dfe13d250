/* config_folder.h - a configuration in a folder of its own, loaded and shown.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_CONFIG_FOLDER_H
#define TESTS_UNIT_CONFIG_FOLDER_H

#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[64];
	int64_t unix_s; /* 0: now */
	struct config *config;
	struct config_errors errors;
	char *shown; /* config_errors_print, the folder's name taken out */
};

static inline void folder_make(struct folder *f, const char *name, mode_t mode)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static inline void folder_write(struct folder *f, const char *name,
	const char *text, size_t len, mode_t mode)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	remove(path); /* it may be one that even we cannot write */
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static inline void folder_file(
	struct folder *f, const char *name, const char *text)
{
	folder_write(f, name, text, strlen(text), 0600);
}

/* With secrets/office.psk in it. */
static inline struct folder folder_new(void)
{
	struct folder f = { .path = "/tmp/ipsecd-config-XXXXXX" };

	ck_assert_ptr_nonnull(mkdtemp(f.path));
	folder_make(&f, "secrets", 0700);
	folder_make(&f, "peers.d", 0700);
	folder_file(&f, "secrets/office.psk", "a shared key\n");
	return f;
}

static inline void folder_forget(struct folder *f)
{
	config_free(f->config);
	config_errors_clear(&f->errors);
	free(f->shown);
	f->config = NULL;
	f->shown = NULL;
}

static inline void folder_remove(struct folder *f)
{
	char command[128];

	folder_forget(f);
	snprintf(command, sizeof(command), "rm -r %.64s", f->path);
	ck_assert_int_eq(system(command), 0);
}

static inline void take_out(char *text, const char *what)
{
	char *at;

	while ((at = strstr(text, what)))
		memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
}

/* Load ipsecd.yaml of the folder. */
static inline void folder_load(struct folder *f)
{
	char path[128];
	size_t len;
	FILE *out;

	folder_forget(f);
	snprintf(path, sizeof(path), "%s/ipsecd.yaml", f->path);
	f->config = f->unix_s
			    ? config_load_at(path, NULL, f->unix_s, &f->errors)
			    : config_load(path, NULL, &f->errors);
	out = open_memstream(&f->shown, &len);
	config_errors_print(&f->errors, out);
	fclose(out);
	snprintf(path, sizeof(path), "%s/", f->path);
	take_out(f->shown, path);
}

static inline void folder_load_text(struct folder *f, const char *yaml)
{
	folder_file(f, "ipsecd.yaml", yaml);
	folder_load(f);
}

static inline struct ike_peer *folder_peer(struct folder *f, const char *name)
{
	ck_assert_msg(f->config, "not loaded:\n%s", f->shown);
	for (size_t i = 0; i < f->config->peers.count; i++) {
		if (strcmp(f->config->peers.peer[i]->name, name) == 0)
			return f->config->peers.peer[i];
	}
	ck_abort_msg("no peer '%s'", name);
	return NULL;
}

#endif

/* ctl_files.h - files that ipsec-ctl makes: never over another, or whole or not at all.
 * SPDX-License-Identifier: ISC
 *
 * Each function says itself what went wrong and returns an exit code; 0 is good.
 */
#ifndef DAEMON_CTL_FILES_H
#define DAEMON_CTL_FILES_H

#include "daemon/ctl.h"
#include "ikev2/bytes.h"

#include <sys/types.h>

enum { FILES_PATH = 4096 };

/* ROOT/etc/ipsecd/FOLDER/NAMESUFFIX */
int files_path(const struct ctl *ctl, char out[FILES_PATH], const char *folder,
	const char *name, const char *suffix);
/* PARENT/NAMESUFFIX */
int files_below(const struct ctl *ctl, char out[FILES_PATH], const char *parent,
	const char *name, const char *suffix);

/* A folder, if there is none yet, with the group of the one that it is in. */
int files_folder(const struct ctl *ctl, const char *path, mode_t mode);

/* No file of that name, please; hint may be NULL. */
int files_absent(const struct ctl *ctl, const char *path, const char *hint);

/* A new file of exactly that mode, on the disk when this returns. */
int files_new(const struct ctl *ctl, const char *path, struct bytes text,
	mode_t mode);
/* A new secret: 0600, or 0640 with the folder's group (config/credentials.h). */
int files_new_secret(
	const struct ctl *ctl, const char *path, struct bytes text);
/* In the place of the file of that name: whoever looks, or starts after the
 * power went, sees the old one or the new one. */
int files_replace(const struct ctl *ctl, const char *path, struct bytes text,
	mode_t mode);

/* Nobody else changes what belongs to that folder until *fd is closed. */
int files_lock(const struct ctl *ctl, const char *folder, int *fd);

#endif

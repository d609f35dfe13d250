/* told.h - what config/changes.c tells, as text.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_TOLD_H
#define TESTS_UNIT_TOLD_H

#include "config/changes.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

enum { TOLD_SIZE = 16384 };

struct told {
	char text[TOLD_SIZE];
	size_t len;
};

#define TELL(T, ...)                                                           \
	do {                                                                   \
		(T)->len += (size_t)snprintf((T)->text + (T)->len,             \
			TOLD_SIZE - (T)->len, __VA_ARGS__);                    \
		ck_assert_uint_lt((T)->len, TOLD_SIZE);                        \
	} while (0)

static inline void told_key(void *ctx, const struct config_key *key)
{
	struct told *t = ctx;

	TELL(t, "  %s%s%s: ", key->child ? key->child : "",
		key->child ? "." : "", key->name);
	if (key->content)
		TELL(t, "content\n");
	else
		TELL(t, "%s -> %s\n", key->before, key->after);
}

static inline void told_child(
	void *ctx, const char *name, enum config_effect effect)
{
	TELL((struct told *)ctx, "  child %s %s\n", name,
		config_effect_name(effect));
}

/* "office peer\n  remote: 192.0.2.1 -> 192.0.2.2\n", a peer after the other. */
static inline const char *told(
	const struct config *before, const struct config *after)
{
	static struct told t;
	const struct config_listener listener = { told_key, told_child, &t };
	struct config_changes changes;

	t.len = 0;
	t.text[0] = '\0';
	ck_assert(config_changes_find(before, after, &changes));
	for (size_t i = 0; i < changes.count; i++) {
		const struct config_change *change = &changes.list[i];
		enum config_effect effect = config_change_tell(change, NULL);

		TELL(&t, "%s %s\n",
			(change->after ? change->after : change->before)->name,
			config_effect_name(effect));
		ck_assert_int_eq(config_change_tell(change, &listener), effect);
	}
	for (int at_once = 1; at_once >= 0; at_once--) {
		if (config_changes_tell_daemon(&changes, at_once, NULL) == 0)
			continue;
		TELL(&t, "daemon %s\n", at_once ? "nothing" : "daemon");
		config_changes_tell_daemon(&changes, at_once, &listener);
	}
	config_changes_clear(&changes);
	return t.text;
}

#endif

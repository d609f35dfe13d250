/* ctl_convert_also.c - conns of ipsec.conf that have what others have: also, alsoflip, %default.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert_conn.h"

#include <string.h>

static const char *flipped(struct convert *c, const char *key)
{
	if (strncmp(key, "left", 4) == 0)
		return convert_text(c, "right%s", key + 4);
	if (strncmp(key, "right", 5) == 0)
		return convert_text(c, "left%s", key + 5);
	return key;
}

static bool inherit(struct convert *c, struct section *to, struct section *from,
	bool flip, unsigned int depth);

static bool inherit_named(struct convert *c, struct section *to,
	const struct setting *also, bool flip, unsigned int depth)
{
	const char *at = also->value;

	if (strcmp(also->key, "alsoflip") == 0)
		flip = !flip;
	while (*(at += strspn(at, " \t,"))) {
		const size_t len = strcspn(at, " \t,");
		const char *name = convert_text(c, "conn %.*s", (int)len, at);
		struct section *from = convert_find(c->root, name);

		if (!from)
			return convert_bad(
				c, also->at, "there is no '%.64s'", name);
		if (depth >= CONVERT_MAX_DEPTH)
			return convert_bad(c, also->at,
				"also more than %d deep", CONVERT_MAX_DEPTH);
		if (!inherit(c, to, from, flip, depth + 1))
			return false;
		at += len;
	}
	return true;
}

static bool is_also(const struct setting *s)
{
	return strcmp(s->key, "also") == 0 || strcmp(s->key, "alsoflip") == 0;
}

/* What `to` has not; then what that has by also.  A second time there is nothing
 * more to it: a few lines that name each other could else take for ever. */
static bool inherit(struct convert *c, struct section *to, struct section *from,
	bool flip, unsigned int depth)
{
	/* Settings that join while we look are no news. */
	const struct setting *last = from->settings_last;

	if (from->given_to[flip] == to)
		return true;
	for (const struct setting *s = from->settings; s && to != from;
		s = s->next) {
		const char *key = flip ? flipped(c, s->key) : s->key;

		if (!is_also(s) && !convert_get(to, key) &&
			!convert_setting(c, to, key, s->value, s->at, true))
			return false;
		if (s == last)
			break;
	}
	for (const struct setting *s = from->settings; s; s = s->next) {
		if (is_also(s) && !inherit_named(c, to, s, flip, depth))
			return false;
		if (s == last)
			break;
	}
	from->given_to[flip] = to;
	return true;
}

bool conn_is_named(const struct section *root, const char *name)
{
	for (const struct section *s = root->first; s; s = s->next) {
		for (const struct setting *k = s->settings; k; k = k->next) {
			const size_t len = strlen(name);
			const char *at = is_also(k) ? k->value : "";

			while ((at = strstr(at, name))) {
				if ((at == k->value ||
					    strchr(" \t,", at[-1])) &&
					(!at[len] || strchr(" \t,", at[len])))
					return true;
				at += len ? len : 1;
			}
		}
	}
	return false;
}

bool convert_resolve(struct convert *c)
{
	struct section *all = convert_find(c->root, "conn %default");

	for (struct section *s = c->root->first; s; s = s->next) {
		if (strncmp(s->name, "conn ", 5) != 0 || s == all)
			continue;
		if (!inherit(c, s, s, false, 0))
			return false;
	}
	/* Only then what all have, as it is weaker than any also. */
	for (struct section *s = c->root->first; s && all; s = s->next) {
		if (strncmp(s->name, "conn ", 5) == 0 && s != all &&
			!inherit(c, s, all, false, 0))
			return false;
	}
	return true;
}

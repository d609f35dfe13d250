/* ctl_reload.c - what a reload changes, as people read it.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_record.h"

#include <string.h>

/* --- One peer ------------------------------------------------------------- */

/* child: where it is said child by child what becomes of them; NULL: those whose
 * SAs are not touched are left out. */
static const struct words {
	const char *effect, *peer, *child;
} words[] = {
	{ "nothing", "at once, no SA is touched", NULL },
	{ "rekey", "at the next rekey", NULL },
	{ "rekey-now", NULL, "rekeyed" },
	{ "child", NULL, "restarted" },
	{ "peer", "restarted", NULL },
	{ "added", "added", "added" },
	{ "removed", "removed", "removed" },
	{ "daemon", "when the daemon is restarted", NULL },
};

static const struct words *words_of(const char *effect)
{
	static const struct words unknown = { "", NULL, NULL };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].effect, effect) == 0)
			return &words[i];
	}
	return &unknown;
}

/* "child lan rekeyed, child dmz removed" */
static void print_children(const struct render *r, const json_t *change)
{
	const char *separator = "";
	const json_t *child;
	size_t i;

	json_array_foreach(record_get(change, "children"), i, child)
	{
		AUTO_FREE char *name = record_text(r, child, "name");
		AUTO_FREE char *effect = record_text(r, child, "effect");
		const char *said = words_of(effect)->child;

		if (!said)
			continue;
		fprintf(r->out, "%schild %s %s", separator, name, said);
		separator = ", ";
	}
}

/* The columns of what follows begin at the same place. */
static int widest_key(const struct render *r, const json_t *change)
{
	const json_t *key;
	size_t i;
	int widest = 0;

	json_array_foreach(record_get(change, "keys"), i, key)
	{
		AUTO_FREE char *child = record_text(r, key, "child");
		AUTO_FREE char *name = record_text(r, key, "key");
		int width = (int)(text_width(child) + text_width(name) +
				  (child[0] ? 1 : 0));

		if (width > widest)
			widest = width;
	}
	return widest;
}

static void print_key(const struct render *r, const json_t *key, int width)
{
	AUTO_FREE char *child = record_text(r, key, "child");
	AUTO_FREE char *name = record_text(r, key, "key");
	AUTO_FREE char *before = record_text(r, key, "before");
	AUTO_FREE char *after = record_text(r, key, "after");
	int used = (int)(text_width(child) + text_width(name) +
			 (child[0] ? 1 : 0));

	fprintf(r->out, "      %s%s%s%*s  ", child, child[0] ? "." : "", name,
		width - used, "");
	if (json_is_true(record_get(key, "content")))
		fprintf(r->out, "content changed\n");
	else
		fprintf(r->out, "%s %s %s\n", before[0] ? before : "(none)",
			render_mark(r, MARK_THEREFORE),
			after[0] ? after : "(none)");
}

void render_change(const struct render *r, const json_t *change)
{
	AUTO_FREE char *peer = record_text(r, change, "peer");
	AUTO_FREE char *section = record_text(r, change, "section");
	AUTO_FREE char *effect = record_text(r, change, "effect");
	const int width = widest_key(r, change);
	const json_t *key;
	size_t i;

	fprintf(r->out, "%c %s  ",
		strcmp(effect, "added") == 0     ? '+'
		: strcmp(effect, "removed") == 0 ? '-'
						 : '~',
		section[0] ? section : peer);
	if (words_of(effect)->peer)
		fputs(words_of(effect)->peer, r->out);
	else if (words_of(effect)->child)
		print_children(r, change);
	else
		fputs(effect, r->out);
	fputc('\n', r->out);
	json_array_foreach(record_get(change, "keys"), i, key)
		print_key(r, key, width);
	if (record_number(change, "left_off") > 0)
		fprintf(r->out, "      and %lld other keys\n",
			record_number(change, "left_off"));
}

/* --- All of it ------------------------------------------------------------ */

/* "2 peers changed, 1 added, 12 unchanged" */
void render_reload(const struct render *r, const json_t *record)
{
	static const char *const kinds[] = { "changed", "added", "removed",
		"unchanged" };
	const json_t *peers = record_get(record, "peers");
	const bool dry_run = json_is_true(record_get(record, "dry_run"));
	const char *separator = "peers: ";
	char time[TEXT_SHORT];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (record_number(peers, kinds[i]) == 0)
			continue;
		fprintf(r->out, "%s%lld %s", separator,
			record_number(peers, kinds[i]), kinds[i]);
		separator = ", ";
	}
	fprintf(r->out, "%s\n", separator[0] == ',' ? "" : "peers: none");
	if (dry_run)
		fputs("a dry run: nothing has been changed\n", r->out);
	if (record_number(record, "trial_s") > 0)
		fprintf(r->out,
			"on trial: goes back in %s, unless you say: ipsec-ctl "
			"reload --keep\n",
			text_duration(record_number(record, "trial_s"), time));
}

void render_configuration(const struct render *r, const json_t *record)
{
	const json_t *configuration = record_get(record, "configuration");
	char time[TEXT_SHORT];

	if (record_since(r, configuration, "goes_back", true, time))
		fprintf(r->out,
			"configuration on trial: goes back in %s, unless you "
			"say: ipsec-ctl reload --keep\n",
			time);
	if (record_since(r, configuration, "went_back", false, time))
		fprintf(r->out,
			"configuration went back %s ago: what the file has was "
			"not kept; see: ipsec-ctl reload --dry-run\n",
			time);
}

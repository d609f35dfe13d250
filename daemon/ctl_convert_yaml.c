/* ctl_convert_yaml.c - converted peers as YAML, with what could not be carried over.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert.h"

#include "config/errors.h"

#include <stdlib.h>
#include <string.h>

/* In this order; what is not here comes behind, as it was found. */
static const char *const order[] = { "enabled", "local", "remote", "auth",
	"local_auth", "remote_auth", "secret", "mode", "local_ts", "remote_ts",
	"start", "ike", "esp", "allow_weak", "rekey_time", "reauth_time",
	"rekey_bytes", "rekey_packets", "dpd_delay", "dpd_action",
	"close_action" };
enum { ORDER = sizeof(order) / sizeof(order[0]) };

/* --- Words ---------------------------------------------------------------- */

/* What YAML, and a reader, take for nothing but a word. */
static bool is_plain(const char *word, bool in_list)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char more[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._-+/@";

	if (!*word || !strchr(letters, *word))
		return false;
	if (word[strspn(word, more)] == '\0')
		return true;
	/* "10.1.0.0/16 tcp/80" and "keyid:x" */
	for (const char *at = word; *at; at++) {
		if (strchr(more, *at))
			continue;
		if (*at == ' ' && !in_list && at[1] && at[1] != ' ' &&
			at[1] != '#')
			continue;
		if (*at == ':' && !in_list && at[1] && at[1] != ' ')
			continue;
		return false;
	}
	return true;
}

static void put_word(const char *word, bool in_list, FILE *out)
{
	if (is_plain(word, in_list)) {
		fputs(word, out);
		return;
	}
	fputc('"', out);
	for (const char *at = word; *at; at++) {
		if (*at == '"' || *at == '\\')
			fputc('\\', out);
		fputc(*at, out);
	}
	fputc('"', out);
}

static void put_words(const struct entry *entry, bool in_list, FILE *out)
{
	/* proposals and the like are lists as soon as there are two */
	if (entry->count == 1 && strcmp(entry->key, "allow_weak") != 0) {
		put_word(entry->word[0], in_list, out);
		return;
	}
	fputc('[', out);
	for (size_t i = 0; i < entry->count; i++) {
		fputs(i ? ", " : "", out);
		put_word(entry->word[i], true, out);
	}
	fputc(']', out);
}

/* --- Notes ---------------------------------------------------------------- */

static void put_indent(unsigned int indent, FILE *out)
{
	fprintf(out, "%*s", (int)indent, "");
}

static void put_notes(const struct convert *c, const struct map *map,
	unsigned int indent, FILE *out)
{
	/* ASCII, and no control characters: it is a comment, whatever is in it */
	struct style style = c->ctl->style;

	style.utf8 = false;
	for (const struct note *note = map->notes; note;
		note = note->next_here) {
		char *key = text_clean(&style, note->key);
		char *text = text_clean(&style, note->text);
		char *file = text_clean(&style, note->at.file);

		put_indent(indent, out);
		fprintf(out, "# %s:%u: %s: %s\n", file, note->at.line, key,
			text);
		free(key);
		free(text);
		free(file);
	}
}

/* --- Maps ----------------------------------------------------------------- */

static void put_entry(const struct entry *entry, unsigned int indent, FILE *out)
{
	put_indent(indent, out);
	fprintf(out, "%s: ", entry->key);
	put_words(entry, false, out);
	if (entry->remark)
		fprintf(out, "  # %s", entry->remark);
	fputc('\n', out);
}

/* `remote: ADDRESS`, or `remote: { address: ADDRESS, id: .. }` */
static void put_side(
	const char *key, const struct map *side, unsigned int indent, FILE *out)
{
	const struct entry *entry = side->entries;

	if (!entry)
		return;
	put_indent(indent, out);
	fprintf(out, "%s: ", key);
	if (!entry->next && strcmp(entry->key, "address") == 0) {
		put_words(entry, false, out);
		fputc('\n', out);
		return;
	}
	fputs("{ ", out);
	for (const char *between = ""; entry; entry = entry->next) {
		fprintf(out, "%s%s: ", between, entry->key);
		put_words(entry, true, out);
		between = ", ";
	}
	fputs(" }\n", out);
}

static bool in_order(const char *key)
{
	for (size_t i = 0; i < ORDER; i++) {
		if (strcmp(order[i], key) == 0)
			return true;
	}
	return false;
}

static void put_map(const struct map *map, const struct new_peer *peer,
	unsigned int indent, FILE *out)
{
	for (size_t i = 0; i < ORDER; i++) {
		const struct entry *entry = map_get(map, order[i]);

		if (peer && strcmp(order[i], "local") == 0)
			put_side("local", &peer->local, indent, out);
		else if (peer && strcmp(order[i], "remote") == 0)
			put_side("remote", &peer->remote, indent, out);
		else if (entry)
			put_entry(entry, indent, out);
	}
	for (const struct entry *entry = map->entries; entry;
		entry = entry->next) {
		if (!in_order(entry->key))
			put_entry(entry, indent, out);
	}
}

/* --- All of it ------------------------------------------------------------ */

static void put_peer(
	const struct convert *c, const struct new_peer *peer, FILE *out)
{
	if (peer->left_out) {
		fprintf(out, "  # %s is left out:\n", peer->name);
		put_notes(c, &peer->map, 2, out);
		return;
	}
	fprintf(out, "  %s:\n", peer->name);
	put_notes(c, &peer->map, 4, out);
	put_map(&peer->map, peer, 4, out);
	fputs("    children:\n", out);
	for (const struct new_child *child = peer->children; child;
		child = child->next) {
		fprintf(out, "      %s:%s\n", child->name,
			child->map.entries ? "" : " {}");
		put_notes(c, &child->map, 8, out);
		put_map(&child->map, NULL, 8, out);
	}
}

void convert_yaml(const struct convert *c, FILE *out)
{
	size_t count = 0;
	char *file = text_clean(&c->ctl->style, c->file);

	fprintf(out, "# Converted from %s of %s\n", file, c->daemon);
	free(file);
	put_notes(c, &c->top, 0, out);
	if (c->top.entries) {
		fputs("daemon:\n", out);
		put_map(&c->top, NULL, 2, out);
	}
	for (const struct new_peer *peer = c->peers; peer; peer = peer->next)
		count += !peer->left_out;
	fprintf(out, "peers:%s\n", count ? "" : " {}");
	for (const struct new_peer *peer = c->peers; peer; peer = peer->next)
		put_peer(c, peer, out);
}

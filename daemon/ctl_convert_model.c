/* ctl_convert_model.c - a conversion's memory, files, sections, notes and peers.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert.h"

#include "config/octets.h"
#include "config/peers.h"
#include "daemon/report.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Memory --------------------------------------------------------------- */

struct block {
	struct block *next;
	size_t size;
	max_align_t data[];
};

void *convert_alloc(struct convert *c, size_t size)
{
	struct block *block = calloc(1, sizeof(*block) + size + 1);

	if (!block) {
		fputs("ipsec-ctl: out of memory\n", stderr);
		exit(REPORT_FAILED);
	}
	block->size = size;
	block->next = c->blocks;
	c->blocks = block;
	return block->data;
}

/* There are shared keys among it. */
void convert_clear(struct convert *c)
{
	for (struct block *block = c->blocks, *next; block; block = next) {
		next = block->next;
		sodium_memzero(block->data, block->size);
		free(block);
	}
	*c = (struct convert){ 0 };
}

char *convert_copy(struct convert *c, const char *text, size_t len)
{
	char *copy = convert_alloc(c, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *convert_text(struct convert *c, const char *format, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	text = convert_alloc(c, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

/* --- Files ---------------------------------------------------------------- */

bool convert_bad(struct convert *c, struct spot at, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ctl_fail(c->ctl, REPORT_CONFIG, NULL, "%s:%u:%u: %s", at.file, at.line,
		at.column, text);
	return false;
}

static bool cannot_read(
	struct convert *c, const char *path, const struct spot *at, int error)
{
	const char *why =
		error == EINVAL ? "not a regular file" : strerror(error);

	if (at)
		return convert_bad(c, *at, "include '%s': %s", path, why);
	ctl_fail(c->ctl,
		error == EACCES || error == EPERM ? REPORT_PERMISSION
						  : REPORT_FAILED,
		NULL, "convert: '%s': %s", path, why);
	return false;
}

bool convert_read(struct convert *c, const char *path, const struct spot *at,
	struct bytes *out)
{
	/* Not to wait for whoever writes into a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text;
	ssize_t len;
	size_t size, skip;

	if (fd < 0)
		return cannot_read(c, path, at, errno);
	if (c->files++ >= CONVERT_MAX_FILES || fstat(fd, &st) < 0 ||
		!S_ISREG(st.st_mode) || st.st_size > CONVERT_MAX_FILE) {
		close(fd);
		return cannot_read(c, path, at,
			c->files > CONVERT_MAX_FILES ? EMFILE
			: S_ISREG(st.st_mode)        ? EFBIG
						     : EINVAL);
	}
	/* One octet more shows that it grows while we read. */
	size = (size_t)st.st_size + 1;
	text = convert_alloc(c, size + 1);
	len = read_up_to(fd, text, size);
	close(fd);
	if (len < 0 || (size_t)len == size)
		return cannot_read(c, path, at, len < 0 ? EIO : EAGAIN);
	/* What some editors begin UTF-8 with is no part of it. */
	skip = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	*out = bytes_of(text + skip, (size_t)len - skip);
	return true;
}

void convert_step(struct text *text)
{
	if (*text->at++ == '\n') {
		text->spot.line++;
		text->line = text->at;
	}
	text->spot.column = (unsigned int)(text->at - text->line) + 1;
}

bool convert_open(struct convert *c, const char *path, const struct spot *at,
	struct text *text)
{
	struct bytes octets;
	struct spot here = { path, 1, 1 };

	if (!convert_read(c, path, at, &octets))
		return false;
	text->at = text->line = (const char *)octets.at;
	text->end = text->at + octets.len;
	text->spot = here;
	for (const char *line = text->at; line < text->end; here.line++) {
		const char *next =
			memchr(line, '\n', (size_t)(text->end - line));

		if (!next)
			next = text->end;
		if (next - line > CONVERT_MAX_LINE)
			return convert_bad(c, here, "longer than %d octets",
				CONVERT_MAX_LINE);
		if (memchr(line, '\0', (size_t)(next - line)))
			return convert_bad(c, here, "a NUL: this is no text");
		line = next + 1;
	}
	return true;
}

static int stop_at(const char *path, int error)
{
	(void)path;
	(void)error;
	return 0;
}

bool convert_include(struct convert *c, const char *pattern, struct spot at,
	unsigned int depth,
	bool (*read)(struct convert *c, const char *path, const struct spot *at,
		unsigned int depth))
{
	const char *slash = strrchr(at.file, '/');
	const char *path = pattern;
	glob_t found = { 0 };
	bool ok = true;
	int result;

	if (depth >= CONVERT_MAX_DEPTH)
		return convert_bad(
			c, at, "includes more than %d deep", CONVERT_MAX_DEPTH);
	if (*pattern != '/' && slash)
		path = convert_text(c, "%.*s%s", (int)(slash - at.file + 1),
			at.file, pattern);
	result = glob(path, 0, stop_at, &found);
	if (result == GLOB_NOMATCH)
		convert_note(c, &c->top, at, "include",
			"there is no '%s'; convert what it named by itself",
			path);
	else if (result != 0)
		ok = convert_bad(c, at, "include '%s': cannot be read", path);
	for (size_t i = 0; result == 0 && ok && i < found.gl_pathc; i++)
		ok = read(c,
			convert_copy(c, found.gl_pathv[i],
				strlen(found.gl_pathv[i])),
			&at, depth + 1);
	if (result == 0)
		globfree(&found);
	return ok;
}

/* --- Sections ------------------------------------------------------------- */

struct section *convert_section(
	struct convert *c, struct section *up, const char *name, struct spot at)
{
	struct section *section;

	if (c->sections++ >= CONVERT_MAX_SECTIONS) {
		convert_bad(
			c, at, "more than %d sections", CONVERT_MAX_SECTIONS);
		return NULL;
	}
	section = convert_alloc(c, sizeof(*section));
	section->up = up;
	section->name = name;
	section->at = at;
	if (up && up->last)
		up->last->next = section;
	else if (up)
		up->first = section;
	if (up)
		up->last = section;
	return section;
}

struct section *convert_find(const struct section *up, const char *name)
{
	struct section *section = up ? up->first : NULL;

	while (section && strcmp(section->name, name) != 0)
		section = section->next;
	return section;
}

static struct setting *find_setting(
	const struct section *section, const char *key)
{
	struct setting *setting = section ? section->settings : NULL;

	while (setting && strcmp(setting->key, key) != 0)
		setting = setting->next;
	return setting;
}

bool convert_setting(struct convert *c, struct section *section,
	const char *key, const char *value, struct spot at, bool replace)
{
	struct setting *setting = replace ? find_setting(section, key) : NULL;

	if (setting) {
		setting->value = value;
		setting->at = at;
		return true;
	}
	if (c->settings++ >= CONVERT_MAX_SETTINGS)
		return convert_bad(
			c, at, "more than %d settings", CONVERT_MAX_SETTINGS);
	setting = convert_alloc(c, sizeof(*setting));
	*setting = (struct setting){ NULL, key, value, at };
	if (section->settings_last)
		section->settings_last->next = setting;
	else
		section->settings = setting;
	section->settings_last = setting;
	return true;
}

const struct setting *convert_get(
	const struct section *section, const char *key)
{
	return find_setting(section, key);
}

const char *convert_value(const struct section *section, const char *key)
{
	const struct setting *setting = find_setting(section, key);

	return setting ? setting->value : NULL;
}

/* --- Notes ---------------------------------------------------------------- */

void convert_note(struct convert *c, struct map *map, struct spot at,
	const char *key, const char *format, ...)
{
	struct note *note = convert_alloc(c, sizeof(*note));
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	note->at = at;
	note->key = key;
	note->text = convert_copy(c, text, strlen(text));
	if (c->notes_last)
		c->notes_last->next = note;
	else
		c->notes = note;
	c->notes_last = note;
	if (map->notes_last)
		map->notes_last->next_here = note;
	else
		map->notes = note;
	map->notes_last = note;
}

bool convert_same_note(const struct note *a, const struct note *b)
{
	return a->at.line == b->at.line &&
	       strcmp(a->at.file, b->at.file) == 0 &&
	       strcmp(a->key, b->key) == 0 && strcmp(a->text, b->text) == 0;
}

/* --- Peers and children --------------------------------------------------- */

/* What our names have not becomes a dash. */
static char *name_of(struct convert *c, const char *theirs, const char *what)
{
	size_t len = strlen(theirs);
	char *name = convert_copy(
		c, theirs, len < MAX_NAME - 8 ? len : MAX_NAME - 8);

	for (char *at = name; *at; at++) {
		const char one[] = { *at, '\0' };

		if (!is_name(one))
			*at = '-';
	}
	return *name ? name : convert_text(c, "%s", what);
}

static bool peer_has_name(const struct convert *c, const char *name)
{
	for (const struct new_peer *peer = c->peers; peer; peer = peer->next) {
		if (strcmp(peer->name, name) == 0)
			return true;
	}
	return false;
}

static bool child_has_name(const struct new_peer *peer, const char *name)
{
	for (const struct new_child *child = peer->children; child;
		child = child->next) {
		if (strcmp(child->name, name) == 0)
			return true;
	}
	return false;
}

struct new_peer *convert_peer(
	struct convert *c, const char *name, struct spot at)
{
	struct new_peer *peer = convert_alloc(c, sizeof(*peer));
	const char *stem = name_of(c, name, "peer");

	peer->name = stem;
	for (unsigned int i = 2; peer_has_name(c, peer->name); i++)
		peer->name = convert_text(c, "%s-%u", stem, i);
	peer->at = at;
	if (c->peers_last)
		c->peers_last->next = peer;
	else
		c->peers = peer;
	c->peers_last = peer;
	if (strcmp(peer->name, name) != 0)
		convert_note(c, &peer->map, at, name, "is called '%s' here",
			peer->name);
	return peer;
}

struct new_child *convert_child(struct convert *c, struct new_peer *peer,
	const char *name, struct spot at)
{
	struct new_child *child = convert_alloc(c, sizeof(*child));
	const char *stem = name_of(c, name, "child");

	child->name = stem;
	for (unsigned int i = 2; child_has_name(peer, child->name); i++)
		child->name = convert_text(c, "%s-%u", stem, i);
	child->at = at;
	if (peer->children_last)
		peer->children_last->next = child;
	else
		peer->children = child;
	peer->children_last = child;
	if (strcmp(child->name, name) != 0)
		convert_note(c, &child->map, at, name, "is called '%s' here",
			child->name);
	return child;
}

void convert_join(struct convert *c, struct new_secret *secret)
{
	if (c->secrets_last)
		c->secrets_last->next = secret;
	else
		c->secrets = secret;
	c->secrets_last = secret;
}

struct new_secret *convert_secret(
	struct convert *c, const char *key, struct spot at)
{
	struct new_secret *secret = convert_alloc(c, sizeof(*secret));

	secret->key = key;
	secret->at = at;
	convert_join(c, secret);
	return secret;
}

/* --- Maps ----------------------------------------------------------------- */

struct entry *map_get(const struct map *map, const char *key)
{
	struct entry *entry = map->entries;

	while (entry && strcmp(entry->key, key) != 0)
		entry = entry->next;
	return entry;
}

const char *map_word(const struct map *map, const char *key)
{
	const struct entry *entry = map_get(map, key);

	return entry && entry->count > 0 ? entry->word[0] : NULL;
}

void map_remove(struct map *map, const char *key)
{
	struct entry **at = &map->entries;

	while (*at && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	if (*at)
		*at = (*at)->next;
}

static struct entry *map_need(
	struct convert *c, struct map *map, const char *key)
{
	struct entry **at = &map->entries;

	while (*at && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = convert_alloc(c, sizeof(**at));
		(*at)->key = key;
	}
	return *at;
}

struct entry *map_set(
	struct convert *c, struct map *map, const char *key, const char *word)
{
	struct entry *entry = map_need(c, map, key);

	entry->word[0] = word;
	entry->count = 1;
	entry->remark = NULL;
	return entry;
}

void map_add(
	struct convert *c, struct map *map, const char *key, const char *word)
{
	struct entry *entry = map_need(c, map, key);

	for (size_t i = 0; i < entry->count; i++) {
		if (strcmp(entry->word[i], word) == 0)
			return;
	}
	if (entry->count < CONVERT_MAX_WORDS)
		entry->word[entry->count++] = word;
}

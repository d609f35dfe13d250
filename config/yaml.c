/* yaml.c - from the events of libyaml to a tree, refusing what surprises.
 * SPDX-License-Identifier: ISC
 *
 * What shapes this, of libyaml 0.2.5: it takes duplicate keys and cyclic aliases
 * in silence; its marks start at 0 and count characters; errors of its reader
 * (a NUL, bad UTF-8) come without a mark, so the text is looked through before;
 * it ends at the first syntax error, so that one comes alone.
 */
#include "config/yaml.h"

#include "config/octets.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

/* --- The text ---------------------------------------------------------------- */

/* libyaml takes U+0085, U+2028 and U+2029 for ends of lines, editors do not. */
static bool is_control(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n') ||
	       (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
	       c == 0xfeff || c == 0xfffe || c == 0xffff;
}

static bool refuse_character(struct config_errors *errors, struct place at,
	size_t len, uint32_t c, const struct source *source, size_t offset)
{
	if (len == 0)
		complain(errors, at, "configuration files are UTF-8",
			"not UTF-8: octet 0x%02x",
			(unsigned char)source->text[offset]);
	else if (c == 0)
		complain(errors, at, "is it a text file?", "a NUL character");
	else if (c == '\t')
		complain(errors, at, "YAML indents with spaces only",
			"a tab in the indentation");
	else
		complain(errors, at,
			c == '\r' ? "lines end in LF, or CR and LF"
				  : "delete it: it cannot be seen",
			"a control character, U+%04X", c);
	return false;
}

/* Every character may stand where it does. */
static bool look_through(
	const struct source *source, struct config_errors *errors)
{
	struct place at = { source, 1, 1, 1 };
	bool indent = true;

	for (size_t i = 0; i < source->len;) {
		uint32_t c = 0;
		size_t left = source->len - i;
		size_t len = utf8_character(source->text + i, left, &c);
		bool crlf =
			c == '\r' && left > 1 && source->text[i + 1] == '\n';

		if (len == 0 || (is_control(c) && !crlf) ||
			(c == '\t' && indent))
			return refuse_character(errors, at, len, c, source, i);
		indent = c == '\n' || (indent && c == ' ');
		at.line += c == '\n';
		at.column = c == '\n' ? 1 : at.column + 1;
		i += len;
	}
	return true;
}

static bool too_large(const struct source *source, struct config_errors *errors)
{
	struct place at = { source, 1, 1, 1 };

	for (size_t i = 0; i < source->len; i++) {
		at.line += source->text[i] == '\n';
		at.column = source->text[i] == '\n' ? 1 : at.column + 1;
	}
	complain(errors, at, "split it: peers.d/*.yaml and include are merged",
		"larger than %d KiB", YAML_MAX_SIZE / 1024);
	return false;
}

static bool look_at(struct source *source, struct config_errors *errors)
{
	static const char mark[] = "\xef\xbb\xbf"; /* byte order mark */

	if (source->len > YAML_MAX_SIZE)
		return too_large(source, errors);
	if (source->len >= 3 && memcmp(source->text, mark, 3) == 0) {
		memmove(source->text, source->text + 3, source->len - 3 + 1);
		source->len -= 3;
	}
	return look_through(source, errors);
}

static bool no_memory(const struct source *source, struct config_errors *errors)
{
	complain(errors, (struct place){ source, 0, 0, 0 }, NULL,
		"out of memory");
	return false;
}

bool source_of_text(const char *name, struct bytes text, struct source *source,
	struct config_errors *errors)
{
	size_t len = text.len <= YAML_MAX_SIZE ? text.len : YAML_MAX_SIZE + 1;

	*source = (struct source){ strdup(name), calloc(1, len + 1), len };
	if (!source->name || !source->text)
		return no_memory(source, errors);
	if (len > 0)
		memcpy(source->text, text.at, len);
	return look_at(source, errors);
}

/* To open a device or a pipe can mean something, so look before. */
static int open_regular(const char *name, struct stat *st)
{
	if (stat(name, st) < 0)
		return -1;
	if (!S_ISREG(st->st_mode)) {
		errno = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* No more than YAML_MAX_SIZE and one octet.  size is what the file had; one
 * octet more shows that it grew.  False with errno. */
static bool read_all(int fd, off_t size, struct source *source)
{
	size_t room = size > 0 && size < YAML_MAX_SIZE ? (size_t)size + 1
						       : YAML_MAX_SIZE + 1;
	ssize_t got;

	source->text = calloc(1, room + 1);
	if (!source->text)
		return false;
	source->len = room; /* to be wiped, wherever it ends */
	got = read_up_to(fd, source->text, room);
	if (got < 0)
		return false;
	source->len = (size_t)got;
	errno = EAGAIN;
	return source->len < room || room > YAML_MAX_SIZE;
}

static const char *why_not(int number)
{
	switch (number) {
	case EINVAL:
		return "not a regular file";
	case EAGAIN:
		return "it grew meanwhile";
	default:
		return strerror(number);
	}
}

/* Who may write it says whom we let in, and to what. */
static void warn_if_open(
	const struct source *source, mode_t mode, struct config_errors *errors)
{
	char hint[HINT_SIZE];

	if (mode & S_IWOTH)
		complain_as(errors, CONFIG_WARNING,
			(struct place){ source, 0, 0, 0 },
			hint_text(hint, "chmod o-w %s", source->name),
			"it has mode %04o: others can write it",
			(unsigned int)(mode & 07777));
}

bool source_read(
	const char *name, struct source *source, struct config_errors *errors)
{
	struct stat st;
	int fd = open_regular(name, &st);
	bool ok = fd >= 0;
	char hint[HINT_SIZE] = "";
	int why;

	*source = (struct source){ strdup(name), NULL, 0 };
	if (ok) {
		ok = read_all(fd, st.st_size, source);
		close(fd);
	}
	why = errno;
	if (!source->name)
		return no_memory(source, errors);
	if (ok) {
		warn_if_open(source, st.st_mode, errors);
		return look_at(source, errors);
	}
	if (why == EACCES)
		hint_text(hint, "chgrp ipsecd %s; chmod 0640 %s", name, name);
	complain(errors, (struct place){ source, 0, 0, 0 }, hint,
		"cannot be read: %s", why_not(why));
	return false;
}

void source_clear(struct source *source)
{
	if (source->text)
		sodium_memzero(source->text, source->len);
	free(source->text);
	free(source->name);
	*source = (struct source){ 0 };
}

/* --- Nodes ------------------------------------------------------------------- */

struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (struct node *n = map->first; n; n = n->next) {
		if (strcmp(n->key, key) == 0)
			return n;
	}
	return NULL;
}

struct node node_word(const char *text, struct place at)
{
	/* Nobody writes to the text of a node before node_free, and nobody
	 * frees this one. */
	union {
		const char *from;
		char *to;
	} word = { text };

	return (struct node){ .kind = NODE_WORD, .at = at, .text = word.to };
}

struct place node_part(const struct node *word, size_t offset, size_t len)
{
	struct place at = word->at;
	size_t before = 0, width = 0;

	if (!word->plain)
		return at;
	for (size_t i = 0; i < offset + len && word->text[i]; i++) {
		bool starts = ((unsigned char)word->text[i] & 0xc0) != 0x80;

		if (i < offset)
			before += starts;
		else
			width += starts;
	}
	at.column += (unsigned int)before;
	at.width = width ? (unsigned int)width : 1;
	return at;
}

static void wipe_and_free(char *text)
{
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
}

void node_free(struct node *node)
{
	struct node *next;

	if (!node)
		return;
	for (struct node *n = node->first; n; n = next) {
		next = n->next;
		node_free(n);
	}
	wipe_and_free(node->text);
	free(node->key);
	free(node);
}

/* --- Events -------------------------------------------------------------------- */

struct parsing {
	yaml_parser_t parser;
	const struct source *source;
	struct config_errors *errors;
	unsigned int events;
	bool stopped; /* by an error that nothing can follow */
};

static struct place place_of(
	const struct parsing *p, yaml_mark_t from, yaml_mark_t to)
{
	size_t width = from.line == to.line && to.column > from.column
			       ? to.column - from.column
			       : 1;

	return (struct place){ p->source, (unsigned int)from.line + 1,
		(unsigned int)from.column + 1, (unsigned int)width };
}

/* libyaml counts characters. */
static char character_at(const struct parsing *p, yaml_mark_t mark)
{
	const char *at = p->source->text;

	for (size_t line = 0; *at && line < mark.line; at++)
		line += *at == '\n';
	for (size_t column = 0; *at && column < mark.column; column++) {
		at++;
		while (((unsigned char)*at & 0xc0) == 0x80)
			at++;
	}
	return *at;
}

/* What the first character of a value makes of it, and what was meant. */
static const char *start_hint(char c)
{
	switch (c) {
	case '\t':
		return "YAML indents with spaces only";
	case '@':
		return "quote it, or write fqdn:NAME";
	case '%':
		return "quote it; any address is 'any'";
	case '*':
		return "quote it: \"*.example.com\"";
	default:
		return "quote it";
	}
}

/* What libyaml says, in the words of somebody who edits a configuration. */
struct syntax {
	const char *text;
	const char *hint;
	bool at_context; /* the mistake is where the construct began */
};

/* "a: b: c" on one line is another mistake than a line before without ':'. */
static const char *colon_hint(const struct parsing *p, yaml_mark_t mark)
{
	yaml_mark_t at = mark;

	for (at.column = 0; at.column < mark.column; at.column++) {
		if (character_at(p, at) == ':')
			return "quote values that hold ': '";
	}
	return "does the line before lack ': ' after its key?";
}

static struct syntax syntax_of(const struct parsing *p)
{
	const yaml_parser_t *y = &p->parser;
	const char *problem = y->problem ? y->problem : "a syntax error";
	char at = character_at(p, y->problem_mark);

	if (strstr(problem, "cannot start any token"))
		return (struct syntax){ "a value cannot start so",
			start_hint(at), false };
	if (strstr(problem, "alphabetic or numeric character"))
		return (struct syntax){ "a value cannot start so",
			start_hint('*'), true };
	if (strstr(problem, "could not find expected ':'"))
		return (struct syntax){ "a key without ': '",
			"KEY: VALUE, with a blank after the colon", true };
	if (strstr(problem, "mapping values are not allowed"))
		return (struct syntax){ "a ':' that belongs to no key",
			colon_hint(p, y->problem_mark), false };
	if (strstr(problem, "unexpected end of stream"))
		return (struct syntax){ "a quotation mark without its end",
			"quote all of the value, or nothing of it", true };
	if (strstr(problem, "expected node content"))
		return (struct syntax){ "a value was expected",
			at == ':' ? "quote it: \"::1\""
				  : "quote it if it is text",
			false };
	if (strstr(problem, "did not find expected ',' or"))
		return (struct syntax){ strchr(problem, ']')
						? "a list without ',' or ']'"
						: "a map without ',' or '}'",
			"quote values that hold ':', ',', '[' or '{'",
			y->context_mark.line != y->problem_mark.line };
	if (strstr(problem, "did not find expected key") ||
		strstr(problem, "expected <block end>") ||
		strstr(problem, "did not find expected '-' indicator"))
		return (struct syntax){ "this stands where a key was expected",
			"the keys of one map start in one column", false };
	if (strstr(problem, "unknown escape character"))
		return (struct syntax){ "a '\\' that makes no character",
			"write '..' for \"..\": there it is nothing special",
			false };
	if (strstr(problem, "block sequence entries are not allowed"))
		return (struct syntax){ "a '-' in the middle of a line",
			"a list is [one, two]", false };
	return (struct syntax){ problem, "quote it if it is text", false };
}

static void syntax_error(struct parsing *p)
{
	struct syntax syntax = syntax_of(p);
	yaml_mark_t mark = syntax.at_context ? p->parser.context_mark
					     : p->parser.problem_mark;

	complain(p->errors, place_of(p, mark, mark), syntax.hint, "%s",
		syntax.text);
}

static bool next_event(struct parsing *p, yaml_event_t *event)
{
	if (p->stopped)
		return false;
	p->stopped = true;
	if (p->events++ == YAML_MAX_EVENTS) {
		complain(p->errors, place_of(p, p->parser.mark, p->parser.mark),
			"split it: peers.d/*.yaml and include are merged",
			"more than %d values", YAML_MAX_EVENTS);
		return false;
	}
	if (!yaml_parser_parse(&p->parser, event)) {
		if (p->parser.error == YAML_MEMORY_ERROR)
			return no_memory(p->source, p->errors);
		syntax_error(p);
		return false;
	}
	p->stopped = false;
	return true;
}

static void refuse_anchor(struct parsing *p, struct node *node,
	const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		complain(p->errors, node->at, "write it out, or use 'defaults'",
			"an anchor, '&%s'", (const char *)anchor);
	if (tag)
		complain(p->errors, node->at, "quote it if it is text",
			"a tag, '%s'", (const char *)tag);
	node->bad = node->bad || anchor || tag;
}

static void refuse_alias(
	struct parsing *p, struct node *node, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;

	complain(p->errors, node->at,
		strcmp(name, "any") == 0 ? "write any without '*'"
					 : "write it out, or use 'defaults'",
		"an alias, '*%s'", name);
	node->bad = true;
	node->text = strdup("");
	if (!node->text) {
		p->stopped = true;
		no_memory(p->source, p->errors);
	}
}

static bool take_word(
	struct parsing *p, struct node *node, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;

	node->kind = NODE_WORD;
	node->text = calloc(1, len + 1);
	if (!node->text)
		return no_memory(p->source, p->errors);
	memcpy(node->text, value, len);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		      event->start_mark.line == event->end_mark.line;
	refuse_anchor(
		p, node, event->data.scalar.anchor, event->data.scalar.tag);
	if (strlen(node->text) != len) {
		complain(p->errors, node->at, "no value can hold one",
			"a NUL character");
		node->bad = true;
	}
	return true;
}

static void append(struct node *to, struct node *node)
{
	if (to->last)
		to->last->next = node;
	else
		to->first = node;
	to->last = node;
}

static struct node *take(struct parsing *p, yaml_event_t *event, int depth);

static void take_items(struct parsing *p, struct node *list, int depth)
{
	yaml_event_t event;
	struct node *item;
	bool end;

	while (next_event(p, &event)) {
		end = event.type == YAML_SEQUENCE_END_EVENT;
		item = end ? NULL : take(p, &event, depth);
		yaml_event_delete(&event);
		if (end)
			return;
		if (item)
			append(list, item);
	}
}

/* A key, or NULL if it is none (and then has been complained about). */
static struct node *take_key(struct parsing *p, yaml_event_t *event, int depth)
{
	struct node *key = take(p, event, depth);

	if (!key || key->bad || p->stopped)
		return key;
	if (key->kind != NODE_WORD) {
		complain(p->errors, key->at, "such as remote: 192.0.2.1",
			"a key must be a word");
		key->bad = true;
	} else if (key->plain && strcmp(key->text, "<<") == 0) {
		complain(p->errors, key->at, "write it out, or use 'defaults'",
			"a merge key");
		key->bad = true;
	}
	return key;
}

static void take_member(struct parsing *p, struct node *map, struct node *key,
	yaml_event_t *event, int depth)
{
	struct node *value = take(p, event, depth);

	if (!value)
		return;
	if (key->bad || !key->text) {
		node_free(value);
		return;
	}
	value->key = strdup(key->text);
	value->key_at = key->at;
	/* Nothing after the colon: what is missing belongs to the key. */
	if (value->kind == NODE_WORD && value->plain && !*value->text)
		value->at = key->at;
	if (value->key) {
		append(map, value);
		return;
	}
	p->stopped = true;
	no_memory(p->source, p->errors);
	node_free(value);
}

static int by_key(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;
	int order = strcmp((*x)->key, (*y)->key);

	if (order != 0)
		return order;
	if ((*x)->key_at.line != (*y)->key_at.line)
		return (*x)->key_at.line < (*y)->key_at.line ? -1 : 1;
	return (*x)->key_at.column < (*y)->key_at.column ? -1 : 1;
}

static void refuse_duplicates(struct parsing *p, const struct node *map)
{
	size_t count = 0, i = 0;
	struct node **sorted;
	char hint[HINT_SIZE];

	for (const struct node *n = map->first; n; n = n->next)
		count++;
	if (count < 2)
		return;
	sorted = calloc(count, sizeof(struct node *));
	if (!sorted) {
		p->stopped = true;
		no_memory(p->source, p->errors);
		return;
	}
	for (struct node *n = map->first; n; n = n->next)
		sorted[i++] = n;
	qsort(sorted, count, sizeof(struct node *), by_key);
	for (i = 1; i < count; i++) {
		if (strcmp(sorted[i]->key, sorted[i - 1]->key) != 0)
			continue;
		complain(p->errors, sorted[i]->key_at,
			hint_text(hint, "it stands on line %u already",
				sorted[i - 1]->key_at.line),
			"duplicate key '%s'", sorted[i]->key);
		sorted[i]->bad = true;
	}
	free(sorted);
}

static void take_members(struct parsing *p, struct node *map, int depth)
{
	yaml_event_t event;
	struct node *key;
	bool end;

	while (next_event(p, &event)) {
		end = event.type == YAML_MAPPING_END_EVENT;
		key = end ? NULL : take_key(p, &event, depth);
		yaml_event_delete(&event);
		if (end) {
			refuse_duplicates(p, map);
			return;
		}
		if (!key)
			return;
		if (next_event(p, &event)) {
			take_member(p, map, key, &event, depth);
			yaml_event_delete(&event);
		}
		node_free(key);
	}
}

/* The node that begins with this event; NULL once stopped. */
static struct node *take(struct parsing *p, yaml_event_t *event, int depth)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node) {
		p->stopped = true;
		no_memory(p->source, p->errors);
		return NULL;
	}
	node->at = place_of(p, event->start_mark, event->end_mark);
	if (depth > YAML_MAX_DEPTH) {
		complain(p->errors, node->at,
			"no key of a configuration is so deep",
			"nested more than %d deep", YAML_MAX_DEPTH);
		p->stopped = true;
		return node;
	}
	if (event->type == YAML_ALIAS_EVENT) {
		refuse_alias(p, node, event);
	} else if (event->type == YAML_SCALAR_EVENT) {
		p->stopped = !take_word(p, node, event) || p->stopped;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		node->kind = NODE_LIST;
		refuse_anchor(p, node, event->data.sequence_start.anchor,
			event->data.sequence_start.tag);
		take_items(p, node, depth + 1);
	} else {
		node->kind = NODE_MAP;
		refuse_anchor(p, node, event->data.mapping_start.anchor,
			event->data.mapping_start.tag);
		take_members(p, node, depth + 1);
	}
	return node;
}

/* --- A document ------------------------------------------------------------------ */

static struct node *empty_map(const struct parsing *p)
{
	struct node *map = calloc(1, sizeof(*map));

	if (!map) {
		no_memory(p->source, p->errors);
		return NULL;
	}
	map->kind = NODE_MAP;
	map->at = (struct place){ p->source, 1, 1, 1 };
	return map;
}

/* The root must be a map; a file of nothing or comments is an empty one. */
static struct node *rooted(const struct parsing *p, struct node *root)
{
	bool empty;

	if (root && root->kind == NODE_MAP)
		return root;
	empty = !root || (root->kind == NODE_WORD && root->text &&
				 !*root->text && !root->bad);
	if (!empty && !root->bad)
		complain(p->errors, root->at, "it starts like 'peers:'",
			"a configuration is a map of keys");
	node_free(root);
	return empty_map(p);
}

static struct node *take_document(struct parsing *p)
{
	struct node *root = NULL;
	yaml_event_t event;
	int documents = 0;
	bool end = false;

	while (!end && next_event(p, &event)) {
		end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && documents++) {
			complain(p->errors,
				place_of(p, event.start_mark, event.end_mark),
				"one document a file", "a second document");
			end = true;
		} else if (event.type == YAML_SCALAR_EVENT ||
			   event.type == YAML_ALIAS_EVENT ||
			   event.type == YAML_SEQUENCE_START_EVENT ||
			   event.type == YAML_MAPPING_START_EVENT) {
			root = take(p, &event, 1);
		}
		yaml_event_delete(&event);
	}
	if (p->stopped) {
		node_free(root);
		return NULL;
	}
	return rooted(p, root);
}

struct node *node_parse(
	const struct source *source, struct config_errors *errors)
{
	struct parsing p = { .source = source, .errors = errors };
	union {
		const char *from;
		const unsigned char *to;
	} text = { source->text };
	struct node *root;

	if (!yaml_parser_initialize(&p.parser)) {
		no_memory(source, errors);
		return NULL;
	}
	yaml_parser_set_encoding(&p.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p.parser, text.to, source->len);
	root = take_document(&p);
	yaml_parser_delete(&p.parser);
	return root;
}

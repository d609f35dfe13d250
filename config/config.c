/* config.c - loading: the files, their sections merged; comparing for a reload.
 * SPDX-License-Identifier: ISC
 */
#include "config/config.h"

#include "config/peers.h"
#include "config/schema.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum {
	MAX_FILES = 1 << 16,
	MAX_OCTETS = 1 << 26, /* of all files */
	MAX_INCLUDES = 8,     /* files that include files that include .. */
};

/* One file, and the sections that are still there. */
struct file {
	struct source source;
	dev_t dev;
	ino_t ino;
};

struct loading {
	struct config_errors *errors;
	struct store store;
	struct file **files; /* their sources must not move */
	size_t file_count, octets;
	struct node *daemon, *defaults, *peers, *authorities; /* merged maps */
	struct peer_source *sources;
	size_t peer_count;
};

/* --- Sections -------------------------------------------------------------------- */

static void out_of_memory(const struct loading *l)
{
	complain(l->errors, (struct place){ 0 }, NULL, "out of memory");
}

/* By name; among equals the one that was read first comes first. */
struct member {
	struct node *node;
	size_t order;
};

static int by_key(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = strcmp(x->node->key, y->node->key);

	if (order != 0)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Within one file that has been complained about already. */
static void refuse_twice(
	const struct loading *l, const struct node *first, struct node *again)
{
	char hint[HINT_SIZE];

	if (again->bad)
		return;
	complain(l->errors, again->key_at,
		hint_text(hint, "it stands at %s:%u",
			first->key_at.source->name, first->key_at.line),
		"'%s' is defined twice", again->key);
	again->bad = true;
}

static void find_twice(const struct loading *l, const struct node *map)
{
	struct member *members;
	size_t count = 0, first = 0;

	for (const struct node *n = map->first; n; n = n->next)
		count++;
	members = calloc(count + 1, sizeof(struct member));
	if (!members) {
		out_of_memory(l);
		return;
	}
	count = 0;
	for (struct node *n = map->first; n; n = n->next, count++)
		members[count] = (struct member){ n, count };
	qsort(members, count, sizeof(struct member), by_key);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(members[i].node->key, members[first].node->key) == 0)
			refuse_twice(l, members[first].node, members[i].node);
		else
			first = i;
	}
	free(members);
}

/* Take the members of a section into the map of all files. */
static void merge(const struct loading *l, struct node *map, struct node *from)
{
	if (!from || !schema_is_map(from, l->errors) || !from->first)
		return;
	if (map->last)
		map->last->next = from->first;
	else
		map->first = from->first;
	map->last = from->last;
	from->first = from->last = NULL;
}

/* --- Files -------------------------------------------------------------------------- */

static void read_file(struct loading *l, const char *name, struct place from,
	unsigned int depth);

static bool is_read_already(const struct loading *l, const struct stat *st)
{
	for (size_t i = 0; i < l->file_count; i++) {
		if (l->files[i]->dev == st->st_dev &&
			l->files[i]->ino == st->st_ino)
			return true;
	}
	return false;
}

static struct file *add_file(struct loading *l, const struct stat *st)
{
	struct file **files;
	struct file *file = calloc(1, sizeof(*file));

	/* Room for a power of two. */
	if (file && (l->file_count & (l->file_count + 1)) == 0) {
		files = realloc(l->files,
			(2 * l->file_count + 1) * sizeof(struct file *));
		if (!files) {
			free(file);
			file = NULL;
		} else {
			l->files = files;
		}
	}
	if (!file) {
		out_of_memory(l);
		return NULL;
	}
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	l->files[l->file_count++] = file;
	return file;
}

static size_t folder_len(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) + 1 : 0;
}

/* FOLDER of the file, not to be taken as a pattern, and what is in there. */
static bool join_pattern(
	const char *file, const char *pattern, char out[PATH_MAX])
{
	size_t len = pattern[0] == '/' ? 0 : folder_len(file);
	size_t used = 0;

	for (size_t i = 0; i < len && used + 2 < PATH_MAX; i++) {
		if (strchr("\\*?[]", file[i]))
			out[used++] = '\\';
		out[used++] = file[i];
	}
	if (used + strlen(pattern) + 2 >= PATH_MAX)
		return false;
	memcpy(out + used, pattern, strlen(pattern) + 1);
	return true;
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y); /* the order of the C locale */
}

/* A folder that is not there holds nothing; one that cannot be read may. */
static int stop_at(const char *folder, int why)
{
	(void)folder;
	return why != ENOENT && why != ENOTDIR;
}

/* The folders that glob() opens: those above something with a wildcard. */
static void saw_pattern(struct loading *l, const char *pattern)
{
	size_t len = strcspn(pattern, "*?[");
	glob_t found = { 0 };
	char folder[PATH_MAX];

	while (pattern[len] != '\0') {
		while (len > 0 && pattern[len - 1] != '/')
			len--;
		snprintf(folder, sizeof(folder), "%.*s", (int)len, pattern);
		if (glob(len ? folder : ".", GLOB_NOSORT | GLOB_ONLYDIR,
			    stop_at, &found) == 0) {
			for (size_t i = 0; i < found.gl_pathc; i++)
				saw_folder(l->errors, found.gl_pathv[i]);
		}
		globfree(&found);
		len += strcspn(pattern + len, "/");
		if (pattern[len] == '/')
			len += strcspn(pattern + len, "*?[");
	}
}

static void read_matching(struct loading *l, const char *pattern,
	struct place at, bool optional, unsigned int depth)
{
	glob_t found = { 0 };
	int result;

	saw_pattern(l, pattern);
	result = glob(pattern, GLOB_NOSORT, stop_at, &found);
	if (result == GLOB_ABORTED || result == GLOB_NOSPACE) {
		complain(l->errors, at, "may user ipsecd read the folder?",
			"'%s' cannot be looked through", pattern);
	} else if (result == GLOB_NOMATCH && !optional) {
		complain(l->errors, at,
			"a pattern such as sites/*.yaml may match nothing",
			"'%s': no such file", pattern);
	} else if (result == 0) {
		qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), by_name);
		for (size_t i = 0; i < found.gl_pathc; i++)
			read_file(l, found.gl_pathv[i], at, depth + 1);
	}
	globfree(&found);
}

static void read_includes(struct loading *l, const char *file,
	const struct node *include, unsigned int depth)
{
	const struct node *list = include;
	const struct node *n = list->kind == NODE_LIST ? list->first : list;
	char pattern[PATH_MAX];

	for (; n; n = list->kind == NODE_LIST ? n->next : NULL) {
		if (n->bad)
			continue;
		if (n->kind != NODE_WORD || !*n->text)
			complain(l->errors, n->at, "such as [sites/*.yaml]",
				"'include' is a list of files");
		else if (depth == MAX_INCLUDES)
			complain(l->errors, n->at,
				"name it in the first file instead",
				"included more than %d deep", MAX_INCLUDES);
		else if (!join_pattern(file, n->text, pattern))
			complain(
				l->errors, n->at, NULL, "the name is too long");
		else
			read_matching(l, pattern, n->at,
				strpbrk(n->text, "*?[") != NULL, depth);
	}
}

static void take_root(struct loading *l, const char *name, struct node *root,
	unsigned int depth)
{
	const struct node *include = node_get(root, "include");

	schema_check_keys(root, 1u << SCOPE_TOP, l->errors);
	merge(l, l->daemon, node_get(root, "daemon"));
	merge(l, l->defaults, node_get(root, "defaults"));
	merge(l, l->peers, node_get(root, "peers"));
	merge(l, l->authorities, node_get(root, "authorities"));
	if (include)
		read_includes(l, name, include, depth);
}

/* Once, though several patterns may name it. */
static void read_file(struct loading *l, const char *name, struct place from,
	unsigned int depth)
{
	struct stat st;
	struct node *root;
	struct file *file;

	saw_file(l->errors, name);
	if (stat(name, &st) < 0) {
		if (from.line == 0)
			complain(l->errors, from, NULL, "%s: %s",
				depth ? name : "cannot be read",
				strerror(errno));
		else
			complain(l->errors, from, NULL, "'%s': %s", name,
				strerror(errno));
		return;
	}
	if (is_read_already(l, &st))
		return;
	if (l->file_count == MAX_FILES || l->octets > MAX_OCTETS) {
		complain(l->errors, from, NULL, "more than %d files or %d MiB",
			MAX_FILES, MAX_OCTETS >> 20);
		return;
	}
	file = add_file(l, &st);
	if (!file || !source_read(name, &file->source, l->errors))
		return;
	l->octets += file->source.len;
	root = node_parse(&file->source, l->errors);
	if (root)
		take_root(l, name, root, depth);
	node_free(root);
}

/* Who has put it there thinks that it counts. */
static void warn_of_other_names(
	struct loading *l, const char *name, struct place at)
{
	glob_t found = { 0 };
	char pattern[PATH_MAX];

	if (join_pattern(name, "peers.d/*.yml", pattern) &&
		glob(pattern, 0, stop_at, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			complain_as(l->errors, CONFIG_WARNING, at,
				"only what ends in .yaml is",
				"'%s' is not read", found.gl_pathv[i]);
	}
	globfree(&found);
}

static void read_all_files(struct loading *l, const char *name)
{
	struct source main_file = { 0 };
	char pattern[PATH_MAX];
	union {
		const char *from;
		char *to;
	} shown = { name };

	main_file.name = shown.to;
	read_file(l, name, (struct place){ &main_file, 0, 0, 0 }, 0);
	if (l->file_count > 0 && join_pattern(name, "peers.d/*.yaml", pattern))
		read_matching(l, pattern,
			(struct place){ &l->files[0]->source, 0, 0, 0 }, true,
			0);
	if (l->file_count > 0)
		warn_of_other_names(l, name,
			(struct place){ &l->files[0]->source, 0, 0, 0 });
	find_twice(l, l->daemon);
	find_twice(l, l->defaults);
	find_twice(l, l->peers);
	find_twice(l, l->authorities);
}

/* --- Daemon ---------------------------------------------------------------------------- */

static void read_rows(const struct loading *l, enum schema_scope scope,
	const struct node *map, void *into)
{
	const struct schema_row *row;

	for (size_t i = 0; (row = schema_at(i)); i++) {
		const struct node *value = node_get(map, row->key);
		struct node standard;

		if (row->scope != scope || row->size == 0)
			continue;
		standard = node_word(row->standard, (struct place){ 0 });
		if (!value)
			value = &standard;
		if (!value->bad)
			schema_read(row, value, NULL, into, l->errors);
	}
}

/* The one that is written; by default they differ. */
static struct place port_place(const struct node *daemon)
{
	const struct node *n = node_get(daemon, "nat_port");

	if (!n)
		n = node_get(daemon, "port");
	return n ? n->at : (struct place){ 0 };
}

static void read_daemon(const struct loading *l, struct config_daemon *daemon)
{
	const struct node *control = node_get(l->daemon, "control");

	schema_check_keys(l->daemon, 1u << SCOPE_DAEMON, l->errors);
	read_rows(l, SCOPE_DAEMON, l->daemon, daemon);
	if (control && !schema_is_map(control, l->errors))
		control = NULL;
	schema_check_keys(control, 1u << SCOPE_CONTROL, l->errors);
	read_rows(l, SCOPE_CONTROL, control, daemon);
	if (daemon->port == daemon->nat_port)
		complain(l->errors, port_place(l->daemon),
			"such as 500 and 4500",
			"'port' and 'nat_port' are the same");
}

/* --- Peers ------------------------------------------------------------------------------ */

static bool read_peer(struct loading *l, const struct node *n)
{
	struct peer_source *source = &l->sources[l->peer_count];

	if (n->bad)
		return true;
	if (!is_name(n->key)) {
		complain(l->errors, n->key_at,
			"[A-Za-z0-9_.-], at most 63 characters",
			"'%s' is no name for a peer", n->key);
		return true;
	}
	if (!schema_is_map(n, l->errors))
		return true;
	if (!peer_read(n, l->defaults, &l->store, source, l->errors))
		return false;
	l->peer_count++;
	peer_check(source, l->errors);
	return true;
}

static bool read_peers(struct loading *l)
{
	size_t count = 0;

	for (const struct node *n = l->peers->first; n; n = n->next)
		count++;
	l->sources = calloc(count + 1, sizeof(*l->sources));
	if (!l->sources)
		return false;
	for (const struct node *n = l->peers->first; n; n = n->next) {
		if (!read_peer(l, n))
			return false;
	}
	peer_check_defaults(l->defaults, &l->store, l->errors);
	peers_check_apart(l->sources, l->peer_count, l->errors);
	return true;
}

/* --- Loading ----------------------------------------------------------------------------- */

static struct node *new_map(void)
{
	struct node *map = calloc(1, sizeof(*map));

	if (map)
		map->kind = NODE_MAP;
	return map;
}

/* The peers go over from the sources to the configuration. */
static struct config *finish(struct loading *l)
{
	struct config *config = calloc(1, sizeof(*config));
	struct ike_peer **peers = calloc(l->peer_count + 1, sizeof(*peers));

	if (config)
		config->texts =
			calloc(l->file_count + 1, sizeof(*config->texts));
	if (!config || !peers || !config->texts) {
		config_free(config);
		free(peers);
		return NULL;
	}
	config->peers.peer = peers;
	config->peers.count = l->peer_count;
	for (size_t i = 0; i < l->peer_count; i++)
		peers[i] = ike_peer_ref(l->sources[i].peer);
	return config;
}

static struct config *load(
	struct loading *l, const char *file, const char *root)
{
	struct config *config;

	l->daemon = new_map();
	l->defaults = new_map();
	l->peers = new_map();
	l->authorities = new_map();
	if (!l->daemon || !l->defaults || !l->peers || !l->authorities) {
		out_of_memory(l);
		return NULL;
	}
	if (!store_open(&l->store, file, root)) {
		complain(l->errors, (struct place){ 0 }, NULL,
			"the name of the file is too long");
		return NULL;
	}
	read_all_files(l, file);
	if (l->file_count > 0)
		l->store.file.source = &l->files[0]->source;
	store_authorities(&l->store, l->authorities);
	if (!read_peers(l) || !(config = finish(l))) {
		out_of_memory(l);
		return NULL;
	}
	read_daemon(l, &config->daemon);
	return config;
}

/* Files in the order they were read, each from its first line on. */
static size_t file_rank(const struct loading *l, const struct config_error *e)
{
	size_t i = 0;

	while (i < l->file_count && e->file &&
		strcmp(l->files[i]->source.name ? l->files[i]->source.name : "",
			e->file) != 0)
		i++;
	return i;
}

static bool stands_before(const struct loading *l, const struct config_error *a,
	const struct config_error *b)
{
	size_t x = file_rank(l, a), y = file_rank(l, b);

	if (x != y)
		return x < y;
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static void sort_errors(const struct loading *l, size_t from)
{
	struct config_error *list = l->errors->list;

	for (size_t i = from + 1; i < l->errors->count; i++) {
		struct config_error moved = list[i];
		size_t j = i;

		for (; j > from && stands_before(l, &moved, &list[j - 1]); j--)
			list[j] = list[j - 1];
		list[j] = moved;
	}
}

/* The texts go over, too, once no error is to be shown with its line. */
static void hand_over_texts(struct loading *l, struct config *config)
{
	for (size_t i = 0; i < l->file_count; i++) {
		struct source *source = &l->files[i]->source;

		config->texts[i] = (struct config_text){ source->name,
			source->text, source->len };
		*source = (struct source){ 0 };
	}
	config->text_count = l->file_count;
}

static void clear_loading(struct loading *l)
{
	for (size_t i = 0; i < l->peer_count; i++)
		ike_peer_unref(l->sources[i].peer);
	free(l->sources);
	node_free(l->daemon);
	node_free(l->defaults);
	node_free(l->peers);
	node_free(l->authorities);
	store_close(&l->store);
	for (size_t i = 0; i < l->file_count; i++) {
		source_clear(&l->files[i]->source);
		free(l->files[i]);
	}
	free(l->files);
}

struct config *config_load_at(const char *file, const char *root,
	int64_t unix_s, struct config_errors *errors)
{
	size_t before = errors->errors, kept = errors->count;
	struct loading l = { .errors = errors,
		.store = { .errors = errors, .unix_s = unix_s } };
	struct config *config = load(&l, file, root);

	sort_errors(&l, kept);
	if (config)
		hand_over_texts(&l, config);
	clear_loading(&l);
	if (config && errors->errors > before) {
		config_free(config);
		return NULL;
	}
	return config;
}

struct config *config_load(
	const char *file, const char *root, struct config_errors *errors)
{
	return config_load_at(file, root, (int64_t)time(NULL), errors);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	ike_peers_clear(&config->peers);
	config_forget_texts(config);
	free(config);
}

void config_forget_texts(struct config *config)
{
	for (size_t i = 0; i < config->text_count; i++) {
		struct config_text *text = &config->texts[i];

		if (text->text)
			sodium_memzero(text->text, text->len);
		free(text->text);
		free(text->name);
	}
	free(config->texts);
	config->texts = NULL;
	config->text_count = 0;
}

/* --- Comparing ----------------------------------------------------------------------------- */

static enum ike_change more(enum ike_change a, enum ike_change b)
{
	return a > b ? a : b;
}

/* The maximum over the rows of a scope whose values differ. */
static enum ike_change compare_rows(
	enum schema_scope scope, const void *a, const void *b)
{
	enum ike_change change = IKE_CHANGE_NOTHING;
	const struct schema_row *row;

	for (size_t i = 0; (row = schema_at(i)); i++) {
		if (row->scope == scope && row->size > 0 &&
			!schema_equal(row, a, b))
			change = more(change, row->on_change);
	}
	return change;
}

static const struct ike_child_policy *child_named(
	const struct ike_peer *peer, const char *name)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		if (strcmp(peer->children[i].name, name) == 0)
			return &peer->children[i];
	}
	return NULL;
}

static enum ike_change compare_peers(
	const struct ike_peer *a, const struct ike_peer *b)
{
	enum ike_change change = more(compare_rows(SCOPE_PEER, a, b),
		compare_rows(SCOPE_RETRANSMIT, a, b));

	if (a->child_count != b->child_count)
		change = more(change, IKE_CHANGE_CHILD);
	for (size_t i = 0; i < b->child_count; i++) {
		const struct ike_child_policy *child =
			child_named(a, b->children[i].name);

		change = more(change, child ? compare_rows(SCOPE_CHILD, child,
						      &b->children[i])
					    : IKE_CHANGE_CHILD);
	}
	return change;
}

static int by_peer_name(const void *a, const void *b)
{
	const struct ike_peer *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

bool config_compare(const struct config *running, struct config *new)
{
	const struct ike_peers *old = &running->peers;
	struct ike_peer **sorted = calloc(old->count + 1, sizeof(*sorted));
	enum ike_change *change = calloc(new->peers.count + 1, sizeof(*change));

	free(new->peers.change);
	new->peers.change = NULL;
	if (!sorted || !change) {
		free(sorted);
		free(change);
		return false;
	}
	for (size_t i = 0; i < old->count; i++)
		sorted[i] = old->peer[i];
	qsort(sorted, old->count, sizeof(*sorted), by_peer_name);
	for (size_t i = 0; i < new->peers.count; i++) {
		struct ike_peer **at = bsearch(&new->peers.peer[i], sorted,
			old->count, sizeof(*sorted), by_peer_name);

		change[i] = at ? compare_peers(*at, new->peers.peer[i])
			       : IKE_CHANGE_PEER;
	}
	free(sorted);
	new->peers.change = change;
	return true;
}

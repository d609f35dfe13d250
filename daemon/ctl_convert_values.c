/* ctl_convert_values.c - values of other daemons as we write them.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert.h"

#include "config/errors.h"
#include "config/values.h"
#include "ikev2/identity.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What follows the prefix, whose case does not count, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	const size_t len = strlen(prefix);

	return strncasecmp(text, prefix, len) == 0 ? text + len : NULL;
}

const char *convert_duration(struct convert *c, uint64_t seconds)
{
	static const struct {
		unsigned int seconds;
		char unit;
	} units[] = { { 3600, 'h' }, { 60, 'm' } };

	for (size_t i = 0; i < 2; i++) {
		if (seconds > 0 && seconds % units[i].seconds == 0)
			return convert_text(c, "%llu%c",
				(unsigned long long)seconds / units[i].seconds,
				units[i].unit);
	}
	return convert_text(c, "%llus", (unsigned long long)seconds);
}

/* --- Identities ----------------------------------------------------------- */

/* "/C=CH/O=Example/CN=vpn" */
static const char *id_of_slashes(struct convert *c, const char *theirs)
{
	char *out = convert_alloc(c, 2 * strlen(theirs) + 1), *to = out;

	for (const char *at = theirs + 1; *at; at++) {
		if (*at != '/') {
			*to++ = *at;
			continue;
		}
		*to++ = ',';
		*to++ = ' ';
	}
	return out;
}

/* Octets that are a text can be one here. */
static const char *id_of_hex(struct convert *c, const char *hex)
{
	uint8_t data[MAX_ID_LEN];
	size_t len = 0;
	const char *end;

	if (sodium_hex2bin(data, sizeof(data), hex, strlen(hex), ": ", &len,
		    &end) != 0 ||
		*end || len == 0)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (data[i] <= ' ' || data[i] >= 0x7f)
			return NULL;
	}
	return convert_text(c, "keyid:%.*s", (int)len, (const char *)data);
}

static const char *id_draft(struct convert *c, const char *theirs)
{
	static const struct {
		const char *theirs, *ours;
	} kinds[] = { { "fqdn:", "fqdn:" }, { "dns:", "fqdn:" },
		{ "email:", "email:" }, { "rfc822:", "email:" },
		{ "userfqdn:", "email:" }, { "ufqdn:", "email:" },
		{ "ipv4:", "ip:" }, { "ipv6:", "ip:" }, { "asn1dn:", "dn:" },
		{ "@@", "email:" } };
	const char *rest;

	if ((rest = after(theirs, "@#")) || (rest = after(theirs, "keyid:0x")))
		return id_of_hex(c, rest);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if ((rest = after(theirs, kinds[i].theirs)))
			return convert_text(c, "%s%s", kinds[i].ours, rest);
	}
	if (theirs[0] == '@' && theirs[1] == '[')
		return convert_text(c, "keyid:%.*s",
			(int)strcspn(theirs + 2, "]"), theirs + 2);
	if (theirs[0] == '@')
		return convert_text(c, "fqdn:%s", theirs + 1);
	if (theirs[0] == '/' && strchr(theirs, '='))
		return id_of_slashes(c, theirs);
	return convert_copy(c, theirs, strlen(theirs));
}

const char *convert_id(struct convert *c, const char *theirs)
{
	const char *draft, *rest;
	struct ike_id id, same;
	bool wildcard;

	if (strcmp(theirs, "*") == 0 || after(theirs, "%any"))
		return "";
	draft = id_draft(c, theirs);
	if (!draft || !identity_parse(draft, &id, &wildcard))
		return NULL;
	/* The kind in front only where the form does not say it. */
	rest = strchr(draft, ':');
	if (rest && id.type != ID_KEY_ID &&
		identity_parse(rest + 1, &same, NULL) &&
		identity_equal(&id, &same))
		return rest + 1;
	return draft;
}

/* --- Addresses ------------------------------------------------------------ */

static bool clear_host_bits(struct ike_addr *addr, uint64_t prefix)
{
	const size_t bits = 8 * ike_addr_len(addr->family);

	if (prefix > bits)
		return false;
	for (size_t bit = prefix; bit < bits; bit++)
		addr->octets[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return true;
}

/* ADDRESS/PREFIX; NULL if it is none. */
static const char *network(struct convert *c, const char *theirs)
{
	const char *slash = strchr(theirs, '/');
	char text[IKE_ADDR_SIZE];
	struct ike_addr addr;
	uint64_t prefix;

	if (!slash || slash - theirs >= IKE_ADDR_SIZE)
		return NULL;
	memcpy(text, theirs, (size_t)(slash - theirs));
	text[slash - theirs] = '\0';
	if (!identity_parse_addr(text, &addr) ||
		!value_number(slash + 1, &prefix) ||
		!clear_host_bits(&addr, prefix))
		return NULL;
	return convert_text(c, "%s%s", ike_addr_text(&addr, text), slash);
}

const char *convert_place(struct convert *c, const char *theirs)
{
	static const struct {
		const char *theirs, *ours;
	} words[] = { { "%any", "any" }, { "%any4", "0.0.0.0/0" },
		{ "%any6", "::/0" }, { "%defaultroute", "any" },
		{ "0.0.0.0", "any" }, { "::", "any" }, { "any", "any" },
		{ "0.0.0.0/0", "0.0.0.0/0" }, { "%opportunistic", NULL } };
	const char *net;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].theirs, theirs) == 0)
			return words[i].ours;
	}
	net = network(c, theirs);
	return net ? net : theirs;
}

/* --- Selectors ------------------------------------------------------------ */

/* "[tcp/80]", "[tcp/1000-1999]", "[17/%any]", "[/53]" behind the network, as
 * " tcp/80"; NULL if there is nothing that we have. */
static const char *service(struct convert *c, const char *theirs)
{
	size_t len = strcspn(theirs + 1, "]");
	char *text = convert_copy(c, theirs + 1, len);
	char *port = strchr(text, '/');

	if (theirs[1 + len] != ']' || theirs[2 + len])
		return NULL;
	if (port)
		*port++ = '\0';
	if (!port || strcmp(port, "%any") == 0 || strcmp(port, "0") == 0 ||
		strcmp(port, "any") == 0 || strcmp(port, "0-65535") == 0)
		port = NULL;
	if (!*text || strcmp(text, "%any") == 0 || strcmp(text, "any") == 0 ||
		strcmp(text, "0") == 0)
		return port ? NULL : "";
	if (!port)
		return convert_text(c, " %s", text);
	return convert_text(c, " %s/%s", text, port);
}

const char *convert_selector(struct convert *c, const char *theirs)
{
	size_t len = strcspn(theirs, "[");
	const char *net = convert_copy(c, theirs, len), *what = "", *cleared;

	if (theirs[len] && !(what = service(c, theirs + len)))
		return NULL;
	if (!*net || strcmp(net, "%dynamic") == 0)
		net = "dynamic";
	cleared = network(c, net);
	return convert_text(c, "%s%s", cleared ? cleared : net, what);
}

/* --- Marks ------------------------------------------------------------------ */

const char *convert_mark(struct convert *c, const char *theirs)
{
	unsigned long long value, mask = UINT32_MAX;
	char *end;

	if (*theirs < '0' || *theirs > '9')
		return NULL;
	errno = 0;
	value = strtoull(theirs, &end, 0);
	if (*end == '/' && end[1] >= '0' && end[1] <= '9')
		mask = strtoull(end + 1, &end, 0);
	if (errno != 0 || *end || value > UINT32_MAX || mask > UINT32_MAX)
		return NULL;
	/* Bits beyond the mask would never be met. */
	return mask == 0 ? ""
			 : convert_text(c, "0x%llx/0x%llx", value & mask, mask);
}

/* --- Secrets -------------------------------------------------------------- */

bool convert_octets(struct convert *c, const char *theirs, struct bytes *out)
{
	const bool hex = after(theirs, "0x"), base64 = after(theirs, "0s");
	const bool text = after(theirs, "0t");
	const char *from = hex || base64 || text ? theirs + 2 : theirs;
	uint8_t *data = convert_alloc(c, MAX_PSK_LEN);
	size_t len = strlen(from);
	const char *end = from + len;

	if (hex && sodium_hex2bin(data, MAX_PSK_LEN, from, strlen(from), "_ ",
			   &len, &end) != 0)
		return false;
	if (base64 &&
		sodium_base642bin(data, MAX_PSK_LEN, from, strlen(from), " \n",
			&len, &end, sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	if (len == 0 || len > MAX_PSK_LEN || *end)
		return false;
	if (!hex && !base64)
		memcpy(data, from, len);
	*out = bytes_of(data, len);
	return true;
}

/* --- One setting ---------------------------------------------------------- */

/* UTF-8 without control characters, as our YAML takes it. */
static bool is_text(const char *text)
{
	size_t left = strlen(text), len;
	uint32_t character;

	for (; left > 0; text += len, left -= len) {
		len = utf8_character(text, left, &character);
		if (len == 0 || character < ' ' ||
			(character >= 0x7f && character < 0xa0) ||
			character == 0x2028 || character == 0x2029 ||
			character == 0xfeff)
			return false;
	}
	return true;
}

/* Tabs are spaces. */
static const char *with_spaces(struct convert *c, const char *theirs)
{
	char *text = convert_copy(c, theirs, strlen(theirs));

	for (char *at = text; (at = strchr(at, '\t'));)
		*at = ' ';
	return text;
}

static bool fits(const char *key, const char *pattern)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return strncmp(key, pattern, len - 1) == 0;
	return strcmp(key, pattern) == 0;
}

void take_note(struct taking *t, const char *format, ...)
{
	struct map *map = t->child  ? &t->child->map
			  : t->peer ? &t->peer->map
				    : &t->c->top;
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	convert_note(t->c, map, t->setting->at, t->setting->key, "%s", text);
}

static void take_unknown(struct taking *t, const struct convert_row *rows,
	size_t count, const char *scope, const char *key)
{
	struct nearest nearest = nearest_to(key);
	char hint[HINT_SIZE];
	const char *text;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].scope, scope) == 0)
			nearest_try(&nearest, rows[i].key);
	}
	text = nearest_hint(&nearest, hint);
	take_note(t, "left out: unknown, in '%s'%s%s", scope, *text ? "; " : "",
		text);
}

void convert_take(struct taking *t, const struct convert_row *rows,
	size_t count, const char *scope, const struct setting *setting)
{
	const char *key = t->as ? t->as : setting->key;

	t->setting = setting;
	t->value = with_spaces(t->c, setting->value);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].scope, scope) != 0 ||
			!fits(key, rows[i].key))
			continue;
		t->row = &rows[i];
		if (is_text(t->value))
			t->row->take(t);
		else
			take_note(t, "left out: its value is no text (UTF-8 "
				     "without control characters)");
		return;
	}
	take_unknown(t, rows, count, scope, key);
}

void take_later(struct taking *t)
{
	(void)t;
}

void take_left(struct taking *t)
{
	take_note(t, "left out: %s", t->row->why);
}

/* What it is that keeps somebody out there must not be lost unseen. */
static void switch_off(struct taking *t)
{
	map_set(t->c, &t->peer->map, "enabled", "no")->remark =
		"see above: it would let more peers in";
}

void take_weaker(struct taking *t)
{
	take_left(t);
	switch_off(t);
}

/* "theirs=ours .."; *ours points into words, its length is given back. */
static const char *chosen(const char *words, const char *value, size_t *len)
{
	const size_t value_len = strlen(value);

	for (const char *at = words; *at; at += strspn(at, " ")) {
		const size_t theirs = strcspn(at, "=");
		const char *ours = at + theirs + 1;

		*len = strcspn(ours, " ");
		if ((theirs == value_len &&
			    strncasecmp(at, value, theirs) == 0) ||
			(theirs == 1 && *at == '*'))
			return ours;
		at = ours + *len;
	}
	return NULL;
}

void take_same(struct taking *t)
{
	size_t len;

	if (!chosen(t->row->words, t->value, &len))
		take_left(t);
}

void take_choice(struct taking *t)
{
	size_t len;
	const char *ours = chosen(t->row->words, t->value, &len);

	if (!ours)
		take_note(t, "left out: '%.64s' is unknown", t->value);
	else if (len > 0 && *ours == '!')
		take_left(t);
	else if (len > 0)
		take_word(t, t->row->ours, convert_copy(t->c, ours, len));
}

/* --- Into our keys -------------------------------------------------------- */

size_t take_split(
	struct taking *t, const char *set, const char *out[CONVERT_MAX_WORDS])
{
	const char *at = t->value;
	size_t count = 0;

	while (*(at += strspn(at, set))) {
		const size_t len = strcspn(at, set);
		size_t end = len;

		while (end > 0 && (at[end - 1] == ' ' || at[end - 1] == '\t'))
			end--;
		if (count == CONVERT_MAX_WORDS) {
			take_note(t,
				"only the first %d of its words are "
				"taken",
				CONVERT_MAX_WORDS);
			return count;
		}
		out[count++] = convert_copy(t->c, at, end);
		at += len;
		if (!strchr(set, ' '))
			at += strspn(at, " \t,");
	}
	return count;
}

/* Room for what any of our keys is kept in. */
union kept {
	struct ike_peer peer;
	struct ike_child_policy child;
	struct ike_side side;
	struct config_daemon daemon;
};

static const struct schema_row *row_of(enum schema_scope scope, const char *key)
{
	const struct schema_row *row = schema_find(scope, key);

	if (row && row->kind == KIND_SECTION && strcmp(key, "address") == 0)
		row = schema_find(SCOPE_PEER, "remote");
	if (row && row->kind == KIND_SECTION && strcmp(key, "id") == 0)
		row = schema_find(SCOPE_PEER, "remote_id");
	if (!row && scope == SCOPE_PEER)
		row = schema_find(SCOPE_CHILD, key);
	return row;
}

/* The first error of our own schema, or NULL. */
static const char *schema_error(struct taking *t, const struct schema_row *row,
	const struct entry *entry)
{
	static const struct place nowhere;
	struct node words[CONVERT_MAX_WORDS], list = { .kind = NODE_LIST };
	struct node weak = node_word("sha1", nowhere);
	struct config_errors errors = { 0 };
	union kept *kept = convert_alloc(t->c, sizeof(*kept));
	const char *text = NULL;

	for (size_t i = 0; i < entry->count; i++) {
		words[i] = node_word(entry->word[i], nowhere);
		words[i].next = i + 1 < entry->count ? &words[i + 1] : NULL;
	}
	list.first = words;
	if (entry->count == 0)
		text = "has no value";
	else if (!schema_read(row, entry->count == 1 ? &words[0] : &list, &weak,
			 kept, &errors))
		text = errors.count
			       ? convert_text(t->c, "%s", errors.list[0].text)
			       : "is nothing that we take";
	config_errors_clear(&errors);
	return text;
}

void take_checked(struct taking *t, const char *key)
{
	const struct entry *entry = map_get(t->map, key);
	const struct schema_row *row = row_of(t->scope, key);
	const char *error;

	if (!entry || !row)
		return;
	error = schema_error(t, row, entry);
	if (!error)
		return;
	take_note(t, "left out: %s", error);
	map_remove(t->map, key);
	if (t->peer && t->map == &t->peer->remote)
		switch_off(t);
}

void take_word(struct taking *t, const char *key, const char *word)
{
	if (word)
		map_set(t->c, t->map, key, word);
	take_checked(t, key);
}

void take_copy(struct taking *t)
{
	take_word(t, t->row->ours, t->value);
}

void take_time(struct taking *t)
{
	uint64_t ms;

	if (!value_duration(t->value, &ms)) {
		take_note(t, "left out: '%.32s' is no time", t->value);
		return;
	}
	take_word(t, t->row->ours,
		ms == 0 ? "never" : convert_duration(t->c, ms / 1000));
}

void take_places(struct taking *t)
{
	const char *words[CONVERT_MAX_WORDS];
	size_t count = take_split(t, ", \t", words);
	bool any = count == 0;

	map_remove(t->map, t->row->ours);
	for (size_t i = 0; i < count; i++) {
		const char *place = convert_place(t->c, words[i]);

		if (!place) {
			take_note(t, "left out: '%.64s' is no address here",
				words[i]);
			map_remove(t->map, t->row->ours);
			if (t->map == &t->peer->remote)
				switch_off(t);
			return;
		}
		any = any || strcmp(place, "any") == 0;
		map_add(t->c, t->map, t->row->ours, place);
	}
	take_word(t, t->row->ours, any ? "any" : NULL);
}

void take_id(struct taking *t)
{
	const char *id = convert_id(t->c, t->value);

	if (!id) {
		take_note(t,
			"left out: '%.128s' is no identity that we have; "
			"say who it is in 'id'",
			t->value);
		if (t->map == &t->peer->remote)
			switch_off(t);
		return;
	}
	map_remove(t->map, "id");
	if (*id)
		take_word(t, "id", id);
}

void take_selectors(struct taking *t)
{
	const char *words[CONVERT_MAX_WORDS];
	size_t count = take_split(t, ", \t", words);

	map_remove(t->map, t->row->ours);
	for (size_t i = 0; i < count; i++) {
		const char *selector = convert_selector(t->c, words[i]);

		if (selector)
			map_add(t->c, t->map, t->row->ours, selector);
		else
			take_note(t,
				"'%.64s' is left out: NET [PROTO[/PORT]] with "
				"protocol and ports by number is what we have",
				words[i]);
	}
	if (map_get(t->map, t->row->ours))
		take_checked(t, t->row->ours);
}

void take_file(struct taking *t)
{
	const char *words[CONVERT_MAX_WORDS];
	size_t count = take_split(t, ",", words);

	map_remove(t->map, t->row->ours);
	for (size_t i = 0; i < count; i++) {
		const char *slash = strrchr(words[i], '/');
		const char *name = slash ? slash + 1 : words[i];
		const struct schema_row *row = row_of(t->scope, t->row->ours);

		if (i > 0 && row && row->kind == KIND_FILE) {
			take_note(t, "'%.64s' is left out: there is one '%s'",
				words[i], t->row->ours);
			continue;
		}
		take_note(t, "copy '%.128s' to %s", words[i], t->row->why);
		map_add(t->c, t->map, t->row->ours, name);
	}
	take_checked(t, t->row->ours);
}

/* ctl_convert_ipsec.c - ipsec.conf and ipsec.secrets, of Libreswan and of strongSwan: read.
 * SPDX-License-Identifier: ISC
 *
 * What becomes of each key stands in ctl_convert_conn.c.
 */
#include "daemon/ctl_convert_conn.h"

#include <string.h>
#include <unistd.h>

/* --- Lines ---------------------------------------------------------------- */

static bool is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r';
}

static void skip_blanks(struct text *text)
{
	while (!convert_ended(text) && is_blank(convert_look(text)))
		convert_step(text);
}

/* To the begin of the next. */
static void skip_line(struct text *text)
{
	while (!convert_ended(text) && convert_look(text) != '\n')
		convert_step(text);
	if (!convert_ended(text))
		convert_step(text);
}

static bool at_line_end(const struct text *text)
{
	return convert_ended(text) || convert_look(text) == '\n' ||
	       convert_look(text) == '#';
}

static const char *take_word_of_line(struct convert *c, struct text *text)
{
	const char *from = text->at;

	while (!at_line_end(text) && !is_blank(convert_look(text)) &&
		convert_look(text) != '=')
		convert_step(text);
	return convert_copy(c, from, (size_t)(text->at - from));
}

/* In quotes, perhaps over several lines; the opening one is next. */
static const char *take_quoted(struct convert *c, struct text *text)
{
	const struct spot begin = text->spot;
	const char quote = convert_look(text), *from, *value;

	convert_step(text);
	from = text->at;
	while (!convert_ended(text) && convert_look(text) != quote)
		convert_step(text);
	if (convert_ended(text)) {
		convert_bad(c, begin, "a string without its end");
		return NULL;
	}
	value = convert_copy(c, from, (size_t)(text->at - from));
	convert_step(text);
	return value;
}

/* The rest of the line, without a comment (a blank and '#') and blanks. */
static const char *take_rest(struct convert *c, struct text *text)
{
	const char *from, *end;

	skip_blanks(text);
	if (convert_look(text) == '"')
		return take_quoted(c, text);
	from = end = text->at;
	while (!convert_ended(text) && convert_look(text) != '\n') {
		if (convert_look(text) == '#' &&
			(text->at == from || is_blank(text->at[-1])))
			break;
		convert_step(text);
		if (!is_blank(text->at[-1]))
			end = text->at;
	}
	return convert_copy(c, from, (size_t)(end - from));
}

/* --- ipsec.conf ------------------------------------------------------------ */

static bool read_conf(struct convert *c, const char *path,
	const struct spot *at, unsigned int depth);

static const char *lower(struct convert *c, const char *text)
{
	char *copy = convert_copy(c, text, strlen(text));

	for (char *letter = copy; *letter; letter++) {
		if (*letter >= 'A' && *letter <= 'Z')
			*letter = (char)(*letter - 'A' + 'a');
	}
	return copy;
}

/* "conn NAME", "config setup", "ca NAME": c->here is open from now on. */
static bool begin_section(
	struct convert *c, struct text *text, const char *kind, struct spot at)
{
	const char *name = take_rest(c, text);

	if (!name)
		return false;
	if (!*name)
		return convert_bad(c, text->spot,
			"a name is expected behind '%.16s'", kind);
	name = convert_text(c, "%s %s", kind, name);
	c->here = convert_find(c->root, name);
	if (!c->here)
		c->here = convert_section(c, c->root, name, at);
	return c->here != NULL;
}

/* At the begin of a line. */
static bool take_head(struct convert *c, struct text *text, unsigned int depth)
{
	const struct spot at = text->spot;
	const char *word = take_word_of_line(c, text), *value;

	if (strcmp(word, "conn") == 0 || strcmp(word, "config") == 0 ||
		strcmp(word, "ca") == 0)
		return begin_section(c, text, word, at);
	value = take_rest(c, text);
	if (!value)
		return false;
	if (strcmp(word, "include") == 0 && *value)
		return convert_include(c, value, at, depth, read_conf);
	if (strcmp(word, "version") == 0)
		return true;
	return convert_bad(c, at,
		"'conn NAME', 'config setup', 'ca NAME' or 'include FILE' is "
		"expected here");
}

/* "key=value", indented. */
static bool take_parameter(struct convert *c, struct text *text)
{
	const struct spot at = text->spot;
	const char *key = lower(c, take_word_of_line(c, text)), *value;
	bool several;

	skip_blanks(text);
	if (convert_look(text) != '=' || !*key)
		return convert_bad(
			c, text->spot, "'=' is expected behind '%.64s'", key);
	convert_step(text);
	value = take_rest(c, text);
	if (!value)
		return false;
	if (!c->here)
		return convert_bad(c, at, "'%.64s' is in no section", key);
	several = strcmp(key, "also") == 0 || strcmp(key, "alsoflip") == 0;
	return convert_setting(c, c->here, key, value, at, !several);
}

static bool read_conf(struct convert *c, const char *path,
	const struct spot *at, unsigned int depth)
{
	struct section *around = c->here;
	struct text text;
	bool ok = true;

	if (!convert_open(c, path, at, &text))
		return false;
	c->here = NULL;
	while (ok && !convert_ended(&text)) {
		const bool head = !is_blank(convert_look(&text));

		skip_blanks(&text);
		if (!at_line_end(&text))
			ok = head ? take_head(c, &text, depth)
				  : take_parameter(c, &text);
		skip_blanks(&text);
		if (ok && !at_line_end(&text))
			ok = convert_bad(c, text.spot,
				"the end of the line is expected here");
		skip_line(&text);
	}
	c->here = around;
	return ok;
}

/* --- ipsec.secrets ----------------------------------------------------------- */

/* Blanks, comments, and line ends that are followed by a blank: the entry goes
 * on.  False at its end. */
static bool goes_on(struct text *text)
{
	for (;;) {
		skip_blanks(text);
		if (convert_look(text) == '#') {
			while (!convert_ended(text) &&
				convert_look(text) != '\n')
				convert_step(text);
		}
		if (convert_ended(text))
			return false;
		if (convert_look(text) != '\n')
			return true;
		if (text->at + 1 >= text->end || !is_blank(text->at[1]))
			return false;
		convert_step(text);
	}
}

/* A selector, a kind, or a value; a colon by itself. */
static const char *take_token(
	struct convert *c, struct text *text, bool *quoted)
{
	const char *from = text->at;

	*quoted = convert_look(text) == '"' || convert_look(text) == '\'';
	if (*quoted)
		return take_quoted(c, text);
	/* "192.0.2.1: PSK" has a colon of its own, addresses have them inside. */
	while (!convert_ended(text) && !is_blank(convert_look(text)) &&
		convert_look(text) != '\n') {
		const bool colon = convert_look(text) == ':';
		const bool last = text->at + 1 >= text->end ||
				  is_blank(text->at[1]) || text->at[1] == '\n';

		if (colon && last && text->at > from)
			break;
		convert_step(text);
	}
	return convert_copy(c, from, (size_t)(text->at - from));
}

/* What is behind a kind that is none of ours. */
static bool skip_entry(struct convert *c, struct text *text)
{
	bool quoted;

	while (goes_on(text)) {
		if (!take_token(c, text, &quoted))
			return false;
	}
	return true;
}

static void take_psk(struct convert *c, struct new_secret *entry,
	const char *value, bool quoted)
{
	struct bytes raw = bytes_of(value, strlen(value));

	if (quoted && raw.len > 0 && raw.len <= MAX_PSK_LEN)
		entry->value = raw;
	else if (quoted || !convert_octets(c, value, &entry->value))
		convert_note(c, &c->top, entry->at, "PSK",
			"is no shared key: 1 to %d octets in quotes, or 0x.. "
			"0s..",
			MAX_PSK_LEN);
}

static void add_owner(
	struct convert *c, struct new_secret *entry, const char *word)
{
	const char *owner = convert_id(c, word);

	if (owner && entry->owners < CONVERT_MAX_WORDS)
		entry->owner[entry->owners++] = owner;
	else
		/* Not the word itself: it may be a key without its colon. */
		convert_note(c, &c->top, entry->at, "PSK",
			"one of its owners is no identity that we have");
}

static const char *why_not(const char *kind)
{
	static const struct {
		const char *kind, *why;
	} rows[] = {
		{ "RSA",
			"keys have no passphrase here: openssl pkey -in FILE -out secrets/NAME.key" },
		{ "ECDSA",
			"keys have no passphrase here: openssl pkey -in FILE -out secrets/NAME.key" },
		{ "PKCS8",
			"keys have no passphrase here: openssl pkey -in FILE -out secrets/NAME.key" },
		{ "BLISS", "BLISS is not built" },
		{ "P12",
			"take it apart: openssl pkcs12 -in FILE -nodes; keys go to secrets/, certificates to certs/" },
		{ "PIN",
			"keys on tokens are not built; a file in secrets/ is needed" },
		{ "XAUTH", "IKEv1 alone has it; nothing to do" },
		{ "EAP", "EAP is not supported yet by this version" },
		{ "NTLM", "EAP is not supported yet by this version" },
		{ "PPK",
			"postquantum shared keys (RFC 8784) are not supported yet by this version" },
		{ "PPKS",
			"postquantum shared keys (RFC 8784) are not supported yet by this version" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcasecmp(kind, rows[i].kind) == 0)
			return rows[i].why;
	}
	return "no secrets of that kind are known";
}

/* [SELECTOR ..] : KIND VALUE */
static bool take_entry(struct convert *c, struct text *text)
{
	struct new_secret *entry = convert_alloc(c, sizeof(*entry));
	const char *word, *kind;
	bool quoted;

	entry->at = text->spot;
	entry->key = "PSK";
	for (;;) {
		if (!goes_on(text))
			return convert_bad(c, text->spot,
				"a colon and 'PSK' are expected here");
		word = take_token(c, text, &quoted);
		if (!word)
			return false;
		if (!quoted && strcmp(word, ":") == 0)
			break;
		add_owner(c, entry, word);
	}
	kind = goes_on(text) ? take_token(c, text, &quoted) : NULL;
	if (!kind)
		return convert_bad(c, text->spot, "'PSK' is expected here");
	if (strcasecmp(kind, "PSK") != 0) {
		convert_note(c, &c->top, entry->at, kind, "left out: %s",
			why_not(kind));
		return skip_entry(c, text);
	}
	word = goes_on(text) ? take_token(c, text, &quoted) : NULL;
	if (!word)
		return convert_bad(c, text->spot,
			"the shared key is expected here, in quotes");
	take_psk(c, entry, word, quoted);
	convert_join(c, entry);
	if (goes_on(text))
		return convert_bad(
			c, text->spot, "the end of the entry is expected here");
	return true;
}

static bool read_secrets(struct convert *c, const char *path,
	const struct spot *at, unsigned int depth)
{
	struct text text;
	bool ok = true;

	if (!convert_open(c, path, at, &text))
		return false;
	while (ok && !convert_ended(&text)) {
		const struct spot here = text.spot;

		if (goes_on(&text)) {
			if (text.end - text.at > 8 &&
				strncmp(text.at, "include", 7) == 0 &&
				is_blank(text.at[7])) {
				const char *pattern;

				take_word_of_line(c, &text);
				pattern = take_rest(c, &text);
				ok = pattern &&
				     convert_include(c, pattern, here, depth,
					     read_secrets);
			} else {
				ok = take_entry(c, &text);
			}
		}
		skip_line(&text);
	}
	return ok;
}

/* --- All of it ---------------------------------------------------------------- */

bool convert_ipsec(struct convert *c)
{
	const char *slash = strrchr(c->file, '/');
	const char *secrets = convert_text(c, "%.*sipsec.secrets",
		slash ? (int)(slash - c->file + 1) : 0, c->file);
	const struct spot here = { c->file, 1, 1 };

	c->root = convert_section(c, NULL, "", here);
	if (!read_conf(c, c->file, NULL, 0))
		return false;
	if (access(secrets, F_OK) == 0 && !read_secrets(c, secrets, NULL, 0))
		return false;
	return convert_conns(c);
}

/* ctl_convert_iked.c - iked.conf of OpenIKED: read, and taken over.
 * SPDX-License-Identifier: ISC
 *
 * Each `ikev2` line becomes a section, each of its keywords a setting.
 */
#include "daemon/ctl_convert.h"

#include "config/values.h"
#include "ikev2/identity.h"

#include <string.h>

/* --- Words ---------------------------------------------------------------- */

/* A word, a quoted string, or one of {}(),= */
struct token {
	const char *text;
	bool quoted;
	struct spot at;
};

static bool is_sign(char octet)
{
	return octet && strchr("{}(),=", octet);
}

static bool is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r';
}

/* Blanks, comments, and a backslash at the end of a line, which goes on. */
static void skip(struct text *text)
{
	while (!convert_ended(text)) {
		const bool goes_on = convert_look(text) == '\\' &&
				     text->at + 1 < text->end &&
				     text->at[1] == '\n';

		if (convert_look(text) == '#') {
			while (!convert_ended(text) &&
				convert_look(text) != '\n')
				convert_step(text);
			return;
		}
		if (!goes_on && !is_blank(convert_look(text)))
			return;
		convert_step(text);
		if (goes_on)
			convert_step(text);
	}
}

/* A backslash takes the next quote for a letter, and the line end away. */
static bool take_string(
	struct convert *c, struct text *text, struct token *token)
{
	char *to = convert_alloc(c, (size_t)(text->end - text->at));

	token->text = to;
	token->quoted = true;
	for (convert_step(text); !convert_ended(text); convert_step(text)) {
		if (convert_look(text) == '"') {
			convert_step(text);
			return true;
		}
		if (convert_look(text) == '\n')
			break;
		if (convert_look(text) == '\\' && text->at + 1 < text->end &&
			strchr("\"\n", text->at[1]))
			convert_step(text);
		if (convert_look(text) != '\n')
			*to++ = convert_look(text);
	}
	return convert_bad(c, token->at, "a string without its end");
}

static bool take_token(
	struct convert *c, struct text *text, struct token *token)
{
	const char *from = text->at;

	*token = (struct token){ .at = text->spot };
	if (convert_look(text) == '"')
		return take_string(c, text, token);
	if (is_sign(convert_look(text))) {
		convert_step(text);
	} else {
		while (!convert_ended(text) && convert_look(text) != '\n' &&
			convert_look(text) != '"' &&
			!is_blank(convert_look(text)) &&
			!is_sign(convert_look(text)))
			convert_step(text);
	}
	token->text = convert_copy(c, from, (size_t)(text->at - from));
	return true;
}

/* --- Statements ------------------------------------------------------------- */

enum { MAX_TOKENS = 512 };

struct statement {
	struct token token[MAX_TOKENS];
	size_t count, next;
	struct spot end;
};

static bool is_at(const struct statement *s, const char *word)
{
	return s->next < s->count && !s->token[s->next].quoted &&
	       strcmp(s->token[s->next].text, word) == 0;
}

static struct spot spot_of(const struct statement *s)
{
	return s->next < s->count ? s->token[s->next].at : s->end;
}

/* Any word, which must be there. */
static const char *take(
	struct convert *c, struct statement *s, const char *what)
{
	if (s->next < s->count && (s->token[s->next].quoted ||
					  !is_sign(s->token[s->next].text[0])))
		return s->token[s->next++].text;
	convert_bad(c, spot_of(s), "%s is expected here", what);
	return NULL;
}

/* $NAME is what NAME = "VALUE" says; macros are in a section of their own. */
static bool expand(struct convert *c, struct token *token)
{
	const struct section *macros = convert_find(c->root, "macros");
	const char *value;

	if (token->quoted || token->text[0] != '$')
		return true;
	value = convert_value(macros, token->text + 1);
	if (!value)
		return convert_bad(
			c, token->at, "there is no macro of that name");
	token->text = value;
	return true;
}

/* A value of a macro may be several words. */
static bool add_words(
	struct convert *c, struct statement *s, const struct token *token)
{
	struct text text = { token->text, token->text + strlen(token->text),
		token->at, token->text };
	struct token part;

	for (skip(&text); !convert_ended(&text); skip(&text)) {
		if (convert_look(&text) == '\n') {
			convert_step(&text);
			continue;
		}
		if (s->count == MAX_TOKENS)
			return convert_bad(
				c, token->at, "more than %d words", MAX_TOKENS);
		if (!take_token(c, &text, &part))
			return false;
		part.at = token->at;
		s->token[s->count++] = part;
	}
	return true;
}

static bool take_statement(
	struct convert *c, struct text *text, struct statement *s)
{
	s->count = s->next = 0;
	for (skip(text); !convert_ended(text) && convert_look(text) != '\n';
		skip(text)) {
		struct token token;

		if (s->count == MAX_TOKENS)
			return convert_bad(c, text->spot, "more than %d words",
				MAX_TOKENS);
		if (!take_token(c, text, &token))
			return false;
		if (!token.quoted && token.text[0] == '$') {
			if (!expand(c, &token) || !add_words(c, s, &token))
				return false;
			continue;
		}
		s->token[s->count++] = token;
	}
	s->end = text->spot;
	if (!convert_ended(text))
		convert_step(text);
	return true;
}

/* --- The parts of an ikev2 line ----------------------------------------------- */

static const char *const flags[] = { "quick", "skip", "default", "passive",
	"active", "ipcomp", "tunnel", "transport", "natt", "esp", "ah", "inet",
	"inet6", "rfc7427", "ecdsa256", "ecdsa384", "ecdsa521", "rsa" };
static const char *const values[] = { "rdomain", "peer", "local", "srcid",
	"dstid", "ikelifetime", "iface", "tag", "tap", "eap" };
static const char *const parts[] = { "auth", "enc", "prf", "group" };

#define IS_ONE_OF(WORD, LIST)                                                  \
	is_one_of(WORD, LIST, sizeof(LIST) / sizeof((LIST)[0]))

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, list[i]) == 0)
			return true;
	}
	return false;
}

static bool put(struct convert *c, struct section *policy, const char *key,
	const char *value, struct spot at)
{
	return value && convert_setting(c, policy, key, value, at, false);
}

/* HOST [port PORT] [(NAT)] */
static bool take_host(struct convert *c, struct statement *s,
	struct section *policy, const char *key, struct spot at)
{
	const char *host = take(c, s, "an address or a network");

	if (host && is_at(s, "port")) {
		const char *port;

		s->next++;
		port = take(c, s, "a port");
		host = port ? convert_text(c, "%s port %s", host, port) : NULL;
	}
	if (!put(c, policy, key, host, at))
		return false;
	if (!is_at(s, "("))
		return true;
	s->next++;
	if (!put(c, policy, "srcnat", take(c, s, "an address"), at))
		return false;
	if (!is_at(s, ")"))
		return convert_bad(c, spot_of(s), "')' is expected here");
	s->next++;
	return true;
}

/* proto tcp, proto { tcp, udp } */
static bool take_proto(struct convert *c, struct statement *s,
	struct section *policy, struct spot at)
{
	if (!is_at(s, "{"))
		return put(c, policy, "proto", take(c, s, "a protocol"), at);
	for (s->next++; !is_at(s, "}");) {
		if (is_at(s, ","))
			s->next++;
		else if (!put(c, policy, "proto", take(c, s, "a protocol"), at))
			return false;
	}
	s->next++;
	return true;
}

/* ikesa enc aes-256 auth hmac-sha2-256 ..: "enc aes-256,auth .." */
static bool take_sa(struct convert *c, struct statement *s,
	struct section *policy, const char *key, struct spot at)
{
	const char *value = "";

	while (s->next < s->count) {
		const char *word = s->token[s->next].text, *name = "";

		if (is_one_of(word, parts, 4)) {
			s->next++;
			name = take(c, s, "an algorithm");
			if (!name)
				return false;
		} else if (is_at(s, "esn") || is_at(s, "noesn")) {
			s->next++;
		} else {
			break;
		}
		value = convert_text(
			c, "%s%s%s %s", value, *value ? "," : "", word, name);
	}
	return put(c, policy, key, value, at);
}

static bool take_lifetime(struct convert *c, struct statement *s,
	struct section *policy, struct spot at)
{
	if (!put(c, policy, "lifetime", take(c, s, "a time"), at))
		return false;
	if (!is_at(s, "bytes"))
		return true;
	s->next++;
	return put(c, policy, "bytes", take(c, s, "a number"), at);
}

/* config address 10.0.0.1, request address any */
static bool take_pair(struct convert *c, struct statement *s,
	struct section *policy, const char *key, struct spot at)
{
	const char *option = take(c, s, "an option");

	return option && take(c, s, "an address") &&
	       put(c, policy, key, option, at);
}

/* psk STRING, psk file STRING */
static bool take_psk(struct convert *c, struct statement *s,
	struct section *policy, struct spot at)
{
	const char *key = "psk";

	if (is_at(s, "file")) {
		s->next++;
		key = "psk file";
	}
	return put(c, policy, key, take(c, s, "the shared key"), at);
}

static bool take_part(
	struct convert *c, struct statement *s, struct section *policy)
{
	const struct token *token = &s->token[s->next];
	const char *word = token->text;

	s->next++;
	if (token->quoted)
		return convert_bad(
			c, token->at, "a keyword is expected here, no string");
	if (strcmp(word, ",") == 0)
		return true;
	if (IS_ONE_OF(word, flags))
		return put(c, policy, word, "yes", token->at);
	if (IS_ONE_OF(word, values))
		return put(c, policy, word, take(c, s, "a value"), token->at);
	if (strcmp(word, "from") == 0 || strcmp(word, "to") == 0)
		return take_host(c, s, policy, word, token->at);
	if (strcmp(word, "proto") == 0)
		return take_proto(c, s, policy, token->at);
	if (strcmp(word, "ikesa") == 0 || strcmp(word, "childsa") == 0)
		return take_sa(c, s, policy, word, token->at);
	if (strcmp(word, "lifetime") == 0)
		return take_lifetime(c, s, policy, token->at);
	if (strcmp(word, "config") == 0 || strcmp(word, "request") == 0)
		return take_pair(c, s, policy, word, token->at);
	if (strcmp(word, "psk") == 0)
		return take_psk(c, s, policy, token->at);
	/* Not the word itself: it may be a part of a shared key. */
	return convert_bad(
		c, token->at, "a keyword of a policy is expected here");
}

static bool is_keyword(const char *word)
{
	static const char *const others[] = { "from", "to", "proto", "ikesa",
		"childsa", "lifetime", "config", "request", "psk" };

	return IS_ONE_OF(word, flags) || IS_ONE_OF(word, values) ||
	       IS_ONE_OF(word, others);
}

/* ikev2 ["NAME"] .. */
static bool take_policy(struct convert *c, struct statement *s)
{
	const struct spot at = s->token[0].at;
	struct section *policy;
	const char *name = "";

	s->next = 1;
	if (s->next < s->count &&
		(s->token[1].quoted || (!is_keyword(s->token[1].text) &&
					       !is_sign(s->token[1].text[0]))))
		name = s->token[s->next++].text;
	policy = convert_section(
		c, c->root, convert_text(c, "ikev2 %s", name), at);
	if (!policy)
		return false;
	while (s->next < s->count) {
		if (!take_part(c, s, policy))
			return false;
	}
	return true;
}

/* --- Files ------------------------------------------------------------------------ */

static bool read_file(struct convert *c, const char *path,
	const struct spot *at, unsigned int depth);

static bool is_macro(const struct statement *s)
{
	return s->count > 2 && !s->token[0].quoted && !s->token[1].quoted &&
	       strcmp(s->token[1].text, "=") == 0;
}

static bool take_macro(struct convert *c, struct statement *s)
{
	struct section *macros = convert_find(c->root, "macros");
	const char *value = s->token[2].text;

	for (size_t i = 3; i < s->count; i++)
		value = convert_text(c, "%s %s", value, s->token[i].text);
	return convert_setting(
		c, macros, s->token[0].text, value, s->token[0].at, true);
}

/* set active, set dpd_check_interval 60 .. */
static bool take_set(struct convert *c, struct statement *s)
{
	struct section *set = convert_find(c->root, "set");
	const char *value = "yes", *key;

	s->next = 1;
	key = take(c, s, "what to set");
	if (key && s->next < s->count)
		value = take(c, s, "a value");
	return key && value &&
	       convert_setting(c, set, key, value, s->token[1].at, true);
}

static bool take_line(
	struct convert *c, struct statement *s, unsigned int depth)
{
	const struct token *first = &s->token[0];

	if (s->count == 0)
		return true;
	if (is_macro(s))
		return take_macro(c, s);
	if (strcmp(first->text, "ikev2") == 0)
		return take_policy(c, s);
	if (strcmp(first->text, "set") == 0)
		return take_set(c, s);
	if (strcmp(first->text, "include") == 0 && s->count == 2)
		return convert_include(
			c, s->token[1].text, first->at, depth, read_file);
	if (strcmp(first->text, "user") == 0 ||
		strcmp(first->text, "radius") == 0) {
		convert_note(c, &c->top, first->at, first->text,
			"left out: EAP is not supported yet by this version");
		return true;
	}
	return convert_bad(c, first->at,
		"'ikev2', 'set', 'user', 'include', or NAME = VALUE is "
		"expected here");
}

static bool read_file(struct convert *c, const char *path,
	const struct spot *at, unsigned int depth)
{
	struct statement *s = convert_alloc(c, sizeof(*s));
	struct text text;

	if (!convert_open(c, path, at, &text))
		return false;
	while (!convert_ended(&text)) {
		if (!take_statement(c, &text, s) || !take_line(c, s, depth))
			return false;
	}
	return true;
}

/* --- Rows: theirs, ours ---------------------------------------------------------------- */

#define GROUPS "x25519-ecp256-ecp384-modp3072-modp2048-modp4096"

struct policy {
	const struct section *section, *set;
	bool psk;
};

static void take_auth(struct taking *t);
static void take_address(struct taking *t);
static void take_host_id(struct taking *t);
static void take_refused(struct taking *t);
static void take_sas(struct taking *t);
static void take_life(struct taking *t);
static void take_bytes(struct taking *t);
static void take_key(struct taking *t);
static void take_force(struct taking *t);

/* clang-format off */
static const struct convert_row rows[] = {
	{ "ikev2", "from", take_later, NULL, NULL, NULL },
	{ "ikev2", "to", take_later, NULL, NULL, NULL },
	{ "ikev2", "proto", take_later, NULL, NULL, NULL },
	{ "ikev2", "active", take_later, NULL, NULL, NULL },
	{ "ikev2", "passive", take_later, NULL, NULL, NULL },
	{ "ikev2", "esp", take_later, NULL, NULL, NULL },
	{ "ikev2", "tunnel", take_later, NULL, NULL, NULL },
	{ "ikev2", "transport", take_later, NULL, NULL, NULL },
	{ "ikev2", "inet", take_later, NULL, NULL, NULL },
	{ "ikev2", "inet6", take_later, NULL, NULL, NULL },
	{ "ikev2", "natt", take_force, NULL, NULL, NULL },
	{ "ikev2", "peer", take_address, "address", NULL, NULL },
	{ "ikev2", "local", take_address, "address", NULL, NULL },
	{ "ikev2", "srcid", take_host_id, NULL, NULL, NULL },
	{ "ikev2", "dstid", take_host_id, NULL, NULL, NULL },
	{ "ikev2", "ikesa", take_sas, "ike", NULL, NULL },
	{ "ikev2", "childsa", take_sas, "esp", NULL, NULL },
	{ "ikev2", "ikelifetime", take_life, "rekey_time", NULL, NULL },
	{ "ikev2", "lifetime", take_life, "rekey_time", NULL, NULL },
	{ "ikev2", "bytes", take_bytes, "rekey_bytes", NULL, NULL },
	{ "ikev2", "psk", take_key, NULL, NULL, NULL },
	{ "ikev2", "psk file", take_key, NULL, NULL, NULL },
	{ "ikev2", "rfc7427", take_later, NULL, NULL, NULL },
	{ "ikev2", "ecdsa256", take_auth, NULL, NULL, NULL },
	{ "ikev2", "ecdsa384", take_auth, NULL, NULL, NULL },
	{ "ikev2", "ecdsa521", take_auth, NULL, NULL, NULL },
	{ "ikev2", "rsa", take_auth, NULL, NULL, NULL },
	{ "ikev2", "eap", take_refused, NULL, NULL, "EAP is " NOT_YET },
	{ "ikev2", "ah", take_refused, NULL, NULL, "AH is not built; ESP does what it does" },
	{ "ikev2", "quick", take_left, NULL, NULL, "the peer whose 'remote' is most exact counts here, not the last in the file" },
	{ "ikev2", "skip", take_left, NULL, NULL, "the peer whose 'remote' is most exact counts here, not the last in the file" },
	{ "ikev2", "default", take_left, NULL, NULL, "the peer whose 'remote' is most exact counts here; 'any' comes last" },
	{ "ikev2", "ipcomp", take_left, NULL, NULL, "IPComp is not built; the tunnel works without it" },
	{ "ikev2", "rdomain", take_left, NULL, NULL, "Linux has no routing domains; 'if_id' leads to an XFRM interface, which may be in a VRF" },
	{ "ikev2", "iface", take_left, NULL, NULL, "addresses are yours to set; 'if_id' leads to an XFRM interface" },
	{ "ikev2", "srcnat", take_left, NULL, NULL, "the NAT in front of the tunnel is a rule of nftables" },
	{ "ikev2", "tag", take_left, NULL, NULL, "packets are not tagged; nftables knows those of IPsec by 'meta secpath'" },
	{ "ikev2", "tap", take_left, NULL, NULL, "'if_id' leads to an XFRM interface, on which one can listen" },
	{ "ikev2", "config", take_left, NULL, NULL, "pools of addresses are " NOT_YET },
	{ "ikev2", "request", take_left, NULL, NULL, "virtual addresses are " NOT_YET },

	{ "set", "active", take_later, NULL, NULL, NULL },
	{ "set", "passive", take_later, NULL, NULL, NULL },
	{ "set", "couple", take_later, NULL, NULL, NULL },
	{ "set", "mobike", take_later, NULL, NULL, NULL },
	{ "set", "nomobike", take_later, NULL, NULL, NULL },
	{ "set", "fragmentation", take_later, NULL, NULL, NULL },
	{ "set", "nofragmentation", take_later, NULL, NULL, NULL },
	{ "set", "enforcesingleikesa", take_later, NULL, NULL, NULL },
	{ "set", "noenforcesingleikesa", take_later, NULL, NULL, NULL },
	{ "set", "dpd_check_interval", take_later, NULL, NULL, NULL },
	{ "set", "decouple", take_left, NULL, NULL, "ipsecd --kernel none installs nothing" },
	{ "set", "vendorid", take_left, NULL, NULL, "no vendor ID is sent; nothing to do" },
	{ "set", "novendorid", take_later, NULL, NULL, NULL },
	{ "set", "stickyaddress", take_left, NULL, NULL, "pools of addresses are " NOT_YET },
	{ "set", "nostickyaddress", take_left, NULL, NULL, "pools of addresses are " NOT_YET },
	{ "set", "ocsp", take_left, NULL, NULL, "'revocation' and 'authorities' say who is asked" },
	{ "set", "cert_partial_chain", take_left, NULL, NULL, "all certificates in ca/ are trusted as they are; put the one there that is meant" },
};
/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void take_refused(struct taking *t)
{
	take_note(t, "the whole peer is left out: %s", t->row->why);
	t->peer->left_out = true;
}

static void take_auth(struct taking *t)
{
	take_note(t, "any key of a certificate is taken; what kind it is is "
		     "the certificate's choice");
}

static void take_force(struct taking *t)
{
	map_set(t->c, t->map, "encap", "force");
}

static void take_side(struct taking *t)
{
	const char *key = t->setting->key;

	t->map = strcmp(key, "local") == 0 || strcmp(key, "srcid") == 0
			 ? &t->peer->local
			 : &t->peer->remote;
	t->scope = SCOPE_SIDE;
}

static void take_address(struct taking *t)
{
	take_side(t);
	take_places(t);
}

static void take_host_id(struct taking *t)
{
	take_side(t);
	take_id(t);
}

static void take_life(struct taking *t)
{
	if (strcmp(t->setting->key, "lifetime") == 0) {
		t->map = &t->child->map;
		t->scope = SCOPE_CHILD;
	}
	take_time(t);
}

/* 4G */
static void take_bytes(struct taking *t)
{
	const char *unit = t->value + strspn(t->value, "0123456789");
	const char *size = t->value;

	if (*unit && !unit[1] && strchr("kKmMgG", *unit))
		size = convert_text(t->c, "%.*s%ciB", (int)(unit - t->value),
			t->value, *unit >= 'a' ? *unit - 'a' + 'A' : *unit);
	t->map = &t->child->map;
	t->scope = SCOPE_CHILD;
	take_word(t, "rekey_bytes", strcmp(size, "0") == 0 ? "auto" : size);
}

static void take_key(struct taking *t)
{
	struct policy *policy = t->state;
	struct new_secret *entry;

	policy->psk = true;
	if (strcmp(t->setting->key, "psk file") == 0) {
		take_note(t, "copy '%.128s' to secrets/%s.psk, mode 0600",
			t->value, t->peer->name);
		return;
	}
	entry = convert_secret(t->c, "psk", t->setting->at);
	entry->bound = true;
	if (convert_octets(t->c, t->setting->value, &entry->value))
		t->peer->secret = entry;
	else
		take_note(t, "is no shared key: 1 to %d octets, or 0x..",
			MAX_PSK_LEN);
}

/* --- Proposals ------------------------------------------------------------------------- */

/* "aes-256-gcm" behind enc, "hmac-sha2-256" behind auth and prf. */
static const char *our_name(
	struct taking *t, const char *part, const char *theirs)
{
	static const struct {
		const char *part, *theirs, *ours;
	} names[] = {
		{ "enc", "aes-128", "aes128" },
		{ "enc", "aes-192", "aes192" },
		{ "enc", "aes-256", "aes256" },
		{ "enc", "aes-128-gcm", "aes128gcm16" },
		{ "enc", "aes-192-gcm", "aes192gcm16" },
		{ "enc", "aes-256-gcm", "aes256gcm16" },
		{ "enc", "chacha20-poly1305", "chacha20poly1305" },
		{ "auth", "hmac-sha1", "sha1" },
		{ "auth", "hmac-sha2-256", "sha256" },
		{ "auth", "hmac-sha2-384", "sha384" },
		{ "auth", "hmac-sha2-512", "sha512" },
		{ "prf", "hmac-sha1", "prfsha1" },
		{ "prf", "hmac-sha2-256", "prfsha256" },
		{ "prf", "hmac-sha2-384", "prfsha384" },
		{ "prf", "hmac-sha2-512", "prfsha512" },
		{ "group", "grp14", "modp2048" },
		{ "group", "grp15", "modp3072" },
		{ "group", "grp16", "modp4096" },
		{ "group", "grp17", "modp6144" },
		{ "group", "grp18", "modp8192" },
		{ "group", "grp19", "ecp256" },
		{ "group", "grp20", "ecp384" },
		{ "group", "grp21", "ecp521" },
		{ "group", "grp31", "x25519" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].part, part) == 0 &&
			strcmp(names[i].theirs, theirs) == 0)
			return names[i].ours;
	}
	return *theirs ? theirs : convert_copy(t->c, part, strlen(part));
}

static void add_all(
	struct taking *t, struct new_proposal *proposal, const char *names)
{
	while (*names) {
		const size_t len = strcspn(names, "-");

		new_proposal_add(t, proposal, convert_copy(t->c, names, len));
		names += len;
		names += *names == '-';
	}
}

/* What is not said is of theirs by default, but for what is weak. */
static void add_missing(
	struct taking *t, struct new_proposal *proposal, const bool said[4])
{
	const bool ike = proposal->protocol == PROTOCOL_IKE;

	if (!said[1])
		add_all(t, proposal, "aes256-aes192-aes128");
	if (!said[0] && new_proposal_has_cipher(proposal, false))
		add_all(t, proposal, "sha256-sha384-sha512");
	if (ike && !said[2])
		add_all(t, proposal, "prfsha256-prfsha384-prfsha512");
	if (ike && !said[3])
		add_all(t, proposal, GROUPS);
}

static void take_sas(struct taking *t)
{
	const bool ike = strcmp(t->row->ours, "ike") == 0;
	struct new_proposal proposal = {
		.protocol = ike ? PROTOCOL_IKE : PROTOCOL_ESP,
	};
	const char *words[CONVERT_MAX_WORDS];
	bool said[4] = { false };
	size_t count = take_split(t, ",", words);

	if (!ike) {
		t->map = &t->child->map;
		t->scope = SCOPE_CHILD;
	}
	for (size_t i = 0; i < count; i++) {
		const size_t len = strcspn(words[i], " ");
		const char *part = convert_copy(t->c, words[i], len);
		const char *name = words[i] + len + (words[i][len] == ' ');

		for (size_t k = 0; k < 4; k++)
			said[k] = said[k] || strcmp(part, parts[k]) == 0;
		new_proposal_add(t, &proposal, our_name(t, part, name));
	}
	add_missing(t, &proposal, said);
	new_proposal_end(t, &proposal, t->value);
	take_checked(t, t->row->ours);
}

/* --- Flows ------------------------------------------------------------------------------ */

/* "HOST port PORT" with one protocol, or NULL: none. */
static void put_flow(struct taking *t, const char *ours, const char *proto)
{
	const char *port = strstr(t->value, " port ");
	const size_t len = port ? (size_t)(port - t->value) : strlen(t->value);
	const char *net = convert_copy(t->c, t->value, len);
	const char *nets[] = { net, NULL };
	const char *what = "";

	if (strcmp(net, "any") == 0) {
		nets[0] = "0.0.0.0/0";
		nets[1] = "::/0";
	}
	if (proto)
		what = convert_text(t->c, "[%s%s%s]", proto, port ? "/" : "",
			port ? port + strlen(" port ") : "");
	else if (port)
		take_note(t, "the port is left out: without 'proto' it has no "
			     "meaning");
	for (size_t i = 0; i < 2 && nets[i]; i++) {
		const char *selector = convert_selector(
			t->c, convert_text(t->c, "%s%s", nets[i], what));

		if (selector)
			map_add(t->c, t->map, ours, selector);
	}
	take_checked(t, ours);
}

static void put_flows(struct taking *t, const struct setting *flow)
{
	const struct policy *policy = t->state;
	const char *ours =
		strcmp(flow->key, "from") == 0 ? "local_ts" : "remote_ts";
	bool any = false;

	t->setting = flow;
	t->value = flow->value;
	for (const struct setting *s = policy->section->settings; s;
		s = s->next) {
		if (strcmp(s->key, "proto") != 0)
			continue;
		put_flow(t, ours, s->value);
		any = true;
	}
	if (!any)
		put_flow(t, ours, NULL);
}

/* Without `peer` it is the one host that is on the other side. */
static void finish_peer(struct taking *t)
{
	const struct policy *policy = t->state;
	const char *to = convert_value(policy->section, "to");
	struct ike_addr addr;

	if (map_word(&t->peer->local, "address") &&
		strcmp(map_word(&t->peer->local, "address"), "any") == 0)
		map_remove(&t->peer->local, "address");
	if (map_get(&t->peer->remote, "address"))
		return;
	map_set(t->c, &t->peer->remote, "address",
		to && identity_parse_addr(to, &addr) ? to : "any");
}

/* --- A policy ------------------------------------------------------------------------------ */

static void finish_auth(struct taking *t)
{
	const struct policy *policy = t->state;
	const char *name = t->peer->name;

	map_set(t->c, &t->peer->map, "auth", policy->psk ? "psk" : "cert");
	if (!map_get(&t->peer->local, "id"))
		convert_note(t->c, &t->peer->map, t->peer->at, "srcid",
			"iked says the name of the machine, where we say %s: "
			"if the other side asks for it, set 'id' of 'local'",
			policy->psk ? "our address"
				    : "our certificate's "
				      "subject");
	if (policy->psk)
		return;
	map_set(t->c, &t->peer->local, "cert",
		convert_text(t->c, "%s.pem", name));
	convert_note(t->c, &t->peer->map, t->peer->at, name,
		"copy our certificate of /etc/iked/certs to certs/%s.pem, "
		"/etc/iked/private/local.key to secrets/%s.key, what is in "
		"/etc/iked/ca to ca/; keys of /etc/iked/pubkeys need 'auth: "
		"pubkey' and 'pubkey' in 'remote'",
		name, name);
}

struct standard {
	const char *key, *value;
};

static void put_defaults(struct convert *c, struct map *map,
	const struct standard *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!map_get(map, list[i].key))
			map_set(c, map, list[i].key, list[i].value)->remark =
				"OpenIKED's default";
	}
}

/* What `set` says, for each peer. */
static void finish_set(struct taking *t)
{
	static const struct standard peers[] = { { "rekey_time", "never" },
		{ "dpd_delay", "1m" }, { "fragmentation", "no" },
		{ "unique", "no" } };
	static const struct standard children[] = { { "rekey_time", "3h" },
		{ "rekey_bytes", "4GiB" } };
	const struct policy *policy = t->state;
	const char *dpd = convert_value(policy->set, "dpd_check_interval");
	struct map *map = &t->peer->map;

	if (convert_get(policy->set, "fragmentation"))
		map_set(t->c, map, "fragmentation", "yes");
	if (convert_get(policy->set, "nomobike"))
		map_set(t->c, map, "mobike", "no");
	if (convert_get(policy->set, "enforcesingleikesa"))
		map_set(t->c, map, "unique", "replace");
	if (dpd) {
		t->setting = convert_get(policy->set, "dpd_check_interval");
		t->value = dpd;
		t->map = map;
		t->scope = SCOPE_PEER;
		t->row = &(const struct convert_row){ .ours = "dpd_delay" };
		take_time(t);
	}
	put_defaults(t->c, map, peers, 4);
	put_defaults(t->c, &t->child->map, children, 2);
}

static void finish_child(struct taking *t)
{
	const struct policy *policy = t->state;

	t->map = &t->child->map;
	t->scope = SCOPE_CHILD;
	for (const struct setting *s = policy->section->settings; s;
		s = s->next) {
		if (strcmp(s->key, "from") == 0 || strcmp(s->key, "to") == 0)
			put_flows(t, s);
	}
	if (convert_get(policy->section, "transport"))
		map_set(t->c, t->map, "mode", "transport");
	if (convert_get(policy->section, "active") &&
		!convert_get(policy->set, "passive"))
		map_set(t->c, t->map, "start", "now");
}

static void take_policy_section(struct convert *c,
	const struct section *section, const struct section *set,
	unsigned int number)
{
	struct policy policy = { .section = section, .set = set };
	struct taking t = { .c = c, .state = &policy };
	const char *name = section->name + strlen("ikev2 ");
	struct new_child *child;

	if (!*name)
		name = convert_text(c, "policy%u", number);
	t.peer = convert_peer(c, name, section->at);
	child = convert_child(c, t.peer, t.peer->name, section->at);
	for (const struct setting *s = section->settings; s; s = s->next) {
		const bool childs = strcmp(s->key, "childsa") == 0 ||
				    strcmp(s->key, "lifetime") == 0 ||
				    strcmp(s->key, "bytes") == 0;

		t.child = childs ? child : NULL;
		t.map = &t.peer->map;
		t.scope = SCOPE_PEER;
		convert_take(&t, rows, ROWS, "ikev2", s);
	}
	if (t.peer->left_out)
		return;
	t.child = child;
	finish_child(&t);
	finish_peer(&t);
	finish_set(&t);
	finish_auth(&t);
}

bool convert_iked(struct convert *c)
{
	const struct spot at = { c->file, 1, 1 };
	struct taking t = { .c = c, .map = &c->top, .scope = SCOPE_DAEMON };
	const struct section *set;
	unsigned int number = 0;

	c->daemon = "OpenIKED";
	c->root = convert_section(c, NULL, "", at);
	convert_section(c, c->root, "macros", at);
	set = convert_section(c, c->root, "set", at);
	if (!read_file(c, c->file, NULL, 0))
		return false;
	for (const struct setting *s = set->settings; s; s = s->next)
		convert_take(&t, rows, ROWS, "set", s);
	for (const struct section *s = c->root->first; s; s = s->next) {
		if (strncmp(s->name, "ikev2 ", 6) == 0)
			take_policy_section(c, s, set, ++number);
	}
	return true;
}

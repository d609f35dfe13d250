/* ctl_convert_swanctl.c - swanctl.conf of strongSwan: read, and taken over.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert.h"

#include "config/values.h"

#include <string.h>

/* --- Reading -------------------------------------------------------------- */

static void skip_comment(struct text *text)
{
	while (!convert_ended(text) && convert_look(text) != '\n')
		convert_step(text);
}

static void skip_white(struct text *text)
{
	while (!convert_ended(text)) {
		if (convert_look(text) == '#')
			skip_comment(text);
		else if (convert_look(text) &&
			 strchr(" \t\r\n", convert_look(text)))
			convert_step(text);
		else
			return;
	}
}

static bool is_name_octet(char octet)
{
	return (unsigned char)octet > ' ' && octet != 0x7f &&
	       !strchr("#{}:,=\"", octet);
}

static const char *take_name(struct convert *c, struct text *text)
{
	const char *from = text->at;

	while (!convert_ended(text) && is_name_octet(convert_look(text)))
		convert_step(text);
	return convert_copy(c, from, (size_t)(text->at - from));
}

/* "..", which may go over lines; *to is where it goes. */
static bool take_string(struct convert *c, struct text *text, char **to)
{
	static const char letters[] = "nrtbf", meant[] = "\n\r\t\b\f";
	const struct spot begin = text->spot;

	for (convert_step(text);
		!convert_ended(text) && convert_look(text) != '"';
		convert_step(text)) {
		const char *letter;

		if (convert_look(text) != '\\') {
			*(*to)++ = convert_look(text);
			continue;
		}
		convert_step(text);
		if (convert_ended(text))
			break;
		letter = convert_look(text)
				 ? strchr(letters, convert_look(text))
				 : NULL;
		if (letter)
			*(*to)++ = meant[letter - letters];
		else if (convert_look(text) != '\n')
			*(*to)++ = convert_look(text);
	}
	if (convert_ended(text))
		return convert_bad(c, begin, "a string without its end");
	convert_step(text);
	return true;
}

/* Up to the end of the line, a comment or a brace. */
static const char *take_value(struct convert *c, struct text *text)
{
	const char *rest = text->at;
	char *value, *to;

	/* No longer than what is left; a string may hold line ends. */
	value = to = convert_alloc(c, (size_t)(text->end - rest) + 1);
	while (convert_look(text) == ' ' || convert_look(text) == '\t')
		convert_step(text);
	while (!convert_ended(text) && convert_look(text) != '\n' &&
		convert_look(text) != '#' && convert_look(text) != '}') {
		if (convert_look(text) == '"') {
			if (!take_string(c, text, &to))
				return NULL;
			continue;
		}
		if (convert_look(text) != '\r')
			*to++ = convert_look(text);
		convert_step(text);
	}
	while (to > value && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	*to = '\0';
	return value;
}

static bool read_file(struct convert *c, const char *path,
	const struct spot *at, unsigned int depth);

/* A section that is there already goes on. */
static struct section *open_section(
	struct convert *c, struct section *up, const char *name, struct spot at)
{
	struct section *section = convert_find(up, name);

	return section ? section : convert_section(c, up, name, at);
}

/* NAME : OTHER, OTHER { */
static bool take_likes(
	struct convert *c, struct text *text, struct section *section)
{
	section->like_at = text->spot;
	for (;;) {
		const char *name;

		convert_step(text); /* the colon, or a comma */
		skip_white(text);
		name = take_name(c, text);
		if (!*name)
			return convert_bad(c, text->spot,
				"the name of a section is expected here");
		section->like = section->like ? convert_text(c, "%s,%s",
							section->like, name)
					      : name;
		skip_white(text);
		if (convert_look(text) != ',')
			break;
	}
	return true;
}

/* What it has goes into the section where it is included. */
static bool take_include(struct convert *c, struct text *text,
	struct section *section, struct spot at, unsigned int depth)
{
	const char *pattern = take_value(c, text);
	struct section *around = c->here;
	bool ok;

	if (!pattern)
		return false;
	if (!*pattern)
		return convert_bad(c, at, "include: a file is expected here");
	c->here = section;
	ok = convert_include(c, pattern, at, depth, read_file);
	c->here = around;
	return ok;
}

/* One `NAME = VALUE`, `NAME {`, or include; *section is the one that is open. */
static bool take_statement(struct convert *c, struct text *text,
	struct section **section, unsigned int *levels, unsigned int depth)
{
	const struct spot at = text->spot;
	const char *name = take_name(c, text), *value;

	if (!*name)
		return convert_bad(
			c, at, "the name of a key or section is expected here");
	while (convert_look(text) == ' ' || convert_look(text) == '\t')
		convert_step(text);
	if (strcmp(name, "include") == 0 && convert_look(text) != '=' &&
		convert_look(text) != '{')
		return take_include(c, text, *section, at, depth);
	skip_white(text);
	if (convert_look(text) == '=') {
		convert_step(text);
		value = take_value(c, text);
		return value &&
		       convert_setting(c, *section, name, value, at, true);
	}
	if (convert_look(text) != '{' && convert_look(text) != ':')
		return convert_bad(
			c, text->spot, "'=' or '{' is expected here");
	if (++*levels > CONVERT_MAX_DEPTH)
		return convert_bad(
			c, at, "sections more than %d deep", CONVERT_MAX_DEPTH);
	*section = open_section(c, *section, name, at);
	if (!*section ||
		(convert_look(text) == ':' && !take_likes(c, text, *section)))
		return false;
	if (convert_look(text) != '{')
		return convert_bad(c, text->spot, "'{' is expected here");
	convert_step(text);
	return true;
}

static bool read_file(struct convert *c, const char *path,
	const struct spot *at, unsigned int depth)
{
	struct section *section = c->here;
	unsigned int levels = 0;
	struct text text;

	if (!convert_open(c, path, at, &text))
		return false;
	for (skip_white(&text); !convert_ended(&text); skip_white(&text)) {
		if (convert_look(&text) == '}' && levels > 0) {
			levels--;
			section = section->up;
			convert_step(&text);
		} else if (!take_statement(
				   c, &text, &section, &levels, depth)) {
			return false;
		}
	}
	if (levels > 0)
		return convert_bad(c, text.spot,
			"the file ends, but '%.64s' of line %u is still open",
			section->name, section->at.line);
	return true;
}

/* --- Sections like others -------------------------------------------------- */

/* "connections.base" from the top. */
static struct section *named(struct convert *c, const char *path)
{
	struct section *section = c->root;

	while (section && *path) {
		const size_t len = strcspn(path, ".");

		section = convert_find(section, convert_copy(c, path, len));
		path += len;
		path += *path == '.';
	}
	return section;
}

/* What `to` has not is taken from `from`. */
static bool inherit(struct convert *c, struct section *to,
	const struct section *from, unsigned int depth)
{
	if (depth > CONVERT_MAX_DEPTH)
		return convert_bad(c, to->at,
			"sections like each other more than %d deep",
			CONVERT_MAX_DEPTH);
	for (const struct setting *s = from->settings; s; s = s->next) {
		if (!convert_get(to, s->key) &&
			!convert_setting(c, to, s->key, s->value, s->at, true))
			return false;
	}
	for (const struct section *s = from->first; s; s = s->next) {
		struct section *mine = open_section(c, to, s->name, s->at);

		if (!mine || mine == s || !inherit(c, mine, s, depth + 1))
			return false;
	}
	return true;
}

static bool resolve(
	struct convert *c, struct section *section, unsigned int depth);

static bool resolve_like(
	struct convert *c, struct section *section, unsigned int depth)
{
	const char *like = section->like;

	section->like = NULL;
	while (like && *like) {
		const size_t len = strcspn(like, ",");
		const char *name = convert_copy(c, like, len);
		struct section *from = named(c, name);

		if (!from)
			return convert_bad(c, section->like_at,
				"there is no section '%.64s'", name);
		/* In itself, it would never end. */
		for (const struct section *up = section; up; up = up->up) {
			if (up == from)
				return convert_bad(c, section->like_at,
					"'%.64s' is around this section", name);
		}
		if (!resolve(c, from, depth + 1) ||
			!inherit(c, section, from, depth + 1))
			return false;
		like += len;
		like += *like == ',';
	}
	return true;
}

static bool resolve(
	struct convert *c, struct section *section, unsigned int depth)
{
	if (depth > 2 * CONVERT_MAX_DEPTH)
		return convert_bad(c, section->at,
			"sections like each other more than %d deep",
			CONVERT_MAX_DEPTH);
	if (!resolve_like(c, section, depth))
		return false;
	for (struct section *s = section->first; s; s = s->next) {
		if (!resolve(c, s, depth + 1))
			return false;
	}
	return true;
}

/* --- Rows: theirs, ours ----------------------------------------------------- */

/* What is known of a connection beside what is written. */
struct connection {
	const struct setting *rekey_time; /* of the child that is being taken */
	unsigned int rounds;              /* of the side that is being taken */
	bool local_key, remote_key;       /* pubkeys, no certificates */
	const char *local_auth, *remote_auth;
};

static void take_version(struct taking *t);
static void take_auth(struct taking *t);
static void take_pubkeys(struct taking *t);
static void take_port(struct taking *t);
static void take_tries(struct taking *t);
static void take_bytes(struct taking *t);
static void take_life(struct taking *t);
static void take_mark(struct taking *t);
static void take_interface(struct taking *t);
static void take_action(struct taking *t);
static void take_priority(struct taking *t);
static void take_window(struct taking *t);

/* clang-format off */
static const struct convert_row rows[] = {
	{ "connection", "version", take_version, NULL, NULL, NULL },
	{ "connection", "local_addrs", take_places, "address", NULL, NULL },
	{ "connection", "remote_addrs", take_places, "address", NULL, NULL },
	{ "connection", "local_port", take_port, NULL, NULL, "the daemon has one port for all: 'port' in 'daemon'" },
	{ "connection", "remote_port", take_port, "port", NULL, NULL },
	{ "connection", "proposals", take_proposals, "ike", NULL, NULL },
	{ "connection", "vips", take_left, NULL, NULL, "virtual addresses are " NOT_YET },
	{ "connection", "pools", take_left, NULL, NULL, "pools of addresses are " NOT_YET },
	{ "connection", "aggressive", take_left, NULL, NULL, "IKEv1 alone has it; nothing to do" },
	{ "connection", "pull", take_left, NULL, NULL, "IKEv1 alone has it; nothing to do" },
	{ "connection", "dpd_timeout", take_left, NULL, NULL, "IKEv1 alone has it; 'retransmit' says how long is waited" },
	{ "connection", "dscp", take_same, NULL, "000000=", "IKE packets are not marked; a rule of nftables can do it" },
	{ "connection", "encap", take_choice, "encap", "yes=force no=auto", NULL },
	{ "connection", "mobike", take_choice, "mobike", "yes=yes no=no", NULL },
	{ "connection", "dpd_delay", take_time, "dpd_delay", NULL, NULL },
	{ "connection", "fragmentation", take_choice, "fragmentation", "yes=yes force=yes accept=yes no=no", NULL },
	{ "connection", "childless", take_choice, "childless", "allow=yes prefer=yes never=no force=!", "an IKE SA may come without children, but need not; 'childless: yes' is the default" },
	{ "connection", "send_certreq", take_same, NULL, "yes=", "we always say which authorities we know; nothing to do" },
	{ "connection", "send_cert", take_same, NULL, "ifasked= always=", "we send our certificate; for keys without one see 'auth: pubkey'" },
	{ "connection", "ppk_id", take_left, NULL, NULL, "postquantum shared keys (RFC 8784) are " NOT_YET },
	{ "connection", "ppk_required", take_same, NULL, "no=", "postquantum shared keys (RFC 8784) are " NOT_YET },
	{ "connection", "keyingtries", take_tries, "keep_trying", NULL, NULL },
	{ "connection", "unique", take_choice, "unique", "never=no no=no keep=keep replace=replace", NULL },
	{ "connection", "reauth_time", take_time, "reauth_time", NULL, NULL },
	{ "connection", "rekey_time", take_time, "rekey_time", NULL, NULL },
	{ "connection", "over_time", take_left, NULL, NULL, "an IKE SA ends a tenth of rekey_time after it; nothing to do" },
	{ "connection", "rand_time", take_left, NULL, NULL, "rekeying comes up to a tenth of rekey_time earlier; nothing to do" },
	{ "connection", "if_id_in", take_interface, "if_id_in", NULL, NULL },
	{ "connection", "if_id_out", take_interface, "if_id_out", NULL, NULL },
	{ "connection", "mediation", take_same, NULL, "no=", "there is no mediation; connect the two directly" },
	{ "connection", "mediated_by", take_left, NULL, NULL, "there is no mediation; connect the two directly" },
	{ "connection", "mediation_peer", take_left, NULL, NULL, "there is no mediation; connect the two directly" },

	{ "local", "round", take_same, NULL, "0= 1=", "there is one round" },
	{ "local", "auth", take_auth, NULL, NULL, NULL },
	{ "local", "id", take_id, "id", NULL, NULL },
	{ "local", "certs", take_file, "cert", NULL, "certs/, and its private key to secrets/ under the same name with .key" },
	{ "local", "pubkeys", take_pubkeys, NULL, NULL, NULL },
	{ "local", "eap_id", take_left, NULL, NULL, "EAP is " NOT_YET },
	{ "local", "aaa_id", take_left, NULL, NULL, "EAP is " NOT_YET },
	{ "local", "xauth_id", take_left, NULL, NULL, "IKEv1 alone has it; nothing to do" },

	{ "remote", "round", take_same, NULL, "0= 1=", "there is one round" },
	{ "remote", "auth", take_auth, NULL, NULL, NULL },
	{ "remote", "id", take_id, "id", NULL, NULL },
	{ "remote", "certs", take_file, "cert", NULL, "certs/" },
	{ "remote", "cacerts", take_file, "ca", NULL, "ca/" },
	{ "remote", "pubkeys", take_pubkeys, "pubkey", NULL, "certs/" },
	{ "remote", "revocation", take_choice, "revocation", "strict=strict ifuri=soft relaxed=soft", NULL },
	{ "remote", "ca_id", take_weaker, NULL, NULL, "name the authority's file in 'ca' of 'remote'" },
	{ "remote", "groups", take_weaker, NULL, NULL, "attribute certificates are not looked at; narrow it by 'id' or 'ca'" },
	{ "remote", "cert_policy", take_weaker, NULL, NULL, "policies of certificates are not looked at; narrow it by 'id' or 'ca'" },
	{ "remote", "eap_id", take_left, NULL, NULL, "EAP is " NOT_YET },

	{ "child", "esp_proposals", take_proposals, "esp", NULL, NULL },
	{ "child", "ah_proposals", take_left, NULL, NULL, "AH is not built; ESP does what it does" },
	{ "child", "sha256_96", take_same, NULL, "no=", "SHA-256 with 96 bits is no standard; update the other side" },
	{ "child", "local_ts", take_selectors, "local_ts", NULL, NULL },
	{ "child", "remote_ts", take_selectors, "remote_ts", NULL, NULL },
	{ "child", "mode", take_choice, "mode", "tunnel=tunnel transport=transport pass=pass drop=drop beet=! transport_proxy=!", "tunnel, transport, pass and drop are what we have" },
	{ "child", "start_action", take_choice, "start", "none=wait trap=on-demand start=now trap|start=now start|trap=now route=on-demand", NULL },
	{ "child", "close_action", take_action, "close_action", "none=clear clear=clear trap=on-demand start=restart restart=restart", NULL },
	{ "child", "dpd_action", take_action, "dpd_action", "none=clear clear=clear trap=on-demand hold=on-demand start=restart restart=restart", NULL },
	{ "child", "rekey_time", take_time, "rekey_time", NULL, NULL },
	{ "child", "life_time", take_life, NULL, NULL, NULL },
	{ "child", "rand_time", take_left, NULL, NULL, "rekeying comes up to a tenth of rekey_time earlier; nothing to do" },
	{ "child", "rekey_bytes", take_bytes, "rekey_bytes", NULL, NULL },
	{ "child", "life_bytes", take_left, NULL, NULL, "a child ends a tenth past rekey_bytes; nothing to do" },
	{ "child", "rand_bytes", take_left, NULL, NULL, "rekeying comes up to a tenth earlier; nothing to do" },
	{ "child", "rekey_packets", take_bytes, "rekey_packets", NULL, NULL },
	{ "child", "life_packets", take_left, NULL, NULL, "a child ends a tenth past rekey_packets; nothing to do" },
	{ "child", "rand_packets", take_left, NULL, NULL, "rekeying comes up to a tenth earlier; nothing to do" },
	{ "child", "inactivity", take_time, "inactivity", NULL, NULL },
	{ "child", "replay_window", take_window, "replay_window", NULL, NULL },
	{ "child", "priority", take_priority, "priority", NULL, NULL },
	{ "child", "mark_in", take_mark, "mark_in", NULL, NULL },
	{ "child", "mark_out", take_mark, "mark_out", NULL, NULL },
	{ "child", "mark_in_sa", take_same, NULL, "no=", "the mark is the policy's and the SA's; nothing to do" },
	{ "child", "set_mark_in", take_left, NULL, NULL, "packets are not marked; a rule of nftables can do it" },
	{ "child", "set_mark_out", take_left, NULL, NULL, "packets are not marked; a rule of nftables can do it" },
	{ "child", "if_id_in", take_interface, "if_id_in", NULL, NULL },
	{ "child", "if_id_out", take_interface, "if_id_out", NULL, NULL },
	{ "child", "updown", take_left, NULL, NULL, "no scripts are run; 'ipsec-ctl monitor' says what happens, and routes and rules can stand for good" },
	{ "child", "hostaccess", take_left, NULL, NULL, "no firewall rules are made; nothing to do" },
	{ "child", "policies", take_same, NULL, "yes=", "the policies are always installed" },
	{ "child", "policies_fwd_out", take_same, NULL, "no=", "no such policies are made" },
	{ "child", "ipcomp", take_same, NULL, "no=", "IPComp is not built; the tunnel works without it" },
	{ "child", "reqid", take_same, NULL, "0=", "we number them ourselves; for routing use 'if_id' or marks" },
	{ "child", "interface", take_left, NULL, NULL, "policies are for all interfaces; see 'if_id'" },
	{ "child", "tfc_padding", take_same, NULL, "0=", "packets are not padded; the tunnel works without it" },
	{ "child", "label", take_left, NULL, NULL, "SELinux labels are not built" },
	{ "child", "label_mode", take_same, NULL, "system=", "SELinux labels are not built" },
	{ "child", "per_cpu_sas", take_same, NULL, "no=", "there is one SA for all CPUs; the tunnel works without it" },
	{ "child", "hw_offload", take_same, NULL, "no= auto=", "offload to the network card is " NOT_YET },
	{ "child", "copy_df", take_same, NULL, "yes=", "'copy_df' is " NOT_YET },
	{ "child", "copy_ecn", take_same, NULL, "yes=", "ECN is always copied" },
	{ "child", "copy_dscp", take_same, NULL, "out=", "'copy_dscp' is " NOT_YET },
};
/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void take_version(struct taking *t)
{
	if (strcmp(t->value, "2") == 0 || strcmp(t->value, "0") == 0)
		return;
	take_note(t,
		"'%.16s' is IKEv1, which is not built: the other side "
		"must use IKEv2",
		t->value);
	t->peer->left_out = true;
}

/* psk; pubkey; rsa-2048-sha256, ecdsa-.. and the like; eap-mschapv2 .. */
static void take_auth(struct taking *t)
{
	struct connection *conn = t->state;
	const bool local = t->map == &t->peer->local;
	const char *auth = NULL;

	if (strcmp(t->value, "psk") == 0) {
		auth = "psk";
	} else if (strncmp(t->value, "eap", 3) == 0 ||
		   strncmp(t->value, "xauth", 5) == 0) {
		take_note(t, "the whole peer is left out: '%.32s' is " NOT_YET,
			t->value);
		t->peer->left_out = true;
	} else {
		auth = "pubkey";
		if (strcmp(t->value, "pubkey") != 0 &&
			strcmp(t->value, "any") != 0)
			take_note(t,
				"'%.64s' is taken as 'pubkey': what kind "
				"of key is the certificate's choice",
				t->value);
		if (local && strstr(t->value, "rsa-"))
			map_set(t->c, &t->peer->map, "rsa_padding", "pkcs1");
	}
	*(local ? &conn->local_auth : &conn->remote_auth) = auth;
}

static void take_pubkeys(struct taking *t)
{
	struct connection *conn = t->state;

	if (t->map == &t->peer->remote) {
		conn->remote_key = true;
		take_file(t);
		return;
	}
	conn->local_key = true;
	map_set(t->c, t->map, "key",
		convert_text(t->c, "%s.key", t->peer->name));
	take_note(t, "copy the private key of '%.64s' to secrets/%s.key",
		t->value, t->peer->name);
}

/* 500, 4500 and 0 are where IKE is anyway. */
static void take_port(struct taking *t)
{
	if (strcmp(t->value, "500") == 0 || strcmp(t->value, "0") == 0)
		return;
	if (t->row->ours)
		take_word(t, t->row->ours, t->value);
	else
		take_left(t);
}

static void take_tries(struct taking *t)
{
	const bool forever = strcmp(t->value, "0") == 0;

	take_word(t, t->row->ours, forever ? "yes" : "no");
	if (!forever && strcmp(t->value, "1") != 0)
		take_note(t,
			"after %.16s tries: 'keep_trying' is yes or no, "
			"and no here",
			t->value);
}

/* 500m: octets or packets, with k, m, g */
static void take_bytes(struct taking *t)
{
	const char *unit = t->value + strspn(t->value, "0123456789");
	const char *units = "kKmMgG", *found;
	uint64_t number;

	if (!value_number(
		    convert_copy(t->c, t->value, (size_t)(unit - t->value)),
		    &number) ||
		(*unit && (!(found = strchr(units, *unit)) || unit[1])) ||
		number >> 34) {
		take_note(t, "left out: '%.32s' is no number", t->value);
		return;
	}
	if (*unit)
		number <<= 10 * ((found - units) / 2 + 1);
	take_word(t, t->row->ours,
		number ? convert_text(t->c, "%llu", (unsigned long long)number)
		       : "auto");
}

/* Ours ends a tenth after rekey_time, as theirs does by default. */
static void take_life(struct taking *t)
{
	const struct connection *conn = t->state;
	uint64_t ms, rekey;

	if (!value_duration(t->value, &ms)) {
		take_note(t, "left out: '%.32s' is no time", t->value);
		return;
	}
	if (!conn->rekey_time) {
		take_word(t, "rekey_time",
			convert_duration(t->c, ms / 1100 ? ms / 1100 : 1));
		return;
	}
	if (value_duration(conn->rekey_time->value, &rekey) &&
		ms == rekey + rekey / 10)
		return;
	take_note(t, "left out: a child ends a tenth after its rekey_time; "
		     "nothing to do");
}

static void take_mark(struct taking *t)
{
	const char *mark = convert_mark(t->c, t->value);

	if (!mark)
		take_note(t, "left out: we need a mark by number");
	else if (*mark)
		take_word(t, t->row->ours, mark);
}

static void take_interface(struct taking *t)
{
	if (*t->value == '%')
		take_note(t, "left out: we need the if_id of an interface by "
			     "number");
	else if (strcmp(t->value, "0") != 0)
		take_word(t, t->row->ours, t->value);
}

/* Theirs is the child's, ours the peer's. */
static void take_action(struct taking *t)
{
	const char *before = map_word(&t->peer->map, t->row->ours);
	struct map *map = t->map;
	enum schema_scope scope = t->scope;
	const char *now;

	t->map = &t->peer->map;
	t->scope = SCOPE_PEER;
	take_choice(t);
	now = map_word(t->map, t->row->ours);
	if (before && now && strcmp(before, now) != 0) {
		map_set(t->c, t->map, t->row->ours, before);
		take_note(t,
			"'%s' is for all children of a peer, and was '%s' "
			"for another",
			t->row->ours, before);
	}
	t->map = map;
	t->scope = scope;
}

static void take_priority(struct taking *t)
{
	take_word(
		t, "priority", strcmp(t->value, "0") == 0 ? "auto" : t->value);
}

/* Our default offers extended sequence numbers, which need one. */
static void take_window(struct taking *t)
{
	if (strcmp(t->value, "0") == 0)
		take_note(t, "left out: if there must be none, write it beside "
			     "an 'esp' whose proposals end with -noesn");
	else
		take_word(t, "replay_window", t->value);
}

/* --- Connections ------------------------------------------------------------ */

static void take_all(
	struct taking *t, const char *scope, const struct section *section)
{
	for (const struct setting *s = section->settings; s; s = s->next)
		convert_take(t, rows, ROWS, scope, s);
}

/* A section that nothing is known of. */
static void take_unknown(
	struct taking *t, const struct section *section, const char *why)
{
	const struct setting here = { NULL, section->name, "", section->at };

	t->setting = &here;
	take_note(t, "left out: %s", why);
}

/* local, local-1, remote .. */
static void take_side(struct taking *t, const struct section *section,
	const char *scope, enum schema_scope ours)
{
	struct connection *conn = t->state;

	if (conn->rounds++ > 0) {
		take_unknown(t, section,
			"a second round of authentication (RFC 4739) is "
			"not built");
		if (strcmp(scope, "remote") == 0)
			map_set(t->c, &t->peer->map, "enabled", "no")->remark =
				"see above: it would let more peers in";
		return;
	}
	t->map = strcmp(scope, "local") == 0 ? &t->peer->local
					     : &t->peer->remote;
	t->scope = ours;
	for (const struct setting *s = section->settings; s; s = s->next) {
		struct map *side = t->map;

		/* Ours is the peer's. */
		if (strcmp(s->key, "revocation") == 0) {
			t->map = &t->peer->map;
			t->scope = SCOPE_PEER;
		}
		convert_take(t, rows, ROWS, scope, s);
		t->map = side;
		t->scope = ours;
	}
	for (const struct section *s = section->first; s; s = s->next)
		take_unknown(t, s,
			"certificates by file or token; put the file into "
			"certs/ or ca/ and name it in 'cert' or 'ca'");
}

static void take_sides(
	struct taking *t, const struct section *section, const char *scope)
{
	struct connection *conn = t->state;

	conn->rounds = 0;
	for (const struct section *s = section->first; s; s = s->next) {
		if (strncmp(s->name, scope, strlen(scope)) == 0)
			take_side(t, s, scope, SCOPE_SIDE);
	}
}

static void take_child(struct taking *t, const struct section *section)
{
	struct connection *conn = t->state;

	t->child = convert_child(t->c, t->peer, section->name, section->at);
	t->map = &t->child->map;
	t->scope = SCOPE_CHILD;
	conn->rekey_time = convert_get(section, "rekey_time");
	take_all(t, "child", section);
	for (const struct section *s = section->first; s; s = s->next)
		take_unknown(t, s, "no section of that name is known here");
	t->child = NULL;
}

static void take_children(struct taking *t, const struct section *section)
{
	for (const struct section *s = section->first; s; s = s->next) {
		if (strcmp(s->name, "children") == 0) {
			for (const struct setting *k = s->settings; k;
				k = k->next)
				convert_take(t, rows, ROWS, "children", k);
			for (const struct section *child = s->first; child;
				child = child->next)
				take_child(t, child);
		} else if (strncmp(s->name, "local", 5) != 0 &&
			   strncmp(s->name, "remote", 6) != 0) {
			take_unknown(
				t, s, "no section of that name is known here");
		}
	}
}

static const char *method(const char *theirs, bool key)
{
	if (theirs && strcmp(theirs, "psk") == 0)
		return "psk";
	return key ? "pubkey" : "cert";
}

/* Anybody of the authority's would do for theirs, not for ours. */
static void check_remote_id(struct taking *t, const char *method)
{
	const char *address = map_word(&t->peer->remote, "address");

	if (strcmp(method, "cert") == 0 && !map_get(&t->peer->remote, "id") &&
		!map_get(&t->peer->remote, "cert") &&
		strcmp(address, "any") != 0)
		convert_note(t->c, &t->peer->map, t->peer->at, t->peer->name,
			"the other side's certificate must be for '%s', as no "
			"'id' says who it is",
			address);
}

static void set_auth(struct taking *t)
{
	const struct connection *conn = t->state;
	const char *local = method(conn->local_auth, conn->local_key);
	const char *remote = method(conn->remote_auth, conn->remote_key);

	if (strcmp(local, remote) == 0) {
		map_set(t->c, &t->peer->map, "auth", local);
	} else {
		map_set(t->c, &t->peer->map, "local_auth", local);
		map_set(t->c, &t->peer->map, "remote_auth", remote);
	}
	if (strcmp(local, "cert") == 0 && !map_get(&t->peer->local, "cert")) {
		const char *file = convert_text(t->c, "%s.pem", t->peer->name);

		map_set(t->c, &t->peer->local, "cert", file);
		convert_note(t->c, &t->peer->map, t->peer->at, t->peer->name,
			"strongSwan chooses a certificate by itself; put it "
			"into certs/%s, its key into secrets/%s.key",
			file, t->peer->name);
	}
	check_remote_id(t, remote);
}

/* Where theirs is not ours, and it makes a difference. */
static void set_defaults(struct taking *t)
{
	static const struct {
		const char *key, *standard;
	} defaults[] = { { "rekey_time", "4h" }, { "dpd_delay", "never" } };

	for (size_t i = 0; i < 2; i++) {
		if (map_get(&t->peer->map, defaults[i].key))
			continue;
		map_set(t->c, &t->peer->map, defaults[i].key,
			defaults[i].standard)
			->remark = "strongSwan's default";
	}
	if (!map_get(&t->peer->remote, "address"))
		map_set(t->c, &t->peer->remote, "address", "any");
	if (strcmp(map_word(&t->peer->remote, "address"), "any") == 0 &&
		!map_get(&t->peer->map, "unique"))
		map_set(t->c, &t->peer->map, "unique", "no")->remark =
			"strongSwan's default";
}

static void take_connection(struct convert *c, const struct section *section)
{
	struct connection conn = { 0 };
	struct taking t = { .c = c, .state = &conn };

	t.peer = convert_peer(c, section->name, section->at);
	for (const struct setting *s = section->settings; s; s = s->next) {
		const bool local = strncmp(s->key, "local_", 6) == 0;

		t.map = &t.peer->map;
		t.scope = SCOPE_PEER;
		if (local || strncmp(s->key, "remote_", 7) == 0) {
			t.map = local ? &t.peer->local : &t.peer->remote;
			t.scope = SCOPE_SIDE;
		}
		convert_take(&t, rows, ROWS, "connection", s);
	}
	if (map_word(&t.peer->local, "address") &&
		strcmp(map_word(&t.peer->local, "address"), "any") == 0)
		map_remove(&t.peer->local, "address");
	take_sides(&t, section, "local");
	take_sides(&t, section, "remote");
	if (t.peer->left_out)
		return;
	t.map = &t.peer->map;
	take_children(&t, section);
	if (convert_only_shunts(t.peer))
		return;
	set_defaults(&t);
	set_auth(&t);
}

/* --- Secrets, and the rest --------------------------------------------------- */

static void take_ike_secret(struct convert *c, const struct section *section)
{
	struct new_secret *secret =
		convert_secret(c, section->name, section->at);

	for (const struct setting *s = section->settings; s; s = s->next) {
		const char *owner;

		if (strcmp(s->key, "secret") == 0) {
			if (!convert_octets(c, s->value, &secret->value))
				convert_note(c, &c->top, s->at, s->key,
					"is no shared key: 1 to %d octets, or "
					"0x.. 0s..",
					MAX_PSK_LEN);
		} else if (strncmp(s->key, "id", 2) != 0) {
			convert_note(c, &c->top, s->at, s->key,
				"left out: unknown in '%s'", section->name);
		} else if ((owner = convert_id(c, s->value)) &&
			   secret->owners < CONVERT_MAX_WORDS) {
			secret->owner[secret->owners++] = owner;
		} else {
			convert_note(c, &c->top, s->at, s->key,
				"left out: no identity that we have");
		}
	}
}

static void take_secrets(struct convert *c, const struct section *secrets)
{
	static const struct {
		const char *prefix, *why;
	} others[] = {
		{ "eap", "EAP is " NOT_YET },
		{ "xauth", "IKEv1 alone has it; nothing to do" },
		{ "ntlm", "EAP is " NOT_YET },
		{ "ppk", "postquantum shared keys (RFC 8784) are " NOT_YET },
		{ "private",
			"keys have no passphrase here: openssl pkey -in FILE -out secrets/NAME.key" },
		{ "rsa",
			"keys have no passphrase here: openssl pkey -in FILE -out secrets/NAME.key" },
		{ "ecdsa",
			"keys have no passphrase here: openssl pkey -in FILE -out secrets/NAME.key" },
		{ "pkcs8",
			"keys have no passphrase here: openssl pkey -in FILE -out secrets/NAME.key" },
		{ "pkcs12",
			"take it apart: openssl pkcs12 -in FILE -nodes; keys go to secrets/, certificates to certs/" },
		{ "token",
			"keys on tokens are not built; a file in secrets/ is needed" },
		{ "", "no secrets of that kind are known" },
	};
	size_t i;

	for (const struct section *s = secrets->first; s; s = s->next) {
		if (strncmp(s->name, "ike", 3) == 0) {
			take_ike_secret(c, s);
			continue;
		}
		for (i = 0; strncmp(s->name, others[i].prefix,
				    strlen(others[i].prefix)) != 0;)
			i++;
		convert_note(c, &c->top, s->at, s->name, "left out: %s",
			others[i].why);
	}
}

static void take_top(struct convert *c, const struct section *section)
{
	static const struct {
		const char *name, *why;
	} others[] = {
		{ "pools", "pools of addresses are " NOT_YET },
		{ "authorities",
			"an authority's file in ca/ is known without an entry; its URIs go to 'authorities'" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(section->name, others[i].name) != 0)
			continue;
		for (const struct section *s = section->first; s; s = s->next)
			convert_note(c, &c->top, s->at, s->name, "left out: %s",
				others[i].why);
		return;
	}
	convert_note(c, &c->top, section->at, section->name,
		"left out: no section of that name is known, or it is for "
		"others that are like it");
}

bool convert_swanctl(struct convert *c)
{
	c->daemon = "strongSwan";
	c->root = convert_section(c, NULL, "", (struct spot){ c->file, 1, 1 });
	c->here = c->root;
	if (!read_file(c, c->file, NULL, 0) || !resolve(c, c->root, 0))
		return false;
	for (const struct setting *s = c->root->settings; s; s = s->next)
		convert_note(c, &c->top, s->at, s->key,
			"left out: no key of that name is known outside of "
			"sections");
	for (const struct section *s = c->root->first; s; s = s->next) {
		if (strcmp(s->name, "connections") == 0) {
			for (const struct section *conn = s->first; conn;
				conn = conn->next)
				take_connection(c, conn);
		} else if (strcmp(s->name, "secrets") == 0) {
			take_secrets(c, s);
		} else {
			take_top(c, s);
		}
	}
	return true;
}

/* ctl_convert_conn_finish.c - what several keys of a conn say together: proofs, proposals, times, children.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert_conn.h"

#include "config/values.h"

#include <string.h>

static const struct setting *get(const struct taking *t, const char *key)
{
	const struct conn *conn = t->state;

	return convert_get(conn->section, key);
}

static const char *value_of(const struct taking *t, const char *key)
{
	const struct setting *s = get(t, key);

	return s && *s->value ? s->value : NULL;
}

static bool says(const struct taking *t, const char *key, const char *word)
{
	const char *value = value_of(t, key);

	return value && strcasecmp(value, word) == 0;
}

static const char *side_key(
	const struct taking *t, bool local, const char *suffix)
{
	const struct conn *conn = t->state;

	return convert_text(t->c, "%s%s",
		local != conn->swapped ? "left" : "right", suffix);
}

/* Now it is this setting that is looked at. */
static bool at(struct taking *t, const struct convert_row *row,
	const struct setting *setting)
{
	t->row = row;
	t->setting = setting;
	t->value = setting ? setting->value : NULL;
	return setting && *setting->value;
}

/* Who proves himself how: leftauth, or authby. */
static const char *method(struct taking *t, bool local)
{
	static const struct {
		const char *begin, *ours;
	} words[] = {
		{ "psk", "psk" },
		{ "secret", "psk" },
		{ "pubkey", "cert" },
		{ "rsa", "cert" },
		{ "ecdsa", "cert" },
		{ "ed25519", "cert" },
		{ "ed448", "cert" },
		{ "ike:", "cert" },
	};
	const struct setting *s = get(t, side_key(t, local, "auth"));
	const struct map *side = local ? &t->peer->local : &t->peer->remote;

	if (!s)
		s = get(t, "authby");
	if (!s)
		return map_get(side, local ? "key" : "pubkey") ? "pubkey"
							       : "cert";
	t->setting = s;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncasecmp(s->value, words[i].begin,
			    strlen(words[i].begin)) != 0)
			continue;
		if (strcmp(words[i].ours, "cert") == 0 &&
			map_get(side, local ? "key" : "pubkey"))
			return "pubkey";
		if (strcasecmp(s->value, "rsa-sha1") == 0)
			map_add(t->c, &t->peer->map, "allow_weak", "sha1");
		return words[i].ours;
	}
	take_note(
		t, "the whole peer is left out: '%.32s' is " NOT_YET, s->value);
	t->peer->left_out = true;
	return "psk";
}

static void finish_auth(struct taking *t)
{
	const char *local = method(t, true), *remote = method(t, false);
	struct map *map = &t->peer->map;
	const char *address = map_word(&t->peer->remote, "address");

	if (strcmp(local, remote) == 0) {
		map_set(t->c, map, "auth", local);
	} else {
		map_set(t->c, map, "local_auth", local);
		map_set(t->c, map, "remote_auth", remote);
	}
	if (strcmp(local, "cert") == 0 && !map_get(&t->peer->local, "cert")) {
		const char *file = convert_text(t->c, "%s.pem", t->peer->name);

		map_set(t->c, &t->peer->local, "cert", file);
		convert_note(t->c, map, t->peer->at, t->peer->name,
			"our certificate is not named; put it into certs/%s, "
			"its key into secrets/%s.key",
			file, t->peer->name);
	}
	if (strcmp(remote, "pubkey") != 0)
		map_remove(&t->peer->remote, "pubkey");
	if (strcmp(local, "pubkey") != 0)
		map_remove(&t->peer->local, "key");
	if (strcmp(remote, "cert") == 0 && !map_get(&t->peer->remote, "id") &&
		!map_get(&t->peer->remote, "cert") && address &&
		strcmp(address, "any") != 0)
		convert_note(t->c, map, t->peer->at, t->peer->name,
			"the other side's certificate must be for '%s', as no "
			"identity says who it is",
			address);
}

/* --- Proposals ------------------------------------------------------------------ */

#define GROUPS "x25519-ecp256-ecp384-modp3072-modp2048-modp4096"

static void add_tokens(
	struct taking *t, struct new_proposal *proposal, const char *tokens)
{
	const struct conn *conn = t->state;

	while (*tokens) {
		const size_t len = strcspn(tokens, "-;+");
		const char *name = convert_copy(t->c, tokens, len);

		/* Libreswan's aes is of any length. */
		if (strcmp(name, "aes") == 0 &&
			conn->dialect == DIALECT_LIBRESWAN)
			name = "aes_cbc";
		if (*name)
			new_proposal_add(t, proposal, name);
		tokens += len;
		tokens += *tokens != '\0';
	}
}

/* What Libreswan adds to a proposal that does not say it. */
static void add_missing(
	struct taking *t, struct new_proposal *proposal, const char *groups)
{
	const struct conn *conn = t->state;
	const bool ike = proposal->protocol == PROTOCOL_IKE;
	const bool cbc = new_proposal_has_cipher(proposal, false);

	if (conn->dialect != DIALECT_LIBRESWAN)
		return;
	if (cbc && !new_proposal_has(proposal, TRANSFORM_INTEG))
		add_tokens(t, proposal, "sha512-sha256");
	if (ike && !cbc && !new_proposal_has(proposal, TRANSFORM_INTEG) &&
		!new_proposal_has(proposal, TRANSFORM_PRF))
		add_tokens(t, proposal, "prfsha512-prfsha256");
	if (new_proposal_has(proposal, TRANSFORM_KE))
		return;
	if (ike)
		add_tokens(t, proposal, GROUPS);
	else if (!says(t, "pfs", "no"))
		add_tokens(t, proposal, groups);
}

static void add_esn(struct taking *t, struct new_proposal *proposal)
{
	if (proposal->protocol == PROTOCOL_IKE ||
		new_proposal_has(proposal, TRANSFORM_ESN))
		return;
	if (says(t, "esn", "yes"))
		add_tokens(t, proposal, "esn");
	if (says(t, "esn", "no"))
		add_tokens(t, proposal, "noesn");
}

/* strongSwan's ! means: these alone. */
static void finish_proposals(struct taking *t, const struct setting *setting,
	const char *ours, const char *groups)
{
	const struct conn *conn = t->state;
	const struct convert_row row = { "conn", ours, NULL, ours, NULL, NULL };
	const char *words[CONVERT_MAX_WORDS];
	bool alone = false;
	size_t count;

	if (!at(t, &row, setting))
		return;
	count = take_split(t, ", \t", words);
	for (size_t i = 0; i < count; i++) {
		const char *mark = strchr(words[i], '!');
		struct new_proposal proposal = {
			.protocol = strcmp(ours, "ike") == 0 ? PROTOCOL_IKE
							     : PROTOCOL_ESP,
		};
		const char *word = mark ? convert_copy(t->c, words[i],
						  (size_t)(mark - words[i]))
					: words[i];

		alone = alone || mark;
		if (!*word)
			continue;
		add_tokens(t, &proposal, word);
		add_missing(t, &proposal, groups);
		add_esn(t, &proposal);
		new_proposal_end(t, &proposal, word);
	}
	if (conn->dialect == DIALECT_STRONGSWAN && !alone)
		map_add(t->c, t->map, ours, "default");
	take_checked(t, ours);
	if (!map_get(t->map, ours))
		take_note(t, "nothing of it is left: our default is offered, "
			     "which the other side must accept");
}

/* The groups of the IKE SA, for the children's rekeys; also without. */
static const char *groups_of(struct taking *t)
{
	const struct entry *ike = map_get(&t->peer->map, "ike");
	char *text = convert_alloc(t->c, 512);

	for (size_t i = 0; ike && i < ike->count; i++) {
		const char *word = ike->word[i];

		while (*word && strcmp(ike->word[i], "default") != 0) {
			const size_t len = strcspn(word, "-");
			const struct transform *row =
				transform_named(bytes_of(word, len));

			if (row && row->type == TRANSFORM_KE &&
				!strstr(text, row->name))
				sprintf(text + strlen(text), "%s-", row->name);
			word += len;
			word += *word == '-';
		}
	}
	return *text ? convert_text(t->c, "%snone", text) : GROUPS "-none";
}

/* --- Times ---------------------------------------------------------------------- */

static const struct setting *first_of(
	const struct taking *t, const char *const *keys)
{
	const struct setting *s = NULL;

	for (; *keys && !s; keys++)
		s = get(t, *keys);
	return s;
}

static uint64_t seconds_of(struct taking *t, const struct setting *s)
{
	uint64_t ms;

	if (!s || !*s->value)
		return 0;
	if (value_duration(s->value, &ms))
		return ms / 1000;
	t->setting = s;
	take_note(t, "left out: '%.32s' is no time", s->value);
	return 0;
}

/* A life less the time before its end at which theirs is rekeyed. */
static void finish_time(struct taking *t, const char *const *keys,
	uint64_t standard, uint64_t margin, const char *ours)
{
	const struct conn *conn = t->state;
	const struct setting *s = first_of(t, keys);
	const bool own = s && *s->value;
	uint64_t life = own ? seconds_of(t, s) : standard;

	if (life == 0 || (!own && conn->dialect == DIALECT_EITHER))
		return;
	t->setting = s ? s : t->setting;
	life = life > 2 * margin ? life - margin : life / 2;
	map_set(t->c, t->map, ours, convert_duration(t->c, life));
	if (!own)
		map_get(t->map, ours)->remark =
			conn->dialect == DIALECT_LIBRESWAN
				? "Libreswan's default"
				: "strongSwan's default";
	take_checked(t, ours);
}

static const char *const ike_lives[] = { "ikelifetime", NULL };
static const char *const margins[] = { "margintime", "rekeymargin", NULL };
static const char *const lives[] = { "lifetime", "keylife", "salifetime",
	"ipsec-lifetime", NULL };

static uint64_t margin_of(struct taking *t)
{
	const struct setting *s = first_of(t, margins);

	return s ? seconds_of(t, s) : 540;
}

static void finish_ike_time(struct taking *t)
{
	const struct conn *conn = t->state;

	t->map = &t->peer->map;
	t->scope = SCOPE_PEER;
	if (says(t, "rekey", "no")) {
		map_set(t->c, t->map, "rekey_time", "never")->remark =
			"rekey=no: the other side does it";
		return;
	}
	finish_time(t, ike_lives,
		conn->dialect == DIALECT_LIBRESWAN ? 28800 : 10800,
		margin_of(t), "rekey_time");
	if (says(t, "reauth", "yes"))
		finish_time(t, ike_lives, 10800, margin_of(t), "reauth_time");
}

static void finish_child_time(struct taking *t)
{
	const struct conn *conn = t->state;

	if (says(t, "rekey", "no"))
		map_set(t->c, t->map, "rekey_time", "never");
	else
		finish_time(t, lives,
			conn->dialect == DIALECT_LIBRESWAN ? 28800 : 3600,
			margin_of(t), "rekey_time");
}

/* Theirs looks for dead peers only if it is told what to do then (strongSwan),
 * or when (Libreswan). */
static void finish_dpd(struct taking *t)
{
	static const struct convert_row action = { "conn", "dpdaction", NULL,
		"dpd_action",
		"none= clear=clear hold=on-demand trap=on-demand "
		"restart=restart restart_by_peer=restart",
		NULL };
	static const struct convert_row close = { "conn", "closeaction", NULL,
		"close_action",
		"none=clear clear=clear hold=on-demand trap=on-demand "
		"restart=restart",
		NULL };
	static const struct convert_row delay = { "conn", "dpddelay", NULL,
		"dpd_delay", NULL, NULL };
	const struct conn *conn = t->state;
	const bool acts =
		value_of(t, "dpdaction") && !says(t, "dpdaction", "none");

	if (at(t, &action, get(t, "dpdaction")))
		take_choice(t);
	if (at(t, &close, get(t, "closeaction")))
		take_choice(t);
	if (conn->dialect == DIALECT_STRONGSWAN && !acts)
		map_set(t->c, t->map, "dpd_delay", "never")->remark =
			"strongSwan's default without dpdaction";
	else if (at(t, &delay, get(t, "dpddelay")))
		take_time(t);
	else if (conn->dialect == DIALECT_LIBRESWAN)
		map_set(t->c, t->map, "dpd_delay", "never")->remark =
			"Libreswan's default";
}

/* --- Children ---------------------------------------------------------------------- */

/* "tcp/80", "17/%any", "6/0", "17" as theirs is written behind a network. */
static const char *with_service(
	struct taking *t, const char *net, const char *service)
{
	if (!service || strcmp(service, "%any") == 0 || *service == '0')
		return net;
	return convert_text(t->c, "%s[%s]", net, service);
}

/* The words of leftsubnets={..}, or leftsubnet. */
static size_t nets_of(struct taking *t, bool local,
	const char *out[CONVERT_MAX_WORDS], const struct setting **from)
{
	*from = get(t, side_key(t, local, "subnets"));
	if (!*from || !*(*from)->value)
		*from = get(t, side_key(t, local, "subnet"));
	if (!at(t, NULL, *from))
		return 0;
	return take_split(t, "{}, \t", out);
}

static void put_selector(struct taking *t, bool local, const char *net,
	const struct setting *from)
{
	const char *service = value_of(t, side_key(t, local, "protoport"));
	const char *ours = local ? "local_ts" : "remote_ts", *selector;

	if (strcmp(net, "%no") == 0 || strcmp(net, "%priv") == 0)
		return; /* of vhost:%no,%priv */
	if (strncmp(net, "vhost:", 6) == 0 || strncmp(net, "vnet:", 5) == 0) {
		t->setting = from;
		take_note(t, "left out: who is behind a NAT has one address; "
			     "pools of addresses are " NOT_YET);
		return;
	}
	selector = convert_selector(
		t->c, strchr(net, '[') ? net : with_service(t, net, service));
	if (from)
		t->setting = from;
	else
		t->setting = get(t, side_key(t, local, "protoport"));
	if (selector) {
		map_add(t->c, t->map, ours, selector);
		take_checked(t, ours);
	} else {
		take_note(t,
			"'%.64s' is left out: NET [PROTO[/PORT]] with "
			"protocol and ports by number is what we have",
			net);
	}
}

static void put_nets(struct taking *t, bool local, const char *const *nets,
	size_t count, const struct setting *from)
{
	for (size_t i = 0; i < count; i++)
		put_selector(t, local, nets[i], from);
	if (count == 0 && value_of(t, side_key(t, local, "protoport")))
		put_selector(t, local, "dynamic", NULL);
}

static void put_child(struct taking *t, const char *name)
{
	static const struct convert_row type = { "conn", "type", NULL, "mode",
		"tunnel=tunnel transport=transport passthrough=pass pass=pass "
		"drop=drop reject=drop transport_proxy=! beet=!",
		"tunnel, transport, pass and drop are what we have" };
	static const struct convert_row start = { "conn", "auto", NULL, "start",
		"add=wait start=now up=now route=on-demand ondemand=on-demand "
		"keep=now ignore= manual=",
		NULL };
	static const struct convert_row inactivity = { "conn", "inactivity",
		NULL, "inactivity", NULL, NULL };
	struct conn *conn = t->state;

	t->child = convert_child(t->c, t->peer, name, conn->section->at);
	t->map = &t->child->map;
	t->scope = SCOPE_CHILD;
	if (at(t, &type, get(t, "type")))
		take_choice(t);
	if (at(t, &start, get(t, "auto")))
		take_choice(t);
	if (at(t, &inactivity, get(t, "inactivity")))
		take_time(t);
	conn_take_childs(t);
	finish_child_time(t);
	finish_proposals(t, get(t, "esp"), "esp", groups_of(t));
	finish_proposals(t, get(t, "phase2alg"), "esp", groups_of(t));
}

/* Each pair of leftsubnets and rightsubnets is a child for Libreswan. */
static void finish_children(struct taking *t, const char *name)
{
	const char *local[CONVERT_MAX_WORDS], *remote[CONVERT_MAX_WORDS];
	const struct setting *local_from, *remote_from;
	const size_t locals = nets_of(t, true, local, &local_from);
	const size_t remotes = nets_of(t, false, remote, &remote_from);
	const bool pairs = get(t, "leftsubnets") || get(t, "rightsubnets");

	if (!pairs || locals == 0 || remotes == 0 ||
		locals * remotes > CONVERT_MAX_WORDS) {
		put_child(t, name);
		put_nets(t, true, local, locals, local_from);
		put_nets(t, false, remote, remotes, remote_from);
		t->child = NULL;
		return;
	}
	for (size_t i = 0; i < locals; i++) {
		for (size_t k = 0; k < remotes; k++) {
			put_child(t, convert_text(t->c, "%s-%zux%zu", name,
					     i + 1, k + 1));
			put_nets(t, true, &local[i], 1, local_from);
			put_nets(t, false, &remote[k], 1, remote_from);
			t->child = NULL;
		}
	}
}

/* --- All of a conn ---------------------------------------------------------- */

static void finish_unique(struct taking *t)
{
	const struct conn *conn = t->state;

	if (!conn->uniqueids || strcasecmp(conn->uniqueids, "yes") == 0 ||
		strcasecmp(conn->uniqueids, "replace") == 0)
		return;
	map_set(t->c, &t->peer->map, "unique",
		strcasecmp(conn->uniqueids, "keep") == 0 ? "keep" : "no");
}

void conn_finish(struct taking *t, const char *name)
{
	const struct conn *conn = t->state;

	t->map = &t->peer->map;
	t->scope = SCOPE_PEER;
	t->setting = conn->section->settings;
	if (map_word(&t->peer->local, "address") &&
		strcmp(map_word(&t->peer->local, "address"), "any") == 0)
		map_remove(&t->peer->local, "address");
	if (!map_get(&t->peer->remote, "address"))
		map_set(t->c, &t->peer->remote, "address", "any");
	finish_proposals(t, get(t, "ike"), "ike", NULL);
	finish_ike_time(t);
	finish_dpd(t);
	finish_children(t, name);
	if (convert_only_shunts(t->peer)) {
		t->peer->map.entries = NULL;
		t->peer->local.entries = NULL;
		t->peer->remote.entries = NULL;
		return;
	}
	finish_unique(t);
	if (conn->revocation)
		map_set(t->c, &t->peer->map, "revocation", conn->revocation);
	finish_auth(t);
}

/* proofs.c - how the two sides of a peer prove themselves: methods, keys, certificates.
 * SPDX-License-Identifier: ISC
 */
#include "config/proofs.h"

#include "config/values.h"
#include "ikev2/identity.h"

#include <sodium.h>
#include <stdio.h>

/* A peer that is being read. */
struct proof {
	const struct reading *r;
	struct ike_peer *peer;
	struct store *store;
	bool methods; /* are known: who has none needs no files */
	const struct node *cert, *key;          /* in `local` */
	const struct node *ca, *known, *pubkey; /* in `remote` */
};

/* --- Methods ------------------------------------------------------------------------ */

/* `auth` is for both, but we need one that is ours. */
static bool share_auth(const struct reading *r, struct ike_peer *peer,
	const struct node *both, bool own)
{
	const uint8_t methods = peer->remote.auth;

	peer->local.auth = methods;
	if (own || r->partial || (methods & (methods - 1)) == 0)
		return true;
	peer->local.auth = IKE_AUTH_PSK;
	complain(r->errors, both->at, "say which with 'local_auth'",
		"'auth' is a list, but we prove ourselves in one way");
	return false;
}

static bool read_auths(const struct reading *r, struct ike_peer *peer)
{
	static const char *const local[][2] = { { NULL, "local_auth" },
		{ "local", "auth" } };
	static const char *const remote[][2] = { { NULL, "remote_auth" },
		{ "remote", "auth" } };
	const struct node *both = reading_find(r, "auth");
	const struct node *l = reading_find_any(r, local, 2);
	const struct node *m = reading_find_any(r, remote, 2);
	bool ok = true;

	if (both)
		ok = reading_row(
			     r, schema_find(SCOPE_PEER, "auth"), both, peer) &&
		     share_auth(r, peer, both, l != NULL);
	ok = reading_row(r, schema_find(SCOPE_PEER, "local_auth"), l, peer) &&
	     ok;
	ok = reading_row(r, schema_find(SCOPE_PEER, "remote_auth"), m, peer) &&
	     ok;
	if (both || (l && m) || r->partial || r->alone)
		return ok;
	complain(r->errors, r->at, "add 'auth: psk'", "peer '%s' has no 'auth'",
		peer->name);
	return false;
}

static uint8_t methods_of(const struct ike_peer *peer)
{
	return peer->local.auth | peer->remote.auth;
}

/* --- Leaving a peer out --------------------------------------------------------------- */

/* The first reason is the one that status shows. */
static void leave_out(const struct reading *r, struct ike_peer *peer,
	struct place at, const char *what, const struct outcome *outcome)
{
	if (outcome->result == CREDENTIALS_BAD_TEXT) {
		complain(r->errors, at, outcome->hint, "%s", outcome->error);
		return;
	}
	if (!peer->error[0])
		snprintf(peer->error, sizeof(peer->error), "%s %.240s", what,
			outcome->error);
	complain_as(r->errors, CONFIG_LEFT_OUT, at, outcome->hint,
		"peer '%s' is left out: %s %s", peer->name, what,
		outcome->error);
}

static struct place place_of(const struct reading *r, const struct node *node)
{
	return node ? node->at : r->at;
}

/* --- The shared key ---------------------------------------------------------------------- */

static void take_secret(
	const struct proof *p, const struct node *node, const char *text)
{
	struct place at = place_of(p->r, node);
	struct outcome outcome;
	struct credentials_psk psk;

	outcome.result =
		credentials_read_psk(text, p->store->folder[FOLDER_SECRETS],
			&psk, outcome.error, outcome.hint);
	if (!psk.in_text)
		store_saw(p->store, FOLDER_SECRETS, text);
	if (outcome.result == CREDENTIALS_OK) {
		memcpy(p->peer->psk, psk.data, sizeof(p->peer->psk));
		p->peer->psk_len = psk.len;
		if (psk.in_text)
			complain_as(p->r->errors, CONFIG_WARNING, at,
				"better in a file under secrets/",
				"the secret of peer '%s' stands in the "
				"configuration",
				p->peer->name);
	} else {
		leave_out(p->r, p->peer, at, "secret", &outcome);
	}
	sodium_memzero(&psk, sizeof(psk));
}

/* Nobody needs the key of a peer that is not there. */
static bool is_needed(const struct proof *p)
{
	return p->methods && !p->r->partial && !p->r->alone && p->peer->enabled;
}

static void read_secret(const struct proof *p)
{
	static const char *const paths[][2] = { { NULL, "secret" },
		{ "local", "secret" }, { "remote", "secret" } };
	const struct node *node = reading_find_any(p->r, paths, 3);
	char standard[MAX_NAME + 4];

	if (node && (node->bad || node->kind != NODE_WORD || !*node->text)) {
		if (!node->bad)
			complain(p->r->errors, node->at,
				"a file, cred:NAME, or hex:.. base64:.. "
				"text:..",
				"'secret' is a single value");
		return;
	}
	if (!is_needed(p) || !(methods_of(p->peer) & IKE_AUTH_PSK))
		return;
	snprintf(standard, sizeof(standard), "%s.psk", p->peer->name);
	take_secret(p, node, node ? node->text : standard);
}

/* --- Files in `local` and `remote` ----------------------------------------------------- */

/* NULL without it, or if it is nothing that could be one. */
static const struct node *find_file(
	const struct reading *r, const char *side, const char *key)
{
	const struct reading inner = reading_inner(r, side);
	const struct node *node = reading_find(&inner, key);

	return node && reading_row(r, schema_find(SCOPE_SIDE, key), node, NULL)
		       ? node
		       : NULL;
}

static void refuse_elsewhere(const struct reading *r, const char *side,
	const char *key, const char *hint)
{
	const struct reading inner = reading_inner(r, side);
	const struct node *node = reading_find(&inner, key);

	if (node && !node->bad)
		complain(r->errors, node->key_at, hint,
			"'%s' means nothing in '%s'", key, side);
}

/* Who names a certificate believes that it counts. */
static void warn_of_unused(const struct proof *p)
{
	const uint8_t local = p->peer->local.auth;
	const uint8_t remote = p->peer->remote.auth;
	const struct {
		const char *side, *key;
		bool used;
		const char *needs;
	} rows[] = {
		{ "local", "cert", local & IKE_AUTH_SIGNATURE,
			"'local_auth: cert'" },
		{ "local", "key", local & IKE_AUTH_SIGNATURE,
			"'local_auth: cert' or 'pubkey'" },
		{ "remote", "ca", remote & IKE_AUTH_CERT,
			"'remote_auth: cert'" },
		{ "remote", "cert", remote & IKE_AUTH_CERT,
			"'remote_auth: cert'" },
		{ "remote", "pubkey", remote & IKE_AUTH_PUBKEY,
			"'remote_auth: pubkey'" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct node *node =
			node_get(node_get(p->r->levels.map[0], rows[i].side),
				rows[i].key);

		if (node && !rows[i].used)
			complain_as(p->r->errors, CONFIG_WARNING, node->key_at,
				"", "'%s' has no effect without %s",
				rows[i].key, rows[i].needs);
	}
}

static void find_files(struct proof *p)
{
	p->cert = find_file(p->r, "local", "cert");
	p->key = find_file(p->r, "local", "key");
	p->ca = find_file(p->r, "remote", "ca");
	p->known = find_file(p->r, "remote", "cert");
	p->pubkey = find_file(p->r, "remote", "pubkey");
	refuse_elsewhere(p->r, "local", "ca",
		"it stands in 'remote': whom we believe about the peer");
	refuse_elsewhere(
		p->r, "local", "pubkey", "leave it out: it is part of 'key'");
	refuse_elsewhere(p->r, "remote", "key",
		"it stands in 'local'; the peer's is 'pubkey'");
}

static void missing(const struct proof *p, const char *side, const char *key,
	const char *hint)
{
	complain(p->r->errors, p->r->at, hint, "peer '%s' has no '%s' in '%s'",
		p->peer->name, key, side);
}

/* --- What we prove ourselves with --------------------------------------------------------- */

/* "sites/vpn.pem" is "sites/vpn.key". */
static bool key_of_cert(const char *cert, char out[PATH_MAX])
{
	const char *name = cert[0] == '/' ? strrchr(cert, '/') + 1 : cert;
	const char *slash = strrchr(name, '/');
	const char *dot = strrchr(slash ? slash : name, '.');
	size_t len = dot && dot != name ? (size_t)(dot - name) : strlen(name);

	if (strncmp(name, "cred:", 5) == 0 || len + sizeof(".key") > PATH_MAX)
		return false;
	snprintf(out, PATH_MAX, "%.*s.key", (int)len, name);
	return true;
}

static void warn(const struct proof *p, const struct node *at, const char *key,
	const char *text)
{
	char once[PATH_MAX + X509_WHY + 16];

	snprintf(once, sizeof(once), "warned\n%.4095s\n%.255s", at->text, key);
	if (store_once(p->store, once))
		complain_as(p->r->errors, CONFIG_WARNING, at->at, NULL,
			"certificate '%s': %s", at->text, text);
}

/* At a time when it is valid: now is what store.c looks at. */
static void judge_usage(const struct proof *p, const struct node *at,
	const struct certificate *certificate)
{
	int64_t not_before, not_after;
	char why[X509_WHY];

	certificate_validity(certificate, &not_before, &not_after);
	if (not_before <= not_after &&
		!certificate_may_prove(certificate, not_before, why))
		warn(p, at, "usage", why);
}

/* What the other side will hold against it: the other side decides, so these
 * are warnings. */
static void judge_own(const struct proof *p, const struct certificate *own)
{
	const char *complaints[8];
	struct bytes data;
	uint8_t type;
	size_t count;

	judge_usage(p, p->cert, own);
	if (p->peer->remote.place_count > 0) {
		if (!certificate_alt_name(own, 0, &type, &data))
			warn(p, p->cert, "names",
				"no subjectAltName: many peers refuse it");
		return;
	}
	/* From anywhere come phones and laptops. */
	count = certificate_complaints(own, complaints, 8);
	for (size_t i = 0; i < count && i < 8; i++)
		warn(p, p->cert, complaints[i], complaints[i]);
}

static void certificate_id(const struct certificate *own, struct ike_id *id)
{
	struct bytes name = certificate_subject(own);
	uint8_t type = ID_DER_ASN1_DN;

	if (name.len <= 2 || name.len > MAX_ID_LEN) {
		for (size_t i = 0;; i++) {
			if (!certificate_alt_name(own, i, &type, &name))
				return;
			if (name.len > 0 && name.len <= MAX_ID_LEN)
				break;
		}
	}
	id->type = type;
	id->len = (uint16_t)name.len;
	memcpy(id->data, name.at, name.len);
}

/* Who we say we are must be in the certificate: the peer looks (RFC 4945
 * section 3.1). */
static void check_local_id(const struct proof *p, const struct certificate *own)
{
	static const char *const paths[][2] = { { NULL, "local_id" },
		{ "local", "id" } };
	const struct node *node = reading_find_any(p->r, paths, 2);
	struct ike_id *id = &p->peer->local.id;
	struct outcome outcome = { .result = CREDENTIALS_BAD_FILE };
	char text[IKE_ID_SIZE];

	if (id->type == ID_NONE) {
		certificate_id(own, id);
		if (id->type != ID_NONE)
			return;
		snprintf(outcome.error, sizeof(outcome.error),
			"'%.200s' has no identity that we could use",
			p->cert->text);
		leave_out(p->r, p->peer, p->cert->at, "certificate", &outcome);
		return;
	}
	if (certificate_names(own, id->type, bytes_of(id->data, id->len)))
		return;
	snprintf(outcome.error, sizeof(outcome.error),
		"'%.100s' has no identity '%.120s'", p->cert->text,
		identity_text(id, text));
	leave_out(p->r, p->peer, place_of(p->r, node), "certificate", &outcome);
}

static void read_own(const struct proof *p)
{
	const bool cert = p->peer->local.auth & IKE_AUTH_CERT;
	const char *name = p->cert ? p->cert->text : NULL;
	char standard[PATH_MAX];
	struct outcome outcome;
	struct credential *own;

	if (cert && !p->cert) {
		missing(p, "local", "cert", "local: {cert: FILE}, from certs/");
		return;
	}
	if (!p->key && (!p->cert || !key_of_cert(name, standard))) {
		missing(p, "local", "key",
			"local: {key: FILE}, from secrets/, or cred:NAME");
		return;
	}
	if (cert && !store_certificates(p->store, FOLDER_CERTS, name,
			    p->cert->at, &outcome)) {
		leave_out(p->r, p->peer, p->cert->at, "certificate", &outcome);
		return;
	}
	own = store_credential(p->store, cert ? name : NULL,
		p->key ? p->key->text : standard, place_of(p->r, p->cert),
		&outcome);
	p->peer->own = own;
	if (!own) {
		leave_out(p->r, p->peer,
			place_of(p->r, p->key ? p->key : p->cert), "key",
			&outcome);
		return;
	}
	if (!cert)
		return;
	judge_own(p, credential_certificate(own, 0));
	check_local_id(p, credential_certificate(own, 0));
}

/* --- What the peer's must lead to ----------------------------------------------------------- */

static bool out_of_memory(const struct proof *p, const struct node *at)
{
	struct outcome outcome = { .result = CREDENTIALS_BAD_FILE };

	snprintf(outcome.error, sizeof(outcome.error), "'%.100s': no memory",
		at->text);
	leave_out(p->r, p->peer, at->at, "file", &outcome);
	return false;
}

/* The first of the file: what follows is its chain. */
static bool add_known(const struct proof *p, struct trust *trust)
{
	const struct credentials_certificates *list;
	struct outcome outcome;

	list = store_certificates(
		p->store, FOLDER_CERTS, p->known->text, p->known->at, &outcome);
	if (!list) {
		leave_out(p->r, p->peer, p->known->at, "certificate", &outcome);
		return false;
	}
	judge_usage(p, p->known, list->list[0]);
	return trust_add_leaf(trust, list->list[0]) ||
	       out_of_memory(p, p->known);
}

static bool add_keys(const struct proof *p, struct trust *trust)
{
	const struct node *word = NULL;
	struct outcome outcome;
	struct public_key *key;
	bool ok;

	while ((word = value_next(p->pubkey, word, p->r->errors))) {
		store_saw(p->store, FOLDER_CERTS, word->text);
		outcome.result = credentials_read_public_key(word->text,
			p->store->folder[FOLDER_CERTS], &key, outcome.error,
			outcome.hint);
		if (outcome.result != CREDENTIALS_OK) {
			leave_out(p->r, p->peer, word->at, "public key",
				&outcome);
			return false;
		}
		ok = trust_add_key(trust, key);
		public_key_unref(key);
		if (!ok)
			return out_of_memory(p, word);
	}
	return true;
}

/* A certificate that is known beforehand needs no authority. */
static struct trust *get_trust(const struct proof *p, bool cert, bool keys)
{
	const bool roots = cert && (p->ca || !p->known);
	struct outcome outcome = { .result = CREDENTIALS_BAD_FILE,
		.error = "no memory" };
	struct trust *trust;

	if (roots && !(cert && p->known) && !keys)
		trust = store_trust(p->store, p->ca, &outcome);
	else if (roots)
		trust = store_new_trust(p->store, p->ca, &outcome);
	else
		trust = trust_new();
	if (!trust)
		leave_out(p->r, p->peer, place_of(p->r, p->ca), "authority",
			&outcome);
	return trust;
}

static void read_trust(const struct proof *p)
{
	const bool cert = p->peer->remote.auth & IKE_AUTH_CERT;
	const bool keys = p->peer->remote.auth & IKE_AUTH_PUBKEY;
	struct trust *trust;

	if (keys && !p->pubkey) {
		missing(p, "remote", "pubkey",
			"remote: {pubkey: FILE}, from certs/");
		return;
	}
	trust = get_trust(p, cert, keys);
	if (trust && (!cert || !p->known || add_known(p, trust)) &&
		(!keys || add_keys(p, trust)))
		p->peer->trust = trust;
	else
		trust_unref(trust);
}

/* --- All of it --------------------------------------------------------------------------------- */

/* `local_id` left out: the name in `local`, if it is one. */
static void imply_local_id(struct ike_peer *peer)
{
	if (peer->local.id.type == ID_NONE && peer->local.place_count == 1 &&
		peer->local.places[0].kind == IKE_PLACE_NAME &&
		!(peer->local.auth & IKE_AUTH_CERT))
		identity_parse(
			peer->local.places[0].name, &peer->local.id, NULL);
}

void proofs_read(
	const struct reading *r, struct ike_peer *peer, struct store *store)
{
	struct proof p = { .r = r, .peer = peer, .store = store };

	p.methods = read_auths(r, peer);
	imply_local_id(peer);
	/* Only signatures can be with SHA-1. */
	if (!(methods_of(peer) & IKE_AUTH_SIGNATURE))
		peer->sha1 = false;
	read_secret(&p);
	find_files(&p);
	if (!is_needed(&p))
		return;
	warn_of_unused(&p);
	if (peer->local.auth & IKE_AUTH_SIGNATURE)
		read_own(&p);
	if (peer->remote.auth & IKE_AUTH_SIGNATURE)
		read_trust(&p);
}

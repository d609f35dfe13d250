/* schema.c - THE table: every key, its kind, range, default and help.
 * SPDX-License-Identifier: ISC
 *
 * To add a key: one row here.  If its kind is new: a case in schema_equal, and in
 * schema_read (schema_values.c); a row of tests/unit/schema.c says how it is
 * written.
 */
#include "config/schema.h"

#include "ikev2/identity.h"

#include <inttypes.h>
#include <sodium.h>

/* --- The table ------------------------------------------------------------------- */

static const struct schema_choice starts[] = {
	{ "wait", IKE_START_WAIT },
	{ "now", IKE_START_NOW },
	{ "on-demand", IKE_START_ON_DEMAND },
	{ NULL, 0 },
};
static const struct schema_choice modes[] = {
	{ "tunnel", IKE_MODE_TUNNEL },
	{ "transport", IKE_MODE_TRANSPORT },
	{ "pass", IKE_MODE_PASS },
	{ "drop", IKE_MODE_DROP },
	{ NULL, 0 },
};
static const struct schema_choice uniques[] = {
	{ "replace", IKE_UNIQUE_REPLACE },
	{ "keep", IKE_UNIQUE_KEEP },
	{ "no", IKE_UNIQUE_NO },
	{ NULL, 0 },
};
static const struct schema_choice actions[] = {
	{ "clear", IKE_ACTION_CLEAR },
	{ "on-demand", IKE_ACTION_ON_DEMAND },
	{ "restart", IKE_ACTION_RESTART },
	{ NULL, 0 },
};
static const struct schema_choice encaps[] = {
	{ "auto", IKE_ENCAP_AUTO },
	{ "force", IKE_ENCAP_FORCE },
	{ "no", IKE_ENCAP_NO },
	{ NULL, 0 },
};
static const struct schema_choice revocations[] = {
	{ "off", REVOCATION_OFF },
	{ "soft", REVOCATION_SOFT },
	{ "strict", REVOCATION_STRICT },
	{ NULL, 0 },
};
static const struct schema_choice paddings[] = {
	{ "pss", AUTH_RSA_PSS },
	{ "pkcs1", AUTH_RSA_PKCS1 },
	{ NULL, 0 },
};
static const struct schema_choice auths[] = {
	{ "psk", IKE_AUTH_PSK },
	{ "cert", IKE_AUTH_CERT },
	{ "pubkey", IKE_AUTH_PUBKEY },
	{ "eap-mschapv2", CHOICE_LATER },
	{ "eap-tls", CHOICE_LATER },
	{ "eap-radius", CHOICE_LATER },
	{ NULL, 0 },
};

#define IN(STRUCT, MEMBER)                                                     \
	.at = offsetof(struct STRUCT, MEMBER),                                 \
	.size = sizeof(((const struct STRUCT *)0)->MEMBER)
#define DAEMON(MEMBER) IN(config_daemon, MEMBER)
#define PEER(MEMBER)   IN(ike_peer, MEMBER)
#define SIDE(MEMBER)   IN(ike_side, MEMBER)
#define CHILD(MEMBER)  IN(ike_child_policy, MEMBER)
#define SELECTORS(MEMBER)                                                      \
	CHILD(MEMBER),                                                         \
		.count_at = offsetof(struct ike_child_policy, MEMBER##_count)
#define RANGE(MIN, MAX) .min = (MIN), .max = (MAX)
#define DEFAULT(TEXT)   .standard = (TEXT)
#define CHANGES(WHAT)   .on_change = IKE_CHANGE_##WHAT
#define SHUNT           .shunt = true
#define HELP(TEXT)      .help = (TEXT)

/* clang-format off */
static const struct schema_row rows[] = {
	{ SCOPE_TOP, "daemon",      KIND_SECTION, HELP("the daemon itself: sockets, log, limits") },
	{ SCOPE_TOP, "defaults",    KIND_SECTION, HELP("any key of a peer or a child, for all that do not have it") },
	{ SCOPE_TOP, "peers",       KIND_SECTION, HELP("peers by name: [A-Za-z0-9_.-], at most 63 characters") },
	{ SCOPE_TOP, "include",     KIND_SECTION, HELP("list of globs, relative to the folder of this file") },
	{ SCOPE_TOP, "authorities", KIND_SECTION, HELP("certification authorities by name: what else is known of them than their files in ca/") },
	{ SCOPE_TOP, "pools",       KIND_LATER,   HELP("addresses for clients") },
	{ SCOPE_TOP, "users",       KIND_LATER,   HELP("names and passwords for EAP") },
	{ SCOPE_TOP, "radius",      KIND_LATER,   HELP("servers for EAP") },

	{ SCOPE_DAEMON, "listen", KIND_ADDRESSES, DAEMON(listen), .count_at = offsetof(struct config_daemon, listen_count),
		DEFAULT("any"), HELP("addresses to listen on") },
	{ SCOPE_DAEMON, "port", KIND_NUMBER, DAEMON(port), RANGE(1, 65535), DEFAULT("500"), HELP("UDP port of IKE") },
	{ SCOPE_DAEMON, "nat_port", KIND_NUMBER, DAEMON(nat_port), RANGE(1, 65535), DEFAULT("4500"),
		HELP("UDP port of IKE and ESP through NAT") },
	{ SCOPE_DAEMON, "log", KIND_LOG, DAEMON(log), DEFAULT("info"), HELP("LEVEL[,AREA=LEVEL]..: error, warning, info or debug") },
	{ SCOPE_DAEMON, "cookie_threshold", KIND_NUMBER, DAEMON(cookie_threshold), RANGE(0, 1000000), DEFAULT("30"),
		HELP("half-open IKE SAs, or so many refused in a second, before strangers must return a cookie") },
	{ SCOPE_DAEMON, "half_open_limit", KIND_NUMBER, DAEMON(half_open_limit), RANGE(1, 1000000), DEFAULT("1000"),
		HELP("half-open IKE SAs before new requests are dropped") },
	{ SCOPE_DAEMON, "half_open_per_source", KIND_NUMBER, DAEMON(half_open_per_source), RANGE(1, 1000000), DEFAULT("5"),
		HELP("the same for one IPv4 address or IPv6 /64; eight times as many for one IPv4 /24 or IPv6 /56; four times as many may have been refused in the last half minute") },
	{ SCOPE_DAEMON, "fragment_size", KIND_NUMBER, DAEMON(fragment_size), RANGE(300, 65535), DEFAULT("1280"),
		HELP("octets of the longest IP datagram with an IKE message that can be cut, IP and UDP header included") },
	{ SCOPE_DAEMON, "control", KIND_SECTION, HELP("the control socket: {group}") },
	{ SCOPE_DAEMON, "metrics", KIND_LOOPBACK, DAEMON(metrics), DEFAULT("off"),
		HELP("OpenMetrics over HTTP at /metrics: a port, or ADDRESS:PORT, of loopback alone, where any user of this machine may read it; off") },
	{ SCOPE_DAEMON, "workers", KIND_LATER, HELP("how many cores to use") },
	{ SCOPE_CONTROL, "group", KIND_WORD, DAEMON(control_group), DEFAULT("ipsecd"), HELP("who may use ipsec-ctl, beside root") },

	{ SCOPE_PEER, "enabled", KIND_BOOL, PEER(enabled), DEFAULT("yes"), CHANGES(PEER), HELP("no: as if it were not there") },
	{ SCOPE_PEER, "local", KIND_PLACES, PEER(local), DEFAULT("any"), CHANGES(PEER),
		HELP("our address: address, name, range, CIDR, any, a list of them, or {address, id, auth, secret, cert, key}") },
	{ SCOPE_PEER, "remote", KIND_PLACES, PEER(remote), CHANGES(PEER),
		HELP("the peer's address: the same, or {address, port, id, auth, secret, ca, cert, pubkey}; required") },
	{ SCOPE_PEER, "local_id", KIND_LOCAL_ID, PEER(local), CHANGES(PEER),
		HELP("who we say we are: FQDN, user@host, IP address, C=..,O=..,CN=.., keyid:..; else our certificate's subject, the name in local, or our address") },
	{ SCOPE_PEER, "remote_id", KIND_REMOTE_ID, PEER(remote), DEFAULT("any"), CHANGES(PEER),
		HELP("who the peer must say it is: the same, any, \"*.example.com\", \"*@example.com\", \"C=CH, CN=*\"; else, of a certificate, what remote is called") },
	{ SCOPE_PEER, "auth", KIND_AUTH, PEER(remote.auth), .choices = auths, CHANGES(PEER),
		HELP("psk, cert or pubkey, or a list of what the peer may use; required") },
	{ SCOPE_PEER, "local_auth", KIND_LOCAL_AUTH, PEER(local.auth), .choices = auths, CHANGES(PEER), HELP("how we prove ourselves, if not as auth says: one of them") },
	{ SCOPE_PEER, "remote_auth", KIND_AUTH, PEER(remote.auth), .choices = auths, CHANGES(PEER), HELP("how the peer does, if not as auth says; or a list") },
	{ SCOPE_PEER, "secret", KIND_SECRET, PEER(psk), .count_at = offsetof(struct ike_peer, psk_len), DEFAULT("NAME.psk"),
		CHANGES(PEER), HELP("the shared key: FILE in secrets/, cred:NAME; inline hex:.. base64:.. text:..") },
	{ SCOPE_PEER, "ike", KIND_IKE, PEER(ike), DEFAULT("default"), CHANGES(REKEY), HELP("proposals for the IKE SA, or a preset") },
	{ SCOPE_PEER, "dpd_delay", KIND_DURATION_NEVER, PEER(dpd_delay_ms), RANGE(1000, 86400000), DEFAULT("30s"), CHANGES(NOTHING),
		HELP("silence before the peer is asked whether it is alive") },
	{ SCOPE_PEER, "dpd_action", KIND_CHOICE, PEER(dpd_action), .choices = actions, CHANGES(NOTHING),
		HELP("for children of a peer that does not answer any more: clear, on-demand or restart; else as start says") },
	{ SCOPE_PEER, "close_action", KIND_CHOICE, PEER(close_action), .choices = actions, CHANGES(NOTHING),
		HELP("the same for children that the peer closes") },
	{ SCOPE_PEER, "retransmit", KIND_SECTION, HELP("{tries, base, max}") },
	{ SCOPE_RETRANSMIT, "tries", KIND_NUMBER, PEER(retransmit_tries), RANGE(1, 20), DEFAULT("5"), CHANGES(NOTHING),
		HELP("how often a request is repeated before the peer is given up") },
	{ SCOPE_RETRANSMIT, "base", KIND_DURATION, PEER(retransmit_base_ms), RANGE(100, 60000), DEFAULT("2s"), CHANGES(NOTHING),
		HELP("time until the first repetition; each next waits 1.8 times as long") },
	{ SCOPE_RETRANSMIT, "max", KIND_DURATION, PEER(retransmit_max_ms), RANGE(100, 3600000), DEFAULT("60s"), CHANGES(NOTHING),
		HELP("the longest wait between two") },
	{ SCOPE_PEER, "keep_trying", KIND_BOOL, PEER(keep_trying), CHANGES(NOTHING),
		HELP("dial again after a failure; yes if a child starts now or on-demand, or an action is restart") },
	{ SCOPE_PEER, "unique", KIND_CHOICE, PEER(unique), .choices = uniques, DEFAULT("replace"), CHANGES(NOTHING),
		HELP("a second IKE SA of one identity: replace the first; keep the first, also if the peer wants to prove itself anew; no: have both") },
	{ SCOPE_PEER, "childless", KIND_BOOL, PEER(childless), DEFAULT("yes"), CHANGES(NOTHING),
		HELP("an IKE SA may be set up without a child (RFC 6023), by either side") },
	{ SCOPE_PEER, "encap", KIND_CHOICE, PEER(encap), .choices = encaps, DEFAULT("auto"), CHANGES(PEER),
		HELP("ESP in UDP: auto (behind a NAT), force, no") },
	{ SCOPE_PEER, "mobike", KIND_BOOL, PEER(mobike), DEFAULT("yes"), CHANGES(NOTHING),
		HELP("tunnels go on when addresses change (RFC 4555), if the peer can, too; taken up with the next IKE SA") },
	{ SCOPE_PEER, "fragmentation", KIND_BOOL, PEER(fragmentation), DEFAULT("yes"), CHANGES(NOTHING),
		HELP("cut long messages so that no IP datagram is longer than fragment_size (RFC 7383), if the peer can, too") },
	{ SCOPE_PEER, "allow_weak", KIND_WEAK, PEER(sha1), DEFAULT("[]"), CHANGES(NOTHING),
		HELP("weak algorithms that proposals may name; sha1: signatures with it, too") },
	{ SCOPE_PEER, "children", KIND_CHILDREN, HELP("children by name; without it one, named as the peer") },
	{ SCOPE_PEER, "rekey_time", KIND_DURATION_NEVER, PEER(rekey_ms), RANGE(10000, 2592000000), DEFAULT("24h"), CHANGES(REKEY),
		HELP("age at which the IKE SA is replaced, up to a tenth earlier; it ends a tenth later; or never") },
	{ SCOPE_PEER, "reauth_time", KIND_DURATION_NEVER, PEER(reauth_ms), RANGE(10000, 2592000000), DEFAULT("never"), CHANGES(REKEY),
		HELP("age at which both sides prove themselves again, by a second IKE SA; who was dialled tells the other") },
	{ SCOPE_PEER, "pool",           KIND_LATER, HELP("addresses for the client") },
	{ SCOPE_PEER, "request",        KIND_LATER, HELP("what a client asks for") },
	{ SCOPE_PEER, "if_id", KIND_NUMBER, PEER(if_id), RANGE(1, UINT32_MAX), CHANGES(CHILD),
		HELP("the XFRM interface that its children use: its if_id; a child may have its own") },
	{ SCOPE_PEER, "interface",      KIND_LATER, HELP("XFRM interface, by name") },
	{ SCOPE_PEER, "revocation", KIND_CHOICE, PEER(revocation), .choices = revocations, DEFAULT("soft"), CHANGES(NOTHING),
		HELP("of certificates, by CRL or OCSP: off; soft: refused if known to be revoked; strict: and if nobody says that it is not") },
	{ SCOPE_PEER, "rsa_padding", KIND_CHOICE, PEER(rsa), .choices = paddings, DEFAULT("pss"), CHANGES(NOTHING),
		HELP("when we sign with an RSA key: pss; pkcs1 for peers that know nothing else") },

	{ SCOPE_SIDE, "address", KIND_SECTION, HELP("address, name, range, CIDR, any, or a list") },
	{ SCOPE_SIDE, "port", KIND_NUMBER, SIDE(port), RANGE(1, 65535), CHANGES(PEER), HELP("where the peer listens, if not on our own port's number") },
	{ SCOPE_SIDE, "id",     KIND_SECTION, HELP("local_id or remote_id") },
	{ SCOPE_SIDE, "auth",   KIND_SECTION, HELP("local_auth or remote_auth") },
	{ SCOPE_SIDE, "secret", KIND_SECTION, HELP("secret") },
	{ SCOPE_SIDE, "cert", KIND_FILE, HELP("local: our certificate, and behind it those on the way to its root; remote: the peer's own, known beforehand; FILE in certs/") },
	{ SCOPE_SIDE, "key", KIND_FILE, DEFAULT("as cert"), HELP("local: our private key: FILE in secrets/, cred:NAME; else the name of cert with .key") },
	{ SCOPE_SIDE, "ca", KIND_FILES, DEFAULT("all"), HELP("remote: what its certificate must lead to: FILE in ca/, or the name of an authority; else all that there are") },
	{ SCOPE_SIDE, "pubkey", KIND_FILES, HELP("remote: the peer's public key, or a certificate that has it: FILE in certs/") },
	{ SCOPE_SIDE, "eap_id", KIND_LATER, HELP("name for EAP") },

	{ SCOPE_CHILD, "mode", KIND_CHOICE, CHILD(mode), .choices = modes, DEFAULT("tunnel"), CHANGES(CHILD), SHUNT,
		HELP("tunnel, transport; or, without IKE: pass (in clear) or drop") },
	{ SCOPE_CHILD, "local_ts", KIND_SELECTORS, SELECTORS(local_ts), DEFAULT("dynamic"), CHANGES(CHILD), SHUNT,
		HELP("what is protected here: NET [PROTO[/PORT[-PORT]]], a list; dynamic: our address") },
	{ SCOPE_CHILD, "remote_ts", KIND_SELECTORS, SELECTORS(remote_ts), DEFAULT("dynamic"), CHANGES(CHILD), SHUNT,
		HELP("what is protected there; dynamic: the peer's address") },
	{ SCOPE_CHILD, "esp", KIND_ESP, CHILD(esp), DEFAULT("default"), CHANGES(REKEY), HELP("proposals for ESP, or a preset") },
	{ SCOPE_CHILD, "start", KIND_CHOICE, CHILD(start), .choices = starts, DEFAULT("wait"), CHANGES(NOTHING),
		HELP("now, on-demand (with the first packet), or wait for the peer") },
	{ SCOPE_CHILD, "replay_window", KIND_NUMBER, CHILD(replay_window), RANGE(0, 4096), DEFAULT("128"), CHANGES(REKEY_NOW),
		HELP("packets; 0: no protection against replays") },
	{ SCOPE_CHILD, "priority", KIND_NUMBER_AUTO, CHILD(priority), RANGE(1, UINT32_MAX), DEFAULT("auto"), CHANGES(REKEY_NOW),
		HELP("of the kernel's policies; lower wins") },
	{ SCOPE_CHILD, "rekey_time", KIND_DURATION_NEVER, CHILD(rekey_ms), RANGE(10000, 2592000000), DEFAULT("1h"), CHANGES(REKEY),
		HELP("age at which the child is replaced, up to a tenth earlier; it ends a tenth later; or never") },
	{ SCOPE_CHILD, "inactivity", KIND_DURATION_NEVER, CHILD(inactivity_ms), RANGE(10000, 2592000000), DEFAULT("never"), CHANGES(NOTHING),
		HELP("without a packet for so long, up to twice, it is closed; one with a trap comes back with the next; or never") },
	{ SCOPE_CHILD, "rekey_bytes", KIND_SIZE_AUTO, CHILD(rekey_bytes), RANGE(UINT64_C(1) << 16, UINT64_C(1) << 60), DEFAULT("auto"), CHANGES(REKEY),
		HELP("octets after which the child is replaced, up to a tenth earlier; auto: what its cipher allows, which is the most") },
	{ SCOPE_CHILD, "rekey_packets", KIND_NUMBER_AUTO, CHILD(rekey_packets), RANGE(10, UINT64_C(1) << 60), DEFAULT("auto"), CHANGES(REKEY),
		HELP("packets after which the child is replaced, up to a tenth earlier; auto: what sequence numbers allow, which is the most") },
	{ SCOPE_CHILD, "esn",           KIND_LATER, HELP("for now: esn or noesn in esp") },
	{ SCOPE_CHILD, "copy_dscp",     KIND_LATER, HELP("between inner and outer header") },
	{ SCOPE_CHILD, "copy_df",       KIND_LATER, HELP("between inner and outer header") },
	{ SCOPE_CHILD, "mark_in", KIND_MARK, CHILD(in.mark), CHANGES(CHILD), SHUNT,
		HELP("for packets with this mark only, VALUE[/MASK]: once they are out of the tunnel") },
	{ SCOPE_CHILD, "mark_out", KIND_MARK, CHILD(out.mark), CHANGES(CHILD), SHUNT,
		HELP("the same: before they are in the tunnel") },
	{ SCOPE_CHILD, "if_id_in", KIND_NUMBER, CHILD(in.if_id), RANGE(1, UINT32_MAX), CHANGES(CHILD), SHUNT,
		HELP("XFRM interface for what comes in, if not as if_id says") },
	{ SCOPE_CHILD, "if_id_out", KIND_NUMBER, CHILD(out.if_id), RANGE(1, UINT32_MAX), CHANGES(CHILD), SHUNT,
		HELP("XFRM interface for what goes out, if not as if_id says") },
	{ SCOPE_CHILD, "offload",       KIND_LATER, HELP("to the network card") },

	{ SCOPE_AUTHORITY, "ca", KIND_FILES, HELP("its certificate: FILE in ca/; required") },
	{ SCOPE_AUTHORITY, "crl", KIND_FILES, HELP("what it has revoked: FILE in crls/, where all files are read anyway") },
	{ SCOPE_AUTHORITY, "crl_uris", KIND_URIS, HELP("http://.. where its CRL is, before what certificates say themselves") },
	{ SCOPE_AUTHORITY, "ocsp_uris", KIND_URIS, HELP("http://.. where it answers OCSP") },
};

/* What others call our keys. */
static const struct {
	const char *theirs, *ours;
} foreign[] = {
	{ "connections", "peers" }, { "conns", "peers" }, { "connection", "peers" },
	{ "local_subnet", "local_ts" }, { "leftsubnet", "local_ts" }, { "local_subnets", "local_ts" },
	{ "remote_subnet", "remote_ts" }, { "rightsubnet", "remote_ts" }, { "remote_subnets", "remote_ts" },
	{ "left", "local" }, { "local_addrs", "local" }, { "local_address", "local" },
	{ "right", "remote" }, { "remote_addrs", "remote" }, { "remote_address", "remote" },
	{ "peer", "remote" }, { "gateway", "remote" }, { "leftid", "local_id" }, { "rightid", "remote_id" },
	{ "authby", "auth" }, { "psk", "secret" }, { "key", "secret" }, { "password", "secret" },
	{ "proposals", "ike" }, { "esp_proposals", "esp" }, { "phase2alg", "esp" },
	{ "auto", "start" }, { "start_action", "start" }, { "type", "mode" },
	{ "dpddelay", "dpd_delay" }, { "forceencaps", "encap" }, { "uniqueids", "unique" },
	{ "ikelifetime", "rekey_time" }, { "lifetime", "rekey_time" }, { "keyingtries", "keep_trying" },
	{ "leftauth", "local_auth" }, { "rightauth", "remote_auth" }, { "certs", "cert" }, { "pubkeys", "pubkey" },
	{ "cacert", "ca" }, { "cacerts", "ca" }, { "private_key", "key" }, { "crl_uri", "crl_uris" }, { "ocsp_uri", "ocsp_uris" },
	{ "remote_addr", "remote" }, { "local_addr", "local" }, { "addr", "address" }, { "addresses", "address" },
};
/* clang-format on */

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]),
	FOREIGN = sizeof(foreign) / sizeof(foreign[0]),
};

const struct schema_row *schema_at(size_t i)
{
	return i < ROWS ? &rows[i] : NULL;
}

const struct schema_row *schema_find(enum schema_scope scope, const char *key)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].scope == scope && strcmp(rows[i].key, key) == 0)
			return &rows[i];
	}
	return NULL;
}

/* --- Keys ------------------------------------------------------------------------- */

static const struct schema_row *find_in(unsigned int scopes, const char *key)
{
	const struct schema_row *later = NULL;

	for (size_t i = 0; i < ROWS; i++) {
		if (!(scopes >> rows[i].scope & 1) ||
			strcmp(rows[i].key, key) != 0)
			continue;
		if (rows[i].kind != KIND_LATER)
			return &rows[i];
		later = &rows[i];
	}
	return later;
}

static const char *scope_name(enum schema_scope scope)
{
	switch (scope) {
	case SCOPE_TOP:
		return "stands at the top";
	case SCOPE_DAEMON:
		return "belongs into 'daemon'";
	case SCOPE_CONTROL:
		return "belongs into 'daemon: control'";
	case SCOPE_PEER:
		return "belongs to the peer";
	case SCOPE_SIDE:
		return "belongs into 'local' or 'remote'";
	case SCOPE_RETRANSMIT:
		return "belongs into 'retransmit'";
	case SCOPE_CHILD:
		return "belongs to a child";
	case SCOPE_AUTHORITY:
		return "belongs into 'authorities: NAME'";
	case SCHEMA_SCOPES:
		break;
	}
	return "";
}

/* A key of another map, another daemon's key, or a typing error. */
static const char *key_hint(
	const char *key, unsigned int scopes, char out[HINT_SIZE])
{
	struct nearest nearest = nearest_to(key);

	for (size_t i = 0; i < FOREIGN; i++) {
		if (strcmp(key, foreign[i].theirs) == 0 &&
			find_in(scopes, foreign[i].ours))
			return hint_text(
				out, "did you mean '%s'?", foreign[i].ours);
	}
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(key, rows[i].key) == 0)
			return hint_text(
				out, "'%s' %s", key, scope_name(rows[i].scope));
		if (scopes >> rows[i].scope & 1)
			nearest_try(&nearest, rows[i].key);
	}
	nearest_hint(&nearest, out);
	return nearest.name ? out : "ipsecd --help-config lists all keys";
}

/* Some say what stands in for them. */
static const char *later_hint(const struct schema_row *row)
{
	return strncmp(row->help, "for now: ", 9) == 0 ? row->help
						       : "leave it out";
}

void schema_check_keys(const struct node *map, unsigned int scopes,
	struct config_errors *errors)
{
	char hint[HINT_SIZE];

	if (!map || map->kind != NODE_MAP)
		return;
	for (const struct node *n = map->first; n; n = n->next) {
		const struct schema_row *row = find_in(scopes, n->key);

		if (strncmp(n->key, "x-", 2) == 0)
			continue;
		if (!row)
			complain(errors, n->key_at,
				key_hint(n->key, scopes, hint),
				"unknown key '%s'", n->key);
		else if (row->kind == KIND_LATER)
			complain(errors, n->key_at, later_hint(row),
				"'%s' is not supported yet by this version",
				n->key);
	}
}

bool schema_is_map(const struct node *value, struct config_errors *errors)
{
	if (value->bad)
		return false;
	if (value->kind == NODE_MAP ||
		(value->kind == NODE_WORD && value->plain && !*value->text))
		return true;
	complain(errors, value->at, "KEY: VALUE, further in, on lines below",
		"'%s' is a map of keys", value->key ? value->key : "this");
	return false;
}

/* --- Comparing ----------------------------------------------------------------------- */

static bool same_places(const struct ike_side *a, const struct ike_side *b)
{
	if (a->place_count != b->place_count || a->port != b->port)
		return false;
	for (size_t i = 0; i < a->place_count; i++) {
		const struct ike_place *x = &a->places[i], *y = &b->places[i];

		if (x->kind != y->kind || strcasecmp(x->name, y->name) != 0 ||
			!ike_addr_equal(&x->first, &y->first) ||
			!ike_addr_equal(&x->last, &y->last))
			return false;
	}
	return true;
}

/* No member of a selector or an address has octets of padding before it. */
static bool same_list(
	const struct schema_row *row, const void *a, const void *b, size_t each)
{
	const uint8_t *x = a, *y = b;

	return x[row->count_at] == y[row->count_at] &&
	       memcmp(x + row->at, y + row->at, x[row->count_at] * each) == 0;
}

static bool same_secret(const struct ike_peer *a, const struct ike_peer *b)
{
	return a->psk_len == b->psk_len && strcmp(a->error, b->error) == 0 &&
	       sodium_memcmp(a->psk, b->psk, sizeof(a->psk)) == 0;
}

/* The methods.  Keys and certificates that are renewed are used from the next
 * authentication on: what is up has been proven with those of its day. */
static bool same_methods(const struct ike_peer *a, const struct ike_peer *b)
{
	return a->local.auth == b->local.auth &&
	       a->remote.auth == b->remote.auth;
}

static bool same_endpoint(
	const struct ike_endpoint *a, const struct ike_endpoint *b)
{
	return ike_addr_equal(&a->addr, &b->addr) && a->port == b->port;
}

bool schema_equal(const struct schema_row *row, const void *a, const void *b)
{
	const void *x = (const char *)a + row->at;
	const void *y = (const char *)b + row->at;
	const struct ike_side *s = x, *t = y;

	switch (row->kind) {
	case KIND_BOOL:
	case KIND_NUMBER:
	case KIND_NUMBER_AUTO:
	case KIND_SIZE_AUTO:
	case KIND_DURATION:
	case KIND_DURATION_NEVER:
	case KIND_CHOICE:
	case KIND_MARK:
	case KIND_WEAK:
		return memcmp(x, y, row->size) == 0;
	case KIND_LOG:
	case KIND_WORD:
		return strcmp(x, y) == 0;
	case KIND_LOOPBACK:
		return same_endpoint(x, y);
	case KIND_ADDRESSES:
		return same_list(row, a, b, sizeof(struct ike_addr));
	case KIND_PLACES:
		return same_places(s, t);
	case KIND_LOCAL_ID:
	case KIND_REMOTE_ID:
		return identity_equal(&s->id, &t->id) &&
		       s->id_wildcard == t->id_wildcard;
	case KIND_SECRET:
		return same_secret(a, b);
	case KIND_IKE:
	case KIND_ESP:
		return ike_proposals_equal(x, y);
	case KIND_SELECTORS:
		return same_list(row, a, b, sizeof(struct ike_selector));
	case KIND_AUTH:
		return same_methods(a, b);
	case KIND_LOCAL_AUTH: /* with the other */
	case KIND_FILE:
	case KIND_FILES:
	case KIND_URIS:
	case KIND_CHILDREN:
	case KIND_SECTION:
	case KIND_LATER:
		break;
	}
	return true;
}

/* --- Help ------------------------------------------------------------------------------ */

static const char *kind_name(const struct schema_row *row)
{
	switch (row->kind) {
	case KIND_BOOL:
		return "yes|no";
	case KIND_NUMBER:
		return "number";
	case KIND_NUMBER_AUTO:
		return "number|auto";
	case KIND_SIZE_AUTO:
		return "size|auto";
	case KIND_DURATION:
		return "duration";
	case KIND_DURATION_NEVER:
		return "duration|never";
	case KIND_CHOICE:
	case KIND_LOCAL_AUTH:
		return "word";
	case KIND_AUTH:
		return "words";
	case KIND_FILE:
		return "file";
	case KIND_FILES:
		return "files";
	case KIND_URIS:
		return "URIs";
	case KIND_ADDRESSES:
	case KIND_PLACES:
		return "addresses";
	case KIND_LOOPBACK:
		return "port|off";
	case KIND_LOG:
	case KIND_WORD:
		return "text";
	case KIND_LOCAL_ID:
	case KIND_REMOTE_ID:
		return "identity";
	case KIND_SECRET:
		return "secret";
	case KIND_IKE:
	case KIND_ESP:
		return "proposals";
	case KIND_SELECTORS:
		return "selectors";
	case KIND_MARK:
		return "mark";
	case KIND_WEAK:
		return "list";
	case KIND_CHILDREN:
	case KIND_SECTION:
		return "map";
	case KIND_LATER:
		return "not yet";
	}
	return "";
}

static void print_row(const struct schema_row *row, FILE *out)
{
	fprintf(out, "  %-21s %-15s %-9s %s\n", row->key, kind_name(row),
		row->standard ? row->standard : "", row->help);
}

void config_help(FILE *out)
{
	static const char *const titles[SCHEMA_SCOPES] = { "top level",
		"daemon", "daemon: control", "peers: NAME",
		"peers: NAME: local, remote", "peers: NAME: retransmit",
		"peers: NAME: children: NAME", "authorities: NAME" };

	for (unsigned int scope = 0; scope < SCHEMA_SCOPES; scope++) {
		fprintf(out, "%s\n", titles[scope]);
		for (size_t i = 0; i < ROWS; i++) {
			if (rows[i].scope == scope)
				print_row(&rows[i], out);
		}
	}
}

/* The largest unit that says it without a fraction. */
static void print_with_unit(
	uint64_t value, const struct schema_choice *units, FILE *out)
{
	size_t i = 0;

	while (units[i + 1].word && value % (uint64_t)units[i + 1].value == 0) {
		value /= (uint64_t)units[i + 1].value;
		i++;
	}
	fprintf(out, "%" PRIu64 "%s", value, units[i].word);
}

/* How often each is in the next. */
static const struct schema_choice times[] = { { "ms", 1 }, { "s", 1000 },
	{ "m", 60 }, { "h", 60 }, { "d", 24 }, { NULL, 0 } };
static const struct schema_choice sizes[] = { { "", 1 }, { "KiB", 1024 },
	{ "MiB", 1024 }, { "GiB", 1024 }, { "TiB", 1024 }, { "PiB", 1024 },
	{ NULL, 0 } };
static const struct schema_choice plain[] = { { "", 1 }, { NULL, 0 } };

/* Words, or the smallest and the largest value. */
static void print_values(const struct schema_row *row, FILE *out)
{
	const struct schema_choice *units = plain;
	const char *between = "";

	for (const struct schema_choice *c = row->choices; c && c->word; c++) {
		if (c->value == CHOICE_LATER)
			continue;
		fprintf(out, "%s%s", between, c->word);
		between = " | ";
	}
	if (row->max == 0)
		return;
	if (row->kind == KIND_SIZE_AUTO)
		units = sizes;
	if (row->kind == KIND_DURATION || row->kind == KIND_DURATION_NEVER)
		units = times;
	print_with_unit(row->min, units, out);
	fputs(" to ", out);
	print_with_unit(row->max, units, out);
}

/* Of a value that a reload finds changed; what has none of its own, or what the
 * daemon looks at when it starts, has none here. */
static const char *change_name(const struct schema_row *row)
{
	static const char *const names[] = {
		[IKE_CHANGE_NOTHING] = "nothing",
		[IKE_CHANGE_REKEY] = "rekey",
		[IKE_CHANGE_REKEY_NOW] = "rekey-now",
		[IKE_CHANGE_CHILD] = "child",
		[IKE_CHANGE_PEER] = "peer",
	};

	if (row->size == 0 || row->scope == SCOPE_DAEMON ||
		row->scope == SCOPE_CONTROL)
		return "";
	return names[row->on_change];
}

void config_help_keys(FILE *out)
{
	static const char *const scopes[SCHEMA_SCOPES] = { "top", "daemon",
		"control", "peer", "side", "retransmit", "child", "authority" };

	for (size_t i = 0; i < ROWS; i++) {
		fprintf(out, "%s\t%s\t%s\t%s\t", scopes[rows[i].scope],
			rows[i].key, kind_name(&rows[i]),
			rows[i].standard ? rows[i].standard : "");
		print_values(&rows[i], out);
		fprintf(out, "\t%s\t%s\n", change_name(&rows[i]), rows[i].help);
	}
}

bool config_explain(const char *key, FILE *out)
{
	bool found = false;

	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].key, key) != 0)
			continue;
		print_row(&rows[i], out);
		found = true;
	}
	return found;
}

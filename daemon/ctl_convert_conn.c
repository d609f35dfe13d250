/* ctl_convert_conn.c - the conns of ipsec.conf, Libreswan's and strongSwan's, taken over.
 * SPDX-License-Identifier: ISC
 *
 * The two have most keys in common, but not the defaults and not the way to write
 * proposals; what a file has that only one of them knows says whose it is.
 */
#include "daemon/ctl_convert_conn.h"

#include <string.h>

/* --- Whose is it? ---------------------------------------------------------- */

static const char *const libreswan_keys[] = { "ikev2", "phase2alg", "phase2",
	"leftsubnets", "rightsubnets", "narrowing", "salifetime",
	"hostaddrfamily", "clientaddrfamily", "connaddrfamily", "encapsulation",
	"leftaddresspool", "rightaddresspool", "leftckaid", "rightckaid", "pfs",
	"nic-offload", "sha2-truncbug", "leftnexthop", "rightnexthop",
	"retransmit-timeout", "ipsec-interface", "dns-match-id",
	"nat-keepalive", "protostack", "logfile", "virtual-private",
	"virtual_private", "plutodebug", "nssdir", "crl-strict", "ddos-mode",
	"rightpubkey", "leftpubkey", "leftmodecfgserver", "rightmodecfgclient",
	"modecfgpull" };
static const char *const strongswan_keys[] = { "charondebug", "margintime",
	"lifebytes", "lifepackets", "marginbytes", "marginpackets", "reauth",
	"eap_identity", "lefthostaccess", "installpolicy", "closeaction",
	"inactivity", "rightallowany", "leftauth2", "rightauth2", "leftcert2",
	"leftid2", "rightid2", "leftgroups", "rightgroups", "leftca2",
	"rightca2", "strictcrlpolicy", "cachecrls", "leftsigkey", "rightsigkey",
	"ikedscp", "mark_in", "mark_out", "rightsourceip", "leftdns",
	"rightdns", "aaa_identity", "me_peerid", "mediation", "replay_window" };

static unsigned int count_keys(
	const struct section *root, const char *const *keys, size_t count)
{
	unsigned int found = 0;

	for (const struct section *s = root->first; s; s = s->next) {
		for (size_t i = 0; i < count; i++)
			found += convert_get(s, keys[i]) != NULL;
	}
	return found;
}

#define COUNT_KEYS(ROOT, KEYS)                                                 \
	count_keys(ROOT, KEYS, sizeof(KEYS) / sizeof((KEYS)[0]))

static enum dialect dialect_of(struct convert *c)
{
	const unsigned int libreswan = COUNT_KEYS(c->root, libreswan_keys);
	const unsigned int strongswan = COUNT_KEYS(c->root, strongswan_keys);

	c->daemon = libreswan > strongswan   ? "Libreswan"
		    : strongswan > libreswan ? "strongSwan"
					     : "Libreswan or strongSwan";
	return libreswan > strongswan   ? DIALECT_LIBRESWAN
	       : strongswan > libreswan ? DIALECT_STRONGSWAN
					: DIALECT_EITHER;
}

/* --- Rows: theirs, ours ------------------------------------------------------ */

#define IKEV1   "IKEv1 alone has it; nothing to do"
#define BY_HAND "routes and addresses are yours to set: ip route, ip address"

static void take_refused(struct taking *t);
static void take_tries(struct taking *t);
static void take_mark(struct taking *t);
static void take_esn(struct taking *t);
static void take_interface(struct taking *t);
static void take_no_auth(struct taking *t);
static void take_ca(struct taking *t);
static void take_port(struct taking *t);
static void take_source(struct taking *t);
static void take_raw_key(struct taking *t);
static void take_cert(struct taking *t);
static void take_conn_id(struct taking *t);
static void take_listen(struct taking *t);

/* clang-format off */
static const struct convert_row rows[] = {
	{ "conn", "also", take_later, NULL, NULL, NULL },
	{ "conn", "alsoflip", take_later, NULL, NULL, NULL },
	{ "conn", "auto", take_later, NULL, NULL, NULL },
	{ "conn", "type", take_later, NULL, NULL, NULL },
	{ "conn", "authby", take_later, NULL, NULL, NULL },
	{ "conn", "ike", take_later, NULL, NULL, NULL },
	{ "conn", "esp", take_later, NULL, NULL, NULL },
	{ "conn", "phase2alg", take_later, NULL, NULL, NULL },
	{ "conn", "pfs", take_later, NULL, NULL, NULL },
	{ "conn", "ikelifetime", take_later, NULL, NULL, NULL },
	{ "conn", "lifetime", take_later, NULL, NULL, NULL },
	{ "conn", "keylife", take_later, NULL, NULL, NULL },
	{ "conn", "salifetime", take_later, NULL, NULL, NULL },
	{ "conn", "ipsec-lifetime", take_later, NULL, NULL, NULL },
	{ "conn", "margintime", take_later, NULL, NULL, NULL },
	{ "conn", "rekeymargin", take_later, NULL, NULL, NULL },
	{ "conn", "rekey", take_later, NULL, NULL, NULL },
	{ "conn", "reauth", take_later, NULL, NULL, NULL },
	{ "conn", "dpddelay", take_later, NULL, NULL, NULL },
	{ "conn", "dpdaction", take_later, NULL, NULL, NULL },
	{ "conn", "closeaction", take_later, NULL, NULL, NULL },
	{ "conn", "inactivity", take_later, NULL, NULL, NULL },
	{ "conn", "keyexchange", take_refused, NULL, "ike= ikev2=", NULL },
	{ "conn", "ikev2", take_refused, NULL, "yes= insist= propose= permit= always=", NULL },
	{ "conn", "keyingtries", take_tries, "keep_trying", NULL, NULL },
	{ "conn", "mobike", take_choice, "mobike", "yes=yes no=no", NULL },
	{ "conn", "fragmentation", take_choice, "fragmentation", "yes=yes force=yes insist=yes accept=yes no=no never=no", NULL },
	{ "conn", "ike_frag", take_choice, "fragmentation", "yes=yes force=yes no=no", NULL },
	{ "conn", "ike-frag", take_choice, "fragmentation", "yes=yes force=yes no=no", NULL },
	{ "conn", "forceencaps", take_choice, "encap", "yes=force no=auto", NULL },
	{ "conn", "encapsulation", take_choice, "encap", "yes=force auto=auto no=no", NULL },
	{ "conn", "rekeyfuzz", take_left, NULL, NULL, "rekeying comes up to a tenth earlier; nothing to do" },
	{ "conn", "dpdtimeout", take_left, NULL, NULL, "'retransmit' says how long is waited" },
	{ "conn", "retransmit-timeout", take_left, NULL, NULL, "'retransmit' says how long is waited" },
	{ "conn", "retransmit-interval", take_left, NULL, NULL, "'retransmit' says how long is waited" },
	{ "conn", "compress", take_same, NULL, "no=", "IPComp is not built; the tunnel works without it" },
	{ "conn", "pfsgroup", take_left, NULL, NULL, IKEV1 },
	{ "conn", "phase2", take_same, NULL, "esp= default=", "AH is not built; ESP does what it does" },
	{ "conn", "auth", take_same, NULL, "esp=", "AH is not built; ESP does what it does" },
	{ "conn", "ah", take_left, NULL, NULL, "AH is not built; ESP does what it does" },
	{ "conn", "esn", take_esn, NULL, "either= yes=esn no=noesn", NULL },
	{ "conn", "narrowing", take_same, NULL, "no=", "we narrow what the other side proposes, as RFC 7296 section 2.9 has it; nothing to do" },
	{ "conn", "sha2-truncbug", take_same, NULL, "no=", "SHA-256 with 96 bits is no standard; update the other side" },
	{ "conn", "sha2_truncbug", take_same, NULL, "no=", "SHA-256 with 96 bits is no standard; update the other side" },
	{ "conn", "ms-dh-downgrade", take_same, NULL, "no=", "name the group beside its cipher in 'esp'" },
	{ "conn", "mark", take_mark, NULL, NULL, NULL },
	{ "conn", "mark_in", take_mark, "mark_in", NULL, NULL },
	{ "conn", "mark_out", take_mark, "mark_out", NULL, NULL },
	{ "conn", "mark-in", take_mark, "mark_in", NULL, NULL },
	{ "conn", "mark-out", take_mark, "mark_out", NULL, NULL },
	{ "conn", "ipsec-interface", take_interface, "if_id", NULL, NULL },
	{ "conn", "interface-ip", take_left, NULL, NULL, BY_HAND },
	{ "conn", "vti-interface", take_left, NULL, NULL, "XFRM interfaces do what VTI did: 'if_id'" },
	{ "conn", "vti-routing", take_left, NULL, NULL, "XFRM interfaces do what VTI did: 'if_id'" },
	{ "conn", "vti-shared", take_left, NULL, NULL, "XFRM interfaces do what VTI did: 'if_id'" },
	{ "conn", "priority", take_copy, "priority", NULL, NULL },
	{ "conn", "replay-window", take_copy, "replay_window", NULL, NULL },
	{ "conn", "replay_window", take_copy, "replay_window", NULL, NULL },
	{ "conn", "reqid", take_left, NULL, NULL, "we number them ourselves; for routing use 'if_id' or marks" },
	{ "conn", "tfc", take_same, NULL, "0=", "packets are not padded; the tunnel works without it" },
	{ "conn", "send-no-esp-tfc", take_left, NULL, NULL, "packets are not padded; nothing to do" },
	{ "conn", "lifebytes", take_left, NULL, NULL, "'rekey_bytes' is by default what the cipher allows" },
	{ "conn", "marginbytes", take_left, NULL, NULL, "'rekey_bytes' is by default what the cipher allows" },
	{ "conn", "lifepackets", take_left, NULL, NULL, "'rekey_packets' is by default what sequence numbers allow" },
	{ "conn", "marginpackets", take_left, NULL, NULL, "'rekey_packets' is by default what sequence numbers allow" },
	{ "conn", "ipsec-max-bytes", take_left, NULL, NULL, "'rekey_bytes' is by default what the cipher allows" },
	{ "conn", "ipsec-max-packets", take_left, NULL, NULL, "'rekey_packets' is by default what sequence numbers allow" },
	{ "conn", "installpolicy", take_same, NULL, "yes=", "the policies are always installed" },
	{ "conn", "overlapip", take_same, NULL, "no=", "two peers must not have the same networks, unless marks or 'if_id' tell them apart" },
	{ "conn", "metric", take_left, NULL, NULL, BY_HAND },
	{ "conn", "mtu", take_left, NULL, NULL, BY_HAND },
	{ "conn", "nflog", take_left, NULL, NULL, "a rule of nftables can log" },
	{ "conn", "failureshunt", take_same, NULL, "drop= none=", "nothing leaves in clear while a tunnel is down" },
	{ "conn", "negotiationshunt", take_same, NULL, "hold= drop=", "nothing leaves in clear while a tunnel is negotiated" },
	{ "conn", "decap-dscp", take_same, NULL, "no=", "'copy_dscp' is " NOT_YET },
	{ "conn", "nopmtudisc", take_same, NULL, "no=", "'copy_df' is " NOT_YET },
	{ "conn", "ikedscp", take_same, NULL, "000000=", "IKE packets are not marked; a rule of nftables can do it" },
	{ "conn", "nic-offload", take_same, NULL, "no= auto=", "offload to the network card is " NOT_YET },
	{ "conn", "sendca", take_left, NULL, NULL, "certificates on the way to the root stand behind ours in its file, and are sent" },
	{ "conn", "require-id-on-certificate", take_same, NULL, "yes=", "the identity must be in the certificate" },
	{ "conn", "dns-match-id", take_same, NULL, "no=", "identities are not looked up in DNS" },
	{ "conn", "ppk", take_same, NULL, "no= never=", "postquantum shared keys (RFC 8784) are " NOT_YET },
	{ "conn", "enable-tcp", take_same, NULL, "no=", "IKE over TCP (RFC 8229) is not built; UDP 500 and 4500 must pass" },
	{ "conn", "tcp-remoteport", take_left, NULL, NULL, "IKE over TCP (RFC 8229) is not built; UDP 500 and 4500 must pass" },
	{ "conn", "accept-redirect*", take_same, NULL, "no=", "redirects (RFC 5685) are not built" },
	{ "conn", "send-redirect", take_same, NULL, "no=", "redirects (RFC 5685) are not built" },
	{ "conn", "redirect-to", take_left, NULL, NULL, "redirects (RFC 5685) are not built" },
	{ "conn", "labeled*", take_left, NULL, NULL, "SELinux labels are not built" },
	{ "conn", "policy-label", take_left, NULL, NULL, "SELinux labels are not built" },
	{ "conn", "policy_label", take_left, NULL, NULL, "SELinux labels are not built" },
	{ "conn", "hostaddrfamily", take_same, NULL, "ipv4= ipv6=", "addresses say it" },
	{ "conn", "clientaddrfamily", take_same, NULL, "ipv4= ipv6=", "addresses say it" },
	{ "conn", "connaddrfamily", take_same, NULL, "ipv4= ipv6=", "addresses say it" },
	{ "conn", "nat-keepalive", take_same, NULL, "yes=", "a NAT is always kept open" },
	{ "conn", "nat_keepalive", take_same, NULL, "yes=", "a NAT is always kept open" },
	{ "conn", "initial-contact", take_left, NULL, NULL, "'unique' says what becomes of an older IKE SA" },
	{ "conn", "initial_contact", take_left, NULL, NULL, "'unique' says what becomes of an older IKE SA" },
	{ "conn", "aggressive", take_left, NULL, NULL, IKEV1 },
	{ "conn", "aggrmode", take_left, NULL, NULL, IKEV1 },
	{ "conn", "ikepad", take_left, NULL, NULL, IKEV1 },
	{ "conn", "nat-ikev1-method", take_left, NULL, NULL, IKEV1 },
	{ "conn", "cisco*", take_left, NULL, NULL, IKEV1 },
	{ "conn", "remote-peer-type", take_left, NULL, NULL, IKEV1 },
	{ "conn", "remote_peer_type", take_left, NULL, NULL, IKEV1 },
	{ "conn", "modeconfig", take_left, NULL, NULL, IKEV1 },
	{ "conn", "xauth*", take_left, NULL, NULL, IKEV1 },
	{ "conn", "pam-authorize", take_weaker, NULL, NULL, "PAM is not asked" },
	{ "conn", "modecfg*", take_left, NULL, NULL, "pools of addresses are " NOT_YET },
	{ "conn", "ignore-peer-dns", take_left, NULL, NULL, "virtual addresses are " NOT_YET },
	{ "conn", "eap_identity", take_left, NULL, NULL, "EAP is " NOT_YET },
	{ "conn", "aaa_identity", take_left, NULL, NULL, "EAP is " NOT_YET },
	{ "conn", "mediat*", take_left, NULL, NULL, "there is no mediation; connect the two directly" },
	{ "conn", "me_peerid", take_left, NULL, NULL, "there is no mediation; connect the two directly" },
	{ "conn", "send-vendorid", take_left, NULL, NULL, "no vendor ID is sent; nothing to do" },
	{ "conn", "send_vendorid", take_left, NULL, NULL, "no vendor ID is sent; nothing to do" },
	{ "conn", "fake-strongswan", take_left, NULL, NULL, "no vendor ID is sent; nothing to do" },
	{ "conn", "nm-configured", take_left, NULL, NULL, "NetworkManager does not look after it" },
	{ "conn", "nm_configured", take_left, NULL, NULL, "NetworkManager does not look after it" },
	{ "conn", "connalias", take_left, NULL, NULL, "a peer has one name; nothing to do" },
	{ "conn", "sareftrack", take_left, NULL, NULL, "nothing to do: KLIPS alone has it" },
	{ "conn", "x-*", take_later, NULL, NULL, NULL },
	{ "conn", "x_*", take_later, NULL, NULL, NULL },

	{ "left or right", "address", take_places, "address", NULL, NULL },
	{ "left or right", "id", take_conn_id, NULL, NULL, NULL },
	{ "left or right", "subnet", take_later, NULL, NULL, NULL },
	{ "left or right", "subnets", take_later, NULL, NULL, NULL },
	{ "left or right", "protoport", take_later, NULL, NULL, NULL },
	{ "left or right", "auth", take_later, NULL, NULL, NULL },
	{ "left or right", "cert", take_cert, "cert", NULL, NULL },
	{ "left or right", "ca", take_ca, NULL, NULL, "name the authority's file in 'ca' of 'remote'" },
	{ "left or right", "rsasigkey*", take_raw_key, NULL, NULL, NULL },
	{ "left or right", "sigkey", take_raw_key, NULL, NULL, NULL },
	{ "left or right", "pubkey", take_raw_key, NULL, NULL, NULL },
	{ "left or right", "ckaid", take_raw_key, NULL, NULL, NULL },
	{ "left or right", "ikeport", take_port, "port", NULL, "the daemon has one port for all: 'port' in 'daemon'" },
	{ "left or right", "sourceip", take_source, NULL, NULL, NULL },
	{ "left or right", "addresspool", take_left, NULL, NULL, "pools of addresses are " NOT_YET },
	{ "left or right", "dns", take_left, NULL, NULL, "pools of addresses are " NOT_YET },
	{ "left or right", "modecfg*", take_left, NULL, NULL, "pools of addresses are " NOT_YET },
	{ "left or right", "nexthop", take_left, NULL, NULL, BY_HAND },
	{ "left or right", "interface-ip", take_left, NULL, NULL, BY_HAND },
	{ "left or right", "vti", take_left, NULL, NULL, "XFRM interfaces do what VTI did: 'if_id'" },
	{ "left or right", "updown", take_left, NULL, NULL, "no scripts are run; 'ipsec-ctl monitor' says what happens, and routes and rules can stand for good" },
	{ "left or right", "firewall", take_same, NULL, "no=", "no firewall rules are made; let ESP, UDP 500 and 4500 and the networks pass" },
	{ "left or right", "hostaccess", take_same, NULL, "no=", "no firewall rules are made; nothing to do" },
	{ "left or right", "allowany", take_same, NULL, "no=", "for a peer that moves: 'remote: any' and 'remote_id'" },
	{ "left or right", "sendcert", take_same, NULL, "always= alwayssend= yes= sendifasked= ifasked=", "we send our certificate; for keys without one see 'auth: pubkey'" },
	{ "left or right", "subnetwithin", take_left, NULL, NULL, "write the network in 'local_ts' or 'remote_ts': we narrow it" },
	{ "left or right", "groups", take_weaker, NULL, NULL, "attribute certificates are not looked at; narrow it by 'id' or 'ca'" },
	{ "left or right", "certpolicy", take_weaker, NULL, NULL, "policies of certificates are not looked at; narrow it by 'id' or 'ca'" },
	{ "left or right", "auth2", take_no_auth, NULL, NULL, "a second round of authentication (RFC 4739) is not built" },
	{ "left or right", "id2", take_left, NULL, NULL, "a second round of authentication (RFC 4739) is not built" },
	{ "left or right", "cert2", take_left, NULL, NULL, "a second round of authentication (RFC 4739) is not built" },
	{ "left or right", "ca2", take_left, NULL, NULL, "a second round of authentication (RFC 4739) is not built" },
	{ "left or right", "autheap", take_same, NULL, "none=", "EAP is " NOT_YET },
	{ "left or right", "username", take_left, NULL, NULL, "EAP is " NOT_YET },
	{ "left or right", "xauth*", take_left, NULL, NULL, IKEV1 },
	{ "left or right", "cat", take_same, NULL, "no=", "there is no client address translation" },
	{ "left or right", "natip", take_left, NULL, NULL, "there is no client address translation" },

	{ "config", "uniqueids", take_later, NULL, NULL, NULL },
	{ "config", "strictcrlpolicy", take_later, NULL, NULL, NULL },
	{ "config", "crl-strict", take_later, NULL, NULL, NULL },
	{ "config", "crl_strict", take_later, NULL, NULL, NULL },
	{ "config", "ocsp-strict", take_later, NULL, NULL, NULL },
	{ "config", "listen", take_listen, "listen", NULL, NULL },
	{ "config", "ikeport", take_copy, "port", NULL, NULL },
	{ "config", "nat-ikeport", take_copy, "nat_port", NULL, NULL },
	{ "config", "ddos-ike-threshold", take_copy, "cookie_threshold", NULL, NULL },
	{ "config", "max-halfopen-ike", take_copy, "half_open_limit", NULL, NULL },
	{ "config", "ddos-mode", take_same, NULL, "auto=", "'cookie_threshold: 0' in 'daemon' asks all strangers for a cookie" },
	{ "config", "protostack", take_same, NULL, "netkey= xfrm= auto= native=", "XFRM is the kernel's IPsec" },
	{ "config", "ikev1-policy", take_same, NULL, "drop= reject=", "IKEv1 is not built: the other side must use IKEv2" },
	{ "config", "charondebug", take_left, NULL, NULL, "'log' in 'daemon' says what is logged" },
	{ "config", "plutodebug", take_left, NULL, NULL, "'log' in 'daemon' says what is logged" },
	{ "config", "logfile", take_left, NULL, NULL, "the journal has the log" },
	{ "config", "logtime", take_left, NULL, NULL, "the journal has the log" },
	{ "config", "logappend", take_left, NULL, NULL, "the journal has the log" },
	{ "config", "logip", take_left, NULL, NULL, "the journal has the log" },
	{ "config", "syslog", take_left, NULL, NULL, "the journal has the log" },
	{ "config", "plutostderrlog*", take_left, NULL, NULL, "the journal has the log" },
	{ "config", "audit-log", take_left, NULL, NULL, "the journal has the log" },
	{ "config", "virtual-private", take_left, NULL, NULL, "'remote_ts' says what a peer may have" },
	{ "config", "virtual_private", take_left, NULL, NULL, "'remote_ts' says what a peer may have" },
	{ "config", "nhelpers", take_left, NULL, NULL, "there are no helpers; nothing to do" },
	{ "config", "seccomp", take_left, NULL, NULL, "the daemon is always in a sandbox; nothing to do" },
	{ "config", "dumpdir", take_left, NULL, NULL, "the daemon leaves no core; nothing to do" },
	{ "config", "nssdir", take_left, NULL, NULL, "certificates and keys are files: certutil -L and pk12util -o give them" },
	{ "config", "ipsecdir", take_left, NULL, NULL, "certificates and keys are files in certs/, ca/, crls/ and secrets/" },
	{ "config", "secretsfile", take_left, NULL, NULL, "only ipsec.secrets beside this file was read" },
	{ "config", "ocsp*", take_left, NULL, NULL, "'revocation' and 'authorities' say who is asked" },
	{ "config", "crl*", take_left, NULL, NULL, "CRLs are fetched before they end; nothing to do" },
	{ "config", "cachecrls", take_left, NULL, NULL, "CRLs stay in memory; nothing to do" },
	{ "config", "nat_traversal", take_same, NULL, "yes=", "NAT is always found; 'encap: no' of a peer is what there is" },
	{ "config", "keep-alive", take_left, NULL, NULL, "a NAT is always kept open" },
	{ "config", "interfaces", take_left, NULL, NULL, "KLIPS alone has it; nothing to do" },
	{ "config", "plutostart", take_left, NULL, NULL, IKEV1 },
	{ "config", "charonstart", take_left, NULL, NULL, "nothing to do" },
	{ "config", "myvendorid", take_left, NULL, NULL, "no vendor ID is sent; nothing to do" },
};
/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static bool is_word(const struct taking *t, const char *word)
{
	return strcasecmp(t->value, word) == 0;
}

/* IKEv1 */
static void take_refused(struct taking *t)
{
	const char *words = t->row->words;
	const char *found = strstr(words, convert_text(t->c, "%s=", t->value));

	if (found && (found == words || found[-1] == ' '))
		return;
	take_note(t,
		"the whole peer is left out: '%.16s' is IKEv1, which is not "
		"built: the other side must use IKEv2",
		t->value);
	t->peer->left_out = true;
}

static void take_no_auth(struct taking *t)
{
	if (t->map == &t->peer->remote)
		take_weaker(t);
	else
		take_left(t);
}

static void take_tries(struct taking *t)
{
	const bool forever = is_word(t, "%forever") || is_word(t, "0");

	take_word(t, t->row->ours, forever ? "yes" : "no");
	if (!forever && !is_word(t, "1"))
		take_note(t,
			"after %.16s tries: 'keep_trying' is yes or no, and "
			"no here",
			t->value);
}

/* For both directions, or one */
static void take_mark(struct taking *t)
{
	const char *mark = convert_mark(t->c, t->value);

	if (!mark) {
		take_note(t, "left out: we need a mark by number");
	} else if (*mark && t->row->ours) {
		take_word(t, t->row->ours, mark);
	} else if (*mark) {
		take_word(t, "mark_in", mark);
		take_word(t, "mark_out", mark);
	}
}

static void take_esn(struct taking *t)
{
	if (!is_word(t, "either") &&
		!convert_get(((struct conn *)t->state)->section, "esp") &&
		!convert_get(((struct conn *)t->state)->section, "phase2alg"))
		take_note(t, "both are offered; 'esp' with -esn or -noesn at "
			     "each proposal says it");
}

static void take_interface(struct taking *t)
{
	const char *number = is_word(t, "yes") ? "1" : t->value;

	if (is_word(t, "no"))
		return;
	take_word(t, t->row->ours, number);
	if (map_get(t->map, t->row->ours))
		take_note(t,
			"make the interface: ip link add ipsec%.16s type xfrm "
			"if_id %.16s",
			number, number);
}

static void take_ca(struct taking *t)
{
	if (is_word(t, "%any") || is_word(t, "%same") ||
		t->map == &t->peer->local)
		return;
	take_weaker(t);
}

static void take_port(struct taking *t)
{
	if (is_word(t, "500"))
		return;
	if (t->map == &t->peer->remote)
		take_word(t, "port", t->value);
	else
		take_left(t);
}

static void take_source(struct taking *t)
{
	if (t->map == &t->peer->remote)
		take_note(t, "left out: pools of addresses are " NOT_YET);
	else if (*t->value == '%')
		take_note(t, "left out: virtual addresses are " NOT_YET);
	else
		take_note(t, "left out: " BY_HAND ", with src %.64s", t->value);
}

static bool is_raw(const char *value)
{
	return value && *value && *value != '%';
}

/* A key by itself; its file is to be made. */
static void take_raw_key(struct taking *t)
{
	const bool local = t->map == &t->peer->local;
	const char *file;

	if (!is_raw(t->value) || map_get(t->map, "cert"))
		return;
	file = convert_text(
		t->c, "%s.%s", t->peer->name, local ? "key" : "pub");
	map_set(t->c, t->map, local ? "key" : "pubkey", file);
	take_note(t, "write that key as PEM into %s/%s",
		local ? "secrets" : "certs", file);
}

/* A file, or with Libreswan the name in the NSS database. */
static void take_cert(struct taking *t)
{
	const bool local = t->map == &t->peer->local;
	const char *slash = strrchr(t->value, '/');
	const char *name = slash ? slash + 1 : t->value;
	const char *end = strrchr(name, '.');

	if (*t->value == '%' || !*name) {
		take_note(t, "left out: we need a certificate in a file");
		return;
	}
	map_remove(t->map, local ? "key" : "pubkey");
	if (!end || !strstr(".pem.crt.cer.der.cert", end))
		name = convert_text(t->c, "%s.pem", name);
	take_word(t, "cert", name);
	if (local)
		take_note(t,
			"copy '%.128s' to certs/%s, and its private key to "
			"secrets/ under the same name with .key",
			t->value, name);
	else
		take_note(t, "copy '%.128s' to certs/%s", t->value, name);
}

static void take_conn_id(struct taking *t)
{
	if (!is_word(t, "%fromcert") && !is_word(t, "%none") &&
		!is_word(t, "%myid"))
		take_id(t);
}

static void take_listen(struct taking *t)
{
	if (!strchr(t->value, '%'))
		take_places(t);
}

/* --- A conn ---------------------------------------------------------------------------- */

static const char *suffix_of(
	const struct conn *conn, const char *key, bool *local)
{
	size_t len = 0;

	if (strncmp(key, "left", 4) == 0)
		len = 4;
	else if (strncmp(key, "right", 5) == 0)
		len = 5;
	if (len == 0)
		return NULL;
	*local = (len == 4) != conn->swapped;
	return key[len] ? key + len : "address";
}

static bool is_childs(const char *key)
{
	static const char *const begins[] = { "mark", "priority", "replay" };

	for (size_t i = 0; i < 3; i++) {
		if (strncmp(key, begins[i], strlen(begins[i])) == 0)
			return true;
	}
	return false;
}

void conn_take_childs(struct taking *t)
{
	const struct conn *conn = t->state;

	for (const struct setting *s = conn->section->settings; s;
		s = s->next) {
		if (*s->value && is_childs(s->key))
			convert_take(t, rows, ROWS, "conn", s);
	}
}

static void take_setting(struct taking *t, const struct setting *s)
{
	bool local;

	/* An empty value takes back what another conn says. */
	if (!*s->value || is_childs(s->key))
		return;
	t->as = suffix_of(t->state, s->key, &local);
	t->map = &t->peer->map;
	t->scope = SCOPE_PEER;
	if (t->as) {
		t->map = local ? &t->peer->local : &t->peer->remote;
		t->scope = SCOPE_SIDE;
	}
	convert_take(t, rows, ROWS, t->as ? "left or right" : "conn", s);
	t->as = NULL;
}

static void take_conn(struct convert *c, struct conn *conn)
{
	struct taking t = { .c = c, .state = conn };
	const char *name = conn->section->name + strlen("conn ");
	const char *start = convert_value(conn->section, "auto");
	const bool loaded = start && strcasecmp(start, "ignore") != 0;

	if (!loaded && conn_is_named(c->root, name)) {
		convert_note(c, &c->top, conn->section->at, name,
			"is for others that name it by 'also', and is in them");
		return;
	}
	conn->swapped = convert_value(conn->section, "right") &&
			strcmp(convert_value(conn->section, "right"),
				"%defaultroute") == 0;
	t.peer = convert_peer(c, name, conn->section->at);
	for (const struct setting *s = conn->section->settings; s; s = s->next)
		take_setting(&t, s);
	if (t.peer->left_out || !conn->section->settings)
		return;
	conn_finish(&t, name);
	if (!loaded)
		map_set(c, &t.peer->map, "enabled", "no")->remark =
			"there is no auto=, so it is not loaded there";
}

/* --- All sections ------------------------------------------------------------------------ */

static void take_setup(
	struct convert *c, struct conn *conn, const struct section *setup)
{
	static const char *const strict[] = { "strictcrlpolicy", "crl-strict",
		"crl_strict", "ocsp-strict" };
	struct taking t = {
		.c = c, .state = conn, .map = &c->top, .scope = SCOPE_DAEMON
	};

	for (const struct setting *s = setup->settings; s; s = s->next)
		convert_take(&t, rows, ROWS, "config", s);
	conn->uniqueids = convert_value(setup, "uniqueids");
	for (size_t i = 0; i < 4; i++) {
		const char *value = convert_value(setup, strict[i]);

		if (value && strcasecmp(value, "yes") == 0)
			conn->revocation = "strict";
	}
}

static void take_authority(struct convert *c, const struct section *ca)
{
	for (const struct setting *s = ca->settings; s; s = s->next) {
		if (strcmp(s->key, "cacert") == 0)
			convert_note(c, &c->top, s->at, s->key,
				"copy '%.128s' to ca/", s->value);
		else if (strcmp(s->key, "auto") != 0)
			convert_note(c, &c->top, s->at, s->key,
				"left out: where revocation is asked for "
				"stands in 'authorities'");
	}
}

bool convert_conns(struct convert *c)
{
	struct conn conn = { .dialect = dialect_of(c) };
	const struct section *setup = convert_find(c->root, "config setup");

	if (!convert_resolve(c))
		return false;
	if (setup)
		take_setup(c, &conn, setup);
	for (const struct section *s = c->root->first; s; s = s->next) {
		conn.section = s;
		if (strncmp(s->name, "ca ", 3) == 0)
			take_authority(c, s);
		else if (strncmp(s->name, "conn ", 5) == 0 &&
			 strcmp(s->name, "conn %default") != 0)
			take_conn(c, &conn);
	}
	return true;
}

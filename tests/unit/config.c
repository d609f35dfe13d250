/* config.c - whole configurations: loaded, refused, compared.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/config.h"
#include "config/schema.h"
#include "ikev2/identity.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/pki.h"

#include <time.h>

/* --- What is taken ----------------------------------------------------------- */

/* The smallest file that will do. */
START_TEST(loads_the_minimal_file)
{
	struct folder f = folder_new();
	const struct ike_child_policy *child;
	char text[IKE_SELECTOR_SIZE];
	struct ike_peer *peer;

	folder_file(&f, "secrets/branch.psk", "0123456789abcdef\n");
	folder_load_text(&f, "peers:\n"
			     "  branch:\n"
			     "    remote: vpn.branch.example  # a name\n"
			     "    auth: psk\n"
			     "    local_ts: 10.1.0.0/16\n"
			     "    remote_ts: 10.2.0.0/16\n"
			     "    start: now\n");
	ck_assert_str_eq(f.shown, "");
	peer = folder_peer(&f, "branch");
	ck_assert_uint_eq(peer->psk_len, 16);
	ck_assert_mem_eq(peer->psk, "0123456789abcdef", 16);
	ck_assert_str_eq(peer->error, "");
	ck_assert(peer->keep_trying);
	ck_assert_uint_eq(peer->remote.place_count, 1);
	ck_assert_int_eq(peer->remote.places[0].kind, IKE_PLACE_NAME);
	ck_assert_uint_eq(peer->local.place_count, 0);
	ck_assert_uint_eq(peer->local.id.type, ID_NONE);
	ck_assert_uint_eq(peer->remote.id.type, ID_NONE);
	ck_assert_uint_eq(peer->ike.count, 2);
	ck_assert_uint_eq(peer->child_count, 1);
	child = &peer->children[0];
	ck_assert_str_eq(child->name, "branch");
	ck_assert_int_eq(child->start, IKE_START_NOW);
	ck_assert_str_eq(
		ike_selector_text(&child->local_ts[0], text), "10.1.0.0/16");
	ck_assert_str_eq(
		ike_selector_text(&child->remote_ts[0], text), "10.2.0.0/16");
	folder_remove(&f);
}
END_TEST

START_TEST(loads_nothing)
{
	struct folder f = folder_new();

	folder_load_text(&f, "");
	ck_assert_ptr_nonnull(f.config);
	ck_assert_uint_eq(f.config->peers.count, 0);
	folder_load_text(&f, "peers:\ndefaults:\ndaemon:\nx-mine: [a]\n");
	ck_assert_ptr_nonnull(f.config);
	folder_remove(&f);
}
END_TEST

/* What the example names: an authority, our certificate, a peer's key. */
static void write_example_pki(struct folder *f)
{
	struct pki_cert *ca = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Corp", .ca = true });
	struct pki_cert *vpn = pki_issue(
		ca, &(struct pki_want){ .subject = "C=CH, O=Example, CN=vpn",
			    .key = PKI_RSA_2048,
			    .extended = "serverAuth,clientAuth",
			    .san = "DNS:vpn.example.com" });
	struct bytes crl = pki_crl(ca, &(struct pki_crl_want){ 0 });

	f->unix_s = PKI_NOW;
	folder_make(f, "certs", 0700);
	folder_make(f, "ca", 0700);
	folder_make(f, "crls", 0700);
	folder_file(f, "ca/corp.pem", ca->pem);
	folder_write(f, "crls/corp.crl", (const char *)crl.at, crl.len, 0644);
	folder_file(f, "certs/vpn.example.com.pem", vpn->pem);
	folder_file(f, "secrets/vpn.example.com.key", vpn->key_pem);
	folder_file(f, "certs/kiosk.pub", vpn->pem);
}

START_TEST(loads_the_example)
{
	struct folder f = folder_new();
	char text[8192];
	struct ike_peer *partner;
	FILE *in = fopen("config/example.yaml", "r");
	size_t len;

	ck_assert_ptr_nonnull(in);
	len = fread(text, 1, sizeof(text), in);
	ck_assert(len > 0 && len < sizeof(text));
	fclose(in);
	folder_write(&f, "ipsecd.yaml", text, len, 0640);
	folder_file(&f, "secrets/branch.psk", "one");
	folder_file(&f, "secrets/partner-2026.psk", "two");
	folder_file(&f, "secrets/warehouse.psk", "three");
	folder_file(&f, "secrets/kiosk.psk", "four");
	write_example_pki(&f);
	folder_load(&f);
	ck_assert_str_eq(f.shown, "");
	ck_assert_ptr_nonnull(f.config);
	ck_assert_uint_eq(f.config->peers.count, 7);
	ck_assert(!folder_peer(&f, "printer")->enabled);
	ck_assert_uint_eq(folder_peer(&f, "printer")->psk_len, 0);
	partner = folder_peer(&f, "partner");
	ck_assert_uint_eq(partner->child_count, 3);
	ck_assert_uint_eq(partner->children[1].replay_window, 1024);
	ck_assert_uint_eq(partner->remote.port, 500);
	ck_assert(folder_peer(&f, "warehouse")->remote.id_wildcard);
	ck_assert(folder_peer(&f, "staff")->remote.id_wildcard);
	ck_assert_ptr_nonnull(folder_peer(&f, "coast")->own);
	ck_assert_ptr_nonnull(folder_peer(&f, "kiosk")->trust);
	pki_end();
	folder_remove(&f);
}
END_TEST

START_TEST(the_nearest_key_counts)
{
	struct folder f = folder_new();
	struct ike_peer *peer;

	folder_load_text(&f, "defaults:\n"
			     "  auth: psk\n"
			     "  secret: office.psk\n"
			     "  dpd_delay: 10s\n"
			     "  retransmit: {tries: 9, max: 10s}\n"
			     "  esp: aes128gcm16\n"
			     "  replay_window: 64\n"
			     "peers:\n"
			     "  one:\n"
			     "    remote: 192.0.2.1\n"
			     "    replay_window: 32\n"
			     "    start: on-demand\n"
			     "    retransmit: {tries: 3}\n"
			     "    children:\n"
			     "      a: {local_ts: 10.1.0.0/16}\n"
			     "      b: {replay_window: 1024, start: wait}\n"
			     "  two:\n"
			     "    remote: 192.0.2.2\n"
			     "    dpd_delay: never\n"
			     "    keep_trying: yes\n");
	ck_assert_str_eq(f.shown, "");
	peer = folder_peer(&f, "one");
	ck_assert_uint_eq(peer->dpd_delay_ms, 10000);
	ck_assert_uint_eq(peer->retransmit_tries, 3);
	ck_assert_uint_eq(peer->retransmit_base_ms, 2000);
	ck_assert_uint_eq(peer->retransmit_max_ms, 10000);
	ck_assert(peer->keep_trying);
	ck_assert_uint_eq(peer->child_count, 2);
	ck_assert_uint_eq(peer->children[0].replay_window, 32);
	ck_assert_int_eq(peer->children[0].start, IKE_START_ON_DEMAND);
	ck_assert_uint_eq(peer->children[1].replay_window, 1024);
	ck_assert_int_eq(peer->children[1].start, IKE_START_WAIT);
	ck_assert_uint_eq(peer->children[1].esp.count, 1);
	peer = folder_peer(&f, "two");
	ck_assert_uint_eq(peer->dpd_delay_ms, 0);
	ck_assert_uint_eq(peer->children[0].replay_window, 64);
	ck_assert(peer->keep_trying);
	folder_remove(&f);
}
END_TEST

static void has_id(const struct ike_side *side, const char *text, bool wildcard)
{
	char shown[IKE_ID_SIZE];

	ck_assert_str_eq(identity_text(&side->id, shown), text);
	ck_assert(side->id_wildcard == wildcard);
}

START_TEST(reads_both_spellings_of_a_side)
{
	struct folder f = folder_new();
	struct ike_peer *peer;

	folder_load_text(&f,
		"defaults: {secret: office.psk, local: {id: us.example}}\n"
		"peers:\n"
		"  flat: {remote: 192.0.2.1, local: 198.51.100.1, auth: psk,\n"
		"         local_id: u@h, remote_id: 192.0.2.77}\n"
		"  map:\n"
		"    local: {address: us.example, auth: psk, id: keyid:k}\n"
		"    remote: {address: [a.example, 192.0.2.9], port: 4500,\n"
		"             auth: psk, id: '*.example'}\n"
		"  shared: {auth: psk, remote: 192.0.2.3}\n");
	ck_assert_str_eq(f.shown, "");
	peer = folder_peer(&f, "flat");
	has_id(&peer->local, "u@h", false);
	has_id(&peer->remote, "192.0.2.77", false);
	ck_assert_uint_eq(peer->remote.port, 0);
	peer = folder_peer(&f, "map");
	has_id(&peer->local, "keyid:k", false);
	has_id(&peer->remote, "*.example", true);
	ck_assert_uint_eq(peer->remote.port, 4500);
	ck_assert_uint_eq(peer->remote.place_count, 2);
	has_id(&folder_peer(&f, "shared")->local, "us.example", false);
	folder_remove(&f);
}
END_TEST

START_TEST(a_name_in_local_is_our_identity)
{
	struct folder f = folder_new();

	folder_load_text(&f,
		"defaults: {auth: psk, secret: office.psk}\n"
		"peers:\n"
		"  name: {remote: 192.0.2.1, local: us.example}\n"
		"  address: {remote: 192.0.2.2, local: 198.51.100.1}\n"
		"  both: {remote: 192.0.2.3, local: [us.example, 1.2.3.4]}\n");
	has_id(&folder_peer(&f, "name")->local, "us.example", false);
	has_id(&folder_peer(&f, "address")->local, "any", false);
	has_id(&folder_peer(&f, "both")->local, "any", false);
	folder_remove(&f);
}
END_TEST

/* --- What is refused ----------------------------------------------------------- */

#define PEER   "    remote: 192.0.2.1\n    auth: psk\n"
#define OFFICE "peers:\n  office:\n" PEER

/* clang-format off */
static const struct {
	const char *yaml, *shown;
} refused[] = {
	{ OFFICE "    remote_subnet: 10.2.0.0/16\n",
		"ipsecd.yaml:5:5: error: unknown key 'remote_subnet'\n"
		"  5 |     remote_subnet: 10.2.0.0/16\n"
		"    |     ^~~~~~~~~~~~~  did you mean 'remote_ts'?\n" },
	{ OFFICE "    dpd_dealy: 5\n",
		"ipsecd.yaml:5:5: error: unknown key 'dpd_dealy'\n"
		"  5 |     dpd_dealy: 5\n"
		"    |     ^~~~~~~~~  did you mean 'dpd_delay'?\n" },
	{ OFFICE "    port: 500\n",
		"ipsecd.yaml:5:5: error: unknown key 'port'\n"
		"  5 |     port: 500\n"
		"    |     ^~~~  'port' belongs into 'daemon'\n" },
	{ OFFICE "    tries: 5\n",
		"ipsecd.yaml:5:5: error: unknown key 'tries'\n"
		"  5 |     tries: 5\n"
		"    |     ^~~~~  'tries' belongs into 'retransmit'\n" },
	{ OFFICE "    peers: {}\n",
		"ipsecd.yaml:5:5: error: unknown key 'peers'\n"
		"  5 |     peers: {}\n"
		"    |     ^~~~~  'peers' stands at the top\n" },
	{ OFFICE "    group: wheel\n",
		"ipsecd.yaml:5:5: error: unknown key 'group'\n"
		"  5 |     group: wheel\n"
		"    |     ^~~~~  'group' belongs into 'daemon: control'\n" },
	{ OFFICE "    ocsp_uris: http://ocsp.example/\n",
		"ipsecd.yaml:5:5: error: unknown key 'ocsp_uris'\n"
		"  5 |     ocsp_uris: http://ocsp.example/\n"
		"    |     ^~~~~~~~~  'ocsp_uris' belongs into 'authorities: NAME'\n" },
	{ OFFICE "    rekey_bytes: 63KiB\n",
		"ipsecd.yaml:5:18: error: 'rekey_bytes' is from 64KiB to 1EiB\n"
		"  5 |     rekey_bytes: 63KiB\n"
		"    |                  ^~~~~  or auto\n" },
	{ OFFICE "    rekey_bytes: 1025PiB\n",
		"ipsecd.yaml:5:18: error: 'rekey_bytes' is from 64KiB to 1EiB\n"
		"  5 |     rekey_bytes: 1025PiB\n"
		"    |                  ^~~~~~~  or auto\n" },
	{ "daemon: {start: now}\n",
		"ipsecd.yaml:1:10: error: unknown key 'start'\n"
		"  1 | daemon: {start: now}\n"
		"    |          ^~~~~  'start' belongs to a child\n" },
	{ OFFICE "    local_id: \"@east\"\n",
		"ipsecd.yaml:5:15: error: '@east' is no identity\n"
		"  5 |     local_id: \"@east\"\n"
		"    |               ^~~~~~~  without the '@', or fqdn:NAME\n" },
	{ OFFICE "    remote_di: x  # \xe2\x80\xae\n",
		"ipsecd.yaml:5:5: error: unknown key 'remote_di'\n"
		"  5 |     remote_di: x  #  \n"
		"    |     ^~~~~~~~~  did you mean 'remote_id'?\n" },
	/* An escape of YAML makes the character that the file may not have. */
	{ OFFICE "    local_id: \"a \\e[2J\\n\\u202e\\x9b\"\n",
		"ipsecd.yaml:5:15: error: 'a \\x1b[2J\\x0a\\xe2\\x80\\xae\\xc2\\x9b' is no identity\n"
		"  5 |     local_id: \"a \\e[2J\\n\\u202e\\x9b\"\n"
		"    |               ^~~~~~~~~~~~~~~~~~~~~  a name, user@host, an address, or keyid:TEXT\n" },
	{ OFFICE "    local_id: a b\n",
		"ipsecd.yaml:5:15: error: 'a b' is no identity\n"
		"  5 |     local_id: a b\n"
		"    |               ^~~  a name, user@host, an address, or keyid:TEXT\n" },
	{ OFFICE "    encap:\n",
		"ipsecd.yaml:5:5: error: a value is missing\n"
		"  5 |     encap:\n"
		"    |     ^~~~~  or leave the key out\n" },
	{ OFFICE "    encap: [auto]\n",
		"ipsecd.yaml:5:12: error: a single value is expected here\n"
		"  5 |     encap: [auto]\n"
		"    |            ^  no list, and no map\n" },
	{ OFFICE "    allow_weak: [3des, sha2]\n",
		"ipsecd.yaml:5:18: error: '3des' is not supported by this version\n"
		"  5 |     allow_weak: [3des, sha2]\n"
		"    |                  ^~~~  leave it out\n"
		"ipsecd.yaml:5:24: error: unknown algorithm 'sha2'\n"
		"  5 |     allow_weak: [3des, sha2]\n"
		"    |                        ^~~~  did you mean 'sha1'?\n" },
	{ OFFICE "    mode: transport\n    remote_ts: 10.0.0.0/8\n",
		"ipsecd.yaml:6:16: error: transport mode is between the two hosts alone\n"
		"  6 |     remote_ts: 10.0.0.0/8\n"
		"    |                ^~~~~~~~~~  leave it out, 'dynamic tcp/80', or 'mode: tunnel'\n" },
	{ OFFICE "    children: {c: {ike: default}}\n",
		"ipsecd.yaml:5:20: error: unknown key 'ike'\n"
		"  5 |     children: {c: {ike: default}}\n"
		"    |                    ^~~  'ike' belongs to the peer\n" },
	{ "connections: {}\n",
		"ipsecd.yaml:1:1: error: unknown key 'connections'\n"
		"  1 | connections: {}\n"
		"    | ^~~~~~~~~~~  did you mean 'peers'?\n" },
	{ OFFICE "    auth: psk\n",
		"ipsecd.yaml:5:5: error: duplicate key 'auth'\n"
		"  5 |     auth: psk\n"
		"    |     ^~~~  it stands on line 4 already\n" },
	{ OFFICE "    local: *any\n",
		"ipsecd.yaml:5:12: error: an alias, '*any'\n"
		"  5 |     local: *any\n"
		"    |            ^~~~  write any without '*'\n" },
	{ "peers:\n\toffice:\n",
		"ipsecd.yaml:2:1: error: a tab in the indentation\n"
		"  2 |  office:\n"
		"    | ^  YAML indents with spaces only\n" },
	{ "peers:\n  office: {remote: any, auth: psk}\n  office: {remote: 10.0.0.1, atuh: psk}\n",
		"ipsecd.yaml:3:3: error: duplicate key 'office'\n"
		"  3 |   office: {remote: 10.0.0.1, atuh: psk}\n"
		"    |   ^~~~~~  it stands on line 2 already\n" },
	{ OFFICE "    encap: &x sometimes\n",
		"ipsecd.yaml:5:12: error: an anchor, '&x'\n"
		"  5 |     encap: &x sometimes\n"
		"    |            ^~~~~~~~~~~~  write it out, or use 'defaults'\n" },
	{ OFFICE "    ike: aes265-sha256-modp2048\n",
		"ipsecd.yaml:5:10: error: unknown algorithm 'aes265'\n"
		"  5 |     ike: aes265-sha256-modp2048\n"
		"    |          ^~~~~~  did you mean 'aes256'?\n" },
	{ OFFICE "    esp: aes128-sha1\n",
		"ipsecd.yaml:5:17: error: 'sha1' is weak\n"
		"  5 |     esp: aes128-sha1\n"
		"    |                 ^~~~  to take it: allow_weak: [sha1]\n" },
	{ OFFICE "    local_ts: [10.1.0.0/16, 10.2.3.4/16]\n",
		"ipsecd.yaml:5:29: error: '10.2.3.4/16' has host bits set\n"
		"  5 |     local_ts: [10.1.0.0/16, 10.2.3.4/16]\n"
		"    |                             ^~~~~~~~~~~  did you mean '10.2.0.0/16'?\n" },
	{ OFFICE "    pool: yes\n",
		"ipsecd.yaml:5:5: error: 'pool' is not supported yet by this version\n"
		"  5 |     pool: yes\n"
		"    |     ^~~~  leave it out\n" },
	{ "peers:\n  office: {remote: any, auth: [psk, cert]}\n",
		"ipsecd.yaml:2:31: error: 'auth' is a list, but we prove ourselves in one way\n"
		"  2 |   office: {remote: any, auth: [psk, cert]}\n"
		"    |                               ^  say which with 'local_auth'\n" },
	{ "peers:\n  office: {remote: any, auth: psk, local_auth: [psk, cert]}\n",
		"ipsecd.yaml:2:48: error: we prove ourselves in one way\n"
		"  2 |   office: {remote: any, auth: psk, local_auth: [psk, cert]}\n"
		"    |                                                ^  one of them; a list is for 'remote_auth'\n" },
	{ "peers:\n  office: {remote: any, auth: psk, remote_auth: [cert, eap-tls]}\n",
		"ipsecd.yaml:2:56: error: 'remote_auth: eap-tls' is not supported yet by this version\n"
		"  2 |   office: {remote: any, auth: psk, remote_auth: [cert, eap-tls]}\n"
		"    |                                                        ^~~~~~~  for now: psk, cert, pubkey\n" },
	{ OFFICE "    mode: pass\n    local_ts: 10.0.0.0/8\n",
		"ipsecd.yaml:2:3: error: 'mode: pass' has no endpoint that 'remote_ts' could be\n"
		"  2 |   office:\n"
		"    |   ^~~~~~  addresses, such as 10.2.0.0/16 or 0.0.0.0/0\n" },
	{ OFFICE "    children:\n      ssh:\n        mode: drop\n        local_ts: dynamic tcp/22\n        remote_ts: 0.0.0.0/0\n",
		"ipsecd.yaml:8:19: error: 'mode: drop' has no endpoint that 'local_ts' could be\n"
		"  8 |         local_ts: dynamic tcp/22\n"
		"    |                   ^~~~~~~~~~~~~~  addresses, such as 10.1.0.0/16 or 0.0.0.0/0\n" },
	{ OFFICE "    local_ts: 10.1.0.0/16\n    remote_ts: 10.2.0.0/16\n    start: now\n    rekey_time: 4h\n"
		"    children: {ssh: {mode: drop, start: now, rekey_time: 1h, esp: default, priority: 7}}\n",
		"ipsecd.yaml:9:34: error: 'start' means nothing with 'mode: drop'\n"
		"  9 |     children: {ssh: {mode: drop, start: now, rekey_time: 1h, esp: default, priority: 7}}\n"
		"    |                                  ^~~~~  leave it out\n"
		"ipsecd.yaml:9:46: error: 'rekey_time' means nothing with 'mode: drop'\n"
		"  9 |     children: {ssh: {mode: drop, start: now, rekey_time: 1h, esp: default, priority: 7}}\n"
		"    |                                              ^~~~~~~~~~  leave it out\n"
		"ipsecd.yaml:9:62: error: 'esp' means nothing with 'mode: drop'\n"
		"  9 |     children: {ssh: {mode: drop, start: now, rekey_time: 1h, esp: default, priority: 7}}\n"
		"    |                                                              ^~~  leave it out\n"
		"ipsecd.yaml:9:76: error: 'priority' means nothing with 'mode: drop'\n"
		"  9 |     children: {ssh: {mode: drop, start: now, rekey_time: 1h, esp: default, priority: 7}}\n"
		"    |                                                                            ^~~~~~~~  leave it out\n" },
	{ "peers:\n  office: {mode: pass, local_ts: 10.1.0.0/16, remote_ts: 10.2.0.0/16, start: now}\n",
		"ipsecd.yaml:2:71: error: 'start' means nothing with 'mode: pass'\n"
		"  2 |   office: {mode: pass, local_ts: 10.1.0.0/16, remote_ts: 10.2.0.0/16, start: now}\n"
		"    |                                                                       ^~~~~  leave it out\n" },
	{ OFFICE "    children:\n      a: {mode: pass, local_ts: 10.1.0.0/16, remote_ts: 10.2.0.0/16}\n      b: {local_ts: 10.1.0.0/16, remote_ts: 10.2.0.0/16}\n",
		"ipsecd.yaml:7:7: error: children 'a' and 'b' have equal selectors\n"
		"  7 |       b: {local_ts: 10.1.0.0/16, remote_ts: 10.2.0.0/16}\n"
		"    |       ^  'a' stands on line 6\n" },
	{ "peers:\n  office: {remote: any, auth: psk, start: now}\n",
		"ipsecd.yaml:2:43: error: 'start: now', but 'remote' is nothing that could be dialled\n"
		"  2 |   office: {remote: any, auth: psk, start: now}\n"
		"    |                                           ^~~  'start: wait', or an address or a name in 'remote'\n" },
	{ "peers:\n  office: {remote: 10.0.0.0/8, auth: psk, start: on-demand}\n",
		"ipsecd.yaml:2:50: error: 'start: on-demand', but 'remote' is nothing that could be dialled\n"
		"  2 |   office: {remote: 10.0.0.0/8, auth: psk, start: on-demand}\n"
		"    |                                                  ^~~~~~~~~  'start: wait', or an address or a name in 'remote'\n" },
	{ "peers:\n  office: {remote: any, auth: psk, dpd_action: restart}\n",
		"ipsecd.yaml:2:48: error: 'dpd_action: restart', but 'remote' is nothing that could be dialled\n"
		"  2 |   office: {remote: any, auth: psk, dpd_action: restart}\n"
		"    |                                                ^~~~~~~  'clear', or an address or a name in 'remote'\n" },
	{ "peers:\n  office: {auth: psk}\n",
		"ipsecd.yaml:2:3: error: peer 'office' has no 'remote'\n"
		"  2 |   office: {auth: psk}\n"
		"    |   ^~~~~~  an address, a name, or any\n" },
	{ "peers:\n  office: {remote: any}\n",
		"ipsecd.yaml:2:3: error: peer 'office' has no 'auth'\n"
		"  2 |   office: {remote: any}\n"
		"    |   ^~~~~~  add 'auth: psk'\n" },
	{ "peers:\n  office: {remote: {id: x}, auth: psk}\n",
		"ipsecd.yaml:2:12: error: peer 'office' has no 'address' in 'remote'\n"
		"  2 |   office: {remote: {id: x}, auth: psk}\n"
		"    |            ^~~~~~  an address, a name, or any\n" },
	{ "peers:\n  office: {remote: {address: any, id: x}, remote_id: y, auth: psk}\n",
		"ipsecd.yaml:2:35: error: given twice, as 'remote_id' too\n"
		"  2 |   office: {remote: {address: any, id: x}, remote_id: y, auth: psk}\n"
		"    |                                   ^~  leave one of them out\n" },
	{ OFFICE "    local: {port: 501}\n",
		"ipsecd.yaml:5:13: error: a port of our own for one peer is not supported yet by this version\n"
		"  5 |     local: {port: 501}\n"
		"    |             ^~~~  'port' in 'daemon'\n" },
	{ OFFICE "    local_id: any\n",
		"ipsecd.yaml:5:15: error: 'any' is no identity\n"
		"  5 |     local_id: any\n"
		"    |               ^~~  who we are is one name\n" },
	{ OFFICE "    remote_id: C=DE,Q=x\n",
		"ipsecd.yaml:5:16: error: 'C=DE,Q=x' is no identity\n"
		"  5 |     remote_id: C=DE,Q=x\n"
		"    |                ^~~~~~~~  such as 'C=CH, O=Example, CN=vpn': C, ST, L, O, OU, CN, DC, E, UID ..\n" },
	{ OFFICE "    local_id: C=DE,CN=*\n",
		"ipsecd.yaml:5:15: error: 'C=DE,CN=*' is no identity\n"
		"  5 |     local_id: C=DE,CN=*\n"
		"    |               ^~~~~~~~~  who we are is one name\n" },
	{ OFFICE "    retransmit: {base: 10s, max: 5s}\n",
		"ipsecd.yaml:5:17: error: 'max' is shorter than 'base'\n"
		"  5 |     retransmit: {base: 10s, max: 5s}\n"
		"    |                 ^  'base' is the first wait, 'max' the longest\n" },
	{ OFFICE "    retransmit: {base: soon}\n",
		"ipsecd.yaml:5:24: error: 'soon' is no duration\n"
		"  5 |     retransmit: {base: soon}\n"
		"    |                        ^~~~  such as 90s or 1h30m\n" },
	{ "daemon: {metrics: \"localhost:9466\"}\n",
		"ipsecd.yaml:1:19: error: 'localhost:9466' is no port\n"
		"  1 | daemon: {metrics: \"localhost:9466\"}\n"
		"    |                   ^~~~~~~~~~~~~~~~  such as 9466 or [::1]:9466, or off\n" },
	{ OFFICE "    dpd_delay: 30x\n",
		"ipsecd.yaml:5:16: error: '30x' is no duration\n"
		"  5 |     dpd_delay: 30x\n"
		"    |                ^~~  such as 90s, 1h30m or never\n" },
	{ OFFICE "    dpd_delay: 8d\n",
		"ipsecd.yaml:5:16: error: 'dpd_delay' is from 1s to 24h\n"
		"  5 |     dpd_delay: 8d\n"
		"    |                ^~  or never\n" },
	{ OFFICE "    secret: hex:0g1\n",
		"ipsecd.yaml:5:13: error: not hexadecimal, or longer than 512 octets\n"
		"  5 |     secret: hex:***\n"
		"    |             ^~~~~~~  hex: and an even number of 0-9 and a-f\n" },
	{ OFFICE "    mode: transport\n    local_ts: 10.0.0.0/8\n",
		"ipsecd.yaml:6:15: error: transport mode is between the two hosts alone\n"
		"  6 |     local_ts: 10.0.0.0/8\n"
		"    |               ^~~~~~~~~~  leave it out, 'dynamic tcp/80', or 'mode: tunnel'\n" },
	{ OFFICE "    replay_window: 0\n",
		"ipsecd.yaml:5:20: error: no replay window, but 'esp' has extended sequence numbers\n"
		"  5 |     replay_window: 0\n"
		"    |                    ^  end the proposals in 'esp' with -noesn\n" },
	{ OFFICE "    children:\n      a: {local_ts: [10.1.0.0/16, 10.2.0.0/16]}\n      b: {local_ts: 10.2.0.0/16}\n",
		"ipsecd.yaml:7:7: error: children 'a' and 'b' have equal selectors\n"
		"  7 |       b: {local_ts: 10.2.0.0/16}\n"
		"    |       ^  'a' stands on line 6\n" },
	{ OFFICE "    children:\n      a: {if_id_in: 1, if_id_out: 1}\n      b: {if_id_in: 2, if_id_out: 1}\n",
		"ipsecd.yaml:7:7: error: children 'a' and 'b' have equal selectors\n"
		"  7 |       b: {if_id_in: 2, if_id_out: 1}\n"
		"    |       ^  'a' stands on line 6\n" },
	{ OFFICE "    mark_in: 0x1ff/0xff\n",
		"ipsecd.yaml:5:14: error: '0x1ff/0xff' is no mark\n"
		"  5 |     mark_in: 0x1ff/0xff\n"
		"    |              ^~~~~~~~~~  such as 0x10/0xff: no bit that the mask has not\n" },
	{ OFFICE "    mark_out: 1/\n",
		"ipsecd.yaml:5:15: error: '1/' is no mark\n"
		"  5 |     mark_out: 1/\n"
		"    |               ^~  such as 0x10/0xff: no bit that the mask has not\n" },
	{ OFFICE "    children: {}\n",
		"ipsecd.yaml:5:15: error: peer 'office' has no children\n"
		"  5 |     children: {}\n"
		"    |               ^  without 'children' there is one, named as the peer\n" },
	{ "peers:\n  of/fice: {remote: any, auth: psk}\n",
		"ipsecd.yaml:2:3: error: 'of/fice' is no name for a peer\n"
		"  2 |   of/fice: {remote: any, auth: psk}\n"
		"    |   ^~~~~~~  [A-Za-z0-9_.-], at most 63 characters\n" },
	{ OFFICE "    children: {\"a b\": {}}\n",
		"ipsecd.yaml:5:16: error: 'a b' is no name for a child\n"
		"  5 |     children: {\"a b\": {}}\n"
		"    |                ^~~~~  [A-Za-z0-9_.-], at most 63 characters\n" },
	{ "peers:\n  office: 192.0.2.1\n",
		"ipsecd.yaml:2:11: error: 'office' is a map of keys\n"
		"  2 |   office: 192.0.2.1\n"
		"    |           ^~~~~~~~~  KEY: VALUE, further in, on lines below\n" },
	{ "defaults: {children: {c: {}}}\n",
		"ipsecd.yaml:1:12: error: children are no default\n"
		"  1 | defaults: {children: {c: {}}}\n"
		"    |            ^~~~~~~~  the keys of children may stand here\n" },
	{ "defaults: {esp: aes265}\n",
		"ipsecd.yaml:1:17: error: unknown algorithm 'aes265'\n"
		"  1 | defaults: {esp: aes265}\n"
		"    |                 ^~~~~~  did you mean 'aes256'?\n" },
	{ "defaults: {replay_window: x}\n" OFFICE "    replay_window: 32\n",
		"ipsecd.yaml:1:27: error: 'replay_window' is a number from 0 to 4096\n"
		"  1 | defaults: {replay_window: x}\n"
		"    |                           ^\n" },
	{ "daemon: {port: 4500}\n",
		"ipsecd.yaml:1:16: error: 'port' and 'nat_port' are the same\n"
		"  1 | daemon: {port: 4500}\n"
		"    |                ^~~~  such as 500 and 4500\n" },
	{ "daemon: {log: \"info,ike=debg\"}\n",
		"ipsecd.yaml:1:15: error: LEVEL or AREA=LEVEL is expected here\n"
		"  1 | daemon: {log: \"info,ike=debg\"}\n"
		"    |               ^~~~~~~~~~~~~~~  error, warning, info or debug\n" },
	{ "include: nothing.yaml\n",
		"ipsecd.yaml:1:10: error: 'nothing.yaml': no such file\n"
		"  1 | include: nothing.yaml\n"
		"    |          ^~~~~~~~~~~~  a pattern such as sites/*.yaml may match nothing\n" },
	{ "peers:\n"
	  "  one: {remote: 10.0.0.0/8, auth: psk, secret: office.psk}\n"
	  "  two: {remote: [192.0.2.1, 10.9.0.0/16], auth: psk, secret: office.psk, remote_id: x}\n",
		"ipsecd.yaml:3:3: error: nothing can tell peers 'one' and 'two' apart: their 'remote' overlaps, and one has no 'remote_id'\n"
		"  3 |   two: {remote: [192.0.2.1, 10.9.0.0/16], auth: psk, secret: office.psk, remote_id: x}\n"
		"    |   ^~~  give each a 'remote_id'; 'one' stands at ipsecd.yaml:2\n" },
	{ "peers:\n"
	  "  one: {remote: 10.0.0.0/31, auth: psk, secret: office.psk}\n"
	  "  two: {remote: 10.0.0.1, auth: psk, secret: office.psk}\n",
		"ipsecd.yaml:3:3: error: nothing can tell peers 'one' and 'two' apart: their 'remote' overlaps, and one has no 'remote_id'\n"
		"  3 |   two: {remote: 10.0.0.1, auth: psk, secret: office.psk}\n"
		"    |   ^~~  give each a 'remote_id'; 'one' stands at ipsecd.yaml:2\n" },
	{ "peers:\n"
	  "  one: {remote: any, auth: psk, secret: office.psk, remote_id: X.example}\n"
	  "  two: {remote: a.example, auth: psk, secret: office.psk, remote_id: x.example}\n",
		"ipsecd.yaml:3:3: error: nothing can tell peers 'one' and 'two' apart: their 'remote' overlaps, and their 'remote_id' is equal\n"
		"  3 |   two: {remote: a.example, auth: psk, secret: office.psk, remote_id: x.example}\n"
		"    |   ^~~  give each a 'remote_id'; 'one' stands at ipsecd.yaml:2\n" },
};
/* clang-format on */

START_TEST(refuses_in_words)
{
	struct folder f = folder_new();

	folder_load_text(&f, refused[_i].yaml);
	ck_assert_str_eq(f.shown, refused[_i].shown);
	ck_assert_ptr_null(f.config);
	folder_remove(&f);
}
END_TEST

START_TEST(every_error_is_reported_at_once)
{
	struct folder f = folder_new();

	folder_load_text(&f, "peers:\n"
			     "  office:\n" PEER "    dpd_dealy: 5\n"
			     "    encap: sometimes\n"
			     "    local: *any\n"
			     "    esp: aes265gcm16\n"
			     "    auth: psk\n"
			     "    local_ts: 10.1.2.3/16\n");
	ck_assert_ptr_null(f.config);
	ck_assert_uint_eq(f.errors.errors, 6);
	for (size_t i = 0; i < f.errors.count; i++) /* in order */
		ck_assert_uint_eq(f.errors.list[i].line, 5 + i);
	folder_remove(&f);
}
END_TEST

/* Equal selectors, if marks or interfaces tell them apart in both directions. */
START_TEST(labels_of_children)
{
	struct folder f = folder_new();
	const struct ike_child_policy *child;

	folder_load_text(&f,
		"peers:\n"
		"  office:\n"
		"    remote: any\n"
		"    auth: psk\n"
		"    if_id: 42\n"
		"    children:\n"
		"      red: {mark_in: 0x10/0xff, mark_out: 17}\n"
		"      blue: {if_id_in: 7, if_id_out: 8}\n"
		"      hole: {mode: pass, local_ts: 10.0.0.0/8, remote_ts: 10.0.0.0/8}\n");
	ck_assert_str_eq(f.shown, "");
	child = folder_peer(&f, "office")->children;
	ck_assert_uint_eq(child[0].in.mark.value, 16);
	ck_assert_uint_eq(child[0].in.mark.mask, 255);
	ck_assert_uint_eq(child[0].out.mark.value, 17);
	ck_assert_uint_eq(child[0].out.mark.mask, UINT32_MAX);
	ck_assert_uint_eq(child[0].in.if_id, 42);
	ck_assert_uint_eq(child[0].out.if_id, 42);
	ck_assert_uint_eq(child[1].in.if_id, 7);
	ck_assert_uint_eq(child[1].out.if_id, 8);
	ck_assert_uint_eq(child[1].in.mark.mask, 0);
	ck_assert_uint_eq(child[2].out.if_id, 42);
	folder_remove(&f);
}
END_TEST

/* Where there is nobody to speak IKE with, nobody asks for address or key; what
 * is inherited of tunnels means nothing. */
START_TEST(shunts_alone_need_no_peer)
{
	struct folder f = folder_new();
	const struct ike_peer *peer;

	folder_load_text(&f,
		"defaults: {start: now, rekey_time: 4h, auth: psk}\n"
		"peers:\n"
		"  walls:\n"
		"    remote_ts: 0.0.0.0/0\n"
		"    children:\n"
		"      ssh: {mode: pass, local_ts: 0.0.0.0/0 tcp/22}\n"
		"      lab: {mode: drop, local_ts: 10.66.0.0/16}\n"
		"  office: {remote: any, start: wait, secret: office.psk}\n");
	ck_assert_str_eq(f.shown, "");
	ck_assert_ptr_nonnull(f.config);
	peer = folder_peer(&f, "walls");
	ck_assert(ike_peer_only_shunts(peer));
	ck_assert(!peer->keep_trying);
	ck_assert_str_eq(peer->error, "");
	ck_assert_uint_eq(peer->psk_len, 0);
	ck_assert_int_eq(peer->children[0].mode, IKE_MODE_PASS);
	ck_assert_int_eq(peer->children[1].mode, IKE_MODE_DROP);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(peer->children[i].start, IKE_START_WAIT);
		ck_assert_uint_eq(peer->children[i].rekey_ms, 0);
	}
	folder_remove(&f);
}
END_TEST

START_TEST(peers_that_can_be_told_apart)
{
	static const char *const both[] = {
		"  a: {remote: 10.0.0.1}\n  b: {remote: 10.0.0.2}\n",
		"  a: {remote: 10.0.0.1}\n  b: {remote: 'fd00::1'}\n",
		"  a: {remote: 10.0.0.0/8, remote_id: x}\n"
		"  b: {remote: any, remote_id: y}\n",
		"  a: {remote: any, remote_id: '*.x'}\n"
		"  b: {remote: any, remote_id: a.x}\n",
		"  a: {remote: 10.0.0.1, local: 192.0.2.1}\n"
		"  b: {remote: 10.0.0.1, local: 192.0.2.2}\n",
		"  a: {remote: 10.0.0.1}\n"
		"  b: {remote: 10.0.0.1, enabled: no}\n",
		"  a: {remote: a.example}\n  b: {remote: b.example}\n",
	};
	struct folder f = folder_new();
	char text[512];

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		snprintf(text, sizeof(text),
			"defaults: {auth: psk, secret: office.psk}\npeers:\n%s",
			both[i]);
		folder_load_text(&f, text);
		ck_assert_msg(f.config != NULL, "%s\n%s", text, f.shown);
	}
	folder_remove(&f);
}
END_TEST

/* --- Files ----------------------------------------------------------------------- */

START_TEST(peers_d_is_merged_in_order)
{
	struct folder f = folder_new();

	folder_file(&f, "peers.d/b.yaml",
		"peers: {two: {remote: 10.0.0.2, auth: psk}}\n");
	folder_file(&f, "peers.d/B.yaml",
		"peers: {one: {remote: 10.0.0.1, auth: psk}}\n");
	folder_file(&f, "peers.d/c.yaml.off", "nonsense\n");
	folder_file(&f, "peers.d/.hidden.yaml", "nonsense\n");
	folder_load_text(&f, "defaults: {secret: office.psk}\n"
			     "peers: {zero: {remote: 10.0.0.0, auth: psk}}\n");
	ck_assert_str_eq(f.shown, "");
	ck_assert_uint_eq(f.config->peers.count, 3);
	ck_assert_str_eq(f.config->peers.peer[0]->name, "zero");
	ck_assert_str_eq(f.config->peers.peer[1]->name, "one");
	ck_assert_str_eq(f.config->peers.peer[2]->name, "two");
	folder_remove(&f);
}
END_TEST

START_TEST(includes)
{
	struct folder f = folder_new();

	folder_make(&f, "sites", 0700);
	folder_make(&f, "sites/more", 0700);
	folder_file(&f, "sites/a.yaml",
		"include: [more/*.yaml, ../ipsecd.yaml]\n"
		"peers: {a: {remote: 10.0.0.1}}\n");
	folder_file(&f, "sites/more/b.yaml",
		"include: ../a.yaml\ndefaults: {auth: psk}\n");
	folder_file(&f, "peers.d/c.yaml", "peers: {c: {remote: 10.0.0.3}}\n");
	folder_load_text(&f, "include: [sites/*.yaml, 'peers.d/*.yaml', "
			     "'nothing/*.yaml']\n"
			     "defaults: {secret: office.psk}\n");
	ck_assert_str_eq(f.shown, "");
	ck_assert_uint_eq(f.config->peers.count, 2);
	folder_remove(&f);
}
END_TEST

/* A folder may be called what it likes. */
START_TEST(the_folder_is_no_pattern)
{
	struct folder f = folder_new();
	struct config_errors errors = { 0 };
	struct config *config;
	char path[128];

	folder_make(&f, "a[b]*", 0700);
	folder_make(&f, "a[b]*/peers.d", 0700);
	folder_make(&f, "a[b]*/secrets", 0700);
	folder_file(&f, "a[b]*/secrets/office.psk", "key");
	folder_file(&f, "a[b]*/peers.d/office.yaml", OFFICE);
	folder_file(&f, "a[b]*/main", "");
	snprintf(path, sizeof(path), "%s/a[b]*/main", f.path);
	config = config_load(path, NULL, &errors);
	ck_assert_ptr_nonnull(config);
	ck_assert_uint_eq(config->peers.count, 1);
	config_free(config);
	config_errors_clear(&errors);
	folder_remove(&f);
}
END_TEST

START_TEST(includes_end)
{
	struct folder f = folder_new();
	char name[32], text[64];

	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "%d.yaml", i);
		snprintf(text, sizeof(text), "include: %d.yaml\n", i + 1);
		folder_file(&f, name, text);
	}
	folder_load_text(&f, "include: 0.yaml\n");
	ck_assert_str_eq(f.shown,
		"7.yaml:1:10: error: included more than 8 deep\n"
		"  1 | include: 8.yaml\n"
		"    |          ^~~~~~  name it in the first file instead\n");
	ck_assert_ptr_null(f.config);
	folder_remove(&f);
}
END_TEST

START_TEST(n50_too_many_children)
{
	struct folder f = folder_new();
	char *text = calloc(1, 65536);
	size_t len;

	for (unsigned int count = MAX_CHILDREN; count <= MAX_CHILDREN + 1;
		count++) {
		len = (size_t)snprintf(text, 65536, OFFICE "    children:\n");
		for (unsigned int i = 0; i < count; i++)
			len += (size_t)snprintf(text + len, 65536 - len,
				"      c%u: {local_ts: 10.0.%u.%u}\n", i,
				i >> 8, i & 255);
		folder_load_text(&f, text);
		ck_assert((f.config != NULL) == (count == MAX_CHILDREN));
	}
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:6:7: error: more than 256 children\n"
		"  6 |       c0: {local_ts: 10.0.0.0}\n"
		"    |       ^  a child may have several networks: a list\n");
	free(text);
	folder_remove(&f);
}
END_TEST

START_TEST(a_peer_in_two_files_names_both)
{
	struct folder f = folder_new();

	folder_file(&f, "peers.d/a.yaml",
		"# office, too\npeers:\n  office: {remote: any, auth: psk}\n");
	folder_file(&f, "peers.d/b.yaml", "daemon: {port: 501}\n");
	folder_load_text(&f, "daemon: {port: 500}\n"
			     "peers:\n  office: {remote: any, auth: psk}\n");
	ck_assert_str_eq(f.shown,
		"peers.d/a.yaml:3:3: error: 'office' is defined twice\n"
		"  3 |   office: {remote: any, auth: psk}\n"
		"    |   ^~~~~~  it stands at ipsecd.yaml:3\n"
		"peers.d/b.yaml:1:10: error: 'port' is defined twice\n"
		"  1 | daemon: {port: 501}\n"
		"    |          ^~~~  it stands at ipsecd.yaml:1\n");
	ck_assert_ptr_null(f.config);
	folder_remove(&f);
}
END_TEST

/* It counts all the same: nothing gets safer by leaving peers out. */
START_TEST(files_that_others_can_write_are_warned_of)
{
	struct folder f = folder_new();
	const char *text = "peers:\n  office: {remote: any, auth: psk}\n";

	folder_write(&f, "ipsecd.yaml", text, strlen(text), 0646);
	folder_load(&f);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: warning: it has mode 0646: others can write it\n"
		"    chmod o-w ipsecd.yaml\n");
	ck_assert_uint_eq(f.config->peers.count, 1);
	folder_remove(&f);
}
END_TEST

START_TEST(files_of_other_names_are_warned_of)
{
	struct folder f = folder_new();

	folder_file(&f, "peers.d/b.yml", "peers: {b: {remote: any}}\n");
	folder_file(&f, "peers.d/c.yaml~", "peers: {c: {remote: any}}\n");
	folder_load_text(&f, "peers: {office: {remote: any, auth: psk}}\n");
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: warning: 'peers.d/b.yml' is not read\n"
		"    only what ends in .yaml is\n");
	ck_assert_uint_eq(f.config->peers.count, 1);
	folder_remove(&f);
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
	struct folder f = folder_new();

	folder_load(&f);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: error: cannot be read: No such file or "
		"directory\n");
	ck_assert_ptr_null(f.config);
	folder_make(&f, "ipsecd.yaml", 0700);
	folder_load(&f);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: error: cannot be read: Is a directory\n");
	folder_remove(&f);
	f = folder_new();
	folder_make(&f, "peers.d/a.yaml", 0700);
	folder_load_text(&f, "peers:\n");
	ck_assert_str_eq(f.shown,
		"peers.d/a.yaml: error: cannot be read: Is a directory\n");
	folder_remove(&f);
}
END_TEST

START_TEST(syntax_error_in_one_file_comes_beside_the_others)
{
	struct folder f = folder_new();

	folder_file(&f, "peers.d/a.yaml", "peers:\n  a: @b\n");
	folder_file(&f, "peers.d/b.yaml", "peers: {b: {romete: any}}\n");
	folder_load_text(&f, OFFICE);
	ck_assert_ptr_null(f.config);
	ck_assert_ptr_nonnull(
		strstr(f.shown, "peers.d/a.yaml:2:6: error: a value cannot"));
	ck_assert_ptr_nonnull(
		strstr(f.shown, "peers.d/b.yaml:1:13: error: unknown key"));
	folder_remove(&f);
}
END_TEST

/* --- Secrets ----------------------------------------------------------------------- */

START_TEST(n50_peer_without_its_secret_is_left_out)
{
	struct folder f = folder_new();

	folder_write(&f, "secrets/open.psk", "key", 3, 0644);
	folder_load_text(&f, "defaults: {auth: psk}\npeers:\n"
			     "  office: {remote: 10.0.0.1}\n"
			     "  open: {remote: 10.0.0.2}\n"
			     "  gone:\n    remote: 10.0.0.3\n"
			     "    secret: nowhere.psk\n");
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:4:3: error: peer 'open' is left out: secret "
		"'secrets/open.psk' has mode 0644: others can read it\n"
		"  4 |   open: {remote: 10.0.0.2}\n"
		"    |   ^~~~  chmod 0640 secrets/open.psk\n"
		"ipsecd.yaml:7:13: error: peer 'gone' is left out: secret "
		"'secrets/nowhere.psk': No such file or directory\n"
		"  7 |     secret: nowhere.psk\n"
		"    |             ^~~~~~~~~~~  ipsec-ctl keygen psk -o "
		"secrets/nowhere.psk\n");
	ck_assert_uint_eq(f.errors.errors, 0);
	ck_assert_uint_eq(f.errors.left_out, 2);
	ck_assert_uint_eq(folder_peer(&f, "office")->psk_len, 12);
	ck_assert_str_eq(folder_peer(&f, "office")->error, "");
	ck_assert_uint_eq(folder_peer(&f, "open")->psk_len, 0);
	ck_assert_ptr_nonnull(
		strstr(folder_peer(&f, "open")->error, "others can read it"));
	ck_assert_ptr_nonnull(
		strstr(folder_peer(&f, "gone")->error, "No such file"));
	folder_remove(&f);
}
END_TEST

START_TEST(inline_secrets_are_warned_of)
{
	struct folder f = folder_new();

	folder_load_text(&f, "peers:\n  office: {remote: any, auth: psk, "
			     "secret: \"text:open sesame\"}\n");
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:2:44: warning: the secret of peer 'office' stands "
		"in the configuration\n"
		"  2 |   office: {remote: any, auth: psk, secret: "
		"\"text:*************\n"
		"    |                                            "
		"^~~~~~~~~~~~~~~~~~  better in a file under secrets/\n");
	ck_assert_uint_eq(f.errors.warnings, 1);
	ck_assert_uint_eq(folder_peer(&f, "office")->psk_len, 11);
	folder_remove(&f);
}
END_TEST

START_TEST(root_is_in_front_of_secrets)
{
	struct folder f = folder_new();
	struct config_errors errors = { 0 };
	struct config *config;
	char path[128];

	folder_make(&f, "etc", 0700);
	folder_make(&f, "etc/ipsecd", 0700);
	folder_make(&f, "etc/ipsecd/secrets", 0700);
	folder_file(&f, "etc/ipsecd/secrets/office.psk", "other");
	folder_file(&f, "trial.yaml", OFFICE);
	snprintf(path, sizeof(path), "%s/trial.yaml", f.path);
	config = config_load(path, f.path, &errors);
	ck_assert_ptr_nonnull(config);
	ck_assert_uint_eq(config->peers.peer[0]->psk_len, 5);
	config_free(config);
	config_errors_clear(&errors);
	folder_remove(&f);
}
END_TEST

/* --- Comparing ------------------------------------------------------------------------ */

/* Values of one key: the first two say the same, the third something else. */
struct values {
	enum schema_scope scope;
	const char *key;
	const char *spelled[3];
};

/* clang-format off */
static const struct values values[] = {
	{ SCOPE_PEER, "enabled", { "yes", "true", "no" } },
	{ SCOPE_PEER, "local", { "any", "any", "198.51.100.1" } },
	{ SCOPE_PEER, "remote", { "[10.0.0.0/30, a.example]", "[10.0.0.0-10.0.0.3, a.example]", "[10.0.0.0/30, b.example]" } },
	{ SCOPE_PEER, "local_id", { "east", "fqdn:EAST", "keyid:east" } },
	{ SCOPE_PEER, "remote_id", { "192.0.2.1", "ip:192.0.2.1", "any" } },
	{ SCOPE_PEER, "secret", { "a.psk", "same-as-a.psk", "b.psk" } },
	{ SCOPE_PEER, "ike", { "aes128-sha256-x25519", "[aes128-prfsha256-curve25519-sha256]", "default" } },
	{ SCOPE_PEER, "dpd_delay", { "60s", "1m", "never" } },
	{ SCOPE_PEER, "dpd_action", { "clear", "'clear'", "on-demand" } },
	{ SCOPE_PEER, "close_action", { "on-demand", "'on-demand'", "clear" } },
	{ SCOPE_PEER, "rekey_time", { "24h", "1d", "never" } },
	{ SCOPE_PEER, "reauth_time", { "7d", "168h", "never" } },
	{ SCOPE_RETRANSMIT, "tries", { "5", "05", "7" } },
	{ SCOPE_RETRANSMIT, "base", { "2s", "2000ms", "3s" } },
	{ SCOPE_RETRANSMIT, "max", { "60", "1m", "2m" } },
	{ SCOPE_PEER, "keep_trying", { "no", "off", "yes" } },
	{ SCOPE_PEER, "unique", { "replace", "'replace'", "keep" } },
	{ SCOPE_PEER, "childless", { "yes", "true", "no" } },
	{ SCOPE_PEER, "encap", { "auto", "'auto'", "force" } },
	{ SCOPE_PEER, "mobike", { "yes", "on", "no" } },
	{ SCOPE_PEER, "fragmentation", { "yes", "on", "no" } },
	{ SCOPE_PEER, "allow_weak", { "[]", "[sha1]", "sha1" } },
	{ SCOPE_PEER, "revocation", { "soft", "'soft'", "strict" } },
	{ SCOPE_PEER, "rsa_padding", { "pss", "'pss'", "pkcs1" } },
	{ SCOPE_CHILD, "mode", { "tunnel", "'tunnel'", "transport" } },
	{ SCOPE_CHILD, "local_ts", { "10.1.1.1", "10.1.1.1/32", "10.1.1.1 tcp" } },
	{ SCOPE_CHILD, "remote_ts", { "dynamic", "[dynamic]", "10.2.0.1 tcp/80" } },
	{ SCOPE_CHILD, "esp", { "aes256gcm16", "aes256gcm16-esn-noesn", "aes256gcm16-x25519" } },
	{ SCOPE_CHILD, "start", { "wait", "'wait'", "wait" } },
	{ SCOPE_CHILD, "rekey_time", { "60m", "1h", "2h" } },
	{ SCOPE_CHILD, "inactivity", { "60m", "1h", "never" } },
	{ SCOPE_CHILD, "rekey_bytes", { "1GiB", "1024MiB", "auto" } },
	{ SCOPE_CHILD, "rekey_packets", { "auto", "'auto'", "50" } },
	{ SCOPE_CHILD, "replay_window", { "128", "0128", "64" } },
	{ SCOPE_CHILD, "priority", { "auto", "'auto'", "77" } },
	{ SCOPE_PEER, "if_id", { "42", "042", "43" } },
	{ SCOPE_CHILD, "if_id_in", { "42", "042", "43" } },
	{ SCOPE_CHILD, "if_id_out", { "44", "044", "45" } },
	{ SCOPE_CHILD, "mark_in", { "0x10/0xff", "16/255", "0x11/0xff" } },
	{ SCOPE_CHILD, "mark_out", { "1", "1/0xffffffff", "1/0xff" } },
};
/* clang-format on */
enum { VALUES = sizeof(values) / sizeof(values[0]) };

static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed / 65536 % below;
}

/* One child, and its keys in the peer or in the child. */
static void write_peer(const uint8_t chosen[VALUES], bool apart, char out[4096])
{
	size_t len = (size_t)snprintf(
		out, 4096, "peers:\n  office:\n    auth: psk\n");

	for (int pass = 0; pass < 3; pass++) {
		len += (size_t)snprintf(out + len, 4096 - len, "%s",
			pass == 1   ? "    retransmit:\n"
			: pass == 2 ? "    children:\n      c:\n"
				    : "");
		for (size_t i = 0; i < VALUES; i++) {
			const struct values *v = &values[i];
			bool child = v->scope == SCOPE_CHILD &&
				     (apart || schema_find(SCOPE_PEER, v->key));
			int in = v->scope == SCOPE_RETRANSMIT ? 1 : child * 2;

			if (in == pass)
				len += (size_t)snprintf(out + len, 4096 - len,
					"%*s%s: %s\n", 4 + 2 * in, "", v->key,
					v->spelled[chosen[i]]);
		}
	}
	ck_assert(len < 4096);
}

static const struct schema_row *row_of(const struct values *v)
{
	const struct schema_row *row = schema_find(v->scope, v->key);

	ck_assert_msg(row != NULL, "%s", v->key);
	return row;
}

/* What the schema says of the keys that differ in meaning.  allow_weak has one
 * only where there are signatures. */
static enum ike_change expected_change(
	const uint8_t a[VALUES], const uint8_t b[VALUES])
{
	enum ike_change change = IKE_CHANGE_NOTHING;

	for (size_t i = 0; i < VALUES; i++) {
		if ((a[i] == 2) != (b[i] == 2) &&
			strcmp(values[i].key, "start") != 0 &&
			strcmp(values[i].key, "allow_weak") != 0 &&
			row_of(&values[i])->on_change > change)
			change = row_of(&values[i])->on_change;
	}
	return change;
}

static void load_chosen(
	struct folder *f, const uint8_t chosen[VALUES], bool apart)
{
	char text[4096];

	write_peer(chosen, apart, text);
	folder_load_text(f, text);
	ck_assert_msg(f->config != NULL, "%s\n%s", text, f->shown);
}

static enum ike_change compare(const struct config *a, struct config *b)
{
	ck_assert(config_compare(a, b));
	ck_assert_uint_eq(b->peers.count, 1);
	return b->peers.change[0];
}

START_TEST(compares_by_the_schema)
{
	struct folder f = folder_new(), g = folder_new();
	uint32_t seed = 1;

	for (int side = 0; side < 2; side++) {
		struct folder *h = side ? &g : &f;

		folder_file(h, "secrets/a.psk", "a key");
		folder_file(h, "secrets/same-as-a.psk", "a key\n");
		folder_file(h, "secrets/b.psk", "b key");
	}
	for (int round = 0; round < 300; round++) {
		uint8_t a[VALUES], b[VALUES];

		for (size_t i = 0; i < VALUES; i++) {
			a[i] = (uint8_t)draw(&seed, 3);
			b[i] = draw(&seed, 8) ? a[i] : (uint8_t)draw(&seed, 3);
		}
		if (round < (int)VALUES) { /* each key alone, to be sure */
			memset(a, 0, sizeof(a));
			memset(b, 1, sizeof(b));
			b[round] = 2;
		}
		/* A peer that is not there needs no key. */
		if (a[0] == 2 || b[0] == 2)
			a[5] = b[5] = 0;
		load_chosen(&f, a, draw(&seed, 2));
		load_chosen(&g, b, true);
		ck_assert_int_eq(
			compare(f.config, g.config), expected_change(a, b));
		ck_assert_int_eq(
			compare(g.config, f.config), expected_change(a, b));
		ck_assert_int_eq(
			compare(f.config, f.config), IKE_CHANGE_NOTHING);
	}
	folder_remove(&f);
	folder_remove(&g);
}
END_TEST

/* No key that is kept can be forgotten in the test above; methods and what they
 * rest on are compared in proofs.c. */
START_TEST(every_kept_key_is_compared)
{
	const struct schema_row *row;

	for (size_t i = 0; (row = schema_at(i)); i++) {
		size_t j = 0;

		if (row->size == 0 || row->scope == SCOPE_DAEMON ||
			row->scope == SCOPE_CONTROL ||
			row->scope == SCOPE_SIDE || row->kind == KIND_AUTH ||
			row->kind == KIND_LOCAL_AUTH)
			continue;
		while (j < VALUES && row_of(&values[j]) != row)
			j++;
		ck_assert_msg(j < VALUES, "%s", row->key);
	}
}
END_TEST

static enum ike_change change_between(const char *before, const char *after)
{
	struct folder f = folder_new(), g = folder_new();
	enum ike_change change;

	folder_load_text(&f, before);
	folder_load_text(&g, after);
	ck_assert_msg(f.config && g.config, "%s%s", f.shown, g.shown);
	ck_assert(config_compare(f.config, g.config));
	change = g.config->peers.change[0];
	folder_remove(&f);
	folder_remove(&g);
	return change;
}

START_TEST(compares_what_stands_elsewhere)
{
	ck_assert_int_eq(
		change_between(OFFICE, "x-a: b\n" OFFICE), IKE_CHANGE_NOTHING);
	ck_assert_int_eq(change_between(OFFICE,
				 "defaults: {auth: psk}\npeers:\n  office:\n"
				 "    remote: {address: 192.0.2.1}\n"),
		IKE_CHANGE_NOTHING);
	ck_assert_int_eq(
		change_between(OFFICE, "peers:\n  office:\n    auth: psk\n"
				       "    remote: {address: 192.0.2.1, "
				       "port: 501}\n"),
		IKE_CHANGE_PEER);
	ck_assert_int_eq(change_between(OFFICE, OFFICE "    start: now\n"),
		IKE_CHANGE_NOTHING);
	ck_assert_int_eq(
		change_between(OFFICE, OFFICE "    children: {office: {}}\n"),
		IKE_CHANGE_NOTHING);
	ck_assert_int_eq(
		change_between(OFFICE, OFFICE "    children: {other: {}}\n"),
		IKE_CHANGE_CHILD);
	ck_assert_int_eq(
		change_between(OFFICE, OFFICE "    children: {office: {}, "
					      "b: {local_ts: 10.0.0.0/8}}\n"),
		IKE_CHANGE_CHILD);
	ck_assert_int_eq(change_between(OFFICE
				 "    children: {a: {local_ts: 10.0.0.0/8}, "
				 "b: {}}\n",
				 OFFICE "    children: {b: {}, "
					"a: {local_ts: 10.0.0.0/8}}\n"),
		IKE_CHANGE_NOTHING);
	ck_assert_int_eq(change_between(OFFICE "    children: {b: {}, "
					       "a: {local_ts: 10.0.0.0/8}}\n",
				 OFFICE "    children: {b: {}}\n"),
		IKE_CHANGE_CHILD);
	ck_assert_int_eq(
		change_between(
			"peers: {office: {auth: psk, remote: 10.0.0.0/30}}\n",
			"peers: {office: {auth: psk, remote: 10.0.0.0/29}}\n"),
		IKE_CHANGE_PEER);
	ck_assert_int_eq(change_between(OFFICE, "peers:\n  new:\n" PEER
						"    secret: office.psk\n"),
		IKE_CHANGE_PEER);
}
END_TEST

START_TEST(compares_many)
{
	enum { PEERS = 3000, SIZE = PEERS * 128 };
	struct folder f = folder_new(), g = folder_new();
	char *text = calloc(1, SIZE);
	size_t len = 0;
	time_t begin = time(NULL);

	len += (size_t)snprintf(text, SIZE,
		"defaults: {auth: psk, secret: office.psk}\npeers:\n");
	for (unsigned int i = 0; i < PEERS; i++)
		len += (size_t)snprintf(text + len, SIZE - len,
			"  p%u: {remote: 10.%u.%u.%u}\n", i, i >> 16,
			i >> 8 & 255, i & 255);
	folder_load_text(&f, text);
	folder_load_text(&g, text);
	ck_assert_msg(f.config != NULL, "%s", f.shown);
	ck_assert(config_compare(f.config, g.config));
	for (size_t i = 0; i < PEERS; i++)
		ck_assert_int_eq(g.config->peers.change[i], IKE_CHANGE_NOTHING);
	ck_assert(time(NULL) - begin < 120); /* hang guard */
	free(text);
	folder_remove(&f);
	folder_remove(&g);
}
END_TEST

SUITE(config)
{
	test(loads_the_minimal_file);
	test(loads_nothing);
	test(loads_the_example);
	test(the_nearest_key_counts);
	test(reads_both_spellings_of_a_side);
	test(a_name_in_local_is_our_identity);
	loop_test(refuses_in_words, sizeof(refused) / sizeof(refused[0]));
	test(every_error_is_reported_at_once);
	test(shunts_alone_need_no_peer);
	test(labels_of_children);
	test(peers_that_can_be_told_apart);
	test(peers_d_is_merged_in_order);
	test(includes);
	test(the_folder_is_no_pattern);
	test(includes_end);
	test(n50_too_many_children);
	test(a_peer_in_two_files_names_both);
	test(files_that_others_can_write_are_warned_of);
	test(files_of_other_names_are_warned_of);
	test(files_that_cannot_be_read);
	test(syntax_error_in_one_file_comes_beside_the_others);
	test(n50_peer_without_its_secret_is_left_out);
	test(inline_secrets_are_warned_of);
	test(root_is_in_front_of_secrets);
	test(compares_by_the_schema);
	test(every_kept_key_is_compared);
	test(compares_what_stands_elsewhere);
	test(compares_many);
}

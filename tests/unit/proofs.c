/* proofs.c - methods, keys and certificates of a peer: read, refused, compared.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/config.h"
#include "ikev2/identity.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/pki.h"
#include "tests/unit/told.h"

/* --- A folder with certificates --------------------------------------------- */

static void put_file(
	struct folder *f, const char *name, struct bytes data, mode_t mode)
{
	folder_write(f, name, (const char *)data.at, data.len, mode);
}

static void put_cert(
	struct folder *f, const char *name, const struct pki_cert *cert)
{
	char path[128];

	snprintf(path, sizeof(path), "certs/%s.pem", name);
	folder_write(f, path, cert->pem, strlen(cert->pem), 0644);
	snprintf(path, sizeof(path), "secrets/%s.key", name);
	folder_file(f, path, cert->key_pem);
}

static struct pki_cert *root, *vpn;

/* A root in ca/, and vpn.pem with its key. */
static struct folder folder_with_pki(void)
{
	struct folder f = folder_new();

	f.unix_s = PKI_NOW;
	folder_make(&f, "certs", 0700);
	folder_make(&f, "ca", 0700);
	folder_make(&f, "crls", 0700);
	root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Root", .ca = true });
	vpn = pki_issue(root, &(struct pki_want){ .subject = "C=CH, CN=vpn",
				      .san = "DNS:vpn.example.com, "
					     "email:vpn@example.com, "
					     "IP:192.0.2.1" });
	folder_file(&f, "ca/root.pem", root->pem);
	put_cert(&f, "vpn", vpn);
	return f;
}

static void finish(struct folder *f)
{
	folder_remove(f);
	pki_end();
}

static size_t roots(const struct ike_peer *peer)
{
	uint8_t hashes[20 * 16];

	return trust_hashes(peer->trust, hashes, sizeof(hashes)) / 20;
}

static void is_called(const struct ike_side *side, const char *text)
{
	char shown[IKE_ID_SIZE];

	ck_assert_str_eq(identity_text(&side->id, shown), text);
}

#define PEERS  "peers:\n"
#define BRANCH "  branch:\n    remote: branch.example\n"
#define VPN    "    local: {cert: vpn.pem}\n"
#define CERT   PEERS BRANCH "    auth: cert\n" VPN

/* --- What is taken ----------------------------------------------------------- */

START_TEST(certificates_both_ways)
{
	struct folder f = folder_with_pki();
	const struct ike_peer *peer;

	folder_load_text(&f, CERT);
	ck_assert_str_eq(f.shown, "");
	peer = folder_peer(&f, "branch");
	ck_assert_str_eq(peer->error, "");
	ck_assert_uint_eq(peer->psk_len, 0);
	ck_assert_uint_eq(peer->local.auth, IKE_AUTH_CERT);
	ck_assert_uint_eq(peer->remote.auth, IKE_AUTH_CERT);
	ck_assert_ptr_nonnull(peer->own);
	ck_assert(bytes_equal(
		certificate_der(credential_certificate(peer->own, 0)),
		vpn->der));
	ck_assert_ptr_null(credential_certificate(peer->own, 1));
	ck_assert_uint_eq(roots(peer), 1);
	ck_assert(!trust_has_keys(peer->trust));
	is_called(&peer->local, "C=CH, CN=vpn");
	is_called(&peer->remote, "any");
	ck_assert_int_eq(peer->revocation, REVOCATION_SOFT);
	ck_assert_int_eq(peer->rsa, AUTH_RSA_PSS);
	ck_assert(!peer->sha1);
	finish(&f);
}
END_TEST

START_TEST(methods_may_differ)
{
	struct folder f = folder_with_pki();
	const struct ike_peer *peer;

	folder_load_text(&f,
		"defaults: {secret: office.psk, local: {cert: vpn.pem}}\n" PEERS
		"  a: {remote: 192.0.2.1, local_auth: psk, remote_auth: cert}\n"
		"  b: {remote: 192.0.2.2, auth: psk, local_auth: cert}\n"
		"  c: {remote: {address: 192.0.2.3, auth: [psk, cert]},\n"
		"      local: {auth: cert}}\n"
		"  d: {remote: 192.0.2.4, auth: psk}\n"
		"  e: {remote: 192.0.2.5, auth: cert, secret: nowhere.psk}\n");
	ck_assert_str_eq(f.shown, "");
	peer = folder_peer(&f, "a");
	ck_assert_uint_eq(peer->psk_len, 12);
	ck_assert(!peer->own && peer->trust);
	is_called(&peer->local, "any");
	peer = folder_peer(&f, "b");
	ck_assert_uint_eq(peer->psk_len, 12);
	ck_assert(peer->own && !peer->trust);
	is_called(&peer->local, "C=CH, CN=vpn");
	peer = folder_peer(&f, "c");
	ck_assert_uint_eq(peer->psk_len, 12);
	ck_assert(peer->own && peer->trust);
	ck_assert_uint_eq(peer->remote.auth, IKE_AUTH_PSK | IKE_AUTH_CERT);
	peer = folder_peer(&f, "d");
	ck_assert_uint_eq(peer->psk_len, 12);
	ck_assert(!peer->own && !peer->trust);
	peer = folder_peer(&f, "e");
	ck_assert_uint_eq(peer->psk_len, 0);
	ck_assert(peer->own && peer->trust);
	finish(&f);
}
END_TEST

/* RFC 7670: keys by themselves, without a certificate or beside one. */
START_TEST(raw_public_keys)
{
	struct folder f = folder_with_pki();
	const struct ike_peer *peer;
	struct private_key *key;
	char pem[KEY_PEM_SIZE];
	const char *why = "";

	key = private_key_read(vpn->key_der, &why);
	ck_assert_msg(key != NULL, "%s", why);
	ck_assert(public_key_pem(private_key_public(key), pem) > 0);
	folder_file(&f, "certs/peer.pub", pem);
	put_file(&f, "certs/peer.der", public_key_der(private_key_public(key)),
		0644);
	folder_load_text(&f,
		"defaults: {auth: pubkey, local: {key: vpn.key}}\n" PEERS
		"  a: {remote: {address: 192.0.2.1, pubkey: peer.pub}}\n"
		"  b: {remote: {address: 192.0.2.2, pubkey: peer.der},\n"
		"      local: us.example}\n"
		"  c: {remote: {address: 192.0.2.3, pubkey: [vpn.pem]},\n"
		"      remote_auth: [pubkey, cert], local: {cert: vpn.pem}}\n");
	ck_assert_str_eq(f.shown, "");
	peer = folder_peer(&f, "a");
	ck_assert_ptr_nonnull(peer->own);
	ck_assert_ptr_null(credential_certificate(peer->own, 0));
	ck_assert(!trust_has_roots(peer->trust));
	ck_assert(trust_has_key(peer->trust, private_key_public(key)));
	is_called(&peer->local, "any");
	peer = folder_peer(&f, "b");
	ck_assert(trust_has_key(peer->trust, private_key_public(key)));
	is_called(&peer->local, "us.example");
	peer = folder_peer(&f, "c");
	ck_assert(trust_has_key(peer->trust, private_key_public(key)));
	ck_assert(trust_has_roots(peer->trust));
	ck_assert_ptr_null(credential_certificate(peer->own, 0));
	private_key_free(key);
	finish(&f);
}
END_TEST

/* A chain may stand behind our certificate, or before it. */
START_TEST(our_chain)
{
	struct folder f = folder_with_pki();
	struct pki_cert *sub = pki_issue(
		root, &(struct pki_want){ .subject = "CN=Sub", .ca = true });
	struct pki_cert *leaf = pki_issue(sub,
		&(struct pki_want){ .subject = "CN=leaf", .san = "DNS:leaf" });
	const struct credential *own;
	char text[16384];

	folder_file(&f, "secrets/own.key", leaf->key_pem);
	for (int last = 0; last < 2; last++) {
		snprintf(text, sizeof(text), "%s%s%s",
			last ? root->pem : leaf->pem, sub->pem,
			last ? leaf->pem : root->pem);
		folder_file(&f, "certs/chain.pem", text);
		folder_load_text(&f, PEERS BRANCH
			"    auth: cert\n"
			"    local: {cert: chain.pem, key: own.key}\n");
		ck_assert_str_eq(f.shown, "");
		own = folder_peer(&f, "branch")->own;
		ck_assert(bytes_equal(
			certificate_der(credential_certificate(own, 0)),
			leaf->der));
		ck_assert_ptr_nonnull(credential_certificate(own, 2));
		is_called(&folder_peer(&f, "branch")->local, "CN=leaf");
	}
	finish(&f);
}
END_TEST

/* The name of the key is that of the certificate. */
START_TEST(key_of_a_certificate)
{
	struct folder f = folder_with_pki();

	folder_make(&f, "certs/sites", 0700);
	folder_make(&f, "secrets/sites", 0700);
	put_file(&f, "certs/sites/a.b.crt", vpn->der, 0644);
	put_file(&f, "secrets/sites/a.b.key", vpn->key_der, 0640);
	folder_load_text(&f, PEERS BRANCH "    auth: cert\n"
					  "    local: {cert: sites/a.b.crt}\n");
	ck_assert_str_eq(f.shown, "");
	ck_assert_ptr_nonnull(folder_peer(&f, "branch")->own);
	finish(&f);
}
END_TEST

START_TEST(keys_from_systemd)
{
	struct folder f = folder_with_pki();
	char folder[128];

	folder_make(&f, "given", 0700);
	folder_write(&f, "given/vpn", vpn->key_pem, strlen(vpn->key_pem), 0400);
	snprintf(folder, sizeof(folder), "%s/given", f.path);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	folder_load_text(&f,
		PEERS BRANCH "    auth: cert\n"
			     "    local: {cert: vpn.pem, key: 'cred:vpn'}\n");
	unsetenv("CREDENTIALS_DIRECTORY");
	ck_assert_str_eq(f.shown, "");
	ck_assert_ptr_nonnull(folder_peer(&f, "branch")->own);
	finish(&f);
}
END_TEST

START_TEST(many_peers_share_what_they_name)
{
	struct folder f = folder_with_pki();

	folder_load_text(&f,
		"defaults: {auth: cert, local: {cert: vpn.pem}}\n" PEERS
		"  a: {remote: 192.0.2.1}\n"
		"  b: {remote: 192.0.2.2}\n"
		"  c: {remote: {address: 192.0.2.3, ca: root.pem}}\n");
	ck_assert_str_eq(f.shown, "");
	ck_assert_ptr_eq(folder_peer(&f, "a")->own, folder_peer(&f, "b")->own);
	ck_assert_ptr_eq(
		folder_peer(&f, "a")->trust, folder_peer(&f, "b")->trust);
	ck_assert_ptr_ne(
		folder_peer(&f, "a")->trust, folder_peer(&f, "c")->trust);
	ck_assert(trust_equal(
		folder_peer(&f, "a")->trust, folder_peer(&f, "c")->trust));
	finish(&f);
}
END_TEST

/* Signatures with SHA-1 matter only where there are signatures. */
START_TEST(weak_signatures)
{
	struct folder f = folder_with_pki();

	folder_load_text(&f,
		"defaults: {allow_weak: [sha1], local: {cert: vpn.pem},\n"
		"           secret: office.psk}\n" PEERS
		"  a: {remote: 192.0.2.1, auth: psk}\n"
		"  b: {remote: 192.0.2.2, auth: psk, local_auth: cert}\n"
		"  c: {remote: 192.0.2.3, auth: cert}\n"
		"  d: {remote: 192.0.2.4, auth: cert, allow_weak: []}\n"
		"  e: {remote: 192.0.2.5, auth: cert, revocation: strict,\n"
		"      rsa_padding: pkcs1, allow_weak: sha1}\n");
	ck_assert_str_eq(f.shown, "");
	ck_assert(!folder_peer(&f, "a")->sha1);
	ck_assert(folder_peer(&f, "b")->sha1);
	ck_assert(folder_peer(&f, "c")->sha1);
	ck_assert(!folder_peer(&f, "d")->sha1);
	ck_assert(folder_peer(&f, "e")->sha1);
	ck_assert_int_eq(folder_peer(&f, "e")->revocation, REVOCATION_STRICT);
	ck_assert_int_eq(folder_peer(&f, "e")->rsa, AUTH_RSA_PKCS1);
	finish(&f);
}
END_TEST

/* --- Who we are ----------------------------------------------------------------- */

START_TEST(who_we_are_is_in_the_certificate)
{
	static const char *const good[] = { "vpn.example.com",
		"vpn@example.com", "192.0.2.1", "'C=CH, CN=vpn'",
		"'dn:C=ch,CN=VPN'" };
	static const char *const bad[] = { "vpn", "example.com",
		"u@example.com", "192.0.2.2", "'C=CH, CN=vpn2'" };
	struct folder f = folder_with_pki();
	char text[512];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(
			text, sizeof(text), CERT "    local_id: %s\n", good[i]);
		folder_load_text(&f, text);
		ck_assert_msg(f.shown[0] == '\0', "%s", f.shown);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), CERT "    local_id: %s\n", bad[i]);
		folder_load_text(&f, text);
		ck_assert_msg(f.config && f.errors.left_out == 1 &&
				      strstr(f.shown, "has no identity"),
			"%s", f.shown);
		ck_assert_ptr_nonnull(strstr(
			folder_peer(&f, "branch")->error, "has no identity"));
	}
	folder_load_text(&f, CERT "    local_id: vpn.example.org\n");
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:6:15: error: peer 'branch' is left out: "
		"certificate 'vpn.pem' has no identity 'vpn.example.org'\n"
		"  6 |     local_id: vpn.example.org\n"
		"    |               ^~~~~~~~~~~~~~~\n");
	finish(&f);
}
END_TEST

START_TEST(who_we_are_without_a_subject)
{
	struct folder f = folder_with_pki();
	struct pki_cert *named = pki_issue(
		root, &(struct pki_want){ .san = "critical,URI:urn:x, "
						 "DNS:no.subject.example" });
	struct pki_cert *nobody = pki_issue(root, &(struct pki_want){ 0 });

	put_cert(&f, "named", named);
	put_cert(&f, "nobody", nobody);
	folder_load_text(&f, PEERS BRANCH "    auth: cert\n"
					  "    local: {cert: named.pem}\n");
	ck_assert_str_eq(f.shown, "");
	is_called(&folder_peer(&f, "branch")->local, "no.subject.example");
	folder_load_text(&f, PEERS BRANCH "    auth: cert\n"
					  "    local: {cert: nobody.pem}\n");
	ck_assert_ptr_nonnull(strstr(
		f.shown, "'nobody.pem' has no identity that we could use"));
	ck_assert_uint_eq(f.errors.left_out, 1);
	finish(&f);
}
END_TEST

/* --- Who is left out ---------------------------------------------------------------- */

/* Each: what is done to the folder, and what is said. */
static void no_cert(struct folder *f)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/certs/vpn.pem", f->path);
	ck_assert_int_eq(remove(path), 0);
}

static void no_key(struct folder *f)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/secrets/vpn.key", f->path);
	ck_assert_int_eq(remove(path), 0);
}

static void open_key(struct folder *f)
{
	folder_write(
		f, "secrets/vpn.key", vpn->key_pem, strlen(vpn->key_pem), 0644);
}

static void open_cert(struct folder *f)
{
	folder_write(f, "certs/vpn.pem", vpn->pem, strlen(vpn->pem), 0666);
}

static void other_key(struct folder *f)
{
	folder_file(f, "secrets/vpn.key", root->key_pem);
}

static void encrypted_key(struct folder *f)
{
	folder_file(f, "secrets/vpn.key",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n");
}

static void cert_as_key(struct folder *f)
{
	folder_file(f, "secrets/vpn.key", vpn->pem);
}

static void key_as_cert(struct folder *f)
{
	folder_file(f, "certs/vpn.pem", vpn->key_pem);
}

static void cut_cert(struct folder *f)
{
	folder_write(f, "certs/vpn.pem", vpn->pem, 100, 0644);
}

static void no_certificate_in_it(struct folder *f)
{
	folder_file(f, "certs/vpn.pem",
		"-----BEGIN CERTIFICATE-----\nMAA=\n"
		"-----END CERTIFICATE-----\n");
}

static void no_authority(struct folder *f)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/ca/root.pem", f->path);
	ck_assert_int_eq(remove(path), 0);
}

static void leaf_as_authority(struct folder *f)
{
	folder_file(f, "ca/root.pem", vpn->pem);
}

/* clang-format off */
static const struct {
	void (*spoil)(struct folder *f);
	const char *shown;
} spoilt[] = {
	{ no_cert, "ipsecd.yaml:5:19: error: peer 'branch' is left out: certificate 'certs/vpn.pem': No such file or directory\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~\n" },
	{ no_key, "ipsecd.yaml:5:19: error: peer 'branch' is left out: key 'secrets/vpn.key': No such file or directory\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~\n" },
	{ open_key, "ipsecd.yaml:5:19: error: peer 'branch' is left out: key 'secrets/vpn.key' has mode 0644: others can read it\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~  chmod 0640 secrets/vpn.key\n" },
	{ open_cert, "ipsecd.yaml:5:19: error: peer 'branch' is left out: certificate 'certs/vpn.pem' has mode 0666: others can write it\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~  chmod o-w certs/vpn.pem\n" },
	{ other_key, "ipsecd.yaml:5:19: error: peer 'branch' is left out: key 'vpn.key' does not fit: it is not the key of 'vpn.pem'\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~\n" },
	{ encrypted_key, "ipsecd.yaml:5:19: error: peer 'branch' is left out: key 'secrets/vpn.key': the key is encrypted, "
		"and nobody is there to be asked for its password\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~  openssl pkey -in secrets/vpn.key -out NEW, or cred:NAME with LoadCredentialEncrypted= in the unit\n" },
	{ cert_as_key, "ipsecd.yaml:5:19: error: peer 'branch' is left out: key 'secrets/vpn.key' holds no private key\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~  it must be PEM (-----BEGIN ..) or DER\n" },
	{ key_as_cert, "ipsecd.yaml:5:19: error: peer 'branch' is left out: certificate 'certs/vpn.pem' holds no certificate\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~  it must be PEM (-----BEGIN ..) or DER\n" },
	{ cut_cert, "ipsecd.yaml:5:19: error: peer 'branch' is left out: certificate 'certs/vpn.pem': a PEM block that has no end, or no base64\n"
		"  5 |     local: {cert: vpn.pem}\n"
		"    |                   ^~~~~~~\n" },
	{ no_certificate_in_it, "error: peer 'branch' is left out: certificate 'certs/vpn.pem': " },
	{ no_authority, "ipsecd.yaml:2:3: error: peer 'branch' is left out: authority in 'ca': there is none\n"
		"  2 |   branch:\n"
		"    |   ^~~~~~  put it there as NAME.pem\n" },
	{ leaf_as_authority,
		"ipsecd.yaml: error: left out: 'root.pem', certificate 1 is none of an authority: 'C=CH, CN=vpn'\n"
		"ipsecd.yaml:2:3: error: peer 'branch' is left out: authority in 'ca': there is none\n"
		"  2 |   branch:\n"
		"    |   ^~~~~~  put it there as NAME.pem\n" },
};
/* clang-format on */

START_TEST(left_out_with_the_reason)
{
	struct folder f = folder_with_pki();
	const struct ike_peer *peer;

	spoilt[_i].spoil(&f);
	folder_load_text(&f, CERT);
	ck_assert_msg(strstr(f.shown, spoilt[_i].shown) != NULL, "%s\n%s",
		f.shown, spoilt[_i].shown);
	ck_assert_uint_eq(f.errors.errors, 0);
	ck_assert_uint_ge(f.errors.left_out, 1);
	peer = folder_peer(&f, "branch");
	ck_assert_str_ne(peer->error, "");
	ck_assert(!peer->own || !peer->trust);
	finish(&f);
}
END_TEST

/* clang-format off */
static const struct {
	const char *yaml, *shown;
} refused[] = {
	{ PEERS BRANCH "    auth: cert\n",
		"ipsecd.yaml:2:3: error: peer 'branch' has no 'cert' in 'local'\n"
		"  2 |   branch:\n"
		"    |   ^~~~~~  local: {cert: FILE}, from certs/\n" },
	{ PEERS BRANCH "    auth: psk\n    secret: office.psk\n    local_auth: pubkey\n",
		"ipsecd.yaml:2:3: error: peer 'branch' has no 'key' in 'local'\n"
		"  2 |   branch:\n"
		"    |   ^~~~~~  local: {key: FILE}, from secrets/, or cred:NAME\n" },
	{ PEERS BRANCH "    auth: psk\n    secret: office.psk\n    remote_auth: pubkey\n",
		"ipsecd.yaml:2:3: error: peer 'branch' has no 'pubkey' in 'remote'\n"
		"  2 |   branch:\n"
		"    |   ^~~~~~  remote: {pubkey: FILE}, from certs/\n" },
	{ PEERS BRANCH "    auth: cert\n    local: {cert: vpn.pem, ca: root.pem}\n",
		"ipsecd.yaml:5:28: error: 'ca' means nothing in 'local'\n"
		"  5 |     local: {cert: vpn.pem, ca: root.pem}\n"
		"    |                            ^~  it stands in 'remote': whom we believe about the peer\n" },
	{ PEERS BRANCH "    auth: cert\n    local: {cert: vpn.pem, pubkey: a.pem}\n",
		"ipsecd.yaml:5:28: error: 'pubkey' means nothing in 'local'\n"
		"  5 |     local: {cert: vpn.pem, pubkey: a.pem}\n"
		"    |                            ^~~~~~  leave it out: it is part of 'key'\n" },
	{ PEERS "  branch:\n    remote: {address: b.e, key: a.key}\n    auth: cert\n" VPN,
		"ipsecd.yaml:3:28: error: 'key' means nothing in 'remote'\n"
		"  3 |     remote: {address: b.e, key: a.key}\n"
		"    |                            ^~~  it stands in 'local'; the peer's is 'pubkey'\n" },
	{ PEERS BRANCH "    auth: cert\n    cert: vpn.pem\n" VPN,
		"ipsecd.yaml:5:5: error: unknown key 'cert'\n"
		"  5 |     cert: vpn.pem\n"
		"    |     ^~~~  'cert' belongs into 'local' or 'remote'\n" },
	{ PEERS BRANCH "    auth: cert\n    local: {cert: vpn.pem, key: 'cred:a/b'}\n",
		"ipsecd.yaml:5:33: error: 'a/b' is no name of a credential\n"
		"  5 |     local: {cert: vpn.pem, key: 'cred:a/b'}\n"
		"    |                                 ^~~~~~~~~~  LoadCredential=NAME:FILE in the unit\n" },
	{ "authorities:\n  corp: {crl: a.crl}\n",
		"ipsecd.yaml:2:3: error: authority 'corp' has no 'ca'\n"
		"  2 |   corp: {crl: a.crl}\n"
		"    |   ^~~~  'ca: FILE', from ca/\n" },
	{ "authorities:\n  corp: {ca: root.pem, crl_uri: 'http://a'}\n",
		"ipsecd.yaml:2:24: error: unknown key 'crl_uri'\n"
		"  2 |   corp: {ca: root.pem, crl_uri: 'http://a'}\n"
		"    |                        ^~~~~~~  did you mean 'crl_uris'?\n" },
	{ "authorities:\n  corp: {ca: root.pem, ocsp_uris: ['https://a']}\n",
		"ipsecd.yaml:2:36: error: 'https://a' is no address that could be asked\n"
		"  2 |   corp: {ca: root.pem, ocsp_uris: ['https://a']}\n"
		"    |                                    ^~~~~~~~~~~  http: what is fetched is signed itself\n" },
	{ "authorities:\n  corp: root.pem\n",
		"ipsecd.yaml:2:9: error: 'corp' is a map of keys\n"
		"  2 |   corp: root.pem\n"
		"    |         ^~~~~~~~  KEY: VALUE, further in, on lines below\n" },
};
/* clang-format on */

START_TEST(refuses_in_words)
{
	struct folder f = folder_with_pki();

	folder_load_text(&f, refused[_i].yaml);
	ck_assert_str_eq(f.shown, refused[_i].shown);
	ck_assert_ptr_null(f.config);
	finish(&f);
}
END_TEST

/* --- Whom we believe ------------------------------------------------------------------ */

START_TEST(authorities_by_file_and_by_name)
{
	struct folder f = folder_with_pki();
	struct pki_cert *corp = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Corp", .ca = true });
	struct pki_cert *sub = pki_issue(corp,
		&(struct pki_want){ .subject = "CN=Corp Sub", .ca = true });
	const struct ike_peer *peer;
	char text[16384];

	folder_make(&f, "elsewhere", 0700);
	snprintf(text, sizeof(text), "%s%s", sub->pem, corp->pem);
	folder_file(&f, "elsewhere/corp.pem", text);
	folder_file(&f, "elsewhere/sub.pem", sub->pem);
	folder_load_text(&f,
		"authorities:\n"
		"  corp: {ca: [../elsewhere/corp.pem],\n"
		"         crl_uris: ['http://crl.example/corp.crl'],\n"
		"         ocsp_uris: 'http://ocsp.example'}\n"
		"defaults: {auth: cert, local: {cert: vpn.pem}}\n" PEERS
		"  all: {remote: 192.0.2.1}\n"
		"  file: {remote: {address: 192.0.2.2, ca: root.pem}}\n"
		"  name: {remote: {address: 192.0.2.3, ca: corp}}\n"
		"  both: {remote: {address: 192.0.2.4, ca: [corp, root.pem]}}\n"
		"  sub: {remote: {address: 192.0.2.5,\n"
		"                 ca: ../elsewhere/sub.pem}}\n");
	ck_assert_str_eq(f.shown, "");
	ck_assert_uint_eq(roots(folder_peer(&f, "all")), 2);
	ck_assert_uint_eq(roots(folder_peer(&f, "file")), 1);
	ck_assert_uint_eq(roots(folder_peer(&f, "name")), 1);
	ck_assert_uint_eq(roots(folder_peer(&f, "both")), 2);
	/* Without its root it is one itself. */
	peer = folder_peer(&f, "sub");
	ck_assert_uint_eq(roots(peer), 1);
	ck_assert(!trust_equal(peer->trust, folder_peer(&f, "name")->trust));
	finish(&f);
}
END_TEST

START_TEST(an_authority_without_its_file_is_left_out)
{
	struct folder f = folder_with_pki();

	folder_load_text(&f,
		"authorities:\n  gone: {ca: gone.pem}\n"
		"defaults: {auth: cert, local: {cert: vpn.pem}}\n" PEERS
		"  all: {remote: 192.0.2.1}\n"
		"  named: {remote: {address: 192.0.2.2, ca: gone}}\n");
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:2:3: error: authority 'gone' is left out: "
		"'ca/gone.pem': No such file or directory\n"
		"  2 |   gone: {ca: gone.pem}\n"
		"    |   ^~~~\n"
		"ipsecd.yaml:6:44: error: peer 'named' is left out: authority "
		"'gone': 'ca/gone.pem': No such file or directory\n"
		"  6 |   named: {remote: {address: 192.0.2.2, ca: gone}}\n"
		"    |                                            ^~~~\n");
	ck_assert_uint_eq(f.errors.left_out, 2);
	ck_assert_str_eq(folder_peer(&f, "all")->error, "");
	ck_assert_uint_eq(roots(folder_peer(&f, "all")), 1);
	finish(&f);
}
END_TEST

/* Once, though it is in ca/ and has an entry. */
START_TEST(an_authority_in_the_folder)
{
	struct folder f = folder_with_pki();

	folder_load_text(&f, "authorities:\n  r: {ca: root.pem}\n" CERT);
	ck_assert_str_eq(f.shown, "");
	ck_assert_uint_eq(roots(folder_peer(&f, "branch")), 1);
	finish(&f);
}
END_TEST

/* What ipsec-ctl ca init --ca leaves there: the root must be able to revoke it. */
START_TEST(an_authority_below_another_in_the_folder)
{
	static const struct pki_want want[] = {
		{ .subject = "CN=Sub", .ca = true },
		{ .subject = "CN=Low", .ca = true },
		{ .subject = "CN=leaf" },
	};
	struct folder f = folder_with_pki();
	struct pki_cert *sub = pki_issue(root, &want[0]);
	struct pki_cert *low = pki_issue(sub, &want[1]);
	struct pki_cert *leaf = pki_issue(low, &want[2]);
	const struct cert_chain chain = { .leaf = pki_certificate(leaf) };
	struct trust_path path;
	char why[X509_WHY];

	folder_file(&f, "ca/low.pem", low->pem);
	folder_file(&f, "ca/sub.pem", sub->pem);
	folder_load_text(&f, CERT);
	ck_assert_uint_eq(roots(folder_peer(&f, "branch")), 1);
	ck_assert_msg(trust_check(folder_peer(&f, "branch")->trust, &chain,
			      PKI_NOW, false, &path, why),
		"%s", why);
	ck_assert_uint_eq(path.count, 4);
	folder_load_text(&f, "authorities: {corp: {ca: sub.pem}}\n" CERT);
	ck_assert_uint_eq(roots(folder_peer(&f, "branch")), 1);
	/* Who names it alone, trusts it alone. */
	folder_load_text(&f,
		PEERS "  branch:\n    auth: cert\n" VPN
		      "    remote: {address: 192.0.2.1, ca: low.pem}\n");
	ck_assert_msg(trust_check(folder_peer(&f, "branch")->trust, &chain,
			      PKI_NOW, false, &path, why),
		"%s", why);
	ck_assert_uint_eq(path.count, 2);
	finish(&f);
}
END_TEST

/* One bad file in ca/ is left out; the others are believed still. */
START_TEST(a_bad_file_among_authorities)
{
	struct folder f = folder_with_pki();

	folder_file(&f, "ca/bad.pem", "nothing\n");
	folder_load_text(&f, CERT);
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml: error: left out: 'ca/bad.pem' holds no "
		"certificate\n"
		"    it must be PEM (-----BEGIN ..) or DER\n");
	ck_assert_uint_eq(f.errors.left_out, 1);
	ck_assert_str_eq(folder_peer(&f, "branch")->error, "");
	ck_assert_uint_eq(roots(folder_peer(&f, "branch")), 1);
	finish(&f);
}
END_TEST

START_TEST(crls_are_read)
{
	struct folder f = folder_with_pki(), g = f; /* loaded twice */
	struct bytes crl =
		pki_crl(root, &(struct pki_crl_want){ .revoked = { vpn } });

	folder_load_text(&f, CERT);
	folder_load_text(&g, CERT);
	ck_assert(trust_equal(folder_peer(&f, "branch")->trust,
		folder_peer(&g, "branch")->trust));
	put_file(&g, "crls/root.crl", crl, 0644);
	folder_load_text(&g, CERT);
	ck_assert_str_eq(g.shown, "");
	ck_assert(!trust_equal(folder_peer(&f, "branch")->trust,
		folder_peer(&g, "branch")->trust));
	folder_file(&g, "crls/bad", "nothing\n");
	folder_load_text(&g, CERT);
	ck_assert_str_eq(g.shown,
		"ipsecd.yaml: error: left out: 'crls/bad' holds no CRL\n"
		"    it must be PEM (-----BEGIN ..) or DER\n");
	ck_assert_str_eq(folder_peer(&g, "branch")->error, "");
	folder_forget(&g);
	finish(&f);
}
END_TEST

START_TEST(crl_of_an_authority)
{
	struct folder f = folder_with_pki(), g = f; /* loaded twice */
	struct bytes crl =
		pki_crl(root, &(struct pki_crl_want){ .revoked = { vpn } });

	put_file(&f, "root.crl", crl, 0644);
	folder_load_text(&g, CERT);
	folder_load_text(&f, "authorities:\n"
			     "  r: {ca: root.pem, crl: ../root.crl}\n" CERT);
	ck_assert_str_eq(f.shown, "");
	ck_assert(!trust_equal(folder_peer(&f, "branch")->trust,
		folder_peer(&g, "branch")->trust));
	folder_load_text(&f, "authorities:\n"
			     "  r: {ca: root.pem, crl: gone.crl}\n" CERT);
	ck_assert_ptr_nonnull(strstr(f.shown,
		"authority 'r' is left out: 'crls/gone.crl': No such file"));
	/* Not without what it has revoked. */
	ck_assert_ptr_nonnull(
		strstr(folder_peer(&f, "branch")->error, "there is none"));
	folder_forget(&g);
	finish(&f);
}
END_TEST

/* A certificate that is known beforehand needs no authority. */
START_TEST(known_certificates)
{
	struct folder f = folder_with_pki();
	struct pki_cert *alone =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=alone",
					.san = "DNS:alone.example" });
	const struct ike_peer *peer;

	put_cert(&f, "alone", alone);
	folder_load_text(&f,
		"defaults: {auth: cert, local: {cert: vpn.pem}}\n" PEERS
		"  a: {remote: {address: 192.0.2.1, cert: alone.pem}}\n"
		"  b: {remote: {address: 192.0.2.2, cert: alone.pem,\n"
		"               ca: root.pem}}\n");
	ck_assert_str_eq(f.shown, "");
	peer = folder_peer(&f, "a");
	ck_assert(!trust_has_roots(peer->trust));
	ck_assert(bytes_equal(
		certificate_der(trust_leaf_at(peer->trust, 0)), alone->der));
	peer = folder_peer(&f, "b");
	ck_assert_uint_eq(roots(peer), 1);
	ck_assert_ptr_nonnull(trust_leaf_at(peer->trust, 0));
	folder_load_text(&f, PEERS "  branch:\n    remote: {address: any, "
				   "cert: gone.pem}\n    auth: cert\n" VPN);
	ck_assert_ptr_nonnull(strstr(f.shown,
		"is left out: certificate 'certs/gone.pem': No such file"));
	ck_assert_ptr_null(folder_peer(&f, "branch")->trust);
	finish(&f);
}
END_TEST

/* --- What is warned of ------------------------------------------------------------------ */

static void warned(struct folder *f, const char *text)
{
	ck_assert_msg(strstr(f->shown, text) != NULL, "%s", f->shown);
	ck_assert_uint_ge(f->errors.warnings, 1);
	ck_assert_uint_eq(f->errors.left_out, 0);
	ck_assert_str_eq(folder_peer(f, "branch")->error, "");
}

/* The other side may have another clock: it is a warning, and the peer stays. */
START_TEST(certificates_out_of_their_time)
{
	struct folder f = folder_with_pki();

	f.unix_s = PKI_NOW + 400 * (int64_t)PKI_DAY;
	folder_load_text(&f, CERT);
	warned(&f, "warning: certificate 'C=CH, CN=vpn' in 'vpn.pem' expired "
		   "on 2026-12-31 00:00 UTC\n");
	warned(&f, "warning: certificate 'CN=Root' in 'root.pem' expired on");
	f.unix_s = PKI_NOW - 2 * PKI_DAY;
	folder_load_text(&f, CERT);
	warned(&f, "warning: certificate 'C=CH, CN=vpn' in 'vpn.pem' is not "
		   "valid before 2025-12-31 00:00 UTC\n");
	finish(&f);
}
END_TEST

START_TEST(certificates_that_peers_will_refuse)
{
	struct folder f = folder_with_pki();

	put_cert(&f, "vpn",
		pki_issue(root, &(struct pki_want){ .subject = "CN=vpn",
					.san = "DNS:vpn.example.com",
					.usage = "critical,keyAgreement" }));
	folder_load_text(&f, CERT);
	warned(&f, "warning: certificate 'vpn.pem': ");
	ck_assert_uint_eq(f.errors.warnings, 1);
	put_cert(&f, "vpn",
		pki_issue(root, &(struct pki_want){ .subject = "CN=vpn" }));
	folder_load_text(&f, CERT);
	warned(&f, "ipsecd.yaml:5:19: warning: certificate 'vpn.pem': no "
		   "subjectAltName: many peers refuse it\n");
	ck_assert_uint_eq(f.errors.warnings, 1);
	/* Phones come from anywhere. */
	put_cert(&f, "vpn",
		pki_issue(root, &(struct pki_want){ .subject = "CN=vpn",
					.san = "DNS:vpn.example.com",
					.key = PKI_ED25519 }));
	folder_load_text(&f, CERT);
	ck_assert_str_eq(f.shown, "");
	folder_load_text(
		&f, PEERS "  branch:\n    remote: any\n    auth: cert\n" VPN);
	warned(&f, "ipsecd.yaml:5:19: warning: certificate 'vpn.pem': ");
	finish(&f);
}
END_TEST

START_TEST(known_certificates_that_we_will_refuse)
{
	struct folder f = folder_with_pki();

	folder_load_text(&f, PEERS "  branch:\n    auth: cert\n" VPN
				   "    remote: {address: 192.0.2.1, "
				   "cert: ../ca/root.pem}\n");
	warned(&f, "ipsecd.yaml:5:40: warning: certificate "
		   "'../ca/root.pem': ");
	finish(&f);
}
END_TEST

START_TEST(what_has_no_effect)
{
	struct folder f = folder_with_pki();

	folder_load_text(&f,
		"defaults: {local: {cert: vpn.pem}}\n" PEERS "  branch:\n"
		"    auth: psk\n"
		"    secret: office.psk\n"
		"    local: {key: vpn.key}\n"
		"    remote: {address: b.example, ca: root.pem}\n");
	ck_assert_str_eq(f.shown,
		"ipsecd.yaml:6:13: warning: 'key' has no effect without "
		"'local_auth: cert' or 'pubkey'\n"
		"  6 |     local: {key: vpn.key}\n"
		"    |             ^~~\n"
		"ipsecd.yaml:7:34: warning: 'ca' has no effect without "
		"'remote_auth: cert'\n"
		"  7 |     remote: {address: b.example, ca: root.pem}\n"
		"    |                                  ^~\n");
	finish(&f);
}
END_TEST

/* Once for all peers that have it. */
START_TEST(warnings_come_once)
{
	struct folder f = folder_with_pki();

	put_cert(&f, "vpn",
		pki_issue(root, &(struct pki_want){ .subject = "CN=vpn" }));
	folder_load_text(&f,
		"defaults: {auth: cert}\n" PEERS
		"  a: {remote: 192.0.2.1, local: {cert: vpn.pem}}\n"
		"  b: {remote: 192.0.2.2, local: {cert: vpn.pem}}\n");
	ck_assert_uint_eq(f.errors.warnings, 1);
	finish(&f);
}
END_TEST

/* --- Peers beside each other -------------------------------------------------------------- */

START_TEST(peers_that_can_be_told_apart)
{
	static const char *const both[] = {
		"  a: {remote: any}\n  b: {remote: any, remote_id: x}\n",
		"  a: {remote: any, remote_id: x}\n"
		"  b: {remote: any, remote_id: y}\n",
		"  a: {remote: any, remote_id: 'C=CH, CN=*'}\n"
		"  b: {remote: any, remote_id: 'C=CH, CN=b'}\n",
		"  a: {remote: any}\n  b: {remote: b.example}\n",
		"  a: {remote: any}\n  b: {remote: 192.0.2.1}\n",
		"  a: {remote: any}\n"
		"  b: {remote: any, auth: psk, secret: office.psk}\n",
		"  a: {remote: 10.0.0.0/8}\n  b: {remote: 10.1.1.1}\n",
	};
	static const char *const neither[] = {
		"  a: {remote: any}\n  b: {remote: any}\n",
		"  a: {remote: 10.0.0.0/8}\n  b: {remote: any}\n",
		"  a: {remote: any, remote_id: 'C=CH, CN=b'}\n"
		"  b: {remote: any, remote_id: 'C=ch,CN=B'}\n",
		"  a: {remote: b.example}\n"
		"  b: {remote: any, remote_id: b.example}\n",
		"  a: {remote: any}\n"
		"  b: {remote: {address: any, pubkey: vpn.pem},\n"
		"      remote_auth: pubkey}\n",
		"  a: {remote: any, remote_auth: [psk, cert], remote_id: x,\n"
		"      secret: office.psk}\n"
		"  b: {remote: any, auth: psk, secret: office.psk}\n",
	};
	struct folder f = folder_with_pki();
	char text[512];

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		snprintf(text, sizeof(text),
			"defaults: {auth: cert, local: {cert: vpn.pem}}\n" PEERS
			"%s",
			both[i]);
		folder_load_text(&f, text);
		ck_assert_msg(f.config && f.errors.left_out == 0, "%s\n%s",
			text, f.shown);
	}
	for (size_t i = 0; i < sizeof(neither) / sizeof(neither[0]); i++) {
		snprintf(text, sizeof(text),
			"defaults: {auth: cert, local: {cert: vpn.pem}}\n" PEERS
			"%s",
			neither[i]);
		folder_load_text(&f, text);
		ck_assert_msg(!f.config && strstr(f.shown, "tell peers"),
			"%s\n%s", text, f.shown);
	}
	finish(&f);
}
END_TEST

/* --- Comparing -------------------------------------------------------------------------------- */

static struct folder before, after;

static enum ike_change change(const char *old, const char *new)
{
	folder_load_text(&before, old);
	folder_load_text(&after, new);
	ck_assert_msg(before.config && after.config, "%s%s", before.shown,
		after.shown);
	ck_assert(config_compare(before.config, after.config));
	return after.config->peers.change[0];
}

/* What a file holds counts, not that it was written. */
START_TEST(changed_files_are_picked_up)
{
	struct pki_cert *renewed, *other;

	before = folder_with_pki();
	after = folder_new();
	after.unix_s = PKI_NOW;
	folder_make(&after, "certs", 0700);
	folder_make(&after, "ca", 0700);
	folder_make(&after, "crls", 0700);
	folder_file(&after, "ca/root.pem", root->pem);
	put_file(&after, "certs/vpn.pem", vpn->der, 0644);
	put_file(&after, "secrets/vpn.key", vpn->key_der, 0600);
	ck_assert_int_eq(change(CERT, CERT), IKE_CHANGE_NOTHING);

	renewed = pki_issue(root,
		&(struct pki_want){ .subject = "C=CH, CN=vpn", .key_of = vpn });
	put_file(&after, "certs/vpn.pem", renewed->der, 0644);
	ck_assert_int_eq(change(CERT, CERT), IKE_CHANGE_NOTHING);
	ck_assert_str_eq(told(before.config, after.config),
		"branch nothing\n  local.cert: content\n");
	put_file(&after, "certs/vpn.pem", vpn->der, 0644);
	ck_assert_int_eq(change(CERT, CERT), IKE_CHANGE_NOTHING);
	ck_assert_str_eq(told(before.config, after.config), "");

	other = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Other", .ca = true });
	folder_file(&after, "ca/other.pem", other->pem);
	ck_assert_int_eq(change(CERT, CERT), IKE_CHANGE_NOTHING);
	ck_assert_str_eq(told(before.config, after.config),
		"branch nothing\n  remote.ca: content\n");
	ck_assert_int_eq(
		change(CERT, PEERS "  branch:\n"
				   "    remote: {address: branch.example, "
				   "ca: root.pem}\n"
				   "    auth: cert\n" VPN),
		IKE_CHANGE_NOTHING);
	folder_remove(&before);
	finish(&after);
}
END_TEST

START_TEST(changed_methods_are_picked_up)
{
#define PSK PEERS BRANCH "    secret: office.psk\n" VPN
	before = after = folder_with_pki(); /* one folder, loaded twice */
	ck_assert_int_eq(change(PSK "    auth: psk\n",
				 PSK "    auth: psk\n    remote_auth: psk\n"),
		IKE_CHANGE_NOTHING);
	ck_assert_int_eq(change(PSK "    auth: psk\n", PSK "    auth: cert\n"),
		IKE_CHANGE_PEER);
	ck_assert_int_eq(change(PSK "    auth: psk\n",
				 PSK "    auth: psk\n    local_auth: cert\n"),
		IKE_CHANGE_PEER);
	ck_assert_int_eq(change(PSK "    auth: psk\n",
				 PSK "    auth: psk\n"
				     "    remote_auth: [psk, cert]\n"),
		IKE_CHANGE_PEER);
	ck_assert_str_eq(told(before.config, after.config),
		"branch peer\n  remote_auth: psk -> [psk, cert]\n");
	ck_assert_int_eq(change(PSK "    auth: psk\n    local_id: x\n",
				 PSK "    auth: psk\n    local_id: x\n"
				     "    local_auth: pubkey\n"),
		IKE_CHANGE_PEER);
	ck_assert_str_eq(told(before.config, after.config),
		"branch peer\n  local_auth: psk -> pubkey\n");
	ck_assert_int_eq(
		change(PSK "    auth: cert\n", PSK "    auth: cert\n"
						   "    allow_weak: [sha1]\n"),
		IKE_CHANGE_NOTHING);
	ck_assert_int_eq(
		change(PSK "    auth: psk\n", PSK "    auth: psk\n"
						  "    allow_weak: [sha1]\n"),
		IKE_CHANGE_NOTHING);
	ck_assert_int_eq(change(PSK "    auth: cert\n",
				 PSK "    auth: cert\n    revocation: off\n"),
		IKE_CHANGE_NOTHING);
	folder_forget(&before);
	finish(&after);
#undef PSK
}
END_TEST

SUITE(proofs)
{
	test(certificates_both_ways);
	test(methods_may_differ);
	test(raw_public_keys);
	test(our_chain);
	test(key_of_a_certificate);
	test(keys_from_systemd);
	test(many_peers_share_what_they_name);
	test(weak_signatures);
	test(who_we_are_is_in_the_certificate);
	test(who_we_are_without_a_subject);
	loop_test(left_out_with_the_reason, sizeof(spoilt) / sizeof(spoilt[0]));
	loop_test(refuses_in_words, sizeof(refused) / sizeof(refused[0]));
	test(authorities_by_file_and_by_name);
	test(an_authority_without_its_file_is_left_out);
	test(an_authority_in_the_folder);
	test(an_authority_below_another_in_the_folder);
	test(a_bad_file_among_authorities);
	test(crls_are_read);
	test(crl_of_an_authority);
	test(known_certificates);
	test(certificates_out_of_their_time);
	test(certificates_that_peers_will_refuse);
	test(known_certificates_that_we_will_refuse);
	test(what_has_no_effect);
	test(warnings_come_once);
	test(peers_that_can_be_told_apart);
	test(changed_files_are_picked_up);
	test(changed_methods_are_picked_up);
}

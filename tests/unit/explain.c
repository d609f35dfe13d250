/* explain.c - pairs of ourselves with one knob turned: each side says which, or that it cannot see it.
 * SPDX-License-Identifier: ISC
 *
 * Two configurations as people write them, two cores in virtual time.  In each
 * row one line differs from a pair that works; both sides begin once, so that
 * each is seen in both roles.  What is to be added on either side is added, and
 * must mend it.
 */
#include "daemon/explained.h"

#include "tests/suite.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/pki.h"

#include <string.h>

enum {
	LINES = 12,
	SIDES = 2,
	STEPS = 400,
	EDITS = 8,
	LINE = 192,
	IP_UDP_LEN = 28
};

struct side {
	struct folder folder;
	struct ike *ike;
	struct explained *explained;
	uint64_t seed;
	unsigned ups, explanations;
	struct ike_explanation last;
};

static struct side sides[SIDES];
static uint64_t now_ms;
static uint16_t lost_port; /* what goes there is lost; 0: nothing */
static uint32_t narrow; /* longer IP datagrams are lost, and so are fragments */
static bool busy;       /* both have no place for one that is half-open */

static struct ike_now now(void)
{
	return (struct ike_now){ now_ms, PKI_NOW };
}

static void draw(void *ctx, uint8_t *out, size_t len)
{
	struct side *side = ctx;

	for (size_t i = 0; i < len; i++) {
		side->seed = side->seed * 6364136223846793005u +
			     1442695040888963407u;
		out[i] = (uint8_t)(side->seed >> 56);
	}
}

static struct ike_addr address(size_t side)
{
	return (struct ike_addr){ 4, { 192, 0, 2, (uint8_t)(side + 1) } };
}

/* --- Configurations ------------------------------------------------------- */

/* Of side 0 and side 1. */
static const char *const base[LINES][SIDES] = {
	{ "remote: 192.0.2.2", "remote: 192.0.2.1" },
	{ "auth: psk", "auth: psk" },
	{ "secret: both.psk", "secret: both.psk" },
	{ "local_id: a.example", "local_id: b.example" },
	{ "remote_id: b.example", "remote_id: a.example" },
	{ "ike: aes256-sha256-prfsha256-x25519",
		"ike: aes256-sha256-prfsha256-x25519" },
	{ "esp: aes256-sha256", "esp: aes256-sha256" },
	{ "local_ts: 10.1.0.0/16", "local_ts: 10.2.0.0/16" },
	{ "remote_ts: 10.2.0.0/16", "remote_ts: 10.1.0.0/16" },
	{ "keep_trying: no", "keep_trying: no" },
	{ "revocation: off", "revocation: off" },
};

static bool is_of_key(const char *line, const char *like)
{
	const size_t len = strcspn(like, ":") + 1;

	return strncmp(line, like, len) == 0;
}

/* The base with those lines instead of theirs; an edit that is "-key:" takes the
 * line away. */
static void write_config(
	size_t side, const char *const edits[], size_t count, char *out)
{
	int len = sprintf(out, "peers:\n  p:\n");

	for (size_t i = 0; i < LINES && base[i][side]; i++) {
		bool instead = false;

		for (size_t e = 0; e < count && edits[e]; e++)
			instead |= is_of_key(
				base[i][side], edits[e] + (edits[e][0] == '-'));
		if (!instead)
			len += sprintf(out + len, "    %s\n", base[i][side]);
	}
	for (size_t e = 0; e < count && edits[e]; e++) {
		if (edits[e][0] != '-')
			len += sprintf(out + len, "    %s\n", edits[e]);
	}
}

static struct pki_cert *roots[2];
static struct bytes crl;

static void put_cert(
	struct folder *f, const char *name, const struct pki_cert *cert)
{
	char path[128];

	snprintf(path, sizeof(path), "certs/%s.pem", name);
	folder_write(f, path, cert->pem, strlen(cert->pem), 0644);
	snprintf(path, sizeof(path), "secrets/%s.key", name);
	folder_file(f, path, cert->key_pem);
}

/* Right ones, and those that are to be refused. */
static void put_certs(struct folder *f)
{
	static struct pki_cert *a, *b, *c, *late, *foreign, *early, *gone,
		*between, *below;

	if (!roots[0]) {
		roots[0] = pki_issue(NULL,
			&(struct pki_want){ .subject = "CN=Root", .ca = true });
		roots[1] = pki_issue(
			NULL, &(struct pki_want){
				      .subject = "CN=Other", .ca = true });
		a = pki_issue(roots[0], &(struct pki_want){ .subject = "CN=a",
						.san = "DNS:a.example" });
		b = pki_issue(roots[0], &(struct pki_want){ .subject = "CN=b",
						.san = "DNS:b.example" });
		c = pki_issue(roots[0], &(struct pki_want){ .subject = "CN=c",
						.san = "DNS:c.example" });
		late = pki_issue(
			roots[0], &(struct pki_want){ .subject = "CN=a",
					  .san = "DNS:a.example",
					  .from = PKI_NOW - 9 * PKI_DAY,
					  .until = PKI_NOW - PKI_DAY });
		foreign = pki_issue(
			roots[1], &(struct pki_want){ .subject = "CN=a",
					  .san = "DNS:a.example" });
		early = pki_issue(
			roots[0], &(struct pki_want){ .subject = "CN=a",
					  .san = "DNS:a.example",
					  .from = PKI_NOW + PKI_DAY });
		gone = pki_issue(
			roots[0], &(struct pki_want){ .subject = "CN=a",
					  .san = "DNS:a.example" });
		between = pki_issue(
			roots[0], &(struct pki_want){ .subject = "CN=Between",
					  .ca = true });
		below = pki_issue(
			between, &(struct pki_want){ .subject = "CN=a",
					 .san = "DNS:a.example" });
		crl = pki_crl(roots[0],
			&(struct pki_crl_want){ .revoked = { gone } });
	}
	folder_make(f, "crls", 0700);
	folder_write(f, "crls/root.crl", (const char *)crl.at, crl.len, 0644);
	folder_make(f, "certs", 0700);
	put_cert(f, "early", early);
	put_cert(f, "gone", gone);
	put_cert(f, "below", below);
	folder_make(f, "ca", 0700);
	folder_file(f, "ca/root.pem", roots[0]->pem);
	put_cert(f, "a", a);
	put_cert(f, "b", b);
	put_cert(f, "c", c);
	put_cert(f, "late", late);
	put_cert(f, "foreign", foreign);
}

/* They take their time to make. */
static bool has_keys(const char *const edits[], size_t count)
{
	for (size_t e = 0; e < count && edits[e]; e++) {
		if (strncmp(edits[e], "auth: ", 6) == 0 ||
			strncmp(edits[e], "remote_auth: ", 13) == 0)
			return true;
	}
	return false;
}

static void open_side(size_t i, const char *const edits[], size_t count)
{
	struct ike_limits limits = ike_limits_default();
	struct side *side = &sides[i];
	struct ike_env env = { draw, NULL, side };
	char yaml[2048];

	if (narrow)
		limits.fragment_size = narrow;
	if (busy)
		limits.cookie_threshold = limits.half_open_limit = 0;
	*side = (struct side){ .folder = folder_new(), .seed = i + 1 };
	side->folder.unix_s = PKI_NOW;
	if (has_keys(edits, count))
		put_certs(&side->folder);
	folder_file(&side->folder, "secrets/both.psk",
		"0123456789abcdef0123456789abcdef\n");
	folder_file(&side->folder, "secrets/other.psk",
		"fedcba9876543210fedcba9876543210\n");
	write_config(i, edits, count, yaml);
	folder_load_text(&side->folder, yaml);
	ck_assert_msg(side->folder.config != NULL, "%s", side->folder.shown);
	side->ike = ike_new(&env, &limits);
	side->explained = explained_new();
	ck_assert(side->ike && side->explained);
	ck_assert(ike_set_peers(side->ike, now(), &side->folder.config->peers));
}

static void close_sides(void)
{
	for (size_t i = 0; i < SIDES; i++) {
		ike_free(sides[i].ike);
		explained_free(sides[i].explained);
		folder_remove(&sides[i].folder);
	}
	pki_end();
	roots[0] = NULL;
}

/* --- Two cores ------------------------------------------------------------ */

static void deliver(const struct ike_datagram *sent)
{
	const struct ike_datagram d = { sent->remote, sent->local, sent->data };
	const struct ike_addr second = address(6); /* of side 0, 192.0.2.7 */

	if (sent->remote.port == lost_port ||
		(narrow && sent->data.len + IP_UDP_LEN > narrow) ||
		(sent->remote.port != 500 && sent->remote.port != 4500))
		return;
	for (size_t i = 0; i < SIDES; i++) {
		const struct ike_addr is = address(i);

		if (ike_addr_equal(&d.local.addr, &is) ||
			(i == 0 && ike_addr_equal(&d.local.addr, &second)))
			ike_receive(sides[i].ike, now(), &d);
	}
}

static void resolve(size_t i, const struct ike_peer *peer)
{
	const struct ike_address_pair pair = {
		peer->local.place_count > 0 ? peer->local.places[0].first
					    : address(i),
		peer->remote.places[0].first
	};
	const struct ike_resolution found = {
		.peer = peer->name,
		.pairs = &pair,
		.count = peer->remote.places[0].kind == IKE_PLACE_RANGE,
		.error = "it does not resolve",
	};

	ike_resolved(sides[i].ike, now(), &found);
}

static void take(struct side *side, const struct ike_explanation *why)
{
	char hint[EXPLAINED_HINT];

	side->last = *why;
	side->explanations++;
	(void)explained_keep(side->explained, why, (int64_t)now_ms, hint);
}

static bool drain(size_t i)
{
	struct side *side = &sides[i];
	struct ike_effect e;
	bool any = false;

	while (ike_effect(side->ike, &e)) {
		any = true;
		if (e.kind == IKE_SEND)
			deliver(&e.send);
		else if (e.kind == IKE_RESOLVE)
			resolve(i, e.resolve);
		else if (e.kind == IKE_EXPLAIN)
			take(side, e.explain);
		else if (e.kind == IKE_REPORT)
			side->ups += e.report.kind == IKE_REPORT_CHILD_UP;
	}
	return any;
}

static void settle(void)
{
	bool more = true;

	while (more) {
		more = drain(0);
		more |= drain(1);
	}
}

/* Until somebody has explained something, and a little more. */
static void pass(uint64_t ms)
{
	const uint64_t until = now_ms + ms;

	settle();
	for (int i = 0; i < STEPS && now_ms < until; i++) {
		uint64_t a = ike_deadline(sides[0].ike);
		uint64_t b = ike_deadline(sides[1].ike);
		uint64_t next = a < b ? a : b;

		now_ms = next > until ? until : next > now_ms ? next : now_ms;
		for (size_t s = 0; s < SIDES; s++)
			ike_tick(sides[s].ike, now());
		settle();
	}
}

static void begin(size_t from, bool rekey)
{
	const struct ike_wish up = { "p", NULL }, child = { "p", "p" };

	ck_assert_int_eq(ike_up(sides[from].ike, now(), &up), IKE_WISH_STARTED);
	pass(200000);
	if (!rekey)
		return;
	ck_assert_uint_eq(sides[0].ups, 1);
	ck_assert_int_eq(
		ike_rekey(sides[from].ike, now(), &child), IKE_WISH_STARTED);
	pass(20000);
}

#define CERT(NAME) "auth: cert", "local: {cert: " NAME "}", "-secret:"
#define KEY(OURS, THERE, THEIRS)                                               \
	"auth: pubkey", "local: {key: " OURS ".key}",                          \
		"remote: {address: " ADDRESS_##THERE ", pubkey: " THEIRS       \
						     ".pem}",                  \
		"-secret:"
#define ADDRESS_A "192.0.2.1"
#define ADDRESS_B "192.0.2.2"
#define NO_TS     "-local_ts:", "-remote_ts:"

/* --- The table ------------------------------------------------------------ */

/* What one side names: the key, and words that must be somewhere in it. */
struct said {
	const char *key; /* NULL: it has nothing to explain */
	const char *words;
};

static const struct row {
	const char *knob;
	const char
		*edit[SIDES][EDITS]; /* the lines that differ from the base */
	/* side 0 begins: 0 and 1 say; side 1 begins: 1 and 0 say */
	struct said asks[SIDES], answers[SIDES];
	bool rekey;
	uint16_t lost_port;
	uint32_t narrow;
	bool busy, works;
} rows[] = {
	// clang-format off
	{ .knob = "none", .works = true },
	{ .knob = "fragments", .edit = { { CERT("a.pem") }, { CERT("b.pem") } }, .narrow = 576, .works = true },
	{ .knob = "fragmentation", .edit = { { CERT("a.pem"), "fragmentation: no" }, { CERT("b.pem") } }, .narrow = 576,
		.asks = { { "fragmentation", "is off here" }, { "fragmentation", "is off there" } },
		.answers = { { "fragmentation", "is off here" }, { "fragmentation", "is off there" } } },
	{ .knob = "ike encryption", .edit = { { "ike: aes128-sha256-prfsha256-x25519" } },
		.asks = { { "ike", "our address" }, { "ike", "our address" } },
		.answers = { { "ike", "no encryption in common" }, { "ike", "no encryption in common" } } },
	{ .knob = "ike integrity", .edit = { { "ike: aes256-sha512-prfsha256-x25519" } },
		.asks = { { "ike", "" }, { "ike", "" } },
		.answers = { { "ike", "no integrity algorithm in common" }, { "ike", "no integrity" } } },
	{ .knob = "ike prf", .edit = { { "ike: aes256-sha256-prfsha512-x25519" } },
		.asks = { { "ike", "" }, { "ike", "" } },
		.answers = { { "ike", "no PRF in common" }, { "ike", "no PRF in common" } } },
	{ .knob = "ike group", .edit = { { "ike: aes256-sha256-prfsha256-ecp256" } },
		.asks = { { "ike", "" }, { "ike", "" } },
		.answers = { { "ike", "no key exchange in common" }, { "ike", "no key exchange in common" } } },
	{ .knob = "ike aead", .edit = { { "ike: aes256gcm16-prfsha256-x25519" } },
		.asks = { { "ike", "" }, { "ike", "" } },
		.answers = { { "ike", "aes256gcm16" }, { "ike", "aes256gcm16" } } },
	{ .knob = "ike weak", .edit = { { "ike: aes256-sha1-prfsha1-x25519", "allow_weak: [sha1]" } },
		.asks = { { "ike", "" }, { "ike", "" } },
		.answers = { { "ike", "sha256" }, { "ike", "allow_weak: [sha1]" } } },
	{ .knob = "esp encryption", .edit = { { "esp: aes128-sha256" } },
		.asks = { { "esp", "" }, { "esp", "" } },
		.answers = { { "esp", "no encryption in common" }, { "esp", "no encryption in common" } } },
	{ .knob = "esp integrity", .edit = { { "esp: aes256-sha512" } },
		.asks = { { "esp", "" }, { "esp", "" } },
		.answers = { { "esp", "no integrity algorithm in common" }, { "esp", "no integrity" } } },
	{ .knob = "esp aead", .edit = { { "esp: chacha20poly1305" } },
		.asks = { { "esp", "" }, { "esp", "" } },
		.answers = { { "esp", "chacha20poly1305" }, { "esp", "chacha20poly1305" } } },
	{ .knob = "esp sequence numbers", .edit = { { "esp: aes256-sha256-esn" }, { "esp: aes256-sha256-noesn" } },
		.asks = { { "esp", "" }, { "esp", "" } },
		.answers = { { "esp", "no sequence numbers in common" }, { "esp", "no sequence numbers" } } },
	{ .knob = "esp group at rekey", .edit = { { "esp: aes256-sha256-ecp256" }, { "esp: aes256-sha256-x25519" } },
		.rekey = true,
		.asks = { { "esp", "differ (here: ecp256) shows only when it is rekeyed" }, { "esp", "(here: x25519)" } },
		.answers = { { "esp", "no key exchange in common" }, { "esp", "no key exchange in common" } } },
	{ .knob = "esp pfs on one side", .edit = { { "esp: aes256-sha256-x25519" } },
		.rekey = true,
		.asks = { { "esp", "differ (here: x25519) shows only when it is rekeyed" }, { "esp", "here: none" } },
		.answers = { { "esp", "they offer none; we accept x25519" }, { "esp", "they offer x25519; we accept none" } } },
	{ .knob = "secret", .edit = { { "secret: other.psk" } },
		.asks = { { "", "the secret be the same" }, { "", "the secret be the same" } },
		.answers = { { "secret", "pre-shared key is not ours" }, { "secret", "pre-shared key is not ours" } } },
	{ .knob = "local_id", .edit = { { "local_id: x.example" } },
		.asks = { { "", "x.example" }, { "", "a.example" } },
		.answers = { { "local_id", "x.example" }, { "remote_id", "x.example" } } },
	{ .knob = "remote_id", .edit = { { "remote_id: x.example" } },
		.asks = { { "", "a.example" }, { "", "b.example" } },
		.answers = { { "remote_id", "b.example" }, { "local_id", "x.example" } } },
	{ .knob = "both identities", .edit = { { "local_id: x.example", "remote_id: y.example" } },
		.asks = { { "", "x.example" }, { "", "b.example" } },
		.answers = { { "local_id, remote_id", "b.example" }, { "local_id, remote_id", "x.example" } } },
	{ .knob = "local_ts", .edit = { { "local_ts: 10.9.0.0/16" } },
		.asks = { { "local_ts, remote_ts", "10.9.0.0/16" }, { "local_ts, remote_ts", "10.1.0.0/16" } },
		.answers = { { "local_ts", "10.9.0.0/16" }, { "remote_ts", "10.9.0.0/16" } } },
	{ .knob = "remote_ts", .edit = { { "remote_ts: 10.9.0.0/16" } },
		.asks = { { "local_ts, remote_ts", "10.9.0.0/16" }, { "local_ts, remote_ts", "10.2.0.0/16" } },
		.answers = { { "remote_ts", "10.9.0.0/16" }, { "local_ts", "10.9.0.0/16" } } },
	{ .knob = "both selectors", .edit = { { "local_ts: 10.8.0.0/16", "remote_ts: 10.9.0.0/16" } },
		.asks = { { "local_ts, remote_ts", "10.9.0.0/16" }, { "local_ts, remote_ts", "10.2.0.0/16" } },
		.answers = { { "local_ts, remote_ts", "10.9.0.0/16" }, { "local_ts, remote_ts", "10.8.0.0/16" } } },
	{ .knob = "protocol of selectors", .edit = { { "local_ts: 10.1.0.0/16 tcp" }, { "remote_ts: 10.1.0.0/16 udp" } },
		.asks = { { "local_ts, remote_ts", "tcp" }, { "local_ts, remote_ts", "udp" } },
		.answers = { { "local_ts", "udp" }, { "remote_ts", "tcp" } } },
	{ .knob = "port of selectors", .edit = { { "local_ts: 10.1.0.0/16 tcp/80" }, { "remote_ts: 10.1.0.0/16 tcp/443" } },
		.asks = { { "local_ts, remote_ts", "tcp/80" }, { "local_ts, remote_ts", "tcp/443" } },
		.answers = { { "local_ts", "tcp/443" }, { "remote_ts", "tcp/80" } } },
	{ .knob = "family of selectors", .edit = { { "local_ts: fd01::/32", "remote_ts: fd02::/32" } },
		.asks = { { "local_ts, remote_ts", "fd01::/32" }, { "local_ts, remote_ts", "10.1.0.0/16" } },
		.answers = { { "local_ts, remote_ts", "fd02::/32" }, { "local_ts, remote_ts", "fd01::/32" } } },
	{ .knob = "mode", .edit = { { "mode: transport", NO_TS }, { NO_TS } },
		.asks = { { "mode", "tunnel" }, { "local_ts, remote_ts", "same mode" } },
		.answers = { { "mode", "transport" }, { "mode", "was given a tunnel" } } },
	{ .knob = "auth", .edit = { { CERT("a.pem") } },
		.asks = { { "", "remote_auth have cert" }, { "", "remote_auth have psk" } },
		.answers = { { "remote_auth", "psk" }, { "remote_auth", "a signature" } } },
	{ .knob = "remote_auth", .edit = { { "remote_auth: cert" } },
		.asks = { { "remote_auth", "psk" }, { "", "remote_auth have psk" } },
		.answers = { { "remote_auth", "psk" }, { "", "remote_auth have psk" } } },
	{ .knob = "certificate of another authority", .edit = { { CERT("foreign.pem") }, { CERT("b.pem") } },
		.asks = { { "", "authority" }, { "certificate", "leads to none of our authorities" } },
		.answers = { { "", "authority" }, { "certificate", "leads to none of our authorities" } } },
	{ .knob = "certificate expired", .edit = { { CERT("late.pem") }, { CERT("b.pem") } },
		.asks = { { "", "authority" }, { "certificate", "expired" } },
		.answers = { { "", "authority" }, { "certificate", "expired" } } },
	{ .knob = "identity in the certificate", .edit = { { CERT("c.pem"), "local_id: c.example" }, { CERT("b.pem") } },
		.asks = { { "", "c.example" }, { "", "" } },
		.answers = { { "local_id", "c.example" }, { "remote_id", "c.example" } } },
	{ .knob = "certificate not yet valid", .edit = { { CERT("early.pem") }, { CERT("b.pem") } },
		.asks = { { "", "authority" }, { "certificate", "not valid before" } },
		.answers = { { "", "authority" }, { "certificate", "not valid before" } } },
	{ .knob = "certificate revoked", .edit = { { CERT("gone.pem") }, { CERT("b.pem"), "revocation: soft" } },
		.asks = { { "", "authority" }, { "certificate", "revoked" } },
		.answers = { { "", "authority" }, { "certificate", "revoked" } } },
	{ .knob = "certificate in between not sent", .edit = { { CERT("below.pem") }, { CERT("b.pem") } },
		.asks = { { "", "authority" }, { "certificate", "CN=Between" } },
		.answers = { { "", "authority" }, { "certificate", "CN=Between" } } },
	{ .knob = "pubkey", .edit = { { KEY("a", B, "b") }, { KEY("b", A, "c") } },
		.asks = { { "", "our key be known" }, { "pubkey", "signature in AUTH is not good" } },
		.answers = { { "", "our key" }, { "pubkey", "signature in AUTH is not good" } } },
	{ .knob = "kind of identity", .edit = { { "local_id: a@example" } },
		.asks = { { "", "a@example" }, { "", "b.example" } },
		.answers = { { "local_id", "a@example" }, { "remote_id", "a@example" } } },
	{ .knob = "no local_id", .edit = { { "-local_id:" } },
		.asks = { { "", "192.0.2.1" }, { "", "b.example" } },
		.answers = { { "local_id", "192.0.2.1" }, { "remote_id", "192.0.2.1" } } },
	{ .knob = "pattern of identities", .edit = { { "remote_id: '*.other.example'" } },
		.asks = { { "remote_id", "b.example" }, { "", "b.example" } },
		.answers = { { "remote_id", "*.other.example" }, { "", "a.example" } } },
	{ .knob = "proposals crossed", .edit = {
			{ "ike: [aes128-sha256-x25519, aes256-sha256-ecp256]" },
			{ "ike: [aes128-sha256-ecp256, aes256-sha256-x25519]" } },
		.asks = { { "ike", "" }, { "ike", "" } },
		.answers = { { "ike", "no proposal of theirs has all" }, { "ike", "no proposal of theirs has all" } } },
	{ .knob = "ike group of another kind", .edit = { { "ike: aes256-sha256-prfsha256-modp2048" } },
		.asks = { { "ike", "" }, { "ike", "" } },
		.answers = { { "ike", "modp2048" }, { "ike", "modp2048" } } },
	{ .knob = "esp weak", .edit = { { "esp: aes256-sha1", "allow_weak: [sha1]" } },
		.asks = { { "esp", "" }, { "esp", "" } },
		.answers = { { "esp", "sha256" }, { "esp", "allow_weak: [sha1]" } } },
	{ .knob = "port", .edit = { { "remote: {address: 192.0.2.2, port: 501}" } },
		.asks = { { "remote", "port 501" }, { NULL, NULL } } },
	{ .knob = "name", .edit = { { "remote: nowhere.example" } },
		.asks = { { "remote", "'getent ahosts nowhere.example'" }, { "ike", "our address" } },
		.answers = { { "remote", "its remote is nowhere.example" }, { NULL, NULL } } },
	{ .knob = "address there", .edit = { { "remote: 192.0.2.9" } },
		.asks = { { "remote", "192.0.2.9 port 500" }, { "ike", "our address 192.0.2.2" } },
		.answers = { { "remote", "its remote is 192.0.2.9" }, { NULL, NULL } } },
	{ .knob = "address here", .edit = { { "local: 192.0.2.7" } },
		.asks = { { "ike", "our address 192.0.2.7" }, { "ike", "our address 192.0.2.2" } },
		.answers = { { "local", "its local is 192.0.2.7" }, { "remote", "its remote is 192.0.2.1" } } },
	{ .knob = "a firewall that drops 500", .lost_port = 500,
		.asks = { { "remote", "port 500" }, { "remote", "port 500" } } },
	{ .knob = "a firewall that drops 4500", .lost_port = 4500,
		.asks = { { "remote", "UDP 4500" }, { "remote", "UDP 4500" } },
		.answers = { { "remote", "did not send IKE_AUTH" }, { "remote", "UDP 4500" } } },
	{ .knob = "a limit", .busy = true,
		.asks = { { "", "asked for a cookie" }, { "", "which limit" } },
		.answers = { { "half_open_limit", "half-open" }, { "half_open_limit", "half-open" } } },
	{ .knob = "enabled", .edit = { { NULL }, { "enabled: no" } },
		.asks = { { "ike", "our address" }, { NULL, NULL } },
		.answers = { { NULL, NULL }, { "enabled", "it is left out: enabled: no" } } },
	// clang-format on
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* All that a record says, as one text. */
static char *all_of(const struct side *side)
{
	json_t *record = explained_report(&side->last);
	char *text = json_dumps(record, JSON_COMPACT);

	ck_assert_ptr_nonnull(text);
	json_decref(record);
	return text;
}

static void says(const struct row *row, size_t side, const char *role,
	const struct said *said)
{
	char *text;

	if (!said->key) {
		ck_assert_msg(sides[side].explanations == 0,
			"%s: side %zu %s: %s", row->knob, side, role,
			sides[side].last.text);
		return;
	}
	ck_assert_msg(sides[side].explanations > 0,
		"%s: side %zu %s: nothing explained", row->knob, side, role);
	text = all_of(&sides[side]);
	ck_assert_msg(strcmp(sides[side].last.key, said->key) == 0 &&
			      strstr(text, said->words) != NULL,
		"%s: side %zu %s: wanted %s, '%s': %s", row->knob, side, role,
		said->key, said->words, text);
	ck_assert_msg(sides[side].last.fix_here[0] ||
			      sides[side].last.fix_there[0] ||
			      sides[side].last.look[0],
		"%s: side %zu %s: no way out: %s", row->knob, side, role, text);
	free(text);
}

static void run_pair(const struct row *row, size_t from)
{
	now_ms = 1000;
	lost_port = row->lost_port;
	narrow = row->narrow;
	busy = row->busy;
	for (size_t i = 0; i < SIDES; i++)
		open_side(i, row->edit[i], EDITS);
	begin(from, row->rekey);
}

/* --- What is to be done about it is done ----------------------------------- */

/* A row like another, with its own lines. */
struct mended {
	struct row row;
	char line[EDITS][LINE];
	size_t lines;
};

static const char *value_of(const struct row *row, size_t side, const char *key)
{
	const size_t len = strlen(key);

	for (size_t i = 0; i < EDITS && row->edit[side][i]; i++) {
		if (strncmp(row->edit[side][i], key, len) == 0 &&
			row->edit[side][i][len] == ':')
			return row->edit[side][i] + len + 2;
	}
	for (size_t i = 0; i < LINES && base[i][side]; i++) {
		if (strncmp(base[i][side], key, len) == 0 &&
			base[i][side][len] == ':')
			return base[i][side] + len + 2;
	}
	ck_abort_msg("no '%s'", key);
	return NULL;
}

/* Instead of one of its key. */
static void set_line(struct mended *mended, size_t side, const char *line)
{
	const char **edit = mended->row.edit[side];
	size_t i = 0;

	while (edit[i] && !is_of_key(edit[i] + (edit[i][0] == '-'), line))
		i++;
	ck_assert_uint_lt(i, EDITS);
	ck_assert_uint_lt(strlen(line), LINE);
	strcpy(mended->line[mended->lines], line);
	edit[i] = mended->line[mended->lines++];
}

/* "add SUITE to its 'KEY', with allow_weak: [NAMES]" */
static void add_proposal(struct mended *mended, size_t side, const char *fix)
{
	char suite[LINE], key[8], line[LINE + 64];
	const char *value;
	const char *quote = strchr(fix, '\''),
		   *weak = strstr(fix, "allow_weak");

	ck_assert_int_eq(sscanf(fix, "add %191s to", suite), 1);
	ck_assert_ptr_nonnull(quote);
	ck_assert_int_eq(sscanf(quote, "'%3[a-z]'", key), 1);
	/* A list, or its one member. */
	value = value_of(&mended->row, side, key);
	value += value[0] == '[';
	snprintf(line, sizeof(line), "%s: [%.*s, %s]", key,
		(int)strcspn(value, "]"), value, suite);
	set_line(mended, side, line);
	if (weak)
		set_line(mended, side, weak);
}

/* "KEY: VALUE", or two with " and " between them. */
static void set_values(struct mended *mended, size_t side, const char *fix)
{
	char copy[EXPLAIN_TEXT_SIZE], *with;

	snprintf(copy, sizeof(copy), "%s", fix);
	if (strstr(copy, ", in "))
		*strstr(copy, ", in ") = '\0';
	with = strstr(copy, " and ");
	if (with)
		*with = '\0';
	set_line(mended, side, copy);
	if (with)
		set_line(mended, side, with + strlen(" and "));
}

static void mends(
	const struct row *row, size_t from, size_t side, const char *fix)
{
	struct mended mended = { .row = *row };

	if (!fix[0])
		return;
	if (strncmp(fix, "add ", 4) == 0)
		add_proposal(&mended, side, fix);
	else
		set_values(&mended, side, fix);
	run_pair(&mended.row, from);
	for (size_t i = 0; i < SIDES; i++)
		ck_assert_msg(sides[i].ups == 1 && sides[i].explanations == 0,
			"%s: side %zu: '%s' does not mend it: %s", row->knob,
			side, fix, sides[i].last.text);
	close_sides();
}

START_TEST(each_edit_alone_mends_it)
{
	const struct row *row = &rows[_i];

	for (size_t from = 0; from < SIDES; from++) {
		char fix[SIDES][2][EXPLAIN_TEXT_SIZE];

		if (!row->asks[from].key)
			continue;
		run_pair(row, from);
		for (size_t i = 0; i < SIDES; i++) {
			strcpy(fix[i][0], sides[i].last.fix_here);
			strcpy(fix[i][1], sides[i].last.fix_there);
		}
		close_sides();
		for (size_t i = 0; i < SIDES; i++) {
			mends(row, from, i, fix[i][0]);
			mends(row, from, 1 - i, fix[i][1]);
		}
	}
}
END_TEST

START_TEST(each_side_names_the_knob)
{
	const struct row *row = &rows[_i];

	for (size_t from = 0; from < SIDES; from++) {
		/* One that is not enabled begins nothing. */
		if (!row->works && !row->asks[from].key)
			continue;
		run_pair(row, from);
		ck_assert(!row->works || (sides[0].ups && sides[1].ups));
		says(row, from, "asks", &row->asks[from]);
		says(row, 1 - from, "answers", &row->answers[1 - from]);
		close_sides();
	}
}
END_TEST

/* --- Changed since it came up ---------------------------------------------- */

static void reload(size_t i, const char *const edits[], size_t count)
{
	struct folder *f = &sides[i].folder;
	struct config *old = f->config;
	char yaml[2048];

	f->config = NULL;
	write_config(i, edits, count, yaml);
	folder_load_text(f, yaml);
	ck_assert_msg(f->config != NULL, "%s", f->shown);
	ck_assert(config_compare(old, f->config));
	ck_assert(ike_set_peers(sides[i].ike, now(), &f->config->peers));
	config_free(old);
	settle();
}

static const struct {
	const char *line; /* of side 0, from now on */
	bool child;       /* that is rekeyed; else the IKE SA alone */
	struct said asks, answers;
} changes[] = {
	{ "ike: aes128-sha256-prfsha256-x25519", false,
		{ "ike", "changed on one side since" }, { "ike", "fix_here" } },
	{ "ike: aes256-sha256-prfsha256-ecp256", false,
		{ "ike", "changed on one side since" },
		{ "ike", "\"what\":\"key exchange\",\"theirs\":" } },
	{ "esp: aes128-sha256", true, { "esp", "compare both sides' 'esp'" },
		{ "esp", "no encryption in common" } },
	{ "esp: aes256-sha512", true, { "esp", "compare both sides' 'esp'" },
		{ "esp", "no integrity algorithm in common" } },
};

enum { CHANGED = sizeof(changes) / sizeof(changes[0]) };

START_TEST(what_was_changed_shows_at_the_next_rekey)
{
	static const struct row none = { .knob = "changed" };
	const struct ike_wish child = { "p", "p" };

	for (size_t from = 0; from < SIDES; from++) {
		now_ms = 1000;
		lost_port = 0;
		narrow = 0;
		busy = false;
		for (size_t i = 0; i < SIDES; i++)
			open_side(i, none.edit[i], EDITS);
		begin(from, false);
		ck_assert_uint_eq(sides[0].ups, 1);
		reload(0, &changes[_i].line, 1);
		if (changes[_i].child)
			ck_assert_int_eq(
				ike_rekey(sides[from].ike, now(), &child),
				IKE_WISH_STARTED);
		else
			ck_assert_int_eq(
				ike_rekey_sa(sides[from].ike, now(), "p"),
				IKE_WISH_STARTED);
		pass(5000);
		says(&none, from, "asks", &changes[_i].asks);
		says(&none, 1 - from, "answers", &changes[_i].answers);
		close_sides();
	}
}
END_TEST

/* --- Several peers at one address ------------------------------------------ */

/* Side 1 has two that side 0 could be, by its address; each says why it was not
 * that one, and both have it. */
static void open_two(const char *first, const char *second)
{
	char yaml[2048];

	sprintf(yaml,
		"defaults: {auth: psk, local_id: b.example, secret: both.psk,\n"
		"  esp: aes256-sha256, keep_trying: no,\n"
		"  local_ts: 10.2.0.0/16}\n"
		"peers:\n"
		"  one: {remote: 192.0.2.0/24, remote_ts: 10.1.0.0/16, %s}\n"
		"  two: {remote: 192.0.2.0/24, remote_ts: 10.3.0.0/16, %s}\n",
		first, second);
	folder_load_text(&sides[1].folder, yaml);
	ck_assert_msg(
		sides[1].folder.config != NULL, "%s", sides[1].folder.shown);
	ck_assert(ike_set_peers(
		sides[1].ike, now(), &sides[1].folder.config->peers));
}

static const struct {
	const char *one, *two;   /* of side 1 */
	const char *why1, *why2; /* of each of them */
	const char *near;        /* the one that it is told of */
} several[] = {
	// clang-format off
	{ "remote_id: x.example", "remote_id: y.example",
		"its identity is not the one configured (remote_id)",
		"its identity is not the one configured (remote_id)", "one" },
	{ "remote_id: x.example", "remote_id: a.example, local_id: z.example",
		"its identity is not the one configured (remote_id)",
		"it asks for an identity that is not ours (local_id)", "two" },
	{ "remote_id: a.example, ike: aes128-sha256-x25519", "remote_id: y.example",
		"its configuration does not allow the IKE suite negotiated",
		"its identity is not the one configured (remote_id)", "one" },
	{ "remote_id: x.example, ike: aes128-sha256-x25519", "remote_id: y.example, ike: aes256-sha512-x25519",
		"no encryption in common: they offer aes256; we accept aes128",
		"no PRF in common: they offer prfsha256; we accept prfsha512", "one" },
	// clang-format on
};

enum { SEVERAL = sizeof(several) / sizeof(several[0]) };

static void tried_is(
	const struct ike_explanation *why, const char *peer, const char *words)
{
	for (uint8_t i = 0; i < why->tried_count; i++) {
		if (strcmp(why->tried[i].peer, peer) == 0) {
			ck_assert_str_eq(why->tried[i].why, words);
			return;
		}
	}
	ck_abort_msg("'%s' was not tried", peer);
}

START_TEST(each_peer_that_it_could_have_been)
{
	static const struct row none = { .knob = "none" };
	const struct ike_explanation *why = &sides[1].last;
	json_t *record;

	now_ms = 1000;
	lost_port = 0;
	narrow = 0;
	busy = false;
	for (size_t i = 0; i < SIDES; i++)
		open_side(i, none.edit[i], EDITS);
	settle();
	open_two(several[_i].one, several[_i].two);
	begin(0, false);
	ck_assert_uint_ge(sides[1].explanations, 1);
	ck_assert_str_eq(why->peer, several[_i].near);
	ck_assert_uint_eq(why->tried_count, 2);
	tried_is(why, "one", several[_i].why1);
	tried_is(why, "two", several[_i].why2);
	for (size_t i = 0; i < 2; i++) {
		record = explained_record(
			sides[1].explained, i == 0 ? "one" : "two", 0);
		ck_assert_ptr_nonnull(record);
		json_decref(record);
	}
	close_sides();
}
END_TEST

/* Its first try has lost its way, and the next one has come up: nobody is told of
 * the IKE_AUTH that did not come. */
START_TEST(half_open_is_no_news_of_a_peer_that_is_up)
{
	static const struct row none = { .knob = "none" };
	const struct ike_wish up = { "p", NULL };

	run_pair(&(struct row){ .knob = "none", .lost_port = 4500 }, 0);
	ck_assert_uint_eq(sides[1].explanations, 1);
	close_sides();
	now_ms = 1000;
	for (size_t i = 0; i < SIDES; i++)
		open_side(i, none.edit[i], EDITS);
	ck_assert_int_eq(ike_up(sides[0].ike, now(), &up), IKE_WISH_STARTED);
	settle();
	ck_assert_int_eq(ike_down(sides[0].ike, now(), &up), IKE_WISH_STARTED);
	lost_port = 0;
	begin(0, false);
	ck_assert_uint_eq(sides[1].ups, 1);
	ck_assert_uint_eq(sides[1].explanations, 0);
	close_sides();
}
END_TEST

/* Nobody can make us say more than so much, nor cost what it costs to say it,
 * more often than ten times a second (N52). */
START_TEST(n52_a_flood_is_explained_ten_times_a_second)
{
	static const struct row row = { .knob = "ike",
		.edit = { { "ike: aes128-sha256-x25519" } } };
	const struct ike_wish up = { "p", NULL };

	now_ms = 1000;
	lost_port = 0;
	narrow = 0;
	busy = false;
	for (size_t i = 0; i < SIDES; i++)
		open_side(i, row.edit[i], EDITS);
	for (int i = 0; i < 30; i++) {
		ck_assert_int_eq(
			ike_up(sides[0].ike, now(), &up), IKE_WISH_STARTED);
		settle();
		ck_assert_int_eq(
			ike_down(sides[0].ike, now(), &up), IKE_WISH_STARTED);
		settle();
	}
	ck_assert_uint_eq(sides[1].explanations, 10);
	now_ms += 1000;
	(void)ike_up(sides[0].ike, now(), &up);
	settle();
	ck_assert_uint_eq(sides[1].explanations, 11);
	close_sides();
}
END_TEST

SUITE(explain)
{
	loop_test(what_was_changed_shows_at_the_next_rekey, CHANGED);
	loop_test(each_peer_that_it_could_have_been, SEVERAL);
	test(half_open_is_no_news_of_a_peer_that_is_up);
	test(n52_a_flood_is_explained_ten_times_a_second);
	loop_test(each_side_names_the_knob, ROWS);
	loop_test(each_edit_alone_mends_it, ROWS);
}

/* hostile_cert.c - certificates and signatures in IKE_AUTH: N25, N26, N28 and N29 as the core sees them.
 * SPDX-License-Identifier: ISC
 *
 * What is wrong with a certificate by itself is wrong_certs.c's, what is wrong
 * with AUTH data sign.c's; here it is what comes of it, in both roles.
 */
#include "ikev2/crypto/authority.h"
#include "tests/unit/hostile.h"
#include "tests/unit/operations.h"

#include <stdlib.h>

enum { T0 = 1795000000, DAY = 86400 };

/* One authority, and what two hosts have of it. */
static struct {
	struct private_key *key;
	struct certificate *root;
	struct credential *core, *bent, *other;
	struct trust *trust;
} pki;

static struct core_signatures signatures;
static const struct core_setup setup = { .signatures = &signatures };

/* --- Making them ---------------------------------------------------------- */

static struct certificate *make_certificate(const struct private_key *signer,
	struct bytes issuer, const struct authority_request *request)
{
	struct authority_made made;
	struct certificate *certificate;
	const char *why = "";

	ck_assert_msg(
		authority_certificate(signer, issuer, request, &made, &why),
		"%s", why);
	certificate = certificate_read(bytes_of(made.der, made.len), &why);
	ck_assert_msg(certificate != NULL, "%s", why);
	authority_clear(&made);
	return certificate;
}

static struct private_key *new_key(enum key_kind kind)
{
	const char *why = "";
	struct private_key *key = private_key_generate(kind, 0, &why);

	ck_assert_msg(key != NULL, "%s", why);
	return key;
}

static struct certificate *new_root(const struct private_key *key)
{
	const struct authority_request request = {
		.common_name = "root",
		.key = private_key_public(key),
		.serial = { 1, 1 },
		.not_before = T0 - 1000 * DAY,
		.not_after = T0 + 1000 * DAY,
		.ca = true,
		.path_len = AUTHORITY_NO_LIMIT,
	};

	return make_certificate(key, bytes_of(NULL, 0), &request);
}

/* Of a host with the addresses 192.0.2.first to 192.0.2.last. */
static struct credential *new_host(enum key_kind kind, uint8_t first,
	uint8_t last, int64_t from, int64_t until)
{
	struct private_key *key = new_key(kind);
	struct authority_name names[4];
	uint8_t addr[4][4];
	struct authority_request request = {
		.common_name = "host",
		.key = private_key_public(key),
		.serial = { 1, first },
		.not_before = from,
		.not_after = until,
		.names = names,
	};
	struct certificate *certificate;
	struct credential *made;
	const char *why = "";

	for (uint8_t i = first; i <= last; i++) {
		const size_t n = request.name_count++;

		memcpy(addr[n], (const uint8_t[4]){ 192, 0, 2, i }, 4);
		names[n] = (struct authority_name){ ID_IPV4_ADDR,
			bytes_of(addr[n], 4) };
	}
	certificate =
		make_certificate(pki.key, certificate_der(pki.root), &request);
	made = credential_new(key, &certificate, 1, &why);
	ck_assert_msg(made != NULL, "%s", why);
	certificate_unref(certificate);
	return made;
}

/* The bent host, certified by the first of these, all of which it sends. */
static struct credential *new_host_of(const struct private_key *signer,
	struct certificate *const *steps, size_t count)
{
	static const uint8_t addr[4] = { 192, 0, 2, 2 };
	struct private_key *key = new_key(KEY_P256);
	const struct authority_name name = { ID_IPV4_ADDR, bytes_of(addr, 4) };
	const struct authority_request request = {
		.common_name = "host",
		.key = private_key_public(key),
		.serial = { 1, 9 },
		.not_before = T0 - DAY,
		.not_after = T0 + DAY,
		.names = &name,
		.name_count = 1,
	};
	struct certificate *chain[CREDENTIAL_MAX_CHAIN];
	struct credential *made;
	const char *why = "";

	chain[0] =
		make_certificate(signer, certificate_der(steps[0]), &request);
	for (size_t i = 0; i < count; i++)
		chain[1 + i] = steps[i];
	made = credential_new(key, chain, 1 + count, &why);
	ck_assert_msg(made != NULL, "%s", why);
	certificate_unref(chain[0]);
	return made;
}

static struct credential *raw(enum key_kind kind)
{
	const char *why = "";
	struct credential *made = credential_new(new_key(kind), NULL, 0, &why);

	ck_assert_msg(made != NULL, "%s", why);
	return made;
}

static struct public_key *key_of(const struct credential *credential)
{
	return private_key_public(credential_key(credential));
}

/* An honest world of certificates of that kind. */
static void world(enum key_kind kind)
{
	pki.key = new_key(kind);
	pki.root = new_root(pki.key);
	pki.core = new_host(kind, 1, 2, T0 - DAY, T0 + DAY);
	pki.bent = new_host(kind, 2, 2, T0 - DAY, T0 + DAY);
	pki.trust = trust_new();
	ck_assert_ptr_nonnull(pki.trust);
	ck_assert(trust_add_root(pki.trust, pki.root));
	signatures = (struct core_signatures){
		.core_auth = IKE_AUTH_CERT,
		.bent_auth = IKE_AUTH_CERT,
		.core_own = pki.core,
		.core_trust = pki.trust,
		.bent_own = pki.bent,
	};
}

static void open_core(void)
{
	core_open(&setup);
	core.unix_s = T0;
}

static void end(void)
{
	close_core();
	private_key_free(pki.key);
	certificate_unref(pki.root);
	credential_unref(pki.core);
	credential_unref(pki.bent);
	credential_unref(pki.other);
	trust_unref(pki.trust);
	memset(&pki, 0, sizeof(pki));
}

/* --- What comes of it ----------------------------------------------------- */

static void refused_as_responder(enum ike_cause cause)
{
	bent_ask(IKE_AUTH, &parts);
	bent_hears_error(AUTHENTICATION_FAILED);
	ck_assert_int_eq(core_established(), 0);
	ck_assert_int_eq(core.sas + core.policies + core.ike_up, 0);
	ck_assert_int_eq(core.cause, cause);
}

static void refused_as_initiator(enum ike_cause cause)
{
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 0);
	ck_assert_int_eq(core.sas + core.policies + core.ike_up, 0);
	ck_assert_int_eq(core.cause, cause);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_ptr_nonnull(message_notify(&bent.in, AUTHENTICATION_FAILED));
	core_advance(400000);
	core_is_clean();
}

/* A change to what is in parts, for either role. */
typedef void change(void);

static void nothing(void)
{
}

/* Refused in both roles, with the same cause; what proves nothing costs at most
 * `operations` with a public key. */
static void refused(change *bend, enum ike_cause cause, int operations)
{
	open_core();
	bent_initiates_keys();
	bent_auth_parts(&parts);
	bend();
	public_key_operations = 0;
	refused_as_responder(cause);
	ck_assert_int_le(public_key_operations, operations);
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&parts);
	bend();
	public_key_operations = 0;
	refused_as_initiator(cause);
	ck_assert_int_le(public_key_operations, operations);
	close_core();
}

/* What the core shows for itself holds, too. */
static void core_proves_itself(void)
{
	const struct auth_rules rules = {
		.hashes = bent.no_hashes ? 0 : auth_hashes()
	};
	const bool i = !bent.initiator;
	const struct payload_id *id = i ? &bent.in.idi : &bent.in.idr;
	const struct auth_octets octets = {
		.message =
			i ? bytes_of(bent.init_request, bent.init_request_len)
			  : bytes_of(bent.init_reply, bent.init_reply_len),
		.nonce = bytes_of(i ? bent.nonce_r : bent.nonce_i, NONCE_LEN),
		.sk_p = secret_bytes(i ? &bent.keys.sk_pi : &bent.keys.sk_pr),
		.id = id->body,
	};
	const char *why = "";

	ck_assert_msg(auth_verify(bent.crypto, key_of(signatures.core_own),
			      bent.suite.prf, &octets, &rules,
			      bent.in.auth.method, bent.in.auth.data, &why),
		"%s", why);
	if (signatures.core_auth != IKE_AUTH_CERT)
		return;
	ck_assert_uint_eq(bent.in.certs, 1);
	ck_assert(bytes_equal(bent.in.cert[0].data,
		certificate_der(
			credential_certificate(signatures.core_own, 0))));
}

static void up_as_responder(void)
{
	bent_initiates_keys();
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	ck_assert(bent_open(0));
	if (signatures.core_own)
		core_proves_itself();
}

static void up_as_initiator(void)
{
	core_dial();
	bent_responds_keys();
	if (signatures.core_own)
		core_proves_itself();
	bent_auth_parts(&parts);
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
}

static void up(void)
{
	open_core();
	up_as_responder();
	core_recovers(true);
	up_as_initiator();
	core_recovers(false);
	close_core();
}

/* --- Honest --------------------------------------------------------------- */

START_TEST(certificates_in_both_roles)
{
	static const enum key_kind kinds[] = { KEY_P256, KEY_P384, KEY_P521,
		KEY_ED25519, KEY_ED448 };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		world(kinds[i]);
		up();
		end();
	}
}
END_TEST

/* RFC 7296 section 3.6: up to four are sent and taken, the own one first. */
START_TEST(four_certificates_on_the_way)
{
	enum { STEPS = 3 };
	struct private_key *key[STEPS];
	struct certificate *chain[1 + STEPS];
	struct credential *long_way;

	world(KEY_P256);
	chain[STEPS] = certificate_ref(pki.root);
	for (int i = STEPS - 1; i >= 0; i--) {
		const char name[] = { (char)('a' + i), '\0' };
		const struct private_key *signer =
			i == STEPS - 1 ? pki.key : key[i + 1];
		const struct authority_request request = {
			.common_name = name,
			.key = private_key_public(key[i] = new_key(KEY_P256)),
			.serial = { 1, 7 },
			.not_before = T0 - DAY,
			.not_after = T0 + DAY,
			.ca = true,
			.path_len = AUTHORITY_NO_LIMIT,
		};

		chain[i] = make_certificate(
			signer, certificate_der(chain[i + 1]), &request);
	}
	long_way = new_host_of(key[0], chain, STEPS);
	credential_unref(pki.bent);
	signatures.bent_own = pki.bent = long_way;
	up();
	for (size_t i = 0; i < STEPS; i++) {
		private_key_free(key[i]);
		certificate_unref(chain[i]);
	}
	certificate_unref(chain[STEPS]);
}
END_TEST

/* RFC 7670: nobody sends a certificate, each knows the other's key. */
START_TEST(raw_public_keys_in_both_roles)
{
	world(KEY_ED25519);
	signatures.core_auth = signatures.bent_auth = IKE_AUTH_PUBKEY;
	credential_unref(pki.bent);
	signatures.bent_own = pki.bent = raw(KEY_P256);
	ck_assert(trust_add_key(pki.trust, key_of(pki.bent)));
	up();
}
END_TEST

START_TEST(a_method_for_each_direction)
{
	world(KEY_P256);
	signatures.core_auth = IKE_AUTH_PSK;
	signatures.core_own = NULL;
	up();
	signatures.core_auth = IKE_AUTH_CERT;
	signatures.core_own = pki.core;
	signatures.bent_auth = IKE_AUTH_PSK | IKE_AUTH_CERT;
	signatures.bent_own = NULL;
	up();
}
END_TEST

/* RFC 4754: ECDSA has methods of its own for who does not know RFC 7427. */
START_TEST(without_hash_algorithms)
{
	world(KEY_P384);
	open_core();
	bent.no_hashes = true;
	bent.hashes = 0;
	up_as_responder();
	ck_assert_int_eq(bent.in.auth.method, AUTH_ECDSA_384);
	core_recovers(true);
	close_core();
	end();
	world(KEY_ED25519); /* which has none: no silent fall to another */
	open_core();
	bent.no_hashes = true;
	bent_initiates_keys();
	bent_auth_parts(&parts);
	refused_as_responder(IKE_CAUSE_FAILED);
	close_core();
}
END_TEST

/* The authorities are named, and a word on revocation is asked for. */
START_TEST(certificates_are_asked_for)
{
	const uint32_t wanted =
		UINT32_C(1) << CERT_X509_SIGNATURE | UINT32_C(1) << CERT_OCSP;

	world(KEY_P256);
	open_core();
	core_dial();
	bent_responds_keys();
	ck_assert_uint_eq(bent.in.requested, wanted);
	core_advance(400000);
	core_is_clean();
}
END_TEST

/* Windows names dozens of authorities, in one payload or in many. */
START_TEST(fifty_authorities_are_no_problem)
{
	uint8_t body[1 + 60 * 20] = { CERT_X509_SIGNATURE };

	world(KEY_P256);
	open_core();
	bent_initiates_keys();
	bent_auth_parts(&parts);
	parts_insert(&parts, 1, PAYLOAD_CERTREQ, bytes_of(body, sizeof(body)));
	for (int i = 0; i < 50; i++)
		parts_insert(&parts, 1, PAYLOAD_CERTREQ, bytes_of(body, 21));
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

static void show_raw(const struct credential *credential)
{
	const struct bytes spki = public_key_der(key_of(credential));
	uint8_t body[256] = { CERT_RAW_PUBLIC_KEY };

	memcpy(body + 1, spki.at, spki.len);
	parts_remove(&parts, PAYLOAD_CERT);
	parts_insert(&parts, 1, PAYLOAD_CERT, bytes_of(body, 1 + spki.len));
}

static void show_own_raw(void)
{
	show_raw(pki.bent);
}

/* A key is about to be replaced: both are configured, and the peer is asked to
 * show which one it has. */
START_TEST(one_of_two_raw_keys)
{
	world(KEY_P256);
	signatures.bent_auth = IKE_AUTH_PUBKEY;
	pki.other = raw(KEY_P256);
	ck_assert(trust_add_key(pki.trust, key_of(pki.other)));
	open_core();
	core_dial();
	bent_responds_keys();
	ck_assert_uint_eq(bent.in.requested, 0);
	core_advance(400000);
	close_core();
	ck_assert(trust_add_key(pki.trust, key_of(pki.bent)));
	open_core();
	core_dial();
	bent_responds_keys();
	ck_assert_uint_eq(
		bent.in.requested, UINT32_C(1) << CERT_RAW_PUBLIC_KEY);
	bent_auth_parts(&parts);
	show_own_raw();
	bent_answer(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
}
END_TEST

/* --- N25: AUTH ------------------------------------------------------------ */

static void break_signature(void)
{
	struct part *auth = part_of(&parts, PAYLOAD_AUTH);

	auth->body[auth->len - 1] ^= 1;
}

static void lengthen_signature(void)
{
	part_of(&parts, PAYLOAD_AUTH)->len++;
}

static void cut_signature(void)
{
	part_of(&parts, PAYLOAD_AUTH)->len--;
}

static void empty_signature(void)
{
	part_of(&parts, PAYLOAD_AUTH)->len = 4;
}

static void other_identity(void)
{
	part_of(&parts, bent.initiator ? PAYLOAD_IDI : PAYLOAD_IDR)->body[1] ^=
		1;
}

START_TEST(n25_auth_that_proves_nothing)
{
	change *const bends[] = { break_signature, lengthen_signature,
		cut_signature, empty_signature, other_identity };

	world(KEY_P256);
	for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++)
		refused(bends[i], IKE_CAUSE_REJECTED_PEER, 1);
}
END_TEST

/* --- N23: another method than is allowed ----------------------------------- */

static void shared_key_instead(void)
{
	bent.own = NULL;
	part_of(&parts, PAYLOAD_AUTH)->body[0] = AUTH_SHARED_KEY;
	bent_auth_again(&parts);
	bent.own = pki.bent;
}

START_TEST(n23_shared_key_instead_of_certificate)
{
	world(KEY_P256);
	refused(shared_key_instead, IKE_CAUSE_REJECTED_PEER, 0);
}
END_TEST

START_TEST(n23_certificate_instead_of_shared_key)
{
	world(KEY_P256);
	signatures.bent_auth = IKE_AUTH_PSK;
	refused(nothing, IKE_CAUSE_REJECTED_PEER, 0);
}
END_TEST

/* --- N26: somebody else's key ---------------------------------------------- */

START_TEST(n26_our_own_certificate)
{
	world(KEY_P256);
	signatures.bent_own = pki.core;
	refused(nothing, IKE_CAUSE_REJECTED_PEER, 0);
}
END_TEST

START_TEST(n26_the_key_of_another_peer)
{
	world(KEY_P256);
	signatures.bent_auth = IKE_AUTH_PUBKEY;
	pki.other = raw(KEY_P256);
	ck_assert(trust_add_key(pki.trust, key_of(pki.other)));
	refused(nothing, IKE_CAUSE_REJECTED_PEER, 1);
}
END_TEST

static void show_anothers_raw(void)
{
	show_raw(pki.other);
}

START_TEST(n26_a_raw_key_that_is_shown)
{
	world(KEY_P256);
	signatures.bent_auth = IKE_AUTH_PUBKEY;
	pki.other = raw(KEY_P256);
	ck_assert(trust_add_key(pki.trust, key_of(pki.other)));
	refused(show_own_raw, IKE_CAUSE_REJECTED_PEER, 0);
	refused(show_anothers_raw, IKE_CAUSE_REJECTED_PEER, 1);
}
END_TEST

/* --- N28: certificates that are none --------------------------------------- */

static struct bytes shown; /* instead of the first certificate */
static uint8_t encoding;

static void show(void)
{
	uint8_t body[2048] = { encoding };

	ck_assert_uint_lt(shown.len, sizeof(body));
	if (shown.len > 0)
		memcpy(body + 1, shown.at, shown.len);
	parts_set(&parts, PAYLOAD_CERT, bytes_of(body, 1 + shown.len));
}

START_TEST(n28_certificates_that_cannot_be_read)
{
	static uint8_t der[2048];
	struct bytes whole;

	world(KEY_P256);
	whole = certificate_der(credential_certificate(pki.bent, 0));
	memcpy(der, whole.at, whole.len);
	encoding = CERT_X509_SIGNATURE;
	shown = bytes_of(NULL, 0);
	refused(show, IKE_CAUSE_CERTIFICATE, 0);
	shown = bytes_of(der, whole.len - 1);
	refused(show, IKE_CAUSE_CERTIFICATE, 0);
	shown = bytes_of(der, whole.len + 1);
	refused(show, IKE_CAUSE_CERTIFICATE, 0);
	memset(der, 0x30, sizeof(der));
	shown = bytes_of(der, sizeof(der) - 1);
	refused(show, IKE_CAUSE_CERTIFICATE, 0);
}
END_TEST

/* PKCS #7, hash and URL, and what nobody has: nothing is fetched, and the
 * sender has shown no certificate. */
START_TEST(n28_other_encodings)
{
	world(KEY_P256);
	shown = certificate_der(credential_certificate(pki.bent, 0));
	for (unsigned int i = 0; i < 256; i++) {
		encoding = (uint8_t)i;
		if (encoding != CERT_X509_SIGNATURE)
			refused(show, IKE_CAUSE_CERTIFICATE, 0);
	}
}
END_TEST

static void sixty_certificates(void)
{
	const uint8_t empty[] = { CERT_X509_SIGNATURE };

	while (parts.count < 64)
		parts_insert(&parts, 2, PAYLOAD_CERT,
			bytes_of(empty, sizeof(empty)));
}

/* The own one first, and what nobody can need behind it. */
START_TEST(n28_sixty_certificates)
{
	world(KEY_P256);
	refused(sixty_certificates, IKE_CAUSE_CERTIFICATE, 0);
}
END_TEST

static void no_certificate(void)
{
	parts_remove(&parts, PAYLOAD_CERT);
}

START_TEST(n28_no_certificate)
{
	world(KEY_P256);
	refused(no_certificate, IKE_CAUSE_CERTIFICATE, 0);
	ck_assert(
		trust_add_leaf(pki.trust, credential_certificate(pki.bent, 0)));
	open_core(); /* but it is known */
	bent_initiates_keys();
	bent_auth_parts(&parts);
	no_certificate();
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core_established(), 1);
	core_recovers(true);
}
END_TEST

/* --- N29: certificates that do not hold ------------------------------------ */

static void bent_has(struct credential *credential)
{
	credential_unref(pki.bent);
	signatures.bent_own = pki.bent = credential;
}

START_TEST(n29_certificates_of_another_time)
{
	world(KEY_P256);
	bent_has(new_host(KEY_P256, 2, 2, T0 - 3 * DAY, T0 - 1));
	refused(nothing, IKE_CAUSE_CERTIFICATE, 11);
	bent_has(new_host(KEY_P256, 2, 2, T0 + 1, T0 + DAY));
	refused(nothing, IKE_CAUSE_CERTIFICATE, 11);
}
END_TEST

START_TEST(n29_certificate_of_another_name)
{
	world(KEY_P256);
	bent_has(new_host(KEY_P256, 3, 4, T0 - DAY, T0 + DAY));
	refused(nothing, IKE_CAUSE_CERTIFICATE, 1);
}
END_TEST

/* Where the peer is looked for: anywhere in 192.0.2.0/24, and at that name, or
 * else at that address. */
static void open_core_at(const char *name, uint8_t last)
{
	struct ike_side *remote;

	open_core();
	remote = &core.peers.peer[0]->remote;
	remote->places[1] = remote->places[0];
	remote->places[0].first.octets[3] = 0;
	remote->places[0].last.octets[3] = 255;
	remote->place_count = name || last ? 2 : 1;
	remote->places[1].first.octets[3] = last;
	remote->places[1].last.octets[3] = last;
	if (name) {
		remote->places[1].kind = IKE_PLACE_NAME;
		snprintf(remote->places[1].name, sizeof(remote->places[1].name),
			"%s", name);
	}
}

/* Without remote_id it is where we look for the peer that the certificate must
 * have, whatever else an authority of ours lets it be. */
START_TEST(n29_certificate_of_another_place)
{
	static const struct {
		const char *name;
		uint8_t last;
		bool good;
	} rows[] = {
		{ NULL, 0, true }, /* a network vouches for nobody */
		{ NULL, 2, true },
		{ NULL, 77, false },
		{ "vpn.branch.example", 0, false },
	};

	world(KEY_P256);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_core_at(rows[i].name, rows[i].last);
		if (rows[i].good) {
			up_as_responder();
			close_core();
			continue;
		}
		bent_initiates_keys();
		bent_auth_parts(&parts);
		refused_as_responder(IKE_CAUSE_CERTIFICATE);
		core_dial();
		bent_responds_keys();
		bent_auth_parts(&parts);
		refused_as_initiator(IKE_CAUSE_CERTIFICATE);
		close_core();
	}
}
END_TEST

/* Of the same name as ours, and not ours. */
START_TEST(n29_certificate_of_another_authority)
{
	struct trust *others = trust_new();
	struct private_key *key = new_key(KEY_P256);
	struct certificate *root = new_root(key);

	ck_assert_ptr_nonnull(others);
	ck_assert(trust_add_root(others, root));
	world(KEY_P256);
	signatures.core_trust = others;
	refused(nothing, IKE_CAUSE_CERTIFICATE, 1);
	trust_unref(others);
	certificate_unref(root);
	private_key_free(key);
}
END_TEST

SUITE(hostile_cert)
{
	tcase_add_checked_fixture(tcase, NULL, end);
	test(certificates_in_both_roles);
	test(four_certificates_on_the_way);
	test(raw_public_keys_in_both_roles);
	test(a_method_for_each_direction);
	test(without_hash_algorithms);
	test(certificates_are_asked_for);
	test(fifty_authorities_are_no_problem);
	test(one_of_two_raw_keys);
	test(n23_shared_key_instead_of_certificate);
	test(n23_certificate_instead_of_shared_key);
	test(n25_auth_that_proves_nothing);
	test(n26_our_own_certificate);
	test(n26_the_key_of_another_peer);
	test(n26_a_raw_key_that_is_shown);
	test(n28_certificates_that_cannot_be_read);
	test(n28_other_encodings);
	test(n28_sixty_certificates);
	test(n28_no_certificate);
	test(n29_certificates_of_another_time);
	test(n29_certificate_of_another_name);
	test(n29_certificate_of_another_place);
	test(n29_certificate_of_another_authority);
}

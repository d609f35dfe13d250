/* trust.c - tests of ikev2/crypto/trust.c: what is kept, and every right way to a root; the wrong ones are in wrong_certs.c.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/trust.h"

#include "ikev2/crypto/trust_private.h"
#include "ikev2/iana.h"
#include "tests/suite.h"
#include "tests/unit/allocations.h"
#include "tests/unit/pki.h"

#include <openssl/sha.h>

static struct trust *trust;
static struct cert_chain chain;
static struct trust_path path;
static char why[X509_WHY];
static struct pki_cert *root;

static struct pki_cert *authority(
	const struct pki_cert *issuer, const char *subject)
{
	return pki_issue(
		issuer, &(struct pki_want){ .subject = subject, .ca = true });
}

static struct pki_cert *end(const struct pki_cert *issuer)
{
	return pki_issue(issuer, &(struct pki_want){ .subject = "CN=leaf" });
}

static void setup(void)
{
	trust = trust_new();
	chain = (struct cert_chain){ .count = 0 };
	why[0] = '\0';
	root = authority(NULL, "CN=Root");
}

static void teardown(void)
{
	trust_unref(trust);
	pki_end();
}

static void add_root(const struct pki_cert *cert)
{
	ck_assert(trust_add_root(trust, pki_certificate(cert)));
}

static void add_step(const struct pki_cert *cert)
{
	ck_assert(trust_add_step(trust, pki_certificate(cert)));
}

static void send(const struct pki_cert *leaf)
{
	chain.leaf = pki_certificate(leaf);
	chain.count = 0;
}

static void send_too(const struct pki_cert *other)
{
	chain.others[chain.count++] = pki_certificate(other);
}

static bool is(const struct certificate *found, const struct pki_cert *made)
{
	return bytes_equal(certificate_der(found), made->der);
}

/* The way is found, and it is so long and ends there. */
static void good(size_t count, const struct pki_cert *end_of_it)
{
	ck_assert_msg(trust_check(trust, &chain, PKI_NOW, false, &path, why),
		"%s", why);
	ck_assert_uint_eq(path.count, count);
	ck_assert_ptr_eq(path.step[0], chain.leaf);
	ck_assert(is(path.step[count - 1], end_of_it));
	ck_assert(trust_may_lead(trust, &chain, why));
}

static void bad(const char *reason)
{
	ck_assert(!trust_check(trust, &chain, PKI_NOW, false, &path, why));
	ck_assert_str_eq(why, reason);
	ck_assert_uint_eq(path.count, 0);
}

/* --- Ways ----------------------------------------------------------------- */

START_TEST(straight_to_the_root)
{
	add_root(root);
	send(end(root));
	good(2, root);
}
END_TEST

START_TEST(a_step_that_is_sent)
{
	struct pki_cert *sub = authority(root, "CN=Sub");

	add_root(root);
	send(end(sub));
	send_too(sub);
	good(3, root);
	ck_assert_ptr_eq(path.step[1], chain.others[0]);
}
END_TEST

START_TEST(a_step_that_is_configured)
{
	struct pki_cert *sub = authority(root, "CN=Sub");

	add_root(root);
	send(end(sub));
	ck_assert(!trust_may_lead(trust, &chain, why));
	add_step(sub);
	good(3, root);
}
END_TEST

/* In any order, with others that do not belong there, the root among them. */
START_TEST(steps_in_disorder)
{
	struct pki_cert *one = authority(root, "CN=One");
	struct pki_cert *two = authority(one, "CN=Two");
	struct pki_cert *three = authority(two, "CN=Three");
	struct pki_cert *stranger = authority(NULL, "CN=Stranger");

	add_root(stranger);
	add_root(root);
	send(end(three));
	send_too(stranger);
	send_too(one);
	send_too(root);
	send_too(three);
	send_too(end(root));
	send_too(two);
	good(5, root);
}
END_TEST

START_TEST(as_long_as_a_way_may_be)
{
	struct pki_cert *steps[8], *last = root;

	add_root(root);
	for (size_t i = 0; i < 8; i++) {
		char name[16];

		snprintf(name, sizeof(name), "CN=Step %zu", i);
		last = steps[i] = authority(last, name);
	}
	send(end(last));
	for (size_t i = 0; i < 8; i++)
		send_too(steps[i]);
	good(10, root);
}
END_TEST

static struct pki_cert *of_name(const char *subject, const char *key_ids)
{
	return pki_issue(NULL, &(struct pki_want){ .subject = subject,
				       .ca = true,
				       .skid = key_ids,
				       .akid = key_ids });
}

/* An authority has changed its key and kept its name; both are configured, in
 * either order, with key identifiers (_i & 1) or without. */
START_TEST(two_roots_of_one_name)
{
	const char *key_ids = _i & 1 ? NULL : "";
	struct pki_cert *old = of_name("CN=A", key_ids);
	struct pki_cert *new = of_name("CN=A", key_ids);

	add_root(_i & 2 ? old : new);
	add_root(_i & 2 ? new : old);
	send(pki_issue(old,
		&(struct pki_want){ .subject = "CN=leaf", .akid = key_ids }));
	good(2, old);
	send(pki_issue(new,
		&(struct pki_want){ .subject = "CN=leaf", .akid = key_ids }));
	good(2, new);
}
END_TEST

/* RFC 4210 section 4.4: the new key certified by the old one, under one name. */
START_TEST(a_new_key_with_the_old_one)
{
	struct pki_cert *old = authority(NULL, "CN=A");
	struct pki_cert *new = authority(NULL, "CN=A");
	struct pki_cert *new_with_old = pki_issue(
		old, &(struct pki_want){
			     .subject = "CN=A", .ca = true, .key_of = new });

	add_root(old);
	send(end(new));
	ck_assert(!trust_check(trust, &chain, PKI_NOW, false, &path, why));
	send_too(new_with_old);
	good(3, old);
}
END_TEST

/* One intermediate authority, certified by two roots of which we know one; the
 * peer sends both, in either order, with key identifiers or without. */
START_TEST(cross_signed)
{
	const char *key_ids = _i & 1 ? NULL : "";
	struct pki_cert *other = authority(NULL, "CN=Other");
	struct pki_want want = { .subject = "CN=Sub",
		.ca = true,
		.skid = key_ids,
		.akid = key_ids };
	struct pki_cert *by_root = pki_issue(root, &want), *by_other;

	want.key_of = by_root;
	by_other = pki_issue(other, &want);
	add_root(_i & 4 ? root : other);
	send(pki_issue(by_root,
		&(struct pki_want){ .subject = "CN=leaf", .akid = key_ids }));
	send_too(_i & 2 ? by_root : by_other);
	send_too(_i & 2 ? by_other : by_root);
	good(3, _i & 4 ? root : other);
}
END_TEST

/* The one of them that has expired does not stand in the way of the other, nor
 * does one with a key of its own. */
START_TEST(the_better_of_two_steps)
{
	struct pki_want want = {
		.subject = "CN=Sub", .ca = true, .skid = "", .akid = ""
	};
	struct pki_cert *right = pki_issue(root, &want);
	struct pki_cert *wrong[4], *leaf;

	leaf = pki_issue(
		right, &(struct pki_want){ .subject = "CN=leaf", .akid = "" });
	wrong[0] = pki_issue(root, &want);
	want.key_of = right;
	want.until = PKI_NOW - 1;
	wrong[1] = pki_issue(root, &want);
	want.until = 0;
	want.basic = "CA:FALSE";
	wrong[2] = pki_issue(root, &want);
	want.basic = NULL;
	want.bad_signature = true;
	wrong[3] = pki_issue(root, &want);
	add_root(root);
	for (int order = 0; order < 2; order++) {
		send(leaf);
		if (order)
			send_too(right);
		for (size_t i = 0; i < 4; i++)
			send_too(wrong[i]);
		if (!order)
			send_too(right);
		good(3, root);
		ck_assert(is(path.step[1], right));
	}
}
END_TEST

/* .. and if there is no better one, the reason is that of the one that came
 * nearest, in either order. */
START_TEST(the_reason_that_says_most)
{
	struct pki_want want = { .subject = "CN=Sub",
		.ca = true,
		.skid = "",
		.akid = "",
		.until = PKI_NOW - 60 };
	struct pki_cert *expired = pki_issue(root, &want);
	struct pki_cert *forged, *stray, *leaf;

	leaf = pki_issue(expired,
		&(struct pki_want){ .subject = "CN=leaf", .akid = "" });
	want.until = 0;
	want.key_of = expired;
	want.bad_signature = true;
	forged = pki_issue(root, &want);
	want.bad_signature = false;
	stray = pki_issue(authority(NULL, "CN=Other"), &want);
	add_root(root);
	for (int order = 0; order < 2; order++) {
		send(leaf);
		send_too(order ? expired : stray);
		send_too(forged);
		send_too(order ? stray : expired);
		bad("CN=Sub expired on 2025-12-31 23:59:00 UTC (now it is "
		    "2026-01-01 00:00:00 UTC)");
		send(leaf);
		send_too(order ? forged : stray);
		send_too(order ? stray : forged);
		bad("CN=Sub has a signature that is not of CN=Root");
	}
}
END_TEST

/* All of it long ago, and long to come: only the time that is given counts. */
START_TEST(no_clock_is_looked_at)
{
	static const int64_t times[] = { INT64_C(946684800), /* 2000 */
		INT64_C(7258118400) };                       /* 2200 */

	for (size_t i = 0; i < 2; i++) {
		struct pki_want want = { .subject = "CN=Then",
			.ca = true,
			.from = times[i],
			.until = times[i] + 10 };
		struct pki_cert *then = pki_issue(NULL, &want);

		want.subject = "CN=leaf";
		want.ca = false;
		add_root(then);
		send(pki_issue(then, &want));
		for (int64_t at = -1; at <= 11; at++)
			ck_assert_int_eq(
				trust_check(trust, &chain, times[i] + at, false,
					&path, why),
				at >= 0 && at <= 10);
	}
}
END_TEST

START_TEST(roots_that_are_trusted_by_themselves)
{
	struct pki_cert *old = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Old", .v1 = true });
	struct pki_cert *sub = authority(root, "CN=Sub");

	add_root(old);
	send(end(old));
	good(2, old);
	add_root(sub); /* whoever issued it is of no interest */
	send(end(sub));
	good(2, sub);
}
END_TEST

START_TEST(every_kind_of_signature)
{
	static const struct {
		enum pki_key key;
		const char *digest;
		bool pss;
	} rows[] = {
		{ PKI_P256, "SHA256", false },
		{ PKI_P384, "SHA384", false },
		{ PKI_P521, "SHA512", false },
		{ PKI_P256, "SHA224", false },
		{ PKI_ED25519, NULL, false },
		{ PKI_ED448, NULL, false },
		{ PKI_RSA_2048, "SHA256", false },
		{ PKI_RSA_2048, "SHA512", false },
		{ PKI_RSA_2048, "SHA256", true },
		{ PKI_RSA_2048, "SHA384", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[16];
		struct pki_cert *by;

		snprintf(name, sizeof(name), "CN=Root %zu", i);
		by = pki_issue(NULL, &(struct pki_want){ .subject = name,
					     .ca = true,
					     .key = rows[i].key,
					     .digest = rows[i].digest });
		add_root(by);
		send(pki_issue(by, &(struct pki_want){ .subject = "CN=leaf",
					   .digest = rows[i].digest,
					   .pss = rows[i].pss }));
		good(2, by);
	}
}
END_TEST

/* PKCS#1 v1.5 and PSS, ECDSA: only if somebody has asked for it. */
START_TEST(sha1_if_it_is_wanted)
{
	static const struct {
		enum pki_key key;
		bool pss;
	} rows[] = { { PKI_P256, false }, { PKI_RSA_2048, false },
		{ PKI_RSA_2048, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[16];
		struct pki_cert *by;

		snprintf(name, sizeof(name), "CN=Root %zu", i);
		by = pki_issue(NULL,
			&(struct pki_want){ .subject = name,
				.ca = true,
				.digest = "SHA1", /* nobody verifies this one */
				.key = rows[i].key });
		add_root(by);
		send(pki_issue(by, &(struct pki_want){ .subject = "CN=leaf",
					   .digest = "SHA1",
					   .pss = rows[i].pss }));
		bad("CN=leaf is signed with SHA-1");
		ck_assert(
			trust_check(trust, &chain, PKI_NOW, true, &path, why));
		send(end(by));
		good(2, by);
	}
}
END_TEST

START_TEST(sha1_is_all_that_is_wanted)
{
	static const struct {
		const char *digest, *why;
	} rows[] = {
		{ "MD5", "CN=leaf is signed with MD5" },
		{ "RIPEMD160", "CN=leaf is signed with an algorithm that we do "
			       "not know" },
	};
	struct pki_cert *by = pki_issue(NULL,
		&(struct pki_want){
			.subject = "CN=RSA", .ca = true, .key = PKI_RSA_2048 });

	add_root(by);
	for (size_t i = 0; i < 2; i++) {
		send(pki_issue(by, &(struct pki_want){ .subject = "CN=leaf",
					   .digest = rows[i].digest }));
		ck_assert(
			!trust_check(trust, &chain, PKI_NOW, true, &path, why));
		ck_assert_str_eq(why, rows[i].why);
	}
}
END_TEST

START_TEST(constraints_that_are_kept)
{
	struct pki_cert *sub = pki_issue(root,
		&(struct pki_want){ .subject = "CN=Sub",
			.ca = true,
			.basic = "critical,CA:TRUE,pathlen:0",
			.policies = "1.2.3.4",
			.policy_constraints =
				"critical,requireExplicitPolicy:0",
			.constraints = "critical,permitted;DNS:example.com,"
				       "excluded;DNS:bad.example.com,"
				       "permitted;IP:192.0.2.0/255.255.255.0,"
				       "permitted;email:example.com" });

	add_root(root);
	send(pki_issue(sub, &(struct pki_want){ .subject = "CN=leaf",
				    .policies = "1.2.3.4",
				    .san = "DNS:vpn.example.com, IP:192.0.2.7, "
					   "email:u@example.com" }));
	send_too(sub);
	good(3, root);
}
END_TEST

/* --- Work ----------------------------------------------------------------- */

/* Eight authorities of one name without key identifiers: each may have issued
 * each.  There are 109,600 ways through them, and none to the root. */
static void send_clique(const char *issuer_of_all)
{
	const struct pki_want want = { .subject = "CN=A",
		.ca = true,
		.issuer = issuer_of_all,
		.skid = "",
		.akid = "" };
	struct pki_cert *of[8];

	for (size_t i = 0; i < 8; i++)
		of[i] = pki_issue(NULL, &want);
	send(pki_issue(
		of[0], &(struct pki_want){ .subject = "CN=leaf", .akid = "" }));
	for (size_t i = 0; i < 8; i++)
		send_too(of[i]);
}

static size_t allocations_of(bool (*check)(void))
{
	const size_t before = allocations;

	ck_assert(!check());
	return allocations - before;
}

static bool check_it(void)
{
	return trust_check(trust, &chain, PKI_NOW, false, &path, why);
}

static bool lead_it(void)
{
	return trust_may_lead(trust, &chain, why);
}

START_TEST(n28_a_clique_costs_little)
{
	add_root(root);
	send_clique("CN=A");
	check_it(); /* what libcrypto works out once */
	ck_assert_uint_lt(allocations_of(check_it), 1000);
	ck_assert_uint_lt(allocations_of(lead_it), 1000);
	bad("CN=A is on one of too many ways to nowhere");
}
END_TEST

/* All of the clique claim to be issued by the root, too: each way ends there,
 * and the first signature below it is wrong. */
START_TEST(n28_a_clique_at_a_root_costs_little)
{
	struct pki_cert *same = of_name("CN=A", "");
	size_t once, all;

	add_root(same);
	send(pki_issue(authority(NULL, "CN=A"),
		&(struct pki_want){ .subject = "CN=leaf", .akid = "" }));
	check_it();
	once = allocations_of(check_it);
	send_clique("CN=A");
	check_it();
	all = allocations_of(check_it);
	ck_assert_uint_gt(once, 0);
	ck_assert_msg(all < 3 * 8 * once, "%zu against %zu", all, once);
	ck_assert(trust_may_lead(trust, &chain, why)); /* by their names */
}
END_TEST

START_TEST(n28_a_loop)
{
	struct pki_cert *one = authority(NULL, "CN=One"), *two, *again;

	two = authority(one, "CN=Two");
	again = pki_issue(
		two, &(struct pki_want){
			     .subject = "CN=One", .ca = true, .key_of = one });
	add_root(root);
	send(end(two));
	send_too(again);
	send_too(two);
	bad("CN=One was issued by CN=Two, which is not configured");
	ck_assert(!trust_may_lead(trust, &chain, why));
}
END_TEST

/* --- Without memory ------------------------------------------------------- */

/* What cannot be worked out is never taken for what is not there: without a
 * subjectAltName the CN would count. */
START_TEST(memory_runs_out_for_a_certificate)
{
	struct pki_cert *made =
		pki_issue(root, &(struct pki_want){ .subject = "CN=vpn",
					.extended = "emailProtection",
					.san = "DNS:other" });
	const struct bytes name = bytes_of("vpn", 3);
	struct certificate *read = NULL;
	size_t left = 0;

	for (; !read; left++) {
		const char *reason = NULL;

		allocations_left = left;
		read = certificate_read(made->der, &reason);
		allocations_left = SIZE_MAX;
		ck_assert(read || reason);
	}
	ck_assert(!certificate_names(read, ID_FQDN, name));
	ck_assert(!certificate_may_prove(read, PKI_NOW, why));
	ck_assert_uint_gt(left, 10);
	certificate_unref(read);
}
END_TEST

/* Until so many allocations are enough for a good one, it is refused; the one
 * with a name that is not permitted always is. */
START_TEST(memory_runs_out_for_a_chain)
{
	struct pki_cert *sub = pki_issue(root,
		&(struct pki_want){ .subject = "CN=Sub",
			.ca = true,
			.constraints = "critical,permitted;DNS:example.com" });
	struct cert_chain wrong;
	bool taken = false;

	add_root(root);
	send(pki_issue(sub, &(struct pki_want){ .subject = "CN=leaf",
				    .san = "DNS:vpn.example.org" }));
	send_too(sub);
	wrong = chain;
	send(pki_issue(sub, &(struct pki_want){ .subject = "CN=leaf",
				    .san = "DNS:vpn.example.com" }));
	send_too(sub);
	for (size_t left = 0; !taken; left++) {
		allocations_left = left;
		ck_assert(!trust_check(
			trust, &wrong, PKI_NOW, false, &path, why));
		allocations_left = left;
		taken = trust_check(trust, &chain, PKI_NOW, false, &path, why);
		allocations_left = SIZE_MAX;
		ck_assert(taken || why[0] != '\0');
	}
	good(3, root);
}
END_TEST

/* --- What is kept --------------------------------------------------------- */

START_TEST(a_leaf_known_beforehand)
{
	struct pki_cert *self = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=self", .ca = true });
	struct pki_cert *renewed = pki_issue(NULL,
		&(struct pki_want){ .subject = "CN=self", .key_of = self });

	ck_assert(!trust_has_keys(trust));
	ck_assert(trust_add_leaf(trust, pki_certificate(self)));
	ck_assert(trust_has_keys(trust));
	ck_assert(!trust_has_roots(trust));
	ck_assert(is(trust_leaf_at(trust, 0), self));
	ck_assert_ptr_null(trust_leaf_at(trust, 1));
	send(self);
	good(1, self);
	ck_assert(!trust_check(
		trust, &chain, PKI_NOW + 400 * PKI_DAY, false, &path, why));
	ck_assert_str_eq(why, "CN=self expired on 2026-12-31 00:00:00 UTC (now "
			      "it is 2027-02-05 00:00:00 UTC)");
	send(renewed);
	bad("CN=self is not configured, and neither is any authority");
	ck_assert(!trust_may_lead(trust, &chain, why));
}
END_TEST

START_TEST(keys_known_by_themselves)
{
	struct public_key *one = certificate_key(pki_certificate(root));
	struct public_key *two = certificate_key(pki_certificate(end(root)));

	ck_assert(!trust_has_key(trust, one));
	ck_assert(trust_add_key(trust, one));
	ck_assert(trust_has_keys(trust));
	ck_assert(trust_has_key(trust, one));
	ck_assert(!trust_has_key(trust, two));
	ck_assert(public_key_equal(trust_key_at(trust, 0), one));
	ck_assert_ptr_null(trust_key_at(trust, 1));
}
END_TEST

START_TEST(hashes_of_roots)
{
	struct pki_cert *other = authority(NULL, "CN=Other");
	uint8_t out[64], expected[40];
	struct bytes key;

	ck_assert_uint_eq(trust_hashes(trust, out, sizeof(out)), 0);
	add_root(root);
	add_step(authority(root, "CN=Sub"));
	add_root(other);
	key = public_key_der(certificate_key(pki_certificate(root)));
	SHA1(key.at, key.len, expected);
	key = public_key_der(certificate_key(pki_certificate(other)));
	SHA1(key.at, key.len, expected + 20);
	for (size_t size = 0; size < sizeof(out); size++) {
		const size_t fits = size < 20 ? 0 : size < 40 ? 20 : 40;

		ck_assert_uint_eq(trust_hashes(trust, out, size), fits);
		ck_assert_int_eq(memcmp(out, expected, fits), 0);
	}
}
END_TEST

START_TEST(crls_and_uris)
{
	struct certificate *one = pki_certificate(root);
	struct certificate *two = pki_certificate(authority(NULL, "CN=Two"));
	const struct bytes crl = pki_crl(root, &(struct pki_crl_want){ 0 });
	const char *reason = NULL;

	ck_assert_ptr_null(trust_crl_at(trust, 0));
	ck_assert(trust_add_crl(trust, crl, &reason));
	ck_assert_int_eq(X509_CRL_verify(trust_crl_at(trust, 0), root->key), 1);
	ck_assert_ptr_null(trust_crl_at(trust, 1));
	for (size_t len = 0; len < crl.len; len++) {
		ck_assert(
			!trust_add_crl(trust, bytes_of(crl.at, len), &reason));
		ck_assert_str_eq(reason, "no CRL, or octets behind it");
	}
	ck_assert(!trust_add_crl(trust, root->der, &reason));

	ck_assert(trust_add_uri(trust, one, TRUST_CRL, "http://a/1"));
	ck_assert(trust_add_uri(trust, two, TRUST_CRL, "http://b"));
	ck_assert(trust_add_uri(trust, one, TRUST_OCSP, "http://c"));
	ck_assert(trust_add_uri(trust, one, TRUST_CRL, "http://a/2"));
	ck_assert_str_eq(trust_uri_at(trust, one, TRUST_CRL, 0), "http://a/1");
	ck_assert_str_eq(trust_uri_at(trust, one, TRUST_CRL, 1), "http://a/2");
	ck_assert_ptr_null(trust_uri_at(trust, one, TRUST_CRL, 2));
	ck_assert_str_eq(trust_uri_at(trust, one, TRUST_OCSP, 0), "http://c");
	ck_assert_ptr_null(trust_uri_at(trust, two, TRUST_OCSP, 0));
}
END_TEST

static struct pki_cert *other_root, *known_leaf;

/* The first so many of all that can be configured. */
static struct trust *filled(int count, bool backwards)
{
	struct trust *made = trust_new();
	struct certificate *a = pki_certificate(root);
	struct certificate *b = pki_certificate(other_root);
	const char *reason;

	for (int at = 0; at < count; at++) {
		switch (backwards ? count - 1 - at : at) {
		case 0:
			ck_assert(trust_add_root(made, a));
			break;
		case 1:
			ck_assert(trust_add_step(made, b));
			break;
		case 2:
			ck_assert(trust_add_leaf(
				made, pki_certificate(known_leaf)));
			break;
		case 3:
			ck_assert(trust_add_key(made, certificate_key(a)));
			break;
		case 4:
			ck_assert(trust_add_crl(made,
				pki_crl(root,
					&(struct pki_crl_want){ .number = 7 }),
				&reason));
			break;
		case 5:
			ck_assert(
				trust_add_uri(made, a, TRUST_CRL, "http://a"));
			break;
		case 6:
			ck_assert(
				trust_add_uri(made, a, TRUST_OCSP, "http://a"));
			break;
		case 7:
			ck_assert(
				trust_add_uri(made, b, TRUST_CRL, "http://a"));
			break;
		case 8:
			ck_assert(
				trust_add_uri(made, a, TRUST_CRL, "http://b"));
			break;
		case 9:
			ck_assert(trust_add_root(made, b));
			break;
		}
	}
	return made;
}

START_TEST(equal_by_content)
{
	enum { KINDS = 10 };

	other_root = pki_issue(NULL, &(struct pki_want){ .subject = "CN=Other",
					     .ca = true,
					     .key = PKI_ED25519 });
	/* Ed25519: the same CRL has the same signature each time. */
	root = other_root;
	other_root = authority(NULL, "CN=Another");
	known_leaf = end(root);
	for (int a = 0; a <= KINDS; a++) {
		struct trust *one = filled(a, false);

		for (int b = 0; b <= KINDS; b++) {
			struct trust *two = filled(b, true);

			ck_assert_int_eq(trust_equal(one, two), a == b);
			trust_unref(two);
		}
		ck_assert(trust_equal(one, one));
		ck_assert(!trust_equal(one, NULL));
		ck_assert(!trust_equal(NULL, one));
		trust_unref(one);
	}
	ck_assert(trust_equal(NULL, NULL));
}
END_TEST

START_TEST(counted)
{
	struct trust *again = trust_ref(trust);

	trust_unref(again);
	add_root(root);
	ck_assert(trust_has_roots(trust));
	trust_unref(NULL);
}
END_TEST

SUITE(trust)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	test(straight_to_the_root);
	test(a_step_that_is_sent);
	test(a_step_that_is_configured);
	test(steps_in_disorder);
	test(as_long_as_a_way_may_be);
	loop_test(two_roots_of_one_name, 4);
	test(a_new_key_with_the_old_one);
	loop_test(cross_signed, 8);
	test(the_better_of_two_steps);
	test(the_reason_that_says_most);
	test(no_clock_is_looked_at);
	test(roots_that_are_trusted_by_themselves);
	test(every_kind_of_signature);
	test(sha1_if_it_is_wanted);
	test(sha1_is_all_that_is_wanted);
	test(constraints_that_are_kept);
	test(n28_a_clique_costs_little);
	test(n28_a_clique_at_a_root_costs_little);
	test(n28_a_loop);
	test(memory_runs_out_for_a_certificate);
	test(memory_runs_out_for_a_chain);
	test(a_leaf_known_beforehand);
	test(keys_known_by_themselves);
	test(hashes_of_roots);
	test(crls_and_uris);
	test(equal_by_content);
	test(counted);
}

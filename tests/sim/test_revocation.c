/* test_revocation.c - stories of two hosts with certificates, and of who says that they are still good.
 * SPDX-License-Identifier: ISC
 *
 * a begins, b answers.  Each test is told twice: once b doubts a's certificate
 * (0), once a doubts b's (1).
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"
#include "tests/unit/pki_ocsp.h"

#define CRL_URL  "http://crl.example/ca.crl"
#define OCSP_URL "http://ocsp.example/"

enum web {
	WEB_GOOD,
	WEB_REVOKED,
	WEB_NOTHING, /* there is no such page */
};

static struct {
	struct pki_cert *root, *ca, *host[2];
	unsigned doubter;
	enum revocation_rule rule;
	enum web web;
} cast;

static struct bytes serve(
	struct sim *sim, const struct revocation_question *question)
{
	struct pki_cert *doubted = cast.host[1 - cast.doubter];
	const bool revoked = cast.web == WEB_REVOKED;
	struct pki_ocsp_want ocsp = { .from = sim->now.unix_s - 60 };
	struct pki_crl_want crl = { .from = sim->now.unix_s - 60 };

	if (cast.web == WEB_NOTHING)
		return bytes_of(NULL, 0);
	if (question->source == TRUST_CRL) {
		ck_assert_str_eq(question->url, CRL_URL);
		crl.revoked[0] = revoked ? doubted : NULL;
		return pki_crl(cast.ca, &crl);
	}
	ck_assert_str_eq(question->url, OCSP_URL);
	ck_assert_uint_gt(question->body_len, 0);
	ocsp.status = revoked ? V_OCSP_CERTSTATUS_REVOKED : 0;
	return pki_ocsp(cast.ca, doubted, &ocsp);
}

static struct certificate *read_cert(const struct pki_cert *cert)
{
	const char *why;
	struct certificate *certificate = certificate_read(cert->der, &why);

	ck_assert_msg(certificate != NULL, "%s", why);
	return certificate;
}

/* Certificates in both directions; both know the root, its CRL, and the
 * authority. */
static void dress(
	struct sim *sim, const struct sim_host *host, struct ike_peer *peer)
{
	const struct pki_cert *own = cast.host[host->index];
	struct certificate *certificate = read_cert(own);
	struct certificate *root = read_cert(cast.root);
	struct certificate *ca = read_cert(cast.ca);
	const char *why;

	(void)sim;
	peer->psk_len = 0;
	peer->local.auth = peer->remote.auth = IKE_AUTH_CERT;
	peer->own = credential_new(
		private_key_read(own->key_der, &why), &certificate, 1, &why);
	peer->trust = trust_new();
	ck_assert_msg(peer->own && peer->trust, "%s", why);
	ck_assert(trust_add_root(peer->trust, root));
	ck_assert(trust_add_step(peer->trust, ca));
	ck_assert(trust_add_crl(peer->trust,
		pki_crl(cast.root, &(struct pki_crl_want){ .number = 1 }),
		&why));
	peer->revocation =
		host->index == cast.doubter ? cast.rule : REVOCATION_OFF;
	certificate_unref(certificate);
	certificate_unref(root);
	certificate_unref(ca);
}

static struct sim *stage(
	int doubter, enum revocation_rule rule, const char *source)
{
	struct pki_want want = { .subject = "CN=host" };
	struct sim *sim = sim_new(1);

	ck_assert_ptr_nonnull(sim);
	cast.doubter = doubter == 0;
	cast.rule = rule;
	cast.root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Root", .ca = true });
	cast.ca = pki_issue(cast.root,
		&(struct pki_want){ .subject = "CN=CA", .ca = true });
	for (unsigned i = 0; i < 2; i++) {
		sim_add_host(sim);
		want.san = i == 0 ? "DNS:a.example.com" : "DNS:b.example.com";
		want.crl = want.ocsp = NULL;
		if (source && i != cast.doubter && strstr(source, "crl"))
			want.crl = "URI:" CRL_URL;
		if (source && i != cast.doubter && strstr(source, "ocsp"))
			want.ocsp = "OCSP;URI:" OCSP_URL;
		cast.host[i] = pki_issue(cast.ca, &want);
	}
	sim_add_link(sim, 0, 1);
	sim->link[0].base_ms = 2000;
	sim->link[0].tries = 5;
	sim->link[0].dpd_ms = 30000;
	sim->wall_s = sim->now.unix_s = PKI_NOW;
	sim->dress = dress;
	sim->web.serve = serve;
	sim->web.delay_ms = 1000;
	trace_start(sim, NULL);
	return sim;
}

static void begin(struct sim *sim)
{
	sim_start_both(sim);
	sim_run(sim, 1000);
}

static void up(struct sim *sim)
{
	ck_assert_int_eq((int)sim_up(sim, &sim->host[0], &sim->host[1], NULL),
		IKE_WISH_STARTED);
}

static void end(struct sim *sim)
{
	ck_assert_msg(!sim->failed, "%s\n%s", sim->failure, trace_text(sim));
	sim_free(sim);
	pki_end();
	memset(&cast, 0, sizeof(cast));
}

/* Established at the one that doubts: it lets nobody in that it does not trust. */
static bool is_up(struct sim *sim)
{
	return oracle_ike_sas(sim, &sim->host[cast.doubter],
		       &sim->host[1 - cast.doubter]) == 1;
}

static void expect_up(struct sim *sim)
{
	ck_assert_msg(is_up(sim), "%s", trace_text(sim));
	oracle_pair(sim, &sim->host[0], &sim->host[1], "c1", 1);
}

static void expect_refused(struct sim *sim, const char *why)
{
	const struct sim_host *doubter = &sim->host[cast.doubter];

	ck_assert_msg(!is_up(sim), "%s", trace_text(sim));
	ck_assert_int_eq((int)doubter->last_cause, IKE_CAUSE_CERTIFICATE);
	ck_assert_msg(strstr(doubter->last_cause_text, why) != NULL,
		"'%s' is not '%s'\n%s", doubter->last_cause_text, why,
		trace_text(sim));
}

static const char *const sources[] = { "crl", "ocsp" };

START_TEST(good)
{
	struct sim *sim = stage(_i % 2, REVOCATION_STRICT, sources[_i / 2]);

	begin(sim);
	up(sim);
	sim_run(sim, 900);
	ck_assert(!is_up(sim));
	sim_run(sim, 1000);
	expect_up(sim);
	ck_assert_uint_eq(sim->web.asked, 1);
	end(sim);
}
END_TEST

START_TEST(revoked)
{
	struct sim *sim = stage(_i % 2, REVOCATION_SOFT, sources[_i / 2]);

	cast.web = WEB_REVOKED;
	begin(sim);
	up(sim);
	sim_run(sim, 3000);
	expect_refused(sim, "was revoked on 2025-12-31 23:00:00 UTC");
	if (cast.doubter == 1)
		ck_assert_int_eq(
			(int)sim->host[0].last_cause, IKE_CAUSE_REJECTED_US);
	/* It is remembered. */
	up(sim);
	sim_run(sim, 500);
	expect_refused(sim, "was revoked on 2025-12-31 23:00:00 UTC");
	ck_assert_uint_eq(sim->web.asked, 1);
	end(sim);
}
END_TEST

/* With no page there, with nobody answering at all, and with nobody to ask. */
START_TEST(nobody_knows)
{
	const bool strict = _i / 2 % 2 == 1;
	const int way = _i / 4;
	struct sim *sim =
		stage(_i % 2, strict ? REVOCATION_STRICT : REVOCATION_SOFT,
			way == 2 ? NULL : "crl ocsp");

	cast.web = WEB_NOTHING;
	if (way == 1)
		sim->web.delay_ms = SIM_LOST;
	begin(sim);
	up(sim);
	sim_run(sim, 1000);
	ck_assert_int_eq(is_up(sim), way == 2 && !strict);
	sim_run(sim, 10000);
	if (strict)
		expect_refused(sim, "nobody says whether the certificate");
	else
		expect_up(sim);
	ck_assert_uint_eq(sim->web.asked, way == 0 ? 2 : way == 1 ? 1 : 0);
	end(sim);
}
END_TEST

START_TEST(off_asks_nobody)
{
	struct sim *sim = stage(_i, REVOCATION_OFF, "crl ocsp");

	cast.web = WEB_REVOKED;
	begin(sim);
	up(sim);
	sim_run(sim, 500);
	expect_up(sim);
	ck_assert_uint_eq(sim->web.asked, 0);
	end(sim);
}
END_TEST

/* One whose AUTH is not right makes nobody ask: that b asks, its certificate and
 * its signature have to be good. */
START_TEST(nothing_is_asked_about_a_stranger)
{
	struct sim *sim = stage(_i, REVOCATION_SOFT, "crl ocsp");
	struct pki_cert **doubted = &cast.host[1 - cast.doubter];
	struct pki_want want = { .subject = "CN=host",
		.san = cast.doubter == 1 ? "DNS:a.example.com"
					 : "DNS:b.example.com",
		.crl = "URI:" CRL_URL };
	struct pki_cert *fake_root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=CA", .ca = true });

	*doubted = pki_issue(fake_root, &want);
	begin(sim);
	up(sim);
	sim_run(sim, 3000);
	expect_refused(sim, "");
	ck_assert_uint_eq(sim->web.asked, 0);
	end(sim);
}
END_TEST

START_TEST(a_reload_while_it_waits)
{
	struct sim *sim = stage(_i, REVOCATION_STRICT, "crl");
	struct sim_host *doubter = &sim->host[cast.doubter];
	struct sim_config config;

	sim->web.delay_ms = 5000;
	begin(sim);
	up(sim);
	sim_run(sim, 1000);
	config = doubter->config;
	config.variant[0] = VARIANT_DPD;
	sim_configure(sim, doubter, &config);
	sim_run(sim, 5000);
	expect_up(sim);
	end(sim);
}
END_TEST

/* The answer is an hour old when it is asked for anew; meanwhile the
 * certificate was revoked. */
START_TEST(revoked_later)
{
	struct sim *sim = stage(_i, REVOCATION_SOFT, "crl");

	begin(sim);
	up(sim);
	sim_run(sim, 3000);
	expect_up(sim);
	cast.web = WEB_REVOKED;
	(void)sim_down(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 3000);
	up(sim);
	sim_run(sim, 3000);
	expect_up(sim);
	ck_assert_uint_eq(sim->web.asked, 1);
	(void)sim_down(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 3600000);
	up(sim);
	sim_run(sim, 3000);
	expect_refused(sim, "was revoked on");
	ck_assert_uint_eq(sim->web.asked, 2);
	end(sim);
}
END_TEST

SUITE(sim_revocation)
{
	loop_test(good, 4);
	loop_test(revoked, 4);
	loop_test(nobody_knows, 12);
	loop_test(off_asks_nobody, 2);
	loop_test(nothing_is_asked_about_a_stranger, 2);
	loop_test(a_reload_while_it_waits, 2);
	loop_test(revoked_later, 2);
}

/* report.c - each record of ipsecd-1.schema.json, to the letter.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/report.h"

#include "ikev2/identity.h"
#include "tests/suite.h"
#include "tests/unit/records.h"

#include <stdlib.h>

/* 2026-11-22T16:09:31.042Z, an hour after the core's clock began. */
static const struct report_clock noon = { 3600000, 1795363771042 };

static void same(json_t *record, const char *expected)
{
	char *text = json_dumps(record, JSON_COMPACT);

	ck_assert_str_eq(text, expected);
	if (json_object_get(record, "schema") || json_object_get(record, "ok"))
		records_check_one(record);
	free(text);
	json_decref(record);
}

static struct ike_peer *a_peer(void)
{
	struct ike_peer *peer = ike_peer_new();
	struct ike_child_policy *child = calloc(1, sizeof(*child));

	ck_assert_ptr_nonnull(peer);
	ck_assert_ptr_nonnull(child);
	strcpy(peer->name, "branch");
	peer->enabled = true;
	peer->remote.place_count = 1;
	peer->remote.places[0].kind = IKE_PLACE_NAME;
	strcpy(peer->remote.places[0].name, "vpn.branch.example");
	strcpy(child->name, "net");
	child->local_ts_count = child->remote_ts_count = 1;
	child->local_ts[0] = (struct ike_selector){ .family = 4,
		.end_port = 65535,
		.start = { 10, 1 },
		.end = { 10, 1, 255, 255 } };
	child->start = IKE_START_NOW;
	peer->children = child;
	peer->child_count = 1;
	return peer;
}

START_TEST(a_time_is_utc_with_milliseconds)
{
	char text[REPORT_TIME_SIZE];

	ck_assert_str_eq(report_time(0, text), "1970-01-01T00:00:00.000Z");
	ck_assert_str_eq(
		report_time(noon.unix_ms, text), "2026-11-22T16:09:31.042Z");
	ck_assert_str_eq(report_time(-1, text), "1969-12-31T23:59:59.999Z");
}
END_TEST

START_TEST(the_daemon)
{
	const struct report_daemon daemon = { .version = "0.1.0",
		.kernel = "xfrm",
		.started_ms = 1600000,
		.peers = 3,
		.up = 1,
		.on_demand = 1,
		.down = 1 };

	same(report_daemon(&daemon, noon),
		"{\"schema\":\"ipsecd/1\",\"record\":\"daemon\","
		"\"version\":\"0.1.0\",\"kernel\":\"xfrm\","
		"\"started\":\"2026-11-22T15:36:11.042Z\",\"uptime_s\":2000,"
		"\"peers\":{\"total\":3,\"up\":1,\"connecting\":0,"
		"\"on_demand\":1,\"down\":1}}");
}
END_TEST

START_TEST(a_peer_that_failed)
{
	struct ike_peer *peer = a_peer();
	struct ike_peer_status status = { .peer = peer,
		.state = IKE_PEER_DOWN,
		.since_ms = 3590000,
		.tries = 5,
		.next_try_ms = 3642000,
		.cause = IKE_CAUSE_REJECTED_US,
		.error = AUTHENTICATION_FAILED,
		.text = "the peer rejected our key",
		.failed_ms = 3420000,
		.failures = 7 };
	const struct report_totals totals = { true, 12, 34, 5 };

	identity_parse_addr("192.0.2.50", &status.remote);
	same(report_peer(&status, &totals, noon),
		"{\"schema\":\"ipsecd/1\",\"record\":\"peer\","
		"\"peer\":\"branch\",\"state\":\"down\","
		"\"since\":\"2026-11-22T16:09:21.042Z\","
		"\"remote\":\"192.0.2.50\",\"last_error\":{\"code\":24,"
		"\"name\":\"AUTHENTICATION_FAILED\","
		"\"time\":\"2026-11-22T16:06:31.042Z\","
		"\"text\":\"the peer rejected our key\",\"hint\":\"compare the "
		"secret and the identities with the other side's; its log says "
		"more\"},\"next_try\":\"2026-11-22T16:10:13.042Z\",\"tries\":5,"
		"\"ike\":[],\"children\":[{\"name\":\"net\",\"mode\":"
		"\"tunnel\",\"start\":\"now\",\"local_ts\":[\"10.1.0.0/16\"],"
		"\"remote_ts\":[\"dynamic\"]}],\"totals\":{\"in_bytes\":12,"
		"\"out_bytes\":34,\"rekeys\":5,\"failures\":7}}");
	ike_peer_unref(peer);
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	struct ike_peer *peer = a_peer();
	const struct ike_peer_status status = { .peer = peer,
		.state = IKE_PEER_ON_DEMAND,
		.since_ms = 3600000,
		.next_try_ms = IKE_NEVER };

	same(report_peer(&status, NULL, noon),
		"{\"schema\":\"ipsecd/1\",\"record\":\"peer\","
		"\"peer\":\"branch\",\"state\":\"on-demand\","
		"\"since\":\"2026-11-22T16:09:31.042Z\","
		"\"remote\":\"vpn.branch.example\",\"last_error\":null,"
		"\"tries\":0,\"ike\":[],\"children\":[{\"name\":\"net\","
		"\"mode\":\"tunnel\",\"start\":\"now\",\"local_ts\":"
		"[\"10.1.0.0/16\"],\"remote_ts\":[\"dynamic\"]}],"
		"\"totals\":{\"failures\":0}}");
	ike_peer_unref(peer);
}
END_TEST

START_TEST(a_peer_that_is_left_out_says_why)
{
	struct ike_peer *peer = a_peer();
	const struct ike_peer_status status = { .peer = peer,
		.next_try_ms = IKE_NEVER };
	json_t *record, *error;

	strcpy(peer->error, "branch.psk: others may read it");
	record = report_peer(&status, NULL, noon);
	error = json_object_get(record, "last_error");
	ck_assert_int_eq(json_integer_value(json_object_get(error, "code")), 5);
	ck_assert_str_eq(json_string_value(json_object_get(error, "text")),
		"branch.psk: others may read it");
	json_decref(record);
	ike_peer_unref(peer);
}
END_TEST

START_TEST(a_configured_peer)
{
	struct ike_peer *peer = a_peer();
	const struct ike_peer_status status = { .peer = peer };

	peer->remote.id_wildcard = true;
	ck_assert(identity_parse("*.branch.example", &peer->remote.id,
		&peer->remote.id_wildcard));
	ck_assert(identity_parse("hq@example", &peer->local.id, NULL));
	peer->ike.count = 1;
	peer->ike.list[0] = (struct ike_proposal){ 5,
		{ transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256),
			transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 128),
			transform_find(TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0),
			transform_find(TRANSFORM_KE, KE_CURVE25519, 0),
			transform_find(TRANSFORM_KE, KE_ECP_256, 0) } };
	same(report_peer_config(&status),
		"{\"schema\":\"ipsecd/1\",\"record\":\"peer-config\","
		"\"peer\":\"branch\",\"state\":\"down\",\"enabled\":true,"
		"\"local\":[\"any\"],\"remote\":[\"vpn.branch.example\"],"
		"\"local_id\":\"hq@example\","
		"\"remote_id\":\"*.branch.example\",\"auth\":\"psk\","
		"\"proposals\":[\"aes256gcm16+aes128gcm16-prfsha256-x25519+"
		"ecp256\"],\"children\":[{\"name\":\"net\",\"mode\":"
		"\"tunnel\",\"start\":\"now\",\"local_ts\":[\"10.1.0.0/16\"],"
		"\"remote_ts\":[\"dynamic\"],\"esp\":[]}]}");
	ike_peer_unref(peer);
}
END_TEST

START_TEST(an_sa)
{
	struct ike_peer *peer = a_peer();
	struct ike_sa_status sa = { .sa = 1,
		.peer = peer,
		.phase = "established",
		.established = true,
		.initiator = true,
		.spi_i = { 1, 2, 3, 4, 5, 6, 7, 8 },
		.spi_r = { 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8 },
		.local.port = 4500,
		.remote.port = 4500,
		.nat_local = true,
		.mobike = true,
		.since_ms = 3600000,
		.rekey_at_ms = 3660000,
		.rtt_known = true,
		.rtt_ms = 42 };

	identity_parse_addr("192.0.2.1", &sa.local.addr);
	identity_parse_addr("2001:db8::1", &sa.remote.addr);
	sa.local_id = identity_of_addr(&sa.local.addr);
	ck_assert(identity_parse("vpn.example", &sa.remote_id, NULL));
	sa.suite.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	sa.suite.prf = transform_find(TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
	sa.suite.ke = transform_find(TRANSFORM_KE, KE_CURVE25519, 0);
	same(report_sa(&sa, noon),
		"{\"schema\":\"ipsecd/1\",\"record\":\"sa\",\"peer\":"
		"\"branch\",\"state\":\"established\",\"initiator\":true,"
		"\"spi_i\":\"0102030405060708\",\"spi_r\":"
		"\"f1f2f3f4f5f6f7f8\",\"local\":{\"addr\":\"192.0.2.1\","
		"\"port\":4500,\"id\":\"192.0.2.1\",\"nat\":true},"
		"\"remote\":{\"addr\":\"2001:db8::1\",\"port\":4500,"
		"\"id\":\"vpn.example\",\"nat\":false},"
		"\"suite\":\"aes256gcm16-prfsha256-x25519\","
		"\"established\":\"2026-11-22T16:09:31.042Z\","
		"\"extensions\":[\"mobike\"],"
		"\"rekey_at\":\"2026-11-22T16:10:31.042Z\",\"rtt_ms\":42,"
		"\"children\":[]}");
	ike_peer_unref(peer);
}
END_TEST

START_TEST(a_half_open_sa)
{
	const struct ike_sa_status sa = { .sa = 1,
		.phase = "init",
		.spi_i = { 1 },
		.rekey_at_ms = IKE_NEVER };
	json_t *record = report_sa(&sa, noon);

	ck_assert_ptr_null(json_object_get(record, "peer"));
	ck_assert_ptr_null(json_object_get(record, "spi_r"));
	ck_assert_ptr_null(json_object_get(record, "suite"));
	ck_assert_ptr_null(json_object_get(record, "established"));
	ck_assert_ptr_null(json_object_get(record, "rekey_at"));
	ck_assert_ptr_null(json_object_get(record, "rtt_ms"));
	ck_assert_ptr_null(
		json_object_get(json_object_get(record, "remote"), "addr"));
	json_decref(record);
}
END_TEST

START_TEST(a_child)
{
	const struct ike_counters in = { 1234567, 1000 };
	const struct ike_selector any = {
		.family = 4, .end_port = 65535, .end = { 255, 255, 255, 255 }
	};
	struct ike_child_status child = { .child = 1,
		.name = "net",
		.up = true,
		.state = "up",
		.local_ts = &any,
		.remote_ts = &any,
		.local_ts_count = 1,
		.remote_ts_count = 1,
		.in.spi = 0xc0ffee01,
		.out.spi = 0xfe,
		.reqid = 0x69000001,
		.since_ms = 3540000,
		.rekey_at_ms = 3660000,
		.wider_at_ms = 3601000 };

	child.suite.encr =
		transform_find(TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0);
	same(report_child(&child, &in, NULL, noon),
		"{\"schema\":\"ipsecd/1\",\"record\":\"child\",\"name\":"
		"\"net\",\"state\":\"up\",\"mode\":\"tunnel\",\"encap\":false,"
		"\"suite\":\"chacha20poly1305\",\"local_ts\":[\"0.0.0.0/0\"],"
		"\"remote_ts\":[\"0.0.0.0/0\"],\"spi_in\":\"c0ffee01\","
		"\"spi_out\":\"000000fe\",\"in\":{\"bytes\":1234567,"
		"\"packets\":1000},\"since\":\"2026-11-22T16:08:31.042Z\","
		"\"rekey_at\":\"2026-11-22T16:10:31.042Z\","
		"\"wider_at\":\"2026-11-22T16:09:32.042Z\","
		"\"reqid\":1761607681}");
}
END_TEST

START_TEST(a_child_that_is_not_up)
{
	struct ike_peer *peer = a_peer();

	same(report_child_config(&peer->children[0], "down"),
		"{\"schema\":\"ipsecd/1\",\"record\":\"child\",\"name\":"
		"\"net\",\"mode\":\"tunnel\",\"start\":\"now\",\"local_ts\":"
		"[\"10.1.0.0/16\"],\"remote_ts\":[\"dynamic\"],"
		"\"state\":\"down\"}");
	ike_peer_unref(peer);
}
END_TEST

START_TEST(an_algorithm)
{
	same(report_algorithm(
		     transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 256)),
		"{\"schema\":\"ipsecd/1\",\"record\":\"algorithm\","
		"\"type\":\"ENCR\",\"name\":\"aes256\",\"id\":12,"
		"\"key_bits\":256,\"aead\":false,\"weak\":false}");
	same(report_algorithm(transform_find(TRANSFORM_PRF, PRF_HMAC_SHA1, 0)),
		"{\"schema\":\"ipsecd/1\",\"record\":\"algorithm\","
		"\"type\":\"PRF\",\"name\":\"prfsha1\",\"id\":2,"
		"\"weak\":true}");
}
END_TEST

START_TEST(an_event)
{
	const struct ike_report report = { .kind = IKE_REPORT_FAILED,
		.cause = IKE_CAUSE_SELECTORS,
		.peer = "branch",
		.child = "net",
		.text = "no traffic selectors in common" };
	const struct ike_report begin = { .kind = IKE_REPORT_CONNECTING,
		.peer = "branch" };

	same(report_event(&report, noon.unix_ms),
		"{\"schema\":\"ipsecd/1\",\"record\":\"event\",\"time\":"
		"\"2026-11-22T16:09:31.042Z\",\"event\":\"failed\","
		"\"peer\":\"branch\",\"child\":\"net\",\"code\":26,"
		"\"name\":\"TS_UNACCEPTABLE\","
		"\"text\":\"no traffic selectors in common\"}");
	same(report_event(&begin, noon.unix_ms),
		"{\"schema\":\"ipsecd/1\",\"record\":\"event\",\"time\":"
		"\"2026-11-22T16:09:31.042Z\",\"event\":\"connecting\","
		"\"peer\":\"branch\"}");
}
END_TEST

START_TEST(a_verdict)
{
	same(report_verdict(REPORT_OK, NULL, NULL), "{\"ok\":true}");
	same(report_verdict(
		     4, "no peer named 'brnch'", "did you mean 'branch'?"),
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'brnch'\","
		"\"hint\":\"did you mean 'branch'?\"}");
	same(report_verdict(1, "no", NULL),
		"{\"ok\":false,\"code\":1,\"error\":\"no\"}");
}
END_TEST

START_TEST(octets_that_are_no_text_are_escaped)
{
	json_t *object = json_object();

	report_set_text(object, "text", "caf\xe9\x01");
	same(object, "{\"text\":\"caf\\\\xe9\\\\x01\"}");
}
END_TEST

/* Exit codes and the core's causes are one table. */
START_TEST(every_cause_has_a_name_and_a_hint)
{
	for (int cause = IKE_CAUSE_UNREACHABLE; cause <= IKE_CAUSE_CERTIFICATE;
		cause++) {
		ck_assert_str_ne(
			report_cause_name((enum ike_cause)cause, IKE_OK),
			"FAILED");
		ck_assert_ptr_nonnull(report_cause_hint((enum ike_cause)cause));
	}
	ck_assert_str_eq(report_cause_name(IKE_CAUSE_REJECTED_PEER,
				 AUTHENTICATION_FAILED),
		"AUTHENTICATION_FAILED");
	ck_assert_str_eq(report_cause_name(IKE_CAUSE_REJECTED_PEER, IKE_DROP),
		"PEER_REJECTED");
}
END_TEST

SUITE(report)
{
	test(a_time_is_utc_with_milliseconds);
	test(the_daemon);
	test(a_peer_that_failed);
	test(what_is_not_known_is_left_out);
	test(a_peer_that_is_left_out_says_why);
	test(a_configured_peer);
	test(an_sa);
	test(a_half_open_sa);
	test(a_child);
	test(a_child_that_is_not_up);
	test(an_algorithm);
	test(an_event);
	test(a_verdict);
	test(octets_that_are_no_text_are_escaped);
	test(every_cause_has_a_name_and_a_hint);
}

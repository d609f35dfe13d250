/* ctl_simulate.c - what each known client would negotiate, to the letter; its row looked through.
 * SPDX-License-Identifier: ISC
 *
 * tests/golden/simulate/CLIENT.txt holds what people read.  With GOLDEN=write in
 * the environment the files are written anew: look at the difference before it
 * is committed.
 */
#include "daemon/ctl_clients.h"
#include "daemon/ctl_verbs.h"
#include "daemon/report.h"
#include "ikev2/negotiate.h"
#include "tests/suite.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/records.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 11, MAX_ARGS = 8 };

/* As installed; with what old gateways need; and one that takes nothing else
 * than the newest, in one identity. */
static const char three_peers[] =
	"peers:\n"
	"  branch:\n"
	"    remote: 192.0.2.1\n"
	"    auth: psk\n"
	"    secret: office.psk\n"
	"    local_ts: 10.1.0.0/16\n"
	"    remote_ts: 10.2.0.0/16\n"
	"  old:\n"
	"    remote: 192.0.2.2\n"
	"    auth: psk\n"
	"    secret: office.psk\n"
	"    ike: [default, aes128-sha1-modp2048]\n"
	"    esp: [aes256-sha256-modp2048, aes256-aes128-sha1]\n"
	"    allow_weak: [sha1]\n"
	"    local_ts: 10.1.0.0/16\n"
	"    remote_ts: 10.2.0.0/16\n"
	"  strict:\n"
	"    remote: 192.0.2.3\n"
	"    remote_id: gw.example.com\n"
	"    auth: psk\n"
	"    secret: office.psk\n"
	"    ike: aes256gcm16-prfsha384-x25519\n"
	"    esp: aes256gcm16-x25519-esn\n"
	"    children:\n"
	"      net: { local_ts: 10.1.0.0/16, remote_ts: 10.3.0.0/16 }\n"
	"      open: { mode: pass, local_ts: 10.1.0.0/16, remote_ts: 10.9.0.0/16 }\n";

struct outcome {
	int code;
	char *out, *err;
};

static struct outcome run(const struct folder *f, const char *const *args)
{
	struct ctl ctl = { .fd = -1, .style = { true, false, 1795363771042 } };
	char *argv[MAX_ARGS + 4] = { strdup("ipsec-ctl") }, path[128];
	struct outcome outcome = { 0 };
	size_t out_size, err_size;
	int argc = 1;

	snprintf(path, sizeof(path), "%s/ipsecd.yaml", f->path);
	for (; args[argc - 1]; argc++)
		argv[argc] = strdup(args[argc - 1]);
	argv[argc++] = strdup("--config");
	argv[argc++] = strdup(path);
	ctl.out = open_memstream(&outcome.out, &out_size);
	ctl.err = open_memstream(&outcome.err, &err_size);
	outcome.code = ctl_run(&ctl, argc, argv);
	fclose(ctl.out);
	fclose(ctl.err);
	records_check(outcome.out);
	records_check(outcome.err);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	take_out(outcome.err, f->path);
	return outcome;
}

static void outcome_free(struct outcome *outcome)
{
	free(outcome->out);
	free(outcome->err);
}

/* --- Texts ----------------------------------------------------------------------- */

static char *golden(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);

	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, 65535, file), 65535);
	fclose(file);
	return text;
}

START_TEST(as_people_read_it)
{
	const char *name = client_at((size_t)_i)->name;
	const char *const args[] = { "simulate", "--from", name, NULL };
	const char *mode = getenv("GOLDEN");
	struct folder f = folder_new();
	struct outcome outcome;
	char path[128], *expected;

	folder_file(&f, "ipsecd.yaml", three_peers);
	outcome = run(&f, args);
	snprintf(path, sizeof(path), "tests/golden/simulate/%s.txt", name);
	if (mode && strcmp(mode, "write") == 0) {
		FILE *file = fopen(path, "w");

		fputs(outcome.out, file);
		fclose(file);
	}
	expected = golden(path);
	ck_assert_str_eq(outcome.out, expected);
	ck_assert_str_eq(outcome.err, "");
	free(expected);
	outcome_free(&outcome);
	folder_remove(&f);
}
END_TEST

static const char mended[] =
	"peers:\n"
	"  p:\n"
	"    remote: 192.0.2.1\n"
	"    auth: psk\n"
	"    secret: office.psk\n"
	"    ike: [default, aes128-sha1-prfsha1-modp2048]\n"
	"    esp: [default, aes256-sha1, aes128-sha1]\n"
	"    allow_weak: [sha1]\n"
	"    local_ts: 10.1.0.0/16\n"
	"    remote_ts: 10.2.0.0/16\n";

#define ONE_PEER(MORE)                                                         \
	"peers:\n  p:\n    remote: 192.0.2.1\n    local_ts: 10.1.0.0/16\n"     \
	"    remote_ts: 10.2.0.0/16\n    secret: office.psk\n" MORE
#define SIMULATE(NAME) "simulate", "--from", NAME

/* What is called, with what configuration (NULL: the three peers), and what must
 * be in what comes of it. */
static const struct row {
	const char *args[MAX_ARGS];
	const char *yaml;
	int code;
	const char *out, *err;
} rows[] = {
	// clang-format off
	{ { "simulate" }, NULL, 2, NULL, "--from CLIENT says who asks" },
	{ { SIMULATE("window11") }, NULL, 2, NULL, "did you mean 'windows11'?" },
	{ { SIMULATE("os/2") }, NULL, 2, NULL, "windows11, windows-default, ios, " },
	{ { SIMULATE("ios"), "brnch" }, NULL, 4, NULL, "did you mean 'branch'?" },
	{ { SIMULATE("ios"), "branch" }, "peers: [", 5, NULL, "the configuration is not valid" },
	{ { SIMULATE("ios") }, "peers: {}\n", 4, NULL, "no peer to speak IKE with" },
	{ { SIMULATE("ios"), "branch" }, NULL, 0, "aes256-sha256-modp2048\n", NULL },
	/* One that agrees is enough, unless another one is meant. */
	{ { SIMULATE("ios") }, NULL, 0, "NO_PROPOSAL_CHOSEN", NULL },
	{ { SIMULATE("ios"), "strict" }, NULL, 22, "no encryption in common: they offer aes256, ", NULL },
	{ { "-q", SIMULATE("ios"), "strict" }, NULL, 22, NULL, NULL },
	/* What is recommended for "here" does what it promises. */
	{ { SIMULATE("mikrotik") }, mended, 22, "no key exchange in common: they offer modp1024; we accept x25519, ecp256, ecp384, ..\n", NULL },
	{ { SIMULATE("mikrotik") }, mended, 22, "aes128-sha1-prfsha1-modp2048, sha1 is weak, prfsha1 is weak\n", NULL },
	{ { SIMULATE("cisco") }, mended, 0, "aes128-sha1, keys from those of the IKE SA, sha1 is weak\n", NULL },
	{ { SIMULATE("windows11") }, mended, 22, "here: this version has nothing", NULL },
	/* PFS that we want and it does not ask for, and the other way round. */
	{ { SIMULATE("macos") }, ONE_PEER("    auth: psk\n    esp: aes256-sha256-modp2048\n"), 22,
		"NO_PROPOSAL_CHOSEN: they rekey without PFS, we with it\n", NULL },
	{ { SIMULATE("libreswan") }, ONE_PEER("    auth: psk\n    ike: aes256gcm16-prfsha512-ecp384\n    esp: aes256gcm16-ecp384\n"), 0,
		"rekey p    aes256gcm16-ecp384-esn\n", NULL },
	{ { SIMULATE("libreswan") }, ONE_PEER("    auth: psk\n    esp: aes256gcm16\n"), 22, "NO_PROPOSAL_CHOSEN: they rekey with PFS, we without it\n", NULL },
	{ { SIMULATE("android") }, ONE_PEER("    auth: psk\n    ike: aes128-sha256-ecp256-ecp384\n"), 22,
		"no key exchange in common: they offer modp4096, x25519, modp3072, ..; we accept ecp256, ecp384\n", NULL },
	/* Nobody agrees on how to prove themselves. */
	{ { SIMULATE("azure") }, ONE_PEER("    remote_auth: pubkey\n    local_auth: psk\n    remote: { pubkey: gone.pem }\n"), 5, NULL, "the configuration is not valid" },
	{ { SIMULATE("strongswan") }, ONE_PEER("    enabled: no\n    auth: psk\n"), 5, "the peer is left out: enabled: no\n", NULL },
	{ { SIMULATE("azure") }, ONE_PEER("    auth: psk\n    remote_id: gw.example.com\n    ike: [default]\n"), 22,
		"remote_id is a host name, it sends an IPv4 address\n", NULL },
	{ { SIMULATE("cisco") }, ONE_PEER("    auth: psk\n    remote_id: u@example.com\n    esp: aes128-sha1\n    allow_weak: [sha1]\n"), 25,
		"remote_id is a mail address, it sends an IPv4 address, or a host name, or a distinguished name\n", NULL },
	{ { "status", "--from", "ios" }, NULL, 2, NULL, "status does not take --from" },
	// clang-format on
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

START_TEST(a_row)
{
	const struct row *row = &rows[_i];
	struct folder f = folder_new();
	struct outcome outcome;

	folder_file(&f, "ipsecd.yaml", row->yaml ? row->yaml : three_peers);
	outcome = run(&f, row->args);
	ck_assert_msg(outcome.code == row->code, "%d: %s%s", outcome.code,
		outcome.out, outcome.err);
	if (row->out)
		ck_assert_msg(strstr(outcome.out, row->out) != NULL, "%s",
			outcome.out);
	else
		ck_assert_str_eq(outcome.out, "");
	if (row->err)
		ck_assert_msg(strstr(outcome.err, row->err) != NULL, "%s",
			outcome.err);
	else
		ck_assert_str_eq(outcome.err, "");
	outcome_free(&outcome);
	folder_remove(&f);
}
END_TEST

/* --- Records --------------------------------------------------------------------- */

static const char *text_of(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text ? text : "";
}

START_TEST(records_say_the_same)
{
	static const char *const args[] = { "-j", SIMULATE("aws"), "branch",
		NULL };
	static const char *const steps[] = { "ike", "proof", "identity",
		"child", "rekey" };
	struct folder f = folder_new();
	struct outcome outcome;
	char *line, *rest;
	size_t seen = 0;

	folder_file(&f, "ipsecd.yaml", three_peers);
	outcome = run(&f, args);
	ck_assert_int_eq(outcome.code, 0);
	rest = outcome.out;
	while ((line = strtok_r(rest, "\n", &rest))) {
		json_t *record = json_loads(line, 0, NULL);

		ck_assert_msg(record != NULL, "%s", line);
		ck_assert_uint_lt(seen, 5);
		ck_assert_str_eq(text_of(record, "schema"), REPORT_SCHEMA);
		ck_assert_str_eq(text_of(record, "record"), "simulation");
		ck_assert_str_eq(text_of(record, "client"), "aws");
		ck_assert_str_eq(text_of(record, "peer"), "branch");
		ck_assert_str_eq(text_of(record, "step"), steps[seen]);
		ck_assert_str_eq(text_of(record, "result"), "ok");
		ck_assert_str_eq(
			text_of(record, "child"), seen > 2 ? "branch" : "");
		if (seen == 0) {
			ck_assert_str_eq(
				text_of(record, "ke_offered"), "modp1024");
			ck_assert_str_eq(
				text_of(record, "ke_wanted"), "ecp256");
		}
		json_decref(record);
		seen++;
	}
	ck_assert_uint_eq(seen, 5);
	outcome_free(&outcome);
	folder_remove(&f);
}
END_TEST

/* Of whatever client, with all three peers. */
START_TEST(records_are_as_described)
{
	const char *const args[] = { "-j",
		SIMULATE(client_at((size_t)_i)->name), NULL };
	struct folder f = folder_new();
	struct outcome outcome;

	folder_file(&f, "ipsecd.yaml", three_peers);
	outcome = run(&f, args);
	ck_assert_str_ne(outcome.out, "");
	records_check(outcome.out);
	outcome_free(&outcome);
	folder_remove(&f);
}
END_TEST

/* --- The table ------------------------------------------------------------------- */

static bool offers(
	const char *const *proposals, uint8_t protocol, const char *group)
{
	const struct transform *ike_group =
		transform_find(TRANSFORM_KE, KE_CURVE25519, 0);
	struct wire_transform wanted, transform;
	uint8_t buffer[CLIENT_OFFER];
	struct bytes body =
		client_offer(proposals, protocol, ike_group, buffer);
	struct reader r = reader_of(body), walk;
	struct proposal proposal;
	struct payload_sa sa;
	bool found = false;

	read_sa(&r, &sa);
	ck_assert(!r.bad);
	if (!group)
		return false;
	if (strcmp(group, "ikegroup") == 0)
		group = ike_group->name;
	ck_assert(client_transform(group, strlen(group), &wanted));
	ck_assert_uint_eq(wanted.type, TRANSFORM_KE);
	walk = reader_of(sa.proposals);
	while (next_proposal(&walk, &proposal)) {
		struct reader transforms = reader_of(proposal.transforms);

		while (next_transform(&transforms, &transform))
			found |= transform.type == wanted.type &&
				 transform.id == wanted.id;
	}
	return found;
}

/* Each name is one, each KE payload is of a group that is offered, and all that
 * ESP needs is there. */
START_TEST(a_client_is_whole)
{
	const struct client *client = client_at((size_t)_i);

	ck_assert_msg(offers(client->ike, PROTOCOL_IKE, client->ke), "%s",
		client->name);
	ck_assert(!offers(client->esp, PROTOCOL_ESP, NULL));
	ck_assert_int_eq(offers(client->rekey, PROTOCOL_ESP, client->rekey_ke),
		client->rekey_ke != NULL);
	for (size_t i = 0; client->esp[i]; i++)
		ck_assert_ptr_nonnull(strstr(client->esp[i], "noesn"));
	ck_assert_uint_ne(client->proves, 0);
	ck_assert_uint_ne(client->believes, 0);
	ck_assert_uint_ne(client->ids[0], ID_NONE);
	ck_assert_ptr_eq(client_named(client->name), client);
}
END_TEST

START_TEST(all_of_them_are_tried)
{
	ck_assert_ptr_nonnull(client_at(CLIENTS - 1));
	ck_assert_ptr_null(client_at(CLIENTS));
}
END_TEST

START_TEST(a_name_that_nobody_knows_is_no_offer)
{
	static const char *const proposals[] = { "aes256-rot13", NULL };
	uint8_t buffer[CLIENT_OFFER];

	ck_assert_uint_eq(
		client_offer(proposals, PROTOCOL_ESP, NULL, buffer).len, 0);
}
END_TEST

/* What this version has got is not called by another name. */
START_TEST(names_of_others_are_no_second_names_of_ours)
{
	static const char *const theirs[] = { "3des", "modp1024", "aes256ctr",
		"aes128gcm8", "prfaesxcbc", "modp2048s256" };

	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		struct wire_transform t;
		const struct transform *row;

		ck_assert(client_transform(theirs[i], strlen(theirs[i]), &t));
		row = transform_find(t.type, t.id, t.key_bits);
		ck_assert(!row || strcmp(row->name, theirs[i]) == 0);
	}
}
END_TEST

START_TEST(the_best_of_an_offer)
{
	static const struct {
		const char *proposals[4];
		uint8_t protocol;
		const char *best; /* NULL: none */
	} offers_of[] = {
		{ { "3des-sha1-prfsha1-modp1024" }, PROTOCOL_IKE, NULL },
		{ { "aes128-sha1-prfsha1-modp2048",
			  "aes256-sha256-prfsha256-ecp256" },
			PROTOCOL_IKE, "aes256-sha256-prfsha256-ecp256" },
		{ { "3des-aes128-sha1-prfsha1-modp1024-modp2048" },
			PROTOCOL_IKE, "aes128-sha1-prfsha1-modp2048" },
		{ { "aes128-sha1-sha256-prfsha1-prfsha256-modp2048" },
			PROTOCOL_IKE, "aes128-sha256-prfsha256-modp2048" },
		{ { "aes256gcm12-noesn", "null-sha256-noesn",
			  "aes128gcm16-noesn" },
			PROTOCOL_ESP, "aes128gcm16" },
		{ { "aes256-aesxcbc-noesn" }, PROTOCOL_ESP, NULL },
	};

	for (size_t i = 0; i < sizeof(offers_of) / sizeof(offers_of[0]); i++) {
		char name[SUITE_NAME_SIZE];
		struct suite suite;
		bool found = client_best(offers_of[i].proposals,
			offers_of[i].protocol, NULL, &suite);

		ck_assert_int_eq(found, offers_of[i].best != NULL);
		if (!found)
			continue;
		suite_name(&suite, name, sizeof(name));
		ck_assert_str_eq(name, offers_of[i].best);
	}
}
END_TEST

SUITE(ctl_simulate)
{
	loop_test(as_people_read_it, CLIENTS);
	loop_test(a_row, ROWS);
	test(records_say_the_same);
	loop_test(records_are_as_described, CLIENTS);
	loop_test(a_client_is_whole, CLIENTS);
	test(all_of_them_are_tried);
	test(a_name_that_nobody_knows_is_no_offer);
	test(names_of_others_are_no_second_names_of_ours);
	test(the_best_of_an_offer);
}

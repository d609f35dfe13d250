/* ctl_doctor.c - facts as they might be, and what is said of them, to the letter; a host that is made up, and what is gathered of it.
 * SPDX-License-Identifier: ISC
 *
 * tests/golden/doctor/NAME.txt holds what people read.  With GOLDEN=write in the
 * environment the files are written anew: look at the difference before it is
 * committed.
 */
#include "daemon/ctl_doctor.h"
#include "daemon/ctl_verbs.h"

#include "daemon/report.h"
#include "tests/suite.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/records.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* 2026-11-22 16:09:31 UTC */
#define NOW INT64_C(1795363771)
#define DAY INT64_C(86400)

static const struct transform *named(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

static void add_suite(struct facts *facts, const char *encr, const char *integ,
	enum fact listed, enum fact accepted, const char *why)
{
	struct facts_suite *suite = &facts->suites[facts->suite_count++];

	*suite = (struct facts_suite){ .encr = named(encr),
		.integ = integ ? named(integ) : NULL,
		.listed = listed,
		.accepted = accepted };
	strcpy(suite->why, why);
}

static void add_socket(
	struct facts *facts, uint16_t port, long pid, const char *program)
{
	struct facts_socket *socket = &facts->sockets[facts->socket_count++];

	*socket = (struct facts_socket){ .port = port, .pid = pid };
	strcpy(socket->program, program);
}

static void add_packet(struct facts *facts, const char *name,
	struct nft_packet packet, enum nft_verdict verdict, const char *where)
{
	struct facts_packet *fact = &facts->packets[facts->packet_count++];

	*fact = (struct facts_packet){
		.name = name, .packet = packet, .verdict = verdict
	};
	strcpy(fact->where, where);
}

static void add_route(struct facts *facts, const char *peer, const char *remote,
	int mtu, const char *why)
{
	struct facts_route *route = &facts->routes[facts->route_count++];

	route->mtu = mtu;
	strcpy(route->peer, peer);
	strcpy(route->remote, remote);
	strcpy(route->why, why);
}

static void add_name(struct facts *facts, const char *peer, const char *name,
	enum fact resolves, const char *why)
{
	struct facts_name *fact = &facts->names[facts->name_count++];

	fact->resolves = resolves;
	strcpy(fact->peer, peer);
	strcpy(fact->name, name);
	strcpy(fact->why, why);
}

static void add_certificate(struct facts *facts, const char *subject,
	int64_t begin, int64_t end, bool ours)
{
	struct facts_certificate *fact =
		&facts->certificates[facts->certificate_count++];

	*fact = (struct facts_certificate){
		.not_before = begin, .not_after = end, .ours = ours
	};
	strcpy(fact->peer, "branch");
	strcpy(fact->subject, subject);
	facts->certificates_used = true;
}

static void add_file(
	struct facts *facts, const char *path, mode_t mode, bool folder)
{
	struct facts_file *file = &facts->files[facts->file_count++];

	file->mode = mode;
	file->folder = folder;
	strcpy(file->path, path);
}

/* A gateway with all as it should be. */
static void good(struct facts *facts)
{
	*facts = (struct facts){ .now_s = NOW,
		.root = true,
		.config = "/etc/ipsecd/ipsecd.yaml",
		.config_there = true,
		.config_loaded = true,
		.peers = 2,
		.port = 500,
		.nat_port = 4500,
		.v6 = true,
		.network4 = true,
		.network6 = true,
		.running = FACT_YES,
		.release = "6.1.0-28-amd64",
		.xfrm = FACT_YES,
		.esp4 = FACT_YES,
		.esp6 = FACT_YES,
		.tried = FACT_YES,
		.sockets_read = FACT_YES,
		.forward4 = 1,
		.forward6 = 1,
		.nft = FACT_YES,
		.secrets = "/etc/ipsecd/secrets",
		.secrets_read = FACT_YES };
	add_suite(facts, "aes256gcm16", NULL, FACT_YES, FACT_YES, "");
	add_suite(facts, "aes256", "sha256", FACT_UNKNOWN, FACT_YES, "");
	add_socket(facts, 500, 812, "ipsecd");
	add_socket(facts, 4500, 812, "ipsecd");
	add_socket(facts, 500, 812, "ipsecd");
	add_socket(facts, 4500, 812, "ipsecd");
	add_packet(facts, "incoming IKE",
		(struct nft_packet){
			NFT_INPUT, 4, IPPROTO_UDP, 0, 500, false, false },
		NFT_PASSES, "");
	add_route(facts, "branch", "192.0.2.9", 1500, "");
	add_route(facts, "lab", "2001:db8::9", 1492, "");
	add_name(facts, "branch", "vpn.branch.example", FACT_YES, "");
	add_certificate(
		facts, "CN=vpn.main.example", NOW - DAY, NOW + 300 * DAY, true);
	add_certificate(
		facts, "CN=vpn.main.example", NOW - DAY, NOW + 300 * DAY, true);
}

/* All that can be in the way is. */
static void bad(struct facts *facts)
{
	static const char refused[] =
		"this kernel has no ESP with rfc7539esp(chacha20,poly1305) "
		"(Requested AEAD algorithm not found)";
	const struct nft_packet ike = { NFT_INPUT, 4, IPPROTO_UDP, 0, 500,
		false, false };
	const struct nft_packet ike6 = { NFT_INPUT, 6, IPPROTO_UDP, 0, 500,
		false, false };
	const struct nft_packet esp = { NFT_INPUT, 4, IPPROTO_ESP, 0, 0, false,
		false };
	const struct nft_packet out = { NFT_OUTPUT, 4, IPPROTO_UDP, 4500, 4500,
		false, false };
	const struct nft_packet forward = { NFT_FORWARD, 4, 0, 0, 0, true,
		false };
	const struct nft_packet nat = { NFT_NAT, 4, 0, 0, 0, false, true };
	const struct nft_packet into = { NFT_FORWARD, 4, 0, 0, 0, false, true };
	static const char input[] =
		"table inet filter, chain input, policy drop";

	good(facts);
	facts->left_out = 2;
	facts->running = FACT_NO;
	strcpy(facts->running_why,
		"ipsecd does not answer at /run/ipsecd/control.sock: No such "
		"file or directory");
	add_suite(facts, "chacha20poly1305", NULL, FACT_UNKNOWN, FACT_NO,
		refused);
	facts->socket_count = 0;
	add_socket(facts, 500, 77, "charon-systemd");
	add_socket(facts, 4500, 78, "pluto");
	add_socket(facts, 4500, 79, "nc");
	facts->forward4 = facts->forward6 = 0;
	facts->rp_filter = 1;
	strcpy(facts->rp_interface, "eth1");
	facts->packet_count = 0;
	add_packet(facts, "incoming IKE", ike, NFT_DROPPED, input);
	add_packet(facts, "incoming IKE", ike6, NFT_DROPPED, input);
	add_packet(facts, "incoming ESP", esp, NFT_DROPPED,
		"table ip filter, chain INPUT, rule 7");
	add_packet(facts, "outgoing ESP in UDP", out, NFT_DROPPED,
		"table inet filter, chain output, rule 9");
	add_packet(facts, "what comes out of tunnels", forward, NFT_DROPPED,
		"table inet filter, chain forward, policy drop");
	add_packet(facts, "what goes into tunnels", into, NFT_MAYBE,
		"table inet filter, chain forward, rule 12");
	add_packet(facts, "what goes into tunnels", nat, NFT_DROPPED,
		"table ip nat, chain post, rule 2");
	add_packet(facts, "what goes into tunnels", nat, NFT_MAYBE,
		"table ip nat, chain docker, rule 5");
	facts->legacy = true;
	facts->route_count = 0;
	add_route(facts, "branch", "192.0.2.9", 0, "Network is unreachable");
	add_route(facts, "lab", "192.0.2.10", 1280, "");
	add_route(facts, "old", "192.0.2.11", 576, "");
	add_name(facts, "partner", "vpn.partnr.example", FACT_NO,
		"Name or service not known");
	add_certificate(facts, "CN=old", NOW - 100 * DAY, NOW - 3 * DAY, true);
	add_certificate(
		facts, "CN=peer.example", NOW - 100 * DAY, NOW - DAY, false);
	add_certificate(
		facts, "CN=soon", NOW - 100 * DAY, NOW + 29 * DAY, true);
	add_certificate(facts, "CN=later", NOW + DAY, NOW + 400 * DAY, true);
	add_file(facts, "/etc/ipsecd/secrets", 0777, true);
	add_file(facts, "/etc/ipsecd/secrets/branch.psk", 0644, false);
	add_file(facts, "/etc/ipsecd/secrets/site.psk", 0600, false);
	facts->files[facts->file_count - 1].foreign = true;
	facts->files[facts->file_count - 1].owner = 1000;
	facts->left_off = 3;
}

/* A user without privileges, and a host that tells little. */
static void dim(struct facts *facts)
{
	*facts = (struct facts){ .now_s = NOW,
		.config = "/etc/ipsecd/ipsecd.yaml",
		.config_there = true,
		.config_loaded = true,
		.peers = 1,
		.left_out = 1,
		.port = 500,
		.nat_port = 4500,
		.network4 = true,
		.network6 = true,
		.release = "6.1.0-28-amd64",
		.xfrm = FACT_YES,
		.tried = FACT_NO,
		.tried_why = "Operation not permitted",
		.running_why = "no permission for /run/ipsecd/control.sock",
		.forward4 = -1,
		.forward6 = -1,
		.rp_filter = -1,
		.nft_why = "that needs root",
		.secrets = "/etc/ipsecd/secrets",
		.secrets_why = "Permission denied" };
	add_suite(facts, "aes256gcm16", NULL, FACT_YES, FACT_UNKNOWN, "");
	add_suite(facts, "aes256", "sha256", FACT_UNKNOWN, FACT_UNKNOWN, "");
	facts->sockets_read = FACT_YES;
	add_socket(facts, 500, 0, "");
	add_name(facts, "branch", "vpn.branch.example", FACT_UNKNOWN, "");
}

/* A new machine, before anything is there. */
static void bare(struct facts *facts)
{
	*facts = (struct facts){ .now_s = 1000,
		.root = true,
		.config = "/etc/ipsecd/ipsecd.yaml",
		.port = 500,
		.nat_port = 4500,
		.release = "6.1.0-28-cloud-amd64",
		.esp4 = FACT_NO,
		.esp6 = FACT_NO,
		.running = FACT_NO,
		.running_why = "ipsecd does not answer",
		.nft = FACT_NO,
		.nft_why = "nft is not installed",
		.secrets = "/etc/ipsecd/secrets",
		.secrets_read = FACT_NO };
}

/* What else there is to say of each check. */
static void errors(struct facts *facts)
{
	good(facts);
	facts->config_loaded = false;
	facts->errors = 1;
	facts->suites[0].accepted = facts->suites[1].accepted = FACT_NO;
	strcpy(facts->suites[0].why,
		"this kernel has no ESP (Protocol not supported)");
	facts->socket_count = 0;
	facts->network6 = false;
	facts->rp_filter = 2;
	facts->now_s = 0;
	facts->certificate_count = 0;
}

static void warnings(struct facts *facts)
{
	good(facts);
	facts->warnings = 2;
	facts->tried = FACT_UNKNOWN;
	facts->suites[1].listed = FACT_YES;
	facts->sockets_read = FACT_UNKNOWN;
	facts->network4 = facts->network6 = false;
	facts->route_count = facts->name_count = 0;
	facts->certificates_used = false;
	facts->certificate_count = 0;
}

#define EVIL "\x1b[2J\n\r\"\\\xe2\x80\xae\xc2\x9b"

/* Names of programs, of devices and of tables, subjects, errors of others. */
static void hostile(struct facts *facts)
{
	bad(facts);
	strcpy(facts->config, "/etc/" EVIL);
	strcpy(facts->running_why, EVIL);
	strcpy(facts->release, EVIL);
	strcpy(facts->tried_why, EVIL);
	strcpy(facts->rp_interface, EVIL);
	strcpy(facts->nft_why, EVIL);
	strcpy(facts->secrets_why, EVIL);
	for (size_t i = 0; i < facts->socket_count; i++)
		strcpy(facts->sockets[i].program, EVIL);
	for (size_t i = 0; i < facts->suite_count; i++)
		strcpy(facts->suites[i].why, EVIL);
	for (size_t i = 0; i < facts->packet_count; i++)
		strcpy(facts->packets[i].where, EVIL);
	for (size_t i = 0; i < facts->route_count; i++)
		strcpy(facts->routes[i].why, EVIL);
	for (size_t i = 0; i < facts->name_count; i++)
		strcpy(facts->names[i].why, "no \xff" EVIL);
	for (size_t i = 0; i < facts->certificate_count; i++)
		strcpy(facts->certificates[i].subject, "CN=" EVIL);
	for (size_t i = 0; i < facts->file_count; i++)
		strcpy(facts->files[i].path, "/etc/" EVIL);
}

static void no_peers(struct facts *facts)
{
	good(facts);
	facts->peers = 0;
	facts->tried = FACT_UNKNOWN;
	facts->esp6 = FACT_NO;
	facts->suite_count = 0;
}

static const struct host {
	const char *name;
	void (*make)(struct facts *facts);
	int code;
} hosts[] = {
	{ "good", good, 0 },
	{ "bad", bad, 1 },
	{ "dim", dim, 0 },
	{ "bare", bare, 1 },
	{ "errors", errors, 1 },
	{ "warnings", warnings, 0 },
	{ "no_peers", no_peers, 1 },
};
enum { HOSTS = sizeof(hosts) / sizeof(hosts[0]) };

static struct facts facts;
static struct findings findings;

/* --- Texts ----------------------------------------------------------------------- */

/* free is the caller's */
static char *told(const struct host *host, bool json, bool quiet, int *code)
{
	struct ctl ctl = { .style = { true, false, NOW * 1000 },
		.json = json,
		.quiet = quiet };
	char *text = NULL;
	size_t size;

	host->make(&facts);
	doctor_judge(&facts, &findings);
	ctl.out = open_memstream(&text, &size);
	*code = doctor_tell(&ctl, &findings);
	fclose(ctl.out);
	return text;
}

static void is_golden(const struct host *host)
{
	const char *mode = getenv("GOLDEN");
	char path[128], *expected = calloc(1, 65536), *text;
	FILE *file;
	int code;

	text = told(host, false, false, &code);
	ck_assert_int_eq(code, host->code);
	snprintf(path, sizeof(path), "tests/golden/doctor/%s.txt", host->name);
	if (mode && strcmp(mode, "write") == 0) {
		file = fopen(path, "w");
		fputs(text, file);
		fclose(file);
	}
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_ptr_nonnull(expected);
	ck_assert_uint_lt(fread(expected, 1, 65535, file), 65535);
	fclose(file);
	ck_assert_str_eq(text, expected);
	free(expected);
	free(text);
}

START_TEST(as_people_read_it)
{
	is_golden(&hosts[_i]);
}
END_TEST

/* Each record is a line of JSON, whatever is in it. */
START_TEST(n27_texts_of_others)
{
	const struct host host = { "hostile", hostile, 1 };
	char *text, *rest, *line;
	size_t seen = 0;
	int code;

	is_golden(&host);
	text = rest = told(&host, true, false, &code);
	ck_assert_int_eq(code, 1);
	records_check(text);
	while ((line = strtok_r(rest, "\n", &rest))) {
		json_t *record = json_loads(line, 0, NULL);

		ck_assert_msg(record != NULL, "%s", line);
		json_decref(record);
		seen++;
	}
	ck_assert_uint_eq(seen, findings.count);
	free(text);
}
END_TEST

static const char *text_of(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text ? text : "";
}

START_TEST(records_say_the_same)
{
	static const char *const results[] = { "ok", "warning", "problem",
		"unknown" };
	int code;
	char *text = told(&hosts[_i], true, false, &code), *rest = text, *line;
	size_t seen = 0;

	ck_assert_int_eq(code, hosts[_i].code);
	records_check(text);
	while ((line = strtok_r(rest, "\n", &rest))) {
		json_t *record = json_loads(line, 0, NULL);
		const struct finding *finding = &findings.list[seen++];

		ck_assert_msg(record != NULL, "%s", line);
		ck_assert_str_eq(text_of(record, "schema"), REPORT_SCHEMA);
		ck_assert_str_eq(text_of(record, "record"), "finding");
		ck_assert_str_eq(text_of(record, "check"), finding->check);
		ck_assert_str_eq(
			text_of(record, "result"), results[finding->level]);
		ck_assert_str_eq(text_of(record, "text"), finding->text);
		ck_assert_str_eq(text_of(record, "fix"), finding->fix);
		json_decref(record);
	}
	ck_assert_uint_eq(seen, findings.count);
	free(text);
}
END_TEST

START_TEST(quiet_is_the_code_alone)
{
	int code;
	char *text = told(&hosts[1], false, true, &code);

	ck_assert_int_eq(code, 1);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

/* Each is fine once, and once it is not; whatever is a problem has what mends
 * it. */
START_TEST(every_check_has_its_texts)
{
	const char *name;

	for (size_t i = 0; (name = doctor_check(i)); i++) {
		bool fine = strcmp(name, "the rest") == 0, not_fine = false;

		for (size_t h = 0; h < HOSTS; h++) {
			hosts[h].make(&facts);
			doctor_judge(&facts, &findings);
			for (size_t j = 0; j < findings.count; j++) {
				const struct finding *at = &findings.list[j];

				if (at->level == LEVEL_PROBLEM)
					ck_assert_str_ne(at->fix, "");
				if (strcmp(at->check, name) != 0)
					continue;
				fine |= at->level == LEVEL_OK;
				not_fine |= at->level != LEVEL_OK;
			}
		}
		ck_assert_msg(fine && not_fine, "%s", name);
	}
}
END_TEST

/* Whatever is wrong with all that is looked at. */
START_TEST(there_is_room_for_all)
{
	good(&facts);
	for (facts.certificate_count = 0;
		facts.certificate_count < FACTS_CERTIFICATES;)
		add_certificate(&facts, "CN=x", 0,
			(int64_t)facts.certificate_count, true);
	for (facts.file_count = 0; facts.file_count < FACTS_FILES;)
		add_file(&facts, "/f", 0666, false);
	for (facts.socket_count = 0; facts.socket_count < FACTS_SOCKETS;)
		add_socket(&facts, 500, (long)facts.socket_count, "nc");
	for (facts.route_count = 0; facts.route_count < FACTS_ROUTES;)
		add_route(&facts, "p", "192.0.2.1", 0, "");
	for (facts.name_count = 0; facts.name_count < FACTS_NAMES;)
		add_name(&facts, "p", "n", FACT_NO, "");
	for (facts.suite_count = 1; facts.suite_count < FACTS_SUITES;)
		add_suite(&facts, "aes128", "sha256", FACT_NO, FACT_NO, "");
	for (facts.packet_count = 0; facts.packet_count < FACTS_PACKETS;)
		add_packet(&facts, facts.packet_count & 1 ? "a" : "b",
			(struct nft_packet){ .family = 4 }, NFT_DROPPED, "");
	facts.network4 = facts.network6 = facts.legacy = true;
	facts.left_off = 1;
	doctor_judge(&facts, &findings);
	ck_assert_uint_gt(findings.count, 120);
	ck_assert_uint_lt(findings.count, MAX_FINDINGS);
}
END_TEST

/* --- A host that is made up ------------------------------------------------------ */

static const char gateway[] = "daemon: { port: 10500, nat_port: 4500 }\n"
			      "peers:\n"
			      "  branch:\n"
			      "    remote: [vpn.branch.example, 192.0.2.9]\n"
			      "    auth: psk\n"
			      "    secret: office.psk\n"
			      "    esp: [aes256gcm16, aes128-aes256-sha256]\n"
			      "    local_ts: [10.1.0.0/16, \"fd00:1::1/128\"]\n"
			      "    remote_ts: [10.2.0.0/16, \"fd00:2::/64\"]\n"
			      "  off:\n"
			      "    enabled: no\n"
			      "    remote: gone.example\n"
			      "    auth: psk\n"
			      "    secret: office.psk\n"
			      "    local_ts: 10.3.0.0/16\n"
			      "    remote_ts: 10.4.0.0/16\n"
			      "  six:\n"
			      "    remote: \"2001:db8::9\"\n"
			      "    auth: psk\n"
			      "    secret: office.psk\n"
			      "    esp: aes256gcm16\n";

static void make_folders(struct folder *f, const char *path)
{
	char part[256];

	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
		snprintf(part, sizeof(part), "%s/%.*s", f->path,
			(int)(at - path), path);
		mkdir(part, 0755);
	}
}

static void put(struct folder *f, const char *path, const char *text)
{
	make_folders(f, path);
	folder_write(f, path, text, strlen(text), 0644);
}

static void link_to(struct folder *f, const char *path, const char *target)
{
	char full[256];

	make_folders(f, path);
	snprintf(full, sizeof(full), "%s/%s", f->path, path);
	ck_assert_int_eq(symlink(target, full), 0);
}

#define UDP_HEAD "   sl  local_address rem_address   st tx_queue rx_queue ..\n"
#define UDP_LINE(ADDRESS, PORT, INODE)                                         \
	"  9: " ADDRESS ":" PORT " 00000000:0000 07 00000000:00000000 "        \
	"00:00000000 00000000     0        0 " INODE " 2 000000002e157d56 0\n"

static struct folder made_up_host(void)
{
	struct folder f = folder_new();

	folder_file(&f, "ipsecd.yaml", gateway);
	put(&f, "proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
	put(&f, "proc/net/xfrm_stat", "XfrmInError 0\n");
	put(&f, "proc/modules", "xfrm_user 61440 0 - Live 0x0\n");
	put(&f, "lib/modules/6.1.0-28-amd64/modules.builtin",
		"kernel/net/ipv4/tunnel4.ko\n");
	put(&f, "lib/modules/6.1.0-28-amd64/modules.dep",
		"kernel/net/ipv4/esp4.ko: kernel/net/xfrm/xfrm_algo.ko\n");
	put(&f, "proc/crypto",
		"name         : rfc4106(gcm(aes))\ndriver       : x\n\n"
		"name         : cbc(aes)\ndriver       : y\n\n");
	put(&f, "proc/net/udp",
		UDP_HEAD UDP_LINE("00000000", "2904", "4711")
			UDP_LINE("0100007F", "0035", "99")
				UDP_LINE("00000000", "1194", "4712"));
	put(&f, "proc/net/udp6",
		UDP_HEAD UDP_LINE(
			"00000000000000000000000000000000", "1194", "4713"));
	put(&f, "proc/812/comm", "pluto\n");
	link_to(&f, "proc/812/fd/3", "/dev/null");
	link_to(&f, "proc/812/fd/5", "socket:[4711]");
	link_to(&f, "proc/self/fd/5", "socket:[4711]");
	put(&f, "proc/813/comm", "nc\n");
	link_to(&f, "proc/813/fd/7", "socket:[4713]");
	put(&f, "proc/sys/net/ipv4/ip_forward", "1\n");
	put(&f, "proc/sys/net/ipv4/conf/all/rp_filter", "0\n");
	put(&f, "proc/sys/net/ipv4/conf/default/rp_filter", "1\n");
	put(&f, "proc/sys/net/ipv4/conf/lo/rp_filter", "1\n");
	put(&f, "proc/sys/net/ipv4/conf/eth0/rp_filter", "2\n");
	put(&f, "proc/sys/net/ipv4/conf/eth1/rp_filter", "1\n");
	put(&f, "proc/net/ip_tables_names", "filter\n");
	return f;
}

/* nft: a program of the folder, or NULL. */
static struct facts *gathered(const struct folder *f, const char *nft)
{
	char config[128], program[128];
	struct ctl ctl = { .style.now_ms = NOW * 1000, .config = config };
	struct facts_from from = {
		.ctl = &ctl, .system = f->path, .nft = nft ? program : NULL
	};

	snprintf(config, sizeof(config), "%s/ipsecd.yaml", f->path);
	snprintf(program, sizeof(program), "%s/%s", f->path, nft ? nft : "");
	return facts_gather(&from);
}

START_TEST(what_is_gathered)
{
	struct folder f = made_up_host();
	struct facts *all = gathered(&f, NULL);

	ck_assert(all->config_there && all->config_loaded);
	ck_assert_uint_eq(all->peers, 3);
	ck_assert_uint_eq(all->port, 10500);
	ck_assert(all->v6);
	ck_assert(all->network4 && !all->network6);
	ck_assert_int_eq(all->running, FACT_UNKNOWN);

	ck_assert_str_eq(all->release, "6.1.0-28-amd64");
	ck_assert_int_eq(all->xfrm, FACT_YES);
	ck_assert_int_eq(all->esp4, FACT_YES);
	ck_assert_int_eq(all->esp6, FACT_NO);
	ck_assert_uint_eq(all->suite_count, 3);
	ck_assert_ptr_eq(all->suites[0].encr, named("aes256gcm16"));
	ck_assert_ptr_null(all->suites[0].integ);
	ck_assert_int_eq(all->suites[0].listed, FACT_YES);
	ck_assert_ptr_eq(all->suites[2].encr, named("aes256"));
	ck_assert_ptr_eq(all->suites[2].integ, named("sha256"));
	ck_assert_int_eq(all->suites[2].listed, FACT_UNKNOWN);
	ck_assert_int_eq(all->tried, FACT_UNKNOWN);

	ck_assert_int_eq(all->sockets_read, FACT_YES);
	ck_assert_uint_eq(all->socket_count, 3);
	ck_assert_uint_eq(all->sockets[0].port, 10500);
	ck_assert_int_eq(all->sockets[0].pid, 812);
	ck_assert_str_eq(all->sockets[0].program, "pluto");
	ck_assert_int_eq(all->sockets[1].pid, 0);
	ck_assert_int_eq(all->sockets[2].pid, 813);
	ck_assert_uint_eq(all->sockets[2].port, 4500);

	ck_assert_int_eq(all->forward4, 1);
	ck_assert_int_eq(all->forward6, -1);
	ck_assert_int_eq(all->rp_filter, 1);
	ck_assert_str_eq(all->rp_interface, "eth1");
	ck_assert(all->legacy);

	ck_assert_uint_eq(all->name_count, 1);
	ck_assert_str_eq(all->names[0].name, "vpn.branch.example");
	ck_assert_int_eq(all->names[0].resolves, FACT_UNKNOWN);
	ck_assert_uint_eq(all->certificate_count, 0);
	/* In and out, in both families; on to networks in one. */
	ck_assert_uint_eq(all->packet_count, 6 * 2 + 3);
	ck_assert_int_eq(all->nft, FACT_UNKNOWN);
	ck_assert_int_eq(all->secrets_read, FACT_YES);
	ck_assert_uint_eq(all->file_count, 0);
	ck_assert_uint_eq(all->left_off, 0);
	free(all);
	folder_remove(&f);
}
END_TEST

START_TEST(all_being_loose_is_enough)
{
	struct folder f = made_up_host();
	struct facts *all;

	put(&f, "proc/sys/net/ipv4/conf/all/rp_filter", "2\n");
	all = gathered(&f, NULL);
	ck_assert_int_eq(all->rp_filter, 2);
	free(all);
	folder_remove(&f);
}
END_TEST

START_TEST(secrets_of_everybody)
{
	struct folder f = made_up_host();
	struct facts *all;
	char path[128];

	folder_write(&f, "secrets/a.psk", "x", 1, 0644);
	folder_write(&f, "secrets/b.psk", "x", 1, 0660);
	folder_write(&f, "secrets/c.psk", "x", 1, 0640);
	folder_write(&f, "secrets/.d", "x", 1, 0666);
	snprintf(path, sizeof(path), "%s/secrets", f.path);
	ck_assert_int_eq(chmod(path, 0770), 0);
	all = gathered(&f, NULL);
	ck_assert_uint_eq(all->file_count, 3);
	ck_assert(all->files[0].folder);
	ck_assert_uint_eq(all->files[0].mode, 0770);
	ck_assert_uint_eq(all->files[1].mode ^ all->files[2].mode, 0644 ^ 0660);
	ck_assert(!all->files[1].folder);
	free(all);
	folder_remove(&f);
}
END_TEST

START_TEST(secrets_of_another_user)
{
	struct folder f;
	struct facts *all;
	char path[128];

	if (geteuid() != 0)
		SKIP("not root");
	f = made_up_host();
	folder_write(&f, "secrets/a.psk", "x", 1, 0600);
	snprintf(path, sizeof(path), "%s/secrets/a.psk", f.path);
	ck_assert_int_eq(chown(path, 1000, 0), 0);
	all = gathered(&f, NULL);
	ck_assert_uint_eq(all->file_count, 1);
	ck_assert(all->files[0].foreign);
	ck_assert_uint_eq(all->files[0].owner, 1000);
	free(all);
	folder_remove(&f);
}
END_TEST

START_TEST(nothing_there)
{
	struct folder f = folder_new();
	struct facts *all = gathered(&f, "nft");

	ck_assert(!all->config_there && !all->config_loaded);
	ck_assert_uint_eq(all->port, 500);
	ck_assert_int_eq(all->xfrm, FACT_UNKNOWN);
	ck_assert_int_eq(all->esp4, FACT_UNKNOWN);
	ck_assert_int_eq(all->sockets_read, FACT_UNKNOWN);
	ck_assert_int_eq(all->forward4, -1);
	ck_assert_int_eq(all->rp_filter, -1);
	ck_assert_int_eq(all->nft, FACT_NO);
	ck_assert_str_eq(all->nft_why, "nft is not installed");
	/* What any kernel with ESP has is tried. */
	ck_assert_uint_eq(all->suite_count, 1);
	free(all);
	folder_remove(&f);
}
END_TEST

/* --- nft ------------------------------------------------------------------------- */

static const struct {
	const char *script;
	enum fact nft;
} programs[] = {
	{ "#!/bin/sh\n[ \"$*\" = '-j list ruleset' ] && echo '{\"nftables\": "
	  "[{\"chain\": {\"family\": \"inet\", \"table\": \"t\", \"name\": "
	  "\"c\", \"hook\": \"input\", \"type\": \"filter\", \"policy\": "
	  "\"drop\"}}]}'\n",
		FACT_YES },
	{ "#!/bin/sh\necho '{\"nftables\": []}'; exit 1\n", FACT_UNKNOWN },
	{ "#!/bin/sh\necho no JSON\n", FACT_UNKNOWN },
	{ "#!/bin/sh\nkill -9 $$\n", FACT_UNKNOWN },
	{ "#!/bin/sh\n", FACT_UNKNOWN },
};
enum { PROGRAMS = sizeof(programs) / sizeof(programs[0]) };

START_TEST(a_program)
{
	struct folder f = made_up_host();
	struct facts *all;

	folder_write(&f, "nft", programs[_i].script,
		strlen(programs[_i].script), 0755);
	all = gathered(&f, "nft");
	ck_assert_int_eq(all->nft, programs[_i].nft);
	if (programs[_i].nft == FACT_YES) {
		ck_assert_int_eq(all->packets[0].verdict, NFT_DROPPED);
		ck_assert_str_eq(all->packets[0].where,
			"table inet t, chain c, policy drop");
	} else {
		ck_assert_str_ne(all->nft_why, "");
	}
	free(all);
	folder_remove(&f);
}
END_TEST

/* --- Certificates ---------------------------------------------------------------- */

static void run_ctl(const struct folder *f, const char *const *words)
{
	struct ctl ctl = { .fd = -1,
		.style.now_ms = NOW * 1000,
		.out = tmpfile(),
		.err = stderr };
	char *argv[12] = { strdup("ipsec-ctl"), strdup("--root"),
		strdup(f->path) };
	int argc = 3;

	for (; words[argc - 3]; argc++)
		argv[argc] = strdup(words[argc - 3]);
	ck_assert_int_eq(ctl_run(&ctl, argc, argv), 0);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	fclose(ctl.out);
}

/* What is said of our certificate so many days later. */
static enum level level_after(const struct folder *f, int64_t days)
{
	struct ctl ctl = { .style.now_ms = (NOW + days * DAY) * 1000,
		.root = f->path };
	const struct facts_from from = { .ctl = &ctl, .system = f->path };
	struct facts *all = facts_gather(&from);
	enum level level = LEVEL_UNKNOWN;

	ck_assert_uint_eq(all->certificate_count, 1);
	ck_assert(all->certificates[0].ours);
	ck_assert_str_eq(all->certificates[0].peer, "b");
	doctor_judge(all, &findings);
	for (size_t i = 0; i < findings.count; i++) {
		if (strcmp(findings.list[i].check, "certificates") == 0)
			level = findings.list[i].level;
	}
	free(all);
	return level;
}

START_TEST(a_certificate_ends)
{
	static const char *const init[] = { "ca", "init", NULL };
	static const char *const issue[] = { "ca", "issue", "vpn.a.example",
		"--days", "90", NULL };
	struct folder f = folder_new();

	make_folders(&f, "etc/ipsecd/");
	run_ctl(&f, init);
	run_ctl(&f, issue);
	folder_file(&f, "etc/ipsecd/ipsecd.yaml",
		"peers:\n  b:\n    remote: vpn.b.example\n    auth: cert\n"
		"    local: { cert: vpn.a.example.pem }\n");
	ck_assert_int_eq(level_after(&f, 1), LEVEL_OK);
	ck_assert_int_eq(level_after(&f, 61), LEVEL_WARNING);
	ck_assert_int_eq(level_after(&f, 91), LEVEL_PROBLEM);
	ck_assert_int_eq(level_after(&f, -2), LEVEL_PROBLEM);
	folder_remove(&f);
}
END_TEST

/* --- Names ----------------------------------------------------------------------- */

/* A number needs no server, and what has an empty label is no name at all. */
START_TEST(names_are_looked_up)
{
	facts = (struct facts){ .now_s = NOW };
	add_name(&facts, "a", "192.0.2.1", FACT_UNKNOWN, "");
	add_name(&facts, "b", "no..name", FACT_UNKNOWN, "");
	add_name(&facts, "c", "2001:db8::1", FACT_UNKNOWN, "");
	facts_look_up(&facts, 86400);
	ck_assert_int_eq(facts.names[0].resolves, FACT_YES);
	ck_assert_int_eq(facts.names[1].resolves, FACT_NO);
	ck_assert_str_ne(facts.names[1].why, "");
	ck_assert_int_eq(facts.names[2].resolves, FACT_YES);
	ck_assert_str_eq(facts.names[2].why, "");
}
END_TEST

/* --- The kernel of this machine -------------------------------------------------- */

/* Whatever it has: each suite has an answer and a refusal its reason, or there is
 * a reason why nothing could be tried. */
START_TEST(this_kernel)
{
	facts = (struct facts){ .now_s = NOW };
	add_suite(&facts, "aes128gcm16", NULL, FACT_NO, FACT_UNKNOWN, "");
	add_suite(&facts, "aes256", "sha256", FACT_NO, FACT_UNKNOWN, "");
	facts_try_suites(&facts);
	ck_assert_int_ne(facts.tried, FACT_UNKNOWN);
	if (facts.tried == FACT_NO) {
		ck_assert_str_ne(facts.tried_why, "");
		SKIP("a new network is refused");
	}
	for (size_t i = 0; i < facts.suite_count; i++) {
		const struct facts_suite *suite = &facts.suites[i];

		ck_assert_int_ne(suite->accepted, FACT_UNKNOWN);
		ck_assert_int_eq(suite->accepted == FACT_YES, !*suite->why);
	}
}
END_TEST

SUITE(ctl_doctor)
{
	loop_test(as_people_read_it, HOSTS);
	loop_test(records_say_the_same, HOSTS);
	test(n27_texts_of_others);
	test(quiet_is_the_code_alone);
	test(every_check_has_its_texts);
	test(there_is_room_for_all);
	test(what_is_gathered);
	test(all_being_loose_is_enough);
	test(secrets_of_everybody);
	test(secrets_of_another_user);
	test(nothing_there);
	loop_test(a_program, PROGRAMS);
	test(a_certificate_ends);
	test(names_are_looked_up);
	test(this_kernel);
}

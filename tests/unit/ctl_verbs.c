/* ctl_verbs.c - each verb against a daemon that says what the row has; exit codes.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_verbs.h"

#include "daemon/report.h"
#include "tests/suite.h"
#include "tests/unit/records.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX_ARGS = 8, TEXT = 65536 };

#define OK      "{\"ok\":true}\n"
#define HEAD    "{\"schema\":\"ipsecd/1\",\"record\":"
#define PEER_UP HEAD "\"peer\",\"peer\":\"b\",\"state\":\"up\"}\n"
#define NO_PEER "{\"ok\":false,\"code\":4,\"error\":\"no peer named 'x'\"}\n"
#define PEER_DOWN                                                              \
	HEAD "\"peer\",\"peer\":\"b\",\"state\":\"down\",\"remote\":"          \
	     "\"192.0.2.1\",\"last_error\":null}\n"
#define EVENT                                                                  \
	HEAD "\"event\",\"time\":\"2026-11-22T16:09:31.042Z\",\"event\":"      \
	     "\"child-up\",\"peer\":\"b\",\"child\":\"c\"}\n"
#define REFUSED                                                                \
	"{\"ok\":false,\"code\":24,\"error\":\"the peer rejected our "         \
	"key\",\"hint\":\"compare the secret\"}\n"

#define CHANGE                                                                 \
	HEAD "\"change\",\"peer\":\"b\",\"effect\":\"peer\","                  \
	     "\"children\":[],\"keys\":[{\"key\":\"secret\","                  \
	     "\"content\":true}]}\n"
#define RELOAD(DRY_RUN)                                                        \
	HEAD "\"reload\",\"dry_run\":" DRY_RUN ",\"peers\":{\"changed\":1,"    \
	     "\"added\":0,\"removed\":0,\"unchanged\":7}}\n"

/* What is called, what the daemon answers, and what must come of it.  asked:
 * the request the daemon must have seen, NULL: none. */
static const struct run {
	const char *args[MAX_ARGS];
	const char *answer;
	int code;
	const char *asked;
	const char *out, *err;
} rows[] = {
	// clang-format off
	{ { "status" }, PEER_DOWN OK, 0,
		"{\"method\":\"status\",\"params\":{}}\n",
		"x b   DOWN   192.0.2.1   not started\n", "" },
	{ { NULL }, OK, 0, "{\"method\":\"status\",\"params\":{}}\n", "", "" },
	{ { "status", "b" }, PEER_UP OK, 0,
		"{\"method\":\"status\",\"params\":{\"peer\":\"b\"}}\n",
		"+ b  up\n", "" },
	{ { "status", "b" }, PEER_DOWN OK, 3,
		"{\"method\":\"status\",\"params\":{\"peer\":\"b\"}}\n",
		"x b  DOWN  192.0.2.1\n", "" },
	{ { "-j", "status", "b" }, PEER_DOWN OK, 3,
		"{\"method\":\"status\",\"params\":{\"peer\":\"b\"}}\n",
		PEER_DOWN, "" },
	{ { "status", "x" },
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'x'\",\"hint\":\"did you mean 'b'?\"}\n", 4,
		"{\"method\":\"status\",\"params\":{\"peer\":\"x\"}}\n",
		"", "ipsec-ctl: status: no peer named 'x'\n  -> did you mean 'b'?\n" },
	{ { "down", "x" }, NO_PEER, 4,
		"{\"method\":\"down\",\"params\":{\"peer\":\"x\"}}\n",
		"", "ipsec-ctl: down x: no peer named 'x'\n  -> see: ipsec-ctl list peers\n" },
	{ { "-j", "status", "x" },
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'x'\"}\n", 4,
		"{\"method\":\"status\",\"params\":{\"peer\":\"x\"}}\n",
		"", "{\"ok\":false,\"code\":4,\"error\":\"no peer named 'x'\"}\n" },
	{ { "explain", "b" }, OK, 0,
		"{\"method\":\"explain\",\"params\":{\"peer\":\"b\"}}\n",
		"nothing has failed since ipsecd was started\n", "" },
	{ { "explain" }, HEAD "\"explanation\",\"peer\":\"b\",\"name\":\"X\",\"text\":\"X: y\",\"rows\":[]}\n" OK, 0,
		"{\"method\":\"explain\",\"params\":{}}\n",
		"b: before that : X (we are responder)\n  y\n", "" },
	{ { "explain", "childless" }, "", 0, NULL,
		"childless (key of the configuration)\n"
		"  an IKE SA may be set up without a child (RFC 6023), by either side\n"
		"  stands in peers.NAME\n"
		"  default   yes\n"
		"  reload    takes effect without touching what is up\n", "" },
	{ { "explain", "22" }, "", 0, NULL,
		"22 (exit code)\n  the two sides have no proposal in common\n"
		"  hint      compare 'ike' and 'esp' with the other side's configuration\n", "" },
	{ { "explain", "invalid_ke_payload" }, "", 0, NULL,
		"INVALID_KE_PAYLOAD (notify)\n"
		"  the other side wants another key exchange, and names it: it is then asked with that\n"
		"  number    17\n", "" },
	{ { "explain", "ms_status" }, "", 0, NULL,
		"MS_STATUS (notify)\n"
		"  Windows says why, by a number: 'ipsec-ctl explain NUMBER' has it in words\n"
		"  number    12345\n", "" },
	{ { "explain", "13863" }, "", 0, NULL,
		"13863 (number of MS_STATUS)\n"
		"  not in this situation: behind a NAT it lets nobody rekey a child but itself\n"
		"  windows   ERROR_IPSEC_IKE_INVALID_SITUATION\n"
		"  hint      rekey_time: never for the child here: Windows rekeys it by itself\n", "" },
	{ { "explain", "aes128-sha1-x25519" }, "", 0, NULL,
		"aes128-sha1-x25519 (proposal)\n"
		"  aes128: encryption; sha1: integrity, weak; x25519: key exchange\n"
		"  in ike    'sha1' is weak\n"
		"  in esp    'sha1' is weak\n", "" },
	{ { "explain", "aes256gcm16-prfsha256-x25519" }, "", 0, NULL,
		"aes256gcm16-prfsha256-x25519 (proposal)\n"
		"  aes256gcm16: encryption; prfsha256: PRF; x25519: key exchange\n"
		"  in ike    yes\n"
		"  in esp    'prfsha256' belongs into ike: esp has no PRF\n", "" },
	{ { "-j", "explain", "mode" }, "", 0, NULL,
		HEAD "\"word\",\"word\":\"mode\",\"kind\":\"key of the configuration\",\"text\":\"tunnel, transport; or, without IKE: pass (in clear) or drop\",\"stands_in\":\"children.NAME, or a peer for all of its children\",\"values\":\"tunnel, transport, pass, drop\",\"default\":\"tunnel\",\"reload\":\"the child is made anew\"}\n", "" },
	{ { "explain", "dpd_dely" }, NO_PEER, 4,
		"{\"method\":\"explain\",\"params\":{\"peer\":\"dpd_dely\"}}\n", "",
		"ipsec-ctl: explain: no peer named 'x'\n  -> did you mean 'dpd_delay'?\n" },
	{ { "explain", "aes256-sha1-modp1024" }, NO_PEER, 4,
		"{\"method\":\"explain\",\"params\":{\"peer\":\"aes256-sha1-modp1024\"}}\n", "",
		"ipsec-ctl: explain: no peer named 'x'\n  -> as a proposal: this version has no 'modp1024'; 'ipsec-ctl list algorithms' has all\n" },
	{ { "-j", "explain", "99" }, NO_PEER, 4,
		"{\"method\":\"explain\",\"params\":{\"peer\":\"99\"}}\n", "",
		"{\"ok\":false,\"code\":4,\"error\":\"no peer named 'x'\",\"hint\":\"what can be explained: a peer, a key of the configuration, an exit code, a notify, a proposal\"}\n" },
	{ { "explain", "b" }, PEER_DOWN OK, 0,
		"{\"method\":\"explain\",\"params\":{\"peer\":\"b\"}}\n",
		"x b   DOWN   192.0.2.1   not started\nnothing has failed since ipsecd was started\n", "" },
	{ { "list", "algorithms", "b" }, "", 2, NULL, "",
		"ipsec-ctl: list algorithms is the same for all peers\n" },
	{ { "list", "certs", "b" }, "", 2, NULL, "",
		"ipsec-ctl: list certs is the same for all peers\n" },
	{ { "list", "sas" }, OK, 0,
		"{\"method\":\"list\",\"params\":{\"what\":\"sas\"}}\n",
		"no sas\n", "" },
	{ { "list", "children", "b" }, OK, 0,
		"{\"method\":\"list\",\"params\":{\"peer\":\"b\",\"what\":\"children\"}}\n",
		"no children\n", "" },
	{ { "counters" }, OK, 0, "{\"method\":\"counters\",\"params\":{}}\n", "", "" },
	{ { "metrics" }, "{\"schema\":\"ipsecd/1\",\"record\":\"metrics\",\"text\":\"a 1\\nb{c=\\\"d\\\"} 2\\n\"}\n" OK, 0,
		"{\"method\":\"metrics\",\"params\":{}}\n", "a 1\nb{c=\"d\"} 2\n", "" },
	{ { "metrics", "b" }, "", 2, NULL, "", "ipsec-ctl: usage: ipsec-ctl metrics\n" },
	{ { "counters", "b" }, OK, 0, "{\"method\":\"counters\",\"params\":{\"peer\":\"b\"}}\n", "", "" },
	{ { "-q", "keylog", "b", "--for", "1m" }, HEAD "\"keylog\",\"time\":\"2026-11-22T16:09:31.042Z\",\"peer\":\"b\",\"table\":\"esp_sa\",\"line\":\"x\"}\n" OK, 0,
		"{\"method\":\"keylog\",\"params\":{\"peer\":\"b\",\"for_s\":60}}\n", "", "" },
	{ { "keylog", "b", "--for", "up" }, "", 2, NULL, "",
		"ipsec-ctl: --for: 'up' is no duration\n  -> such as 90, 30s or 1m30s\n" },
	{ { "list" }, "", 2, NULL, "",
		"ipsec-ctl: usage: ipsec-ctl list peers|sas|children|policies|certs|algorithms [PEER]\n" },
	{ { "up", "b" }, EVENT OK, 0,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b\"}}\n",
		"16:09:31.042  + b/c  child up\n+ b is up\n", "" },
	{ { "up", "b/c", "--timeout", "1m30s" }, OK, 0,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b/c\",\"timeout_s\":90}}\n",
		"+ b/c is up\n", "" },
	{ { "-q", "up", "b" }, EVENT OK, 0,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b\"}}\n", "", "" },
	{ { "up", "b" }, REFUSED, 24,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b\"}}\n", "",
		"ipsec-ctl: up b: the peer rejected our key\n  -> compare the secret\n" },
	{ { "up", "b" }, EVENT, 6,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b\"}}\n",
		"16:09:31.042  + b/c  child up\n",
		"ipsec-ctl: up b: ipsecd closed the connection\n  -> has it ended? systemctl status ipsecd\n" },
	{ { "up", "b" }, "SSH-2.0-OpenSSH\n", 1,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b\"}}\n", "",
		"ipsec-ctl: up b: that is no ipsecd at the other end\n" },
	{ { "up", "b" }, "{\"ok\":false,\"code\":7,\"error\":\"permission denied\"}\n", 7,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b\"}}\n", "",
		"ipsec-ctl: up b: permission denied\n" },
	{ { "up", "b" }, "{\"ok\":false,\"code\":70000}\n", 1,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b\"}}\n", "",
		"ipsec-ctl: up b: failed\n" },
	{ { "up" }, "", 2, NULL, "",
		"ipsec-ctl: usage: ipsec-ctl up PEER[/CHILD] [--timeout D]\n" },
	{ { "down", "b" }, OK, 0,
		"{\"method\":\"down\",\"params\":{\"peer\":\"b\"}}\n",
		"~ b is down\n", "" },
	{ { "rekey", "b/c" }, OK, 0,
		"{\"method\":\"rekey\",\"params\":{\"peer\":\"b/c\"}}\n",
		"+ b/c is rekeyed\n", "" },
	{ { "rekey", "b", "--ike", "--timeout", "5" }, OK, 0,
		"{\"method\":\"rekey\",\"params\":{\"peer\":\"b\",\"timeout_s\":5,\"ike\":true}}\n",
		"+ b is rekeyed\n", "" },
	{ { "rekey", "b" }, "{\"ok\":false,\"code\":3,\"error\":\"'b' is not up: nothing to rekey\"}\n", 3,
		"{\"method\":\"rekey\",\"params\":{\"peer\":\"b\"}}\n",
		"", "ipsec-ctl: rekey b: 'b' is not up: nothing to rekey\n" },
	{ { "up", "b", "--ike" }, "", 2, NULL, "",
		"ipsec-ctl: up does not take --ike\n" },
	{ { "wait", "b", "--for", "down", "--timeout", "5" },
		"{\"ok\":false,\"code\":8,\"error\":\"timed out\"}\n", 8,
		"{\"method\":\"wait\",\"params\":{\"peer\":\"b\",\"timeout_s\":5,\"for\":\"down\"}}\n",
		"", "ipsec-ctl: wait b: timed out\n" },
	{ { "wait", "b", "--timeout", "soon" }, "", 2, NULL, "",
		"ipsec-ctl: --timeout: 'soon' is no duration\n  -> such as 90, 30s or 1m30s\n" },
	{ { "monitor", "b" }, EVENT OK, 0,
		"{\"method\":\"monitor\",\"params\":{\"peer\":\"b\"}}\n",
		"16:09:31.042  + b/c  child up\n", "" },
	{ { "reload" }, OK, 0, "{\"method\":\"reload\",\"params\":{}}\n",
		"the configuration is in force\n", "" },
	{ { "reload" }, "{\"ok\":false,\"code\":5,\"error\":\"1 error\"}\n", 5,
		"{\"method\":\"reload\",\"params\":{}}\n", "", "ipsec-ctl: reload: 1 error\n" },
	{ { "reload", "--for", "up" }, "", 2, NULL, "",
		"ipsec-ctl: reload does not take --for\n" },
	{ { "doctor", "--for", "up" }, "", 2, NULL, "",
		"ipsec-ctl: doctor does not take --for\n" },
	{ { "convert" }, "", 2, NULL, "",
		"ipsec-ctl: usage: ipsec-ctl convert FILE [--out DIR]\n" },
	{ { "simulate", "--for", "up" }, "", 2, NULL, "",
		"ipsec-ctl: simulate does not take --for\n" },
	{ { "reload", "--dry-run" }, CHANGE RELOAD("true") OK, 0,
		"{\"method\":\"reload\",\"params\":{\"dry_run\":true}}\n",
		"~ b  restarted\n      secret  content changed\n"
		"peers: 1 changed, 7 unchanged\na dry run: nothing has been changed\n", "" },
	{ { "-j", "reload", "--dry-run" }, CHANGE RELOAD("true") OK, 0,
		"{\"method\":\"reload\",\"params\":{\"dry_run\":true}}\n",
		CHANGE RELOAD("true"), "" },
	{ { "-q", "reload" }, CHANGE RELOAD("false") OK, 0,
		"{\"method\":\"reload\",\"params\":{}}\n", "", "" },
	{ { "reload", "--confirm", "1m30s" }, RELOAD("false,\"trial_s\":90") OK, 0,
		"{\"method\":\"reload\",\"params\":{\"confirm_s\":90}}\n",
		"peers: 1 changed, 7 unchanged\n"
		"on trial: goes back in 1 min, unless you say: ipsec-ctl reload --keep\n"
		"the configuration is in force\n", "" },
	{ { "reload", "--keep" }, OK, 0, "{\"method\":\"reload\",\"params\":{\"keep\":true}}\n",
		"the configuration stays\n", "" },
	{ { "reload", "--undo" }, CHANGE OK, 0, "{\"method\":\"reload\",\"params\":{\"undo\":true}}\n",
		"~ b  restarted\n      secret  content changed\n"
		"the configuration before is in force again\n", "" },
	{ { "reload", "--confirm", "0" }, "", 2, NULL, "",
		"ipsec-ctl: --confirm: '0' is no duration\n  -> such as 90, 30s or 1m30s\n" },
	{ { "up", "b", "--keep" }, "", 2, NULL, "",
		"ipsec-ctl: up does not take --keep\n" },
	{ { "keygen", "psk" }, "", 2, NULL, "",
		"ipsec-ctl: keygen psk: -o FILE says where the key goes\n"
		"  -> for a peer named branch: -o /etc/ipsecd/secrets/branch.psk\n" },
	{ { "keygen", "dsa", "-o", "x" }, "", 2, NULL, "",
		"ipsec-ctl: keygen: no keys of kind 'dsa'\n"
		"  -> psk, ed25519, ecdsa, ecdsa:384, ecdsa:521, rsa, or rsa:2048 to rsa:8192\n" },
	{ { "keygen", "psk", "-o", "x", "--key", "rsa" }, "", 2, NULL, "",
		"ipsec-ctl: keygen does not take --key\n" },
	{ { "ca" }, "", 2, NULL, "",
		"ipsec-ctl: no verb named 'ca'\n  -> ca init, ca issue, ca revoke or ca crl\n" },
	{ { "ca", "inti" }, "", 2, NULL, "",
		"ipsec-ctl: no verb named 'ca inti'\n  -> did you mean 'ca init'?\n" },
	{ { "ca", "init", "a", "b" }, "", 2, NULL, "",
		"ipsec-ctl: usage: ipsec-ctl ca init [NAME]\n" },
	{ { "ca", "init", "--out", "x" }, "", 2, NULL, "",
		"ipsec-ctl: ca init does not take --out\n" },
	{ { "ca", "issue" }, "", 2, NULL, "",
		"ipsec-ctl: usage: ipsec-ctl ca issue NAME [--san NAME].. [--out DIR]\n" },
	{ { "ca", "revoke" }, "", 2, NULL, "",
		"ipsec-ctl: usage: ipsec-ctl ca revoke NAME|SERIAL\n" },
	{ { "ca", "crl", "--days", "soon" }, "", 2, NULL, "",
		"ipsec-ctl: --days: not 'soon'\n  -> a number from 1 to 36500\n" },
	{ { "help", "ca", "revoke" }, "", 0, NULL,
		"ipsec-ctl ca revoke NAME|SERIAL\n"
		"  it is no longer valid; writes the authority's CRL anew\n", "" },
	{ { "demo", "now" }, "", 2, NULL, "",
		"ipsec-ctl: usage: ipsec-ctl demo\n" },
	{ { "check", "/nonexistent/ipsecd.yaml" }, "", 5, NULL, "", NULL },
	{ { "--root", "/nonexistent", "history" }, "", 1, NULL, "",
		"ipsec-ctl: '/nonexistent/var/lib/ipsecd': No such file or directory\n  -> ipsecd keeps copies there, if it is there when it is started; systemd makes it\n" },
	{ { "history", "--out", "x" }, "", 2, NULL, "",
		"ipsec-ctl: --out: of which copy?\n  -> ipsec-ctl history lists them\n" },
	{ { "help", "up" }, "", 0, NULL,
		"ipsec-ctl up PEER[/CHILD] [--timeout D]\n"
		"  bring it up, and say what happens until the verdict\n", "" },
	{ { "statsu" }, "", 2, NULL, "",
		"ipsec-ctl: no verb named 'statsu'\n  -> did you mean 'status'?\n" },
	{ { "frobnicate" }, "", 2, NULL, "",
		"ipsec-ctl: no verb named 'frobnicate'\n  -> see: ipsec-ctl help\n" },
	{ { "a\033[2J" }, "", 2, NULL, "",
		"ipsec-ctl: no verb named 'a\\x1b[2J'\n  -> see: ipsec-ctl help\n" },
	{ { "--frobnicate" }, "", 2, NULL, "",
		"ipsec-ctl: no option '--frobnicate'\n  -> see: ipsec-ctl help\n" },
	{ { "up", "b", "--timeot=5s" }, "", 2, NULL, "",
		"ipsec-ctl: no option '--timeot=5s'\n  -> did you mean '--timeout'?\n" },
	{ { "-Q" }, "", 2, NULL, "",
		"ipsec-ctl: no option '-Q'\n  -> see: ipsec-ctl help\n" },
	{ { "up", "--help" }, "", 0, NULL,
		"ipsec-ctl up PEER[/CHILD] [--timeout D]\n"
		"  bring it up, and say what happens until the verdict\n", "" },
	{ { "reload", "--keep", "--undo" }, "", 2, NULL, "",
		"ipsec-ctl: reload: one of --dry-run, --confirm, --keep and --undo\n" },
	{ { "-s" }, "", 2, NULL, "",
		"ipsec-ctl: -s needs a value\n  -> see: ipsec-ctl help\n" },
	{ { "--color", "blue" }, "", 2, NULL, "",
		"ipsec-ctl: --color: not 'blue'\n  -> auto, always or never\n" },
	{ { "--color", "always", "up", "b" }, OK, 0,
		"{\"method\":\"up\",\"params\":{\"peer\":\"b\"}}\n",
		"\033[32m+\033[0m b is up\n", "" },
	// clang-format on
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* One run with its own streams. */
struct outcome {
	int code;
	char *out, *err;
};

static struct outcome run(const char *const *args, int fd)
{
	char *argv[MAX_ARGS + 2] = { strdup("ipsec-ctl") };
	struct outcome outcome = { 0 };
	size_t out_size, err_size;
	struct ctl ctl = { .fd = fd, .style.now_ms = 1795363771042 };
	int argc = 1;

	setenv("TZ", "UTC", 1);
	for (; args[argc - 1]; argc++)
		argv[argc] = strdup(args[argc - 1]);
	ctl.out = open_memstream(&outcome.out, &out_size);
	ctl.err = open_memstream(&outcome.err, &err_size);
	outcome.code = ctl_run(&ctl, argc, argv);
	fclose(ctl.out);
	fclose(ctl.err);
	/* With a socket the other end is the test's own. */
	if (fd < 0) {
		records_check(outcome.out);
		records_check(outcome.err);
	}
	if (ctl.fd >= 0)
		close(ctl.fd);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return outcome;
}

static void outcome_free(struct outcome *outcome)
{
	free(outcome->out);
	free(outcome->err);
}

START_TEST(a_verb)
{
	const struct run *row = &rows[_i];
	size_t len = strlen(row->answer);
	char asked[TEXT] = "";
	struct outcome outcome;
	int ends[2];
	ssize_t got;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(write(ends[1], row->answer, len), (ssize_t)len);
	shutdown(ends[1], SHUT_WR);
	outcome = run(row->args, ends[0]);
	got = recv(ends[1], asked, sizeof(asked) - 1, MSG_DONTWAIT);
	close(ends[1]);
	ck_assert_str_eq(outcome.out, row->out);
	if (row->err)
		ck_assert_str_eq(outcome.err, row->err);
	else
		ck_assert_str_ne(outcome.err, "");
	ck_assert_int_eq(outcome.code, row->code);
	if (row->asked)
		ck_assert_str_eq(asked, row->asked);
	else
		ck_assert_int_le(got, 0);
	outcome_free(&outcome);
}
END_TEST

/* Each exit code of ipsec-ctl(8) is what the shell sees. */
START_TEST(the_code_of_a_verdict_is_the_exit_code)
{
	static const int codes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 22, 23, 24,
		25, 26, 27, 28 };
	const char *const args[] = { "up", "b", NULL };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct outcome outcome;
		char answer[64];
		int ends[2], len;

		len = snprintf(answer, sizeof(answer),
			"{\"ok\":false,\"code\":%d,\"error\":\"no\"}\n",
			codes[i]);
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		ck_assert_int_eq(write(ends[1], answer, (size_t)len), len);
		outcome = run(args, ends[0]);
		close(ends[1]);
		ck_assert_int_eq(outcome.code, codes[i]);
		outcome_free(&outcome);
	}
}
END_TEST

/* Do these words begin with a verb of one word or of two? */
static bool begins_with(const char *const *words, const char *verb)
{
	size_t len = strcspn(verb, " ");

	return strncmp(words[0], verb, len) == 0 && !words[0][len] &&
	       (!verb[len] ||
		       (words[1] && strcmp(words[1], verb + len + 1) == 0));
}

START_TEST(every_verb_has_its_row)
{
	const char *verb;

	for (size_t i = 0; (verb = ctl_verb(i)) != NULL; i++) {
		bool found = false;

		for (size_t j = 0; j < ROWS && !found; j++) {
			for (size_t k = 0; rows[j].args[k] && !found; k++)
				found = begins_with(&rows[j].args[k], verb);
		}
		ck_assert_msg(found, "no test for the verb '%s'", verb);
	}
}
END_TEST

START_TEST(algorithms_need_no_daemon)
{
	const char *const args[] = { "list", "algorithms", NULL };
	struct outcome outcome = run(args, -1);

	ck_assert_int_eq(outcome.code, 0);
	ck_assert_ptr_nonnull(strstr(outcome.out, "chacha20poly1305"));
	ck_assert_ptr_nonnull(strstr(outcome.out, "x25519"));
	outcome_free(&outcome);
}
END_TEST

START_TEST(no_daemon_is_6)
{
	const char *const args[] = { "-s", "/nonexistent/sock", "status",
		NULL };
	struct outcome outcome = run(args, -1);

	ck_assert_int_eq(outcome.code, REPORT_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(outcome.err, "/nonexistent/sock"));
	outcome_free(&outcome);
}
END_TEST

START_TEST(a_socket_that_nobody_serves_is_6)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/ipsec-ctl.XXXXXX";
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct outcome outcome;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(where.sun_path, sizeof(where.sun_path), "%s/sock", folder);
	ck_assert_int_eq(
		bind(fd, (const struct sockaddr *)&where, sizeof(where)), 0);
	close(fd);
	outcome = run((const char *const[]){ "-s", where.sun_path, NULL }, -1);
	ck_assert_int_eq(outcome.code, REPORT_UNREACHABLE);
	outcome_free(&outcome);
	unlink(where.sun_path);
	rmdir(folder);
}
END_TEST

START_TEST(a_new_key_is_for_its_owner_alone)
{
	char folder[] = "/tmp/ipsec-ctl.XXXXXX", file[64];
	const char *const args[] = { "keygen", "psk", "-o", file, NULL };
	struct outcome outcome;
	struct stat made;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/branch.psk", folder);
	outcome = run(args, -1);
	ck_assert_int_eq(outcome.code, 0);
	ck_assert_int_eq(stat(file, &made), 0);
	ck_assert_uint_eq(made.st_mode & 0777, 0600);
	outcome_free(&outcome);
	/* Never over one that is there. */
	outcome = run(args, -1);
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_str_ne(outcome.err, "");
	outcome_free(&outcome);
	unlink(file);
	rmdir(folder);
}
END_TEST

/* A record longer than any buffer of ours, and one in pieces. */
START_TEST(long_lines_are_read)
{
	static char line[200000];
	const char *const args[] = { "-j", "monitor", NULL };
	struct outcome outcome;
	int ends[2], size = 1 << 20;
	size_t len;

	len = (size_t)snprintf(
		line, sizeof(line), "{\"schema\":\"ipsecd/1\",\"x\":\"");
	memset(line + len, 'x', 150000);
	strcpy(line + len + 150000, "\"}\n" OK);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	ck_assert_int_eq(
		write(ends[1], line, strlen(line)), (ssize_t)strlen(line));
	outcome = run(args, ends[0]);
	close(ends[1]);
	ck_assert_int_eq(outcome.code, 0);
	ck_assert_uint_eq(strlen(outcome.out), strlen(line) - strlen(OK));
	outcome_free(&outcome);
}
END_TEST

SUITE(ctl_verbs)
{
	loop_test(a_verb, ROWS);
	test(the_code_of_a_verdict_is_the_exit_code);
	test(every_verb_has_its_row);
	test(algorithms_need_no_daemon);
	test(no_daemon_is_6);
	test(a_socket_that_nobody_serves_is_6);
	test(a_new_key_is_for_its_owner_alone);
	test(long_lines_are_read);
}

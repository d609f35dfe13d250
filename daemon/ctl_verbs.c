/* ctl_verbs.c - THE table of verbs of ipsec-ctl (ipsec-ctl(8)).
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_verbs.h"

#include "config/config.h"
#include "config/credentials.h"
#include "config/errors.h"
#include "daemon/ctl_ca.h"
#include "daemon/ctl_certs.h"
#include "daemon/ctl_client.h"
#include "daemon/ctl_convert.h"
#include "daemon/ctl_doctor.h"
#include "daemon/ctl_explain.h"
#include "daemon/ctl_history.h"
#include "daemon/ctl_keylog.h"
#include "daemon/ctl_keys.h"
#include "daemon/ctl_render.h"
#include "daemon/ctl_simulate.h"
#include "daemon/ctl_user.h"
#include "daemon/report.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ANSWER_MS = 30000, /* for what the daemon answers at once */
	GRACE_MS = 10000,  /* past what the daemon was asked to wait */
	PATH_SIZE = 4096,
};

#define CLOSED_HINT "has it ended? systemctl status ipsecd"

/* Which options a verb takes beyond those of all. */
enum {
	TAKES_FOR = 1,
	TAKES_TIMEOUT = 2,
	TAKES_OUTPUT = 4,
	TAKES_IKE = 8,
	TAKES_KEY = 16,
	TAKES_DAYS = 32,
	TAKES_AUTHORITY = 64,
	TAKES_SAN = 128,
	TAKES_OUT = 256,
	TAKES_FROM = 512,
	TAKES_CONFIG = 1024,
	TAKES_TRIAL = 2048,
};

struct verb {
	const char *name;
	const char *args; /* for the usage */
	int least, most;  /* of them */
	unsigned int takes;
	int (*run)(struct ctl *ctl, const struct verb *verb, char **args,
		int count);
	const char *help;
};

/* --- Saying what is wrong ------------------------------------------------- */

/* To people, or as the verdict's JSON. */
int ctl_complain(
	const struct ctl *ctl, int code, const char *error, const char *hint)
{
	json_t *verdict;
	char *clean;

	if (hint && !*hint)
		hint = NULL;
	if (ctl->json) {
		verdict = report_verdict(code, error, hint);
		json_dumpf(verdict, ctl->err, JSON_COMPACT);
		fputc('\n', ctl->err);
		json_decref(verdict);
		return code;
	}
	clean = text_clean(&ctl->style, error);
	fprintf(ctl->err, "ipsec-ctl: %s\n", clean);
	free(clean);
	if (hint) {
		clean = text_clean(&ctl->style, hint);
		fprintf(ctl->err, "  %s %s\n",
			style_mark(&ctl->style, MARK_THEREFORE), clean);
		free(clean);
	}
	return code;
}

int ctl_fail(const struct ctl *ctl, int code, const char *hint,
	const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return ctl_complain(ctl, code, text, hint);
}

void ctl_record(const struct ctl *ctl, json_t *record)
{
	if (ctl->json && !ctl->quiet) {
		json_dumpf(record, ctl->out, JSON_COMPACT);
		fputc('\n', ctl->out);
	}
	json_decref(record);
}

/* --- Asking the daemon ---------------------------------------------------- */

/* What came of it, beyond the verdict. */
struct answer {
	size_t records;
	bool seen_peer;      /* a record of kind "peer" .. */
	bool peer_up;        /* .. whose state was up */
	bool peer_failed;    /* .. with a last failure */
	const char *unknown; /* hint at an unknown name that is near no other */
	void (*take)(void *ctx, const json_t *record); /* instead of printing */
	void *ctx;
};

static void look_at(struct answer *answer, const json_t *record)
{
	const char *kind = json_string_value(json_object_get(record, "record"));
	const char *state = json_string_value(json_object_get(record, "state"));

	answer->records++;
	if (!kind || !state || strcmp(kind, "peer") != 0)
		return;
	answer->seen_peer = true;
	answer->peer_up = strcmp(state, "up") == 0;
	answer->peer_failed =
		json_is_object(json_object_get(record, "last_error"));
}

static int verdict_of(const struct ctl *ctl, const char *about,
	const struct answer *answer, const json_t *verdict)
{
	json_int_t code = json_integer_value(json_object_get(verdict, "code"));
	const char *error =
		json_string_value(json_object_get(verdict, "error"));
	const char *hint = json_string_value(json_object_get(verdict, "hint"));

	if (json_is_true(json_object_get(verdict, "ok")))
		return REPORT_OK;
	if (code <= 0 || code > 255)
		code = REPORT_FAILED;
	if (!hint && code == REPORT_UNKNOWN)
		hint = answer->unknown;
	if (ctl->json)
		return ctl_complain(
			ctl, (int)code, error ? error : "failed", hint);
	if (!hint && code == REPORT_UNKNOWN)
		hint = "see: ipsec-ctl list peers";
	return ctl_fail(ctl, (int)code, hint, "%s: %s", about,
		error ? error : "failed");
}

/* Reads records until the verdict: the exit code. */
static int read_answer(struct ctl *ctl, struct client *client,
	const char *about, int timeout_ms, struct render *render,
	struct answer *answer)
{
	for (;;) {
		const char *line;
		json_t *record;
		int code;

		switch (client_read(client, timeout_ms, &line)) {
		case CLIENT_LINE:
			break;
		case CLIENT_GONE:
			return ctl_fail(ctl, REPORT_UNREACHABLE, CLOSED_HINT,
				"%s: ipsecd closed the connection", about);
		case CLIENT_LATE:
			return ctl_fail(ctl, REPORT_TIMEOUT, NULL,
				"%s: ipsecd does not answer", about);
		}
		record = json_loads(line, 0, NULL);
		if (!record) {
			return ctl_fail(ctl, REPORT_FAILED, NULL,
				"%s: that is no ipsecd at the other end",
				about);
		}
		if (json_object_get(record, "ok")) {
			code = verdict_of(ctl, about, answer, record);
			json_decref(record);
			return code;
		}
		look_at(answer, record);
		if (answer->take) {
			answer->take(answer->ctx, record);
		} else if (ctl->json && !ctl->quiet) {
			fprintf(ctl->out, "%s\n", line);
			fflush(ctl->out);
		} else if (!ctl->quiet) {
			render_record(render, record);
		}
		json_decref(record);
	}
}

static int connect_to(struct ctl *ctl, struct client *client)
{
	char path[PATH_SIZE], error[CLIENT_TEXT] = "", hint[CLIENT_TEXT] = "";
	int code;

	if (ctl->fd >= 0) {
		client_adopt(client, ctl->fd);
		ctl->fd = -1;
		return REPORT_OK;
	}
	if (ctl->socket)
		snprintf(path, sizeof(path), "%s", ctl->socket);
	else
		snprintf(path, sizeof(path), "%s/run/ipsecd/control.sock",
			ctl->root ? ctl->root : "");
	code = client_open(client, path, error, hint);
	return code == REPORT_OK ? code : ctl_complain(ctl, code, error, hint);
}

/* One request and all of its answer.  Takes the reference to params. */
static int ask(struct ctl *ctl, const char *method, const char *about,
	json_t *params, int timeout_ms, bool detail, struct answer *answer)
{
	struct client client;
	struct render render;
	int code = connect_to(ctl, &client);

	if (code != REPORT_OK) {
		json_decref(params);
		return code;
	}
	render_begin(&render, ctl->out, ctl->style, detail);
	if (client_ask(&client, method, params))
		code = read_answer(
			ctl, &client, about, timeout_ms, &render, answer);
	else
		code = ctl_fail(ctl, REPORT_UNREACHABLE, CLOSED_HINT,
			"%s: ipsecd closed the connection", about);
	render_end(&render);
	client_close(&client);
	return code;
}

int ctl_ask(struct ctl *ctl, const char *method, json_t *params,
	void (*take)(void *ctx, const json_t *record), void *ctx)
{
	struct answer answer = { .take = take, .ctx = ctx };

	return ask(ctl, method, method, params, -1, false, &answer);
}

static json_t *params_of(const struct ctl *ctl, const char *peer)
{
	json_t *params = json_object();

	if (peer)
		report_set_text(params, "peer", peer);
	if (ctl->has_timeout)
		json_object_set_new(
			params, "timeout_s", json_integer(ctl->timeout_s));
	return params;
}

/* The daemon keeps the time that it was asked to; this is for one that hangs. */
static int patience(const struct ctl *ctl)
{
	uint64_t ms = (uint64_t)ctl->timeout_s * 1000 + GRACE_MS;

	if (!ctl->has_timeout || ms > INT32_MAX)
		return -1;
	return (int)ms;
}

/* --- Verbs ---------------------------------------------------------------- */

static int run_status(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *peer = count > 0 ? args[0] : NULL;
	struct answer answer = { 0 };
	int code = ask(ctl, verb->name, "status", params_of(ctl, peer),
		ANSWER_MS, peer != NULL || ctl->verbose, &answer);

	if (code == REPORT_OK && peer && answer.seen_peer && !answer.peer_up)
		return REPORT_NOT_UP;
	return code;
}

static int run_explain(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *peer = count > 0 ? args[0] : NULL;
	struct answer answer = { 0 };
	char hint[HINT_SIZE];
	int code;

	if (peer && ctl_explain_word(ctl, peer))
		return REPORT_OK;
	answer.unknown = peer ? ctl_explain_hint(peer, hint) : NULL;
	code = ask(ctl, verb->name, "explain", params_of(ctl, peer), ANSWER_MS,
		ctl->verbose, &answer);
	if (code == REPORT_OK && ctl_speaks(ctl) &&
		(answer.records == 0 ||
			(answer.seen_peer && !answer.peer_failed)))
		fputs("nothing has failed since ipsecd was started\n",
			ctl->out);
	return code;
}

static int list_algorithms(const struct ctl *ctl)
{
	const struct transform *transform;
	struct render render;

	render_begin(&render, ctl->out, ctl->style, false);
	for (size_t i = 0; (transform = transform_at(i)) != NULL; i++) {
		json_t *record = report_algorithm(transform);

		if (ctl->json && !ctl->quiet) {
			json_dumpf(record, ctl->out, JSON_COMPACT);
			fputc('\n', ctl->out);
		} else if (!ctl->quiet) {
			render_record(&render, record);
		}
		json_decref(record);
	}
	render_end(&render);
	return REPORT_OK;
}

static int run_list(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	json_t *params;
	struct answer answer = { 0 };
	int code;

	if (count > 1 && (strcmp(args[0], "algorithms") == 0 ||
				 strcmp(args[0], "certs") == 0))
		return ctl_fail(ctl, REPORT_USAGE, NULL,
			"list %s is the same for all peers", args[0]);
	/* The same in every daemon of this version: needs none. */
	if (strcmp(args[0], "algorithms") == 0)
		return list_algorithms(ctl);
	/* Files, which are there when the daemon is not. */
	if (strcmp(args[0], "certs") == 0)
		return ctl_list_certs(ctl);
	params = params_of(ctl, count > 1 ? args[1] : NULL);
	report_set_text(params, "what", args[0]);
	code = ask(ctl, verb->name, "list", params, ANSWER_MS, false, &answer);
	if (code == REPORT_OK && answer.records == 0 && !ctl->json &&
		!ctl->quiet)
		fprintf(ctl->out, "no %s\n", args[0]);
	return code;
}

static void say_done(const struct ctl *ctl, const char *peer, const char *state)
{
	char *name = text_clean(&ctl->style, peer);

	if (!ctl->json && !ctl->quiet) {
		fprintf(ctl->out, "%s %s is %s\n",
			style_mark(&ctl->style, strcmp(state, "down") == 0
							? MARK_MIDDLE
							: MARK_UP),
			name, state);
	}
	free(name);
}

/* up, down: what happens, until the verdict. */
static int run_change(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	struct answer answer = { 0 };
	char about[128];
	int code;

	(void)count;
	snprintf(about, sizeof(about), "%s %.100s", verb->name, args[0]);
	code = ask(ctl, verb->name, about, params_of(ctl, args[0]),
		patience(ctl), false, &answer);
	if (code == REPORT_OK)
		say_done(ctl, args[0], verb->name);
	return code;
}

/* What happens, until all that was asked for has been replaced. */
static int run_rekey(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	json_t *params = params_of(ctl, args[0]);
	struct answer answer = { 0 };
	char about[128];
	int code;

	(void)count;
	snprintf(about, sizeof(about), "rekey %.100s", args[0]);
	if (ctl->ike)
		json_object_set_new(params, "ike", json_true());
	code = ask(
		ctl, verb->name, about, params, patience(ctl), false, &answer);
	if (code == REPORT_OK)
		say_done(ctl, args[0], "rekeyed");
	return code;
}

static int run_wait(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *state = ctl->wait_for ? ctl->wait_for : "up";
	json_t *params = params_of(ctl, args[0]);
	struct answer answer = { 0 };
	char about[128];
	int code;

	(void)count;
	snprintf(about, sizeof(about), "wait %.100s", args[0]);
	report_set_text(params, "for", state);
	code = ask(
		ctl, verb->name, about, params, patience(ctl), false, &answer);
	if (code == REPORT_OK)
		say_done(ctl, args[0], state);
	return code;
}

static int run_monitor(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	struct answer answer = { 0 };

	return ask(ctl, verb->name, "monitor",
		params_of(ctl, count > 0 ? args[0] : NULL), patience(ctl),
		false, &answer);
}

/* counters, metrics: what has been counted. */
static int run_counted(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *peer = count > 0 ? args[0] : NULL;
	struct answer answer = { 0 };

	return ask(ctl, verb->name, verb->name, params_of(ctl, peer), ANSWER_MS,
		peer != NULL || ctl->verbose, &answer);
}

static int run_reload(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const struct ctl_trial *trial = &ctl->trial;
	struct answer answer = { 0 };
	json_t *params;
	int code;

	(void)args;
	(void)count;
	if (trial->dry_run + trial->keep + trial->undo +
			(trial->confirm_s > 0) >
		1)
		return ctl_fail(ctl, REPORT_USAGE, NULL,
			"reload: one of --dry-run, --confirm, --keep and "
			"--undo");
	params = json_object();
	if (trial->dry_run)
		json_object_set_new(params, "dry_run", json_true());
	if (trial->confirm_s > 0)
		json_object_set_new(
			params, "confirm_s", json_integer(trial->confirm_s));
	if (trial->keep)
		json_object_set_new(params, "keep", json_true());
	if (trial->undo)
		json_object_set_new(params, "undo", json_true());
	code = ask(
		ctl, verb->name, "reload", params, ANSWER_MS, false, &answer);
	if (code == REPORT_OK && ctl_speaks(ctl) && !trial->dry_run)
		fputs(trial->keep     ? "the configuration stays\n"
			: trial->undo ? "the configuration before is in force "
					"again\n"
				      : "the configuration is in force\n",
			ctl->out);
	return code;
}

static void print_errors(
	const struct ctl *ctl, const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count && ctl->json; i++) {
		json_t *record = report_config_error(&errors->list[i]);

		json_dumpf(record, ctl->out, JSON_COMPACT);
		fputc('\n', ctl->out);
		json_decref(record);
	}
	if (!ctl->json)
		config_errors_print(errors, ctl->err);
}

static int run_check(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	struct config_errors errors = { 0 };
	struct ctl_user user = { .other = false };
	struct config *config;
	char path[PATH_SIZE];
	int code = REPORT_OK;

	(void)verb;
	if (count > 0)
		snprintf(path, sizeof(path), "%s", args[0]);
	else
		snprintf(path, sizeof(path), "%s/etc/ipsecd/ipsecd.yaml",
			ctl->root ? ctl->root : "");
	/* What the daemon will read, as the daemon. */
	if (!ctl->root && strcmp(path, CTL_DAEMON_CONFIG) == 0)
		ctl_user_begin(&user, CTL_DAEMON_USER);
	config = config_load(path, ctl->root, &errors);
	ctl_user_end(&user);
	print_errors(ctl, &errors);
	if (!config || errors.errors > 0 || errors.left_out > 0)
		code = REPORT_CONFIG;
	else if (!ctl->quiet && !ctl->json)
		fprintf(ctl->out, "%s: no errors, %zu peer%s\n", path,
			config->peers.count,
			config->peers.count == 1 ? "" : "s");
	config_errors_clear(&errors);
	config_free(config);
	return code;
}

static int run_convert(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	(void)verb;
	(void)count;
	return ctl_convert(ctl, args[0]);
}

static int run_keygen(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	char error[CREDENTIALS_TEXT] = "", key[CREDENTIALS_NEW_PSK];
	json_t *record;

	(void)verb;
	(void)count;
	if (strcmp(args[0], "psk") != 0)
		return ctl_keygen(ctl, args[0]);
	if (!ctl->output)
		return ctl_fail(ctl, REPORT_USAGE,
			"for a peer named branch: -o "
			"/etc/ipsecd/secrets/branch.psk",
			"keygen psk: -o FILE says where the key goes");
	if (strcmp(ctl->output, "-") == 0) {
		credentials_new_psk(key);
		fprintf(ctl->out, "%s\n", key);
		explicit_bzero(key, sizeof(key));
		return REPORT_OK;
	}
	if (!credentials_write_new_psk(ctl->output, error))
		return ctl_fail(
			ctl, REPORT_FAILED, NULL, "keygen psk: %s", error);
	record = report_head("key");
	report_set_text(record, "file", ctl->output);
	report_set_text(record, "key", "psk");
	ctl_record(ctl, record);
	if (ctl_speaks(ctl))
		fprintf(ctl->out,
			"%s: a new key of 256 bits; the other side needs the "
			"same file\n",
			ctl->output);
	return REPORT_OK;
}

/* Installed beside this program, or in the tree it was built in. */
static int run_demo(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	static const char *const places[] = { "../share/ipsecd/demo",
		"../../scripts/demo" };
	char self[PATH_SIZE / 2], script[PATH_SIZE];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	(void)verb;
	(void)args;
	(void)count;
	self[len > 0 ? len : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *const argv[] = { script, NULL };

		snprintf(script, sizeof(script), "%s/%s", self, places[i]);
		if (access(script, X_OK) == 0)
			execv(script, argv);
	}
	return ctl_fail(ctl, REPORT_FAILED, "in the source tree: scripts/demo",
		"demo: the script is not installed here");
}

static int run_help(
	struct ctl *ctl, const struct verb *verb, char **args, int count);

/* --- The table ------------------------------------------------------------ */

/* To add a verb: a row here, its method in commands.c if the daemon answers it,
 * and a row in tests/unit/ctl_verbs.c, which fails without it. */
static const struct verb verbs[] = {
	// clang-format off
	{ "status", "[PEER]", 0, 1, 0, run_status,
		"one line a peer; with PEER all there is to say about it" },
	{ "explain", "[PEER|KEY|CODE|NOTIFY|PROPOSAL]", 0, 1, 0, run_explain,
		"why the last attempts failed, and what would mend it; what a word means" },
	{ "list", "peers|sas|children|policies|certs|algorithms [PEER]", 1, 2, 0, run_list,
		"tables" },
	{ "monitor", "[PEER] [--timeout D]", 0, 1, TAKES_TIMEOUT, run_monitor,
		"what happens, as it happens" },
	{ "up", "PEER[/CHILD] [--timeout D]", 1, 1, TAKES_TIMEOUT, run_change,
		"bring it up, and say what happens until the verdict" },
	{ "down", "PEER[/CHILD] [--timeout D]", 1, 1, TAKES_TIMEOUT, run_change,
		"take it down" },
	{ "rekey", "PEER[/CHILD] [--ike] [--timeout D]", 1, 1, TAKES_IKE | TAKES_TIMEOUT, run_rekey,
		"new keys: for a child, or the IKE SA and all children; --ike: for the IKE SA alone" },
	{ "wait", "PEER[/CHILD] [--for up|down] [--timeout D]", 1, 1, TAKES_FOR | TAKES_TIMEOUT, run_wait,
		"until it is so; for scripts and units" },
	{ "keylog", "PEER [--for D] [-o DIR]", 1, 1, TAKES_FOR | TAKES_OUTPUT, ctl_keylog,
		"its keys as Wireshark's tables, for ten minutes or D; for root alone" },
	{ "counters", "[PEER]", 0, 1, 0, run_counted,
		"exchanges, repetitions, drops, failures by cause, rekeys, octets" },
	{ "metrics", "", 0, 0, 0, run_counted,
		"the same as OpenMetrics text" },
	{ "reload", "[--dry-run | --confirm D | --keep | --undo]", 0, 0, TAKES_TRIAL, run_reload,
		"take the configuration over, whole or not at all, and say what changes; --confirm: it goes back after D without --keep" },
	{ "history", "[N] [--out DIR]", 0, 1, TAKES_OUT, ctl_history,
		"kept copies of good configurations; with N what has changed since, with --out it is put back; needs no daemon" },
	{ "check", "[FILE]", 0, 1, 0, run_check,
		"all errors of a configuration; needs no daemon" },
	{ "convert", "FILE [--out DIR]", 1, 1, TAKES_OUT, run_convert,
		"swanctl.conf, ipsec.conf or iked.conf as our YAML, and what it could not carry over; needs no daemon" },
	{ "simulate", "--from CLIENT [PEER] [--config FILE]", 0, 1, TAKES_FROM | TAKES_CONFIG, ctl_simulate,
		"what windows11, ios, android, aws, .. would negotiate with this configuration; needs no daemon" },
	{ "doctor", "[--config FILE]", 0, 0, TAKES_CONFIG, ctl_doctor,
		"what on this host is in the way, with the command that mends it; needs no daemon" },
	{ "keygen", "psk|ed25519|ecdsa|rsa -o FILE", 1, 1, TAKES_OUTPUT, run_keygen,
		"a new secret or private key, mode 0600; ecdsa:384, rsa:4096 have so many bits" },
	{ "ca init", "[NAME]", 0, 1, TAKES_KEY | TAKES_DAYS | TAKES_AUTHORITY, ctl_ca_init,
		"an authority of your own, called ca; with --ca one below another" },
	{ "ca issue", "NAME [--san NAME].. [--out DIR]", 1, 1,
		TAKES_KEY | TAKES_DAYS | TAKES_AUTHORITY | TAKES_SAN | TAKES_OUT, ctl_ca_issue,
		"a key and its certificate for a host name, an address or u@host" },
	{ "ca revoke", "NAME|SERIAL", 1, 1, TAKES_DAYS | TAKES_AUTHORITY, ctl_ca_revoke,
		"it is no longer valid; writes the authority's CRL anew" },
	{ "ca crl", "", 0, 0, TAKES_DAYS | TAKES_AUTHORITY, ctl_ca_crl,
		"write the authority's CRL anew, before its days are over" },
	{ "demo", "", 0, 0, 0, run_demo,
		"two daemons, a tunnel, a ping, cleaned up after" },
	{ "help", "[VERB]", 0, 2, 0, run_help,
		"this" },
	// clang-format on
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

const char *ctl_verb(size_t i)
{
	return i < VERBS ? verbs[i].name : NULL;
}

/* A verb of one word or, as in "ca init", of two; *words of args are its name. */
static const struct verb *verb_named(char **args, int count, int *words)
{
	for (size_t i = 0; i < VERBS; i++) {
		const char *space = strchr(verbs[i].name, ' ');
		size_t len = space ? (size_t)(space - verbs[i].name)
				   : strlen(verbs[i].name);

		if (strncmp(verbs[i].name, args[0], len) != 0 || args[0][len])
			continue;
		*words = space ? 2 : 1;
		if (!space || (count > 1 && strcmp(space + 1, args[1]) == 0))
			return &verbs[i];
	}
	return NULL;
}

static int unknown_verb(const struct ctl *ctl, char **args, int count)
{
	bool two = strcmp(args[0], "ca") == 0 && count > 1;
	char name[128], hint[HINT_SIZE];
	struct nearest nearest;
	const char *text;

	snprintf(name, sizeof(name), "%.60s%s%.60s", args[0], two ? " " : "",
		two ? args[1] : "");
	nearest = nearest_to(name);

	for (size_t i = 0; i < VERBS; i++)
		nearest_try(&nearest, verbs[i].name);
	text = nearest_hint(&nearest, hint);
	if (strcmp(name, "ca") == 0)
		text = "ca init, ca issue, ca revoke or ca crl";
	return ctl_fail(ctl, REPORT_USAGE, *text ? text : "see: ipsec-ctl help",
		"no verb named '%s'", name);
}

static void usage(FILE *out)
{
	struct table *table = table_new();

	fputs("ipsec-ctl [OPTION].. [VERB ..]: look at ipsecd and tell it what "
	      "to do\n\n",
		out);
	for (size_t i = 0; i < VERBS; i++) {
		table_cell(table, "%s %s", verbs[i].name, verbs[i].args);
		table_cell(table, "%s", verbs[i].help);
		table_row_end(table);
	}
	table_print(table, out, 2, 3);
	fputs("\nwithout a verb: status\n\n", out);
	table = table_new();
	table_cell(table, "-j, --json");
	table_cell(table, "the records as the daemon gives them, one a line");
	table_row_end(table);
	table_cell(table, "-s, --socket SOCKET");
	table_cell(table, "instead of /run/ipsecd/control.sock");
	table_row_end(table);
	table_cell(table, "--root DIR");
	table_cell(table, "in front of every path");
	table_row_end(table);
	table_cell(table, "--color auto|always|never");
	table_cell(table, "auto: on a terminal");
	table_row_end(table);
	table_cell(table, "-q, --quiet");
	table_cell(table, "nothing but errors");
	table_row_end(table);
	table_cell(table, "-v, --verbose");
	table_cell(table, "status, explain: all there is to say");
	table_row_end(table);
	table_cell(table, "--from CLIENT");
	table_cell(table, "simulate: windows11, windows-default, ios, macos, "
			  "android, strongswan, libreswan, mikrotik, cisco, "
			  "azure, aws");
	table_row_end(table);
	table_cell(table, "--config FILE");
	table_cell(table, "simulate, doctor: instead of "
			  "/etc/ipsecd/ipsecd.yaml");
	table_row_end(table);
	table_cell(table, "--key ed25519|ecdsa|rsa[:BITS]");
	table_cell(table, "ca: ECDSA P-256 unless told otherwise, as Apple and "
			  "Windows refuse Ed25519");
	table_row_end(table);
	table_cell(table, "--san NAME");
	table_cell(table, "ca issue: another name for it, and again for more; "
			  "dns:, email:, ip: force the kind");
	table_row_end(table);
	table_cell(table, "--days N");
	table_cell(table, "ca: how long it is valid; 3650 an authority, 730 a "
			  "certificate, 30 a CRL");
	table_row_end(table);
	table_cell(table, "--ca NAME");
	table_cell(
		table, "ca: the authority that signs, if it is not called ca");
	table_row_end(table);
	table_cell(table, "--out DIR");
	table_cell(table,
		"ca issue: key, certificate and authority for another "
		"machine, to be copied to /etc/ipsecd; convert: ipsecd.yaml "
		"and secrets/; history: the configuration's files, in the "
		"place of those there");
	table_row_end(table);
	table_print(table, out, 2, 3);
	fputs("\nexit codes: 0 ok, 1 failed, 2 usage, 3 not up (status, rekey), "
	      "4 no such peer or child,\n"
	      "5 configuration invalid, 6 daemon not reachable, 7 permission, "
	      "8 timed out,\n"
	      "20 peer unreachable, 21 name does not resolve, 22 no proposal in "
	      "common, 23 key exchange,\n"
	      "24 the peer rejected us, 25 we rejected the peer, 26 no traffic "
	      "selectors in common,\n"
	      "27 the kernel refused, 28 certificate\n",
		out);
}

static int run_help(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const struct verb *about;
	int words;

	(void)verb;
	if (count == 0) {
		usage(ctl->out);
		return REPORT_OK;
	}
	about = verb_named(args, count, &words);
	if (!about)
		return unknown_verb(ctl, args, count);
	fprintf(ctl->out, "ipsec-ctl %s %s\n  %s\n", about->name, about->args,
		about->help);
	return REPORT_OK;
}

/* --- The command line ----------------------------------------------------- */

enum {
	OPTION_ROOT = 256,
	OPTION_COLOR,
	OPTION_FOR,
	OPTION_TIMEOUT,
	OPTION_IKE,
	OPTION_KEY,
	OPTION_DAYS,
	OPTION_AUTHORITY,
	OPTION_SAN,
	OPTION_OUT,
	OPTION_FROM,
	OPTION_CONFIG,
	OPTION_DRY_RUN,
	OPTION_CONFIRM,
	OPTION_KEEP,
	OPTION_UNDO,
	OPTION_VERSION,
};

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "socket", required_argument, NULL, 's' },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "color", required_argument, NULL, OPTION_COLOR },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "for", required_argument, NULL, OPTION_FOR },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "ike", no_argument, NULL, OPTION_IKE },
	{ "output", required_argument, NULL, 'o' },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "days", required_argument, NULL, OPTION_DAYS },
	{ "ca", required_argument, NULL, OPTION_AUTHORITY },
	{ "san", required_argument, NULL, OPTION_SAN },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "confirm", required_argument, NULL, OPTION_CONFIRM },
	{ "keep", no_argument, NULL, OPTION_KEEP },
	{ "undo", no_argument, NULL, OPTION_UNDO },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int set_color(struct ctl *ctl, const char *when)
{
	if (strcmp(when, "always") == 0)
		ctl->style.color = true;
	else if (strcmp(when, "never") == 0)
		ctl->style.color = false;
	else if (strcmp(when, "auto") == 0)
		ctl->style.color = ctl->terminal;
	else
		return ctl_fail(ctl, REPORT_USAGE, "auto, always or never",
			"--color: not '%s'", when);
	return REPORT_OK;
}

static int set_timeout(struct ctl *ctl, const char *text)
{
	if (!text_parse_duration(text, &ctl->timeout_s))
		return ctl_fail(ctl, REPORT_USAGE, "such as 90, 30s or 1m30s",
			"--timeout: '%s' is no duration", text);
	ctl->has_timeout = true;
	return REPORT_OK;
}

static int set_confirm(struct ctl *ctl, const char *text)
{
	if (!text_parse_duration(text, &ctl->trial.confirm_s) ||
		ctl->trial.confirm_s == 0)
		return ctl_fail(ctl, REPORT_USAGE, "such as 90, 30s or 1m30s",
			"--confirm: '%s' is no duration", text);
	return REPORT_OK;
}

/* Of certificates and CRLs; a hundred years. */
static int set_days(struct ctl *ctl, const char *text)
{
	char *end;
	unsigned long days = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || days < 1 || days > 36500)
		return ctl_fail(ctl, REPORT_USAGE, "a number from 1 to 36500",
			"--days: not '%s'", text);
	ctl->days = (uint32_t)days;
	return REPORT_OK;
}

static int add_san(struct ctl *ctl, const char *text)
{
	if (ctl->san_count == CTL_MAX_SANS)
		return ctl_fail(ctl, REPORT_USAGE, NULL,
			"--san: more than %d of them", CTL_MAX_SANS);
	ctl->san[ctl->san_count++] = text;
	return REPORT_OK;
}

/* "--timeout" of "--timeot=5s" */
static int unknown_option(const struct ctl *ctl, const char *written)
{
	char name[64], text[HINT_SIZE] = "";
	struct nearest nearest;

	snprintf(name, sizeof(name), "%.*s",
		(int)strcspn(written + strspn(written, "-"), "="),
		written + strspn(written, "-"));
	nearest = nearest_to(name);
	for (size_t i = 0; options[i].name; i++)
		nearest_try(&nearest, options[i].name);
	if (strncmp(written, "--", 2) == 0 && nearest.name)
		snprintf(text, sizeof(text), "did you mean '--%s'?",
			nearest.name);
	return ctl_fail(ctl, REPORT_USAGE, *text ? text : "see: ipsec-ctl help",
		"no option '%s'", written);
}

/* -1: go on. */
static int take_option(struct ctl *ctl, int option, char **argv)
{
	int code;

	switch (option) {
	case 'j':
		ctl->json = true;
		return -1;
	case 's':
		ctl->socket = optarg;
		return -1;
	case 'q':
		ctl->quiet = true;
		return -1;
	case 'v':
		ctl->verbose = true;
		return -1;
	case 'o':
		ctl->output = optarg;
		return -1;
	case OPTION_ROOT:
		ctl->root = optarg;
		return -1;
	case OPTION_FOR:
		ctl->wait_for = optarg;
		return -1;
	case OPTION_IKE:
		ctl->ike = true;
		return -1;
	case OPTION_KEY:
		ctl->key = optarg;
		return -1;
	case OPTION_AUTHORITY:
		ctl->authority = optarg;
		return -1;
	case OPTION_OUT:
		ctl->out_folder = optarg;
		return -1;
	case OPTION_FROM:
		ctl->from = optarg;
		return -1;
	case OPTION_CONFIG:
		ctl->config = optarg;
		return -1;
	case OPTION_DAYS:
		code = set_days(ctl, optarg);
		return code == REPORT_OK ? -1 : code;
	case OPTION_SAN:
		code = add_san(ctl, optarg);
		return code == REPORT_OK ? -1 : code;
	case OPTION_DRY_RUN:
		ctl->trial.dry_run = true;
		return -1;
	case OPTION_KEEP:
		ctl->trial.keep = true;
		return -1;
	case OPTION_UNDO:
		ctl->trial.undo = true;
		return -1;
	case OPTION_CONFIRM:
		code = set_confirm(ctl, optarg);
		return code == REPORT_OK ? -1 : code;
	case OPTION_COLOR:
		code = set_color(ctl, optarg);
		return code == REPORT_OK ? -1 : code;
	case OPTION_TIMEOUT:
		code = set_timeout(ctl, optarg);
		return code == REPORT_OK ? -1 : code;
	case 'h':
		ctl->help = true;
		return -1;
	case OPTION_VERSION:
		fprintf(ctl->out, "ipsec-ctl %s\n", IPSECD_VERSION);
		return REPORT_OK;
	case ':':
		return ctl_fail(ctl, REPORT_USAGE, "see: ipsec-ctl help",
			"%s needs a value", argv[optind - 1]);
	}
	return unknown_option(ctl, argv[optind - 1]);
}

/* Options that this verb does not know are not passed over. */
static int options_fit(const struct ctl *ctl, const struct verb *verb)
{
	const struct {
		bool given;
		unsigned int bit;
		const char *name;
	} given[] = {
		{ ctl->wait_for != NULL, TAKES_FOR, "--for" },
		{ ctl->has_timeout, TAKES_TIMEOUT, "--timeout" },
		{ ctl->ike, TAKES_IKE, "--ike" },
		{ ctl->output != NULL, TAKES_OUTPUT, "-o" },
		{ ctl->key != NULL, TAKES_KEY, "--key" },
		{ ctl->days > 0, TAKES_DAYS, "--days" },
		{ ctl->authority != NULL, TAKES_AUTHORITY, "--ca" },
		{ ctl->san_count > 0, TAKES_SAN, "--san" },
		{ ctl->out_folder != NULL, TAKES_OUT, "--out" },
		{ ctl->from != NULL, TAKES_FROM, "--from" },
		{ ctl->config != NULL, TAKES_CONFIG, "--config" },
		{ ctl->trial.dry_run, TAKES_TRIAL, "--dry-run" },
		{ ctl->trial.confirm_s > 0, TAKES_TRIAL, "--confirm" },
		{ ctl->trial.keep, TAKES_TRIAL, "--keep" },
		{ ctl->trial.undo, TAKES_TRIAL, "--undo" },
	};
	const char *wrong = NULL;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (given[i].given && !(verb->takes & given[i].bit))
			wrong = given[i].name;
	}
	if (!wrong)
		return REPORT_OK;
	return ctl_fail(ctl, REPORT_USAGE, NULL, "%s does not take %s",
		verb->name, wrong);
}

static int run_verb(struct ctl *ctl, char **args, int count)
{
	char status[] = "status", *none[] = { status };
	const struct verb *verb;
	int code, words;

	if (count == 0) {
		args = none;
		count = 1;
	}
	verb = verb_named(args, count, &words);
	if (!verb)
		return unknown_verb(ctl, args, count);
	args += words;
	count -= words;
	code = options_fit(ctl, verb);
	if (code != REPORT_OK)
		return code;
	if (count < verb->least || count > verb->most)
		return ctl_fail(ctl, REPORT_USAGE, NULL,
			"usage: ipsec-ctl %s%s%s", verb->name,
			verb->args[0] ? " " : "", verb->args);
	return verb->run(ctl, verb, args, count);
}

int ctl_run(struct ctl *ctl, int argc, char **argv)
{
	int option, code;

	ctl->style.color = ctl->terminal;
	optind = 0; /* from the start, also when called again */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":js:qvo:h", options, NULL)) !=
		-1) {
		code = take_option(ctl, option, argv);
		if (code >= 0)
			return code;
	}
	if (ctl->help)
		return run_help(ctl, NULL, argv + optind, argc - optind);
	return run_verb(ctl, argv + optind, argc - optind);
}

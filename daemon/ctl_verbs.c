/* ctl_verbs.c - THE table of verbs of ipsec-ctl (ipsec-ctl(8)).
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_verbs.h"

#include "config/config.h"
#include "config/errors.h"
#include "daemon/ctl_ask.h"
#include "daemon/ctl_ca.h"
#include "daemon/ctl_certs.h"
#include "daemon/ctl_convert.h"
#include "daemon/ctl_doctor.h"
#include "daemon/ctl_explain.h"
#include "daemon/ctl_history.h"
#include "daemon/ctl_keylog.h"
#include "daemon/ctl_keys.h"
#include "daemon/ctl_options.h"
#include "daemon/ctl_render.h"
#include "daemon/ctl_simulate.h"
#include "daemon/ctl_user.h"
#include "daemon/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

struct verb {
	const char *name;
	const char *args;   /* for the usage */
	int least, most;    /* of them */
	unsigned int takes; /* options: TAKES_FOR, .. */
	int (*run)(struct ctl *ctl, const struct verb *verb, char **args,
		int count);
	const char *help;
};

/* --- Verbs ---------------------------------------------------------------- */

static int run_status(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *peer = count > 0 ? args[0] : NULL;
	struct ctl_answer answer = { 0 };
	int code = ctl_ask(ctl,
		&(struct ctl_question){
			.method = verb->name,
			.params = ctl_params(ctl, peer),
			.patience_ms = CTL_ANSWER_MS,
			.detail = peer != NULL || ctl->verbose,
		},
		&answer);

	if (code == REPORT_OK && peer && answer.seen_peer && !answer.peer_up)
		return REPORT_NOT_UP;
	return code;
}

static int run_explain(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *peer = count > 0 ? args[0] : NULL;
	struct ctl_answer answer = { 0 };
	char hint[HINT_SIZE];
	int code;

	if (peer && ctl_explain_word(ctl, peer))
		return REPORT_OK;
	code = ctl_ask(ctl,
		&(struct ctl_question){
			.method = verb->name,
			.params = ctl_params(ctl, peer),
			.patience_ms = CTL_ANSWER_MS,
			.detail = ctl->verbose,
			.unknown = peer ? ctl_explain_hint(peer, hint) : NULL,
		},
		&answer);
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

		if (ctl_speaks(ctl))
			render_record(&render, record);
		ctl_record(ctl, record);
	}
	render_end(&render);
	return REPORT_OK;
}

static int run_list(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	struct ctl_answer answer = { 0 };
	json_t *params;
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
	params = ctl_params(ctl, count > 1 ? args[1] : NULL);
	report_set_text(params, "what", args[0]);
	code = ctl_ask(ctl,
		&(struct ctl_question){
			.method = verb->name,
			.params = params,
			.patience_ms = CTL_ANSWER_MS,
		},
		&answer);
	if (code == REPORT_OK && answer.records == 0 && ctl_speaks(ctl))
		fprintf(ctl->out, "no %s\n", args[0]);
	return code;
}

static void say_done(const struct ctl *ctl, const char *peer, const char *state)
{
	char *name = text_clean(&ctl->style, peer);

	if (ctl_speaks(ctl)) {
		fprintf(ctl->out, "%s %s is %s\n",
			style_mark(&ctl->style, strcmp(state, "down") == 0
							? MARK_MIDDLE
							: MARK_UP),
			name, state);
	}
	free(name);
}

/* What happens, until the verdict on what was asked of args[0]. */
static int follow(struct ctl *ctl, const struct verb *verb, const char *peer,
	json_t *params, const char *state)
{
	char about[128];
	int code;

	snprintf(about, sizeof(about), "%s %.100s", verb->name, peer);
	code = ctl_ask(ctl,
		&(struct ctl_question){
			.method = verb->name,
			.about = about,
			.params = params,
			.patience_ms = ctl_patience(ctl),
		},
		NULL);
	if (code == REPORT_OK)
		say_done(ctl, peer, state);
	return code;
}

/* up, down */
static int run_change(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	(void)count;
	return follow(ctl, verb, args[0], ctl_params(ctl, args[0]), verb->name);
}

/* Until all that was asked for has been replaced. */
static int run_rekey(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	json_t *params = ctl_params(ctl, args[0]);

	(void)count;
	if (ctl->ike)
		json_object_set_new(params, "ike", json_true());
	return follow(ctl, verb, args[0], params, "rekeyed");
}

static int run_wait(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *state = ctl->wait_for ? ctl->wait_for : "up";
	json_t *params = ctl_params(ctl, args[0]);

	(void)count;
	report_set_text(params, "for", state);
	return follow(ctl, verb, args[0], params, state);
}

static int run_monitor(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	return ctl_ask(ctl,
		&(struct ctl_question){
			.method = verb->name,
			.params = ctl_params(ctl, count > 0 ? args[0] : NULL),
			.patience_ms = ctl_patience(ctl),
		},
		NULL);
}

/* counters, metrics: what has been counted. */
static int run_counted(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const char *peer = count > 0 ? args[0] : NULL;

	return ctl_ask(ctl,
		&(struct ctl_question){
			.method = verb->name,
			.params = ctl_params(ctl, peer),
			.patience_ms = CTL_ANSWER_MS,
			.detail = peer != NULL || ctl->verbose,
		},
		NULL);
}

static json_t *trial_params(const struct ctl_trial *trial)
{
	json_t *params = json_object();

	if (trial->dry_run)
		json_object_set_new(params, "dry_run", json_true());
	if (trial->confirm_s > 0)
		json_object_set_new(
			params, "confirm_s", json_integer(trial->confirm_s));
	if (trial->keep)
		json_object_set_new(params, "keep", json_true());
	if (trial->undo)
		json_object_set_new(params, "undo", json_true());
	return params;
}

static int run_reload(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const struct ctl_trial *trial = &ctl->trial;
	int code;

	(void)args;
	(void)count;
	if (trial->dry_run + trial->keep + trial->undo +
			(trial->confirm_s > 0) >
		1)
		return ctl_fail(ctl, REPORT_USAGE, NULL,
			"reload: one of --dry-run, --confirm, --keep and "
			"--undo");
	code = ctl_ask(ctl,
		&(struct ctl_question){
			.method = verb->name,
			.params = trial_params(trial),
			.patience_ms = CTL_ANSWER_MS,
		},
		NULL);
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
	struct ctl_user user;
	struct config *config;
	char path[PATH_SIZE];
	int code = REPORT_OK;

	(void)verb;
	ctl_path(ctl, count > 0 ? args[0] : NULL, CTL_CONFIG, path,
		sizeof(path));
	ctl_user_begin_for(&user, ctl, path);
	config = config_load(path, ctl->root, &errors);
	ctl_user_end(&user);
	print_errors(ctl, &errors);
	if (!config || errors.errors > 0 || errors.left_out > 0)
		code = REPORT_CONFIG;
	else if (ctl_speaks(ctl))
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
	(void)verb;
	(void)count;
	return ctl_keygen(ctl, args[0]);
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
	options_help(out);
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
	code = options_fit(ctl, verb->name, verb->takes);
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
	int rest, code;

	ctl->style.color = ctl->terminal;
	code = options_read(ctl, argc, argv, &rest);
	if (code != REPORT_OK)
		return code;
	argv += rest;
	argc -= rest;
	if (ctl->help)
		return run_help(ctl, NULL, argv, argc);
	if (ctl->version) {
		fprintf(ctl->out, "ipsec-ctl %s\n", IPSECD_VERSION);
		return REPORT_OK;
	}
	return run_verb(ctl, argv, argc);
}

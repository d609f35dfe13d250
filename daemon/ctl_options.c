/* ctl_options.c - THE table of ipsec-ctl's options: read, and refused where a verb takes none.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_options.h"

#include "config/errors.h"
#include "daemon/report.h"

#include <assert.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct option_row {
	const char *name;
	char letter;        /* 0: none */
	const char *value;  /* what it is called; NULL: it has none */
	unsigned int takes; /* of whom; 0: of all verbs */
	size_t flag, text;  /* where in struct ctl: one of them .. */
	int (*set)(struct ctl *ctl, const char *text); /* .. or this */
	const char *help; /* NULL: it stands beside its verb */
};

/* --- Values that are looked at ---------------------------------------------- */

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

/* --- The table ------------------------------------------------------------ */

#define FLAG(MEMBER)  offsetof(struct ctl, MEMBER), 0, NULL
#define TEXT(MEMBER)  0, offsetof(struct ctl, MEMBER), NULL
#define SET(FUNCTION) 0, 0, FUNCTION

static const struct option_row rows[] = {
	// clang-format off
	{ "json", 'j', NULL, 0, FLAG(json),
		"the records as the daemon gives them, one a line" },
	{ "socket", 's', "SOCKET", 0, TEXT(socket),
		"instead of /run/ipsecd/control.sock" },
	{ "root", 0, "DIR", 0, TEXT(root),
		"in front of every path" },
	{ "color", 0, "auto|always|never", 0, SET(set_color),
		"auto: on a terminal" },
	{ "quiet", 'q', NULL, 0, FLAG(quiet),
		"nothing but errors" },
	{ "verbose", 'v', NULL, 0, FLAG(verbose),
		"status, explain: all there is to say" },
	{ "from", 0, "CLIENT", TAKES_FROM, TEXT(from),
		"simulate: windows11, windows-default, ios, macos, android, strongswan, libreswan, mikrotik, cisco, azure, aws" },
	{ "config", 0, "FILE", TAKES_CONFIG, TEXT(config),
		"simulate, doctor: instead of /etc/ipsecd/ipsecd.yaml" },
	{ "key", 0, "ed25519|ecdsa|rsa[:BITS]", TAKES_KEY, TEXT(key),
		"ca: ECDSA P-256 unless told otherwise, as Apple and Windows refuse Ed25519" },
	{ "san", 0, "NAME", TAKES_SAN, SET(add_san),
		"ca issue: another name for it, and again for more; dns:, email:, ip: force the kind" },
	{ "days", 0, "N", TAKES_DAYS, SET(set_days),
		"ca: how long it is valid; 3650 an authority, 730 a certificate, 30 a CRL" },
	{ "ca", 0, "NAME", TAKES_AUTHORITY, TEXT(authority),
		"ca: the authority that signs, if it is not called ca" },
	{ "out", 0, "DIR", TAKES_OUT, TEXT(out_folder),
		"ca issue: key, certificate and authority for another machine, to be copied to /etc/ipsecd; convert: ipsecd.yaml "
		"and secrets/; history: the configuration's files, in the place of those there" },
	{ "output", 'o', "FILE", TAKES_OUTPUT, TEXT(output), NULL },
	{ "for", 0, "up|down|D", TAKES_FOR, TEXT(wait_for), NULL },
	{ "timeout", 0, "D", TAKES_TIMEOUT, SET(set_timeout), NULL },
	{ "ike", 0, NULL, TAKES_IKE, FLAG(ike), NULL },
	{ "dry-run", 0, NULL, TAKES_TRIAL, FLAG(trial.dry_run), NULL },
	{ "confirm", 0, "D", TAKES_TRIAL, SET(set_confirm), NULL },
	{ "keep", 0, NULL, TAKES_TRIAL, FLAG(trial.keep), NULL },
	{ "undo", 0, NULL, TAKES_TRIAL, FLAG(trial.undo), NULL },
	{ "help", 'h', NULL, 0, FLAG(help), NULL },
	{ "version", 0, NULL, 0, FLAG(version), NULL },
	// clang-format on
};

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]),
	FIRST = 256, /* what getopt gives for the first row */
};

static_assert(ROWS <= 32, "struct ctl has a bit for each");

/* --- Reading -------------------------------------------------------------- */

/* As getopt_long wants them. */
struct wanted {
	struct option options[ROWS + 1];
	char letters[2 * ROWS + 2];
};

static void want_rows(struct wanted *wanted)
{
	char *at = wanted->letters;

	memset(wanted, 0, sizeof(*wanted));
	*at++ = ':';
	for (size_t i = 0; i < ROWS; i++) {
		wanted->options[i] = (struct option){
			.name = rows[i].name,
			.has_arg =
				rows[i].value ? required_argument : no_argument,
			.val = FIRST + (int)i,
		};
		if (!rows[i].letter)
			continue;
		*at++ = rows[i].letter;
		if (rows[i].value)
			*at++ = ':';
	}
}

/* By its letter or by the number of its row; NULL: no option of ours. */
static const struct option_row *row_of(int given)
{
	if (given >= FIRST)
		return &rows[given - FIRST];
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].letter && rows[i].letter == given)
			return &rows[i];
	}
	return NULL;
}

static int take(struct ctl *ctl, const struct option_row *row, char *value)
{
	ctl->given |= UINT32_C(1) << (row - rows);
	if (row->set)
		return row->set(ctl, value);
	if (row->value)
		*(const char **)((char *)ctl + row->text) = value;
	else
		*(bool *)((char *)ctl + row->flag) = true;
	return REPORT_OK;
}

/* "--timeout" of "--timeot=5s" */
static int unknown_option(const struct ctl *ctl, const char *written)
{
	const char *name = written + strspn(written, "-");
	char word[64], text[HINT_SIZE] = "";
	struct nearest nearest;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, "="), name);
	nearest = nearest_to(word);
	for (size_t i = 0; i < ROWS; i++)
		nearest_try(&nearest, rows[i].name);
	if (strncmp(written, "--", 2) == 0 && nearest.name)
		snprintf(text, sizeof(text), "did you mean '--%s'?",
			nearest.name);
	return ctl_fail(ctl, REPORT_USAGE, *text ? text : "see: ipsec-ctl help",
		"no option '%s'", written);
}

int options_read(struct ctl *ctl, int argc, char **argv, int *rest)
{
	struct wanted wanted;
	int code = REPORT_OK;

	want_rows(&wanted);
	optind = 0; /* from the start, also when called again */
	opterr = 0;
	while (code == REPORT_OK && !ctl->version) {
		const int given = getopt_long(
			argc, argv, wanted.letters, wanted.options, NULL);
		const struct option_row *row;

		if (given == -1)
			break;
		row = row_of(given);
		if (row)
			code = take(ctl, row, optarg);
		else if (given == ':')
			code = ctl_fail(ctl, REPORT_USAGE,
				"see: ipsec-ctl help", "%s needs a value",
				argv[optind - 1]);
		else
			code = unknown_option(ctl, argv[optind - 1]);
	}
	*rest = optind;
	return code;
}

int options_fit(const struct ctl *ctl, const char *verb, unsigned int takes)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &rows[i];

		if (!(ctl->given & UINT32_C(1) << i) || row->takes == 0 ||
			row->takes & takes)
			continue;
		if (row->letter)
			return ctl_fail(ctl, REPORT_USAGE, NULL,
				"%s does not take -%c", verb, row->letter);
		return ctl_fail(ctl, REPORT_USAGE, NULL,
			"%s does not take --%s", verb, row->name);
	}
	return REPORT_OK;
}

void options_help(FILE *out)
{
	struct table *table = table_new();

	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &rows[i];
		char letter[] = { '-', row->letter, ',', ' ', '\0' };

		if (!row->help)
			continue;
		table_cell(table, "%s--%s%s%s", row->letter ? letter : "",
			row->name, row->value ? " " : "",
			row->value ? row->value : "");
		table_cell(table, "%s", row->help);
		table_row_end(table);
	}
	table_print(table, out, 2, 3);
}

/* ctl_explain.c - `ipsec-ctl explain` of a word: a configuration key, an exit code, a notify, a proposal.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_explain.h"

#include "config/proposal.h"
#include "config/schema.h"
#include "daemon/report.h"
#include "ikev2/ms_status.h"
#include "ikev2/wire/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN = 32, MOST = 64 };

/* "in_ike" is "in ike" for people. */
static void print_line(const struct ctl *ctl, const char *key, const char *text)
{
	char label[16];

	snprintf(label, sizeof(label), "%s", key);
	for (char *at = label; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	fprintf(ctl->out, "  %-9s %s\n", label, text);
}

/* Takes the reference to about, in which all that is known of it stands. */
static void tell(const struct ctl *ctl, const char *word, const char *kind,
	const char *text, json_t *about)
{
	json_t *record = report_head("word");
	const char *key;
	json_t *value;

	report_set_text(record, "word", word);
	report_set_text(record, "kind", kind);
	report_set_text(record, "text", text);
	if (ctl_speaks(ctl))
		fprintf(ctl->out, "%s (%s)\n  %s\n", word, kind, text);
	json_object_foreach(about, key, value)
	{
		if (ctl_speaks(ctl))
			print_line(ctl, key, json_string_value(value));
		json_object_set(record, key, value);
	}
	json_decref(about);
	ctl_record(ctl, record);
}

/* --- Keys of the configuration -------------------------------------------- */

static const char *scope_words(enum schema_scope scope)
{
	switch (scope) {
	case SCOPE_TOP:
		return "top level";
	case SCOPE_DAEMON:
		return "daemon";
	case SCOPE_CONTROL:
		return "daemon: control";
	case SCOPE_PEER:
		return "peers.NAME";
	case SCOPE_SIDE:
		return "local and remote of a peer";
	case SCOPE_CHILD:
		return "children.NAME, or a peer for all of its children";
	case SCOPE_RETRANSMIT:
		return "peers.NAME: retransmit";
	case SCOPE_AUTHORITY:
		return "authorities.NAME";
	case SCHEMA_SCOPES:
		break;
	}
	return "";
}

static const char *change_words(enum ike_change change)
{
	switch (change) {
	case IKE_CHANGE_NOTHING:
		return "takes effect without touching what is up";
	case IKE_CHANGE_REKEY:
		return "takes effect at the next rekey";
	case IKE_CHANGE_CHILD:
		return "the child is made anew";
	case IKE_CHANGE_PEER:
		return "the peer connects anew";
	}
	return "";
}

static void write_choices(
	const struct schema_choice *choices, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (; choices && choices->word && len < size; choices++) {
		if (choices->value != CHOICE_LATER)
			len += (size_t)snprintf(out + len, size - len, "%s%s",
				len > 0 ? ", " : "", choices->word);
	}
}

static void tell_key(const struct ctl *ctl, const struct schema_row *row)
{
	json_t *about = json_object();
	char choices[256];

	report_set_text(about, "stands_in", scope_words(row->scope));
	write_choices(row->choices, choices, sizeof(choices));
	if (choices[0])
		report_set_text(about, "values", choices);
	if (row->standard)
		report_set_text(about, "default", row->standard);
	if (row->scope == SCOPE_PEER || row->scope == SCOPE_CHILD)
		report_set_text(about, "reload", change_words(row->on_change));
	if (row->kind == KIND_LATER)
		report_set_text(
			about, "but", "not supported yet by this version");
	tell(ctl, row->key, "key of the configuration", row->help, about);
}

static bool explain_key(const struct ctl *ctl, const char *word)
{
	const struct schema_row *row;
	bool found = false;

	for (size_t i = 0; (row = schema_at(i)); i++) {
		if (strcmp(row->key, word) != 0)
			continue;
		tell_key(ctl, row);
		found = true;
	}
	return found;
}

/* --- Exit codes ----------------------------------------------------------- */

static const struct {
	int code;
	const char *text;
} codes[] = {
	{ REPORT_OK, "it was done" },
	{ REPORT_FAILED,
		"it was not done, for another reason than the others" },
	{ REPORT_USAGE, "that is no command line, or no request" },
	{ REPORT_NOT_UP, "the peer is not up (status PEER, rekey)" },
	{ REPORT_UNKNOWN, "there is no such peer or child" },
	{ REPORT_CONFIG, "the configuration has errors" },
	{ REPORT_UNREACHABLE, "ipsecd does not run, or not at that socket" },
	{ REPORT_PERMISSION,
		"you may not use the control socket: root and the group "
		"'ipsecd' may" },
	{ REPORT_TIMEOUT, "the time given was over before it was so" },
	{ IKE_CAUSE_UNREACHABLE, "the peer does not answer" },
	{ IKE_CAUSE_NAME, "the peer's name does not resolve" },
	{ IKE_CAUSE_PROPOSAL, "the two sides have no proposal in common" },
	{ IKE_CAUSE_KEY_EXCHANGE, "the peer wants another key exchange" },
	{ IKE_CAUSE_REJECTED_US, "the peer did not accept who we are" },
	{ IKE_CAUSE_REJECTED_PEER, "we did not accept who the peer is" },
	{ IKE_CAUSE_SELECTORS,
		"the two sides have no traffic selectors in common" },
	{ IKE_CAUSE_KERNEL, "the kernel refused the SA or the policy" },
	{ IKE_CAUSE_CERTIFICATE,
		"the peer's certificate, or the way from it to an authority, "
		"does not hold" },
};

static bool explain_code(const struct ctl *ctl, const char *word)
{
	const char *hint;
	json_t *about;
	char *end;
	long code = strtol(word, &end, 10);

	if (!isdigit((unsigned char)word[0]) || *end)
		return false;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code != code)
			continue;
		about = json_object();
		hint = report_cause_hint((enum ike_cause)code);
		if (hint)
			report_set_text(about, "hint", hint);
		tell(ctl, word, "exit code", codes[i].text, about);
		return true;
	}
	return false;
}

/* --- Notifies (RFC 7296 section 3.10.1) ------------------------------------ */

static const struct {
	enum ike_error error;
	const char *text;
} notifies[] = {
	{ UNSUPPORTED_CRITICAL_PAYLOAD,
		"a payload that must be understood, and was not" },
	{ INVALID_IKE_SPI, "it is for an IKE SA that is not there (any more)" },
	{ INVALID_MAJOR_VERSION, "the other side does not speak IKEv2" },
	{ INVALID_SYNTAX,
		"the message could not be read: a fault of one side" },
	{ INVALID_MESSAGE_ID, "a message out of turn" },
	{ INVALID_SPI, "ESP for an SA that is not there" },
	{ NO_PROPOSAL_CHOSEN,
		"four causes have this one name: 'ike' differs; 'esp' differs; "
		"no peer is configured for the address; the mode differs. The "
		"side that sends it knows which" },
	{ INVALID_KE_PAYLOAD,
		"the other side wants another key exchange, and names it: it is "
		"then asked with that" },
	{ AUTHENTICATION_FAILED,
		"the identity is unknown, or the proof of it (secret, signature, "
		"certificate) does not hold. The side that sends it knows which" },
	{ SINGLE_PAIR_REQUIRED,
		"the other side takes one pair of addresses at a time" },
	{ NO_ADDITIONAL_SAS, "the other side allows no more SAs" },
	{ INTERNAL_ADDRESS_FAILURE, "there is no virtual address to be had" },
	{ FAILED_CP_REQUIRED, "a virtual address has to be asked for" },
	{ TS_UNACCEPTABLE,
		"local_ts and remote_ts of the two sides do not meet, or the "
		"mode differs. The side that sends it knows which" },
	{ INVALID_SELECTORS, "a packet came in that its SA is not for" },
	{ UNACCEPTABLE_ADDRESSES, "MOBIKE: not to these addresses" },
	{ UNEXPECTED_NAT_DETECTED, "MOBIKE: there is a NAT that must not be" },
	{ TEMPORARY_FAILURE,
		"not at the moment, as something else is under way: it is asked "
		"again" },
	{ CHILD_SA_NOT_FOUND, "the child that is to be rekeyed is not there" },
	{ MS_STATUS,
		"Windows says why, by a number: 'ipsec-ctl explain NUMBER' has "
		"it in words" },
};

static bool explain_notify(const struct ctl *ctl, const char *word)
{
	for (size_t i = 0; i < sizeof(notifies) / sizeof(notifies[0]); i++) {
		const unsigned int number = notifies[i].error;
		const char *name = notify_name((uint16_t)number);
		json_t *about;
		char text[16];

		if (!name || strcasecmp(name, word) != 0)
			continue;
		about = json_object();
		snprintf(text, sizeof(text), "%u", number);
		report_set_text(about, "number", text);
		tell(ctl, name, "notify", notifies[i].text, about);
		return true;
	}
	return false;
}

/* A number that MS_STATUS has. */
static bool explain_ms_status(const struct ctl *ctl, const char *word)
{
	const struct ms_status *row;
	json_t *about;
	char *end;
	const unsigned long code = strtoul(word, &end, 10);

	if (!isdigit((unsigned char)word[0]) || *end || code > UINT32_MAX)
		return false;
	row = ms_status_find((uint32_t)code);
	if (!row)
		return false;
	about = json_object();
	report_set_text(about, "windows", row->name);
	if (row->look)
		report_set_text(about, "hint", row->look);
	tell(ctl, word, "number of MS_STATUS", row->words, about);
	return true;
}

/* --- Proposals ------------------------------------------------------------ */

/* Are all of its words algorithms? */
static bool is_proposal(const char *word)
{
	char copy[256], *token, *rest = copy;
	int count = 0;

	if (strlen(word) >= sizeof(copy))
		return false;
	strcpy(copy, word);
	while ((token = strtok_r(rest, "-", &rest))) {
		if (strcmp(token, "none") != 0 &&
			!transform_named(bytes_of(token, strlen(token))))
			return false;
		count++;
	}
	return count > 0;
}

static const char *type_words(uint8_t type)
{
	return type == TRANSFORM_ENCR    ? "encryption"
	       : type == TRANSFORM_PRF   ? "PRF"
	       : type == TRANSFORM_INTEG ? "integrity"
	       : type == TRANSFORM_KE    ? "key exchange"
					 : "sequence numbers";
}

/* What the configuration would say of it. */
static void judge(json_t *about, const char *word, uint8_t protocol)
{
	struct config_errors errors = { 0 };
	struct node node = node_word(word, (struct place){ 0 });
	struct ike_proposals out;
	const char *text = "yes";

	if (!proposal_parse(&node, protocol, NULL, &out, &errors))
		text = errors.count > 0 && errors.list[0].text
			       ? errors.list[0].text
			       : "no";
	report_set_text(
		about, protocol == PROTOCOL_IKE ? "in_ike" : "in_esp", text);
	config_errors_clear(&errors);
}

static bool explain_proposal(const struct ctl *ctl, const char *word)
{
	char copy[256], text[512] = "", *token, *rest = copy;
	json_t *about;
	size_t len = 0;

	if (!is_proposal(word))
		return false;
	strcpy(copy, word);
	while ((token = strtok_r(rest, "-", &rest)) && len < sizeof(text)) {
		const struct transform *row =
			transform_named(bytes_of(token, strlen(token)));

		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"%s%s: %s%s", len > 0 ? "; " : "", token,
			row ? type_words(row->type)
			    : "also without a key exchange",
			row && row->weak ? ", weak" : "");
	}
	about = json_object();
	judge(about, word, PROTOCOL_IKE);
	judge(about, word, PROTOCOL_ESP);
	tell(ctl, word, "proposal", text, about);
	return true;
}

bool ctl_explain_word(const struct ctl *ctl, const char *word)
{
	return explain_code(ctl, word) || explain_notify(ctl, word) ||
	       explain_ms_status(ctl, word) || explain_key(ctl, word) ||
	       explain_proposal(ctl, word);
}

/* Is one of its words an algorithm? */
static bool looks_like_proposal(const char *word)
{
	char copy[256], *token, *rest = copy;

	if (!strchr(word, '-') || strlen(word) >= sizeof(copy))
		return false;
	strcpy(copy, word);
	while ((token = strtok_r(rest, "-", &rest))) {
		if (transform_named(bytes_of(token, strlen(token))))
			return true;
	}
	return false;
}

const char *ctl_explain_hint(const char *word, char out[HINT_SIZE])
{
	struct nearest nearest = nearest_to(word);
	const struct schema_row *row;
	char copy[256], *token, *rest = copy;

	for (size_t i = 0; (row = schema_at(i)); i++)
		nearest_try(&nearest, row->key);
	for (size_t i = 0; i < sizeof(notifies) / sizeof(notifies[0]); i++) {
		const char *name = notify_name((uint16_t)notifies[i].error);

		if (name)
			nearest_try(&nearest, name);
	}
	if (nearest.name)
		return nearest_hint(&nearest, out);
	if (!looks_like_proposal(word))
		return "what can be explained: a peer, a key of the "
		       "configuration, an exit code, a notify, a proposal";
	strcpy(copy, word);
	while ((token = strtok_r(rest, "-", &rest))) {
		if (strcmp(token, "none") != 0 &&
			!transform_named(bytes_of(token, strlen(token))))
			break;
	}
	return hint_text(out,
		"as a proposal: this version has no '%.64s'; 'ipsec-ctl list "
		"algorithms' has all",
		token ? token : "");
}

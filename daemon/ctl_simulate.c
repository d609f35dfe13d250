/* ctl_simulate.c - ipsec-ctl simulate: what a known client would negotiate with the configuration.
 * SPDX-License-Identifier: ISC
 *
 * Nothing is imitated here: the client's offers are written as SA payloads, read
 * as from the wire, and given to the function that the responder uses.
 */
#include "daemon/ctl_simulate.h"

#include "config/config.h"
#include "config/errors.h"
#include "daemon/ctl_clients.h"
#include "daemon/report.h"
#include "ikev2/difference.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_TEXT = 512, PATH_SIZE = 4096 };

/* --- What is said of each step --------------------------------------------------- */

enum verdict {
	VERDICT_OK,
	VERDICT_WARNING,
	VERDICT_PROBLEM,
};

struct step {
	const char *name;  /* "ike", "proof", "identity", "child", "rekey" */
	const char *child; /* NULL: it is about none */
	enum verdict verdict;
	char suite[SUITE_NAME_SIZE];
	char asked[24], wanted[24]; /* groups of INVALID_KE_PAYLOAD, or empty */
	char text[STEP_TEXT];
	char here[STEP_TEXT], there[STEP_TEXT]; /* what mends it, or empty */
};

struct run {
	const struct ctl *ctl;
	const struct client *client;
	const struct ike_peer *peer;
	const struct transform *group; /* of the IKE SA, once it has one */
	struct table *table;           /* for people */
	bool told_there; /* what to change there: once is enough for people */
	int code;        /* of the first problem */
};

static void say(char out[STEP_TEXT], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void say(char out[STEP_TEXT], const char *format, ...)
{
	size_t len = strlen(out);
	va_list args;

	va_start(args, format);
	vsnprintf(out + len, STEP_TEXT - len, format, args);
	va_end(args);
}

static void tell_json(const struct run *run, const struct step *step)
{
	static const char *const results[] = {
		[VERDICT_OK] = "ok",
		[VERDICT_WARNING] = "warning",
		[VERDICT_PROBLEM] = "problem",
	};
	json_t *record = report_head("simulation");
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "suite", step->suite },
		{ "ke_offered", step->asked },
		{ "ke_wanted", step->wanted },
		{ "text", step->text },
		{ "fix_here", step->here },
		{ "fix_there", step->there },
	};

	report_set_text(record, "client", run->client->name);
	report_set_text(record, "peer", run->peer->name);
	report_set_text(record, "step", step->name);
	if (step->child)
		report_set_text(record, "child", step->child);
	report_set_text(record, "result", results[step->verdict]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (*texts[i].value)
			report_set_text(record, texts[i].key, texts[i].value);
	}
	ctl_record(run->ctl, record);
}

static void add_line(const struct run *run, const char *mark, const char *name,
	const char *text)
{
	char *clean = text_clean(&run->ctl->style, text);

	table_cell(run->table, "%s %s", mark, name);
	table_cell(run->table, "%s", clean);
	table_row_end(run->table);
	free(clean);
}

static void add_fix(const struct run *run, const char *where, const char *text)
{
	char *clean = text_clean(&run->ctl->style, text);

	if (*text) {
		table_cell(run->table, "%s", "");
		table_cell(run->table, "%s %s: %s",
			style_mark(&run->ctl->style, MARK_THEREFORE), where,
			clean);
		table_row_end(run->table);
	}
	free(clean);
}

static void tell_people(struct run *run, const struct step *step)
{
	static const enum mark marks[] = {
		[VERDICT_OK] = MARK_UP,
		[VERDICT_WARNING] = MARK_MIDDLE,
		[VERDICT_PROBLEM] = MARK_DOWN,
	};
	char name[2 * MAX_NAME], text[STEP_TEXT + SUITE_NAME_SIZE + 2];

	snprintf(name, sizeof(name), "%s%s%s",
		strcmp(step->name, "ike") == 0 ? "IKE SA" : step->name,
		step->child ? " " : "", step->child ? step->child : "");
	snprintf(text, sizeof(text), "%s%s%s", step->suite,
		*step->suite && *step->text ? ", " : "", step->text);
	add_line(run, style_mark(&run->ctl->style, marks[step->verdict]), name,
		text);
	add_fix(run, "here", step->here);
	if (!run->told_there)
		add_fix(run, "there", step->there);
	run->told_there |= *step->there != '\0';
}

static void tell(struct run *run, const struct step *step, int code)
{
	if (step->verdict == VERDICT_PROBLEM && run->code == REPORT_OK)
		run->code = code;
	if (run->table)
		tell_people(run, step);
	tell_json(run, step);
}

/* --- Proposals ------------------------------------------------------------------- */

/* One negotiation: what the client sends, and what of ours answers. */
struct offer {
	const char *key; /* of the configuration: "ike" or "esp" */
	const char *const *proposals;
	const struct ike_proposals *ours;
	uint8_t protocol;
	enum negotiate_ke ke;
	const char *ke_payload; /* its group, or NULL: there is none */
};

static void note_weak(struct step *step, const struct transform *row)
{
	if (!row || !row->weak)
		return;
	step->verdict = VERDICT_WARNING;
	say(step->text, "%s%s is weak", *step->text ? ", " : "", row->name);
}

/* RFC 7296 section 1.3: the responder has chosen another group than that of the
 * KE payload, and the client asks once more. */
static void note_group(const struct run *run, const struct offer *offer,
	const struct suite *suite, struct step *step)
{
	const char *sent = offer->ke_payload;

	if (sent && strcmp(sent, "ikegroup") == 0)
		sent = run->group ? run->group->name : NULL;
	if (!suite->ke || (sent && strcmp(sent, suite->ke->name) == 0))
		return;
	snprintf(step->asked, sizeof(step->asked), "%s", sent ? sent : "none");
	snprintf(step->wanted, sizeof(step->wanted), "%s", suite->ke->name);
	if (sent)
		say(step->text,
			"at the second try: its first has %s, and we answer "
			"INVALID_KE_PAYLOAD",
			sent);
	else
		say(step->text,
			"at the second try: its first has no KE payload, and "
			"we answer INVALID_KE_PAYLOAD");
}

static void chosen_well(const struct run *run, const struct offer *offer,
	const struct suite *suite, struct step *step)
{
	suite_name(suite, step->suite, sizeof(step->suite));
	note_group(run, offer, suite, step);
	if (offer->ke == NEGOTIATE_WITHOUT_KE)
		say(step->text, "keys from those of the IKE SA");
	else if (!suite->ke)
		say(step->text, "without PFS");
	note_weak(step, suite->encr);
	note_weak(step, suite->integ);
	note_weak(step, suite->prf);
	note_weak(step, suite->ke);
}

static void add_weak(char out[STEP_TEXT], const struct transform *row)
{
	const char *name;

	if (!row || !row->weak)
		return;
	name = row->type == TRANSFORM_PRF ? row->name + 3 : row->name;
	if (!strstr(out, name))
		say(out, "%s%s", *out ? ", " : "", name);
}

static bool offer_choose(const struct run *run, const struct offer *offer,
	const struct ike_proposals *ours, struct payload_sa *theirs,
	uint8_t buffer[CLIENT_OFFER], struct negotiated *chosen)
{
	struct bytes body = client_offer(
		offer->proposals, offer->protocol, run->group, buffer);
	struct reader r = reader_of(body);

	read_sa(&r, theirs);
	return !r.bad && negotiate_choose(ours, theirs, offer->protocol,
				 offer->ke, chosen) == IKE_OK;
}

static struct ike_proposals proposals_of(const struct suite *suite)
{
	const struct transform *rows[] = { suite->encr, suite->prf,
		suite->integ, suite->ke, suite->esn };
	struct ike_proposals proposals = { .count = 1 };
	struct ike_proposal *one = &proposals.list[0];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i])
			one->transforms[one->count++] = rows[i];
	}
	return proposals;
}

/* What to add here, if the client offers anything that this version has; tried
 * before it is recommended. */
static void find_fix(
	const struct run *run, const struct offer *offer, struct step *step)
{
	uint8_t buffer[CLIENT_OFFER];
	char weak[STEP_TEXT] = "", name[SUITE_NAME_SIZE];
	struct ike_proposals ours;
	struct negotiated chosen;
	struct payload_sa theirs;
	struct suite suite;

	if (run->client->there)
		say(step->there, "%s", run->client->there);
	if (client_best(offer->proposals, offer->protocol, run->group, &suite))
		ours = proposals_of(&suite);
	else
		ours = (struct ike_proposals){ 0 };
	if (!offer_choose(run, offer, &ours, &theirs, buffer, &chosen)) {
		say(step->here,
			"this version has nothing that is in all parts what "
			"they offer");
		return;
	}
	suite_name(&chosen.suite, name, sizeof(name));
	add_weak(weak, chosen.suite.encr);
	add_weak(weak, chosen.suite.integ);
	add_weak(weak, chosen.suite.prf);
	add_weak(weak, chosen.suite.ke);
	say(step->here, "add %s to its %s", name, offer->key);
	if (*weak)
		say(step->here, ", and %s to its allow_weak", weak);
}

/* Is PFS on one side alone all that is in the way? */
static bool pfs_differs(const struct run *run, const struct offer *offer)
{
	const bool ours = negotiate_first_group(offer->ours) != NULL;
	struct offer without = *offer;
	uint8_t buffer[CLIENT_OFFER];
	struct negotiated chosen;
	struct payload_sa theirs;

	without.ke = NEGOTIATE_WITHOUT_KE;
	return offer->protocol == PROTOCOL_ESP && offer->ke == NEGOTIATE_KE &&
	       (offer->ke_payload != NULL) != ours &&
	       offer_choose(
		       run, &without, offer->ours, &theirs, buffer, &chosen);
}

static void refused(const struct run *run, const struct offer *offer,
	const struct payload_sa *theirs, struct step *step)
{
	char difference[DIFFERENCE_SIZE];

	step->verdict = VERDICT_PROBLEM;
	if (pfs_differs(run, offer))
		say(step->text,
			"NO_PROPOSAL_CHOSEN: they rekey %s PFS, we %s it",
			offer->ke_payload ? "with" : "without",
			offer->ke_payload ? "without" : "with");
	else
		say(step->text, "NO_PROPOSAL_CHOSEN: %s",
			proposals_difference(offer->ours, theirs,
				offer->protocol, offer->ke, difference));
	find_fix(run, offer, step);
}

/* The suite in *suite, NULL members if there is none. */
static void simulate(struct run *run, const struct offer *offer,
	struct step *step, struct suite *suite)
{
	uint8_t buffer[CLIENT_OFFER];
	struct negotiated chosen;
	struct payload_sa theirs;

	*suite = (struct suite){ 0 };
	if (offer_choose(run, offer, offer->ours, &theirs, buffer, &chosen)) {
		*suite = chosen.suite;
		chosen_well(run, offer, suite, step);
	} else {
		refused(run, offer, &theirs, step);
	}
	tell(run, step, IKE_CAUSE_PROPOSAL);
}

static void simulate_ike(struct run *run)
{
	const struct offer offer = { "ike", run->client->ike, &run->peer->ike,
		PROTOCOL_IKE, NEGOTIATE_KE, run->client->ke };
	struct step step = { .name = "ike" };
	struct wire_transform first;
	struct suite suite;

	simulate(run, &offer, &step, &suite);
	run->group = suite.ke;
	/* What follows is looked at all the same, as if that had been mended. */
	if (!run->group && client_transform(run->client->ke,
				   strlen(run->client->ke), &first))
		run->group = transform_find(first.type, first.id, 0);
	if (!run->group)
		run->group = negotiate_first_group(&run->peer->ike);
}

static void simulate_child(
	struct run *run, const struct ike_child_policy *child)
{
	const struct offer first = { "esp", run->client->esp, &child->esp,
		PROTOCOL_ESP, NEGOTIATE_WITHOUT_KE, NULL };
	const struct offer rekey = { "esp", run->client->rekey, &child->esp,
		PROTOCOL_ESP, NEGOTIATE_KE, run->client->rekey_ke };
	struct step step = { .name = "child", .child = child->name };
	struct step again = { .name = "rekey", .child = child->name };
	struct suite suite;

	if (ike_is_shunt(child->mode))
		return;
	simulate(run, &first, &step, &suite);
	if (suite.encr)
		simulate(run, &rekey, &again, &suite);
}

/* --- Proofs and identities ------------------------------------------------------- */

static const char *methods_text(uint8_t methods, char out[STEP_TEXT])
{
	ike_auth_text(methods, " or ", out);
	if (methods & CLIENT_EAP)
		say(out, "%sEAP", *out ? " or " : "");
	return out;
}

static void simulate_proof(struct run *run)
{
	const struct client *client = run->client;
	const struct ike_peer *peer = run->peer;
	struct step step = { .name = "proof" };
	char theirs[STEP_TEXT] = "", ours[STEP_TEXT] = "";
	int code = IKE_CAUSE_REJECTED_PEER;

	if (!(client->proves & peer->remote.auth)) {
		step.verdict = VERDICT_PROBLEM;
		say(step.text, "it can prove itself by %s, we ask for %s",
			methods_text(client->proves, theirs),
			methods_text(peer->remote.auth, ours));
	} else if (!(client->believes & peer->local.auth)) {
		step.verdict = VERDICT_PROBLEM;
		code = IKE_CAUSE_REJECTED_US;
		say(step.text, "we prove ourselves by %s, it believes %s alone",
			methods_text(peer->local.auth, ours),
			methods_text(client->believes, theirs));
	} else {
		say(step.text, "it by %s, we by %s",
			methods_text(
				client->proves & peer->remote.auth, theirs),
			methods_text(peer->local.auth, ours));
	}
	tell(run, &step, code);
}

static const char *id_words(uint8_t type)
{
	switch ((enum id_type)type) {
	case ID_IPV4_ADDR:
		return "an IPv4 address";
	case ID_IPV6_ADDR:
		return "an IPv6 address";
	case ID_FQDN:
		return "a host name";
	case ID_RFC822_ADDR:
		return "a mail address";
	case ID_DER_ASN1_DN:
		return "a distinguished name";
	case ID_KEY_ID:
		return "a key ID";
	case ID_DER_ASN1_GN:
	case ID_NONE:
		break;
	}
	return "another kind";
}

static void simulate_identity(struct run *run)
{
	const uint8_t wanted = run->peer->remote.id.type;
	struct step step = { .name = "identity", .verdict = VERDICT_PROBLEM };
	char kinds[STEP_TEXT] = "";

	for (size_t i = 0; i < CLIENT_IDS && run->client->ids[i]; i++) {
		if (run->client->ids[i] == wanted || wanted == ID_NONE)
			step.verdict = VERDICT_OK;
		say(kinds, "%s%s", *kinds ? ", or " : "",
			id_words(run->client->ids[i]));
	}
	if (step.verdict == VERDICT_OK && wanted == ID_NONE)
		say(step.text, "any will do; it sends %s", kinds);
	else if (step.verdict == VERDICT_OK)
		say(step.text, "%s, which it can send", id_words(wanted));
	else
		say(step.text, "remote_id is %s, it sends %s", id_words(wanted),
			kinds);
	tell(run, &step, IKE_CAUSE_REJECTED_PEER);
}

/* --- One peer -------------------------------------------------------------------- */

static void begin_peer(struct run *run)
{
	const struct ctl *ctl = run->ctl;

	if (!ctl_speaks(ctl))
		return;
	fprintf(ctl->out, "%s to %s\n", run->client->words, run->peer->name);
	run->table = table_new();
}

static void end_peer(struct run *run)
{
	if (run->table)
		table_print(run->table, run->ctl->out, 2, 3);
	run->table = NULL;
}

static int simulate_peer(const struct ctl *ctl, const struct client *client,
	const struct ike_peer *peer)
{
	struct run run = { .ctl = ctl, .client = client, .peer = peer };

	begin_peer(&run);
	if (!peer->enabled || *peer->error) {
		struct step step = { .name = "configuration",
			.verdict = VERDICT_PROBLEM };

		say(step.text, "the peer is left out: %s",
			peer->enabled ? peer->error : "enabled: no");
		tell(&run, &step, REPORT_CONFIG);
	}
	simulate_ike(&run);
	simulate_proof(&run);
	simulate_identity(&run);
	for (size_t i = 0; i < peer->child_count; i++)
		simulate_child(&run, &peer->children[i]);
	end_peer(&run);
	return run.code;
}

/* --- All ------------------------------------------------------------------------- */

static void print_notes(const struct ctl *ctl, const struct client *client)
{
	if (!ctl_speaks(ctl))
		return;
	for (size_t i = 0; i < CLIENT_NOTES && client->notes[i]; i++)
		fprintf(ctl->out, "%s%s\n", i == 0 ? "to know: " : "         ",
			client->notes[i]);
}

static int unknown_client(const struct ctl *ctl, const char *name)
{
	struct nearest nearest = nearest_to(name);
	char hint[HINT_SIZE], all[HINT_SIZE] = "";
	const struct client *client;
	const char *text;
	size_t len = 0;

	for (size_t i = 0; (client = client_at(i)); i++) {
		nearest_try(&nearest, client->name);
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s",
			i == 0 ? "" : ", ", client->name);
	}
	text = nearest_hint(&nearest, hint);
	return ctl_fail(ctl, REPORT_USAGE, *text ? text : all,
		"simulate: no client named '%s'", name);
}

static int unknown_peer(
	const struct ctl *ctl, const struct config *config, const char *name)
{
	struct nearest nearest = nearest_to(name);
	char hint[HINT_SIZE];

	for (size_t i = 0; i < config->peers.count; i++)
		nearest_try(&nearest, config->peers.peer[i]->name);
	return ctl_fail(ctl, REPORT_UNKNOWN, nearest_hint(&nearest, hint),
		"simulate: no peer named '%s'", name);
}

static int simulate_peers(const struct ctl *ctl, const struct client *client,
	const struct config *config, const char *name)
{
	bool found = false, good = false;
	int code = REPORT_OK;

	for (size_t i = 0; i < config->peers.count; i++) {
		const struct ike_peer *peer = config->peers.peer[i];

		if ((name && strcmp(name, peer->name) != 0) ||
			(!name && ike_peer_only_shunts(peer)))
			continue;
		found = true;
		code = simulate_peer(ctl, client, peer);
		good |= code == REPORT_OK;
	}
	if (!found && name)
		return unknown_peer(ctl, config, name);
	if (!found)
		return ctl_fail(ctl, REPORT_UNKNOWN, NULL,
			"simulate: the configuration has no peer to speak IKE "
			"with");
	print_notes(ctl, client);
	return good ? REPORT_OK : code;
}

static int with_configuration(
	const struct ctl *ctl, const struct client *client, const char *peer)
{
	struct config_errors errors = { 0 };
	struct config *config;
	char path[PATH_SIZE];
	int code;

	ctl_path(ctl, ctl->config, CTL_CONFIG, path, sizeof(path));
	config = config_load_at(path, ctl->root, ctl_now(ctl), &errors);
	if (config) {
		code = simulate_peers(ctl, client, config, peer);
	} else {
		if (!ctl->json)
			config_errors_print(&errors, ctl->err);
		code = ctl_fail(ctl, REPORT_CONFIG, "see: ipsec-ctl check",
			"simulate: the configuration is not valid");
	}
	config_errors_clear(&errors);
	config_free(config);
	return code;
}

int ctl_simulate(
	struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const struct client *client;

	(void)verb;
	if (!ctl->from)
		return ctl_fail(ctl, REPORT_USAGE,
			"such as --from windows11, ios or strongswan",
			"simulate: --from CLIENT says who asks");
	client = client_named(ctl->from);
	if (!client)
		return unknown_client(ctl, ctl->from);
	return with_configuration(ctl, client, count > 0 ? args[0] : NULL);
}

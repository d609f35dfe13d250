/* report.c - what the daemon tells, as JSON records (ipsecd-1.schema.json).
 * SPDX-License-Identifier: ISC
 */
#include "daemon/report.h"

#include "config/config.h"
#include "ikev2/facts.h"
#include "ikev2/identity.h"
#include "ikev2/wire/names.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SPI_TEXT = 2 * IKE_SPI_LEN + 1, PLACE_TEXT = 256 + IKE_ADDR_SIZE };

const char *report_time(int64_t unix_ms, char out[REPORT_TIME_SIZE])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	int ms = (int)(unix_ms % 1000);
	struct tm tm;
	size_t len;

	if (ms < 0) {
		seconds--;
		ms += 1000;
	}
	if (!gmtime_r(&seconds, &tm))
		tm = (struct tm){ .tm_year = 70, .tm_mday = 1 };
	len = strftime(out, REPORT_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, REPORT_TIME_SIZE - len, ".%03dZ", ms);
	return out;
}

json_t *report_head(const char *record)
{
	return json_pack(
		"{s:s, s:s}", "schema", REPORT_SCHEMA, "record", record);
}

/* The core escapes what peers say, so this is for what nobody thought of: a
 * record is never left without its key because of one octet. */
static void escape(const char *text, char *out, size_t size)
{
	size_t len = 0;

	for (; *text && len + 5 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f)
			out[len++] = *text;
		else
			len += (size_t)snprintf(
				out + len, size - len, "\\x%02x", c);
	}
	out[len] = '\0';
}

void report_set_text(json_t *object, const char *key, const char *text)
{
	json_t *string = json_string(text);
	char escaped[2048];

	if (!string) {
		escape(text, escaped, sizeof(escaped));
		string = json_string(escaped);
	}
	json_object_set_new(object, key, string);
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
	if (value > INT64_MAX)
		value = INT64_MAX;
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_date(json_t *object, const char *key, int64_t unix_ms)
{
	char text[REPORT_TIME_SIZE];

	json_object_set_new(
		object, key, json_string(report_time(unix_ms, text)));
}

/* A moment of the core's clock, before or after now. */
static int64_t when(uint64_t mono_ms, struct report_clock clock)
{
	return clock.unix_ms + (int64_t)(mono_ms - clock.mono_ms);
}

const char *report_when(
	uint64_t mono_ms, struct report_clock clock, char out[REPORT_TIME_SIZE])
{
	return report_time(when(mono_ms, clock), out);
}

static void set_when(json_t *object, const char *key, uint64_t mono_ms,
	struct report_clock clock)
{
	if (mono_ms != IKE_NEVER)
		set_date(object, key, when(mono_ms, clock));
}

static void set_addr(
	json_t *object, const char *key, const struct ike_addr *addr)
{
	char text[IKE_ADDR_SIZE];

	if (addr->family != 0)
		report_set_text(object, key, ike_addr_text(addr, text));
}

static void set_suite(json_t *object, const struct suite *suite)
{
	char text[SUITE_NAME_SIZE];

	if (!suite->encr)
		return;
	suite_name(suite, text, sizeof(text));
	report_set_text(object, "suite", text);
}

static const char *mode_name(enum ike_mode mode)
{
	switch (mode) {
	case IKE_MODE_TUNNEL:
		return "tunnel";
	case IKE_MODE_TRANSPORT:
		return "transport";
	case IKE_MODE_PASS:
		return "pass";
	case IKE_MODE_DROP:
		return "drop";
	}
	return "tunnel";
}

static const char *start_name(enum ike_start start)
{
	switch (start) {
	case IKE_START_WAIT:
		return "wait";
	case IKE_START_NOW:
		return "now";
	case IKE_START_ON_DEMAND:
		return "on-demand";
	}
	return "wait";
}

/* "psk", or "cert, pubkey" where several are allowed. */
static void set_auth(json_t *object, const char *key, uint8_t auth)
{
	char text[IKE_AUTH_SIZE];

	ike_auth_text(auth, ", ", text);
	if (text[0] != '\0')
		report_set_text(object, key, text);
}

const char *report_state(enum ike_peer_state state)
{
	switch (state) {
	case IKE_PEER_DOWN:
		return "down";
	case IKE_PEER_ON_DEMAND:
		return "on-demand";
	case IKE_PEER_CONNECTING:
		return "connecting";
	case IKE_PEER_UP:
		return "up";
	}
	return "down";
}

const char *report_event_name(enum ike_report_kind kind)
{
	switch (kind) {
	case IKE_REPORT_CONNECTING:
		return "connecting";
	case IKE_REPORT_PROGRESS:
		return "progress";
	case IKE_REPORT_IKE_UP:
		return "ike-up";
	case IKE_REPORT_CHILD_UP:
		return "child-up";
	case IKE_REPORT_CHILD_DOWN:
		return "child-down";
	case IKE_REPORT_IKE_DOWN:
		return "ike-down";
	case IKE_REPORT_TAKEN_DOWN:
		return "taken-down";
	case IKE_REPORT_FAILED:
		return "failed";
	case IKE_REPORT_REFUSED:
		return "refused";
	case IKE_REPORT_REKEYED:
		return "rekeyed";
	case IKE_REPORT_REKEY_FAILED:
		return "rekey-failed";
	}
	return "progress";
}

/* What to look at first. */
static const struct {
	enum ike_cause cause;
	const char *hint;
} causes[] = {
	// clang-format off
	{ IKE_CAUSE_UNREACHABLE,
		"check the peer's address, that IKE runs there, and that no firewall drops UDP 500 and 4500" },
	{ IKE_CAUSE_NAME,
		"check the spelling of 'remote' and this host's name server" },
	{ IKE_CAUSE_PROPOSAL,
		"compare 'ike' and 'esp' with the other side's configuration" },
	{ IKE_CAUSE_KEY_EXCHANGE,
		"name one key exchange that both sides have in 'ike' and 'esp', such as x25519 or ecp256" },
	{ IKE_CAUSE_REJECTED_US,
		"compare the secret and the identities with the other side's; its log says more" },
	{ IKE_CAUSE_REJECTED_PEER,
		"compare the secret, 'remote_id' and 'remote' with what the other side uses" },
	{ IKE_CAUSE_SELECTORS,
		"local_ts here must meet remote_ts there, and remote_ts here local_ts there" },
	{ IKE_CAUSE_KERNEL,
		"IPsec needs the kernel's xfrm_user, esp4 and esp6, and the algorithms of the suite" },
	{ IKE_CAUSE_CERTIFICATE,
		"see what 'ipsec-ctl check' and 'ipsec-ctl list certs' say, and the clocks of both sides" },
	// clang-format on
};

const char *report_cause_name(enum ike_cause cause, enum ike_error error)
{
	unsigned int number = error;
	const char *name = NULL;

	if (number > 0 && number < NOTIFY_FIRST_STATUS)
		name = notify_name((uint16_t)number);
	if (name)
		return name;
	name = ike_cause_name(cause);
	return name ? name : "FAILED";
}

const char *report_cause_hint(enum ike_cause cause)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].cause == cause)
			return causes[i].hint;
	}
	return NULL;
}

json_t *report_daemon(
	const struct report_daemon *daemon, struct report_clock clock)
{
	json_t *record = report_head("daemon");

	report_set_text(record, "version", daemon->version);
	report_set_text(record, "kernel", daemon->kernel);
	set_when(record, "started", daemon->started_ms, clock);
	set_number(record, "uptime_s",
		(clock.mono_ms - daemon->started_ms) / 1000);
	json_object_set_new(record, "peers",
		json_pack("{s:i, s:i, s:i, s:i, s:i}", "total",
			(int)daemon->peers, "up", (int)daemon->up, "connecting",
			(int)daemon->connecting, "on_demand",
			(int)daemon->on_demand, "down", (int)daemon->down));
	if (daemon->disabled > 0)
		set_number(json_object_get(record, "peers"), "disabled",
			daemon->disabled);
	return record;
}

static json_t *last_error(
	const struct ike_peer_status *status, struct report_clock clock)
{
	const char *hint = report_cause_hint(status->cause);
	json_t *error;

	if (status->cause == IKE_CAUSE_NONE && status->peer->error[0] != '\0') {
		error = json_pack("{s:i, s:s}", "code", REPORT_CONFIG, "name",
			"CONFIGURATION");
		report_set_text(error, "text", status->peer->error);
		report_set_text(error, "hint", REPORT_LEFT_OUT_HINT);
		return error;
	}
	if (status->cause == IKE_CAUSE_NONE)
		return json_null();
	error = json_pack("{s:i, s:s}", "code", (int)status->cause, "name",
		report_cause_name(status->cause, status->error));
	set_when(error, "time", status->failed_ms, clock);
	report_set_text(error, "text", status->text);
	if (hint)
		report_set_text(error, "hint", hint);
	return error;
}

static void append_text(json_t *array, const char *text)
{
	json_t *string = json_string(text);

	json_array_append_new(array, string ? string : json_string("?"));
}

static json_t *places(const struct ike_side *side)
{
	json_t *array = json_array();
	char text[PLACE_TEXT];

	for (size_t i = 0; i < side->place_count; i++) {
		append_text(array,
			ike_place_text(&side->places[i], text, sizeof(text)));
	}
	if (side->place_count == 0)
		append_text(array, "any");
	return array;
}

static json_t *selectors(const struct ike_selector *list, size_t count)
{
	json_t *array = json_array();
	char text[IKE_SELECTOR_SIZE];

	for (size_t i = 0; i < count; i++) {
		append_text(array, list[i].family == 0
					   ? "dynamic"
					   : ike_selector_text(&list[i], text));
	}
	return array;
}

/* "aes256gcm16+aes128gcm16-prfsha256-x25519+ecp256": the transforms of a type
 * are alternatives. */
static void proposal_text(
	const struct ike_proposal *proposal, char *out, size_t size)
{
	uint8_t type = 0;
	size_t len = 0;
	int n;

	out[0] = '\0';
	for (size_t i = 0; i < proposal->count && len < size; i++) {
		const struct transform *t = proposal->transforms[i];

		n = snprintf(out + len, size - len, "%s%s",
			i == 0            ? ""
			: t->type == type ? "+"
					  : "-",
			t->name);
		len += n > 0 ? (size_t)n : 0;
		type = t->type;
	}
}

static json_t *proposals(const struct ike_proposals *list)
{
	json_t *array = json_array();
	char text[1024];

	for (size_t i = 0; i < list->count; i++) {
		proposal_text(&list->list[i], text, sizeof(text));
		append_text(array, text);
	}
	return array;
}

static void set_child_config(
	json_t *record, const struct ike_child_policy *child)
{
	report_set_text(record, "name", child->name);
	report_set_text(record, "mode", mode_name(child->mode));
	if (!ike_is_shunt(child->mode))
		report_set_text(record, "start", start_name(child->start));
	json_object_set_new(record, "local_ts",
		selectors(child->local_ts, child->local_ts_count));
	json_object_set_new(record, "remote_ts",
		selectors(child->remote_ts, child->remote_ts_count));
}

static json_t *children_config(const struct ike_peer *peer, bool with_esp)
{
	json_t *array = json_array();

	for (size_t i = 0; i < peer->child_count; i++) {
		json_t *child = json_object();

		set_child_config(child, &peer->children[i]);
		if (with_esp && !ike_is_shunt(peer->children[i].mode)) {
			json_object_set_new(child, "esp",
				proposals(&peer->children[i].esp));
		}
		json_array_append_new(array, child);
	}
	return array;
}

static json_t *totals_object(const struct ike_peer_status *status,
	const struct report_totals *totals)
{
	json_t *object = json_object();

	if (totals && totals->known) {
		set_number(object, "in_bytes", totals->in_bytes);
		set_number(object, "out_bytes", totals->out_bytes);
	}
	if (totals)
		set_number(object, "rekeys", totals->rekeys);
	set_number(object, "failures", status->failures);
	return object;
}

json_t *report_peer(const struct ike_peer_status *status,
	const struct report_totals *totals, struct report_clock clock)
{
	const struct ike_peer *peer = status->peer;
	json_t *record = report_head("peer");
	char text[PLACE_TEXT];

	report_set_text(record, "peer", peer->name);
	report_set_text(record, "state", report_state(status->state));
	if (!peer->enabled)
		json_object_set_new(record, "enabled", json_false());
	if (status->stopped && status->state == IKE_PEER_DOWN)
		json_object_set_new(record, "stopped", json_true());
	set_when(record, "since", status->since_ms, clock);
	if (status->remote.family != 0) {
		set_addr(record, "remote", &status->remote);
	} else {
		const struct ike_place any = { .kind = IKE_PLACE_ANY };

		report_set_text(record, "remote",
			ike_place_text(peer->remote.place_count > 0
					       ? &peer->remote.places[0]
					       : &any,
				text, sizeof(text)));
	}
	json_object_set_new(record, "last_error", last_error(status, clock));
	/* While it is up, what the core does next is no try. */
	if (status->state != IKE_PEER_UP)
		set_when(record, "next_try", status->next_try_ms, clock);
	set_number(record, "tries", status->tries);
	json_object_set_new(record, "ike", json_array());
	json_object_set_new(record, "children", children_config(peer, false));
	json_object_set_new(record, "totals", totals_object(status, totals));
	return record;
}

static void set_id(json_t *record, const char *key, const struct ike_id *id,
	const char *otherwise)
{
	char text[IKE_ID_SIZE];

	if (id->type != ID_NONE)
		report_set_text(record, key, identity_text(id, text));
	else if (otherwise)
		report_set_text(record, key, otherwise);
}

json_t *report_peer_config(const struct ike_peer_status *status)
{
	const struct ike_peer *peer = status->peer;
	json_t *record = report_head("peer-config");

	report_set_text(record, "peer", peer->name);
	report_set_text(record, "state", report_state(status->state));
	json_object_set_new(record, "enabled", json_boolean(peer->enabled));
	json_object_set_new(record, "local", places(&peer->local));
	json_object_set_new(record, "remote", places(&peer->remote));
	set_id(record, "local_id", &peer->local.id, NULL);
	set_id(record, "remote_id", &peer->remote.id, "any");
	set_auth(record, "auth", peer->remote.auth);
	if (peer->local.auth != peer->remote.auth)
		set_auth(record, "local_auth", peer->local.auth);
	if (peer->error[0] != '\0')
		report_set_text(record, "error", peer->error);
	json_object_set_new(record, "proposals", proposals(&peer->ike));
	json_object_set_new(record, "children", children_config(peer, true));
	return record;
}

static void spi_text(const uint8_t spi[IKE_SPI_LEN], char out[SPI_TEXT])
{
	for (size_t i = 0; i < IKE_SPI_LEN; i++)
		snprintf(out + 2 * i, SPI_TEXT - 2 * i, "%02x", spi[i]);
}

static json_t *endpoint(const struct ike_endpoint *where,
	const struct ike_id *id, uint8_t auth, bool nat)
{
	json_t *object = json_object();

	set_addr(object, "addr", &where->addr);
	set_number(object, "port", where->port);
	set_id(object, "id", id, NULL);
	set_auth(object, "auth", auth);
	json_object_set_new(object, "nat", json_boolean(nat));
	return object;
}

/* A vendor ID is a claim; proposals are what many could send. */
static void implementation_words(
	const struct ike_implementation *is, char *out, size_t size)
{
	if (is->says && is->looks)
		snprintf(out, size,
			"says that it is %s; has the default proposals of %s",
			is->says, is->looks);
	else if (is->says)
		snprintf(out, size, "says that it is %s", is->says);
	else if (is->looks)
		snprintf(out, size, "looks like %s, by its proposals",
			is->looks);
	else
		snprintf(out, size, "not known; its vendor ID is '%s'",
			is->unknown);
}

void report_implementation(json_t *record,
	const struct ike_implementation *implementation, bool mend)
{
	const struct ike_implementation *is = implementation;
	const char *name = is->says ? is->says : is->looks;
	char text[192];
	json_t *object;

	if (!name && !is->unknown[0])
		return;
	object = json_object();
	if (name) {
		report_set_text(object, "name", name);
		report_set_text(
			object, "by", is->says ? "vendor_id" : "proposal");
	}
	if (is->says && is->looks)
		report_set_text(object, "proposals", is->looks);
	if (is->unknown[0])
		report_set_text(object, "vendor_id", is->unknown);
	implementation_words(is, text, sizeof(text));
	report_set_text(object, "text", text);
	if (mend && is->there)
		report_set_text(object, "there", is->there);
	json_object_set_new(record, "implementation", object);
}

/* What both sides can do beyond what each must. */
static json_t *extensions(const struct ike_sa_status *sa)
{
	json_t *array = json_array();

	if (sa->fragmentation)
		append_text(array, "fragmentation");
	if (sa->mobike)
		append_text(array, "mobike");
	return array;
}

json_t *report_sa(const struct ike_sa_status *sa, struct report_clock clock)
{
	static const uint8_t none[IKE_SPI_LEN];
	json_t *record = report_head("sa");
	char spi[SPI_TEXT];

	if (sa->peer)
		report_set_text(record, "peer", sa->peer->name);
	report_set_text(record, "state", sa->phase);
	json_object_set_new(record, "initiator", json_boolean(sa->initiator));
	spi_text(sa->spi_i, spi);
	report_set_text(record, "spi_i", spi);
	if (memcmp(sa->spi_r, none, sizeof(none)) != 0) {
		spi_text(sa->spi_r, spi);
		report_set_text(record, "spi_r", spi);
	}
	json_object_set_new(record, "local",
		endpoint(&sa->local, &sa->local_id,
			sa->established ? sa->local_auth : 0, sa->nat_local));
	json_object_set_new(record, "remote",
		endpoint(&sa->remote, &sa->remote_id,
			sa->established ? sa->remote_auth : 0, sa->nat_remote));
	report_implementation(record, &sa->implementation, false);
	set_suite(record, &sa->suite);
	if (sa->established) {
		set_when(record, "established", sa->since_ms, clock);
		json_object_set_new(record, "extensions", extensions(sa));
	}
	set_when(record, "rekey_at", sa->rekey_at_ms, clock);
	if (sa->rtt_known)
		set_number(record, "rtt_ms", sa->rtt_ms);
	json_object_set_new(record, "children", json_array());
	return record;
}

static void set_counters(
	json_t *record, const char *key, const struct ike_counters *counters)
{
	json_t *object;

	if (!counters)
		return;
	object = json_object();
	set_number(object, "bytes", counters->bytes);
	set_number(object, "packets", counters->packets);
	json_object_set_new(record, key, object);
}

static void set_esp_spi(json_t *record, const char *key, uint32_t spi)
{
	char text[2 * ESP_SPI_LEN + 1];

	if (spi == 0)
		return;
	snprintf(text, sizeof(text), "%08x", (unsigned int)spi);
	report_set_text(record, key, text);
}

/* One number if it is the same in both directions. */
static void set_if_ids(json_t *record, uint32_t in, uint32_t out)
{
	if (in == out) {
		if (in != 0)
			set_number(record, "if_id", in);
		return;
	}
	set_number(record, "if_id_in", in);
	set_number(record, "if_id_out", out);
}

json_t *report_child(const struct ike_child_status *child,
	const struct ike_counters *in, const struct ike_counters *out,
	struct report_clock clock)
{
	json_t *record = report_head("child");

	report_set_text(record, "name", child->name);
	report_set_text(record, "state", child->state);
	report_set_text(record, "mode", mode_name(child->mode));
	json_object_set_new(record, "encap", json_boolean(child->encap));
	set_suite(record, &child->suite);
	json_object_set_new(record, "local_ts",
		selectors(child->local_ts, child->local_ts_count));
	json_object_set_new(record, "remote_ts",
		selectors(child->remote_ts, child->remote_ts_count));
	set_esp_spi(record, "spi_in", child->in.spi);
	set_esp_spi(record, "spi_out", child->out.spi);
	set_counters(record, "in", in);
	set_counters(record, "out", out);
	if (child->up)
		set_when(record, "since", child->since_ms, clock);
	set_when(record, "rekey_at", child->rekey_at_ms, clock);
	set_when(record, "wider_at", child->wider_at_ms, clock);
	set_number(record, "reqid", child->reqid);
	set_if_ids(record, child->if_id_in, child->if_id_out);
	return record;
}

json_t *report_child_config(
	const struct ike_child_policy *child, const char *state)
{
	json_t *record = report_head("child");

	set_child_config(record, child);
	report_set_text(record, "state", state);
	return record;
}

json_t *report_policy(
	const struct ike_policy *policy, const char *peer, const char *child)
{
	json_t *record = report_head("policy");

	if (peer)
		report_set_text(record, "peer", peer);
	if (child)
		report_set_text(record, "child", child);
	report_set_text(record, "mode", mode_name(policy->mode));
	json_object_set_new(
		record, "local_ts", selectors(&policy->local_ts, 1));
	json_object_set_new(
		record, "remote_ts", selectors(&policy->remote_ts, 1));
	set_addr(record, "local", &policy->local);
	set_addr(record, "remote", &policy->remote);
	set_number(record, "reqid", policy->reqid);
	set_number(record, "priority", policy->priority);
	set_if_ids(record, policy->in.if_id, policy->out.if_id);
	return record;
}

static const char *type_name(uint8_t type)
{
	static const char *const names[TRANSFORM_TYPES] = {
		[TRANSFORM_ENCR] = "ENCR",
		[TRANSFORM_PRF] = "PRF",
		[TRANSFORM_INTEG] = "INTEG",
		[TRANSFORM_KE] = "KE",
		[TRANSFORM_ESN] = "ESN",
	};

	return type < TRANSFORM_TYPES && names[type] ? names[type] : "?";
}

json_t *report_algorithm(const struct transform *transform)
{
	json_t *record = report_head("algorithm");

	report_set_text(record, "type", type_name(transform->type));
	report_set_text(record, "name", transform->name);
	set_number(record, "id", transform->id);
	if (transform->key_bits != 0)
		set_number(record, "key_bits", transform->key_bits);
	if (transform->type == TRANSFORM_ENCR)
		json_object_set_new(
			record, "aead", json_boolean(transform->aead));
	json_object_set_new(record, "weak", json_boolean(transform->weak));
	return record;
}

json_t *report_event(const struct ike_report *report, int64_t unix_ms)
{
	json_t *record = report_head("event");

	set_date(record, "time", unix_ms);
	report_set_text(record, "event", report_event_name(report->kind));
	if (report->peer[0] != '\0')
		report_set_text(record, "peer", report->peer);
	if (report->child[0] != '\0')
		report_set_text(record, "child", report->child);
	if (report->cause != IKE_CAUSE_NONE) {
		set_number(record, "code", (uint64_t)report->cause);
		report_set_text(record, "name",
			report_cause_name(report->cause, report->error));
	}
	if (report->text[0] != '\0')
		report_set_text(record, "text", report->text);
	return record;
}

json_t *report_news(const char *event, const char *text, int64_t unix_ms)
{
	json_t *record = report_head("event");

	set_date(record, "time", unix_ms);
	report_set_text(record, "event", event);
	report_set_text(record, "text", text);
	return record;
}

json_t *report_config_error(const struct config_error *error)
{
	static const char *const severities[] = {
		[CONFIG_ERROR] = "error",
		[CONFIG_LEFT_OUT] = "left-out",
		[CONFIG_WARNING] = "warning",
	};
	json_t *record = report_head("error");

	report_set_text(record, "severity", severities[error->severity]);
	report_set_text(record, "file", error->file ? error->file : "");
	json_object_set_new(record, "line", json_integer(error->line));
	json_object_set_new(record, "column", json_integer(error->column));
	json_object_set_new(record, "width", json_integer(error->width));
	report_set_text(record, "text", error->text ? error->text : "");
	if (error->hint)
		report_set_text(record, "hint", error->hint);
	if (error->source)
		report_set_text(record, "source", error->source);
	return record;
}

json_t *report_verdict(int code, const char *error, const char *hint)
{
	json_t *verdict;

	if (code == REPORT_OK)
		return json_pack("{s:b}", "ok", 1);
	verdict = json_pack("{s:b, s:i}", "ok", 0, "code", code);
	report_set_text(verdict, "error", error);
	if (hint)
		report_set_text(verdict, "hint", hint);
	return verdict;
}

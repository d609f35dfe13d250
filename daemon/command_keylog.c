/* command_keylog.c - the method `keylog`: the keys of one peer's SAs, for Wireshark, for a while.
 * SPDX-License-Identifier: ISC
 *
 * Who has them can read all that goes through the tunnels, so members of the
 * control socket's group, who may only change what is up, do not get them.  The
 * line with a key is made here, outside of jansson, and goes out of a buffer that
 * is wiped when the client has it.
 */
#include "daemon/command.h"

#include "daemon/daemon.h"
#include "daemon/keylog.h"
#include "daemon/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	KEYLOG_MOST_S = 86400,
	RECORD_HEAD = 256, /* of a record, and its end: some 200 */
};

/* Wireshark's, and what is said of an SA that it has no names for. */
struct table {
	const char *name, *sealed;
};

static const struct table ike_table = { "ikev2_decryption_table",
	"Wireshark cannot open this IKE SA: it has no name for its algorithms "
	"(ChaCha20-Poly1305)" };
static const struct table esp_table = { "esp_sa",
	"Wireshark cannot open this child: it has no name for its algorithms "
	"(ChaCha20-Poly1305)" };

/* --- Records -------------------------------------------------------------- */

static json_t *record_head(const struct request *request)
{
	json_t *record = report_head("keylog");
	char date[REPORT_TIME_SIZE];

	report_set_text(
		record, "time", report_time(command_clock().unix_ms, date));
	report_set_text(record, "peer", request->peer);
	return record;
}

/* What Wireshark, or we, cannot do is said, and not left out. */
static void say_without(
	struct request *request, const struct table *table, const char *text)
{
	json_t *record = record_head(request);

	report_set_text(record, "table", table->name);
	report_set_text(record, "text", text);
	request_say(request, record);
}

/* As much as the record takes: thousands may wait for who does not read. */
static size_t record_size(const char *line)
{
	size_t size = RECORD_HEAD;

	for (; *line; line++)
		size += *line == '"' ? 2 : 1;
	return size;
}

/* The names in it need no escape but for the quotes: a peer's has none. */
static void say_line(struct request *request, const struct table *table,
	const char line[KEYLOG_LINE])
{
	const size_t size = record_size(line);
	char date[REPORT_TIME_SIZE];
	char *text = malloc(size);
	size_t len;

	if (!text) {
		say_without(request, table, "left out: no memory");
		return;
	}
	len = (size_t)snprintf(text, size,
		"{\"schema\":\"ipsecd/1\",\"record\":\"keylog\",\"time\":\"%s\","
		"\"peer\":\"%s\",\"table\":\"%s\",\"line\":\"",
		report_time(command_clock().unix_ms, date), request->peer,
		table->name);
	for (; *line; line++) {
		if (*line == '"')
			text[len++] = '\\';
		text[len++] = *line;
	}
	memcpy(text + len, "\"}\n", 4);
	request->say_secret(request->ctx, text, len + 3);
}

/* The line is wiped. */
static void say_keys(struct request *request, const struct table *table,
	bool known, char line[KEYLOG_LINE])
{
	if (known)
		say_line(request, table, line);
	else
		say_without(request, table, table->sealed);
	sodium_memzero(line, KEYLOG_LINE);
}

static void say_ike(struct request *request, const struct ike_sa_keys *keys)
{
	char line[KEYLOG_LINE];

	say_keys(request, &ike_table, keylog_ike_line(keys, line), line);
}

static void say_esp(struct request *request, const struct ike_ipsec_sa *sa)
{
	char line[KEYLOG_LINE];

	say_keys(request, &esp_table, keylog_esp_line(sa, NULL, line), line);
}

/* --- Beginning and end ---------------------------------------------------- */

void keylog_end(struct request *request, const char *why)
{
	struct commands *all = request->all;

	request->keylog = false;
	if (--all->keylogs == 0)
		ike_tell_keys(all->daemon->ike, false);
	log_event(LOG_KEYLOG_ENDED, request->peer,
		FACTS(fact_number("uid", request->uid),
			fact_number("pid", (uint64_t)request->pid),
			fact_text("why", why)),
		"the keys of peer '%s' are no longer given to uid %ld (pid "
		"%ld): %s",
		request->peer, (long)request->uid, (long)request->pid, why);
}

void keylog_expired(struct request *request)
{
	keylog_end(request, "the time is over");
	request_succeed(request);
}

static void keylog_begin(struct request *request, uint32_t seconds)
{
	struct commands *all = request->all;
	json_t *record = record_head(request);
	char date[REPORT_TIME_SIZE];

	log_event(LOG_KEYLOG_BEGUN, request->peer,
		FACTS(fact_number("uid", request->uid),
			fact_number("pid", (uint64_t)request->pid),
			fact_number("seconds", seconds)),
		"the keys of peer '%s' are given to uid %ld (pid %ld) for %u s",
		request->peer, (long)request->uid, (long)request->pid, seconds);
	request->keylog = true;
	if (all->keylogs++ == 0)
		ike_tell_keys(all->daemon->ike, true);
	request->deadline_ms = daemon_now().mono_ms + (uint64_t)seconds * 1000;
	report_set_text(record, "until",
		report_time(command_clock().unix_ms + (int64_t)seconds * 1000,
			date));
	request_say(request, record);
}

void keylog_start(struct request *request, const json_t *params)
{
	const json_t *given = json_object_get(params, "for_s");
	const double seconds = given ? json_number_value(given) : KEYLOG_S;

	if (request->uid != 0 && request->uid != geteuid()) {
		request_fail(request, REPORT_PERMISSION, "be root",
			"keys are given to root alone");
		return;
	}
	if (seconds < 1 || seconds > KEYLOG_MOST_S) {
		request_fail(request, REPORT_USAGE, NULL,
			"keylog takes from a second to 24 hours");
		return;
	}
	if (!request_take_peer(request, params))
		return;
	if (request->child[0]) {
		request_fail(request, REPORT_USAGE, NULL,
			"keylog is of a peer, with all its children");
		return;
	}
	keylog_begin(request, (uint32_t)seconds);
	request->at = 0;
	request->state = REQUEST_MORE;
}

/* --- What there is already ------------------------------------------------ */

/* Only the kernel has the keys of a child, once it is up. */
static void say_children(
	struct request *request, const struct ike_sa_status *sa)
{
	struct ike_child_status child;
	char text[256];

	for (size_t i = 0;
		ike_child_at(request_core(request), sa->sa, i, &child); i++) {
		if (!child.has_in && !child.has_out)
			continue;
		snprintf(text, sizeof(text),
			"child '%s' is up already, and the kernel alone has its "
			"keys: ipsec-ctl rekey %s gives it new ones",
			child.name, request->peer);
		say_without(request, &esp_table, text);
	}
}

static void say_sa(struct request *request, const struct ike_sa_status *sa)
{
	struct ike_sa_keys keys;

	if (!ike_sa_keys_of(request_core(request), sa->sa, &keys))
		return;
	say_ike(request, &keys);
	sodium_memzero(&keys, sizeof(keys));
}

void keylog_more(struct request *request)
{
	struct ike_sa_status sa;

	while (request->room(request->ctx)) {
		if (!ike_next_sa(request_core(request), &request->at, &sa)) {
			request->state = REQUEST_WATCHING;
			return;
		}
		if (!command_is_of(&sa, request->peer))
			continue;
		say_sa(request, &sa);
		say_children(request, &sa);
	}
}

/* --- What comes ----------------------------------------------------------- */

static bool is_ours(const struct request *request, uint64_t birth)
{
	struct ike_sa_status sa;

	return command_find_sa(request_core(request), birth, &sa) &&
	       command_is_of(&sa, request->peer);
}

void request_effect(struct request *request, const struct ike_effect *effect)
{
	if (!request->keylog)
		return;
	if (effect->kind == IKE_KEYS &&
		strcmp(effect->keys.peer, request->peer) == 0)
		say_ike(request, &effect->keys);
	else if (effect->kind == IKE_SA_ADD && is_ours(request, effect->sa))
		say_esp(request, &effect->add);
}

/* Another configuration may be in force. */
void keylog_news(struct request *request)
{
	struct ike_peer_status status;

	if (request->keylog && !command_find_peer(request_core(request),
				       request->peer, &status))
		request_fail(request, REPORT_UNKNOWN, NULL,
			"peer '%s' is no longer configured", request->peer);
}

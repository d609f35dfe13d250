/* facts.c - a line of the log: facts as key=value, whatever they hold.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/facts.h"

#include "ikev2/wire/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *ike_cause_name(enum ike_cause cause)
{
	switch (cause) {
	case IKE_CAUSE_NONE:
		return NULL;
	case IKE_CAUSE_FAILED:
		return "FAILED";
	case IKE_CAUSE_UNREACHABLE:
		return "PEER_UNREACHABLE";
	case IKE_CAUSE_NAME:
		return "NAME_NOT_RESOLVED";
	case IKE_CAUSE_PROPOSAL:
		return "NO_PROPOSAL_CHOSEN";
	case IKE_CAUSE_KEY_EXCHANGE:
		return "KEY_EXCHANGE_FAILED";
	case IKE_CAUSE_REJECTED_US:
		return "REJECTED_BY_PEER";
	case IKE_CAUSE_REJECTED_PEER:
		return "PEER_REJECTED";
	case IKE_CAUSE_SELECTORS:
		return "TS_UNACCEPTABLE";
	case IKE_CAUSE_KERNEL:
		return "KERNEL_REFUSED";
	case IKE_CAUSE_CERTIFICATE:
		return "CERTIFICATE";
	}
	return NULL;
}

/* --- Values --------------------------------------------------------------- */

static const char *endpoint_text(
	const struct ike_endpoint *endpoint, char *out, size_t size)
{
	const bool six = endpoint->addr.family == 6;
	char addr[IKE_ADDR_SIZE];

	snprintf(out, size, "%s%s%s:%u", six ? "[" : "",
		ike_addr_text(&endpoint->addr, addr), six ? "]" : "",
		endpoint->port);
	return out;
}

static const char *notify_text(uint64_t type, char *out, size_t size)
{
	const char *name = notify_name((uint16_t)type);

	if (name)
		return name;
	snprintf(out, size, "%" PRIu64, type);
	return out;
}

/* NULL: there is none. */
static const char *value_of(const struct ike_fact *fact, char *out, size_t size)
{
	switch (fact->kind) {
	case FACT_TEXT:
		return fact->text;
	case FACT_NUMBER:
		snprintf(out, size, "%" PRIu64, fact->number);
		return out;
	case FACT_SPI:
		snprintf(out, size, "%08" PRIx64, fact->number);
		return fact->number ? out : NULL;
	case FACT_ADDR:
		return fact->addr->family ? ike_addr_text(fact->addr, out)
					  : NULL;
	case FACT_ENDPOINT:
		return fact->endpoint->addr.family
			       ? endpoint_text(fact->endpoint, out, size)
			       : NULL;
	case FACT_SUITE:
		if (!fact->suite->encr)
			return NULL;
		suite_name(fact->suite, out, size);
		return out;
	case FACT_NOTIFY:
		return fact->number ? notify_text(fact->number, out, size)
				    : NULL;
	}
	return NULL;
}

static const struct ike_fact *find(
	const struct ike_fact *facts, const char *key)
{
	for (; facts && facts->key; facts++) {
		if (strcmp(facts->key, key) == 0)
			return facts;
	}
	return NULL;
}

enum { AT_PEER, AT_CHILD, AT_CAUSE, AT_KEYS, AT_TEXT = AT_KEYS + EVENT_KEYS };

static void key_at(const struct ike_log *line, size_t i, struct ike_value *out)
{
	const struct ike_fact *fact = NULL;

	out->key = line->event ? line->event->keys[i] : NULL;
	if (out->key)
		fact = find(line->facts, out->key);
	out->text = fact ? value_of(fact, out->room, sizeof(out->room)) : NULL;
}

bool ike_line_next(
	const struct ike_log *line, size_t *at, struct ike_value *out)
{
	while (*at <= AT_TEXT) {
		const size_t i = (*at)++;

		if (i == AT_PEER)
			*out = (struct ike_value){ "peer", line->peer, "" };
		else if (i == AT_CHILD)
			*out = (struct ike_value){ "child", line->child, "" };
		else if (i == AT_CAUSE)
			*out = (struct ike_value){ "cause", line->cause, "" };
		else if (i == AT_TEXT)
			*out = (struct ike_value){ "text", line->text, "" };
		else
			key_at(line, i - AT_KEYS, out);
		if (out->text)
			return true;
	}
	return false;
}

bool ike_line_fits(const struct ike_log *line)
{
	const struct ike_event *event = line->event;

	for (const struct ike_fact *fact = line->facts; fact && fact->key;
		fact++) {
		bool known = false;

		for (size_t i = 0; event && i < EVENT_KEYS && event->keys[i];
			i++)
			known |= strcmp(event->keys[i], fact->key) == 0;
		if (!known)
			return false;
	}
	return true;
}

/* --- The line ------------------------------------------------------------- */

struct line {
	char *at;
	size_t size, len;
};

/* One octet of a value as it stands in quotes. */
static size_t spell(char octet, char out[8])
{
	const uint8_t c = (uint8_t)octet;

	if (c < ' ' || c > '~')
		return (size_t)snprintf(out, 8, "\\x%02x", c);
	return (size_t)snprintf(
		out, 8, c == '"' || c == '\\' ? "\\%c" : "%c", c);
}

static bool needs_quotes(const char *text)
{
	if (*text == '\0')
		return true;
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || strchr("\"\\=", *text))
			return true;
	}
	return false;
}

static bool fits(const char *text, size_t most)
{
	char one[8];

	for (size_t len = 0; *text; text++) {
		len += spell(*text, one);
		if (len > most)
			return false;
	}
	return true;
}

/* most: octets that there are for it. */
static void put_text(struct line *line, const char *text, size_t most)
{
	const bool whole = fits(text, most);
	const size_t end = line->len + (whole ? most : most - 3);
	char one[8];

	for (; *text; text++) {
		const size_t len = spell(*text, one);

		if (line->len + len > end)
			break;
		memcpy(line->at + line->len, one, len);
		line->len += len;
	}
	if (!whole) {
		memcpy(line->at + line->len, "...", 3);
		line->len += 3;
	}
}

static void put_value(struct line *line, const struct ike_value *value,
	size_t most, bool quotes)
{
	/* A space, an equals sign, quotes, the end. */
	const size_t around = strlen(value->key) + 5;
	const size_t left = line->size - line->len;

	if (left < around + 3)
		return;
	if (most > left - around)
		most = left - around;
	line->len += (size_t)snprintf(line->at + line->len, left, " %s=%s",
		value->key, quotes ? "\"" : "");
	put_text(line, value->text, most);
	if (quotes)
		line->at[line->len++] = '"';
}

size_t ike_line_format(char *out, size_t size, const struct ike_log *line)
{
	const char *word = line->event ? line->event->word : "note";
	struct line at = { out, size, 0 };
	struct ike_value value;
	size_t i = 0;

	while (word[at.len] && at.len + 1 < size) {
		out[at.len] = word[at.len];
		at.len++;
	}
	while (ike_line_next(line, &i, &value)) {
		const bool is_text = i > AT_TEXT;

		put_value(&at, &value, is_text ? SENTENCE_SIZE : FACT_SIZE,
			is_text || needs_quotes(value.text));
	}
	out[at.len] = '\0';
	return at.len;
}

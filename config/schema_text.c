/* schema_text.c - a value of the configuration as one would write it.
 * SPDX-License-Identifier: ISC
 */
#include "config/schema_text.h"

#include "config/proposal.h"
#include "ikev2/identity.h"

#include <stdarg.h>
#include <stdio.h>

/* What has no room ends with "..". */
struct text {
	char *out;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void add(
	struct text *text, const char *format, ...)
{
	const size_t left = text->size - text->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text->out + text->len, left, format, args);
	va_end(args);
	if (len < 0)
		return;
	if ((size_t)len < left) {
		text->len += (size_t)len;
		return;
	}
	text->len = text->size - 1;
	if (text->size > 3)
		memcpy(text->out + text->size - 3, "..", 3);
}

/* Brackets and commas around several, nothing around one. */
static void begin_list(struct text *text, size_t count)
{
	if (count > 1)
		add(text, "[");
}

static void next_of_list(struct text *text, size_t i)
{
	if (i > 0)
		add(text, ", ");
}

static void end_list(struct text *text, size_t count)
{
	if (count > 1)
		add(text, "]");
}

/* --- Numbers -------------------------------------------------------------- */

static uint64_t number_of(const struct schema_row *row, const void *at)
{
	switch (row->size) {
	case 1:
		return *(const uint8_t *)at;
	case 2:
		return *(const uint16_t *)at;
	case 4:
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

/* 0 is no value of a key whose range does not have it: it was not written. */
static void add_number(
	struct text *text, const struct schema_row *row, uint64_t number)
{
	if (number > 0 || row->min == 0)
		add(text, "%llu", (unsigned long long)number);
}

/* "1h30m"; what is no whole second is in milliseconds. */
static void add_duration(struct text *text, uint64_t ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
		{ "s", 1000 }, { "ms", 1 } };

	if (ms == 0)
		add(text, "0s");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ms >= units[i].ms)
			add(text, "%llu%s",
				(unsigned long long)(ms / units[i].ms),
				units[i].unit);
		ms %= units[i].ms;
	}
}

static void add_size(struct text *text, uint64_t octets)
{
	static const char *const units[] = { "", "KiB", "MiB", "GiB", "TiB",
		"PiB", "EiB" };
	size_t unit = 0;

	while (octets > 0 && octets % 1024 == 0 && unit < 6) {
		octets /= 1024;
		unit++;
	}
	add(text, "%llu%s", (unsigned long long)octets, units[unit]);
}

static void add_choice(
	struct text *text, const struct schema_row *row, uint64_t value)
{
	const struct schema_choice *choice = row->choices;

	for (; choice->word; choice++) {
		if (choice->value >= 0 && (uint64_t)choice->value == value) {
			add(text, "%s", choice->word);
			return;
		}
	}
}

/* Methods are bits, each with its word. */
static void add_methods(
	struct text *text, const struct schema_row *row, uint8_t methods)
{
	const size_t count = (methods & (methods - 1)) ? 2 : 1;
	const struct schema_choice *choice = row->choices;
	size_t i = 0;

	begin_list(text, count);
	for (; choice->word; choice++) {
		if (choice->value <= 0 || !(methods & choice->value))
			continue;
		next_of_list(text, i++);
		add(text, "%s", choice->word);
	}
	end_list(text, count);
}

/* --- Addresses and selectors ---------------------------------------------- */

/* A prefix length if first .. last is a prefix. */
static bool prefix_of(const struct ike_place *place, unsigned int *prefix)
{
	const size_t bits = 8 * ike_addr_len(place->first.family);
	size_t i = 0;

	for (; i < bits; i++) {
		const uint8_t bit = (uint8_t)(0x80 >> i % 8);

		if ((place->first.octets[i / 8] ^ place->last.octets[i / 8]) &
			bit)
			break;
	}
	*prefix = (unsigned int)i;
	for (; i < bits; i++) {
		const uint8_t bit = (uint8_t)(0x80 >> i % 8);

		if ((place->first.octets[i / 8] & bit) ||
			!(place->last.octets[i / 8] & bit))
			return false;
	}
	return true;
}

static void add_place(struct text *text, const struct ike_place *place)
{
	char first[IKE_ADDR_SIZE], last[IKE_ADDR_SIZE];
	unsigned int prefix;

	switch (place->kind) {
	case IKE_PLACE_ANY:
		add(text, "any");
		return;
	case IKE_PLACE_NAME:
		add(text, "%s", place->name);
		return;
	case IKE_PLACE_RANGE:
		break;
	}
	ike_addr_text(&place->first, first);
	if (ike_addr_equal(&place->first, &place->last))
		add(text, "%s", first);
	else if (prefix_of(place, &prefix))
		add(text, "%s/%u", first, prefix);
	else
		add(text, "%s-%s", first, ike_addr_text(&place->last, last));
}

static void add_places(struct text *text, const struct ike_side *side)
{
	if (side->place_count == 0)
		add(text, "any");
	begin_list(text, side->place_count);
	for (size_t i = 0; i < side->place_count; i++) {
		next_of_list(text, i);
		add_place(text, &side->places[i]);
	}
	end_list(text, side->place_count);
}

static void add_addresses(
	struct text *text, const struct ike_addr *list, size_t count)
{
	char addr[IKE_ADDR_SIZE];

	if (count == 0)
		add(text, "any");
	begin_list(text, count);
	for (size_t i = 0; i < count; i++) {
		next_of_list(text, i);
		add(text, "%s", ike_addr_text(&list[i], addr));
	}
	end_list(text, count);
}

/* "127.0.0.1:9466", "[::1]:9466"; "off" without a port. */
static void add_loopback(struct text *text, const struct ike_endpoint *at)
{
	char addr[IKE_ADDR_SIZE];

	if (at->port == 0)
		add(text, "off");
	else
		add(text, at->addr.family == 6 ? "[%s]:%u" : "%s:%u",
			ike_addr_text(&at->addr, addr), at->port);
}

static void add_selectors(
	struct text *text, const struct ike_selector *list, size_t count)
{
	char selector[IKE_SELECTOR_SIZE];

	begin_list(text, count);
	for (size_t i = 0; i < count; i++) {
		next_of_list(text, i);
		add(text, "%s", ike_selector_text(&list[i], selector));
	}
	end_list(text, count);
}

/* --- Proposals ------------------------------------------------------------ */

/* How many of the list, from the i-th on, are what the preset "default" is. */
static size_t preset_at(
	const struct ike_proposals *list, size_t i, uint8_t protocol)
{
	const struct node word = node_word("default", (struct place){ 0 });
	struct config_errors errors = { 0 };
	struct ike_proposals preset;
	bool same = proposal_parse(&word, protocol, NULL, &preset, &errors) &&
		    list->count - i >= preset.count;

	config_errors_clear(&errors);
	for (size_t j = 0; same && j < preset.count; j++)
		same = ike_proposal_equal(&list->list[i + j], &preset.list[j]);
	return same ? preset.count : 0;
}

static void add_proposals(
	struct text *text, const struct ike_proposals *list, uint8_t protocol)
{
	const size_t preset = preset_at(list, 0, protocol);
	const size_t words = list->count - preset + (preset > 0);

	begin_list(text, words);
	if (preset > 0)
		add(text, "default");
	for (size_t i = preset; i < list->count; i++) {
		const struct ike_proposal *proposal = &list->list[i];

		next_of_list(text, i);
		for (size_t t = 0; t < proposal->count; t++)
			add(text, "%s%s", t > 0 ? "-" : "",
				proposal->transforms[t]->name);
	}
	end_list(text, words);
}

/* --- Any of them ---------------------------------------------------------- */

static void add_id(struct text *text, const struct ike_id *id)
{
	char name[IKE_ID_SIZE];

	add(text, "%s", identity_text(id, name));
}

static void add_mark(struct text *text, const struct ike_mark *mark)
{
	if (mark->mask == UINT32_MAX)
		add(text, "0x%x", mark->value);
	else if (mark->mask != 0)
		add(text, "0x%x/0x%x", mark->value, mark->mask);
}

static void add_value(
	struct text *text, const struct schema_row *row, const void *in)
{
	const void *at = (const char *)in + row->at;
	const uint8_t *count = (const uint8_t *)in + row->count_at;
	const struct ike_side *side = at;

	switch (row->kind) {
	case KIND_BOOL:
		add(text, "%s", *(const bool *)at ? "yes" : "no");
		return;
	case KIND_NUMBER:
		add_number(text, row, number_of(row, at));
		return;
	case KIND_NUMBER_AUTO:
		if (number_of(row, at) == 0)
			add(text, "auto");
		else
			add_number(text, row, number_of(row, at));
		return;
	case KIND_SIZE_AUTO:
		if (number_of(row, at) == 0)
			add(text, "auto");
		else
			add_size(text, number_of(row, at));
		return;
	case KIND_DURATION:
		add_duration(text, number_of(row, at));
		return;
	case KIND_DURATION_NEVER:
		if (number_of(row, at) == 0)
			add(text, "never");
		else
			add_duration(text, number_of(row, at));
		return;
	case KIND_CHOICE:
		add_choice(text, row, number_of(row, at));
		return;
	case KIND_ADDRESSES:
		add_addresses(text, at, *count);
		return;
	case KIND_LOOPBACK:
		add_loopback(text, at);
		return;
	case KIND_LOG:
	case KIND_WORD:
		add(text, "%s", (const char *)at);
		return;
	case KIND_PLACES:
		add_places(text, side);
		return;
	case KIND_LOCAL_ID:
	case KIND_REMOTE_ID:
		if (side->id.type != ID_NONE)
			add_id(text, &side->id);
		else if (row->standard)
			add(text, "%s", row->standard);
		return;
	case KIND_AUTH:
	case KIND_LOCAL_AUTH:
		add_methods(text, row, *(const uint8_t *)at);
		return;
	case KIND_IKE:
		add_proposals(text, at, PROTOCOL_IKE);
		return;
	case KIND_ESP:
		add_proposals(text, at, PROTOCOL_ESP);
		return;
	case KIND_SELECTORS:
		add_selectors(text, at, *count);
		return;
	case KIND_MARK:
		add_mark(text, at);
		return;
	case KIND_WEAK:
		add(text, "[%s]", *(const bool *)at ? "sha1" : "");
		return;
	case KIND_SECRET:
	case KIND_FILE:
	case KIND_FILES:
	case KIND_URIS:
	case KIND_CHILDREN:
	case KIND_SECTION:
	case KIND_LATER:
		return;
	}
}

const char *schema_text(
	const struct schema_row *row, const void *in, char *out, size_t size)
{
	struct text text = { out, size, 0 };

	out[0] = '\0';
	if (row->size > 0)
		add_value(&text, row, in);
	return out;
}

/* proposal.c - fuzz target: the small languages of values: proposals, times, sizes, addresses, selectors.
 * SPDX-License-Identifier: ISC
 *
 * Octet 0 says which; the rest is a word, or several with line ends between
 * them, which is the list of them.
 */
#include "config/proposal.h"

#include "config/values.h"
#include "daemon/ctl_text.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { MAX_WORDS = 24, MAX_TEXT = 2048, MAX_ADDRESSES = 4 };

/* A list of words, or one word alone; all borrow from text. */
struct words {
	char text[MAX_TEXT + 1];
	struct source source;
	struct node list;
	struct node word[MAX_WORDS];
	size_t count;
};

static struct words words;
static struct config_errors errors;

static struct place place_of(const char *at)
{
	return (struct place){ &words.source, 1,
		(unsigned int)(at - words.text) + 1, (unsigned int)strlen(at) };
}

static void cut(const uint8_t *data, size_t size)
{
	memset(&words, 0, sizeof(words));
	memcpy(words.text, data, size);
	words.source.name = (char *)(uintptr_t) "f";
	words.source.text = words.text;
	words.source.len = size;
	words.list.kind = NODE_LIST;
	for (char *at = words.text, *next; at && words.count < MAX_WORDS;
		at = next) {
		struct node *word = &words.word[words.count++];

		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		*word = node_word(at, place_of(at));
		word->plain = true;
		if (words.list.last)
			words.list.last->next = word;
		else
			words.list.first = word;
		words.list.last = word;
	}
	words.list.at = words.word[0].at;
}

static const struct node *value(void)
{
	return words.count == 1 ? &words.word[0] : &words.list;
}

/* --- What holds for a value that was taken -------------------------------- */

static void proposals(uint8_t protocol)
{
	struct ike_proposals out;

	memset(&out, 0, sizeof(out));
	if (!proposal_parse(value(), protocol, NULL, &out, &errors)) {
		HOLDS(errors.errors > 0);
		return;
	}
	HOLDS(out.count > 0 && out.count <= MAX_OWN_PROPOSALS);
	for (size_t i = 0; i < out.count; i++) {
		HOLDS(out.list[i].count > 0 &&
			out.list[i].count <= MAX_OWN_TRANSFORMS);
		for (size_t k = 0; k < out.list[i].count; k++)
			HOLDS(out.list[i].transforms[k] != NULL);
	}
}

static void weak(void)
{
	struct ike_proposals out;
	const struct node *list = &words.list;

	memset(&out, 0, sizeof(out));
	(void)proposal_check_weak(list, &errors);
	(void)proposal_parse(&words.word[0], PROTOCOL_IKE, list, &out, &errors);
}

/* Nothing of the number in front of the unit is lost. */
static void check_size(const char *text, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	char shown[TEXT_SHORT], *unit;
	const uint64_t number = strtoull(text, &unit, 10);
	const char *which = *unit ? strchr(units, *unit) : NULL;

	HOLDS(bytes >> (which ? 10 * (which - units + 1) : 0) == number);
	HOLDS(strlen(text_size(bytes, shown)) < TEXT_SHORT);
}

/* What two of them take means the same to both. */
static void times(void)
{
	const char *text = words.word[0].text;
	char shown[TEXT_SHORT];
	uint64_t ms = 0, bytes = 0, number = 0;
	int64_t unix_ms;
	uint32_t seconds;
	bool truth;

	if (value_duration(text, &ms) && text_parse_duration(text, &seconds))
		HOLDS(ms == 1000 * (uint64_t)seconds);
	if (value_number(text, &number) && value_size(text, &bytes))
		HOLDS(number == bytes);
	if (value_size(text, &bytes))
		check_size(text, bytes);
	if (text_parse_time(text, &unix_ms)) {
		const struct style style = { .now_ms = unix_ms };

		HOLDS(strlen(text_date(&style, unix_ms, shown)) < TEXT_SHORT);
	}
	if (value_duration(text, &ms))
		HOLDS(strlen(text_duration((int64_t)(ms / 1000), shown)) <
			TEXT_SHORT);
	(void)value_bool(text, &truth);
}

static void ranges(void)
{
	const struct node *word = &words.word[0];
	struct ike_addr first, last;

	if (!value_range(word, 0, strlen(word->text), &first, &last, &errors))
		return;
	HOLDS(first.family == last.family);
	HOLDS(first.family == 4 || first.family == 6);
	HOLDS(memcmp(first.octets, last.octets, sizeof(first.octets)) <= 0);
}

static void places(void)
{
	struct ike_side side;

	memset(&side, 0, sizeof(side));
	if (!value_places(value(), &side, &errors))
		return;
	HOLDS(side.place_count <= MAX_PLACES);
	for (size_t i = 0; i < side.place_count; i++)
		HOLDS(memchr(
			side.places[i].name, 0, sizeof(side.places[i].name)));
}

static void selectors(void)
{
	struct ike_selector out[MAX_SELECTORS];
	char text[IKE_SELECTOR_SIZE];
	uint8_t count = 0;

	memset(out, 0, sizeof(out));
	if (!value_selectors(value(), out, &count, &errors))
		return;
	HOLDS(count <= MAX_SELECTORS);
	for (size_t i = 0; i < count; i++) {
		HOLDS(memcmp(out[i].start, out[i].end, 16) <= 0);
		HOLDS(out[i].start_port <= out[i].end_port);
		HOLDS(strlen(ike_selector_text(&out[i], text)) <
			IKE_SELECTOR_SIZE - 1);
	}
}

static void addresses(void)
{
	struct ike_addr out[MAX_ADDRESSES];
	uint8_t count = 0;

	if (value_addresses(value(), out, MAX_ADDRESSES, &count, &errors))
		HOLDS(count <= MAX_ADDRESSES);
}

static void ike_proposals_of_ike(void)
{
	proposals(PROTOCOL_IKE);
}

static void ike_proposals_of_esp(void)
{
	proposals(PROTOCOL_ESP);
}

static void (*const grammars[])(void) = {
	ike_proposals_of_ike,
	ike_proposals_of_esp,
	weak,
	times,
	ranges,
	places,
	selectors,
	addresses,
};

enum { GRAMMARS = sizeof(grammars) / sizeof(grammars[0]) };

void fuzz_proposal(const uint8_t *data, size_t size)
{
	char *text;
	size_t len;
	FILE *out;

	if (size == 0 || size > MAX_TEXT || memchr(data + 1, 0, size - 1))
		return;
	memset(&errors, 0, sizeof(errors));
	cut(data + 1, size - 1);
	grammars[data[0] % GRAMMARS]();
	out = open_memstream(&text, &len);
	HOLDS(out != NULL);
	config_errors_print(&errors, out);
	fclose(out);
	free(text);
	config_errors_clear(&errors);
}

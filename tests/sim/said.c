/* said.c - lines of the log as a program reads them, and which events were said.
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/said.h"

#include "ikev2/events.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- Reading -------------------------------------------------------------- */

/* As many of octets as there are: NULL if none, or too many. */
static const char *take_name(
	const char *at, const char *octets, char *out, size_t size)
{
	const size_t len = strspn(at, octets);

	if (len == 0 || len >= size)
		return NULL;
	memcpy(out, at, len);
	out[len] = '\0';
	return at + len;
}

/* What stands behind a backslash. */
static const char *take_escape(const char *at, char *out)
{
	unsigned octet;

	if (*at == '"' || *at == '\\') {
		*out = *at;
		return at + 1;
	}
	if (*at != 'x' || !isxdigit((unsigned char)at[1]) ||
		!isxdigit((unsigned char)at[2]) ||
		sscanf(at + 1, "%2x", &octet) != 1)
		return NULL;
	*out = (char)octet;
	return at + 3;
}

/* Behind the first quote, up to behind the second. */
static const char *take_quoted(const char *at, char *out, size_t size)
{
	size_t len = 0;

	while (*at != '"') {
		if (*at < ' ' || *at > '~' || len + 1 >= size)
			return NULL;
		if (*at != '\\') {
			out[len++] = *at++;
			continue;
		}
		at = take_escape(at + 1, &out[len++]);
		if (!at)
			return NULL;
	}
	out[len] = '\0';
	return at + 1;
}

static const char *take_bare(const char *at, char *out, size_t size)
{
	size_t len = 0;

	for (; *at && *at != ' '; at++) {
		if (*at < ' ' || *at > '~' || strchr("\"\\=", *at) ||
			len + 1 >= size)
			return NULL;
		out[len++] = *at;
	}
	out[len] = '\0';
	return len > 0 ? at : NULL;
}

bool said_parse(const char *text, struct said_line *out)
{
	const char *at = take_name(text, "abcdefghijklmnopqrstuvwxyz-",
		out->word, sizeof(out->word));

	for (out->count = 0; at && *at; out->count++) {
		char *key, *value;

		if (out->count == SAID_VALUES || *at != ' ')
			return false;
		key = out->value[out->count].key;
		value = out->value[out->count].text;
		at = take_name(at + 1, "abcdefghijklmnopqrstuvwxyz_0123456789",
			key, sizeof(out->value[0].key));
		if (!at || *at++ != '=')
			return false;
		at = *at == '"' ? take_quoted(at + 1, value, SAID_TEXT)
				: take_bare(at, value, SAID_TEXT);
	}
	return at != NULL;
}

/* --- What was said -------------------------------------------------------- */

static bool said[EVENT_COUNT];

static bool is_same(const char *read, const char *meant)
{
	const size_t len = strlen(read);

	if (strcmp(read, meant) == 0)
		return true;
	return len >= 3 && strcmp(read + len - 3, "...") == 0 &&
	       strncmp(read, meant, len - 3) == 0;
}

const char *said_fault(const struct ike_log *line)
{
	static struct said_line read;
	struct ike_value value;
	char text[4096];
	size_t at = 0, i = 0;

	if (!line->event)
		return "it has no event";
	for (size_t n = 0; n < EVENT_COUNT; n++)
		said[n] |= ike_event_at(n) == line->event;
	if (!ike_line_fits(line))
		return "it has a fact that its event does not name";
	ike_line_format(text, sizeof(text), line);
	if (!said_parse(text, &read))
		return "no program can read it";
	if (strcmp(read.word, line->event->word) != 0)
		return "its word is another one";
	for (; ike_line_next(line, &at, &value); i++) {
		if (i == read.count ||
			strcmp(read.value[i].key, value.key) != 0 ||
			!is_same(read.value[i].text, value.text))
			return "it is read in another way than it was meant";
	}
	return i == read.count ? NULL : "it has a value too many";
}

const char *said_never(size_t i)
{
	return said[i] ? NULL : ike_event_at(i)->word;
}

/* openmetrics.c - is a text OpenMetrics, to the letter?
 * SPDX-License-Identifier: ISC
 *
 * Of OpenMetrics 1.0 what we write: info, gauge and counter, without timestamps,
 * exemplars and _created.  Whatever else there is, is wrong.
 */
#include "tests/unit/openmetrics.h"

#include <ctype.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 128, SAMPLE = 600 };

struct parse {
	const char *at;
	size_t line;
	char family[NAME], type[16], unit[32];
	bool has_help, sampled;
	void *families, *samples; /* trees of those that there were */
	const char *why;
};

static bool wrong(struct parse *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* False: it was there already. */
static bool is_new(void **tree, const char *text)
{
	char *copy;

	if (tfind(text, tree, compare))
		return false;
	copy = strdup(text);
	return copy && tsearch(copy, tree, compare) != NULL;
}

static bool skip(struct parse *p, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(p->at, text, len) != 0)
		return false;
	p->at += len;
	return true;
}

/* [a-zA-Z_][a-zA-Z0-9_]*; a colon is for recording rules. */
static bool word(struct parse *p, char *out, size_t size)
{
	size_t len = 0;

	while (isalnum((unsigned char)p->at[len]) || p->at[len] == '_')
		len++;
	if (len == 0 || len >= size || isdigit((unsigned char)*p->at))
		return wrong(p, "no name");
	memcpy(out, p->at, len);
	out[len] = '\0';
	p->at += len;
	return true;
}

static bool line_end(struct parse *p)
{
	if (*p->at != '\n')
		return wrong(p, "something behind the end of the line");
	p->at++;
	p->line++;
	return true;
}

static bool of_family(struct parse *p, const char *what)
{
	char name[NAME];

	if (!word(p, name, sizeof(name)) || !skip(p, " "))
		return wrong(p, what);
	if (strcmp(name, p->family) != 0)
		return wrong(p, "metadata of another family");
	return !p->sampled || wrong(p, "metadata behind samples");
}

static bool type_line(struct parse *p)
{
	if (!word(p, p->family, sizeof(p->family)) || !skip(p, " ") ||
		!word(p, p->type, sizeof(p->type)))
		return wrong(p, "no TYPE");
	if (strcmp(p->type, "counter") != 0 && strcmp(p->type, "gauge") != 0 &&
		strcmp(p->type, "info") != 0)
		return wrong(p, "a type that is not ours");
	if (!is_new(&p->families, p->family))
		return wrong(p, "a family twice");
	p->unit[0] = '\0';
	p->sampled = p->has_help = false;
	return line_end(p);
}

static bool unit_line(struct parse *p)
{
	size_t name = strlen(p->family), len;

	if (!of_family(p, "no UNIT") || !word(p, p->unit, sizeof(p->unit)))
		return false;
	len = strlen(p->unit);
	if (name <= len + 1 || p->family[name - len - 1] != '_' ||
		strcmp(p->family + name - len, p->unit) != 0)
		return wrong(p, "a name that does not end with its unit");
	return line_end(p);
}

static bool help_line(struct parse *p)
{
	if (!of_family(p, "no HELP"))
		return false;
	if (p->has_help)
		return wrong(p, "HELP twice");
	p->has_help = true;
	for (; *p->at && *p->at != '\n'; p->at++) {
		if (*p->at == '"' || (unsigned char)*p->at < 0x20)
			return wrong(p, "a character in HELP");
		if (*p->at == '\\')
			return wrong(p, "a backslash in HELP");
	}
	return line_end(p);
}

/* Between quotes: \\, \" and \n are the only escapes. */
static bool label_value(struct parse *p)
{
	if (!skip(p, "\""))
		return wrong(p, "a label without a quote");
	for (; *p->at != '"'; p->at++) {
		if ((unsigned char)*p->at < 0x20 ||
			(unsigned char)*p->at > 0x7e)
			return wrong(p, "a character in a label");
		if (*p->at == '\\' && !strchr("\\\"n", *++p->at))
			return wrong(p, "an escape that is none");
	}
	p->at++;
	return true;
}

static bool labels(struct parse *p)
{
	char names[8][NAME];
	size_t count = 0;

	if (!skip(p, "{"))
		return true;
	do {
		if (count == 8 || !word(p, names[count], NAME) || !skip(p, "="))
			return wrong(p, "no label");
		for (size_t i = 0; i < count; i++) {
			if (strcmp(names[i], names[count]) == 0)
				return wrong(p, "a label twice");
		}
		count++;
		if (!label_value(p))
			return false;
	} while (skip(p, ","));
	return skip(p, "}") || wrong(p, "labels without an end");
}

/* The family's name, and what its type puts behind. */
static bool sample_name(struct parse *p)
{
	const char *suffix = strcmp(p->type, "counter") == 0 ? "_total"
			     : strcmp(p->type, "info") == 0  ? "_info"
							     : "";

	if (!p->family[0] || !skip(p, p->family) || !skip(p, suffix))
		return wrong(p, "a sample of another family");
	return *p->at == '{' || *p->at == ' ' || wrong(p, "a longer name");
}

static bool sample_line(struct parse *p)
{
	const char *begin = p->at;
	char key[SAMPLE], *end;
	double value;

	if (!p->has_help)
		return wrong(p, "a family without HELP");
	if (!sample_name(p) || !labels(p))
		return false;
	if ((size_t)(p->at - begin) >= sizeof(key))
		return wrong(p, "a long line");
	memcpy(key, begin, (size_t)(p->at - begin));
	key[p->at - begin] = '\0';
	if (!is_new(&p->samples, key))
		return wrong(p, "a sample twice");
	if (!skip(p, " ") || !isdigit((unsigned char)*p->at))
		return wrong(p, "no value");
	value = strtod(p->at, &end);
	if (strcmp(p->type, "info") == 0 && (value < 1 || value > 1))
		return wrong(p, "an info that is not 1");
	p->at = end;
	p->sampled = true;
	return line_end(p);
}

static bool any_line(struct parse *p)
{
	if (skip(p, "# TYPE "))
		return type_line(p);
	if (skip(p, "# UNIT "))
		return unit_line(p);
	if (skip(p, "# HELP "))
		return help_line(p);
	return *p->at == '#' ? wrong(p, "a comment") : sample_line(p);
}

const char *openmetrics_complaint(const char *text, char out[OPENMETRICS_TEXT])
{
	struct parse p = { .at = text, .line = 1 };

	while (strncmp(p.at, "# EOF\n", 6) != 0) {
		if (!*p.at)
			wrong(&p, "no end");
		if (p.why || !any_line(&p))
			break;
	}
	if (!p.why && p.at[6])
		wrong(&p, "something behind EOF");
	tdestroy(p.families, free);
	tdestroy(p.samples, free);
	if (!p.why)
		return NULL;
	snprintf(out, OPENMETRICS_TEXT, "line %zu: %s: %.80s", p.line, p.why,
		p.at);
	return out;
}

bool openmetrics_value(const char *text, const char *sample, double *value)
{
	const size_t len = strlen(sample);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n' ? 1 : 0;
		if (strncmp(at, sample, len) != 0 || at[len] != ' ')
			continue;
		*value = strtod(at + len, NULL);
		return true;
	}
	return false;
}

/* ctl_record.c - what a record says, key by key, as words of one line.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_record.h"

#include <stdlib.h>
#include <string.h>

void render_free(char **text)
{
	free(*text);
}

const json_t *record_get(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

char *record_text(const struct render *r, const json_t *object, const char *key)
{
	const char *text = json_string_value(record_get(object, key));

	return text_clean(&r->style, text ? text : "");
}

const char *record_raw(const json_t *object, const char *key)
{
	const char *text = json_string_value(record_get(object, key));

	return text ? text : "";
}

bool record_is(const json_t *object, const char *key, const char *value)
{
	return strcmp(record_raw(object, key), value) == 0;
}

long long record_number(const json_t *object, const char *key)
{
	return json_integer_value(record_get(object, key));
}

uint64_t record_bytes(const json_t *counters)
{
	long long bytes = record_number(counters, "bytes");

	return bytes > 0 ? (uint64_t)bytes : 0;
}

void record_endpoint(
	const struct render *r, const json_t *end, char *out, size_t size)
{
	AUTO_FREE char *addr = record_text(r, end, "addr");
	bool bracket = strchr(addr, ':') != NULL;

	if (!addr[0])
		snprintf(out, size, "?");
	else
		snprintf(out, size, "%s%s%s:%lld", bracket ? "[" : "", addr,
			bracket ? "]" : "", record_number(end, "port"));
}

bool record_time(const json_t *object, const char *key, int64_t *unix_ms)
{
	return text_parse_time(record_raw(object, key), unix_ms);
}

bool record_since(const struct render *r, const json_t *object, const char *key,
	bool ahead, char out[TEXT_SHORT])
{
	int64_t when;

	if (!record_time(object, key, &when))
		return false;
	when = ahead ? when - r->style.now_ms : r->style.now_ms - when;
	text_duration(when / 1000, out);
	return true;
}

const char *render_mark(const struct render *r, enum mark which)
{
	return style_mark(&r->style, which);
}

const char *render_state_mark(const struct render *r, const char *state)
{
	if (strcmp(state, "up") == 0 || strcmp(state, "established") == 0)
		return render_mark(r, MARK_UP);
	if (strcmp(state, "down") == 0)
		return render_mark(r, MARK_DOWN);
	return render_mark(r, MARK_MIDDLE);
}

/* Down is what people look for. */
const char *render_state(const char *state)
{
	if (strcmp(state, "down") == 0)
		return "DOWN";
	if (strcmp(state, "on-demand") == 0)
		return "on demand";
	return state;
}

char *record_join(const struct render *r, const json_t *array)
{
	const json_t *item;
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return text_clean(&r->style, "");
	json_array_foreach(array, i, item)
	{
		const char *value = json_string_value(item);

		fprintf(out, "%s%s", i == 0 ? "" : ", ", value ? value : "?");
	}
	fclose(out);
	if (text) {
		char *clean = text_clean(&r->style, text);

		free(text);
		return clean;
	}
	return text_clean(&r->style, "");
}

char *record_selectors(const struct render *r, const json_t *child)
{
	AUTO_FREE char *local = record_join(r, record_get(child, "local_ts"));
	AUTO_FREE char *remote = record_join(r, record_get(child, "remote_ts"));
	char *text = NULL;

	if (asprintf(&text, "%s %s %s", local, render_mark(r, MARK_BOTH_WAYS),
		    remote) < 0)
		return text_clean(&r->style, "");
	return text;
}

const char *render_without_name(const char *text, const char *name)
{
	size_t len = strlen(name);

	if (len > 0 && strncmp(text, name, len) == 0 &&
		strncmp(text + len, ": ", 2) == 0)
		return text + len + 2;
	return text;
}

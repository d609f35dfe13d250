/* ctl_difference.c - which lines of a text are not in another one.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_difference.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CELLS = 1 << 22 }; /* of the table below */

struct lines {
	struct bytes *list;
	size_t count;
};

static struct lines split(struct bytes text)
{
	struct lines lines = { NULL, 0 };
	size_t count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	lines.list = calloc(count, sizeof(*lines.list));
	if (!lines.list)
		abort();
	while (text.len > 0) {
		const uint8_t *end = memchr(text.at, '\n', text.len);
		const size_t len = end ? (size_t)(end - text.at) : text.len;
		const size_t used = end ? len + 1 : len;

		lines.list[lines.count++] = bytes_of(text.at, len);
		text = bytes_of(text.at + used, text.len - used);
	}
	return lines;
}

static bool same(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

struct teller {
	void (*tell)(void *ctx, const struct difference_line *line);
	void *ctx;
	struct lines before, after;
};

static void tell_lines(
	const struct teller *t, bool added, size_t from, size_t until)
{
	const struct lines *lines = added ? &t->after : &t->before;

	for (size_t i = from; i < until; i++) {
		const struct difference_line line = { added, i + 1,
			lines->list[i] };

		t->tell(t->ctx, &line);
	}
}

/* What differs, without what both begin and end with. */
struct middle {
	size_t from, before, after; /* until there */
};

/* longest[a][b]: of the lines from a and from b on, how many are in both in the
 * same order. */
static uint32_t *longest_common(
	const struct teller *t, const struct middle *m, size_t width)
{
	const size_t rows = m->before - m->from + 1;
	uint32_t *longest = calloc(rows * width, sizeof(*longest));

	if (!longest)
		return NULL;
	for (size_t a = rows - 1; a-- > 0;) {
		for (size_t b = width - 1; b-- > 0;) {
			const uint32_t down = longest[(a + 1) * width + b];
			const uint32_t right = longest[a * width + b + 1];

			if (same(t->before.list[m->from + a],
				    t->after.list[m->from + b]))
				longest[a * width + b] =
					longest[(a + 1) * width + b + 1] + 1;
			else
				longest[a * width + b] =
					down > right ? down : right;
		}
	}
	return longest;
}

static void tell_middle(const struct teller *t, const struct middle *m)
{
	const size_t width = m->after - m->from + 1;
	const size_t rows = m->before - m->from + 1;
	size_t a = 0, b = 0, a_from = 0, b_from = 0;
	uint32_t *longest =
		rows <= MAX_CELLS / width ? longest_common(t, m, width) : NULL;

	while (longest && a + 1 < rows && b + 1 < width) {
		if (!same(t->before.list[m->from + a],
			    t->after.list[m->from + b])) {
			if (longest[(a + 1) * width + b] >=
				longest[a * width + b + 1])
				a++;
			else
				b++;
			continue;
		}
		tell_lines(t, false, m->from + a_from, m->from + a);
		tell_lines(t, true, m->from + b_from, m->from + b);
		a_from = ++a;
		b_from = ++b;
	}
	tell_lines(t, false, m->from + a_from, m->before);
	tell_lines(t, true, m->from + b_from, m->after);
	free(longest);
}

bool difference(struct bytes before, struct bytes after,
	void (*tell)(void *ctx, const struct difference_line *line), void *ctx)
{
	struct teller t = { tell, ctx, split(before), split(after) };
	struct middle m = { 0, t.before.count, t.after.count };

	while (m.from < m.before && m.from < m.after &&
		same(t.before.list[m.from], t.after.list[m.from]))
		m.from++;
	while (m.before > m.from && m.after > m.from &&
		same(t.before.list[m.before - 1], t.after.list[m.after - 1])) {
		m.before--;
		m.after--;
	}
	tell_middle(&t, &m);
	free(t.before.list);
	free(t.after.list);
	return same(before, after);
}

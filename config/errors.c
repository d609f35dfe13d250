/* errors.c - collecting errors of the configuration, and showing them.
 * SPDX-License-Identifier: ISC
 */
#include "config/errors.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
	TEXT_SIZE = 512,
	SHOWN = 160, /* characters of a source line */
	MAX_DISTANCE_NAME = 48,
};

/* --- Source lines ---------------------------------------------------------- */

size_t utf8_character(const char *at, size_t left, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = (unsigned char)*at;
	size_t len = c < 0x80         ? 1
		     : c >> 5 == 0x06 ? 2
		     : c >> 4 == 0x0e ? 3
		     : c >> 3 == 0x1e ? 4
				      : 0;

	if (len == 0 || len > left)
		return 0;
	if (len > 1)
		c &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)at[i];

		if (next >> 6 != 2)
			return 0;
		c = c << 6 | (next & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*out = c;
	return len;
}

bool utf8_is_shown(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	/* Line and paragraph ends, and what turns the direction of writing. */
	if (c == 0x061c || c == 0x200e || c == 0x200f ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return false;
	return c != 0xfeff;
}

static bool continues_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static const char *line_begin(const struct source *source, unsigned int line)
{
	const char *at = source->text;

	for (unsigned int i = 1; i < line; i++) {
		at = memchr(
			at, '\n', (size_t)(source->text + source->len - at));
		if (!at)
			return NULL;
		at++;
	}
	return at;
}

size_t open_part(const char *line, size_t len)
{
	static const char *const marks[] = { "text:", "hex:", "base64:" };
	size_t open = len;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t mark = strlen(marks[i]);
		const char *at = memmem(line, len, marks[i], mark);

		if (at && (size_t)(at - line) + mark < open)
			open = (size_t)(at - line) + mark;
	}
	return open;
}

static size_t copy_octets(char *to, const char *from, size_t len)
{
	memcpy(to, from, len);
	return len;
}

/* Tabs and control characters become spaces, so that the marker below stands
 * right; what is not UTF-8 becomes '?'. */
static char *shown_line(const struct source *source, unsigned int line)
{
	const char *at = source->text && line ? line_begin(source, line) : NULL;
	const char *end;
	char *shown;
	size_t len, open, width, kept = 0;

	if (!at)
		return NULL;
	end = memchr(at, '\n', (size_t)(source->text + source->len - at));
	len = (size_t)((end ? end : source->text + source->len) - at);
	if (len > 0 && at[len - 1] == '\r')
		len--;
	if (len > SHOWN) {
		len = SHOWN;
		while (len > 0 && continues_character(at[len]))
			len--;
	}
	shown = calloc(1, len + 1);
	if (!shown)
		return NULL;
	open = open_part(at, len);
	for (size_t i = 0; i < len; i += width) {
		uint32_t c = 0;

		width = utf8_character(at + i, len - i, &c);
		if (i >= open)
			shown[kept++] = '*';
		else if (width == 0)
			shown[kept++] = '?';
		else if (!utf8_is_shown(c))
			shown[kept++] = ' ';
		else
			kept += copy_octets(shown + kept, at + i, width);
		width = width ? width : 1;
	}
	return shown;
}

/* --- Collecting -------------------------------------------------------------- */

static char *copy(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

static bool is_known(const struct config_errors *errors, struct place at,
	const char *file, const char *text)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *e = &errors->list[i];

		if (e->line == at.line && e->column == at.column && e->file &&
			e->text && strcmp(e->file, file) == 0 &&
			strcmp(e->text, text) == 0)
			return true;
	}
	return false;
}

static void count(struct config_errors *errors, enum config_severity severity)
{
	switch (severity) {
	case CONFIG_ERROR:
		errors->errors++;
		break;
	case CONFIG_LEFT_OUT:
		errors->left_out++;
		break;
	case CONFIG_WARNING:
		errors->warnings++;
		break;
	}
}

static void keep(struct config_errors *errors, enum config_severity severity,
	struct place at, const char *hint, const char *text)
{
	const char *file = at.source && at.source->name ? at.source->name : "-";
	struct config_error *e;

	if (is_known(errors, at, file, text))
		return;
	count(errors, severity);
	if (errors->count == CONFIG_MAX_ERRORS) {
		errors->left_off++;
		return;
	}
	e = &errors->list[errors->count++];
	e->severity = severity;
	e->file = copy(file);
	e->line = at.line;
	e->column = at.column;
	e->width = at.width;
	e->text = copy(text);
	e->hint = copy(hint);
	e->source = at.source ? shown_line(at.source, at.line) : NULL;
}

void complain(struct config_errors *errors, struct place at, const char *hint,
	const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	keep(errors, CONFIG_ERROR, at, hint, text);
}

void complain_as(struct config_errors *errors, enum config_severity severity,
	struct place at, const char *hint, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	keep(errors, severity, at, hint, text);
}

const char *hint_text(char out[HINT_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out, HINT_SIZE, format, args);
	va_end(args);
	return out;
}

void config_errors_clear(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		free(errors->list[i].file);
		free(errors->list[i].text);
		free(errors->list[i].hint);
		free(errors->list[i].source);
	}
	for (size_t i = 0; i < errors->folders.count; i++)
		free(errors->folders.list[i]);
	free(errors->folders.list);
	*errors = (struct config_errors){ 0 };
}

/* --- Folders ----------------------------------------------------------------- */

/* Takes `folder` over. */
static void add_folder(struct config_folders *folders, char *folder)
{
	size_t count = folders->count;
	char **list;

	/* Most files stand where the one before them stood. */
	for (size_t i = count; i > 0; i--) {
		if (strcmp(folders->list[i - 1], folder) == 0) {
			free(folder);
			return;
		}
	}
	list = reallocarray(folders->list, count + 1, sizeof(*list));
	if (!list) {
		free(folder);
		return;
	}
	list[count] = folder;
	folders->list = list;
	folders->count++;
}

void saw_folder(struct config_errors *errors, const char *path)
{
	char *folder = realpath(path, NULL);

	if (folder)
		add_folder(&errors->folders, folder);
}

/* The folder above, in place. */
static void saw_above(struct config_errors *errors, char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash) {
		saw_folder(errors, ".");
		return;
	}
	slash[slash == path] = '\0';
	saw_folder(errors, path);
}

void saw_file(struct config_errors *errors, const char *path)
{
	char *named = strdup(path), *real = realpath(path, NULL);

	if (named)
		saw_above(errors, named);
	if (real)
		saw_above(errors, real);
	free(named);
	free(real);
}

/* --- Showing ----------------------------------------------------------------- */

/* What stands in files and names is not always fit for a terminal. */
static void print_text(const char *text, FILE *out)
{
	size_t left = strlen(text), len;
	uint32_t c;

	for (; left > 0; text += len, left -= len) {
		c = 0;
		len = utf8_character(text, left, &c);
		if (len > 0 && utf8_is_shown(c)) {
			fwrite(text, 1, len, out);
			continue;
		}
		len = len ? len : 1;
		for (size_t i = 0; i < len; i++)
			fprintf(out, "\\x%02x", (unsigned char)text[i]);
	}
}

static void print_source(const struct config_error *e, FILE *out)
{
	int margin = fprintf(out, "  %u | ", e->line) - 2;

	fprintf(out, "%s\n", e->source);
	fprintf(out, "%*s| ", margin, "");
	for (unsigned int i = 1; i < e->column; i++)
		fputc(' ', out);
	fputc('^', out);
	for (unsigned int i = 1; i < e->width && e->column + i <= SHOWN; i++)
		fputc('~', out);
	if (e->hint) {
		fputs("  ", out);
		print_text(e->hint, out);
	}
	fputc('\n', out);
}

void config_error_print(const struct config_error *e, FILE *out)
{
	print_text(e->file ? e->file : "-", out);
	if (e->line)
		fprintf(out, ":%u:%u", e->line, e->column);
	fputs(e->severity == CONFIG_WARNING ? ": warning: " : ": error: ", out);
	print_text(e->text ? e->text : "no memory", out);
	fputc('\n', out);
	if (e->source && e->column <= SHOWN) {
		print_source(e, out);
	} else if (e->hint) {
		fputs("    ", out);
		print_text(e->hint, out);
		fputc('\n', out);
	}
}

void config_errors_print(const struct config_errors *errors, FILE *out)
{
	for (size_t i = 0; i < errors->count; i++)
		config_error_print(&errors->list[i], out);
	if (errors->left_off)
		fprintf(out, "and %zu more, not shown\n", errors->left_off);
}

/* --- Did you mean -------------------------------------------------------------- */

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Insertions, deletions, replacements, and neighbours swapped, as in a typing
 * error. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][MAX_DISTANCE_NAME + 1];
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t len_a = strlen(a), len_b = strlen(b);

	for (unsigned int j = 0; j <= len_b; j++)
		last[j] = before[j] = j;
	for (unsigned int i = 1; i <= len_a; i++) {
		now[0] = i;
		for (unsigned int j = 1; j <= len_b; j++) {
			now[j] = least(last[j] + 1, now[j - 1] + 1,
				last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1] && before[j - 2] < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[len_b];
}

struct nearest nearest_to(const char *written)
{
	size_t len = strlen(written);
	unsigned int most = len <= 3 ? 1 : (unsigned int)(len / 3 + 1);

	/* More than a third wrong is another word. */
	return (struct nearest){ written, NULL,
		len > MAX_DISTANCE_NAME ? 0 : most + 1 };
}

void nearest_try(struct nearest *nearest, const char *name)
{
	unsigned int d;

	if (nearest->distance == 0 || strlen(name) > MAX_DISTANCE_NAME)
		return;
	d = distance(nearest->written, name);
	if (d >= nearest->distance || d >= strlen(name))
		return;
	nearest->distance = d;
	nearest->name = name;
}

const char *nearest_hint(const struct nearest *nearest, char out[HINT_SIZE])
{
	if (!nearest->name)
		return "";
	return hint_text(out, "did you mean '%s'?", nearest->name);
}

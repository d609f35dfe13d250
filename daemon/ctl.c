/* ctl.c - what ipsec-ctl says: to people, or as JSON.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl.h"

#include "daemon/report.h"

#include <stdarg.h>
#include <stdlib.h>

/* To people, or as the verdict's JSON. */
int ctl_complain(
	const struct ctl *ctl, int code, const char *error, const char *hint)
{
	json_t *verdict;
	char *clean;

	if (hint && !*hint)
		hint = NULL;
	if (ctl->json) {
		verdict = report_verdict(code, error, hint);
		json_dumpf(verdict, ctl->err, JSON_COMPACT);
		fputc('\n', ctl->err);
		json_decref(verdict);
		return code;
	}
	clean = text_clean(&ctl->style, error);
	fprintf(ctl->err, "ipsec-ctl: %s\n", clean);
	free(clean);
	if (hint) {
		clean = text_clean(&ctl->style, hint);
		fprintf(ctl->err, "  %s %s\n",
			style_mark(&ctl->style, MARK_THEREFORE), clean);
		free(clean);
	}
	return code;
}

int ctl_fail(const struct ctl *ctl, int code, const char *hint,
	const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return ctl_complain(ctl, code, text, hint);
}

void ctl_record(const struct ctl *ctl, json_t *record)
{
	if (ctl->json && !ctl->quiet) {
		json_dumpf(record, ctl->out, JSON_COMPACT);
		fputc('\n', ctl->out);
	}
	json_decref(record);
}

void ctl_path(const struct ctl *ctl, const char *given, const char *usual,
	char *out, size_t size)
{
	snprintf(out, size, "%s%s", !given && ctl->root ? ctl->root : "",
		given ? given : usual);
}

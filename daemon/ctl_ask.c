/* ctl_ask.c - a question to the daemon, and all of its answer.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_ask.h"

#include "daemon/ctl_client.h"
#include "daemon/ctl_render.h"
#include "daemon/report.h"

#include <string.h>

enum {
	GRACE_MS = 10000, /* past what the daemon was asked to wait */
	PATH_SIZE = 4096,
};

#define CLOSED_HINT "has it ended? systemctl status ipsecd"

/* One that is being asked. */
struct asking {
	struct ctl *ctl;
	const struct ctl_question *question;
	const char *about;
	struct client client;
	struct render render;
	struct ctl_answer answer;
};

static void look_at(struct ctl_answer *answer, const json_t *record)
{
	const char *kind = json_string_value(json_object_get(record, "record"));
	const char *state = json_string_value(json_object_get(record, "state"));

	answer->records++;
	if (!kind || !state || strcmp(kind, "peer") != 0)
		return;
	answer->seen_peer = true;
	answer->peer_up = strcmp(state, "up") == 0;
	answer->peer_failed =
		json_is_object(json_object_get(record, "last_error"));
}

static int verdict_of(const struct asking *asking, const json_t *verdict)
{
	json_int_t code = json_integer_value(json_object_get(verdict, "code"));
	const char *error =
		json_string_value(json_object_get(verdict, "error"));
	const char *hint = json_string_value(json_object_get(verdict, "hint"));

	if (json_is_true(json_object_get(verdict, "ok")))
		return REPORT_OK;
	if (code <= 0 || code > 255)
		code = REPORT_FAILED;
	if (!error)
		error = "failed";
	if (!hint && code == REPORT_UNKNOWN)
		hint = asking->question->unknown;
	if (asking->ctl->json)
		return ctl_complain(asking->ctl, (int)code, error, hint);
	if (!hint && code == REPORT_UNKNOWN)
		hint = "see: ipsec-ctl list peers";
	return ctl_fail(
		asking->ctl, (int)code, hint, "%s: %s", asking->about, error);
}

static void take_record(
	struct asking *asking, const char *line, const json_t *record)
{
	const struct ctl_question *question = asking->question;
	const struct ctl *ctl = asking->ctl;

	look_at(&asking->answer, record);
	if (question->take) {
		question->take(question->ctx, record);
	} else if (ctl->json && !ctl->quiet) {
		fprintf(ctl->out, "%s\n", line);
		fflush(ctl->out);
	} else if (!ctl->quiet) {
		render_record(&asking->render, record);
	}
}

static int say_gone(const struct asking *asking)
{
	return ctl_fail(asking->ctl, REPORT_UNREACHABLE, CLOSED_HINT,
		"%s: ipsecd closed the connection", asking->about);
}

/* Reads records until the verdict: the exit code. */
static int read_answer(struct asking *asking)
{
	for (;;) {
		const char *line;
		json_t *record;
		int code;

		switch (client_read(&asking->client,
			asking->question->patience_ms, &line)) {
		case CLIENT_LINE:
			break;
		case CLIENT_GONE:
			return say_gone(asking);
		case CLIENT_LATE:
			return ctl_fail(asking->ctl, REPORT_TIMEOUT, NULL,
				"%s: ipsecd does not answer", asking->about);
		}
		record = json_loads(line, 0, NULL);
		if (!record)
			return ctl_fail(asking->ctl, REPORT_FAILED, NULL,
				"%s: that is no ipsecd at the other end",
				asking->about);
		if (json_object_get(record, "ok")) {
			code = verdict_of(asking, record);
			json_decref(record);
			return code;
		}
		take_record(asking, line, record);
		json_decref(record);
	}
}

static int connect_to(struct ctl *ctl, struct client *client)
{
	char path[PATH_SIZE], error[CLIENT_TEXT] = "", hint[CLIENT_TEXT] = "";
	int code;

	if (ctl->fd >= 0) {
		client_adopt(client, ctl->fd);
		ctl->fd = -1;
		return REPORT_OK;
	}
	ctl_path(ctl, ctl->socket, CTL_SOCKET, path, sizeof(path));
	code = client_open(client, path, error, hint);
	return code == REPORT_OK ? code : ctl_complain(ctl, code, error, hint);
}

int ctl_ask(struct ctl *ctl, const struct ctl_question *question,
	struct ctl_answer *answer)
{
	struct asking asking = { .ctl = ctl, .question = question };
	int code = connect_to(ctl, &asking.client);

	if (code != REPORT_OK) {
		json_decref(question->params);
		return code;
	}
	asking.about = question->about ? question->about : question->method;
	render_begin(&asking.render, ctl->out, ctl->style, question->detail);
	if (client_ask(&asking.client, question->method, question->params))
		code = read_answer(&asking);
	else
		code = say_gone(&asking);
	render_end(&asking.render);
	client_close(&asking.client);
	if (answer)
		*answer = asking.answer;
	return code;
}

json_t *ctl_params(const struct ctl *ctl, const char *peer)
{
	json_t *params = json_object();

	if (peer)
		report_set_text(params, "peer", peer);
	if (ctl->has_timeout)
		json_object_set_new(
			params, "timeout_s", json_integer(ctl->timeout_s));
	return params;
}

int ctl_patience(const struct ctl *ctl)
{
	uint64_t ms = (uint64_t)ctl->timeout_s * 1000 + GRACE_MS;

	if (!ctl->has_timeout || ms > INT32_MAX)
		return -1;
	return (int)ms;
}

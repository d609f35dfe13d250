/* control.c - fuzz target: the control socket from both ends: requests to the daemon, records to ipsec-ctl.
 * SPDX-License-Identifier: ISC
 *
 * Octet 0 says which.  Requests come over a socket in pieces as long as octet 1
 * says, to a daemon with two peers whose effects nobody carries out; each line
 * of its answers must be JSON.  Records are lines that are rendered; nothing of
 * them may lead a terminal astray.
 */
#include "daemon/control.h"

#include "daemon/ctl_client.h"
#include "daemon/ctl_render.h"
#include "daemon/daemon.h"
#include "daemon/kernel.h"
#include "tests/fuzz/fuzz.h"

#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	HOW_RECORDS = 1,
	HOW_CLIENT = 2, /* of the lines: by the client's own reading */
	HOW_UTF8 = 4,
	HOW_COLOR = 8,
	HOW_DETAIL = 16,
	HOW_REACHABLE = 32, /* peers have addresses */
	MAX_ROUNDS = 2000,
};

/* --- A daemon ------------------------------------------------------------- */

static struct daemon daemon_under_test;
static bool reachable;
static char answer[1 << 20];
static size_t answer_len;

static void draw(void *ctx, uint8_t *out, size_t len)
{
	uint8_t *next = ctx;

	for (size_t i = 0; i < len; i++)
		out[i] = (*next)++;
}

static struct ike_peer *make_peer(char letter)
{
	struct ike_peer *peer = ike_peer_new();
	struct ike_child_policy *child;

	HOLDS(peer != NULL);
	peer->name[0] = letter;
	peer->enabled = true;
	peer->psk_len = 3;
	memcpy(peer->psk, "psk", 3);
	peer->remote.place_count = 1;
	peer->remote.places[0].first = peer->remote.places[0].last =
		(struct ike_addr){ 4, { 192, 0, 2, (uint8_t)letter } };
	peer->children = child = calloc(1, sizeof(*child));
	HOLDS(child != NULL);
	peer->child_count = 1;
	memcpy(child->name, "net", 4);
	child->local_ts_count = child->remote_ts_count = 1;
	child->local_ts[0].end_port = child->remote_ts[0].end_port = UINT16_MAX;
	child->remote_ts[0].family = 4;
	child->remote_ts[0].start[0] = child->remote_ts[0].end[0] = 10;
	return peer;
}

/* The configuration has no file: a reload fails.  daemon_pump is kept from
 * carrying anything out. */
static void open_daemon(void)
{
	static const struct daemon_options options = {
		.kernel = DAEMON_KERNEL_NONE, .config = "/nonexistent/f"
	};
	static uint8_t next;
	const struct ike_env env = { .random = draw, .ctx = &next };
	const struct ike_limits limits = ike_limits_default();
	struct daemon *d = &daemon_under_test;
	struct ike_peers peers = { .count = 2 };
	char error[CONTROL_TEXT];

	*d = (struct daemon){ .options = &options, .pumping = true };
	d->base = event_base_new();
	d->ike = ike_new(&env, &limits);
	d->kernel = kernel_open_none();
	HOLDS(d->base && d->ike && d->kernel);
	d->control = control_open(d, NULL, NULL, error);
	HOLDS(d->control != NULL);
	peers.peer = calloc(2, sizeof(*peers.peer));
	HOLDS(peers.peer != NULL);
	peers.peer[0] = make_peer('a');
	peers.peer[1] = make_peer('b');
	ike_set_peers(d->ike, daemon_now(), &peers);
	ike_peers_clear(&peers);
}

static void close_daemon(void)
{
	struct daemon *d = &daemon_under_test;

	control_close(d->control);
	ike_free(d->ike);
	kernel_close(d->kernel);
	event_base_free(d->base);
}

static void resolve(const struct ike_peer *peer)
{
	struct ike_address_pair pair = { { 4, { 192, 0, 2, 1 } },
		peer->remote.places[0].first };
	const struct ike_resolution resolution = {
		.peer = peer->name,
		.pairs = &pair,
		.count = reachable ? 1 : 0,
		.error = "no \x1b way",
		.cause = IKE_CAUSE_UNREACHABLE,
	};

	ike_resolved(daemon_under_test.ike, daemon_now(), &resolution);
}

static void settle(void)
{
	struct daemon *d = &daemon_under_test;
	struct ike_effect effect;

	event_base_loop(d->base, EVLOOP_NONBLOCK);
	while (ike_effect(d->ike, &effect)) {
		control_effect(d->control, &effect);
		if (effect.kind == IKE_RESOLVE)
			resolve(effect.resolve);
		else if (effect.kind == IKE_REPORT)
			control_report(d->control, &effect.report);
	}
}

/* --- Requests ------------------------------------------------------------- */

static void check_answer(void)
{
	char *at = answer, *end;

	answer[answer_len] = '\0';
	HOLDS(strlen(answer) == answer_len);
	while ((end = strchr(at, '\n'))) {
		json_t *line = json_loadb(at, (size_t)(end - at), 0, NULL);

		HOLDS(json_is_object(line));
		json_decref(line);
		at = end + 1;
	}
	answer_len -= (size_t)(at - answer);
	memmove(answer, at, answer_len);
}

/* False: the daemon has closed. */
static bool hear(int fd)
{
	ssize_t got;

	for (int i = 0; i < MAX_ROUNDS; i++) {
		settle();
		got = recv(fd, answer + answer_len,
			sizeof(answer) - 1 - answer_len, MSG_DONTWAIT);
		if (got <= 0)
			return got != 0;
		answer_len += (size_t)got;
		check_answer();
	}
	abort(); /* it never ends */
}

static void requests(const uint8_t *data, size_t size, size_t piece)
{
	int ends[2];

	open_daemon();
	answer_len = 0;
	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	HOLDS(control_adopt(daemon_under_test.control, ends[0]));
	while (size > 0) {
		const size_t len = size < piece ? size : piece;

		if (send(ends[1], data, len, MSG_NOSIGNAL) < 0 ||
			!hear(ends[1]))
			break;
		data += len;
		size -= len;
	}
	close(ends[1]);
	settle();
	close_daemon();
}

/* --- Records -------------------------------------------------------------- */

/* Colours alone may begin with an escape; C1 controls and what turns the
 * direction of writing come as UTF-8. */
static void check_text(const char *text, uint8_t how)
{
	for (const char *at = text; *at; at++) {
		const unsigned char c = (unsigned char)*at;

		if (c == 0x1b && (how & HOW_COLOR)) {
			HOLDS(at[1] == '[');
			continue;
		}
		HOLDS(c == '\n' || c >= ' ');
		HOLDS(c != 0x7f);
		HOLDS((how & HOW_UTF8) || c < 0x7f);
		HOLDS(c != 0xc2 || (unsigned char)at[1] >= 0xa0);
		HOLDS(strncmp(at, "\u202e", 3) != 0 &&
			strncmp(at, "\u2066", 3) != 0);
	}
}

static void render_line(struct render *render, const char *line, size_t len)
{
	json_t *record = json_loadb(line, len, 0, NULL);

	if (json_is_object(record))
		render_record(render, record);
	json_decref(record);
}

static void records(const uint8_t *data, size_t size, uint8_t how)
{
	const struct style style = { (how & HOW_UTF8) != 0,
		(how & HOW_COLOR) != 0, 1795363771042 };
	const char *at = (const char *)data, *end = at + size, *next;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct render render;

	HOLDS(out != NULL);
	render_begin(&render, out, style, (how & HOW_DETAIL) != 0);
	for (; at < end; at = next + 1) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (!next)
			next = end;
		render_line(&render, at, (size_t)(next - at));
	}
	render_end(&render);
	fclose(out);
	HOLDS(strlen(text) == len);
	check_text(text, how);
	free(text);
}

static void client(const uint8_t *data, size_t size)
{
	struct client client;
	const char *line;
	int ends[2];
	size_t lines = 0;

	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	client_adopt(&client, ends[0]);
	HOLDS(send(ends[1], data, size, MSG_NOSIGNAL) == (ssize_t)size);
	close(ends[1]);
	while (client_read(&client, 0, &line) == CLIENT_LINE) {
		HOLDS(!strchr(line, '\n'));
		HOLDS(++lines <= size);
	}
	client_close(&client);
}

void fuzz_control(const uint8_t *data, size_t size)
{
	const uint8_t how = size > 0 ? data[0] : 0;

	if (size < 3)
		return;
	reachable = (how & HOW_REACHABLE) != 0;
	if (!(how & HOW_RECORDS))
		requests(data + 2, size - 2, data[1] ? 8 * (size_t)data[1] : 1);
	else if (how & HOW_CLIENT)
		client(data + 2, size - 2);
	else
		records(data + 2, size - 2, how);
}

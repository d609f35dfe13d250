/* daemon_fixture.c - a daemon without sockets for IKE: a loop, a core, a control.
 * SPDX-License-Identifier: ISC
 */
#include "tests/daemon_fixture.h"

#include "daemon/control.h"
#include "daemon/kernel.h"
#include "tests/suite.h"
#include "tests/unit/records.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TURNS = 200000, /* only a hang takes so many */
	RECORDS_CHECKED = 64 * 1024,
};

static void draw(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len);
}

static struct ike_peer *make_peer(size_t i)
{
	static const char *const names[] = { "net", "lan" };
	struct ike_peer *peer = ike_peer_new();
	struct ike_place *place;

	ck_assert_ptr_nonnull(peer);
	place = &peer->remote.places[0];
	snprintf(peer->name, sizeof(peer->name), "peer-%zu", i);
	peer->enabled = true;
	peer->psk_len = 3;
	memcpy(peer->psk, "psk", 3);
	peer->remote.place_count = 1;
	place->kind = IKE_PLACE_RANGE;
	place->first = (struct ike_addr){ 4,
		{ 192, 0, (uint8_t)(i / 250), (uint8_t)(i % 250 + 1) } };
	place->last = place->first;
	peer->children = calloc(2, sizeof(*peer->children));
	ck_assert_ptr_nonnull(peer->children);
	peer->child_count = 2;
	for (uint8_t c = 0; c < 2; c++) {
		struct ike_child_policy *child = &peer->children[c];
		struct ike_selector *ts = &child->remote_ts[0];

		snprintf(child->name, sizeof(child->name), "%s", names[c]);
		child->local_ts_count = child->remote_ts_count = 1;
		child->local_ts[0].end_port = UINT16_MAX;
		*ts = (struct ike_selector){ .family = 4,
			.end_port = UINT16_MAX,
			.start = { 10, c, (uint8_t)(i / 250),
				(uint8_t)(i % 250) } };
		memcpy(ts->end, ts->start, sizeof(ts->end));
	}
	return peer;
}

static void set_peers(struct fixture *f, size_t count)
{
	struct ike_peers peers = { .count = count };

	peers.peer = calloc(count, sizeof(*peers.peer));
	ck_assert_ptr_nonnull(peers.peer);
	for (size_t i = 0; i < count; i++)
		peers.peer[i] = make_peer(i);
	ike_set_peers(f->daemon.ike, daemon_now(), &peers);
	ike_peers_clear(&peers);
}

void fixture_open(struct fixture *f, size_t peers)
{
	const struct ike_env env = { .random = draw };
	const struct ike_limits limits = ike_limits_default();
	char error[CONTROL_TEXT];

	*f = (struct fixture){ .options.kernel = DAEMON_KERNEL_NONE };
	f->daemon.options = &f->options;
	f->daemon.started_ms = daemon_now().mono_ms;
	f->daemon.base = event_base_new();
	f->daemon.ike = ike_new(&env, &limits);
	f->daemon.kernel = kernel_open_none();
	ck_assert_ptr_nonnull(f->daemon.base);
	ck_assert_ptr_nonnull(f->daemon.ike);
	f->daemon.control = control_open(&f->daemon, NULL, NULL, error);
	ck_assert_ptr_nonnull(f->daemon.control);
	set_peers(f, peers);
}

void fixture_close(struct fixture *f)
{
	control_close(f->daemon.control);
	ike_free(f->daemon.ike);
	kernel_close(f->daemon.kernel);
	event_base_free(f->daemon.base);
	free(f->text);
}

int fixture_client_or_none(struct fixture *f)
{
	int ends[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	control_adopt(f->daemon.control, ends[0]);
	return ends[1];
}

int fixture_client(struct fixture *f)
{
	int ends[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert(control_adopt(f->daemon.control, ends[0]));
	return ends[1];
}

void fixture_send(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		ck_assert_int_gt(sent, 0);
		text += sent;
		len -= (size_t)sent;
	}
}

void fixture_turn(struct fixture *f)
{
	event_base_loop(f->daemon.base, EVLOOP_NONBLOCK);
}

/* 1: something, 0: closed, -1: nothing yet */
static int read_some(struct fixture *f, int fd)
{
	ssize_t got;

	if (f->size - f->len < 65536) {
		f->size = 2 * f->size + 131072;
		f->text = realloc(f->text, f->size);
		ck_assert_ptr_nonnull(f->text);
	}
	got = recv(fd, f->text + f->len, 65535, MSG_DONTWAIT);
	f->len += got > 0 ? (size_t)got : 0;
	f->text[f->len] = '\0';
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return 0;
	return got > 0 ? 1 : -1;
}

void fixture_until(struct fixture *f, int fd, const char *text)
{
	f->len = 0;
	for (size_t i = 0; i < TURNS; i++) {
		size_t from = f->len > strlen(text) ? f->len - strlen(text) : 0;
		int got;

		fixture_turn(f);
		got = read_some(f, fd);
		if (strstr(f->text + from, text))
			return;
		ck_assert_msg(got != 0, "closed after: %.2000s", f->text);
	}
	ck_abort_msg("'%s' never came, only: %.2000s", text, f->text);
}

const char *fixture_answer(struct fixture *f, int fd)
{
	f->len = 0;
	for (size_t i = 0; i < TURNS; i++) {
		const char *verdict;
		int got;

		fixture_turn(f);
		got = read_some(f, fd);
		verdict = strstr(f->text, "{\"ok\":");
		if (verdict && strchr(verdict, '\n')) {
			/* thousands of them take long, and are alike */
			if (f->len < RECORDS_CHECKED)
				records_check(f->text);
			return f->text;
		}
		ck_assert_msg(got != 0, "closed after: %.2000s", f->text);
	}
	ck_abort_msg("no verdict, only: %.2000s", f->text);
}

const char *fixture_rest(struct fixture *f, int fd)
{
	struct pollfd readable = { fd, POLLIN, 0 };

	f->len = 0;
	for (size_t i = 0; i < TURNS; i++) {
		fixture_turn(f);
		/* TCP hands on when it likes. */
		poll(&readable, 1, 1);
		if (read_some(f, fd) == 0)
			return f->text;
	}
	ck_abort_msg("no end: %.2000s", f->text);
}

bool fixture_gone(struct fixture *f, int fd)
{
	for (size_t i = 0; i < TURNS; i++) {
		f->len = 0;
		fixture_turn(f);
		if (read_some(f, fd) == 0)
			return true;
	}
	return false;
}

void fixture_drain(struct fixture *f, int fd)
{
	do {
		f->len = 0;
		fixture_turn(f);
	} while (read_some(f, fd) > 0);
}

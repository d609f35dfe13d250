/* control.c - the control socket: JSON lines for ipsec-ctl and scripts.
 * SPDX-License-Identifier: ISC
 *
 * What a client can make us hold is bounded on both sides: a line by
 * CONTROL_LINE_MAX before the parser sees it, output by CONTROL_OUTPUT_MAX, and
 * by CONTROL_STALL_S in time.  Long answers are made piece by piece as the
 * client reads.  A client is never freed inside a call that may have come from
 * its own request: it is marked, and reaped from the loop.
 */
#include "daemon/control.h"

#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/listener.h"
#include "daemon/log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BACKLOG = 64,
	MAX_GROUPS = 256, /* of a caller that we look at */
};

struct client {
	struct control *control;
	struct client *next;
	struct bufferevent *stream;
	struct event *timer; /* of the request under way */
	struct request request;
	uint64_t heard; /* control->clock when it last said something */
	bool closing;   /* no more requests: ends when its output has gone */
	bool dead;      /* to be reaped */
};

struct control {
	struct event_base *base;
	struct listener listener;
	struct event *reaper;
	struct client *clients;
	size_t count;
	uint64_t clock; /* counts what clients say: orders them by idleness */
	gid_t group;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	dev_t device; /* of the socket we made, so that only that is removed */
	ino_t inode;
	struct commands commands;
};

/* --- Clients -------------------------------------------------------------- */

static void client_free(struct client *client)
{
	request_clear(&client->request, "ipsecd ends");
	event_free(client->timer);
	bufferevent_free(client->stream);
	free(client);
}

static void reap(evutil_socket_t fd, short what, void *ctx)
{
	struct control *control = ctx;
	struct client **at = &control->clients;

	(void)fd;
	(void)what;
	while (*at) {
		struct client *client = *at;

		if (!client->dead) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		control->count--;
		client_free(client);
	}
}

static const char no_memory[] = "out of memory";
static const char not_read[] = "the client does not read";

/* why: see request_clear(). */
static void drop(struct client *client, const char *why)
{
	if (client->dead)
		return;
	client->dead = true;
	request_clear(&client->request, why);
	bufferevent_disable(client->stream, EV_READ | EV_WRITE);
	event_active(client->control->reaper, 0, 0);
}

static struct evbuffer *output_of(const struct client *client)
{
	return bufferevent_get_output(client->stream);
}

static void say(void *ctx, json_t *line)
{
	struct client *client = ctx;
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

	json_decref(line);
	if (client->dead) {
		free(text);
		return;
	}
	/* Half an answer would be taken for a whole one. */
	if (!text || evbuffer_add_printf(output_of(client), "%s\n", text) < 0) {
		free(text);
		drop(client, no_memory);
		return;
	}
	free(text);
	if (evbuffer_get_length(output_of(client)) > CONTROL_OUTPUT_MAX)
		drop(client, not_read);
}

static void wipe_sent(const void *data, size_t len, void *line)
{
	(void)data;
	sodium_memzero(line, len);
	free(line);
}

/* Goes to the kernel from where it is: no copy of it is made on the way. */
static void say_secret(void *ctx, char *line, size_t len)
{
	struct client *client = ctx;

	if (client->dead) {
		wipe_sent(line, len, line);
		return;
	}
	if (evbuffer_add_reference(
		    output_of(client), line, len, wipe_sent, line) < 0) {
		wipe_sent(line, len, line);
		drop(client, no_memory);
	} else if (evbuffer_get_length(output_of(client)) >
		   CONTROL_SECRETS_MAX) {
		drop(client, not_read);
	}
}

static bool room(void *ctx)
{
	const struct client *client = ctx;

	return !client->dead &&
	       evbuffer_get_length(output_of(client)) < CONTROL_OUTPUT_LOW;
}

/* When the request wants to go on by itself: its time is up, or it has more to
 * say than fits into one turn of the loop.  IKE_NEVER: something else must come
 * first. */
static uint64_t goes_on_at(struct client *client)
{
	switch (client->request.state) {
	case REQUEST_WATCHING:
		return client->request.deadline_ms;
	case REQUEST_MORE:
		return room(client) ? 0 : IKE_NEVER;
	case REQUEST_IDLE:
		break;
	}
	return IKE_NEVER;
}

static void set_timer(struct client *client)
{
	uint64_t now = daemon_now().mono_ms;
	uint64_t at = goes_on_at(client), left;
	struct timeval wait;

	if (client->dead || at == IKE_NEVER) {
		event_del(client->timer);
		return;
	}
	left = at > now ? at - now : 0;
	wait = (struct timeval){ (time_t)(left / 1000),
		(suseconds_t)(left % 1000 * 1000) };
	if (event_add(client->timer, &wait) < 0)
		drop(client, no_memory);
}

static void refuse(struct client *client, int code, const char *error)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);

	say(client, report_verdict(code, error, NULL));
	client->closing = true;
	bufferevent_disable(client->stream, EV_READ);
	evbuffer_drain(input, evbuffer_get_length(input));
}

/* Answers go on while there is room, a piece in each turn of the loop; then the
 * next request may start. */
static void serve(struct client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);
	bool said = false;
	size_t len;
	char *line;

	while (!client->dead && room(client)) {
		if (client->request.state == REQUEST_WATCHING ||
			(client->request.state == REQUEST_MORE && said))
			break;
		if (client->request.state == REQUEST_MORE) {
			request_more(&client->request);
			said = true;
			continue;
		}
		line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF);
		if (!line)
			break;
		if (len > CONTROL_LINE_MAX) {
			free(line);
			refuse(client, REPORT_USAGE, "the line is too long");
			return;
		}
		request_start(&client->request, line, len);
		free(line);
	}
	set_timer(client);
	/* What is left is one unfinished line, or requests that wait for the
	 * one under way; neither may be longer than a line. */
	if (!client->dead && !client->closing &&
		evbuffer_get_length(input) > CONTROL_LINE_MAX)
		refuse(client, REPORT_USAGE, "the line is too long");
	if (!client->dead && client->closing &&
		client->request.state == REQUEST_IDLE &&
		evbuffer_get_length(output_of(client)) == 0)
		drop(client, "done");
}

static void on_read(struct bufferevent *stream, void *ctx)
{
	struct client *client = ctx;

	(void)stream;
	client->heard = ++client->control->clock;
	serve(client);
}

static void on_written(struct bufferevent *stream, void *ctx)
{
	(void)stream;
	serve(ctx);
}

static const char *why_dropped(short what)
{
	if (what & BEV_EVENT_TIMEOUT)
		return not_read;
	return what & BEV_EVENT_WRITING ? "writing to the client failed"
					: "the client left";
}

/* Has the client gone, or has it only said all it wants to (shutdown)? */
static bool hung_up(const struct client *client)
{
	struct pollfd at = { bufferevent_getfd(client->stream), 0, 0 };

	return poll(&at, 1, 0) != 0;
}

static void on_event(struct bufferevent *stream, short what, void *ctx)
{
	struct client *client = ctx;

	(void)stream;
	if (!(what & BEV_EVENT_EOF) || hung_up(client)) {
		drop(client, why_dropped(what));
		return;
	}
	/* `echo .. | nc -N`: what it asked is answered, then it ends. */
	client->closing = true;
	serve(client);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct client *client = ctx;

	(void)fd;
	(void)what;
	if (client->dead)
		return;
	if (daemon_now().mono_ms >= client->request.deadline_ms)
		request_expired(&client->request);
	serve(client);
}

/* --- Who may -------------------------------------------------------------- */

bool control_allows(const struct control_caller *caller, uid_t own, gid_t group)
{
	if (caller->uid == 0 || caller->uid == own)
		return true;
	for (size_t i = 0; i < caller->group_count; i++) {
		if (caller->groups[i] == group)
			return true;
	}
	return false;
}

/* The groups come from the socket too (SO_PEERGROUPS): asking the name service
 * could block the loop. */
static bool may(const struct control *control, int fd, struct ucred *who)
{
	gid_t groups[MAX_GROUPS + 1];
	socklen_t len = sizeof(*who);
	struct control_caller caller = { 0 };

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, who, &len) < 0)
		return false;
	groups[0] = who->gid;
	len = MAX_GROUPS * sizeof(gid_t);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups + 1, &len) < 0)
		len = 0;
	caller.uid = who->uid;
	caller.groups = groups;
	caller.group_count = 1 + len / sizeof(gid_t);
	return control_allows(&caller, geteuid(), control->group);
}

/* --- Taking clients in ---------------------------------------------------- */

/* A few octets always fit into a new socket; if not, nobody is told. */
static void turn_away(int fd, int code, const char *error, const char *hint)
{
	json_t *verdict = report_verdict(code, error, hint);
	char *text = verdict ? json_dumps(verdict, JSON_COMPACT) : NULL;
	char line[CONTROL_TEXT];
	int len = text ? snprintf(line, sizeof(line), "%s\n", text) : 0;

	if (len > 0 && (size_t)len < sizeof(line))
		(void)!send(fd, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
	free(text);
	json_decref(verdict);
	close(fd);
}

/* When all places are taken, who has said nothing for longest and has nothing
 * under way makes room: idle clients keep nobody out.  Nor does who watches, has
 * said that it will say no more, and then left: of that libevent, which reads no
 * more either, knows nothing until there is something to write. */
static bool make_room(struct control *control)
{
	struct client *idlest = NULL;
	size_t alive = 0;

	for (struct client *c = control->clients; c; c = c->next) {
		if (!c->dead && c->closing && hung_up(c))
			drop(c, "the client left");
		if (c->dead)
			continue;
		alive++;
		if (c->request.state != REQUEST_IDLE ||
			evbuffer_get_length(output_of(c)) > 0)
			continue;
		if (!idlest || c->heard < idlest->heard)
			idlest = c;
	}
	if (alive < CONTROL_CLIENTS)
		return true;
	if (!idlest)
		return false;
	drop(idlest, "another needs its place");
	return true;
}

static bool client_start(struct client *client, int fd)
{
	const struct timeval stall = { CONTROL_STALL_S, 0 };
	struct control *control = client->control;

	client->timer = evtimer_new(control->base, on_timer, client);
	if (!client->timer)
		return false;
	client->stream = bufferevent_socket_new(
		control->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->stream) {
		event_free(client->timer);
		return false;
	}
	request_init(&client->request, &control->commands);
	client->request.say = say;
	client->request.say_secret = say_secret;
	client->request.room = room;
	client->request.ctx = client;
	bufferevent_setcb(
		client->stream, on_read, on_written, on_event, client);
	bufferevent_set_timeouts(client->stream, NULL, &stall);
	bufferevent_enable(client->stream, EV_READ | EV_WRITE);
	return true;
}

bool control_adopt(struct control *control, int fd)
{
	struct client *client;
	struct ucred who;

	evutil_make_socket_nonblocking(fd);
	if (!may(control, fd, &who)) {
		turn_away(fd, REPORT_PERMISSION, "permission denied",
			"be root, or a member of the socket's group");
		return false;
	}
	if (!make_room(control)) {
		turn_away(fd, REPORT_FAILED, "too many clients", NULL);
		return false;
	}
	client = calloc(1, sizeof(*client));
	if (!client) {
		turn_away(fd, REPORT_FAILED, "out of memory", NULL);
		return false;
	}
	client->control = control;
	client->heard = ++control->clock;
	if (!client_start(client, fd)) {
		free(client);
		turn_away(fd, REPORT_FAILED, "out of memory", NULL);
		return false;
	}
	client->request.uid = who.uid;
	client->request.pid = who.pid;
	client->next = control->clients;
	control->clients = client;
	control->count++;
	return true;
}

static void accepted(void *ctx, int fd)
{
	control_adopt(ctx, fd);
}

void control_effect(struct control *control, const struct ike_effect *effect)
{
	if (!control)
		return;
	commands_account(&control->commands, effect);
	for (struct client *c = control->clients;
		c && control->commands.keylogs > 0; c = c->next) {
		if (!c->dead)
			request_effect(&c->request, effect);
	}
}

struct totals *control_totals(struct control *control)
{
	return control->commands.totals;
}

void control_report(struct control *control, const struct ike_report *report)
{
	if (!control)
		return;
	commands_remember(&control->commands, report);
	for (struct client *c = control->clients; c; c = c->next) {
		enum request_state before = c->request.state;

		if (c->dead)
			continue;
		request_report(&c->request, report);
		/* Over: what it asked next starts from the loop, as this is
		 * the middle of the core's effects. */
		if (before != c->request.state && !c->dead)
			event_active(c->timer, 0, 0);
	}
}

void control_news(struct control *control, const char *event, const char *text)
{
	for (struct client *c = control ? control->clients : NULL; c;
		c = c->next) {
		if (!c->dead)
			request_news(&c->request, event, text);
	}
}

/* --- The socket in the file system ---------------------------------------- */

/* Does somebody answer there?  Never waits. */
static bool answers(const struct sockaddr_un *where)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool gone;

	if (fd < 0)
		return true;
	gone = connect(fd, (const struct sockaddr *)where, sizeof(*where)) <
		       0 &&
	       (errno == ECONNREFUSED || errno == ENOENT);
	close(fd);
	return !gone;
}

/* Clears the way for bind(): 0, or -1 and why not. */
static int take_place(const struct sockaddr_un *where, char error[CONTROL_TEXT])
{
	struct stat there;

	if (lstat(where->sun_path, &there) < 0)
		return 0;
	if (!S_ISSOCK(there.st_mode)) {
		snprintf(error, CONTROL_TEXT, "%s is there and is no socket",
			where->sun_path);
		return -1;
	}
	if (answers(where)) {
		snprintf(error, CONTROL_TEXT, "another ipsecd answers at %s",
			where->sun_path);
		return -1;
	}
	if (unlink(where->sun_path) < 0) {
		snprintf(error, CONTROL_TEXT, "cannot remove %s: %s",
			where->sun_path, strerror(errno));
		return -1;
	}
	return 0;
}

/* Each folder above the socket; what is there already stays as it is. */
static void make_folders(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	snprintf(folder, sizeof(folder), "%s", path);
	for (char *slash = strchr(folder + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(folder, 0755);
		*slash = '/';
	}
}

/* The bound socket, or -1 and why not.  Between bind() and chmod() nobody else
 * may connect, which the umask sees to. */
static int bind_socket(struct control *control, const struct sockaddr_un *where,
	char error[CONTROL_TEXT])
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat made;
	mode_t mask;
	int bound;

	if (fd < 0) {
		snprintf(error, CONTROL_TEXT, "no socket: %s", strerror(errno));
		return -1;
	}
	mask = umask(0177);
	bound = bind(fd, (const struct sockaddr *)where, sizeof(*where));
	umask(mask);
	if (bound < 0) {
		snprintf(error, CONTROL_TEXT, "cannot listen at %s: %s",
			where->sun_path, strerror(errno));
		close(fd);
		return -1;
	}
	/* Without the right to, the socket keeps our own group. */
	(void)!chown(where->sun_path, (uid_t)-1, control->group);
	(void)chmod(where->sun_path, 0660);
	/* Who does not know its own socket could not take it away again. */
	if (stat(where->sun_path, &made) < 0) {
		snprintf(error, CONTROL_TEXT, "cannot listen at %s: %s",
			where->sun_path, strerror(errno));
		(void)unlink(where->sun_path);
		close(fd);
		return -1;
	}
	control->device = made.st_dev;
	control->inode = made.st_ino;
	return fd;
}

static bool listen_at(
	struct control *control, const char *path, char error[CONTROL_TEXT])
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(where.sun_path)) {
		snprintf(error, CONTROL_TEXT,
			"the path of the control socket is longer than %zu: "
			"%.100s..",
			sizeof(where.sun_path) - 1, path);
		return false;
	}
	memcpy(where.sun_path, path, strlen(path) + 1);
	make_folders(path);
	if (take_place(&where, error) < 0)
		return false;
	fd = bind_socket(control, &where, error);
	if (fd < 0)
		return false;
	memcpy(control->path, path, strlen(path) + 1);
	control->listener.accepted = accepted;
	control->listener.ctx = control;
	if (listener_open(&control->listener, control->base, fd, BACKLOG))
		return true;
	snprintf(error, CONTROL_TEXT, "cannot listen at %s: %s", path,
		strerror(errno));
	return false;
}

static gid_t group_named(const char *name)
{
	const struct group *group = name ? getgrnam(name) : NULL;

	if (!group && name) {
		log_event(LOG_NO_GROUP, NULL, FACTS(fact_text("group", name)),
			"no group '%s': the control socket is for root and "
			"this user",
			name);
	}
	return group ? group->gr_gid : getegid();
}

struct control *control_open(struct daemon *daemon, const char *path,
	const char *group, char error[CONTROL_TEXT])
{
	struct control *control = calloc(1, sizeof(*control));

	snprintf(error, CONTROL_TEXT, "out of memory");
	if (!control)
		return NULL;
	/* A client that has gone is an error of write(), not the end of us. */
	signal(SIGPIPE, SIG_IGN);
	/* Now, while /dev/urandom can be read (sandbox.h). */
	json_object_seed(0);
	control->base = daemon->base;
	control->group = group_named(group);
	control->reaper = event_new(control->base, -1, 0, reap, control);
	if (!control->reaper || !commands_init(&control->commands, daemon) ||
		(path && !listen_at(control, path, error))) {
		control_close(control);
		return NULL;
	}
	error[0] = '\0';
	return control;
}

static void remove_socket(const struct control *control)
{
	struct stat there;

	if (control->path[0] && lstat(control->path, &there) == 0 &&
		there.st_dev == control->device &&
		there.st_ino == control->inode)
		(void)unlink(control->path);
}

void control_close(struct control *control)
{
	if (!control)
		return;
	while (control->clients) {
		struct client *client = control->clients;

		control->clients = client->next;
		client_free(client);
	}
	remove_socket(control);
	listener_close(&control->listener);
	if (control->reaper)
		event_free(control->reaper);
	commands_clear(&control->commands);
	free(control);
}

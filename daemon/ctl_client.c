/* ctl_client.c - the client's end of the control socket.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_client.h"

#include "daemon/report.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CHUNK = 16384, LINE_MAX_LEN = 16 * 1024 * 1024 };

void client_adopt(struct client *client, int fd)
{
	*client = (struct client){ .fd = fd };
}

void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->line);
	*client = (struct client){ .fd = -1 };
}

static int refused(const char *path, int number, char error[CLIENT_TEXT],
	char hint[CLIENT_TEXT])
{
	if (number == EACCES || number == EPERM) {
		snprintf(error, CLIENT_TEXT, "no permission for %.200s", path);
		snprintf(hint, CLIENT_TEXT,
			"be root, or a member of the group 'ipsecd'");
		return REPORT_PERMISSION;
	}
	snprintf(error, CLIENT_TEXT, "ipsecd does not answer at %.200s: %s",
		path, strerror(number));
	snprintf(hint, CLIENT_TEXT,
		"is it running? systemctl status ipsecd; another socket: -s");
	return REPORT_UNREACHABLE;
}

int client_open(struct client *client, const char *path,
	char error[CLIENT_TEXT], char hint[CLIENT_TEXT])
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };

	*client = (struct client){ .fd = -1 };
	if (strlen(path) >= sizeof(where.sun_path))
		return refused(path, ENAMETOOLONG, error, hint);
	memcpy(where.sun_path, path, strlen(path) + 1);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return refused(path, errno, error, hint);
	if (connect(client->fd, (const struct sockaddr *)&where,
		    sizeof(where)) < 0) {
		int number = errno;

		client_close(client);
		return refused(path, number, error, hint);
	}
	return REPORT_OK;
}

static bool send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		/* Refused at the door: the reason can still be read. */
		if (sent < 0)
			return errno == EPIPE;
		text += sent;
		len -= (size_t)sent;
	}
	return true;
}

bool client_ask(struct client *client, const char *method, json_t *params)
{
	json_t *request = json_pack("{s:s, s:o}", "method", method, "params",
		params ? params : json_object());
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	bool sent = text && send_all(client->fd, text, strlen(text)) &&
		    send_all(client->fd, "\n", 1);

	free(text);
	json_decref(request);
	return sent;
}

/* The next whole line in the buffer, or NULL. */
static const char *take_line(struct client *client)
{
	char *end, *line;

	if (client->used == client->len)
		return NULL;
	line = client->line + client->used;
	end = memchr(line, '\n', client->len - client->used);
	if (!end)
		return NULL;
	*end = '\0';
	client->used = (size_t)(end - client->line) + 1;
	return line;
}

/* Room for a chunk behind what is there, what was used moved out. */
static bool make_room(struct client *client)
{
	char *grown;

	if (client->used > 0) {
		memmove(client->line, client->line + client->used,
			client->len - client->used);
		client->len -= client->used;
		client->used = 0;
	}
	if (client->size - client->len >= CHUNK)
		return true;
	if (client->len > LINE_MAX_LEN)
		return false;
	grown = realloc(client->line, 2 * client->size + CHUNK);
	if (!grown)
		return false;
	client->line = grown;
	client->size = 2 * client->size + CHUNK;
	return true;
}

enum client_result client_read(
	struct client *client, int timeout_ms, const char **line)
{
	struct pollfd ready = { client->fd, POLLIN, 0 };
	ssize_t got;
	int polled;

	for (;;) {
		*line = take_line(client);
		if (*line)
			return CLIENT_LINE;
		if (!make_room(client))
			return CLIENT_GONE;
		polled = poll(&ready, 1, timeout_ms);
		if (polled == 0)
			return CLIENT_LATE;
		if (polled < 0 && errno == EINTR)
			continue;
		got = read(client->fd, client->line + client->len,
			client->size - client->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return CLIENT_GONE;
		client->len += (size_t)got;
	}
}

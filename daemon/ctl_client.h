/* ctl_client.h - the client's end of the control socket.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_CLIENT_H
#define DAEMON_CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { CLIENT_TEXT = 512 };

struct client {
	int fd;
	char *line; /* owned: the last line read */
	size_t len, size;
	size_t used; /* of the buffer: where the next line begins */
};

/* Connected to the socket at path: 0, or the exit code and why in words, with
 * what would help (may end up empty). */
int client_open(struct client *client, const char *path,
	char error[CLIENT_TEXT], char hint[CLIENT_TEXT]);
/* Talk over a connected socket instead; takes it over. */
void client_adopt(struct client *client, int fd);
void client_close(struct client *client);

/* Takes the reference to params (may be NULL). */
bool client_ask(struct client *client, const char *method, json_t *params);

enum client_result {
	CLIENT_LINE, /* *line is it, without its end, until the next call */
	CLIENT_GONE, /* the daemon has closed */
	CLIENT_LATE, /* nothing for that long */
};

/* timeout_ms < 0: no limit. */
enum client_result client_read(
	struct client *client, int timeout_ms, const char **line);

#endif

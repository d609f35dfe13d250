/* daemon_fixture.h - a daemon without sockets for IKE: a loop, a core, a control.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_DAEMON_FIXTURE_H
#define TESTS_DAEMON_FIXTURE_H

#include "daemon/daemon.h"

struct fixture {
	struct daemon daemon;
	struct daemon_options options;
	char *text; /* what the last fixture_answer(), _until() or _rest() read */
	size_t len, size;
};

/* Peers named peer-0 .. at 192.0.2.1 .., each with the children net and lan. */
void fixture_open(struct fixture *f, size_t peers);
void fixture_close(struct fixture *f);

/* A connected client's end. */
int fixture_client(struct fixture *f);
/* The same, also if the daemon does not take it in. */
int fixture_client_or_none(struct fixture *f);

/* All of it: what waits in the socket is small against its buffer. */
void fixture_send(int fd, const char *text, size_t len);

/* Let the loop do what there is to do, without waiting. */
void fixture_turn(struct fixture *f);

/* Run the loop until the verdict has come: everything up to it. */
const char *fixture_answer(struct fixture *f, int fd);
/* .. until this text has come. */
void fixture_until(struct fixture *f, int fd, const char *text);
/* .. until the connection ends, over TCP too: everything up to there. */
const char *fixture_rest(struct fixture *f, int fd);
/* .. until the daemon has closed. */
bool fixture_gone(struct fixture *f, int fd);
/* Read and forget what there is. */
void fixture_drain(struct fixture *f, int fd);

#endif

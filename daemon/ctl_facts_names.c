/* ctl_facts_names.c - do these names resolve?  Each asked for by a process of its own.
 * SPDX-License-Identifier: ISC
 *
 * The resolver of the C library waits for as long as it likes: a name without an
 * answer holds up nobody here, and ends with its process.
 */
#include "daemon/ctl_facts.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct question {
	pid_t process; /* 0: none */
	int from;
};

/* In the child: writes why it does not resolve, or nothing; never returns. */
static void look_up(const char *name, int to)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found;
	int error = getaddrinfo(name, NULL, &hints, &found);
	const char *why = error == EAI_SYSTEM ? strerror(errno)
			  : error != 0        ? gai_strerror(error)
					      : "";

	/* With the NUL, so that an end without an answer is told apart. */
	_exit(write(to, why, strlen(why) + 1) < 0);
}

static bool ask(struct question *question, const char *name)
{
	int ends[2];

	if (pipe(ends) < 0)
		return false;
	question->process = fork();
	if (question->process == 0) {
		close(ends[0]);
		look_up(name, ends[1]);
	}
	close(ends[1]);
	question->from = ends[0];
	if (question->process > 0)
		return true;
	close(ends[0]);
	question->process = 0;
	return false;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A short answer comes in one piece. */
static void hear(
	struct facts_name *name, const struct question *question, int64_t until)
{
	struct pollfd wait = { .fd = question->from, .events = POLLIN };
	int64_t left = until - now_ms();
	ssize_t len = 0;

	if (poll(&wait, 1, left > 0 ? (int)left : 0) <= 0) {
		name->resolves = FACT_NO;
		snprintf(
			name->why, sizeof(name->why), "no answer for too long");
		return;
	}
	len = read(question->from, name->why, sizeof(name->why) - 1);
	if (len <= 0)
		return;
	name->why[len] = '\0';
	name->resolves = *name->why ? FACT_NO : FACT_YES;
}

void facts_look_up(struct facts *facts, unsigned int patience_s)
{
	struct question questions[FACTS_NAMES] = { 0 };
	const int64_t until = now_ms() + (int64_t)patience_s * 1000;

	for (size_t i = 0; i < facts->name_count; i++)
		(void)ask(&questions[i], facts->names[i].name);
	for (size_t i = 0; i < facts->name_count; i++) {
		if (questions[i].process == 0)
			continue;
		hear(&facts->names[i], &questions[i], until);
		close(questions[i].from);
		kill(questions[i].process, SIGKILL);
		while (waitpid(questions[i].process, NULL, 0) < 0 &&
			errno == EINTR)
			;
	}
}

/* asked.c - how long an answer of ipsecd takes, and for how long it keeps others waiting.
 * SPDX-License-Identifier: ISC
 *
 * One client asks for something long and reads all of it; another asks again and
 * again for what is no method, which is answered in one turn of the loop.  The
 * longest that this takes is what the loop was held up.
 */
#include "tests/bench/bench.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 65536, END = 128, ROUNDS = 5 };

static const char verdict[] = "{\"ok\":";
static const char nothing[] = "{\"method\":\"-\"}\n";

struct asked {
	double took_ms, held_ms;
	size_t records;
	bool ok;
};

static double clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int connect_to(const char *path)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	bench_must(strlen(path) < sizeof(where.sun_path), "a long path");
	memcpy(where.sun_path, path, strlen(path) + 1);
	bench_must(fd >= 0 && connect(fd, (const struct sockaddr *)&where,
				      sizeof(where)) == 0,
		"ipsecd does not answer");
	return fd;
}

static void say(int fd, const char *text)
{
	const size_t len = strlen(text);

	bench_must(send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len,
		"ipsecd does not listen");
}

/* What of the last line there is yet. */
struct tail {
	char at[END];
	size_t len;
};

/* Takes what has come; true when it ended with the verdict. */
static bool take(struct asked *out, struct tail *line, const char *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i] != '\n') {
			if (line->len < END - 1)
				line->at[line->len++] = at[i];
			continue;
		}
		line->at[line->len] = '\0';
		line->len = 0;
		if (strncmp(line->at, verdict, sizeof(verdict) - 1) == 0) {
			out->ok = strcmp(line->at, "{\"ok\":true}") == 0;
			return true;
		}
		out->records++;
	}
	return false;
}

static struct asked ask(int asks, int waits, const char *request)
{
	static char piece[PIECE];
	struct pollfd fds[2] = { { asks, POLLIN, 0 }, { waits, POLLIN, 0 } };
	struct asked out = { .held_ms = 0 };
	struct tail line = { .len = 0 };
	const double begun = clock_ms();
	double since = begun;
	bool done = false;

	say(asks, request);
	say(waits, nothing);
	while (!done) {
		bench_must(poll(fds, 2, 60000) > 0, "ipsecd hangs");
		if (fds[1].revents) {
			const double now = clock_ms();

			bench_must(recv(waits, piece, PIECE, 0) > 0, "ended");
			if (now - since > out.held_ms)
				out.held_ms = now - since;
			say(waits, nothing);
			since = clock_ms();
		}
		if (fds[0].revents) {
			const ssize_t got = recv(asks, piece, PIECE, 0);

			if (got <= 0)
				break; /* dropped: not ok */
			done = take(&out, &line, piece, (size_t)got);
		}
	}
	out.took_ms = clock_ms() - begun;
	bench_must(recv(waits, piece, PIECE, 0) > 0, "ended");
	return out;
}

int bench_asked(int argc, char **argv)
{
	struct asked best = { .took_ms = 1e9, .held_ms = 1e9 };
	char request[512];
	int waits;

	bench_must(argc == 2, "asked SOCKET REQUEST");
	snprintf(request, sizeof(request), "%s\n", argv[1]);
	waits = connect_to(argv[0]);
	/* What else the machine does holds it up, too: so the best of some. */
	for (int i = 0; i < ROUNDS; i++) {
		const int asks = connect_to(argv[0]);
		const struct asked one = ask(asks, waits, request);

		bench_must(one.ok, "it is not answered");
		best.records = one.records;
		best.took_ms =
			one.took_ms < best.took_ms ? one.took_ms : best.took_ms;
		best.held_ms =
			one.held_ms < best.held_ms ? one.held_ms : best.held_ms;
		close(asks);
	}
	close(waits);
	printf("%zu records in %.0f ms, others waited %.1f ms at most\n",
		best.records, best.took_ms, best.held_ms);
	return EXIT_SUCCESS;
}

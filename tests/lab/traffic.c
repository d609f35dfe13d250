/* traffic.c - counted UDP traffic between two hosts of the lab, in both directions.
 * SPDX-License-Identifier: ISC
 *
 *	traffic RATE NETNS ADDRESS NETNS ADDRESS
 *
 * Each of two sockets, in these network namespaces and at these addresses
 * (IPv4), sends RATE numbered packets a second to the other, and notes which
 * of the other's numbers arrive.  SIGTERM ends the sending; when for a second
 * nothing more has come, it prints for each direction
 *
 *	ADDRESS to ADDRESS: N sent, N a second, N received, N lost
 *
 * and which were lost, and when they were sent:
 *
 *	ADDRESS to ADDRESS: lost FIRST to LAST, HH:MM:SS.mmm to HH:MM:SS.mmm
 *
 * Exit status: 0 if none was lost, 1 if some were, 2 if it could not run.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	PORT = 7007,
	MAX_RATE = 10000,
	QUIET_MS = 1000,
	MAX_BEHIND_US = 1000000,
	MAX_PACKETS = 4 * 1000 * 1000, /* over an hour at 1000 a second */
	SHOWN = 50,                    /* gaps, of each direction */
	RECEIVE_BUFFER = 8 << 20,
};

struct packet {
	uint32_t number; /* in network order */
	char filler[96];
};

/* One direction: from its socket to the other end's. */
struct end {
	const char *name;
	struct sockaddr_in at;
	int fd;
	uint32_t sent;
	uint32_t received; /* of what this end sent, counted at the other */
	struct mark {
		uint64_t sent_us; /* of the day's clock */
		bool arrived;
	} * marks;
};

static volatile sig_atomic_t ended;

static void on_term(int number)
{
	(void)number;
	ended = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void open_end(struct end *end, const char *netns, const char *address)
{
	const int size = RECEIVE_BUFFER;
	char path[108];
	int at;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	at = open(path, O_RDONLY | O_CLOEXEC);
	if (at < 0 || setns(at, CLONE_NEWNET) != 0)
		die(path);
	close(at);
	end->name = address;
	end->at.sin_family = AF_INET;
	end->at.sin_port = htons(PORT);
	if (inet_pton(AF_INET, address, &end->at.sin_addr) != 1) {
		errno = EINVAL;
		die(address);
	}
	end->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (end->fd < 0 ||
		setsockopt(end->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
			sizeof(size)) != 0 ||
		bind(end->fd, (const struct sockaddr *)&end->at,
			sizeof(end->at)) != 0)
		die(address);
	end->marks = calloc(MAX_PACKETS, sizeof(struct mark));
	if (!end->marks)
		die("memory");
}

/* What the kernel refuses to send is lost like anything else. */
static void send_one(struct end *from, const struct end *to)
{
	struct packet packet = { .number = htonl(from->sent) };

	if (from->sent == MAX_PACKETS)
		return;
	from->marks[from->sent++].sent_us = clock_us(CLOCK_REALTIME);
	(void)sendto(from->fd, &packet, sizeof(packet), 0,
		(const struct sockaddr *)&to->at, sizeof(to->at));
}

/* All that waits at one end; true if there was something. */
static bool receive_all(const struct end *at, struct end *from)
{
	struct packet packet;
	bool any = false;

	for (;;) {
		ssize_t len = recv(at->fd, &packet, sizeof(packet), 0);
		uint32_t number;

		/* An ICMP error for one sent before stands in the way once. */
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			continue;
		if (len < 0)
			return any;
		number = ntohl(packet.number);
		any = true;
		if (len != sizeof(packet) || number >= from->sent ||
			from->marks[number].arrived)
			continue;
		from->marks[number].arrived = true;
		from->received++;
	}
}

static bool wait_and_receive(struct end ends[2], int timeout_ms)
{
	struct pollfd fds[2] = { { .fd = ends[0].fd, .events = POLLIN },
		{ .fd = ends[1].fd, .events = POLLIN } };
	bool first, second;

	(void)poll(fds, 2, timeout_ms);
	first = receive_all(&ends[0], &ends[1]);
	second = receive_all(&ends[1], &ends[0]);
	return first || second;
}

/* What a machine that stood still for longer has missed is not made up for: that
 * would be a burst, and what it loses nobody's fault. */
static void run(struct end ends[2], uint32_t rate)
{
	uint64_t gap = 1000000 / rate;
	uint64_t next = clock_us(CLOCK_MONOTONIC);

	while (!ended) {
		uint64_t now = clock_us(CLOCK_MONOTONIC);

		if (now > next + MAX_BEHIND_US)
			next = now;
		for (; next <= now; next += gap) {
			send_one(&ends[0], &ends[1]);
			send_one(&ends[1], &ends[0]);
		}
		wait_and_receive(ends, (int)((next - now) / 1000));
	}
}

static void print_time(uint64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm day;

	gmtime_r(&seconds, &day);
	printf("%02d:%02d:%02d.%03d", day.tm_hour, day.tm_min, day.tm_sec,
		(int)(us / 1000 % 1000));
}

static void print_gaps(const struct end *from, const struct end *to)
{
	int shown = 0;

	for (uint32_t i = 0; i < from->sent && shown < SHOWN; i++) {
		uint32_t first = i;

		while (i < from->sent && !from->marks[i].arrived)
			i++;
		if (i == first)
			continue;
		printf("%s to %s: lost %u to %u, ", from->name, to->name, first,
			i - 1);
		print_time(from->marks[first].sent_us);
		printf(" to ");
		print_time(from->marks[i - 1].sent_us);
		printf("\n");
		shown++;
	}
}

static void report(const struct end *from, const struct end *to, uint64_t us)
{
	printf("%s to %s: %u sent, %u a second, %u received, %u lost\n",
		from->name, to->name, from->sent,
		(uint32_t)((uint64_t)from->sent * 1000000 / (us ? us : 1)),
		from->received, from->sent - from->received);
	print_gaps(from, to);
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = on_term };
	struct end ends[2] = { { .fd = -1 }, { .fd = -1 } };
	long rate = argc == 6 ? strtol(argv[1], NULL, 10) : 0;
	uint64_t begin, us;

	if (rate < 1 || rate > MAX_RATE) {
		fprintf(stderr,
			"usage: traffic RATE NETNS ADDRESS NETNS ADDRESS\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	open_end(&ends[0], argv[2], argv[3]);
	open_end(&ends[1], argv[4], argv[5]);
	begin = clock_us(CLOCK_MONOTONIC);
	run(ends, (uint32_t)rate);
	us = clock_us(CLOCK_MONOTONIC) - begin;
	while (wait_and_receive(ends, QUIET_MS)) {
	}
	report(&ends[0], &ends[1], us);
	report(&ends[1], &ends[0], us);
	return ends[0].received == ends[0].sent &&
			       ends[1].received == ends[1].sent
		       ? 0
		       : 1;
}

/* load.c - initiators over UDP, for an ipsecd that is measured from outside; and a flood for it.
 * SPDX-License-Identifier: ISC
 *
 * Each initiator at work has an address of its own, 10.200.2.0 and up, which
 * the network namespace takes for local.
 */
#include "tests/bench/bench.h"

#include "ikev2/wire/message.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SLOTS = 256, HANG_MS = 60000, FIRST_CLIENT = 0x0ac80200 };

struct slot {
	struct bench_node node;
	bool busy;
	int fd;
};

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct sockaddr_in address(const struct ike_endpoint *from)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(from->port) };

	memcpy(&to.sin_addr, from->addr.octets, 4);
	return to;
}

static int open_socket(
	const struct ike_endpoint *local, const struct ike_endpoint *remote)
{
	const struct sockaddr_in from = address(local), to = address(remote);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	bench_must(fd >= 0 &&
			   bind(fd, (const struct sockaddr *)&from,
				   sizeof(from)) == 0 &&
			   connect(fd, (const struct sockaddr *)&to,
				   sizeof(to)) == 0,
		"no socket on an address of 10.200.0.0/16");
	return fd;
}

/* "10.200.0.1:500" */
static struct ike_endpoint parse_endpoint(const char *text)
{
	char host[INET_ADDRSTRLEN] = "";
	unsigned port = 0;
	struct in_addr in;

	bench_must(sscanf(text, "%15[0-9.]:%u", host, &port) == 2 &&
			   inet_pton(AF_INET, host, &in) == 1 &&
			   port <= UINT16_MAX,
		"SERVER is ADDRESS:PORT");
	return bench_endpoint(ntohl(in.s_addr), (uint16_t)port);
}

static void send_all(struct slot *slot)
{
	for (size_t i = 0; i < slot->node.mails; i++) {
		const struct bench_mail *mail = &slot->node.out[i];

		/* A full queue is a lost packet: it is sent again. */
		(void)!send(slot->fd, mail->data, mail->len, 0);
	}
	slot->node.mails = 0;
}

static void receive_all(struct slot *slot)
{
	struct bench_mail mail = { .local = slot->node.other,
		.remote = slot->node.at };
	ssize_t got;

	while ((got = recv(slot->fd, mail.data, sizeof(mail.data), 0)) > 0) {
		mail.len = (size_t)got;
		bench_receive(&slot->node, &mail);
		send_all(slot);
	}
}

static void begin(struct slot *slot, int i, const struct bench_suite *suite,
	uint32_t number, const struct ike_endpoint *server)
{
	const struct ike_endpoint at =
		bench_endpoint(FIRST_CLIENT + (uint32_t)i, server->port);

	bench_initiator(&slot->node, suite, number, &at, server);
	slot->node.now_ms = clock_ms();
	slot->busy = true;
	bench_dial(&slot->node);
	send_all(slot);
}

static void step(struct slot *slot, bool readable)
{
	uint64_t now = clock_ms();

	slot->node.now_ms = now;
	if (readable)
		receive_all(slot);
	if (ike_deadline(slot->node.ike) <= now) {
		bench_tick(&slot->node, now);
		send_all(slot);
	}
	if (slot->node.up) {
		bench_node_free(&slot->node);
		slot->busy = false;
	}
}

int bench_load(int argc, char **argv)
{
	static struct slot slots[MAX_SLOTS];
	struct pollfd polls[MAX_SLOTS];
	const struct bench_suite *suite;
	struct ike_endpoint server;
	uint32_t count, begun, done = 0, first;
	uint64_t start, last;
	int clients;

	bench_must(argc == 5, "load SUITE FIRST COUNT SERVER CLIENTS");
	suite = bench_suite_named(argv[0]);
	first = (uint32_t)strtoul(argv[1], NULL, 10);
	count = (uint32_t)strtoul(argv[2], NULL, 10);
	server = parse_endpoint(argv[3]);
	clients = (int)strtol(argv[4], NULL, 10);
	bench_must(clients > 0 && clients <= MAX_SLOTS, "CLIENTS is 1 to 256");
	for (int i = 0; i < clients; i++) {
		const struct ike_endpoint at =
			bench_endpoint(FIRST_CLIENT + (uint32_t)i, server.port);

		slots[i].fd = open_socket(&at, &server);
		polls[i] =
			(struct pollfd){ .fd = slots[i].fd, .events = POLLIN };
	}
	start = last = clock_ms();
	for (begun = 0; done < count;) {
		for (int i = 0; i < clients; i++) {
			if (!slots[i].busy && begun < count)
				begin(&slots[i], i, suite, first + begun++,
					&server);
		}
		(void)poll(polls, (nfds_t)clients, 100);
		for (int i = 0; i < clients; i++) {
			if (!slots[i].busy)
				continue;
			step(&slots[i], polls[i].revents != 0);
			if (!slots[i].busy) {
				done++;
				last = clock_ms();
			}
		}
		bench_must(clock_ms() - last < HANG_MS, "no progress");
	}
	printf("%u set-ups in %.2f s\n", done, (double)(last - start) / 1000);
	return EXIT_SUCCESS;
}

int bench_flood(int argc, char **argv)
{
	struct bench_node client;
	struct bench_mail mail;
	struct ike_endpoint server, at[MAX_SLOTS];
	int fds[MAX_SLOTS];
	uint32_t count, answers = 0;
	uint8_t in[MAX_MAIL_LEN];

	bench_must(argc == 2, "flood COUNT SERVER");
	count = (uint32_t)strtoul(argv[0], NULL, 10);
	server = parse_endpoint(argv[1]);
	for (uint32_t i = 0; i < MAX_SLOTS; i++) {
		at[i] = bench_endpoint(FIRST_CLIENT + i, server.port);
		fds[i] = open_socket(&at[i], &server);
	}
	bench_initiator(&client, &bench_suites[0], 1, &at[0], &server);
	bench_dial(&client);
	mail = client.out[0];
	for (uint32_t i = 0; i < count; i++) {
		int fd = fds[i % MAX_SLOTS];

		bench_random(NULL, mail.data, IKE_SPI_LEN);
		(void)!send(fd, mail.data, mail.len, 0);
		while (recv(fd, in, sizeof(in), 0) > 0)
			answers++;
	}
	usleep(200000);
	for (int i = 0; i < MAX_SLOTS; i++) {
		while (recv(fds[i], in, sizeof(in), 0) > 0)
			answers++;
		close(fds[i]);
	}
	bench_node_free(&client);
	printf("%u requests, %u answers\n", count, answers);
	return EXIT_SUCCESS;
}

/* --- Requests from where nobody is ---------------------------------------- */

struct ip_udp {
	uint8_t ip[20], udp[8];
};

/* Neither checksum: the kernel fills in that of IP, and UDP may do without. */
static struct ip_udp headers(const struct ike_endpoint *from,
	const struct ike_endpoint *to, size_t len)
{
	const size_t udp = 8 + len, all = 20 + udp;
	struct ip_udp h = { .ip = { 0x45, 0, (uint8_t)(all >> 8),
				    (uint8_t)all, [8] = 64, [9] = IPPROTO_UDP },
		.udp = { (uint8_t)(from->port >> 8), (uint8_t)from->port,
			(uint8_t)(to->port >> 8), (uint8_t)to->port,
			(uint8_t)(udp >> 8), (uint8_t)udp } };

	memcpy(h.ip + 12, from->addr.octets, 4);
	memcpy(h.ip + 16, to->addr.octets, 4);
	return h;
}

/* One of four is broken in a way of its own. */
static void change(struct bench_mail *mail, uint32_t n)
{
	memcpy(mail->data, &n, sizeof(n));
	mail->data[4] = 0xf0; /* none of the honest initiators' */
	mail->data[17] = n % 12 == 3 ? 0x30 : 0x20; /* the major version */
	mail->data[16] = n % 12 == 7 ? 200 : PAYLOAD_SA;
	mail->data[18] = n % 12 == 11 ? IKE_AUTH : IKE_SA_INIT;
}

int bench_spoof(int argc, char **argv)
{
	struct bench_node client;
	struct bench_mail mail;
	struct ike_endpoint server, from;
	struct sockaddr_in to;
	uint32_t count, a_second;
	uint64_t begun;
	int fd;

	bench_must(argc == 3, "spoof COUNT SERVER A_SECOND");
	count = (uint32_t)strtoul(argv[0], NULL, 10);
	server = parse_endpoint(argv[1]);
	a_second = (uint32_t)strtoul(argv[2], NULL, 10);
	to = address(&server);
	from = bench_endpoint(FIRST_CLIENT, server.port);
	bench_initiator(&client, &bench_suites[0], 1, &from, &server);
	bench_dial(&client);
	mail = client.out[0];
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	bench_must(fd >= 0, "no raw socket");
	begun = clock_ms();
	for (uint32_t i = 0; i < count; i++) {
		uint32_t where;
		struct ip_udp head;
		struct iovec iov[2];
		struct msghdr message = { &to, sizeof(to), iov, 2, NULL, 0, 0 };

		/* 10.201.0.0/16, and any port */
		bench_random(NULL, (uint8_t *)&where, sizeof(where));
		from = bench_endpoint(0x0ac90000 | (where & 0xffff),
			(uint16_t)(1024 + (where >> 16) % 60000));
		change(&mail, i);
		head = headers(&from, &server, mail.len);
		iov[0] = (struct iovec){ &head, sizeof(head) };
		iov[1] = (struct iovec){ mail.data, mail.len };
		while (sendmsg(fd, &message, 0) < 0)
			usleep(1000);
		while (a_second > 0 &&
			(uint64_t)i * 1000 / a_second > clock_ms() - begun)
			usleep(1000);
	}
	bench_node_free(&client);
	close(fd);
	printf("%u requests in %.2f s\n", count,
		(double)(clock_ms() - begun) / 1000);
	return EXIT_SUCCESS;
}

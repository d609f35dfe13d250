/* socket.c - what is IKE and what is not; replies leave from where the request came to.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/socket.h"

#include "tests/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GUARD_MS = 10000 };

/* --- What is IKE ---------------------------------------------------------- */

START_TEST(n01_datagrams_that_are_no_ike)
{
	uint8_t data[64];
	struct bytes out;

	memset(data, 0, sizeof(data));
	/* Port 500: shorter than the header. */
	for (size_t len = 0; len < IKE_HEADER_LEN; len++)
		ck_assert(!socket_strip(false, bytes_of(data, len), &out));
	/* The NAT port: 1 to 3 octets, the marker alone, and too short behind
	 * it. */
	for (size_t len = 0; len < 4 + IKE_HEADER_LEN; len++)
		ck_assert(!socket_strip(true, bytes_of(data, len), &out));
	/* A NAT keepalive, and ESP: its SPI stands where the marker would. */
	data[0] = 0xff;
	ck_assert(!socket_strip(true, bytes_of(data, 1), &out));
	ck_assert(!socket_strip(true, bytes_of(data, sizeof(data)), &out));
	data[0] = 0;
	data[3] = 1;
	ck_assert(!socket_strip(true, bytes_of(data, sizeof(data)), &out));
}
END_TEST

START_TEST(the_marker_is_taken_off)
{
	uint8_t data[4 + IKE_HEADER_LEN];
	struct bytes out;

	memset(data, 0, 4);
	for (size_t i = 4; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	ck_assert(socket_strip(true, bytes_of(data, sizeof(data)), &out));
	ck_assert_ptr_eq(out.at, data + 4);
	ck_assert_uint_eq(out.len, IKE_HEADER_LEN);
	ck_assert(socket_strip(false, bytes_of(data, sizeof(data)), &out));
	ck_assert_ptr_eq(out.at, data);
	ck_assert_uint_eq(out.len, sizeof(data));
}
END_TEST

/* --- Over the loopback ---------------------------------------------------- */

static struct event_base *base;
static struct sockets *sockets;
static struct {
	int count;
	struct ike_endpoint local, remote;
	size_t len;
	uint8_t last;
	bool answer;
} got;

static void on_receive(void *ctx, const struct ike_datagram *datagram)
{
	struct ike_datagram reply = *datagram;

	(void)ctx;
	got.count++;
	got.local = datagram->local;
	got.remote = datagram->remote;
	got.len = datagram->data.len;
	got.last = datagram->data.at[datagram->data.len - 1];
	if (got.answer)
		ck_assert_int_eq(sockets_send(sockets, &reply), 0);
}

static void start(const struct ike_addr *listen, size_t count)
{
	const struct sockets_options options = {
		.listen = listen,
		.listen_count = count,
		.receive = on_receive,
	};
	char error[SOCKET_TEXT];

	memset(&got, 0, sizeof(got));
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	sockets = sockets_open(base, &options, error);
	ck_assert_msg(sockets != NULL, "%s", error);
	ck_assert_uint_ne(sockets_port(sockets), 0);
	ck_assert_uint_ne(sockets_nat_port(sockets), sockets_port(sockets));
}

static void stop(void)
{
	sockets_close(sockets);
	event_base_free(base);
}

/* A client whose socket takes datagrams from that address alone; -1: none. */
static int client(const char *to, uint16_t port)
{
	bool six = strchr(to, ':');
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0), done;

	if (fd < 0)
		return -1;
	if (six) {
		ck_assert_int_eq(inet_pton(AF_INET6, to, &in6.sin6_addr), 1);
		done = connect(fd, (struct sockaddr *)&in6, sizeof(in6));
	} else {
		ck_assert_int_eq(inet_pton(AF_INET, to, &in.sin_addr), 1);
		done = connect(fd, (struct sockaddr *)&in, sizeof(in));
	}
	if (done < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Runs the loop until so many datagrams have come; they are there already. */
static void run_until(int count)
{
	for (int i = 0; i < GUARD_MS && got.count < count; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (got.count < count)
			poll(NULL, 0, 1);
	}
	ck_assert_int_eq(got.count, count);
}

static void ask_and_hear(const char *to, bool nat)
{
	uint16_t port = nat ? sockets_nat_port(sockets) : sockets_port(sockets);
	size_t marker = nat ? 4 : 0;
	struct pollfd wait = { .events = POLLIN };
	uint8_t sent[100], heard[200];
	struct ike_addr expected = { 0, { 0 } };
	int fd = client(to, port), before = got.count;

	if (fd < 0)
		return;
	got.answer = true;
	memset(sent, 0, sizeof(sent));
	for (size_t i = marker; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i ^ 0x55);
	ck_assert_int_eq((int)send(fd, sent, sizeof(sent), 0), sizeof(sent));
	run_until(before + 1);
	expected.family = strchr(to, ':') ? 6 : 4;
	inet_pton(
		expected.family == 6 ? AF_INET6 : AF_INET, to, expected.octets);
	ck_assert_mem_eq(&got.local.addr, &expected, sizeof(expected));
	ck_assert_uint_eq(got.local.port, port);
	ck_assert_uint_eq(got.len, sizeof(sent) - marker);
	/* The reply is the datagram, with its marker, from that very address:
	 * a connected socket takes no other. */
	wait.fd = fd;
	ck_assert_int_eq(poll(&wait, 1, GUARD_MS), 1);
	ck_assert_int_eq((int)recv(fd, heard, sizeof(heard), 0), sizeof(sent));
	ck_assert_mem_eq(heard, sent, sizeof(sent));
	close(fd);
}

START_TEST(replies_leave_from_where_the_request_came_to)
{
	start(NULL, 0);
	for (int nat = 0; nat < 2; nat++) {
		ask_and_hear("127.0.0.1", nat);
		ask_and_hear("127.8.9.10", nat);
		ask_and_hear("::1", nat);
	}
	ck_assert_int_ge(got.count, 4);
	stop();
}
END_TEST

START_TEST(a_keepalive_goes_bare)
{
	const uint8_t octet = 0xff;
	struct pollfd wait = { .events = POLLIN };
	struct ike_datagram keepalive;
	uint8_t heard[8];

	start(NULL, 0);
	ask_and_hear("127.0.0.1", true);
	wait.fd = client("127.0.0.1", sockets_nat_port(sockets));
	got.answer = false;
	ck_assert_int_eq((int)send(wait.fd, (uint8_t[40]){ 0 }, 40, 0), 40);
	run_until(2);
	keepalive.local = got.local;
	keepalive.remote = got.remote;
	keepalive.data = bytes_of(&octet, 1);
	ck_assert_int_eq(sockets_send(sockets, &keepalive), 0);
	ck_assert_int_eq(poll(&wait, 1, GUARD_MS), 1);
	ck_assert_int_eq((int)recv(wait.fd, heard, sizeof(heard), 0), 1);
	ck_assert_uint_eq(heard[0], 0xff);
	close(wait.fd);
	stop();
}
END_TEST

START_TEST(listens_on_named_addresses_only)
{
	const struct ike_addr listen[] = { { 4, { 127, 0, 0, 2 } },
		{ 4, { 127, 0, 0, 3 } } };
	const uint8_t octets[64] = { 0 };
	struct ike_datagram stray;
	int fd;

	start(listen, 2);
	ask_and_hear("127.0.0.2", false);
	ask_and_hear("127.0.0.3", true);
	ck_assert_int_eq(got.count, 2);
	fd = client("127.0.0.1", sockets_port(sockets));
	ck_assert_int_eq((int)send(fd, octets, sizeof(octets), 0), 64);
	/* One that arrives, as a mark that the other did not. */
	ask_and_hear("127.0.0.2", false);
	ck_assert_int_eq(got.count, 3);
	close(fd);

	memset(&stray, 0, sizeof(stray));
	stray.data = bytes_of(octets, sizeof(octets));
	stray.local.addr = (struct ike_addr){ 4, { 127, 0, 0, 1 } };
	stray.local.port = sockets_port(sockets);
	stray.remote = stray.local;
	ck_assert_int_eq(sockets_send(sockets, &stray), -EADDRNOTAVAIL);
	stop();
}
END_TEST

START_TEST(n01_the_loop_outlives_noise)
{
	static uint8_t noise[65507];
	int fd, nat_fd;

	start(NULL, 0);
	fd = client("127.0.0.1", sockets_port(sockets));
	nat_fd = client("127.0.0.1", sockets_nat_port(sockets));
	for (size_t len = 0; len < IKE_HEADER_LEN; len++) {
		(void)!send(fd, noise, len, 0);
		(void)!send(nat_fd, noise, len, 0);
	}
	noise[0] = 0xff;
	(void)!send(nat_fd, noise, 1, 0);
	(void)!send(nat_fd, noise, sizeof(noise), 0);
	noise[sizeof(noise) - 1] = 77;
	ck_assert_int_eq((int)send(fd, noise, sizeof(noise), 0), sizeof(noise));
	run_until(1);
	ck_assert_uint_eq(got.len, sizeof(noise));
	ck_assert_uint_eq(got.last, 77);
	close(fd);
	close(nat_fd);
	stop();
}
END_TEST

START_TEST(a_burst_arrives_whole)
{
	uint8_t data[200] = { 0 };
	int fd;

	start(NULL, 0);
	fd = client("127.0.0.1", sockets_port(sockets));
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq((int)send(fd, data, sizeof(data), 0), 200);
	run_until(200);
	close(fd);
	stop();
}
END_TEST

START_TEST(a_port_in_use_is_an_error_in_words)
{
	struct sockets_options options = { .receive = on_receive };
	char error[SOCKET_TEXT] = "";

	start(NULL, 0);
	options.port = sockets_port(sockets);
	options.nat_port = 0;
	ck_assert_ptr_null(sockets_open(base, &options, error));
	ck_assert_ptr_nonnull(strstr(error, "is in use"));
	stop();
}
END_TEST

SUITE(socket)
{
	test(n01_datagrams_that_are_no_ike);
	test(the_marker_is_taken_off);
	test(replies_leave_from_where_the_request_came_to);
	test(a_keepalive_goes_bare);
	test(listens_on_named_addresses_only);
	test(n01_the_loop_outlives_noise);
	test(a_burst_arrives_whole);
	test(a_port_in_use_is_an_error_in_words);
}

/* socket.c - UDP 500 and 4500: datagrams with the address they came to (RFC 7296 sections 2.11, 2.23; RFC 3948).
 * SPDX-License-Identifier: ISC
 *
 * A socket for each family, port and, where the configuration names some, each
 * address.  Replies leave from the address and port that the request came to
 * (RFC 7296 section 2.11): the kernel tells it with each datagram, and is told
 * it with each reply.
 */
#include "daemon/socket.h"

#include "daemon/kernel.h"
#include "daemon/log.h"
#include "daemon/sockaddr.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MARKER_LEN = 4,
	MAX_SOCKETS = 64, /* 16 addresses, or any, with two ports */
	RECEIVE_BUFFER = 4 << 20,
	BATCH = 8,            /* datagrams a system call */
	BATCHES_A_WAKEUP = 8, /* then others have their turn */
	MAX_DATAGRAM = 65536,
};

struct one_socket {
	struct sockets *owner;
	int fd;
	uint8_t family; /* 4 or 6 */
	bool nat;
	uint16_t port;
	struct ike_addr addr; /* family 0: any */
	struct event *readable;
};

struct control_room {
	_Alignas(struct cmsghdr)
		uint8_t octets[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct sockets {
	struct event_base *base;
	bool ipsec;
	void (*receive)(void *ctx, const struct ike_datagram *datagram);
	void *ctx;
	uint16_t port, nat_port;
	struct log_limit lost, failed;
	size_t count;
	struct one_socket list[MAX_SOCKETS];
	struct mmsghdr headers[BATCH];
	struct iovec iovs[BATCH];
	struct sockaddr_storage from[BATCH];
	struct control_room control[BATCH];
	uint8_t data[BATCH][MAX_DATAGRAM];
};

/* --- Receiving ------------------------------------------------------------ */

bool socket_strip(bool nat, struct bytes payload, struct bytes *out)
{
	static const uint8_t marker[MARKER_LEN];
	struct reader r = reader_of(payload);

	if (nat) {
		struct bytes first = read_bytes(&r, MARKER_LEN);

		if (r.bad || !bytes_equal(first, bytes_of(marker, MARKER_LEN)))
			return false;
	}
	*out = read_rest(&r);
	return out->len >= IKE_HEADER_LEN;
}

/* The address that a datagram came to. */
static bool destination(struct msghdr *header, struct ike_addr *out)
{
	struct cmsghdr *part;

	memset(out, 0, sizeof(*out));
	for (part = CMSG_FIRSTHDR(header); part;
		part = CMSG_NXTHDR(header, part)) {
		struct in_pktinfo info;
		struct in6_pktinfo info6;

		if (part->cmsg_level == IPPROTO_IP &&
			part->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(part), sizeof(info));
			out->family = 4;
			memcpy(out->octets, &info.ipi_spec_dst, 4);
			return true;
		}
		if (part->cmsg_level == IPPROTO_IPV6 &&
			part->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(part), sizeof(info6));
			out->family = 6;
			memcpy(out->octets, &info6.ipi6_addr, 16);
			return true;
		}
	}
	return false;
}

static void deliver(struct one_socket *socket, struct mmsghdr *received)
{
	struct msghdr *header = &received->msg_hdr;
	struct ike_datagram datagram;

	if (header->msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return;
	if (!socket_strip(socket->nat,
		    bytes_of(header->msg_iov->iov_base, received->msg_len),
		    &datagram.data))
		return;
	if (!sockaddr_read(header->msg_name, &datagram.remote) ||
		!destination(header, &datagram.local.addr))
		return;
	datagram.local.port = socket->port;
	socket->owner->receive(socket->owner->ctx, &datagram);
}

static void prepare(struct sockets *sockets)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct msghdr *header = &sockets->headers[i].msg_hdr;

		memset(header, 0, sizeof(*header));
		sockets->iovs[i].iov_base = sockets->data[i];
		sockets->iovs[i].iov_len = sizeof(sockets->data[i]);
		header->msg_iov = &sockets->iovs[i];
		header->msg_iovlen = 1;
		header->msg_name = &sockets->from[i];
		header->msg_namelen = sizeof(sockets->from[i]);
		header->msg_control = sockets->control[i].octets;
		header->msg_controllen = sizeof(sockets->control[i].octets);
	}
}

static void readable(evutil_socket_t fd, short what, void *ctx)
{
	struct one_socket *socket = ctx;
	struct sockets *sockets = socket->owner;

	(void)what;
	for (int batch = 0; batch < BATCHES_A_WAKEUP; batch++) {
		int count;

		prepare(sockets);
		count = recvmmsg(fd, sockets->headers, BATCH, 0, NULL);
		if (count < 0 && errno != EAGAIN && errno != EINTR)
			log_limited(&sockets->failed, LOG_RECEIVE_FAILED,
				FACTS(fact_number("port", socket->port),
					fact_text("error", strerror(errno))),
				"receiving on port %u: %s", socket->port,
				strerror(errno));
		for (int i = 0; i < count; i++)
			deliver(socket, &sockets->headers[i]);
		if (count < BATCH)
			return;
	}
}

/* --- Sending -------------------------------------------------------------- */

static const struct one_socket *sender(
	const struct sockets *sockets, const struct ike_endpoint *local)
{
	for (size_t i = 0; i < sockets->count; i++) {
		const struct one_socket *socket = &sockets->list[i];

		if (socket->family == local->addr.family &&
			socket->port == local->port &&
			(socket->addr.family == 0 ||
				ike_addr_equal(&socket->addr, &local->addr)))
			return socket;
	}
	return NULL;
}

/* Says which address of ours a datagram leaves from. */
static void put_source(
	struct msghdr *header, struct control_room *room, struct ike_addr local)
{
	struct in_pktinfo info;
	struct in6_pktinfo info6;
	struct cmsghdr *part;
	bool four = local.family == 4;
	size_t len = four ? sizeof(info) : sizeof(info6);

	memset(room, 0, sizeof(*room));
	memset(&info, 0, sizeof(info));
	memset(&info6, 0, sizeof(info6));
	memcpy(&info.ipi_spec_dst, local.octets, sizeof(info.ipi_spec_dst));
	memcpy(&info6.ipi6_addr, local.octets, sizeof(info6.ipi6_addr));
	header->msg_control = room->octets;
	header->msg_controllen = CMSG_SPACE(len);
	part = CMSG_FIRSTHDR(header);
	part->cmsg_level = four ? IPPROTO_IP : IPPROTO_IPV6;
	part->cmsg_type = four ? IP_PKTINFO : IPV6_PKTINFO;
	part->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(part), four ? (const void *)&info : &info6, len);
}

/* The octet alone, without a marker (RFC 3948 section 2.3). */
static bool is_keepalive(struct bytes data)
{
	return data.len == 1 && data.at[0] == 0xff;
}

static int send_on(
	const struct one_socket *socket, const struct ike_datagram *datagram)
{
	static const uint8_t marker[MARKER_LEN];
	struct control_room room;
	struct sockaddr_storage to;
	/* sendmsg only reads, though its type does not say so. */
	union {
		const void *in;
		void *out;
	} zeros = { marker }, data = { datagram->data.at };
	bool marked = socket->nat && !is_keepalive(datagram->data);
	struct iovec iov[2] = {
		{ zeros.out, marked ? MARKER_LEN : 0 },
		{ data.out, datagram->data.len },
	};
	struct msghdr header = {
		.msg_name = &to,
		.msg_iov = iov,
		.msg_iovlen = 2,
	};
	ssize_t len;

	header.msg_namelen =
		sockaddr_of(&datagram->remote.addr, datagram->remote.port, &to);
	put_source(&header, &room, datagram->local.addr);
	do
		len = sendmsg(socket->fd, &header, MSG_NOSIGNAL);
	while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : 0;
}

int sockets_send(struct sockets *sockets, const struct ike_datagram *datagram)
{
	const struct one_socket *socket = sender(sockets, &datagram->local);
	char local[IKE_ADDR_SIZE], remote[IKE_ADDR_SIZE];
	int error = -EADDRNOTAVAIL;

	if (socket && datagram->remote.addr.family == socket->family)
		error = send_on(socket, datagram);
	if (error < 0)
		log_limited(&sockets->lost, LOG_SEND_FAILED,
			FACTS(fact_endpoint("local", &datagram->local),
				fact_endpoint("remote", &datagram->remote),
				fact_text("error", strerror(-error))),
			"sending from %s port %u to %s port %u: %s",
			ike_addr_text(&datagram->local.addr, local),
			datagram->local.port,
			ike_addr_text(&datagram->remote.addr, remote),
			datagram->remote.port, strerror(-error));
	return error;
}

/* --- Opening -------------------------------------------------------------- */

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno
								      : 0;
}

/* What a socket cannot do without: 0 or -errno. */
static int must_have(const struct one_socket *socket)
{
	int error = 0;

	if (socket->family == 6)
		error = set(socket->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (error == 0 && socket->family == 6)
		error = set(socket->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (error == 0 && socket->family == 4)
		error = set(socket->fd, IPPROTO_IP, IP_PKTINFO, 1);
	return error;
}

/* Without these we work, if less well.  IKE messages larger than the path may
 * be fragmented by routers: without, they would be lost in silence. */
static void should_have(const struct one_socket *socket, bool ipsec)
{
	int family = socket->family == 6 ? AF_INET6 : AF_INET;
	int error = 0;

	if (set(socket->fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0)
		(void)set(socket->fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	if (socket->family == 6)
		(void)set(socket->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			IPV6_PMTUDISC_DONT);
	else
		(void)set(socket->fd, IPPROTO_IP, IP_MTU_DISCOVER,
			IP_PMTUDISC_DONT);
	if (!ipsec)
		return;
	error = kernel_bypass(socket->fd, family);
	if (error < 0)
		log_event(LOG_IKE_NOT_EXEMPT, NULL,
			FACTS(fact_text("error", strerror(-error))),
			"IKE cannot be let through IPsec policies: %s",
			strerror(-error));
	if (!socket->nat)
		return;
	error = set(socket->fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
	if (error < 0)
		log_event(LOG_NO_ESP_IN_UDP, NULL,
			FACTS(fact_number("port", socket->port),
				fact_text("error", strerror(-error))),
			"the kernel takes no ESP in UDP on port %u: %s",
			socket->port, strerror(-error));
}

static int bind_to(struct one_socket *socket)
{
	const struct ike_addr here = { .family = socket->family };
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of(
		socket->addr.family ? &socket->addr : &here, socket->port, &at);
	struct ike_endpoint bound;

	if (bind(socket->fd, (const struct sockaddr *)&at, len) < 0)
		return -errno;
	len = sizeof(at);
	if (getsockname(socket->fd, (struct sockaddr *)&at, &len) < 0)
		return -errno;
	if (sockaddr_read((const struct sockaddr *)&at, &bound))
		socket->port = bound.port;
	return 0;
}

static int watch(struct sockets *sockets, struct one_socket *socket)
{
	socket->readable = event_new(sockets->base, socket->fd,
		EV_READ | EV_PERSIST, readable, socket);
	if (!socket->readable || event_add(socket->readable, NULL) < 0)
		return -ENOMEM;
	return 0;
}

/* One socket more: 0 or -errno.  *port is what it is bound to in the end. */
static int open_one(struct sockets *sockets, const struct ike_addr *addr,
	uint8_t family, bool nat, uint16_t *port)
{
	struct one_socket *one = &sockets->list[sockets->count];
	int error;

	memset(one, 0, sizeof(*one));
	one->owner = sockets;
	one->family = family;
	one->addr = *addr;
	one->nat = nat;
	one->port = *port;
	one->fd = socket(family == 6 ? AF_INET6 : AF_INET,
		SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (one->fd < 0)
		return -errno;
	sockets->count++;
	error = must_have(one);
	if (error == 0)
		error = bind_to(one);
	if (error < 0)
		return error;
	*port = one->port;
	should_have(one, sockets->ipsec);
	return watch(sockets, one);
}

static void open_failed(
	int error, const struct ike_addr *addr, uint16_t port, char *text)
{
	char name[IKE_ADDR_SIZE];

	if (addr->family == 0)
		strcpy(name, "any address");
	else
		ike_addr_text(addr, name);
	if (error == -EADDRINUSE)
		snprintf(text, SOCKET_TEXT,
			"UDP port %u of %s is in use: by another IKE daemon?",
			port, name);
	else if (error == -EACCES)
		snprintf(text, SOCKET_TEXT,
			"no permission to use UDP port %u "
			"(CAP_NET_BIND_SERVICE)",
			port);
	else if (error == -EADDRNOTAVAIL)
		snprintf(text, SOCKET_TEXT,
			"%s is no address of this machine (daemon: listen)",
			name);
	else
		snprintf(text, SOCKET_TEXT, "UDP port %u of %s: %s", port, name,
			strerror(-error));
}

/* Both ports of one address. */
static bool open_address(struct sockets *sockets, const struct ike_addr *addr,
	uint8_t family, char error[SOCKET_TEXT])
{
	uint16_t *ports[] = { &sockets->port, &sockets->nat_port };

	for (size_t i = 0; i < 2; i++) {
		int result = open_one(sockets, addr, family, i == 1, ports[i]);

		if (result < 0) {
			open_failed(result, addr, *ports[i], error);
			return false;
		}
	}
	return true;
}

/* A kernel without IPv6 is served with what it has. */
static bool has_family(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno != EAFNOSUPPORT;
	close(fd);
	return true;
}

static bool open_all(struct sockets *sockets,
	const struct sockets_options *options, char error[SOCKET_TEXT])
{
	static const struct ike_addr any;

	for (size_t i = 0; i < options->listen_count; i++) {
		const struct ike_addr *addr = &options->listen[i];

		if (sockets->count + 2 > MAX_SOCKETS) {
			snprintf(error, SOCKET_TEXT,
				"more than %d addresses to listen on",
				MAX_SOCKETS / 2);
			return false;
		}
		if (!open_address(sockets, addr, addr->family, error))
			return false;
	}
	if (options->listen_count > 0)
		return true;
	if (!open_address(sockets, &any, 4, error))
		return false;
	return !has_family(AF_INET6) || open_address(sockets, &any, 6, error);
}

struct sockets *sockets_open(struct event_base *base,
	const struct sockets_options *options, char error[SOCKET_TEXT])
{
	struct sockets *sockets = calloc(1, sizeof(*sockets));

	if (!sockets) {
		snprintf(error, SOCKET_TEXT, "out of memory");
		return NULL;
	}
	sockets->base = base;
	sockets->ipsec = options->ipsec;
	sockets->receive = options->receive;
	sockets->ctx = options->ctx;
	sockets->port = options->port;
	sockets->nat_port = options->nat_port;
	if (!open_all(sockets, options, error)) {
		sockets_close(sockets);
		return NULL;
	}
	return sockets;
}

void sockets_close(struct sockets *sockets)
{
	if (!sockets)
		return;
	for (size_t i = 0; i < sockets->count; i++) {
		if (sockets->list[i].readable)
			event_free(sockets->list[i].readable);
		close(sockets->list[i].fd);
	}
	free(sockets);
}

uint16_t sockets_port(const struct sockets *sockets)
{
	return sockets->port;
}

uint16_t sockets_nat_port(const struct sockets *sockets)
{
	return sockets->nat_port;
}

/* xfrm_request.c - requests to the kernel over netlink, and their answers.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENT_BUFFER = 4 << 20,
	ANSWER_TIMEOUT_MS = 5000, /* a guard: answers wait in the socket */
	DUMP_TRIES = 5,           /* changed while it was read */
};

int xfrm_open_socket(uint32_t groups)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK,
		.nl_groups = groups };
	const int yes = 1, size = EVENT_BUFFER;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_XFRM);

	if (fd < 0)
		return -1;
	/* Words for errors, and no copy of our keys in them. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &yes, sizeof(yes));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof(yes));
	if (groups && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
			      sizeof(size)) < 0)
		(void)setsockopt(
			fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&local, sizeof(local)) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

ssize_t xfrm_receive(struct xfrm *xfrm, int fd)
{
	struct sockaddr_nl from;
	struct iovec iov = { xfrm->in, sizeof(xfrm->in) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t len;

	do
		len = recvmsg(fd, &msg, 0);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	if (msg.msg_namelen != sizeof(from) || from.nl_pid != 0 ||
		msg.msg_flags & MSG_TRUNC)
		return 0;
	return len;
}

static int wait_for(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int ready;

	do
		ready = poll(&wait, 1, ANSWER_TIMEOUT_MS);
	while (ready < 0 && errno == EINTR);
	return ready > 0 ? 0 : -ETIMEDOUT;
}

static void take_answer(
	struct xfrm_answer *answer, const struct nlmsghdr *message)
{
	answer->again |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	switch (message->nlmsg_type) {
	case NLMSG_NOOP:
		return;
	case NLMSG_DONE:
		answer->done = true;
		return;
	case NLMSG_ERROR:
		answer->done =
			xfrm_read_error(message, &answer->error, answer->said);
		return;
	default:
		if (answer->visit)
			answer->visit(answer->ctx, message);
		/* A get without NLM_F_ACK has no other end. */
		answer->done |= !answer->dump;
	}
}

static void take_datagram(struct xfrm *xfrm, struct xfrm_answer *answer,
	size_t len, uint32_t sequence)
{
	struct bytes datagram = bytes_of(xfrm->in, len);
	const struct nlmsghdr *message;

	while (!answer->done && (message = xfrm_next(&datagram))) {
		if (message->nlmsg_seq == sequence)
			take_answer(answer, message);
	}
}

int xfrm_transact(
	struct xfrm *xfrm, struct nlmsghdr *message, struct xfrm_answer *answer)
{
	uint32_t sequence = ++xfrm->sequence;
	ssize_t len;

	message->nlmsg_seq = sequence;
	answer->dump = (message->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	do
		len = send(xfrm->requests, message, message->nlmsg_len, 0);
	while (len < 0 && errno == EINTR);
	sodium_memzero(xfrm->out, sizeof(xfrm->out));
	if (len < 0)
		return answer->error = -errno;
	while (!answer->done) {
		len = xfrm_receive(xfrm, xfrm->requests);
		if (len == -EAGAIN)
			len = wait_for(xfrm->requests);
		if (len < 0)
			return answer->error = (int)len;
		take_datagram(xfrm, answer, (size_t)len, sequence);
	}
	return answer->error;
}

int xfrm_ask(struct xfrm *xfrm, struct nlmsghdr *message, char *said)
{
	struct xfrm_answer answer = { .visit = NULL };
	int error = xfrm_transact(xfrm, message, &answer);

	if (said)
		memcpy(said, answer.said, XFRM_TEXT);
	return error;
}

int xfrm_dump(struct xfrm *xfrm, struct nlmsghdr *(*make)(void *),
	void (*visit)(void *ctx, const struct nlmsghdr *message), void *ctx)
{
	int error = 0;

	for (int i = 0; i < DUMP_TRIES; i++) {
		struct xfrm_answer answer = { .visit = visit, .ctx = ctx };

		error = xfrm_transact(xfrm, make(xfrm->out), &answer);
		if (error < 0 || !answer.again)
			return error;
	}
	return error;
}

/* ctl_facts_kernel.c - does the kernel take these SAs?  Tried in a network of its own.
 * SPDX-License-Identifier: ISC
 *
 * A child process leaves this host's network for a new, empty one, which ends
 * with it: what is added there is nowhere else.  That may load modules, as the
 * daemon would.
 */
#include "daemon/ctl_facts.h"
#include "daemon/xfrm_message.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_TIMEOUT_MS = 10000 };

/* What the child says of each suite. */
struct said {
	int error; /* 0, or -errno */
	char text[XFRM_TEXT];
};

static struct ike_ipsec_sa trial_sa(const struct facts_suite *suite, uint32_t n)
{
	struct ike_ipsec_sa sa = {
		/* RFC 5737: addresses that nobody has */
		.ref = { .dst = { 4, { 192, 0, 2, 2 } }, .spi = 0x1000 + n },
		.src = { 4, { 192, 0, 2, 1 } },
		.mode = IKE_MODE_TUNNEL,
		.reqid = 1,
		.encr = suite->encr,
		.integ = suite->integ,
		.replay_window = 32,
	};

	sa.encr_key.len =
		(uint8_t)(suite->encr->key_len + suite->encr->salt_len);
	/* Some ciphers refuse a key of zeros alone. */
	for (uint8_t i = 0; i < sa.encr_key.len; i++)
		sa.encr_key.data[i] = i;
	if (suite->integ)
		sa.integ_key.len = (uint8_t)suite->integ->key_len;
	return sa;
}

static int read_answer(int fd, char said[XFRM_TEXT])
{
	_Alignas(uint64_t) uint8_t in[XFRM_MESSAGE_SIZE];
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	const struct nlmsghdr *message;
	struct bytes datagram;
	int error = -EPROTO;
	ssize_t len;

	if (poll(&wait, 1, ANSWER_TIMEOUT_MS) <= 0)
		return -ETIMEDOUT;
	len = recv(fd, in, sizeof(in), 0);
	if (len < 0)
		return -errno;
	datagram = bytes_of(in, (size_t)len);
	message = xfrm_next(&datagram);
	if (!message || !xfrm_read_error(message, &error, said))
		return -EPROTO;
	return error;
}

static struct said try_one(int fd, const struct facts_suite *suite, uint32_t n)
{
	_Alignas(uint64_t) uint8_t out[XFRM_MESSAGE_SIZE];
	const struct ike_ipsec_sa sa = trial_sa(suite, n);
	struct nlmsghdr *message = xfrm_sa_add(out, &sa);
	struct said said = { 0 };
	char words[XFRM_TEXT] = "";

	if (!message)
		said.error = -EINVAL;
	else if (send(fd, message, message->nlmsg_len, 0) < 0)
		said.error = -errno;
	else
		said.error = read_answer(fd, words);
	if (said.error != 0)
		xfrm_error_text(said.error, words, &sa, said.text);
	return said;
}

/* In the child: never returns. */
static void try_all(const struct facts *facts, int to)
{
	int fd = -1;

	if (unshare(CLONE_NEWNET) == 0)
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	for (uint32_t i = 0; i < facts->suite_count; i++) {
		struct said said = { .error = -errno };

		if (fd >= 0)
			said = try_one(fd, &facts->suites[i], i);
		if (write(to, &said, sizeof(said)) != (ssize_t)sizeof(said) ||
			fd < 0)
			break;
	}
	_exit(0);
}

static bool hear(int from, struct said *said)
{
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(*said)) {
		got = read(from, (char *)said + len, sizeof(*said) - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		len += (size_t)got;
	}
	said->text[XFRM_TEXT - 1] = '\0';
	return true;
}

static void hear_all(struct facts *facts, int from)
{
	struct said said;

	for (size_t i = 0; i < facts->suite_count; i++) {
		struct facts_suite *suite = &facts->suites[i];

		if (!hear(from, &said))
			return;
		/* Not an answer about an SA: nothing could be tried. */
		if (said.error != 0 && !*said.text) {
			facts->tried = FACT_NO;
			snprintf(facts->tried_why, sizeof(facts->tried_why),
				"%s", strerror(-said.error));
			return;
		}
		facts->tried = FACT_YES;
		suite->accepted = said.error == 0 ? FACT_YES : FACT_NO;
		snprintf(suite->why, sizeof(suite->why), "%s", said.text);
	}
}

void facts_try_suites(struct facts *facts)
{
	int ends[2];
	pid_t child;

	if (facts->suite_count == 0 || pipe(ends) < 0)
		return;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		try_all(facts, ends[1]);
	}
	close(ends[1]);
	if (child > 0) {
		hear_all(facts, ends[0]);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
}

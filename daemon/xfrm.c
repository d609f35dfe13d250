/* xfrm.c - the kernel's SAs and policies over netlink: requests and events.
 * SPDX-License-Identifier: ISC
 *
 * Two sockets.  Requests are answered within sendmsg, and their answers are
 * read at once; acquires and expires come over the other, so that a flood of
 * them never loses an answer.
 */
#include "daemon/kernel_ops.h"
#include "daemon/log.h"
#include "daemon/xfrm_message.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	RECEIVE_SIZE = 65536,
	EVENT_BUFFER = 4 << 20,
	EVENTS_A_WAKEUP = 64,
	ANSWER_TIMEOUT_MS = 5000, /* a guard: answers wait in the socket */
	DUMP_TRIES = 5,           /* changed while it was read */
	SWEEP_ROOM = 64,
};

struct xfrm {
	struct kernel kernel; /* first */
	struct kernel_events events;
	int requests, multicast;
	struct event *readable;
	uint32_t sequence;
	struct log_limit overflow;
	bool lost;        /* events, or an SA that should be gone: nobody has
	                   * been told */
	void *neighbours; /* tree of struct pair: policies for which neighbour
	                   * discovery must be let through */
	_Alignas(uint64_t) uint8_t out[XFRM_MESSAGE_SIZE];
	_Alignas(uint64_t) uint8_t in[RECEIVE_SIZE];
};

/* --- The netlink sockets -------------------------------------------------- */

/* One datagram of the kernel's into xfrm->in: its length, or -errno; 0 for one
 * to ignore, because it is cut or comes from another process. */
static ssize_t receive(struct xfrm *xfrm, int fd)
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

/* What becomes of the messages that answer a request. */
struct answer {
	void (*visit)(void *ctx, const struct nlmsghdr *message); /* or NULL */
	void *ctx;
	bool dump;
	bool done;
	bool again; /* the dump was interrupted by a change */
	int error;
	char said[XFRM_TEXT];
};

static void take_answer(struct answer *answer, const struct nlmsghdr *message)
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

static void take_datagram(
	struct xfrm *xfrm, struct answer *answer, size_t len, uint32_t sequence)
{
	struct bytes datagram = bytes_of(xfrm->in, len);
	const struct nlmsghdr *message;

	while (!answer->done && (message = xfrm_next(&datagram))) {
		if (message->nlmsg_seq == sequence)
			take_answer(answer, message);
	}
}

/* Sends a request and takes all of its answer: 0 or -errno. */
static int transact(
	struct xfrm *xfrm, struct nlmsghdr *message, struct answer *answer)
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
		len = receive(xfrm, xfrm->requests);
		if (len == -EAGAIN)
			len = wait_for(xfrm->requests);
		if (len < 0)
			return answer->error = (int)len;
		take_datagram(xfrm, answer, (size_t)len, sequence);
	}
	return answer->error;
}

/* A request whose answer is yes or no. */
static int ask(struct xfrm *xfrm, struct nlmsghdr *message, char *said)
{
	struct answer answer = { .visit = NULL };
	int error = transact(xfrm, message, &answer);

	if (said)
		memcpy(said, answer.said, XFRM_TEXT);
	return error;
}

static int dump(struct xfrm *xfrm, struct nlmsghdr *(*make)(void *),
	void (*visit)(void *ctx, const struct nlmsghdr *message), void *ctx)
{
	int error = 0;

	for (int i = 0; i < DUMP_TRIES; i++) {
		struct answer answer = { .visit = visit, .ctx = ctx };

		error = transact(xfrm, make(xfrm->out), &answer);
		if (error < 0 || !answer.again)
			return error;
	}
	return error;
}

/* --- SAs ------------------------------------------------------------------ */

static int add_sa(struct xfrm *xfrm, const struct ike_ipsec_sa *sa,
	char text[KERNEL_TEXT])
{
	struct nlmsghdr *message = xfrm_sa_add(xfrm->out, sa);
	char said[XFRM_TEXT];
	int error;

	if (!message) {
		sodium_memzero(xfrm->out, sizeof(xfrm->out));
		snprintf(text, KERNEL_TEXT,
			"the kernel has no name for these algorithms");
		return -EINVAL;
	}
	error = ask(xfrm, message, said);
	if (error < 0)
		xfrm_error_text(error, said, sa, text);
	return error;
}

static int delete_sa(struct xfrm *xfrm, const struct ike_sa_ref *ref,
	const struct ike_addr *src, char text[KERNEL_TEXT])
{
	char said[XFRM_TEXT];
	int error = ask(xfrm, xfrm_sa_delete(xfrm->out, ref, src), said);

	if (error == -ESRCH)
		return 0;
	if (error < 0)
		xfrm_error_text(error, said, NULL, text);
	return error;
}

/* Where an SA goes to other addresses it is read, and made once more from what
 * the kernel tells: numbers and window go on, and nobody but the kernel has to
 * keep its keys.  Not XFRM_MSG_MIGRATE: it takes the first SA of a reqid, when
 * after a rekey there are two, needs a policy that names the same addresses, and
 * cannot end the use of UDP.  What arrives between the end of the old and the
 * new one is lost; so the old one ends last where both can be there at once, and
 * is changed in place where only its ports differ. */
struct moving {
	const struct ike_sa_move *move;
	_Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];
	struct nlmsghdr *message;
};

/* One that stays is found by who looks for what should not be there. */
static void end_old(struct xfrm *xfrm, const struct ike_sa_move *move)
{
	char text[KERNEL_TEXT];

	if (delete_sa(xfrm, &move->ref, &move->src, text) == 0)
		return;
	log_write(LOG_AREA_KERNEL, IKE_LOG_WARNING,
		"an SA that has moved is still in its old place: %s", text);
	xfrm->lost = true;
	event_active(xfrm->readable, EV_READ, 0);
}

static void read_moving(void *ctx, const struct nlmsghdr *message)
{
	struct moving *moving = ctx;

	moving->message = xfrm_sa_moved(moving->buffer, message, moving->move);
}

static int put_moved(struct xfrm *xfrm, struct moving *moving, char *said)
{
	const struct ike_sa_move *move = moving->move;
	bool beside = !ike_addr_equal(&move->ref.dst, &move->new_dst);
	int error;

	if (moving->message->nlmsg_type == XFRM_MSG_UPDSA)
		return ask(xfrm, moving->message, said);
	if (!beside)
		end_old(xfrm, move);
	error = ask(xfrm, moving->message, said);
	if (beside)
		end_old(xfrm, move);
	return error;
}

static int move_sa(struct xfrm *xfrm, const struct ike_sa_move *move,
	char text[KERNEL_TEXT])
{
	struct moving moving = { .move = move };
	struct answer answer = { .visit = read_moving, .ctx = &moving };
	char said[XFRM_TEXT] = "";
	int error = transact(
		xfrm, xfrm_sa_get(xfrm->out, &move->ref, &move->src), &answer);

	if (error == 0 && !moving.message)
		error = -ENOMSG;
	if (error == 0)
		error = put_moved(xfrm, &moving, said);
	else
		end_old(xfrm, move);
	/* The kernel's answer held the keys, too. */
	sodium_memzero(xfrm->in, sizeof(xfrm->in));
	sodium_memzero(&moving, sizeof(moving));
	if (error < 0)
		xfrm_error_text(error, said, NULL, text);
	return error;
}

static void take_counters(void *ctx, const struct nlmsghdr *message)
{
	struct ike_counters *counters = ctx;
	struct xfrm_seen_sa sa;

	if (xfrm_read_sa(message, &sa))
		*counters = sa.counters;
}

static int xfrm_query(struct kernel *kernel, struct ike_sa_ref ref,
	const struct ike_addr *src, struct ike_counters *counters)
{
	struct xfrm *xfrm = (struct xfrm *)kernel;
	struct answer answer = { .visit = take_counters, .ctx = counters };

	memset(counters, 0, sizeof(*counters));
	return transact(xfrm, xfrm_sa_get(xfrm->out, &ref, src), &answer);
}

/* --- Neighbour discovery -------------------------------------------------- */

static const uint8_t neighbour_directions[] = { XFRM_POLICY_OUT,
	XFRM_POLICY_IN };

static void let_neighbours_through(struct xfrm *xfrm, bool through)
{
	for (size_t d = 0; d < sizeof(neighbour_directions); d++) {
		uint8_t direction = neighbour_directions[d];

		for (size_t i = 0; i < XFRM_NEIGHBOUR_POLICIES; i++) {
			struct xfrm_selector selector =
				xfrm_neighbour_selector(i);
			int error = ask(xfrm,
				through ? xfrm_neighbour_put(
						  xfrm->out, i, direction)
					: xfrm_selector_delete(xfrm->out,
						  &selector, NULL, direction),
				NULL);

			if (error < 0 && through)
				log_write(LOG_AREA_KERNEL, IKE_LOG_WARNING,
					"neighbour discovery may not pass: %s",
					strerror(-error));
		}
	}
}

struct pair {
	struct ike_selector local, remote;
};

_Static_assert(sizeof(struct ike_selector) == 38, "compared as octets");

static int compare_pairs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct pair));
}

/* Where an IPv6 selector covers the link, its policy would catch the very
 * packets that find the peer on it; but not if it is for marked packets only, or
 * for those of an XFRM interface. */
static bool covers_neighbours(const struct ike_policy *policy)
{
	static const struct ike_label none;

	return policy->local_ts.family == 6 &&
	       ike_label_equal(&policy->out, &none) &&
	       ike_label_equal(&policy->in, &none) &&
	       (policy->local_ts.protocol == 0 ||
		       policy->local_ts.protocol == IPPROTO_ICMPV6);
}

/* *noted: it was not before.  -ENOMEM: a policy that would cut this host off from
 * its link must not be. */
static int note_policy(
	struct xfrm *xfrm, const struct ike_policy *policy, bool *noted)
{
	bool first = xfrm->neighbours == NULL;
	struct pair *pair, **found;

	*noted = false;
	if (!covers_neighbours(policy))
		return 0;
	pair = malloc(sizeof(*pair));
	if (!pair)
		return -ENOMEM;
	pair->local = policy->local_ts;
	pair->remote = policy->remote_ts;
	found = tsearch(pair, &xfrm->neighbours, compare_pairs);
	if (!found || *found != pair) {
		free(pair);
		return found ? 0 : -ENOMEM;
	}
	if (first)
		let_neighbours_through(xfrm, true);
	*noted = true;
	return 0;
}

static void forget_policy(struct xfrm *xfrm, const struct ike_policy *policy)
{
	const struct pair key = { policy->local_ts, policy->remote_ts };
	struct pair **found = tfind(&key, &xfrm->neighbours, compare_pairs);
	struct pair *gone;

	if (!found || !covers_neighbours(policy))
		return;
	gone = *found;
	tdelete(&key, &xfrm->neighbours, compare_pairs);
	free(gone);
	if (!xfrm->neighbours)
		let_neighbours_through(xfrm, false);
}

/* --- Policies ------------------------------------------------------------- */

static const uint8_t directions[] = { XFRM_POLICY_IN, XFRM_POLICY_FWD,
	XFRM_POLICY_OUT };

/* A policy of ours on its way into the kernel, or out of it. */
struct change {
	struct xfrm *xfrm;
	const struct ike_policy *policy;
	bool *added; /* room for what was not there before; NULL: deleting */
	size_t steps;
	size_t undo; /* how many steps to undo */
	char said[XFRM_TEXT];
};

/* What is in transport mode is never forwarded. */
static bool has_direction(const struct ike_policy *policy, uint8_t direction)
{
	return direction != XFRM_POLICY_FWD ||
	       policy->mode != IKE_MODE_TRANSPORT;
}

/* First as a new one, so that we know later what to take back; one that is
 * there is replaced in one step, and stays whatever comes after: taking it away
 * would open what it closes. */
static int put_one(struct change *change, const struct xfrm_piece *piece,
	uint8_t direction, bool *added)
{
	struct xfrm *xfrm = change->xfrm;
	int error = ask(xfrm,
		xfrm_policy_put(xfrm->out, XFRM_MSG_NEWPOLICY, change->policy,
			piece, direction),
		change->said);

	*added = error == 0;
	if (error != -EEXIST)
		return error;
	return ask(xfrm,
		xfrm_policy_put(xfrm->out, XFRM_MSG_UPDPOLICY, change->policy,
			piece, direction),
		change->said);
}

static int put_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct change *change = ctx;

	for (size_t i = 0; i < sizeof(directions); i++) {
		int error;

		if (!has_direction(change->policy, directions[i])) {
			/* One of a tunnel with these selectors has no use. */
			(void)ask(change->xfrm,
				xfrm_policy_delete(change->xfrm->out,
					change->policy, piece, directions[i]),
				NULL);
			change->added[change->steps++] = false;
			continue;
		}
		error = put_one(change, piece, directions[i],
			&change->added[change->steps]);
		if (error < 0)
			return error;
		change->steps++;
	}
	return 0;
}

static int undo_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct change *change = ctx;

	for (size_t i = 0; i < sizeof(directions); i++) {
		if (change->undo == change->steps)
			return 1;
		if (change->added[change->undo++])
			(void)ask(change->xfrm,
				xfrm_policy_delete(change->xfrm->out,
					change->policy, piece, directions[i]),
				NULL);
	}
	return 0;
}

static int delete_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct change *change = ctx;
	int result = 0;

	for (size_t i = 0; i < sizeof(directions); i++) {
		int error = ask(change->xfrm,
			xfrm_policy_delete(change->xfrm->out, change->policy,
				piece, directions[i]),
			change->said);

		if (error < 0 && error != -ENOENT)
			result = error;
	}
	return result;
}

static void refused_policy(int error, const char *said, char text[KERNEL_TEXT])
{
	if (error == -EINVAL && said[0] == '\0')
		snprintf(text, KERNEL_TEXT,
			"the kernel has no policy for these selectors");
	else
		xfrm_error_text(error, said, NULL, text);
}

static int add_policy(struct xfrm *xfrm, const struct ike_policy *policy,
	char text[KERNEL_TEXT])
{
	bool added[XFRM_MAX_BLOCKS * XFRM_MAX_BLOCKS * sizeof(directions)];
	struct change change = {
		.xfrm = xfrm, .policy = policy, .added = added
	};
	bool noted;
	int error = note_policy(xfrm, policy, &noted);

	if (error == 0)
		error = xfrm_pieces(&policy->local_ts, &policy->remote_ts,
			put_piece, &change);
	if (error == 0)
		return 0;
	refused_policy(error, change.said, text);
	(void)xfrm_pieces(
		&policy->local_ts, &policy->remote_ts, undo_piece, &change);
	if (noted)
		forget_policy(xfrm, policy);
	return error;
}

static int delete_policy(struct xfrm *xfrm, const struct ike_policy *policy,
	char text[KERNEL_TEXT])
{
	struct change change = { .xfrm = xfrm, .policy = policy };
	int error = xfrm_pieces(
		&policy->local_ts, &policy->remote_ts, delete_piece, &change);

	forget_policy(xfrm, policy);
	if (error < 0)
		refused_policy(error, change.said, text);
	return error;
}

static int xfrm_apply(struct kernel *kernel, const struct ike_effect *effect,
	char text[KERNEL_TEXT])
{
	struct xfrm *xfrm = (struct xfrm *)kernel;

	switch (effect->kind) {
	case IKE_SA_ADD:
		return add_sa(xfrm, &effect->add, text);
	case IKE_SA_MOVE:
		return move_sa(xfrm, &effect->move, text);
	case IKE_SA_DELETE:
		return delete_sa(
			xfrm, &effect->del.ref, &effect->del.src, text);
	case IKE_POLICY_ADD:
		return add_policy(xfrm, &effect->policy, text);
	case IKE_POLICY_DELETE:
		return delete_policy(xfrm, &effect->policy, text);
	case IKE_SEND:
	case IKE_SA_QUERY:
	case IKE_RESOLVE:
	case IKE_ROUTE:
	case IKE_FETCH:
	case IKE_REPORT:
	case IKE_EXPLAIN:
		break;
	}
	return -EINVAL;
}

/* --- After a crash -------------------------------------------------------- */

/* One kernel policy: a selector, a direction, and a mark or an interface. */
struct place {
	struct xfrm_selector selector;
	struct ike_label label;
	uint8_t direction;
};

/* A selector up to its protocol: what comes after is padding, and what none of
 * ours has. */
enum { SELECTOR_LEN = offsetof(struct xfrm_selector, proto) + 1 };

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	int order = memcmp(&left->label, &right->label, sizeof(left->label));

	if (left->direction != right->direction)
		return left->direction < right->direction ? -1 : 1;
	if (order != 0)
		return order;
	return memcmp(&left->selector, &right->selector, SELECTOR_LEN);
}

struct sweep {
	struct xfrm *xfrm;
	uint32_t base;
	void *keep; /* tree of struct place */
	const struct ike_policy *policy;
	const struct kernel_owned *owned;
	void *refs;     /* tree of the owned SAs .. */
	uint8_t *found; /* .. and the state of each */
	/* What goes, as much as there is room for at a time: at the end of the
	 * daemon there may be no memory for more. */
	struct place policies[SWEEP_ROOM];
	struct xfrm_seen_sa sas[SWEEP_ROOM];
	size_t count;
};

static bool is_ours(const struct sweep *sweep, uint32_t reqid)
{
	return reqid - sweep->base < 0x01000000;
}

static int keep_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct sweep *sweep = ctx;

	for (size_t i = 0; i < sizeof(directions); i++) {
		struct place *place, **found;

		if (!has_direction(sweep->policy, directions[i]))
			continue;
		place = calloc(1, sizeof(*place));
		if (!place)
			return -ENOMEM;
		place->selector = xfrm_policy_selector(
			sweep->policy, piece, directions[i]);
		place->direction = directions[i];
		place->label = *xfrm_policy_label(sweep->policy, directions[i]);
		found = tsearch(place, &sweep->keep, compare_places);
		if (!found || *found != place)
			free(place);
		if (!found)
			return -ENOMEM;
	}
	return 0;
}

/* Neighbour discovery let through by us: exactly our selectors and priority. */
static bool is_neighbour_policy(const struct xfrm_seen_policy *policy)
{
	static const struct ike_label none;

	if (policy->templates > 0 || policy->action != XFRM_POLICY_ALLOW ||
		policy->priority != XFRM_NEIGHBOUR_PRIORITY ||
		!ike_label_equal(&policy->label, &none))
		return false;
	for (size_t i = 0; i < XFRM_NEIGHBOUR_POLICIES; i++) {
		struct xfrm_selector ours = xfrm_neighbour_selector(i);

		if (memcmp(&policy->selector, &ours, SELECTOR_LEN) == 0)
			return true;
	}
	return false;
}

static void judge_policy(void *ctx, const struct nlmsghdr *message)
{
	struct sweep *sweep = ctx;
	struct xfrm_seen_policy seen;
	struct place place;

	if (!xfrm_read_policy(message, &seen) ||
		seen.direction >= XFRM_POLICY_MAX)
		return;
	memset(&place, 0, sizeof(place));
	place.selector = seen.selector;
	place.direction = seen.direction;
	place.label = seen.label;
	if (is_neighbour_policy(&seen)) {
		if (sweep->xfrm->neighbours)
			return;
	} else if (!(seen.templates > 0 ? is_ours(sweep, seen.reqid)
					: xfrm_is_shunt(&seen)) ||
		   tfind(&place, &sweep->keep, compare_places)) {
		return;
	}
	if (sweep->count < SWEEP_ROOM)
		sweep->policies[sweep->count++] = place;
}

/* What stays is not swept; what has gone meanwhile is. */
static void note_error(int *error, int result)
{
	if (result < 0 && result != -ESRCH && result != -ENOENT)
		*error = result;
}

static int sweep_some_policies(struct sweep *sweep)
{
	struct xfrm *xfrm = sweep->xfrm;
	int error;

	sweep->count = 0;
	error = dump(xfrm, xfrm_policy_dump, judge_policy, sweep);
	for (size_t i = 0; i < sweep->count; i++)
		note_error(
			&error, ask(xfrm,
					xfrm_selector_delete(xfrm->out,
						&sweep->policies[i].selector,
						&sweep->policies[i].label,
						sweep->policies[i].direction),
					NULL));
	return error;
}

static int sweep_policies(struct sweep *sweep)
{
	size_t total = 0;
	int error;

	do {
		error = sweep_some_policies(sweep);
		total += sweep->count;
	} while (error == 0 && sweep->count == SWEEP_ROOM);
	if (total > 0)
		log_write(LOG_AREA_KERNEL, IKE_LOG_INFO,
			"removed %zu policies that were left", total);
	return error;
}

enum { NOT_FOUND, FOUND, USED_UP };

static int compare_refs(const void *a, const void *b)
{
	const struct ike_sa_ref *left = a, *right = b;

	if (left->spi != right->spi)
		return left->spi < right->spi ? -1 : 1;
	if (left->dst.family != right->dst.family)
		return left->dst.family < right->dst.family ? -1 : 1;
	return memcmp(left->dst.octets, right->dst.octets,
		ike_addr_len(left->dst.family));
}

static void judge_sa(void *ctx, const struct nlmsghdr *message)
{
	struct sweep *sweep = ctx;
	struct xfrm_seen_sa seen;
	const struct ike_sa_ref **owned;

	if (!xfrm_read_sa(message, &seen) || seen.protocol != IPPROTO_ESP ||
		seen.ref.spi == 0 || !is_ours(sweep, seen.reqid))
		return;
	owned = tfind(&seen.ref, &sweep->refs, compare_refs);
	if (owned) {
		sweep->found[*owned - sweep->owned->sas] =
			seen.used_up ? USED_UP : FOUND;
		return;
	}
	if (sweep->count < SWEEP_ROOM)
		sweep->sas[sweep->count++] = seen;
}

static int sweep_some_sas(struct sweep *sweep)
{
	struct xfrm *xfrm = sweep->xfrm;
	int error;

	sweep->count = 0;
	error = dump(xfrm, xfrm_sa_dump, judge_sa, sweep);
	for (size_t i = 0; i < sweep->count; i++)
		note_error(&error,
			ask(xfrm,
				xfrm_sa_delete(xfrm->out, &sweep->sas[i].ref,
					&sweep->sas[i].src),
				NULL));
	return error;
}

static int sweep_sas(struct sweep *sweep)
{
	size_t total = 0;
	int error;

	do {
		error = sweep_some_sas(sweep);
		total += sweep->count;
	} while (error == 0 && sweep->count == SWEEP_ROOM);
	if (total > 0)
		log_write(LOG_AREA_KERNEL, IKE_LOG_INFO,
			"removed %zu SAs that were left", total);
	return error;
}

static void tell_missing(const struct sweep *sweep)
{
	const struct kernel_events *events = &sweep->xfrm->events;
	const struct kernel_owned *owned = sweep->owned;

	for (size_t i = 0; i < owned->sa_count; i++) {
		if (sweep->found[i] != FOUND)
			events->expire(events->ctx, owned->sas[i],
				sweep->found[i] == NOT_FOUND);
	}
}

static void leave(void *node)
{
	(void)node;
}

static bool note_owned(struct sweep *sweep)
{
	const struct kernel_owned *owned = sweep->owned;

	if (owned->sa_count == 0)
		return true;
	sweep->found = calloc(owned->sa_count, 1);
	for (size_t i = 0; sweep->found && i < owned->sa_count; i++) {
		if (!tsearch(&owned->sas[i], &sweep->refs, compare_refs))
			return false;
	}
	return sweep->found != NULL;
}

static int resync_sas(struct xfrm *xfrm, uint32_t reqid_base,
	const struct kernel_owned *owned)
{
	struct sweep sweep = {
		.xfrm = xfrm, .base = reqid_base, .owned = owned
	};
	int error = note_owned(&sweep) ? sweep_sas(&sweep) : -ENOMEM;

	if (error == 0)
		tell_missing(&sweep);
	tdestroy(sweep.refs, leave);
	free(sweep.found);
	return error;
}

static int xfrm_resync(struct kernel *kernel, uint32_t reqid_base,
	const struct kernel_owned *owned)
{
	struct xfrm *xfrm = (struct xfrm *)kernel;
	struct sweep policies = { .xfrm = xfrm, .base = reqid_base };
	int error = 0, sa_error;

	for (size_t i = 0; i < owned->policy_count && error != -ENOMEM; i++) {
		policies.policy = &owned->policies[i];
		error = xfrm_pieces(&policies.policy->local_ts,
			&policies.policy->remote_ts, keep_piece, &policies);
	}
	/* Without the whole list of what to keep, rather too much stays. */
	if (error != -ENOMEM)
		error = sweep_policies(&policies);
	tdestroy(policies.keep, free);
	sa_error = resync_sas(xfrm, reqid_base, owned);
	return error < 0 ? error : sa_error;
}

static int xfrm_sweep(struct kernel *kernel, uint32_t reqid_base,
	const struct ike_policy *keep, size_t count)
{
	const struct kernel_owned owned = { .policies = keep,
		.policy_count = count };

	return xfrm_resync(kernel, reqid_base, &owned);
}

/* --- Events --------------------------------------------------------------- */

static void take_event(struct xfrm *xfrm, const struct nlmsghdr *message)
{
	const struct kernel_events *events = &xfrm->events;
	struct ike_endpoint from;
	struct xfrm_seen_sa sa;
	struct ike_sa_ref ref;
	struct ike_flow flow;
	uint32_t reqid;
	bool hard;

	if (xfrm_read_acquire(message, &reqid, &flow))
		events->acquire(events->ctx, reqid, &flow);
	else if (xfrm_read_expire(message, &sa, &hard) &&
		 sa.protocol == IPPROTO_ESP && sa.ref.spi != 0)
		events->expire(events->ctx, sa.ref, hard);
	else if (xfrm_read_mapping(message, &ref, &from))
		events->mapping(events->ctx, ref, &from);
}

/* The callbacks make requests, whose answers are read into xfrm->in: so each
 * datagram is copied first. */
static void take_events(struct xfrm *xfrm, size_t len)
{
	const struct nlmsghdr *message;
	void *copy = malloc(len);
	struct bytes datagram = bytes_of(copy, len);

	/* Lost, as those that the kernel had no room for. */
	if (!copy) {
		xfrm->lost = true;
		return;
	}
	memcpy(copy, xfrm->in, len);
	while ((message = xfrm_next(&datagram)))
		take_event(xfrm, message);
	free(copy);
}

/* All that was not lost has been read. */
static void tell_overrun(struct xfrm *xfrm)
{
	if (!xfrm->lost)
		return;
	xfrm->lost = false;
	if (xfrm->events.overrun)
		xfrm->events.overrun(xfrm->events.ctx);
}

static void events_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct xfrm *xfrm = ctx;

	(void)what;
	for (int i = 0; i < EVENTS_A_WAKEUP; i++) {
		ssize_t len = receive(xfrm, fd);

		if (len == -ENOBUFS) {
			xfrm->lost = true;
			log_limited(&xfrm->overflow, LOG_AREA_KERNEL,
				IKE_LOG_WARNING,
				"the kernel had more events than we could read");
		} else if (len < 0) {
			tell_overrun(xfrm);
			return;
		} else if (len > 0) {
			take_events(xfrm, (size_t)len);
		}
	}
}

/* --- Opening and closing -------------------------------------------------- */

static uint32_t group(unsigned int number)
{
	return UINT32_C(1) << (number - 1);
}

/* A socket of ours, or -1 with errno. */
static int open_netlink(uint32_t groups)
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

static void xfrm_close(struct kernel *kernel)
{
	struct xfrm *xfrm = (struct xfrm *)kernel;

	if (xfrm->neighbours)
		let_neighbours_through(xfrm, false);
	tdestroy(xfrm->neighbours, free);
	if (xfrm->readable)
		event_free(xfrm->readable);
	if (xfrm->requests >= 0)
		close(xfrm->requests);
	if (xfrm->multicast >= 0)
		close(xfrm->multicast);
	free(xfrm);
}

static void open_failed(int error, char text[KERNEL_TEXT])
{
	if (error == EPROTONOSUPPORT || error == EAFNOSUPPORT)
		snprintf(text, KERNEL_TEXT,
			"this kernel has no IPsec (CONFIG_XFRM_USER)");
	else if (error == EPERM || error == EACCES)
		snprintf(text, KERNEL_TEXT,
			"no permission to hear of the kernel's SAs "
			"(CAP_NET_ADMIN)");
	else
		snprintf(text, KERNEL_TEXT, "netlink: %s", strerror(error));
}

struct kernel *kernel_open_xfrm(struct event_base *base,
	const struct kernel_events *events, char error[KERNEL_TEXT])
{
	struct xfrm *xfrm = calloc(1, sizeof(*xfrm));

	if (!xfrm) {
		open_failed(ENOMEM, error);
		return NULL;
	}
	xfrm->kernel.apply = xfrm_apply;
	xfrm->kernel.query = xfrm_query;
	xfrm->kernel.sweep = xfrm_sweep;
	xfrm->kernel.resync = xfrm_resync;
	xfrm->kernel.close = xfrm_close;
	xfrm->events = *events;
	xfrm->multicast = -1;
	xfrm->requests = open_netlink(0);
	if (xfrm->requests >= 0)
		xfrm->multicast = open_netlink(group(XFRMNLGRP_ACQUIRE) |
					       group(XFRMNLGRP_EXPIRE) |
					       group(XFRMNLGRP_MAPPING));
	if (xfrm->multicast < 0) {
		open_failed(errno, error);
		xfrm_close(&xfrm->kernel);
		return NULL;
	}
	xfrm->readable = event_new(base, xfrm->multicast, EV_READ | EV_PERSIST,
		events_readable, xfrm);
	if (!xfrm->readable || event_add(xfrm->readable, NULL) < 0) {
		open_failed(ENOMEM, error);
		xfrm_close(&xfrm->kernel);
		return NULL;
	}
	return &xfrm->kernel;
}

/* --- IKE itself ----------------------------------------------------------- */

int kernel_bypass(int fd, int family)
{
	static const uint8_t both[] = { XFRM_POLICY_OUT, XFRM_POLICY_IN };
	struct xfrm_userpolicy_info policy;

	memset(&policy, 0, sizeof(policy));
	policy.action = XFRM_POLICY_ALLOW;
	policy.sel.family = (uint16_t)family;
	for (size_t i = 0; i < sizeof(both); i++) {
		policy.dir = both[i];
		if (setsockopt(fd,
			    family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
			    family == AF_INET6 ? IPV6_XFRM_POLICY
					       : IP_XFRM_POLICY,
			    &policy, sizeof(policy)) < 0)
			return -errno;
	}
	return 0;
}

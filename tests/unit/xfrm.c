/* xfrm.c - policies, SAs and events with the kernel of this machine, in a network of its own.
 * SPDX-License-Identifier: ISC
 *
 * Needs root.  A kernel with ESP shows the SAs, one without what we say then.
 */
#include "daemon/kernel.h"
#include "daemon/xfrm_message.h"

#include "tests/suite.h"
#include "tests/unit/xfrm_samples.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQID_BASE = 0x69000000, GUARD_MS = 20000 };

/* --- A network of its own ------------------------------------------------- */

static int home = -1;
static struct event_base *base;
static struct kernel *kernel;

static struct {
	int acquires, expires, overruns;
	uint32_t reqid;
	struct ike_flow flow;
	struct ike_sa_ref ref;
	bool hard;
} heard;

static void on_acquire(void *ctx, uint32_t reqid, const struct ike_flow *flow)
{
	(void)ctx;
	heard.acquires++;
	heard.reqid = reqid;
	heard.flow = *flow;
	event_base_loopbreak(base);
}

static void on_expire(void *ctx, struct ike_sa_ref ref, bool hard)
{
	(void)ctx;
	heard.expires++;
	heard.ref = ref;
	heard.hard = hard;
	event_base_loopbreak(base);
}

static void on_mapping(
	void *ctx, struct ike_sa_ref ref, const struct ike_endpoint *from)
{
	(void)ctx;
	(void)ref;
	(void)from;
}

static void on_overrun(void *ctx)
{
	(void)ctx;
	heard.overruns++;
	event_base_loopbreak(base);
}

static const struct kernel_events listener = { on_acquire, on_expire,
	on_mapping, on_overrun, NULL };

static const char *start(void)
{
	char error[KERNEL_TEXT];

	if (geteuid() != 0)
		return "not root";
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || unshare(CLONE_NEWNET) < 0)
		return "no network namespaces";
	memset(&heard, 0, sizeof(heard));
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	kernel = kernel_open_xfrm(base, &listener, error);
	ck_assert_msg(kernel != NULL, "%s", error);
	return NULL;
}

static void stop(void)
{
	if (kernel)
		kernel_close(kernel);
	if (base)
		event_base_free(base);
	kernel = NULL;
	base = NULL;
	if (home >= 0) {
		ck_assert_int_eq(setns(home, CLONE_NEWNET), 0);
		close(home);
		home = -1;
	}
}

#define START()                                                                \
	do {                                                                   \
		const char *why = start();                                     \
		if (why) {                                                     \
			stop();                                                \
			SKIP(why);                                             \
		}                                                              \
	} while (0)

/* --- Makers --------------------------------------------------------------- */

static struct ike_effect policy_effect(
	enum ike_effect_kind kind, struct ike_selector remote_ts)
{
	struct ike_effect effect;

	memset(&effect, 0, sizeof(effect));
	effect.kind = kind;
	effect.policy.local_ts =
		remote_ts.family == 4 ? sample_range("10.1.0.0", "10.1.255.255")
				      : sample_range("fd01::", "fd01::ffff");
	effect.policy.remote_ts = remote_ts;
	effect.policy.local = sample_addr("10.1.0.1");
	effect.policy.remote = sample_addr("10.1.0.2");
	effect.policy.mode = IKE_MODE_TUNNEL;
	effect.policy.reqid = REQID_BASE + 1;
	effect.policy.priority = 0x30000;
	return effect;
}

static struct ike_selector net(uint8_t third)
{
	char first[32], last[32];

	snprintf(first, sizeof(first), "10.2.%u.0", third);
	snprintf(last, sizeof(last), "10.2.%u.255", third);
	return sample_range(first, last);
}

static int apply(const struct ike_effect *effect)
{
	char text[KERNEL_TEXT];
	int error = kernel_apply(kernel, effect, text);

	if (error < 0)
		ck_assert_int_gt((int)strlen(text), 0);
	return error;
}

/* --- What the kernel has, read on a socket of the test's own --------------- */

enum { MAX_SEEN = 256 };

static struct xfrm_seen_policy seen[MAX_SEEN];

static int take_policy(const struct nlmsghdr *message, void *ctx)
{
	size_t *count = ctx;

	ck_assert_uint_lt(*count, MAX_SEEN);
	ck_assert(xfrm_read_policy(message, &seen[*count]));
	/* The policies of this process's own sockets are among them. */
	if (seen[*count].direction < XFRM_POLICY_MAX)
		(*count)++;
	return MNL_CB_OK;
}

static size_t policies(void)
{
	_Alignas(uint64_t) uint8_t buffer[65536];
	struct mnl_socket *nl = mnl_socket_open(NETLINK_XFRM);
	struct nlmsghdr *message = xfrm_policy_dump(buffer);
	size_t count = 0;
	ssize_t len;
	int more = MNL_CB_OK;

	ck_assert_int_eq(mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID), 0);
	ck_assert_int_gt(
		(int)mnl_socket_sendto(nl, message, message->nlmsg_len), 0);
	while (more > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
		ck_assert_int_gt((int)len, 0);
		more = mnl_cb_run(
			buffer, (size_t)len, 0, 0, take_policy, &count);
	}
	ck_assert_int_eq(more, MNL_CB_STOP);
	mnl_socket_close(nl);
	return count;
}

/* --- Policies ------------------------------------------------------------- */

START_TEST(a_tunnel_has_three_policies)
{
	struct ike_effect effect;
	uint32_t directions = 0;

	START();
	effect = policy_effect(IKE_POLICY_ADD, net(1));
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 3);
	for (size_t i = 0; i < 3; i++) {
		directions |= UINT32_C(1) << seen[i].direction;
		ck_assert_uint_eq(seen[i].reqid, REQID_BASE + 1);
		ck_assert_uint_eq(seen[i].priority, 0x30000);
	}
	ck_assert_uint_eq(directions, 7);
	/* Again, with another priority: replaced, not added. */
	effect.policy.priority = 0x20000;
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 3);
	ck_assert_uint_eq(seen[0].priority, 0x20000);
	effect.kind = IKE_POLICY_DELETE;
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 0);
	/* What is not there is deleted already. */
	ck_assert_int_eq(apply(&effect), 0);
	stop();
}
END_TEST

START_TEST(transport_has_two_and_takes_the_third_away)
{
	struct ike_effect effect;

	START();
	effect = policy_effect(IKE_POLICY_ADD, net(1));
	ck_assert_int_eq(apply(&effect), 0);
	effect.policy.mode = IKE_MODE_TRANSPORT;
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_ne(seen[i].direction, XFRM_POLICY_FWD);
	stop();
}
END_TEST

START_TEST(port_ranges_are_several)
{
	struct ike_effect effect;

	START();
	effect = policy_effect(IKE_POLICY_ADD, net(1));
	effect.policy.local_ts.protocol = 17;
	effect.policy.remote_ts.protocol = 17;
	effect.policy.remote_ts.start_port = 1;
	effect.policy.remote_ts.end_port = 6; /* 1, 2-3, 4-5, 6 */
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 12);
	effect.kind = IKE_POLICY_DELETE;
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 0);
	stop();
}
END_TEST

START_TEST(unknown_addresses_are_fine)
{
	struct ike_effect effect;

	START();
	effect = policy_effect(IKE_POLICY_ADD, net(1));
	memset(&effect.policy.remote, 0, sizeof(effect.policy.remote));
	ck_assert_int_eq(apply(&effect), 0);
	memset(&effect.policy.local, 0, sizeof(effect.policy.local));
	effect.policy.remote_ts = net(2);
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 6);
	stop();
}
END_TEST

START_TEST(whole_or_not_at_all)
{
	struct ike_effect effect, mixed;

	START();
	/* Transport mode between IPv4 selectors in a template of IPv6: the
	 * kernel takes none of it. */
	effect = policy_effect(IKE_POLICY_ADD, net(1));
	effect.policy.remote_ts.end[3] = 254;
	ck_assert_int_eq(apply(&effect), -EINVAL);
	ck_assert_uint_eq(policies(), 0);
	/* A protocol with ports that has none: refused in the first. */
	mixed = policy_effect(IKE_POLICY_ADD, net(1));
	mixed.policy.local_ts.family = 9;
	ck_assert_int_eq(apply(&mixed), -EINVAL);
	ck_assert_uint_eq(policies(), 0);
	stop();
}
END_TEST

START_TEST(neighbour_discovery_passes_while_needed)
{
	struct ike_effect one, two;

	START();
	one = policy_effect(
		IKE_POLICY_ADD, sample_range("fd02::", "fd02::ffff"));
	two = policy_effect(
		IKE_POLICY_ADD, sample_range("fd03::", "fd03::ffff"));
	ck_assert_int_eq(apply(&one), 0);
	ck_assert_int_eq(apply(&one), 0);
	ck_assert_uint_eq(policies(), 3 + 6);
	ck_assert_int_eq(apply(&two), 0);
	ck_assert_uint_eq(policies(), 6 + 6);
	one.kind = two.kind = IKE_POLICY_DELETE;
	ck_assert_int_eq(apply(&one), 0);
	ck_assert_uint_eq(policies(), 3 + 6);
	ck_assert_int_eq(apply(&two), 0);
	ck_assert_uint_eq(policies(), 0);
	/* Where a selector takes no ICMPv6 in, there is no need. */
	one.kind = IKE_POLICY_ADD;
	one.policy.local_ts.protocol = one.policy.remote_ts.protocol = 6;
	ck_assert_int_eq(apply(&one), 0);
	ck_assert_uint_eq(policies(), 3);
	stop();
}
END_TEST

/* --- After a crash -------------------------------------------------------- */

START_TEST(sweep_takes_ours_and_nothing_else)
{
	struct ike_effect effect;
	struct ike_policy keep;
	char error[KERNEL_TEXT];

	START();
	/* Of an earlier run: two of ours, one kept; two strangers, one of them
	 * just past the end of our range; and neighbour discovery. */
	effect = policy_effect(IKE_POLICY_ADD, net(1));
	ck_assert_int_eq(apply(&effect), 0);
	keep = effect.policy;
	effect.policy.remote_ts = net(2);
	ck_assert_int_eq(apply(&effect), 0);
	effect.policy.remote_ts = net(3);
	effect.policy.reqid = REQID_BASE + 0x01000000;
	ck_assert_int_eq(apply(&effect), 0);
	effect.policy.remote_ts = net(4);
	effect.policy.reqid = 1;
	ck_assert_int_eq(apply(&effect), 0);
	effect = policy_effect(
		IKE_POLICY_ADD, sample_range("fd02::", "fd02::ffff"));
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 5 * 3 + 6);

	/* Closing takes neighbour discovery away; a crash would not. */
	kernel_close(kernel);
	kernel = kernel_open_xfrm(base, &listener, error);
	ck_assert_msg(kernel != NULL, "%s", error);
	ck_assert_int_eq(kernel_sweep(kernel, REQID_BASE, &keep, 1), 0);
	ck_assert_uint_eq(policies(), 9);
	for (size_t i = 0; i < 9; i++)
		ck_assert(seen[i].reqid != REQID_BASE + 1 ||
			  ((const uint8_t *)&seen[i].selector.daddr)[2] <= 1);
	stop();
}
END_TEST

/* Without a template only their priority says whose they are. */
START_TEST(sweep_takes_our_shunts)
{
	struct ike_effect effect = policy_effect(IKE_POLICY_ADD, net(1));
	struct ike_policy keep;

	START();
	effect.policy.mode = IKE_MODE_PASS;
	effect.policy.priority = 0x10000 + 4 * 24 + 3;
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 3);
	keep = effect.policy;
	effect.policy.mode = IKE_MODE_DROP;
	effect.policy.remote_ts = net(2);
	ck_assert_int_eq(apply(&effect), 0);
	/* A stranger's. */
	effect.policy.remote_ts = net(3);
	effect.policy.priority = 0x18000;
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 9);
	ck_assert_int_eq(kernel_sweep(kernel, REQID_BASE, &keep, 1), 0);
	ck_assert_uint_eq(policies(), 6);
	ck_assert_int_eq(kernel_sweep(kernel, REQID_BASE, NULL, 0), 0);
	ck_assert_uint_eq(policies(), 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(seen[i].priority, 0x18000);
	stop();
}
END_TEST

START_TEST(sweep_removes_stale_neighbour_policies)
{
	static const uint8_t both[] = { XFRM_POLICY_OUT, XFRM_POLICY_IN };
	_Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];
	struct mnl_socket *nl;

	START();
	nl = mnl_socket_open(NETLINK_XFRM);
	ck_assert_int_eq(mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID), 0);
	for (size_t d = 0; d < 2; d++) {
		for (size_t i = 0; i < XFRM_NEIGHBOUR_POLICIES; i++) {
			struct nlmsghdr *message =
				xfrm_neighbour_put(buffer, i, both[d]);

			ck_assert_int_gt((int)mnl_socket_sendto(nl, message,
						 message->nlmsg_len),
				0);
		}
	}
	mnl_socket_close(nl);
	ck_assert_uint_eq(policies(), 6);
	ck_assert_int_eq(kernel_sweep(kernel, REQID_BASE, NULL, 0), 0);
	ck_assert_uint_eq(policies(), 0);
	stop();
}
END_TEST

/* --- SAs ------------------------------------------------------------------ */

START_TEST(an_sa_comes_and_goes_or_says_why_not)
{
	struct ike_effect effect;
	struct ike_counters counters = { 1, 1 };
	struct ike_addr src;
	char text[KERNEL_TEXT];
	int error;

	START();
	memset(&effect, 0, sizeof(effect));
	effect.kind = IKE_SA_ADD;
	effect.add.ref.dst = sample_addr("10.1.0.1");
	effect.add.ref.spi = 0xc0000001;
	effect.add.src = src = sample_addr("10.1.0.2");
	effect.add.mode = IKE_MODE_TUNNEL;
	effect.add.reqid = REQID_BASE + 1;
	effect.add.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
	effect.add.encr_key.len = 36;
	effect.add.esn = true;
	effect.add.replay_window = 128;
	error = kernel_apply(kernel, &effect, text);
	if (error < 0) {
		ck_assert_ptr_nonnull(strstr(text, "this kernel has no ESP"));
		ck_assert_int_eq(
			kernel_query(kernel, effect.add.ref, &src, &counters),
			-ESRCH);
	} else {
		ck_assert_int_eq(
			kernel_query(kernel, effect.add.ref, &src, &counters),
			0);
		ck_assert_uint_eq(counters.packets, 0);
		ck_assert_int_eq(kernel_apply(kernel, &effect, text), -EEXIST);
		ck_assert_int_eq(
			kernel_sweep(kernel, REQID_BASE + 0x01000000, NULL, 0),
			0);
		ck_assert_int_eq(
			kernel_query(kernel, effect.add.ref, &src, &counters),
			0);
		ck_assert_int_eq(kernel_sweep(kernel, REQID_BASE, NULL, 0), 0);
		ck_assert_int_eq(
			kernel_query(kernel, effect.add.ref, &src, &counters),
			-ESRCH);
		ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
	}
	effect.kind = IKE_SA_DELETE;
	effect.del.ref.dst = sample_addr("10.1.0.1");
	effect.del.ref.spi = 0xc0000001;
	effect.del.src = src;
	ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
	ck_assert_int_eq(kernel_apply(kernel, &effect, text), 0);
	stop();
}
END_TEST

static struct ike_effect sa_effect(const struct transform *encr,
	const struct transform *integ, enum ike_mode mode, bool six)
{
	struct ike_effect effect;

	memset(&effect, 0, sizeof(effect));
	effect.kind = IKE_SA_ADD;
	effect.add.ref.dst = sample_addr(six ? "fd01::2" : "10.1.0.2");
	effect.add.src = sample_addr(six ? "fd01::1" : "10.1.0.1");
	effect.add.ref.spi = 0xc0000002;
	effect.add.out = true;
	effect.add.mode = mode;
	effect.add.reqid = REQID_BASE + 1;
	effect.add.encr = encr;
	effect.add.encr_key.len = (uint8_t)(encr->key_len + encr->salt_len);
	effect.add.integ = integ;
	if (integ)
		effect.add.integ_key.len = (uint8_t)integ->key_len;
	effect.add.local_ts = six ? sample_range("fd01::1", "fd01::1")
				  : sample_range("10.1.0.1", "10.1.0.1");
	effect.add.remote_ts = six ? sample_range("fd01::2", "fd01::2")
				   : sample_range("10.1.0.2", "10.1.0.2");
	effect.add.replay_window = 32;
	return effect;
}

static int take_sa(struct ike_effect *effect, char text[KERNEL_TEXT])
{
	struct ike_sa_ref ref = effect->add.ref;
	struct ike_addr src = effect->add.src;
	int error = kernel_apply(kernel, effect, text);
	struct ike_effect gone;

	if (error < 0)
		return error;
	memset(&gone, 0, sizeof(gone));
	gone.kind = IKE_SA_DELETE;
	gone.del.ref = ref;
	gone.del.src = src;
	return kernel_apply(kernel, &gone, text);
}

/* In each mode and family, each direction, plain and in UDP, with and without
 * extended sequence numbers. */
static int take_all_ways(const struct transform *encr,
	const struct transform *integ, char text[KERNEL_TEXT])
{
	for (unsigned int way = 0; way < 32; way++) {
		struct ike_effect effect = sa_effect(encr, integ,
			way & 1 ? IKE_MODE_TRANSPORT : IKE_MODE_TUNNEL,
			way & 2);
		int error;

		effect.add.out = way & 4;
		effect.add.esn = way & 8;
		effect.add.encap = way & 16;
		effect.add.src_port = effect.add.dst_port = 4500;
		effect.add.soft_bytes = 1 << 29;
		effect.add.hard_bytes = 1 << 30;
		error = take_sa(&effect, text);
		if (error < 0)
			return error;
	}
	return 0;
}

START_TEST(every_algorithm_in_every_way)
{
	const struct transform *encr, *integ;
	char text[KERNEL_TEXT];

	START();
	for (size_t i = 0; (encr = transform_at(i)); i++) {
		if (encr->type != TRANSFORM_ENCR)
			continue;
		for (size_t j = 0; (integ = transform_at(j)); j++) {
			int error;

			if (integ->type != TRANSFORM_INTEG)
				continue;
			error = take_all_ways(
				encr, encr->aead ? NULL : integ, text);
			if (strstr(text, "no ESP")) {
				stop();
				SKIP(text);
			}
			ck_assert_msg(error == 0, "%s, %s: %s", encr->name,
				integ->name, text);
		}
	}
	stop();
}
END_TEST

static int move_to(struct ike_ipsec_sa *at, const char *src, const char *dst,
	bool encap, char text[KERNEL_TEXT])
{
	struct ike_effect effect;
	int error;

	memset(&effect, 0, sizeof(effect));
	effect.kind = IKE_SA_MOVE;
	effect.move.ref = at->ref;
	effect.move.src = at->src;
	effect.move.new_src = sample_addr(src);
	effect.move.new_dst = sample_addr(dst);
	effect.move.src_port = ++at->src_port;
	effect.move.dst_port = 4500;
	effect.move.encap = encap;
	effect.move.out = at->out;
	error = kernel_apply(kernel, &effect, text);
	at->src = sample_addr(src);
	at->ref.dst = sample_addr(dst);
	return error;
}

START_TEST(an_sa_goes_where_it_is_told)
{
	static const struct {
		const char *src, *dst;
		bool encap;
	} ways[] = {
		{ "10.1.0.9", "10.1.0.2", false }, /* our address */
		{ "10.1.0.9", "10.1.0.7", false }, /* theirs */
		{ "10.1.0.9", "10.1.0.7", true },  /* into UDP */
		{ "10.1.0.9", "10.1.0.7", true },  /* other ports */
		{ "10.1.0.8", "10.1.0.6", true },
		{ "10.1.0.8", "10.1.0.6", false }, /* and out of UDP */
		{ "fd01::1", "fd01::2", false },
	};
	struct ike_counters counters;
	struct ike_effect gone;
	char text[KERNEL_TEXT];

	START();
	memset(&gone, 0, sizeof(gone));
	gone.kind = IKE_SA_DELETE;
	for (unsigned int kind = 0; kind < 4; kind++) {
		struct ike_effect effect = sa_effect(
			transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 128),
			NULL, IKE_MODE_TUNNEL, false);
		struct ike_ipsec_sa at = effect.add;
		int error;

		effect.add.out = at.out = kind & 1;
		effect.add.esn = kind & 2;
		error = kernel_apply(kernel, &effect, text);
		if (error < 0 && strstr(text, "no ESP")) {
			stop();
			SKIP(text);
		}
		ck_assert_msg(error == 0, "%s", text);
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			struct ike_sa_ref was = at.ref;
			struct ike_addr src = at.src;
			bool same;

			error = move_to(&at, ways[i].src, ways[i].dst,
				ways[i].encap, text);
			ck_assert_msg(error == 0, "kind %u way %zu: %s", kind,
				i, text);
			ck_assert_int_eq(kernel_query(kernel, at.ref, &at.src,
						 &counters),
				0);
			same = ike_addr_equal(&was.dst, &at.ref.dst);
			ck_assert_int_eq(
				kernel_query(kernel, was, &src, &counters),
				same ? 0 : -ESRCH);
		}
		gone.del.ref = at.ref;
		gone.del.src = at.src;
		ck_assert_int_eq(kernel_apply(kernel, &gone, text), 0);
		ck_assert_int_eq(
			move_to(&at, "10.1.0.1", "10.1.0.2", false, text),
			-ESRCH);
	}
	stop();
}
END_TEST

/* --- Events --------------------------------------------------------------- */

static void guard(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	event_base_loopbreak(base);
}

static bool wires(void)
{
	return system("ip link add v0 type veth peer name v1 && "
		      "ip link set v0 up && ip link set v1 up && "
		      "ip addr add 10.1.0.1/24 dev v0 && "
		      "ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:02 dev v0 && "
		      "ip route add 10.2.0.0/16 via 10.1.0.2") == 0;
}

/* Says one octet to 10.2.1.9:53, from 10.1.0.1. */
static ssize_t say(bool bypass)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ssize_t len;

	ck_assert_int_eq(inet_pton(AF_INET, "10.2.1.9", &to.sin_addr), 1);
	if (bypass)
		ck_assert_int_eq(kernel_bypass(fd, AF_INET), 0);
	len = sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to));
	close(fd);
	return len;
}

START_TEST(a_packet_without_an_sa_is_an_acquire)
{
	const struct timeval limit = { GUARD_MS / 1000, 0 };
	struct ike_effect effect;
	struct event *timeout;
	struct ike_addr dst;

	START();
	if (!wires()) {
		stop();
		SKIP("no veth");
	}
	effect = policy_effect(IKE_POLICY_ADD, net(1));
	/* Not resolved yet: any address. */
	memset(&effect.policy.remote, 0, sizeof(effect.policy.remote));
	memset(&effect.policy.local, 0, sizeof(effect.policy.local));
	ck_assert_int_eq(apply(&effect), 0);

	/* Our own sockets pass. */
	ck_assert_int_eq((int)say(true), 1);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(heard.acquires, 0);

	(void)say(false);
	timeout = evtimer_new(base, guard, NULL);
	evtimer_add(timeout, &limit);
	event_base_dispatch(base);
	event_free(timeout);
	ck_assert_int_eq(heard.acquires, 1);
	ck_assert_uint_eq(heard.reqid, REQID_BASE + 1);
	ck_assert_uint_eq(heard.flow.protocol, 17);
	ck_assert_uint_eq(heard.flow.dst_port, 53);
	dst = sample_addr("10.2.1.9");
	ck_assert_mem_eq(&heard.flow.dst, &dst, sizeof(dst));
	stop();
}
END_TEST

/* --- Lost events ---------------------------------------------------------- */

/* An SA that is not there is told, a policy that nobody owns goes, and what is
 * owned stays. */
START_TEST(n51_resync_finds_what_is_lost)
{
	struct ike_effect effect = policy_effect(IKE_POLICY_ADD, net(1));
	const struct ike_policy keep = effect.policy;
	const struct ike_sa_ref sas[] = { { .dst = sample_addr("10.1.0.1"),
						  .spi = 0xc0000001 },
		{ .dst = sample_addr("10.1.0.2"), .spi = 0xc0000001 } };
	const struct kernel_owned owned = { &keep, 1, sas, 2 };

	START();
	ck_assert_int_eq(apply(&effect), 0);
	effect.policy.remote_ts = net(2);
	ck_assert_int_eq(apply(&effect), 0);
	ck_assert_uint_eq(policies(), 6);
	ck_assert_int_eq(kernel_resync(kernel, REQID_BASE, &owned), 0);
	ck_assert_uint_eq(policies(), 3);
	ck_assert_int_eq(heard.expires, 2);
	ck_assert(heard.hard);
	ck_assert_uint_eq(heard.ref.spi, 0xc0000001);
	ck_assert_mem_eq(&heard.ref.dst, &sas[1].dst, sizeof(sas[1].dst));
	stop();
}
END_TEST

/* The socket that hears of events. */
static int events_socket(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct sockaddr_nl name = { 0 };
		socklen_t len = sizeof(name);

		if (getsockname(fd, (struct sockaddr *)&name, &len) == 0 &&
			name.nl_family == AF_NETLINK && name.nl_groups != 0)
			return fd;
	}
	return -1;
}

/* More than the socket takes, from another process: it is not listened to, but
 * it drives out what the kernel says. */
START_TEST(n51_an_overrun_is_told)
{
	const struct timeval limit = { GUARD_MS / 1000, 0 };
	const struct sockaddr_nl group = { .nl_family = AF_NETLINK,
		.nl_groups = 1 << (XFRMNLGRP_ACQUIRE - 1) };
	struct nlmsghdr junk[64] = { { .nlmsg_len = sizeof(junk),
		.nlmsg_type = XFRM_MSG_ACQUIRE } };
	struct event *timeout;
	int fd, least = 1;

	START();
	ck_assert_int_ge(events_socket(), 0);
	ck_assert_int_eq(setsockopt(events_socket(), SOL_SOCKET, SO_RCVBUF,
				 &least, sizeof(least)),
		0);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < 32; i++)
		(void)sendto(fd, junk, sizeof(junk), 0,
			(const struct sockaddr *)&group, sizeof(group));
	close(fd);
	timeout = evtimer_new(base, guard, NULL);
	evtimer_add(timeout, &limit);
	event_base_dispatch(base);
	event_free(timeout);
	ck_assert_int_eq(heard.overruns, 1);
	ck_assert_int_eq(heard.acquires + heard.expires, 0);
	stop();
}
END_TEST

START_TEST(a_limit_of_packets_is_an_expire)
{
	const struct timeval limit = { GUARD_MS / 1000, 0 };
	struct ike_counters counters;
	struct ike_effect effect;
	struct event *timeout;
	char text[KERNEL_TEXT];
	struct ike_addr src = sample_addr("10.1.0.1");

	START();
	if (!wires()) {
		stop();
		SKIP("no veth");
	}
	effect = sa_effect(transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 128),
		transform_find(TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, 0),
		IKE_MODE_TUNNEL, false);
	effect.add.soft_packets = 10;
	effect.add.hard_packets = 11;
	if (kernel_apply(kernel, &effect, text) < 0) {
		stop();
		SKIP(text);
	}
	effect = policy_effect(IKE_POLICY_ADD, net(1));
	ck_assert_int_eq(apply(&effect), 0);
	/* The kernel looks before it counts. */
	for (int i = 0; i < 11; i++)
		ck_assert_int_eq((int)say(false), 1);
	timeout = evtimer_new(base, guard, NULL);
	evtimer_add(timeout, &limit);
	event_base_dispatch(base);
	ck_assert_int_eq(heard.expires, 1);
	ck_assert(!heard.hard);
	ck_assert_uint_eq(heard.ref.spi, 0xc0000002);
	ck_assert_int_eq(kernel_query(kernel, heard.ref, &src, &counters), 0);
	ck_assert_uint_eq(counters.packets, 11);
	ck_assert_uint_gt(counters.bytes, 10);
	/* Were it lost, it would be found: the SA is there, and used up. */
	ck_assert_int_eq(kernel_resync(kernel, REQID_BASE,
				 &(struct kernel_owned){
					 &effect.policy, 1, &heard.ref, 1 }),
		0);
	ck_assert_int_eq(heard.expires, 2);
	ck_assert(!heard.hard);
	for (int i = 0; i < 3; i++)
		(void)say(false);
	event_base_dispatch(base);
	event_free(timeout);
	ck_assert_int_eq(heard.expires, 3);
	ck_assert(heard.hard);
	stop();
}
END_TEST

SUITE(xfrm)
{
	test(every_algorithm_in_every_way);
	test(an_sa_goes_where_it_is_told);
	test(a_limit_of_packets_is_an_expire);
	test(n51_resync_finds_what_is_lost);
	test(n51_an_overrun_is_told);
	test(a_tunnel_has_three_policies);
	test(transport_has_two_and_takes_the_third_away);
	test(port_ranges_are_several);
	test(unknown_addresses_are_fine);
	test(whole_or_not_at_all);
	test(neighbour_discovery_passes_while_needed);
	test(sweep_takes_ours_and_nothing_else);
	test(sweep_takes_our_shunts);
	test(sweep_removes_stale_neighbour_policies);
	test(an_sa_comes_and_goes_or_says_why_not);
	test(a_packet_without_an_sa_is_an_acquire);
}

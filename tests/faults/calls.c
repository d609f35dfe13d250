/* calls.c - the system calls of the daemon and its libraries: counted, and led to our own network.
 * SPDX-License-Identifier: ISC
 *
 * A UDP or netlink socket of the daemon's is one end of a pair of local sockets,
 * so that epoll works as ever; the other end is ours.  A timer is an event
 * descriptor that world.c makes readable.  All else is what it is.
 */
#include "tests/faults/faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FD = 256, NAT_PORT = 4500 };

enum fake_kind { REAL, UDP, XFRM, ROUTE, TIMER };

static struct fake {
	enum fake_kind kind;
	int other;
	bool events;  /* XFRM: of the multicast groups */
	bool overrun; /* XFRM: some were lost */
	uint64_t at;  /* TIMER: IKE_NEVER: not set */
	struct sockaddr_storage here;
} fakes[MAX_FD];

static uint8_t own_last = 1; /* the address of this host */

static struct fake *fake_of(int fd, enum fake_kind kind)
{
	return fd >= 0 && fd < MAX_FD && fakes[fd].kind == kind ? &fakes[fd]
								: NULL;
}

/* The C library's, or what ASan puts before it. */
#define FIND(NAME)                                                             \
	static __typeof__(&NAME) real;                                         \
	union {                                                                \
		void *found;                                                   \
		__typeof__(&NAME) function;                                    \
	} either;                                                              \
	if (!real) {                                                           \
		either.found = dlsym(RTLD_NEXT, #NAME);                        \
		real = either.function;                                        \
	}

#define FAIL(NAME)                                                             \
	do {                                                                   \
		if (fault_of_call(NAME) != 0)                                  \
			return -1;                                             \
	} while (0)

int descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 4 * MAX_FD; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

struct ike_addr world_addr(uint8_t last)
{
	return (struct ike_addr){ 4, { 192, 0, 2, last } };
}

/* --- Time ----------------------------------------------------------------- */

int clock_gettime(clockid_t clock, struct timespec *out)
{
	FIND(clock_gettime)
	uint64_t ms = world_ms();

	if (!world_runs())
		return real(clock, out);
	out->tv_sec =
		clock == CLOCK_REALTIME ? world_unix_s() : (time_t)(ms / 1000);
	out->tv_nsec = (long)(ms % 1000) * 1000000;
	return 0;
}

time_t time(time_t *out)
{
	FIND(time)
	time_t now = world_runs() ? (time_t)world_unix_s() : real(NULL);

	if (out)
		*out = now;
	return now;
}

int timerfd_create(int clock, int flags)
{
	int fd;

	(void)clock;
	FAIL("timerfd_create");
	fd = eventfd(0, flags & TFD_NONBLOCK ? EFD_NONBLOCK | EFD_CLOEXEC
					     : EFD_CLOEXEC);
	if (fd >= MAX_FD)
		abort();
	if (fd >= 0)
		fakes[fd] = (struct fake){ .kind = TIMER, .at = IKE_NEVER };
	return fd;
}

int timerfd_settime(
	int fd, int flags, const struct itimerspec *at, struct itimerspec *old)
{
	struct fake *fake = fake_of(fd, TIMER);

	(void)flags;
	(void)old;
	if (!fake)
		abort();
	fake->at = (uint64_t)at->it_value.tv_sec * 1000 +
		   (uint64_t)at->it_value.tv_nsec / 1000000;
	if (at->it_value.tv_sec == 0 && at->it_value.tv_nsec == 0)
		fake->at = IKE_NEVER;
	return 0;
}

uint64_t timers_next(void)
{
	uint64_t next = IKE_NEVER;

	for (int fd = 0; fd < MAX_FD; fd++) {
		if (fakes[fd].kind == TIMER && fakes[fd].at < next)
			next = fakes[fd].at;
	}
	return next;
}

void timers_fire(void)
{
	for (int fd = 0; fd < MAX_FD; fd++) {
		if (fakes[fd].kind != TIMER || fakes[fd].at > world_ms())
			continue;
		fakes[fd].at = IKE_NEVER;
		eventfd_write(fd, 1);
	}
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
	FIND(epoll_wait)
	uint64_t until =
		timeout < 0 ? IKE_NEVER : world_ms() + (uint64_t)timeout;
	int count;

	if (!world_runs())
		return real(epoll, events, most, timeout);
	FAIL("epoll_wait");
	for (;;) {
		count = real(epoll, events, most, 0);
		if (count != 0 || timeout == 0) {
			world_rolls();
			return count;
		}
		if (!world_turn(until))
			return 0;
	}
}

/* --- Sockets -------------------------------------------------------------- */

/* The arguments of type __SOCKADDR_ARG are the C library's unions of all kinds of
 * addresses. */

/* How a datagram lies in the pair of sockets. */
struct wire {
	struct sockaddr_in from;
	struct in_addr to;
	uint32_t len;
	uint8_t data[WORLD_DATAGRAM];
};

enum { WIRE_HEAD = offsetof(struct wire, data) };

static int fake_socket(enum fake_kind kind, int flags)
{
	int ends[2];

	outside_begin();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | flags, 0, ends) < 0)
		abort();
	outside_end();
	if (ends[0] >= MAX_FD)
		abort();
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	fakes[ends[0]] = (struct fake){ .kind = kind, .other = ends[1] };
	return ends[0];
}

int socket(int family, int type, int protocol)
{
	FIND(socket)
	int flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (is_outside())
		return real(family, type, protocol);
	FAIL("socket");
	if (family == AF_NETLINK)
		return fake_socket(
			protocol == NETLINK_XFRM ? XFRM : ROUTE, flags);
	if (family == AF_INET || family == AF_INET6)
		return fake_socket(UDP, flags);
	return real(family, type, protocol);
}

int socketpair(int family, int type, int protocol, int ends[2])
{
	FIND(socketpair)

	FAIL("socketpair");
	return real(family, type, protocol, ends);
}

int pipe2(int ends[2], int flags)
{
	FIND(pipe2)

	FAIL("pipe2");
	return real(ends, flags);
}

int close(int fd)
{
	FIND(close)

	if (fd >= 0 && fd < MAX_FD && fakes[fd].kind != REAL) {
		if (fakes[fd].kind != TIMER)
			real(fakes[fd].other);
		fakes[fd].kind = REAL;
	}
	return real(fd);
}

/* Any, or the one that we have. */
static bool is_own(const struct sockaddr_storage *at)
{
	const struct ike_addr addr = world_addr(own_last);
	struct sockaddr_in in;

	memcpy(&in, at, sizeof(in));
	return at->ss_family != AF_INET || in.sin_addr.s_addr == 0 ||
	       memcmp(&in.sin_addr, addr.octets, 4) == 0;
}

int bind(int fd, __CONST_SOCKADDR_ARG at, socklen_t len)
{
	FIND(bind)
	struct sockaddr_nl netlink;

	FAIL("bind");
	if (fake_of(fd, XFRM)) {
		memcpy(&netlink, at.__sockaddr__, sizeof(netlink));
		fakes[fd].events = netlink.nl_groups != 0;
		return 0;
	}
	if (fake_of(fd, ROUTE))
		return 0;
	if (!fake_of(fd, UDP))
		return real(fd, at, len);
	memcpy(&fakes[fd].here, at.__sockaddr__, len);
	if (is_own(&fakes[fd].here))
		return 0;
	errno = EADDRNOTAVAIL;
	return -1;
}

int listen(int fd, int most)
{
	FIND(listen)

	FAIL("listen");
	return real(fd, most);
}

/* There is no way to IPv6. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len)
{
	FIND(connect)
	struct sockaddr_in here = { .sin_family = AF_INET };
	const struct ike_addr addr = world_addr(own_last);

	FAIL("connect");
	if (!fake_of(fd, UDP))
		return real(fd, to, len);
	if (to.__sockaddr__->sa_family != AF_INET) {
		errno = ENETUNREACH;
		return -1;
	}
	memcpy(&here.sin_addr, addr.octets, 4);
	memcpy(&fakes[fd].here, &here, sizeof(here));
	return 0;
}

int getsockname(int fd, __SOCKADDR_ARG at, socklen_t *len)
{
	FIND(getsockname)

	FAIL("getsockname");
	if (!fake_of(fd, UDP))
		return real(fd, at, len);
	if (*len > sizeof(fakes[fd].here))
		*len = sizeof(fakes[fd].here);
	memcpy(at.__sockaddr__, &fakes[fd].here, *len);
	return 0;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	FIND(setsockopt)

	FAIL("setsockopt");
	if (fake_of(fd, UDP) || fake_of(fd, XFRM) || fake_of(fd, ROUTE))
		return 0;
	return real(fd, level, name, value, len);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	FIND(getsockopt)

	FAIL("getsockopt");
	return real(fd, level, name, value, len);
}

int accept4(int fd, __SOCKADDR_ARG from, socklen_t *len, int flags)
{
	FIND(accept4)

	FAIL("accept4");
	return real(fd, from, len, flags);
}

/* --- Datagrams ------------------------------------------------------------ */

static uint16_t port_of(const struct sockaddr_storage *at)
{
	struct sockaddr_in in;

	memcpy(&in, at, sizeof(in));
	return ntohs(in.sin_port);
}

static struct ike_addr source_of(const struct msghdr *header)
{
	struct ike_addr addr = { 4, { 0 } };
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(CMSG_FIRSTHDR(header)), sizeof(info));
	memcpy(addr.octets, &info.ipi_spec_dst, 4);
	return addr;
}

/* What leaves for a peer; for anybody else it is lost. */
static void leave(int fd, const struct msghdr *header)
{
	static uint8_t data[WORLD_DATAGRAM];
	struct ike_datagram datagram = { .local.addr = source_of(header) };
	struct sockaddr_in to;
	size_t len = 0;

	memcpy(&to, header->msg_name, sizeof(to));
	for (size_t i = 0; i < header->msg_iovlen; i++) {
		memcpy(data + len, header->msg_iov[i].iov_base,
			header->msg_iov[i].iov_len);
		len += header->msg_iov[i].iov_len;
	}
	datagram.local.port = port_of(&fakes[fd].here);
	datagram.remote.addr.family = 4;
	memcpy(datagram.remote.addr.octets, &to.sin_addr, 4);
	datagram.remote.port = ntohs(to.sin_port);
	datagram.data = bytes_of(data, len);
	if (datagram.local.port == NAT_PORT && len > 4)
		datagram.data = bytes_of(data + 4, len - 4);
	outside_begin();
	far_hear(&datagram);
	outside_end();
}

ssize_t sendmsg(int fd, const struct msghdr *header, int flags)
{
	FIND(sendmsg)
	struct ike_addr own_addr, source;
	ssize_t len = 0;

	FAIL("sendmsg");
	if (!fake_of(fd, UDP))
		return real(fd, header, flags);
	/* As the kernel says of an address that it has not. */
	own_addr = world_addr(own_last);
	source = source_of(header);
	if (!ike_addr_equal(&source, &own_addr)) {
		errno = EINVAL;
		return -1;
	}
	leave(fd, header);
	for (size_t i = 0; i < header->msg_iovlen; i++)
		len += (ssize_t)header->msg_iov[i].iov_len;
	return len;
}

void net_deliver(const struct ike_datagram *datagram)
{
	static struct wire wire;
	const struct ike_addr own_addr = world_addr(own_last);
	size_t marker = datagram->local.port == NAT_PORT ? 4 : 0;

	if (!ike_addr_equal(&datagram->local.addr, &own_addr))
		return;
	wire.from = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(datagram->remote.port) };
	memcpy(&wire.from.sin_addr, datagram->remote.addr.octets, 4);
	memcpy(&wire.to, datagram->local.addr.octets, 4);
	memset(wire.data, 0, 4);
	memcpy(wire.data + marker, datagram->data.at, datagram->data.len);
	wire.len = (uint32_t)(marker + datagram->data.len);
	for (int fd = 0; fd < MAX_FD; fd++) {
		if (fakes[fd].kind != UDP ||
			fakes[fd].here.ss_family != AF_INET ||
			port_of(&fakes[fd].here) != datagram->local.port)
			continue;
		(void)!send(fakes[fd].other, &wire, WIRE_HEAD + wire.len,
			MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

static void fill(struct msghdr *header, const struct wire *wire)
{
	struct in_pktinfo info = { .ipi_spec_dst = wire->to,
		.ipi_addr = wire->to };
	struct cmsghdr *part;

	memcpy(header->msg_iov[0].iov_base, wire->data, wire->len);
	memcpy(header->msg_name, &wire->from, sizeof(wire->from));
	header->msg_namelen = sizeof(wire->from);
	header->msg_flags = 0;
	part = CMSG_FIRSTHDR(header);
	part->cmsg_level = IPPROTO_IP;
	part->cmsg_type = IP_PKTINFO;
	part->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(part), &info, sizeof(info));
	header->msg_controllen = CMSG_SPACE(sizeof(info));
}

int recvmmsg(int fd, struct mmsghdr *headers, unsigned int most, int flags,
	struct timespec *timeout)
{
	static struct wire wire;
	unsigned int count = 0;

	(void)flags;
	(void)timeout;
	FAIL("recvmmsg");
	outside_begin();
	while (count < most &&
		recv(fd, &wire, sizeof(wire), MSG_DONTWAIT) >= WIRE_HEAD) {
		fill(&headers[count].msg_hdr, &wire);
		headers[count++].msg_len = wire.len;
	}
	outside_end();
	if (count > 0)
		return (int)count;
	errno = EAGAIN;
	return -1;
}

/* --- Netlink -------------------------------------------------------------- */

static void answer(int fd, const void *at, size_t len)
{
	outside_begin();
	if (send(fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		abort();
	outside_end();
}

static const struct fake *events_socket(void)
{
	for (int fd = 0; fd < MAX_FD; fd++) {
		if (fakes[fd].kind == XFRM && fakes[fd].events)
			return &fakes[fd];
	}
	return NULL;
}

void netlink_event(const void *message, size_t len)
{
	const struct fake *fake = events_socket();

	if (fake)
		answer(fake->other, message, len);
}

void netlink_overrun(void)
{
	for (int fd = 0; fd < MAX_FD; fd++) {
		if (fakes[fd].kind != XFRM || !fakes[fd].events)
			continue;
		fakes[fd].overrun = true;
		answer(fakes[fd].other, "", 1);
	}
}

void net_move(uint8_t last)
{
	own_last = last;
	for (int fd = 0; fd < MAX_FD; fd++) {
		if (fakes[fd].kind == ROUTE)
			answer(fakes[fd].other, "", 1);
	}
}

ssize_t send(int fd, const void *at, size_t len, int flags)
{
	FIND(send)

	FAIL("send");
	if (!fake_of(fd, XFRM))
		return real(fd, at, len, flags);
	outside_begin();
	kernel_request(at, answer, fakes[fd].other);
	outside_end();
	return (ssize_t)len;
}

ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
	FIND(recvmsg)
	const struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	void *name = header->msg_name;
	ssize_t len;

	FAIL("recvmsg");
	if (!fake_of(fd, XFRM))
		return real(fd, header, flags);
	header->msg_name = NULL;
	header->msg_namelen = 0;
	len = real(fd, header, flags);
	header->msg_name = name;
	header->msg_namelen = sizeof(from);
	memcpy(name, &from, sizeof(from));
	if (len >= 0 && fakes[fd].overrun) {
		fakes[fd].overrun = false;
		errno = ENOBUFS;
		return -1;
	}
	return len;
}

ssize_t recv(int fd, void *at, size_t len, int flags)
{
	FIND(recv)

	FAIL("recv");
	return real(fd, at, len, flags);
}

ssize_t sendto(int fd, const void *at, size_t len, int flags,
	__CONST_SOCKADDR_ARG to, socklen_t to_len)
{
	FIND(sendto)

	FAIL("sendto");
	if (fake_of(fd, UDP))
		return (ssize_t)len;
	return real(fd, at, len, flags, to, to_len);
}

/* --- Streams and files ---------------------------------------------------- */

/* One octet is as little as there can be of something. */
#define FAIL_OR_SHORT(NAME, LEN)                                               \
	do {                                                                   \
		int fault = fault_of_call(NAME);                               \
		if (fault > 0)                                                 \
			return -1;                                             \
		if (fault == FAULT_SHORT && (LEN) > 1)                         \
			(LEN) = 1;                                             \
	} while (0)

static bool is_file(int fd)
{
	struct stat of;
	bool file;

	outside_begin();
	file = fstat(fd, &of) == 0 && S_ISREG(of.st_mode);
	outside_end();
	return file;
}

ssize_t read(int fd, void *at, size_t len)
{
	FIND(read)

	if (is_file(fd))
		FAIL_OR_SHORT("read of a file", len);
	else
		FAIL("read");
	return real(fd, at, len);
}

ssize_t write(int fd, const void *at, size_t len)
{
	FIND(write)

	FAIL_OR_SHORT("write", len);
	return real(fd, at, len);
}

/* Short is one octet of the first part. */
static ssize_t in_parts(const char *name,
	ssize_t (*real)(int fd, const struct iovec *parts, int count), int fd,
	const struct iovec *parts, int count)
{
	struct iovec first = parts[0];
	int fault = fault_of_call(name);

	if (fault > 0)
		return -1;
	if (fault == 0)
		return real(fd, parts, count);
	first.iov_len = 1;
	return real(fd, &first, 1);
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
	FIND(readv)

	return in_parts("readv", real, fd, parts, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	FIND(writev)

	return in_parts("writev", real, fd, parts, count);
}

int open(const char *path, int flags, ...)
{
	FIND(open)
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	FAIL("open");
	/* The machine's own names and servers are none of our business. */
	if (world_runs() && strcmp(path, "/etc/hosts") == 0)
		path = "hosts";
	if (world_runs() && strcmp(path, "/etc/resolv.conf") == 0)
		path = "resolv.conf";
	return real(path, flags, mode);
}

/* Those of the copies that are kept: relative to their folder. */
int openat(int folder, const char *path, int flags, ...)
{
	FIND(openat)
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	FAIL("openat");
	return real(folder, path, flags, mode);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	FIND(renameat)

	FAIL("renameat");
	return real(from_folder, from, to_folder, to);
}

int unlinkat(int folder, const char *path, int flags)
{
	FIND(unlinkat)

	FAIL("unlinkat");
	return real(folder, path, flags);
}

int fsync(int fd)
{
	FIND(fsync)

	FAIL("fsync");
	return real(fd);
}

FILE *fopen(const char *path, const char *mode)
{
	FIND(fopen)

	return fault_of_call("fopen") != 0 ? NULL : real(path, mode);
}

int stat(const char *path, struct stat *out)
{
	FIND(stat)

	FAIL("stat");
	return real(path, out);
}

int lstat(const char *path, struct stat *out)
{
	FIND(lstat)

	FAIL("lstat");
	return real(path, out);
}

int fstat(int fd, struct stat *out)
{
	FIND(fstat)

	FAIL("fstat");
	return real(fd, out);
}

int mkdir(const char *path, mode_t mode)
{
	FIND(mkdir)

	FAIL("mkdir");
	return real(path, mode);
}

int unlink(const char *path)
{
	FIND(unlink)

	FAIL("unlink");
	return real(path);
}

int chmod(const char *path, mode_t mode)
{
	FIND(chmod)

	FAIL("chmod");
	return real(path, mode);
}

int chown(const char *path, uid_t user, gid_t group)
{
	FIND(chown)

	FAIL("chown");
	return real(path, user, group);
}

/* Libevent's second choice, where there is no memory for the first. */
int poll(struct pollfd *list, nfds_t count, int timeout)
{
	FIND(poll)
	uint64_t until =
		timeout < 0 ? IKE_NEVER : world_ms() + (uint64_t)timeout;
	int ready;

	if (is_outside())
		return real(list, count, timeout);
	FAIL("poll");
	for (;;) {
		ready = real(list, count, 0);
		if (ready != 0 || timeout == 0) {
			world_rolls();
			return ready;
		}
		if (!world_turn(until))
			return 0;
	}
}

int epoll_create1(int flags)
{
	FIND(epoll_create1)

	FAIL("epoll_create1");
	return real(flags);
}

int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	FIND(epoll_ctl)

	/* The others need no memory. */
	if (what == EPOLL_CTL_ADD)
		FAIL("epoll_ctl");
	return real(epoll, what, fd, event);
}

/* --- What this process must not do, or have looked up --------------------- */

int mlockall(int flags)
{
	(void)flags;
	FAIL("mlockall");
	return 0;
}

/* A process that leaves no core cannot be looked through for leaks either. */
int prctl(int option, ...)
{
	(void)option;
	FAIL("prctl");
	return 0;
}

struct group *getgrnam(const char *name)
{
	(void)name;
	return NULL;
}

static struct sockaddr_in own = { .sin_family = AF_INET };
static struct ifaddrs interface = { .ifa_flags = IFF_UP,
	.ifa_addr = (struct sockaddr *)&own };

int getifaddrs(struct ifaddrs **out)
{
	const struct ike_addr addr = world_addr(own_last);

	FAIL("getifaddrs");
	memcpy(&own.sin_addr, addr.octets, 4);
	*out = &interface;
	return 0;
}

void freeifaddrs(struct ifaddrs *list)
{
	(void)list;
}

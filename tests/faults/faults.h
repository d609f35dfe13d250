/* faults.h - a whole daemon in a world of the test's own, in which one thing fails.
 * SPDX-License-Identifier: ISC
 *
 * The daemon runs as it is, from its main() on, in one thread.  What it and its
 * libraries ask of the C library goes through us (fault.c, calls.c): memory and
 * system calls are counted there, and the n-th one fails.  Its sockets lead to a
 * kernel (kernel.c) and to two peers (far.c) that are in this process, and time
 * goes on only when the daemon waits (world.c): so the same n always fails at
 * the same place.
 */
#ifndef TESTS_FAULTS_FAULTS_H
#define TESTS_FAULTS_FAULTS_H

#include "ikev2/ikev2.h"

#include <sys/socket.h>

struct nlmsghdr;

/* --- What fails: fault.c -------------------------------------------------- */

enum fault_kind {
	FAULT_NONE,
	FAULT_ALLOC,  /* the n-th allocation */
	FAULT_ALLOCS, /* the n-th and all that follow, until faults_pause() */
	FAULT_CALL,   /* the n-th way in which a system call can fail */
	FAULT_KERNEL, /* the n-th request to the kernel's IPsec */
};

void faults_arm(enum fault_kind kind, long n);
/* Nothing fails, and nothing counts, until faults_go_on(). */
void faults_pause(void);
void faults_go_on(void);
/* Has it happened?  What failed: "read: EINTR".  NULL: not (yet). */
const char *faults_given(void);
/* How many there were to choose from. */
long faults_seen(void);

/* Work of the test itself, which never fails. */
void outside_begin(void);
void outside_end(void);
bool is_outside(void);

/* For calls.c: 0: go on; an errno; FAULT_SHORT: as little as possible. */
enum { FAULT_SHORT = -1 };
int fault_of_call(const char *call);
/* For kernel.c: 0 or -errno. */
int fault_of_kernel(void);

/* --- Time, and whose turn it is: world.c ---------------------------------- */

uint64_t world_ms(void);
int64_t world_unix_s(void);
bool world_runs(void);
void world_begin(void);
void world_end(void);
/* The daemon waits, until then at the latest: something happens, or time passes.
 * False: it is that late. */
bool world_turn(uint64_t until_ms);
/* The daemon has something to do. */
void world_rolls(void);

/* --- Sockets: calls.c ----------------------------------------------------- */

struct sockaddr_in;

enum { WORLD_DATAGRAM = 65536 };

/* A datagram to one of the daemon's sockets; dropped if it has none there. */
void net_deliver(const struct ike_datagram *datagram);
/* The next timer that is set; IKE_NEVER: none. */
uint64_t timers_next(void);
void timers_fire(void);
/* An event of the kernel's, over the multicast socket. */
void netlink_event(const void *message, size_t len);
void netlink_overrun(void);
/* Descriptors that are open. */
int descriptors(void);

/* Of the daemon's, and of the peers': 192.0.2.1, .2, .3. */
struct ike_addr world_addr(uint8_t last);
/* The daemon's host has this one from now on, and is told. */
void net_move(uint8_t last);

/* --- The kernel: kernel.c ------------------------------------------------- */

/* Answers are written into answer, datagram by datagram. */
void kernel_request(const struct nlmsghdr *message,
	void (*answer)(int fd, const void *at, size_t len), int fd);
size_t kernel_sas(void);
size_t kernel_policies(void);
/* Those that lead there. */
size_t kernel_sas_to(uint8_t dst_last);
void kernel_clear(void);
/* The events of which the script makes use: false if there is no such SA or
 * policy. */
bool kernel_soft_expire(uint8_t dst_last);
bool kernel_acquire(uint8_t net);

/* --- The peers: far.c ----------------------------------------------------- */

enum { FARS = 2 };

void far_open(void);
void far_close(void);
void far_hear(const struct ike_datagram *datagram);
/* Let them do what there is to do; true if there was something. */
bool far_turn(void);
uint64_t far_deadline(void);
void far_tick(void);

size_t far_children(int i);
size_t far_established(int i);
/* How often something was replaced, ever. */
unsigned far_rekeyed(int i);
void far_up(int i);
void far_down(int i);
void far_rekey(int i, bool ike);

/* --- What happens: script.c ----------------------------------------------- */

/* In this folder of its own. */
void script_begin(const char *folder, bool strict);
void script_end(void);
/* Something was done. */
bool script_turn(void);
uint64_t script_deadline(void);
/* NULL: all went as it must. */
const char *script_failure(void);
__attribute__((format(printf, 1, 2))) void script_fail(const char *format, ...);
bool script_over(void);

/* daemon/main.c, its main() renamed. */
int ipsecd_main(int argc, char **argv);

#endif

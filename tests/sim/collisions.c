/* collisions.c - stories of rekeys and deletes that meet, played in both roles, all orders of the nonces, with one message lost or late.
 * SPDX-License-Identifier: ISC
 *
 * Two hosts, x and y, 10 ms apart, have an IKE SA and a child or two.  A story
 * says who does what and when, from that moment on; whatever happens to a
 * message on its way, it must end as its row says: mostly with exactly one IKE
 * SA and exactly one pair of SAs a child, with no packet of users lost, no end
 * called a failure, and able to be rekeyed by both sides.
 *
 * Left out, as what they are about is not built:
 *  - several key exchanges in one rekey (RFC 9370), in each of their variants:
 *    regular, refused group, both sides, one side, a response that comes after
 *    IKE_FOLLOWUP_KE or a Delete, a Delete between the steps;
 *  - message ID synchronization (RFC 6311): there is no cluster.
 * Elsewhere, as they need a peer that does what a core never does: a child that
 * the peer has lost, the old or the new one deleted by the wrong side, by the
 * loser, or by nobody (tests/unit/hostile_rekey.c); IKE SAs without a child
 * (tests/sim/test_traces.c: no_esp_proposal, kernel_without_esp).
 */
#include "tests/sim/sim.h"

#include <assert.h>
#include <stdlib.h>

enum {
	UP_MS = 1000,
	STORY_MS = 3000, /* within which its messages are counted */
	SETTLE_MS = 200000,
	AGAIN_MS = 40000, /* an old IKE SA answers repeats for 30 s */
	QUIET_MS = 120000,
	PACKET_MS = 5, /* between two packets of users, at first .. */
	PACKETS_FAST = 200,
	PACKETS = 400,
	PACKET_SLOW_MS = 50, /* .. and then */
	ORDERS = 24,
	LATE_MS = 300,   /* past what follows at once */
	STALE_MS = 5000, /* past its own repetition */
};

/* --- What a story is made of ---------------------------------------------- */

enum ending {
	ENDS_ONE,         /* one IKE SA, one pair a child */
	ENDS_NO_CHILD,    /* one IKE SA, and its first child is down */
	ENDS_WITH_NOTHING /* no IKE SA */
};

enum {
	NONCES = 1,      /* the order of the four nonces matters .. */
	DECIDES = 2,     /* .. and without a fault decides who stays .. */
	OF_IKE = 4,      /* .. of IKE SAs, not of children */
	GAP = 8,         /* packets may be lost: something goes down */
	FAULT_GAP = 16,  /* .. if there is a fault */
	TOLD = 32,       /* a child goes down, and another one stays */
	STARTS = 64,     /* the children start by themselves */
	TWO = 128,       /* a second child */
	TWO_LATER = 256, /* a second child that is not up yet */
};

struct story {
	struct sim *sim;
	struct sim_link *link;
	struct sim_host *x, *y;
	unsigned side; /* of x in the link */
};

struct collision {
	const char *name;
	void (*play)(struct story *s);
	enum ending ends;
	unsigned flags;
	const char *ike, *esp; /* of both sides at first; NULL: the usual */
};

static void after(struct story *s, uint32_t ms)
{
	sim_run(s->sim, ms);
}

static const struct sim_host *other(
	const struct story *s, const struct sim_host *who)
{
	return who == s->x ? s->y : s->x;
}

static void rekey_ike(struct story *s, struct sim_host *who)
{
	sim_rekey_ike(s->sim, who, other(s, who));
}

static void rekey_child(struct story *s, struct sim_host *who)
{
	sim_rekey(s->sim, who, other(s, who), "c1");
}

static void delete_child(struct story *s, struct sim_host *who)
{
	sim_down(s->sim, who, other(s, who), "c1");
}

static void delete_ike(struct story *s, struct sim_host *who)
{
	sim_down(s->sim, who, other(s, who), NULL);
}

static void create_child(struct story *s, struct sim_host *who)
{
	sim_up(s->sim, who, other(s, who), "c2");
}

/* The next datagram of that host is late by so much, or lost. */
static void hold(struct story *s, const struct sim_host *who, uint32_t ms)
{
	s->sim->net.hold_ms[who->index] = ms;
}

static void lose(struct story *s, const struct sim_host *who)
{
	s->sim->net.hold_ms[who->index] = SIM_LOST;
}

/* From now on that host has these proposals; what is up stays as it is. */
static void prefer(
	struct story *s, struct sim_host *who, const char *ike, const char *esp)
{
	unsigned side = who == s->x ? s->side : 1 - s->side;
	struct sim_config same = who->config;

	if (ike)
		s->link->ike[side] = ike;
	for (size_t i = 0; esp && i < s->link->children; i++)
		s->link->child[i].esp[side] = esp;
	sim_configure(s->sim, who, &same);
}

static void expire_old(struct story *s, struct sim_host *who, bool hard)
{
	struct sim_kernel *kernel = &who->kernel;
	struct ike_sa_ref ref = { .dst = { 0 }, .spi = 0 };

	for (size_t i = kernel->sads; i-- > 0;) {
		if (!kernel->sad[i].sa.out)
			ref = kernel->sad[i].sa.ref; /* the oldest */
	}
	trace_line(s->sim, "%c: SA %08x is used up%s", who->letter, ref.spi,
		hard ? "" : " soon");
	memset(&s->sim->batch, 0, sizeof(s->sim->batch));
	ike_expire(who->ike, s->sim->now, ref, hard);
	sim_pump(s->sim, who);
}

/* --- The IKE SA is rekeyed (RFC 7296 sections 2.8, 2.8.2, 2.25.2) --------- */

#define IKE(GROUPS) "aes128gcm16-prfsha256-" GROUPS
#define ESP(GROUPS) "aes128gcm16-" GROUPS "noesn"

static void ike_rekey_regular(struct story *s)
{
	rekey_ike(s, s->x);
}

static void ike_rekey_group_refused(struct story *s)
{
	prefer(s, s->x, IKE("ecp256-x25519"), NULL);
	prefer(s, s->y, IKE("x25519-ecp256"), NULL);
	rekey_ike(s, s->x);
}

static void ike_collision(struct story *s)
{
	rekey_ike(s, s->x);
	rekey_ike(s, s->y);
}

static void ike_collision_one_group_refused(struct story *s)
{
	prefer(s, s->x, IKE("ecp256-x25519"), NULL);
	prefer(s, s->y, IKE("x25519-ecp256"), NULL);
	ike_collision(s);
}

static void refuse_both_groups(struct story *s)
{
	prefer(s, s->x, IKE("x25519-ecp384-ecp256"), NULL);
	prefer(s, s->y, IKE("ecp384-x25519-ecp256"), NULL);
}

static void ike_collision_both_groups_refused(struct story *s)
{
	refuse_both_groups(s);
	ike_collision(s);
}

/* The first request again, with the other group, comes when all is over. */
static void ike_collision_retry_late(struct story *s)
{
	ike_collision_both_groups_refused(s);
	after(s, 15);
	hold(s, s->x, 200);
}

static void ike_collision_response_late(struct story *s)
{
	ike_collision(s);
	after(s, 5);
	hold(s, s->x, LATE_MS);
}

static void ike_collision_request_lost(struct story *s)
{
	rekey_ike(s, s->x);
	lose(s, s->y);
	rekey_ike(s, s->y);
}

static void ike_collision_request_late(struct story *s)
{
	rekey_ike(s, s->x);
	hold(s, s->y, LATE_MS);
	rekey_ike(s, s->y);
}

/* The late request meets an SA that is being deleted; the answer to it comes
 * after that Delete .. */
static void ike_temporary_failure_after_delete(struct story *s)
{
	rekey_ike(s, s->x);
	hold(s, s->y, 15);
	rekey_ike(s, s->y);
}

/* .. or before it. */
static void ike_temporary_failure_before_delete(struct story *s)
{
	ike_temporary_failure_after_delete(s);
	after(s, 15);
	hold(s, s->x, 50);
}

static void ike_rekey_and_delete(struct story *s)
{
	rekey_ike(s, s->x);
	delete_ike(s, s->y);
}

static void ike_rekey_and_lost_delete(struct story *s)
{
	rekey_ike(s, s->x);
	lose(s, s->y);
	delete_ike(s, s->y);
}

static void ike_rekey_new_deleted(struct story *s)
{
	rekey_ike(s, s->x);
	after(s, 12);
	delete_ike(s, s->y);
}

static void ike_rekey_new_deleted_before_response(struct story *s)
{
	rekey_ike(s, s->x);
	after(s, 5);
	hold(s, s->y, LATE_MS);
	after(s, 7);
	delete_ike(s, s->y);
}

static void ike_rekey_and_own_delete(struct story *s)
{
	rekey_ike(s, s->x);
	after(s, 5);
	delete_ike(s, s->x);
}

/* --- A child is rekeyed (RFC 7296 sections 2.8, 2.8.1, 2.25.1) ------------ */

static void child_rekey_regular(struct story *s)
{
	rekey_child(s, s->x);
}

/* The peer may leave the key exchange out, as we propose that, too. */
static void child_rekey_key_exchange_optional(struct story *s)
{
	prefer(s, s->x, NULL, "aes128gcm16-noesn");
	prefer(s, s->y, NULL, "aes128gcm16-x25519-noesn aes128gcm16-noesn");
	rekey_child(s, s->x);
}

static void child_rekey_group_refused(struct story *s)
{
	prefer(s, s->x, NULL, ESP("x25519-ecp256-"));
	prefer(s, s->y, NULL, ESP("ecp256-x25519-"));
	rekey_child(s, s->x);
}

/* The responder waits for the Delete while its old one is used up. */
static void child_rekey_old_expires(struct story *s)
{
	rekey_child(s, s->x);
	after(s, 15);
	hold(s, s->x, LATE_MS);
	after(s, 35);
	expire_old(s, s->y, false);
	after(s, 50);
	if (s->y->kernel.sads > 2) /* the request was not lost */
		expire_old(s, s->y, true);
}

static void child_rekey_new_deleted(struct story *s)
{
	rekey_child(s, s->x);
	after(s, 12);
	delete_child(s, s->y);
}

static void child_rekey_new_deleted_before_response(struct story *s)
{
	rekey_child(s, s->x);
	after(s, 5);
	hold(s, s->y, LATE_MS);
	after(s, 7);
	delete_child(s, s->y);
}

static void child_delete_times_out(struct story *s)
{
	rekey_child(s, s->x);
	after(s, 15);
	s->sim->net.cut[0][1] = s->sim->net.cut[1][0] = true;
	after(s, 300000);
	network_heal(s->sim);
}

static void child_collision(struct story *s)
{
	rekey_child(s, s->x);
	rekey_child(s, s->y);
}

static void child_collision_one_group_refused(struct story *s)
{
	prefer(s, s->x, NULL, ESP("x25519-ecp256-"));
	prefer(s, s->y, NULL, ESP("ecp256-x25519-"));
	child_collision(s);
}

static void child_collision_both_groups_refused(struct story *s)
{
	prefer(s, s->x, NULL, ESP("ecp256-ecp384-x25519-"));
	prefer(s, s->y, NULL, ESP("ecp384-ecp256-x25519-"));
	child_collision(s);
}

static void child_collision_retry_late(struct story *s)
{
	child_collision_both_groups_refused(s);
	after(s, 15);
	hold(s, s->x, 200);
}

static void child_collision_response_late(struct story *s)
{
	child_collision(s);
	after(s, 5);
	hold(s, s->x, LATE_MS);
}

/* The late request meets a child that is being deleted, .. */
static void child_collision_request_late(struct story *s)
{
	rekey_child(s, s->x);
	hold(s, s->y, 15);
	rekey_child(s, s->y);
}

/* .. one that is gone, .. */
static void child_collision_request_later(struct story *s)
{
	rekey_child(s, s->x);
	hold(s, s->y, LATE_MS);
	rekey_child(s, s->y);
}

/* .. and so is its successor. */
static void child_collision_request_later_new_deleted(struct story *s)
{
	child_collision_request_later(s);
	after(s, 100);
	delete_child(s, s->x);
}

static void child_rekey_and_delete(struct story *s)
{
	rekey_child(s, s->x);
	delete_child(s, s->y);
}

static void child_rekey_and_lost_delete(struct story *s)
{
	rekey_child(s, s->x);
	lose(s, s->y);
	delete_child(s, s->y);
}

static void child_lost_rekey_and_delete(struct story *s)
{
	lose(s, s->x);
	rekey_child(s, s->x);
	delete_child(s, s->y);
}

static void child_rekey_and_own_delete(struct story *s)
{
	rekey_child(s, s->x);
	after(s, 5);
	delete_child(s, s->x);
}

static void child_rekey_and_ike_rekey(struct story *s)
{
	rekey_child(s, s->x);
	rekey_ike(s, s->y);
}

static void child_rekey_and_own_ike_rekey(struct story *s)
{
	rekey_child(s, s->x);
	rekey_ike(s, s->x);
}

static void all_rekey_all(struct story *s)
{
	sim_rekey(s->sim, s->x, s->y, NULL);
	sim_rekey(s->sim, s->y, s->x, NULL);
}

static void child_rekey_and_ike_delete(struct story *s)
{
	rekey_child(s, s->x);
	delete_ike(s, s->y);
}

/* --- Deletes, and a new child (RFC 7296 sections 1.4.1, 2.25) ------------- */

static void child_delete_regular(struct story *s)
{
	delete_child(s, s->x);
}

static void child_delete_both(struct story *s)
{
	delete_child(s, s->x);
	delete_child(s, s->y);
}

static void child_delete_both_one_lost(struct story *s)
{
	lose(s, s->x);
	child_delete_both(s);
}

static void child_delete_and_ike_rekey(struct story *s)
{
	delete_child(s, s->x);
	rekey_ike(s, s->y);
}

static void child_delete_and_ike_delete(struct story *s)
{
	delete_child(s, s->x);
	delete_ike(s, s->y);
}

static void ike_delete_regular(struct story *s)
{
	delete_ike(s, s->x);
}

static void ike_delete_both(struct story *s)
{
	delete_ike(s, s->x);
	delete_ike(s, s->y);
}

static void child_create_both(struct story *s)
{
	create_child(s, s->x);
	create_child(s, s->y);
}

static void child_create_and_ike_rekey(struct story *s)
{
	create_child(s, s->x);
	rekey_ike(s, s->y);
}

/* --- The rows ------------------------------------------------------------- */

#define STORY(NAME, ENDS, FLAGS)                                               \
	{                                                                      \
#NAME, NAME, ENDS, FLAGS, NULL, NULL                           \
	}
#define IKE_STORY(NAME, ENDS, FLAGS, GROUP)                                    \
	{                                                                      \
#NAME, NAME, ENDS, (FLAGS) | OF_IKE | TWO, IKE(GROUP), NULL    \
	}
#define KE_STORY(NAME, FLAGS)                                                  \
	{                                                                      \
#NAME, NAME, ENDS_ONE, FLAGS, NULL, ESP("x25519-")             \
	}

static const struct collision rows[] = {
	IKE_STORY(ike_rekey_regular, ENDS_ONE, 0, "x25519"),
	IKE_STORY(ike_rekey_group_refused, ENDS_ONE, 0, "ecp256"),
	IKE_STORY(ike_collision, ENDS_ONE, NONCES | DECIDES, "x25519"),
	IKE_STORY(ike_collision_one_group_refused, ENDS_ONE, NONCES, "ecp256"),
	IKE_STORY(ike_collision_both_groups_refused, ENDS_ONE, NONCES | DECIDES,
		"ecp256"),
	IKE_STORY(ike_collision_retry_late, ENDS_ONE, NONCES, "ecp256"),
	IKE_STORY(ike_collision_response_late, ENDS_ONE, NONCES | DECIDES,
		"x25519"),
	IKE_STORY(ike_collision_request_lost, ENDS_ONE, 0, "x25519"),
	IKE_STORY(ike_collision_request_late, ENDS_ONE, 0, "x25519"),
	IKE_STORY(ike_temporary_failure_after_delete, ENDS_ONE, 0, "x25519"),
	IKE_STORY(ike_temporary_failure_before_delete, ENDS_ONE, 0, "x25519"),
	STORY(ike_rekey_and_delete, ENDS_WITH_NOTHING, GAP),
	STORY(ike_rekey_and_lost_delete, ENDS_WITH_NOTHING, GAP),
	STORY(ike_rekey_new_deleted, ENDS_WITH_NOTHING, GAP),
	STORY(ike_rekey_new_deleted_before_response, ENDS_WITH_NOTHING, GAP),
	STORY(ike_rekey_and_own_delete, ENDS_WITH_NOTHING, GAP),
	STORY(child_rekey_regular, ENDS_ONE, 0),
	STORY(child_rekey_key_exchange_optional, ENDS_ONE, 0),
	KE_STORY(child_rekey_group_refused, 0),
	STORY(child_rekey_old_expires, ENDS_ONE, FAULT_GAP),
	STORY(child_rekey_new_deleted, ENDS_NO_CHILD, GAP),
	STORY(child_rekey_new_deleted_before_response, ENDS_NO_CHILD, GAP),
	STORY(child_delete_times_out, ENDS_ONE, GAP | STARTS),
	STORY(child_collision, ENDS_ONE, NONCES | DECIDES),
	KE_STORY(child_collision_one_group_refused, NONCES),
	KE_STORY(child_collision_both_groups_refused, NONCES | DECIDES),
	KE_STORY(child_collision_retry_late, NONCES),
	STORY(child_collision_response_late, ENDS_ONE, NONCES | DECIDES),
	STORY(child_collision_request_late, ENDS_ONE, 0),
	STORY(child_collision_request_later, ENDS_ONE, 0),
	STORY(child_collision_request_later_new_deleted, ENDS_NO_CHILD, GAP),
	STORY(child_rekey_and_delete, ENDS_NO_CHILD, GAP),
	STORY(child_rekey_and_lost_delete, ENDS_NO_CHILD, GAP),
	STORY(child_lost_rekey_and_delete, ENDS_NO_CHILD, GAP),
	STORY(child_rekey_and_own_delete, ENDS_NO_CHILD, GAP),
	STORY(child_rekey_and_ike_rekey, ENDS_ONE, TWO),
	STORY(child_rekey_and_own_ike_rekey, ENDS_ONE, TWO),
	STORY(all_rekey_all, ENDS_ONE, TWO | NONCES),
	STORY(child_rekey_and_ike_delete, ENDS_WITH_NOTHING, GAP),
	STORY(child_delete_regular, ENDS_NO_CHILD, GAP),
	STORY(child_delete_both, ENDS_NO_CHILD, GAP),
	STORY(child_delete_both_one_lost, ENDS_NO_CHILD, GAP),
	STORY(child_delete_and_ike_rekey, ENDS_NO_CHILD, GAP),
	STORY(child_delete_and_ike_delete, ENDS_WITH_NOTHING, GAP),
	STORY(ike_delete_regular, ENDS_WITH_NOTHING, GAP),
	STORY(ike_delete_both, ENDS_WITH_NOTHING, GAP),
	STORY(child_create_both, ENDS_ONE, TWO_LATER | TOLD),
	STORY(child_create_and_ike_rekey, ENDS_ONE, TWO_LATER),
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const char *collision_name(size_t which)
{
	return which < ROWS ? rows[which].name : NULL;
}

/* --- The stage ------------------------------------------------------------ */

static struct story stage(struct sim *sim, const struct collision *row,
	const struct collision_case *how)
{
	struct story s = { .sim = sim, .side = how->role };

	sim_add_host(sim);
	sim_add_host(sim);
	s.link = sim_add_link(sim, 0, 1);
	if (row->flags & (TWO | TWO_LATER))
		sim_add_child(sim, s.link, IKE_MODE_TUNNEL);
	s.x = &sim->host[how->role];
	s.y = &sim->host[1 - how->role];
	for (unsigned i = 0; i < 2; i++) {
		if (row->ike)
			s.link->ike[i] = row->ike;
		for (size_t c = 0; c < s.link->children; c++) {
			if (row->esp)
				s.link->child[c].esp[i] = row->esp;
			if (row->flags & STARTS)
				s.link->child[c].start[i] = IKE_START_NOW;
		}
	}
	sim_start_both(sim);
	return s;
}

/* The first host dials, whoever is x. */
static void connect(struct story *s, const struct collision *row)
{
	struct sim *sim = s->sim;

	sim_up(sim, &sim->host[0], &sim->host[1],
		row->flags & TWO_LATER ? "c1" : NULL);
	sim_run(sim, row->flags & STARTS ? 20 * UP_MS : UP_MS);
}

/* Of the ranks 0 to 3 which each of the four nonces has: x asks, y answers, y
 * asks, x answers. */
static void ranks_of(unsigned order, uint8_t rank[4])
{
	bool taken[4] = { false };

	for (unsigned i = 0; i < 4; i++) {
		unsigned left = 4 - i, pick = order % left, at = 0;

		order /= left;
		while (taken[at] || pick > 0) {
			pick -= !taken[at];
			at++;
		}
		taken[at] = true;
		rank[i] = (uint8_t)at;
	}
}

static void rank_nonces(struct story *s, unsigned order)
{
	uint8_t rank[4];

	ranks_of(order, rank);
	s->x->ranked = s->y->ranked = true;
	s->x->rank[0] = (uint8_t)(16 + rank[0]);
	s->y->rank[1] = (uint8_t)(16 + rank[1]);
	s->y->rank[0] = (uint8_t)(16 + rank[2]);
	s->x->rank[1] = (uint8_t)(16 + rank[3]);
}

/* --- Packets of users ----------------------------------------------------- */

static void send_packets(struct sim *sim, struct event *event)
{
	unsigned left = event->reqid;

	for (unsigned side = 0; side < 2; side++) {
		const struct sim_child *child = &sim->link[0].child[0];
		struct ike_flow flow = sim_kernel_flow(
			&child->local[side][0], &child->remote[side][0]);

		sim_kernel_packet(sim, &sim->host[side], &flow, false);
	}
	if (left > 0)
		sim_event(sim,
			left > PACKETS - PACKETS_FAST ? PACKET_MS
						      : PACKET_SLOW_MS,
			send_packets, 0)
			->reqid = left - 1;
}

static void start_packets(struct story *s)
{
	s->sim->packets = s->sim->packets_arrived = 0;
	sim_event(s->sim, 0, send_packets, 0)->reqid = PACKETS;
}

/* --- How it must end ------------------------------------------------------ */

static size_t all_ike_sas(const struct sim_host *host)
{
	struct ike_sa_status sa;
	uint64_t at = 0;
	size_t count = 0;

	while (ike_next_sa(host->ike, &at, &sa))
		count++;
	return count;
}

/* So many IKE SAs and pairs at both ends, and nothing else. */
static void check_counts(struct story *s, size_t sas, size_t pairs)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct sim_host *host = &s->sim->host[i];

		if (all_ike_sas(host) != sas)
			sim_fail(s->sim, "ending",
				"%c has %zu IKE SAs, not %zu", host->letter,
				all_ike_sas(host), sas);
		if (host->kernel.sads != 2 * pairs)
			sim_fail(s->sim, "ending", "%c has %zu SAs, not %zu",
				host->letter, host->kernel.sads, 2 * pairs);
	}
}

static void check_one(struct story *s)
{
	if (s->sim->failed)
		return;
	check_counts(s, 1, s->link->children);
	oracle_converged(s->sim);
}

static void check_ending(struct story *s, enum ending ends)
{
	struct sim *sim = s->sim;

	if (sim->failed)
		return;
	if (ends == ENDS_ONE) {
		check_one(s);
		return;
	}
	check_counts(s, ends == ENDS_NO_CHILD ? 1 : 0,
		ends == ENDS_NO_CHILD ? s->link->children - 1 : 0);
	sim_up(sim, s->x, s->y, NULL);
	sim_run(sim, AGAIN_MS);
	check_one(s);
}

/* When the inbound SA of a host's first child was installed. */
static uint64_t installed_ms(const struct sim_host *host)
{
	const struct sim_kernel *kernel = &host->kernel;

	for (size_t i = 0; i < kernel->sads; i++) {
		if (!kernel->sad[i].sa.out)
			return kernel->sad[i].born_ms;
	}
	return 0;
}

static bool is_ike_initiator(const struct sim_host *host)
{
	struct ike_sa_status sa;
	uint64_t at = 0;

	return ike_next_sa(host->ike, &at, &sa) && sa.initiator;
}

/* RFC 7296 section 2.8.1: of the two new SAs the one whose exchange has the
 * lowest of the four nonces is gone.  A child's responder installs first. */
static void check_survivor(
	struct story *s, const struct collision *row, unsigned order)
{
	uint8_t rank[4];
	bool x_stays, x_lives;

	if (s->sim->failed)
		return;
	ranks_of(order, rank);
	x_stays = rank[0] != 0 && rank[1] != 0;
	x_lives = row->flags & OF_IKE ? is_ike_initiator(s->x)
				      : installed_ms(s->y) < installed_ms(s->x);
	if (x_stays != x_lives)
		sim_fail(s->sim, "nonces",
			"the SA that %c asked for %s, and its exchange has %s",
			s->x->letter, x_lives ? "stays" : "is gone",
			x_stays ? "not the lowest nonce" : "the lowest nonce");
}

/* Nobody is told that anything went down, and no packet of users is lost. */
static void check_unnoticed(struct story *s, const struct collision *row)
{
	const struct sim *sim = s->sim;

	for (unsigned i = 0; i < 2 && !sim->failed; i++) {
		const struct sim_host *host = &sim->host[i];

		if ((host->downs && !(row->flags & TOLD)) || host->ike_downs)
			sim_fail(s->sim, "ending", "%c says that %s is down",
				host->letter,
				host->downs ? "a child" : "the IKE SA");
	}
	if (!sim->failed && sim->packets != sim->packets_arrived)
		sim_fail(s->sim, "packets", "%llu of %llu are lost",
			(unsigned long long)(sim->packets -
					     sim->packets_arrived),
			(unsigned long long)sim->packets);
}

/* Both sides can rekey what came of it, one after the other. */
static void rekey_again(struct story *s)
{
	for (unsigned i = 0; i < 2 && !s->sim->failed; i++) {
		struct sim_host *who = i == 0 ? s->y : s->x;
		uint64_t before = who->kernel.births;
		bool initiator;

		sim_rekey(s->sim, who, other(s, who), NULL);
		sim_run(s->sim, AGAIN_MS);
		check_one(s);
		initiator = s->sim->failed || is_ike_initiator(who);
		if (!initiator || who->kernel.births == before)
			sim_fail(s->sim, "ending", "%c cannot rekey any more",
				who->letter);
	}
}

static void hang_up(struct story *s)
{
	for (unsigned i = 0; i < 2 && !s->sim->failed; i++)
		sim_down(s->sim, &s->sim->host[i], &s->sim->host[1 - i], NULL);
	sim_run(s->sim, QUIET_MS);
	if (!s->sim->failed)
		oracle_silent(s->sim);
}

/* --- One case ------------------------------------------------------------- */

unsigned collision_run(
	struct sim *sim, size_t which, const struct collision_case *how)
{
	const struct collision *row = &rows[which];
	struct story s = stage(sim, row, how);
	unsigned messages;

	connect(&s, row);
	if (row->flags & NONCES)
		rank_nonces(&s, how->order);
	sim->net.ike_sent = 0;
	sim->net.nth = how->nth;
	sim->net.late_ms = how->late_ms;
	start_packets(&s);
	row->play(&s);
	sim_run(sim, STORY_MS);
	messages = sim->net.ike_sent;
	s.x->ranked = s.y->ranked = false;
	sim_run(sim, SETTLE_MS);
	if (!(row->flags & (how->nth ? GAP | FAULT_GAP : GAP)))
		check_unnoticed(&s, row);
	if ((row->flags & DECIDES) && how->nth == 0)
		check_survivor(&s, row, how->order);
	check_ending(&s, row->ends);
	rekey_again(&s);
	hang_up(&s);
	return messages;
}

/* --- All cases of one story ----------------------------------------------- */

static bool run_case(size_t which, const struct collision_case *how,
	unsigned *messages, struct collision_sum *sum)
{
	struct sim *sim = sim_new(1);

	assert(sim);
	*messages = collision_run(sim, which, how);
	sum->cases++;
	if (sim->failed) {
		sum->failed = *how;
		snprintf(
			sum->failure, sizeof(sum->failure), "%s", sim->failure);
	}
	sim_free(sim);
	return sum->failure[0] == '\0';
}

/* One message after the other is lost, or late. */
static bool run_faults(size_t which, const struct collision_case *how,
	unsigned messages, bool all, struct collision_sum *sum)
{
	static const uint32_t late[] = { 0, LATE_MS, STALE_MS };
	unsigned unused;

	for (unsigned nth = 1; nth <= messages; nth++) {
		for (unsigned i = 0; i < (all ? 3 : 2); i++) {
			struct collision_case faulty = *how;

			faulty.nth = nth;
			faulty.late_ms = late[i];
			if (!run_case(which, &faulty, &unused, sum))
				return false;
		}
	}
	return true;
}

/* Each of the four is the lowest once. */
static bool is_distinct(unsigned order)
{
	return order == 0 || order == 3 || order == 10 || order == 21;
}

bool collision_run_all(size_t which, bool all, struct collision_sum *sum)
{
	unsigned orders = rows[which].flags & NONCES ? ORDERS : 1;
	unsigned messages;

	memset(sum, 0, sizeof(*sum));
	for (unsigned role = 0; role < 2; role++) {
		for (unsigned order = 0; order < orders; order++) {
			struct collision_case how = { role, order, 0, 0 };

			if (!run_case(which, &how, &messages, sum))
				return false;
			if ((all || is_distinct(order)) &&
				!run_faults(which, &how, messages, all, sum))
				return false;
		}
	}
	return true;
}

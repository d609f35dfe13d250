/* sim.h - hosts, a network and kernels in virtual time: the whole of a simulation.
 * SPDX-License-Identifier: ISC
 *
 * A simulation runs up to four cores as their owner would: it carries datagrams
 * between them, answers what they ask and carries out their effects in kernels
 * that are lists in memory.  Nothing sleeps and nothing is random but by the
 * seed: the same seed gives the same trace, octet for octet.
 *
 * Whatever breaks an invariant calls sim_fail(); the first one is kept, and the
 * simulation stops there.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "ikev2/ikev2.h"

#include <stdio.h>

enum {
	SIM_HOSTS = 4,
	SIM_LINKS = 6, /* one a pair of hosts */
	SIM_CHILDREN = 3,
	SIM_SELECTORS = 3,
	SIM_SAD = 512,
	SIM_SPD = 512,
	SIM_FORMER = 32,
	SIM_SEEN = 64, /* datagrams that the attacker remembers */
	SIM_LATE_MS = 120000,
	SIM_HELD = 64, /* datagrams that wait for somebody to deliver them */
};

/* --- Random numbers ------------------------------------------------------- */

/* xoshiro256**, seeded by splitmix64. */
struct prng {
	uint64_t state[4];
};

void prng_seed(struct prng *prng, uint64_t seed, uint64_t stream);
uint64_t prng_next(struct prng *prng);
/* 0 .. below - 1; below 0 gives 0. */
uint32_t prng_below(struct prng *prng, uint32_t below);
bool prng_chance(struct prng *prng, uint32_t per_mille);

/* FNV-1a over len octets, going on from hash. */
uint64_t hash_more(uint64_t hash, const void *at, size_t len);
enum { HASH_START = 1469598103 };

/* --- Links: what two hosts agree about ------------------------------------ */

struct sim_child {
	char name[8];
	enum ike_mode mode;
	enum ike_start start[2];
	const char *esp[2]; /* proposals, separated by spaces */
	/* what each side configures as its own end and as the other's */
	struct ike_selector local[2][SIM_SELECTORS];
	struct ike_selector remote[2][SIM_SELECTORS];
	uint8_t local_count[2], remote_count[2];
	uint64_t rekey_packets;
	uint32_t inactivity_ms; /* of side 0 */
	uint32_t rekey_ms;      /* by either side; 0: never */
	bool fits;              /* both sides can agree about it */
};

struct sim_link {
	unsigned host[2];
	uint8_t family;     /* outside */
	const char *ike[2]; /* proposals, separated by spaces */
	bool fits;          /* same key, a suite in common */
	bool by_name;       /* remote is a name, to be resolved */
	bool any;           /* side 1 takes side 0 from anywhere, by identity */
	bool dials[2];      /* can reach the other */
	enum ike_auth auth[2]; /* how each side proves itself */
	enum ike_encap encap;
	bool fragmentation[2];
	bool mobike[2];
	uint32_t dpd_ms, base_ms;
	uint32_t reauth_ms[2]; /* of each side; 0: never */
	uint32_t rekey_ms;     /* the IKE SA's, by either side; 0: never */
	uint8_t tries;
	enum ike_unique unique;
	bool childless;
	enum ike_action dpd_action, close_action; /* of side 0 */
	struct sim_child child[SIM_CHILDREN];
	size_t children;
	enum ike_mode shunt[2]; /* pass or drop: a hole in the first child, see
	                         * sim_shunt_selectors; tunnel: none */
	bool downed[2];         /* the last wish there was "down" */
	bool wished;            /* somebody said "up" */
};

/* The ways in which a configuration differs from the first one. */
enum sim_variant {
	VARIANT_PSK = 1,       /* another key: the whole peer anew */
	VARIANT_SELECTORS = 2, /* the first child anew */
	VARIANT_SUITE = 4,     /* at the next negotiation */
	VARIANT_DPD = 8,       /* nothing */
	VARIANT_WINDOW = 16,   /* all children rekeyed at once */
	VARIANT_WIDER = 32,    /* the first child rekeyed, or anew */
	VARIANTS = 64,
};

/* Those that say what the selectors of a child are: 0 for all but the first. */
static inline unsigned sim_shape(size_t child, uint8_t variant)
{
	return child == 0 ? variant & (VARIANT_SELECTORS | VARIANT_WIDER) : 0;
}

/* What one host has in its configuration, link by link. */
struct sim_config {
	bool present[SIM_LINKS];
	uint8_t variant[SIM_LINKS];
};

/* --- A kernel that records ------------------------------------------------ */

struct sad_entry {
	struct ike_ipsec_sa sa;
	uint64_t child;
	uint64_t born; /* order of installation */
	uint64_t born_ms;
	uint32_t life; /* of the core that put it in */
	struct ike_counters used;
	uint64_t sequence; /* of the last packet sent, or the newest received */
};

struct spd_entry {
	struct ike_policy policy;
	uint32_t life;
	uint64_t asked_ms; /* last acquire; 0: none */
};

struct sim_kernel {
	struct sad_entry sad[SIM_SAD];
	struct spd_entry spd[SIM_SPD];
	size_t sads, spds;
	uint64_t births;
	uint32_t refuse_sa, refuse_policy; /* per mille */
	bool no_esp;
	bool policy_refused; /* ever, for this core */
};

struct sim_host {
	struct sim *sim;
	unsigned index;
	char letter;
	struct ike *ike; /* NULL: killed or stopped */
	uint32_t life;
	bool stopping;
	bool natted;
	struct ike_addr addr[2];            /* IPv4, IPv6 */
	struct ike_addr former[SIM_FORMER]; /* which it had before */
	unsigned formers;
	struct ike_limits limits;
	struct prng random;
	bool ranked;     /* its nonces begin with .. */
	uint8_t rank[2]; /* .. this when it asks, this when it answers */
	struct sim_kernel kernel;
	struct sim_config config;
	char last_cause_text[256]; /* of the last IKE_REPORT_FAILED */
	enum ike_cause last_cause;
	unsigned ups, downs;         /* reports of children */
	unsigned ike_downs;          /* .. and of IKE SAs */
	unsigned repeats[SIM_HOSTS]; /* of requests, to each other host */
};

/* --- The network ---------------------------------------------------------- */

enum packet_kind {
	PACKET_IKE,
	PACKET_ESP,
};

/* What the attacker did to it. */
enum packet_truth {
	PACKET_TRUE,
	PACKET_REPLAYED, /* true octets, again */
	PACKET_FORGED,   /* made up or altered */
};

struct packet {
	enum packet_kind kind;
	enum packet_truth truth;
	struct ike_endpoint from, to;
	/* ESP: what it claims to be */
	uint32_t spi;
	bool encap;
	struct secret encr_key, integ_key;
	struct ike_flow flow;
	uint64_t sequence;
	uint64_t ping; /* a number to know it again; 0: none */
	bool strict;   /* its loss is a failure */
	size_t len;
	uint8_t data[];
};

enum { NAT_MAPPINGS = 64 };

#define SIM_LOST UINT32_MAX

struct nat_mapping {
	struct ike_endpoint inside;
	uint16_t port;
	uint64_t used_ms;
};

/* On its way for as long as somebody likes. */
struct held {
	struct packet *packet; /* owned */
	unsigned sender;
};

struct sim_network {
	bool hold; /* nothing arrives but by network_deliver */
	struct held held[SIM_HELD];
	size_t held_count;
	uint32_t delay_ms, jitter_ms;
	uint32_t loss, duplicate, reorder; /* per mille */
	uint32_t late;                     /* per mille: up to LATE_MS more */
	uint32_t mtu; /* a longer IP datagram of IKE vanishes, but that of an
		       * IKE_SA_INIT, which nobody can cut; 0: there is none */
	bool cut[SIM_HOSTS][SIM_HOSTS];
	unsigned lose_next[SIM_HOSTS]; /* so many of what each host sends */
	unsigned ike_sent;             /* IKE datagrams, by all */
	unsigned nth;     /* the one that is late, or lost; 0: none */
	uint32_t late_ms; /* by so much; 0: lost */
	uint32_t hold_ms[SIM_HOSTS]; /* the next one of a host is late by it,
	                              * or SIM_LOST */
	bool nat;
	struct ike_addr nat_addr; /* after so many others, each one lower */
	uint8_t nat_moves;
	unsigned nat_host;
	struct nat_mapping mapping[NAT_MAPPINGS];
	size_t mappings;
	uint16_t next_port;
	uint32_t hostile; /* per mille of the datagrams provoke the attacker */
	struct packet *seen[SIM_SEEN];
	size_t seen_count;
};

/* --- Events --------------------------------------------------------------- */

struct event {
	uint64_t at, order;
	void (*run)(struct sim *sim, struct event *event);
	unsigned host;
	uint32_t life;         /* of the host that caused it; 0: any */
	struct packet *packet; /* owned */
	char peer[MAX_NAME];
	uint64_t asked; /* of IKE_RESOLVE */
	uint32_t reqid;
	struct ike_flow flow;
	struct ike_endpoint from;
	struct revocation_question *question; /* owned */
};

/* What is to be had by http. */
struct sim_web {
	/* At the question's URL: nothing of length 0; borrowed.  NULL: there
	 * is no server at all. */
	struct bytes (*serve)(
		struct sim *sim, const struct revocation_question *question);
	uint32_t delay_ms; /* until it is there; SIM_LOST: for ever */
	unsigned asked;    /* by all hosts */
};

/* --- What an input to one core causes ------------------------------------- */

enum { BATCH_ANSWERED = 8, BATCH_QUERIES = 64 };

/* From one input until the core has no effect left. */
struct batch {
	const struct packet *packet; /* NULL: not a datagram */
	unsigned effects, sends, sa_changes, policy_changes, bad_news;
	uint64_t answered[BATCH_ANSWERED]; /* IKE SAs a response went out for */
	unsigned answers;
	uint64_t reply_hash; /* of the response to `packet`; 0: none */
	uint8_t reply_spi_r[IKE_SPI_LEN];
	unsigned queries;
	struct ike_effect query[BATCH_QUERIES]; /* as many are set */
};

struct oracle;
struct trace;

struct sim {
	uint64_t seed;
	struct ike_now now;
	int64_t wall_s; /* unix_s when it all began: steps with the clock */
	struct prng prng, weather; /* choices of the scenario, of the network */
	struct sim_host host[SIM_HOSTS];
	unsigned hosts;
	struct sim_link link[SIM_LINKS];
	size_t links;
	struct sim_network net;
	struct sim_web web;
	struct event **heap;
	size_t events, events_size;
	uint64_t order;
	uint64_t steps, stuck;
	uint64_t max_steps; /* then it does not end */
	struct batch batch;
	struct oracle *oracle;
	struct trace *trace;
	/* May alter what a core draws; NULL: it does not. */
	void (*draw)(struct sim *sim, uint8_t *out, size_t len);
	/* May alter a peer before a core gets it; NULL: it does not. */
	void (*dress)(struct sim *sim, const struct sim_host *host,
		struct ike_peer *peer);
	/* Is told why an exchange failed; NULL: nobody is. */
	void (*explained)(struct sim *sim, const struct sim_host *host,
		const struct ike_explanation *why);
	void *owner;
	uint64_t pings_arrived; /* highest strict ping that came through */
	uint64_t packets;       /* of users, that were to leave as ESP .. */
	uint64_t packets_arrived;
	uint64_t packets_lost; /* by the network */
	bool clock_steps;
	bool was_late; /* the network has delayed by minutes */
	bool calm;     /* no faults at all: strict bounds */
	bool failed;
	char failure[512];
};

/* A simulation without hosts, or NULL without memory. */
struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *sim);
void sim_fail(struct sim *sim, const char *invariant, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Hosts are a, b, c, d, with 192.0.2.1 .. and 2001:db8::1 .. */
struct sim_host *sim_add_host(struct sim *sim);
/* A core for it, with its configuration; what an earlier one left in the kernel
 * is swept as the daemon does. */
void sim_start(struct sim *sim, struct sim_host *host);
/* The first two hosts, with the first link in their configuration. */
void sim_start_both(struct sim *sim);
void sim_kill(struct sim *sim, struct sim_host *host);
/* The clean stop: what is asked now ends some virtual seconds later. */
void sim_stop(struct sim *sim, struct sim_host *host);
/* Give it a configuration; a running core gets the difference. */
void sim_configure(struct sim *sim, struct sim_host *host,
	const struct sim_config *config);

/* The host has this address instead of the one it had (family 0 of addr: it has
 * none any more); its core hears of it. */
void sim_readdress(struct sim *sim, struct sim_host *host, uint8_t family,
	struct ike_addr addr);

/* Wishes, as ipsec-ctl would say them. */
enum ike_wish_result sim_up(struct sim *sim, struct sim_host *host,
	const struct sim_host *other, const char *child);
enum ike_wish_result sim_down(struct sim *sim, struct sim_host *host,
	const struct sim_host *other, const char *child);
enum ike_wish_result sim_rekey(struct sim *sim, struct sim_host *host,
	const struct sim_host *other, const char *child);
/* The IKE SA alone. */
enum ike_wish_result sim_rekey_ike(
	struct sim *sim, struct sim_host *host, const struct sim_host *other);

struct event *sim_event(struct sim *sim, uint64_t delay_ms,
	void (*run)(struct sim *sim, struct event *event), unsigned host);

/* One event or one deadline, if there is one until then; false: there is not,
 * or the simulation has failed. */
bool sim_step(struct sim *sim, uint64_t until_ms);
/* Everything of the next span of virtual time. */
void sim_run(struct sim *sim, uint64_t span_ms);

/* The host that an address belongs to (behind the NAT: the host there), or
 * NULL. */
struct sim_host *sim_host_at(struct sim *sim, const struct ike_addr *addr);
/* The same, also for an address that it had once. */
struct sim_host *sim_host_ever_at(struct sim *sim, const struct ike_addr *addr);
struct ike_addr sim_addr(const struct sim_host *host, uint8_t family);

/* Around an input; packet: the datagram that it is, or NULL. */
void sim_begin(struct sim *sim, const struct packet *packet);
/* Drain the effects of a core after an input. */
void sim_pump(struct sim *sim, struct sim_host *host);

/* --- peers.c -------------------------------------------------------------- */

/* A link of two hosts with one tunnel child that waits; the caller alters it
 * before anybody is configured. */
struct sim_link *sim_add_link(struct sim *sim, unsigned a, unsigned b);
/* What a host of that name proves itself with, certified by that authority, and
 * what others trust of both: the authority, and the host's raw key. */
struct credential *sim_credential(const char *authority, const char *name);
struct trust *sim_trust(const char *authority, const char *name);
struct sim_child *sim_add_child(
	struct sim *sim, struct sim_link *link, enum ike_mode mode);
struct ike_selector sim_net4(
	uint8_t b1, uint8_t b2, uint8_t b3, uint8_t b4, uint8_t prefix);
struct ike_selector sim_net6(uint16_t second, uint16_t third, uint8_t prefix);
/* The set of peers of a host in a configuration; before: what it had (NULL:
 * nothing).  False without memory. */
bool sim_peers(struct sim *sim, const struct sim_host *host,
	const struct sim_config *config, const struct sim_config *before,
	struct ike_peers *out);
/* The selectors of a child in one variant. */
void sim_child_selectors(const struct sim_child *child, unsigned side,
	unsigned shape, struct ike_selector local[SIM_SELECTORS],
	struct ike_selector remote[SIM_SELECTORS]);

/* The selectors of a link's shunt, within those of its first child. */
void sim_shunt_selectors(const struct sim_link *link, unsigned side,
	struct ike_selector *local, struct ike_selector *remote);

/* --- network.c ------------------------------------------------------------ */

void network_send(
	struct sim *sim, struct sim_host *from, const struct ike_datagram *);
/* Takes the packet over. */
void network_send_esp(
	struct sim *sim, struct sim_host *from, struct packet *packet);
void network_heal(struct sim *sim);
/* The NAT forgets its mappings: what comes from inside next has another port,
 * and with moved another address, too. */
void sim_nat_rebind(struct sim *sim, bool moved);
/* Of the datagrams held back, in the order in which they were sent: let one
 * arrive now, lose one, or let all of them go their way. */
void network_deliver(struct sim *sim, size_t i);
void network_lose(struct sim *sim, size_t i);
void network_release(struct sim *sim);
/* A copy of one is on its way, too, behind all others; with other bits in the
 * octet at (modulo its length), unless bits is 0. */
void network_repeat(struct sim *sim, size_t i, size_t at, uint8_t bits);
/* Something from nobody: noise, or a flood of first messages. */
void network_noise(struct sim *sim);
void network_free(struct sim *sim);

/* --- kernel.c ------------------------------------------------------------- */

/* NULL, or why not. */
const char *sim_kernel_apply(
	struct sim *sim, struct sim_host *host, const struct ike_effect *e);
const struct sad_entry *sim_kernel_find(
	const struct sim_kernel *kernel, struct ike_sa_ref ref, bool out);
/* The policy for a packet that leaves, or NULL: in clear. */
struct spd_entry *sim_kernel_policy_out(
	struct sim_kernel *kernel, const struct ike_flow *flow);
void sim_kernel_sweep(struct sim_host *host);
/* A local packet: it becomes ESP, or an acquire, or goes in clear. */
void sim_kernel_packet(struct sim *sim, struct sim_host *host,
	const struct ike_flow *flow, bool strict);
void sim_kernel_receive_esp(
	struct sim *sim, struct sim_host *host, const struct packet *packet);
bool selector_holds(const struct ike_selector *selector,
	const struct ike_addr *addr, uint8_t protocol, uint16_t port);
/* A packet of this pair of selectors. */
struct ike_flow sim_kernel_flow(
	const struct ike_selector *local, const struct ike_selector *remote);

/* --- oracle.c, oracle_messages.c, oracle_settled.c ------------------------ */

struct oracle *oracle_new(void);
void oracle_free(struct oracle *oracle);
void oracle_send(struct sim *sim, struct sim_host *host,
	const struct ike_effect *effect);
void oracle_gave_up(struct sim *sim, const struct sim_host *host,
	const struct ike_report *report);
void oracle_effect(struct sim *sim, struct sim_host *host,
	const struct ike_effect *effect, bool refused);
void oracle_after(struct sim *sim, struct sim_host *host);
void oracle_time(struct sim *sim);
/* What is over is not needed any more: for simulations that take months. */
void oracle_forget(struct sim *sim);
/* A child is up so often at both ends (0 or 1), as one pair of SAs, and packets
 * go through it both ways. */
void oracle_pair(struct sim *sim, struct sim_host *a, struct sim_host *b,
	const char *child, size_t expected);
/* Phase two: everything healed and some time gone by. */
void oracle_converged(struct sim *sim);
void oracle_silent(struct sim *sim);
void oracle_gone(struct sim *sim, struct sim_host *host);
/* IKE SAs of a host with another that are established. */
size_t oracle_ike_sas(struct sim *sim, const struct sim_host *host,
	const struct sim_host *other);
/* Children of that name that are up, under any of them. */
size_t oracle_children(struct sim *sim, const struct sim_host *host,
	const struct sim_host *other, const char *child,
	struct ike_child_status *one);

/* --- trace.c -------------------------------------------------------------- */

/* Keep lines (and packets, for a pcap); to: also print them (NULL: do not). */
void trace_start(struct sim *sim, FILE *to);
/* Keep nothing but the keys, for trace_open. */
void trace_keys(struct sim *sim);
bool trace_on(const struct sim *sim);
void trace_line(struct sim *sim, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void trace_send(struct sim *sim, const struct sim_host *host,
	const struct ike_datagram *datagram);
void trace_secrets(struct sim *sim, const struct sim_host *host);
/* What stands in the SK payload of a message whose keys were seen: opened in
 * copy (4,096 octets), from *begin to *end there. */
bool trace_open(const struct sim *sim, const uint8_t *message, size_t len,
	uint8_t *copy, size_t *begin, size_t *end);
const char *trace_text(const struct sim *sim);
void trace_clear(struct sim *sim);
uint64_t trace_hash(const struct sim *sim);
/* A packet that leaves through an outbound SA. */
void trace_esp(struct sim *sim, const struct ike_ipsec_sa *sa,
	const struct ike_flow *flow, uint64_t sequence);
/* NAME.pcap, and NAME.wireshark, which opens it decrypted: capture.h.  to: where
 * it is said how. */
bool trace_pcap(const struct sim *sim, const char *name, FILE *to);
void trace_free(struct sim *sim);

/* --- scenario.c ----------------------------------------------------------- */

/* Two phases of one seed: faults, then healing.  The simulation is freed by the
 * caller; sim->failed says how it ended. */
void scenario_run(struct sim *sim);
/* The second phase alone, of hosts and links that the caller made. */
void scenario_heal(struct sim *sim);

/* --- collisions.c --------------------------------------------------------- */

struct collision_case {
	unsigned role;    /* 0, 1: the host that is x */
	unsigned order;   /* of the four nonces, 0 to 23 */
	unsigned nth;     /* of the IKE datagrams: lost, or late; 0: none */
	uint32_t late_ms; /* 0: lost */
};

struct collision_sum {
	unsigned cases;
	struct collision_case failed;
	char failure[512]; /* empty: none */
};

/* The name of a story; NULL behind the last. */
const char *collision_name(size_t which);
/* One case of it; gives how many IKE datagrams the story sent. */
unsigned collision_run(
	struct sim *sim, size_t which, const struct collision_case *how);
/* Both roles, all orders, and faults in some of them, or in all; until the
 * first that fails (false). */
bool collision_run_all(size_t which, bool all, struct collision_sum *sum);

#endif

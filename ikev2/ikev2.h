/* ikev2.h - IKEv2 as a pure function of its inputs.
 * SPDX-License-Identifier: ISC
 *
 * The library reads no clock, opens no socket, starts no timer and keeps no
 * global.  Its owner feeds it datagrams, wishes and the time, and then carries
 * out the effects it emits, in the order it emits them.  The same inputs and
 * the same random bytes always give the same effects.
 *
 * Who owns what: inputs are borrowed for the call; the engine owns its SAs, and
 * an SA its children; peers are shared and counted; an effect and the bytes it
 * points to are borrowed until the next ike_effect().
 */
#ifndef IKEV2_IKEV2_H
#define IKEV2_IKEV2_H

#include "ikev2/crypto/secret.h"
#include "ikev2/peer.h"

#define IKE_NEVER UINT64_MAX

struct ike_now {
	uint64_t mono_ms; /* drives every deadline */
	int64_t unix_s;   /* only judges certificates */
};

enum ike_log_level {
	IKE_LOG_ERROR,
	IKE_LOG_WARNING,
	IKE_LOG_INFO,
	IKE_LOG_DEBUG,
};

struct ike_fact;
struct ike_event;

/* One line of the log, which facts.h writes: no secrets. */
struct ike_log {
	const struct ike_event *event; /* NULL: a sentence alone */
	enum ike_log_level level;
	const char *peer; /* name, or NULL; so are the next two */
	const char *child;
	const char *cause;
	const struct ike_fact *facts; /* NULL: none */
	const char *text;             /* the same for people */
	/* What anybody can cause who sends packets is said ten times a second
	 * at most (N52); left_out: how often it was not, before this. */
	bool anybody;
	uint32_t left_out;
};

/* The two things no protocol can do without.  random must fill out for ever;
 * log may be NULL. */
struct ike_env {
	void (*random)(void *ctx, uint8_t *out, size_t len);
	void (*log)(void *ctx, const struct ike_log *line);
	void *ctx;
};

struct ike_limits {
	uint16_t port;     /* IKE: 500 */
	uint16_t nat_port; /* with the non-ESP marker: 4500 */
	uint32_t
		cookie_threshold; /* half-open SAs as responder before cookies */
	uint32_t half_open_limit; /* beyond it new requests are dropped; and as
				   * many at most are kept of those refused */
	/* Of one IPv4 address or IPv6 /64; eight times as many of one IPv4 /24
	 * or IPv6 /56.  Half of them only with a cookie.  Four times as many
	 * may have been refused in the last half_open_ms. */
	uint32_t half_open_per_source;
	uint32_t half_open_ms;  /* until a half-open SA is forgotten: 30000 */
	uint32_t reqid_base;    /* our range starts here: 0x69000000 */
	uint32_t max_sas;       /* IKE SAs; 0: no limit */
	uint32_t fragment_size; /* longest IP datagram of an IKE message that
				 * can be cut (RFC 7383): 1280 */
};

/* The values above, and the defaults of ipsecd.yaml(5) for the rest. */
struct ike_limits ike_limits_default(void);

struct ike;

/* Copies env and limits.  NULL without memory. */
struct ike *ike_new(const struct ike_env *env, const struct ike_limits *limits);
void ike_free(struct ike *ike);

/* --- Inputs --------------------------------------------------------------- */

/* Replace the peers; takes references of its own.  change[] says what each
 * peer's change asks for (NULL: all are new).  Removed peers' SAs are deleted
 * on the wire.  `start: now` children are dialled, traps put in place.  False
 * without memory: all stays as it was. */
bool ike_set_peers(
	struct ike *ike, struct ike_now now, const struct ike_peers *peers);

struct ike_datagram {
	struct ike_endpoint local, remote;
	struct bytes data; /* from the IKE header on: the owner strips the
	                    * non-ESP marker of the NAT port, and adds it; one
	                    * octet 0xff is a NAT keepalive, and goes bare */
};

void ike_receive(struct ike *ike, struct ike_now now,
	const struct ike_datagram *datagram);

/* Time has come: at ike_deadline(), or any time. */
void ike_tick(struct ike *ike, struct ike_now now);

/* "branch" or "branch/child"; without child: all of them. */
struct ike_wish {
	const char *peer;
	const char *child; /* NULL: all */
};

enum ike_wish_result {
	IKE_WISH_STARTED, /* reports will follow, the last one a verdict */
	IKE_WISH_ALREADY, /* it is so: nothing follows */
	IKE_WISH_NO_PEER,
	IKE_WISH_NO_CHILD,
	IKE_WISH_IMPOSSIBLE, /* remote: any, or left out: see peer->error */
	IKE_WISH_SHUNT,      /* mode pass or drop: stands while configured */
};

enum ike_wish_result ike_up(
	struct ike *ike, struct ike_now now, const struct ike_wish *wish);
enum ike_wish_result ike_down(
	struct ike *ike, struct ike_now now, const struct ike_wish *wish);
/* Replace the child, or all children and the IKE SA; what is up goes on until
 * its successor is there.  Reports REKEYED or REKEY_FAILED follow, one each;
 * IMPOSSIBLE: it is not up. */
enum ike_wish_result ike_rekey(
	struct ike *ike, struct ike_now now, const struct ike_wish *wish);
/* Replace the IKE SA alone: its children move to the new one as they are. */
enum ike_wish_result ike_rekey_sa(
	struct ike *ike, struct ike_now now, const char *peer);

/* A packet met a policy of ours without an SA. */
struct ike_flow {
	uint8_t family;
	uint8_t protocol;
	struct ike_addr src, dst;
	uint16_t src_port, dst_port;
};

void ike_acquire(struct ike *ike, struct ike_now now, uint32_t reqid,
	const struct ike_flow *flow);

/* SAs have two-part names: outbound SPIs are the peer's choice.  The kernel
 * finds one that has a mark only with its mark. */
struct ike_sa_ref {
	struct ike_addr dst;
	uint32_t spi; /* in host order */
	struct ike_mark mark;
};

/* The kernel says: bytes or packets are used up. */
void ike_expire(
	struct ike *ike, struct ike_now now, struct ike_sa_ref ref, bool hard);

/* The kernel says: ESP in UDP of this inbound SA, authentic and new, came from
 * there, and not from where the SA has its peer. */
void ike_mapping(struct ike *ike, struct ike_now now, struct ike_sa_ref ref,
	const struct ike_endpoint *from);

struct ike_counters {
	uint64_t bytes, packets;
};

/* The answer to IKE_SA_QUERY. */
void ike_traffic(struct ike *ike, struct ike_now now, struct ike_sa_ref ref,
	struct ike_counters counters);

/* Why something failed; the numbers are ipsec-ctl's exit codes. */
enum ike_cause {
	IKE_CAUSE_NONE = 0,
	IKE_CAUSE_FAILED = 1,
	IKE_CAUSE_UNREACHABLE = 20,
	IKE_CAUSE_NAME = 21,
	IKE_CAUSE_PROPOSAL = 22,
	IKE_CAUSE_KEY_EXCHANGE = 23,
	IKE_CAUSE_REJECTED_US = 24,
	IKE_CAUSE_REJECTED_PEER = 25,
	IKE_CAUSE_SELECTORS = 26,
	IKE_CAUSE_KERNEL = 27,
	IKE_CAUSE_CERTIFICATE = 28,
};

/* The answer to IKE_RESOLVE: pairs of local and remote address, none if the
 * name does not resolve or there is no way to the address (error then says
 * why). */
struct ike_address_pair {
	struct ike_addr local, remote;
};

struct ike_resolution {
	const char *peer;
	uint64_t asked; /* what IKE_RESOLVE had as its `sa`: a peer of that name
			 * that has come since is another one; 0: not known */
	const struct ike_address_pair *pairs;
	size_t count;
	const char *error;
	enum ike_cause cause; /* of an error: NONE means IKE_CAUSE_NAME */
};

void ike_resolved(struct ike *ike, struct ike_now now,
	const struct ike_resolution *resolution);

/* Addresses or routes of this host have changed, or it has just started: these
 * are the addresses that a peer may reach it at.  What matters of the routes is
 * asked for, SA by SA. */
void ike_addresses(struct ike *ike, struct ike_now now,
	const struct ike_addr *list, size_t count);

/* The answer to IKE_ROUTE: for each of the remote addresses that there is a way
 * to, in their order, the pair with the address of ours that it begins at. */
void ike_routed(struct ike *ike, struct ike_now now, uint64_t sa,
	const struct ike_address_pair *pairs, size_t count);

/* The answer to IKE_FETCH: what is at the question's URL; of length 0 if there is
 * nothing to be had.  It may come at any time, or never: nobody waits for it
 * longer than 10 s. */
void ike_fetched(struct ike *ike, struct ike_now now,
	const struct revocation_question *question, struct bytes data);

/* Delete every SA on the wire, and take no new ones: a clean stop.  ike_idle
 * is true when nothing is left to wait for. */
void ike_shutdown(struct ike *ike, struct ike_now now);
bool ike_idle(const struct ike *ike);

/* --- Outputs -------------------------------------------------------------- */

enum ike_effect_kind {
	IKE_SEND,
	IKE_SA_ADD,
	IKE_SA_MOVE,
	IKE_SA_DELETE,
	IKE_SA_QUERY,
	IKE_POLICY_ADD,
	IKE_POLICY_DELETE,
	IKE_RESOLVE,
	IKE_ROUTE,
	IKE_FETCH,
	IKE_REPORT,
	IKE_EXPLAIN,
	IKE_KEYS, /* after ike_tell_keys() alone */
};

/* One direction of a child. */
struct ike_ipsec_sa {
	struct ike_sa_ref ref;
	bool out; /* from us to the peer */
	struct ike_addr src;
	uint32_t if_id;
	uint16_t src_port, dst_port; /* for encap */
	bool encap;                  /* ESP in UDP */
	enum ike_mode mode;
	uint32_t reqid;
	const struct transform *encr, *integ; /* integ NULL with an AEAD */
	bool esn;
	struct secret encr_key; /* the salt after the key */
	struct secret integ_key;
	uint32_t replay_window;
	uint64_t soft_bytes, soft_packets; /* 0: none; time to replace it */
	uint64_t hard_bytes, hard_packets; /* 0: none; the end */
	struct ike_selector local_ts,
		remote_ts; /* transport mode: the SA's own */
};

/* An SA that goes on between other addresses: keys, sequence numbers and replay
 * window stay what they are.  One that is refused is gone. */
struct ike_sa_move {
	struct ike_sa_ref ref; /* as it was .. */
	struct ike_addr src;
	struct ike_addr new_dst, new_src; /* .. and is from now on */
	uint16_t src_port, dst_port;      /* for encap */
	bool encap;
	bool out;
};

/* A pair of selectors; the owner makes of it the policies out, in, and but for
 * transport mode fwd; those of a shunt have no template.  An ADD for one that
 * is there replaces it without a gap. */
struct ike_policy {
	struct ike_selector local_ts, remote_ts; /* addresses are prefixes */
	struct ike_addr local,
		remote; /* of the tunnel; family 0: not known yet */
	enum ike_mode mode;
	uint32_t reqid;
	uint32_t priority;
	struct ike_label in, out; /* fwd: as in */
};

enum { IKE_ROUTES = 8 };

/* By which address of ours, of those that the peer's configuration allows, can
 * each of these be reached?  ike_routed answers. */
struct ike_route {
	const struct ike_peer *peer; /* borrowed */
	struct ike_addr keep; /* this one, if it is still ours; family 0: what
	                       * routing gives */
	struct ike_addr remote[IKE_ROUTES];
	size_t count;
};

enum ike_report_kind {
	IKE_REPORT_CONNECTING, /* an attempt begins */
	IKE_REPORT_PROGRESS,   /* a line for who is watching */
	IKE_REPORT_IKE_UP,
	IKE_REPORT_CHILD_UP,
	IKE_REPORT_CHILD_DOWN,
	IKE_REPORT_IKE_DOWN,
	IKE_REPORT_TAKEN_DOWN, /* what was not up yet is not tried any more, by
				* our own wish */
	IKE_REPORT_FAILED,  /* our attempt (or this child) is over: see cause */
	IKE_REPORT_REFUSED, /* we refused what the peer began; it says nothing
	                     * about what we have begun ourselves, and anybody
	                     * can cause it */
	IKE_REPORT_REKEYED, /* by either side: the new one is in place */
	IKE_REPORT_REKEY_FAILED, /* the old one stays, and is replaced later */
};

struct ike_report {
	enum ike_report_kind kind;
	enum ike_cause cause;
	enum ike_error error; /* of a failure: the notify, if there was one */
	char peer[MAX_NAME];
	char child[MAX_NAME]; /* empty: about the IKE SA */
	char text[256];
};

enum { VENDOR_TEXT_SIZE = 27 };

/* Which implementation the peer is, for people: a claim and a guess, until it has
 * proven who it is and often after (vendor.h).  The texts are literals; NULL:
 * not known. */
struct ike_implementation {
	const char *says;               /* by a vendor ID: "Windows" */
	const char *looks;              /* whose default proposals it has */
	const char *there;              /* what to change at its end */
	char unknown[VENDOR_TEXT_SIZE]; /* a vendor ID that nobody knows */
};

enum {
	EXPLAIN_PROPOSALS = 8,
	EXPLAIN_PROPOSAL_SIZE = 192,
	EXPLAIN_ROWS = 8,
	EXPLAIN_VALUE_SIZE = 160,
	EXPLAIN_TRIED = 8,
	EXPLAIN_TEXT_SIZE = 256,
};

/* One thing that both sides have to say, as each of them says it. */
struct explain_row {
	char what[24]; /* "key exchange", or a key: "remote_ts", "remote_id" */
	bool differs;
	char theirs[EXPLAIN_VALUE_SIZE]; /* empty: the protocol hides it */
	char ours[EXPLAIN_VALUE_SIZE];
};

struct explain_proposals {
	uint8_t count;
	bool more; /* than are here */
	char list[EXPLAIN_PROPOSALS][EXPLAIN_PROPOSAL_SIZE];
};

/* Why an exchange failed; comes in front of the IKE_REPORT that says that it
 * did.  Plain data, texts in printable ASCII; empty: not known. */
struct ike_explanation {
	char peer[MAX_NAME]; /* empty: nobody that is configured */
	char child[MAX_NAME];
	bool initiator; /* we began it; else anybody can have caused it */
	enum ike_cause cause;
	enum ike_error error;              /* its notify, if there was one */
	struct ike_endpoint local, remote; /* family 0: none yet */
	struct ike_implementation implementation;
	uint32_t ms_status; /* Microsoft's code, in its MS_STATUS; 0: none */
	char text[EXPLAIN_TEXT_SIZE];
	char key[24]; /* of the configuration: "ike", "remote_id", "secret" */
	struct explain_proposals theirs, ours;
	uint8_t nearest_theirs, nearest_ours; /* from 1; 0: none */
	uint8_t row_count, tried_count;
	bool tried_more;
	struct explain_row rows[EXPLAIN_ROWS];
	/* Peers of the configuration that it could have been. */
	struct {
		char peer[MAX_NAME];
		char why[EXPLAIN_VALUE_SIZE];
	} tried[EXPLAIN_TRIED];
	/* A single edit on either side that would have made it work. */
	char fix_here[EXPLAIN_TEXT_SIZE], fix_there[EXPLAIN_TEXT_SIZE];
	char look[EXPLAIN_TEXT_SIZE]; /* what we cannot see, and who can */
};

/* The keys of an IKE SA (RFC 7296 section 2.14), in RFC spelling. */
struct ike_sa_keys {
	char peer[MAX_NAME]; /* that it claims to be: nothing is proven yet */
	uint8_t spi_i[IKE_SPI_LEN], spi_r[IKE_SPI_LEN];
	const struct transform *encr, *integ; /* integ NULL with an AEAD */
	struct secret sk_ei, sk_er; /* the salt, if any, after the key */
	struct secret sk_ai, sk_ar;
};

struct ike_effect {
	enum ike_effect_kind kind;
	uint64_t sa;    /* birth number of the IKE SA it belongs to; 0: none */
	uint64_t child; /* birth number of the child; 0: none */
	union {
		struct ike_datagram send;
		struct ike_ipsec_sa add;
		struct ike_sa_move move;
		struct {
			struct ike_sa_ref ref;
			struct ike_addr src;
		} del, query;
		struct ike_policy policy;
		struct ike_peer *resolve; /* borrowed; sa: the question's */
		struct ike_route route;
		const struct revocation_question *fetch; /* borrowed */
		struct ike_report report;
		const struct ike_explanation *explain; /* borrowed */
		struct ike_sa_keys keys;
	};
};

/* The next effect to carry out, in order; false when there is none. */
bool ike_effect(struct ike *ike, struct ike_effect *out);

/* EXISTS: there is an SA with that destination and SPI already; the child is
 * tried again at once, with new SPIs. */
enum ike_refusal {
	IKE_REFUSAL_OTHER,
	IKE_REFUSAL_EXISTS,
};

/* The effect just taken failed; may come between two ike_effect().  text: why,
 * in words (the kernel's extended ACK). */
void ike_refused(struct ike *ike, struct ike_now now,
	const struct ike_effect *effect, enum ike_refusal why,
	const char *text);

/* When ike_tick() wants to be called; IKE_NEVER when idle. */
uint64_t ike_deadline(const struct ike *ike);

/* --- Counts ---------------------------------------------------------------- */

/* Exchanges, told apart by what they are about. */
enum ike_exchange {
	IKE_EXCHANGE_INIT,
	IKE_EXCHANGE_AUTH,
	IKE_EXCHANGE_CHILD,       /* a new child .. */
	IKE_EXCHANGE_CHILD_REKEY, /* .. another for an old one .. */
	IKE_EXCHANGE_REKEY,       /* .. another IKE SA: CREATE_CHILD_SA */
	IKE_EXCHANGE_INFORM,
	IKE_EXCHANGE_OTHER, /* that we do not know */
	IKE_EXCHANGES,
};

/* Why a datagram came to nothing. */
enum ike_dropped {
	IKE_DROPPED_MALFORMED, /* no IKE message, or not one that can begin */
	IKE_DROPPED_VERSION,   /* not IKEv2 */
	IKE_DROPPED_UNKNOWN,   /* of no IKE SA of ours */
	IKE_DROPPED_COOKIE,    /* a stranger's: told to come with a cookie */
	IKE_DROPPED_HALF_OPEN, /* a stranger's: too many are half-open */
	IKE_DROPPED_REFUSED,   /* a stranger's: too many were just refused */
	IKE_DROPPED_WINDOW,    /* its message ID is not the one that is due */
	IKE_DROPPED_PHASE,     /* not possible now */
	IKE_DROPPED_FORGED,    /* does not open with the SA's keys */
	IKE_DROPPED_FRAGMENT,  /* a fragment that is of no use */
	IKE_DROPPED_RESOURCES, /* no memory, or we are stopping */
	IKE_DROPPEDS,
};

enum { IKE_CAUSES = 10 }; /* see ike_cause_at() */

/* What has happened so far; none of it ever goes back. */
struct ike_counts {
	uint64_t asked[IKE_EXCHANGES];    /* requests that we have sent .. */
	uint64_t answered[IKE_EXCHANGES]; /* .. and answered .. */
	uint64_t refused[IKE_EXCHANGES];  /* .. the latter with an error */
	uint64_t resent;                  /* requests sent again .. */
	uint64_t repeated;                /* .. and got again */
	uint64_t dropped[IKE_DROPPEDS];
	uint64_t failures[IKE_CAUSES]; /* of peers: ours, and what we refused */
	uint64_t rekeys, child_rekeys; /* by either side */
	uint64_t rekeys_failed;
};

/* The i-th cause, but for NONE; NONE past the end. */
enum ike_cause ike_cause_at(size_t i);

/* Of all peers and strangers, and of peers that are configured no more.  What
 * comes before a peer has said who it is counts here alone. */
const struct ike_counts *ike_counts(const struct ike *ike);

/* --- Status --------------------------------------------------------------- */

struct ike_child_status {
	uint64_t child; /* birth number */
	const char *name;
	bool up;
	const char *state; /* "connecting", "up", "closing"; "rekeying": it
	                    * is to replace one that still carries traffic */
	enum ike_mode mode;
	bool encap;
	struct suite suite;
	const struct ike_selector *local_ts, *remote_ts;
	size_t local_ts_count, remote_ts_count;
	struct ike_sa_ref in, out;
	bool has_in, has_out; /* they are in the kernel */
	struct ike_addr local, remote;
	uint32_t reqid;
	uint32_t if_id_in, if_id_out; /* 0: none */
	uint64_t since_ms;
	uint64_t rekey_at_ms; /* IKE_NEVER: no time is set */
	/* More is configured by now than it carries, and the peer is asked for
	 * that then; IKE_NEVER: no */
	uint64_t wider_at_ms;
};

struct ike_sa_status {
	uint64_t sa;                 /* birth number */
	const struct ike_peer *peer; /* NULL: not known yet */
	const char *phase; /* "init", "auth", "established", "closing" */
	bool established;
	bool initiator;
	uint8_t spi_i[IKE_SPI_LEN], spi_r[IKE_SPI_LEN];
	struct ike_endpoint local, remote;
	struct ike_id local_id, remote_id;
	uint8_t local_auth, remote_auth; /* enum ike_auth: how each has proven
					  * that; 0: it has not */
	bool nat_local, nat_remote;
	bool fragmentation, mobike; /* both sides can (RFC 7383, RFC 4555) */
	struct suite suite;
	uint64_t since_ms;
	uint64_t rekey_at_ms; /* IKE_NEVER: no time is set */
	bool rtt_known;
	uint64_t rtt_ms; /* from our last request to its answer */
	struct ike_implementation implementation;
	size_t children;
};

enum ike_peer_state {
	IKE_PEER_DOWN,
	IKE_PEER_ON_DEMAND, /* traps are in place */
	IKE_PEER_CONNECTING,
	IKE_PEER_UP, /* authenticated, and a child is up (or none is wanted);
	              * a peer of shunts alone: they are in place */
};

struct ike_peer_status {
	const struct ike_peer *peer;
	enum ike_peer_state state;
	uint64_t since_ms;
	uint32_t tries;         /* failed attempts in a row */
	uint64_t next_try_ms;   /* IKE_NEVER: none is planned */
	struct ike_addr remote; /* family 0: not known */
	enum ike_cause cause;   /* of the last failure */
	enum ike_error error;   /* its notify, if it was one */
	char text[256];         /* empty: none */
	uint64_t failed_ms;
	uint32_t failures;               /* ever */
	const struct ike_counts *counts; /* as long as it is configured */
	bool stopped; /* by ike_down() as a whole, and not up since */
};

/* Walks in order of birth: start with *at = 0, false at the end. */
bool ike_next_sa(
	const struct ike *ike, uint64_t *at, struct ike_sa_status *out);
/* The i-th child of an SA (0..children-1). */
bool ike_child_at(const struct ike *ike, uint64_t sa, size_t i,
	struct ike_child_status *out);
/* The i-th peer, in the order of the file. */
bool ike_peer_at(const struct ike *ike, size_t i, struct ike_peer_status *out);

/* All IKE SAs, and those that strangers have begun without a proof yet. */
size_t ike_sa_count(const struct ike *ike);
size_t ike_half_open_count(const struct ike *ike);
/* Another number after each ike_set_peers(): for who walks over the peers in
 * pieces. */
uint64_t ike_generation(const struct ike *ike);

/* Are the kernel's policies of this child in place, whether it is up or not?
 * child: its place among the peer's, in the order of the file. */
bool ike_child_in_place(const struct ike *ike, const char *peer, size_t child);
/* Does a packet bring this child up (`on-demand`, by any key), if it is down? */
bool ike_child_waits(const struct ike *ike, const char *peer, size_t child);

/* The policies that are in the kernel: up to size of them into out; how many
 * there are. */
size_t ike_policies(const struct ike *ike, struct ike_policy *out, size_t size);

/* From now on, IKE_KEYS gives the keys of each new IKE SA as soon as there are
 * keys and it is known whose it is; those of a child come with IKE_SA_ADD. */
void ike_tell_keys(struct ike *ike, bool tell);

/* The keys of an IKE SA, a secret from then on; without its peer, if that is not
 * known.  False: no such SA, or it has no keys yet. */
bool ike_sa_keys_of(
	const struct ike *ike, uint64_t sa, struct ike_sa_keys *out);

#endif

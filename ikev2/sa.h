/* sa.h - an IKE SA, its children, and their parts; each part belongs to one file.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_SA_H
#define IKEV2_SA_H

#include "ikev2/crypto/dh.h"
#include "ikev2/crypto/keymat.h"
#include "ikev2/ikev2.h"
#include "ikev2/mobike.h"
#include "ikev2/nat.h"
#include "ikev2/nonce.h"
#include "ikev2/selectors.h"
#include "ikev2/table.h"
#include "ikev2/vendor.h"
#include "ikev2/wake.h"
#include "ikev2/wire/message.h"

struct exchange; /* a row: exchange.h */
struct policy;   /* policy.c */
struct dial;     /* dial.h */
struct dial_packet;
struct fragments; /* fragment.c */
struct waiting;   /* waiting.c */

/* What an SA has got to.  The bits are for the exchange table. */
enum sa_phase {
	PHASE_INIT = 1, /* initiator: IKE_SA_INIT is asked or about to be */
	PHASE_AUTH = 2, /* keys exist; nobody is authenticated */
	PHASE_ESTABLISHED = 4, /* by sa_establish alone */
	/* From here on it is over: sa_is_over. */
	PHASE_CLOSING = 8,   /* it was established; one side has deleted it */
	PHASE_DISOWNED = 16, /* the peer has not proven who it is */
	PHASE_DEAD = 32,     /* freed at the end of this input */
};

/* A packet we may have to send again, counted: one datagram, or one of several
 * that are one message in fragments. */
struct packet {
	uint32_t refs;
	struct packet *next; /* the next fragment; owned */
	size_t len;
	uint8_t data[];
};

/* What an SA wants to do when its window is free. */
struct work {
	const struct exchange *exchange; /* NULL: nothing */
	uint64_t child;                  /* birth number of the subject, or 0 */
	const struct transform *group; /* key exchange to use, or NULL: first */
	uint8_t tries;                 /* INVALID_KE_PAYLOAD, so far */
	bool any_prf;         /* rekey of the IKE SA: the PRF may change */
	enum ike_error error; /* to be told to the peer */
};

/* window.c - RFC 7296 sections 2.1 to 2.3 */
struct window {
	/* out: our requests */
	uint32_t out_id;        /* of the next one, or of the one in flight */
	struct packet *request; /* in flight, or NULL */
	bool hastened;          /* few tries are left to it */
	struct work work;       /* what it is about */
	uint64_t due_ms;        /* the next retransmission, or giving up */
	uint32_t wait_ms;       /* between the last and the next */
	uint8_t tries;
	uint64_t asked_ms; /* when it was sent first */
	uint64_t rtt_ms;   /* of the last that was not sent again .. */
	bool rtt_known;    /* .. if there has been one */
	/* in: the peer's */
	uint32_t in_id;       /* of the next one */
	struct packet *reply; /* to request in_id - 1, or NULL */
	uint64_t
		request_hash; /* of that request's octets, or its fragment 1's */
};

/* What only exists until the SA is established: init.c, auth.c. */
struct handshake {
	struct dh dh;
	struct sa_nonce nonce_i, nonce_r;
	struct packet *init_request, *init_reply; /* whole, as sent (2.15) */
	uint8_t cookie[COOKIE_LEN_MAX];
	uint8_t cookie_len;
	uint8_t cookies, regroups; /* rounds, bounded (N15) */
	const struct transform *group;
	enum ike_error hint; /* an error that nobody vouches for (N16) */
	uint16_t wanted;     /* .. INVALID_KE_PAYLOAD: the group it names */
	bool bad_answer; /* .. NO_PROPOSAL_CHOSEN: we say so of its answer */
	uint16_t forged; /* IKE_AUTH requests that did not open (N37) */
	uint8_t repeats; /* of IKE_SA_INIT, that were answered (N36) */
	/* RFC 7427: 1 << enum hash_id, of what each side has announced; CERTREQ:
	 * 1 << encoding that the peer asks for */
	uint32_t our_hashes, peer_hashes, requested;
};

enum child_state {
	CHILD_ASKED, /* we sent a request for it */
	CHILD_UP,
	CHILD_DELETING, /* we sent a Delete; the inbound SA is still there */
	CHILD_GONE, /* replaced and deleted; what is on its way still passes */
};

enum {
	MAX_PAIRS = 64, /* kernel policies of one child */
	MAX_EARLY_DELETES = 4,
};

struct child {
	struct child *next;
	uint64_t birth;
	const struct ike_child_policy *policy; /* in sa->peer */
	enum child_state state;
	enum ike_mode mode;
	struct ike_mark mark; /* of its outbound SA, whatever a reload says */
	bool encap;
	bool ours;     /* we asked for it */
	bool unwanted; /* taken down while it was asked for */
	bool bent;     /* a tunnel, where the peer asked for transport mode */
	bool in_added, out_added;
	uint32_t reqid;
	struct ike_addr local, remote; /* of its SAs */
	uint16_t local_port, remote_port;
	uint32_t spi_in, spi_out;
	struct suite suite;
	struct selectors local_ts, remote_ts;
	/* when we last asked the kernel */
	uint64_t in_packets, out_packets;
	/* inactivity: child_idle.c */
	uint64_t used_ms; /* a packet was seen then, or none was looked for */
	bool looked;      /* the kernel has been asked, and .. */
	uint8_t unused;   /* .. says so of these of its two SAs */
	struct policy **held; /* kernel policies it needs, NULL: none yet */
	size_t held_count;
	uint64_t up_ms;
	uint8_t low_nonce[NONCE_LEN]; /* of the exchange that made it */
	struct dh *dh;                /* while asked */
	struct sa_nonce *nonce;       /* ours, while asked */
	struct dial_packet *packet;   /* that asks for it, while asked */
	/* rekeying: child_rekey.c */
	uint64_t replaces;       /* birth of the old one, or 0 */
	uint64_t successor;      /* birth of ours that replaces it, or 0 */
	uint64_t peer_successor; /* birth of the peer's, or 0 */
	bool rival;              /* the peer rekeyed the same old one .. */
	uint8_t rival_nonce[NONCE_LEN]; /* .. in an exchange with this */
	bool redundant; /* the peer's, which lost: it deletes this one */
	bool replaced;  /* its successor carries our traffic; see retire_ms */
	struct secret *held_back; /* two keys: the outbound SA comes later */
	uint64_t rekey_at_ms, expire_at_ms; /* IKE_NEVER: not */
	/* a reload has widened its selectors: child_wider.c */
	bool wider;           /* the next rekeying asks for all of them; of one
	                         * that is being asked for: this one does */
	uint64_t wider_at_ms; /* they are asked for then; IKE_NEVER: not */
	uint64_t wider_wait_ms;   /* .. and again after this */
	uint64_t refused_ms;      /* TEMPORARY_FAILURE since then; 0: not */
	uint64_t retire_ms;       /* CHILD_DELETING: next step; 0: asked */
	uint64_t out_gone_ms;     /* CHILD_GONE: its outbound SA goes */
	uint64_t gone_ms;         /* CHILD_GONE, or a redundant one, ends */
	uint64_t look_ms;         /* held_back: the kernel was asked then */
	struct table_node by_spi; /* in engine's table of inbound SPIs */
	struct ike_sa *sa;
};

struct ike_sa {
	struct ike *ike;
	uint64_t birth;
	struct wake wake;
	enum sa_phase phase;
	bool initiator; /* of this IKE SA */
	uint8_t spi_i[IKE_SPI_LEN], spi_r[IKE_SPI_LEN];
	struct ike_endpoint local, remote;
	struct ike_peer *peer; /* counted; as responder from IKE_AUTH on */
	struct dial *dial;     /* the peer's; NULL once it is not configured */
	struct ike_sa *dial_newer, *dial_older; /* of the same peer */
	struct suite suite;
	struct keymat keys;
	uint64_t iv_out; /* AEAD: the next explicit IV of our direction */
	struct ike_id local_id, remote_id;
	uint8_t local_auth, remote_auth; /* enum ike_auth: how each has proven
					  * that; 0: it has not */
	uint8_t low_nonce[NONCE_LEN];    /* the lower of the two (2.8.1) */
	struct handshake *handshake;     /* NULL soon after it is established */

	struct window window;
	struct waiting *waiting; /* NULL: for nothing outside of us */
	struct work queue[MAX_WORK];
	uint8_t queue_count;

	struct child *children;
	size_t child_count;
	uint64_t first_child; /* being asked for in IKE_AUTH */
	/* The peer deletes these already, while its answer with them is still
	 * on its way; child_settle looks. */
	uint32_t early_delete[MAX_EARLY_DELETES];
	uint8_t early_deletes;

	/* rekeying: rekey.c */
	uint64_t successor;      /* birth of ours that replaces it, or 0 */
	uint64_t peer_successor; /* birth of the peer's, or 0 */
	uint64_t predecessor;    /* its children will be ours, or 0 */
	uint64_t replaces;       /* birth of what the peer rekeyed so, or 0 */
	bool rival;              /* the peer rekeyed it too .. */
	uint8_t rival_nonce[NONCE_LEN];     /* .. in an exchange with this */
	uint64_t rekey_at_ms, expire_at_ms; /* IKE_NEVER: not */
	uint64_t refused_ms; /* TEMPORARY_FAILURE since then; 0: not */
	uint64_t busy_ms;    /* the same for new children */

	/* RFC 7383: we have announced it, and once there are keys both have */
	bool fragmentation;
	struct fragments *fragments[2]; /* of a request, of a response */

	/* proving ourselves again: reauth.c */
	bool childless; /* IKE_AUTH may be without one (RFC 6023) */
	bool dialled;   /* by us: it, or the one it was rekeyed from .. */
	uint8_t first_nonce[NONCE_LEN]; /* .. and the low_nonce of that */
	bool outgoing; /* a newer one of that peer takes its place */
	uint64_t reauth_at_ms, reauth_end_ms; /* IKE_NEVER: not */

	struct vendor_seen vendor; /* of the peer, for people */
	uint32_t ms_status;        /* in its last message; 0: none */

	struct mobike mobike;
	struct nat_found nat;
	bool forced_encap; /* we announced a NAT that is not there */
	bool half_open;    /* counted in the engine: strangers.c; or else .. */
	bool refused;      /* .. this is, and it only answers repeats */

	/* facts, from which deadline.c derives when to wake */
	uint64_t born_ms;
	uint64_t established_ms;
	uint64_t heard_ms; /* something authentic from the peer */
	uint64_t sent_ms;  /* anything to the peer: NAT keepalive */
	uint64_t probe_ms; /* the kernel was asked for life; 0: it was not */
	uint64_t close_ms; /* PHASE_CLOSING ends; redundant SA goes; 0: no */
	bool redundant;    /* close_ms is about a duplicate (10.2.4), or one
	                    * that lost a collision of rekeys */

	struct table_node by_spi;    /* our own SPI */
	struct table_node by_init;   /* half-open: the request that made it */
	struct table_node by_source; /* either: the network it came from */
	struct table_node by_id;     /* established: the pair of identities */
	struct ike_addr stranger_from;
	struct ike_sa *refused_newer, *refused_older;
	bool in_id;
	bool touched;
	struct ike_sa *touched_next;
};

static inline const uint8_t *sa_own_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

/* --- sa.c ----------------------------------------------------------------- */

/* A new SA with a random SPI of its own, in phase INIT, or NULL. */
struct ike_sa *sa_new(struct ike *ike, bool initiator,
	const struct ike_endpoint *local, const struct ike_endpoint *remote);

/* The lower of two nonces, its first NONCE_LEN octets (RFC 7296 section 2.8.1). */
void nonce_lower(const struct sa_nonce *a, const struct sa_nonce *b,
	uint8_t out[NONCE_LEN]);

static inline bool sa_is_over(const struct ike_sa *sa)
{
	return sa->phase >= PHASE_CLOSING;
}

/* There are keys (RFC 7296 section 2.14), which prove nothing. */
void sa_keyed(struct ike_sa *sa);
/* Its keys, as the SA of this peer; NULL: nobody's. */
void sa_keys(const struct ike_sa *sa, const struct ike_peer *peer,
	struct ike_sa_keys *out);
/* IKE_KEYS, if somebody wants them: it is, or claims to be, this peer's. */
void sa_tell_keys(const struct ike_sa *sa, const struct ike_peer *peer);

/* That the peer has proven who it is: complete in verify.c alone, so that
 * nobody else can make one. */
struct verified;

/* The one way into PHASE_ESTABLISHED.  The proof is used up: it says who the
 * peer is, how that was proven, and of which configuration, which the SA then
 * has (remote_id, remote_auth, peer). */
void sa_establish(struct ike_sa *sa, struct verified *proof);

/* The peer, for which all is well, has not proven who it is: only a notify that
 * says so, with a Delete, is to be asked (RFC 7296 section 2.21.2). */
void sa_disown(struct ike_sa *sa, enum ike_error error, const char *why);

/* The report that an IKE SA, of a peer that is known, is no longer up. */
void sa_tell_down(
	const struct ike_sa *sa, enum ike_cause cause, const char *why);

/* The end: children leave the kernel, secrets are wiped; freed when this input ends.
 * quiet: without a report. */
void sa_die(struct ike_sa *sa, enum ike_cause cause, const char *why);

/* When something that lives for soft_ms is to be rekeyed: up to a tenth
 * earlier, so that not all come at once; its hard end is a tenth later.
 * IKE_NEVER for 0. */
uint64_t sa_soft_end(struct ike *ike, uint32_t soft_ms);
uint64_t sa_hard_end(const struct ike *ike, uint32_t soft_ms);

/* The last request has been answered: stay for a while to answer it again if it
 * is repeated, then die. */
void sa_linger(struct ike_sa *sa);

/* Children out of the kernel at once, Delete on the wire, then the end. */
void sa_close(struct ike_sa *sa, const char *why);
/* The same for one that has been replaced: nobody will miss it. */
void sa_close_quietly(struct ike_sa *sa);

/* --- rekey.c -------------------------------------------------------------- */

/* Is this IKE SA being replaced, by either side?  Then it makes no more
 * children (RFC 7296 section 2.25.2). */
bool sa_is_rekeying(const struct ike_sa *sa);
/* Is our request to replace it in flight? */
bool rekey_is_asked(const struct ike_sa *sa);
/* The SA that the peer made to replace this one, or NULL. */
struct ike_sa *rekey_heir(const struct ike_sa *sa);
/* The children of the SA that this one replaces are its own now. */
void rekey_take_over(struct ike_sa *sa);
/* The one that we asked for will not be. */
void rekey_forget(struct ike_sa *sa);
/* There is no memory for the reply that has the one that the peer asked for: it
 * asks again, and this one is unknown to it. */
void rekey_unsaid(struct ike_sa *sa);
/* TEMPORARY_FAILURE is the answer: since when (0: not yet), and when to ask
 * again.  After minutes of it the IKE SA is closed (RFC 7296 section 2.25), and
 * what was to be rekeyed is gone. */
void sa_not_now(struct ike_sa *sa, uint64_t *since_ms, uint64_t *again_ms);

/* --- reauth.c ------------------------------------------------------------- */

/* The IKE SA has come from an IKE_AUTH of its own, or from an older one. */
void reauth_begin(struct ike_sa *sa);
void reauth_inherit(struct ike_sa *fresh, const struct ike_sa *old);
/* Responder: how long we take the peer's word (RFC 4478 section 3). */
void reauth_announce(const struct ike_sa *sa, struct chain *c);
/* Who dialled: how long the peer takes ours, if it says so. */
void reauth_heed(struct ike_sa *sa, const struct message *in);
uint64_t reauth_deadline(const struct ike_sa *sa);
void reauth_wake(struct ike_sa *sa);
/* A newer IKE SA of that peer is up: this one goes when its children have had
 * the time to follow. */
void reauth_retire(struct ike_sa *old);

/* --- Ends, and what is to be asked ---------------------------------------- */

/* All children out of the kernel, each told to people if it was up. */
void sa_remove_children(struct ike_sa *sa, const char *why);

/* Nonces and first messages are needed no more: they are wiped. */
void sa_handshake_done(struct ike_sa *sa);

void sa_free(struct ike_sa *sa);

/* Queue an exchange for when the window is free; false if there are too many,
 * or the same is there already. */
bool sa_want(struct ike_sa *sa, const struct work *work);
/* The same, before all that waits already. */
void sa_want_first(struct ike_sa *sa, const struct work *work);
bool sa_wants(
	const struct ike_sa *sa, const struct exchange *row, uint64_t child);
void sa_forget_work(struct ike_sa *sa, uint64_t child);

/* --- move.c --------------------------------------------------------------- */

/* The IKE SA goes on between these two, and with it the one that it replaces, or
 * that replaces it; what is in flight on that is sent again. */
void sa_readdress(struct ike_sa *sa, const struct ike_endpoint *local,
	const struct ike_endpoint *remote);
/* The children, too. */
void sa_move(struct ike_sa *sa, const struct ike_endpoint *local,
	const struct ike_endpoint *remote);
/* Children whose SAs are not where the IKE SA is go there. */
void sa_children_follow(struct ike_sa *sa);
/* The datagram in hand is authentic, and the newest: the peer's NAT may have
 * given it another address (RFC 7296 section 2.23). */
void sa_follow_nat(struct ike_sa *sa);

/* --- deadline.c ----------------------------------------------------------- */

/* When this SA wants to be woken: derived from its facts, never set. */
uint64_t sa_deadline(const struct ike_sa *sa);
/* Do what is due. */
void sa_wake(struct ike_sa *sa);

/* --- window.c ------------------------------------------------------------- */

enum window_verdict {
	WINDOW_DROP,
	WINDOW_NEXT,   /* the next request: process it */
	WINDOW_REPEAT, /* a retransmission: the kept reply has been sent */
	WINDOW_REPLY,  /* the response to our request: process it */
};

struct packet *packet_new(struct bytes data); /* NULL without memory */
struct packet *packet_blank(size_t len);      /* zeroed, to be written */
struct packet *packet_ref(struct packet *packet);
void packet_unref(struct packet *packet);

enum window_verdict window_judge(
	struct ike_sa *sa, const struct ike_header *header);

/* Send a request for the first time; the window is closed until its reply. */
void window_ask(
	struct ike_sa *sa, const struct work *work, struct packet *request);
/* It is the answer to what is in flight: how long did that take? */
void window_measure(struct ike_sa *sa);
/* The reply has been accepted: the window is open again. */
struct work window_answered(struct ike_sa *sa);
/* The request just accepted has this reply; kept for repeats. */
void window_reply(struct ike_sa *sa, struct packet *reply);
/* The path is another one: send again now, and count the tries anew. */
void window_again(struct ike_sa *sa);
/* Send again, or give up (false) when all tries are used. */
bool window_retransmit(struct ike_sa *sa);
/* IKE_SA_INIT goes out once more with other contents and the same ID 0. */
void window_restart(struct ike_sa *sa);
/* An answer came, but none to be trusted: a few more tries, not all. */
void window_hasten(struct ike_sa *sa);
void window_free(struct ike_sa *sa);

/* --- waiting.c ------------------------------------------------------------ */

/* Room for what revocation_check has to ask about the peer that sent in, an
 * authentic message.  If that is IKE_WAIT then, return it: in is run again when
 * the answer is there, or does not come.  NULL: enough has been asked, and what
 * is known has to do. */
struct revocation_question *waiting_question(
	struct ike_sa *sa, const struct message *in);
/* Ask it; work is what the message is the reply to, NULL: it is a request. */
void waiting_begin(struct ike_sa *sa, const struct work *work);
bool waiting_is_on(const struct ike_sa *sa);
/* Is its message to be run again, before this input ends? */
bool waiting_is_over(const struct ike_sa *sa);
/* The message as it was, its origin and its hash (window.reply), and the work. */
struct work waiting_message(struct ike_sa *sa, struct message *in,
	struct ike_datagram *origin, uint64_t *hash);
/* Wipe and forget it. */
void waiting_end(struct ike_sa *sa);
uint64_t waiting_deadline(const struct ike_sa *sa);
/* The answer does not come. */
void waiting_expire(struct ike_sa *sa);

/* --- fragment.c ----------------------------------------------------------- */

/* Would the IP datagram with a message of len octets be longer than limits'
 * fragment_size? */
bool fragment_is_long(const struct ike_sa *sa, size_t len);
/* Is a protected message of len octets to be cut? */
bool fragment_needed(const struct ike_sa *sa, size_t len);
/* The payloads of a message that needs it as sealed fragments, or NULL without
 * memory.  first is the type of the first payload. */
struct packet *fragment_split(struct ike_sa *sa,
	const struct ike_header *header, uint8_t first, struct bytes chain);

/* Could this fragment be of use?  Looked at before it is decrypted; the header
 * is that of the next request, or of the response to ours. */
bool fragment_wanted(const struct ike_sa *sa, const struct ike_header *header,
	const struct payload_sk *sk);
/* Keep the plaintext of an authentic fragment that was wanted.  True if it was
 * the last one missing: then sk->first and *plain are those of the whole
 * message, in the engine's buffer, and nothing is kept any more. */
bool fragment_keep(struct ike_sa *sa, const struct ike_header *header,
	struct payload_sk *sk, struct bytes *plain);
/* Wipe and free what is kept of a request, or of a response. */
void fragment_forget(struct ike_sa *sa, bool response);

/* When what is kept has waited for the rest for too long. */
uint64_t fragment_deadline(const struct ike_sa *sa);
void fragment_expire(struct ike_sa *sa);

/* --- protect.c ------------------------------------------------------------ */

/* Begin a protected message in the engine's buffer: header, SK header, IV. */
void protect_begin(struct ike_sa *sa, struct message_out *out,
	const struct ike_header *header);
/* Pad, seal, and hand over, in fragments if it is too long for one datagram;
 * NULL if it did not fit or the library failed. */
struct packet *protect_end(struct ike_sa *sa, struct message_out *out);
/* The header of a message of ours. */
struct ike_header protect_header(const struct ike_sa *sa, uint8_t exchange,
	bool response, uint32_t message_id);

/* How many octets of payloads a fragment of len octets at most can hold. */
size_t protect_fragment_room(const struct ike_sa *sa, size_t len);
/* One sealed fragment, or NULL. */
struct packet *protect_fragment(struct ike_sa *sa,
	const struct ike_header *header, const struct payload_sk *sk);

enum protect_verdict {
	PROTECT_OK,
	PROTECT_PART,   /* a fragment, kept or of no use: no message yet */
	PROTECT_FORGED, /* no SK, wrong ICV, padding: never look at it again */
	PROTECT_BAD,    /* authentic, but error says what is wrong inside */
};

/* Open a datagram into the engine's own buffer, which *in then points into. */
enum protect_verdict protect_open(struct ike_sa *sa,
	const struct ike_header *header, struct bytes datagram,
	struct message *in, enum ike_error *error);
/* Is it authentic, and fragment 1 of a message? */
bool protect_is_first_fragment(struct ike_sa *sa,
	const struct ike_header *header, struct bytes datagram);

#endif

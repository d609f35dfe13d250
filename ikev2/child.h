/* child.h - a child SA: offered, accepted, settled, installed, taken away (RFC 7296 sections 1.3.1, 2.9, 2.17).
 * SPDX-License-Identifier: ISC
 *
 * The same three steps serve the first child of IKE_AUTH and those of
 * CREATE_CHILD_SA; `first` says which.
 */
#ifndef IKEV2_CHILD_H
#define IKEV2_CHILD_H

#include "ikev2/sa.h"

struct child *child_find(const struct ike_sa *sa, uint64_t birth);
struct child *child_by_spi_out(const struct ike_sa *sa, uint32_t spi);
/* A child of this configuration that is up (not this one). */
struct child *child_up_like(const struct ike_sa *sa,
	const struct ike_child_policy *policy, const struct child *but);

/* Initiator: a child that is asked for, with an SPI of its own; NULL without
 * memory or beyond MAX_CHILDREN. */
struct child *child_new(
	struct ike_sa *sa, const struct ike_child_policy *policy, bool ours);

/* Why this SA cannot have that child, or NULL. */
const char *child_impossible(
	const struct ike_sa *sa, const struct ike_child_policy *policy);

/* Initiator: SA, [nonce, KE,] TSi, TSr and notifies into the request. */
enum ike_error child_offer(struct child *child, const struct work *work,
	struct message_out *out, bool first);

/* Initiator: everything that the reply decides; nothing is in the kernel yet.
 * A rekey's selectors are those of the old child, no narrower (RFC 7296
 * section 2.9.2). */
enum ike_error child_take_reply(struct child *child, const struct message *in,
	bool first, struct child_keys *keys);
/* What the answer to CREATE_CHILD_SA comes to. */
enum child_reply {
	CHILD_REPLY_MADE,
	CHILD_REPLY_AGAIN,      /* asked again, with the group the peer wants */
	CHILD_REPLY_REFUSED,    /* with an error */
	CHILD_REPLY_UNREADABLE, /* something is missing */
};
enum child_reply child_read_reply(struct child *child, const struct work *work,
	const struct message *in, uint16_t *error);
/* The peer deleted it before its answer with it came. */
bool child_deleted_early(const struct child *child);

/* Initiator: the reply has SA, TSi, TSr: check them, derive keys, install. */
enum ike_error child_settle(
	struct child *child, const struct message *in, bool first);

/* Initiator: the peer answered with an error instead; told, and freed. */
void child_refused(struct child *child, uint16_t error,
	const struct message *in, bool first);

/* Initiator: the peer holds a child that we do not want: it is deleted before
 * use. */
void child_disown(struct child *child);
/* The same, told as a failure of what we wanted, which is tried again. */
void child_reject(struct child *child, enum ike_error err,
	const struct message *in, bool first);

/* Responder: choose, derive keys, install, and write the reply's payloads.
 * On error nothing is left of it, and dial_failed has been told why. */
enum ike_error child_accept(struct ike_sa *sa, const struct message *in,
	struct message_out *out, bool first);
/* Responder: the same for one that replaces old; the outbound SA is held back. */
enum ike_error child_accept_rekey(
	struct child *old, const struct message *in, struct message_out *out);
/* Responder: the peer deletes it.  If that says that it does not want our mode
 * (RFC 7296 section 1.3.1), that is told. */
void child_declined(const struct child *child);
/* There is no memory for the reply that has what was made since birth: the peer
 * asks again, and this one is unknown to it. */
void child_unsaid(struct ike_sa *sa, uint64_t birth);

/* Out of the kernel, the outbound half or all, policies with the former. */
void child_remove_out(struct child *child);
void child_free(struct child *child);

/* The end of a child that was up, told to people. */
void child_down(struct child *child, const char *why);

/* Ask the peer to delete it; it stops carrying our traffic now. */
void child_close(struct child *child);
/* The same for one that has been replaced, by and by: its successor carries our
 * traffic. */
void child_retire(struct child *child);
void child_retire_step(struct child *child); /* its deadline has come */
/* It has come up: if it was taken down by command before, it goes again. */
void child_obey(struct child *child);
/* Replaced, and deleted on both sides: its SAs stay for what is on its way, the
 * outbound one for a moment, the inbound one for what the path may take. */
void child_linger(struct child *child);

/* The one that replaces this child, and is up; NULL: none. */
struct child *child_heir(const struct child *child);
/* It has not carried our traffic yet, and another one does. */
bool child_is_spare(const struct child *child);
/* It is used up, or its time is over. */
void child_expire(struct child *child, const char *why);
/* The kernel refuses a child that was to replace another: that one stays in use.
 * again: at once, else later.  False: there is none; nothing is changed. */
bool child_rekey_undo(struct child *child, bool again);

/* When a child wants something: rekeying, its end, its outbound SA. */
uint64_t child_deadline(const struct child *child);
void child_wake(struct child *child);

/* --- child_idle.c --------------------------------------------------------- */

/* Ask the kernel what one of its SAs has carried: ike_traffic answers. */
void child_query(const struct child *child, bool out);
/* When `inactivity` may be over, and what then is to be done. */
uint64_t child_idle_deadline(const struct child *child);
void child_idle_wake(struct child *child);
/* It is about to be replaced by another that has counted nothing yet. */
void child_idle_rekey(const struct child *old);
/* The kernel's count of one of its SAs; it may end the child. */
void child_counted(struct child *child, bool out, uint64_t packets);

/* --- child_wider.c -------------------------------------------------------- */

/* Its policy is about to be one with more selectors: ask for them at once. */
void child_widen(struct child *child);
/* It replaces old: what is to be asked for, and when, is its matter now. */
void child_wider_inherit(struct child *child, const struct child *old);
/* It has come up: with all that is configured there is nothing to ask for. */
void child_wider_settle(struct child *child);
/* Its deadline has come: the next rekeying asks for more, and if that gets no
 * more, another does later.  False: it cannot, now. */
bool child_wider_begin(struct child *child);
/* The peer has been asked for more, and has this one now: say so if that is not
 * all. */
void child_wider_tell(struct child *child);
/* The peer takes single pairs only: never mind. */
void child_wider_forget(struct child *child);
/* What a child that replaces one with these selectors asks the peer for, as
 * configured; false: that does not hold them. */
bool child_wider_offer(const struct child *child, struct selectors *local,
	struct selectors *remote);
/* What we allow the peer that rekeys old: what is in use, or all that is
 * configured, if that holds it. */
void child_wider_allow(const struct child *old, struct selectors *local,
	struct selectors *remote);
/* What the two came to; the old selectors as they are if it is no more than
 * these.  TS_UNACCEPTABLE: it is less (RFC 7296 section 2.9.2). */
enum ike_error child_wider_take(
	struct selectors *now, const struct selectors *was);
/* A packet outside of its selectors asks for a child of that name.  True: one is
 * to be widened, which will serve it; that is tried now. */
bool child_wider_asked(struct dial *dial, const char *child);

/* --- Between the files of a child ------------------------------------------ */

/* What is configured, with the addresses of this IKE SA for "dynamic". */
void child_selectors(const struct ike_sa *sa,
	const struct ike_child_policy *policy, struct selectors *local,
	struct selectors *remote);

bool child_behind_nat(const struct ike_sa *sa);

/* The addresses of its SAs, and whether ESP goes in UDP, from its IKE SA. */
void child_fix_endpoints(struct child *child);

/* KEYMAT of the first child: from the nonces of IKE_SA_INIT. */
enum ike_error child_first_keys(struct child *child, struct child_keys *keys);

/* KEYMAT of a later child: from fresh nonces, and a key exchange if there is
 * one (RFC 7296 section 2.17).  dh is NULL without it. */
enum ike_error child_fresh_keys(struct child *child, const struct dh *dh,
	const struct message *in, const struct sa_nonce *ni,
	const struct sa_nonce *nr, struct child_keys *keys);

/* Has it all its configured selectors? */
bool child_is_whole(const struct child *child);
/* Can it have kernel policies for these: are they few enough, and nobody else's? */
bool child_can_hold(const struct child *child, const struct selectors *local,
	const struct selectors *remote);

/* How much an SA of this child may carry: what is configured, no more than what
 * its algorithms allow. */
void child_limits(const struct child *child, struct ike_ipsec_sa *sa);

/* Inbound first, then outbound, then policies.  TS_UNACCEPTABLE if somebody
 * else has its selectors. */
enum child_out {
	CHILD_OUT_NOW,
	/* As responder of a rekey: the peer may not be able to receive on the
	 * new SA yet (RFC 7296 section 2.8). */
	CHILD_OUT_LATER,
};

enum ike_error child_install(
	struct child *child, struct child_keys *keys, enum child_out out);
/* Now: send on it.  Nothing happens if that is so already. */
void child_activate(struct child *child);

/* The kernel has it: people are told; and if both sides made the same one at
 * once, one of them goes. */
void child_came_up(struct child *child);
void child_drop_asking(struct child *child); /* what only a request needs */

/* What a child's failure is called, for people and as exit code. */
enum ike_cause child_cause(uint16_t error);
const char *child_words(uint16_t error);

/* What the kernel calls one half of it.  Only what sends has a mark: a packet is
 * marked before it is in the tunnel, and what comes in by its policy after. */
struct ike_sa_ref child_sa_ref(const struct child *child, bool out);

static inline void child_spi_octets(uint32_t spi, uint8_t out[ESP_SPI_LEN])
{
	out[0] = (uint8_t)(spi >> 24);
	out[1] = (uint8_t)(spi >> 16);
	out[2] = (uint8_t)(spi >> 8);
	out[3] = (uint8_t)spi;
}

static inline uint32_t child_spi_number(struct bytes spi)
{
	struct reader r = reader_of(spi);

	return read_u32(&r);
}

#endif

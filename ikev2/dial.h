/* dial.h - a configured peer and what keeps it connected: wishes, tries, failures.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_DIAL_H
#define IKEV2_DIAL_H

#include "ikev2/sa.h"

enum { MAX_ADDRESS_PAIRS = 8 };

/* A packet that asks for a child, as selectors. */
struct dial_packet {
	struct ike_selector local, remote; /* family 0: none */
	bool alone; /* the peer takes one pair of addresses at a time */
};

/* How a child is asked for, beside its `start`. */
struct dial_ask {
	struct dial_packet packet;
	bool again; /* restart: not only once, until it is up */
	bool waits; /* for a packet, and so has its trap */
	bool down;  /* by command: no reload brings it up, until it was up */
	bool later; /* has just failed: not before the next try that is planned */
};

struct dial {
	struct ike_peer *peer; /* counted */
	struct wake wake;
	uint64_t birth;
	struct ike_sa *sas;     /* of this peer, the newest first */
	bool *wanted;           /* for each child: it is to be up */
	struct dial_ask *asks;  /* for each child */
	struct policy ***traps; /* for each child: NULL or what it holds */
	size_t *trap_counts;
	bool resolving;
	bool again;         /* .. although an IKE SA is up, to take its place */
	uint64_t looked_ms; /* when its names were asked for last */
	uint32_t looks_failed;  /* in a row, without wanting to connect */
	struct ike_sa *attempt; /* the IKE SA being set up by us, or NULL */
	struct ike_address_pair pairs[MAX_ADDRESS_PAIRS];
	size_t pair_count, pair_next;
	uint64_t next_try_ms; /* IKE_NEVER: none planned */
	uint32_t tries;       /* failures in a row */
	uint64_t since_ms;    /* of the state shown */
	enum ike_peer_state shown;
	struct ike_addr remote; /* last used */
	enum ike_cause cause;
	enum ike_error error;
	char text[256];
	uint64_t failed_ms;
	uint64_t spi_since_ms; /* SPIs that the kernel had already: */
	uint8_t spi_tries;     /* so many since then */
	uint32_t failures;
	struct ike_counts counts;
	uint32_t
		blocked; /* tries in a row at a shunt whose selectors are taken */
	bool touched;
	struct dial *touched_next;
	struct table_node by_name;
	bool stays; /* while the peers are replaced: reload.c */
};

struct dials {
	struct dial **dial; /* in the order of the file */
	size_t count;
	struct table by_name;
};

void dials_free(struct ike *ike);
void dials_add(const struct ike *ike, struct dials *dials, struct dial *dial);
struct dial *dials_named(
	const struct ike *ike, const struct dials *dials, const char *name);
/* Of those in force. */
struct dial *dial_named(const struct ike *ike, const char *name);

/* An SA joins and leaves its peer. */
void dial_adopt(struct dial *dial, struct ike_sa *sa);
void dial_abandon(struct ike_sa *sa);
/* The IKE SAs of the same peer as this established one, one after the other, from
 * after = NULL on: those of its dial; of a template, which may have thousands of
 * clients, those of that client, established.  NULL past the last. */
struct ike_sa *dial_next_alike(const struct ike_sa *sa, struct ike_sa *after);

/* Something that we began with this peer failed: kept for status, reported.
 * child may be NULL. */
__attribute__((format(printf, 6, 7))) void dial_failed(struct ike *ike,
	struct dial *dial, enum ike_cause cause, enum ike_error error,
	const char *child, const char *format, ...);

/* The same for what the peer began, and we refused. */
__attribute__((format(printf, 6, 7))) void dial_refused(struct ike *ike,
	struct dial *dial, enum ike_cause cause, enum ike_error error,
	const char *child, const char *format, ...);

/* The IKE SA that we are setting up came to nothing (the caller ends it): the
 * next address has its turn, or a later try. */
__attribute__((format(printf, 4, 5))) void dial_attempt_failed(
	struct ike_sa *sa, enum ike_cause cause, enum ike_error error,
	const char *format, ...);

/* Try again later, if anything is wanted still.  child: what failed, and is not
 * wanted any more if it was only asked for once; NULL: the whole attempt. */
void dial_retry(struct ike *ike, struct dial *dial, const char *child);

/* What was not up yet is not tried any more, by our own wish.  child may be
 * NULL. */
void dial_tell_taken_down(struct ike *ike, const struct dial *dial,
	const char *child, const char *why);
/* An attempt is under way, or planned. */
bool dial_is_trying(const struct dial *dial);

bool dial_wants_anything(const struct dial *dial);
/* Does the i-th child come up with the next packet for it? */
bool dial_waits(const struct dial *dial, size_t i);
/* What was asked for once, by hand or by a packet, is not asked for again by
 * itself.  child NULL: none of them. */
void dial_forget_once_wanted(struct dial *dial, const char *child);
/* How long to wait after so many failures in a row: 1 s, doubled each time up
 * to 5 minutes, and up to a quarter more. */
uint64_t dial_retry_ms(struct ike *ike, uint32_t tries);

/* An IKE SA of this peer has just been established.  others_gone: it said
 * INITIAL_CONTACT. */
void dial_ike_up(struct ike_sa *sa, bool others_gone);
/* The packet that asks for a child is kept until there is an answer. */
void dial_note_packet(
	struct dial *dial, const char *child, const struct ike_flow *flow);
void dial_forget_packet(struct dial *dial, const char *child);
/* NULL: none. */
const struct dial_packet *dial_packet_of(
	const struct dial *dial, const char *child);
/* Is this child up, and may its packet, if there is one, use it?  One that was
 * narrowed to other packets does not count. */
bool dial_is_served(const struct dial *dial, const char *child);
/* A child has come up: earlier failures are forgotten. */
void dial_child_up(struct ike_sa *sa, const char *child);
/* Is the i-th child to be there: asked for, or up under some IKE SA? */
bool dial_wants_child(const struct dial *dial, size_t i);
/* What was held back for the sake of an IKE SA that has gone. */
void dial_carry_on(struct dial *dial);
/* Ask for the children that are wanted and not there. */
void dial_fill(struct ike *ike, struct dial *dial);
/* A child that is up, or all of an IKE SA, are about to end by the peer's wish
 * or death: what is to be done about it (dial_lost comes afterwards). */
void dial_lose_child(struct child *child, enum ike_action action);
void dial_lose_children(struct ike_sa *sa, enum ike_action action);
/* The network has changed: the next try, if one is planned, is soon. */
void dial_hasten(struct ike *ike, struct dial *dial);
/* A child or an IKE SA ended, not by our own wish: wanted ones come back. */
void dial_lost(struct ike *ike, struct dial *dial);

/* The IKE SAs that this new one makes superfluous go.  others_gone: its peer
 * says that it has no others (INITIAL_CONTACT). */
void dial_settle_others(struct ike_sa *sa, bool others_gone);

/* Begin to connect, unless that is under way. */
void dial_start(struct ike *ike, struct dial *dial);
/* The same beside an IKE SA that is up, which the new one is to replace. */
void dial_again(struct ike *ike, struct dial *dial);
/* Ask for the peer's addresses without connecting: its traps and its requests
 * are known by them. */
void dial_look(struct ike *ike, struct dial *dial);
/* Somebody unknown came: perhaps a peer that is known by name has moved. */
void dial_look_again(struct ike *ike);
/* The next of the addresses found: IKE_SA_INIT to it. */
void dial_next_address(struct ike *ike, struct dial *dial);
/* Is the peer known by a name, that has to be looked up? */
bool dial_has_name(const struct dial *dial);
/* Every attempt and plan is off. */
void dial_cancel(struct ike *ike, struct dial *dial);

/* Enabled, read without an error, and with a key: an empty key would let in
 * anybody who has none either. */
bool dial_usable(const struct dial *dial);

/* A gateway's entry for many clients: we answer, and never dial. */
bool dial_is_template(const struct dial *dial);

/* Is this child up under any IKE SA of the peer? */
bool dial_has_child(const struct dial *dial, const char *name);

/* Traps: put in place, or brought up to date, with the addresses known now. */
void dial_set_traps(struct ike *ike, struct dial *dial);
/* Are the policies of that child in the kernel, whether it is up or not? */
bool dial_in_place(const struct dial *dial, size_t index);
/* The kernel has refused one: a little later again. */
void dial_retry_traps(struct ike *ike, struct dial *dial);
void dial_drop_traps(struct ike *ike, struct dial *dial);
/* The i-th child is as its `start` says again, and so is its trap. */
void dial_stop_waiting(struct ike *ike, struct dial *dial, size_t i);
/* Whose policies are they?  The same for a trap and the child that uses it. */
uint64_t dial_policy_owner(const struct ike *ike, const struct dial *dial,
	const char *child, const struct ike_id *remote_id);

struct dial *dial_new(struct ike *ike, struct ike_peer *peer);
void dial_free(struct ike *ike, struct dial *dial);

uint64_t dial_deadline(const struct dial *dial);
void dial_wake(struct ike *ike, struct dial *dial);
enum ike_peer_state dial_state(const struct dial *dial);
/* After each input, of what it has touched: since when is the state that one? */
void dial_note_state(const struct ike *ike, struct dial *dial);

/* The established IKE SA to use: the newest. */
struct ike_sa *dial_best(const struct dial *dial);
/* Would there be one without this one? */
bool dial_has_other(const struct ike_sa *sa);

/* As responder: does this peer's configuration fit the two addresses?  0: no;
 * else how specific it is: the higher the better. */
unsigned dial_fits(const struct dial *dial, const struct ike_endpoint *local,
	const struct ike_endpoint *remote);

/* The remote side alone: may the peer come from there? */
bool dial_is_at(const struct dial *dial, const struct ike_addr *remote);

/* The index of a child by name; -1: none. */
int dial_child_index(const struct dial *dial, const char *name);

#endif

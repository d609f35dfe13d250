/* explain.h - why an exchange failed, as plain data for who asks later.
 * SPDX-License-Identifier: ISC
 *
 * One notify has many causes, and the other side sees only the notify.  So the
 * side that knows says at that moment what was compared with what, and the
 * single edit on either side that would have made it work.  Nothing in here
 * points to memory that may go; what the peer has said is printable ASCII, and
 * all of it is bounded, whatever the peer sends (N27, N52).
 */
#ifndef IKEV2_EXPLAIN_H
#define IKEV2_EXPLAIN_H

#include "ikev2/child.h"
#include "ikev2/events.h"
#include "ikev2/ikev2.h"
#include "ikev2/negotiate.h"

/* What is said in either role. */
#define LOOK_METHOD                                                            \
	"let local_auth there be %s, or remote_auth here %s, each with its "   \
	"keys"
#define LOOK_CERTIFICATE                                                       \
	"compare 'ipsec-ctl list certs' there with ca/, crls/ and the clock "  \
	"here"

/* Fills in what it knows of a failure; ctx is the caller's. */
typedef void explain_fill(struct ike_explanation *out, const void *ctx);

/* What the next failure told (dial_failed, dial_refused, dial_attempt_failed,
 * explain_tell) is about.  fill is called before that returns, and only if
 * somebody is told. */
void explain_next(struct ike *ike, explain_fill *fill, const void *ctx);
/* Nobody is told: forget it. */
void explain_nothing(struct ike *ike);

/* IKE_EXPLAIN; without memory there is none.  peer and child may be NULL. */
void explain_tell(struct ike *ike, enum ike_cause cause, enum ike_error error,
	const char *peer, const char *child, const char *text);

/* The same for somebody who is no peer, and a line of the log: if it may be said
 * now (ike_may_complain). */
__attribute__((format(printf, 5, 6))) void explain_stranger(struct ike *ike,
	enum ike_event_name event, enum ike_error error,
	const struct ike_fact *facts, const char *format, ...);

/* --- What failed: explain_fill, with its ctx ------------------------------- */

/* explain_asked.c: we began it, and see what the protocol shows us. */
explain_fill explain_init_asked;  /* struct ike_sa */
explain_fill explain_unreachable; /* struct dial: no address to try */
explain_fill explain_auth_silent; /* struct ike_sa */
explain_fill explain_rejected;    /* struct ike_sa */
explain_fill explain_rekey_asked; /* struct ike_sa */
struct explain_proof {
	const struct ike_sa *sa;
	const struct message *in; /* its IKE_AUTH */
	const char *why;
};
explain_fill explain_id_rejected;    /* struct explain_proof */
explain_fill explain_proof_rejected; /* struct explain_proof */
struct explain_child {
	const struct ike_sa *sa;
	const struct ike_child_policy *policy;
	const struct message *in; /* what it has sent, or NULL */
	uint16_t error;
	bool first;
	const struct child *old; /* that it is to replace, or NULL */
};
explain_fill explain_child_asked; /* struct explain_child */

/* explain.c: a rekeyed child, which the peer takes less of than is configured. */
explain_fill explain_not_wider; /* struct child */

/* explain_refused.c: the peer began it, and we have refused it. */
struct explain_init {
	const struct ike_sa *sa;
	const struct message *in;
	const struct dial *fits; /* NULL: no peer's address */
};
explain_fill explain_init_refused;  /* struct explain_init */
explain_fill explain_rekey_refused; /* struct explain_init */
explain_fill explain_child_refused; /* struct explain_child */
explain_fill explain_mode_declined; /* struct explain_child: ours was bent */
struct explain_half_open {
	const struct ike_sa *sa;
	const struct ike_peer *peer; /* by its address */
};
explain_fill explain_half_open; /* struct explain_half_open */

/* --- Parts of an explanation ---------------------------------------------- */

void explain_ends(struct ike_explanation *out, const struct ike_sa *sa);
/* A line of the comparison; texts are cut where there is no room.  NULL: not
 * known.  what is kept as it is: a literal. */
void explain_row(struct ike_explanation *out, const char *what, bool differs,
	const char *theirs, const char *ours);
/* A configured peer that did not fit, and why. */
void explain_tried(
	struct ike_explanation *out, const char *peer, const char *why);
__attribute__((format(printf, 2, 3))) void explain_fix_here(
	struct ike_explanation *out, const char *format, ...);
__attribute__((format(printf, 2, 3))) void explain_fix_there(
	struct ike_explanation *out, const char *format, ...);
/* What the protocol hides from us, and where to look. */
__attribute__((format(printf, 2, 3))) void explain_look(
	struct ike_explanation *out, const char *format, ...);
/* The key of the configuration that it is about: a literal. */
void explain_key(struct ike_explanation *out, const char *key);

/* Their proposals (NULL: the protocol does not say) and ours, side by side; the
 * two that are nearest to each other, type by type; and what to add on either
 * side.  An edit is only named if negotiate_choose agrees with it. */
void explain_offer(struct ike_explanation *out,
	const struct ike_proposals *ours, const struct payload_sa *theirs,
	uint8_t protocol, enum negotiate_ke ke);

/* Of a child that the peer asks for (in), and that none of the peer's children
 * fits: the one that is nearest to it. */
void explain_selectors(struct ike_explanation *out, const struct ike_sa *sa,
	const struct message *in);

/* The peer is the one that is meant, but what it shows in AUTH does not prove it:
 * why. */
void explain_proof_of(struct ike_explanation *out,
	const struct ike_side *remote, const struct message *in,
	const char *why);

#endif

/* engine.h - what the files of the core share of struct ike.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_ENGINE_H
#define IKEV2_ENGINE_H

#include "ikev2/cookie.h"
#include "ikev2/dial.h"
#include "ikev2/events.h"
#include "ikev2/policy.h"
#include "ikev2/sa.h"

#include <stdarg.h>

enum { SCRATCH_LEN = MAX_MESSAGE_LEN, MAX_ADDRESSES = 8 };

struct queued {
	struct ike_effect effect;
	struct packet *packet; /* what effect.send or .fetch points into */
	/* No effect, but what is to be done when all before it have been
	 * carried out: see ike_then(). */
	void (*then)(struct child *child);
};

struct effects {
	struct queued *ring;
	size_t size, first, count;
	struct queued current; /* the one given out last */
};

/* How many there were in the second that began at since_ms. */
struct rate {
	uint64_t since_ms;
	uint32_t count;
};

struct ike {
	struct ike_env env;
	struct ike_limits limits;
	struct ike_now now;                  /* of the input being worked on */
	const struct ike_datagram *datagram; /* the one being worked on */
	uint64_t first_fragment; /* it completes a message that came in
				  * fragments: the hash of number 1; else 0 */
	struct crypto *crypto;
	uint64_t births;
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
	bool stopping;
	bool tell_keys;                         /* see ike_tell_keys() */
	struct ike_addr address[MAX_ADDRESSES]; /* where we can be reached */
	size_t address_count;

	struct ike_sa **sas; /* by birth */
	size_t sa_count, sa_size;
	struct ike_sa *touched; /* to be looked at before this input ends */
	struct dial *touched_dials;
	struct table by_spi, by_init, by_source, by_id, by_child_spi;
	struct wakes wakes;
	size_t half_open, refused; /* strangers.c */
	struct ike_sa *first_refused, *last_refused;
	struct cookies cookies;
	struct rate stateless;  /* error replies that keep no state */
	struct rate declined;   /* IKE_SA_INIT that came to nothing */
	struct rate complaints; /* what anybody can make us tell people .. */
	uint32_t complaints_left_out; /* .. how often we have not, since .. */
	bool complaining;             /* .. and the next line is one */

	struct dials dials;
	uint64_t generation; /* of the dials */
	struct policies policies;
	struct revocations *revocations; /* what was fetched */
	struct effects effects;

	struct ike_counts counts;
	/* What the next failure is about: explain.c. */
	void (*explain)(struct ike_explanation *out, const void *ctx);
	const void *explain_ctx;

	uint16_t wanted_group; /* goes with INVALID_KE_PAYLOAD */
	uint8_t *scratch_out;  /* SCRATCH_LEN each */
	uint8_t *scratch_in;
};

/* --- Looking up ----------------------------------------------------------- */

uint64_t ike_hash(const struct ike *ike, const void *data, size_t len);
uint64_t ike_spi_hash(const uint8_t spi[static IKE_SPI_LEN]);
struct ike_sa *ike_find_sa(
	const struct ike *ike, const uint8_t spi[static IKE_SPI_LEN]);
struct ike_sa *ike_find_birth(const struct ike *ike, uint64_t birth);
struct child *ike_find_child(const struct ike *ike, uint32_t spi_in);
/* By either of its SAs; *out says by which. */
struct child *ike_find_child_of(
	const struct ike *ike, struct ike_sa_ref ref, bool *out);
uint32_t ike_new_esp_spi(struct ike *ike);

/* --- Effects -------------------------------------------------------------- */

/* Room for an effect at the tail, zeroed.  Never NULL: the inputs reserve. */
struct ike_effect *ike_emit(struct ike *ike, enum ike_effect_kind kind);
bool ike_reserve(struct ike *ike, size_t count);
/* All datagrams of the packet, in order. */
void ike_send(struct ike *ike, const struct ike_endpoint *local,
	const struct ike_endpoint *remote, struct packet *packet);

/* IKE_EXPLAIN; the explanation to be filled in, zeroed; NULL without memory. */
struct ike_explanation *ike_explain(struct ike *ike);

/* IKE_FETCH; false without memory. */
bool ike_fetch(struct ike *ike, const struct revocation_question *question);

/* To be done when all effects so far have been carried out, unless the child is
 * gone by then, or the kernel has refused its SAs. */
void ike_then(struct child *child, void (*then)(struct child *child));
/* The packet that waits to be sent is another one (both counted); false: it has
 * gone. */
bool ike_send_instead(
	struct ike *ike, const struct packet *was, struct packet *packet);

/* --- Telling people ------------------------------------------------------- */

/* A line with its event and facts (NO_FACTS: none), and the sentence. */
__attribute__((format(printf, 5, 6))) void ike_note(struct ike *ike,
	enum ike_event_name event, const char *peer,
	const struct ike_fact *facts, const char *format, ...);

/* The same of an event that is a report: as a line of the log, and as an effect,
 * which is returned, to name an SA in it. */
__attribute__((format(printf, 7, 8))) struct ike_effect *ike_report(
	struct ike *ike, enum ike_event_name event, enum ike_cause cause,
	const char *peer, const char *child, const struct ike_fact *facts,
	const char *format, ...);

/* May a line be said now that a stranger's packet can cause?  Ten a second, so
 * that a flood of packets is none of lines (N52); who asks says it. */
bool ike_may_complain(struct ike *ike);

const char *sa_peer_name(const struct ike_sa *sa); /* NULL: not known */

/* Something in it changed: before this input ends its queued work is started,
 * its deadline derived anew, and it is freed if it is dead. */
void ike_touch(struct ike_sa *sa);
void ike_touch_dial(struct ike *ike, struct dial *dial);

/* Around every input: take the time and make room; look at all that was
 * touched.  False: no memory, the input is dropped. */
bool ike_begin(struct ike *ike, struct ike_now now);
void ike_end(struct ike *ike);

/* Add a new SA to the tables, and take it out again. */
bool ike_enter(struct ike_sa *sa);
void ike_leave(struct ike_sa *sa);
/* The pair of identities of an established SA, for `unique`. */
void ike_enter_id(struct ike_sa *sa);
struct ike_sa *ike_same_id(
	const struct ike *ike, const struct ike_sa *sa, struct ike_sa *after);

/* An unprotected reply that keeps no state, rate limited unless it is a
 * cookie, never longer than the request. */
void ike_reply_stateless(struct ike *ike, const struct ike_header *request,
	uint16_t notify, struct bytes data);

#endif

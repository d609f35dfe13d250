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

/* Initiator: the reply has SA, TSi, TSr: check them, derive keys, install. */
enum ike_error child_settle(
	struct child *child, const struct message *in, bool first);

/* Initiator: the peer answered with an error instead; told, and freed. */
void child_refused(struct child *child, uint16_t error);

/* Responder: choose, derive keys, install, and write the reply's payloads.
 * On error nothing is left of it, and dial_failed has been told why. */
enum ike_error child_accept(struct ike_sa *sa, const struct message *in,
	struct message_out *out, bool first);

/* Out of the kernel, the outbound half or all, policies with the former. */
void child_remove_out(struct child *child);
void child_free(struct child *child);

/* The end of a child that was up, told to people. */
void child_down(struct child *child, const char *why);

/* Ask the peer to delete it; it stops carrying our traffic now. */
void child_close(struct child *child);

#endif

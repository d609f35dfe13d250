/* policy.h - which kernel policies are in place, and who needs them.
 * SPDX-License-Identifier: ISC
 *
 * The kernel has one policy for a pair of selectors, while traps, and several
 * children (after a collision) may need it: so who holds it is kept, and the
 * last one takes it away.  The kernel has it as the newest child wants it, or
 * else as the trap does.
 */
#ifndef IKEV2_POLICY_H
#define IKEV2_POLICY_H

#include "ikev2/ikev2.h"
#include "ikev2/table.h"

struct policy_hold; /* one who needs it */

struct policy {
	struct table_node node, by_remote;
	struct policy *next, *previous; /* all of them, by birth */
	struct policy_hold *top; /* children before traps, the newest first */
	bool absent; /* the kernel refused it: asked for again when next held */
	uint64_t owner; /* whose: dial_policy_owner */
	struct ike_policy kernel;
};

struct policies {
	struct table table, by_remote;
	struct policy *first, *last;
	uint64_t next_reqid; /* how many were given out */
};

enum policy_band {
	POLICY_BAND_SHUNT = 0x10000,
	POLICY_BAND_NARROWED = 0x20000,
	POLICY_BAND_CHILD = 0x30000,
};

/* The policy that stands in the same place: of these selectors, and of these
 * labels in one direction at least; or NULL. */
struct policy *policy_find(
	const struct ike *ike, const struct ike_policy *policy);

/* The policies for exactly these remote addresses, whatever else they are for; NULL
 * past the last. */
struct policy *policy_first_towards(
	const struct ike *ike, const struct ike_selector *remote);
struct policy *policy_next_towards(const struct policy *policy);

/* Hold a policy: it is put in place, or brought up to date if its addresses or
 * its reqid changed.  Selectors are prefixes.  sa and child are the birth
 * numbers of who holds it, which the effect names; 0 for a trap.  NULL without
 * memory, or if somebody else (another owner) has the same selectors. */
struct policy *policy_hold(struct ike *ike, const struct ike_policy *wanted,
	uint64_t owner, uint64_t sa, uint64_t child);
/* The tunnel that it leads into has other ends now. */
void policy_move(struct ike *ike, struct policy *policy,
	const struct ike_addr *local, const struct ike_addr *remote,
	uint64_t sa, uint64_t child);
/* Its owner is not configured any more, though it still holds it: whoever asks
 * for it next has it. */
void policy_disown(struct policy *policy);
/* The kernel has refused it. */
void policy_refused(struct ike *ike, const struct ike_policy *refused);
/* The oldest hold of this child (0: trap) ends. */
void policy_release(struct ike *ike, struct policy *policy, uint64_t child);

/* Band + 4 x (256 - both prefix lengths, IPv4 counted + 96) + 2 if any
 * protocol + 1 if any port: lower goes first. */
uint32_t policy_priority(enum policy_band band,
	const struct ike_selector *local, const struct ike_selector *remote);

/* The pairs of prefixes that two lists of selectors make; the count, 0 if
 * there are more than size. */
size_t policy_pairs(const struct ike_selector *local, size_t local_count,
	const struct ike_selector *remote, size_t remote_count,
	struct ike_policy *out, size_t size);

/* A number of our range that no child has. */
uint32_t policy_new_reqid(struct ike *ike);

#endif

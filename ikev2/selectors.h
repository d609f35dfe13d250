/* selectors.h - traffic selectors: reading, writing, narrowing (RFC 7296 section 2.9).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_SELECTORS_H
#define IKEV2_SELECTORS_H

#include "ikev2/peer.h"
#include "ikev2/wire/payload.h"

struct selectors {
	uint8_t count;
	struct ike_selector list[MAX_SELECTORS];
};

/* Configured selectors with "dynamic" ones replaced by the address. */
void selectors_resolve(const struct ike_selector *configured, size_t count,
	const struct ike_addr *dynamic, struct selectors *out);

/* Known selectors of a TS payload; of more than we keep, the first.  Unknown
 * types are skipped. */
void selectors_read(const struct payload_ts *ts, struct selectors *out);

/* The first of them around this one, or NULL. */
const struct ike_selector *selectors_around(
	const struct selectors *selectors, const struct ike_selector *one);

/* Does each of the others lie within one of these? */
bool selectors_cover(
	const struct selectors *these, const struct selectors *others);

/* Drop those within others. */
void selectors_tidy(struct selectors *selectors);
/* In front of them one that lies within one of them; nothing happens if it does
 * not, or there is no room (RFC 7296 section 2.9). */
void selectors_put_first(
	struct selectors *selectors, const struct ike_selector *first);
/* The addresses of this one alone, with what the one around it says of protocol
 * and ports; nothing happens if there is none around it. */
void selectors_only(
	struct selectors *selectors, const struct ike_selector *one);

/* which is PAYLOAD_TSI or PAYLOAD_TSR. */
void selectors_write(
	struct chain *c, uint8_t which, const struct selectors *selectors);

/* The intersection of one selector with another: false if it is empty.  OPAQUE
 * ports meet only OPAQUE or the full range of ports. */
bool selector_meet(const struct ike_selector *a, const struct ike_selector *b,
	struct ike_selector *out);

/* Is a all inside of b? */
bool selector_within(
	const struct ike_selector *a, const struct ike_selector *b);
bool selector_equal(const struct ike_selector *a, const struct ike_selector *b);
/* Of the same addresses, whatever their protocols and ports are. */
bool selector_same_range(
	const struct ike_selector *a, const struct ike_selector *b);
bool selectors_equal(const struct selectors *a, const struct selectors *b);

/* As responder: what of theirs we allow.  If their first selector is a single
 * packet's (a specific address, or protocol with port) and we allow it, the
 * result contains it first.  Selectors within others are dropped.
 * TS_UNACCEPTABLE if nothing is left. */
enum ike_error selectors_narrow(const struct selectors *ours,
	const struct selectors *theirs, struct selectors *out)
	__attribute__((warn_unused_result));

/* As initiator: each selector of the answer lies within one we offered, and
 * there is one; else TS_UNACCEPTABLE (RFC 7296 section 2.9). */
enum ike_error selectors_check(const struct selectors *offered,
	const struct selectors *answer) __attribute__((warn_unused_result));

/* The selector as address and prefix length if it is one; false for a range
 * that is none (the kernel knows prefixes only).  */
bool selector_prefix(const struct ike_selector *selector, uint8_t *prefix);

/* Cut a selector whose addresses are no prefix into prefixes that cover it
 * exactly; the number of them, 0 if out cannot hold them. */
size_t selector_split(const struct ike_selector *selector,
	struct ike_selector *out, size_t size);

#endif

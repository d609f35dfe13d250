/* hostile.h - what the tests of hostile inputs share: setups, honest beginnings, what must hold after.
 * SPDX-License-Identifier: ISC
 *
 * A test is named after the row of the list of hostile inputs that it is of,
 * and says whether the core is responder or initiator in it where both exist.
 * After each, what is half-open times out, nothing is left in the core or its
 * kernel, and an honest exchange works (core_recovers).
 */
#ifndef TESTS_UNIT_HOSTILE_H
#define TESTS_UNIT_HOSTILE_H

#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/bent.h"

/* Transforms, an SPI, and the transform that is the last of a proposal. */
#define GCM256 "0300000c 01000014 800e0100"
#define PRF256 "03000008 02000005"
#define ESP    "c0ffee01"
#define ESN    "00000008 05000000"

enum { FORGERIES = 9, SELECTORS = 12 };

extern struct parts parts;
extern const struct core_setup plain, two, cbc;
extern const struct core_setup groups; /* several key exchanges */

/* What a TSi may be.  good: it is accepted; malformed: by its form. */
extern const struct selectors_sent {
	const char *what, *ts;
	bool good, malformed;
} selectors_sent[SELECTORS];

void close_core(void);

/* The request that an honest initiator would send first. */
struct bytes honest_request(void);
/* A new IKE SA of the bent peer's, its first request in parts. */
void begin_request(void);
/* An IKE_SA_INIT request made of parts leaves nothing behind; at most an error
 * without state comes back, and that is error, or 0: silence. */
void init_refused(uint16_t error);
void init_accepted(void);

/* The core has asked, and the answer that was given has changed nothing: it
 * waits, and an honest answer completes. */
void still_waits_for_init(void);

/* Two children are wished for: the core asks for the second one. */
void second_child_is_asked(void);

/* What the core says next is an INFORMATIONAL request or nothing; answer what
 * it asks until it is content. */
void content_it(void);

/* Changes to what is in parts. */
void set_ke(uint16_t group, struct bytes public);
void add_unknown(size_t at, uint8_t type, bool critical);
/* AUTH data that proves nothing, in FORGERIES ways. */
void forge_auth(int how);

#endif

/* parts.h - a message as the parts that a test changes one by one.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_PARTS_H
#define TESTS_UNIT_PARTS_H

#include "ikev2/bytes.h"

#include <stddef.h>

enum { MAX_PARTS = 80, MAX_PACKET = 8192 };

struct part {
	uint8_t type, flags;
	size_t len;
	uint8_t body[2048];
};

struct parts {
	size_t count;
	struct part at[MAX_PARTS];
};

/* A part to change; the test fails if there is none of that type. */
struct part *part_of(struct parts *parts, uint8_t type);
struct part *parts_add(struct parts *parts, uint8_t type, struct bytes body);
struct part *parts_insert(
	struct parts *parts, size_t at, uint8_t type, struct bytes body);
void parts_remove(struct parts *parts, uint8_t type);
void parts_repeat(struct parts *parts, uint8_t type);
void parts_set(struct parts *parts, uint8_t type, struct bytes body);
void parts_notify(struct parts *parts, uint16_t type, struct bytes data);
/* As a chain; *first is the type of the first. */
struct bytes parts_chain(const struct parts *parts, uint8_t *first);

#endif

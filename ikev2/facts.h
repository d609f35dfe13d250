/* facts.h - a line of the log as data: an event, its facts, a sentence for people.
 * SPDX-License-Identifier: ISC
 *
 *	child-up peer=branch child=net spi_in=c0ffee12 .. text="child net up: .."
 *
 * First a word for what has happened, then key=value in the order of the event's
 * row, at last the sentence.  A value with a space, a quote, a backslash or an
 * equals sign, or none at all, stands in double quotes; what is not printable
 * ASCII is \xHH in there, and what is too long ends in "...".  So whatever a peer
 * calls itself, a line is one line, and a value never makes a second key (N27).
 */
#ifndef IKEV2_FACTS_H
#define IKEV2_FACTS_H

#include "ikev2/ikev2.h"

enum ike_fact_kind {
	FACT_TEXT,
	FACT_NUMBER,
	FACT_SPI,
	FACT_ADDR,
	FACT_ENDPOINT,
	FACT_SUITE,
	FACT_NOTIFY,
};

/* Borrows what it points to, as long as the call it is given to. */
struct ike_fact {
	const char *key; /* NULL: the list ends here */
	enum ike_fact_kind kind;
	union {
		const char *text; /* NULL: there is none, and no key */
		uint64_t number;
		const struct ike_addr *addr; /* family 0: there is none */
		const struct ike_endpoint *endpoint;
		const struct suite *suite; /* encr NULL: there is none */
	};
};

enum { EVENT_KEYS = 8 };

/* A row of a table of events: what its lines say, always in this order.  A fact
 * that is not among the keys is not written. */
struct ike_event {
	const char *word;
	enum ike_log_level level;
	enum ike_report_kind kind; /* of those that are reports */
	const char *keys[EVENT_KEYS];
};

/* FACTS(fact_text("id", id), fact_number("tries", 3)) */
#define FACTS(...) ((const struct ike_fact[]){ __VA_ARGS__, { .key = NULL } })
#define NO_FACTS   ((const struct ike_fact *)NULL)

static inline struct ike_fact fact_text(const char *key, const char *text)
{
	return (struct ike_fact){ key, FACT_TEXT, { .text = text } };
}

static inline struct ike_fact fact_number(const char *key, uint64_t number)
{
	return (struct ike_fact){ key, FACT_NUMBER, { .number = number } };
}

/* Of ESP: eight hexadecimal digits; 0: there is none. */
static inline struct ike_fact fact_spi(const char *key, uint32_t spi)
{
	return (struct ike_fact){ key, FACT_SPI, { .number = spi } };
}

static inline struct ike_fact fact_addr(
	const char *key, const struct ike_addr *addr)
{
	return (struct ike_fact){ key, FACT_ADDR, { .addr = addr } };
}

/* "203.0.113.9:4500", "[2001:db8::1]:500" */
static inline struct ike_fact fact_endpoint(
	const char *key, const struct ike_endpoint *endpoint)
{
	return (struct ike_fact){ key, FACT_ENDPOINT,
		{ .endpoint = endpoint } };
}

static inline struct ike_fact fact_suite(
	const char *key, const struct suite *suite)
{
	return (struct ike_fact){ key, FACT_SUITE, { .suite = suite } };
}

/* The name of RFC 7296, or its number where it has none; 0: there is none. */
static inline struct ike_fact fact_notify(const char *key, uint16_t type)
{
	return (struct ike_fact){ key, FACT_NOTIFY, { .number = type } };
}

/* A value as it is, not escaped. */
struct ike_value {
	const char *key;
	const char *text; /* borrowed, or room */
	char room[128];
};

/* Walks peer, child, cause, the event's keys and text, as far as they are there:
 * start with *at = 0, false at the end. */
bool ike_line_next(
	const struct ike_log *line, size_t *at, struct ike_value *out);

/* The longest value of a fact, and of the sentence, as written. */
enum { FACT_SIZE = 160, SENTENCE_SIZE = 900 };

/* Into out, terminated, without a newline; its length.  size is not 0.  What does
 * not fit is left out, but never a closing quote. */
size_t ike_line_format(char *out, size_t size, const struct ike_log *line);

/* Whether the event's row has all keys of the line: for tests. */
bool ike_line_fits(const struct ike_log *line);

/* "PEER_UNREACHABLE", or NULL of IKE_CAUSE_NONE: also in records. */
const char *ike_cause_name(enum ike_cause cause);

#endif

/* chain.h - chains of payloads for tests, in buffers of their exact size, so
 * that the sanitizer sees a single octet read or written beside them.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_CHAIN_H
#define TESTS_CHAIN_H

#include "ikev2/wire/message.h"
#include "tests/hex.h"

#include <check.h>
#include <stdlib.h>

/* Octet 0 stands for the Next Payload of whatever comes before the chain. */
struct built {
	uint8_t *at;
	size_t len;
};

typedef void build_chain(struct chain *c);

static inline struct writer build_in(struct built *into, build_chain *build)
{
	struct writer w = writer_of(into->at, into->len);
	struct chain c = { &w, 0 };

	write_u8(&w, PAYLOAD_NONE);
	build(&c);
	return w;
}

static inline struct built build_of(build_chain *build)
{
	struct built all = { calloc(1, MAX_MESSAGE_LEN), MAX_MESSAGE_LEN };
	struct writer w;

	ck_assert_ptr_nonnull(all.at);
	w = build_in(&all, build);
	ck_assert(!w.bad);
	all.len = w.len;
	all.at = realloc(all.at, all.len);
	ck_assert_ptr_nonnull(all.at);
	return all;
}

/* Octets as they stand, as a chain that begins with a payload of type first. */
static inline struct built built_of(uint8_t first, struct bytes octets)
{
	struct built all = { malloc(octets.len + 1), octets.len + 1 };

	ck_assert_ptr_nonnull(all.at);
	all.at[0] = first;
	if (octets.len > 0)
		memcpy(all.at + 1, octets.at, octets.len);
	return all;
}

/* A payload with that body, none after it. */
static inline struct built built_body(uint8_t type, struct bytes body)
{
	struct built all = { malloc(body.len + 5), body.len + 5 };

	ck_assert_ptr_nonnull(all.at);
	memcpy(all.at, (uint8_t[]){ type, 0, 0, 0, 0 }, 5);
	all.at[3] = (uint8_t)((body.len + 4) >> 8);
	all.at[4] = (uint8_t)(body.len + 4);
	if (body.len > 0)
		memcpy(all.at + 5, body.at, body.len);
	return all;
}

static inline enum ike_error read_built(
	struct message *m, const struct built *from)
{
	memset(m, 0xa5, sizeof(*m));
	return message_read(
		m, from->at[0], bytes_of(from->at + 1, from->len - 1), 28);
}

/* The body of a single payload. */
static inline enum ike_error read_body(
	struct message *m, uint8_t type, struct bytes body)
{
	struct built all = built_body(type, body);
	enum ike_error err = read_built(m, &all);

	free(all.at);
	return err;
}

/* The octets of a chain cut anywhere are refused. */
static inline void refuses_every_cut(build_chain *build)
{
	struct built all = build_of(build);
	struct message m;

	ck_assert_int_eq(read_built(&m, &all), IKE_OK);
	for (size_t len = 1; len < all.len; len++) {
		struct built cut =
			built_of(all.at[0], bytes_of(all.at + 1, len - 1));

		ck_assert_msg(read_built(&m, &cut) == INVALID_SYNTAX,
			"accepted, cut to %zu of %zu octets", len, all.len);
		free(cut.at);
	}
	free(all.at);
}

/* A single payload whose body is shorter than it was, and whose Payload Length
 * is true, is refused down from len octets of body. */
static inline void refuses_every_body_below(build_chain *build, size_t len)
{
	struct built all = build_of(build);
	struct message m;

	ck_assert(len <= all.len - 5);
	while (len-- > 0)
		ck_assert_msg(
			read_body(&m, all.at[0], bytes_of(all.at + 5, len)) ==
				INVALID_SYNTAX,
			"accepted with %zu octets of body", len);
	free(all.at);
}

static inline void refuses_every_shorter_body(build_chain *build)
{
	struct built all = build_of(build);

	refuses_every_body_below(build, all.len - 5);
	free(all.at);
}

/* Every capacity below what is needed makes the writer bad, the one that is
 * needed gives the same octets. */
static inline void writes_all_or_is_bad(build_chain *build)
{
	struct built all = build_of(build);

	for (size_t len = 1; len <= all.len; len++) {
		struct built part = { malloc(len), len };
		struct writer w;

		ck_assert_ptr_nonnull(part.at);
		w = build_in(&part, build);
		ck_assert_msg(w.bad == (len < all.len), "capacity %zu of %zu",
			len, all.len);
		if (!w.bad)
			assert_bytes("written", written(&w),
				bytes_of(all.at, all.len));
		free(part.at);
	}
	free(all.at);
}

/* The chain is written as these octets, and no others; what a test reads from
 * m points into it and is free'd with free(built.at). */
static inline struct built writes(
	build_chain *build, uint8_t first, struct bytes octets)
{
	struct built all = build_of(build);

	ck_assert_uint_eq(all.at[0], first);
	assert_bytes("written", bytes_of(all.at + 1, all.len - 1), octets);
	return all;
}

#endif

/* difference.c - why two sides found no proposal in common, in words.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/difference.h"

#include <stdio.h>

enum { NAMES = 3, NAME_SIZE = TRANSFORM_NAME_SIZE };

/* A few names, each once. */
struct names {
	char name[NAMES][NAME_SIZE];
	size_t count;
	bool more;
};

/* What peers offer and we do not have: to be recognized, no more. */
// clang-format off
static const struct {
	uint8_t type;
	uint16_t id;
	const char *name;
} foreign[] = {
	{ TRANSFORM_ENCR,  2, "des" },
	{ TRANSFORM_ENCR,  3, "3des" },
	{ TRANSFORM_ENCR, 11, "null" },
	{ TRANSFORM_ENCR, 13, "aesctr" },
	{ TRANSFORM_ENCR, 16, "aesccm16" },
	{ TRANSFORM_ENCR, 18, "aesgcm8" },
	{ TRANSFORM_ENCR, 19, "aesgcm12" },
	{ TRANSFORM_ENCR, 23, "camellia" },
	{ TRANSFORM_PRF,   1, "prfmd5" },
	{ TRANSFORM_PRF,   4, "prfaesxcbc" },
	{ TRANSFORM_PRF,   8, "prfaescmac" },
	{ TRANSFORM_INTEG, 1, "md5" },
	{ TRANSFORM_INTEG, 5, "aesxcbc" },
	{ TRANSFORM_INTEG, 8, "aescmac" },
	{ TRANSFORM_KE,    1, "modp768" },
	{ TRANSFORM_KE,    2, "modp1024" },
	{ TRANSFORM_KE,    5, "modp1536" },
	{ TRANSFORM_KE,   22, "modp1024s160" },
	{ TRANSFORM_KE,   23, "modp2048s224" },
	{ TRANSFORM_KE,   24, "modp2048s256" },
	{ TRANSFORM_KE,   28, "ecp256bp" },
	{ TRANSFORM_KE,   29, "ecp384bp" },
	{ TRANSFORM_KE,   30, "ecp512bp" },
	{ TRANSFORM_KE,   32, "x448" },
	{ TRANSFORM_KE,   35, "mlkem512" },
	{ TRANSFORM_KE,   36, "mlkem768" },
	{ TRANSFORM_KE,   37, "mlkem1024" },
};
// clang-format on

void name_transform(
	const struct wire_transform *transform, char out[TRANSFORM_NAME_SIZE])
{
	const struct transform *row = transform_find(
		transform->type, transform->id, transform->key_bits);

	if (row) {
		snprintf(out, NAME_SIZE, "%s", row->name);
		return;
	}
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (foreign[i].type != transform->type ||
			foreign[i].id != transform->id)
			continue;
		snprintf(out, NAME_SIZE, "%s", foreign[i].name);
		return;
	}
	snprintf(out, NAME_SIZE, "number %u", transform->id);
}

static void add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->name[i], name) == 0)
			return;
	}
	if (names->count == NAMES) {
		names->more = true;
		return;
	}
	snprintf(names->name[names->count++], NAME_SIZE, "%s", name);
}

static bool ours_has(const struct ike_proposals *ours,
	const struct wire_transform *transform)
{
	const struct transform *row = transform_find(
		transform->type, transform->id, transform->key_bits);

	for (uint8_t p = 0; row && p < ours->count; p++) {
		for (uint8_t i = 0; i < ours->list[p].count; i++) {
			if (ours->list[p].transforms[i] == row)
				return true;
		}
	}
	return false;
}

static void name_ours(
	const struct ike_proposals *ours, uint8_t type, struct names *names)
{
	for (uint8_t p = 0; p < ours->count; p++) {
		for (uint8_t i = 0; i < ours->list[p].count; i++) {
			const struct transform *row =
				ours->list[p].transforms[i];

			if (row->type == type)
				add_name(names, row->name);
		}
	}
}

/* Names theirs of one type; true if one of them is ours, too. */
static bool name_theirs(const struct ike_proposals *ours,
	const struct payload_sa *theirs, uint8_t protocol, uint8_t type,
	struct names *names)
{
	struct reader proposals = reader_of(theirs->proposals);
	struct proposal proposal;
	bool common = false;

	while (next_proposal(&proposals, &proposal)) {
		struct reader transforms = reader_of(proposal.transforms);
		struct wire_transform transform;

		if (proposal.protocol != protocol)
			continue;
		while (next_transform(&transforms, &transform)) {
			char name[NAME_SIZE];

			if (transform.type != type ||
				transform.unknown_attribute)
				continue;
			name_transform(&transform, name);
			add_name(names, name);
			common |= ours_has(ours, &transform);
		}
	}
	return common;
}

/* "x25519, ecp256, .." */
static const char *list(const struct names *names, char out[4 * NAME_SIZE])
{
	size_t len = 0;

	snprintf(out, 4 * NAME_SIZE, "%s", names->count == 0 ? "none" : "");
	for (size_t i = 0; i < names->count; i++) {
		int n = snprintf(out + len, 4 * NAME_SIZE - len, "%s%s",
			i == 0 ? "" : ", ", names->name[i]);

		len += n > 0 ? (size_t)n : 0;
	}
	if (names->more)
		snprintf(out + len, 4 * NAME_SIZE - len, ", ..");
	return out;
}

/* How many of a side's proposals are with a key exchange, and without. */
struct exchanges {
	size_t with, without;
};

static struct exchanges exchanges_of_ours(const struct ike_proposals *ours)
{
	struct exchanges found = { 0, 0 };

	for (uint8_t p = 0; p < ours->count; p++) {
		bool has = false;

		for (uint8_t i = 0; i < ours->list[p].count; i++)
			has |= ours->list[p].transforms[i]->type ==
			       TRANSFORM_KE;
		found.with += has;
		found.without += !has;
	}
	return found;
}

static struct exchanges exchanges_of_theirs(
	const struct payload_sa *theirs, uint8_t protocol)
{
	struct reader proposals = reader_of(theirs->proposals);
	struct exchanges found = { 0, 0 };
	struct proposal proposal;

	while (next_proposal(&proposals, &proposal)) {
		struct reader transforms = reader_of(proposal.transforms);
		struct wire_transform transform;
		bool has = false;

		if (proposal.protocol != protocol)
			continue;
		while (next_transform(&transforms, &transform))
			has |= transform.type == TRANSFORM_KE;
		found.with += has;
		found.without += !has;
	}
	return found;
}

/* One side always wants a key exchange of its own, and the other never. */
static bool exchange_is_one_sided(const struct ike_proposals *ours,
	const struct payload_sa *theirs, uint8_t protocol)
{
	const struct exchanges here = exchanges_of_ours(ours);
	const struct exchanges there = exchanges_of_theirs(theirs, protocol);

	return (here.with > 0) != (there.with > 0) &&
	       (here.with > 0 ? here.without == 0 && there.without > 0
			      : there.without == 0);
}

const char *proposals_difference(const struct ike_proposals *ours,
	const struct payload_sa *theirs, uint8_t protocol, enum negotiate_ke ke,
	char out[DIFFERENCE_SIZE])
{
	static const struct {
		uint8_t type;
		const char *words;
	} types[] = {
		{ TRANSFORM_ENCR, "encryption" },
		{ TRANSFORM_PRF, "PRF" },
		{ TRANSFORM_KE, "key exchange" },
		{ TRANSFORM_INTEG, "integrity algorithm" },
		{ TRANSFORM_ESN, "sequence numbers" },
	};
	char text[2][4 * NAME_SIZE];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct names here = { .count = 0 }, there = { .count = 0 };
		bool common = name_theirs(
			ours, theirs, protocol, types[i].type, &there);
		bool one_sided;

		if (types[i].type == TRANSFORM_KE && ke == NEGOTIATE_WITHOUT_KE)
			continue;
		name_ours(ours, types[i].type, &here);
		one_sided = here.count == 0 || there.count == 0;
		if (common || (one_sided && (types[i].type != TRANSFORM_KE ||
						    !exchange_is_one_sided(ours,
							    theirs, protocol))))
			continue;
		snprintf(out, DIFFERENCE_SIZE,
			"no %s in common: they offer %s; we accept %s",
			types[i].words, list(&there, text[0]),
			list(&here, text[1]));
		return out;
	}
	snprintf(out, DIFFERENCE_SIZE,
		"no proposal of theirs has all that one of ours wants");
	return out;
}

/* offer.c - two sides' proposals beside each other, and what to add on either (RFC 7296 section 3.3).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/difference.h"
#include "ikev2/explain.h"

#include <stdio.h>

enum {
	ENCODED_SIZE = 512, /* one proposal with one transform of each type */
	SUITE_SIZE = 128,
	WEAK_SIZE = 64,
};

static const struct {
	uint8_t type;
	const char *words;
} types[] = {
	{ TRANSFORM_ENCR, "encryption" },
	{ TRANSFORM_INTEG, "integrity" },
	{ TRANSFORM_PRF, "PRF" },
	{ TRANSFORM_KE, "key exchange" },
	{ TRANSFORM_ESN, "sequence numbers" },
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

/* Names with something between them, cut with ".." where there is no room. */
static void join(char *out, size_t size, const char *with, const char *name)
{
	size_t len = strlen(out);

	if (len >= 2 && strcmp(out + len - 2, "..") == 0)
		return;
	if (len + strlen(with) + strlen(name) + sizeof("..") > size)
		with = "", name = "..";
	snprintf(out + len, size - len, "%s%s", len > 0 ? with : "", name);
}

/* --- What each side says of one type -------------------------------------- */

static void ours_of_type(const struct ike_proposal *own, uint8_t type,
	const char *with, char *out, size_t size)
{
	out[0] = '\0';
	for (uint8_t i = 0; i < own->count; i++) {
		if (own->transforms[i]->type == type)
			join(out, size, with, own->transforms[i]->name);
	}
}

static void theirs_of_type(const struct proposal *theirs, uint8_t type,
	const char *with, char *out, size_t size)
{
	struct reader walk = reader_of(theirs->transforms);
	struct wire_transform transform;
	char name[TRANSFORM_NAME_SIZE];

	out[0] = '\0';
	while (next_transform(&walk, &transform)) {
		if (transform.type != type)
			continue;
		name_transform(&transform, name);
		if (transform.id == 0 && type != TRANSFORM_ESN)
			snprintf(name, sizeof(name), "none");
		join(out, size, with, name);
	}
}

static bool has_type(const struct ike_proposal *own, uint8_t type)
{
	for (uint8_t i = 0; i < own->count; i++) {
		if (own->transforms[i]->type == type)
			return true;
	}
	return false;
}

static bool is_row(
	const struct wire_transform *transform, const struct transform *row)
{
	return !transform->unknown_attribute && transform->type == row->type &&
	       transform->id == row->id && transform->key_bits == row->key_bits;
}

static bool offers(const struct proposal *theirs, const struct transform *row)
{
	struct reader walk = reader_of(theirs->transforms);
	struct wire_transform transform;

	while (next_transform(&walk, &transform)) {
		if (is_row(&transform, row))
			return true;
	}
	return false;
}

/* Has it this type at all, other than as NONE? */
static bool asks_for(const struct proposal *theirs, uint8_t type)
{
	struct reader walk = reader_of(theirs->transforms);
	struct wire_transform transform;
	bool asks = false;

	while (next_transform(&walk, &transform)) {
		if (transform.type == type && transform.id == 0)
			return false;
		asks |= transform.type == type;
	}
	return asks;
}

/* The first of ours that they offer, too; NULL: none. */
static const struct transform *common_of(const struct ike_proposal *own,
	const struct proposal *theirs, uint8_t type)
{
	for (uint8_t i = 0; i < own->count; i++) {
		if (own->transforms[i]->type == type &&
			offers(theirs, own->transforms[i]))
			return own->transforms[i];
	}
	return NULL;
}

static bool counts(uint8_t type, uint8_t protocol, enum negotiate_ke ke)
{
	if (type == TRANSFORM_PRF)
		return protocol == PROTOCOL_IKE;
	if (type == TRANSFORM_ESN)
		return protocol == PROTOCOL_ESP;
	return type != TRANSFORM_KE || ke == NEGOTIATE_KE;
}

/* One of each that has no such type agrees about that. */
static bool agrees(const struct ike_proposal *own,
	const struct proposal *theirs, uint8_t type)
{
	const struct transform *noesn =
		transform_find(TRANSFORM_ESN, ESN_NO, 0);

	if (has_type(own, type))
		return common_of(own, theirs, type) != NULL;
	if (type == TRANSFORM_ESN)
		return offers(theirs, noesn);
	return !asks_for(theirs, type);
}

/* --- The nearest two ------------------------------------------------------ */

struct nearest {
	const struct ike_proposal *own;
	struct proposal theirs;
	uint8_t own_number, their_number; /* from 1; 0: there is none */
};

static unsigned score(const struct ike_proposal *own,
	const struct proposal *theirs, uint8_t protocol, enum negotiate_ke ke)
{
	unsigned sum = 1;

	for (size_t i = 0; i < TYPES; i++) {
		if (counts(types[i].type, protocol, ke))
			sum += agrees(own, theirs, types[i].type);
	}
	return sum;
}

static struct nearest find_nearest(const struct ike_proposals *ours,
	const struct payload_sa *theirs, uint8_t protocol, enum negotiate_ke ke)
{
	struct reader walk = reader_of(theirs->proposals);
	struct nearest nearest = { .own = NULL };
	struct proposal proposal;
	unsigned best = 0;

	for (uint8_t n = 1; next_proposal(&walk, &proposal); n++) {
		if (proposal.protocol != protocol)
			continue;
		for (uint8_t i = 0; i < ours->count; i++) {
			unsigned is =
				score(&ours->list[i], &proposal, protocol, ke);

			if (is <= best)
				continue;
			best = is;
			nearest = (struct nearest){ &ours->list[i], proposal,
				(uint8_t)(i + 1), n };
		}
	}
	return nearest;
}

static void compare_types(struct ike_explanation *out,
	const struct nearest *nearest, uint8_t protocol, enum negotiate_ke ke)
{
	char theirs[EXPLAIN_VALUE_SIZE], ours[EXPLAIN_VALUE_SIZE];

	for (size_t i = 0; i < TYPES; i++) {
		const uint8_t type = types[i].type;

		if (!counts(type, protocol, ke))
			continue;
		theirs_of_type(
			&nearest->theirs, type, ", ", theirs, sizeof(theirs));
		ours_of_type(nearest->own, type, ", ", ours, sizeof(ours));
		if (!theirs[0] && !ours[0])
			continue;
		explain_row(out, types[i].words,
			!agrees(nearest->own, &nearest->theirs, type),
			theirs[0] ? theirs : "none", ours[0] ? ours : "none");
	}
}

/* --- Edits ---------------------------------------------------------------- */

static void add(struct ike_proposal *proposal, const struct transform *row)
{
	if (row)
		proposal->transforms[proposal->count++] = row;
}

/* As a proposal string has it: aes128-sha256-prfsha256-modp2048. */
static void write_suite(const struct ike_proposal *one, char out[SUITE_SIZE])
{
	out[0] = '\0';
	for (uint8_t i = 0; i < one->count; i++)
		join(out, SUITE_SIZE, "-", one->transforms[i]->name);
}

/* The first of ours of each type, those first that they offer anyway. */
static struct ike_proposal one_of_ours(
	const struct nearest *nearest, uint8_t protocol, enum negotiate_ke ke)
{
	struct ike_proposal one = { .count = 0 };

	for (size_t i = 0; i < TYPES; i++) {
		const uint8_t type = types[i].type;
		const struct transform *row =
			common_of(nearest->own, &nearest->theirs, type);

		if (!counts(type, protocol, ke))
			continue;
		for (uint8_t t = 0; !row && t < nearest->own->count; t++) {
			if (nearest->own->transforms[t]->type == type)
				row = nearest->own->transforms[t];
		}
		add(&one, row);
	}
	return one;
}

/* Would we choose it, if they offered it? */
static bool would_be_chosen(const struct ike_proposals *ours,
	const struct ike_proposal *one, uint8_t protocol, enum negotiate_ke ke)
{
	static const uint8_t spi[ESP_SPI_LEN] = { 0, 0, 1, 0 };
	struct ike_proposals offer = { .count = 1, .list = { *one } };
	uint8_t buffer[ENCODED_SIZE];
	struct writer w = writer_of(buffer, sizeof(buffer));
	struct chain c = { &w, 0 };
	struct negotiated chosen;
	struct payload_sa sa;
	struct reader r;

	write_u8(&w, PAYLOAD_NONE); /* of what comes before the payload */
	negotiate_propose(&c, &offer, protocol,
		bytes_of(spi, protocol == PROTOCOL_ESP ? sizeof(spi) : 0), ke);
	if (w.bad)
		return false;
	r = reader_of(bytes_of(buffer + 1 + PAYLOAD_HEADER_LEN,
		w.len - 1 - PAYLOAD_HEADER_LEN));
	read_sa(&r, &sa);
	return !r.bad &&
	       negotiate_choose(ours, &sa, protocol, ke, &chosen) == IKE_OK;
}

static const char *key_of(uint8_t protocol)
{
	return protocol == PROTOCOL_IKE ? "ike" : "esp";
}

/* `sha1` stands for prfsha1, too. */
static void write_weak(const struct ike_proposal *one, char out[WEAK_SIZE])
{
	out[0] = '\0';
	for (uint8_t i = 0; i < one->count; i++) {
		const char *name = one->transforms[i]->name;

		if (!one->transforms[i]->weak)
			continue;
		if (strncmp(name, "prf", 3) == 0)
			name += 3;
		if (!strstr(out, name))
			join(out, WEAK_SIZE, ", ", name);
	}
}

static void mend_there(struct ike_explanation *out,
	const struct ike_proposals *ours, const struct nearest *nearest,
	uint8_t protocol, enum negotiate_ke ke)
{
	struct ike_proposal one = one_of_ours(nearest, protocol, ke);
	char suite[SUITE_SIZE], weak[WEAK_SIZE];

	if (!would_be_chosen(ours, &one, protocol, ke))
		return;
	write_suite(&one, suite);
	write_weak(&one, weak);
	explain_fix_there(out, "add %s to its '%s'%s%s%s", suite,
		key_of(protocol), weak[0] ? ", with allow_weak: [" : "", weak,
		weak[0] ? "]" : "");
}

/* Of what they offer of a type, what we could have: ours first, then what is not
 * weak. */
static const struct transform *possible(const struct ike_proposal *own,
	const struct proposal *theirs, uint8_t type, bool aead)
{
	struct reader walk = reader_of(theirs->transforms);
	const struct transform *row = common_of(own, theirs, type);
	const struct transform *weak = NULL;
	struct wire_transform transform;

	if (row && row->aead == aead)
		return row;
	while (next_transform(&walk, &transform)) {
		if (transform.type != type || transform.unknown_attribute)
			continue;
		row = transform_find(type, transform.id, transform.key_bits);
		if (!row || row->aead != aead)
			continue;
		if (!row->weak)
			return row;
		weak = weak ? weak : row;
	}
	return weak;
}

static bool one_of_theirs(struct ike_proposal *one,
	const struct ike_proposal *own, const struct proposal *theirs,
	uint8_t protocol, enum negotiate_ke ke, bool aead)
{
	const bool wants_ke =
		protocol == PROTOCOL_IKE || asks_for(theirs, TRANSFORM_KE);
	const struct transform *row;

	*one = (struct ike_proposal){ .count = 0 };
	for (size_t i = 0; i < TYPES; i++) {
		const uint8_t type = types[i].type;

		if (!counts(type, protocol, ke) ||
			(type == TRANSFORM_INTEG && aead) ||
			(type == TRANSFORM_KE && !wants_ke))
			continue;
		row = possible(
			own, theirs, type, type == TRANSFORM_ENCR && aead);
		if (!row)
			return false;
		add(one, row);
	}
	return true;
}

static bool mends(const struct ike_proposals *ours,
	const struct ike_proposal *one, const struct payload_sa *theirs,
	uint8_t protocol, enum negotiate_ke ke)
{
	struct ike_proposals more = *ours;
	struct negotiated chosen;

	/* With all places taken it would stand instead of the last. */
	if (more.count == MAX_OWN_PROPOSALS)
		more.count--;
	more.list[more.count++] = *one;
	return negotiate_choose(&more, theirs, protocol, ke, &chosen) == IKE_OK;
}

static bool mend_with(struct ike_explanation *out,
	const struct ike_proposals *ours, const struct payload_sa *theirs,
	const struct nearest *nearest, const struct proposal *offered,
	uint8_t protocol, enum negotiate_ke ke)
{
	char suite[SUITE_SIZE], weak[WEAK_SIZE];
	struct ike_proposal one;

	for (int aead = 1; aead >= 0; aead--) {
		if (!one_of_theirs(&one, nearest->own, offered, protocol, ke,
			    aead == 1) ||
			!mends(ours, &one, theirs, protocol, ke))
			continue;
		write_suite(&one, suite);
		write_weak(&one, weak);
		explain_fix_here(out, "add %s to '%s'%s%s%s", suite,
			key_of(protocol), weak[0] ? ", with allow_weak: [" : "",
			weak, weak[0] ? "]" : "");
		return true;
	}
	return false;
}

/* A proposal of theirs needs what this version has not: which of it? */
static void say_foreign(
	struct ike_explanation *out, const struct nearest *nearest)
{
	char names[EXPLAIN_VALUE_SIZE], name[TRANSFORM_NAME_SIZE];

	names[0] = '\0';
	for (size_t i = 0; i < TYPES; i++) {
		struct reader walk = reader_of(nearest->theirs.transforms);
		struct wire_transform t;
		char unknown[EXPLAIN_VALUE_SIZE] = "";
		bool any = false;

		while (next_transform(&walk, &t)) {
			if (t.type != types[i].type || t.id == 0)
				continue;
			any |= transform_find(t.type, t.id, t.key_bits) != NULL;
			name_transform(&t, name);
			join(unknown, sizeof(unknown), ", ", name);
		}
		if (!any && unknown[0])
			join(names, sizeof(names), ", ", unknown);
	}
	if (names[0])
		explain_look(out,
			"what they offer cannot be allowed here: this version "
			"has no %.120s",
			names);
}

static void mend_here(struct ike_explanation *out,
	const struct ike_proposals *ours, const struct payload_sa *theirs,
	const struct nearest *nearest, uint8_t protocol, enum negotiate_ke ke)
{
	struct reader walk = reader_of(theirs->proposals);
	struct proposal proposal;

	if (mend_with(
		    out, ours, theirs, nearest, &nearest->theirs, protocol, ke))
		return;
	while (next_proposal(&walk, &proposal)) {
		if (proposal.protocol == protocol &&
			mend_with(out, ours, theirs, nearest, &proposal,
				protocol, ke))
			return;
	}
	say_foreign(out, nearest);
}

/* --- All of both ---------------------------------------------------------- */

static void list_ours(struct explain_proposals *out,
	const struct ike_proposals *ours, uint8_t protocol,
	enum negotiate_ke ke)
{
	char names[EXPLAIN_PROPOSAL_SIZE];

	for (uint8_t p = 0; p < ours->count; p++) {
		char *text = out->list[out->count++];

		for (size_t i = 0; i < TYPES; i++) {
			if (!counts(types[i].type, protocol, ke))
				continue;
			ours_of_type(&ours->list[p], types[i].type, "+", names,
				sizeof(names));
			if (names[0])
				join(text, EXPLAIN_PROPOSAL_SIZE, "-", names);
		}
	}
}

static void list_theirs(struct explain_proposals *out,
	const struct payload_sa *theirs, uint8_t protocol, enum negotiate_ke ke)
{
	struct reader walk = reader_of(theirs->proposals);
	char names[EXPLAIN_PROPOSAL_SIZE];
	struct proposal proposal;

	while (next_proposal(&walk, &proposal)) {
		char *text = out->list[out->count];

		if (out->count == EXPLAIN_PROPOSALS) {
			out->more = true;
			return;
		}
		out->count++;
		if (proposal.protocol != protocol)
			snprintf(text, EXPLAIN_PROPOSAL_SIZE, "protocol %u",
				proposal.protocol);
		for (size_t i = 0; proposal.protocol == protocol && i < TYPES;
			i++) {
			if (!counts(types[i].type, protocol, ke))
				continue;
			theirs_of_type(&proposal, types[i].type, "+", names,
				sizeof(names));
			if (names[0])
				join(text, EXPLAIN_PROPOSAL_SIZE, "-", names);
		}
	}
}

void explain_offer(struct ike_explanation *out,
	const struct ike_proposals *ours, const struct payload_sa *theirs,
	uint8_t protocol, enum negotiate_ke ke)
{
	struct nearest nearest;

	explain_key(out, key_of(protocol));
	list_ours(&out->ours, ours, protocol, ke);
	if (!theirs)
		return;
	list_theirs(&out->theirs, theirs, protocol, ke);
	nearest = find_nearest(ours, theirs, protocol, ke);
	if (!nearest.own)
		return;
	out->nearest_ours = nearest.own_number;
	if (nearest.their_number <= EXPLAIN_PROPOSALS)
		out->nearest_theirs = nearest.their_number;
	compare_types(out, &nearest, protocol, ke);
	mend_there(out, ours, &nearest, protocol, ke);
	mend_here(out, ours, theirs, &nearest, protocol, ke);
}

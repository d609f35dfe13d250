/* negotiate.c - choosing one proposal whole (RFC 7296 sections 2.7 and 3.3.6).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/negotiate.h"

/* --- What a protocol is made of (RFC 7296 section 3.3.3) ------------------ */

/* Is this transform type one that the protocol has? */
static bool type_fits(uint8_t protocol, uint8_t type)
{
	switch ((enum transform_type)type) {
	case TRANSFORM_ENCR:
	case TRANSFORM_INTEG:
	case TRANSFORM_KE:
		return true;
	case TRANSFORM_PRF:
		return protocol == PROTOCOL_IKE;
	case TRANSFORM_ESN:
		return protocol == PROTOCOL_ESP;
	case TRANSFORM_TYPES:
		break;
	}
	return false;
}

/* An SPI of zeros names no SA (RFC 7296 section 3.1, RFC 4303 section 2.1). */
static bool spi_fits(uint8_t protocol, struct bytes spi)
{
	uint8_t any = 0;

	for (size_t i = 0; i < spi.len; i++)
		any |= spi.at[i];
	if (protocol == PROTOCOL_IKE && spi.len == 0)
		return true;
	return any != 0 &&
	       spi.len == (protocol == PROTOCOL_IKE ? (size_t)IKE_SPI_LEN
						    : (size_t)ESP_SPI_LEN);
}

static bool wanted(
	const struct transform *row, uint8_t protocol, enum negotiate_ke ke)
{
	if (row->type == TRANSFORM_KE && ke == NEGOTIATE_WITHOUT_KE)
		return false;
	return type_fits(protocol, row->type);
}

/* Do two of our proposals say the same, once what is not wanted is gone? */
static bool says_same(const struct ike_proposal *a,
	const struct ike_proposal *b, uint8_t protocol, enum negotiate_ke ke)
{
	uint8_t i = 0, j = 0;

	for (;;) {
		while (i < a->count && !wanted(a->transforms[i], protocol, ke))
			i++;
		while (j < b->count && !wanted(b->transforms[j], protocol, ke))
			j++;
		if (i == a->count || j == b->count)
			return i == a->count && j == b->count;
		if (a->transforms[i++] != b->transforms[j++])
			return false;
	}
}

/* Our next proposal that goes on the wire, from *at on; NULL past the last. */
static const struct ike_proposal *next_own(const struct ike_proposals *ours,
	uint8_t *at, uint8_t protocol, enum negotiate_ke ke)
{
	for (; *at < ours->count; (*at)++) {
		uint8_t before = 0;

		while (before < *at && !says_same(&ours->list[before],
					       &ours->list[*at], protocol, ke))
			before++;
		if (before == *at)
			return &ours->list[(*at)++];
	}
	return NULL;
}

static bool has_type(const struct ike_proposal *proposal, uint8_t type)
{
	for (uint8_t i = 0; i < proposal->count; i++) {
		if (proposal->transforms[i]->type == type)
			return true;
	}
	return false;
}

/* --- Our offer ------------------------------------------------------------ */

static void put(struct sa_out *sa, const struct transform *row)
{
	if (row)
		write_transform(sa, row->type, row->id, row->key_bits);
}

void negotiate_propose(struct chain *c, const struct ike_proposals *ours,
	uint8_t protocol, struct bytes spi, enum negotiate_ke ke)
{
	const struct ike_proposal *own;
	uint8_t at = 0, number = 0;
	struct sa_out sa;

	sa_begin(&sa, c);
	while ((own = next_own(ours, &at, protocol, ke))) {
		proposal_begin(&sa, ++number, protocol, spi);
		for (uint8_t i = 0; i < own->count; i++) {
			if (wanted(own->transforms[i], protocol, ke))
				put(&sa, own->transforms[i]);
		}
		/* ESP must say which (RFC 7296 section 3.3.3). */
		if (protocol == PROTOCOL_ESP && !has_type(own, TRANSFORM_ESN))
			write_transform(&sa, TRANSFORM_ESN, ESN_NO, 0);
		proposal_end(&sa);
	}
	sa_end(&sa);
}

void negotiate_answer(struct chain *c, const struct negotiated *chosen,
	uint8_t protocol, struct bytes spi)
{
	const struct suite *suite = &chosen->suite;
	struct sa_out sa;

	sa_begin(&sa, c);
	proposal_begin(&sa, chosen->number, protocol, spi);
	put(&sa, suite->encr);
	put(&sa, suite->prf);
	put(&sa, suite->integ);
	put(&sa, suite->ke);
	put(&sa, suite->esn);
	proposal_end(&sa);
	sa_end(&sa);
}

/* --- One of their proposals beside one of ours ---------------------------- */

/* Which of our transforms theirs has, and which types it says NONE for. */
struct common {
	uint64_t mine;              /* bit i: transform i of our proposal */
	bool seen[TRANSFORM_TYPES]; /* theirs has this type at all */
	bool none[TRANSFORM_TYPES]; /* INTEG or KE: NONE is offered */
	uint16_t count[TRANSFORM_TYPES];
	bool bad; /* holds what makes a proposal unusable */
};

static uint64_t own_bit(
	const struct ike_proposal *own, const struct wire_transform *theirs)
{
	for (uint8_t i = 0; i < own->count; i++) {
		const struct transform *row = own->transforms[i];

		if (row->type == theirs->type && row->id == theirs->id &&
			row->key_bits == theirs->key_bits)
			return UINT64_C(1) << i;
	}
	return 0;
}

static bool is_none(const struct wire_transform *theirs)
{
	return theirs->id == 0 && theirs->key_bits == 0 &&
	       (theirs->type == TRANSFORM_INTEG ||
		       theirs->type == TRANSFORM_KE);
}

static struct common compare(const struct ike_proposal *own,
	const struct proposal *theirs, uint8_t protocol)
{
	struct reader walk = reader_of(theirs->transforms);
	struct wire_transform transform;
	struct common common = { 0 };

	if (theirs->protocol != protocol || !spi_fits(protocol, theirs->spi))
		common.bad = true;
	while (!common.bad && next_transform(&walk, &transform)) {
		if (!type_fits(protocol, transform.type)) {
			common.bad = true;
			break;
		}
		common.seen[transform.type] = true;
		common.count[transform.type]++;
		if (transform.unknown_attribute)
			continue;
		if (is_none(&transform))
			common.none[transform.type] = true;
		else
			common.mine |= own_bit(own, &transform);
	}
	return common;
}

/* The first of our transforms of a type, from *at on, that theirs has. */
static const struct transform *pick(const struct ike_proposal *own,
	const struct common *common, uint8_t type, uint8_t *at)
{
	for (; *at < own->count; (*at)++) {
		const struct transform *row = own->transforms[*at];

		if (row->type == type && (common->mine >> *at & 1))
			return own->transforms[(*at)++];
	}
	return NULL;
}

static const struct transform *pick_first(const struct ike_proposal *own,
	const struct common *common, uint8_t type)
{
	uint8_t at = 0;

	return pick(own, common, type, &at);
}

/* An AEAD goes with no INTEG or NONE, any other cipher with one (RFC 7296
 * section 3.3, RFC 5282 section 8). */
static bool pick_encr(const struct ike_proposal *own,
	const struct common *common, struct suite *suite)
{
	const bool aead_fits =
		!common->seen[TRANSFORM_INTEG] || common->none[TRANSFORM_INTEG];
	uint8_t at = 0;

	suite->integ = NULL;
	while ((suite->encr = pick(own, common, TRANSFORM_ENCR, &at))) {
		if (suite->encr->aead && aead_fits)
			return true;
		if (suite->encr->aead)
			continue;
		suite->integ = pick_first(own, common, TRANSFORM_INTEG);
		if (suite->integ)
			return true;
	}
	return false;
}

/* An IKE SA always has a key exchange (RFC 7296 section 2.18); a child without
 * one needs both sides to allow that. */
static bool pick_ke(const struct ike_proposal *own, const struct common *common,
	uint8_t protocol, enum negotiate_ke ke, struct suite *suite)
{
	suite->ke = NULL;
	if (ke == NEGOTIATE_WITHOUT_KE)
		return true;
	suite->ke = pick_first(own, common, TRANSFORM_KE);
	if (suite->ke)
		return true;
	return protocol != PROTOCOL_IKE && !has_type(own, TRANSFORM_KE) &&
	       (!common->seen[TRANSFORM_KE] || common->none[TRANSFORM_KE]);
}

/* A proposal of ours that names no ESN means the plain sequence numbers. */
static bool pick_esn(const struct ike_proposal *own,
	const struct proposal *theirs, const struct common *common,
	struct suite *suite)
{
	struct reader walk = reader_of(theirs->transforms);
	struct wire_transform transform;

	suite->esn = pick_first(own, common, TRANSFORM_ESN);
	if (suite->esn || has_type(own, TRANSFORM_ESN))
		return suite->esn != NULL;
	while (next_transform(&walk, &transform)) {
		if (transform.type == TRANSFORM_ESN && transform.id == ESN_NO &&
			transform.key_bits == 0 && !transform.unknown_attribute)
			suite->esn = transform_find(TRANSFORM_ESN, ESN_NO, 0);
	}
	return suite->esn != NULL;
}

static bool pick_suite(const struct ike_proposal *own,
	const struct proposal *theirs, const struct common *common,
	uint8_t protocol, enum negotiate_ke ke, struct suite *suite)
{
	*suite = (struct suite){ 0 };
	if (common->bad || !pick_encr(own, common, suite) ||
		!pick_ke(own, common, protocol, ke, suite))
		return false;
	if (protocol == PROTOCOL_ESP)
		return pick_esn(own, theirs, common, suite);
	suite->prf = pick_first(own, common, TRANSFORM_PRF);
	return suite->prf != NULL;
}

static void fill(struct negotiated *out, const struct proposal *theirs)
{
	out->number = theirs->number;
	out->spi = theirs->spi;
}

enum ike_error negotiate_choose(const struct ike_proposals *ours,
	const struct payload_sa *theirs, uint8_t protocol, enum negotiate_ke ke,
	struct negotiated *out)
{
	struct reader walk = reader_of(theirs->proposals);
	struct proposal proposal;

	*out = (struct negotiated){ 0 };
	if (next_proposal(&walk, &proposal) && proposal.number != 1)
		return INVALID_SYNTAX;
	for (uint8_t i = 0; i < ours->count; i++) {
		const struct ike_proposal *own = &ours->list[i];

		walk = reader_of(theirs->proposals);
		while (next_proposal(&walk, &proposal)) {
			const struct common common =
				compare(own, &proposal, protocol);

			if (!pick_suite(own, &proposal, &common, protocol, ke,
				    &out->suite))
				continue;
			fill(out, &proposal);
			return IKE_OK;
		}
	}
	return NO_PROPOSAL_CHOSEN;
}

/* --- Their answer --------------------------------------------------------- */

/* The proposal that we sent under this number, or NULL. */
static const struct ike_proposal *own_numbered(const struct ike_proposals *ours,
	uint8_t number, uint8_t protocol, enum negotiate_ke ke)
{
	const struct ike_proposal *own = NULL;
	uint8_t at = 0;

	for (uint8_t n = 0; n < number; n++) {
		own = next_own(ours, &at, protocol, ke);
		if (!own)
			return NULL;
	}
	return own;
}

/* At most one transform of each type, and each of them ours or NONE; what
 * pick_suite then finds is the answer and nothing else. */
static bool is_answer(const struct common *common)
{
	for (size_t type = 0; type < TRANSFORM_TYPES; type++) {
		if (common->count[type] > 1)
			return false;
	}
	return !common->bad;
}

static uint8_t types_in(const struct suite *suite)
{
	return (uint8_t)((suite->encr != NULL) + (suite->prf != NULL) +
			 (suite->integ != NULL) + (suite->ke != NULL) +
			 (suite->esn != NULL));
}

enum ike_error negotiate_check(const struct ike_proposals *ours,
	const struct payload_sa *answer, uint8_t protocol, enum negotiate_ke ke,
	struct negotiated *out)
{
	struct reader walk = reader_of(answer->proposals);
	const struct ike_proposal *own;
	struct proposal proposal;
	struct common common;
	size_t nones;

	*out = (struct negotiated){ 0 };
	if (!next_proposal(&walk, &proposal) || reader_more(&walk))
		return NO_PROPOSAL_CHOSEN;
	own = own_numbered(ours, proposal.number, protocol, ke);
	if (!own)
		return NO_PROPOSAL_CHOSEN;
	common = compare(own, &proposal, protocol);
	if (!is_answer(&common) ||
		!pick_suite(own, &proposal, &common, protocol, ke, &out->suite))
		return NO_PROPOSAL_CHOSEN;
	/* Whatever the answer holds beyond the suite was not offered. */
	nones = (size_t)common.none[TRANSFORM_INTEG] +
		(size_t)common.none[TRANSFORM_KE];
	if (types_in(&out->suite) + nones != proposal.transform_count)
		return NO_PROPOSAL_CHOSEN;
	fill(out, &proposal);
	return IKE_OK;
}

/* --- Groups --------------------------------------------------------------- */

static bool has_transform(
	const struct ike_proposal *own, const struct transform *row)
{
	for (uint8_t i = 0; i < own->count; i++) {
		if (own->transforms[i] == row)
			return true;
	}
	return false;
}

void negotiate_keep_prf(const struct ike_proposals *ours,
	const struct transform *prf, struct ike_proposals *out)
{
	*out = (struct ike_proposals){ 0 };
	for (uint8_t i = 0; i < ours->count; i++) {
		const struct ike_proposal *own = &ours->list[i];
		struct ike_proposal *kept = &out->list[out->count];

		if (!has_transform(own, prf))
			continue;
		for (uint8_t j = 0; j < own->count; j++) {
			const struct transform *row = own->transforms[j];

			if (row->type != TRANSFORM_PRF || row == prf)
				kept->transforms[kept->count++] = row;
		}
		out->count++;
	}
	if (out->count == 0)
		*out = *ours;
}

const struct transform *negotiate_group(
	const struct ike_proposals *ours, uint16_t group)
{
	for (uint8_t i = 0; i < ours->count; i++) {
		const struct ike_proposal *own = &ours->list[i];

		for (uint8_t j = 0; j < own->count; j++) {
			const struct transform *row = own->transforms[j];

			if (row->type == TRANSFORM_KE && row->id == group)
				return row;
		}
	}
	return NULL;
}

const struct transform *negotiate_first_group(const struct ike_proposals *ours)
{
	for (uint8_t i = 0; i < ours->count; i++) {
		const struct ike_proposal *own = &ours->list[i];

		for (uint8_t j = 0; j < own->count; j++) {
			if (own->transforms[j]->type == TRANSFORM_KE)
				return own->transforms[j];
		}
	}
	return NULL;
}

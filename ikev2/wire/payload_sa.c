/* payload_sa.c - the Security Association payload (RFC 7296 section 3.3).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

enum {
	PROPOSAL_HEADER_LEN = 8,
	TRANSFORM_HEADER_LEN = 8,
	LAST = 0, /* RFC 7296 section 3.3.1: inherited from ISAKMP's types */
	MORE_PROPOSALS = 2,
	MORE_TRANSFORMS = 3,
};

/* --- Reading -------------------------------------------------------------- */

static void read_attribute(struct reader *r, struct wire_transform *transform)
{
	const uint16_t type = read_u16(r);
	const uint16_t value = read_u16(r); /* or the length of one */

	if (!(type & ATTRIBUTE_TV)) {
		read_skip(r, value);
		transform->unknown_attribute = true;
		return;
	}
	/* A second key length, or one of 0, says nothing that can be met. */
	if (type != (ATTRIBUTE_TV | ATTRIBUTE_KEY_LENGTH) || value == 0 ||
		transform->key_bits != 0) {
		transform->unknown_attribute = true;
		return;
	}
	transform->key_bits = value;
}

static void read_transform(struct reader *r, struct wire_transform *transform)
{
	const uint8_t more = read_u8(r);
	struct reader body;
	size_t len;

	*transform = (struct wire_transform){ 0 };
	read_skip(r, 1);
	len = read_u16(r);
	if (len < TRANSFORM_HEADER_LEN) {
		r->bad = true;
		return;
	}
	body = read_part(r, len - 4);
	transform->type = read_u8(&body);
	read_skip(&body, 1);
	transform->id = read_u16(&body);
	while (reader_more(&body))
		read_attribute(&body, transform);
	if (body.bad || more != (r->left > 0 ? MORE_TRANSFORMS : LAST))
		r->bad = true;
}

static void read_proposal(struct reader *r, struct proposal *proposal)
{
	const uint8_t more = read_u8(r);
	struct reader body;
	uint8_t spi_size;
	size_t len;

	read_skip(r, 1);
	len = read_u16(r);
	if (len < PROPOSAL_HEADER_LEN) {
		r->bad = true;
		return;
	}
	body = read_part(r, len - 4);
	proposal->number = read_u8(&body);
	proposal->protocol = read_u8(&body);
	spi_size = read_u8(&body);
	proposal->transform_count = read_u8(&body);
	proposal->spi = read_bytes(&body, spi_size);
	proposal->transforms = read_rest(&body);
	if (body.bad || more != (r->left > 0 ? MORE_PROPOSALS : LAST))
		r->bad = true;
}

static bool transforms_whole(const struct proposal *proposal)
{
	struct reader walk = reader_of(proposal->transforms);
	struct wire_transform transform;
	unsigned int found = 0;

	for (; reader_more(&walk); found++)
		read_transform(&walk, &transform);
	return !walk.bad && found == proposal->transform_count;
}

/* An offer numbers from 1; an answer is one proposal with the number it had in
 * the offer.  So a single proposal may have any number but 0. */
static bool number_follows(uint8_t number, uint8_t before, bool single)
{
	return number == before + 1 || (single && number > 0);
}

void read_sa(struct reader *r, struct payload_sa *sa)
{
	struct proposal proposal = { 0 };
	struct reader walk;
	uint8_t before = 0;

	sa->proposals = read_rest(r);
	walk = reader_of(sa->proposals);
	if (walk.left == 0)
		r->bad = true;
	while (reader_more(&walk)) {
		read_proposal(&walk, &proposal);
		if (walk.bad || before == MAX_PROPOSALS ||
			!number_follows(proposal.number, before,
				before == 0 && walk.left == 0) ||
			!transforms_whole(&proposal)) {
			r->bad = true;
			return;
		}
		before = proposal.number;
	}
}

bool next_proposal(struct reader *walk, struct proposal *proposal)
{
	if (!reader_more(walk))
		return false;
	read_proposal(walk, proposal);
	return !walk->bad;
}

bool next_transform(struct reader *walk, struct wire_transform *transform)
{
	if (!reader_more(walk))
		return false;
	read_transform(walk, transform);
	return !walk->bad;
}

/* --- Writing -------------------------------------------------------------- */

void sa_begin(struct sa_out *out, struct chain *c)
{
	*out = (struct sa_out){ .c = c };
	out->sa_at = payload_begin(c, PAYLOAD_SA);
}

void proposal_begin(
	struct sa_out *out, uint8_t number, uint8_t protocol, struct bytes spi)
{
	struct writer *w = out->c->w;

	if (out->proposal_at > 0)
		patch_u8(w, out->proposal_at, MORE_PROPOSALS);
	if (spi.len > UINT8_MAX)
		w->bad = true;
	out->proposal_at = w->len;
	out->transform_at = 0;
	out->transforms = 0;
	write_zero(w, 4);
	write_u8(w, number);
	write_u8(w, protocol);
	write_u8(w, (uint8_t)spi.len);
	write_u8(w, 0);
	write_bytes(w, spi);
}

void write_transform(
	struct sa_out *out, uint8_t type, uint16_t id, uint16_t key_bits)
{
	struct writer *w = out->c->w;

	if (out->transforms == MAX_TRANSFORMS) {
		w->bad = true;
		return;
	}
	if (out->transform_at > 0)
		patch_u8(w, out->transform_at, MORE_TRANSFORMS);
	out->transform_at = w->len;
	out->transforms++;
	write_zero(w, 2);
	write_u16(w, TRANSFORM_HEADER_LEN + (key_bits > 0 ? 4 : 0));
	write_u8(w, type);
	write_u8(w, 0);
	write_u16(w, id);
	if (key_bits > 0) {
		write_u16(w, ATTRIBUTE_TV | ATTRIBUTE_KEY_LENGTH);
		write_u16(w, key_bits);
	}
}

void proposal_end(struct sa_out *out)
{
	struct writer *w = out->c->w;

	patch_u16(w, out->proposal_at + 2, w->len - out->proposal_at);
	patch_u8(w, out->proposal_at + 7, out->transforms);
}

void sa_end(struct sa_out *out)
{
	payload_end(out->c, out->sa_at);
}

/* der.c - is it DER at all (X.690 sections 8.1, 10.1, 11.1)?
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/der.h"

enum {
	DER_CONSTRUCTED = 0x20,
	DER_CLASS = 0xc0,
	DER_NUMBER = 0x1f, /* all ones: the number follows in octets */
	MAX_DEPTH = 24,    /* a certificate has about ten */
};

static bool is_right_tag(uint8_t tag)
{
	if ((tag & DER_NUMBER) == DER_NUMBER)
		return false;
	if ((tag & DER_CLASS) != 0)
		return true;
	if (tag == DER_SEQUENCE || tag == DER_SET)
		return true;
	return !(tag & DER_CONSTRUCTED) &&
	       tag != (DER_SEQUENCE & ~DER_CONSTRUCTED) &&
	       tag != (DER_SET & ~DER_CONSTRUCTED);
}

static void read_value(struct reader *r, int depth)
{
	const uint8_t tag = read_u8(r);
	struct reader inside = read_part(r, read_der_len(r));

	if (!is_right_tag(tag) || depth == MAX_DEPTH)
		r->bad = true;
	if (tag == DER_BOOLEAN && inside.left == 1 && inside.at[0] != 0 &&
		inside.at[0] != 0xff)
		r->bad = true;
	if (!(tag & DER_CONSTRUCTED) || r->bad)
		return;
	while (reader_more(&inside))
		read_value(&inside, depth + 1);
	if (inside.bad)
		r->bad = true;
}

bool der_is_one(struct bytes der)
{
	struct reader r = reader_of(der);

	read_value(&r, 0);
	return reader_done(&r);
}

/* der.h - items of DER, over the reader of bytes.h (X.690 sections 8.1, 10.1, 11.1).
 * SPDX-License-Identifier: ISC
 *
 * Only what DER is: tags of one octet, lengths definite and in their shortest
 * form, numbers too.  What is not makes the reader bad, as a read past the end.
 */
#ifndef IKEV2_CRYPTO_DER_H
#define IKEV2_CRYPTO_DER_H

#include "ikev2/bytes.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};

static inline size_t read_der_len(struct reader *r)
{
	uint8_t first = read_u8(r);
	struct bytes more;
	size_t len = 0;

	if (first < 0x80)
		return first;
	if (first == 0x80 || first > 0x84) { /* indefinite, or absurd */
		r->bad = true;
		return 0;
	}
	more = read_bytes(r, first & 0x7f);
	for (size_t i = 0; i < more.len; i++)
		len = len << 8 | more.at[i];
	if (more.len == 0 || more.at[0] == 0 || len < 0x80)
		r->bad = true;
	return len;
}

/* The content of the next item, which must be of this tag. */
static inline struct bytes read_der(struct reader *r, uint8_t tag)
{
	if (read_u8(r) != tag)
		r->bad = true;
	return read_bytes(r, read_der_len(r));
}

/* The next item, which must be of this tag, with tag and length. */
static inline struct bytes read_der_item(struct reader *r, uint8_t tag)
{
	struct reader from = *r;

	(void)read_der(r, tag);
	return r->bad ? bytes_of(NULL, 0)
		      : bytes_of(from.at, (size_t)(r->at - from.at));
}

/* An INTEGER that is not negative, without leading zeros: 0 has no octets. */
static inline struct bytes read_der_number(struct reader *r)
{
	struct bytes number = read_der(r, DER_INTEGER);

	if (number.len == 0 || number.at[0] >= 0x80 ||
		(number.len > 1 && number.at[0] == 0 && number.at[1] < 0x80))
		r->bad = true;
	if (r->bad)
		return bytes_of(NULL, 0);
	if (number.at[0] == 0)
		return bytes_of(number.at + 1, number.len - 1);
	return number;
}

/* Nothing went wrong and nothing is left. */
static inline bool reader_done(const struct reader *r)
{
	return !r->bad && r->left == 0;
}

/* One item and nothing behind it, and all that is inside it is DER as well: no
 * string in parts, TRUE is 0xff.  What an OCTET STRING or BIT STRING has in it
 * is not looked at.  For what libcrypto reads, who takes BER and keeps it as it
 * was: a certificate that two readers read as two different ones is none. */
bool der_is_one(struct bytes der);

#endif

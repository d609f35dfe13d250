/* payload_sk.c - the layout of Encrypted and Encrypted Fragment (RFC 7296 section 3.14, RFC 7383 section 2.5).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload_sk.h"

enum { FRAGMENT_FIELDS_LEN = 4 };

void read_sk(struct reader *r, uint8_t type, uint8_t first, size_t at,
	struct payload_sk *sk)
{
	sk->first = first;
	sk->body_at = at;
	sk->fragment = 0;
	sk->total = 0;
	if (type == PAYLOAD_SKF) {
		sk->fragment = read_u16(r);
		sk->total = read_u16(r);
		sk->body_at += FRAGMENT_FIELDS_LEN;
		if (sk->fragment == 0 || sk->fragment > sk->total)
			r->bad = true;
	}
	sk->body = read_rest(r);
}

size_t skf_begin(
	struct chain *c, uint8_t first, uint16_t fragment, uint16_t total)
{
	const size_t begun = payload_begin(c, PAYLOAD_SKF);

	patch_u8(c->w, begun, first);
	write_u16(c->w, fragment);
	write_u16(c->w, total);
	return begun;
}

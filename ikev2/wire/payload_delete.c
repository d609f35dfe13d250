/* payload_delete.c - the Delete payload (RFC 7296 section 3.11).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

/* The count must be true; whether size and protocol name an SA that we have is
 * for who looks for it. */
void read_delete(struct reader *r, struct payload_delete *delete)
{
	delete->protocol = read_u8(r);
	delete->spi_size = read_u8(r);
	delete->count = read_u16(r);
	delete->spis = read_bytes(r, (size_t) delete->spi_size * delete->count);
	if (r->left > 0)
		r->bad = true;
}

void write_delete(struct chain *c, uint8_t protocol, uint8_t spi_size,
	uint16_t count, struct bytes spis)
{
	size_t at = payload_begin(c, PAYLOAD_DELETE);

	if (spis.len != (size_t)spi_size * count)
		c->w->bad = true;
	write_u8(c->w, protocol);
	write_u8(c->w, spi_size);
	write_u16(c->w, count);
	write_bytes(c->w, spis);
	payload_end(c, at);
}

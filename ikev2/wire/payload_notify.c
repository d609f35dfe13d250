/* payload_notify.c - the Notify payload (RFC 7296 section 3.10).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

/* Any protocol, SPI size and type: what a notify has to look like is known to
 * who acts on its type, and one that nobody acts on is ignored. */
void read_notify(struct reader *r, struct payload_notify *notify)
{
	uint8_t spi_size;

	notify->protocol = read_u8(r);
	spi_size = read_u8(r);
	notify->type = read_u16(r);
	notify->spi = read_bytes(r, spi_size);
	notify->data = read_rest(r);
}

void write_notify(struct chain *c, uint16_t type, struct bytes data)
{
	write_notify_spi(c, PROTOCOL_NONE, bytes_of(NULL, 0), type, data);
}

void write_notify_spi(struct chain *c, uint8_t protocol, struct bytes spi,
	uint16_t type, struct bytes data)
{
	size_t at = payload_begin(c, PAYLOAD_NOTIFY);

	if (spi.len > UINT8_MAX)
		c->w->bad = true;
	write_u8(c->w, protocol);
	write_u8(c->w, (uint8_t)spi.len);
	write_u16(c->w, type);
	write_bytes(c->w, spi);
	write_bytes(c->w, data);
	payload_end(c, at);
}

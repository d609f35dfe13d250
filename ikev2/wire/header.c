/* header.c - the IKE header, read and written (RFC 7296 section 3.1).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/header.h"

bool read_header(struct bytes datagram, struct ike_header *header)
{
	struct reader r = reader_of(datagram);
	struct bytes spi_i = read_bytes(&r, IKE_SPI_LEN);
	struct bytes spi_r = read_bytes(&r, IKE_SPI_LEN);

	header->next = read_u8(&r);
	header->version = read_u8(&r);
	header->exchange = read_u8(&r);
	header->flags = read_u8(&r);
	header->message_id = read_u32(&r);
	header->length = read_u32(&r);
	if (r.bad || header->length != datagram.len)
		return false;
	memcpy(header->spi_i, spi_i.at, IKE_SPI_LEN);
	memcpy(header->spi_r, spi_r.at, IKE_SPI_LEN);
	return true;
}

void write_header(struct writer *w, const struct ike_header *header)
{
	write_bytes(w, bytes_of(header->spi_i, IKE_SPI_LEN));
	write_bytes(w, bytes_of(header->spi_r, IKE_SPI_LEN));
	write_u8(w, PAYLOAD_NONE);
	write_u8(w, header->version);
	write_u8(w, header->exchange);
	write_u8(w, header->flags);
	write_u32(w, header->message_id);
	write_u32(w, 0);
}

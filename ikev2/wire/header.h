/* header.h - the IKE header (RFC 7296 section 3.1).
 * SPDX-License-Identifier: ISC
 *
 *                      1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       IKE SA Initiator's SPI                  |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       IKE SA Responder's SPI                  |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                          Message ID                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                            Length                             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
#ifndef IKEV2_WIRE_HEADER_H
#define IKEV2_WIRE_HEADER_H

#include "ikev2/bytes.h"
#include "ikev2/iana.h"

struct ike_header {
	uint8_t spi_i[IKE_SPI_LEN];
	uint8_t spi_r[IKE_SPI_LEN];
	uint8_t next; /* type of the first payload */
	uint8_t version;
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length;
};

/* True if the datagram starts with a header whose Length is the datagram's.
 * The version is the caller's to judge. */
bool read_header(struct bytes datagram, struct ike_header *header);

/* Next Payload and Length are filled in by message_begin and message_end. */
void write_header(struct writer *w, const struct ike_header *header);

static inline bool header_is_response(const struct ike_header *header)
{
	return (header->flags & FLAG_RESPONSE) != 0;
}

static inline bool header_from_initiator(const struct ike_header *header)
{
	return (header->flags & FLAG_INITIATOR) != 0;
}

#endif

/* nat.c - NAT detection (RFC 7296 section 2.23).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/nat.h"

bool nat_hash(struct crypto *crypto, const struct ike_header *header,
	const struct ike_endpoint *end, uint8_t out[static NAT_DETECTION_LEN])
{
	const uint8_t port[2] = { (uint8_t)(end->port >> 8),
		(uint8_t)end->port };
	const struct bytes parts[] = {
		bytes_of(header->spi_i, IKE_SPI_LEN),
		bytes_of(header->spi_r, IKE_SPI_LEN),
		bytes_of(end->addr.octets, ike_addr_len(end->addr.family)),
		bytes_of(port, sizeof(port)),
	};

	return hash_sha1(crypto, parts, sizeof(parts) / sizeof(parts[0]), out);
}

bool nat_announce(struct crypto *crypto, struct chain *c,
	const struct ike_header *header, const struct ike_endpoint *local,
	const struct ike_endpoint *remote, bool forced)
{
	uint8_t source[NAT_DETECTION_LEN], destination[NAT_DETECTION_LEN];

	if (!nat_hash(crypto, header, local, source) ||
		!nat_hash(crypto, header, remote, destination))
		return false;
	if (forced)
		source[0] ^= 0xff;
	write_notify(
		c, NAT_DETECTION_SOURCE_IP, bytes_of(source, sizeof(source)));
	write_notify(c, NAT_DETECTION_DESTINATION_IP,
		bytes_of(destination, sizeof(destination)));
	return true;
}

struct seen {
	bool any, fits;
};

/* Notifies of one type, against the hash of the address as we see it. */
static struct seen look_for(const struct message *in, uint16_t type,
	const uint8_t hash[static NAT_DETECTION_LEN])
{
	struct seen seen = { false, false };

	for (size_t i = 0; i < in->notifies; i++) {
		const struct bytes data = in->notify[i].data;

		if (in->notify[i].type != type || data.len != NAT_DETECTION_LEN)
			continue;
		seen.any = true;
		if (memcmp(data.at, hash, NAT_DETECTION_LEN) == 0)
			seen.fits = true;
	}
	return seen;
}

bool nat_detect(struct crypto *crypto, const struct message *in,
	const struct ike_endpoint *local, const struct ike_endpoint *remote,
	struct nat_found *found)
{
	uint8_t source[NAT_DETECTION_LEN], destination[NAT_DETECTION_LEN];
	struct seen theirs, ours;

	if (!nat_hash(crypto, &in->header, remote, source) ||
		!nat_hash(crypto, &in->header, local, destination))
		return false;
	theirs = look_for(in, NAT_DETECTION_SOURCE_IP, source);
	ours = look_for(in, NAT_DETECTION_DESTINATION_IP, destination);
	found->supported = theirs.any && ours.any;
	found->remote = found->supported && !theirs.fits;
	found->local = found->supported && !ours.fits;
	return true;
}

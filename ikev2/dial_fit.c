/* dial_fit.c - does a configured peer fit the addresses that somebody comes from and to?
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/dial.h"

enum { RANK_ANY = 1, RANK_NAME = 2, RANK_RANGE = 3, RANK_ADDRESS = 256 };

/* How many leading bits first and last have in common, plus RANK_RANGE. */
static unsigned range_rank(const struct ike_place *place)
{
	size_t len = ike_addr_len(place->first.family);
	unsigned bits = 0;

	if (ike_addr_equal(&place->first, &place->last))
		return RANK_ADDRESS;
	for (size_t i = 0; i < len * 8; i++) {
		unsigned shift = 7 - (unsigned)(i % 8);

		if ((place->first.octets[i / 8] >> shift & 1) !=
			(place->last.octets[i / 8] >> shift & 1))
			break;
		bits++;
	}
	return RANK_RANGE + bits;
}

static unsigned place_rank(const struct ike_place *place,
	const struct ike_addr *addr, const struct dial *resolved)
{
	switch (place->kind) {
	case IKE_PLACE_ANY:
		return RANK_ANY;
	case IKE_PLACE_RANGE:
		if (place->first.family != addr->family ||
			ike_addr_compare(addr, &place->first) < 0 ||
			ike_addr_compare(addr, &place->last) > 0)
			return 0;
		return range_rank(place);
	case IKE_PLACE_NAME:
		/* As it was resolved last; our own names fit anything. */
		for (size_t i = 0; resolved && i < resolved->pair_count; i++) {
			if (ike_addr_equal(&resolved->pairs[i].remote, addr))
				return RANK_ADDRESS;
		}
		return resolved ? 0 : RANK_NAME;
	}
	return 0;
}

static unsigned side_rank(const struct ike_side *side,
	const struct ike_addr *addr, const struct dial *resolved)
{
	unsigned best = side->place_count == 0 ? RANK_ANY : 0;

	for (size_t i = 0; i < side->place_count; i++) {
		unsigned rank = place_rank(&side->places[i], addr, resolved);

		if (rank > best)
			best = rank;
	}
	return best;
}

bool dial_is_at(const struct dial *dial, const struct ike_addr *remote)
{
	return side_rank(&dial->peer->remote, remote, dial) > 0;
}

unsigned dial_fits(const struct dial *dial, const struct ike_endpoint *local,
	const struct ike_endpoint *remote)
{
	const struct ike_peer *peer = dial->peer;
	unsigned there, here;

	if (!dial_usable(dial))
		return 0;
	here = side_rank(&peer->local, &local->addr, NULL);
	there = side_rank(&peer->remote, &remote->addr, dial);
	/* The remote side decides, the local side breaks a tie. */
	return here && there ? there * 1024 + here : 0;
}

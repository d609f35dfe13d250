/* peers.c - links, and the mirrored peers that both their ends configure.
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/sim.h"

#include <assert.h>
#include <stdlib.h>

/* --- Selectors ------------------------------------------------------------ */

struct ike_selector sim_net4(
	uint8_t b1, uint8_t b2, uint8_t b3, uint8_t b4, uint8_t prefix)
{
	struct ike_selector net = { .family = 4, .end_port = 65535 };
	const uint8_t octets[4] = { b1, b2, b3, b4 };

	for (unsigned i = 0; i < 4; i++) {
		unsigned bits = prefix >= 8 * i + 8 ? 8
				: prefix <= 8 * i   ? 0
						    : prefix - 8 * i;
		uint8_t host = (uint8_t)(0xff >> bits);

		net.start[i] = (uint8_t)(octets[i] & ~host);
		net.end[i] = (uint8_t)(octets[i] | host);
	}
	return net;
}

/* fd00:SECOND:THIRD::/prefix, prefix one of 32, 48 */
struct ike_selector sim_net6(uint16_t second, uint16_t third, uint8_t prefix)
{
	struct ike_selector net = { .family = 6, .end_port = 65535 };

	net.start[0] = net.end[0] = 0xfd;
	net.start[2] = net.end[2] = (uint8_t)(second >> 8);
	net.start[3] = net.end[3] = (uint8_t)second;
	net.start[4] = net.end[4] = (uint8_t)(third >> 8);
	net.start[5] = net.end[5] = (uint8_t)third;
	for (unsigned i = prefix / 8; i < 16; i++) {
		net.start[i] = 0;
		net.end[i] = 0xff;
	}
	return net;
}

/* --- Links ---------------------------------------------------------------- */

struct sim_link *sim_add_link(struct sim *sim, unsigned a, unsigned b)
{
	struct sim_link *link = &sim->link[sim->links];

	assert(sim->links < SIM_LINKS && a < sim->hosts && b < sim->hosts);
	sim->links++;
	memset(link, 0, sizeof(*link));
	link->host[0] = a;
	link->host[1] = b;
	link->family = 4;
	link->ike[0] = link->ike[1] = "aes128gcm16-prfsha256-x25519";
	link->fits = true;
	link->unique = IKE_UNIQUE_REPLACE;
	link->fragmentation[0] = link->fragmentation[1] = true;
	link->dials[0] = link->dials[1] = true;
	link->auth[0] = link->auth[1] = IKE_AUTH_PSK;
	link->encap = IKE_ENCAP_AUTO;
	link->dpd_ms = 30000;
	link->base_ms = 2000;
	link->tries = 5;
	sim_add_child(sim, link, IKE_MODE_TUNNEL);
	return link;
}

/* Each child has networks of its own: 10.X.0.0/20, X by link, child and side;
 * in transport mode it is a port on the endpoints. */
struct sim_child *sim_add_child(
	struct sim *sim, struct sim_link *link, enum ike_mode mode)
{
	unsigned number = (unsigned)link->children;
	struct sim_child *child = &link->child[link->children++];
	uint8_t net = (uint8_t)((link - sim->link) * 32 + number * 8);
	struct ike_selector end[2];

	assert(number < SIM_CHILDREN);
	memset(child, 0, sizeof(*child));
	snprintf(child->name, sizeof(child->name), "c%u", number + 1);
	child->mode = mode;
	child->fits = true;
	child->start[0] = child->start[1] = IKE_START_WAIT;
	child->esp[0] = child->esp[1] = "aes128gcm16-noesn";
	for (unsigned side = 0; side < 2; side++)
		end[side] = sim_net4(10, (uint8_t)(net + 4 * side), 0, 0, 20);
	if (mode == IKE_MODE_TRANSPORT) {
		end[0] = end[1] = (struct ike_selector){ .protocol = 6,
			.end_port = 65535 };
		end[1].start_port = end[1].end_port = (uint16_t)(1000 + number);
	}
	for (unsigned side = 0; side < 2; side++) {
		child->local[side][0] = end[side];
		child->remote[side][0] = end[1 - side];
		child->local_count[side] = child->remote_count[side] = 1;
	}
	return child;
}

/* Other variants move a tunnel's networks up by two; or make a /20 a /19. */
static void shape_net(struct ike_selector *selector, unsigned shape)
{
	unsigned octet = selector->family == 4 ? 1 : 3;

	if (shape & VARIANT_SELECTORS) {
		selector->start[octet] = (uint8_t)(selector->start[octet] + 2);
		selector->end[octet] = (uint8_t)(selector->end[octet] + 2);
	}
	if ((shape & VARIANT_WIDER) && selector->family == 4 &&
		selector->start[2] == 0 && selector->end[2] == 15)
		selector->end[2] = 31;
}

void sim_child_selectors(const struct sim_child *child, unsigned side,
	unsigned shape, struct ike_selector local[SIM_SELECTORS],
	struct ike_selector remote[SIM_SELECTORS])
{
	memcpy(local, child->local[side], sizeof(child->local[side]));
	memcpy(remote, child->remote[side], sizeof(child->remote[side]));
	if (child->mode == IKE_MODE_TRANSPORT)
		return;
	for (size_t i = 0; i < child->local_count[side]; i++)
		shape_net(&local[i], shape);
	for (size_t i = 0; i < child->remote_count[side]; i++)
		shape_net(&remote[i], shape);
}

void sim_shunt_selectors(const struct sim_link *link, unsigned side,
	struct ike_selector *local, struct ike_selector *remote)
{
	*local = link->child[0].local[side][0];
	*remote = link->child[0].remote[side][0];
	local->protocol = remote->protocol = 6;
	local->start_port = local->end_port = 22;
}

/* --- From a link to a peer ------------------------------------------------ */

static void add_transform(struct ike_proposal *proposal, struct bytes name)
{
	const struct transform *row = transform_named(name);

	assert(row && proposal->count < MAX_OWN_TRANSFORMS);
	proposal->transforms[proposal->count++] = row;
}

/* "aes128gcm16-prfsha256-x25519 aes256-sha256-prfsha256-x25519" */
static void proposals(const char *text, struct ike_proposals *out)
{
	struct ike_proposal *proposal = &out->list[0];

	memset(out, 0, sizeof(*out));
	out->count = 1;
	while (*text) {
		size_t len = strcspn(text, "- ");

		add_transform(proposal, bytes_of(text, len));
		text += len;
		if (*text == ' ')
			proposal = &out->list[out->count++];
		if (*text)
			text++;
	}
}

static struct ike_id name_id(char letter)
{
	struct ike_id id = { .type = ID_FQDN };
	int len = snprintf(
		(char *)id.data, sizeof(id.data), "%c.example.com", letter);

	id.len = (uint16_t)len;
	return id;
}

static void place(struct ike_side *side, struct ike_addr addr)
{
	side->place_count = 1;
	side->places[0].kind = IKE_PLACE_RANGE;
	side->places[0].first = side->places[0].last = addr;
}

static void fill_remote(struct sim *sim, const struct sim_link *link,
	unsigned side, struct ike_peer *peer)
{
	const struct sim_host *other = &sim->host[link->host[1 - side]];

	peer->remote.id = name_id(other->letter);
	if (link->any && side == 1) {
		peer->remote.place_count = 1;
		peer->remote.places[0].kind = IKE_PLACE_ANY;
		return;
	}
	place(&peer->remote, other->natted ? sim->net.nat_addr
					   : sim_addr(other, link->family));
	if (!link->by_name)
		return;
	peer->remote.places[0].kind = IKE_PLACE_NAME;
	snprintf(peer->remote.places[0].name,
		sizeof(peer->remote.places[0].name), "%c.example.com",
		other->letter);
}

static void fill_child(const struct sim_child *from, unsigned side,
	unsigned shape, struct ike_child_policy *child)
{
	struct ike_selector local[SIM_SELECTORS], remote[SIM_SELECTORS];

	snprintf(child->name, sizeof(child->name), "%s", from->name);
	child->mode = from->mode;
	child->start = from->start[side];
	proposals(from->esp[side], &child->esp);
	sim_child_selectors(from, side, shape, local, remote);
	memcpy(child->local_ts, local, sizeof(local));
	memcpy(child->remote_ts, remote, sizeof(remote));
	child->local_ts_count = from->local_count[side];
	child->remote_ts_count = from->remote_count[side];
	child->replay_window = 128;
	child->rekey_packets = from->rekey_packets;
	child->inactivity_ms = side == 0 ? from->inactivity_ms : 0;
	child->rekey_ms = from->rekey_ms;
}

static void fill_shunt(const struct sim_link *link, unsigned side,
	struct ike_child_policy *shunt)
{
	snprintf(shunt->name, sizeof(shunt->name), "s1");
	shunt->mode = link->shunt[side];
	sim_shunt_selectors(
		link, side, &shunt->local_ts[0], &shunt->remote_ts[0]);
	shunt->local_ts_count = shunt->remote_ts_count = 1;
}

static void fill_key(struct sim *sim, const struct sim_link *link,
	unsigned side, uint8_t variant, struct ike_peer *peer)
{
	int len = snprintf((char *)peer->psk, sizeof(peer->psk),
		"the key of link %d in variant %d%s", (int)(link - sim->link),
		variant & VARIANT_PSK,
		link->fits || side == 0 || strcmp(link->ike[0], link->ike[1])
			? ""
			: ", mistyped");

	peer->psk_len = (uint16_t)len;
}

/* Certificates and raw keys, where a side proves itself so; where the two do not
 * fit, side 1 trusts an authority that nobody has. */
static void fill_signatures(struct sim *sim, const struct sim_link *link,
	unsigned side, uint8_t variant, struct ike_peer *peer)
{
	const struct sim_host *us = &sim->host[link->host[side]];
	const struct sim_host *other = &sim->host[link->host[1 - side]];
	const bool stranger = !link->fits && side == 1 &&
			      strcmp(link->ike[0], link->ike[1]) == 0;
	char authority[48], name[32];

	peer->local.auth = (uint8_t)link->auth[side];
	peer->remote.auth = (uint8_t)link->auth[1 - side];
	snprintf(authority, sizeof(authority), "authority of link %d, %d",
		(int)(link - sim->link), variant & VARIANT_PSK);
	snprintf(name, sizeof(name), "%c.example.com", us->letter);
	if (link->auth[side] != IKE_AUTH_PSK)
		peer->own = sim_credential(authority, name);
	snprintf(name, sizeof(name), "%c.example.%s", other->letter,
		stranger ? "net" : "com");
	if (link->auth[1 - side] != IKE_AUTH_PSK)
		peer->trust = sim_trust(
			stranger ? "authority of nobody" : authority, name);
}

static struct ike_peer *make_peer(struct sim *sim, const struct sim_link *link,
	unsigned side, uint8_t variant)
{
	const struct sim_host *us = &sim->host[link->host[side]];
	struct ike_peer *peer = ike_peer_new();
	bool trying = false;

	if (!peer)
		return NULL;
	peer->name[0] = sim->host[link->host[1 - side]].letter;
	peer->name[1] = '\0';
	peer->enabled = true;
	place(&peer->local, sim_addr(us, link->family));
	peer->local.id = name_id(us->letter);
	fill_remote(sim, link, side, peer);
	proposals(variant & VARIANT_SUITE ? "chacha20poly1305-prfsha256-x25519 "
					    "aes128gcm16-prfsha256-x25519"
					  : link->ike[side],
		&peer->ike);
	fill_key(sim, link, side, variant, peer);
	fill_signatures(sim, link, side, variant, peer);
	peer->dpd_delay_ms = link->dpd_ms;
	peer->reauth_ms = link->reauth_ms[side];
	if (variant & VARIANT_DPD)
		peer->dpd_delay_ms += 5000;
	peer->rekey_ms = link->rekey_ms;
	peer->retransmit_tries = link->tries;
	peer->retransmit_base_ms = link->base_ms;
	peer->retransmit_max_ms = 60000;
	peer->unique = link->unique;
	peer->childless = link->childless;
	if (side == 0) {
		peer->dpd_action = link->dpd_action;
		peer->close_action = link->close_action;
	}
	peer->encap = link->encap;
	peer->fragmentation = link->fragmentation[side];
	peer->mobike = link->mobike[side];
	peer->children = calloc(link->children + 1, sizeof(*peer->children));
	if (!peer->children) {
		ike_peer_unref(peer);
		return NULL;
	}
	peer->child_count = link->children;
	for (size_t i = 0; i < link->children; i++) {
		fill_child(&link->child[i], side, sim_shape(i, variant),
			&peer->children[i]);
		if (variant & VARIANT_WINDOW)
			peer->children[i].replay_window = 256;
		trying |= link->child[i].start[side] != IKE_START_WAIT;
	}
	if (ike_is_shunt(link->shunt[side]))
		fill_shunt(link, side, &peer->children[peer->child_count++]);
	peer->keep_trying = trying || peer->dpd_action == IKE_ACTION_RESTART ||
			    peer->close_action == IKE_ACTION_RESTART;
	if (sim->dress)
		sim->dress(sim, us, peer);
	return peer;
}

static enum ike_change change_of(uint8_t before, uint8_t after)
{
	unsigned differs = before ^ after;

	if (differs & VARIANT_PSK)
		return IKE_CHANGE_PEER;
	if (differs & (VARIANT_SELECTORS | VARIANT_WIDER))
		return IKE_CHANGE_CHILD;
	if (differs & VARIANT_WINDOW)
		return IKE_CHANGE_REKEY_NOW;
	if (differs & VARIANT_SUITE)
		return IKE_CHANGE_REKEY;
	return IKE_CHANGE_NOTHING;
}

bool sim_peers(struct sim *sim, const struct sim_host *host,
	const struct sim_config *config, const struct sim_config *before,
	struct ike_peers *out)
{
	memset(out, 0, sizeof(*out));
	out->peer = calloc(SIM_LINKS, sizeof(*out->peer));
	out->change = calloc(SIM_LINKS, sizeof(*out->change));
	if (!out->peer || !out->change) {
		ike_peers_clear(out);
		return false;
	}
	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];
		unsigned side = link->host[0] == host->index ? 0 : 1;
		struct ike_peer *peer;

		if (link->host[side] != host->index || !config->present[i])
			continue;
		peer = make_peer(sim, link, side, config->variant[i]);
		if (!peer) {
			ike_peers_clear(out);
			return false;
		}
		out->change[out->count] =
			before && before->present[i]
				? change_of(before->variant[i],
					  config->variant[i])
				: IKE_CHANGE_PEER;
		out->peer[out->count++] = peer;
	}
	return true;
}

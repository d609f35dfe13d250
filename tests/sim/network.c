/* network.c - what happens to a datagram on its way: delay, loss, duplicates, disorder, a NAT, an attacker.
 * SPDX-License-Identifier: ISC
 *
 * The attacker sees every datagram and can send any, but cannot stop one and
 * knows no key.
 */
#include "tests/sim/sim.h"

#include "ikev2/wire/header.h"

#include <assert.h>
#include <stdlib.h>

enum { NAT_KEEPS_MS = 120000 };

static struct packet *packet_new(size_t len)
{
	struct packet *packet = calloc(1, sizeof(*packet) + len);

	assert(packet);
	packet->len = len;
	return packet;
}

static struct packet *packet_copy(const struct packet *from)
{
	struct packet *packet = packet_new(from->len);

	memcpy(packet, from, sizeof(*packet) + from->len);
	return packet;
}

/* --- The NAT -------------------------------------------------------------- */

static bool same_endpoint(
	const struct ike_endpoint *a, const struct ike_endpoint *b)
{
	return a->port == b->port && ike_addr_equal(&a->addr, &b->addr);
}

static bool mapping_lives(const struct sim *sim, const struct nat_mapping *m)
{
	return m->used_ms + NAT_KEEPS_MS > sim->now.mono_ms;
}

static struct nat_mapping *mapping_for(
	struct sim *sim, const struct ike_endpoint *inside)
{
	struct sim_network *net = &sim->net;
	struct nat_mapping *m;

	for (size_t i = 0; i < net->mappings; i++) {
		m = &net->mapping[i];
		if (same_endpoint(&m->inside, inside) && mapping_lives(sim, m))
			return m;
	}
	if (net->mappings == NAT_MAPPINGS)
		net->mappings = 0;
	m = &net->mapping[net->mappings++];
	m->inside = *inside;
	m->port = net->next_port++;
	return m;
}

static void nat_out(
	struct sim *sim, const struct sim_host *from, struct packet *packet)
{
	struct nat_mapping *m;

	if (!from->natted)
		return;
	m = mapping_for(sim, &packet->from);
	m->used_ms = sim->now.mono_ms;
	packet->from = (struct ike_endpoint){ sim->net.nat_addr, m->port };
}

/* False: nothing inside is waiting for it. */
static bool nat_in(struct sim *sim, struct packet *packet)
{
	struct sim_network *net = &sim->net;

	if (!net->nat || !ike_addr_equal(&packet->to.addr, &net->nat_addr))
		return true;
	for (size_t i = 0; i < net->mappings; i++) {
		struct nat_mapping *m = &net->mapping[i];

		if (m->port != packet->to.port || !mapping_lives(sim, m))
			continue;
		m->used_ms = sim->now.mono_ms;
		packet->to = m->inside;
		return true;
	}
	return false;
}

void sim_nat_rebind(struct sim *sim, bool moved)
{
	sim->net.mappings = 0;
	if (moved) {
		sim->net.nat_addr.octets[3]++;
		sim->net.nat_moves++;
	}
	trace_line(sim, "the NAT forgets its mappings%s",
		moved ? ", and has another address" : "");
}

/* --- Arrival -------------------------------------------------------------- */

static void deliver_ike(
	struct sim *sim, struct sim_host *host, const struct packet *packet)
{
	const struct ike_datagram datagram = { packet->to, packet->from,
		bytes_of(packet->data, packet->len) };

	if (packet->to.port != host->limits.port &&
		packet->to.port != host->limits.nat_port)
		return;
	/* the kernel eats these (RFC 3948 section 2.3) */
	if (packet->to.port == host->limits.nat_port && packet->len == 1 &&
		packet->data[0] == 0xff)
		return;
	sim_begin(sim, packet);
	ike_receive(host->ike, sim->now, &datagram);
	sim_pump(sim, host);
	sim->batch.packet = NULL;
}

static void arrive(struct sim *sim, struct event *event)
{
	struct packet *packet = event->packet;
	struct sim_host *host;

	if (!nat_in(sim, packet))
		return;
	host = sim_host_at(sim, &packet->to.addr);
	if (!host ||
		(packet->truth != PACKET_FORGED && event->host < sim->hosts &&
			sim->net.cut[event->host][host->index]))
		return;
	if (packet->kind == PACKET_ESP)
		sim_kernel_receive_esp(sim, host, packet);
	else if (host->ike)
		deliver_ike(sim, host, packet);
}

static uint32_t travel_ms(struct sim *sim)
{
	uint32_t ms = sim->net.delay_ms;

	ms += prng_below(&sim->weather, sim->net.jitter_ms + 1);
	if (prng_chance(&sim->weather, sim->net.reorder))
		ms += prng_below(&sim->weather, 20 * sim->net.delay_ms + 100);
	if (prng_chance(&sim->weather, sim->net.late))
		ms += prng_below(&sim->weather, SIM_LATE_MS);
	return ms;
}

static void hold(struct sim *sim, unsigned from, struct packet *packet)
{
	struct sim_network *net = &sim->net;

	if (net->held_count == SIM_HELD) {
		sim_fail(sim, "bounds", "too many datagrams are on their way");
		free(packet);
		return;
	}
	net->held[net->held_count++] = (struct held){ packet, from };
}

static void launch_late(
	struct sim *sim, unsigned from, struct packet *packet, uint32_t late_ms)
{
	struct event *event;

	if (sim->net.hold) {
		hold(sim, from, packet);
		return;
	}
	event = sim_event(sim, travel_ms(sim) + late_ms, arrive, from);
	event->packet = packet;
}

static void launch(struct sim *sim, unsigned from, struct packet *packet)
{
	launch_late(sim, from, packet, 0);
}

/* --- The attacker --------------------------------------------------------- */

static void remember(struct sim *sim, const struct packet *packet)
{
	struct sim_network *net = &sim->net;
	size_t at = net->seen_count++ % SIM_SEEN;

	free(net->seen[at]);
	net->seen[at] = packet_copy(packet);
}

static const struct packet *recall(struct sim *sim)
{
	size_t kept =
		sim->net.seen_count < SIM_SEEN ? sim->net.seen_count : SIM_SEEN;

	if (kept == 0)
		return NULL;
	return sim->net.seen[prng_below(&sim->weather, (uint32_t)kept)];
}

static void flip(struct sim *sim, struct packet *packet)
{
	uint32_t bits = 1 + prng_below(&sim->weather, 4);

	for (uint32_t i = 0; i < bits && packet->len > 0; i++) {
		uint32_t at = prng_below(&sim->weather, (uint32_t)packet->len);
		uint32_t bit = prng_below(&sim->weather, 8);

		packet->data[at] ^= (uint8_t)(1U << bit);
	}
}

static void shorten(struct sim *sim, struct packet *packet)
{
	packet->len = prng_below(&sim->weather, (uint32_t)packet->len + 1);
}

/* A header like that of a datagram seen, and a notify in clear: as response, or
 * as request (INVALID_IKE_SPI). */
static struct packet *forge_notify(struct sim *sim, const struct packet *like)
{
	static const uint16_t types[] = { NO_PROPOSAL_CHOSEN, INVALID_SYNTAX,
		AUTHENTICATION_FAILED, INVALID_IKE_SPI, INVALID_KE_PAYLOAD,
		COOKIE, INVALID_MAJOR_VERSION, INVALID_SPI, INVALID_MESSAGE_ID,
		TEMPORARY_FAILURE };
	uint16_t type = types[prng_below(&sim->weather, 10)];
	size_t data = type == COOKIE ? 8 : type == INVALID_KE_PAYLOAD ? 2 : 0;
	size_t len = IKE_HEADER_LEN + 8 + data;
	struct packet *packet = packet_new(len);
	struct writer w = writer_of(packet->data, len);

	write_bytes(&w, bytes_of(like->data, 16));
	write_u8(&w, PAYLOAD_NOTIFY);
	write_u8(&w, IKE_VERSION_OCTET);
	write_u8(&w, like->data[18]);
	write_u8(&w, (uint8_t)(like->data[19] ^
			       (prng_chance(&sim->weather, 700)
					       ? FLAG_RESPONSE | FLAG_INITIATOR
					       : 0)));
	write_bytes(&w, bytes_of(like->data + 20, 4));
	write_u32(&w, (uint32_t)len);
	write_u8(&w, PAYLOAD_NONE);
	write_u8(&w, 0);
	write_u16(&w, (uint16_t)(8 + data));
	write_u16(&w, 0);
	write_u16(&w, type);
	if (type == INVALID_KE_PAYLOAD)
		write_u16(&w, KE_ECP_256);
	else
		write_zero(&w, data);
	/* back to who sent what was seen, or on to who got it */
	packet->from = like->to;
	packet->to = like->from;
	if (!(packet->data[19] & FLAG_RESPONSE)) {
		packet->from = like->from;
		packet->to = like->to;
	}
	return packet;
}

static struct packet *noise_from_nothing(struct sim *sim)
{
	const struct sim_host *host =
		&sim->host[prng_below(&sim->weather, sim->hosts)];
	struct packet *packet = packet_new(prng_below(&sim->weather, 200));

	for (size_t i = 0; i < packet->len; i++)
		packet->data[i] = (uint8_t)prng_below(&sim->weather, 256);
	/* let some look like messages */
	if (packet->len >= IKE_HEADER_LEN && prng_chance(&sim->weather, 700)) {
		packet->data[17] = IKE_VERSION_OCTET;
		packet->data[18] = (uint8_t)(34 + packet->data[18] % 4);
		packet->data[24] = packet->data[25] = packet->data[26] = 0;
		packet->data[27] = (uint8_t)packet->len;
	}
	packet->to = (struct ike_endpoint){ sim_addr(host, 4), 500 };
	packet->from = (struct ike_endpoint){
		{ 4, { 198, 51, 100,
			     (uint8_t)prng_below(&sim->weather, 256) } },
		500
	};
	return packet;
}

/* A first message like one that was seen, with an SPI and nonce of its own, from
 * an address that is not its sender's. */
static struct packet *flood(struct sim *sim, const struct packet *like)
{
	struct packet *packet = packet_copy(like);

	for (size_t i = 0; i < 8; i++)
		packet->data[i] = (uint8_t)(1 + prng_below(&sim->weather, 255));
	packet->from.addr.octets[ike_addr_len(packet->from.addr.family) - 1] =
		(uint8_t)prng_below(&sim->weather, 256);
	return packet;
}

static struct packet *attack(struct sim *sim)
{
	const struct packet *seen = recall(sim);
	struct packet *packet;

	if (!seen || seen->len < IKE_HEADER_LEN ||
		prng_chance(&sim->weather, 100))
		return noise_from_nothing(sim);
	switch (prng_below(&sim->weather, 5)) {
	case 0:
		packet = packet_copy(seen);
		packet->truth = PACKET_REPLAYED;
		return packet;
	case 1:
		packet = packet_copy(seen);
		flip(sim, packet);
		return packet;
	case 2:
		packet = packet_copy(seen);
		shorten(sim, packet);
		return packet;
	case 3:
		if (seen->data[18] == IKE_SA_INIT &&
			!(seen->data[19] & FLAG_RESPONSE))
			return flood(sim, seen);
		break;
	default:
		break;
	}
	return forge_notify(sim, seen);
}

static bool was_seen(const struct sim *sim, const struct packet *packet)
{
	for (size_t i = 0; i < SIM_SEEN && sim->net.seen[i]; i++) {
		if (bytes_equal(bytes_of(packet->data, packet->len),
			    bytes_of(sim->net.seen[i]->data,
				    sim->net.seen[i]->len)))
			return true;
	}
	return false;
}

void network_noise(struct sim *sim)
{
	struct packet *packet = attack(sim);

	if (packet->truth != PACKET_REPLAYED)
		packet->truth =
			was_seen(sim, packet) ? PACKET_REPLAYED : PACKET_FORGED;
	launch(sim, SIM_HOSTS, packet);
}

/* --- Departure ------------------------------------------------------------ */

/* IP, UDP, on one port the marker. */
static bool is_too_long(const struct sim *sim, const struct packet *packet)
{
	size_t len = packet->len + 8;

	len += packet->to.addr.family == 6 ? 40 : 20;
	len += packet->to.port == 500 ? 0 : 4;
	return packet->kind == PACKET_IKE && sim->net.mtu > 0 &&
	       len > sim->net.mtu && packet->len > IKE_HEADER_LEN &&
	       packet->data[18] != IKE_SA_INIT;
}

/* Both ends said that they can, and nobody has changed that: IKE_AUTH is over. */
static bool could_be_cut(const struct sim *sim, const struct packet *packet)
{
	for (size_t i = 0; i < sim->links; i++) {
		if (!sim->link[i].fragmentation[0] ||
			!sim->link[i].fragmentation[1])
			return false;
	}
	return packet->data[18] != IKE_AUTH;
}

/* What a story has in mind for this IKE datagram; false: it is lost. */
static bool destined(struct sim *sim, unsigned from, uint32_t *late_ms)
{
	struct sim_network *net = &sim->net;

	*late_ms = net->hold_ms[from];
	net->hold_ms[from] = 0;
	if (++net->ike_sent == net->nth && *late_ms != SIM_LOST)
		*late_ms = net->late_ms ? *late_ms + net->late_ms : SIM_LOST;
	if (*late_ms == SIM_LOST)
		trace_line(sim, "and it is lost");
	else if (*late_ms > 0)
		trace_line(sim, "and it is late by %u ms", *late_ms);
	return *late_ms != SIM_LOST;
}

static void depart(
	struct sim *sim, const struct sim_host *from, struct packet *packet)
{
	uint32_t late_ms = 0;

	nat_out(sim, from, packet);
	if (packet->kind == PACKET_IKE && !sim->net.hold)
		remember(sim, packet);
	if (prng_chance(&sim->weather, sim->net.hostile))
		network_noise(sim);
	if (prng_chance(&sim->weather, sim->net.duplicate))
		launch(sim, from->index, packet_copy(packet));
	if (prng_chance(&sim->weather, sim->net.loss)) {
		sim->packets_lost += packet->kind == PACKET_ESP;
		free(packet);
		return;
	}
	if (is_too_long(sim, packet)) {
		trace_line(sim, "which is too long for the path");
		if (could_be_cut(sim, packet))
			sim_fail(sim, "network",
				"%c sends what is too long for the path",
				from->letter);
		free(packet);
		return;
	}
	if (sim->net.lose_next[from->index] > 0) {
		sim->net.lose_next[from->index]--;
		trace_line(sim, "and it is lost");
		free(packet);
		return;
	}
	if (packet->kind == PACKET_IKE &&
		!destined(sim, from->index, &late_ms)) {
		free(packet);
		return;
	}
	launch_late(sim, from->index, packet, late_ms);
}

void network_send(struct sim *sim, struct sim_host *from,
	const struct ike_datagram *datagram)
{
	struct packet *packet = packet_new(datagram->data.len);

	packet->from = datagram->local;
	packet->to = datagram->remote;
	memcpy(packet->data, datagram->data.at, packet->len);
	depart(sim, from, packet);
}

void network_send_esp(
	struct sim *sim, struct sim_host *from, struct packet *packet)
{
	const struct sim_host *to = sim_host_at(sim, &packet->to.addr);
	struct ike_addr at = sim_addr(from, packet->from.addr.family);

	if (!ike_addr_equal(&at, &packet->from.addr)) {
		free(packet);
		return;
	}
	/* plain ESP has no ports to translate */
	if (!packet->encap && (from->natted || (to && to->natted))) {
		free(packet);
		return;
	}
	depart(sim, from, packet);
}

void network_heal(struct sim *sim)
{
	struct sim_network *net = &sim->net;

	net->loss = net->duplicate = net->reorder = net->hostile = 0;
	net->late = 0;
	memset(net->cut, 0, sizeof(net->cut));
}

static struct held take_held(struct sim *sim, size_t i)
{
	struct sim_network *net = &sim->net;
	struct held taken = net->held[i];

	memmove(&net->held[i], &net->held[i + 1],
		(--net->held_count - i) * sizeof(net->held[0]));
	return taken;
}

void network_deliver(struct sim *sim, size_t i)
{
	struct held held = take_held(sim, i);
	struct event event = { .host = held.sender, .packet = held.packet };

	arrive(sim, &event);
	free(held.packet);
}

void network_lose(struct sim *sim, size_t i)
{
	trace_line(sim, "a datagram is lost");
	free(take_held(sim, i).packet);
}

/* What was made up already is not bent again: it could become true. */
void network_repeat(struct sim *sim, size_t i, size_t at, uint8_t bits)
{
	const struct held held = sim->net.held[i];
	struct packet *copy = packet_copy(held.packet);

	if (bits != 0 && copy->len > 0 && copy->truth == PACKET_TRUE) {
		copy->data[at % copy->len] ^= bits;
		copy->truth = PACKET_FORGED;
	}
	hold(sim, held.sender, copy);
}

void network_release(struct sim *sim)
{
	sim->net.hold = false;
	while (sim->net.held_count > 0) {
		struct held held = take_held(sim, 0);

		launch(sim, held.sender, held.packet);
	}
}

void network_free(struct sim *sim)
{
	for (size_t i = 0; i < sim->net.held_count; i++)
		free(sim->net.held[i].packet);
	for (size_t i = 0; i < SIM_SEEN; i++)
		free(sim->net.seen[i]);
}

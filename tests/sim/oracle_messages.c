/* oracle_messages.c - nonces, replies and forgeries: what each datagram may lead to (RFC 7296 section 2.1, RFC 7383).
 * SPDX-License-Identifier: ISC
 */
#include "tests/sim/oracle.h"

#include "ikev2/wire/header.h"

#include <assert.h>
#include <stdlib.h>

/* --- What has been seen --------------------------------------------------- */

static struct slot *probe(const struct oracle *oracle, uint64_t key)
{
	size_t at = (size_t)key & (oracle->size - 1);

	while (oracle->slots[at].key != 0 && oracle->slots[at].key != key)
		at = (at + 1) & (oracle->size - 1);
	return &oracle->slots[at];
}

static void grow(struct oracle *oracle)
{
	struct oracle old = *oracle;

	oracle->size = old.size ? old.size * 2 : 1024;
	oracle->slots = calloc(oracle->size, sizeof(*oracle->slots));
	assert(oracle->slots);
	for (size_t i = 0; i < old.size; i++) {
		if (old.slots[i].key != 0)
			*probe(oracle, old.slots[i].key) = old.slots[i];
	}
	free(old.slots);
}

/* The slot of a key; value 0 if it is new. */
static struct slot *slot_of(struct oracle *oracle, uint64_t key)
{
	struct slot *slot;

	if (2 * oracle->used >= oracle->size)
		grow(oracle);
	key = key ? key : 1;
	slot = probe(oracle, key);
	if (slot->key == 0) {
		slot->key = key;
		oracle->used++;
	}
	return slot;
}

static uint64_t hash_of(struct bytes data)
{
	return hash_more(HASH_START, data.at, data.len) | 1;
}

/* A name for something about one message: what, who, SPIs, flags, ID. */
static uint64_t name_of(
	char what, const struct sim_host *host, const uint8_t *message)
{
	uint64_t name = hash_more(HASH_START, &what, 1);

	if (host) {
		name = hash_more(name, &host->index, sizeof(host->index));
		name = hash_more(name, &host->life, sizeof(host->life));
	}
	name = hash_more(name, message, 16);
	name = hash_more(name, message + 19, 5);
	return name;
}

/* --- Messages that leave (nonces, replies) -------------------------------- */

static bool is_protected(struct bytes data)
{
	return data.len > IKE_HEADER_LEN + 12 &&
	       (data.at[16] == PAYLOAD_SK || data.at[16] == PAYLOAD_SKF);
}

static bool is_fragment(struct bytes data)
{
	return is_protected(data) && data.at[16] == PAYLOAD_SKF;
}

/* Number and total, where there are some. */
static struct bytes fragment_of(struct bytes data)
{
	return bytes_of(data.at + IKE_HEADER_LEN + PAYLOAD_HEADER_LEN,
		is_fragment(data) ? 4 : 0);
}

/* RFC 7383 section 2.6.1: it may be repeated without an answer. */
static bool is_later_fragment(struct bytes data)
{
	const struct bytes numbers = fragment_of(data);

	return numbers.len > 0 && (numbers.at[0] != 0 || numbers.at[1] != 1);
}

static uint32_t id_of(const uint8_t *message)
{
	struct reader r = reader_of(bytes_of(message + 20, 4));

	return read_u32(&r);
}

bool oracle_is_response(const uint8_t *message)
{
	return (message[19] & FLAG_RESPONSE) != 0;
}

/* The first 8 octets of the IV tell IVs apart in every suite: counters have no
 * more, and random ones do not repeat in 64 bits. */
static void check_nonce(
	struct sim *sim, const struct sim_host *host, struct bytes data)
{
	const struct bytes fragment = fragment_of(data);
	uint64_t content = hash_of(data), name;
	struct slot *slot;
	uint8_t direction = data.at[19] & FLAG_INITIATOR;

	name = hash_more(HASH_START, "iv", 2);
	name = hash_more(name, data.at, 16);
	name = hash_more(name, &direction, 1);
	name = hash_more(name, data.at + IKE_HEADER_LEN + 4 + fragment.len, 8);
	slot = slot_of(sim->oracle, name);
	if (slot->value != 0 && slot->value != content)
		sim_fail(sim, "nonces", "%c uses an IV twice", host->letter);
	slot->value = content;
	slot = slot_of(sim->oracle, hash_more(name_of('m', NULL, data.at),
					    fragment.at, fragment.len));
	if (slot->value != 0 && slot->value != content)
		sim_fail(sim,
			oracle_is_response(data.at) ? "replies" : "nonces",
			"%c gives %s %u a second content", host->letter,
			oracle_is_response(data.at) ? "response" : "request",
			id_of(data.at));
	slot->value = content;
}

static bool find_sa(const struct sim_host *host, const uint8_t *message,
	bool with_spi_r, struct ike_sa_status *out)
{
	uint64_t at = 0;

	while (ike_next_sa(host->ike, &at, out)) {
		if (memcmp(out->spi_i, message, IKE_SPI_LEN) == 0 &&
			(!with_spi_r || memcmp(out->spi_r, message + 8,
						IKE_SPI_LEN) == 0))
			return true;
	}
	return false;
}

static void note_answer(
	struct sim *sim, const struct sim_host *host, struct bytes data)
{
	const struct packet *packet = sim->batch.packet;
	struct ike_sa_status sa;

	if (sim->batch.answers < BATCH_ANSWERED &&
		find_sa(host, data.at, true, &sa))
		sim->batch.answered[sim->batch.answers++] = sa.sa;
	if (!packet || packet->len < IKE_HEADER_LEN ||
		memcmp(packet->data, data.at, 8) != 0 ||
		memcmp(packet->data + 20, data.at + 20, 4) != 0)
		return;
	/* One answer, though it may come in fragments. */
	sim->batch.reply_hash =
		sim->batch.reply_hash
			? hash_more(sim->batch.reply_hash, data.at, data.len) |
				  1
			: hash_of(data);
	memcpy(sim->batch.reply_spi_r, data.at + 8, IKE_SPI_LEN);
}

static bool all_zero(const uint8_t *at, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum |= at[i];
	return sum == 0;
}

static void note_request(
	struct sim *sim, struct sim_host *host, const struct ike_datagram *sent)
{
	const struct sim_host *to = sim_host_at(sim, &sent->remote.addr);
	struct slot *slot =
		slot_of(sim->oracle, hash_more(hash_of(sent->data), "sent", 4));

	if (to && slot->value != 0)
		host->repeats[to->index]++;
	slot->value = 1;
}

/* RFC 7296 section 2.1: a request is sent again before it is given up. */
void oracle_gave_up(struct sim *sim, const struct sim_host *host,
	const struct ike_report *report)
{
	unsigned other = (unsigned)(report->peer[0] - 'a');

	/* What went to an address that the NAT has left is not counted. */
	if (report->cause == IKE_CAUSE_UNREACHABLE && other < sim->hosts &&
		!sim->host[other].natted && host->repeats[other] == 0)
		sim_fail(sim, "replies", "%c gives %s up and has asked once",
			host->letter, report->peer);
}

void oracle_send(
	struct sim *sim, struct sim_host *host, const struct ike_effect *effect)
{
	const struct ike_datagram *sent = &effect->send;
	const struct packet *cause = sim->batch.packet;
	struct bytes data = sent->data;

	/* messages, not datagrams */
	sim->batch.sends += !is_later_fragment(data);
	if (!ike_addr_equal(&sent->local.addr, &host->addr[0]) &&
		!ike_addr_equal(&sent->local.addr, &host->addr[1]))
		sim_fail(sim, "network",
			"%c sends from an address that it does not have",
			host->letter);
	if (data.len == 1)
		return; /* a keepalive */
	if (data.len < IKE_HEADER_LEN || data.len > MAX_MESSAGE_LEN) {
		sim_fail(sim, "network", "%c sends %zu octets", host->letter,
			data.len);
		return;
	}
	if (is_protected(data))
		check_nonce(sim, host, data);
	if (!oracle_is_response(data.at)) {
		note_request(sim, host, sent);
		return;
	}
	note_answer(sim, host, data);
	if (all_zero(data.at + 8, IKE_SPI_LEN) && cause &&
		data.len > cause->len)
		sim_fail(sim, "bounds",
			"%c answers %zu octets with %zu and keeps no state",
			host->letter, cause->len, data.len);
}

/* --- Requests that arrive again ------------------------------------------- */

static const uint8_t *request_in(const struct batch *batch)
{
	const struct packet *packet = batch->packet;

	if (!packet || packet->len < IKE_HEADER_LEN ||
		packet->truth == PACKET_FORGED ||
		oracle_is_response(packet->data))
		return NULL;
	return packet->data;
}

/* The last request of an IKE SA that a host has answered. */
static struct slot *latest_of(
	struct sim *sim, const struct sim_host *host, const uint8_t *message)
{
	uint64_t name = hash_more(HASH_START, "l", 1);

	name = hash_more(name, &host->index, sizeof(host->index));
	name = hash_more(name, &host->life, sizeof(host->life));
	return slot_of(sim->oracle, hash_more(name, message, 16));
}

static uint64_t request_name(
	const struct sim_host *host, const struct packet *packet)
{
	uint64_t name = name_of('q', host, packet->data);

	/* Fragments are one request. */
	if (!is_fragment(bytes_of(packet->data, packet->len)))
		name = hash_more(name, packet->data, packet->len);
	return hash_more(name, &packet->from, sizeof(packet->from));
}

/* Once the SA is established, a late copy of its first request is as good as
 * new: a half-open SA that is forgotten again. */
static void check_first_again(
	struct sim *sim, const struct sim_host *host, struct slot *slot)
{
	struct ike_sa_status sa;
	uint8_t spis[16];

	memcpy(spis, sim->batch.packet->data, 8);
	memcpy(spis + 8, slot->spi_r, 8);
	if (!find_sa(host, spis, true, &sa) || sa.initiator ||
		strcmp(sa.phase, "auth") != 0)
		return;
	if (sim->batch.reply_hash == 0)
		sim_fail(sim, "replies",
			"%c does not answer a repeated IKE_SA_INIT request",
			host->letter);
	else if (sim->batch.reply_hash != slot->value)
		sim_fail(sim, "replies",
			"%c answers a repeated IKE_SA_INIT request anew",
			host->letter);
}

static void check_again(
	struct sim *sim, const struct sim_host *host, struct slot *slot)
{
	const struct batch *batch = &sim->batch;
	const uint8_t *request = batch->packet->data;
	const bool first_fragment =
		!is_later_fragment(bytes_of(request, batch->packet->len));
	struct ike_sa_status sa;
	uint64_t latest;

	if (batch->sa_changes > 0 || batch->policy_changes > 0 ||
		batch->bad_news > 0)
		sim_fail(sim, "replies", "%c carries out request %u twice",
			host->letter, id_of(request));
	if (batch->reply_hash != 0 && batch->reply_hash != slot->value)
		sim_fail(sim, "replies", "%c answers request %u otherwise",
			host->letter, id_of(request));
	if (batch->reply_hash != 0 && !first_fragment)
		sim_fail(sim, "replies",
			"%c answers request %u again on a later fragment",
			host->letter, id_of(request));
	latest = latest_of(sim, host, request)->value;
	if (batch->reply_hash == 0 && latest == (uint64_t)id_of(request) + 1 &&
		first_fragment && find_sa(host, request, true, &sa))
		sim_fail(sim, "replies", "%c does not answer request %u again",
			host->letter, id_of(request));
}

void oracle_request(struct sim *sim, const struct sim_host *host)
{
	const uint8_t *request = request_in(&sim->batch);
	bool first = request && request[18] == IKE_SA_INIT;
	struct slot *slot;
	uint64_t value;

	if (!request || !host->ike)
		return;
	slot = slot_of(sim->oracle, request_name(host, sim->batch.packet));
	if (slot->value != 0 && first)
		check_first_again(sim, host, slot);
	else if (slot->value != 0)
		check_again(sim, host, slot);
	if (sim->batch.reply_hash == 0)
		return;
	if (first && all_zero(sim->batch.reply_spi_r, 8))
		return; /* cookies and the like are made anew each time */
	slot->value = sim->batch.reply_hash;
	memcpy(slot->spi_r, sim->batch.reply_spi_r, IKE_SPI_LEN);
	if (first)
		return;
	value = (uint64_t)id_of(request) + 1;
	slot = latest_of(sim, host, request);
	if (value > slot->value)
		slot->value = value;
}

/* --- What is forged changes nothing --------------------------------------- */

void oracle_forged(struct sim *sim, const struct sim_host *host)
{
	const struct batch *batch = &sim->batch;
	const struct packet *packet = batch->packet;
	bool first;

	if (!packet || packet->truth != PACKET_FORGED)
		return;
	first = packet->len >= IKE_HEADER_LEN &&
		packet->data[18] == IKE_SA_INIT;
	if (batch->sa_changes > 0 || batch->policy_changes > 0)
		sim_fail(sim, "attacker",
			"%c changes its kernel for a forged datagram",
			host->letter);
	if (batch->bad_news > 0 &&
		(!first || (oracle_is_response(packet->data) &&
				   packet->data[16] == PAYLOAD_NOTIFY)))
		sim_fail(sim, "attacker", "%c believes a forged %s",
			host->letter, first ? "IKE_SA_INIT notify" : "message");
	if (batch->sends > 1)
		sim_fail(sim, "attacker",
			"%c answers one forged datagram with %u", host->letter,
			batch->sends);
	if (packet->len < IKE_HEADER_LEN && batch->effects > 0)
		sim_fail(sim, "attacker", "%c takes %zu octets for a message",
			host->letter, packet->len);
}

/* oracle.c - what must always hold, checked after every event (architecture: deterministic simulation).
 * SPDX-License-Identifier: ISC
 *
 *  1 agreement    two ends of an SA hold the same keys, algorithms, mode and
 *                 mirrored selectors; a kernel holds what its core says
 *  2 black hole   an outbound SA without its counterpart does not last
 *  3 leak         what a policy shall protect never finds no policy, and what
 *                 shall pass or be dropped always finds that
 *  4 nonces       no (key, IV) twice; a protected request has one content
 *  5 replies      a request repeated gets the same octets, and is done once
 *  6 bounds       half-open SAs, effects and time itself stay within limits
 *  7 convergence  once healed: one IKE SA a pair, one child a configured child
 *  8 silence      once both ends are down: nothing but the configured traps
 *
 * and what an attacker without keys sends changes nothing.
 */
#include "tests/sim/sim.h"

#include "ikev2/selectors.h"
#include "ikev2/wire/header.h"

#include <assert.h>
#include <stdlib.h>

enum { SLACK_MS = 40000, CALM_HOLE_MS = 1500, REKEYS_END_MS = 70000 };

/* --- What has been seen --------------------------------------------------- */

struct slot {
	uint64_t key; /* 0: free */
	uint64_t value;
	uint8_t spi_r[IKE_SPI_LEN];
};

/* An SA as it was put into a kernel, also after it has gone. */
struct sa_record {
	unsigned host;
	uint32_t life;
	struct ike_ipsec_sa sa;
	bool live;
	uint64_t hole_ms; /* outbound: since when nobody hears it; 0: heard */
};

struct oracle {
	struct slot *slots;
	size_t used, size;
	struct sa_record *records;
	size_t count, room;
};

struct oracle *oracle_new(void)
{
	return calloc(1, sizeof(struct oracle));
}

void oracle_free(struct oracle *oracle)
{
	free(oracle->slots);
	free(oracle->records);
	free(oracle);
}

void oracle_forget(struct sim *sim)
{
	struct oracle *oracle = sim->oracle;
	size_t kept = 0;

	for (size_t i = 0; i < oracle->count; i++) {
		if (oracle->records[i].live)
			oracle->records[kept++] = oracle->records[i];
	}
	oracle->count = kept;
	if (oracle->slots)
		memset(oracle->slots, 0, oracle->size * sizeof(*oracle->slots));
	oracle->used = 0;
}

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

static bool is_response(const uint8_t *message)
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
		sim_fail(sim, is_response(data.at) ? "replies" : "nonces",
			"%c gives %s %u a second content", host->letter,
			is_response(data.at) ? "response" : "request",
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
	if (!is_response(data.at)) {
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
		packet->truth == PACKET_FORGED || is_response(packet->data))
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

static void check_request(struct sim *sim, const struct sim_host *host)
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

static void check_forged(struct sim *sim, const struct sim_host *host)
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
		(!first || (is_response(packet->data) &&
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

/* --- SAs: agreement ------------------------------------------------------- */

static void compare(struct sim *sim, const struct ike_ipsec_sa *out,
	const struct ike_ipsec_sa *in)
{
	const char *differs = NULL;

	if (out->encr != in->encr || out->integ != in->integ)
		differs = "algorithms";
	else if (out->esn != in->esn)
		differs = "ESN";
	else if (out->mode != in->mode)
		differs = "modes";
	else if (out->encap != in->encap)
		differs = "encapsulation";
	else if (!secret_equal(secret_bytes(&out->encr_key),
			 secret_bytes(&in->encr_key)) ||
		 !secret_equal(secret_bytes(&out->integ_key),
			 secret_bytes(&in->integ_key)))
		differs = "keys";
	else if (out->mode == IKE_MODE_TRANSPORT &&
		 (!selector_equal(&out->local_ts, &in->remote_ts) ||
			 !selector_equal(&out->remote_ts, &in->local_ts)))
		differs = "selectors";
	if (differs)
		sim_fail(sim, "agreement", "the two ends of SA %08x have %s %s",
			out->ref.spi, "different", differs);
}

static bool pair_of(struct sim *sim, const struct sa_record *out,
	const struct sa_record *in)
{
	const struct sim_host *to = sim_host_ever_at(sim, &out->sa.ref.dst);

	return out->sa.out && !in->sa.out &&
	       out->sa.ref.spi == in->sa.ref.spi && to && to->index == in->host;
}

/* The initiator's outbound SA comes after the responder's inbound one: it was
 * added before the response left (RFC 7296 section 2.8). */
static void record_sa(struct sim *sim, struct sim_host *host,
	const struct ike_ipsec_sa *sa, bool refused)
{
	struct oracle *oracle = sim->oracle;
	const struct packet *cause = sim->batch.packet;
	struct sa_record *record;
	bool found = false;

	if (oracle->count == oracle->room) {
		oracle->room = oracle->room ? 2 * oracle->room : 64;
		oracle->records = realloc(oracle->records,
			oracle->room * sizeof(*oracle->records));
		assert(oracle->records);
	}
	record = &oracle->records[oracle->count++];
	*record = (struct sa_record){ .host = host->index,
		.life = host->life,
		.sa = *sa,
		.live = !refused };
	for (size_t i = 0; i + 1 < oracle->count; i++) {
		const struct sa_record *other = &oracle->records[i];

		if (pair_of(sim, record, other))
			compare(sim, &record->sa, &other->sa);
		else if (pair_of(sim, other, record))
			compare(sim, &other->sa, &record->sa);
		else
			continue;
		found = true;
	}
	if (sa->out && !found && cause && cause->len >= IKE_HEADER_LEN &&
		is_response(cause->data))
		sim_fail(sim, "black hole",
			"%c may use SA %08x, which its peer never added",
			host->letter, sa->ref.spi);
}

static void check_order(
	struct sim *sim, struct sim_host *host, const struct ike_effect *effect)
{
	for (unsigned i = 0; i < sim->batch.answers; i++) {
		if (sim->batch.answered[i] == effect->sa && effect->sa != 0)
			sim_fail(sim, "black hole",
				"%c adds an SA after it sent the response",
				host->letter);
	}
}

static void forget_record(
	struct sim *sim, const struct sim_host *host, struct ike_sa_ref ref)
{
	for (size_t i = 0; i < sim->oracle->count; i++) {
		struct sa_record *record = &sim->oracle->records[i];

		if (record->host == host->index &&
			record->sa.ref.spi == ref.spi &&
			ike_addr_equal(&record->sa.ref.dst, &ref.dst))
			record->live = false;
	}
}

/* The record goes with its SA; one that is refused is gone. */
static void move_record(struct sim *sim, const struct sim_host *host,
	const struct ike_sa_move *move, bool refused)
{
	if (refused) {
		forget_record(sim, host, move->ref);
		return;
	}
	for (size_t i = 0; i < sim->oracle->count; i++) {
		struct sa_record *record = &sim->oracle->records[i];

		if (!record->live || record->host != host->index ||
			record->sa.out != move->out ||
			record->sa.ref.spi != move->ref.spi ||
			!ike_addr_equal(&record->sa.ref.dst, &move->ref.dst))
			continue;
		record->sa.ref.dst = move->new_dst;
		record->sa.src = move->new_src;
		record->sa.encap = move->encap;
	}
}

static bool meets_any(const struct ike_selector *selector,
	const struct ike_selector *list, size_t count)
{
	struct ike_selector common;

	for (size_t i = 0; i < count; i++) {
		if (selector_meet(selector, &list[i], &common))
			return true;
	}
	return false;
}

/* Does this policy let packets into that child?  One whose configuration has
 * changed has left the policies of its earlier selectors. */
static bool policy_serves(const struct sim_host *host,
	const struct sad_entry *entry, const struct ike_policy *policy)
{
	struct ike_sa_status sa;
	struct ike_child_status at;
	uint64_t walk = 0;

	while (ike_next_sa(host->ike, &walk, &sa)) {
		for (size_t i = 0; i < sa.children; i++) {
			if (ike_child_at(host->ike, sa.sa, i, &at) &&
				at.child == entry->child)
				return meets_any(&policy->local_ts, at.local_ts,
					       at.local_ts_count) &&
				       meets_any(&policy->remote_ts,
					       at.remote_ts,
					       at.remote_ts_count);
		}
	}
	/* It is gone already, and its SA should be before its policies; those
	 * of another child of that IKE SA may go before. */
	return meets_any(&policy->local_ts, &entry->sa.local_ts, 1) &&
	       meets_any(&policy->remote_ts, &entry->sa.remote_ts, 1);
}

/* Never in clear between up and down: the SAs go before their policy. */
static void check_policy_goes(
	struct sim *sim, struct sim_host *host, const struct ike_policy *policy)
{
	for (size_t i = 0; i < host->kernel.sads; i++) {
		const struct sad_entry *entry = &host->kernel.sad[i];

		if (entry->sa.out && entry->sa.reqid == policy->reqid &&
			entry->life == host->life &&
			policy_serves(host, entry, policy))
			sim_fail(sim, "leak",
				"%c deletes a policy while its SA is in use",
				host->letter);
	}
}

void oracle_effect(struct sim *sim, struct sim_host *host,
	const struct ike_effect *effect, bool refused)
{
	switch (effect->kind) {
	case IKE_SA_ADD:
		sim->batch.sa_changes++;
		check_order(sim, host, effect);
		record_sa(sim, host, &effect->add, refused);
		return;
	case IKE_SA_MOVE:
		sim->batch.sa_changes++;
		move_record(sim, host, &effect->move, refused);
		return;
	case IKE_SA_DELETE:
		sim->batch.sa_changes++;
		forget_record(sim, host, effect->del.ref);
		return;
	case IKE_POLICY_DELETE:
		sim->batch.policy_changes++;
		check_policy_goes(sim, host, &effect->policy);
		return;
	case IKE_POLICY_ADD:
		sim->batch.policy_changes++;
		return;
	case IKE_SEND:
	case IKE_SA_QUERY:
	case IKE_RESOLVE:
	case IKE_ROUTE:
	case IKE_FETCH:
	case IKE_REPORT:
	case IKE_EXPLAIN:
	case IKE_KEYS:
		return;
	}
}

/* --- What a core says and what its kernel holds --------------------------- */

/* Calls see() for each child of a host; false from it ends the walk. */
static void each_child(struct sim *sim, struct sim_host *host,
	void (*see)(struct sim *, struct sim_host *,
		const struct ike_sa_status *, const struct ike_child_status *))
{
	struct ike_sa_status sa;
	struct ike_child_status child;
	uint64_t at = 0;

	while (ike_next_sa(host->ike, &at, &sa)) {
		for (size_t i = 0; i < sa.children && !sim->failed; i++) {
			if (ike_child_at(host->ike, sa.sa, i, &child))
				see(sim, host, &sa, &child);
		}
	}
}

static void check_no_leak(struct sim *sim, struct sim_host *host,
	const struct ike_selector *local, const struct ike_selector *remote,
	const char *what)
{
	const struct spd_entry *policy;
	struct ike_flow flow;

	if (local->family == 0 || remote->family == 0 ||
		local->family != remote->family ||
		(local->protocol != 0 && remote->protocol != 0 &&
			local->protocol != remote->protocol))
		return;
	flow = sim_kernel_flow(local, remote);
	policy = sim_kernel_policy_out(&host->kernel, &flow);
	/* No shunt of ours has what a flow of this kind has. */
	if (policy && ike_is_shunt(policy->policy.mode))
		sim_fail(sim, "leak", "%c: a shunt takes what %s protects",
			host->letter, what);
	if (!policy)
		sim_fail(sim, "leak", "%c would send in clear: %s",
			host->letter, what);
}

static const struct sim_link *link_between(
	const struct sim *sim, unsigned a, unsigned b)
{
	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];

		if ((link->host[0] == a && link->host[1] == b) ||
			(link->host[0] == b && link->host[1] == a))
			return link;
	}
	return NULL;
}

static bool within_any(const struct ike_selector *selector,
	const struct ike_selector *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].family == 0 || selector_within(selector, &list[i]))
			return true;
	}
	return false;
}

/* Whatever was negotiated lies within what this host configured. */
static void check_within(struct sim *sim, const struct sim_host *host,
	const struct ike_sa_status *sa, const struct ike_child_status *child)
{
	struct ike_selector local[SIM_SELECTORS], remote[SIM_SELECTORS];
	unsigned other = (unsigned)(sa->peer->name[0] - 'a');
	const struct sim_link *link = link_between(sim, host->index, other);
	size_t c = (size_t)(child->name[1] - '1');
	unsigned side = link->host[0] == host->index ? 0 : 1;
	bool within = true;

	sim_child_selectors(&link->child[c], side,
		c == 0 && (host->config.variant[link - sim->link] &
				  VARIANT_SELECTORS) != 0,
		local, remote);
	for (size_t i = 0; i < child->local_ts_count; i++)
		within &= within_any(&child->local_ts[i], local,
			link->child[c].local_count[side]);
	for (size_t i = 0; i < child->remote_ts_count; i++)
		within &= within_any(&child->remote_ts[i], remote,
			link->child[c].remote_count[side]);
	if (!within)
		sim_fail(sim, "agreement", "%c lets %s have more than it may",
			host->letter, child->name);
}

static void check_child(struct sim *sim, struct sim_host *host,
	const struct ike_sa_status *sa, const struct ike_child_status *child)
{
	if (!child->up)
		return;
	if (sa->peer)
		check_within(sim, host, sa, child);
	if (!sim_kernel_find(&host->kernel, child->in, false) ||
		!sim_kernel_find(&host->kernel, child->out, true)) {
		sim_fail(sim, "agreement",
			"%c says that %s is up, and its kernel has no SA",
			host->letter, child->name);
		return;
	}
	if (host->kernel.policy_refused)
		return;
	for (size_t i = 0; i < child->local_ts_count; i++) {
		for (size_t k = 0; k < child->remote_ts_count; k++)
			check_no_leak(sim, host, &child->local_ts[i],
				&child->remote_ts[k], child->name);
	}
}

static bool has_child_of(
	const struct sim_host *host, const struct sad_entry *entry)
{
	struct ike_sa_status sa;
	struct ike_child_status child;
	uint64_t at = 0;

	while (ike_next_sa(host->ike, &at, &sa)) {
		for (size_t i = 0; i < sa.children; i++) {
			if (ike_child_at(host->ike, sa.sa, i, &child) &&
				child.child == entry->child)
				return true;
		}
	}
	return false;
}

static void check_kernel(struct sim *sim, struct sim_host *host)
{
	for (size_t i = 0; i < host->kernel.sads; i++) {
		const struct sad_entry *entry = &host->kernel.sad[i];

		if (entry->life == host->life && !has_child_of(host, entry))
			sim_fail(sim, "agreement",
				"%c has SA %08x in its kernel and knows no child for it",
				host->letter, entry->sa.ref.spi);
	}
	each_child(sim, host, check_child);
}

/* Pass and drop are first for what they are about, and stand while they are
 * configured. */
static void check_shunt(
	struct sim *sim, struct sim_host *host, const struct sim_link *link)
{
	unsigned side = link->host[0] == host->index ? 0 : 1;
	struct ike_selector local, remote;
	const struct spd_entry *policy;
	struct ike_flow flow;

	if (!ike_is_shunt(link->shunt[side]))
		return;
	sim_shunt_selectors(link, side, &local, &remote);
	flow = sim_kernel_flow(&local, &remote);
	policy = sim_kernel_policy_out(&host->kernel, &flow);
	if (!policy || policy->policy.mode != link->shunt[side])
		sim_fail(sim, "leak", "%c has lost its shunt", host->letter);
}

/* Children that start now or on demand hold their policies while they are
 * configured. */
static void check_traps(struct sim *sim, struct sim_host *host)
{
	struct ike_selector local[SIM_SELECTORS], remote[SIM_SELECTORS];

	if (host->kernel.policy_refused || host->stopping)
		return;
	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];
		unsigned side = link->host[0] == host->index ? 0 : 1;

		if (link->host[side] != host->index || !host->config.present[i])
			continue;
		check_shunt(sim, host, link);
		for (size_t c = 0; c < link->children; c++) {
			const struct sim_child *child = &link->child[c];

			if (child->start[side] == IKE_START_WAIT)
				continue;
			sim_child_selectors(child, side,
				c == 0 && (host->config.variant[i] &
						  VARIANT_SELECTORS) != 0,
				local, remote);
			for (size_t l = 0; l < child->local_count[side]; l++) {
				for (size_t r = 0;
					r < child->remote_count[side]; r++)
					check_no_leak(sim, host, &local[l],
						&remote[r], child->name);
			}
		}
	}
}

static void check_half_open(struct sim *sim, struct sim_host *host)
{
	const struct ike_limits *limits = &host->limits;
	struct ike_sa_status sa;
	uint64_t at = 0;
	uint32_t open = 0;

	while (ike_next_sa(host->ike, &at, &sa)) {
		if (sa.initiator || strcmp(sa.phase, "auth") != 0)
			continue;
		open++;
		if (sa.since_ms + limits->half_open_ms + SLACK_MS <
			sim->now.mono_ms)
			sim_fail(sim, "bounds",
				"%c keeps a half-open SA for ever",
				host->letter);
	}
	if (open > limits->half_open_limit + 8)
		sim_fail(sim, "bounds", "%c has %u half-open SAs", host->letter,
			open);
}

void oracle_after(struct sim *sim, struct sim_host *host)
{
	if (!host->ike)
		return;
	check_forged(sim, host);
	check_request(sim, host);
	check_kernel(sim, host);
	check_traps(sim, host);
	check_half_open(sim, host);
}

/* --- Black holes ---------------------------------------------------------- */

/* How long an end may go on sending to a peer that has lost the SA: the peer
 * gives up its Delete, then we notice that it is silent. */
static uint64_t hole_bound(const struct sim *sim, const struct sim_link *link)
{
	uint64_t wait = link->base_ms, total = 0;

	if (sim->calm)
		return CALM_HOLE_MS;
	for (uint8_t i = 0; i <= link->tries; i++) {
		total += wait;
		wait = wait * 9 / 5 < 60000 ? wait * 9 / 5 : 60000;
	}
	if (sim->was_late)
		total += SIM_LATE_MS;
	return 2 * total + 2 * (uint64_t)link->dpd_ms + SLACK_MS;
}

static bool heard(struct sim *sim, const struct sa_record *out)
{
	const struct sim_host *to = sim_host_at(sim, &out->sa.ref.dst);

	if (!to)
		return false;
	for (size_t i = 0; i < to->kernel.sads; i++) {
		const struct ike_ipsec_sa *sa = &to->kernel.sad[i].sa;

		if (!sa->out && sa->ref.spi == out->sa.ref.spi)
			return true;
	}
	return false;
}

void oracle_time(struct sim *sim)
{
	for (size_t i = 0; i < sim->oracle->count; i++) {
		struct sa_record *record = &sim->oracle->records[i];
		const struct sim_host *host = &sim->host[record->host];
		const struct sim_host *to;
		const struct sim_link *link;

		if (!record->live || !record->sa.out)
			continue;
		if (record->life != host->life || !host->ike) {
			record->live = false;
			continue;
		}
		to = sim_host_ever_at(sim, &record->sa.ref.dst);
		/* Nobody can be told by a peer that has no address. */
		if (heard(sim, record) ||
			(to && sim_addr(to, record->sa.ref.dst.family).family ==
					0)) {
			record->hole_ms = 0;
			continue;
		}
		if (record->hole_ms == 0)
			record->hole_ms = sim->now.mono_ms;
		link = to ? link_between(sim, record->host, to->index) : NULL;
		if (link && record->hole_ms + hole_bound(sim, link) <
				    sim->now.mono_ms)
			sim_fail(sim, "black hole",
				"nobody hears what %c sends with SA %08x",
				host->letter, record->sa.ref.spi);
	}
}

/* --- Phase two ------------------------------------------------------------ */

size_t oracle_ike_sas(struct sim *sim, const struct sim_host *host,
	const struct sim_host *other)
{
	struct ike_sa_status sa;
	uint64_t at = 0;
	size_t count = 0;

	(void)sim;
	while (host->ike && ike_next_sa(host->ike, &at, &sa)) {
		if (sa.established && sa.peer &&
			sa.peer->name[0] == other->letter)
			count++;
	}
	return count;
}

size_t oracle_children(struct sim *sim, const struct sim_host *host,
	const struct sim_host *other, const char *child,
	struct ike_child_status *one)
{
	struct ike_sa_status sa;
	struct ike_child_status found;
	uint64_t at = 0;
	size_t count = 0;

	(void)sim;
	while (host->ike && ike_next_sa(host->ike, &at, &sa)) {
		if (!sa.established || !sa.peer ||
			sa.peer->name[0] != other->letter)
			continue;
		for (size_t i = 0; i < sa.children; i++) {
			if (!ike_child_at(host->ike, sa.sa, i, &found) ||
				!found.up || strcmp(found.name, child) != 0)
				continue;
			count++;
			*one = found;
		}
	}
	return count;
}

/* The pointers in a status are the core's: fetch what is needed of both ends
 * before it moves on. */
static bool mirrored(
	const struct ike_child_status *a, const struct ike_child_status *b)
{
	if (a->local_ts_count != b->remote_ts_count ||
		a->remote_ts_count != b->local_ts_count)
		return false;
	for (size_t i = 0; i < a->local_ts_count; i++) {
		if (!selector_equal(&a->local_ts[i], &b->remote_ts[i]))
			return false;
	}
	for (size_t i = 0; i < a->remote_ts_count; i++) {
		if (!selector_equal(&a->remote_ts[i], &b->local_ts[i]))
			return false;
	}
	return true;
}

/* A packet of the child each way must arrive; the network is healed. */
static void ping(struct sim *sim, struct sim_host *from,
	const struct ike_child_status *child)
{
	struct ike_flow flow =
		sim_kernel_flow(&child->local_ts[0], &child->remote_ts[0]);
	uint64_t before = sim->pings_arrived;

	for (size_t i = 0; i < child->remote_ts_count; i++) {
		if (child->remote_ts[i].family == child->local_ts[0].family) {
			flow = sim_kernel_flow(
				&child->local_ts[0], &child->remote_ts[i]);
			break;
		}
	}
	sim_kernel_packet(sim, from, &flow, true);
	sim_run(sim, 2000);
	if (!sim->failed && sim->pings_arrived == before)
		sim_fail(sim, "convergence",
			"a packet of %c for child %s does not arrive",
			from->letter, child->name);
}

static void check_pair(struct sim *sim, struct sim_host *a, struct sim_host *b,
	const char *child, size_t expected)
{
	struct ike_child_status at_a = { 0 }, at_b = { 0 };
	size_t in_a = oracle_children(sim, a, b, child, &at_a);
	size_t in_b = oracle_children(sim, b, a, child, &at_b);

	if (in_a != expected || in_b != in_a) {
		sim_fail(sim, "convergence",
			"child %s is up %zu times at %c, %zu times at %c, and should be %s",
			child, in_a, a->letter, in_b, b->letter,
			expected ? "once" : "down");
		return;
	}
	if (in_a == 0)
		return;
	if (at_a.out.spi != at_b.in.spi || at_a.in.spi != at_b.out.spi)
		sim_fail(sim, "convergence", "child %s of %c is not that of %c",
			child, a->letter, b->letter);
	else if (at_a.mode != at_b.mode || !mirrored(&at_a, &at_b))
		sim_fail(sim, "agreement",
			"%c and %c differ about the selectors of %s", a->letter,
			b->letter, child);
}

static void ping_pair(struct sim *sim, struct sim_host *a, struct sim_host *b,
	const char *child)
{
	struct ike_child_status status = { 0 };

	if (sim->failed || oracle_children(sim, a, b, child, &status) != 1)
		return;
	ping(sim, a, &status);
}

void oracle_pair(struct sim *sim, struct sim_host *a, struct sim_host *b,
	const char *child, size_t expected)
{
	check_pair(sim, a, b, child, expected);
	ping_pair(sim, a, b, child);
	ping_pair(sim, b, a, child);
}

/* One IKE SA, and each child as often as it should be, with the same SAs. */
static bool is_settled(struct sim *sim, const struct sim_link *link)
{
	const struct sim_host *a = &sim->host[link->host[0]];
	const struct sim_host *b = &sim->host[link->host[1]];
	struct ike_child_status at_a = { 0 }, at_b = { 0 };

	if (oracle_ike_sas(sim, a, b) != 1 || oracle_ike_sas(sim, b, a) != 1)
		return false;
	for (size_t c = 0; c < link->children; c++) {
		const struct sim_child *child = &link->child[c];
		size_t expected = child->fits ? 1 : 0;

		if (oracle_children(sim, a, b, child->name, &at_a) !=
				expected ||
			oracle_children(sim, b, a, child->name, &at_b) !=
				expected ||
			(expected && at_a.in.spi != at_b.out.spi))
			return false;
	}
	return true;
}

/* While something is rekeyed there are the old one and the new for a moment; one
 * that lost a collision, and whose initiator has not heard of it, for a minute. */
static void wait_for_rekeys(struct sim *sim, const struct sim_link *link)
{
	for (unsigned i = 0; i < REKEYS_END_MS / 100 && !sim->failed; i++) {
		if (is_settled(sim, link))
			return;
		sim_run(sim, 100);
	}
}

static void check_link(struct sim *sim, const struct sim_link *link)
{
	struct sim_host *a = &sim->host[link->host[0]];
	struct sim_host *b = &sim->host[link->host[1]];
	size_t i = (size_t)(link - sim->link);
	bool wanted =
		link->fits && a->config.present[i] && b->config.present[i];
	size_t at_a, at_b;

	if (wanted)
		wait_for_rekeys(sim, link);
	at_a = oracle_ike_sas(sim, a, b);
	at_b = oracle_ike_sas(sim, b, a);
	if (at_a != at_b || (at_a != 1 && wanted) || (at_a != 0 && !wanted)) {
		sim_fail(sim, "convergence",
			"%c has %zu IKE SAs with %c, which has %zu; it should be %s",
			a->letter, at_a, b->letter, at_b,
			wanted ? "one" : "none");
		return;
	}
	if (!wanted)
		return;
	for (size_t c = 0; c < link->children && !sim->failed; c++) {
		wait_for_rekeys(sim, link);
		oracle_pair(sim, a, b, link->child[c].name,
			link->child[c].fits ? 1 : 0);
	}
}

void oracle_converged(struct sim *sim)
{
	for (size_t i = 0; i < sim->links && !sim->failed; i++)
		check_link(sim, &sim->link[i]);
}

static size_t traps_of(struct sim *sim, const struct sim_host *host)
{
	size_t traps = 0;

	for (size_t i = 0; i < sim->links; i++) {
		const struct sim_link *link = &sim->link[i];
		unsigned side = link->host[0] == host->index ? 0 : 1;

		if (link->host[side] != host->index || !host->config.present[i])
			continue;
		traps += ike_is_shunt(link->shunt[side]);
		for (size_t c = 0; c < link->children; c++) {
			if (link->child[c].start[side] != IKE_START_WAIT)
				traps += (size_t)link->child[c]
						 .local_count[side] *
					 link->child[c].remote_count[side];
		}
	}
	return traps;
}

void oracle_silent(struct sim *sim)
{
	for (unsigned i = 0; i < sim->hosts && !sim->failed; i++) {
		struct sim_host *host = &sim->host[i];
		struct ike_sa_status sa;
		uint64_t at = 0;

		if (!host->ike)
			continue;
		if (ike_next_sa(host->ike, &at, &sa))
			sim_fail(sim, "silence", "%c still has an IKE SA (%s)",
				host->letter, sa.phase);
		if (host->kernel.sads > 0)
			sim_fail(sim, "silence", "%c still has %zu SAs",
				host->letter, host->kernel.sads);
		if (host->kernel.spds > traps_of(sim, host))
			sim_fail(sim, "silence",
				"%c has %zu policies and should have at most %zu",
				host->letter, host->kernel.spds,
				traps_of(sim, host));
		if (ike_deadline(host->ike) != IKE_NEVER)
			sim_fail(sim, "silence", "%c has a deadline in %llu ms",
				host->letter,
				(unsigned long long)(ike_deadline(host->ike) -
						     sim->now.mono_ms));
	}
}

/* A clean stop leaves the traps, which its owner sweeps. */
void oracle_gone(struct sim *sim, struct sim_host *host)
{
	struct ike_sa_status sa;
	uint64_t at = 0;

	if (host->kernel.sads > 0 || host->kernel.spds > traps_of(sim, host))
		sim_fail(sim, "silence",
			"%c has stopped and leaves %zu SAs and %zu policies",
			host->letter, host->kernel.sads, host->kernel.spds);
	while (ike_next_sa(host->ike, &at, &sa)) {
		if (sa.established)
			sim_fail(sim, "silence",
				"%c has stopped with an IKE SA", host->letter);
	}
}

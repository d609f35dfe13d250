/* bent.c - one core, and a peer of it that can be bent to say anything.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/bent.h"

#include "tests/sim/said.h"

#include "ikev2/crypto/cipher.h"
#include "ikev2/crypto/sign.h"
#include "ikev2/negotiate.h"

#include <stdio.h>
#include <stdlib.h>

#define SECRET "a secret of both"

#define MUST(WHAT)                                                             \
	do {                                                                   \
		if (!(WHAT))                                                   \
			bent_failed(__FILE__, __LINE__, #WHAT);                \
	} while (0)

enum { LONG_MS = 400000 };

struct core_under_test core;
struct bent_peer bent;

static const struct ike_endpoint core_end = { { 4, { 192, 0, 2, 1 } }, 500 };
static const struct ike_endpoint bent_end = { { 4, { 192, 0, 2, 2 } }, 500 };

__attribute__((weak)) void bent_failed(
	const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

/* --- The core under test -------------------------------------------------- */

static void seeded(void *ctx, uint8_t *out, size_t len)
{
	uint64_t *seed = ctx;

	for (size_t i = 0; i < len; i++) {
		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		out[i] = (uint8_t)(*seed >> 56);
	}
}

static void say(void *ctx, const struct ike_log *line)
{
	(void)ctx;
	core.lines++;
	core.left_out += line->left_out;
	/* What somebody causes who is nobody yet is limited (N52). */
	if (core.ike && bent.initiator && !core.wished && core.ike_up == 0 &&
		line->level <= IKE_LOG_INFO && core_established() == 0)
		MUST(line->anybody);
	if (line->level <= IKE_LOG_INFO) {
		core.told++;
		core.told_level = line->level;
		snprintf(core.told_text, sizeof(core.told_text), "%s",
			line->text);
	}
	if (line->level <= IKE_LOG_WARNING)
		snprintf(core.complaint, sizeof(core.complaint), "%s",
			line->text);
	for (const char *c = line->text; *c; c++)
		MUST(*c >= ' ' && *c < 0x7f);
	MUST(said_fault(line) == NULL);
	if (getenv("IKE_TEST_LOG"))
		fprintf(stderr, "  %s: %s\n", line->peer ? line->peer : "-",
			line->text);
}

static struct ike_proposals proposals_of(const char *text)
{
	struct ike_proposals all = { .count = 1 };

	while (*text) {
		struct ike_proposal *at = &all.list[all.count - 1];
		const size_t len = strcspn(text, "-|");
		const struct transform *row =
			transform_named(bytes_of(text, len));

		MUST(row != NULL);
		at->transforms[at->count++] = row;
		text += len;
		if (*text == '|')
			all.count++;
		if (*text)
			text++;
	}
	return all;
}

static struct ike_selector net(uint8_t second)
{
	return (struct ike_selector){ .family = 4,
		.end_port = 65535,
		.start = { 10, second, 0, 0 },
		.end = { 10, second, 255, 255 } };
}

static void fill_child(
	struct ike_child_policy *child, const char *name, uint8_t second)
{
	snprintf(child->name, sizeof(child->name), "%s", name);
	child->esp = bent.esp;
	child->local_ts[0] = net(second);
	child->remote_ts[0] = net((uint8_t)(second + 1));
	child->local_ts_count = child->remote_ts_count = 1;
}

static struct ike_peer *peer_of(bool two_children)
{
	struct ike_peer *peer = ike_peer_new();
	struct ike_place *place;

	MUST(peer);
	snprintf(peer->name, sizeof(peer->name), "bent");
	place = &peer->remote.places[peer->remote.place_count++];
	place->kind = IKE_PLACE_RANGE;
	place->first = place->last = bent_end.addr;
	peer->ike = bent.ike;
	peer->psk_len = (uint16_t)strlen(SECRET);
	memcpy(peer->psk, SECRET, strlen(SECRET));
	peer->child_count = two_children ? 2 : 1;
	peer->children = calloc(peer->child_count, sizeof(*peer->children));
	fill_child(&peer->children[0], "net", 1);
	if (two_children)
		fill_child(&peer->children[1], "second", 3);
	return peer;
}

static void note_report(const struct ike_report *report)
{
	core.ike_up += report->kind == IKE_REPORT_IKE_UP;
	core.child_up += report->kind == IKE_REPORT_CHILD_UP;
	core.child_down += report->kind == IKE_REPORT_CHILD_DOWN;
	core.failed += report->kind == IKE_REPORT_FAILED;
	core.turned_away += report->kind == IKE_REPORT_REFUSED;
	if (report->kind == IKE_REPORT_FAILED ||
		report->kind == IKE_REPORT_REFUSED)
		core.cause = report->cause;
}

static void note_sent(const struct ike_datagram *send)
{
	struct sent *to = &core.sent[core.sent_count];

	core.sent_ever++;
	if (core.sent_count == MAX_SENT)
		return;
	MUST(send->data.len <= MAX_PACKET);
	core.sent_count++;
	to->local = send->local;
	to->remote = send->remote;
	to->len = send->data.len;
	memcpy(to->data, send->data.at, send->data.len);
}

static struct ike_now now(void)
{
	return (struct ike_now){ core.now_ms, core.unix_s };
}

/* True if its kernel refuses this effect. */
static bool refuses(const struct ike_effect *e)
{
	if (core.refuse_left == 0 || e->kind != core.refuse)
		return false;
	if (core.refuse_skip > 0) {
		core.refuse_skip--;
		return false;
	}
	core.refuse_left--;
	core.refused++;
	/* It will be asked to delete it all the same, and finds nothing. */
	core.policies += e->kind == IKE_POLICY_ADD;
	ike_refused(core.ike, now(), e, IKE_REFUSAL_OTHER, "it is a test");
	return true;
}

static void carry_out(const struct ike_effect *e)
{
	const struct ike_address_pair pair = { core_end.addr, bent_end.addr };
	struct ike_resolution found = { .pairs = &pair, .count = 1 };

	switch (e->kind) {
	case IKE_SEND:
		note_sent(&e->send);
		break;
	case IKE_SA_ADD:
		core.sas++;
		core.outbound += e->add.out;
		core.encapsulated += e->add.encap;
		break;
	case IKE_SA_MOVE:
		core.moved++;
		core.move = e->move;
		break;
	case IKE_SA_DELETE:
		core.sas--;
		break;
	case IKE_POLICY_ADD:
		core.policies++;
		break;
	case IKE_POLICY_DELETE:
		core.policies--;
		break;
	case IKE_RESOLVE:
		found.peer = e->resolve->name;
		ike_resolved(core.ike, now(), &found);
		break;
	case IKE_ROUTE:
		core.asked = *e;
		ike_routed(
			core.ike, now(), e->sa, core.routes, core.route_count);
		break;
	case IKE_REPORT:
		note_report(&e->report);
		break;
	case IKE_EXPLAIN:
		core.explained = *e->explain;
		break;
	case IKE_FETCH:
		ike_fetched(core.ike, now(), e->fetch, bytes_of(NULL, 0));
		break;
	case IKE_SA_QUERY:
	case IKE_KEYS:
		break;
	}
	MUST(core.sas >= 0);
	MUST(core.policies >= 0);
}

void core_settle(void)
{
	struct ike_effect e;

	while (ike_effect(core.ike, &e)) {
		if (!refuses(&e))
			carry_out(&e);
	}
}

struct ike *core_make(const struct core_setup *setup)
{
	struct ike_limits limits = ike_limits_default();
	struct ike_env env = { seeded, say, &core.seed };

	if (!setup->limits)
		limits.half_open_per_source = 1000;
	if (setup->cookies)
		limits.cookie_threshold = 0;
	if (setup->fragment_size)
		limits.fragment_size = setup->fragment_size;
	return ike_new(&env, &limits);
}

static void use_signatures(
	struct ike_peer *peer, const struct core_signatures *how)
{
	peer->local.auth = how->core_auth;
	peer->remote.auth = how->bent_auth;
	peer->sha1 = how->sha1;
	if (how->from_anywhere)
		peer->remote.place_count = 0;
	peer->own = how->core_own ? credential_ref(how->core_own) : NULL;
	peer->trust = how->core_trust ? trust_ref(how->core_trust) : NULL;
	bent.own = how->bent_own;
	bent.hashes = auth_hashes();
}

void core_open(const struct core_setup *setup)
{
	memset(&core, 0, sizeof(core));
	memset(&bent, 0, sizeof(bent));
	core.seed = 1;
	core.now_ms = 5000;
	bent.iv = 1;
	bent.fragments = setup->fragments;
	bent.us = bent_end;
	bent.them = core_end;
	bent.crypto = crypto_new();
	bent.ike = proposals_of(
		setup->ike ? setup->ike : "aes256gcm16-prfsha256-x25519");
	bent.esp = proposals_of(setup->esp ? setup->esp : "aes256gcm16-noesn");
	core.ike = core_make(setup);
	MUST(core.ike);
	core.peers.peer = calloc(1, sizeof(struct ike_peer *));
	core.peers.peer[0] = peer_of(setup->two_children);
	if (setup->no_secret)
		core.peers.peer[0]->psk_len = 0;
	if (setup->signatures)
		use_signatures(core.peers.peer[0], setup->signatures);
	core.peers.peer[0]->fragmentation = !setup->no_fragments;
	core.peers.count = 1;
	ike_set_peers(core.ike, now(), &core.peers);
	core_settle();
}

void core_close(void)
{
	ike_free(core.ike);
	ike_peers_clear(&core.peers);
	crypto_free(bent.crypto);
	core.ike = NULL;
	bent.crypto = NULL;
}

void core_dial(void)
{
	const struct ike_wish wish = { "bent", NULL };

	core.sent_count = 0;
	bent.initiator = false;
	MUST(ike_up(core.ike, now(), &wish) == IKE_WISH_STARTED);
	core_settle();
}

/* Whatever keeps no state is not longer than what it answers (U). */
void core_give_from(struct bytes data, struct ike_endpoint from)
{
	uint8_t *copy = malloc(data.len ? data.len : 1);
	const struct ike_datagram datagram = { bent.them, from,
		bytes_of(copy, data.len) };
	const int before = core_ike_sas();

	if (data.len > 0)
		memcpy(copy, data.at, data.len);
	core.sent_count = 0;
	ike_receive(core.ike, now(), &datagram);
	free(copy);
	core_settle();
	if (before == 0 && core_ike_sas() == 0 && core.sent_count > 0) {
		MUST(core.sent_count == 1);
		MUST(core.sent[0].len <= data.len);
	}
}

void core_give(struct bytes data)
{
	core_give_from(data, bent.us);
}

void core_advance(uint64_t ms)
{
	const uint64_t end = core.now_ms + ms;
	int wakes = 0;

	core.sent_count = 0;
	while (ike_deadline(core.ike) <= end) {
		if (ike_deadline(core.ike) > core.now_ms)
			core.now_ms = ike_deadline(core.ike);
		ike_tick(core.ike, now());
		core_settle();
		MUST(++wakes < 10000);
	}
	core.now_ms = end;
}

int core_ike_sas(void)
{
	struct ike_sa_status status;
	uint64_t at = 0;
	int count = 0;

	while (ike_next_sa(core.ike, &at, &status))
		count++;
	return count;
}

int core_established(void)
{
	struct ike_sa_status status;
	uint64_t at = 0;
	int count = 0;

	while (ike_next_sa(core.ike, &at, &status))
		count += status.established;
	return count;
}

void core_is_clean(void)
{
	MUST(core_ike_sas() == 0);
	MUST(core.sas == 0);
	MUST(core.policies == 0);
	MUST(ike_deadline(core.ike) == IKE_NEVER);
}

void core_recovers(bool bent_initiates_it)
{
	const struct ike_wish wish = { "bent", NULL };

	(void)ike_down(core.ike, now(), &wish);
	core_settle();
	core_advance(LONG_MS);
	core_is_clean();
	core.child_up = 0;
	if (bent_initiates_it) {
		bent_initiates();
	} else {
		core_dial();
		bent_responds();
	}
	MUST(core_established() == 1);
	MUST(core.child_up == 1);
	MUST(core.sas == 2);
	MUST(ike_down(core.ike, now(), &wish) == IKE_WISH_STARTED);
	core_settle();
	core_advance(LONG_MS);
	core_is_clean();
}

/* --- Messages in parts ---------------------------------------------------- */

struct part *part_of(struct parts *parts, uint8_t type)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (parts->at[i].type == type)
			return &parts->at[i];
	}
	bent_failed(__FILE__, __LINE__, "no such payload");
	return &parts->at[0];
}

struct part *parts_insert(
	struct parts *parts, size_t at, uint8_t type, struct bytes body)
{
	struct part *part = &parts->at[at];

	MUST(parts->count < MAX_PARTS);
	MUST(body.len <= sizeof(part->body));
	memmove(part + 1, part, (parts->count - at) * sizeof(*part));
	parts->count++;
	part->type = type;
	part->flags = 0;
	part->len = body.len;
	if (body.len > 0)
		memcpy(part->body, body.at, body.len);
	return part;
}

struct part *parts_add(struct parts *parts, uint8_t type, struct bytes body)
{
	return parts_insert(parts, parts->count, type, body);
}

void parts_remove(struct parts *parts, uint8_t type)
{
	struct part *part = part_of(parts, type);
	const size_t at = (size_t)(part - parts->at);

	memmove(part, part + 1, (parts->count - at - 1) * sizeof(*part));
	parts->count--;
}

void parts_repeat(struct parts *parts, uint8_t type)
{
	const struct part copy = *part_of(parts, type);

	parts_add(parts, type, bytes_of(copy.body, copy.len));
}

void parts_set(struct parts *parts, uint8_t type, struct bytes body)
{
	struct part *part = part_of(parts, type);

	MUST(body.len <= sizeof(part->body));
	part->len = body.len;
	if (body.len > 0)
		memcpy(part->body, body.at, body.len);
}

void parts_notify(struct parts *parts, uint16_t type, struct bytes data)
{
	struct part *part = parts_add(parts, PAYLOAD_NOTIFY, data);

	memmove(part->body + 4, part->body, part->len);
	memcpy(part->body,
		(uint8_t[]){ 0, 0, (uint8_t)(type >> 8), (uint8_t)type }, 4);
	part->len += 4;
}

struct bytes parts_chain(const struct parts *parts, uint8_t *first)
{
	static uint8_t buffer[MAX_PACKET];
	struct writer w = writer_of(buffer, sizeof(buffer));

	*first = parts->count ? parts->at[0].type : PAYLOAD_NONE;
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->at[i];

		write_u8(&w, i + 1 < parts->count ? part[1].type
						  : (uint8_t)PAYLOAD_NONE);
		write_u8(&w, part->flags);
		write_u16(&w, (uint16_t)(part->len + PAYLOAD_HEADER_LEN));
		write_bytes(&w, bytes_of(part->body, part->len));
	}
	MUST(!w.bad);
	return written(&w);
}

/* A chain that a test's builder wrote behind one octet, taken apart. */
struct building {
	uint8_t buffer[MAX_PACKET];
	struct writer w;
	struct chain c;
};

static void building_begin(struct building *b)
{
	b->w = writer_of(b->buffer, sizeof(b->buffer));
	b->c = (struct chain){ &b->w, 0 };
	write_u8(&b->w, PAYLOAD_NONE);
}

static void building_end(struct building *b, struct parts *parts)
{
	struct reader r = reader_of(written(&b->w));
	uint8_t type = read_u8(&r);

	parts->count = 0;
	while (type != PAYLOAD_NONE) {
		const uint8_t next = read_u8(&r);
		size_t len;

		read_skip(&r, 1);
		len = read_u16(&r);
		parts_add(parts, type, read_bytes(&r, len - 4));
		type = next;
	}
	MUST(!r.bad && r.left == 0);
}

/* --- The bent peer -------------------------------------------------------- */

static uint8_t *own_nonce(void)
{
	return bent.initiator ? bent.nonce_i : bent.nonce_r;
}

void bent_begin(bool initiator)
{
	bent.initiator = initiator;
	bent.out_id = initiator ? 1 : 0;
	bent.in_id = initiator ? 0 : 1;
	bent.suite = (struct suite){ 0 };
	memset(bent.spi_i, 0, IKE_SPI_LEN);
	memset(bent.spi_r, 0, IKE_SPI_LEN);
	seeded(&core.seed, initiator ? bent.spi_i : bent.spi_r, IKE_SPI_LEN);
	seeded(&core.seed, own_nonce(), NONCE_LEN);
	seeded(&core.seed, bent.esp_spi, ESP_SPI_LEN);
	MUST(dh_new(bent.crypto, &bent.dh, negotiate_first_group(&bent.ike),
		seeded, &core.seed));
}

struct ike_header bent_header(
	uint8_t exchange, bool response, uint32_t message_id)
{
	struct ike_header header = {
		.version = IKE_VERSION_OCTET,
		.exchange = exchange,
		.message_id = message_id,
	};

	memcpy(header.spi_i, bent.spi_i, IKE_SPI_LEN);
	memcpy(header.spi_r, bent.spi_r, IKE_SPI_LEN);
	header.flags = (uint8_t)((bent.initiator ? FLAG_INITIATOR : 0) |
				 (response ? FLAG_RESPONSE : 0));
	return header;
}

struct bytes bent_clear(
	const struct ike_header *header, const struct parts *parts)
{
	static uint8_t buffer[MAX_PACKET];
	struct message_out out;
	struct bytes chain;
	uint8_t first;

	chain = parts_chain(parts, &first);
	message_begin(&out, buffer, sizeof(buffer), header);
	patch_u8(&out.w, 16, first);
	write_bytes(&out.w, chain);
	chain = message_end(&out);
	MUST(chain.len > 0);
	return chain;
}

/* From the IV on; the payload began at sk, and is the last. */
static struct bytes seal(struct message_out *out, size_t sk, struct bytes plain)
{
	const bool i = bent.initiator;
	const size_t head_len = out->w.len;
	struct bytes all;

	if (bent.suite.encr->aead)
		write_u64(&out->w, bent.iv++);
	else
		seeded(&core.seed, write_room(&out->w, bent.suite.encr->iv_len),
			bent.suite.encr->iv_len);
	write_bytes(&out->w, plain);
	write_zero(&out->w, cipher_icv_len(&bent.suite));
	payload_end(&out->c, sk);
	all = message_end(out);
	MUST(all.len > 0);
	MUST(cipher_seal(bent.crypto, &bent.suite,
		i ? &bent.keys.sk_ei : &bent.keys.sk_er,
		i ? &bent.keys.sk_ai : &bent.keys.sk_ar, out->w.at, head_len,
		all.len));
	return all;
}

struct bytes bent_sealed_padded(
	const struct ike_header *header, uint8_t first, struct bytes plain)
{
	static uint8_t buffer[MAX_MESSAGE_LEN];
	struct message_out out;
	size_t sk;

	message_begin(&out, buffer, sizeof(buffer), header);
	sk = payload_begin(&out.c, PAYLOAD_SK);
	patch_u8(&out.w, sk, first);
	return seal(&out, sk, plain);
}

/* With padding to the cipher's block, and its length. */
static struct bytes padded(struct bytes chain)
{
	static uint8_t plain[MAX_MESSAGE_LEN];
	struct writer w = writer_of(plain, sizeof(plain));
	uint8_t pad = 0;

	write_bytes(&w, chain);
	while ((w.len + pad + 1) % bent.suite.encr->block_len != 0)
		pad++;
	write_zero(&w, pad);
	write_u8(&w, pad);
	MUST(!w.bad);
	return written(&w);
}

struct bytes bent_sealed_raw(
	const struct ike_header *header, uint8_t first, struct bytes chain)
{
	return bent_sealed_padded(header, first, padded(chain));
}

struct bytes bent_fragment(
	const struct ike_header *header, const struct bent_fragment *fragment)
{
	static uint8_t buffer[MAX_PACKET];
	struct message_out out;
	size_t skf;

	message_begin(&out, buffer, sizeof(buffer), header);
	if (fragment->clear.len > 0) {
		patch_u8(&out.w, out.c.next_at, fragment->clear_first);
		out.c.next_at = out.w.len;
		write_bytes(&out.w, fragment->clear);
	}
	skf = skf_begin(
		&out.c, fragment->first, fragment->number, fragment->total);
	return seal(&out, skf, padded(fragment->plain));
}

struct bytes bent_sealed(
	const struct ike_header *header, const struct parts *parts)
{
	uint8_t first;
	const struct bytes chain = parts_chain(parts, &first);

	return bent_sealed_raw(header, first, chain);
}

/* --- Honest contents ------------------------------------------------------ */

void bent_init_parts(struct parts *parts)
{
	static const uint8_t sha2_and_identity[] = { 0, HASH_SHA2_256, 0,
		HASH_SHA2_384, 0, HASH_SHA2_512, 0, HASH_IDENTITY };
	struct building b;
	struct negotiated chosen = { .suite = bent.suite, .number = 1 };

	building_begin(&b);
	if (bent.initiator)
		negotiate_propose(&b.c, &bent.ike, PROTOCOL_IKE,
			bytes_of(NULL, 0), NEGOTIATE_KE);
	else
		negotiate_answer(
			&b.c, &chosen, PROTOCOL_IKE, bytes_of(NULL, 0));
	write_ke(&b.c, bent.dh.group->id, dh_public(&bent.dh));
	write_nonce(&b.c, bytes_of(own_nonce(), NONCE_LEN));
	if (bent.fragments)
		write_notify(
			&b.c, IKEV2_FRAGMENTATION_SUPPORTED, bytes_of(NULL, 0));
	if (bent.own && !bent.no_hashes)
		write_notify(&b.c, SIGNATURE_HASH_ALGORITHMS,
			bytes_of(sha2_and_identity, sizeof(sha2_and_identity)));
	building_end(&b, parts);
}

static void write_ts(struct chain *c, uint8_t which, uint8_t second)
{
	const struct selectors one = { 1, { net(second) } };

	selectors_write(c, which, &one);
}

static void ask_child(struct chain *c, uint8_t second)
{
	const struct bytes spi = bytes_of(bent.esp_spi, ESP_SPI_LEN);

	negotiate_propose(
		c, &bent.esp, PROTOCOL_ESP, spi, NEGOTIATE_WITHOUT_KE);
	write_ts(c, PAYLOAD_TSI, (uint8_t)(second + 1));
	write_ts(c, PAYLOAD_TSR, second);
}

/* To the request in bent.in. */
static void answer_child(struct chain *c, uint8_t second)
{
	const struct bytes spi = bytes_of(bent.esp_spi, ESP_SPI_LEN);
	struct negotiated chosen = { .number = 1 };

	MUST(negotiate_choose(&bent.esp, &bent.in.sa, PROTOCOL_ESP,
		     NEGOTIATE_WITHOUT_KE, &chosen) == IKE_OK);
	negotiate_answer(c, &chosen, PROTOCOL_ESP, spi);
	write_ts(c, PAYLOAD_TSI, second);
	write_ts(c, PAYLOAD_TSR, (uint8_t)(second + 1));
}

static const uint8_t id_octets[8] = { ID_IPV4_ADDR, 0, 0, 0, 192, 0, 2, 2 };

struct auth_octets bent_auth_octets(struct parts *parts)
{
	const bool i = bent.initiator;
	const struct part *id = part_of(parts, i ? PAYLOAD_IDI : PAYLOAD_IDR);

	return (struct auth_octets){
		.message =
			i ? bytes_of(bent.init_request, bent.init_request_len)
			  : bytes_of(bent.init_reply, bent.init_reply_len),
		.nonce = bytes_of(i ? bent.nonce_r : bent.nonce_i, NONCE_LEN),
		.sk_p = secret_bytes(i ? &bent.keys.sk_pi : &bent.keys.sk_pr),
		.id = bytes_of(id->body, id->len),
	};
}

static void sign(struct part *auth, const struct auth_octets *octets)
{
	const struct auth_rules rules = { .hashes = bent.hashes };
	struct auth_signature signature;
	const char *why = "";

	MUST(auth_sign(bent.crypto, credential_key(bent.own), bent.suite.prf,
		octets, &rules, &signature, &why));
	auth->body[0] = signature.method;
	memcpy(auth->body + 4, signature.data, signature.len);
	auth->len = 4 + signature.len;
}

void bent_auth_again(struct parts *parts)
{
	const struct auth_octets octets = bent_auth_octets(parts);
	struct part *auth = part_of(parts, PAYLOAD_AUTH);

	if (bent.own) {
		sign(auth, &octets);
		return;
	}
	MUST(auth_shared_key(bent.crypto, bent.suite.prf,
		bytes_of(SECRET, strlen(SECRET)), &octets, auth->body + 4));
	auth->len = 4u + bent.suite.prf->output_len;
}

/* Encoding 4 (RFC 7296 section 3.6), its own first. */
static void insert_certs(struct parts *parts)
{
	const struct certificate *certificate;

	for (size_t i = 0;
		bent.own && (certificate = credential_certificate(bent.own, i));
		i++) {
		const struct bytes der = certificate_der(certificate);
		uint8_t body[2048] = { CERT_X509_SIGNATURE };

		MUST(der.len < sizeof(body));
		memcpy(body + 1, der.at, der.len);
		parts_insert(
			parts, i, PAYLOAD_CERT, bytes_of(body, 1 + der.len));
	}
}

void bent_auth_parts(struct parts *parts)
{
	struct building b;
	uint8_t empty[4] = { AUTH_SHARED_KEY };

	building_begin(&b);
	if (bent.initiator)
		ask_child(&b.c, 1);
	else
		answer_child(&b.c, 1);
	building_end(&b, parts);
	parts_insert(parts, 0, PAYLOAD_AUTH, bytes_of(empty, sizeof(empty)));
	insert_certs(parts);
	parts_insert(parts, 0, bent.initiator ? PAYLOAD_IDI : PAYLOAD_IDR,
		bytes_of(id_octets, sizeof(id_octets)));
	bent_auth_again(parts);
}

void bent_child_parts(struct parts *parts, bool answer)
{
	uint8_t nonce[NONCE_LEN];
	struct building b;

	seeded(&core.seed, nonce, sizeof(nonce));
	seeded(&core.seed, bent.esp_spi, ESP_SPI_LEN);
	building_begin(&b);
	if (answer)
		answer_child(&b.c, 3);
	else
		ask_child(&b.c, 3);
	write_nonce(&b.c, bytes_of(nonce, sizeof(nonce)));
	building_end(&b, parts);
}

void bent_rekey_parts(struct parts *parts)
{
	static const uint8_t sa[] = { 0, 0, 0, 44, 1, PROTOCOL_IKE, IKE_SPI_LEN,
		3, 0xc0, 0xff, 0xee, 1, 0xc0, 0xff, 0xee, 2, /* the proposal */
		3, 0, 0, 12, TRANSFORM_ENCR, 0, 0, ENCR_AES_GCM_16, 0x80, 14, 1,
		0, 3, 0, 0, 8, TRANSFORM_PRF, 0, 0, PRF_HMAC_SHA2_256, 0, 0, 0,
		8, TRANSFORM_KE, 0, 0, KE_CURVE25519 };
	static const uint8_t ke[4 + 32] = { 0, KE_CURVE25519, 0, 0, 9 };
	uint8_t nonce[NONCE_LEN];

	seeded(&core.seed, nonce, sizeof(nonce));
	parts->count = 0;
	parts_add(parts, PAYLOAD_SA, bytes_of(sa, sizeof(sa)));
	parts_add(parts, PAYLOAD_NONCE, bytes_of(nonce, sizeof(nonce)));
	parts_add(parts, PAYLOAD_KE, bytes_of(ke, sizeof(ke)));
}

/* --- Exchanges ------------------------------------------------------------ */

static void derive(struct bytes public)
{
	struct shared_secret shared;

	MUST(dh_agree(bent.crypto, &bent.dh, public, &shared) == IKE_OK);
	MUST(keymat_ike(bent.crypto, &bent.suite,
		bytes_of(bent.nonce_i, NONCE_LEN),
		bytes_of(bent.nonce_r, NONCE_LEN), shared_bytes(&shared),
		bent.spi_i, bent.spi_r, &bent.keys));
}

/* The core's packet i, in clear. */
static void hear_clear(size_t i)
{
	const struct sent *from = &core.sent[i];

	MUST(i < core.sent_count);
	memcpy(bent.in_data, from->data, from->len);
	MUST(read_header(bytes_of(bent.in_data, from->len), &bent.in.header));
	MUST(message_read(&bent.in, bent.in.header.next,
		     bytes_of(bent.in_data + IKE_HEADER_LEN,
			     from->len - IKE_HEADER_LEN),
		     IKE_HEADER_LEN) == IKE_OK);
}

static void keep(uint8_t *to, size_t *len, struct bytes from)
{
	memcpy(to, from.at, from.len);
	*len = from.len;
}

void bent_send_init(const struct parts *parts)
{
	const struct ike_header header = bent_header(IKE_SA_INIT, false, 0);
	const struct bytes all = bent_clear(&header, parts);

	keep(bent.init_request, &bent.init_request_len, all);
	core_give(bytes_of(bent.init_request, bent.init_request_len));
}

void bent_hear_init(void)
{
	struct negotiated chosen;

	MUST(core.sent_count == 1);
	hear_clear(0);
	MUST(header_is_response(&bent.in.header));
	MUST(has_payload(&bent.in, PAYLOAD_SA));
	keep(bent.init_reply, &bent.init_reply_len,
		bytes_of(core.sent[0].data, core.sent[0].len));
	MUST(negotiate_check(&bent.ike, &bent.in.sa, PROTOCOL_IKE, NEGOTIATE_KE,
		     &chosen) == IKE_OK);
	bent.suite = chosen.suite;
	memcpy(bent.spi_r, bent.in.header.spi_r, IKE_SPI_LEN);
	MUST(bent.in.nonce.len == NONCE_LEN);
	memcpy(bent.nonce_r, bent.in.nonce.at, NONCE_LEN);
	derive(bent.in.ke.public);
}

void bent_hear_request(void)
{
	struct negotiated chosen;

	MUST(core.sent_count == 1);
	hear_clear(0);
	MUST(!header_is_response(&bent.in.header));
	keep(bent.init_request, &bent.init_request_len,
		bytes_of(core.sent[0].data, core.sent[0].len));
	MUST(negotiate_choose(&bent.ike, &bent.in.sa, PROTOCOL_IKE,
		     NEGOTIATE_KE, &chosen) == IKE_OK);
	bent_begin(false);
	bent.suite = chosen.suite;
	memcpy(bent.spi_i, bent.in.header.spi_i, IKE_SPI_LEN);
	memcpy(bent.nonce_i, bent.in.nonce.at, NONCE_LEN);
	derive(bent.in.ke.public);
}

void bent_answer_init(const struct parts *parts)
{
	const struct ike_header header = bent_header(IKE_SA_INIT, true, 0);
	const struct bytes all = bent_clear(&header, parts);

	keep(bent.init_reply, &bent.init_reply_len, all);
	core_give(bytes_of(bent.init_reply, bent.init_reply_len));
}

void bent_ask(uint8_t exchange, const struct parts *parts)
{
	const struct ike_header header =
		bent_header(exchange, false, bent.out_id);

	core_give(bent_sealed(&header, parts));
}

void bent_answer(uint8_t exchange, const struct parts *parts)
{
	const struct ike_header header =
		bent_header(exchange, true, bent.in_id);

	core_give(bent_sealed(&header, parts));
}

/* The plaintext of a packet, in bent.in_data, and bent.in as it is outside. */
static bool open_one(size_t i, struct bytes *plain)
{
	const struct sent *from = &core.sent[i];
	const bool ours = bent.initiator;
	const size_t fixed =
		bent.suite.encr->iv_len + cipher_icv_len(&bent.suite);

	MUST(i < core.sent_count);
	memcpy(bent.in_data, from->data, from->len);
	if (!read_header(bytes_of(bent.in_data, from->len), &bent.in.header) ||
		message_read(&bent.in, bent.in.header.next,
			bytes_of(bent.in_data + IKE_HEADER_LEN,
				from->len - IKE_HEADER_LEN),
			IKE_HEADER_LEN) != IKE_OK ||
		!bent.in.sk.body.at ||
		!cipher_open(bent.crypto, &bent.suite,
			ours ? &bent.keys.sk_er : &bent.keys.sk_ei,
			ours ? &bent.keys.sk_ar : &bent.keys.sk_ai,
			bent.in_data, bent.in.sk.body_at, from->len))
		return false;
	*plain = bytes_of(
		bent.in_data + bent.in.sk.body_at + bent.suite.encr->iv_len,
		bent.in.sk.body.len - fixed);
	plain->len -= 1u + plain->at[plain->len - 1];
	return true;
}

/* The rest of the fragments, as they must be: in order, and only the first says
 * what is inside. */
static struct bytes gather(size_t i, struct bytes plain)
{
	static uint8_t whole[MAX_PACKET];
	struct writer w = writer_of(whole, sizeof(whole));
	const uint16_t total = bent.in.sk.total;

	write_bytes(&w, plain);
	for (uint16_t n = 2; n <= total; n++) {
		MUST(open_one(++i, &plain));
		MUST(bent.in.sk.fragment == n && bent.in.sk.total == total);
		MUST(bent.in.sk.first == PAYLOAD_NONE);
		write_bytes(&w, plain);
	}
	MUST(!w.bad);
	memcpy(bent.in_data, whole, w.len);
	return bytes_of(bent.in_data, w.len);
}

static bool is_later_fragment(size_t i)
{
	const struct sent *from = &core.sent[i];

	return from->len > IKE_HEADER_LEN + 8 &&
	       from->data[16] == PAYLOAD_SKF &&
	       (from->data[32] != 0 || from->data[33] != 1);
}

bool bent_open(size_t i)
{
	struct bytes plain;
	uint8_t first;

	if (is_later_fragment(i) || !open_one(i, &plain) ||
		i + bent.in.sk.total > core.sent_count)
		return false;
	first = bent.in.sk.first;
	if (bent.in.sk.total > 1)
		plain = gather(i, plain);
	MUST(message_read(&bent.in, first, plain, 0) == IKE_OK);
	return true;
}

/* The core said one thing, in one packet or in fragments. */
static bool said_one(void)
{
	return core.sent_count == 1 ||
	       (core.sent_count > 1 && core.sent[0].data[16] == PAYLOAD_SKF);
}

void bent_hears_error(uint16_t error)
{
	MUST(core.sent_count == 1);
	if (core.sent[0].data[16] == PAYLOAD_SK)
		MUST(bent_open(0));
	else
		hear_clear(0);
	MUST(header_is_response(&bent.in.header));
	MUST(message_error(&bent.in));
	MUST(message_error(&bent.in)->type == error);
}

void bent_hears_nothing(void)
{
	MUST(core.sent_count == 0);
}

void bent_initiates_keys(void)
{
	struct parts parts;

	bent_begin(true);
	bent_init_parts(&parts);
	bent_send_init(&parts);
	bent_hear_init();
}

void bent_initiates(void)
{
	struct parts parts;

	bent_initiates_keys();
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	MUST(said_one());
	MUST(bent_open(0));
	MUST(!message_error(&bent.in));
	MUST(has_payload(&bent.in, PAYLOAD_AUTH));
}

void bent_responds_keys(void)
{
	struct parts parts;

	bent_hear_request();
	bent_init_parts(&parts);
	bent_answer_init(&parts);
	MUST(said_one());
	MUST(bent_open(0));
	MUST(bent.in.header.exchange == IKE_AUTH);
}

void bent_responds(void)
{
	struct parts parts;

	bent_responds_keys();
	bent_auth_parts(&parts);
	bent_answer(IKE_AUTH, &parts);
	bent.in_id++;
}

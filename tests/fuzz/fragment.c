/* fragment.c - fuzz target: a message in fragments, sealed with the real keys, against a model of what RFC 7383 wants of them.
 * SPDX-License-Identifier: ISC
 *
 * Octet 0 says who the core is, octet 1 how long the message is.  What follows
 * are fragments of it in any order, with any numbers, some with other octets,
 * under another message ID, with a broken ICV; and time.  The core must take the
 * message in exactly when the model has the last of its pieces, and what it
 * takes in must be what the model has.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/bent.h"

enum {
	SETUP_INITIATOR =
		1, /* the core is: it waits for the IKE_AUTH response */
	SETUP_CBC = 2,

	HOW_FILLER = 1, /* zeros, not a part of the message */
	HOW_OTHER_ID = 2,
	HOW_INFORMATIONAL = 4, /* another exchange than the message's */
	HOW_BEHIND = 8,        /* behind a payload in clear */
	HOW_LARGE = 16,        /* the numbers are larger than 255 */
	HOW_TIME = 32,
	HOW_WHOLE = 64,
	HOW_BROKEN = 128, /* the ICV */

	MAX_STEPS = 90,
	MAX_TOTAL = 64,
	MAX_WHOLE = 65535 - 28,
	MAX_PIECE = 4096,
	KEPT_MS = 30000,
};

/* The message as it ought to arrive. */
static struct {
	uint8_t exchange, first;
	size_t len;
	uint8_t chain[MAX_PACKET];
} honest;

/* What has arrived of it. */
static struct model {
	bool open;
	uint8_t exchange, first;
	size_t total, count, len;
	uint64_t kept_ms;
	bool have[MAX_TOTAL + 1];
	size_t piece_len[MAX_TOTAL + 1];
	uint8_t piece[MAX_TOTAL + 1][MAX_PIECE];
} model;

static bool initiator;
static struct parts parts;

static void make_honest(size_t filler)
{
	static const uint8_t zeros[2048];
	struct bytes chain;

	if (initiator)
		bent_auth_parts(&parts);
	else
		bent_child_parts(&parts, false);
	honest.exchange = initiator ? IKE_AUTH : CREATE_CHILD_SA;
	parts_notify(&parts, 40001, bytes_of(zeros, filler));
	chain = parts_chain(&parts, &honest.first);
	honest.len = chain.len;
	memcpy(honest.chain, chain.at, chain.len);
	model.open = false;
}

/* --- The model ------------------------------------------------------------ */

static bool model_wants(uint8_t exchange, const struct bent_fragment *f)
{
	if (f->clear.len > 0 || f->number == 0 || f->number > f->total ||
		f->total > MAX_TOTAL)
		return false;
	if (!model.open)
		return true;
	if (exchange != model.exchange || f->total < model.total)
		return false;
	return f->total > model.total || !model.have[f->number];
}

/* True: it was the last. */
static bool model_takes(uint8_t exchange, const struct bent_fragment *f)
{
	if (!model_wants(exchange, f))
		return false;
	if (!model.open || f->total != model.total) {
		memset(&model, 0, offsetof(struct model, piece_len));
		model.open = true;
		model.exchange = exchange;
		model.total = f->total;
	}
	if (model.len + f->plain.len > MAX_WHOLE) {
		model.open = false;
		return false;
	}
	model.have[f->number] = true;
	model.piece_len[f->number] = f->plain.len;
	memcpy(model.piece[f->number], f->plain.at, f->plain.len);
	model.len += f->plain.len;
	model.kept_ms = core.now_ms;
	if (f->number == 1)
		model.first = f->first;
	return ++model.count == model.total;
}

static bool model_is_honest(void)
{
	size_t at = 0;

	if (model.exchange != honest.exchange || model.len != honest.len ||
		model.first != honest.first)
		return false;
	for (size_t i = 1; i <= model.total; i++) {
		if (!bytes_equal(
			    bytes_of(honest.chain + at, model.piece_len[i]),
			    bytes_of(model.piece[i], model.piece_len[i])))
			return false;
		at += model.piece_len[i];
	}
	return true;
}

/* --- The core ------------------------------------------------------------- */

/* It has answered the request under this ID; then that is in bent.in. */
static bool answered(uint32_t id)
{
	for (size_t i = 0; i < core.sent_count; i++) {
		if (core.sent[i].len > 1 && bent_open(i) &&
			header_is_response(&bent.in.header) &&
			bent.in.header.message_id == id)
			return true;
	}
	return false;
}

/* A message that is there as a whole has its effect, none other has any. */
static void expect_answer(bool whole, bool is_honest, size_t filler)
{
	HOLDS(answered(bent.out_id) == whole);
	if (!whole)
		return;
	HOLDS(!is_honest || has_payload(&bent.in, PAYLOAD_SA) ||
		bent.in.notifies > 0);
	HOLDS(is_honest || !has_payload(&bent.in, PAYLOAD_SA));
	bent.out_id++;
	if (core_established() == 1)
		make_honest(filler);
}

static void expect_established(bool whole, bool is_honest)
{
	HOLDS(core_established() == (whole && is_honest));
}

/* Part number of total, as RFC 7383 cuts; any number gives some part. */
static struct bytes part(size_t number, size_t total)
{
	const size_t each = total ? (honest.len + total - 1) / total : 0;
	const size_t from = each * (number ? number - 1 : 0);
	const size_t at = from < honest.len ? from : honest.len;
	const size_t left = honest.len - at;

	return bytes_of(honest.chain + at, left < each ? left : each);
}

static void give(struct bytes data, bool broken)
{
	static uint8_t copy[MAX_PACKET];

	memcpy(copy, data.at, data.len);
	if (broken)
		copy[data.len - 1] ^= 1;
	core_give(bytes_of(copy, data.len));
}

/* True: the core has its answer, good or bad, and waits for none. */
static bool step(struct reader *r, size_t filler)
{
	static const uint8_t zeros[MAX_PIECE], empty[] = { 0, 0, 0, 4 };
	const uint8_t how = read_u8(r), number = read_u8(r), total = read_u8(r);
	const uint8_t exchange =
		how & HOW_INFORMATIONAL ? INFORMATIONAL : honest.exchange;
	const uint32_t id = initiator ? 1 : bent.out_id;
	const struct ike_header header = bent_header(
		exchange, initiator, how & HOW_OTHER_ID ? id + 1 : id);
	struct bent_fragment f = { .number = number, .total = total };
	bool ours = !(how & (HOW_OTHER_ID | HOW_BROKEN)), whole;

	if (how & HOW_TIME) {
		core_advance(500 * (uint64_t)number);
		if (model.kept_ms + KEPT_MS <= core.now_ms)
			model.open = false;
		return false;
	}
	if (initiator && exchange != IKE_AUTH)
		ours = false;
	if (how & HOW_LARGE) {
		f.number = (uint16_t)(number * 257);
		f.total = (uint16_t)(total * 257);
	}
	f.first = f.number == 1 ? honest.first : PAYLOAD_NONE;
	f.plain = how & HOW_FILLER ? bytes_of(zeros, 16 * (size_t)read_u8(r))
				   : part(number, total);
	if (how & HOW_BEHIND) {
		f.clear_first = PAYLOAD_VENDOR;
		f.clear = bytes_of(empty, sizeof(empty));
	}
	if (how & HOW_WHOLE) {
		whole = ours;
		give(bent_sealed_raw(&header, honest.first,
			     bytes_of(honest.chain, honest.len)),
			how & HOW_BROKEN);
	} else {
		whole = ours && model_takes(exchange, &f);
		give(bent_fragment(&header, &f), how & HOW_BROKEN);
	}
	if (initiator)
		expect_established(
			whole, how & HOW_WHOLE ? true : model_is_honest());
	else
		expect_answer(whole,
			how & HOW_WHOLE ? exchange == honest.exchange
					: model_is_honest(),
			filler);
	if (whole)
		model.open = false;
	return initiator && whole;
}

void fuzz_fragment(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(bytes_of(data, size));
	const uint8_t how = read_u8(&r);
	const size_t filler = 8 * (size_t)read_u8(&r);
	const struct core_setup setup = {
		.ike = how & SETUP_CBC ? "aes256-sha256-prfsha256-x25519"
				       : NULL,
		.two_children = true,
		.fragments = true,
		.fragment_size = 576,
	};

	core_open(&setup);
	initiator = (how & SETUP_INITIATOR) != 0;
	if (initiator) {
		core_dial();
		bent_responds_keys();
	} else {
		bent_initiates();
	}
	make_honest(filler);
	for (int i = 0; i < MAX_STEPS && reader_more(&r); i++) {
		if (step(&r, filler) || core_ike_sas() != 1 ||
			core_established() != !initiator)
			break;
	}
	core_advance(400000);
	HOLDS(core_ike_sas() == 0 && core.sas == 0);
	core_close();
}

/* sealed.c - fuzz target: behind the encryption, with the real keys.
 * SPDX-License-Identifier: ISC
 *
 * A core and a bent peer have keys, or are up, as octet 0 says; what follows is
 * a list of things that happen: chains of payloads that are sealed as they
 * stand, honest messages with some octets changed, time, refusals of the
 * kernel.  Whatever it is, nobody is established who has not authenticated, and
 * what the core sends can be read.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/bent.h"

enum {
	SETUP_INITIATOR = 1, /* the core is */
	SETUP_CBC = 2,
	SETUP_UP = 4,
	SETUP_PFS = 8,
	SETUP_CLEAR = 16, /* no keys yet: IKE_SA_INIT, honest but for edits */
	SETUP_FRAGMENTS = 32,
	SETUP_MOBIKE = 64,
	MAX_STEPS = 40,
};

enum step {
	STEP_REQUEST,
	STEP_RESPONSE,
	STEP_AUTH,
	STEP_CHILD,
	STEP_ANSWER,
	STEP_TIME,
	STEP_REFUSE,
	STEP_FRAGMENT,
	STEP_WISH,
	STEP_REKEY,
	STEP_REKEY_IKE,
	STEP_MOVE,
	STEPS,
};

enum {
	FRAGMENT_RESPONSE = 1,
	FRAGMENT_HONEST = 2, /* a part of what parts hold */
	FRAGMENT_ANEW = 4,   /* which are made anew before */
	FRAGMENT_BEHIND = 8, /* it stands behind a payload in clear */
};

static struct parts parts;
static bool authentic;    /* the peer may be established */
static bool mobike;       /* it says that it can move */
static uint8_t asked;     /* exchange of the core's last request */
static uint32_t asked_id; /* its message ID */

/* --- What the core says --------------------------------------------------- */

static void hear(void)
{
	for (size_t i = 0; i < core.sent_count; i++) {
		if (core.sent[i].len == 1 || !bent_open(i))
			continue;
		if (header_is_response(&bent.in.header)) {
			bent.out_id = bent.in.header.message_id + 1;
			continue;
		}
		asked = bent.in.header.exchange;
		asked_id = bent.in.header.message_id;
		bent.in_id = asked_id;
	}
	core.sent_count = 0;
}

/* The last that was opened is this request of the core's. */
static bool was_asked(uint8_t exchange)
{
	return bent.in.header.exchange == exchange &&
	       !header_is_response(&bent.in.header) &&
	       has_payload(&bent.in, PAYLOAD_SA);
}

/* --- What is said to it --------------------------------------------------- */

static struct part *find_part(uint8_t type)
{
	for (size_t i = 0; i < parts.count; i++) {
		if (parts.at[i].type == type)
			return &parts.at[i];
	}
	return NULL;
}

static void edit(struct reader *r)
{
	struct part *part = &parts.at[read_u8(r) % parts.count];
	const uint8_t how = read_u8(r);
	const uint8_t at = read_u8(r);
	const uint8_t value = read_u8(r);

	switch (how % 8) {
	case 0:
		parts_remove(&parts, part->type);
		break;
	case 1:
		if (parts.count < MAX_PARTS)
			parts_repeat(&parts, part->type);
		break;
	case 2:
		part->len = part->len < at ? part->len : at;
		break;
	case 3:
		part->type = value;
		break;
	case 4:
		part->flags = value;
		break;
	case 5:
		if (part->len < sizeof(part->body))
			part->body[part->len++] = value;
		break;
	default:
		if (part->len > 0)
			part->body[at % part->len] = value;
		break;
	}
}

/* Some octets changed, and AUTH over what it then is, or not. */
static void edit_all(struct reader *r)
{
	const uint8_t edits = read_u8(r);

	for (uint8_t i = 0; i < edits % 8 && parts.count > 0; i++)
		edit(r);
	if ((edits & 0x80) && find_part(PAYLOAD_AUTH) &&
		find_part(PAYLOAD_AUTH)->len > 4 &&
		find_part(bent.initiator ? PAYLOAD_IDI : PAYLOAD_IDR))
		bent_auth_again(&parts);
}

static void raw(struct reader *r, bool response)
{
	static const uint8_t exchanges[] = { IKE_AUTH, CREATE_CHILD_SA,
		INFORMATIONAL };
	const uint8_t which = read_u8(r);
	const uint8_t exchange = response       ? asked
				 : which < 0xf0 ? exchanges[which % 3]
						: which;
	const struct ike_header header = bent_header(
		exchange, response, response ? asked_id : bent.out_id);
	const uint8_t first = read_u8(r);
	const size_t len = read_u8(r);

	core_give(bent_sealed_raw(
		&header, first, read_bytes(r, len < r->left ? len : r->left)));
}

static void auth_parts(void)
{
	bent_auth_parts(&parts);
	if (mobike)
		parts_notify(&parts, MOBIKE_SUPPORTED, bytes_of(NULL, 0));
}

static void auth(struct reader *r)
{
	if (!bent.initiator && !was_asked(IKE_AUTH))
		return;
	authentic = true;
	auth_parts();
	edit_all(r);
	if (bent.initiator)
		bent_ask(IKE_AUTH, &parts);
	else
		bent_answer(IKE_AUTH, &parts);
}

/* A proposal for an IKE SA, and X25519's base point. */
static void rekey_ike_parts(void)
{
	static const uint8_t sa[] = { 0, 0, 0, 44, 1, 1, 8, 3, 0xc0, 0xff, 0xee,
		1, 0xc0, 0xff, 0xee, 2, 3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1,
		0, 3, 0, 0, 8, 2, 0, 0, 5, 0, 0, 0, 8, 4, 0, 0, 31 };
	const uint8_t ke[36] = { 0, KE_CURVE25519, 0, 0, 9 };

	bent_child_parts(&parts, false);
	parts_remove(&parts, PAYLOAD_TSI);
	parts_remove(&parts, PAYLOAD_TSR);
	parts_set(&parts, PAYLOAD_SA, bytes_of(sa, sizeof(sa)));
	parts_add(&parts, PAYLOAD_KE, bytes_of(ke, sizeof(ke)));
}

/* The child that was made last, named by the SPI that its peer receives on. */
static void rekey_parts(void)
{
	uint8_t notify[8] = { PROTOCOL_ESP, ESP_SPI_LEN, REKEY_SA >> 8,
		REKEY_SA & 0xff };

	memcpy(notify + 4, bent.esp_spi, ESP_SPI_LEN);
	bent_child_parts(&parts, false);
	parts_insert(&parts, 0, PAYLOAD_NOTIFY, bytes_of(notify, 8));
}

/* From another address, of which it says that it is there now. */
static void move(struct reader *r)
{
	struct ike_endpoint elsewhere = bent.us;
	const uint8_t how = read_u8(r);
	const struct ike_header header =
		bent_header(INFORMATIONAL, false, bent.out_id);

	elsewhere.addr.octets[3] = (uint8_t)(2 + how % 8);
	parts.count = 0;
	if (how & 8)
		parts_notify(&parts, UPDATE_SA_ADDRESSES, bytes_of(NULL, 0));
	if (how & 16)
		parts_notify(&parts, COOKIE2, bytes_of("0123456789", 10));
	if (how & 32)
		parts_notify(&parts, ADDITIONAL_IP4_ADDRESS,
			bytes_of("\300\000\002\011", 4));
	edit_all(r);
	core_give_from(bent_sealed(&header, &parts), elsewhere);
}

/* The core is told to do something. */
static void wish(struct reader *r)
{
	const struct ike_wish net = { "bent", "net" };
	const struct ike_wish second = { "bent", "second" };
	const struct ike_now now = { core.now_ms, core.unix_s };
	const uint8_t what = read_u8(r);
	struct ike_addr here = bent.them.addr;

	core.sent_count = 0;
	switch (what % 5) {
	case 0:
		(void)ike_rekey(core.ike, now, &net);
		break;
	case 1:
		(void)ike_rekey_sa(core.ike, now, "bent");
		break;
	case 2:
		(void)ike_down(core.ike, now, &second);
		break;
	case 3:
		core.wished |= authentic;
		if (authentic)
			(void)ike_up(core.ike, now, &second);
		break;
	default:
		here.octets[3] = (uint8_t)(70 + what % 3);
		core.routes[0] =
			(struct ike_address_pair){ here, bent.us.addr };
		core.route_count = 1;
		ike_addresses(core.ike, now, &here, 1);
		break;
	}
	ike_tick(core.ike, now);
	core_settle();
}

static void child(struct reader *r)
{
	bent_child_parts(&parts, false);
	edit_all(r);
	bent_ask(CREATE_CHILD_SA, &parts);
}

/* To its CREATE_CHILD_SA request, which is for a child or for an IKE SA. */
static void answer_parts(void)
{
	if (has_payload(&bent.in, PAYLOAD_TSI))
		bent_child_parts(&parts, true);
	else
		rekey_ike_parts();
}

static void answer(struct reader *r)
{
	parts.count = 0;
	if (was_asked(CREATE_CHILD_SA))
		answer_parts();
	else if (message_notify(&bent.in, COOKIE2))
		parts_notify(&parts, COOKIE2,
			message_notify(&bent.in, COOKIE2)->data);
	edit_all(r);
	bent.in_id = asked_id;
	bent_answer(asked, &parts);
}

/* What would be honest now. */
static void honest(bool response)
{
	if (response ? was_asked(IKE_AUTH)
		     : bent.initiator && core_established() == 0) {
		authentic = true;
		auth_parts();
	} else if (!response) {
		bent_child_parts(&parts, false);
	} else if (was_asked(CREATE_CHILD_SA)) {
		answer_parts();
	}
}

/* Part number of total of a chain; any number gives some part. */
static struct bytes part(struct bytes chain, uint8_t number, uint8_t total)
{
	const size_t each = total ? (chain.len + total - 1u) / total : 0;
	const size_t from = each * (size_t)(number ? number - 1 : 0);
	const size_t at = from < chain.len ? from : chain.len;
	const size_t left = chain.len - at;

	return bytes_of(chain.at + at, left < each ? left : each);
}

static void fragment(struct reader *r)
{
	static const uint8_t empty[] = { 0, 0, 0, 4 };
	const uint8_t how = read_u8(r);
	const bool response = (how & FRAGMENT_RESPONSE) != 0;
	const uint8_t number = read_u8(r);
	const uint8_t total = read_u8(r);
	struct bent_fragment one = { .number = number, .total = total };
	struct ike_header header;
	size_t len;

	if (how & FRAGMENT_ANEW)
		honest(response);
	header = bent_header(response                  ? asked
			     : core_established() == 0 ? IKE_AUTH
						       : CREATE_CHILD_SA,
		response, response ? asked_id : bent.out_id);
	if (how & FRAGMENT_HONEST) {
		one.plain =
			part(parts_chain(&parts, &one.first), number, total);
	} else {
		one.first = read_u8(r);
		len = read_u8(r);
		one.plain = read_bytes(r, len < r->left ? len : r->left);
	}
	if (how & FRAGMENT_BEHIND) {
		one.clear_first = read_u8(r);
		one.clear = bytes_of(empty, sizeof(empty));
	}
	core_give(bent_fragment(&header, &one));
}

static void refuse(struct reader *r)
{
	const uint8_t how = read_u8(r);

	core.refuse = how & 1 ? IKE_SA_ADD : IKE_POLICY_ADD;
	core.refuse_skip = how >> 1 & 3;
	core.refuse_left = how >> 3 & 3;
}

static void step(struct reader *r)
{
	switch ((enum step)(read_u8(r) % STEPS)) {
	case STEP_REQUEST:
		raw(r, false);
		break;
	case STEP_RESPONSE:
		raw(r, true);
		break;
	case STEP_AUTH:
		auth(r);
		break;
	case STEP_CHILD:
		child(r);
		break;
	case STEP_ANSWER:
		answer(r);
		break;
	case STEP_TIME:
		core_advance(500 * (uint64_t)read_u8(r));
		break;
	case STEP_REFUSE:
		refuse(r);
		break;
	case STEP_FRAGMENT:
		fragment(r);
		break;
	case STEP_WISH:
		wish(r);
		break;
	case STEP_REKEY:
		rekey_parts();
		edit_all(r);
		bent_ask(CREATE_CHILD_SA, &parts);
		break;
	case STEP_REKEY_IKE:
		rekey_ike_parts();
		edit_all(r);
		bent_ask(CREATE_CHILD_SA, &parts);
		break;
	case STEP_MOVE:
		move(r);
		break;
	case STEPS:
		break;
	}
	hear();
	HOLDS(authentic || core_established() == 0);
	HOLDS(authentic || core.sas == 0);
}

/* --- Before there are keys ------------------------------------------------- */

/* A request of its own, or the response that the core waits for; a cookie that
 * it is told goes into the next. */
static void clear_step(struct reader *r, bool response)
{
	struct ike_header header;
	uint8_t how = read_u8(r);

	if (how >= 0xc0) {
		core_advance(500 * (uint64_t)(how - 0xc0));
		return;
	}
	if (!response)
		bent_begin(true);
	header = bent_header(IKE_SA_INIT, response, 0);
	bent_init_parts(&parts);
	if (how & 1)
		parts_notify(&parts, (uint16_t)(16380 + read_u8(r) % 60),
			read_bytes(&(struct reader){ r->at, r->left, false },
				r->left < 20 ? r->left : 20));
	edit_all(r);
	if (how & 2)
		parts.count = 0;
	if (how & 4)
		parts_notify(&parts, read_u16(r), read_bytes(r, 2));
	if (how & 8)
		memset(header.spi_r, 0, IKE_SPI_LEN);
	core_give(bent_clear(&header, &parts));
	HOLDS(core_established() == 0 && core.sas == 0);
}

static void clear_steps(
	struct reader *r, const struct core_setup *setup, bool initiator)
{
	core_open(setup);
	if (initiator) {
		core_dial();
		bent_hear_request();
	}
	for (int i = 0; i < MAX_STEPS && reader_more(r); i++)
		clear_step(r, initiator);
	core_recovers(!initiator);
	core_close();
}

void fuzz_sealed(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(bytes_of(data, size));
	const uint8_t how = read_u8(&r);
	const bool up = (how & SETUP_UP) != 0;
	const struct core_setup setup = {
		.ike = how & SETUP_CBC ? "aes256-sha256-prfsha256-x25519"
				       : NULL,
		.esp = how & SETUP_PFS ? "aes256gcm16-x25519-noesn" : NULL,
		.two_children = true,
		.fragments = (how & SETUP_FRAGMENTS) != 0,
		.fragment_size = how & SETUP_FRAGMENTS ? 250 : 0,
	};

	if (how & SETUP_CLEAR) {
		clear_steps(&r,
			&(struct core_setup){
				.ike = "aes256gcm16-prfsha256-x25519-ecp256",
				.cookies = (how & SETUP_UP) &&
					   (how & SETUP_INITIATOR),
			},
			(how & SETUP_INITIATOR) != 0);
		return;
	}
	core_open(&setup);
	parts.count = 0; /* what another input has left is none of this one's */
	authentic = up;
	mobike = (how & SETUP_MOBIKE) != 0;
	core.peers.peer[0]->mobike = mobike;
	asked = INFORMATIONAL;
	asked_id = 0;
	if (!(how & SETUP_INITIATOR)) {
		bent_initiates_keys();
		if (up) {
			auth_parts();
			bent_ask(IKE_AUTH, &parts);
			hear();
			HOLDS(core_established() == 1);
		}
	} else {
		core_dial();
		bent_responds_keys();
		asked = IKE_AUTH;
		asked_id = 1;
		if (up) {
			auth_parts();
			bent_answer(IKE_AUTH, &parts);
			hear();
		}
	}
	for (int i = 0; i < MAX_STEPS && reader_more(&r); i++)
		step(&r);
	/* Left alone it comes to rest: all that is left is asked for life. */
	core.refuse_left = 0;
	core_advance(400000);
	HOLDS(core_established() == 0 && core.sas == 0);
	core_close();
}

/* hostile.c - what the tests of hostile inputs share.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

struct parts parts;
const struct core_setup plain = { .ike = NULL };
const struct core_setup two = { .two_children = true };
const struct core_setup cbc = { .ike = "aes256-sha256-prfsha256-x25519",
	.two_children = true };
const struct core_setup groups = {
	.ike = "aes256gcm16-prfsha256-x25519-ecp256-modp2048",
};

const struct selectors_sent selectors_sent[SELECTORS] = {
	{ "good", "01000000 07000010 0000ffff 0a020000 0a02ffff", true, false },
	{ "none", "00000000", false, true },
	{ "count lies", "02000000 07000010 0000ffff 0a020000 0a02ffff", false,
		true },
	{ "length 15", "01000000 0700000f 0000ffff 0a020000 0a02ff", false,
		true },
	{ "length 17", "01000000 07000011 0000ffff 0a020000 0a02ffff 00", false,
		true },
	{ "start after end", "01000000 07000010 0000ffff 0a02ffff 0a020000",
		false, true },
	{ "ports reversed", "01000000 07060010 00510050 0a020000 0a02ffff",
		false, true },
	{ "type 0", "01000000 00000010 0000ffff 0a020000 0a02ffff", false,
		false },
	{ "another net", "01000000 07000010 0000ffff 0a090000 0a09ffff", false,
		false },
	{ "another family",
		"01000000 08000028 0000ffff"
		"fd000000000000000000000000000000"
		"fdffffffffffffffffffffffffffffff",
		false, false },
	{ "opaque ports", "01000000 07060010 ffff0000 0a020000 0a02ffff", true,
		false },
	{ "0 to 0", "01000000 07000010 0000ffff 00000000 00000000", false,
		false },
};

void must_failed(const char *file, int line, const char *what)
{
	ck_abort_msg("%s:%d: not so: %s", file, line, what);
}

void close_core(void)
{
	if (core.ike)
		core_close();
}

struct bytes honest_request(void)
{
	const struct ike_header header = bent_header(IKE_SA_INIT, false, 0);

	return bent_clear(&header, &parts);
}

void begin_request(void)
{
	bent_begin(true);
	bent_init_parts(&parts);
}

void init_refused(uint16_t error)
{
	bent_send_init(&parts);
	ck_assert_int_eq(core_ike_sas(), 0);
	if (error)
		bent_hears_error(error);
	else
		bent_hears_nothing();
}

void init_accepted(void)
{
	bent_send_init(&parts);
	bent_hear_init();
	ck_assert_int_eq(core_ike_sas(), 1);
}

void still_waits_for_init(void)
{
	ck_assert_int_eq(core_established(), 0);
	ck_assert_int_eq(core_ike_sas(), 1);
	bent_init_parts(&parts);
	bent_answer_init(&parts);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, IKE_AUTH);
}

void second_child_is_asked(void)
{
	core_dial();
	bent_responds();
	ck_assert_int_eq(core.child_up, 1);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, CREATE_CHILD_SA);
}

void content_it(void)
{
	for (int i = 0; i < 8 && core.sent_count > 0; i++) {
		ck_assert(bent_open(0));
		if (header_is_response(&bent.in.header))
			return;
		bent.in_id = bent.in.header.message_id;
		parts.count = 0;
		bent_answer(bent.in.header.exchange, &parts);
		bent.in_id++;
	}
}

void set_ke(uint16_t group, struct bytes public)
{
	uint8_t body[1100] = { (uint8_t)(group >> 8), (uint8_t)group };

	memcpy(body + 4, public.at, public.len);
	parts_set(&parts, PAYLOAD_KE, bytes_of(body, public.len + 4));
}

void add_unknown(size_t at, uint8_t type, bool critical)
{
	struct part *part = parts_insert(&parts, at, type, hex("0102"));

	part->flags = critical ? PAYLOAD_CRITICAL : 0;
}

void forge_auth(int how)
{
	struct part *auth = part_of(&parts, PAYLOAD_AUTH);
	struct part *id =
		part_of(&parts, bent.initiator ? PAYLOAD_IDI : PAYLOAD_IDR);

	switch (how) {
	case 0:
		auth->len = 4;
		break;
	case 1:
		memset(auth->body + 4, 0, auth->len - 4);
		break;
	case 2:
		auth->len--;
		break;
	case 3:
		auth->body[auth->len++] = 0;
		break;
	case 4:
		auth->body[4] ^= 0x80;
		break;
	case 5:
		auth->body[auth->len - 1] ^= 1;
		break;
	case 6: /* over another first message */
		bent.init_request[bent.init_request_len - 1] ^= 1;
		bent.init_reply[bent.init_reply_len - 1] ^= 1;
		bent_auth_again(&parts);
		break;
	case 7: /* the ID's RESERVED octets are signed too */
		id->body[1] = 1;
		break;
	default: /* another ID than the one that was signed */
		id->body[7] ^= 1;
		break;
	}
}

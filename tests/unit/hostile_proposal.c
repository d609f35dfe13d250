/* hostile_proposal.c - proposals, key exchanges and nonces: N09 to N13.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/hostile.h"

/* --- N09, N10: proposals -------------------------------------------------- */

#define X25519 "00000008 0400001f"
#define GOOD   "00000024 01010003" GCM256 PRF256 X25519

/* error 0: silence; IKE_DEAD: accepted */
static const struct {
	const char *what, *sa;
	enum ike_error error;
} init_offers[] = {
	{ "good", GOOD, IKE_DEAD },
	{ "count too high", "00000024 01010004" GCM256 PRF256 X25519, IKE_OK },
	{ "count too low", "00000024 01010002" GCM256 PRF256 X25519, IKE_OK },
	{ "count 0", "00000008 01010000", NO_PROPOSAL_CHOSEN },
	{ "number 0", "00000024 00010003" GCM256 PRF256 X25519, IKE_OK },
	{ "number 2", "00000024 02010003" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "SPI size 1", "00000025 01010103 00" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "SPI size 8",
		"0000002c 01010803 c0ffee01c0ffee02" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "SPI size 255", "00000024 0101ff03" GCM256 PRF256 X25519, IKE_OK },
	{ "protocol 0", "00000024 01000003" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "protocol 4", "00000024 01040003" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "protocol 255", "00000024 01ff0003" GCM256 PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "no DH", "0000001c 01010002" GCM256 "00000008 02000005",
		NO_PROPOSAL_CHOSEN },
	{ "no PRF", "0000001c 01010002" GCM256 X25519, NO_PROPOSAL_CHOSEN },
	{ "no ENCR", "00000018 01010002" PRF256 X25519, NO_PROPOSAL_CHOSEN },
	{ "no key length", "00000020 01010003 03000008 01000014" PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "key length 0",
		"00000024 01010003 0300000c 01000014 800e0000" PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "key length 65535",
		"00000024 01010003 0300000c 01000014 800effff" PRF256 X25519,
		NO_PROPOSAL_CHOSEN },
	{ "key length twice",
		"00000028 01010003 03000010 01000014 800e0100 800e0100" PRF256
			X25519,
		NO_PROPOSAL_CHOSEN },
	{ "key length as TLV",
		"00000026 01010003 0300000e 01000014 000e0002 0100" PRF256
			X25519,
		NO_PROPOSAL_CHOSEN },
	{ "TLV past the end",
		"00000026 01010003 0300000e 01000014 000effff 0100" PRF256
			X25519,
		IKE_OK },
	{ "unknown attribute",
		"00000028 01010003 03000010 01000014 800e0100 80630001" PRF256
			X25519,
		NO_PROPOSAL_CHOSEN },
	{ "unknown transform ID beside a good one",
		"0000002c 01010004" GCM256 "03000008 02000063" PRF256 X25519,
		IKE_DEAD },
	{ "unknown transform type",
		"0000002c 01010004" GCM256 PRF256 "03000008 06000001" X25519,
		NO_PROPOSAL_CHOSEN },
	{ "unknown transform type, then good",
		"0200002c 01010004" GCM256 PRF256 "03000008 06000001" X25519
		"00000024 02010003" GCM256 PRF256 X25519,
		IKE_DEAD },
	{ "AEAD with INTEG",
		"0000002c 01010004" GCM256 PRF256 "03000008 0300000c" X25519,
		NO_PROPOSAL_CHOSEN },
	{ "AEAD with INTEG NONE",
		"0000002c 01010004" GCM256 PRF256 "03000008 03000000" X25519,
		IKE_DEAD },
	{ "ENCR NULL",
		"0000002c 01010004 03000008 0100000b" PRF256
		"0300000c 0300000c 800e0100" X25519,
		NO_PROPOSAL_CHOSEN },
	{ "CBC with INTEG NONE",
		"0000002c 01010004 0300000c 0100000c 800e0100" PRF256
		"03000008 03000000" X25519,
		NO_PROPOSAL_CHOSEN },
	{ "INTEG alone", "00000020 01010003" PRF256 "03000008 0300000c" X25519,
		NO_PROPOSAL_CHOSEN },
};

enum { OFFERS = sizeof(init_offers) / sizeof(init_offers[0]) };

START_TEST(n09_n10_offers_to_a_responder)
{
	static const struct core_setup both = {
		.ike = "aes256gcm16-prfsha256-x25519|"
		       "aes256-sha256-prfsha256-x25519",
	};

	core_open(&both);
	for (size_t i = 0; i < OFFERS; i++) {
		begin_request();
		parts_set(&parts, PAYLOAD_SA, hex(init_offers[i].sa));
		bent_send_init(&parts);
		ck_assert_msg(
			core_ike_sas() == (init_offers[i].error == IKE_DEAD),
			"%s", init_offers[i].what);
		if (init_offers[i].error == IKE_DEAD)
			core_recovers(true);
		else if (init_offers[i].error)
			bent_hears_error((uint16_t)init_offers[i].error);
		else
			bent_hears_nothing();
	}
	core_recovers(true);
}
END_TEST

/* As answers they are none: only what was offered is taken. */
START_TEST(n09_n10_answers_to_an_initiator)
{
	static const char *const more[] = {
		"00000024 01010003 0300000c 01000014 800e0080" PRF256 X25519,
		"00000024 01010003" GCM256 "03000008 02000006" X25519,
		"0000002c 01010803 c0ffee01c0ffee02" GCM256 PRF256 X25519,
		"00000024 01010003" GCM256 PRF256 "00000008 04000013",
		"0000002c 01010004" GCM256 GCM256 PRF256 X25519,
		"0000002c 01010004" GCM256 PRF256 "03000008 04000013" X25519,
		"02000024 01010003" GCM256 PRF256 X25519
		"00000024 02010003" GCM256 PRF256 X25519,
	};

	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 1; i < OFFERS; i++) {
		if (init_offers[i].error == IKE_DEAD)
			continue;
		bent_init_parts(&parts);
		parts_set(&parts, PAYLOAD_SA, hex(init_offers[i].sa));
		bent_answer_init(&parts);
		ck_assert_msg(core.sent_count == 0, "%s", init_offers[i].what);
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		bent_init_parts(&parts);
		parts_set(&parts, PAYLOAD_SA, hex(more[i]));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

/* 255 transforms in each of 4 proposals, none of them known, and a good one. */
START_TEST(n09_many_transforms)
{
	static uint8_t body[65000];
	struct writer w = writer_of(body, sizeof(body));
	struct ike_header header;
	uint8_t buffer[65000];
	struct message_out out;
	size_t sa;

	core_open(&plain);
	begin_request();
	for (uint8_t p = 1; p <= 4; p++) {
		write_bytes(&w, hex("02000000"));
		patch_u16(&w, w.len - 2, 8 + 255 * 8);
		write_bytes(&w, bytes_of((uint8_t[]){ p, 1, 0, 255 }, 4));
		for (int t = 1; t <= 255; t++)
			write_bytes(&w, t == 255 ? hex("00000008 0400ffff")
						 : hex("03000008 0400fffe"));
	}
	write_bytes(&w, hex("00000024 05010003" GCM256 PRF256 X25519));
	header = bent_header(IKE_SA_INIT, false, 0);
	message_begin(&out, buffer, sizeof(buffer), &header);
	sa = payload_begin(&out.c, PAYLOAD_SA);
	write_bytes(&out.w, written(&w));
	payload_end(&out.c, sa);
	write_ke(&out.c, KE_CURVE25519, dh_public(&bent.dh));
	write_nonce(&out.c, bytes_of(bent.nonce_i, NONCE_LEN));
	core_give(message_end(&out));
	ck_assert_int_eq(core_ike_sas(), 1);
	core_recovers(true);
}
END_TEST

/* The same in the child's proposals: the IKE SA comes up without it. */
START_TEST(n09_n10_offers_of_a_first_child)
{
	static const struct {
		const char *sa;
		enum ike_error error;
	} rows[] = {
		{ "00000020 01030402" ESP GCM256 ESN, IKE_OK },
		{ "00000020 01010402" ESP GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000020 01020402" ESP GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000020 01ff0402" ESP GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "0000001c 01030002" GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "0000001e 01030202 0102" GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000024 01030802" ESP ESP GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000020 01030402 00000000" GCM256 ESN, NO_PROPOSAL_CHOSEN },
		{ "00000028 01030403" ESP GCM256 "03000008 0300000c" ESN,
			NO_PROPOSAL_CHOSEN },
		{ "00000018 01030401" ESP "0000000c 01000014 800e0100",
			NO_PROPOSAL_CHOSEN },
		{ "00000028 01030403" ESP GCM256 "03000008 02000005" ESN,
			NO_PROPOSAL_CHOSEN },
	};

	core_open(&plain);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bent_initiates_keys();
		bent_auth_parts(&parts);
		parts_set(&parts, PAYLOAD_SA, hex(rows[i].sa));
		bent_ask(IKE_AUTH, &parts);
		ck_assert_uint_eq(core.sent_count, 1);
		ck_assert(bent_open(0));
		ck_assert(has_payload(&bent.in, PAYLOAD_AUTH));
		ck_assert_int_eq(core_established(), 1);
		if (rows[i].error)
			ck_assert_msg(message_notify(&bent.in,
					      (uint16_t)rows[i].error) != NULL,
				"row %zu", i);
		ck_assert_int_eq(core.sas, rows[i].error ? 0 : 2);
		core_recovers(true);
	}
}
END_TEST

/* --- N11, N12: key exchange ----------------------------------------------- */

START_TEST(n11_group_as_responder)
{
	static const uint16_t others[] = { 0, 1, 15, 19, 1025, 65535 };
	static const uint8_t octets[64] = { 9 };

	core_open(&groups);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin_request();
		set_ke(others[i], bytes_of(octets, sizeof(octets)));
		init_refused(INVALID_KE_PAYLOAD);
		assert_bytes(
			"wanted", message_error(&bent.in)->data, hex("001f"));
		/* and where no group is acceptable */
		parts_set(&parts, PAYLOAD_SA,
			hex("00000024 01010003" GCM256 PRF256
			    "00000008 0400000f"));
		init_refused(NO_PROPOSAL_CHOSEN);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n11_length_as_responder)
{
	static const size_t lens[] = { 0, 1, 31, 33, 64, 1000 };
	static const uint8_t octets[1000] = { 9 };

	core_open(&groups);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		begin_request();
		set_ke(KE_CURVE25519, bytes_of(octets, lens[i]));
		init_refused(0);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n11_as_initiator)
{
	static const size_t lens[] = { 0, 1, 31, 33, 64, 1000 };
	static const uint8_t octets[1000] = { 9 };

	core_open(&groups);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		bent_init_parts(&parts);
		set_ke(KE_CURVE25519, bytes_of(octets, lens[i]));
		bent_answer_init(&parts);
		bent_hears_nothing();
		bent_init_parts(&parts);
		set_ke(i % 2 ? KE_ECP_256 : 0, bytes_of(octets, 64));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

static const struct core_setup pfs = { .esp = "aes256gcm16-x25519-noesn",
	.two_children = true };

/* A child's CREATE_CHILD_SA with a key exchange of this group and octets. */
static void child_with_ke(uint16_t group, struct bytes public)
{
	uint8_t ke[1100] = { (uint8_t)(group >> 8), (uint8_t)group };

	bent_child_parts(&parts, false);
	parts_set(&parts, PAYLOAD_SA,
		hex("00000028 01030403" ESP GCM256 "03000008 0400001f" ESN));
	memcpy(ke + 4, public.at, public.len);
	parts_add(&parts, PAYLOAD_KE, bytes_of(ke, public.len + 4));
}

START_TEST(n11_child_as_responder)
{
	static const uint8_t octets[64] = { 9 };
	static const size_t lens[] = { 0, 1, 31, 33, 64 };

	core_open(&pfs);
	bent_initiates();
	child_with_ke(KE_ECP_256, bytes_of(octets, 64));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	bent_hears_error(INVALID_KE_PAYLOAD);
	assert_bytes("wanted", message_error(&bent.in)->data, hex("001f"));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		child_with_ke(KE_CURVE25519, bytes_of(octets, lens[i]));
		bent_ask(CREATE_CHILD_SA, &parts);
		bent.out_id++;
		bent_hears_error(INVALID_SYNTAX);
	}
	ck_assert_int_eq(core_established(), 1);
	ck_assert_int_eq(core.sas, 2);
	child_with_ke(KE_CURVE25519, dh_public(&bent.dh));
	bent_ask(CREATE_CHILD_SA, &parts);
	bent.out_id++;
	ck_assert_int_eq(core.child_up, 2);
	core_recovers(true);
}
END_TEST

/* RFC 7748 section 6.1, and the points of low order that are published. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

enum { LOW_ORDER = sizeof(low_order) / sizeof(low_order[0]) };

START_TEST(n12_low_order_as_responder)
{
	core_open(&plain);
	for (size_t i = 0; i < LOW_ORDER; i++) {
		begin_request();
		set_ke(KE_CURVE25519, hex(low_order[i]));
		init_refused(0);
	}
	core_is_clean();
	core_recovers(true);
}
END_TEST

/* And what comes after it starts from where it was: with a cookie, the request
 * again has no responder's SPI. */
START_TEST(n12_low_order_as_initiator)
{
	static const uint8_t none[IKE_SPI_LEN];
	struct ike_header header;
	uint8_t cookie[20] = { 7 };

	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < LOW_ORDER; i++) {
		bent_init_parts(&parts);
		set_ke(KE_CURVE25519, hex(low_order[i]));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	parts.count = 0;
	parts_notify(&parts, COOKIE, bytes_of(cookie, sizeof(cookie)));
	header = bent_header(IKE_SA_INIT, true, 0);
	memset(header.spi_r, 0, IKE_SPI_LEN);
	core_give(bent_clear(&header, &parts));
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_mem_eq(core.sent[0].data + 8, none, IKE_SPI_LEN);
	bent_responds_keys();
	core_recovers(false);
}
END_TEST

START_TEST(n12_other_groups_as_responder)
{
	uint8_t prime[256], off_curve[64] = { 0 };
	struct bytes values[8];
	size_t count = 0;
	uint8_t zero[256] = { 0 }, one[256] = { 0 }, less[256], more[256];

	core_open(&groups);
	memcpy(prime,
		hex("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd1"
		    "29024e088a67cc74020bbea63b139b22514a08798e3404dd"
		    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245"
		    "e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
		    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3d"
		    "c2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
		    "83655d23dca3ad961c62f356208552bb9ed529077096966d"
		    "670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
		    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9"
		    "de2bcbf6955817183995497cea956ae515d2261898fa0510"
		    "15728e5a8aacaa68ffffffffffffffff")
			.at,
		256);
	one[255] = 1;
	memcpy(less, prime, 256);
	less[255]--;
	memset(more, 0xff, sizeof(more));
	values[count++] = bytes_of(zero, 256);
	values[count++] = bytes_of(one, 256);
	values[count++] = bytes_of(less, 256);
	values[count++] = bytes_of(prime, 256);
	values[count++] = bytes_of(more, 256);
	for (size_t i = 0; i < count; i++) {
		begin_request();
		parts_set(&parts, PAYLOAD_SA,
			hex("00000024 01010003" GCM256 PRF256
			    "00000008 0400000e"));
		set_ke(KE_MODP_2048, values[i]);
		init_refused(0);
	}
	for (int i = 0; i < 2; i++) {
		begin_request();
		parts_set(&parts, PAYLOAD_SA,
			hex("00000024 01010003" GCM256 PRF256
			    "00000008 04000013"));
		set_ke(KE_ECP_256, bytes_of(off_curve, sizeof(off_curve)));
		init_refused(0);
		off_curve[63] = 1;
	}
	core_recovers(true);
}
END_TEST

START_TEST(n12_child_as_responder)
{
	core_open(&pfs);
	bent_initiates();
	for (size_t i = 0; i < LOW_ORDER; i++) {
		child_with_ke(KE_CURVE25519, hex(low_order[i]));
		bent_ask(CREATE_CHILD_SA, &parts);
		bent.out_id++;
		bent_hears_error(INVALID_SYNTAX);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, 2);
	}
	core_recovers(true);
}
END_TEST

/* The answer to a child with a key exchange: of another group, of no length
 * that fits, none at all, not on the curve; and an honest one. */
START_TEST(n11_n12_child_as_initiator)
{
	static const struct {
		const char *what, *ke; /* NULL: honest */
	} rows[] = {
		{ "another group", "00130000 00" },
		{ "no group", "00000000 00" },
		{ "one octet", "001f0000 09" },
		{ "of low order",
			"001f0000"
			"0100000000000000000000000000000000000000000000000000"
			"000000000000" },
		{ "none", "" },
		{ "honest", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool good = rows[i].ke == NULL;
		uint8_t ke[36] = { 0, KE_CURVE25519 };

		core_open(&pfs);
		second_child_is_asked();
		ck_assert_uint_eq(bent.in.ke.group, KE_CURVE25519);
		bent_child_parts(&parts, true);
		parts_set(&parts, PAYLOAD_SA,
			hex("00000028 01030403" ESP GCM256
			    "03000008 0400001f" ESN));
		memcpy(ke + 4, bent.dh.public, 32);
		if (good)
			parts_add(&parts, PAYLOAD_KE, bytes_of(ke, 36));
		else if (rows[i].ke[0])
			parts_add(&parts, PAYLOAD_KE, hex(rows[i].ke));
		bent_answer(CREATE_CHILD_SA, &parts);
		bent.in_id++;
		content_it();
		ck_assert_msg(
			core.child_up == (good ? 2 : 1), "%s", rows[i].what);
		ck_assert_int_eq(core_established(), 1);
		ck_assert_int_eq(core.sas, good ? 4 : 2);
		core_close();
	}
}
END_TEST

/* --- N13: nonces ---------------------------------------------------------- */

static const size_t nonce_lens[] = { 0, 1, 15, 257, 1000 };

enum { NONCE_LENS = sizeof(nonce_lens) / sizeof(nonce_lens[0]) };

START_TEST(n13_length_as_responder)
{
	static const uint8_t octets[1000] = { 1 };

	core_open(&plain);
	for (size_t i = 0; i < NONCE_LENS; i++) {
		begin_request();
		parts_set(
			&parts, PAYLOAD_NONCE, bytes_of(octets, nonce_lens[i]));
		init_refused(0);
	}
	core_recovers(true);
}
END_TEST

START_TEST(n13_length_as_initiator)
{
	static const uint8_t octets[1000] = { 1 };

	core_open(&plain);
	core_dial();
	bent_hear_request();
	for (size_t i = 0; i < NONCE_LENS; i++) {
		bent_init_parts(&parts);
		parts_set(
			&parts, PAYLOAD_NONCE, bytes_of(octets, nonce_lens[i]));
		bent_answer_init(&parts);
		bent_hears_nothing();
	}
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

START_TEST(n13_length_of_a_childs)
{
	static const uint8_t octets[1000] = { 1 };

	core_open(&two);
	bent_initiates();
	for (size_t i = 0; i < NONCE_LENS; i++) {
		bent_child_parts(&parts, false);
		parts_set(
			&parts, PAYLOAD_NONCE, bytes_of(octets, nonce_lens[i]));
		bent_ask(CREATE_CHILD_SA, &parts);
		bent.out_id++;
		bent_hears_error(INVALID_SYNTAX);
	}
	ck_assert_int_eq(core.sas, 2);
	core_recovers(true);
}
END_TEST

/* Our own request comes back, as it is and as a response. */
START_TEST(n13_reflection)
{
	uint8_t copy[MAX_PACKET];
	size_t len;

	core_open(&plain);
	core_dial();
	bent_hear_request();
	len = bent.init_request_len;
	memcpy(copy, bent.init_request, len);
	core_give(bytes_of(copy, len));
	bent_hears_nothing();
	ck_assert_int_eq(core_ike_sas(), 1);
	copy[19] = FLAG_RESPONSE;
	copy[8] = 1; /* a responder's SPI */
	core_give(bytes_of(copy, len));
	bent_hears_nothing();
	still_waits_for_init();
	core_recovers(false);
}
END_TEST

SUITE(hostile_proposal)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n09_n10_offers_to_a_responder);
	test(n09_n10_answers_to_an_initiator);
	test(n09_many_transforms);
	test(n09_n10_offers_of_a_first_child);
	test(n11_group_as_responder);
	test(n11_length_as_responder);
	test(n11_as_initiator);
	test(n11_child_as_responder);
	test(n12_low_order_as_responder);
	test(n12_low_order_as_initiator);
	test(n12_other_groups_as_responder);
	test(n12_child_as_responder);
	test(n11_n12_child_as_initiator);
	test(n13_length_as_responder);
	test(n13_length_as_initiator);
	test(n13_length_of_a_childs);
	test(n13_reflection);
}

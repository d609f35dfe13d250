/* xfrm_message.c - SAs as the octets that the kernel reads, and moved by what it tells of them.
 * SPDX-License-Identifier: ISC
 *
 * The golden octets are those of a little-endian machine with the layout of
 * x86-64 and arm64; other machines check the members only.
 */
#include "tests/suite.h"
#include "tests/unit/xfrm_samples.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdlib.h>

static _Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];

static const struct xfrm_usersa_info *sa_info(const struct nlmsghdr *message)
{
	return mnl_nlmsg_get_payload(message);
}

static const void *sa_attr(
	const struct nlmsghdr *message, uint16_t type, size_t size)
{
	size_t len;
	const void *found = sample_find(
		message, sizeof(struct xfrm_usersa_info), type, &len);

	if (found)
		ck_assert_uint_eq(len, size);
	return found;
}

START_TEST(aead_sa_golden)
{
	struct ike_ipsec_sa sa = sample_gcm();

	sample_expect(xfrm_sa_add(buffer, &sa),
		"7c01000010000506000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000c0000201000000000000000000000000c0ffee0132000000"
		"c6336409000000000000000000000000ffffffffffffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffffff00000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0100006902000100a00000000000000060001200726663343130362867636d28"
		"6165732929000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000a00000008000000010111213"
		"1415161718191a1b1c1d1e1f202122232c001700040000000000000000000000"
		"00000000000000008000000000000000000000000000000000000000");
}
END_TEST

START_TEST(cbc_sa_golden)
{
	struct ike_ipsec_sa sa = sample_cbc();

	sample_expect(xfrm_sa_add(buffer, &sa),
		"e001000010000506000000000000000020010db8000000000000000000000002"
		"20010db800000000000000000000000101bbffff000000000a00808006000000"
		"000000000000000020010db8000000000000000000000002c0ffee0132000000"
		"20010db8000000000000000000000001e8030000000000004c04000000000000"
		"d007000000000000980800000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"010000690a00000000000000000000006c001400686d61632873686132353629"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000100008000000060616263"
		"6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f68000200"
		"6362632861657329000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"00010000202122232425262728292a2b2c2d2e2f303132333435363738393a3b"
		"3c3d3e3f1c00040002001194ee48000000000000000000000000000000000000");
}
END_TEST

START_TEST(aead_key_counts_its_salt)
{
	struct ike_ipsec_sa sa = sample_gcm();
	const struct xfrm_algo_aead *algo;

	algo = sa_attr(
		xfrm_sa_add(buffer, &sa), XFRMA_ALG_AEAD, sizeof(*algo) + 20);
	ck_assert_ptr_nonnull(algo);
	ck_assert_str_eq(algo->alg_name, "rfc4106(gcm(aes))");
	ck_assert_uint_eq(algo->alg_key_len, 160);
	ck_assert_uint_eq(algo->alg_icv_len, 128);
	ck_assert_mem_eq(algo->alg_key, sa.encr_key.data, 20);
}
END_TEST

START_TEST(integrity_is_truncated_as_its_row_says)
{
	static const struct {
		uint16_t id;
		unsigned int bits;
	} rows[] = {
		{ AUTH_HMAC_SHA1_96, 96 },
		{ AUTH_HMAC_SHA2_256_128, 128 },
		{ AUTH_HMAC_SHA2_384_192, 192 },
		{ AUTH_HMAC_SHA2_512_256, 256 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_ipsec_sa sa = sample_cbc();
		const struct xfrm_algo_auth *algo;

		sa.integ = transform_find(TRANSFORM_INTEG, rows[i].id, 0);
		sa.integ_key = sample_key((uint8_t)sa.integ->key_len, 1);
		algo = sa_attr(xfrm_sa_add(buffer, &sa), XFRMA_ALG_AUTH_TRUNC,
			sizeof(*algo) + sa.integ->key_len);
		ck_assert_ptr_nonnull(algo);
		ck_assert_uint_eq(algo->alg_trunc_len, rows[i].bits);
		ck_assert_uint_eq(algo->alg_key_len, sa.integ->key_len * 8U);
	}
}
END_TEST

START_TEST(refuses_keys_of_another_length)
{
	struct ike_ipsec_sa sa = sample_gcm();

	sa.encr_key.len--;
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
	sa = sample_gcm();
	sa.integ = transform_find(TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0);
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
	sa = sample_cbc();
	sa.integ = NULL;
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
	sa = sample_cbc();
	sa.integ_key.len++;
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
	sa = sample_cbc();
	sa.encr = transform_find(TRANSFORM_KE, KE_CURVE25519, 0);
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
}
END_TEST

START_TEST(replay_window_by_size_and_direction)
{
	static const struct {
		bool out, esn;
		uint32_t asked;
		unsigned int classic, words, window;
	} rows[] = {
		{ false, false, 0, 0, 0, 0 },
		{ false, false, 32, 32, 0, 0 },
		{ false, false, 33, 0, 2, 33 },
		{ false, false, 128, 0, 4, 128 },
		{ false, false, 100000, 0, 128, 4096 },
		{ false, true, 0, 0, 1, 1 },
		{ false, true, 32, 0, 1, 32 },
		{ true, false, 128, 0, 0, 0 },
		{ true, true, 128, 0, 1, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct xfrm_replay_state_esn *state;
		struct ike_ipsec_sa sa = sample_gcm();
		struct nlmsghdr *message;
		size_t len = sizeof(*state) + 4 * rows[i].words;

		sa.out = rows[i].out;
		sa.esn = rows[i].esn;
		sa.replay_window = rows[i].asked;
		message = xfrm_sa_add(buffer, &sa);
		state = sa_attr(message, XFRMA_REPLAY_ESN_VAL, len);
		ck_assert_uint_eq(
			sa_info(message)->replay_window, rows[i].classic);
		ck_assert_int_eq(!!(sa_info(message)->flags & XFRM_STATE_ESN),
			rows[i].esn);
		ck_assert_int_eq(!!state, rows[i].words > 0);
		if (!state)
			continue;
		ck_assert_uint_eq(state->bmp_len, rows[i].words);
		ck_assert_uint_eq(state->replay_window, rows[i].window);
	}
}
END_TEST

START_TEST(limits_are_never_of_time)
{
	struct ike_ipsec_sa sa = sample_cbc();
	const struct xfrm_lifetime_cfg *limits =
		&sa_info(xfrm_sa_add(buffer, &sa))->lft;

	ck_assert_uint_eq(limits->hard_byte_limit, 1100);
	ck_assert_uint_eq(limits->soft_byte_limit, 1000);
	ck_assert_uint_eq(limits->hard_packet_limit, 2200);
	ck_assert_uint_eq(limits->soft_packet_limit, 2000);
	ck_assert_uint_eq(limits->soft_add_expires_seconds, 0);
	ck_assert_uint_eq(limits->hard_add_expires_seconds, 0);
	ck_assert_uint_eq(limits->soft_use_expires_seconds, 0);
	ck_assert_uint_eq(limits->hard_use_expires_seconds, 0);
	sa = sample_gcm();
	limits = &sa_info(xfrm_sa_add(buffer, &sa))->lft;
	ck_assert(limits->hard_byte_limit == XFRM_INF);
	ck_assert(limits->soft_packet_limit == XFRM_INF);
}
END_TEST

START_TEST(a_tunnel_takes_both_families)
{
	struct ike_ipsec_sa sa = sample_gcm();
	const struct xfrm_usersa_info *info = sa_info(xfrm_sa_add(buffer, &sa));

	ck_assert_uint_eq(info->mode, XFRM_MODE_TUNNEL);
	ck_assert(info->flags & XFRM_STATE_AF_UNSPEC);
	ck_assert_uint_eq(info->sel.family, AF_UNSPEC);
	ck_assert_uint_eq(info->family, AF_INET);
}
END_TEST

START_TEST(transport_has_a_selector_by_direction)
{
	struct ike_ipsec_sa sa = sample_cbc();
	const struct xfrm_usersa_info *info = sa_info(xfrm_sa_add(buffer, &sa));

	ck_assert_uint_eq(info->mode, XFRM_MODE_TRANSPORT);
	ck_assert(!(info->flags & XFRM_STATE_AF_UNSPEC));
	ck_assert_uint_eq(info->sel.family, AF_INET6);
	ck_assert_uint_eq(info->sel.proto, 6);
	ck_assert_uint_eq(info->sel.prefixlen_s, 128);
	ck_assert_mem_eq(&info->sel.daddr, sa.remote_ts.start, 16);
	ck_assert_uint_eq(info->sel.dport, htons(443));
	ck_assert_uint_eq(info->sel.dport_mask, 0xffff);
	ck_assert_uint_eq(info->sel.sport_mask, 0);

	sa.out = false;
	info = sa_info(xfrm_sa_add(buffer, &sa));
	ck_assert_mem_eq(&info->sel.saddr, sa.remote_ts.start, 16);
	ck_assert_uint_eq(info->sel.sport, htons(443));
	ck_assert_uint_eq(info->sel.dport_mask, 0);

	/* What one selector cannot say is left to the policies. */
	sa.remote_ts.end_port = 500;
	info = sa_info(xfrm_sa_add(buffer, &sa));
	ck_assert_uint_eq(info->sel.family, AF_INET6);
	ck_assert_uint_eq(info->sel.prefixlen_s, 0);
	ck_assert_uint_eq(info->sel.sport_mask, 0);
}
END_TEST

START_TEST(delete_and_get_name_the_sa)
{
	struct ike_ipsec_sa sa = sample_cbc();
	struct nlmsghdr *message = xfrm_sa_delete(buffer, &sa.ref, &sa.src);
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(message);
	size_t len;
	const void *src =
		sample_find(message, sizeof(*id), XFRMA_SRCADDR, &len);

	ck_assert_uint_eq(message->nlmsg_type, XFRM_MSG_DELSA);
	ck_assert_uint_eq(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	ck_assert_uint_eq(id->spi, htonl(0xc0ffee01));
	ck_assert_uint_eq(id->family, AF_INET6);
	ck_assert_uint_eq(id->proto, IPPROTO_ESP);
	ck_assert_mem_eq(&id->daddr, sa.ref.dst.octets, 16);
	ck_assert_ptr_nonnull(src);
	ck_assert_uint_eq(len, sizeof(xfrm_address_t));
	ck_assert_mem_eq(src, sa.src.octets, 16);
	message = xfrm_sa_get(buffer, &sa.ref, &sa.src);
	ck_assert_uint_eq(message->nlmsg_type, XFRM_MSG_GETSA);
	ck_assert_uint_eq(message->nlmsg_flags, NLM_F_REQUEST);
}
END_TEST

/* What the kernel tells of an SA that has sent and received. */
static struct nlmsghdr *told_sa(
	void *at, const struct ike_ipsec_sa *sa, uint32_t sent)
{
	struct nlmsghdr *message = xfrm_sa_add(at, sa);
	const struct xfrm_lifetime_cur used = { .packets = 5, .bytes = 500 };
	struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(message);
	const struct xfrm_replay_state replay = { sent, 7, 3 };
	const uint64_t last = 17;

	info->curlft = used;
	info->seq = 9;
	info->flags |= XFRM_STATE_NOPMTUDISC;
	if (!sa->esn)
		mnl_attr_put(
			message, XFRMA_REPLAY_VAL, sizeof(replay), &replay);
	mnl_attr_put(message, XFRMA_LASTUSED, sizeof(last), &last);
	return message;
}

static struct ike_sa_move move_of(const struct ike_ipsec_sa *sa)
{
	struct ike_sa_move move;

	memset(&move, 0, sizeof(move));
	move.ref = sa->ref;
	move.src = sa->src;
	move.new_dst = sa->ref.dst;
	move.new_src = sa->src;
	move.out = sa->out;
	move.encap = sa->encap;
	move.src_port = sa->src_port;
	move.dst_port = sa->dst_port;
	return move;
}

static _Alignas(uint64_t) uint8_t moved_buffer[XFRM_MESSAGE_SIZE];

START_TEST(a_moved_sa_keeps_keys_numbers_and_counts)
{
	struct ike_ipsec_sa sa = sample_cbc();
	struct ike_sa_move move = move_of(&sa);
	const struct nlmsghdr *was = told_sa(buffer, &sa, 100), *message;
	const struct xfrm_replay_state *replay;
	const struct xfrm_lifetime_cur *used;
	const struct xfrm_algo_auth *auth;
	struct xfrm_seen_sa seen;

	move.new_src = sample_addr("2001:db8:9::1");
	move.encap = false;
	message = xfrm_sa_moved(moved_buffer, was, &move);
	ck_assert_ptr_nonnull(message);
	ck_assert_uint_eq(message->nlmsg_type, XFRM_MSG_NEWSA);
	ck_assert(xfrm_read_sa(message, &seen));
	ck_assert(ike_addr_equal(&seen.src, &move.new_src));
	ck_assert(ike_addr_equal(&seen.ref.dst, &sa.ref.dst));
	ck_assert_uint_eq(seen.ref.spi, sa.ref.spi);
	ck_assert_uint_eq(sa_info(message)->seq, 0);
	ck_assert_uint_eq(sa_info(message)->flags & XFRM_STATE_NOPMTUDISC, 0);
	auth = sa_attr(message, XFRMA_ALG_AUTH_TRUNC, sizeof(*auth) + 32);
	ck_assert_mem_eq(auth->alg_key, sa.integ_key.data, 32);
	/* what left meanwhile is not numbered once more */
	replay = sa_attr(message, XFRMA_REPLAY_VAL, sizeof(*replay));
	ck_assert_uint_gt(replay->oseq, 100);
	ck_assert_uint_le(replay->oseq, 132);
	ck_assert_uint_eq(replay->seq, 7);
	used = sa_attr(message, XFRMA_LTIME_VAL, sizeof(*used));
	ck_assert_uint_eq(used->packets, 5);
	ck_assert_ptr_null(sa_attr(message, XFRMA_ENCAP, 0));
	ck_assert_ptr_null(sa_attr(message, XFRMA_LASTUSED, 0));
	/* numbers that cannot go on stay */
	message = xfrm_sa_moved(
		moved_buffer, told_sa(buffer, &sa, UINT32_MAX - 3), &move);
	replay = sa_attr(message, XFRMA_REPLAY_VAL, sizeof(*replay));
	ck_assert_uint_eq(replay->oseq, UINT32_MAX - 3);
}
END_TEST

START_TEST(a_moved_sa_that_receives_has_its_window)
{
	struct ike_ipsec_sa sa = sample_gcm();
	struct ike_sa_move move = move_of(&sa);
	const size_t len = sizeof(struct xfrm_replay_state_esn) + 16;
	const struct xfrm_replay_state_esn *esn, *told;
	struct nlmsghdr *was = told_sa(buffer, &sa, 0);
	const struct xfrm_encap_tmpl *encap;
	const struct nlmsghdr *message;

	told = sa_attr(was, XFRMA_REPLAY_ESN_VAL, len);
	/* the buffer is ours */
	buffer[(const uint8_t *)&told->seq - buffer] = 77;
	move.new_dst = sample_addr("2001:db8::7");
	move.new_src = sample_addr("2001:db8::8");
	move.encap = true;
	move.src_port = 61000;
	move.dst_port = 4500;
	message = xfrm_sa_moved(moved_buffer, was, &move);
	ck_assert_ptr_nonnull(message);
	ck_assert_uint_eq(message->nlmsg_type, XFRM_MSG_NEWSA);
	ck_assert_uint_eq(sa_info(message)->family, AF_INET6);
	esn = sa_attr(message, XFRMA_REPLAY_ESN_VAL, len);
	ck_assert_uint_eq(esn->seq, 77);
	ck_assert_uint_eq(esn->oseq, 0);
	encap = sa_attr(message, XFRMA_ENCAP, sizeof(*encap));
	ck_assert_uint_eq(ntohs(encap->encap_sport), 61000);
	for (size_t cut = 0; cut < sizeof(struct xfrm_usersa_info); cut += 8) {
		struct nlmsghdr *part = sample_exact(was, NLMSG_HDRLEN + cut);

		ck_assert_ptr_null(xfrm_sa_moved(moved_buffer, part, &move));
		free(part);
	}
}
END_TEST

START_TEST(other_ports_are_an_update_in_place)
{
	struct ike_ipsec_sa sa = sample_cbc();
	struct ike_sa_move move = move_of(&sa);
	const struct xfrm_encap_tmpl *encap;
	const struct nlmsghdr *message;

	move.dst_port = 61001;
	message = xfrm_sa_moved(moved_buffer, told_sa(buffer, &sa, 1), &move);
	ck_assert_ptr_nonnull(message);
	ck_assert_uint_eq(message->nlmsg_type, XFRM_MSG_UPDSA);
	encap = sa_attr(message, XFRMA_ENCAP, sizeof(*encap));
	ck_assert_uint_eq(ntohs(encap->encap_dport), 61001);
	/* from plain to UDP there is no way in place */
	sa.encap = false;
	message = xfrm_sa_moved(moved_buffer, told_sa(buffer, &sa, 1), &move);
	ck_assert_uint_eq(message->nlmsg_type, XFRM_MSG_NEWSA);
}
END_TEST

SUITE(xfrm_message)
{
	test(aead_sa_golden);
	test(cbc_sa_golden);
	test(aead_key_counts_its_salt);
	test(integrity_is_truncated_as_its_row_says);
	test(refuses_keys_of_another_length);
	test(replay_window_by_size_and_direction);
	test(limits_are_never_of_time);
	test(a_tunnel_takes_both_families);
	test(transport_has_a_selector_by_direction);
	test(delete_and_get_name_the_sa);
	test(a_moved_sa_keeps_keys_numbers_and_counts);
	test(a_moved_sa_that_receives_has_its_window);
	test(other_ports_are_an_update_in_place);
}

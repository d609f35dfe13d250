/* xfrm_message.c - SAs and policies as the octets that the kernel reads, and back.
 * SPDX-License-Identifier: ISC
 *
 * The golden octets are those of a little-endian machine with the layout of
 * x86-64 and arm64; other machines check the members only.
 */
#include "daemon/xfrm_message.h"

#include "ikev2/policy.h"
#include "tests/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static _Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];

/* --- Makers --------------------------------------------------------------- */

static struct ike_addr addr(const char *text)
{
	struct ike_addr out = { 0, { 0 } };

	out.family = strchr(text, ':') ? 6 : 4;
	ck_assert_int_eq(inet_pton(out.family == 6 ? AF_INET6 : AF_INET, text,
				 out.octets),
		1);
	return out;
}

static struct ike_selector range(const char *first, const char *last)
{
	struct ike_addr start = addr(first), end = addr(last);
	struct ike_selector out;

	memset(&out, 0, sizeof(out));
	out.family = start.family;
	out.end_port = UINT16_MAX;
	memcpy(out.start, start.octets, sizeof(out.start));
	memcpy(out.end, end.octets, sizeof(out.end));
	return out;
}

static struct ike_selector ports(
	struct ike_selector ts, uint8_t protocol, uint16_t start, uint16_t end)
{
	ts.protocol = protocol;
	ts.start_port = start;
	ts.end_port = end;
	return ts;
}

static struct secret key(uint8_t len, uint8_t first)
{
	struct secret out = { len, { 0 } };

	for (uint8_t i = 0; i < len; i++)
		out.data[i] = (uint8_t)(first + i);
	return out;
}

static struct ike_ipsec_sa gcm_sa(void)
{
	struct ike_ipsec_sa sa;

	memset(&sa, 0, sizeof(sa));
	sa.ref.dst = addr("192.0.2.1");
	sa.ref.spi = 0xc0ffee01;
	sa.src = addr("198.51.100.9");
	sa.mode = IKE_MODE_TUNNEL;
	sa.reqid = 0x69000001;
	sa.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 128);
	sa.encr_key = key(20, 0x10);
	sa.esn = true;
	sa.replay_window = 128;
	return sa;
}

static struct ike_ipsec_sa cbc_sa(void)
{
	struct ike_ipsec_sa sa = gcm_sa();

	sa.out = true;
	sa.ref.dst = addr("2001:db8::2");
	sa.src = addr("2001:db8::1");
	sa.mode = IKE_MODE_TRANSPORT;
	sa.local_ts = ports(range("2001:db8::1", "2001:db8::1"), 6, 0, 65535);
	sa.remote_ts = ports(range("2001:db8::2", "2001:db8::2"), 6, 443, 443);
	sa.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 256);
	sa.integ = transform_find(TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, 0);
	sa.encr_key = key(32, 0x20);
	sa.integ_key = key(32, 0x60);
	sa.esn = false;
	sa.encap = true;
	sa.src_port = 4500;
	sa.dst_port = 61000;
	sa.soft_bytes = 1000;
	sa.hard_bytes = 1100;
	sa.soft_packets = 2000;
	sa.hard_packets = 2200;
	return sa;
}

static struct ike_policy tunnel_policy(void)
{
	struct ike_policy policy;

	memset(&policy, 0, sizeof(policy));
	policy.local_ts = range("10.1.0.0", "10.1.255.255");
	policy.remote_ts = range("10.2.0.0", "10.2.3.255");
	policy.local = addr("2001:db8::1");
	policy.remote = addr("2001:db8::2");
	policy.mode = IKE_MODE_TUNNEL;
	policy.reqid = 0x69000001;
	policy.priority = 0x30123;
	return policy;
}

static const struct xfrm_piece any_piece = { { 0, 0 }, { 0, 0 }, false };

/* --- Looking at what was written ------------------------------------------ */

static void expect_octets(const struct nlmsghdr *message, const char *golden)
{
	const uint8_t *octets = (const uint8_t *)message;
	static char hex[2 * XFRM_MESSAGE_SIZE + 1];
	const uint16_t one = 1;
	uint8_t low;

	memcpy(&low, &one, 1);
	if (low != 1 || sizeof(long) != 8)
		return;
	for (size_t i = 0; i < message->nlmsg_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	ck_assert_str_eq(hex, golden);
}

static const void *find(const struct nlmsghdr *message, size_t fixed,
	uint16_t type, size_t *len)
{
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(fixed);

	while (at < message->nlmsg_len) {
		const struct nlattr *attr =
			(const void *)((const uint8_t *)message + at);

		ck_assert_uint_ge(attr->nla_len, sizeof(*attr));
		if (attr->nla_type == type) {
			*len = attr->nla_len - sizeof(*attr);
			return attr + 1;
		}
		at += NLMSG_ALIGN((size_t)attr->nla_len);
	}
	ck_assert_uint_eq(at, message->nlmsg_len);
	return NULL;
}

static const struct xfrm_usersa_info *sa_info(const struct nlmsghdr *message)
{
	return mnl_nlmsg_get_payload(message);
}

static const void *sa_attr(
	const struct nlmsghdr *message, uint16_t type, size_t size)
{
	size_t len;
	const void *found =
		find(message, sizeof(struct xfrm_usersa_info), type, &len);

	if (found)
		ck_assert_uint_eq(len, size);
	return found;
}

/* --- SAs ------------------------------------------------------------------ */

START_TEST(aead_sa_golden)
{
	struct ike_ipsec_sa sa = gcm_sa();

	expect_octets(xfrm_sa_add(buffer, &sa),
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
	struct ike_ipsec_sa sa = cbc_sa();

	expect_octets(xfrm_sa_add(buffer, &sa),
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
	struct ike_ipsec_sa sa = gcm_sa();
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
		struct ike_ipsec_sa sa = cbc_sa();
		const struct xfrm_algo_auth *algo;

		sa.integ = transform_find(TRANSFORM_INTEG, rows[i].id, 0);
		sa.integ_key = key((uint8_t)sa.integ->key_len, 1);
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
	struct ike_ipsec_sa sa = gcm_sa();

	sa.encr_key.len--;
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
	sa = gcm_sa();
	sa.integ = transform_find(TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0);
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
	sa = cbc_sa();
	sa.integ = NULL;
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
	sa = cbc_sa();
	sa.integ_key.len++;
	ck_assert_ptr_null(xfrm_sa_add(buffer, &sa));
	sa = cbc_sa();
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
		struct ike_ipsec_sa sa = gcm_sa();
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
	struct ike_ipsec_sa sa = cbc_sa();
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
	sa = gcm_sa();
	limits = &sa_info(xfrm_sa_add(buffer, &sa))->lft;
	ck_assert(limits->hard_byte_limit == XFRM_INF);
	ck_assert(limits->soft_packet_limit == XFRM_INF);
}
END_TEST

START_TEST(a_tunnel_takes_both_families)
{
	struct ike_ipsec_sa sa = gcm_sa();
	const struct xfrm_usersa_info *info = sa_info(xfrm_sa_add(buffer, &sa));

	ck_assert_uint_eq(info->mode, XFRM_MODE_TUNNEL);
	ck_assert(info->flags & XFRM_STATE_AF_UNSPEC);
	ck_assert_uint_eq(info->sel.family, AF_UNSPEC);
	ck_assert_uint_eq(info->family, AF_INET);
}
END_TEST

START_TEST(transport_has_a_selector_by_direction)
{
	struct ike_ipsec_sa sa = cbc_sa();
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
	struct ike_ipsec_sa sa = cbc_sa();
	struct nlmsghdr *message = xfrm_sa_delete(buffer, &sa.ref, &sa.src);
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(message);
	size_t len;
	const void *src = find(message, sizeof(*id), XFRMA_SRCADDR, &len);

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

/* --- Policies ------------------------------------------------------------- */

START_TEST(policy_golden)
{
	struct ike_policy policy = tunnel_policy();

	expect_octets(xfrm_policy_put(buffer, XFRM_MSG_UPDPOLICY, &policy,
			      &any_piece, XFRM_POLICY_OUT),

		"fc0000001900050000000000000000000a020000000000000000000000000000"
		"0a01000000000000000000000000000000000000000000000200161000000000"
		"0000000000000000ffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffffffffffffffff000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000230103000000000001000000000000004400050020010db8"
		"00000000000000000000000200000000320000000a00000020010db800000000"
		"00000000000000010100006901000000ffffffffffffffffffffffff");
}
END_TEST

static const struct xfrm_user_tmpl *tmpl_of(const struct nlmsghdr *message)
{
	size_t len;
	const void *found = find(
		message, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL, &len);

	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(len, sizeof(struct xfrm_user_tmpl));
	return found;
}

START_TEST(policy_faces_its_direction)
{
	static const uint8_t directions[] = { XFRM_POLICY_OUT, XFRM_POLICY_IN,
		XFRM_POLICY_FWD };
	struct ike_policy policy = tunnel_policy();

	for (size_t i = 0; i < sizeof(directions); i++) {
		bool out = directions[i] == XFRM_POLICY_OUT;
		struct nlmsghdr *message = xfrm_policy_put(buffer,
			XFRM_MSG_UPDPOLICY, &policy, &any_piece, directions[i]);
		const struct xfrm_userpolicy_info *info =
			mnl_nlmsg_get_payload(message);
		const struct xfrm_user_tmpl *tmpl = tmpl_of(message);

		ck_assert_uint_eq(info->dir, directions[i]);
		ck_assert_uint_eq(info->priority, 0x30123);
		ck_assert_uint_eq(info->sel.family, AF_INET);
		ck_assert_uint_eq(info->sel.prefixlen_s, out ? 16 : 22);
		ck_assert_uint_eq(info->sel.prefixlen_d, out ? 22 : 16);
		ck_assert_mem_eq(&info->sel.saddr,
			out ? policy.local_ts.start : policy.remote_ts.start,
			4);
		ck_assert_uint_eq(tmpl->family, AF_INET6);
		ck_assert_uint_eq(tmpl->mode, XFRM_MODE_TUNNEL);
		ck_assert_uint_eq(tmpl->reqid, 0x69000001);
		ck_assert_uint_eq(tmpl->optional, 0);
		ck_assert_mem_eq(&tmpl->saddr,
			out ? policy.local.octets : policy.remote.octets, 16);
		ck_assert_mem_eq(&tmpl->id.daddr,
			out ? policy.remote.octets : policy.local.octets, 16);
	}
}
END_TEST

START_TEST(unknown_addresses_make_a_template_of_any)
{
	static const uint8_t zero[16];
	struct ike_policy policy = tunnel_policy();
	const struct xfrm_user_tmpl *tmpl;

	memset(&policy.local, 0, sizeof(policy.local));
	tmpl = tmpl_of(xfrm_policy_put(buffer, XFRM_MSG_UPDPOLICY, &policy,
		&any_piece, XFRM_POLICY_IN));
	ck_assert_uint_eq(tmpl->family, AF_INET6);
	ck_assert_mem_eq(&tmpl->id.daddr, zero, 16);
	memset(&policy.remote, 0, sizeof(policy.remote));
	tmpl = tmpl_of(xfrm_policy_put(buffer, XFRM_MSG_UPDPOLICY, &policy,
		&any_piece, XFRM_POLICY_OUT));
	ck_assert_uint_eq(tmpl->family, AF_INET);
	ck_assert_uint_eq(tmpl->id.proto, IPPROTO_ESP);
	ck_assert_mem_eq(&tmpl->saddr, zero, 16);
}
END_TEST

static uint32_t seen_ports[UINT16_MAX + 1];
static int pieces;

static int count_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct xfrm_piece *last = ctx;

	if (last)
		*last = *piece;
	pieces++;
	return 0;
}

START_TEST(port_ranges_are_whole_blocks)
{
	static const uint16_t ranges[][2] = { { 0, 65535 }, { 0, 0 },
		{ 65535, 65535 }, { 1, 65534 }, { 443, 443 }, { 1024, 65535 },
		{ 1000, 2000 }, { 5, 6 }, { 32767, 32768 } };

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct xfrm_ports out[XFRM_MAX_BLOCKS];
		size_t count =
			xfrm_port_blocks(ranges[i][0], ranges[i][1], out);

		ck_assert_uint_le(count, XFRM_MAX_BLOCKS);
		memset(seen_ports, 0, sizeof(seen_ports));
		for (size_t j = 0; j < count; j++) {
			for (uint32_t port = 0; port <= UINT16_MAX; port++) {
				if ((port & out[j].mask) == out[j].port)
					seen_ports[port]++;
			}
		}
		for (uint32_t port = 0; port <= UINT16_MAX; port++)
			ck_assert_uint_eq(seen_ports[port],
				port >= ranges[i][0] && port <= ranges[i][1]);
	}
}
END_TEST

START_TEST(opaque_ports_are_any)
{
	struct xfrm_ports out[XFRM_MAX_BLOCKS];

	ck_assert_uint_eq(xfrm_port_blocks(65535, 0, out), 1);
	ck_assert_uint_eq(out[0].mask, 0);
}
END_TEST

START_TEST(pieces_cover_both_sides)
{
	struct ike_selector local =
		ports(range("10.1.0.0", "10.1.255.255"), 17, 1000, 2000);
	struct ike_selector remote =
		ports(range("10.2.0.0", "10.2.255.255"), 17, 5, 6);

	pieces = 0;
	ck_assert_int_eq(xfrm_pieces(&local, &remote, count_piece, NULL), 0);
	/* 1000, 1008, 1024, 1536, 1792, 1920, 1984, 2000 by 5, 6 */
	ck_assert_int_eq(pieces, 16);
	remote.end[3] = 254;
	ck_assert_int_eq(
		xfrm_pieces(&local, &remote, count_piece, NULL), -EINVAL);
	remote = range("2001:db8::", "2001:db8::ffff");
	ck_assert_int_eq(
		xfrm_pieces(&local, &remote, count_piece, NULL), -EINVAL);
}
END_TEST

START_TEST(only_prefixes_are_prefixes)
{
	static const struct {
		const char *first, *last;
		int bits;
	} rows[] = {
		{ "0.0.0.0", "255.255.255.255", 0 },
		{ "10.0.0.0", "10.255.255.255", 8 },
		{ "10.0.0.128", "10.0.0.255", 25 },
		{ "10.0.0.1", "10.0.0.1", 32 },
		{ "10.0.0.0", "10.0.0.1", 31 },
		{ "10.0.0.1", "10.0.0.2", -1 },
		{ "10.0.0.0", "10.0.0.2", -1 },
		{ "10.0.0.0", "10.0.1.254", -1 },
		{ "10.0.1.0", "10.0.2.255", -1 },
		{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0 },
		{ "2001:db8::", "2001:db8::ffff:ffff", 96 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_policy policy = tunnel_policy();
		struct xfrm_selector selector;

		policy.local_ts = policy.remote_ts =
			range(rows[i].first, rows[i].last);
		pieces = 0;
		ck_assert_int_eq(xfrm_pieces(&policy.local_ts,
					 &policy.remote_ts, count_piece, NULL),
			rows[i].bits < 0 ? -EINVAL : 0);
		if (rows[i].bits < 0)
			continue;
		ck_assert_int_eq(pieces, 1);
		selector = xfrm_policy_selector(
			&policy, &any_piece, XFRM_POLICY_OUT);
		ck_assert_int_eq(selector.prefixlen_s, rows[i].bits);
	}
}
END_TEST

START_TEST(icmp_type_and_code)
{
	struct ike_policy policy = tunnel_policy();
	struct xfrm_piece piece;
	struct xfrm_selector selector;

	/* Echo request, any code, in either selector. */
	policy.local_ts = ports(policy.local_ts, IPPROTO_ICMP, 0x0800, 0x08ff);
	policy.remote_ts = ports(policy.remote_ts, IPPROTO_ICMP, 0, 65535);
	ck_assert_int_eq(xfrm_pieces(&policy.local_ts, &policy.remote_ts,
				 count_piece, &piece),
		0);
	selector = xfrm_policy_selector(&policy, &piece, XFRM_POLICY_OUT);
	ck_assert_uint_eq(selector.sport, htons(8));
	ck_assert_uint_eq(selector.sport_mask, 0xffff);
	ck_assert_uint_eq(selector.dport_mask, 0);
	/* The type stands in front in both directions. */
	selector = xfrm_policy_selector(&policy, &piece, XFRM_POLICY_IN);
	ck_assert_uint_eq(selector.sport, htons(8));
	ck_assert_uint_eq(selector.dport_mask, 0);
	/* Unreachable, port. */
	policy.remote_ts = ports(policy.local_ts, IPPROTO_ICMP, 0x0303, 0x0303);
	policy.local_ts = ports(policy.local_ts, IPPROTO_ICMP, 0, 65535);
	ck_assert_int_eq(xfrm_pieces(&policy.local_ts, &policy.remote_ts,
				 count_piece, &piece),
		0);
	selector = xfrm_policy_selector(&policy, &piece, XFRM_POLICY_IN);
	ck_assert_uint_eq(selector.sport, htons(3));
	ck_assert_uint_eq(selector.dport, htons(3));
	ck_assert_uint_eq(selector.dport_mask, 0xffff);
	/* A range of codes, or of types: not to be said. */
	policy.local_ts = ports(policy.local_ts, IPPROTO_ICMP, 0x0300, 0x0303);
	ck_assert_int_eq(xfrm_pieces(&policy.local_ts, &policy.remote_ts,
				 count_piece, &piece),
		-EINVAL);
	policy.local_ts = ports(policy.local_ts, IPPROTO_ICMP, 0x0300, 0x04ff);
	ck_assert_int_eq(xfrm_pieces(&policy.local_ts, &policy.remote_ts,
				 count_piece, &piece),
		-EINVAL);
}
END_TEST

START_TEST(neighbour_discovery_is_133_to_136)
{
	for (uint32_t type = 0; type < 256; type++) {
		int matches = 0;

		for (size_t i = 0; i < XFRM_NEIGHBOUR_POLICIES; i++) {
			struct xfrm_selector s = xfrm_neighbour_selector(i);

			ck_assert_uint_eq(s.proto, IPPROTO_ICMPV6);
			if ((type & ntohs(s.sport_mask)) == ntohs(s.sport))
				matches++;
		}
		ck_assert_int_eq(matches, type >= 133 && type <= 136);
	}
}
END_TEST

/* --- Answers and events --------------------------------------------------- */

/* A message as the kernel might send it, in memory of exactly its size. */
static struct nlmsghdr *exact(const struct nlmsghdr *from, size_t len)
{
	size_t size = len < sizeof(*from) ? sizeof(*from) : len;
	struct nlmsghdr *out = malloc(size);

	ck_assert_ptr_nonnull(out);
	memcpy(out, from, size);
	out->nlmsg_len = (uint32_t)len;
	return out;
}

static struct nlmsghdr *start(uint16_t type)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	return message;
}

static void fill_info(struct xfrm_usersa_info *info)
{
	struct ike_addr dst = addr("192.0.2.1"), src = addr("198.51.100.9");

	info->family = AF_INET;
	memcpy(&info->id.daddr, dst.octets, 4);
	memcpy(&info->saddr, src.octets, 4);
	info->id.spi = htonl(0x01020304);
	info->id.proto = IPPROTO_ESP;
	info->reqid = 0x69000007;
	info->curlft.bytes = 123456789012;
	info->curlft.packets = 42;
}

START_TEST(reads_an_sa)
{
	struct nlmsghdr *message = start(XFRM_MSG_NEWSA), *cut;
	struct ike_addr dst = addr("192.0.2.1"), src = addr("198.51.100.9");
	struct xfrm_seen_sa sa;

	fill_info(mnl_nlmsg_put_extra_header(
		message, sizeof(struct xfrm_usersa_info)));
	for (size_t len = 0; len < message->nlmsg_len; len++) {
		cut = exact(message, len);
		ck_assert(!xfrm_read_sa(cut, &sa));
		free(cut);
	}
	cut = exact(message, message->nlmsg_len);
	ck_assert(xfrm_read_sa(cut, &sa));
	free(cut);
	ck_assert_uint_eq(sa.ref.spi, 0x01020304);
	ck_assert_mem_eq(&sa.ref.dst, &dst, sizeof(dst));
	ck_assert_mem_eq(&sa.src, &src, sizeof(src));
	ck_assert_uint_eq(sa.reqid, 0x69000007);
	ck_assert_uint_eq(sa.counters.bytes, 123456789012);
	ck_assert_uint_eq(sa.counters.packets, 42);
	((struct xfrm_usersa_info *)mnl_nlmsg_get_payload(message))->family = 1;
	ck_assert(!xfrm_read_sa(message, &sa));
	message->nlmsg_type = XFRM_MSG_DELSA;
	ck_assert(!xfrm_read_sa(message, &sa));
}
END_TEST

START_TEST(reads_an_expire)
{
	struct nlmsghdr *message = start(XFRM_MSG_EXPIRE), *cut;
	struct xfrm_user_expire *expire;
	struct xfrm_seen_sa sa;
	bool hard = true;

	expire = mnl_nlmsg_put_extra_header(message, sizeof(*expire));
	fill_info(&expire->state);
	for (size_t len = 0; len < message->nlmsg_len; len++) {
		cut = exact(message, len);
		ck_assert(!xfrm_read_expire(cut, &sa, &hard));
		free(cut);
	}
	ck_assert(xfrm_read_expire(message, &sa, &hard));
	ck_assert(!hard);
	ck_assert_uint_eq(sa.ref.spi, 0x01020304);
	expire->hard = 1;
	ck_assert(xfrm_read_expire(message, &sa, &hard));
	ck_assert(hard);
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
	struct ike_ipsec_sa sa = cbc_sa();
	struct ike_sa_move move = move_of(&sa);
	const struct nlmsghdr *was = told_sa(buffer, &sa, 100), *message;
	const struct xfrm_replay_state *replay;
	const struct xfrm_lifetime_cur *used;
	const struct xfrm_algo_auth *auth;
	struct xfrm_seen_sa seen;

	move.new_src = addr("2001:db8:9::1");
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
	struct ike_ipsec_sa sa = gcm_sa();
	struct ike_sa_move move = move_of(&sa);
	const size_t len = sizeof(struct xfrm_replay_state_esn) + 16;
	const struct xfrm_replay_state_esn *esn, *told;
	struct nlmsghdr *was = told_sa(buffer, &sa, 0);
	const struct xfrm_encap_tmpl *encap;
	const struct nlmsghdr *message;

	told = sa_attr(was, XFRMA_REPLAY_ESN_VAL, len);
	/* the buffer is ours */
	buffer[(const uint8_t *)&told->seq - buffer] = 77;
	move.new_dst = addr("2001:db8::7");
	move.new_src = addr("2001:db8::8");
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
		struct nlmsghdr *part = exact(was, NLMSG_HDRLEN + cut);

		ck_assert_ptr_null(xfrm_sa_moved(moved_buffer, part, &move));
		free(part);
	}
}
END_TEST

START_TEST(other_ports_are_an_update_in_place)
{
	struct ike_ipsec_sa sa = cbc_sa();
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

START_TEST(reads_a_mapping)
{
	struct nlmsghdr *message = start(XFRM_MSG_MAPPING), *cut;
	struct xfrm_user_mapping *mapping;
	struct ike_endpoint from;
	struct ike_addr there = addr("198.51.100.77");
	struct ike_sa_ref ref;

	mapping = mnl_nlmsg_put_extra_header(message, sizeof(*mapping));
	mapping->id.spi = htonl(0x01020304);
	mapping->id.family = AF_INET;
	mapping->new_sport = htons(61000);
	memcpy(&mapping->new_saddr, there.octets, 4);
	for (size_t len = 0; len < message->nlmsg_len; len++) {
		cut = exact(message, len);
		ck_assert(!xfrm_read_mapping(cut, &ref, &from));
		free(cut);
	}
	ck_assert(xfrm_read_mapping(message, &ref, &from));
	ck_assert_uint_eq(ref.spi, 0x01020304);
	ck_assert_uint_eq(from.port, 61000);
	ck_assert(ike_addr_equal(&from.addr, &there));
	mapping->id.family = 1;
	ck_assert(!xfrm_read_mapping(message, &ref, &from));
}
END_TEST

START_TEST(reads_an_acquire)
{
	struct nlmsghdr *message = start(XFRM_MSG_ACQUIRE), *cut;
	struct ike_addr src = addr("2001:db8::1"), dst = addr("2001:db8::2");
	struct xfrm_user_acquire *acquire;
	struct xfrm_user_tmpl tmpl;
	struct ike_flow flow;
	uint32_t reqid;

	acquire = mnl_nlmsg_put_extra_header(message, sizeof(*acquire));
	acquire->sel.family = AF_INET6;
	acquire->sel.proto = 17;
	acquire->sel.sport = htons(1000);
	acquire->sel.dport = htons(53);
	memcpy(&acquire->sel.saddr, src.octets, 16);
	memcpy(&acquire->sel.daddr, dst.octets, 16);
	mnl_attr_put_u32(message, XFRMA_MARK, 0);
	memset(&tmpl, 0, sizeof(tmpl));
	tmpl.reqid = 0x69000003;
	mnl_attr_put(message, XFRMA_TMPL, sizeof(tmpl), &tmpl);
	for (size_t len = 0; len < message->nlmsg_len; len++) {
		cut = exact(message, len);
		ck_assert(!xfrm_read_acquire(cut, &reqid, &flow));
		free(cut);
	}
	ck_assert(xfrm_read_acquire(message, &reqid, &flow));
	ck_assert_uint_eq(reqid, 0x69000003);
	ck_assert_uint_eq(flow.family, 6);
	ck_assert_uint_eq(flow.protocol, 17);
	ck_assert_uint_eq(flow.src_port, 1000);
	ck_assert_uint_eq(flow.dst_port, 53);
	ck_assert_mem_eq(&flow.src, &src, sizeof(src));
	ck_assert_mem_eq(&flow.dst, &dst, sizeof(dst));
}
END_TEST

START_TEST(reads_back_a_policy)
{
	struct ike_policy policy = tunnel_policy();
	struct nlmsghdr *message = xfrm_policy_put(buffer, XFRM_MSG_NEWPOLICY,
				&policy, &any_piece, XFRM_POLICY_FWD),
			*cut;
	struct xfrm_selector expected =
		xfrm_policy_selector(&policy, &any_piece, XFRM_POLICY_FWD);
	struct xfrm_seen_policy seen;

	for (size_t len = 0; len < message->nlmsg_len; len++) {
		bool whole = len >=
			     NLMSG_HDRLEN + sizeof(struct xfrm_userpolicy_info);

		cut = exact(message, len);
		ck_assert_int_eq(xfrm_read_policy(cut, &seen), whole);
		if (whole) /* but not its template */
			ck_assert_uint_eq(seen.templates, 0);
		free(cut);
	}
	ck_assert(xfrm_read_policy(message, &seen));
	ck_assert_mem_eq(&seen.selector, &expected, sizeof(expected));
	ck_assert_uint_eq(seen.direction, XFRM_POLICY_FWD);
	ck_assert_uint_eq(seen.priority, 0x30123);
	ck_assert_uint_eq(seen.templates, 1);
	ck_assert_uint_eq(seen.reqid, 0x69000001);
	ck_assert_uint_eq(seen.label.if_id, 0);
	ck_assert_uint_eq(seen.label.mark.mask, 0);
}
END_TEST

/* Marks and interfaces, by direction; the kernel finds them only with those. */
START_TEST(labels_go_with_policies_and_sas)
{
	static const uint8_t directions[] = { XFRM_POLICY_OUT, XFRM_POLICY_IN,
		XFRM_POLICY_FWD };
	const size_t id_len = sizeof(struct xfrm_userpolicy_id);
	struct ike_policy policy = tunnel_policy();
	struct ike_ipsec_sa sa = gcm_sa();
	struct xfrm_seen_policy seen;
	struct xfrm_seen_sa seen_sa;
	const struct xfrm_mark *mark;
	struct nlmsghdr *message;
	size_t len;

	policy.in = (struct ike_label){ { 1, 0xff }, 42 };
	policy.out = (struct ike_label){ { 2, 0xf0f }, 43 };
	for (size_t i = 0; i < sizeof(directions); i++) {
		const struct ike_label *label =
			xfrm_policy_label(&policy, directions[i]);

		ck_assert_ptr_eq(label, i == 0 ? &policy.out : &policy.in);
		ck_assert(xfrm_read_policy(
			xfrm_policy_put(buffer, XFRM_MSG_NEWPOLICY, &policy,
				&any_piece, directions[i]),
			&seen));
		ck_assert(ike_label_equal(&seen.label, label));
		message = xfrm_policy_delete(
			buffer, &policy, &any_piece, directions[i]);
		mark = find(message, id_len, XFRMA_MARK, &len);
		ck_assert_ptr_nonnull(mark);
		ck_assert_uint_eq(mark->v, label->mark.value);
		ck_assert_uint_eq(mark->m, label->mark.mask);
		ck_assert_ptr_nonnull(find(message, id_len, XFRMA_IF_ID, &len));
	}
	sa.ref.mark = policy.out.mark;
	sa.if_id = 43;
	message = xfrm_sa_add(buffer, &sa);
	ck_assert_ptr_nonnull(find(
		message, sizeof(struct xfrm_usersa_info), XFRMA_IF_ID, &len));
	ck_assert(xfrm_read_sa(message, &seen_sa));
	ck_assert_uint_eq(seen_sa.ref.mark.value, 2);
	ck_assert_uint_eq(seen_sa.ref.mark.mask, 0xf0f);
	message = xfrm_sa_delete(buffer, &sa.ref, &sa.src);
	mark = find(message, sizeof(struct xfrm_usersa_id), XFRMA_MARK, &len);
	ck_assert_ptr_nonnull(mark);
	ck_assert_uint_eq(mark->m, 0xf0f);
	sa.ref.mark.mask = 0;
	message = xfrm_sa_get(buffer, &sa.ref, &sa.src);
	ck_assert_ptr_null(
		find(message, sizeof(struct xfrm_usersa_id), XFRMA_MARK, &len));
}
END_TEST

/* Pass and drop have no template that could name us: their priority does. */
START_TEST(shunts_have_no_template)
{
	static const struct {
		enum ike_mode mode;
		uint8_t action;
	} both[] = { { IKE_MODE_PASS, XFRM_POLICY_ALLOW },
		{ IKE_MODE_DROP, XFRM_POLICY_BLOCK } };
	struct ike_policy policy = tunnel_policy();
	struct xfrm_seen_policy seen;

	policy.local_ts = ports(policy.local_ts, 6, 22, 22);
	policy.priority = policy_priority(
		POLICY_BAND_SHUNT, &policy.local_ts, &policy.remote_ts);
	for (size_t i = 0; i < 2; i++) {
		policy.mode = both[i].mode;
		ck_assert(xfrm_read_policy(
			xfrm_policy_put(buffer, XFRM_MSG_NEWPOLICY, &policy,
				&any_piece, XFRM_POLICY_IN),
			&seen));
		ck_assert_uint_eq(seen.templates, 0);
		ck_assert_uint_eq(seen.action, both[i].action);
		ck_assert(xfrm_is_shunt(&seen));
	}
	seen.priority += 4;
	ck_assert(!xfrm_is_shunt(&seen));
	seen.priority -= 4 + 0x8000;
	ck_assert(!xfrm_is_shunt(&seen));
	seen.priority += 0x8000;
	ck_assert(xfrm_is_shunt(&seen));
	seen.templates = 1;
	ck_assert(!xfrm_is_shunt(&seen));
	seen.templates = 0;
	seen.selector.prefixlen_s = 255; /* the kernel would not */
	ck_assert(!xfrm_is_shunt(&seen));
	/* IPv6, all of everything. */
	policy.local_ts = policy.remote_ts =
		range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	policy.priority = policy_priority(
		POLICY_BAND_SHUNT, &policy.local_ts, &policy.remote_ts);
	ck_assert(xfrm_read_policy(xfrm_policy_put(buffer, XFRM_MSG_NEWPOLICY,
					   &policy, &any_piece, XFRM_POLICY_IN),
		&seen));
	ck_assert(xfrm_is_shunt(&seen));
}
END_TEST

/* NLMSG_ERROR with the request it answers (0: capped) and a text. */
static struct nlmsghdr *error_message(int error, size_t request_len)
{
	struct nlmsghdr *message = start(NLMSG_ERROR);
	struct nlmsgerr *answer =
		mnl_nlmsg_put_extra_header(message, sizeof(*answer));

	answer->error = error;
	answer->msg.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + request_len);
	message->nlmsg_flags = NLM_F_ACK_TLVS;
	if (request_len > 0)
		mnl_nlmsg_put_extra_header(message, request_len);
	else
		message->nlmsg_flags |= NLM_F_CAPPED;
	mnl_attr_put_u32(message, NLMSGERR_ATTR_OFFS, 7);
	mnl_attr_put_strz(
		message, NLMSGERR_ATTR_MSG, "Requested type not found");
	return message;
}

START_TEST(reads_an_error_and_its_words)
{
	for (size_t request_len = 0; request_len <= 40; request_len += 40) {
		struct nlmsghdr *message = error_message(
					-EPROTONOSUPPORT, request_len),
				*cut;
		char text[XFRM_TEXT];
		int error = 1;

		for (size_t len = 0; len < message->nlmsg_len; len++) {
			bool whole =
				len >= NLMSG_HDRLEN + sizeof(struct nlmsgerr);

			cut = exact(message, len);
			ck_assert_int_eq(
				xfrm_read_error(cut, &error, text), whole);
			free(cut);
			/* The padding behind the text is no part of it. */
			if (message->nlmsg_len - len > 3)
				ck_assert_str_eq(text, "");
		}
		ck_assert(xfrm_read_error(message, &error, text));
		ck_assert_int_eq(error, -EPROTONOSUPPORT);
		ck_assert_str_eq(text, "Requested type not found");
	}
}
END_TEST

START_TEST(an_error_that_lies_about_its_request)
{
	static const uint32_t lengths[] = { 0, 1, 15, 16, 200, 4096, INT32_MAX,
		UINT32_MAX - 3, UINT32_MAX };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct nlmsghdr *message = error_message(-EINVAL, 40), *cut;
		struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);
		char text[XFRM_TEXT];
		int error;

		answer->msg.nlmsg_len = lengths[i];
		cut = exact(message, message->nlmsg_len);
		ck_assert(xfrm_read_error(cut, &error, text));
		ck_assert_int_eq(error, -EINVAL);
		free(cut);
	}
}
END_TEST

START_TEST(a_text_without_an_end)
{
	struct nlmsghdr *message = start(NLMSG_ERROR);
	char long_text[2 * XFRM_TEXT], text[XFRM_TEXT];
	int error;

	memset(long_text, 'x', sizeof(long_text));
	mnl_nlmsg_put_extra_header(message, sizeof(struct nlmsgerr));
	message->nlmsg_flags = NLM_F_ACK_TLVS | NLM_F_CAPPED;
	mnl_attr_put(message, NLMSGERR_ATTR_MSG, sizeof(long_text), long_text);
	ck_assert(xfrm_read_error(message, &error, text));
	ck_assert_uint_eq(strlen(text), XFRM_TEXT - 1);
}
END_TEST

/* N51: a datagram of the kernel's, cut anywhere, or lying about a length. */
START_TEST(n51_walks_whole_messages_only)
{
	static const uint32_t lengths[] = { 0, 15, 21, 40, 0x7fffffff,
		0x80000010, 0xffffffff };
	_Alignas(uint64_t) uint8_t room[40] = { 0 };
	struct nlmsghdr *first = (struct nlmsghdr *)room;
	struct nlmsghdr *second = (struct nlmsghdr *)(room + 20);
	struct bytes rest;

	first->nlmsg_len = 17; /* and three octets of padding */
	second->nlmsg_len = 20;
	for (size_t len = 0; len <= sizeof(room); len++) {
		uint8_t *cut = malloc(len ? len : 1);

		memcpy(cut, room, len);
		rest = bytes_of(cut, len);
		ck_assert_int_eq(xfrm_next(&rest) != NULL, len >= 17);
		ck_assert_int_eq(xfrm_next(&rest) != NULL, len >= 40);
		ck_assert_ptr_null(xfrm_next(&rest));
		free(cut);
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		second->nlmsg_len = lengths[i];
		rest = bytes_of(room, sizeof(room));
		ck_assert_ptr_nonnull(xfrm_next(&rest));
		ck_assert_ptr_null(xfrm_next(&rest));
	}
}
END_TEST

START_TEST(says_why_the_kernel_refused)
{
	struct ike_ipsec_sa gcm = gcm_sa(), cbc = cbc_sa();
	char text[XFRM_TEXT];

	xfrm_error_text(
		-EPROTONOSUPPORT, "Requested type not found", &gcm, text);
	ck_assert_str_eq(
		text, "this kernel has no ESP (Requested type not found)");
	xfrm_error_text(-ENOENT, "Requested type not found", &gcm, text);
	ck_assert_str_eq(
		text, "this kernel has no ESP (Requested type not found)");
	xfrm_error_text(
		-ENOSYS, "Requested AEAD algorithm not found", &gcm, text);
	ck_assert_str_eq(text, "this kernel has no ESP with rfc4106(gcm(aes)) "
			       "(Requested AEAD algorithm not found)");
	xfrm_error_text(-ENOSYS, "", &cbc, text);
	ck_assert_str_eq(text,
		"this kernel has no ESP with cbc(aes) and hmac(sha256) "
		"(Function not implemented)");
	xfrm_error_text(-EEXIST, "", &gcm, text);
	ck_assert_str_eq(
		text, "the kernel has an SA with this SPI already (c0ffee01)");
	xfrm_error_text(-EPERM, "", NULL, text);
	ck_assert_str_eq(text,
		"no permission to change SAs and policies (CAP_NET_ADMIN)");
	xfrm_error_text(-EINVAL, "Invalid prefix length", NULL, text);
	ck_assert_str_eq(text,
		"the kernel refused: Invalid argument (Invalid prefix length)");
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
	test(policy_golden);
	test(policy_faces_its_direction);
	test(unknown_addresses_make_a_template_of_any);
	test(port_ranges_are_whole_blocks);
	test(opaque_ports_are_any);
	test(pieces_cover_both_sides);
	test(only_prefixes_are_prefixes);
	test(icmp_type_and_code);
	test(neighbour_discovery_is_133_to_136);
	test(reads_an_sa);
	test(reads_an_expire);
	test(a_moved_sa_keeps_keys_numbers_and_counts);
	test(a_moved_sa_that_receives_has_its_window);
	test(other_ports_are_an_update_in_place);
	test(reads_a_mapping);
	test(reads_an_acquire);
	test(reads_back_a_policy);
	test(shunts_have_no_template);
	test(labels_go_with_policies_and_sas);
	test(reads_an_error_and_its_words);
	test(an_error_that_lies_about_its_request);
	test(a_text_without_an_end);
	test(n51_walks_whole_messages_only);
	test(says_why_the_kernel_refused);
}

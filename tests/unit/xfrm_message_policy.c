/* xfrm_message_policy.c - policies as the octets that the kernel reads, and back.
 * SPDX-License-Identifier: ISC
 *
 * The golden octets are those of a little-endian machine with the layout of
 * x86-64 and arm64; other machines check the members only.
 */
#include "ikev2/policy.h"
#include "tests/suite.h"
#include "tests/unit/xfrm_samples.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdlib.h>

static _Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];

static const struct xfrm_piece any_piece = { { 0, 0 }, { 0, 0 }, false };

START_TEST(policy_golden)
{
	struct ike_policy policy = sample_policy();

	sample_expect(xfrm_policy_put(buffer, XFRM_MSG_UPDPOLICY, &policy,
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
	const void *found = sample_find(
		message, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL, &len);

	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(len, sizeof(struct xfrm_user_tmpl));
	return found;
}

START_TEST(policy_faces_its_direction)
{
	static const uint8_t directions[] = { XFRM_POLICY_OUT, XFRM_POLICY_IN,
		XFRM_POLICY_FWD };
	struct ike_policy policy = sample_policy();

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
	struct ike_policy policy = sample_policy();
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
	struct ike_selector local = sample_ports(
		sample_range("10.1.0.0", "10.1.255.255"), 17, 1000, 2000);
	struct ike_selector remote = sample_ports(
		sample_range("10.2.0.0", "10.2.255.255"), 17, 5, 6);

	pieces = 0;
	ck_assert_int_eq(xfrm_pieces(&local, &remote, count_piece, NULL), 0);
	/* 1000, 1008, 1024, 1536, 1792, 1920, 1984, 2000 by 5, 6 */
	ck_assert_int_eq(pieces, 16);
	remote.end[3] = 254;
	ck_assert_int_eq(
		xfrm_pieces(&local, &remote, count_piece, NULL), -EINVAL);
	remote = sample_range("2001:db8::", "2001:db8::ffff");
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
		struct ike_policy policy = sample_policy();
		struct xfrm_selector selector;

		policy.local_ts = policy.remote_ts =
			sample_range(rows[i].first, rows[i].last);
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
	struct ike_policy policy = sample_policy();
	struct xfrm_piece piece;
	struct xfrm_selector selector;

	/* Echo request, any code, in either selector. */
	policy.local_ts =
		sample_ports(policy.local_ts, IPPROTO_ICMP, 0x0800, 0x08ff);
	policy.remote_ts =
		sample_ports(policy.remote_ts, IPPROTO_ICMP, 0, 65535);
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
	policy.remote_ts =
		sample_ports(policy.local_ts, IPPROTO_ICMP, 0x0303, 0x0303);
	policy.local_ts = sample_ports(policy.local_ts, IPPROTO_ICMP, 0, 65535);
	ck_assert_int_eq(xfrm_pieces(&policy.local_ts, &policy.remote_ts,
				 count_piece, &piece),
		0);
	selector = xfrm_policy_selector(&policy, &piece, XFRM_POLICY_IN);
	ck_assert_uint_eq(selector.sport, htons(3));
	ck_assert_uint_eq(selector.dport, htons(3));
	ck_assert_uint_eq(selector.dport_mask, 0xffff);
	/* A range of codes, or of types: not to be said. */
	policy.local_ts =
		sample_ports(policy.local_ts, IPPROTO_ICMP, 0x0300, 0x0303);
	ck_assert_int_eq(xfrm_pieces(&policy.local_ts, &policy.remote_ts,
				 count_piece, &piece),
		-EINVAL);
	policy.local_ts =
		sample_ports(policy.local_ts, IPPROTO_ICMP, 0x0300, 0x04ff);
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

START_TEST(reads_back_a_policy)
{
	struct ike_policy policy = sample_policy();
	struct nlmsghdr *message = xfrm_policy_put(buffer, XFRM_MSG_NEWPOLICY,
				&policy, &any_piece, XFRM_POLICY_FWD),
			*cut;
	struct xfrm_selector expected =
		xfrm_policy_selector(&policy, &any_piece, XFRM_POLICY_FWD);
	struct xfrm_seen_policy seen;

	for (size_t len = 0; len < message->nlmsg_len; len++) {
		bool whole = len >=
			     NLMSG_HDRLEN + sizeof(struct xfrm_userpolicy_info);

		cut = sample_exact(message, len);
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
	struct ike_policy policy = sample_policy();
	struct ike_ipsec_sa sa = sample_gcm();
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
		mark = sample_find(message, id_len, XFRMA_MARK, &len);
		ck_assert_ptr_nonnull(mark);
		ck_assert_uint_eq(mark->v, label->mark.value);
		ck_assert_uint_eq(mark->m, label->mark.mask);
		ck_assert_ptr_nonnull(
			sample_find(message, id_len, XFRMA_IF_ID, &len));
	}
	sa.ref.mark = policy.out.mark;
	sa.if_id = 43;
	message = xfrm_sa_add(buffer, &sa);
	ck_assert_ptr_nonnull(sample_find(
		message, sizeof(struct xfrm_usersa_info), XFRMA_IF_ID, &len));
	ck_assert(xfrm_read_sa(message, &seen_sa));
	ck_assert_uint_eq(seen_sa.ref.mark.value, 2);
	ck_assert_uint_eq(seen_sa.ref.mark.mask, 0xf0f);
	message = xfrm_sa_delete(buffer, &sa.ref, &sa.src);
	mark = sample_find(
		message, sizeof(struct xfrm_usersa_id), XFRMA_MARK, &len);
	ck_assert_ptr_nonnull(mark);
	ck_assert_uint_eq(mark->m, 0xf0f);
	sa.ref.mark.mask = 0;
	message = xfrm_sa_get(buffer, &sa.ref, &sa.src);
	ck_assert_ptr_null(sample_find(
		message, sizeof(struct xfrm_usersa_id), XFRMA_MARK, &len));
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
	struct ike_policy policy = sample_policy();
	struct xfrm_seen_policy seen;

	policy.local_ts = sample_ports(policy.local_ts, 6, 22, 22);
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
		sample_range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	policy.priority = policy_priority(
		POLICY_BAND_SHUNT, &policy.local_ts, &policy.remote_ts);
	ck_assert(xfrm_read_policy(xfrm_policy_put(buffer, XFRM_MSG_NEWPOLICY,
					   &policy, &any_piece, XFRM_POLICY_IN),
		&seen));
	ck_assert(xfrm_is_shunt(&seen));
}
END_TEST

SUITE(xfrm_message_policy)
{
	test(policy_golden);
	test(policy_faces_its_direction);
	test(unknown_addresses_make_a_template_of_any);
	test(port_ranges_are_whole_blocks);
	test(opaque_ports_are_any);
	test(pieces_cover_both_sides);
	test(only_prefixes_are_prefixes);
	test(icmp_type_and_code);
	test(neighbour_discovery_is_133_to_136);
	test(reads_back_a_policy);
	test(labels_go_with_policies_and_sas);
	test(shunts_have_no_template);
}

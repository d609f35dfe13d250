/* xfrm_samples.c - SAs and policies for the tests of netlink, and looks into messages.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/xfrm_samples.h"

#include "tests/suite.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

struct ike_addr sample_addr(const char *text)
{
	struct ike_addr out = { 0, { 0 } };

	out.family = strchr(text, ':') ? 6 : 4;
	ck_assert_int_eq(inet_pton(out.family == 6 ? AF_INET6 : AF_INET, text,
				 out.octets),
		1);
	return out;
}

struct ike_selector sample_range(const char *first, const char *last)
{
	struct ike_addr start = sample_addr(first), end = sample_addr(last);
	struct ike_selector out;

	memset(&out, 0, sizeof(out));
	out.family = start.family;
	out.end_port = UINT16_MAX;
	memcpy(out.start, start.octets, sizeof(out.start));
	memcpy(out.end, end.octets, sizeof(out.end));
	return out;
}

struct ike_selector sample_ports(
	struct ike_selector ts, uint8_t protocol, uint16_t start, uint16_t end)
{
	ts.protocol = protocol;
	ts.start_port = start;
	ts.end_port = end;
	return ts;
}

struct secret sample_key(uint8_t len, uint8_t first)
{
	struct secret out = { len, { 0 } };

	for (uint8_t i = 0; i < len; i++)
		out.data[i] = (uint8_t)(first + i);
	return out;
}

struct ike_ipsec_sa sample_gcm(void)
{
	struct ike_ipsec_sa sa;

	memset(&sa, 0, sizeof(sa));
	sa.ref.dst = sample_addr("192.0.2.1");
	sa.ref.spi = 0xc0ffee01;
	sa.src = sample_addr("198.51.100.9");
	sa.mode = IKE_MODE_TUNNEL;
	sa.reqid = 0x69000001;
	sa.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 128);
	sa.encr_key = sample_key(20, 0x10);
	sa.esn = true;
	sa.replay_window = 128;
	return sa;
}

struct ike_ipsec_sa sample_cbc(void)
{
	struct ike_ipsec_sa sa = sample_gcm();

	sa.out = true;
	sa.ref.dst = sample_addr("2001:db8::2");
	sa.src = sample_addr("2001:db8::1");
	sa.mode = IKE_MODE_TRANSPORT;
	sa.local_ts = sample_ports(
		sample_range("2001:db8::1", "2001:db8::1"), 6, 0, 65535);
	sa.remote_ts = sample_ports(
		sample_range("2001:db8::2", "2001:db8::2"), 6, 443, 443);
	sa.encr = transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 256);
	sa.integ = transform_find(TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, 0);
	sa.encr_key = sample_key(32, 0x20);
	sa.integ_key = sample_key(32, 0x60);
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

struct ike_policy sample_policy(void)
{
	struct ike_policy policy;

	memset(&policy, 0, sizeof(policy));
	policy.local_ts = sample_range("10.1.0.0", "10.1.255.255");
	policy.remote_ts = sample_range("10.2.0.0", "10.2.3.255");
	policy.local = sample_addr("2001:db8::1");
	policy.remote = sample_addr("2001:db8::2");
	policy.mode = IKE_MODE_TUNNEL;
	policy.reqid = 0x69000001;
	policy.priority = 0x30123;
	return policy;
}

void sample_expect(const struct nlmsghdr *message, const char *golden)
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

const void *sample_find(const struct nlmsghdr *message, size_t fixed,
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

struct nlmsghdr *sample_exact(const struct nlmsghdr *from, size_t len)
{
	size_t size = len < sizeof(*from) ? sizeof(*from) : len;
	struct nlmsghdr *out = malloc(size);

	ck_assert_ptr_nonnull(out);
	memcpy(out, from, size);
	out->nlmsg_len = (uint32_t)len;
	return out;
}

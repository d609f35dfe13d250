/* xfrm_message_answers.c - what the kernel answers and reports, whole, cut, and lying (N51).
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/xfrm_samples.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdlib.h>

static _Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];

static struct nlmsghdr *start(uint16_t type)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	return message;
}

static void fill_info(struct xfrm_usersa_info *info)
{
	struct ike_addr dst = sample_addr("192.0.2.1"),
			src = sample_addr("198.51.100.9");

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
	struct ike_addr dst = sample_addr("192.0.2.1"),
			src = sample_addr("198.51.100.9");
	struct xfrm_seen_sa sa;

	fill_info(mnl_nlmsg_put_extra_header(
		message, sizeof(struct xfrm_usersa_info)));
	for (size_t len = 0; len < message->nlmsg_len; len++) {
		cut = sample_exact(message, len);
		ck_assert(!xfrm_read_sa(cut, &sa));
		free(cut);
	}
	cut = sample_exact(message, message->nlmsg_len);
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
		cut = sample_exact(message, len);
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

START_TEST(reads_a_mapping)
{
	struct nlmsghdr *message = start(XFRM_MSG_MAPPING), *cut;
	struct xfrm_user_mapping *mapping;
	struct ike_endpoint from;
	struct ike_addr there = sample_addr("198.51.100.77");
	struct ike_sa_ref ref;

	mapping = mnl_nlmsg_put_extra_header(message, sizeof(*mapping));
	mapping->id.spi = htonl(0x01020304);
	mapping->id.family = AF_INET;
	mapping->new_sport = htons(61000);
	memcpy(&mapping->new_saddr, there.octets, 4);
	for (size_t len = 0; len < message->nlmsg_len; len++) {
		cut = sample_exact(message, len);
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
	struct ike_addr src = sample_addr("2001:db8::1"),
			dst = sample_addr("2001:db8::2");
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
		cut = sample_exact(message, len);
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

			cut = sample_exact(message, len);
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
		cut = sample_exact(message, message->nlmsg_len);
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
	struct ike_ipsec_sa gcm = sample_gcm(), cbc = sample_cbc();
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

SUITE(xfrm_message_answers)
{
	test(reads_an_sa);
	test(reads_an_expire);
	test(reads_a_mapping);
	test(reads_an_acquire);
	test(reads_an_error_and_its_words);
	test(an_error_that_lies_about_its_request);
	test(a_text_without_an_end);
	test(n51_walks_whole_messages_only);
	test(says_why_the_kernel_refused);
}

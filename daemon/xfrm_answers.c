/* xfrm_answers.c - what the kernel says, read from netlink octets and put in words: pure.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm_names.h"
#include "daemon/xfrm_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* --- Messages and their parts ---------------------------------------------- */

/* Not mnl_nlmsg_ok(), which takes a length above INT_MAX for a negative one, and
 * so for whole. */
const struct nlmsghdr *xfrm_next(struct bytes *datagram)
{
	const struct nlmsghdr *message = (const void *)datagram->at;
	size_t len;

	if (datagram->len < sizeof(*message) ||
		message->nlmsg_len < sizeof(*message) ||
		message->nlmsg_len > datagram->len)
		return NULL;
	len = NLMSG_ALIGN((size_t)message->nlmsg_len);
	if (len > datagram->len)
		len = datagram->len;
	datagram->at += len;
	datagram->len -= len;
	return message;
}

bool xfrm_read_fixed(
	const struct nlmsghdr *message, uint16_t type, void *out, size_t size)
{
	if (message->nlmsg_type != type ||
		message->nlmsg_len < XFRM_HEADER + size)
		return false;
	memcpy(out, mnl_nlmsg_get_payload(message), size);
	return true;
}

const struct nlattr *xfrm_next_attribute(
	const struct nlmsghdr *message, size_t *at)
{
	size_t left = message->nlmsg_len - *at;
	const struct nlattr *attr;

	if (*at > message->nlmsg_len || left < sizeof(*attr))
		return NULL;
	attr = (const void *)((const uint8_t *)message + *at);
	if (attr->nla_len < sizeof(*attr) || attr->nla_len > left)
		return NULL;
	*at += NLMSG_ALIGN((size_t)attr->nla_len);
	return attr;
}

const void *xfrm_attribute(const struct nlmsghdr *message, size_t fixed,
	uint16_t type, size_t size)
{
	size_t at = XFRM_HEADER + NLMSG_ALIGN(fixed);
	const struct nlattr *attr;

	while ((attr = xfrm_next_attribute(message, &at))) {
		if (mnl_attr_get_type(attr) == type &&
			mnl_attr_get_payload_len(attr) >= size)
			return mnl_attr_get_payload(attr);
	}
	return NULL;
}

/* --- SAs, policies and events ---------------------------------------------- */

bool xfrm_read_info(
	const struct xfrm_usersa_info *info, struct xfrm_seen_sa *out)
{
	out->ref.mark = (struct ike_mark){ 0, 0 };
	out->ref.spi = ntohl(info->id.spi);
	out->protocol = info->id.proto;
	out->reqid = info->reqid;
	out->counters.bytes = info->curlft.bytes;
	out->counters.packets = info->curlft.packets;
	out->used_up = info->curlft.bytes >= info->lft.soft_byte_limit ||
		       info->curlft.packets >= info->lft.soft_packet_limit;
	return xfrm_read_address(
		       &out->ref.dst, &info->id.daddr, info->family) &&
	       xfrm_read_address(&out->src, &info->saddr, info->family);
}

static void read_label(
	const struct nlmsghdr *message, size_t fixed, struct ike_label *out)
{
	const struct xfrm_mark *mark =
		xfrm_attribute(message, fixed, XFRMA_MARK, sizeof(*mark));
	const uint32_t *if_id =
		xfrm_attribute(message, fixed, XFRMA_IF_ID, sizeof(*if_id));

	memset(out, 0, sizeof(*out));
	if (mark)
		out->mark = (struct ike_mark){ mark->v, mark->m };
	if (if_id)
		out->if_id = *if_id;
}

bool xfrm_read_sa(const struct nlmsghdr *message, struct xfrm_seen_sa *out)
{
	struct xfrm_usersa_info info;
	struct ike_label label;

	if (!xfrm_read_fixed(message, XFRM_MSG_NEWSA, &info, sizeof(info)) ||
		!xfrm_read_info(&info, out))
		return false;
	read_label(message, sizeof(info), &label);
	out->ref.mark = label.mark;
	return true;
}

bool xfrm_read_expire(
	const struct nlmsghdr *message, struct xfrm_seen_sa *out, bool *hard)
{
	struct xfrm_user_expire expire;

	if (!xfrm_read_fixed(message, XFRM_MSG_EXPIRE, &expire, sizeof(expire)))
		return false;
	*hard = expire.hard != 0;
	return xfrm_read_info(&expire.state, out);
}

bool xfrm_read_policy(
	const struct nlmsghdr *message, struct xfrm_seen_policy *out)
{
	const size_t fixed = sizeof(struct xfrm_userpolicy_info);
	const struct xfrm_user_tmpl *tmpl;
	struct xfrm_userpolicy_info info;

	if (!xfrm_read_fixed(message, XFRM_MSG_NEWPOLICY, &info, sizeof(info)))
		return false;
	tmpl = xfrm_attribute(message, fixed, XFRMA_TMPL, sizeof(*tmpl));
	out->selector = info.sel;
	out->direction = info.dir;
	out->action = info.action;
	out->priority = info.priority;
	out->templates = tmpl ? 1 : 0;
	out->reqid = tmpl ? tmpl->reqid : 0;
	read_label(message, fixed, &out->label);
	return true;
}

bool xfrm_read_acquire(
	const struct nlmsghdr *message, uint32_t *reqid, struct ike_flow *flow)
{
	struct xfrm_user_acquire acquire;
	const struct xfrm_selector *sel = &acquire.sel;
	const struct xfrm_user_tmpl *tmpl;

	if (!xfrm_read_fixed(
		    message, XFRM_MSG_ACQUIRE, &acquire, sizeof(acquire)))
		return false;
	tmpl = xfrm_attribute(
		message, sizeof(acquire), XFRMA_TMPL, sizeof(*tmpl));
	if (!tmpl)
		return false;
	*reqid = tmpl->reqid;
	if (!xfrm_read_address(&flow->src, &sel->saddr, sel->family) ||
		!xfrm_read_address(&flow->dst, &sel->daddr, sel->family))
		return false;
	flow->family = flow->src.family;
	flow->protocol = sel->proto;
	flow->src_port = ntohs(sel->sport);
	flow->dst_port = ntohs(sel->dport);
	return true;
}

/* Band + 4 x (256 - both prefix lengths, IPv4 counted + 96) + 2 if any protocol
 * + 1 if any port, as ikev2/policy.c has it; but one number stands for opaque
 * ports and for any here, so the last bit is not looked at. */
bool xfrm_is_shunt(const struct xfrm_seen_policy *policy)
{
	const struct xfrm_selector *sel = &policy->selector;
	uint32_t family = sel->family == AF_INET ? 2 * 96 : 0;
	uint32_t weight = sel->prefixlen_s + sel->prefixlen_d + family;

	if (policy->templates > 0 || weight > 256)
		return false;
	return (policy->priority & ~UINT32_C(1)) ==
	       XFRM_SHUNT_PRIORITY + 4 * (256 - weight) +
		       (sel->proto == 0 ? 2 : 0);
}

bool xfrm_read_mapping(const struct nlmsghdr *message, struct ike_sa_ref *ref,
	struct ike_endpoint *from)
{
	struct xfrm_user_mapping mapping;

	if (!xfrm_read_fixed(
		    message, XFRM_MSG_MAPPING, &mapping, sizeof(mapping)))
		return false;
	ref->spi = ntohl(mapping.id.spi);
	from->port = ntohs(mapping.new_sport);
	return xfrm_read_address(
		       &ref->dst, &mapping.id.daddr, mapping.id.family) &&
	       xfrm_read_address(
		       &from->addr, &mapping.new_saddr, mapping.id.family);
}

/* --- Errors --------------------------------------------------------------- */

/* What the kernel wrote as a string, which need not end. */
static void copy_text(char out[XFRM_TEXT], const struct nlattr *attr)
{
	size_t len = mnl_attr_get_payload_len(attr);

	len = strnlen(mnl_attr_get_payload(attr), len);
	if (len >= XFRM_TEXT)
		len = XFRM_TEXT - 1;
	memcpy(out, mnl_attr_get_payload(attr), len);
	out[len] = '\0';
}

bool xfrm_read_error(
	const struct nlmsghdr *message, int *error, char text[XFRM_TEXT])
{
	struct nlmsgerr answer;
	size_t at = XFRM_HEADER + sizeof(answer);
	const struct nlattr *attr;

	text[0] = '\0';
	if (!xfrm_read_fixed(message, NLMSG_ERROR, &answer, sizeof(answer)))
		return false;
	/* Nothing else is an errno. */
	*error = answer.error > 0 || answer.error < -4095 ? -EPROTO
							  : answer.error;
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return true;
	/* Without a cap the request stands before the attributes. */
	if (!(message->nlmsg_flags & NLM_F_CAPPED)) {
		if (answer.msg.nlmsg_len < XFRM_HEADER)
			return true;
		at += NLMSG_ALIGN((size_t)answer.msg.nlmsg_len) - XFRM_HEADER;
	}
	while ((attr = xfrm_next_attribute(message, &at))) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			copy_text(text, attr);
	}
	return true;
}

/* A kernel without ESP stumbles over the algorithms first, or over the type. */
static bool refused_sa_text(int error, const char *said,
	const struct ike_ipsec_sa *sa, char out[XFRM_TEXT])
{
	const char *encr = sa->encr ? xfrm_name(sa->encr) : NULL;
	const char *integ = sa->integ ? xfrm_name(sa->integ) : NULL;

	if (strstr(said, "type not found") || error == -EPROTONOSUPPORT) {
		snprintf(out, XFRM_TEXT, "this kernel has no ESP (%s)",
			said[0] ? said : "Protocol not supported");
		return true;
	}
	if (strstr(said, "algorithm not found") || error == -ENOSYS) {
		snprintf(out, XFRM_TEXT,
			"this kernel has no ESP with %s%s%s (%s)",
			encr ? encr : "that encryption", integ ? " and " : "",
			integ ? integ : "",
			said[0] ? said : "Function not implemented");
		return true;
	}
	if (error == -EEXIST) {
		snprintf(out, XFRM_TEXT,
			"the kernel has an SA with this SPI already (%08x)",
			sa->ref.spi);
		return true;
	}
	return false;
}

void xfrm_error_text(int error, const char *said, const struct ike_ipsec_sa *sa,
	char out[XFRM_TEXT])
{
	if (error == -EPERM) {
		snprintf(out, XFRM_TEXT,
			"no permission to change SAs and policies (CAP_NET_ADMIN)");
		return;
	}
	if (sa && refused_sa_text(error, said, sa, out))
		return;
	snprintf(out, XFRM_TEXT, "the kernel refused: %s%s%s%s",
		strerror(-error), said[0] ? " (" : "", said,
		said[0] ? ")" : "");
}

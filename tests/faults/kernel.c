/* kernel.c - the kernel's IPsec as netlink shows it: two lists.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm_message.h"
#include "tests/faults/faults.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdlib.h>

enum { MAX_ENTRIES = 256 };

struct entry {
	_Alignas(uint64_t) uint8_t message[XFRM_MESSAGE_SIZE];
	size_t len;
};

static struct table {
	struct entry *list[MAX_ENTRIES];
	size_t count;
} sas, policies;

size_t kernel_sas(void)
{
	return sas.count;
}

size_t kernel_policies(void)
{
	return policies.count;
}

static void take_out(struct table *table, size_t i)
{
	free(table->list[i]);
	table->list[i] = table->list[--table->count];
}

void kernel_clear(void)
{
	while (sas.count > 0)
		take_out(&sas, 0);
	while (policies.count > 0)
		take_out(&policies, 0);
}

/* --- The lists ------------------------------------------------------------ */

static const struct xfrm_usersa_info *sa_at(size_t i)
{
	return mnl_nlmsg_get_payload((const void *)sas.list[i]->message);
}

static const struct xfrm_userpolicy_info *policy_at(size_t i)
{
	return mnl_nlmsg_get_payload((const void *)policies.list[i]->message);
}

size_t kernel_sas_to(uint8_t dst_last)
{
	const struct ike_addr dst = world_addr(dst_last);
	size_t count = 0;

	for (size_t i = 0; i < sas.count; i++)
		count += memcmp(&sa_at(i)->id.daddr, dst.octets, 4) == 0;
	return count;
}

static size_t find_sa(const xfrm_address_t *daddr, __be32 spi, uint16_t family)
{
	size_t i;

	for (i = 0; i < sas.count; i++) {
		const struct xfrm_usersa_info *sa = sa_at(i);

		if (sa->id.spi == spi && sa->family == family &&
			memcmp(&sa->id.daddr, daddr, sizeof(*daddr)) == 0)
			break;
	}
	return i;
}

static size_t find_policy(const struct xfrm_selector *sel, uint8_t direction)
{
	size_t i;

	for (i = 0; i < policies.count; i++) {
		if (policy_at(i)->dir == direction &&
			memcmp(&policy_at(i)->sel, sel, sizeof(*sel)) == 0)
			break;
	}
	return i;
}

static int put(struct table *table, size_t i, const struct nlmsghdr *message,
	uint16_t type)
{
	struct nlmsghdr *kept;

	if (i == table->count && table->count == MAX_ENTRIES)
		return -ENOSPC;
	if (i == table->count) {
		table->list[i] = calloc(1, sizeof(*table->list[i]));
		table->count++;
	}
	memcpy(table->list[i]->message, message, message->nlmsg_len);
	table->list[i]->len = message->nlmsg_len;
	kept = (void *)table->list[i]->message;
	kept->nlmsg_type = type;
	kept->nlmsg_flags = 0;
	kept->nlmsg_pid = 0;
	return 0;
}

/* --- Requests ------------------------------------------------------------- */

static int put_sa(const struct nlmsghdr *message)
{
	const struct xfrm_usersa_info *sa = mnl_nlmsg_get_payload(message);
	size_t i = find_sa(&sa->id.daddr, sa->id.spi, sa->family);
	bool new = message->nlmsg_type == XFRM_MSG_NEWSA;

	if (new != (i == sas.count))
		return new ? -EEXIST : -ESRCH;
	return put(&sas, i, message, XFRM_MSG_NEWSA);
}

static int delete_sa(const struct nlmsghdr *message)
{
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(message);
	size_t i = find_sa(&id->daddr, id->spi, id->family);

	if (i == sas.count)
		return -ESRCH;
	take_out(&sas, i);
	return 0;
}

static int put_policy(const struct nlmsghdr *message)
{
	const struct xfrm_userpolicy_info *policy =
		mnl_nlmsg_get_payload(message);
	size_t i = find_policy(&policy->sel, policy->dir);

	if (message->nlmsg_type == XFRM_MSG_NEWPOLICY && i < policies.count)
		return -EEXIST;
	return put(&policies, i, message, XFRM_MSG_NEWPOLICY);
}

static int delete_policy(const struct nlmsghdr *message)
{
	const struct xfrm_userpolicy_id *id = mnl_nlmsg_get_payload(message);
	size_t i = find_policy(&id->sel, id->dir);

	if (i == policies.count)
		return -ENOENT;
	take_out(&policies, i);
	return 0;
}

/* One message of a table, as an answer to that request. */
static void show(const struct table *table, size_t i,
	const struct nlmsghdr *request, uint16_t flags,
	void (*answer)(int fd, const void *at, size_t len), int fd)
{
	struct nlmsghdr *message = (void *)table->list[i]->message;

	message->nlmsg_seq = request->nlmsg_seq;
	message->nlmsg_flags = flags;
	answer(fd, message, table->list[i]->len);
}

static void end_dump(const struct nlmsghdr *request,
	void (*answer)(int fd, const void *at, size_t len), int fd)
{
	struct {
		struct nlmsghdr head;
		int error;
	} done = { { .nlmsg_len = NLMSG_LENGTH(sizeof(int)),
			   .nlmsg_type = NLMSG_DONE,
			   .nlmsg_flags = NLM_F_MULTI,
			   .nlmsg_seq = request->nlmsg_seq },
		0 };

	answer(fd, &done, sizeof(done));
}

static void dump(const struct table *table, const struct nlmsghdr *request,
	void (*answer)(int fd, const void *at, size_t len), int fd)
{
	for (size_t i = 0; i < table->count; i++)
		show(table, i, request, NLM_F_MULTI, answer, fd);
	end_dump(request, answer, fd);
}

static void say_error(const struct nlmsghdr *request, int error,
	void (*answer)(int fd, const void *at, size_t len), int fd)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} said = { { .nlmsg_len = NLMSG_LENGTH(sizeof(struct nlmsgerr)),
			   .nlmsg_type = NLMSG_ERROR,
			   .nlmsg_flags = NLM_F_CAPPED,
			   .nlmsg_seq = request->nlmsg_seq },
		{ error, *request } };

	answer(fd, &said, sizeof(said));
}

static int get_sa(const struct nlmsghdr *message,
	void (*answer)(int fd, const void *at, size_t len), int fd)
{
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(message);
	size_t i = find_sa(&id->daddr, id->spi, id->family);

	if (i == sas.count)
		return -ESRCH;
	show(&sas, i, message, 0, answer, fd);
	return 0;
}

void kernel_request(const struct nlmsghdr *message,
	void (*answer)(int fd, const void *at, size_t len), int fd)
{
	bool all = (message->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int error = fault_of_kernel();

	if (error < 0) {
		say_error(message, error, answer, fd);
		return;
	}
	switch (message->nlmsg_type) {
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		error = put_sa(message);
		break;
	case XFRM_MSG_DELSA:
		error = delete_sa(message);
		break;
	case XFRM_MSG_NEWPOLICY:
	case XFRM_MSG_UPDPOLICY:
		error = put_policy(message);
		break;
	case XFRM_MSG_DELPOLICY:
		error = delete_policy(message);
		break;
	case XFRM_MSG_GETPOLICY:
		dump(&policies, message, answer, fd);
		return;
	case XFRM_MSG_GETSA:
		if (all) {
			dump(&sas, message, answer, fd);
			return;
		}
		error = get_sa(message, answer, fd);
		if (error == 0)
			return;
		break;
	default:
		error = -EOPNOTSUPP;
	}
	say_error(message, error, answer, fd);
}

/* --- Events --------------------------------------------------------------- */

/* Of an SA that leads to this address. */
bool kernel_soft_expire(uint8_t dst_last)
{
	const struct ike_addr dst = world_addr(dst_last);
	struct {
		struct nlmsghdr head;
		struct xfrm_user_expire expire;
	} event = { { .nlmsg_len = sizeof(event),
			    .nlmsg_type = XFRM_MSG_EXPIRE },
		{ .hard = 0 } };

	for (size_t i = 0; i < sas.count; i++) {
		if (memcmp(&sa_at(i)->id.daddr, dst.octets, 4) != 0)
			continue;
		event.expire.state = *sa_at(i);
		netlink_event(&event, sizeof(event));
		return true;
	}
	return false;
}

/* A packet for 10.net.0.1 met its policy. */
bool kernel_acquire(uint8_t net)
{
	_Alignas(uint64_t) uint8_t buffer[XFRM_MESSAGE_SIZE];
	const uint8_t src[4] = { 10, 1, 0, 1 }, dst[4] = { 10, net, 0, 1 };
	struct xfrm_user_acquire *acquire;
	struct xfrm_user_tmpl tmpl;
	struct nlmsghdr *message;

	for (size_t i = 0; i < policies.count; i++) {
		const struct xfrm_userpolicy_info *policy = policy_at(i);
		struct xfrm_seen_policy seen;

		if (policy->dir != XFRM_POLICY_OUT ||
			memcmp(&policy->sel.daddr, dst, 2) != 0 ||
			!xfrm_read_policy(
				(const void *)policies.list[i]->message, &seen))
			continue;
		memset(buffer, 0, sizeof(buffer));
		memset(&tmpl, 0, sizeof(tmpl));
		message = mnl_nlmsg_put_header(buffer);
		message->nlmsg_type = XFRM_MSG_ACQUIRE;
		acquire = mnl_nlmsg_put_extra_header(message, sizeof(*acquire));
		acquire->sel.family = AF_INET;
		acquire->sel.proto = IPPROTO_ICMP;
		memcpy(&acquire->sel.saddr, src, sizeof(src));
		memcpy(&acquire->sel.daddr, dst, sizeof(dst));
		tmpl.reqid = seen.reqid;
		mnl_attr_put(message, XFRMA_TMPL, sizeof(tmpl), &tmpl);
		netlink_event(message, message->nlmsg_len);
		return true;
	}
	return false;
}

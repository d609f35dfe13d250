/* command_policies.c - `list policies`: what the kernel protects, passes or drops for us, and for whom.
 * SPDX-License-Identifier: ISC
 *
 * The kernel's policies carry a number (reqid) and no name.  Whose it is, is in
 * the configuration, or, if the peer has agreed to a part of the selectors only,
 * in the child that is up.
 */
#include "daemon/command.h"

#include "daemon/daemon.h"

#include <stdlib.h>

struct policy_owner {
	uint32_t reqid;
	char peer[MAX_NAME], child[MAX_NAME];
};

struct policy_list {
	struct ike_policy *policies;
	size_t count;
	struct policy_owner *owners; /* sorted by reqid */
	size_t owner_count, owner_size;
};

void policy_list_free(struct policy_list *list)
{
	if (!list)
		return;
	free(list->policies);
	free(list->owners);
	free(list);
}

static int compare_owners(const void *left, const void *right)
{
	const struct policy_owner *a = left, *b = right;

	return a->reqid < b->reqid ? -1 : a->reqid > b->reqid;
}

static bool add_owner(struct policy_list *list, uint32_t reqid,
	const char *peer, const char *child)
{
	size_t size = list->owner_size ? 2 * list->owner_size : 16;
	struct policy_owner *grown, *owner;

	if (list->owner_count == list->owner_size) {
		grown = reallocarray(list->owners, size, sizeof(*grown));
		if (!grown)
			return false;
		list->owners = grown;
		list->owner_size = size;
	}
	owner = &list->owners[list->owner_count++];
	owner->reqid = reqid;
	snprintf(owner->peer, sizeof(owner->peer), "%s", peer);
	snprintf(owner->child, sizeof(owner->child), "%s", child);
	return true;
}

static bool add_configured(struct policy_list *list, const struct ike *ike)
{
	struct ike_peer_status status;

	for (size_t i = 0; ike_peer_at(ike, i, &status); i++) {
		const struct ike_peer *peer = status.peer;

		for (size_t c = 0; c < peer->child_count; c++) {
			if (!add_owner(list, peer->children[c].reqid,
				    peer->name, peer->children[c].name))
				return false;
		}
	}
	return true;
}

static const struct policy_owner *owner_of(
	const struct policy_list *list, uint32_t reqid)
{
	const struct policy_owner key = { .reqid = reqid };

	return list->owner_count == 0
		       ? NULL
		       : bsearch(&key, list->owners, list->owner_count,
				 sizeof(key), compare_owners);
}

/* Those with a number of their own. */
static bool add_narrowed(struct policy_list *list, const struct ike *ike)
{
	struct ike_child_status child;
	struct ike_sa_status sa;
	uint64_t at = 0;

	while (ike_next_sa(ike, &at, &sa)) {
		for (size_t i = 0; sa.peer && i < sa.children; i++) {
			if (ike_child_at(ike, sa.sa, i, &child) &&
				!add_owner(list, child.reqid, sa.peer->name,
					child.name))
				return false;
		}
	}
	return true;
}

static void sort_owners(struct policy_list *list)
{
	if (list->owner_count > 0)
		qsort(list->owners, list->owner_count, sizeof(*list->owners),
			compare_owners);
}

/* As of one moment, since the core may change between two turns of the loop. */
static struct policy_list *take_list(const struct ike *ike)
{
	struct policy_list *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->count = ike_policies(ike, NULL, 0);
	list->policies = calloc(list->count + 1, sizeof(*list->policies));
	if (!list->policies || !add_configured(list, ike) ||
		!add_narrowed(list, ike)) {
		policy_list_free(list);
		return NULL;
	}
	(void)ike_policies(ike, list->policies, list->count);
	sort_owners(list);
	return list;
}

static bool is_asked_for(
	const struct request *request, const struct policy_owner *owner)
{
	if (!owner || strcmp(owner->peer, request->peer) != 0)
		return false;
	return request_is_about(request, owner->child);
}

bool list_policy(struct request *request)
{
	const struct policy_owner *owner;
	const struct ike_policy *policy;

	if (!request->policies)
		request->policies = take_list(request_core(request));
	if (!request->policies) {
		request_fail(request, REPORT_FAILED, NULL, "out of memory");
		return true;
	}
	if (request->next >= request->policies->count)
		return false;
	policy = &request->policies->policies[request->next++];
	owner = owner_of(request->policies, policy->reqid);
	if (request->peer[0] && !is_asked_for(request, owner))
		return true;
	request_say(request, report_policy(policy, owner ? owner->peer : NULL,
				     owner ? owner->child : NULL));
	return true;
}

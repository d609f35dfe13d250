/* resync.c - the kernel's SAs and policies against the core's, after its events were lost.
 * SPDX-License-Identifier: ISC
 *
 * Acquires need nothing: the kernel asks again with the next packet.  The same at
 * start, after a crash, and when the kernel did not delete what it was to.
 */
#include "daemon/resync.h"

#include "daemon/daemon.h"
#include "daemon/kernel.h"

#include <errno.h>
#include <stdlib.h>

/* All SAs that the core has in the kernel, counted or, with room, written. */
static size_t sas_of(const struct ike *ike, struct ike_sa_ref *out)
{
	struct ike_child_status child;
	struct ike_sa_status sa;
	size_t count = 0;
	uint64_t at = 0;

	while (ike_next_sa(ike, &at, &sa)) {
		for (size_t i = 0; ike_child_at(ike, sa.sa, i, &child); i++) {
			if (child.has_in && out)
				out[count] = child.in;
			count += child.has_in;
			if (child.has_out && out)
				out[count] = child.out;
			count += child.has_out;
		}
	}
	return count;
}

int resync(const struct daemon *daemon)
{
	const struct ike *ike = daemon->ike;
	const uint32_t base = ike_limits_default().reqid_base;
	struct kernel_owned owned = { .policy_count =
					      ike_policies(ike, NULL, 0),
		.sa_count = sas_of(ike, NULL) };
	struct ike_policy *policies =
		calloc(owned.policy_count + 1, sizeof(*policies));
	struct ike_sa_ref *sas = calloc(owned.sa_count + 1, sizeof(*sas));
	int error = -ENOMEM;

	if (policies && sas) {
		(void)ike_policies(ike, policies, owned.policy_count);
		(void)sas_of(ike, sas);
		owned.policies = policies;
		owned.sas = sas;
		error = kernel_resync(daemon->kernel, base, &owned);
	}
	free(policies);
	free(sas);
	return error;
}

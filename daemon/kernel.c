/* kernel.c - the kernel that was opened does the work.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/kernel_ops.h"

int kernel_apply(struct kernel *kernel, const struct ike_effect *effect,
	char text[KERNEL_TEXT])
{
	text[0] = '\0';
	return kernel->apply(kernel, effect, text);
}

int kernel_query(struct kernel *kernel, struct ike_sa_ref ref,
	const struct ike_addr *src, struct ike_counters *counters)
{
	return kernel->query(kernel, ref, src, counters);
}

int kernel_resync(struct kernel *kernel, uint32_t reqid_base,
	const struct kernel_owned *owned)
{
	return kernel->resync(kernel, reqid_base, owned);
}

int kernel_sweep(struct kernel *kernel, uint32_t reqid_base,
	const struct ike_policy *keep, size_t count)
{
	return kernel->sweep(kernel, reqid_base, keep, count);
}

void kernel_close(struct kernel *kernel)
{
	if (kernel)
		kernel->close(kernel);
}

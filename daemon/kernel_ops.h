/* kernel_ops.h - what an implementation of kernel.h gives (only they include this).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_KERNEL_OPS_H
#define DAEMON_KERNEL_OPS_H

#include "daemon/kernel.h"

/* The first member of each implementation's own struct; the functions are those
 * of kernel.h. */
struct kernel {
	int (*apply)(struct kernel *kernel, const struct ike_effect *effect,
		char text[KERNEL_TEXT]);
	int (*query)(struct kernel *kernel, struct ike_sa_ref ref,
		const struct ike_addr *src, struct ike_counters *counters);
	int (*sweep)(struct kernel *kernel, uint32_t reqid_base,
		const struct ike_policy *keep, size_t count);
	int (*resync)(struct kernel *kernel, uint32_t reqid_base,
		const struct kernel_owned *owned);
	void (*close)(struct kernel *kernel);
};

#endif

/* kernel_none.c - no kernel at all: negotiate, install nothing; for trials and load tests.
 * SPDX-License-Identifier: ISC
 *
 * It remembers which SAs there are, so that a query of one that is not is as
 * wrong here as it is elsewhere.
 */
#include "daemon/kernel_ops.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

struct none {
	struct kernel kernel; /* first */
	void *sas;            /* tree of struct ike_sa_ref */
};

static int compare(const void *a, const void *b)
{
	const struct ike_sa_ref *left = a, *right = b;

	if (left->spi != right->spi)
		return left->spi < right->spi ? -1 : 1;
	return memcmp(&left->dst, &right->dst, sizeof(left->dst));
}

static int add(struct none *none, const struct ike_sa_ref *ref)
{
	struct ike_sa_ref *copy = malloc(sizeof(*copy));
	struct ike_sa_ref **found;

	if (!copy)
		return -ENOMEM;
	*copy = *ref;
	found = tsearch(copy, &none->sas, compare);
	if (found && *found == copy)
		return 0;
	free(copy);
	return found ? -EEXIST : -ENOMEM;
}

static void take_out(struct none *none, const struct ike_sa_ref *ref)
{
	struct ike_sa_ref **found = tfind(ref, &none->sas, compare);
	struct ike_sa_ref *gone;

	if (!found)
		return;
	gone = *found;
	tdelete(ref, &none->sas, compare);
	free(gone);
}

static int move(struct none *none, const struct ike_sa_move *move)
{
	const struct ike_sa_ref moved = { .dst = move->new_dst,
		.spi = move->ref.spi };

	if (!tfind(&move->ref, &none->sas, compare))
		return -ESRCH;
	take_out(none, &move->ref);
	return add(none, &moved);
}

static int none_apply(struct kernel *kernel, const struct ike_effect *effect,
	char text[KERNEL_TEXT])
{
	struct none *none = (struct none *)kernel;
	int error = 0;

	if (effect->kind == IKE_SA_ADD)
		error = add(none, &effect->add.ref);
	else if (effect->kind == IKE_SA_MOVE)
		error = move(none, &effect->move);
	else if (effect->kind == IKE_SA_DELETE)
		take_out(none, &effect->del.ref);
	if (error < 0)
		strcpy(text, error == -EEXIST  ? "an SA with this SPI exists"
			     : error == -ESRCH ? "no such SA"
					       : "out of memory");
	return error;
}

static int none_query(struct kernel *kernel, struct ike_sa_ref ref,
	const struct ike_addr *src, struct ike_counters *counters)
{
	struct none *none = (struct none *)kernel;

	(void)src;
	memset(counters, 0, sizeof(*counters));
	return tfind(&ref, &none->sas, compare) ? 0 : -ESRCH;
}

static int none_sweep(struct kernel *kernel, uint32_t reqid_base,
	const struct ike_policy *keep, size_t count)
{
	(void)kernel;
	(void)reqid_base;
	(void)keep;
	(void)count;
	return 0;
}

/* There are no events here that could be lost. */
static int none_resync(struct kernel *kernel, uint32_t reqid_base,
	const struct kernel_owned *owned)
{
	(void)kernel;
	(void)reqid_base;
	(void)owned;
	return 0;
}

static void none_close(struct kernel *kernel)
{
	struct none *none = (struct none *)kernel;

	tdestroy(none->sas, free);
	free(none);
}

struct kernel *kernel_open_none(void)
{
	struct none *none = calloc(1, sizeof(*none));

	if (!none)
		return NULL;
	none->kernel.apply = none_apply;
	none->kernel.query = none_query;
	none->kernel.sweep = none_sweep;
	none->kernel.resync = none_resync;
	none->kernel.close = none_close;
	return &none->kernel;
}

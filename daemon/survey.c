/* survey.c - what the kernel has counted for every child, asked for in pieces.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/survey.h"

#include "daemon/daemon.h"
#include "daemon/kernel.h"
#include "daemon/totals.h"

enum { A_STEP = 64 };

bool survey_needed(const struct daemon *daemon)
{
	return daemon->kernel && daemon->options &&
	       daemon->options->kernel == DAEMON_KERNEL_XFRM;
}

static bool ask(const struct daemon *daemon, struct ike_sa_ref ref,
	const struct ike_addr *src, uint64_t *bytes)
{
	struct ike_counters counters;

	if (ref.spi == 0 ||
		kernel_query(daemon->kernel, ref, src, &counters) < 0)
		return false;
	*bytes = counters.bytes;
	return true;
}

static void count(const struct daemon *daemon, struct totals_peer *of,
	const struct ike_child_status *child)
{
	uint64_t in, out;

	if (ask(daemon, child->in, &child->remote, &in) &&
		ask(daemon, child->out, &child->local, &out))
		totals_count(of, child->name, child->child, in, out);
}

/* The next SA that is of interest; false: there is none. */
static bool next_sa(struct survey *survey, const struct daemon *daemon,
	struct totals *totals, const char *peer)
{
	struct ike_sa_status sa;

	if (!ike_next_sa(daemon->ike, &survey->at, &sa))
		return false;
	survey->sa = 0;
	survey->child = 0;
	if (!sa.peer || (peer && strcmp(sa.peer->name, peer) != 0))
		return true;
	survey->of = totals_of(totals, sa.peer->name);
	if (survey->of)
		survey->sa = sa.sa;
	return true;
}

bool survey_step(struct survey *survey, const struct daemon *daemon,
	struct totals *totals, const char *peer)
{
	struct ike_child_status child;

	for (int i = 0; i < A_STEP; i++) {
		if (survey->sa != 0 && ike_child_at(daemon->ike, survey->sa,
					       survey->child, &child)) {
			survey->child++;
			count(daemon, survey->of, &child);
		} else if (!next_sa(survey, daemon, totals, peer)) {
			return true;
		}
	}
	return false;
}

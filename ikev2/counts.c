/* counts.c - what has happened, counted: for the host, and for the peer if it is known.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/counts.h"

#include "ikev2/exchange.h"

static const enum ike_cause causes[IKE_CAUSES] = {
	IKE_CAUSE_FAILED,
	IKE_CAUSE_UNREACHABLE,
	IKE_CAUSE_NAME,
	IKE_CAUSE_PROPOSAL,
	IKE_CAUSE_KEY_EXCHANGE,
	IKE_CAUSE_REJECTED_US,
	IKE_CAUSE_REJECTED_PEER,
	IKE_CAUSE_SELECTORS,
	IKE_CAUSE_KERNEL,
	IKE_CAUSE_CERTIFICATE,
};

enum ike_cause ike_cause_at(size_t i)
{
	return i < IKE_CAUSES ? causes[i] : IKE_CAUSE_NONE;
}

const struct ike_counts *ike_counts(const struct ike *ike)
{
	return &ike->counts;
}

static struct ike_counts *of_peer(const struct ike_sa *sa)
{
	return sa && sa->dial ? &sa->dial->counts : NULL;
}

void count_asked(struct ike_sa *sa, const struct exchange *row)
{
	struct ike_counts *peer = of_peer(sa);

	sa->ike->counts.asked[row->counts_as]++;
	if (peer)
		peer->asked[row->counts_as]++;
}

void count_answered(
	struct ike_sa *sa, const struct exchange *row, enum ike_error error)
{
	struct ike_counts *counts[] = { &sa->ike->counts, of_peer(sa) };

	for (size_t i = 0; i < 2 && counts[i]; i++) {
		counts[i]->answered[row->counts_as]++;
		if (error != IKE_OK)
			counts[i]->refused[row->counts_as]++;
	}
}

void count_resent(struct ike_sa *sa)
{
	struct ike_counts *peer = of_peer(sa);

	sa->ike->counts.resent++;
	if (peer)
		peer->resent++;
}

void count_repeated(struct ike *ike, struct ike_sa *sa)
{
	struct ike_counts *peer = of_peer(sa);

	ike->counts.repeated++;
	if (peer)
		peer->repeated++;
}

void count_dropped(struct ike *ike, struct ike_sa *sa, enum ike_dropped why)
{
	struct ike_counts *peer = of_peer(sa);

	ike->counts.dropped[why]++;
	if (peer)
		peer->dropped[why]++;
}

void count_failure(struct ike *ike, struct dial *dial, enum ike_cause cause)
{
	size_t i = 0;

	while (i + 1 < IKE_CAUSES && causes[i] != cause)
		i++;
	if (causes[i] != cause)
		i = 0; /* FAILED: none in particular */
	ike->counts.failures[i]++;
	dial->counts.failures[i]++;
}

void count_rekey(const struct ike_sa *sa, bool child)
{
	struct ike_counts *counts[] = { &sa->ike->counts, of_peer(sa) };

	for (size_t i = 0; i < 2 && counts[i]; i++) {
		if (child)
			counts[i]->child_rekeys++;
		else
			counts[i]->rekeys++;
	}
}

void count_rekey_failed(const struct ike_sa *sa)
{
	struct ike_counts *peer = of_peer(sa);

	sa->ike->counts.rekeys_failed++;
	if (peer)
		peer->rekeys_failed++;
}

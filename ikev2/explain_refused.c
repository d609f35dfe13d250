/* explain_refused.c - what the peer began and we refused: we know why.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/difference.h"
#include "ikev2/engine.h"
#include "ikev2/explain.h"

#include <stdio.h>

/* --- IKE_SA_INIT ---------------------------------------------------------- */

/* Why this peer is not the one: it is left out, or elsewhere. */
static void say_elsewhere(struct ike_explanation *out, const struct dial *dial,
	const struct ike_sa *sa)
{
	const struct ike_peer *peer = dial->peer;
	const struct ike_side *side = dial_is_at(dial, &sa->remote.addr)
					      ? &peer->local
					      : &peer->remote;
	char place[EXPLAIN_VALUE_SIZE - 32] = "any", why[EXPLAIN_VALUE_SIZE];

	if (!dial_usable(dial)) {
		snprintf(why, sizeof(why), "it is left out: %.100s",
			peer->error[0] ? peer->error : "enabled: no");
		explain_tried(out, peer->name, why);
		return;
	}
	if (side->place_count > 0)
		ike_place_text(&side->places[0], place, sizeof(place));
	snprintf(why, sizeof(why), "its %s is %s%s",
		side == &peer->remote ? "remote" : "local", place,
		side->place_count > 1 ? " and others" : "");
	explain_tried(out, peer->name, why);
}

/* A peer that is there, but does not answer, or not at this address of ours. */
static void mend_peer(
	struct ike_explanation *out, const struct dial *dial, const char *here)
{
	if (!dial->peer->enabled) {
		explain_key(out, "enabled");
		explain_fix_here(
			out, "enabled: yes, in peer %s", dial->peer->name);
	} else if (!dial_usable(dial)) {
		explain_key(out, "peers");
		explain_look(out,
			"'ipsec-ctl check' says what is wrong with "
			"peer %s",
			dial->peer->name);
	} else {
		explain_key(out, "local");
		explain_fix_here(
			out, "local: %s, in peer %s", here, dial->peer->name);
	}
}

static void say_nowhere(
	struct ike_explanation *out, const struct explain_init *refused)
{
	const struct dials *dials = &refused->sa->ike->dials;
	const struct ike_addr *remote = &refused->sa->remote.addr;
	char there[IKE_ADDR_SIZE], here[IKE_ADDR_SIZE];
	const struct dial *known = NULL;

	ike_addr_text(remote, there);
	ike_addr_text(&refused->sa->local.addr, here);
	for (size_t i = 0; i < dials->count; i++) {
		const struct dial *dial = dials->dial[i];

		if (ike_peer_only_shunts(dial->peer))
			continue;
		say_elsewhere(out, dial, refused->sa);
		if (!known && dial_is_at(dial, remote))
			known = dial;
	}
	explain_row(out, "remote", !known, there,
		known ? known->peer->name : "of no peer");
	explain_row(out, "local", known != NULL, here, NULL);
	if (known) {
		mend_peer(out, known, here);
		return;
	}
	explain_key(out, "remote");
	explain_fix_here(out, "remote: %s, in the peer that is meant", there);
	explain_look(out,
		"if it is nobody whom you know, it needs no answer: the whole "
		"Internet may knock");
}

void explain_init_refused(struct ike_explanation *out, const void *ctx)
{
	const struct explain_init *refused = ctx;
	const struct ike_sa *sa = refused->sa;
	const struct dials *dials = &sa->ike->dials;
	char difference[DIFFERENCE_SIZE];

	explain_ends(out, sa);
	if (!refused->fits) {
		say_nowhere(out, refused);
		return;
	}
	for (size_t i = 0; i < dials->count; i++) {
		const struct dial *dial = dials->dial[i];

		if (dial_fits(dial, &sa->local, &sa->remote) == 0)
			continue;
		explain_tried(out, dial->peer->name,
			proposals_difference(&dial->peer->ike, &refused->in->sa,
				PROTOCOL_IKE, NEGOTIATE_KE, difference));
	}
	explain_offer(out, &refused->fits->peer->ike, &refused->in->sa,
		PROTOCOL_IKE, NEGOTIATE_KE);
}

void explain_rekey_refused(struct ike_explanation *out, const void *ctx)
{
	const struct explain_init *refused = ctx;

	explain_ends(out, refused->sa);
	out->initiator = false;
	explain_offer(out, &refused->sa->peer->ike, &refused->in->sa,
		PROTOCOL_IKE, NEGOTIATE_KE);
}

/* --- IKE_AUTH that does not come ------------------------------------------ */

void explain_half_open(struct ike_explanation *out, const void *ctx)
{
	const struct explain_half_open *half = ctx;
	const struct ike_sa *sa = half->sa;
	const bool ours = half->peer->fragmentation;
	char there[IKE_ADDR_SIZE];

	explain_ends(out, sa);
	ike_addr_text(&sa->remote.addr, there);
	explain_row(out, "IKE_SA_INIT", false, "came", "answered");
	explain_row(out, "IKE_AUTH", true, "did not come", NULL);
	explain_row(out, "fragmentation", !sa->fragmentation,
		sa->fragmentation ? "yes"
		: ours            ? "no"
				  : NULL,
		ours ? "yes" : "no");
	/* Certificates are what makes IKE_AUTH long. */
	if (!sa->fragmentation && (half->peer->remote.auth & IKE_AUTH_CERT)) {
		explain_key(out, "fragmentation");
		explain_look(out,
			"with certificates IKE_AUTH is long, and IKE "
			"fragmentation is off %s: does something on the way "
			"drop fragments of IP, or UDP %u? If not, the log of "
			"%s says why it did not go on",
			ours ? "there" : "here", sa->ike->limits.nat_port,
			there);
		return;
	}
	explain_key(out, "remote");
	explain_look(out,
		"does something on the way drop UDP %u, or our answer? If not, "
		"the log of %s says why it did not go on",
		sa->ike->limits.nat_port, there);
}

/* --- Children ------------------------------------------------------------- */

/* RFC 7296 section 1.3.1: who wants transport mode, and is given a tunnel,
 * deletes that. */
void explain_mode_declined(struct ike_explanation *out, const void *ctx)
{
	const struct explain_child *child = ctx;

	explain_ends(out, child->sa);
	out->initiator = false;
	explain_key(out, "mode");
	explain_row(out, "mode", true, "transport", "tunnel");
	explain_fix_here(out, "mode: transport");
	explain_fix_there(out, "mode: tunnel");
}

void explain_child_refused(struct ike_explanation *out, const void *ctx)
{
	const struct explain_child *child = ctx;

	explain_ends(out, child->sa);
	out->initiator = false;
	if (!child->policy)
		explain_selectors(out, child->sa, child->in);
	else if (child->error == NO_PROPOSAL_CHOSEN)
		explain_offer(out, &child->policy->esp, &child->in->sa,
			PROTOCOL_ESP,
			child->first ? NEGOTIATE_WITHOUT_KE : NEGOTIATE_KE);
	else if (child->error == TS_UNACCEPTABLE)
		explain_look(out, "the peer rekeys this child with other "
				  "selectors than it has: a fault there, or a "
				  "changed configuration");
}

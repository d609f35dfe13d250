/* move.c - an IKE SA and its children go on between other addresses; a peer whose NAT moves it is followed (RFC 7296 section 2.23).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"

/* --- Children ------------------------------------------------------------- */

static bool has_moved(const struct child *was, const struct child *is)
{
	if (!ike_addr_equal(&was->local, &is->local) ||
		!ike_addr_equal(&was->remote, &is->remote) ||
		was->encap != is->encap)
		return true;
	/* Without UDP ports mean nothing. */
	return is->encap && (was->local_port != is->local_port ||
				    was->remote_port != is->remote_port);
}

static void emit_move(const struct child *was, const struct child *is, bool out)
{
	struct ike_effect *effect = ike_emit(is->sa->ike, IKE_SA_MOVE);
	struct ike_sa_move *move = &effect->move;

	effect->sa = is->sa->birth;
	effect->child = is->birth;
	move->ref = child_sa_ref(was, out);
	move->src = out ? was->local : was->remote;
	move->new_dst = out ? is->remote : is->local;
	move->new_src = out ? is->local : is->remote;
	move->src_port = out ? is->local_port : is->remote_port;
	move->dst_port = out ? is->remote_port : is->local_port;
	move->encap = is->encap;
	move->out = out;
}

/* First what sends, as the policies hold it back in the meantime; a packet that
 * comes in between finds its SA before or after. */
static void child_follow(struct child *child)
{
	struct ike_sa *sa = child->sa;
	struct child was = *child;

	child_fix_endpoints(child);
	if (!has_moved(&was, child))
		return;
	if (child->out_added)
		emit_move(&was, child, true);
	if (child->in_added)
		emit_move(&was, child, false);
	for (size_t i = 0; i < child->held_count; i++)
		policy_move(sa->ike, child->held[i], &child->local,
			&child->remote, sa->birth, child->birth);
}

/* In transport mode the addresses are what the SA is for (RFC 4555 section
 * 1.2): the child has to be made anew. */
static void drop_in_place(struct child *child)
{
	struct ike_sa *sa = child->sa;
	bool moved = !ike_addr_equal(&child->local, &sa->local.addr) ||
		     !ike_addr_equal(&child->remote, &sa->remote.addr);

	if (child->state != CHILD_UP || !moved)
		return;
	child_down(child, "its addresses have changed");
	child_close(child);
	if (sa->dial)
		dial_lost(sa->ike, sa->dial);
}

void sa_children_follow(struct ike_sa *sa)
{
	for (struct child *c = sa->children; c; c = c->next) {
		if (c->state == CHILD_ASKED)
			continue;
		if (c->mode == IKE_MODE_TRANSPORT)
			drop_in_place(c);
		else
			child_follow(c);
	}
}

/* --- The IKE SA ----------------------------------------------------------- */

static bool same_endpoint(
	const struct ike_endpoint *a, const struct ike_endpoint *b)
{
	return a->port == b->port && ike_addr_equal(&a->addr, &b->addr);
}

/* One of the two replaces the other. */
static bool are_kin(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->successor == b->birth || a->peer_successor == b->birth ||
	       b->successor == a->birth || b->peer_successor == a->birth;
}

void sa_readdress(struct ike_sa *sa, const struct ike_endpoint *local,
	const struct ike_endpoint *remote)
{
	const struct ike *ike = sa->ike;

	if (same_endpoint(&sa->local, local) &&
		same_endpoint(&sa->remote, remote))
		return;
	sa->local = *local;
	sa->remote = *remote;
	ike_touch(sa);
	/* The Delete of an old one has to arrive, too. */
	for (size_t i = 0; i < ike->sa_count; i++) {
		struct ike_sa *other = ike->sas[i];

		if (other == sa || !are_kin(sa, other) ||
			other->phase == PHASE_DEAD)
			continue;
		other->local = *local;
		other->remote = *remote;
		window_again(other);
		ike_touch(other);
	}
}

void sa_move(struct ike_sa *sa, const struct ike_endpoint *local,
	const struct ike_endpoint *remote)
{
	char from[IKE_ADDR_SIZE], to[IKE_ADDR_SIZE];

	sa_readdress(sa, local, remote);
	if (sa->dial)
		sa->dial->remote = remote->addr;
	ike_report(sa->ike, EVENT_MOVED, IKE_CAUSE_NONE, sa_peer_name(sa), NULL,
		FACTS(fact_endpoint("local", local),
			fact_endpoint("remote", remote)),
		"moved: we are at %s port %u, the peer is at %s port %u",
		ike_addr_text(&local->addr, from), local->port,
		ike_addr_text(&remote->addr, to), remote->port);
	sa_children_follow(sa);
	ike_touch(sa);
}

/* Only a peer behind a NAT is moved by it, and only who is not behind one
 * himself may follow: or a single packet that was caught and sent from
 * elsewhere would cut the two off from each other. */
static bool may_follow(const struct ike_sa *sa, const struct ike_endpoint *from)
{
	return sa->phase == PHASE_ESTABLISHED && sa->nat.supported &&
	       sa->nat.remote && !sa->nat.local &&
	       !same_endpoint(&sa->remote, from);
}

void sa_follow_nat(struct ike_sa *sa)
{
	const struct ike_endpoint *from = &sa->ike->datagram->remote;

	/* RFC 4555 section 3.8: there only an update counts. */
	if (!sa->mobike.supported && may_follow(sa, from))
		sa_move(sa, &sa->local, from);
}

void ike_mapping(struct ike *ike, struct ike_now now, struct ike_sa_ref ref,
	const struct ike_endpoint *from)
{
	struct child *child = ike_find_child(ike, ref.spi);

	if (!child || !child->in_added || !child->encap ||
		!ike_addr_equal(&child->local, &ref.dst) ||
		!may_follow(child->sa, from) || !ike_begin(ike, now))
		return;
	/* RFC 7296 section 2.23: ESP that is authentic and new is as good as a
	 * message of IKE; with RFC 4555 section 3.8 it is better. */
	sa_move(child->sa, &child->sa->local, from);
	ike_end(ike);
}

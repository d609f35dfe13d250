/* explain.c - why an exchange failed: how it is told, and what it is made of.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/explain.h"

#include "ikev2/engine.h"
#include "ikev2/identity.h"
#include "ikev2/ms_status.h"

#include <stdio.h>

/* --- Telling -------------------------------------------------------------- */

void explain_next(struct ike *ike, explain_fill *fill, const void *ctx)
{
	ike->explain = fill;
	ike->explain_ctx = ctx;
}

void explain_nothing(struct ike *ike)
{
	ike->explain = NULL;
}

/* Of all that the other side may say only Microsoft's says why. */
static void say_ms_status(struct ike_explanation *out)
{
	const struct ms_status *row = ms_status_find(out->ms_status);
	char text[MS_STATUS_SIZE];

	ms_status_text(out->ms_status, text);
	explain_row(out, "MS_STATUS", true, text, NULL);
	if (row && row->look)
		explain_look(out, "%s", row->look);
}

void explain_tell(struct ike *ike, enum ike_cause cause, enum ike_error error,
	const char *peer, const char *child, const char *text)
{
	struct ike_explanation *out = ike_explain(ike);
	explain_fill *fill = ike->explain;

	ike->explain = NULL;
	if (!out)
		return;
	snprintf(out->peer, sizeof(out->peer), "%s", peer ? peer : "");
	snprintf(out->child, sizeof(out->child), "%s", child ? child : "");
	snprintf(out->text, sizeof(out->text), "%s", text);
	out->cause = cause;
	out->error = error;
	if (ike->datagram) {
		out->local = ike->datagram->local;
		out->remote = ike->datagram->remote;
	}
	if (fill)
		fill(out, ike->explain_ctx);
	if (out->ms_status)
		say_ms_status(out);
}

void explain_stranger(struct ike *ike, enum ike_event_name event,
	enum ike_error error, const struct ike_fact *facts, const char *format,
	...)
{
	char text[EXPLAIN_TEXT_SIZE];
	va_list args;

	if (!ike_may_complain(ike)) {
		explain_nothing(ike);
		return;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	explain_tell(ike, IKE_CAUSE_REJECTED_PEER, error, NULL, NULL, text);
	ike_note(ike, event, NULL, facts, "%s", text);
}

/* --- Parts ---------------------------------------------------------------- */

void explain_ends(struct ike_explanation *out, const struct ike_sa *sa)
{
	out->initiator = sa->initiator;
	out->local = sa->local;
	out->remote = sa->remote;
	vendor_words(&sa->vendor, &out->implementation);
	out->ms_status = sa->ms_status;
}

void explain_row(struct ike_explanation *out, const char *what, bool differs,
	const char *theirs, const char *ours)
{
	struct explain_row *row;

	if (out->row_count == EXPLAIN_ROWS)
		return;
	row = &out->rows[out->row_count++];
	row->differs = differs;
	snprintf(row->what, sizeof(row->what), "%s", what);
	snprintf(row->theirs, sizeof(row->theirs), "%s", theirs ? theirs : "");
	snprintf(row->ours, sizeof(row->ours), "%s", ours ? ours : "");
}

void explain_tried(
	struct ike_explanation *out, const char *peer, const char *why)
{
	if (out->tried_count == EXPLAIN_TRIED) {
		out->tried_more = true;
		return;
	}
	snprintf(out->tried[out->tried_count].peer, MAX_NAME, "%s", peer);
	snprintf(out->tried[out->tried_count++].why, EXPLAIN_VALUE_SIZE, "%s",
		why);
}

void explain_key(struct ike_explanation *out, const char *key)
{
	snprintf(out->key, sizeof(out->key), "%s", key);
}

void explain_fix_here(struct ike_explanation *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->fix_here, sizeof(out->fix_here), format, args);
	va_end(args);
}

void explain_fix_there(struct ike_explanation *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->fix_there, sizeof(out->fix_there), format, args);
	va_end(args);
}

void explain_look(struct ike_explanation *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->look, sizeof(out->look), format, args);
	va_end(args);
}

/* --- Traffic selectors ---------------------------------------------------- */

static const char *list(
	const struct selectors *selectors, char out[EXPLAIN_VALUE_SIZE])
{
	char one[IKE_SELECTOR_SIZE];
	size_t len = 0;

	snprintf(out, EXPLAIN_VALUE_SIZE, "nothing");
	for (uint8_t i = 0; i < selectors->count; i++) {
		ike_selector_text(&selectors->list[i], one);
		if (len + strlen(one) + sizeof(", ..") > EXPLAIN_VALUE_SIZE) {
			snprintf(out + len, EXPLAIN_VALUE_SIZE - len, "%s..",
				len > 0 ? ", " : "");
			break;
		}
		len += (size_t)snprintf(out + len, EXPLAIN_VALUE_SIZE - len,
			"%s%s", len > 0 ? ", " : "", one);
	}
	return out;
}

/* A child beside what the peer asks for. */
struct beside {
	const struct ike_child_policy *policy;
	struct selectors local, remote;
	bool local_fits, remote_fits, mode_fits;
};

static struct beside beside(const struct ike_sa *sa,
	const struct ike_child_policy *policy, const struct selectors *tsi,
	const struct selectors *tsr, bool transport)
{
	struct beside one = { .policy = policy };
	struct selectors met;

	child_selectors(sa, policy, &one.local, &one.remote);
	one.local_fits = selectors_narrow(&one.local, tsr, &met) == IKE_OK;
	one.remote_fits = selectors_narrow(&one.remote, tsi, &met) == IKE_OK;
	one.mode_fits = policy->mode == IKE_MODE_TUNNEL ||
			(transport && !child_behind_nat(sa));
	return one;
}

/* The child that differs in the fewest things. */
static struct beside nearest_child(const struct ike_sa *sa,
	const struct selectors *tsi, const struct selectors *tsr,
	bool transport)
{
	struct beside nearest = { .policy = NULL };
	int best = -1;

	for (size_t i = 0; i < sa->peer->child_count; i++) {
		const struct ike_child_policy *policy = &sa->peer->children[i];
		struct beside one;
		int is;

		if (ike_is_shunt(policy->mode))
			continue;
		one = beside(sa, policy, tsi, tsr, transport);
		is = one.local_fits + one.remote_fits + one.mode_fits;
		if (is <= best)
			continue;
		nearest = one;
		best = is;
	}
	return nearest;
}

static void mend_mode(
	struct ike_explanation *out, const struct ike_sa *sa, bool transport)
{
	explain_key(out, "mode");
	if (transport && child_behind_nat(sa)) {
		explain_look(out, "there is a NAT between us: transport mode "
				  "is not possible, use mode: tunnel on both "
				  "sides");
		return;
	}
	explain_fix_here(out, "mode: tunnel");
	explain_fix_there(out, "mode: transport");
}

/* Where one of ours and one of theirs are alone to blame, either side may take
 * what the other has. */
static void mend_selectors(struct ike_explanation *out,
	const struct beside *near, const char *asked_local,
	const char *asked_remote)
{
	char local[EXPLAIN_VALUE_SIZE], remote[EXPLAIN_VALUE_SIZE];

	list(&near->local, local);
	list(&near->remote, remote);
	if (!near->local_fits && !near->remote_fits) {
		explain_key(out, "local_ts, remote_ts");
		explain_fix_here(out, "local_ts: %.90s and remote_ts: %.90s",
			asked_local, asked_remote);
		explain_fix_there(out, "local_ts: %.90s and remote_ts: %.90s",
			remote, local);
	} else if (!near->local_fits) {
		explain_key(out, "local_ts");
		explain_fix_here(out, "local_ts: %s", asked_local);
		explain_fix_there(out, "remote_ts: %s", local);
	} else {
		explain_key(out, "remote_ts");
		explain_fix_here(out, "remote_ts: %s", asked_remote);
		explain_fix_there(out, "local_ts: %s", remote);
	}
}

void explain_not_wider(struct ike_explanation *out, const void *ctx)
{
	const struct child *child = ctx;
	struct beside there = { .policy = child->policy };
	char local[EXPLAIN_VALUE_SIZE], remote[EXPLAIN_VALUE_SIZE];
	char ours[EXPLAIN_VALUE_SIZE];

	explain_ends(out, child->sa);
	out->initiator = true;
	child_selectors(child->sa, child->policy, &there.local, &there.remote);
	there.local_fits = selectors_cover(&child->local_ts, &there.local);
	there.remote_fits = selectors_cover(&child->remote_ts, &there.remote);
	list(&child->local_ts, local);
	list(&child->remote_ts, remote);
	explain_row(out, "local_ts", !there.local_fits, local,
		list(&there.local, ours));
	explain_row(out, "remote_ts", !there.remote_fits, remote,
		list(&there.remote, ours));
	mend_selectors(out, &there, local, remote);
}

static const char *mode_text(bool transport)
{
	return transport ? "transport" : "tunnel";
}

void explain_selectors(struct ike_explanation *out, const struct ike_sa *sa,
	const struct message *in)
{
	const bool transport = message_notify(in, USE_TRANSPORT_MODE) != NULL;
	char asked_local[EXPLAIN_VALUE_SIZE], asked_remote[EXPLAIN_VALUE_SIZE];
	char ours[EXPLAIN_VALUE_SIZE];
	struct selectors tsi, tsr;
	struct beside near;

	explain_ends(out, sa);
	out->initiator = false;
	selectors_read(&in->tsi, &tsi);
	selectors_read(&in->tsr, &tsr);
	list(&tsr, asked_local);
	list(&tsi, asked_remote);
	near = nearest_child(sa, &tsi, &tsr, transport);
	if (!near.policy) {
		explain_row(out, "local_ts", true, asked_local, NULL);
		explain_row(out, "remote_ts", true, asked_remote, NULL);
		explain_key(out, "children");
		explain_fix_here(out,
			"a child with local_ts: %.90s and remote_ts: %.90s",
			asked_local, asked_remote);
		return;
	}
	snprintf(out->child, sizeof(out->child), "%s", near.policy->name);
	explain_row(out, "local_ts", !near.local_fits, asked_local,
		list(&near.local, ours));
	explain_row(out, "remote_ts", !near.remote_fits, asked_remote,
		list(&near.remote, ours));
	explain_row(out, "mode", !near.mode_fits, mode_text(transport),
		mode_text(near.policy->mode == IKE_MODE_TRANSPORT));
	if (near.local_fits && near.remote_fits)
		mend_mode(out, sa, transport);
	else if (near.mode_fits && tsi.count > 0 && tsr.count > 0)
		mend_selectors(out, &near, asked_local, asked_remote);
	else
		explain_key(out, "mode");
}

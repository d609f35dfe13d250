/* strangers.c - IKE SAs of peers who have not proven who they are: how many, and from where.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/strangers.h"

#include "ikev2/counts.h"
#include "ikev2/explain.h"

#include <stdio.h>

enum {
	SOURCE, /* places in struct strangers */
	NETWORK,
	NETWORK_OCTETS_4 = 3, /* /24 */
	NETWORK_OCTETS_6 = 7, /* /56 */
	SOURCE_OCTETS_6 = 8,  /* /64: what one host has (RFC 8019) */
};

/* --- Where they are from -------------------------------------------------- */

static uint64_t network_hash(const struct ike *ike, const struct ike_addr *addr)
{
	return ike_hash(ike, addr->octets,
		addr->family == 4 ? NETWORK_OCTETS_4 : NETWORK_OCTETS_6);
}

static bool same_source(const struct ike_addr *a, const struct ike_addr *b)
{
	if (a->family != 6 || b->family != 6)
		return ike_addr_equal(a, b);
	return memcmp(a->octets, b->octets, SOURCE_OCTETS_6) == 0;
}

struct strangers strangers_near(
	const struct ike *ike, const struct ike_addr *addr)
{
	struct table_node *node =
		table_first(&ike->by_source, network_hash(ike, addr));
	struct strangers there = { .open = { 0 } };

	for (; node; node = table_next(node)) {
		const struct ike_sa *sa =
			HOLDER(node, struct ike_sa, by_source);
		uint64_t *found = sa->refused ? there.refused : there.open;

		found[NETWORK]++;
		if (same_source(&sa->stranger_from, addr))
			found[SOURCE]++;
	}
	return there;
}

/* --- Limits --------------------------------------------------------------- */

/* RFC 7296 section 2.6: with many, only who can hear us. */
bool strangers_need_cookie(const struct ike *ike, const struct strangers *there)
{
	const uint64_t each = ike->limits.half_open_per_source;

	return ike->half_open + ike->refused >= ike->limits.cookie_threshold ||
	       there->open[SOURCE] + there->refused[SOURCE] >= each / 2 ||
	       there->open[NETWORK] + there->refused[NETWORK] >=
		       SOURCES_A_NETWORK * each / 2;
}

/* One that is reached. */
struct limit {
	const char *key; /* of the configuration, or "": it is in none .. */
	const char *what;
	uint64_t is, most;
	uint64_t times; /* .. and so many times its value is the limit */
	bool refused;
};

/* Of all refused nobody is locked out but who is among them. */
static bool find_limit(const struct ike *ike, const struct strangers *there,
	struct limit *found)
{
	static const char source[] = "half_open_per_source";
	static const char all[] = "half_open_limit";
	const struct ike_limits *limits = &ike->limits;
	const uint64_t each = limits->half_open_per_source;
	const uint64_t ours = there->refused[SOURCE] > 0 ? ike->refused : 0;
	const struct limit rows[] = {
		{ source, "half-open IKE SAs from there", there->open[SOURCE],
			each, 1, false },
		{ source, "half-open IKE SAs from its network",
			there->open[NETWORK], each, SOURCES_A_NETWORK, false },
		{ all, "half-open IKE SAs", ike->half_open,
			limits->half_open_limit, 1, false },
		{ source, "IKE SAs from there that we have just refused",
			there->refused[SOURCE], each, REFUSED_A_PLACE, true },
		{ source, "IKE SAs from its network that we have just refused",
			there->refused[NETWORK], each,
			SOURCES_A_NETWORK * REFUSED_A_PLACE, true },
		{ all, "IKE SAs that we have just refused, from there, too",
			ours, limits->half_open_limit, 1, true },
		{ "", "IKE SAs", ike->sa_count,
			limits->max_sas ? limits->max_sas : UINT32_MAX, 1,
			false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].is < rows[i].most * rows[i].times)
			continue;
		*found = rows[i];
		return true;
	}
	return false;
}

static void explain_limit(struct ike_explanation *out, const void *ctx)
{
	const struct limit *limit = ctx;
	char is[EXPLAIN_VALUE_SIZE], most[EXPLAIN_VALUE_SIZE];

	snprintf(is, sizeof(is), "%llu", (unsigned long long)limit->is);
	snprintf(most, sizeof(most), "at most %llu",
		(unsigned long long)(limit->most * limit->times));
	explain_key(out, limit->key);
	explain_row(
		out, limit->refused ? "refused" : "half-open", true, is, most);
	if (limit->refused)
		explain_look(out,
			"why they were refused is in the log, and what was "
			"explained before: mend that, and wait half a minute");
	else
		explain_look(out,
			"they have begun, and IKE_AUTH did not come: does "
			"something on the way drop UDP 4500, or fragments?  "
			"Many behind one address need a greater "
			"half_open_per_source");
}

/* The peer whose addresses fit best, or NULL. */
static const struct dial *peer_there(const struct ike *ike,
	const struct ike_endpoint *local, const struct ike_endpoint *remote)
{
	const struct dial *best = NULL;
	unsigned best_rank = 0;

	for (size_t i = 0; i < ike->dials.count; i++) {
		const struct dial *dial = ike->dials.dial[i];
		const unsigned rank = dial_fits(dial, local, remote);

		if (rank > best_rank) {
			best = dial;
			best_rank = rank;
		}
	}
	return best;
}

static void tell(struct ike *ike, const struct limit *limit)
{
	char addr[IKE_ADDR_SIZE], times[32] = "", text[EXPLAIN_TEXT_SIZE];
	const struct dial *dial;
	const char *peer;

	if (!ike_may_complain(ike))
		return;
	dial = peer_there(ike, &ike->datagram->local, &ike->datagram->remote);
	peer = dial ? dial->peer->name : NULL;
	if (limit->times > 1)
		snprintf(times, sizeof(times), "%llu times ",
			(unsigned long long)limit->times);
	snprintf(text, sizeof(text),
		"no answer to IKE_SA_INIT from %s: there are %llu %s (%s%s%s%llu)",
		ike_addr_text(&ike->datagram->remote.addr, addr),
		(unsigned long long)limit->is, limit->what, times, limit->key,
		limit->key[0] ? ": " : "at most ",
		(unsigned long long)limit->most);
	explain_next(ike, explain_limit, limit);
	explain_tell(ike, IKE_CAUSE_FAILED, IKE_OK, peer, NULL, text);
	ike_note(ike, EVENT_HALF_OPEN_LIMIT, peer,
		FACTS(fact_endpoint("remote", &ike->datagram->remote),
			fact_number("there", limit->is),
			fact_number("most", limit->most * limit->times)),
		"%s", text);
}

bool strangers_too_many(struct ike *ike, const struct strangers *there)
{
	struct limit limit;

	if (!find_limit(ike, there, &limit))
		return false;
	count_dropped(ike, NULL,
		limit.refused ? IKE_DROPPED_REFUSED : IKE_DROPPED_HALF_OPEN);
	tell(ike, &limit);
	return true;
}

/* --- They come and go ----------------------------------------------------- */

void strangers_enter(struct ike_sa *sa, uint64_t init_hash)
{
	struct ike *ike = sa->ike;

	sa->half_open = true;
	ike->half_open++;
	table_add(&ike->by_init, &sa->by_init, init_hash);
	sa->stranger_from = sa->remote.addr;
	table_add(&ike->by_source, &sa->by_source,
		network_hash(ike, &sa->stranger_from));
}

static void leave_half_open(struct ike_sa *sa)
{
	sa->half_open = false;
	sa->ike->half_open--;
	table_remove(&sa->ike->by_init, &sa->by_init);
}

/* By when they were refused: the oldest is first_refused. */
static void join_refused(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	sa->refused = true;
	ike->refused++;
	sa->refused_older = ike->last_refused;
	if (ike->last_refused)
		ike->last_refused->refused_newer = sa;
	else
		ike->first_refused = sa;
	ike->last_refused = sa;
}

static void leave_refused(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	if (sa->refused_older)
		sa->refused_older->refused_newer = sa->refused_newer;
	else
		ike->first_refused = sa->refused_newer;
	if (sa->refused_newer)
		sa->refused_newer->refused_older = sa->refused_older;
	else
		ike->last_refused = sa->refused_older;
	sa->refused_older = sa->refused_newer = NULL;
	sa->refused = false;
	ike->refused--;
}

void strangers_refuse(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	if (!sa->half_open)
		return;
	leave_half_open(sa);
	join_refused(sa);
	/* Its answer is kept, and the keys that its repeat is known by. */
	sa_handshake_done(sa);
	if (ike->refused > ike->limits.half_open_limit)
		sa_die(ike->first_refused, IKE_CAUSE_NONE, NULL);
}

void strangers_leave(struct ike_sa *sa)
{
	if (!sa->half_open && !sa->refused)
		return;
	if (sa->half_open)
		leave_half_open(sa);
	else
		leave_refused(sa);
	table_remove(&sa->ike->by_source, &sa->by_source);
}

/* --- Those that do not go on ----------------------------------------------- */

/* It may have begun anew, and come up. */
static bool came_up_since(const struct dial *dial, const struct ike_sa *sa)
{
	const struct ike_sa *best = dial_best(dial);

	return best && best->established_ms >= sa->born_ms;
}

/* Anybody can have sent the IKE_SA_INIT, with any address. */
static void tell_half_open(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	const struct dial *dial = peer_there(ike, &sa->local, &sa->remote);
	struct explain_half_open half = { .sa = sa };
	char addr[IKE_ADDR_SIZE], text[EXPLAIN_TEXT_SIZE];

	if (!dial || sa->phase != PHASE_AUTH || came_up_since(dial, sa) ||
		!ike_may_complain(ike))
		return;
	half.peer = dial->peer;
	snprintf(text, sizeof(text),
		"%s has begun, but did not send IKE_AUTH within %u s of our "
		"answer",
		ike_addr_text(&sa->remote.addr, addr),
		ike->limits.half_open_ms / 1000);
	explain_next(ike, explain_half_open, &half);
	explain_tell(ike, IKE_CAUSE_UNREACHABLE, IKE_OK, dial->peer->name, NULL,
		text);
}

void strangers_expire(struct ike_sa *sa)
{
	tell_half_open(sa);
	sa_die(sa, IKE_CAUSE_UNREACHABLE, NULL);
}

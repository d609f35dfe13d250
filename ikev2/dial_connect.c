/* dial_connect.c - on the way to an IKE SA: the names looked up, the addresses tried one by one.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/exchange.h"
#include "ikev2/explain.h"

enum {
	/* Strangers must not make us flood a name server. */
	LOOK_AGAIN_MS = 10000,
	LOOKS_AT_ONCE = 8,
};

void dial_next_address(struct ike *ike, struct dial *dial)
{
	const struct ike_address_pair *pair = &dial->pairs[dial->pair_next++];
	const struct work init = { .exchange = &exchange_init };
	uint16_t port = dial->peer->remote.port ? dial->peer->remote.port
						: ike->limits.port;
	const struct ike_endpoint local = { pair->local, ike->limits.port };
	const struct ike_endpoint remote = { pair->remote, port };
	struct ike_sa *sa = sa_new(ike, true, &local, &remote);
	char addr[IKE_ADDR_SIZE];

	if (!sa) {
		dial_retry(ike, dial, NULL);
		return;
	}
	sa->peer = ike_peer_ref(dial->peer);
	dial_adopt(dial, sa);
	dial->attempt = sa;
	ike_report(ike, EVENT_TRYING, IKE_CAUSE_NONE, dial->peer->name, NULL,
		FACTS(fact_endpoint("remote", &remote)),
		"connecting to %s port %u", ike_addr_text(&remote.addr, addr),
		port);
	(void)sa_want(sa, &init);
}

/* NULL: there is none to be looked up. */
static const char *name_of(const struct dial *dial)
{
	const struct ike_side *remote = &dial->peer->remote;

	for (size_t i = 0; i < remote->place_count; i++) {
		if (remote->places[i].kind == IKE_PLACE_NAME)
			return remote->places[i].name;
	}
	return NULL;
}

static void ask_addresses(struct ike *ike, const struct dial *dial)
{
	struct ike_effect *effect = ike_emit(ike, IKE_RESOLVE);

	effect->sa = dial->birth;
	effect->resolve = dial->peer;
}

void dial_start(struct ike *ike, struct dial *dial)
{
	const char *name = name_of(dial);

	ike_touch_dial(ike, dial);
	dial->next_try_ms = IKE_NEVER;
	if (dial->attempt || dial->resolving || ike->stopping ||
		!dial_usable(dial) || dial_is_template(dial))
		return;
	ike_report(ike, EVENT_CONNECTING, IKE_CAUSE_NONE, dial->peer->name,
		NULL, NO_FACTS, "connecting%s%s", name ? ": looking up " : "",
		name ? name : "");
	dial->resolving = true;
	ask_addresses(ike, dial);
}

void dial_again(struct ike *ike, struct dial *dial)
{
	if (dial->attempt || dial->resolving)
		return;
	dial_start(ike, dial);
	dial->again = dial->resolving;
}

void dial_look(struct ike *ike, struct dial *dial)
{
	bool needed = dial_usable(dial) && !dial_is_template(dial);

	if (!needed || dial->resolving)
		return;
	dial->looked_ms = ike->now.mono_ms;
	ask_addresses(ike, dial);
}

bool dial_has_name(const struct dial *dial)
{
	return name_of(dial) != NULL;
}

/* Until its name is known a peer cannot be told from a stranger. */
static void look_later(struct ike *ike, struct dial *dial)
{
	if (dial->next_try_ms != IKE_NEVER || ike->stopping)
		return;
	dial->looks_failed++;
	dial->next_try_ms =
		ike->now.mono_ms + dial_retry_ms(ike, dial->looks_failed);
}

void dial_look_again(struct ike *ike)
{
	size_t looks = 0;

	for (size_t i = 0; i < ike->dials.count && looks < LOOKS_AT_ONCE; i++) {
		struct dial *dial = ike->dials.dial[i];

		if (!dial_has_name(dial) ||
			ike->now.mono_ms - dial->looked_ms < LOOK_AGAIN_MS)
			continue;
		dial_look(ike, dial);
		looks++;
	}
}

void ike_resolved(struct ike *ike, struct ike_now now,
	const struct ike_resolution *resolution)
{
	struct dial *dial = dial_named(ike, resolution->peer);
	size_t count = resolution->count;

	bool connect, again;

	/* A reload may have put another peer into its place, whose addresses
	 * these are not. */
	if (!dial || (resolution->asked && resolution->asked != dial->birth) ||
		!ike_begin(ike, now))
		return;
	connect = dial->resolving;
	again = dial->again;
	dial->resolving = dial->again = false;
	ike_touch_dial(ike, dial);
	if (count > MAX_ADDRESS_PAIRS)
		count = MAX_ADDRESS_PAIRS;
	if (count == 0 && connect) {
		explain_next(ike, explain_unreachable, dial);
		dial_failed(ike, dial,
			resolution->cause ? resolution->cause : IKE_CAUSE_NAME,
			IKE_OK, NULL, "%s",
			resolution->error ? resolution->error
					  : "no address to connect to");
		dial_retry(ike, dial, NULL);
	} else if (count == 0) {
		look_later(ike, dial);
	} else {
		dial->looks_failed = 0;
		memcpy(dial->pairs, resolution->pairs,
			count * sizeof(dial->pairs[0]));
		dial->pair_count = count;
		dial->pair_next = connect ? 0 : count;
		dial_set_traps(ike, dial);
		/* The peer may have been faster than its name server. */
		if (connect && !again && dial_best(dial))
			dial_fill(ike, dial);
		else if (connect)
			dial_next_address(ike, dial);
	}
	ike_end(ike);
}

void dial_cancel(struct ike *ike, struct dial *dial)
{
	struct ike_sa *attempt = dial->attempt;

	ike_touch_dial(ike, dial);
	dial->resolving = dial->again = false;
	dial->next_try_ms = IKE_NEVER;
	dial->pair_next = dial->pair_count;
	if (attempt)
		sa_die(attempt, IKE_CAUSE_NONE, NULL);
}

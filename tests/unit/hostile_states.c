/* hostile_states.c - what may happen when: every phase, exchange, role and direction (N22, N23).
 * SPDX-License-Identifier: ISC
 *
 * What is expected is written here once more, from RFC 7296 and not from the
 * core's table.  Whatever is not expected leaves the IKE SA as it was, octet for
 * octet, although the peer has the keys, and sends nothing.
 */
#include "ikev2/engine.h"
#include "ikev2/exchange.h"
#include "tests/unit/hostile.h"

/* What the peer says in AUTH, or would have said. */
static struct parts proof;

/* --- The way into each phase ---------------------------------------------- */

static struct ike_now this_moment(void)
{
	return (struct ike_now){ core.now_ms, 0 };
}

static void core_wishes(enum ike_wish_result (*what)(struct ike *,
				struct ike_now, const struct ike_wish *),
	const char *child)
{
	const struct ike_wish wish = { "bent", child };

	core.sent_count = 0;
	ck_assert_int_eq(
		what(core.ike, this_moment(), &wish), IKE_WISH_STARTED);
	ike_tick(core.ike, this_moment());
	core_settle();
}

static void init_asked(void)
{
	core_dial();
	bent_hear_request();
	bent_init_parts(&proof);
}

static void auth_asked(void)
{
	core_dial();
	bent_responds_keys();
	bent_auth_parts(&proof);
}

static void auth_expected(void)
{
	bent_initiates_keys();
	bent_auth_parts(&proof);
}

static void up_as_initiator(void)
{
	auth_asked();
	bent_answer(IKE_AUTH, &proof);
	bent.in_id++;
}

static void up_as_responder(void)
{
	auth_expected();
	bent_ask(IKE_AUTH, &proof);
	bent.out_id++;
}

/* The core has asked, and has no answer. */
static void in_flight(uint8_t exchange)
{
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert(bent_open(0));
	ck_assert_uint_eq(bent.in.header.exchange, exchange);
	ck_assert(!header_is_response(&bent.in.header));
	bent.in_id = bent.in.header.message_id;
}

static void child_rekey_asked_as_initiator(void)
{
	up_as_initiator();
	core_wishes(ike_rekey, "net");
	in_flight(CREATE_CHILD_SA);
}

static void child_rekey_asked_as_responder(void)
{
	up_as_responder();
	core_wishes(ike_rekey, "net");
	in_flight(CREATE_CHILD_SA);
}

static void child_delete_asked_as_initiator(void)
{
	up_as_initiator();
	core_wishes(ike_down, "net");
	in_flight(INFORMATIONAL);
}

static void child_delete_asked_as_responder(void)
{
	up_as_responder();
	core_wishes(ike_down, "net");
	in_flight(INFORMATIONAL);
}

static void delete_asked_as_initiator(void)
{
	up_as_initiator();
	core_wishes(ike_down, NULL);
	in_flight(INFORMATIONAL);
}

static void delete_asked_as_responder(void)
{
	up_as_responder();
	core_wishes(ike_down, NULL);
	in_flight(INFORMATIONAL);
}

/* It is to be deleted while its rekey is in flight. */
static void closing_after_a_rekey(void)
{
	child_rekey_asked_as_responder();
	core_wishes(ike_down, NULL);
	ck_assert_uint_eq(core.sent_count, 0);
}

static void delete_ike(void)
{
	parts.count = 0;
	parts_add(&parts, PAYLOAD_DELETE, hex("01000000"));
	bent_ask(INFORMATIONAL, &parts);
	bent.out_id++;
}

static void deleted_as_initiator(void)
{
	up_as_initiator();
	delete_ike();
}

static void deleted_as_responder(void)
{
	up_as_responder();
	delete_ike();
}

static void refused_as_initiator(void)
{
	auth_asked();
	part_of(&proof, PAYLOAD_AUTH)->body[4] ^= 1;
	bent_answer(IKE_AUTH, &proof);
	part_of(&proof, PAYLOAD_AUTH)->body[4] ^= 1;
	in_flight(INFORMATIONAL);
}

static void refused_as_responder(void)
{
	auth_expected();
	part_of(&proof, PAYLOAD_AUTH)->body[4] ^= 1;
	bent_ask(IKE_AUTH, &proof);
	part_of(&proof, PAYLOAD_AUTH)->body[4] ^= 1;
	bent_hears_error(AUTHENTICATION_FAILED);
	bent.out_id++;
}

/* --- What is expected in it ----------------------------------------------- */

enum { NONE = 0 };

static const struct stage {
	const char *name;
	void (*reach)(void);
	enum sa_phase phase;
	bool initiator;
	uint8_t does[2];  /* requests that are answered as asked */
	uint8_t puts_off; /* answered with TEMPORARY_FAILURE: section 2.25.2 */
	bool says_so;     /* INVALID_SYNTAX for what it does not know */
	uint8_t takes;    /* the response that it waits for */
} stages[] = {
	/* Section 1.2: the first exchanges are asked by the initiator alone, in
	 * this order, and nothing else before them; 2.21.2. */
	{ "IKE_SA_INIT asked", init_asked, PHASE_INIT, true, { NONE }, NONE,
		false, IKE_SA_INIT },
	{ "IKE_AUTH asked", auth_asked, PHASE_AUTH, true, { NONE }, NONE, false,
		IKE_AUTH },
	{ "IKE_AUTH expected", auth_expected, PHASE_AUTH, false, { IKE_AUTH },
		NONE, false, NONE },
	/* Sections 1.3 and 1.4: then both may ask for both. */
	{ "up, initiator", up_as_initiator, PHASE_ESTABLISHED, true,
		{ CREATE_CHILD_SA, INFORMATIONAL }, NONE, true, NONE },
	{ "up, responder", up_as_responder, PHASE_ESTABLISHED, false,
		{ CREATE_CHILD_SA, INFORMATIONAL }, NONE, true, NONE },
	{ "child rekey asked, initiator", child_rekey_asked_as_initiator,
		PHASE_ESTABLISHED, true, { CREATE_CHILD_SA, INFORMATIONAL },
		NONE, true, CREATE_CHILD_SA },
	{ "child rekey asked, responder", child_rekey_asked_as_responder,
		PHASE_ESTABLISHED, false, { CREATE_CHILD_SA, INFORMATIONAL },
		NONE, true, CREATE_CHILD_SA },
	{ "child delete asked, initiator", child_delete_asked_as_initiator,
		PHASE_ESTABLISHED, true, { CREATE_CHILD_SA, INFORMATIONAL },
		NONE, true, INFORMATIONAL },
	{ "child delete asked, responder", child_delete_asked_as_responder,
		PHASE_ESTABLISHED, false, { CREATE_CHILD_SA, INFORMATIONAL },
		NONE, true, INFORMATIONAL },
	/* Sections 1.4.1 and 2.25.2: nothing new on one that is deleted. */
	{ "delete asked, initiator", delete_asked_as_initiator, PHASE_CLOSING,
		true, { INFORMATIONAL }, CREATE_CHILD_SA, false,
		INFORMATIONAL },
	{ "delete asked, responder", delete_asked_as_responder, PHASE_CLOSING,
		false, { INFORMATIONAL }, CREATE_CHILD_SA, false,
		INFORMATIONAL },
	{ "to be deleted, rekey asked", closing_after_a_rekey, PHASE_CLOSING,
		false, { INFORMATIONAL }, CREATE_CHILD_SA, false,
		CREATE_CHILD_SA },
	{ "deleted, initiator", deleted_as_initiator, PHASE_CLOSING, true,
		{ INFORMATIONAL }, CREATE_CHILD_SA, false, NONE },
	{ "deleted, responder", deleted_as_responder, PHASE_CLOSING, false,
		{ INFORMATIONAL }, CREATE_CHILD_SA, false, NONE },
	/* Section 2.21.2: it has never come to be. */
	{ "refused, initiator", refused_as_initiator, PHASE_DISOWNED, true,
		{ NONE }, NONE, false, INFORMATIONAL },
	{ "refused, responder", refused_as_responder, PHASE_DISOWNED, false,
		{ NONE }, NONE, false, NONE },
};

enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

enum outcome { DROPPED, DONE, PUT_OFF, UNKNOWN };

static enum outcome expected(
	const struct stage *stage, uint8_t type, bool response)
{
	if (response)
		return stage->takes != NONE && type == stage->takes ? DONE
								    : DROPPED;
	if (type == NONE)
		return stage->says_so ? UNKNOWN : DROPPED;
	if (type == stage->does[0] || type == stage->does[1])
		return DONE;
	if (type == stage->puts_off)
		return PUT_OFF;
	/* It goes in clear, and begins another IKE SA. */
	return stage->says_so && type != IKE_SA_INIT ? UNKNOWN : DROPPED;
}

/* The IKE SA in a fresh core. */
static struct ike_sa *reach(const struct stage *stage)
{
	struct ike_sa *sa;

	close_core();
	core_open(&plain);
	core.peers.peer[0]->dpd_delay_ms = 0;
	stage->reach();
	ck_assert_uint_eq(core.ike->sa_count, 1);
	sa = core.ike->sas[0];
	ck_assert_msg(
		sa->phase == stage->phase &&
			sa->initiator == stage->initiator &&
			(sa->window.request != NULL) == (stage->takes != NONE),
		"%s", stage->name);
	return sa;
}

/* --- What is not expected ------------------------------------------------- */

enum { BODIES = 5 };

/* What would change most if it were looked at. */
static const struct parts *body_of(int which)
{
	parts.count = 0;
	switch (which) {
	case 1:
		parts_add(&parts, PAYLOAD_DELETE, hex("01000000"));
		break;
	case 2:
		parts_notify(&parts, AUTHENTICATION_FAILED, hex(""));
		break;
	case 3:
	case 4:
		return &proof;
	}
	return &parts;
}

/* Sealed with the right keys, in the right order; the last body in clear. */
static void give(uint8_t type, bool response, int body)
{
	const struct ike_header header = bent_header(
		type, response, response ? bent.in_id : bent.out_id);

	core_give(body == BODIES - 1 ? bent_clear(&header, body_of(body))
				     : bent_sealed(&header, body_of(body)));
}

/* All of the IKE SA, and what the world has of it. */
struct look {
	struct ike_sa sa;
	struct handshake handshake;
	size_t count;
	size_t half_open;
	int sas, policies, ike_up, child_up, child_down, failed, turned_away;
};

static void look(const struct ike_sa *sa, struct look *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(&out->sa, sa, sizeof(*sa));
	if (sa->handshake)
		memcpy(&out->handshake, sa->handshake, sizeof(*sa->handshake));
	out->count = core.ike->sa_count;
	out->half_open = core.ike->half_open;
	out->sas = core.sas;
	out->policies = core.policies;
	out->ike_up = core.ike_up;
	out->child_up = core.child_up;
	out->child_down = core.child_down;
	out->failed = core.failed;
	out->turned_away = core.turned_away;
}

START_TEST(n22_n23_what_is_not_expected_changes_nothing)
{
	static struct look before, after;
	const struct stage *stage = &stages[_i];
	const struct ike_sa *sa = reach(stage);

	look(sa, &before);
	for (int n = 0; n < 256 * 2 * BODIES; n++) {
		const uint8_t type = (uint8_t)n;
		const bool response = n >> 8 & 1;
		const int body = n >> 9;

		if (expected(stage, type, response) != DROPPED)
			continue;
		give(type, response, body);
		ck_assert_msg(core.sent_count == 0 &&
				      core.ike->sa_count == before.count,
			"%s: %s %u, body %d", stage->name,
			response ? "response" : "request", type, body);
		look(sa, &after);
		ck_assert_msg(memcmp(&before, &after, sizeof(before)) == 0,
			"%s: %s %u, body %d", stage->name,
			response ? "response" : "request", type, body);
	}
}
END_TEST

/* --- What is expected ----------------------------------------------------- */

/* A request that asks for what can be done. */
static void honest_request_of(uint8_t type)
{
	parts.count = 0;
	if (type == IKE_AUTH)
		parts = proof;
	else if (type == CREATE_CHILD_SA)
		bent_child_parts(&parts, false);
}

/* The core's one packet is the response to that, and says this error, or none. */
static void hears(const char *stage, uint8_t type, uint16_t error)
{
	const struct payload_notify *notify;

	ck_assert_msg(core.sent_count >= 1 && bent_open(0), "%s: %u: silence",
		stage, type);
	notify = message_error(&bent.in);
	ck_assert_msg(header_is_response(&bent.in.header) &&
			      bent.in.header.exchange == type &&
			      (notify ? notify->type : 0) == error,
		"%s: %u: error %u", stage, type, notify ? notify->type : 0);
}

static void check_request(const struct stage *stage, uint8_t type)
{
	struct look before;

	look(reach(stage), &before);
	honest_request_of(type);
	bent_ask(type, &parts);
	switch (expected(stage, type, false)) {
	case DROPPED:
		return;
	case DONE:
		/* The child is not configured; it was looked for. */
		hears(stage->name, type,
			type == CREATE_CHILD_SA ? TS_UNACCEPTABLE : 0);
		return;
	case PUT_OFF:
		hears(stage->name, type, TEMPORARY_FAILURE);
		break;
	case UNKNOWN:
		hears(stage->name, type, INVALID_SYNTAX);
		break;
	}
	ck_assert_int_eq(core.ike->sas[0]->phase, stage->phase);
	ck_assert_uint_eq(core.ike->sas[0]->child_count, before.sa.child_count);
	ck_assert_int_eq(core.sas, before.sas);
}

/* The answer is taken: the window is open again, or the IKE SA at its end. */
static void check_response(const struct stage *stage)
{
	const struct ike_sa *sa = reach(stage);
	const uint32_t id = sa->window.out_id;

	if (stage->phase == PHASE_INIT || stage->phase == PHASE_AUTH)
		parts = proof;
	else
		parts.count = 0;
	if (stage->phase == PHASE_INIT)
		bent_answer_init(&parts);
	else
		bent_answer(stage->takes, &parts);
	if (core.ike->sa_count > 0)
		ck_assert_msg(sa->window.out_id == id + 1, "%s", stage->name);
	else
		ck_assert_msg(stage->phase == PHASE_CLOSING ||
				      stage->phase == PHASE_DISOWNED,
			"%s", stage->name);
	ck_assert_int_eq(core_established() > 0,
		stage->phase == PHASE_AUTH ||
			stage->phase == PHASE_ESTABLISHED);
}

START_TEST(n22_n23_what_is_expected_is_done)
{
	const struct stage *stage = &stages[_i];

	for (unsigned type = 0; type <= 255; type++) {
		if (expected(stage, (uint8_t)type, false) != DROPPED)
			check_request(stage, (uint8_t)type);
	}
	if (stage->takes != NONE)
		check_response(stage);
}
END_TEST

/* --- What we ask ---------------------------------------------------------- */

/* May this be asked in that phase?  Sections 1.2 to 1.4. */
static bool may_ask(const struct stage *stage, const struct exchange *exchange)
{
	if (stage->phase == PHASE_ESTABLISHED)
		return exchange->type == CREATE_CHILD_SA ||
		       exchange->type == INFORMATIONAL;
	return stage->phase == PHASE_CLOSING && exchange == &exchange_delete;
}

/* Whatever is wished for, on an IKE SA whose window is free. */
START_TEST(n22_n23_what_cannot_be_asked_is_not)
{
	static const struct exchange *const exchanges[] = { &exchange_init,
		&exchange_auth, &exchange_child_new, &exchange_child_rekey,
		&exchange_rekey, &exchange_delete, &exchange_liveness,
		&exchange_address_update, &exchange_address_check,
		&exchange_address_list };
	const struct stage *stage = &stages[_i];

	for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
		const struct work work = { .exchange = exchanges[i] };
		struct ike_sa *sa = reach(stage);

		if (stage->takes != NONE || may_ask(stage, exchanges[i]))
			continue;
		core.sent_count = 0;
		ck_assert(sa_want(sa, &work));
		ike_tick(core.ike, this_moment());
		core_settle();
		ck_assert_msg(core.sent_count == 0 && sa->queue_count == 0,
			"%s: %s", stage->name, exchanges[i]->name);
	}
}
END_TEST

/* What may be asked is: all that needs nothing but an IKE SA. */
START_TEST(n22_n23_what_can_be_asked_is)
{
	static const struct exchange *const exchanges[] = { &exchange_rekey,
		&exchange_delete, &exchange_liveness };
	const struct stage *stage = &stages[_i];

	for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
		const struct work work = { .exchange = exchanges[i] };
		struct ike_sa *sa = reach(stage);

		if (stage->takes != NONE || !may_ask(stage, exchanges[i]))
			continue;
		core.sent_count = 0;
		ck_assert(sa_want(sa, &work));
		ike_tick(core.ike, this_moment());
		core_settle();
		in_flight(exchanges[i]->type);
	}
}
END_TEST

SUITE(hostile_states)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	loop_test(n22_n23_what_is_not_expected_changes_nothing, STAGES);
	loop_test(n22_n23_what_is_expected_is_done, STAGES);
	loop_test(n22_n23_what_cannot_be_asked_is_not, STAGES);
	loop_test(n22_n23_what_can_be_asked_is, STAGES);
}

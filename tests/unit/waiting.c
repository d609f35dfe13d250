/* waiting.c - an exchange that waits for an answer from outside: what happens meanwhile, and afterwards.
 * SPDX-License-Identifier: ISC
 *
 * Two or more hosts, 10 ms apart.  What has to be asked in IKE_AUTH, and how often,
 * says the test.
 */
#include "tests/unit/waiting_fake.h"

#include "tests/sim/sim.h"
#include "tests/suite.h"

/* --- The stage ------------------------------------------------------------ */

static struct bytes serve(
	struct sim *sim, const struct revocation_question *question)
{
	(void)sim;
	ck_assert_int_eq(strncmp(question->url, "http://web/", 11), 0);
	return bytes_of("anything", 8);
}

/* Host b has a link with every other one. */
static struct sim *stage(unsigned hosts)
{
	struct sim *sim = sim_new(1);

	ck_assert_ptr_nonnull(sim);
	memset(&fake, 0, sizeof(fake));
	fake.questions = 1;
	sim->calm = true;
	sim->web.serve = serve;
	for (unsigned i = 0; i < hosts; i++)
		sim_add_host(sim);
	for (unsigned i = 0; i < hosts; i++) {
		struct sim_link *link;

		if (i == 1)
			continue;
		link = sim_add_link(sim, i, 1);
		link->base_ms = 2000;
		link->tries = 5;
		link->dpd_ms = 30000;
	}
	trace_start(sim, NULL);
	return sim;
}

static void begin(struct sim *sim)
{
	for (unsigned i = 0; i < sim->hosts; i++) {
		for (size_t n = 0; n < sim->links; n++)
			sim->host[i].config.present[n] =
				sim->link[n].host[0] == i ||
				sim->link[n].host[1] == i;
		sim_start(sim, &sim->host[i]);
	}
	sim_run(sim, 1000);
}

static void end(struct sim *sim)
{
	ck_assert_msg(!sim->failed, "%s\n%s", sim->failure, trace_text(sim));
	sim_free(sim);
	memset(&fake, 0, sizeof(fake));
}

static void up(struct sim *sim, unsigned host)
{
	ck_assert_int_eq(
		(int)sim_up(sim, &sim->host[host], &sim->host[1], NULL),
		IKE_WISH_STARTED);
}

/* IKE SAs that are established at these two. */
static void expect(struct sim *sim, unsigned host, size_t there, size_t at_b)
{
	const struct sim_host *b = &sim->host[1];

	ck_assert_msg(oracle_ike_sas(sim, &sim->host[host], b) == there &&
			      oracle_ike_sas(sim, b, &sim->host[host]) == at_b,
		"not %zu and %zu\n%s", there, at_b, trace_text(sim));
}

static struct fake_look look(const struct sim *sim, unsigned host)
{
	return fake_look(sim->host[host].ike);
}

/* --- As responder --------------------------------------------------------- */

START_TEST(responder_waits)
{
	struct sim *sim = stage(2);

	fake.responder = true;
	sim->web.delay_ms = 5000;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 4900);
	/* It has come again, and nobody has answered. */
	ck_assert_uint_ge(sim->host[0].repeats[1], 1);
	expect(sim, 0, 0, 0);
	ck_assert_uint_eq(sim->web.asked, 1);
	ck_assert_uint_eq(look(sim, 1).half_open, 1);
	ck_assert_uint_eq(look(sim, 1).waiting, 1);
	sim_run(sim, 500);
	expect(sim, 0, 1, 1);
	oracle_pair(sim, &sim->host[0], &sim->host[1], "c1", 1);
	ck_assert_uint_eq(look(sim, 1).half_open, 0);
	ck_assert_uint_eq(look(sim, 1).kept, 0);
	ck_assert_uint_eq(fake.run[0].times, 2);
	end(sim);
}
END_TEST

/* The reply is kept, and goes out again to who asks again: also when the
 * request came in fragments. */
START_TEST(repeats_are_answered_afterwards)
{
	struct sim *sim = stage(2);

	fake.responder = true;
	sim->link[0].fragmentation[0] = sim->link[0].fragmentation[1] = true;
	if (_i == 1)
		sim->host[0].limits.fragment_size = 200;
	sim->web.delay_ms = 1950;
	begin(sim);
	/* The reply is lost, the repeat 50 ms later finds it there. */
	up(sim, 0);
	sim_run(sim, 1900);
	expect(sim, 0, 0, 0);
	sim->net.lose_next[1] = 1;
	sim_run(sim, 100);
	expect(sim, 0, 0, 1);
	sim_run(sim, 2000);
	ck_assert_uint_ge(sim->host[0].repeats[1], 1);
	expect(sim, 0, 1, 1);
	ck_assert_uint_eq(fake.run[0].times, 2);
	end(sim);
}
END_TEST

/* Nobody answers: 10 s, and it goes on with what it knows. */
START_TEST(responder_waits_in_vain)
{
	struct sim *sim = stage(2);

	fake.responder = true;
	fake.questions = 99;
	sim->web.delay_ms = SIM_LOST;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 10000);
	expect(sim, 0, 0, 0);
	sim_run(sim, 100);
	expect(sim, 0, 1, 1);
	ck_assert_uint_eq(sim->web.asked, 1);
	ck_assert_uint_eq(fake.refused_to_ask, 1);
	end(sim);
}
END_TEST

START_TEST(eight_questions)
{
	struct sim *sim = stage(2);

	fake.responder = _i == 0;
	fake.initiator = _i == 1;
	fake.questions = 99;
	sim->web.delay_ms = 100;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 750);
	if (_i == 0)
		expect(sim, 0, 0, 0);
	sim_run(sim, 1000);
	expect(sim, 0, 1, 1);
	ck_assert_uint_eq(sim->web.asked, 8);
	ck_assert_uint_eq(fake.refused_to_ask, 1);
	end(sim);
}
END_TEST

/* 10 s for all of them together: asked at 0, 3, 6 and 9 s. */
START_TEST(ten_seconds_in_all)
{
	struct sim *sim = stage(2);

	fake.responder = _i == 0;
	fake.initiator = _i == 1;
	fake.questions = 99;
	sim->calm = false;
	sim->web.delay_ms = 3000;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 10000);
	ck_assert_uint_eq(
		oracle_ike_sas(sim, &sim->host[_i == 0], &sim->host[_i != 0]),
		0);
	sim_run(sim, 100);
	expect(sim, 0, 1, 1);
	ck_assert_uint_eq(sim->web.asked, 4);
	/* The last answer comes when nobody waits for it any more. */
	sim_run(sim, 5000);
	expect(sim, 0, 1, 1);
	end(sim);
}
END_TEST

START_TEST(refused_after_all)
{
	struct sim *sim = stage(2);

	fake.responder = true;
	fake.refuse = true;
	sim->link[0].fits = false;
	sim->web.delay_ms = 1000;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 900);
	ck_assert_int_eq((int)sim->host[0].last_cause, IKE_CAUSE_NONE);
	sim_run(sim, 500);
	ck_assert_int_eq((int)sim->host[0].last_cause, IKE_CAUSE_REJECTED_US);
	expect(sim, 0, 0, 0);
	end(sim);
}
END_TEST

/* a has given up when b gets its answer: b's SA is one that nobody has. */
START_TEST(answer_after_the_peer_gave_up)
{
	struct sim *sim = stage(2);

	fake.responder = true;
	sim->link[0].base_ms = 1000;
	sim->link[0].tries = 1;
	sim->link[0].dpd_ms = 5000;
	sim->calm = false;
	sim->web.delay_ms = 6000;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 5900);
	ck_assert_int_eq((int)sim->host[0].last_cause, IKE_CAUSE_UNREACHABLE);
	sim_run(sim, 200);
	expect(sim, 0, 0, 1);
	sim_run(sim, 60000);
	expect(sim, 0, 0, 0);
	end(sim);
}
END_TEST

/* Ten SAs, of which only the last of each peer is still wanted. */
START_TEST(ten_for_one_url)
{
	struct sim *sim = stage(4);
	static const unsigned asks[] = { 0, 2 };

	fake.responder = true;
	sim->calm = false;
	sim->web.delay_ms = 5000;
	begin(sim);
	for (unsigned n = 0; n < 5; n++) {
		for (unsigned i = 0; i < 2; i++) {
			struct sim_host *host = &sim->host[asks[i]];

			if (n > 0) {
				sim_kill(sim, host);
				for (size_t k = 0; k < sim->links; k++)
					host->config.present[k] =
						sim->link[k].host[0] ==
						host->index;
				sim_start(sim, host);
			}
			up(sim, asks[i]);
		}
		sim_run(sim, 500);
	}
	ck_assert_uint_eq(look(sim, 1).waiting, 10);
	ck_assert_uint_eq(sim->web.asked, 1);
	sim_run(sim, 4000);
	/* One answer for all. */
	ck_assert_uint_eq(sim->web.asked, 1);
	ck_assert_uint_eq(fake.runs, 10);
	for (size_t i = 0; i < 10; i++)
		ck_assert_uint_eq(fake.run[i].times, 2);
	ck_assert_uint_eq(look(sim, 1).kept, 0);
	ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[0], &sim->host[1]), 1);
	ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[2], &sim->host[1]), 1);
	end(sim);
}
END_TEST

/* The one that has asked already need not be the oldest. */
START_TEST(asked_for_another)
{
	struct sim *sim = stage(4);

	sim->web.delay_ms = 5000;
	begin(sim);
	up(sim, 3);
	sim_run(sim, 500);
	expect(sim, 3, 1, 1);
	fake.responder = true;
	up(sim, 0);
	sim_run(sim, 500);
	up(sim, 2);
	sim_run(sim, 500);
	ck_assert_uint_eq(look(sim, 1).waiting, 2);
	ck_assert_uint_eq(sim->web.asked, 1);
	sim_run(sim, 5000);
	expect(sim, 0, 1, 1);
	expect(sim, 2, 1, 1);
	end(sim);
}
END_TEST

/* --- As initiator --------------------------------------------------------- */

START_TEST(initiator_waits)
{
	struct sim *sim = stage(2);
	unsigned sent;

	fake.initiator = true;
	sim->calm = false;
	sim->web.delay_ms = 9000;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 500);
	expect(sim, 0, 0, 1);
	ck_assert_uint_eq(look(sim, 0).waiting, 1);
	/* The peer has answered: nothing is sent again. */
	sent = sim->net.ike_sent;
	sim_run(sim, 8000);
	ck_assert_uint_eq(sim->net.ike_sent, sent);
	expect(sim, 0, 0, 1);
	sim_run(sim, 1000);
	expect(sim, 0, 1, 1);
	oracle_pair(sim, &sim->host[0], &sim->host[1], "c1", 1);
	ck_assert_uint_eq(look(sim, 0).kept, 0);
	ck_assert_uint_eq(fake.run[0].times, 2);
	end(sim);
}
END_TEST

START_TEST(initiator_waits_in_vain)
{
	struct sim *sim = stage(2);

	fake.initiator = true;
	fake.questions = 99;
	sim->calm = false;
	sim->web.delay_ms = SIM_LOST;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 10000);
	expect(sim, 0, 0, 1);
	sim_run(sim, 100);
	expect(sim, 0, 1, 1);
	ck_assert_uint_eq(sim->web.asked, 1);
	end(sim);
}
END_TEST

START_TEST(both_wait)
{
	struct sim *sim = stage(2);

	fake.initiator = fake.responder = true;
	sim->web.delay_ms = 3000;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 6000);
	expect(sim, 0, 0, 1);
	sim_run(sim, 500);
	expect(sim, 0, 1, 1);
	ck_assert_uint_eq(sim->web.asked, 2);
	end(sim);
}
END_TEST

/* --- What happens meanwhile ----------------------------------------------- */

/* As 0: responder, 1: initiator. */
static struct sim *waiting(int side)
{
	struct sim *sim = stage(2);

	fake.responder = side == 0;
	fake.initiator = side == 1;
	sim->calm = false;
	sim->web.delay_ms = 5000;
	begin(sim);
	up(sim, 0);
	sim_run(sim, 1000);
	ck_assert_uint_eq(look(sim, side == 0).waiting, 1);
	return sim;
}

START_TEST(the_peer_is_removed_meanwhile)
{
	struct sim *sim = waiting(_i);
	static const struct sim_config nobody;

	sim_configure(sim, &sim->host[_i == 0], &nobody);
	if (_i == 1)
		ck_assert_uint_eq(look(sim, 0).sas, 0);
	sim_run(sim, 10000);
	ck_assert_uint_eq(
		oracle_ike_sas(sim, &sim->host[_i == 0], &sim->host[_i != 0]),
		0);
	end(sim);
}
END_TEST

/* Values that take effect by themselves, and a key that is another one. */
START_TEST(the_peer_is_changed_meanwhile)
{
	struct sim *sim = waiting(_i % 2);
	struct sim_host *host = &sim->host[_i % 2 == 0];
	struct sim_config config = host->config;

	config.variant[0] = _i < 2 ? VARIANT_DPD : VARIANT_PSK;
	sim_configure(sim, host, &config);
	if (_i < 2) {
		sim_run(sim, 4500);
		expect(sim, 0, 1, 1);
	} else {
		sim->link[0].fits = false;
		sim_run(sim, 10000);
		ck_assert_uint_eq(
			oracle_ike_sas(sim, host, &sim->host[_i % 2]), 0);
	}
	end(sim);
}
END_TEST

START_TEST(taken_down_meanwhile)
{
	struct sim *sim = waiting(1);

	(void)sim_down(sim, &sim->host[0], &sim->host[1], NULL);
	ck_assert_uint_eq(look(sim, 0).sas, 0);
	sim_run(sim, 10000);
	ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[0], &sim->host[1]), 0);
	end(sim);
}
END_TEST

START_TEST(stopped_meanwhile)
{
	struct sim *sim = waiting(_i % 2);
	struct sim_host *host = &sim->host[_i % 2 == 0];

	if (_i < 2)
		sim_stop(sim, host);
	else
		sim_kill(sim, host);
	sim_run(sim, 10000);
	ck_assert_ptr_null(host->ike);
	end(sim);
}
END_TEST

/* Nobody has asked, or nobody does any more. */
START_TEST(answers_to_nothing)
{
	struct sim *sim = waiting(_i);
	struct revocation_question question = { .url = "http://elsewhere/" };

	for (unsigned i = 0; i < 2; i++) {
		sim_begin(sim, NULL);
		ike_fetched(sim->host[i].ike, sim->now, &question,
			bytes_of("anything", 8));
		sim_pump(sim, &sim->host[i]);
	}
	ck_assert_uint_eq(look(sim, _i == 0).waiting, 1);
	sim_run(sim, 4500);
	expect(sim, 0, 1, 1);
	end(sim);
}
END_TEST

SUITE(waiting)
{
	test(responder_waits);
	loop_test(repeats_are_answered_afterwards, 2);
	test(responder_waits_in_vain);
	loop_test(eight_questions, 2);
	loop_test(ten_seconds_in_all, 2);
	test(refused_after_all);
	test(answer_after_the_peer_gave_up);
	test(ten_for_one_url);
	test(asked_for_another);
	test(initiator_waits);
	test(initiator_waits_in_vain);
	test(both_wait);
	loop_test(the_peer_is_removed_meanwhile, 2);
	loop_test(the_peer_is_changed_meanwhile, 4);
	test(taken_down_meanwhile);
	loop_test(stopped_meanwhile, 4);
	loop_test(answers_to_nothing, 2);
}

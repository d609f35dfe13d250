/* waiting_fake.c - an IKE_AUTH that has questions: stands before auth_answer and auth_finish.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/waiting_fake.h"

#include "ikev2/engine.h"
#include "ikev2/exchange.h"

#include <check.h>
#include <stdio.h>

struct fake fake;

struct fake_look fake_look(const struct ike *ike)
{
	struct fake_look look = { ike->sa_count, ike->half_open, 0, 0 };

	for (size_t i = 0; i < ike->sa_count; i++) {
		look.waiting += waiting_is_on(ike->sas[i]);
		look.kept += ike->sas[i]->waiting != NULL;
	}
	return look;
}

static unsigned next_run(const struct ike_sa *sa)
{
	size_t i = 0;

	while (i < fake.runs &&
		(fake.run[i].ike != sa->ike || fake.run[i].birth != sa->birth))
		i++;
	ck_assert_uint_lt(i, FAKE_MAX_RUNS);
	if (i == fake.runs) {
		fake.runs++;
		fake.run[i].ike = sa->ike;
		fake.run[i].birth = sa->birth;
		fake.run[i].times = 0;
	}
	return ++fake.run[i].times;
}

static bool has_to_wait(struct ike_sa *sa, const struct message *in)
{
	const unsigned run = next_run(sa);
	struct revocation_question *question;

	if (run > fake.questions)
		return false;
	question = waiting_question(sa, in);
	if (!question) {
		fake.refused_to_ask++;
		return false;
	}
	fake.asked++;
	memset(question, 0, sizeof(*question));
	snprintf(question->url, sizeof(question->url), "http://web/%u", run);
	return true;
}

enum ike_error __real_auth_answer(
	struct ike_sa *, const struct message *, struct message_out *);
enum ike_error __wrap_auth_answer(
	struct ike_sa *, const struct message *, struct message_out *);
enum ike_error __real_auth_finish(
	struct ike_sa *, struct work *, const struct message *);
enum ike_error __wrap_auth_finish(
	struct ike_sa *, struct work *, const struct message *);

enum ike_error __wrap_auth_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	if (fake.responder && has_to_wait(sa, in))
		return IKE_WAIT;
	return fake.refuse ? AUTHENTICATION_FAILED
			   : __real_auth_answer(sa, in, out);
}

enum ike_error __wrap_auth_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	if (fake.initiator && has_to_wait(sa, in))
		return IKE_WAIT;
	return __real_auth_finish(sa, work, in);
}

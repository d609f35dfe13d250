/* dial_failure.c - what failed, kept and told; and when it is tried again.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/counts.h"
#include "ikev2/engine.h"
#include "ikev2/explain.h"

#include <stdio.h>

enum {
	RETRY_FIRST_MS = 1000,
	RETRY_MAX_MS = 300000,
};

/* Kept in the dial, where those who report it find its text. */
__attribute__((format(printf, 5, 0))) static void note(struct dial *dial,
	uint64_t now_ms, enum ike_cause cause, enum ike_error error,
	const char *format, va_list args)
{
	dial->cause = cause;
	dial->error = error;
	dial->failed_ms = now_ms;
	dial->failures++;
	vsnprintf(dial->text, sizeof(dial->text), format, args);
}

static void tell(struct ike *ike, enum ike_event_name event,
	const struct dial *dial, const char *child, const char *more)
{
	const unsigned int number = dial->error;
	struct ike_effect *effect;

	/* IKE_DROP and its like are errors of ours alone. */
	effect = ike_report(ike, event, dial->cause, dial->peer->name, child,
		FACTS(fact_notify("notify",
			number < NOTIFY_FIRST_STATUS ? (uint16_t)number : 0)),
		"%s%s", dial->text, more);
	effect->report.error = dial->error;
}

void dial_failed(struct ike *ike, struct dial *dial, enum ike_cause cause,
	enum ike_error error, const char *child, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(dial, ike->now.mono_ms, cause, error, format, args);
	va_end(args);
	count_failure(ike, dial, cause);
	explain_tell(ike, cause, error, dial->peer->name, child, dial->text);
	tell(ike, EVENT_FAILED, dial, child, "");
}

void dial_refused(struct ike *ike, struct dial *dial, enum ike_cause cause,
	enum ike_error error, const char *child, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(dial, ike->now.mono_ms, cause, error, format, args);
	va_end(args);
	count_failure(ike, dial, cause);
	if (!ike_may_complain(ike)) {
		explain_nothing(ike);
		return;
	}
	explain_tell(ike, cause, error, dial->peer->name, child, dial->text);
	tell(ike, EVENT_REFUSED, dial, child, "");
}

void dial_tell_taken_down(struct ike *ike, const struct dial *dial,
	const char *child, const char *why)
{
	ike_report(ike, EVENT_TAKEN_DOWN, IKE_CAUSE_NONE, dial->peer->name,
		child, FACTS(fact_text("why", why)), "%s%s%staken down: %s",
		child ? "child " : "", child ? child : "", child ? " " : "",
		why);
}

bool dial_is_trying(const struct dial *dial)
{
	return dial->attempt || dial->resolving ||
	       dial->next_try_ms != IKE_NEVER;
}

bool dial_wants_anything(const struct dial *dial)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		if (dial->wanted[i])
			return true;
	}
	return false;
}

void dial_forget_once_wanted(struct dial *dial, const char *child)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		const struct ike_child_policy *policy =
			&dial->peer->children[i];

		if (child && strcmp(policy->name, child) != 0)
			continue;
		if ((policy->start == IKE_START_NOW || dial->asks[i].again) &&
			dial->peer->keep_trying)
			continue;
		dial->wanted[i] = false;
		dial_forget_packet(dial, policy->name);
	}
}

uint64_t dial_retry_ms(struct ike *ike, uint32_t tries)
{
	uint64_t wait = RETRY_FIRST_MS;
	uint8_t jitter;

	for (uint32_t i = 1; i < tries && wait < RETRY_MAX_MS; i++)
		wait *= 2;
	if (wait > RETRY_MAX_MS)
		wait = RETRY_MAX_MS;
	ike->env.random(ike->env.ctx, &jitter, 1);
	return wait + wait * jitter / 1024;
}

void dial_retry(struct ike *ike, struct dial *dial, const char *child)
{
	const int i = child ? dial_child_index(dial, child) : -1;

	ike_touch_dial(ike, dial);
	dial->tries++;
	dial_forget_once_wanted(dial, child);
	if (i >= 0)
		dial->asks[i].later = true;
	if (dial_wants_anything(dial) && !ike->stopping)
		dial->next_try_ms =
			ike->now.mono_ms + dial_retry_ms(ike, dial->tries);
}

void dial_attempt_failed(struct ike_sa *sa, enum ike_cause cause,
	enum ike_error error, const char *format, ...)
{
	struct dial *dial = sa->dial;
	struct ike *ike = sa->ike;
	va_list args;

	if (!dial) {
		explain_nothing(ike);
		return;
	}
	va_start(args, format);
	note(dial, ike->now.mono_ms, cause, error, format, args);
	va_end(args);
	count_failure(ike, dial, cause);
	explain_tell(ike, cause, error, dial->peer->name, NULL, dial->text);
	dial_abandon(sa);
	if (dial->pair_next < dial->pair_count) {
		tell(ike, EVENT_NEXT_ADDRESS, dial, NULL,
			"; trying the next address");
		dial_next_address(ike, dial);
		return;
	}
	tell(ike, EVENT_FAILED, dial, NULL, "");
	dial_retry(ike, dial, NULL);
}

void dial_hasten(struct ike *ike, struct dial *dial)
{
	uint64_t soon = ike->now.mono_ms + dial_retry_ms(ike, 1);

	if (dial->next_try_ms == IKE_NEVER || dial->next_try_ms <= soon)
		return;
	dial->next_try_ms = soon;
	ike_touch_dial(ike, dial);
}

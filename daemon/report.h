/* report.h - what the daemon tells, as JSON records (ipsecd-1.schema.json).
 * SPDX-License-Identifier: ISC
 *
 * Every function makes one object that the caller owns (NULL without memory),
 * from what the core says; none asks the core or the kernel itself.  What is
 * not known is left out.  Within schema 1 keys are only added.  ipsec-ctl links
 * this file too: it names the algorithms without a daemon.
 */
#ifndef DAEMON_REPORT_H
#define DAEMON_REPORT_H

#include "ikev2/ikev2.h"

#include <jansson.h>

struct config_error; /* config/config.h */

#define REPORT_SCHEMA "ipsecd/1"

/* Exit codes (ipsec-ctl(8)), and the codes of verdicts.  Those of 20 and above
 * are enum ike_cause. */
enum report_code {
	REPORT_OK = 0,
	REPORT_FAILED = 1,
	REPORT_USAGE = 2,
	REPORT_NOT_UP = 3,
	REPORT_UNKNOWN = 4,
	REPORT_CONFIG = 5,
	REPORT_UNREACHABLE = 6,
	REPORT_PERMISSION = 7,
	REPORT_TIMEOUT = 8,
};

/* One moment on both clocks: the core's times are turned into dates by it. */
struct report_clock {
	uint64_t mono_ms;
	int64_t unix_ms;
};

enum { REPORT_TIME_SIZE = 32 };

/* "2026-11-22T16:09:31.042Z" */
const char *report_time(int64_t unix_ms, char out[REPORT_TIME_SIZE]);

/* The same for a moment of the core's clock. */
const char *report_when(uint64_t mono_ms, struct report_clock clock,
	char out[REPORT_TIME_SIZE]);

/* About a peer of whom a file cannot be used. */
#define REPORT_LEFT_OUT_HINT                                                   \
	"'ipsec-ctl check' says what to do; then: ipsec-ctl reload"

struct report_daemon {
	const char *version;
	const char *kernel; /* "xfrm" or "none" */
	uint64_t started_ms;
	uint32_t peers, up, connecting, on_demand, down;
	uint32_t disabled; /* of those down */
};

json_t *report_daemon(
	const struct report_daemon *daemon, struct report_clock clock);

/* Counters of a peer since the daemon started; known is false while nobody can
 * tell the bytes. */
struct report_totals {
	bool known;
	uint64_t in_bytes, out_bytes;
	uint64_t rekeys; /* of IKE SAs and children, from either side */
};

/* A peer's state and its configured children, `ike` empty: the caller appends
 * report_sa()s to the array json_object_get(record, "ike"). */
json_t *report_peer(const struct ike_peer_status *status,
	const struct report_totals *totals, struct report_clock clock);

/* A peer as it is configured, for `list peers`. */
json_t *report_peer_config(const struct ike_peer_status *status);

/* Sets "implementation": what the peer says it is, or what its proposals look
 * like; with mend also what to change at its end.  Nothing if it is not known. */
void report_implementation(json_t *record,
	const struct ike_implementation *implementation, bool mend);

/* An IKE SA, `children` empty: the caller appends report_child()s. */
json_t *report_sa(const struct ike_sa_status *sa, struct report_clock clock);

/* in and out: NULL where the counters are not known. */
json_t *report_child(const struct ike_child_status *child,
	const struct ike_counters *in, const struct ike_counters *out,
	struct report_clock clock);

/* A configured child that is not up. */
json_t *report_child_config(
	const struct ike_child_policy *child, const char *state);

json_t *report_algorithm(const struct transform *transform);

json_t *report_event(const struct ike_report *report, int64_t unix_ms);

/* An event of no peer: what happened, by its name and in words. */
json_t *report_news(const char *event, const char *text, int64_t unix_ms);

/* Something wrong with the configuration. */
json_t *report_config_error(const struct config_error *error);

/* The last line of an answer; hint may be NULL. */
json_t *report_verdict(int code, const char *error, const char *hint);

/* schema and what kind of record it is, in front of the other keys. */
json_t *report_head(const char *record);

/* Set a key to a text of any origin: what is not UTF-8 is escaped. */
void report_set_text(json_t *object, const char *key, const char *text);

/* The name of a failure: of its notify if it was one, else of its cause. */
const char *report_cause_name(enum ike_cause cause, enum ike_error error);

/* What to look at first, or NULL. */
const char *report_cause_hint(enum ike_cause cause);

/* "up", "connecting", "on-demand", "down" */
const char *report_state(enum ike_peer_state state);

/* "connecting", "progress", "ike-up", "child-up", "child-down", "ike-down",
 * "failed", "refused", "rekeyed", "rekey-failed" */
const char *report_event_name(enum ike_report_kind kind);

#endif

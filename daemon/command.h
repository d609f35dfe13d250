/* command.h - what the methods of the control protocol share; inside command*.c only.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_COMMAND_H
#define DAEMON_COMMAND_H

#include "daemon/commands.h"

/* --- The methods: see the table in commands.c ------------------------------ */

void status_start(struct request *request, const json_t *params);
void status_more(struct request *request);
void explain_start(struct request *request, const json_t *params);
void explain_more(struct request *request);
void list_start(struct request *request, const json_t *params);
void list_more(struct request *request);
/* Says the next one, or passes it by; false at the end. */
bool list_policy(struct request *request);
void policy_list_free(struct policy_list *list); /* NULL is fine */
void up_start(struct request *request, const json_t *params);
void up_report(struct request *request, const struct ike_report *report);
void up_expired(struct request *request);
void down_start(struct request *request, const json_t *params);
void down_report(struct request *request, const struct ike_report *report);
void down_expired(struct request *request);
void rekey_start(struct request *request, const json_t *params);
void rekey_report(struct request *request, const struct ike_report *report);
void rekey_expired(struct request *request);
void wait_start(struct request *request, const json_t *params);
void wait_report(struct request *request, const struct ike_report *report);
void wait_expired(struct request *request);
void monitor_start(struct request *request, const json_t *params);
void monitor_report(struct request *request, const struct ike_report *report);
/* Of no peer: for who watches them all. */
void monitor_news(struct request *request, const char *event, const char *text);
void reload_start(struct request *request, const json_t *params);
void counters_start(struct request *request, const json_t *params);
void counters_more(struct request *request);
void metrics_start(struct request *request, const json_t *params);
void metrics_more(struct request *request);
void metrics_step(struct request *request);
void keylog_start(struct request *request, const json_t *params);
void keylog_more(struct request *request);
void keylog_expired(struct request *request);
/* Of a request with keylog; why is for the log. */
void keylog_end(struct request *request, const char *why);
void keylog_news(struct request *request); /* of any */
void reload_more(struct request *request);
/* What `status` says of the configuration, joins the daemon's record. */
void reload_status(const struct daemon *daemon, json_t *record);
void change_list_free(struct change_list *list); /* NULL is fine */

/* --- Answers ---------------------------------------------------------------- */

/* Takes the reference. */
void request_say(struct request *request, json_t *record);
void request_say_event(
	struct request *request, const struct ike_report *report);

/* The verdict: the request is over. */
void request_succeed(struct request *request);
/* hint may be NULL or empty. */
void request_fail(struct request *request, int code, const char *hint,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
void request_fail_no_peer(struct request *request, const char *name);
void request_fail_no_child(
	struct request *request, const struct ike_peer *peer, const char *name);

/* --- Parameters ------------------------------------------------------------- */

/* "branch" or "branch/child" from the parameter `peer`, if it is there.  False:
 * there is no such peer or child, and the verdict has been said. */
bool request_take_peer(struct request *request, const json_t *params);
/* Is it about a child of that name: about this one, or about all? */
bool request_is_about(const struct request *request, const char *child);
/* `timeout_s`; if it is not there, otherwise_s (0: for ever). */
void request_take_timeout(
	struct request *request, const json_t *params, uint32_t otherwise_s);

/* Asks the kernel what it has counted (survey.h), in many turns of the loop; then
 * the method's more() is called.  Its expired() must be request_survey_step. */
void request_survey(struct request *request);
void request_survey_step(struct request *request);

/* --- What the core has ------------------------------------------------------ */

struct report_clock command_clock(void);
const struct ike *request_core(const struct request *request);
bool command_find_peer(
	const struct ike *ike, const char *name, struct ike_peer_status *out);
bool command_is_of(const struct ike_sa_status *sa, const char *peer);
/* One that has been deleted stays a while, to answer what is sent again. */
bool command_is_over(const struct ike_sa_status *sa);
/* The SA of that birth number, as it is now; false: it is gone. */
bool command_find_sa(
	const struct ike *ike, uint64_t birth, struct ike_sa_status *out);
/* Has the peer an SA that is not over? */
bool command_has_sa(const struct ike *ike, const char *peer);
/* Has this SA a child of that name; if up is asked for, one that is up? */
bool command_has_child_in(const struct ike *ike, const struct ike_sa_status *sa,
	const char *name, bool up);
/* Has the peer a child of that name that is up? */
bool command_has_child(
	const struct ike *ike, const char *peer, const char *name);

#endif

/* ctl_record.h - what the renderers share: the keys of a record, and what is printed for each kind.
 * SPDX-License-Identifier: ISC
 *
 * A key that is missing, or of another type, reads as an empty text, 0 or false:
 * a daemon may be older.  Texts come clean (text_clean): what a peer has said
 * cannot move the cursor.
 */
#ifndef DAEMON_CTL_RECORD_H
#define DAEMON_CTL_RECORD_H

#include "daemon/ctl_render.h"

/* --- ctl_record.c --------------------------------------------------------- */

/* For `AUTO_FREE char *`: freed when it goes out of scope. */
#define AUTO_FREE __attribute__((cleanup(render_free)))
void render_free(char **text);

const json_t *record_get(const json_t *object, const char *key);
bool record_is(const json_t *object, const char *key, const char *value);
long long record_number(const json_t *object, const char *key);
uint64_t record_bytes(const json_t *counters);                 /* its "bytes" */
const char *record_raw(const json_t *object, const char *key); /* not clean */
bool record_time(const json_t *object, const char *key, int64_t *unix_ms);

/* Clean texts, to be freed: of one key; of an array, with commas; of a child,
 * "10.1.0.0/16 ⇄ 10.2.0.0/16". */
char *record_text(
	const struct render *r, const json_t *object, const char *key);
char *record_join(const struct render *r, const json_t *array);
char *record_selectors(const struct render *r, const json_t *child);

/* "192.0.2.1:500", "[2001:db8::1]:500"; "?" without an address */
void record_endpoint(
	const struct render *r, const json_t *end, char *out, size_t size);

/* How long ago (or how long until, if ahead); false if not known. */
bool record_since(const struct render *r, const json_t *object, const char *key,
	bool ahead, char out[TEXT_SHORT]);

const char *render_mark(const struct render *r, enum mark which);
const char *render_state_mark(const struct render *r, const char *state);
const char *render_state(const char *state); /* in words */

/* The text behind "NAME: ", if it begins so: that stands in front already. */
const char *render_without_name(const char *text, const char *name);

/* --- ctl_render.c: as they come ------------------------------------------- */

void render_event(const struct render *r, const json_t *event);

/* --- ctl_render_status.c -------------------------------------------------- */

void render_daemon(const struct render *r, const json_t *record);
void render_peers(const struct render *r); /* those held, a line each */
void render_peer(const struct render *r, const json_t *peer);

/* --- ctl_render_counters.c ------------------------------------------------ */

void render_counters(const struct render *r, const json_t *record);
void render_metrics(const struct render *r, const json_t *record);
void render_list_counters(
	const struct render *r, struct table *table, const json_t *record);

/* --- ctl_render_explain.c ------------------------------------------------- */

void render_explanation(const struct render *r, const json_t *record);

/* --- ctl_keylog.c --------------------------------------------------------- */

void render_keylog(const struct render *r, const json_t *record);

/* --- ctl_reload.c --------------------------------------------------------- */

void render_change(const struct render *r, const json_t *change);
void render_reload(const struct render *r, const json_t *record);
/* Of the daemon's record: is it on trial, or gone back? */
void render_configuration(const struct render *r, const json_t *record);

/* --- ctl_render_list.c: one row of the table of its kind ------------------- */

void render_list_peer_config(
	const struct render *r, struct table *table, const json_t *record);
void render_list_sa(
	const struct render *r, struct table *table, const json_t *record);
void render_list_child(
	const struct render *r, struct table *table, const json_t *record);
void render_list_algorithm(
	const struct render *r, struct table *table, const json_t *record);
void render_list_certificate(
	const struct render *r, struct table *table, const json_t *record);

#endif

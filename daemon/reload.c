/* reload.c - another configuration in force: whole, on trial, or only looked at.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/reload.h"

#include "daemon/control.h"
#include "daemon/daemon.h"
#include "daemon/lastgood.h"
#include "daemon/notify.h"
#include "daemon/sandbox.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	AGAIN_MS = 5000,  /* until there may be memory to go back */
	LINES = 50,       /* of the log, about single peers */
	NAMES_SIZE = 256, /* of the keys, in one of them */
};

void reload_clear(struct reload *reload)
{
	config_changes_clear(&reload->changes);
	config_errors_clear(&reload->errors);
}

/* --- Saying so ------------------------------------------------------------ */

/* To those who watch it goes by the same word. */
__attribute__((format(printf, 4, 5))) static void say(struct daemon *daemon,
	enum log_event event, const struct ike_fact *facts, const char *format,
	...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_event(event, NULL, facts, "%s", text);
	control_news(daemon->control, log_row_at(event)->event.word, text);
}

struct names {
	char text[NAMES_SIZE];
	size_t len;
};

static void add_name(struct names *names, const char *child, const char *name)
{
	const size_t left = sizeof(names->text) - names->len;
	const int len = snprintf(names->text + names->len, left, "%s%s%s%s",
		names->len > 0 ? ", " : "", child ? child : "",
		child ? "." : "", name);

	if (len > 0 && (size_t)len < left)
		names->len += (size_t)len;
	else
		names->text[names->len] = '\0';
}

static void name_key(void *ctx, const struct config_key *key)
{
	add_name(ctx, key->child, key->name);
}

static void name_child(void *ctx, const char *name, enum config_effect effect)
{
	if (effect == CONFIG_EFFECT_ADDED || effect == CONFIG_EFFECT_REMOVED)
		add_name(ctx, name, config_effect_name(effect));
}

/* "branch: child: lan.local_ts, dpd_delay" */
static void log_changes(const struct config_changes *changes)
{
	for (size_t i = 0; i < changes->count && i < LINES; i++) {
		const struct config_change *change = &changes->list[i];
		struct names names = { .len = 0 };
		const struct config_listener listener = { name_key, name_child,
			&names };
		const enum config_effect effect =
			config_change_tell(change, &listener);
		const char *peer =
			(change->after ? change->after : change->before)->name;

		log_event(LOG_RELOAD_PEER, peer,
			FACTS(fact_text("effect", config_effect_name(effect)),
				fact_text("changed",
					names.len > 0 ? names.text : NULL)),
			"reload: %s: %s%s%s", peer, config_effect_name(effect),
			names.len > 0 ? ": " : "", names.text);
	}
	if (changes->count > LINES)
		log_event(LOG_RELOAD_MORE_PEERS, NULL,
			FACTS(fact_number("peers", changes->count - LINES)),
			"reload: and %zu other peers", changes->count - LINES);
	if (config_changes_tell_daemon(changes, false, NULL) > 0)
		log_event(LOG_RELOAD_PARTLY, NULL, NO_FACTS,
			"of the section 'daemon' only 'log' takes effect at a "
			"reload, the rest at a restart");
}

/* --- Reading -------------------------------------------------------------- */

/* Did the configuration name only folders that the sandbox lets us read? */
static bool in_reach(const struct daemon *daemon, struct config_errors *errors)
{
	char text[PATH_MAX + 128];
	bool all = true;

	for (size_t i = 0; i < errors->folders.count; i++) {
		const char *folder = errors->folders.list[i];

		if (sandbox_covers(daemon->sandbox, folder))
			continue;
		snprintf(text, sizeof(text),
			"folder '%s' was not named when the daemon started, "
			"and its sandbox keeps it from reading there: restart it",
			folder);
		daemon_add_error(errors, daemon->options->config, text);
		all = false;
	}
	return all;
}

/* All of it is right, and known how it differs; or NULL. */
static struct config *read_again(
	const struct daemon *daemon, struct reload *reload)
{
	struct config_errors *errors = &reload->errors;
	struct config *config = daemon_load(daemon->options, errors);

	if (!in_reach(daemon, errors) || !config || errors->left_out > 0) {
		config_free(config);
		return NULL;
	}
	if (config_changes_find(daemon->config, config, &reload->changes))
		return config;
	daemon_add_error(errors, daemon->options->config, "out of memory");
	config_free(config);
	return NULL;
}

/* --- In force ------------------------------------------------------------- */

/* Instead of daemon->config, which is left to the caller; false without memory,
 * and nothing has changed.  Without the comparison all peers would count as
 * new. */
static bool put_in_force(struct daemon *daemon, struct config *config)
{
	bool done;

	notify_reloading();
	done = config_compare(daemon->config, config) &&
	       ike_set_peers(daemon->ike, daemon_now(), &config->peers);
	if (done) {
		daemon->config = config;
		daemon_set_log(daemon->options, config);
		daemon->loaded_ms = daemon_now().mono_ms;
		daemon_pump(daemon);
	}
	notify_ready();
	return done;
}

/* The first of several trials is what it goes back to. */
static void begin_trial(
	struct daemon *daemon, struct config *before, uint64_t trial_ms)
{
	if (daemon->fallback)
		config_free(before);
	else
		daemon->fallback = before;
	daemon->fallback_ms = daemon_now().mono_ms + trial_ms;
	say(daemon, LOG_RELOADED,
		FACTS(fact_number("trial_seconds", (trial_ms + 999) / 1000)),
		"configuration reloaded, on trial: it goes back in %llu s "
		"unless it is kept",
		(unsigned long long)((trial_ms + 999) / 1000));
	daemon_pump(daemon);
}

enum reload_result daemon_reload(struct daemon *daemon, struct reload *reload)
{
	struct config *config, *before;

	if (daemon->stopping)
		return RELOAD_STOPPING;
	if (daemon->fallback && !reload->dry_run && reload->trial_ms == 0)
		return RELOAD_WAITS;
	config = read_again(daemon, reload);
	if (!config)
		return RELOAD_REFUSED;
	if (reload->dry_run) {
		config_free(config);
		return RELOAD_DONE;
	}
	before = daemon->config;
	if (!put_in_force(daemon, config)) {
		daemon_add_error(&reload->errors, daemon->options->config,
			"out of memory");
		config_free(config);
		return RELOAD_REFUSED;
	}
	daemon->went_back_ms = 0;
	log_changes(&reload->changes);
	if (reload->trial_ms > 0) {
		begin_trial(daemon, before, reload->trial_ms);
		return RELOAD_DONE;
	}
	config_free(before);
	say(daemon, LOG_RELOADED, NO_FACTS, "configuration reloaded");
	lastgood_keep(daemon->lastgood, config);
	return RELOAD_DONE;
}

/* --- Trials --------------------------------------------------------------- */

bool daemon_keep(struct daemon *daemon)
{
	if (!daemon->fallback)
		return false;
	config_free(daemon->fallback);
	daemon->fallback = NULL;
	say(daemon, LOG_KEPT, NO_FACTS, "configuration kept");
	lastgood_keep(daemon->lastgood, daemon->config);
	daemon_pump(daemon);
	return true;
}

enum reload_result daemon_go_back(
	struct daemon *daemon, struct config_changes *changes)
{
	struct config *tried = daemon->config, *back = daemon->fallback;

	*changes = (struct config_changes){ .list = NULL };
	if (!back)
		return RELOAD_WAITS;
	if (daemon->stopping)
		return RELOAD_STOPPING;
	daemon->fallback = NULL;
	if (!config_changes_find(tried, back, changes) ||
		!put_in_force(daemon, back)) {
		config_changes_clear(changes);
		daemon->fallback = back;
		daemon->fallback_ms = daemon_now().mono_ms + AGAIN_MS;
		return RELOAD_REFUSED;
	}
	daemon->went_back_ms = daemon_now().mono_ms;
	config_free(tried);
	log_changes(changes);
	daemon_pump(daemon);
	say(daemon, LOG_WENT_BACK, NO_FACTS,
		"configuration not kept: the one before it is in force again, "
		"not that of the file");
	return RELOAD_DONE;
}

void reload_tick(struct daemon *daemon, uint64_t mono_ms)
{
	struct config_changes changes;

	if (!daemon->fallback || mono_ms < daemon->fallback_ms ||
		daemon->stopping)
		return;
	if (daemon_go_back(daemon, &changes) == RELOAD_REFUSED)
		log_event(LOG_GO_BACK_DELAYED, NULL,
			FACTS(fact_number("seconds", AGAIN_MS / 1000)),
			"the configuration that was not kept cannot go back "
			"for want of memory: tried again in %d s",
			AGAIN_MS / 1000);
	config_changes_clear(&changes);
}

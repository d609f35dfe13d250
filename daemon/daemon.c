/* daemon.c - the pump: input to the core, its effects to the world, one timer; shutdown.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/daemon.h"

#include "config/config.h"
#include "daemon/control.h"
#include "daemon/fetch.h"
#include "daemon/kernel.h"
#include "daemon/lastgood.h"
#include "daemon/log.h"
#include "daemon/metrics_http.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/resolve.h"
#include "daemon/resync.h"
#include "daemon/route.h"
#include "daemon/sandbox.h"
#include "daemon/socket.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	SIGNALS = 3,
	LAST_CALL_S = 2, /* a stop waits no longer for the peers */
	MEND_MS = 5000,  /* until the kernel may have memory again */
	SWEEPS = 4,      /* at the end, when there is no later */
};

/* --- Time ----------------------------------------------------------------- */

struct ike_now daemon_now(void)
{
	struct timespec mono, wall;

	clock_gettime(CLOCK_BOOTTIME, &mono);
	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct ike_now){
		.mono_ms = (uint64_t)mono.tv_sec * 1000 +
			   (uint64_t)mono.tv_nsec / 1000000,
		.unix_s = wall.tv_sec,
	};
}

static void arm_timer(struct daemon *daemon)
{
	uint64_t deadline = ike_deadline(daemon->ike);
	struct itimerspec at = { { 0, 0 }, { 0, 0 } };

	if (deadline > daemon->mend_ms)
		deadline = daemon->mend_ms;
	if (daemon->fallback && deadline > daemon->fallback_ms)
		deadline = daemon->fallback_ms;
	if (deadline == daemon->armed_ms)
		return;
	daemon->armed_ms = deadline;
	if (deadline != IKE_NEVER) {
		at.it_value.tv_sec = (time_t)(deadline / 1000);
		at.it_value.tv_nsec = (long)(deadline % 1000) * 1000000;
		/* All zero would disarm it. */
		if (deadline == 0)
			at.it_value.tv_nsec = 1;
	}
	timerfd_settime(daemon->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* What the kernel did not give back, or did not tell, is looked for until it
 * does. */
static void mend(struct daemon *daemon)
{
	const uint64_t now = daemon_now().mono_ms;
	int error;

	if (now < daemon->mend_ms)
		return;
	daemon->mend_ms = IKE_NEVER;
	error = resync(daemon);
	if (error == 0)
		return;
	daemon->mend_ms = now + MEND_MS;
	log_event(LOG_SWEEP_FAILED, NULL,
		FACTS(fact_text("error", strerror(-error))),
		"looking for what the kernel should not have, or has lost: %s",
		strerror(-error));
}

static void time_has_come(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *daemon = ctx;
	uint64_t times;

	(void)what;
	if (read(fd, &times, sizeof(times)) < 0)
		return;
	daemon->armed_ms = IKE_NEVER;
	ike_tick(daemon->ike, daemon_now());
	daemon_pump(daemon);
	reload_tick(daemon, daemon_now().mono_ms);
	mend(daemon);
	daemon_pump(daemon);
}

static bool open_timer(struct daemon *daemon)
{
	daemon->armed_ms = daemon->mend_ms = IKE_NEVER;
	daemon->timer_fd =
		timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (daemon->timer_fd < 0)
		return false;
	daemon->timer = event_new(daemon->base, daemon->timer_fd,
		EV_READ | EV_PERSIST, time_has_come, daemon);
	return daemon->timer && event_add(daemon->timer, NULL) == 0;
}

/* --- Effects -------------------------------------------------------------- */

/* Nobody would ask for it again, and it would stay: an SA with its keys. */
static void not_deleted(struct daemon *daemon, const char *text)
{
	log_event(LOG_NOT_DELETED, NULL,
		FACTS(fact_number("seconds", MEND_MS / 1000),
			fact_text("why", text)),
		"not deleted, and tried again in %d s: %s", MEND_MS / 1000,
		text);
	daemon->mend_ms = daemon_now().mono_ms + MEND_MS;
}

static void apply(struct daemon *daemon, const struct ike_effect *effect)
{
	char text[KERNEL_TEXT];
	int error = kernel_apply(daemon->kernel, effect, text);

	if (error == 0)
		return;
	log_event(LOG_KERNEL_REFUSED, NULL, FACTS(fact_text("why", text)), "%s",
		text);
	if (effect->kind == IKE_SA_DELETE || effect->kind == IKE_POLICY_DELETE)
		not_deleted(daemon, text);
	/* Where only the answer was lost, it is there all the same. */
	daemon->mend_ms = daemon_now().mono_ms + MEND_MS;
	ike_refused(daemon->ike, daemon_now(), effect,
		error == -EEXIST ? IKE_REFUSAL_EXISTS : IKE_REFUSAL_OTHER,
		text);
}

static void query(struct daemon *daemon, const struct ike_effect *effect)
{
	struct ike_counters counters;

	if (kernel_query(daemon->kernel, effect->query.ref, &effect->query.src,
		    &counters) == 0)
		ike_traffic(
			daemon->ike, daemon_now(), effect->query.ref, counters);
}

/* Without an answer the core would wait for ever; with this one it tries
 * later. */
static void resolve(struct daemon *daemon, const struct ike_effect *effect)
{
	const struct ike_resolution none = { .peer = effect->resolve->name,
		.asked = effect->sa,
		.error = "out of memory",
		.cause = IKE_CAUSE_FAILED };

	if (daemon->resolver &&
		!resolver_ask(daemon->resolver, effect->resolve, effect->sa))
		ike_resolved(daemon->ike, daemon_now(), &none);
}

static void route(struct daemon *daemon, const struct ike_effect *effect)
{
	struct ike_address_pair pairs[IKE_ROUTES];

	if (daemon->resolver)
		ike_routed(daemon->ike, daemon_now(), effect->sa, pairs,
			resolver_route(
				daemon->resolver, &effect->route, pairs));
}

static void tell_fetch_failed(struct daemon *daemon,
	const struct revocation_question *question, const char *why)
{
	log_limited(&daemon->fetch_failed, LOG_FETCH_FAILED,
		FACTS(fact_text("url", question->url), fact_text("why", why)),
		"%s: %s", question->url, why);
}

/* What cannot even be asked has no answer, and the core need not wait for one. */
static void fetch(
	struct daemon *daemon, const struct revocation_question *question)
{
	const char *reason = "the daemon is stopping";

	if (daemon->fetcher && fetcher_ask(daemon->fetcher, question, &reason))
		return;
	tell_fetch_failed(daemon, question, reason);
	ike_fetched(daemon->ike, daemon_now(), question, bytes_of(NULL, 0));
}

static void perform(struct daemon *daemon, const struct ike_effect *effect)
{
	int error;

	control_effect(daemon->control, effect);
	switch (effect->kind) {
	case IKE_SEND:
		error = sockets_send(daemon->sockets, &effect->send);
		if (error < 0)
			ike_refused(daemon->ike, daemon_now(), effect,
				IKE_REFUSAL_OTHER, strerror(-error));
		return;
	case IKE_SA_ADD:
	case IKE_SA_MOVE:
	case IKE_SA_DELETE:
	case IKE_POLICY_ADD:
	case IKE_POLICY_DELETE:
		apply(daemon, effect);
		return;
	case IKE_SA_QUERY:
		query(daemon, effect);
		return;
	case IKE_RESOLVE:
		resolve(daemon, effect);
		return;
	case IKE_ROUTE:
		route(daemon, effect);
		return;
	case IKE_FETCH:
		fetch(daemon, effect->fetch);
		return;
	case IKE_REPORT: /* the core has it in the log */
		control_report(daemon->control, &effect->report);
		return;
	case IKE_EXPLAIN: /* control_effect has it */
	case IKE_KEYS:
		return;
	}
}

void daemon_pump(struct daemon *daemon)
{
	struct ike_effect effect;

	/* What an effect causes joins the queue, which is being drained. */
	if (daemon->pumping)
		return;
	daemon->pumping = true;
	while (ike_effect(daemon->ike, &effect))
		perform(daemon, &effect);
	sodium_memzero(&effect, sizeof(effect));
	daemon->pumping = false;
	arm_timer(daemon);
	if (daemon->stopping && ike_idle(daemon->ike))
		event_base_loopbreak(daemon->base);
}

/* --- Inputs --------------------------------------------------------------- */

static void on_datagram(void *ctx, const struct ike_datagram *datagram)
{
	struct daemon *daemon = ctx;

	ike_receive(daemon->ike, daemon_now(), datagram);
	daemon_pump(daemon);
}

static void on_acquire(void *ctx, uint32_t reqid, const struct ike_flow *flow)
{
	struct daemon *daemon = ctx;

	ike_acquire(daemon->ike, daemon_now(), reqid, flow);
	daemon_pump(daemon);
}

static void on_expire(void *ctx, struct ike_sa_ref ref, bool hard)
{
	struct daemon *daemon = ctx;

	ike_expire(daemon->ike, daemon_now(), ref, hard);
	daemon_pump(daemon);
}

static void on_overrun(void *ctx)
{
	struct daemon *daemon = ctx;

	daemon->mend_ms = daemon_now().mono_ms;
	mend(daemon);
	daemon_pump(daemon);
}

static void on_mapping(
	void *ctx, struct ike_sa_ref ref, const struct ike_endpoint *from)
{
	struct daemon *daemon = ctx;

	ike_mapping(daemon->ike, daemon_now(), ref, from);
	daemon_pump(daemon);
}

static void on_resolved(void *ctx, const struct ike_resolution *resolution)
{
	struct daemon *daemon = ctx;

	ike_resolved(daemon->ike, daemon_now(), resolution);
	daemon_pump(daemon);
}

static void on_fetched(void *ctx, const struct revocation_question *question,
	struct bytes data, const char *reason)
{
	struct daemon *daemon = ctx;

	if (reason)
		tell_fetch_failed(daemon, question, reason);
	else
		log_event(LOG_FETCHED, NULL,
			FACTS(fact_text("url", question->url),
				fact_number("octets", data.len)),
			"%s: %zu octets", question->url, data.len);
	ike_fetched(daemon->ike, daemon_now(), question, data);
	daemon_pump(daemon);
}

static void on_routes(void *ctx, const struct ike_addr *list, size_t count)
{
	struct daemon *daemon = ctx;

	ike_addresses(daemon->ike, daemon_now(), list, count);
	daemon_pump(daemon);
}

static void random_octets(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len);
}

static void core_says(void *ctx, const struct ike_log *line)
{
	(void)ctx;
	log_core_line(line);
}

/* --- Configuration -------------------------------------------------------- */

/* The levels of configuration and command line, which has the last word. */
static bool read_log_levels(const struct daemon_options *options,
	const struct config *config, struct log_levels *levels, char *error,
	size_t size)
{
	*levels = log_levels_default();
	if (config->daemon.log[0] &&
		log_levels_parse(config->daemon.log, levels, error, size) < 0)
		return false;
	return !options->log ||
	       log_levels_parse(options->log, levels, error, size) == 0;
}

void daemon_set_log(
	const struct daemon_options *options, const struct config *config)
{
	struct log_levels levels;
	char error[256];

	if (read_log_levels(options, config, &levels, error, sizeof(error)))
		log_set_levels(&levels);
}

void daemon_add_error(
	struct config_errors *errors, const char *file, const char *text)
{
	struct config_error *error = &errors->list[errors->count];

	errors->errors++;
	if (errors->count == CONFIG_MAX_ERRORS) {
		errors->left_off++;
		return;
	}
	memset(error, 0, sizeof(*error));
	error->severity = CONFIG_ERROR;
	error->file = strdup(file);
	error->text = strdup(text);
	if (error->file && error->text) {
		errors->count++;
		return;
	}
	free(error->file);
	free(error->text);
}

struct config *daemon_load(
	const struct daemon_options *options, struct config_errors *errors)
{
	struct config *config =
		config_load(options->config, options->root, errors);
	char text[256] = "log: ";
	size_t len = strlen(text);
	struct log_levels levels;

	if (config && !read_log_levels(options, config, &levels, text + len,
			      sizeof(text) - len)) {
		daemon_add_error(errors, options->config, text);
		config_free(config);
		return NULL;
	}
	return config;
}

/* What is wrong with a whole file has no line. */
static void log_error(const struct config_error *error)
{
	const enum log_event event = error->severity == CONFIG_WARNING
					     ? LOG_CONFIG_WARNING
					     : LOG_CONFIG_ERROR;
	const struct ike_fact file = fact_text("file", error->file);
	const char *hint = error->hint ? error->hint : "";
	const char *separator = error->hint ? "; " : "";

	if (error->line == 0)
		log_event(event, NULL, FACTS(file), "%s: %s%s%s", error->file,
			error->text, separator, hint);
	else
		log_event(event, NULL,
			FACTS(file, fact_number("line", error->line),
				fact_number("column", error->column)),
			"%s:%u:%u: %s%s%s", error->file, error->line,
			error->column, error->text, separator, hint);
}

void daemon_log_errors(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		log_error(&errors->list[i]);
	if (errors->left_off > 0)
		log_event(LOG_CONFIG_MORE_ERRORS, NULL,
			FACTS(fact_number("errors", errors->left_off)),
			"and %zu more", errors->left_off);
}

/* --- Stopping ------------------------------------------------------------- */

static void last_call(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *daemon = ctx;

	(void)fd;
	(void)what;
	log_event(LOG_STOP_FORCED, NULL, NO_FACTS,
		"stopping without the word of every peer");
	event_base_loopbreak(daemon->base);
}

void daemon_stop(struct daemon *daemon)
{
	const struct timeval limit = { LAST_CALL_S, 0 };

	if (daemon->stopping) {
		event_base_loopbreak(daemon->base);
		return;
	}
	daemon->stopping = true;
	log_event(LOG_STOPPING, NULL, NO_FACTS, "stopping");
	notify_stopping();
	resolver_free(daemon->resolver);
	daemon->resolver = NULL;
	fetcher_free(daemon->fetcher);
	daemon->fetcher = NULL;
	/* Without memory for the wait there is none. */
	if (event_add(daemon->last_call, &limit) < 0)
		event_base_loopbreak(daemon->base);
	ike_shutdown(daemon->ike, daemon_now());
	daemon_pump(daemon);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct reload reload = { .dry_run = false };
	struct daemon *daemon = ctx;

	(void)what;
	if (number != SIGHUP) {
		daemon_stop(daemon);
		return;
	}
	if (daemon_reload(daemon, &reload) != RELOAD_DONE)
		log_event(LOG_RELOAD_REFUSED, NULL,
			FACTS(fact_text(
				"why", daemon->fallback ? "on trial" : NULL)),
			"reload refused, all stays as it was%s",
			daemon->fallback ? ": a configuration is on trial"
					 : "");
	daemon_log_errors(&reload.errors);
	reload_clear(&reload);
}

/* --- Starting ------------------------------------------------------------- */

static bool open_signals(struct daemon *daemon)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	signal(SIGPIPE, SIG_IGN);
	daemon->last_call = evtimer_new(daemon->base, last_call, daemon);
	if (!daemon->last_call)
		return false;
	for (size_t i = 0; i < SIGNALS; i++) {
		daemon->signals[i] = evsignal_new(
			daemon->base, numbers[i], on_signal, daemon);
		if (!daemon->signals[i] ||
			event_add(daemon->signals[i], NULL) < 0)
			return false;
	}
	return true;
}

static bool open_kernel(struct daemon *daemon, char error[KERNEL_TEXT])
{
	const struct kernel_events events = { on_acquire, on_expire, on_mapping,
		on_overrun, daemon };

	switch (daemon->options->kernel) {
	case DAEMON_KERNEL_XFRM:
		daemon->kernel = kernel_open_xfrm(daemon->base, &events, error);
		break;
	case DAEMON_KERNEL_NONE:
		snprintf(error, KERNEL_TEXT, "out of memory");
		daemon->kernel = kernel_open_none();
		break;
	}
	return daemon->kernel != NULL;
}

static bool open_sockets(struct daemon *daemon, char error[SOCKET_TEXT])
{
	const struct daemon_options *options = daemon->options;
	const struct config_daemon *config = &daemon->config->daemon;
	const struct sockets_options wanted = {
		.port = options->port ? options->port : config->port,
		.nat_port = options->nat_port ? options->nat_port
					      : config->nat_port,
		.listen = config->listen,
		.listen_count = config->listen_count,
		.ipsec = options->kernel == DAEMON_KERNEL_XFRM,
		.receive = on_datagram,
		.ctx = daemon,
	};

	/* A reload brings a new configuration, but the sockets stay. */
	daemon->listen_count = config->listen_count;
	memcpy(daemon->listen, config->listen, sizeof(daemon->listen));
	daemon->sockets = sockets_open(daemon->base, &wanted, error);
	return daemon->sockets != NULL;
}

static bool make_core(struct daemon *daemon)
{
	const struct config_daemon *config = &daemon->config->daemon;
	const struct ike_env env = { random_octets, core_says, NULL };
	struct ike_limits limits = ike_limits_default();

	limits.port = sockets_port(daemon->sockets);
	limits.nat_port = sockets_nat_port(daemon->sockets);
	limits.cookie_threshold = config->cookie_threshold;
	limits.half_open_limit = config->half_open_limit;
	limits.half_open_per_source = config->half_open_per_source;
	limits.fragment_size = config->fragment_size;
	daemon->ike = ike_new(&env, &limits);
	return daemon->ike != NULL;
}

static bool open_resolver(struct daemon *daemon)
{
	const struct resolver_places places = {
		.listen = daemon->listen,
		.listen_count = daemon->listen_count,
	};

	daemon->resolver =
		resolver_new(daemon->base, on_resolved, daemon, &places);
	return daemon->resolver != NULL;
}

/* Without it tunnels stay where they are: no reason not to run. */
static void open_routes(struct daemon *daemon)
{
	daemon->routes = route_watch_new(daemon->base, daemon->listen,
		daemon->listen_count, on_routes, daemon);
	if (!daemon->routes)
		log_event(LOG_ROUTES_UNSEEN, NULL,
			FACTS(fact_text("error", strerror(errno))),
			"changes of addresses and routes are not seen: %s",
			strerror(errno));
}

/* Tunnels do not wait for who watches them. */
static void open_metrics(struct daemon *daemon)
{
	const struct ike_endpoint *at = &daemon->config->daemon.metrics;
	char error[METRICS_HTTP_TEXT];

	if (at->port == 0)
		return;
	daemon->metrics = metrics_http_open(
		daemon, control_totals(daemon->control), at, error);
	if (!daemon->metrics)
		log_event(LOG_METRICS_FAILED, NULL,
			FACTS(fact_text("why", error)), "%s", error);
}

static bool not_started(const char *why)
{
	log_event(LOG_START_FAILED, NULL, FACTS(fact_text("why", why)), "%s",
		why);
	return false;
}

/* The control socket comes first: it tells whether we run already. */
static bool open_all(struct daemon *daemon)
{
	char error[512] = "out of memory";

	daemon->base = event_base_new();
	if (!daemon->base || !open_signals(daemon) || !open_timer(daemon)) {
		return not_started("no event loop");
	}
	daemon->control = control_open(daemon, daemon->options->control,
		daemon->config->daemon.control_group, error);
	if (!daemon->control || !open_kernel(daemon, error) ||
		!open_sockets(daemon, error) || !make_core(daemon)) {
		return not_started(error);
	}
	open_routes(daemon);
	open_metrics(daemon);
	daemon->fetcher = fetcher_new(daemon->base, on_fetched, daemon, NULL);
	if (daemon->fetcher && open_resolver(daemon) &&
		ike_set_peers(
			daemon->ike, daemon_now(), &daemon->config->peers))
		return true;
	return not_started("out of memory");
}

/* Nothing of ours stays in the kernel, whatever the peers have said. */
static void leave_kernel(struct daemon *daemon)
{
	const uint32_t base = ike_limits_default().reqid_base;
	int error = kernel_sweep(daemon->kernel, base, NULL, 0);

	for (int i = 1; error < 0 && i < SWEEPS; i++)
		error = kernel_sweep(daemon->kernel, base, NULL, 0);
	if (error < 0)
		log_event(LOG_NOT_REMOVED, NULL,
			FACTS(fact_text("error", strerror(-error))),
			"SAs or policies of ours stay in the kernel, until the "
			"next start: %s",
			strerror(-error));
}

/* First all that calls into the core, then the core. */
static void close_all(struct daemon *daemon)
{
	metrics_http_close(daemon->metrics);
	control_close(daemon->control);
	route_watch_free(daemon->routes);
	resolver_free(daemon->resolver);
	fetcher_free(daemon->fetcher);
	sockets_close(daemon->sockets);
	kernel_close(daemon->kernel);
	for (size_t i = 0; i < SIGNALS; i++) {
		if (daemon->signals[i])
			event_free(daemon->signals[i]);
	}
	if (daemon->last_call)
		event_free(daemon->last_call);
	if (daemon->timer)
		event_free(daemon->timer);
	if (daemon->timer_fd >= 0)
		close(daemon->timer_fd);
	ike_free(daemon->ike);
	if (daemon->base) {
		/* DNS answers what was cancelled in one more round, for the
		 * resolver and for the fetcher. */
		event_base_loop(daemon->base, EVLOOP_NONBLOCK);
		event_base_free(daemon->base);
	}
	config_free(daemon->config);
	config_free(daemon->fallback);
	sandbox_free(daemon->sandbox);
	lastgood_close(daemon->lastgood);
}

/* From here on somebody else may have his hand in what we do. */
static bool enter_sandbox(struct daemon *daemon)
{
	const struct daemon_options *options = daemon->options;
	const struct sandbox_places places = { options->control,
		options->readable, daemon->lastgood ? options->state : NULL };
	char error[SANDBOX_TEXT];

	if (options->no_sandbox) {
		log_event(LOG_NO_SANDBOX, NULL,
			FACTS(fact_text("why", options->no_sandbox)),
			"NO SANDBOX (%s): whoever breaks in can do all that "
			"this process may",
			options->no_sandbox);
		return true;
	}
	daemon->sandbox = sandbox_enter(&places, error);
	if (!daemon->sandbox)
		log_event(LOG_SANDBOX_FAILED, NULL,
			FACTS(fact_text("why", error)),
			"no sandbox, not started (--no-sandbox runs without): "
			"%s",
			error);
	return daemon->sandbox != NULL;
}

/* First what is configured, over what an earlier run may have left, and then
 * the rest of that goes: never a gap in the policies (architecture.md 10.3). */
static void first_effects(struct daemon *daemon)
{
	daemon_pump(daemon);
	daemon->mend_ms = daemon_now().mono_ms;
	mend(daemon);
	daemon_pump(daemon);
}

static void run(struct daemon *daemon)
{
	struct ike_now now = daemon_now();

	daemon->started_ms = daemon->loaded_ms = now.mono_ms;
	daemon->started_unix_s = now.unix_s;
	log_event(LOG_STARTED, NULL,
		FACTS(fact_text("version", IPSECD_VERSION),
			fact_number("peers", daemon->config->peers.count),
			fact_number("port", sockets_port(daemon->sockets)),
			fact_number(
				"nat_port", sockets_nat_port(daemon->sockets))),
		"ipsecd %s: peers: %zu, UDP ports %u and %u", IPSECD_VERSION,
		daemon->config->peers.count, sockets_port(daemon->sockets),
		sockets_nat_port(daemon->sockets));
	first_effects(daemon);
	notify_ready();
	lastgood_keep(daemon->lastgood, daemon->config);
	event_base_dispatch(daemon->base);
	leave_kernel(daemon);
}

int daemon_run(const struct daemon_options *options, struct config *config)
{
	struct daemon daemon = {
		.options = options,
		.config = config,
		.timer_fd = -1,
	};
	bool open = open_all(&daemon);

	if (open) {
		daemon.lastgood = lastgood_open(options->state);
		open = enter_sandbox(&daemon);
	}
	if (open)
		run(&daemon);
	close_all(&daemon);
	if (open)
		log_event(LOG_STOPPED, NULL, NO_FACTS, "stopped");
	return open ? EXIT_SUCCESS : EXIT_FAILURE;
}

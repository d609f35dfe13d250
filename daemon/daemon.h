/* daemon.h - struct daemon: what one running daemon is made of, and who owns what.
 * SPDX-License-Identifier: ISC
 *
 * One thread, one event base.  Whatever feeds the core (a datagram, a wish over
 * the control socket, the timer) calls daemon_pump() afterwards: it carries out
 * the effects and re-arms the one timer.  The daemon owns everything it points
 * to.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "config/config.h"
#include "daemon/log.h"
#include "ikev2/ikev2.h"

struct control; /* daemon/control.h */
struct event;
struct event_base;
struct kernel;       /* daemon/kernel.h */
struct lastgood;     /* daemon/lastgood.h */
struct metrics_http; /* daemon/metrics_http.h */
struct resolver;     /* daemon/resolve.h */
struct fetcher;      /* daemon/fetch.h */
struct route_watch;  /* daemon/route.h */
struct sandbox;      /* daemon/sandbox.h */
struct sockets;      /* daemon/socket.h */

enum daemon_kernel {
	DAEMON_KERNEL_XFRM,
	DAEMON_KERNEL_NONE, /* negotiate, install nothing */
};

/* The command line (ipsecd(8)), borrowed for the life of the daemon. */
struct daemon_options {
	const char *root;    /* prefix of every path; NULL: none */
	const char *config;  /* the main file */
	const char *control; /* path of the control socket */
	const char *state;   /* folder of kept copies; NULL: none are kept */
	uint16_t port;       /* 0: as configured */
	uint16_t nat_port;   /* 0: as configured */
	enum daemon_kernel kernel;
	const char *no_sandbox; /* why there is none; NULL: there is one */
	const struct config_folders
		*readable; /* that the configuration names */
	const char *log;   /* "LEVEL[,AREA=LEVEL].."; NULL: as configured */
};

struct daemon {
	const struct daemon_options *options;
	struct event_base *base;
	struct config *config;   /* what is in force */
	struct config *fallback; /* what is so again unless that is kept; NULL:
				  * it is no trial */
	uint64_t fallback_ms;    /* then */
	uint64_t loaded_ms;      /* since when it is in force */
	uint64_t went_back_ms;   /* and the file's is not; 0: it is */
	struct ike *ike;
	struct kernel *kernel;
	struct sockets *sockets;
	struct ike_addr listen[CONFIG_MAX_LISTEN]; /* of the sockets */
	size_t listen_count;                       /* 0: any */
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct log_limit fetch_failed;
	struct route_watch *routes;
	struct control *control;
	struct metrics_http *metrics; /* NULL: not over HTTP */
	struct sandbox *sandbox;      /* NULL: not in one */
	struct lastgood *lastgood;    /* NULL: no copies are kept */
	struct event *timer; /* the core's one timer: a timerfd, for suspend
	                      * counts too */
	int timer_fd;
	uint64_t armed_ms;        /* what it is set to; IKE_NEVER: nothing */
	uint64_t mend_ms;         /* the kernel is looked through; IKE_NEVER:
	                           * it has what it is to have */
	struct event *signals[3]; /* SIGTERM, SIGINT, SIGHUP */
	struct event *last_call;  /* a shutdown waits no longer than this */
	uint64_t started_ms;      /* on the core's clock */
	int64_t started_unix_s;
	bool pumping;  /* daemon_pump is at work: it does not nest */
	bool stopping; /* peers are being told */
};

/* The time as the core wants it: CLOCK_BOOTTIME, which neither steps nor stands
 * still in suspend, and the wall clock. */
struct ike_now daemon_now(void);

/* Carry out what the core wants done, in its order, and re-arm the timer.  To
 * be called after every input to daemon->ike.  Reports go to the log and to
 * control_report(). */
void daemon_pump(struct daemon *daemon);

/* config_load with the options' paths; the log's areas and levels are checked as
 * part of it. */
struct config *daemon_load(
	const struct daemon_options *options, struct config_errors *errors);

/* The levels of the log as this configuration and the options have them. */
void daemon_set_log(
	const struct daemon_options *options, const struct config *config);

/* An error that config/ could not find. */
void daemon_add_error(
	struct config_errors *errors, const char *file, const char *text);

/* What is wrong with a configuration, into the log. */
void daemon_log_errors(const struct config_errors *errors);

/* Tell the peers and leave the loop, after two seconds at most. */
void daemon_stop(struct daemon *daemon);

/* Everything from opening the kernel to the end of the loop: 0, or the exit
 * code after an error, which is logged.  Takes the configuration over. */
int daemon_run(const struct daemon_options *options, struct config *config);

#endif

/* commands.h - the methods of the control protocol (ipsecd-1.schema.json).
 * SPDX-License-Identifier: ISC
 *
 * A request is started with a line of JSON, and from then on asks for time in
 * three ways: its output has drained (MORE), the core reports something
 * (WATCHING), its own time is up (deadline_ms).  It writes through say() alone,
 * and is over when its state is IDLE again: the verdict has been said then.
 */
#ifndef DAEMON_COMMANDS_H
#define DAEMON_COMMANDS_H

#include "daemon/metrics.h"
#include "daemon/report.h"

#include <jansson.h>
#include <sys/types.h>

struct change_list;
struct command;
struct daemon;
struct events;
struct explained;
struct totals;

enum request_state {
	REQUEST_IDLE,     /* nothing under way */
	REQUEST_MORE,     /* has more to say when there is room */
	REQUEST_WATCHING, /* waits for a report, or for its time */
};

/* What all requests share. */
struct commands {
	struct daemon *daemon;
	void (*pump)(struct daemon *daemon); /* daemon_pump, but for tests */
	struct events *events;
	struct totals *totals;
	struct explained *explained;
	size_t keylogs; /* requests under way that are given keys */
};

/* An SA of a peer, by the peer's name, so that a walk over all peers need not
 * walk all SAs for each. */
struct sa_of {
	char peer[MAX_NAME];
	uint64_t sa;
	size_t children;
	bool over; /* it only waits to repeat an answer */
};

struct request {
	struct commands *all;
	/* Writes one line; takes the reference.  Must not end the request. */
	void (*say)(void *ctx, json_t *line);
	/* Is there room for more? */
	bool (*room)(void *ctx);
	/* Writes a line that has a secret, with its end; takes it over, and
	 * wipes it before it is freed. */
	void (*say_secret)(void *ctx, char *line, size_t len);
	void *ctx;
	uid_t uid; /* who asks; (uid_t)-1: nobody knows */
	pid_t pid;

	bool keylog; /* is given keys, until it is cleared */
	enum request_state state;
	const struct command *command;
	uint64_t deadline_ms; /* on the core's clock; IKE_NEVER: none */
	char peer[MAX_NAME];  /* empty: all */
	char child[MAX_NAME]; /* empty: all */
	int what;             /* list: which; wait: for what */
	size_t next;          /* peer or row to say next */
	uint64_t at;          /* the core's cursor over SAs */
	struct survey survey; /* counters */
	struct metrics_walk metrics;
	struct sa_of *sas; /* owned, sorted when indexed */
	size_t sa_count, sa_size;
	bool indexed, surveyed, tallied; /* so far has the walk come */
	struct report_daemon tally;      /* of the peers' states */
	size_t within;                   /* SA of the peer to say next */
	bool *live; /* owned: which children of the peer an SA has */
	size_t live_count;
	char (*pending)[MAX_NAME]; /* owned: children without a verdict yet */
	size_t pending_count;
	bool ike_pending;            /* rekey: the IKE SA has no verdict yet */
	struct change_list *changes; /* owned: of a reload */
	enum ike_cause cause;        /* of what failed meanwhile */
	char text[256];
};

/* False without memory. */
bool commands_init(struct commands *all, struct daemon *daemon);
void commands_clear(struct commands *all);

void request_init(struct request *request, struct commands *all);
/* Also ends what is under way, without a word; why is for the log, which says it
 * of what people should know the end of. */
void request_clear(struct request *request, const char *why);

/* One line from the client, without its line end.  The request must be idle. */
void request_start(struct request *request, const char *line, size_t len);
void request_more(struct request *request);    /* state MORE */
void request_expired(struct request *request); /* deadline_ms has passed */
void request_report(struct request *request,   /* any state */
	const struct ike_report *report);

/* Something that is of no peer has happened; any state. */
void request_news(struct request *request, const char *event, const char *text);

/* Before the effect is carried out; any state. */
void request_effect(struct request *request, const struct ike_effect *effect);

/* To be called once for each report, before request_report(). */
void commands_remember(struct commands *all, const struct ike_report *report);

/* See control_effect(). */
void commands_account(struct commands *all, const struct ike_effect *effect);

/* Walks the table of methods: their names, NULL past the end. */
const char *command_name(size_t i);

#endif

/* resolve.c - where a peer may be reached: its places to pairs of addresses, never blocking.
 * SPDX-License-Identifier: ISC
 *
 * A question goes through the peer's remote places one after the other, a name
 * at a time.  Each has a DNS base of its own, which reads resolv.conf anew:
 * evdns reads it once, and knows nothing of a network that has changed since.
 */
#include "daemon/resolve.h"

#include "daemon/dns.h"
#include "daemon/sockaddr.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MAX_PAIRS = 32,
	MAX_ACTIVE = 64, /* questions at once: each has a socket */
	PORT = 500,      /* any: connecting says nothing */
};

struct question {
	struct resolver *resolver; /* NULL: nobody waits any more */
	struct question *next;
	char peer[MAX_NAME];
	uint64_t asked;
	struct ike_side local, remote;
	struct event *step;
	struct evdns_base *dns;
	struct evdns_getaddrinfo_request *request;
	size_t place; /* the next to look at */
	struct ike_address_pair pairs[MAX_PAIRS];
	size_t count;
	char error[256]; /* the last thing that went wrong */
	enum ike_cause cause;
};

struct resolver {
	struct event_base *base;
	resolver_done *done;
	void *ctx;
	struct resolver_places places;
	size_t active; /* the first so many of the list are under way */
	struct question *questions, **end; /* where the next one goes */
};

/* --- The source address --------------------------------------------------- */

/* The address that packets from `from` (family 0: any) to remote leave from: 0
 * or the errno.  Connecting a UDP socket asks the routes and sends nothing. */
static int try_source(const struct ike_addr *from,
	const struct ike_addr *remote, struct ike_addr *out)
{
	struct sockaddr_storage to, at;
	socklen_t len = sockaddr_of(remote, PORT, &to);
	struct ike_endpoint source;
	int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return errno;
	if (from->family != 0) {
		socklen_t from_len = sockaddr_of(from, 0, &at);

		if (bind(fd, (const struct sockaddr *)&at, from_len) < 0)
			error = errno;
	}
	if (error == 0 && connect(fd, (const struct sockaddr *)&to, len) < 0)
		error = errno;
	len = sizeof(at);
	if (error == 0 && getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		error = errno;
	close(fd);
	if (error != 0)
		return error;
	(void)sockaddr_read((const struct sockaddr *)&at, &source);
	*out = source.addr;
	return 0;
}

static bool is_single(const struct ike_place *place)
{
	return place->kind == IKE_PLACE_RANGE &&
	       ike_addr_equal(&place->first, &place->last);
}

static bool is_in(const struct ike_place *place, const struct ike_addr *addr)
{
	return place->first.family == addr->family &&
	       ike_addr_compare(&place->first, addr) <= 0 &&
	       ike_addr_compare(addr, &place->last) <= 0;
}

static bool listens_on(
	const struct resolver_places *places, const struct ike_addr *addr)
{
	for (size_t i = 0; i < places->listen_count; i++) {
		if (ike_addr_equal(&places->listen[i], addr))
			return true;
	}
	return places->listen_count == 0;
}

/* Where any address will do: the one that routing gives, or else the first that
 * we have a socket for. */
static int any_source(const struct resolver_places *places,
	const struct ike_addr *remote, struct ike_addr *out)
{
	static const struct ike_addr any;
	int error = try_source(&any, remote, out);

	if (error != 0 || listens_on(places, out))
		return error;
	for (size_t i = 0; i < places->listen_count; i++) {
		if (places->listen[i].family == remote->family &&
			try_source(&places->listen[i], remote, out) == 0)
			return 0;
	}
	return EADDRNOTAVAIL;
}

/* The source address if this place of ours allows one: 0 or the errno. */
static int source_at(const struct resolver_places *places,
	const struct ike_place *place, const struct ike_addr *remote,
	struct ike_addr *out)
{
	int error;

	switch (place->kind) {
	case IKE_PLACE_ANY:
	case IKE_PLACE_NAME:
		return any_source(places, remote, out);
	case IKE_PLACE_RANGE:
		if (place->first.family != remote->family)
			return EAFNOSUPPORT;
		if (is_single(place))
			return try_source(&place->first, remote, out);
		error = any_source(places, remote, out);
		return error == 0 && !is_in(place, out) ? EADDRNOTAVAIL : error;
	}
	return EINVAL;
}

/* The address that packets to remote leave from; among local's places if it has
 * any: 0 or the errno of the last one tried. */
static int source_of(const struct resolver_places *places,
	const struct ike_side *local, const struct ike_addr *remote,
	struct ike_addr *out)
{
	int error = 0;

	if (local->place_count == 0)
		return any_source(places, remote, out);
	for (size_t i = 0; i < local->place_count; i++) {
		error = source_at(places, &local->places[i], remote, out);
		if (error == 0)
			break;
	}
	return error;
}

/* --- One question --------------------------------------------------------- */

/* Libevent's own way of saying "in the next round". */
static void go_on(struct question *question)
{
	event_active(question->step, EV_TIMEOUT, 1);
}

static void question_free(struct question *question)
{
	if (question->dns)
		evdns_base_free(question->dns, 0);
	if (question->step)
		event_free(question->step);
	free(question);
}

static void start_waiting(struct resolver *resolver)
{
	struct question *question = resolver->questions;

	for (size_t i = 0; i < resolver->active && question; i++)
		question = question->next;
	while (question && resolver->active < MAX_ACTIVE) {
		resolver->active++;
		go_on(question);
		question = question->next;
	}
}

static void finish(struct question *question)
{
	struct resolver *resolver = question->resolver;
	struct ike_resolution resolution = {
		.peer = question->peer,
		.asked = question->asked,
		.pairs = question->pairs,
		.count = question->count,
		.error = question->error,
		.cause = question->cause,
	};
	struct question **at = &resolver->questions;

	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	if (resolver->end == &question->next)
		resolver->end = at;
	resolver->active--;
	start_waiting(resolver);
	if (question->count > 0)
		resolution.error = NULL;
	else if (question->error[0] == '\0')
		resolution.error = "no address to start from is configured";
	resolver->done(resolver->ctx, &resolution);
	question_free(question);
}

static void say(
	struct question *question, int error, const struct ike_addr *remote)
{
	char text[IKE_ADDR_SIZE];

	question->cause = IKE_CAUSE_UNREACHABLE;
	ike_addr_text(remote, text);
	if (error == EADDRNOTAVAIL)
		snprintf(question->error, sizeof(question->error),
			"this machine has none of the addresses in 'local' or "
			"'listen' to reach %s from",
			text);
	else if (error == EAFNOSUPPORT)
		snprintf(question->error, sizeof(question->error),
			"no address of the family of %s here", text);
	else
		snprintf(question->error, sizeof(question->error),
			"no way to %s: %s", text, strerror(error));
}

static void add_remote(struct question *question, const struct ike_addr *remote)
{
	struct ike_address_pair pair = { .remote = *remote };
	int error;

	if (question->count == MAX_PAIRS)
		return;
	error = source_of(&question->resolver->places, &question->local, remote,
		&pair.local);
	if (error != 0) {
		say(question, error, remote);
		return;
	}
	for (size_t i = 0; i < question->count; i++) {
		if (ike_addr_equal(&question->pairs[i].remote, remote))
			return;
	}
	question->pairs[question->count++] = pair;
}

static void add_family(struct question *question,
	const struct evutil_addrinfo *results, int family)
{
	for (; results; results = results->ai_next) {
		struct ike_endpoint at;

		if (results->ai_family == family &&
			sockaddr_read(results->ai_addr, &at))
			add_remote(question, &at.addr);
	}
}

static void resolved(int result, struct evutil_addrinfo *results, void *ctx)
{
	struct question *question = ctx;
	const char *name = question->remote.places[question->place].name;

	question->request = NULL;
	if (question->resolver && result == 0) {
		/* RFC 6724: IPv6 first, where there is a way for it. */
		add_family(question, results, AF_INET6);
		add_family(question, results, AF_INET);
	} else if (question->resolver) {
		question->cause = IKE_CAUSE_NAME;
		snprintf(question->error, sizeof(question->error),
			"%s does not resolve: %s", name,
			evutil_gai_strerror(result));
	}
	if (results)
		evutil_freeaddrinfo(results);
	question->place++;
	go_on(question);
}

static bool open_dns(struct question *question)
{
	const struct resolver *resolver = question->resolver;
	const struct resolver_places *files = &resolver->places;

	if (!question->dns)
		question->dns = dns_open(
			resolver->base, files->resolv_conf, files->hosts);
	return question->dns != NULL;
}

static void ask_name(struct question *question, const char *name)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
	};
	struct evdns_getaddrinfo_request *request;

	if (!open_dns(question)) {
		snprintf(question->error, sizeof(question->error),
			"%s does not resolve: out of memory", name);
		question->place++;
		go_on(question);
		return;
	}
	/* May call resolved() at once, and gives NULL then. */
	request = evdns_getaddrinfo(
		question->dns, name, NULL, &hints, resolved, question);
	if (request)
		question->request = request;
}

static void step(evutil_socket_t fd, short what, void *ctx)
{
	struct question *question = ctx;

	(void)fd;
	(void)what;
	if (!question->resolver) {
		question_free(question);
		return;
	}
	for (; question->place < question->remote.place_count;
		question->place++) {
		const struct ike_place *place =
			&question->remote.places[question->place];

		if (is_single(place))
			add_remote(question, &place->first);
		if (place->kind == IKE_PLACE_NAME) {
			ask_name(question, place->name);
			return;
		}
	}
	finish(question);
}

/* --- All of them ---------------------------------------------------------- */

struct resolver *resolver_new(struct event_base *base, resolver_done *done,
	void *ctx, const struct resolver_places *places)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return NULL;
	resolver->end = &resolver->questions;
	resolver->base = base;
	resolver->done = done;
	resolver->ctx = ctx;
	if (places)
		resolver->places = *places;
	return resolver;
}

/* Evdns answers a cancelled question too, in a later round of the loop; until
 * then the question stays, alone. */
void resolver_free(struct resolver *resolver)
{
	struct question *question, *next;

	if (!resolver)
		return;
	for (question = resolver->questions; question; question = next) {
		next = question->next;
		question->resolver = NULL;
		if (question->request)
			evdns_getaddrinfo_cancel(question->request);
		else
			question_free(question);
	}
	free(resolver);
}

bool resolver_ask(
	struct resolver *resolver, const struct ike_peer *peer, uint64_t asked)
{
	struct question *question = calloc(1, sizeof(*question));

	if (!question)
		return false;
	question->resolver = resolver;
	memcpy(question->peer, peer->name, sizeof(question->peer));
	question->asked = asked;
	question->local = peer->local;
	question->remote = peer->remote;
	question->step = event_new(resolver->base, -1, 0, step, question);
	if (!question->step) {
		question_free(question);
		return false;
	}
	*resolver->end = question;
	resolver->end = &question->next;
	start_waiting(resolver);
	return true;
}

size_t resolver_route(const struct resolver *resolver,
	const struct ike_route *route,
	struct ike_address_pair pairs[IKE_ROUTES])
{
	size_t count = 0;

	for (size_t i = 0; i < route->count; i++) {
		struct ike_address_pair *pair = &pairs[count];
		const struct ike_addr *remote = &route->remote[i];

		pair->remote = *remote;
		if ((route->keep.family == remote->family &&
			    try_source(&route->keep, remote, &pair->local) ==
				    0) ||
			source_of(&resolver->places, &route->peer->local,
				remote, &pair->local) == 0)
			count++;
	}
	return count;
}

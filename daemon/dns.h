/* dns.h - names asked for without blocking: where evdns finds its servers.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_DNS_H
#define DAEMON_DNS_H

struct event_base;
struct evdns_base;

/* Servers, options and hosts are read now, as the network may have changed since
 * the last time; NULL for a file: the system's.  NULL without memory; the caller
 * ends it by evdns_base_free().  What evdns has to say goes to our log. */
struct evdns_base *dns_open(
	struct event_base *base, const char *resolv_conf, const char *hosts);

#endif

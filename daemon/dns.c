/* dns.c - names asked for without blocking: where evdns finds its servers.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/dns.h"

#include "daemon/log.h"

#include <event2/dns.h>

/* Evdns has much to say of each server that is slow. */
static void evdns_says(int warning, const char *text)
{
	(void)warning;
	log_event(LOG_DNS, NULL, NO_FACTS, "DNS: %s", text);
}

struct evdns_base *dns_open(
	struct event_base *base, const char *resolv_conf, const char *hosts)
{
	struct evdns_base *dns;

	evdns_set_log_fn(evdns_says);
	dns = evdns_base_new(base, 0);
	if (!dns)
		return NULL;
	/* Without the file the defaults hold: a server on this machine. */
	(void)evdns_base_resolv_conf_parse(dns,
		DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS | DNS_OPTION_MISC,
		resolv_conf ? resolv_conf : "/etc/resolv.conf");
	(void)evdns_base_load_hosts(dns, hosts ? hosts : "/etc/hosts");
	return dns;
}

/* ctl_facts.h - what ipsec-ctl doctor looks at, gathered and not judged.
 * SPDX-License-Identifier: ISC
 *
 * What could not be found out says so; no member is a guess.
 */
#ifndef DAEMON_CTL_FACTS_H
#define DAEMON_CTL_FACTS_H

#include "daemon/ctl.h"
#include "daemon/ctl_nft.h"
#include "ikev2/peer.h"

#include <sys/types.h>

enum fact {
	FACT_UNKNOWN,
	FACT_NO,
	FACT_YES,
};

/* Of each kind so many are looked at; what is left off is counted. */
enum {
	FACTS_SUITES = 24,
	FACTS_SOCKETS = 16,
	FACTS_NAMES = 16,
	FACTS_ROUTES = 16,
	FACTS_CERTIFICATES = 32,
	FACTS_FILES = 16,
	FACTS_PACKETS = 20,
	FACTS_TEXT = 256,
	FACTS_PATH = 512,
};

/* A transform of ESP that some child may use, by the kernel's name. */
struct facts_suite {
	const struct transform *encr, *integ; /* integ NULL: an AEAD */
	enum fact listed;     /* /proc/crypto has what it is made of */
	enum fact accepted;   /* an SA with it, in a network of its own */
	char why[FACTS_TEXT]; /* not accepted */
};

struct facts_socket {
	uint16_t port;
	unsigned long inode;
	long pid; /* 0: not known */
	char program[32];
};

struct facts_name {
	char peer[MAX_NAME];
	char name[256];
	enum fact resolves;
	char why[FACTS_TEXT];
};

struct facts_route {
	char peer[MAX_NAME];
	char remote[IKE_ADDR_SIZE];
	int mtu; /* 0: no route */
	char why[FACTS_TEXT];
};

struct facts_certificate {
	char peer[MAX_NAME];
	char subject[FACTS_TEXT];
	int64_t not_before, not_after; /* Unix time */
	bool ours;
};

/* A file or folder of secrets that others than its owner may touch. */
struct facts_file {
	char path[FACTS_PATH];
	mode_t mode;
	uid_t owner;
	bool folder;
	bool foreign; /* it belongs to who must not have it */
};

/* What nftables would do to one packet. */
struct facts_packet {
	const char *name; /* "incoming IKE" */
	struct nft_packet packet;
	enum nft_verdict verdict;
	char where[NFT_WHERE];
};

struct facts {
	int64_t now_s;
	bool root; /* we are */

	/* The configuration. */
	char config[FACTS_PATH];
	bool config_there, config_loaded;
	size_t errors, left_out, warnings, peers;
	uint16_t port, nat_port;
	bool v6;                 /* a peer with an IPv6 address */
	bool network4, network6; /* behind us: packets must be forwarded */
	bool certificates_used;

	enum fact running; /* the daemon */
	char running_why[FACTS_TEXT];

	/* The kernel. */
	char release[64];
	enum fact xfrm, esp4, esp6;
	struct facts_suite suites[FACTS_SUITES];
	size_t suite_count;
	enum fact tried; /* SAs */
	char tried_why[FACTS_TEXT];

	enum fact sockets_read;
	struct facts_socket sockets[FACTS_SOCKETS];
	size_t socket_count;

	int forward4, forward6; /* 0, 1; -1: not known */
	int rp_filter;          /* the strictest: 0, 1, 2; -1 */
	char rp_interface[32];

	bool legacy;   /* iptables without nftables has rules, too */
	enum fact nft; /* it is there, and has answered */
	char nft_why[FACTS_TEXT];
	struct facts_packet packets[FACTS_PACKETS];
	size_t packet_count;

	struct facts_route routes[FACTS_ROUTES];
	size_t route_count;
	struct facts_name names[FACTS_NAMES];
	size_t name_count;
	struct facts_certificate certificates[FACTS_CERTIFICATES];
	size_t certificate_count;

	enum fact secrets_read;
	char secrets[FACTS_PATH], secrets_why[FACTS_TEXT];
	struct facts_file files[FACTS_FILES];
	size_t file_count;

	size_t left_off; /* past the ends of these arrays */
};

struct facts_from {
	const struct ctl *ctl;
	const char *system; /* in front of /proc and /lib: "" */
	const char *nft;    /* the program, "": where it usually is; NULL: do
	                     * not ask */
	bool live;          /* ask the kernel, the resolver, the daemon */
};

/* free is the caller's; not NULL: without memory the program ends. */
struct facts *facts_gather(const struct facts_from *from);

/* --- ctl_facts_kernel.c ----------------------------------------------------------- */

/* Adds an SA of each suite in a network of its own, which is gone afterwards:
 * fills tried, and each suite's accepted and why. */
void facts_try_suites(struct facts *facts);

/* --- ctl_facts_names.c ------------------------------------------------------------ */

/* Looks all names up at once: fills each one's resolves and why.  What has no
 * answer after so long does not resolve. */
void facts_look_up(struct facts *facts, unsigned int patience_s);

/* --- ctl_facts_system.c ----------------------------------------------------------- */

/* What files below `system` tell: kernel, sockets, sysctls. */
void facts_read_system(struct facts *facts, const char *system);
/* Asks nft (as in facts_from): fills nft, and each packet's verdict. */
void facts_ask_nft(struct facts *facts, const char *nft);

#endif

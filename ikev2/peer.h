/* peer.h - what the administrator allows one peer; filled by config/, read by the core.
 * SPDX-License-Identifier: ISC
 *
 * A peer is shared and counted: the set of peers holds it, and so does every
 * IKE SA that was authenticated as it, so that a reload never pulls it away
 * from under an SA.
 */
#ifndef IKEV2_PEER_H
#define IKEV2_PEER_H

#include "ikev2/crypto/credential.h"
#include "ikev2/crypto/revocation.h"
#include "ikev2/crypto/sign.h"
#include "ikev2/crypto/transform.h"

/* An IP address without its port.  family 0 is "none", or "any" where that
 * makes sense; octets past the family's length are zero. */
struct ike_addr {
	uint8_t family; /* 0, 4 or 6 */
	uint8_t octets[16];
};

struct ike_endpoint {
	struct ike_addr addr;
	uint16_t port;
};

/* A range of addresses, protocol and ports (RFC 7296 section 3.13.1). */
struct ike_selector {
	uint8_t family; /* 4 or 6; 0: the address of the endpoint ("dynamic") */
	uint8_t protocol;              /* 0: any */
	uint16_t start_port, end_port; /* any: 0 to 65535; OPAQUE: 65535 to 0 */
	uint8_t start[16], end[16];
};

struct ike_id {
	uint8_t type; /* enum id_type; ID_NONE: see the member that holds it */
	uint16_t len;
	uint8_t data[MAX_ID_LEN];
};

/* Transforms in our order of preference within each type. */
struct ike_proposal {
	uint8_t count;
	const struct transform *transforms[MAX_OWN_TRANSFORMS];
};

struct ike_proposals {
	uint8_t count;
	struct ike_proposal list[MAX_OWN_PROPOSALS];
};

/* The same transforms, in the same order. */
bool ike_proposal_equal(
	const struct ike_proposal *a, const struct ike_proposal *b);
bool ike_proposals_equal(
	const struct ike_proposals *a, const struct ike_proposals *b);

enum ike_start {
	IKE_START_WAIT,
	IKE_START_NOW,
	IKE_START_ON_DEMAND,
};

/* When a child ends without our wish. */
enum ike_action {
	IKE_ACTION_START, /* as its start says */
	IKE_ACTION_CLEAR,
	IKE_ACTION_ON_DEMAND,
	IKE_ACTION_RESTART,
};

enum ike_mode {
	IKE_MODE_TUNNEL,
	IKE_MODE_TRANSPORT,
	IKE_MODE_PASS, /* a shunt: past IPsec, in clear */
	IKE_MODE_DROP, /* a shunt: nowhere */
};

/* A shunt is a policy without SAs: IKE has no part in it, and it stands as long
 * as it is configured (RFC 4301 section 4.4.1: BYPASS and DISCARD). */
static inline bool ike_is_shunt(enum ike_mode mode)
{
	return mode == IKE_MODE_PASS || mode == IKE_MODE_DROP;
}

/* A mark that packets carry inside this host: those with (mark & mask) == value.
 * mask 0: none. */
struct ike_mark {
	uint32_t value, mask;
};

/* By what else than selectors the kernel tells policies apart, in one direction. */
struct ike_label {
	struct ike_mark mark;
	uint32_t if_id; /* of an XFRM interface; 0: none */
};

static inline bool ike_label_equal(
	const struct ike_label *a, const struct ike_label *b)
{
	return a->mark.value == b->mark.value && a->mark.mask == b->mark.mask &&
	       a->if_id == b->if_id;
}

struct ike_child_policy {
	char name[MAX_NAME];
	enum ike_mode mode;
	enum ike_start start;
	struct ike_proposals esp;
	struct ike_selector local_ts[MAX_SELECTORS];
	struct ike_selector remote_ts[MAX_SELECTORS];
	uint8_t local_ts_count, remote_ts_count;
	uint32_t replay_window; /* packets; 0: none */
	uint32_t rekey_ms;      /* soft, hard 10 % later; 0: never */
	/* The same; 0: from the cipher's limits, which hold anyway. */
	uint64_t rekey_bytes, rekey_packets;
	uint32_t inactivity_ms; /* without a packet; 0: never */
	uint32_t reqid;         /* given by the engine, kept over reloads */
	uint32_t priority;      /* 0: by the rule of selectors */
	struct ike_label in, out;
};

enum ike_place_kind {
	IKE_PLACE_ANY,
	IKE_PLACE_RANGE, /* first .. last: an address, a prefix or a range */
	IKE_PLACE_NAME,  /* resolved anew at every try */
};

/* Where a side may be found. */
struct ike_place {
	enum ike_place_kind kind;
	struct ike_addr first, last;
	char name[256];
};

enum { MAX_PLACES = 8 };

/* How a side proves itself, as bits. */
enum ike_auth {
	IKE_AUTH_PSK = 1,
	IKE_AUTH_CERT = 2,
	IKE_AUTH_PUBKEY = 4,
	IKE_AUTH_SIGNATURE = IKE_AUTH_CERT | IKE_AUTH_PUBKEY,
};

enum { IKE_AUTH_SIZE = 32 };

struct ike_side {
	struct ike_place places[MAX_PLACES];
	uint8_t place_count; /* 0: any */
	uint16_t port;       /* 0: the daemon's own number */
	struct ike_id id;    /* local: ID_NONE means the source address;
	                      * remote: ID_NONE means any */
	bool id_wildcard; /* remote: id is "*.example.com", or a DN with "*" */
	uint8_t auth; /* enum ike_auth: local one of them, remote any of them */
};

/* A second IKE SA that a peer begins, of one pair of identities. */
enum ike_unique {
	IKE_UNIQUE_NO, /* there are both */
	IKE_UNIQUE_REPLACE,
	IKE_UNIQUE_KEEP, /* it is refused, unless it says that it is alone */
};

enum ike_encap {
	IKE_ENCAP_AUTO,
	IKE_ENCAP_FORCE,
	IKE_ENCAP_NO,
};

struct ike_peer {
	uint32_t refs;
	char name[MAX_NAME];
	bool enabled;
	struct ike_side local, remote;
	struct ike_proposals ike;
	uint16_t psk_len; /* 0: there is none */
	uint8_t psk[MAX_PSK_LEN];
	/* Signatures: what we sign with, what the peer's must lead to, each NULL
	 * if the side that needs it has another method. */
	struct credential *own;
	struct trust *trust;
	enum revocation_rule revocation;
	enum auth_rsa rsa; /* when we sign with RSA */
	bool sha1;         /* signatures with SHA-1 are taken (allow_weak) */
	char error[256];   /* why the peer is left out; empty: it is not */
	uint32_t dpd_delay_ms; /* 0: never */
	uint32_t rekey_ms;  /* of the IKE SA; soft, hard 10 % later; 0: never */
	uint32_t reauth_ms; /* both prove themselves anew; the same; 0: never */
	uint8_t retransmit_tries;
	uint32_t retransmit_base_ms, retransmit_max_ms;
	enum ike_action dpd_action;   /* the peer is dead */
	enum ike_action close_action; /* the peer deletes a child, or all */
	bool keep_trying;
	enum ike_unique unique;
	bool childless; /* RFC 6023 */
	enum ike_encap encap;
	bool mobike;        /* RFC 4555, if the peer can */
	bool fragmentation; /* RFC 7383, if the peer can */
	uint32_t if_id;     /* of the children that have none of their own */
	struct ike_child_policy *children; /* owned; calloc */
	size_t child_count;
};

/* A peer with the defaults of ipsecd.yaml(5), one reference, or NULL without
 * memory. */
struct ike_peer *ike_peer_new(void);
struct ike_peer *ike_peer_ref(struct ike_peer *peer);
void ike_peer_unref(struct ike_peer *peer); /* wipes it with the last one */

/* What a peer's change asks for, when another configuration is in force. */
enum ike_change {
	IKE_CHANGE_NOTHING,   /* takes effect by itself: dpd, retransmit */
	IKE_CHANGE_REKEY,     /* at the next negotiation: ike, esp, lifetimes */
	IKE_CHANGE_REKEY_NOW, /* that child is rekeyed at once: replay_window */
	IKE_CHANGE_CHILD,     /* that child anew: selectors, if not only more */
	IKE_CHANGE_PEER,      /* the whole peer anew */
};

/* A set of peers, in the order of the file. */
struct ike_peers {
	struct ike_peer **peer; /* owned array, each counted */
	enum ike_change
		*change; /* for each: against the set before; NULL: new set */
	size_t count;
};

void ike_peers_clear(struct ike_peers *peers);

/* Is there all that both sides' methods need: key, certificates, authorities?
 * If not, the peer is left out. */
bool ike_peer_can_prove(const struct ike_peer *peer);

/* Has it shunts and nothing else?  Then there is nobody to speak IKE with. */
bool ike_peer_only_shunts(const struct ike_peer *peer);

/* Can SAs that were made by a go on, at a reload, by b?  Proposals, lifetimes,
 * inactivity and how it starts do not count. */
bool ike_child_same(
	const struct ike_child_policy *a, const struct ike_child_policy *b);
/* If not: do SAs as it is now carry all packets that those as it was do?  Then
 * one replaces the other as in any rekeying, make before break, which may not
 * narrow, but widen selectors (RFC 7296 section 2.9.2); else the old is closed
 * first. */
bool ike_child_replaceable(
	const struct ike_child_policy *now, const struct ike_child_policy *was);
/* That, and its selectors are others than they were. */
bool ike_child_wider(
	const struct ike_child_policy *now, const struct ike_child_policy *was);
/* What the same packets meet in the kernel: priority, replay window. */
bool ike_child_treated_same(
	const struct ike_child_policy *a, const struct ike_child_policy *b);

/* --- Addresses ------------------------------------------------------------ */

static inline size_t ike_addr_len(uint8_t family)
{
	return family == 4 ? 4 : family == 6 ? 16 : 0;
}

bool ike_addr_equal(const struct ike_addr *a, const struct ike_addr *b);
/* <0, 0, >0 by octets; only within one family */
int ike_addr_compare(const struct ike_addr *a, const struct ike_addr *b);

enum { IKE_ADDR_SIZE = 46, IKE_SELECTOR_SIZE = 128, IKE_ID_SIZE = 320 };

/* Text for people, always terminated.  IPv6 in the spelling of RFC 5952. */
const char *ike_addr_text(const struct ike_addr *addr, char out[IKE_ADDR_SIZE]);
/* "any", a name, an address, or "192.0.2.1-192.0.2.9"; cut to size octets. */
const char *ike_place_text(
	const struct ike_place *place, char *out, size_t size);
/* "psk", or with several of enum ike_auth what stands between them: "psk or
 * cert"; empty for none. */
const char *ike_auth_text(
	uint8_t auth, const char *between, char out[IKE_AUTH_SIZE]);
/* "10.1.0.0/16", "10.0.0.1-10.0.0.9", "fd00::/8 tcp/80"-like */
const char *ike_selector_text(
	const struct ike_selector *selector, char out[IKE_SELECTOR_SIZE]);

#endif

/* mobike.h - RFC 4555: an IKE SA and its children change their addresses.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_MOBIKE_H
#define IKEV2_MOBIKE_H

#include "ikev2/ikev2.h"
#include "ikev2/wire/message.h"

struct ike_sa;

enum { MAX_PEER_ADDRESSES = 4, MAX_PATHS = 8, COOKIE2_LEN = 16 };

/* Of an IKE SA; a rekeyed one inherits it. */
struct mobike {
	bool supported;   /* both sides said so */
	bool lost;        /* no way to the peer at all .. */
	bool stranded;    /* without MOBIKE: our address is gone */
	uint64_t lost_ms; /* .. since then */
	struct ike_addr peer[MAX_PEER_ADDRESSES]; /* where else the peer is */
	uint8_t peers;
	struct ike_address_pair path[MAX_PATHS]; /* being tried in turn */
	uint8_t paths, path_next;
	/* What the last request about addresses was made for. */
	struct ike_endpoint asked_local, asked_remote;
	uint8_t cookie[COOKIE2_LEN];
	/* Our address as the peer sees it, in its own words (section 3.8). */
	bool seen_known;
	uint8_t seen[NAT_DETECTION_LEN];
};

/* Would we speak MOBIKE with this peer?  Not without NAT detection, as the
 * addresses that an update brings are those of the IP header. */
bool mobike_wanted(const struct ike_sa *sa, const struct ike_peer *peer);
/* Our part of IKE_AUTH, and the peer's. */
void mobike_announce(const struct ike_sa *sa, struct message_out *out);
void mobike_agree(struct ike_sa *sa, const struct message *in);

/* What an INFORMATIONAL request says about addresses, and the answer to it.
 * IKE_OK also if it says nothing; without MOBIKE nothing is heard of it. */
enum ike_error mobike_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out);

/* An authentic reply came along the path of the datagram in hand. */
void mobike_heard(struct ike_sa *sa);
/* A request is about to be sent again: perhaps along another path. */
void mobike_unanswered(struct ike_sa *sa);
/* No way leads to the peer for now: it is not given up yet. */
bool mobike_is_patient(const struct ike_sa *sa);

/* Behind a NAT liveness asks what our address is, too (section 3.8). */
bool mobike_ask_seen(struct ike_sa *sa, struct message_out *out);
void mobike_take_seen(struct ike_sa *sa, const struct message *in);

/* The SA that replaces another knows what that knew, and when it takes over
 * asks what that had still to ask. */
void mobike_inherit(struct ike_sa *to, const struct ike_sa *from);
void mobike_go_on(struct ike_sa *to, const struct ike_sa *from);

#endif

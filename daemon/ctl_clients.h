/* ctl_clients.h - what well-known clients propose, as a table, and as they put it on the wire.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_CLIENTS_H
#define DAEMON_CTL_CLIENTS_H

#include "ikev2/peer.h"
#include "ikev2/wire/payload.h"

enum {
	CLIENT_PROPOSALS = 20, /* of one kind, with a NULL behind the last */
	CLIENT_NOTES = 5,      /* the same */
	CLIENT_IDS = 3,
	CLIENT_OFFER = 4096, /* octets of its longest SA payload, and more */
};

/* Proves itself by a method of EAP: beside the bits of enum ike_auth. */
enum { CLIENT_EAP = 0x80 };

/* Proposals are names joined by '-', each string one proposal, in its order.
 * Names are those of our own proposal strings, more in ctl_clients.c for what
 * this version has not got; in `rekey`, "ikegroup" is the group that the IKE SA
 * has. */
struct client {
	const char *name;  /* after --from */
	const char *words; /* what that is */
	const char *ike[CLIENT_PROPOSALS];
	const char *ke; /* the group of its first KE payload */
	const char *esp[CLIENT_PROPOSALS];   /* of the first child */
	const char *rekey[CLIENT_PROPOSALS]; /* of a child's rekey */
	const char *rekey_ke; /* of the KE payload then, or NULL */
	uint8_t proves; /* how it can prove itself: enum ike_auth, CLIENT_EAP */
	uint8_t believes;        /* how a gateway can, to it */
	uint8_t ids[CLIENT_IDS]; /* kinds of its identity, ID_NONE: no more */
	const char *there;       /* what to change at its end; NULL: nothing */
	const char *notes[CLIENT_NOTES]; /* what else one must know */
};

/* The i-th client, NULL past the end; the one of that name, or NULL. */
const struct client *client_at(size_t i);
const struct client *client_named(const char *name);

/* One name of a proposal as it stands on the wire; false if there is none. */
bool client_transform(const char *name, size_t len, struct wire_transform *out);

/* The SA payload's body, for read_sa, in buffer.  ike_group: of the IKE SA, for
 * "ikegroup"; may be NULL where no proposal says that.  No octets if a name is
 * unknown. */
struct bytes client_offer(const char *const *proposals, uint8_t protocol,
	const struct transform *ike_group, uint8_t buffer[CLIENT_OFFER]);

/* Of those proposals one that this version could accept, whole: the first
 * without a weak algorithm, else the first; false if there is none. */
bool client_best(const char *const *proposals, uint8_t protocol,
	const struct transform *ike_group, struct suite *out);

#endif

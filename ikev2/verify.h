/* verify.h - how each side proves in IKE_AUTH who it is: the peer's part (RFC 7296 section 2.15, RFC 4945).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_VERIFY_H
#define IKEV2_VERIFY_H

#include "ikev2/sa.h"

/* What an IKE_AUTH message shows for its sender, parsed once; presented_clear
 * frees it. */
struct presented {
	struct cert_chain chain; /* leaf NULL: none, or none of use .. */
	const char *no_leaf;     /* .. and why; NULL: there was none */
	struct public_key *raw;  /* RFC 7670, or NULL */
	struct bytes stapled[MAX_CERTS]; /* OCSP responses (RFC 4806) */
	size_t stapled_count;
};

void presented_read(struct presented *shown, const struct message *in);
void presented_clear(struct presented *shown);

/* Why somebody is not let in, for people. */
struct rejection {
	enum ike_cause cause; /* REJECTED_PEER or CERTIFICATE */
	bool wait; /* not yet: something has to be asked first (IKE_WAIT) */
	char why[X509_WHY];
};

/* Could a peer of this configuration, of that identity, prove itself so at all?
 * By method, names and authorities, without an operation with a key. */
bool verify_possible(const struct ike_peer *peer, const struct message *in,
	const struct ike_id *id, const struct presented *shown,
	struct rejection *rejection);

/* Is the sender the peer that it says it is (id, which has been matched with
 * the configuration)?  AUTH first, with at most one operation with a public
 * key; only then what its certificate leads to.  peer NULL: nobody is configured
 * for it, and the answer costs the same.  NULL: it is not, see rejection; what
 * is returned is the caller's, for sa_establish. */
struct verified *verify_peer(struct ike_sa *sa, struct ike_peer *peer,
	const struct message *in, const struct payload_id *id,
	const struct presented *shown, struct rejection *rejection);
/* What has been proven to the old IKE SA holds for the one that replaces it, as
 * only its two sides know the keys (RFC 7296 section 2.18).  NULL: nothing has,
 * or there is no memory. */
struct verified *verify_inherited(
	const struct ike_sa *fresh, const struct ike_sa *old);

/* The SA, of which the proof must be, has what it says; it is freed.  For
 * sa_establish. */
void verified_spend(struct verified *proof, struct ike_sa *sa);
/* Not used after all; NULL: nothing. */
void verified_free(struct verified *proof);

#endif

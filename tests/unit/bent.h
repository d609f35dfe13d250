/* bent.h - one core, and a peer of it that can be bent to say anything.
 * SPDX-License-Identifier: ISC
 *
 * The core under test is reached by its public interface alone.  The other side
 * is made of wire/ and crypto/ functions and has the real keys: it runs honest
 * exchanges as initiator or responder, and a test changes what it says payload
 * by payload, or octet by octet, before or behind the encryption.
 */
#ifndef TESTS_BENT_H
#define TESTS_BENT_H

#include "ikev2/crypto/dh.h"
#include "ikev2/crypto/keymat.h"
#include "ikev2/crypto/sign.h"
#include "ikev2/ikev2.h"
#include "ikev2/selectors.h"
#include "ikev2/wire/message.h"

#include <stddef.h>

enum { MAX_SENT = 64, MAX_PARTS = 80, MAX_PACKET = 8192 };

/* Something here is not as it must be: the fuzzer stops, hostile.c fails its
 * test. */
void bent_failed(const char *file, int line, const char *what);

/* --- The core under test -------------------------------------------------- */

struct sent {
	struct ike_endpoint local, remote;
	size_t len;
	uint8_t data[MAX_PACKET];
};

struct core_under_test {
	struct ike *ike;
	struct ike_peers peers;
	uint64_t seed, now_ms;
	int64_t unix_s;    /* its wall clock */
	int sas, policies; /* in its kernel */
	int ike_up, child_up, child_down, failed;
	bool wished; /* its own user has: what follows is no stranger's doing */
	int turned_away;      /* what the bent peer began, and was refused */
	enum ike_cause cause; /* of the last failure or refusal */
	size_t sent_count;    /* packets since the last input of a test's */
	struct sent sent[MAX_SENT];
	size_t sent_ever;
	int told; /* lines of its log that are no debugging, the last .. */
	enum ike_log_level told_level;
	char told_text[512];
	unsigned left_out;            /* .. and those that were not said */
	int lines;                    /* of its log .. */
	char complaint[512];          /* .. and the last that is a warning */
	enum ike_effect_kind refuse;  /* what its kernel refuses .. */
	int refuse_skip, refuse_left; /* .. after so many, and how often */
	int refused;
	int outbound;     /* of the SA_ADDs that came */
	int encapsulated; /* in UDP, of them */
	int moved;        /* SA_MOVEs, and the last of them */
	struct ike_sa_move move;
	struct ike_explanation explained;           /* the last */
	struct ike_effect asked;                    /* the last IKE_ROUTE .. */
	struct ike_address_pair routes[IKE_ROUTES]; /* .. and its answer */
	size_t route_count;
};

extern struct core_under_test core;

/* Signatures instead of a shared key, in the direction that says so; borrowed
 * for as long as the core is open. */
struct core_signatures {
	uint8_t core_auth, bent_auth; /* enum ike_auth; bent_auth: what the
	                               * core takes, any of several */
	struct credential *core_own;
	struct trust *core_trust;
	struct credential *bent_own; /* NULL: it has the shared key */
	bool sha1;
	bool from_anywhere; /* the core does not know where the bent peer is */
};

/* Transforms as in the configuration, "|" between two proposals. */
struct core_setup {
	const char *ike, *esp;
	bool two_children;      /* "net" and "second" */
	bool cookies;           /* from the first request on */
	bool no_secret;         /* its configuration has none */
	bool limits;            /* of half-open SAs as in the daemon */
	bool fragments;         /* the bent peer says that it can */
	bool no_fragments;      /* the core's configuration says no */
	uint32_t fragment_size; /* of the core; 0: as in the daemon */
	const struct core_signatures *signatures; /* NULL: none */
};

void core_open(const struct core_setup *setup);
/* Another one like it, for the caller to free; NULL without memory. */
struct ike *core_make(const struct core_setup *setup);
void core_close(void);
/* Wish for it, and carry out what comes of it. */
void core_dial(void);
/* A datagram from the bent peer, or from elsewhere; what comes of it is in
 * core.sent.  The octets are given in a buffer of their exact size. */
void core_give(struct bytes data);
void core_give_from(struct bytes data, struct ike_endpoint from);
/* Carry out what it wants; after an input that the functions here do not give. */
void core_settle(void);
/* Time goes by, and every deadline in it. */
void core_advance(uint64_t ms);
int core_ike_sas(void);
int core_established(void);

/* Neither SA nor policy, and nothing to come. */
void core_is_clean(void);
/* Half-open SAs time out, nothing is left, and an honest exchange works. */
void core_recovers(bool bent_initiates);

/* --- Messages in parts ---------------------------------------------------- */

struct part {
	uint8_t type, flags;
	size_t len;
	uint8_t body[2048];
};

struct parts {
	size_t count;
	struct part at[MAX_PARTS];
};

/* A part to change; the test fails if there is none of that type. */
struct part *part_of(struct parts *parts, uint8_t type);
struct part *parts_add(struct parts *parts, uint8_t type, struct bytes body);
struct part *parts_insert(
	struct parts *parts, size_t at, uint8_t type, struct bytes body);
void parts_remove(struct parts *parts, uint8_t type);
void parts_repeat(struct parts *parts, uint8_t type);
void parts_set(struct parts *parts, uint8_t type, struct bytes body);
void parts_notify(struct parts *parts, uint16_t type, struct bytes data);
/* As a chain; *first is the type of the first. */
struct bytes parts_chain(const struct parts *parts, uint8_t *first);

/* --- The bent peer -------------------------------------------------------- */

struct bent_peer {
	bool initiator;
	struct ike_endpoint us, them;
	struct crypto *crypto;
	struct ike_proposals ike, esp;
	struct suite suite;
	uint8_t spi_i[IKE_SPI_LEN], spi_r[IKE_SPI_LEN];
	struct dh dh;
	uint8_t nonce_i[NONCE_LEN], nonce_r[NONCE_LEN];
	struct keymat keys;
	uint8_t init_request[MAX_PACKET], init_reply[MAX_PACKET];
	size_t init_request_len, init_reply_len;
	uint64_t iv;
	bool fragments;              /* it announces RFC 7383 */
	struct credential *own;      /* what it signs with, or NULL */
	uint32_t hashes;             /* that it signs with: 1 << hash_id */
	bool no_hashes;              /* it announces none */
	uint32_t out_id;             /* of its next request */
	uint32_t in_id;              /* of the core's next request */
	uint8_t in_data[MAX_PACKET]; /* the last message it opened .. */
	struct message in;           /* .. which points into it */
	uint8_t esp_spi[ESP_SPI_LEN];
};

extern struct bent_peer bent;

/* A new IKE SA from its side: SPI, nonce, key pair. */
void bent_begin(bool initiator);
struct ike_header bent_header(
	uint8_t exchange, bool response, uint32_t message_id);

/* In clear, sealed, and sealed octets that need not be a chain.  What is
 * returned lasts until the next call. */
struct bytes bent_clear(
	const struct ike_header *header, const struct parts *parts);
struct bytes bent_sealed(
	const struct ike_header *header, const struct parts *parts);
struct bytes bent_sealed_raw(
	const struct ike_header *header, uint8_t first, struct bytes chain);
/* As above, with Pad Length and padding as they are in plain. */
struct bytes bent_sealed_padded(
	const struct ike_header *header, uint8_t first, struct bytes plain);

/* A fragment, whose numbers need not make sense, behind a chain in clear, which
 * may be empty. */
struct bent_fragment {
	uint8_t first;
	uint16_t number, total;
	struct bytes plain;
	uint8_t clear_first;
	struct bytes clear;
};

struct bytes bent_fragment(
	const struct ike_header *header, const struct bent_fragment *fragment);

/* Honest contents. */
void bent_init_parts(struct parts *parts); /* request or reply, by role */
void bent_auth_parts(struct parts *parts);
/* CREATE_CHILD_SA for the child "second", without KE. */
void bent_child_parts(struct parts *parts, bool answer);
/* The same for another IKE SA with the suite "aes256gcm16-prfsha256-x25519", a
 * request or an answer.  Nobody has its keys: the public value is a constant. */
void bent_rekey_parts(struct parts *parts);
/* AUTH computed anew, over what init_request and init_reply now hold. */
void bent_auth_again(struct parts *parts);
/* What an AUTH of its side covers now, with the ID as it is in parts. */
struct auth_octets bent_auth_octets(struct parts *parts);

/* As initiator: send the request as it is in parts; the reply is in core.sent.
 * bent_hear_init takes it in and derives the keys. */
void bent_send_init(const struct parts *parts);
void bent_hear_init(void);
/* As responder: take in the core's IKE_SA_INIT request, and answer. */
void bent_hear_request(void);
void bent_answer_init(const struct parts *parts);

/* Sealed, as the next request, or as the response to in_id. */
void bent_ask(uint8_t exchange, const struct parts *parts);
void bent_answer(uint8_t exchange, const struct parts *parts);
/* Open the core's packet i, or the message that it is the first fragment of;
 * false if it is none for us. */
bool bent_open(size_t i);
/* The core's one packet is a response that holds this error, and no other. */
void bent_hears_error(uint16_t error);
/* The core said nothing. */
void bent_hears_nothing(void);

/* Honest as far as keys, as far as both are up.  With core_dial before it the
 * core initiates. */
void bent_initiates_keys(void);
void bent_initiates(void);
void bent_responds_keys(void); /* the core's IKE_AUTH request is in bent.in */
void bent_responds(void);

#endif

/* bent.h - a peer of the core under test that can be bent to say anything.
 * SPDX-License-Identifier: ISC
 *
 * It is made of wire/ and crypto/ functions and has the real keys: it runs honest
 * exchanges as initiator or responder, and a test changes what it says payload
 * by payload, or octet by octet, before or behind the encryption.
 */
#ifndef TESTS_BENT_H
#define TESTS_BENT_H

#include "ikev2/crypto/dh.h"
#include "ikev2/crypto/keymat.h"
#include "ikev2/crypto/sign.h"
#include "ikev2/selectors.h"
#include "ikev2/wire/message.h"
#include "tests/unit/core_under_test.h"
#include "tests/unit/must.h"
#include "tests/unit/parts.h"

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

/* iana.h - every number of the IKEv2 registry that we use, in RFC order; errors; limits.
 * SPDX-License-Identifier: ISC
 *
 * Names are the RFC's.  The numbers of one table never mix with another's, so
 * each table is an enum of its own.
 */
#ifndef IKEV2_IANA_H
#define IKEV2_IANA_H

/* RFC 7296 section 3.1 */
enum {
	IKE_HEADER_LEN = 28,
	IKE_SPI_LEN = 8,
	ESP_SPI_LEN = 4,
	IKE_VERSION_MAJOR = 2,
	IKE_VERSION_OCTET = 0x20,
	FLAG_INITIATOR = 0x08,
	FLAG_VERSION = 0x10,
	FLAG_RESPONSE = 0x20,
};

enum exchange_type {
	IKE_SA_INIT = 34,
	IKE_AUTH = 35,
	CREATE_CHILD_SA = 36,
	INFORMATIONAL = 37,
};

/* RFC 7296 section 3.2 */
enum payload_type {
	PAYLOAD_NONE = 0,
	PAYLOAD_SA = 33,
	PAYLOAD_KE = 34,
	PAYLOAD_IDI = 35,
	PAYLOAD_IDR = 36,
	PAYLOAD_CERT = 37,
	PAYLOAD_CERTREQ = 38,
	PAYLOAD_AUTH = 39,
	PAYLOAD_NONCE = 40,
	PAYLOAD_NOTIFY = 41,
	PAYLOAD_DELETE = 42,
	PAYLOAD_VENDOR = 43,
	PAYLOAD_TSI = 44,
	PAYLOAD_TSR = 45,
	PAYLOAD_SK = 46,
	PAYLOAD_CP = 47,
	PAYLOAD_EAP = 48,
	PAYLOAD_SKF = 53, /* RFC 7383 */
};

enum { PAYLOAD_HEADER_LEN = 4, PAYLOAD_CRITICAL = 0x80 };

/* RFC 7296 section 3.3.1 */
enum protocol_id {
	PROTOCOL_NONE = 0,
	PROTOCOL_IKE = 1,
	PROTOCOL_AH = 2,
	PROTOCOL_ESP = 3,
};

/* RFC 7296 section 3.3.2 */
enum transform_type {
	TRANSFORM_ENCR = 1,
	TRANSFORM_PRF = 2,
	TRANSFORM_INTEG = 3,
	TRANSFORM_KE = 4,
	TRANSFORM_ESN = 5,
	TRANSFORM_TYPES = 6, /* one more than the last */
};

enum encr_id {
	ENCR_AES_CBC = 12,
	ENCR_AES_GCM_16 = 20,
	ENCR_CHACHA20_POLY1305 = 28,
};

enum prf_id {
	PRF_HMAC_SHA1 = 2,
	PRF_HMAC_SHA2_256 = 5,
	PRF_HMAC_SHA2_384 = 6,
	PRF_HMAC_SHA2_512 = 7,
};

enum integ_id {
	AUTH_NONE = 0,
	AUTH_HMAC_SHA1_96 = 2,
	AUTH_HMAC_SHA2_256_128 = 12,
	AUTH_HMAC_SHA2_384_192 = 13,
	AUTH_HMAC_SHA2_512_256 = 14,
};

enum ke_id {
	KE_NONE = 0,
	KE_MODP_2048 = 14,
	KE_MODP_3072 = 15,
	KE_MODP_4096 = 16,
	KE_MODP_6144 = 17,
	KE_MODP_8192 = 18,
	KE_ECP_256 = 19,
	KE_ECP_384 = 20,
	KE_ECP_521 = 21,
	KE_CURVE25519 = 31,
};

enum esn_id { ESN_NO = 0, ESN_YES = 1 };

/* RFC 7296 section 3.3.5 */
enum { ATTRIBUTE_KEY_LENGTH = 14, ATTRIBUTE_TV = 0x8000 };

/* RFC 7296 section 3.5 */
enum id_type {
	ID_NONE = 0,
	ID_IPV4_ADDR = 1,
	ID_FQDN = 2,
	ID_RFC822_ADDR = 3,
	ID_IPV6_ADDR = 5,
	ID_DER_ASN1_DN = 9,
	ID_DER_ASN1_GN = 10,
	ID_KEY_ID = 11,
};

/* RFC 7296 section 3.8 */
enum auth_method {
	AUTH_RSA = 1,
	AUTH_SHARED_KEY = 2,
	AUTH_ECDSA_256 = 9,
	AUTH_ECDSA_384 = 10,
	AUTH_ECDSA_521 = 11,
	AUTH_DIGITAL_SIGNATURE = 14, /* RFC 7427 */
};

/* RFC 7296 section 3.6 */
enum cert_encoding {
	CERT_X509_SIGNATURE = 4,
	CERT_CRL = 7,
	CERT_HASH_AND_URL = 12,
	CERT_OCSP = 14,           /* RFC 4806 */
	CERT_RAW_PUBLIC_KEY = 15, /* RFC 7670 */
};

/* RFC 7427 section 7, RFC 8420 section 2 */
enum hash_id {
	HASH_SHA1 = 1,
	HASH_SHA2_256 = 2,
	HASH_SHA2_384 = 3,
	HASH_SHA2_512 = 4,
	HASH_IDENTITY = 5,
};

/* RFC 7296 section 3.10.1: the error types of the Notify payload are our error
 * type.  A handler that returns one has said what goes on the wire.  The last
 * three never do. */
enum ike_error {
	IKE_OK = 0,
	UNSUPPORTED_CRITICAL_PAYLOAD = 1,
	INVALID_IKE_SPI = 4,
	INVALID_MAJOR_VERSION = 5,
	INVALID_SYNTAX = 7,
	INVALID_MESSAGE_ID = 9,
	INVALID_SPI = 11,
	NO_PROPOSAL_CHOSEN = 14,
	INVALID_KE_PAYLOAD = 17,
	AUTHENTICATION_FAILED = 24,
	SINGLE_PAIR_REQUIRED = 34,
	NO_ADDITIONAL_SAS = 35,
	INTERNAL_ADDRESS_FAILURE = 36,
	FAILED_CP_REQUIRED = 37,
	TS_UNACCEPTABLE = 38,
	INVALID_SELECTORS = 39,
	UNACCEPTABLE_ADDRESSES = 40,  /* RFC 4555 */
	UNEXPECTED_NAT_DETECTED = 41, /* RFC 4555 */
	TEMPORARY_FAILURE = 43,
	CHILD_SA_NOT_FOUND = 44,
	MS_STATUS = 12345, /* private: ms_status.h */
	IKE_DROP = 65536,  /* say nothing, change nothing */
	IKE_DEAD = 65537,  /* say nothing, the SA is gone */
	IKE_WAIT = 65538,  /* say nothing yet: the message is read again when an
			   * answer from outside is there (waiting.c) */
};

/* RFC 7296 section 3.10.1: status types. */
enum notify_status {
	NOTIFY_FIRST_STATUS = 16384,
	INITIAL_CONTACT = 16384,
	SET_WINDOW_SIZE = 16385,
	ADDITIONAL_TS_POSSIBLE = 16386,
	IPCOMP_SUPPORTED = 16387,
	NAT_DETECTION_SOURCE_IP = 16388,
	NAT_DETECTION_DESTINATION_IP = 16389,
	COOKIE = 16390,
	USE_TRANSPORT_MODE = 16391,
	HTTP_CERT_LOOKUP_SUPPORTED = 16392,
	REKEY_SA = 16393,
	ESP_TFC_PADDING_NOT_SUPPORTED = 16394,
	NON_FIRST_FRAGMENTS_ALSO = 16395,
	MOBIKE_SUPPORTED = 16396, /* RFC 4555 */
	ADDITIONAL_IP4_ADDRESS = 16397,
	ADDITIONAL_IP6_ADDRESS = 16398,
	NO_ADDITIONAL_ADDRESSES = 16399,
	UPDATE_SA_ADDRESSES = 16400,
	COOKIE2 = 16401,
	NO_NATS_ALLOWED = 16402,
	AUTH_LIFETIME = 16403,                 /* RFC 4478 */
	CHILDLESS_IKEV2_SUPPORTED = 16418,     /* RFC 6023 */
	IKEV2_FRAGMENTATION_SUPPORTED = 16430, /* RFC 7383 */
	SIGNATURE_HASH_ALGORITHMS = 16431,     /* RFC 7427 */
};

/* RFC 7296 section 3.13.1 */
enum ts_type {
	TS_IPV4_ADDR_RANGE = 7,
	TS_IPV6_ADDR_RANGE = 8,
};

/* RFC 7296 sections 2.6, 2.10 */
enum {
	COOKIE_LEN_MIN = 1,
	COOKIE_LEN_MAX = 64,
	NONCE_LEN_MIN = 16,
	NONCE_LEN_MAX = 256,
	NONCE_LEN = 32, /* ours: at least half the key of every PRF we have */
	NAT_DETECTION_LEN = 20,
};

/* What we accept and keep, at most.  The reasons stand in
 * the header of the file that holds each. */
enum {
	MAX_MESSAGE_LEN = 65535,
	MAX_PAYLOADS = 64,       /* in one message */
	MAX_PROPOSALS = 64,      /* in one SA payload, walked in place */
	MAX_TRANSFORMS = 255,    /* in one proposal, walked in place */
	MAX_OWN_PROPOSALS = 8,   /* that we configure */
	MAX_OWN_TRANSFORMS = 40, /* in one of them */
	MAX_SELECTORS = 16,      /* kept for one side of a child */
	MAX_DELETES = 8,         /* Delete payloads in one message */
	MAX_CERTS = 8,
	MAX_VENDORS = 12, /* vendor IDs looked at in one message (N27) */
	MAX_ID_LEN = 256, /* of an identity we keep or compare */
	MAX_PSK_LEN = 512,
	MAX_NAME = 64,      /* of a peer or a child, with its NUL */
	MAX_WORK = 16,      /* exchanges waiting for the window of one SA */
	MAX_CHILDREN = 256, /* under one IKE SA */
};

#endif

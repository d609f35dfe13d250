/* names.c - numbers of the registry to their names, for people.
 * SPDX-License-Identifier: ISC
 *
 * To add a name: one row in its table.
 */
#include "ikev2/wire/names.h"

#include "ikev2/iana.h"

#include <stddef.h>

struct name {
	uint16_t number;
	const char *text;
};

#define ROW(NUMBER)                                                            \
	{                                                                      \
		(NUMBER), #NUMBER                                              \
	}

static const struct name exchanges[] = {
	ROW(IKE_SA_INIT),
	ROW(IKE_AUTH),
	ROW(CREATE_CHILD_SA),
	ROW(INFORMATIONAL),
	{ 38, "IKE_SESSION_RESUME" },
	{ 43, "IKE_INTERMEDIATE" },
	{ 44, "IKE_FOLLOWUP_KE" },
};

static const struct name payloads[] = {
	{ PAYLOAD_SA, "SA" },
	{ PAYLOAD_KE, "KE" },
	{ PAYLOAD_IDI, "IDi" },
	{ PAYLOAD_IDR, "IDr" },
	{ PAYLOAD_CERT, "CERT" },
	{ PAYLOAD_CERTREQ, "CERTREQ" },
	{ PAYLOAD_AUTH, "AUTH" },
	{ PAYLOAD_NONCE, "Nonce" },
	{ PAYLOAD_NOTIFY, "N" },
	{ PAYLOAD_DELETE, "D" },
	{ PAYLOAD_VENDOR, "V" },
	{ PAYLOAD_TSI, "TSi" },
	{ PAYLOAD_TSR, "TSr" },
	{ PAYLOAD_SK, "SK" },
	{ PAYLOAD_CP, "CP" },
	{ PAYLOAD_EAP, "EAP" },
	{ PAYLOAD_SKF, "SKF" },
};

static const struct name notifies[] = {
	ROW(UNSUPPORTED_CRITICAL_PAYLOAD),
	ROW(INVALID_IKE_SPI),
	ROW(INVALID_MAJOR_VERSION),
	ROW(INVALID_SYNTAX),
	ROW(INVALID_MESSAGE_ID),
	ROW(INVALID_SPI),
	ROW(NO_PROPOSAL_CHOSEN),
	ROW(INVALID_KE_PAYLOAD),
	ROW(AUTHENTICATION_FAILED),
	ROW(SINGLE_PAIR_REQUIRED),
	ROW(NO_ADDITIONAL_SAS),
	ROW(INTERNAL_ADDRESS_FAILURE),
	ROW(FAILED_CP_REQUIRED),
	ROW(TS_UNACCEPTABLE),
	ROW(INVALID_SELECTORS),
	ROW(UNACCEPTABLE_ADDRESSES),
	ROW(UNEXPECTED_NAT_DETECTED),
	ROW(TEMPORARY_FAILURE),
	ROW(CHILD_SA_NOT_FOUND),
	ROW(MS_STATUS),
	ROW(INITIAL_CONTACT),
	ROW(SET_WINDOW_SIZE),
	ROW(ADDITIONAL_TS_POSSIBLE),
	ROW(IPCOMP_SUPPORTED),
	ROW(NAT_DETECTION_SOURCE_IP),
	ROW(NAT_DETECTION_DESTINATION_IP),
	ROW(COOKIE),
	ROW(USE_TRANSPORT_MODE),
	ROW(HTTP_CERT_LOOKUP_SUPPORTED),
	ROW(REKEY_SA),
	ROW(ESP_TFC_PADDING_NOT_SUPPORTED),
	ROW(NON_FIRST_FRAGMENTS_ALSO),
	ROW(MOBIKE_SUPPORTED),
	ROW(ADDITIONAL_IP4_ADDRESS),
	ROW(ADDITIONAL_IP6_ADDRESS),
	ROW(NO_ADDITIONAL_ADDRESSES),
	ROW(UPDATE_SA_ADDRESSES),
	ROW(COOKIE2),
	ROW(NO_NATS_ALLOWED),
	ROW(AUTH_LIFETIME),
	ROW(CHILDLESS_IKEV2_SUPPORTED),
	ROW(IKEV2_FRAGMENTATION_SUPPORTED),
	ROW(SIGNATURE_HASH_ALGORITHMS),
};

static const struct name protocols[] = {
	{ PROTOCOL_IKE, "IKE" },
	{ PROTOCOL_AH, "AH" },
	{ PROTOCOL_ESP, "ESP" },
};

static const struct name auth_methods[] = {
	{ AUTH_RSA, "RSA digital signature" },
	{ AUTH_SHARED_KEY, "shared key" },
	{ AUTH_ECDSA_256, "ECDSA with P-256" },
	{ AUTH_ECDSA_384, "ECDSA with P-384" },
	{ AUTH_ECDSA_521, "ECDSA with P-521" },
	{ AUTH_DIGITAL_SIGNATURE, "digital signature" },
};

static const char *find(const struct name *names, size_t count, uint16_t number)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i].number == number)
			return names[i].text;
	}
	return NULL;
}

#define FIND(NAMES, NUMBER)                                                    \
	find((NAMES), sizeof(NAMES) / sizeof((NAMES)[0]), (NUMBER))

const char *exchange_name(uint8_t exchange)
{
	return FIND(exchanges, exchange);
}

const char *payload_name(uint8_t type)
{
	return FIND(payloads, type);
}

const char *notify_name(uint16_t type)
{
	return FIND(notifies, type);
}

const char *protocol_name(uint8_t protocol)
{
	return FIND(protocols, protocol);
}

const char *auth_method_name(uint8_t method)
{
	return FIND(auth_methods, method);
}

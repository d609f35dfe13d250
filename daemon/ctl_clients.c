/* ctl_clients.c - THE table of what well-known clients propose.
 * SPDX-License-Identifier: ISC
 *
 * To add a client: a row here and its golden text (tests/unit/ctl_simulate.c
 * fails without).  Each row says where its facts come from.  A newer version of
 * the client may do otherwise: who has seen that changes the row, and its
 * source.
 */
#include "daemon/ctl_clients.h"

#include "ikev2/vendor.h"

#include <string.h>

/* --- Names --------------------------------------------------------------------- */

/* What clients offer and this version has not got.  Numbers of the IANA registry;
 * ENCR with its Key Length attribute. */
// clang-format off
static const struct {
	const char *name;
	uint8_t type;
	uint16_t id, key_bits;
} names[] = {
	{ "des",             TRANSFORM_ENCR,   2,   0 },
	{ "3des",            TRANSFORM_ENCR,   3,   0 },
	{ "null",            TRANSFORM_ENCR,  11,   0 },
	{ "aes128ctr",       TRANSFORM_ENCR,  13, 128 },
	{ "aes192ctr",       TRANSFORM_ENCR,  13, 192 },
	{ "aes256ctr",       TRANSFORM_ENCR,  13, 256 },
	{ "aes128ccm8",      TRANSFORM_ENCR,  14, 128 },
	{ "aes192ccm8",      TRANSFORM_ENCR,  14, 192 },
	{ "aes256ccm8",      TRANSFORM_ENCR,  14, 256 },
	{ "aes128ccm12",     TRANSFORM_ENCR,  15, 128 },
	{ "aes192ccm12",     TRANSFORM_ENCR,  15, 192 },
	{ "aes256ccm12",     TRANSFORM_ENCR,  15, 256 },
	{ "aes128ccm16",     TRANSFORM_ENCR,  16, 128 },
	{ "aes192ccm16",     TRANSFORM_ENCR,  16, 192 },
	{ "aes256ccm16",     TRANSFORM_ENCR,  16, 256 },
	{ "aes128gcm8",      TRANSFORM_ENCR,  18, 128 },
	{ "aes192gcm8",      TRANSFORM_ENCR,  18, 192 },
	{ "aes256gcm8",      TRANSFORM_ENCR,  18, 256 },
	{ "aes128gcm12",     TRANSFORM_ENCR,  19, 128 },
	{ "aes192gcm12",     TRANSFORM_ENCR,  19, 192 },
	{ "aes256gcm12",     TRANSFORM_ENCR,  19, 256 },
	{ "camellia128",     TRANSFORM_ENCR,  23, 128 },
	{ "camellia192",     TRANSFORM_ENCR,  23, 192 },
	{ "camellia256",     TRANSFORM_ENCR,  23, 256 },
	{ "camellia128ctr",  TRANSFORM_ENCR,  24, 128 },
	{ "camellia192ctr",  TRANSFORM_ENCR,  24, 192 },
	{ "camellia256ctr",  TRANSFORM_ENCR,  24, 256 },
	{ "camellia128ccm8", TRANSFORM_ENCR,  25, 128 },
	{ "camellia192ccm8", TRANSFORM_ENCR,  25, 192 },
	{ "camellia256ccm8", TRANSFORM_ENCR,  25, 256 },
	{ "camellia128ccm12",TRANSFORM_ENCR,  26, 128 },
	{ "camellia192ccm12",TRANSFORM_ENCR,  26, 192 },
	{ "camellia256ccm12",TRANSFORM_ENCR,  26, 256 },
	{ "camellia128ccm16",TRANSFORM_ENCR,  27, 128 },
	{ "camellia192ccm16",TRANSFORM_ENCR,  27, 192 },
	{ "camellia256ccm16",TRANSFORM_ENCR,  27, 256 },
	{ "prfaesxcbc",      TRANSFORM_PRF,    4,   0 },
	{ "prfaescmac",      TRANSFORM_PRF,    8,   0 },
	{ "aesxcbc",         TRANSFORM_INTEG,  5,   0 },
	{ "aescmac",         TRANSFORM_INTEG,  8,   0 },
	{ "modp1024",        TRANSFORM_KE,     2,   0 },
	{ "modp1536",        TRANSFORM_KE,     5,   0 },
	{ "modp1024s160",    TRANSFORM_KE,    22,   0 },
	{ "modp2048s224",    TRANSFORM_KE,    23,   0 },
	{ "modp2048s256",    TRANSFORM_KE,    24,   0 },
	{ "ecp256bp",        TRANSFORM_KE,    28,   0 },
	{ "ecp384bp",        TRANSFORM_KE,    29,   0 },
	{ "ecp512bp",        TRANSFORM_KE,    30,   0 },
	{ "x448",            TRANSFORM_KE,    32,   0 },
};
// clang-format on

enum { NAMES = sizeof(names) / sizeof(names[0]) };

bool client_transform(const char *name, size_t len, struct wire_transform *out)
{
	const struct transform *row = transform_named(bytes_of(name, len));

	*out = (struct wire_transform){ 0 };
	if (row) {
		out->type = row->type;
		out->id = row->id;
		out->key_bits = row->key_bits;
		return true;
	}
	for (size_t i = 0; i < NAMES; i++) {
		if (strlen(names[i].name) != len ||
			strncmp(names[i].name, name, len) != 0)
			continue;
		out->type = names[i].type;
		out->id = names[i].id;
		out->key_bits = names[i].key_bits;
		return true;
	}
	return false;
}

/* --- The table ------------------------------------------------------------------- */

/* Windows sends each combination as a proposal of its own. */
#define WINDOWS_CBC(CIPHER, GROUP)                                             \
	CIPHER "-sha1-prfsha1-" GROUP, CIPHER "-sha256-prfsha256-" GROUP,      \
		CIPHER "-sha384-prfsha384-" GROUP
#define WINDOWS_GCM(CIPHER, GROUP)                                             \
	CIPHER "-prfsha1-" GROUP, CIPHER "-prfsha256-" GROUP,                  \
		CIPHER "-prfsha384-" GROUP
#define WINDOWS_IKE                                                            \
	WINDOWS_CBC("3des", "modp1024"), WINDOWS_CBC("aes128", "modp1024"),    \
		WINDOWS_CBC("aes192", "modp1024"),                             \
		WINDOWS_CBC("aes256", "modp1024")
#define WINDOWS_ESP                                                            \
	"aes256-sha1-noesn", "aes128-sha1-noesn", "3des-sha1-noesn",           \
		"des-sha1-noesn", "null-sha1-noesn"
#define WINDOWS_NOTES                                                          \
	"the certificate of the gateway must hold its name as DNS name, even " \
	"an address, and be for serverAuth; RSA, or ECDSA P-256 or P-384",     \
		"behind a NAT it refuses a rekey of the child that the "       \
		"gateway begins: rekey_time: never for the child, it rekeys "  \
		"by itself",                                                   \
		"sends no IDr, so peers are told apart by address and by its " \
		"identity alone"

#define AES_CTR_CBC "aes256ctr-aes256-aes192ctr-aes192-aes128ctr-aes128"
#define ANDROID_AEADS                                                          \
	"chacha20poly1305-aes256gcm16-aes256gcm12-aes256gcm8-aes192gcm16-"     \
	"aes192gcm12-aes192gcm8-aes128gcm16-aes128gcm12-aes128gcm8"
#define ANDROID_INTEG "sha512-sha384-sha256-aesxcbc-aescmac"
#define ANDROID_PRF                                                            \
	"prfsha512-prfsha384-prfsha256-prfaesxcbc-prfaescmac-prfsha1"
#define ANDROID_GROUPS "modp4096-x25519-modp3072-modp2048"
#define ANDROID_ESP                                                            \
	AES_CTR_CBC "-" ANDROID_INTEG "-noesn", ANDROID_AEADS "-noesn"

#define THREE(BEFORE, AFTER)                                                   \
	BEFORE "128" AFTER "-" BEFORE "192" AFTER "-" BEFORE "256" AFTER "-"
#define STRONGSWAN_PRF_GROUPS                                                  \
	"prfsha256-prfsha384-prfsha512-prfaesxcbc-prfaescmac-prfsha1-"         \
	"x25519-x448-ecp256-ecp384-ecp521-ecp256bp-ecp384bp-ecp512bp-"         \
	"modp3072-modp4096-modp6144-modp8192-modp2048"
#define STRONGSWAN_CBCS                                                        \
	THREE("aes", "")                                                       \
	THREE("aes", "ctr")                                                    \
	THREE("camellia", "")                                                  \
	THREE("camellia", "ctr")                                               \
	"3des-sha256-sha384-sha512-aesxcbc-aescmac-sha1-"
#define STRONGSWAN_AEADS                                                       \
	THREE("aes", "ccm16")                                                  \
	THREE("aes", "gcm16")                                                  \
	"chacha20poly1305-" THREE("camellia", "ccm16") THREE("aes", "ccm8")    \
		THREE("aes", "ccm12") THREE("aes", "gcm8")                     \
			THREE("aes", "gcm12") THREE("camellia", "ccm8")        \
				THREE("camellia", "ccm12")
#define STRONGSWAN_ESP                                                         \
	"aes128gcm16-aes192gcm16-aes256gcm16-noesn",                           \
		"aes128-aes192-aes256-sha256-sha384-sha512-sha1-aesxcbc-noesn"

#define LIBRESWAN_PRF_GROUPS                                                   \
	"prfsha512-prfsha256-modp2048-modp3072-modp4096-modp8192-ecp256-"      \
	"ecp384-ecp521-x25519"

#define AWS_GROUPS                                                             \
	"modp2048-modp3072-modp4096-modp6144-modp8192-ecp256-ecp384-ecp521-"   \
	"modp1024s160-modp2048s224-modp2048s256"
#define AWS_ESP(GROUPS)                                                        \
	"aes128-aes256-sha1-sha256-sha384-sha512" GROUPS "-noesn",             \
		"aes128gcm16-aes256gcm16" GROUPS "-noesn"

#define AZURE_IKE(CIPHER)                                                      \
	CIPHER "-sha1-prfsha1-modp1024", CIPHER "-sha256-prfsha256-modp1024"
#define AZURE_ESP                                                              \
	"aes256gcm16-noesn", "aes256-sha1-noesn", "aes256-sha256-noesn",       \
		"aes128-sha1-noesn"

/* How far each row can be trusted stands in its comment. */
// clang-format off
static const struct client clients[] = {
	/* The list that strongSwan's documentation has of the client's defaults,
	 * interop/windowsClients; servers' logs show the same proposals in this
	 * order, each by itself (trailofbits/algo issue 9).  Windows 11 adds GCM.
	 * Vendor: the cmdlet VpnClient/Set-VpnConnectionIPsecConfiguration. */
	{ .name = "windows11", .words = "Windows 11, its own client as it is installed",
		.ike = { WINDOWS_IKE, WINDOWS_GCM("aes128gcm16", "modp1024"),
			WINDOWS_GCM("aes256gcm16", "modp1024") },
		.ke = "modp1024",
		.esp = { WINDOWS_ESP }, .rekey = { WINDOWS_ESP },
		.proves = IKE_AUTH_CERT | CLIENT_EAP, .believes = IKE_AUTH_CERT,
		.ids = { ID_IPV4_ADDR, ID_IPV6_ADDR, ID_DER_ASN1_DN },
		.there = VENDOR_THERE_WINDOWS, .notes = { WINDOWS_NOTES } },
	/* The same list, without what Windows 11 adds: Windows 7 to 10, Server 2012
	 * to 2022. */
	{ .name = "windows-default", .words = "Windows 10 and before, its own client as it is installed",
		.ike = { WINDOWS_IKE }, .ke = "modp1024",
		.esp = { WINDOWS_ESP }, .rekey = { WINDOWS_ESP },
		.proves = IKE_AUTH_CERT | CLIENT_EAP, .believes = IKE_AUTH_CERT,
		.ids = { ID_IPV4_ADDR, ID_IPV6_ADDR, ID_DER_ASN1_DN },
		.there = VENDOR_THERE_WINDOWS, .notes = { WINDOWS_NOTES } },
	/* strongSwan's documentation, interop/ios, of iOS 16.5: a connection made
	 * in the settings. */
	{ .name = "ios", .words = "iOS and iPadOS, a connection made in the settings",
		.ike = { "aes256-sha256-prfsha256-modp2048", "aes256-sha256-prfsha256-ecp256",
			"aes256-sha256-prfsha256-modp1536", "aes128-sha1-prfsha1-modp1024",
			"3des-sha1-prfsha1-modp1024" },
		.ke = "modp2048",
		.esp = { "aes256-sha256-noesn", "aes128-sha1-noesn", "3des-sha1-noesn" },
		.rekey = { "aes256-sha256-modp2048-noesn", "aes256-sha256-noesn",
			"aes128-sha1-noesn", "3des-sha1-noesn" },
		.rekey_ke = "modp2048",
		.proves = IKE_AUTH_PSK | IKE_AUTH_CERT | CLIENT_EAP,
		.believes = IKE_AUTH_PSK | IKE_AUTH_CERT,
		.ids = { ID_FQDN, ID_RFC822_ADDR, ID_IPV4_ADDR },
		.there = VENDOR_THERE_APPLE,
		.notes = {
			"the certificate of the gateway must be for its remote ID, for serverAuth, and RSA: "
			"without a profile it refuses ECDSA",
			"a distinguished name as local ID goes out as a host name" } },
	/* The same page of macOS 13.4. */
	{ .name = "macos", .words = "macOS, a connection made in the settings",
		.ike = { "aes256-sha256-prfsha256-modp2048" }, .ke = "modp2048",
		.esp = { "aes256-sha256-noesn" }, .rekey = { "aes256-sha256-noesn" },
		.proves = IKE_AUTH_PSK | IKE_AUTH_CERT | CLIENT_EAP,
		.believes = IKE_AUTH_PSK | IKE_AUTH_CERT,
		.ids = { ID_FQDN, ID_RFC822_ADDR, ID_IPV4_ADDR },
		.there = VENDOR_THERE_APPLE,
		.notes = { "the certificate of the gateway must be for its remote ID, and for serverAuth" } },
	/* Android's own source, VpnIkev2Utils of the framework: Android 12 and
	 * later; what the phone's kernel has not got is left out of ESP. */
	{ .name = "android", .words = "Android 12 and later, its own client",
		.ike = { AES_CTR_CBC "-" ANDROID_INTEG "-" ANDROID_PRF "-" ANDROID_GROUPS,
			ANDROID_AEADS "-" ANDROID_PRF "-" ANDROID_GROUPS },
		.ke = "modp4096",
		.esp = { ANDROID_ESP }, .rekey = { ANDROID_ESP },
		.proves = IKE_AUTH_PSK | IKE_AUTH_CERT | CLIENT_EAP,
		.believes = IKE_AUTH_PSK | IKE_AUTH_CERT,
		.ids = { ID_FQDN, ID_RFC822_ADDR, ID_KEY_ID },
		.notes = { "knows no ECP groups: ecp256 or ecp384 alone will never do",
			"the certificate of the gateway must be for the server address that was typed in" } },
	/* IKE: as 5.9.8 of Debian 12 with all its plugins sends it, seen on the
	 * wire.  ESP: its source, proposal.c. */
	{ .name = "strongswan", .words = "strongSwan 5.9, proposals left at their default",
		.ike = { STRONGSWAN_CBCS STRONGSWAN_PRF_GROUPS, STRONGSWAN_AEADS STRONGSWAN_PRF_GROUPS },
		.ke = "x25519",
		.esp = { STRONGSWAN_ESP }, .rekey = { STRONGSWAN_ESP },
		.proves = IKE_AUTH_PSK | IKE_AUTH_CERT | IKE_AUTH_PUBKEY | CLIENT_EAP,
		.believes = IKE_AUTH_PSK | IKE_AUTH_CERT | IKE_AUTH_PUBKEY,
		.ids = { ID_FQDN, ID_IPV4_ADDR, ID_DER_ASN1_DN },
		.there = VENDOR_THERE_STRONGSWAN,
		.notes = { "without id in its local section its identity is its address" } },
	/* IKE: as 4.10 of Debian 12 sends it, seen on the wire.  ESP: what its log
	 * says that it will propose.  pfs=yes: a rekey has the group of the IKE SA. */
	{ .name = "libreswan", .words = "Libreswan 4, ike= and esp= left out",
		.ike = { "aes256gcm16-" LIBRESWAN_PRF_GROUPS, "aes128gcm16-" LIBRESWAN_PRF_GROUPS,
			"aes256-sha512-sha256-" LIBRESWAN_PRF_GROUPS, "aes128-sha512-sha256-" LIBRESWAN_PRF_GROUPS },
		.ke = "modp2048",
		.esp = { "aes256gcm16-esn-noesn", "aes128gcm16-esn-noesn", "aes256-sha512-sha256-esn-noesn",
			"aes128-sha512-sha256-esn-noesn" },
		.rekey = { "aes256gcm16-ikegroup-esn-noesn", "aes128gcm16-ikegroup-esn-noesn",
			"aes256-sha512-sha256-ikegroup-esn-noesn", "aes128-sha512-sha256-ikegroup-esn-noesn" },
		.rekey_ke = "ikegroup",
		.proves = IKE_AUTH_PSK | IKE_AUTH_CERT | IKE_AUTH_PUBKEY,
		.believes = IKE_AUTH_PSK | IKE_AUTH_CERT | IKE_AUTH_PUBKEY,
		.ids = { ID_IPV4_ADDR, ID_FQDN, ID_DER_ASN1_DN },
		.there = VENDOR_THERE_LIBRESWAN,
		.notes = { "leftid=@name sends a host name, without leftid it sends its address" } },
	/* An export of a router as it is installed shows the default proposal
	 * (pastebin.com/JzWYY9hG, January 2022: sha1, aes-256-cbc, aes-192-cbc,
	 * aes-128-cbc, pfs-group modp1024).  No such source was found for the
	 * default profile, which is from memory. */
	{ .name = "mikrotik", .words = "MikroTik RouterOS, default profile and proposal",
		.ike = { "aes128-3des-sha1-prfsha1-modp2048-modp1024" }, .ke = "modp2048",
		.esp = { "aes256-aes192-aes128-sha1-noesn" },
		.rekey = { "aes256-aes192-aes128-sha1-modp1024-noesn" }, .rekey_ke = "modp1024",
		.proves = IKE_AUTH_PSK | IKE_AUTH_CERT, .believes = IKE_AUTH_PSK | IKE_AUTH_CERT,
		.ids = { ID_IPV4_ADDR, ID_FQDN, ID_KEY_ID },
		.there = "/ip ipsec profile set default enc-algorithm=aes-256 hash-algorithm=sha256 "
			"dh-group=ecp256; /ip ipsec proposal set default enc-algorithms=aes-256-gcm pfs-group=ecp256",
		.notes = { "my-id=auto sends its address" } },
	/* IOS-XE 16 and 17, the built-in proposal "default", from memory: releases
	 * differ, and no page of Cisco's was found that lists it.  Transform set "default": esp-aes esp-sha-hmac. */
	{ .name = "cisco", .words = "Cisco IOS-XE 16 and 17, default proposal and transform set",
		.ike = { "aes256-sha512-sha384-prfsha512-prfsha384-ecp256-modp2048-ecp521-modp1536" },
		.ke = "ecp256",
		.esp = { "aes128-sha1-noesn" }, .rekey = { "aes128-sha1-noesn" },
		.proves = IKE_AUTH_PSK | IKE_AUTH_CERT | CLIENT_EAP,
		.believes = IKE_AUTH_PSK | IKE_AUTH_CERT,
		.ids = { ID_IPV4_ADDR, ID_FQDN, ID_DER_ASN1_DN },
		.there = VENDOR_THERE_CISCO,
		.notes = { "its identity is its address, unless the profile says identity local" } },
	/* Microsoft's page on IPsec policies of virtual WAN: defaults as initiator. */
	{ .name = "azure", .words = "Azure VPN gateway, default policy",
		.ike = { AZURE_IKE("aes256"), AZURE_IKE("aes128") }, .ke = "modp1024",
		.esp = { AZURE_ESP }, .rekey = { AZURE_ESP },
		.proves = IKE_AUTH_PSK, .believes = IKE_AUTH_PSK,
		.ids = { ID_IPV4_ADDR },
		.there = VENDOR_THERE_AZURE,
		.notes = { "asks for 0.0.0.0/0 on both sides, unless policy-based traffic selectors are on" } },
	/* AWS's user guide, VPNTunnels: what a tunnel allows by default, which it
	 * tries from the lowest on. */
	{ .name = "aws", .words = "AWS Site-to-Site VPN, default tunnel options",
		.ike = { "aes128-aes256-sha1-sha256-sha384-sha512-prfsha1-prfsha256-prfsha384-prfsha512-modp1024-" AWS_GROUPS,
			"aes128gcm16-aes256gcm16-prfsha1-prfsha256-prfsha384-prfsha512-modp1024-" AWS_GROUPS },
		.ke = "modp1024",
		.esp = { AWS_ESP("") },
		.rekey = { AWS_ESP("-modp1024-modp1536-" AWS_GROUPS) }, .rekey_ke = "modp1024",
		.proves = IKE_AUTH_PSK | IKE_AUTH_CERT, .believes = IKE_AUTH_PSK | IKE_AUTH_CERT,
		.ids = { ID_IPV4_ADDR, ID_DER_ASN1_DN },
		.there = "the tunnel's options: one encryption, one integrity and one DH group in each phase",
		.notes = { "as responder it takes the weakest of what it is offered: offer one proposal",
			"asks for 0.0.0.0/0 on both sides by default, and begins only with startup action Start" } },
};
// clang-format on

enum { CLIENTS = sizeof(clients) / sizeof(clients[0]) };

const struct client *client_at(size_t i)
{
	return i < CLIENTS ? &clients[i] : NULL;
}

const struct client *client_named(const char *name)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		if (strcmp(clients[i].name, name) == 0)
			return &clients[i];
	}
	return NULL;
}

/* --- On the wire ----------------------------------------------------------------- */

/* The next name of a proposal; false past the last. */
static bool next_name(const char **at, const char **name, size_t *len)
{
	if (**at == '\0')
		return false;
	*name = *at;
	*len = strcspn(*at, "-");
	*at += *len;
	*at += **at == '-';
	return true;
}

static bool is_ike_group(const char *name, size_t len)
{
	static const char group[] = "ikegroup";

	return len == sizeof(group) - 1 && strncmp(name, group, len) == 0;
}

static bool write_proposal(
	struct sa_out *sa, const char *text, const struct transform *ike_group)
{
	const char *name;
	size_t len;

	while (next_name(&text, &name, &len)) {
		struct wire_transform t;

		if (ike_group && is_ike_group(name, len)) {
			write_transform(sa, TRANSFORM_KE, ike_group->id, 0);
			continue;
		}
		if (!client_transform(name, len, &t))
			return false;
		write_transform(sa, t.type, t.id, t.key_bits);
	}
	return true;
}

struct bytes client_offer(const char *const *proposals, uint8_t protocol,
	const struct transform *ike_group, uint8_t buffer[CLIENT_OFFER])
{
	static const uint8_t spi[ESP_SPI_LEN] = { 0xc0, 0, 0, 1 };
	const struct bytes none = { NULL, 0 };
	struct writer w = writer_of(buffer, CLIENT_OFFER);
	struct chain c = { &w, 0 };
	struct sa_out sa;

	write_u8(&w, PAYLOAD_NONE); /* of what comes before the payload */
	sa_begin(&sa, &c);
	for (uint8_t i = 0; proposals[i]; i++) {
		proposal_begin(&sa, (uint8_t)(i + 1), protocol,
			protocol == PROTOCOL_ESP ? bytes_of(spi, sizeof(spi))
						 : none);
		if (!write_proposal(&sa, proposals[i], ike_group))
			return none;
		proposal_end(&sa);
	}
	sa_end(&sa);
	if (w.bad)
		return none;
	return bytes_of(buffer + 1 + PAYLOAD_HEADER_LEN,
		w.len - 1 - PAYLOAD_HEADER_LEN);
}

/* --- What we could accept -------------------------------------------------------- */

/* Of each type the first that is known, and not weak if there is one. */
static void take(const struct transform **slot, const struct transform *row)
{
	if (!*slot || ((*slot)->weak && !row->weak))
		*slot = row;
}

static void take_row(struct suite *suite, const struct transform *row)
{
	switch ((enum transform_type)row->type) {
	case TRANSFORM_ENCR:
		take(&suite->encr, row);
		break;
	case TRANSFORM_PRF:
		take(&suite->prf, row);
		break;
	case TRANSFORM_INTEG:
		take(&suite->integ, row);
		break;
	case TRANSFORM_KE:
		take(&suite->ke, row);
		break;
	case TRANSFORM_ESN:
		take(&suite->esn, row);
		break;
	case TRANSFORM_TYPES:
		break;
	}
}

static struct suite known_of(
	const char *text, const struct transform *ike_group)
{
	struct suite suite = { 0 };
	const char *name;
	size_t len;

	while (next_name(&text, &name, &len)) {
		const struct transform *row =
			is_ike_group(name, len)
				? ike_group
				: transform_named(bytes_of(name, len));

		if (row)
			take_row(&suite, row);
	}
	return suite;
}

static bool is_whole(const struct suite *suite, uint8_t protocol)
{
	if (!suite->encr || suite->encr->aead == (suite->integ != NULL))
		return false;
	return protocol == PROTOCOL_ESP || (suite->prf && suite->ke);
}

static bool is_weak(const struct suite *suite)
{
	return (suite->integ && suite->integ->weak) ||
	       (suite->prf && suite->prf->weak) ||
	       (suite->ke && suite->ke->weak) || suite->encr->weak;
}

bool client_best(const char *const *proposals, uint8_t protocol,
	const struct transform *ike_group, struct suite *out)
{
	bool found = false;

	for (size_t i = 0; proposals[i]; i++) {
		struct suite suite = known_of(proposals[i], ike_group);

		if (!is_whole(&suite, protocol))
			continue;
		if (!found)
			*out = suite;
		found = true;
		if (is_weak(&suite))
			continue;
		*out = suite;
		return true;
	}
	return found;
}

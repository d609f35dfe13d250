/* vendor.c - THE tables of vendor IDs and of proposals that tell an implementation (RFC 7296 sections 3.12 and 3.3).
 * SPDX-License-Identifier: ISC
 *
 * To add one: a row in either table, which says where its octets come from, and
 * its line in tests/unit/vendor.c.
 */
#include "ikev2/vendor.h"

#include <stdio.h>

/* --- Vendor IDs ------------------------------------------------------------ */

struct vendor_id {
	const char *name;
	const char *octets;
	uint8_t len;
	bool goes_on; /* others may follow, as a version */
	const char *there;
};

#define EXACTLY(TEXT) .octets = (TEXT), .len = sizeof(TEXT) - 1
#define BEGINS(TEXT)  EXACTLY(TEXT), .goes_on = true

/* What several send, "FRAGMENTATION" for one, tells nothing and is no row. */
// clang-format off
static const struct vendor_id ids[] = {
	/* strongSwan's ike_vendor.c: MD5 of its name; with send_vendor_id = yes. */
	{ "strongSwan", EXACTLY("\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb"),
		.there = VENDOR_THERE_STRONGSWAN },
	/* Libreswan's version.c; `ipsec status` shows it as pluto_vendorid; with
	 * send-vendorid=yes. */
	{ "Libreswan", BEGINS("OE-Libreswan-"), .there = VENDOR_THERE_LIBRESWAN },
	/* OpenIKED's types.h: IKED_VENDOR_ID, its version behind it. */
	{ "OpenIKED", BEGINS("OpenIKED-"),
		.there = "iked.conf: ikesa enc aes-256-gcm prf hmac-sha2-384 group curve25519 childsa enc aes-256-gcm" },
	/* ike-scan's ike-vendor-ids, strongSwan's ike_vendor.c: MD5 of "MS NT5
	 * ISAKMPOAKLEY", and four octets of its version. */
	{ "Windows", BEGINS("\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61"),
		.there = VENDOR_THERE_WINDOWS },
	/* strongSwan's ike_vendor.c: MS-Negotiation Discovery Capable. */
	{ "Windows", EXACTLY("\xfb\x1d\xe3\xcd\xf3\x41\xb7\xea\x16\xb7\xe5\xbe\x08\x55\xf1\x20"),
		.there = VENDOR_THERE_WINDOWS },
	/* ike-scan's ike-vendor-ids, strongSwan's ike_vendor.c: MD5 of
	 * "Vid-Initial-Contact", which is Microsoft's. */
	{ "Windows", EXACTLY("\x26\x24\x4d\x38\xed\xdb\x61\xb3\x17\x2a\x36\xe3\xd0\xcf\xb8\x19"),
		.there = VENDOR_THERE_WINDOWS },
	/* strongSwan's ike_vendor.c, and Libreswan's vendor.c. */
	{ "Cisco", EXACTLY("CISCO-DELETE-REASON"), .there = VENDOR_THERE_CISCO },
	{ "Cisco with FlexVPN", EXACTLY("FLEXVPN-SUPPORTED"), .there = VENDOR_THERE_CISCO },
	{ "Cisco", BEGINS("CISCO(COPYRIGHT)&Copyright (c) "), .there = VENDOR_THERE_CISCO },
	/* Libreswan's vendor.c alone. */
	{ "Cisco", EXACTLY("CISCO-DYNAMIC-ROUTE"), .there = VENDOR_THERE_CISCO },
	/* ike-scan's ike-vendor-ids, which saw them in IKEv1: the same boxes speak
	 * IKEv2. */
	{ "SonicWall", BEGINS("\x40\x4b\xf4\x39\x52\x2c\xa3\xf6") },
	{ "ZyXEL ZyWALL", BEGINS("\xb8\x58\xd1\xad\xdd\x08\xc1\xe8\xad\xaf\xea\x15\x06\x08\xaa\x44\x97\xaa\x6c\xc8") },
	{ "NetScreen", BEGINS("\x9b\x09\x6d\x9a\xc3\x27\x5a\x7d\x6f\xe8\xb9\x1c\x58\x31\x11\xb0\x9e\xfe\xd1\xa0") },
};
// clang-format on

enum { IDS = sizeof(ids) / sizeof(ids[0]) };

static uint8_t id_of(struct bytes said)
{
	for (uint8_t i = 0; i < IDS; i++) {
		if (said.len < ids[i].len ||
			(said.len > ids[i].len && !ids[i].goes_on) ||
			memcmp(said.at, ids[i].octets, ids[i].len) != 0)
			continue;
		return (uint8_t)(i + 1);
	}
	return 0;
}

static bool is_printable(struct bytes said)
{
	for (size_t i = 0; i < said.len; i++) {
		if (said.at[i] < ' ' || said.at[i] > '~')
			return false;
	}
	return said.len > 0;
}

/* What is no text stands there in hexadecimal; ".." behind what is cut (N27). */
static void write_unknown(struct bytes said, char out[VENDOR_TEXT_SIZE])
{
	const bool text = is_printable(said);
	const size_t each = text ? 1 : 2;
	const size_t room = (VENDOR_TEXT_SIZE - sizeof("..")) / each;
	const size_t kept = said.len < room ? said.len : room;

	for (size_t i = 0; i < kept; i++)
		snprintf(out + i * each, each + 1, text ? "%c" : "%02x",
			said.at[i]);
	snprintf(out + kept * each, sizeof(".."), "%s",
		kept < said.len ? ".." : "");
}

/* --- Proposals -------------------------------------------------------------- */

/* Transforms as numbers of the IANA registry, with the Key Length attribute. */
#define ENCR(ID, BITS)                                                         \
	{                                                                      \
		TRANSFORM_ENCR, ID, BITS                                       \
	}
#define ONE(TYPE, ID)                                                          \
	{                                                                      \
		TRANSFORM_##TYPE, ID, 0                                        \
	}
#define THREE(ID)       ENCR(ID, 128), ENCR(ID, 192), ENCR(ID, 256)
#define CBC(BITS)       ENCR(ENCR_AES_CBC, BITS)
#define GCM(BITS)       ENCR(ENCR_AES_GCM_16, BITS)
#define TRIPLE_DES      ENCR(3, 0)
#define SHA(NAME, BITS) ONE(INTEG, NAME), ONE(PRF, PRF_HMAC_##BITS)
#define SHA1            SHA(AUTH_HMAC_SHA1_96, SHA1)
#define SHA256          SHA(AUTH_HMAC_SHA2_256_128, SHA2_256)
#define SHA384          SHA(AUTH_HMAC_SHA2_384_192, SHA2_384)
#define MODP1024        ONE(KE, 2)

enum { SHAPE_MOST = 48 };

struct shape_transform {
	uint8_t type;
	uint16_t id, key_bits;
};

/* How many proposals there are, and what the first and the last hold, in any
 * order: nobody else sends these by chance. */
struct shape {
	const char *name;
	uint8_t proposals;
	struct shape_transform first[SHAPE_MOST], last[SHAPE_MOST];
	const char *there;
};

/* The facts are those of daemon/ctl_clients.c, whose rows say where they come
 * from; tests/unit/vendor.c holds the two together.  What many could send is no
 * row: the one proposal of macOS, a Cisco that somebody configured. */
// clang-format off
static const struct shape shapes[] = {
	{ .name = "Windows 11, its own client as it is installed", .proposals = 18,
		.first = { TRIPLE_DES, SHA1, MODP1024 },
		.last = { GCM(256), ONE(PRF, PRF_HMAC_SHA2_384), MODP1024 },
		.there = VENDOR_THERE_WINDOWS },
	{ .name = "Windows 10 or before, its own client as it is installed", .proposals = 12,
		.first = { TRIPLE_DES, SHA1, MODP1024 },
		.last = { CBC(256), SHA384, MODP1024 },
		.there = VENDOR_THERE_WINDOWS },
	{ .name = "iOS or iPadOS, a connection made in the settings", .proposals = 5,
		.first = { CBC(256), SHA256, ONE(KE, KE_MODP_2048) },
		.last = { TRIPLE_DES, SHA1, MODP1024 },
		.there = VENDOR_THERE_APPLE },
	{ .name = "Android 12 or later, its own client", .proposals = 2,
		.first = { THREE(13), THREE(ENCR_AES_CBC),
			ONE(INTEG, 14), ONE(INTEG, 13), ONE(INTEG, 12), ONE(INTEG, 5), ONE(INTEG, 8),
			ONE(PRF, 7), ONE(PRF, 6), ONE(PRF, 5), ONE(PRF, 4), ONE(PRF, 8), ONE(PRF, 2),
			ONE(KE, 16), ONE(KE, 31), ONE(KE, 15), ONE(KE, 14) },
		.last = { ENCR(ENCR_CHACHA20_POLY1305, 0), THREE(20), THREE(19), THREE(18),
			ONE(PRF, 7), ONE(PRF, 6), ONE(PRF, 5), ONE(PRF, 4), ONE(PRF, 8), ONE(PRF, 2),
			ONE(KE, 16), ONE(KE, 31), ONE(KE, 15), ONE(KE, 14) } },
	{ .name = "strongSwan 5.9, proposals left at their default", .proposals = 2,
		.first = { THREE(ENCR_AES_CBC), THREE(13), THREE(23), THREE(24), TRIPLE_DES,
			ONE(INTEG, 12), ONE(INTEG, 13), ONE(INTEG, 14), ONE(INTEG, 5), ONE(INTEG, 8), ONE(INTEG, 2),
			ONE(PRF, 5), ONE(PRF, 6), ONE(PRF, 7), ONE(PRF, 4), ONE(PRF, 8), ONE(PRF, 2),
			ONE(KE, 31), ONE(KE, 32), ONE(KE, 19), ONE(KE, 20), ONE(KE, 21),
			ONE(KE, 28), ONE(KE, 29), ONE(KE, 30),
			ONE(KE, 15), ONE(KE, 16), ONE(KE, 17), ONE(KE, 18), ONE(KE, 14) },
		.last = { THREE(16), THREE(20), ENCR(ENCR_CHACHA20_POLY1305, 0), THREE(27), THREE(14), THREE(15),
			THREE(18), THREE(19), THREE(25), THREE(26),
			ONE(PRF, 5), ONE(PRF, 6), ONE(PRF, 7), ONE(PRF, 4), ONE(PRF, 8), ONE(PRF, 2),
			ONE(KE, 31), ONE(KE, 32), ONE(KE, 19), ONE(KE, 20), ONE(KE, 21),
			ONE(KE, 28), ONE(KE, 29), ONE(KE, 30),
			ONE(KE, 15), ONE(KE, 16), ONE(KE, 17), ONE(KE, 18), ONE(KE, 14) },
		.there = VENDOR_THERE_STRONGSWAN },
	{ .name = "Libreswan 4, ike= and esp= left out", .proposals = 4,
		.first = { GCM(256), ONE(PRF, 7), ONE(PRF, 5), ONE(KE, 14), ONE(KE, 15), ONE(KE, 16), ONE(KE, 18),
			ONE(KE, 19), ONE(KE, 20), ONE(KE, 21), ONE(KE, 31) },
		.last = { CBC(128), ONE(INTEG, 14), ONE(INTEG, 12), ONE(PRF, 7), ONE(PRF, 5),
			ONE(KE, 14), ONE(KE, 15), ONE(KE, 16), ONE(KE, 18),
			ONE(KE, 19), ONE(KE, 20), ONE(KE, 21), ONE(KE, 31) },
		.there = VENDOR_THERE_LIBRESWAN },
	{ .name = "Azure VPN gateway, default policy", .proposals = 4,
		.first = { CBC(256), SHA1, MODP1024 },
		.last = { CBC(128), SHA256, MODP1024 },
		.there = VENDOR_THERE_AZURE },
};
// clang-format on

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static bool is_in(const struct shape_transform *list,
	const struct wire_transform *transform)
{
	for (size_t i = 0; i < SHAPE_MOST && list[i].type; i++) {
		if (list[i].type == transform->type &&
			list[i].id == transform->id &&
			list[i].key_bits == transform->key_bits)
			return true;
	}
	return false;
}

/* "No integrity algorithm" may be said or left out (RFC 7296 section 3.3.3). */
static bool says_none(const struct wire_transform *transform)
{
	return transform->type == TRANSFORM_INTEG && transform->id == AUTH_NONE;
}

static bool holds(
	const struct proposal *proposal, const struct shape_transform *list)
{
	struct reader walk = reader_of(proposal->transforms);
	struct wire_transform transform;
	size_t count = 0, wanted = 0;

	while (next_transform(&walk, &transform)) {
		if (says_none(&transform))
			continue;
		if (!is_in(list, &transform))
			return false;
		count++;
	}
	while (wanted < SHAPE_MOST && list[wanted].type)
		wanted++;
	return count == wanted;
}

static uint8_t shape_of(const struct payload_sa *sa)
{
	struct proposal first = { 0 }, last = { 0 }, one;
	struct reader walk = reader_of(sa->proposals);
	uint8_t count = 0;

	while (next_proposal(&walk, &one) && count < MAX_PROPOSALS) {
		if (count++ == 0)
			first = one;
		last = one;
	}
	for (uint8_t i = 0; count > 0 && i < SHAPES; i++) {
		if (shapes[i].proposals == count &&
			holds(&first, shapes[i].first) &&
			holds(&last, shapes[i].last))
			return (uint8_t)(i + 1);
	}
	return 0;
}

/* --- Both --------------------------------------------------------------------- */

void vendor_look(const struct message *in, bool offers, struct vendor_seen *out)
{
	*out = (struct vendor_seen){ 0 };
	for (size_t i = 0; i < in->vendors && !out->says; i++) {
		out->says = id_of(in->vendor[i]);
		if (!out->says && !out->unknown[0])
			write_unknown(in->vendor[i], out->unknown);
	}
	if (out->says)
		out->unknown[0] = '\0';
	if (offers && has_payload(in, PAYLOAD_SA))
		out->looks = shape_of(&in->sa);
}

void vendor_words(
	const struct vendor_seen *seen, struct ike_implementation *out)
{
	const struct vendor_id *id = seen->says ? &ids[seen->says - 1] : NULL;
	const struct shape *shape =
		seen->looks ? &shapes[seen->looks - 1] : NULL;

	*out = (struct ike_implementation){ 0 };
	out->says = id ? id->name : NULL;
	out->looks = shape ? shape->name : NULL;
	out->there = shape ? shape->there : id ? id->there : NULL;
	memcpy(out->unknown, seen->unknown, sizeof(out->unknown));
}

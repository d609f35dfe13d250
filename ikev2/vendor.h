/* vendor.h - which implementation the peer is, as it says itself or as its proposals look.
 * SPDX-License-Identifier: ISC
 *
 * Nobody vouches for either: vendor IDs come in IKE_SA_INIT, before there are
 * keys, and anybody may send anybody's (RFC 7296 section 3.12).  So it is for
 * people alone, and nothing in the protocol depends on it.
 */
#ifndef IKEV2_VENDOR_H
#define IKEV2_VENDOR_H

#include "ikev2/ikev2.h"
#include "ikev2/wire/message.h"

/* What an administrator can change at the other end, where a client has one
 * known way to do it. */
#define VENDOR_THERE_WINDOWS                                                   \
	"Set-VpnConnectionIPsecConfiguration -ConnectionName NAME "            \
	"-EncryptionMethod GCMAES256 -IntegrityCheckMethod SHA384 "            \
	"-DHGroup ECP384 -CipherTransformConstants GCMAES256 "                 \
	"-AuthenticationTransformConstants GCMAES256 -PfsGroup ECP384 -Force"
#define VENDOR_THERE_APPLE                                                     \
	"a profile (.mobileconfig) may ask for aes256gcm16, ecp256 and PFS"
#define VENDOR_THERE_STRONGSWAN                                                \
	"swanctl.conf: proposals = aes256gcm16-prfsha384-x25519, "             \
	"esp_proposals = aes256gcm16-x25519"
#define VENDOR_THERE_LIBRESWAN                                                 \
	"ipsec.conf: ike=aes_gcm256-sha2_512;dh19 esp=aes_gcm256"
#define VENDOR_THERE_CISCO                                                     \
	"crypto ikev2 proposal NAME: encryption aes-gcm-256, prf sha384, "     \
	"group 19; crypto ipsec transform-set NAME esp-gcm 256; in the "       \
	"profile: set pfs group19"
#define VENDOR_THERE_AZURE                                                     \
	"az network vpn-connection ipsec-policy add --ike-encryption "         \
	"GCMAES256 --ike-integrity SHA384 --dh-group ECP384 "                  \
	"--ipsec-encryption GCMAES256 --ipsec-integrity GCMAES256 "            \
	"--pfs-group ECP384 --sa-lifetime 27000 --sa-max-size 102400000 "      \
	"-g GROUP --connection-name NAME"

/* What is kept of it for an IKE SA. */
struct vendor_seen {
	uint8_t says;  /* its place in the table of vendor IDs, from 1 .. */
	uint8_t looks; /* .. and in that of proposals; 0: in neither */
	/* A vendor ID that is not in the table, cut: printable ASCII. */
	char unknown[VENDOR_TEXT_SIZE];
};

/* From an IKE_SA_INIT message.  offers: it is a request, and has all proposals
 * of the peer; an answer has only the one that it chose. */
void vendor_look(
	const struct message *in, bool offers, struct vendor_seen *out);

/* The same in words, for who shows it. */
void vendor_words(
	const struct vendor_seen *seen, struct ike_implementation *out);

#endif

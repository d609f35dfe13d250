/* ms_status.c - THE table of Windows' error codes for IKE, as its MS_STATUS notify has them.
 * SPDX-License-Identifier: ISC
 *
 * Codes and names: winerror.h, and Microsoft's list of system error codes 12000
 * to 15999.  What they come from in practice: threads that the rows name.
 */
#include "ikev2/ms_status.h"

#include <stdio.h>

#define LOOK_CERTIFICATE                                                       \
	"our certificate must hold the name that Windows dials as DNS name, "  \
	"be for serverAuth, RSA or ECDSA P-256 or P-384, and its root be "     \
	"among the machine's trusted ones"
#define LOOK_PROPOSALS                                                         \
	"'Get-VpnConnection -Name NAME | Select-Object -ExpandProperty "       \
	"IPsecCustomPolicy' there shows its proposals: compare them with "     \
	"'ike' and 'esp' here"

// clang-format off
static const struct ms_status codes[] = {
	{ 87, "ERROR_INVALID_PARAMETER", "something in our message it did not like", NULL },
	/* strongswan issue 1350, setup-ipsec-vpn issues 1407, 934 and 1602:
	 * nearly always the name or the usage in the gateway's certificate. */
	{ 13801, "ERROR_IPSEC_IKE_AUTH_FAIL", "it does not accept our proof of who we are", LOOK_CERTIFICATE },
	{ 13802, "ERROR_IPSEC_IKE_ATTRIB_FAIL", "it does not accept our algorithms", LOOK_PROPOSALS },
	{ 13804, "ERROR_IPSEC_IKE_GENERAL_PROCESSING_ERROR", "it failed, and does not say at what", NULL },
	{ 13805, "ERROR_IPSEC_IKE_TIMED_OUT", "it waited for us too long", NULL },
	{ 13806, "ERROR_IPSEC_IKE_NO_CERT", "it has no machine certificate of its own that would do",
		"a certificate with its private key must stand in the store of the computer there, not of the user" },
	{ 13807, "ERROR_IPSEC_IKE_SA_DELETED", "we deleted the SA before it was up", NULL },
	{ 13813, "ERROR_IPSEC_IKE_DROP_NO_RESPONSE", "we did not answer it", NULL },
	/* strongSwan's interop/windowsClients: a key exchange in the rekey of a child
	 * for which Windows has none configured. */
	{ 13816, "ERROR_IPSEC_IKE_ERROR", "an error that it has no name for",
		"at the rekey of a child: -PfsGroup there and the key exchange in 'esp' here must be the same, or neither" },
	{ 13817, "ERROR_IPSEC_IKE_CRL_FAILED", "it could not find out whether a certificate is revoked",
		"the CRL or OCSP that our certificate names must be within its reach" },
	{ 13818, "ERROR_IPSEC_IKE_INVALID_KEY_USAGE", "the key usage of a certificate is wrong", LOOK_CERTIFICATE },
	{ 13819, "ERROR_IPSEC_IKE_INVALID_CERT_TYPE", "it does not know such certificates", LOOK_CERTIFICATE },
	{ 13820, "ERROR_IPSEC_IKE_NO_PRIVATE_KEY", "its certificate is there without the private key", NULL },
	{ 13822, "ERROR_IPSEC_IKE_DH_FAIL", "the key exchange failed", NULL },
	{ 13823, "ERROR_IPSEC_IKE_CRITICAL_PAYLOAD_NOT_RECOGNIZED", "we sent what it does not know", NULL },
	{ 13824, "ERROR_IPSEC_IKE_INVALID_HEADER", "it could not read our message", NULL },
	{ 13825, "ERROR_IPSEC_IKE_NO_POLICY", "it has no rule for us", NULL },
	{ 13826, "ERROR_IPSEC_IKE_INVALID_SIGNATURE", "our signature does not verify there", LOOK_CERTIFICATE },
	{ 13843, "ERROR_IPSEC_IKE_INVALID_PAYLOAD", "it could not read a payload of ours", NULL },
	{ 13846, "ERROR_IPSEC_IKE_INVALID_COOKIE", "it knows no such SA", NULL },
	{ 13847, "ERROR_IPSEC_IKE_NO_PEER_CERT", "we sent no certificate that would do", LOOK_CERTIFICATE },
	{ 13848, "ERROR_IPSEC_IKE_PEER_CRL_FAILED", "it could not find out whether our certificate is revoked",
		"the CRL or OCSP that our certificate names must be within its reach" },
	/* strongSwan's interop/windowsClients: a gateway's rekey of a child, towards
	 * a client behind a NAT. */
	{ 13863, "ERROR_IPSEC_IKE_INVALID_SITUATION", "not in this situation: behind a NAT it lets nobody rekey a child but itself",
		"rekey_time: never for the child here: Windows rekeys it by itself" },
	{ 13864, "ERROR_IPSEC_IKE_DH_FAILURE", "the key exchange failed", NULL },
	{ 13865, "ERROR_IPSEC_IKE_INVALID_GROUP", "it does not take this key exchange", LOOK_PROPOSALS },
	/* richardhicks.com, "Always On VPN Error 13868"; IKEv2-setup issue 84. */
	{ 13868, "ERROR_IPSEC_IKE_POLICY_MATCH", "the two sides have no proposal in common", LOOK_PROPOSALS },
	{ 13869, "ERROR_IPSEC_IKE_UNSUPPORTED_ID", "it does not know this kind of identity", NULL },
	{ 13880, "ERROR_IPSEC_IKE_INVALID_MAJOR_VERSION", "it does not speak this version of IKE", NULL },
	{ 13881, "ERROR_IPSEC_IKE_INVALID_CERT_KEYLEN", "the key of our certificate is too short for it", LOOK_CERTIFICATE },
	{ 13885, "ERROR_IPSEC_IKE_MM_EXPIRED", "its IKE SA is at its end", NULL },
	{ 13887, "ERROR_IPSEC_IKE_CERT_CHAIN_POLICY_MISMATCH", "our certificate leads to no root that it trusts", LOOK_CERTIFICATE },
	{ 13889, "ERROR_IPSEC_IKE_INVALID_AUTH_PAYLOAD", "it takes none of the ways in which we can prove ourselves", NULL },
	{ 13891, "ERROR_IPSEC_IKE_SHUTTING_DOWN", "it is shutting down", NULL },
};
// clang-format on

uint32_t ms_status_read(const struct message *in)
{
	const struct payload_notify *notify = message_notify(in, MS_STATUS);
	struct reader r = reader_of(notify ? notify->data : bytes_of(NULL, 0));
	const uint32_t code = read_u32(&r);

	return r.bad || r.left > 0 ? 0 : code;
}

const struct ms_status *ms_status_find(uint32_t code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code)
			return &codes[i];
	}
	return NULL;
}

const char *ms_status_text(uint32_t code, char out[MS_STATUS_SIZE])
{
	const struct ms_status *row = ms_status_find(code);

	if (row)
		snprintf(out, MS_STATUS_SIZE, "%u (%s): %s", (unsigned)code,
			row->name, row->words);
	else
		snprintf(out, MS_STATUS_SIZE, "%u", (unsigned)code);
	return out;
}

/* xfrm_names.c - THE table: what the kernel calls the transforms of ESP.
 * SPDX-License-Identifier: ISC
 *
 * To add one: its row in ikev2/crypto/transform.c, then a row here.  Key and
 * ICV lengths come from there; the kernel's names stand in net/xfrm/xfrm_algo.c.
 */
#include "daemon/xfrm_names.h"

/* clang-format off */
static const struct {
	uint8_t type;
	uint16_t id;
	const char *name;
} rows[] = {
	{ TRANSFORM_ENCR,  ENCR_AES_CBC,           "cbc(aes)" },
	{ TRANSFORM_ENCR,  ENCR_AES_GCM_16,        "rfc4106(gcm(aes))" },
	{ TRANSFORM_ENCR,  ENCR_CHACHA20_POLY1305, "rfc7539esp(chacha20,poly1305)" },
	{ TRANSFORM_INTEG, AUTH_HMAC_SHA1_96,      "hmac(sha1)" },
	{ TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, "hmac(sha256)" },
	{ TRANSFORM_INTEG, AUTH_HMAC_SHA2_384_192, "hmac(sha384)" },
	{ TRANSFORM_INTEG, AUTH_HMAC_SHA2_512_256, "hmac(sha512)" },
};
/* clang-format on */

const char *xfrm_name(const struct transform *transform)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == transform->type &&
			rows[i].id == transform->id)
			return rows[i].name;
	}
	return NULL;
}

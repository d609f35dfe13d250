/* keylog.c - keys as Wireshark's two tables want them: ikev2_decryption_table and esp_sa.
 * SPDX-License-Identifier: ISC
 *
 * Wireshark 4.0 knows no ChaCha20-Poly1305, and takes no table that names it:
 * such SAs stay sealed.
 */
#include "daemon/keylog.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What Wireshark calls an algorithm.  To add one: a row. */
struct named {
	uint16_t id, bits;
	const char *for_ike, *for_esp;
};

static const struct named *find(
	const struct named *row, size_t rows, const struct transform *transform)
{
	for (size_t i = 0; i < rows; i++) {
		if (row[i].id == (transform ? transform->id : 0) &&
			row[i].bits == (transform ? transform->key_bits : 0))
			return &row[i];
	}
	return NULL;
}

static const struct named *encr_name(const struct transform *encr)
{
	static const char gcm[] = "AES-GCM with 16 octet ICV [RFC4106]";
	static const char cbc[] = "AES-CBC [RFC3602]";
	static const struct named rows[] = {
		{ ENCR_AES_CBC, 128, "AES-CBC-128 [RFC3602]", cbc },
		{ ENCR_AES_CBC, 192, "AES-CBC-192 [RFC3602]", cbc },
		{ ENCR_AES_CBC, 256, "AES-CBC-256 [RFC3602]", cbc },
		{ ENCR_AES_GCM_16, 128,
			"AES-GCM-128 with 16 octet ICV [RFC5282]", gcm },
		{ ENCR_AES_GCM_16, 192,
			"AES-GCM-192 with 16 octet ICV [RFC5282]", gcm },
		{ ENCR_AES_GCM_16, 256,
			"AES-GCM-256 with 16 octet ICV [RFC5282]", gcm },
	};

	return find(rows, sizeof(rows) / sizeof(rows[0]), encr);
}

static const struct named *integ_name(const struct transform *integ)
{
	static const struct named rows[] = {
		{ AUTH_NONE, 0, "NONE [RFC4306]", "NULL" },
		{ AUTH_HMAC_SHA1_96, 0, "HMAC_SHA1_96 [RFC2404]",
			"HMAC-SHA-1-96 [RFC2404]" },
		{ AUTH_HMAC_SHA2_256_128, 0, "HMAC_SHA2_256_128 [RFC4868]",
			"HMAC-SHA-256-128 [RFC4868]" },
		{ AUTH_HMAC_SHA2_384_192, 0, "HMAC_SHA2_384_192 [RFC4868]",
			"HMAC-SHA-384-192 [RFC4868]" },
		{ AUTH_HMAC_SHA2_512_256, 0, "HMAC_SHA2_512_256 [RFC4868]",
			"HMAC-SHA-512-256 [RFC4868]" },
	};

	return find(rows, sizeof(rows) / sizeof(rows[0]), integ);
}

static void put(struct writer *w, const char *text)
{
	write_bytes(w, bytes_of(text, strlen(text)));
}

static void put_hex(struct writer *w, const uint8_t *at, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		write_u8(w, (uint8_t)digits[at[i] >> 4]);
		write_u8(w, (uint8_t)digits[at[i] & 15]);
	}
}

static void put_key(struct writer *w, const struct secret *key)
{
	put_hex(w, key->data, key->len);
	put(w, ",");
}

bool keylog_ike_line(const struct ike_sa_keys *keys, char *out)
{
	const struct named *encr = encr_name(keys->encr);
	const struct named *integ = integ_name(keys->integ);
	struct writer w = writer_of((uint8_t *)out, KEYLOG_LINE);

	if (!encr || !integ)
		return false;
	put_hex(&w, keys->spi_i, IKE_SPI_LEN);
	put(&w, ",");
	put_hex(&w, keys->spi_r, IKE_SPI_LEN);
	put(&w, ",");
	put_key(&w, &keys->sk_ei);
	put_key(&w, &keys->sk_er);
	put(&w, "\"");
	put(&w, encr->for_ike);
	put(&w, "\",");
	put_key(&w, &keys->sk_ai);
	put_key(&w, &keys->sk_ar);
	put(&w, "\"");
	put(&w, integ->for_ike);
	put(&w, "\"");
	write_u8(&w, 0);
	assert(!w.bad);
	return true;
}

bool keylog_esp_line(
	const struct ike_ipsec_sa *sa, const struct ike_addr *dst, char *out)
{
	const struct named *encr = encr_name(sa->encr);
	const struct named *integ = integ_name(sa->integ);
	struct writer w = writer_of((uint8_t *)out, KEYLOG_LINE);
	char address[IKE_ADDR_SIZE], spi[16];

	if (!encr || !integ)
		return false;
	snprintf(spi, sizeof(spi), "0x%08x", sa->ref.spi);
	put(&w, sa->ref.dst.family == 6 ? "\"IPv6\",\"*\",\""
					: "\"IPv4\",\"*\",\"");
	put(&w, dst ? ike_addr_text(dst, address) : "*");
	put(&w, "\",\"");
	put(&w, spi);
	put(&w, "\",\"");
	put(&w, encr->for_esp);
	put(&w, "\",\"0x");
	put_hex(&w, sa->encr_key.data, sa->encr_key.len);
	put(&w, "\",\"");
	put(&w, integ->for_esp);
	put(&w, sa->integ_key.len > 0 ? "\",\"0x" : "\",\"");
	put_hex(&w, sa->integ_key.data, sa->integ_key.len);
	put(&w, "\"");
	write_u8(&w, 0);
	assert(!w.bad);
	return true;
}

/* transform.c - THE table: one row per transform, its sizes and its name (RFC 7296 section 3.3.2).
 * SPDX-License-Identifier: ISC
 *
 * Lengths are octets.  RFC 3602 (AES-CBC), RFC 5282 (AES-GCM), RFC 7634
 * (ChaCha20-Poly1305), RFC 2404 and RFC 4868 (HMAC), RFC 3526 (MODP), RFC 5903
 * (ECP), RFC 8031 (Curve25519).
 */
#include "ikev2/crypto/transform.h"

/* Two of n blocks of 128 bits are equal with a chance of n * n / 2^129 (the
 * birthday bound), which tells something of their plaintext, in CBC as in
 * counter modes.  At 2^34 blocks, 256 GiB, that is 2^-61; RFC 8446 section 5.5
 * stops AES-GCM about there.  Blocks of 64 bits would be there
 * after four; we have none.  ChaCha20 is no permutation of blocks, and has no
 * such limit. */
#define BLOCKS_128 (UINT64_C(16) << 34)

#define ENCR(ID, BITS, NAME, KEY, SALT, IV, BLOCK, ICV, AEAD, BYTES)           \
	{                                                                      \
		.type = TRANSFORM_ENCR, .id = (ID), .key_bits = (BITS),        \
		.name = (NAME), .key_len = (KEY), .salt_len = (SALT),          \
		.iv_len = (IV), .block_len = (BLOCK), .icv_len = (ICV),        \
		.aead = (AEAD), .max_bytes = (BYTES)                           \
	}
#define PRF(ID, NAME, LEN, WEAK)                                               \
	{                                                                      \
		.type = TRANSFORM_PRF, .id = (ID), .name = (NAME),             \
		.key_len = (LEN), .output_len = (LEN), .weak = (WEAK)          \
	}
#define INTEG(ID, NAME, KEY, ICV, WEAK)                                        \
	{                                                                      \
		.type = TRANSFORM_INTEG, .id = (ID), .name = (NAME),           \
		.key_len = (KEY), .icv_len = (ICV), .weak = (WEAK)             \
	}
#define KE(ID, NAME, PUBLIC, SHARED)                                           \
	{                                                                      \
		.type = TRANSFORM_KE, .id = (ID), .name = (NAME),              \
		.public_len = (PUBLIC), .shared_len = (SHARED)                 \
	}
#define ESN(ID, NAME)                                                          \
	{                                                                      \
		.type = TRANSFORM_ESN, .id = (ID), .name = (NAME)              \
	}

/* clang-format off */
static const struct transform rows[] = {
	/*   id                      bits name               key salt iv block icv aead   octets */
	ENCR(ENCR_AES_CBC,           128, "aes128",           16, 0, 16, 16,  0, false, BLOCKS_128),
	ENCR(ENCR_AES_CBC,           192, "aes192",           24, 0, 16, 16,  0, false, BLOCKS_128),
	ENCR(ENCR_AES_CBC,           256, "aes256",           32, 0, 16, 16,  0, false, BLOCKS_128),
	ENCR(ENCR_AES_GCM_16,        128, "aes128gcm16",      16, 4,  8,  1, 16, true, BLOCKS_128),
	ENCR(ENCR_AES_GCM_16,        192, "aes192gcm16",      24, 4,  8,  1, 16, true, BLOCKS_128),
	ENCR(ENCR_AES_GCM_16,        256, "aes256gcm16",      32, 4,  8,  1, 16, true, BLOCKS_128),
	ENCR(ENCR_CHACHA20_POLY1305,   0, "chacha20poly1305", 32, 4,  8,  1, 16, true, 0),
	/*  id                 name         len weak */
	PRF(PRF_HMAC_SHA1,     "prfsha1",   20, true),
	PRF(PRF_HMAC_SHA2_256, "prfsha256", 32, false),
	PRF(PRF_HMAC_SHA2_384, "prfsha384", 48, false),
	PRF(PRF_HMAC_SHA2_512, "prfsha512", 64, false),
	/*    id                      name     key icv weak */
	INTEG(AUTH_HMAC_SHA1_96,      "sha1",   20, 12, true),
	INTEG(AUTH_HMAC_SHA2_256_128, "sha256", 32, 16, false),
	INTEG(AUTH_HMAC_SHA2_384_192, "sha384", 48, 24, false),
	INTEG(AUTH_HMAC_SHA2_512_256, "sha512", 64, 32, false),
	/* id             name       public shared */
	KE(KE_MODP_2048,  "modp2048",  256,  256),
	KE(KE_MODP_3072,  "modp3072",  384,  384),
	KE(KE_MODP_4096,  "modp4096",  512,  512),
	KE(KE_MODP_6144,  "modp6144",  768,  768),
	KE(KE_MODP_8192,  "modp8192", 1024, 1024),
	KE(KE_ECP_256,    "ecp256",     64,   32),
	KE(KE_ECP_384,    "ecp384",     96,   48),
	KE(KE_ECP_521,    "ecp521",    132,   66),
	KE(KE_CURVE25519, "x25519",     32,   32),
	ESN(ESN_YES, "esn"),
	ESN(ESN_NO,  "noesn"),
};

/* Other names that people know a row by, most of them strongSwan's. */
static const struct {
	const char *alias;
	const char *name;
} aliases[] = {
	{ "aes128gcm128",  "aes128gcm16" },
	{ "aes192gcm128",  "aes192gcm16" },
	{ "aes256gcm128",  "aes256gcm16" },
	{ "prfsha2_256",   "prfsha256" },
	{ "prfsha2_384",   "prfsha384" },
	{ "prfsha2_512",   "prfsha512" },
	{ "sha1_96",       "sha1" },
	{ "sha2_256",      "sha256" },
	{ "sha2_384",      "sha384" },
	{ "sha2_512",      "sha512" },
	{ "nistp256",      "ecp256" },
	{ "nistp384",      "ecp384" },
	{ "nistp521",      "ecp521" },
	{ "curve25519",    "x25519" },
};
/* clang-format on */

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]),
	ALIASES = sizeof(aliases) / sizeof(aliases[0]),
};

static bool is_named(const char *name, struct bytes wanted)
{
	return bytes_equal(bytes_of(name, strlen(name)), wanted);
}

const struct transform *transform_find(
	uint8_t type, uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct transform *row = &rows[i];

		if (row->type == type && row->id == id &&
			row->key_bits == key_bits)
			return row;
	}
	return NULL;
}

const struct transform *transform_named(struct bytes name)
{
	for (size_t i = 0; i < ALIASES; i++) {
		if (is_named(aliases[i].alias, name)) {
			name = bytes_of(
				aliases[i].name, strlen(aliases[i].name));
			break;
		}
	}
	for (size_t i = 0; i < ROWS; i++) {
		if (is_named(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

const struct transform *transform_at(size_t i)
{
	return i < ROWS ? &rows[i] : NULL;
}

/* A name that does not fit is cut, and so is all that follows it. */
static void add_name(struct writer *w, const struct transform *row)
{
	size_t len = strlen(row->name);
	size_t room;

	if (w->len > 0)
		write_bytes(w, bytes_of("-", 1));
	room = w->size - w->len;
	write_bytes(w, bytes_of(row->name, len < room ? len : room));
	if (len > room)
		w->bad = true;
}

void suite_name(const struct suite *suite, char *out, size_t size)
{
	struct writer w = writer_of(out, size > 0 ? size - 1 : 0);

	if (size == 0)
		return;
	if (suite->encr)
		add_name(&w, suite->encr);
	if (suite->integ)
		add_name(&w, suite->integ);
	if (suite->prf)
		add_name(&w, suite->prf);
	if (suite->ke)
		add_name(&w, suite->ke);
	if (suite->esn && suite->esn->id == ESN_YES)
		add_name(&w, suite->esn);
	out[w.len] = '\0';
}

/* difference.c - what two sides have not in common, to the letter.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/difference.h"

#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { MANY = 12 };

/* Transforms by name, or as TYPE.ID; one proposal a string. */
struct row {
	const char *theirs[3];
	const char *ours[3];
	uint8_t protocol;
	enum negotiate_ke ke;
	const char *words;
};

// clang-format off
static const struct row rows[] = {
	{ { "aes128 sha256 prfsha256 4.2" }, { "aes128 sha256 prfsha256 x25519 ecp256" },
		PROTOCOL_IKE, NEGOTIATE_KE,
		"no key exchange in common: they offer modp1024; we accept x25519, ecp256" },
	{ { "1.3 sha1 prfsha1 4.2" }, { "aes256gcm16 prfsha256 x25519" },
		PROTOCOL_IKE, NEGOTIATE_KE,
		"no encryption in common: they offer 3des; we accept aes256gcm16" },
	{ { "aes256gcm16 2.77 x25519" }, { "aes256gcm16 prfsha256 x25519" },
		PROTOCOL_IKE, NEGOTIATE_KE,
		"no PRF in common: they offer number 77; we accept prfsha256" },
	{ { "aes128 sha1" }, { "aes128 sha256 sha384" }, PROTOCOL_ESP, NEGOTIATE_WITHOUT_KE,
		"no integrity algorithm in common: they offer sha1; we accept sha256, sha384" },
	{ { "aes128 sha1", "aes256 sha1 noesn" }, { "aes256gcm16 esn" }, PROTOCOL_ESP, NEGOTIATE_KE,
		"no encryption in common: they offer aes128, aes256; we accept aes256gcm16" },
	{ { "aes256gcm16 noesn" }, { "aes256gcm16 esn" }, PROTOCOL_ESP, NEGOTIATE_KE,
		"no sequence numbers in common: they offer noesn; we accept esn" },
	{ { "aes256gcm16 modp2048 noesn" }, { "aes256gcm16 x25519 noesn" }, PROTOCOL_ESP, NEGOTIATE_WITHOUT_KE,
		"no proposal of theirs has all that one of ours wants" },
	{ { "aes256gcm16 noesn" }, { "aes256gcm16 x25519 noesn" }, PROTOCOL_ESP, NEGOTIATE_KE,
		"no key exchange in common: they offer none; we accept x25519" },
	{ { "aes256gcm16 modp2048 noesn" }, { "aes256gcm16 noesn" }, PROTOCOL_ESP, NEGOTIATE_KE,
		"no key exchange in common: they offer modp2048; we accept none" },
	{ { "aes256gcm16 modp2048 noesn", "aes128gcm16 noesn" }, { "aes256gcm16 noesn" }, PROTOCOL_ESP, NEGOTIATE_KE,
		"no proposal of theirs has all that one of ours wants" },
	{ { "aes128gcm16 noesn" }, { "aes128gcm16 x25519 noesn", "aes256gcm16 noesn" }, PROTOCOL_ESP, NEGOTIATE_KE,
		"no proposal of theirs has all that one of ours wants" },
	{ { "aes128 sha256 prfsha256 x25519", "aes256 sha256 prfsha256 ecp256" },
		{ "aes128 sha256 prfsha256 ecp256", "aes256 sha256 prfsha256 x25519" },
		PROTOCOL_IKE, NEGOTIATE_KE,
		"no proposal of theirs has all that one of ours wants" },
	{ { "chacha20poly1305 aes128gcm16 aes192gcm16 aes256gcm16 prfsha256 4.5" },
		{ "aes128gcm16 prfsha256 modp2048 modp3072 modp4096 modp6144" },
		PROTOCOL_IKE, NEGOTIATE_KE,
		"no key exchange in common: they offer modp1536; we accept modp2048, modp3072, modp4096, .." },
};
// clang-format on

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static struct wire_transform named(const char *word)
{
	const struct transform *row =
		transform_named(bytes_of(word, strlen(word)));
	char *end;

	if (row)
		return (struct wire_transform){ row->type, row->id,
			row->key_bits, false };
	return (struct wire_transform){ (uint8_t)strtoul(word, &end, 10),
		(uint16_t)strtoul(end + 1, NULL, 10), 0, false };
}

static size_t split(const char *text, struct wire_transform out[MANY])
{
	char copy[256], *word, *rest = copy;
	size_t count = 0;

	strcpy(copy, text);
	while ((word = strtok_r(rest, " ", &rest)))
		out[count++] = named(word);
	return count;
}

static struct ike_proposals ours_of(const struct row *row)
{
	struct ike_proposals ours = { 0 };
	struct wire_transform t[MANY];

	for (; row->ours[ours.count]; ours.count++) {
		struct ike_proposal *proposal = &ours.list[ours.count];
		size_t count = split(row->ours[ours.count], t);

		for (size_t i = 0; i < count; i++)
			proposal->transforms[proposal->count++] =
				transform_find(
					t[i].type, t[i].id, t[i].key_bits);
	}
	return ours;
}

/* The payload's body as a peer writes it. */
static struct bytes theirs_of(const struct row *row, uint8_t buffer[1024])
{
	static const uint8_t spi[ESP_SPI_LEN] = { 1, 2, 3, 4 };
	struct writer w = writer_of(buffer, 1024);
	struct chain c = { &w, 0 };
	struct wire_transform t[MANY];
	struct sa_out sa;

	write_u8(&w, PAYLOAD_NONE); /* of what comes before the payload */
	sa_begin(&sa, &c);
	for (uint8_t p = 0; row->theirs[p]; p++) {
		size_t count = split(row->theirs[p], t);

		proposal_begin(&sa, (uint8_t)(p + 1), row->protocol,
			bytes_of(spi, row->protocol == PROTOCOL_ESP
					      ? ESP_SPI_LEN
					      : 0));
		for (size_t i = 0; i < count; i++)
			write_transform(&sa, t[i].type, t[i].id, t[i].key_bits);
		proposal_end(&sa);
	}
	sa_end(&sa);
	ck_assert(!w.bad);
	return bytes_of(buffer + 1 + PAYLOAD_HEADER_LEN,
		w.len - 1 - PAYLOAD_HEADER_LEN);
}

START_TEST(what_is_not_in_common)
{
	struct ike_proposals ours = ours_of(&rows[_i]);
	uint8_t buffer[1024];
	struct reader r = reader_of(theirs_of(&rows[_i], buffer));
	char words[DIFFERENCE_SIZE];
	struct negotiated chosen;
	struct payload_sa theirs;

	read_sa(&r, &theirs);
	ck_assert(!r.bad);
	ck_assert_str_eq(proposals_difference(&ours, &theirs, rows[_i].protocol,
				 rows[_i].ke, words),
		rows[_i].words);
	/* Words for what is not so would be worse than none. */
	if (rows[_i].ke == NEGOTIATE_KE)
		ck_assert_int_eq(
			negotiate_choose(&ours, &theirs, rows[_i].protocol,
				rows[_i].ke, &chosen),
			NO_PROPOSAL_CHOSEN);
}
END_TEST

/* What others offer and we have not is called by its name, where IANA's registry
 * "Internet Key Exchange Version 2 (IKEv2) Parameters" has one. */
// clang-format off
static const struct {
	const char *number, *name;
} others[] = {
	{ "1.3", "3des" }, { "1.11", "null" }, { "1.13", "aesctr" },
	{ "1.16", "aesccm16" }, { "1.18", "aesgcm8" }, { "1.19", "aesgcm12" },
	{ "1.23", "camellia" }, { "1.999", "number 999" },
	{ "2.1", "prfmd5" }, { "2.4", "prfaesxcbc" }, { "2.8", "prfaescmac" },
	{ "3.1", "md5" }, { "3.5", "aesxcbc" }, { "3.8", "aescmac" },
	{ "4.1", "modp768" }, { "4.2", "modp1024" }, { "4.5", "modp1536" },
	{ "4.22", "modp1024s160" }, { "4.23", "modp2048s224" },
	{ "4.24", "modp2048s256" }, { "4.28", "ecp256bp" },
	{ "4.29", "ecp384bp" }, { "4.30", "ecp512bp" }, { "4.32", "x448" },
	{ "4.35", "mlkem512" }, { "4.36", "mlkem768" }, { "4.37", "mlkem1024" },
};
// clang-format on

enum { OTHERS = sizeof(others) / sizeof(others[0]) };

START_TEST(what_others_have)
{
	static const char *const plain[] = { "aes128", "prfsha256", "sha256",
		"x25519" };
	struct ike_proposals ours;
	const size_t type = (size_t)(others[_i].number[0] - '1');
	struct row row = { { "" }, { "aes128 prfsha256 sha256 x25519" },
		PROTOCOL_IKE, NEGOTIATE_KE, NULL };
	char theirs[64] = "", wanted[64], words[DIFFERENCE_SIZE];
	uint8_t buffer[1024];
	struct payload_sa sa;
	struct reader r;

	for (size_t i = 0; i < 4; i++) {
		strcat(theirs, i == type ? others[_i].number : plain[i]);
		strcat(theirs, " ");
	}
	row.theirs[0] = theirs;
	r = reader_of(theirs_of(&row, buffer));
	read_sa(&r, &sa);
	ck_assert(!r.bad);
	ours = ours_of(&row);
	proposals_difference(&ours, &sa, row.protocol, row.ke, words);
	snprintf(wanted, sizeof(wanted), "they offer %s; we accept %s",
		others[_i].name, plain[type]);
	ck_assert_msg(strstr(words, wanted) != NULL, "%s", words);
}
END_TEST

SUITE(difference)
{
	loop_test(what_is_not_in_common, ROWS);
	loop_test(what_others_have, OTHERS);
}

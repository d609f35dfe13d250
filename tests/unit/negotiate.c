/* negotiate.c - tests of ikev2/negotiate.c; rows N09 and N10 of the hostile inputs.
 * SPDX-License-Identifier: ISC
 *
 * Proposals are written as in the configuration, "|" between two of them.  A
 * transform without a name there is type.id or type.id.keybits: "3.0" is INTEG
 * NONE, "4.0" group NONE, "1.20" AES-GCM without a key length.
 */
#include "ikev2/negotiate.h"

#include "tests/chain.h"
#include "tests/suite.h"

#include <stdlib.h>

#define IKE_SPI "1111111111111111"
#define ESP_SPI "c0ffee01"

/* The next word of at most sizeof(word) up to one of the marks. */
static const char *next_word(const char *text, char word[32], const char *marks)
{
	size_t len;

	text += strspn(text, marks);
	len = strcspn(text, marks);
	ck_assert_uint_lt(len, 32);
	memcpy(word, text, len);
	word[len] = '\0';
	return len > 0 ? text + len : NULL;
}

static struct wire_transform transform_of(const char *word)
{
	const struct transform *row =
		transform_named(bytes_of(word, strlen(word)));
	struct wire_transform t = { 0 };
	char *end;

	if (row)
		return (struct wire_transform){ row->type, row->id,
			row->key_bits, false };
	t.type = (uint8_t)strtoul(word, &end, 10);
	ck_assert_msg(*end == '.', "transform '%s'", word);
	t.id = (uint16_t)strtoul(end + 1, &end, 10);
	if (*end == '.')
		t.key_bits = (uint16_t)strtoul(end + 1, &end, 10);
	return t;
}

static struct ike_proposals ours_of(const char *text)
{
	struct ike_proposals ours = { 0 };
	struct ike_proposal *at = &ours.list[0];
	char word[32];

	ours.count = *text ? 1 : 0;
	while ((text = next_word(text, word, "- "))) {
		struct wire_transform t;

		if (strcmp(word, "|") == 0) {
			at = &ours.list[ours.count++];
			continue;
		}
		t = transform_of(word);
		at->transforms[at->count] =
			transform_find(t.type, t.id, t.key_bits);
		ck_assert_ptr_nonnull(at->transforms[at->count++]);
	}
	return ours;
}

/* An SA payload in a buffer, and read. */
struct offer {
	uint8_t buffer[16384];
	struct writer w;
	struct chain c;
	struct message m;
};

static void offer_begin(struct offer *offer)
{
	offer->w = writer_of(offer->buffer, sizeof(offer->buffer));
	offer->c = (struct chain){ &offer->w, 0 };
	write_u8(&offer->w, 0);
}

static const struct payload_sa *offer_end(struct offer *offer)
{
	struct built b = { offer->buffer, offer->w.len };

	ck_assert(!offer->w.bad);
	ck_assert_int_eq(read_built(&offer->m, &b), IKE_OK);
	return &offer->m.sa;
}

static const struct payload_sa *offer_of(struct offer *offer, const char *text,
	uint8_t number, uint8_t protocol, struct bytes spi)
{
	char word[32];
	struct sa_out sa;

	offer_begin(offer);
	sa_begin(&sa, &offer->c);
	proposal_begin(&sa, number, protocol, spi);
	while ((text = next_word(text, word, "- "))) {
		struct wire_transform t;

		if (strcmp(word, "|") == 0) {
			proposal_end(&sa);
			proposal_begin(&sa, ++number, protocol, spi);
			continue;
		}
		t = transform_of(word);
		write_transform(&sa, t.type, t.id, t.key_bits);
	}
	proposal_end(&sa);
	sa_end(&sa);
	return offer_end(offer);
}

/* What an SA payload says, in the language above. */
static void say(const struct payload_sa *sa, char *out, size_t size)
{
	struct reader proposals = reader_of(sa->proposals);
	struct proposal p;
	size_t len = 0;

	out[0] = '\0';
	while (next_proposal(&proposals, &p)) {
		struct reader walk = reader_of(p.transforms);
		struct wire_transform t;
		const char *mark = len == 0 ? "" : " | ";

		while (next_transform(&walk, &t)) {
			const struct transform *row =
				transform_find(t.type, t.id, t.key_bits);

			ck_assert_ptr_nonnull(row);
			len += (size_t)snprintf(
				out + len, size - len, "%s%s", mark, row->name);
			mark = "-";
		}
	}
}

/* --- Our offer ------------------------------------------------------------ */

START_TEST(offer_is_what_is_configured)
{
	static const struct {
		const char *ours;
		uint8_t protocol;
		enum negotiate_ke ke;
		const char *offer;
	} rows[] = {
		{ "aes256gcm16-prfsha384-x25519", PROTOCOL_IKE, NEGOTIATE_KE,
			"aes256gcm16-prfsha384-x25519" },
		{ "aes256gcm16-aes128gcm16-prfsha384-x25519-ecp256 |"
		  " aes256-sha256-prfsha256-modp2048",
			PROTOCOL_IKE, NEGOTIATE_KE,
			"aes256gcm16-aes128gcm16-prfsha384-x25519-ecp256 |"
			" aes256-sha256-prfsha256-modp2048" },
		{ "aes256gcm16-x25519-esn-noesn", PROTOCOL_ESP, NEGOTIATE_KE,
			"aes256gcm16-x25519-esn-noesn" },
		/* without a key exchange two become one */
		{ "aes256gcm16-x25519-esn | aes256-sha256-x25519-esn |"
		  " aes256gcm16-esn | aes256-sha256-esn",
			PROTOCOL_ESP, NEGOTIATE_WITHOUT_KE,
			"aes256gcm16-esn | aes256-sha256-esn" },
		{ "aes256gcm16-x25519-esn | aes256gcm16-esn", PROTOCOL_ESP,
			NEGOTIATE_KE,
			"aes256gcm16-x25519-esn | aes256gcm16-esn" },
		/* ESP says which sequence numbers, IKE has none */
		{ "aes256gcm16", PROTOCOL_ESP, NEGOTIATE_KE,
			"aes256gcm16-noesn" },
		{ "aes256gcm16-prfsha256-x25519-noesn", PROTOCOL_IKE,
			NEGOTIATE_KE, "aes256gcm16-prfsha256-x25519" },
		{ "aes256-sha256-prfsha256-modp2048", PROTOCOL_ESP,
			NEGOTIATE_KE, "aes256-sha256-modp2048-noesn" },
	};
	char text[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_proposals ours = ours_of(rows[i].ours);
		struct reader walk;
		struct proposal p;
		struct offer offer;

		offer_begin(&offer);
		negotiate_propose(&offer.c, &ours, rows[i].protocol,
			hex(ESP_SPI), rows[i].ke);
		say(offer_end(&offer), text, sizeof(text));
		ck_assert_str_eq(text, rows[i].offer);
		walk = reader_of(offer.m.sa.proposals);
		ck_assert(next_proposal(&walk, &p));
		ck_assert_uint_eq(p.number, 1);
		ck_assert_uint_eq(p.protocol, rows[i].protocol);
		assert_bytes("spi", p.spi, hex(ESP_SPI));
	}
}
END_TEST

/* --- Choosing ------------------------------------------------------------- */

struct choice {
	const char *ours, *theirs;
	const char *suite; /* NULL: none */
	uint8_t number;
};

static void choose(const struct choice *rows, size_t count, uint8_t protocol,
	struct bytes spi, enum negotiate_ke ke)
{
	char name[SUITE_NAME_SIZE];
	struct negotiated got;
	struct offer offer;

	for (size_t i = 0; i < count; i++) {
		const struct choice *row = &rows[i];
		struct ike_proposals ours = ours_of(row->ours);
		enum ike_error err = negotiate_choose(&ours,
			offer_of(&offer, row->theirs, 1, protocol, spi),
			protocol, ke, &got);

		if (!row->suite) {
			ck_assert_msg(err == NO_PROPOSAL_CHOSEN, "%s of %s",
				row->ours, row->theirs);
			continue;
		}
		ck_assert_msg(
			err == IKE_OK, "%s of %s", row->ours, row->theirs);
		suite_name(&got.suite, name, sizeof(name));
		ck_assert_str_eq(name, row->suite);
		ck_assert_uint_eq(got.number, row->number);
		assert_bytes("spi", got.spi, spi);
		ck_assert(
			(got.suite.esn != NULL) == (protocol == PROTOCOL_ESP));
	}
}

#define CHOOSE(ROWS, PROTOCOL, SPI, KE)                                        \
	choose(ROWS, sizeof(ROWS) / sizeof((ROWS)[0]), PROTOCOL, SPI, KE)

START_TEST(our_preference_decides)
{
	static const struct choice rows[] = {
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519", 1 },
		{ "aes256gcm16-aes128gcm16-prfsha384-prfsha256-x25519-ecp256",
			"aes128gcm16-aes256gcm16-prfsha256-prfsha384-"
			"ecp256-x25519",
			"aes256gcm16-prfsha384-x25519", 1 },
		{ "aes256gcm16-prfsha256-x25519 |"
		  " aes256-sha256-prfsha256-modp2048",
			"aes256-sha256-prfsha256-modp2048 |"
			" aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519", 2 },
		{ "aes256-sha256-prfsha256-modp2048",
			"aes256gcm16-prfsha256-x25519 |"
			" chacha20poly1305-prfsha256-x25519 |"
			" aes256-aes128-sha512-sha256-prfsha256-modp2048",
			"aes256-sha256-prfsha256-modp2048", 3 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes128gcm16-prfsha256-x25519", NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha384-x25519", NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-ecp256", NULL, 0 },
		{ "", "aes256gcm16-prfsha256-ecp256", NULL, 0 },
	};

	CHOOSE(rows, PROTOCOL_IKE, hex(""), NEGOTIATE_KE);
	CHOOSE(rows, PROTOCOL_IKE, hex(IKE_SPI), NEGOTIATE_KE);
}
END_TEST

/* RFC 7296 section 2.7: one proposal whole; never the cipher of one with the
 * group of another. */
START_TEST(proposals_are_not_mixed)
{
	static const struct choice rows[] = {
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-ecp256 |"
			" aes128gcm16-prfsha256-x25519",
			NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519 | aes128gcm16-prfsha256-ecp256",
			"aes256gcm16-prfsha256-ecp256 |"
			" aes128gcm16-prfsha256-x25519",
			NULL, 0 },
	};

	CHOOSE(rows, PROTOCOL_IKE, hex(""), NEGOTIATE_KE);
}
END_TEST

/* N09: an unknown ID costs that transform, an unknown type or a missing one
 * the proposal (RFC 7296 section 3.3.6). */
START_TEST(n09_unknown_and_missing)
{
	static const struct choice rows[] = {
		{ "aes256gcm16-prfsha256-x25519",
			"1.999-1.20.512-aes256gcm16-2.99-prfsha256-4.1025-"
			"4.65535-x25519",
			"aes256gcm16-prfsha256-x25519", 1 },
		{ "aes256gcm16-prfsha256-x25519",
			"1.999-prfsha256-x25519 | aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519", 2 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519-6.1 |"
			" aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519", 2 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519-241.1", NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519-0.1", NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519-noesn", NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519", "prfsha256-x25519", NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519", NULL,
			0 },
		{ "aes256gcm16-prfsha256-x25519", "aes256gcm16-prfsha256", NULL,
			0 },
		{ "aes256-sha256-prfsha256-x25519", "aes256-prfsha256-x25519",
			NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519", "", NULL, 0 },
	};

	CHOOSE(rows, PROTOCOL_IKE, hex(""), NEGOTIATE_KE);
}
END_TEST

/* N09: AES without a key length, ChaCha20 with one, lengths that are none. */
START_TEST(n09_key_length)
{
	static const struct choice rows[] = {
		{ "aes256gcm16-prfsha256-x25519", "1.20-prfsha256-x25519", NULL,
			0 },
		{ "aes256gcm16-prfsha256-x25519", "1.20.257-prfsha256-x25519",
			NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519", "1.20.65535-prfsha256-x25519",
			NULL, 0 },
		{ "chacha20poly1305-prfsha256-x25519",
			"1.28.256-prfsha256-x25519", NULL, 0 },
		{ "chacha20poly1305-prfsha256-x25519", "1.28-prfsha256-x25519",
			"chacha20poly1305-prfsha256-x25519", 1 },
		{ "aes256gcm16-prfsha256-x25519",
			"1.20-aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519", 1 },
		{ "aes256gcm16-prfsha256-x25519", "aes256gcm16-2.5.256-x25519",
			NULL, 0 },
	};

	CHOOSE(rows, PROTOCOL_IKE, hex(""), NEGOTIATE_KE);
}
END_TEST

/* N09: key length 0, twice, as TLV, beside an unknown attribute: only that
 * transform is unusable. */
START_TEST(n09_key_length_malformed)
{
	static const char *const bad[] = {
		"0300000c 01000014 800e0000",
		"03000010 01000014 800e0100 800e0100",
		"0300000e 01000014 000e0002 0100",
		"03000010 01000014 800e0100 80120001",
	};
	struct ike_proposals ours = ours_of("aes256gcm16-aes128gcm16-esn");
	char text[256], name[SUITE_NAME_SIZE];
	struct negotiated got;

	for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(bad[0]); i++) {
		const bool alone = i % 2 == 0;
		const char *esn = "00000008 05000001";
		struct message m;
		struct built b;
		size_t len;

		snprintf(text, sizeof(text), "01030403 %s %s %s %s", ESP_SPI,
			bad[i / 2],
			alone ? "0300000c 01000063 800e0080"
			      : "0300000c 01000014 800e0080",
			esn);
		len = hex(text).len + 4;
		memmove(text + 8, text, strlen(text) + 1);
		memcpy(text, "00000000", 8);
		snprintf(name, sizeof(name), "%04x", (unsigned int)len);
		memcpy(text + 4, name, 4);
		b = built_body(PAYLOAD_SA, hex(text));
		ck_assert_int_eq(read_built(&m, &b), IKE_OK);
		ck_assert_int_eq(negotiate_choose(&ours, &m.sa, PROTOCOL_ESP,
					 NEGOTIATE_KE, &got),
			alone ? NO_PROPOSAL_CHOSEN : IKE_OK);
		if (!alone) {
			suite_name(&got.suite, name, sizeof(name));
			ck_assert_str_eq(name, "aes128gcm16-esn");
		}
		free(b.at);
	}
}
END_TEST

/* N10: an AEAD goes with no INTEG or NONE, another cipher with one. */
START_TEST(n10_aead_and_integ)
{
	static const struct choice rows[] = {
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-3.0-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519", 1 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-sha256-prfsha256-x25519", NULL, 0 },
		{ "aes256gcm16-sha256-prfsha256-x25519",
			"aes256gcm16-sha256-prfsha256-x25519", NULL, 0 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-sha256-3.0-prfsha256-x25519",
			"aes256gcm16-prfsha256-x25519", 1 },
		{ "aes256-sha256-prfsha256-x25519",
			"aes256-3.0-prfsha256-x25519", NULL, 0 },
		{ "aes256-prfsha256-x25519", "aes256-3.0-prfsha256-x25519",
			NULL, 0 },
		{ "aes256-prfsha256-x25519", "aes256-prfsha256-x25519", NULL,
			0 },
		{ "aes256-sha256-prfsha256-x25519",
			"aes256-3.0-sha256-prfsha256-x25519",
			"aes256-sha256-prfsha256-x25519", 1 },
		/* one proposal with both kinds of cipher: what fits of it */
		{ "aes256gcm16-aes256-sha256-prfsha256-x25519",
			"aes256gcm16-aes256-sha256-prfsha256-x25519",
			"aes256-sha256-prfsha256-x25519", 1 },
		/* ENCR NULL, or none at all */
		{ "aes256-sha256-prfsha256-x25519",
			"1.11-sha256-prfsha256-x25519", NULL, 0 },
		{ "aes256-sha256-prfsha256-x25519", "sha256-prfsha256-x25519",
			NULL, 0 },
	};

	CHOOSE(rows, PROTOCOL_IKE, hex(""), NEGOTIATE_KE);
}
END_TEST

START_TEST(groups_of_an_ike_sa)
{
	static const struct choice rows[] = {
		{ "aes256gcm16-prfsha256-x25519", "aes256gcm16-prfsha256-4.0",
			NULL, 0 },
		{ "aes256gcm16-prfsha256", "aes256gcm16-prfsha256", NULL, 0 },
		{ "aes256gcm16-prfsha256", "aes256gcm16-prfsha256-4.0", NULL,
			0 },
		{ "aes256gcm16-prfsha256-x25519",
			"aes256gcm16-prfsha256-4.0-x25519",
			"aes256gcm16-prfsha256-x25519", 1 },
	};

	CHOOSE(rows, PROTOCOL_IKE, hex(IKE_SPI), NEGOTIATE_KE);
}
END_TEST

START_TEST(groups_of_a_child)
{
	static const struct choice with[] = {
		{ "aes256gcm16-x25519-esn | aes256gcm16-esn", "aes256gcm16-esn",
			"aes256gcm16-esn", 1 },
		{ "aes256gcm16-x25519-esn | aes256gcm16-esn",
			"aes256gcm16-x25519-4.0-esn", "aes256gcm16-x25519-esn",
			1 },
		{ "aes256gcm16-esn", "aes256gcm16-x25519-4.0-esn",
			"aes256gcm16-esn", 1 },
		{ "aes256gcm16-esn", "aes256gcm16-4.0-esn", "aes256gcm16-esn",
			1 },
		{ "aes256gcm16-esn", "aes256gcm16-x25519-esn", NULL, 0 },
		{ "aes256gcm16-esn", "aes256gcm16-4.999-esn", NULL, 0 },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-esn", NULL, 0 },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-4.0-esn", NULL, 0 },
	};
	static const struct choice without[] = {
		{ "aes256gcm16-x25519-esn", "aes256gcm16-esn",
			"aes256gcm16-esn", 1 },
		{ "aes256gcm16-esn", "aes256gcm16-modp2048-esn",
			"aes256gcm16-esn", 1 },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-modp2048-esn",
			"aes256gcm16-esn", 1 },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-4.0-esn",
			"aes256gcm16-esn", 1 },
	};

	CHOOSE(with, PROTOCOL_ESP, hex(ESP_SPI), NEGOTIATE_KE);
	CHOOSE(without, PROTOCOL_ESP, hex(ESP_SPI), NEGOTIATE_WITHOUT_KE);
}
END_TEST

START_TEST(sequence_numbers)
{
	static const struct choice rows[] = {
		{ "aes256gcm16-esn-noesn", "aes256gcm16-noesn-esn",
			"aes256gcm16-esn", 1 },
		{ "aes256gcm16-esn-noesn", "aes256gcm16-noesn", "aes256gcm16",
			1 },
		{ "aes256gcm16-esn", "aes256gcm16-noesn", NULL, 0 },
		{ "aes256gcm16-esn-noesn", "aes256gcm16", NULL, 0 },
		{ "aes256gcm16", "aes256gcm16", NULL, 0 },
		{ "aes256gcm16", "aes256gcm16-noesn", "aes256gcm16", 1 },
		{ "aes256gcm16", "aes256gcm16-esn", NULL, 0 },
		{ "aes256gcm16-noesn", "aes256gcm16-5.2", NULL, 0 },
		{ "aes256gcm16-noesn", "aes256gcm16-prfsha256-noesn", NULL, 0 },
	};

	CHOOSE(rows, PROTOCOL_ESP, hex(ESP_SPI), NEGOTIATE_WITHOUT_KE);
}
END_TEST

/* N09: protocol 0, 2 and others, SPI sizes and SPIs that name nothing. */
START_TEST(n09_protocol_and_spi)
{
	static const struct {
		uint8_t protocol, wanted;
		const char *spi;
		enum ike_error err;
	} rows[] = {
		{ 3, 3, ESP_SPI, IKE_OK },
		{ 0, 3, ESP_SPI, NO_PROPOSAL_CHOSEN },
		{ 2, 3, ESP_SPI, NO_PROPOSAL_CHOSEN },
		{ 4, 3, ESP_SPI, NO_PROPOSAL_CHOSEN },
		{ 255, 3, ESP_SPI, NO_PROPOSAL_CHOSEN },
		{ 1, 3, IKE_SPI, NO_PROPOSAL_CHOSEN },
		{ 3, 3, "", NO_PROPOSAL_CHOSEN },
		{ 3, 3, "01", NO_PROPOSAL_CHOSEN },
		{ 3, 3, "c0ffee0101", NO_PROPOSAL_CHOSEN },
		{ 3, 3, IKE_SPI, NO_PROPOSAL_CHOSEN },
		{ 3, 3, "00000000", NO_PROPOSAL_CHOSEN },
		{ 1, 1, "", IKE_OK },
		{ 1, 1, IKE_SPI, IKE_OK },
		{ 1, 1, ESP_SPI, NO_PROPOSAL_CHOSEN },
		{ 1, 1, "0000000000000000", NO_PROPOSAL_CHOSEN },
		{ 3, 1, "", NO_PROPOSAL_CHOSEN },
	};
	struct ike_proposals ike = ours_of("aes256gcm16-prfsha256-x25519");
	struct ike_proposals esp = ours_of("aes256gcm16-x25519-esn");
	struct negotiated got;
	struct offer offer;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool is_ike = rows[i].wanted == PROTOCOL_IKE;
		const struct payload_sa *sa = offer_of(&offer,
			is_ike ? "aes256gcm16-prfsha256-x25519"
			       : "aes256gcm16-x25519-esn",
			1, rows[i].protocol, hex(rows[i].spi));

		ck_assert_msg(negotiate_choose(is_ike ? &ike : &esp, sa,
				      rows[i].wanted, NEGOTIATE_KE,
				      &got) == rows[i].err,
			"row %zu", i);
	}
}
END_TEST

/* N09: an offer begins with proposal 1. */
START_TEST(n09_first_number)
{
	struct ike_proposals ours = ours_of("aes256gcm16-prfsha256-x25519");
	const char *theirs = "aes256gcm16-prfsha256-x25519";
	struct negotiated got;
	struct offer offer;

	ck_assert_int_eq(
		negotiate_choose(&ours, offer_of(&offer, theirs, 2, 1, hex("")),
			PROTOCOL_IKE, NEGOTIATE_KE, &got),
		INVALID_SYNTAX);
}
END_TEST

/* A legal offer is larger than any array: what strongSwan (38 and 47
 * transforms) and Windows (18 proposals) send by default. */
START_TEST(large_offers)
{
	struct ike_proposals ours = ours_of("aes256-sha256-prfsha256-modp2048");
	const char *wanted = "aes256-sha256-prfsha256-modp2048";
	char text[4096];
	struct negotiated got;
	struct offer offer;
	size_t len = 0;

	for (int i = 0; i < 17; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "1.3-2.2-3.2-4.2 | ");
	snprintf(text + len, sizeof(text) - len, "%s", wanted);
	ck_assert_int_eq(
		negotiate_choose(&ours, offer_of(&offer, text, 1, 1, hex("")),
			PROTOCOL_IKE, NEGOTIATE_KE, &got),
		IKE_OK);
	ck_assert_uint_eq(got.number, 18);
	len = 0;
	for (int i = 0; i < 250; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "4.%d-", 1000 + i);
	snprintf(text + len, sizeof(text) - len, "%s", wanted);
	ck_assert_int_eq(
		negotiate_choose(&ours, offer_of(&offer, text, 1, 1, hex("")),
			PROTOCOL_IKE, NEGOTIATE_KE, &got),
		IKE_OK);
}
END_TEST

/* --- The answer ----------------------------------------------------------- */

START_TEST(answer_is_the_choice_with_its_number)
{
	struct ike_proposals ours = ours_of(
		"aes256-aes128-sha256-prfsha256-prfsha384-modp2048-x25519");
	struct offer offer, answer;
	struct negotiated got;
	struct reader walk;
	struct proposal p;
	char text[256];

	ck_assert_int_eq(negotiate_choose(&ours,
				 offer_of(&offer,
					 "aes256gcm16-prfsha256-x25519 |"
					 " aes128-sha256-prfsha384-x25519",
					 1, PROTOCOL_IKE, hex("")),
				 PROTOCOL_IKE, NEGOTIATE_KE, &got),
		IKE_OK);
	offer_begin(&answer);
	negotiate_answer(&answer.c, &got, PROTOCOL_IKE, hex(IKE_SPI));
	say(offer_end(&answer), text, sizeof(text));
	ck_assert_str_eq(text, "aes128-prfsha384-sha256-x25519");
	walk = reader_of(answer.m.sa.proposals);
	ck_assert(next_proposal(&walk, &p));
	ck_assert_uint_eq(p.number, 2);
	assert_bytes("spi", p.spi, hex(IKE_SPI));
}
END_TEST

#define OURS                                                                   \
	"aes256gcm16-aes128gcm16-prfsha256-prfsha384-x25519-ecp256 |"          \
	" aes256-sha256-prfsha256-modp2048"

/* RFC 7296 section 3.3.6: the initiator MUST check that what was accepted is
 * what it offered. */
START_TEST(answer_must_be_of_our_offer)
{
	static const struct {
		const char *answer;
		uint8_t number;
		bool ok;
	} rows[] = {
		{ "aes256gcm16-prfsha256-x25519", 1, true },
		{ "aes128gcm16-prfsha384-ecp256", 1, true },
		{ "aes256gcm16-3.0-prfsha256-x25519", 1, true },
		{ "x25519-prfsha256-aes256gcm16", 1, true },
		{ "aes256-sha256-prfsha256-modp2048", 2, true },
		{ "aes256gcm16-prfsha256-x25519", 2, false },
		{ "aes256gcm16-prfsha256-x25519", 3, false },
		{ "aes256gcm16-prfsha256-x25519", 255, false },
		{ "aes256-sha256-prfsha256-modp2048", 1, false },
		{ "aes192gcm16-prfsha256-x25519", 1, false },
		{ "chacha20poly1305-prfsha256-x25519", 1, false },
		{ "aes256gcm16-prfsha512-x25519", 1, false },
		{ "aes256gcm16-prfsha256-modp2048", 1, false },
		{ "aes256gcm16-prfsha256-4.0", 1, false },
		{ "aes256gcm16-prfsha256-x25519-4.0", 1, false },
		{ "aes256gcm16-prfsha256", 1, false },
		{ "aes256gcm16-x25519", 1, false },
		{ "prfsha256-x25519", 1, false },
		{ "aes256gcm16-prfsha256-x25519-ecp256", 1, false },
		{ "aes256gcm16-aes128gcm16-prfsha256-x25519", 1, false },
		{ "aes256gcm16-aes256gcm16-prfsha256-x25519", 1, false },
		{ "aes256gcm16-sha256-prfsha256-x25519", 1, false },
		{ "aes256gcm16-prfsha256-x25519-noesn", 1, false },
		{ "aes256gcm16-prfsha256-x25519-6.1", 1, false },
		{ "1.20-prfsha256-x25519", 1, false },
		{ "1.20.512-prfsha256-x25519", 1, false },
		{ "aes256-3.0-prfsha256-modp2048", 2, false },
		{ "aes256-prfsha256-modp2048", 2, false },
		{ "aes256-sha256-3.0-prfsha256-modp2048", 2, false },
		{ "aes256gcm16-prfsha256-x25519 |"
		  " aes256-sha256-prfsha256-modp2048",
			1, false },
	};
	struct ike_proposals ours = ours_of(OURS);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct negotiated got;
		struct offer offer;
		enum ike_error err = negotiate_check(&ours,
			offer_of(&offer, rows[i].answer, rows[i].number,
				PROTOCOL_IKE, hex("")),
			PROTOCOL_IKE, NEGOTIATE_KE, &got);

		ck_assert_msg(err == (rows[i].ok ? IKE_OK : NO_PROPOSAL_CHOSEN),
			"%u: %s", rows[i].number, rows[i].answer);
		if (rows[i].ok)
			ck_assert_uint_eq(got.number, rows[i].number);
	}
}
END_TEST

START_TEST(answer_for_a_child)
{
	static const struct {
		const char *ours, *answer;
		uint8_t number;
		enum negotiate_ke ke;
		bool ok;
	} rows[] = {
		{ "aes256gcm16-x25519-esn-noesn", "aes256gcm16-x25519-noesn", 1,
			NEGOTIATE_KE, true },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-esn", 1, NEGOTIATE_KE,
			false },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-4.0-esn", 1,
			NEGOTIATE_KE, false },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-x25519", 1,
			NEGOTIATE_KE, false },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-x25519-noesn", 1,
			NEGOTIATE_KE, false },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-esn", 1,
			NEGOTIATE_WITHOUT_KE, true },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-4.0-esn", 1,
			NEGOTIATE_WITHOUT_KE, true },
		{ "aes256gcm16-x25519-esn", "aes256gcm16-x25519-esn", 1,
			NEGOTIATE_WITHOUT_KE, false },
		{ "aes256gcm16", "aes256gcm16-noesn", 1, NEGOTIATE_KE, true },
		{ "aes256gcm16", "aes256gcm16-esn", 1, NEGOTIATE_KE, false },
		/* numbers are those of what was sent: the second became one
		 * with the first */
		{ "aes256gcm16-x25519-esn | aes256gcm16-esn |"
		  " aes256-sha256-esn",
			"aes256-sha256-esn", 2, NEGOTIATE_WITHOUT_KE, true },
		{ "aes256gcm16-x25519-esn | aes256gcm16-esn |"
		  " aes256-sha256-esn",
			"aes256-sha256-esn", 3, NEGOTIATE_WITHOUT_KE, false },
		{ "aes256gcm16-x25519-esn | aes256gcm16-esn |"
		  " aes256-sha256-esn",
			"aes256-sha256-esn", 3, NEGOTIATE_KE, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_proposals ours = ours_of(rows[i].ours);
		struct negotiated got;
		struct offer offer;
		enum ike_error err = negotiate_check(&ours,
			offer_of(&offer, rows[i].answer, rows[i].number,
				PROTOCOL_ESP, hex(ESP_SPI)),
			PROTOCOL_ESP, rows[i].ke, &got);

		ck_assert_msg(err == (rows[i].ok ? IKE_OK : NO_PROPOSAL_CHOSEN),
			"row %zu", i);
	}
}
END_TEST

/* Whatever we choose of our own offer, we accept as an answer. */
START_TEST(we_agree_with_ourselves)
{
	static const char *const esp = "aes256gcm16-x25519-esn-noesn |"
				       " aes256-sha256-x25519-esn-noesn |"
				       " aes256gcm16-esn-noesn |"
				       " aes256-sha256-esn-noesn";

	for (int i = 0; i < 4; i++) {
		const bool ike = i < 2;
		const enum negotiate_ke ke =
			i == 3 ? NEGOTIATE_WITHOUT_KE : NEGOTIATE_KE;
		const uint8_t protocol = ike ? PROTOCOL_IKE : PROTOCOL_ESP;
		struct bytes spi = ike ? hex(i ? IKE_SPI : "") : hex(ESP_SPI);
		struct ike_proposals ours = ours_of(ike ? OURS : esp);
		struct offer offer, answer;
		struct negotiated chosen, checked;

		offer_begin(&offer);
		negotiate_propose(&offer.c, &ours, protocol, spi, ke);
		ck_assert_int_eq(negotiate_choose(&ours, offer_end(&offer),
					 protocol, ke, &chosen),
			IKE_OK);
		offer_begin(&answer);
		negotiate_answer(&answer.c, &chosen, protocol, spi);
		ck_assert_int_eq(negotiate_check(&ours, offer_end(&answer),
					 protocol, ke, &checked),
			IKE_OK);
		ck_assert_mem_eq(
			&chosen.suite, &checked.suite, sizeof(struct suite));
		assert_bytes("spi", checked.spi, spi);
	}
}
END_TEST

START_TEST(groups_we_offer)
{
	struct ike_proposals ours = ours_of(OURS), none = ours_of("aes256-esn");

	ck_assert_uint_eq(
		negotiate_group(&ours, KE_MODP_2048)->id, KE_MODP_2048);
	ck_assert_uint_eq(
		negotiate_group(&ours, KE_CURVE25519)->id, KE_CURVE25519);
	ck_assert_ptr_null(negotiate_group(&ours, KE_MODP_4096));
	ck_assert_ptr_null(negotiate_group(&ours, 0));
	ck_assert_ptr_null(negotiate_group(&ours, 1025));
	ck_assert_ptr_null(negotiate_group(&ours, 65535));
	ck_assert_uint_eq(negotiate_first_group(&ours)->id, KE_CURVE25519);
	ck_assert_ptr_null(negotiate_first_group(&none));
}
END_TEST

START_TEST(a_prf_can_be_kept)
{
	struct ike_proposals kept, again;
	struct ike_proposals ours = ours_of(
		"aes256gcm16-prfsha384-prfsha256-x25519 | aes128-sha256-prfsha384-modp2048 "
		"| aes128gcm16-prfsha512-prfsha256-x25519-ecp256");
	struct ike_proposals want =
		ours_of("aes256gcm16-prfsha256-x25519 "
			"| aes128gcm16-prfsha256-x25519-ecp256");

	negotiate_keep_prf(
		&ours, transform_named(bytes_of("prfsha256", 9)), &kept);
	ck_assert_mem_eq(&kept, &want, sizeof(kept));
	/* None has it: all stay. */
	negotiate_keep_prf(
		&kept, transform_named(bytes_of("prfsha512", 9)), &again);
	ck_assert_mem_eq(&again, &kept, sizeof(kept));
}
END_TEST

SUITE(negotiate)
{
	test(offer_is_what_is_configured);
	test(our_preference_decides);
	test(proposals_are_not_mixed);
	test(n09_unknown_and_missing);
	test(n09_key_length);
	test(n09_key_length_malformed);
	test(n10_aead_and_integ);
	test(groups_of_an_ike_sa);
	test(groups_of_a_child);
	test(sequence_numbers);
	test(n09_protocol_and_spi);
	test(n09_first_number);
	test(large_offers);
	test(answer_is_the_choice_with_its_number);
	test(answer_must_be_of_our_offer);
	test(answer_for_a_child);
	test(we_agree_with_ourselves);
	test(groups_we_offer);
	test(a_prf_can_be_kept);
}

/* offer.c - whatever two sides have not in common, what is named to be added makes them agree.
 * SPDX-License-Identifier: ISC
 */
#include "config/proposal.h"
#include "ikev2/explain.h"

#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 3000, BUFFER = 8192, TEXT = 256 };

/* An SA payload as a peer sends it. */
struct offer {
	uint8_t buffer[BUFFER];
	struct payload_sa sa;
};

static void encode(struct offer *offer, const struct ike_proposals *from,
	uint8_t protocol, enum negotiate_ke ke)
{
	static const uint8_t spi[ESP_SPI_LEN] = { 1, 2, 3, 4 };
	struct writer w = writer_of(offer->buffer, BUFFER);
	struct chain c = { &w, 0 };
	struct reader r;

	write_u8(&w, PAYLOAD_NONE);
	negotiate_propose(&c, from, protocol,
		bytes_of(spi, protocol == PROTOCOL_ESP ? sizeof(spi) : 0), ke);
	ck_assert(!w.bad);
	r = reader_of(bytes_of(offer->buffer + 1 + PAYLOAD_HEADER_LEN,
		w.len - 1 - PAYLOAD_HEADER_LEN));
	read_sa(&r, &offer->sa);
	ck_assert(!r.bad);
}

/* A proposal string, as the configuration reads it, with SHA-1 allowed. */
static void parse(const char *text, uint8_t protocol, struct ike_proposals *out)
{
	struct config_errors errors = { 0 };
	struct node node = node_word(text, (struct place){ 0 });
	struct node weak = node_word("sha1", (struct place){ 0 });

	ck_assert_msg(proposal_parse(&node, protocol, &weak, out, &errors),
		"'%s': %s", text,
		errors.count > 0 ? errors.list[0].text : "no proposal");
	config_errors_clear(&errors);
}

static void add_all(struct ike_proposals *to, const struct ike_proposals *from)
{
	for (uint8_t i = 0; i < from->count; i++) {
		ck_assert_uint_lt(to->count, MAX_OWN_PROPOSALS);
		to->list[to->count++] = from->list[i];
	}
}

/* --- Random pairs --------------------------------------------------------- */

static uint32_t state;

static uint32_t below(uint32_t limit)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % limit;
}

/* One to two words of a kind. */
static void some_of(
	char *out, const char *const *words, uint32_t count, bool may_be_none)
{
	uint32_t first = below(count), more = below(2);

	if (may_be_none && below(3) == 0)
		return;
	sprintf(out + strlen(out), "%s%s", out[0] ? "-" : "", words[first]);
	if (more && count > 1)
		sprintf(out + strlen(out), "-%s",
			words[(first + 1 + below(count - 1)) % count]);
}

static void random_string(char out[TEXT], uint8_t protocol)
{
	static const char *const aead[] = { "aes256gcm16", "aes128gcm16",
		"chacha20poly1305" };
	static const char *const cbc[] = { "aes256", "aes192", "aes128" };
	static const char *const integ[] = { "sha256", "sha512", "sha1" };
	static const char *const prf[] = { "prfsha256", "prfsha384",
		"prfsha1" };
	static const char *const ke[] = { "x25519", "ecp256", "modp2048" };
	static const char *const esn[] = { "esn", "noesn" };
	const bool is_aead = below(2) == 0;

	out[0] = '\0';
	some_of(out, is_aead ? aead : cbc, 3, false);
	if (!is_aead)
		some_of(out, integ, 3, false);
	if (protocol == PROTOCOL_IKE)
		some_of(out, prf, 3, false);
	some_of(out, ke, 3, protocol == PROTOCOL_ESP);
	if (protocol == PROTOCOL_ESP)
		some_of(out, esn, 2, true);
}

static void random_set(struct ike_proposals *out, uint8_t protocol)
{
	const uint32_t count = 1 + below(3);
	struct ike_proposals one;
	char text[TEXT];

	*out = (struct ike_proposals){ .count = 0 };
	for (uint32_t i = 0; i < count; i++) {
		random_string(text, protocol);
		parse(text, protocol, &one);
		add_all(out, &one);
	}
}

/* "add SUITE to .." */
static void read_edit(
	const char *edit, uint8_t protocol, struct ike_proposals *out)
{
	const bool weak = strstr(edit, "allow_weak: [sha1]") != NULL;
	char suite[TEXT];

	ck_assert_msg(sscanf(edit, "add %255s to", suite) == 1, "%s", edit);
	ck_assert_msg(weak == (strstr(suite, "sha1") != NULL), "%s", edit);
	parse(suite, protocol, out);
}

static void is_bounded(const struct ike_explanation *why)
{
	for (uint8_t i = 0; i < why->theirs.count; i++)
		ck_assert_uint_gt(strlen(why->theirs.list[i]), 0);
	for (uint8_t i = 0; i < why->row_count; i++)
		ck_assert_uint_lt(
			strlen(why->rows[i].theirs), EXPLAIN_VALUE_SIZE);
}

static bool any_differs(const struct ike_explanation *why)
{
	for (uint8_t i = 0; i < why->row_count; i++) {
		if (why->rows[i].differs)
			return true;
	}
	return false;
}

/* Both know all that the other has, so there is an edit on either side. */
static bool mend(const struct ike_proposals *ours,
	const struct ike_proposals *theirs, uint8_t protocol,
	enum negotiate_ke ke)
{
	static struct offer offer;
	struct ike_explanation why = { .row_count = 0 };
	struct ike_proposals edited, edit;
	struct negotiated chosen;

	encode(&offer, theirs, protocol, ke);
	if (negotiate_choose(ours, &offer.sa, protocol, ke, &chosen) == IKE_OK)
		return false;
	explain_offer(&why, ours, &offer.sa, protocol, ke);
	is_bounded(&why);
	ck_assert(any_differs(&why));
	ck_assert_msg(
		why.fix_here[0] && why.fix_there[0], "%s", why.theirs.list[0]);

	edited = *ours;
	read_edit(why.fix_here, protocol, &edit);
	add_all(&edited, &edit);
	ck_assert_msg(negotiate_choose(&edited, &offer.sa, protocol, ke,
			      &chosen) == IKE_OK,
		"here: %s", why.fix_here);

	edited = *theirs;
	read_edit(why.fix_there, protocol, &edit);
	add_all(&edited, &edit);
	encode(&offer, &edited, protocol, ke);
	ck_assert_msg(negotiate_choose(
			      ours, &offer.sa, protocol, ke, &chosen) == IKE_OK,
		"there: %s", why.fix_there);
	return true;
}

static const struct {
	uint8_t protocol;
	enum negotiate_ke ke;
} uses[] = {
	{ PROTOCOL_IKE, NEGOTIATE_KE },
	{ PROTOCOL_ESP, NEGOTIATE_KE },
	{ PROTOCOL_ESP, NEGOTIATE_WITHOUT_KE },
};

START_TEST(either_edit_makes_them_agree)
{
	struct ike_proposals ours, theirs;
	unsigned mended = 0;

	state = 7;
	for (int i = 0; i < PAIRS; i++) {
		random_set(&ours, uses[_i].protocol);
		random_set(&theirs, uses[_i].protocol);
		mended += mend(&ours, &theirs, uses[_i].protocol, uses[_i].ke);
	}
	/* There are enough that do not agree from the start. */
	ck_assert_uint_gt(mended, PAIRS / 4);
}
END_TEST

/* --- What we have not ----------------------------------------------------- */

/* AES-256, SHA2-256 and a group of this number, a transform of 16 octets, and
 * more proposals than are kept. */
static void encode_group(struct offer *offer, uint16_t group, unsigned count)
{
	struct writer w = writer_of(offer->buffer, BUFFER);
	struct chain c = { &w, 0 };
	struct sa_out sa;
	struct reader r;

	write_u8(&w, PAYLOAD_NONE);
	sa_begin(&sa, &c);
	for (unsigned i = 1; i <= count; i++) {
		proposal_begin(
			&sa, (uint8_t)i, PROTOCOL_IKE, bytes_of(NULL, 0));
		write_transform(&sa, TRANSFORM_ENCR, ENCR_AES_CBC, 256);
		write_transform(&sa, TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
		write_transform(
			&sa, TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, 0);
		for (unsigned g = 0; g < i; g++)
			write_transform(
				&sa, TRANSFORM_KE, (uint16_t)(group + g), 0);
		proposal_end(&sa);
	}
	sa_end(&sa);
	ck_assert(!w.bad);
	r = reader_of(bytes_of(offer->buffer + 1 + PAYLOAD_HEADER_LEN,
		w.len - 1 - PAYLOAD_HEADER_LEN));
	read_sa(&r, &offer->sa);
	ck_assert(!r.bad);
}

START_TEST(what_this_version_has_not_is_named)
{
	struct ike_explanation why = { .row_count = 0 };
	struct ike_proposals ours;
	struct offer offer;

	parse("aes256-sha256-prfsha256-x25519", PROTOCOL_IKE, &ours);
	encode_group(&offer, 2, 1);
	explain_offer(&why, &ours, &offer.sa, PROTOCOL_IKE, NEGOTIATE_KE);
	ck_assert_str_eq(
		why.theirs.list[0], "aes256-sha256-prfsha256-modp1024");
	ck_assert_str_eq(why.fix_here, "");
	ck_assert_str_eq(why.fix_there,
		"add aes256-sha256-prfsha256-x25519 to its 'ike'");
	ck_assert_str_eq(why.look, "what they offer cannot be allowed here: "
				   "this version has no modp1024");
}
END_TEST

/* 64 proposals with up to 64 groups each: what is told of them stays small. */
START_TEST(n09_the_longest_offer_is_told_in_short)
{
	struct ike_explanation why = { .row_count = 0 };
	struct ike_proposals ours;
	static struct offer offer;

	parse("aes256-sha256-prfsha256-x25519", PROTOCOL_IKE, &ours);
	encode_group(&offer, 1000, 32);
	explain_offer(&why, &ours, &offer.sa, PROTOCOL_IKE, NEGOTIATE_KE);
	ck_assert_uint_eq(why.theirs.count, EXPLAIN_PROPOSALS);
	ck_assert(why.theirs.more);
	for (uint8_t i = 0; i < why.theirs.count; i++) {
		const char *text = why.theirs.list[i];

		ck_assert_uint_lt(strlen(text), EXPLAIN_PROPOSAL_SIZE);
	}
	ck_assert_ptr_nonnull(strstr(why.theirs.list[7], "number 1007"));
	is_bounded(&why);
	ck_assert_str_eq(why.fix_here, "");
}
END_TEST

SUITE(offer)
{
	loop_test(either_edit_makes_them_agree, 3);
	test(what_this_version_has_not_is_named);
	test(n09_the_longest_offer_is_told_in_short);
}

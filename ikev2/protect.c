/* protect.c - sealing and opening the SK payload (RFC 7296 section 3.14, RFC 5282).
 * SPDX-License-Identifier: ISC
 *
 *	| IKE header | SK header | IV | payloads | padding | pad length | ICV |
 */
#include "ikev2/crypto/cipher.h"
#include "ikev2/engine.h"

enum { SK_HEAD_LEN = IKE_HEADER_LEN + PAYLOAD_HEADER_LEN };

static bool by_initiator(const struct ike_sa *sa, bool outbound)
{
	return sa->initiator == outbound;
}

static const struct secret *key_e(const struct ike_sa *sa, bool outbound)
{
	return by_initiator(sa, outbound) ? &sa->keys.sk_ei : &sa->keys.sk_er;
}

static const struct secret *key_a(const struct ike_sa *sa, bool outbound)
{
	return by_initiator(sa, outbound) ? &sa->keys.sk_ai : &sa->keys.sk_ar;
}

struct ike_header protect_header(const struct ike_sa *sa, uint8_t exchange,
	bool response, uint32_t message_id)
{
	struct ike_header header = {
		.version = IKE_VERSION_OCTET,
		.exchange = exchange,
		.message_id = message_id,
	};

	memcpy(header.spi_i, sa->spi_i, IKE_SPI_LEN);
	memcpy(header.spi_r, sa->spi_r, IKE_SPI_LEN);
	if (sa->initiator)
		header.flags |= FLAG_INITIATOR;
	if (response)
		header.flags |= FLAG_RESPONSE;
	return header;
}

/* A counter for an AEAD, which must never repeat under one key; random for CBC,
 * which must not be foreseen. */
static void write_iv(struct ike_sa *sa, struct writer *w)
{
	uint8_t *room;

	if (sa->suite.encr->aead) {
		write_u64(w, sa->iv_out++);
		return;
	}
	room = write_room(w, sa->suite.encr->iv_len);
	if (room)
		sa->ike->env.random(
			sa->ike->env.ctx, room, sa->suite.encr->iv_len);
}

void protect_begin(struct ike_sa *sa, struct message_out *out,
	const struct ike_header *header)
{
	message_begin(out, sa->ike->scratch_out, SCRATCH_LEN, header);
	/* What follows is chained from the SK payload's own Next Payload. */
	(void)payload_begin(&out->c, PAYLOAD_SK);
	write_iv(sa, &out->w);
}

struct packet *protect_end(struct ike_sa *sa, struct message_out *out)
{
	const struct suite *suite = &sa->suite;
	size_t plain = out->w.len - SK_HEAD_LEN - suite->encr->iv_len + 1;
	size_t pad = (suite->encr->block_len - plain % suite->encr->block_len) %
		     suite->encr->block_len;
	struct packet *packet;
	struct bytes message;

	write_zero(&out->w, pad);
	write_u8(&out->w, (uint8_t)pad);
	write_zero(&out->w, cipher_icv_len(suite));
	payload_end(&out->c, IKE_HEADER_LEN);
	message = message_end(out);
	if (message.len == 0)
		return NULL;
	if (!cipher_seal(sa->ike->crypto, suite, key_e(sa, true),
		    key_a(sa, true), sa->ike->scratch_out, SK_HEAD_LEN,
		    message.len))
		return NULL;
	packet = packet_new(message);
	return packet;
}

/* The payloads between IV and padding; none if the padding lies. */
static struct bytes strip_padding(struct bytes plain)
{
	uint8_t pad = plain.at[plain.len - 1];

	if ((size_t)pad + 1 > plain.len)
		return bytes_of(NULL, 0);
	return bytes_of(plain.at, plain.len - 1 - pad);
}

enum protect_verdict protect_open(struct ike_sa *sa,
	const struct ike_header *header, struct bytes datagram,
	struct message *in, enum ike_error *error)
{
	const struct suite *suite = &sa->suite;
	uint8_t *copy = sa->ike->scratch_in;
	size_t fixed = suite->encr->iv_len + cipher_icv_len(suite);
	struct bytes chain = { copy + IKE_HEADER_LEN,
		datagram.len - IKE_HEADER_LEN };
	struct bytes plain;
	struct payload_sk sk;

	if (datagram.len > SCRATCH_LEN)
		return PROTECT_FORGED;
	memcpy(copy, datagram.at, datagram.len);
	in->header = *header;
	/* Whatever stands in clear beside SK is read for its form only. */
	if (message_read(in, header->next, chain, IKE_HEADER_LEN) != IKE_OK ||
		!has_payload(in, PAYLOAD_SK) || has_payload(in, PAYLOAD_SKF))
		return PROTECT_FORGED;
	sk = in->sk;
	if (sk.body.len <= fixed)
		return PROTECT_FORGED;
	plain = bytes_of(
		copy + sk.body_at + suite->encr->iv_len, sk.body.len - fixed);
	if (plain.len % suite->encr->block_len != 0)
		return PROTECT_FORGED;
	if (!cipher_open(sa->ike->crypto, suite, key_e(sa, false),
		    key_a(sa, false), copy, sk.body_at, datagram.len))
		return PROTECT_FORGED;
	plain = strip_padding(plain);
	if (!plain.at)
		return PROTECT_FORGED;
	*error = message_read(in, sk.first, plain, (size_t)(plain.at - copy));
	return *error == IKE_OK ? PROTECT_OK : PROTECT_BAD;
}

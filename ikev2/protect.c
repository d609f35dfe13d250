/* protect.c - sealing and opening SK and SKF payloads (RFC 7296 section 3.14, RFC 5282, RFC 7383 section 2.5).
 * SPDX-License-Identifier: ISC
 *
 *	| IKE header | SK header | IV | payloads | padding | pad length | ICV |
 *	| IKE header | SKF header, numbers | IV | a part of them | .. as above |
 */
#include "ikev2/counts.h"
#include "ikev2/crypto/cipher.h"
#include "ikev2/engine.h"

enum {
	SK_HEAD_LEN = IKE_HEADER_LEN + PAYLOAD_HEADER_LEN,
	SKF_HEAD_LEN = SK_HEAD_LEN + 4,
};

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

/* Octets of padding and Pad Length after len octets of payloads. */
static size_t padding_len(const struct suite *suite, size_t len)
{
	return suite->encr->block_len - len % suite->encr->block_len;
}

static size_t sealed_len(const struct suite *suite, size_t head_len, size_t len)
{
	return head_len + suite->encr->iv_len + len + padding_len(suite, len) +
	       cipher_icv_len(suite);
}

/* Pad and seal the message in out, whose one payload's IV is at head_len. */
static bool seal(struct ike_sa *sa, struct message_out *out, size_t head_len)
{
	const struct suite *suite = &sa->suite;
	const size_t pad =
		padding_len(suite, out->w.len - head_len - suite->encr->iv_len);
	struct bytes message;

	write_zero(&out->w, pad - 1);
	write_u8(&out->w, (uint8_t)(pad - 1));
	write_zero(&out->w, cipher_icv_len(suite));
	payload_end(&out->c, IKE_HEADER_LEN);
	message = message_end(out);
	return message.len > 0 &&
	       cipher_seal(sa->ike->crypto, suite, key_e(sa, true),
		       key_a(sa, true), out->w.at, head_len, message.len);
}

struct packet *protect_end(struct ike_sa *sa, struct message_out *out)
{
	const size_t begin = SK_HEAD_LEN + sa->suite.encr->iv_len;
	const size_t len = out->w.len - begin;
	struct packet *packet;

	if (out->w.bad)
		return NULL;
	if (!fragment_needed(sa, sealed_len(&sa->suite, SK_HEAD_LEN, len)))
		return seal(sa, out, SK_HEAD_LEN) ? packet_new(written(&out->w))
						  : NULL;
	packet = fragment_split(sa, &out->header, out->w.at[IKE_HEADER_LEN],
		bytes_of(out->w.at + begin, len));
	sodium_memzero(out->w.at, out->w.len);
	return packet;
}

size_t protect_fragment_room(const struct ike_sa *sa, size_t len)
{
	const struct suite *suite = &sa->suite;
	const size_t fixed =
		SKF_HEAD_LEN + suite->encr->iv_len + cipher_icv_len(suite);
	const size_t blocks =
		len < fixed ? 0 : (len - fixed) / suite->encr->block_len;

	return blocks == 0 ? 0 : blocks * suite->encr->block_len - 1;
}

struct packet *protect_fragment(struct ike_sa *sa,
	const struct ike_header *header, const struct payload_sk *sk)
{
	struct packet *packet = packet_blank(
		sealed_len(&sa->suite, SKF_HEAD_LEN, sk->body.len));
	struct message_out out;

	if (!packet)
		return NULL;
	message_begin(&out, packet->data, packet->len, header);
	(void)skf_begin(&out.c, sk->first, sk->fragment, sk->total);
	write_iv(sa, &out.w);
	write_bytes(&out.w, sk->body);
	if (!seal(sa, &out, SKF_HEAD_LEN)) {
		packet_unref(packet);
		return NULL;
	}
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

/* A copy of the datagram in the engine's buffer, its payloads in clear read for
 * their form only: true if the last of them is SK or SKF. */
static bool read_outer(struct ike_sa *sa, const struct ike_header *header,
	struct bytes datagram, struct message *in)
{
	uint8_t *copy = sa->ike->scratch_in;
	struct bytes chain = { copy + IKE_HEADER_LEN,
		datagram.len - IKE_HEADER_LEN };

	if (datagram.len > SCRATCH_LEN)
		return false;
	memcpy(copy, datagram.at, datagram.len);
	in->header = *header;
	return message_read(in, header->next, chain, IKE_HEADER_LEN) ==
		       IKE_OK &&
	       (has_payload(in, PAYLOAD_SK) || has_payload(in, PAYLOAD_SKF));
}

/* What read_outer found, opened in its place. */
static bool open_outer(struct ike_sa *sa, size_t len,
	const struct payload_sk *sk, struct bytes *plain)
{
	const struct suite *suite = &sa->suite;
	const size_t fixed = suite->encr->iv_len + cipher_icv_len(suite);
	uint8_t *copy = sa->ike->scratch_in;

	if (sk->body.len <= fixed)
		return false;
	*plain = bytes_of(
		copy + sk->body_at + suite->encr->iv_len, sk->body.len - fixed);
	if (plain->len % suite->encr->block_len != 0 ||
		!cipher_open(sa->ike->crypto, suite, key_e(sa, false),
			key_a(sa, false), copy, sk->body_at, len))
		return false;
	*plain = strip_padding(*plain);
	return plain->at != NULL;
}

enum protect_verdict protect_open(struct ike_sa *sa,
	const struct ike_header *header, struct bytes datagram,
	struct message *in, enum ike_error *error)
{
	struct bytes plain;
	struct payload_sk sk;

	if (!read_outer(sa, header, datagram, in))
		return PROTECT_FORGED;
	sk = in->sk;
	if (sk.total > 0 && !fragment_wanted(sa, header, &sk)) {
		count_dropped(sa->ike, sa, IKE_DROPPED_FRAGMENT);
		return PROTECT_PART;
	}
	if (!open_outer(sa, datagram.len, &sk, &plain))
		return PROTECT_FORGED;
	if (sk.total == 0)
		fragment_forget(sa, header_is_response(header));
	else if (!fragment_keep(sa, header, &sk, &plain))
		return PROTECT_PART;
	*error = message_read(
		in, sk.first, plain, (size_t)(plain.at - sa->ike->scratch_in));
	return *error == IKE_OK ? PROTECT_OK : PROTECT_BAD;
}

bool protect_is_first_fragment(struct ike_sa *sa,
	const struct ike_header *header, struct bytes datagram)
{
	struct message in;
	struct bytes plain;

	return sa->fragmentation && read_outer(sa, header, datagram, &in) &&
	       in.sk.fragment == 1 && in.sk.body_at == SKF_HEAD_LEN &&
	       open_outer(sa, datagram.len, &in.sk, &plain);
}

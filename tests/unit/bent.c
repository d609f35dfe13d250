/* bent.c - a peer of the core under test that can be bent to say anything.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/bent.h"

#include "ikev2/crypto/cipher.h"
#include "ikev2/crypto/sign.h"
#include "ikev2/negotiate.h"

struct bent_peer bent;

/* A chain that a test's builder wrote behind one octet, taken apart. */
struct building {
	uint8_t buffer[MAX_PACKET];
	struct writer w;
	struct chain c;
};

static void building_begin(struct building *b)
{
	b->w = writer_of(b->buffer, sizeof(b->buffer));
	b->c = (struct chain){ &b->w, 0 };
	write_u8(&b->w, PAYLOAD_NONE);
}

static void building_end(struct building *b, struct parts *parts)
{
	struct reader r = reader_of(written(&b->w));
	uint8_t type = read_u8(&r);

	parts->count = 0;
	while (type != PAYLOAD_NONE) {
		const uint8_t next = read_u8(&r);
		size_t len;

		read_skip(&r, 1);
		len = read_u16(&r);
		parts_add(parts, type, read_bytes(&r, len - 4));
		type = next;
	}
	MUST(!r.bad && r.left == 0);
}

/* --- The bent peer -------------------------------------------------------- */

static uint8_t *own_nonce(void)
{
	return bent.initiator ? bent.nonce_i : bent.nonce_r;
}

void bent_begin(bool initiator)
{
	bent.initiator = initiator;
	bent.out_id = initiator ? 1 : 0;
	bent.in_id = initiator ? 0 : 1;
	bent.suite = (struct suite){ 0 };
	memset(bent.spi_i, 0, IKE_SPI_LEN);
	memset(bent.spi_r, 0, IKE_SPI_LEN);
	core_draw(&core.seed, initiator ? bent.spi_i : bent.spi_r, IKE_SPI_LEN);
	core_draw(&core.seed, own_nonce(), NONCE_LEN);
	core_draw(&core.seed, bent.esp_spi, ESP_SPI_LEN);
	MUST(dh_new(bent.crypto, &bent.dh, negotiate_first_group(&bent.ike),
		core_draw, &core.seed));
}

struct ike_header bent_header(
	uint8_t exchange, bool response, uint32_t message_id)
{
	struct ike_header header = {
		.version = IKE_VERSION_OCTET,
		.exchange = exchange,
		.message_id = message_id,
	};

	memcpy(header.spi_i, bent.spi_i, IKE_SPI_LEN);
	memcpy(header.spi_r, bent.spi_r, IKE_SPI_LEN);
	header.flags = (uint8_t)((bent.initiator ? FLAG_INITIATOR : 0) |
				 (response ? FLAG_RESPONSE : 0));
	return header;
}

struct bytes bent_clear(
	const struct ike_header *header, const struct parts *parts)
{
	static uint8_t buffer[MAX_PACKET];
	struct message_out out;
	struct bytes chain;
	uint8_t first;

	chain = parts_chain(parts, &first);
	message_begin(&out, buffer, sizeof(buffer), header);
	patch_u8(&out.w, 16, first);
	write_bytes(&out.w, chain);
	chain = message_end(&out);
	MUST(chain.len > 0);
	return chain;
}

/* From the IV on; the payload began at sk, and is the last. */
static struct bytes seal(struct message_out *out, size_t sk, struct bytes plain)
{
	const bool i = bent.initiator;
	const size_t head_len = out->w.len;
	struct bytes all;

	if (bent.suite.encr->aead)
		write_u64(&out->w, bent.iv++);
	else
		core_draw(&core.seed,
			write_room(&out->w, bent.suite.encr->iv_len),
			bent.suite.encr->iv_len);
	write_bytes(&out->w, plain);
	write_zero(&out->w, cipher_icv_len(&bent.suite));
	payload_end(&out->c, sk);
	all = message_end(out);
	MUST(all.len > 0);
	MUST(cipher_seal(bent.crypto, &bent.suite,
		i ? &bent.keys.sk_ei : &bent.keys.sk_er,
		i ? &bent.keys.sk_ai : &bent.keys.sk_ar, out->w.at, head_len,
		all.len));
	return all;
}

struct bytes bent_sealed_padded(
	const struct ike_header *header, uint8_t first, struct bytes plain)
{
	static uint8_t buffer[MAX_MESSAGE_LEN];
	struct message_out out;
	size_t sk;

	message_begin(&out, buffer, sizeof(buffer), header);
	sk = payload_begin(&out.c, PAYLOAD_SK);
	patch_u8(&out.w, sk, first);
	return seal(&out, sk, plain);
}

/* With padding to the cipher's block, and its length. */
static struct bytes padded(struct bytes chain)
{
	static uint8_t plain[MAX_MESSAGE_LEN];
	struct writer w = writer_of(plain, sizeof(plain));
	uint8_t pad = 0;

	write_bytes(&w, chain);
	while ((w.len + pad + 1) % bent.suite.encr->block_len != 0)
		pad++;
	write_zero(&w, pad);
	write_u8(&w, pad);
	MUST(!w.bad);
	return written(&w);
}

struct bytes bent_sealed_raw(
	const struct ike_header *header, uint8_t first, struct bytes chain)
{
	return bent_sealed_padded(header, first, padded(chain));
}

struct bytes bent_fragment(
	const struct ike_header *header, const struct bent_fragment *fragment)
{
	static uint8_t buffer[MAX_PACKET];
	struct message_out out;
	size_t skf;

	message_begin(&out, buffer, sizeof(buffer), header);
	if (fragment->clear.len > 0) {
		patch_u8(&out.w, out.c.next_at, fragment->clear_first);
		out.c.next_at = out.w.len;
		write_bytes(&out.w, fragment->clear);
	}
	skf = skf_begin(
		&out.c, fragment->first, fragment->number, fragment->total);
	return seal(&out, skf, padded(fragment->plain));
}

struct bytes bent_sealed(
	const struct ike_header *header, const struct parts *parts)
{
	uint8_t first;
	const struct bytes chain = parts_chain(parts, &first);

	return bent_sealed_raw(header, first, chain);
}

/* --- Honest contents ------------------------------------------------------ */

void bent_init_parts(struct parts *parts)
{
	static const uint8_t sha2_and_identity[] = { 0, HASH_SHA2_256, 0,
		HASH_SHA2_384, 0, HASH_SHA2_512, 0, HASH_IDENTITY };
	struct building b;
	struct negotiated chosen = { .suite = bent.suite, .number = 1 };

	building_begin(&b);
	if (bent.initiator)
		negotiate_propose(&b.c, &bent.ike, PROTOCOL_IKE,
			bytes_of(NULL, 0), NEGOTIATE_KE);
	else
		negotiate_answer(
			&b.c, &chosen, PROTOCOL_IKE, bytes_of(NULL, 0));
	write_ke(&b.c, bent.dh.group->id, dh_public(&bent.dh));
	write_nonce(&b.c, bytes_of(own_nonce(), NONCE_LEN));
	if (bent.fragments)
		write_notify(
			&b.c, IKEV2_FRAGMENTATION_SUPPORTED, bytes_of(NULL, 0));
	if (bent.own && !bent.no_hashes)
		write_notify(&b.c, SIGNATURE_HASH_ALGORITHMS,
			bytes_of(sha2_and_identity, sizeof(sha2_and_identity)));
	building_end(&b, parts);
}

static void write_ts(struct chain *c, uint8_t which, uint8_t second)
{
	const struct selectors one = { 1, { core_net(second) } };

	selectors_write(c, which, &one);
}

static void ask_child(struct chain *c, uint8_t second)
{
	const struct bytes spi = bytes_of(bent.esp_spi, ESP_SPI_LEN);

	negotiate_propose(
		c, &bent.esp, PROTOCOL_ESP, spi, NEGOTIATE_WITHOUT_KE);
	write_ts(c, PAYLOAD_TSI, (uint8_t)(second + 1));
	write_ts(c, PAYLOAD_TSR, second);
}

/* To the request in bent.in. */
static void answer_child(struct chain *c, uint8_t second)
{
	const struct bytes spi = bytes_of(bent.esp_spi, ESP_SPI_LEN);
	struct negotiated chosen = { .number = 1 };

	MUST(negotiate_choose(&bent.esp, &bent.in.sa, PROTOCOL_ESP,
		     NEGOTIATE_WITHOUT_KE, &chosen) == IKE_OK);
	negotiate_answer(c, &chosen, PROTOCOL_ESP, spi);
	write_ts(c, PAYLOAD_TSI, second);
	write_ts(c, PAYLOAD_TSR, (uint8_t)(second + 1));
}

static const uint8_t id_octets[8] = { ID_IPV4_ADDR, 0, 0, 0, 192, 0, 2, 2 };

struct auth_octets bent_auth_octets(struct parts *parts)
{
	const bool i = bent.initiator;
	const struct part *id = part_of(parts, i ? PAYLOAD_IDI : PAYLOAD_IDR);

	return (struct auth_octets){
		.message =
			i ? bytes_of(bent.init_request, bent.init_request_len)
			  : bytes_of(bent.init_reply, bent.init_reply_len),
		.nonce = bytes_of(i ? bent.nonce_r : bent.nonce_i, NONCE_LEN),
		.sk_p = secret_bytes(i ? &bent.keys.sk_pi : &bent.keys.sk_pr),
		.id = bytes_of(id->body, id->len),
	};
}

static void sign(struct part *auth, const struct auth_octets *octets)
{
	const struct auth_rules rules = { .hashes = bent.hashes };
	struct auth_signature signature;
	const char *why = "";

	MUST(auth_sign(bent.crypto, credential_key(bent.own), bent.suite.prf,
		octets, &rules, &signature, &why));
	auth->body[0] = signature.method;
	memcpy(auth->body + 4, signature.data, signature.len);
	auth->len = 4 + signature.len;
}

void bent_auth_again(struct parts *parts)
{
	const struct auth_octets octets = bent_auth_octets(parts);
	struct part *auth = part_of(parts, PAYLOAD_AUTH);

	if (bent.own) {
		sign(auth, &octets);
		return;
	}
	MUST(auth_shared_key(bent.crypto, bent.suite.prf,
		bytes_of(CORE_SECRET, strlen(CORE_SECRET)), &octets,
		auth->body + 4));
	auth->len = 4u + bent.suite.prf->output_len;
}

/* Encoding 4 (RFC 7296 section 3.6), its own first. */
static void insert_certs(struct parts *parts)
{
	const struct certificate *certificate;

	for (size_t i = 0;
		bent.own && (certificate = credential_certificate(bent.own, i));
		i++) {
		const struct bytes der = certificate_der(certificate);
		uint8_t body[2048] = { CERT_X509_SIGNATURE };

		MUST(der.len < sizeof(body));
		memcpy(body + 1, der.at, der.len);
		parts_insert(
			parts, i, PAYLOAD_CERT, bytes_of(body, 1 + der.len));
	}
}

void bent_auth_parts(struct parts *parts)
{
	struct building b;
	uint8_t empty[4] = { AUTH_SHARED_KEY };

	building_begin(&b);
	if (bent.initiator)
		ask_child(&b.c, 1);
	else
		answer_child(&b.c, 1);
	building_end(&b, parts);
	parts_insert(parts, 0, PAYLOAD_AUTH, bytes_of(empty, sizeof(empty)));
	insert_certs(parts);
	parts_insert(parts, 0, bent.initiator ? PAYLOAD_IDI : PAYLOAD_IDR,
		bytes_of(id_octets, sizeof(id_octets)));
	bent_auth_again(parts);
}

void bent_child_parts(struct parts *parts, bool answer)
{
	uint8_t nonce[NONCE_LEN];
	struct building b;

	core_draw(&core.seed, nonce, sizeof(nonce));
	core_draw(&core.seed, bent.esp_spi, ESP_SPI_LEN);
	building_begin(&b);
	if (answer)
		answer_child(&b.c, 3);
	else
		ask_child(&b.c, 3);
	write_nonce(&b.c, bytes_of(nonce, sizeof(nonce)));
	building_end(&b, parts);
}

void bent_rekey_parts(struct parts *parts)
{
	static const uint8_t sa[] = { 0, 0, 0, 44, 1, PROTOCOL_IKE, IKE_SPI_LEN,
		3, 0xc0, 0xff, 0xee, 1, 0xc0, 0xff, 0xee, 2, /* the proposal */
		3, 0, 0, 12, TRANSFORM_ENCR, 0, 0, ENCR_AES_GCM_16, 0x80, 14, 1,
		0, 3, 0, 0, 8, TRANSFORM_PRF, 0, 0, PRF_HMAC_SHA2_256, 0, 0, 0,
		8, TRANSFORM_KE, 0, 0, KE_CURVE25519 };
	static const uint8_t ke[4 + 32] = { 0, KE_CURVE25519, 0, 0, 9 };
	uint8_t nonce[NONCE_LEN];

	core_draw(&core.seed, nonce, sizeof(nonce));
	parts->count = 0;
	parts_add(parts, PAYLOAD_SA, bytes_of(sa, sizeof(sa)));
	parts_add(parts, PAYLOAD_NONCE, bytes_of(nonce, sizeof(nonce)));
	parts_add(parts, PAYLOAD_KE, bytes_of(ke, sizeof(ke)));
}

/* --- Exchanges ------------------------------------------------------------ */

static void derive(struct bytes public)
{
	struct shared_secret shared;

	MUST(dh_agree(bent.crypto, &bent.dh, public, &shared) == IKE_OK);
	MUST(keymat_ike(bent.crypto, &bent.suite,
		bytes_of(bent.nonce_i, NONCE_LEN),
		bytes_of(bent.nonce_r, NONCE_LEN), shared_bytes(&shared),
		bent.spi_i, bent.spi_r, &bent.keys));
}

/* The core's packet i, in clear. */
static void hear_clear(size_t i)
{
	const struct sent *from = &core.sent[i];

	MUST(i < core.sent_count);
	memcpy(bent.in_data, from->data, from->len);
	MUST(read_header(bytes_of(bent.in_data, from->len), &bent.in.header));
	MUST(message_read(&bent.in, bent.in.header.next,
		     bytes_of(bent.in_data + IKE_HEADER_LEN,
			     from->len - IKE_HEADER_LEN),
		     IKE_HEADER_LEN) == IKE_OK);
}

static void keep(uint8_t *to, size_t *len, struct bytes from)
{
	memcpy(to, from.at, from.len);
	*len = from.len;
}

void bent_send_init(const struct parts *parts)
{
	const struct ike_header header = bent_header(IKE_SA_INIT, false, 0);
	const struct bytes all = bent_clear(&header, parts);

	keep(bent.init_request, &bent.init_request_len, all);
	core_give(bytes_of(bent.init_request, bent.init_request_len));
}

void bent_hear_init(void)
{
	struct negotiated chosen;

	MUST(core.sent_count == 1);
	hear_clear(0);
	MUST(header_is_response(&bent.in.header));
	MUST(has_payload(&bent.in, PAYLOAD_SA));
	keep(bent.init_reply, &bent.init_reply_len,
		bytes_of(core.sent[0].data, core.sent[0].len));
	MUST(negotiate_check(&bent.ike, &bent.in.sa, PROTOCOL_IKE, NEGOTIATE_KE,
		     &chosen) == IKE_OK);
	bent.suite = chosen.suite;
	memcpy(bent.spi_r, bent.in.header.spi_r, IKE_SPI_LEN);
	MUST(bent.in.nonce.len == NONCE_LEN);
	memcpy(bent.nonce_r, bent.in.nonce.at, NONCE_LEN);
	derive(bent.in.ke.public);
}

void bent_hear_request(void)
{
	struct negotiated chosen;

	MUST(core.sent_count == 1);
	hear_clear(0);
	MUST(!header_is_response(&bent.in.header));
	keep(bent.init_request, &bent.init_request_len,
		bytes_of(core.sent[0].data, core.sent[0].len));
	MUST(negotiate_choose(&bent.ike, &bent.in.sa, PROTOCOL_IKE,
		     NEGOTIATE_KE, &chosen) == IKE_OK);
	bent_begin(false);
	bent.suite = chosen.suite;
	memcpy(bent.spi_i, bent.in.header.spi_i, IKE_SPI_LEN);
	memcpy(bent.nonce_i, bent.in.nonce.at, NONCE_LEN);
	derive(bent.in.ke.public);
}

void bent_answer_init(const struct parts *parts)
{
	const struct ike_header header = bent_header(IKE_SA_INIT, true, 0);
	const struct bytes all = bent_clear(&header, parts);

	keep(bent.init_reply, &bent.init_reply_len, all);
	core_give(bytes_of(bent.init_reply, bent.init_reply_len));
}

void bent_ask(uint8_t exchange, const struct parts *parts)
{
	const struct ike_header header =
		bent_header(exchange, false, bent.out_id);

	core_give(bent_sealed(&header, parts));
}

void bent_answer(uint8_t exchange, const struct parts *parts)
{
	const struct ike_header header =
		bent_header(exchange, true, bent.in_id);

	core_give(bent_sealed(&header, parts));
}

/* The plaintext of a packet, in bent.in_data, and bent.in as it is outside. */
static bool open_one(size_t i, struct bytes *plain)
{
	const struct sent *from = &core.sent[i];
	const bool ours = bent.initiator;
	const size_t fixed =
		bent.suite.encr->iv_len + cipher_icv_len(&bent.suite);

	MUST(i < core.sent_count);
	memcpy(bent.in_data, from->data, from->len);
	if (!read_header(bytes_of(bent.in_data, from->len), &bent.in.header) ||
		message_read(&bent.in, bent.in.header.next,
			bytes_of(bent.in_data + IKE_HEADER_LEN,
				from->len - IKE_HEADER_LEN),
			IKE_HEADER_LEN) != IKE_OK ||
		!bent.in.sk.body.at ||
		!cipher_open(bent.crypto, &bent.suite,
			ours ? &bent.keys.sk_er : &bent.keys.sk_ei,
			ours ? &bent.keys.sk_ar : &bent.keys.sk_ai,
			bent.in_data, bent.in.sk.body_at, from->len))
		return false;
	*plain = bytes_of(
		bent.in_data + bent.in.sk.body_at + bent.suite.encr->iv_len,
		bent.in.sk.body.len - fixed);
	plain->len -= 1u + plain->at[plain->len - 1];
	return true;
}

/* The rest of the fragments, as they must be: in order, and only the first says
 * what is inside. */
static struct bytes gather(size_t i, struct bytes plain)
{
	static uint8_t whole[MAX_PACKET];
	struct writer w = writer_of(whole, sizeof(whole));
	const uint16_t total = bent.in.sk.total;

	write_bytes(&w, plain);
	for (uint16_t n = 2; n <= total; n++) {
		MUST(open_one(++i, &plain));
		MUST(bent.in.sk.fragment == n && bent.in.sk.total == total);
		MUST(bent.in.sk.first == PAYLOAD_NONE);
		write_bytes(&w, plain);
	}
	MUST(!w.bad);
	memcpy(bent.in_data, whole, w.len);
	return bytes_of(bent.in_data, w.len);
}

static bool is_later_fragment(size_t i)
{
	const struct sent *from = &core.sent[i];

	return from->len > IKE_HEADER_LEN + 8 &&
	       from->data[16] == PAYLOAD_SKF &&
	       (from->data[32] != 0 || from->data[33] != 1);
}

bool bent_open(size_t i)
{
	struct bytes plain;
	uint8_t first;

	if (is_later_fragment(i) || !open_one(i, &plain) ||
		i + bent.in.sk.total > core.sent_count)
		return false;
	first = bent.in.sk.first;
	if (bent.in.sk.total > 1)
		plain = gather(i, plain);
	MUST(message_read(&bent.in, first, plain, 0) == IKE_OK);
	return true;
}

/* The core said one thing, in one packet or in fragments. */
static bool said_one(void)
{
	return core.sent_count == 1 ||
	       (core.sent_count > 1 && core.sent[0].data[16] == PAYLOAD_SKF);
}

void bent_hears_error(uint16_t error)
{
	MUST(core.sent_count == 1);
	if (core.sent[0].data[16] == PAYLOAD_SK)
		MUST(bent_open(0));
	else
		hear_clear(0);
	MUST(header_is_response(&bent.in.header));
	MUST(message_error(&bent.in));
	MUST(message_error(&bent.in)->type == error);
}

void bent_hears_nothing(void)
{
	MUST(core.sent_count == 0);
}

void bent_initiates_keys(void)
{
	struct parts parts;

	bent_begin(true);
	bent_init_parts(&parts);
	bent_send_init(&parts);
	bent_hear_init();
}

void bent_initiates(void)
{
	struct parts parts;

	bent_initiates_keys();
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	bent.out_id++;
	MUST(said_one());
	MUST(bent_open(0));
	MUST(!message_error(&bent.in));
	MUST(has_payload(&bent.in, PAYLOAD_AUTH));
}

void bent_responds_keys(void)
{
	struct parts parts;

	bent_hear_request();
	bent_init_parts(&parts);
	bent_answer_init(&parts);
	MUST(said_one());
	MUST(bent_open(0));
	MUST(bent.in.header.exchange == IKE_AUTH);
}

void bent_responds(void)
{
	struct parts parts;

	bent_responds_keys();
	bent_auth_parts(&parts);
	bent_answer(IKE_AUTH, &parts);
	bent.in_id++;
}

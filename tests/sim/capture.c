/* capture.c - a pcap of all that was sent, and the tables of keys that Wireshark wants with it.
 * SPDX-License-Identifier: ISC
 *
 * SAs that Wireshark cannot open (keylog.c) stay sealed.  Their number is said.
 */
#include "tests/sim/capture.h"

#include "daemon/keylog.h"
#include "ikev2/crypto/cipher.h"
#include "ikev2/wire/header.h"
#include "tests/sim/sim.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	PROTOCOL_UDP = 17,
	PROTOCOL_IP_ESP = 50,
	PACKET_LEN = 256,              /* of ESP; the longest has some 140 */
	OPTION_LEN = KEYLOG_LINE + 64, /* the longest has some 600 */
};

struct captured {
	uint64_t at_ms;
	struct ike_endpoint from, to; /* port 0: ESP without UDP */
	bool marker;                  /* IKE on the port of ESP */
	uint8_t *data;
	size_t len;
};

struct capture {
	struct captured *packet;
	size_t count, room;
	char *options; /* of Wireshark, a line each */
	size_t len, size;
	struct ike_sa_ref *esp; /* those that are in it */
	size_t esp_count;
	unsigned unknown; /* SAs that Wireshark cannot open */
};

struct capture *capture_new(void)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	assert(capture);
	return capture;
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	for (size_t i = 0; i < capture->count; i++)
		free(capture->packet[i].data);
	free(capture->packet);
	if (capture->options)
		sodium_memzero(capture->options, capture->size);
	free(capture->options);
	free(capture->esp);
	free(capture);
}

uint64_t capture_hash(const struct capture *capture, uint64_t hash)
{
	for (size_t i = 0; i < capture->count; i++)
		hash = hash_more(
			hash, capture->packet[i].data, capture->packet[i].len);
	return hash;
}

static void add(
	struct capture *capture, struct captured packet, struct bytes data)
{
	if (capture->count == capture->room) {
		capture->room = 2 * capture->room + 64;
		capture->packet = realloc(capture->packet,
			capture->room * sizeof(*capture->packet));
		assert(capture->packet);
	}
	packet.data = malloc(data.len + 1);
	assert(packet.data);
	memcpy(packet.data, data.at, data.len);
	packet.len = data.len;
	capture->packet[capture->count++] = packet;
}

void capture_ike(struct capture *capture, uint64_t at_ms,
	const struct ike_datagram *datagram)
{
	add(capture,
		(struct captured){ .at_ms = at_ms,
			.from = datagram->local,
			.to = datagram->remote,
			.marker = datagram->local.port == 4500 &&
				  datagram->data.len >= IKE_HEADER_LEN },
		datagram->data);
}

/* --- Keys ----------------------------------------------------------------- */

/* Another line of the script. */
static struct writer option_begin(struct capture *capture)
{
	if (capture->len + OPTION_LEN > capture->size) {
		capture->size = 2 * capture->size + 4 * OPTION_LEN;
		capture->options = realloc(capture->options, capture->size);
		assert(capture->options);
	}
	return writer_of(capture->options + capture->len, OPTION_LEN);
}

static void option_end(struct capture *capture, const struct writer *w)
{
	assert(!w->bad);
	capture->len += w->len;
}

static void put(struct writer *w, const char *text)
{
	write_bytes(w, bytes_of(text, strlen(text)));
}

/* An option of a table, if Wireshark knows its algorithms. */
static void add_option(struct capture *capture, const char *table, bool known,
	char line[KEYLOG_LINE])
{
	struct writer w;

	if (!known) {
		capture->unknown++;
		return;
	}
	w = option_begin(capture);
	put(&w, "\t-o 'uat:");
	put(&w, table);
	put(&w, ":");
	put(&w, line);
	put(&w, "' \\\n");
	option_end(capture, &w);
	sodium_memzero(line, KEYLOG_LINE);
}

void capture_ike_keys(struct capture *capture, const struct ike_sa_keys *keys)
{
	char line[KEYLOG_LINE];

	add_option(capture, "ikev2_decryption_table",
		keylog_ike_line(keys, line), line);
}

/* Once for each SA: an SPI is its receiver's, so it stands for one with that. */
static bool is_new(struct capture *capture, struct ike_sa_ref ref)
{
	for (size_t i = 0; i < capture->esp_count; i++) {
		if (capture->esp[i].spi == ref.spi &&
			ike_addr_equal(&capture->esp[i].dst, &ref.dst))
			return false;
	}
	capture->esp = realloc(
		capture->esp, (capture->esp_count + 1) * sizeof(*capture->esp));
	assert(capture->esp);
	capture->esp[capture->esp_count++] = ref;
	return true;
}

static void capture_esp_keys(
	struct capture *capture, const struct ike_ipsec_sa *sa)
{
	char line[KEYLOG_LINE];

	if (is_new(capture, sa->ref))
		add_option(capture, "esp_sa",
			keylog_esp_line(sa, &sa->ref.dst, line), line);
}

/* --- ESP (RFC 4303 section 2) --------------------------------------------- */

static void write_ip(struct writer *w, const struct ike_addr *from,
	const struct ike_addr *to, uint8_t protocol, size_t len)
{
	if (from->family == 6) {
		write_u32(w, 0x60000000);
		write_u16(w, (uint16_t)len);
		write_u16(w, (uint16_t)(protocol << 8 | 64));
	} else {
		write_u16(w, 0x4500);
		write_u16(w, (uint16_t)(20 + len));
		write_u32(w, 0);
		write_u32(w, 64U << 24 | (uint32_t)protocol << 16);
	}
	write_bytes(w, bytes_of(from->octets, ike_addr_len(from->family)));
	write_bytes(w, bytes_of(to->octets, ike_addr_len(to->family)));
}

static void write_udp(struct writer *w, uint16_t from, uint16_t to, size_t len)
{
	write_u16(w, from);
	write_u16(w, to);
	write_u16(w, (uint16_t)(8 + len));
	write_u16(w, 0);
}

/* What is to be sealed, and the number of its protocol. */
static uint8_t write_inner(struct writer *w, const struct ike_ipsec_sa *sa,
	const struct ike_flow *flow)
{
	bool tunnel = sa->mode == IKE_MODE_TUNNEL;

	if (tunnel)
		write_ip(w, &flow->src, &flow->dst, flow->protocol, 8);
	if (flow->protocol == PROTOCOL_UDP)
		write_udp(w, flow->src_port, flow->dst_port, 0);
	else
		write_zero(w, 8);
	return !tunnel ? flow->protocol : flow->family == 6 ? 41 : 4;
}

/* Up to a whole number of blocks with the two octets that follow. */
static void write_trailer(
	struct writer *w, size_t begin, size_t block, uint8_t next)
{
	uint8_t pad = 0;

	block = block < 4 ? 4 : block;
	while ((w->len - begin + 2) % block != 0)
		write_u8(w, ++pad);
	write_u8(w, pad);
	write_u8(w, next);
}

/* As without extended sequence numbers, whose upper half is in the ICV. */
void capture_esp(struct capture *capture, struct crypto *crypto, uint64_t at_ms,
	const struct ike_ipsec_sa *sa, const struct ike_flow *flow,
	uint64_t sequence)
{
	const struct suite suite = { .encr = sa->encr, .integ = sa->integ };
	uint8_t data[PACKET_LEN];
	struct writer w = writer_of(data, sizeof(data));
	struct captured packet = { .at_ms = at_ms,
		.from = { sa->src, sa->encap ? sa->src_port : 0 },
		.to = { sa->ref.dst, sa->encap ? sa->dst_port : 0 } };
	size_t begin;

	write_u32(&w, sa->ref.spi);
	write_u32(&w, (uint32_t)sequence);
	write_zero(&w, sa->encr->iv_len - 8U);
	write_u64(&w, sequence);
	begin = w.len;
	write_trailer(
		&w, begin, sa->encr->block_len, write_inner(&w, sa, flow));
	write_zero(&w, cipher_icv_len(&suite));
	assert(!w.bad);
	if (cipher_seal(crypto, &suite, &sa->encr_key, &sa->integ_key, data, 8,
		    w.len))
		add(capture, packet, bytes_of(data, w.len));
	capture_esp_keys(capture, sa);
}

/* --- Files ---------------------------------------------------------------- */

static void write_record(FILE *file, const struct captured *one)
{
	bool udp = one->from.port != 0;
	size_t len = one->len + (udp ? 8 : 0) + (one->marker ? 4 : 0);
	size_t total = len + (one->from.addr.family == 6 ? 40 : 20);
	uint8_t head[64];
	struct writer w = writer_of(head, sizeof(head));
	uint32_t record[4] = { (uint32_t)(one->at_ms / 1000),
		(uint32_t)(one->at_ms % 1000) * 1000, (uint32_t)total,
		(uint32_t)total };

	write_ip(&w, &one->from.addr, &one->to.addr,
		udp ? PROTOCOL_UDP : PROTOCOL_IP_ESP, len);
	if (udp)
		write_udp(&w, one->from.port, one->to.port, len - 8);
	if (one->marker)
		write_zero(&w, 4);
	fwrite(record, sizeof(record), 1, file);
	fwrite(head, 1, w.len, file);
	fwrite(one->data, 1, one->len, file);
}

/* LINKTYPE_RAW, microseconds. */
static bool write_pcap(const struct capture *capture, const char *path)
{
	const uint32_t header[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535,
		101 };
	FILE *file = fopen(path, "wb");

	if (!file)
		return false;
	fwrite(header, sizeof(header), 1, file);
	for (size_t i = 0; i < capture->count; i++)
		write_record(file, &capture->packet[i]);
	return fclose(file) == 0;
}

/* The options are the same for wireshark and tshark. */
static bool write_script(
	const struct capture *capture, const char *name, const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return false;
	fprintf(file,
		"#!/bin/sh\n"
		"# Opens %s.pcap decrypted: in Wireshark, or in what is named,\n"
		"# as in: ./%s.wireshark tshark -Y isakmp\n"
		"[ $# -gt 0 ] || set -- wireshark\n"
		"exec \"$@\" -r \"${0%%.wireshark}.pcap\" \\\n"
		"\t-o esp.enable_encryption_decode:TRUE \\\n",
		name, name);
	fwrite(capture->options, 1, capture->len, file);
	fprintf(file,
		"\t-o esp.enable_null_encryption_decode_heuristic:FALSE\n");
	return fchmod(fileno(file), 0700) == 0 && fclose(file) == 0;
}

bool capture_write(const struct capture *capture, const char *name, FILE *to)
{
	char pcap[128], script[128];

	snprintf(pcap, sizeof(pcap), "%s.pcap", name);
	snprintf(script, sizeof(script), "%s.wireshark", name);
	if (!write_pcap(capture, pcap) || !write_script(capture, name, script))
		return false;
	fprintf(to, "%s is written; ./%s opens it decrypted", pcap, script);
	if (capture->unknown > 0)
		fprintf(to, " (but for %u SAs with ChaCha20-Poly1305)",
			capture->unknown);
	fprintf(to, "\n");
	return true;
}

/* trace.c - the story of a simulation: lines for people, packets for Wireshark.
 * SPDX-License-Identifier: ISC
 *
 * A line is what the daemon would log, with the virtual time and the host in
 * front.  A datagram that is sent is a line too; what stands in its SK payload
 * is shown where the core still knows the keys:
 *
 *	[1010] b > IKE_SA_INIT response 0: SA KE Nonce N(NAT_DETECTION_SOURCE_IP)
 *	[1020] a > IKE_AUTH request 1: SK{IDi AUTH SA TSi TSr}
 *	[1020] a: b: ...
 */
#include "tests/sim/capture.h"
#include "tests/sim/sim.h"

#include "ikev2/crypto/cipher.h"
#include "ikev2/wire/header.h"
#include "ikev2/wire/names.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

enum { OPENED_LEN = 4096 };

struct known_sa {
	struct suite suite;
	struct ike_sa_keys keys;
};

struct trace {
	FILE *to;
	bool keys_only;
	char *text;
	size_t len, size;
	struct known_sa *known;
	size_t known_count;
	struct capture *capture;
	struct crypto *crypto;
};

void trace_start(struct sim *sim, FILE *to)
{
	sim->trace = calloc(1, sizeof(*sim->trace));
	assert(sim->trace);
	sim->trace->to = to;
	sim->trace->crypto = crypto_new();
	sim->trace->capture = capture_new();
	assert(sim->trace->crypto && sim->trace->capture);
}

void trace_keys(struct sim *sim)
{
	trace_start(sim, NULL);
	sim->trace->keys_only = true;
}

bool trace_on(const struct sim *sim)
{
	return sim->trace != NULL;
}

void trace_free(struct sim *sim)
{
	struct trace *trace = sim->trace;

	if (!trace)
		return;
	capture_free(trace->capture);
	if (trace->known)
		sodium_memzero(trace->known,
			trace->known_count * sizeof(*trace->known));
	free(trace->known);
	free(trace->text);
	crypto_free(trace->crypto);
	free(trace);
	sim->trace = NULL;
}

/* --- Lines ---------------------------------------------------------------- */

void trace_line(struct sim *sim, const char *format, ...)
{
	struct trace *trace = sim->trace;
	char line[1024];
	va_list args;
	size_t at;

	if (!trace || trace->keys_only)
		return;
	at = (size_t)snprintf(line, sizeof(line), "[%llu] ",
		(unsigned long long)(sim->now.mono_ms - 1000));
	va_start(args, format);
	vsnprintf(line + at, sizeof(line) - at - 1, format, args);
	va_end(args);
	at = strlen(line);
	line[at++] = '\n';
	if (trace->to) {
		fwrite(line, 1, at, trace->to);
		fflush(trace->to);
	}
	if (trace->len + at + 1 > trace->size) {
		trace->size = 2 * trace->size + 65536;
		trace->text = realloc(trace->text, trace->size);
		assert(trace->text);
	}
	memcpy(trace->text + trace->len, line, at);
	trace->len += at;
	trace->text[trace->len] = '\0';
}

const char *trace_text(const struct sim *sim)
{
	return sim->trace && sim->trace->text ? sim->trace->text : "";
}

void trace_clear(struct sim *sim)
{
	if (!sim->trace || !sim->trace->text)
		return;
	sim->trace->len = 0;
	sim->trace->text[0] = '\0';
}

uint64_t trace_hash(const struct sim *sim)
{
	const struct trace *trace = sim->trace;
	uint64_t hash;

	hash = hash_more(HASH_START, trace_text(sim), strlen(trace_text(sim)));
	return trace ? capture_hash(trace->capture, hash) : hash;
}

/* --- Keys that the cores still know --------------------------------------- */

static struct known_sa *find_known(
	const struct trace *trace, const uint8_t *spi_i, const uint8_t *spi_r)
{
	for (size_t i = trace->known_count; i-- > 0;) {
		struct known_sa *known = &trace->known[i];

		if (memcmp(known->keys.spi_i, spi_i, IKE_SPI_LEN) == 0 &&
			memcmp(known->keys.spi_r, spi_r, IKE_SPI_LEN) == 0)
			return known;
	}
	return NULL;
}

void trace_secrets(struct sim *sim, const struct sim_host *host)
{
	struct trace *trace = sim->trace;
	struct ike_sa_status sa;
	struct known_sa known;
	uint64_t at = 0;

	while (host->ike && ike_next_sa(host->ike, &at, &sa)) {
		if (find_known(trace, sa.spi_i, sa.spi_r) || !sa.suite.encr ||
			!ike_sa_keys_of(host->ike, sa.sa, &known.keys))
			continue;
		known.suite = sa.suite;
		trace->known = realloc(
			trace->known, (trace->known_count + 1) * sizeof(known));
		assert(trace->known);
		trace->known[trace->known_count++] = known;
	}
}

/* --- Datagrams ------------------------------------------------------------ */

static void put(struct writer *w, const char *text)
{
	write_bytes(w, bytes_of(text, strlen(text)));
}

static void put_payload(
	struct writer *w, uint8_t type, const uint8_t *body, size_t len)
{
	const char *name = payload_name(type);
	char number[32];
	uint16_t notify;

	put(w, " ");
	if (type != PAYLOAD_NOTIFY || len < 4) {
		snprintf(number, sizeof(number), "%u", type);
		put(w, name ? name : number);
		return;
	}
	notify = (uint16_t)(body[2] << 8 | body[3]);
	name = notify_name(notify);
	snprintf(number, sizeof(number), "%u", notify);
	put(w, "N(");
	put(w, name ? name : number);
	put(w, ")");
}

/* The generic headers alone: this is for eyes, and must not stumble over what
 * an attacker sends. */
static void put_chain(
	struct writer *w, uint8_t type, const uint8_t *at, size_t left)
{
	while (type != PAYLOAD_NONE && left >= PAYLOAD_HEADER_LEN) {
		size_t len = (size_t)(at[2] << 8 | at[3]);

		if (len < PAYLOAD_HEADER_LEN || len > left) {
			put(w, " ?");
			return;
		}
		put_payload(w, type, at + PAYLOAD_HEADER_LEN,
			len - PAYLOAD_HEADER_LEN);
		type = at[0];
		at += len;
		left -= len;
	}
}

bool trace_open(const struct sim *sim, const uint8_t *message, size_t len,
	uint8_t *copy, size_t *begin, size_t *end)
{
	const struct known_sa *sa =
		find_known(sim->trace, message, message + IKE_SPI_LEN);
	bool from_i = (message[19] & FLAG_INITIATOR) != 0;
	size_t head = IKE_HEADER_LEN + PAYLOAD_HEADER_LEN;

	if (!sa || len > OPENED_LEN ||
		len <= head + sa->suite.encr->iv_len +
				cipher_icv_len(&sa->suite))
		return false;
	memcpy(copy, message, len);
	if (!cipher_open(sim->trace->crypto, &sa->suite,
		    from_i ? &sa->keys.sk_ei : &sa->keys.sk_er,
		    from_i ? &sa->keys.sk_ai : &sa->keys.sk_ar, copy, head,
		    len))
		return false;
	*begin = head + sa->suite.encr->iv_len;
	*end = len - cipher_icv_len(&sa->suite);
	*end -= (size_t)copy[*end - 1] + 1;
	return true;
}

static bool put_opened(
	struct sim *sim, struct writer *w, const uint8_t *message, size_t len)
{
	uint8_t copy[OPENED_LEN];
	size_t begin, end;

	if (!trace_open(sim, message, len, copy, &begin, &end))
		return false;
	put(w, " SK{");
	put_chain(w, message[IKE_HEADER_LEN], copy + begin, end - begin);
	put(w, " }");
	return true;
}

static void describe(struct sim *sim, struct writer *w, struct bytes data)
{
	const char *name = exchange_name(data.at[18]);
	char about[64];

	snprintf(about, sizeof(about), "%s %s %u:", name ? name : "?",
		data.at[19] & FLAG_RESPONSE ? "response" : "request",
		(unsigned)(data.at[22] << 8 | data.at[23]));
	put(w, about);
	if (data.at[16] == PAYLOAD_SK && put_opened(sim, w, data.at, data.len))
		return;
	if (data.at[16] == PAYLOAD_SKF && data.len > IKE_HEADER_LEN + 8) {
		snprintf(about, sizeof(about), " SKF %u of %u",
			(unsigned)(data.at[32] << 8 | data.at[33]),
			(unsigned)(data.at[34] << 8 | data.at[35]));
		put(w, about);
		return;
	}
	put_chain(w, data.at[16], data.at + IKE_HEADER_LEN,
		data.len - IKE_HEADER_LEN);
}

void trace_send(struct sim *sim, const struct sim_host *host,
	const struct ike_datagram *datagram)
{
	char text[900];
	struct writer w = writer_of(text, sizeof(text) - 1);

	if (!sim->trace)
		return;
	trace_secrets(sim, host);
	if (sim->trace->keys_only)
		return;
	capture_ike(sim->trace->capture, sim->now.mono_ms, datagram);
	if (datagram->data.len < IKE_HEADER_LEN)
		put(&w, "keepalive");
	else
		describe(sim, &w, datagram->data);
	if (datagram->local.port != host->limits.port) {
		char port[32];

		snprintf(port, sizeof(port), " (from port %u)",
			datagram->local.port);
		put(&w, port);
	}
	text[w.len] = '\0';
	trace_line(sim, "%c > %s", host->letter, text);
}

/* --- For Wireshark -------------------------------------------------------- */

void trace_esp(struct sim *sim, const struct ike_ipsec_sa *sa,
	const struct ike_flow *flow, uint64_t sequence)
{
	struct trace *trace = sim->trace;

	if (trace && !trace->keys_only)
		capture_esp(trace->capture, trace->crypto, sim->now.mono_ms, sa,
			flow, sequence);
}

bool trace_pcap(const struct sim *sim, const char *name, FILE *to)
{
	const struct trace *trace = sim->trace;
	struct capture *capture = trace ? trace->capture : NULL;

	for (size_t i = 0; trace && i < trace->known_count; i++)
		capture_ike_keys(capture, &trace->known[i].keys);
	return capture && capture_write(capture, name, to);
}

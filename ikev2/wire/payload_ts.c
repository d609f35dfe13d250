/* payload_ts.c - the Traffic Selector payloads (RFC 7296 section 3.13).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

enum {
	SELECTOR_HEADER_LEN = 4, /* type, protocol, length */
	SELECTOR_FIXED_LEN = 8,  /* and both ports */
};

static size_t selector_addr_len(uint8_t type)
{
	if (type == TS_IPV4_ADDR_RANGE)
		return 4;
	return type == TS_IPV6_ADDR_RANGE ? 16 : 0;
}

static bool ports_ordered(const struct wire_selector *selector)
{
	const bool opaque =
		selector->start_port == UINT16_MAX && selector->end_port == 0;

	return opaque || selector->start_port <= selector->end_port;
}

static void read_selector(struct reader *r, struct wire_selector *selector)
{
	size_t addr_len, len;
	struct reader body;

	*selector = (struct wire_selector){ 0 };
	selector->type = read_u8(r);
	selector->protocol = read_u8(r);
	len = read_u16(r);
	if (len < SELECTOR_HEADER_LEN)
		r->bad = true;
	body = read_part(r, len - SELECTOR_HEADER_LEN);
	addr_len = selector_addr_len(selector->type);
	if (addr_len == 0)
		return;
	selector->start_port = read_u16(&body);
	selector->end_port = read_u16(&body);
	selector->start = read_bytes(&body, addr_len);
	selector->end = read_bytes(&body, addr_len);
	if (body.bad || body.left > 0 || !ports_ordered(selector) ||
		memcmp(selector->start.at, selector->end.at, addr_len) > 0)
		r->bad = true;
}

void read_ts(struct reader *r, struct payload_ts *ts)
{
	struct wire_selector selector;
	struct reader walk;
	unsigned int found = 0;

	ts->count = read_u8(r);
	read_skip(r, 3);
	ts->selectors = read_rest(r);
	for (walk = reader_of(ts->selectors); reader_more(&walk); found++)
		read_selector(&walk, &selector);
	if (walk.bad || found != ts->count)
		*ts = (struct payload_ts){ 0 };
}

bool next_selector(struct reader *walk, struct wire_selector *selector)
{
	if (!reader_more(walk))
		return false;
	read_selector(walk, selector);
	return !walk->bad;
}

void ts_begin(struct ts_out *out, struct chain *c, uint8_t which)
{
	out->c = c;
	out->count = 0;
	out->at = payload_begin(c, which);
	write_zero(c->w, 4);
}

void write_selector(struct ts_out *out, const struct wire_selector *selector)
{
	const size_t addr_len = selector_addr_len(selector->type);
	struct writer *w = out->c->w;

	if (out->count == UINT8_MAX || addr_len == 0 ||
		selector->start.len != addr_len ||
		selector->end.len != addr_len) {
		w->bad = true;
		return;
	}
	out->count++;
	write_u8(w, selector->type);
	write_u8(w, selector->protocol);
	write_u16(w, (uint16_t)(SELECTOR_FIXED_LEN + 2 * addr_len));
	write_u16(w, selector->start_port);
	write_u16(w, selector->end_port);
	write_bytes(w, selector->start);
	write_bytes(w, selector->end);
}

void ts_end(struct ts_out *out)
{
	patch_u8(out->c->w, out->at + PAYLOAD_HEADER_LEN, out->count);
	payload_end(out->c, out->at);
}

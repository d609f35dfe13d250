/* selectors.c - traffic selectors: reading, writing, narrowing (RFC 7296 section 2.9).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/selectors.h"

static bool any_port(const struct ike_selector *s)
{
	return s->start_port == 0 && s->end_port == UINT16_MAX;
}

static bool opaque(const struct ike_selector *s)
{
	return s->start_port == UINT16_MAX && s->end_port == 0;
}

void selectors_resolve(const struct ike_selector *configured, size_t count,
	const struct ike_addr *dynamic, struct selectors *out)
{
	out->count = 0;
	for (size_t i = 0; i < count && out->count < MAX_SELECTORS; i++) {
		struct ike_selector s = configured[i];

		if (s.family == 0) {
			s.family = dynamic->family;
			memcpy(s.start, dynamic->octets, sizeof(s.start));
			memcpy(s.end, dynamic->octets, sizeof(s.end));
		}
		if (s.family != 0)
			out->list[out->count++] = s;
	}
}

void selectors_read(const struct payload_ts *ts, struct selectors *out)
{
	struct reader walk = reader_of(ts->selectors);
	struct wire_selector from;

	out->count = 0;
	while (out->count < MAX_SELECTORS && next_selector(&walk, &from)) {
		struct ike_selector *to = &out->list[out->count];

		if (from.start.len == 0)
			continue;
		*to = (struct ike_selector){
			.family = from.type == TS_IPV4_ADDR_RANGE ? 4 : 6,
			.protocol = from.protocol,
			.start_port = from.start_port,
			.end_port = from.end_port,
		};
		memcpy(to->start, from.start.at, from.start.len);
		memcpy(to->end, from.end.at, from.end.len);
		out->count++;
	}
}

void selectors_write(
	struct chain *c, uint8_t which, const struct selectors *selectors)
{
	struct ts_out ts;

	ts_begin(&ts, c, which);
	for (size_t i = 0; i < selectors->count; i++) {
		const struct ike_selector *s = &selectors->list[i];
		const size_t len = ike_addr_len(s->family);
		const struct wire_selector wire = {
			.type = s->family == 4 ? TS_IPV4_ADDR_RANGE
					       : TS_IPV6_ADDR_RANGE,
			.protocol = s->protocol,
			.start_port = s->start_port,
			.end_port = s->end_port,
			.start = bytes_of(s->start, len),
			.end = bytes_of(s->end, len),
		};

		write_selector(&ts, &wire);
	}
	ts_end(&ts);
}

/* --- Two selectors -------------------------------------------------------- */

static const uint8_t *lower_of(const uint8_t *a, const uint8_t *b, size_t len)
{
	return memcmp(a, b, len) <= 0 ? a : b;
}

static bool meet_ports(const struct ike_selector *a,
	const struct ike_selector *b, struct ike_selector *out)
{
	if (opaque(a) || opaque(b)) {
		out->start_port = UINT16_MAX;
		out->end_port = 0;
		return (opaque(a) || any_port(a)) && (opaque(b) || any_port(b));
	}
	out->start_port =
		a->start_port > b->start_port ? a->start_port : b->start_port;
	out->end_port = a->end_port < b->end_port ? a->end_port : b->end_port;
	return out->start_port <= out->end_port;
}

bool selector_meet(const struct ike_selector *a, const struct ike_selector *b,
	struct ike_selector *out)
{
	const size_t len = ike_addr_len(a->family);

	*out = (struct ike_selector){ .family = a->family };
	if (a->family != b->family || len == 0)
		return false;
	if (a->protocol != b->protocol && a->protocol != 0 && b->protocol != 0)
		return false;
	out->protocol = a->protocol != 0 ? a->protocol : b->protocol;
	if (!meet_ports(a, b, out))
		return false;
	memcpy(out->start,
		lower_of(a->start, b->start, len) == a->start ? b->start
							      : a->start,
		len);
	memcpy(out->end, lower_of(a->end, b->end, len), len);
	return memcmp(out->start, out->end, len) <= 0;
}

bool selector_same_range(
	const struct ike_selector *a, const struct ike_selector *b)
{
	const size_t len = ike_addr_len(a->family);

	return a->family == b->family && memcmp(a->start, b->start, len) == 0 &&
	       memcmp(a->end, b->end, len) == 0;
}

bool selector_equal(const struct ike_selector *a, const struct ike_selector *b)
{
	return selector_same_range(a, b) && a->protocol == b->protocol &&
	       a->start_port == b->start_port && a->end_port == b->end_port;
}

bool selector_within(const struct ike_selector *a, const struct ike_selector *b)
{
	struct ike_selector both;

	return selector_meet(a, b, &both) && selector_equal(&both, a);
}

bool selectors_equal(const struct selectors *a, const struct selectors *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!selector_equal(&a->list[i], &b->list[i]))
			return false;
	}
	return true;
}

/* --- Narrowing ------------------------------------------------------------ */

/* Add one, and drop those within it, or itself if it is within one.  It takes
 * the place of the first that it covers, so that whatever covers the
 * initiator's packet stays in front. */
static void add(struct selectors *out, const struct ike_selector *s)
{
	size_t kept = 0;
	bool placed = false;

	for (size_t i = 0; i < out->count; i++) {
		if (selector_within(s, &out->list[i]))
			return;
	}
	for (size_t i = 0; i < out->count; i++) {
		if (!selector_within(&out->list[i], s)) {
			out->list[kept++] = out->list[i];
		} else if (!placed) {
			out->list[kept++] = *s;
			placed = true;
		}
	}
	if (!placed && kept < MAX_SELECTORS)
		out->list[kept++] = *s;
	out->count = (uint8_t)kept;
}

void selectors_tidy(struct selectors *selectors)
{
	const struct selectors all = *selectors;

	selectors->count = 0;
	for (size_t i = 0; i < all.count; i++)
		add(selectors, &all.list[i]);
}

const struct ike_selector *selectors_around(
	const struct selectors *list, const struct ike_selector *one)
{
	for (size_t i = 0; i < list->count; i++) {
		if (selector_within(one, &list->list[i]))
			return &list->list[i];
	}
	return NULL;
}

void selectors_put_first(
	struct selectors *selectors, const struct ike_selector *first)
{
	if (!selectors_around(selectors, first) ||
		selectors->count == MAX_SELECTORS)
		return;
	memmove(&selectors->list[1], &selectors->list[0],
		selectors->count * sizeof(selectors->list[0]));
	selectors->list[0] = *first;
	selectors->count++;
}

void selectors_only(struct selectors *selectors, const struct ike_selector *one)
{
	const struct ike_selector *wide = selectors_around(selectors, one);
	struct ike_selector narrow;

	if (!wide)
		return;
	narrow = *wide;
	memcpy(narrow.start, one->start, sizeof(narrow.start));
	memcpy(narrow.end, one->end, sizeof(narrow.end));
	selectors->list[0] = narrow;
	selectors->count = 1;
}

/* In the initiator's order: its first selector is that of the packet which
 * caused the request, if one did, and what is allowed of it comes first. */
enum ike_error selectors_narrow(const struct selectors *ours,
	const struct selectors *theirs, struct selectors *out)
{
	struct ike_selector both;

	out->count = 0;
	for (size_t t = 0; t < theirs->count; t++) {
		for (size_t o = 0; o < ours->count; o++) {
			if (selector_meet(
				    &theirs->list[t], &ours->list[o], &both))
				add(out, &both);
		}
	}
	return out->count > 0 ? IKE_OK : TS_UNACCEPTABLE;
}

bool selectors_cover(
	const struct selectors *these, const struct selectors *others)
{
	for (size_t i = 0; i < others->count; i++) {
		if (!selectors_around(these, &others->list[i]))
			return false;
	}
	return true;
}

enum ike_error selectors_check(
	const struct selectors *offered, const struct selectors *answer)
{
	return answer->count > 0 && selectors_cover(offered, answer)
		       ? IKE_OK
		       : TS_UNACCEPTABLE;
}

/* --- Prefixes ------------------------------------------------------------- */

static bool bit(const uint8_t *octets, size_t i)
{
	return (octets[i / 8] >> (7 - i % 8) & 1) != 0;
}

static void set_bit(uint8_t *octets, size_t i)
{
	octets[i / 8] |= (uint8_t)(1 << (7 - i % 8));
}

bool selector_prefix(const struct ike_selector *s, uint8_t *prefix)
{
	const size_t bits = 8 * ike_addr_len(s->family);
	size_t same = 0;

	while (same < bits && bit(s->start, same) == bit(s->end, same))
		same++;
	for (size_t i = same; i < bits; i++) {
		if (bit(s->start, i) || !bit(s->end, i))
			return false;
	}
	*prefix = (uint8_t)same;
	return bits > 0;
}

/* The largest block that begins at from and ends at or before last; its end. */
static void largest_block(const uint8_t *from, const uint8_t *last,
	size_t octets, uint8_t end[16])
{
	uint8_t wider[16];

	memcpy(end, from, octets);
	memcpy(wider, from, octets);
	for (size_t i = 8 * octets; i-- > 0;) {
		if (bit(from, i))
			return;
		set_bit(wider, i);
		if (memcmp(wider, last, octets) > 0)
			return;
		memcpy(end, wider, octets);
	}
}

/* The address after this one; false if there is none. */
static bool step(uint8_t *octets, size_t len)
{
	while (len-- > 0) {
		if (++octets[len] != 0)
			return true;
	}
	return false;
}

size_t selector_split(const struct ike_selector *selector,
	struct ike_selector *out, size_t size)
{
	const size_t len = ike_addr_len(selector->family);
	struct ike_selector block = *selector;

	if (len == 0)
		return 0;
	for (size_t n = 0; n < size;) {
		largest_block(block.start, selector->end, len, block.end);
		out[n++] = block;
		if (memcmp(block.end, selector->end, len) == 0)
			return n;
		memcpy(block.start, block.end, len);
		if (!step(block.start, len))
			return 0;
	}
	return 0;
}

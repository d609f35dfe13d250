/* bytes.h - borrowed bytes, and the two sticky cursors that read and write them.
 * SPDX-License-Identifier: ISC
 *
 * A cursor that has gone wrong stays wrong: after the first read past the end
 * every read yields zero or nothing, after the first write past the end
 * nothing more is written, and `bad` says so.  So callers read or write a
 * whole structure straight down and look at `bad` once.  A loop over a reader
 * is always `while (reader_more(&r))`, which is false once the reader is bad.
 * All numbers are in network byte order, as everywhere in IKE.
 */
#ifndef IKEV2_BYTES_H
#define IKEV2_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Octets that belong to somebody else. */
struct bytes {
	const uint8_t *at;
	size_t len;
};

struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct writer {
	uint8_t *at;
	size_t size; /* what `at` can hold */
	size_t len;  /* what is written */
	bool bad;
};

static inline struct bytes bytes_of(const void *at, size_t len)
{
	return (struct bytes){ at, len };
}

/* Not for secrets: those are compared with sodium_memcmp. */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline struct reader reader_of(struct bytes from)
{
	return (struct reader){ from.at, from.len, false };
}

static inline bool reader_more(const struct reader *r)
{
	return !r->bad && r->left > 0;
}

/* The next len octets; fewer than that make the reader bad and yield none. */
static inline struct bytes read_bytes(struct reader *r, size_t len)
{
	struct bytes got = { r->at, len };

	if (r->bad || len > r->left) {
		r->bad = true;
		r->left = 0;
		return (struct bytes){ NULL, 0 };
	}
	r->at += len;
	r->left -= len;
	return got;
}

static inline struct bytes read_rest(struct reader *r)
{
	return read_bytes(r, r->left);
}

static inline void read_skip(struct reader *r, size_t len)
{
	(void)read_bytes(r, len);
}

/* A reader of its own over the next len octets. */
static inline struct reader read_part(struct reader *r, size_t len)
{
	struct reader part = reader_of(read_bytes(r, len));

	part.bad = r->bad;
	return part;
}

static inline uint8_t read_u8(struct reader *r)
{
	struct bytes b = read_bytes(r, 1);

	return b.at ? b.at[0] : 0;
}

static inline uint16_t read_u16(struct reader *r)
{
	struct bytes b = read_bytes(r, 2);

	if (!b.at)
		return 0;
	return (uint16_t)(b.at[0] << 8 | b.at[1]);
}

static inline uint32_t read_u32(struct reader *r)
{
	struct reader part = read_part(r, 4);
	uint32_t high = read_u16(&part);

	return high << 16 | read_u16(&part);
}

static inline uint64_t read_u64(struct reader *r)
{
	struct reader part = read_part(r, 8);
	uint64_t high = read_u32(&part);

	return high << 32 | read_u32(&part);
}

static inline struct writer writer_of(void *at, size_t size)
{
	return (struct writer){ at, size, 0, false };
}

/* Room for len octets that the caller fills in, or NULL (and bad). */
static inline uint8_t *write_room(struct writer *w, size_t len)
{
	uint8_t *room;

	if (w->bad || len > w->size - w->len) {
		w->bad = true;
		return NULL;
	}
	room = w->at + w->len;
	w->len += len;
	return room;
}

static inline void write_bytes(struct writer *w, struct bytes from)
{
	uint8_t *room = write_room(w, from.len);

	if (room && from.len > 0)
		memcpy(room, from.at, from.len);
}

static inline void write_zero(struct writer *w, size_t len)
{
	uint8_t *room = write_room(w, len);

	if (room && len > 0)
		memset(room, 0, len);
}

static inline void write_u8(struct writer *w, uint8_t value)
{
	write_bytes(w, bytes_of(&value, 1));
}

static inline void write_u16(struct writer *w, uint16_t value)
{
	const uint8_t b[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	write_bytes(w, bytes_of(b, sizeof(b)));
}

static inline void write_u32(struct writer *w, uint32_t value)
{
	const uint8_t b[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
		(uint8_t)(value >> 8), (uint8_t)value };

	write_bytes(w, bytes_of(b, sizeof(b)));
}

static inline void write_u64(struct writer *w, uint64_t value)
{
	uint8_t b[8];

	for (int i = 7; i >= 0; i--, value >>= 8)
		b[i] = (uint8_t)value;
	write_bytes(w, bytes_of(b, sizeof(b)));
}

/* Write over what stands at an earlier place: lengths, once they are known. */
static inline void patch_u16(struct writer *w, size_t at, size_t value)
{
	if (w->bad || at + 2 > w->len || value > UINT16_MAX) {
		w->bad = true;
		return;
	}
	w->at[at] = (uint8_t)(value >> 8);
	w->at[at + 1] = (uint8_t)value;
}

static inline void patch_u8(struct writer *w, size_t at, uint8_t value)
{
	if (w->bad || at >= w->len) {
		w->bad = true;
		return;
	}
	w->at[at] = value;
}

static inline struct bytes written(const struct writer *w)
{
	return (struct bytes){ w->at, w->bad ? 0 : w->len };
}

#endif

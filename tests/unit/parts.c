/* parts.c - a message as the parts that a test changes one by one.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/parts.h"

#include "ikev2/wire/payload.h"
#include "tests/unit/must.h"

struct part *part_of(struct parts *parts, uint8_t type)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (parts->at[i].type == type)
			return &parts->at[i];
	}
	must_failed(__FILE__, __LINE__, "no such payload");
	return &parts->at[0];
}

struct part *parts_insert(
	struct parts *parts, size_t at, uint8_t type, struct bytes body)
{
	struct part *part = &parts->at[at];

	MUST(parts->count < MAX_PARTS);
	MUST(body.len <= sizeof(part->body));
	memmove(part + 1, part, (parts->count - at) * sizeof(*part));
	parts->count++;
	part->type = type;
	part->flags = 0;
	part->len = body.len;
	if (body.len > 0)
		memcpy(part->body, body.at, body.len);
	return part;
}

struct part *parts_add(struct parts *parts, uint8_t type, struct bytes body)
{
	return parts_insert(parts, parts->count, type, body);
}

void parts_remove(struct parts *parts, uint8_t type)
{
	struct part *part = part_of(parts, type);
	const size_t at = (size_t)(part - parts->at);

	memmove(part, part + 1, (parts->count - at - 1) * sizeof(*part));
	parts->count--;
}

void parts_repeat(struct parts *parts, uint8_t type)
{
	const struct part copy = *part_of(parts, type);

	parts_add(parts, type, bytes_of(copy.body, copy.len));
}

void parts_set(struct parts *parts, uint8_t type, struct bytes body)
{
	struct part *part = part_of(parts, type);

	MUST(body.len <= sizeof(part->body));
	part->len = body.len;
	if (body.len > 0)
		memcpy(part->body, body.at, body.len);
}

void parts_notify(struct parts *parts, uint16_t type, struct bytes data)
{
	struct part *part = parts_add(parts, PAYLOAD_NOTIFY, data);

	memmove(part->body + 4, part->body, part->len);
	memcpy(part->body,
		(uint8_t[]){ 0, 0, (uint8_t)(type >> 8), (uint8_t)type }, 4);
	part->len += 4;
}

struct bytes parts_chain(const struct parts *parts, uint8_t *first)
{
	static uint8_t buffer[MAX_PACKET];
	struct writer w = writer_of(buffer, sizeof(buffer));

	*first = parts->count ? parts->at[0].type : PAYLOAD_NONE;
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->at[i];

		write_u8(&w, i + 1 < parts->count ? part[1].type
						  : (uint8_t)PAYLOAD_NONE);
		write_u8(&w, part->flags);
		write_u16(&w, (uint16_t)(part->len + PAYLOAD_HEADER_LEN));
		write_bytes(&w, bytes_of(part->body, part->len));
	}
	MUST(!w.bad);
	return written(&w);
}

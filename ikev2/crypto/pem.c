/* pem.c - PEM by lines (RFC 7468), keys with a password by their headers (RFC 1421).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/pem.h"

#include <sodium.h>
#include <stdlib.h>

static const char begin[] = "-----BEGIN ", end[] = "-----END ",
		  dashes[] = "-----";

static const struct {
	const char *label;
	enum pem_kind kind;
} labels[] = {
	{ "CERTIFICATE", PEM_CERTIFICATE },
	{ "X509 CERTIFICATE", PEM_CERTIFICATE },
	{ "X509 CRL", PEM_CRL },
	{ "PUBLIC KEY", PEM_PUBLIC_KEY },
	{ "PRIVATE KEY", PEM_PRIVATE_KEY },
	{ "RSA PRIVATE KEY", PEM_PRIVATE_KEY },
	{ "EC PRIVATE KEY", PEM_PRIVATE_KEY },
	{ "ENCRYPTED PRIVATE KEY", PEM_ENCRYPTED_KEY },
};

enum { LABELS = sizeof(labels) / sizeof(labels[0]) };

static bool starts(struct bytes text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && memcmp(text.at, with, len) == 0;
}

static struct bytes behind(struct bytes text, size_t len)
{
	return bytes_of(text.at + len, text.len - len);
}

/* Up to the line's end, which is not taken. */
static struct bytes line_of(struct bytes text)
{
	const uint8_t *newline =
		text.len > 0 ? memchr(text.at, '\n', text.len) : NULL;

	return newline ? bytes_of(text.at, (size_t)(newline - text.at)) : text;
}

static bool is_blank(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!text.at[i] || !strchr(" \t\r\n", text.at[i]))
			return false;
	}
	return true;
}

/* From the first line on that starts so; of length 0 if there is none. */
static struct bytes find_line(struct bytes text, const char *with)
{
	while (text.len > 0 && !starts(text, with)) {
		size_t skip = line_of(text).len;

		text = behind(text, skip < text.len ? skip + 1 : skip);
	}
	return text;
}

/* "CERTIFICATE" of "-----BEGIN CERTIFICATE-----", where the line is no more
 * than that; of length 0 if it is none. */
static struct bytes label_of(struct bytes line, const char *mark)
{
	struct bytes label = behind(line, strlen(mark));
	size_t len = label.len;

	while (len > 0 && is_blank(bytes_of(label.at + len - 1, 1)))
		len--;
	if (len <= 5 || memcmp(label.at + len - 5, dashes, 5) != 0)
		return bytes_of(NULL, 0);
	return bytes_of(label.at, len - 5);
}

static enum pem_kind kind_of(struct bytes label)
{
	for (size_t i = 0; i < LABELS; i++) {
		const char *known = labels[i].label;

		if (bytes_equal(label, bytes_of(known, strlen(known))))
			return labels[i].kind;
	}
	return PEM_OTHER;
}

static void decode(struct pem_item *item, struct bytes body)
{
	size_t size = body.len / 4 * 3 + 3, len = 0;
	/* The text is octets of a file. */
	const char *text = (const char *)body.at;

	item->der = calloc(1, size);
	if (!item->der)
		return;
	item->len = size;
	/* libsodium would pass over a NUL, as the end of what it passes over. */
	if (memchr(body.at, 0, body.len) ||
		sodium_base642bin(item->der, size, text, body.len, " \t\r\n",
			&len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
		len == 0) {
		pem_clear(item);
		item->kind = PEM_BROKEN;
		return;
	}
	item->len = len;
}

/* The lines between BEGIN and END. */
static bool read_body(struct pem_item *item, struct bytes body)
{
	if (starts(body, "Proc-Type: 4,ENCRYPTED"))
		item->kind = PEM_ENCRYPTED_KEY;
	if (item->kind == PEM_ENCRYPTED_KEY || item->kind == PEM_OTHER)
		return true;
	decode(item, body);
	return item->der || item->kind == PEM_BROKEN;
}

/* *rest is at a BEGIN.  Where an item ends, it is never at a line's start: so
 * what begins as DER there is known to be text. */
static bool read_item(struct bytes *rest, struct pem_item *item)
{
	struct bytes line = line_of(*rest), label = label_of(line, begin);
	struct bytes body = behind(*rest, line.len), stop;

	if (body.len > 0)
		body = behind(body, 1);
	stop = find_line(body, dashes);
	line = line_of(stop);
	if (label.len == 0 || !starts(stop, end) ||
		!bytes_equal(label, label_of(line, end))) {
		item->kind = PEM_BROKEN;
		*rest = starts(stop, end) ? behind(stop, line.len) : stop;
		return true;
	}
	*rest = behind(stop, line.len);
	item->kind = kind_of(label);
	return read_body(item, bytes_of(body.at, (size_t)(stop.at - body.at)));
}

/* 0x30 may be the digit 0 of a text too, but then another character follows,
 * and PEM. */
static bool is_der(struct bytes file)
{
	return file.len > 1 && file.at[0] == 0x30 &&
	       (file.at[1] >= 0x80 || find_line(file, begin).len == 0);
}

static bool read_all(struct bytes *rest, struct pem_item *item)
{
	item->der = calloc(1, rest->len);
	if (!item->der)
		return false;
	item->kind = PEM_DER;
	item->len = rest->len;
	memcpy(item->der, rest->at, rest->len);
	*rest = behind(*rest, rest->len);
	return true;
}

bool pem_next(struct bytes *rest, struct pem_item *item)
{
	*item = (struct pem_item){ .kind = PEM_BROKEN };
	if (is_der(*rest))
		return read_all(rest, item);
	*rest = find_line(*rest, begin);
	return rest->len > 0 && read_item(rest, item);
}

void pem_clear(struct pem_item *item)
{
	if (item->der)
		sodium_memzero(item->der, item->len);
	free(item->der);
	*item = (struct pem_item){ .kind = PEM_BROKEN };
}

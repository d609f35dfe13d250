/* dn.c - distinguished names: from text, to text, compared (RFC 5280 section 4.1.2.4, RFC 4514).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/dn.h"

#include "ikev2/crypto/auto.h"
#include "ikev2/crypto/der.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>

AUTO_DEFINE(ASN1_OBJECT, ASN1_OBJECT_free)
AUTO_DEFINE(X509_NAME, X509_NAME_free)

enum { MAX_LABEL = 64, MAX_VALUE = 256, MAX_DN = 4096 };

/* A new attribute is a row; each by the first of its names in what we write. */
static const struct {
	const char *label;
	int nid;
} attributes[] = {
	{ "CN", NID_commonName },
	{ "C", NID_countryName },
	{ "O", NID_organizationName },
	{ "OU", NID_organizationalUnitName },
	{ "ST", NID_stateOrProvinceName },
	{ "L", NID_localityName },
	{ "DC", NID_domainComponent },
	{ "SN", NID_surname },
	{ "GN", NID_givenName },
	{ "UID", NID_userId },
	{ "E", NID_pkcs9_emailAddress },
	{ "emailAddress", NID_pkcs9_emailAddress },
	{ "serialNumber", NID_serialNumber },
	{ "T", NID_title },
};

enum { ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

/* --- From text ------------------------------------------------------------ */

static ASN1_OBJECT *attribute_of(const char *label)
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (strcasecmp(label, attributes[i].label) == 0)
			return OBJ_nid2obj(attributes[i].nid);
	}
	/* libcrypto takes "1..2." for an OID. */
	if (label[0] < '0' || label[0] > '2' || strstr(label, "..") ||
		label[strlen(label) - 1] == '.')
		return NULL;
	return OBJ_txt2obj(label, 1);
}

static const char *skip_spaces(const char *text)
{
	return text + strspn(text, " ");
}

/* "CN =" to "CN"; what stands behind the sign, or NULL. */
static const char *read_label(const char *text, char out[MAX_LABEL])
{
	const char *sign = strchr(text, '=');
	size_t len;

	if (!sign)
		return NULL;
	len = (size_t)(sign - text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len == 0 || len >= MAX_LABEL)
		return NULL;
	memcpy(out, text, len);
	out[len] = '\0';
	return skip_spaces(sign + 1);
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;

	return at && c > ' ' ? (int)(at - digits) : -1;
}

/* What follows a backslash: two hexadecimal digits or the character itself; how
 * many characters, 0 if it is neither (RFC 4514 section 3). */
static size_t read_escaped(const char *text, uint8_t *octet)
{
	const int high = hex_value(text[0]);
	const int low = high >= 0 ? hex_value(text[1]) : -1;

	*octet = (uint8_t)(low >= 0 ? high << 4 | low : text[0]);
	if (low >= 0)
		return 2;
	return text[0] >= ' ' ? 1 : 0;
}

struct value {
	uint8_t at[MAX_VALUE];
	size_t len;
};

/* Up to a comma or plus sign, or the end; NULL: it is no value. */
static const char *read_value(const char *text, struct value *out)
{
	size_t keep = 0; /* spaces at the end are no part of it */

	out->len = 0;
	if (*text == '#')
		return NULL;
	for (; *text != '\0' && *text != ',' && *text != '+'; text++) {
		const bool escaped = *text == '\\';
		uint8_t octet = (uint8_t)*text;

		if (escaped) {
			const size_t used = read_escaped(text + 1, &octet);

			if (used == 0)
				return NULL;
			text += used;
		} else if (octet < ' ' || octet == 0x7f) {
			return NULL;
		}
		if (out->len == MAX_VALUE)
			return NULL;
		out->at[out->len++] = octet;
		if (escaped || octet != ' ')
			keep = out->len;
	}
	out->len = keep;
	return keep > 0 ? text : NULL;
}

/* "*" stands for any value, also where one has to be of two letters. */
static bool add_value(
	X509_NAME *name, const char *label, const struct value *value, int set)
{
	AUTO(ASN1_OBJECT) *attribute = attribute_of(label);
	const bool any = value->len == 1 && value->at[0] == '*';

	return attribute && X509_NAME_add_entry_by_OBJ(name, attribute,
				    any ? V_ASN1_UTF8STRING : MBSTRING_UTF8,
				    value->at, (int)value->len, -1, set) == 1;
}

static bool parse(const char *text, X509_NAME *name)
{
	char label[MAX_LABEL];
	struct value value;
	int set = 0; /* -1: into the RDN before */

	for (;;) {
		text = read_label(skip_spaces(text), label);
		if (text)
			text = read_value(text, &value);
		if (!text || !add_value(name, label, &value, set))
			return false;
		if (*text == '\0')
			return true;
		set = *text == '+' ? -1 : 0;
		text++;
	}
}

size_t dn_parse(const char *text, uint8_t *out, size_t size)
{
	AUTO(X509_NAME) *name = X509_NAME_new();
	int len;

	if (!name || !parse(text, name)) {
		ERR_clear_error();
		return 0;
	}
	len = i2d_X509_NAME(name, NULL);
	if (len <= 0 || (size_t)len > size)
		return 0;
	return (size_t)i2d_X509_NAME(name, &out);
}

/* --- From octets ---------------------------------------------------------- */

static X509_NAME *read_name(struct bytes der)
{
	const uint8_t *at = der.at;
	X509_NAME *name;

	if (der.len > MAX_DN || !der_is_one(der))
		return NULL;
	name = d2i_X509_NAME(NULL, &at, (long)der.len);
	if (name && at != der.at + der.len) {
		X509_NAME_free(name);
		name = NULL;
	}
	if (!name)
		ERR_clear_error();
	return name;
}

bool dn_is(struct bytes der)
{
	AUTO(X509_NAME) *name = read_name(der);

	return name != NULL;
}

/* --- To text -------------------------------------------------------------- */

struct line {
	char *at;
	size_t size, len;
	bool cut;
};

/* All of it or nothing, so that no escape is torn. */
static void put(struct line *line, const char *text, size_t len)
{
	if (line->cut)
		return;
	if (line->len + len + sizeof("...") > line->size) {
		line->cut = true;
		text = "...";
		len = line->size > 3 ? 3 : 0;
	}
	if (line->len + len < line->size) {
		memcpy(line->at + line->len, text, len);
		line->len += len;
	}
	line->at[line->len] = '\0';
}

static void put_octets(
	struct line *line, struct bytes octets, const char *before)
{
	char text[8];

	for (size_t i = 0; i < octets.len; i++) {
		snprintf(text, sizeof(text), "%s%02X", before, octets.at[i]);
		put(line, text, strlen(text));
	}
}

/* Of a character of UTF-8 that is known to be right. */
static size_t utf8_len(uint8_t first)
{
	if (first < 0xc0)
		return 1;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static uint32_t utf8_value(struct bytes c)
{
	uint32_t value = c.at[0];

	if (c.len > 1)
		value &= 0x7fu >> c.len;
	for (size_t i = 1; i < c.len; i++)
		value = value << 6 | (c.at[i] & 0x3fu);
	return value;
}

/* Controls, and what turns or hides the text around it. */
static bool misleads(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static void put_text(struct line *line, struct bytes text)
{
	for (size_t i = 0; i < text.len;) {
		const size_t left = text.len - i, len = utf8_len(text.at[i]);
		const struct bytes c =
			bytes_of(text.at + i, len < left ? len : left);
		const bool edge = i == 0 || i + 1 == text.len;

		if (misleads(utf8_value(c))) {
			put_octets(line, c, "\\");
		} else if (strchr(",+\\", c.at[0]) ||
			   (c.at[0] == ' ' && edge) ||
			   (c.at[0] == '#' && i == 0)) {
			const char escaped[2] = { '\\', (char)c.at[0] };

			put(line, escaped, sizeof(escaped));
		} else {
			put(line, (const char *)c.at, c.len);
		}
		i += c.len;
	}
}

static bool is_text(int type)
{
	switch (type) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_T61STRING:
	case V_ASN1_NUMERICSTRING:
	case V_ASN1_VISIBLESTRING:
	case V_ASN1_BMPSTRING:
	case V_ASN1_UNIVERSALSTRING:
		return true;
	}
	return false;
}

static void put_value(struct line *line, const ASN1_STRING *value)
{
	const struct bytes octets = bytes_of(ASN1_STRING_get0_data(value),
		(size_t)ASN1_STRING_length(value));
	uint8_t *utf8 = NULL;
	int len;

	if (!is_text(ASN1_STRING_type(value))) {
		put(line, "#", 1);
		put_octets(line, octets, "");
		return;
	}
	len = ASN1_STRING_to_UTF8(&utf8, value);
	if (len < 0) { /* no memory: what is no text, is no name */
		ERR_clear_error();
		put_octets(line, octets, "\\");
		return;
	}
	put_text(line, bytes_of(utf8, (size_t)len));
	OPENSSL_free(utf8);
}

static void put_label(struct line *line, const ASN1_OBJECT *attribute)
{
	const int nid = OBJ_obj2nid(attribute);
	char dots[MAX_LABEL];

	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (attributes[i].nid == nid) {
			put(line, attributes[i].label,
				strlen(attributes[i].label));
			return;
		}
	}
	OBJ_obj2txt(dots, sizeof(dots), attribute, 1);
	put(line, dots, strlen(dots));
}

bool dn_text(struct bytes der, char *out, size_t size)
{
	AUTO(X509_NAME) *name = read_name(der);
	struct line line = { out, size, 0, false };
	int set = -1;

	if (size > 0)
		out[0] = '\0';
	if (!name || size == 0)
		return false;
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		const bool same = X509_NAME_ENTRY_set(entry) == set;

		set = X509_NAME_ENTRY_set(entry);
		if (i > 0)
			put(&line, same ? "+" : ", ", same ? 1 : 2);
		put_label(&line, X509_NAME_ENTRY_get_object(entry));
		put(&line, "=", 1);
		put_value(&line, X509_NAME_ENTRY_get_data(entry));
	}
	return true;
}

/* --- Compared ------------------------------------------------------------- */

bool dn_equal(struct bytes a, struct bytes b)
{
	AUTO(X509_NAME) *one = read_name(a);
	AUTO(X509_NAME) *other = read_name(b);

	return one && other && X509_NAME_cmp(one, other) == 0;
}

static bool is_any(const X509_NAME_ENTRY *entry)
{
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);

	return ASN1_STRING_length(value) == 1 &&
	       ASN1_STRING_get0_data(value)[0] == '*';
}

/* wanted, with each "*" replaced by what the other has in its place; NULL if
 * they are of different attributes. */
static X509_NAME *fill_in(const X509_NAME *wanted, const X509_NAME *said)
{
	const int count = X509_NAME_entry_count(wanted);
	X509_NAME *filled;
	int set = -1;

	if (X509_NAME_entry_count(said) != count)
		return NULL;
	filled = X509_NAME_new();
	for (int i = 0; filled && i < count; i++) {
		X509_NAME_ENTRY *ours = X509_NAME_get_entry(wanted, i);
		X509_NAME_ENTRY *theirs = X509_NAME_get_entry(said, i);
		const int join = X509_NAME_ENTRY_set(ours) == set ? -1 : 0;

		set = X509_NAME_ENTRY_set(ours);
		if (OBJ_cmp(X509_NAME_ENTRY_get_object(ours),
			    X509_NAME_ENTRY_get_object(theirs)) != 0 ||
			X509_NAME_add_entry(filled,
				is_any(ours) ? theirs : ours, -1, join) != 1) {
			X509_NAME_free(filled);
			filled = NULL;
		}
	}
	return filled;
}

bool dn_match(struct bytes wanted, struct bytes said)
{
	AUTO(X509_NAME) *ours = read_name(wanted);
	AUTO(X509_NAME) *theirs = read_name(said);
	AUTO(X509_NAME) *filled = ours && theirs ? fill_in(ours, theirs) : NULL;

	return filled && X509_NAME_cmp(filled, theirs) == 0;
}

/* identity.c - identities: from text, to text, compared (RFC 7296 section 3.5).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/identity.h"

#include "ikev2/crypto/dn.h"

#include <stdio.h>

/* --- Addresses from text -------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Four numbers and nothing else; no leading zeros, as some read those as
 * octal. */
static bool parse_ipv4(const char *text, uint8_t out[4])
{
	for (size_t i = 0; i < 4; i++) {
		unsigned int value = 0;
		const char *start = text;

		for (; is_digit(*text) && text - start < 3; text++)
			value = value * 10 + (unsigned int)(*text - '0');
		if (text == start || value > UINT8_MAX ||
			(*start == '0' && text - start > 1) ||
			*text != (i < 3 ? '.' : '\0'))
			return false;
		out[i] = (uint8_t)value;
		text++;
	}
	return true;
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One group of up to four digits; the number of characters, 0 if none. */
static size_t parse_group(const char *text, uint8_t out[2])
{
	unsigned int value = 0;
	size_t len = 0;

	for (; len < 4 && hex_value(text[len]) >= 0; len++)
		value = value << 4 | (unsigned int)hex_value(text[len]);
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return len;
}

/* Groups from left to right; what follows "::" is moved to the right end.  The
 * last two groups may be an IPv4 address (RFC 4291 section 2.2). */
static bool parse_ipv6(const char *text, uint8_t out[16])
{
	size_t len = 0, gap = SIZE_MAX, used;

	memset(out, 0, 16);
	if (strncmp(text, "::", 2) == 0) {
		gap = 0;
		text += 2;
	}
	while (*text != '\0') {
		if (len <= 12 && strchr(text, '.') &&
			parse_ipv4(text, out + len)) {
			len += 4;
			break;
		}
		if (len == 16)
			return false;
		used = parse_group(text, out + len);
		if (used == 0)
			return false;
		len += 2;
		text += used;
		if (*text == '\0')
			break;
		if (*text++ != ':')
			return false;
		if (*text == ':') {
			if (gap != SIZE_MAX)
				return false;
			gap = len;
			text++;
		} else if (*text == '\0') {
			return false;
		}
	}
	if (gap == SIZE_MAX)
		return len == 16;
	if (len > 14)
		return false;
	memmove(out + 16 - (len - gap), out + gap, len - gap);
	memset(out + gap, 0, 16 - len);
	return true;
}

bool identity_parse_addr(const char *text, struct ike_addr *addr)
{
	*addr = (struct ike_addr){ .family = 4 };
	if (parse_ipv4(text, addr->octets))
		return true;
	addr->family = 6;
	if (parse_ipv6(text, addr->octets))
		return true;
	*addr = (struct ike_addr){ 0 };
	return false;
}

struct ike_id identity_of_addr(const struct ike_addr *addr)
{
	struct ike_id id = { 0 };

	if (ike_addr_len(addr->family) == 0)
		return id;
	id.type = addr->family == 4 ? ID_IPV4_ADDR : ID_IPV6_ADDR;
	id.len = (uint16_t)ike_addr_len(addr->family);
	memcpy(id.data, addr->octets, id.len);
	return id;
}

/* --- Identities from text ------------------------------------------------- */

static bool is_visible(uint8_t octet)
{
	return octet > ' ' && octet < 0x7f;
}

static bool keep(struct ike_id *id, uint8_t type, struct bytes data)
{
	if (data.len == 0 || data.len > MAX_ID_LEN)
		return false;
	id->type = type;
	id->len = (uint16_t)data.len;
	memcpy(id->data, data.at, data.len);
	return true;
}

/* RFC 7296 section 3.5: a host name is ASCII; no spaces, no wildcards inside. */
static bool parse_fqdn(const char *text, struct ike_id *id, bool *wildcard)
{
	const char *name = text;

	if (wildcard && strncmp(text, "*.", 2) == 0) {
		*wildcard = true;
		name = text + 2;
	}
	if (*name == '\0')
		return false;
	for (const char *c = name; *c != '\0'; c++) {
		if (!is_visible((uint8_t)*c) || *c == '*')
			return false;
	}
	return keep(id, ID_FQDN, bytes_of(text, strlen(text)));
}

static bool no_controls(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < ' ' || text.at[i] == 0x7f)
			return false;
	}
	return true;
}

/* "*@example.com" is anybody there. */
static bool parse_email(const char *text, struct ike_id *id, bool *wildcard)
{
	const char *at = strchr(text, '@');
	const struct bytes all = bytes_of(text, strlen(text));
	const bool star = strncmp(text, "*@", 2) == 0;

	if (!at || at == text || at[1] == '\0' || !no_controls(all) ||
		(star && !wildcard))
		return false;
	if (star)
		*wildcard = true;
	return keep(id, ID_RFC822_ADDR, all);
}

static const char *past_spaces(const char *text)
{
	return text + strspn(text, " ");
}

/* Is there a value that is "*" and nothing else? */
static bool has_star(const char *text)
{
	while ((text = strchr(text, '='))) {
		text = past_spaces(text + 1);
		if (*text == '*') {
			const char *end = past_spaces(text + 1);

			if (*end == '\0' || *end == ',' || *end == '+')
				return true;
		}
	}
	return false;
}

/* "C=CH, O=Example, CN=*": any value there, but one. */
static bool parse_dn(const char *text, struct ike_id *id, bool *wildcard)
{
	const bool star = has_star(text);
	const size_t len = dn_parse(text, id->data, sizeof(id->data));

	if (len == 0 || (star && !wildcard)) {
		*id = (struct ike_id){ 0 };
		return false;
	}
	id->type = ID_DER_ASN1_DN;
	id->len = (uint16_t)len;
	if (star)
		*wildcard = true;
	return true;
}

static bool parse_ip(const char *text, struct ike_id *id)
{
	struct ike_addr addr;

	if (!identity_parse_addr(text, &addr))
		return false;
	*id = identity_of_addr(&addr);
	return true;
}

/* What follows the prefix, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	const size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool identity_parse(const char *text, struct ike_id *id, bool *wildcard)
{
	const char *rest;

	*id = (struct ike_id){ 0 };
	if (wildcard)
		*wildcard = false;
	if ((rest = after(text, "fqdn:")))
		return parse_fqdn(rest, id, wildcard);
	if ((rest = after(text, "email:")))
		return parse_email(rest, id, wildcard);
	if ((rest = after(text, "dn:")))
		return parse_dn(rest, id, wildcard);
	if ((rest = after(text, "ip:")))
		return parse_ip(rest, id);
	if ((rest = after(text, "keyid:")))
		return keep(id, ID_KEY_ID, bytes_of(rest, strlen(rest)));
	if (parse_ip(text, id))
		return true;
	/* Before '@', which may stand in a name ("C=CH, E=u@h"). */
	if (strchr(text, '=') && parse_dn(text, id, wildcard))
		return true;
	if (strchr(text, '@'))
		return parse_email(text, id, wildcard);
	/* A distinguished name, an address or a kind that is mistyped; and
	 * "any" is a word of the configuration's. */
	if (strpbrk(text, "=:/") || strcmp(text, "any") == 0)
		return false;
	return parse_fqdn(text, id, wildcard);
}

/* --- From the wire, compared ---------------------------------------------- */

static bool all_visible(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_visible(text.at[i]))
			return false;
	}
	return true;
}

bool identity_read(const struct payload_id *payload, struct ike_id *id)
{
	const struct bytes data = payload->data;

	*id = (struct ike_id){ 0 };
	switch (payload->type) {
	case ID_IPV4_ADDR:
		return data.len == 4 && keep(id, payload->type, data);
	case ID_IPV6_ADDR:
		return data.len == 16 && keep(id, payload->type, data);
	case ID_FQDN:
		return all_visible(data) && keep(id, payload->type, data);
	case ID_RFC822_ADDR: /* may be UTF-8 */
		return no_controls(data) && keep(id, payload->type, data);
	case ID_DER_ASN1_DN:
		return dn_is(data) && keep(id, payload->type, data);
	case ID_DER_ASN1_GN:
	case ID_KEY_ID:
		return keep(id, payload->type, data);
	}
	return false;
}

static uint8_t lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + 'a' - 'A')
					    : octet;
}

static bool same_name(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (lower(a[i]) != lower(b[i]))
			return false;
	}
	return true;
}

static struct bytes data_of(const struct ike_id *id)
{
	return bytes_of(id->data, id->len);
}

bool identity_equal(const struct ike_id *a, const struct ike_id *b)
{
	if (a->type != b->type)
		return false;
	if (bytes_equal(data_of(a), data_of(b)))
		return true;
	if (a->type == ID_DER_ASN1_DN)
		return dn_equal(data_of(a), data_of(b));
	/* Host names have no case (RFC 4343). */
	return a->type == ID_FQDN && a->len == b->len &&
	       same_name(a->data, b->data, a->len);
}

/* What stands in front of `suffix` is for who said it: labels of a host name,
 * or a user's name, which has no '@'. */
static bool ends_in(const struct ike_id *said, struct bytes suffix)
{
	const size_t front = said->len - suffix.len;

	if (said->len <= suffix.len ||
		!same_name(suffix.at, said->data + front, suffix.len))
		return false;
	return said->type == ID_FQDN || !memchr(said->data, '@', front);
}

bool identity_match(
	const struct ike_id *wanted, bool wildcard, const struct ike_id *said)
{
	if (wanted->type == ID_NONE)
		return true;
	if (!wildcard || wanted->len < 2 || wanted->type != said->type)
		return identity_equal(wanted, said);
	switch (wanted->type) {
	case ID_FQDN:
	case ID_RFC822_ADDR: /* without the star */
		return ends_in(
			said, bytes_of(wanted->data + 1, wanted->len - 1u));
	case ID_DER_ASN1_DN:
		return dn_match(data_of(wanted), data_of(said));
	}
	return identity_equal(wanted, said);
}

/* --- To text -------------------------------------------------------------- */

/* Octets as text into out, cut with "..." if they do not fit. */
static void escape(struct bytes data, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < data.len; i++) {
		const uint8_t octet = data.at[i];
		const bool plain =
			(is_visible(octet) || octet == ' ') && octet != '\\';

		if (len + sizeof("\\xHH...") > size) {
			snprintf(out + len, size - len, "...");
			return;
		}
		len += (size_t)snprintf(
			out + len, size - len, plain ? "%c" : "\\x%02x", octet);
	}
	out[len] = '\0';
}

static const char *kind_name(uint8_t type)
{
	switch (type) {
	case ID_FQDN:
		return "fqdn:";
	case ID_RFC822_ADDR:
		return "email:";
	case ID_KEY_ID:
		return "keyid:";
	case ID_DER_ASN1_DN:
		return "dn:";
	case ID_DER_ASN1_GN:
		return "gn:";
	}
	return "unknown:";
}

static void id_text(uint8_t type, struct bytes data, char *out, size_t size)
{
	if (type != ID_DER_ASN1_DN || !dn_text(data, out, size))
		escape(data, out, size);
}

const char *identity_text(const struct ike_id *id, char out[IKE_ID_SIZE])
{
	const struct bytes data = bytes_of(
		id->data, id->len <= MAX_ID_LEN ? id->len : (size_t)MAX_ID_LEN);
	const char *kind = kind_name(id->type);
	struct ike_addr addr = { 0 };
	struct ike_id parsed;
	bool wildcard;

	if (id->type == ID_NONE) {
		snprintf(out, IKE_ID_SIZE, "any");
		return out;
	}
	if ((id->type == ID_IPV4_ADDR && id->len == 4) ||
		(id->type == ID_IPV6_ADDR && id->len == 16)) {
		addr.family = id->type == ID_IPV4_ADDR ? 4 : 6;
		memcpy(addr.octets, id->data, id->len);
		return ike_addr_text(&addr, out);
	}
	/* Without its kind only what would be read back as it is: a host name
	 * such as "192.0.2.1" passes for no address. */
	id_text(id->type, data, out, IKE_ID_SIZE);
	if (identity_parse(out, &parsed, &wildcard) &&
		identity_equal(&parsed, id))
		return out;
	snprintf(out, IKE_ID_SIZE, "%s", kind);
	id_text(id->type, data, out + strlen(kind), IKE_ID_SIZE - strlen(kind));
	return out;
}

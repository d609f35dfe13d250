/* values.c - words of the configuration as values: times, addresses, selectors.
 * SPDX-License-Identifier: ISC
 */
#include "config/values.h"

#include "ikev2/identity.h"

#include <stdlib.h>

enum { WORD_SIZE = 300 };

/* --- Plain values -------------------------------------------------------------- */

bool value_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "yes", "true", "on" };
	static const char *const no[] = { "no", "false", "off" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(text, yes[i]) == 0 ||
			strcasecmp(text, no[i]) == 0) {
			*out = strcasecmp(text, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* Eighteen digits always fit. */
static bool take_number(const char **text, uint64_t *out)
{
	size_t len = digits(*text);

	if (len == 0 || len > 18)
		return false;
	*out = strtoull(*text, NULL, 10);
	*text += len;
	return true;
}

bool value_number(const char *text, uint64_t *out)
{
	return take_number(&text, out) && *text == '\0';
}

bool value_duration(const char *text, uint64_t *ms)
{
	/* clang-format off */
	static const struct { const char *name; uint64_t ms; } units[] = {
		{ "w", 604800000 }, { "d", 86400000 }, { "h", 3600000 },
		{ "ms", 1 }, { "m", 60000 }, { "s", 1000 },
	};
	/* clang-format on */
	uint64_t number, last = UINT64_MAX;

	*ms = 0;
	do {
		size_t i = 0;

		if (!take_number(&text, &number) || number > UINT32_MAX)
			return false;
		if (*text == '\0' && last == UINT64_MAX) {
			*ms = number * 1000;
			return true;
		}
		while (i < sizeof(units) / sizeof(units[0]) &&
			strncmp(text, units[i].name, strlen(units[i].name)) !=
				0)
			i++;
		if (i == sizeof(units) / sizeof(units[0]) ||
			units[i].ms >= last)
			return false;
		last = units[i].ms;
		*ms += number * last;
		text += strlen(units[i].name);
	} while (*text != '\0');
	return true;
}

bool value_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGTPE";
	const char *unit;

	if (!take_number(&text, bytes))
		return false;
	if (*text == '\0')
		return true;
	unit = strchr(units, *text);
	if (!unit || strcmp(text + 1, "iB") != 0)
		return false;
	for (; unit >= units; unit--) {
		if (*bytes > UINT64_MAX / 1024)
			return false;
		*bytes *= 1024;
	}
	return true;
}

const struct node *value_next(const struct node *value,
	const struct node *before, struct config_errors *errors)
{
	const struct node *next;

	if (value->kind != NODE_LIST) {
		if (before || value->bad)
			return NULL;
		if (value->kind == NODE_WORD && *value->text)
			return value;
		if (value->kind == NODE_MAP)
			complain(errors, value->at, "a list is [one, two]",
				"a word or a list is expected here");
		else
			complain(errors, value->at, "or leave the key out",
				"a value is missing");
		return NULL;
	}
	if (!before && !value->first && !value->bad)
		complain(errors, value->at, "or leave the key out",
			"the list is empty");
	for (next = before ? before->next : value->first; next;
		next = next->next) {
		if (next->bad)
			continue;
		if (next->kind == NODE_WORD && *next->text)
			return next;
		complain(errors, next->at, "a list is [one, two]",
			"a word is expected here");
	}
	return NULL;
}

/* --- Addresses ----------------------------------------------------------------- */

/* A part of a word as text of its own. */
static bool cut(const char *from, size_t len, char out[WORD_SIZE])
{
	if (len >= WORD_SIZE)
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

/* RFC 1123 section 2.1, and the underscores that are out there; a name of
 * numbers alone is a mistyped address. */
static bool is_host_name(const char *text)
{
	size_t len = strlen(text), label = 0;
	bool letters = false;

	if (len > 253)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (c == '.') {
			if (label == 0 || text[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
		if (c == '-' && label == 0)
			return false;
		letters = letters || letter;
		if (++label > 63)
			return false;
	}
	return letters && text[len - 1] != '-';
}

static void fill_bits(struct ike_addr *addr, unsigned int prefix, bool ones)
{
	for (unsigned int bit = prefix; bit < 8 * ike_addr_len(addr->family);
		bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (ones)
			addr->octets[bit / 8] |= mask;
		else
			addr->octets[bit / 8] &= (uint8_t)~mask;
	}
}

static bool bad_address(const struct node *word, struct place at,
	const char *text, struct config_errors *errors)
{
	const char *hint = "";

	if (word->text[0] == '[')
		hint = "without the brackets";
	else if (strncmp(text, "%any", 4) == 0 || strcmp(text, "any") == 0)
		hint = "any address is 0.0.0.0/0 and \"::/0\"";
	else if (is_host_name(text))
		hint = "names do not go here";
	complain(errors, at, hint, "'%s' is no address", text);
	return false;
}

/* 10.0.0.0/8: host bits would be an intention that nobody can guess. */
static bool network(const struct node *word, struct place at, char *text,
	char *slash, struct ike_addr *first, struct ike_addr *last,
	struct config_errors *errors)
{
	char hint[HINT_SIZE], right[IKE_ADDR_SIZE];
	struct ike_addr addr;
	uint64_t prefix;

	*slash = '\0';
	if (!identity_parse_addr(text, &addr))
		return bad_address(word, at, text, errors);
	if (!value_number(slash + 1, &prefix) ||
		prefix > 8 * ike_addr_len(addr.family)) {
		complain(errors, at,
			addr.family == 4 ? "a number of bits, 0 to 32"
					 : "a number of bits, 0 to 128",
			"'/%s' is no prefix length", slash + 1);
		return false;
	}
	*first = *last = addr;
	fill_bits(first, (unsigned int)prefix, false);
	fill_bits(last, (unsigned int)prefix, true);
	if (ike_addr_equal(first, &addr))
		return true;
	complain(errors, at,
		hint_text(hint, "did you mean '%s/%u'?",
			ike_addr_text(first, right), (unsigned int)prefix),
		"'%s/%u' has host bits set", text, (unsigned int)prefix);
	return false;
}

static bool range(const struct node *word, struct place at, char *text,
	char *dash, struct ike_addr *first, struct ike_addr *last,
	struct config_errors *errors)
{
	*dash = '\0';
	if (!identity_parse_addr(text, first))
		return bad_address(word, at, text, errors);
	if (!identity_parse_addr(dash + 1, last))
		return bad_address(word, at, dash + 1, errors);
	if (first->family == last->family && ike_addr_compare(first, last) <= 0)
		return true;
	complain(errors, at, "FIRST-LAST, both IPv4 or both IPv6",
		first->family != last->family
			? "a range from one family to the other"
			: "the range ends before it begins");
	return false;
}

bool value_range(const struct node *word, size_t offset, size_t len,
	struct ike_addr *first, struct ike_addr *last,
	struct config_errors *errors)
{
	struct place at = node_part(word, offset, len);
	char text[WORD_SIZE];
	char *mark;

	if (!cut(word->text + offset, len, text)) {
		complain(errors, at, "an address, a network, or FIRST-LAST",
			"too long for an address");
		return false;
	}
	if ((mark = strchr(text, '/')))
		return network(word, at, text, mark, first, last, errors);
	if ((mark = strchr(text, '-')))
		return range(word, at, text, mark, first, last, errors);
	if (!identity_parse_addr(text, first))
		return bad_address(word, at, text, errors);
	*last = *first;
	return true;
}

bool value_addresses(const struct node *value, struct ike_addr *out,
	size_t size, uint8_t *count, struct config_errors *errors)
{
	const struct node *word = NULL;
	size_t found = 0, bad = 0;

	*count = 0;
	if (value->kind == NODE_WORD && !value->bad &&
		strcmp(value->text, "any") == 0)
		return true;
	while ((word = value_next(value, word, errors))) {
		struct ike_addr addr;

		if (!identity_parse_addr(word->text, &addr)) {
			bad_address(word, word->at, word->text, errors);
			bad++;
		} else if (found == size) {
			complain(errors, word->at, "'any' is all there are",
				"more than %zu addresses", size);
			return false;
		} else {
			out[found++] = addr;
		}
	}
	*count = (uint8_t)found;
	return found > 0 && bad == 0;
}

/* --- Places -------------------------------------------------------------------- */

static bool looks_like_range(const char *text)
{
	char before[WORD_SIZE];
	struct ike_addr addr;
	const char *dash = strchr(text, '-');

	if (strchr(text, '/'))
		return true;
	return dash && cut(text, (size_t)(dash - text), before) &&
	       identity_parse_addr(before, &addr);
}

static const char *place_hint(const char *text)
{
	if (text[0] == '%' || strcmp(text, "*") == 0)
		return "any address is 'any'";
	if (text[0] == '[')
		return "without the brackets";
	if (strchr(text, ','))
		return "a list is [one, two]";
	if (strchr(text, ':') && strchr(text, '.'))
		return "a port goes into {address: .., port: ..}";
	return "";
}

static bool is_unspecified(const struct ike_addr *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr->octets, zero, ike_addr_len(addr->family)) == 0;
}

static bool take_place(const struct node *word, struct ike_place *place,
	struct config_errors *errors)
{
	size_t len = strlen(word->text);

	*place = (struct ike_place){ .kind = IKE_PLACE_RANGE };
	if (looks_like_range(word->text))
		return value_range(
			word, 0, len, &place->first, &place->last, errors);
	if (identity_parse_addr(word->text, &place->first)) {
		place->last = place->first;
		if (!is_unspecified(&place->first))
			return true;
		complain(errors, word->at, "any address is 'any'",
			"'%s' is nobody's address", word->text);
		return false;
	}
	if (is_host_name(word->text)) {
		place->kind = IKE_PLACE_NAME;
		memcpy(place->name, word->text, len);
		return true;
	}
	complain(errors, word->at, place_hint(word->text),
		"'%s' is no address and no name", word->text);
	return false;
}

bool value_places(const struct node *value, struct ike_side *side,
	struct config_errors *errors)
{
	const struct node *word = NULL;
	size_t bad = 0;

	side->place_count = 0;
	if (value->kind == NODE_WORD && !value->bad &&
		strcmp(value->text, "any") == 0)
		return true;
	while ((word = value_next(value, word, errors))) {
		if (strcmp(word->text, "any") == 0) {
			complain(errors, word->at, "alone it holds all others",
				"'any' in a list with others");
			bad++;
		} else if (side->place_count == MAX_PLACES) {
			complain(errors, word->at,
				"a network or a range is one of them",
				"more than %d addresses or names", MAX_PLACES);
			return false;
		} else if (take_place(word, &side->places[side->place_count],
				   errors)) {
			side->place_count++;
		} else {
			bad++;
		}
	}
	return side->place_count > 0 && bad == 0;
}

/* --- Selectors ----------------------------------------------------------------- */

/* clang-format off */
static const struct protocol {
	const char *name;
	uint8_t number;
	bool ports;
} protocols[] = {
	{ "tcp",         6, true },
	{ "udp",        17, true },
	{ "icmp",        1, false },
	{ "ipv6-icmp",  58, false },
	{ "icmpv6",     58, false },
	{ "sctp",      132, true },
	{ "gre",        47, false },
	{ "dccp",       33, true },
	{ "udplite",   136, true },
};
/* clang-format on */
enum { PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

static bool has_ports(uint8_t protocol)
{
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (protocols[i].number == protocol)
			return protocols[i].ports;
	}
	return false;
}

static bool take_protocol(const char *text, struct place at,
	struct ike_selector *out, struct config_errors *errors)
{
	struct nearest nearest = nearest_to(text);
	char hint[HINT_SIZE];
	uint64_t number;

	if (value_number(text, &number) && number >= 1 && number <= 255) {
		out->protocol = (uint8_t)number;
		return true;
	}
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (strcasecmp(text, protocols[i].name) == 0) {
			out->protocol = protocols[i].number;
			return true;
		}
		nearest_try(&nearest, protocols[i].name);
	}
	complain(errors, at, nearest_hint(&nearest, hint),
		"unknown protocol '%s'", text);
	return false;
}

static bool take_ports(const char *text, struct place at,
	struct ike_selector *out, struct config_errors *errors)
{
	uint64_t first, last;
	const char *rest = text;

	if (!has_ports(out->protocol)) {
		complain(errors, at, "the protocol alone, without '/PORT'",
			"this protocol has no ports");
		return false;
	}
	if (take_number(&rest, &first)) {
		last = first;
		if ((*rest != '-' || (rest++, take_number(&rest, &last))) &&
			*rest == '\0' && first <= last && last <= UINT16_MAX) {
			out->start_port = (uint16_t)first;
			out->end_port = (uint16_t)last;
			return true;
		}
	}
	complain(errors, at, "a port or a range, such as tcp/80-89",
		"'%s' is no port", text);
	return false;
}

/* PROTO[/PORT[-PORT]] */
static bool take_service(const struct node *word, size_t offset, size_t len,
	struct ike_selector *out, struct config_errors *errors)
{
	struct place at = node_part(word, offset, len);
	char text[WORD_SIZE];
	char *slash;

	if (!cut(word->text + offset, len, text)) {
		complain(errors, at, "NET [PROTO[/PORT[-PORT]]]",
			"too long for a protocol");
		return false;
	}
	slash = strchr(text, '/');
	if (slash)
		*slash = '\0';
	return take_protocol(text, at, out, errors) &&
	       (!slash || take_ports(slash + 1, at, out, errors));
}

static bool take_selector(const struct node *word, struct ike_selector *out,
	struct config_errors *errors)
{
	const char *blank = " \t\n";
	const char *text = word->text;
	size_t net = strcspn(text, blank);
	size_t service = net + strspn(text + net, blank);
	size_t len = strcspn(text + service, blank);
	struct ike_addr first = { 0 }, last = { 0 };

	*out = (struct ike_selector){ .end_port = UINT16_MAX };
	if (text[service + len + strspn(text + service + len, blank)]) {
		complain(errors, word->at, "NET [PROTO[/PORT[-PORT]]]",
			"more than a network and a protocol");
		return false;
	}
	if ((net != 7 || strncmp(text, "dynamic", 7) != 0) &&
		!value_range(word, 0, net, &first, &last, errors))
		return false;
	out->family = first.family;
	memcpy(out->start, first.octets, sizeof(out->start));
	memcpy(out->end, last.octets, sizeof(out->end));
	return len == 0 || take_service(word, service, len, out, errors);
}

bool value_selectors(const struct node *value,
	struct ike_selector out[MAX_SELECTORS], uint8_t *count,
	struct config_errors *errors)
{
	const struct node *word = NULL;
	size_t found = 0, bad = 0;

	*count = 0;
	while ((word = value_next(value, word, errors))) {
		if (found == MAX_SELECTORS) {
			complain(errors, word->at,
				"a range is one of them; or a second child",
				"more than %d selectors", MAX_SELECTORS);
			return false;
		}
		if (take_selector(word, &out[found], errors))
			found++;
		else
			bad++;
	}
	*count = (uint8_t)found;
	return found > 0 && bad == 0;
}

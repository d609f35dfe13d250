/* schema_values.c - the value of each kind of key, from its node to where it is kept.
 * SPDX-License-Identifier: ISC
 */
#include "config/schema.h"

#include "config/proposal.h"
#include "config/values.h"
#include "ikev2/identity.h"

#include <errno.h>

static void *member(void *into, size_t at)
{
	return (char *)into + at;
}

static void store(const struct schema_row *row, void *into, uint64_t value)
{
	void *to = member(into, row->at);

	switch (row->size) {
	case 1:
		*(uint8_t *)to = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)to = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)to = (uint32_t)value;
		break;
	default:
		*(uint64_t *)to = value;
	}
}

/* One word, and not nothing. */
static const char *word_of(
	const struct node *value, struct config_errors *errors)
{
	if (value->bad)
		return NULL;
	if (value->kind == NODE_WORD && *value->text)
		return value->text;
	if (value->kind == NODE_WORD)
		complain(errors, value->at, "or leave the key out",
			"a value is missing");
	else
		complain(errors, value->at, "no list, and no map",
			"a single value is expected here");
	return NULL;
}

static bool take_bool(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const char *text = word_of(value, errors);
	bool yes;

	if (!text)
		return false;
	if (!value_bool(text, &yes)) {
		complain(errors, value->at, NULL,
			"'%s' is 'yes' or 'no', not '%s'", row->key, text);
		return false;
	}
	store(row, into, yes);
	return true;
}

static bool take_number(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const char *text = word_of(value, errors);
	uint64_t number;

	if (!text)
		return false;
	if (row->kind == KIND_NUMBER_AUTO && strcmp(text, "auto") == 0) {
		store(row, into, 0);
		return true;
	}
	if (!value_number(text, &number) || number < row->min ||
		number > row->max) {
		complain(errors, value->at,
			row->kind == KIND_NUMBER_AUTO ? "or auto" : NULL,
			"'%s' is a number from %llu to %llu", row->key,
			(unsigned long long)row->min,
			(unsigned long long)row->max);
		return false;
	}
	store(row, into, number);
	return true;
}

/* In the largest unit that fits, as one would write it. */
static const char *size_text(uint64_t bytes, char out[32])
{
	static const char *const units[] = { "", "KiB", "MiB", "GiB", "TiB",
		"PiB", "EiB" };
	size_t unit = 0;

	for (; bytes >= 1024 && bytes % 1024 == 0 && unit < 6; unit++)
		bytes /= 1024;
	snprintf(out, 32, "%llu%s", (unsigned long long)bytes, units[unit]);
	return out;
}

static bool take_size(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const char *text = word_of(value, errors);
	char min[32], max[32];
	uint64_t bytes;

	if (!text)
		return false;
	if (strcmp(text, "auto") == 0) {
		store(row, into, 0);
		return true;
	}
	if (!value_size(text, &bytes)) {
		complain(errors, value->at, "such as 10GiB or auto",
			"'%s' is no size", text);
		return false;
	}
	if (bytes < row->min || bytes > row->max) {
		complain(errors, value->at, "or auto", "'%s' is from %s to %s",
			row->key, size_text(row->min, min),
			size_text(row->max, max));
		return false;
	}
	store(row, into, bytes);
	return true;
}

/* In the largest unit that fits, as one would write it. */
static const char *duration_text(uint64_t ms, char out[32])
{
	if (ms % 1000)
		snprintf(out, 32, "%llums", (unsigned long long)ms);
	else if (ms % 60000)
		snprintf(out, 32, "%llus", (unsigned long long)ms / 1000);
	else if (ms % 3600000)
		snprintf(out, 32, "%llum", (unsigned long long)ms / 60000);
	else
		snprintf(out, 32, "%lluh", (unsigned long long)ms / 3600000);
	return out;
}

static bool take_duration(const struct schema_row *row,
	const struct node *value, void *into, struct config_errors *errors)
{
	const char *text = word_of(value, errors);
	char min[32], max[32];
	uint64_t ms;

	if (!text)
		return false;
	if (row->kind == KIND_DURATION_NEVER && strcmp(text, "never") == 0) {
		store(row, into, 0);
		return true;
	}
	if (!value_duration(text, &ms)) {
		complain(errors, value->at,
			row->kind == KIND_DURATION_NEVER
				? "such as 90s, 1h30m or never"
				: "such as 90s or 1h30m",
			"'%s' is no duration", text);
		return false;
	}
	if (ms < row->min || ms > row->max) {
		complain(errors, value->at,
			row->kind == KIND_DURATION_NEVER ? "or never" : NULL,
			"'%s' is from %s to %s", row->key,
			duration_text(row->min, min),
			duration_text(row->max, max));
		return false;
	}
	store(row, into, ms);
	return true;
}

static const struct schema_choice *choose(const struct schema_row *row,
	const struct node *word, struct config_errors *errors)
{
	struct nearest nearest = nearest_to(word->text);
	char hint[HINT_SIZE] = "", list[HINT_SIZE] = "";
	const char *later = NULL;

	for (const struct schema_choice *c = row->choices; c->word; c++) {
		size_t len = strlen(list);

		if (strcmp(word->text, c->word) == 0) {
			if (c->value != CHOICE_LATER)
				return c;
			later = c->word;
		}
		if (c->value == CHOICE_LATER)
			continue;
		nearest_try(&nearest, c->word);
		snprintf(list + len, sizeof(list) - len, "%s%s",
			len ? ", " : "", c->word);
	}
	if (later) {
		complain(errors, word->at, hint_text(hint, "for now: %s", list),
			"'%s: %s' is not supported yet by this version",
			row->key, later);
		return NULL;
	}
	nearest_hint(&nearest, hint);
	complain(errors, word->at, *hint ? hint : list,
		"'%s' is nothing that '%s' can be", word->text, row->key);
	return NULL;
}

/* VALUE or VALUE/MASK, 0x in front or not; bits of the value that the mask has
 * not would never be met. */
static bool take_mark(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const char *text = word_of(value, errors);
	struct ike_mark *mark = member(into, row->at);
	unsigned long long number, mask = UINT32_MAX;
	char *end;

	if (!text)
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (*end == '/' && end[1] >= '0' && end[1] <= '9')
		mask = strtoull(end + 1, &end, 0);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end ||
		mask > UINT32_MAX || mask == 0 || (number & ~mask) != 0) {
		complain(errors, value->at,
			"such as 0x10/0xff: no bit that the mask has not",
			"'%s' is no mark", text);
		return false;
	}
	*mark = (struct ike_mark){ (uint32_t)number, (uint32_t)mask };
	return true;
}

static bool take_choice(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const struct schema_choice *choice =
		word_of(value, errors) ? choose(row, value, errors) : NULL;

	if (!choice)
		return false;
	store(row, into, (uint64_t)choice->value);
	return true;
}

static bool take_auth(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const struct node *word = NULL;
	uint8_t methods = 0;
	bool ok = true;

	while ((word = value_next(value, word, errors))) {
		const struct schema_choice *c = choose(row, word, errors);

		ok = c && ok;
		methods |= c ? (uint8_t)c->value : 0;
	}
	if (!ok || methods == 0)
		return false;
	store(row, into, methods);
	if (row->kind == KIND_AUTH || (methods & (methods - 1)) == 0)
		return true;
	complain(errors, value->at, "one of them; a list is for 'remote_auth'",
		"we prove ourselves in one way");
	return false;
}

static bool take_files(const struct schema_row *row, const struct node *value,
	struct config_errors *errors)
{
	const struct node *word = NULL;
	bool any = false;

	if (row->kind == KIND_FILE)
		return word_of(value, errors) != NULL;
	while ((word = value_next(value, word, errors)))
		any = true;
	return any;
}

/* Without TLS: what is fetched is signed, and TLS would need certificates that
 * are checked before it is there. */
static bool take_uris(const struct node *value, struct config_errors *errors)
{
	const struct node *word = NULL;
	bool any = false, ok = true;

	while ((word = value_next(value, word, errors))) {
		any = true;
		if (strncmp(word->text, "http://", 7) == 0 && word->text[7] &&
			strlen(word->text) < REVOCATION_URL)
			continue;
		complain(errors, word->at,
			strncmp(word->text, "https:", 6) == 0
				? "http: what is fetched is signed itself"
				: "http://HOST/.., not longer than 511 characters",
			"'%s' is no address that could be asked", word->text);
		ok = false;
	}
	return any && ok;
}

/* "LEVEL[,AREA=LEVEL]..": the levels; who knows the areas looks at them. */
static bool is_log(const char *text)
{
	static const char *const levels[] = { "error", "warning", "info",
		"debug" };
	size_t equal = strcspn(text, "="), level = 0;
	const char *word = text;

	if (text[equal]) {
		if (equal == 0 ||
			strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") <
				equal)
			return false;
		word = text + equal + 1;
	}
	while (level < sizeof(levels) / sizeof(levels[0]) &&
		strcmp(word, levels[level]) != 0)
		level++;
	return level < sizeof(levels) / sizeof(levels[0]);
}

static bool add_log(const char *text, size_t len, char *out, size_t size)
{
	char part[CONFIG_LOG_SIZE];
	size_t used = strlen(out);

	if (len >= sizeof(part) || used + len + 2 > size)
		return false;
	memcpy(part, text, len);
	part[len] = '\0';
	if (!is_log(part))
		return false;
	snprintf(out + used, size - used, "%s%s", used ? "," : "", part);
	return true;
}

static bool take_log(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const struct node *word = NULL;
	char *out = member(into, row->at);

	*out = '\0';
	while ((word = value_next(value, word, errors))) {
		size_t at = 0, len;

		do {
			len = strcspn(word->text + at, ",");
			if (!add_log(word->text + at, len, out, row->size)) {
				complain(errors,
					node_part(word, at, len ? len : 1),
					"error, warning, info or debug",
					"LEVEL or AREA=LEVEL is expected here");
				return false;
			}
			at += len;
		} while (word->text[at++] == ',');
	}
	return *out != '\0';
}

static bool take_word(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const char *text = word_of(value, errors);
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return false;
	if (len >= row->size || strpbrk(text, " \t\n/:")) {
		complain(errors, value->at, "a group of this machine",
			"'%s' is no name for '%s'", text, row->key);
		return false;
	}
	memcpy(member(into, row->at), text, len + 1);
	return true;
}

static bool is_loopback(const struct ike_addr *addr)
{
	static const struct ike_addr six = { 6, { [15] = 1 } };

	return addr->family == 4 ? addr->octets[0] == 127
				 : ike_addr_equal(addr, &six);
}

/* "9466", "127.0.0.2:9466", "[::1]:9466": what stands before the port. */
static bool split_port(
	const char *text, char addr[IKE_ADDR_SIZE], const char **port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	*port = colon ? colon + 1 : text;
	if (!colon) {
		strcpy(addr, "127.0.0.1");
		return true;
	}
	if (text[0] == '[' && len > 1 && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return false;
	}
	if (len >= IKE_ADDR_SIZE)
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	return true;
}

static bool take_loopback(const struct schema_row *row,
	const struct node *value, void *into, struct config_errors *errors)
{
	struct ike_endpoint *out = member(into, row->at), where = { .port = 0 };
	const char *text = word_of(value, errors), *port;
	char addr[IKE_ADDR_SIZE];
	uint64_t number;

	if (!text)
		return false;
	if (strcmp(text, "off") == 0 || strcmp(text, "no") == 0) {
		*out = where;
		return true;
	}
	if (!split_port(text, addr, &port) ||
		!identity_parse_addr(addr, &where.addr) ||
		!value_number(port, &number) || number < 1 ||
		number > UINT16_MAX) {
		complain(errors, value->at,
			"such as 9466 or [::1]:9466, or off", "'%s' is no port",
			text);
		return false;
	}
	if (!is_loopback(&where.addr)) {
		complain(errors, value->at,
			"let a proxy with TLS and a password stand in front",
			"'%s' only listens on loopback: 127.0.0.0/8 or ::1",
			row->key);
		return false;
	}
	where.port = (uint16_t)number;
	*out = where;
	return true;
}

static bool take_weak(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	const bool none =
		value->kind == NODE_WORD && strcmp(value->text, "[]") == 0;

	store(row, into, proposal_names_weak(value, "sha1"));
	return none || proposal_check_weak(value, errors);
}

static const char *identity_hint(const char *text, bool remote)
{
	if (!remote && strchr(text, '*'))
		return "who we are is one name";
	if (strncmp(text, "dn:", 3) == 0 || strchr(text, '='))
		return "such as 'C=CH, O=Example, CN=vpn': C, ST, L, O, OU, CN, "
		       "DC, E, UID ..";
	if (!remote && strcmp(text, "any") == 0)
		return "who we are is one name";
	if (text[0] == '@')
		return "without the '@', or fqdn:NAME";
	if (text[0] == '%')
		return "any identity is 'any'";
	return "a name, user@host, an address, or keyid:TEXT";
}

static bool take_id(const struct schema_row *row, const struct node *value,
	void *into, struct config_errors *errors)
{
	struct ike_side *side = member(into, row->at);
	bool remote = row->kind == KIND_REMOTE_ID;
	const char *text = word_of(value, errors);

	if (!text)
		return false;
	side->id_wildcard = false;
	side->id = (struct ike_id){ 0 };
	if (remote && strcmp(text, "any") == 0)
		return true;
	if (text[0] != '@' && text[0] != '%' &&
		identity_parse(
			text, &side->id, remote ? &side->id_wildcard : NULL))
		return true;
	complain(errors, value->at, identity_hint(text, remote),
		"'%s' is no identity", text);
	return false;
}

bool schema_read(const struct schema_row *row, const struct node *value,
	const struct node *allow_weak, void *into, struct config_errors *errors)
{
	switch (row->kind) {
	case KIND_BOOL:
		return take_bool(row, value, into, errors);
	case KIND_NUMBER:
	case KIND_NUMBER_AUTO:
		return take_number(row, value, into, errors);
	case KIND_SIZE_AUTO:
		return take_size(row, value, into, errors);
	case KIND_DURATION:
	case KIND_DURATION_NEVER:
		return take_duration(row, value, into, errors);
	case KIND_CHOICE:
		return take_choice(row, value, into, errors);
	case KIND_ADDRESSES:
		return value_addresses(value, member(into, row->at),
			CONFIG_MAX_LISTEN, member(into, row->count_at), errors);
	case KIND_LOG:
		return take_log(row, value, into, errors);
	case KIND_WORD:
		return take_word(row, value, into, errors);
	case KIND_LOOPBACK:
		return take_loopback(row, value, into, errors);
	case KIND_PLACES:
		return value_places(value, member(into, row->at), errors);
	case KIND_LOCAL_ID:
	case KIND_REMOTE_ID:
		return take_id(row, value, into, errors);
	case KIND_AUTH:
	case KIND_LOCAL_AUTH:
		return take_auth(row, value, into, errors);
	case KIND_FILE:
	case KIND_FILES:
		return take_files(row, value, errors);
	case KIND_URIS:
		return take_uris(value, errors);
	case KIND_IKE:
		return proposal_parse(value, PROTOCOL_IKE, allow_weak,
			member(into, row->at), errors);
	case KIND_ESP:
		return proposal_parse(value, PROTOCOL_ESP, allow_weak,
			member(into, row->at), errors);
	case KIND_SELECTORS:
		return value_selectors(value, member(into, row->at),
			member(into, row->count_at), errors);
	case KIND_MARK:
		return take_mark(row, value, into, errors);
	case KIND_WEAK:
		return take_weak(row, value, into, errors);
	case KIND_SECRET:
	case KIND_CHILDREN:
	case KIND_SECTION:
	case KIND_LATER:
		break;
	}
	return true;
}

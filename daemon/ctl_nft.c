/* ctl_nft.c - would the rules of nftables let a packet pass?
 * SPDX-License-Identifier: ISC
 *
 * The JSON is that of libnftables-json(5).  Base chains of a hook are walked one
 * after the other, each rule is matched with three answers; what this file does
 * not know is a "maybe".
 */
#include "daemon/ctl_nft.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 16 };

enum match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

/* What a chain comes to, and what it may have come to before that. */
enum walk { WALK_ON, WALK_RETURN, WALK_ACCEPT, WALK_DROP };

struct judge {
	const json_t *objects; /* the array "nftables" */
	const struct nft_packet *packet;
	const char *family, *table; /* of the chain that is walked */
	unsigned int depth;
	bool maybe_accept, maybe_drop;
	char maybe_where[NFT_WHERE], drop_where[NFT_WHERE];
};

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is_at(const json_t *object, const char *key, const char *value)
{
	return strcmp(text_at(object, key), value) == 0;
}

static enum match both(enum match a, enum match b)
{
	return a < b ? a : b;
}

static enum match either(enum match a, enum match b)
{
	return a > b ? a : b;
}

static enum match not(enum match m) { return (enum match)(MATCH_YES - m); }

static enum match yes_if(bool is)
{
	return is ? MATCH_YES : MATCH_NO;
}

/* --- What a packet is ------------------------------------------------------------ */

/* One property of the packet, as number or as word, or not known. */
struct property {
	bool known;
	long long number; /* -1: it is a word */
	const char *word;
	bool absent; /* packets of this kind have no such field */
};

static const struct property unknown = { .known = false, .number = -1 };

static struct property number_of(long long number)
{
	return (struct property){ .known = true, .number = number };
}

static struct property word_of(const char *word)
{
	return (struct property){ .known = true, .number = -1, .word = word };
}

static struct property absent(void)
{
	return (struct property){ .known = true, .number = -1, .absent = true };
}

static struct property protocol_of(const struct judge *judge)
{
	return judge->packet->protocol ? number_of(judge->packet->protocol)
				       : unknown;
}

static struct property port_of(const struct judge *judge, const char *field)
{
	const struct nft_packet *packet = judge->packet;
	uint16_t port = 0;

	if (packet->protocol == IPPROTO_ESP)
		return absent();
	if (strcmp(field, "dport") == 0)
		port = packet->dst;
	else if (strcmp(field, "sport") == 0)
		port = packet->src;
	return port ? number_of(port) : unknown;
}

static struct property payload_of(
	const struct judge *judge, const json_t *payload)
{
	static const struct {
		const char *name;
		uint8_t number;
	} protocols[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
		{ "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH },
		{ "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 },
		{ "sctp", IPPROTO_SCTP }, { "dccp", IPPROTO_DCCP },
		{ "udplite", IPPROTO_UDPLITE }, { "igmp", IPPROTO_IGMP } };
	const char *protocol = text_at(payload, "protocol");
	const char *field = text_at(payload, "field");
	const bool v4 = strcmp(protocol, "ip") == 0;

	if (v4 || strcmp(protocol, "ip6") == 0) {
		if (judge->packet->family != (v4 ? 4 : 6))
			return absent();
		if (strcmp(field, v4 ? "protocol" : "nexthdr") == 0)
			return protocol_of(judge);
		return unknown;
	}
	if (strcmp(protocol, "th") == 0)
		return port_of(judge, field);
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcmp(protocol, protocols[i].name) != 0)
			continue;
		if (judge->packet->protocol &&
			judge->packet->protocol != protocols[i].number)
			return absent();
		return judge->packet->protocol == IPPROTO_UDP
			       ? port_of(judge, field)
			       : unknown;
	}
	return unknown;
}

static struct property meta_of(const struct judge *judge, const char *key)
{
	if (strcmp(key, "l4proto") == 0)
		return protocol_of(judge);
	if (strcmp(key, "ipsec") == 0 || strcmp(key, "secpath") == 0)
		return number_of(judge->packet->from_tunnel);
	if (strcmp(key, "nfproto") == 0)
		return word_of(judge->packet->family == 4 ? "ipv4" : "ipv6");
	if (strcmp(key, "protocol") == 0)
		return word_of(judge->packet->family == 4 ? "ip" : "ip6");
	return unknown;
}

static struct property property_of(
	const struct judge *judge, const json_t *left)
{
	const json_t *payload = json_object_get(left, "payload");
	const json_t *meta = json_object_get(left, "meta");
	const json_t *ct = json_object_get(left, "ct");
	const json_t *rt = json_object_get(left, "rt");

	if (rt && is_at(rt, "key", "ipsec"))
		return number_of(judge->packet->to_tunnel);
	if (payload)
		return payload_of(judge, payload);
	if (meta)
		return meta_of(judge, text_at(meta, "key"));
	if (ct && is_at(ct, "key", "state"))
		return word_of("new");
	return unknown;
}

/* --- What it is compared with ---------------------------------------------------- */

static long long protocol_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} names[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
		{ "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH },
		{ "icmp", IPPROTO_ICMP }, { "ipv6-icmp", IPPROTO_ICMPV6 },
		{ "icmpv6", IPPROTO_ICMPV6 }, { "sctp", IPPROTO_SCTP },
		{ "udplite", IPPROTO_UDPLITE }, { "igmp", IPPROTO_IGMP },
		{ "gre", IPPROTO_GRE }, { "comp", IPPROTO_COMP } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0)
			return names[i].number;
	}
	return -1;
}

static enum match equals_word(const struct property *is, const char *word)
{
	if (is->word)
		return yes_if(strcmp(is->word, word) == 0);
	if (protocol_number(word) >= 0)
		return yes_if(protocol_number(word) == is->number);
	return MATCH_MAYBE;
}

static enum match in_range(const struct property *is, const json_t *range)
{
	const json_t *from = json_array_get(range, 0);
	const json_t *to = json_array_get(range, 1);

	if (is->number < 0 || !json_is_integer(from) || !json_is_integer(to))
		return MATCH_MAYBE;
	return yes_if(is->number >= json_integer_value(from) &&
		      is->number <= json_integer_value(to));
}

static const json_t *named_set(const struct judge *judge, const char *name)
{
	size_t i;
	json_t *object;

	json_array_foreach(judge->objects, i, object)
	{
		const json_t *set = json_object_get(object, "set");

		if (set && is_at(set, "name", name) &&
			is_at(set, "table", judge->table) &&
			is_at(set, "family", judge->family))
			return json_object_get(set, "elem");
	}
	return NULL;
}

static enum match equals(const struct judge *judge, const struct property *is,
	const json_t *value, unsigned int depth);

static enum match in_list(const struct judge *judge, const struct property *is,
	const json_t *list, unsigned int depth)
{
	enum match found = MATCH_NO;
	size_t i;
	json_t *value;

	json_array_foreach(list, i, value) found =
		either(found, equals(judge, is, value, depth));
	return found;
}

/* A number, a word, "@set", or an object with a set, a range or an element. */
static enum match equals(const struct judge *judge, const struct property *is,
	const json_t *value, unsigned int depth)
{
	const char *word = json_string_value(value);
	const json_t *inner;

	if (!is->known || depth == MAX_DEPTH)
		return MATCH_MAYBE;
	if (is->absent)
		return MATCH_NO;
	if (json_is_integer(value))
		return is->number < 0 ? MATCH_MAYBE
				      : yes_if(json_integer_value(value) ==
						is->number);
	if (json_is_boolean(value))
		return is->number < 0
			       ? MATCH_MAYBE
			       : yes_if(json_is_true(value) == is->number);
	if (word && word[0] == '@') {
		inner = named_set(judge, word + 1);
		return inner ? in_list(judge, is, inner, depth + 1)
			     : MATCH_MAYBE;
	}
	if (word)
		return equals_word(is, word);
	if (json_is_array(value))
		return in_list(judge, is, value, depth + 1);
	if ((inner = json_object_get(value, "set")))
		return equals(judge, is, inner, depth + 1);
	if ((inner = json_object_get(value, "range")))
		return in_range(is, inner);
	if ((inner = json_object_get(value, "elem")))
		return equals(
			judge, is, json_object_get(inner, "val"), depth + 1);
	return MATCH_MAYBE;
}

/* What comes from, or goes to, this host itself is not what is asked for. */
static enum match on_loopback(const json_t *match, const json_t *meta)
{
	const char *key = text_at(meta, "key");

	if ((strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0 ||
		    strcmp(key, "oifname") == 0 || strcmp(key, "oif") == 0) &&
		is_at(match, "right", "lo"))
		return MATCH_NO;
	return MATCH_MAYBE;
}

static enum match matches(const struct judge *judge, const json_t *match)
{
	const json_t *left = json_object_get(match, "left");
	const json_t *meta = json_object_get(left, "meta");
	struct property is = property_of(judge, left);
	const char *op = text_at(match, "op");
	enum match found;

	if (is.absent)
		return MATCH_NO;
	found = meta && !is.known ? on_loopback(match, meta)
				  : equals(judge, &is,
					    json_object_get(match, "right"), 0);
	if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0)
		return found;
	return strcmp(op, "!=") == 0 ? not(found) : MATCH_MAYBE;
}

/* --- Rules and chains ------------------------------------------------------------ */

static void write_where(const struct judge *judge, const char *chain,
	const json_t *rule, char where[NFT_WHERE])
{
	if (rule)
		snprintf(where, NFT_WHERE,
			"table %.20s %.40s, chain %.40s, rule %lld",
			judge->family, judge->table, chain,
			(long long)json_integer_value(
				json_object_get(rule, "handle")));
	else
		snprintf(where, NFT_WHERE,
			"table %.20s %.40s, chain %.40s, policy drop",
			judge->family, judge->table, chain);
}

static enum walk walk_chain(
	struct judge *judge, const char *chain, enum match sure);

/* A verdict that is reached for sure, or only maybe. */
static enum walk decide(struct judge *judge, const json_t *rule,
	enum match sure, enum walk verdict)
{
	const char *chain = text_at(rule, "chain");

	if (verdict == WALK_DROP && sure == MATCH_YES)
		write_where(judge, chain, rule, judge->drop_where);
	if (sure == MATCH_YES)
		return verdict;
	if (verdict == WALK_ACCEPT)
		judge->maybe_accept = true;
	if (verdict == WALK_DROP) {
		judge->maybe_drop = true;
		write_where(judge, chain, rule, judge->maybe_where);
	}
	return WALK_ON;
}

static enum walk go_to(
	struct judge *judge, const json_t *target, enum match sure, bool back)
{
	enum walk end;

	if (judge->depth == MAX_DEPTH)
		return WALK_ON;
	judge->depth++;
	end = walk_chain(judge, text_at(target, "target"), sure);
	judge->depth--;
	if (sure != MATCH_YES)
		return WALK_ON;
	if (end == WALK_ACCEPT || end == WALK_DROP)
		return end;
	return back ? WALK_ON : WALK_RETURN;
}

/* Another source address: nothing that a tunnel's selectors know. */
static bool is_nat(const json_t *statement)
{
	return json_object_get(statement, "masquerade") ||
	       json_object_get(statement, "snat");
}

/* A verdict by itself, or what a verdict map has for this packet. */
static enum walk obey(struct judge *judge, const json_t *rule,
	const json_t *statement, enum match sure)
{
	const json_t *target;

	if (json_object_get(statement, "accept"))
		return decide(judge, rule, sure, WALK_ACCEPT);
	if (json_object_get(statement, "drop") ||
		json_object_get(statement, "reject") || is_nat(statement))
		return decide(judge, rule, sure, WALK_DROP);
	if (json_object_get(statement, "return"))
		return sure == MATCH_YES ? WALK_RETURN : WALK_ON;
	if ((target = json_object_get(statement, "jump")))
		return go_to(judge, target, sure, true);
	if ((target = json_object_get(statement, "goto")))
		return go_to(judge, target, sure, false);
	return WALK_ON;
}

static enum walk look_up(struct judge *judge, const json_t *rule,
	const json_t *vmap, enum match sure)
{
	struct property is = property_of(judge, json_object_get(vmap, "key"));
	const json_t *data = json_object_get(vmap, "data");
	const json_t *set = json_object_get(data, "set");
	enum walk end = WALK_ON;
	size_t i;
	json_t *pair;

	/* A named map, with verdicts that are not in sight. */
	if (!set) {
		judge->maybe_accept = judge->maybe_drop = true;
		write_where(judge, text_at(rule, "chain"), rule,
			judge->maybe_where);
	}
	json_array_foreach(set, i, pair)
	{
		enum match found =
			equals(judge, &is, json_array_get(pair, 0), 0);

		if (end == WALK_ON && found != MATCH_NO)
			end = obey(judge, rule, json_array_get(pair, 1),
				both(sure, found));
	}
	return end;
}

/* Statements that neither match nor decide. */
static bool passes_on(const json_t *statement)
{
	static const char *const names[] = { "counter", "log", "mangle",
		"notrack", "ct helper", "ct timeout", "meter" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (json_object_get(statement, names[i]))
			return true;
	}
	return false;
}

static bool is_verdict(const json_t *statement)
{
	static const char *const names[] = { "accept", "drop", "reject",
		"return", "jump", "goto" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (json_object_get(statement, names[i]))
			return true;
	}
	return is_nat(statement);
}

static enum walk walk_rule(
	struct judge *judge, const json_t *rule, enum match sure)
{
	json_t *statement;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, statement)
	{
		const json_t *match = json_object_get(statement, "match");
		const json_t *vmap = json_object_get(statement, "vmap");
		enum walk end;

		if (match) {
			sure = both(sure, matches(judge, match));
			if (sure == MATCH_NO)
				return WALK_ON;
		} else if (vmap || is_verdict(statement)) {
			end = vmap ? look_up(judge, rule, vmap, sure)
				   : obey(judge, rule, statement, sure);
			if (end != WALK_ON || !vmap)
				return end;
		} else if (!passes_on(statement)) {
			/* A limit, a match of iptables .. */
			sure = both(sure, MATCH_MAYBE);
		}
	}
	return WALK_ON;
}

static enum walk walk_chain(
	struct judge *judge, const char *chain, enum match sure)
{
	json_t *object;
	size_t i;

	json_array_foreach(judge->objects, i, object)
	{
		const json_t *rule = json_object_get(object, "rule");
		enum walk end;

		if (!rule || !is_at(rule, "chain", chain) ||
			!is_at(rule, "table", judge->table) ||
			!is_at(rule, "family", judge->family))
			continue;
		end = walk_rule(judge, rule, sure);
		if (end != WALK_ON)
			return end;
	}
	return WALK_ON;
}

/* --- Hooks ----------------------------------------------------------------------- */

static bool sees(const json_t *chain, const struct nft_packet *packet)
{
	static const char *const hooks[] = { [NFT_INPUT] = "input",
		[NFT_OUTPUT] = "output",
		[NFT_FORWARD] = "forward",
		[NFT_NAT] = "postrouting" };
	const char *family = text_at(chain, "family");

	if (!is_at(chain, "hook", hooks[packet->hook]) ||
		is_at(chain, "type", "nat") != (packet->hook == NFT_NAT))
		return false;
	return strcmp(family, "inet") == 0 ||
	       strcmp(family, packet->family == 4 ? "ip" : "ip6") == 0;
}

static enum nft_verdict judge_chain(
	const struct judge *all, const json_t *chain, char where[NFT_WHERE])
{
	struct judge judge = *all;
	enum walk end;

	judge.family = text_at(chain, "family");
	judge.table = text_at(chain, "table");
	end = walk_chain(&judge, text_at(chain, "name"), MATCH_YES);
	if (end != WALK_ACCEPT && end != WALK_DROP &&
		is_at(chain, "policy", "drop")) {
		end = WALK_DROP;
		write_where(
			&judge, text_at(chain, "name"), NULL, judge.drop_where);
	}
	if (end == WALK_DROP) {
		snprintf(where, NFT_WHERE, "%s", judge.drop_where);
		return judge.maybe_accept ? NFT_MAYBE : NFT_DROPPED;
	}
	if (!judge.maybe_drop)
		return NFT_PASSES;
	snprintf(where, NFT_WHERE, "%s", judge.maybe_where);
	return NFT_MAYBE;
}

enum nft_verdict nft_judge(const json_t *ruleset,
	const struct nft_packet *packet, char where[NFT_WHERE])
{
	const struct judge judge = {
		.objects = json_object_get(ruleset, "nftables"),
		.packet = packet,
	};
	enum nft_verdict worst = NFT_PASSES;
	json_t *object;
	size_t i;

	where[0] = '\0';
	json_array_foreach(judge.objects, i, object)
	{
		const json_t *chain = json_object_get(object, "chain");
		char here[NFT_WHERE] = "";
		enum nft_verdict verdict;

		if (!chain || !sees(chain, packet))
			continue;
		verdict = judge_chain(&judge, chain, here);
		if (verdict <= worst)
			continue;
		worst = verdict;
		snprintf(where, NFT_WHERE, "%s", here);
	}
	return worst;
}

/* ctl_nft.c - rulesets as nft prints them, and what becomes of a packet in each.
 * SPDX-License-Identifier: ISC
 *
 * tests/golden/doctor/NAME.json is what nft 1.0.6 has printed.
 */
#include "daemon/ctl_nft.h"

#include "tests/suite.h"

#include <netinet/in.h>

#define UDP IPPROTO_UDP
#define ESP IPPROTO_ESP

static const struct row {
	const char *rules;
	struct nft_packet packet;
	enum nft_verdict verdict;
	const char *where;
} rows[] = {
	// clang-format off
	{ "gateway", { NFT_INPUT, 4, UDP, 0, 500, false, false }, NFT_PASSES, "" },
	{ "gateway", { NFT_INPUT, 4, UDP, 0, 4500, false, false }, NFT_PASSES, "" },
	{ "gateway", { NFT_INPUT, 6, UDP, 0, 4500, false, false }, NFT_PASSES, "" },
	{ "gateway", { NFT_INPUT, 6, ESP, 0, 0, false, false }, NFT_PASSES, "" },
	/* Of a range, and by the end of a chain that is jumped to. */
	{ "gateway", { NFT_INPUT, 4, UDP, 0, 1500, false, false }, NFT_DROPPED, "table inet filter, chain input, rule 17" },
	{ "gateway", { NFT_INPUT, 4, UDP, 0, 2001, false, false }, NFT_DROPPED, "table inet filter, chain other, rule 8" },
	{ "gateway", { NFT_INPUT, 4, UDP, 0, 67, false, false }, NFT_PASSES, "" },
	{ "gateway", { NFT_INPUT, 4, IPPROTO_ICMP, 0, 0, false, false }, NFT_PASSES, "" },
	{ "gateway", { NFT_INPUT, 6, IPPROTO_ICMP, 0, 0, false, false }, NFT_DROPPED, "table inet filter, chain other, rule 8" },
	{ "gateway", { NFT_INPUT, 4, IPPROTO_TCP, 0, 22, false, false }, NFT_MAYBE, "table inet filter, chain other, rule 8" },
	{ "gateway", { NFT_OUTPUT, 4, UDP, 500, 500, false, false }, NFT_PASSES, "" },
	{ "gateway", { NFT_OUTPUT, 4, UDP, 500, 501, false, false }, NFT_DROPPED, "table inet filter, chain output, rule 22" },
	{ "gateway", { NFT_OUTPUT, 4, UDP, 0, 501, false, false }, NFT_MAYBE, "table inet filter, chain output, rule 22" },
	{ "gateway", { NFT_OUTPUT, 4, UDP, 4500, 4500, false, false }, NFT_DROPPED, "table inet filter, chain output, rule 24" },
	{ "gateway", { NFT_OUTPUT, 4, UDP, 1, 53, false, false }, NFT_DROPPED, "table inet filter, chain other, rule 8" },
	{ "gateway", { NFT_OUTPUT, 4, ESP, 0, 0, false, false }, NFT_PASSES, "" },
	{ "gateway", { NFT_FORWARD, 4, 0, 0, 0, false, false }, NFT_MAYBE, "table inet filter, chain forward, policy drop" },
	{ "gateway", { NFT_FORWARD, 6, 0, 0, 0, false, false }, NFT_DROPPED, "table inet filter, chain forward, policy drop" },

	{ "closed", { NFT_INPUT, 4, UDP, 0, 500, false, false }, NFT_MAYBE, "table ip filter, chain INPUT, rule 3" },
	{ "closed", { NFT_INPUT, 4, UDP, 0, 4500, false, false }, NFT_DROPPED, "table ip filter, chain INPUT, rule 6" },
	{ "closed", { NFT_INPUT, 4, ESP, 0, 0, false, false }, NFT_DROPPED, "table ip filter, chain INPUT, rule 4" },
	{ "closed", { NFT_INPUT, 4, UDP, 0, 53, false, false }, NFT_PASSES, "" },
	{ "closed", { NFT_INPUT, 6, UDP, 0, 500, false, false }, NFT_DROPPED, "table ip6 raw, chain shut, rule 4" },
	{ "closed", { NFT_INPUT, 6, UDP, 0, 4500, false, false }, NFT_DROPPED, "table ip6 raw, chain shut, rule 4" },
	{ "closed", { NFT_INPUT, 6, ESP, 0, 0, false, false }, NFT_PASSES, "" },
	{ "closed", { NFT_OUTPUT, 4, UDP, 500, 500, false, false }, NFT_PASSES, "" },
	{ "closed", { NFT_FORWARD, 4, 0, 0, 0, false, false }, NFT_DROPPED, "table ip filter, chain FORWARD, policy drop" },
	{ "tunnels", { NFT_FORWARD, 4, 0, 0, 0, true, false }, NFT_PASSES, "" },
	{ "tunnels", { NFT_FORWARD, 4, 0, 0, 0, false, true }, NFT_PASSES, "" },
	{ "tunnels", { NFT_FORWARD, 4, 0, 0, 0, false, false }, NFT_DROPPED, "table inet filter, chain forward, rule 4" },
	{ "closed", { NFT_NAT, 4, 0, 0, 0, false, true }, NFT_DROPPED, "table ip nat, chain post, rule 2" },
	{ "closed", { NFT_NAT, 6, 0, 0, 0, false, true }, NFT_PASSES, "" },
	{ "gateway", { NFT_NAT, 4, 0, 0, 0, false, true }, NFT_PASSES, "" },
	{ "nat", { NFT_NAT, 4, 0, 0, 0, false, true }, NFT_PASSES, "" },
	{ "nat", { NFT_NAT, 4, 0, 0, 0, false, false }, NFT_MAYBE, "table ip nat, chain post, rule 3" },
	{ "closed", { NFT_FORWARD, 6, 0, 0, 0, false, false }, NFT_PASSES, "" },
	// clang-format on
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

START_TEST(a_packet)
{
	const struct row *row = &rows[_i];
	char path[128], where[NFT_WHERE];
	json_error_t error;
	json_t *rules;

	snprintf(path, sizeof(path), "tests/golden/doctor/%s.json", row->rules);
	rules = json_load_file(path, 0, &error);
	ck_assert_msg(rules != NULL, "%s: %s", path, error.text);
	ck_assert_int_eq(nft_judge(rules, &row->packet, where), row->verdict);
	ck_assert_str_eq(where, row->where);
	json_decref(rules);
}
END_TEST

#define CHAIN(POLICY)                                                          \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\","      \
	"\"hook\":\"input\",\"type\":\"filter\",\"policy\":\"" POLICY "\"}}"
#define RULE(EXPR)                                                             \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"c\","      \
	"\"handle\":9,\"expr\":[" EXPR "]}}"
#define RULESET(TEXT) "{\"nftables\":[" TEXT "]}"
#define DROP          "{\"drop\":null}"
#define ACCEPT        "{\"accept\":null}"
#define JUMP_SELF     "{\"jump\":{\"target\":\"c\"}}"

/* Nobody promises that it is nft who speaks, or that we know all it says. */
static const struct {
	const char *ruleset;
	enum nft_verdict verdict;
} odd[] = {
	{ "{}", NFT_PASSES },
	{ "[]", NFT_PASSES },
	{ RULESET(""), NFT_PASSES },
	{ RULESET("1,null,{\"chain\":[]},{\"rule\":7}"), NFT_PASSES },
	{ RULESET(CHAIN("drop")), NFT_DROPPED },
	{ RULESET(CHAIN("accept") "," RULE(DROP)), NFT_DROPPED },
	{ RULESET(CHAIN("accept") "," RULE("{\"xt\":null}," DROP)), NFT_MAYBE },
	{ RULESET(CHAIN("drop") "," RULE("{\"limit\":{}}," ACCEPT)),
		NFT_MAYBE },
	{ RULESET(CHAIN("drop") "," RULE("{\"counter\":{}}," ACCEPT)),
		NFT_PASSES },
	{ RULESET(CHAIN("accept") "," RULE(
		  "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"mark\"}},\"right\":1}}," DROP)),
		NFT_MAYBE },
	{ RULESET(CHAIN("accept") "," RULE("{\"match\":{}}," DROP)),
		NFT_MAYBE },
	{ RULESET(CHAIN("accept") "," RULE(
		  "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"iifname\"}},\"right\":\"lo\"}}," DROP)),
		NFT_PASSES },
	{ RULESET(CHAIN("accept") "," RULE(
		  "{\"match\":{\"op\":\"!=\",\"left\":{\"meta\":{\"key\":\"iifname\"}},\"right\":\"lo\"}}," DROP)),
		NFT_DROPPED },
	{ RULESET(CHAIN("accept") "," RULE(
		  "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"udp\",\"field\":\"dport\"}},\"right\":\"@gone\"}}," DROP)),
		NFT_MAYBE },
	{ RULESET(CHAIN("accept") "," RULE(
		  "{\"vmap\":{\"key\":{},\"data\":\"@map\"}}")),
		NFT_MAYBE },
	/* A chain that goes to itself comes to an end. */
	{ RULESET(CHAIN("drop") "," RULE(JUMP_SELF)), NFT_DROPPED },
};
enum { ODD = sizeof(odd) / sizeof(odd[0]) };

START_TEST(odd_rulesets)
{
	const struct nft_packet packet = { NFT_INPUT, 4, UDP, 0, 500, false,
		false };
	json_t *rules = json_loads(odd[_i].ruleset, 0, NULL);
	char where[NFT_WHERE];

	ck_assert_msg(rules != NULL, "%s", odd[_i].ruleset);
	ck_assert_int_eq(nft_judge(rules, &packet, where), odd[_i].verdict);
	json_decref(rules);
}
END_TEST

SUITE(ctl_nft)
{
	loop_test(a_packet, ROWS);
	loop_test(odd_rulesets, ODD);
}

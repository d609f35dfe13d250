/* peer.c - peers as counted values; addresses and selectors as text.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/peer.h"

#include "ikev2/selectors.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

struct ike_peer *ike_peer_new(void)
{
	struct ike_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->refs = 1;
	peer->enabled = true;
	peer->local.auth = peer->remote.auth = IKE_AUTH_PSK;
	peer->revocation = REVOCATION_SOFT;
	peer->dpd_delay_ms = 30000;
	peer->retransmit_tries = 5;
	peer->retransmit_base_ms = 2000;
	peer->retransmit_max_ms = 60000;
	peer->unique = IKE_UNIQUE_REPLACE;
	peer->childless = true;
	peer->encap = IKE_ENCAP_AUTO;
	peer->fragmentation = true;
	peer->mobike = true;
	return peer;
}

struct ike_peer *ike_peer_ref(struct ike_peer *peer)
{
	peer->refs++;
	return peer;
}

void ike_peer_unref(struct ike_peer *peer)
{
	if (!peer || --peer->refs > 0)
		return;
	credential_unref(peer->own);
	trust_unref(peer->trust);
	free(peer->children);
	sodium_memzero(peer, sizeof(*peer));
	free(peer);
}

void ike_peers_clear(struct ike_peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		ike_peer_unref(peers->peer[i]);
	free(peers->peer);
	free(peers->change);
	*peers = (struct ike_peers){ 0 };
}

bool ike_peer_can_prove(const struct ike_peer *peer)
{
	const uint8_t needed = peer->local.auth | peer->remote.auth;

	if ((needed & IKE_AUTH_PSK) && peer->psk_len == 0)
		return false;
	if ((peer->local.auth & IKE_AUTH_SIGNATURE) && !peer->own)
		return false;
	return !(peer->remote.auth & IKE_AUTH_SIGNATURE) || peer->trust;
}

bool ike_peer_only_shunts(const struct ike_peer *peer)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		if (!ike_is_shunt(peer->children[i].mode))
			return false;
	}
	return peer->child_count > 0;
}

bool ike_proposal_equal(
	const struct ike_proposal *a, const struct ike_proposal *b)
{
	return a->count == b->count &&
	       memcmp(a->transforms, b->transforms,
		       a->count * sizeof(a->transforms[0])) == 0;
}

bool ike_proposals_equal(
	const struct ike_proposals *a, const struct ike_proposals *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!ike_proposal_equal(&a->list[i], &b->list[i]))
			return false;
	}
	return true;
}

static bool same_selectors(const struct ike_selector *a, size_t a_count,
	const struct ike_selector *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (!selector_equal(&a[i], &b[i]))
			return false;
	}
	return true;
}

/* Does each of the others lie within one of these?  What "dynamic" stands for
 * is not known here: it lies within nothing but itself. */
static bool hold_selectors(const struct ike_selector *these, size_t count,
	const struct ike_selector *others, size_t other_count)
{
	for (size_t i = 0; i < other_count; i++) {
		size_t n = 0;

		while (n < count && !selector_equal(&others[i], &these[n]) &&
			!selector_within(&others[i], &these[n]))
			n++;
		if (n == count)
			return false;
	}
	return true;
}

static bool same_pairs(
	const struct ike_child_policy *a, const struct ike_child_policy *b)
{
	return same_selectors(a->local_ts, a->local_ts_count, b->local_ts,
		       b->local_ts_count) &&
	       same_selectors(a->remote_ts, a->remote_ts_count, b->remote_ts,
		       b->remote_ts_count);
}

bool ike_child_replaceable(
	const struct ike_child_policy *now, const struct ike_child_policy *was)
{
	return now->mode == was->mode && ike_label_equal(&now->in, &was->in) &&
	       ike_label_equal(&now->out, &was->out) &&
	       hold_selectors(now->local_ts, now->local_ts_count, was->local_ts,
		       was->local_ts_count) &&
	       hold_selectors(now->remote_ts, now->remote_ts_count,
		       was->remote_ts, was->remote_ts_count);
}

bool ike_child_wider(
	const struct ike_child_policy *now, const struct ike_child_policy *was)
{
	return ike_child_replaceable(now, was) && !same_pairs(now, was);
}

bool ike_child_treated_same(
	const struct ike_child_policy *a, const struct ike_child_policy *b)
{
	return a->priority == b->priority &&
	       a->replay_window == b->replay_window;
}

bool ike_child_same(
	const struct ike_child_policy *a, const struct ike_child_policy *b)
{
	return ike_child_replaceable(a, b) && same_pairs(a, b) &&
	       ike_child_treated_same(a, b);
}

bool ike_addr_equal(const struct ike_addr *a, const struct ike_addr *b)
{
	return a->family == b->family &&
	       memcmp(a->octets, b->octets, ike_addr_len(a->family)) == 0;
}

int ike_addr_compare(const struct ike_addr *a, const struct ike_addr *b)
{
	return memcmp(a->octets, b->octets, ike_addr_len(a->family));
}

/* --- Text ----------------------------------------------------------------- */

enum { GROUPS = 8 }; /* of an IPv6 address */

static unsigned int group_at(const uint8_t *octets, size_t i)
{
	return (unsigned int)octets[2 * i] << 8 | octets[2 * i + 1];
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952
 * section 4.2); its length is 0 if there is none. */
static size_t zero_run(const uint8_t *octets, size_t *start)
{
	size_t best = 1, run = 0;

	*start = GROUPS;
	for (size_t i = 0; i < GROUPS; i++) {
		run = group_at(octets, i) == 0 ? run + 1 : 0;
		if (run > best) {
			best = run;
			*start = i + 1 - run;
		}
	}
	return *start == GROUPS ? 0 : best;
}

static void ipv6_text(const uint8_t *octets, char out[IKE_ADDR_SIZE])
{
	size_t start, i = 0, len = 0;
	const size_t run = zero_run(octets, &start);

	while (i < GROUPS) {
		if (run > 0 && i == start) {
			len += (size_t)snprintf(
				out + len, IKE_ADDR_SIZE - len, "::");
			i += run;
			continue;
		}
		len += (size_t)snprintf(out + len, IKE_ADDR_SIZE - len, "%s%x",
			i == 0 || i == start + run ? "" : ":",
			group_at(octets, i));
		i++;
	}
}

const char *ike_addr_text(const struct ike_addr *addr, char out[IKE_ADDR_SIZE])
{
	const uint8_t *o = addr->octets;

	if (addr->family == 4)
		snprintf(out, IKE_ADDR_SIZE, "%u.%u.%u.%u", o[0], o[1], o[2],
			o[3]);
	else if (addr->family == 6)
		ipv6_text(o, out);
	else
		snprintf(out, IKE_ADDR_SIZE, "any");
	return out;
}

const char *ike_place_text(
	const struct ike_place *place, char *out, size_t size)
{
	char first[IKE_ADDR_SIZE], last[IKE_ADDR_SIZE];

	switch (place->kind) {
	case IKE_PLACE_ANY:
		break;
	case IKE_PLACE_NAME:
		snprintf(out, size, "%s", place->name);
		return out;
	case IKE_PLACE_RANGE:
		ike_addr_text(&place->first, first);
		ike_addr_text(&place->last, last);
		if (ike_addr_equal(&place->first, &place->last))
			snprintf(out, size, "%s", first);
		else
			snprintf(out, size, "%s-%s", first, last);
		return out;
	}
	snprintf(out, size, "any");
	return out;
}

const char *ike_auth_text(
	uint8_t auth, const char *between, char out[IKE_AUTH_SIZE])
{
	static const struct {
		enum ike_auth bit;
		const char *name;
	} names[] = {
		{ IKE_AUTH_PSK, "psk" },
		{ IKE_AUTH_CERT, "cert" },
		{ IKE_AUTH_PUBKEY, "pubkey" },
	};

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const size_t len = strlen(out);

		if (auth & names[i].bit)
			snprintf(out + len, IKE_AUTH_SIZE - len, "%s%s",
				len > 0 ? between : "", names[i].name);
	}
	return out;
}

static const char *protocol_text(uint8_t protocol, char *out, size_t size)
{
	/* clang-format off */
	static const struct { uint8_t number; const char *name; } names[] = {
		{ 0, "any" }, { 1, "icmp" }, { 6, "tcp" }, { 17, "udp" },
		{ 47, "gre" }, { 58, "icmpv6" }, { 132, "sctp" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == protocol)
			return names[i].name;
	}
	snprintf(out, size, "%u", protocol);
	return out;
}

/* " tcp/80", " udp/100-200", " tcp"; nothing for all of everything. */
static void append_ports(
	const struct ike_selector *selector, char *out, size_t size)
{
	const unsigned int start = selector->start_port;
	const unsigned int end = selector->end_port;
	char number[4];
	const char *protocol =
		protocol_text(selector->protocol, number, sizeof(number));

	if (start == 0 && end == UINT16_MAX) {
		if (selector->protocol != 0)
			snprintf(out, size, " %s", protocol);
	} else if (start > end)
		snprintf(out, size, " %s/opaque", protocol);
	else if (start == end)
		snprintf(out, size, " %s/%u", protocol, start);
	else
		snprintf(out, size, " %s/%u-%u", protocol, start, end);
}

const char *ike_selector_text(
	const struct ike_selector *selector, char out[IKE_SELECTOR_SIZE])
{
	struct ike_addr start = { .family = selector->family };
	struct ike_addr end = { .family = selector->family };
	char text[2][IKE_ADDR_SIZE];
	uint8_t prefix;
	size_t len;

	memcpy(start.octets, selector->start, sizeof(start.octets));
	memcpy(end.octets, selector->end, sizeof(end.octets));
	ike_addr_text(&start, text[0]);
	ike_addr_text(&end, text[1]);
	if (ike_addr_len(selector->family) == 0)
		snprintf(out, IKE_SELECTOR_SIZE, "dynamic");
	else if (selector_prefix(selector, &prefix))
		snprintf(out, IKE_SELECTOR_SIZE, "%s/%u", text[0], prefix);
	else
		snprintf(out, IKE_SELECTOR_SIZE, "%s-%s", text[0], text[1]);
	len = strlen(out);
	append_ports(selector, out + len, IKE_SELECTOR_SIZE - len);
	return out;
}

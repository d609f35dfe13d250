/* explain_asked.c - what we began and the peer refused: what the protocol shows us of why, and where to look for the rest.
 * SPDX-License-Identifier: ISC
 *
 * A notify says that, and seldom why (RFC 7296 section 2.21): the knowledge is
 * with the other side.
 */
#include "ikev2/difference.h"
#include "ikev2/engine.h"
#include "ikev2/explain.h"
#include "ikev2/identity.h"
#include "ikev2/prove.h"
#include "ikev2/selectors.h"
#include "ikev2/wire/names.h"

#include <stdio.h>

#define LOOK_THERE "'ipsec-ctl explain' or the log there says which"

/* --- IKE_SA_INIT ---------------------------------------------------------- */

/* "x25519, ecp256"; empty: none. */
static void name_groups(
	const struct ike_proposals *ours, char all[EXPLAIN_VALUE_SIZE])
{
	size_t len = 0;

	all[0] = '\0';
	for (uint8_t p = 0; p < ours->count; p++) {
		for (uint8_t i = 0; i < ours->list[p].count; i++) {
			const struct transform *t = ours->list[p].transforms[i];

			if (t->type != TRANSFORM_KE || strstr(all, t->name) ||
				len + strlen(t->name) + 3 > EXPLAIN_VALUE_SIZE)
				continue;
			len += (size_t)snprintf(all + len,
				EXPLAIN_VALUE_SIZE - len, "%s%s",
				len > 0 ? ", " : "", t->name);
		}
	}
}

/* The group that the peer has named, beside all of ours. */
static void say_group(struct ike_explanation *out,
	const struct ike_proposals *ours, uint16_t id, const char *key)
{
	const struct wire_transform wanted = { .type = TRANSFORM_KE, .id = id };
	const struct transform *row = transform_find(TRANSFORM_KE, id, 0);
	char name[TRANSFORM_NAME_SIZE], all[EXPLAIN_VALUE_SIZE];

	name_transform(&wanted, name);
	name_groups(ours, all);
	explain_row(out, "key exchange", true, name, all);
	explain_key(out, key);
	if (row)
		explain_fix_here(
			out, "add %s to the proposals of '%s'", name, key);
	else
		explain_look(out, "this version has no %s", name);
	if (all[0])
		explain_fix_there(out, "allow one of %s", all);
}

static void say_silence(struct ike_explanation *out, const struct ike_sa *sa)
{
	char addr[IKE_ADDR_SIZE], text[EXPLAIN_VALUE_SIZE];
	const unsigned sent = sa->window.tries + 1u;

	snprintf(text, sizeof(text), "sent %u times in %u s to %s port %u",
		sent, (unsigned)((sa->ike->now.mono_ms - sa->born_ms) / 1000),
		ike_addr_text(&sa->remote.addr, addr), sa->remote.port);
	explain_row(out, "packets", true, "no answer", text);
}

void explain_init_asked(struct ike_explanation *out, const void *ctx)
{
	const struct ike_sa *sa = ctx;
	const struct handshake *h = sa->handshake;
	char here[IKE_ADDR_SIZE], there[IKE_ADDR_SIZE];

	explain_ends(out, sa);
	ike_addr_text(&sa->local.addr, here);
	ike_addr_text(&sa->remote.addr, there);
	if (h->hint == NO_PROPOSAL_CHOSEN) {
		explain_offer(
			out, &sa->peer->ike, NULL, PROTOCOL_IKE, NEGOTIATE_KE);
		if (h->bad_answer)
			explain_look(out,
				"%s chose what was not offered: a fault there, "
				"or somebody between",
				there);
		else
			explain_look(out,
				"the notify does not say whether 'ike' differs, "
				"or %s has no peer for our address %s: "
				"'ipsec-ctl explain' or the log there does",
				there, here);
	} else if (h->hint == INVALID_KE_PAYLOAD) {
		say_group(out, &sa->peer->ike, h->wanted, "ike");
	} else if (h->hint == IKE_OK && h->cookies > 0) {
		explain_row(out, "cookie", false, "asked for", "returned");
		say_silence(out, sa);
		explain_look(out,
			"%s has asked for a cookie, so it hears us and we hear "
			"it: it has too many IKE SAs that are half-open, or "
			"just refused; 'ipsec-ctl explain' or the log there "
			"says which limit",
			there);
	} else if (h->hint == IKE_OK) {
		explain_key(out, "remote");
		say_silence(out, sa);
		explain_look(out,
			"is that its address, does IKE run there, and does a "
			"firewall on the way drop UDP %u? We send from %s",
			sa->remote.port, here);
	} else {
		explain_look(out, "%s says only %s: its log may say why", there,
			notify_name((uint16_t)h->hint)
				? notify_name((uint16_t)h->hint)
				: "an unknown error");
	}
}

void explain_unreachable(struct ike_explanation *out, const void *ctx)
{
	const struct dial *dial = ctx;
	const struct ike_side *remote = &dial->peer->remote;

	out->initiator = true;
	explain_key(out, "remote");
	for (uint8_t i = 0; i < remote->place_count; i++) {
		if (remote->places[i].kind != IKE_PLACE_NAME)
			continue;
		explain_row(out, "remote", true, "does not resolve",
			remote->places[i].name);
		explain_look(out,
			"is '%.100s' spelt right? 'getent ahosts %.100s' asks "
			"as this host does; else see its name server",
			remote->places[i].name, remote->places[i].name);
		return;
	}
	explain_look(out, "is there a route to it, from an address of 'local'? "
			  "'ip route get' says so");
}

/* --- IKE_AUTH ------------------------------------------------------------- */

/* RFC 7383 section 1: what IP has to cut, much on the way drops. */
static void say_long(
	struct ike_explanation *out, const struct ike_sa *sa, size_t octets)
{
	const bool ours = sa->peer->fragmentation;

	explain_key(out, "fragmentation");
	explain_row(out, "fragmentation", true, ours ? "no" : NULL,
		ours ? "yes" : "no");
	explain_look(out,
		"IKE_SA_INIT was answered, so it is no matter of 'ike'; "
		"IKE_AUTH has %zu octets in one piece, as IKE fragmentation "
		"is off %s: does something on the way drop that, or fragments "
		"of IP, or UDP %u?",
		octets, ours ? "there" : "here", sa->remote.port);
}

void explain_auth_silent(struct ike_explanation *out, const void *ctx)
{
	const struct ike_sa *sa = ctx;
	const struct packet *sent = sa->window.request;

	explain_ends(out, sa);
	say_silence(out, sa);
	/* Without memory it was not sent at all. */
	if (sent && !sa->fragmentation && fragment_is_long(sa, sent->len)) {
		say_long(out, sa, sent->len);
		return;
	}
	explain_key(out, "remote");
	explain_look(out,
		"IKE_SA_INIT was answered, so it is no matter of 'ike': does a "
		"firewall drop UDP %u, or fragments? The log there says whether "
		"IKE_AUTH came in",
		sa->remote.port);
}

void explain_rejected(struct ike_explanation *out, const void *ctx)
{
	const struct ike_sa *sa = ctx;
	const struct ike_side *remote = &sa->peer->remote;
	const bool psk = sa->peer->local.auth == IKE_AUTH_PSK;
	char id[IKE_ID_SIZE], idr[IKE_ID_SIZE] = "not said",
			      method[IKE_AUTH_SIZE];

	explain_ends(out, sa);
	identity_text(&sa->local_id, id);
	if (remote->id.type != ID_NONE && !remote->id_wildcard)
		identity_text(&remote->id, idr);
	ike_auth_text(sa->peer->local.auth, " or ", method);
	explain_row(out, "local_id", false, NULL, id);
	explain_row(out, "remote_id", false, NULL, idr);
	explain_row(out, "local_auth", false, NULL, method);
	explain_look(out,
		"the notify does not say which of them: there, remote_id must "
		"fit '%.80s', remote_auth have %s, and %s; " LOOK_THERE,
		id, method,
		psk ? "the secret be the same"
		    : "the authority of our certificate or our key be known");
}

void explain_id_rejected(struct ike_explanation *out, const void *ctx)
{
	const struct explain_proof *proof = ctx;
	const struct ike_side *remote = &proof->sa->peer->remote;
	char said[IKE_ID_SIZE] = "unreadable", wanted[IKE_ID_SIZE] = "any";
	struct ike_id idr;

	explain_ends(out, proof->sa);
	if (identity_read(&proof->in->idr, &idr))
		identity_text(&idr, said);
	if (remote->id.type != ID_NONE)
		identity_text(&remote->id, wanted);
	explain_key(out, "remote_id");
	explain_row(out, "remote_id", true, said, wanted);
	explain_fix_here(out, "remote_id: %.200s", said);
	if (proof->in->auth.method == AUTH_SHARED_KEY && !remote->id_wildcard)
		explain_fix_there(out, "local_id: %.200s", wanted);
}

void explain_proof_of(struct ike_explanation *out,
	const struct ike_side *remote, const struct message *in,
	const char *why)
{
	const bool psk = in->auth.method == AUTH_SHARED_KEY;
	char method[IKE_AUTH_SIZE];

	ike_auth_text(remote->auth, " or ", method);
	if (!(remote->auth & (psk ? IKE_AUTH_PSK : IKE_AUTH_SIGNATURE))) {
		explain_key(out, "remote_auth");
		explain_row(out, "remote_auth", true,
			psk ? "psk" : "a signature", method);
		explain_look(out, LOOK_METHOD, method,
			psk ? "psk" : "cert or pubkey");
	} else if (psk) {
		explain_key(out, "secret");
		explain_row(out, "secret", true, "another", "ours");
		explain_look(out, "put the same key into both sides' 'secret': "
				  "which of them is right nobody can tell");
	} else if (remote->auth == IKE_AUTH_PUBKEY) {
		explain_key(out, "pubkey");
		explain_row(out, "pubkey", true, why, NULL);
		explain_look(out, "copy the public key that belongs to its "
				  "'key' into 'pubkey' here");
	} else {
		explain_key(out, "certificate");
		explain_row(out, "certificate", true, why, NULL);
		explain_look(out, LOOK_CERTIFICATE);
	}
}

void explain_proof_rejected(struct ike_explanation *out, const void *ctx)
{
	const struct explain_proof *proof = ctx;

	explain_ends(out, proof->sa);
	explain_proof_of(out, &proof->sa->peer->remote, proof->in, proof->why);
}

/* --- Rekeying the IKE SA -------------------------------------------------- */

void explain_rekey_asked(struct ike_explanation *out, const void *ctx)
{
	const struct ike_sa *sa = ctx;

	explain_ends(out, sa);
	out->initiator = true;
	if (out->error != NO_PROPOSAL_CHOSEN &&
		out->error != INVALID_KE_PAYLOAD)
		return;
	explain_offer(out, &sa->peer->ike, NULL, PROTOCOL_IKE, NEGOTIATE_KE);
	explain_look(out,
		"the IKE SA came up, so 'ike' was changed on one side since: "
		"compare both; " LOOK_THERE);
}

/* --- Children ------------------------------------------------------------- */

static const char *mode_of(const struct ike_child_policy *policy)
{
	return policy->mode == IKE_MODE_TRANSPORT ? "transport" : "tunnel";
}

static void say_selectors(
	struct ike_explanation *out, const struct explain_child *child)
{
	struct selectors local, remote;
	char ours[2][IKE_SELECTOR_SIZE] = { "nothing", "nothing" };

	child_selectors(child->sa, child->policy, &local, &remote);
	if (local.count > 0)
		ike_selector_text(&local.list[0], ours[0]);
	if (remote.count > 0)
		ike_selector_text(&remote.list[0], ours[1]);
	explain_key(out, "local_ts, remote_ts");
	explain_row(out, "local_ts", false, NULL, ours[0]);
	explain_row(out, "remote_ts", false, NULL, ours[1]);
	explain_row(out, "mode", false, NULL, mode_of(child->policy));
	explain_look(out,
		"there, local_ts must meet %.80s and remote_ts %.80s, in the "
		"same mode; " LOOK_THERE,
		ours[1], ours[0]);
}

static bool is_other_mode(const struct explain_child *child)
{
	return (message_notify(child->in, USE_TRANSPORT_MODE) != NULL) !=
	       (child->policy->mode == IKE_MODE_TRANSPORT);
}

/* RFC 7296 section 1.3.1: it may answer a wish for transport mode with a tunnel,
 * and then it is for us to say no. */
static void say_mode(
	struct ike_explanation *out, const struct explain_child *child)
{
	const bool ours = child->policy->mode == IKE_MODE_TRANSPORT;
	const char *const mode[] = { "tunnel", "transport" };

	explain_key(out, "mode");
	explain_row(out, "mode", true, mode[!ours], mode[ours]);
	explain_fix_here(out, "mode: %s", mode[!ours]);
	explain_fix_there(out, "mode: %s", mode[ours]);
}

/* The old child came up, so what the exchange of the new one adds to it is the
 * first thing to look at. */
static void say_rekey(
	struct ike_explanation *out, const struct explain_child *child)
{
	const struct transform *last = child->old->suite.ke;
	char groups[EXPLAIN_VALUE_SIZE];

	if (last) {
		explain_look(out,
			"it was made with a key exchange, %s, so 'esp' was "
			"changed on one side since: compare both sides' 'esp'; " LOOK_THERE,
			last->name);
		return;
	}
	name_groups(&child->policy->esp, groups);
	explain_row(
		out, "key exchange", true, NULL, groups[0] ? groups : "none");
	explain_look(out,
		"the first child has no key exchange of its own, so that the "
		"groups in 'esp' differ (here: %s) shows only when it is "
		"rekeyed: compare both sides' 'esp'",
		groups[0] ? groups : "none, so there is to be none there");
}

/* Libreswan says the same of a proposal and of a mode. */
static void say_refused(
	struct ike_explanation *out, const struct explain_child *child)
{
	explain_row(out, "mode", false, NULL, mode_of(child->policy));
	explain_look(out,
		"the notify does not say what they accept: compare both sides' "
		"'esp', and 'mode' (here: %s); " LOOK_THERE,
		mode_of(child->policy));
}

static void say_esp(
	struct ike_explanation *out, const struct explain_child *child)
{
	const struct message *in = child->in;
	const bool answered = in && has_payload(in, PAYLOAD_SA);

	if (answered && is_other_mode(child)) {
		say_mode(out, child);
		return;
	}
	explain_offer(out, &child->policy->esp, answered ? &in->sa : NULL,
		PROTOCOL_ESP,
		child->first ? NEGOTIATE_WITHOUT_KE : NEGOTIATE_KE);
	if (answered)
		explain_look(out, "the peer chose what was not offered: a "
				  "fault there");
	else if (child->old)
		say_rekey(out, child);
	else
		say_refused(out, child);
}

/* By INVALID_KE_PAYLOAD. */
static uint16_t group_named(const struct message *in)
{
	const struct payload_notify *notify = in ? message_error(in) : NULL;
	struct reader r = reader_of(notify ? notify->data : bytes_of(NULL, 0));
	uint16_t id = read_u16(&r);

	return r.bad ? 0 : id;
}

/* RFC 6023: who announces that IKE_AUTH may be without a child may also demand
 * it, for which there is no notify. */
static void say_unreadable(
	struct ike_explanation *out, const struct explain_child *child)
{
	if (!child->first || !child->sa->childless) {
		explain_look(out, "one side could not read the other: a fault "
				  "of one of them");
		return;
	}
	explain_key(out, "childless");
	explain_row(out, "childless", true, "announced", "a child in IKE_AUTH");
	explain_look(out,
		"does the peer demand an IKE_AUTH without a child (strongSwan: "
		"'childless = force')? Let it only allow that ('allow'). Else "
		"one side could not read the other: a fault of one of them");
}

void explain_child_asked(struct ike_explanation *out, const void *ctx)
{
	const struct explain_child *child = ctx;

	explain_ends(out, child->sa);
	out->initiator = true;
	switch (child->error) {
	case NO_PROPOSAL_CHOSEN:
		say_esp(out, child);
		return;
	case INVALID_KE_PAYLOAD:
		say_group(out, &child->policy->esp, group_named(child->in),
			"esp");
		return;
	case TS_UNACCEPTABLE:
	case SINGLE_PAIR_REQUIRED:
		say_selectors(out, child);
		return;
	case INVALID_SYNTAX:
		say_unreadable(out, child);
		return;
	case NO_ADDITIONAL_SAS:
		explain_look(out, "the peer has as many SAs as it allows");
		return;
	}
}

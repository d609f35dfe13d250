/* ctl_convert_proposal.c - proposals of other daemons as our strings.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert.h"

#include <string.h>

/* Names that our own table has under another, beyond its aliases. */
static const struct {
	const char *theirs, *ours;
} others[] = {
	{ "aes", "aes128" },
	{ "aes128gcm", "aes128gcm16" },
	{ "aes192gcm", "aes192gcm16" },
	{ "aes256gcm", "aes256gcm16" },
	{ "sha", "sha1" },
	{ "prfsha", "prfsha1" },
	{ "ecp521", "ecp521" },
};
enum { OTHERS = sizeof(others) / sizeof(others[0]) };

static const struct transform *find(const char *name)
{
	for (size_t i = 0; i < OTHERS; i++) {
		if (strcmp(others[i].theirs, name) == 0)
			name = others[i].ours;
	}
	return transform_named(bytes_of(name, strlen(name)));
}

static void append(
	struct new_proposal *proposal, const struct transform *transform)
{
	for (size_t i = 0; i < proposal->count; i++) {
		if (proposal->rows[i] == transform)
			return;
	}
	if (transform && proposal->count < MAX_OWN_TRANSFORMS)
		proposal->rows[proposal->count++] = transform;
}

void new_proposal_add(
	struct taking *t, struct new_proposal *proposal, const char *name)
{
	const struct transform *transform = find(name);

	if (strcmp(name, "none") == 0 || strcmp(name, "modpnone") == 0)
		proposal->none = true;
	else if (transform)
		append(proposal, transform);
	else
		take_note(t,
			"'%.32s' is left out of it: no algorithm that "
			"this version has",
			name);
}

static bool has(const struct new_proposal *proposal, uint8_t type)
{
	for (size_t i = 0; i < proposal->count; i++) {
		if (proposal->rows[i]->type == type)
			return true;
	}
	return false;
}

/* AEADs have no integrity algorithm beside them (RFC 7296 section 3.3), but
 * some name the hash of their PRF so. */
static const char *prf_name(struct taking *t, const struct transform *integ)
{
	return convert_text(t->c, "prf%s", integ->name);
}

static bool belongs(const struct new_proposal *proposal,
	const struct transform *transform, bool aead)
{
	switch (transform->type) {
	case TRANSFORM_ENCR:
		return transform->aead == aead;
	case TRANSFORM_INTEG:
		return !aead;
	case TRANSFORM_PRF:
		return proposal->protocol == PROTOCOL_IKE;
	case TRANSFORM_ESN:
		return proposal->protocol == PROTOCOL_ESP;
	}
	return true;
}

static void allow_weak(struct taking *t, const struct transform *transform)
{
	const char *name = transform->name;

	if (!transform->weak)
		return;
	if (transform->type == TRANSFORM_PRF)
		name += strlen("prf");
	map_add(t->c, &t->peer->map, "allow_weak", name);
}

/* The string for those of the ciphers that are AEADs, or for the others. */
static void put_string(
	struct taking *t, const struct new_proposal *proposal, bool aead)
{
	char *text = convert_alloc(t->c, MAX_OWN_TRANSFORMS * 24), *to = text;
	const bool prf_too = aead && proposal->protocol == PROTOCOL_IKE &&
			     !has(proposal, TRANSFORM_PRF);

	for (size_t i = 0; i < proposal->count; i++) {
		const struct transform *row = proposal->rows[i];
		const char *name = row->name;

		if (prf_too && row->type == TRANSFORM_INTEG)
			name = prf_name(t, row);
		else if (!belongs(proposal, row, aead))
			continue;
		allow_weak(t, row);
		to += sprintf(to, "%s%s", to == text ? "" : "-", name);
	}
	if (proposal->none && has(proposal, TRANSFORM_KE))
		sprintf(to, "-none");
	map_add(t->c, t->map, t->row->ours, text);
}

static bool has_cipher(const struct new_proposal *proposal, bool aead)
{
	for (size_t i = 0; i < proposal->count; i++) {
		if (proposal->rows[i]->type == TRANSFORM_ENCR &&
			proposal->rows[i]->aead == aead)
			return true;
	}
	return false;
}

void new_proposal_end(
	struct taking *t, struct new_proposal *proposal, const char *whole)
{
	const bool ike = proposal->protocol == PROTOCOL_IKE;
	const char *misses = NULL;

	if (!has(proposal, TRANSFORM_ENCR))
		misses = "cipher";
	else if (has_cipher(proposal, false) && !has(proposal, TRANSFORM_INTEG))
		misses = "integrity algorithm";
	else if (ike && !has(proposal, TRANSFORM_KE))
		misses = "key exchange";
	else if (ike && !has(proposal, TRANSFORM_PRF) &&
		 !has(proposal, TRANSFORM_INTEG))
		misses = "PRF";
	if (misses) {
		take_note(t,
			"'%.128s' is left out: there is no %s in it that "
			"this version has",
			whole, misses);
		return;
	}
	if (has_cipher(proposal, true))
		put_string(t, proposal, true);
	if (has_cipher(proposal, false))
		put_string(t, proposal, false);
}

static void take_proposal(struct taking *t, const char *theirs)
{
	struct new_proposal proposal = {
		.protocol = strcmp(t->row->ours, "ike") == 0 ? PROTOCOL_IKE
							     : PROTOCOL_ESP,
	};
	const char *at = theirs;

	if (strcmp(theirs, "default") == 0) {
		map_add(t->c, t->map, t->row->ours, "default");
		return;
	}
	while (*at) {
		const size_t len = strcspn(at, "-");

		new_proposal_add(t, &proposal, convert_copy(t->c, at, len));
		at += len;
		at += *at == '-';
	}
	new_proposal_end(t, &proposal, theirs);
}

void take_proposals(struct taking *t)
{
	const char *words[CONVERT_MAX_WORDS];
	const size_t count = take_split(t, ", \t", words);

	map_remove(t->map, t->row->ours);
	for (size_t i = 0; i < count; i++)
		take_proposal(t, words[i]);
	if (map_get(t->map, t->row->ours))
		take_checked(t, t->row->ours);
	if (!map_get(t->map, t->row->ours))
		take_note(t, "nothing of it is left: our default is offered, "
			     "which the other side must accept");
}

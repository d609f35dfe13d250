/* ctl_convert_proposal.c - proposals of other daemons as our strings.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_convert.h"

#include <string.h>

/* Names that our own table has under another, beyond its aliases; some stand
 * for several.  Those with an underscore are Libreswan's, those with "hmac-" and
 * the like OpenIKED's. */
static const struct {
	const char *theirs, *ours;
} others[] = {
	{ "aes", "aes128" },
	{ "aes128gcm", "aes128gcm16" },
	{ "aes192gcm", "aes192gcm16" },
	{ "aes256gcm", "aes256gcm16" },
	{ "aes_cbc", "aes256-aes128" },
	{ "aes_cbc128", "aes128" },
	{ "aes_cbc192", "aes192" },
	{ "aes_cbc256", "aes256" },
	{ "aes_cbc_128", "aes128" },
	{ "aes_cbc_192", "aes192" },
	{ "aes_cbc_256", "aes256" },
	{ "aes_128", "aes128" },
	{ "aes_192", "aes192" },
	{ "aes_256", "aes256" },
	{ "aes_gcm", "aes256gcm16-aes128gcm16" },
	{ "aes_gcm_c", "aes256gcm16-aes128gcm16" },
	{ "aes_gcm_16", "aes256gcm16-aes128gcm16" },
	{ "aes_gcm128", "aes128gcm16" },
	{ "aes_gcm192", "aes192gcm16" },
	{ "aes_gcm256", "aes256gcm16" },
	{ "aes_gcm_128", "aes128gcm16" },
	{ "aes_gcm_192", "aes192gcm16" },
	{ "aes_gcm_256", "aes256gcm16" },
	{ "aes_gcm_16_128", "aes128gcm16" },
	{ "aes_gcm_16_256", "aes256gcm16" },
	{ "aes_gcm_c_128", "aes128gcm16" },
	{ "aes_gcm_c_256", "aes256gcm16" },
	{ "chacha20_poly1305", "chacha20poly1305" },
	{ "sha", "sha1" },
	{ "sha2", "sha256" },
	{ "hmac_sha1", "sha1" },
	{ "hmac_sha2_256", "sha256" },
	{ "hmac_sha2_384", "sha384" },
	{ "hmac_sha2_512", "sha512" },
	{ "prfsha", "prfsha1" },
	{ "dh14", "modp2048" },
	{ "dh15", "modp3072" },
	{ "dh16", "modp4096" },
	{ "dh17", "modp6144" },
	{ "dh18", "modp8192" },
	{ "dh19", "ecp256" },
	{ "dh20", "ecp384" },
	{ "dh21", "ecp521" },
	{ "dh31", "x25519" },
};
enum { OTHERS = sizeof(others) / sizeof(others[0]) };

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

static bool has(const struct new_proposal *proposal, uint8_t type)
{
	for (size_t i = 0; i < proposal->count; i++) {
		if (proposal->rows[i]->type == type)
			return true;
	}
	return false;
}

static bool add_known(struct new_proposal *proposal, struct bytes name)
{
	const struct transform *transform = transform_named(name);

	append(proposal, transform);
	return transform != NULL;
}

void new_proposal_add(
	struct taking *t, struct new_proposal *proposal, const char *name)
{
	const char *ours = name;
	bool known = true;

	if (strcmp(name, "none") == 0 || strcmp(name, "modpnone") == 0) {
		proposal->none = true;
		return;
	}
	for (size_t i = 0; i < OTHERS; i++) {
		if (strcasecmp(others[i].theirs, name) == 0)
			ours = others[i].ours;
	}
	while (*ours) {
		const size_t len = strcspn(ours, "-");

		known = add_known(proposal, bytes_of(ours, len)) && known;
		ours += len;
		ours += *ours == '-';
	}
	if (!known)
		take_note(t,
			"'%.32s' is left out of it: no algorithm that this "
			"version has",
			name);
}

bool new_proposal_has(const struct new_proposal *proposal, uint8_t type)
{
	return has(proposal, type);
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

bool new_proposal_has_cipher(const struct new_proposal *proposal, bool aead)
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
	else if (new_proposal_has_cipher(proposal, false) &&
		 !has(proposal, TRANSFORM_INTEG))
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
	if (new_proposal_has_cipher(proposal, true))
		put_string(t, proposal, true);
	if (new_proposal_has_cipher(proposal, false))
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

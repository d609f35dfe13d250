/* proposal.c - "aes256gcm16-prfsha256-x25519" to proposals (RFC 7296 section 3.3).
 * SPDX-License-Identifier: ISC
 *
 * Algorithms of one kind stand in the order of preference, kinds in any order.
 */
#include "config/proposal.h"

#include "config/values.h"

enum { TOKEN_SIZE = 64 };

/* --- Presets -------------------------------------------------------------------- */

#define GROUPS "x25519-ecp256-ecp384-modp3072-modp2048-modp4096"
#define AEADS  "aes256gcm16-aes128gcm16-chacha20poly1305"
#define CBCS   "aes256-aes128-sha256-sha384-sha512"

/* Nothing that RFC 8247 calls SHOULD NOT.  A NULL text: comes later. */
static const struct preset {
	const char *name;
	uint8_t protocol;
	const char *text[3];
} presets[] = {
	{ "default", PROTOCOL_IKE,
		{ AEADS "-prfsha384-prfsha256-prfsha512-" GROUPS,
			CBCS "-prfsha256-prfsha384-prfsha512-" GROUPS } },
	{ "default", PROTOCOL_ESP,
		{ AEADS "-" GROUPS "-none-esn-noesn",
			CBCS "-" GROUPS "-none-esn-noesn" } },
	{ "compat", PROTOCOL_NONE, { NULL } },
	{ "windows", PROTOCOL_NONE, { NULL } },
	{ "pq", PROTOCOL_NONE, { NULL } },
	{ "cnsa2", PROTOCOL_NONE, { NULL } },
};
enum { PRESETS = sizeof(presets) / sizeof(presets[0]) };

/* --- Names ----------------------------------------------------------------------- */

/* How names begin that other daemons know: they are no typing errors. */
static const char *const foreign[] = {
	"3des",
	"aesxcbc",
	"aescmac",
	"aes128ccm",
	"aes192ccm",
	"aes256ccm",
	"aes128ctr",
	"aes192ctr",
	"aes256ctr",
	"aes128gcm8",
	"aes256gcm8",
	"aes128gcm12",
	"aes256gcm12",
	"aes128gmac",
	"aes256gmac",
	"blowfish",
	"camellia",
	"cast128",
	"curve448",
	"des",
	"ecp192",
	"ecp224",
	"ke1_",
	"ke2_",
	"md5",
	"mlkem",
	"modp1024",
	"modp1536",
	"modp768",
	"null",
	"prfaes",
	"prfmd5",
	"sha256_96",
	"x448",
};

static bool is_foreign(const char *name)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (strncmp(name, foreign[i], strlen(foreign[i])) == 0)
			return true;
	}
	return false;
}

/* A preset is nothing that stands among algorithms. */
static bool unknown(const char *name, struct place at, bool alone,
	struct config_errors *errors)
{
	struct nearest nearest = nearest_to(name);
	const struct transform *row;
	char hint[HINT_SIZE];

	if (is_foreign(name)) {
		complain(errors, at, "leave it out",
			"'%s' is not supported by this version", name);
		return false;
	}
	for (size_t i = 0; (row = transform_at(i)); i++)
		nearest_try(&nearest, row->name);
	for (size_t i = 0; alone && i < PRESETS; i++) {
		if (presets[i].text[0])
			nearest_try(&nearest, presets[i].name);
	}
	nearest_hint(&nearest, hint);
	complain(errors, at, nearest.name ? hint : "ipsec-ctl list algorithms",
		"unknown algorithm '%s'", name);
	return false;
}

static const struct transform *named(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

/* `sha1` in allow_weak stands for prfsha1, too. */
static bool names_weak(const char *allowed, const struct transform *row)
{
	const char *name = row->name;

	if (row->type == TRANSFORM_PRF && strncmp(allowed, "prf", 3) != 0 &&
		strncmp(name, "prf", 3) == 0)
		name += 3;
	return strcmp(allowed, name) == 0 || named(allowed) == row;
}

bool proposal_names_weak(const struct node *allow_weak, const char *name)
{
	const struct node *n = allow_weak;

	if (!n || n->kind == NODE_WORD)
		return n && !n->bad && strcmp(n->text, name) == 0;
	for (n = n->first; n; n = n->next) {
		if (n->kind == NODE_WORD && !n->bad &&
			strcmp(n->text, name) == 0)
			return true;
	}
	return false;
}

static bool is_allowed(
	const struct transform *row, const struct node *allow_weak)
{
	const struct node *n = allow_weak;

	if (!row->weak)
		return true;
	if (!n || n->kind == NODE_WORD)
		return n && !n->bad && names_weak(n->text, row);
	for (n = n->first; n; n = n->next) {
		if (n->kind == NODE_WORD && !n->bad && names_weak(n->text, row))
			return true;
	}
	return false;
}

bool proposal_check_weak(const struct node *list, struct config_errors *errors)
{
	const struct node *word = NULL;
	bool ok = true;

	if (list->kind == NODE_LIST && !list->first)
		return true;
	while ((word = value_next(list, word, errors))) {
		const struct transform *row = named(word->text);

		if (!row) {
			ok = unknown(word->text, word->at, false, errors);
		} else if (!row->weak) {
			complain(errors, word->at, "leave it out",
				"'%s' is not weak", word->text);
			ok = false;
		}
	}
	return ok;
}

/* --- One string ------------------------------------------------------------------ */

struct draft {
	const struct node *word;
	uint8_t protocol;
	const struct node *allow_weak;
	struct config_errors *errors;
	const struct transform *rows[MAX_OWN_TRANSFORMS];
	uint8_t count;
	bool none; /* also without a key exchange */
};

static bool refuse(const struct draft *d, const char *hint, const char *text)
{
	complain(d->errors, d->word->at, hint, "'%s': %s", d->word->text, text);
	return false;
}

static const struct transform *first_of(const struct draft *d, uint8_t type)
{
	for (uint8_t i = 0; i < d->count; i++) {
		if (d->rows[i]->type == type)
			return d->rows[i];
	}
	return NULL;
}

static bool has(const struct draft *d, const struct transform *row)
{
	for (uint8_t i = 0; i < d->count; i++) {
		if (d->rows[i] == row)
			return true;
	}
	return false;
}

static void add(struct draft *d, const struct transform *row)
{
	if (row && !has(d, row) && d->count < MAX_OWN_TRANSFORMS)
		d->rows[d->count++] = row;
}

static bool fits_protocol(
	const struct draft *d, const struct transform *row, struct place at)
{
	const char *why = NULL;

	if (d->protocol == PROTOCOL_IKE && row->type == TRANSFORM_ESN)
		why = "belongs into esp";
	if (d->protocol == PROTOCOL_ESP && row->type == TRANSFORM_PRF)
		why = "belongs into ike: esp has no PRF";
	if (!why)
		return true;
	complain(d->errors, at, "leave it out", "'%s' %s", row->name, why);
	return false;
}

static bool take_token(struct draft *d, const char *name, struct place at)
{
	const struct transform *row = named(name);
	char hint[HINT_SIZE];

	if (strcmp(name, "none") == 0 || strcmp(name, "modpnone") == 0) {
		d->none = true;
		if (d->protocol == PROTOCOL_ESP)
			return true;
		complain(d->errors, at, "such as x25519",
			"an IKE SA always has a key exchange");
		return false;
	}
	if (!row)
		return unknown(
			name, at, strcmp(d->word->text, name) == 0, d->errors);
	if (!is_allowed(row, d->allow_weak)) {
		complain(d->errors, at,
			hint_text(hint, "to take it: allow_weak: [%s]",
				row->type == TRANSFORM_PRF &&
						!strncmp(row->name, "prf", 3)
					? row->name + 3
					: row->name),
			"'%s' is weak", name);
		return false;
	}
	if (has(d, row)) {
		complain(d->errors, at, "leave one of them out",
			"'%s' stands there twice", name);
		return false;
	}
	add(d, row);
	return fits_protocol(d, row, at);
}

static bool take_tokens(struct draft *d)
{
	const char *text = d->word->text;
	size_t at = 0;
	bool ok = true;

	for (;;) {
		size_t len = strcspn(text + at, "-");
		struct place place = node_part(d->word, at, len);
		char name[TOKEN_SIZE];

		if (len == 0 || len >= sizeof(name)) {
			complain(d->errors, place,
				"such as aes256gcm16-prfsha256-x25519",
				"an algorithm is expected here");
			return false;
		}
		memcpy(name, text + at, len);
		name[len] = '\0';
		ok = take_token(d, name, place) && ok;
		at += len;
		if (!text[at])
			return ok;
		at++;
	}
}

/* --- What must be there ------------------------------------------------------------ */

static const struct transform *prf_like(const struct transform *integ)
{
	switch ((enum integ_id)integ->id) {
	case AUTH_HMAC_SHA1_96:
		return transform_find(TRANSFORM_PRF, PRF_HMAC_SHA1, 0);
	case AUTH_HMAC_SHA2_256_128:
		return transform_find(TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
	case AUTH_HMAC_SHA2_384_192:
		return transform_find(TRANSFORM_PRF, PRF_HMAC_SHA2_384, 0);
	case AUTH_HMAC_SHA2_512_256:
		return transform_find(TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0);
	case AUTH_NONE:
		break;
	}
	return NULL;
}

/* RFC 7296 section 3.3: an AEAD and another cipher go into proposals of their
 * own, as only the other one has an integrity algorithm. */
static bool check_ciphers(const struct draft *d)
{
	const struct transform *encr = first_of(d, TRANSFORM_ENCR);
	const struct transform *integ = first_of(d, TRANSFORM_INTEG);
	char hint[HINT_SIZE];

	if (!encr)
		return refuse(d, "such as aes256gcm16", "no cipher");
	for (uint8_t i = 0; i < d->count; i++) {
		if (d->rows[i]->type == TRANSFORM_ENCR &&
			d->rows[i]->aead != encr->aead)
			return refuse(d, "make it two proposals",
				"a cipher with built-in integrity beside one "
				"without");
	}
	if (!encr->aead && !integ)
		return refuse(d, "such as sha256", "no integrity algorithm");
	if (!encr->aead || !integ)
		return true;
	if (d->protocol == PROTOCOL_ESP || first_of(d, TRANSFORM_PRF))
		return refuse(d, hint_text(hint, "leave out '%s'", integ->name),
			"the cipher has its integrity built in");
	return refuse(d, hint_text(hint, "did you mean 'prf%s'?", integ->name),
		"the cipher has its integrity built in, and needs a PRF");
}

static bool check_ike(struct draft *d)
{
	const struct transform *encr = first_of(d, TRANSFORM_ENCR);

	if (!first_of(d, TRANSFORM_KE))
		return refuse(d, "such as x25519", "no key exchange");
	if (first_of(d, TRANSFORM_PRF))
		return true;
	if (encr->aead)
		return refuse(d, "such as prfsha256", "no PRF");
	for (uint8_t i = 0; i < d->count; i++) {
		if (d->rows[i]->type == TRANSFORM_INTEG)
			add(d, prf_like(d->rows[i]));
	}
	return true;
}

/* --- The list ------------------------------------------------------------------------ */

static bool append(
	const struct draft *d, bool with_ke, struct ike_proposals *out)
{
	struct ike_proposal *p;

	if (out->count == MAX_OWN_PROPOSALS) {
		complain(d->errors, d->word->at,
			"one may name several of a kind: aes256-aes128-..",
			"more than %d proposals ('none' makes one more)",
			MAX_OWN_PROPOSALS);
		return false;
	}
	p = &out->list[out->count++];
	*p = (struct ike_proposal){ 0 };
	for (uint8_t type = TRANSFORM_ENCR; type < TRANSFORM_TYPES; type++) {
		for (uint8_t i = 0; i < d->count; i++) {
			if (d->rows[i]->type == type &&
				(type != TRANSFORM_KE || with_ke))
				p->transforms[p->count++] = d->rows[i];
		}
	}
	return true;
}

static bool take_string(struct draft *d, struct ike_proposals *out)
{
	bool with_ke;

	if (!take_tokens(d) || !check_ciphers(d))
		return false;
	if (d->protocol == PROTOCOL_IKE && !check_ike(d))
		return false;
	if (d->protocol == PROTOCOL_ESP && !first_of(d, TRANSFORM_ESN)) {
		add(d, transform_find(TRANSFORM_ESN, ESN_YES, 0));
		add(d, transform_find(TRANSFORM_ESN, ESN_NO, 0));
	}
	with_ke = first_of(d, TRANSFORM_KE) != NULL;
	if (with_ke && !append(d, true, out))
		return false;
	return (with_ke && !d->none) || append(d, false, out);
}

static const struct preset *preset_named(const char *name, uint8_t protocol)
{
	for (size_t i = 0; i < PRESETS; i++) {
		if (strcmp(presets[i].name, name) == 0 &&
			(presets[i].protocol == protocol ||
				presets[i].protocol == PROTOCOL_NONE))
			return &presets[i];
	}
	return NULL;
}

static bool take_preset(const struct draft *like, const struct preset *preset,
	struct ike_proposals *out)
{
	if (!preset->text[0]) {
		complain(like->errors, like->word->at, "for now: default",
			"preset '%s' is not supported yet by this version",
			preset->name);
		return false;
	}
	for (size_t i = 0; preset->text[i]; i++) {
		struct node text = node_word(preset->text[i], like->word->at);
		struct draft d = *like;

		d.word = &text;
		if (!take_string(&d, out))
			return false;
	}
	return true;
}

bool proposal_parse(const struct node *value, uint8_t protocol,
	const struct node *allow_weak, struct ike_proposals *out,
	struct config_errors *errors)
{
	const struct node *word = NULL;
	bool ok = true;

	*out = (struct ike_proposals){ 0 };
	while ((word = value_next(value, word, errors))) {
		struct draft d = { word, protocol, allow_weak, errors, { NULL },
			0, false };
		const struct preset *preset =
			preset_named(word->text, protocol);

		if (preset)
			ok = take_preset(&d, preset, out) && ok;
		else if (strpbrk(word->text, ", !"))
			ok = refuse(&d, "a list is [one, two]",
				"one proposal is words joined by '-'");
		else
			ok = take_string(&d, out) && ok;
	}
	return ok && out->count > 0;
}

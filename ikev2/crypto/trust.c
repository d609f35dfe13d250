/* trust.c - what a peer's certificate must lead to: authorities, revocation, keys known by themselves (RFC 5280 section 6).
 * SPDX-License-Identifier: ISC
 *
 * The way from the leaf to a root is searched here, by names and key
 * identifiers: there may be several, as authorities change their keys under one
 * name and certify each other, and libcrypto goes only one.  Each way found is
 * then judged by X509_verify_cert, which is shown nothing but this way; what
 * can be said better (dates, algorithms, who is no authority) is said before.
 *
 * A configured root is trusted by itself, self-signed or not (RFC 5280 section
 * 6.1.1 (d)).  It may be of version 1 if it is self-signed; every other
 * authority has to say in its basic constraints that it is one.
 */
#include "ikev2/crypto/trust.h"

#include "ikev2/crypto/trust_private.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

/* Whoever sends eight certificates that could all have issued each other makes
 * us look at so many, and check signatures along so many ways; none that is
 * honest comes near. */
enum { MAX_LOOKS = 64, MAX_WAYS = 8, MAX_OTHERS = 8 };

enum kind {
	ROOT,
	STEP,
	LEAF,
	KEY,
	CRL,
	URI,
};

struct item {
	enum kind kind;
	struct certificate *certificate; /* ROOT, STEP, LEAF; URI: whose */
	struct public_key *key;
	X509_CRL *crl;
	enum trust_source source;
	char *uri;
};

struct trust {
	size_t references;
	struct item *items;
	size_t count, room;
};

/* --- Filled --------------------------------------------------------------- */

struct trust *trust_new(void)
{
	struct trust *trust = calloc(1, sizeof(*trust));

	if (trust)
		trust->references = 1;
	return trust;
}

struct trust *trust_ref(struct trust *trust)
{
	trust->references++;
	return trust;
}

static void item_clear(struct item *item)
{
	certificate_unref(item->certificate);
	public_key_unref(item->key);
	X509_CRL_free(item->crl);
	free(item->uri);
}

void trust_unref(struct trust *trust)
{
	if (!trust || --trust->references > 0)
		return;
	for (size_t i = 0; i < trust->count; i++)
		item_clear(&trust->items[i]);
	free(trust->items);
	free(trust);
}

static bool make_room(struct trust *trust)
{
	const size_t room = trust->room ? 2 * trust->room : 8;
	struct item *items;

	if (trust->count < trust->room)
		return true;
	items = calloc(room, sizeof(*items));
	if (!items)
		return false;
	if (trust->count > 0)
		memcpy(items, trust->items, trust->count * sizeof(*items));
	free(trust->items);
	trust->items = items;
	trust->room = room;
	return true;
}

/* Takes what the item holds, also when it fails. */
static bool add(struct trust *trust, struct item item)
{
	if (!make_room(trust)) {
		item_clear(&item);
		return false;
	}
	trust->items[trust->count++] = item;
	return true;
}

static bool add_certificate(
	struct trust *trust, enum kind kind, struct certificate *certificate)
{
	return add(
		trust, (struct item){ .kind = kind,
			       .certificate = certificate_ref(certificate) });
}

bool trust_add_root(struct trust *trust, struct certificate *root)
{
	return add_certificate(trust, ROOT, root);
}

bool trust_add_step(struct trust *trust, struct certificate *step)
{
	return add_certificate(trust, STEP, step);
}

bool trust_add_leaf(struct trust *trust, struct certificate *leaf)
{
	return add_certificate(trust, LEAF, leaf);
}

bool trust_add_key(struct trust *trust, struct public_key *key)
{
	return add(trust,
		(struct item){ .kind = KEY, .key = public_key_ref(key) });
}

bool trust_add_crl(struct trust *trust, struct bytes der, const char **why)
{
	const uint8_t *at = der.at;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);

	*why = "no CRL, or octets behind it";
	if (!crl || at != der.at + der.len) {
		X509_CRL_free(crl);
		ERR_clear_error();
		return false;
	}
	*why = "no memory";
	return add(trust, (struct item){ .kind = CRL, .crl = crl });
}

bool trust_add_uri(struct trust *trust, const struct certificate *authority,
	enum trust_source source, const char *uri)
{
	struct item item = { .kind = URI, .source = source };

	item.uri = strdup(uri);
	if (!item.uri)
		return false;
	item.certificate =
		certificate_ref((struct certificate *)(uintptr_t)authority);
	return add(trust, item);
}

/* --- What is in it -------------------------------------------------------- */

/* The i-th of a kind, NULL past the last. */
static const struct item *item_at(
	const struct trust *trust, enum kind kind, size_t i)
{
	for (size_t at = 0; at < trust->count; at++) {
		if (trust->items[at].kind == kind && i-- == 0)
			return &trust->items[at];
	}
	return NULL;
}

bool trust_has_roots(const struct trust *trust)
{
	return item_at(trust, ROOT, 0) != NULL;
}

bool trust_has_keys(const struct trust *trust)
{
	return item_at(trust, KEY, 0) || item_at(trust, LEAF, 0);
}

struct public_key *trust_key_at(const struct trust *trust, size_t i)
{
	const struct item *item = item_at(trust, KEY, i);

	return item ? item->key : NULL;
}

struct certificate *trust_leaf_at(const struct trust *trust, size_t i)
{
	const struct item *item = item_at(trust, LEAF, i);

	return item ? item->certificate : NULL;
}

bool trust_has_key(const struct trust *trust, const struct public_key *key)
{
	struct public_key *known;

	for (size_t i = 0; (known = trust_key_at(trust, i)); i++) {
		if (public_key_equal(known, key))
			return true;
	}
	return false;
}

X509_CRL *trust_crl_at(const struct trust *trust, size_t i)
{
	const struct item *item = item_at(trust, CRL, i);

	return item ? item->crl : NULL;
}

static bool same_certificate(
	const struct certificate *a, const struct certificate *b)
{
	return a == b || bytes_equal(certificate_der(a), certificate_der(b));
}

const char *trust_uri_at(const struct trust *trust,
	const struct certificate *authority, enum trust_source source, size_t i)
{
	for (size_t at = 0; at < trust->count; at++) {
		const struct item *item = &trust->items[at];

		if (item->kind == URI && item->source == source &&
			same_certificate(item->certificate, authority) &&
			i-- == 0)
			return item->uri;
	}
	return NULL;
}

size_t trust_hashes(const struct trust *trust, uint8_t *out, size_t size)
{
	enum { HASH = 20 };
	const struct item *root;
	size_t len = 0;

	for (size_t i = 0; (root = item_at(trust, ROOT, i)); i++) {
		const struct bytes key =
			public_key_der(certificate_key(root->certificate));

		if (size - len < HASH || EVP_Digest(key.at, key.len, out + len,
						 NULL, EVP_sha1(), NULL) != 1)
			break;
		len += HASH;
	}
	return len;
}

static bool same_item(const struct item *a, const struct item *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case ROOT:
	case STEP:
	case LEAF:
		return same_certificate(a->certificate, b->certificate);
	case KEY:
		return public_key_equal(a->key, b->key);
	case CRL:
		return X509_CRL_match(a->crl, b->crl) == 0;
	case URI:
		return a->source == b->source && strcmp(a->uri, b->uri) == 0 &&
		       same_certificate(a->certificate, b->certificate);
	}
	return false;
}

static bool has_all(const struct trust *trust, const struct trust *of)
{
	for (size_t i = 0; i < of->count; i++) {
		size_t at = 0;

		while (at < trust->count &&
			!same_item(&trust->items[at], &of->items[i]))
			at++;
		if (at == trust->count)
			return false;
	}
	return true;
}

bool trust_equal(const struct trust *a, const struct trust *b)
{
	return a == b || (a && b && has_all(a, b) && has_all(b, a));
}

/* --- The search ----------------------------------------------------------- */

/* How much a reason says about why there is no way: the best is kept. */
enum {
	NO_ISSUER = 0, /* .. plus how far it was */
	TOO_MANY = 15,
	BAD_SIGNATURE = 20, /* it may be another of the same name */
	NOT_ALLOWED = 30,
};

struct search {
	const struct trust *trust;
	const struct cert_chain *chain;
	int64_t unix_s;
	bool sha1;
	bool by_names_alone;
	struct trust_path *path; /* from the leaf to where we are */
	size_t looks, ways;
	int reason; /* the one that is in why, or -1 */
	char *why;
};

static struct certificate *top(const struct search *s)
{
	return s->path->step[s->path->count - 1];
}

/* Always false. */
static bool refuse(struct search *s, int says, const char why[X509_WHY])
{
	if (says > s->reason) {
		s->reason = says;
		memcpy(s->why, why, X509_WHY);
	}
	return false;
}

static bool is_self_signed(const struct certificate *certificate)
{
	return X509_get_extension_flags(certificate_x509(certificate)) &
	       EXFLAG_SS;
}

/* May the one have issued the other, by its names and key identifiers?  That it
 * must not is found later, and said. */
static bool could_issue(
	const struct certificate *issuer, const struct certificate *subject)
{
	const int verdict = X509_check_issued(
		certificate_x509(issuer), certificate_x509(subject));

	return verdict == X509_V_OK ||
	       verdict == X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
}

/* An authority, by what it says itself; the root of a way may be of version 1. */
static bool may_certify(const struct search *s, const struct certificate *c,
	bool root, char why[X509_WHY])
{
	X509 *x509 = certificate_x509(c);
	const uint32_t flags = X509_get_extension_flags(x509);
	const bool old_root =
		root && (flags & EXFLAG_V1) && (flags & EXFLAG_SS);

	if (!certificate_valid_at(c, s->unix_s, why))
		return false;
	if (!certificate_is_ca(c) && !old_root)
		return certificate_refuse(c, why,
			"is no authority (CA is not set in its basic "
			"constraints) and cannot have issued");
	if (!(X509_get_key_usage(x509) & KU_KEY_CERT_SIGN))
		return certificate_refuse(c, why,
			"has no keyCertSign in its key usage and cannot have "
			"issued");
	if (flags & EXFLAG_CRITICAL)
		return certificate_refuse(
			c, why, "has a critical extension that we do not know");
	return true;
}

static bool each_may_certify(struct search *s)
{
	const struct trust_path *path = s->path;
	const size_t root = path->count - 1;
	char why[X509_WHY];

	for (size_t i = 0; i <= root; i++) {
		const struct certificate *c = path->step[i];
		const char *refused =
			i < root ? certificate_signature_refused(c, s->sha1)
				 : NULL;

		if (refused)
			certificate_refuse(c, why, "%s", refused);
		if (refused || (i > 0 && !may_certify(s, c, i == root, why)))
			return refuse(s, NOT_ALLOWED, why);
	}
	return true;
}

/* What X509_verify_cert can find where the checks before have not. */
static const char *words(int error)
{
	static const struct {
		int error;
		const char *text;
	} rows[] = {
		{ X509_V_ERR_PATH_LENGTH_EXCEEDED,
			"has more authorities below itself than its path "
			"length allows" },
		{ X509_V_ERR_PERMITTED_VIOLATION,
			"has a name that the name constraints of an authority "
			"above it do not permit" },
		{ X509_V_ERR_EXCLUDED_VIOLATION,
			"has a name that the name constraints of an authority "
			"above it exclude" },
		{ X509_V_ERR_SUBTREE_MINMAX,
			"is under name constraints with a minimum or maximum" },
		{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,
			"is under name constraints of a kind that we do not "
			"know" },
		{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
			"has a name, or is under a name constraint, that is "
			"malformed" },
		{ X509_V_ERR_NO_EXPLICIT_POLICY,
			"has no policy, and an authority above it requires "
			"one" },
		{ X509_V_ERR_INVALID_POLICY_EXTENSION,
			"has malformed policies" },
		{ X509_V_ERR_UNNESTED_RESOURCE,
			"has not all addresses of those below it (RFC 3779)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].error == error)
			return rows[i].text;
	}
	return X509_verify_cert_error_string(error);
}

static struct certificate *on_path(const struct search *s, const X509 *x509)
{
	for (size_t i = 0; i < s->path->count; i++) {
		if (certificate_x509(s->path->step[i]) == x509)
			return s->path->step[i];
	}
	return s->path->step[0];
}

static bool verification_failed(struct search *s, X509_STORE_CTX *context)
{
	const int error = X509_STORE_CTX_get_error(context);
	const struct certificate *about =
		on_path(s, X509_STORE_CTX_get_current_cert(context));
	char why[X509_WHY], issuer[X509_TEXT];

	if (error != X509_V_ERR_CERT_SIGNATURE_FAILURE) {
		certificate_refuse(about, why, "%s", words(error));
		return refuse(s, NOT_ALLOWED, why);
	}
	certificate_refuse(about, why, "has a signature that is not of %.80s",
		certificate_issuer_text(about, issuer));
	return refuse(s, BAD_SIGNATURE, why);
}

/* libcrypto may have left steps out; it has added none. */
static void keep_path(struct search *s, X509_STORE_CTX *context)
{
	const STACK_OF(X509) *found = X509_STORE_CTX_get0_chain(context);
	struct trust_path kept = { .count = 0 };

	for (int i = 0; i < sk_X509_num(found); i++)
		kept.step[kept.count++] = on_path(s, sk_X509_value(found, i));
	*s->path = kept;
}

typedef STACK_OF(X509) x509_stack;
AUTO_DEFINE(x509_stack, sk_X509_free)

/* Nothing is looked up, and no clock: validity is judged before.  Every policy
 * will do (RFC 5280 section 6.1.1 (c)), which libcrypto wants to be told. */
static bool verify(struct search *s)
{
	static const char no_memory[X509_WHY] = "no memory";
	const size_t last = s->path->count - 1;
	AUTO(x509_stack) *between = sk_X509_new_null();
	AUTO(x509_stack) *roots = sk_X509_new_null();
	AUTO(X509_STORE_CTX) *context = X509_STORE_CTX_new();
	bool ready = between && roots && context;

	for (size_t i = 1; ready && i < last; i++)
		ready = sk_X509_push(between,
				certificate_x509(s->path->step[i])) > 0;
	ready = ready &&
		sk_X509_push(roots, certificate_x509(s->path->step[last])) >
			0 &&
		X509_STORE_CTX_init(context, NULL,
			certificate_x509(s->path->step[0]), between) == 1 &&
		X509_VERIFY_PARAM_add0_policy(
			X509_STORE_CTX_get0_param(context),
			OBJ_nid2obj(NID_any_policy)) == 1;
	if (!ready)
		return refuse(s, NOT_ALLOWED, no_memory);
	X509_STORE_CTX_set0_trusted_stack(context, roots);
	X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME |
						  X509_V_FLAG_PARTIAL_CHAIN |
						  X509_V_FLAG_POLICY_CHECK);
	if (X509_verify_cert(context) != 1)
		return verification_failed(s, context);
	keep_path(s, context);
	return true;
}

/* The path ends at a root: is it a way? */
static bool judge(struct search *s)
{
	bool good;

	if (s->by_names_alone)
		return true;
	if (!each_may_certify(s) || s->ways == 0)
		return false;
	s->ways--;
	good = verify(s);
	ERR_clear_error();
	return good;
}

/* One more step, unless it is on the path already; false: it was not taken. */
static bool step_up(struct search *s, struct certificate *to)
{
	if (s->looks == 0 || s->path->count == TRUST_MAX_PATH ||
		!could_issue(to, top(s)))
		return false;
	for (size_t i = 0; i < s->path->count; i++) {
		if (same_certificate(s->path->step[i], to))
			return false;
	}
	s->looks--;
	s->path->step[s->path->count++] = to;
	return true;
}

/* What keeps an authority of the right name from being the issuer. */
static bool is_of_other_key(
	const struct certificate *issuer, const struct certificate *subject)
{
	const int verdict = X509_check_issued(
		certificate_x509(issuer), certificate_x509(subject));

	return verdict == X509_V_ERR_AKID_SKID_MISMATCH ||
	       verdict == X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH ||
	       verdict == X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH;
}

static bool issuer_has_other_key(
	const struct search *s, const struct certificate *c)
{
	for (size_t i = 0; i < s->trust->count; i++) {
		const struct item *item = &s->trust->items[i];

		if ((item->kind == ROOT || item->kind == STEP) &&
			is_of_other_key(item->certificate, c))
			return true;
	}
	for (size_t i = 0; i < s->chain->count && i < MAX_OTHERS; i++) {
		if (is_of_other_key(s->chain->others[i], c))
			return true;
	}
	return false;
}

/* Why nobody is above the top of the path. */
static void no_issuer(struct search *s)
{
	const struct certificate *c = top(s);
	const int says =
		s->looks == 0 ? TOO_MANY : NO_ISSUER + (int)s->path->count;
	char why[X509_WHY], issuer[X509_TEXT];

	if (says <= s->reason)
		return;
	certificate_issuer_text(c, issuer);
	if (s->looks == 0)
		certificate_refuse(
			c, why, "is on one of too many ways to nowhere");
	else if (s->path->count == TRUST_MAX_PATH)
		certificate_refuse(
			c, why, "is the tenth on its way, and no root");
	else if (is_self_signed(c))
		certificate_refuse(c, why, "is self-signed and not configured");
	else if (issuer_has_other_key(s, c))
		certificate_refuse(c, why,
			"was issued by another key of %.80s than is configured",
			issuer);
	else
		certificate_refuse(c, why,
			"was issued by %.80s, which is not configured", issuer);
	refuse(s, says, why);
}

static bool climb(struct search *s);

static bool through(struct search *s, enum kind kind, struct certificate *step)
{
	if (!step_up(s, step))
		return false;
	if (kind == ROOT ? judge(s) : climb(s))
		return true;
	s->path->count--;
	return false;
}

static bool through_items(struct search *s, enum kind kind)
{
	for (size_t i = 0; i < s->trust->count; i++) {
		const struct item *item = &s->trust->items[i];

		if (item->kind == kind && through(s, kind, item->certificate))
			return true;
	}
	return false;
}

/* From the top of the path to a root: to one at hand, else by a step that is
 * configured or that the peer has sent.  It calls itself TRUST_MAX_PATH deep,
 * and MAX_LOOKS times in all. */
static bool climb(struct search *s)
{
	const size_t looks = s->looks;

	if (through_items(s, ROOT) || through_items(s, STEP))
		return true;
	for (size_t i = 0; i < s->chain->count && i < MAX_OTHERS; i++) {
		if (through(s, STEP, s->chain->others[i]))
			return true;
	}
	if (s->looks == looks || s->looks == 0)
		no_issuer(s);
	return false;
}

static bool search(struct search *s)
{
	s->path->count = 1;
	s->path->step[0] = s->chain->leaf;
	s->looks = MAX_LOOKS;
	s->ways = MAX_WAYS;
	s->reason = -1;
	return climb(s);
}

static bool is_known_leaf(
	const struct trust *trust, const struct certificate *leaf)
{
	const struct certificate *known;

	for (size_t i = 0; (known = trust_leaf_at(trust, i)); i++) {
		if (same_certificate(known, leaf))
			return true;
	}
	return false;
}

static const char no_roots[] =
	"is not configured, and neither is any authority";

bool trust_may_lead(const struct trust *trust, const struct cert_chain *chain,
	char why[X509_WHY])
{
	struct trust_path path;
	struct search s = {
		.trust = trust,
		.chain = chain,
		.by_names_alone = true,
		.path = &path,
		.why = why,
	};

	if (is_known_leaf(trust, chain->leaf))
		return true;
	if (!trust_has_roots(trust))
		return certificate_refuse(chain->leaf, why, "%s", no_roots);
	return search(&s);
}

bool trust_check(const struct trust *trust, const struct cert_chain *chain,
	int64_t unix_s, bool sha1, struct trust_path *path, char why[X509_WHY])
{
	struct search s = {
		.trust = trust,
		.chain = chain,
		.unix_s = unix_s,
		.sha1 = sha1,
		.path = path,
		.why = why,
	};

	path->count = 0;
	if (is_known_leaf(trust, chain->leaf)) {
		if (!certificate_valid_at(chain->leaf, unix_s, why))
			return false;
		path->step[path->count++] = chain->leaf;
		return true;
	}
	if (!certificate_may_prove(chain->leaf, unix_s, why))
		return false;
	if (!trust_has_roots(trust))
		return certificate_refuse(chain->leaf, why, "%s", no_roots);
	if (search(&s))
		return true;
	path->count = 0;
	return false;
}

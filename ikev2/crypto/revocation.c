/* revocation.c - is a certificate still good: what is at hand, what was fetched, what is to be asked (RFC 5280 section 6.3, RFC 6960).
 * SPDX-License-Identifier: ISC
 *
 * That one source says "revoked" ends it, whatever another says.  One that says
 * "good" is enough, and then nothing is asked; what was fetched is asked for
 * again after an hour all the same, as its authority may have good reason to
 * let it live for a week, and goes on being believed until then.
 */
#include "ikev2/crypto/revocation_private.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

AUTO_DEFINE(CRL_DIST_POINTS, CRL_DIST_POINTS_free)
AUTO_DEFINE(AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free)
AUTO_DEFINE(OCSP_BASICRESP, OCSP_BASICRESP_free)

enum {
	MAX_ANSWERS = 64,
	MAX_OCTETS = 4 << 20, /* of all answers, in DER */
	MAX_OCSP = 65536,
	ASK_AGAIN_S = 60, /* where there was no answer, or none of use */
	RENEW_S = 3600,   /* .. and where there was */
	MAX_URIS = 4,     /* of one kind, for one certificate */
	MAX_SOURCES = 4 * MAX_URIS,
};

struct answer {
	struct answer *older;
	struct revocation_question question;
	int64_t asked_s;
	size_t len;
	X509_CRL *crl;        /* one of the two, or none: .. */
	OCSP_BASICRESP *ocsp; /* .. there was no answer */
};

struct revocations {
	struct answer *newest;
	size_t count, octets;
};

/* --- What was fetched ----------------------------------------------------- */

struct revocations *revocations_new(void)
{
	return calloc(1, sizeof(struct revocations));
}

static void answer_free(struct answer *answer)
{
	X509_CRL_free(answer->crl);
	OCSP_BASICRESP_free(answer->ocsp);
	free(answer);
}

void revocations_free(struct revocations *known)
{
	while (known && known->newest) {
		struct answer *answer = known->newest;

		known->newest = answer->older;
		answer_free(answer);
	}
	free(known);
}

static struct answer *answer_to(const struct revocations *known,
	const struct revocation_question *question)
{
	struct answer *answer = known->newest;

	while (answer &&
		!revocation_question_equal(&answer->question, question))
		answer = answer->older;
	return answer;
}

static struct answer *take_out(
	struct revocations *known, const struct answer *which)
{
	struct answer **at = &known->newest;
	struct answer *taken;

	while (*at && *at != which)
		at = &(*at)->older;
	taken = *at;
	if (!taken)
		return NULL;
	*at = taken->older;
	known->count--;
	known->octets -= taken->len;
	return taken;
}

/* The oldest goes first, and before it the oldest of those that are none: not
 * many dead servers are to push out what is of use. */
static const struct answer *least(const struct revocations *known)
{
	const struct answer *oldest = NULL, *none = NULL;

	for (const struct answer *at = known->newest; at; at = at->older) {
		oldest = at;
		if (at->len == 0 && at != known->newest)
			none = at;
	}
	return none && known->octets <= MAX_OCTETS ? none : oldest;
}

static void put_in(struct revocations *known, struct answer *answer)
{
	answer->older = known->newest;
	known->newest = answer;
	known->count++;
	known->octets += answer->len;
	while (known->count > MAX_ANSWERS || known->octets > MAX_OCTETS)
		answer_free(take_out(known, least(known)));
}

/* Read, but not yet believed.  What cannot be read is no answer. */
static void read_answer(struct answer *answer, struct bytes data)
{
	const uint8_t *at = data.at;

	if (answer->question.source == TRUST_OCSP) {
		if (data.len > 0 && data.len <= MAX_OCSP)
			answer->ocsp = ocsp_read(data);
	} else if (data.len > 0 && data.len <= REVOCATION_MAX_CRL) {
		answer->crl = d2i_X509_CRL(NULL, &at, (long)data.len);
		if (answer->crl && at != data.at + data.len) {
			X509_CRL_free(answer->crl);
			answer->crl = NULL;
		}
	}
	answer->len = answer->crl || answer->ocsp ? data.len : 0;
	ERR_clear_error();
}

/* An older answer is not lost where there is no new one. */
void revocations_answer(struct revocations *known,
	const struct revocation_question *question, struct bytes data,
	int64_t unix_s)
{
	struct answer *old = take_out(known, answer_to(known, question));
	struct answer *answer = calloc(1, sizeof(*answer));

	if (answer) {
		answer->question = *question;
		read_answer(answer, data);
	}
	if (old && (!answer || (!answer->crl && !answer->ocsp))) {
		free(answer);
		answer = old;
		old = NULL;
	}
	if (answer) {
		answer->asked_s = unix_s;
		put_in(known, answer);
	}
	if (old)
		answer_free(old);
}

/* A clock that was set back makes answers of the future. */
static bool is_due(const struct answer *answer, int64_t unix_s, int64_t age_s)
{
	return !answer || unix_s < answer->asked_s ||
	       unix_s - answer->asked_s >= age_s;
}

/* --- Whom to ask ---------------------------------------------------------- */

/* What revocation_check was given. */
struct inquiry {
	const struct trust *trust;
	const struct bytes *stapled;
	size_t stapled_count;
	const struct revocations *known;
	int64_t unix_s;
	struct revocation_question *ask; /* NULL: nothing is to be asked */
};

/* One certificate of the path. */
struct subject {
	const struct certificate *certificate, *issuer;
	struct revocation_question sources[MAX_SOURCES];
	size_t count;
};

static bool is_http_url(struct bytes url)
{
	static const char http[] = "http://";
	const size_t len = sizeof(http) - 1;

	if (url.len <= len || url.len >= REVOCATION_URL)
		return false;
	for (size_t i = 0; i < url.len; i++) {
		if (url.at[i] <= ' ' || url.at[i] > '~')
			return false;
		/* Letters of either case. */
		if (i < len && (url.at[i] | (i < 4 ? 0x20 : 0)) != http[i])
			return false;
	}
	return true;
}

static void add_source(
	struct subject *subject, enum trust_source source, struct bytes url)
{
	struct revocation_question *q = &subject->sources[subject->count];

	if (subject->count == MAX_SOURCES || !is_http_url(url))
		return;
	memset(q, 0, sizeof(*q));
	q->source = source;
	memcpy(q->url, url.at, url.len);
	if (source == TRUST_OCSP) {
		q->body_len = ocsp_request(subject->issuer,
			subject->certificate, q->body, sizeof(q->body));
		if (q->body_len == 0)
			return;
	}
	for (size_t i = 0; i < subject->count; i++) {
		if (revocation_question_equal(&subject->sources[i], q))
			return;
	}
	subject->count++;
}

static void add_configured(struct subject *subject, const struct trust *trust,
	enum trust_source source)
{
	for (size_t i = 0; i < MAX_URIS; i++) {
		const char *uri =
			trust_uri_at(trust, subject->issuer, source, i);

		if (!uri)
			return;
		add_source(subject, source, bytes_of(uri, strlen(uri)));
	}
}

static void add_name(struct subject *subject, enum trust_source source,
	const GENERAL_NAME *name)
{
	const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;

	if (name->type == GEN_URI)
		add_source(subject, source,
			bytes_of(ASN1_STRING_get0_data(uri),
				(size_t)ASN1_STRING_length(uri)));
}

/* RFC 5280 section 4.2.2.1 */
static void add_responders(struct subject *subject)
{
	AUTO(AUTHORITY_INFO_ACCESS) *access =
		X509_get_ext_d2i(certificate_x509(subject->certificate),
			NID_info_access, NULL, NULL);

	for (int i = 0;
		access && i < sk_ACCESS_DESCRIPTION_num(access) && i < MAX_URIS;
		i++) {
		const ACCESS_DESCRIPTION *one =
			sk_ACCESS_DESCRIPTION_value(access, i);

		if (OBJ_obj2nid(one->method) == NID_ad_OCSP)
			add_name(subject, TRUST_OCSP, one->location);
	}
}

/* RFC 5280 section 4.2.1.13: those of the issuer itself, for all reasons. */
static void add_points(struct subject *subject)
{
	AUTO(CRL_DIST_POINTS) *points =
		X509_get_ext_d2i(certificate_x509(subject->certificate),
			NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; points && i < sk_DIST_POINT_num(points) && i < MAX_URIS;
		i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);
		const GENERAL_NAMES *names;

		if (point->CRLissuer || point->reasons || !point->distpoint ||
			point->distpoint->type != 0)
			continue;
		names = point->distpoint->name.fullname;
		for (int n = 0; n < sk_GENERAL_NAME_num(names) && n < MAX_URIS;
			n++)
			add_name(subject, TRUST_CRL,
				sk_GENERAL_NAME_value(names, n));
	}
}

/* What the administrator says goes first, and OCSP before CRLs, as it is
 * shorter. */
static void find_sources(struct subject *subject, const struct trust *trust)
{
	add_configured(subject, trust, TRUST_OCSP);
	add_configured(subject, trust, TRUST_CRL);
	add_responders(subject);
	add_points(subject);
}

/* --- What is known -------------------------------------------------------- */

/* Revoked stays; good beats nothing; of nothing the last reason is kept. */
static void weigh(struct saying *all, struct saying one)
{
	if (one.says > all->says ||
		(one.says == SAYS_NOTHING && all->says == SAYS_NOTHING &&
			one.why))
		*all = one;
}

static bool is_of(const X509_CRL *crl, const struct certificate *issuer)
{
	return X509_NAME_cmp(X509_CRL_get_issuer(crl),
		       X509_get_subject_name(certificate_x509(issuer))) == 0;
}

static struct saying at_hand(
	const struct inquiry *inquiry, const struct subject *subject)
{
	struct saying all = { .says = SAYS_NOTHING };
	X509_CRL *crl;

	for (size_t i = 0; (crl = trust_crl_at(inquiry->trust, i)); i++) {
		if (is_of(crl, subject->issuer))
			weigh(&all,
				crl_says(crl, subject->issuer,
					subject->certificate, inquiry->unix_s));
	}
	for (size_t i = 0; i < inquiry->stapled_count; i++) {
		const struct bytes der = inquiry->stapled[i];
		AUTO(OCSP_BASICRESP) *ocsp =
			der.len <= MAX_OCSP ? ocsp_read(der) : NULL;

		if (ocsp)
			weigh(&all,
				ocsp_says(ocsp, subject->issuer,
					subject->certificate, inquiry->unix_s));
	}
	return all;
}

static struct saying answer_says(const struct subject *subject,
	const struct answer *answer, int64_t unix_s)
{
	if (answer && answer->crl)
		return crl_says(answer->crl, subject->issuer,
			subject->certificate, unix_s);
	if (answer && answer->ocsp)
		return ocsp_says(answer->ocsp, subject->issuer,
			subject->certificate, unix_s);
	return says_nothing(answer ? "its authority does not answer" : NULL);
}

/* What was fetched, and which question is the first to be asked (anew); NULL:
 * none is. */
static const struct revocation_question *fetched(const struct inquiry *inquiry,
	const struct subject *subject, struct saying *all)
{
	const int64_t unix_s = inquiry->unix_s;
	const struct revocation_question *ask = NULL;
	bool good = false;

	for (size_t i = 0; i < subject->count; i++) {
		const struct revocation_question *q = &subject->sources[i];
		const struct answer *answer = answer_to(inquiry->known, q);
		struct saying one = answer_says(subject, answer, unix_s);
		bool fresh = one.says == SAYS_GOOD &&
			     !is_due(answer, unix_s, RENEW_S);

		weigh(all, one);
		good |= fresh;
		if (!ask && !fresh && is_due(answer, unix_s, ASK_AGAIN_S))
			ask = q;
	}
	return good ? NULL : ask;
}

/* --- The verdict ---------------------------------------------------------- */

static const char *reason_text(int reason)
{
	static const char *const texts[] = {
		[0] = "no reason given",
		[1] = "its key is compromised",
		[2] = "its authority is compromised",
		[3] = "the affiliation has changed",
		[4] = "it is superseded",
		[5] = "its use has ended",
		[6] = "it is on hold",
		[8] = "removed from the CRL",
		[9] = "a privilege is withdrawn",
		[10] = "its attributes are compromised",
	};
	const size_t count = sizeof(texts) / sizeof(texts[0]);

	return reason >= 0 && (size_t)reason < count && texts[reason]
		       ? texts[reason]
		       : texts[0];
}

static enum revocation_verdict revoked(const struct subject *subject,
	const struct saying *saying, char why[X509_WHY])
{
	char name[X509_SHORT_NAME], date[X509_DATE];

	snprintf(why, X509_WHY, "the certificate of '%s' was revoked on %s: %s",
		certificate_short_name(subject->certificate, name),
		x509_date(saying->revoked_s, date),
		reason_text(saying->reason));
	return REVOCATION_REVOKED;
}

static enum revocation_verdict unknown(const struct subject *subject,
	const struct saying *saying, char why[X509_WHY])
{
	char name[X509_SHORT_NAME];

	snprintf(why, X509_WHY,
		"nobody says whether the certificate of '%s' is revoked: %s",
		certificate_short_name(subject->certificate, name),
		saying->why ? saying->why
			    : "there is no CRL, and nobody to ask");
	return REVOCATION_UNKNOWN;
}

static enum revocation_verdict judge(const struct inquiry *inquiry,
	struct subject *subject, char why[X509_WHY])
{
	struct saying all = at_hand(inquiry, subject);
	const bool good = all.says == SAYS_GOOD;
	const struct revocation_question *question;

	if (all.says == SAYS_REVOKED)
		return revoked(subject, &all, why);
	find_sources(subject, inquiry->trust);
	question = fetched(inquiry, subject, &all);
	if (all.says == SAYS_REVOKED)
		return revoked(subject, &all, why);
	if (question && inquiry->ask && !good) {
		*inquiry->ask = *question;
		return REVOCATION_ASK;
	}
	return all.says == SAYS_GOOD ? REVOCATION_GOOD
				     : unknown(subject, &all, why);
}

/* Of several certificates the worst counts; what is still to be asked may turn
 * out worse than what nobody knows. */
static const int rank[] = {
	[REVOCATION_GOOD] = 0,
	[REVOCATION_UNKNOWN] = 1,
	[REVOCATION_ASK] = 2,
	[REVOCATION_REVOKED] = 3,
};

static enum revocation_verdict judge_path(struct inquiry *inquiry,
	const struct trust_path *path, enum revocation_rule rule,
	char why[X509_WHY])
{
	enum revocation_verdict verdict = REVOCATION_GOOD;

	/* The root is where trust begins: nobody revokes it. */
	for (size_t i = path->count; i-- > 1;) {
		struct subject subject = {
			.certificate = path->step[i - 1],
			.issuer = path->step[i],
		};
		char text[X509_WHY] = "";
		enum revocation_verdict one = judge(inquiry, &subject, text);

		if (one == REVOCATION_UNKNOWN && rule != REVOCATION_STRICT) {
			if (verdict == REVOCATION_GOOD)
				memcpy(why, text, X509_WHY);
			continue;
		}
		if (one == REVOCATION_ASK)
			inquiry->ask = NULL; /* one at a time */
		if (rank[one] <= rank[verdict])
			continue;
		verdict = one;
		memcpy(why, text, X509_WHY);
	}
	return verdict;
}

enum revocation_verdict revocation_check(const struct trust *trust,
	const struct trust_path *path, const struct bytes *stapled,
	size_t stapled_count, enum revocation_rule rule,
	const struct revocations *known, int64_t unix_s,
	struct revocation_question *ask, char why[X509_WHY])
{
	struct inquiry inquiry = { trust, stapled, stapled_count, known, unix_s,
		ask };
	enum revocation_verdict verdict;

	why[0] = '\0';
	if (rule == REVOCATION_OFF)
		return REVOCATION_GOOD;
	verdict = judge_path(&inquiry, path, rule, why);
	ERR_clear_error();
	return verdict;
}

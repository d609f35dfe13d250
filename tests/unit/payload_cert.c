/* payload_cert.c - tests of ikev2/wire/payload_cert.c.
 * SPDX-License-Identifier: ISC
 */
#include "tests/chain.h"
#include "tests/suite.h"

enum { X509_SIGNATURE = 4 };

static void build(struct chain *c)
{
	write_cert(c, PAYLOAD_CERT, X509_SIGNATURE, hex("3000"));
	write_cert(c, PAYLOAD_CERT, X509_SIGNATURE, hex("300100"));
	write_cert(c, PAYLOAD_CERTREQ, X509_SIGNATURE, hex(""));
}

START_TEST(reads_what_it_writes)
{
	struct built b = writes(build, PAYLOAD_CERT,
		hex("25000007 04 3000 26000008 04 300100 00000005 04"));
	struct message m;

	ck_assert_int_eq(read_built(&m, &b), IKE_OK);
	ck_assert(has_payload(&m, PAYLOAD_CERTREQ));
	ck_assert_uint_eq(m.certs, 2);
	ck_assert_uint_eq(m.cert[1].encoding, X509_SIGNATURE);
	assert_bytes("first", m.cert[0].data, hex("3000"));
	assert_bytes("second", m.cert[1].data, hex("300100"));
	free(b.at);
}
END_TEST

START_TEST(is_refused_cut_and_is_bad_without_room)
{
	struct message m;

	refuses_every_cut(build);
	writes_all_or_is_bad(build);
	ck_assert_int_eq(read_body(&m, PAYLOAD_CERT, hex("")), INVALID_SYNTAX);
	ck_assert_int_eq(
		read_body(&m, PAYLOAD_CERTREQ, hex("")), INVALID_SYNTAX);
}
END_TEST

static int certs;

static void build_many(struct chain *c)
{
	for (int i = 0; i < certs; i++)
		write_cert(c, PAYLOAD_CERT, X509_SIGNATURE, hex("3000"));
}

/* N28: more certificates than we keep. */
START_TEST(n28_more_than_we_keep)
{
	struct message m;

	for (certs = 1; certs <= 64; certs++) {
		struct built b = build_of(build_many);

		ck_assert_int_eq(read_built(&m, &b), IKE_OK);
		ck_assert_uint_le(m.certs, MAX_CERTS);
		ck_assert_uint_eq(m.certs + m.certs_left_off, (size_t)certs);
		free(b.at);
	}
}
END_TEST

SUITE(payload_cert)
{
	test(reads_what_it_writes);
	test(is_refused_cut_and_is_bad_without_room);
	test(n28_more_than_we_keep);
}

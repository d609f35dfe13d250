/* dn.c - tests of ikev2/crypto/dn.c.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/dn.h"

#include "tests/hex.h"
#include "tests/suite.h"

enum { DN_SIZE = 512 };

/* The DER of a name in text, which has to be one. */
static struct bytes dn(const char *text)
{
	static uint8_t slots[8][DN_SIZE];
	static size_t next;
	uint8_t *out = slots[next++ % 8];
	const size_t len = dn_parse(text, out, DN_SIZE);

	ck_assert_msg(len > 0, "'%s'", text);
	return bytes_of(out, len);
}

/* C is a PrintableString by its definition, the others are UTF-8. */
START_TEST(text_to_octets)
{
	assert_bytes("C, O, CN", dn("C=CH, O=strongSwan, CN=moon"),
		hex("3031 310b 3009 0603550406 1302 4348"
		    "3113 3011 060355040a 0c0a 7374726f6e675377616e"
		    "310d 300b 0603550403 0c04 6d6f6f6e"));
}
END_TEST

static const struct {
	const char *text, *again; /* NULL: the same */
} good[] = {
	{ "CN=a", NULL },
	{ "C=CH, O=strongSwan, CN=moon.strongswan.org", NULL },
	{ "C=CH,O=strongSwan,CN=moon", "C=CH, O=strongSwan, CN=moon" },
	{ "  CN =  a b  ,  O=c  ", "CN=a b, O=c" },
	{ "cn=a, Ou=b, St=c, l=d, dc=e, sn=f, gn=g, t=h, uid=i",
		"CN=a, OU=b, ST=c, L=d, DC=e, SN=f, GN=g, T=h, UID=i" },
	{ "emailAddress=u@h, serialnumber=12", "E=u@h, serialNumber=12" },
	{ "O=A\\, B\\\\C\\+D, CN=x", NULL },
	{ "CN=\\ a\\ ", NULL },
	{ "CN=\\#a#", NULL },
	{ "CN=a\\0Ab", NULL },
	{ "CN=a\\2cb", "CN=a\\,b" },
	{ "CN=Z\xc3\xbcrich", NULL },
	{ "CN=Z\\C3\\BCrich", "CN=Z\xc3\xbcrich" },
	{ "CN=a+OU=b, O=c", NULL },
	{ "CN=a + OU=b", "CN=a+OU=b" },
	{ "1.2.3.4=a, CN=b", NULL },
	{ "2.5.4.3=a", "CN=a" },
	{ "C=*, CN=*", NULL },
	{ "CN=a=b", NULL },
	{ "CN=\"a\"", NULL },
};

START_TEST(text_and_back)
{
	char text[DN_SIZE];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *again =
			good[i].again ? good[i].again : good[i].text;

		ck_assert(dn_is(dn(good[i].text)));
		ck_assert(dn_text(dn(good[i].text), text, sizeof(text)));
		ck_assert_str_eq(text, again);
		ck_assert(dn_equal(dn(good[i].text), dn(text)));
	}
}
END_TEST

START_TEST(text_that_is_no_name)
{
	static const char *const rows[] = {
		"",
		" ",
		"a",
		"=a",
		"CN",
		"CN=",
		"CN= ",
		"CN=a,",
		"CN=a, ",
		",CN=a",
		"CN=a,,O=b",
		"XX=a",
		"C=Switzerland",
		"C=C",
		"CN=a\\",
		"CN=a\\\n",
		"CN=a\nb",
		"CN=a\x7f",
		"CN=#0401",
		"CN=\xff",
		"CN=a\xc3",
		"1..2=a",
		"1=a",
		"3.5.4.3=a",
		"2.5.4.3.=a",
		"CN=a+",
		"+CN=a",
		"E=\xc3\xbc@h",
	};
	uint8_t out[DN_SIZE];
	char long_label[200] = "1.2.", long_value[100];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(dn_parse(rows[i], out, sizeof(out)) == 0, "'%s'",
			rows[i]);
	/* RFC 5280 appendix A.1: ub-common-name */
	snprintf(long_value, sizeof(long_value), "CN=%065d", 0);
	ck_assert_uint_eq(dn_parse(long_value, out, sizeof(out)), 0);
	ck_assert_uint_gt(dn_parse("CN=a", out, sizeof(out)), 0);
	memset(long_label + 4, '3', 100);
	strcpy(long_label + 104, "=a");
	ck_assert_uint_eq(dn_parse(long_label, out, sizeof(out)), 0);
}
END_TEST

START_TEST(text_fits_or_is_none)
{
	const struct bytes whole = dn("C=CH, CN=moon");
	uint8_t out[DN_SIZE];

	for (size_t size = 0; size < DN_SIZE; size++) {
		memset(out, 0xee, sizeof(out));
		ck_assert_uint_eq(dn_parse("C=CH, CN=moon", out, size),
			size < whole.len ? 0 : whole.len);
		for (size_t i = size; i < sizeof(out); i++)
			ck_assert_uint_eq(out[i], 0xee);
	}
}
END_TEST

START_TEST(long_text_is_cut)
{
	const char *whole = "C=CH, CN=\xc3\xbc\\0A, O=strongSwan";
	const struct bytes der = dn(whole);
	char text[DN_SIZE];

	for (size_t size = 1; size < DN_SIZE; size++) {
		const size_t fits = strlen(whole) + sizeof("...");

		memset(text, '!', sizeof(text));
		ck_assert(dn_text(der, text, size));
		ck_assert(memchr(text, '\0', size));
		if (size >= fits)
			ck_assert_str_eq(text, whole);
		else if (size > 3)
			ck_assert_str_eq(text + strlen(text) - 3, "...");
		for (size_t i = size; i < sizeof(text); i++)
			ck_assert_int_eq(text[i], '!');
	}
	ck_assert(!dn_text(der, text, 0));
}
END_TEST

/* An attribute of a certificate can hold anything; a terminal must not mind. */
START_TEST(octets_to_text)
{
	static const struct {
		const char *der, *text;
	} rows[] = {
		{ "3000", "" },
		{ "300f310d300b0603550403 0c04 61000a1b", "CN=a\\00\\0A\\1B" },
		{ "300d310b300906035504030c02c29b", "CN=\\C2\\9B" },
		{ "300e310c300a06035504030c03e280ae", "CN=\\E2\\80\\AE" },
		{ "300d310b30090603550403 1402 fc41", "CN=\xc3\xbc"
						      "A" },
		{ "300d310b30090603550403 1e02 00fc", "CN=\xc3\xbc" },
		{ "300d310b30090603550403 0302 0041", "CN=#41" },
		{ "300b3109300706035504030c00", "CN=" },
		{ "300c310a300806032a03040c0161", "1.2.3.4=a" },
	};
	char text[DN_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(dn_text(hex(rows[i].der), text, sizeof(text)),
			"%s", rows[i].der);
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

/* A name of so many octets, 400 or more, in pieces of 142 to 258. */
static struct bytes name_of(size_t size)
{
	static uint8_t der[5000];
	struct writer w = writer_of(der, sizeof(der));
	size_t left = size - 4;

	write_u16(&w, 0x3082);
	write_u16(&w, (uint16_t)left);
	while (left > 0) {
		const size_t one = left / ((left + 257) / 258);

		write_u16(&w, 0x3181); /* SET, SEQUENCE, CN, UTF8String */
		write_u8(&w, (uint8_t)(one - 3));
		write_u16(&w, 0x3081);
		write_u8(&w, (uint8_t)(one - 6));
		write_bytes(&w, hex("0603550403 0c81"));
		write_u8(&w, (uint8_t)(one - 14));
		for (size_t i = 0; i < one - 14; i++)
			write_u8(&w, 'a');
		left -= one;
	}
	ck_assert(!w.bad);
	ck_assert_uint_eq(w.len, size);
	return bytes_of(der, w.len);
}

/* The longest that we take from a peer has 4096 octets. */
START_TEST(octets_of_a_long_name)
{
	ck_assert(dn_is(name_of(450)));
	ck_assert(dn_is(name_of(4096)));
	ck_assert(!dn_is(name_of(4097)));
}
END_TEST

START_TEST(octets_that_are_no_name)
{
	const struct bytes whole = dn("C=CH, O=strongSwan, CN=moon");
	char text[DN_SIZE];
	uint8_t longer[DN_SIZE];

	for (size_t len = 0; len < whole.len; len++) {
		ck_assert(!dn_is(bytes_of(whole.at, len)));
		ck_assert(
			!dn_text(bytes_of(whole.at, len), text, sizeof(text)));
		ck_assert_str_eq(text, "");
		ck_assert(!dn_equal(bytes_of(whole.at, len), whole));
		ck_assert(!dn_match(whole, bytes_of(whole.at, len)));
	}
	memcpy(longer, whole.at, whole.len);
	longer[whole.len] = 0;
	ck_assert(!dn_is(bytes_of(longer, whole.len + 1)));
	ck_assert(!dn_is(hex("0500")));
	ck_assert(!dn_is(hex("300d310b300906035504030c02ff41"))); /* UTF-8? */
	ck_assert(!dn_is(hex("3080310b300906035504030c0261620000")));
}
END_TEST

START_TEST(the_same_name)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "CN=moon", "CN=moon", true },
		{ "CN=Moon", "CN=mOON", true },
		{ "CN=a  b", "CN=A B", true },
		{ "CN=\\ a", "CN=a", true },
		{ "CN=moon", "CN=sun", false },
		{ "CN=moon", "OU=moon", false },
		{ "CN=moon", "CN=moon, O=a", false },
		{ "C=CH, CN=moon", "CN=moon, C=CH", false },
		{ "CN=a+OU=b", "CN=a, OU=b", false },
		{ "CN=a+OU=b", "OU=b+CN=a", true },
		{ "CN=a\\00", "CN=a", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(
			dn_equal(dn(rows[i].a), dn(rows[i].b)) == rows[i].same,
			"%s and %s", rows[i].a, rows[i].b);
		ck_assert_int_eq(
			dn_match(dn(rows[i].a), dn(rows[i].b)), rows[i].same);
	}
	/* The same text as another kind of string. */
	ck_assert(
		dn_equal(dn("CN=ab"), hex("300d310b30090603550403 1302 4162")));
}
END_TEST

START_TEST(a_star_is_any_value)
{
	static const struct {
		const char *wanted, *said;
		bool fits;
	} rows[] = {
		{ "C=CH, CN=*", "C=CH, CN=moon", true },
		{ "C=*, CN=*", "C=CH, CN=moon", true },
		{ "C=*, CN=sun", "C=CH, CN=moon", false },
		{ "C=DE, CN=*", "C=CH, CN=moon", false },
		{ "CN=*", "C=CH, CN=moon", false },
		{ "C=CH, CN=*", "C=CH", false },
		{ "C=CH, OU=*", "C=CH, CN=moon", false },
		{ "C=CH, CN=m*", "C=CH, CN=moon", false },
		{ "C=CH, CN=moon", "C=CH, CN=*", false },
		{ "CN=*+OU=b", "CN=a+OU=b", true },
		{ "CN=*, OU=b", "CN=a+OU=b", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(dn_match(dn(rows[i].wanted), dn(rows[i].said)) ==
				      rows[i].fits,
			"%s and %s", rows[i].wanted, rows[i].said);
}
END_TEST

SUITE(dn)
{
	test(text_to_octets);
	test(text_and_back);
	test(text_that_is_no_name);
	test(text_fits_or_is_none);
	test(long_text_is_cut);
	test(octets_to_text);
	test(octets_of_a_long_name);
	test(octets_that_are_no_name);
	test(the_same_name);
	test(a_star_is_any_value);
}

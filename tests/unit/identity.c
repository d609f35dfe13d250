/* identity.c - tests of ikev2/identity.c.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/identity.h"

#include "tests/hex.h"
#include "tests/suite.h"

/* --- Addresses ------------------------------------------------------------ */

START_TEST(addresses_from_text)
{
	static const struct {
		const char *text, *octets; /* NULL: refused */
	} rows[] = {
		{ "192.0.2.1", "c0000201" },
		{ "0.0.0.0", "00000000" },
		{ "255.255.255.255", "ffffffff" },
		{ "", NULL },
		{ "1", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.", NULL },
		{ "1.2.3.4.", NULL },
		{ "1.2.3.4.5", NULL },
		{ "1.2.3.256", NULL },
		{ "1.2.3.1000", NULL },
		{ "1.2.3.04", NULL },
		{ "1.2.3.00", NULL },
		{ "1..3.4", NULL },
		{ "1.2.3.-4", NULL },
		{ "+1.2.3.4", NULL },
		{ " 1.2.3.4", NULL },
		{ "1.2.3.4 ", NULL },
		{ "1.2.3.4/32", NULL },
		{ "0x1.2.3.4", NULL },
		{ "::", "00000000000000000000000000000000" },
		{ "::1", "00000000000000000000000000000001" },
		{ "1::", "00010000000000000000000000000000" },
		{ "2001:DB8::A", "20010db800000000000000000000000a" },
		{ "1:2:3:4:5:6:7:8", "00010002000300040005000600070008" },
		{ "1:2:3:4:5:6:7::", "00010002000300040005000600070000" },
		{ "::2:3:4:5:6:7:8", "00000002000300040005000600070008" },
		{ "1:2::5:6:7:8", "00010002000000000005000600070008" },
		{ "::ffff:192.0.2.1", "00000000000000000000ffffc0000201" },
		{ "1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304" },
		{ "64:ff9b::1.2.3.4", "0064ff9b000000000000000001020304" },
		{ ":", NULL },
		{ ":::", NULL },
		{ ":1", NULL },
		{ "1:", NULL },
		{ "::1:", NULL },
		{ "1:::2", NULL },
		{ "1::2::3", NULL },
		{ "12345::", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1:2:3:4:5:6:7:8::", NULL },
		{ "::1:2:3:4:5:6:7:8", NULL },
		{ "1::2:3:4:5:6:7:8", NULL },
		{ "1:2:3:4:5:6:7:1.2.3.4", NULL },
		{ "::1.2.3", NULL },
		{ "::1.2.3.4:5", NULL },
		{ "1.2.3.4::", NULL },
		{ "::g", NULL },
		{ "fe80::1%eth0", NULL },
		{ "::1/128", NULL },
		{ "[::1]", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_addr addr;
		bool ok = identity_parse_addr(rows[i].text, &addr);
		struct bytes octets;

		ck_assert_msg(
			ok == (rows[i].octets != NULL), "'%s'", rows[i].text);
		if (!ok) {
			ck_assert_uint_eq(addr.family, 0);
			continue;
		}
		octets = hex(rows[i].octets);
		assert_bytes(rows[i].text,
			bytes_of(addr.octets, ike_addr_len(addr.family)),
			octets);
	}
}
END_TEST

START_TEST(address_as_identity)
{
	struct ike_addr addr = { 4, { 192, 0, 2, 1 } }, none = { 0 };
	struct ike_id id = identity_of_addr(&addr);

	ck_assert_uint_eq(id.type, ID_IPV4_ADDR);
	ck_assert_uint_eq(id.len, 4);
	addr.family = 6;
	id = identity_of_addr(&addr);
	ck_assert_uint_eq(id.type, ID_IPV6_ADDR);
	ck_assert_uint_eq(id.len, 16);
	ck_assert_uint_eq(identity_of_addr(&none).type, ID_NONE);
}
END_TEST

/* --- From text ------------------------------------------------------------ */

START_TEST(kind_by_form_or_by_name)
{
	static const struct {
		const char *text;
		uint8_t type;     /* ID_NONE: refused */
		const char *data; /* NULL: not compared */
	} rows[] = {
		{ "vpn.example.com", ID_FQDN, "vpn.example.com" },
		{ "east", ID_FQDN, "east" },
		{ "u@h.example", ID_RFC822_ADDR, "u@h.example" },
		{ "192.0.2.1", ID_IPV4_ADDR, NULL },
		{ "2001:db8::1", ID_IPV6_ADDR, NULL },
		{ "fqdn:192.0.2.1", ID_FQDN, "192.0.2.1" },
		{ "fqdn:any", ID_FQDN, "any" },
		{ "email:u@h", ID_RFC822_ADDR, "u@h" },
		{ "ip:192.0.2.1", ID_IPV4_ADDR, NULL },
		{ "ip:::1", ID_IPV6_ADDR, NULL },
		{ "keyid:road warrior", ID_KEY_ID, "road warrior" },
		{ "keyid:a:b", ID_KEY_ID, "a:b" },
		{ "", ID_NONE, NULL },
		{ "any", ID_NONE, NULL },
		{ "fqdn:", ID_NONE, NULL },
		{ "keyid:", ID_NONE, NULL },
		{ "email:", ID_NONE, NULL },
		{ "email:u", ID_NONE, NULL },
		{ "@h", ID_NONE, NULL },
		{ "u@", ID_NONE, NULL },
		{ "ip:east", ID_NONE, NULL },
		{ "ip:1.2.3", ID_NONE, NULL },
		{ "dn:C=CH", ID_DER_ASN1_DN, NULL },
		{ "C=CH, O=x", ID_DER_ASN1_DN, NULL },
		{ "C=CH,O=Some Company,CN=vpn", ID_DER_ASN1_DN, NULL },
		{ "CN=a@b", ID_DER_ASN1_DN, NULL },
		{ "C=CH, E=u@h", ID_DER_ASN1_DN, NULL },
		{ "bounce=u@h", ID_RFC822_ADDR, "bounce=u@h" },
		{ "email:CN=a@b", ID_RFC822_ADDR, "CN=a@b" },
		{ "fqdn:CN=a", ID_FQDN, "CN=a" },
		{ "dn:", ID_NONE, NULL },
		{ "dn:CH", ID_NONE, NULL },
		{ "Q=x", ID_NONE, NULL },
		{ "C=CH, O=x,", ID_NONE, NULL },
		{ "C=CH, CN=*", ID_NONE, NULL },
		{ "*@h.example", ID_NONE, NULL },
		{ "2001:db8:::1", ID_NONE, NULL },
		{ "fqnd:east", ID_NONE, NULL },
		{ "10.0.0.0/8", ID_NONE, NULL },
		{ "two words", ID_NONE, NULL },
		{ "fqdn:two words", ID_NONE, NULL },
		{ "caf\xc3\xa9", ID_NONE, NULL },
		{ "a\nb@c", ID_NONE, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_id id;
		bool ok = identity_parse(rows[i].text, &id, NULL);

		ck_assert_msg(
			ok == (rows[i].type != ID_NONE), "'%s'", rows[i].text);
		if (ok)
			ck_assert_msg(id.type == rows[i].type, "'%s' is %u",
				rows[i].text, id.type);
		if (rows[i].data)
			assert_bytes(rows[i].text, bytes_of(id.data, id.len),
				bytes_of(rows[i].data, strlen(rows[i].data)));
	}
}
END_TEST

START_TEST(too_long_is_refused)
{
	char text[MAX_ID_LEN + 16];
	struct ike_id id;

	memset(text, 'a', sizeof(text));
	text[MAX_ID_LEN] = '\0';
	ck_assert(identity_parse(text, &id, NULL));
	ck_assert_uint_eq(id.len, MAX_ID_LEN);
	text[MAX_ID_LEN] = 'a';
	text[MAX_ID_LEN + 1] = '\0';
	ck_assert(!identity_parse(text, &id, NULL));
	memcpy(text, "keyid:", 6);
	ck_assert(identity_parse(text, &id, NULL));
}
END_TEST

START_TEST(wildcard_only_where_it_is_allowed)
{
	static const char *const bad[] = { "*", "*.", "*example.com",
		"a.*.example.com", "*.*.example.com", "*@example.com*.",
		"example.*" };
	struct ike_id id;
	bool wildcard;

	ck_assert(identity_parse("*.example.com", &id, &wildcard));
	ck_assert(wildcard);
	ck_assert(identity_parse("fqdn:*.example.com", &id, &wildcard));
	ck_assert(wildcard);
	ck_assert(identity_parse("example.com", &id, &wildcard));
	ck_assert(!wildcard);
	ck_assert(!identity_parse("*.example.com", &id, NULL));
	ck_assert(identity_parse("*@example.com", &id, &wildcard));
	ck_assert(wildcard);
	ck_assert(identity_parse("u*@example.com", &id, &wildcard));
	ck_assert(!wildcard);
	ck_assert(identity_parse("C=CH, CN= * , OU=a", &id, &wildcard));
	ck_assert(wildcard);
	ck_assert(identity_parse("dn:C=CH, CN=*", &id, &wildcard));
	ck_assert(wildcard);
	ck_assert(identity_parse("C=CH, CN=*.example.com", &id, &wildcard));
	ck_assert(!wildcard);
	ck_assert(!identity_parse("C=CH, CN=*", &id, NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool ok = identity_parse(bad[i], &id, &wildcard);

		ck_assert_msg(!ok || id.type == ID_RFC822_ADDR, "'%s'", bad[i]);
	}
}
END_TEST

/* --- Matching ------------------------------------------------------------- */

static struct ike_id id_of(const char *text, bool *wildcard)
{
	struct ike_id id = { 0 };

	*wildcard = false;
	if (strcmp(text, "any") != 0)
		ck_assert_msg(identity_parse(text, &id, wildcard), "%s", text);
	return id;
}

START_TEST(says_who_matches_whom)
{
	static const struct {
		const char *wanted, *said;
		bool match;
	} rows[] = {
		{ "any", "east", true },
		{ "any", "192.0.2.1", true },
		{ "east", "east", true },
		{ "east", "EAST", true },
		{ "east", "west", false },
		{ "east", "eas", false },
		{ "east", "east.", false },
		{ "east", "keyid:east", false },
		{ "keyid:east", "keyid:east", true },
		{ "keyid:east", "keyid:East", false },
		{ "u@h", "u@h", true },
		{ "u@h", "fqdn:u@h", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "fqdn:192.0.2.1", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", false },
		{ "*.example.com", "a.example.com", true },
		{ "*.example.com", "A.Example.COM", true },
		{ "*.example.com", "a.b.example.com", true },
		{ "*.example.com", "example.com", false },
		{ "*.example.com", "fqdn:.example.com", false },
		{ "*.example.com", "aexample.com", false },
		{ "*.example.com", "a.example.com.evil.org", false },
		{ "*.example.com", "a.example.co", false },
		{ "*.example.com", "keyid:a.example.com", false },
		{ "*.example.com", "u@a.example.com", false },
		{ "*@example.com", "u@example.com", true },
		{ "*@example.com", "U@EXAMPLE.com", true },
		{ "*@example.com", "u@a.example.com", false },
		{ "*@example.com", "a@b@example.com", false },
		{ "*@example.com", "fqdn:u@example.com", false },
		{ "*@example.com", "example.com", false },
		{ "U@example.com", "u@example.com", false },
		{ "C=CH, CN=vpn", "C=CH, CN=vpn", true },
		{ "C=CH, CN=vpn", "C=ch,  CN=VPN", true },
		{ "C=CH, CN=vpn", "CN=vpn, C=CH", false },
		{ "C=CH, CN=vpn", "C=CH, CN=vpn2", false },
		{ "C=CH, CN=vpn", "C=CH, CN=vpn, OU=x", false },
		{ "C=CH, CN=vpn", "fqdn:vpn", false },
		{ "C=CH, CN=*", "C=CH, CN=vpn", true },
		{ "C=CH, CN=*+UID=1", "C=CH, CN=vpn+UID=1", true },
		{ "C=CH, CN=*+UID=1", "C=CH, CN=vpn+UID=2", false },
		{ "C=CH, CN=*", "C=CH, O=vpn", false },
		{ "C=CH, CN=*", "C=DE, CN=vpn", false },
		{ "C=CH, CN=*", "C=CH, CN=vpn, OU=x", false },
		{ "C=CH, CN=*", "vpn", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool wildcard, ignored;
		struct ike_id wanted = id_of(rows[i].wanted, &wildcard);
		struct ike_id said = id_of(rows[i].said, &ignored);

		ck_assert_msg(identity_match(&wanted, wildcard, &said) ==
				      rows[i].match,
			"%s, said %s", rows[i].wanted, rows[i].said);
	}
}
END_TEST

/* Only a host name can be a wildcard, whatever the flag says. */
START_TEST(wildcard_of_another_kind_is_none)
{
	const struct ike_id key = { ID_KEY_ID, 3, "*.a" };
	const struct ike_id fqdn = { ID_FQDN, 3, "b.a" };
	const struct ike_id dot = { ID_FQDN, 1, "*" };

	ck_assert(!identity_match(&key, true, &fqdn));
	ck_assert(identity_match(&key, true, &key));
	ck_assert(!identity_match(&dot, true, &fqdn));
}
END_TEST

/* --- From the wire -------------------------------------------------------- */

static bool reads(uint8_t type, struct bytes data, struct ike_id *id)
{
	const struct payload_id payload = { .type = type, .data = data };

	return identity_read(&payload, id);
}

START_TEST(reads_what_fits_its_type)
{
	static const struct {
		uint8_t type;
		const char *data;
		bool ok;
	} rows[] = {
		{ ID_IPV4_ADDR, "c0000201", true },
		{ ID_IPV6_ADDR, "20010db8000000000000000000000001", true },
		{ ID_FQDN, "65617374", true },
		{ ID_RFC822_ADDR, "754068", true },
		{ ID_RFC822_ADDR, "c3a94068", true }, /* UTF-8 */
		{ ID_KEY_ID, "00ff0a", true },
		{ ID_DER_ASN1_DN, "3000", true },
		{ ID_DER_ASN1_GN, "8200", true },
	};
	struct ike_id id;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(reads(rows[i].type, hex(rows[i].data), &id) ==
				      rows[i].ok,
			"row %zu", i);
		ck_assert_uint_eq(id.type, rows[i].type);
		assert_bytes(
			"data", bytes_of(id.data, id.len), hex(rows[i].data));
	}
}
END_TEST

/* N27: identities that nobody has. */
START_TEST(n27_malformed_for_its_type)
{
	static const struct {
		uint8_t type;
		const char *data;
	} rows[] = {
		{ 0, "" },
		{ 0, "65617374" },
		{ 4, "65617374" },
		{ 255, "65617374" },
		{ ID_IPV4_ADDR, "" },
		{ ID_IPV4_ADDR, "c00002" },
		{ ID_IPV4_ADDR, "c000020101" },
		{ ID_IPV4_ADDR, "20010db8000000000000000000000001" },
		{ ID_IPV6_ADDR, "c0000201" },
		{ ID_IPV6_ADDR, "20010db80000000000000000000000" },
		{ ID_IPV6_ADDR, "20010db800000000000000000000000101" },
		{ ID_FQDN, "" },
		{ ID_FQDN, "6561737400" }, /* NUL at the end */
		{ ID_FQDN, "65610073" },   /* and inside */
		{ ID_FQDN, "1b5b324a" },   /* ESC [2J */
		{ ID_FQDN, "65 20 66" },   /* a space */
		{ ID_FQDN, "c3a9" },       /* not ASCII */
		{ ID_RFC822_ADDR, "" },
		{ ID_RFC822_ADDR, "75406800" },
		{ ID_RFC822_ADDR, "75400a68" },
		{ ID_RFC822_ADDR, "75407f68" },
		{ ID_RFC822_ADDR, "0a754068" },
		{ ID_KEY_ID, "" },
		{ ID_DER_ASN1_DN, "" },
		{ ID_DER_ASN1_DN, "30" },
		{ ID_DER_ASN1_DN, "3001" },
		{ ID_DER_ASN1_DN, "300000" }, /* something behind it */
		{ ID_DER_ASN1_DN, "65617374" },
	};
	struct ike_id id, none = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(!reads(rows[i].type, hex(rows[i].data), &id),
			"row %zu", i);
		ck_assert(identity_equal(&id, &none));
	}
}
END_TEST

START_TEST(n27_longer_than_we_keep)
{
	static uint8_t many[65000];
	struct ike_id id;

	memset(many, 'a', sizeof(many));
	ck_assert(reads(ID_FQDN, bytes_of(many, MAX_ID_LEN), &id));
	ck_assert(!reads(ID_FQDN, bytes_of(many, MAX_ID_LEN + 1), &id));
	ck_assert(!reads(ID_KEY_ID, bytes_of(many, sizeof(many)), &id));
}
END_TEST

/* --- To text -------------------------------------------------------------- */

static struct ike_id raw(uint8_t type, struct bytes data)
{
	struct ike_id id = { .type = type, .len = (uint16_t)data.len };

	memcpy(id.data, data.at, data.len);
	return id;
}

/* N27: nothing a terminator, a terminal or a format would act on. */
START_TEST(n27_text_is_escaped)
{
	static const struct {
		uint8_t type;
		const char *data, *text;
	} rows[] = {
		{ ID_FQDN, "65617374", "east" },
		{ ID_FQDN, "61006200", "fqdn:a\\x00b\\x00" },
		{ ID_FQDN, "1b5b324a", "fqdn:\\x1b[2J" },
		{ ID_FQDN, "256e2573", "%n%s" },
		{ ID_FQDN, "5c783431", "fqdn:\\x5cx41" },
		{ ID_FQDN, "3139322e302e322e31", "fqdn:192.0.2.1" },
		{ ID_FQDN, "616e79", "fqdn:any" },
		{ ID_FQDN, "754068", "fqdn:u@h" },
		{ ID_FQDN, "6120 62", "fqdn:a b" },
		{ ID_RFC822_ADDR, "754068", "u@h" },
		{ ID_RFC822_ADDR, "7540c3a9", "email:u@\\xc3\\xa9" },
		{ ID_KEY_ID, "6b", "keyid:k" },
		{ ID_KEY_ID, "0a0d7f80", "keyid:\\x0a\\x0d\\x7f\\x80" },
		{ ID_DER_ASN1_DN, "3000", "dn:" },
		{ ID_DER_ASN1_DN, "3001", "dn:0\\x01" },
		{ ID_DER_ASN1_DN, "300d310b3009060355040613024348", "C=CH" },
		{ ID_IPV4_ADDR, "c0000201", "192.0.2.1" },
		{ ID_IPV4_ADDR, "c00002", "unknown:\\xc0\\x00\\x02" },
		{ ID_IPV6_ADDR, "20010db8000000000000000000000001",
			"2001:db8::1" },
		{ 99, "61", "unknown:a" },
	};
	char text[IKE_ID_SIZE];
	struct ike_id none = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_id id = raw(rows[i].type, hex(rows[i].data));

		ck_assert_str_eq(identity_text(&id, text), rows[i].text);
	}
	ck_assert_str_eq(identity_text(&none, text), "any");
}
END_TEST

/* What identity_text writes, identity_parse reads. */
START_TEST(text_is_read_back)
{
	static const char *const texts[] = { "east", "fqdn:192.0.2.1", "u@h",
		"keyid:k", "192.0.2.1", "2001:db8::1", "C=CH, O=Some Company",
		"C=CH, O=a\\, b, CN=vpn", "C=CH, E=u@h" };
	char text[IKE_ID_SIZE];
	struct ike_id id, again;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(
			identity_parse(texts[i], &id, NULL), "%s", texts[i]);
		ck_assert_str_eq(identity_text(&id, text), texts[i]);
		ck_assert(identity_parse(text, &again, NULL));
		ck_assert(identity_equal(&id, &again));
	}
}
END_TEST

START_TEST(n27_text_is_cut)
{
	struct ike_id id = { .type = ID_KEY_ID, .len = MAX_ID_LEN };
	char text[IKE_ID_SIZE + 1];
	size_t len;

	for (int octet = 0; octet < 256; octet++) {
		memset(id.data, octet, sizeof(id.data));
		text[IKE_ID_SIZE] = 'x';
		len = strlen(identity_text(&id, text));
		ck_assert_uint_lt(len, IKE_ID_SIZE);
		ck_assert_int_eq(text[IKE_ID_SIZE], 'x');
		if (len < 6 + MAX_ID_LEN)
			ck_abort_msg("octet %d gives %zu", octet, len);
		for (size_t i = 0; i < len; i++)
			ck_assert(text[i] >= ' ' && text[i] < 0x7f);
	}
	ck_assert_str_eq(text + len - 3, "...");
}
END_TEST

SUITE(identity)
{
	test(addresses_from_text);
	test(address_as_identity);
	test(kind_by_form_or_by_name);
	test(too_long_is_refused);
	test(wildcard_only_where_it_is_allowed);
	test(says_who_matches_whom);
	test(wildcard_of_another_kind_is_none);
	test(reads_what_fits_its_type);
	test(n27_malformed_for_its_type);
	test(n27_longer_than_we_keep);
	test(n27_text_is_escaped);
	test(text_is_read_back);
	test(n27_text_is_cut);
}

/* vendor.c - tests of ikev2/vendor.c: each row of its tables, and what strangers may say of themselves (N27).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/vendor.h"

#include "daemon/ctl_clients.h"
#include "daemon/report.h"
#include "tests/chain.h"
#include "tests/unit/hostile.h"

static struct ike_implementation said_by(struct bytes id)
{
	struct message in = { .vendors = 1, .vendor = { id } };
	struct ike_implementation is;
	struct vendor_seen seen;

	vendor_look(&in, true, &seen);
	vendor_words(&seen, &is);
	ck_assert_ptr_null(is.looks);
	return is;
}

#define TEXT(S) bytes_of((S), sizeof(S) - 1)

/* what: as it is sent; name: NULL: nobody's. */
// clang-format off
static const struct {
	const char *hex, *name, *unknown;
} said[] = {
	{ "882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan", "" },
	{ "882fe56d6fd20dbc2251613b2ebe5b", NULL, "882fe56d6fd20dbc2251613b.." },
	{ "882fe56d6fd20dbc2251613b2ebe5beb00", NULL, "882fe56d6fd20dbc2251613b.." },
	{ "4f452d4c69627265737761" "6e2d342e3132", "Libreswan", "" }, /* OE-Libreswan-4.12 */
	{ "4f70656e494b45442d372e34", "OpenIKED", "" }, /* OpenIKED-7.4 */
	{ "1e2b516905991c7d7c96fcbfb587e46100000009", "Windows", "" },
	{ "fb1de3cdf341b7ea16b7e5be0855f120", "Windows", "" },
	{ "26244d38eddb61b3172a36e3d0cfb819", "Windows", "" },
	{ "434953434f2d44454c4554452d524541534f4e", "Cisco", "" },
	{ "464c455856504e2d535550504f52544544", "Cisco with FlexVPN", "" },
	{ "434953434f2d44594e414d49432d524f555445", "Cisco", "" },
	{ "434953434f28434f5059524947485429" "26436f70797269676874202863292032303039", "Cisco", "" },
	{ "404bf439522ca3f600", "SonicWall", "" },
	{ "b858d1addd08c1e8adafea150608aa4497aa6cc8", "ZyXEL ZyWALL", "" },
	{ "9b096d9ac3275a7d6fe8b91c583111b09efed1a000", "NetScreen", "" },
	{ "4048b7d56ebce88525e7de7f00d6c2d3", NULL, "4048b7d56ebce88525e7de7f.." },
	{ "", NULL, "" },
	{ "61", NULL, "a" },
	{ "4d792056504e2031", NULL, "My VPN 1" },
	{ "1b5b324a", NULL, "1b5b324a" },
	{ "256e256e", NULL, "%n%n" },
	{ "0a", NULL, "0a" },
	{ "6100", NULL, "6100" },
	{ "7f", NULL, "7f" },
	{ "c3a9", NULL, "c3a9" },
	{ "6162636465666768696a6b6c6d6e6f707172737475767778", NULL, "abcdefghijklmnopqrstuvwx" },
	{ "6162636465666768696a6b6c6d6e6f70717273747576777879", NULL, "abcdefghijklmnopqrstuvwx.." },
};
// clang-format on

START_TEST(n27_vendor_ids)
{
	const struct ike_implementation is = said_by(hex(said[_i].hex));

	if (said[_i].name)
		ck_assert_str_eq(is.says, said[_i].name);
	else
		ck_assert_ptr_null(is.says);
	ck_assert_str_eq(is.unknown, said[_i].unknown);
}
END_TEST

static void write_zeros(struct chain *c, size_t count, size_t len)
{
	static const uint8_t zeros[65000];

	for (size_t i = 0; i < count; i++)
		write_vendor(c, bytes_of(zeros, len));
}

static void a_very_long_one(struct chain *c)
{
	write_zeros(c, 1, 65000);
}

static void sixty(struct chain *c)
{
	write_zeros(c, 60, 1000);
}

static void a_hundred(struct chain *c)
{
	write_zeros(c, 100, 4);
}

/* Those beyond the first few are passed over; of a message with too many
 * payloads nothing is used. */
START_TEST(n27_long_and_many_vendor_ids)
{
	struct built b[] = { build_of(a_very_long_one), build_of(sixty),
		build_of(a_hundred) };
	struct ike_implementation is;
	struct vendor_seen seen;
	struct message m;

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(read_built(&m, &b[i]), IKE_OK);
		ck_assert_uint_eq(m.vendors, i == 0 ? 1 : MAX_VENDORS);
		vendor_look(&m, true, &seen);
		vendor_words(&seen, &is);
		ck_assert_str_eq(is.unknown, "000000000000000000000000..");
	}
	ck_assert_int_eq(read_built(&m, &b[2]), INVALID_SYNTAX);
	for (size_t i = 0; i < 3; i++)
		free(b[i].at);
}
END_TEST

/* The first that is known counts, whatever stands around it. */
START_TEST(a_known_one_among_others)
{
	struct message in = { .vendors = 3,
		.vendor = { TEXT("hello"), TEXT("OpenIKED-"),
			TEXT("FLEXVPN-SUPPORTED") } };
	struct ike_implementation is;
	struct vendor_seen seen;

	vendor_look(&in, false, &seen);
	vendor_words(&seen, &is);
	ck_assert_str_eq(is.says, "OpenIKED");
	ck_assert_str_eq(is.unknown, "");
}
END_TEST

/* Of the clients in simulate's table: those that propose what nobody else does. */
static const struct {
	const char *client, *looks;
} looks[] = {
	{ "windows11", "Windows 11, its own client as it is installed" },
	{ "windows-default",
		"Windows 10 or before, its own client as it is installed" },
	{ "ios", "iOS or iPadOS, a connection made in the settings" },
	{ "android", "Android 12 or later, its own client" },
	{ "strongswan", "strongSwan 5.9, proposals left at their default" },
	{ "libreswan", "Libreswan 4, ike= and esp= left out" },
	{ "azure", "Azure VPN gateway, default policy" },
};

START_TEST(proposals_of_known_clients)
{
	const struct client *client;

	for (size_t i = 0; (client = client_at(i)); i++) {
		struct message in = { .present = payload_bit(PAYLOAD_SA) };
		uint8_t buffer[CLIENT_OFFER];
		struct reader r = reader_of(
			client_offer(client->ike, PROTOCOL_IKE, NULL, buffer));
		const char *expected = NULL;
		struct ike_implementation is;
		struct vendor_seen seen;

		read_sa(&r, &in.sa);
		ck_assert(!r.bad);
		for (size_t l = 0; l < sizeof(looks) / sizeof(looks[0]); l++) {
			if (strcmp(looks[l].client, client->name) == 0)
				expected = looks[l].looks;
		}
		vendor_look(&in, true, &seen);
		vendor_words(&seen, &is);
		ck_assert_ptr_null(is.says);
		if (expected) {
			ck_assert_msg(is.looks != NULL, "%s", client->name);
			ck_assert_str_eq(is.looks, expected);
			ck_assert_pstr_eq(is.there, client->there);
		} else {
			ck_assert_msg(is.looks == NULL, "%s", client->name);
		}
		/* An answer has one proposal, and says nothing. */
		vendor_look(&in, false, &seen);
		ck_assert_uint_eq(seen.looks, 0);
	}
}
END_TEST

START_TEST(one_transform_more_or_less_is_nobody)
{
	static const char *const gone[] = { "aes256-sha1-prfsha1-modp1024",
		"aes256-sha256-prfsha256-modp1024",
		"aes128-sha1-prfsha1-modp1024",
		"aes128-sha256-prfsha256-modp1024-ecp256", NULL };
	struct message in = { .present = payload_bit(PAYLOAD_SA) };
	uint8_t buffer[CLIENT_OFFER];
	struct reader r =
		reader_of(client_offer(gone, PROTOCOL_IKE, NULL, buffer));
	struct vendor_seen seen;

	read_sa(&r, &in.sa);
	ck_assert(!r.bad);
	vendor_look(&in, true, &seen);
	ck_assert_uint_eq(seen.looks, 0);
}
END_TEST

/* --- In a core ------------------------------------------------------------ */

static json_t *shown(void)
{
	const struct report_clock clock = { 0, 0 };
	struct ike_sa_status sa;
	uint64_t at = 0;

	ck_assert(ike_next_sa(core.ike, &at, &sa));
	return report_sa(&sa, clock);
}

static void is_shown_as(const char *by, const char *text)
{
	json_t *record = shown();
	const json_t *is = json_object_get(record, "implementation");
	char *line = json_dumps(record, 0);

	if (by)
		ck_assert_str_eq(
			json_string_value(json_object_get(is, "by")), by);
	ck_assert_str_eq(json_string_value(json_object_get(is, "text")), text);
	for (const char *c = line; *c; c++)
		ck_assert(*c >= ' ' && *c <= '~');
	free(line);
	json_decref(record);
}

START_TEST(n27_vendor_ids_in_a_request)
{
	static const struct {
		const char *id, *text;
	} rows[] = {
		{ "1b5d303b7807",
			"not known; its vendor ID is '1b5d303b7807'" },
		{ "22273c2f", "not known; its vendor ID is '\"'</'" },
		{ "256e2573", "not known; its vendor ID is '%n%s'" },
		{ "0a", "not known; its vendor ID is '0a'" },
	};

	core_open(&plain);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_request();
		parts_add(&parts, PAYLOAD_VENDOR, hex(rows[i].id));
		init_accepted();
		is_shown_as(NULL, rows[i].text);
		core_advance(400000);
		core_is_clean();
	}
	core_recovers(true);
}
END_TEST

START_TEST(n27_empty_long_and_many_vendor_ids)
{
	static const uint8_t zeros[300];

	core_open(&plain);
	begin_request();
	for (size_t i = 0; i < 16; i++)
		parts_add(&parts, PAYLOAD_VENDOR,
			bytes_of(zeros, i == 0 ? 0 : sizeof(zeros)));
	init_accepted();
	is_shown_as(NULL,
		"not known; its vendor ID is '000000000000000000000000..'");
	core_advance(400000);
	core_is_clean();
	core_recovers(true);
}
END_TEST

START_TEST(what_the_peer_says_it_is)
{
	core_open(&plain);
	begin_request();
	parts_add(&parts, PAYLOAD_VENDOR,
		hex("1e2b516905991c7d7c96fcbfb587e46100000009"));
	init_accepted();
	is_shown_as("vendor_id", "says that it is Windows");
	core_advance(400000);
	core_recovers(true);
}
END_TEST

SUITE(vendor)
{
	loop_test(n27_vendor_ids, sizeof(said) / sizeof(said[0]));
	test(n27_long_and_many_vendor_ids);
	test(a_known_one_among_others);
	test(proposals_of_known_clients);
	test(one_transform_more_or_less_is_nobody);
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(n27_vendor_ids_in_a_request);
	test(n27_empty_long_and_many_vendor_ids);
	test(what_the_peer_says_it_is);
}

/* strangers.c - who may try again, and who meets silence, and is told why.
 * SPDX-License-Identifier: ISC
 *
 * The bent peer returns every cookie that it is asked for, and proves itself or
 * not; with the limits that the daemon has.
 */
#include "ikev2/engine.h"
#include "tests/unit/hostile.h"

#include <string.h>

enum {
	PLACES = 5, /* half_open_per_source */
	REFUSED = 4 * PLACES,
	WRONG_BIT = 4, /* forge_auth */
	KEPT_MS = 30000,
	SECOND = 1000, /* after which a line may be said again */
};

static const struct core_signatures anywhere = {
	.core_auth = IKE_AUTH_PSK,
	.bent_auth = IKE_AUTH_PSK,
	.from_anywhere = true,
};
static const struct core_setup daemons = { .limits = true,
	.signatures = &anywhere };

/* The cookie that the core asks for, as a Notify; empty: it asks for none. */
static struct bytes cookie_asked(void)
{
	const struct bytes data = { core.sent[0].data, core.sent[0].len };
	const struct payload_notify *cookie;
	static struct message in;
	static uint8_t body[64];
	struct writer w = writer_of(body, sizeof(body));

	if (core.sent_count != 1 || !read_header(data, &in.header) ||
		message_read(&in, in.header.next,
			bytes_of(data.at + IKE_HEADER_LEN,
				data.len - IKE_HEADER_LEN),
			IKE_HEADER_LEN) != IKE_OK)
		return bytes_of(NULL, 0);
	cookie = message_notify(&in, COOKIE);
	if (!cookie)
		return bytes_of(NULL, 0);
	write_u16(&w, 0);
	write_u16(&w, COOKIE);
	write_bytes(&w, cookie->data);
	return written(&w);
}

/* IKE_SA_INIT, as far as keys; false: no answer. */
static bool begins(void)
{
	struct bytes cookie;

	begin_request();
	bent_send_init(&parts);
	cookie = cookie_asked();
	if (cookie.len > 0) {
		(void)parts_insert(&parts, 0, PAYLOAD_NOTIFY, cookie);
		bent_send_init(&parts);
	}
	if (core.sent_count == 0)
		return false;
	bent_hear_init();
	return true;
}

/* The same, and on with a proof that is none. */
static bool is_refused(void)
{
	if (!begins())
		return false;
	bent_auth_parts(&parts);
	forge_auth(WRONG_BIT);
	bent_ask(IKE_AUTH, &parts);
	bent_hears_error(AUTHENTICATION_FAILED);
	return true;
}

static uint64_t dropped(enum ike_dropped why)
{
	return ike_counts(core.ike)->dropped[why];
}

/* The bent peer is now 198.51.NETWORK.HOST. */
static void from(uint8_t network, uint8_t host)
{
	bent.us.addr = (struct ike_addr){ 4, { 198, 51, network, host } };
}

static void from_home(void)
{
	bent.us.addr = (struct ike_addr){ 4, { 192, 0, 2, 2 } };
}

/* Silence, and it is said: in the log, in what is explained, and by its count. */
static void is_told(
	enum ike_dropped why, uint64_t count, const char *key, const char *text)
{
	ck_assert_uint_eq(core.sent_count, 0);
	ck_assert_uint_eq(
		dropped(IKE_DROPPED_HALF_OPEN) + dropped(IKE_DROPPED_REFUSED),
		count);
	ck_assert_uint_eq(dropped(why), count);
	ck_assert_int_eq(core.told_level, IKE_LOG_WARNING);
	ck_assert_str_eq(core.told_text, text);
	ck_assert_str_eq(core.explained.text, text);
	ck_assert_str_eq(core.explained.key, key);
	ck_assert_str_eq(core.explained.peer, "bent");
	ck_assert(ike_addr_equal(&core.explained.remote.addr, &bent.us.addr));
	ck_assert(!core.explained.initiator);
}

/* --- Who was refused ------------------------------------------------------- */

/* Whoever has tried a wrong key often in a row is answered, and let in by the
 * right one. */
START_TEST(a_wrong_key_may_be_put_right_at_once)
{
	core_open(&daemons);
	for (int i = 0; i < 2 * PLACES; i++) {
		ck_assert(is_refused());
		ck_assert_uint_eq(core.ike->half_open, 0);
	}
	ck_assert_uint_eq(core.ike->refused, 2 * PLACES);
	ck_assert(begins());
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
	ck_assert_int_eq(core.child_up, 1);
	ck_assert_uint_eq(dropped(IKE_DROPPED_HALF_OPEN), 0);
	ck_assert_uint_eq(dropped(IKE_DROPPED_REFUSED), 0);
	core_recovers(true);
	ck_assert_uint_eq(core.ike->refused, 0);
}
END_TEST

/* Each costs a key exchange, so there is an end to it; for half a minute. */
START_TEST(but_not_for_ever)
{
	core_open(&daemons);
	for (int i = 0; i < REFUSED; i++)
		ck_assert(is_refused());
	core_advance(SECOND);
	ck_assert(!begins());
	is_told(IKE_DROPPED_REFUSED, 1, "half_open_per_source",
		"no answer to IKE_SA_INIT from 192.0.2.2: there are 20 IKE SAs "
		"from there that we have just refused (4 times "
		"half_open_per_source: 5)");
	ck_assert_ptr_nonnull(strstr(core.explained.look, "half a minute"));
	/* Its neighbour is none of it. */
	bent.us.addr.octets[3]++;
	ck_assert(is_refused());
	bent.us.addr.octets[3]--;
	core_advance(KEPT_MS - SECOND - 1);
	ck_assert(!begins());
	core_advance(1);
	ck_assert(is_refused());
	ck_assert_uint_eq(dropped(IKE_DROPPED_REFUSED), 2);
	core_recovers(true);
}
END_TEST

/* A whole network is as many sources as have one place each. */
START_TEST(a_network_that_was_refused)
{
	core_open(&daemons);
	for (int i = 0; i < 8 * REFUSED; i++) {
		from(100, (uint8_t)i);
		ck_assert(is_refused());
	}
	from(100, 200);
	core_advance(SECOND);
	ck_assert(!begins());
	is_told(IKE_DROPPED_REFUSED, 1, "half_open_per_source",
		"no answer to IKE_SA_INIT from 198.51.100.200: there are 160 "
		"IKE SAs from its network that we have just refused (32 times "
		"half_open_per_source: 5)");
	from(101, 200);
	ck_assert(is_refused());
	from_home();
	core_recovers(true);
}
END_TEST

/* The last request, sealed and given: it can be given again. */
static struct bytes given_wrong(void)
{
	static uint8_t octets[MAX_PACKET];
	struct ike_header header;
	struct bytes all;

	bent_auth_parts(&parts);
	forge_auth(WRONG_BIT);
	header = bent_header(IKE_AUTH, false, bent.out_id);
	all = bent_sealed(&header, &parts);
	memcpy(octets, all.at, all.len);
	all.at = octets;
	core_give(all);
	ck_assert_uint_eq(core.sent_count, 1);
	return all;
}

static void is_repeated(struct bytes request, const struct sent *answer)
{
	core_give(request);
	ck_assert_uint_eq(core.sent_count, 1);
	ck_assert_uint_eq(core.sent[0].len, answer->len);
	ck_assert_mem_eq(core.sent[0].data, answer->data, answer->len);
}

/* Of everybody's together the oldest make room: memory is bounded, and only who
 * is among them has to wait. */
START_TEST(the_oldest_make_room)
{
	struct bytes request;
	struct sent answer;

	core_open(&daemons);
	core.ike->limits.half_open_limit = 4;
	for (int i = 0; i < 50; i++) {
		from((uint8_t)i, 1);
		ck_assert(is_refused());
		ck_assert_uint_le(core.ike->refused, 4);
		ck_assert_int_le(core_ike_sas(), 4);
	}
	core_advance(SECOND);
	ck_assert(!begins());
	is_told(IKE_DROPPED_REFUSED, 1, "half_open_limit",
		"no answer to IKE_SA_INIT from 198.51.49.1: there are 4 IKE SAs "
		"that we have just refused, from there, too (half_open_limit: 4)");
	/* Of this one there is nothing any more. */
	from(10, 1);
	ck_assert(begins());
	request = given_wrong();
	answer = core.sent[0];
	is_repeated(request, &answer);
	for (uint8_t i = 60; i < 63; i++) {
		from(i, 1);
		ck_assert(is_refused());
	}
	from(10, 1);
	is_repeated(request, &answer);
	from(63, 1);
	ck_assert(is_refused());
	from(10, 1);
	core_give(request);
	bent_hears_nothing();
	core_advance(KEPT_MS);
	ck_assert_int_eq(core_ike_sas(), 0);
	from_home();
	core_recovers(true);
}
END_TEST

/* Only the answer is kept of it, for the time that its repeats may take. */
START_TEST(a_repeat_is_answered_for_half_a_minute)
{
	struct bytes request;
	struct sent answer;

	core_open(&daemons);
	ck_assert(begins());
	core_advance(KEPT_MS / 2);
	request = given_wrong();
	answer = core.sent[0];
	core_advance(KEPT_MS - 1);
	is_repeated(request, &answer);
	core_advance(1);
	core_give(request);
	bent_hears_nothing();
	core_is_clean();
	core_recovers(true);
}
END_TEST

/* --- Who is half-open ------------------------------------------------------ */

START_TEST(who_does_not_go_on_is_told_of)
{
	core_open(&daemons);
	for (int i = 0; i < PLACES; i++)
		ck_assert(begins());
	ck_assert(!begins());
	is_told(IKE_DROPPED_HALF_OPEN, 1, "half_open_per_source",
		"no answer to IKE_SA_INIT from 192.0.2.2: there are 5 half-open "
		"IKE SAs from there (half_open_per_source: 5)");
	ck_assert_ptr_nonnull(strstr(core.explained.look, "UDP 4500"));
	core_advance(KEPT_MS);
	ck_assert(begins());
	core_recovers(true);
}
END_TEST

START_TEST(a_network_that_does_not_go_on)
{
	core_open(&daemons);
	for (int i = 0; i < 8 * PLACES; i++) {
		from(100, (uint8_t)i);
		ck_assert(begins());
	}
	from(100, 200);
	ck_assert(!begins());
	is_told(IKE_DROPPED_HALF_OPEN, 1, "half_open_per_source",
		"no answer to IKE_SA_INIT from 198.51.100.200: there are 40 "
		"half-open IKE SAs from its network (8 times "
		"half_open_per_source: 5)");
	from_home();
	core_recovers(true);
}
END_TEST

START_TEST(everybody_who_does_not_go_on)
{
	core_open(&daemons);
	core.ike->limits.half_open_limit = 7;
	for (int i = 0; i < 7; i++) {
		from((uint8_t)i, 1);
		ck_assert(begins());
	}
	from(50, 1);
	ck_assert(!begins());
	is_told(IKE_DROPPED_HALF_OPEN, 1, "half_open_limit",
		"no answer to IKE_SA_INIT from 198.51.50.1: there are 7 "
		"half-open IKE SAs (half_open_limit: 7)");
	from_home();
	core_recovers(true);
}
END_TEST

START_TEST(all_that_there_may_be)
{
	core_open(&daemons);
	core.ike->limits.max_sas = 1;
	ck_assert(begins());
	ck_assert(!begins());
	is_told(IKE_DROPPED_HALF_OPEN, 1, "",
		"no answer to IKE_SA_INIT from 192.0.2.2: there are 1 IKE SAs "
		"(at most 1)");
	core_recovers(true);
}
END_TEST

/* N52: a flood is none of lines, and is counted all the same. */
START_TEST(n52_silence_is_told_ten_times_a_second)
{
	core_open(&daemons);
	for (int i = 0; i < PLACES; i++)
		ck_assert(begins());
	core.told = 0;
	for (int i = 0; i < 100; i++)
		ck_assert(!begins());
	ck_assert_int_eq(core.told, 10);
	ck_assert_uint_eq(dropped(IKE_DROPPED_HALF_OPEN), 100);
	core_advance(1000);
	ck_assert(!begins());
	ck_assert_int_eq(core.told, 11);
	ck_assert_uint_eq(core.left_out, 90);
	core_recovers(true);
}
END_TEST

SUITE(strangers)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	test(a_wrong_key_may_be_put_right_at_once);
	test(but_not_for_ever);
	test(a_network_that_was_refused);
	test(the_oldest_make_room);
	test(a_repeat_is_answered_for_half_a_minute);
	test(who_does_not_go_on_is_told_of);
	test(a_network_that_does_not_go_on);
	test(everybody_who_does_not_go_on);
	test(all_that_there_may_be);
	test(n52_silence_is_told_ten_times_a_second);
}
